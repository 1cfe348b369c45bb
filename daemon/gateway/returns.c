#include "redress/gateway/returns.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "redress/gateway/casework.h"
#include "redress/gateway/correspondence.h"
#include "redress/message/reference.h"
#include "redress/policy/letter_plan.h"
#include "redress/store/backup.h"
#include "redress/store/contact.h"
#include "redress/store/erasure.h"
#include "redress/store/outbox.h"
#include "redress/store/reading.h"
#include "redress/store/residents.h"
#include "redress/store/returned.h"
#include "redress/store/tasks.h"

/* One thing that came back, being written down. */
struct returned {
	struct rd_tx *tx;
	struct rd_db *db;
	const struct rd_office *office;
	const struct rd_message *message; /* NULL: our own mail server would not take it */
	int64_t message_id;		  /* 0 then */
	const char *cause;		  /* of the letter that goes another way */
	struct rd_arena *arena;
	struct rd_outbox_row letter; /* id 0: none */
	struct rd_case matter;	     /* id 0: none (an alarm mail) */
	int64_t now_ms;
};

/* --- which letter --- */

static bool was_on_its_way(const struct rd_outbox_row *row)
{
	return row->channel == RD_CHANNEL_EMAIL &&
	       (row->state == RD_OUTBOX_SENDING || row->state == RD_OUTBOX_SENT ||
		       row->state == RD_OUTBOX_UNCERTAIN);
}

static enum rd_rc take_letter(struct rd_db *db, int64_t outbox_id, struct rd_arena *arena,
	struct rd_guarded *guarded, struct rd_err *err)
{
	struct rd_outbox_row row;
	bool erased = false;

	if (outbox_id == 0 || guarded->letter_id != 0)
		return RD_OK;
	RD_TRY(rd_outbox_get(db, outbox_id, arena, &row, err));
	if (row.case_id != 0)
		RD_TRY(rd_case_is_erased(db, row.case_id, &erased, err));
	if (!was_on_its_way(&row) || erased) /* nothing comes back to what was erased */
		return RD_OK;
	guarded->letter_id = row.id;
	guarded->about_case = row.case_id;
	return RD_OK;
}

/* In the returned mail, in an Original-Envelope-Id, or in the report's own In-Reply-To. */
static enum rd_rc find_by_id(struct rd_db *db, const struct rd_message *message,
	struct rd_arena *arena, struct rd_guarded *guarded, struct rd_err *err)
{
	int64_t id = 0;

	RD_TRY(rd_reading_find_reported(db, message, &id, err));
	RD_TRY(take_letter(db, id, arena, guarded, err));
	for (size_t i = 0; i < message->n_references && guarded->letter_id == 0; i++) {
		RD_TRY(rd_outbox_by_message_id(db, message->references[i], &id, err));
		RD_TRY(take_letter(db, id, arena, guarded, err));
	}
	return RD_OK;
}

/* --- by a reference --- */

/* The references of one message, none twice: a code that stands in two places is one try. */
struct tries {
	struct rd_found_reference items[3 * RD_REFERENCES_FOUND_MAX];
	size_t n;
};

static void add_tries(struct tries *tries, const char *text, size_t len)
{
	struct rd_found_reference found[RD_REFERENCES_FOUND_MAX];
	const size_t n = rd_references_find(text, len, found);

	for (size_t i = 0; i < n; i++) {
		bool is_there = false;

		for (size_t k = 0; k < tries->n && !is_there; k++)
			is_there = tries->items[k].number == found[i].number &&
				   strcmp(tries->items[k].check, found[i].check) == 0;
		if (!is_there)
			tries->items[tries->n++] = found[i];
	}
}

/* Is the code right, where codes still work for its sender? Promise 10, as in guards.c. */
static enum rd_rc try_code(struct rd_tx *tx, const struct rd_message *message,
	const struct rd_found_reference *found, struct rd_guarded *guarded, bool *ret_right,
	struct rd_err *err)
{
	const uint8_t *key = rd_store_key(rd_db_store(rd_tx_db(tx)), RD_KEY_REFERENCE);
	const char *who = rd_guards_who_tries(message);
	const struct rd_date today = rd_date_of(guarded->now_ms);
	bool works = true;
	int count = 0;

	*ret_right = false;
	RD_TRY(rd_contact_codes_work(rd_tx_db(tx), who, today, &works, err));
	if (!works)
		return RD_OK;
	*ret_right = rd_reference_right(found, key);
	if (*ret_right)
		return RD_OK;
	RD_TRY(rd_contact_wrong_code(tx, who, today, &count, err));
	if (count == RD_WRONG_CODES_MAX)
		guarded->facts.codes_locked_now = true;
	return RD_OK;
}

static enum rd_rc take_letter_of(struct rd_db *db, const struct rd_bounce *bounce, int64_t case_id,
	struct rd_arena *arena, struct rd_guarded *guarded, struct rd_err *err)
{
	for (size_t i = 0; i < bounce->n_recipients && guarded->letter_id == 0; i++) {
		int64_t id = 0;

		RD_TRY(rd_returned_letter_to(db, case_id, bounce->recipients[i], &id, err));
		RD_TRY(take_letter(db, id, arena, guarded, err));
	}
	guarded->by_reference = guarded->letter_id != 0;
	return RD_OK;
}

/* Last resort: not from a sender that failed its checks. */
static enum rd_rc find_by_references(struct rd_tx *tx, const struct rd_message *message,
	struct rd_arena *arena, struct rd_guarded *guarded, struct rd_err *err)
{
	const char *returned = message->bounce.subject;
	struct tries tries = { .n = 0 };
	bool right = false;

	if (guarded->letter_id != 0 || message->authentication == RD_AUTHENTICATION_FAILED)
		return RD_OK;
	add_tries(&tries, returned, strlen(returned));
	add_tries(&tries, message->subject, message->subject_len);
	add_tries(&tries, message->body, message->body_len);
	for (size_t i = 0; i < tries.n && guarded->letter_id == 0; i++) {
		RD_TRY(try_code(tx, message, &tries.items[i], guarded, &right, err));
		if (right)
			RD_TRY(take_letter_of(rd_tx_db(tx), &message->bounce, tries.items[i].number,
				arena, guarded, err));
	}
	return RD_OK;
}

static enum rd_rc find_known_case(struct rd_tx *tx, const struct rd_message *message,
	const char *landlord, struct rd_arena *arena, struct rd_guarded *guarded,
	struct rd_err *err)
{
	struct rd_db *db = rd_tx_db(tx);
	struct tries tries = { .n = 0 };
	struct rd_case matter;
	bool right = false, known = false;

	add_tries(&tries, message->subject, message->subject_len);
	for (size_t i = 0; i < tries.n && guarded->about_case == 0; i++) {
		RD_TRY(try_code(tx, message, &tries.items[i], guarded, &right, err));
		if (!right)
			continue;
		RD_TRY(rd_case_knows(
			db, tries.items[i].number, message->from.address, &known, err));
		if (!known)
			continue;
		RD_TRY(rd_case_get(db, tries.items[i].number, arena, &matter, err));
		if (strcmp(matter.landlord, landlord) == 0)
			guarded->about_case = matter.id;
	}
	return RD_OK;
}

/* A machine that answers a letter of ours, from whatever address: by the letter, or by a right
 * reference in the subject and an address that the case knows, where that did not fail its checks.
 */
static enum rd_rc find_answered_case(struct rd_tx *tx, const struct rd_message *message,
	const char *landlord, struct rd_arena *arena, struct rd_guarded *guarded,
	struct rd_err *err)
{
	struct rd_db *db = rd_tx_db(tx);
	bool known = false, erased = false;

	RD_TRY(rd_reading_find_thread(db, message, landlord, &guarded->about_case, &known, err));
	if (message->authentication != RD_AUTHENTICATION_FAILED)
		RD_TRY(find_known_case(tx, message, landlord, arena, guarded, err));
	if (guarded->about_case != 0)
		RD_TRY(rd_case_is_erased(db, guarded->about_case, &erased, err));
	if (erased)
		guarded->about_case = 0;
	return RD_OK;
}

enum rd_rc rd_returns_find(struct rd_tx *tx, const struct rd_message *message, const char *landlord,
	struct rd_arena *arena, struct rd_guarded *ret_guarded, struct rd_err *err)
{
	const enum rd_guard guard = ret_guarded->facts.guard;

	if (guard == RD_GUARD_OUT_OF_OFFICE)
		return find_answered_case(tx, message, landlord, arena, ret_guarded, err);
	if (guard != RD_GUARD_BOUNCE && guard != RD_GUARD_ABUSE_REPORT)
		return RD_OK;
	RD_TRY(find_by_id(rd_tx_db(tx), message, arena, ret_guarded, err));
	/* Nobody's letters end by what anybody can write who knows reference and address. */
	if (guard == RD_GUARD_ABUSE_REPORT)
		return RD_OK;
	return find_by_references(tx, message, arena, ret_guarded, err);
}

/* --- what follows --- */

static enum rd_rc record(struct returned *r, const char *what, struct rd_err *err)
{
	const struct rd_bounce *bounce = &r->message->bounce;
	json_t *json = json_pack(
		"{s:s,s:s}", "kind", rd_returned_word(bounce->kind), "code", bounce->code);
	char *detail = json_dumps(json, JSON_COMPACT | JSON_ENSURE_ASCII);
	enum rd_rc rc;

	json_decref(json);
	RD_ASSERT(detail != NULL);
	rc = rd_casework_audit(
		r->tx, r->office, what, r->matter.id, r->message_id, r->letter.id, detail, err);
	free(detail);
	return rc;
}

static enum rd_rc next_workday(struct returned *r, struct rd_date *ret_day, struct rd_err *err)
{
	const struct rd_date today = rd_date_of(r->now_ms);
	const struct rd_policy *policy;
	struct rd_err unused = { 0 };

	RD_TRY(rd_office_policy(r->office, r->matter.landlord, &policy, err));
	*ret_day = today;
	if (rd_workday_next(policy->calendar, today, ret_day, &unused) != RD_OK)
		*ret_day = today;
	return RD_OK;
}

static enum rd_rc owe(struct returned *r, const char *kind, const char *cause, const char *text,
	struct rd_err *err)
{
	struct rd_task task = {
		.kind = kind,
		.case_id = r->matter.id,
		.message_id = r->message_id,
		.outbox_id = r->letter.id,
		.cause = rd_arena_printf(r->arena, "%s:%" PRId64, cause, r->letter.id),
		.text = text,
		.landlord = r->matter.landlord,
		.n = 1,
	};

	RD_TRY(next_workday(r, &task.due, err));
	if (task.cause == NULL || text == NULL)
		return rd_fail(err, RD_E_RANGE, "the message is too large for its memory");
	return rd_task_put(r->tx, &task, r->now_ms, NULL, NULL, err);
}

static const char *because(enum rd_bounce_kind kind)
{
	static const char *const words[RD_N_BOUNCES] = {
		[RD_BOUNCE_SOFT] = "the other side's mail server could not be reached, or gave up",
		[RD_BOUNCE_FULL] = "the mailbox is full",
		[RD_BOUNCE_BLOCKED] = "the other side's filter would not take it",
		[RD_BOUNCE_HARD] = "there is no such mailbox",
	};

	return words[kind];
}

/* The answer of a stage that is over: nobody waits for it any more. */
static bool is_overtaken(const struct returned *r)
{
	const enum rd_stage stage = rd_correspondence_answers(r->letter.letter);

	return stage != RD_STAGE_NONE && stage != r->matter.stage;
}

static enum rd_rc owe_other_way(struct returned *r, bool open, struct rd_err *err)
{
	return owe(r, rd_task_names[RD_TASK_OTHER_CHANNEL], "returned",
		rd_arena_printf(r->arena,
			"Our letter \"%.60s\" (%" PRId64 ") came back: %s. Tell the resident "
			"another way%s",
			r->letter.letter, r->letter.id, because(r->message->bounce.kind),
			!open ? "."
			: rd_correspondence_answers(r->letter.letter) != RD_STAGE_NONE
				? rd_arena_printf(r->arena,
					  ", then record it: `redressctl case respond REF --stage "
					  "%d "
					  "--given DAY`.",
					  rd_correspondence_answers(r->letter.letter) == RD_STAGE_2
						  ? 2
						  : 1)
				: ", then record it: `redressctl case acknowledge REF --given "
				  "DAY`."),
		err);
}

/* --- by the way that the contacts file prefers --- */

/* Nothing stands against writing there: no hold, no opt-out, no cap. */
static enum rd_rc may_write_to(
	struct returned *r, const char *address, bool *ret_may, struct rd_err *err)
{
	struct rd_facts facts = { .received_ms = r->matter.received_ms, .now_ms = r->now_ms };

	*ret_may = false;
	if (address[0] == '\0' || r->matter.held || r->matter.status == RD_STATUS_CLOSED)
		return RD_OK;
	RD_TRY(rd_guards_may_answer(r->db, r->office, address, 0, r->arena, &facts, err));
	*ret_may = rd_address_withholds(&facts) == RD_WITHHELD_NO && !facts.after_backup;
	return RD_OK;
}

static enum rd_rc due_of_clock(
	struct returned *r, const char *name, struct rd_date *ret_due, struct rd_err *err)
{
	struct rd_case_clock *clocks;
	size_t n;

	RD_TRY(rd_case_clocks(r->db, r->matter.id, r->arena, &clocks, &n, err));
	for (size_t i = 0; i < n; i++)
		if (clocks[i].met_ms == 0 && strcmp(clocks[i].name, name) == 0)
			*ret_due = clocks[i].due;
	return RD_OK;
}

static enum rd_rc put_other_way(struct returned *r, const struct rd_case_contact *way,
	enum rd_letter_kind letter, bool open, bool *ret_put, struct rd_err *err)
{
	struct rd_letter_order order = {
		.case_id = r->matter.id,
		.letter = letter,
		.channel = way->channel == RD_BY_SMS ? RD_CHANNEL_SMS : RD_CHANNEL_EMAIL,
		.recipient = way->address,
		.cause = r->cause,
		.meets_clock = open,
		.emergency_health = r->matter.flags[RD_HEALTH_SAFETY],
		.emergency_heat = r->matter.flags[RD_HEAT_LOSS],
		.day_zero = rd_date_of(r->matter.received_ms),
		.hold_reason = "",
		.approved = true, /* the letter that came back was */
	};
	struct rd_err why = { 0 };
	int64_t id = 0;
	enum rd_rc rc;

	if (open)
		RD_TRY(due_of_clock(r, r->letter.meets_clock, &order.due, err));
	rc = rd_correspondence_put(r->tx, r->office, &order, r->arena, &id, &why);
	if (rc == RD_E_STORE || rc == RD_E_AGAIN || rc == RD_E_BUG) {
		*err = why;
		return rc;
	}
	if (rc != RD_OK)
		return RD_OK; /* no such letter for that channel, no way out: a person's */
	/* A text says that the answer is written, and not what it is. */
	*ret_put = order.channel == RD_CHANNEL_EMAIL ||
		   rd_correspondence_answers(r->letter.letter) == RD_STAGE_NONE;
	RD_TRY(rd_case_add_contact(r->tx, r->matter.id, way, err));
	return rd_casework_audit_letter(r->tx, r->office, "letter_goes_another_way", r->matter.id,
		r->message_id, r->letter.id, r->letter.letter_version, id, err);
}

static enum rd_rc try_other_way(struct returned *r, bool open, bool *ret_put, struct rd_err *err)
{
	struct rd_case_contact way = { .address = "", .name = r->matter.contact_name };
	enum rd_letter_kind letter;
	bool may = false;

	*ret_put = false;
	if (!rd_letter_parse_kind(r->letter.letter, &letter) || rd_letter_is_receipt(letter) ||
		is_overtaken(r))
		return RD_OK;
	RD_TRY(rd_resident_other_way(r->db, r->matter.landlord, r->letter.recipient, way.name,
		r->arena, &way.address, &way.channel, err));
	RD_TRY(may_write_to(r, way.address, &may, err));
	return may ? put_other_way(r, &way, letter, open, ret_put, err) : RD_OK;
}

/* --- each kind --- */

static bool is_lost(enum rd_bounce_kind kind)
{
	return kind >= RD_BOUNCE_SOFT;
}

static enum rd_rc lost(struct returned *r, struct rd_err *err)
{
	bool open = false, put = false;

	RD_TRY(rd_returned_reopen(r->tx, &r->letter, &open, err));
	RD_TRY(try_other_way(r, open, &put, err));
	return put ? RD_OK : owe_other_way(r, open, err);
}

static enum rd_rc apply_bounce(struct returned *r, struct rd_err *err)
{
	static const char *const acts[RD_N_BOUNCES] = { NULL, "letter_delivered", "letter_delayed",
		"letter_returned", "letter_returned", "letter_returned", "letter_returned" };
	const struct rd_bounce *bounce = &r->message->bounce;
	const bool was_lost = rd_returned_is_lost(r->letter.delivery);
	const char *why = "";
	bool is_new = false;

	if (r->letter.id == 0 || bounce->kind == RD_BOUNCE_NONE)
		return RD_OK;
	if (bounce->kind >= RD_BOUNCE_DELAYED && !(was_lost && !is_lost(bounce->kind)))
		why = rd_arena_printf(r->arena, "%s: %s%s%s",
			is_lost(bounce->kind) ? "came back" : "delayed",
			is_lost(bounce->kind) ? because(bounce->kind) : "it is still being tried",
			bounce->why[0] != '\0' ? ": " : "", bounce->why);
	if (why == NULL)
		return rd_fail(err, RD_E_RANGE, "the message is too large for its memory");
	RD_TRY(rd_returned_record(
		r->tx, &r->letter, rd_returned_word(bounce->kind), why, r->now_ms, &is_new, err));
	if (!is_new)
		return RD_OK;
	RD_TRY(record(r, acts[bounce->kind], err));
	/* The second report of the same loss tells nothing new; an alarm mail is nobody's duty. */
	if (!is_lost(bounce->kind) || was_lost || r->matter.id == 0)
		return RD_OK;
	return lost(r, err);
}

/* The letter stays as it is, so that the report of who carried it still tells something new. */
static enum rd_rc apply_unproved(struct returned *r, struct rd_err *err)
{
	const enum rd_bounce_kind kind = r->message->bounce.kind;

	if (!is_lost(kind) || rd_returned_is_lost(r->letter.delivery) || r->matter.id == 0)
		return RD_OK;
	RD_TRY(record(r, "return_reported", err));
	return owe(r, rd_task_names[RD_TASK_OTHER_CHANNEL], "reported",
		rd_arena_printf(r->arena,
			"A report says that our letter \"%.60s\" (%" PRId64 ") came back: %s. It "
			"names the case's reference alone, which others may know, so nothing was "
			"done by itself. See whether the resident has the letter; if not, tell "
			"them another way.",
			r->letter.letter, r->letter.id, because(kind)),
		err);
}

static enum rd_rc apply_abuse(struct returned *r, struct rd_err *err)
{
	bool is_new = false;

	if (r->letter.id == 0 || !r->message->automatic.abuse_complains)
		return RD_OK;
	RD_TRY(rd_returned_record(r->tx, &r->letter, RD_RETURNED_COMPLAINT,
		"the recipient's mail provider says that it was called spam", r->now_ms, &is_new,
		err));
	if (!is_new)
		return RD_OK;
	if (r->matter.id == 0) /* who gets the alarms goes on getting them */
		return RD_OK;
	RD_TRY(rd_contact_opt_out(r->tx, r->letter.recipient, r->now_ms, err));
	RD_TRY(record(r, "abuse_reported", err));
	return owe(r, "look", "abuse",
		rd_arena_printf(r->arena,
			"Somebody called our letter \"%.60s\" (%" PRId64 ") spam: no automatic "
			"letters go to that address any more. See whether it was the resident, and "
			"answer by hand from now on.",
			r->letter.letter, r->letter.id),
		err);
}

static enum rd_rc take_up(struct returned *r, const struct rd_guarded *guarded, struct rd_err *err)
{
	if (guarded->letter_id != 0)
		RD_TRY(rd_outbox_get(r->db, guarded->letter_id, r->arena, &r->letter, err));
	if (guarded->about_case != 0)
		RD_TRY(rd_case_get(r->db, guarded->about_case, r->arena, &r->matter, err));
	return RD_OK;
}

enum rd_rc rd_returns_apply(struct rd_tx *tx, const struct rd_office *office, int64_t message_id,
	const struct rd_message *message, const struct rd_guarded *guarded, struct rd_arena *arena,
	struct rd_err *err)
{
	struct returned r = {
		.tx = tx,
		.db = rd_tx_db(tx),
		.office = office,
		.message = message,
		.message_id = message_id,
		.cause = rd_arena_printf(arena, "bounce:%" PRId64, message_id),
		.arena = arena,
		.now_ms = guarded->now_ms,
	};

	if (guarded->letter_id == 0 && guarded->about_case == 0)
		return RD_OK;
	RD_TRY(take_up(&r, guarded, err));
	/* It stands among the case's messages, and goes when the case is erased. */
	if (r.matter.id != 0)
		RD_TRY(rd_case_add_message(tx, r.matter.id, message_id, r.now_ms, err));
	if (guarded->facts.guard == RD_GUARD_BOUNCE && guarded->by_reference)
		return apply_unproved(&r, err);
	if (guarded->facts.guard == RD_GUARD_BOUNCE)
		return apply_bounce(&r, err);
	if (guarded->facts.guard == RD_GUARD_ABUSE_REPORT)
		return apply_abuse(&r, err);
	return record(&r, "auto_reply", err);
}

enum rd_rc rd_returns_refused(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_outbox_row *row, struct rd_arena *arena, bool *ret_elsewhere,
	struct rd_err *err)
{
	struct returned r = {
		.tx = tx,
		.db = rd_tx_db(tx),
		.office = office,
		.cause = rd_arena_printf(arena, "refused:%" PRId64, row->id),
		.arena = arena,
		.letter = *row,
		.now_ms = rd_office_now(office),
	};

	*ret_elsewhere = false;
	if (row->case_id == 0 || row->channel != RD_CHANNEL_EMAIL)
		return RD_OK;
	RD_TRY(rd_case_get(r.db, row->case_id, arena, &r.matter, err));
	return try_other_way(&r, row->meets_clock[0] != '\0', ret_elsewhere, err);
}

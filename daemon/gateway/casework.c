#include "redress/gateway/casework.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "redress/base/buf.h"
#include "redress/gateway/alarms.h"
#include "redress/gateway/correspondence.h"
#include "redress/gateway/decided.h"
#include "redress/gateway/duties.h"
#include "redress/gateway/holding.h"
#include "redress/gateway/replies.h"
#include "redress/gateway/reopening.h"
#include "redress/gateway/routes.h"
#include "redress/gateway/staff.h"
#include "redress/policy/clocks.h"
#include "redress/policy/letter_plan.h"
#include "redress/store/audit.h"
#include "redress/store/case_policy.h"
#include "redress/store/outbox.h"
#include "redress/store/queue.h"
#include "redress/store/reading.h"
#include "redress/store/review.h"
#include "redress/store/tasks.h"

#define REASONS_BYTES_MAX 4096

/* One verdict being written. */
struct writing {
	struct rd_tx *tx;
	const struct rd_office *office;
	const struct rd_matter *matter;
	const struct rd_verdict *verdict;
	struct rd_verdict *settled; /* the same, where a case that is there is settled anew */
	struct rd_arena *arena;
	const struct rd_policy *policy;
	const struct rd_landlord *landlord; /* by whose clocks the case runs */
	int64_t case_id;
	int64_t now_ms;
};

enum rd_rc rd_casework_audit(struct rd_tx *tx, const struct rd_office *office, const char *what,
	int64_t case_id, int64_t message_id, int64_t outbox_id, const char *detail,
	struct rd_err *err)
{
	const struct rd_audit_row row = {
		.at_ms = rd_office_now(office),
		.actor = office->actor.name,
		.actor_uid = office->actor.uid,
		.what = what,
		.case_id = case_id,
		.message_id = message_id,
		.outbox_id = outbox_id,
		.detail = detail != NULL ? detail : "{}",
	};
	int64_t seq;

	return rd_audit_add(tx, &row, &seq, err);
}

enum rd_rc rd_casework_audit_letter(struct rd_tx *tx, const struct rd_office *office,
	const char *what, int64_t case_id, int64_t message_id, int64_t outbox_id,
	const char *version, int64_t as, struct rd_err *err)
{
	json_t *detail = json_pack("{s:s}", "version", version);
	char *text;
	enum rd_rc rc;

	if (as != 0)
		json_object_set_new(detail, "as", json_integer(as));
	text = json_dumps(detail, JSON_COMPACT | JSON_ENSURE_ASCII);
	json_decref(detail);
	RD_ASSERT(text != NULL);
	rc = rd_casework_audit(tx, office, what, case_id, message_id, outbox_id, text, err);
	free(text);
	return rc;
}

enum rd_rc rd_casework_task(struct rd_tx *tx, const struct rd_office *office,
	enum rd_task_kind kind, int64_t case_id, int64_t message_id, int64_t outbox_id,
	const char *landlord, struct rd_date due, const char *cause, bool shared,
	struct rd_err *err)
{
	const struct rd_task task = {
		.kind = rd_task_names[kind],
		.case_id = shared ? 0 : case_id,
		.message_id = shared ? 0 : message_id,
		.outbox_id = outbox_id,
		.cause = shared ? "old" : cause,
		.text = rd_task_words(kind),
		.landlord = landlord,
		.due = due,
		.n = 1,
	};
	int64_t id;
	bool is_new;

	if (shared)
		return rd_task_share(tx, &task, rd_office_now(office), &id, err);
	return rd_task_put(tx, &task, rd_office_now(office), &id, &is_new, err);
}

enum rd_rc rd_casework_main_contact(struct rd_db *db, int64_t case_id, struct rd_arena *arena,
	struct rd_case_contact *ret_contact, struct rd_err *err)
{
	struct rd_case_contact *contacts;
	size_t n;

	RD_TRY(rd_case_contacts(db, case_id, arena, &contacts, &n, err));
	*ret_contact =
		(struct rd_case_contact){ .channel = RD_BY_OTHER, .address = "", .name = "" };
	for (size_t i = 0; i < n; i++)
		if (ret_contact->address[0] == '\0' || contacts[i].main)
			*ret_contact = contacts[i];
	return RD_OK;
}

static struct rd_case_contact contact_of(const struct rd_matter *matter, bool main)
{
	const struct rd_case_contact contact = {
		.channel = matter->letters_by,
		.address = matter->address,
		.name = matter->name,
		.main = main,
		.proposed = matter->proposed,
	};

	return contact;
}

/* Who gets the letters of a case that grew from another: the sender where that one knows him, else
 * whoever gets the letters there: a code in a stranger's hand opens no door to a new address. */
static enum rd_rc contact_of_linked(
	struct writing *w, struct rd_case_contact *contact, struct rd_err *err)
{
	struct rd_db *db = rd_tx_db(w->tx);
	bool known = false;

	if (contact->address[0] != '\0')
		RD_TRY(rd_case_knows(db, w->matter->joined_case, contact->address, &known, err));
	if (!known)
		RD_TRY(rd_casework_main_contact(
			db, w->matter->joined_case, w->arena, contact, err));
	contact->main = true;
	return RD_OK;
}

static enum rd_rc link_case(struct writing *w, struct rd_err *err)
{
	const struct rd_matter *matter = w->matter;

	if (w->verdict->linked && matter->joined_case != 0)
		RD_TRY(rd_case_link(
			w->tx, matter->joined_case, w->case_id, RD_LINK_GREW, w->now_ms, err));
	if (w->verdict->possibly_related && matter->related_case != 0)
		RD_TRY(rd_case_link(
			w->tx, w->case_id, matter->related_case, RD_LINK_RELATED, w->now_ms, err));
	return RD_OK;
}

static enum rd_rc open_case(struct writing *w, struct rd_err *err)
{
	const struct rd_matter *matter = w->matter;
	const struct rd_verdict *verdict = w->verdict;
	const struct rd_score *score = matter->score;
	const bool grew = verdict->linked && matter->joined_case != 0;
	struct rd_case_contact contact = contact_of(matter, true);
	struct rd_case joined;
	struct rd_case_new opening = {
		.landlord = matter->landlord,
		.kind = verdict->kind,
		.stage = verdict->stage,
		.status = verdict->status == RD_STATUS_REVIEW ? RD_STATUS_REVIEW : RD_STATUS_OPEN,
		.channel = matter->channel,
		.received_ms = matter->received_ms,
		.opened_ms = w->now_ms,
		.flags = verdict->flags,
		.outcome = matter->outcome,
		.subject = matter->subject,
		.topics = matter->topics,
		.n_topics = matter->n_topics,
	};

	if (score != NULL) {
		opening.n_topics = rd_letter_topics(score, w->arena, &opening.topics);
		opening.marks = score->marks;
		opening.n_marks = score->n_marks;
		opening.complaint_total = score->total;
	}
	if (grew) {
		RD_TRY(contact_of_linked(w, &contact, err));
		RD_TRY(rd_case_get(rd_tx_db(w->tx), matter->joined_case, w->arena, &joined, err));
	}
	if (grew && opening.n_topics == 0) { /* "COMPLAINT": about what the request was about */
		opening.topics = joined.topics;
		opening.n_topics = joined.n_topics;
	}
	opening.address = contact.address;
	opening.name = contact.name;
	opening.proposed = contact.proposed;
	RD_TRY(rd_case_open(w->tx, &opening, &w->case_id, err));
	RD_TRY(rd_case_policy_keep(w->tx, w->case_id, w->policy->landlord.version,
		rd_live_sha256(w->office->live), err));
	if (contact.address[0] != '\0')
		RD_TRY(rd_case_add_contact(w->tx, w->case_id, &contact, err));
	RD_TRY(link_case(w, err));
	return rd_casework_audit(
		w->tx, w->office, "case_opened", w->case_id, matter->message_id, 0, NULL, err);
}

/* A joined case under review that the resident's own answer makes a complaint (promise 8). */
static enum rd_rc begin_stage1(struct writing *w, struct rd_err *err)
{
	struct rd_case matter;
	struct rd_review *reviews;
	int64_t n_cancelled;
	size_t n;

	RD_TRY(rd_outbox_cancel_case(w->tx, w->case_id, "the resident asked for a complaint",
		w->now_ms, &n_cancelled, err));
	RD_TRY(rd_review_list(rd_tx_db(w->tx), w->case_id, false, w->arena, &reviews, &n, err));
	for (size_t i = 0; i < n; i++)
		RD_TRY(rd_review_decide(w->tx, reviews[i].id, RD_COMPLAINT, RD_ACTOR_DAEMON, -1,
			"the resident asked for it to be a complaint", true, w->now_ms, err));
	RD_TRY(rd_task_done_of_case(w->tx, w->case_id, rd_task_names[RD_TASK_REVIEW],
		RD_ACTOR_DAEMON, "the resident decided", w->now_ms, NULL, err));

	RD_TRY(rd_case_get(rd_tx_db(w->tx), w->case_id, w->arena, &matter, err));
	RD_TRY(rd_case_set_kind(w->tx, w->case_id, RD_COMPLAINT, RD_STAGE_1, err));
	if (matter.status == RD_STATUS_REVIEW)
		RD_TRY(rd_case_set_status(w->tx, w->case_id, RD_STATUS_OPEN, "", w->now_ms, err));
	return rd_duties_end_of_kind(w->tx, w->case_id, w->arena, w->now_ms, err);
}

static enum rd_rc join_case(struct writing *w, struct rd_err *err)
{
	const struct rd_score *score = w->matter->score;
	struct rd_case matter;

	w->case_id = w->matter->joined_case;
	RD_TRY(rd_case_add_flags(w->tx, w->case_id, w->verdict->flags, err));
	if (score != NULL) {
		RD_TRY(rd_case_add_topics(w->tx, w->case_id, score->topics, score->n_topics, err));
		RD_TRY(rd_case_add_marks(w->tx, w->case_id, score->marks, score->n_marks, err));
	}
	if (w->verdict->begin_stage1)
		return begin_stage1(w, err);
	RD_TRY(rd_case_get(rd_tx_db(w->tx), w->case_id, w->arena, &matter, err));
	if (matter.status == RD_STATUS_CLOSED && w->verdict->status == RD_STATUS_OPEN &&
		!w->verdict->escalates)
		return rd_reopening_apply(
			w->tx, w->office, &matter, w->matter->cause, w->arena, err);
	if (matter.status != w->verdict->status && matter.status != RD_STATUS_REVIEW)
		RD_TRY(rd_case_set_status(
			w->tx, w->case_id, w->verdict->status, "", w->now_ms, err));
	return RD_OK;
}

/* The verdict's days are those of the live policy; a case runs by the one that it keeps. */
static enum rd_rc start_clocks(struct writing *w, struct rd_err *err)
{
	for (size_t i = 0; i < w->verdict->n_clocks; i++) {
		const struct rd_verdict_clock *clock = &w->verdict->clocks[i];
		struct rd_err past_calendar = { 0 };
		struct rd_case_clock row = {
			.case_id = w->case_id,
			.name = rd_clock_names[clock->clock],
			.starts = clock->starts,
			.source = w->landlord->clocks[clock->clock].source,
		};
		enum rd_rc rc;

		if (clock->when_letter_leaves)
			continue;
		if (rd_clock_due(w->landlord, w->policy->calendar, clock->clock, clock->starts,
			    &row.due, &past_calendar) != RD_OK)
			row.due = (struct rd_date){ 0 };
		rc = rd_case_start_clock(w->tx, &row, err);
		if (rc != RD_OK && rc != RD_E_EXISTS)
			return rc;
	}
	return RD_OK;
}

/* What to do depends on what the colleague's mail says. */
static enum rd_rc put_resident_task(
	struct writing *w, int64_t case_id, struct rd_date due, struct rd_err *err)
{
	const struct rd_task task = {
		.kind = rd_task_names[RD_TASK_RESIDENT],
		.case_id = case_id,
		.message_id = w->matter->message_id,
		.cause = w->matter->cause,
		.text = w->matter->resident_task,
		.landlord = w->matter->landlord,
		.due = due,
		.n = 1,
	};
	int64_t id;
	bool is_new;

	return rd_task_put(w->tx, &task, w->now_ms, &id, &is_new, err);
}

/* A guarded message's task is about the case that it concerns, though it joins none. */
static enum rd_rc put_tasks(struct writing *w, struct rd_err *err)
{
	const struct rd_matter *matter = w->matter;
	const int64_t case_id = w->case_id != 0 ? w->case_id : matter->joined_case;

	for (size_t i = 0; i < w->verdict->n_tasks; i++) {
		const struct rd_verdict_task *task = &w->verdict->tasks[i];

		if (task->kind == RD_TASK_RESIDENT && matter->resident_task != NULL)
			RD_TRY(put_resident_task(w, case_id, task->day, err));
		else
			RD_TRY(rd_casework_task(w->tx, w->office, task->kind, case_id,
				matter->message_id, 0, matter->landlord, task->day, matter->cause,
				task->shared, err));
	}
	return RD_OK;
}

static enum rd_rc add_reason(struct rd_buf *reasons, const char *reason, struct rd_err *err)
{
	return rd_buf_printf(reasons, err, "%s%s", reasons->len > 0 ? "\n" : "", reason);
}

/* The rules' own reasons first, as many as leave room for all of the policy's. */
static enum rd_rc add_reasons(const struct writing *w, struct rd_buf *reasons, struct rd_err *err)
{
	static const char more[] = "and more of this kind";
	const struct rd_score *score = w->matter->score;
	size_t kept = sizeof more;

	for (size_t i = 0; i < w->verdict->n_reasons; i++)
		kept += strlen(w->verdict->reasons[i]) + 1;
	for (size_t i = 0; score != NULL && i < score->n_review_reasons; i++) {
		const char *reason = score->review_reasons[i];
		if (reasons->len + strlen(reason) + 1 + kept > REASONS_BYTES_MAX) {
			RD_TRY(add_reason(reasons, more, err));
			break;
		}
		RD_TRY(add_reason(reasons, reason, err));
	}
	for (size_t i = 0; i < w->verdict->n_reasons; i++)
		RD_TRY(add_reason(reasons, w->verdict->reasons[i], err));
	return RD_OK;
}

/* A message that a person must look at. */
static enum rd_rc put_review(struct writing *w, struct rd_err *err)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf reasons = RD_BUF(REASONS_BYTES_MAX);
	struct rd_review review = {
		.message_id = w->matter->message_id,
		.case_id = w->case_id,
		.best = w->verdict->kind,
		.by = "",
		.why = "",
	};
	int64_t id;

	if (!w->verdict->review)
		return RD_OK;
	RD_TRY(add_reasons(w, &reasons, err));
	review.reasons = rd_buf_str(&reasons);
	enum rd_rc rc = rd_review_put(w->tx, &review, w->now_ms, &id, err);
	return rc == RD_E_EXISTS ? RD_OK : rc;
}

static enum rd_channel letter_channel(enum rd_case_channel channel)
{
	return channel == RD_BY_EMAIL ? RD_CHANNEL_EMAIL : RD_CHANNEL_SMS;
}

/* A letter that cannot be written (the calendar ends, no way out) leaves its duty to a person. */
static enum rd_rc letter_by_hand(struct writing *w, const struct rd_err *why, struct rd_err *err)
{
	const char *detail = rd_arena_printf(w->arena, "{\"letter\":\"%s\",\"rc\":%d}",
		rd_letter_names[w->verdict->letter], (int)why->code);

	RD_TRY(rd_casework_audit(w->tx, w->office, "letter_not_written", w->case_id,
		w->matter->message_id, 0, detail, err));
	return rd_casework_task(w->tx, w->office, RD_TASK_ACKNOWLEDGE, w->case_id,
		w->matter->message_id, 0, w->matter->landlord,
		rd_date_is_set(w->verdict->letter_due) ? w->verdict->letter_due
						       : rd_date_of(w->now_ms),
		w->matter->cause, false, err);
}

/* That stage 2 was asked for, where it was taken so and the set has words for it. */
static enum rd_rc letter_of_request(
	struct writing *w, enum rd_channel channel, enum rd_letter_kind *letter, struct rd_err *err)
{
	struct rd_case matter;

	if (*letter != RD_LETTER_STAGE2_ASKED)
		return RD_OK;
	RD_TRY(rd_case_get(rd_tx_db(w->tx), w->case_id, w->arena, &matter, err));
	if (matter.stage != RD_STAGE_2 ||
		rd_letters_find(w->policy->letters, *letter, channel) == NULL)
		*letter = RD_LETTER_ADDED;
	return RD_OK;
}

static bool can_be_written_to(const struct rd_case_contact *to)
{
	return to->address[0] != '\0' && (to->channel == RD_BY_EMAIL || to->channel == RD_BY_SMS);
}

static enum rd_rc audit_queued(struct writing *w, const struct rd_letter_order *order,
	int64_t outbox_id, struct rd_err *err)
{
	const struct rd_letter *letter =
		rd_letters_find(w->policy->letters, order->letter, order->channel);

	RD_ASSERT(letter != NULL);
	return rd_casework_audit_letter(w->tx, w->office, "letter_queued", w->case_id,
		w->matter->message_id, outbox_id, rd_letter_version(letter), 0, err);
}

static enum rd_rc put_letter(struct writing *w, struct rd_err *err)
{
	const struct rd_verdict *verdict = w->verdict;
	struct rd_case_contact to = contact_of(w->matter, true);
	struct rd_letter_order order = {
		.case_id = w->case_id,
		.letter = verdict->letter,
		.cause = w->matter->cause,
		.answers_message = w->matter->message_id,
		.answered = w->matter->message,
		.outgoing = w->matter->source[0] != '\0' ? w->matter->source : NULL,
		.meets_clock = verdict->letter_meets_acknowledge,
		.emergency_health = verdict->emergency_health,
		.emergency_heat = verdict->emergency_heat,
		.day_zero = rd_date_of(w->matter->received_ms),
		.due = verdict->letter_due,
		.hold_reason = verdict->letter_waits ? RD_HOLD_STAFF : "",
	};
	struct rd_err why = { 0 };
	int64_t id;
	enum rd_rc rc;

	if (verdict->letter == RD_LETTER_NONE)
		return RD_OK;
	if (verdict->letter_to == RD_LETTER_TO_CASE)
		RD_TRY(rd_casework_main_contact(rd_tx_db(w->tx), w->case_id, w->arena, &to, err));
	order.recipient = to.address;
	order.channel = letter_channel(to.channel);
	RD_TRY(letter_of_request(w, order.channel, &order.letter, err));
	order.letter = rd_letter_by_channel(order.letter, order.channel);
	if (!can_be_written_to(&to))
		rc = rd_fail(&why, RD_E_MISSING, "nowhere to write to");
	else
		rc = rd_correspondence_put(w->tx, w->office, &order, w->arena, &id, &why);
	if (rc == RD_E_EXISTS)
		return RD_OK;
	if (rc == RD_E_STORE || rc == RD_E_AGAIN) {
		*err = why;
		return rc;
	}
	if (rc != RD_OK && rd_letter_is_receipt(order.letter))
		return RD_OK; /* no duty hangs on it; the message itself is a person's task */
	if (rc != RD_OK)
		return letter_by_hand(w, &why, err);
	return audit_queued(w, &order, id, err);
}

static enum rd_rc audit_decision(struct writing *w, struct rd_err *err)
{
	const struct rd_decided decided = {
		.matter = w->matter,
		.verdict = w->verdict,
		.policy_version = w->policy->landlord.version,
		.case_id = w->case_id,
	};

	return rd_decided_audit(w->tx, w->office, &decided, err);
}

/* What happened once stands as an alarm for a day; its task stands until it is done. */
static enum rd_rc raise_alarms(struct writing *w, struct rd_err *err)
{
	static const char *const texts[RD_N_ALARMS] = {
		[RD_ALARM_CALENDAR_ENDED] =
			("A message came for which no due date can be worked out: the list of bank "
			 "holidays has ended. Put gov.uk's newest list into the rules folder and "
			 "activate it; see `redressctl tasks`."),
		[RD_ALARM_QUARANTINED] =
			("A message could not be read by machine after three tries. It has a case; "
			 "a person must read it in the mailbox. See `redressctl tasks`."),
		[RD_ALARM_WRONG_CODES] =
			("Somebody has written five wrong case references in one day; codes from "
			 "that sender are not believed today. See `redressctl tasks`."),
	};

	for (size_t i = 0; i < w->verdict->n_alarms; i++) {
		const enum rd_alarm_cause alarm = w->verdict->alarms[i];

		RD_TRY(rd_alarms_raise_within(
			w->tx, w->office, rd_alarm_names[alarm], texts[alarm], w->arena, err));
	}
	return RD_OK;
}

/* What grew from a case, or was split off it, is about whomever that one is about. */
static enum rd_rc inherit_about(struct writing *w, struct rd_err *err)
{
	const size_t len = strlen(RD_NOTICE_ABOUT);
	struct rd_case from;

	if (w->verdict->fate != RD_FATE_OPENED || !w->verdict->linked ||
		w->matter->joined_case == 0)
		return RD_OK;
	RD_TRY(rd_case_get(rd_tx_db(w->tx), w->matter->joined_case, w->arena, &from, err));
	for (size_t i = 0; i < from.n_marks; i++) {
		const char *mark = from.marks[i];

		if (strncmp(mark, RD_NOTICE_ABOUT, len) == 0)
			RD_TRY(rd_case_add_marks(w->tx, w->case_id, &mark, 1, err));
	}
	return RD_OK;
}

/* Whom staff say that it is about, before anybody is told of it. */
static enum rd_rc mark_about(struct writing *w, struct rd_err *err)
{
	RD_TRY(inherit_about(w, err));
	for (size_t i = 0; i < w->matter->n_about; i++) {
		const char *mark =
			rd_arena_printf(w->arena, RD_NOTICE_ABOUT "%s", w->matter->about[i]);

		if (mark == NULL)
			return rd_fail(err, RD_E_RANGE, "the case does not fit in memory");
		RD_TRY(rd_case_add_marks(w->tx, w->case_id, &mark, 1, err));
	}
	return RD_OK;
}

/* known_ms: since when the landlord has known of what is new. */
static enum rd_rc start_duties(struct writing *w, const struct rd_case *matter, const bool *flags,
	int64_t known_ms, struct rd_err *err)
{
	const struct rd_signs signs = {
		.flags = flags,
		.marks = (const char *const *)matter->marks,
		.n_marks = matter->n_marks,
		.topics = (const char *const *)matter->topics,
		.n_topics = matter->n_topics,
	};
	struct rd_duty duties[RD_DUTIES_MAX];
	const size_t n = rd_duties_of(w->landlord, w->policy->calendar, matter->kind,
		matter->status != RD_STATUS_REVIEW, &signs, known_ms, duties);

	for (size_t i = 0; i < n; i++)
		RD_TRY(rd_duty_start(w->tx, w->landlord, w->case_id, &duties[i], known_ms, w->arena,
			w->now_ms, err));
	return RD_OK;
}

/* before: the case that it joins, as it stood; NULL: it is new. */
static enum rd_rc follow_signs(struct writing *w, const struct rd_case *before, struct rd_err *err)
{
	struct rd_case after;
	const struct rd_routing routing = {
		.matter = &after,
		.message_id = w->matter->message_id,
		.policy = w->policy,
		.before = before,
		.flags = w->verdict->flags,
		.words = w->matter->message,
		.old = w->verdict->old,
		.cause = w->matter->cause,
	};

	RD_TRY(mark_about(w, err));
	RD_TRY(rd_case_get(rd_tx_db(w->tx), w->case_id, w->arena, &after, err));
	RD_TRY(start_duties(w, &after, w->verdict->flags,
		w->verdict->begin_stage1 ? after.received_ms : w->matter->received_ms, err));
	return rd_routes_follow(w->tx, w->office, &routing, w->arena, err);
}

static bool has_case(const struct rd_verdict *verdict)
{
	return verdict->fate == RD_FATE_OPENED || verdict->fate == RD_FATE_JOINED;
}

static enum rd_rc write_case(struct writing *w, struct rd_err *err)
{
	const bool joins = w->verdict->fate == RD_FATE_JOINED;
	struct rd_case before;

	if (joins)
		RD_TRY(rd_case_get(
			rd_tx_db(w->tx), w->matter->joined_case, w->arena, &before, err));
	if (w->verdict->fate == RD_FATE_OPENED)
		RD_TRY(open_case(w, err));
	else
		RD_TRY(join_case(w, err));
	if (w->matter->message_id != 0)
		RD_TRY(rd_case_add_message(
			w->tx, w->case_id, w->matter->message_id, w->now_ms, err));
	/* What only joins or grows from a held case was held by its link, and must not take back
	 * what a person has lifted from another. */
	if (w->verdict->flags[RD_SAFEGUARDING])
		RD_TRY(rd_holding_flagged(
			w->tx, w->office, w->case_id, w->matter->cause, w->arena, err));
	RD_TRY(start_clocks(w, err));
	RD_TRY(rd_replies_apply(w->tx, w->office, w->case_id, w->matter->message_id,
		w->matter->received_ms, w->matter->letters_by == RD_BY_SMS, w->verdict, w->arena,
		err));
	RD_TRY(put_review(w, err));
	RD_TRY(follow_signs(w, joins ? &before : NULL, err));
	return put_letter(w, err);
}

enum rd_rc rd_casework_apply(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_matter *matter, const struct rd_verdict *verdict, struct rd_arena *arena,
	int64_t *ret_case, struct rd_err *err)
{
	struct writing w = {
		.tx = tx,
		.office = office,
		.matter = matter,
		.verdict = verdict,
		.arena = arena,
		.now_ms = rd_office_now(office),
	};
	struct rd_landlord kept;

	RD_TRY(rd_office_policy(office, matter->landlord, &w.policy, err));
	w.landlord = &w.policy->landlord;
	if (verdict->fate == RD_FATE_JOINED) {
		RD_TRY(rd_office_case_landlord(
			office, rd_tx_db(tx), matter->joined_case, w.policy, arena, &kept, err));
		w.landlord = &kept;
	}
	if (has_case(verdict))
		RD_TRY(write_case(&w, err));
	RD_TRY(put_tasks(&w, err));
	RD_TRY(raise_alarms(&w, err));
	RD_TRY(audit_decision(&w, err));
	*ret_case = w.case_id;
	return RD_OK;
}

/* --- a case that is there already --- */

/* What the old kind's letter and clocks left to a person is not owed any longer. */
static const enum rd_task_kind duties_of_kind[] = { RD_TASK_ACKNOWLEDGE, RD_TASK_DEFINE,
	RD_TASK_CONTACT, RD_TASK_ANSWER_OLD, RD_TASK_CALENDAR };

static bool is_duty_of_kind(enum rd_task_kind kind)
{
	for (size_t i = 0; i < sizeof duties_of_kind / sizeof duties_of_kind[0]; i++)
		if (duties_of_kind[i] == kind)
			return true;
	return false;
}

static enum rd_rc end_duties(struct writing *w, struct rd_err *err)
{
	for (size_t i = 0; i < sizeof duties_of_kind / sizeof duties_of_kind[0]; i++)
		RD_TRY(rd_task_done_of_case(w->tx, w->case_id, rd_task_names[duties_of_kind[i]],
			w->office->actor.name, "the case was decided anew", w->now_ms, NULL, err));
	if (w->settled->kind != RD_OTHER)
		return RD_OK;
	/* What asks for nothing asks for no stage 2 either. */
	return rd_task_done_of_case(w->tx, w->case_id, rd_task_names[RD_TASK_STAGE2],
		w->office->actor.name, "a person found that nothing is owed", w->now_ms, NULL, err);
}

/* What does not hang on the kind (read it, danger, safeguarding) was asked for when it came. */
static enum rd_rc put_duties(struct writing *w, struct rd_err *err)
{
	struct rd_verdict *verdict = w->settled;
	size_t n = 0;

	for (size_t i = 0; i < verdict->n_tasks; i++)
		if (is_duty_of_kind(verdict->tasks[i].kind))
			verdict->tasks[n++] = verdict->tasks[i];
	verdict->n_tasks = n;
	return put_tasks(w, err);
}

/* When the earliest message of the case that nobody has decided yet was received; 0: none is left.
 */
static enum rd_rc doubt_since(struct writing *w, int64_t *ret_received_ms, struct rd_err *err)
{
	struct rd_db *db = rd_tx_db(w->tx);
	struct rd_message_row row;
	struct rd_review *left;
	size_t n;

	RD_TRY(rd_review_list(db, w->case_id, false, w->arena, &left, &n, err));
	*ret_received_ms = 0;
	for (size_t i = 0; i < n; i++) {
		if (left[i].message_id == 0)
			continue;
		RD_TRY(rd_queue_show(db, left[i].message_id, w->arena, &row, err));
		if (*ret_received_ms == 0 || row.received_ms < *ret_received_ms)
			*ret_received_ms = row.received_ms;
	}
	return RD_OK;
}

/* What another message on the case may still ask for is not over with this one's decision. */
static enum rd_rc keep_doubt(struct writing *w, int64_t since_ms, struct rd_err *err)
{
	const struct rd_landlord *landlord = w->landlord;
	struct rd_err unused = { 0 };
	struct rd_case_clock clock = {
		.case_id = w->case_id,
		.name = rd_clock_names[RD_CLOCK_STAGE1_ACKNOWLEDGE],
		.starts = rd_date_of(since_ms),
		.source = landlord->clocks[RD_CLOCK_STAGE1_ACKNOWLEDGE].source,
	};
	enum rd_rc rc;

	if (since_ms == 0 || w->verdict->kind == RD_COMPLAINT)
		return RD_OK;
	if (rd_clock_due(landlord, w->policy->calendar, RD_CLOCK_STAGE1_ACKNOWLEDGE, clock.starts,
		    &clock.due, &unused) != RD_OK)
		clock.due = (struct rd_date){ 0 };
	rc = rd_case_start_clock(w->tx, &clock, err);
	return rc == RD_E_EXISTS ? RD_OK : rc;
}

static enum rd_rc set_settled_status(
	struct writing *w, const struct rd_case *was, bool in_doubt, struct rd_err *err)
{
	const bool closes = w->verdict->kind == RD_OTHER && !in_doubt;
	const enum rd_case_status status = closes ? RD_STATUS_CLOSED : w->verdict->status;

	if (was->status == status)
		return RD_OK;
	return rd_case_set_status(
		w->tx, w->case_id, status, closes ? RD_CASEWORK_NOTHING_OWED : "", w->now_ms, err);
}

/* What hangs on the kind counts from receipt, whoever decided it and when. Hazards run already. */
static enum rd_rc restart_duties(struct writing *w, const struct rd_case *was, struct rd_err *err)
{
	const bool none[RD_N_FLAGS] = { false };
	struct rd_case now;

	RD_TRY(rd_case_get(rd_tx_db(w->tx), was->id, w->arena, &now, err));
	return start_duties(w, &now, none, was->received_ms, err);
}

enum rd_rc rd_casework_resettle(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_case *was, const struct rd_matter *matter, struct rd_verdict *verdict,
	struct rd_arena *arena, struct rd_err *err)
{
	struct writing w = {
		.tx = tx,
		.office = office,
		.matter = matter,
		.verdict = verdict,
		.settled = verdict,
		.arena = arena,
		.case_id = was->id,
		.now_ms = rd_office_now(office),
	};
	struct rd_landlord kept;
	int64_t doubt_ms;

	verdict->letter_to = RD_LETTER_TO_CASE;
	RD_TRY(rd_office_policy(office, was->landlord, &w.policy, err));
	RD_TRY(rd_office_case_landlord(office, rd_tx_db(tx), was->id, w.policy, arena, &kept, err));
	w.landlord = &kept;
	RD_TRY(rd_case_set_kind(tx, was->id, verdict->kind, verdict->stage, err));
	/* The acknowledgement's clock ran while nobody knew: it goes on for a complaint alone. */
	if (was->kind != verdict->kind || verdict->kind != RD_COMPLAINT)
		RD_TRY(rd_duties_end_of_kind(tx, was->id, arena, w.now_ms, err));
	RD_TRY(doubt_since(&w, &doubt_ms, err));
	RD_TRY(set_settled_status(&w, was, doubt_ms != 0, err));
	RD_TRY(start_clocks(&w, err));
	RD_TRY(keep_doubt(&w, doubt_ms, err));
	RD_TRY(restart_duties(&w, was, err));
	/* Before the letter: one that cannot be written leaves its duty to a person. */
	RD_TRY(end_duties(&w, err));
	RD_TRY(put_letter(&w, err));
	RD_TRY(put_duties(&w, err));
	RD_TRY(raise_alarms(&w, err));
	return audit_decision(&w, err);
}

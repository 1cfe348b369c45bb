#include "redress/gateway/correspondence.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "redress/base/buf.h"
#include "redress/gateway/acts_duty.h"
#include "redress/gateway/casework.h"
#include "redress/gateway/closing.h"
#include "redress/gateway/consent.h"
#include "redress/gateway/letter_days.h"
#include "redress/gateway/letter_words.h"
#include "redress/gateway/progress.h"
#include "redress/gateway/staff.h"
#include "redress/message/compose.h"
#include "redress/policy/clocks.h"
#include "redress/policy/decision.h"
#include "redress/policy/duties.h"
#include "redress/policy/letter_html.h"
#include "redress/policy/letter_plan.h"
#include "redress/store/queue.h"
#include "redress/store/reading.h"
#include "redress/store/residents.h"
#include "redress/store/tasks.h"
#include "redress/wire/providers/notify.h"

#define MESSAGE_ID_HASH_BYTES 12

/* What one letter is written from. */
struct draft {
	struct rd_tx *tx;
	const struct rd_office *office;
	const struct rd_letter_order *order;
	struct rd_arena *arena;
	const struct rd_policy *policy;
	const struct rd_letter *letter;
	const struct rd_letter *welsh; /* goes before it, or by text in its place; NULL: none */
	struct rd_letter_wishes wishes;
	bool is_copy;	       /* for whoever speaks for the resident */
	const char *cause;     /* of the letter itself */
	struct rd_case matter; /* at the stage that the letter is of */
	enum rd_stage stage_now;
	bool made_safe; /* no emergency stands before it any more */
	struct rd_letter_time time;
	struct rd_rendered rendered;
	struct rd_message answered; /* only what threading needs; empty where there is none */
	const char *came_by;	    /* the stanza that the answered message came by, NULL: none */
};

/* "Name <a@b>" or "a@b". */
static void split_from(struct rd_arena *arena, const char *from, struct rd_address *ret_address)
{
	const char *open = strrchr(from, '<');
	const char *close = open != NULL ? strchr(open, '>') : NULL;
	size_t name_len;

	if (close == NULL) {
		ret_address->name = "";
		ret_address->address = from;
		return;
	}
	name_len = (size_t)(open - from);
	while (name_len > 0 && (from[name_len - 1] == ' ' || from[name_len - 1] == '"'))
		name_len--;
	while (name_len > 0 && (*from == ' ' || *from == '"')) {
		from++;
		name_len--;
	}
	ret_address->name = rd_arena_copy(arena, from, name_len);
	ret_address->address = rd_arena_copy(arena, open + 1, (size_t)(close - open - 1));
}

/* Fixed for the row, and no clue to anything: a keyed hash of what the row is about. domain NULL:
 * a text's key. */
static const char *new_message_id(const struct draft *d, const char *domain)
{
	const struct rd_letter_order *order = d->order;
	uint8_t hash[RD_STORE_KEY_BYTES];
	char hex[2 * MESSAGE_ID_HASH_BYTES + 1];
	const char *about = rd_arena_printf(d->arena, "%" PRId64 "|%s|%d|%s|%" PRId64 "|%" PRId64,
		order->case_id, rd_letter_names[order->letter], (int)d->matter.stage, order->cause,
		order->replaces, rd_office_now(d->office));

	if (about == NULL)
		return NULL;
	rd_store_hash(rd_db_store(rd_tx_db(d->tx)), RD_KEY_IDENTITY, "letter", about, strlen(about),
		hash);
	for (size_t i = 0; i < MESSAGE_ID_HASH_BYTES; i++)
		snprintf(hex + 2 * i, 3, "%02x", hash[i]);
	return domain != NULL ? rd_arena_printf(d->arena, "rd.%s@%s", hex, domain)
			      : rd_arena_printf(d->arena, "rd-%s", hex);
}

/* The message being answered, for In-Reply-To and References and the number to text from: the
 * order's, else the one that opened the case (0: staff did). */
static enum rd_rc look_at_answered(struct draft *d, struct rd_err *err)
{
	struct rd_db *db = rd_tx_db(d->tx);
	int64_t id = d->order->answers_message;
	struct rd_message_row row;
	struct rd_score score;
	const char *ruleset;
	bool erased;
	enum rd_rc rc;

	memset(&d->answered, 0, sizeof d->answered);
	d->answered.message_id = "";
	d->came_by = d->order->outgoing;
	if (d->is_copy) /* it answers nothing that its reader wrote */
		return RD_OK;
	/* Just read: taking its stored form apart again cost a seventh of a decision (measured). */
	if (d->order->answered != NULL && d->came_by != NULL) {
		d->answered = *d->order->answered;
		return RD_OK;
	}
	if (id == 0)
		RD_TRY(rd_case_opener(db, d->order->case_id, &id, err));
	if (id == 0)
		return RD_OK;
	RD_TRY(rd_queue_show(db, id, d->arena, &row, err));
	if (d->came_by == NULL)
		d->came_by = row.source;
	/* Gone or never read: no threading. */
	rc = rd_reading_get(db, id, d->arena, &d->answered, &score, &ruleset, &erased, err);
	return rc == RD_E_MISSING ? RD_OK : rc;
}

/* Does it answer a message, and so what that says of a danger? */
static bool answers_message(enum rd_letter_kind letter)
{
	static const enum rd_letter_kind others[] = { RD_LETTER_DEFINITION, RD_LETTER_EXTENSION,
		RD_LETTER_STAGE1_RESPONSE, RD_LETTER_STAGE2_ACKNOWLEDGEMENT,
		RD_LETTER_STAGE2_RESPONSE, RD_LETTER_REFUSAL, RD_LETTER_EXCLUSION,
		RD_LETTER_RESTRICTION, RD_LETTER_CLOSING_CHECK, RD_LETTER_CLOSING };

	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		if (others[i] == letter)
			return false;
	return true;
}

/* A person recorded that the home is safe, and nothing that came later says otherwise. */
static enum rd_rc look_at_danger(struct draft *d, struct rd_err *err)
{
	struct rd_db *db = rd_tx_db(d->tx);
	struct rd_case_clock *clocks;
	struct rd_case_act *acts;
	size_t n;

	d->made_safe = false;
	if (answers_message(d->order->letter))
		return RD_OK;
	RD_TRY(rd_case_act_list(db, d->matter.id, d->arena, &acts, &n, err));
	for (size_t i = 0; i < n; i++)
		if (strcmp(acts[i].what, RD_DID_HAZARD) == 0 &&
			strcmp(acts[i].detail, rd_hazard_state_names[RD_HAZARD_SUMMARY]) != 0)
			d->made_safe = strcmp(acts[i].detail,
					       rd_hazard_state_names[RD_HAZARD_MADE_SAFE]) == 0;
	if (!d->made_safe)
		return RD_OK;
	RD_TRY(rd_case_clocks(db, d->matter.id, d->arena, &clocks, &n, err));
	for (size_t i = 0; i < n; i++)
		if (clocks[i].met_ms == 0 && clocks[i].cancelled_ms == 0 &&
			rd_duty_outlives_kind(clocks[i].name) &&
			strcmp(clocks[i].name, rd_clock_names[RD_CLOCK_HAZARD_SUMMARY]) != 0)
			d->made_safe = false;
	return RD_OK;
}

static enum rd_rc work_out_time(struct draft *d, struct rd_err *err)
{
	const struct rd_config *config = d->office->config;
	const struct rd_letter_ask ask = {
		.letter = d->order->letter,
		.channel = d->order->channel,
		.emergency =
			(d->order->emergency_health || d->order->emergency_heat) && !d->made_safe,
		.approval_wanted = d->policy->landlord.letters_approved,
		.approved = d->order->approved,
		.now_ms = rd_office_now(d->office),
		.day_zero = d->order->day_zero,
		.due = d->order->due,
		.hours = { config->text_hours_from_min, config->text_hours_to_min },
	};

	return rd_letter_when(&ask, d->policy->calendar, &d->time, err);
}

static bool was_spoken(const struct rd_case *matter)
{
	return matter->channel == RD_BY_PHONE || matter->channel == RD_BY_IN_PERSON;
}

/* In Welsh where it can be; a text too long in Welsh goes in English. */
static enum rd_rc write_letter(
	struct draft *d, const struct rd_letter_values *values, struct rd_err *err)
{
	struct rd_err too_long = { 0 };

	if (d->welsh != NULL && d->order->channel == RD_CHANNEL_EMAIL)
		return rd_letter_render_both(
			d->welsh, d->letter, values, d->arena, &d->rendered, err);
	if (d->welsh != NULL &&
		rd_letter_render(d->welsh, values, d->arena, &d->rendered, &too_long) == RD_OK)
		return RD_OK;
	return rd_letter_render(d->letter, values, d->arena, &d->rendered, err);
}

/* The definition is the resident's: an acknowledgement may go to whoever wrote for them. */
static bool may_say_definition(const struct draft *d)
{
	const enum rd_letter_kind form =
		rd_letter_form(d->order->letter, d->matter.flags, d->order->recipient);

	return d->matter.definition[0] != '\0' &&
	       (d->order->letter != RD_LETTER_ACKNOWLEDGEMENT || form == d->order->letter);
}

static enum rd_rc render(struct draft *d, struct rd_err *err)
{
	const struct rd_case *matter = &d->matter;
	struct rd_letter_values values = {
		.reference = matter->reference,
		.landlord = &d->policy->landlord,
		.kind = matter->kind,
		.stage = matter->stage,
		.topics = matter->topics,
		.n_topics = matter->n_topics,
		.outcome = matter->outcome[0] != '\0' ? matter->outcome : NULL,
		.understood = may_say_definition(d) ? matter->definition : NULL,
		.handler = matter->handler[0] != '\0' ? matter->handler : NULL,
		.third_party = matter->flags[RD_ADVOCATE] && !was_spoken(matter),
		.spoken_for = matter->flags[RD_ADVOCATE] && was_spoken(matter),
		.copy = d->is_copy,
		.welsh = rd_letters_welsh(d->policy->letters),
		.emergency_health = d->order->emergency_health && !d->made_safe,
		.emergency_heat = d->order->emergency_heat && !d->made_safe,
	};
	struct rd_landlord kept;
	const struct rd_letter_days_ask ask = {
		.db = rd_tx_db(d->tx),
		.matter = matter,
		.letter = d->order->letter,
		.kept = &kept,
		.calendar = d->policy->calendar,
		.written = d->time.written_for,
		.arena = d->arena,
	};

	RD_TRY(rd_office_case_landlord(
		d->office, rd_tx_db(d->tx), matter->id, d->policy, d->arena, &kept, err));
	RD_TRY(rd_letter_days(&ask, &values, err));
	RD_TRY(rd_letter_words(
		rd_tx_db(d->tx), d->cause, d->order->letter, d->arena, &values, err));
	return write_letter(d, &values, err);
}

/* The HTML form: for whoever asked for large print, and, where the landlord wants it so, for all.
 */
static enum rd_rc add_html(const struct draft *d, struct rd_buf *html,
	struct rd_outgoing_mail *mail, struct rd_err *err)
{
	if (d->policy->landlord.large_print_asked && !d->wishes.large_print)
		return RD_OK;
	RD_TRY(rd_letter_html(&d->rendered, d->wishes.large_print, html, err));
	mail->html = rd_buf_str(html);
	return RD_OK;
}

static enum rd_rc compose_mail(struct draft *d, struct rd_outbox_row *row, struct rd_err *err)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf bytes = RD_BUF(RD_COMPOSED_BYTES_MAX);
	RD_CLEANUP(rd_buf_free) struct rd_buf html = RD_BUF(RD_LETTER_HTML_MAX);
	const struct rd_outgoing_config *outgoing = d->office->config->outgoing;
	struct rd_outgoing_mail mail = {
		.to = row->recipient,
		.subject = d->rendered.subject,
		.date_ms = d->time.leave_ms, /* the day it is written for, not the day it is */
		.in_reply_to = d->answered.message_id,
		.references = d->answered.references,
		.n_references = d->answered.n_references,
		.auto_submitted = "auto-replied",
		.body = d->rendered.text,
	};
	const char *at;

	if (outgoing == NULL)
		return rd_fail(err, RD_E_REFUSED,
			"no `Outgoing:` stanza: there is no way to send a mail; add one");
	split_from(d->arena, outgoing->from, &mail.from);
	at = strchr(mail.from.address, '@');
	row->message_id = new_message_id(d, at != NULL ? at + 1 : "redress.invalid");
	mail.message_id = row->message_id;
	mail.loop = rd_arena_printf(d->arena, "redress/%s", d->office->config->gateway);
	RD_TRY(add_html(d, &html, &mail, err));
	RD_TRY(rd_compose_mail(&mail, &bytes, err));
	row->outgoing = outgoing->name;
	row->subject = d->rendered.subject;
	row->payload = rd_arena_copy(d->arena, rd_buf_str(&bytes), bytes.len);
	row->payload_len = bytes.len;
	return RD_OK;
}

/* A text leaves by the number that it was written to, else by the first one of the landlord. */
static const struct rd_texts_config *number_to_leave_by(const struct draft *d)
{
	const struct rd_config *config = d->office->config;
	const struct rd_texts_config *best = NULL;

	for (size_t i = 0; i < config->n_texts; i++) {
		const struct rd_texts_config *texts = &config->texts[i];

		if (d->came_by != NULL && strcmp(texts->name, d->came_by) == 0)
			return texts;
		if (best == NULL && strcmp(texts->landlord, d->matter.landlord) == 0)
			best = texts;
	}
	return best;
}

static enum rd_rc compose_text(struct draft *d, struct rd_outbox_row *row, struct rd_err *err)
{
	const struct rd_texts_config *texts = number_to_leave_by(d);

	if (texts == NULL)
		return rd_fail(err, RD_E_REFUSED,
			"no `Texts:` stanza for landlord %s: there is no number to text from",
			d->matter.landlord);
	row->outgoing = texts->name;
	row->subject = "";
	row->message_id = new_message_id(d, NULL);
	row->payload = d->rendered.text;
	/* Stored exactly as it will be sent: Notify takes a template and its values. */
	if (texts->kind == RD_TEXTS_NOTIFY)
		RD_TRY(rd_notify_payload(
			texts->template_id, d->rendered.text, d->arena, &row->payload, err));
	row->payload_len = strlen(row->payload);
	return RD_OK;
}

enum rd_stage rd_correspondence_answers(const char *letter)
{
	if (strcmp(letter, rd_letter_names[RD_LETTER_STAGE1_RESPONSE]) == 0)
		return RD_STAGE_1;
	return strcmp(letter, rd_letter_names[RD_LETTER_STAGE2_RESPONSE]) == 0 ? RD_STAGE_2
									       : RD_STAGE_NONE;
}

static enum rd_stage answers(const struct draft *d)
{
	return rd_correspondence_answers(rd_letter_names[d->order->letter]);
}

/* A text says that the answer is written and not what it is: it answers nothing. Nor does an answer
 * whose stage is over. */
static enum rd_rc clock_of_answer(struct draft *d, const char **ret_clock, struct rd_err *err)
{
	struct rd_err none_runs = { 0 };
	struct rd_case_clock running;
	struct rd_date original;

	*ret_clock = "";
	if (d->order->channel != RD_CHANNEL_EMAIL || d->stage_now != d->matter.stage)
		return RD_OK;
	const enum rd_rc rc = rd_progress_answer_clock(
		rd_tx_db(d->tx), &d->matter, d->arena, &running, &original, &none_runs);
	if (rc == RD_OK) {
		*ret_clock = running.name;
		return RD_OK;
	}
	if (rc != RD_E_MISSING) {
		*err = none_runs;
		return rc;
	}
	*ret_clock = rd_clock_names[d->order->letter == RD_LETTER_STAGE2_RESPONSE
					    ? RD_CLOCK_STAGE2_RESPOND
					    : RD_CLOCK_STAGE1_RESPOND];
	return RD_OK;
}

/* An acknowledgement without a topic meets no clock (promise 6). */
static const char *clock_of_acknowledgement(const struct draft *d)
{
	if (d->order->letter == RD_LETTER_STAGE2_ACKNOWLEDGEMENT)
		return rd_clock_names[RD_CLOCK_STAGE2_ACKNOWLEDGE];
	return d->rendered.names_topic ? rd_clock_names[RD_CLOCK_STAGE1_ACKNOWLEDGE] : "";
}

static enum rd_rc clock_met(struct draft *d, const char **ret_clock, struct rd_err *err)
{
	*ret_clock = "";
	if (!d->order->meets_clock)
		return RD_OK;
	if (answers(d) != RD_STAGE_NONE)
		return clock_of_answer(d, ret_clock, err);
	*ret_clock = clock_of_acknowledgement(d);
	return RD_OK;
}

/* Whatever asks for a letter: to one whom only a forward names none goes by itself. */
static const char *hold_reason(const struct draft *d)
{
	const char *asked = d->order->hold_reason;

	if (asked != NULL && asked[0] != '\0')
		return asked;
	return d->matter.contact_proposed && strcasecmp(d->matter.contact, d->order->recipient) == 0
		       ? RD_HOLD_STAFF
		       : "";
}

static enum rd_rc write_row(struct draft *d, struct rd_outbox_row *row, struct rd_err *err)
{
	*row = (struct rd_outbox_row){
		.case_id = d->order->case_id,
		.letter = rd_letter_names[d->order->letter],
		.stage = d->matter.stage,
		.cause = d->order->cause,
		.channel = d->order->channel,
		.recipient = d->order->recipient,
		.letter_version = d->rendered.version,
		.written_for = d->time.written_for,
		.binds_day = true,
		.emergency = d->rendered.has_emergency || d->time.person_too,
		.not_before_ms = d->time.leave_ms,
		.hold_reason = hold_reason(d),
		.needs_approval = d->time.waits_for_approval,
	};
	RD_TRY(clock_met(d, &row->meets_clock, err));
	if (d->order->channel == RD_CHANNEL_EMAIL)
		return compose_mail(d, row, err);
	return compose_text(d, row, err);
}

/* By the marks of the case, and by the contacts file for whom the letter goes to. */
static enum rd_rc find_wishes(struct draft *d, struct rd_err *err)
{
	struct rd_resident resident = { .language = "", .adjustments = "" };
	size_t n = 0;

	RD_TRY(rd_resident_known(rd_tx_db(d->tx), d->policy->landlord.name, d->order->recipient,
		d->arena, &resident, &n, err));
	d->wishes = rd_letter_wishes_of((const char *const *)d->matter.marks, d->matter.n_marks,
		resident.language, resident.adjustments);
	return RD_OK;
}

/* The form that fits the case, where the set has it; and its Welsh, where that is offered. */
static enum rd_rc find_letter(struct draft *d, struct rd_err *err)
{
	const struct rd_letters *letters = d->policy->letters;
	const enum rd_channel channel = d->order->channel;
	const enum rd_letter_kind form =
		rd_letter_form(d->order->letter, d->matter.flags, d->order->recipient);

	RD_TRY(find_wishes(d, err));
	d->letter = rd_letters_find(letters, form, channel);
	if (d->letter == NULL)
		d->letter = rd_letters_find(letters, d->order->letter, channel);
	d->welsh = NULL;
	if (d->letter != NULL && d->wishes.welsh && d->policy->landlord.welsh_letters)
		d->welsh = rd_letters_find_in(
			letters, rd_letter_kind_of(d->letter), channel, RD_WELSH);
	return RD_OK;
}

static enum rd_rc draft_letter(struct draft *d, struct rd_outbox_row *row, struct rd_err *err)
{
	const size_t copy = strlen(RD_COPY_CAUSE);

	d->is_copy = strncmp(d->order->cause, RD_COPY_CAUSE, copy) == 0;
	d->cause = d->order->cause + (d->is_copy ? copy : 0);
	RD_TRY(rd_case_get(rd_tx_db(d->tx), d->order->case_id, d->arena, &d->matter, err));
	d->stage_now = d->matter.stage;
	if (answers(d) != RD_STAGE_NONE)
		d->matter.stage = answers(d);
	RD_TRY(rd_office_policy(d->office, d->matter.landlord, &d->policy, err));
	RD_TRY(find_letter(d, err));
	if (d->letter == NULL)
		return rd_fail(err, RD_E_MISSING, "no letter `%s` by %s in the rule set",
			rd_letter_names[d->order->letter],
			d->order->channel == RD_CHANNEL_EMAIL ? "email" : "sms");
	RD_TRY(look_at_answered(d, err));
	RD_TRY(look_at_danger(d, err));
	RD_TRY(work_out_time(d, err));
	RD_TRY(render(d, err));
	RD_TRY(write_row(d, row, err));
	if (rd_arena_overflowed(d->arena) || row->payload == NULL)
		return rd_fail(err, RD_E_RANGE, "the letter does not fit in memory");
	return RD_OK;
}

/* It will leave out of hours on its due date: somebody should know (promise 5). */
static enum rd_rc put_late_task(const struct draft *d, int64_t outbox_id, struct rd_err *err)
{
	if (!d->time.person_too)
		return RD_OK;
	return rd_casework_task(d->tx, d->office, RD_TASK_TEXT_LATE, d->order->case_id, 0,
		outbox_id, d->matter.landlord, d->order->due, "text", false, err);
}

/* Where the policy sends copies to both, and a person recorded that the resident agrees and where
 * they go. What restricts contact is the resident's alone. */
static bool wants_copy(const struct draft *d)
{
	return d->matter.flags[RD_ADVOCATE] && d->policy->landlord.third_party_copies &&
	       !d->is_copy && d->order->channel == RD_CHANNEL_EMAIL &&
	       d->order->letter != RD_LETTER_RESTRICTION;
}

static enum rd_rc put_copy(const struct draft *d, struct rd_err *err)
{
	struct draft copy = { .tx = d->tx, .office = d->office, .arena = d->arena };
	struct rd_letter_order order = *d->order;
	struct rd_outbox_row row;
	int64_t id;
	enum rd_rc rc;

	RD_TRY(rd_copies_to(rd_tx_db(d->tx), order.case_id, d->arena, &order.recipient, err));
	if (order.recipient[0] == '\0' || strcasecmp(order.recipient, d->order->recipient) == 0)
		return RD_OK;
	order.cause = rd_arena_printf(d->arena, "%s%s", RD_COPY_CAUSE, d->order->cause);
	order.meets_clock = false;
	order.answers_message = 0;
	order.answered = NULL;
	copy.order = &order;
	RD_TRY(draft_letter(&copy, &row, err));
	rc = rd_outbox_put(d->tx, &row, rd_office_now(d->office), &id, err);
	return rc == RD_E_EXISTS ? RD_OK : rc;
}

enum rd_rc rd_correspondence_put(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_letter_order *order, struct rd_arena *arena, int64_t *ret_outbox_id,
	struct rd_err *err)
{
	struct draft draft = { .tx = tx, .office = office, .order = order, .arena = arena };
	struct rd_outbox_row row;

	RD_TRY(draft_letter(&draft, &row, err));
	RD_TRY(rd_consent_check(
		rd_tx_db(tx), &draft.matter, order->recipient, order->letter, arena, err));
	RD_TRY(rd_outbox_put(tx, &row, rd_office_now(office), ret_outbox_id, err));
	if (wants_copy(&draft))
		RD_TRY(put_copy(&draft, err));
	return put_late_task(&draft, *ret_outbox_id, err);
}

/* "message:17" names the mail that the letter answers. */
static int64_t answered_by_cause(const char *cause)
{
	return strncmp(cause, "message:", 8) == 0 ? strtoll(cause + 8, NULL, 10) : 0;
}

/* The day by which the case must be acknowledged, as it runs (meets: the clock that the letter
 * meets, "" for none); unset where nothing runs. */
static enum rd_rc acknowledge_due(struct rd_tx *tx, int64_t case_id, const char *meets,
	struct rd_arena *arena, struct rd_date *ret_due, struct rd_err *err)
{
	struct rd_case_clock *clocks;
	size_t n;

	const char *name = meets[0] != '\0' ? meets : rd_clock_names[RD_CLOCK_STAGE1_ACKNOWLEDGE];

	*ret_due = (struct rd_date){ 0 };
	RD_TRY(rd_case_clocks(rd_tx_db(tx), case_id, arena, &clocks, &n, err));
	for (size_t i = 0; i < n; i++)
		if (clocks[i].met_ms == 0 && strcmp(clocks[i].name, name) == 0)
			*ret_due = clocks[i].due;
	return RD_OK;
}

static enum rd_rc write_anew(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_case *matter, const struct rd_outbox_row *stale, bool approved,
	struct rd_arena *arena, struct rd_err *err)
{
	struct rd_letter_order order = {
		.case_id = stale->case_id,
		.replaces = stale->id,
		.channel = stale->channel,
		.recipient = stale->recipient,
		.cause = stale->cause,
		.answers_message = answered_by_cause(stale->cause),
		.outgoing = stale->channel == RD_CHANNEL_SMS ? stale->outgoing : NULL,
		.meets_clock = stale->meets_clock[0] != '\0',
		.emergency_health = matter->flags[RD_HEALTH_SAFETY],
		.emergency_heat = matter->flags[RD_HEAT_LOSS],
		.day_zero = rd_date_of(matter->received_ms),
		.hold_reason =
			strcmp(stale->hold_reason, RD_HOLD_UNFIT) == 0 ? "" : stale->hold_reason,
		.approved = approved,
	};
	struct draft draft = { .tx = tx, .office = office, .order = &order, .arena = arena };
	struct rd_outbox_row row;
	int64_t id;

	if (!rd_letter_parse_kind(stale->letter, &order.letter))
		return rd_fail(err, RD_E_BUG, "outbox row %" PRId64 ": unknown letter `%s`",
			stale->id, stale->letter);
	RD_TRY(acknowledge_due(tx, stale->case_id, stale->meets_clock, arena, &order.due, err));
	RD_TRY(draft_letter(&draft, &row, err));
	RD_TRY(rd_outbox_rewrite(tx, stale->id, &row, rd_office_now(office), &id, err));
	RD_TRY(rd_casework_audit_letter(tx, office, "letter_rewritten", stale->case_id, 0,
		stale->id, row.letter_version, id, err));
	return put_late_task(&draft, id, err);
}

/* Past the calendar, over its cap, a way out that is gone: a person writes it. */
static enum rd_rc leave_to_person(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_case *matter, const struct rd_outbox_row *stale, struct rd_arena *arena,
	struct rd_err *err)
{
	struct rd_date due;

	RD_TRY(rd_outbox_cancel(tx, stale->id, "it could not be written for another day",
		rd_office_now(office), err));
	RD_TRY(rd_casework_audit(
		tx, office, "letter_not_written", matter->id, 0, stale->id, NULL, err));
	RD_TRY(acknowledge_due(tx, matter->id, stale->meets_clock, arena, &due, err));
	return rd_casework_task(tx, office, RD_TASK_ACKNOWLEDGE, matter->id, 0, 0, matter->landlord,
		rd_date_is_set(due) ? due : rd_date_of(rd_office_now(office)), stale->cause, false,
		err);
}

/* must: it may not leave as it is; else what cannot be written anew stays. */
static enum rd_rc rewrite(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_outbox_row *stale, bool approved, bool must, struct rd_arena *arena,
	struct rd_err *err)
{
	struct rd_err why = { 0 };
	struct rd_outbox_row now;
	struct rd_case matter;
	enum rd_rc rc;

	/* Between the list and now it may have been cancelled, sent or written anew already. */
	RD_TRY(rd_outbox_get(rd_tx_db(tx), stale->id, arena, &now, err));
	if ((now.state != RD_OUTBOX_QUEUED && now.state != RD_OUTBOX_HELD) || now.attempts > 0)
		return RD_OK;
	RD_TRY(rd_case_get(rd_tx_db(tx), stale->case_id, arena, &matter, err));
	rc = write_anew(tx, office, &matter, stale, approved, arena, &why);
	if (rc == RD_E_STORE || rc == RD_E_AGAIN || rc == RD_E_BUG) {
		*err = why;
		return rc;
	}
	return rc == RD_OK || !must ? RD_OK
				    : leave_to_person(tx, office, &matter, stale, arena, err);
}

/* Its time had come: it waits for no approval any more. */
enum rd_rc rd_correspondence_rewrite(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_outbox_row *stale, struct rd_arena *arena, struct rd_err *err)
{
	return rewrite(tx, office, stale, true, true, arena, err);
}

enum rd_rc rd_correspondence_renew(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_outbox_row *row, struct rd_arena *arena, struct rd_err *err)
{
	return rewrite(tx, office, row, !row->needs_approval, false, arena, err);
}

static enum rd_rc start_respond(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_case *matter, struct rd_date written_for, struct rd_arena *arena,
	struct rd_err *err)
{
	const struct rd_policy *policy;
	struct rd_landlord kept;
	struct rd_case_clock clock = {
		.case_id = matter->id,
		.name = rd_clock_names[RD_CLOCK_STAGE1_RESPOND],
		.starts = written_for,
	};
	enum rd_rc rc;

	RD_TRY(rd_office_policy(office, matter->landlord, &policy, err));
	RD_TRY(rd_office_case_landlord(
		office, rd_tx_db(tx), matter->id, policy, arena, &kept, err));
	clock.source = kept.clocks[RD_CLOCK_STAGE1_RESPOND].source;
	rc = rd_clock_due(
		&kept, policy->calendar, RD_CLOCK_STAGE1_RESPOND, written_for, &clock.due, err);
	if (rc == RD_E_MISSING)
		return RD_OK;
	if (rc != RD_OK && rc != RD_E_RANGE)
		return rc;
	rc = rd_case_start_clock(tx, &clock, err);
	return rc == RD_E_EXISTS ? RD_OK : rc;
}

/* Its stage 2 is acknowledged, and where the policy says so its answer's days begin. */
static enum rd_rc stage2_acknowledged(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_case *matter, const struct rd_outbox_row *row, int64_t at_ms,
	struct rd_arena *arena, struct rd_err *err)
{
	const struct rd_policy *policy;
	struct rd_landlord kept;

	if (matter->kind != RD_COMPLAINT || matter->stage != RD_STAGE_2 ||
		matter->status == RD_STATUS_CLOSED)
		return RD_OK;
	RD_TRY(rd_office_policy(office, matter->landlord, &policy, err));
	RD_TRY(rd_office_case_landlord(
		office, rd_tx_db(tx), matter->id, policy, arena, &kept, err));
	return rd_progress_event(tx, &kept, policy->calendar, matter->id,
		RD_EVENT_STAGE2_ACKNOWLEDGED, row->written_for, at_ms, err);
}

/* The answer is with the resident. Asked for at stage 2 or closed meanwhile, it changes nothing. */
static enum rd_rc answered(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_case *matter, const struct rd_outbox_row *row, int64_t at_ms,
	struct rd_arena *arena, struct rd_err *err)
{
	const enum rd_stage stage = rd_correspondence_answers(row->letter);
	const struct rd_policy *policy;
	struct rd_landlord kept;

	if (matter->kind != RD_COMPLAINT || matter->stage != stage ||
		matter->status == RD_STATUS_CLOSED)
		return RD_OK;
	RD_TRY(rd_office_policy(office, matter->landlord, &policy, err));
	RD_TRY(rd_office_case_landlord(
		office, rd_tx_db(tx), matter->id, policy, arena, &kept, err));
	RD_TRY(rd_progress_event(tx, &kept, policy->calendar, matter->id,
		stage == RD_STAGE_2 ? RD_EVENT_STAGE2_RESPONDED : RD_EVENT_RESPONDED,
		row->written_for, at_ms, err));
	return rd_case_set_answered(tx, matter->id, at_ms, err);
}

enum rd_rc rd_correspondence_gone(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_outbox_row *row, int64_t at_ms, struct rd_arena *arena, struct rd_err *err)
{
	struct rd_case matter;
	enum rd_rc rc;

	if (row->meets_clock[0] == '\0' || row->case_id == 0)
		return RD_OK;
	RD_TRY(rd_case_get(rd_tx_db(tx), row->case_id, arena, &matter, err));
	if (strcmp(row->meets_clock, rd_clock_names[RD_CLOCK_STAGE2_ACKNOWLEDGE]) == 0)
		return stage2_acknowledged(tx, office, &matter, row, at_ms, arena, err);
	if (rd_correspondence_answers(row->letter) != RD_STAGE_NONE)
		return answered(tx, office, &matter, row, at_ms, arena, err);
	if (matter.kind != RD_COMPLAINT || matter.stage != RD_STAGE_1)
		return RD_OK; /* decided anew while it was on its way */
	rc = rd_case_meet_clock(tx, row->case_id, row->meets_clock, at_ms, err);
	if (rc != RD_OK && rc != RD_E_MISSING)
		return rc;
	if (matter.acknowledged_ms == 0)
		RD_TRY(rd_case_set_acknowledged(tx, row->case_id, at_ms, err));
	RD_TRY(rd_task_done_of_case(tx, row->case_id, rd_task_names[RD_TASK_ACKNOWLEDGE],
		RD_ACTOR_DAEMON, "the acknowledgement has gone", at_ms, NULL, err));
	return start_respond(tx, office, &matter, row->written_for, arena, err);
}

enum rd_rc rd_correspondence_alarm(struct rd_tx *tx, const struct rd_office *office,
	const char *cause, const char *subject, const char *body, struct rd_arena *arena,
	struct rd_err *err)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf bytes = RD_BUF(RD_COMPOSED_BYTES_MAX);
	const struct rd_config *config = office->config;
	const struct rd_letter_order order = { .cause = cause };
	struct draft draft = { .tx = tx, .office = office, .order = &order, .arena = arena };
	struct rd_outgoing_mail mail = {
		.to = config->alarms_to,
		.subject = subject,
		.date_ms = rd_office_now(office),
		.auto_submitted = "auto-generated",
		.body = body,
	};
	struct rd_outbox_row row = {
		.letter = "alarm",
		.cause = cause,
		.channel = RD_CHANNEL_EMAIL,
		.recipient = config->alarms_to,
		.subject = subject,
		.letter_version = "alarm 1",
		.written_for = rd_date_of(mail.date_ms),
		.emergency = true,
		.hold_reason = "",
		.meets_clock = "",
	};
	const char *at;
	int64_t id;

	if (config->alarms_to[0] == '\0' || config->outgoing == NULL)
		return RD_OK;
	split_from(arena, config->outgoing->from, &mail.from);
	at = strchr(mail.from.address, '@');
	row.message_id = new_message_id(&draft, at != NULL ? at + 1 : "redress.invalid");
	mail.message_id = row.message_id;
	mail.loop = rd_arena_printf(arena, "redress/%s", config->gateway);
	RD_TRY(rd_compose_mail(&mail, &bytes, err));
	row.outgoing = config->outgoing->name;
	row.payload = rd_buf_str(&bytes);
	row.payload_len = bytes.len;
	return rd_outbox_put(tx, &row, mail.date_ms, &id, err);
}

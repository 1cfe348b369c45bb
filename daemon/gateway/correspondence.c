#include "redress/gateway/correspondence.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "redress/base/buf.h"
#include "redress/message/compose.h"
#include "redress/policy/clocks.h"
#include "redress/policy/decision.h"
#include "redress/policy/letter_plan.h"
#include "redress/store/reading.h"
#include "redress/store/tasks.h"

#define MESSAGE_ID_HASH_BYTES 12

/* What one letter is written from. */
struct draft {
	struct rd_tx *tx;
	const struct rd_office *office;
	const struct rd_letter_order *order;
	struct rd_arena *arena;
	const struct rd_policy *policy;
	const struct rd_letter *letter;
	struct rd_case matter;
	struct rd_letter_time time;
	struct rd_rendered rendered;
	struct rd_message answered; /* only what threading needs; empty where there is none */
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
	const char *about = rd_arena_printf(d->arena, "%" PRId64 "|%s|%d|%s|%" PRId64,
		order->case_id, rd_letter_names[order->letter], (int)d->matter.stage, order->cause,
		rd_office_now(d->office));

	if (about == NULL)
		return NULL;
	rd_store_hash(rd_db_store(rd_tx_db(d->tx)), RD_KEY_IDENTITY, "letter", about, strlen(about),
		hash);
	for (size_t i = 0; i < MESSAGE_ID_HASH_BYTES; i++)
		snprintf(hex + 2 * i, 3, "%02x", hash[i]);
	return domain != NULL ? rd_arena_printf(d->arena, "rd.%s@%s", hex, domain)
			      : rd_arena_printf(d->arena, "rd-%s", hex);
}

/* The mail being answered, for In-Reply-To and References. Gone or never read: no threading. */
static enum rd_rc look_at_answered(struct draft *d, struct rd_err *err)
{
	struct rd_score score;
	const char *ruleset;
	bool erased;
	enum rd_rc rc;

	memset(&d->answered, 0, sizeof d->answered);
	d->answered.message_id = "";
	if (d->order->answers_message == 0)
		return RD_OK;
	rc = rd_reading_get(rd_tx_db(d->tx), d->order->answers_message, d->arena, &d->answered,
		&score, &ruleset, &erased, err);
	return rc == RD_E_MISSING ? RD_OK : rc;
}

static enum rd_rc work_out_time(struct draft *d, struct rd_err *err)
{
	const struct rd_config *config = d->office->config;
	const struct rd_letter_ask ask = {
		.letter = d->order->letter,
		.channel = d->order->channel,
		.emergency = d->order->emergency_health || d->order->emergency_heat,
		.approval_wanted = d->policy->landlord.letters_approved,
		.approved = d->order->approved,
		.now_ms = rd_office_now(d->office),
		.day_zero = d->order->day_zero,
		.due = d->order->due,
		.hours = { config->text_hours_from_min, config->text_hours_to_min },
	};

	return rd_letter_when(&ask, d->policy->calendar, &d->time, err);
}

static enum rd_rc due_date(const struct draft *d, enum rd_clock_id clock, struct rd_date starts,
	struct rd_date *ret_due, struct rd_err *err)
{
	enum rd_rc rc = rd_clock_due(
		&d->policy->landlord, d->policy->calendar, clock, starts, ret_due, err);

	return rc == RD_E_MISSING ? RD_OK : rc;
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
		.understood = matter->definition[0] != '\0' ? matter->definition : NULL,
		.handler = matter->handler[0] != '\0' ? matter->handler : NULL,
		.written = d->time.written_for,
		.received = rd_date_of(matter->received_ms),
		.emergency_health = d->order->emergency_health,
		.emergency_heat = d->order->emergency_heat,
	};

	RD_TRY(rd_workday_next(d->policy->calendar, values.written, &values.read_by, err));
	if (matter->kind == RD_COMPLAINT) {
		RD_TRY(due_date(d, RD_CLOCK_STAGE1_ACKNOWLEDGE, values.received,
			&values.acknowledge_by, err));
		if (matter->stage == RD_STAGE_1)
			RD_TRY(due_date(d, RD_CLOCK_STAGE1_RESPOND, values.written,
				&values.respond_by, err));
	}
	return rd_letter_render(d->letter, &values, d->arena, &d->rendered, err);
}

static enum rd_rc compose_mail(struct draft *d, struct rd_outbox_row *row, struct rd_err *err)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf bytes = RD_BUF(RD_COMPOSED_BYTES_MAX);
	const struct rd_outgoing_config *outgoing = d->office->config->outgoing;
	struct rd_outgoing_mail mail = {
		.to = row->recipient,
		.subject = d->rendered.subject,
		.date_ms = rd_office_now(d->office),
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

		if (d->order->outgoing != NULL && strcmp(texts->name, d->order->outgoing) == 0)
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
	row->payload_len = strlen(d->rendered.text);
	return RD_OK;
}

/* An acknowledgement without a topic meets no clock (promise 6). */
static const char *clock_met(const struct draft *d)
{
	if (!d->order->meets_acknowledge || !d->rendered.names_topic)
		return "";
	return rd_clock_names[RD_CLOCK_STAGE1_ACKNOWLEDGE];
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
		.hold_reason = d->order->hold_reason != NULL ? d->order->hold_reason : "",
		.needs_approval = d->time.waits_for_approval,
		.meets_clock = clock_met(d),
	};
	if (d->order->channel == RD_CHANNEL_EMAIL)
		return compose_mail(d, row, err);
	return compose_text(d, row, err);
}

static enum rd_rc draft_letter(struct draft *d, struct rd_outbox_row *row, struct rd_err *err)
{
	RD_TRY(rd_case_get(rd_tx_db(d->tx), d->order->case_id, d->arena, &d->matter, err));
	RD_TRY(rd_office_policy(d->office, d->matter.landlord, &d->policy, err));
	d->letter = rd_letters_find(d->policy->letters, d->order->letter, d->order->channel);
	if (d->letter == NULL)
		return rd_fail(err, RD_E_MISSING, "no letter `%s` by %s in the rule set",
			rd_letter_names[d->order->letter],
			d->order->channel == RD_CHANNEL_EMAIL ? "email" : "sms");
	RD_TRY(look_at_answered(d, err));
	RD_TRY(work_out_time(d, err));
	RD_TRY(render(d, err));
	RD_TRY(write_row(d, row, err));
	if (rd_arena_overflowed(d->arena) || row->payload == NULL)
		return rd_fail(err, RD_E_RANGE, "the letter does not fit in memory");
	return RD_OK;
}

enum rd_rc rd_correspondence_put(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_letter_order *order, struct rd_arena *arena, int64_t *ret_outbox_id,
	struct rd_err *err)
{
	struct draft draft = { .tx = tx, .office = office, .order = order, .arena = arena };
	struct rd_outbox_row row;

	RD_TRY(draft_letter(&draft, &row, err));
	return rd_outbox_put(tx, &row, rd_office_now(office), ret_outbox_id, err);
}

/* "message:17" names the mail that the letter answers. */
static int64_t answered_by_cause(const char *cause)
{
	return strncmp(cause, "message:", 8) == 0 ? strtoll(cause + 8, NULL, 10) : 0;
}

enum rd_rc rd_correspondence_rewrite(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_outbox_row *stale, struct rd_arena *arena, struct rd_err *err)
{
	struct rd_letter_order order = {
		.case_id = stale->case_id,
		.channel = stale->channel,
		.recipient = stale->recipient,
		.cause = stale->cause,
		.answers_message = answered_by_cause(stale->cause),
		.outgoing = stale->channel == RD_CHANNEL_SMS ? stale->outgoing : NULL,
		.meets_acknowledge = stale->meets_clock[0] != '\0',
		.hold_reason = stale->hold_reason,
	};
	struct draft draft = { .tx = tx, .office = office, .order = &order, .arena = arena };
	struct rd_outbox_row row;
	struct rd_case matter;
	const struct rd_policy *policy;
	int64_t id;

	if (!rd_letter_parse_kind(stale->letter, &order.letter))
		return rd_fail(err, RD_E_BUG, "outbox row %" PRId64 ": unknown letter `%s`",
			stale->id, stale->letter);
	RD_TRY(rd_case_get(rd_tx_db(tx), stale->case_id, arena, &matter, err));
	RD_TRY(rd_office_policy(office, matter.landlord, &policy, err));
	order.day_zero = rd_date_of(matter.received_ms);
	order.emergency_health = stale->emergency && matter.flags[RD_HEALTH_SAFETY];
	order.emergency_heat = stale->emergency && matter.flags[RD_HEAT_LOSS];
	if (matter.kind == RD_COMPLAINT)
		RD_TRY(rd_clock_due(&policy->landlord, policy->calendar,
			RD_CLOCK_STAGE1_ACKNOWLEDGE, order.day_zero, &order.due, err));
	RD_TRY(draft_letter(&draft, &row, err));
	return rd_outbox_rewrite(tx, stale->id, &row, rd_office_now(office), &id, err);
}

static enum rd_rc start_respond(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_case *matter, struct rd_date written_for, struct rd_err *err)
{
	const struct rd_policy *policy;
	struct rd_case_clock clock = {
		.case_id = matter->id,
		.name = rd_clock_names[RD_CLOCK_STAGE1_RESPOND],
		.starts = written_for,
	};
	enum rd_rc rc;

	RD_TRY(rd_office_policy(office, matter->landlord, &policy, err));
	clock.source = policy->landlord.clocks[RD_CLOCK_STAGE1_RESPOND].source;
	rc = rd_clock_due(&policy->landlord, policy->calendar, RD_CLOCK_STAGE1_RESPOND, written_for,
		&clock.due, err);
	if (rc == RD_E_MISSING)
		return RD_OK;
	if (rc != RD_OK && rc != RD_E_RANGE)
		return rc;
	rc = rd_case_start_clock(tx, &clock, err);
	return rc == RD_E_EXISTS ? RD_OK : rc;
}

enum rd_rc rd_correspondence_gone(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_outbox_row *row, int64_t at_ms, struct rd_arena *arena, struct rd_err *err)
{
	struct rd_case matter;
	enum rd_rc rc;

	if (row->meets_clock[0] == '\0' || row->case_id == 0)
		return RD_OK;
	RD_TRY(rd_case_get(rd_tx_db(tx), row->case_id, arena, &matter, err));
	rc = rd_case_meet_clock(tx, row->case_id, row->meets_clock, at_ms, err);
	if (rc != RD_OK && rc != RD_E_MISSING)
		return rc;
	if (matter.acknowledged_ms == 0)
		RD_TRY(rd_case_set_acknowledged(tx, row->case_id, at_ms, err));
	RD_TRY(rd_task_done_of_case(tx, row->case_id, rd_task_names[RD_TASK_ACKNOWLEDGE],
		RD_ACTOR_DAEMON, "the acknowledgement has gone", at_ms, NULL, err));
	return start_respond(tx, office, &matter, row->written_for, err);
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

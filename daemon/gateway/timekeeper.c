#include "redress/gateway/timekeeper.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "redress/base/log.h"
#include "redress/gateway/erasing.h"
#include "redress/gateway/alarms.h"
#include "redress/gateway/casework.h"
#include "redress/gateway/closing.h"
#include "redress/gateway/correspondence.h"
#include "redress/gateway/settling.h"
#include "redress/gateway/warnings.h"
#include "redress/intake/source.h"
#include "redress/policy/letter_plan.h"
#include "redress/policy/life.h"
#include "redress/store/audit.h"
#include "redress/store/intake.h"
#include "redress/store/outbox.h"
#include "redress/store/queue.h"
#include "redress/store/reading.h"
#include "redress/store/status.h"
#include "redress/store/tasks.h"

#define ROUND_ARENA_BYTES  (64u << 20)
#define CASE_ARENA_BYTES   (8u << 20)
#define MINUTE_MS	   60000
#define EXTENSION_DAYS_MAX 3650 /* beyond any that is promised */

struct round {
	struct rd_db *db;
	const struct rd_office *office;
	struct rd_arena *arena;
	int64_t now_ms;
	struct rd_date today;
	size_t n_undecided; /* reviews whose time is over and that no default decides */
	struct rd_timekeeper_round done;
};

/* --- reviews that nobody decided --- */

/* What a review was judged by. read false: no score was ever made of it. */
struct doubt {
	struct rd_case matter;
	bool read;
	double total, request_below;
	bool flags[RD_N_FLAGS]; /* of the message and of its case */
};

/* From nine o'clock on the working day before the acknowledgement is due. */
static enum rd_rc time_is_over(struct round *r, const struct rd_review *review,
	struct rd_arena *arena, struct doubt *doubt, bool *ret_over, struct rd_err *err)
{
	const struct rd_policy *policy;
	struct rd_message_row row;
	int64_t received_ms, at_ms;

	*ret_over = false;
	RD_TRY(rd_case_get(r->db, review->case_id, arena, &doubt->matter, err));
	if (doubt->matter.status == RD_STATUS_CLOSED)
		return RD_OK;
	received_ms = doubt->matter.received_ms;
	if (review->message_id != 0) {
		RD_TRY(rd_queue_show(r->db, review->message_id, arena, &row, err));
		received_ms = row.received_ms;
	}
	RD_TRY(rd_office_policy(r->office, doubt->matter.landlord, &policy, err));
	RD_TRY(rd_undecided_at(
		&policy->landlord, policy->calendar, rd_date_of(received_ms), &at_ms, err));
	*ret_over = r->now_ms >= at_ms;
	return RD_OK;
}

static enum rd_rc look_at_score(struct round *r, const struct rd_review *review,
	struct rd_arena *arena, struct doubt *doubt, struct rd_err *err)
{
	struct rd_message message;
	struct rd_score score;
	const char *ruleset;
	bool erased;
	enum rd_rc rc;

	memcpy(doubt->flags, doubt->matter.flags, sizeof doubt->flags);
	if (doubt->matter.held)
		doubt->flags[RD_SAFEGUARDING] = true;
	if (review->message_id == 0)
		return RD_OK;
	rc = rd_reading_get(
		r->db, review->message_id, arena, &message, &score, &ruleset, &erased, err);
	if (rc == RD_E_MISSING)
		return RD_OK;
	RD_TRY(rc);
	doubt->read = true;
	doubt->total = score.total;
	doubt->request_below = score.request_below;
	for (int i = 0; i < RD_N_FLAGS; i++)
		doubt->flags[i] = doubt->flags[i] || score.flags[i];
	return RD_OK;
}

static enum rd_rc complaint_by_default(
	struct round *r, const struct rd_review *review, struct rd_arena *arena, struct rd_err *err)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	int64_t about;

	RD_TRY(rd_tx_begin(r->db, &tx, err));
	RD_TRY(rd_settling_review(tx, r->office, review, RD_COMPLAINT, "nobody decided in time",
		true, arena, &about, err));
	RD_TRY(rd_tx_commit(&tx, err));
	r->done.n_defaults++;
	r->done.n_letters++;
	return RD_OK;
}

/* A message on a complaint decides nothing of the acknowledgement: it can only be read. */
static enum rd_rc look_at_undecided(
	struct round *r, const struct rd_review *review, struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(CASE_ARENA_BYTES);
	struct doubt doubt = { .read = false };
	bool over;

	RD_TRY(time_is_over(r, review, arena, &doubt, &over, err));
	if (!over)
		return RD_OK;
	RD_TRY(look_at_score(r, review, arena, &doubt, err));
	if (!doubt.read ||
		(doubt.matter.kind == RD_COMPLAINT && doubt.matter.status != RD_STATUS_REVIEW) ||
		!rd_undecided_is_complaint(doubt.total, doubt.request_below, doubt.flags)) {
		r->n_undecided++;
		return RD_OK;
	}
	if (r->done.n_defaults >= RD_TIMEKEEPER_DEFAULTS_MAX)
		return RD_OK;
	return complaint_by_default(r, review, arena, err);
}

static enum rd_rc undecided_reviews(struct round *r, struct rd_err *err)
{
	struct rd_review *reviews;
	size_t n;

	RD_TRY(rd_review_list(r->db, 0, false, r->arena, &reviews, &n, err));
	for (size_t i = 0; i < n; i++) {
		enum rd_rc rc = look_at_undecided(r, &reviews[i], err);

		/* Past the calendar, or a landlord that is gone: its task stands already. */
		if (rc != RD_OK && rc != RD_E_RANGE && rc != RD_E_MISSING)
			return rc;
	}
	return RD_OK;
}

/* --- letters whose day has passed --- */

static enum rd_rc rewrite(struct round *r, const struct rd_outbox_row *row, struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(CASE_ARENA_BYTES);
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;

	RD_TRY(rd_tx_begin(r->db, &tx, err));
	RD_TRY(rd_correspondence_rewrite(tx, r->office, row, arena, err));
	RD_TRY(rd_tx_commit(&tx, err));
	r->done.n_letters++;
	return RD_OK;
}

static enum rd_rc stale_letters(struct round *r, struct rd_err *err)
{
	struct rd_outbox_row *rows;
	size_t n, n_failed = 0;

	RD_TRY(rd_outbox_stale(r->db, r->today, r->now_ms, r->arena, &rows, &n, err));
	for (size_t i = 0; i < n; i++) {
		enum rd_rc rc = rewrite(r, &rows[i], err);

		if (rc == RD_E_AGAIN)
			return rc;
		if (rc != RD_OK) { /* one letter's trouble must not keep the others */
			rd_log(RD_LOG_ERROR, err->msg, "THREAD", "timekeeper", NULL);
			n_failed++;
		}
	}
	r->done.more = n == RD_OUTBOX_STALE_MAX && n_failed < n;
	return RD_OK;
}

/* --- texts that may wait no longer --- */

static enum rd_rc hurry_text(struct round *r, const struct rd_case_clock *clock,
	const struct rd_outbox_row *row, struct rd_err *err)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;

	RD_TRY(rd_tx_begin(r->db, &tx, err));
	RD_TRY(rd_casework_task(tx, r->office, RD_TASK_TEXT_LATE, clock->case_id, 0, row->id, "",
		r->today, "text", false, err));
	RD_TRY(rd_outbox_ignore_hours(tx, row->id, err));
	RD_TRY(rd_tx_commit(&tx, err));
	r->done.n_letters++;
	return RD_OK;
}

static enum rd_rc late_texts(struct round *r, struct rd_err *err)
{
	const enum rd_outbox_state queued = RD_OUTBOX_QUEUED;
	const enum rd_channel sms = RD_CHANNEL_SMS;
	struct rd_case_clock *clocks;
	size_t n;

	if (rd_london_minute_of_day(r->now_ms) < RD_TEXT_DUE_MINUTE)
		return RD_OK;
	RD_TRY(rd_case_clocks_due(r->db, rd_clock_names[RD_CLOCK_STAGE1_ACKNOWLEDGE], r->today,
		r->arena, &clocks, &n, err));
	for (size_t i = 0; i < n; i++) {
		const struct rd_outbox_filter filter = {
			.state = &queued, .channel = &sms, .case_id = clocks[i].case_id
		};
		struct rd_outbox_row *rows;
		size_t n_rows;

		RD_TRY(rd_outbox_list(r->db, &filter, r->arena, &rows, &n_rows, err));
		for (size_t k = 0; k < n_rows; k++)
			if (strcmp(rows[k].meets_clock, clocks[i].name) == 0)
				RD_TRY(hurry_text(r, &clocks[i], &rows[k], err));
	}
	return RD_OK;
}

/* --- cases whose answer was left at that --- */

static enum rd_rc answered_cases(struct round *r, struct rd_err *err)
{
	size_t n_closed;

	RD_TRY(rd_closing_round(r->db, r->office, &n_closed, err));
	r->done.n_letters += n_closed;
	return RD_OK;
}

/* --- alarms --- */

static void raise_or_clear(struct round *r, bool stands, const char *cause, const char *text)
{
	if (stands)
		rd_alarms_raise(r->db, r->office, cause, text);
	else
		rd_alarms_clear(r->db, r->office, cause);
}

/* While the clock is set back no day is sure, and the alarm says so. */
static enum rd_rc is_day_sure(struct round *r, bool *ret_sure, struct rd_err *err)
{
	int64_t last = 0;

	RD_TRY(rd_audit_last(r->db, &last, err));
	*ret_sure = r->now_ms >= last - MINUTE_MS;
	return RD_OK;
}

static enum rd_rc roles_warned(struct round *r, struct rd_err *err)
{
	struct rd_err trouble = { 0 };
	bool sure = false;
	size_t n = 0;
	char text[400];

	RD_TRY(is_day_sure(r, &sure, err));
	if (!sure)
		return RD_OK;
	/* The rest of the round does not wait for it. */
	const enum rd_rc rc = rd_warnings_round(r->db, r->office, &n, &trouble);
	snprintf(text, sizeof text,
		"The landlord's roles could not be warned of dates; it is tried again. See "
		"`redressctl tasks`. %.300s",
		trouble.msg);
	raise_or_clear(r, rc != RD_OK, "warnings", text);
	r->done.n_letters += n;
	return RD_OK;
}

static enum rd_rc duties_due(struct round *r, struct rd_err *err)
{
	struct rd_case_clock *clocks;
	size_t n, n_today = 0, n_past = 0;
	char text[300];

	RD_TRY(rd_case_clocks_due(r->db, NULL, r->today, r->arena, &clocks, &n, err));
	for (size_t i = 0; i < n; i++)
		if (rd_date_is_set(clocks[i].due) && rd_clock_is_owed(clocks[i].name)) {
			n_today += rd_date_compare(clocks[i].due, r->today) == 0;
			n_past += rd_date_compare(clocks[i].due, r->today) < 0;
		}
	snprintf(text, sizeof text,
		"%zu date%s of the complaints policy %s passed without the landlord's answer. Run "
		"`redressctl tasks` and `redressctl case list`.",
		n_past, n_past == 1 ? "" : "s", n_past == 1 ? "has" : "have");
	raise_or_clear(r, n_past > 0, "clocks-overdue", text);
	snprintf(text, sizeof text,
		"%zu date%s of the complaints policy end%s today. Run `redressctl tasks`.", n_today,
		n_today == 1 ? "" : "s", n_today == 1 ? "s" : "");
	raise_or_clear(r, n_today > 0, "clocks-due-today", text);
	return RD_OK;
}

/* The last letter of it has not left, or is not known to have, and the date that it makes longer
 * has passed: nobody was told in time. Where there is no letter it was told in another way. */
static enum rd_rc is_untold(
	struct round *r, const struct rd_case_clock *longer, bool *ret_untold, struct rd_err *err)
{
	const struct rd_outbox_filter filter = { .case_id = longer->case_id,
		.letter = rd_letter_names[RD_LETTER_EXTENSION] };
	struct rd_outbox_row *rows;
	size_t n;

	*ret_untold = false;
	if (rd_date_compare(longer->starts, r->today) >= 0)
		return RD_OK;
	RD_TRY(rd_outbox_list(r->db, &filter, r->arena, &rows, &n, err));
	for (size_t i = 0; i < n; i++)
		*ret_untold = rows[i].state != RD_OUTBOX_SENT;
	return RD_OK;
}

static enum rd_rc extensions_untold(struct round *r, struct rd_err *err)
{
	static const enum rd_clock_id longer[] = { RD_CLOCK_STAGE1_EXTENDED,
		RD_CLOCK_STAGE2_EXTENDED };
	size_t n_untold = 0;
	char text[250];

	for (size_t i = 0; i < sizeof longer / sizeof longer[0]; i++) {
		struct rd_case_clock *clocks;
		size_t n;

		RD_TRY(rd_case_clocks_due(r->db, rd_clock_names[longer[i]],
			rd_date_add(r->today, EXTENSION_DAYS_MAX), r->arena, &clocks, &n, err));
		for (size_t k = 0; k < n; k++) {
			bool untold;

			RD_TRY(is_untold(r, &clocks[k], &untold, err));
			n_untold += untold;
		}
	}
	snprintf(text, sizeof text,
		"%zu extension%s not told before the date that is made longer: no letter about it "
		"had left by then. Run `redressctl outbox list`, and tell the resident where none "
		"has left since.",
		n_untold, n_untold == 1 ? " was" : "s were");
	raise_or_clear(r, n_untold > 0, "extensions-untold", text);
	return RD_OK;
}

static void reviews_undecided(struct round *r)
{
	char text[250];

	snprintf(text, sizeof text,
		"%zu message%s for a person to decide what %s, and an acknowledgement is due on "
		"the next working day at the latest. Run `redressctl review list`.",
		r->n_undecided, r->n_undecided == 1 ? " waits" : "s wait",
		r->n_undecided == 1 ? "it is" : "they are");
	raise_or_clear(r, r->n_undecided > 0, "reviews-undecided", text);
}

static enum rd_rc messages_waiting(struct round *r, struct rd_err *err)
{
	int64_t waiting = 0, claimed = 0, oldest = 0;
	char text[200];

	RD_TRY(rd_queue_counts(r->db, &waiting, &claimed, &oldest, err));
	snprintf(text, sizeof text,
		"%" PRId64 " message%s to be decided, the oldest for more than %" PRId64
		" minutes. See the journal of redressd.",
		waiting, waiting == 1 ? " waits" : "s wait",
		oldest != 0 ? (r->now_ms - oldest) / MINUTE_MS : 0);
	raise_or_clear(r, oldest != 0 && r->now_ms - oldest > RD_WAITING_TOO_LONG_MS,
		"messages-waiting", text);
	return RD_OK;
}

static bool is_configured_mailbox(const struct rd_config *config, const char *name)
{
	for (size_t i = 0; i < config->n_mailboxes; i++)
		if (strcmp(config->mailboxes[i].name, name) == 0)
			return true;
	return false;
}

static enum rd_rc silent_sources(struct round *r, struct rd_err *err)
{
	struct rd_source_status *sources;
	size_t n;

	RD_TRY(rd_source_list(r->db, r->arena, &sources, &n, err));
	for (size_t i = 0; i < n; i++) {
		char cause[RD_ALARM_CAUSE_MAX], text[300];

		if (sources[i].kind == RD_SOURCE_TEXTS || sources[i].last_success_ms == 0 ||
			!is_configured_mailbox(r->office->config, sources[i].name))
			continue;
		snprintf(cause, sizeof cause, RD_ALARM_SILENT "%s", sources[i].name);
		snprintf(text, sizeof text,
			"Mailbox %s has not been read for %" PRId64
			" minutes. See the journal of redressd.",
			sources[i].name, (r->now_ms - sources[i].last_success_ms) / MINUTE_MS);
		raise_or_clear(r, r->now_ms - sources[i].last_success_ms > RD_SOURCE_SILENT_MS,
			cause, text);
	}
	return RD_OK;
}

static enum rd_rc clock_set_back(struct round *r, struct rd_err *err)
{
	bool sure = false;

	RD_TRY(is_day_sure(r, &sure, err));
	raise_or_clear(r, !sure, "clock-set-back",
		"This machine's clock stands before the last thing that was recorded: nothing is "
		"sent until it is right. Check the time and its synchronisation.");
	return RD_OK;
}

/* What a decision alarmed is an event, and so is what happened to mails of a mailbox: its alarm
 * stands for a day, its task until it is done. */
static bool is_event(const char *cause)
{
	static const char *const of_mailboxes[] = { RD_ALARM_MISSED ":", RD_ALARM_WITHHELD ":" };

	for (size_t i = 0; i < sizeof of_mailboxes / sizeof of_mailboxes[0]; i++)
		if (strncmp(cause, of_mailboxes[i], strlen(of_mailboxes[i])) == 0)
			return true;
	for (int i = 0; rd_alarm_names[i] != NULL; i++)
		if (strcmp(cause, rd_alarm_names[i]) == 0)
			return true;
	return false;
}

static enum rd_rc events_of_yesterday(struct round *r, struct rd_err *err)
{
	struct rd_alarm *alarms;
	size_t n;

	RD_TRY(rd_alarm_list(r->db, r->arena, &alarms, &n, err));
	for (size_t i = 0; i < n; i++)
		if (is_event(alarms[i].cause) && r->now_ms - alarms[i].last_ms > RD_EVENT_ALARM_MS)
			rd_alarms_clear(r->db, r->office, alarms[i].cause);
	return RD_OK;
}

static void calendars_ending(struct round *r)
{
	const char *landlords[RD_LIVE_LANDLORDS_MAX];
	size_t n = rd_config_landlords(r->office->config, landlords);
	bool ending = false;

	for (size_t i = 0; i < n; i++) {
		const struct rd_policy *policy = rd_live_policy(r->office->live, landlords[i]);

		ending = ending || (policy != NULL && rd_calendar_ends_within_year(
							      policy->calendar, r->today));
	}
	raise_or_clear(r, ending, "calendar-ending",
		"The list of bank holidays ends within a year; past its end no due date can be "
		"worked out. Put gov.uk's newest list into calendars/bank-holidays.json of the "
		"rules "
		"folder and activate it.");
}

static enum rd_rc kept_long_enough(struct round *r, struct rd_err *err)
{
	bool sure = false;
	size_t n = 0;
	char text[400];
	struct rd_err trouble = { 0 };

	RD_TRY(is_day_sure(r, &sure, err));
	if (!sure)
		return RD_OK;
	/* Letters do not wait for it. */
	const enum rd_rc rc = rd_erasing_retention(r->db, r->office, &n, &trouble);
	snprintf(text, sizeof text,
		"What was kept as long as `Keep:` says could not be erased; it is tried again. "
		"%.300s",
		trouble.msg);
	raise_or_clear(r, rc != RD_OK, "retention", text);
	r->done.more = r->done.more || (rc == RD_OK && n > 0);
	return RD_OK;
}

static enum rd_rc make_round(struct round *r, struct rd_err *err)
{
	RD_TRY(undecided_reviews(r, err));
	RD_TRY(stale_letters(r, err));
	RD_TRY(late_texts(r, err));
	RD_TRY(answered_cases(r, err));
	reviews_undecided(r);
	RD_TRY(duties_due(r, err));
	RD_TRY(roles_warned(r, err));
	RD_TRY(extensions_untold(r, err));
	RD_TRY(messages_waiting(r, err));
	RD_TRY(silent_sources(r, err));
	RD_TRY(clock_set_back(r, err));
	calendars_ending(r);
	RD_TRY(events_of_yesterday(r, err));
	RD_TRY(rd_db_checkpoint(r->db, err));
	return kept_long_enough(r, err);
}

enum rd_rc rd_timekeeper_round(struct rd_db *db, const struct rd_office *office,
	struct rd_timekeeper_round *ret_round, struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(ROUND_ARENA_BYTES);
	struct round round = {
		.db = db, .office = office, .arena = arena, .now_ms = rd_office_now(office)
	};

	round.today = rd_date_of(round.now_ms);
	RD_TRY(make_round(&round, err));
	*ret_round = round.done;
	return RD_OK;
}

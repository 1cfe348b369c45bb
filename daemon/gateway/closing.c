#include "redress/gateway/closing.h"

#include <inttypes.h>
#include <string.h>

#include "redress/gateway/casework.h"
#include "redress/gateway/correspondence.h"
#include "redress/message/automatic.h"
#include "redress/policy/landlord.h"
#include "redress/policy/life.h"
#include "redress/store/review.h"
#include "redress/store/tasks.h"

#define ROUND_ARENA_BYTES (16u << 20)
#define CASE_ARENA_BYTES  (8u << 20)
#define CLOSED_WHY	  "the policy's days after the answer are over, and nothing is left to do"

/* A home is not made safe by an answer, and one that came back answers nothing. What was missed at
 * stage 1 can be done at stage 2 no more. */
static bool keeps_open(const struct rd_case_clock *clock, enum rd_stage stage)
{
	const bool is_over = stage == RD_STAGE_2 && strncmp(clock->name, "stage1.", 7) == 0;

	return clock->met_ms == 0 && !is_over && rd_clock_is_owed(clock->name);
}

/* A resident who asks for more, or a person who still owes something, keeps it open. */
static enum rd_rc is_done(struct rd_db *db, const struct rd_case *matter, struct rd_arena *arena,
	bool *ret_done, struct rd_err *err)
{
	struct rd_case_clock *clocks;
	struct rd_review *reviews;
	struct rd_task *tasks;
	size_t n_reviews, n_tasks, n_clocks;

	*ret_done = false;
	if (matter->status != RD_STATUS_ANSWERED || matter->held)
		return RD_OK;
	RD_TRY(rd_review_list(db, matter->id, false, arena, &reviews, &n_reviews, err));
	RD_TRY(rd_task_list_case(db, matter->id, arena, &tasks, &n_tasks, err));
	*ret_done = n_reviews == 0;
	for (size_t i = 0; i < n_tasks; i++)
		*ret_done = *ret_done && tasks[i].done_ms != 0;
	RD_TRY(rd_case_clocks(db, matter->id, arena, &clocks, &n_clocks, err));
	for (size_t i = 0; i < n_clocks; i++)
		*ret_done = *ret_done && !keeps_open(&clocks[i], matter->stage);
	return RD_OK;
}

/* No duty hangs on it: where it cannot go (*ret_outbox_id 0) the case is closed all the same. */
static enum rd_rc put_letter(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_case *matter, enum rd_letter_kind letter, const char *cause,
	struct rd_arena *arena, int64_t *ret_outbox_id, struct rd_err *err)
{
	struct rd_case_contact to = { 0 };
	struct rd_letter_order order = {
		.case_id = matter->id,
		.letter = letter,
		.cause = cause,
		.day_zero = rd_date_of(rd_office_now(office)),
		.emergency_health = matter->flags[RD_HEALTH_SAFETY],
		.emergency_heat = matter->flags[RD_HEAT_LOSS],
		.hold_reason = "",
	};
	struct rd_err why = { 0 };
	enum rd_rc rc;

	*ret_outbox_id = 0;
	RD_TRY(rd_casework_main_contact(rd_tx_db(tx), matter->id, arena, &to, err));
	if (to.address[0] == '\0' || matter->contact_proposed ||
		(to.channel != RD_BY_EMAIL && to.channel != RD_BY_SMS) ||
		(to.channel == RD_BY_EMAIL && rd_automatic_no_reply(to.address)))
		return RD_OK;
	order.recipient = to.address;
	order.channel = to.channel == RD_BY_EMAIL ? RD_CHANNEL_EMAIL : RD_CHANNEL_SMS;
	rc = rd_correspondence_put(tx, office, &order, arena, ret_outbox_id, &why);
	if (rc != RD_E_STORE && rc != RD_E_AGAIN)
		return RD_OK;
	*err = why;
	return rc;
}

/* Once for each answer: its clock begins on the day of the answer. */
static const char *cause_of_check(const struct rd_case_clock *clock, struct rd_arena *arena)
{
	char day[RD_DATE_MAX];

	return rd_arena_printf(arena, "closing-check:%s", rd_date_format(clock->starts, day));
}

/* The check that was sent for this answer; created_ms 0: none. */
static enum rd_rc find_check(struct rd_db *db, int64_t case_id, const char *cause,
	struct rd_arena *arena, struct rd_outbox_row *ret_row, struct rd_err *err)
{
	const struct rd_outbox_filter filter = { .case_id = case_id,
		.letter = rd_letter_names[RD_LETTER_CLOSING_CHECK] };
	struct rd_outbox_row *rows;
	size_t n;

	*ret_row = (struct rd_outbox_row){ .id = 0 };
	RD_TRY(rd_outbox_list(db, &filter, arena, &rows, &n, err));
	for (size_t i = 0; i < n; i++)
		if (strcmp(rows[i].cause, cause) == 0)
			*ret_row = rows[i];
	return RD_OK;
}

struct closing {
	struct rd_db *db;
	const struct rd_office *office;
	const struct rd_case_clock *clock;
	struct rd_arena *arena;
	struct rd_tx *tx;
	struct rd_case matter;
	size_t *n_closed;
};

/* Asked before, and the resident has had the days to answer; or there is no way to ask. */
static enum rd_rc may_close(struct closing *c, bool *ret_may, struct rd_err *err)
{
	const struct rd_date today = rd_date_of(rd_office_now(c->office));
	const char *cause = cause_of_check(c->clock, c->arena);
	struct rd_outbox_row check;
	int64_t outbox_id = 0;
	bool asked;

	RD_TRY(find_check(rd_tx_db(c->tx), c->matter.id, cause, c->arena, &check, err));
	asked = check.id != 0;
	if (!asked)
		RD_TRY(put_letter(c->tx, c->office, &c->matter, RD_LETTER_CLOSING_CHECK, cause,
			c->arena, &outbox_id, err));
	*ret_may = outbox_id == 0 && rd_date_compare(c->clock->due, today) < 0 &&
		   (!asked || rd_date_compare(rd_date_add(rd_date_of(check.created_ms),
						      RD_CLOSING_CHECK_DAYS),
				      today) < 0);
	if (outbox_id == 0)
		return RD_OK;
	RD_TRY(rd_casework_audit(
		c->tx, c->office, "closing_checked", c->matter.id, 0, outbox_id, NULL, err));
	return rd_tx_commit(&c->tx, err);
}

static enum rd_rc close_now(struct closing *c, struct rd_err *err)
{
	const int64_t now_ms = rd_office_now(c->office);
	const int64_t case_id = c->matter.id;
	int64_t outbox_id;

	RD_TRY(rd_case_meet_clock(
		c->tx, case_id, rd_clock_names[RD_CLOCK_CASE_CLOSE], now_ms, err));
	RD_TRY(rd_case_cancel_clock(c->tx, case_id, NULL, now_ms, err));
	RD_TRY(rd_case_set_status(c->tx, case_id, RD_STATUS_CLOSED, CLOSED_WHY, now_ms, err));
	RD_TRY(put_letter(c->tx, c->office, &c->matter, RD_LETTER_CLOSING,
		rd_arena_printf(c->arena, "closing:%" PRId64, now_ms), c->arena, &outbox_id, err));
	RD_TRY(rd_casework_audit(
		c->tx, c->office, "closed_after_answer", case_id, 0, outbox_id, NULL, err));
	RD_TRY(rd_tx_commit(&c->tx, err));
	++*c->n_closed;
	return RD_OK;
}

static enum rd_rc look_at(struct closing *c, struct rd_err *err)
{
	bool done = false, may = false;

	RD_TRY(rd_tx_begin(c->db, &c->tx, err));
	RD_TRY(rd_case_get(rd_tx_db(c->tx), c->clock->case_id, c->arena, &c->matter, err));
	RD_TRY(is_done(rd_tx_db(c->tx), &c->matter, c->arena, &done, err));
	if (done)
		RD_TRY(may_close(c, &may, err));
	return may ? close_now(c, err) : RD_OK;
}

static enum rd_rc close_case(struct rd_db *db, const struct rd_office *office,
	const struct rd_case_clock *clock, size_t *n_closed, struct rd_err *err)
{
	struct closing c = { .db = db,
		.office = office,
		.clock = clock,
		.arena = rd_arena_new(CASE_ARENA_BYTES),
		.n_closed = n_closed };
	const enum rd_rc rc = look_at(&c, err);

	rd_tx_rollback(&c.tx);
	rd_arena_free(c.arena);
	return rc;
}

enum rd_rc rd_closing_round(
	struct rd_db *db, const struct rd_office *office, size_t *ret_n, struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(ROUND_ARENA_BYTES);
	const struct rd_date soon =
		rd_date_add(rd_date_of(rd_office_now(office)), RD_CLOSING_CHECK_DAYS);
	struct rd_case_clock *clocks;
	size_t n;

	*ret_n = 0;
	RD_TRY(rd_case_clocks_due(
		db, rd_clock_names[RD_CLOCK_CASE_CLOSE], soon, arena, &clocks, &n, err));
	for (size_t i = 0; i < n; i++)
		RD_TRY(close_case(db, office, &clocks[i], ret_n, err));
	return RD_OK;
}

#include "redress/gateway/closing.h"

#include <inttypes.h>

#include "redress/gateway/casework.h"
#include "redress/gateway/correspondence.h"
#include "redress/message/automatic.h"
#include "redress/policy/duties.h"
#include "redress/policy/landlord.h"
#include "redress/store/review.h"
#include "redress/store/tasks.h"

#define ROUND_ARENA_BYTES (16u << 20)
#define CASE_ARENA_BYTES  (8u << 20)
#define CLOSED_WHY	  "the policy's days after the answer are over, and nothing is left to do"

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
	/* A home is not made safe by an answer. */
	RD_TRY(rd_case_clocks(db, matter->id, arena, &clocks, &n_clocks, err));
	for (size_t i = 0; i < n_clocks; i++)
		*ret_done = *ret_done &&
			    (clocks[i].met_ms != 0 || !rd_duty_outlives_kind(clocks[i].name));
	return RD_OK;
}

/* No duty hangs on it: where it cannot go the case is closed all the same. */
static enum rd_rc put_letter(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_case *matter, struct rd_arena *arena, int64_t *ret_outbox_id,
	struct rd_err *err)
{
	struct rd_case_contact to = { 0 };
	struct rd_letter_order order = {
		.case_id = matter->id,
		.letter = RD_LETTER_CLOSING,
		.cause = rd_arena_printf(arena, "closing:%" PRId64, rd_office_now(office)),
		.day_zero = rd_date_of(rd_office_now(office)),
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

static enum rd_rc close_case(struct rd_db *db, const struct rd_office *office, int64_t case_id,
	size_t *n_closed, struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(CASE_ARENA_BYTES);
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	const int64_t now_ms = rd_office_now(office);
	struct rd_case matter;
	int64_t outbox_id;
	bool done;

	RD_TRY(rd_tx_begin(db, &tx, err));
	RD_TRY(rd_case_get(rd_tx_db(tx), case_id, arena, &matter, err));
	RD_TRY(is_done(rd_tx_db(tx), &matter, arena, &done, err));
	if (!done)
		return RD_OK;
	RD_TRY(rd_case_meet_clock(tx, case_id, rd_clock_names[RD_CLOCK_CASE_CLOSE], now_ms, err));
	RD_TRY(rd_case_cancel_clock(tx, case_id, NULL, now_ms, err));
	RD_TRY(rd_case_set_status(tx, case_id, RD_STATUS_CLOSED, CLOSED_WHY, now_ms, err));
	RD_TRY(put_letter(tx, office, &matter, arena, &outbox_id, err));
	RD_TRY(rd_casework_audit(
		tx, office, "closed_after_answer", case_id, 0, outbox_id, NULL, err));
	RD_TRY(rd_tx_commit(&tx, err));
	++*n_closed;
	return RD_OK;
}

enum rd_rc rd_closing_round(
	struct rd_db *db, const struct rd_office *office, size_t *ret_n, struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(ROUND_ARENA_BYTES);
	const struct rd_date yesterday = rd_date_add(rd_date_of(rd_office_now(office)), -1);
	struct rd_case_clock *clocks;
	size_t n;

	*ret_n = 0;
	RD_TRY(rd_case_clocks_due(
		db, rd_clock_names[RD_CLOCK_CASE_CLOSE], yesterday, arena, &clocks, &n, err));
	for (size_t i = 0; i < n; i++)
		RD_TRY(close_case(db, office, clocks[i].case_id, ret_n, err));
	return RD_OK;
}

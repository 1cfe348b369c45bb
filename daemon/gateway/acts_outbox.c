/* What staff do to letters and tasks. */
#include "redress/gateway/acts.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "redress/gateway/act.h"
#include "redress/gateway/correspondence.h"
#include "redress/gateway/staff.h"
#include "redress/store/tasks.h"

static enum rd_rc take_row(struct rd_act *act, int64_t outbox_id, struct rd_err *err)
{
	struct rd_outbox_row row;

	RD_TRY(rd_outbox_get(rd_tx_db(act->tx), outbox_id, act->arena, &row, err));
	act->matter.id = row.case_id;
	return RD_OK;
}

/* Who lets a letter go that waited for that has said who the resident is. */
static enum rd_rc confirm_recipient(
	struct rd_act *act, const struct rd_outbox_row *row, struct rd_err *err)
{
	bool to_proposed;

	if (row->case_id == 0)
		return RD_OK;
	RD_TRY(rd_act_take_case(act, row->case_id, err));
	to_proposed = act->matter.contact_proposed &&
		      strcasecmp(act->matter.contact, row->recipient) == 0;
	if (!to_proposed && strcmp(row->hold_reason, RD_HOLD_STAFF) != 0)
		return RD_OK;
	return rd_staff_confirm(act->tx, act->office, &act->matter, act->arena, err);
}

enum rd_rc rd_act_approve(
	struct rd_db *db, const struct rd_office *office, int64_t outbox_id, struct rd_err *err)
{
	RD_CLEANUP(rd_act_end) struct rd_act act = { 0 };
	struct rd_outbox_row row;

	RD_TRY(rd_act_begin(&act, db, office, err));
	RD_TRY(rd_outbox_get(rd_tx_db(act.tx), outbox_id, act.arena, &row, err));
	act.matter.id = row.case_id;
	RD_TRY(rd_outbox_approve(act.tx, outbox_id, office->actor.name, act.now_ms, err));
	RD_TRY(confirm_recipient(&act, &row, err));
	return rd_act_record_and_commit(&act, "letter_approved", outbox_id, NULL, err);
}

enum rd_rc rd_act_retry(
	struct rd_db *db, const struct rd_office *office, int64_t outbox_id, struct rd_err *err)
{
	RD_CLEANUP(rd_act_end) struct rd_act act = { 0 };

	RD_TRY(rd_act_begin(&act, db, office, err));
	RD_TRY(take_row(&act, outbox_id, err));
	RD_TRY(rd_outbox_retry(act.tx, outbox_id, act.now_ms, err));
	return rd_act_record_and_commit(&act, "letter_retried", outbox_id, NULL, err);
}

enum rd_rc rd_act_cancel(struct rd_db *db, const struct rd_office *office, int64_t outbox_id,
	const char *why, struct rd_err *err)
{
	RD_CLEANUP(rd_act_end) struct rd_act act = { 0 };

	RD_TRY(rd_act_begin(&act, db, office, err));
	RD_TRY(take_row(&act, outbox_id, err));
	RD_TRY(rd_act_check_text(why, "the reason (--why)", err));
	RD_TRY(rd_outbox_cancel(act.tx, outbox_id, why, act.now_ms, err));
	return rd_act_record_and_commit(&act, "letter_cancelled", outbox_id, NULL, err);
}

/* The sender asked a person about this very letter; that is answered now. */
static enum rd_rc end_settle_task(
	struct rd_act *act, const struct rd_outbox_row *row, const char *why, struct rd_err *err)
{
	struct rd_task *tasks;
	size_t n;

	if (row->case_id == 0)
		return RD_OK;
	RD_TRY(rd_task_list_case(rd_tx_db(act->tx), row->case_id, act->arena, &tasks, &n, err));
	for (size_t i = 0; i < n; i++)
		if (tasks[i].done_ms == 0 && tasks[i].outbox_id == row->id &&
			strcmp(tasks[i].kind, "settle") == 0)
			RD_TRY(rd_task_done(act->tx, tasks[i].id, act->office->actor.name, why,
				act->now_ms, err));
	return RD_OK;
}

enum rd_rc rd_act_settle(struct rd_db *db, const struct rd_office *office, int64_t outbox_id,
	enum rd_settle how, const char *why, struct rd_err *err)
{
	RD_CLEANUP(rd_act_end) struct rd_act act = { 0 };
	struct rd_outbox_row row;

	RD_TRY(rd_act_begin(&act, db, office, err));
	RD_TRY(take_row(&act, outbox_id, err));
	RD_TRY(rd_act_check_text(why, "the reason (--why)", err));
	RD_TRY(rd_outbox_get(rd_tx_db(act.tx), outbox_id, act.arena, &row, err));
	RD_TRY(rd_outbox_settle(act.tx, outbox_id, how, office->actor.name, why, act.now_ms, err));
	RD_TRY(end_settle_task(&act, &row, why, err));
	if (how == RD_SETTLE_SENT)
		RD_TRY(rd_correspondence_gone(act.tx, office, &row,
			row.sending_ms != 0 ? row.sending_ms : act.now_ms, act.arena, err));
	return rd_act_record_and_commit(&act, "letter_settled", outbox_id, NULL, err);
}

enum rd_rc rd_act_task_done(struct rd_db *db, const struct rd_office *office, int64_t task_id,
	const char *how, struct rd_err *err)
{
	RD_CLEANUP(rd_act_end) struct rd_act act = { 0 };

	RD_TRY(rd_act_begin(&act, db, office, err));
	RD_TRY(rd_act_check_text(how, "what was done (--how)", err));
	RD_TRY(rd_task_done(act.tx, task_id, office->actor.name, how, act.now_ms, err));
	return rd_act_record_and_commit(&act, "task_done", 0,
		rd_arena_printf(act.arena, "{\"task\":%" PRId64 "}", task_id), err);
}

#include "redress/gateway/acts_ombudsman.h"

#include <inttypes.h>
#include <string.h>

#include "redress/gateway/acts.h"
#include "redress/gateway/acts_record.h"
#include "redress/gateway/stage_act.h"
#include "redress/store/tasks.h"

static enum rd_rc check(const struct rd_act_decree *decree, struct rd_date day, struct rd_err *err)
{
	const bool order = decree->what == RD_DECREED_ORDER;

	RD_TRY(rd_act_check_text(decree->text,
		decree->what == RD_DECREED_FINDING ? "what was looked at (--text)"
						   : "what is to be done (--text)",
		err));
	if (decree->what == RD_DECREED_FINDING &&
		(rd_date_is_set(decree->due) || decree->pounds != NULL))
		return rd_fail(err, RD_E_INPUT,
			"a finding has no date and no amount: record what is to be done as an "
			"order (`case ombudsman order`)");
	if (!order && decree->pounds != NULL)
		return rd_fail(err, RD_E_INPUT, "an amount is ordered: `case ombudsman order`");
	if (decree->pounds != NULL)
		RD_TRY(rd_act_check_amount(decree->pounds, err));
	if (order && !rd_date_is_set(decree->due))
		return rd_fail(err, RD_E_INPUT,
			"say with --due by which day the Ombudsman wants the order done");
	if (rd_date_is_set(decree->due) && rd_date_compare(decree->due, day) < 0)
		return rd_fail(err, RD_E_INPUT,
			"the day by which it is done (--due) lies before the day on which the "
			"Ombudsman asked for it (--on)");
	return RD_OK;
}

/* By its number: a case may have several. */
static enum rd_rc owe(struct rd_act *act, const struct rd_stage_act *stage,
	const struct rd_act_decree *decree, struct rd_err *err)
{
	static const char *const words[RD_N_DECREED] = { [RD_DECREED_ORDER] = "ordered",
		[RD_DECREED_RECOMMENDATION] = "recommended",
		[RD_DECREED_NOTICE] = "asks for in a Complaint Handling Failure Notice" };
	const struct rd_task task = {
		.kind = RD_ACT_TASK_OMBUDSMAN,
		.case_id = act->matter.id,
		.cause = stage->cause,
		.text = rd_arena_printf(act->arena,
			"Do what the Ombudsman %s (`case show %s`, number %" PRId64
			"); send the proof, then record it (`case ombudsman done %s --number "
			"%" PRId64 "`).",
			words[decree->what], act->matter.reference, stage->act_id,
			act->matter.reference, stage->act_id),
		.landlord = act->matter.landlord,
		.due = decree->due,
		.n = 1,
	};
	int64_t id;
	bool is_new;

	RD_ASSERT(task.text != NULL);
	return rd_task_put(act->tx, &task, act->now_ms, &id, &is_new, err);
}

enum rd_rc rd_act_decree(struct rd_db *db, const struct rd_office *office, int64_t case_id,
	const struct rd_act_decree *decree, int64_t *ret_number, struct rd_err *err)
{
	RD_CLEANUP(rd_act_end) struct rd_act act = { 0 };
	struct rd_stage_act stage;
	const char *detail;

	RD_TRY(rd_stage_act_begin(&act, &stage, db, office, case_id, RD_MOVE_LINK, err));
	RD_TRY(rd_stage_act_on(&act, &stage, decree->on, rd_date_of(act.matter.received_ms),
		"the day of the Ombudsman's letter (--on)", err));
	RD_TRY(check(decree, stage.day, err));
	detail = decree->what == RD_DECREED_FINDING
			 ? rd_ombudsman_findings[decree->finding]
			 : rd_decree_detail(decree->due, decree->pounds, act.arena);
	RD_ASSERT(detail != NULL);
	RD_TRY(rd_stage_act_put(
		&act, &stage, rd_decreed_acts[decree->what], NULL, detail, decree->text, err));
	if (rd_date_is_set(decree->due))
		RD_TRY(owe(&act, &stage, decree, err));
	*ret_number = stage.act_id;
	return rd_stage_act_commit(&act, &stage, err);
}

/* --- done --- */

static enum rd_rc find(
	struct rd_act *act, int64_t number, struct rd_decree *ret_decree, struct rd_err *err)
{
	struct rd_decree *decrees;
	size_t n;

	RD_TRY(rd_decrees_of_case(
		rd_tx_db(act->tx), act->matter.id, act->arena, &decrees, &n, err));
	for (size_t i = 0; i < n; i++) {
		if (decrees[i].id != number || decrees[i].what == RD_DECREED_FINDING)
			continue;
		if (rd_date_is_set(decrees[i].done))
			return rd_fail(err, RD_E_EXISTS,
				"number %" PRId64 " of case %s is done already", number,
				act->matter.reference);
		*ret_decree = decrees[i];
		return RD_OK;
	}
	return rd_fail(err, RD_E_MISSING,
		"case %s has no order, recommendation or notice of number %" PRId64
		"; `case show` lists them",
		act->matter.reference, number);
}

static enum rd_rc end_task(struct rd_act *act, int64_t number, struct rd_err *err)
{
	const char *cause = rd_arena_printf(act->arena, RD_PROGRESS_CAUSE "%" PRId64, number);
	struct rd_task *tasks;
	size_t n;

	RD_ASSERT(cause != NULL);
	RD_TRY(rd_task_list_case(rd_tx_db(act->tx), act->matter.id, act->arena, &tasks, &n, err));
	for (size_t i = 0; i < n; i++)
		if (tasks[i].done_ms == 0 && strcmp(tasks[i].kind, RD_ACT_TASK_OMBUDSMAN) == 0 &&
			strcmp(tasks[i].cause, cause) == 0)
			RD_TRY(rd_task_done(act->tx, tasks[i].id, act->office->actor.name, "done",
				act->now_ms, err));
	return RD_OK;
}

enum rd_rc rd_act_complied(struct rd_db *db, const struct rd_office *office, int64_t case_id,
	int64_t number, struct rd_date on, const char *how, struct rd_err *err)
{
	RD_CLEANUP(rd_act_end) struct rd_act act = { 0 };
	struct rd_decree decree = { 0 };
	struct rd_stage_act stage;

	RD_TRY(rd_stage_act_begin(&act, &stage, db, office, case_id, RD_MOVE_LINK, err));
	RD_TRY(find(&act, number, &decree, err));
	RD_TRY(rd_stage_act_on(
		&act, &stage, on, decree.day, "the day on which it was done (--on)", err));
	if (how != NULL)
		RD_TRY(rd_act_check_text(how, "how it was done (--how)", err));
	RD_TRY(rd_stage_act_put(&act, &stage, RD_DID_COMPLIED, NULL,
		rd_arena_printf(act.arena, "%" PRId64, number), how, err));
	RD_TRY(end_task(&act, number, err));
	return rd_stage_act_commit(&act, &stage, err);
}

/* --- about no single case --- */

static const char *cause_of_notice(struct rd_act *act, int64_t id)
{
	const char *cause = rd_arena_printf(act->arena, "notice:%" PRId64, id);

	RD_ASSERT(cause != NULL);
	return cause;
}

static enum rd_rc owe_notice(
	struct rd_act *act, const struct rd_failure_notice *notice, int64_t id, struct rd_err *err)
{
	const struct rd_task task = {
		.kind = RD_ACT_TASK_OMBUDSMAN,
		.cause = cause_of_notice(act, id),
		.text = rd_arena_printf(act->arena,
			"Do what the Ombudsman asks for in a Complaint Handling Failure Notice: "
			"number %" PRId64 " (`notices list`); send the proof, then record it "
			"(`notices done %" PRId64 "`).",
			id, id),
		.landlord = notice->landlord,
		.due = notice->due,
		.n = 1,
	};
	int64_t task_id;
	bool is_new;

	RD_ASSERT(task.text != NULL);
	return rd_task_put(act->tx, &task, act->now_ms, &task_id, &is_new, err);
}

static enum rd_rc audit_notice(struct rd_act *act, const char *what, int64_t id, struct rd_err *err)
{
	const char *detail = rd_arena_printf(act->arena, "{\"notice\":%" PRId64 "}", id);

	RD_ASSERT(detail != NULL);
	return rd_act_record_and_commit(act, what, 0, detail, err);
}

static enum rd_rc check_past(struct rd_act *act, struct rd_date *day, struct rd_err *err)
{
	const struct rd_date today = rd_date_of(act->now_ms);

	if (!rd_date_is_set(*day))
		*day = today;
	if (rd_date_compare(*day, today) <= 0)
		return RD_OK;
	return rd_fail(err, RD_E_INPUT, "that day (--on) is still to come");
}

enum rd_rc rd_act_notice_add(struct rd_db *db, const struct rd_office *office, const char *landlord,
	const struct rd_act_decree *notice, int64_t *ret_number, struct rd_err *err)
{
	RD_CLEANUP(rd_act_end) struct rd_act act = { 0 };
	struct rd_failure_notice row = { .landlord = landlord,
		.day = notice->on,
		.due = notice->due,
		.words = notice->text,
		.added_by = office->actor.name };

	RD_TRY(rd_act_begin(&act, db, office, err));
	RD_TRY(rd_office_policy(office, landlord, &act.policy, err));
	RD_TRY(check_past(&act, &row.day, err));
	RD_TRY(check(notice, row.day, err));
	row.added_ms = act.now_ms;
	RD_TRY(rd_failure_notice_add(act.tx, &row, ret_number, err));
	if (rd_date_is_set(row.due))
		RD_TRY(owe_notice(&act, &row, *ret_number, err));
	return audit_notice(&act, "failure_notice", *ret_number, err);
}

enum rd_rc rd_act_notice_done(struct rd_db *db, const struct rd_office *office, int64_t number,
	struct rd_date on, const char *how, struct rd_err *err)
{
	RD_CLEANUP(rd_act_end) struct rd_act act = { 0 };

	RD_TRY(rd_act_begin(&act, db, office, err));
	RD_TRY(check_past(&act, &on, err));
	if (how != NULL)
		RD_TRY(rd_act_check_text(how, "how it was done (--how)", err));
	RD_TRY(rd_failure_notice_done(
		act.tx, number, on, office->actor.name, how != NULL ? how : "", err));
	RD_TRY(rd_task_settled(act.tx, RD_ACT_TASK_OMBUDSMAN, cause_of_notice(&act, number),
		office->actor.name, "done", act.now_ms, err));
	return audit_notice(&act, "failure_notice_done", number, err);
}

#include "redress/gateway/acts_duty.h"

#include <string.h>

#include "redress/gateway/acts.h"
#include "redress/gateway/duties.h"
#include "redress/gateway/routes.h"
#include "redress/gateway/stage_act.h"
#include "redress/policy/decision.h"
#include "redress/store/tasks.h"

const char *const rd_hazard_state_names[RD_N_HAZARD_STATES + 1] = { "reported", "emergency",
	"investigated", "not_found", "summary", "made_safe", NULL };

static struct rd_date received_on(const struct rd_act *act)
{
	return rd_date_of(act->matter.received_ms);
}

static enum rd_rc task_done(
	struct rd_act *act, enum rd_task_kind kind, const char *how, struct rd_err *err)
{
	return rd_task_done_of_case(act->tx, act->matter.id, rd_task_names[kind],
		act->office->actor.name, how, act->now_ms, NULL, err);
}

/* --- what is no complaint is answered --- */

enum rd_rc rd_act_answered(struct rd_db *db, const struct rd_office *office, int64_t case_id,
	struct rd_date given_on, struct rd_err *err)
{
	static const enum rd_clock_id met[] = { RD_CLOCK_ENQUIRY_RESPOND, RD_CLOCK_FEEDBACK_RESPOND,
		RD_CLOCK_SURVEY_CONTACT };
	RD_CLEANUP(rd_act_end) struct rd_act act = { 0 };
	struct rd_stage_act stage;

	/* Any kind may have been contacted; that the case is open and decided is asked alike. */
	RD_TRY(rd_stage_act_begin(&act, &stage, db, office, case_id, RD_MOVE_CONTACTED, err));
	if (act.matter.kind == RD_COMPLAINT)
		return rd_fail(err, RD_E_REFUSED,
			"case %s is a complaint: record its answer with `case respond REF --stage "
			"1|2`",
			act.matter.reference);
	RD_TRY(rd_stage_act_on(
		&act, &stage, given_on, received_on(&act), "the day of the answer", err));
	RD_TRY(rd_stage_act_put(
		&act, &stage, RD_DID_ANSWERED, act.matter.handler, NULL, NULL, err));
	for (size_t i = 0; i < sizeof met / sizeof met[0]; i++)
		RD_TRY(rd_duty_meet(act.tx, case_id, met[i], stage.at_ms, err));
	RD_TRY(task_done(&act, RD_TASK_CONTACT, "answered", err));
	RD_TRY(task_done(&act, RD_TASK_ACKNOWLEDGE, "answered", err));
	if (act.matter.status == RD_STATUS_OPEN)
		RD_TRY(rd_case_set_status(
			act.tx, case_id, RD_STATUS_ANSWERED, "", stage.at_ms, err));
	return rd_stage_act_commit(&act, &stage, err);
}

/* --- hazards --- */

static enum rd_rc find_clock(struct rd_act *act, enum rd_clock_id clock, bool *ret_there,
	bool *ret_runs, struct rd_err *err)
{
	struct rd_case_clock *clocks;
	size_t n;

	*ret_there = *ret_runs = false;
	RD_TRY(rd_case_clocks(rd_tx_db(act->tx), act->matter.id, act->arena, &clocks, &n, err));
	for (size_t i = 0; i < n; i++)
		if (strcmp(clocks[i].name, rd_clock_names[clock]) == 0) {
			*ret_there = true;
			*ret_runs = clocks[i].met_ms == 0;
		}
	return RD_OK;
}

static enum rd_rc start(
	struct rd_act *act, struct rd_stage_act *stage, enum rd_clock_id clock, struct rd_err *err)
{
	struct rd_duty duty;

	if (!rd_duty_from(&stage->kept, act->policy->calendar, clock, stage->at_ms, &duty))
		return RD_OK;
	return rd_duty_start(act->tx, &stage->kept, act->matter.id, &duty, stage->at_ms, act->arena,
		act->now_ms, err);
}

static enum rd_rc meet(
	struct rd_act *act, struct rd_stage_act *stage, enum rd_clock_id clock, struct rd_err *err)
{
	return rd_duty_meet(act->tx, act->matter.id, clock, stage->at_ms, err);
}

static enum rd_rc refuse_without(struct rd_act *act, bool there, struct rd_err *err)
{
	if (there)
		return RD_OK;
	return rd_fail(err, RD_E_REFUSED,
		"no hazard is known on case %s; record first that there is one (`case hazard REF "
		"--state reported`, or emergency)",
		act->matter.reference);
}

static enum rd_rc report(
	struct rd_act *act, struct rd_stage_act *stage, enum rd_clock_id clock, struct rd_err *err)
{
	if (!stage->kept.clocks[clock].held)
		return rd_fail(err, RD_E_REFUSED,
			"the policy of %s holds no clock %s (`redressctl landlord show %s`)",
			stage->kept.full_name, rd_clock_names[clock], stage->kept.name);
	return start(act, stage, clock, err);
}

/* The summary and the work count from the end of the investigation. */
static enum rd_rc investigated(
	struct rd_act *act, struct rd_stage_act *stage, bool found, struct rd_err *err)
{
	bool investigate, emergency, runs;

	RD_TRY(find_clock(act, RD_CLOCK_HAZARD_INVESTIGATE, &investigate, &runs, err));
	RD_TRY(find_clock(act, RD_CLOCK_HAZARD_EMERGENCY, &emergency, &runs, err));
	RD_TRY(refuse_without(act, investigate || emergency, err));
	RD_TRY(meet(act, stage, RD_CLOCK_HAZARD_INVESTIGATE, err));
	RD_TRY(start(act, stage, RD_CLOCK_HAZARD_SUMMARY, err));
	if (found)
		return start(act, stage, RD_CLOCK_HAZARD_MAKE_SAFE, err);
	return meet(act, stage, RD_CLOCK_HAZARD_EMERGENCY, err);
}

/* Whoever made it safe has looked into it. */
static enum rd_rc made_safe(struct rd_act *act, struct rd_stage_act *stage, struct rd_err *err)
{
	bool investigate, emergency, make_safe, waits, runs;

	RD_TRY(find_clock(act, RD_CLOCK_HAZARD_INVESTIGATE, &investigate, &waits, err));
	RD_TRY(find_clock(act, RD_CLOCK_HAZARD_EMERGENCY, &emergency, &runs, err));
	RD_TRY(find_clock(act, RD_CLOCK_HAZARD_MAKE_SAFE, &make_safe, &runs, err));
	RD_TRY(refuse_without(act, investigate || emergency || make_safe, err));
	if (waits)
		RD_TRY(start(act, stage, RD_CLOCK_HAZARD_SUMMARY, err));
	RD_TRY(meet(act, stage, RD_CLOCK_HAZARD_INVESTIGATE, err));
	RD_TRY(meet(act, stage, RD_CLOCK_HAZARD_EMERGENCY, err));
	return meet(act, stage, RD_CLOCK_HAZARD_MAKE_SAFE, err);
}

static enum rd_rc summary(struct rd_act *act, struct rd_stage_act *stage, struct rd_err *err)
{
	bool there, runs;

	RD_TRY(find_clock(act, RD_CLOCK_HAZARD_SUMMARY, &there, &runs, err));
	if (!there)
		return rd_fail(err, RD_E_REFUSED,
			"no summary is due on case %s; record first what was found (`case hazard "
			"REF --state investigated`, or not_found)",
			act->matter.reference);
	return meet(act, stage, RD_CLOCK_HAZARD_SUMMARY, err);
}

static enum rd_rc apply(struct rd_act *act, struct rd_stage_act *stage, enum rd_hazard_state hazard,
	struct rd_err *err)
{
	switch (hazard) {
	case RD_HAZARD_REPORTED:
		return report(act, stage, RD_CLOCK_HAZARD_INVESTIGATE, err);
	case RD_HAZARD_EMERGENCY:
		return report(act, stage, RD_CLOCK_HAZARD_EMERGENCY, err);
	case RD_HAZARD_INVESTIGATED:
	case RD_HAZARD_NOT_FOUND:
		return investigated(act, stage, hazard == RD_HAZARD_INVESTIGATED, err);
	case RD_HAZARD_SUMMARY:
		return summary(act, stage, err);
	case RD_HAZARD_MADE_SAFE:
		return made_safe(act, stage, err);
	case RD_N_HAZARD_STATES:
		break;
	}
	return RD_OK;
}

enum rd_rc rd_act_hazard(struct rd_db *db, const struct rd_office *office, int64_t case_id,
	enum rd_hazard_state hazard, struct rd_date day, struct rd_err *err)
{
	RD_CLEANUP(rd_act_end) struct rd_act act = { 0 };
	struct rd_stage_act stage;

	RD_TRY(rd_stage_act_begin(&act, &stage, db, office, case_id, RD_MOVE_RECORD, err));
	RD_TRY(rd_stage_act_on(&act, &stage, day, received_on(&act), "that day (--on)", err));
	RD_TRY(apply(&act, &stage, hazard, err));
	RD_TRY(rd_stage_act_put(&act, &stage, RD_DID_HAZARD, act.matter.handler,
		rd_hazard_state_names[hazard], NULL, err));
	return rd_stage_act_commit(&act, &stage, err);
}

/* --- to a role --- */

static enum rd_rc mark_about(
	struct rd_act *act, const char *const *about, size_t n, struct rd_err *err)
{
	for (size_t i = 0; i < n; i++) {
		const char *mark;

		RD_TRY(rd_stage_act_check_person(about[i], "whom it is about (--about)", err));
		mark = rd_arena_printf(act->arena, RD_NOTICE_ABOUT "%s", about[i]);
		RD_ASSERT(mark != NULL); /* the arena is new */
		RD_TRY(rd_case_add_marks(act->tx, act->matter.id, &mark, 1, err));
	}
	return RD_OK;
}

/* A policy may have a route of its own for complaints about that very role. */
static const char *route_for(
	struct rd_act *act, const char *route, const char *const *about, size_t n_about)
{
	const struct rd_provision *instead;

	if (strcmp(route, RD_ROUTE_CONDUCT) != 0)
		return route;
	instead = rd_route_about(&act->policy->landlord, about, n_about);
	for (size_t i = 0; instead == NULL && i < n_about; i++) {
		const struct rd_role_config *role =
			rd_config_role(act->office->config, act->matter.landlord, about[i]);

		if (role != NULL)
			instead = rd_route_about(&act->policy->landlord, &role->name, 1);
	}
	return instead != NULL ? instead->name : route;
}

enum rd_rc rd_act_route(struct rd_db *db, const struct rd_office *office, int64_t case_id,
	const char *route, const char *const *about, size_t n_about, struct rd_err *err)
{
	RD_CLEANUP(rd_act_end) struct rd_act act = { 0 };
	struct rd_stage_act stage;
	const char *name;

	RD_TRY(rd_stage_act_begin(&act, &stage, db, office, case_id, RD_MOVE_RECORD, err));
	RD_TRY(mark_about(&act, about, n_about, err));
	name = route_for(&act, route, about, n_about);
	RD_TRY(rd_stage_act_put(&act, &stage, RD_DID_ROUTED, NULL, name, NULL, err));
	RD_TRY(rd_routes_send(
		act.tx, office, act.policy, case_id, name, stage.cause, true, act.arena, err));
	return rd_stage_act_commit(&act, &stage, err);
}

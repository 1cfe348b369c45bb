/* Stage 2: asked for, taken on or refused; and a closed case opened again. */
#include "redress/gateway/acts_stage.h"

#include <string.h>

#include "redress/gateway/acts.h"
#include "redress/gateway/casework.h"
#include "redress/gateway/reopening.h"
#include "redress/gateway/routes.h"
#include "redress/gateway/stage_act.h"
#include "redress/policy/clocks.h"
#include "redress/policy/decision.h"
#include "redress/store/outbox.h"
#include "redress/store/review.h"
#include "redress/store/tasks.h"

const char *const rd_asked_by_names[RD_N_ASKED_BY + 1] = { "staff", "reply", "text", NULL };

/* The clock of that name that is not cancelled; case_id 0 where there is none. */
static enum rd_rc find_clock(struct rd_act *act, enum rd_clock_id id,
	struct rd_case_clock *ret_clock, struct rd_err *err)
{
	struct rd_case_clock *clocks;
	size_t n;

	*ret_clock = (struct rd_case_clock){ .case_id = 0 };
	RD_TRY(rd_case_clocks(rd_tx_db(act->tx), act->matter.id, act->arena, &clocks, &n, err));
	for (size_t i = 0; i < n; i++)
		if (strcmp(clocks[i].name, rd_clock_names[id]) == 0)
			*ret_clock = clocks[i];
	return RD_OK;
}

/* --- asking --- */

/* After the days in which the policy wants stage 2 to be asked for. */
static enum rd_rc is_late(
	struct rd_act *act, const struct rd_stage_act *stage, bool *ret_late, struct rd_err *err)
{
	struct rd_case_clock window;

	RD_TRY(find_clock(act, RD_CLOCK_STAGE2_REQUEST, &window, err));
	*ret_late = window.case_id != 0 && window.met_ms == 0 && rd_date_is_set(window.due) &&
		    rd_date_compare(stage->day, window.due) > 0;
	return RD_OK;
}

/* To decide by the day that the policy sets for that, else for the acknowledgement. */
static enum rd_rc owe_decision(
	struct rd_act *act, const struct rd_stage_act *stage, bool late, struct rd_err *err)
{
	struct rd_case_clock accept, acknowledge;
	struct rd_task task = {
		.kind = rd_task_names[RD_TASK_STAGE2],
		.case_id = act->matter.id,
		.cause = stage->cause,
		.text = late ? "Stage 2 was asked for (`case show REF`) after the policy's days, "
			       "which alone is no reason to refuse it: take it on (`case accept "
			       "REF`), or refuse it with reasons (`case refuse REF --why TEXT`)."
			     : "Stage 2 was asked for (`case show REF`): take it on (`case accept "
			       "REF`) and assign it to somebody new (`case assign`), or refuse it "
			       "with reasons (`case refuse REF --why TEXT`).",
		.landlord = act->matter.landlord,
		.due = stage->today,
		.n = 1,
	};
	int64_t id;
	bool is_new;

	RD_TRY(find_clock(act, RD_CLOCK_STAGE2_ACCEPT, &accept, err));
	RD_TRY(find_clock(act, RD_CLOCK_STAGE2_ACKNOWLEDGE, &acknowledge, err));
	if (rd_date_is_set(accept.due))
		task.due = accept.due;
	else if (rd_date_is_set(acknowledge.due))
		task.due = acknowledge.due;
	return rd_task_put(act->tx, &task, act->now_ms, &id, &is_new, err);
}

/* What anybody was asked about stage 2 is answered by this. */
static enum rd_rc end_tasks(struct rd_act *act, const char *how, struct rd_err *err)
{
	return rd_task_done_of_case(act->tx, act->matter.id, rd_task_names[RD_TASK_STAGE2],
		act->office->actor.name, how, act->now_ms, NULL, err);
}

/* Messages that waited because they may ask for it wait no longer. */
static enum rd_rc end_reviews(struct rd_act *act, struct rd_err *err)
{
	struct rd_review *reviews;
	size_t n;

	RD_TRY(rd_review_list(
		rd_tx_db(act->tx), act->matter.id, false, act->arena, &reviews, &n, err));
	for (size_t i = 0; i < n; i++) {
		if (strstr(reviews[i].reasons, RD_REASON_STAGE2) == NULL &&
			strstr(reviews[i].reasons, RD_REASON_UNHAPPY) == NULL)
			continue;
		RD_TRY(rd_review_decide(act->tx, reviews[i].id, RD_COMPLAINT,
			act->office->actor.name, act->office->actor.uid, "stage 2 was asked for",
			false, act->now_ms, err));
		RD_TRY(rd_act_end_review_task(
			act, reviews[i].message_id, "stage 2 was asked for", err));
	}
	return RD_OK;
}

/* The decision about the request is the task; whoever reviews hears of it already. */
static enum rd_rc tell_reviewers(
	struct rd_act *act, const struct rd_stage_act *stage, struct rd_err *err)
{
	const struct rd_provision *route =
		rd_landlord_provision(&act->policy->landlord, RD_PROVISION_ROUTE, "stage2-review");

	if (route == NULL)
		return RD_OK;
	return rd_routes_send(act->tx, act->office, act->policy, act->matter.id, route->name,
		stage->cause, false, act->arena, err);
}

enum rd_rc rd_stage_act_escalate(struct rd_act *act, struct rd_stage_act *stage,
	struct rd_date asked_on, enum rd_asked_by by, struct rd_err *err)
{
	const int64_t case_id = act->matter.id;
	bool late;

	RD_TRY(rd_stage_act_on(act, stage, asked_on,
		rd_date_of(stage->standing.answered ? act->matter.answered_ms
						    : act->matter.received_ms),
		"the day on which stage 2 was asked for", err));
	RD_TRY(is_late(act, stage, &late, err));
	RD_TRY(rd_stage_act_put(
		act, stage, RD_DID_ESCALATED, NULL, rd_asked_by_names[by], NULL, err));
	if (act->matter.status != RD_STATUS_OPEN)
		RD_TRY(rd_case_set_status(act->tx, case_id, RD_STATUS_OPEN, "", act->now_ms, err));
	RD_TRY(rd_case_set_kind(act->tx, case_id, RD_COMPLAINT, RD_STAGE_2, err));
	RD_TRY(rd_case_set_handler(act->tx, case_id, "", err));
	RD_TRY(rd_stage_act_event(act, stage, RD_EVENT_STAGE2_REQUESTED, err));
	RD_TRY(rd_act_cancel_letters(act, RD_LETTER_CLOSING, "stage 2 was asked for", err));
	RD_TRY(end_tasks(act, "stage 2 was asked for", err));
	RD_TRY(end_reviews(act, err));
	RD_TRY(tell_reviewers(act, stage, err));
	return owe_decision(act, stage, late, err);
}

enum rd_rc rd_act_escalate(struct rd_db *db, const struct rd_office *office, int64_t case_id,
	struct rd_date asked_on, enum rd_asked_by by, struct rd_err *err)
{
	RD_CLEANUP(rd_act_end) struct rd_act act = { 0 };
	struct rd_stage_act stage;

	RD_TRY(rd_stage_act_begin(&act, &stage, db, office, case_id, RD_MOVE_ESCALATE, err));
	RD_TRY(rd_stage_act_escalate(&act, &stage, asked_on, by, err));
	return rd_stage_act_commit(&act, &stage, err);
}

/* --- taking it on, or not --- */

static enum rd_rc asked_on(struct rd_act *act, struct rd_date *ret_day, struct rd_err *err)
{
	struct rd_case_act *acts;
	size_t n;

	*ret_day = rd_date_of(act->matter.received_ms);
	RD_TRY(rd_case_act_list(rd_tx_db(act->tx), act->matter.id, act->arena, &acts, &n, err));
	for (size_t i = 0; i < n; i++)
		if (strcmp(acts[i].what, RD_DID_ESCALATED) == 0)
			*ret_day = acts[i].day;
	return RD_OK;
}

/* Nor is anybody told any more that it will be looked at. */
static enum rd_rc end_request(struct rd_act *act, const char *how, struct rd_err *err)
{
	RD_TRY(rd_act_cancel_letters(act, RD_LETTER_STAGE2_ASKED, how, err));
	return end_tasks(act, how, err);
}

/* A letter that has not left would say the same again. */
static enum rd_rc acknowledged_otherwise(
	struct rd_act *act, struct rd_stage_act *stage, struct rd_err *err)
{
	int64_t n;

	RD_TRY(rd_outbox_cancel_case(
		act->tx, act->matter.id, "acknowledged in another way", act->now_ms, &n, err));
	return rd_stage_act_event(act, stage, RD_EVENT_STAGE2_ACKNOWLEDGED, err);
}

static enum rd_rc acknowledge_by_letter(
	struct rd_act *act, struct rd_stage_act *stage, struct rd_err *err)
{
	struct rd_case_clock acknowledge;
	enum rd_rc rc = rd_case_meet_clock(
		act->tx, act->matter.id, rd_clock_names[RD_CLOCK_STAGE2_ACCEPT], act->now_ms, err);

	if (rc != RD_OK && rc != RD_E_MISSING)
		return rc;
	RD_TRY(find_clock(act, RD_CLOCK_STAGE2_ACKNOWLEDGE, &acknowledge, err));
	return rd_stage_act_tell(
		act, stage, RD_LETTER_STAGE2_ACKNOWLEDGEMENT, false, acknowledge.due, NULL, err);
}

enum rd_rc rd_act_accept(struct rd_db *db, const struct rd_office *office, int64_t case_id,
	struct rd_date given_on, struct rd_err *err)
{
	RD_CLEANUP(rd_act_end) struct rd_act act = { 0 };
	const bool told = rd_date_is_set(given_on);
	struct rd_stage_act stage;
	struct rd_date earliest;

	RD_TRY(rd_stage_act_begin(&act, &stage, db, office, case_id, RD_MOVE_ACCEPT, err));
	if (!stage.standing.stage2_waits && !told)
		return rd_fail(err, RD_E_REFUSED,
			"stage 2 of case %s was taken on already, and its letter has not left yet "
			"(`outbox list`); where the resident was told in another way, say when "
			"with --given DAY",
			act.matter.reference);
	RD_TRY(asked_on(&act, &earliest, err));
	RD_TRY(rd_stage_act_on(
		&act, &stage, given_on, earliest, "the day of the acknowledgement", err));
	RD_TRY(rd_stage_act_put(&act, &stage, RD_DID_ACCEPTED, NULL, NULL, NULL, err));
	RD_TRY(end_request(&act, "stage 2 is taken on", err));
	if (told)
		RD_TRY(acknowledged_otherwise(&act, &stage, err));
	else
		RD_TRY(acknowledge_by_letter(&act, &stage, err));
	return rd_stage_act_commit(&act, &stage, err);
}

enum rd_rc rd_act_refuse(struct rd_db *db, const struct rd_office *office, int64_t case_id,
	const char *why, struct rd_date given_on, struct rd_err *err)
{
	RD_CLEANUP(rd_act_end) struct rd_act act = { 0 };
	struct rd_clock_changes changes;
	struct rd_stage_act stage;
	struct rd_date earliest;

	RD_TRY(rd_stage_act_begin(&act, &stage, db, office, case_id, RD_MOVE_REFUSE, err));
	RD_TRY(rd_act_check_text(why, "the reason (--why)", err));
	RD_TRY(asked_on(&act, &earliest, err));
	RD_TRY(rd_stage_act_on(&act, &stage, given_on, earliest, "the day of the refusal", err));
	RD_TRY(rd_stage_act_put(&act, &stage, RD_DID_REFUSED, NULL, NULL, why, err));
	RD_TRY(rd_stage_act_tell(&act, &stage, RD_LETTER_REFUSAL, rd_date_is_set(given_on),
		stage.today,
		"Tell the resident why stage 2 is refused, and that the Ombudsman can look at "
		"that: the text gives no reasons.",
		err));
	rd_life_refusal(&stage.kept, act.policy->calendar, stage.day, &changes);
	RD_TRY(rd_progress_apply(act.tx, &stage.kept, case_id, &changes, stage.at_ms, err));
	RD_TRY(end_request(&act, "stage 2 is refused", err));
	RD_TRY(rd_case_set_kind(act.tx, case_id, RD_COMPLAINT, RD_STAGE_1, err));
	/* Answered when stage 1 was. */
	RD_TRY(rd_case_set_status(
		act.tx, case_id, RD_STATUS_ANSWERED, "", act.matter.answered_ms, err));
	return rd_stage_act_commit(&act, &stage, err);
}

/* --- opening again --- */

enum rd_rc rd_act_reopen(struct rd_db *db, const struct rd_office *office, int64_t case_id,
	const char *why, struct rd_err *err)
{
	RD_CLEANUP(rd_act_end) struct rd_act act = { 0 };
	struct rd_stage_act stage;

	RD_TRY(rd_stage_act_begin(&act, &stage, db, office, case_id, RD_MOVE_REOPEN, err));
	RD_TRY(rd_act_check_text(why, "the reason (--why)", err));
	RD_TRY(rd_stage_act_put(&act, &stage, RD_DID_REOPENED, NULL, NULL, why, err));
	RD_TRY(rd_reopening_apply(act.tx, office, &act.matter, stage.cause, act.arena, err));
	RD_TRY(rd_act_cancel_letters(&act, RD_LETTER_CLOSING, "the case was opened again", err));
	return rd_stage_act_commit(&act, &stage, err);
}

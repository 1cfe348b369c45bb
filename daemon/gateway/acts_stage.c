/* Assigning, contacting, answering, taking longer: what both stages have. */
#include "redress/gateway/acts_stage.h"

#include <inttypes.h>
#include <string.h>

#include "redress/gateway/acts.h"
#include "redress/gateway/acts_answer.h"
#include "redress/gateway/duties.h"
#include "redress/gateway/notices.h"
#include "redress/gateway/stage_act.h"
#include "redress/policy/clocks.h"
#include "redress/policy/decision.h"
#include "redress/store/tasks.h"

static bool at_stage2(const struct rd_act *act)
{
	return act->matter.stage == RD_STAGE_2;
}

static enum rd_letter_kind letter_of_answer(const struct rd_act *act)
{
	return at_stage2(act) ? RD_LETTER_STAGE2_RESPONSE : RD_LETTER_STAGE1_RESPONSE;
}

static struct rd_date received_on(const struct rd_act *act)
{
	return rd_date_of(act->matter.received_ms);
}

/* Code 6.13: stage 2 is for somebody who was not at stage 1. */
static enum rd_rc check_reviewer(struct rd_act *act, const char *person, struct rd_err *err)
{
	bool was = false;

	if (!at_stage2(act))
		return RD_OK;
	RD_TRY(rd_progress_was_at_stage1(
		rd_tx_db(act->tx), act->matter.id, person, act->arena, &was, err));
	if (!was)
		return RD_OK;
	return rd_fail(err, RD_E_REFUSED,
		"%s worked on stage 1 of case %s, and stage 2 is for somebody who was not involved "
		"before; name another person with `case assign REF --to OWNER`",
		person, act->matter.reference);
}

/* Nobody judges a complaint about themselves. */
static enum rd_rc check_not_about(struct rd_act *act, const char *owner, struct rd_err *err)
{
	const struct rd_role_config *role =
		rd_config_role(act->office->config, act->matter.landlord, owner);
	struct rd_about about;
	bool is_about = false;

	rd_about_of_marks((const char *const *)act->matter.marks, act->matter.n_marks, &about);
	for (size_t i = 0; i < about.n; i++)
		is_about = is_about || rd_role_is_called(owner, about.who[i]);
	if (!is_about && (role == NULL || !rd_about_names(&about, role)))
		return RD_OK;
	return rd_fail(err, RD_E_REFUSED,
		"case %s may be about %s: name somebody else with `case assign REF --to OWNER`",
		act->matter.reference, owner);
}

enum rd_rc rd_act_assign(struct rd_db *db, const struct rd_office *office, int64_t case_id,
	const char *owner, struct rd_err *err)
{
	RD_CLEANUP(rd_act_end) struct rd_act act = { 0 };
	struct rd_stage_act stage;

	RD_TRY(rd_stage_act_begin(&act, &stage, db, office, case_id, RD_MOVE_ASSIGN, err));
	RD_TRY(rd_stage_act_check_person(owner, "the owner (--to)", err));
	RD_TRY(check_reviewer(&act, owner, err));
	RD_TRY(check_not_about(&act, owner, err));
	RD_TRY(rd_case_set_handler(act.tx, case_id, owner, err));
	RD_TRY(rd_stage_act_put(&act, &stage, RD_DID_ASSIGNED, owner, NULL, NULL, err));
	if (act.matter.kind == RD_COMPLAINT)
		RD_TRY(rd_stage_act_event(&act, &stage,
			at_stage2(&act) ? RD_EVENT_STAGE2_ASSIGNED : RD_EVENT_ASSIGNED, err));
	return rd_stage_act_commit(&act, &stage, err);
}

enum rd_rc rd_act_contacted(struct rd_db *db, const struct rd_office *office, int64_t case_id,
	struct rd_date given_on, struct rd_err *err)
{
	RD_CLEANUP(rd_act_end) struct rd_act act = { 0 };
	struct rd_stage_act stage;

	RD_TRY(rd_stage_act_begin(&act, &stage, db, office, case_id, RD_MOVE_CONTACTED, err));
	RD_TRY(rd_stage_act_on(
		&act, &stage, given_on, received_on(&act), "the day of the contact", err));
	RD_TRY(rd_stage_act_put(
		&act, &stage, RD_DID_CONTACTED, act.matter.handler, NULL, NULL, err));
	RD_TRY(rd_duty_meet(act.tx, case_id,
		at_stage2(&act) ? RD_CLOCK_STAGE2_CONTACT : RD_CLOCK_STAGE1_CONTACT, stage.at_ms,
		err));
	RD_TRY(rd_duty_meet(act.tx, case_id, RD_CLOCK_SURVEY_CONTACT, stage.at_ms, err));
	RD_TRY(rd_task_done_of_case(act.tx, case_id, rd_task_names[RD_TASK_CONTACT],
		office->actor.name, "contact was made", act.now_ms, NULL, err));
	return rd_stage_act_commit(&act, &stage, err);
}

enum rd_rc rd_act_agree(struct rd_db *db, const struct rd_office *office, int64_t case_id,
	struct rd_date given_on, struct rd_err *err)
{
	RD_CLEANUP(rd_act_end) struct rd_act act = { 0 };
	struct rd_stage_act stage;

	RD_TRY(rd_stage_act_begin(&act, &stage, db, office, case_id, RD_MOVE_AGREE, err));
	RD_TRY(rd_stage_act_on(
		&act, &stage, given_on, received_on(&act), "the day of the agreement", err));
	RD_TRY(rd_stage_act_put(&act, &stage, RD_DID_AGREED, NULL,
		rd_asked_by_names[RD_ASKED_BY_STAFF], NULL, err));
	return rd_stage_act_commit(&act, &stage, err);
}

/* --- answering --- */

/* The day from which an answer can have gone: the acknowledgement of the stage. */
static enum rd_rc acknowledged_on(struct rd_act *act, struct rd_date *ret_day, struct rd_err *err)
{
	struct rd_case_clock *clocks;
	size_t n;

	*ret_day = rd_date_of(act->matter.acknowledged_ms);
	if (!at_stage2(act))
		return RD_OK;
	RD_TRY(rd_case_clocks(rd_tx_db(act->tx), act->matter.id, act->arena, &clocks, &n, err));
	for (size_t i = 0; i < n; i++)
		if (clocks[i].met_ms != 0 &&
			strcmp(clocks[i].name, rd_clock_names[RD_CLOCK_STAGE2_ACKNOWLEDGE]) == 0)
			*ret_day = rd_date_of(clocks[i].met_ms);
	return RD_OK;
}

static enum rd_rc check_stage(const struct rd_act *act, enum rd_stage wanted, struct rd_err *err)
{
	if (act->matter.stage == wanted)
		return RD_OK;
	if (wanted == RD_STAGE_2)
		return rd_fail(err, RD_E_REFUSED,
			"case %s is at stage 1; stage 2 begins when it is asked for (`case "
			"escalate REF`)",
			act->matter.reference);
	return rd_fail(err, RD_E_REFUSED,
		"case %s is at stage 2; its answer is `case respond REF --stage 2`",
		act->matter.reference);
}

#define TELL_THE_ANSWER                                                                            \
	"Give the resident the full answer (`case show` has its words): the text says only that "  \
	"it "                                                                                      \
	"is written. Then record it (`case respond REF --stage "

/* It must not miss the day that was promised, and answers once it leaves. */
static enum rd_rc send_answer(struct rd_act *act, struct rd_stage_act *stage, struct rd_err *err)
{
	struct rd_err none_runs = { 0 };
	struct rd_case_clock running = { 0 };
	struct rd_date original;

	if (rd_progress_answer_clock(rd_tx_db(act->tx), &act->matter, act->arena, &running,
		    &original, &none_runs) != RD_OK)
		running.due = stage->today;
	return rd_stage_act_tell(act, stage, letter_of_answer(act), false, running.due,
		at_stage2(act) ? TELL_THE_ANSWER "2 --given DAY`)."
			       : TELL_THE_ANSWER "1 --given DAY`).",
		err);
}

/* Nobody gives the answer by hand that was recorded before this one and did not reach the resident.
 * *found: what it found, where this one does not say. */
static enum rd_rc end_earlier(struct rd_act *act, const char **found, struct rd_err *err)
{
	struct rd_case_act *acts;
	struct rd_task *tasks;
	size_t n_acts, n_tasks;

	RD_TRY(rd_case_act_list(
		rd_tx_db(act->tx), act->matter.id, act->arena, &acts, &n_acts, err));
	RD_TRY(rd_task_list_case(
		rd_tx_db(act->tx), act->matter.id, act->arena, &tasks, &n_tasks, err));
	for (size_t i = 0; i < n_acts; i++) {
		if (acts[i].stage != act->matter.stage ||
			strcmp(acts[i].what, RD_DID_RESPONDED) != 0)
			continue;
		if ((*found)[0] == '\0')
			*found = acts[i].detail;
		const char *cause =
			rd_arena_printf(act->arena, RD_PROGRESS_CAUSE "%" PRId64, acts[i].id);
		RD_ASSERT(cause != NULL);
		for (size_t k = 0; k < n_tasks; k++)
			if (tasks[k].done_ms == 0 && strcmp(tasks[k].cause, cause) == 0)
				RD_TRY(rd_task_done(act->tx, tasks[k].id, act->office->actor.name,
					"the answer was given", act->now_ms, err));
	}
	return RD_OK;
}

/* Without a letter it is with the resident already. */
static enum rd_rc record_answer(
	struct rd_act *act, struct rd_stage_act *stage, bool told, struct rd_err *err)
{
	const int64_t case_id = act->matter.id;

	if (told)
		RD_TRY(rd_stage_act_event(act, stage,
			at_stage2(act) ? RD_EVENT_STAGE2_RESPONDED : RD_EVENT_RESPONDED, err));
	if (act->matter.status == RD_STATUS_ANSWERED)
		return rd_case_set_answered(act->tx, case_id, stage->at_ms, err);
	return rd_case_set_status(act->tx, case_id, RD_STATUS_ANSWERED, "", stage->at_ms, err);
}

enum rd_rc rd_act_respond(struct rd_db *db, const struct rd_office *office, int64_t case_id,
	const struct rd_act_response *response, struct rd_err *err)
{
	RD_CLEANUP(rd_act_end) struct rd_act act = { 0 };
	const bool told = response->answer == NULL || rd_date_is_set(response->given_on);
	struct rd_stage_act stage;
	const char *found = rd_found_names[response->found];
	struct rd_answer answer;
	struct rd_date earliest;
	const char *by;

	RD_TRY(rd_stage_act_begin(&act, &stage, db, office, case_id, RD_MOVE_RESPOND, err));
	RD_TRY(check_stage(&act, response->stage, err));
	RD_TRY(acknowledged_on(&act, &earliest, err));
	RD_TRY(rd_stage_act_on(
		&act, &stage, response->given_on, earliest, "the day of the answer", err));
	by = act.matter.handler[0] != '\0' ? act.matter.handler : office->actor.name;
	RD_TRY(check_reviewer(&act, by, err));
	if (response->answer != NULL) {
		RD_TRY(rd_answer_take(&act, &stage, response, &answer, err));
		RD_TRY(rd_answer_promise(&act, &stage, &answer, err));
		found = rd_found_names[answer.found];
	}
	RD_TRY(rd_act_cancel_letters(&act, letter_of_answer(&act),
		told ? "the answer was given in another way" : "another answer was written", err));
	if (stage.standing.answer_waits)
		RD_TRY(end_earlier(&act, &found, err));
	/* The answer as it was written: the letter is made of it, today or on another day. */
	RD_TRY(rd_stage_act_put(&act, &stage, RD_DID_RESPONDED, by, found,
		response->answer != NULL
			? rd_arena_copy(act.arena, response->answer, response->answer_len)
			: NULL,
		err));
	RD_TRY(rd_act_cancel_letters(&act, RD_LETTER_EXTENSION, "the answer was given", err));
	if (!told)
		RD_TRY(send_answer(&act, &stage, err));
	RD_TRY(record_answer(&act, &stage, told, err));
	return rd_stage_act_commit(&act, &stage, err);
}

/* --- taking longer --- */

static enum rd_rc replace_clock(struct rd_act *act, const struct rd_stage_act *stage,
	const struct rd_case_clock *running, const struct rd_extending *extending,
	struct rd_err *err)
{
	const enum rd_clock_id id = rd_life_extension(act->matter.stage);
	const struct rd_case_clock longer = {
		.case_id = act->matter.id,
		.name = rd_clock_names[id],
		.starts = extending->original,
		.due = extending->to,
		.source = stage->kept.clocks[id].source,
	};

	RD_TRY(rd_case_cancel_clock(act->tx, act->matter.id, running->name, act->now_ms, err));
	return rd_case_start_clock(act->tx, &longer, err);
}

/* Past the calendar no date was ever promised: there is nothing to make longer. */
static enum rd_rc running_answer(struct rd_act *act, struct rd_case_clock *ret_clock,
	struct rd_date *ret_original, struct rd_err *err)
{
	struct rd_err none = { 0 };
	enum rd_rc rc = rd_progress_answer_clock(
		rd_tx_db(act->tx), &act->matter, act->arena, ret_clock, ret_original, &none);

	if (rc == RD_OK && rd_date_is_set(ret_clock->due))
		return RD_OK;
	if (rc != RD_OK && rc != RD_E_MISSING) {
		*err = none;
		return rc;
	}
	return rd_fail(
		err, RD_E_REFUSED, "no date for an answer runs on case %s", act->matter.reference);
}

enum rd_rc rd_act_extend(struct rd_db *db, const struct rd_office *office, int64_t case_id,
	const struct rd_act_extension *extension, struct rd_err *err)
{
	RD_CLEANUP(rd_act_end) struct rd_act act = { 0 };
	struct rd_extending extending = { .to = extension->to };
	struct rd_case_clock running = { 0 };
	struct rd_stage_act stage;
	char to[RD_DATE_MAX];

	RD_TRY(rd_stage_act_begin(&act, &stage, db, office, case_id, RD_MOVE_EXTEND, err));
	RD_TRY(rd_act_check_text(extension->why, "the reason (--why)", err));
	if (extension->approved_by != NULL)
		RD_TRY(rd_stage_act_check_person(
			extension->approved_by, "who approved it (--approved-by)", err));
	RD_TRY(rd_stage_act_on(&act, &stage, extension->given_on, received_on(&act),
		"the day on which the resident was told", err));
	RD_TRY(running_answer(&act, &running, &extending.original, err));
	extending.stage = act.matter.stage;
	extending.due = running.due;
	extending.told_on = stage.day;
	extending.approved_by = extension->approved_by;
	RD_TRY(rd_life_extend(&stage.kept, act.policy->calendar, &extending, err));
	RD_TRY(rd_stage_act_put(&act, &stage, RD_DID_EXTENDED, extension->approved_by,
		rd_date_format(extending.to, to), extension->why, err));
	RD_TRY(replace_clock(&act, &stage, &running, &extending, err));
	RD_TRY(rd_stage_act_tell(&act, &stage, RD_LETTER_EXTENSION,
		rd_date_is_set(extension->given_on), running.due,
		"Tell the resident why the answer needs longer: the text gives the date alone.",
		err));
	return rd_stage_act_commit(&act, &stage, err);
}

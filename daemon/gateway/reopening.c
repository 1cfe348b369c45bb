#include "redress/gateway/reopening.h"

#include <string.h>

#include "redress/gateway/acts.h"
#include "redress/policy/clocks.h"
#include "redress/policy/decision.h"
#include "redress/store/tasks.h"

/* What a clock that runs again asks of a person: its letter ended with the case. */
struct duty {
	enum rd_clock_id clock;
	enum rd_task_kind kind;
	const char *text;
};

static const struct duty duties[] = {
	{ RD_CLOCK_STAGE1_ACKNOWLEDGE, RD_TASK_ACKNOWLEDGE,
		"The case was opened again and is not acknowledged: do it, and record it "
		"with `case acknowledge REF`." },
	{ RD_CLOCK_STAGE1_DEFINE, RD_TASK_DEFINE,
		"The case was opened again: confirm or correct what the complaint is about "
		"(`case define REF`)." },
	{ RD_CLOCK_STAGE2_ACKNOWLEDGE, RD_TASK_STAGE2,
		"The case was opened again and its stage 2 is not taken on: `case accept "
		"REF`, or `case refuse REF --why TEXT`." },
};

static const struct duty *duty_of(const struct rd_case_clock *clock)
{
	if (clock->met_ms != 0 || clock->cancelled_ms != 0)
		return NULL;
	for (size_t i = 0; i < sizeof duties / sizeof duties[0]; i++)
		if (strcmp(clock->name, rd_clock_names[duties[i].clock]) == 0)
			return &duties[i];
	return NULL;
}

static enum rd_rc owe_restarted(struct rd_tx *tx, const struct rd_case *was, const char *cause,
	int64_t now_ms, struct rd_arena *arena, struct rd_err *err)
{
	struct rd_case_clock *clocks;
	size_t n;

	RD_TRY(rd_case_clocks(rd_tx_db(tx), was->id, arena, &clocks, &n, err));
	for (size_t i = 0; i < n; i++) {
		const struct duty *duty = duty_of(&clocks[i]);
		struct rd_task task = {
			.case_id = was->id,
			.cause = cause,
			.landlord = was->landlord,
			.due = clocks[i].due,
			.n = 1,
		};

		if (duty == NULL)
			continue;
		task.kind = rd_task_names[duty->kind];
		task.text = duty->text;
		RD_TRY(rd_task_put(tx, &task, now_ms, NULL, NULL, err));
	}
	return RD_OK;
}

enum rd_rc rd_reopening_apply(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_case *was, const char *cause, struct rd_arena *arena, struct rd_err *err)
{
	const int64_t now_ms = rd_office_now(office);

	RD_TRY(rd_task_done_of_case(tx, was->id, RD_ACT_TASK_TELL, office->actor.name,
		"the case was opened again", now_ms, NULL, err));
	RD_TRY(rd_case_set_status(tx, was->id, RD_STATUS_OPEN, "", now_ms, err));
	RD_TRY(rd_case_restart_clocks(tx, was->id, was->closed_ms, err));
	return owe_restarted(tx, was, cause, now_ms, arena, err);
}

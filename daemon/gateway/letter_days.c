#include "redress/gateway/letter_days.h"

#include <string.h>

#include "redress/gateway/closing.h"
#include "redress/policy/clocks.h"
#include "redress/policy/letter_plan.h"
#include "redress/policy/life.h"
#include "redress/store/outbox.h"

/* The date of a clock that runs already, which binds; unset where none runs. */
static enum rd_rc running_answer(const struct rd_letter_days_ask *ask, enum rd_clock_id clock,
	struct rd_date *ret_due, struct rd_err *err)
{
	struct rd_case_clock *clocks;
	size_t n;

	*ret_due = (struct rd_date){ 0 };
	RD_TRY(rd_case_clocks(ask->db, ask->matter->id, ask->arena, &clocks, &n, err));
	for (size_t i = 0; i < n; i++)
		if (strcmp(clocks[i].name, rd_clock_names[clock]) == 0)
			*ret_due = clocks[i].due;
	return RD_OK;
}

/* The date that the acknowledgement says, which waits to leave: its leaving starts the clock. What
 * a person must release first may be written for another day. */
static enum rd_rc answer_of_waiting(
	const struct rd_letter_days_ask *ask, struct rd_date *ret_due, struct rd_err *err)
{
	const enum rd_outbox_state queued = RD_OUTBOX_QUEUED;
	const struct rd_outbox_filter filter = { .state = &queued, .case_id = ask->matter->id };
	struct rd_outbox_row *rows;
	size_t n;

	RD_TRY(rd_outbox_list(ask->db, &filter, ask->arena, &rows, &n, err));
	for (size_t i = 0; i < n; i++)
		if (!rows[i].needs_approval &&
			strcmp(rows[i].meets_clock, rd_clock_names[RD_CLOCK_STAGE1_ACKNOWLEDGE]) ==
				0 &&
			ask->kept->clocks[RD_CLOCK_STAGE1_RESPOND].held)
			return rd_clock_due(ask->kept, ask->calendar, RD_CLOCK_STAGE1_RESPOND,
				rows[i].written_for, ret_due, err);
	return RD_OK;
}

/* The date of the answer that runs, longer or not. The acknowledgement of stage 2 starts it, unless
 * the request did. */
static enum rd_rc answer_of_stage(
	const struct rd_letter_days_ask *ask, struct rd_date *ret_due, struct rd_err *err)
{
	const struct rd_clock_rule *rule = &ask->kept->clocks[RD_CLOCK_STAGE2_RESPOND];
	const bool stage2 = ask->matter->stage == RD_STAGE_2;

	if (ask->letter == RD_LETTER_STAGE2_ACKNOWLEDGEMENT && rule->held && !rule->from_clock &&
		rule->from == RD_EVENT_STAGE2_ACKNOWLEDGED)
		return rd_clock_due(ask->kept, ask->calendar, RD_CLOCK_STAGE2_RESPOND, ask->written,
			ret_due, err);
	RD_TRY(running_answer(ask, rd_life_extension(ask->matter->stage), ret_due, err));
	if (rd_date_is_set(*ret_due))
		return RD_OK;
	RD_TRY(running_answer(
		ask, stage2 ? RD_CLOCK_STAGE2_RESPOND : RD_CLOCK_STAGE1_RESPOND, ret_due, err));
	if (rd_date_is_set(*ret_due) || stage2)
		return RD_OK;
	return answer_of_waiting(ask, ret_due, err);
}

/* When the policy wants stage 2 to be asked for after this answer; when the case would be closed.
 */
static enum rd_rc days_after_answer(
	const struct rd_letter_days_ask *ask, struct rd_letter_values *values, struct rd_err *err)
{
	if (ask->letter == RD_LETTER_STAGE1_RESPONSE &&
		ask->kept->clocks[RD_CLOCK_STAGE2_REQUEST].held)
		RD_TRY(rd_clock_due(ask->kept, ask->calendar, RD_CLOCK_STAGE2_REQUEST, ask->written,
			&values->escalate_by, err));
	if (ask->letter == RD_LETTER_CLOSING_CHECK) {
		const struct rd_date earliest = rd_date_add(ask->written, RD_CLOSING_CHECK_DAYS);

		RD_TRY(running_answer(ask, RD_CLOCK_CASE_CLOSE, &values->close_on, err));
		if (!rd_date_is_set(values->close_on) ||
			rd_date_compare(values->close_on, earliest) < 0)
			values->close_on = earliest;
	}
	return RD_OK;
}

/* By when the landlord says whether it takes stage 2 on, else by when it acknowledges that. */
static enum rd_rc day_of_request(
	const struct rd_letter_days_ask *ask, struct rd_date *ret_due, struct rd_err *err)
{
	RD_TRY(running_answer(ask, RD_CLOCK_STAGE2_ACCEPT, ret_due, err));
	if (rd_date_is_set(*ret_due))
		return RD_OK;
	return running_answer(ask, RD_CLOCK_STAGE2_ACKNOWLEDGE, ret_due, err);
}

/* The day on which a letter that left said first that the matter is logged as a complaint; what
 * another says later names the same day. */
static bool says_logged(const struct rd_outbox_row *row)
{
	const bool left = row->state == RD_OUTBOX_SENT || row->state == RD_OUTBOX_SENDING ||
			  row->state == RD_OUTBOX_UNCERTAIN;

	return left && row->stage == RD_STAGE_1 &&
	       (strcmp(row->letter, rd_letter_names[RD_LETTER_ACKNOWLEDGEMENT]) == 0 ||
		       strcmp(row->letter, rd_letter_names[RD_LETTER_RECEIVED]) == 0);
}

static enum rd_rc logged_on(
	const struct rd_letter_days_ask *ask, struct rd_date *ret_day, struct rd_err *err)
{
	const struct rd_outbox_filter filter = { .case_id = ask->matter->id };
	struct rd_outbox_row *rows;
	size_t n;

	*ret_day = (struct rd_date){ 0 };
	RD_TRY(rd_outbox_list(ask->db, &filter, ask->arena, &rows, &n, err));
	for (size_t i = 0; i < n; i++)
		if (says_logged(&rows[i]) &&
			(!rd_date_is_set(*ret_day) ||
				rd_date_compare(rows[i].written_for, *ret_day) < 0))
			*ret_day = rows[i].written_for;
	return RD_OK;
}

enum rd_rc rd_letter_days(
	const struct rd_letter_days_ask *ask, struct rd_letter_values *values, struct rd_err *err)
{
	const enum rd_kind kind = ask->matter->kind;

	RD_TRY(rd_letter_dates(ask->kept, ask->calendar, kind, rd_date_of(ask->matter->received_ms),
		ask->written, values, err));
	/* What is not the acknowledgement names no date of its own. */
	if (kind == RD_COMPLAINT && ask->letter != RD_LETTER_ACKNOWLEDGEMENT)
		RD_TRY(answer_of_stage(ask, &values->respond_by, err));
	if (kind == RD_ENQUIRY)
		RD_TRY(running_answer(ask, RD_CLOCK_ENQUIRY_RESPOND, &values->respond_by, err));
	if (ask->letter == RD_LETTER_STAGE2_ASKED)
		RD_TRY(day_of_request(ask, &values->acknowledge_by, err));
	RD_TRY(days_after_answer(ask, values, err));
	return logged_on(ask, &values->logged_on, err);
}

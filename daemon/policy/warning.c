#include "redress/policy/warning.h"

#define MS_PER_HOUR ((int64_t)3600 * 1000)

static int step_of_instant(int64_t due_ms, int64_t now_ms)
{
	if (now_ms > due_ms)
		return RD_WARNING_PAST;
	return due_ms - now_ms <= RD_WARNING_HOURS * MS_PER_HOUR ? 1 : RD_WARNING_NONE;
}

/* Past the calendar every day counts: earlier is better than not at all. */
static int workdays_to(const struct rd_calendar *calendar, struct rd_date today, struct rd_date due)
{
	struct rd_err past_calendar = { 0 };
	int n;

	if (calendar == NULL ||
		rd_workdays_between(calendar, today, due, &n, &past_calendar) != RD_OK)
		return rd_date_days_between(today, due);
	return n;
}

int rd_warning_step(const struct rd_calendar *calendar, const int *before, size_t n_before,
	struct rd_date due, int64_t due_ms, int64_t now_ms)
{
	const struct rd_date today = rd_date_of(now_ms);
	int step = RD_WARNING_NONE, left;

	if (due_ms != 0)
		return step_of_instant(due_ms, now_ms);
	if (!rd_date_is_set(due))
		return RD_WARNING_NONE;
	if (rd_date_compare(today, due) > 0)
		return RD_WARNING_PAST;
	if (rd_date_compare(today, due) == 0)
		return RD_WARNING_TODAY;
	left = workdays_to(calendar, today, due);
	for (size_t i = 0; i < n_before; i++)
		if (left <= before[i] && before[i] < step)
			step = before[i];
	return step;
}

const char *rd_clock_words(enum rd_clock_id clock)
{
	static const char *const words[RD_N_CLOCKS] = {
		[RD_CLOCK_STAGE1_ACKNOWLEDGE] = "acknowledge the complaint",
		[RD_CLOCK_STAGE1_DEFINE] = "say what the complaint is about",
		[RD_CLOCK_STAGE1_CONTACT] = "get in touch with the resident",
		[RD_CLOCK_STAGE1_RESPOND] = "answer at stage 1",
		[RD_CLOCK_STAGE1_EXTENDED] = "answer at stage 1 (extended)",
		[RD_CLOCK_STAGE2_REQUEST] = "",
		[RD_CLOCK_STAGE2_ACCEPT] = "accept or refuse stage 2",
		[RD_CLOCK_STAGE2_ACKNOWLEDGE] = "acknowledge the request for stage 2",
		[RD_CLOCK_STAGE2_CONTACT] = "get in touch with the resident (stage 2)",
		[RD_CLOCK_STAGE2_RESPOND] = "answer at stage 2",
		[RD_CLOCK_STAGE2_EXTENDED] = "answer at stage 2 (extended)",
		[RD_CLOCK_CASE_CLOSE] = "",
		[RD_CLOCK_ENQUIRY_RESPOND] = "answer the enquiry",
		[RD_CLOCK_SURVEY_CONTACT] = "get in touch about the survey",
		[RD_CLOCK_CONDUCT_RESPOND] = "answer the complaint about staff",
		[RD_CLOCK_AGE_LIMIT] = "",
		[RD_CLOCK_HAZARD_EMERGENCY] = "look into the emergency and make it safe",
		[RD_CLOCK_HAZARD_INVESTIGATE] = "look into the hazard",
		[RD_CLOCK_HAZARD_SUMMARY] = "send the summary of what was found",
		[RD_CLOCK_HAZARD_MAKE_SAFE] = "make the home safe",
		[RD_CLOCK_FEEDBACK_RESPOND] = "answer the feedback",
	};

	return words[clock];
}

const char *rd_clock_words_answered(enum rd_clock_id clock)
{
	if (clock == RD_CLOCK_STAGE1_RESPOND || clock == RD_CLOCK_STAGE1_EXTENDED ||
		clock == RD_CLOCK_STAGE2_RESPOND || clock == RD_CLOCK_STAGE2_EXTENDED)
		return "see that the written answer reaches the resident";
	return rd_clock_words(clock);
}

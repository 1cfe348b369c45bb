/* Counting: which complaints belong to a slice, and how their duties went. */
#include "redress/gateway/report_figures.h"

#include <stdlib.h>
#include <string.h>

/* Code 6.2, 6.3, 6.11 and 6.14: working days. */
#define CODE_ACKNOWLEDGE_DAYS 5
#define CODE_RESPOND_DAYS     10
#define CODE_RESPOND_2_DAYS   20

bool rd_report_is_complaint(const struct rd_report_case *c)
{
	/* One without a stage is not decided yet, or its resident does not want it formal. */
	return c->kind == RD_COMPLAINT && c->stage != RD_STAGE_NONE;
}

struct rd_date rd_report_stage2_day(const struct rd_report_case *c)
{
	static const enum rd_report_clock_id clocks[] = { RD_REPORT_ACKNOWLEDGE_2,
		RD_REPORT_ACCEPT_2, RD_REPORT_RESPOND_2 };

	for (size_t i = 0; i < sizeof clocks / sizeof *clocks; i++)
		if (c->clocks[clocks[i]].ran && rd_date_is_set(c->clocks[clocks[i]].starts))
			return c->clocks[clocks[i]].starts;
	return (struct rd_date){ 0 };
}

static bool has_topic(const struct rd_report_case *c, const char *topic)
{
	if (topic[0] == '\0')
		return c->n_topics == 0;
	for (size_t i = 0; i < c->n_topics; i++)
		if (strcmp(c->topics[i], topic) == 0)
			return true;
	return false;
}

static bool within(const struct rd_slice *slice, struct rd_date day)
{
	return rd_date_is_set(day) && rd_date_compare(day, slice->from) >= 0 &&
	       rd_date_compare(day, slice->to) <= 0;
}

bool rd_slice_holds(const struct rd_slice *slice, const struct rd_report_case *c, int stage)
{
	const struct rd_date day =
		stage == 2 ? rd_report_stage2_day(c) : rd_date_of(c->received_ms);

	return rd_report_is_complaint(c) && within(slice, day) &&
	       (slice->topic == NULL || has_topic(c, slice->topic)) &&
	       (slice->channel < 0 || (int)c->channel == slice->channel) &&
	       (slice->tenure == NULL || c->tenure == *slice->tenure);
}

/* --- one duty of one case --- */

static const struct rd_date unknown_day = { 0 };

/* The nth working day by law; not set past the calendar: such a date is never guessed. */
static struct rd_date due_by_law(const struct rd_calendar *calendar, struct rd_date from, int n)
{
	struct rd_date due = { 0 };
	struct rd_err past = { 0 };

	if (!rd_date_is_set(from) || rd_workday_due_by_law(calendar, from, n, &due, &past) != RD_OK)
		return unknown_day;
	return due;
}

static struct rd_date later_of(struct rd_date a, struct rd_date b)
{
	return rd_date_compare(a, b) >= 0 ? a : b;
}

struct duty {
	struct rd_date done;	     /* not set: not done */
	struct rd_date due;	     /* not set: not known */
	struct rd_date due_extended; /* not set: no extension */
	struct rd_date closed;	     /* not set: the case is open */
	bool not_taken_on;	     /* and so it was never owed */
};

static enum rd_timing timing_of(const struct duty *duty, struct rd_date today)
{
	const bool extended = rd_date_is_set(duty->due_extended);
	const bool over = rd_date_is_set(duty->closed);
	const struct rd_date last = extended ? later_of(duty->due, duty->due_extended) : duty->due;

	if (!rd_date_is_set(duty->due))
		return rd_date_is_set(duty->done) || over ? RD_TIMING_UNRECORDED
							  : RD_TIMING_NOT_DUE;
	if (rd_date_is_set(duty->done)) {
		if (rd_date_compare(duty->done, duty->due) <= 0)
			return RD_TIMING_IN_TIME;
		return extended && rd_date_compare(duty->done, duty->due_extended) <= 0
			       ? RD_TIMING_EXTENDED
			       : RD_TIMING_LATE;
	}
	/* Closing a case late does not undo that its day had passed without an answer. */
	if (over && (duty->not_taken_on || rd_date_compare(duty->closed, last) <= 0))
		return RD_TIMING_UNRECORDED;
	return rd_date_compare(today, last) > 0 ? RD_TIMING_OVERDUE : RD_TIMING_NOT_DUE;
}

static struct rd_date day_or_none(int64_t ms)
{
	return ms != 0 ? rd_date_of(ms) : unknown_day;
}

/* What the two stages differ in. */
struct stage_of_case {
	struct rd_date began, acknowledged, answered, closed;
	bool not_taken_on;
	const struct rd_report_clock *acknowledge, *respond, *extended;
	int respond_days;
};

static struct stage_of_case stage_of(const struct rd_report_case *c, int stage)
{
	const bool first = stage == 1;
	const struct rd_report_clock *acknowledge =
		&c->clocks[first ? RD_REPORT_ACKNOWLEDGE : RD_REPORT_ACKNOWLEDGE_2];
	const struct rd_report_clock *respond =
		&c->clocks[first ? RD_REPORT_RESPOND : RD_REPORT_RESPOND_2];
	const struct rd_report_clock *extended =
		&c->clocks[first ? RD_REPORT_EXTENDED : RD_REPORT_EXTENDED_2];
	int64_t acknowledged_ms = acknowledge->met_ms;
	/* The longer date may take the place of the first one: the answer meets the one that runs.
	 */
	const int64_t answered_ms = respond->met_ms != 0 ? respond->met_ms : extended->met_ms;

	if (first && acknowledged_ms == 0)
		acknowledged_ms = c->acknowledged_ms;
	return (struct stage_of_case){
		.began = first ? rd_date_of(c->received_ms) : rd_report_stage2_day(c),
		.acknowledged = day_or_none(acknowledged_ms),
		.answered = day_or_none(answered_ms),
		.closed = c->status == RD_STATUS_CLOSED ? day_or_none(c->closed_ms) : unknown_day,
		.not_taken_on = first ? c->ends.excluded_for[0] != '\0' : c->ends.refused,
		.acknowledge = acknowledge,
		.respond = respond,
		.extended = extended,
		.respond_days = first ? CODE_RESPOND_DAYS : CODE_RESPOND_2_DAYS,
	};
}

static void note(struct rd_timings *timings, const struct duty *duty, struct rd_date today)
{
	timings->by[timing_of(duty, today)]++;
}

static void note_acknowledged(const struct rd_report_cases_of *of, const struct stage_of_case *s,
	struct rd_stage_figures *figures)
{
	const struct duty by_code = {
		.done = s->acknowledged,
		.due = due_by_law(of->calendar, s->began, CODE_ACKNOWLEDGE_DAYS),
		.closed = s->closed,
		.not_taken_on = s->not_taken_on,
	};
	struct duty by_policy = by_code;

	by_policy.due = s->acknowledge->due;

	note(&figures->acknowledged_code, &by_code, of->today);
	note(&figures->acknowledged_policy, &by_policy, of->today);
}

/* The Code allows an extension up to so long; the resident was told of a day that may be sooner. */
static struct rd_date earlier_of(struct rd_date by_law, struct rd_date told)
{
	const bool sooner =
		rd_date_is_set(told) && rd_date_is_set(by_law) && rd_date_compare(told, by_law) < 0;

	return sooner ? told : by_law;
}

/* An answer's days run from the acknowledgement; of one that never went, from the last day on which
 * it was due. */
static void note_answered(const struct rd_report_cases_of *of, const struct stage_of_case *s,
	struct rd_stage_figures *figures)
{
	const struct rd_date from =
		rd_date_is_set(s->acknowledged)
			? s->acknowledged
			: due_by_law(of->calendar, s->began, CODE_ACKNOWLEDGE_DAYS);
	struct duty by_code = {
		.done = s->answered, .closed = s->closed, .not_taken_on = s->not_taken_on
	};
	struct duty by_policy = by_code;

	by_policy.due = s->respond->due;
	by_code.due = due_by_law(of->calendar, from, s->respond_days);
	if (s->extended->ran) {
		by_code.due_extended = earlier_of(
			due_by_law(of->calendar, by_code.due, s->respond_days), s->extended->due);
		by_policy.due_extended = s->extended->due;
	}
	note(&figures->answered_code, &by_code, of->today);
	note(&figures->answered_policy, &by_policy, of->today);
}

static enum rd_rc note_days(const struct rd_report_cases_of *of, const struct stage_of_case *s,
	struct rd_stage_figures *figures, struct rd_err *err)
{
	int n = 0;
	struct rd_err past = { 0 };

	if (!rd_date_is_set(s->answered) ||
		rd_workdays_between(of->calendar, s->began, s->answered, &n, &past) != RD_OK)
		return RD_OK;
	if (figures->days == NULL)
		figures->days = rd_arena_array(of->arena, of->n, sizeof *figures->days);
	if (figures->days == NULL)
		return rd_fail(err, RD_E_RANGE,
			"there are too many cases for one report; ask for a shorter time");
	figures->days[figures->n_days++] = n;
	return RD_OK;
}

static int by_number(const void *a, const void *b)
{
	const int x = *(const int *)a, y = *(const int *)b;

	return x < y ? -1 : x > y;
}

enum rd_rc rd_report_count(const struct rd_report_cases_of *of, const struct rd_slice *slice,
	int stage, struct rd_stage_figures *ret_figures, struct rd_err *err)
{
	struct rd_stage_figures figures = { 0 };

	for (size_t i = 0; i < of->n; i++) {
		const struct rd_report_case *c = &of->cases[i];
		const bool over = c->status == RD_STATUS_CLOSED;

		if (!rd_slice_holds(slice, c, stage))
			continue;
		const struct stage_of_case s = stage_of(c, stage);
		const struct duty defined = {
			.done = day_or_none(c->clocks[RD_REPORT_DEFINE].met_ms),
			.due = c->clocks[RD_REPORT_DEFINE].due,
			.closed = s.closed,
			.not_taken_on = s.not_taken_on,
		};
		figures.received++;
		figures.closed += over;
		figures.open +=
			!over && !rd_date_is_set(s.answered) && !(stage == 2 && s.not_taken_on);
		/* A stage 2 that was refused is owed neither; it is told as refused. */
		if (stage == 1 || !s.not_taken_on) {
			note_acknowledged(of, &s, &figures);
			note_answered(of, &s, &figures);
		}
		figures.found[c->ends.found[stage - 1]] += rd_date_is_set(s.answered);
		figures.not_taken_on += s.not_taken_on;
		figures.withdrawn += c->ends.withdrawn_at == stage;
		figures.extended += c->ends.extended[stage - 1];
		figures.referred += c->ends.referred;
		if (stage == 1)
			note(&figures.defined, &defined, of->today);
		RD_TRY(note_days(of, &s, &figures, err));
	}
	if (figures.n_days > 1)
		qsort(figures.days, figures.n_days, sizeof *figures.days, by_number);
	*ret_figures = figures;
	return RD_OK;
}

int64_t rd_timings_in_time(const struct rd_timings *t)
{
	return t->by[RD_TIMING_IN_TIME] + t->by[RD_TIMING_EXTENDED];
}

int64_t rd_timings_settled(const struct rd_timings *t)
{
	return rd_timings_in_time(t) + t->by[RD_TIMING_LATE] + t->by[RD_TIMING_OVERDUE];
}

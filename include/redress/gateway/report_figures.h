/* report_figures: what the tables of a report are counted from. Private to gateway/report*.c. */
#ifndef REDRESS_GATEWAY_REPORT_FIGURES_H
#define REDRESS_GATEWAY_REPORT_FIGURES_H

#include "redress/policy/workday.h"
#include "redress/store/report_cases.h"

/* How one duty of one case went. */
enum rd_timing {
	RD_TIMING_IN_TIME = 0,
	RD_TIMING_EXTENDED,   /* in time, after an extension */
	RD_TIMING_LATE,	      /* done, too late */
	RD_TIMING_OVERDUE,    /* not done, and its day has passed */
	RD_TIMING_NOT_DUE,    /* not done, and its day has not passed */
	RD_TIMING_UNRECORDED, /* the case was closed and nothing says how this went */
	RD_N_TIMINGS,
};

struct rd_timings {
	int64_t by[RD_N_TIMINGS];
};

/* One stage of the complaints of a slice. */
struct rd_stage_figures {
	int64_t received, open, closed;
	struct rd_timings acknowledged_code, acknowledged_policy;
	struct rd_timings answered_code, answered_policy;
	struct rd_timings defined;
	int64_t found[RD_N_FOUND]; /* of those that were answered */
	int64_t not_taken_on;	   /* stage 1: excluded; stage 2: refused */
	int64_t withdrawn, extended, referred;
	int *days; /* working days from the start of the stage to its answer, sorted */
	size_t n_days;
};

/* Which of the cases are counted: complaints that came (stage 2: asked for it) on these days, with
 * this topic ("" one that names none; NULL any), by this channel (-1 any) and of this tenure (NULL
 * any). */
struct rd_slice {
	struct rd_date from, to;
	const char *topic;
	int channel;
	const enum rd_tenure *tenure;
};

struct rd_report_cases_of {
	const struct rd_report_case *cases;
	size_t n;
	const struct rd_calendar *calendar;
	struct rd_date today;
	struct rd_arena *arena;
};

bool rd_report_is_complaint(const struct rd_report_case *c);
/* The day on which stage 2 was asked for; not set: never. */
struct rd_date rd_report_stage2_day(const struct rd_report_case *c);
bool rd_slice_holds(const struct rd_slice *slice, const struct rd_report_case *c, int stage);

/* stage: 1 or 2. */
RD_MUST_USE enum rd_rc rd_report_count(const struct rd_report_cases_of *of,
	const struct rd_slice *slice, int stage, struct rd_stage_figures *ret_figures,
	struct rd_err *err);

int64_t rd_timings_in_time(const struct rd_timings *t);
int64_t rd_timings_settled(
	const struct rd_timings *t); /* the denominator: in time, late, overdue */

#endif

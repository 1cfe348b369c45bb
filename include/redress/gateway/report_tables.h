/* report_tables: a report on its way: what it is counted from, and the tables made of it. Private
 * to gateway/report*.c.
 */
#ifndef REDRESS_GATEWAY_REPORT_TABLES_H
#define REDRESS_GATEWAY_REPORT_TABLES_H

#include "redress/gateway/report.h"
#include "redress/gateway/report_figures.h"

struct rd_report_made {
	const struct rd_report_ask *ask;
	struct rd_db *db;
	struct rd_arena *arena;
	struct rd_report *report;
	struct rd_report_known known;
	struct rd_report_cases_of now, before;
	struct rd_slice whole, whole_before;
	struct rd_stage_figures stage[3], stage_before[3]; /* by 1 and 2 */
	bool decrees_known; /* something of the Ombudsman's was recorded at least once */
};

/* The first day of a month; month 13 is the next year's January. */
struct rd_date rd_report_month(int year, int month);

/* The row that no counting of cases makes. */
#define RD_REPORT_HOMES "Homes"

/* Whole months side by side, up to the most that stand beside one another: then quarters. How many
 * there are; labels lie in the arena. */
size_t rd_report_parts(const struct rd_report *report,
	struct rd_slice parts[static RD_REPORT_PERIODS_MAX],
	const char *labels[static RD_REPORT_PERIODS_MAX], struct rd_arena *arena);

/* Was there a day of these on which the gateway kept cases, today or before? */
bool rd_report_was_kept(const struct rd_report *report, struct rd_date from, struct rd_date to);

/* report_ombudsman.c: what the Ombudsman decided on these days, whenever the complaints came. */
RD_MUST_USE enum rd_rc rd_report_ombudsman(struct rd_report_made *m, struct rd_err *err);

/* report_tenure.c: CH01 and CH02 of each tenure, where the contacts file tells any. */
RD_MUST_USE enum rd_rc rd_report_tenure(struct rd_report_made *m, struct rd_err *err);

/* Adds every table of the report's kind. */
RD_MUST_USE enum rd_rc rd_report_tables(struct rd_report_made *m, struct rd_err *err);

#endif

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
};

/* The first day of a month; month 13 is the next year's January. */
struct rd_date rd_report_month(int year, int month);

/* Adds every table of the report's kind. */
RD_MUST_USE enum rd_rc rd_report_tables(struct rd_report_made *m, struct rd_err *err);

#endif

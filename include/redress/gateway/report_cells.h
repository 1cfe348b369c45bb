/* report_cells: what the tables of a report are made of: cells, rows, and what is not printed in a
 * report that is to be published. Private to gateway/report*.c.
 *
 *	struct rd_report_table *t = rd_report_begin(m, "remedies", "Compensation", "", 1);
 *	rd_report_add_column(t, "measure", "Measure");
 *	rd_report_add_column(t, "number", "Number");
 *	rd_report_add_column(t, "pounds", "Pounds");
 *	rd_report_add(t, "Offered", rd_cell_small(m, rd_cell_count(4)), rd_cell_unknown);
 */
#ifndef REDRESS_GATEWAY_REPORT_CELLS_H
#define REDRESS_GATEWAY_REPORT_CELLS_H

#include "redress/gateway/report_tables.h"

extern const struct rd_cell rd_cell_unknown, rd_cell_hidden;

struct rd_cell rd_cell_text(const char *text);
struct rd_cell rd_cell_count(int64_t n);
struct rd_cell rd_cell_pounds(int64_t pence);
struct rd_cell rd_cell_share(int64_t n, int64_t of);
struct rd_cell rd_cell_in_time(const struct rd_timings *t);
/* Unknown without a number of homes. */
struct rd_cell rd_cell_rate(const struct rd_report_made *m, int64_t n);
struct rd_cell rd_cell_if_known(bool known, struct rd_cell cell);
/* In a breakdown that is to be published, a few may be somebody. */
struct rd_cell rd_cell_small(const struct rd_report_made *m, struct rd_cell cell);
/* What was worked out from so many: an amount or a number of days of a few is somebody's. */
struct rd_cell rd_cell_of_enough(const struct rd_report_made *m, struct rd_cell cell, size_t n);

/* The next table. All its columns come before its first row, the one that names the rows first. */
struct rd_report_table *rd_report_begin(struct rd_report_made *m, const char *name,
	const char *title, const char *about, size_t rows_max);
void rd_report_add_column(struct rd_report_table *t, const char *name, const char *head);
/* The next row's cells, all unknown but the label. NULL where the arena is full. */
struct rd_cell *rd_report_add_row(struct rd_report_table *t, const char *label);
/* A row of a table of three columns. */
void rd_report_add(
	struct rd_report_table *t, const char *label, struct rd_cell a, struct rd_cell b);
/* One cell alone that is hidden comes back by taking the others from a total that is printed: then
 * the least of the others goes too. Of n rows from `from` on, in the column `at`. */
void rd_report_hide_a_second(const struct rd_report_made *m, struct rd_report_table *t, size_t at,
	size_t from, size_t n);

#endif

/* report_show: a report as text, JSON, CSV and a page. */
#ifndef REDRESS_REDRESSCTL_REPORT_SHOW_H
#define REDRESS_REDRESSCTL_REPORT_SHOW_H

#include <stdio.h>
#include "redress/gateway/report.h"

#define RD_CELL_WORDS_MAX 80

/* A cell as people read it; a text cell's own words come back as they are. */
const char *rd_cell_words(const struct rd_cell *cell, char out[static RD_CELL_WORDS_MAX]);
const struct rd_cell *rd_report_row(const struct rd_report_table *table, size_t row);
/* "homes: 12,400" and the like: what stands above the tables. Arena of the caller's. */
const char *rd_report_head(const struct rd_report *report, struct rd_arena *arena);

void rd_report_print_text(const struct rd_report *report, struct rd_arena *arena);
void rd_report_print_json(const struct rd_report *report);
void rd_report_print_csv(const struct rd_report *report);
void rd_report_print_html(const struct rd_report *report, struct rd_arena *arena, FILE *out);

#endif

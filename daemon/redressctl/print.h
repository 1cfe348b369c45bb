/* print: how redressctl shows things: tables for people, JSON for machines.
 *
 * JSON: instants RFC 3339 with offset, days YYYY-MM-DD, unknown is null, never left out.
 */
#ifndef REDRESS_REDRESSCTL_PRINT_H
#define REDRESS_REDRESSCTL_PRINT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include "redress/base/date.h"

json_t *rd_json_instant(int64_t ms);	  /* 0: null */
json_t *rd_json_day(struct rd_date day);  /* not set: null */
json_t *rd_json_text(const char *text);	  /* NULL or "": null */
json_t *rd_json_string(const char *text); /* bytes that are no UTF-8 become question marks */
json_t *rd_json_flags(const bool *flags);
json_t *rd_json_words(const char *const *words, size_t n);
/* Prints it on one line of its own and gives it up. Never NULL: what json_pack refuses is our bug.
 */
void rd_json_print(json_t *json);

/* Words that somebody else wrote, in one line: nothing in them may steer a terminal. */
void rd_print_words(FILE *out, const char *words);
/* The same of many lines: their ends and tabs stay. */
void rd_print_lines(FILE *out, const char *lines, size_t len);

/* A cell of CSV: always in quotes, in one line, and no formula, whatever opens it. */
void rd_csv_print(FILE *out, const char *words);

/* A table: a row of cells at a time, columns lined up at the end. At most RD_TABLE_COLUMNS. */
#define RD_TABLE_COLUMNS 10
struct rd_table {
	size_t n_columns;
	const char *heads[RD_TABLE_COLUMNS];
	char ***rows;
	size_t n_rows, size;
};
void rd_table_begin(struct rd_table *table, const char *const *heads); /* NULL-ended */
void rd_table_row(struct rd_table *table, const char *const *cells);   /* n_columns of them */
/* Prints heads and rows, or `otherwise` where there is none, and frees it. */
void rd_table_end(struct rd_table *table, const char *otherwise);

/* What a list command shows, either way: as a table, or as a JSON array. Declare it with
 * RD_CLEANUP(rd_listing_free), so that a failure half-way leaves nothing behind. */
struct rd_listing {
	json_t *json; /* an array; NULL where people read */
	struct rd_table table;
};
void rd_listing_begin(struct rd_listing *listing, bool as_json, const char *const *heads);
void rd_listing_show(struct rd_listing *listing, const char *otherwise);
void rd_listing_free(struct rd_listing *listing);

/* "Mon 23 Nov 2026", "-" where it is not set. */
const char *rd_short_day(struct rd_date day, char out[static 20]);
const char *rd_short_instant(int64_t ms, char out[static 24]); /* "23 Nov 2026 14:05" */

#endif

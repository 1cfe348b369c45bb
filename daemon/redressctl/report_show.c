/* A report as text, as JSON and as CSV. */
#include "report_show.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "print.h"

/* One decimal, as the Regulator's are told; half up. */
static double one_decimal(double value)
{
	return floor(value * 10 + 0.5) / 10;
}

static double per_cent(const struct rd_cell *cell)
{
	return one_decimal((double)cell->n * 100 / (double)cell->of);
}

static double per_thousand(const struct rd_cell *cell)
{
	return one_decimal((double)cell->n * 1000 / (double)cell->of);
}

const char *rd_cell_words(const struct rd_cell *cell, char out[static RD_CELL_WORDS_MAX])
{
	static const char *const units[] = { "", " points", " per 1,000" };

	switch (cell->kind) {
	case RD_CELL_TEXT:
		return cell->text;
	case RD_CELL_COUNT:
		snprintf(out, RD_CELL_WORDS_MAX, "%" PRId64, cell->n);
		return out;
	case RD_CELL_SHARE:
		if (cell->of == 0)
			return "none";
		snprintf(out, RD_CELL_WORDS_MAX, "%" PRId64 " of %" PRId64 " (%.1f%%)", cell->n,
			cell->of, per_cent(cell));
		return out;
	case RD_CELL_RATE:
		snprintf(out, RD_CELL_WORDS_MAX, "%.1f (%" PRId64 " in %" PRId64 " homes)",
			per_thousand(cell), cell->n, cell->of);
		return out;
	case RD_CELL_DAYS:
		snprintf(out, RD_CELL_WORDS_MAX, "%.1f", one_decimal(cell->value));
		return out;
	case RD_CELL_CHANGE:
		if (cell->of == 0)
			snprintf(out, RD_CELL_WORDS_MAX, "%+.0f", cell->value);
		else
			snprintf(out, RD_CELL_WORDS_MAX, "%+.1f%s", one_decimal(cell->value),
				units[cell->of]);
		return out;
	case RD_CELL_POUNDS:
		snprintf(out, RD_CELL_WORDS_MAX, "\xc2\xa3%" PRId64 ".%02d", cell->n / 100,
			(int)(cell->n % 100));
		return out;
	case RD_CELL_HIDDEN:
		return "not shown";
	case RD_CELL_UNKNOWN:
		break;
	}
	return "not known";
}

const struct rd_cell *rd_report_row(const struct rd_report_table *table, size_t row)
{
	return &table->cells[row * table->n_columns];
}

const char *rd_report_head(const struct rd_report *report, struct rd_arena *arena)
{
	char today[RD_LONG_DATE_MAX], from[RD_LONG_DATE_MAX], to[RD_LONG_DATE_MAX];
	const char *homes = report->homes != 0
				    ? rd_arena_printf(arena, "%" PRId64 " homes", report->homes)
				    : "number of homes not known";

	return rd_arena_printf(arena,
		"%s. Made on %s. Counts complaints that came by e-mail and text message, and those "
		"by telephone, by letter and in person for which staff opened a case. Compared "
		"with %s to %s.",
		homes, rd_date_format_long(report->today, today),
		rd_date_format_long(report->before_from, from),
		rd_date_format_long(report->before_to, to));
}

/* --- text --- */

void rd_report_print_text(const struct rd_report *report, struct rd_arena *arena)
{
	printf("%s: %s\n%s\n", report->full_name, report->title, rd_report_head(report, arena));
	for (size_t i = 0; i < report->n_notes; i++)
		printf("%s\n", report->notes[i]);
	for (size_t i = 0; i < report->n_tables; i++) {
		const struct rd_report_table *t = &report->tables[i];
		const char *heads[RD_REPORT_COLUMNS_MAX + 1] = { NULL };
		struct rd_table table;

		memcpy(heads, t->heads, t->n_columns * sizeof *heads);
		printf("\n%s\n", t->title);
		rd_table_begin(&table, heads);
		for (size_t row = 0; row < t->n_rows; row++) {
			char words[RD_REPORT_COLUMNS_MAX][RD_CELL_WORDS_MAX];
			const char *cells[RD_REPORT_COLUMNS_MAX];

			for (size_t c = 0; c < t->n_columns; c++)
				cells[c] = rd_cell_words(&rd_report_row(t, row)[c], words[c]);
			rd_table_row(&table, cells);
		}
		rd_table_end(&table, "  none");
	}
	puts("\nNot known");
	for (size_t i = 0; i < report->n_unknown; i++)
		printf("  %s: %s\n", report->unknown[i][0], report->unknown[i][1]);
}

/* --- JSON --- */

static json_t *cell_json(const struct rd_cell *cell)
{
	switch (cell->kind) {
	case RD_CELL_TEXT:
		return rd_json_string(cell->text);
	case RD_CELL_COUNT:
		return json_integer(cell->n);
	case RD_CELL_SHARE:
		return json_pack("{s:I,s:I,s:o}", "n", (json_int_t)cell->n, "of",
			(json_int_t)cell->of, "percent",
			cell->of != 0 ? json_real(per_cent(cell)) : json_null());
	case RD_CELL_RATE:
		return json_pack("{s:I,s:I,s:f}", "n", (json_int_t)cell->n, "homes",
			(json_int_t)cell->of, "per_1000", per_thousand(cell));
	case RD_CELL_DAYS:
	case RD_CELL_CHANGE:
		return json_real(one_decimal(cell->value));
	case RD_CELL_POUNDS:
		return json_real((double)cell->n / 100);
	case RD_CELL_HIDDEN:
		return json_pack("{s:b}", "hidden", 1);
	case RD_CELL_UNKNOWN:
		break;
	}
	return json_null();
}

static json_t *table_json(const struct rd_report_table *t)
{
	json_t *rows = json_array();

	for (size_t row = 0; row < t->n_rows; row++) {
		json_t *item = json_object();

		for (size_t c = 0; c < t->n_columns; c++)
			json_object_set_new(
				item, t->columns[c], cell_json(&rd_report_row(t, row)[c]));
		json_array_append_new(rows, item);
	}
	return json_pack("{s:s,s:s,s:o}", "table", t->name, "title", t->title, "rows", rows);
}

void rd_report_print_json(const struct rd_report *report)
{
	json_t *tables = json_array(), *not_known = json_array();

	for (size_t i = 0; i < report->n_tables; i++)
		json_array_append_new(tables, table_json(&report->tables[i]));
	for (size_t i = 0; i < report->n_unknown; i++)
		json_array_append_new(
			not_known, json_pack("{s:s,s:s}", "what", report->unknown[i][0], "why",
					   report->unknown[i][1]));
	rd_json_print(json_pack("{s:s,s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:[sssss],s:o,s:o,s:o}",
		"report", rd_report_names[report->kind], "landlord", report->landlord, "from",
		rd_json_day(report->from), "to", rd_json_day(report->to), "made",
		rd_json_day(report->today), "since", rd_json_day(report->since), "before_from",
		rd_json_day(report->before_from), "before_to", rd_json_day(report->before_to),
		"homes", report->homes != 0 ? json_integer(report->homes) : json_null(), "channels",
		"email", "sms", "phone", "letter", "in_person", "notes",
		rd_json_words(report->notes, report->n_notes), "tables", tables, "not_known",
		not_known));
}

/* --- CSV --- */

static void csv_cell(const struct rd_cell *cell)
{
	switch (cell->kind) {
	case RD_CELL_TEXT:
		rd_csv_print(stdout, cell->text);
		fputs(",,", stdout);
		return;
	case RD_CELL_COUNT:
		printf("%" PRId64 ",,", cell->n);
		return;
	case RD_CELL_SHARE:
		printf("%" PRId64 ",%" PRId64 ",", cell->n, cell->of);
		if (cell->of != 0)
			printf("%.1f", per_cent(cell));
		return;
	case RD_CELL_RATE:
		printf("%" PRId64 ",%" PRId64 ",%.1f", cell->n, cell->of, per_thousand(cell));
		return;
	case RD_CELL_DAYS:
	case RD_CELL_CHANGE:
		printf("%.1f,,", one_decimal(cell->value));
		return;
	case RD_CELL_POUNDS:
		printf("%" PRId64 ".%02d,,", cell->n / 100, (int)(cell->n % 100));
		return;
	case RD_CELL_HIDDEN:
		fputs("\"not shown\",,", stdout);
		return;
	case RD_CELL_UNKNOWN:
		break;
	}
	fputs("\"not known\",,", stdout);
}

void rd_report_print_csv(const struct rd_report *report)
{
	char from[RD_DATE_MAX], to[RD_DATE_MAX];

	puts("landlord,from,to,table,row,column,value,of,rate");
	for (size_t i = 0; i < report->n_tables; i++) {
		const struct rd_report_table *t = &report->tables[i];

		for (size_t row = 0; row < t->n_rows; row++)
			for (size_t c = 1; c < t->n_columns; c++) {
				const struct rd_cell *cells = rd_report_row(t, row);

				printf("%s,%s,%s,%s,", report->landlord,
					rd_date_format(report->from, from),
					rd_date_format(report->to, to), t->name);
				rd_csv_print(stdout, cells[0].text);
				printf(",%s,", t->columns[c]);
				csv_cell(&cells[c]);
				putchar('\n');
			}
	}
}

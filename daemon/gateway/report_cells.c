#include "redress/gateway/report_cells.h"

#include "redress/base/err.h"

const struct rd_cell rd_cell_unknown = { .kind = RD_CELL_UNKNOWN };
const struct rd_cell rd_cell_hidden = { .kind = RD_CELL_HIDDEN };

struct rd_cell rd_cell_text(const char *text)
{
	return (struct rd_cell){ .kind = RD_CELL_TEXT, .text = text };
}

struct rd_cell rd_cell_count(int64_t n)
{
	return (struct rd_cell){ .kind = RD_CELL_COUNT, .n = n };
}

struct rd_cell rd_cell_pounds(int64_t pence)
{
	return (struct rd_cell){ .kind = RD_CELL_POUNDS, .n = pence };
}

struct rd_cell rd_cell_share(int64_t n, int64_t of)
{
	return (struct rd_cell){ .kind = RD_CELL_SHARE, .n = n, .of = of };
}

struct rd_cell rd_cell_in_time(const struct rd_timings *t)
{
	return rd_cell_share(rd_timings_in_time(t), rd_timings_settled(t));
}

struct rd_cell rd_cell_rate(const struct rd_report_made *m, int64_t n)
{
	if (m->ask->homes == 0)
		return rd_cell_unknown;
	return (struct rd_cell){ .kind = RD_CELL_RATE, .n = n, .of = m->ask->homes };
}

struct rd_cell rd_cell_if_known(bool known, struct rd_cell cell)
{
	return known ? cell : rd_cell_unknown;
}

struct rd_cell rd_cell_small(const struct rd_report_made *m, struct rd_cell cell)
{
	const bool counts = cell.kind == RD_CELL_COUNT || cell.kind == RD_CELL_RATE;
	const bool few = counts && cell.n > 0 && cell.n < RD_REPORT_SMALL;
	const bool few_left =
		cell.kind == RD_CELL_SHARE && cell.of > 0 && cell.of < RD_REPORT_SMALL;

	return m->ask->publish && (few || few_left) ? rd_cell_hidden : cell;
}

struct rd_cell rd_cell_of_enough(const struct rd_report_made *m, struct rd_cell cell, size_t n)
{
	return m->ask->publish && n < RD_REPORT_SMALL && cell.kind != RD_CELL_UNKNOWN
		       ? rd_cell_hidden
		       : cell;
}

struct rd_report_table *rd_report_begin(struct rd_report_made *m, const char *name,
	const char *title, const char *about, size_t rows_max)
{
	struct rd_report_table *t = &m->report->tables[m->report->n_tables++];

	RD_ASSERT(m->report->n_tables <= RD_REPORT_TABLES_MAX);
	*t = (struct rd_report_table){ .name = name, .title = title, .about = about };
	t->cells = rd_arena_array(m->arena, rows_max * RD_REPORT_COLUMNS_MAX, sizeof *t->cells);
	return t;
}

void rd_report_add_column(struct rd_report_table *t, const char *name, const char *head)
{
	RD_ASSERT(t->n_columns < RD_REPORT_COLUMNS_MAX && t->n_rows == 0);
	t->columns[t->n_columns] = name;
	t->heads[t->n_columns++] = head;
}

struct rd_cell *rd_report_add_row(struct rd_report_table *t, const char *label)
{
	struct rd_cell *cells;

	if (t->cells == NULL)
		return NULL;
	cells = &t->cells[t->n_rows++ * t->n_columns];
	cells[0] = (struct rd_cell){ .kind = RD_CELL_TEXT, .text = label };
	return cells;
}

void rd_report_add(struct rd_report_table *t, const char *label, struct rd_cell a, struct rd_cell b)
{
	struct rd_cell *cells = rd_report_add_row(t, label);

	if (cells != NULL) {
		cells[1] = a;
		cells[2] = b;
	}
}

void rd_report_hide_a_second(
	const struct rd_report_made *m, struct rd_report_table *t, size_t at, size_t from, size_t n)
{
	struct rd_cell *least = NULL;
	size_t n_hidden = 0;

	if (!m->ask->publish || t->cells == NULL)
		return;
	for (size_t i = from; i < from + n && i < t->n_rows; i++) {
		struct rd_cell *cell = &t->cells[i * t->n_columns + at];

		n_hidden += cell->kind == RD_CELL_HIDDEN;
		if (cell->kind == RD_CELL_COUNT &&
			(least == NULL || least->n == 0 || (cell->n != 0 && cell->n < least->n)))
			least = cell;
	}
	if (n_hidden == 1 && least != NULL)
		*least = rd_cell_hidden;
}

/* A report as one page, with its charts drawn in it. */
#include "report_show.h"

#include <inttypes.h>
#include <string.h>

#include "html.h"

#define CHART_ROWS_MAX 15 /* the longest bars; the table below has all */
#define WIDTH	       720
#define BAR_HEIGHT     26
#define LABEL_WIDTH    240
#define COLUMN_HEIGHT  200

static int64_t value_of(const struct rd_cell *cell)
{
	return cell->kind == RD_CELL_COUNT ? cell->n : 0;
}

static int64_t largest(const struct rd_report_table *t)
{
	int64_t most = 1;

	for (size_t row = 0; row < t->n_rows; row++)
		for (size_t c = t->chart_from; c < t->chart_from + t->chart_n; c++)
			if (value_of(&rd_report_row(t, row)[c]) > most)
				most = value_of(&rd_report_row(t, row)[c]);
	return most;
}

/* A label of a chart: the beginning of long words. */
static void chart_label(FILE *out, const char *words, size_t chars_max)
{
	size_t len = 0, chars = 0;

	while (words[len] != '\0' && chars < chars_max) {
		len++;
		while (((unsigned char)words[len] & 0xC0) == 0x80)
			len++;
		chars++;
	}
	rd_html_words_len(out, words, len);
	if (words[len] != '\0')
		fputs("&#8230;", out);
}

static void begin_chart(FILE *out, const struct rd_report_table *t, long height)
{
	fprintf(out, "<figure><svg viewBox=\"0 0 %d %ld\" width=\"%d\" role=\"img\" aria-label=\"",
		WIDTH, height, WIDTH);
	rd_html_words(out, t->title);
	fputs(", as a chart; the table below has the same figures\">", out);
}

static void draw_bars(FILE *out, const struct rd_report_table *t)
{
	const size_t n = t->n_rows < CHART_ROWS_MAX ? t->n_rows : CHART_ROWS_MAX;
	const int64_t most = largest(t);

	begin_chart(out, t, (long)n * BAR_HEIGHT + 8);
	for (size_t row = 0; row < n; row++) {
		const struct rd_cell *cells = rd_report_row(t, row);
		const struct rd_cell *cell = &cells[t->chart_from];
		const long y = (long)row * BAR_HEIGHT + 4;
		const int64_t width = value_of(cell) * (WIDTH - LABEL_WIDTH - 60) / most;
		char words[RD_CELL_WORDS_MAX];

		fprintf(out, "<text x=\"%d\" y=\"%ld\" text-anchor=\"end\">", LABEL_WIDTH - 8,
			y + 16);
		chart_label(out, cells[0].text, 30);
		fprintf(out,
			"</text><rect class=\"s0\" x=\"%d\" y=\"%ld\" width=\"%" PRId64
			"\" height=\"%d\"/><text x=\"%" PRId64 "\" y=\"%ld\">",
			LABEL_WIDTH, y, width, BAR_HEIGHT - 6, LABEL_WIDTH + width + 6, y + 16);
		rd_html_words(out, rd_cell_words(cell, words));
		fputs("</text>", out);
	}
	fputs("</svg></figure>\n", out);
}

static void draw_columns(FILE *out, const struct rd_report_table *t)
{
	const long slot = t->n_rows != 0 ? WIDTH / (long)t->n_rows : WIDTH;
	const long width = slot * 2 / (3 * (long)t->chart_n);
	const int64_t most = largest(t);

	begin_chart(out, t, COLUMN_HEIGHT + 60);
	for (size_t row = 0; row < t->n_rows; row++) {
		const struct rd_cell *cells = rd_report_row(t, row);

		for (size_t k = 0; k < t->chart_n; k++) {
			const struct rd_cell *cell = &cells[t->chart_from + k];
			const int64_t height = value_of(cell) * COLUMN_HEIGHT / most;
			const long x = (long)row * slot + slot / 6 + (long)k * width;

			if (cell->kind != RD_CELL_COUNT)
				continue;
			fprintf(out,
				"<rect class=\"s%zu\" x=\"%ld\" y=\"%" PRId64
				"\" width=\"%ld\" height=\"%" PRId64
				"\"/><text x=\"%ld\" y=\"%" PRId64
				"\" text-anchor=\"middle\">%" PRId64 "</text>",
				k, x, 20 + COLUMN_HEIGHT - height, width - 4, height, x + width / 2,
				14 + COLUMN_HEIGHT - height, cell->n);
		}
		fprintf(out, "<text x=\"%ld\" y=\"%d\" text-anchor=\"middle\">",
			(long)row * slot + slot / 2, COLUMN_HEIGHT + 40);
		chart_label(out, cells[0].text, 20);
		fputs("</text>", out);
	}
	fprintf(out,
		"<line class=\"axis\" x1=\"0\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/></svg><figcaption>",
		COLUMN_HEIGHT + 20, WIDTH, COLUMN_HEIGHT + 20);
	for (size_t k = 0; k < t->chart_n; k++) {
		fprintf(out,
			"%s<svg width=\"14\" height=\"14\"><rect class=\"s%zu\" width=\"14\" "
			"height=\"14\"/></svg> ",
			k != 0 ? " &#160; " : "", k);
		rd_html_words(out, t->heads[t->chart_from + k]);
	}
	fputs("</figcaption></figure>\n", out);
}

static void print_table(FILE *out, const struct rd_report_table *t)
{
	rd_html_element(out, "h2", t->title);
	if (t->about[0] != '\0')
		rd_html_element(out, "p class=\"about\"", t->about);
	if (t->chart == RD_CHART_BARS)
		draw_bars(out, t);
	else if (t->chart == RD_CHART_COLUMNS)
		draw_columns(out, t);
	fputs("<table><thead><tr>", out);
	for (size_t c = 0; c < t->n_columns; c++)
		rd_html_element(out, "th scope=\"col\"", t->heads[c]);
	fputs("</tr></thead><tbody>\n", out);
	for (size_t row = 0; row < t->n_rows; row++) {
		const struct rd_cell *cells = rd_report_row(t, row);

		fputs("<tr>", out);
		for (size_t c = 0; c < t->n_columns; c++) {
			char words[RD_CELL_WORDS_MAX];
			const char *tag = c == 0			     ? "th scope=\"row\""
					  : cells[c].kind == RD_CELL_UNKNOWN ? "td class=\"not\""
					  : cells[c].kind == RD_CELL_TEXT    ? "td"
									     : "td class=\"n\"";
			rd_html_element(out, tag, rd_cell_words(&cells[c], words));
		}
		fputs("</tr>\n", out);
	}
	fputs("</tbody></table>\n", out);
}

void rd_report_print_html(const struct rd_report *report, struct rd_arena *arena, FILE *out)
{
	rd_html_begin(out, report->title);
	rd_html_element(out, "p", report->full_name);
	rd_html_element(out, "h1", report->title);
	rd_html_element(out, "p", rd_report_head(report, arena));
	for (size_t i = 0; i < report->n_notes; i++)
		rd_html_element(out, "p", report->notes[i]);
	for (size_t i = 0; i < report->n_tables; i++)
		print_table(out, &report->tables[i]);
	fputs("<h2>Not known</h2>\n<ul>", out);
	for (size_t i = 0; i < report->n_unknown; i++) {
		fputs("<li>", out);
		rd_html_words(out, report->unknown[i][0]);
		fputs(": ", out);
		rd_html_words(out, report->unknown[i][1]);
		fputs("</li>\n", out);
	}
	fputs("</ul>\n", out);
	rd_html_end(out);
}

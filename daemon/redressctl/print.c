#include "print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistr.h>
#include <wchar.h>

#include "redress/rules/kind.h"

json_t *rd_json_instant(int64_t ms)
{
	char text[RD_INSTANT_MAX];

	return ms == 0 ? json_null() : json_string(rd_instant_format(ms, text));
}

json_t *rd_json_day(struct rd_date day)
{
	char text[RD_DATE_MAX];

	return rd_date_is_set(day) ? json_string(rd_date_format(day, text)) : json_null();
}

/* A letter, a calendar or a file's name may hold any bytes; an answer in JSON may not. */
json_t *rd_json_string(const char *text)
{
	json_t *string = json_string(text);

	if (string != NULL)
		return string;
	const size_t len = strlen(text);
	uint8_t *copy = malloc(len + 1);
	RD_ASSERT(copy != NULL);
	memcpy(copy, text, len + 1);
	for (size_t at = 0; at < len;) {
		const uint8_t *bad = u8_check(copy + at, len - at);
		if (bad == NULL)
			break;
		at = (size_t)(bad - copy);
		copy[at++] = '?';
	}
	string = json_string((const char *)copy);
	free(copy);
	RD_ASSERT(string != NULL);
	return string;
}

json_t *rd_json_text(const char *text)
{
	return text == NULL || text[0] == '\0' ? json_null() : rd_json_string(text);
}

json_t *rd_json_flags(const bool *flags)
{
	json_t *list = json_array();

	for (int i = 0; i < RD_N_FLAGS; i++)
		if (flags[i])
			json_array_append_new(list, json_string(rd_flag_names[i]));
	return list;
}

json_t *rd_json_words(const char *const *words, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, rd_json_string(words[i]));
	return list;
}

void rd_json_print(json_t *json)
{
	RD_ASSERT(json != NULL);
	char *text = json_dumps(json, JSON_COMPACT | JSON_PRESERVE_ORDER);

	RD_ASSERT(text != NULL);
	puts(text);
	free(text);
	json_decref(json);
}

/* ASCII's control characters, and those that UTF-8 writes as C2 80 to C2 9F. */
static bool steers(const char *at, const char *end)
{
	const unsigned char c = (unsigned char)at[0];

	return c < 0x20 || c == 0x7f ||
	       (c == 0xc2 && at + 1 < end && (unsigned char)at[1] >= 0x80 &&
		       (unsigned char)at[1] < 0xa0);
}

static void print_tame(FILE *out, const char *text, size_t len, const char *but)
{
	const char *end = text + len;

	for (const char *at = text; at < end; at++) {
		const bool end_of_line = at[0] == '\r' && at + 1 < end && at[1] == '\n';
		const bool kept =
			*but != '\0' && (end_of_line || (*at != '\0' && strchr(but, *at) != NULL));

		if (kept || !steers(at, end)) {
			putc(*at, out);
			continue;
		}
		at += (unsigned char)*at == 0xc2;
		putc(' ', out);
	}
}

void rd_print_words(FILE *out, const char *words)
{
	print_tame(out, words, strlen(words), "");
}

void rd_print_lines(FILE *out, const char *lines, size_t len)
{
	print_tame(out, lines, len, "\t\n");
}

/* How many columns a cell takes on a terminal, by code points; enough for lining up. */
static size_t width(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += ((unsigned char)*text & 0xC0) != 0x80;
	return n;
}

void rd_csv_print(FILE *out, const char *words)
{
	/* Whatever a spreadsheet passes over before a formula: blanks, tabs, ends of lines. */
	while (*words == ' ' || (*words > 0 && *words < 0x20))
		words++;
	putc('"', out);
	if (*words != '\0' && strchr("=+-@", *words) != NULL)
		putc('\'', out);
	for (; *words != '\0'; words++) {
		if (*words == '"')
			putc('"', out);
		putc((unsigned char)*words < 0x20 ? ' ' : *words, out);
	}
	putc('"', out);
}

void rd_table_begin(struct rd_table *table, const char *const *heads)
{
	memset(table, 0, sizeof *table);
	while (heads[table->n_columns] != NULL) {
		RD_ASSERT(table->n_columns < RD_TABLE_COLUMNS);
		table->heads[table->n_columns] = heads[table->n_columns];
		table->n_columns++;
	}
}

/* A cell is one line: what could move the cursor becomes a blank. */
static char *copy_cell(const char *cell)
{
	char *copy = strdup(cell);

	RD_ASSERT(copy != NULL);
	const char *end = copy + strlen(copy);
	for (char *c = copy; c < end; c++) {
		if (!steers(c, end))
			continue;
		if ((unsigned char)*c == 0xc2)
			*c++ = ' ';
		*c = ' ';
	}
	return copy;
}

void rd_table_row(struct rd_table *table, const char *const *cells)
{
	char **row = calloc(table->n_columns, sizeof *row);

	RD_ASSERT(row != NULL);
	if (table->n_rows == table->size) {
		table->size = table->size == 0 ? 64 : 2 * table->size;
		table->rows = realloc(table->rows, table->size * sizeof *table->rows);
		RD_ASSERT(table->rows != NULL);
	}
	for (size_t i = 0; i < table->n_columns; i++)
		row[i] = copy_cell(cells[i]);
	table->rows[table->n_rows++] = row;
}

static void print_row(const struct rd_table *table, const char *const *cells, const size_t *widths)
{
	for (size_t i = 0; i < table->n_columns; i++) {
		fputs(cells[i], stdout);
		if (i + 1 < table->n_columns)
			printf("%*s", (int)(widths[i] - width(cells[i]) + 2), "");
	}
	putchar('\n');
}

static void print_table(const struct rd_table *table, const char *otherwise)
{
	size_t widths[RD_TABLE_COLUMNS] = { 0 };

	for (size_t i = 0; i < table->n_columns; i++)
		widths[i] = width(table->heads[i]);
	for (size_t r = 0; r < table->n_rows; r++)
		for (size_t i = 0; i < table->n_columns; i++)
			if (width(table->rows[r][i]) > widths[i])
				widths[i] = width(table->rows[r][i]);
	if (table->n_rows == 0)
		puts(otherwise);
	else
		print_row(table, table->heads, widths);
	for (size_t r = 0; r < table->n_rows; r++)
		print_row(table, (const char *const *)table->rows[r], widths);
}

static void free_table(struct rd_table *table)
{
	for (size_t r = 0; r < table->n_rows; r++) {
		for (size_t i = 0; i < table->n_columns; i++)
			free(table->rows[r][i]);
		free(table->rows[r]);
	}
	free(table->rows);
	table->rows = NULL;
	table->n_rows = table->size = 0;
}

void rd_table_end(struct rd_table *table, const char *otherwise)
{
	print_table(table, otherwise);
	free_table(table);
}

void rd_listing_begin(struct rd_listing *listing, bool as_json, const char *const *heads)
{
	rd_table_begin(&listing->table, heads);
	listing->json = as_json ? json_array() : NULL;
}

void rd_listing_show(struct rd_listing *listing, const char *otherwise)
{
	if (listing->json != NULL)
		rd_json_print(RD_STEAL(listing->json));
	else
		print_table(&listing->table, otherwise);
}

void rd_listing_free(struct rd_listing *listing)
{
	json_decref(listing->json);
	listing->json = NULL;
	free_table(&listing->table);
}

static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep",
	"Oct", "Nov", "Dec" };
static const char *const weekdays[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };

const char *rd_short_day(struct rd_date day, char out[static 20])
{
	if (!rd_date_is_set(day))
		return "-";
	snprintf(out, 20, "%s %d %s %d", weekdays[rd_date_weekday(day)], day.day,
		months[day.month - 1], day.year);
	return out;
}

const char *rd_short_instant(int64_t ms, char out[static 24])
{
	const struct rd_date day = rd_date_of(ms);
	const int minute = rd_london_minute_of_day(ms);

	if (ms == 0)
		return "-";
	snprintf(out, 24, "%d %s %d %02d:%02d", day.day, months[day.month - 1], day.year,
		minute / 60, minute % 60);
	return out;
}

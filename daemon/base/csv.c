#include "redress/base/csv.h"

#include <string.h>

struct rd_csv rd_csv_begin(const char *text, size_t len)
{
	return (struct rd_csv){ .at = text, .end = text + len, .line = 1, .column = 1 };
}

/* One step on: a character's later bytes are no columns, CR LF is one line end. */
static void step(struct rd_csv *csv)
{
	const unsigned char c = (unsigned char)*csv->at++;

	if (c == '\n' || (c == '\r' && (csv->at == csv->end || *csv->at != '\n'))) {
		csv->line++;
		csv->column = 1;
	} else if ((c & 0xC0) != 0x80) {
		csv->column++;
	}
}

static bool at_line_end(const struct rd_csv *csv)
{
	return csv->at == csv->end || *csv->at == '\n' || *csv->at == '\r';
}

static void fault(struct rd_csv_row *row, const char *why, uint32_t line, uint32_t column)
{
	if (row->fault != NULL)
		return;
	row->fault = why;
	row->fault_line = line;
	row->fault_column = column;
}

/* Between quotes, the doubled ones still double; *ret_len is what they come to. */
static const char *quoted(struct rd_csv *csv, struct rd_csv_row *row,
	const struct rd_csv_field *field, size_t *ret_raw, size_t *ret_len)
{
	const char *from;
	size_t n = 0;

	step(csv);
	from = csv->at;
	for (;; n++) {
		if (csv->at == csv->end) {
			fault(row, "a quote opens here and is never closed", field->line,
				field->column);
			row->broken = true;
			break;
		}
		if (*csv->at == '"') {
			if (csv->at + 1 == csv->end || csv->at[1] != '"')
				break;
			step(csv);
		}
		step(csv);
	}
	*ret_raw = (size_t)(csv->at - from);
	*ret_len = n;
	if (csv->at < csv->end)
		step(csv);
	if (!at_line_end(csv) && *csv->at != ',')
		fault(row,
			"words stand behind the closing quote; double a quote that belongs to "
			"the words",
			csv->line, csv->column);
	while (!at_line_end(csv) && *csv->at != ',')
		step(csv);
	return from;
}

static const char *bare(struct rd_csv *csv, struct rd_csv_row *row, size_t *ret_raw)
{
	const char *from = csv->at;

	while (!at_line_end(csv) && *csv->at != ',') {
		if (*csv->at == '"')
			fault(row,
				"a quote stands in the middle of a field; put the whole field "
				"in quotes and double this one",
				csv->line, csv->column);
		step(csv);
	}
	*ret_raw = (size_t)(csv->at - from);
	return from;
}

/* Quotes undoubled, into the arena. */
static char *keep(struct rd_arena *arena, const char *from, size_t raw, size_t len, bool is_quoted)
{
	char *text = rd_arena_alloc(arena, len + 1);
	size_t n = 0;

	for (size_t i = 0; text != NULL && i < raw && n < len; i++) {
		text[n++] = from[i];
		i += is_quoted && from[i] == '"';
	}
	return text;
}

static void take_field(struct rd_csv *csv, struct rd_arena *arena, struct rd_csv_row *row)
{
	struct rd_csv_field field = { .text = "", .line = csv->line, .column = csv->column };
	const bool is_quoted = csv->at < csv->end && *csv->at == '"';
	size_t raw = 0, len = 0;
	const char *from;

	from = is_quoted ? quoted(csv, row, &field, &raw, &len) : bare(csv, row, &raw);
	if (!is_quoted)
		len = raw;
	if (len > RD_CSV_FIELD_BYTES_MAX) {
		fault(row, "this field is longer than 8,192 bytes", field.line, field.column);
	} else {
		field.text = keep(arena, from, raw, len, is_quoted);
		field.len = len;
		if (field.text == NULL) {
			field.text = "";
			field.len = 0;
			fault(row, "the file does not fit in memory", field.line, field.column);
			row->broken = true;
		}
	}
	if (row->n_fields < RD_CSV_FIELDS_MAX)
		row->fields[row->n_fields++] = field;
	else
		fault(row, "more than 64 fields stand in one line", field.line, field.column);
}

bool rd_csv_next(struct rd_csv *csv, struct rd_arena *arena, struct rd_csv_row *row)
{
	row->n_fields = 0;
	row->fault = NULL;
	row->broken = false;
	while (csv->at < csv->end && at_line_end(csv))
		step(csv);
	if (csv->at == csv->end)
		return false;
	row->line = csv->line;
	for (;;) {
		take_field(csv, arena, row);
		if (csv->at == csv->end || *csv->at != ',')
			break;
		step(csv);
	}
	if (row->broken)
		csv->at = csv->end;
	return true;
}

#include "redress/rules/edits.h"

#include <stdlib.h>
#include <string.h>

#include "redress/base/stanza.h"

#define CONTEXT 3 /* unchanged lines around a change */

static bool has_line(const struct rd_stanza *stanza, int line)
{
	for (size_t i = 0; i < stanza->n_fields; i++)
		if (stanza->fields[i].line == line)
			return true;
	return false;
}

enum rd_rc rd_edit_field(const struct rd_rulefiles *files, struct rd_place stanza,
	const char *field, const char *value, struct rd_arena *arena, struct rd_edit *ret_edit,
	struct rd_err *err)
{
	const struct rd_rulefile *file = rd_rulefiles_find(files, stanza.file);
	struct rd_stanzas stanzas = { .n_items = 0 };

	if (file != NULL)
		RD_TRY(rd_stanzas_parse(file->name, file->bytes, file->len, arena, &stanzas, err));
	for (size_t i = 0; i < stanzas.n_items; i++) {
		if (!has_line(&stanzas.items[i], stanza.line))
			continue;
		const struct rd_field *there = rd_stanza_field(&stanzas.items[i], field);
		*ret_edit = (struct rd_edit){ .at = stanza, .field = field, .value = value };
		if (there != NULL)
			*ret_edit = (struct rd_edit){ .at = { stanza.file, there->line,
							      there->value_column },
				.value = value };
		return RD_OK;
	}
	return rd_fail(
		err, RD_E_MISSING, "%s:%d: no stanza stands there", stanza.file, stanza.line);
}

/* --- one file --- */

struct line {
	const char *text;
	size_t len; /* with its end */
};

/* Lines of a file, one at a time; false behind the last. */
static bool next_line(const struct rd_rulefile *file, size_t *at, struct line *ret_line)
{
	const char *from = file->bytes + *at;
	size_t left = file->len - *at;

	if (left == 0)
		return false;
	const char *end = memchr(from, '\n', left);
	ret_line->text = from;
	ret_line->len = end != NULL ? (size_t)(end - from) + 1 : left;
	*at += ret_line->len;
	return true;
}

#define OPEN_END "\n\\ No newline at end of file\n"

static size_t length_of_end(const struct line *line)
{
	size_t n = 0;

	if (line->len > 0 && line->text[line->len - 1] == '\n')
		n++;
	if (n > 0 && line->len > 1 && line->text[line->len - 2] == '\r')
		n++;
	return n;
}

static enum rd_rc add_line(
	struct rd_buf *out, char mark, const struct line *line, struct rd_err *err)
{
	RD_TRY(rd_buf_add(out, &mark, 1, err));
	RD_TRY(rd_buf_add(out, line->text, line->len, err));
	return length_of_end(line) == 0 ? rd_buf_add_str(out, OPEN_END, err) : RD_OK;
}

/* A line with its edits: perhaps one of its value, then those that put a line behind it. */
static enum rd_rc add_edited(struct rd_buf *out, const struct line *line,
	const struct rd_edit *edits, size_t n, struct rd_err *err)
{
	const size_t end = length_of_end(line), words = line->len - end;
	const bool changes = edits[0].field == NULL;
	const char *eol = end == 2 ? "\r\n" : "\n";
	size_t kept = words;

	if (changes && (size_t)edits[0].at.column - 1 < words)
		kept = (size_t)edits[0].at.column - 1;
	/* One without an end gets it before a further line, and changes with that. */
	if (!changes && end > 0) {
		RD_TRY(add_line(out, ' ', line, err));
	} else {
		RD_TRY(add_line(out, '-', line, err));
		RD_TRY(rd_buf_printf(out, err, "+%.*s%s%s", (int)kept, line->text,
			changes ? edits[0].value : "",
			end == 0 && n == 1 && changes ? OPEN_END : eol));
	}
	for (size_t i = changes; i < n; i++)
		RD_TRY(rd_buf_printf(out, err, "+%s: %s%s", edits[i].field, edits[i].value,
			end == 0 && i + 1 == n ? OPEN_END : eol));
	return RD_OK;
}

/* Edits that lie so near that one hunk holds them. */
static enum rd_rc add_hunk(const struct rd_rulefile *file, const struct rd_edit *edits,
	size_t n_edits, int n_lines, int *shift, struct rd_buf *out, struct rd_err *err)
{
	int from = edits[0].at.line - CONTEXT, to = edits[n_edits - 1].at.line + CONTEXT, more = 0;
	struct line line;
	size_t at = 0, next = 0;

	from = from < 1 ? 1 : from;
	to = to > n_lines ? n_lines : to;
	for (size_t i = 0; i < n_edits; i++)
		more += edits[i].field != NULL;
	RD_TRY(rd_buf_printf(out, err, "@@ -%d,%d +%d,%d @@\n", from, to - from + 1, from + *shift,
		to - from + 1 + more));
	*shift += more;
	for (int number = 1; number <= to && next_line(file, &at, &line); number++) {
		size_t n = 0;

		if (number < from)
			continue;
		while (next + n < n_edits && edits[next + n].at.line == number)
			n++;
		RD_TRY(n > 0 ? add_edited(out, &line, edits + next, n, err)
			     : add_line(out, ' ', &line, err));
		next += n;
	}
	return RD_OK;
}

static int count_lines(const struct rd_rulefile *file)
{
	struct line line;
	size_t at = 0;
	int n = 0;

	while (next_line(file, &at, &line))
		n++;
	return n;
}

static enum rd_rc patch_file(const struct rd_rulefile *file, const struct rd_edit *edits, size_t n,
	struct rd_buf *out, struct rd_err *err)
{
	const int n_lines = count_lines(file);
	int shift = 0;

	RD_TRY(rd_buf_printf(out, err, "--- a/%s\n+++ b/%s\n", file->name, file->name));
	for (size_t first = 0; first < n;) {
		size_t last = first;

		while (last + 1 < n && edits[last + 1].at.line - edits[last].at.line <= 2 * CONTEXT)
			last++;
		RD_TRY(add_hunk(file, edits + first, last - first + 1, n_lines, &shift, out, err));
		first = last + 1;
	}
	return RD_OK;
}

/* --- the folder --- */

/* A line's value before what is put behind the line. */
static int by_place(const void *left, const void *right)
{
	const struct rd_edit *a = left, *b = right;
	int files = strcmp(a->at.file, b->at.file);

	if (files != 0)
		return files;
	if (a->at.line != b->at.line)
		return a->at.line < b->at.line ? -1 : 1;
	if ((a->field == NULL) != (b->field == NULL))
		return a->field == NULL ? -1 : 1;
	return a->field != NULL ? strcmp(a->field, b->field) : 0;
}

enum rd_rc rd_edits_patch(const struct rd_rulefiles *files, struct rd_edit *edits, size_t n,
	struct rd_buf *out, struct rd_err *err)
{
	if (n > 1)
		qsort(edits, n, sizeof *edits, by_place);
	for (size_t first = 0; first < n;) {
		const struct rd_rulefile *file = rd_rulefiles_find(files, edits[first].at.file);
		size_t end = first;

		while (end < n && strcmp(edits[end].at.file, edits[first].at.file) == 0)
			end++;
		if (file == NULL)
			return rd_fail(err, RD_E_MISSING, "%s is not in the rule folder",
				edits[first].at.file);
		RD_TRY(patch_file(file, edits + first, end - first, out, err));
		first = end;
	}
	return RD_OK;
}

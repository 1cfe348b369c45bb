#include "redress/rules/problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistr.h>

#define TEXT_MAX 1024 /* bytes of one problem's text */

void rd_problems_begin(struct rd_problems *problems, struct rd_arena *arena)
{
	*problems = (struct rd_problems){ .arena = arena };
}

const char *const rd_severity_names[RD_N_SEVERITIES] = { "error", "warning", "note" };

static size_t *count_of(struct rd_problems *p, enum rd_severity severity)
{
	if (severity == RD_SEVERITY_ERROR)
		return &p->n_errors;
	return severity == RD_SEVERITY_WARNING ? &p->n_warnings : &p->n_notes;
}

/* A text is cut where it is too long, and that may be within a character. */
static void mend_cuts(char *text)
{
	size_t len = strlen(text);
	const uint8_t *bad = u8_check((const uint8_t *)text, len);

	for (; bad != NULL; bad = u8_check((const uint8_t *)text, len))
		text[bad - (const uint8_t *)text] = '?';
}

static void keep(
	struct rd_problems *p, enum rd_severity severity, struct rd_place at, const char *text)
{
	++*count_of(p, severity);
	if (p->n_items == p->size && p->size < RD_PROBLEMS_MAX) {
		size_t size = p->size == 0 ? 32 : p->size * 2;
		struct rd_problem *items = rd_arena_array(p->arena, size, sizeof *items);
		if (items == NULL)
			return;
		if (p->n_items > 0)
			memcpy(items, p->items, p->n_items * sizeof *items);
		p->items = items;
		p->size = size;
	}
	bool room = p->n_items < p->size;
	char *copy = room ? rd_arena_strdup(p->arena, text) : NULL;
	if (copy != NULL)
		mend_cuts(copy);
	at.file = room ? rd_arena_strdup(p->arena, at.file) : NULL;
	if (copy != NULL && at.file != NULL)
		p->items[p->n_items++] =
			(struct rd_problem){ .severity = severity, .at = at, .text = copy };
}

void rd_problem_error(struct rd_problems *problems, struct rd_place at, const char *format, ...)
{
	char text[TEXT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	keep(problems, RD_SEVERITY_ERROR, at, text);
}

void rd_problem_warning(struct rd_problems *problems, struct rd_place at, const char *format, ...)
{
	char text[TEXT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	keep(problems, RD_SEVERITY_WARNING, at, text);
}

void rd_problem_note(struct rd_problems *problems, struct rd_place at, const char *format, ...)
{
	char text[TEXT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	keep(problems, RD_SEVERITY_NOTE, at, text);
}

void rd_problem_of_err(
	struct rd_problems *problems, struct rd_place otherwise, const struct rd_err *err)
{
	size_t n = strlen(otherwise.file);
	const char *text = err->msg;
	struct rd_place at = otherwise;

	if (strncmp(text, otherwise.file, n) == 0 && text[n] == ':') {
		char *end = NULL;
		long line = strtol(text + n + 1, &end, 10);
		if (line > 0 && line < 100000000 && *end == ':') {
			long column = strtol(end + 1, &end, 10);
			if (column > 0 && column < 100000000 && *end == ':') {
				at.line = (int)line;
				at.column = (int)column;
				text = end[1] == ' ' ? end + 2 : end + 1;
			}
		}
	}
	keep(problems, RD_SEVERITY_ERROR, at, text);
}

static int by_place(const void *left, const void *right)
{
	const struct rd_problem *a = left, *b = right;
	int order = strcmp(a->at.file, b->at.file);

	if (order == 0)
		order = (a->at.line > b->at.line) - (a->at.line < b->at.line);
	if (order == 0)
		order = (a->at.column > b->at.column) - (a->at.column < b->at.column);
	return order != 0 ? order : strcmp(a->text, b->text);
}

void rd_problems_sort(struct rd_problems *problems)
{
	size_t kept = 0;

	if (problems->n_items == 0)
		return;
	qsort(problems->items, problems->n_items, sizeof *problems->items, by_place);
	for (size_t i = 0; i < problems->n_items; i++) {
		if (kept > 0 && by_place(&problems->items[kept - 1], &problems->items[i]) == 0) {
			--*count_of(problems, problems->items[i].severity);
			continue;
		}
		problems->items[kept++] = problems->items[i];
	}
	problems->n_items = kept;
}

enum rd_rc rd_problems_rc(const struct rd_problems *problems, struct rd_err *err)
{
	const struct rd_problem *first = NULL;

	if (problems->n_errors == 0)
		return RD_OK;
	for (size_t i = 0; i < problems->n_items; i++) {
		const struct rd_problem *p = &problems->items[i];
		if (p->severity == RD_SEVERITY_ERROR && (first == NULL || by_place(p, first) < 0))
			first = p;
	}
	if (first == NULL)
		return rd_fail(
			err, RD_E_RANGE, "the rule files have more faults than can be listed");
	if (first->at.file[0] == '\0')
		return rd_fail(err, RD_E_INPUT, "%s", first->text);
	if (first->at.line == 0)
		return rd_fail(err, RD_E_INPUT, "%s: %s", first->at.file, first->text);
	return rd_fail(err, RD_E_INPUT, "%s:%d:%d: %s", first->at.file, first->at.line,
		first->at.column, first->text);
}

#include "redress/message/quotes.h"

#include <string.h>
#include <unictype.h>
#include <unistr.h>
#include "redress/message/quote_lines.h"

struct marker {
	struct rd_body body;
	const struct rd_span *given;
	size_t n_given, at_given;
	struct rd_span *spans;
	size_t n_spans;
	enum rd_span_kind rest; /* of all lines from here to the end; NEW where not known */
	bool no_more_letters;	/* no line that ends a letter of ours stands below */
};

static void mark(struct marker *m, enum rd_span_kind kind, uint32_t from, uint32_t to)
{
	struct rd_span *last = m->n_spans > 0 ? &m->spans[m->n_spans - 1] : NULL;

	if (from == to)
		return;
	if (last && last->kind == kind) {
		last->to = to;
		return;
	}
	if (m->n_spans == RD_SPANS_MAX) {
		/* A body of thousands of pieces is nobody's letter: all that is left is scored. */
		last->kind = RD_SPAN_NEW;
		last->to = to;
		return;
	}
	m->spans[m->n_spans++] = (struct rd_span){ kind, from, to };
}

/* What the HTML said of the first character of a line. */
static enum rd_span_kind given_kind(struct marker *m, const struct rd_line *line)
{
	uint32_t at = (uint32_t)(line->text - m->body.text);

	while (m->at_given < m->n_given && m->given[m->at_given].to <= at)
		m->at_given++;
	if (m->at_given < m->n_given && m->given[m->at_given].from <= at)
		return m->given[m->at_given].kind;
	return RD_SPAN_NEW;
}

/* A letter of ours that begins at line: where the line behind it begins, or 0. */
static uint32_t own_letter(struct marker *m, const struct rd_line *line)
{
	struct rd_line next = *line;

	if (m->no_more_letters || !rd_line_begins_own_letter(line))
		return 0;
	while (next.next < m->body.len) {
		next = rd_line_at(&m->body, next.next);
		if (rd_line_ends_own_letter(&next))
			return next.next;
	}
	m->no_more_letters = true;
	return 0;
}

/* Where the letter stands quoted, a line between without ">" is an answer to it. */
static void mark_own_letter(struct marker *m, const struct rd_line *first, uint32_t end)
{
	bool quoted = rd_line_is_quoted(first);

	for (uint32_t at = first->from; at < end;) {
		struct rd_line line = rd_line_at(&m->body, at);
		bool answer = quoted && line.len > 0 && !rd_line_is_quoted(&line);

		mark(m, answer ? RD_SPAN_NEW : RD_SPAN_OWN_LETTER, at, line.next);
		at = line.next;
	}
}

/* The next line that is not blank begins with ">". */
static bool quoted_follows(const struct rd_body *body, uint32_t at)
{
	for (int i = 0; i < 4 && at < body->len; i++) {
		struct rd_line line = rd_line_at(body, at);

		if (line.len > 0)
			return rd_line_is_quoted(&line);
		at = line.next;
	}
	return false;
}

/* Marks the line at `at` and what belongs to it; returns where to go on. */
static uint32_t mark_line(struct marker *m, uint32_t at)
{
	struct rd_line line = rd_line_at(&m->body, at);
	enum rd_span_kind earlier, given;
	uint32_t next = own_letter(m, &line);
	bool sure = false;

	if (next > 0) {
		mark_own_letter(m, &line, next);
		return next;
	}
	if (line.len == 0) {
		/* an empty line belongs to what stands before it */
		enum rd_span_kind before =
			m->n_spans > 0 ? m->spans[m->n_spans - 1].kind : RD_SPAN_NEW;

		if (before == RD_SPAN_OWN_LETTER)
			before = m->rest;
		mark(m, before, at, line.next);
		return line.next;
	}
	if (m->rest != RD_SPAN_NEW) {
		mark(m, m->rest, at, line.next);
		return line.next;
	}
	given = given_kind(m, &line);
	if (given == RD_SPAN_QUOTED) {
		earlier = rd_line_begins_earlier_mail(&m->body, &line);
		if (earlier == RD_SPAN_FORWARDED)
			m->rest = given = RD_SPAN_FORWARDED;
	}
	if (given != RD_SPAN_NEW) {
		mark(m, given, at, line.next);
		return line.next;
	}
	if (rd_line_is_quoted(&line)) {
		mark(m, RD_SPAN_QUOTED, at, line.next);
		return line.next;
	}
	if (rd_line_attribution(&m->body, &line, &next, &sure)) {
		bool quoted = quoted_follows(&m->body, next);
		struct rd_line after = next < m->body.len ? rd_line_at(&m->body, next) : line;
		bool told = next < m->body.len && given_kind(m, &after) == RD_SPAN_QUOTED;

		if (quoted || sure || told) {
			if (!quoted && !told)
				m->rest = RD_SPAN_QUOTED;
			mark(m, RD_SPAN_QUOTED, at, next);
			return next;
		}
	}
	earlier = rd_line_begins_earlier_mail(&m->body, &line);
	if (earlier != RD_SPAN_NEW) {
		m->rest = earlier;
		mark(m, earlier, at, line.next);
		return line.next;
	}
	if (rd_line_is_device(&line)) {
		mark(m, RD_SPAN_DISCLAIMER, at, line.next);
		return line.next;
	}
	if (rd_line_disclaimer(&m->body, &line, &next)) {
		mark(m, RD_SPAN_DISCLAIMER, at, next);
		return next;
	}
	if (rd_line_signature(&m->body, &line, &next)) {
		mark(m, RD_SPAN_SIGNATURE, at, next);
		return next;
	}
	mark(m, RD_SPAN_NEW, at, line.next);
	return line.next;
}

/* A letter, a digit or a pictograph: something that a person reads. */
static bool is_readable(const char *text, uint32_t len)
{
	for (uint32_t i = 0; i < len;) {
		ucs4_t c;
		int n = u8_mbtouc(&c, (const uint8_t *)text + i, len - i);

		if (c < 0x80 ? ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
				       (c >= 'a' && c <= 'z'))
			     : (c >= 0x1F000 || (c >= 0x2600 && c <= 0x27BF) ||
				       uc_is_property_alphabetic(c) || uc_is_property_numeric(c)))
			return true;
		i += n > 0 ? (uint32_t)n : 1;
	}
	return false;
}

enum rd_rc rd_quotes_mark(const char *body, uint32_t len, const struct rd_span *given,
	size_t n_given, struct rd_arena *arena, struct rd_marked *ret_marked, struct rd_err *err)
{
	struct rd_span spans[RD_SPANS_MAX];
	struct marker m = { .body = { body, len, RD_LOOKS_MAX },
		.given = given,
		.n_given = n_given,
		.spans = spans };
	struct rd_marked marked = { .nothing_new = true };
	struct rd_span *copy;

	for (uint32_t at = 0; at < len;)
		at = mark_line(&m, at);
	for (size_t i = 0; i < m.n_spans && marked.nothing_new; i++)
		if (spans[i].kind == RD_SPAN_NEW)
			marked.nothing_new =
				!is_readable(body + spans[i].from, spans[i].to - spans[i].from);
	if (m.n_spans == 0) {
		*ret_marked = marked;
		return RD_OK;
	}
	copy = rd_arena_array(arena, m.n_spans, sizeof *copy);
	if (!copy)
		return rd_fail(err, RD_E_RANGE, "the message is too large for its memory");
	memcpy(copy, spans, m.n_spans * sizeof *copy);
	marked.spans = copy;
	marked.n_spans = m.n_spans;
	*ret_marked = marked;
	return RD_OK;
}

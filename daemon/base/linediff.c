#include "redress/base/linediff.h"

#include <stdbool.h>
#include <string.h>

#define CONTEXT 3

/* A text's lines; the last one may lack its line end. */
static const struct rd_textline *split(
	const char *text, size_t len, struct rd_arena *arena, size_t *ret_n)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += text[i] == '\n' || i + 1 == len;
	struct rd_textline *lines = rd_arena_array(arena, n + 1, sizeof *lines);
	*ret_n = n;
	for (size_t i = 0; lines != NULL && i < n; i++) {
		const char *end = memchr(text, '\n', len);
		const size_t line_len = end != NULL ? (size_t)(end - text) : len;
		lines[i] = (struct rd_textline){ text, line_len };
		text += line_len + (end != NULL);
		len -= line_len + (end != NULL);
	}
	return lines;
}

static bool same(const struct rd_textline *a, const struct rd_textline *b)
{
	return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

/* The part of two texts that is searched, and the script being written, backwards. */
struct search {
	const struct rd_textline *was, *is;
	long n_was, n_is;
	struct rd_linechange *changes;
	size_t n_changes;
};

/* An edit in front of those written so far: lines [was, was + n_was) go, [is, is + n_is) come. */
static void put_edit(struct search *s, long was, long n_was, long is, long n_is)
{
	struct rd_linechange *next = s->n_changes > 0 ? &s->changes[s->n_changes - 1] : NULL;

	if (next != NULL && (size_t)(was + n_was) == next->was && (size_t)(is + n_is) == next->is) {
		*next = (struct rd_linechange){ (size_t)was, next->n_was + (size_t)n_was,
			(size_t)is, next->n_is + (size_t)n_is };
		return;
	}
	s->changes[s->n_changes++] =
		(struct rd_linechange){ (size_t)was, (size_t)n_was, (size_t)is, (size_t)n_is };
}

/* Does the furthest path of d edits on diagonal k come from the diagonal above (a line that came)?
 */
static bool comes_down(const int *furthest, long k, long d)
{
	return k == -d || (k != d && furthest[k - 1] < furthest[k + 1]);
}

/* From the end back to the start, by what was furthest after each number of edits. */
static void trace_back(struct search *s, int *const *trace, long d)
{
	long x = s->n_was, y = s->n_is;

	for (; d > 0; d--) {
		const int *before = trace[d - 1] + (d - 1);
		const long k = x - y;
		const bool down = comes_down(before, k, d);
		const long from_k = down ? k + 1 : k - 1;
		const long from_x = before[from_k], from_y = from_x - from_k;

		put_edit(s, from_x, down ? 0 : 1, from_y, down ? 1 : 0);
		x = from_x;
		y = from_y;
	}
}

/* False where the texts differ in more than is searched for. */
static bool shortest_script(struct search *s, struct rd_arena *arena)
{
	int **trace = rd_arena_array(arena, RD_LINEDIFF_EDITS_MAX + 1, sizeof *trace);

	for (long d = 0; trace != NULL && d <= RD_LINEDIFF_EDITS_MAX; d++) {
		trace[d] = rd_arena_array(arena, 2 * (size_t)d + 1, sizeof *trace[d]);
		if (trace[d] == NULL)
			return false;
		int *furthest = trace[d] + d; /* by diagonal, -d to d */
		const int *before = d > 0 ? trace[d - 1] + (d - 1) : NULL;
		for (long k = -d; k <= d; k += 2) {
			long x = 0;
			if (d > 0)
				x = comes_down(before, k, d) ? before[k + 1] : before[k - 1] + 1;
			long y = x - k;
			while (x < s->n_was && y >= 0 && y < s->n_is && same(&s->was[x], &s->is[y]))
				x++, y++;
			furthest[k] = (int)x;
			if (x >= s->n_was && y >= s->n_is) {
				trace_back(s, trace, d);
				return true;
			}
		}
	}
	return false;
}

/* Written backwards, and counted from where the search began. */
static void turn_round(struct search *s, size_t skipped)
{
	for (size_t i = 0; i < s->n_changes / 2; i++) {
		const struct rd_linechange last = s->changes[s->n_changes - 1 - i];
		s->changes[s->n_changes - 1 - i] = s->changes[i];
		s->changes[i] = last;
	}
	for (size_t i = 0; i < s->n_changes; i++) {
		s->changes[i].was += skipped;
		s->changes[i].is += skipped;
	}
}

enum rd_rc rd_linediff_make(const char *was, size_t was_len, const char *is, size_t is_len,
	struct rd_arena *arena, struct rd_linediff *ret_diff, struct rd_err *err)
{
	struct rd_linediff diff = { 0 };
	size_t head = 0, tail = 0;

	diff.was = split(was, was_len, arena, &diff.n_was);
	diff.is = split(is, is_len, arena, &diff.n_is);
	struct search s = { .changes = rd_arena_array(
				    arena, RD_LINEDIFF_EDITS_MAX + 1, sizeof *s.changes) };
	if (rd_arena_overflowed(arena))
		return rd_fail(err, RD_E_RANGE, "no room left to compare two texts");
	while (head < diff.n_was && head < diff.n_is && same(&diff.was[head], &diff.is[head]))
		head++;
	while (tail < diff.n_was - head && tail < diff.n_is - head &&
		same(&diff.was[diff.n_was - 1 - tail], &diff.is[diff.n_is - 1 - tail]))
		tail++;
	s.was = diff.was + head;
	s.is = diff.is + head;
	s.n_was = (long)(diff.n_was - head - tail);
	s.n_is = (long)(diff.n_is - head - tail);
	const bool searched = s.n_was <= RD_LINEDIFF_LINES_MAX && s.n_is <= RD_LINEDIFF_LINES_MAX &&
			      shortest_script(&s, arena);
	if (rd_arena_overflowed(arena))
		return rd_fail(err, RD_E_RANGE, "no room left to compare two texts");
	if (!searched) {
		s.n_changes = 0;
		put_edit(&s, 0, s.n_was, 0, s.n_is);
	}
	turn_round(&s, head);
	diff.changes = s.changes;
	diff.n_changes = s.n_changes;
	*ret_diff = diff;
	return RD_OK;
}

static enum rd_rc print_lines(char mark, const struct rd_textline *lines, size_t n,
	struct rd_buf *out, struct rd_err *err)
{
	for (size_t i = 0; i < n; i++) {
		RD_TRY(rd_buf_add(out, &mark, 1, err));
		RD_TRY(rd_buf_add(out, lines[i].text, lines[i].len, err));
		RD_TRY(rd_buf_add(out, "\n", 1, err));
	}
	return RD_OK;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Changes [first, last] whose context touches. */
static enum rd_rc print_hunk(const struct rd_linediff *diff, size_t first, size_t last,
	struct rd_buf *out, struct rd_err *err)
{
	const struct rd_linechange *from = &diff->changes[first], *to = &diff->changes[last];
	const size_t before = smaller(from->was, CONTEXT);
	const size_t after = smaller(diff->n_was - (to->was + to->n_was), CONTEXT);
	const size_t n_was = before + (to->was + to->n_was - from->was) + after;
	const size_t n_is = before + (to->is + to->n_is - from->is) + after;
	size_t at = from->was - before;

	RD_TRY(rd_buf_printf(out, err, "@@ -%zu,%zu +%zu,%zu @@\n",
		from->was - before + (n_was > 0), n_was, from->is - before + (n_is > 0), n_is));
	for (size_t i = first; i <= last; i++) {
		const struct rd_linechange *c = &diff->changes[i];
		RD_TRY(print_lines(' ', diff->was + at, c->was - at, out, err));
		RD_TRY(print_lines('-', diff->was + c->was, c->n_was, out, err));
		RD_TRY(print_lines('+', diff->is + c->is, c->n_is, out, err));
		at = c->was + c->n_was;
	}
	return print_lines(' ', diff->was + at, after, out, err);
}

enum rd_rc rd_linediff_unified(
	const struct rd_linediff *diff, struct rd_buf *out, struct rd_err *err)
{
	for (size_t first = 0; first < diff->n_changes;) {
		size_t last = first;
		while (last + 1 < diff->n_changes &&
			diff->changes[last + 1].was -
					(diff->changes[last].was + diff->changes[last].n_was) <=
				2 * CONTEXT)
			last++;
		RD_TRY(print_hunk(diff, first, last, out, err));
		first = last + 1;
	}
	return RD_OK;
}

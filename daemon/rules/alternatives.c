#include "redress/rules/alternatives.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 6 /* letters that are shared one within another */

/* The plain letter or digit that the piece begins with, 0 where it begins with anything else (or
 * where that letter is itself repeated). */
static char letter_of(const struct rd_piece *p)
{
	if (p->len == 0 ||
		!(islower((unsigned char)p->text[0]) || isdigit((unsigned char)p->text[0])) ||
		(p->len > 1 && strchr("?*+{", p->text[1]) != NULL))
		return 0;
	return p->text[0];
}

static int by_letter(const void *left, const void *right)
{
	const struct rd_piece *a = left, *b = right;
	size_t n = a->len < b->len ? a->len : b->len;
	int order = n > 0 ? memcmp(a->text, b->text, n) : 0;

	return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}

struct range {
	size_t from, to; /* of pieces */
	size_t skip;	 /* letters of each that are written already */
};

static struct rd_piece rest_of(const struct rd_piece *p, size_t skip)
{
	return (struct rd_piece){ p->text + skip, p->len - skip };
}

enum rd_rc rd_alternatives_write(
	struct rd_piece *pieces, size_t n, struct rd_buf *out, struct rd_err *err)
{
	struct range open[DEPTH_MAX + 1];
	size_t depth = 0;

	qsort(pieces, n, sizeof *pieces, by_letter);
	RD_TRY(rd_buf_add_str(out, "(?:", err));
	open[0] = (struct range){ 0, n, 0 };
	while (true) {
		struct range *r = &open[depth];
		if (r->from == r->to) {
			RD_TRY(rd_buf_add_str(out, ")", err));
			if (depth == 0)
				return RD_OK;
			depth--;
			if (open[depth].from < open[depth].to)
				RD_TRY(rd_buf_add_str(out, "|", err));
			continue;
		}
		struct rd_piece first = rest_of(&pieces[r->from], r->skip);
		char letter = letter_of(&first);
		size_t same = r->from + 1;
		while (letter != 0 && same < r->to && depth < DEPTH_MAX) {
			struct rd_piece next = rest_of(&pieces[same], r->skip);
			if (letter_of(&next) != letter)
				break;
			same++;
		}
		if (same - r->from == 1) {
			RD_TRY(rd_buf_add(out, first.text, first.len, err));
			r->from++;
			if (r->from < r->to)
				RD_TRY(rd_buf_add_str(out, "|", err));
			continue;
		}
		RD_TRY(rd_buf_add(out, &letter, 1, err));
		RD_TRY(rd_buf_add_str(out, "(?:", err));
		open[depth + 1] = (struct range){ r->from, same, r->skip + 1 };
		r->from = same;
		depth++;
	}
}

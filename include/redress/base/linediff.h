/* linediff: in which lines two texts differ, as few as can be found.
 *
 * The shortest edit script after Eugene W. Myers, "An O(ND) Difference Algorithm and Its
 * Variations", Algorithmica 1 (1986), bounded: beyond RD_LINEDIFF_LINES_MAX lines or
 * RD_LINEDIFF_EDITS_MAX edits between the first and the last line that differ, all that lies
 * between is one change. Pure.
 */
#ifndef REDRESS_BASE_LINEDIFF_H
#define REDRESS_BASE_LINEDIFF_H

#include <stddef.h>
#include "redress/base/arena.h"
#include "redress/base/buf.h"
#include "redress/base/err.h"

#define RD_LINEDIFF_LINES_MAX 20000
#define RD_LINEDIFF_EDITS_MAX 1000

struct rd_textline {
	const char *text; /* borrowed from the text; without its line end */
	size_t len;
};

/* Lines [was, was + n_was) of the one text stand as [is, is + n_is) in the other. */
struct rd_linechange {
	size_t was, n_was, is, n_is;
};

struct rd_linediff {
	const struct rd_textline *was, *is;
	size_t n_was, n_is;
	const struct rd_linechange *changes; /* in order; two are never neighbours */
	size_t n_changes;
};

/* Everything in the arena but the lines' text. */
RD_MUST_USE enum rd_rc rd_linediff_make(const char *was, size_t was_len, const char *is,
	size_t is_len, struct rd_arena *arena, struct rd_linediff *ret_diff, struct rd_err *err);
/* "@@ -3,7 +3,8 @@" and the lines, three unchanged ones around each change; nothing where the texts
 * are the same. */
RD_MUST_USE enum rd_rc rd_linediff_unified(
	const struct rd_linediff *diff, struct rd_buf *out, struct rd_err *err);

#endif

/* alternatives: many words as one piece of a pattern that shares their beginnings. For
 * daemon/rules/phrase.c alone.
 *
 * (apple|apply|pear) becomes (?:ap(?:pl(?:e|y))|pear): a backtracking matcher then tries a letter
 * once instead of each word by itself, which for the long lists of rule files is most of its work.
 * Only plain lower-case letters and digits at the beginning of a piece are shared, and none that is
 * repeated (`a?`, `a+`). What is kept is that one of the pieces matches; which is tried first, and
 * so which of two that match is taken, is not.
 */
#ifndef REDRESS_RULES_ALTERNATIVES_H
#define REDRESS_RULES_ALTERNATIVES_H

#include <stddef.h>
#include "redress/base/buf.h"

struct rd_piece {
	const char *text; /* a pattern; its plain letters at the beginning are what is shared */
	size_t len;
};

/* Adds "(?:...)" to out. pieces: 1 and more; reordered. RD_E_RANGE: out is full. */
RD_MUST_USE enum rd_rc rd_alternatives_write(
	struct rd_piece *pieces, size_t n, struct rd_buf *out, struct rd_err *err);

#endif

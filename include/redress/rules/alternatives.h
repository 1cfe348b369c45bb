/* alternatives: (apple|apply|pear) as (?:ap(?:pl(?:e|y))|pear): a backtracking matcher then tries a
 * letter once instead of each word by itself. Which of several alternatives is tried first is not
 * kept; that one of them matches is. */
#ifndef REDRESS_RULES_ALTERNATIVES_H
#define REDRESS_RULES_ALTERNATIVES_H

#include <stddef.h>
#include "redress/base/buf.h"

struct rd_piece {
	const char *text; /* a pattern; its plain letters at the beginning are what is shared */
	size_t len;
};

/* Writes "(?:...)". pieces are reordered. */
RD_MUST_USE enum rd_rc rd_alternatives_write(
	struct rd_piece *pieces, size_t n, struct rd_buf *out, struct rd_err *err);

#endif

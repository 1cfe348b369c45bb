/* flowed: text/plain; format=flowed put back into paragraphs (RFC 3676 section 4).
 *
 * A line that ends in a blank goes on in the next of the same quotation depth; "-- " is a
 * signature's line and never does. Stuffed blanks go. Quoted lines are written as "> " a level and
 * the text.
 */
#ifndef REDRESS_MESSAGE_FLOWED_H
#define REDRESS_MESSAGE_FLOWED_H

#include <stdbool.h>
#include <stddef.h>
#include "redress/base/arena.h"
#include "redress/base/err.h"

#define RD_FLOWED_DEPTH_MAX 50 /* deeper quotations are written as this deep */

/* text: lines end with "\n". del_sp: the blank at a soft line end goes too. Arena: the result,
 * which is never more than max bytes; *ret_truncated says that it would have been. */
RD_MUST_USE enum rd_rc rd_unflow(const char *text, size_t len, bool del_sp, size_t max,
	struct rd_arena *arena, const char **ret_text, size_t *ret_len, bool *ret_truncated,
	struct rd_err *err);

#endif

/* mime_parts: the body of a parsed mail: its text, and the list of what else there is.
 *
 * The tree is walked with a stack of our own, at most RD_PART_DEPTH_MAX levels and RD_PARTS_MAX
 * parts. Used by mime.c alone, which owns the GMime objects for as long as this runs.
 */
#ifndef REDRESS_MESSAGE_MIME_PARTS_H
#define REDRESS_MESSAGE_MIME_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <gmime/gmime.h>
#include "redress/base/arena.h"
#include "redress/base/err.h"
#include "redress/message/message.h"
#include "redress/message/mime_report.h"

#define RD_PART_NAME_BYTES_MAX 255
#define RD_PART_SOURCE_MAX                                                                         \
	(4u << 20) /* decoded bytes of text parts that are looked at, together                     \
		    */

struct rd_mime_body {
	const char *text; /* arena */
	size_t len;
	size_t own_len;		     /* of it the mail's own; behind that stand attached mails */
	const struct rd_span *given; /* what HTML said of the text, and which is attached */
	size_t n_given;
	const struct rd_part *parts;
	size_t n_parts;
	const struct rd_mime_report *report; /* arena; empty where it is none */
	struct rd_trouble trouble; /* bad_charset, text_truncated, too_many_parts, encrypted */
};

/* root: borrowed, NULL for a mail without a body. */
RD_MUST_USE enum rd_rc rd_mime_body(GMimeObject *root, struct rd_arena *arena,
	struct rd_mime_body *ret_body, struct rd_err *err);

typedef void rd_mime_sink(void *context, const char *data, size_t len);
/* Decodes a part piece by piece: nothing is ever held whole but where the sink does. */
void rd_mime_decode(GMimePart *part, rd_mime_sink *to, void *context);

/* A header's or parameter's text made fit for us: valid UTF-8, no control characters, at most max
 * bytes. Arena; "" where data is NULL or the arena is full. */
const char *rd_mime_clean(const char *data, size_t max, struct rd_arena *arena);

#endif

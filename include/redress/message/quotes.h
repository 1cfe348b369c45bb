/* quotes: which stretches of a body are the resident's new words.
 *
 * Line by line, one pass and a bounded look-ahead: "> " lines; "On ... wrote:" in its usual shapes
 * and languages; "-----Original Message-----"; Outlook's From/Sent/To/Subject block; forwarded
 * blocks; "-- " and "Sent from my iPhone"; a closing ("Kind regards") with a name and contact lines
 * behind it; confidentiality notices; our own letters between `Our reference: RD...` and
 * `End of letter RD...`. A reply between quoted lines is NEW. When in doubt a line is NEW: a quoted
 * line too many costs a review, a lost sentence a complaint.
 */
#ifndef REDRESS_MESSAGE_QUOTES_H
#define REDRESS_MESSAGE_QUOTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "redress/base/arena.h"
#include "redress/base/err.h"
#include "redress/message/message.h"

#define RD_SPANS_MAX 4096 /* more changes than this: the rest is one NEW span */

struct rd_marked {
	const struct rd_span *spans; /* arena; cover [0, len), none empty */
	size_t n_spans;
	bool nothing_new; /* no letter or digit is left NEW */
};

/* body: UTF-8 with "\n" or "\r\n". given: what is known already (from HTML), in order; or NULL. */
RD_MUST_USE enum rd_rc rd_quotes_mark(const char *body, uint32_t len, const struct rd_span *given,
	size_t n_given, struct rd_arena *arena, struct rd_marked *ret_marked, struct rd_err *err);

#endif

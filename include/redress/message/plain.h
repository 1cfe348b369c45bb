/* plain: a message whose fields are known already (classify --jsonl, phone notes, tests).
 *
 * subject and body are kept byte by byte as given, so that spans and hits are offsets in the field
 * as given; a mail's body is marked as rd_quotes_mark does, a text's is all NEW. Bytes that are not
 * UTF-8 become U+FFFD and set trouble.bad_charset.
 */
#ifndef REDRESS_MESSAGE_PLAIN_H
#define REDRESS_MESSAGE_PLAIN_H

#include <stddef.h>
#include "redress/base/arena.h"
#include "redress/base/err.h"
#include "redress/message/message.h"

struct rd_plain {
	enum rd_channel channel;
	const char *from;    /* address or number, NULL or "" where unknown */
	const char *subject; /* NULL for none */
	size_t subject_len;
	const char *body;
	size_t body_len;
};

/* Everything in ret_message is arena. Keys are all zero. */
RD_MUST_USE enum rd_rc rd_plain_message(const struct rd_plain *plain, struct rd_arena *arena,
	struct rd_message *ret_message, struct rd_err *err);

#endif

/* charset: bytes of any charset -> valid UTF-8, always.
 *
 * Order of trust: the declared charset, where it is known and holds every byte; UTF-8, where the
 * bytes are valid UTF-8; windows-1252, which holds nearly anything. us-ascii and iso-8859-1 are
 * read as windows-1252, as every mail program does (WHATWG Encoding, labels). NUL bytes are
 * dropped: nothing that a person reads has them.
 */
#ifndef REDRESS_MESSAGE_CHARSET_H
#define REDRESS_MESSAGE_CHARSET_H

#include <stdbool.h>
#include <stddef.h>
#include "redress/base/arena.h"
#include "redress/base/err.h"

struct rd_decoded {
	const char *text; /* arena; valid UTF-8 without NUL */
	size_t len;
	bool doubtful;	/* the declared charset was unknown or untrue, or bytes were lost */
	bool truncated; /* more than max */
};

/* Opens the converters that are in use in mail and keeps them open. See rd_mime_init. */
void rd_charset_init(void);

/* charset: NULL or "" where none is declared. max: bytes of UTF-8. */
RD_MUST_USE enum rd_rc rd_charset_decode(const void *data, size_t len, const char *charset,
	size_t max, struct rd_arena *arena, struct rd_decoded *ret_decoded, struct rd_err *err);

/* Length of the longest beginning that is valid UTF-8 without NUL. */
size_t rd_utf8_valid(const char *text, size_t len);

/* The greatest length <= max that does not cut a character of valid UTF-8 apart. */
size_t rd_utf8_cut(const char *text, size_t len, size_t max);

#endif

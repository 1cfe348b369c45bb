/* quote_lines: the lines of a body, and small questions about one of them.
 *
 * What the readers of earlier mail share: quote_intro ("On ... wrote:"), quote_headers (From/Sent
 * blocks, forwarded mail), quote_notices (devices, legal notices, banners), quote_signature. Each
 * looks ahead a bounded number of lines, so that a walk over a body of any shape stays linear.
 * Lines are UTF-8 without their line end. Used by those and by quotes.c alone.
 */
#ifndef REDRESS_MESSAGE_QUOTE_LINES_H
#define REDRESS_MESSAGE_QUOTE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "redress/message/message.h"

#define RD_LOOKS_MAX 64

struct rd_body {
	const char *text; /* borrowed */
	uint32_t len;
	unsigned looks_left; /* notices and signatures that may still be looked for in vain */
};

struct rd_quote_line {
	const char *text; /* leading and trailing blanks are off, those that nobody sees too */
	size_t len;
	uint32_t from, next; /* of the whole line, and where the next begins */
};

/* The line that begins at `at` (< body->len). */
struct rd_quote_line rd_line_at(const struct rd_body *body, uint32_t at);
/* The first line from `at` on that is not blank; false where only blank ones follow, or more than
 * max of them. */
bool rd_line_not_blank(
	const struct rd_body *body, uint32_t at, int max, struct rd_quote_line *ret_line);

/* How many ">" stand before its words: "> > text" is 2. Something like ">>> URGENT <<<" is 0. */
unsigned rd_line_depth(const struct rd_quote_line *line);
/* The line without so many of them: as its first writer had it. */
struct rd_quote_line rd_line_unquoted(const struct rd_quote_line *line, unsigned depth);

bool rd_line_begins_own_letter(const struct rd_quote_line *line); /* Our reference: RD123456-K7QF */
bool rd_line_ends_own_letter(const struct rd_quote_line *line);	  /* End of letter RD123456-K7QF */

bool rd_text_goes_on(const char *text, size_t len, const char *with); /* for rd_text_starts */

/* Where a text begins so, in any case of ASCII letters. The first byte tells most words apart:
 * these questions are asked of every line, by the hundred. */
static inline bool rd_text_starts(const char *text, size_t len, const char *with)
{
	return len > 0 && ((*text ^ *with) & 0xDF) == 0 && rd_text_goes_on(text, len, with);
}

/* NULL where it is not there. */
const char *rd_text_find(const char *text, size_t len, const char *what);
bool rd_text_is(const char *text, size_t len, const char *what);
/* 1 or 2 where a blank (or a no-break space) stands there, 0 where none does. */
size_t rd_text_blank(const char *text, size_t len);
size_t rd_text_words(const char *text, size_t len);

/* A year or a date in figures; a time of day: what mail programs write where they quote. */
void rd_text_dates(const char *text, size_t len, bool *ret_date, bool *ret_time);

/* The first e-mail address in a text, where there is one: [*ret_at, *ret_at + *ret_len). */
bool rd_text_address(const char *text, size_t len, const char **ret_at, size_t *ret_len);

#endif

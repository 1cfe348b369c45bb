/* quote_lines: what one line of a mail, with a few behind it, says about itself.
 *
 * Used by quotes.c alone, which walks the body. Every look-ahead is bounded, so that a walk over a
 * body of any shape stays linear. Lines are UTF-8 without their line end.
 */
#ifndef REDRESS_MESSAGE_QUOTE_LINES_H
#define REDRESS_MESSAGE_QUOTE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "redress/message/message.h"

#define RD_SIGNATURE_LINES_MAX 12 /* lines that are not blank behind "-- " or a closing */

struct rd_body {
	const char *text; /* borrowed */
	uint32_t len;
	unsigned looks_left; /* notices and signatures that may still be looked for in vain */
};

#define RD_LOOKS_MAX 64

struct rd_line {
	const char *text; /* leading and trailing blanks are off */
	size_t len;
	uint32_t from, next; /* of the whole line, and where the next begins */
};

/* The line that begins at `at` (< body->len). */
struct rd_line rd_line_at(const struct rd_body *body, uint32_t at);

/* "> text", ">text", "> > text" */
bool rd_line_is_quoted(const struct rd_line *line);

/* Takes quotation marks off: the line as its first writer had it. */
struct rd_line rd_line_unquoted(const struct rd_line *line);

bool rd_line_begins_own_letter(const struct rd_line *line); /* Our reference: RD123456-K7QF */
bool rd_line_ends_own_letter(const struct rd_line *line);   /* End of letter RD123456-K7QF */

/* "On ... wrote:" from line on, over at most four lines. *ret_next: where the line behind begins;
 * *ret_sure: so plainly one that what follows is quoted even without "> ". */
bool rd_line_attribution(
	const struct rd_body *body, const struct rd_line *line, uint32_t *ret_next, bool *ret_sure);

/* "-----Original Message-----" and Outlook's From/Sent/To block: QUOTED; "Forwarded message" and
 * its kin: FORWARDED; else NEW. What follows is of that kind up to the end. */
enum rd_span_kind rd_line_begins_earlier_mail(
	const struct rd_body *body, const struct rd_line *line);

/* "Sent from my iPhone", "Get Outlook for Android": the line alone. */
bool rd_line_is_device(const struct rd_line *line);

/* A confidentiality notice begins here; *ret_next: where the paragraph ends. */
bool rd_line_disclaimer(struct rd_body *body, const struct rd_line *line, uint32_t *ret_next);

/* "-- ", or a closing with a name and something to reach it by behind it, and nothing else up to
 * *ret_next. */
bool rd_line_signature(struct rd_body *body, const struct rd_line *line, uint32_t *ret_next);

#endif

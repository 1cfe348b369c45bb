/* quote_headers: where an earlier mail begins, by the header that mail programs put before it.
 *
 * "-----Original Message-----" and "---------- Forwarded message ---------" in many languages,
 * GroupWise's ">>> name date >>>", and Outlook's From/Sent/To/Subject block, with or without the
 * line of underscores, in bold (*From:*), or run together into one line. Whether such a block is
 * quoted or forwarded the subject above it says: "FW:", "Fwd:", "TR:", "WG:" ...
 *
 * A letter that a person heads with From and To ("From: the tenants of Elm Court") is no such
 * block: a program's has an address, or the time at which the mail was sent.
 */
#ifndef REDRESS_MESSAGE_QUOTE_HEADERS_H
#define REDRESS_MESSAGE_QUOTE_HEADERS_H

#include <stdbool.h>
#include "redress/message/quote_lines.h"

enum rd_earlier {
	RD_EARLIER_NOT = 0,
	RD_EARLIER_BLOCK,     /* a header block: quoted, or forwarded where the subject says so */
	RD_EARLIER_ORIGINAL,  /* "Original message": the same */
	RD_EARLIER_FORWARDED, /* "Forwarded message": forwarded, whatever the subject */
};

/* Does an earlier mail begin at line, which bears depth ">"? */
enum rd_earlier rd_line_earlier(
	const struct rd_body *body, const struct rd_quote_line *line, unsigned depth);
/* ----- End forwarded message ----- */
bool rd_line_ends_forwarded(const struct rd_quote_line *line);
/* A line of underscores, as Outlook draws it above a block. */
bool rd_line_is_rule(const struct rd_quote_line *line);

enum rd_header_line {
	RD_HEADER_NOT = 0,
	RD_HEADER_FROM,
	RD_HEADER_SUBJECT,
	RD_HEADER_OTHER, /* Sent, To, Cc, Date ... */
};

/* Which header of a block this line is; *ret_value: what stands behind the colon. */
enum rd_header_line rd_line_header(
	const struct rd_quote_line *line, const char **ret_value, size_t *ret_len);

/* Several lines "Word: value" with an address, or a date and time, among them, in a language that
 * is not known here: for HTML that says itself that a header stands there. */
bool rd_lines_look_like_headers(const char *text, size_t len);

/* Does a subject say that its mail passes another one on? The first of its prefixes counts. */
bool rd_subject_forwards(const char *subject, size_t len);

#endif

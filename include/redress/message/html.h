/* html: an HTML mail -> the text that a person would see.
 *
 * libxml2's push SAX parser feeds a small state machine: no tree, no network, no recursion, linear.
 * Blocks end lines, list items begin with "- ", table cells are parted by blanks, pictures give
 * their alt text, links their text alone. Dropped: head, style, script, comments, and what is
 * hidden (display:none, visibility:hidden, font-size:0, the hidden attribute, white on white is
 * not looked for). Quoted mail is marked by what mail programs put around it: blockquote with
 * type=cite, a line at its left or "On ... wrote:" above it (a bare one may be the writer's own),
 * and the ids and classes of Gmail, Yahoo, Thunderbird (its forwards too), Proton, Tutanota,
 * Zimbra, Spark, Roundcube and Outlook (desktop, web, mobile), whose dividers let it run to the
 * end; below Outlook's line also by a header in a language that nobody here knows. Signatures by
 * theirs.
 */
#ifndef REDRESS_MESSAGE_HTML_H
#define REDRESS_MESSAGE_HTML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "redress/base/arena.h"
#include "redress/base/err.h"
#include "redress/message/message.h"

#define RD_HTML_DEPTH_MAX                                                                          \
	1024 /* elements open at once; where they are more, reading ends: truncated */

struct rd_html_text {
	const char *text; /* arena; valid UTF-8, lines end with "\n" */
	uint32_t len;
	/* What the elements said; in order, apart from one another. Everything else is NEW. */
	const struct rd_span *spans;
	size_t n_spans;
	bool truncated; /* more text than max, or a tag over its bounds (html_tags) */
};

/* html: UTF-8 (rd_charset_decode first; a charset in a <meta> is not looked at). */
RD_MUST_USE enum rd_rc rd_html_to_text(const char *html, size_t len, size_t max,
	struct rd_arena *arena, struct rd_html_text *ret_text, struct rd_err *err);

/* The charset that a <meta> in the first 2 KiB names, or "" (for a part that declares none). */
void rd_html_meta_charset(const char *html, size_t len, char out[static 41]);

#endif

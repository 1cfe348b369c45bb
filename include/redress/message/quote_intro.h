/* quote_intro: the line by which a mail program introduces what it quotes: "On Tue, 3 Nov 2026 at
 * 10:12, Repairs <repairs@example.org> wrote:".
 *
 * Some thirty languages, with the name before or behind the verb, over at most four lines. People
 * write such sentences too ("On Monday the plumber wrote:"), so how sure it is is told apart.
 */
#ifndef REDRESS_MESSAGE_QUOTE_INTRO_H
#define REDRESS_MESSAGE_QUOTE_INTRO_H

#include <stdbool.h>
#include <stdint.h>
#include "redress/message/quote_lines.h"

enum rd_intro_is {
	RD_INTRO_IF_QUOTED = 0, /* one where quoted lines follow; else a sentence of the writer's */
	RD_INTRO_LIKELY,	/* date, time and name as a program writes them, but no address */
	RD_INTRO_SURE,		/* with an address where a program puts it */
};

struct rd_intro {
	uint32_t next; /* where the line behind it begins */
	enum rd_intro_is is;
	const char *address; /* of who is quoted, within the body; NULL where it names none */
	size_t address_len;
};

/* Does one begin at line, which bears depth ">"? */
bool rd_line_intro(const struct rd_body *body, const struct rd_quote_line *line, unsigned depth,
	struct rd_intro *ret_intro);

#endif

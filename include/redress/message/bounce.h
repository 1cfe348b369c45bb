/* bounce: what became of a mail of ours, as a mail server tells it.
 *
 * Reads delivery status notifications (RFC 3464, RFC 6533) and the prose of servers that write none
 * (qmail, Exim, Domino, old Sendmail and Exchange), and tells apart what a landlord must: a mailbox
 * that is not there (hard), one that is full, a mail that a filter would not take (blocked), one
 * that the server gave up on for any other reason (soft), one that is only late (delayed).
 *
 * Whatever a server gave up on has not arrived, whether its code begins with a 4 or a 5. Where a
 * status code (RFC 3463) says one thing and the other server's words another, words about a full
 * mailbox win, then a code that means one thing only, then the words.
 *
 * All of it can be forged by anybody: a bounce proves nothing by itself. Whether it speaks of a
 * letter that we sent is for gateway/returns.h to say. Pure.
 */
#ifndef REDRESS_MESSAGE_BOUNCE_H
#define REDRESS_MESSAGE_BOUNCE_H

#include <stdbool.h>
#include <stddef.h>
#include "redress/base/arena.h"
#include "redress/base/err.h"
#include "redress/message/message.h"

#define RD_BOUNCE_CODE_MAX  12		/* "5.7.133", with NUL */
#define RD_BOUNCE_WHY_MAX   200		/* of what the other server said */
#define RD_BOUNCE_TEXT_MAX  (64u << 10) /* of status or prose that is looked at */
#define RD_BOUNCE_LINES_MAX 2000

/* Borrowed; NULL or "" where there is none. */
struct rd_bounce_source {
	const char *status; /* the fields of the message/delivery-status part, decoded */
	size_t status_len;
	const char *text; /* what it says to people; a copy of our mail may stand behind */
	size_t text_len;
	const char *failed;   /* X-Failed-Recipients (Exim, Gmail) */
	const char *returned; /* the Subject of the mail that came back */
};

/* Fails with RD_E_RANGE alone, when the arena is full. */
RD_MUST_USE enum rd_rc rd_bounce_read(const struct rd_bounce_source *source, struct rd_arena *arena,
	struct rd_bounce *ret_bounce, struct rd_err *err);

/* Does a text begin as a mail server's own report does ("This is the mail system at host ...")? A
 * resident who passes one on begins with her own words, or stands in From. */
bool rd_bounce_prose(const char *text, size_t len);

/* An abuse report's fields (RFC 5965). *ret_complains: a recipient complains (abuse, fraud,
 * opt-out, other); false for `not-spam`, for what a checker reports by itself, and where no type
 * stands. The recipients that it names are those who complain of our mail. */
RD_MUST_USE enum rd_rc rd_abuse_read(const char *fields, size_t len, const char *returned,
	struct rd_arena *arena, struct rd_bounce *ret_bounce, bool *ret_complains,
	struct rd_err *err);

/* --- its parts, for bounce.c and tests --- */

/* What a status code alone says of a mail that was given up; RD_BOUNCE_NONE: nothing of its own
 * (5.0.0), ask the words. */
enum rd_bounce_kind rd_bounce_of_code(const char *code);
/* What words say of it; RD_BOUNCE_NONE: nothing that is known. */
enum rd_bounce_kind rd_bounce_of_words(const char *text, size_t len);
/* Words that say: not given up yet. */
bool rd_bounce_says_delayed(const char *text, size_t len);
/* The first status code of a text, one behind an SMTP reply, "#" or "(" before all others; false:
 * none. A version or an IP address is none. */
bool rd_bounce_find_code(const char *text, size_t len, char out[static RD_BOUNCE_CODE_MAX]);
/* The first SMTP reply code (RFC 5321) that refuses: 4 or 5; 0: none. */
int rd_bounce_find_reply(const char *text, size_t len);
/* How much of a text stands before the copy of our mail. */
size_t rd_bounce_own_words(const char *text, size_t len);

#endif

/* automatic: which headers and addresses say that no person wrote a mail.
 *
 * RFC 3834 section 2 and 5 (Auto-Submitted), RFC 5230 section 4.6 (names and List- headers), RFC
 * 2369 and 2919, MS-OXCMAIL 2.1.3.2.20 (X-Auto-Response-Suppress, which asks for silence and says
 * nothing of who wrote), and what is common without a standard (Precedence, X-Autoreply, X-Loop,
 * Feedback-ID). postmaster@ alone is no mark: often a human reads and writes there.
 * Used by mime.c.
 */
#ifndef REDRESS_MESSAGE_AUTOMATIC_H
#define REDRESS_MESSAGE_AUTOMATIC_H

#include <stdbool.h>
#include "redress/base/arena.h"
#include "redress/message/message.h"

/* Once for each header, in order. value: unfolded and trimmed. Arena: own_loop. */
void rd_automatic_header(
	struct rd_automatic *marks, const char *name, const char *value, struct rd_arena *arena);

/* Is there nobody behind this address (local part, or local@domain)? */
bool rd_automatic_no_reply(const char *address);

/* After the headers. from: as written, with or without a domain. Sets no_reply_address, and
 * auto_replied and delivery_report for mails that only look like one. */
void rd_automatic_finish(
	struct rd_automatic *marks, const char *from, const char *return_path, const char *subject);

#endif

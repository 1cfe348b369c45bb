/* smtp_words: what a mail server's refusals mean, and what to do about them.
 *
 * A server's line is told as it is; behind it stands, where it is a known one, what is wrong with
 * our configuration. Some refusals come behind the mail and look like the letter's own fault while
 * they are ours: a sender that the account may not use (Exchange: SendAsDenied).
 */
#ifndef REDRESS_DELIVER_SMTP_WORDS_H
#define REDRESS_DELIVER_SMTP_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include "redress/wire/config.h"

/* Is this line about who may send as whom? */
bool rd_smtp_denies_sender(const char *line);

/* Writes "LINE: what is wrong and what to do", or the line alone where nothing is known of it.
 * signing_in: it answers our login. */
void rd_smtp_say(const struct rd_outgoing_config *config, bool signing_in, const char *line,
	char *out, size_t size);

/* The domain of `Name <user@domain>`: what we call ourselves in EHLO. */
void rd_smtp_own_domain(const char *from, char out[static 256]);
/* The address alone. */
void rd_smtp_own_address(const char *from, char *out, size_t size);

#endif

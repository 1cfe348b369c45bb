/* tokens: the daemon's access tokens, in memory alone, renewed before they run out.
 *
 * A cache belongs to one `OAuth:` stanza and serves every mailbox and server that names it, in any
 * thread: whoever comes while another is fetching waits for that one's token. Where tokens are the
 * user's own (a Google service account acts for one mailbox at a time) each user has one; else all
 * share one. A failure is remembered too, and told again without asking until its pause is over:
 * seconds, doubled up to minutes, what the server wishes (Retry-After), and a minute at least where
 * it says no. A token that the mail server refused is forgotten and fetched anew, once an attempt.
 */
#ifndef REDRESS_WIRE_TOKENS_H
#define REDRESS_WIRE_TOKENS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "redress/base/err.h"
#include "redress/wire/config.h"

#define RD_TOKEN_BYTES_MAX	    8191
#define RD_TOKENS_PAUSE_MS	    5000 /* after a first failure */
#define RD_TOKENS_PAUSE_MAX_MS	    (5 * 60 * (int64_t)1000)
#define RD_TOKENS_REFUSED_MS	    60000
#define RD_TOKENS_RETRY_AFTER_MAX_S 3600
#define RD_TOKENS_EARLY_MS	    (5 * 60 * (int64_t)1000) /* renewed so long before its end, or */
#define RD_TOKENS_EARLY_PART	    5 /* in the last fifth of its life, whichever is later */

struct rd_token {
	char text[RD_TOKEN_BYTES_MAX + 1]; /* NUL-ended; visible ASCII */
};
void rd_token_wipe(struct rd_token *token); /* fit for RD_CLEANUP */

struct rd_tokens *rd_tokens_new(void);
void rd_tokens_free(struct rd_tokens *tokens); /* wipes them; NULL is fine */
/* For tests: as if so much time had passed. */
void rd_tokens_turn(struct rd_tokens *tokens, int64_t ms);

/* Asked about once a second while the token's server is waited for; true gives up. NULL: never. */
struct rd_token_stop {
	bool (*stopping)(void *context);
	void *context;
};

/* A token for that user that has not run out. RD_E_REFUSED, RD_E_INPUT: a person must act, and err
 * says how; RD_E_AGAIN: may pass. */
RD_MUST_USE enum rd_rc rd_tokens_get(const struct rd_oauth_config *oauth, const char *user,
	const struct rd_token_stop *stop, struct rd_token *ret_token, struct rd_err *err);

/* The mail server did not take this token. */
void rd_tokens_refused(
	const struct rd_oauth_config *oauth, const char *user, const struct rd_token *token);

#endif

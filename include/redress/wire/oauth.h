/* oauth: an access token, asked for by the proof that an `OAuth:` stanza names.
 *
 *   Microsoft  client credentials (RFC 6749 4.4) with a secret, or with an assertion that the
 *              certificate's key signed (RFC 7523 2.2; PS256, `x5t#S256`)
 *   Google     an assertion of a service account that acts for a mailbox (RFC 7523 2.1; RS256), or
 *              a refresh token (RFC 6749 6)
 *   other      client credentials with a secret, or a refresh token
 *
 * One POST over verified TLS (wire/http.h). Secrets are read for the request and wiped after; no
 * message holds one, nor anything else that the server wrote but its error's code, which is put
 * into plain words with what to do: oauth_words.c. Use wire/tokens.h, which keeps what comes back.
 */
#ifndef REDRESS_WIRE_OAUTH_H
#define REDRESS_WIRE_OAUTH_H

#include "redress/base/arena.h"
#include "redress/wire/tokens.h"

#define RD_OAUTH_TIMEOUT_MS	  20000
#define RD_OAUTH_ANSWER_BYTES_MAX (64u << 10)
#define RD_OAUTH_LIFE_S		  600 /* of a token that does not say; RFC 6749 5.1 */
#define RD_OAUTH_LIFE_MAX_S	  86400

struct rd_oauth_grant {
	struct rd_token token;
	int64_t life_s;
	int64_t retry_after_s; /* set on failure too, 0 where the server wishes nothing */
};

/* now_ms: wall clock, for what is signed. */
RD_MUST_USE enum rd_rc rd_oauth_fetch(const struct rd_oauth_config *oauth, const char *user,
	int64_t now_ms, const struct rd_token_stop *stop, struct rd_oauth_grant *ret_grant,
	struct rd_err *err);

/* Are tokens of this stanza one user's own? */
bool rd_oauth_is_personal(const struct rd_oauth_config *oauth);

/* Can every secret be read, and do certificate and key belong together? *ret_field: the line at
 * fault. Nothing is asked of anybody. */
RD_MUST_USE enum rd_rc rd_oauth_check(
	const struct rd_oauth_config *oauth, const char **ret_field, struct rd_err *err);

/* The last day on which its secret or certificate works; not set where nobody says. */
RD_MUST_USE enum rd_rc rd_oauth_expires(
	const struct rd_oauth_config *oauth, struct rd_date *ret_day, struct rd_err *err);

/* SHA-256 of the certificate, base64url: how Microsoft finds the key. Arena. */
RD_MUST_USE enum rd_rc rd_oauth_thumbprint(
	const char *path, struct rd_arena *arena, const char **ret_thumbprint, struct rd_err *err);

/* A refusal of the token's server in plain words: always fails. body: what it answered. */
enum rd_rc rd_oauth_explain(const struct rd_oauth_config *oauth, const char *user, long status,
	const char *body, size_t len, struct rd_err *err);
/* The token was given and the mail server does not take it: what is missing. protocol: "IMAP" or
 * "SMTP"; server_words: what it said. */
enum rd_rc rd_oauth_explain_login(const struct rd_oauth_config *oauth, const char *user,
	const char *protocol, const char *server_words, struct rd_err *err);

#endif

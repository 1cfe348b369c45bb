/* imap_login: from a fresh connection to an authenticated one, by hand.
 *
 * Before the login everything comes from whoever answers the connection, so none of it reaches
 * libetpan (a hostile greeting crashes it): greeting, CAPABILITY, STARTTLS and AUTHENTICATE
 * (PLAIN, RFC 4616, else LOGIN; with a token OAUTHBEARER, RFC 7628, else XOAUTH2) are a few lines
 * read here. PREAUTH would skip both TLS and the question
 * who we are: refused. No secret leaves before the stream is secure or is this machine's own
 * loopback.
 *
 * RD_E_REFUSED: password, token, PREAUTH, no STARTTLS, no way to log in.
 */
#ifndef REDRESS_INTAKE_IMAP_LOGIN_H
#define REDRESS_INTAKE_IMAP_LOGIN_H

#include <stdbool.h>
#include "redress/base/err.h"
#include "redress/wire/stream.h"

struct rd_imap_abilities {
	bool starttls;
	bool login_disabled;
	bool auth_plain;
	bool auth_xoauth2;
	bool auth_oauthbearer;
	bool sasl_ir;
	bool idle;
	bool uidplus;
	bool move;
};

/* Who we are: UTF-8 without CR, LF or NUL. */
struct rd_imap_proof {
	const char *user;
	const char *password; /* this, or: */
	const char *token;    /* NULL: by password */
	const char *host;     /* with a token: the server's, as OAUTHBEARER names it */
	int port;
	bool token_refused; /* set: the server did not take it; another one may do */
	char words[200];    /* set with it: what the server said */
};

/* stream is fresh from rd_stream_open. ret_abilities are those after the login. */
RD_MUST_USE enum rd_rc rd_imap_login(struct rd_stream *stream, enum rd_security security,
	struct rd_imap_proof *proof, struct rd_imap_abilities *ret_abilities, struct rd_err *err);

/* Is it free of CR, LF and NUL (a command injection) and of other control characters? */
bool rd_imap_is_clean(const char *text);

#endif

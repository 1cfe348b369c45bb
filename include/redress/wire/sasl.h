/* sasl: what a client says to log in with a bearer token, base64 as it stands on the wire.
 *
 * XOAUTH2 is Google's and Microsoft's own (`user=USER^Aauth=Bearer TOKEN^A^A`), OAUTHBEARER is RFC
 * 7628. Where the server offers both, the standard one is used. A user with a control character in
 * it, which would end a field, is refused.
 */
#ifndef REDRESS_WIRE_SASL_H
#define REDRESS_WIRE_SASL_H

#include "redress/base/buf.h"

/* Added to out, which is an RD_BUF_SECRET. */
RD_MUST_USE enum rd_rc rd_sasl_xoauth2(
	const char *user, const char *token, struct rd_buf *out, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_sasl_oauthbearer(const char *user, const char *host, int port,
	const char *token, struct rd_buf *out, struct rd_err *err);

/* A server that does not understand a login may say it back: stars in the place of every word that
 * could be one. */
void rd_sasl_hide(char *text);

/* Adds data in base64. */
RD_MUST_USE enum rd_rc rd_buf_add_base64(
	struct rd_buf *out, const void *data, size_t len, struct rd_err *err);

#endif

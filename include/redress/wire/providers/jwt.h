/* jwt: JSON Web Tokens signed with HS256 (RFC 7519, RFC 7515), made and checked.
 *
 * Nothing but HS256 is ever accepted, whatever the token's own header says. Times are the caller's
 * to check. Claims are arena text, read with jansson by whoever asks.
 */
#ifndef REDRESS_WIRE_PROVIDERS_JWT_H
#define REDRESS_WIRE_PROVIDERS_JWT_H

#include <stddef.h>
#include "redress/base/arena.h"
#include "redress/base/err.h"

#define RD_JWT_BYTES_MAX 4096

/* claims: JSON. RD_E_RANGE when the arena is full. */
RD_MUST_USE enum rd_rc rd_jwt_make(struct rd_arena *arena, const char *secret, const char *claims,
	const char **ret_token, struct rd_err *err);

/* RD_E_REFUSED unless the token is signed with this secret. ret_claims: its claims, JSON. */
RD_MUST_USE enum rd_rc rd_jwt_check(struct rd_arena *arena, const char *secret, const char *token,
	const char **ret_claims, size_t *ret_len, struct rd_err *err);

#endif

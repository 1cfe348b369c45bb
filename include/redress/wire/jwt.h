/* jwt: JSON Web Tokens (RFC 7519, RFC 7515): HS256 made and checked, RS256 and PS256 made.
 *
 * Nothing but HS256 is ever accepted, whatever the token's own header says; the other two only
 * prove who we are to those who have our public key (OAuth2, RFC 7523). Times are the caller's to
 * check. Claims are arena text, read with jansson by whoever asks.
 */
#ifndef REDRESS_WIRE_JWT_H
#define REDRESS_WIRE_JWT_H

#include <stddef.h>
#include "redress/base/arena.h"
#include "redress/base/err.h"

#define RD_JWT_BYTES_MAX    4096
#define RD_JWT_KEY_BITS_MIN 2048 /* RFC 7518 3.3, 3.5 */

/* claims: JSON. RD_E_RANGE when the arena is full. */
RD_MUST_USE enum rd_rc rd_jwt_make(struct rd_arena *arena, const char *secret, const char *claims,
	const char **ret_token, struct rd_err *err);

/* RD_E_REFUSED unless the token is signed with this secret. ret_claims: its claims, JSON. */
RD_MUST_USE enum rd_rc rd_jwt_check(struct rd_arena *arena, const char *secret, const char *token,
	const char **ret_claims, size_t *ret_len, struct rd_err *err);

enum rd_jwt_algorithm { RD_JWT_RS256 = 0, RD_JWT_PS256 };

/* key_pem     an RSA key without a passphrase
 * thumbprint  `x5t#S256` of the header (RFC 7515 4.1.8); "" leaves it out
 * RD_E_INPUT: no such key, or one that is too short; the message never holds a part of it. */
RD_MUST_USE enum rd_rc rd_jwt_sign(struct rd_arena *arena, enum rd_jwt_algorithm algorithm,
	const char *key_pem, const char *thumbprint, const char *claims, const char **ret_token,
	struct rd_err *err);

#endif

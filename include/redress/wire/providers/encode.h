/* encode: the small encodings that providers speak: forms, percent signs, base64, hex, HMAC.
 *
 * Everything returned is arena; NULL means that the arena is full.
 */
#ifndef REDRESS_WIRE_PROVIDERS_ENCODE_H
#define REDRESS_WIRE_PROVIDERS_ENCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "redress/base/arena.h"
#include "redress/base/buf.h"
#include "redress/base/err.h"

#define RD_FORM_FIELDS_MAX 500

struct rd_form_field {
	const char *name; /* decoded, NUL-ended behind name_len; may hold NUL bytes */
	size_t name_len;
	const char *value;
	size_t value_len;
};

struct rd_form {
	struct rd_form_field *fields;
	size_t n_fields;
};

/* application/x-www-form-urlencoded. A percent sign without two hex digits is itself, as browsers
 * have it. RD_E_RANGE beyond RD_FORM_FIELDS_MAX. */
RD_MUST_USE enum rd_rc rd_form_parse(const char *text, size_t len, struct rd_arena *arena,
	struct rd_form *ret_form, struct rd_err *err);
/* The first field of that name, or NULL. */
const struct rd_form_field *rd_form_find(const struct rd_form *form, const char *name);
/* Its value; "" where it is missing, or holds a NUL: it would be read as less than was signed. */
const char *rd_form_text(const struct rd_form *form, const char *name);

char *rd_percent_encode(struct rd_arena *arena, const char *text, size_t len); /* RFC 3986 2.3 */
/* "&name=value" behind what there is, each byte of the value encoded like that, and no copy of it
 * anywhere else: fit for a secret in an RD_BUF_SECRET. */
RD_MUST_USE enum rd_rc rd_form_add(
	struct rd_buf *form, const char *name, const char *value, struct rd_err *err);
/* rd_percent_encode of a whole string; "" when the arena is full (rd_arena_overflowed tells). */
const char *rd_percent(struct rd_arena *arena, const char *text);
char *rd_base64(struct rd_arena *arena, const void *data, size_t len);
char *rd_base64_url(struct rd_arena *arena, const void *data, size_t len); /* no padding */

#define RD_HMAC_SHA1_BYTES   20
#define RD_HMAC_SHA256_BYTES 32
#define RD_SHA256_HEX_SIZE   65
void rd_hmac_sha1(
	const char *key, const void *data, size_t len, uint8_t out[static RD_HMAC_SHA1_BYTES]);
void rd_hmac_sha256(
	const char *key, const void *data, size_t len, uint8_t out[static RD_HMAC_SHA256_BYTES]);
void rd_sha256_hex(const void *data, size_t len, char out[static RD_SHA256_HEX_SIZE]);

/* The hash of data, or its HMAC where key is not NULL; lower-case hex. */
enum rd_digest { RD_MD5 = 0, RD_SHA1, RD_SHA256, RD_SHA512 };
#define RD_DIGEST_HEX_SIZE 129
void rd_digest_hex(enum rd_digest digest, const char *key, const void *data, size_t len,
	char out[static RD_DIGEST_HEX_SIZE]);

/* RFC 4648 5, without padding; NULL for anything else. A NUL is put behind it. */
char *rd_base64_url_decode(struct rd_arena *arena, const char *text, size_t len, size_t *ret_len);

/* Is the Authorization header Basic (RFC 7617) with this user and password? */
bool rd_basic_right(
	struct rd_arena *arena, const char *authorization, const char *user, const char *password);

/* In time that depends on the lengths alone. Two empty strings are not the same secret. */
bool rd_same_secret(const char *ours, const char *theirs);

#endif

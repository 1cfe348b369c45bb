#include "redress/wire/providers/encode.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static char *form_decode(struct rd_arena *arena, const char *text, size_t len, size_t *ret_len)
{
	char *out = rd_arena_alloc(arena, len + 1);
	if (!out)
		return NULL;
	size_t n = 0;
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '+') {
			out[n++] = ' ';
		} else if (text[i] == '%' && i + 2 < len && hex_digit(text[i + 1]) >= 0 &&
			   hex_digit(text[i + 2]) >= 0) {
			out[n++] = (char)(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
			i += 2;
		} else {
			out[n++] = text[i];
		}
	}
	out[n] = '\0';
	*ret_len = n;
	return out;
}

enum rd_rc rd_form_parse(const char *text, size_t len, struct rd_arena *arena,
	struct rd_form *ret_form, struct rd_err *err)
{
	size_t n_max = 1;
	for (size_t i = 0; i < len; i++)
		n_max += text[i] == '&';
	if (n_max > RD_FORM_FIELDS_MAX)
		return rd_fail(
			err, RD_E_RANGE, "a form of more than %d fields", RD_FORM_FIELDS_MAX);
	struct rd_form_field *fields = rd_arena_array(arena, n_max, sizeof *fields);
	if (!fields)
		return rd_fail(err, RD_E_RANGE, "a form that is too large");
	size_t n = 0;
	for (size_t from = 0; from < len;) {
		const char *end = memchr(text + from, '&', len - from);
		size_t to = end ? (size_t)(end - text) : len;
		if (to > from) {
			const char *equals = memchr(text + from, '=', to - from);
			size_t middle = equals ? (size_t)(equals - text) : to;
			size_t value_at = equals ? middle + 1 : to;
			struct rd_form_field *f = &fields[n++];
			f->name = form_decode(arena, text + from, middle - from, &f->name_len);
			f->value =
				form_decode(arena, text + value_at, to - value_at, &f->value_len);
			if (!f->name || !f->value)
				return rd_fail(err, RD_E_RANGE, "a form that is too large");
		}
		from = to + 1;
	}
	ret_form->fields = fields;
	ret_form->n_fields = n;
	return RD_OK;
}

const struct rd_form_field *rd_form_find(const struct rd_form *form, const char *name)
{
	size_t len = strlen(name);
	for (size_t i = 0; i < form->n_fields; i++)
		if (form->fields[i].name_len == len && memcmp(form->fields[i].name, name, len) == 0)
			return &form->fields[i];
	return NULL;
}

char *rd_percent_encode(struct rd_arena *arena, const char *text, size_t len)
{
	static const char hex[] = "0123456789ABCDEF";
	char *out = rd_arena_alloc(arena, len * 3 + 1);
	if (!out)
		return NULL;
	size_t n = 0;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
			c == '-' || c == '.' || c == '_' || c == '~') {
			out[n++] = (char)c;
		} else {
			out[n++] = '%';
			out[n++] = hex[c >> 4];
			out[n++] = hex[c & 15];
		}
	}
	out[n] = '\0';
	return out;
}

static char *base64(
	struct rd_arena *arena, const void *data, size_t len, const char *alphabet, bool padded)
{
	const uint8_t *in = data;
	char *out = rd_arena_alloc(arena, (len + 2) / 3 * 4 + 1);
	if (!out)
		return NULL;
	size_t n = 0;
	for (size_t i = 0; i < len; i += 3) {
		size_t left = len - i;
		uint32_t v = (uint32_t)in[i] << 16;
		if (left > 1)
			v |= (uint32_t)in[i + 1] << 8;
		if (left > 2)
			v |= in[i + 2];
		out[n++] = alphabet[v >> 18];
		out[n++] = alphabet[(v >> 12) & 63];
		if (left > 1)
			out[n++] = alphabet[(v >> 6) & 63];
		else if (padded)
			out[n++] = '=';
		if (left > 2)
			out[n++] = alphabet[v & 63];
		else if (padded)
			out[n++] = '=';
	}
	out[n] = '\0';
	return out;
}

char *rd_base64(struct rd_arena *arena, const void *data, size_t len)
{
	return base64(arena, data, len,
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", true);
}

char *rd_base64_url(struct rd_arena *arena, const void *data, size_t len)
{
	return base64(arena, data, len,
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", false);
}

void rd_hmac_sha1(
	const char *key, const void *data, size_t len, uint8_t out[static RD_HMAC_SHA1_BYTES])
{
	int rc = gnutls_hmac_fast(GNUTLS_MAC_SHA1, key, strlen(key), data, len, out);
	RD_ASSERT(rc == 0);
}

void rd_hmac_sha256(
	const char *key, const void *data, size_t len, uint8_t out[static RD_HMAC_SHA256_BYTES])
{
	int rc = gnutls_hmac_fast(GNUTLS_MAC_SHA256, key, strlen(key), data, len, out);
	RD_ASSERT(rc == 0);
}

void rd_sha256_hex(const void *data, size_t len, char out[static RD_SHA256_HEX_SIZE])
{
	static const char hex[] = "0123456789abcdef";
	uint8_t digest[RD_HMAC_SHA256_BYTES];
	int rc = gnutls_hash_fast(GNUTLS_DIG_SHA256, data, len, digest);
	RD_ASSERT(rc == 0);
	for (size_t i = 0; i < sizeof digest; i++) {
		out[2 * i] = hex[digest[i] >> 4];
		out[2 * i + 1] = hex[digest[i] & 15];
	}
	out[2 * sizeof digest] = '\0';
}

bool rd_same_secret(const char *ours, const char *theirs)
{
	size_t len = strlen(ours);
	size_t their_len = strlen(theirs);
	return len > 0 && len == their_len && gnutls_memcmp(ours, theirs, len) == 0;
}

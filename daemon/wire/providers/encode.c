#include "redress/wire/providers/encode.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>
#include <strings.h>

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

const char *rd_form_text(const struct rd_form *form, const char *name)
{
	const struct rd_form_field *field = rd_form_find(form, name);
	return field && strlen(field->value) == field->value_len ? field->value : "";
}

static bool is_unreserved(unsigned char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '.' || c == '_' || c == '~';
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
		if (is_unreserved(c)) {
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

enum rd_rc rd_form_add(struct rd_buf *form, const char *name, const char *value, struct rd_err *err)
{
	RD_TRY(rd_buf_printf(form, err, "%s%s=", form->len > 0 ? "&" : "", name));
	for (; *value != '\0'; value++)
		if (is_unreserved((unsigned char)*value))
			RD_TRY(rd_buf_add(form, value, 1, err));
		else
			RD_TRY(rd_buf_printf(form, err, "%%%02X", (unsigned)(unsigned char)*value));
	return RD_OK;
}

const char *rd_percent(struct rd_arena *arena, const char *text)
{
	const char *out = rd_percent_encode(arena, text, strlen(text));
	return out ? out : "";
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
	char hex[RD_DIGEST_HEX_SIZE];
	rd_digest_hex(RD_SHA256, NULL, data, len, hex);
	memcpy(out, hex, RD_SHA256_HEX_SIZE);
}

static void to_hex(const uint8_t *bytes, size_t n, char *out)
{
	static const char hex[] = "0123456789abcdef";
	for (size_t i = 0; i < n; i++) {
		out[2 * i] = hex[bytes[i] >> 4];
		out[2 * i + 1] = hex[bytes[i] & 15];
	}
	out[2 * n] = '\0';
}

void rd_digest_hex(enum rd_digest digest, const char *key, const void *data, size_t len,
	char out[static RD_DIGEST_HEX_SIZE])
{
	static const struct {
		gnutls_mac_algorithm_t mac;
		gnutls_digest_algorithm_t hash;
		size_t bytes;
	} kinds[] = {
		[RD_MD5] = { GNUTLS_MAC_MD5, GNUTLS_DIG_MD5, 16 },
		[RD_SHA1] = { GNUTLS_MAC_SHA1, GNUTLS_DIG_SHA1, 20 },
		[RD_SHA256] = { GNUTLS_MAC_SHA256, GNUTLS_DIG_SHA256, 32 },
		[RD_SHA512] = { GNUTLS_MAC_SHA512, GNUTLS_DIG_SHA512, 64 },
	};
	uint8_t bytes[64];
	int rc = key ? gnutls_hmac_fast(kinds[digest].mac, key, strlen(key), data, len, bytes)
		     : gnutls_hash_fast(kinds[digest].hash, data, len, bytes);
	RD_ASSERT(rc == 0);
	to_hex(bytes, kinds[digest].bytes, out);
}

static int base64_url_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '-' ? 62 : c == '_' ? 63 : -1;
}

char *rd_base64_url_decode(struct rd_arena *arena, const char *text, size_t len, size_t *ret_len)
{
	char *out = rd_arena_alloc(arena, len / 4 * 3 + 4);
	size_t n = 0;
	uint32_t bits = 0;
	int n_bits = 0;
	if (!out || len % 4 == 1)
		return NULL;
	for (size_t i = 0; i < len; i++) {
		int value = base64_url_value(text[i]);
		if (value < 0)
			return NULL;
		bits = (bits << 6 | (uint32_t)value) & 0xFFFFF;
		n_bits += 6;
		if (n_bits >= 8) {
			n_bits -= 8;
			out[n++] = (char)(bits >> n_bits & 0xFF);
		}
	}
	out[n] = '\0';
	*ret_len = n;
	return out;
}

bool rd_basic_right(
	struct rd_arena *arena, const char *authorization, const char *user, const char *password)
{
	static const char scheme[] = "Basic ";
	if (!password[0] || strncasecmp(authorization, scheme, sizeof scheme - 1) != 0)
		return false;
	const char *both = rd_arena_printf(arena, "%s:%s", user, password);
	const char *ours = both ? rd_base64(arena, both, strlen(both)) : NULL;
	return ours && rd_same_secret(ours, authorization + sizeof scheme - 1);
}

bool rd_same_secret(const char *ours, const char *theirs)
{
	size_t len = strlen(ours);
	size_t their_len = strlen(theirs);
	return len > 0 && len == their_len && gnutls_memcmp(ours, theirs, len) == 0;
}

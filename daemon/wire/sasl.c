#include "redress/wire/sasl.h"

#include <gnutls/gnutls.h>
#include <stdbool.h>
#include <string.h>

#define RESPONSE_BYTES_MAX (12u << 10)
#define HIDDEN_FROM	   28  /* base64 of a user and a password; longer than any word of people */
#define TOKEN_FROM	   60  /* a token as it is; longer than the name of any server */
#define WORD_MAX	   200 /* whatever it is made of */
#define BASE64		   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
#define TOKEN		   BASE64 "-_.~"

enum rd_rc rd_buf_add_base64(struct rd_buf *out, const void *data, size_t len, struct rd_err *err)
{
	gnutls_datum_t in = { NULL, 0 }, text = { NULL, 0 };
	memcpy(&in.data, &data, sizeof data);
	in.size = (unsigned)len;
	if (gnutls_base64_encode2(&in, &text) < 0)
		return rd_fail(err, RD_E_AGAIN, "no memory to log in");
	enum rd_rc rc = rd_buf_add(out, text.data, text.size, err);
	gnutls_memset(text.data, 0, text.size);
	gnutls_free(text.data);
	return rc;
}

/* The longest run of such characters in the word: a quote or `token=` may stand before it. */
static size_t longest(const char *word, size_t len, const char *of)
{
	size_t most = 0;
	for (const char *at = word; at < word + len; at++) {
		size_t n = strspn(at, of);
		if (n > most)
			most = n;
		at += n;
	}
	return most;
}

void rd_sasl_hide(char *text)
{
	while (*text) {
		size_t len = strcspn(text, " ");
		if (len > WORD_MAX || longest(text, len, BASE64) >= HIDDEN_FROM ||
			longest(text, len, TOKEN) > TOKEN_FROM)
			memset(text, '*', len);
		text += len;
		text += strspn(text, " ");
	}
}

static bool is_clean(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

static enum rd_rc check(const char *user, const char *token, struct rd_err *err)
{
	if (is_clean(user) && is_clean(token))
		return RD_OK;
	return rd_fail(err, RD_E_INPUT,
		"the user or the token holds a line end or another control character");
}

enum rd_rc rd_sasl_xoauth2(
	const char *user, const char *token, struct rd_buf *out, struct rd_err *err)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf raw = RD_BUF_SECRET(RESPONSE_BYTES_MAX);
	RD_TRY(check(user, token, err));
	RD_TRY(rd_buf_printf(&raw, err, "user=%s\001auth=Bearer %s\001\001", user, token));
	return rd_buf_add_base64(out, raw.data, raw.len, err);
}

/* RFC 5801 4, saslname: a comma and an equals sign would end it. */
static enum rd_rc add_name(struct rd_buf *raw, const char *user, struct rd_err *err)
{
	for (; *user; user++) {
		const char *as = *user == ',' ? "=2C" : *user == '=' ? "=3D" : NULL;
		RD_TRY(rd_buf_add(raw, as ? as : user, as ? 3 : 1, err));
	}
	return RD_OK;
}

enum rd_rc rd_sasl_oauthbearer(const char *user, const char *host, int port, const char *token,
	struct rd_buf *out, struct rd_err *err)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf raw = RD_BUF_SECRET(RESPONSE_BYTES_MAX);
	RD_TRY(check(user, token, err));
	RD_TRY(rd_buf_add_str(&raw, "n,a=", err));
	RD_TRY(add_name(&raw, user, err));
	RD_TRY(rd_buf_printf(
		&raw, err, ",\001host=%s\001port=%d\001auth=Bearer %s\001\001", host, port, token));
	return rd_buf_add_base64(out, raw.data, raw.len, err);
}

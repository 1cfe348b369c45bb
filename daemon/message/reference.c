#include "redress/message/reference.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <gnutls/crypto.h>
#include "redress/base/err.h"

#define N_CHECK	    4
#define DIGITS_MIN  6
#define DIGITS_MAX  15
#define BETWEEN_MAX 3 /* blanks and hyphens between the parts, as people type them */
#define HMAC_BYTES  32

static const char alphabet[] = "23456789ABCDEFGHJKMNPQRSTUVWXYZ";
#define N_ALPHABET (sizeof alphabet - 1)

static void check_characters(int64_t number, const uint8_t key[static RD_REFERENCE_KEY_BYTES],
	char out[static N_CHECK + 1])
{
	uint8_t mac[HMAC_BYTES];
	char decimal[32];
	int n = snprintf(decimal, sizeof decimal, "RD%06" PRId64, number);
	uint64_t value = 0;

	RD_ASSERT(n > 0 && (size_t)n < sizeof decimal);
	RD_ASSERT(gnutls_hmac_fast(GNUTLS_MAC_SHA256, key, RD_REFERENCE_KEY_BYTES, decimal,
			  (size_t)n, mac) == 0);
	/* 56 bits over 31^4: the skew is below one in 10^10 */
	for (int i = 0; i < 7; i++)
		value = value << 8 | mac[i];
	for (int i = 0; i < N_CHECK; i++) {
		out[i] = alphabet[value % N_ALPHABET];
		value /= N_ALPHABET;
	}
	out[N_CHECK] = '\0';
}

void rd_reference_format(int64_t number, const uint8_t key[static RD_REFERENCE_KEY_BYTES],
	char out[static RD_REFERENCE_MAX])
{
	char check[N_CHECK + 1];
	int n;

	RD_ASSERT(number >= 0 && number < INT64_C(1000000000000000));
	check_characters(number, key, check);
	n = snprintf(out, RD_REFERENCE_MAX, "RD%06" PRId64 "-%s", number, check);
	RD_ASSERT(n > 0 && n < RD_REFERENCE_MAX);
}

bool rd_reference_right(
	const struct rd_found_reference *found, const uint8_t key[static RD_REFERENCE_KEY_BYTES])
{
	char check[N_CHECK + 1];

	check_characters(found->number, key, check);
	return gnutls_memcmp(check, found->check, N_CHECK) == 0;
}

static char upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static bool is_word(char c)
{
	return (c >= '0' && c <= '9') || (upper(c) >= 'A' && upper(c) <= 'Z');
}

/* Bytes of a blank or a hyphen at text, 0 where there is none: also the no-break space and the
 * hyphens and dashes that phones and word processors put in place of the plain one. */
static size_t separator(const char *text, size_t len)
{
	if (len == 0)
		return 0;
	if (strchr(" \t\r\n-_:", *text) && *text != '\0')
		return 1;
	if (len >= 2 && memcmp(text, "\xC2\xA0", 2) == 0)
		return 2;
	if (len >= 3 && memcmp(text, "\xE2\x80", 2) == 0 && (unsigned char)text[2] >= 0x90 &&
		(unsigned char)text[2] <= 0x95)
		return 3;
	return 0;
}

static size_t separators(const char *text, size_t len)
{
	size_t at = 0;

	for (int i = 0; i < BETWEEN_MAX; i++)
		at += separator(text + at, len - at);
	return at;
}

/* A reference that begins at text ("RD" stands there already); its length, or 0. */
static size_t read_reference(const char *text, size_t len, struct rd_found_reference *found)
{
	size_t at = 2, n_digits = 0;

	found->number = 0;
	at += separators(text + at, len - at);
	while (at < len && text[at] >= '0' && text[at] <= '9' && n_digits < DIGITS_MAX + 1) {
		found->number = found->number * 10 + (text[at] - '0');
		n_digits++;
		at++;
	}
	/* Without a separator the check may begin with digits: RD1234567QFX. The number is then
	 * what stands before the last four characters of the run. */
	if (n_digits < DIGITS_MIN || n_digits > DIGITS_MAX)
		return 0;
	{
		size_t gap = separators(text + at, len - at);
		size_t start = at + gap, end = start;

		while (end < len && is_word(text[end]) && end - start <= N_CHECK)
			end++;
		if (gap == 0) {
			size_t n_letters = end - start;
			size_t back = n_letters < N_CHECK ? N_CHECK - n_letters : 0;

			if (n_letters > N_CHECK || n_digits < DIGITS_MIN + back)
				return 0;
			for (size_t i = 0; i < back; i++)
				found->number /= 10;
			start -= back;
		} else if (end - start != N_CHECK) {
			return 0;
		}
		for (size_t i = 0; i < N_CHECK; i++) {
			found->check[i] = upper(text[start + i]);
			if (!strchr(alphabet, found->check[i]))
				return 0;
		}
		found->check[N_CHECK] = '\0';
		return start + N_CHECK;
	}
}

size_t rd_references_find(
	const char *text, size_t len, struct rd_found_reference out[static RD_REFERENCES_FOUND_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i + 2 + DIGITS_MIN + N_CHECK <= len && n < RD_REFERENCES_FOUND_MAX;) {
		struct rd_found_reference found = { 0 };
		size_t used = 0;
		bool seen = false;

		if (upper(text[i]) == 'R' && upper(text[i + 1]) == 'D' &&
			(i == 0 || !is_word(text[i - 1])))
			used = read_reference(text + i, len - i, &found);
		if (used == 0) {
			i++;
			continue;
		}
		for (size_t k = 0; k < n; k++)
			seen = seen || (out[k].number == found.number &&
					       memcmp(out[k].check, found.check, N_CHECK) == 0);
		if (!seen)
			out[n++] = found;
		i += used;
	}
	return n;
}

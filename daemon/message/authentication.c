#include "redress/message/authentication.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

/* One "method=result" of the header, with the properties behind it up to the next ";". */
struct result {
	const char *text;
	size_t len;
};

/* Results are parted by ";", but not within a comment. */
static bool next_result(const char **at, struct result *ret_result)
{
	int depth = 0;

	while (**at == ';' || **at == ' ' || **at == '\t')
		++*at;
	if (**at == '\0')
		return false;
	ret_result->text = *at;
	for (; **at != '\0' && (depth > 0 || **at != ';'); ++*at) {
		depth += **at == '(';
		depth -= **at == ')' && depth > 0;
	}
	ret_result->len = (size_t)(*at - ret_result->text);
	return true;
}

static bool says(const struct result *result, const char *method, const char *word)
{
	size_t n = strlen(method), w = strlen(word);

	if (result->len < n + 1 + w || strncasecmp(result->text, method, n) != 0 ||
		result->text[n] != '=' || strncasecmp(result->text + n + 1, word, w) != 0)
		return false;
	return result->len == n + 1 + w || strchr(" \t(", result->text[n + 1 + w]) != NULL;
}

static bool tried(const struct result *result, const char *method)
{
	size_t n = strlen(method);

	return result->len > n && strncasecmp(result->text, method, n) == 0 &&
	       result->text[n] == '=';
}

/* The same domain, or one below the other. */
static bool is_aligned(const char *domain, size_t len, const char *from)
{
	size_t n = strlen(from);

	if (len == n)
		return strncasecmp(domain, from, n) == 0;
	if (len > n)
		return n > 0 && domain[len - n - 1] == '.' &&
		       strncasecmp(domain + len - n, from, n) == 0;
	return len > 0 && from[n - len - 1] == '.' && strncasecmp(from + n - len, domain, len) == 0;
}

/* "header.d=example.org", "smtp.mailfrom=a@example.org": of the sender's own domain? */
static bool is_for(const struct result *result, const char *property, const char *from)
{
	size_t n = strlen(property);

	for (size_t i = 1; i + n < result->len; i++) {
		const char *value = result->text + i + n;
		size_t len = 0;
		const char *at;

		if (strncasecmp(result->text + i, property, n) != 0)
			continue;
		while (i + n + len < result->len && strchr(" \t;()", value[len]) == NULL)
			len++;
		at = memchr(value, '@', len);
		if (at)
			return is_aligned(at + 1, len - (size_t)(at + 1 - value), from);
		return is_aligned(value, len, from);
	}
	return false;
}

enum rd_authentication rd_authentication_read(const char *value, const char *from)
{
	const char *domain = strrchr(from, '@');
	bool passed = false, any_passed = false, failed = false;
	struct result result;

	if (!value || !domain)
		return RD_AUTHENTICATION_UNKNOWN;
	domain++;
	while (next_result(&value, &result)) {
		if (says(&result, "dmarc", "pass"))
			return RD_AUTHENTICATION_PASSED;
		if (says(&result, "dmarc", "fail"))
			return RD_AUTHENTICATION_FAILED;
		if (says(&result, "spf", "pass") || says(&result, "dkim", "pass")) {
			any_passed = true;
			passed = passed || is_for(&result, "smtp.mailfrom=", domain) ||
				 is_for(&result, "header.d=", domain) ||
				 is_for(&result, "header.i=", domain);
		} else if (tried(&result, "spf") || tried(&result, "dkim")) {
			failed = failed || says(&result, "spf", "fail") ||
				 says(&result, "spf", "softfail") || says(&result, "dkim", "fail");
		}
	}
	if (passed)
		return RD_AUTHENTICATION_PASSED;
	return failed && !any_passed ? RD_AUTHENTICATION_FAILED : RD_AUTHENTICATION_UNKNOWN;
}

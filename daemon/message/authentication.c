#include "redress/message/authentication.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "redress/message/domain.h"

/* One "method=result" of the header, with the properties behind it up to the next ";". */
struct result {
	const char *text;
	size_t len;
};

/* Where a scan of the header stands. */
struct place {
	bool quoted;
	int depth; /* of comments */
};

/* Moves over one character: was it outside of comments and quotes? What stands within them may be
 * the sender's words, also a ";" or a quoted pair. One that never ends takes all that follows; see
 * take_torn. */
static bool step(struct place *place, const char **at)
{
	const char c = *(*at)++;
	const bool outside = !place->quoted && place->depth == 0;

	if (c == '\\' && !outside)
		*at += **at != '\0';
	else if (place->quoted)
		place->quoted = c != '"';
	else if (c == '"' && place->depth == 0)
		place->quoted = true;
	else if (c == '(')
		place->depth++;
	else if (c == ')' && place->depth > 0)
		place->depth--;
	return outside;
}

/* Results are parted by ";". *place: where the scan ended. */
static bool next_result(const char **at, struct place *place, struct result *ret_result)
{
	*place = (struct place){ .quoted = false };
	while (**at == ';' || **at == ' ' || **at == '\t')
		++*at;
	if (**at == '\0')
		return false;
	ret_result->text = *at;
	while (**at != '\0') {
		const char *here = *at;

		if (step(place, at) && *here == ';') {
			*at = here;
			break;
		}
	}
	ret_result->len = (size_t)(*at - ret_result->text);
	return true;
}

/* What stands behind "dmarc=" or "dmarc/1=", where the result is of that method; else NULL. */
static const char *outcome(const struct result *result, const char *method, size_t *ret_len)
{
	const char *end = result->text + result->len, *at = result->text;
	const size_t n = strlen(method);

	if (result->len <= n || strncasecmp(at, method, n) != 0)
		return NULL;
	at += n;
	if (*at == '/')
		at += 1 + strspn(at + 1, "0123456789");
	if (at >= end || *at != '=')
		return NULL;
	at++;
	*ret_len = strcspn(at, " \t(;");
	if (*ret_len > (size_t)(end - at))
		*ret_len = (size_t)(end - at);
	return at;
}

static bool says(const struct result *result, const char *method, const char *word)
{
	size_t len = 0;
	const char *found = outcome(result, method, &len);

	return found != NULL && len == strlen(word) && strncasecmp(found, word, len) == 0;
}

/* Up to the blank or the comment behind it: `"a b"@example.org` is one. */
static size_t value_len(const char *value, const char *end)
{
	struct place place = { .quoted = false };
	const char *at = value;

	while (at < end) {
		const char *here = at;

		if (step(&place, &at) && (*here == ' ' || *here == '\t' || *here == '('))
			return (size_t)(here - value);
	}
	return (size_t)(end - value);
}

/* The value of "header.d=example.org". NULL: there is none. */
static const char *property(const struct result *result, const char *name, size_t *ret_len)
{
	const char *end = result->text + result->len, *at = result->text;
	const size_t n = strlen(name);
	struct place place = { .quoted = false };
	bool begins = false;

	while (at < end) {
		const char *here = at;
		const bool outside = step(&place, &at);

		if (begins && outside && (size_t)(end - here) > n &&
			strncasecmp(here, name, n) == 0) {
			*ret_len = value_len(here + n, end);
			return here + n;
		}
		begins = *here == ' ' || *here == '\t' || *here == ')';
	}
	return NULL;
}

/* "header.d=example.org", "smtp.mailfrom=a@example.org": of the sender's own domain? */
static bool is_for(const struct result *result, const char *name, const char *from)
{
	size_t len = 0;
	const char *value = property(result, name, &len);
	const char *at = value != NULL ? memrchr(value, '@', len) : NULL;

	if (value == NULL)
		return false;
	if (at != NULL)
		return rd_domain_aligned(at + 1, len - (size_t)(at + 1 - value), from);
	return rd_domain_aligned(value, len, from);
}

/* What one server says, over all of its headers. */
struct findings {
	enum rd_authentication dmarc; /* the first: it decides */
	bool passed;		      /* SPF or DKIM, for the domain of From */
	bool any_passed, failed;
};

static void take(struct findings *f, const struct result *result, const char *domain)
{
	size_t len = 0;

	if (outcome(result, "dmarc", &len) != NULL) {
		/* DMARC of another domain than From's says nothing of From. */
		if (f->dmarc != RD_AUTHENTICATION_UNKNOWN ||
			(property(result, "header.from=", &len) != NULL &&
				!is_for(result, "header.from=", domain)))
			return;
		if (says(result, "dmarc", "pass"))
			f->dmarc = RD_AUTHENTICATION_PASSED;
		else if (says(result, "dmarc", "fail"))
			f->dmarc = RD_AUTHENTICATION_FAILED;
	} else if (says(result, "spf", "pass") || says(result, "dkim", "pass")) {
		f->any_passed = true;
		f->passed = f->passed || is_for(result, "smtp.mailfrom=", domain) ||
			    is_for(result, "header.d=", domain) ||
			    is_for(result, "header.i=", domain);
	} else {
		f->failed =
			f->failed || says(result, "spf", "fail") || says(result, "dkim", "fail");
	}
}

/* A quote or a comment that never ends may be the sender's too: what stands behind it does not
 * speak for the mail, but is not kept from speaking against it. */
static void take_torn(struct findings *f, const struct result *torn, const char *domain)
{
	const char *at = torn->text;

	while ((at = strchr(at, ';')) != NULL) {
		struct findings behind = { .dmarc = RD_AUTHENTICATION_UNKNOWN };
		struct result result;

		at += 1 + strspn(at + 1, " \t");
		result = (struct result){ .text = at, .len = strcspn(at, ";") };
		take(&behind, &result, domain);
		if (f->dmarc == RD_AUTHENTICATION_UNKNOWN &&
			behind.dmarc == RD_AUTHENTICATION_FAILED)
			f->dmarc = behind.dmarc;
		f->failed = f->failed || behind.failed;
	}
}

static void take_header(struct findings *f, const char *value, const char *domain)
{
	struct place place;
	struct result result;

	while (next_result(&value, &place, &result)) {
		take(f, &result, domain);
		if (place.quoted || place.depth > 0)
			take_torn(f, &result, domain);
	}
}

static enum rd_authentication conclude(const struct findings *f)
{
	if (f->dmarc != RD_AUTHENTICATION_UNKNOWN)
		return f->dmarc;
	if (f->passed)
		return RD_AUTHENTICATION_PASSED;
	return f->failed && !f->any_passed ? RD_AUTHENTICATION_FAILED : RD_AUTHENTICATION_UNKNOWN;
}

enum rd_authentication rd_authentication_read(const char *value, const char *from)
{
	const char *domain = strrchr(from, '@');
	struct findings f = { .dmarc = RD_AUTHENTICATION_UNKNOWN };

	if (value == NULL || domain == NULL)
		return RD_AUTHENTICATION_UNKNOWN;
	take_header(&f, value, domain + 1);
	return conclude(&f);
}

/* --- whose word it is --- */

/* The server's name that a header begins with, comments passed over; "" where it begins with a
 * result, as Microsoft's do. Borrowed, not ended. */
static size_t server_of(const char *value, const char **ret_name)
{
	int depth = 0;
	size_t len;

	for (; *value != '\0'; value++) {
		depth += *value == '(';
		if (depth == 0 && *value != ' ' && *value != '\t')
			break;
		depth -= *value == ')' && depth > 0;
	}
	len = strcspn(value, " \t;(");
	*ret_name = value;
	return memchr(value, '=', len) != NULL ? 0 : len;
}

static bool is_trusted(const char *value, const struct rd_origin *origin)
{
	const char *name;
	const size_t len = server_of(value, &name);

	for (size_t i = 0; len > 0 && i < origin->n_trusted; i++)
		if (strlen(origin->trusted[i]) == len &&
			strncasecmp(origin->trusted[i], name, len) == 0)
			return true;
	return false;
}

/* One that leaves its name out, as Microsoft's, writes a single header: a second may be anybody's.
 */
static bool same_server(const char *value, const char *other)
{
	const char *name, *other_name;
	const size_t len = server_of(value, &name), other_len = server_of(other, &other_name);

	return len > 0 && len == other_len && strncasecmp(name, other_name, len) == 0;
}

/* A server's filters write a header each: SPF in one, DKIM in another. They stand together; what
 * stands apart from them may be the sender's. */
static enum rd_authentication read_run(
	const struct rd_result_header *headers, size_t n, const char *from)
{
	const char *domain = strrchr(from, '@');
	struct findings f = { .dmarc = RD_AUTHENTICATION_UNKNOWN };

	if (domain == NULL)
		return RD_AUTHENTICATION_UNKNOWN;
	for (size_t i = 0; i < n; i++) {
		if (i > 0 &&
			(!headers[i].follows || !same_server(headers[i].value, headers[0].value)))
			break;
		take_header(&f, headers[i].value, domain + 1);
	}
	return conclude(&f);
}

enum rd_authentication rd_authentication_of(const struct rd_result_header *headers, size_t n,
	const struct rd_origin *origin, const char *from)
{
	const enum rd_results_of trust = origin != NULL ? origin->trust : RD_TRUST_TOPMOST_DOUBTS;
	enum rd_authentication found;

	if (n == 0 || trust == RD_TRUST_NOBODY)
		return RD_AUTHENTICATION_UNKNOWN;
	if (trust == RD_TRUST_NAMED) {
		for (size_t i = 0; i < n; i++)
			if (is_trusted(headers[i].value, origin))
				return read_run(headers + i, n - i, from);
		return RD_AUTHENTICATION_UNKNOWN;
	}
	found = read_run(headers, n, from);
	/* Where nobody said whose word to take, a pass may be the sender's own. */
	if (trust == RD_TRUST_TOPMOST_DOUBTS && found == RD_AUTHENTICATION_PASSED)
		return RD_AUTHENTICATION_UNKNOWN;
	return found;
}

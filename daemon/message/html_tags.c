#include "redress/message/html_tags.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\0';
}

static const char *skip_blanks(const char *at, const char *end)
{
	while (at < end && is_blank(*at))
		at++;
	return at;
}

static size_t count_words(const char *at, const char *end)
{
	size_t n = 0;

	for (bool before = true; at < end; at++) {
		n += before && !is_blank(*at);
		before = is_blank(*at);
	}
	return n;
}

/* Past the value at `at`: to its quote, or to the next blank or '>' where it has none. */
static const char *skip_value(const char *at, const char *end)
{
	if (at < end && (*at == '"' || *at == '\'')) {
		const char *quote = memchr(at + 1, *at, (size_t)(end - at - 1));

		return quote != NULL ? quote + 1 : end;
	}
	while (at < end && !is_blank(*at) && *at != '>')
		at++;
	return at;
}

/* Past the tag at `at`, or NULL: it has too many attributes. */
static const char *skip_tag(const char *at, const char *end)
{
	size_t n_attributes = 0;

	while (at < end && !is_blank(*at) && *at != '>')
		at++;
	for (at = skip_blanks(at, end); at < end && *at != '>'; at = skip_blanks(at, end)) {
		if (++n_attributes > RD_TAG_ATTRIBUTES_MAX)
			return NULL;
		at++;
		while (at < end && !is_blank(*at) && *at != '=' && *at != '>')
			at++;
		const char *value = skip_blanks(at, end);
		if (value < end && *value == '=')
			at = skip_value(skip_blanks(value + 1, end), end);
	}
	return at;
}

size_t rd_html_readable(const char *html, size_t len)
{
	const char *end = html + len, *at = html;

	while ((at = memchr(at, '<', (size_t)(end - at))) != NULL) {
		const char *tag = at++;

		if (at == end || !isalpha((unsigned char)*at))
			continue;
		at = skip_tag(tag, end);
		if (at == NULL || count_words(tag, at) > RD_TAG_WORDS_MAX)
			return (size_t)(tag - html);
	}
	return len;
}

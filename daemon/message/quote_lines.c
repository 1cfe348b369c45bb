#include "redress/message/quote_lines.h"

#include <string.h>
#include <strings.h>
#include "redress/base/limits.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool rd_text_goes_on(const char *text, size_t len, const char *with)
{
	size_t n = strlen(with);

	return len >= n && strncasecmp(text, with, n) == 0;
}

bool rd_text_is(const char *text, size_t len, const char *what)
{
	return rd_text_starts(text, len, what) && strlen(what) == len;
}

const char *rd_text_find(const char *text, size_t len, const char *what)
{
	const size_t n = strlen(what);
	const char first = lower(what[0]);
	/* makes a capital small; of what is no letter nothing becomes one */
	const char fold = first >= 'a' && first <= 'z' ? 0x20 : 0;

	for (size_t i = 0; i + n <= len; i++)
		if ((char)(text[i] | fold) == first && strncasecmp(text + i, what, n) == 0)
			return text + i;
	return NULL;
}

size_t rd_text_blank(const char *text, size_t len)
{
	if (len > 0 && (*text == ' ' || *text == '\t' || *text == '\r' || *text == '\f'))
		return 1;
	return len >= 2 && memcmp(text, "\xC2\xA0", 2) == 0 ? 2 : 0;
}

/* A blank, or what mail programs leave in a line and nobody sees: zero-width blanks, byte order and
 * direction marks. */
static size_t unseen_at(const char *text, size_t len)
{
	static const char *const marks[] = { "\xE2\x80\x8B", "\xE2\x80\x8C", "\xE2\x80\x8D",
		"\xE2\x80\x8E", "\xE2\x80\x8F", "\xE2\x81\xA0", "\xEF\xBB\xBF", "\xE2\x80\xAF" };
	size_t n = rd_text_blank(text, len);

	if (n > 0 || len < 3 || (unsigned char)text[0] < 0xE2)
		return n;
	for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
		if (memcmp(text, marks[i], 3) == 0)
			return 3;
	return 0;
}

static void trim(struct rd_quote_line *line)
{
	size_t n;

	while ((n = unseen_at(line->text, line->len)) > 0) {
		line->text += n;
		line->len -= n;
	}
	for (;;) {
		if (line->len >= 1 && unseen_at(line->text + line->len - 1, 1) == 1)
			line->len -= 1;
		else if (line->len >= 2 && unseen_at(line->text + line->len - 2, 2) == 2)
			line->len -= 2;
		else if (line->len >= 3 && unseen_at(line->text + line->len - 3, 3) == 3)
			line->len -= 3;
		else
			return;
	}
}

struct rd_quote_line rd_line_at(const struct rd_body *body, uint32_t at)
{
	const char *end = memchr(body->text + at, '\n', body->len - at);
	struct rd_quote_line line = { .text = body->text + at, .from = at };

	line.len = end ? (size_t)(end - line.text) : body->len - at;
	line.next = at + (uint32_t)line.len + (end ? 1 : 0);
	trim(&line);
	return line;
}

bool rd_line_not_blank(
	const struct rd_body *body, uint32_t at, int max, struct rd_quote_line *ret_line)
{
	for (int i = 0; i <= max && at < body->len; i++) {
		*ret_line = rd_line_at(body, at);
		if (ret_line->len > 0)
			return true;
		at = ret_line->next;
	}
	return false;
}

unsigned rd_line_depth(const struct rd_quote_line *line)
{
	struct rd_quote_line bare = *line;
	unsigned depth = 0;

	if (line->len > 1 && line->text[0] == '>' && line->text[line->len - 1] == '<')
		return 0;
	while (bare.len > 0 && bare.text[0] == '>') {
		depth++;
		bare.text++;
		bare.len--;
		trim(&bare);
	}
	return depth;
}

struct rd_quote_line rd_line_unquoted(const struct rd_quote_line *line, unsigned depth)
{
	struct rd_quote_line bare = *line;

	for (; depth > 0 && bare.len > 0 && bare.text[0] == '>'; depth--) {
		bare.text++;
		bare.len--;
		trim(&bare);
	}
	return bare;
}

static bool names_reference(const struct rd_quote_line *line, const char *words)
{
	struct rd_quote_line bare = rd_line_unquoted(line, rd_line_depth(line));
	size_t n = strlen(words);

	if (bare.len > 0 && bare.text[0] == '*') { /* bold, as some turn HTML into text */
		bare.text++;
		bare.len--;
	}
	return rd_text_starts(bare.text, bare.len, words) && bare.len > n + 2 &&
	       bare.len < n + 40 && is_digit(bare.text[n + 2]) &&
	       rd_text_starts(bare.text + n, bare.len - n, "RD");
}

bool rd_line_begins_own_letter(const struct rd_quote_line *line)
{
	return names_reference(line, "Our reference: ");
}

bool rd_line_ends_own_letter(const struct rd_quote_line *line)
{
	return names_reference(line, "End of letter ");
}

size_t rd_text_words(const char *text, size_t len)
{
	size_t n = 0;
	bool within = false;

	for (size_t i = 0; i < len; i++) {
		bool blank = rd_text_blank(text + i, len - i) > 0;

		n += !blank && !within;
		within = !blank;
	}
	return n;
}

void rd_text_dates(const char *text, size_t len, bool *ret_date, bool *ret_time)
{
	*ret_date = *ret_time = false;
	for (size_t i = 0; i + 3 < len; i++) {
		size_t k;

		if (!is_digit(text[i]) || (i > 0 && is_digit(text[i - 1])))
			continue;
		if (is_digit(text[i + 1]) && is_digit(text[i + 2]) && is_digit(text[i + 3]) &&
			(rd_text_starts(text + i, 2, "19") || rd_text_starts(text + i, 2, "20")))
			*ret_date = true;
		k = i + (is_digit(text[i + 1]) ? 2 : 1);
		if (k + 2 < len && (text[k] == ':' || text[k] == '.') && is_digit(text[k + 1]) &&
			is_digit(text[k + 2]))
			*ret_time = true;
		if (k + 2 < len && (text[k] == '/' || text[k] == '.' || text[k] == '-') &&
			is_digit(text[k + 1]) &&
			(text[k + 2] == text[k] || (k + 3 < len && text[k + 3] == text[k])))
			*ret_date = true;
	}
}

static bool is_address_char(char c, bool domain)
{
	if (is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') || c == '-' || c == '.')
		return true;
	return !domain && c != '\0' && strchr("_+'&=!#$%*/?^{|}~`", c) != NULL;
}

bool rd_text_address(const char *text, size_t len, const char **ret_at, size_t *ret_len)
{
	const char *end = text + len, *at = text;

	while ((at = memchr(at, '@', (size_t)(end - at))) != NULL) {
		const char *from = at, *to = at + 1, *dot = NULL;

		while (from > text && is_address_char(from[-1], false) &&
			at - from < RD_ADDRESS_BYTES_MAX)
			from--;
		/* *ann@example.com* is bold, 'ann@example.com' quoted */
		while (from < at && strchr("*'`.", *from) != NULL)
			from++;
		for (; to < end && is_address_char(*to, true) && to - at < RD_ADDRESS_BYTES_MAX;
			to++)
			if (*to == '.' && to > at + 1 && to + 1 < end &&
				is_address_char(to[1], true) && to[1] != '.')
				dot = to;
		while (to > at && (to[-1] == '.' || to[-1] == '-'))
			to--;
		if (from < at && dot != NULL && to - from <= RD_ADDRESS_BYTES_MAX) {
			*ret_at = from;
			*ret_len = (size_t)(to - from);
			return true;
		}
		at++;
	}
	return false;
}

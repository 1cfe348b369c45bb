#include "redress/rules/word.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <unistr.h>

#include "redress/rules/phrase.h"

/* Words that people write with and without their apostrophe and that mean nothing else without it:
 * the plain form and where the apostrophe goes. */
static const struct contraction {
	const char *plain;
	size_t at;
} contractions[] = {
	{ "aint", 3 },
	{ "arent", 4 },
	{ "cant", 3 },
	{ "couldnt", 6 },
	{ "didnt", 4 },
	{ "doesnt", 5 },
	{ "dont", 3 },
	{ "hadnt", 4 },
	{ "hasnt", 4 },
	{ "havent", 5 },
	{ "heres", 4 },
	{ "hes", 2 },
	{ "howd", 3 },
	{ "hows", 3 },
	{ "im", 1 },
	{ "isnt", 3 },
	{ "itll", 2 },
	{ "its", 2 },
	{ "ive", 1 },
	{ "mightnt", 6 },
	{ "mustnt", 5 },
	{ "neednt", 5 },
	{ "shes", 3 },
	{ "shouldnt", 7 },
	{ "shouldve", 6 },
	{ "thatll", 4 },
	{ "thats", 4 },
	{ "theres", 5 },
	{ "theyd", 4 },
	{ "theyll", 4 },
	{ "theyre", 4 },
	{ "theyve", 4 },
	{ "wasnt", 4 },
	{ "werent", 5 },
	{ "weve", 2 },
	{ "whats", 4 },
	{ "whens", 4 },
	{ "wheres", 5 },
	{ "whos", 3 },
	{ "wont", 3 },
	{ "wouldnt", 6 },
	{ "wouldve", 5 },
	{ "youd", 3 },
	{ "youll", 3 },
	{ "youre", 3 },
	{ "youve", 3 },
};

/* Without the apostrophe these are other words ("I'll" is not "ill"). */
static const char *const apostrophe_wanted[] = { "i'll", "i'd", "we'll", "we're", "we'd", "he'll",
	"she'll", "she'd", "let's" };

static size_t contraction_at(const char *word, size_t len)
{
	for (size_t i = 0; i < sizeof contractions / sizeof contractions[0]; i++) {
		const char *plain = contractions[i].plain;
		if (plain[0] == word[0] && strlen(plain) == len && memcmp(plain, word, len) == 0)
			return contractions[i].at;
	}
	return 0;
}

static bool wants_apostrophe(const char *word, size_t len)
{
	for (size_t i = 0; i < sizeof apostrophe_wanted / sizeof apostrophe_wanted[0]; i++)
		if (strlen(apostrophe_wanted[i]) == len &&
			memcmp(apostrophe_wanted[i], word, len) == 0)
			return true;
	return false;
}

bool rd_word_is_letter(const char *at, size_t left)
{
	unsigned char c = (unsigned char)at[0];
	ucs4_t wide = 0;

	if (c < 0x80)
		return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
		       (c >= 'A' && c <= 'Z');
	if (u8_mbtoucr(&wide, (const uint8_t *)at, left) <= 0)
		return false;
	return (wide >= 0xc0 && wide <= 0x24f) || (wide >= 0x370 && wide <= 0x1fff) ||
	       (wide >= 0x2c00 && wide <= 0x2dff) || (wide >= 0x3040 && wide <= 0xd7ff) ||
	       (wide >= 0xf900 && wide <= 0xfdff);
}

static bool is_plain(char c)
{
	return isalnum((unsigned char)c) || c == '_' || ((unsigned char)c & 0x80) != 0;
}

static enum rd_rc add_character(struct rd_buf *pattern, char c, struct rd_err *err)
{
	if (!is_plain(c))
		RD_TRY(rd_buf_add(pattern, "\\", 1, err));
	return rd_buf_add(pattern, &c, 1, err);
}

/* What is optional in the text: an apostrophe, a hyphen between letters. */
static bool is_optional(const char *word, size_t len, size_t i)
{
	if (word[i] == '\'')
		return !wants_apostrophe(word, len);
	return word[i] == '-' && i > 0 && i + 1 < len &&
	       !(isdigit((unsigned char)word[i - 1]) && isdigit((unsigned char)word[i + 1]));
}

enum rd_rc rd_word_pattern(
	const char *word, size_t len, bool prefix, struct rd_buf *pattern, struct rd_err *err)
{
	size_t apostrophe = prefix ? 0 : contraction_at(word, len);

	for (size_t i = 0; i < len; i++) {
		if (apostrophe > 0 && i == apostrophe)
			RD_TRY(rd_buf_add_str(pattern, "'?", err));
		if (is_optional(word, len, i)) {
			RD_TRY(rd_buf_add_str(pattern, word[i] == '-' ? "[ -]{0,3}" : "'?", err));
			continue;
		}
		RD_TRY(add_character(pattern, word[i], err));
		/* Behind the digit, so that words that begin with the same one can share it. */
		if (i == 0 && isdigit((unsigned char)word[0]))
			RD_TRY(rd_buf_add_str(pattern, "(?<!\\d[.,:\\/]\\d)(?<![£$€]\\d)", err));
	}
	if (prefix)
		RD_TRY(rd_buf_add_str(pattern, RD_WORD_TAIL, err));
	else if (len > 0 && isdigit((unsigned char)word[len - 1]))
		RD_TRY(rd_buf_add_str(pattern, "(?![.,:\\/]?\\d|%)", err));
	return RD_OK;
}

static bool put(struct rd_spellings *s, size_t from, size_t to, char c)
{
	for (size_t i = from; i < to; i++) {
		size_t n = strlen(s->items[i]);
		if (n + 2 > RD_SPELLING_BYTES)
			return false;
		s->items[i][n] = c;
		s->items[i][n + 1] = '\0';
	}
	return true;
}

/* Goes on both with c and without it. */
static bool put_either(struct rd_spellings *s, char c)
{
	size_t n = s->n_items;

	if (2 * n > RD_SPELLINGS_MAX)
		return false;
	memcpy(s->items[n], s->items[0], n * sizeof s->items[0]);
	s->n_items = 2 * n;
	return put(s, n, 2 * n, c);
}

/* One blank between words and none around them; no word has an apostrophe at its edge. False where
 * a text's words would not be cut as this one is: it has too many apostrophes (wording.h). */
static bool tidy(char *text)
{
	char *out = text, *word = text, previous = ' ';
	unsigned apostrophes = 0;

	for (const char *p = text;; p++) {
		char c = *p;
		if (c == '\'' && (previous == '\'' || ++apostrophes > 2))
			return false;
		if (c == ' ' || c == '\0') {
			while (out > word && out[-1] == '\'')
				out--;
			if (out > word) {
				*out++ = ' ';
				word = out;
			}
			apostrophes = 0;
		} else if (c != '\'' || out > word) {
			*out++ = c;
		}
		if (c == '\0')
			break;
		previous = c;
	}
	if (out > text)
		out--;
	*out = '\0';
	return strstr(text, "'s'") == NULL;
}

bool rd_word_spellings(const char *word, size_t len, bool prefix, struct rd_spellings *s)
{
	size_t apostrophe = prefix ? 0 : contraction_at(word, len);
	bool letter = false;

	s->n_items = 1;
	s->symbols = false;
	s->items[0][0] = '\0';
	for (size_t i = 0; i < len; i++) {
		char c = word[i];
		if (apostrophe > 0 && i == apostrophe && !put_either(s, '\''))
			return false;
		if (is_optional(word, len, i)) {
			if (!put_either(s, c == '-' ? ' ' : '\''))
				return false;
			continue;
		}
		if (((unsigned char)c & 0xc0) != 0x80)
			letter = c == '\'' || rd_word_is_letter(word + i, len - i);
		if (!put(s, 0, s->n_items, letter ? c : ' '))
			return false;
		s->symbols = s->symbols || !letter;
	}
	s->more = prefix && !letter;
	for (size_t i = 0; i < s->n_items; i++)
		if (!tidy(s->items[i]))
			return false;
	return true;
}

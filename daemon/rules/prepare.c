#include "redress/rules/prepare.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>
#include <unistr.h>

#include "redress/rules/language.h"
#include "redress/rules/lexicon.h"

#define NOWHERE	   UINT32_MAX
#define SHORT_LINE 40 /* a line this short was ended by its writer, not by a mail program */

/* A stop behind these ends no sentence. */
static const char *const abbreviations[] = { "mr", "mrs", "ms", "dr", "st", "approx", "eg", "ie",
	"tel", "ext", "ref", "rd", "ave", "vs", "re", "cllr", "prof", "rev", "jan", "feb", "aug",
	"sept", "oct", "nov", "dec", "mins", "hrs", "min", "apt" };

static inline bool is_letter_byte(char c)
{
	unsigned char b = (unsigned char)c;

	return (b | 0x20u) - 'a' < 26u || b - (unsigned)'0' < 10u || b >= 0x80;
}

static bool is_abbreviation(const char *text, uint32_t len, uint32_t stop)
{
	uint32_t from = stop;

	while (from > 0 && isalpha((unsigned char)text[from - 1]) && stop - from < 8)
		from--;
	/* An initial, or the end of "a.m."; but "so am i." and "thank u." are sentences. */
	if (stop - from == 1 && (from == 0 || text[from - 1] == ' ' || text[from - 1] == '.'))
		return strchr("iurxky", text[from]) == NULL;
	/* "no. 5", but "they said no. I waited". */
	if (stop - from == 2 && memcmp(text + from, "no", 2) == 0)
		return stop + 2 < len && text[stop + 1] == ' ' &&
		       isdigit((unsigned char)text[stop + 2]);
	for (size_t i = 0; i < sizeof abbreviations / sizeof abbreviations[0]; i++)
		if (strlen(abbreviations[i]) == stop - from &&
			memcmp(abbreviations[i], text + from, stop - from) == 0)
			return true;
	return false;
}

/* "came.I": two sentences whose writer left the blank out; but not "example.org" or "3.5". */
static bool is_glued_stop(const char *text, uint32_t len, uint32_t i)
{
	uint32_t from = i, to = i + 1;

	if (i == 0 || i + 1 >= len || !isalpha((unsigned char)text[i - 1]) ||
		!isalpha((unsigned char)text[i + 1]))
		return false;
	while (from > 0 && text[from - 1] != ' ' && text[from - 1] != '\n' && i - from < 40)
		from--;
	while (to < len && text[to] != ' ' && text[to] != '\n' && to - i < 40)
		to++;
	if (i - from < 3)
		return false;
	for (uint32_t j = from; j < to; j++)
		if (j != i && (text[j] == '@' || text[j] == '/' || text[j] == ':' ||
				      (text[j] == '.' && j + 1 < to)))
			return false;
	static const char *const endings[] = { "com", "org", "net", "uk", "co", "jpg", "jpeg",
		"png", "pdf", "doc", "docx", "gov" };
	for (size_t j = 0; j < sizeof endings / sizeof endings[0]; j++) {
		size_t n = strlen(endings[j]);
		if (to - (i + 1) >= n && memcmp(text + i + 1, endings[j], n) == 0 &&
			!is_letter_byte(text[i + 1 + n]))
			return false;
	}
	return true;
}

static bool begins_item(const char *text, uint32_t len, uint32_t i)
{
	while (i < len && text[i] == ' ')
		i++;
	if (i + 1 < len && (text[i] == '-' || text[i] == '*') && text[i + 1] == ' ')
		return true;
	uint32_t digits = i;
	while (digits < len && isdigit((unsigned char)text[digits]))
		digits++;
	return digits > i && digits - i <= 2 && digits + 1 < len &&
	       (text[digits] == '.' || text[digits] == ')') && text[digits + 1] == ' ';
}

static void mark_line_end(char *text, uint32_t len, uint32_t i, uint32_t line_start)
{
	bool blank_line = (i + 1 < len && text[i + 1] == '\n') || i + 1 >= len ||
			  (i > 0 && text[i - 1] == '\n');

	if (!blank_line && i - line_start >= SHORT_LINE && !begins_item(text, len, i + 1))
		text[i] = ' ';
}

/* Where the stops, closing quotes and brackets end that begin at i. */
static uint32_t end_of_stops(const char *text, uint32_t len, uint32_t i)
{
	while (i < len && text[i] != '\0' && strchr("\"')]!?.", text[i]) != NULL)
		i++;
	return i;
}

/* The stop at i, of several that end before j: where its sentence ends, or NOWHERE. */
static uint32_t mark_stop(char *text, uint32_t len, uint32_t i, uint32_t j)
{
	char c = text[i];
	bool ellipsis =
		c == '.' && ((i > 0 && text[i - 1] == '.') || (i + 1 < len && text[i + 1] == '.'));
	if (c == '.' && !ellipsis && is_glued_stop(text, len, i)) {
		text[i] = '\n';
		return i;
	}
	if (j >= len || (text[j] != ' ' && text[j] != '\n') || ellipsis ||
		(c == '.' && is_abbreviation(text, len, i)))
		return NOWHERE;
	text[j] = '\n';
	return j;
}

/* What can end a sentence. */
static const bool stops[256] = { ['\n'] = true, ['.'] = true, ['!'] = true, ['?'] = true };

static void mark_sentences(char *text, uint32_t len)
{
	uint32_t line_start = 0, marked = NOWHERE, stops_end = 0;

	for (uint32_t i = 0; i < len; i++) {
		if (!stops[(unsigned char)text[i]])
			continue;
		if (text[i] == '\n') {
			if (i != marked)
				mark_line_end(text, len, i, line_start);
			line_start = i + 1;
		} else {
			if (i >= stops_end) /* one look for all that stand side by side */
				stops_end = end_of_stops(text, len, i + 1);
			uint32_t end = mark_stop(text, len, i, stops_end);
			marked = end != NOWHERE ? end : marked;
		}
	}
}

unsigned rd_words_up_to(const char *text, uint32_t from, uint32_t to, unsigned most)
{
	unsigned n = 0;
	bool inside = from > 0 && (is_letter_byte(text[from - 1]) || text[from - 1] == '\'');

	for (uint32_t i = from; i < to && n <= most; i++) {
		bool letter = is_letter_byte(text[i]) || (inside && text[i] == '\'');
		n += letter && !inside;
		inside = letter;
	}
	return n;
}

unsigned rd_words_between(const char *text, uint32_t from, uint32_t to)
{
	return rd_words_up_to(text, from, to, UINT_MAX - 1);
}

struct unit_list {
	struct rd_unit *items;
	uint32_t n, size;
	struct rd_arena *arena;
};

static bool push(struct unit_list *list, uint32_t from, uint32_t to, bool begins, bool ends)
{
	if (list->n == list->size) {
		uint32_t size = list->size == 0 ? 64 : list->size * 2;
		struct rd_unit *items = rd_arena_array(list->arena, size, sizeof *items);
		if (items == NULL)
			return false;
		if (list->n > 0)
			memcpy(items, list->items, list->n * sizeof *items);
		list->items = items;
		list->size = size;
	}
	list->items[list->n++] =
		(struct rd_unit){ .from = from, .to = to, .begins = begins, .ends = ends };
	return true;
}

/* One sentence, in pieces where it is endless; a cut never falls inside a character. */
static bool push_sentence(struct unit_list *list, const char *text, uint32_t from, uint32_t to)
{
	bool begins = true;

	while (to - from > RD_SEGMENT_BYTES) {
		uint32_t cut = from + RD_SEGMENT_BYTES;
		uint32_t least = from + RD_SEGMENT_BYTES - RD_SEGMENT_OVERLAP / 2;
		uint32_t blank = cut;
		while (blank > least && text[blank] != ' ')
			blank--;
		if (blank > least)
			cut = blank;
		while (cut > from && ((unsigned char)text[cut] & 0xc0) == 0x80)
			cut--;
		if (!push(list, from, cut, begins, false))
			return false;
		begins = false;
		from = cut - RD_SEGMENT_OVERLAP;
		while (from < cut && text[from] != ' ')
			from++;
		if (from == cut)
			from = cut - RD_SEGMENT_OVERLAP;
		while (((unsigned char)text[from] & 0xc0) == 0x80)
			from++;
	}
	return push(list, from, to, begins, true);
}

static bool find_units(const char *text, uint32_t len, struct unit_list *units)
{
	for (uint32_t i = 0; i < len;) {
		while (i < len && (text[i] == ' ' || text[i] == '\n'))
			i++;
		const char *end = i < len ? memchr(text + i, '\n', len - i) : NULL;
		uint32_t to = end != NULL ? (uint32_t)(end - text) : len;
		uint32_t last = to;
		while (last > i && text[last - 1] == ' ')
			last--;
		if (last > i && !push_sentence(units, text, i, last))
			return false;
		i = to + 1;
	}
	return true;
}

static bool pack_segments(const struct unit_list *units, struct unit_list *segments)
{
	for (uint32_t i = 0; i < units->n;) {
		uint32_t from = units->items[i].from, to = units->items[i].to, next = i + 1;
		while (next < units->n && units->items[next].to - from <= RD_SEGMENT_BYTES)
			to = units->items[next++].to;
		if (!push(segments, from, to, units->items[i].begins, units->items[next - 1].ends))
			return false;
		if (next >= units->n)
			break;
		const struct rd_unit *last = &units->items[next - 1];
		bool again = next - 1 > i && last->to - last->from <= RD_SEGMENT_OVERLAP;
		i = again ? next - 1 : next;
	}
	return true;
}

static bool is_ascii(const char *text, uint32_t len)
{
	uint32_t i = 0;

	for (; i + 8 <= len; i += 8) {
		uint64_t eight;
		memcpy(&eight, text + i, 8);
		if ((eight & UINT64_C(0x8080808080808080)) != 0)
			return false;
	}
	while (i < len && (unsigned char)text[i] < 0x80)
		i++;
	return i == len;
}

enum rd_rc rd_prepare(const struct rd_normal *normal, struct rd_arena *arena,
	struct rd_prepared *ret_prepared, struct rd_err *err)
{
	struct unit_list units = { .arena = arena }, segments = { .arena = arena };

	/* PCRE2 is told not to check again; what is not UTF-8 must never reach it. */
	if (!is_ascii(normal->text, normal->len) &&
		u8_check((const uint8_t *)normal->text, normal->len) != NULL)
		return rd_fail(err, RD_E_INPUT, "text that is not UTF-8 reached the rules");
	char *text = rd_arena_alloc(arena, (size_t)normal->len + 1 + RD_LEXICON_PADDING);
	if (text == NULL)
		return rd_fail(err, RD_E_RANGE, "no room left to score this message");
	memcpy(text, normal->text, normal->len);
	mark_sentences(text, normal->len);
	if (!find_units(text, normal->len, &units) || !pack_segments(&units, &segments))
		return rd_fail(err, RD_E_RANGE, "no room left to score this message");
	*ret_prepared = (struct rd_prepared){ .text = text,
		.len = normal->len,
		.units = units.items,
		.n_units = units.n,
		.segments = segments.items,
		.n_segments = segments.n };
	return RD_OK;
}

#include "redress/rules/prepare.h"

#include <ctype.h>
#include <string.h>
#include <unistr.h>

#include "redress/rules/language.h"
#include "redress/rules/word.h"

#define NOWHERE	   UINT32_MAX
#define SHORT_LINE 40 /* a line this short was ended by its writer, not by a mail program */

/* A stop behind these ends no sentence. */
static const char *const abbreviations[] = { "mr", "mrs", "ms", "dr", "st", "approx", "eg", "ie",
	"tel", "ext", "ref", "rd", "ave", "vs", "re", "cllr", "prof", "rev", "jan", "feb", "aug",
	"sept", "oct", "nov", "dec", "mins", "hrs", "min", "apt" };

static bool is_letter_byte(char c)
{
	return isalnum((unsigned char)c) || ((unsigned char)c & 0x80) != 0;
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

/* The stop at i, with closing quotes or brackets behind it: where its sentence ends, or NOWHERE. */
static uint32_t mark_stop(char *text, uint32_t len, uint32_t i)
{
	char c = text[i];
	uint32_t j = i + 1;

	while (j < len && text[j] != '\0' && strchr("\"')]!?.", text[j]) != NULL)
		j++;
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

static void mark_sentences(char *text, uint32_t len)
{
	uint32_t line_start = 0, marked = NOWHERE;

	for (uint32_t i = 0; i < len; i++) {
		if (text[i] == '\n') {
			if (i != marked)
				mark_line_end(text, len, i, line_start);
			line_start = i + 1;
		} else if (text[i] == '.' || text[i] == '!' || text[i] == '?') {
			uint32_t end = mark_stop(text, len, i);
			marked = end != NOWHERE ? end : marked;
		}
	}
}

unsigned rd_words_between(const char *text, uint32_t from, uint32_t to)
{
	unsigned n = 0;
	bool inside = from > 0 && (is_letter_byte(text[from - 1]) || text[from - 1] == '\'');

	for (uint32_t i = from; i < to; i++) {
		bool letter = is_letter_byte(text[i]) || (inside && text[i] == '\'');
		n += letter && !inside;
		inside = letter;
	}
	return n;
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

/* Bytes of the letter at text[i], 0 where it is none; *ret_len: bytes of the character. */
static uint32_t letter_at(const char *text, uint32_t i, uint32_t to, uint32_t *ret_len)
{
	unsigned char c = (unsigned char)text[i];

	*ret_len = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	if (*ret_len > to - i)
		*ret_len = to - i;
	return rd_word_is_letter(text + i, to - i) ? *ret_len : 0;
}

struct skeleton {
	char *text;
	struct rd_word_place *places;
	uint32_t len, n_places;
};

static void begin_word(struct skeleton *s, uint32_t n, uint32_t at)
{
	s->places[s->n_places++] = (struct rd_word_place){ n, at };
}

static void add_skeleton(const char *text, const struct rd_unit *unit, struct skeleton *s)
{
	char *out = s->text;
	uint32_t n = s->len, len = 0;

	out[n++] = ' ';
	for (uint32_t i = unit->from; i < unit->to; i += len) {
		/* Nearly all of nearly every text. */
		if ((text[i] >= 'a' && text[i] <= 'z') || (text[i] >= '0' && text[i] <= '9')) {
			if (out[n - 1] == ' ')
				begin_word(s, n, i);
			out[n++] = text[i];
			len = 1;
			continue;
		}
		if (text[i] == ' ') {
			if (out[n - 1] != ' ')
				out[n++] = ' ';
			len = 1;
			continue;
		}
		uint32_t letter = letter_at(text, i, unit->to, &len);
		if (letter > 0) {
			if (out[n - 1] == ' ')
				begin_word(s, n, i);
			memcpy(out + n, text + i, letter);
			n += letter;
			continue;
		}
		if (text[i] == '\'' && i + 1 < unit->to && text[i + 1] == 's' &&
			(i + 2 >= unit->to || letter_at(text, i + 2, unit->to, &len) == 0))
			len = 2;
		else
			letter_at(text, i, unit->to, &len);
		if (out[n - 1] != ' ')
			out[n++] = ' ';
	}
	if (out[n - 1] != ' ')
		out[n++] = ' ';
	s->len = n;
}

static bool make_skeleton(struct rd_prepared *p, struct rd_arena *arena)
{
	size_t size = 1;

	for (uint32_t i = 0; i < p->n_units; i++)
		size += p->units[i].to - p->units[i].from + 2;
	struct skeleton s = { .text = rd_arena_alloc(arena, size),
		.places = rd_arena_array(arena, size / 2 + 1, sizeof *s.places) };
	uint32_t *from = rd_arena_array(arena, p->n_units + 1u, sizeof *from);
	if (s.text == NULL || s.places == NULL || from == NULL)
		return false;
	for (uint32_t i = 0; i < p->n_units; i++) {
		add_skeleton(p->text, &p->units[i], &s);
		from[i + 1] = s.len;
	}
	p->skeleton = s.text;
	p->skeleton_from = from;
	p->places = s.places;
	p->n_places = s.n_places;
	return true;
}

uint32_t rd_prepared_word(const struct rd_prepared *prepared, uint32_t at)
{
	uint32_t low = 0, high = prepared->n_places;

	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;
		if (prepared->places[middle].skeleton <= at)
			low = middle;
		else
			high = middle;
	}
	return low;
}

enum rd_rc rd_prepare(const struct rd_normal *normal, struct rd_arena *arena,
	struct rd_prepared *ret_prepared, struct rd_err *err)
{
	struct unit_list units = { .arena = arena }, segments = { .arena = arena };

	/* PCRE2 is told not to check again; what is not UTF-8 must never reach it. */
	if (u8_check((const uint8_t *)normal->text, normal->len) != NULL)
		return rd_fail(err, RD_E_INPUT, "text that is not UTF-8 reached the rules");
	char *text = rd_arena_copy(arena, normal->text, normal->len);
	if (text == NULL)
		return rd_fail(err, RD_E_RANGE, "no room left to score this message");
	mark_sentences(text, normal->len);
	if (!find_units(text, normal->len, &units) || !pack_segments(&units, &segments))
		return rd_fail(err, RD_E_RANGE, "no room left to score this message");
	struct rd_prepared prepared = { .text = text,
		.len = normal->len,
		.units = units.items,
		.n_units = units.n,
		.segments = segments.items,
		.n_segments = segments.n,
		.n_words = rd_words_between(text, 0, normal->len) };
	if (!make_skeleton(&prepared, arena))
		return rd_fail(err, RD_E_RANGE, "no room left to score this message");
	*ret_prepared = prepared;
	return RD_OK;
}

#include "redress/message/normal.h"

#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <uninorm.h>
#include <unictype.h>
#include <unistr.h>

#define SEGMENT_BYTES_MAX                                                                          \
	128	       /* a character and its combining marks; more marks begin a new one          \
			*/
#define GROWTH	     4 /* NFKC may grow a text; more than this only nonsense does */
#define GROWTH_EXTRA 64

struct writer {
	char *text;
	uint32_t *origin; /* NULL as long as every byte stands where it stood */
	uint32_t len, max;
	struct rd_arena *arena;
	bool full;    /* max reached */
	bool failed;  /* the arena is */
	bool foreign; /* a Cyrillic or Greek letter was written */
	bool blank;   /* a run of blanks is due, from blank_at on */
	uint32_t blank_at;
	uint32_t full_at; /* the first byte of the field that found no room */
};

/* What an ASCII byte becomes; 0 for those that need thought. */
static const unsigned char plain_byte[128] = { ['!'] = '!',
	['"'] = '"',
	['#'] = '#',
	['$'] = '$',
	['%'] = '%',
	['&'] = '&',
	['\''] = '\'',
	['('] = '(',
	[')'] = ')',
	['*'] = '*',
	['+'] = '+',
	[','] = ',',
	['-'] = '-',
	['.'] = '.',
	['/'] = '/',
	['0'] = '0',
	['1'] = '1',
	['2'] = '2',
	['3'] = '3',
	['4'] = '4',
	['5'] = '5',
	['6'] = '6',
	['7'] = '7',
	['8'] = '8',
	['9'] = '9',
	[':'] = ':',
	[';'] = ';',
	['<'] = '<',
	['='] = '=',
	['>'] = '>',
	['?'] = '?',
	['@'] = '@',
	['A'] = 'a',
	['B'] = 'b',
	['C'] = 'c',
	['D'] = 'd',
	['E'] = 'e',
	['F'] = 'f',
	['G'] = 'g',
	['H'] = 'h',
	['I'] = 'i',
	['J'] = 'j',
	['K'] = 'k',
	['L'] = 'l',
	['M'] = 'm',
	['N'] = 'n',
	['O'] = 'o',
	['P'] = 'p',
	['Q'] = 'q',
	['R'] = 'r',
	['S'] = 's',
	['T'] = 't',
	['U'] = 'u',
	['V'] = 'v',
	['W'] = 'w',
	['X'] = 'x',
	['Y'] = 'y',
	['Z'] = 'z',
	['['] = '[',
	['\\'] = '\\',
	[']'] = ']',
	['^'] = '^',
	['_'] = '_',
	['`'] = '\'',
	['a'] = 'a',
	['b'] = 'b',
	['c'] = 'c',
	['d'] = 'd',
	['e'] = 'e',
	['f'] = 'f',
	['g'] = 'g',
	['h'] = 'h',
	['i'] = 'i',
	['j'] = 'j',
	['k'] = 'k',
	['l'] = 'l',
	['m'] = 'm',
	['n'] = 'n',
	['o'] = 'o',
	['p'] = 'p',
	['q'] = 'q',
	['r'] = 'r',
	['s'] = 's',
	['t'] = 't',
	['u'] = 'u',
	['v'] = 'v',
	['w'] = 'w',
	['x'] = 'x',
	['y'] = 'y',
	['z'] = 'z',
	['{'] = '{',
	['|'] = '|',
	['}'] = '}',
	['~'] = '~' };

/* Letters of other scripts, folded, that look like a Latin one (after Unicode TS 39, confusables).
 */
static const struct {
	unsigned short letter;
	char latin;
} look_alikes[] = { { 0x0430, 'a' }, { 0x0432, 'b' }, { 0x0435, 'e' }, { 0x0451, 'e' },
	{ 0x043A, 'k' }, { 0x043C, 'm' }, { 0x043D, 'h' }, { 0x043E, 'o' }, { 0x0440, 'p' },
	{ 0x0441, 'c' }, { 0x0442, 't' }, { 0x0443, 'y' }, { 0x0445, 'x' }, { 0x0455, 's' },
	{ 0x0456, 'i' }, { 0x0457, 'i' }, { 0x0458, 'j' }, { 0x04BB, 'h' }, { 0x04CF, 'l' },
	{ 0x0501, 'd' }, { 0x051B, 'q' }, { 0x051D, 'w' }, { 0x03B1, 'a' }, { 0x03B2, 'b' },
	{ 0x03B5, 'e' }, { 0x03B6, 'z' }, { 0x03B7, 'n' }, { 0x03B9, 'i' }, { 0x03BA, 'k' },
	{ 0x03BD, 'v' }, { 0x03BF, 'o' }, { 0x03C1, 'p' }, { 0x03C4, 't' }, { 0x03C5, 'u' },
	{ 0x03C7, 'x' }, { 0x03B3, 'y' }, { 0x03C9, 'w' } };

static char latin_for(ucs4_t c)
{
	for (size_t i = 0; i < sizeof look_alikes / sizeof look_alikes[0]; i++)
		if (look_alikes[i].letter == c)
			return look_alikes[i].latin;
	return 0;
}

/* From here on bytes no longer stand where they stood: the map is needed. */
static bool start_map(struct writer *w)
{
	w->origin = rd_arena_array(w->arena, (size_t)w->max + 1, sizeof *w->origin);
	if (!w->origin) {
		w->failed = true;
		return false;
	}
	for (uint32_t i = 0; i < w->len; i++)
		w->origin[i] = i;
	return true;
}

static inline void put(struct writer *w, char byte, uint32_t from)
{
	if (w->full || w->failed)
		return;
	if (w->len == w->max) {
		w->full = true;
		w->full_at = from;
		return;
	}
	if (!w->origin && from != w->len && !start_map(w))
		return;
	if (w->origin)
		w->origin[w->len] = from;
	w->text[w->len++] = byte;
}

/* Whole characters only: what is cut must stay valid UTF-8. */
static void put_text(struct writer *w, const uint8_t *text, size_t len, uint32_t from)
{
	if (!w->full && w->max - w->len < len) {
		w->full = true;
		w->full_at = from;
	}
	for (size_t i = 0; i < len; i++)
		put(w, (char)text[i], from);
}

static bool at_line_start(const struct writer *w)
{
	return w->len == 0 || w->text[w->len - 1] == '\n';
}

static void blank(struct writer *w, uint32_t from)
{
	if (!w->blank)
		w->blank_at = from;
	w->blank = true;
}

/* Blanks at the ends of lines go, within them they are one space. */
static void settle_blank(struct writer *w)
{
	if (w->blank && !at_line_start(w))
		put(w, ' ', w->blank_at);
	w->blank = false;
}

static void line_end(struct writer *w, uint32_t from)
{
	put(w, '\n', w->blank ? w->blank_at : from);
	w->blank = false;
}

/* Seen by nobody: zero-width and direction marks, soft hyphen, variation selectors, tags. */
static bool is_invisible(ucs4_t c)
{
	return c == 0x00AD || c == 0x034F || c == 0x061C || c == 0x115F || c == 0x1160 ||
	       c == 0x17B4 || c == 0x17B5 || (c >= 0x180B && c <= 0x180E) ||
	       (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) ||
	       (c >= 0x2060 && c <= 0x206F) || c == 0x3164 || (c >= 0xFE00 && c <= 0xFE0F) ||
	       c == 0xFEFF || c == 0xFFA0 || (c >= 0xE0000 && c <= 0xE0FFF);
}

static bool is_space(ucs4_t c)
{
	return c == 0x00A0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x202F ||
	       c == 0x205F || c == 0x3000;
}

/* Quotation marks and dashes as a keyboard has them; 0 for anything else. */
static char plain_punctuation(ucs4_t c)
{
	if (c == 0x00B4 || c == 0x02B9 || c == 0x02BB || c == 0x02BC || c == 0x02C8 ||
		(c >= 0x2018 && c <= 0x201B) || c == 0x2032 || c == 0x2035 || c == 0x2039 ||
		c == 0x203A || c == 0xFF07)
		return '\'';
	if (c == 0x00AB || c == 0x00BB || (c >= 0x201C && c <= 0x201F) || c == 0x2033 ||
		c == 0x2036 || c == 0xFF02)
		return '"';
	if ((c >= 0x2010 && c <= 0x2015) || c == 0x2212 || c == 0xFE58 || c == 0xFE63 ||
		c == 0xFF0D)
		return '-';
	return 0;
}

static bool is_combining(ucs4_t c)
{
	return c >= 0x0300 && uc_combining_class(c) != 0;
}

static bool is_foreign(ucs4_t c)
{
	return c >= 0x0370 && c <= 0x052F;
}

/* Characters whose NFKC is themselves and whose folding is their small letter, in the ranges that
 * people write in most: libunistring would come to the same, at fifty times the cost. The unit test
 * compares every one of them with it. */
static bool is_simple(ucs4_t c)
{
	if (c < 0x0100)
		return c == 0xA3 || (c >= 0xC0 && c != 0xDF);
	if (c < 0x0180)
		return !(c >= 0x0130 && c <= 0x0133) && c != 0x013F && c != 0x0140 && c != 0x0149 &&
		       c != 0x017F;
	if (c < 0x0530)
		return (c >= 0x0391 && c <= 0x03C9 && c != 0x03A2 && c != 0x03C2 && c != 0x03B0) ||
		       (c >= 0x0400 && c <= 0x0481) || (c >= 0x048A && c <= 0x052F);
	return (c >= 0x0621 && c <= 0x063A) || (c >= 0x0641 && c <= 0x064A) || c == 0x20AC ||
	       c == 0x2022 || (c >= 0x4E00 && c <= 0x9FFF) || c >= 0x1F300;
}

/* NFKC and case folding of one character and its marks. */
static void put_segment(struct writer *w, const uint8_t *text, size_t len, uint32_t from)
{
	uint8_t normal[SEGMENT_BYTES_MAX * 2], folded[SEGMENT_BYTES_MAX * 2];
	size_t n_normal = sizeof normal, n_folded = sizeof folded;
	uint8_t *a, *b = NULL;
	ucs4_t c;

	a = u8_normalize(UNINORM_NFKC, text, len, normal, &n_normal);
	if (a)
		b = u8_casefold(a, n_normal, NULL, UNINORM_NFKC, folded, &n_folded);
	if (!b) { /* out of memory, or not UTF-8: as it is */
		put_text(w, text, len, from);
	} else if (n_folded > 0 && b[0] == ' ') {
		/* spacing accents are a blank and a mark */
		blank(w, from);
	} else {
		settle_blank(w);
		(void)u8_mbtouc(&c, b, n_folded);
		w->foreign = w->foreign || is_foreign(c);
		put_text(w, b, n_folded, from);
	}
	if (b && b != folded)
		free(b);
	if (a && a != normal)
		free(a);
}

/* One character beyond ASCII with what belongs to it; returns the bytes used. */
static uint32_t put_unicode(struct writer *w, const char *field, uint32_t at, uint32_t end)
{
	const uint8_t *text = (const uint8_t *)field + at;
	ucs4_t c;
	int n = u8_mbtouc(&c, text, end - at);
	uint32_t used = n > 0 ? (uint32_t)n : 1;
	bool alone = true;
	char plain;

	if (is_invisible(c))
		return used;
	if (is_space(c)) {
		blank(w, at);
		return used;
	}
	if (c == 0x0085 || c == 0x2028 || c == 0x2029) {
		line_end(w, at);
		return used;
	}
	plain = plain_punctuation(c);
	if (plain) {
		settle_blank(w);
		put(w, plain, at);
		return used;
	}
	/* marks that follow belong to it; most characters are followed by none */
	while (at + used < end && (unsigned char)field[at + used] >= 0xCC &&
		used < SEGMENT_BYTES_MAX - 8) {
		ucs4_t mark;
		int m = u8_mbtouc(&mark, text + used, end - at - used);

		if (m <= 0 || !is_combining(mark))
			break;
		used += (uint32_t)m;
		alone = false;
	}
	if (!alone || !is_simple(c)) {
		put_segment(w, text, used, at);
		return used;
	}
	settle_blank(w);
	if (c < 0x0530) {
		uint8_t lower[6];
		int n_lower = u8_uctomb(lower, uc_tolower(c), (int)sizeof lower);

		w->foreign = w->foreign || is_foreign(c);
		put_text(w, lower, n_lower > 0 ? (size_t)n_lower : 0, at);
	} else {
		put_text(w, text, used, at);
	}
	return used;
}

/* An ASCII letter that marks follow is one character with them ("e" and an acute accent). */
static bool mark_follows(const char *field, uint32_t at, uint32_t end)
{
	ucs4_t mark;

	/* U+0300 is CC 80 */
	if (at >= end || (unsigned char)field[at] < 0xCC)
		return false;
	return u8_mbtouc(&mark, (const uint8_t *)field + at, end - at) > 0 && is_combining(mark);
}

static void put_span(struct writer *w, const char *field, uint32_t from, uint32_t to)
{
	uint32_t i = from;

	while (i < to && !w->full && !w->failed) {
		unsigned char c = (unsigned char)field[i];

		if (c >= 0x80) {
			i += put_unicode(w, field, i, to);
			continue;
		}
		if (plain_byte[c] != 0) {
			if (i + 1 < to && mark_follows(field, i + 1, to)) {
				i += put_unicode(w, field, i, to);
				continue;
			}
			if (w->blank)
				settle_blank(w);
			put(w, (char)plain_byte[c], i);
		} else if (c == '\n') {
			line_end(w, i);
		} else if (c == '\r') {
			/* the end of a line with "\n" behind it or without */
			uint32_t at = i;

			if (i + 1 < to && field[i + 1] == '\n')
				i++;
			line_end(w, at);
		} else if (c == ' ' || c == '\t' || c == '\v' || c == '\f') {
			blank(w, i);
		}
		/* other control characters are seen by nobody */
		i++;
	}
}

static bool is_word_char(ucs4_t c)
{
	if (c < 0x80)
		return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '\'' || c == '-';
	return uc_is_property_alphabetic(c) || uc_is_property_numeric(c);
}

/* Makes the look-alikes in [from, to) Latin where every foreign letter there is one and an ASCII
 * letter stands beside them. Writes behind w->len, never beyond what was read. */
static void write_word(struct writer *w, uint32_t from, uint32_t to)
{
	bool latin = false, all = true, any = false;
	ucs4_t c;
	int n;

	for (uint32_t i = from; i < to; i += (uint32_t)n) {
		n = u8_mbtouc(&c, (const uint8_t *)w->text + i, to - i);
		latin = latin || (c >= 'a' && c <= 'z');
		any = any || is_foreign(c);
		all = all && (!is_foreign(c) || latin_for(c) != 0);
	}
	for (uint32_t i = from; i < to; i += (uint32_t)n) {
		char plain = 0;

		n = u8_mbtouc(&c, (const uint8_t *)w->text + i, to - i);
		if (latin && any && all && is_foreign(c))
			plain = latin_for(c);
		if (plain) {
			uint32_t where = w->origin[i];

			w->text[w->len] = plain;
			w->origin[w->len++] = where;
			continue;
		}
		for (int k = 0; k < n; k++) {
			uint32_t where = w->origin[i + (uint32_t)k];

			w->text[w->len] = w->text[i + (uint32_t)k];
			w->origin[w->len++] = where;
		}
	}
}

static void make_look_alikes_latin(struct writer *w)
{
	uint32_t len = w->len;
	uint32_t start = 0;

	if (!w->origin && !start_map(w))
		return;
	w->len = 0;
	for (uint32_t i = 0; i < len;) {
		ucs4_t c;
		uint32_t n = (uint32_t)u8_mbtouc(&c, (const uint8_t *)w->text + i, len - i);

		if (!is_word_char(c)) {
			write_word(w, start, i);
			write_word(w, i, i + n);
			start = i + n;
		}
		i += n;
	}
	write_word(w, start, len);
}

static bool is_ascii(const char *text, uint32_t len)
{
	uint32_t i = 0;

	for (; i + 8 <= len; i += 8) {
		uint64_t word;

		memcpy(&word, text + i, 8);
		if ((word & 0x8080808080808080u) != 0)
			return false;
	}
	for (; i < len; i++)
		if ((unsigned char)text[i] >= 0x80)
			return false;
	return true;
}

enum rd_rc rd_normalise(const char *field, uint32_t len, const struct rd_span *spans,
	size_t n_spans, uint32_t max, struct rd_arena *arena, struct rd_normal *ret_normal,
	struct rd_err *err)
{
	struct rd_span whole = { RD_SPAN_NEW, 0, len };
	struct writer w = { .arena = arena };
	uint64_t room;
	uint32_t end = 0;

	if (!spans) {
		spans = &whole;
		n_spans = len > 0 ? 1 : 0;
	}
	/* ASCII never grows, but for the line end between two spans. */
	room = is_ascii(field, len) ? (uint64_t)len + n_spans
				    : (uint64_t)len * GROWTH + GROWTH_EXTRA;
	w.max = room < max ? (uint32_t)room : max;
	w.text = rd_arena_alloc(arena, (size_t)w.max + 1);
	if (!w.text)
		return rd_fail(err, RD_E_RANGE, "the message is too large for its memory");
	for (size_t i = 0; i < n_spans; i++) {
		if (spans[i].kind != RD_SPAN_NEW)
			continue;
		RD_ASSERT(spans[i].from <= spans[i].to && spans[i].to <= len);
		if (w.len > 0 && !at_line_start(&w) && spans[i].from > end)
			line_end(&w, end);
		put_span(&w, field, spans[i].from, spans[i].to);
		end = spans[i].to;
	}
	if (!w.failed && w.foreign)
		make_look_alikes_latin(&w);
	if (!w.failed && !w.origin && w.len != end)
		(void)start_map(&w); /* what was dropped stood at the end */
	if (w.failed)
		return rd_fail(err, RD_E_RANGE, "the message is too large for its memory");
	if (w.origin)
		w.origin[w.len] = w.full ? w.full_at : (w.blank ? w.blank_at : end);
	w.text[w.len] = '\0';
	*ret_normal = (struct rd_normal){
		.text = w.text, .len = w.len, .origin = w.origin, .truncated = w.full
	};
	return RD_OK;
}

void rd_normal_origin(const struct rd_normal *normal, uint32_t from, uint32_t to,
	uint32_t *ret_from, uint32_t *ret_to)
{
	RD_ASSERT(from <= to && to <= normal->len);
	if (!normal->origin) {
		*ret_from = from;
		*ret_to = to;
		return;
	}
	/* One character may have become several bytes: its whole is meant then. */
	while (to > from && to < normal->len && normal->origin[to] == normal->origin[to - 1])
		to++;
	*ret_from = normal->origin[from];
	*ret_to = normal->origin[to];
}

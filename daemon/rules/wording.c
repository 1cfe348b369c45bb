#include "redress/rules/wording.h"

#include <string.h>

#include "redress/rules/word.h"

#define DIGITS_MAX 7
#define JOIN_MAX   16 /* characters that phrase.c lets stand between two words */

/* What a byte is: a letter or digit, an apostrophe, a part of a longer character, anything else. */
enum { OTHER = 0, LETTER, APOSTROPHE, WIDE };

/* clang-format off */
#define TEN(x) x, x, x, x, x, x, x, x, x, x
static const uint8_t kinds[256] = {
	['\''] = APOSTROPHE,
	['0'] = LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER,
	['A'] = TEN(LETTER), TEN(LETTER), LETTER, LETTER, LETTER, LETTER, LETTER, LETTER,
	['_'] = LETTER,
	['a'] = TEN(LETTER), TEN(LETTER), LETTER, LETTER, LETTER, LETTER, LETTER, LETTER,
	[128] = TEN(WIDE), TEN(WIDE), TEN(WIDE), TEN(WIDE), TEN(WIDE), TEN(WIDE), TEN(WIDE),
	TEN(WIDE), TEN(WIDE), TEN(WIDE), TEN(WIDE), TEN(WIDE), WIDE, WIDE, WIDE, WIDE, WIDE, WIDE,
	WIDE, WIDE,
};
/* clang-format on */

/* A stretch of letters within a word. */
struct run {
	uint32_t from, to;
};

struct reader {
	const char *text;
	const struct rd_lexicon *lexicon;
	struct rd_arena *arena;
	struct rd_text_word *words;
	uint32_t n_words, words_size;
	struct rd_reading *others;
	uint32_t n_others, others_size;
	uint32_t from; /* where the unit begins */
	/* The last word of the unit, where it ends, and RD_WORD_JOINED where another may follow. */
	uint32_t last, last_end;
	uint8_t join;
	struct run *runs; /* of the word being read */
	uint32_t n_runs, runs_size;
	bool any_loose, full;
};

static uint32_t character(const char *text, uint32_t at, uint32_t to)
{
	unsigned char c = (unsigned char)text[at];
	uint32_t len = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

	return len < to - at ? len : to - at;
}

static inline bool is_letter(const char *text, uint32_t at, uint32_t to)
{
	uint8_t kind = kinds[(unsigned char)text[at]];

	return kind == LETTER || (kind == WIDE && rd_word_is_letter(text + at, to - at));
}

/* Where the letters end that begin at `at`. */
static inline uint32_t end_of_run(const char *text, uint32_t at, uint32_t to)
{
	while (at < to) {
		uint8_t kind = kinds[(unsigned char)text[at]];
		if (kind == LETTER)
			at++;
		else if (kind == WIDE && rd_word_is_letter(text + at, to - at))
			at += character(text, at, to);
		else
			break;
	}
	return at;
}

static inline uint8_t shape_of(const char *text, uint32_t len)
{
	if (text[0] < '0' || text[0] > '9')
		return RD_SHAPE_PLAIN;
	if (len > DIGITS_MAX)
		return RD_SHAPE_OTHER;
	for (uint32_t i = 1; i < len; i++)
		if (text[i] < '0' || text[i] > '9')
			return RD_SHAPE_OTHER;
	return (uint8_t)len;
}

/* An array with room for one more. */
static void *grow(struct reader *r, void *items, uint32_t n, uint32_t *size, size_t each)
{
	uint32_t more = *size == 0 ? 16 : *size * 2;
	void *copy = rd_arena_array(r->arena, more, each);

	if (copy == NULL) {
		r->full = true;
		return NULL;
	}
	if (n > 0)
		memcpy(copy, items, n * each);
	*size = more;
	return copy;
}

static inline bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* end: where all of the word ends, of which [at, to) is looked up. */
static inline void add_word(
	struct reader *r, uint32_t at, uint32_t to, uint32_t end, unsigned flags)
{
	if (r->n_words == r->words_size) {
		struct rd_text_word *words =
			grow(r, r->words, r->n_words, &r->words_size, sizeof *words);
		if (words == NULL)
			return;
		r->words = words;
	}
	struct rd_text_word *word = &r->words[r->n_words++];
	word->at = at;
	word->class = rd_lexicon_class(r->lexicon, r->text + at, to - at);
	word->others = r->n_others;
	word->len = (uint16_t)(end - at);
	word->shape = shape_of(r->text + at, to - at);
	if (word->shape != RD_SHAPE_PLAIN || is_digit(r->text[to - 1]))
		flags |= RD_WORD_DIGIT;
	word->flags = (uint8_t)flags;
	if (at - r->last_end <= JOIN_MAX)
		r->words[r->last].flags |= r->join;
	r->last = r->n_words - 1;
	r->last_end = end;
	r->join = (flags & RD_WORD_PLAIN) != 0 ? RD_WORD_JOINED : 0;
	r->any_loose = r->any_loose || (flags & RD_WORD_LOOSE) != 0;
}

static void add_other(struct reader *r, struct rd_reading reading, uint32_t to)
{
	reading.class = rd_lexicon_class(r->lexicon, r->text + reading.at, to - reading.at);
	reading.shape = shape_of(r->text + reading.at, to - reading.at);
	if (reading.class == 0 && reading.shape == RD_SHAPE_PLAIN)
		return; /* no phrase can mean it */
	if (r->n_others == r->others_size) {
		struct rd_reading *others =
			grow(r, r->others, r->n_others, &r->others_size, sizeof *others);
		if (others == NULL)
			return;
		r->others = others;
	}
	r->others[r->n_others++] = reading;
}

static bool is_single_s(const struct reader *r, const struct run *run)
{
	return run->to == run->from + 1 && r->text[run->from] == 's';
}

/* A pattern's last word may have an apostrophe behind it and then anything but these. */
static bool goes_on(char c)
{
	return c >= 'a' && c <= 'z' && c != 's';
}

/* What a word with apostrophes can be besides the whole of it: words have two at the most. */
static void add_others(struct reader *r, bool behind_apostrophe)
{
	uint32_t n = r->n_runs;
	/* "20%'s'now": what stands before such an s is a symbol, and the s its possessive. */
	bool passed = behind_apostrophe && is_single_s(r, &r->runs[0]);

	for (uint32_t i = 0; i < n; i++) {
		uint32_t last = i + 2 < n ? i + 2 : n - 1;
		for (uint32_t k = i; k <= last; k++) {
			struct rd_reading reading = { .at = r->runs[i].from,
				.begins_only = i > (passed ? 1 : 0) };
			if (i == 0 && k == last)
				continue; /* the word itself */
			if (k < last) {
				const struct run *next = &r->runs[k + 1];
				bool possessive = k + 2 == n && is_single_s(r, next);
				if (!possessive && goes_on(r->text[next->from]))
					continue;
				reading.ends_only = !possessive;
			}
			add_other(r, reading, r->runs[k].to);
		}
	}
}

static void add_run(struct reader *r, uint32_t from, uint32_t to)
{
	if (r->n_runs == r->runs_size) {
		struct run *runs = grow(r, r->runs, r->n_runs, &r->runs_size, sizeof *runs);
		if (runs == NULL)
			return;
		r->runs = runs;
	}
	r->runs[r->n_runs++] = (struct run){ from, to };
}

/* A word whose first letters are followed by an apostrophe. Returns where it ends; *ret_cut: what
 * follows it is loose. */
static uint32_t read_apostrophes(
	struct reader *r, uint32_t at, uint32_t end, uint32_t to, unsigned flags, bool *ret_cut)
{
	r->n_runs = 0;
	add_run(r, at, end);
	for (;;) {
		uint32_t next = end;
		while (next < to && r->text[next] == '\'')
			next++;
		if (next == end)
			flags |= RD_WORD_PLAIN;
		if (next == end || next == to || !is_letter(r->text, next, to) || r->full)
			break;
		bool possessive = r->n_runs > 1 && is_single_s(r, &r->runs[r->n_runs - 1]);
		if (next > end + 1 || possessive) {
			*ret_cut = true;
			break;
		}
		end = end_of_run(r->text, next, to);
		add_run(r, next, end);
	}
	if (r->full)
		return to;
	uint32_t last = r->n_runs > 3 ? 2 : r->n_runs - 1;
	if (r->n_runs > 3)
		flags &= ~RD_WORD_PLAIN;
	add_word(r, at, r->runs[last].to, end, flags);
	if (r->n_runs > 1)
		add_others(r, at > r->from && r->text[at - 1] == '\'');
	return end;
}

/* Nearly all words of nearly all texts: small letters, then a blank or a stop. */
static inline uint32_t end_of_plain(const char *text, uint32_t at, uint32_t to)
{
	while (at < to && kinds[(unsigned char)text[at]] == LETTER)
		at++;
	return at;
}

/* The word that begins at `at`; returns where it ends. */
static uint32_t read_word(struct reader *r, uint32_t at, uint32_t to, bool *loose)
{
	uint32_t end = end_of_run(r->text, at, to);
	bool cut = false;

	/* The possessive s of a symbol: "20%'s". */
	if (end == at + 1 && r->text[at] == 's' && at > r->from && r->text[at - 1] == '\'')
		*loose = true;
	if (end < to && r->text[end] == '\'')
		end = read_apostrophes(r, at, end, to, *loose ? RD_WORD_LOOSE : 0, &cut);
	else
		add_word(r, at, end, end, RD_WORD_PLAIN | (*loose ? RD_WORD_LOOSE : 0));
	*loose = cut;
	return end;
}

static void read_unit(struct reader *r, uint32_t from, uint32_t to)
{
	const char *text = r->text;
	bool loose = false, quoted = false;

	r->from = from;
	r->join = 0;
	for (uint32_t i = from; i < to && !r->full;) {
		uint8_t kind = kinds[(unsigned char)text[i]];
		if (kind == OTHER || kind == APOSTROPHE) {
			quoted = kind == APOSTROPHE;
			i++;
			continue;
		}
		if (kind == WIDE && !rd_word_is_letter(text + i, to - i)) {
			quoted = false;
			i += character(text, i, to);
			continue;
		}
		uint32_t end = end_of_plain(text, i, to);
		uint8_t behind = end < to ? kinds[(unsigned char)text[end]] : OTHER;
		if (behind != OTHER || quoted || loose) {
			i = read_word(r, i, to, &loose);
		} else {
			add_word(r, i, end, end, RD_WORD_PLAIN);
			i = end;
		}
		quoted = false;
	}
}

bool rd_wording_read(const struct rd_prepared *prepared, const struct rd_lexicon *lexicon,
	struct rd_arena *arena, struct rd_wording *ret_wording)
{
	struct reader r = { .text = prepared->text,
		.lexicon = lexicon,
		.arena = arena,
		.words_size = prepared->len / 5 + 16 };
	uint32_t *from = rd_arena_array(arena, prepared->n_units + 1u, sizeof *from);

	r.words = rd_arena_array(arena, r.words_size, sizeof *r.words);
	if (from == NULL || r.words == NULL)
		return false;
	for (uint32_t i = 0; i < prepared->n_units && !r.full; i++) {
		read_unit(&r, prepared->units[i].from, prepared->units[i].to);
		from[i + 1] = r.n_words;
	}
	/* Behind the last one, for where its other readings end. */
	if (!r.full && r.n_words == r.words_size)
		r.words = grow(&r, r.words, r.n_words, &r.words_size, sizeof *r.words);
	if (r.full)
		return false;
	r.words[r.n_words].others = r.n_others;
	*ret_wording = (struct rd_wording){ .words = r.words,
		.n_words = r.n_words,
		.others = r.others,
		.unit_from = from,
		.any_loose = r.any_loose };
	return true;
}

#include "redress/rules/lexicon.h"

#include <stdlib.h>
#include <string.h>

#define KEY_BYTES     8 /* a word this short is its own key */
#define BEGINNINGS    1024
#define PREFIX_WEIGHT 2 /* `word*` is a little commoner than a rare word */

struct entry {
	const char *text;
	uint32_t len;
	uint32_t frequency;
	bool prefix;
};

struct slot {
	uint64_t key;
	uint32_t class; /* 0: an empty slot */
	uint32_t len;
};

struct table {
	struct slot *slots;
	unsigned shift; /* of the hash: 64 less the bits of the size */
};

struct rd_lexicon {
	struct rd_arena *arena;
	struct entry *entries; /* [class - 1] once finished */
	uint32_t n_entries, size;
	struct table words, prefixes;
	/* By a word's first two bytes: bit n tells that a `word*` of n bytes begins so. */
	uint32_t lengths[BEGINNINGS];
};

struct rd_lexicon *rd_lexicon_new(struct rd_arena *arena)
{
	struct rd_lexicon *lexicon = rd_arena_alloc(arena, sizeof *lexicon);

	if (lexicon != NULL)
		lexicon->arena = arena;
	return lexicon;
}

bool rd_lexicon_add(struct rd_lexicon *l, const char *word, size_t len, bool prefix)
{
	if (l->n_entries == l->size) {
		uint32_t size = l->size == 0 ? 256 : l->size * 2;
		struct entry *entries = rd_arena_array(l->arena, size, sizeof *entries);
		if (entries == NULL)
			return false;
		if (l->n_entries > 0)
			memcpy(entries, l->entries, l->n_entries * sizeof *entries);
		l->entries = entries;
		l->size = size;
	}
	if (prefix && len > RD_LEXICON_PREFIX_MAX)
		len = RD_LEXICON_PREFIX_MAX;
	l->entries[l->n_entries++] =
		(struct entry){ .text = word, .len = (uint32_t)len, .prefix = prefix };
	return true;
}

static int compare_text(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int order = memcmp(a, b, a_len < b_len ? a_len : b_len);

	return order != 0 ? order : (a_len > b_len) - (a_len < b_len);
}

static int in_order(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;
	int order = compare_text(a->text, a->len, b->text, b->len);

	return order != 0 ? order : a->prefix - b->prefix;
}

/* The first n bytes, n <= 8, with zeros behind; what stands behind them in memory is read too. */
static inline uint64_t load(const char *text, size_t n)
{
	unsigned char b[KEY_BYTES];
	uint64_t key;

	memcpy(b, text, sizeof b);
	key = (uint64_t)b[0] | (uint64_t)b[1] << 8 | (uint64_t)b[2] << 16 | (uint64_t)b[3] << 24 |
	      (uint64_t)b[4] << 32 | (uint64_t)b[5] << 40 | (uint64_t)b[6] << 48 |
	      (uint64_t)b[7] << 56;
	return n < KEY_BYTES ? key & ((UINT64_C(1) << (8 * n)) - 1) : key;
}

static inline uint64_t mix(uint64_t h)
{
	h *= UINT64_C(0x9e3779b97f4a7c15);
	return h ^ (h >> 32);
}

static inline uint64_t key_of(const char *text, size_t len)
{
	uint64_t key = 0;

	if (len <= KEY_BYTES)
		return load(text, len);
	for (size_t i = 0; i + KEY_BYTES <= len; i += KEY_BYTES)
		key = mix(key ^ load(text + i, KEY_BYTES));
	return mix(key ^ load(text + len - KEY_BYTES, KEY_BYTES));
}

static inline uint32_t probe(const struct rd_lexicon *l, const struct table *t, uint64_t key,
	const char *text, size_t len)
{
	size_t mask = ((size_t)1 << (64 - t->shift)) - 1;

	for (size_t i = (size_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> t->shift);;
		i = (i + 1) & mask) {
		const struct slot *s = &t->slots[i];
		if (s->class == 0)
			return 0;
		if (s->key == key && s->len == len &&
			(len <= KEY_BYTES || memcmp(l->entries[s->class - 1].text, text, len) == 0))
			return s->class;
	}
}

static bool make_table(struct rd_lexicon *l, struct table *t, bool prefix)
{
	size_t n = 0, bits = 4;

	for (uint32_t i = 0; i < l->n_entries; i++)
		n += l->entries[i].prefix == prefix;
	while (((size_t)1 << bits) < 2 * n)
		bits++;
	t->shift = (unsigned)(64 - bits);
	t->slots = rd_arena_array(l->arena, (size_t)1 << bits, sizeof *t->slots);
	if (t->slots == NULL)
		return false;
	for (uint32_t i = 0; i < l->n_entries; i++) {
		const struct entry *e = &l->entries[i];
		char padded[KEY_BYTES] = "";
		if (e->prefix != prefix)
			continue;
		if (e->len < KEY_BYTES)
			memcpy(padded, e->text, e->len);
		uint64_t key = key_of(e->len < KEY_BYTES ? padded : e->text, e->len);
		size_t mask = ((size_t)1 << bits) - 1;
		size_t at = (size_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> t->shift);
		while (t->slots[at].class != 0)
			at = (at + 1) & mask;
		t->slots[at] = (struct slot){ .key = key, .class = i + 1, .len = e->len };
	}
	return true;
}

static inline size_t beginning(unsigned char first, unsigned char second)
{
	return (first * 37u + second) % BEGINNINGS;
}

static void note_lengths(struct rd_lexicon *l)
{
	for (uint32_t i = 0; i < l->n_entries; i++) {
		const struct entry *e = &l->entries[i];
		const unsigned char *text = (const unsigned char *)e->text;
		if (!e->prefix)
			continue;
		if (e->len > 1)
			l->lengths[beginning(text[0], text[1])] |= 1u << e->len;
		for (unsigned second = 0; e->len == 1 && second < 256; second++)
			l->lengths[beginning(text[0], (unsigned char)second)] |= 1u << 1;
	}
}

bool rd_lexicon_finish(struct rd_lexicon *l)
{
	uint32_t n = 0;

	if (l->n_entries > 1)
		qsort(l->entries, l->n_entries, sizeof *l->entries, in_order);
	for (uint32_t i = 0; i < l->n_entries; i++)
		if (n == 0 || in_order(&l->entries[n - 1], &l->entries[i]) != 0)
			l->entries[n++] = l->entries[i];
	l->n_entries = n;
	for (uint32_t i = 0; i < n; i++) {
		struct entry *e = &l->entries[i];
		e->frequency = e->prefix ? PREFIX_WEIGHT : rd_word_frequency(e->text, e->len);
		e->text = rd_arena_copy(l->arena, e->text, e->len);
		if (e->text == NULL)
			return false;
	}
	note_lengths(l);
	return make_table(l, &l->words, false) && make_table(l, &l->prefixes, true);
}

uint32_t rd_lexicon_n_classes(const struct rd_lexicon *lexicon)
{
	return lexicon->n_entries + 1;
}

uint32_t rd_lexicon_frequency(const struct rd_lexicon *lexicon, uint32_t class)
{
	return class == 0 ? 1 : lexicon->entries[class - 1].frequency;
}

/* The first entry that is not before the text; with its: that begins with it no more. */
static uint32_t bound(const struct rd_lexicon *l, const char *text, size_t len, bool behind)
{
	uint32_t low = 0, high = l->n_entries;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		const struct entry *e = &l->entries[middle];
		size_t n = behind && e->len > len ? len : e->len;
		int order = compare_text(e->text, n, text, len);
		if (order < 0 || (behind && order == 0))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct rd_classes rd_lexicon_find(
	const struct rd_lexicon *lexicon, const char *word, size_t len, bool prefix)
{
	if (prefix && len > RD_LEXICON_PREFIX_MAX)
		len = RD_LEXICON_PREFIX_MAX;
	if (prefix)
		return (struct rd_classes){ bound(lexicon, word, len, false) + 1,
			bound(lexicon, word, len, true) + 1 };
	char padded[KEY_BYTES] = "";
	if (len < KEY_BYTES)
		memcpy(padded, word, len);
	uint64_t key = key_of(len < KEY_BYTES ? padded : word, len);
	uint32_t class = probe(lexicon, &lexicon->words, key, word, len);
	return (struct rd_classes){ class, class + 1 };
}

uint32_t rd_lexicon_class(const struct rd_lexicon *l, const char *word, size_t len)
{
	uint32_t class = probe(l, &l->words, key_of(word, len), word, len);

	if (class != 0)
		return class;
	unsigned char second = len > 1 ? (unsigned char)word[1] : 0;
	uint32_t lengths = l->lengths[beginning((unsigned char)word[0], second)];
	if (len < RD_LEXICON_PREFIX_MAX)
		lengths &= (2u << len) - 1;
	/* The longest first. */
	while (lengths != 0) {
		unsigned n = 31u - (unsigned)__builtin_clz(lengths);
		class = probe(l, &l->prefixes, key_of(word, n), word, n);
		if (class != 0)
			return class;
		lengths &= ~(1u << n);
	}
	return 0;
}

#include "redress/rules/labels.h"

#include <stdlib.h>
#include <string.h>

#define HEADS	     4096
#define DIGITS_COST  150 /* in 10,000 words: numbers of any length */
#define ALL_DIGITS   0xfeu
#define UP_TO_THREE  0x0eu
#define WITH_A_DIGIT 0x1feu

struct rd_label_set {
	const uint32_t *classes; /* in order */
	uint32_t n;
	uint16_t shapes;
	uint32_t hash;
	uint32_t next; /* of the same head, plus one */
	uint64_t cost;
	struct rd_label label;
};

/* The words of the built-in parts; phrase.c has their patterns. */
static const char *const number_words[] = { "one", "two", "three", "four", "five", "six", "seven",
	"eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen",
	"seventeen", "eighteen", "nineteen", "twenty", "thirty", "forty", "fifty", "sixty",
	"seventy", "eighty", "ninety", "hundred", "thousand", "dozen", NULL };
static const char *const money_words[] = { "pound", "pounds", "quid", "p", NULL };
static const char *const months[] = { "jan*", "feb*", "mar*", "apr*", "may*", "jun*", "jul*",
	"aug*", "sep*", "oct*", "nov*", "dec*", NULL };
static const char *const date_words[] = { "jan*", "feb*", "mar*", "apr*", "may*", "jun*", "jul*",
	"aug*", "sep*", "oct*", "nov*", "dec*", "of", NULL };

static const struct {
	const char *const *words;
	uint16_t shapes;
} built_ins[RD_N_BUILT_INS][2] = {
	[RD_BUILT_IN_NUMBER] = { { number_words, ALL_DIGITS }, { NULL, UP_TO_THREE } },
	[RD_BUILT_IN_MONEY] = { { NULL, WITH_A_DIGIT }, { money_words, WITH_A_DIGIT } },
	[RD_BUILT_IN_DATE] = { { months, WITH_A_DIGIT }, { date_words, WITH_A_DIGIT } },
};

bool rd_labels_begin(struct rd_labels *l, struct rd_arena *arena)
{
	*l = (struct rd_labels){ .arena = arena, .lexicon = rd_lexicon_new(arena) };
	l->heads = rd_arena_array(arena, HEADS, sizeof *l->heads);
	return l->lexicon != NULL && l->heads != NULL;
}

static struct rd_sketch_words *words_of(const char *const *from, struct rd_arena *arena)
{
	struct rd_sketch_words *words = rd_arena_alloc(arena, sizeof *words);
	size_t n = 0;

	while (from != NULL && from[n] != NULL)
		n++;
	struct rd_sketch_word *items = rd_arena_array(arena, n + 1, sizeof *items);
	if (words == NULL || items == NULL)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		size_t len = strcspn(from[i], "*");
		items[i] = (struct rd_sketch_word){ from[i], (uint32_t)len, from[i][len] == '*' };
	}
	*words = (struct rd_sketch_words){ .items = items, .n_items = n };
	return words;
}

static bool add_words(struct rd_labels *l, struct rd_sketch_words *words)
{
	if (words->added)
		return true;
	words->added = true;
	for (size_t i = 0; i < words->n_items; i++)
		if (!rd_lexicon_add(l->lexicon, words->items[i].text, words->items[i].len,
			    words->items[i].prefix))
			return false;
	return true;
}

static bool add_built_in(struct rd_labels *l, enum rd_built_in which)
{
	for (int i = 0; i < 2; i++) {
		struct rd_sketch_words **words = &l->built_in_words[which][i];
		if (*words == NULL)
			*words = words_of(built_ins[which][i].words, l->arena);
		if (*words == NULL || !add_words(l, *words))
			return false;
	}
	return true;
}

bool rd_labels_add(struct rd_labels *l, const struct rd_sketch *sketch)
{
	for (size_t i = 0; i < sketch->n_strokes; i++) {
		const struct rd_stroke *s = &sketch->strokes[i];
		if (s->kind == RD_STROKE_WORD && !add_words(l, s->words))
			return false;
		if (s->kind == RD_STROKE_BUILT_IN && !add_built_in(l, s->built_in))
			return false;
	}
	return true;
}

static uint32_t hash_of(const uint32_t *classes, uint32_t n, uint16_t shapes)
{
	uint32_t h = shapes * 31u + n;

	for (uint32_t i = 0; i < n; i++)
		h = (h ^ classes[i]) * 16777619u;
	return h ^ h >> 15;
}

static bool make_table(struct rd_labels *l, struct rd_label_set *set)
{
	uint8_t bits = 2;

	while ((1u << bits) < 2 * set->n)
		bits++;
	uint32_t n = 1u << bits;
	if (l->n_slots + n > l->slots_size) {
		uint32_t size = l->slots_size == 0 ? 256 : 2 * l->slots_size;
		while (size < l->n_slots + n)
			size *= 2;
		uint32_t *slots = rd_arena_array(l->arena, size, sizeof *slots);
		if (slots == NULL)
			return false;
		if (l->n_slots > 0)
			memcpy(slots, l->slots, l->n_slots * sizeof *slots);
		l->slots = slots;
		l->slots_size = size;
	}
	uint32_t *table = l->slots + l->n_slots;
	for (uint32_t i = 0; i < set->n; i++) {
		uint32_t at = (set->classes[i] * 0x9e3779b1u) >> (32 - bits);
		while (table[at] != 0)
			at = (at + 1) & (n - 1);
		table[at] = set->classes[i];
	}
	set->label.at = l->n_slots;
	set->label.bits = bits;
	l->n_slots += n;
	return true;
}

/* classes: in order, none twice; copied. */
static uint32_t intern(struct rd_labels *l, const uint32_t *classes, uint32_t n, uint16_t shapes)
{
	const uint32_t hash = hash_of(classes, n, shapes);
	uint32_t *head = &l->heads[hash % HEADS];

	for (uint32_t i = *head; i != 0; i = l->sets[i - 1].next) {
		const struct rd_label_set *s = &l->sets[i - 1];
		if (s->hash == hash && s->n == n && s->shapes == shapes &&
			(n == 0 || memcmp(s->classes, classes, n * sizeof *classes) == 0))
			return i - 1;
	}
	if (l->n_sets == l->size) {
		uint32_t size = l->size == 0 ? 64 : l->size * 2;
		struct rd_label_set *sets = rd_arena_array(l->arena, size, sizeof *sets);
		if (sets == NULL)
			return RD_LABEL_NONE;
		if (l->n_sets > 0)
			memcpy(sets, l->sets, l->n_sets * sizeof *sets);
		l->sets = sets;
		l->size = size;
	}
	struct rd_label_set set = { .n = n,
		.shapes = shapes,
		.hash = hash,
		.next = *head,
		.label = { .at = n == 1 ? classes[0] : UINT32_MAX, .shapes = shapes } };
	uint32_t *copy = rd_arena_array(l->arena, n + 1u, sizeof *copy);
	if (copy == NULL)
		return RD_LABEL_NONE;
	if (n > 0)
		memcpy(copy, classes, n * sizeof *copy);
	set.classes = copy;
	for (uint32_t i = 0; i < n; i++)
		set.cost += rd_lexicon_frequency(l->lexicon, classes[i]);
	set.cost += shapes != 0 ? DIGITS_COST : 0;
	l->sets[l->n_sets] = set;
	*head = ++l->n_sets;
	return l->n_sets - 1;
}

static int in_order(const void *left, const void *right)
{
	const uint32_t *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

static uint32_t *make_room(struct rd_labels *l, size_t n)
{
	if (n > l->room_size) {
		l->room_size = (uint32_t)(2 * n);
		l->room = rd_arena_array(l->arena, l->room_size, sizeof *l->room);
	}
	return l->room;
}

static uint32_t sort_room(struct rd_labels *l, uint32_t n)
{
	uint32_t kept = 0;

	if (n > 1)
		qsort(l->room, n, sizeof *l->room, in_order);
	for (uint32_t i = 0; i < n; i++)
		if (kept == 0 || l->room[kept - 1] != l->room[i])
			l->room[kept++] = l->room[i];
	return kept;
}

static uint32_t label_of(struct rd_labels *l, const struct rd_sketch_words *words, uint16_t shapes)
{
	size_t size = 1;
	uint32_t n = 0;

	for (int counting = 1; counting >= 0; counting--) {
		for (size_t i = 0; i < words->n_items; i++) {
			const struct rd_sketch_word *w = &words->items[i];
			struct rd_classes c =
				rd_lexicon_find(l->lexicon, w->text, w->len, w->prefix);
			size += c.to - c.from;
			for (uint32_t k = c.from; k < c.to && !counting; k++)
				l->room[n++] = k;
		}
		if (counting && make_room(l, size) == NULL)
			return RD_LABEL_NONE;
	}
	return intern(l, l->room, sort_room(l, n), shapes);
}

bool rd_labels_finish(struct rd_labels *l)
{
	if (!rd_lexicon_finish(l->lexicon) || make_room(l, 64) == NULL)
		return false;
	l->none = intern(l, NULL, 0, 0);
	l->any = intern(l, NULL, 0, RD_SHAPES_ALL);
	if (l->none == RD_LABEL_NONE || l->any == RD_LABEL_NONE)
		return false;
	for (int which = 0; which < RD_N_BUILT_INS; which++)
		for (int i = 0; i < 2; i++) {
			if (l->built_in_words[which][i] == NULL)
				continue;
			l->built_in[which][i] = label_of(
				l, l->built_in_words[which][i], built_ins[which][i].shapes);
			if (l->built_in[which][i] == RD_LABEL_NONE)
				return false;
		}
	return true;
}

uint32_t rd_labels_of(struct rd_labels *l, struct rd_sketch_words *words)
{
	if (words->label == 0) {
		uint32_t label = label_of(l, words, 0);
		if (label == RD_LABEL_NONE)
			return label;
		words->label = label + 1;
	}
	return words->label - 1;
}

uint32_t rd_labels_built_in(const struct rd_labels *labels, enum rd_built_in which, bool further)
{
	return labels->built_in[which][further];
}

bool rd_labels_classes(struct rd_labels *l, const uint32_t *numbers, size_t n,
	const uint32_t **ret_classes, uint32_t *ret_n, uint16_t *ret_shapes)
{
	size_t size = 1;
	uint32_t at = 0;
	uint16_t shapes = 0;

	for (size_t i = 0; i < n; i++)
		size += l->sets[numbers[i]].n;
	if (make_room(l, size) == NULL)
		return false;
	for (size_t i = 0; i < n; i++) {
		const struct rd_label_set *s = &l->sets[numbers[i]];
		if (s->n > 0)
			memcpy(l->room + at, s->classes, s->n * sizeof *l->room);
		at += s->n;
		shapes |= s->shapes;
	}
	at = sort_room(l, at);
	uint32_t *classes = rd_arena_array(l->arena, at + 1u, sizeof *classes);
	if (classes == NULL)
		return false;
	if (at > 0)
		memcpy(classes, l->room, at * sizeof *classes);
	*ret_classes = classes;
	*ret_n = at;
	*ret_shapes = shapes;
	return true;
}

/* Both sets' classes, in order and none twice; room holds all of them. Returns how many. */
static uint32_t merge(const struct rd_label_set *x, const struct rd_label_set *y, uint32_t *room)
{
	uint32_t n = 0, i = 0, k = 0;

	while (i < x->n && k < y->n) {
		uint32_t a = x->classes[i], b = y->classes[k];
		room[n++] = a < b ? a : b;
		i += a <= b;
		k += b <= a;
	}
	while (i < x->n)
		room[n++] = x->classes[i++];
	while (k < y->n)
		room[n++] = y->classes[k++];
	return n;
}

uint32_t rd_labels_both(struct rd_labels *l, uint32_t a, uint32_t b)
{
	const struct rd_label_set *x = &l->sets[a], *y = &l->sets[b];
	uint16_t shapes = x->shapes | y->shapes;
	uint32_t n = x->n + y->n;

	if (a == b || y->n + y->shapes == 0)
		return a;
	if (make_room(l, n + 1u) == NULL)
		return RD_LABEL_NONE;
	return intern(l, l->room, merge(x, y, l->room), shapes);
}

struct rd_label_content rd_labels_content(const struct rd_labels *labels, uint32_t label)
{
	const struct rd_label_set *set = &labels->sets[label];

	return (struct rd_label_content){ set->classes, set->n, set->shapes };
}

uint64_t rd_labels_cost(const struct rd_labels *labels, uint32_t label)
{
	return labels->sets[label].cost;
}

bool rd_labels_get(struct rd_labels *labels, uint32_t label, struct rd_label *ret_label)
{
	struct rd_label_set *set = &labels->sets[label];

	if (set->n > 1 && set->label.bits == 0 && !make_table(labels, set))
		return false;
	*ret_label = set->label;
	return true;
}

void *rd_labels_scratch(struct rd_labels *l, size_t bytes)
{
	if (l->scratch == NULL)
		l->scratch = rd_arena_alloc(l->arena, bytes);
	return l->scratch;
}

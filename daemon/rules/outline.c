/* From a sketch to an outline: sets of words, positions, and the key. */
#include "redress/rules/outline.h"

#include <stdlib.h>
#include <string.h>

#define DRAWN_MAX    512 /* positions before like ones are made one */
#define DRAWN_BLOCKS (DRAWN_MAX / 64)
#define PIECES_MAX   64
#define NONE	     UINT32_MAX

/* One of what a key is made of. */
struct key_part {
	uint32_t label; /* NONE for a symbol */
	uint32_t position;
	const char *symbol;
	struct key_part *next;
};

/* What must stand in the text: one of these. */
struct need {
	struct key_part *parts, *end; /* NULL: nothing is known */
	uint64_t cost;
};

/* A part of the phrase: which positions it can begin and end with. */
struct piece {
	uint64_t first[DRAWN_BLOCKS], last[DRAWN_BLOCKS];
	bool nullable;
	struct need key, also; /* the rarest, and the next */
};

struct rd_outline_scratch {
	uint64_t follow[DRAWN_MAX][DRAWN_BLOCKS], before[DRAWN_MAX][DRAWN_BLOCKS];
	uint32_t label[DRAWN_MAX];
	uint16_t least[DRAWN_MAX], most[DRAWN_MAX];
	uint16_t number[DRAWN_MAX]; /* in the outline */
	struct piece pieces[PIECES_MAX];
};

struct drawing {
	struct rd_labels *labels;
	struct rd_outline_scratch *s;
	uint32_t n; /* positions */
	size_t n_pieces;
	bool blunt, failed;
};

static inline void set_bit(uint64_t *bits, uint32_t i)
{
	bits[i / 64] |= UINT64_C(1) << (i % 64);
}

static inline void clear_bit(uint64_t *bits, uint32_t i)
{
	bits[i / 64] &= ~(UINT64_C(1) << (i % 64));
}

static inline bool has_bit(const uint64_t *bits, uint32_t i)
{
	return (bits[i / 64] >> (i % 64) & 1) != 0;
}

static void add_bits(uint64_t *to, const uint64_t *from)
{
	for (size_t i = 0; i < DRAWN_BLOCKS; i++)
		to[i] |= from[i];
}

/* Most phrases have fewer than 64 positions. */
static inline bool same_bits(const struct drawing *d, const uint64_t *a, const uint64_t *b)
{
	for (uint32_t i = 0; i < d->n; i += 64)
		if (a[i / 64] != b[i / 64])
			return false;
	return true;
}

/* The first of the bits from i on; DRAWN_MAX behind the last. */
static inline uint32_t next_bit(const uint64_t *bits, uint32_t i)
{
	while (i < DRAWN_MAX) {
		uint64_t rest = bits[i / 64] >> (i % 64);
		if (rest != 0)
			return i + (uint32_t)__builtin_ctzll(rest);
		i = (i / 64 + 1) * 64;
	}
	return DRAWN_MAX;
}

static struct piece *push_piece(struct drawing *d)
{
	if (d->n_pieces == PIECES_MAX) {
		d->blunt = true;
		d->n_pieces--;
	}
	struct piece *p = &d->s->pieces[d->n_pieces++];
	memset(p, 0, sizeof *p);
	return p;
}

static uint32_t new_position(struct drawing *d, uint32_t label)
{
	if (d->n == DRAWN_MAX) {
		d->blunt = true;
		return NONE;
	}
	memset(d->s->follow[d->n], 0, sizeof d->s->follow[d->n]);
	d->s->label[d->n] = label;
	return d->n++;
}

static void give_key(struct drawing *d, struct piece *p, uint32_t label, uint32_t position,
	const char *symbol, uint64_t cost)
{
	struct key_part *part = rd_arena_alloc(d->labels->arena, sizeof *part);

	if (part == NULL) {
		d->failed = true;
		return;
	}
	*part = (struct key_part){ .label = label, .position = position, .symbol = symbol };
	p->key = (struct need){ part, part, cost };
}

/* One word. */
static void push_label(struct drawing *d, uint32_t label)
{
	struct piece *p = push_piece(d);

	if (label == NONE) {
		d->failed = true;
		return;
	}
	uint32_t position = new_position(d, label);
	if (position != NONE) {
		set_bit(p->first, position);
		set_bit(p->last, position);
	}
	give_key(d, p, label, position, NULL, rd_labels_cost(d->labels, label));
}

static void link_pieces(struct drawing *d, const struct piece *a, const struct piece *b)
{
	for (uint32_t i = next_bit(a->last, 0); i < d->n; i = next_bit(a->last, i + 1))
		add_bits(d->s->follow[i], b->first);
}

static bool take_two(struct drawing *d, struct piece **ret_a, struct piece **ret_b)
{
	if (d->n_pieces < 2) {
		d->blunt = true;
		return false;
	}
	d->n_pieces--;
	*ret_b = &d->s->pieces[d->n_pieces];
	*ret_a = *ret_b - 1;
	return true;
}

/* Of what two parts need, the two rarest are kept. */
static void keep_rarest(struct piece *p, struct need need)
{
	if (need.parts == NULL)
		return;
	if (p->key.parts == NULL || need.cost < p->key.cost) {
		struct need other = p->key;
		p->key = need;
		need = other;
	}
	if (need.parts != NULL && (p->also.parts == NULL || need.cost < p->also.cost))
		p->also = need;
}

static void join(struct drawing *d)
{
	struct piece *a, *b;

	if (!take_two(d, &a, &b))
		return;
	link_pieces(d, a, b);
	if (a->nullable)
		add_bits(a->first, b->first);
	if (b->nullable)
		add_bits(b->last, a->last);
	memcpy(a->last, b->last, sizeof a->last);
	a->nullable = a->nullable && b->nullable;
	keep_rarest(a, b->key);
	keep_rarest(a, b->also);
}

/* Either of two. */
static struct need both(struct need a, struct need b)
{
	if (a.parts == NULL || b.parts == NULL)
		return (struct need){ NULL, NULL, 0 };
	a.end->next = b.parts;
	return (struct need){ a.parts, b.end, a.cost + b.cost };
}

static void choose(struct drawing *d)
{
	struct piece *a, *b;

	if (!take_two(d, &a, &b))
		return;
	add_bits(a->first, b->first);
	add_bits(a->last, b->last);
	a->nullable = a->nullable || b->nullable;
	a->key = both(a->key, b->key);
	a->also = both(a->also, b->also);
}

static void maybe(struct drawing *d)
{
	if (d->n_pieces == 0)
		return;
	struct piece *p = &d->s->pieces[d->n_pieces - 1];
	p->nullable = true;
	p->key = p->also = (struct need){ NULL, NULL, 0 };
}

static void push_gap(struct drawing *d, unsigned min, unsigned max)
{
	struct piece *p = push_piece(d);
	uint32_t last = NONE;

	for (unsigned i = 1; i <= max; i++) {
		uint32_t at = new_position(d, d->labels->any);
		if (at == NONE)
			return;
		if (i == 1)
			set_bit(p->first, at);
		else
			set_bit(d->s->follow[last], at);
		if (i >= min)
			set_bit(p->last, at);
		last = at;
	}
	p->nullable = min == 0;
}

/* "1,000.50" is three words of a text, "3rd of march 2024" four. */
static void push_built_in(struct drawing *d, enum rd_built_in which)
{
	static const unsigned n_words[RD_N_BUILT_INS] = { 3, 4, 4 };

	push_label(d, rd_labels_built_in(d->labels, which, false));
	for (unsigned i = 1; i < n_words[which]; i++) {
		push_label(d, rd_labels_built_in(d->labels, which, true));
		maybe(d);
		join(d);
	}
}

static void push_stroke(struct drawing *d, const struct rd_stroke *stroke)
{
	struct piece *p;

	switch (stroke->kind) {
	case RD_STROKE_WORD:
		push_label(d, rd_labels_of(d->labels, stroke->words));
		break;
	case RD_STROKE_GAP:
		push_gap(d, stroke->min, stroke->max);
		break;
	case RD_STROKE_BUILT_IN:
		push_built_in(d, stroke->built_in);
		break;
	case RD_STROKE_SYMBOL:
		p = push_piece(d);
		p->nullable = true;
		if (stroke->text[0] != '\0')
			give_key(d, p, NONE, NONE, stroke->text, RD_SYMBOL_FREQUENCY);
		break;
	case RD_STROKE_BLUNT:
		push_piece(d)->nullable = true;
		d->blunt = true;
		break;
	case RD_STROKE_THEN:
		join(d);
		break;
	case RD_STROKE_EITHER:
		choose(d);
		break;
	case RD_STROKE_MAYBE:
		maybe(d);
		break;
	}
}

/* How many words stand before each position. Whatever follows a position was drawn after it. */
static void measure(struct drawing *d, const struct piece *whole)
{
	struct rd_outline_scratch *s = d->s;

	for (uint32_t i = 0; i < d->n; i++) {
		s->least[i] = has_bit(whole->first, i) ? 0 : UINT16_MAX;
		s->most[i] = 0;
	}
	for (uint32_t i = 0; i < d->n; i++)
		for (uint32_t k = next_bit(s->follow[i], i + 1); k < d->n;
			k = next_bit(s->follow[i], k + 1)) {
			if (s->least[i] + 1 < s->least[k])
				s->least[k] = (uint16_t)(s->least[i] + 1);
			if (s->most[i] + 1 > s->most[k])
				s->most[k] = (uint16_t)(s->most[i] + 1);
		}
}

/* All of it as one label; RD_LABEL_NONE where that cannot be told. */
static uint32_t label_of_need(struct drawing *d, struct need need)
{
	uint32_t label = need.parts != NULL ? d->labels->none : RD_LABEL_NONE;

	for (const struct key_part *p = need.parts; p != NULL && label != RD_LABEL_NONE;
		p = p->next)
		label = p->symbol != NULL ? RD_LABEL_NONE
					  : rd_labels_both(d->labels, label, p->label);
	return label;
}

static bool make_key(struct drawing *d, const struct piece *whole, struct rd_key *ret_key)
{
	struct rd_arena *arena = d->labels->arena;
	struct rd_key key = { .least = UINT16_MAX, .also = label_of_need(d, whole->also) };
	size_t n_labels = 0, n_symbols = 0;

	for (const struct key_part *p = whole->key.parts; p != NULL; p = p->next) {
		n_labels += p->symbol == NULL;
		n_symbols += p->symbol != NULL;
	}
	uint32_t *labels = rd_arena_array(arena, n_labels + 1, sizeof *labels);
	const char **symbols = rd_arena_array(arena, n_symbols + 1, sizeof *symbols);
	if (labels == NULL || symbols == NULL)
		return false;
	n_labels = 0;
	for (const struct key_part *p = whole->key.parts; p != NULL; p = p->next) {
		if (p->symbol != NULL) {
			symbols[key.n_symbols] = rd_arena_strdup(arena, p->symbol);
			if (symbols[key.n_symbols++] == NULL)
				return false;
			continue;
		}
		labels[n_labels++] = p->label;
		if (p->position == NONE)
			continue; /* blunt: nobody asks how far */
		if (d->s->least[p->position] < key.least)
			key.least = d->s->least[p->position];
		if (d->s->most[p->position] > key.most)
			key.most = d->s->most[p->position];
	}
	key.symbols = symbols;
	*ret_key = key;
	return rd_labels_classes(d->labels, labels, n_labels, &ret_key->classes,
		&ret_key->n_classes, &ret_key->shapes);
}

static void look_back(struct drawing *d)
{
	struct rd_outline_scratch *s = d->s;

	memset(s->before, 0, d->n * sizeof s->before[0]);
	for (uint32_t i = 0; i < d->n; i++)
		for (uint32_t k = next_bit(s->follow[i], 0); k < d->n;
			k = next_bit(s->follow[i], k + 1))
			set_bit(s->before[k], i);
}

/* Position b becomes a. */
static void merge(struct drawing *d, struct piece *whole, uint32_t a, uint32_t b)
{
	struct rd_outline_scratch *s = d->s;

	for (uint32_t i = 0; i < d->n; i++) {
		if (has_bit(s->before[b], i)) {
			clear_bit(s->follow[i], b);
			set_bit(s->follow[i], a);
		}
		if (has_bit(s->follow[b], i)) {
			clear_bit(s->before[i], b);
			set_bit(s->before[i], a);
		}
	}
	add_bits(s->before[a], s->before[b]);
	add_bits(s->follow[a], s->follow[b]);
	if (has_bit(whole->first, b))
		set_bit(whole->first, a);
	if (has_bit(whole->last, b))
		set_bit(whole->last, a);
	clear_bit(whole->first, b);
	clear_bit(whole->last, b);
	s->label[b] = NONE;
}

/* Two positions are one where they stand behind the same and before the same, or take the same
 * words and one of the two: no path through them is lost or made. */
static bool merge_like(struct drawing *d, struct piece *whole)
{
	struct rd_outline_scratch *s = d->s;
	bool any = false;

	for (uint32_t a = 0; a < d->n; a++)
		for (uint32_t b = a + 1; b < d->n && s->label[a] != NONE; b++) {
			if (s->label[b] == NONE)
				continue;
			bool words = s->label[a] == s->label[b];
			bool behind = same_bits(d, s->before[a], s->before[b]) &&
				      has_bit(whole->first, a) == has_bit(whole->first, b);
			if (!words && !behind)
				continue;
			bool before = same_bits(d, s->follow[a], s->follow[b]) &&
				      has_bit(whole->last, a) == has_bit(whole->last, b);
			if (words + behind + before < 2)
				continue;
			if (!words)
				s->label[a] = rd_labels_both(d->labels, s->label[a], s->label[b]);
			if (s->label[a] == NONE) {
				d->failed = true;
				return false;
			}
			merge(d, whole, a, b);
			any = true;
		}
	return any;
}

static uint32_t give_numbers(struct drawing *d)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < d->n; i++)
		if (d->s->label[i] != NONE)
			d->s->number[i] = (uint16_t)n++;
	return n;
}

static void copy_set(const struct drawing *d, const uint64_t *from, uint64_t *to)
{
	for (uint32_t i = next_bit(from, 0); i < d->n; i = next_bit(from, i + 1))
		set_bit(to, d->s->number[i]);
}

static bool keep(struct drawing *d, const struct piece *whole, uint32_t n, struct rd_outline *out)
{
	struct rd_arena *arena = d->labels->arena;
	size_t n_blocks = (n + 63) / 64;
	struct rd_label *labels = rd_arena_array(arena, n, sizeof *labels);
	uint64_t *sets = rd_arena_array(arena, (n + 3) * n_blocks, sizeof *sets);
	uint32_t begins = d->labels->none;

	if (labels == NULL || sets == NULL)
		return false;
	for (uint32_t i = 0; i < d->n; i++) {
		if (d->s->label[i] == NONE)
			continue;
		if (!rd_labels_get(d->labels, d->s->label[i], &labels[d->s->number[i]]))
			return false;
		copy_set(d, d->s->follow[i], sets + (3 + d->s->number[i]) * n_blocks);
		if (d->s->label[i] == d->labels->any)
			set_bit(sets + 2 * n_blocks, d->s->number[i]);
		if (has_bit(whole->first, i))
			begins = rd_labels_both(d->labels, begins, d->s->label[i]);
		if (begins == NONE)
			return false;
	}
	copy_set(d, whole->first, sets);
	copy_set(d, whole->last, sets + n_blocks);
	out->n_positions = (uint16_t)n;
	out->n_blocks = (uint16_t)n_blocks;
	out->labels = labels;
	out->first = sets;
	out->last = sets + n_blocks;
	out->gaps = sets + 2 * n_blocks;
	out->follow = sets + 3 * n_blocks;
	return rd_labels_get(d->labels, begins, &out->begins);
}

bool rd_outline_draw(struct rd_labels *labels, const struct rd_sketch *sketch, bool at_end,
	struct rd_outline *ret_outline, struct rd_key *ret_key)
{
	struct rd_outline out = { .at_end = at_end, .exact = sketch->exact };
	struct drawing d = { .labels = labels, .s = rd_labels_scratch(labels, sizeof *d.s) };

	if (d.s == NULL)
		return false;
	for (size_t i = 0; i < sketch->n_strokes && !d.failed; i++)
		push_stroke(&d, &sketch->strokes[i]);
	if (d.failed)
		return false;
	struct piece *whole = &d.s->pieces[0];
	if (d.n_pieces != 1) { /* deeper than there is room for */
		memset(whole, 0, sizeof *whole);
		d.blunt = true;
	}
	measure(&d, whole);
	if (ret_key != NULL && !make_key(&d, whole, ret_key))
		return false;
	out.blunt = d.blunt || whole->nullable;
	if (!out.blunt) {
		look_back(&d);
		while (merge_like(&d, whole))
			continue;
		uint32_t n = give_numbers(&d);
		out.blunt = n > RD_OUTLINE_POSITIONS_MAX;
		if (d.failed || (!out.blunt && !keep(&d, whole, n, &out)))
			return false;
	}
	*ret_outline = out;
	return true;
}

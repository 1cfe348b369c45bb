/* Trying an outline on the words of a sentence. */
#include <string.h>

#include "redress/rules/outline.h"

#define BLOCKS_MAX (RD_OUTLINE_POSITIONS_MAX / 64)

struct fitting {
	const uint32_t *slots;
	const struct rd_outline *o;
	const struct rd_wording *w;
	uint32_t end; /* of the unit's words */
	uint64_t steps;
};

/* Positions, n_blocks of 64. */
struct set {
	uint64_t bits[BLOCKS_MAX];
};

/* What may come behind these positions; false where nothing may. */
static inline bool follow(
	const struct rd_outline *o, unsigned n, const struct set *at, struct set *ret)
{
	uint64_t any = 0;

	for (unsigned i = 0; i < n; i++)
		ret->bits[i] = 0;
	for (unsigned i = 0; i < n; i++)
		for (uint64_t left = at->bits[i]; left != 0; left &= left - 1) {
			const uint64_t *next =
				o->follow + (64 * i + (unsigned)__builtin_ctzll(left)) * n;
			for (unsigned k = 0; k < n; k++) {
				ret->bits[k] |= next[k];
				any |= next[k];
			}
		}
	return any != 0;
}

static inline bool any_of(unsigned n, const struct set *s)
{
	uint64_t any = 0;

	for (unsigned i = 0; i < n; i++)
		any |= s->bits[i];
	return any != 0;
}

/* Is one of them in the other? */
static inline bool meet(unsigned n, const struct set *s, const uint64_t *other)
{
	uint64_t any = 0;

	for (unsigned i = 0; i < n; i++)
		any |= s->bits[i] & other[i];
	return any != 0;
}

/* Those of them that take the word are added to ret. */
static inline void take(const struct fitting *f, unsigned n, const struct set *of, uint32_t class,
	unsigned shape, struct set *ret)
{
	for (unsigned i = 0; i < n; i++)
		for (uint64_t left = of->bits[i]; left != 0; left &= left - 1) {
			const struct rd_label *label =
				f->o->labels + 64 * i + (unsigned)__builtin_ctzll(left);
			if (rd_label_has(f->slots, *label, class, shape))
				ret->bits[i] |= left & -left;
		}
}

/* How far one beginning was followed. */
struct course {
	bool exact; /* all words so far stand as they are spelled */
	bool ended; /* a match can end with the word `last` */
	uint32_t last;
};

static inline void end_at(struct fitting *f, struct course *c, uint32_t at)
{
	if (f->o->at_end && at + 1 != f->end)
		return;
	c->exact = c->exact && !c->ended; /* it can end in two places */
	c->ended = true;
	c->last = at;
}

/* The other readings of a word: as a match's first word, from that byte on, or as a further one. */
static void take_others(struct fitting *f, unsigned n, const struct set *of, uint32_t at,
	bool first, uint32_t from_byte, struct set *ret, struct course *c)
{
	const struct rd_text_word *word = &f->w->words[at];
	struct set last_only = { { 0 } }, more = { { 0 } };

	f->steps += word[1].others - word->others;
	for (uint32_t i = word->others; i < word[1].others; i++) {
		const struct rd_reading *r = &f->w->others[i];
		if (first ? r->at != from_byte : r->begins_only)
			continue;
		take(f, n, of, r->class, r->shape, r->ends_only ? &last_only : &more);
	}
	if (any_of(n, &more) || any_of(n, &last_only))
		c->exact = false;
	for (unsigned i = 0; i < n; i++)
		ret->bits[i] |= more.bits[i];
	if (meet(n, &more, f->o->last) || meet(n, &last_only, f->o->last))
		end_at(f, c, at);
}

/* The word itself: taken holds the positions that take it. */
static inline void judge(
	struct fitting *f, unsigned n, uint32_t at, const struct set *taken, struct course *c)
{
	const struct rd_text_word *word = &f->w->words[at];

	if ((word->flags & (RD_WORD_PLAIN | RD_WORD_LOOSE)) != RD_WORD_PLAIN)
		c->exact = false;
	/* A phrase's word that ends with a digit looks at what stands behind it. */
	for (unsigned i = 0; (word->flags & RD_WORD_DIGIT) != 0 && i < n; i++)
		if ((taken->bits[i] & ~f->o->gaps[i]) != 0)
			c->exact = false;
	if (meet(n, taken, f->o->last))
		end_at(f, c, at);
}

/* Follows a match that begins with this part of a word. n: the outline's blocks, given so that the
 * compiler knows where it is 1. */
static inline bool fits(
	struct fitting *f, unsigned n, uint32_t at, uint32_t from_byte, struct rd_fit *ret)
{
	const struct rd_text_word *word = &f->w->words[at];
	struct course c = { .exact = f->o->exact };
	struct set here = { { 0 } }, next;

	*ret = (struct rd_fit){ .word = at, .at = from_byte };
	memcpy(next.bits, f->o->first, n * sizeof next.bits[0]);
	if (word->at == from_byte) {
		take(f, n, &next, word->class, word->shape, &here);
		judge(f, n, at, &here, &c);
	}
	if (word[1].others > word->others)
		take_others(f, n, &next, at, true, from_byte, &here, &c);
	while (!(c.ended && !c.exact) && at + 1 < f->end) {
		/* A pattern may pass over what is loose. */
		bool loose = (word[1].flags & RD_WORD_LOOSE) != 0;
		if (!follow(f->o, n, &here, &next) && !(loose && any_of(n, &here)))
			break;
		struct set taken = { { 0 } };
		c.exact = c.exact && (word->flags & RD_WORD_JOINED) != 0;
		f->steps++;
		word++;
		at++;
		take(f, n, &next, word->class, word->shape, &taken);
		judge(f, n, at, &taken, &c);
		if (word[1].others > word->others)
			take_others(f, n, &next, at, false, 0, &taken, &c);
		for (unsigned i = 0; loose && i < n; i++)
			taken.bits[i] |= here.bits[i];
		if (loose && meet(n, &here, f->o->last))
			end_at(f, &c, at);
		here = taken;
	}
	ret->told = c.exact;
	ret->last = c.last;
	return c.ended;
}

static bool fits_small(struct fitting *f, uint32_t at, uint32_t from_byte, struct rd_fit *ret)
{
	return fits(f, 1, at, from_byte, ret);
}

static bool fits_large(struct fitting *f, uint32_t at, uint32_t from_byte, struct rd_fit *ret)
{
	return fits(f, f->o->n_blocks, at, from_byte, ret);
}

/* Where within a word with other readings a match begins, from that byte on. */
static bool begins_within(
	struct fitting *f, uint32_t at, uint32_t from_byte, struct rd_fit *ret_fit)
{
	const struct rd_text_word *word = &f->w->words[at];
	uint32_t done = UINT32_MAX;

	for (uint32_t k = word->others; k <= word[1].others; k++) {
		uint32_t byte = k == word->others ? word->at : f->w->others[k - 1].at;
		if (byte == done || byte < from_byte)
			continue;
		done = byte;
		if (fits_large(f, at, byte, ret_fit))
			return true;
	}
	return false;
}

bool rd_outline_next(const struct rd_labels *labels, const struct rd_outline *outline,
	const struct rd_wording *wording, uint32_t unit, uint32_t word, uint32_t byte,
	uint32_t last, uint64_t *steps, struct rd_fit *ret_fit)
{
	struct fitting f = { .slots = labels->slots,
		.o = outline,
		.w = wording,
		.end = wording->unit_from[unit + 1] };
	const struct rd_text_word *words = wording->words;
	uint32_t end = last < f.end ? last + 1 : f.end, i = word;
	bool found = false;

	for (; i < end && !found; i++) {
		if (words[i + 1].others > words[i].others)
			found = begins_within(&f, i, byte, ret_fit);
		else if (words[i].at < byte ||
			 !rd_label_has(f.slots, outline->begins, words[i].class, words[i].shape))
			continue;
		else if (outline->n_blocks == 1)
			found = fits_small(&f, i, words[i].at, ret_fit);
		else
			found = fits_large(&f, i, words[i].at, ret_fit);
	}
	*steps += f.steps + (i - word);
	return found;
}

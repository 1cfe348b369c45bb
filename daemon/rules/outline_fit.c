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

/* What may come behind these positions. */
static inline void follow(
	const struct rd_outline *o, unsigned n, const struct set *at, struct set *ret)
{
	for (unsigned i = 0; i < n; i++)
		ret->bits[i] = 0;
	for (unsigned i = 0; i < n; i++)
		for (uint64_t left = at->bits[i]; left != 0; left &= left - 1) {
			unsigned p = 64 * i + (unsigned)__builtin_ctzll(left);
			for (unsigned k = 0; k < n; k++)
				ret->bits[k] |= o->follow[p * n + k];
		}
}

/* Those of them that take the word are added to ret; true where one of those can be the last. */
static inline bool take(const struct fitting *f, unsigned n, const struct set *of, uint32_t class,
	unsigned shape, struct set *ret)
{
	const struct rd_outline *o = f->o;
	uint64_t last = 0;

	for (unsigned i = 0; i < n; i++) {
		uint64_t taken = 0;
		for (uint64_t left = of->bits[i]; left != 0; left &= left - 1) {
			const struct rd_label *label = &o->labels[64 * i] + __builtin_ctzll(left);
			if (rd_label_has(f->slots, *label, class, shape))
				taken |= left & -left;
		}
		ret->bits[i] |= taken;
		last |= taken & o->last[i];
	}
	return last != 0;
}

static bool may_end(const struct fitting *f, uint32_t word)
{
	return !f->o->at_end || word + 1 == f->end;
}

/* The other readings of a word, as a match's first word from that byte on, or as a further one. */
static bool take_others(struct fitting *f, unsigned n, const struct set *of, uint32_t at,
	bool first, uint32_t from_byte, struct set *ret)
{
	const struct rd_text_word *word = &f->w->words[at];
	struct set only_last = { { 0 } };
	bool ends = false;

	f->steps += word[1].others - word->others;
	for (uint32_t i = word->others; i < word[1].others; i++) {
		const struct rd_reading *r = &f->w->others[i];
		if (first ? r->at != from_byte : r->begins_only)
			continue;
		if (take(f, n, of, r->class, r->shape, r->ends_only ? &only_last : ret))
			ends = true;
	}
	return ends;
}

/* Does a match begin with this part of the word? n: the outline's blocks, for the compiler to know
 * where it is 1. */
static inline bool fits(struct fitting *f, unsigned n, uint32_t at, uint32_t from_byte)
{
	const struct rd_text_word *word = &f->w->words[at];
	struct set here = { { 0 } }, next;
	bool ends = false;

	memcpy(next.bits, f->o->first, n * sizeof next.bits[0]);
	if (word->at == from_byte)
		ends = take(f, n, &next, word->class, word->shape, &here);
	if (word[1].others > word->others && take_others(f, n, &next, at, true, from_byte, &here))
		ends = true;
	for (;;) {
		uint64_t any = 0;
		if (ends && may_end(f, at))
			return true;
		for (unsigned i = 0; i < n; i++)
			any |= here.bits[i];
		if (any == 0 || ++at >= f->end)
			return false;
		struct set taken = { { 0 } };
		f->steps++;
		word++;
		follow(f->o, n, &here, &next);
		ends = take(f, n, &next, word->class, word->shape, &taken);
		if (word[1].others > word->others && take_others(f, n, &next, at, false, 0, &taken))
			ends = true;
		/* A pattern may pass over what is loose. */
		for (unsigned i = 0; word->loose && i < n; i++) {
			taken.bits[i] |= here.bits[i];
			ends = ends || (here.bits[i] & f->o->last[i]) != 0;
		}
		here = taken;
	}
}

static bool fits_small(struct fitting *f, uint32_t at, uint32_t from_byte)
{
	return fits(f, 1, at, from_byte);
}

static bool fits_large(struct fitting *f, uint32_t at, uint32_t from_byte)
{
	return fits(f, f->o->n_blocks, at, from_byte);
}

/* Where within a word with other readings a match begins, from that byte on. */
static bool begins_within(struct fitting *f, uint32_t at, uint32_t from_byte, uint32_t *ret_byte)
{
	const struct rd_text_word *word = &f->w->words[at];
	uint32_t done = UINT32_MAX;

	for (uint32_t k = word->others; k <= word[1].others; k++) {
		uint32_t byte = k == word->others ? word->at : f->w->others[k - 1].at;
		if (byte == done || byte < from_byte)
			continue;
		done = byte;
		if (fits_large(f, at, byte)) {
			*ret_byte = byte;
			return true;
		}
	}
	return false;
}

bool rd_outline_next(const struct rd_labels *labels, const struct rd_outline *outline,
	const struct rd_wording *wording, uint32_t unit, struct rd_beginning from, uint32_t last,
	uint64_t *steps, struct rd_beginning *ret_beginning)
{
	struct fitting f = { .slots = labels->slots,
		.o = outline,
		.w = wording,
		.end = wording->unit_from[unit + 1] };
	const struct rd_text_word *words = wording->words;
	uint32_t end = last < f.end ? last + 1 : f.end, i = from.word, byte = 0;
	bool found = false;

	for (; i < end && !found; i++) {
		if (words[i + 1].others > words[i].others) {
			found = begins_within(&f, i, from.at, &byte);
			continue;
		}
		byte = words[i].at;
		if (byte < from.at ||
			!rd_label_has(f.slots, outline->begins, words[i].class, words[i].shape))
			continue;
		found = outline->n_blocks == 1 ? fits_small(&f, i, byte) : fits_large(&f, i, byte);
	}
	*steps += f.steps + (i - from.word);
	if (found)
		*ret_beginning = (struct rd_beginning){ i - 1, byte };
	return found;
}

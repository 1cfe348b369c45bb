/* outline: a phrase by its words alone, made to be tried quickly on the words of a sentence.
 *
 * It is a finite automaton of positions (Glushkov, "The abstract theory of automata", Russian Math.
 * Surveys 16(5), 1961), each of which takes one word; sets of positions are bits. Where the
 * phrase's pattern matches, its outline does, so a text that no outline fits needs no PCRE2. Where
 * the outline fits, it tells the match itself if it is exact, the words stand there as they are
 * spelled and the match can end in one place only; else PCRE2 must be asked. A blunt outline fits
 * everywhere.
 *
 * Its key is the rarest set of words, or of symbols, of which one stands in whatever the phrase
 * matches; the next rarest is needed as well. Only in a sentence that has both is the outline tried
 * at all.
 *
 * Everything lies in an arena. Immutable once drawn, shared between threads.
 */
#ifndef REDRESS_RULES_OUTLINE_H
#define REDRESS_RULES_OUTLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "redress/base/arena.h"
#include "redress/rules/labels.h"
#include "redress/rules/sketch.h"
#include "redress/rules/wording.h"

#define RD_OUTLINE_POSITIONS_MAX 256

struct rd_key {
	const uint32_t *classes; /* in order */
	uint32_t n_classes;
	uint16_t shapes;
	const char *const *symbols; /* texts */
	uint32_t n_symbols;
	/* A match begins so many words before what was found, at the least and at the most. */
	uint16_t least, most;
	uint32_t also; /* label of what is needed as well; RD_LABEL_NONE where nothing is */
};

struct rd_outline {
	bool blunt;
	bool exact;  /* as its sketch */
	bool at_end; /* nothing may stand behind but symbols */
	uint16_t n_positions;
	uint16_t n_blocks;	       /* of 64 positions */
	const struct rd_label *labels; /* [position] */
	/* Sets of positions, n_blocks each. */
	const uint64_t *first, *last, *gaps; /* gaps: those that take any word */
	const uint64_t *follow;		     /* [position] */
	struct rd_label begins;		     /* all words that a match can begin with */
};

/* ret_key may be NULL. A key of nothing: there is none, the outline must be tried on every
 * sentence. False where the arena is full. */
bool rd_outline_draw(struct rd_labels *labels, const struct rd_sketch *sketch, bool at_end,
	struct rd_outline *ret_outline, struct rd_key *ret_key);

/* Where a match may begin, and where it ends. */
struct rd_fit {
	uint32_t word; /* index into the words */
	uint32_t at;   /* its byte in the text */
	bool told;     /* it is a match, and ends where this word does: */
	uint32_t last;
};

/* The first place from word and byte on (included) up to the word `last` (included) where the
 * outline fits the words of a unit; steps counts the work. */
bool rd_outline_next(const struct rd_labels *labels, const struct rd_outline *outline,
	const struct rd_wording *wording, uint32_t unit, uint32_t word, uint32_t byte,
	uint32_t last, uint64_t *steps, struct rd_fit *ret_fit);

#endif

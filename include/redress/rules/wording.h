/* wording: the words of a prepared field, looked up once for all phrases.
 *
 * A word is letters and digits with single apostrophes between them: don't, tenant's, o'clock. It
 * is cut behind two apostrophes in a row and behind a possessive s ("tenant's'x"): what follows is
 * then `loose`, since a pattern may pass over it. Some words can be meant as others too: "tenant's"
 * as tenant with its possessive s; what begins behind an apostrophe can begin a match. These are a
 * word's other readings.
 *
 * Everything lies in the arena.
 */
#ifndef REDRESS_RULES_WORDING_H
#define REDRESS_RULES_WORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "redress/base/arena.h"
#include "redress/rules/lexicon.h"
#include "redress/rules/prepare.h"

/* Shapes of words. */
#define RD_SHAPE_PLAIN	0 /* begins with no digit */
#define RD_SHAPE_DIGITS 1 /* to 7: nothing but so many digits */
#define RD_SHAPE_OTHER	8 /* begins with a digit, and is none of those */
#define RD_SHAPES_ALL	0x1ffu

struct rd_reading {
	uint32_t class;
	uint32_t at; /* where it begins in the text */
	uint8_t shape;
	bool begins_only; /* it can only be a match's first word, */
	bool ends_only;	  /* its last */
};

#define RD_WORD_LOOSE  1u
#define RD_WORD_PLAIN  2u /* no apostrophe behind it */
#define RD_WORD_JOINED 4u /* between it and the next one stands what may stand within a phrase */
#define RD_WORD_DIGIT  8u /* it begins or ends with a digit */

struct rd_text_word {
	uint32_t at; /* in the text */
	uint32_t class;
	uint32_t others; /* index of its first other reading, in order of `at`; they end where the
			    next word's begin */
	uint16_t len;
	uint8_t shape;
	uint8_t flags;
};

struct rd_wording {
	const struct rd_text_word *words; /* one more than n_words */
	uint32_t n_words;
	const struct rd_reading *others;
	const uint32_t *unit_from; /* [unit]: index of its first word; one more than units */
	bool any_loose;
};

/* False where the arena is full. */
bool rd_wording_read(const struct rd_prepared *prepared, const struct rd_lexicon *lexicon,
	struct rd_arena *arena, struct rd_wording *ret_wording);

#endif

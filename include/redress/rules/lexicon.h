/* lexicon: the words that the phrases of a rule set name, as numbers: a word of a text is looked up
 * once, and from then on compared as a number.
 *
 * Words are gathered first, sorted and numbered once by rd_lexicon_finish, and found from then on.
 * A number is called a class, since `complain*` has one too: that of every word that begins so and
 * stands in the lexicon neither itself nor by a longer beginning. The classes of all words that
 * begin with the same letters lie side by side. Class 0 is a word that no phrase names.
 *
 * Everything lies in the arena. Immutable once finished, shared between threads.
 */
#ifndef REDRESS_RULES_LEXICON_H
#define REDRESS_RULES_LEXICON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "redress/base/arena.h"

/* Bytes that must be readable behind a text whose words are looked up. */
#define RD_LEXICON_PADDING 8

/* Of a longer `word*` only so many bytes are looked at: more words are its. */
#define RD_LEXICON_PREFIX_MAX 31

struct rd_lexicon;

struct rd_classes {
	uint32_t from, to; /* [from, to) */
};

/* NULL where the arena is full. */
struct rd_lexicon *rd_lexicon_new(struct rd_arena *arena);
/* word: borrowed until rd_lexicon_finish; made plain, without blanks; prefix: `word*`. False where
 * the arena is full. */
bool rd_lexicon_add(struct rd_lexicon *lexicon, const char *word, size_t len, bool prefix);
bool rd_lexicon_finish(struct rd_lexicon *lexicon);

/* One more than the largest class. */
uint32_t rd_lexicon_n_classes(const struct rd_lexicon *lexicon);
/* What a word or `word*` that was added can be in a text. */
struct rd_classes rd_lexicon_find(
	const struct rd_lexicon *lexicon, const char *word, size_t len, bool prefix);
/* How often words of this class stand in what residents write: in 10,000 words, from 1 up. */
uint32_t rd_lexicon_frequency(const struct rd_lexicon *lexicon, uint32_t class);
/* The class of a text's word. */
uint32_t rd_lexicon_class(const struct rd_lexicon *lexicon, const char *word, size_t len);

/* How often a word stands in what residents write: in 10,000 words; 1 for any but the commonest. */
uint32_t rd_word_frequency(const char *word, size_t len);

#endif

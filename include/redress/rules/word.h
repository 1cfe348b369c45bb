/* word: one word of a phrase -> its piece of a pattern, and the ways in which a text may spell it.
 * For daemon/rules alone.
 *
 * The two must agree: the literal pass looks for the spellings, and PCRE2 is asked for the pattern
 * only where one was found. A spelling that is missing here is a phrase that never hits; so where
 * not all can be told, rd_word_spellings says so, and the word helps to look for nothing.
 */
#ifndef REDRESS_RULES_WORD_H
#define REDRESS_RULES_WORD_H

#include <stdbool.h>
#include <stddef.h>
#include "redress/base/buf.h"

#define RD_SPELLINGS_MAX  16
#define RD_SPELLING_BYTES 256

/* How a pattern calls for the rest of a word, which phrase.c defines once for all of it. */
#define RD_WORD_TAIL "(?&tail)"

/* word: made plain already (message/normal.h), without blanks; prefix: `word*`. The piece has no
 * boundary in front; behind a digit it wants no further digit. */
RD_MUST_USE enum rd_rc rd_word_pattern(
	const char *word, size_t len, bool prefix, struct rd_buf *pattern, struct rd_err *err);

struct rd_spellings {
	/* Each as the text's words that it is (wording.h), with one blank between two of them:
	 * "don't" and "dont", "reopen" and "re open", "10 10" for 10/10. Symbols are left out. */
	char items[RD_SPELLINGS_MAX][RD_SPELLING_BYTES];
	size_t n_items;
	bool symbols; /* some were left out */
	bool more;    /* a `word*` that ends in a symbol: what follows may be a word, or nothing */
};

/* All that the piece can match. False where that cannot be told in so many spellings. */
bool rd_word_spellings(
	const char *word, size_t len, bool prefix, struct rd_spellings *ret_spellings);

/* Is it a letter or digit, or a byte of a letter of another script? A symbol or emoji is not. */
bool rd_word_is_letter(const char *at, size_t left);

#endif

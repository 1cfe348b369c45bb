/* word: one word of a phrase -> its piece of a pattern, and what of it can be looked for. */
#ifndef REDRESS_RULES_WORD_H
#define REDRESS_RULES_WORD_H

#include <stdbool.h>
#include <stddef.h>
#include "redress/base/buf.h"

#define RD_WORD_LITERAL_MAX 64

struct rd_word {
	char literal[RD_WORD_LITERAL_MAX]; /* the longest stretch that always stands in the skeleton
					    */
	size_t literal_len;
	unsigned words;	   /* of a text's skeleton that it can be, at the most */
	bool begins, ends; /* with a blank of the skeleton before it, and behind it */
};

/* word: made plain already (message/normal.h), without blanks; prefix: `word*`. The piece has no
 * boundary in front; behind a digit it wants no further digit. */
RD_MUST_USE enum rd_rc rd_word_pattern(const char *word, size_t len, bool prefix,
	struct rd_buf *pattern, struct rd_word *ret_word, struct rd_err *err);

/* Is it a letter or digit, or a byte of a letter of another script? A symbol or emoji is not. */
bool rd_word_is_letter(const char *at, size_t left);

#endif

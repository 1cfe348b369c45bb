/* prepare: a normalised field made ready for patterns: sentences found and marked.
 *
 * The prepared text has exactly the bytes of the normalised one but that every sentence is followed
 * by "\n" (which took the place of the blank or of the glued stop behind it) and no other "\n" is
 * left, so an offset in it is an offset in struct rd_normal's text. How sentences end: language.h.
 *
 * Units are what a phrase is run on: one sentence each, or RD_SEGMENT_BYTES of an endless one,
 * overlapping. Segments are what a Regex is run on: whole units packed to RD_SEGMENT_BYTES, the
 * last unit again in the next segment where it is no longer than RD_SEGMENT_OVERLAP.
 */
#ifndef REDRESS_RULES_PREPARE_H
#define REDRESS_RULES_PREPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "redress/base/arena.h"
#include "redress/base/err.h"
#include "redress/message/normal.h"

struct rd_unit {
	uint32_t from, to;
	bool begins, ends; /* a sentence's own beginning and end, not a cut */
};

struct rd_prepared {
	const char *text; /* RD_LEXICON_PADDING bytes of zeros behind it */
	uint32_t len;
	const struct rd_unit *units;
	uint32_t n_units;
	const struct rd_unit *segments;
	uint32_t n_segments;
};

/* Arena: all of it. Fails where the arena is full, or the text is not UTF-8 (RD_E_INPUT). */
RD_MUST_USE enum rd_rc rd_prepare(const struct rd_normal *normal, struct rd_arena *arena,
	struct rd_prepared *ret_prepared, struct rd_err *err);

/* Words that begin in [from, to). */
unsigned rd_words_between(const char *text, uint32_t from, uint32_t to);
/* The same, but counted no further than to one more than `most`. */
unsigned rd_words_up_to(const char *text, uint32_t from, uint32_t to, unsigned most);

#endif

/* sketch: what of a phrase can be told from words alone, without the blanks, stops and symbols
 * between them.
 *
 * A list of steps for a small stack (reverse Polish), of which rd_outline_draw makes an outline.
 * Whatever the phrase's pattern matches, its sketch does; it may match more. What cannot be told by
 * words makes it blunt. Everything lies in the arena.
 */
#ifndef REDRESS_RULES_SKETCH_H
#define REDRESS_RULES_SKETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "redress/base/arena.h"

enum rd_stroke_kind {
	RD_STROKE_WORD, /* one word of a set */
	RD_STROKE_GAP,	/* min to max words of any kind */
	RD_STROKE_BUILT_IN,
	RD_STROKE_SYMBOL, /* no word at all; text must stand there */
	RD_STROKE_BLUNT,  /* anything, or nothing */
	RD_STROKE_THEN,	  /* takes two, makes one */
	RD_STROKE_EITHER, /* likewise */
	RD_STROKE_MAYBE,  /* takes one, makes one that may be missing */
};

enum rd_built_in { RD_BUILT_IN_NUMBER = 0, RD_BUILT_IN_MONEY, RD_BUILT_IN_DATE, RD_N_BUILT_INS };

struct rd_sketch_word {
	const char *text;
	uint32_t len;
	bool prefix;
};

struct rd_sketch_words {
	const struct rd_sketch_word *items;
	size_t n_items;
	uint32_t label; /* labels.c's note; 0: none so far */
	bool added;	/* likewise */
};

struct rd_stroke {
	enum rd_stroke_kind kind;
	struct rd_sketch_words *words; /* of WORD; a list's are the same for all phrases */
	const char *text;	       /* of SYMBOL */
	enum rd_built_in built_in;
	unsigned min, max; /* of GAP */
};

struct rd_sketch {
	const struct rd_stroke *strokes;
	size_t n_strokes;
	bool exact; /* it matches no more than the pattern does, where each word stands in the text
		       as it is spelled (wording.h's RD_WORD_PLAIN, JOINED and no DIGIT) */
};

struct rd_token;

/* tokens: those between a phrase's anchors, without a fault; the sketches of the lists that they
 * name are made. False where the arena is full. */
bool rd_sketch_make(const struct rd_token *tokens, size_t n_tokens, struct rd_arena *arena,
	struct rd_sketch *ret_sketch);

/* Any one of them. */
bool rd_sketch_either(const struct rd_sketch *sketches, size_t n, struct rd_arena *arena,
	struct rd_sketch *ret_sketch);

#endif

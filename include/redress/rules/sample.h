/* sample: texts that a phrase is written for, made of its own words. For daemon/rules alone.
 *
 * What a phrase leaves open is filled in: each of its alternatives, optional words there and not
 * there, gaps of every length with words that nobody writes, a word* as it stands and with an
 * ending. A phrase of few such texts gives them all; of one with more, RD_SAMPLES_MAX in which each
 * alternative stands at least once. Whether a text really is matched is for the caller to try.
 */
#ifndef REDRESS_RULES_SAMPLE_H
#define REDRESS_RULES_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include "redress/base/arena.h"
#include "redress/rules/compiled.h"

#define RD_SAMPLES_MAX	    3000 /* of one phrase */
#define RD_SAMPLE_BYTES_MAX 2000 /* of one text */

/* A word that no phrase names: for gaps, and for what stands around a sample. */
#define RD_SAMPLE_FILLER "qwzx"

struct rd_sampler;

/* set: whose word lists the phrase names. NULL where the phrase cannot be read or the arena is
 * full; it lives in the arena. */
struct rd_sampler *rd_sampler_new(
	const struct rd_line *phrase, const struct rd_ruleset *set, struct rd_arena *arena);
/* The next text, good until the next call; NULL after the last. */
const char *rd_sampler_next(struct rd_sampler *sampler);

#endif

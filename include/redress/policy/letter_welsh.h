/* letter_welsh: what a letter in Welsh puts in the place of English values: days, stages, topics.
 *
 * Topics come from letters/welsh.words of the rule folder, a stanza a topic:
 *
 *   English: a delay
 *   Welsh: oedi
 *
 * A topic that stands in no such stanza is named in English, in quotation marks.
 */
#ifndef REDRESS_POLICY_LETTER_WELSH_H
#define REDRESS_POLICY_LETTER_WELSH_H

#include <stddef.h>
#include "redress/base/arena.h"
#include "redress/base/date.h"
#include "redress/base/err.h"
#include "redress/policy/case_words.h"

#define RD_WELSH_WORDS_FILE "letters/welsh.words"
#define RD_WELSH_WORDS_MAX  500

struct rd_welsh_words; /* arena, immutable */

RD_MUST_USE enum rd_rc rd_welsh_words_parse(const char *file, const char *text, size_t len,
	struct rd_arena *arena, const struct rd_welsh_words **ret_words, struct rd_err *err);
/* words may be NULL. NULL where the topic has no Welsh. */
const char *rd_welsh_topic(const struct rd_welsh_words *words, const char *topic);

/* "dydd Gwener 11 Rhagfyr 2026"; "" for no day. NULL where the arena is full. */
const char *rd_welsh_day(struct rd_date day, struct rd_arena *arena);
const char *rd_welsh_stage(enum rd_stage stage); /* "cam 1" */
/* "oedi; gollyngiad", "oedi; gollyngiad; a materion eraill": semicolons, for behind `a` (and) the
 * first letter of a word may change. NULL where the arena is full. */
const char *rd_welsh_topics(const struct rd_welsh_words *words, const char *const *topics, size_t n,
	size_t n_named, struct rd_arena *arena);

#endif

/* phrase: an officer's phrase -> a bounded PCRE2 pattern, and a sketch of its words (sketch.h).
 *
 * The syntax is language.h's. The pattern is made to be run on one sentence at a time (prepare.h):
 * \A and \z are the sentence's ends. By construction it has no unbounded repetition inside another,
 * and how often its gaps can be spread is limited. A literal, of a Regex, is a string of which at
 * least one must stand in any text that it matches; none means that it must always be tried.
 */
#ifndef REDRESS_RULES_PHRASE_H
#define REDRESS_RULES_PHRASE_H

#include <stdbool.h>
#include <stddef.h>
#include "redress/base/arena.h"
#include "redress/rules/problem.h"
#include "redress/rules/sketch.h"

/* Letters and digits of any script: what a word is made of. To stand inside [ ]. */
#define RD_LETTERS                                                                                 \
	"a-z0-9_\\x{c0}-\\x{24f}\\x{370}-\\x{1fff}\\x{2c00}-\\x{2dff}\\x{3040}-\\x{d7ff}"          \
	"\\x{f900}-\\x{fdff}"

/* Symbols that may stand before a phrase's [start], and behind its [end]. */
#define RD_ANCHOR_START_MAX 20
#define RD_ANCHOR_END_MAX   60

struct rd_literals {
	const char *const *items; /* arena */
	size_t n_items;		  /* 0: nothing is known to be needed */
	int worth;		  /* the longer and rarer, the more */
};

struct rd_phrase {
	const char *regex;	 /* arena; without the boundaries at its ends; NULL: only checked */
	size_t regex_len;	 /* known of a checked one too */
	struct rd_sketch sketch; /* without its anchors */
	bool at_start;		 /* [start]: only the field's first sentence */
	bool at_end;		 /* [end]: only its last */
	bool sentence_start, sentence_end, question;
	bool wide; /* has letters beyond ASCII */
	bool odd;  /* has words that begin or end with something that is no letter (emoji, £) */
	unsigned ways; /* in which its gaps can be spread */
};

/* A shared list of words, made before the phrases that name it. */
struct rd_phrase_list {
	const char *name; /* as written, compared without regard to case */
	struct rd_place at;
	const char *regex; /* "(?:a|b)"; NULL while the list itself is being read */
	struct rd_sketch sketch;
	bool odd, wide;
	unsigned ways;
	bool used;
};

struct rd_phrase_lists {
	struct rd_phrase_list *items;
	size_t n_items;
	bool incomplete; /* a file could not be read: a list that is not here is no fault */
};

/* Adds what is wrong to problems and returns false. at: where the text stands in its file. lists
 * may be NULL: then none may be named. */
bool rd_phrase_read(const char *text, struct rd_place at, struct rd_phrase_lists *lists,
	struct rd_arena *arena, struct rd_problems *problems, struct rd_phrase *ret_phrase);
/* The same without the regex, which with its lists written out is nearly all of a phrase. */
bool rd_phrase_check(const char *text, struct rd_place at, struct rd_phrase_lists *lists,
	struct rd_arena *arena, struct rd_problems *problems, struct rd_phrase *ret_phrase);
/* Several read phrases as one pattern, with boundaries, ready for PCRE2; NULL when the arena is
 * full or the pattern too long. Anchors must be the same in all of them. */
const char *rd_phrase_pattern(const struct rd_phrase *phrases, size_t n, struct rd_arena *arena);
/* The same as "(?:a|b)" to stand within another. */
const char *rd_phrase_alternatives(
	const struct rd_phrase *phrases, size_t n, struct rd_arena *arena);
/* Of two sets, either of which is needed, the better one to look for. */
struct rd_literals rd_literals_better(struct rd_literals a, struct rd_literals b);
/* Where one of two sets is needed: both together; none if one of them is none. */
struct rd_literals rd_literals_either(
	struct rd_literals a, struct rd_literals b, struct rd_arena *arena);
/* One literal's set, and its worth. */
struct rd_literals rd_literals_one(const char *text, size_t len, struct rd_arena *arena);

#endif

/* regex: a hand-written `Regex:` judged by its structure before PCRE2 sees it.
 *
 * Refuses what could run away (unbounded repetition of something that itself repeats, branches or
 * is optional; more than two unbounded stretches of nearly any character) and what the rules do not
 * take (capitals, back references, recursion, callouts, verbs, \C, \K, \Q, comments). What passes
 * is still run under limits. Finds literals at the top level, so that most texts need no run at
 * all.
 */
#ifndef REDRESS_RULES_REGEX_H
#define REDRESS_RULES_REGEX_H

#include <stdbool.h>
#include "redress/base/arena.h"
#include "redress/rules/phrase.h"
#include "redress/rules/problem.h"

struct rd_regex {
	struct rd_literals literals;
	bool branches; /* at the top level */
	bool crosses;  /* it may take in, or look at, a line end or an end of the text: else what it
			  matches lies in one sentence, and may be looked for in each by itself */
};

bool rd_regex_check(const char *text, struct rd_place at, struct rd_arena *arena,
	struct rd_problems *problems, struct rd_regex *ret_regex);

#endif

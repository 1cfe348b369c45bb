/* lint: every fault of a rule folder in one run, and every example tried.
 *
 * Both take the shipped rules and then each landlord's layer by itself. Errors keep a rule set from
 * going live; warnings are for whoever tends it. Problems are sorted by file, line and column.
 */
#ifndef REDRESS_RULES_LINT_H
#define REDRESS_RULES_LINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "redress/base/arena.h"
#include "redress/base/err.h"
#include "redress/rules/problem.h"
#include "redress/rules/ruleset.h"

/* RD_OK also where faults were found: look at problems->n_errors. Fails only where it cannot look.
 */
RD_MUST_USE enum rd_rc rd_rules_lint(const struct rd_rulefiles *files, int64_t today_ms,
	struct rd_problems *problems, struct rd_err *err);

struct rd_rules_tested {
	bool tried;	   /* false where the rules have faults */
	size_t n_rules;	   /* rules and combines that have examples */
	size_t n_examples; /* tried, in all layers */
	size_t n_failed;   /* did what they must not */
	size_t n_refused;  /* counter-examples that prove nothing */
};

/* What was dropped from a rule without any example telling the difference. */
struct rd_mutation {
	struct rd_place at;
	const char *rule;
	const char *what; /* "phrase", "pattern", "exclusion", "condition" */
	const char *text; /* what was dropped, as it stands in the file */
};

struct rd_mutations {
	struct rd_arena *arena;	 /* of the caller: everything lies in it */
	const char *rule, *file; /* of this rule, of this file alone; NULL: of all */
	struct rd_mutation *items;
	size_t n_items, size; /* none twice, though several layers may have it */
	size_t n_dropped;     /* so many were dropped in turn */
};

/* Each `Must match` must make its own rule hit, each `Must not match` must not: what does otherwise
 * is an error at the example's line. A `Must not match` must come near as well (near.h): one that
 * does not is refused by a warning, for a rule that it leaves unproved harms nobody yet. A rule set
 * with faults is not tried: its faults are the problems then. mutations: NULL, or where to gather,
 * once no example fails, what could be dropped unnoticed: each phrase, Regex, `At least`, `Older
 * than` and `Words in message`, and each phrase of an Unless. */
RD_MUST_USE enum rd_rc rd_rules_test(const struct rd_rulefiles *files, int64_t today_ms,
	struct rd_problems *problems, struct rd_mutations *mutations,
	struct rd_rules_tested *ret_tested, struct rd_err *err);

/* Lint and test, as whatever makes a rule set live must do: the first error fails, and so does a
 * set in which no rule has an example. What is a warning or a note alone is not looked for. */
RD_MUST_USE enum rd_rc rd_rules_prove(
	const struct rd_rulefiles *files, int64_t today_ms, struct rd_err *err);

#endif

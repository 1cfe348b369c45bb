/* examples: a rule's `Must match:` and `Must not match:` lines as messages, tried as mail would be.
 * For daemon/rules alone; others call lint.h.
 *
 * An example stands for a whole message, so that it is scored by all that real mail goes through:
 * normalised, matched, exclusions and all. The tester is one run over one rule set; rules are tried
 * one after another, each with the tester's arena emptied before it.
 */
#ifndef REDRESS_RULES_EXAMPLES_H
#define REDRESS_RULES_EXAMPLES_H

#include <stdbool.h>
#include <stdint.h>
#include "redress/base/arena.h"
#include "redress/base/err.h"
#include "redress/message/message.h"
#include "redress/rules/compiled.h"
#include "redress/rules/lint.h"
#include "redress/rules/problem.h"

#define RD_EXAMPLE_ARENA_BYTES (16u << 20) /* of one rule's examples */

struct rd_tester {
	const struct rd_ruleset *set;
	const char *landlord; /* NULL for the shipped rules alone */
	struct rd_arena *arena;
	struct rd_problems *problems;
	struct rd_rules_tested *tested;
	int64_t today_ms;
	bool errors_only; /* counter-examples need not come near */
};

/* The message that an example of the rule stands for. Everything in it is arena. */
RD_MUST_USE enum rd_rc rd_example_message(const struct rd_definition *def,
	const struct rd_line *example, struct rd_arena *arena, struct rd_message *ret_message,
	struct rd_err *err);
/* Is the rule tried with this set? Of a landlord's only what its layer made or changed. */
bool rd_example_is_due(const struct rd_tester *tester, const struct rd_rule *rule);
/* Adds to tester's mutations what no example of the rule would miss. */
RD_MUST_USE enum rd_rc rd_mutate_rule(struct rd_tester *tester, const struct rd_definition *def,
	struct rd_mutations *mutations, struct rd_err *err);

#endif

/* rule_work: how much of the matching each rule causes.
 *
 * Counted, not timed, so that it is the same on any machine: the bytes of text that a rule's
 * patterns and exclusions are run on, behind the literal pass, when it is matched alone. The texts
 * are the rule set's own examples, some twenty together: they are what residents write, they are
 * there before the first message came, and no resident's words are needed for it.
 */
#ifndef REDRESS_RULES_RULE_WORK_H
#define REDRESS_RULES_RULE_WORK_H

#include <stdint.h>
#include "redress/base/arena.h"
#include "redress/base/err.h"
#include "redress/rules/ruleset.h"

#define RD_RULE_WORK_RUNS_MAX 10000 /* a rule on a text; beyond it fewer texts are taken */

struct rd_rule_work {
	uint64_t bytes; /* gone through by PCRE2, and words by outlines */
	uint64_t runs;	/* in so many runs */
};

/* By the number of the rule (weigh.h); combines cause none. now_ms: for `Older than`. */
RD_MUST_USE enum rd_rc rd_rules_work(const struct rd_ruleset *rules, int64_t now_ms,
	struct rd_arena *arena, const struct rd_rule_work **ret_work, struct rd_err *err);

#endif

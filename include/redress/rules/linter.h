/* linter: what the parts of lint share. For daemon/rules/lint*.c alone.
 *
 * A linter looks at one rule set: the shipped rules, or those with one landlord's layer on top. Of
 * the latter only what the layer made or changed is looked at, since the rest was looked at before.
 */
#ifndef REDRESS_RULES_LINTER_H
#define REDRESS_RULES_LINTER_H

#include <stdbool.h>
#include <stdint.h>
#include "redress/base/arena.h"
#include "redress/base/date.h"
#include "redress/base/err.h"
#include "redress/rules/compiled.h"
#include "redress/rules/problem.h"

#define RD_LINT_ARENA_BYTES (16u << 20) /* of one rule's examination */

struct rd_linter {
	const struct rd_ruleset *set;
	struct rd_problems *problems;
	struct rd_arena *arena; /* reset for each rule */
	int64_t today_ms;
	struct rd_date today;
	bool of_layer;	     /* a landlord's: only what its layer holds is looked at */
	bool combines_whole; /* else a combine that cannot be read may name any rule */
};

/* Is the rule one that this linter looks at? */
static inline bool rd_lint_concerns(const struct rd_linter *l, const struct rd_definition *def)
{
	return !l->of_layer || def->layer[0] != '\0';
}

/* What keeps a rule set from going live, and nothing that takes long besides. */
RD_MUST_USE enum rd_rc rd_rules_lint_errors(const struct rd_rulefiles *files, int64_t today_ms,
	struct rd_problems *problems, struct rd_err *err);

/* The same piece by piece: what is wrong with files as files; and one built set, the shipped rules
 * or those with a landlord's layer. */
void rd_lint_files(const struct rd_rulefiles *files, struct rd_problems *problems);
RD_MUST_USE enum rd_rc rd_lint_set(struct rd_ruleset *set, int64_t today_ms, bool errors_only,
	struct rd_problems *problems, struct rd_err *err);

/* What a rule says twice, against itself, or to nobody. */
void rd_lint_rule(struct rd_linter *linter, const struct rd_definition *def);
void rd_lint_words(struct rd_linter *linter, const struct rd_words_def *words);
void rd_lint_group(struct rd_linter *linter, const struct rd_group_def *group);
/* Phrases that can never match, that another of the same rule makes needless, or that the rule's
 * own exclusions always stop. */
RD_MUST_USE enum rd_rc rd_lint_phrases(
	struct rd_linter *linter, const struct rd_definition *def, struct rd_err *err);
/* Combines that can never hold, or that always meet another decision. */
RD_MUST_USE enum rd_rc rd_lint_combines(struct rd_linter *linter, struct rd_err *err);

#endif

/* condition: the `If:` of a Combine stanza, read into a list of steps for a small stack.
 *
 * The grammar is language.h's. Members of a group are its rules, not its combines, so that a group
 * can close no circle.
 */
#ifndef REDRESS_RULES_CONDITION_H
#define REDRESS_RULES_CONDITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "redress/rules/definition.h"

enum rd_step_kind { RD_STEP_TERM, RD_STEP_OF, RD_STEP_AND, RD_STEP_OR, RD_STEP_NOT };

struct rd_step {
	enum rd_step_kind kind;
	unsigned least;	       /* of RD_STEP_OF */
	const uint32_t *rules; /* indexes into the definitions: one for a term, more for "of" */
	size_t n_rules;
};

struct rd_condition {
	const struct rd_step *steps; /* arena, in reverse Polish order */
	size_t n_steps;
};

bool rd_condition_read(const struct rd_line *line, const struct rd_definitions *all,
	struct rd_arena *arena, struct rd_problems *problems, struct rd_condition *ret_condition);
/* truth[i]: whether rule i holds. */
bool rd_condition_holds(const struct rd_condition *condition, const bool *truth);

#endif

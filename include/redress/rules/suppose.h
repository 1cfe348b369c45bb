/* suppose: the decision weighed anew, had other rules hit: what explain tells of the nearest
 * change. For daemon/rules alone.
 */
#ifndef REDRESS_RULES_SUPPOSE_H
#define REDRESS_RULES_SUPPOSE_H

#include <stdbool.h>
#include <stdint.h>
#include "redress/base/arena.h"
#include "redress/base/err.h"
#include "redress/rules/score.h"

struct rd_supposed {
	const bool *hits;    /* by rule of the set: does it hit? Combines are worked out */
	const bool *off;     /* by rule and combine: as if it were not there */
	uint32_t repriced;   /* a rule or combine with other points; UINT32_MAX for none */
	double points;	     /* that it has instead */
	const double *leans; /* by rule: what a Leaning came to */
};

/* Fills kind, totals, total and thresholds. review is set by the decision and by rules with
 * `Review`: what else would send the message to a person (too long, unreadable ...) is left out.
 * Nothing of ret_score but those is to be read. */
RD_MUST_USE enum rd_rc rd_score_suppose(const struct rd_ruleset *rules,
	const struct rd_message *message, const struct rd_supposed *supposed,
	struct rd_arena *arena, struct rd_score *ret_score, struct rd_err *err);

#endif

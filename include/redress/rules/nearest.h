/* nearest: which single change would have altered a decision. For daemon/rules/explain.c.
 *
 * Each rule that hit is supposed off, each place that was stopped is supposed let through, and the
 * points of each are moved up and down by halves until the answer turns. Where no single rule turns
 * it, the fewest weighty ones together are sought.
 */
#ifndef REDRESS_RULES_NEAREST_H
#define REDRESS_RULES_NEAREST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "redress/base/arena.h"
#include "redress/base/err.h"
#include "redress/rules/score.h"

#define RD_TURN_TOGETHER_MAX 4 /* rules that are supposed off together */
#define RD_TURN_STEP	     0.5
#define RD_TURN_MOVE_MAX     4.0 /* of one rule's points; more is no near change */

enum rd_turn_how {
	RD_TURN_OFF = 0,  /* were the rules off */
	RD_TURN_LET,	  /* had the place not been stopped */
	RD_TURN_REPRICED, /* had the rule these points */
};

struct rd_turn {
	enum rd_turn_how how;
	uint32_t rules[RD_TURN_TOGETHER_MAX]; /* of the set */
	size_t n_rules;			      /* 1 but for rules off together */
	const struct rd_hit *stopped;	      /* of RD_TURN_LET */
	double points;			      /* of RD_TURN_REPRICED */
	enum rd_kind kind;		      /* what it would have been */
	bool review;
	bool same; /* the same answer by other ways: told where rules settle the kind */
};

struct rd_turns {
	const struct rd_turn *items; /* arena */
	size_t n_items;
	bool other_reasons; /* a person must look whatever the points are */
};

RD_MUST_USE enum rd_rc rd_turns_find(const struct rd_ruleset *rules, const struct rd_score *score,
	const struct rd_message *message, struct rd_arena *arena, struct rd_turns *ret_turns,
	struct rd_err *err);

#endif

/* tune_fit: the regression of tune.h, for some of its messages. For daemon/rules/tune.c alone.
 *
 * Minimises, over the points of the rules that may change, slope and middle,
 *
 *	sum over messages of weight * log loss
 *	+ sum over points of HOLD * |points - present| + (points - present)^2 / (2 SPREAD^2)
 *
 * with each of the points kept between its bounds: one after the other, each by a proximal step
 * that cannot overshoot (the log loss curves by at most slope^2 / 4); slope and middle by Newton's
 * steps between the rounds. It ends when no point moves by RD_TUNE_FINE in a round, or after
 * RD_TUNE_ROUNDS_MAX of them. Weights are scaled to a mean of 1.
 */
#ifndef REDRESS_RULES_TUNE_FIT_H
#define REDRESS_RULES_TUNE_FIT_H

#include "redress/rules/tune.h"

#define RD_TUNE_SPREAD	   1.0	 /* of a point: how well the present ones are known */
#define RD_TUNE_HOLD	   2.0	 /* of log loss a point: what a rule's messages must overcome */
#define RD_TUNE_FINE	   0.001 /* of a point: nearer is near enough */
#define RD_TUNE_SWEEPS_MAX 10
#define RD_TUNE_ROUNDS_MAX 50

/* A message's complaint total under such points, with the caps; three decimals, as score.h has it.
 * shares: NULL, or by hit: how much of the rule's points counted. */
double rd_tune_total(const struct rd_tune_input *input, const struct rd_tune_example *example,
	const double *points, double *shares);

/* Fits to the messages for which in_fit says so. counts: by rule, of those messages; which rules
 * may change is in their `kept`. points: in the present ones, out the fitted ones. */
RD_MUST_USE enum rd_rc rd_tune_fit(const struct rd_tune_input *input, const bool *in_fit,
	const struct rd_tune_rule_result *counts, struct rd_arena *arena, double *points,
	struct rd_err *err);

#endif

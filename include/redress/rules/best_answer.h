/* best_answer: what the totals of the kinds and the rules that settle a kind come to. Scoring a
 * message and weighing it anew from its hits ask the same. For daemon/rules alone.
 *
 * Order: rules with `Decides`; the complaint total against the two thresholds; the largest other
 * total; a service request.
 */
#ifndef REDRESS_RULES_BEST_ANSWER_H
#define REDRESS_RULES_BEST_ANSWER_H

#include <stdbool.h>
#include "redress/rules/kind.h"

enum rd_answer_by {
	RD_ANSWER_SETTLED = 0, /* with `Decides` */
	RD_ANSWER_ENOUGH,      /* points for a complaint */
	RD_ANSWER_BAND,	       /* between the thresholds: a person looks */
	RD_ANSWER_TOO_FEW,
};

struct rd_best_answer {
	enum rd_kind kind; /* the best answer */
	enum rd_answer_by by;
	bool disagree; /* rules settle different kinds: a person looks */
};

/* Sums of tenths must not fall on the wrong side of a threshold: to a thousandth. */
double rd_points_rounded(double points);

/* totals: rounded; decided: by kind, whether a rule that hit settles it. */
struct rd_best_answer rd_best_answer_of(const double totals[static RD_N_KINDS],
	const bool decided[static RD_N_KINDS], double request_below, double complaint_from);

#endif

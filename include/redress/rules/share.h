/* share: how many of how many, and how far chance may have moved that: Wilson's score interval at
 * 95 in 100 (E. B. Wilson, "Probable inference", J. Am. Stat. Assoc. 22, 1927).
 *
 * Counts may be weighted: a sampled message stands for fifty like it. n is then how many unweighted
 * ones would say as much (L. Kish, "Survey Sampling", 1965): the weights' sum squared over the sum
 * of their squares. With weights of 1 it is the plain count.
 */
#ifndef REDRESS_RULES_SHARE_H
#define REDRESS_RULES_SHARE_H

#include <stdbool.h>

struct rd_share {
	double sum, squares; /* of the weights, and of their squares */
	double of_them;	     /* the weights of those that are meant */
};

static inline void rd_share_add(struct rd_share *share, bool is_one, double weight)
{
	share->sum += weight;
	share->squares += weight * weight;
	share->of_them += is_one ? weight : 0;
}

/* 0..1; NAN where nothing was counted. low and high may be NULL. */
double rd_share_of(const struct rd_share *share, double *ret_low, double *ret_high);

#endif

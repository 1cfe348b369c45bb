/* confirm: PCRE2 asked about one pattern in one sentence or segment, and about the exclusions of
 * its rule. For daemon/rules/matching.c alone.
 */
#ifndef REDRESS_RULES_CONFIRM_H
#define REDRESS_RULES_CONFIRM_H

#include "redress/rules/matching.h"

struct rd_confirmer {
	struct rd_matching *m;
	enum rd_where where;
	pcre2_match_data *data;
	pcre2_match_context *counted; /* with the callout that counts steps; made when needed */
	pcre2_match_context *quick;   /* whose match limit is set for each run; likewise */
};

/* A pattern worth trying: in this unit, or segment, and where its key stands in it. */
struct rd_candidate {
	uint32_t unit;
	uint32_t first, last; /* words; of a Regex: bytes of the field */
	uint32_t next;	      /* matching.c's */
};

void rd_confirmer_begin(struct rd_confirmer *confirmer, struct rd_matching *m);
void rd_confirmer_end(struct rd_confirmer *confirmer); /* for RD_CLEANUP */

/* Finds the pattern's places and takes them for the outcome until its rule needs no more. */
void rd_confirm(struct rd_confirmer *confirmer, const struct rd_pattern *pattern,
	const struct rd_candidate *candidate, struct rd_outcome *outcome);

/* Does an Unless stop the match [from, to) of the unit? number: of the unit; UINT32_MAX for a
 * segment. The outcome is told the first that does (stopped_spot, by, by_place), and where one
 * could not be tried to the end. */
bool rd_is_stopped(struct rd_confirmer *confirmer, const struct rd_rule *rule,
	const struct rd_unit *unit, uint32_t number, uint32_t from, uint32_t to,
	struct rd_outcome *outcome);

/* False where the message's budget is used up; the outcome is told then. */
bool rd_may_go_on(struct rd_confirmer *confirmer, struct rd_outcome *outcome);

#endif

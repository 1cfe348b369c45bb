/* rule_stats: what each rule did in a number of messages: how often it hit, how often people said
 * that what it hit was a complaint, how often it made the difference, which rule says the same, and
 * which rules pull against each other.
 *
 * Works on the hits of messages (weigh.h), so it is asked of any rule set that the messages were
 * scored with. Pure.
 */
#ifndef REDRESS_RULES_RULE_STATS_H
#define REDRESS_RULES_RULE_STATS_H

#include <stddef.h>
#include <stdint.h>
#include "redress/base/arena.h"
#include "redress/base/err.h"
#include "redress/rules/share.h"
#include "redress/rules/weigh.h"

struct rd_rule_stats {
	uint32_t n_hits;	    /* messages that it hit */
	struct rd_share complaints; /* of those that people labelled, each once: the complaints */
	/* Messages that would have come to something else without it: another best answer, or a
	 * person asked who was not, or the other way round. */
	uint32_t n_decided;
	uint32_t with; /* the rule that hits most often where it hits; RD_NO_RULE: it hits alone */
	uint32_t n_with; /* messages that both hit */
};

/* Two rules that hit the same messages and say opposite things: points for one kind with opposite
 * signs, or both settle the kind and not for the same. */
struct rd_opposing {
	uint32_t one, other; /* one < other */
	uint32_t n;	     /* messages that both hit */
	bool settle;
};

struct rd_stats {
	const struct rd_rule_stats *rules;  /* as weighing's, same number */
	const struct rd_opposing *opposing; /* the most messages first */
	size_t n_opposing;
	size_t n_said;	     /* messages that people labelled */
	size_t n_complaints; /* of them */
};

#define RD_OPPOSING_MAX 1000 /* kept; the rest hits together less often */

/* Everything in the arena. */
RD_MUST_USE enum rd_rc rd_rule_stats(struct rd_weighing *weighing,
	const struct rd_specimen *messages, size_t n, struct rd_arena *arena,
	struct rd_stats *ret_stats, struct rd_err *err);

#endif

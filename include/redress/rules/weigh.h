/* weigh: messages kept as the numbers of the rules that hit, so that "what if" can be asked of them
 * many times without reading them again: what rules/tune.h and rules/rule_stats.h work on.
 *
 * What a rule hits does not hang on its points, so hits are found once (rd_score_message, or the
 * hits that a decision stored) and weighed as often as is wanted: without one of the rules, or with
 * other points. Combines are worked out anew each time. Weighing follows score.h's order of
 * decision to the point; a test holds the two together.
 *
 * Numbers of rules are indexes into facts; those of one set mean nothing in another.
 */
#ifndef REDRESS_RULES_WEIGH_H
#define REDRESS_RULES_WEIGH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "redress/base/arena.h"
#include "redress/message/message.h"
#include "redress/rules/problem.h"
#include "redress/rules/ruleset.h"
#include "redress/rules/score.h"

#define RD_NO_RULE UINT32_MAX

/* What of a rule, or a combine, a tool needs to know. Strings are the rule set's. */
struct rd_rule_facts {
	const char *id, *means;
	const char *place; /* "core.rules:14" */
	const char *layer; /* "" or the landlord whose layer has it or changed it */
	bool runs;	   /* not disabled */
	bool is_combine;
	bool is_leaning; /* its points are a message's: see struct rd_specimen */
	bool has_points;
	double points;
	enum rd_kind for_kind;
	struct rd_place points_at; /* of the number; line 0 where there is none */
	bool points_in_layer;
	uint32_t group; /* RD_NO_RULE: none; the same number, the same group */
	double cap;	/* of the group */
	bool decides;
	enum rd_kind decides_kind;
	bool flags;   /* sets one */
	bool reviews; /* sends the message to a person by itself */
};

struct rd_weighing {
	const struct rd_rule_facts *facts;
	uint32_t n_rules;
	double request_below, complaint_from;
	struct rd_place head; /* of `Ruleset:`; line 0: the set has none */
	/* For weigh.c alone. */
	const struct rd_ruleset *rules;
	bool *truth;	       /* by rule; all false between two calls */
	double *leans;	       /* by rule: what words that lean came to in the message at hand */
	uint32_t *found;       /* what is true */
	const uint32_t *by_id; /* numbers of the rules in the order of their ids */
};

/* Borrows the rule set; the rest is the arena's. Used by one thread. */
RD_MUST_USE enum rd_rc rd_weighing_begin(const struct rd_ruleset *rules, struct rd_arena *arena,
	struct rd_weighing *ret_weighing, struct rd_err *err);

/* One message. */
struct rd_specimen {
	const char *id;
	enum rd_channel channel;
	int said;	  /* what a person said that it is: enum rd_kind, or RD_KIND_NONE */
	double weight;	  /* how many messages like it it stands for */
	bool must_review; /* a person must look, whatever the rules are */
	const uint32_t *hits;
	uint32_t n_hits;     /* the rules and combines that hit, by number, ascending */
	const double *leans; /* by hit: the points of a Leaning, 0 for rules */
};

/* Sets hits, leans, n_hits and must_review of a message that was scored, by this set or another
 * one: rules that this one does not have are passed over, its combines are worked out anew. */
RD_MUST_USE enum rd_rc rd_weighing_take(struct rd_weighing *weighing, const struct rd_score *score,
	struct rd_arena *arena, struct rd_specimen *specimen, struct rd_err *err);

/* What the points make of it. */
struct rd_weighed {
	enum rd_kind kind;
	bool unsure;  /* a person must look, and if only because of must_review */
	bool settled; /* by a rule that decides */
	bool sent;    /* a rule sends it to a person, whatever the points are */
	double total; /* of a complaint */
};
/* without: a rule that is thought away, or RD_NO_RULE. */
struct rd_weighed rd_weigh(
	struct rd_weighing *weighing, const struct rd_specimen *specimen, uint32_t without);

/* The same best answer, and as sure of it? */
bool rd_weighed_alike(const struct rd_weighed *a, const struct rd_weighed *b);

#endif

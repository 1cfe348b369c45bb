/* tune: points and thresholds fitted to what people said that messages are.
 *
 * Numbers in, numbers out; what they stand for is the caller's: weigh.h finds which rules hit,
 * edits.h writes the change.
 *
 * What is fitted. A logistic regression of "it is a complaint" on the hits of rules that give
 * points to the complaint total:
 *
 *	P(complaint) = 1 / (1 + exp(-slope * (total - middle)))
 *	total        = sum over the hits of share * points
 *
 * share is the part of a rule's points that its group's cap lets count in this message: 1 where
 * there is room for all of them, 0 where heavier rules of the group have filled it. The caps make
 * the total no straight line in the points, so it is fitted in rounds: shares are worked out with
 * the points of the round before, then held fast while the points are fitted; then slope and
 * middle, which turn points into odds, are fitted to the total with the true caps. The round that
 * fits best is taken, and the first has the present points: nothing ever fits worse than they do.
 *
 * What holds the points back. Each is drawn toward its present value, not toward 0, in two ways
 * (tune_fit.h): it stays exactly there until the messages speak for a move louder than a fixed
 * hold, and whatever moves is drawn back as if the present value were known to within a point. So
 * a few messages move nothing, hundreds move the rule that they are about, and the others stand
 * still. A rule keeps its sign and stays within 0.5 (or its present size, where that is less) and
 * 10. What the fit leaves within 0.25 of the present value stays as it is, to the last digit; else
 * it is rounded to 0.5.
 *
 * What is not touched: rules that settle the kind, rules of a landlord's layer, points for another
 * kind, and rules that too few of the messages can speak for: fewer than RD_TUNE_HITS_MIN hits, or
 * fewer than RD_TUNE_HITS_EACH on either side. Below RD_TUNE_EXAMPLES_MIN messages, or
 * RD_TUNE_COMPLAINTS_MIN complaints (or as many others) nothing is fitted at all. Messages that are
 * settled by a rule, or that a person must look at whatever the points are, say nothing about
 * points; they count in the figures.
 *
 * Thresholds. After the points, on a grid of 0.5: those that cost least, where a missed complaint
 * (not a complaint and shown to nobody) costs RD_TUNE_COST_MISSED, a message taken for a complaint
 * that is none RD_TUNE_COST_FALSE, and each look of a person RD_TUNE_COST_LOOK. They move by two
 * points at most, and each step of 0.5 away from the present ones must save one look more than the
 * step before, so that a single message in doubt decides nothing.
 *
 * What to expect. Everything is done ten more times, each time without a tenth of the messages
 * (chosen by the hash of their id, so always the same), which is then judged by what was learnt
 * from the other nine: that is `after`. A change that costs no less than the present points, on
 * messages that it had not seen, is not proposed.
 *
 * No chance, no clock, bounded work: the same messages give the same numbers on any machine whose
 * doubles are IEEE 754 (exp and log may differ in the last digit, which rounding hides).
 */
#ifndef REDRESS_RULES_TUNE_H
#define REDRESS_RULES_TUNE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "redress/base/arena.h"
#include "redress/base/err.h"
#include "redress/rules/share.h"

#define RD_TUNE_EXAMPLES_MIN   50
#define RD_TUNE_COMPLAINTS_MIN 15
#define RD_TUNE_HITS_MIN       20
#define RD_TUNE_HITS_EACH      5
#define RD_TUNE_FOLDS	       10
#define RD_TUNE_STEP	       0.5
#define RD_TUNE_POINTS_MAX     10.0

#define RD_TUNE_COST_MISSED 10.0
#define RD_TUNE_COST_FALSE  3.0
#define RD_TUNE_COST_LOOK   1.0

#define RD_TUNE_EXAMPLES_MAX 50000
#define RD_TUNE_RULES_MAX    5000
#define RD_TUNE_ARENA_BYTES  (256u << 20) /* holds one learning from so many */

/* A rule, or a combine, that gives points to the complaint total. */
struct rd_tune_rule {
	double points;	/* present ones */
	uint32_t group; /* the same number, the same cap; UINT32_MAX: none */
	double cap;
	bool fixed; /* not to be touched */
};

/* What stands whatever the points are. */
enum rd_tune_end {
	RD_TUNE_BY_POINTS = 0,
	RD_TUNE_COMPLAINT, /* settled: a complaint */
	RD_TUNE_OTHER,	   /* settled: something else */
	RD_TUNE_LOOK,	   /* a person looks */
};

struct rd_tune_example {
	uint64_t id_hash; /* rd_tune_hash of its id */
	double weight;	  /* how many messages it stands for; above 0 */
	bool complaint;	  /* as a person said */
	enum rd_tune_end end;
	const uint32_t *hits; /* indexes into rules, none twice */
	uint32_t n_hits;
	double fixed; /* complaint points that are none of these rules': words that lean */
};

struct rd_tune_input {
	const struct rd_tune_rule *rules;
	size_t n_rules;
	const struct rd_tune_example *examples;
	size_t n_examples;
	double request_below, complaint_from;
	bool fixed_thresholds;
	/* Where bounded: what a landlord's layer leaves room for, that has one threshold of its own
	 * and takes the other from here. */
	bool bounded;
	double request_below_most, complaint_from_least;
};

/* Of complaints: how many are seen (a complaint, or shown to a person), how many are taken for one
 * at once. Of what is taken for a complaint at once: how many are. Of all: how many a person must
 * look at, and what all of them cost together. */
struct rd_tune_figures {
	struct rd_share seen, at_once, right, looks;
	double cost; /* of all */
};

enum rd_tune_kept {
	RD_TUNE_FITTED = 0,
	RD_TUNE_KEPT_FIXED,
	RD_TUNE_KEPT_FEW_HITS,	/* fewer than RD_TUNE_HITS_MIN */
	RD_TUNE_KEPT_ONE_SIDED, /* fewer than RD_TUNE_HITS_EACH complaints, or others */
};

struct rd_tune_rule_result {
	enum rd_tune_kept kept;
	double points; /* new ones: the present ones where kept, or where nothing is proposed */
	double fitted; /* before rounding */
	uint32_t n_hits, n_complaints; /* of the messages whose points decide */
};

enum rd_tune_outcome {
	RD_TUNE_TOO_FEW = 0, /* nothing was fitted; figures are those of now */
	RD_TUNE_NO_BETTER,   /* on messages that it had not seen it costs no less than now */
	RD_TUNE_NO_CHANGE,   /* the fit leaves everything as it is */
	RD_TUNE_PROPOSED,
};
extern const char *const rd_tune_outcome_names[5]; /* "too_few", ... */

struct rd_tune_result {
	enum rd_tune_outcome outcome;
	struct rd_tune_rule_result *rules;	 /* as input's, same index */
	double request_below, complaint_from;	 /* new ones */
	size_t n_complaints, n_settled, n_looks; /* of the examples */
	struct rd_tune_figures now, after;	 /* after: only where something was fitted */
};

/* FNV-1a (64 bit) of an id, mixed, so that ids that follow each other lie in any fold. */
uint64_t rd_tune_hash(const char *id);

/* Everything in ret_result is the arena's. Fails where it has no room, or there is more than the
 * maximum of anything. */
RD_MUST_USE enum rd_rc rd_tune(const struct rd_tune_input *input, struct rd_arena *arena,
	struct rd_tune_result *ret_result, struct rd_err *err);

#endif

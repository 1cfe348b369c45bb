/* backtest: what another rule set would have made of messages that are known: one message under two
 * sets, and the sums over many.
 *
 * Pure. Whoever replays (gateway/backtest.h for the store, redressctl for a file) scores each
 * message twice and adds it here. `was` is the score under the present rules, `is` under the
 * candidate's. NULL for either: reading it ended a parse child, so a person would get it.
 *
 * A message stands in one of three places: a complaint, a request (any other kind), or unsure,
 * which is whatever a person must look at. A confirmed complaint (a person said so, see
 * store/replay.h) is lost where the present rules find it, as a complaint or as unsure, and the
 * candidate's would make it a request: nobody would look at it again.
 */
#ifndef REDRESS_RULES_BACKTEST_H
#define REDRESS_RULES_BACKTEST_H

#include <stdbool.h>
#include <stddef.h>
#include "redress/base/arena.h"
#include "redress/base/date.h"
#include "redress/base/err.h"
#include "redress/rules/score.h"

enum rd_stand { RD_STAND_REQUEST = 0, RD_STAND_UNSURE, RD_STAND_COMPLAINT, RD_N_STANDS };
extern const char *const rd_stand_names[RD_N_STANDS + 1]; /* "request", ...; NULL-ended */

enum rd_stand rd_score_stand(const struct rd_score *score); /* NULL: unsure */

struct rd_replayed {
	const struct rd_score *was, *is;
	bool person_was, person_is; /* would a person look at it (rd_score_needs_person)? */
	int confirmed;		    /* enum rd_kind, or RD_KIND_NONE */
	struct rd_date day;	    /* of its receipt; may be unset */
};

enum rd_confirmed_end {
	RD_CONFIRMED_NOT = 0, /* no confirmed complaint */
	RD_CONFIRMED_KEPT,    /* found, then and now */
	RD_CONFIRMED_LOST,
	RD_CONFIRMED_GAINED, /* the present rules miss it, the candidate's find it */
	RD_CONFIRMED_MISSED, /* both miss it */
};
enum rd_confirmed_end rd_replayed_confirmed(const struct rd_replayed *message);
/* Does it stand elsewhere? */
bool rd_replayed_flips(const struct rd_replayed *message);

/* The sums; start with `= { 0 }`. */
struct rd_backtest {
	size_t n;
	size_t stands[RD_N_STANDS][RD_N_STANDS]; /* [was][is] */
	size_t n_flips;
	size_t kinds[RD_N_KINDS][RD_N_KINDS]; /* [was][is], of the best answers, sure or not */
	size_t n_kinds;			      /* of them with another kind than before */
	size_t flags_gained[RD_N_FLAGS], flags_lost[RD_N_FLAGS];
	size_t persons_was, persons_is;
	size_t n_confirmed; /* complaints */
	size_t n_lost, n_gained, n_missed;
	size_t ended_was, ended_is; /* ended a parse child */
	struct rd_date first, last; /* days of receipt; unset where no message has one */
	size_t n_undated;
};
void rd_backtest_add(struct rd_backtest *sums, const struct rd_replayed *message);
/* How many days the messages lie on, first and last included; 0 where a day is not known. */
int rd_backtest_days(const struct rd_backtest *sums);

/* Why a score is another one: a rule that hits in one alone, or counts for other points. */
enum rd_rule_change_kind { RD_RULE_CAME = 0, RD_RULE_WENT, RD_RULE_POINTS };
struct rd_rule_change {
	enum rd_rule_change_kind what;
	const struct rd_hit *was, *is;	/* NULL where it does not hit there */
	const struct rd_hit *held_back; /* came: what had stopped it before; went: what stops it
					   now; NULL where nothing is known to */
};
/* In order of the rules' ids. Arena; the hits are the scores' own. A NULL score: no changes. */
RD_MUST_USE enum rd_rc rd_backtest_explain(const struct rd_score *was, const struct rd_score *is,
	struct rd_arena *arena, const struct rd_rule_change **ret_changes, size_t *ret_n,
	struct rd_err *err);

#endif

/* rehearsal: messages that are known, scored under two rule sets, without anything coming of it.
 *
 * Two readers of sealed children, one with the rules that are live (or whatever is compared with),
 * one with the candidate's: a resident's words are matched nowhere else, and a pattern that runs
 * away costs a child and not the daemon. Nothing is written; nothing is sampled.
 *
 *	RD_TRY(rd_rehearsal_open(&order, &rehearsal, err));
 *	RD_TRY(rd_rehearsal_run(rehearsal, items, n, arena, &sums, each, context, err));
 *
 * Used by one thread.
 */
#ifndef REDRESS_GATEWAY_REHEARSAL_H
#define REDRESS_GATEWAY_REHEARSAL_H

#include "redress/message/message.h"
#include "redress/reader/reader.h"
#include "redress/rules/backtest.h"
#include "redress/rules/ruleset.h"

#define RD_REHEARSAL_MAX	 100	      /* messages of one run */
#define RD_REHEARSAL_TEXT_BYTES	 (4u << 20)   /* and of their texts in all, but for a single one */
#define RD_REHEARSAL_ARENA_BYTES (256u << 20) /* holds one run */

struct rd_rehearsal;

struct rd_rehearsal_order {
	struct rd_spawner *spawner;
	const struct rd_rulefiles *was, *is; /* borrowed for the opening; was NULL: nothing is
					      * compared with, and the scores given with the items
					      * stand for it */
	const char *const *landlords;	     /* both sets know each of them */
	size_t n_landlords;
	int n_children; /* of each reader */
};

/* RD_E_INPUT: the candidate does not compile. Where what it is compared with does not (a set of
 * another version of Redress), rd_rehearsal_blind says why, and the scores given with the items
 * stand for it. Owned: rd_rehearsal_close. */
RD_MUST_USE enum rd_rc rd_rehearsal_open(const struct rd_rehearsal_order *order,
	struct rd_rehearsal **ret_rehearsal, struct rd_err *err);
void rd_rehearsal_close(struct rd_rehearsal *rehearsal); /* NULL is fine */
void rd_rehearsal_cleanup(struct rd_rehearsal **rehearsal);
const char *rd_rehearsal_blind(const struct rd_rehearsal *rehearsal); /* "": both sets are tried */

struct rd_rehearsed {
	struct rd_message message;
	const char *landlord;
	int64_t received_ms;
	const struct rd_score *decided; /* as it was decided once; NULL where nobody knows */
	const void *tag;		/* the caller's */
	struct rd_replayed result;	/* confirmed and day are given, the rest is found */
};

/* Scores n messages, 1..RD_REHEARSAL_MAX, adds each to the sums and hands it to `each` (NULL: to
 * nobody), whose failure ends the run. Scores are the arena's, and good during the call alone. */
typedef enum rd_rc rd_rehearsed_taker(
	void *context, const struct rd_rehearsed *message, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_rehearsal_run(struct rd_rehearsal *rehearsal, struct rd_rehearsed *items,
	size_t n, struct rd_arena *arena, struct rd_backtest *sums, rd_rehearsed_taker *each,
	void *context, struct rd_err *err);

#endif

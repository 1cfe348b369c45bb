/* backtest: the messages of the store under other rules: what would stand elsewhere, and which
 * complaints that people confirmed would be lost.
 *
 * Replays readings as they were stored, newest first, a page at a time, in sealed children
 * (rehearsal.h). Reads the store and writes nothing; holds no transaction, so mail is taken in and
 * decided meanwhile. Memory stays the same however many messages there are.
 */
#ifndef REDRESS_GATEWAY_BACKTEST_H
#define REDRESS_GATEWAY_BACKTEST_H

#include "redress/gateway/rehearsal.h"
#include "redress/store/db.h"
#include "redress/store/replay.h"
#include "redress/store/rulesets.h"

#define RD_BACKTEST_DAYS     30 /* that are looked back on, where nobody says otherwise */
#define RD_BACKTEST_DAYS_MAX 3660

struct rd_backtest_order {
	struct rd_db *db;
	struct rd_spawner *spawner;
	const struct rd_rulefiles *was, *is;
	const char *const *landlords; /* those in use */
	size_t n_landlords;
	struct rd_replay_range range;
	int64_t max; /* messages, the newest; 0: all */
	int n_children;
	/* Each may be NULL. each: message->tag is its struct rd_replay_row. go_on: asked between
	 * pages; false ends it with RD_E_AGAIN. */
	rd_rehearsed_taker *each;
	bool (*go_on)(void *context, int64_t n_done, int64_t n_all);
	void *context;
};

struct rd_backtest_outcome {
	struct rd_backtest sums;
	struct rd_replay_counts counts;
	int64_t n_all;	     /* that were to be replayed */
	int64_t n_elsewhere; /* of landlords that are in use no longer, or not in both sets */
	int64_t lost[RD_ACTIVATION_LOST_MAX]; /* messages, newest first; sums.n_lost counts them */
	char blind[RD_ERR_MAX]; /* why the scores of the time stand for those of `was`; "" */
};

/* The range of the last n days, today included. */
struct rd_replay_range rd_backtest_last_days(int64_t now_ms, int n_days);

RD_MUST_USE enum rd_rc rd_backtest_run(const struct rd_backtest_order *order,
	struct rd_backtest_outcome *ret_outcome, struct rd_err *err);

#endif

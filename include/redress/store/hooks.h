/* hooks: which events (case_events.h) are on their way to which of the landlord's systems.
 *
 * A hook is a `Webhook:` stanza by its name. It begins at the events of its first day (nothing from
 * before is told), and from then on each event that it wants gets a delivery: queued until it was
 * taken, failed when every attempt was in vain. A hook that is not enabled keeps its deliveries and
 * its place among the events; what it missed goes when it is enabled again.
 */
#ifndef REDRESS_STORE_HOOKS_H
#define REDRESS_STORE_HOOKS_H

#include "redress/store/case_events.h"
#include "redress/store/db.h"

#define RD_HOOK_ANSWER_MAX 200

struct rd_hook_row {
	const char *name;
	int64_t seen; /* the last event that it was looked at for */
	bool enabled;
	const char *why; /* it was disabled; "" it was not */
	int64_t changed_ms, last_success_ms;
	int64_t failing_since_ms; /* 0: the last attempt was taken, or there was none */
	int64_t rests_until_ms, rest_ms;
	const char *answer; /* what the last attempt came to */
};

struct rd_hook_delivery {
	int64_t id, event; /* the event's number */
	int attempts;
	int64_t first_try_ms, next_try_ms;
};

/* Makes the row where there is none: it begins behind the last event. */
RD_MUST_USE enum rd_rc rd_hook_take(
	struct rd_tx *tx, const char *name, int64_t now_ms, struct rd_err *err);
/* Those that are not among the names, with their deliveries: a stanza that comes back begins anew.
 */
RD_MUST_USE enum rd_rc rd_hook_forget_others(
	struct rd_tx *tx, const char *const *names, size_t n, struct rd_err *err);
/* RD_E_MISSING: the daemon has not run with it yet. */
RD_MUST_USE enum rd_rc rd_hook_get(struct rd_db *db, const char *name, struct rd_arena *arena,
	struct rd_hook_row *ret_hook, struct rd_err *err);
/* How many deliveries wait, and how many failed for good. */
RD_MUST_USE enum rd_rc rd_hook_counts(struct rd_db *db, const char *name, int64_t *ret_queued,
	int64_t *ret_failed, struct rd_err *err);
/* Takes nothing until then, for a reason of our own. */
RD_MUST_USE enum rd_rc rd_hook_rest(struct rd_tx *tx, const char *name, int64_t rest_ms,
	int64_t until_ms, const char *answer, struct rd_err *err);
/* Enabled: its failures are forgotten, and what was not taken is due now, also what had failed. */
RD_MUST_USE enum rd_rc rd_hook_enable(
	struct rd_tx *tx, const char *name, int64_t now_ms, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_hook_disable(
	struct rd_tx *tx, const char *name, const char *why, int64_t now_ms, struct rd_err *err);

/* Deliveries for these events, and the hook has seen all up to `seen`. */
RD_MUST_USE enum rd_rc rd_hook_fan(struct rd_tx *tx, const char *name, const int64_t *events,
	size_t n, int64_t seen, int64_t now_ms, struct rd_err *err);
/* Those that are due, the longest first; at most max. */
RD_MUST_USE enum rd_rc rd_hook_due(struct rd_db *db, const char *name, int64_t now_ms, size_t max,
	struct rd_arena *arena, struct rd_hook_delivery **ret_due, size_t *ret_n,
	struct rd_err *err);
/* Of the hook's deliveries the next instant that one is due; 0: none waits. */
RD_MUST_USE enum rd_rc rd_hook_next_ms(
	struct rd_db *db, const char *name, int64_t *ret_ms, struct rd_err *err);

/* An attempt begins: it is counted, and the next one set, before anything leaves. */
RD_MUST_USE enum rd_rc rd_hook_claim(
	struct rd_tx *tx, int64_t id, int64_t now_ms, int64_t next_try_ms, struct rd_err *err);
/* It was broken off by us: it does not count. */
RD_MUST_USE enum rd_rc rd_hook_give_back(
	struct rd_tx *tx, int64_t id, int64_t now_ms, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_hook_taken(struct rd_tx *tx, const char *name, int64_t id,
	const char *answer, int64_t now_ms, struct rd_err *err);
struct rd_hook_failure {
	const char *answer;
	bool last;		/* the delivery has failed for good */
	int64_t next_try_ms;	/* else */
	int64_t rest_ms;	/* the hook takes nothing for so long; 0: it does not rest */
	int64_t rests_until_ms; /* until then */
};
RD_MUST_USE enum rd_rc rd_hook_failed(struct rd_tx *tx, const char *name, int64_t id,
	const struct rd_hook_failure *failure, int64_t now_ms, struct rd_err *err);

/* It is never sent: the hook may not know of that event any more. */
RD_MUST_USE enum rd_rc rd_hook_drop(struct rd_tx *tx, int64_t id, struct rd_err *err);

/* Queued anew, due now, its attempts forgotten: the event of that number, or with 0 every failed
 * one. *ret_n: how many. */
RD_MUST_USE enum rd_rc rd_hook_resend(struct rd_tx *tx, const char *name, int64_t event,
	int64_t now_ms, int64_t *ret_n, struct rd_err *err);
/* What was taken before that instant is forgotten. */
RD_MUST_USE enum rd_rc rd_hook_clean(struct rd_tx *tx, int64_t before_ms, struct rd_err *err);

#endif

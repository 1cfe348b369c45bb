/* case_actions: what a landlord has promised to do for a case, until it is done.
 *
 * A promise is added once and done once, and is never changed: another day is another action. Each
 * belongs to one case and is named by its number there. What is promised and how it was done are
 * staff's words about a resident's matter; they lie apart, where erasure empties them (""), while
 * days and names of staff stay. The task that reminds of it is the gateway's
 * (gateway/acts_record.h).
 */
#ifndef REDRESS_STORE_CASE_ACTIONS_H
#define REDRESS_STORE_CASE_ACTIONS_H

#include "redress/base/date.h"
#include "redress/store/db.h"

struct rd_case_action {
	int64_t id; /* set by the store */
	int64_t case_id;
	struct rd_date due;
	const char *owner; /* a name or a role; "" the case's own */
	const char *words; /* what */
	int64_t added_ms, done_ms;
	const char *added_by, *done_by, *how; /* "" while it is not done */
};

/* Takes case_id, due, owner, words, added_ms and added_by. */
RD_MUST_USE enum rd_rc rd_case_action_add(
	struct rd_tx *tx, const struct rd_case_action *action, int64_t *ret_id, struct rd_err *err);
/* RD_E_MISSING: the case has no such action. RD_E_EXISTS: it is done already. */
RD_MUST_USE enum rd_rc rd_case_action_done(struct rd_tx *tx, int64_t case_id, int64_t id,
	const char *by, const char *how, int64_t now_ms, struct rd_err *err);
/* By their day, then in the order in which they were promised; done ones too. */
RD_MUST_USE enum rd_rc rd_case_action_list(struct rd_db *db, int64_t case_id,
	struct rd_arena *arena, struct rd_case_action **ret_actions, size_t *ret_n,
	struct rd_err *err);

#endif

/* tasks: everything that a person owes, with its day: one list, `redressctl tasks`.
 *
 * Wherever a machine must not act, or cannot, a task is put in the transaction that finds it out,
 * so that a duty is never dropped. Of one kind, case and cause one is open at a time: who puts it
 * again, after a crash or by another road, changes nothing but to an earlier day. A task ends when
 * a person did it, by the act that does what it asks, or when its cause is gone.
 *
 * `text` is one sentence in our own words: what to do and with which command; never a resident's
 * words, address or number.
 */
#ifndef REDRESS_STORE_TASKS_H
#define REDRESS_STORE_TASKS_H

#include "redress/base/date.h"
#include "redress/store/db.h"

#define RD_TASK_FLOOD "flood" /* more mail of one sender, or texts, than are taken */

struct rd_task {
	int64_t id;
	const char *kind; /* "acknowledge", "define", "review", "settle", "safeguarding", ... */
	int64_t case_id, message_id, outbox_id; /* 0: none */
	const char *cause;    /* with kind and case the key among those not done; "" will do */
	const char *text;     /* one sentence: what to do */
	const char *landlord; /* "" where none */
	struct rd_date due;
	int64_t created_ms, done_ms;
	const char *done_by, *done_how;
	int64_t n; /* how many messages share it (old mail), 1 else */
};

/* One that is there already (same kind, case and cause, not done) stays, with the earlier day:
 * RD_OK, *ret_new false. ret_id and ret_new may be NULL. */
RD_MUST_USE enum rd_rc rd_task_put(struct rd_tx *tx, const struct rd_task *task, int64_t now_ms,
	int64_t *ret_id, bool *ret_new, struct rd_err *err);
/* Was there ever one of this kind and cause, done or not, of any case or none? */
RD_MUST_USE enum rd_rc rd_task_ever(
	struct rd_db *db, const char *kind, const char *cause, bool *ret_ever, struct rd_err *err);
/* Is one there that is not done? */
RD_MUST_USE enum rd_rc rd_task_is_open(
	struct rd_db *db, const char *kind, const char *cause, bool *ret_open, struct rd_err *err);
/* The shared row of old mail: made with n 1, else n + 1. */
RD_MUST_USE enum rd_rc rd_task_share(struct rd_tx *tx, const struct rd_task *task, int64_t now_ms,
	int64_t *ret_id, struct rd_err *err);
/* RD_E_MISSING, or RD_E_EXISTS when it is done already. */
RD_MUST_USE enum rd_rc rd_task_done(struct rd_tx *tx, int64_t id, const char *by, const char *how,
	int64_t now_ms, struct rd_err *err);
/* Those of no case with that cause, where they are not done: the cause is gone by itself. */
RD_MUST_USE enum rd_rc rd_task_settled(struct rd_tx *tx, const char *kind, const char *cause,
	const char *by, const char *how, int64_t now_ms, struct rd_err *err);
/* All of a case that are not done, of one kind where not NULL. *ret_n may be NULL. */
RD_MUST_USE enum rd_rc rd_task_done_of_case(struct rd_tx *tx, int64_t case_id, const char *kind,
	const char *by, const char *how, int64_t now_ms, int64_t *ret_n, struct rd_err *err);
/* Not done, due on or before the day (unset: all), soonest first. */
RD_MUST_USE enum rd_rc rd_task_list(struct rd_db *db, struct rd_date due_by, struct rd_arena *arena,
	struct rd_task **ret_tasks, size_t *ret_n, struct rd_err *err);
/* Of one case, done ones too. */
RD_MUST_USE enum rd_rc rd_task_list_case(struct rd_db *db, int64_t case_id, struct rd_arena *arena,
	struct rd_task **ret_tasks, size_t *ret_n, struct rd_err *err);

#endif

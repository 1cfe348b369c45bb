/* warnings: which warnings of a date were given, and which rounds were made, so that each is done
 * once, whatever ends the daemon in between: both are written in the transaction that puts the
 * letters into the outbox.
 *
 * A warning is known by case, clock and due date: a date that moves is warned of anew. Of each the
 * last step alone is kept (policy/warning.h); steps go down as the date comes near.
 */
#ifndef REDRESS_STORE_WARNINGS_H
#define REDRESS_STORE_WARNINGS_H

#include "redress/base/date.h"
#include "redress/store/db.h"

/* The last step that was warned of (policy/warning.h); *ret_step stays as it is where there was
 * none. */
RD_MUST_USE enum rd_rc rd_warning_given(struct rd_db *db, int64_t case_id, const char *clock,
	struct rd_date due, int *ret_step, struct rd_err *err);
/* Keeps the step in the place of the one before. */
RD_MUST_USE enum rd_rc rd_warning_give(struct rd_tx *tx, int64_t case_id, const char *clock,
	struct rd_date due, int step, int64_t now_ms, struct rd_err *err);
/* Those of clocks that are not running any more; and the words of lists (warnings and digests) that
 * left before that instant. */
RD_MUST_USE enum rd_rc rd_warnings_forget(
	struct rd_tx *tx, int64_t lists_before_ms, struct rd_err *err);

/* A round: something that is done once an hour or a day, by its name. `when` is its caller's
 * ("2026-11-22", "2026-11-22T09") and only compared; "" for never. */
RD_MUST_USE enum rd_rc rd_round_last(struct rd_db *db, const char *name, struct rd_arena *arena,
	const char **ret_when, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_round_done(
	struct rd_tx *tx, const char *name, const char *when, struct rd_err *err);

#endif

/* warnings: which warnings of a date were given, and which digests, so that each is given once. */
#ifndef REDRESS_STORE_WARNINGS_H
#define REDRESS_STORE_WARNINGS_H

#include "redress/base/date.h"
#include "redress/store/db.h"

/* The last step that was warned of (policy/warning.h); *ret_step stays as it is where there was
 * none. */
RD_MUST_USE enum rd_rc rd_warning_given(struct rd_db *db, int64_t case_id, const char *clock,
	struct rd_date due, int *ret_step, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_warning_give(struct rd_tx *tx, int64_t case_id, const char *clock,
	struct rd_date due, int step, int64_t now_ms, struct rd_err *err);
/* Those of clocks that are not running any more; and the words of lists (warnings and digests) that
 * left before that instant. */
RD_MUST_USE enum rd_rc rd_warnings_forget(
	struct rd_tx *tx, int64_t lists_before_ms, struct rd_err *err);

/* Something that is done once a day or an hour for a name: its last time, "" for never. */
RD_MUST_USE enum rd_rc rd_round_last(struct rd_db *db, const char *name, struct rd_arena *arena,
	const char **ret_when, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_round_done(
	struct rd_tx *tx, const char *name, const char *when, struct rd_err *err);

#endif

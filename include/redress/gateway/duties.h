/* duties: the clocks beside the stages (policy/duties.h) written down on a case. In the caller's
 * transaction.
 */
#ifndef REDRESS_GATEWAY_DUTIES_H
#define REDRESS_GATEWAY_DUTIES_H

#include "redress/policy/duties.h"
#include "redress/store/casebook.h"

/* One that runs already stays; a hazard that was dealt with before `known_ms` makes room for the
 * one that is told of now. landlord: the case's own. */
RD_MUST_USE enum rd_rc rd_duty_start(struct rd_tx *tx, const struct rd_landlord *landlord,
	int64_t case_id, const struct rd_duty *duty, int64_t known_ms, struct rd_arena *arena,
	int64_t now_ms, struct rd_err *err);

/* What hangs on the kind that a case had is cancelled; what outlives it goes on. */
RD_MUST_USE enum rd_rc rd_duties_end_of_kind(struct rd_tx *tx, int64_t case_id,
	struct rd_arena *arena, int64_t now_ms, struct rd_err *err);

/* Met where it runs; nothing where it does not. */
RD_MUST_USE enum rd_rc rd_duty_meet(struct rd_tx *tx, int64_t case_id, enum rd_clock_id clock,
	int64_t at_ms, struct rd_err *err);

#endif

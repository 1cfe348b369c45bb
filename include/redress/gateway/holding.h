/* holding: the safeguarding hold of a case and of all that hangs on it, told to people (promise 5).
 *
 * A hold stops letters that were on their way already, on this case and on cases linked to it. Each
 * stopped answer leaves its duty: a task for the same day to choose a safe way, and the
 * acknowledgement's own date where an answer was stopped.
 */
#ifndef REDRESS_GATEWAY_HOLDING_H
#define REDRESS_GATEWAY_HOLDING_H

#include "redress/gateway/office.h"

/* A message flagged `safeguarding` is on the case now. cause: of the tasks, "message:17". */
RD_MUST_USE enum rd_rc rd_holding_flagged(struct rd_tx *tx, const struct rd_office *office,
	int64_t case_id, const char *cause, struct rd_arena *arena, struct rd_err *err);

#endif

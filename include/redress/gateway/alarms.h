/* alarms: what somebody must know now: a journal line, a figure, `status` exit 1 and one mail an
 * hour a cause to `Alarms to`.
 *
 * A cause is a stable key ("mailbox-unreachable:complaints"); the text names mailboxes, numbers of
 * messages and what to do, never a resident. Raising it again keeps it standing; clearing ends it.
 * Each call is a transaction of its own, in the caller's handle, outside any other.
 */
#ifndef REDRESS_GATEWAY_ALARMS_H
#define REDRESS_GATEWAY_ALARMS_H

#include "redress/gateway/office.h"

#define RD_ALARM_CAUSE_MAX 200

/* Never fails towards the caller: an alarm that cannot be kept is still a journal line. */
void rd_alarms_raise(
	struct rd_db *db, const struct rd_office *office, const char *cause, const char *text);
/* The same inside the transaction of what it is about. */
RD_MUST_USE enum rd_rc rd_alarms_raise_within(struct rd_tx *tx, const struct rd_office *office,
	const char *cause, const char *text, struct rd_arena *arena, struct rd_err *err);
void rd_alarms_clear(struct rd_db *db, const struct rd_office *office, const char *cause);

#endif

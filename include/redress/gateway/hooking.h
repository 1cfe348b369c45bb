/* hooking: the landlord's own systems told what happens to cases (deliver/hooks.h), with what the
 * gateway makes of it: log lines and alarms.
 *
 *   webhook-disabled:NAME  it answered 410, or took nothing in three days: says how to enable it
 *   webhook-failing:NAME   it has taken nothing for an hour, or its secret cannot be read
 *   webhook-gave-up:NAME   one event was not taken in ten attempts; stands for a day at least
 *
 * The first two go when the system takes an event again, or a person enables it.
 */
#ifndef REDRESS_GATEWAY_HOOKING_H
#define REDRESS_GATEWAY_HOOKING_H

#include "redress/base/thread.h"
#include "redress/gateway/desk.h"

#define RD_ALARM_HOOK_DISABLED "webhook-disabled"
#define RD_ALARM_HOOK_FAILING  "webhook-failing"
#define RD_ALARM_HOOK_GAVE_UP  "webhook-gave-up"

/* The body of its thread; beats at least once in two seconds while an answer is waited for. */
void rd_hooking_run(struct rd_thread *self, struct rd_store *store, const struct rd_config *config,
	const struct rd_clock *clock);
/* Tries what is due once, in the caller's thread. *ret_must_wait: set where something waits. */
RD_MUST_USE enum rd_rc rd_hooking_once(
	struct rd_desk *desk, bool *ret_must_wait, struct rd_err *err);
/* All alarms of a hook that a person has enabled, or whose failed events they sent again. */
void rd_hooking_clear(struct rd_db *db, const struct rd_office *office, const char *hook);

#endif

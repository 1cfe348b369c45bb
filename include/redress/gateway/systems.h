/* systems: the landlord's own systems told what happens to cases (deliver/hooks.h) and given its
 * service requests (deliver/open311.h), with what the gateway makes of it: log lines and alarms.
 *
 *   webhook-disabled:NAME  it answered 410, or took nothing in three days: says how to enable it
 *   webhook-failing:NAME   it has taken nothing for an hour, or its secret cannot be read
 *   webhook-gave-up:NAME   one event was not taken in ten attempts; stands for a day at least
 *   open311-trouble:NAME   its key, jurisdiction or address is wrong: nothing is handed on
 *
 * All but the third go when the system takes something again, or a person enables the webhook.
 */
#ifndef REDRESS_GATEWAY_SYSTEMS_H
#define REDRESS_GATEWAY_SYSTEMS_H

#include "redress/base/thread.h"
#include "redress/gateway/desk.h"

#define RD_ALARM_HOOK_DISABLED "webhook-disabled"
#define RD_ALARM_HOOK_FAILING  "webhook-failing"
#define RD_ALARM_HOOK_GAVE_UP  "webhook-gave-up"
#define RD_ALARM_OPEN311       "open311-trouble"

/* Does the configuration name any? */
bool rd_systems_any(const struct rd_config *config);

/* The body of its thread; beats at least once in two seconds while an answer is waited for. */
void rd_systems_run(struct rd_thread *self, struct rd_store *store, const struct rd_config *config,
	const struct rd_clock *clock);
/* Tries what is due once, in the caller's thread. *ret_must_wait: set where something waits. */
RD_MUST_USE enum rd_rc rd_systems_once(
	struct rd_desk *desk, bool *ret_must_wait, struct rd_err *err);
/* Ends the alarms of stanzas that are no longer there: nobody could. At each start. */
void rd_systems_clear_gone(struct rd_db *db, const struct rd_office *office);
/* All alarms of a hook that a person has enabled, or whose failed events they sent again. */
void rd_systems_clear_hook(struct rd_db *db, const struct rd_office *office, const char *hook);

#endif

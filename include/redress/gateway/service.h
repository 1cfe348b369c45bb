/* service: redressd at work: its threads, from start to stop.
 *
 *   main        signals, watchdog, reload
 *   mbox/NAME   one a mailbox: intake into the store
 *   http        the webhook's own
 *   hooks       events of cases to the landlord's own systems
 *   numbers     parts of texts, and what else numbers need beside the webhook
 *   pipeline    stored messages to committed fates
 *   sender      outbox rows to the world
 *   timekeeper  what happens because time passes
 *
 * No thread shares a database handle; a wake-up is only a hint, what there is to do stands in the
 * store. The watchdog covers main, pipeline, sender and timekeeper: one that is late twice over
 * ends the daemon by systemd's hand. A mailbox that hangs is alarmed and the rest goes on.
 */
#ifndef REDRESS_GATEWAY_SERVICE_H
#define REDRESS_GATEWAY_SERVICE_H

#include <stdbool.h>
#include "redress/base/clock.h"
#include "redress/reader/reader.h"
#include "redress/wire/config.h"

/* Runs until SIGTERM or SIGINT; SIGHUP activates the rules folder (author "reload"). Signals must
 * not be blocked yet. Everything borrowed. RD_E_AGAIN: another daemon holds the state. */
RD_MUST_USE enum rd_rc rd_service_run(const struct rd_config *config, const struct rd_clock *clock,
	struct rd_spawner *spawner, struct rd_err *err);

/* Takes the state's lock, opens no listener, reads each mailbox once, decides what is stored,
 * (Text pause ignored), keeps time once and tries each due outbox row once. *ret_must_wait: a
 * source or a send must be tried again later. */
RD_MUST_USE enum rd_rc rd_service_once(const struct rd_config *config, const struct rd_clock *clock,
	struct rd_spawner *spawner, bool *ret_must_wait, struct rd_err *err);

/* What `redressd --check` says: one line a finding to standard output. *ret_refuse: it may not
 * start. Opens no store and no connection. */
RD_MUST_USE enum rd_rc rd_service_check(const struct rd_config *config,
	const struct rd_clock *clock, bool *ret_refuse, struct rd_err *err);

#endif

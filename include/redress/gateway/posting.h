/* posting: the sender (deliver/sender.h) at work inside the gateway: its thread, and what follows
 * for a case when a letter has gone or could not go.
 */
#ifndef REDRESS_GATEWAY_POSTING_H
#define REDRESS_GATEWAY_POSTING_H

#include "redress/base/thread.h"
#include "redress/gateway/desk.h"

/* The body of the sender's thread. */
void rd_posting_run(struct rd_thread *self, struct rd_store *store, const struct rd_config *config,
	const struct rd_clock *clock);

/* Tries each row that is due once. *ret_must_wait: one must be tried again later. */
RD_MUST_USE enum rd_rc rd_posting_once(
	struct rd_desk *desk, bool *ret_must_wait, struct rd_err *err);

#endif

/* posting: the sender (deliver/sender.h) at work inside the gateway: its thread, and what follows
 * for a case when a letter has gone or could not go.
 *
 * No letter leaves by SMTP or a provider of texts to a real resident (one whose address or number
 * is not kept for examples: RFC 2606, Ofcom's numbers for drama) while what `redressd --check`
 * would refuse of the landlord is live: it is held, with an alarm, and written anew once the
 * profile is mended and activated. All else goes on: what comes in is taken, read and has its case.
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

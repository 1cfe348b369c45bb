/* mailboxes: a thread a mailbox, and what the rest of the gateway hears of them.
 *
 * Intake says what happens through callbacks; here they become log lines, alarms and wake-ups. A
 * mailbox that hangs past its beats is alarmed by rd_mailboxes_watch and the rest goes on.
 */
#ifndef REDRESS_GATEWAY_MAILBOXES_H
#define REDRESS_GATEWAY_MAILBOXES_H

#include "redress/gateway/desk.h"

#define RD_ALARM_HANGS "mailbox-hangs"

struct rd_mailboxes;

/* Called in a mailbox's thread when messages were committed. */
typedef void rd_mailbox_news(void *context);

/* Starts them all. Owned: rd_mailboxes_stop. Everything else borrowed. */
RD_MUST_USE enum rd_rc rd_mailboxes_start(struct rd_store *store, const struct rd_config *config,
	const struct rd_clock *clock, rd_mailbox_news *news, void *context,
	struct rd_mailboxes **ret_mailboxes, struct rd_err *err);
/* Raises or clears the alarm of those that are late; in the caller's thread and handle. */
void rd_mailboxes_watch(struct rd_mailboxes *mailboxes, struct rd_desk *desk);
void rd_mailboxes_stop(struct rd_mailboxes *mailboxes); /* waits for each; NULL is fine */

/* Reads each once, in the caller's thread. *ret_must_wait: one could not be read whole. */
RD_MUST_USE enum rd_rc rd_mailboxes_once(struct rd_store *store, const struct rd_config *config,
	const struct rd_clock *clock, bool *ret_must_wait, struct rd_err *err);

#endif

/* numbers: what the numbers for texts need beside the webhook, in a thread of its own.
 *
 * Each number's list of received texts is walked through every `Poll every:` (intake/polling.h),
 * pictures are fetched (intake/pictures.h), and long texts whose last part stays out are given to
 * the pipeline as far as they came, after each number. A provider that is slow delays the other
 * numbers, by RD_POLL_STRETCH_MS and a request or two at most, never a mailbox, the webhook or a
 * letter.
 *
 * Alarms, NAME behind a colon: texts-lost (the list held what the webhook never brought; stands for
 * a day), texts-gone (the last walk is longer ago than the provider keeps texts; stands as long),
 * texts-unread (listed and not to be read; stands until the tasks are made), texts-refused (our
 * account or key), texts-unreachable (three walks in a row).
 */
#ifndef REDRESS_GATEWAY_NUMBERS_H
#define REDRESS_GATEWAY_NUMBERS_H

#include "redress/base/thread.h"
#include "redress/gateway/desk.h"

#define RD_NUMBERS_ROUND_MS 10000

#define RD_ALARM_TEXTS_LOST	   "texts-lost"
#define RD_ALARM_TEXTS_GONE	   "texts-gone"
#define RD_ALARM_TEXTS_UNREAD	   "texts-unread"
#define RD_ALARM_TEXTS_REFUSED	   "texts-refused"
#define RD_ALARM_TEXTS_UNREACHABLE "texts-unreachable"

/* The thread's body. news: called when messages were committed. */
void rd_numbers_run(struct rd_thread *self, struct rd_store *store, const struct rd_config *config,
	const struct rd_clock *clock, void (*news)(void *context), void *context);

/* For --once, in the caller's thread: each number once. *ret_must_wait: something was put off. */
RD_MUST_USE enum rd_rc rd_numbers_once(
	struct rd_desk *desk, bool *ret_must_wait, struct rd_err *err);

#endif

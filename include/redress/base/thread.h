/* thread: a named thread that can be started, woken, watched and stopped.
 *
 * The body runs until it sees rd_thread_stopping(). It calls rd_thread_beat() at least as often as
 * it promises (beat_ms); rd_thread_late() tells the watchdog who has not. Signals are blocked in
 * every thread started here. A wake-up is an eventfd and only a hint: what there is to do stands
 * in the store.
 */
#ifndef REDRESS_BASE_THREAD_H
#define REDRESS_BASE_THREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "redress/base/err.h"

struct rd_thread;
typedef void rd_thread_body(struct rd_thread *self, void *context);

/* name      at most 15 bytes, shown by ps and in logs
 * beat_ms   how often the body promises to beat; 0: not watched
 * stack     bytes of stack, 0 for the system's own */
RD_MUST_USE enum rd_rc rd_thread_start(const char *name, rd_thread_body *body, void *context,
	int64_t beat_ms, size_t stack, struct rd_thread **ret_thread, struct rd_err *err);

/* Called by the body. */
bool rd_thread_stopping(const struct rd_thread *self);
void rd_thread_beat(struct rd_thread *self);
int rd_thread_wake_fd(
	const struct rd_thread *self); /* readable when woken or stopping; for poll() */
/* Sleeps until woken, stopping, or timeout_ms (-1: no end) has passed; takes the wake-up off.
 * Beats before and after, and in between as often as promised. */
void rd_thread_wait(struct rd_thread *self, int64_t timeout_ms);

/* Called by others. */
const char *rd_thread_name(const struct rd_thread *thread);
void rd_thread_wake(struct rd_thread *thread);
bool rd_thread_late(const struct rd_thread *thread); /* has it missed its promise twice over? */
void rd_thread_stop(struct rd_thread *thread);	     /* asks and wakes; does not wait */
void rd_thread_join(struct rd_thread *thread);	     /* stops, waits and frees; NULL is fine */

#endif

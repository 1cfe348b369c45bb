/* reloader: the thread that answers SIGHUP: the rules folder goes live or is refused, while mail is
 * taken in, decided and answered as before.
 *
 * A reload is `rules activate` with author "reload", and refused where that is refused: faults,
 * failing examples, confirmed complaints that would be lost (of which it tries the newest
 * RD_RELOAD_MESSAGES_MAX of the last RD_BACKTEST_DAYS days). A refusal is a journal line and the
 * alarm "reload-refused", which says why and stands until a reload is taken. Reloads that are asked
 * for meanwhile are one, done afterwards.
 */
#ifndef REDRESS_GATEWAY_RELOADER_H
#define REDRESS_GATEWAY_RELOADER_H

#include "redress/base/thread.h"
#include "redress/gateway/office.h"
#include "redress/reader/reader.h"

#define RD_ALARM_RELOAD_REFUSED "reload-refused"

struct rd_reloader {
	struct rd_store *store;
	const struct rd_config *config;
	const struct rd_clock *clock;
	struct rd_spawner *spawner;
	void (*on_swapped)(void *context); /* other rules are live */
	void *context;
};

/* A thread's whole life: reloads whenever it is woken, until it is told to stop. */
void rd_reloader_run(struct rd_thread *self, const struct rd_reloader *reloader);

#endif

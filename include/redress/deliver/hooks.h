/* hooks: tells the landlord's own systems what happens to cases: each event that a `Webhook:` wants
 * is posted until it is taken (hook_message.h).
 *
 *	2xx		taken
 *	410		the hook is disabled at once
 *	429, 502, 504	it rests: Retry-After, else half a minute doubled up to ten
 *	408, other 5xx	and no answer in RD_HOOK_TIMEOUT_MS: it rests, 5 s doubled up to 300 s
 *	3xx, other 4xx	failed, but the hook does not rest: another event may be taken
 *
 * What failed is tried again by its own schedule, ten times in all over three days, never earlier
 * than Retry-After. Then it has failed for good; where the hook took nothing since its first
 * attempt the hook is dead, and disabled. An attempt is counted before it begins, so that a crash
 * repeats none for ever: every event at least once, in no promised order. A redirect is never
 * followed, and an address inside our own network is refused when the connection is made, whatever
 * its name said, unless the stanza allows it.
 *
 * A hook that is disabled keeps everything; `redressctl hooks enable` sends it. One thread and one
 * database handle; nothing is logged: on_event is told.
 */
#ifndef REDRESS_DELIVER_HOOKS_H
#define REDRESS_DELIVER_HOOKS_H

#include "redress/base/clock.h"
#include "redress/deliver/hook_post.h"
#include "redress/store/hooks.h"
#include "redress/wire/config.h"

#define RD_HOOK_TAKEN_KEPT_MS                                                                      \
	(30 * 24 * 3600 * (int64_t)1000) /* what was taken is remembered so long */

enum rd_hooks_event {
	RD_HOOKS_TAKEN = 0,
	RD_HOOKS_FAILED,   /* tried again later */
	RD_HOOKS_GAVE_UP,  /* one event, for good; the hook takes others */
	RD_HOOKS_DISABLED, /* the hook */
	RD_HOOKS_TROUBLE,  /* our own side: a secret that cannot be read */
	RD_N_HOOKS_EVENTS
};
extern const char *const rd_hooks_event_names[RD_N_HOOKS_EVENTS + 1];

struct rd_hooks_calls {
	void *context;
	/* detail: our words; failing_since_ms: since when nothing was taken, 0 it is well. */
	void (*on_event)(void *context, enum rd_hooks_event event, const char *hook,
		const char *detail, int64_t failing_since_ms);
	/* About once a second while an answer is waited for; true gives it up. NULL will do. */
	bool (*stopping)(void *context);
};

struct rd_hooks;

/* Opens a store handle of its own, makes the hooks' rows and forgets those of stanzas that are
 * gone. Everything is borrowed. timeout_ms 0: RD_HOOK_TIMEOUT_MS. */
RD_MUST_USE enum rd_rc rd_hooks_new(const struct rd_config *config, struct rd_store *store,
	const struct rd_clock *clock, const struct rd_hooks_calls *calls, int64_t timeout_ms,
	struct rd_hooks **ret_hooks, struct rd_err *err);
void rd_hooks_free(struct rd_hooks *hooks); /* NULL is fine */

/* Takes up new events and does one attempt, of the hooks in turn. *ret_did: come again at once;
 * else *ret_next_ms is when to come at the latest (wall clock), 0: nothing waits. */
RD_MUST_USE enum rd_rc rd_hooks_step(
	struct rd_hooks *hooks, bool *ret_did, int64_t *ret_next_ms, struct rd_err *err);
/* For --once: tries each delivery that is due once; a hook that rests is left. *ret_must_wait:
 * something was not taken. */
RD_MUST_USE enum rd_rc rd_hooks_run_once(
	struct rd_hooks *hooks, bool *ret_must_wait, struct rd_err *err);

#endif

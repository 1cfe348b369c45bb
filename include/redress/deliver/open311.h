/* open311: hands service requests on to the servers of the `Open311:` stanzas (wire/open311.h),
 * each once, and asks how they stand.
 *
 * A case goes when it is an open service request for the first time: opened so, or decided so by a
 * person. One that is held for safeguarding does not go; a person has the task. A row is `sending`
 * and committed before anything leaves; then
 *
 *   taken      the server's number is kept, and its status asked for each hour until it is closed:
 *              then a person has the task to tell the resident
 *   a token    the number is asked for later
 *   refused    a person hands it on by hand
 *   again      a minute doubled up to four hours, for two days; then as refused
 *   no answer, or one that is unclear: the server's list is asked for our reference. Found: taken.
 *              Not found: sent again where the list shows everything at once (`Lists all: yes`);
 *              else a person settles it (`redressctl open311 settle`)
 *
 * Each is an audit row of the case. One thread and one database handle; nothing is logged.
 */
#ifndef REDRESS_DELIVER_OPEN311_H
#define REDRESS_DELIVER_OPEN311_H

#include "redress/base/clock.h"
#include "redress/store/db.h"
#include "redress/wire/config.h"

#define RD_OPEN311_GIVE_UP_MS	 (48 * 3600 * (int64_t)1000)
#define RD_OPEN311_STATUS_MS	 (3600 * (int64_t)1000)
#define RD_OPEN311_STATUS_END_MS (90 * 24 * 3600 * (int64_t)1000) /* no longer than this */
#define RD_OPEN311_TASK		 "open311"

enum rd_open311_event {
	RD_OPEN311_EVENT_TAKEN = 0,
	RD_OPEN311_EVENT_AGAIN,
	RD_OPEN311_EVENT_FAILED,
	RD_OPEN311_EVENT_UNCERTAIN, /* and a person's */
	RD_OPEN311_EVENT_CLOSED,
	RD_OPEN311_EVENT_TROUBLE, /* key, jurisdiction or address are wrong: nothing goes there */
	RD_N_OPEN311_EVENTS
};
extern const char *const rd_open311_event_names[RD_N_OPEN311_EVENTS + 1];

struct rd_open311_calls {
	void *context;
	/* detail: our words. */
	void (*on_event)(
		void *context, enum rd_open311_event event, const char *system, const char *detail);
	/* About once a second while an answer is waited for; true gives it up. NULL will do. */
	bool (*stopping)(void *context);
};

struct rd_open311;

/* Opens a store handle of its own. Everything is borrowed. timeout_ms 0: http.h's own. */
RD_MUST_USE enum rd_rc rd_open311_new(const struct rd_config *config, struct rd_store *store,
	const struct rd_clock *clock, const struct rd_open311_calls *calls, int64_t timeout_ms,
	struct rd_open311 **ret_open311, struct rd_err *err);
void rd_open311_free(struct rd_open311 *open311); /* NULL is fine */

/* As rd_hooks_step and rd_hooks_run_once have it. */
RD_MUST_USE enum rd_rc rd_open311_step(
	struct rd_open311 *open311, bool *ret_did, int64_t *ret_next_ms, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_open311_run_once(
	struct rd_open311 *open311, bool *ret_must_wait, struct rd_err *err);

#endif

/* desk: where one thread of the daemon does case work: a database handle of its own and an office
 * that follows what is live.
 *
 * The live set is looked up in the store, so that an activation by redressctl, by SIGHUP or by
 * another process is seen by every thread at its next refresh; what is in hand is finished on the
 * old set (promise 9). Used by one thread.
 */
#ifndef REDRESS_GATEWAY_DESK_H
#define REDRESS_GATEWAY_DESK_H

#include <stdbool.h>
#include "redress/gateway/office.h"

struct rd_desk {
	struct rd_db *db;
	struct rd_live *live; /* shared */
	struct rd_office office;
	const char *landlords[RD_LIVE_LANDLORDS_MAX];
	size_t n_landlords;
};

/* RD_E_MISSING: no rule set was ever activated. Owned: rd_desk_close. */
RD_MUST_USE enum rd_rc rd_desk_open(struct rd_desk *desk, struct rd_store *store,
	const struct rd_config *config, const struct rd_clock *clock, const struct rd_actor *actor,
	struct rd_err *err);
/* Takes the set that is live now; *ret_changed: it is another one, or was activated again, or more
 * of its rules are switched off. A failure keeps the old one. */
RD_MUST_USE enum rd_rc rd_desk_refresh(struct rd_desk *desk, bool *ret_changed, struct rd_err *err);
void rd_desk_close(struct rd_desk *desk); /* a zeroed one is fine; fit for RD_CLEANUP */

#endif

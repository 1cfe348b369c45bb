/* text_poll: how far a number's list of received texts was walked through.
 *
 * What was received before the number was first seen is never taken: a number begins at its first
 * connection, as a mailbox does.
 */
#ifndef REDRESS_STORE_TEXT_POLL_H
#define REDRESS_STORE_TEXT_POLL_H

#include "redress/store/db.h"

struct rd_text_poll {
	int64_t first_seen_ms; /* of the number */
	int64_t polled_ms;     /* when the last whole walk began; 0: none yet */
};
RD_MUST_USE enum rd_rc rd_text_poll_get(
	struct rd_db *db, int64_t source_id, struct rd_text_poll *ret_poll, struct rd_err *err);
/* A walk that reached its end, begun then. */
RD_MUST_USE enum rd_rc rd_text_poll_done(
	struct rd_tx *tx, int64_t source_id, int64_t begun_ms, struct rd_err *err);

/* Is there a text, or a part of one, of this id? */
RD_MUST_USE enum rd_rc rd_text_known(struct rd_db *db, int64_t source_id, const char *provider_id,
	bool *ret_known, struct rd_err *err);

#endif

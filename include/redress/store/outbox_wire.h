/* outbox_wire: which letter may be on its way at this moment.
 *
 * A claimed row is `sending`, but between the claim and the first byte that counts (DATA, the POST)
 * lie name look-up, TLS and greeting. The sender commits rd_outbox_on_wire at that first byte; so
 * that after a crash only the one row that may have left is uncertain, and a row that was merely
 * claimed goes back to the queue with its attempt.
 */
#ifndef REDRESS_STORE_OUTBOX_WIRE_H
#define REDRESS_STORE_OUTBOX_WIRE_H

#include "redress/store/outbox.h"

RD_MUST_USE enum rd_rc rd_outbox_on_wire(struct rd_tx *tx, int64_t id, struct rd_err *err);
/* The row that was put on the wire last; 0: none yet. */
RD_MUST_USE enum rd_rc rd_outbox_last_on_wire(
	struct rd_db *db, int64_t *ret_id, struct rd_err *err);
/* At the start of a run: sending rows that were never put on the wire are queued again. */
RD_MUST_USE enum rd_rc rd_outbox_take_back(struct rd_tx *tx, int64_t now_ms, struct rd_err *err);

#endif

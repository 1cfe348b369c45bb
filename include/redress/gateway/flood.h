/* flood: more mail from one sender than a person writes.
 *
 * Up to `Messages per hour:` and `Messages per day:` of one sender each message has its fate as any
 * other. What comes beyond is stored, read and scored too, and its flags act, but it has no letter
 * and begins nothing. What names a case joins that and is read there: one task of a kind for all of
 * them, for a From can be anybody's. The rest has no task of its own: it is on one case for all of
 * them, under review, with one task that counts them. Nobody else's mail is touched by it. Times
 * are those of receipt: a week's mail that comes at once after an outage is no flood.
 *
 * Not for colleagues (`Staff:`), who pass mail on, nor for senders of many (`Many messages from:`).
 * Whose mail counts as whose: store/flood.h.
 */
#ifndef REDRESS_GATEWAY_FLOOD_H
#define REDRESS_GATEWAY_FLOOD_H

#include "redress/gateway/guards.h"

/* Is this message one too many (facts.flood)? Before its case is looked for. */
RD_MUST_USE enum rd_rc rd_flood_look(struct rd_db *db, const struct rd_office *office,
	const struct rd_claimed *claimed, const struct rd_message *message,
	struct rd_guarded *guarded, struct rd_err *err);
/* The flood's own case, where the message has found none: joined_case. */
RD_MUST_USE enum rd_rc rd_flood_join(struct rd_db *db, const struct rd_claimed *claimed,
	const struct rd_message *message, struct rd_guarded *guarded, struct rd_err *err);

/* The cause of whatever a message of a flood asks for: that of all of them. */
const char *rd_flood_matter_cause(struct rd_db *db, const struct rd_claimed *claimed,
	const struct rd_message *message, struct rd_arena *arena);

/* Counts it in the shared task. case_id: what it opened or joined; 0: it was nothing for us. */
RD_MUST_USE enum rd_rc rd_flood_apply(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_claimed *claimed, const struct rd_message *message,
	const struct rd_guarded *guarded, const struct rd_verdict *verdict, int64_t case_id,
	struct rd_err *err);

#endif

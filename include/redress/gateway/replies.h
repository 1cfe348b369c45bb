/* replies: what a resident's reply to a complaint does by itself: it asks for stage 2, or agrees
 * the definition. The decision (policy/decision.h) says which; here it is looked at and written
 * down.
 */
#ifndef REDRESS_GATEWAY_REPLIES_H
#define REDRESS_GATEWAY_REPLIES_H

#include "redress/gateway/office.h"
#include "redress/message/message.h"
#include "redress/policy/decision.h"
#include "redress/store/casebook.h"

/* What the message says and what the joined case is ready for, into facts. */
RD_MUST_USE enum rd_rc rd_replies_look(struct rd_db *db, const struct rd_message *message,
	const struct rd_case *joined, struct rd_arena *arena, struct rd_facts *facts,
	struct rd_err *err);

/* The verdict's escalates and agrees, of a message that joined the case. What cannot be any more is
 * left to the person who reads it. */
RD_MUST_USE enum rd_rc rd_replies_apply(struct rd_tx *tx, const struct rd_office *office,
	int64_t case_id, int64_t message_id, int64_t received_ms, bool by_text,
	const struct rd_verdict *verdict, struct rd_arena *arena, struct rd_err *err);

#endif

/* reading_json: a reading's lists as JSON texts and back. Private to store/.
 *
 * The score (rules, points, offsets: nothing of the resident) and the rest of the message (headers,
 * spans, parts) are kept as JSON; subject and body are columns of their own. What is read back was
 * written by us; a text that does not fit is RD_E_STORE.
 */
#ifndef REDRESS_STORE_READING_JSON_H
#define REDRESS_STORE_READING_JSON_H

#include "redress/base/arena.h"
#include "redress/message/message.h"
#include "redress/rules/score.h"

/* Owned: free(). */
RD_MUST_USE enum rd_rc rd_score_to_json(
	const struct rd_score *score, char **ret_json, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_score_from_json(
	const char *json, struct rd_arena *arena, struct rd_score *ret_score, struct rd_err *err);
/* Everything but channel, subject, body and the two keys. */
RD_MUST_USE enum rd_rc rd_message_to_json(
	const struct rd_message *message, char **ret_json, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_message_from_json(
	const char *json, struct rd_arena *arena, struct rd_message *message, struct rd_err *err);

#endif

/* text_intake: a checked text or receipt, committed. Used by the webhook and by polling.
 *
 * A receipt that says "failed" puts a task for a person (the resident has not been told); one that
 * says the number has opted out is kept as an opt-out. A picture of which the provider does not say
 * where it is cannot be fetched: the text counts as cut, and a person has the task to look.
 */
#ifndef REDRESS_INTAKE_TEXT_INTAKE_H
#define REDRESS_INTAKE_TEXT_INTAKE_H

#include "redress/store/db.h"
#include "redress/wire/providers/provider.h"

/* The number's own row, made where it is new; in a transaction of its own where it must be. */
RD_MUST_USE enum rd_rc rd_text_source(struct rd_db *db, const struct rd_texts_config *texts,
	int64_t now_ms, int64_t *ret_source_id, struct rd_err *err);

#define RD_TEXT_CAUSE_MAX (RD_PROVIDER_ID_BYTES_MAX + 32)
/* The cause of the task "look" for a text that the provider lists and does not let us read. Not by
 * number: two numbers of one account may share its list. rd_text_take ends it where the text comes
 * after all. */
const char *rd_text_unread_cause(
	const struct rd_texts_config *texts, const char *id, char out[static RD_TEXT_CAUSE_MAX]);

/* source_id  in and out: 0 until the source is known
 * RD_E_EXISTS without harm: it is stored already. A part of a text is stored as one (store/
 * text_parts.h). Scratch: arena. */
RD_MUST_USE enum rd_rc rd_text_take(struct rd_db *db, const struct rd_texts_config *texts,
	const struct rd_provider_text *text, int64_t now_ms, int64_t *source_id,
	struct rd_arena *arena, struct rd_err *err);

/* RD_E_EXISTS without harm: known already. Scratch: arena. */
RD_MUST_USE enum rd_rc rd_receipt_take(struct rd_db *db, const struct rd_texts_config *texts,
	const struct rd_provider_receipt *receipt, int64_t now_ms, struct rd_arena *arena,
	struct rd_err *err);

#endif

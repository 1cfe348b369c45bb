/* text_parts: long texts that a provider hands over in parts, in any order, some of them twice.
 *
 * A part is committed as it comes (then the provider may be answered). When the last one is there,
 * the whole becomes one message under the id of its first part. Where one stays out longer than the
 * wait, what is there becomes the message, with "[...]" where a part is missing, marked cut: a
 * person looks. A part that comes after that, or of another text with the same reference, is a text
 * of its own, after a wait of its own.
 *
 * Ids of parts are kept for ever, their words and numbers only until the message is made.
 */
#ifndef REDRESS_STORE_TEXT_PARTS_H
#define REDRESS_STORE_TEXT_PARTS_H

#include "redress/store/intake.h"

#define RD_TEXT_PART_WAIT_MS (5 * 60 * (int64_t)1000) /* from the first part that came */

struct rd_text_part {
	struct rd_text_put text; /* provider_id: the part's own */
	const char *ref;	 /* what the parts of one text have in common, with their sender */
	int part;		 /* from 1 */
	int n_parts;		 /* RD_TEXT_PARTS_MAX at most */
};

/* RD_E_EXISTS without harm: this part is in the store. *ret_message_id: 0 while others are waited
 * for. */
RD_MUST_USE enum rd_rc rd_text_part_put(struct rd_tx *tx, const struct rd_text_part *part,
	struct rd_arena *arena, int64_t *ret_message_id, struct rd_err *err);

/* Has a part of this id come, whatever became of it? */
RD_MUST_USE enum rd_rc rd_text_part_known(struct rd_db *db, int64_t source_id,
	const char *provider_id, bool *ret_known, struct rd_err *err);

/* Makes messages of those that have waited long enough. *ret_next_ms: when the next one will have;
 * 0: none waits. In a transaction of its own. */
RD_MUST_USE enum rd_rc rd_text_parts_expire(struct rd_db *db, int64_t now_ms,
	struct rd_arena *arena, size_t *ret_n, int64_t *ret_next_ms, struct rd_err *err);

#endif

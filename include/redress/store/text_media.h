/* text_media: pictures that came with texts: their places, and their bytes once they were fetched.
 *
 * A place is entered in the transaction that stores its text, is due until it was fetched, and is
 * given up after RD_TEXT_MEDIA_TRIES_MAX tries. Bytes are kept as they came and never looked into.
 */
#ifndef REDRESS_STORE_TEXT_MEDIA_H
#define REDRESS_STORE_TEXT_MEDIA_H

#include "redress/store/db.h"

#define RD_TEXT_MEDIA_TRIES_MAX 10 /* the last one about nine hours after the first */
#define RD_TEXT_MEDIA_TYPE_MAX	127

struct rd_text_media {
	int64_t id, message_id, case_id; /* case_id 0: not decided yet */
	int place;			 /* from 1 */
	const char *state;		 /* "due", "kept", "given_up" */
	const char *url;		 /* "" once it is kept */
	const char *type;
	int64_t size_bytes; /* kept, else 0 */
	int tries;
};

RD_MUST_USE enum rd_rc rd_text_media_put(struct rd_tx *tx, int64_t message_id, int place,
	const char *url, const char *type, int64_t now_ms, struct rd_err *err);
/* Of one number, soonest first; one try is counted by rd_text_media_failed. */
RD_MUST_USE enum rd_rc rd_text_media_due(struct rd_db *db, int64_t source_id, int64_t now_ms,
	size_t max, struct rd_arena *arena, struct rd_text_media **ret_items, size_t *ret_n,
	struct rd_err *err);
RD_MUST_USE enum rd_rc rd_text_media_keep(struct rd_tx *tx, int64_t id, const char *type,
	const void *bytes, size_t len, struct rd_err *err);
/* It was a list of pictures: it goes, and what it named is put in its place. */
RD_MUST_USE enum rd_rc rd_text_media_drop(struct rd_tx *tx, int64_t id, struct rd_err *err);
/* Tried again later, or, with the last try or for_good, given up: *ret_given_up. */
RD_MUST_USE enum rd_rc rd_text_media_failed(struct rd_tx *tx, const struct rd_text_media *media,
	bool for_good, int64_t now_ms, bool *ret_given_up, struct rd_err *err);

/* Did any come with it, whatever became of them? */
RD_MUST_USE enum rd_rc rd_text_media_any(
	struct rd_db *db, int64_t message_id, bool *ret_any, struct rd_err *err);
/* All of one message, by place. */
RD_MUST_USE enum rd_rc rd_text_media_list(struct rd_db *db, int64_t message_id,
	struct rd_arena *arena, struct rd_text_media **ret_items, size_t *ret_n,
	struct rd_err *err);
/* RD_E_MISSING: it was not fetched, or was erased. */
RD_MUST_USE enum rd_rc rd_text_media_bytes(struct rd_db *db, int64_t id, struct rd_arena *arena,
	const void **ret_bytes, size_t *ret_len, struct rd_err *err);

#endif

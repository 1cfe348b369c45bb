/* audit: the append-only, hash-chained record of every decision and act. Promise 7.
 *
 * A row holds ids, offsets, numbers and salted hashes, never words, addresses or numbers of
 * telephones; so erasure leaves it alone and the chain still verifies. hash = SHA-256 over the
 * previous row's hash and every field of this one, each with its length. The head (last sequence
 * and hash) is kept apart, so that cutting rows off the end shows. Triggers refuse UPDATE and
 * DELETE.
 */
#ifndef REDRESS_STORE_AUDIT_H
#define REDRESS_STORE_AUDIT_H

#include "redress/store/db.h"

#define RD_AUDIT_DETAIL_MAX (256u << 10)

struct rd_audit_row {
	int64_t seq, at_ms;
	const char *actor; /* "redressd", or the name of who acted (staff, not residents) */
	int64_t actor_uid; /* -1: the daemon */
	const char
		*what; /* "decided", "case_opened", "letter_queued", "sent", "reclassified", ... */
	int64_t case_id, message_id, outbox_id; /* 0: none */
	const char *detail;			/* JSON object; "{}" for none */
};

/* The row gets the next sequence; seq of the given row is ignored. detail must be JSON. at_ms may
 * lie before the last row's (a clock set back): it is recorded as it is; see rd_audit_last. */
RD_MUST_USE enum rd_rc rd_audit_add(
	struct rd_tx *tx, const struct rd_audit_row *row, int64_t *ret_seq, struct rd_err *err);

/* The time of the last row and the latest time of any; 0 in an empty store. A wall clock before the
 * latest stops sending. */
RD_MUST_USE enum rd_rc rd_audit_last(struct rd_db *db, int64_t *ret_at_ms, struct rd_err *err);

/* Walks the chain. RD_OK: whole, *ret_rows counted. RD_E_REFUSED: broken; err names the row and
 * what is wrong with it. */
RD_MUST_USE enum rd_rc rd_audit_verify(struct rd_db *db, int64_t *ret_rows, struct rd_err *err);

/* In order; of one case where not 0, of one message where not 0; from a sequence on; at most max.
 */
RD_MUST_USE enum rd_rc rd_audit_list(struct rd_db *db, int64_t case_id, int64_t message_id,
	int64_t from_seq, size_t max, struct rd_arena *arena, struct rd_audit_row **ret_rows,
	size_t *ret_n, struct rd_err *err);

#endif

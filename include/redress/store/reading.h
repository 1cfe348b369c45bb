/* reading: what a message said, as the sealed reader told it, and the look-ups that guards need.
 *
 * Words and addresses lie in one table (erasure empties it, salt included); kind, score, rule set
 * and keyed hashes (content key, header key, Message-ID, sender) in another, which outlives erasure
 * so that nothing erased comes in again. Promises 3, 7, 10.
 */
#ifndef REDRESS_STORE_READING_H
#define REDRESS_STORE_READING_H

#include "redress/message/message.h"
#include "redress/rules/score.h"
#include "redress/store/db.h"

/* In the transaction that finishes the message. ruleset: "sha256:...". */
RD_MUST_USE enum rd_rc rd_reading_put(struct rd_tx *tx, int64_t message_id,
	const struct rd_message *message, const struct rd_score *score, const char *ruleset,
	int64_t now_ms, struct rd_err *err);

/* Back as it was, but for the hits' `by`, which quotes the message and is not kept. RD_E_MISSING:
 * never read (or quarantined). After erasure the words are "" and *ret_erased is true. */
RD_MUST_USE enum rd_rc rd_reading_get(struct rd_db *db, int64_t message_id, struct rd_arena *arena,
	struct rd_message *ret_message, struct rd_score *ret_score, const char **ret_ruleset,
	bool *ret_erased, struct rd_err *err);

/* An earlier message that is the same one. 0: none. Only finished ones that are no duplicates, and
 * of the same landlord: each landlord that a resident writes to owes an answer of its own, and none
 * may see another's case. */
struct rd_twin {
	int64_t message_id;
	int64_t case_id; /* 0: it has none */
};
/* The same mail again: equal content keys. */
RD_MUST_USE enum rd_rc rd_reading_find_same(struct rd_db *db, const struct rd_message *message,
	const char *landlord, int64_t not_this_id, struct rd_twin *ret_twin, struct rd_err *err);
/* The same Message-ID, From and Date with another body: a second arrival for a person to see. */
RD_MUST_USE enum rd_rc rd_reading_find_other_body(struct rd_db *db,
	const struct rd_message *message, const char *landlord, int64_t not_this_id,
	struct rd_twin *ret_twin, struct rd_err *err);

/* Which case of the landlord do In-Reply-To and References speak of: the first of them that is the
 * Message-ID of a letter of ours or of an earlier message of a case. *ret_case 0: none. *ret_known:
 * is the sender known on that case (case_contact)? */
RD_MUST_USE enum rd_rc rd_reading_find_thread(struct rd_db *db, const struct rd_message *message,
	const char *landlord, int64_t *ret_case, bool *ret_known, struct rd_err *err);

/* The letter of ours that a delivery report speaks of (outbox row), 0: none. */
RD_MUST_USE enum rd_rc rd_reading_find_reported(struct rd_db *db, const struct rd_message *message,
	int64_t *ret_outbox_id, struct rd_err *err);

/* SHA-256 of the message's own salt and some words, in hex, for an audit row; erasing the salt
 * makes it say nothing. After rd_reading_put. */
RD_MUST_USE enum rd_rc rd_reading_salted_hash(struct rd_db *db, int64_t message_id,
	const void *words, size_t len, char out[static 65], struct rd_err *err);

#endif

/* erasure: emptying what the store holds of a person, and keeping it from coming in again.
 *
 * What is emptied are the tables that hold words, addresses and numbers (migrations.c names them):
 * raw bytes, readings with their salts, pictures, contacts, notes, what letters said, staff's
 * reasons. What stays are ids, times, kinds, clocks and the audit, whose chain verifies as before;
 * and keyed hashes, by which a message that was erased is known when it is delivered once more
 * (rd_erasure_knows). Pages that are freed are overwritten (secure_delete, db.c); the log is folded
 * in by rd_db_checkpoint.
 *
 * Beside the store lies STATE.erased, which only grows: a line for each case and message, ids and
 * keyed hashes alone. It is written and synced before the transaction commits, so that a backup of
 * before can be put back without bringing anything back: rd_erasure_apply, called by a restore.
 *
 *	RD_CLEANUP(rd_erasure_end) struct rd_erasure erasure = RD_ERASURE(tx, now_ms);
 *	RD_TRY(rd_erase_case(&erasure, case_id, RD_ERASED_ASKED, err));
 *	RD_TRY(rd_erasure_keep(&erasure, err));
 *	return rd_tx_commit(&tx, err);
 */
#ifndef REDRESS_STORE_ERASURE_H
#define REDRESS_STORE_ERASURE_H

#include "redress/base/buf.h"
#include "redress/message/message.h"
#include "redress/rules/kind.h"
#include "redress/store/db.h"

#define RD_ERASED_ENDING     ".erased" /* of the file beside the store */
#define RD_ERASURE_LINES_MAX (16u << 20)
/* Of that file; more is RD_E_RANGE. Some millions come in a decade: a restore must never stop here.
 */
#define RD_ERASED_LINES_MAX 1000000000

enum rd_erased_how {
	RD_ERASED_ASKED = 0, /* the person asked for it */
	RD_ERASED_OLD,	     /* kept as long as the configuration says */
	RD_ERASED_RESTORED,  /* erased before, and a backup had it still */
	RD_N_ERASED_HOWS,
};
extern const char *const rd_erased_how_names[RD_N_ERASED_HOWS + 1]; /* "asked", "old", ... */

/* One erasure on its way, with what it has emptied so far. */
struct rd_erasure {
	struct rd_tx *tx;
	int64_t now_ms;
	struct rd_buf lines; /* for the file beside the store */
	int64_t n_messages, n_letters, n_pictures;
};
#define RD_ERASURE(tx_, now_ms_)                                                                   \
	{                                                                                          \
		.tx = (tx_), .now_ms = (now_ms_), .lines = RD_BUF(RD_ERASURE_LINES_MAX)            \
	}
void rd_erasure_end(struct rd_erasure *erasure); /* for RD_CLEANUP */

/* The case's words and contacts, its letters', and those of its messages that stand on no other
 * case that is still kept. RD_E_REFUSED: it is not closed, is held for legal reasons, a letter
 * of it is not settled, or an order of the Ombudsman is still to be done. RD_E_EXISTS: erased
 * already. */
RD_MUST_USE enum rd_rc rd_erase_case(
	struct rd_erasure *erasure, int64_t case_id, enum rd_erased_how how, struct rd_err *err);
/* Somebody on another's case: their address and name there, letters of it that went to them, and
 * the act that had copies sent to them.
 * Their messages: rd_person_messages. RD_E_REFUSED: a letter to them is not settled. */
RD_MUST_USE enum rd_rc rd_erase_from_case(
	struct rd_erasure *erasure, int64_t case_id, const char *contact, struct rd_err *err);
/* The same by the key of the address, where a restored backup had it still. */
RD_MUST_USE enum rd_rc rd_erase_from_case_again(struct rd_erasure *erasure, int64_t case_id,
	const uint8_t key[static RD_STORE_KEY_BYTES], struct rd_err *err);
/* A message with a fate, and those that are the same one; its row stays. RD_E_REFUSED: it stands on
 * a case that is not closed or is held for legal reasons (but for RD_ERASED_RESTORED: it was erased
 * before). */
RD_MUST_USE enum rd_rc rd_erase_message(
	struct rd_erasure *erasure, int64_t message_id, enum rd_erased_how how, struct rd_err *err);
/* Before the commit: the lines go to the file beside the store, synced. */
RD_MUST_USE enum rd_rc rd_erasure_keep(struct rd_erasure *erasure, struct rd_err *err);

/* Was this mail erased before, as it is or as this very arrival? message may be NULL. */
RD_MUST_USE enum rd_rc rd_erasure_knows(struct rd_db *db, int64_t message_id,
	const struct rd_message *message, bool *ret_knows, struct rd_err *err);
/* The same of a text that is not in the store: source and the provider's id. */
RD_MUST_USE enum rd_rc rd_erasure_knows_text(struct rd_db *db, int64_t source_id,
	const char *provider_id, bool *ret_knows, struct rd_err *err);
/* Has the case been emptied? Has the message no word any more? */
RD_MUST_USE enum rd_rc rd_case_is_erased(
	struct rd_db *db, int64_t case_id, bool *ret_erased, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_message_is_erased(
	struct rd_db *db, int64_t message_id, bool *ret_erased, struct rd_err *err);

/* erased_file.c. Erases again in this store whatever the file of `state` names; nothing where there
 * is no file. RD_E_REFUSED: a line of it cannot be read. *ret_n: cases and messages emptied. */
RD_MUST_USE enum rd_rc rd_erasure_apply(
	struct rd_db *db, const char *state, int64_t now_ms, int64_t *ret_n, struct rd_err *err);

/* --- who --- */

struct rd_person_case {
	int64_t id;
	bool main;		   /* letters of the case go to them, or they alone are on it */
	bool closed, erased, held; /* held: for legal reasons */
	bool unsettled;		   /* a letter, not main: to them, that is on its way still */
	bool ordered;		   /* an order of the Ombudsman is still to be done */
};
/* Cases on which the address or number stands, or a message from it with words, or whose letters or
 * their copies went there, by number. */
RD_MUST_USE enum rd_rc rd_person_cases(struct rd_db *db, const char *contact,
	struct rd_arena *arena, struct rd_person_case **ret_cases, size_t *ret_n,
	struct rd_err *err);
/* Messages that came from them, stand on no case that is theirs (main; an erased one holds nothing)
 * and still have words;
 * *ret_waiting: those not decided yet. */
RD_MUST_USE enum rd_rc rd_person_messages(struct rd_db *db, const char *contact,
	struct rd_arena *arena, int64_t **ret_messages, size_t *ret_n, int64_t *ret_waiting,
	struct rd_err *err);

/* --- legal hold: kept for a court, the Ombudsman or an insurer, whatever else says --- */

struct rd_legal_hold {
	int64_t at_ms;
	const char *by, *why;
};
RD_MUST_USE enum rd_rc rd_legal_hold_set(struct rd_tx *tx, int64_t case_id, const char *by,
	const char *why, int64_t now_ms, struct rd_err *err);
/* RD_E_MISSING: it is not held. */
RD_MUST_USE enum rd_rc rd_legal_hold_end(struct rd_tx *tx, int64_t case_id, struct rd_err *err);
/* RD_E_MISSING: it is not held. */
RD_MUST_USE enum rd_rc rd_legal_hold_get(struct rd_db *db, int64_t case_id, struct rd_arena *arena,
	struct rd_legal_hold *ret_hold, struct rd_err *err);

/* --- retention --- */

/* Cases of a kind closed before then, not erased and not held, the oldest first; at most max. */
RD_MUST_USE enum rd_rc rd_retention_cases(struct rd_db *db, enum rd_kind kind, int64_t before_ms,
	size_t max, struct rd_arena *arena, int64_t **ret_cases, size_t *ret_n, struct rd_err *err);
/* Messages that stand on no case but erased ones, decided before then, with words still. */
RD_MUST_USE enum rd_rc rd_retention_messages(struct rd_db *db, int64_t before_ms, size_t max,
	struct rd_arena *arena, int64_t **ret_messages, size_t *ret_n, struct rd_err *err);

#endif

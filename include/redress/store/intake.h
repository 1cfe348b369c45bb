/* intake: where messages come from and their raw bytes, committed before anything else is done.
 *
 * A source is a mailbox (kind, host, user, folder) or a provider's number; the stanza's name is
 * only a label. A mailbox has an epoch a UIDVALIDITY, with the watermark up to which every UID has
 * been taken in. Several messages may share a transaction; one larger than RD_RAW_PIECE_BYTES may
 * be stored piece by piece over several, unfinished and seen by nobody until rd_intake_finish_mail.
 *
 * The mark ("seen" keyword, move) is due until rd_intake_set_marked: what is stored and unmarked is
 * marked at the next start. Promises 1, 2, 3.
 */
#ifndef REDRESS_STORE_INTAKE_H
#define REDRESS_STORE_INTAKE_H

#include "redress/base/limits.h"
#include "redress/message/message.h"
#include "redress/store/db.h"

#define RD_SOURCE_IDENTITY_MAX 1024
#define RD_MAILDIR_NAME_MAX    255
#define RD_PROVIDER_ID_MAX     256
#define RD_RECEIVED_FIRST_MS   INT64_C(820454400000) /* 1996-01-01, the first day of base/date.h */

enum rd_source_kind { RD_SOURCE_IMAP = 0, RD_SOURCE_MAILDIR, RD_SOURCE_TEXTS };

/* What makes a source the same source again. For a Maildir: path in host, "" else. For texts:
 * host is the provider's kind ("twilio"), user the account, folder the number. */
struct rd_source_identity {
	enum rd_source_kind kind;
	const char *host, *user, *folder;
};

/* Finds or makes it and sets its label. Host is compared without regard to case. */
RD_MUST_USE enum rd_rc rd_source_take(struct rd_tx *tx, const struct rd_source_identity *identity,
	const char *name, int64_t now_ms, int64_t *ret_source_id, bool *ret_new,
	struct rd_err *err);

/* RD_E_MISSING where nothing was ever taken from it. */
RD_MUST_USE enum rd_rc rd_source_find(struct rd_db *db, const struct rd_source_identity *identity,
	int64_t *ret_source_id, struct rd_err *err);

/* What status and metrics show of a source. */
RD_MUST_USE enum rd_rc rd_source_note_success(
	struct rd_tx *tx, int64_t source_id, int64_t now_ms, struct rd_err *err);
/* server_count: UIDs (or files) listed, accepted: those of them in the store. */
RD_MUST_USE enum rd_rc rd_source_note_counts(struct rd_tx *tx, int64_t source_id,
	int64_t server_count, int64_t accepted, struct rd_err *err);

struct rd_source_status {
	int64_t id;
	const char *name;
	enum rd_source_kind kind;
	int64_t last_success_ms;
	int64_t server_count, accepted; /* -1: not yet known */
	int64_t gone;			/* UIDs that vanished before we saw them */
	int64_t unmarked;		/* stored, mark still due */
};
RD_MUST_USE enum rd_rc rd_source_list(struct rd_db *db, struct rd_arena *arena,
	struct rd_source_status **ret_sources, size_t *ret_n, struct rd_err *err);

/* --- epochs of a mailbox --- */

struct rd_epoch {
	int64_t id;
	uint32_t uidvalidity;
	uint32_t start_uid;	/* UIDs below are not ours (Start from) */
	uint32_t first_uidnext; /* UIDNEXT when first seen: a gap below it is no news */
	uint32_t watermark; /* every UID from start_uid up to here has been taken in or was gone */
	int64_t first_seen_ms;
	bool is_new;	      /* made by this call */
	bool first_of_source; /* no other UIDVALIDITY was known before */
};
/* Finds it, or makes it with start_uid (and watermark start_uid - 1) as given. */
RD_MUST_USE enum rd_rc rd_epoch_take(struct rd_tx *tx, int64_t source_id, uint32_t uidvalidity,
	uint32_t start_uid, uint32_t uidnext, int64_t now_ms, struct rd_epoch *ret_epoch,
	struct rd_err *err);
/* RD_E_MISSING where this UIDVALIDITY was never seen. */
RD_MUST_USE enum rd_rc rd_epoch_find(struct rd_db *db, int64_t source_id, uint32_t uidvalidity,
	struct rd_epoch *ret_epoch, struct rd_err *err);
/* Never goes back. In the transaction of the last message of the batch. */
RD_MUST_USE enum rd_rc rd_epoch_advance(
	struct rd_tx *tx, int64_t epoch_id, uint32_t watermark, struct rd_err *err);

struct rd_reconciled {
	uint32_t *missing; /* listed at or below the watermark and not in the store: fetch and alarm
			    */
	size_t n_missing;
	int64_t n_extra;    /* listed above the watermark: not yet fetched */
	int64_t n_stored;   /* listed and in the store: "accepted" */
	int64_t n_gone_new; /* newly found gone before we saw them; written to the store by this
			       call */
};
/* uids: those the server lists now, rising. uidnext: the server's. */
RD_MUST_USE enum rd_rc rd_epoch_reconcile(struct rd_tx *tx, const struct rd_epoch *epoch,
	const uint32_t *uids, size_t n_uids, uint32_t uidnext, int64_t now_ms,
	struct rd_arena *arena, struct rd_reconciled *ret_result, struct rd_err *err);

/* --- mails --- */

struct rd_mail_put {
	int64_t source_id;
	const char *landlord;
	int64_t epoch_id;      /* IMAP; 0 for a Maildir */
	uint32_t uid;	       /* IMAP; 0 for a Maildir */
	const char *name;      /* a Maildir's base name before `:`; NULL for IMAP */
	int64_t received_ms;   /* the server's: INTERNALDATE, mtime; never the Date header. Kept
				  within   RD_RECEIVED_FIRST_MS and first_seen_ms: a day outside could
				  be   counted by no policy */
	int64_t first_seen_ms; /* now */
	uint64_t server_bytes; /* size that the server names; may be larger than what is stored when
				  cut */
	bool cut;	       /* only its beginning is given (Size limit) */
	bool mark;	       /* a mark (keyword, move) is due after the commit */
};

/* A whole mail at once (any size up to RD_MAIL_BYTES_MAX; pieces are made of it).
 * RD_E_EXISTS without harm: the same (epoch, uid) or (source, name) is in the store;
 * *ret_message_id is set then too. */
RD_MUST_USE enum rd_rc rd_intake_put_mail(struct rd_tx *tx, const struct rd_mail_put *mail,
	const void *raw, size_t len, int64_t *ret_message_id, struct rd_err *err);

/* The same in pieces, over any number of transactions. Start throws an unfinished earlier try away.
 */
RD_MUST_USE enum rd_rc rd_intake_start_mail(struct rd_tx *tx, const struct rd_mail_put *mail,
	int64_t *ret_message_id, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_intake_add_piece(
	struct rd_tx *tx, int64_t message_id, const void *piece, size_t len, struct rd_err *err);
/* From this commit on it exists. cut: as found at the end. */
RD_MUST_USE enum rd_rc rd_intake_finish_mail(
	struct rd_tx *tx, int64_t message_id, bool cut, struct rd_err *err);
/* Unfinished ones of a dead daemon; at start. */
RD_MUST_USE enum rd_rc rd_intake_drop_unfinished(
	struct rd_tx *tx, int64_t *ret_n, struct rd_err *err);

/* Is it in the store (finished)? */
RD_MUST_USE enum rd_rc rd_intake_has_uid(
	struct rd_db *db, int64_t epoch_id, uint32_t uid, bool *ret_has, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_intake_has_name(
	struct rd_db *db, int64_t source_id, const char *name, bool *ret_has, struct rd_err *err);

struct rd_unmarked_mail {
	int64_t message_id;
	int64_t epoch_id;
	uint32_t uid;
	const char *name; /* Maildir */
};
/* Stored and not yet marked, oldest first, at most max; of one epoch where epoch_id is not 0. */
RD_MUST_USE enum rd_rc rd_intake_list_unmarked(struct rd_db *db, int64_t source_id,
	int64_t epoch_id, size_t max, struct rd_arena *arena, struct rd_unmarked_mail **ret_items,
	size_t *ret_n, struct rd_err *err);
/* Marked, or no longer there to be marked. */
RD_MUST_USE enum rd_rc rd_intake_set_marked(
	struct rd_tx *tx, const int64_t *message_ids, size_t n, struct rd_err *err);

/* --- texts --- */

struct rd_text_put {
	int64_t source_id;
	const char *landlord;
	const char *provider_id; /* message id, or the hash where the provider has none */
	const char *from, *to;	 /* numbers, +44... */
	const char *body;	 /* UTF-8, at most RD_SMS_BYTES_MAX */
	size_t body_len;
	int64_t provider_ms;   /* as the provider says; 0: not said */
	int64_t received_ms;   /* the provider's receipt, else now; kept within the same bounds */
	int64_t first_seen_ms; /* now */
	bool cut;	       /* a part of it is missing: a person looks */
};
/* RD_E_EXISTS without harm: answer 2xx again. One that was erased is such a one (id 0). */
RD_MUST_USE enum rd_rc rd_intake_put_text(struct rd_tx *tx, const struct rd_text_put *text,
	int64_t *ret_message_id, struct rd_err *err);

/* --- reading raw bytes back --- */

struct rd_raw_reader;
/* Of a mail its pieces, of a text its body. Owned; borrows db. */
RD_MUST_USE enum rd_rc rd_raw_open(struct rd_db *db, int64_t message_id,
	struct rd_raw_reader **ret_reader, struct rd_err *err);
/* Fits struct rd_raw_source of the reader: context is the struct rd_raw_reader. *ret_len 0: the
 * end; the piece is borrowed until the next call. A piece that is missing in between is RD_E_STORE.
 */
enum rd_rc rd_raw_next(void *reader, const void **ret_piece, size_t *ret_len, struct rd_err *err);
void rd_raw_close(struct rd_raw_reader *reader); /* NULL is fine */
void rd_raw_cleanup(struct rd_raw_reader **reader);

#endif

/* imap_take: mails from an open folder into the store, in runs of bounded memory.
 *
 * A run is one FETCH of up to RD_IMAP_RUN_MAX mails. While the server sends, whole mails are held
 * until they are a batch (RD_BATCH_*), then stored; a mail longer than a piece is begun in the
 * store at once and finished piece by piece after the run, unseen by anybody until it is whole. The
 * watermark follows the lowest UID that is still wanted, whatever order the mails come in.
 * Used by daemon/intake/imap.c.
 */
#ifndef REDRESS_INTAKE_IMAP_TAKE_H
#define REDRESS_INTAKE_IMAP_TAKE_H

#include "redress/intake/imap_session.h"
#include "redress/intake/source.h"
#include "redress/store/intake.h"

#define RD_WITHHELD_TRIES   3
#define RD_SHORT_PIECES_MAX 64 /* of one mail; what then is still missing is cut off */

struct rd_held_mail {
	size_t index; /* in the run */
	struct rd_imap_mail mail;
	bool cut;
};

struct rd_large_mail {
	size_t index;
	int64_t message_id;
	uint64_t stored;
	uint64_t size_bytes; /* as the server claims */
	int n_short;	     /* pieces that ended before the mail did */
};

struct rd_taker {
	const struct rd_intake_source *source;
	struct rd_db *db;
	struct rd_imap *imap; /* of the running connection */
	int64_t source_id;
	struct rd_epoch epoch;
	bool mark;	   /* a mark is wanted and this folder can keep it */
	bool warned;	   /* that it cannot */
	bool store_failed; /* the last failure was the store's */
	size_t run;	   /* mails in the next run: grows while the line is good */
	int64_t n_taken;   /* committed since the mailbox was last counted */

	/* the run */
	const uint32_t *wanted; /* rising */
	size_t n_wanted;
	bool below_watermark; /* wanted ones are missed ones: the watermark stays */
	uint8_t state[RD_IMAP_RUN_MAX];
	struct rd_held_mail held[RD_BATCH_MESSAGES_MAX];
	size_t n_held;
	size_t held_bytes;
	struct rd_large_mail large[RD_IMAP_RUN_MAX];
	size_t n_large;
	uint32_t mark_uids[RD_IMAP_RUN_MAX]; /* stored in this run, mark due */
	int64_t mark_ids[RD_IMAP_RUN_MAX];
	size_t n_marks;
};

/* Takes in every mail above the watermark until a listing shows none. */
RD_MUST_USE enum rd_rc rd_taker_catch_up(struct rd_taker *taker, struct rd_err *err);
/* Fetches mails that ought to be in the store. */
RD_MUST_USE enum rd_rc rd_taker_fetch_missed(
	struct rd_taker *taker, const uint32_t *uids, size_t n, struct rd_err *err);
/* Marks what was stored and not marked before. */
RD_MUST_USE enum rd_rc rd_taker_mark_due(struct rd_taker *taker, struct rd_err *err);
/* Drops what is held in memory. */
void rd_taker_clear(struct rd_taker *taker);
/* Notes that a failure was the store's; passes rc on. */
enum rd_rc rd_taker_stored(struct rd_taker *taker, enum rd_rc rc);

#endif

/* queue: stored messages on their way to a fate. Promises 4 and 12.
 *
 * A message is waiting, claimed by one run of the daemon, or done with exactly one fate. A claim
 * counts an attempt and is committed before a byte is parsed. A child's death keeps the attempt;
 * an ordinary failure and the daemon's own end (orderly or by kill -9) give it back, the latter at
 * most RD_GIVE_BACKS_MAX times. From RD_ATTEMPTS_MAX attempts on a message comes as `exhausted`: to
 * be quarantined unread, with a case for a person.
 */
#ifndef REDRESS_STORE_QUEUE_H
#define REDRESS_STORE_QUEUE_H

#include "redress/message/message.h"
#include "redress/policy/case_words.h"
#include "redress/store/db.h"

#define RD_ATTEMPTS_MAX	  3
#define RD_GIVE_BACKS_MAX 10
#define RD_CLAIM_MAX	  100 /* messages of one batch */

/* A run of the daemon (or --once), started under the single daemon's lock: whatever another run
 * left claimed is given back, rows left sending become uncertain (outbox.h), unfinished mails go.
 */
RD_MUST_USE enum rd_rc rd_queue_start_run(
	struct rd_db *db, int64_t now_ms, int64_t *ret_run, struct rd_err *err);
/* The orderly end: gives everything back without counting it. */
RD_MUST_USE enum rd_rc rd_queue_end_run(
	struct rd_db *db, int64_t run, int64_t now_ms, struct rd_err *err);

struct rd_claimed {
	int64_t id;
	enum rd_channel channel;
	int64_t source_id;
	const char *source; /* the stanza's name when it came */
	const char *landlord;
	int64_t received_ms, first_seen_ms;
	uint64_t size_bytes;
	bool cut;
	int attempts;	/* this one counted */
	bool suspect;	/* a child died over it before: comes alone */
	bool exhausted; /* do not read it: quarantine it */
	int group;	/* texts of the same number decided together share one, from 1; 0: alone */
	const char *from, *to; /* a text's numbers; "" for a mail */
	const char *text;      /* a text's body; "" for a mail */
	uint32_t text_len;
};

/* Claims up to max (<= RD_CLAIM_MAX) messages, oldest first, in a transaction of its own; those in
 * back-off do not block others. Texts come once text_pause_ms has passed since the first waiting
 * one of their number was seen, all of that number seen within the pause in one group (never split;
 * a group may exceed max), groups in order: commit one before the next is decided. A negative
 * text_pause_ms groups in the same way and does not wait (--once). A suspect comes alone, when it
 * is the oldest. n 0: nothing due; *ret_next_ms is when the next text or back-off is due, 0 for
 * none. */
RD_MUST_USE enum rd_rc rd_queue_claim(struct rd_db *db, int64_t run, int64_t now_ms, size_t max,
	int64_t text_pause_ms, struct rd_arena *arena, struct rd_claimed **ret_items, size_t *ret_n,
	int64_t *ret_next_ms, struct rd_err *err);

/* An ordinary failure (store trouble, stopping): waiting again, attempt given back, not before. */
RD_MUST_USE enum rd_rc rd_queue_give_back(
	struct rd_tx *tx, int64_t message_id, int64_t not_before_ms, struct rd_err *err);
/* The same for everything that a run has claimed, in a transaction of its own: for a pipeline that
 * has nothing in hand and could not give back what it had. */
RD_MUST_USE enum rd_rc rd_queue_give_run_back(
	struct rd_db *db, int64_t run, int64_t not_before_ms, struct rd_err *err);
/* The child died, or outran a limit, over this message alone. Attempt kept; waiting again, suspect.
 * With *ret_attempts at RD_ATTEMPTS_MAX or above it stays claimed: quarantine it (rd_queue_finish)
 * in this transaction. detail: "signal 11", never content. */
RD_MUST_USE enum rd_rc rd_queue_record_death(struct rd_tx *tx, int64_t message_id,
	const char *detail, int *ret_attempts, struct rd_err *err);

struct rd_fate {
	enum rd_fate_kind kind;
	int64_t case_id;
	int64_t duplicate_of;
	const char *detail; /* guarded: "bounce", "out_of_office", "opt_out", "own_message", ... */
	bool quarantined;   /* with RD_FATE_OPENED alone */
};
/* Exactly once: RD_E_EXISTS when it has a fate already, RD_E_REFUSED when it was not claimed.
 * In the transaction of the case, clocks, audit and outbox. Opened and joined also enter the
 * message on the case (as rd_case_add_message does). */
RD_MUST_USE enum rd_rc rd_queue_finish(struct rd_tx *tx, int64_t message_id,
	const struct rd_fate *fate, int64_t now_ms, struct rd_err *err);

struct rd_message_row {
	int64_t id, source_id;
	const char *source, *landlord;
	enum rd_channel channel;
	int64_t received_ms, first_seen_ms, finished_ms;
	uint64_t size_bytes;
	bool cut, quarantined;
	const char *state; /* storing waiting claimed done */
	int attempts;
	struct rd_fate fate;
	const char *trouble; /* of the last attempt */
	uint32_t uid;
	const char *name, *provider_id;
};
RD_MUST_USE enum rd_rc rd_queue_show(struct rd_db *db, int64_t message_id, struct rd_arena *arena,
	struct rd_message_row *ret_row, struct rd_err *err);
/* With a fate (RD_FATE_NONE: any), newest first, at most max. */
RD_MUST_USE enum rd_rc rd_queue_list(struct rd_db *db, enum rd_fate_kind fate, size_t max,
	struct rd_arena *arena, struct rd_message_row **ret_rows, size_t *ret_n,
	struct rd_err *err);

/* Waiting and claimed, and when the oldest waiting one was first seen (0: none). */
RD_MUST_USE enum rd_rc rd_queue_counts(struct rd_db *db, int64_t *ret_waiting, int64_t *ret_claimed,
	int64_t *ret_oldest_ms, struct rd_err *err);

#endif

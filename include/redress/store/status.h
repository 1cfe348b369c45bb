/* status: the figures of `redressctl status`, the alarms that stand, and the ledger check. */
#ifndef REDRESS_STORE_STATUS_H
#define REDRESS_STORE_STATUS_H

#include "redress/store/db.h"

#define RD_ALARM_MAIL_MS 3600000 /* one mail an hour a cause */

struct rd_status_counts {
	int64_t accepted;				/* messages stored whole */
	int64_t processed;				/* of them with a fate */
	int64_t review;					/* undecided reviews */
	int64_t quarantined, duplicate, guarded, other; /* by fate */
	int64_t waiting;				/* stored, without a fate */
	int64_t oldest_waiting_ms;			/* first seen; 0: none */
	int64_t outbox_queued, outbox_held, outbox_sending, outbox_sent, outbox_failed,
		outbox_uncertain;
	int64_t tasks_open, cases_open;
	int64_t rule_failures; /* messages that a rule failed on, ever, over all rules */
	int64_t rules_off;     /* switched off now */
};
RD_MUST_USE enum rd_rc rd_status_counts(
	struct rd_db *db, struct rd_status_counts *ret_counts, struct rd_err *err);

/* Raised, or still standing. *ret_mail: an hour has passed since the last mail of this cause (it is
 * then counted as mailed; do so in the transaction that queues the mail). */
RD_MUST_USE enum rd_rc rd_alarm_raise(struct rd_tx *tx, const char *cause, const char *text,
	int64_t now_ms, bool *ret_mail, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_alarm_clear(
	struct rd_tx *tx, const char *cause, int64_t now_ms, struct rd_err *err);
struct rd_alarm {
	const char *cause,
		*text; /* our words: names of mailboxes, numbers; nothing of a resident */
	int64_t raised_ms, last_ms, times;
};
/* Those that stand. */
RD_MUST_USE enum rd_rc rd_alarm_list(struct rd_db *db, struct rd_arena *arena,
	struct rd_alarm **ret_alarms, size_t *ret_n, struct rd_err *err);

/* The ledger: every finished message has exactly one fate and what belongs to it, every case that
 * was opened by a message is named by it, every outbox row is in one piece. Problems as sentences
 * with row numbers; none: *ret_n 0. with_idle: also those still waiting, claimed, sending or
 * storing. */
RD_MUST_USE enum rd_rc rd_ledger_check(struct rd_db *db, bool with_idle, struct rd_arena *arena,
	const char ***ret_problems, size_t *ret_n, struct rd_err *err);

#endif

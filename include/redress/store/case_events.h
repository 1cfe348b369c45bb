/* case_events: what happened to cases, for the landlord's own systems, event after event.
 *
 * An event is made of an audit row, in the transaction that changes the case, and holds what the
 * case was when that transaction was committed: kind, stage, status, days. Words, addresses and
 * numbers of residents are not in it, so that erasure has nothing to empty here. Not every audit
 * row is an event: notes, tasks and holds are nobody's business outside.
 *
 * Its number is the audit row's: it rises, with gaps. Its id is the same wherever the event is told
 * and in every attempt, and another one after a restore has taken the number back.
 */
#ifndef REDRESS_STORE_CASE_EVENTS_H
#define REDRESS_STORE_CASE_EVENTS_H

#include "redress/base/date.h"
#include "redress/message/reference.h"
#include "redress/policy/case_words.h"
#include "redress/rules/kind.h"
#include "redress/store/db.h"

#define RD_CASE_EVENT_ID_MAX 40 /* "evt_" and 32 hex digits */

enum rd_case_event_kind {
	RD_CASE_OPENED = 0,
	RD_CASE_MESSAGE, /* a message joined it */
	RD_CASE_REVIEWED,
	RD_CASE_RECLASSIFIED,
	RD_CASE_LETTER_SENT,
	RD_CASE_LETTER_FAILED,
	RD_CASE_ACKNOWLEDGED, /* by a person; else it is a letter that was sent */
	RD_CASE_DEFINED,
	RD_CASE_ASSIGNED,
	RD_CASE_CONTACTED,
	RD_CASE_RESPONDED,
	RD_CASE_EXTENDED,
	RD_CASE_ESCALATED,
	RD_CASE_ACCEPTED,
	RD_CASE_REFUSED,
	RD_CASE_EXCLUDED,
	RD_CASE_WITHDRAWN,
	RD_CASE_REFERRED,
	RD_CASE_LINKED,
	RD_CASE_MERGED,
	RD_CASE_SPLIT,
	RD_CASE_CLOSED,
	RD_CASE_REOPENED,
	RD_CASE_ERASED,
	RD_N_CASE_EVENTS
};
extern const char *const rd_case_event_names[RD_N_CASE_EVENTS + 1];

struct rd_case_event {
	int64_t number, case_id, at_ms;
	enum rd_case_event_kind event;
	char id[RD_CASE_EVENT_ID_MAX];
	char reference[RD_REFERENCE_MAX];
	const char *landlord;
	enum rd_kind kind;
	enum rd_stage stage;
	enum rd_case_status status;
	int64_t received_ms, opened_ms, acknowledged_ms, answered_ms, closed_ms;
	const char *next_clock; /* the unmet clock that is due first, "" none */
	struct rd_date next_due;
};

/* In order, those behind a number, of one landlord where not NULL; at most max. */
RD_MUST_USE enum rd_rc rd_case_events_list(struct rd_db *db, int64_t after, const char *landlord,
	size_t max, struct rd_arena *arena, struct rd_case_event **ret_events, size_t *ret_n,
	struct rd_err *err);
RD_MUST_USE enum rd_rc rd_case_event_get(struct rd_db *db, int64_t number, struct rd_arena *arena,
	struct rd_case_event *ret_event, struct rd_err *err);
/* The number of the last one; 0 where there is none. */
RD_MUST_USE enum rd_rc rd_case_events_last(
	struct rd_db *db, int64_t *ret_number, struct rd_err *err);

/* For rd_tx_commit alone: the events of the audit rows from that one on. */
RD_MUST_USE enum rd_rc rd_case_events_note(struct rd_tx *tx, int64_t from_seq, struct rd_err *err);

#endif

/* casework: a verdict written down: case, clocks, letter, tasks, review, audit, all in one
 * transaction. What the pipeline, the timekeeper and the staff's acts share.
 */
#ifndef REDRESS_GATEWAY_CASEWORK_H
#define REDRESS_GATEWAY_CASEWORK_H

#include "redress/gateway/office.h"
#include "redress/policy/decision.h"
#include "redress/reader/reader.h"
#include "redress/store/casebook.h"

#define RD_CASEWORK_NOTHING_OWED "a person found that nothing is owed" /* why a case is closed */

/* What one verdict is about. Borrowed. */
struct rd_matter {
	int64_t message_id;   /* 0: staff opened the case */
	int64_t joined_case;  /* facts.joined, 0: none */
	int64_t related_case; /* possibly related, 0: none known */
	const char *landlord;
	enum rd_case_channel channel;	  /* that the resident used */
	enum rd_case_channel letters_by;  /* what address is: RD_BY_EMAIL or RD_BY_SMS; else none */
	const char *address, *name;	  /* who wrote, or is proposed; "" nobody known */
	bool proposed;			  /* a colleague passed the message on */
	const char *resident_task;	  /* what to do about that; NULL: the task's own words */
	const char *source;		  /* the stanza that it came by; "" for staff */
	const char *subject;		  /* a line for staff's lists */
	const char *outcome;		  /* wanted, as staff recorded it; "" unknown */
	const struct rd_message *message; /* NULL: none, or not read */
	const struct rd_score *score;	  /* NULL where there is none */
	const char *const *topics;	  /* named by staff; score's where there is one */
	size_t n_topics;
	const char *const
		*about; /* people or roles of the landlord that it is about, as staff say */
	size_t n_about;
	int64_t received_ms;
	const char *cause; /* of the letter: "message:17", "act:..." */
};

/* Opens or joins as the verdict says and returns the case (0: it has none). The message's own fate
 * (rd_queue_finish) is the caller's, in the same transaction. */
RD_MUST_USE enum rd_rc rd_casework_apply(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_matter *matter, const struct rd_verdict *verdict, struct rd_arena *arena,
	int64_t *ret_case, struct rd_err *err);

/* A case that is there already takes what was settled (rd_decide_settled): its kind, stage, clocks,
 * letter and tasks; what the old kind had running is cancelled. `other` closes it, unless a message
 * on it is still undecided: that keeps the case open with stage1.acknowledge running from its own
 * receipt. was: the case as it stands, its unsent letters cancelled already. The verdict is used
 * up. */
RD_MUST_USE enum rd_rc rd_casework_resettle(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_case *was, const struct rd_matter *matter, struct rd_verdict *verdict,
	struct rd_arena *arena, struct rd_err *err);

/* The one that letters of the case go to; address "" where there is none. */
RD_MUST_USE enum rd_rc rd_casework_main_contact(struct rd_db *db, int64_t case_id,
	struct rd_arena *arena, struct rd_case_contact *ret_contact, struct rd_err *err);

/* A task in the words of its kind. */
RD_MUST_USE enum rd_rc rd_casework_task(struct rd_tx *tx, const struct rd_office *office,
	enum rd_task_kind kind, int64_t case_id, int64_t message_id, int64_t outbox_id,
	const char *landlord, struct rd_date due, const char *cause, bool shared,
	struct rd_err *err);

/* One row of the audit in the office's actor's name. detail: JSON object, NULL for none. */
RD_MUST_USE enum rd_rc rd_casework_audit(struct rd_tx *tx, const struct rd_office *office,
	const char *what, int64_t case_id, int64_t message_id, int64_t outbox_id,
	const char *detail, struct rd_err *err);

/* The row of a letter that was put: with its version, and with the row that took an old one's place
 * (as; 0: none). */
RD_MUST_USE enum rd_rc rd_casework_audit_letter(struct rd_tx *tx, const struct rd_office *office,
	const char *what, int64_t case_id, int64_t message_id, int64_t outbox_id,
	const char *version, int64_t as, struct rd_err *err);

#endif

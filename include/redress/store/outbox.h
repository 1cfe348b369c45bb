/* outbox: every letter and text that leaves, stored exactly as it will be sent. Promises 3, 5,
 * 6, 11.
 *
 * One row for each (case, letter kind, stage, cause) that is not cancelled. States:
 *
 *   queued --claim--> sending --> sent | queued (deferred) | failed | uncertain
 *   queued <-> held (safeguarding, restored, old mail: never goes by itself; a person approves it)
 *   queued, held, failed --> cancelled        failed --retry--> queued
 *   uncertain --settle--> sent | queued | cancelled
 *
 * The claim is committed before the wire is touched. A row found `sending` at start was on its way
 * when the daemon ended: it becomes uncertain with `asked` false; the sender asks the provider
 * where one can be asked, else a person settles it. A row that binds a day (`written_for`) and was
 * never attempted is not claimed on another day: rd_outbox_stale lists those for cancelling and
 * writing anew. "Letters: approved" needs no hold: the row is queued with not_before_ms at the
 * latest moment and rd_outbox_approve brings that forward.
 */
#ifndef REDRESS_STORE_OUTBOX_H
#define REDRESS_STORE_OUTBOX_H

#include "redress/base/date.h"
#include "redress/message/message.h"
#include "redress/store/casebook.h"
#include "redress/store/db.h"

#define RD_LETTER_BYTES_MAX   (256u << 10)
#define RD_RESPONSE_BYTES_MAX 2000 /* of a server's or provider's answer kept */

enum rd_outbox_state {
	RD_OUTBOX_QUEUED = 0,
	RD_OUTBOX_HELD,
	RD_OUTBOX_SENDING,
	RD_OUTBOX_SENT,
	RD_OUTBOX_FAILED,
	RD_OUTBOX_UNCERTAIN,
	RD_OUTBOX_CANCELLED,
};
extern const char *const rd_outbox_state_names[8]; /* NULL-ended */

struct rd_outbox_row {
	int64_t id;	    /* set by the store */
	int64_t case_id;    /* 0: no case (an alarm mail) */
	const char *letter; /* letter kind: "acknowledge", "received", "added", "alarm", ... */
	enum rd_stage stage;
	const char *cause; /* "message:17", "act:...", "bounce:9" */
	enum rd_channel channel;
	const char *outgoing;  /* stanza name: Outgoing: of a mail, Texts: of a text */
	const char *recipient; /* address or number */
	const char *subject;   /* "" for a text */
	const char *payload; /* the whole mail with headers, CRLF; or the text; or Notify's JSON */
	size_t payload_len;
	const char
		*message_id; /* fixed, without <>; for a text the reference given to the provider */
	const char *letter_version;
	struct rd_date written_for; /* the London day it is written for */
	bool binds_day; /* names dates that hang on that day: not sent on another unattempted */
	bool emergency; /* does not wait for Text hours */
	int64_t not_before_ms;	 /* 0: at once */
	const char *hold_reason; /* not "": held */
	bool needs_approval;	 /* shown as waiting for approval until it goes by itself */
	const char *meets_clock; /* clock met when it is sent, "" none: "stage1.acknowledge" */

	/* set by the store */
	enum rd_outbox_state state;
	int attempts;
	int64_t created_ms, next_try_ms, sending_ms, sent_ms;
	bool asked;		  /* uncertain: the provider has been asked already */
	const char *payload_sent; /* Notify: the body that its answer returned; "" else */
	size_t payload_sent_len;
	const char *provider_id, *response, *trouble; /* trouble: why failed or deferred */
	const char *delivery; /* by receipt: "", "delivered", "failed", ... */
	int64_t delivery_ms;
	const char *approved_by;
};

/* RD_E_EXISTS without harm: the letter is there; *ret_id is set then too. The case's safeguarding
 * hold makes any row of it held. */
RD_MUST_USE enum rd_rc rd_outbox_put(struct rd_tx *tx, const struct rd_outbox_row *row,
	int64_t now_ms, int64_t *ret_id, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_outbox_get(struct rd_db *db, int64_t id, struct rd_arena *arena,
	struct rd_outbox_row *ret_row, struct rd_err *err);

struct rd_outbox_filter {
	const enum rd_outbox_state *state; /* NULL: any, and so below */
	int64_t case_id;
	const char *letter;
	const enum rd_channel *channel;
	const char *outgoing;
	const char *hold_reason;
	bool unasked;	  /* uncertain and not yet asked about */
	int64_t after_id; /* rows behind this one, for the next page */
	size_t max;
};
RD_MUST_USE enum rd_rc rd_outbox_list(struct rd_db *db, const struct rd_outbox_filter *filter,
	struct rd_arena *arena, struct rd_outbox_row **ret_rows, size_t *ret_n, struct rd_err *err);

/* The next due row (of one outgoing where not NULL), sending and committed when this returns, in a
 * transaction of its own. RD_E_MISSING: none is due. `texts_now` false leaves texts without an
 * emergency block alone (outside Text hours). emergency rows first, then by age. */
RD_MUST_USE enum rd_rc rd_outbox_claim(struct rd_db *db, const char *outgoing, int64_t now_ms,
	bool texts_now, struct rd_arena *arena, struct rd_outbox_row *ret_row, struct rd_err *err);
/* The same of emergency rows alone (emergency blocks, alarm mails), which no cap keeps back. */
RD_MUST_USE enum rd_rc rd_outbox_claim_emergency(struct rd_db *db, const char *outgoing,
	int64_t now_ms, struct rd_arena *arena, struct rd_outbox_row *ret_row, struct rd_err *err);
/* When the next queued row is due; 0: none. */
RD_MUST_USE enum rd_rc rd_outbox_next_due(struct rd_db *db, int64_t *ret_ms, struct rd_err *err);

/* What became of a claimed row. Each refuses a row that is not sending (sent also takes uncertain).
 */
RD_MUST_USE enum rd_rc rd_outbox_sent(struct rd_tx *tx, int64_t id, const char *provider_id,
	const char *response, int64_t at_ms, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_outbox_defer(
	struct rd_tx *tx, int64_t id, const char *trouble, int64_t next_try_ms, struct rd_err *err);
/* Not put on the wire after all (rate cap, stopping): queued again, the attempt given back. */
RD_MUST_USE enum rd_rc rd_outbox_unclaim(
	struct rd_tx *tx, int64_t id, int64_t next_try_ms, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_outbox_fail(
	struct rd_tx *tx, int64_t id, const char *trouble, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_outbox_uncertain(
	struct rd_tx *tx, int64_t id, const char *trouble, struct rd_err *err);
/* Notify: the body that its answer returned is kept as the text sent. */
RD_MUST_USE enum rd_rc rd_outbox_set_payload_sent(
	struct rd_tx *tx, int64_t id, const char *body, size_t len, struct rd_err *err);
/* The provider was asked about an uncertain row and could not say. */
RD_MUST_USE enum rd_rc rd_outbox_set_asked(struct rd_tx *tx, int64_t id, struct rd_err *err);

/* Acts of people (and of the sender after asking: by "redressd"). */
enum rd_settle { RD_SETTLE_SENT = 0, RD_SETTLE_SEND_AGAIN, RD_SETTLE_CANCEL };
RD_MUST_USE enum rd_rc rd_outbox_settle(struct rd_tx *tx, int64_t id, enum rd_settle how,
	const char *by, const char *why, int64_t now_ms, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_outbox_retry(
	struct rd_tx *tx, int64_t id, int64_t now_ms, struct rd_err *err);
/* Held or waiting for approval: goes now. Refused while the case is held for safeguarding: a person
 * lifts that first. */
RD_MUST_USE enum rd_rc rd_outbox_approve(
	struct rd_tx *tx, int64_t id, const char *by, int64_t now_ms, struct rd_err *err);
/* One that is held for safeguarding stays held for that. */
RD_MUST_USE enum rd_rc rd_outbox_hold(
	struct rd_tx *tx, int64_t id, const char *reason, struct rd_err *err);
/* What was held for that reason is queued again, as it is; nothing where it is held no longer. */
RD_MUST_USE enum rd_rc rd_outbox_unhold(
	struct rd_tx *tx, int64_t id, const char *reason, int64_t next_try_ms, struct rd_err *err);
/* A queued text stops waiting for Text hours and for its day (unsent late on its due date); what
 * was tried already keeps its back-off. */
RD_MUST_USE enum rd_rc rd_outbox_ignore_hours(struct rd_tx *tx, int64_t id, struct rd_err *err);
/* Queued, held or failed. Frees the key. */
RD_MUST_USE enum rd_rc rd_outbox_cancel(
	struct rd_tx *tx, int64_t id, const char *why, int64_t now_ms, struct rd_err *err);
/* Cancels every queued or held letter of a case; *ret_n how many. */
RD_MUST_USE enum rd_rc rd_outbox_cancel_case(struct rd_tx *tx, int64_t case_id, const char *why,
	int64_t now_ms, int64_t *ret_n, struct rd_err *err);
/* Cancels a row that was never attempted and puts another in its place under the same key, with a
 * Message-ID of its own and the old one's approval. */
RD_MUST_USE enum rd_rc rd_outbox_rewrite(struct rd_tx *tx, int64_t old_id,
	const struct rd_outbox_row *row, int64_t now_ms, int64_t *ret_id, struct rd_err *err);
/* Queued, due, binding another day than today and never attempted: to be written anew. At most
 * RD_OUTBOX_STALE_MAX, the oldest: that many ask for more. */
#define RD_OUTBOX_STALE_MAX 200
RD_MUST_USE enum rd_rc rd_outbox_stale(struct rd_db *db, struct rd_date today, int64_t now_ms,
	struct rd_arena *arena, struct rd_outbox_row **ret_rows, size_t *ret_n, struct rd_err *err);

/* Attempted or sent since, to one recipient (NULL: to all). For rate caps. */
RD_MUST_USE enum rd_rc rd_outbox_rate(struct rd_db *db, const char *recipient, int64_t since_ms,
	int64_t *ret_n, struct rd_err *err);

/* Those to one recipient that have left since, or were put since and may leave yet. */
RD_MUST_USE enum rd_rc rd_outbox_promised(struct rd_db *db, const char *recipient, int64_t since_ms,
	int64_t *ret_n, struct rd_err *err);

/* 0: none of ours. */
RD_MUST_USE enum rd_rc rd_outbox_by_message_id(
	struct rd_db *db, const char *message_id, int64_t *ret_id, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_outbox_by_provider_id(struct rd_db *db, const char *outgoing,
	const char *provider_id, int64_t *ret_id, struct rd_err *err);
/* A provider's delivery receipt. Kept even when it comes before the answer that names the id; twice
 * does no harm (RD_E_EXISTS). *ret_id: the row, 0 when not known yet. A receipt never goes back
 * from delivered. status: "delivered", "failed", "sent", ... in the provider's or our words. */
RD_MUST_USE enum rd_rc rd_outbox_receipt(struct rd_tx *tx, const char *outgoing,
	const char *provider_id, const char *status, int64_t at_ms, int64_t *ret_id,
	struct rd_err *err);
/* Has any receipt of that id come? */
RD_MUST_USE enum rd_rc rd_outbox_has_receipt(struct rd_db *db, const char *outgoing,
	const char *provider_id, bool *ret_has, struct rd_err *err);

#endif

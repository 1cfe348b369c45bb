/* acts: what staff do to a case: open one for a phone call, acknowledge, define, reclassify, note,
 * close, decide a review, lift a hold, settle a letter. redressctl's commands are thin around
 * these.
 *
 * Each act is one transaction with its audit row in the office's actor's name, and refuses with
 * plain words (RD_E_REFUSED, RD_E_INPUT) what the policy or the case's state does not allow.
 * Works whether the daemon runs or not; the daemon's sender and timekeeper find what is new by
 * looking into the store.
 */
#ifndef REDRESS_GATEWAY_ACTS_H
#define REDRESS_GATEWAY_ACTS_H

#include "redress/gateway/office.h"
#include "redress/rules/kind.h"
#include "redress/store/casebook.h"
#include "redress/store/outbox.h"

#define RD_ACT_TOPICS_MAX 20
#define RD_ACT_TOPIC_MAX  100
#define RD_ACT_TEXT_MAX	  4000 /* bytes of a definition, outcome, reason */

/* A case for what came by telephone, letter or in person. Strings may be NULL for "not known". */
struct rd_act_open {
	const char *landlord;
	enum rd_kind kind;
	enum rd_case_channel channel;
	const char *contact; /* e-mail address or mobile number that letters go to */
	const char *name;
	const char *const *topics;
	size_t n_topics;
	const char *outcome;
	const char *subject;	  /* a line for staff's lists */
	const bool *flags;	  /* [RD_N_FLAGS], NULL for none */
	const char *const *about; /* whom it is about: they are never told of it (routes.h) */
	size_t n_about;
	int64_t received_ms;
};
RD_MUST_USE enum rd_rc rd_act_open(struct rd_db *db, const struct rd_office *office,
	const struct rd_act_open *open, int64_t *ret_case, struct rd_err *err);

/* The acknowledgement, by a person; of a case that is no complaint its kind's own letter. given_on
 * unset: the letter is written and sent by the case's own address; set: it was given in another way
 * that day (telephone, post, in person), and is recorded. Topics and outcome are added to the case
 * first. RD_E_REFUSED: no complaint at stage 1, acknowledged already, no topic known (a letter that
 * names none is no acknowledgement), or a safeguarding hold stands. */
struct rd_act_acknowledge {
	const char *const *topics;
	size_t n_topics;
	const char *outcome;
	struct rd_date given_on;
};
RD_MUST_USE enum rd_rc rd_act_acknowledge(struct rd_db *db, const struct rd_office *office,
	int64_t case_id, const struct rd_act_acknowledge *how, struct rd_err *err);

/* Confirms or corrects the complaint definition: meets stage1.define, sends `definition`. Where no
 * letter may or can go the duty is met all the same, and to tell the resident is a person's task,
 * RD_ACT_TASK_TELL. */
#define RD_ACT_TASK_TELL "tell"
RD_MUST_USE enum rd_rc rd_act_define(struct rd_db *db, const struct rd_office *office,
	int64_t case_id, const char *definition, const char *outcome, struct rd_err *err);

/* The case was never what it was taken for: the right kind from its receipt on. Kept as a label.
 * What is a complaint no longer needs force while a clock of its stage 1 is unmet, and a person
 * owes the resident the news. */
RD_MUST_USE enum rd_rc rd_act_reclassify(struct rd_db *db, const struct rd_office *office,
	int64_t case_id, enum rd_kind kind, const char *why, bool force, struct rd_err *err);

RD_MUST_USE enum rd_rc rd_act_note(struct rd_db *db, const struct rd_office *office,
	int64_t case_id, const char *text, struct rd_err *err);
/* Unsent letters are cancelled, open tasks done. A complaint with an unmet clock needs force. */
RD_MUST_USE enum rd_rc rd_act_close(struct rd_db *db, const struct rd_office *office,
	int64_t case_id, const char *why, bool force, struct rd_err *err);
/* Lifts the safeguarding hold of this case alone. */
RD_MUST_USE enum rd_rc rd_act_lift_hold(struct rd_db *db, const struct rd_office *office,
	int64_t case_id, const char *why, struct rd_err *err);

/* A person says what a message is. The case it opened gets that kind, its letter and clocks; where
 * the message joined a case of another kind and is a complaint, the linked case is opened, received
 * on the message's day. Of a sample: see rd_settling_sample. Kept as a label. *ret_case: the case
 * that it is about afterwards. */
RD_MUST_USE enum rd_rc rd_act_decide(struct rd_db *db, const struct rd_office *office,
	int64_t review_id, enum rd_kind kind, const char *why, int64_t *ret_case,
	struct rd_err *err);

/* Who the resident is: the case's letters go to that address from now on. Where it is the one that
 * a colleague's forward names, that is confirmed and the held letters go; else what was not yet
 * sent to the old one is cancelled, and a person acknowledges. RD_E_REFUSED: a colleague's address,
 * our own, or a closed case. */
RD_MUST_USE enum rd_rc rd_act_contact(struct rd_db *db, const struct rd_office *office,
	int64_t case_id, const char *address, const char *name, struct rd_err *err);

/* The outbox. Approving a letter that was held for it says too who the resident is. */
RD_MUST_USE enum rd_rc rd_act_approve(
	struct rd_db *db, const struct rd_office *office, int64_t outbox_id, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_act_retry(
	struct rd_db *db, const struct rd_office *office, int64_t outbox_id, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_act_cancel(struct rd_db *db, const struct rd_office *office,
	int64_t outbox_id, const char *why, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_act_settle(struct rd_db *db, const struct rd_office *office,
	int64_t outbox_id, enum rd_settle how, const char *why, struct rd_err *err);

RD_MUST_USE enum rd_rc rd_act_task_done(struct rd_db *db, const struct rd_office *office,
	int64_t task_id, const char *how, struct rd_err *err);

#endif

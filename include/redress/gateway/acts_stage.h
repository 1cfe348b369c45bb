/* acts_stage: what staff do with a complaint on its way through the stages: assign, record that the
 * resident was contacted, answer, take longer; ask for stage 2, accept or refuse it; open it again.
 *
 * As the other acts (acts.h): each one transaction, refused with plain words where policy/life.h
 * says so. Each leaves a row (store/case_acts.h: who, when, why) and one of the audit with its
 * number, which holds no words. given_on, where an act has it: unset, the letter is written and
 * sent; set, the resident was told in another way on that day (telephone, post, in person), and
 * that is recorded.
 */
#ifndef REDRESS_GATEWAY_ACTS_STAGE_H
#define REDRESS_GATEWAY_ACTS_STAGE_H

#include "redress/base/buf.h"
#include "redress/base/date.h"
#include "redress/gateway/office.h"
#include "redress/policy/case_words.h"

#define RD_ACT_PERSON_MAX 100 /* bytes of a name or role */

/* How stage 2 was asked for. */
enum rd_asked_by { RD_ASKED_BY_STAFF = 0, RD_ASKED_BY_REPLY, RD_ASKED_BY_TEXT, RD_N_ASKED_BY };
extern const char *const rd_asked_by_names[RD_N_ASKED_BY + 1]; /* "staff", "reply", "text" */

/* owner: a name or a role, as letters print it. Of stage 2 nobody who was assigned to stage 1 or
 * answered it; never one whom the complaint may be about (notices.h). Starts stage1.contact or
 * stage2.contact, unless it runs already. */
RD_MUST_USE enum rd_rc rd_act_assign(struct rd_db *db, const struct rd_office *office,
	int64_t case_id, const char *owner, struct rd_err *err);

/* Somebody has been in touch, that day (unset: today): meets stage1.contact or stage2.contact, and
 * survey.contact. Of a case of any kind. */
RD_MUST_USE enum rd_rc rd_act_contacted(struct rd_db *db, const struct rd_office *office,
	int64_t case_id, struct rd_date given_on, struct rd_err *err);

/* The resident has said, that day (unset: today), that the definition is right. */
RD_MUST_USE enum rd_rc rd_act_agree(struct rd_db *db, const struct rd_office *office,
	int64_t case_id, struct rd_date given_on, struct rd_err *err);

/* The full answer. With `answer` (the words of a file, policy/answer.h) the letter is written of it
 * and sent, or, where given_on is set, kept as what was sent in another way that day; the letter
 * answers once it leaves, a text that it is written never does, and until then another answer, or
 * the day on which this one went in another way, may be recorded in its place. What it promises
 * becomes actions with their tasks, money an offer of compensation. RD_E_INPUT, with
 * file:line:column, where a part is left empty or a topic of the case has no answer; RD_E_REFUSED
 * where it names somebody of the landlord who worked on the case. Without `answer` it went out that
 * day (unset: today) in a way that the gateway does not know.
 * Being answered meets the stage's answer and starts what the policy counts from it. Whoever
 * answers is the owner, where there is one, else the actor; at stage 2 nobody who was at stage 1.
 */
struct rd_act_response {
	enum rd_stage stage; /* must be the case's */
	struct rd_date given_on;
	enum rd_found found; /* without an answer's `Decision:` */
	const char *answer;  /* NULL: none */
	size_t answer_len;
	const char *file; /* its name, for messages */
};
RD_MUST_USE enum rd_rc rd_act_respond(struct rd_db *db, const struct rd_office *office,
	int64_t case_id, const struct rd_act_response *response, struct rd_err *err);
/* The file of an answer to fill in; changes nothing. */
RD_MUST_USE enum rd_rc rd_act_answer_skeleton(struct rd_db *db, const struct rd_office *office,
	int64_t case_id, enum rd_stage stage, struct rd_buf *out, struct rd_err *err);

/* The answer comes by `to`. The letter gives the reasons, the date and the Ombudsman's details; one
 * by text gives no reasons, and to tell them is a person's task. */
struct rd_act_extension {
	struct rd_date to;
	const char *why;
	const char *approved_by; /* NULL: nobody */
	struct rd_date given_on;
};
RD_MUST_USE enum rd_rc rd_act_extend(struct rd_db *db, const struct rd_office *office,
	int64_t case_id, const struct rd_act_extension *extension, struct rd_err *err);

/* Stage 2 was asked for, that day (unset: today). No reason is needed. The case is at stage 2, with
 * nobody assigned; to accept or refuse it is a person's task. */
RD_MUST_USE enum rd_rc rd_act_escalate(struct rd_db *db, const struct rd_office *office,
	int64_t case_id, struct rd_date asked_on, enum rd_asked_by by, struct rd_err *err);

/* Stage 2 is taken on: the letter acknowledges it and meets stage2.acknowledge once it leaves. */
RD_MUST_USE enum rd_rc rd_act_accept(struct rd_db *db, const struct rd_office *office,
	int64_t case_id, struct rd_date given_on, struct rd_err *err);

/* Stage 2 is not taken on: the letter gives the reasons and the Ombudsman's details. The case is
 * answered, at stage 1. */
RD_MUST_USE enum rd_rc rd_act_refuse(struct rd_db *db, const struct rd_office *office,
	int64_t case_id, const char *why, struct rd_date given_on, struct rd_err *err);

/* A closed case is open again, and what was owed when it was closed is owed by its own dates. */
RD_MUST_USE enum rd_rc rd_act_reopen(struct rd_db *db, const struct rd_office *office,
	int64_t case_id, const char *why, struct rd_err *err);

#endif

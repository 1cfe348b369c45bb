/* acts_record: what is promised, agreed to, restricted or asked for beside the stages of a case:
 * none of it moves the case or its clocks; each leaves its row, and what a person owes as a task.
 * As the acts of acts_stage.h.
 */
#ifndef REDRESS_GATEWAY_ACTS_RECORD_H
#define REDRESS_GATEWAY_ACTS_RECORD_H

#include <stdbool.h>
#include "redress/base/date.h"
#include "redress/gateway/office.h"

#define RD_ACT_AMOUNT_MAX 12 /* "123456.00" and some */

/* The tasks that these leave. */
#define RD_ACT_TASK_ACTION	 "action"
#define RD_ACT_TASK_CONSENT	 "consent"
#define RD_ACT_TASK_RESTRICTION	 "restriction"
#define RD_ACT_TASK_COMPENSATION "compensation"

/* Something is promised to the resident, by that day. owner: NULL for the case's own. The case is
 * not closed before it is done. *ret_action: its number. */
RD_MUST_USE enum rd_rc rd_act_action_add(struct rd_db *db, const struct rd_office *office,
	int64_t case_id, const char *text, struct rd_date due, const char *owner,
	int64_t *ret_action, struct rd_err *err);
/* how: NULL where there is nothing to say. */
RD_MUST_USE enum rd_rc rd_act_action_done(struct rd_db *db, const struct rd_office *office,
	int64_t case_id, int64_t action, const char *how, struct rd_err *err);

/* Somebody speaks for the resident: her consent was asked for, given or refused. who: that
 * somebody, how: in which way; words that erasure can empty. Refused, what has not left to whoever
 * wrote first does not leave, and what it said is a person's to tell; asked for or refused, no copy
 * leaves either. */
enum rd_consent { RD_CONSENT_ASKED = 0, RD_CONSENT_GIVEN, RD_CONSENT_REFUSED, RD_N_CONSENTS };
extern const char *const rd_consent_names[RD_N_CONSENTS + 1]; /* "asked", "given", "refused" */
RD_MUST_USE enum rd_rc rd_act_consent(struct rd_db *db, const struct rd_office *office,
	int64_t case_id, enum rd_consent consent, const char *who, struct rd_err *err);
/* The resident agrees, and whoever speaks for them gets a copy of every letter from now on, to that
 * e-mail address, until consent is recorded otherwise. RD_E_REFUSED where the landlord's policy
 * sends no copies (`Third party:`). */
RD_MUST_USE enum rd_rc rd_act_consent_to_copies(struct rd_db *db, const struct rd_office *office,
	int64_t case_id, const char *who, const char *address, struct rd_err *err);

/* How the resident may get in touch is restricted on those terms, until it is looked at again on
 * `review`; the resident is told in writing. No urgent message is ever kept back: the gateway reads
 * and routes all that comes. */
struct rd_act_restriction {
	const char *terms, *why;
	const char *approved_by; /* NULL: nobody */
	struct rd_date review;
	struct rd_date given_on; /* told in another way that day; unset: the letter goes */
};
RD_MUST_USE enum rd_rc rd_act_restrict(struct rd_db *db, const struct rd_office *office,
	int64_t case_id, const struct rd_act_restriction *restriction, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_act_unrestrict(struct rd_db *db, const struct rd_office *office,
	int64_t case_id, const char *why, struct rd_err *err);

/* Compensation was asked for, offered, accepted or refused. amount: pounds, "120" or "120.50"; a
 * must where it is offered, NULL for none. */
enum rd_compensation {
	RD_COMPENSATION_ASKED = 0,
	RD_COMPENSATION_OFFERED,
	RD_COMPENSATION_ACCEPTED,
	RD_COMPENSATION_REFUSED,
	RD_N_COMPENSATIONS,
};
extern const char *const rd_compensation_names[RD_N_COMPENSATIONS + 1]; /* "asked", ... */
RD_MUST_USE enum rd_rc rd_act_compensation(struct rd_db *db, const struct rd_office *office,
	int64_t case_id, enum rd_compensation what, const char *amount, const char *why,
	struct rd_err *err);

/* Pounds, "120" or "120.50". */
RD_MUST_USE enum rd_rc rd_act_check_amount(const char *amount, struct rd_err *err);

#endif

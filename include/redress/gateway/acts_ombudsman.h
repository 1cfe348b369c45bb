/* acts_ombudsman: staff record what the Housing Ombudsman decided about a complaint, and that what
 * it asked for is done. None of it moves the case, its clocks or its letters, and all of it may be
 * recorded of a closed case: the Ombudsman looks when the landlord has long answered. As the acts
 * of acts_stage.h.
 */
#ifndef REDRESS_GATEWAY_ACTS_OMBUDSMAN_H
#define REDRESS_GATEWAY_ACTS_OMBUDSMAN_H

#include "redress/gateway/office.h"
#include "redress/store/ombudsman.h"

#define RD_ACT_TASK_OMBUDSMAN "ombudsman" /* what it asked for, by its day */

struct rd_act_decree {
	enum rd_decreed what;
	enum rd_ombudsman_finding finding; /* of a finding */
	struct rd_date on;		   /* of the determination or notice; unset: today */
	struct rd_date due;		   /* a must of an order; none of a finding */
	const char *pounds;		   /* of an order, "120" or "120.50"; NULL: no payment */
	const char *text;		   /* what was looked at, or what is to be done */
};
/* *ret_number: by which the case shows it. What has a day is a task until it is done, whatever
 * becomes of the case. */
RD_MUST_USE enum rd_rc rd_act_decree(struct rd_db *db, const struct rd_office *office,
	int64_t case_id, const struct rd_act_decree *decree, int64_t *ret_number,
	struct rd_err *err);
/* An order, a recommendation or a notice was complied with on that day (unset: today). how: NULL
 * where there is nothing to say. RD_E_MISSING: the case has no such number; RD_E_EXISTS: it is done
 * already. */
RD_MUST_USE enum rd_rc rd_act_complied(struct rd_db *db, const struct rd_office *office,
	int64_t case_id, int64_t number, struct rd_date on, const char *how, struct rd_err *err);

/* A Complaint Handling Failure Notice about no single case, of that day (unset: today); with a day
 * to do it by a task. */
RD_MUST_USE enum rd_rc rd_act_notice_add(struct rd_db *db, const struct rd_office *office,
	const char *landlord, const struct rd_act_decree *notice, int64_t *ret_number,
	struct rd_err *err);
/* It was complied with on that day (unset: today); as rd_act_complied. */
RD_MUST_USE enum rd_rc rd_act_notice_done(struct rd_db *db, const struct rd_office *office,
	int64_t number, struct rd_date on, const char *how, struct rd_err *err);

#endif

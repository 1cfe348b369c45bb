/* acts_duty: what staff do about the clocks beside the stages (policy/duties.h), and sending a case
 * to a role by hand. As the acts of acts_stage.h.
 */
#ifndef REDRESS_GATEWAY_ACTS_DUTY_H
#define REDRESS_GATEWAY_ACTS_DUTY_H

#include <stdbool.h>
#include "redress/base/date.h"
#include "redress/gateway/office.h"

/* What was not a complaint has had its answer, that day (unset: today): an enquiry, feedback, an
 * answer to a survey. Meets enquiry.respond, feedback.respond and survey.contact, and what a person
 * owed for want of a letter is done. A complaint is answered with rd_act_respond. */
RD_MUST_USE enum rd_rc rd_act_answered(struct rd_db *db, const struct rd_office *office,
	int64_t case_id, struct rd_date given_on, struct rd_err *err);

/* Where a hazard in a home stands. */
enum rd_hazard_state {
	RD_HAZARD_REPORTED = 0, /* a person heard of one that no message told of */
	RD_HAZARD_EMERGENCY,	/* the same, with danger that is near and grave */
	RD_HAZARD_INVESTIGATED, /* there is one: the summary and the work are due */
	RD_HAZARD_NOT_FOUND,	/* investigated, and there is none: the summary is due */
	RD_HAZARD_SUMMARY,	/* the written summary went to the tenant */
	RD_HAZARD_MADE_SAFE,
	RD_N_HAZARD_STATES,
};
extern const char *const rd_hazard_state_names[RD_N_HAZARD_STATES + 1]; /* "reported", ... */

/* On that day (unset: today). Meets and starts the hazard clocks; refused where the case has none
 * that the state is about, or the landlord's policy holds none. */
RD_MUST_USE enum rd_rc rd_act_hazard(struct rd_db *db, const struct rd_office *office,
	int64_t case_id, enum rd_hazard_state hazard, struct rd_date day, struct rd_err *err);

/* The case goes where the policy sends what that route names (landlord show). about: people or
 * roles that the complaint is about; nobody of them is told of the case from now on. */
RD_MUST_USE enum rd_rc rd_act_route(struct rd_db *db, const struct rd_office *office,
	int64_t case_id, const char *route, const char *const *about, size_t n_about,
	struct rd_err *err);

#endif

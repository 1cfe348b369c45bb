/* acts_end: how a case ends without an answer, or goes to the Ombudsman; and how cases hang
 * together. As the acts of acts_stage.h.
 */
#ifndef REDRESS_GATEWAY_ACTS_END_H
#define REDRESS_GATEWAY_ACTS_END_H

#include "redress/base/date.h"
#include "redress/gateway/office.h"

/* No complaint under the policy, for one of its own reasons (`Exclusion:` of the profile). The
 * letter gives it, what staff add to it, and the Ombudsman's details; the case is closed. */
struct rd_act_exclusion {
	const char *reason;	/* the name of the exclusion */
	const char *why;	/* a must where the policy has an `Unless:`; NULL for none */
	const char *decided_by; /* a must where the policy says who decides; NULL for nobody */
	struct rd_date given_on;
};
RD_MUST_USE enum rd_rc rd_act_exclude(struct rd_db *db, const struct rd_office *office,
	int64_t case_id, const struct rd_act_exclusion *exclusion, struct rd_err *err);

/* The resident does not want it to go on; the case is closed. */
RD_MUST_USE enum rd_rc rd_act_withdraw(struct rd_db *db, const struct rd_office *office,
	int64_t case_id, const char *why, struct rd_err *err);

/* The Ombudsman has the matter since that day (unset: today); nothing else changes. why: NULL for
 * none. */
RD_MUST_USE enum rd_rc rd_act_refer(struct rd_db *db, const struct rd_office *office,
	int64_t case_id, struct rd_date on, const char *why, struct rd_err *err);

/* They have to do with each other. Where one is held for safeguarding so is the other from now on,
 * and a person is told. */
RD_MUST_USE enum rd_rc rd_act_link(struct rd_db *db, const struct rd_office *office,
	int64_t case_id, int64_t other_id, struct rd_err *err);

/* What was told in the case becomes part of the other, an open complaint of the same resident whose
 * stage 1 is not answered (Code 6.8) and that is no younger; the case is closed. */
RD_MUST_USE enum rd_rc rd_act_merge(struct rd_db *db, const struct rd_office *office,
	int64_t case_id, int64_t into_id, const char *why, struct rd_err *err);

/* Part of the case becomes a complaint of its own, received that day (unset: today), for the same
 * resident, with its own clocks and letter. */
struct rd_act_split {
	const char *const *topics;
	size_t n_topics;
	const char *definition; /* what the new one is about; NULL: not said yet */
	const char *why;
	struct rd_date received;
};
RD_MUST_USE enum rd_rc rd_act_split(struct rd_db *db, const struct rd_office *office,
	int64_t case_id, const struct rd_act_split *split, int64_t *ret_case, struct rd_err *err);

#endif

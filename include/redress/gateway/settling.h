/* settling: what follows when it is said what a message or a case is: by a person (review decide,
 * reclassify), by the resident (the one word COMPLAINT), or by nobody in time (promise 8).
 *
 * The letter that the kind asks for goes unless something stands against writing: the same marks,
 * caps and ages that held the first answer back hold this one back (promises 5 and 11), and then it
 * is a person's task.
 */
#ifndef REDRESS_GATEWAY_SETTLING_H
#define REDRESS_GATEWAY_SETTLING_H

#include "redress/gateway/casework.h"
#include "redress/store/review.h"

/* The case is of that kind from its receipt on. cause: of its letter. */
RD_MUST_USE enum rd_rc rd_settling_case(struct rd_tx *tx, const struct rd_office *office,
	int64_t case_id, enum rd_kind kind, const char *cause, struct rd_arena *arena,
	struct rd_err *err);

/* Is this the message that opened the case (or no message: staff labelled the case)? One that
 * joined a case which staff opened is not. */
RD_MUST_USE enum rd_rc rd_settling_opened(
	struct rd_db *db, const struct rd_review *review, bool *ret_opened, struct rd_err *err);

/* An undecided review gets its answer, kept as a label where a person gave it. Of the message that
 * opened the case: the case is settled. Of one that joined: a complaint opens the linked case,
 * received on the message's day; whatever else it is leaves the case as it was. *ret_case: what it
 * is about afterwards. */
RD_MUST_USE enum rd_rc rd_settling_review(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_review *review, enum rd_kind kind, const char *why, bool is_default,
	struct rd_arena *arena, int64_t *ret_case, struct rd_err *err);

/* A message just decided becomes a sample for a person to check where it is one of the two in a
 * hundred and a request for service that the rules were sure of: not old mail, which people answer
 * by hand, not on a complaint, where nothing can be missed, and not where safeguarding keeps the
 * case with a person already. Nothing else about the message changes. */
RD_MUST_USE enum rd_rc rd_settling_take_sample(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_matter *matter, const struct rd_verdict *verdict, int64_t case_id,
	struct rd_err *err);

/* A person has checked a sample: kept as a label. The case that the message opened gets the kind
 * that it always was, as `case reclassify` gives it; where the case is closed, or the message
 * joined it, a complaint opens the linked case, received on the message's day. What was read right
 * changes nothing, and a case that has become a complaint meanwhile stays one. */
RD_MUST_USE enum rd_rc rd_settling_sample(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_review *sample, enum rd_kind kind, const char *why, struct rd_arena *arena,
	int64_t *ret_case, struct rd_err *err);

#endif

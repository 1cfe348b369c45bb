/* erasing: data-protection rights and retention, with their audit rows.
 *
 * A person is an e-mail address or a telephone number. Erased are the cases whose letters go to
 * them, with all that others wrote on them; of other people's cases their own messages and address;
 * what they sent that stands on no case; and what the contacts file told of them. A case that is
 * not closed, has a letter that is not settled or is kept for legal reasons stops the whole: the
 * person is told what and why, and nothing was changed.
 *
 * Each case is a transaction of its own. What is left of it: see store/erasure.h. Mail lies in its
 * mailbox still, sent letters with the provider, and words in older backups: those are for whoever
 * runs them.
 */
#ifndef REDRESS_GATEWAY_ERASING_H
#define REDRESS_GATEWAY_ERASING_H

#include "redress/gateway/office.h"
#include "redress/store/erasure.h"
#include "redress/store/residents.h"

#define RD_ERASING_CASES_MAX	 20 /* of one round of the timekeeper; the next goes on */
#define RD_ERASING_MESSAGES_MAX	 200
#define RD_ERASING_RESIDENTS_MAX 1000

/* What would go, or went. */
struct rd_erasing {
	struct rd_person_case *cases;
	size_t n_cases;
	int64_t *messages; /* on no case */
	size_t n_messages;
	struct rd_resident *residents; /* known by the contacts file by this address */
	size_t n_residents;
	int64_t n_waiting; /* not decided yet: stops it */
	const char **obstacles;
	size_t n_obstacles; /* 0: it can be done */
	int64_t n_emptied_cases, n_emptied_messages, n_emptied_letters, n_emptied_pictures,
		n_emptied_residents;
};

RD_MUST_USE enum rd_rc rd_erasing_look(struct rd_db *db, const struct rd_office *office,
	const char *contact, struct rd_arena *arena, struct rd_erasing *ret_erasing,
	struct rd_err *err);
/* RD_E_REFUSED where there is an obstacle. The counts of `erasing` are set. */
RD_MUST_USE enum rd_rc rd_erasing_run(struct rd_db *db, const struct rd_office *office,
	const char *contact, struct rd_erasing *erasing, struct rd_err *err);

/* Keeps the case whatever retention and rights say, or no longer. */
RD_MUST_USE enum rd_rc rd_act_legal_hold(struct rd_db *db, const struct rd_office *office,
	int64_t case_id, const char *why, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_act_end_legal_hold(struct rd_db *db, const struct rd_office *office,
	int64_t case_id, const char *why, struct rd_err *err);

/* What was kept as long as the configuration says (`Keep:`), once a London day, a part a round.
 * More than a week after the last such day it waits until a person has confirmed the date, by doing
 * the task that is put: a clock that is wrong must not erase for good.
 * *ret_n: cases and messages emptied now. */
RD_MUST_USE enum rd_rc rd_erasing_retention(
	struct rd_db *db, const struct rd_office *office, size_t *ret_n, struct rd_err *err);

#endif

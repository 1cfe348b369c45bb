/* ombudsman: what the Housing Ombudsman decided about a landlord's complaints, as staff recorded
 * it: findings (one for each part of a complaint that was looked at), orders and recommendations,
 * Complaint Handling Failure Notices, and that what was asked for is done.
 *
 * Each is a row of what was done with its case (case_acts.h) under one of the names below, and its
 * number is that row's. Read here together, for the case, its evidence and the reports. Only
 * a notice that is about no single case (failure_notice) stands apart.
 */
#ifndef REDRESS_STORE_OMBUDSMAN_H
#define REDRESS_STORE_OMBUDSMAN_H

#include "redress/base/date.h"
#include "redress/message/reference.h"
#include "redress/store/db.h"

enum rd_decreed {
	RD_DECREED_FINDING = 0,
	RD_DECREED_ORDER,
	RD_DECREED_RECOMMENDATION,
	RD_DECREED_NOTICE, /* Complaint Handling Failure Notice */
	RD_N_DECREED,
};
/* The rows' names: "ombudsman_finding", ...; NULL-ended. */
extern const char *const rd_decreed_acts[RD_N_DECREED + 1];
/* For people: "Finding", "Order", "Recommendation", "Complaint Handling Failure Notice". */
extern const char *const rd_decreed_words[RD_N_DECREED + 1];
#define RD_DID_COMPLIED "ombudsman_done" /* detail: the number of what is done */

/* The Ombudsman's own list (its page "What findings can the Housing Ombudsman make?", looked up in
 * November 2026). The first three are against the landlord; the last two are no judgement. */
enum rd_ombudsman_finding {
	RD_SEVERE_MALADMINISTRATION = 0,
	RD_MALADMINISTRATION,
	RD_SERVICE_FAILURE,
	RD_REASONABLE_REDRESS,
	RD_RESOLVED_WITH_INTERVENTION,
	RD_NO_MALADMINISTRATION,
	RD_OUTSIDE_JURISDICTION,
	RD_FINDING_WITHDRAWN,
	RD_N_OMBUDSMAN_FINDINGS,
};
/* "severe_maladministration", ...; NULL-ended. */
extern const char *const rd_ombudsman_findings[RD_N_OMBUDSMAN_FINDINGS + 1];
/* For people: "Severe maladministration", ... */
extern const char *const rd_ombudsman_finding_words[RD_N_OMBUDSMAN_FINDINGS + 1];

struct rd_decree {
	int64_t id, case_id;
	char reference[RD_REFERENCE_MAX]; /* of the case */
	enum rd_decreed what;
	enum rd_ombudsman_finding finding; /* of a finding */
	struct rd_date day;		   /* of the determination or notice */
	struct rd_date due;		   /* unset: no day was given, or a finding */
	struct rd_date done;		   /* unset: not yet, or a finding */
	int64_t pence;			   /* ordered to be paid; 0: nothing */
	const char *words;		   /* erasable */
	const char *how;		   /* it was done; erasable */
};

/* What the detail of an order's, recommendation's or notice's row says: "2027-01-22 250.00". Both
 * may be wanting. In the arena. */
const char *rd_decree_detail(struct rd_date due, const char *pounds, struct rd_arena *arena);

/* For people: what was found, or what else it is. */
const char *rd_decree_words(const struct rd_decree *decree);

/* In the order in which they were recorded. */
RD_MUST_USE enum rd_rc rd_decrees_of_case(struct rd_db *db, int64_t case_id, struct rd_arena *arena,
	struct rd_decree **ret_decrees, size_t *ret_n, struct rd_err *err);
/* Of one landlord's cases, those of the days from `from` to `to`, by day. */
RD_MUST_USE enum rd_rc rd_decrees_of_days(struct rd_db *db, const char *landlord,
	struct rd_date from, struct rd_date to, struct rd_arena *arena,
	struct rd_decree **ret_decrees, size_t *ret_n, struct rd_err *err);
/* Was anything of the Ombudsman's ever recorded of the landlord, with a case or about none? */
RD_MUST_USE enum rd_rc rd_decrees_any(
	struct rd_db *db, const char *landlord, bool *ret_any, struct rd_err *err);

/* --- notices about no single case --- */

struct rd_failure_notice {
	int64_t id; /* set by the store */
	const char *landlord;
	struct rd_date day, due, done; /* due unset: no day was given; done unset: not yet */
	const char *words, *how;
	const char *added_by, *done_by;
	int64_t added_ms;
};
RD_MUST_USE enum rd_rc rd_failure_notice_add(struct rd_tx *tx,
	const struct rd_failure_notice *notice, int64_t *ret_id, struct rd_err *err);
/* RD_E_MISSING: there is none of that number; RD_E_EXISTS: it is done already. */
RD_MUST_USE enum rd_rc rd_failure_notice_done(struct rd_tx *tx, int64_t id, struct rd_date on,
	const char *by, const char *how, struct rd_err *err);
/* By day; landlord NULL: any. */
RD_MUST_USE enum rd_rc rd_failure_notice_list(struct rd_db *db, const char *landlord,
	struct rd_arena *arena, struct rd_failure_notice **ret_notices, size_t *ret_n,
	struct rd_err *err);

#endif

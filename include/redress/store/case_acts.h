/* case_acts: what was done with a case, row after row: assigned, answered, extended, asked for at
 * stage 2 ... A row is never changed or removed; its words (why) lie apart, where erasure can empty
 * them. The audit has a row for each, with its number.
 */
#ifndef REDRESS_STORE_CASE_ACTS_H
#define REDRESS_STORE_CASE_ACTS_H

#include "redress/base/date.h"
#include "redress/policy/case_words.h"
#include "redress/store/db.h"

struct rd_case_act {
	int64_t id; /* set by the store */
	int64_t case_id;
	enum rd_stage stage; /* that the case was at */
	const char *what;    /* "assigned", "responded", ... */
	struct rd_date day;  /* that it counts for: it may be recorded later */
	int64_t at_ms;	     /* when it was recorded */
	const char *actor;   /* who recorded it */
	int64_t actor_uid;
	const char *person; /* a member of staff: who is assigned, answered, approved; "" none */
	const char *detail; /* a word or a date: how it was asked, the new date; "" none */
	const char *why;    /* in words; erasable; "" none */
};

RD_MUST_USE enum rd_rc rd_case_act_add(
	struct rd_tx *tx, const struct rd_case_act *act, int64_t *ret_id, struct rd_err *err);
/* RD_E_MISSING: there is none. */
RD_MUST_USE enum rd_rc rd_case_act_get(struct rd_db *db, int64_t id, struct rd_arena *arena,
	struct rd_case_act *ret_act, struct rd_err *err);
/* In the order in which they were recorded. */
RD_MUST_USE enum rd_rc rd_case_act_list(struct rd_db *db, int64_t case_id, struct rd_arena *arena,
	struct rd_case_act **ret_acts, size_t *ret_n, struct rd_err *err);

#endif

/* progress: the life of a case (policy/life.h), read from the store and written to it.
 *
 * policy/life.h knows which acts a case allows and what each does to its clocks, and is pure; here
 * the rows of a case become its rd_standing, and rd_clock_changes become rows. Nothing is decided
 * here. Writes are in the caller's transaction, beside the act's own row (store/case_acts.h) and
 * its audit, so that no clock moves without a reason that stands in the audit.
 *
 * `matter` is the case as rd_case_get gave it. Strings of what is returned lie in the arena given,
 * or are the matter's. Errors are the store's, but where one is named.
 */
#ifndef REDRESS_GATEWAY_PROGRESS_H
#define REDRESS_GATEWAY_PROGRESS_H

#include "redress/gateway/office.h"
#include "redress/policy/life.h"
#include "redress/store/case_acts.h"
#include "redress/store/casebook.h"

/* Letters that give a person's reasons take them from the act that asks for them: its number stands
 * in the letter's cause, so that one written anew says the same. */
#define RD_PROGRESS_CAUSE "case-act:"

/* What acts are called, in rows and in the audit: kept for years, so never changed. */
#define RD_DID_ASSIGNED	    "assigned"
#define RD_DID_CONTACTED    "contacted"
#define RD_DID_RESPONDED    "responded"
#define RD_DID_EXTENDED	    "extended"
#define RD_DID_ESCALATED    "escalated"
#define RD_DID_ACCEPTED	    "accepted"
#define RD_DID_REFUSED	    "refused"
#define RD_DID_REOPENED	    "reopened"
#define RD_DID_EXCLUDED	    "excluded"
#define RD_DID_WITHDRAWN    "withdrawn"
#define RD_DID_REFERRED	    "referred"
#define RD_DID_LINKED	    "linked"
#define RD_DID_MERGED	    "merged"
#define RD_DID_TOOK_IN	    "took_in"
#define RD_DID_SPLIT	    "split"
#define RD_DID_PROMISED	    "action_added"
#define RD_DID_DONE	    "action_done"
#define RD_DID_CONSENT	    "consent"
#define RD_DID_RESTRICTED   "restricted"
#define RD_DID_UNRESTRICTED "restriction_lifted"
#define RD_DID_COMPENSATION "compensation"
#define RD_DID_AGREED	    "definition_agreed"
#define RD_DID_ANSWERED	    "answered"
#define RD_DID_HAZARD	    "hazard"
#define RD_DID_ROUTED	    "route_asked"

/* What rd_life_may must know. today: the London day of now, by which a date is overdue. */
RD_MUST_USE enum rd_rc rd_progress_standing(struct rd_db *db, const struct rd_case *matter,
	struct rd_date today, struct rd_arena *arena, struct rd_standing *ret_standing,
	struct rd_err *err);

/* The clock by which the present stage must be answered, extended or not. RD_E_MISSING: none runs
 * unmet. *ret_original: the date that was promised first. */
RD_MUST_USE enum rd_rc rd_progress_answer_clock(struct rd_db *db, const struct rd_case *matter,
	struct rd_arena *arena, struct rd_case_clock *ret_clock, struct rd_date *ret_original,
	struct rd_err *err);

/* landlord: the case's own (rd_office_case_landlord). at_ms: when what is met was met, what stops
 * stopped. A clock to be met that does not run, and one to be started that runs, are left as they
 * are: the same act twice does nothing. */
RD_MUST_USE enum rd_rc rd_progress_apply(struct rd_tx *tx, const struct rd_landlord *landlord,
	int64_t case_id, const struct rd_clock_changes *changes, int64_t at_ms, struct rd_err *err);
/* The same of one event of that day, by rd_life_event. */
RD_MUST_USE enum rd_rc rd_progress_event(struct rd_tx *tx, const struct rd_landlord *landlord,
	const struct rd_calendar *calendar, int64_t case_id, enum rd_event event,
	struct rd_date day, int64_t at_ms, struct rd_err *err);

/* What has been done with the case before names this person at stage 1: assigned to it, or the one
 * who answered it. */
RD_MUST_USE enum rd_rc rd_progress_was_at_stage1(struct rd_db *db, int64_t case_id,
	const char *person, struct rd_arena *arena, bool *ret_was, struct rd_err *err);

/* The act that a letter's cause names; RD_E_MISSING where it names none. */
RD_MUST_USE enum rd_rc rd_progress_act_of_cause(struct rd_db *db, const char *cause,
	struct rd_arena *arena, struct rd_case_act *ret_act, struct rd_err *err);

#endif

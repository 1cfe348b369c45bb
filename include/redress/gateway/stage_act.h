/* stage_act: one act on a complaint's way through the stages, from its beginning to its row and its
 * letter. Private to the acts (acts_*.c) and to replies, which all read:
 *
 *	RD_CLEANUP(rd_act_end) struct rd_act act = { 0 };
 *	struct rd_stage_act stage;
 *	RD_TRY(rd_stage_act_begin(&act, &stage, db, office, case_id, RD_MOVE_ASSIGN, err));
 *	... rd_stage_act_put: its row; rd_stage_act_event: its clocks
 *	... rd_stage_act_tell: its letter
 *	return rd_stage_act_commit(&act, &stage, err);
 */
#ifndef REDRESS_GATEWAY_STAGE_ACT_H
#define REDRESS_GATEWAY_STAGE_ACT_H

#include "redress/gateway/act.h"
#include "redress/gateway/acts_stage.h"
#include "redress/gateway/progress.h"

struct rd_stage_act {
	struct rd_landlord kept; /* by whose clocks the case runs */
	struct rd_standing standing;
	struct rd_date today;
	struct rd_date day; /* that the act counts for: today, or the day given */
	int64_t at_ms;	    /* of that day: now, or its noon */
	int64_t act_id;	    /* of its row */
	const char *what;
	const char *cause; /* of its letter and tasks */
	int64_t outbox_id; /* of its letter; 0: none */
};

/* Refused where the case stands so that the move may not be. */
RD_MUST_USE enum rd_rc rd_stage_act_begin(struct rd_act *act, struct rd_stage_act *stage,
	struct rd_db *db, const struct rd_office *office, int64_t case_id, enum rd_move move,
	struct rd_err *err);
/* The same of an act that has its case already. */
RD_MUST_USE enum rd_rc rd_stage_act_take(
	struct rd_act *act, struct rd_stage_act *stage, enum rd_move move, struct rd_err *err);
/* It counts for that day (unset: today), which lies between `earliest` and today. what: names the
 * day in the error. */
RD_MUST_USE enum rd_rc rd_stage_act_on(struct rd_act *act, struct rd_stage_act *stage,
	struct rd_date day, struct rd_date earliest, const char *what, struct rd_err *err);
/* Its row. person, detail, why: NULL for none. */
RD_MUST_USE enum rd_rc rd_stage_act_put(struct rd_act *act, struct rd_stage_act *stage,
	const char *what, const char *person, const char *detail, const char *why,
	struct rd_err *err);
RD_MUST_USE enum rd_rc rd_stage_act_event(
	struct rd_act *act, struct rd_stage_act *stage, enum rd_event event, struct rd_err *err);
/* Its letter, unless told is set: the resident was told in another way. What a text does not say,
 * say is a person's task (NULL: it says all), by `due`. */
RD_MUST_USE enum rd_rc rd_stage_act_tell(struct rd_act *act, struct rd_stage_act *stage,
	enum rd_letter_kind letter, bool told, struct rd_date due, const char *say,
	struct rd_err *err);
/* Something is promised to the resident, with its row and its task; all but its audit. */
RD_MUST_USE enum rd_rc rd_stage_act_promise(struct rd_act *act, struct rd_stage_act *stage,
	const char *text, struct rd_date due, const char *owner, int64_t *ret_action,
	struct rd_err *err);
/* All of rd_act_escalate but its audit. */
RD_MUST_USE enum rd_rc rd_stage_act_escalate(struct rd_act *act, struct rd_stage_act *stage,
	struct rd_date asked_on, enum rd_asked_by by, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_stage_act_commit(
	struct rd_act *act, struct rd_stage_act *stage, struct rd_err *err);

/* A name or a role, fit for a line of a letter. */
RD_MUST_USE enum rd_rc rd_stage_act_check_person(
	const char *person, const char *what, struct rd_err *err);

#endif

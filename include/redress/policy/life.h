/* life: what may be done with a case where it stands, and what that does to its clocks.
 *
 * Pure: the gateway says where the case stands (struct rd_standing) and writes down what comes
 * back. A move that may not be is RD_E_REFUSED with the reason and what to do instead, in words for
 * whoever works on the case.
 *
 * The life of a complaint: opened, acknowledged, assigned, answered at stage 1 (or extended before
 * its date), asked for at stage 2, accepted or refused, acknowledged, answered for good, closed. An
 * event meets clocks, stops others and starts those that the landlord's policy starts from it.
 */
#ifndef REDRESS_POLICY_LIFE_H
#define REDRESS_POLICY_LIFE_H

#include <stdbool.h>
#include <stddef.h>
#include "redress/base/date.h"
#include "redress/base/err.h"
#include "redress/policy/case_words.h"
#include "redress/policy/landlord.h"
#include "redress/policy/workday.h"
#include "redress/rules/kind.h"

enum rd_move {
	RD_MOVE_ASSIGN = 0,
	RD_MOVE_CONTACTED,
	RD_MOVE_RESPOND,
	RD_MOVE_EXTEND,
	RD_MOVE_ESCALATE,
	RD_MOVE_ACCEPT,
	RD_MOVE_REFUSE,
	RD_MOVE_REOPEN,
	RD_MOVE_EXCLUDE,
	RD_MOVE_WITHDRAW,
	RD_MOVE_REFER,
	RD_MOVE_AGREE,
	RD_MOVE_LINK,
	RD_MOVE_MERGE,
	RD_MOVE_SPLIT,
	RD_MOVE_RECORD, /* what is promised, agreed to, asked for beside the stages */
	RD_N_MOVES,
};

/* Where a case stands. Borrowed. */
struct rd_standing {
	const char *reference;
	enum rd_kind kind;
	enum rd_stage stage;
	enum rd_case_status status;
	bool acknowledged;   /* the duty to acknowledge the present stage is met */
	bool answered;	     /* stage 1 was answered once */
	bool stage1_overdue; /* the date of its answer has passed */
	bool stage2_waits;   /* it was asked for; nobody has accepted or refused it yet */
	bool defined;	     /* a person has said what the complaint is about */
	bool answer_waits;   /* the present stage is answered, and the answer has not left */
	bool answer_reached; /* an answer of stage 1 reached the resident once */
};

RD_MUST_USE enum rd_rc rd_life_may(
	const struct rd_standing *standing, enum rd_move move, struct rd_err *err);

struct rd_clock_start {
	enum rd_clock_id clock;
	struct rd_date starts, due; /* due unset: past the calendar */
};

/* What one event does to the clocks of a complaint. */
struct rd_clock_changes {
	enum rd_clock_id meets[RD_N_CLOCKS];
	size_t n_meets;
	enum rd_clock_id stops[RD_N_CLOCKS]; /* not owed any longer */
	size_t n_stops;
	struct rd_clock_start starts[RD_N_CLOCKS];
	size_t n_starts;
	bool anew; /* what starts takes the place of one of its name that ran or was met before */
};

/* The days in which a case is closed (case.close) run from the answer of either stage: where stage
 * 2 is asked for they stop, and its answer starts them anew. */
void rd_life_event(const struct rd_landlord *landlord, const struct rd_calendar *calendar,
	enum rd_event event, struct rd_date day, struct rd_clock_changes *ret_changes);
/* Stage 2 is refused on that day. */
void rd_life_refusal(const struct rd_landlord *landlord, const struct rd_calendar *calendar,
	struct rd_date day, struct rd_clock_changes *ret_changes);

/* By its name: stage2.request is the resident's time and case.close a day on which a case may end:
 * neither is owed by the landlord. */
bool rd_clock_is_owed(const char *clock);

/* A longer time for an answer. */
struct rd_extending {
	enum rd_stage stage;
	struct rd_date original; /* the date that was promised first */
	struct rd_date due;	 /* the date that runs now */
	struct rd_date told_on;	 /* the day on which the resident is told */
	struct rd_date to;
	const char *approved_by; /* NULL or "": nobody */
};

/* stage1.extended or stage2.extended, by the stage. */
enum rd_clock_id rd_life_extension(enum rd_stage stage);
/* Refused: told after the date has passed, no later than the date that runs, no working day, or
 * beyond the longest that the policy allows without the name of whoever approved it. */
RD_MUST_USE enum rd_rc rd_life_extend(const struct rd_landlord *landlord,
	const struct rd_calendar *calendar, const struct rd_extending *extending,
	struct rd_err *err);

/* Is it one person, however the name is written (case, blanks)? */
bool rd_life_same_person(const char *one, const char *other);

#endif

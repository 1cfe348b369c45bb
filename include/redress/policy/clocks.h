/* clocks: when each clock of a landlord's policy starts and ends, given what has happened.
 *
 * Used by `redressctl timeline` and for the clocks of a case. A clock starts on an event or on
 * another clock's due date and ends, inclusive, on its due day; `hazard.emergency` starts and ends
 * at instants. What is not known:
 *   - An event that was not given is supposed on its last day, the due date of the clock that it
 * ends (acknowledged: stage1.acknowledge; assigned: with the acknowledgement; responded:
 * stage1.respond, or stage1.extended once the resident was told of an extension; the same at stage
 * 2; investigated: hazard.investigate). What hangs on a supposed event is itself supposed.
 *   - Stage 2 is supposed only where the policy has a window for the request (stage2.request);
 *     without one its clocks are unknown until their event is given.
 *   - received, hazard-known, enquired and surveyed are never supposed: without them their clocks
 *     are unknown.
 *   - stage1.extended and stage2.extended show the longest extension either way: counted from the
 * due date that it extends, given or not that the resident was told. It is supposed until she was.
 *   - age_limit ends on the day of receipt and starts on the earliest day that the matter may date
 *     from.
 */
#ifndef REDRESS_POLICY_CLOCKS_H
#define REDRESS_POLICY_CLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "redress/base/date.h"
#include "redress/base/err.h"
#include "redress/policy/landlord.h"
#include "redress/policy/workday.h"

struct rd_event_time {
	bool given;
	bool is_instant; /* at_ms was given, not only a day (hazard-known) */
	struct rd_date day;
	int64_t at_ms; /* where is_instant */
};

/* By enum rd_event. Start with `= { 0 }`. */
struct rd_events {
	struct rd_event_time at[RD_N_EVENTS];
};

void rd_events_set_day(struct rd_events *events, enum rd_event event, struct rd_date day);
void rd_events_set_instant(struct rd_events *events, enum rd_event event, int64_t at_ms);

struct rd_clock_line {
	enum rd_clock_id clock;
	bool known;    /* false: starts and due are unknown (null) */
	bool instants; /* starts_ms and due_ms count, not the days */
	struct rd_date starts, due;
	int64_t starts_ms, due_ms;
	bool supposed;	    /* hangs on an event that was not given; false where unknown */
	bool past_calendar; /* unknown because a date lies outside the calendar's full years; starts
			       is set where that day is known all the same */
	const char *source; /* borrowed from the landlord */
};

/* Every clock that the policy holds, in the order of enum rd_clock_id. events needs received.
 * A date outside the calendar's full years leaves its clock unknown with past_calendar set. */
RD_MUST_USE enum rd_rc rd_clocks_run(const struct rd_landlord *landlord,
	const struct rd_calendar *calendar, const struct rd_events *events,
	struct rd_clock_line out[static RD_N_CLOCKS], size_t *ret_n, struct rd_err *err);

/* One clock from the day it starts: its due date. RD_E_MISSING where the policy holds no such clock
 * or it counts hours or months. */
RD_MUST_USE enum rd_rc rd_clock_due(const struct rd_landlord *landlord,
	const struct rd_calendar *calendar, enum rd_clock_id clock, struct rd_date starts,
	struct rd_date *ret_due, struct rd_err *err);

#endif

#include "redress/policy/clocks.h"

#include <string.h>

#define MS_PER_HOUR ((int64_t)3600 * 1000)

/* Where an event stands in time. */
struct moment {
	bool known;
	bool supposed;
	bool past_calendar; /* not known for that reason */
	struct rd_date day;
	int64_t at_ms;
};

struct run {
	const struct rd_landlord *landlord;
	const struct rd_calendar *calendar;
	const struct rd_events *events;
	struct rd_clock_line
		lines[RD_N_CLOCKS]; /* by clock; `clock` is not set for those not held */
};

void rd_events_set_day(struct rd_events *events, enum rd_event event, struct rd_date day)
{
	events->at[event] = (struct rd_event_time){ .given = true, .day = day };
}

void rd_events_set_instant(struct rd_events *events, enum rd_event event, int64_t at_ms)
{
	events->at[event] = (struct rd_event_time){
		.given = true, .is_instant = true, .day = rd_date_of(at_ms), .at_ms = at_ms
	};
}

static struct moment given(const struct rd_event_time *time)
{
	return (struct moment){ .known = true,
		.day = time->day,
		.at_ms = time->is_instant ? time->at_ms : rd_date_start_ms(time->day) };
}

/* The last day of the clock that an event ends. */
static struct moment last_day_of(const struct run *run, enum rd_clock_id clock)
{
	const struct rd_clock_line *line = &run->lines[clock];

	return (struct moment){ .known = line->known,
		.supposed = true,
		.past_calendar = line->past_calendar,
		.day = line->due };
}

static bool held(const struct run *run, enum rd_clock_id clock)
{
	return run->landlord->clocks[clock].held;
}

/* The event that an event not given is supposed to fall on (an officer is named in the
 * acknowledgement, Code 5.7 and 002:163), or itself. */
static enum rd_event stands_for(const struct run *run, enum rd_event event)
{
	if (run->events->at[event].given)
		return event;
	if (event == RD_EVENT_ASSIGNED)
		return RD_EVENT_ACKNOWLEDGED;
	if (event == RD_EVENT_STAGE2_ASSIGNED)
		return RD_EVENT_STAGE2_ACKNOWLEDGED;
	return event;
}

static struct moment moment_of(const struct run *run, enum rd_event asked)
{
	enum rd_event event = stands_for(run, asked);
	struct moment unknown = { 0 };

	if (run->events->at[event].given) {
		struct moment moment = given(&run->events->at[event]);
		moment.supposed = event != asked;
		return moment;
	}
	switch (event) {
	case RD_EVENT_ACKNOWLEDGED:
		return last_day_of(run, RD_CLOCK_STAGE1_ACKNOWLEDGE);
	case RD_EVENT_EXTENDED:
		return last_day_of(run, RD_CLOCK_STAGE1_RESPOND);
	case RD_EVENT_RESPONDED:
		if (run->events->at[RD_EVENT_EXTENDED].given && held(run, RD_CLOCK_STAGE1_EXTENDED))
			return last_day_of(run, RD_CLOCK_STAGE1_EXTENDED);
		return last_day_of(run, RD_CLOCK_STAGE1_RESPOND);
	case RD_EVENT_STAGE2_REQUESTED:
		return last_day_of(run, RD_CLOCK_STAGE2_REQUEST);
	case RD_EVENT_STAGE2_ACKNOWLEDGED:
		if (!held(run, RD_CLOCK_STAGE2_ACKNOWLEDGE))
			return last_day_of(run, RD_CLOCK_STAGE2_ACCEPT);
		return last_day_of(run, RD_CLOCK_STAGE2_ACKNOWLEDGE);
	case RD_EVENT_STAGE2_EXTENDED:
		return last_day_of(run, RD_CLOCK_STAGE2_RESPOND);
	case RD_EVENT_STAGE2_RESPONDED:
		if (run->events->at[RD_EVENT_STAGE2_EXTENDED].given &&
			held(run, RD_CLOCK_STAGE2_EXTENDED))
			return last_day_of(run, RD_CLOCK_STAGE2_EXTENDED);
		return last_day_of(run, RD_CLOCK_STAGE2_RESPOND);
	case RD_EVENT_INVESTIGATED:
		return last_day_of(run, RD_CLOCK_HAZARD_INVESTIGATE);
	case RD_EVENT_RECEIVED:
	case RD_EVENT_ASSIGNED:
	case RD_EVENT_STAGE2_ASSIGNED:
	case RD_EVENT_HAZARD_KNOWN:
	case RD_EVENT_ENQUIRED:
	case RD_EVENT_SURVEYED:
	case RD_N_EVENTS:
		break;
	}
	return unknown;
}

/* A closure of the office lengthens what the landlord alone promised, and what the law sets only
 * where its profile says so. */
static enum rd_rc count_workdays(const struct rd_landlord *landlord,
	const struct rd_calendar *calendar, enum rd_clock_id clock, struct rd_date starts,
	struct rd_date *ret_due, struct rd_err *err)
{
	const int length = landlord->clocks[clock].length;

	if (rd_clock_is_statutory(clock) && !landlord->closures_lengthen_all)
		return rd_workday_due_by_law(calendar, starts, length, ret_due, err);
	return rd_workday_due(calendar, starts, length, ret_due, err);
}

/* Sets starts and due of a clock that starts at `from`, which is known. */
static void set_line(const struct run *run, enum rd_clock_id clock, const struct moment *from,
	struct rd_clock_line *line)
{
	const struct rd_clock_rule *rule = &run->landlord->clocks[clock];
	struct rd_err unused = { 0 };

	line->starts = from->day;
	line->supposed = from->supposed;
	line->known = true;
	switch (rule->unit) {
	case RD_UNIT_WORKING_DAYS:
		if (count_workdays(run->landlord, run->calendar, clock, from->day, &line->due,
			    &unused) == RD_OK)
			return;
		line->known = false;
		line->past_calendar = true;
		return;
	case RD_UNIT_DAYS:
		line->due = rd_date_add(from->day, rule->length);
		return;
	case RD_UNIT_MONTHS:
		line->starts = rd_date_months_before(from->day, rule->length);
		line->due = from->day;
		return;
	case RD_UNIT_HOURS:
		line->instants = true;
		line->starts_ms = from->at_ms;
		line->due_ms = from->at_ms + rule->length * MS_PER_HOUR;
		line->due = rd_date_of(line->due_ms);
		return;
	}
}

static void try_line(struct run *run, enum rd_clock_id clock)
{
	const struct rd_clock_rule *rule = &run->landlord->clocks[clock];
	struct rd_clock_line *line = &run->lines[clock];
	struct moment from;

	if (rule->from_clock) {
		const struct rd_clock_line *before = &run->lines[rule->from_clock_id];
		from = last_day_of(run, rule->from_clock_id);
		from.supposed = before->supposed;
	} else {
		from = moment_of(run, rule->from);
	}
	/* An extension that nobody was told of is only a possibility. */
	if ((clock == RD_CLOCK_STAGE1_EXTENDED && !run->events->at[RD_EVENT_EXTENDED].given) ||
		(clock == RD_CLOCK_STAGE2_EXTENDED &&
			!run->events->at[RD_EVENT_STAGE2_EXTENDED].given))
		from.supposed = true;
	if (from.known)
		set_line(run, clock, &from, line);
	else if (from.past_calendar)
		line->past_calendar = true;
}

enum rd_rc rd_clocks_run(const struct rd_landlord *landlord, const struct rd_calendar *calendar,
	const struct rd_events *events, struct rd_clock_line out[static RD_N_CLOCKS], size_t *ret_n,
	struct rd_err *err)
{
	struct run run = { .landlord = landlord, .calendar = calendar, .events = events };
	size_t n = 0;

	if (!events->at[RD_EVENT_RECEIVED].given)
		return rd_fail(err, RD_E_INPUT, "a timeline needs the day of receipt");
	/* A clock may hang on any other: each pass settles at least one more, or none is left to
	 * settle. */
	for (int pass = 0; pass < RD_N_CLOCKS; pass++)
		for (int clock = 0; clock < RD_N_CLOCKS; clock++)
			if (landlord->clocks[clock].held && !run.lines[clock].known &&
				!run.lines[clock].past_calendar)
				try_line(&run, (enum rd_clock_id)clock);
	for (int clock = 0; clock < RD_N_CLOCKS; clock++) {
		if (!landlord->clocks[clock].held)
			continue;
		out[n] = run.lines[clock];
		out[n].clock = (enum rd_clock_id)clock;
		out[n].source = landlord->clocks[clock].source;
		n++;
	}
	*ret_n = n;
	return RD_OK;
}

enum rd_rc rd_clock_due(const struct rd_landlord *landlord, const struct rd_calendar *calendar,
	enum rd_clock_id clock, struct rd_date starts, struct rd_date *ret_due, struct rd_err *err)
{
	const struct rd_clock_rule *rule = &landlord->clocks[clock];

	if (rule->held && rule->unit == RD_UNIT_WORKING_DAYS)
		return count_workdays(landlord, calendar, clock, starts, ret_due, err);
	if (rule->held && rule->unit == RD_UNIT_DAYS) {
		*ret_due = rd_date_add(starts, rule->length);
		return RD_OK;
	}
	return rd_fail(err, RD_E_MISSING, "landlord %s has no clock %s that counts days",
		landlord->name, rd_clock_names[clock]);
}

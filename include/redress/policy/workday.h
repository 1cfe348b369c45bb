/* workday: working days of a UK nation, from gov.uk's list of bank holidays.
 *
 * A clock counts days, not hours: the day of receipt is day zero, Saturdays, Sundays and the
 * nation's bank holidays do not count, and the due date is the last day on which an act is still in
 * time (seed 003:216; the Code itself counts no days). The calendar is a file of the rule folder,
 * calendars/bank-holidays.json, in the form of https://www.gov.uk/bank-holidays.json: an object of
 * `england-and-wales`, `scotland`, `northern-ireland`, each with `events` of `title` and `date`.
 *
 * A year of it is full where December has a bank holiday in it (Christmas Day always has one, or
 * its substitute). Days before the first full year and after the last one are RD_E_RANGE: no date
 * is ever guessed. Pure: no clock is read here.
 */
#ifndef REDRESS_POLICY_WORKDAY_H
#define REDRESS_POLICY_WORKDAY_H

#include <stdbool.h>
#include <stddef.h>
#include "redress/base/date.h"
#include "redress/base/err.h"

#define RD_CALENDAR_URL	      "https://www.gov.uk/bank-holidays.json"
#define RD_CALENDAR_BYTES_MAX (1u << 20)
#define RD_CALENDAR_DAYS_MAX  4000 /* bank holidays of one nation plus the landlord's closures */
#define RD_CLOSURES_MAX	      400  /* a landlord's own closure days */
#define RD_WORKDAYS_MAX	      366  /* the longest clock in working days */

enum rd_nation {
	RD_ENGLAND = 0,
	RD_WALES,
	RD_SCOTLAND,
	RD_NORTHERN_IRELAND,
	RD_N_NATIONS,
};

extern const char *const rd_nation_names[RD_N_NATIONS + 1]; /* "england", ...; NULL-ended */

struct rd_calendar; /* immutable once made; may be shared between threads */

/* file: only for messages. closures: days on which this landlord's office is shut; NULL and 0 by
 * default. They are no working days here, but for rd_workday_due_by_law: the Code and the law know
 * no office closures.
 * Owned: rd_calendar_free. RD_E_INPUT with file and line where the JSON or a date is wrong. */
RD_MUST_USE enum rd_rc rd_calendar_parse(const char *file, const char *json, size_t len,
	enum rd_nation nation, const struct rd_date *closures, size_t n_closures,
	struct rd_calendar **ret_calendar, struct rd_err *err);
void rd_calendar_free(struct rd_calendar *calendar); /* NULL is fine */
void rd_calendar_cleanup(struct rd_calendar **calendar);

struct rd_date rd_calendar_first_day(const struct rd_calendar *calendar); /* 1 January */
/* 31 December of the last full year. */
struct rd_date rd_calendar_last_day(const struct rd_calendar *calendar);
/* Every day that does not count but Saturdays and Sundays, closures included, sorted; borrowed from
 * the calendar. */
const struct rd_date *rd_calendar_days(const struct rd_calendar *calendar, size_t *ret_n);
/* True from one year before the last day on (`status` warns). */
bool rd_calendar_ends_within_year(const struct rd_calendar *calendar, struct rd_date today);

RD_MUST_USE enum rd_rc rd_is_working_day(const struct rd_calendar *calendar, struct rd_date day,
	bool *ret_working, struct rd_err *err);

/* The nth working day after day zero. n_workdays 1..RD_WORKDAYS_MAX. */
RD_MUST_USE enum rd_rc rd_workday_due(const struct rd_calendar *calendar, struct rd_date day_zero,
	int n_workdays, struct rd_date *ret_due, struct rd_err *err);
/* The same, but the landlord's closures count as the days that they are. */
RD_MUST_USE enum rd_rc rd_workday_due_by_law(const struct rd_calendar *calendar,
	struct rd_date day_zero, int n_workdays, struct rd_date *ret_due, struct rd_err *err);
/* The last working day before `day` (never `day` itself). */
RD_MUST_USE enum rd_rc rd_workday_last_before(const struct rd_calendar *calendar,
	struct rd_date day, struct rd_date *ret_day, struct rd_err *err);
/* The first working day after `day` (never `day` itself). */
RD_MUST_USE enum rd_rc rd_workday_next(const struct rd_calendar *calendar, struct rd_date day,
	struct rd_date *ret_day, struct rd_err *err);
/* How many working days lie after `from`, up to and with `to`; 0 where to <= from. */
RD_MUST_USE enum rd_rc rd_workdays_between(const struct rd_calendar *calendar, struct rd_date from,
	struct rd_date to, int *ret_count, struct rd_err *err);

#endif

/* date: days as the law counts them: Europe/London dates, never 24-hour periods.
 *
 * An instant is int64_t milliseconds since 1970-01-01T00:00:00Z, named _ms. A day is a rd_date.
 * British Summer Time runs from the last Sunday of March, 01:00 UTC, to the last Sunday of October,
 * 01:00 UTC (The Summer Time Order 2002, S.I. 2002/262): computed here, so it needs no tzdata and
 * no global state. Years 1996 to 2199.
 */
#ifndef REDRESS_BASE_DATE_H
#define REDRESS_BASE_DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "redress/base/err.h"

struct rd_date {
	int year;  /* 1996..2199; 0: no date */
	int month; /* 1..12 */
	int day;   /* 1..31 */
};

#define RD_DATE_MAX	 16 /* "2026-11-22" and its NUL, with room */
#define RD_INSTANT_MAX	 32 /* "2026-11-22T10:53:00+00:00" and its NUL */
#define RD_LONG_DATE_MAX 40 /* "Wednesday 25 November 2026" */

struct rd_date rd_date_of(int64_t instant_ms);			 /* the London day of an instant */
int64_t rd_date_start_ms(struct rd_date day);			 /* 00:00 London */
int64_t rd_date_at_ms(struct rd_date day, int hour, int minute); /* wall time in London */
int rd_london_minute_of_day(int64_t instant_ms);		 /* 0..1439 */
int rd_london_offset_min(int64_t instant_ms);			 /* 0 or 60 */

bool rd_date_is_set(struct rd_date day);
int rd_date_compare(struct rd_date a, struct rd_date b); /* <0, 0, >0 */
struct rd_date rd_date_add(struct rd_date day, int n_days);
/* The same day so many months earlier; the last of the month where it has no such day. */
struct rd_date rd_date_months_before(struct rd_date day, int n_months);
int rd_date_days_between(struct rd_date from, struct rd_date to);
int rd_date_weekday(struct rd_date day); /* 0 Monday .. 6 Sunday */

/* "YYYY-MM-DD", a real day of the calendar and nothing behind it. */
RD_MUST_USE enum rd_rc rd_date_parse(const char *text, struct rd_date *ret_day, struct rd_err *err);
/* RFC 3339, `T` or a space, seconds with or without a fraction, Z or an offset. */
RD_MUST_USE enum rd_rc rd_instant_parse(const char *text, int64_t *ret_ms, struct rd_err *err);

const char *rd_date_format(struct rd_date day, char out[static RD_DATE_MAX]);
const char *rd_date_format_long(struct rd_date day, char out[static RD_LONG_DATE_MAX]);
/* RFC 3339 with London's offset. */
const char *rd_instant_format(int64_t instant_ms, char out[static RD_INSTANT_MAX]);

#endif

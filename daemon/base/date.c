#include "redress/base/date.h"

#include <stdio.h>
#include <string.h>

#define MS_A_DAY    INT64_C(86400000)
#define MS_AN_HOUR  INT64_C(3600000)
#define MS_A_MINUTE INT64_C(60000)
#define YEAR_MIN    1996
#define YEAR_MAX    2199

static const char *const weekdays[] = { "Monday", "Tuesday", "Wednesday", "Thursday", "Friday",
	"Saturday", "Sunday" };
static const char *const months[] = { "January", "February", "March", "April", "May", "June",
	"July", "August", "September", "October", "November", "December" };

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0 ? 1 : 0);
}

/* Days since 1970-01-01. Years are counted from 1 March, so that the leap day comes last. */
static int64_t days_of(struct rd_date day)
{
	int64_t y = day.year - (day.month <= 2 ? 1 : 0);
	int64_t month_from_march = (day.month + 9) % 12;
	int64_t day_of_year = (153 * month_from_march + 2) / 5 + day.day - 1;

	return y * 365 + floor_div(y, 4) - floor_div(y, 100) + floor_div(y, 400) + day_of_year -
	       719468;
}

static struct rd_date date_of_days(int64_t days)
{
	int64_t z = days + 719468;
	int64_t era = floor_div(z, 146097);
	int64_t of_era = z - era * 146097;
	int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t month_from_march = (5 * of_year + 2) / 153;
	int64_t day = of_year - (153 * month_from_march + 2) / 5 + 1;
	int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
	int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);

	return (struct rd_date){ (int)year, (int)month, (int)day };
}

static int weekday_of_days(int64_t days)
{
	return (int)(((days + 3) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
}

/* The instant of a clock change: the last Sunday of a month of 31 days, 01:00 UTC. */
static int64_t change_ms(int year, int month)
{
	int64_t last = days_of((struct rd_date){ year, month, 31 });

	return (last - (weekday_of_days(last) + 1) % 7) * MS_A_DAY + MS_AN_HOUR;
}

int rd_london_offset_min(int64_t instant_ms)
{
	int year = date_of_days(floor_div(instant_ms, MS_A_DAY)).year;

	return instant_ms >= change_ms(year, 3) && instant_ms < change_ms(year, 10) ? 60 : 0;
}

static int64_t london_ms(int64_t instant_ms)
{
	return instant_ms + rd_london_offset_min(instant_ms) * MS_A_MINUTE;
}

struct rd_date rd_date_of(int64_t instant_ms)
{
	return date_of_days(floor_div(london_ms(instant_ms), MS_A_DAY));
}

int rd_london_minute_of_day(int64_t instant_ms)
{
	int64_t local = london_ms(instant_ms);

	return (int)((local - floor_div(local, MS_A_DAY) * MS_A_DAY) / MS_A_MINUTE);
}

/* A wall time that occurs twice (autumn) is the first of both; one that never occurs (spring) lies
 * as far behind the change as it claims to. */
int64_t rd_date_at_ms(struct rd_date day, int hour, int minute)
{
	int64_t as_utc = days_of(day) * MS_A_DAY + hour * MS_AN_HOUR + minute * MS_A_MINUTE;

	if (rd_london_offset_min(as_utc - MS_AN_HOUR) == 60)
		return as_utc - MS_AN_HOUR;
	return as_utc;
}

int64_t rd_date_start_ms(struct rd_date day)
{
	return rd_date_at_ms(day, 0, 0);
}

bool rd_date_is_set(struct rd_date day)
{
	return day.year != 0;
}

int rd_date_compare(struct rd_date a, struct rd_date b)
{
	if (a.year != b.year)
		return a.year < b.year ? -1 : 1;
	if (a.month != b.month)
		return a.month < b.month ? -1 : 1;
	if (a.day != b.day)
		return a.day < b.day ? -1 : 1;
	return 0;
}

struct rd_date rd_date_add(struct rd_date day, int n_days)
{
	return date_of_days(days_of(day) + n_days);
}

struct rd_date rd_date_months_before(struct rd_date day, int n_months)
{
	const int month = day.year * 12 + day.month - 1 - n_months;
	const struct rd_date first = { month / 12, month % 12 + 1, 1 };
	const struct rd_date next = { (month + 1) / 12, (month + 1) % 12 + 1, 1 };
	const int n_days = (int)(days_of(next) - days_of(first));

	return (struct rd_date){ first.year, first.month, day.day < n_days ? day.day : n_days };
}

int rd_date_days_between(struct rd_date from, struct rd_date to)
{
	return (int)(days_of(to) - days_of(from));
}

int rd_date_weekday(struct rd_date day)
{
	return weekday_of_days(days_of(day));
}

/* Exactly n digits; moves on behind them. */
static bool take_digits(const char **at, int n, int *ret_value)
{
	int value = 0;

	for (int i = 0; i < n; i++) {
		if ((*at)[i] < '0' || (*at)[i] > '9')
			return false;
		value = value * 10 + ((*at)[i] - '0');
	}
	*at += n;
	*ret_value = value;
	return true;
}

static bool take_char(const char **at, const char *any_of)
{
	if (**at == '\0' || strchr(any_of, **at) == NULL)
		return false;
	(*at)++;
	return true;
}

static bool is_real_day(struct rd_date day)
{
	return day.month >= 1 && day.month <= 12 && day.day >= 1 && day.day <= 31 &&
	       rd_date_compare(date_of_days(days_of(day)), day) == 0;
}

static enum rd_rc take_date(
	const char *text, const char **at, struct rd_date *ret_day, struct rd_err *err)
{
	struct rd_date day;

	if (!take_digits(at, 4, &day.year) || !take_char(at, "-") ||
		!take_digits(at, 2, &day.month) || !take_char(at, "-") ||
		!take_digits(at, 2, &day.day))
		return rd_fail(err, RD_E_INPUT,
			"\"%.40s\" is not a date; write it as YYYY-MM-DD, such as 2026-11-30",
			text);
	if (!is_real_day(day))
		return rd_fail(err, RD_E_INPUT, "\"%.40s\" is not a day of the calendar", text);
	if (day.year < YEAR_MIN || day.year > YEAR_MAX)
		return rd_fail(err, RD_E_RANGE, "\"%.40s\" lies outside the years %d to %d", text,
			YEAR_MIN, YEAR_MAX);
	*ret_day = day;
	return RD_OK;
}

enum rd_rc rd_date_parse(const char *text, struct rd_date *ret_day, struct rd_err *err)
{
	const char *at = text;
	struct rd_date day;

	RD_TRY(take_date(text, &at, &day, err));
	if (*at != '\0')
		return rd_fail(err, RD_E_INPUT,
			"\"%.40s\" has something behind the date; write YYYY-MM-DD alone", text);
	*ret_day = day;
	return RD_OK;
}

/* "10:53:00" with or without a fraction, into milliseconds of the day. */
static bool take_time(const char **at, int64_t *ret_ms)
{
	int hour, minute, second;
	int64_t fraction = 0, scale = 100;

	if (!take_digits(at, 2, &hour) || !take_char(at, ":") || !take_digits(at, 2, &minute) ||
		!take_char(at, ":") || !take_digits(at, 2, &second))
		return false;
	if (hour > 23 || minute > 59 || second > 60) /* 60: a leap second, RFC 3339 5.7 */
		return false;
	if (take_char(at, ".")) {
		if (**at < '0' || **at > '9')
			return false;
		for (; **at >= '0' && **at <= '9'; (*at)++) {
			fraction += (**at - '0') * scale;
			scale /= 10;
		}
	}
	*ret_ms = hour * MS_AN_HOUR + minute * MS_A_MINUTE + second * 1000 + fraction;
	return true;
}

static bool take_offset(const char **at, int64_t *ret_ms)
{
	int hour, minute;

	if (take_char(at, "Zz")) {
		*ret_ms = 0;
		return true;
	}
	bool east = **at == '+';
	if (!take_char(at, "+-") || !take_digits(at, 2, &hour) || !take_char(at, ":") ||
		!take_digits(at, 2, &minute) || hour > 23 || minute > 59)
		return false;
	*ret_ms = (hour * MS_AN_HOUR + minute * MS_A_MINUTE) * (east ? 1 : -1);
	return true;
}

enum rd_rc rd_instant_parse(const char *text, int64_t *ret_ms, struct rd_err *err)
{
	const char *at = text;
	struct rd_date day;
	int64_t of_day, offset;

	RD_TRY(take_date(text, &at, &day, err));
	if (!take_char(&at, "Tt ") || !take_time(&at, &of_day) || !take_offset(&at, &offset) ||
		*at != '\0')
		return rd_fail(err, RD_E_INPUT,
			"\"%.40s\" is not an instant; write it such as 2026-11-30T09:15:00Z", text);
	*ret_ms = days_of(day) * MS_A_DAY + of_day - offset;
	return RD_OK;
}

const char *rd_date_format(struct rd_date day, char out[static RD_DATE_MAX])
{
	snprintf(out, RD_DATE_MAX, "%04u-%02u-%02u", (unsigned)day.year % 10000,
		(unsigned)day.month % 100, (unsigned)day.day % 100);
	return out;
}

const char *rd_date_format_long(struct rd_date day, char out[static RD_LONG_DATE_MAX])
{
	if (!is_real_day(day)) {
		out[0] = '\0';
		return out;
	}
	snprintf(out, RD_LONG_DATE_MAX, "%s %u %s %u", weekdays[rd_date_weekday(day)],
		(unsigned)day.day % 100, months[day.month - 1], (unsigned)day.year % 10000);
	return out;
}

const char *rd_instant_format(int64_t instant_ms, char out[static RD_INSTANT_MAX])
{
	int64_t local = london_ms(instant_ms);
	int64_t days = floor_div(local, MS_A_DAY);
	unsigned seconds = (unsigned)((local - days * MS_A_DAY) / 1000);
	char date[RD_DATE_MAX];

	snprintf(out, RD_INSTANT_MAX, "%.10sT%02u:%02u:%02u+%02u:00",
		rd_date_format(date_of_days(days), date), seconds / 3600 % 24, seconds / 60 % 60,
		seconds % 60, rd_london_offset_min(instant_ms) == 60 ? 1u : 0u);
	return out;
}

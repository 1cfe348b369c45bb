#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "redress/base/date.h"

static int64_t instant(const char *text)
{
	struct rd_err err = { 0 };
	int64_t ms = 0;

	if (rd_instant_parse(text, &ms, &err) != RD_OK)
		fail_msg("%s: %s", text, err.msg);
	return ms;
}

/* Days of the changes, from the Summer Time Order 2002 (S.I. 2002/262), looked up year by year. */
static const struct {
	int year, spring_day, autumn_day;
} changes[] = {
	{ 2019, 31, 27 },
	{ 2020, 29, 25 },
	{ 2021, 28, 31 },
	{ 2022, 27, 30 },
	{ 2023, 26, 29 },
	{ 2024, 31, 27 },
	{ 2025, 30, 26 },
	{ 2026, 29, 25 },
	{ 2027, 28, 31 },
	{ 2028, 26, 29 },
};

static void summer_time_begins_and_ends_at_one_utc(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
		struct rd_date spring = { changes[i].year, 3, changes[i].spring_day };
		struct rd_date autumn = { changes[i].year, 10, changes[i].autumn_day };
		/* Both days start at a whole hour UTC that the test counts by itself. */
		int64_t spring_change = rd_date_start_ms(spring) + 3600000;
		int64_t autumn_change = rd_date_start_ms(autumn) + 2 * 3600000;
		if (rd_london_offset_min(spring_change - 1) != 0 ||
			rd_london_offset_min(spring_change) != 60)
			fail_msg("%d: spring change is not on %d March", changes[i].year,
				changes[i].spring_day);
		if (rd_london_offset_min(autumn_change - 1) != 60 ||
			rd_london_offset_min(autumn_change) != 0)
			fail_msg("%d: autumn change is not on %d October", changes[i].year,
				changes[i].autumn_day);
		assert_int_equal(rd_date_weekday(spring), 6);
		assert_int_equal(rd_date_weekday(autumn), 6);
		assert_int_equal(
			rd_date_start_ms(rd_date_add(spring, 1)) - rd_date_start_ms(spring),
			23 * 3600000);
		assert_int_equal(
			rd_date_start_ms(rd_date_add(autumn, 1)) - rd_date_start_ms(autumn),
			25 * 3600000);
	}
}

static const struct {
	const char *why, *instant, *day, *local;
} days[] = {
	{ "winter: London is UTC", "2026-11-22T23:59:59Z", "2026-11-22",
		"2026-11-22T23:59:59+00:00" },
	{ "summer: the last hour of UTC is tomorrow", "2026-07-01T23:30:00Z", "2026-07-02",
		"2026-07-02T00:30:00+01:00" },
	{ "the last millisecond before spring", "2026-03-29T00:59:59.999Z", "2026-03-29",
		"2026-03-29T00:59:59+00:00" },
	{ "the first of summer", "2026-03-29T01:00:00Z", "2026-03-29",
		"2026-03-29T02:00:00+01:00" },
	{ "the first half past one of autumn", "2026-10-25T00:30:00Z", "2026-10-25",
		"2026-10-25T01:30:00+01:00" },
	{ "the second half past one of autumn", "2026-10-25T01:30:00Z", "2026-10-25",
		"2026-10-25T01:30:00+00:00" },
	{ "another country's offset", "2026-12-31T20:00:00-05:00", "2027-01-01",
		"2027-01-01T01:00:00+00:00" },
	{ "a leap day", "2028-02-29T12:00:00Z", "2028-02-29", "2028-02-29T12:00:00+00:00" },
	{ "2100 is no leap year", "2100-02-28T24:00:00Z", NULL, NULL },
	{ "a small t, a space and a fraction are taken", "2026-01-02 03:04:05.6z", "2026-01-02",
		"2026-01-02T03:04:05+00:00" },
	{ "a leap second", "2016-12-31T23:59:60Z", "2017-01-01", "2017-01-01T00:00:00+00:00" },
	{ "no offset", "2026-01-02T03:04:05", NULL, NULL },
	{ "something behind it", "2026-01-02T03:04:05Zulu", NULL, NULL },
	{ "no seconds", "2026-01-02T03:04Z", NULL, NULL },
	{ "a fraction without digits", "2026-01-02T03:04:05.Z", NULL, NULL },
	{ "before the calendar", "1995-12-31T23:00:00Z", NULL, NULL },
};

static void an_instant_lies_on_its_london_day(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof days / sizeof days[0]; i++) {
		struct rd_err err = { 0 };
		int64_t ms = 0;
		char day[RD_DATE_MAX], local[RD_INSTANT_MAX];
		enum rd_rc rc = rd_instant_parse(days[i].instant, &ms, &err);
		if ((rc == RD_OK) != (days[i].day != NULL))
			fail_msg("%s: %s", days[i].why, rc == RD_OK ? "was taken" : err.msg);
		if (rc != RD_OK)
			continue;
		rd_date_format(rd_date_of(ms), day);
		rd_instant_format(ms, local);
		if (strcmp(day, days[i].day) != 0 || strcmp(local, days[i].local) != 0)
			fail_msg("%s: %s, %s", days[i].why, day, local);
	}
}

static const struct {
	const char *why, *text;
	enum rd_rc rc;
} dates[] = {
	{ "a day", "2026-11-30", RD_OK },
	{ "the first of all", "1996-01-01", RD_OK },
	{ "the last of all", "2199-12-31", RD_OK },
	{ "April has 30 days", "2026-04-31", RD_E_INPUT },
	{ "no leap year", "2026-02-29", RD_E_INPUT },
	{ "month nought", "2026-00-10", RD_E_INPUT },
	{ "month thirteen", "2026-13-10", RD_E_INPUT },
	{ "day nought", "2026-01-00", RD_E_INPUT },
	{ "British order", "30/11/2026", RD_E_INPUT },
	{ "one digit", "2026-1-2", RD_E_INPUT },
	{ "a blank behind", "2026-11-30 ", RD_E_INPUT },
	{ "nothing", "", RD_E_INPUT },
	{ "too early", "1995-12-31", RD_E_RANGE },
	{ "too late", "2200-01-01", RD_E_RANGE },
};

static void only_a_real_day_is_taken_for_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++) {
		struct rd_err err = { 0 };
		struct rd_date day = { 1, 2, 3 };
		char out[RD_DATE_MAX];
		if (rd_date_parse(dates[i].text, &day, &err) != dates[i].rc)
			fail_msg("%s: %s", dates[i].why, err.msg);
		if (dates[i].rc == RD_OK)
			assert_string_equal(rd_date_format(day, out), dates[i].text);
		else if (day.year != 1)
			fail_msg("%s: the output was touched", dates[i].why);
	}
}

static void every_day_of_two_centuries_follows_the_one_before(void **state)
{
	struct rd_date day = { 1996, 1, 1 }, last = { 2199, 12, 31 };
	int weekday = 0; /* a Monday */

	(void)state;
	for (int n = 0; rd_date_compare(day, last) < 0; n++) {
		struct rd_date next = rd_date_add(day, 1);
		char text[RD_DATE_MAX];
		struct rd_err err = { 0 };
		struct rd_date again;
		assert_int_equal(rd_date_weekday(day), weekday);
		assert_int_equal(rd_date_days_between(day, next), 1);
		assert_int_equal(rd_date_compare(day, next), -1);
		assert_int_equal(rd_date_parse(rd_date_format(next, text), &again, &err), RD_OK);
		assert_int_equal(rd_date_compare(rd_date_of(rd_date_start_ms(next)), next), 0);
		assert_int_equal(rd_date_compare(rd_date_of(rd_date_start_ms(next) - 1), day), 0);
		weekday = (weekday + 1) % 7;
		day = next;
	}
}

static void wall_time_is_londons(void **state)
{
	struct rd_date winter = { 2026, 11, 30 }, summer = { 2026, 7, 1 };
	struct rd_date spring = { 2026, 3, 29 }, autumn = { 2026, 10, 25 };

	(void)state;
	assert_int_equal(rd_date_at_ms(winter, 9, 0), instant("2026-11-30T09:00:00Z"));
	assert_int_equal(rd_date_at_ms(summer, 9, 0), instant("2026-07-01T08:00:00Z"));
	assert_int_equal(rd_date_at_ms(summer, 0, 30), instant("2026-06-30T23:30:00Z"));
	/* 01:30 does not occur in spring, and occurs twice in autumn: the first counts. */
	assert_int_equal(rd_date_at_ms(spring, 1, 30), instant("2026-03-29T01:30:00Z"));
	assert_int_equal(rd_date_at_ms(autumn, 1, 30), instant("2026-10-25T00:30:00Z"));
	assert_int_equal(rd_date_at_ms(autumn, 9, 0), instant("2026-10-25T09:00:00Z"));
	assert_int_equal(rd_london_minute_of_day(instant("2026-07-01T08:15:00Z")), 9 * 60 + 15);
}

static void a_long_date_reads_as_people_write_it(void **state)
{
	char out[RD_LONG_DATE_MAX];

	(void)state;
	assert_string_equal(rd_date_format_long((struct rd_date){ 2026, 11, 30 }, out),
		"Monday 30 November 2026");
	assert_string_equal(rd_date_format_long((struct rd_date){ 2027, 9, 1 }, out),
		"Wednesday 1 September 2027");
	assert_false(rd_date_is_set((struct rd_date){ 0, 0, 0 }));
}

static void months_before_a_day_that_they_lack_is_their_last(void **state)
{
	static const struct {
		const char *why;
		struct rd_date from;
		int n;
		struct rd_date before;
	} rows[] = {
		{ "the same day", { 2026, 11, 17 }, 3, { 2026, 8, 17 } },
		{ "over the turn of the year", { 2026, 1, 15 }, 12, { 2025, 1, 15 } },
		{ "December", { 2026, 1, 31 }, 1, { 2025, 12, 31 } },
		{ "31 June", { 2026, 7, 31 }, 1, { 2026, 6, 30 } },
		{ "29 February of no leap year", { 2027, 3, 29 }, 1, { 2027, 2, 28 } },
		{ "29 February of a leap year", { 2028, 3, 31 }, 1, { 2028, 2, 29 } },
		{ "none", { 2026, 5, 31 }, 0, { 2026, 5, 31 } },
		{ "a hundred years", { 2026, 5, 31 }, 1200, { 1926, 5, 31 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rd_date_compare(
			    rd_date_months_before(rows[i].from, rows[i].n), rows[i].before) != 0)
			fail_msg("%s", rows[i].why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(summer_time_begins_and_ends_at_one_utc),
		cmocka_unit_test(an_instant_lies_on_its_london_day),
		cmocka_unit_test(only_a_real_day_is_taken_for_one),
		cmocka_unit_test(every_day_of_two_centuries_follows_the_one_before),
		cmocka_unit_test(wall_time_is_londons),
		cmocka_unit_test(a_long_date_reads_as_people_write_it),
		cmocka_unit_test(months_before_a_day_that_they_lack_is_their_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

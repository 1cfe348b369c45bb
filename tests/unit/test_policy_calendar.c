/* Working days held to an independent calculation: every day from 2024 to 2028 in each nation, with
 * bank holidays worked out from the law's own rules (Banking and Financial Dealings Act 1971, the
 * Easter reckoning, substitute days), none read from the file, and counted day by day. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "redress/base/arena.h"
#include "redress/base/stanza.h"
#include "redress/policy/workday.h"

#define FIRST_YEAR 2024
#define LAST_YEAR  2028
#define N_DAYS	   (4 * 365 + 366 + 1) /* 2024 and 2028 are leap years */

/* 0 is Monday 1 January 2024, so day % 7 is the weekday. */
struct reckoning {
	struct rd_date dates[N_DAYS];
	bool free_day[RD_N_NATIONS][N_DAYS];
};

struct fixture {
	struct rd_arena *arena;
	const char *json;
	size_t len;
	struct rd_calendar *of[RD_N_NATIONS];
	struct rd_calendar *shut;
	struct reckoning r;
};

static const char *show(struct rd_date day, char out[static RD_DATE_MAX])
{
	return rd_date_format(day, out);
}

static void list_dates(struct reckoning *r)
{
	int n = 0;

	for (int year = FIRST_YEAR; year <= LAST_YEAR; year++)
		for (int month = 1; month <= 12; month++) {
			bool thirty = month == 4 || month == 6 || month == 9 || month == 11;
			int last = thirty ? 30 : month != 2 ? 31 : year % 4 == 0 ? 29 : 28;
			for (int day = 1; day <= last; day++)
				r->dates[n++] = (struct rd_date){ year, month, day };
		}
	assert_int_equal(n, N_DAYS);
}

static int at(const struct reckoning *r, int year, int month, int day)
{
	for (int i = 0; i < N_DAYS; i++)
		if (r->dates[i].year == year && r->dates[i].month == month &&
			r->dates[i].day == day)
			return i;
	fail_msg("no day %d-%d-%d", year, month, day);
	return 0;
}

/* The Gregorian reckoning of Easter Sunday, by Meeus, Jones and Butcher. */
static int easter(const struct reckoning *r, int y)
{
	int a = y % 19, b = y / 100, c = y % 100;
	int h = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
	int l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
	int m = (a + 11 * h + 22 * l) / 451;
	int n = h + l - 7 * m + 114;

	return at(r, y, n / 31, n % 31 + 1);
}

static int first_monday(const struct reckoning *r, int year, int month)
{
	int day = at(r, year, month, 1);

	while (day % 7 != 0)
		day++;
	return day;
}

static int last_monday(const struct reckoning *r, int year, int month)
{
	int day = at(r, year, month, 31);

	while (day % 7 != 0)
		day--;
	return day;
}

/* A holiday on a weekend, or on one that is taken, moves to the next day that is neither. */
static void give(struct reckoning *r, enum rd_nation nation, int day)
{
	while (r->free_day[nation][day])
		day++;
	r->free_day[nation][day] = true;
}

static void give_all(struct reckoning *r, int day)
{
	for (int nation = 0; nation < RD_N_NATIONS; nation++)
		give(r, (enum rd_nation)nation, day);
}

static void give_year(struct reckoning *r, int year)
{
	const int sunday = easter(r, year);
	const int scottish_august = first_monday(r, year, 8);

	give_all(r, at(r, year, 1, 1));
	give(r, RD_SCOTLAND, at(r, year, 1, 2));
	give(r, RD_NORTHERN_IRELAND, at(r, year, 3, 17)); /* St Patrick */
	give_all(r, sunday - 2);
	for (int nation = 0; nation < RD_N_NATIONS; nation++)
		if (nation != RD_SCOTLAND)
			give(r, (enum rd_nation)nation, sunday + 1);
	give_all(r, first_monday(r, year, 5));
	give_all(r, last_monday(r, year, 5));
	give(r, RD_NORTHERN_IRELAND, at(r, year, 7, 12)); /* the Boyne */
	give(r, RD_SCOTLAND, scottish_august);
	for (int nation = 0; nation < RD_N_NATIONS; nation++)
		if (nation != RD_SCOTLAND)
			give(r, (enum rd_nation)nation, last_monday(r, year, 8));
	give(r, RD_SCOTLAND, at(r, year, 11, 30)); /* St Andrew */
	/* In none of these years is Christmas Day a Sunday, when Boxing Day would keep its own
	 * Monday. */
	give_all(r, at(r, year, 12, 25));
	give_all(r, at(r, year, 12, 26));
}

static void reckon(struct reckoning *r)
{
	list_dates(r);
	for (int nation = 0; nation < RD_N_NATIONS; nation++)
		for (int i = 0; i < N_DAYS; i++)
			r->free_day[nation][i] = i % 7 >= 5;
	for (int year = FIRST_YEAR; year <= LAST_YEAR; year++)
		give_year(r, year);
	give(r, RD_SCOTLAND, at(r, 2026, 6, 15)); /* proclaimed for the World Cup */
}

static int setup(void **state)
{
	static struct fixture f;
	struct rd_err err = { 0 };

	memset(&f, 0, sizeof f);
	f.arena = rd_arena_new(4u << 20);
	if (rd_file_read(RD_SOURCE_DIR "/rules/calendars/bank-holidays.json", RD_CALENDAR_BYTES_MAX,
		    f.arena, &f.json, &f.len, &err) != RD_OK)
		fail_msg("%s", err.msg);
	for (int i = 0; i < RD_N_NATIONS; i++)
		if (rd_calendar_parse("bank-holidays.json", f.json, f.len, (enum rd_nation)i, NULL,
			    0, &f.of[i], &err) != RD_OK)
			fail_msg("%s", err.msg);
	reckon(&f.r);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < RD_N_NATIONS; i++)
		rd_calendar_free(f->of[i]);
	rd_calendar_free(f->shut);
	rd_arena_free(f->arena);
	return 0;
}

/* Day by day; N_DAYS where it lies past the end. */
static int count_on(const bool *free_day, int from, int n_workdays)
{
	int day = from;

	while (n_workdays > 0 && ++day < N_DAYS)
		n_workdays -= !free_day[day];
	return day;
}

static void every_day_of_five_years_is_free_or_not_as_the_law_says(void **state)
{
	struct fixture *f = *state;
	struct rd_err err = { 0 };
	char day[RD_DATE_MAX];

	for (int nation = 0; nation < RD_N_NATIONS; nation++)
		for (int i = 0; i < N_DAYS; i++) {
			bool working = false;
			if (rd_is_working_day(f->of[nation], f->r.dates[i], &working, &err) !=
				RD_OK)
				fail_msg("%s", err.msg);
			if (working == f->r.free_day[nation][i])
				fail_msg("%s: %s is %s", rd_nation_names[nation],
					show(f->r.dates[i], day), working ? "worked on" : "free");
		}
}

static void every_due_date_of_five_years_is_counted_day_by_day(void **state)
{
	static const int lengths[] = { 1, 2, 3, 5, 8, 10, 20, 40 };
	struct fixture *f = *state;
	char from[RD_DATE_MAX], got[RD_DATE_MAX], want[RD_DATE_MAX];

	for (int nation = 0; nation < RD_N_NATIONS; nation++)
		for (int i = 0; i < N_DAYS; i++)
			for (size_t k = 0; k < sizeof lengths / sizeof lengths[0]; k++) {
				struct rd_err err = { 0 };
				struct rd_date due = { 0 };
				enum rd_rc rc = rd_workday_due(
					f->of[nation], f->r.dates[i], lengths[k], &due, &err);
				int naive = count_on(f->r.free_day[nation], i, lengths[k]);
				if (naive == N_DAYS) {
					assert_int_equal(rc, RD_E_RANGE);
					continue;
				}
				if (rc != RD_OK)
					fail_msg("%s", err.msg);
				if (rd_date_compare(due, f->r.dates[naive]) != 0)
					fail_msg("%s: %d working days from %s: got %s, want %s",
						rd_nation_names[nation], lengths[k],
						show(f->r.dates[i], from), show(due, got),
						show(f->r.dates[naive], want));
			}
}

static void before_after_and_between_agree_with_the_count(void **state)
{
	struct fixture *f = *state;
	struct rd_err err = { 0 };
	struct rd_date day = { 0 };
	int n;

	for (int nation = 0; nation < RD_N_NATIONS; nation++) {
		const bool *free_day = f->r.free_day[nation];
		for (int i = 8; i < N_DAYS - 8; i++) {
			int before = i - 1, far = i, count = 0;
			while (free_day[before])
				before--;
			assert_int_equal(
				rd_workday_last_before(f->of[nation], f->r.dates[i], &day, &err),
				RD_OK);
			assert_int_equal(rd_date_compare(day, f->r.dates[before]), 0);
			assert_int_equal(
				rd_workday_next(f->of[nation], f->r.dates[i], &day, &err), RD_OK);
			assert_int_equal(
				rd_date_compare(day, f->r.dates[count_on(free_day, i, 1)]), 0);
			for (int step = 0; step < 60 && far + 1 < N_DAYS; step++)
				count += !free_day[++far];
			assert_int_equal(rd_workdays_between(f->of[nation], f->r.dates[i],
						 f->r.dates[far], &n, &err),
				RD_OK);
			assert_int_equal(n, count);
		}
	}
}

/* An office that is shut on every 11th day: what the landlord promised waits for it, the law does
 * not. */
static void closures_count_for_the_landlord_and_not_for_the_law(void **state)
{
	struct fixture *f = *state;
	struct rd_err err = { 0 };
	struct rd_date closed[N_DAYS / 11 + 1];
	bool shut[N_DAYS];
	size_t n_closed = 0;

	for (int i = 0; i < N_DAYS; i++) {
		shut[i] = f->r.free_day[RD_WALES][i] || i % 11 == 10;
		if (i % 11 == 10)
			closed[n_closed++] = f->r.dates[i];
	}
	assert_int_equal(
		rd_calendar_parse("c", f->json, f->len, RD_WALES, closed, n_closed, &f->shut, &err),
		RD_OK);
	for (int i = 0; i + 80 < N_DAYS; i++) {
		struct rd_date own = { 0 }, law = { 0 };
		assert_int_equal(rd_workday_due(f->shut, f->r.dates[i], 10, &own, &err), RD_OK);
		assert_int_equal(
			rd_workday_due_by_law(f->shut, f->r.dates[i], 10, &law, &err), RD_OK);
		assert_int_equal(rd_date_compare(own, f->r.dates[count_on(shut, i, 10)]), 0);
		assert_int_equal(
			rd_date_compare(law, f->r.dates[count_on(f->r.free_day[RD_WALES], i, 10)]),
			0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			every_day_of_five_years_is_free_or_not_as_the_law_says, setup, teardown),
		cmocka_unit_test_setup_teardown(
			every_due_date_of_five_years_is_counted_day_by_day, setup, teardown),
		cmocka_unit_test_setup_teardown(
			before_after_and_between_agree_with_the_count, setup, teardown),
		cmocka_unit_test_setup_teardown(
			closures_count_for_the_landlord_and_not_for_the_law, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

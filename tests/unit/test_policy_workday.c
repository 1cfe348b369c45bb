#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "redress/base/arena.h"
#include "redress/base/stanza.h"
#include "redress/policy/workday.h"

#define CALENDAR RD_SOURCE_DIR "/rules/calendars/bank-holidays.json"

struct fixture {
	struct rd_arena *arena;
	const char *json;
	size_t len;
	struct rd_calendar *of[RD_N_NATIONS];
	struct rd_calendar *extra; /* for a test's own */
};

static int setup(void **state)
{
	static struct fixture f;
	struct rd_err err = { 0 };

	memset(&f, 0, sizeof f);
	f.arena = rd_arena_new(4u << 20);
	if (rd_file_read(CALENDAR, RD_CALENDAR_BYTES_MAX, f.arena, &f.json, &f.len, &err) != RD_OK)
		fail_msg("%s", err.msg);
	for (int i = 0; i < RD_N_NATIONS; i++)
		if (rd_calendar_parse("bank-holidays.json", f.json, f.len, (enum rd_nation)i, NULL,
			    0, &f.of[i], &err) != RD_OK)
			fail_msg("%s", err.msg);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < RD_N_NATIONS; i++)
		rd_calendar_free(f->of[i]);
	rd_calendar_free(f->extra);
	rd_arena_free(f->arena);
	return 0;
}

static void assert_day(const char *why, struct rd_date got, struct rd_date want)
{
	char a[RD_DATE_MAX], b[RD_DATE_MAX];

	if (rd_date_compare(got, want) != 0)
		fail_msg("%s: got %s, want %s", why, rd_date_format(got, a),
			rd_date_format(want, b));
}

static const struct {
	const char *why;
	enum rd_nation nation;
	struct rd_date received;
	int n;
	struct rd_date due;
} due_rows[] = {
	{ "receipt is day zero", RD_ENGLAND, { 2026, 11, 23 }, 1, { 2026, 11, 24 } },
	{ "a weekend between", RD_ENGLAND, { 2026, 11, 20 }, 5, { 2026, 11, 27 } },
	{ "received on a Saturday", RD_ENGLAND, { 2026, 11, 21 }, 5, { 2026, 11, 27 } },
	{ "received on a Sunday", RD_ENGLAND, { 2026, 11, 22 }, 5, { 2026, 11, 27 } },
	{ "spring change of clocks, 29 March 2026", RD_ENGLAND, { 2026, 3, 27 }, 5,
		{ 2026, 4, 7 } },
	{ "autumn change of clocks, 25 October 2026", RD_ENGLAND, { 2026, 10, 23 }, 5,
		{ 2026, 10, 30 } },
	{ "Boxing Day 2026 falls on a Saturday: Monday the 28th is free", RD_ENGLAND,
		{ 2026, 12, 24 }, 1, { 2026, 12, 29 } },
	{ "over the new year", RD_ENGLAND, { 2026, 12, 24 }, 5, { 2027, 1, 5 } },
	{ "Christmas 2027 falls on a Saturday: Monday and Tuesday are free", RD_WALES,
		{ 2027, 12, 24 }, 1, { 2027, 12, 29 } },
	{ "Friday before a bank holiday", RD_ENGLAND, { 2026, 5, 22 }, 5, { 2026, 6, 1 } },
	{ "Easter: Good Friday and Easter Monday", RD_ENGLAND, { 2026, 4, 2 }, 1, { 2026, 4, 7 } },
	{ "Scotland works on Easter Monday", RD_SCOTLAND, { 2026, 4, 2 }, 1, { 2026, 4, 6 } },
	{ "Scotland has 2 January", RD_SCOTLAND, { 2025, 12, 31 }, 1, { 2026, 1, 5 } },
	{ "England has not", RD_ENGLAND, { 2025, 12, 31 }, 1, { 2026, 1, 2 } },
	{ "Scotland's day of 15 June 2026", RD_SCOTLAND, { 2026, 6, 12 }, 1, { 2026, 6, 16 } },
	{ "Northern Ireland has 13 July 2026", RD_NORTHERN_IRELAND, { 2026, 7, 10 }, 1,
		{ 2026, 7, 14 } },
	{ "Wales works on it", RD_WALES, { 2026, 7, 10 }, 1, { 2026, 7, 13 } },
	{ "ten working days over Christmas", RD_ENGLAND, { 2026, 12, 17 }, 10, { 2027, 1, 5 } },
	{ "last day of the calendar", RD_ENGLAND, { 2028, 12, 28 }, 1, { 2028, 12, 29 } },
};

static void due_dates_skip_weekends_and_the_nations_holidays(void **state)
{
	struct fixture *f = *state;
	struct rd_err err = { 0 };

	for (size_t i = 0; i < sizeof due_rows / sizeof due_rows[0]; i++) {
		struct rd_date due = { 0 };
		if (rd_workday_due(f->of[due_rows[i].nation], due_rows[i].received, due_rows[i].n,
			    &due, &err) != RD_OK)
			fail_msg("%s: %s", due_rows[i].why, err.msg);
		assert_day(due_rows[i].why, due, due_rows[i].due);
	}
}

/* Received one minute before midnight on the Friday before the spring bank holiday, it counts from
 * that Friday; one minute later, in London and not in UTC, from the Saturday. */
static void friday_before_midnight_counts_from_friday(void **state)
{
	struct fixture *f = *state;
	struct rd_err err = { 0 };
	int64_t at = 0;
	struct rd_date due = { 0 };

	assert_int_equal(rd_instant_parse("2026-05-22T23:59:00+01:00", &at, &err), RD_OK);
	assert_day("the London day", rd_date_of(at), (struct rd_date){ 2026, 5, 22 });
	assert_int_equal(rd_workday_due(f->of[RD_ENGLAND], rd_date_of(at), 5, &due, &err), RD_OK);
	assert_day("bank holiday Monday skipped", due, (struct rd_date){ 2026, 6, 1 });
	at += 60000;
	assert_day("a minute later", rd_date_of(at), (struct rd_date){ 2026, 5, 23 });
}

static void past_the_last_full_year_no_date_is_guessed(void **state)
{
	struct fixture *f = *state;
	struct rd_err err = { 0 };
	struct rd_date due = { 1, 2, 3 };
	bool working = false;
	int n = 0;

	assert_int_equal(
		rd_workday_due(f->of[RD_ENGLAND], (struct rd_date){ 2028, 12, 27 }, 5, &due, &err),
		RD_E_RANGE);
	assert_non_null(strstr(err.msg, "2028"));
	assert_int_equal(due.year, 1);
	assert_int_equal(rd_is_working_day(
				 f->of[RD_ENGLAND], (struct rd_date){ 2029, 1, 1 }, &working, &err),
		RD_E_RANGE);
	assert_int_equal(rd_is_working_day(f->of[RD_ENGLAND], (struct rd_date){ 2018, 12, 31 },
				 &working, &err),
		RD_E_RANGE);
	assert_int_equal(rd_workdays_between(f->of[RD_ENGLAND], (struct rd_date){ 2028, 12, 1 },
				 (struct rd_date){ 2029, 1, 2 }, &n, &err),
		RD_E_RANGE);
	assert_day("last day", rd_calendar_last_day(f->of[RD_ENGLAND]),
		(struct rd_date){ 2028, 12, 31 });
	assert_day("first day", rd_calendar_first_day(f->of[RD_ENGLAND]),
		(struct rd_date){ 2019, 1, 1 });
}

static void the_warning_comes_a_year_ahead(void **state)
{
	struct fixture *f = *state;
	const struct rd_calendar *c = f->of[RD_SCOTLAND];

	assert_false(rd_calendar_ends_within_year(c, (struct rd_date){ 2027, 12, 30 }));
	assert_true(rd_calendar_ends_within_year(c, (struct rd_date){ 2027, 12, 31 }));
	assert_true(rd_calendar_ends_within_year(c, (struct rd_date){ 2030, 1, 1 }));
}

static void zero_and_endless_clocks_are_refused(void **state)
{
	struct fixture *f = *state;
	struct rd_err err = { 0 };
	struct rd_date due;
	const struct rd_date day = { 2026, 1, 5 };

	assert_int_equal(rd_workday_due(f->of[RD_ENGLAND], day, 0, &due, &err), RD_E_RANGE);
	assert_int_equal(rd_workday_due(f->of[RD_ENGLAND], day, -1, &due, &err), RD_E_RANGE);
	assert_int_equal(rd_workday_due(f->of[RD_ENGLAND], day, RD_WORKDAYS_MAX + 1, &due, &err),
		RD_E_RANGE);
}

static void the_working_day_before_and_after_are_found(void **state)
{
	struct fixture *f = *state;
	struct rd_err err = { 0 };
	struct rd_date day = { 0 };
	int n = 0;

	assert_int_equal(rd_workday_last_before(
				 f->of[RD_ENGLAND], (struct rd_date){ 2026, 12, 29 }, &day, &err),
		RD_OK);
	assert_day("before the 29th", day, (struct rd_date){ 2026, 12, 24 });
	assert_int_equal(
		rd_workday_next(f->of[RD_ENGLAND], (struct rd_date){ 2026, 12, 24 }, &day, &err),
		RD_OK);
	assert_day("after Christmas Eve", day, (struct rd_date){ 2026, 12, 29 });
	assert_int_equal(rd_workdays_between(f->of[RD_ENGLAND], (struct rd_date){ 2026, 12, 24 },
				 (struct rd_date){ 2026, 12, 31 }, &n, &err),
		RD_OK);
	assert_int_equal(n, 3);
	assert_int_equal(rd_workdays_between(f->of[RD_ENGLAND], (struct rd_date){ 2026, 12, 31 },
				 (struct rd_date){ 2026, 12, 24 }, &n, &err),
		RD_OK);
	assert_int_equal(n, 0);
}

static void a_landlords_closure_days_count_only_where_it_says_so(void **state)
{
	struct fixture *f = *state;
	struct rd_err err = { 0 };
	const struct rd_date closed[] = { { 2026, 12, 30 }, { 2026, 12, 29 } };
	struct rd_date due = { 0 };

	assert_int_equal(
		rd_calendar_parse("c", f->json, f->len, RD_ENGLAND, closed, 2, &f->extra, &err),
		RD_OK);
	assert_int_equal(
		rd_workday_due(f->extra, (struct rd_date){ 2026, 12, 24 }, 1, &due, &err), RD_OK);
	assert_day("closed on the 29th and 30th", due, (struct rd_date){ 2026, 12, 31 });
	assert_int_equal(
		rd_workday_due_by_law(f->extra, (struct rd_date){ 2026, 12, 24 }, 1, &due, &err),
		RD_OK);
	assert_day("the law knows no closures", due, (struct rd_date){ 2026, 12, 29 });
}

static void bad_calendars_are_refused_with_their_place(void **state)
{
	static const struct {
		const char *why, *json, *says;
	} rows[] = {
		{ "no JSON", "{\"england-and-wales\": ", "c.json:1:" },
		{ "no division", "{}", "england-and-wales" },
		{ "events no array", "{\"england-and-wales\":{\"events\":7}}", "events" },
		{ "a day that is none",
			"{\"england-and-wales\":{\"events\":[{\"title\":\"x\",\"date\":\"2026-02-"
			"30\"}]}}",
			"event 1" },
		{ "no date", "{\"england-and-wales\":{\"events\":[{\"title\":\"x\"}]}}",
			"event 1" },
		{ "no full year",
			"{\"england-and-wales\":{\"events\":[{\"title\":\"x\",\"date\":\"2026-01-"
			"01\"}]}}",
			"full year" },
		{ "a key twice", "{\"scotland\":{},\"scotland\":{}}", "duplicate" },
	};
	struct rd_calendar *none = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_err err = { 0 };
		if (rd_calendar_parse("c.json", rows[i].json, strlen(rows[i].json), RD_ENGLAND,
			    NULL, 0, &none, &err) == RD_OK)
			fail_msg("%s: was taken", rows[i].why);
		if (strstr(err.msg, rows[i].says) == NULL)
			fail_msg("%s: says \"%s\"", rows[i].why, err.msg);
	}
	assert_null(none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			due_dates_skip_weekends_and_the_nations_holidays, setup, teardown),
		cmocka_unit_test_setup_teardown(
			friday_before_midnight_counts_from_friday, setup, teardown),
		cmocka_unit_test_setup_teardown(
			past_the_last_full_year_no_date_is_guessed, setup, teardown),
		cmocka_unit_test_setup_teardown(the_warning_comes_a_year_ahead, setup, teardown),
		cmocka_unit_test_setup_teardown(
			zero_and_endless_clocks_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(
			the_working_day_before_and_after_are_found, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_landlords_closure_days_count_only_where_it_says_so, setup, teardown),
		cmocka_unit_test(bad_calendars_are_refused_with_their_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

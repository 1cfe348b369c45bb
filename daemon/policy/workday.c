#include "redress/policy/workday.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct rd_calendar {
	struct rd_date first;	  /* 1 January of the first full year */
	struct rd_date last;	  /* 31 December of the last full year */
	struct rd_date *holidays; /* bank holidays alone, sorted */
	size_t n_holidays;
	struct rd_date *free_days; /* with the landlord's closures, sorted */
	size_t n_free_days;
};

const char *const rd_nation_names[RD_N_NATIONS + 1] = { "england", "wales", "scotland",
	"northern-ireland", NULL };

/* gov.uk's name of the division that a nation belongs to. */
static const char *division_of(enum rd_nation nation)
{
	switch (nation) {
	case RD_SCOTLAND:
		return "scotland";
	case RD_NORTHERN_IRELAND:
		return "northern-ireland";
	case RD_ENGLAND:
	case RD_WALES:
	case RD_N_NATIONS:
		break;
	}
	return "england-and-wales";
}

static int compare_days(const void *a, const void *b)
{
	const struct rd_date *x = a;
	const struct rd_date *y = b;

	return rd_date_compare(*x, *y);
}

static bool is_listed(const struct rd_date *days, size_t n, struct rd_date day)
{
	return n > 0 && bsearch(&day, days, n, sizeof *days, compare_days) != NULL;
}

static bool is_free(const struct rd_calendar *calendar, struct rd_date day)
{
	return rd_date_weekday(day) >= 5 ||
	       is_listed(calendar->free_days, calendar->n_free_days, day);
}

static bool is_free_by_law(const struct rd_calendar *calendar, struct rd_date day)
{
	return rd_date_weekday(day) >= 5 ||
	       is_listed(calendar->holidays, calendar->n_holidays, day);
}

static void free_json(json_t **root)
{
	json_decref(*root);
}

static enum rd_rc read_event(const char *file, const char *division, size_t number,
	const json_t *event, struct rd_date *ret_day, struct rd_err *err)
{
	const char *date = json_string_value(json_object_get(event, "date"));

	if (date == NULL)
		return rd_fail(err, RD_E_INPUT,
			"%s: \"%s\", event %zu has no \"date\"; write one as \"2026-12-25\"", file,
			division, number);
	if (rd_date_parse(date, ret_day, err) != RD_OK)
		return rd_fail_within(err, "%s: \"%s\", event %zu", file, division, number);
	return RD_OK;
}

/* The unbroken run of full years that ends last: a gap in the file must not pass for free of
 * holidays. */
static enum rd_rc find_full_years(const char *file, const char *division,
	struct rd_calendar *calendar, size_t n_events, struct rd_err *err)
{
	int first = 0;
	int last = 0;

	for (size_t i = 0; i < n_events; i++) {
		int year = calendar->free_days[i].year;
		if (calendar->free_days[i].month != 12 || year == last)
			continue;
		if (last == 0 || year != last + 1)
			first = year;
		last = year;
	}
	if (last == 0)
		return rd_fail(err, RD_E_INPUT,
			"%s: \"%s\" has no full year: no bank holiday in any December; take the "
			"whole file from gov.uk",
			file, division);
	calendar->first = (struct rd_date){ first, 1, 1 };
	calendar->last = (struct rd_date){ last, 12, 31 };
	return RD_OK;
}

enum rd_rc rd_calendar_parse(const char *file, const char *json, size_t len, enum rd_nation nation,
	const struct rd_date *closures, size_t n_closures, struct rd_calendar **ret_calendar,
	struct rd_err *err)
{
	const char *division = division_of(nation);
	json_error_t fault;

	if (len > RD_CALENDAR_BYTES_MAX)
		return rd_fail(err, RD_E_RANGE, "%s: a calendar has at most %u bytes", file,
			RD_CALENDAR_BYTES_MAX);
	RD_CLEANUP(free_json)
	json_t *root = json_loadb(json, len, JSON_REJECT_DUPLICATES, &fault);
	if (root == NULL)
		return rd_fail(err, RD_E_INPUT, "%s:%d:%d: %s", file, fault.line, fault.column,
			fault.text);
	const json_t *events = json_object_get(json_object_get(root, division), "events");
	if (!json_is_array(events))
		return rd_fail(err, RD_E_INPUT,
			"%s: \"%s\" with its \"events\" is missing; take the whole file "
			"from " RD_CALENDAR_URL,
			file, division);
	size_t n_events = json_array_size(events);
	if (n_events > RD_CALENDAR_DAYS_MAX || n_closures > RD_CLOSURES_MAX ||
		n_events + n_closures > RD_CALENDAR_DAYS_MAX)
		return rd_fail(err, RD_E_RANGE, "%s: more than %d days that do not count", file,
			RD_CALENDAR_DAYS_MAX);

	RD_CLEANUP(rd_calendar_cleanup) struct rd_calendar *calendar = calloc(1, sizeof *calendar);
	RD_ASSERT(calendar != NULL);
	calendar->free_days = calloc(n_events + n_closures + 1, sizeof *calendar->free_days);
	RD_ASSERT(calendar->free_days != NULL);
	for (size_t i = 0; i < n_events; i++)
		RD_TRY(read_event(file, division, i + 1, json_array_get(events, i),
			&calendar->free_days[i], err));
	qsort(calendar->free_days, n_events, sizeof *calendar->free_days, compare_days);
	RD_TRY(find_full_years(file, division, calendar, n_events, err));
	calendar->holidays = calloc(n_events + 1, sizeof *calendar->holidays);
	RD_ASSERT(calendar->holidays != NULL);
	memcpy(calendar->holidays, calendar->free_days, n_events * sizeof *calendar->holidays);
	calendar->n_holidays = n_events;
	for (size_t i = 0; i < n_closures; i++)
		calendar->free_days[n_events + i] = closures[i];
	calendar->n_free_days = n_events + n_closures;
	qsort(calendar->free_days, calendar->n_free_days, sizeof *calendar->free_days,
		compare_days);
	*ret_calendar = RD_STEAL(calendar);
	return RD_OK;
}

void rd_calendar_free(struct rd_calendar *calendar)
{
	if (calendar == NULL)
		return;
	free(calendar->holidays);
	free(calendar->free_days);
	free(calendar);
}

void rd_calendar_cleanup(struct rd_calendar **calendar)
{
	rd_calendar_free(*calendar);
	*calendar = NULL;
}

struct rd_date rd_calendar_first_day(const struct rd_calendar *calendar)
{
	return calendar->first;
}

struct rd_date rd_calendar_last_day(const struct rd_calendar *calendar)
{
	return calendar->last;
}

const struct rd_date *rd_calendar_days(const struct rd_calendar *calendar, size_t *ret_n)
{
	*ret_n = calendar->n_free_days;
	return calendar->free_days;
}

bool rd_calendar_ends_within_year(const struct rd_calendar *calendar, struct rd_date today)
{
	struct rd_date a_year_before = calendar->last;

	a_year_before.year--;
	return rd_date_compare(today, a_year_before) >= 0;
}

static enum rd_rc check_covered(
	const struct rd_calendar *calendar, struct rd_date day, struct rd_err *err)
{
	char text[RD_DATE_MAX];

	if (rd_date_compare(day, calendar->first) >= 0 && rd_date_compare(day, calendar->last) <= 0)
		return RD_OK;
	return rd_fail(err, RD_E_RANGE,
		"the calendar of bank holidays covers %d to %d, not %s; take the new one with "
		"`redressctl calendar update " RD_CALENDAR_URL "`",
		calendar->first.year, calendar->last.year, rd_date_format(day, text));
}

enum rd_rc rd_is_working_day(const struct rd_calendar *calendar, struct rd_date day,
	bool *ret_working, struct rd_err *err)
{
	RD_TRY(check_covered(calendar, day, err));
	*ret_working = !is_free(calendar, day);
	return RD_OK;
}

/* Steps by `step` days until n_workdays working days were met. Every step is checked against the
 * calendar's ends, so it ends. */
static enum rd_rc walk(const struct rd_calendar *calendar, struct rd_date from, int step,
	int n_workdays, bool (*free_day)(const struct rd_calendar *, struct rd_date),
	struct rd_date *ret_day, struct rd_err *err)
{
	struct rd_date day = from;

	RD_TRY(check_covered(calendar, day, err));
	while (n_workdays > 0) {
		day = rd_date_add(day, step);
		RD_TRY(check_covered(calendar, day, err));
		if (!free_day(calendar, day))
			n_workdays--;
	}
	*ret_day = day;
	return RD_OK;
}

static enum rd_rc check_length(int n_workdays, struct rd_err *err)
{
	if (n_workdays < 1 || n_workdays > RD_WORKDAYS_MAX)
		return rd_fail(err, RD_E_RANGE, "a clock runs 1 to %d working days, not %d",
			RD_WORKDAYS_MAX, n_workdays);
	return RD_OK;
}

enum rd_rc rd_workday_due(const struct rd_calendar *calendar, struct rd_date day_zero,
	int n_workdays, struct rd_date *ret_due, struct rd_err *err)
{
	RD_TRY(check_length(n_workdays, err));
	return walk(calendar, day_zero, 1, n_workdays, is_free, ret_due, err);
}

enum rd_rc rd_workday_due_by_law(const struct rd_calendar *calendar, struct rd_date day_zero,
	int n_workdays, struct rd_date *ret_due, struct rd_err *err)
{
	RD_TRY(check_length(n_workdays, err));
	return walk(calendar, day_zero, 1, n_workdays, is_free_by_law, ret_due, err);
}

enum rd_rc rd_workday_last_before(const struct rd_calendar *calendar, struct rd_date day,
	struct rd_date *ret_day, struct rd_err *err)
{
	return walk(calendar, day, -1, 1, is_free, ret_day, err);
}

enum rd_rc rd_workday_next(const struct rd_calendar *calendar, struct rd_date day,
	struct rd_date *ret_day, struct rd_err *err)
{
	return walk(calendar, day, 1, 1, is_free, ret_day, err);
}

enum rd_rc rd_workdays_between(const struct rd_calendar *calendar, struct rd_date from,
	struct rd_date to, int *ret_count, struct rd_err *err)
{
	int count = 0;

	RD_TRY(check_covered(calendar, from, err));
	RD_TRY(check_covered(calendar, to, err));
	for (struct rd_date day = from; rd_date_compare(day, to) < 0;) {
		day = rd_date_add(day, 1);
		if (!is_free(calendar, day))
			count++;
	}
	*ret_count = count;
	return RD_OK;
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "redress/base/arena.h"
#include "redress/base/stanza.h"
#include "redress/policy/clocks.h"
#include "redress/policy/landlord.h"

struct fixture {
	struct rd_arena *arena;
	const char *json;
	size_t json_len;
	struct rd_calendar *calendar, *shut;
	struct rd_landlord code, sedgemoor;
};

static void read_landlord(struct fixture *f, const char *name, struct rd_landlord *ret)
{
	struct rd_err err = { 0 };
	const char *text;
	size_t len;
	char path[256];

	snprintf(path, sizeof path, "%s/rules/landlords/%s.landlord", RD_SOURCE_DIR, name);
	if (rd_file_read(path, 1u << 20, f->arena, &text, &len, &err) != RD_OK ||
		rd_landlord_parse(path, text, len, name, f->arena, ret, &err) != RD_OK)
		fail_msg("%s", err.msg);
}

static int setup(void **state)
{
	static struct fixture f;
	struct rd_err err = { 0 };

	memset(&f, 0, sizeof f);
	f.arena = rd_arena_new(4u << 20);
	if (rd_file_read(RD_SOURCE_DIR "/rules/calendars/bank-holidays.json", 1u << 20, f.arena,
		    &f.json, &f.json_len, &err) != RD_OK ||
		rd_calendar_parse(
			"c", f.json, f.json_len, RD_ENGLAND, NULL, 0, &f.calendar, &err) != RD_OK)
		fail_msg("%s", err.msg);
	read_landlord(&f, "code-2024", &f.code);
	read_landlord(&f, "homes-in-sedgemoor", &f.sedgemoor);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	rd_calendar_free(f->calendar);
	rd_calendar_free(f->shut);
	rd_arena_free(f->arena);
	return 0;
}

/* "DAY..DAY", "?" behind a supposed one; "null" for an unknown one. */
static const char *describe(const struct rd_clock_line *line, char out[static 96])
{
	char a[RD_INSTANT_MAX], b[RD_INSTANT_MAX];

	if (!line->known)
		snprintf(out, 96, "null%s", line->supposed ? "?" : "");
	else if (line->instants)
		snprintf(out, 96, "%s..%s%s", rd_instant_format(line->starts_ms, a),
			rd_instant_format(line->due_ms, b), line->supposed ? "?" : "");
	else
		snprintf(out, 96, "%s..%s%s", rd_date_format(line->starts, a),
			rd_date_format(line->due, b), line->supposed ? "?" : "");
	return out;
}

struct row {
	const char *why;
	const char *landlord;
	const char *events; /* "event=day ..." */
	enum rd_clock_id clock;
	const char *line;
};

static const struct row rows[] = {
	{ "receipt is day zero", "code", "received=2026-11-20", RD_CLOCK_STAGE1_ACKNOWLEDGE,
		"2026-11-20..2026-11-27" },
	{ "defined by the same day", "code", "received=2026-11-20", RD_CLOCK_STAGE1_DEFINE,
		"2026-11-20..2026-11-27" },
	{ "not acknowledged yet: supposed on the last day", "code", "received=2026-11-20",
		RD_CLOCK_STAGE1_RESPOND, "2026-11-27..2026-12-11?" },
	{ "an early acknowledgement pulls the response forward", "code",
		"received=2026-11-20 acknowledged=2026-11-23", RD_CLOCK_STAGE1_RESPOND,
		"2026-11-23..2026-12-07" },
	{ "the longest extension runs from the due date", "code",
		"received=2026-11-20 acknowledged=2026-11-23", RD_CLOCK_STAGE1_EXTENDED,
		"2026-12-07..2026-12-21?" },
	{ "told of it: no longer supposed, the same date", "code",
		"received=2026-11-20 acknowledged=2026-11-23 extended=2026-12-01",
		RD_CLOCK_STAGE1_EXTENDED, "2026-12-07..2026-12-21" },
	{ "told of it, but nothing acknowledged", "code", "received=2026-11-20 extended=2026-12-01",
		RD_CLOCK_STAGE1_EXTENDED, "2026-12-11..2026-12-29?" },
	{ "extension across both Christmas holidays", "code",
		"received=2026-12-01 acknowledged=2026-12-04 extended=2026-12-10",
		RD_CLOCK_STAGE1_EXTENDED, "2026-12-18..2027-01-06" },
	{ "no window: stage 2 is unknown until it is asked for", "code",
		"received=2026-11-20 acknowledged=2026-11-23 responded=2026-12-01",
		RD_CLOCK_STAGE2_ACKNOWLEDGE, "null" },
	{ "nor is its response known", "code", "received=2026-11-20", RD_CLOCK_STAGE2_RESPOND,
		"null" },
	{ "nor its extension", "code", "received=2026-11-20", RD_CLOCK_STAGE2_EXTENDED, "null" },
	{ "asked for stage 2", "code", "received=2026-11-20 stage2-requested=2026-12-09",
		RD_CLOCK_STAGE2_ACKNOWLEDGE, "2026-12-09..2026-12-16" },
	{ "stage 2 response counts from its acknowledgement", "code",
		"received=2026-11-20 stage2-requested=2026-12-09", RD_CLOCK_STAGE2_RESPOND,
		"2026-12-16..2027-01-18?" },
	{ "acknowledged the next day", "code",
		"received=2026-11-20 stage2-requested=2026-12-09 stage2-acknowledged=2026-12-10",
		RD_CLOCK_STAGE2_RESPOND, "2026-12-10..2027-01-12" },
	{ "stage 2 extension of twenty days", "code",
		"received=2026-11-20 stage2-acknowledged=2026-12-10 stage2-extended=2027-01-04",
		RD_CLOCK_STAGE2_EXTENDED, "2027-01-12..2027-02-09" },
	{ "spring change of clocks", "code", "received=2026-03-27 acknowledged=2026-03-27",
		RD_CLOCK_STAGE1_RESPOND, "2026-03-27..2026-04-14" },
	{ "autumn change of clocks", "code", "received=2026-10-23 acknowledged=2026-10-23",
		RD_CLOCK_STAGE1_RESPOND, "2026-10-23..2026-11-06" },
	{ "24 hours are hours", "code",
		"received=2026-11-20 hazard-known=2026-11-20T22:30:00+00:00",
		RD_CLOCK_HAZARD_EMERGENCY, "2026-11-20T22:30:00+00:00..2026-11-21T22:30:00+00:00" },
	{ "24 hours over the night the clocks go forward", "code",
		"received=2026-03-28 hazard-known=2026-03-28T12:00:00+00:00",
		RD_CLOCK_HAZARD_EMERGENCY, "2026-03-28T12:00:00+00:00..2026-03-29T13:00:00+01:00" },
	{ "24 hours over the night they go back", "code",
		"received=2026-10-24 hazard-known=2026-10-24T12:00:00+01:00",
		RD_CLOCK_HAZARD_EMERGENCY, "2026-10-24T12:00:00+01:00..2026-10-25T11:00:00+00:00" },
	{ "known on a day: counted from 00:00", "code",
		"received=2026-11-20 hazard-known=2026-11-20", RD_CLOCK_HAZARD_EMERGENCY,
		"2026-11-20T00:00:00+00:00..2026-11-21T00:00:00+00:00" },
	{ "an investigation counts days", "code",
		"received=2026-11-20 hazard-known=2026-11-20T22:30:00+00:00",
		RD_CLOCK_HAZARD_INVESTIGATE, "2026-11-20..2026-12-04" },
	{ "the summary hangs on the end of the investigation", "code",
		"received=2026-11-20 hazard-known=2026-11-20", RD_CLOCK_HAZARD_SUMMARY,
		"2026-12-04..2026-12-09?" },
	{ "investigated sooner", "code",
		"received=2026-11-20 hazard-known=2026-11-20 investigated=2026-11-24",
		RD_CLOCK_HAZARD_MAKE_SAFE, "2026-11-24..2026-12-01" },
	{ "no hazard known", "code", "received=2026-11-20", RD_CLOCK_HAZARD_SUMMARY, "null" },
	{ "twelve months back from receipt", "code", "received=2026-11-20", RD_CLOCK_AGE_LIMIT,
		"2025-11-20..2026-11-20" },
	{ "twelve months before 29 February", "code", "received=2028-02-29", RD_CLOCK_AGE_LIMIT,
		"2027-02-28..2028-02-29" },
	{ "Sedgemoor's shorter promise", "sedgemoor", "received=2026-11-20",
		RD_CLOCK_STAGE1_ACKNOWLEDGE, "2026-11-20..2026-11-24" },
	{ "Sedgemoor's response", "sedgemoor", "received=2026-11-20 acknowledged=2026-11-20",
		RD_CLOCK_STAGE1_RESPOND, "2026-11-20..2026-12-04" },
	{ "conduct of staff", "sedgemoor", "received=2026-11-20", RD_CLOCK_CONDUCT_RESPOND,
		"2026-11-20..2026-12-04" },
	{ "a survey's answer", "sedgemoor", "received=2026-11-20 surveyed=2026-11-18",
		RD_CLOCK_SURVEY_CONTACT, "2026-11-18..2026-12-02" },
	{ "no survey", "sedgemoor", "received=2026-11-20", RD_CLOCK_SURVEY_CONTACT, "null" },
	{ "past the calendar nothing is guessed", "code", "received=2028-12-27",
		RD_CLOCK_STAGE1_ACKNOWLEDGE, "null" },
	{ "nor what hangs on it", "code", "received=2028-12-27", RD_CLOCK_STAGE1_EXTENDED, "null" },
};

static void set_events(const char *why, const char *text, struct rd_events *events)
{
	char copy[256];
	char *save = NULL;
	struct rd_err err = { 0 };

	snprintf(copy, sizeof copy, "%s", text);
	for (char *word = strtok_r(copy, " ", &save); word != NULL;
		word = strtok_r(NULL, " ", &save)) {
		char *equals = strchr(word, '=');
		struct rd_date day;
		int64_t at;
		int event = 0;
		*equals = '\0';
		while (rd_event_names[event] != NULL && strcmp(rd_event_names[event], word) != 0)
			event++;
		if (rd_event_names[event] == NULL)
			fail_msg("%s: no event %s", why, word);
		if (rd_date_parse(equals + 1, &day, &err) == RD_OK)
			rd_events_set_day(events, (enum rd_event)event, day);
		else if (rd_instant_parse(equals + 1, &at, &err) == RD_OK)
			rd_events_set_instant(events, (enum rd_event)event, at);
		else
			fail_msg("%s: %s", why, err.msg);
	}
}

static void clocks_start_and_end_as_the_policy_says(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct row *row = &rows[i];
		struct rd_events events = { 0 };
		struct rd_clock_line lines[RD_N_CLOCKS];
		struct rd_err err = { 0 };
		size_t n = 0;
		char text[96] = "missing";
		set_events(row->why, row->events, &events);
		if (rd_clocks_run(strcmp(row->landlord, "code") == 0 ? &f->code : &f->sedgemoor,
			    f->calendar, &events, lines, &n, &err) != RD_OK)
			fail_msg("%s: %s", row->why, err.msg);
		for (size_t j = 0; j < n; j++)
			if (lines[j].clock == row->clock)
				describe(&lines[j], text);
		if (strcmp(text, row->line) != 0)
			fail_msg("%s: got %s, want %s", row->why, text, row->line);
	}
}

/* Seed 000's window of ten working days in which stage 2 is to be asked for, and 002's contact by
 * the officer: forms that other policies have. */
static const char windowed[] =
	"Landlord: windowed\nFull name: W\nVersion: 1\nNation: england\nHandled by: us\n"
	"Help number: 01632 960123\nHelp address: x\nHelp: x\nResponsible for: x\n"
	"Not responsible for: x\n\n"
	"Ombudsman: O\nPhone: 1\nPost: p\nWeb: w\nChecked on: 2026-11-22\n\n"
	"Clock: stage1.acknowledge\nDue: 5 working days\nFrom: received\nSource: s\n\n"
	"Clock: stage1.define\nDue: 5 working days\nFrom: received\nSource: s\n\n"
	"Clock: stage1.contact\nDue: 3 working days\nFrom: assigned\nSource: s\n\n"
	"Clock: stage1.respond\nDue: 10 working days\nFrom: acknowledged\nSource: s\n\n"
	"Clock: stage1.extended\nDue: 10 working days\nFrom: stage1.respond\nSource: s\n\n"
	"Clock: stage2.request\nDue: 10 working days\nFrom: responded\nSource: s\n\n"
	"Clock: stage2.accept\nDue: 5 working days\nFrom: stage2-requested\nSource: s\n\n"
	"Clock: stage2.respond\nDue: 20 working days\nFrom: stage2-acknowledged\nSource: s\n\n"
	"Clock: case.close\nDue: 28 days\nFrom: responded\nSource: s\n";

static void a_request_window_lets_stage_2_be_supposed(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *events;
		enum rd_clock_id clock;
		const char *line;
	} wants[] = {
		{ "received=2026-06-01 acknowledged=2026-06-01", RD_CLOCK_STAGE1_CONTACT,
			"2026-06-01..2026-06-04?" },
		{ "received=2026-06-01 acknowledged=2026-06-01 assigned=2026-06-02",
			RD_CLOCK_STAGE1_CONTACT, "2026-06-02..2026-06-05" },
		{ "received=2026-06-01 acknowledged=2026-06-01", RD_CLOCK_STAGE2_REQUEST,
			"2026-06-15..2026-06-29?" },
		{ "received=2026-06-01 acknowledged=2026-06-01", RD_CLOCK_STAGE2_ACCEPT,
			"2026-06-29..2026-07-06?" },
		{ "received=2026-06-01 acknowledged=2026-06-01", RD_CLOCK_STAGE2_RESPOND,
			"2026-07-06..2026-08-03?" },
		{ "received=2026-06-01 acknowledged=2026-06-01 extended=2026-06-10",
			RD_CLOCK_STAGE2_REQUEST, "2026-06-29..2026-07-13?" },
		{ "received=2026-06-01 responded=2026-06-10", RD_CLOCK_CASE_CLOSE,
			"2026-06-10..2026-07-08" },
	};
	struct rd_landlord landlord;
	struct rd_err err = { 0 };

	if (rd_landlord_parse("w", windowed, sizeof windowed - 1, "windowed", f->arena, &landlord,
		    &err) != RD_OK)
		fail_msg("%s", err.msg);
	for (size_t i = 0; i < sizeof wants / sizeof wants[0]; i++) {
		struct rd_events events = { 0 };
		struct rd_clock_line lines[RD_N_CLOCKS];
		size_t n = 0;
		char text[96] = "missing";
		set_events("window", wants[i].events, &events);
		assert_int_equal(
			rd_clocks_run(&landlord, f->calendar, &events, lines, &n, &err), RD_OK);
		for (size_t j = 0; j < n; j++)
			if (lines[j].clock == wants[i].clock)
				describe(&lines[j], text);
		if (strcmp(text, wants[i].line) != 0)
			fail_msg("row %zu: got %s, want %s", i, text, wants[i].line);
	}
}

/* Shut from Tuesday 9 to Thursday 11 June 2026: a promise of the landlord's own waits, the Code
 * does not, unless the profile says so. */
static void closures_lengthen_what_the_landlord_alone_promised(void **state)
{
	static const struct {
		const char *why;
		bool all;
		enum rd_clock_id clock;
		const char *line;
	} wants[] = {
		{ "Code 6.3 knows no closures", false, RD_CLOCK_STAGE1_RESPOND,
			"2026-06-01..2026-06-15" },
		{ "its own window does", false, RD_CLOCK_STAGE2_REQUEST, "2026-06-05..2026-06-24" },
		{ "calendar days are calendar days", false, RD_CLOCK_CASE_CLOSE,
			"2026-06-05..2026-07-03" },
		{ "the profile lengthens all", true, RD_CLOCK_STAGE1_RESPOND,
			"2026-06-01..2026-06-18" },
	};
	static const struct rd_date closed[] = { { 2026, 6, 9 }, { 2026, 6, 10 }, { 2026, 6, 11 } };
	struct fixture *f = *state;
	struct rd_landlord landlord;
	struct rd_err err = { 0 };

	if (rd_landlord_parse("w", windowed, sizeof windowed - 1, "windowed", f->arena, &landlord,
		    &err) != RD_OK)
		fail_msg("%s", err.msg);
	if (rd_calendar_parse("c", f->json, f->json_len, RD_ENGLAND, closed, 3, &f->shut, &err) !=
		RD_OK)
		fail_msg("%s", err.msg);
	for (size_t i = 0; i < sizeof wants / sizeof wants[0]; i++) {
		struct rd_events events = { 0 };
		struct rd_clock_line lines[RD_N_CLOCKS];
		struct rd_date due = { 0 };
		char text[96] = "missing", day[RD_DATE_MAX];
		size_t n = 0;
		landlord.closures_lengthen_all = wants[i].all;
		set_events(wants[i].why,
			"received=2026-06-01 acknowledged=2026-06-01 responded=2026-06-05",
			&events);
		assert_int_equal(
			rd_clocks_run(&landlord, f->shut, &events, lines, &n, &err), RD_OK);
		for (size_t j = 0; j < n; j++) {
			if (lines[j].clock != wants[i].clock)
				continue;
			describe(&lines[j], text);
			assert_int_equal(rd_clock_due(&landlord, f->shut, wants[i].clock,
						 lines[j].starts, &due, &err),
				RD_OK);
		}
		if (strcmp(text, wants[i].line) != 0)
			fail_msg("%s: got %s, want %s", wants[i].why, text, wants[i].line);
		if (strcmp(rd_date_format(due, day), wants[i].line + 12) != 0)
			fail_msg("%s: one clock alone gives %s", wants[i].why, day);
	}
}

static void every_held_clock_is_there_in_order_and_no_other(void **state)
{
	struct fixture *f = *state;
	struct rd_events events = { 0 };
	struct rd_clock_line lines[RD_N_CLOCKS];
	struct rd_err err = { 0 };
	size_t n = 0;

	assert_int_equal(
		rd_clocks_run(&f->code, f->calendar, &events, lines, &n, &err), RD_E_INPUT);
	rd_events_set_day(&events, RD_EVENT_RECEIVED, (struct rd_date){ 2026, 11, 20 });
	assert_int_equal(rd_clocks_run(&f->code, f->calendar, &events, lines, &n, &err), RD_OK);
	assert_int_equal(n, 12);
	for (size_t i = 0; i < n; i++) {
		assert_true(f->code.clocks[lines[i].clock].held);
		assert_true(lines[i].source[0] != '\0');
		assert_true(i == 0 || lines[i].clock > lines[i - 1].clock);
	}
	assert_int_equal(
		rd_clocks_run(&f->sedgemoor, f->calendar, &events, lines, &n, &err), RD_OK);
	assert_int_equal(n, 14);
}

static void one_clock_gives_its_due_date(void **state)
{
	struct fixture *f = *state;
	struct rd_err err = { 0 };
	struct rd_date due = { 0 };
	const struct rd_date day = { 2026, 12, 21 };

	assert_int_equal(
		rd_clock_due(&f->code, f->calendar, RD_CLOCK_STAGE1_RESPOND, day, &due, &err),
		RD_OK);
	assert_int_equal(rd_date_compare(due, (struct rd_date){ 2027, 1, 7 }), 0);
	assert_int_equal(
		rd_clock_due(&f->code, f->calendar, RD_CLOCK_STAGE1_CONTACT, day, &due, &err),
		RD_E_MISSING);
	assert_int_equal(
		rd_clock_due(&f->code, f->calendar, RD_CLOCK_HAZARD_EMERGENCY, day, &due, &err),
		RD_E_MISSING);
	assert_int_equal(rd_clock_due(&f->code, f->calendar, RD_CLOCK_STAGE1_RESPOND,
				 (struct rd_date){ 2028, 12, 20 }, &due, &err),
		RD_E_RANGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			clocks_start_and_end_as_the_policy_says, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_request_window_lets_stage_2_be_supposed, setup, teardown),
		cmocka_unit_test_setup_teardown(
			closures_lengthen_what_the_landlord_alone_promised, setup, teardown),
		cmocka_unit_test_setup_teardown(
			every_held_clock_is_there_in_order_and_no_other, setup, teardown),
		cmocka_unit_test_setup_teardown(one_clock_gives_its_due_date, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

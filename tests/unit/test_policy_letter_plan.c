#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "redress/base/arena.h"
#include "redress/base/stanza.h"
#include "redress/policy/letter_plan.h"

static const struct rd_text_hours usual = { 8 * 60, 20 * 60 };

static int64_t instant(const char *text)
{
	struct rd_err err = { 0 };
	int64_t ms = 0;

	if (rd_instant_parse(text, &ms, &err) != RD_OK)
		fail_msg("%s", err.msg);
	return ms;
}

static void assert_instant(const char *why, int64_t got, const char *want)
{
	char text[RD_INSTANT_MAX];

	if (got != instant(want))
		fail_msg("%s: got %s, want %s", why, rd_instant_format(got, text), want);
}

static int setup(void **state)
{
	struct rd_arena *arena = rd_arena_new(1u << 20);
	struct rd_err err = { 0 };
	struct rd_calendar *calendar = NULL;
	const char *json;
	size_t len;

	if (rd_file_read(RD_SOURCE_DIR "/rules/calendars/bank-holidays.json", 1u << 19, arena,
		    &json, &len, &err) != RD_OK ||
		rd_calendar_parse("c", json, len, RD_ENGLAND, NULL, 0, &calendar, &err) != RD_OK)
		fail_msg("%s", err.msg);
	rd_arena_free(arena);
	*state = calendar;
	return 0;
}

static int teardown(void **state)
{
	rd_calendar_free(*state);
	return 0;
}

static void texts_keep_to_their_hours_on_london_time(void **state)
{
	static const struct {
		const char *why, *now, *next;
	} rows[] = {
		{ "in the middle of the day", "2026-11-20T12:00:00Z", "2026-11-20T12:00:00Z" },
		{ "at the opening", "2026-11-20T08:00:00Z", "2026-11-20T08:00:00Z" },
		{ "a moment before", "2026-11-20T07:59:59Z", "2026-11-20T08:00:00Z" },
		{ "the last minute", "2026-11-20T19:59:00Z", "2026-11-20T19:59:00Z" },
		{ "at the end", "2026-11-20T20:00:00Z", "2026-11-21T08:00:00Z" },
		{ "before midnight", "2026-11-20T23:59:59Z", "2026-11-21T08:00:00Z" },
		{ "after midnight", "2026-11-21T00:00:00Z", "2026-11-21T08:00:00Z" },
		{ "in summer the opening is 07:00 UTC", "2026-07-01T06:30:00Z",
			"2026-07-01T07:00:00Z" },
		{ "over the night the clocks go forward", "2026-03-28T21:00:00Z",
			"2026-03-29T07:00:00Z" },
		{ "over the night they go back", "2026-10-24T20:00:00Z", "2026-10-25T08:00:00Z" },
		{ "the last evening of the year", "2026-12-31T22:00:00Z", "2027-01-01T08:00:00Z" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_instant(
			rows[i].why, rd_text_hours_next(instant(rows[i].now), usual), rows[i].next);
}

static void letters_leave_when_the_landlord_says(void **state)
{
	static const struct {
		const char *why;
		enum rd_letter_kind letter;
		enum rd_channel channel;
		bool emergency, approval_wanted, approved;
		const char *now;
		struct rd_date day_zero, due;
		const char *leaves;
		bool waits, person_too;
	} rows[] = {
		{ "at once by default", RD_LETTER_ACKNOWLEDGEMENT, RD_CHANNEL_EMAIL, false, false,
			false, "2026-11-20T23:00:00Z", { 2026, 11, 20 }, { 2026, 11, 27 },
			"2026-11-20T23:00:00Z", false, false },
		{ "unapproved: 09:00 on the last working day before it is due",
			RD_LETTER_ACKNOWLEDGEMENT, RD_CHANNEL_EMAIL, false, true, false,
			"2026-11-20T10:00:00Z", { 2026, 11, 20 }, { 2026, 11, 27 },
			"2026-11-26T09:00:00Z", true, false },
		{ "the same over Christmas", RD_LETTER_ACKNOWLEDGEMENT, RD_CHANNEL_EMAIL, false,
			true, false, "2026-12-18T10:00:00Z", { 2026, 12, 18 }, { 2026, 12, 29 },
			"2026-12-24T09:00:00Z", true, false },
		{ "09:00 is London's", RD_LETTER_ACKNOWLEDGEMENT, RD_CHANNEL_EMAIL, false, true,
			false, "2026-07-01T10:00:00Z", { 2026, 7, 1 }, { 2026, 7, 8 },
			"2026-07-07T08:00:00Z", true, false },
		{ "without a clock: working day 4", RD_LETTER_ENQUIRY, RD_CHANNEL_EMAIL, false,
			true, false, "2026-11-20T10:00:00Z", { 2026, 11, 20 }, { 0 },
			"2026-11-26T09:00:00Z", true, false },
		{ "approved: at once", RD_LETTER_ENQUIRY, RD_CHANNEL_EMAIL, false, true, true,
			"2026-11-20T10:00:00Z", { 2026, 11, 20 }, { 0 }, "2026-11-20T10:00:00Z",
			false, false },
		{ "past that hour it waits no longer", RD_LETTER_ACKNOWLEDGEMENT, RD_CHANNEL_EMAIL,
			false, true, false, "2026-11-26T09:30:00Z", { 2026, 11, 20 },
			{ 2026, 11, 27 }, "2026-11-26T09:30:00Z", false, false },
		{ "`received` never waits", RD_LETTER_RECEIVED, RD_CHANNEL_EMAIL, false, true,
			false, "2026-11-20T10:00:00Z", { 2026, 11, 20 }, { 2026, 11, 27 },
			"2026-11-20T10:00:00Z", false, false },
		{ "nor the choice", RD_LETTER_CHOICE, RD_CHANNEL_EMAIL, false, true, false,
			"2026-11-20T10:00:00Z", { 2026, 11, 20 }, { 2026, 11, 27 },
			"2026-11-20T10:00:00Z", false, false },
		{ "nor an emergency", RD_LETTER_SERVICE_REQUEST, RD_CHANNEL_EMAIL, true, true,
			false, "2026-11-20T10:00:00Z", { 2026, 11, 20 }, { 0 },
			"2026-11-20T10:00:00Z", false, false },
		{ "a text at night waits for the morning", RD_LETTER_ACKNOWLEDGEMENT,
			RD_CHANNEL_SMS, false, false, false, "2026-11-20T22:00:00Z",
			{ 2026, 11, 20 }, { 2026, 11, 27 }, "2026-11-21T08:00:00Z", false, false },
		{ "not with an emergency block", RD_LETTER_ACKNOWLEDGEMENT, RD_CHANNEL_SMS, true,
			false, false, "2026-11-20T22:00:00Z", { 2026, 11, 20 }, { 2026, 11, 27 },
			"2026-11-20T22:00:00Z", false, false },
		{ "even `received` keeps to the hours by text", RD_LETTER_RECEIVED, RD_CHANNEL_SMS,
			false, true, false, "2026-11-20T22:00:00Z", { 2026, 11, 20 },
			{ 2026, 11, 27 }, "2026-11-21T08:00:00Z", false, false },
		{ "after hours on its due date it does not wait, and a person looks",
			RD_LETTER_ACKNOWLEDGEMENT, RD_CHANNEL_SMS, false, false, false,
			"2026-11-27T21:00:00Z", { 2026, 11, 20 }, { 2026, 11, 27 },
			"2026-11-27T21:00:00Z", false, true },
		{ "before hours on its due date it can wait", RD_LETTER_ACKNOWLEDGEMENT,
			RD_CHANNEL_SMS, false, false, false, "2026-11-27T06:00:00Z",
			{ 2026, 11, 20 }, { 2026, 11, 27 }, "2026-11-27T08:00:00Z", false, false },
		{ "overdue it does not wait either", RD_LETTER_ACKNOWLEDGEMENT, RD_CHANNEL_SMS,
			false, false, false, "2026-11-28T02:00:00Z", { 2026, 11, 20 },
			{ 2026, 11, 27 }, "2026-11-28T02:00:00Z", false, true },
		{ "no clock, no hurry", RD_LETTER_ENQUIRY, RD_CHANNEL_SMS, false, false, false,
			"2026-11-27T21:00:00Z", { 2026, 11, 20 }, { 0 }, "2026-11-28T08:00:00Z",
			false, false },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct rd_letter_ask ask = { .letter = rows[i].letter,
			.channel = rows[i].channel,
			.emergency = rows[i].emergency,
			.approval_wanted = rows[i].approval_wanted,
			.approved = rows[i].approved,
			.now_ms = instant(rows[i].now),
			.day_zero = rows[i].day_zero,
			.due = rows[i].due,
			.hours = usual };
		struct rd_letter_time time;
		struct rd_err err = { 0 };
		if (rd_letter_when(&ask, *state, &time, &err) != RD_OK)
			fail_msg("%s: %s", rows[i].why, err.msg);
		assert_instant(rows[i].why, time.leave_ms, rows[i].leaves);
		if (time.waits_for_approval != rows[i].waits ||
			time.person_too != rows[i].person_too)
			fail_msg("%s: waits %d, person too %d", rows[i].why,
				time.waits_for_approval, time.person_too);
		if (rd_date_compare(time.written_for, rd_date_of(time.leave_ms)) != 0)
			fail_msg("%s: written for another day", rows[i].why);
	}
}

/* Hours that end before 16:00: the due date's exception comes at 16:00 and not before. */
static void short_hours_end_in_the_exception_at_sixteen(void **state)
{
	struct rd_letter_ask ask = { .letter = RD_LETTER_ACKNOWLEDGEMENT,
		.channel = RD_CHANNEL_SMS,
		.now_ms = instant("2026-11-27T13:00:00Z"),
		.day_zero = { 2026, 11, 20 },
		.due = { 2026, 11, 27 },
		.hours = { 9 * 60, 12 * 60 } };
	struct rd_letter_time time;
	struct rd_err err = { 0 };

	assert_int_equal(rd_letter_when(&ask, *state, &time, &err), RD_OK);
	assert_instant("at 16:00", time.leave_ms, "2026-11-27T16:00:00Z");
	assert_true(time.person_too);
}

static void past_the_calendar_the_letter_waits(void **state)
{
	struct rd_letter_ask ask = { .letter = RD_LETTER_ENQUIRY,
		.channel = RD_CHANNEL_EMAIL,
		.approval_wanted = true,
		.now_ms = instant("2028-12-29T10:00:00Z"),
		.day_zero = { 2028, 12, 29 },
		.hours = usual };
	struct rd_letter_time time;
	struct rd_err err = { 0 };

	assert_int_equal(rd_letter_when(&ask, *state, &time, &err), RD_E_RANGE);
}

static void the_letter_follows_kind_review_and_channel(void **state)
{
	static const struct {
		const char *why;
		enum rd_kind kind;
		bool review, informal;
		size_t n_topics;
		enum rd_channel channel;
		bool later;
		enum rd_letter_kind letter;
		bool meets, person;
	} rows[] = {
		{ "complaint", RD_COMPLAINT, false, false, 1, RD_CHANNEL_EMAIL, false,
			RD_LETTER_ACKNOWLEDGEMENT, true, false },
		{ "complaint by text", RD_COMPLAINT, false, false, 1, RD_CHANNEL_SMS, false,
			RD_LETTER_ACKNOWLEDGEMENT, true, false },
		{ "without a topic", RD_COMPLAINT, false, false, 0, RD_CHANNEL_EMAIL, false,
			RD_LETTER_RECEIVED, false, true },
		{ "a later text", RD_COMPLAINT, false, false, 1, RD_CHANNEL_SMS, true,
			RD_LETTER_LATER, false, true },
		{ "mail has no later texts", RD_COMPLAINT, false, false, 1, RD_CHANNEL_EMAIL, true,
			RD_LETTER_ACKNOWLEDGEMENT, true, false },
		{ "under review", RD_COMPLAINT, true, false, 1, RD_CHANNEL_EMAIL, false,
			RD_LETTER_RECEIVED, false, false },
		{ "nothing formal", RD_COMPLAINT, true, true, 1, RD_CHANNEL_EMAIL, false,
			RD_LETTER_CHOICE, false, false },
		{ "nothing formal, and a person decided", RD_COMPLAINT, false, true, 1,
			RD_CHANNEL_EMAIL, false, RD_LETTER_ACKNOWLEDGEMENT, true, false },
		{ "other", RD_OTHER, false, false, 1, RD_CHANNEL_EMAIL, false, RD_LETTER_NONE,
			false, false },
		{ "other under review", RD_OTHER, true, false, 0, RD_CHANNEL_SMS, false,
			RD_LETTER_RECEIVED, false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const bool flags[RD_N_FLAGS] = { [RD_ASKS_NOT_FORMAL] = rows[i].informal };
		struct rd_letter_choice c = rd_letter_for(rows[i].kind, rows[i].review, flags,
			rows[i].n_topics, rows[i].channel, rows[i].later);
		if (c.letter != rows[i].letter || c.meets_acknowledge != rows[i].meets ||
			c.person_acknowledges != rows[i].person)
			fail_msg("%s: %s", rows[i].why, rd_letter_names[c.letter]);
	}
}

static void the_strongest_topics_come_first(void **state)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(1u << 16);
	static const struct rd_hit hits[] = { { .topic = "a repair", .points = 1 },
		{ .topic = "", .points = 9 }, { .topic = "a delay", .points = 2 },
		{ .topic = "an injury", .points = 0 }, { .topic = "damp or mould", .points = 0 },
		{ .topic = "a delay", .points = 2 }, { .topic = "the service", .points = 3 } };
	static const char *const topics[] = { "a repair", "a delay", "an injury", "damp or mould",
		"the service" };
	static const char *const wants[] = { "an injury", "a delay", "the service", "a repair",
		"damp or mould" };
	const struct rd_score score = {
		.hits = hits, .n_hits = 7, .topics = topics, .n_topics = 5
	};
	const char *const *sorted = NULL;

	(void)state;
	assert_int_equal(rd_letter_topics(&score, arena, &sorted), 5);
	for (size_t i = 0; i < 5; i++)
		assert_string_equal(sorted[i], wants[i]);
}

static void a_members_address_is_known_and_no_other_taken_for_one(void **state)
{
	static const struct {
		const char *address;
		bool is;
	} rows[] = {
		{ "jo.member.mp@parliament.uk", true },
		{ "office@jo.Parliament.UK", true },
		{ "Jo.Member@senedd.wales", true },
		{ "cllr.jo@town.gov.uk", true },
		{ "councillor.jo@members.town.gov.uk", true },
		{ "housing@town.gov.uk", false },
		{ "cllr.jo@example.org", false },
		{ "jo@notparliament.uk", false },
		{ "parliament.uk@example.org", false },
		{ "+447700900123", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rd_address_of_member(rows[i].address) != rows[i].is)
			fail_msg("%s", rows[i].address);
}

static void wishes_come_of_marks_language_and_adjustments(void **state)
{
	static const char *const marks[] = { "language", "welsh" };
	static const char *const large[] = { "large-print" };

	(void)state;
	assert_true(rd_letter_wishes_of(marks, 2, "", "").welsh);
	assert_false(rd_letter_wishes_of(marks, 1, "", "").welsh);
	assert_false(rd_letter_wishes_of(marks, 2, "", "").large_print);
	assert_true(rd_letter_wishes_of(NULL, 0, "cy", "").welsh);
	assert_true(rd_letter_wishes_of(large, 1, "en", "").large_print);
	assert_true(
		rd_letter_wishes_of(NULL, 0, "", "Ring first. Large print, 18 point.").large_print);
	assert_false(rd_letter_wishes_of(NULL, 0, "", "Ring first.").large_print);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_strongest_topics_come_first),
		cmocka_unit_test(a_members_address_is_known_and_no_other_taken_for_one),
		cmocka_unit_test(wishes_come_of_marks_language_and_adjustments),
		cmocka_unit_test(texts_keep_to_their_hours_on_london_time),
		cmocka_unit_test_setup_teardown(
			letters_leave_when_the_landlord_says, setup, teardown),
		cmocka_unit_test_setup_teardown(
			short_hours_end_in_the_exception_at_sixteen, setup, teardown),
		cmocka_unit_test_setup_teardown(
			past_the_calendar_the_letter_waits, setup, teardown),
		cmocka_unit_test(the_letter_follows_kind_review_and_channel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

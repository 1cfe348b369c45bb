#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "redress/base/arena.h"
#include "redress/base/stanza.h"
#include "redress/policy/landlord.h"

/* A profile with nothing to find fault with, in pieces that a row can replace. */
static const char *const lines[] = {
	"Landlord: sample",
	"Full name: Sample Homes",
	"Version: 1",
	"Nation: scotland",
	"Handled by: our team",
	"Help number: 0300 000 0001",
	"Help address: 1 Example Street",
	"Help: We can write in large print.",
	"Help: Someone can speak for you.",
	"Responsible for: our homes",
	"Not responsible for: the council",
	"Closed on: 2026-12-29",
	"",
	"Ombudsman: Housing Ombudsman Service",
	"Phone: 0300 111 3000",
	"Post: PO Box 1484, Unit D, Preston PR2 0ET",
	"Web: www.housing-ombudsman.org.uk/residents/make-a-complaint/",
	"Checked on: 2026-11-22",
	"",
	"Clock: stage1.acknowledge",
	"Due: 5 working days",
	"From: received",
	"Source: Code 6.2",
	"",
	"Clock: stage1.define",
	"Due: 5 working days",
	"From: received",
	"Source: Code 6.2",
	"",
	"Clock: stage1.respond",
	"Due: 10 working days",
	"From: acknowledged",
	"Source: Code 6.3",
	"",
	"Emergency: health_safety",
	"Text: Ring 999.",
	"Text: Or ring us on 0300 000 0002.",
	"Short text: Ring 999 or 0300 000 0002.",
	"Number: 0300 000 0002",
	"Checked on: 2026-11-22",
	"",
	"Emergency: heat_loss",
	"Text: Ring us.",
	"Short text: Ring 0300 000 0002.",
	"Number: 0300 000 0002",
	"Checked on: 2026-11-22",
};

/* The profile with line number `at` (from 1) replaced; "" text leaves the line out. */
static enum rd_rc parse_with(int at, const char *text, struct rd_arena *arena,
	struct rd_landlord *landlord, struct rd_err *err)
{
	char whole[4096] = "";
	size_t used = 0;

	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		const char *line = (int)i + 1 == at ? text : lines[i];
		if ((int)i + 1 == at && line[0] == '\0')
			continue;
		used += (size_t)snprintf(whole + used, sizeof whole - used, "%s\n", line);
	}
	return rd_landlord_parse("sample.landlord", whole, used, "sample", arena, landlord, err);
}

static int setup(void **state)
{
	*state = rd_arena_new(8u << 20);
	return 0;
}

static int teardown(void **state)
{
	rd_arena_free(*state);
	return 0;
}

static void a_profile_says_what_its_file_says(void **state)
{
	struct rd_landlord l;
	struct rd_err err = { 0 };

	if (parse_with(0, "", *state, &l, &err) != RD_OK)
		fail_msg("%s", err.msg);
	assert_string_equal(l.full_name, "Sample Homes");
	assert_int_equal(l.nation, RD_SCOTLAND);
	assert_false(l.letters_approved);
	assert_string_equal(l.help, "We can write in large print. Someone can speak for you.");
	assert_int_equal(l.n_closures, 1);
	assert_string_equal(l.ombudsman.phone, "0300 111 3000");
	assert_true(l.clocks[RD_CLOCK_STAGE1_RESPOND].held);
	assert_int_equal(l.clocks[RD_CLOCK_STAGE1_RESPOND].length, 10);
	assert_int_equal(l.clocks[RD_CLOCK_STAGE1_RESPOND].from, RD_EVENT_ACKNOWLEDGED);
	assert_false(l.clocks[RD_CLOCK_STAGE2_RESPOND].held);
	assert_string_equal(l.emergency[RD_EMERGENCY_HEALTH_SAFETY].text,
		"Ring 999.\nOr ring us on 0300 000 0002.");
	assert_int_equal(parse_with(8, "Letters: approved", *state, &l, &err), RD_OK);
	assert_true(l.letters_approved);
}

static void a_bad_profile_is_refused_with_its_place(void **state)
{
	static const struct {
		const char *why;
		int line;
		const char *text, *says;
	} rows[] = {
		{ "an unknown field", 5, "Handeld by: us", "sample.landlord:5:" },
		{ "an unknown nation", 4, "Nation: cornwall", ":4:" },
		{ "another name than the file's", 1, "Landlord: other", "sample.landlord:1:" },
		{ "no full name", 2, "", "Full name" },
		{ "no help number", 6, "", "Help number" },
		{ "no word on what it answers for", 10, "", "Responsible for" },
		{ "a closure that is no day", 12, "Closed on: Christmas", ":12:" },
		{ "an unknown clock", 20, "Clock: stage1.acknowlege", "stage1.acknowledge" },
		{ "an empty source", 23, "Source:", "Source" },
		{ "a length in fortnights", 21, "Due: 2 fortnights", ":21:" },
		{ "a length of nothing", 21, "Due: 0 working days", ":21:" },
		{ "a complaint's clock in calendar days", 21, "Due: 5 days", "working days" },
		{ "an unknown event", 22, "From: recieved", "received" },
		{ "hours for a clock of days", 31, "Due: 24 hours", "hazard.emergency" },
		{ "months for a clock of days", 31, "Due: 2 months", "age_limit" },
		{ "a definition later than the acknowledgement", 26, "Due: 10 working days",
			"same due date" },
		{ "a clock twice", 30, "Clock: stage1.define", "second time" },
		{ "a clock that hangs on itself", 32, "From: stage1.respond", "ends later" },
		{ "no Ombudsman", 14, "Ombudsmen: x", "did you mean" },
		{ "an emergency of another kind", 35, "Emergency: flood", "health_safety" },
		{ "an emergency twice", 42, "Emergency: health_safety", "second block" },
		{ "a short text beyond one part", 38,
			"Short text: Ring 999 if you are in danger and then ring us on 0300 000 "
			"0002 at any "
			"time of the day or the night, and stay where you are safe until somebody "
			"comes to "
			"you",
			"Short text" },
		{ "a short text in another script", 38, "Short text: \xD0\x97\xD0\xB2",
			"Short text" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_err err = { 0 };
		struct rd_landlord l = { 0 };
		if (parse_with(rows[i].line, rows[i].text, *state, &l, &err) == RD_OK)
			fail_msg("%s: was taken", rows[i].why);
		if (strstr(err.msg, rows[i].says) == NULL ||
			strncmp(err.msg, "sample.landlord:", 16) != 0)
			fail_msg("%s: says \"%s\"", rows[i].why, err.msg);
	}
}

static void example_numbers_are_known(void **state)
{
	static const struct {
		const char *number;
		bool example;
	} rows[] = {
		{ "07700 900123", true },
		{ "07700 900999", true },
		{ "+44 7700 900000", true },
		{ "+44 (0)7700 900000", true },
		{ "00447700900000", true },
		{ "01632 960123", true },
		{ "01632 961000", false },
		{ "0161 496 0123", true },
		{ "020 7946 0000", true },
		{ "020 7946 1000", false },
		{ "0808 157 0123", true },
		{ "03069 990123", true },
		{ "0300 111 3000", false },
		{ "0800 111 999", false },
		{ "999", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rd_is_example_number(rows[i].number) != rows[i].example)
			fail_msg("%s", rows[i].number);
}

static void check_looks_at_the_emergency_blocks(void **state)
{
	static const struct {
		const char *why;
		int line;
		const char *text;
		struct rd_date today;
		bool real;
		size_t refused, warned;
	} rows[] = {
		{ "nothing to find", 0, "", { 2026, 11, 22 }, true, 0, 0 },
		{ "an example number", 39, "Number: 01632 960123", { 2026, 11, 22 }, true, 1, 0 },
		{ "an example number in the words", 37, "Text: Ring 01632 960123 or 999.",
			{ 2026, 11, 22 }, true, 1, 0 },
		{ "an example number in the short words", 38, "Short text: Ring 07700 900123.",
			{ 2026, 11, 22 }, true, 1, 0 },
		{ "the same without a real provider", 39, "Number: 01632 960123", { 2026, 11, 22 },
			false, 0, 1 },
		{ "an example help number", 6, "Help number: 07700 900100", { 2026, 11, 22 }, true,
			1, 0 },
		{ "a year old to the day", 0, "", { 2027, 11, 22 }, true, 0, 0 },
		{ "older than a year: both blocks and the Ombudsman", 0, "", { 2027, 11, 23 }, true,
			0, 3 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_err err = { 0 };
		struct rd_landlord l;
		struct rd_finding findings[RD_FINDINGS_MAX];
		size_t refused = 0;
		if (parse_with(rows[i].line, rows[i].text, *state, &l, &err) != RD_OK)
			fail_msg("%s: %s", rows[i].why, err.msg);
		size_t n = rd_landlord_check(&l, rows[i].today, rows[i].real, findings);
		for (size_t j = 0; j < n; j++)
			refused += findings[j].refuse;
		if (refused != rows[i].refused || n - refused != rows[i].warned)
			fail_msg("%s: %zu refused, %zu warned", rows[i].why, refused, n - refused);
	}
}

static void a_missing_block_is_refused_with_a_real_provider(void **state)
{
	struct rd_err err = { 0 };
	struct rd_landlord l;
	struct rd_finding findings[RD_FINDINGS_MAX];

	assert_int_equal(parse_with(0, "", *state, &l, &err), RD_OK);
	l.emergency[RD_EMERGENCY_HEAT_LOSS].held = false;
	assert_int_equal(
		rd_landlord_check(&l, (struct rd_date){ 2026, 11, 22 }, true, findings), 1);
	assert_true(findings[0].refuse);
	assert_non_null(strstr(findings[0].text, "heat_loss"));
	assert_int_equal(
		rd_landlord_check(&l, (struct rd_date){ 2026, 11, 22 }, false, findings), 1);
	assert_false(findings[0].refuse);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_profile_says_what_its_file_says, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_bad_profile_is_refused_with_its_place, setup, teardown),
		cmocka_unit_test(example_numbers_are_known),
		cmocka_unit_test_setup_teardown(
			check_looks_at_the_emergency_blocks, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_missing_block_is_refused_with_a_real_provider, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

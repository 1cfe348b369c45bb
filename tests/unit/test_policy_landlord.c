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
#include "redress/policy/landlord_check.h"

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
	"",
	"Clock: stage1.extended", /* 48 */
	"Due: 10 working days",
	"From: stage1.respond",
	"Extended by: the lead officer",
	"Approved by: the director",
	"Source: Code 6.4",
	"Choice: One.",
	"Choice: Two.",
	"",
	"Clock: hazard.investigate", /* 57 */
	"Due: 10 working days",
	"From: hazard-known",
	"Source: S.I. 2025/1042",
	"",
	"Hazard phase: 1", /* 62 */
	"Switch: on",
	"Covers: damp",
	"Flag: damp_mould",
	"Source: S.I. 2025/1042",
	"",
	"Hazard phase: 2", /* 68 */
	"Switch: off",
	"Covers: cold",
	"Flag: heat_loss",
	"Source: S.I. 2025/1042",
	"",
	"Stage: stage2", /* 74 */
	"Called: Review",
	"Answered by: the director",
	"Begins: asked for",
	"Source: 4.2",
	"",
	"Category: missed-visit", /* 80 */
	"Kind: service_request",
	"Handled: Done.",
	"Source: 4.3",
	"",
	"Exclusion: over-12-months", /* 85 */
	"Says: it is old",
	"Source: 4.4",
	"",
	"Route: heat_loss", /* 89 */
	"To: the officer",
	"When: at once",
	"Source: 4.5",
	"",
	"Letter: extension", /* 94 */
	"Must say: the reasons",
	"Must say: the new date",
	"Source: 4.6",
	"",
	"Report: annual", /* 99 */
	"To: the Board",
	"Holds: all",
	"Source: 4.7",
	"",
	"Ombudsman as printed: the old one", /* 104 */
	"Post: PO Box 152",
	"Source: 4.8",
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
	assert_string_equal(l.clocks[RD_CLOCK_STAGE1_EXTENDED].extended_by, "the lead officer");
	assert_string_equal(l.clocks[RD_CLOCK_STAGE1_EXTENDED].approved_by, "the director");
	assert_int_equal(l.clocks[RD_CLOCK_STAGE1_EXTENDED].n_choices, 2);
	assert_string_equal(l.clocks[RD_CLOCK_STAGE1_EXTENDED].choices[1], "Two.");
	assert_string_equal(l.clocks[RD_CLOCK_STAGE1_RESPOND].extended_by, "");
	assert_string_equal(l.made_from, "");
	assert_false(l.closures_lengthen_all);
	assert_int_equal(l.n_provisions, 9);
	const struct rd_provision *letter =
		rd_landlord_provision(&l, RD_PROVISION_LETTER, "extension");
	assert_non_null(letter);
	assert_string_equal(letter->source, "4.6");
	assert_true(rd_provision_has(letter, "Must say", "the new date"));
	assert_false(rd_provision_has(letter, "Must say", "the"));
	assert_null(rd_landlord_provision(&l, RD_PROVISION_LETTER, "annual"));
	assert_int_equal(parse_with(12, "Closures lengthen: all clocks", *state, &l, &err), RD_OK);
	assert_true(l.closures_lengthen_all);
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
		{ "a clock that nobody extends", 33, "Source: Code 6.3\nExtended by: me",
			"stage1.extended" },
		{ "extended by nobody named", 51, "Extended by:", "says nothing" },
		{ "closures that lengthen something else", 12, "Closures lengthen: some clocks",
			"own clocks" },
		{ "an unknown stanza with a near one", 80, "Catgory: missed-visit",
			"`Category:`?" },
		{ "an unknown stanza with none", 80, "Weather: fair", "`Hazard phase:`" },
		{ "a stage of no name", 74, "Stage: stage3", "`stage1`?" },
		{ "a stage that nobody answers", 76, "", "Answered by" },
		{ "a kind that is none", 81, "Kind: service_requst", "service_request" },
		{ "a category without its clause", 83, "", "Source" },
		{ "an empty clause", 83, "Source:", "says nothing" },
		{ "a category named in words", 80, "Category: Missed visit", "hyphens" },
		{ "an exclusion that says nothing", 86, "", "Says" },
		{ "a route for a flag that is none", 89, "Route: heat_los", "`heat_loss`?" },
		{ "a route to nobody", 90, "", "`To:`" },
		{ "a route at another time", 91, "When: tomorow", "with the case" },
		{ "a letter that is none", 94, "Letter: extenson", "`extension`?" },
		{ "a field of another stanza", 95, "Says: the reasons", ":95:" },
		{ "a report to nobody", 100, "", "`To:`" },
		{ "a phase that the law has not", 62, "Hazard phase: 4", "1, 2, 3" },
		{ "a phase twice", 68, "Hazard phase: 1", "second time" },
		{ "a switch that is neither", 63, "Switch: maybe", "on, off" },
		{ "a flag of a hazard that is none", 65, "Flag: dampmould", "`damp_mould`?" },
		{ "a field twice that stands once", 86, "Says: it is old\nSays: it is very old",
			":87:" },
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

/* Awaab's Law: a phase that is off switches its hazards off, and all off the clocks themselves. */
static void a_hazard_clock_runs_where_its_phase_is_on(void **state)
{
	static const struct {
		const char *why;
		int line;
		const char *text;
		bool held, damp, heat;
	} rows[] = {
		{ "phase 1 on, phase 2 off", 0, "", true, true, false },
		{ "both on", 69, "Switch: on", true, true, true },
		{ "both off", 63, "Switch: off", false, false, false },
		{ "phase 1 without a flag", 65, "", true, false, false },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const enum rd_clock_id clock = RD_CLOCK_HAZARD_INVESTIGATE;
		struct rd_err err = { 0 };
		struct rd_landlord l;
		if (parse_with(rows[i].line, rows[i].text, *state, &l, &err) != RD_OK)
			fail_msg("%s: %s", rows[i].why, err.msg);
		if (l.clocks[clock].held != rows[i].held ||
			l.clocks[clock].switched_off == rows[i].held ||
			rd_hazard_clock_runs(&l, clock, RD_DAMP_MOULD) != rows[i].damp ||
			rd_hazard_clock_runs(&l, clock, RD_HEAT_LOSS) != rows[i].heat)
			fail_msg("%s", rows[i].why);
		assert_false(rd_hazard_clock_runs(&l, RD_CLOCK_STAGE1_RESPOND, RD_DAMP_MOULD));
	}
}

/* In England nobody may take longer than the Code. */
static void what_is_laxer_than_the_code_is_told(void **state)
{
	static const struct {
		const char *why;
		int line;
		const char *text;
		const char *says;
	} rows[] = {
		{ "an answer in twelve days", 31, "Due: 12 working days", "stage1.respond" },
		{ "an extension in calendar days", 49, "Due: 10 days", "stage1.extended" },
	};
	struct rd_finding findings[RD_FINDINGS_MAX];
	const struct rd_date today = { 2026, 11, 22 };

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_err err = { 0 };
		struct rd_landlord l;
		if (parse_with(rows[i].line, rows[i].text, *state, &l, &err) != RD_OK)
			fail_msg("%s: %s", rows[i].why, err.msg);
		assert_int_equal(rd_landlord_check(&l, today, true, findings), 0); /* Scotland */
		l.nation = RD_ENGLAND;
		/* It has no clock for stage 2's acknowledgement and answer either. */
		assert_int_equal(rd_landlord_check(&l, today, true, findings), 3);
		if (strstr(findings[0].text, rows[i].says) == NULL || findings[0].refuse)
			fail_msg("%s: %s", rows[i].why, findings[0].text);
	}
}

static const char *const shipped[] = { "code-2024", "plexus-omega", "feedback-first", "one-housing",
	"later-living", "homes-in-sedgemoor" };

static void read_shipped(const char *name, struct rd_arena *arena, struct rd_landlord *landlord)
{
	struct rd_err err = { 0 };
	char path[256];
	const char *text;
	size_t len;

	snprintf(path, sizeof path, "%s/rules/landlords/%s.landlord", RD_SOURCE_DIR, name);
	if (rd_file_read(path, 1u << 20, arena, &text, &len, &err) != RD_OK ||
		rd_landlord_parse(path, text, len, name, arena, landlord, &err) != RD_OK)
		fail_msg("%s", err.msg);
}

/* Each says what it was made from, is within the Code at both stages, names who may extend, and
 * what its policy does not say is a choice that is told. */
static void the_shipped_profiles_keep_the_code_and_say_what_they_are(void **state)
{
	static const enum rd_clock_id extensions[] = { RD_CLOCK_STAGE1_EXTENDED,
		RD_CLOCK_STAGE2_EXTENDED };
	struct rd_finding findings[RD_FINDINGS_MAX];

	for (size_t i = 0; i < sizeof shipped / sizeof shipped[0]; i++) {
		struct rd_landlord l;
		read_shipped(shipped[i], *state, &l);
		if (strstr(l.made_from, "published") == NULL || strstr(l.made_from, "own") == NULL)
			fail_msg("%s: does not say what it was made from", shipped[i]);
		size_t n = rd_landlord_check(&l, (struct rd_date){ 2026, 11, 22 }, false, findings);
		for (size_t j = 0; j < n; j++)
			if (strstr(findings[j].text, "the Code") != NULL)
				fail_msg("%s", findings[j].text);
		for (size_t j = 0; j < 2; j++)
			if (l.clocks[extensions[j]].extended_by[0] == '\0' ||
				l.clocks[extensions[j]].approved_by[0] == '\0')
				fail_msg("%s: who may extend?", shipped[i]);
		for (int clock = 0; clock < RD_N_CLOCKS; clock++)
			if (l.clocks[clock].held && i > 0 && l.clocks[clock].n_choices == 0 &&
				strstr(l.clocks[clock].source, "(seed 00") == NULL &&
				strstr(l.clocks[clock].source, "2025/1042") == NULL)
				fail_msg("%s: %s has no clause and no choice", shipped[i],
					rd_clock_names[clock]);
		assert_non_null(rd_landlord_provision(&l, RD_PROVISION_STAGE, "stage1"));
		assert_non_null(rd_landlord_provision(&l, RD_PROVISION_STAGE, "stage2"));
		assert_true(rd_hazard_clock_runs(&l, RD_CLOCK_HAZARD_MAKE_SAFE, RD_DAMP_MOULD));
		assert_true(rd_hazard_clock_runs(&l, RD_CLOCK_HAZARD_EMERGENCY, RD_HEAT_LOSS));
		assert_false(rd_hazard_clock_runs(&l, RD_CLOCK_HAZARD_INVESTIGATE, RD_HEAT_LOSS));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_profile_says_what_its_file_says, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_bad_profile_is_refused_with_its_place, setup, teardown),
		cmocka_unit_test(example_numbers_are_known),
		cmocka_unit_test_setup_teardown(
			a_hazard_clock_runs_where_its_phase_is_on, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_is_laxer_than_the_code_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(
			the_shipped_profiles_keep_the_code_and_say_what_they_are, setup, teardown),
		cmocka_unit_test_setup_teardown(
			check_looks_at_the_emergency_blocks, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_missing_block_is_refused_with_a_real_provider, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

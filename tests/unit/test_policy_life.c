#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "redress/base/arena.h"
#include "redress/base/stanza.h"
#include "redress/policy/life.h"

struct fixture {
	struct rd_arena *arena;
	struct rd_calendar *calendar;
};

static int setup(void **state)
{
	static struct fixture f;
	struct rd_err err = { 0 };
	const char *json;
	size_t len;

	f.arena = rd_arena_new(8u << 20);
	if (rd_file_read(RD_SOURCE_DIR "/rules/calendars/bank-holidays.json", 1u << 20, f.arena,
		    &json, &len, &err) != RD_OK ||
		rd_calendar_parse("c", json, len, RD_ENGLAND, NULL, 0, &f.calendar, &err) != RD_OK)
		fail_msg("%s", err.msg);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	rd_calendar_free(f->calendar);
	rd_arena_free(f->arena);
	return 0;
}

static struct rd_landlord landlord_of(struct fixture *f, const char *name)
{
	struct rd_landlord landlord = { 0 };
	struct rd_err err = { 0 };
	const char *text;
	size_t len;
	char path[256];

	snprintf(path, sizeof path, "%s/rules/landlords/%s.landlord", RD_SOURCE_DIR, name);
	if (rd_file_read(path, 1u << 20, f->arena, &text, &len, &err) != RD_OK ||
		rd_landlord_parse(path, text, len, name, f->arena, &landlord, &err) != RD_OK)
		fail_msg("%s", err.msg);
	return landlord;
}

static struct rd_date day(const char *text)
{
	struct rd_err err = { 0 };
	struct rd_date day = { 0 };

	if (rd_date_parse(text, &day, &err) != RD_OK)
		fail_msg("%s", err.msg);
	return day;
}

/* --- moves --- */

#define OPEN	 RD_COMPLAINT, RD_STAGE_1, RD_STATUS_OPEN
#define ANSWERED RD_COMPLAINT, RD_STAGE_1, RD_STATUS_ANSWERED
#define CLOSED	 RD_COMPLAINT, RD_STAGE_1, RD_STATUS_CLOSED
#define AT_TWO	 RD_COMPLAINT, RD_STAGE_2, RD_STATUS_OPEN
#define REQUEST	 RD_SERVICE_REQUEST, RD_STAGE_NONE, RD_STATUS_OPEN

/* acknowledged, answered, overdue, waits, defined, the answer waits, it reached the resident */
static const struct {
	struct rd_standing standing;
	enum rd_move move;
	const char *refused; /* what the reason says; NULL: it may be */
} moves[] = {
	{ { "A", OPEN, true, false, false, false, false, false, false }, RD_MOVE_RESPOND, NULL },
	{ { "A", OPEN, false, false, false, false, false, false, false }, RD_MOVE_RESPOND,
		"case acknowledge" },
	{ { "A", OPEN, false, false, false, false, false, false, false }, RD_MOVE_EXTEND,
		"case acknowledge" },
	{ { "A", ANSWERED, true, true, false, false, false, false, true }, RD_MOVE_RESPOND,
		"case escalate" },
	{ { "A", ANSWERED, true, true, false, false, true, true, false }, RD_MOVE_RESPOND, NULL },
	{ { "A", ANSWERED, true, true, false, false, true, true, false }, RD_MOVE_EXTEND,
		"case escalate" },
	{ { "A", CLOSED, true, true, false, false, false, false, true }, RD_MOVE_RESPOND,
		"case reopen" },
	{ { "A", OPEN, true, false, false, false, false, false, false }, RD_MOVE_ESCALATE,
		"case respond" },
	{ { "A", OPEN, true, false, true, false, false, false, false }, RD_MOVE_ESCALATE, NULL },
	{ { "A", OPEN, true, true, false, false, false, false, true }, RD_MOVE_ESCALATE, NULL },
	{ { "A", ANSWERED, true, true, false, false, false, false, true }, RD_MOVE_ESCALATE, NULL },
	{ { "A", CLOSED, true, true, false, false, false, false, true }, RD_MOVE_ESCALATE, NULL },
	{ { "A", CLOSED, true, false, false, false, false, false, false }, RD_MOVE_ESCALATE,
		"case reopen" },
	{ { "A", AT_TWO, true, true, false, false, false, false, true }, RD_MOVE_ESCALATE,
		"Ombudsman" },
	{ { "A", AT_TWO, false, true, false, true, false, false, true }, RD_MOVE_ACCEPT, NULL },
	{ { "A", AT_TWO, false, true, false, false, false, false, true }, RD_MOVE_ACCEPT, NULL },
	{ { "A", AT_TWO, true, true, false, false, false, false, true }, RD_MOVE_ACCEPT,
		"already" },
	{ { "A", ANSWERED, true, true, false, false, false, false, true }, RD_MOVE_ACCEPT,
		"case escalate" },
	{ { "A", AT_TWO, false, true, false, true, false, false, true }, RD_MOVE_REFUSE, NULL },
	{ { "A", AT_TWO, false, true, false, true, false, false, false }, RD_MOVE_REFUSE,
		"never reached" },
	{ { "A", ANSWERED, true, true, false, false, false, true, false }, RD_MOVE_ESCALATE,
		"case respond" },
	{ { "A", ANSWERED, true, true, true, false, false, true, false }, RD_MOVE_ESCALATE, NULL },
	{ { "A", AT_TWO, false, false, false, true, false, false, false }, RD_MOVE_REFUSE,
		"never answered" },
	{ { "A", AT_TWO, false, true, false, false, false, false, true }, RD_MOVE_REFUSE,
		"already" },
	{ { "A", ANSWERED, true, true, false, false, false, false, true }, RD_MOVE_REFUSE,
		"case escalate" },
	{ { "A", AT_TWO, false, true, false, true, false, false, true }, RD_MOVE_RESPOND,
		"case accept" },
	{ { "A", AT_TWO, false, true, false, false, false, false, true }, RD_MOVE_RESPOND,
		"outbox list" },
	{ { "A", AT_TWO, true, true, false, false, false, false, true }, RD_MOVE_RESPOND, NULL },
	{ { "A", RD_COMPLAINT, RD_STAGE_2, RD_STATUS_ANSWERED, true, true, false, false, false,
		  false, true },
		RD_MOVE_RESPOND, "the last" },
	{ { "A", CLOSED, true, true, false, false, false, false, true }, RD_MOVE_REOPEN, NULL },
	{ { "A", OPEN, true, true, false, false, false, false, true }, RD_MOVE_REOPEN,
		"open already" },
	{ { "A", REQUEST, false, false, false, false, false, false, false }, RD_MOVE_RESPOND,
		"reclassify" },
	{ { "A", REQUEST, false, false, false, false, false, false, false }, RD_MOVE_ASSIGN, NULL },
	{ { "A", CLOSED, true, true, false, false, false, false, true }, RD_MOVE_ASSIGN,
		"case reopen" },
	{ { "A", RD_COMPLAINT, RD_STAGE_NONE, RD_STATUS_REVIEW, false, false, false, false, false,
		  false, false },
		RD_MOVE_RESPOND, "review decide" },
	{ { "A", RD_COMPLAINT, RD_STAGE_NONE, RD_STATUS_REVIEW, false, false, false, false, false,
		  false, false },
		RD_MOVE_WITHDRAW, NULL },
	{ { "A", OPEN, true, false, false, false, false, false, false }, RD_MOVE_EXCLUDE, NULL },
	{ { "A", OPEN, true, true, false, false, false, false, true }, RD_MOVE_EXCLUDE,
		"case refuse" },
	{ { "A", AT_TWO, true, true, false, false, false, false, true }, RD_MOVE_EXCLUDE,
		"case refuse" },
	{ { "A", CLOSED, true, true, false, false, false, false, true }, RD_MOVE_REFER, NULL },
	{ { "A", OPEN, true, false, false, false, false, false, false }, RD_MOVE_AGREE,
		"case define" },
	{ { "A", OPEN, true, false, false, false, true, false, false }, RD_MOVE_AGREE, NULL },
};

static void a_move_is_refused_with_what_to_do_instead(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof moves / sizeof moves[0]; i++) {
		struct rd_err err = { 0 };
		enum rd_rc rc = rd_life_may(&moves[i].standing, moves[i].move, &err);

		if ((rc == RD_OK) != (moves[i].refused == NULL))
			fail_msg("row %zu: %s", i, rc == RD_OK ? "it may be" : err.msg);
		if (rc == RD_OK)
			continue;
		assert_int_equal(rc, RD_E_REFUSED);
		if (strstr(err.msg, moves[i].refused) == NULL)
			fail_msg("row %zu: `%s` lacks `%s`", i, err.msg, moves[i].refused);
	}
}

/* --- clocks --- */

static void say(char out[static 400], const char *sign, const char *what)
{
	size_t len = strlen(out);

	snprintf(out + len, 400 - len, "%s%s%s", len > 0 ? " " : "", sign, what);
}

static const char *describe(const struct rd_clock_changes *changes, char out[static 400])
{
	char text[RD_DATE_MAX];

	out[0] = '\0';
	for (size_t i = 0; i < changes->n_meets; i++)
		say(out, "+", rd_clock_names[changes->meets[i]]);
	for (size_t i = 0; i < changes->n_stops; i++)
		say(out, "-", rd_clock_names[changes->stops[i]]);
	for (size_t i = 0; i < changes->n_starts; i++) {
		say(out, "", rd_clock_names[changes->starts[i].clock]);
		say(out, "",
			rd_date_is_set(changes->starts[i].due)
				? rd_date_format(changes->starts[i].due, text)
				: "never");
	}
	return out;
}

#define STAGE1_ENDS                                                                                \
	"+stage1.respond +stage1.extended +conduct.respond +feedback.respond -stage1.contact"
#define ASKED "+stage2.request -case.close -stage1.contact -stage1.respond -stage1.extended"

static const struct {
	const char *landlord;
	enum rd_event event;
	const char *on, *changes;
} events[] = {
	{ "code-2024", RD_EVENT_ASSIGNED, "2026-12-22", "" },
	{ "one-housing", RD_EVENT_ASSIGNED, "2026-12-22", "stage1.contact 2026-12-29" },
	{ "one-housing", RD_EVENT_STAGE2_ASSIGNED, "2026-12-23", "stage2.contact 2026-12-30" },
	{ "code-2024", RD_EVENT_RESPONDED, "2026-12-23", STAGE1_ENDS },
	{ "plexus-omega", RD_EVENT_RESPONDED, "2026-12-23",
		STAGE1_ENDS " stage2.request 2027-01-11" },
	{ "feedback-first", RD_EVENT_RESPONDED, "2026-12-23",
		STAGE1_ENDS " stage2.request 2027-01-11" },
	{ "one-housing", RD_EVENT_RESPONDED, "2026-12-23", STAGE1_ENDS " case.close 2027-01-20" },
	{ "code-2024", RD_EVENT_STAGE2_REQUESTED, "2026-12-21",
		ASKED " stage2.acknowledge 2026-12-30" },
	{ "plexus-omega", RD_EVENT_STAGE2_REQUESTED, "2026-12-21",
		ASKED " stage2.accept 2026-12-30 stage2.acknowledge 2026-12-30" },
	{ "feedback-first", RD_EVENT_STAGE2_REQUESTED, "2026-12-21",
		ASKED " stage2.acknowledge 2026-12-30 stage2.respond 2026-12-30" },
	{ "one-housing", RD_EVENT_STAGE2_REQUESTED, "2026-12-21",
		ASKED " stage2.acknowledge 2026-12-30 stage2.respond 2027-01-21" },
	{ "later-living", RD_EVENT_STAGE2_ACKNOWLEDGED, "2026-12-21",
		"+stage2.accept +stage2.acknowledge stage2.respond 2027-01-21" },
	{ "one-housing", RD_EVENT_STAGE2_ACKNOWLEDGED, "2026-12-21",
		"+stage2.accept +stage2.acknowledge" },
	{ "homes-in-sedgemoor", RD_EVENT_STAGE2_RESPONDED, "2026-12-21",
		"+stage2.respond +stage2.extended -stage2.contact" },
	{ "one-housing", RD_EVENT_STAGE2_RESPONDED, "2026-12-21",
		"+stage2.respond +stage2.extended -stage2.contact case.close 2027-01-18" },
	{ "code-2024", RD_EVENT_STAGE2_REQUESTED, "2030-12-30", ASKED " stage2.acknowledge never" },
};

static void an_event_meets_stops_and_starts_what_the_policy_says(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
		const struct rd_landlord landlord = landlord_of(f, events[i].landlord);
		struct rd_clock_changes changes;
		char text[400];

		rd_life_event(&landlord, f->calendar, events[i].event, day(events[i].on), &changes);
		describe(&changes, text);
		if (strcmp(text, events[i].changes) != 0)
			fail_msg("row %zu, %s, %s: %s", i, events[i].landlord,
				rd_event_names[events[i].event], text);
	}
}

static void a_refusal_ends_stage_2_and_starts_the_closing_days(void **state)
{
	struct fixture *f = *state;
	const struct rd_landlord landlord = landlord_of(f, "one-housing");
	struct rd_clock_changes changes;
	char text[400];

	rd_life_refusal(&landlord, f->calendar, day("2026-12-23"), &changes);
	assert_string_equal(describe(&changes, text),
		"+stage2.accept -stage2.acknowledge -stage2.contact -stage2.respond "
		"-stage2.extended case.close 2027-01-20");
}

static void what_a_landlord_does_not_owe_is_told_apart(void **state)
{
	(void)state;
	assert_false(rd_clock_is_owed("stage2.request"));
	assert_false(rd_clock_is_owed("case.close"));
	assert_true(rd_clock_is_owed("stage1.respond"));
	assert_true(rd_clock_is_owed("stage2.accept"));
}

/* --- extensions --- */

#define CODE "code-2024", RD_STAGE_1

static const struct {
	const char *landlord;
	enum rd_stage stage;
	const char *original, *due, *told, *to, *approved_by;
	enum rd_rc rc;
	const char *says;
} extensions[] = {
	{ CODE, "2026-12-31", "2026-12-31", "2026-12-30", "2027-01-15", NULL, RD_OK, NULL },
	{ CODE, "2026-12-31", "2026-12-31", "2026-12-31", "2027-01-04", NULL, RD_OK, NULL },
	{ CODE, "2026-12-31", "2026-12-31", "2027-01-04", "2027-01-15", NULL, RD_E_REFUSED,
		"Thursday 31 December 2026" },
	{ CODE, "2026-12-31", "2026-12-31", "2026-12-30", "2026-12-31", NULL, RD_E_INPUT,
		"after that" },
	{ CODE, "2026-12-31", "2026-12-31", "2026-12-30", "2027-01-01", NULL, RD_E_INPUT,
		"Monday 4 January 2027" },
	{ CODE, "2026-12-31", "2026-12-31", "2026-12-30", "2027-01-18", NULL, RD_E_REFUSED,
		"a named senior manager" },
	{ CODE, "2026-12-31", "2026-12-31", "2026-12-30", "2027-01-18", "", RD_E_REFUSED,
		"Friday 15 January 2027" },
	{ CODE, "2026-12-31", "2026-12-31", "2026-12-30", "2027-01-18", "Mo Manager", RD_OK, NULL },
	/* A second one is counted from the first promise, not from the first extension. */
	{ CODE, "2026-12-31", "2027-01-15", "2027-01-14", "2027-01-18", NULL, RD_E_REFUSED,
		"--approved-by" },
	{ CODE, "2026-12-31", "2027-01-08", "2027-01-07", "2027-01-15", NULL, RD_OK, NULL },
	{ "later-living", RD_STAGE_2, "2026-12-18", "2026-12-18", "2026-12-18", "2027-01-20", NULL,
		RD_OK, NULL },
	{ "later-living", RD_STAGE_2, "2026-12-18", "2026-12-18", "2026-12-18", "2027-01-21", NULL,
		RD_E_REFUSED, "the Director of Operations" },
};

static void an_extension_keeps_its_limits(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof extensions / sizeof extensions[0]; i++) {
		const struct rd_landlord landlord = landlord_of(f, extensions[i].landlord);
		const struct rd_extending extending = {
			.stage = extensions[i].stage,
			.original = day(extensions[i].original),
			.due = day(extensions[i].due),
			.told_on = day(extensions[i].told),
			.to = day(extensions[i].to),
			.approved_by = extensions[i].approved_by,
		};
		struct rd_err err = { 0 };
		enum rd_rc rc = rd_life_extend(&landlord, f->calendar, &extending, &err);

		if (rc != extensions[i].rc)
			fail_msg("row %zu: %d, %s", i, (int)rc, err.msg);
		if (rc != RD_OK && strstr(err.msg, extensions[i].says) == NULL)
			fail_msg("row %zu: `%s` lacks `%s`", i, err.msg, extensions[i].says);
	}
}

static void a_policy_without_an_extension_has_none(void **state)
{
	struct fixture *f = *state;
	struct rd_landlord landlord = landlord_of(f, "code-2024");
	const struct rd_extending extending = {
		.stage = RD_STAGE_1,
		.original = day("2026-12-31"),
		.due = day("2026-12-31"),
		.told_on = day("2026-12-30"),
		.to = day("2027-01-04"),
	};
	struct rd_err err = { 0 };

	landlord.clocks[RD_CLOCK_STAGE1_EXTENDED].held = false;
	assert_int_equal(rd_life_extend(&landlord, f->calendar, &extending, &err), RD_E_REFUSED);
}

static void one_person_is_known_however_the_name_is_written(void **state)
{
	(void)state;
	assert_true(rd_life_same_person("Ola Owner", "ola  owner "));
	assert_true(rd_life_same_person(" Ola Owner", "OLA OWNER"));
	assert_false(rd_life_same_person("Ola Owner", "Ola Owners"));
	assert_false(rd_life_same_person("Ola Owner", "OlaOwner"));
	assert_false(rd_life_same_person("Ola", "Ola Owner"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_move_is_refused_with_what_to_do_instead),
		cmocka_unit_test(an_event_meets_stops_and_starts_what_the_policy_says),
		cmocka_unit_test(a_refusal_ends_stage_2_and_starts_the_closing_days),
		cmocka_unit_test(what_a_landlord_does_not_owe_is_told_apart),
		cmocka_unit_test(an_extension_keeps_its_limits),
		cmocka_unit_test(a_policy_without_an_extension_has_none),
		cmocka_unit_test(one_person_is_known_however_the_name_is_written),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}

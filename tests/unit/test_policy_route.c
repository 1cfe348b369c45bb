/* Which routes what is known of a case raises, who is meant by a name, when a role can be told, and
 * how near a date is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "redress/base/arena.h"
#include "redress/base/stanza.h"
#include "redress/policy/duties.h"
#include "redress/policy/policy.h"
#include "redress/policy/route.h"
#include "redress/policy/warning.h"

static struct rd_arena *arena;
static struct rd_rulefiles files;

static int setup(void **state)
{
	struct rd_err err = { 0 };

	(void)state;
	arena = rd_arena_new(64u << 20);
	if (rd_rulefiles_read(RD_SOURCE_DIR "/rules", arena, &files, &err) != RD_OK) {
		print_error("%s\n", err.msg);
		return -1;
	}
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	rd_arena_free(arena);
	return 0;
}

static struct rd_policy *policy_of(const char *name)
{
	struct rd_policy *policy = NULL;
	struct rd_err err = { 0 };

	if (rd_policy_load_clocks(&files, name, &policy, &err) != RD_OK)
		fail_msg("%s: %s", name, err.msg);
	return policy;
}

/* --- routes --- */

/* What raises a route, by a letter each: f a flag, m a mark, t a topic. */
static const struct {
	const char *landlord, *sign, *before;
	const char *raised; /* names, a blank between two; ! at once */
} raising[] = {
	{ "plexus-omega", "fhealth_safety", NULL, "health_safety!" },
	{ "plexus-omega", "fhealth_safety", "fhealth_safety", "" },
	{ "plexus-omega", "fpersonal_injury", NULL, "personal_injury!" },
	{ "plexus-omega", "fsafeguarding", NULL, "safeguarding!" }, /* no stanza routes it */
	{ "plexus-omega", "fpetition", NULL, "petition" },
	{ "plexus-omega", "fdamp_mould", NULL, "" },
	{ "plexus-omega", "mtheft", NULL, "theft" },
	{ "plexus-omega", "mTheft", "mtheft", "" },
	{ "plexus-omega", "thow staff behaved", NULL, "staff-conduct" },
	{ "plexus-omega", "ta leak", NULL, "" },
	{ "one-housing", "mbuilding safety", NULL, "building-safety!" },
	{ "one-housing", "fmp_councillor", NULL, "mp_councillor" },
	{ "one-housing", "fpersonal_injury", NULL, "personal_injury!" }, /* danger waits for none */
	{ "later-living", "fheat_loss", NULL, "heat_loss!" },
	{ "homes-in-sedgemoor", "mstaff-conduct", NULL, "staff-conduct" },
	{ "homes-in-sedgemoor", "mcomplaints manager conduct", NULL, "" }, /* it has `About:` */
	{ "code-2024", "fvulnerable", NULL, "vulnerable" },
	{ "code-2024", "fheat_loss", NULL, "heat_loss!" },
};

static struct rd_signs sign(const char *text, bool *flags, const char **word)
{
	struct rd_signs signs = { .flags = flags };
	enum rd_flag flag;

	memset(flags, 0, RD_N_FLAGS * sizeof *flags);
	if (text == NULL)
		return signs;
	*word = text + 1;
	if (text[0] == 'f') {
		assert_true(rd_flag_parse(text + 1, &flag));
		flags[flag] = true;
	} else if (text[0] == 'm') {
		signs.marks = word;
		signs.n_marks = 1;
	} else {
		signs.topics = word;
		signs.n_topics = 1;
	}
	return signs;
}

static void what_is_known_raises_the_profiles_routes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof raising / sizeof raising[0]; i++) {
		RD_CLEANUP(rd_policy_cleanup)
		struct rd_policy *policy = policy_of(raising[i].landlord);
		bool flags[RD_N_FLAGS], had[RD_N_FLAGS];
		const char *word = NULL, *old = NULL;
		const struct rd_signs now = sign(raising[i].sign, flags, &word);
		const struct rd_signs before = sign(raising[i].before, had, &old);
		struct rd_raised raised[RD_ROUTES_MAX];
		char found[200] = "";
		const size_t n = rd_routes_raised(&policy->landlord, &before, &now, raised);

		for (size_t k = 0; k < n; k++)
			snprintf(found + strlen(found), sizeof found - strlen(found), "%s%s%s",
				k > 0 ? " " : "", raised[k].name, raised[k].at_once ? "!" : "");
		if (strcmp(found, raising[i].raised) != 0)
			fail_msg("%s, %s: `%s`, not `%s`", raising[i].landlord, raising[i].sign,
				found, raising[i].raised);
	}
}

static void every_route_has_its_words(void **state)
{
	(void)state;
	for (size_t i = 0; rd_route_names[i] != NULL; i++) {
		assert_true(strlen(rd_route_words(rd_route_names[i])) > 3);
		assert_true(strlen(rd_route_task(rd_route_names[i])) > 10);
	}
	for (int clock = 0; clock < RD_N_CLOCKS; clock++)
		assert_non_null(rd_clock_words((enum rd_clock_id)clock));
}

static void a_role_with_a_route_of_its_own_is_found_by_its_names(void **state)
{
	RD_CLEANUP(rd_policy_cleanup) struct rd_policy *policy = policy_of("homes-in-sedgemoor");
	static const char *const focus[] = { "x", "customer focus manager" };
	static const char *const chief[] = { "The Chief Executive" };
	static const char *const lead[] = { "Service Lead" };

	(void)state;
	assert_string_equal(
		rd_route_about(&policy->landlord, focus, 2)->name, "complaints-manager-conduct");
	assert_string_equal(
		rd_route_about(&policy->landlord, chief, 1)->name, "senior-staff-conduct");
	assert_null(rd_route_about(&policy->landlord, lead, 1));
}

static void phrases_mean_roles(void **state)
{
	(void)state;
	assert_true(rd_role_is_called("the Customer Focus Manager", "customer focus manager"));
	assert_true(rd_role_is_called(
		"the Corporate Complaints Team, never the person complained about",
		"Corporate Complaints Team"));
	assert_true(rd_role_is_called("a senior manager", "the senior manager "));
	assert_false(rd_role_is_called("the Customer Focus Manager", "Customer Focus"));
	assert_false(rd_role_is_called("the Customer Focus", "Customer Focus Manager"));
	assert_false(rd_role_is_called("theatre manager", "atre manager"));
}

static void people_are_found_in_words(void **state)
{
	static const char words[] = "Mr Jones and the Service Lead were rude. Joneses too.";

	(void)state;
	assert_true(rd_words_name(words, strlen(words), "Pat Jones", true));
	assert_false(rd_words_name(words, strlen(words), "Pat Jones", false));
	assert_true(rd_words_name(words, strlen(words), "the service lead", false));
	assert_false(rd_words_name("Joneses", 7, "Pat Jones", true));
	assert_false(rd_words_name("I am an ox", 10, "Pat Ox", true)); /* too short to be sure */
	assert_false(rd_words_name("", 0, "Pat Jones", true));
	assert_false(rd_words_name("Jon", 3, "Jones", false));
}

/* --- hours --- */

static int64_t at(const char *instant)
{
	struct rd_err err = { 0 };
	int64_t ms = 0;

	assert_int_equal(rd_instant_parse(instant, &ms, &err), RD_OK);
	return ms;
}

static void a_role_is_told_within_its_hours(void **state)
{
	RD_CLEANUP(rd_policy_cleanup) struct rd_policy *policy = policy_of("code-2024");
	const struct rd_hours nine_to_five = { 540, 1020, false }, every = { 540, 1020, true };
	const struct rd_hours always = { 0, 0, false };
	const struct {
		const struct rd_hours *hours;
		const char *now, *next;
	} rows[] = {
		{ &nine_to_five, "2026-11-17T09:00:00Z", "2026-11-17T09:00:00Z" },
		{ &nine_to_five, "2026-11-17T08:59:00Z", "2026-11-17T09:00:00Z" },
		{ &nine_to_five, "2026-11-17T17:00:00Z", "2026-11-18T09:00:00Z" },
		{ &nine_to_five, "2026-11-20T18:00:00Z", "2026-11-23T09:00:00Z" }, /* Friday */
		{ &nine_to_five, "2026-12-24T18:00:00Z", "2026-12-29T09:00:00Z" },
		{ &every, "2026-11-20T18:00:00Z", "2026-11-21T09:00:00Z" },
		{ &nine_to_five, "2026-07-01T16:30:00Z", "2026-07-02T08:00:00Z" }, /* summer */
		{ &always, "2026-11-21T03:00:00Z", "2026-11-21T03:00:00Z" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rd_hours_next(rows[i].hours, policy->calendar, at(rows[i].now)) !=
			at(rows[i].next))
			fail_msg("from %s it is not %s", rows[i].now, rows[i].next);
	/* Past the calendar, and without one, every day counts. */
	assert_int_equal(rd_hours_next(&nine_to_five, policy->calendar, at("2090-01-01T18:00:00Z")),
		at("2090-01-02T09:00:00Z"));
	assert_int_equal(rd_hours_next(&nine_to_five, NULL, at("2026-11-20T18:00:00Z")),
		at("2026-11-21T09:00:00Z"));
}

/* --- warnings --- */

static void steps_go_down_as_time_goes_on(void **state)
{
	RD_CLEANUP(rd_policy_cleanup) struct rd_policy *policy = policy_of("code-2024");
	static const int before[] = { 5, 2, 1 };
	const struct rd_date due = { 2026, 12, 29 }; /* behind Christmas */
	const struct {
		const char *now;
		int step;
	} rows[] = {
		{ "2026-12-17T12:00:00Z", RD_WARNING_NONE },
		{ "2026-12-21T00:30:00Z", 5 },
		{ "2026-12-23T12:00:00Z", 2 },
		{ "2026-12-24T12:00:00Z", 1 },
		{ "2026-12-28T12:00:00Z", 1 },
		{ "2026-12-29T00:00:00Z", RD_WARNING_TODAY },
		{ "2026-12-29T23:59:00Z", RD_WARNING_TODAY },
		{ "2026-12-30T00:00:00Z", RD_WARNING_PAST },
	};
	const int64_t end = at("2026-11-21T20:00:00Z");

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const int step =
			rd_warning_step(policy->calendar, before, 3, due, 0, at(rows[i].now));

		if (step != rows[i].step)
			fail_msg("at %s: %d, not %d", rows[i].now, step, rows[i].step);
	}
	assert_int_equal(
		rd_warning_step(NULL, before, 3, due, end, end - 7 * 3600000), RD_WARNING_NONE);
	assert_int_equal(rd_warning_step(NULL, before, 3, due, end, end - 6 * 3600000), 1);
	assert_int_equal(rd_warning_step(NULL, before, 3, due, end, end + 1), RD_WARNING_PAST);
	assert_int_equal(
		rd_warning_step(policy->calendar, before, 0, due, 0, at("2026-12-24T12:00:00Z")),
		RD_WARNING_NONE);
}

/* --- the clocks beside the stages --- */

static const struct {
	const char *landlord;
	enum rd_kind kind;
	bool decided;
	const char *sign, *clocks;
} duties[] = {
	{ "feedback-first", RD_COMPLAINT, true, NULL, "feedback.respond" },
	{ "feedback-first", RD_COMPLAINT, false, NULL, "" },
	{ "feedback-first", RD_ENQUIRY, true, NULL, "" },
	{ "code-2024", RD_COMPLAINT, true, NULL, "" },
	{ "homes-in-sedgemoor", RD_COMPLAINT, true, "thow staff behaved", "conduct.respond" },
	{ "homes-in-sedgemoor", RD_ENQUIRY, true, "thow staff behaved", "" },
	{ "code-2024", RD_SERVICE_REQUEST, true, "fdamp_mould", "hazard.investigate" },
	{ "code-2024", RD_OTHER, false, "fdamp_mould", "hazard.investigate" },
	{ "code-2024", RD_COMPLIMENT, true, "fdamp_mould", "" },
	{ "code-2024", RD_SERVICE_REQUEST, true, "fhealth_safety", "hazard.emergency" },
	{ "code-2024", RD_COMPLAINT, true, "fheat_loss", "hazard.emergency" }, /* phase 2 is off */
	{ "code-2024", RD_COMPLAINT, true, "fvulnerable", "" },
};

static void clocks_start_by_what_the_profile_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof duties / sizeof duties[0]; i++) {
		RD_CLEANUP(rd_policy_cleanup)
		struct rd_policy *policy = policy_of(duties[i].landlord);
		struct rd_duty out[RD_DUTIES_MAX];
		bool flags[RD_N_FLAGS];
		const char *word = NULL;
		const struct rd_signs signs = sign(duties[i].sign, flags, &word);
		char found[200] = "";
		const size_t n = rd_duties_of(&policy->landlord, policy->calendar, duties[i].kind,
			duties[i].decided, &signs, at("2026-11-17T12:00:00Z"), out);

		for (size_t k = 0; k < n; k++)
			snprintf(found + strlen(found), sizeof found - strlen(found), "%s%s",
				k > 0 ? " " : "", rd_clock_names[out[k].clock]);
		if (strcmp(found, duties[i].clocks) != 0)
			fail_msg("row %zu: `%s`, not `%s`", i, found, duties[i].clocks);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_known_raises_the_profiles_routes),
		cmocka_unit_test(every_route_has_its_words),
		cmocka_unit_test(a_role_with_a_route_of_its_own_is_found_by_its_names),
		cmocka_unit_test(phrases_mean_roles),
		cmocka_unit_test(people_are_found_in_words),
		cmocka_unit_test(a_role_is_told_within_its_hours),
		cmocka_unit_test(steps_go_down_as_time_goes_on),
		cmocka_unit_test(clocks_start_by_what_the_profile_says),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

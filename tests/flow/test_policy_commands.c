/* redressctl timeline and landlord, as people's scripts see them: output, JSON and exit status. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include <jansson.h>

#include "support/redressctl.h"

#define OUTPUT_MAX (1u << 20)
#define WORDS_MAX  40

struct outcome {
	char out[OUTPUT_MAX]; /* both streams */
	int status;
};

/* words: the arguments, parted by blanks. */
static void run(const char *words, struct outcome *outcome)
{
	const char *all[WORDS_MAX] = { NULL };
	char copy[1024];
	char *save = NULL;
	size_t n = 0;

	snprintf(copy, sizeof copy, "%s", words);
	for (char *word = strtok_r(copy, " ", &save); word != NULL && n < WORDS_MAX - 1;
		word = strtok_r(NULL, " ", &save))
		all[n++] = word;
	outcome->status = redressctl_run(all, outcome->out, sizeof outcome->out);
}

static int setup(void **state)
{
	static struct outcome outcome;

	*state = &outcome;
	return 0;
}

static void commands_answer_with_their_status_and_words(void **state)
{
	static const struct {
		const char *why, *words;
		int status;
		const char *says;
	} rows[] = {
		{ "a timeline for people", "timeline --landlord code-2024 --received 2026-11-20", 0,
			"Friday 20 November 2026 to Friday 27 November 2026" },
		{ "with its clause", "timeline --landlord code-2024 --received 2026-11-20", 0,
			"Code 6.2" },
		{ "an unknown landlord", "timeline --landlord code-2023 --received 2026-11-20", 2,
			"Did you mean `code-2024`?" },
		{ "no landlord", "timeline --received 2026-11-20", 2, "usage:" },
		{ "no day of receipt", "timeline --landlord code-2024", 2, "usage:" },
		{ "a day that is none", "timeline --landlord code-2024 --received 2026-02-30", 2,
			"--received" },
		{ "an event before receipt",
			"timeline --landlord code-2024 --received 2026-11-20 --acknowledged "
			"2026-11-19",
			2, "--acknowledged" },
		{ "stage 2 acknowledged before it was asked for",
			"timeline --landlord code-2024 --received 2026-11-20 --stage2-requested "
			"2026-12-09 --stage2-acknowledged 2026-12-08",
			2, "2026-12-08 lies before --stage2-requested" },
		{ "a hazard investigated before it was known",
			"timeline --landlord code-2024 --received 2026-11-20 --hazard-known "
			"2026-11-20T22:30:00Z --investigated 2026-11-19",
			2, "--investigated: 2026-11-19 lies before --hazard-known" },
		{ "a hazard known before anybody complained",
			"timeline --landlord code-2024 --received 2026-11-20 --hazard-known "
			"2026-11-02 --investigated 2026-11-04",
			0,
			"hazard.summary       Wednesday 4 November 2026 to Monday 9 November "
			"2026" },
		{ "an unknown flag",
			"timeline --landlord code-2024 --received 2026-11-20 --flag damp_mold", 2,
			"did you mean `damp_mould`?" },
		{ "an unknown event",
			"timeline --landlord code-2024 --received 2026-11-20 --forgiven 2026-11-21",
			2, "usage:" },
		{ "past the calendar: said, and null",
			"timeline --landlord code-2024 --received "
			"2028-12-27",
			1, "calendar" },
		{ "the landlords", "landlord list", 0, "homes-in-sedgemoor" },
		{ "a landlord with every clause", "landlord show homes-in-sedgemoor", 0,
			"conduct.respond       10 working days from received (the landlord's "
			"own)" },
		{ "what it was made from", "landlord show one-housing", 0,
			"Made from the Complaints Policy as published (seed 002" },
		{ "how a contradiction was resolved", "landlord show homes-in-sedgemoor", 0,
			"Choice: Line 171 says 5 working days, line 356 says 2" },
		{ "who may extend", "landlord show later-living", 0,
			"Extended by: the Complaints Officer, agreed with the resident" },
		{ "what is what", "landlord show later-living", 0,
			"missed-visit          Kind: service_request" },
		{ "why it may be refused", "landlord show one-housing", 0,
			"Unless: it concerns safeguarding or health and safety" },
		{ "where a danger goes", "landlord show plexus-omega", 0,
			"health_safety         To: a senior manager\n                      When: "
			"at once" },
		{ "what the policy prints", "landlord show one-housing", 0,
			"Post: PO Box 152, Liverpool L337WQ" },
		{ "a phase that is off", "landlord show code-2024", 0,
			"2                     Switch: off" },
		{ "the same for machines", "landlord show one-housing --json", 0,
			"\"switched_off\":false" },
		{ "an option that it has not", "landlord show code-2024 --flag heat_loss", 2,
			"usage:" },
		{ "options behind words", "landlord show code-2024 --json", 0, "\"clocks\":[" },
		{ "an unknown landlord to show", "landlord show nobody", 2, "no landlord" },
		{ "none named", "landlord show", 2, "usage:" },
		{ "a rule folder that is none", "landlord list --rules /nonexistent", 2,
			"/nonexistent" },
	};
	struct outcome *outcome = *state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		run(rows[i].words, outcome);
		if (outcome->status != rows[i].status || strstr(outcome->out, rows[i].says) == NULL)
			fail_msg("%s: status %d: %s", rows[i].why, outcome->status, outcome->out);
	}
}

static void a_timeline_in_json_keeps_its_five_fields(void **state)
{
	static const char *const fields[] = { "clock", "starts", "due", "supposed", "source" };
	struct outcome *outcome = *state;
	json_error_t fault;

	run("timeline --landlord code-2024 --received 2026-11-20 --acknowledged 2026-11-23 "
	    "--hazard-known 2026-11-20T22:30:00Z --json",
		outcome);
	assert_int_equal(outcome->status, 0);
	json_t *list = json_loads(outcome->out, JSON_REJECT_DUPLICATES, &fault);
	assert_non_null(list);
	assert_int_equal(json_array_size(list), 12);
	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *line = json_array_get(list, i);
		assert_int_equal(json_object_size(line), 5);
		for (size_t j = 0; j < 5; j++)
			assert_non_null(json_object_get(line, fields[j]));
		const char *clock = json_string_value(json_object_get(line, "clock"));
		const char *due = json_string_value(json_object_get(line, "due"));
		if (strcmp(clock, "stage1.respond") == 0)
			assert_string_equal(due, "2026-12-07");
		if (strcmp(clock, "hazard.emergency") == 0)
			assert_string_equal(due, "2026-11-21T22:30:00+00:00");
		if (strcmp(clock, "stage2.respond") == 0)
			assert_true(json_is_null(json_object_get(line, "due")));
	}
	json_decref(list);
}

/* Does a timeline in JSON have the clock? */
static bool has_clock(const struct outcome *outcome, const char *clock)
{
	char wanted[64];

	snprintf(wanted, sizeof wanted, "{\"clock\":\"%s\",", clock);
	return strstr(outcome->out, wanted) != NULL;
}

/* Damp is in phase 1 of Awaab's Law; cold is in phase 2, which is shipped switched off, but an
 * emergency is one from phase 1 on. Without a flag every hazard clock is there. */
static void hazard_clocks_run_for_the_flags_of_their_phase(void **state)
{
	static const struct {
		const char *words;
		bool emergency, investigate;
	} rows[] = {
		{ "timeline --received 2026-11-20 --json --landlord", true, true },
		{ "timeline --received 2026-11-20 --json --flag damp_mould --landlord", true,
			true },
		{ "timeline --received 2026-11-20 --json --flag heat_loss --landlord", true,
			false },
	};
	static const char *const landlords[] = { "code-2024", "plexus-omega", "feedback-first",
		"one-housing", "later-living", "homes-in-sedgemoor" };
	struct outcome *outcome = *state;
	char words[256];

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		for (size_t j = 0; j < sizeof landlords / sizeof landlords[0]; j++) {
			snprintf(words, sizeof words, "%s %s", rows[i].words, landlords[j]);
			run(words, outcome);
			if (outcome->status != 0 ||
				has_clock(outcome, "hazard.emergency") != rows[i].emergency ||
				has_clock(outcome, "hazard.investigate") != rows[i].investigate ||
				has_clock(outcome, "hazard.make_safe") != rows[i].investigate ||
				!has_clock(outcome, "stage1.respond"))
				fail_msg("%s: status %d: %s", words, outcome->status, outcome->out);
		}
}

/* A visit that nobody came to, told without a word of reproach: each policy's own answer, and what
 * the profile says of it. */
static void a_missed_visit_is_what_the_policy_says(void **state)
{
	static const struct {
		const char *landlord, *answer, *profile;
	} rows[] = {
		{ "later-living", "\"kind\":\"service_request\",\"review\":false",
			"\"missed-visit\",\"kind\":\"service_request\"" },
		{ "homes-in-sedgemoor", "\"kind\":\"complaint\",\"review\":false",
			"\"missed-visit\",\"kind\":\"complaint\"" },
	};
	struct outcome *outcome = *state;
	char words[128], path[] = "/tmp/redress-visit-XXXXXX";
	const char *line = "{\"id\":\"1\",\"channel\":\"email\",\"subject\":\"\",\"body\":"
			   "\"The electrician was booked for 8-12 today but hasn't been.\"}\n";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, line, strlen(line)), strlen(line));
	close(fd);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		snprintf(words, sizeof words, "classify --landlord %s --jsonl %s", rows[i].landlord,
			path);
		run(words, outcome);
		if (strstr(outcome->out, rows[i].answer) == NULL) {
			(void)unlink(path);
			fail_msg("%s: %s", rows[i].landlord, outcome->out);
		}
		snprintf(words, sizeof words, "landlord show %s --json", rows[i].landlord);
		run(words, outcome);
		if (strstr(outcome->out, rows[i].profile) == NULL) {
			(void)unlink(path);
			fail_msg("%s: the profile says otherwise", rows[i].landlord);
		}
	}
	(void)unlink(path);
}

/* Unknown is null, never left out: each stanza of a kind has the same keys, in every profile. */
static void a_profile_in_json_leaves_nothing_out(void **state)
{
	static const struct {
		const char *list, *keys;
	} kinds[] = {
		{ "clocks", "clock due from source note choices extended_by approved_by "
			    "switched_off" },
		{ "stages", "stage called answered_by reviewer begins before_answering source "
			    "choices" },
		{ "categories", "category kind handled source choices" },
		{ "exclusions", "exclusion says unless decided_by source choices" },
		{ "routes", "route to when does mark topic about source choices" },
		{ "letters_must_say", "letter must_say source choices" },
		{ "reports", "report to by holds source choices" },
		{ "hazard_phases", "hazard_phase switch covers flag source choices" },
		{ "ombudsman_as_printed", "ombudsman_as_printed phone post web email fax others "
					  "source choices" },
	};
	static const char *const landlords[] = { "plexus-omega", "feedback-first", "one-housing",
		"later-living", "homes-in-sedgemoor" };
	struct outcome *outcome = *state;
	char words[64], keys[256];

	for (size_t i = 0; i < sizeof landlords / sizeof landlords[0]; i++) {
		snprintf(words, sizeof words, "landlord show %s --json", landlords[i]);
		run(words, outcome);
		json_t *profile = json_loads(outcome->out, 0, NULL);
		assert_non_null(profile);
		for (size_t j = 0; j < sizeof kinds / sizeof kinds[0]; j++) {
			const json_t *list = json_object_get(profile, kinds[j].list);
			size_t n = json_array_size(list);
			/* The policy of December 2020 refuses nothing. */
			if (n == 0 && (i != 1 || strcmp(kinds[j].list, "exclusions") != 0))
				fail_msg("%s: no %s", landlords[i], kinds[j].list);
			for (size_t k = 0; k < n; k++) {
				const char *key;
				json_t *value;
				size_t used = 0;
				json_object_foreach(json_array_get(list, k), key, value) used +=
					(size_t)snprintf(keys + used, sizeof keys - used, "%s%s",
						used > 0 ? " " : "", key);
				if (strcmp(keys, kinds[j].keys) != 0)
					fail_msg("%s, %s: %s", landlords[i], kinds[j].list, keys);
			}
		}
		json_decref(profile);
	}
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* What holds a landlord back holds the rules back: lint says so at its place. */
static void a_faulty_landlord_is_found_by_lint(void **state)
{
	struct outcome *outcome = *state;
	char dir[] = "/tmp/redress-policy-XXXXXX";
	char landlords[64], file[96], words[96];

	assert_non_null(mkdtemp(dir));
	snprintf(landlords, sizeof landlords, "%s/landlords", dir);
	snprintf(file, sizeof file, "%s/mine.landlord", landlords);
	snprintf(words, sizeof words, "rules lint %s", dir);
	assert_int_equal(mkdir(landlords, 0700), 0);
	write_file(file, "Landlord: mine\nFull nmae: Mine\n");
	run(words, outcome);
	(void)unlink(file);
	(void)rmdir(landlords);
	(void)rmdir(dir);
	if (outcome->status != 1 || strstr(outcome->out, "landlords/mine.landlord:2:1: ") == NULL)
		fail_msg("status %d: %s", outcome->status, outcome->out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(commands_answer_with_their_status_and_words, setup),
		cmocka_unit_test_setup(a_timeline_in_json_keeps_its_five_fields, setup),
		cmocka_unit_test_setup(hazard_clocks_run_for_the_flags_of_their_phase, setup),
		cmocka_unit_test_setup(a_missed_visit_is_what_the_policy_says, setup),
		cmocka_unit_test_setup(a_profile_in_json_leaves_nothing_out, setup),
		cmocka_unit_test_setup(a_faulty_landlord_is_found_by_lint, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* redressctl rules tune and stats on a file of labelled messages, asked of the built tool itself.
 */
#include <fcntl.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/folder.h"

#define ANSWER_MAX (1u << 18)
#define WORDS_MAX  20

struct tool {
	char dir[FOLDER_MAX];
	char *out, *errors; /* what it printed */
	int status;
};

/* `cross` is worth 1 and people treat it as 4; `waits` is worth what it says. */
static const char core[] =
	"# ours\n"
	"Ruleset: t\nRequest below: 2\nComplaint from: 4\n\n"
	"Rule: waits\nMeans: Waits\nPoints: 2.5\nPhrase: still waiting\n"
	"Must match: I am still waiting\nMust not match: I am waiting\n\n"
	"Rule: cross\nMeans: Is cross\nPoints: 1.0\nPhrase: fed up\n"
	"Must match: I am fed up\nMust not match: I fed the cat\n\n"
	"Rule: kind\nMeans: Is kind\nPoints: -1.5\nPhrase: thank you\n"
	"Must match: thank you\nMust not match: thankless\n\n"
	"Rule: says\nMeans: Says so\nDecides: complaint\nPhrase: formal complaint\n"
	"Must match: a formal complaint\nMust not match: formal\n\n"
	"Rule: seldom\nMeans: Seldom\nPoints: 2\nPhrase: xylophone\n"
	"Must match: a xylophone\nMust not match: a phone\n";

static void path_of(const struct tool *t, const char *name, char out[static 256])
{
	snprintf(out, 256, "%s/%s", t->dir, name);
}

static void put(const struct tool *t, const char *name, const char *text)
{
	char path[256];

	path_of(t, name, path);
	FILE *f = fopen(path, "we");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static char *get(const struct tool *t, const char *name)
{
	char path[256], *text = calloc(1, ANSWER_MAX);

	path_of(t, name, path);
	FILE *f = fopen(path, "re");
	assert_true(f != NULL && text != NULL);
	assert_true(fread(text, 1, ANSWER_MAX - 1, f) < ANSWER_MAX - 1);
	fclose(f);
	return text;
}

/* n messages: every second is cross, every third waits, every fifth is kind; people call it a
 * complaint where it is cross, or waits and is not kind, but one in ten. */
static void put_messages(const struct tool *t, int n)
{
	char path[256];

	path_of(t, "labels", path);
	FILE *f = fopen(path, "we");
	assert_non_null(f);
	for (int i = 0; i < n; i++) {
		const bool cross = i % 2 == 0, waits = i % 3 == 0, kind = i % 5 == 0;
		bool complaint = cross || (waits && !kind);

		if (i % 10 == 7 || i % 10 == 4)
			complaint = !complaint;
		fprintf(f,
			"{\"id\":\"%d\",\"channel\":\"sms\",\"body\":\"Hello. %s%s%s%s\","
			"\"label\":\"%s\"}\n",
			i, cross ? "I am fed up. " : "", waits ? "I am still waiting. " : "",
			kind ? "Thank you. " : "", i % 50 == 1 ? "A formal complaint. " : "",
			complaint ? "complaint" : "service_request");
	}
	fclose(f);
}

static int begin(void **state)
{
	struct tool *t = calloc(1, sizeof *t);
	char path[256];

	assert_non_null(t);
	folder_make(t->dir, "learning");
	path_of(t, "rules", path);
	assert_int_equal(mkdir(path, 0700), 0);
	path_of(t, "rules/landlords", path);
	assert_int_equal(mkdir(path, 0700), 0);
	put(t, "rules/core.rules", core);
	put(t, "rules/landlords/acme.landlord", "");
	put(t, "rules/landlords/zeta.landlord", "");
	put(t, "rules/landlords/acme.rules",
		"Ruleset: acme\nReason: ours\nRequest below: 1\nComplaint from: 3\n\n"
		"Override: cross\nReason: ours\nPoints: 1.5\n");
	*state = t;
	return 0;
}

static int end(void **state)
{
	struct tool *t = *state;

	folder_remove(t->dir);
	free(t->out);
	free(t->errors);
	free(t);
	return 0;
}

/* words: the arguments, parted by blanks. */
static void run(struct tool *t, const char *words)
{
	static char name[] = RD_BINARY_DIR "/redressctl";
	char copy[512], *argv[WORDS_MAX] = { name }, *save = NULL, output[256], errors[256];
	size_t n = 1;

	snprintf(copy, sizeof copy, "%s", words);
	for (char *word = strtok_r(copy, " ", &save); word != NULL && n < WORDS_MAX - 1;
		word = strtok_r(NULL, " ", &save))
		argv[n++] = word;
	path_of(t, "output", output);
	path_of(t, "errors", errors);
	fflush(stdout);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		int out = open(output, O_CREAT | O_TRUNC | O_WRONLY, 0600);
		int err = open(errors, O_CREAT | O_TRUNC | O_WRONLY, 0600);
		if (chdir(t->dir) == 0 && dup2(out, 1) == 1 && dup2(err, 2) == 2)
			execv(name, argv);
		_exit(127);
	}
	assert_int_equal(waitpid(child, &t->status, 0), child);
	assert_true(WIFEXITED(t->status));
	t->status = WEXITSTATUS(t->status);
	free(t->out);
	free(t->errors);
	t->out = get(t, "output");
	t->errors = get(t, "errors");
}

static void ends_with(struct tool *t, const char *words, int status)
{
	run(t, words);
	if (t->status != status)
		fail_msg("`%s` ended with %d: %s", words, t->status, t->errors);
}

static json_t *answer(struct tool *t, const char *words)
{
	json_error_t why;

	ends_with(t, words, 0);
	json_t *json = json_loads(t->out, 0, &why);
	if (json == NULL)
		fail_msg("`%s`: %s", words, why.text);
	return json;
}

static const json_t *rule_in(const json_t *answer, const char *id)
{
	const json_t *rules = json_object_get(answer, "rules");

	for (size_t i = 0; i < json_array_size(rules); i++) {
		const json_t *rule = json_array_get(rules, i);
		if (strcmp(json_string_value(json_object_get(rule, "rule")), id) == 0)
			return rule;
	}
	fail_msg("no rule %s in the answer", id);
	return NULL;
}

static double number_in(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	if (!json_is_number(value))
		fail_msg("`%s` is no number", name);
	return json_number_value(value);
}

static const char *text_in(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	if (text == NULL)
		fail_msg("`%s` is no text", name);
	return text;
}

static void says(const struct tool *t, const char *words)
{
	if (strstr(t->out, words) == NULL)
		fail_msg("it does not say \"%s\": %s", words, t->out);
}

/* --- tune --- */

static void a_weight_that_people_give_is_proposed_and_nothing_is_changed(void **state)
{
	struct tool *t = *state;

	put_messages(t, 400);
	json_t *json = answer(t, "rules tune --labels labels --json rules");
	assert_string_equal(text_in(json, "outcome"), "proposed");
	assert_int_equal(number_in(json, "messages"), 400);
	assert_int_equal(number_in(json, "settled"), 8);
	assert_true(number_in(rule_in(json, "cross"), "new_points") >= 2);
	assert_string_equal(text_in(rule_in(json, "cross"), "how"), "fitted");
	assert_string_equal(text_in(rule_in(json, "seldom"), "how"), "few_hits");
	assert_true(number_in(json_object_get(json, "after"), "cost") <
		    number_in(json_object_get(json, "now"), "cost"));
	const json_t *recall = json_object_get(json_object_get(json, "after"), "recall");
	assert_true(number_in(recall, "low") < number_in(recall, "share"));
	assert_true(number_in(recall, "share") < number_in(recall, "high"));
	/* The patch is of this folder, names the line, and stands nowhere else. */
	char wanted[80];
	snprintf(wanted, sizeof wanted, "-Points: 1.0\n+Points: %.1f\n",
		number_in(rule_in(json, "cross"), "new_points"));
	assert_non_null(strstr(text_in(json, "patch"), "--- a/core.rules\n+++ b/core.rules\n@@ "));
	assert_non_null(strstr(text_in(json, "patch"), wanted));
	json_decref(json);
	char *now = get(t, "rules/core.rules");
	assert_string_equal(now, core);
	free(now);
}

/* Written to a file it is that and nothing more; on standard output it stands behind the report,
 * and `patch` passes over what stands before it. */
static void the_patch_goes_where_it_is_asked_to(void **state)
{
	struct tool *t = *state;

	put_messages(t, 400);
	ends_with(t, "rules tune --labels labels --out change.patch rules", 0);
	says(t, "The change stands in change.patch.");
	assert_null(strstr(t->out, "+++ b/"));
	char *patch = get(t, "change.patch");
	assert_int_equal(strncmp(patch, "--- a/core.rules\n", 17), 0);
	ends_with(t, "rules tune --labels labels rules", 0);
	const char *behind = strstr(t->out, "--- a/core.rules\n");
	assert_non_null(behind);
	assert_string_equal(behind, patch);
	free(patch);
	says(t, "400 messages that people spoke about");
	/* Of the rules those alone that change. */
	says(t, "\ncross  +1 ");
	assert_null(strstr(t->out, "\nseldom"));
	says(t, "1 have too few hits to be fitted");
	says(t, "(recall)");
	ends_with(t, "rules tune --labels labels --out nowhere/change.patch rules", 2);
}

static void too_few_examples_change_nothing(void **state)
{
	struct tool *t = *state;

	put_messages(t, 49);
	ends_with(t, "rules tune --labels labels --out change.patch rules", 0);
	const char *first =
		"Too few examples: no change. It takes 50 messages, 15 of them complaints "
		"and 15 not;\nthere are 49, ";
	assert_int_equal(strncmp(t->out, first, strlen(first)), 0);
	assert_null(strstr(t->out, "(recall)"));
	assert_null(strstr(t->out, "seldom"));
	char *patch = get(t, "change.patch");
	assert_string_equal(patch, "");
	free(patch);
	json_t *json = answer(t, "rules tune --labels labels --json rules");
	assert_string_equal(text_in(json, "outcome"), "too_few");
	assert_true(json_is_null(json_object_get(json, "after")));
	json_decref(json);
}

static void a_landlords_own_points_and_thresholds_are_left_alone(void **state)
{
	struct tool *t = *state;

	put_messages(t, 400);
	json_t *json = answer(t, "rules tune --labels labels --landlord acme --json rules");
	assert_true(number_in(rule_in(json, "cross"), "points") == 1.5);
	assert_string_equal(text_in(rule_in(json, "cross"), "how"), "fixed");
	assert_true(number_in(json_object_get(json, "new_thresholds"), "request_below") == 1);
	assert_null(strstr(text_in(json, "patch"), "landlords/"));
	json_decref(json);
	ends_with(t, "rules tune --labels labels --landlord acmee rules", 2);
	assert_non_null(strstr(t->errors, "Did you mean `acme`?"));
}

/* People call nothing below 4 points a complaint, so `Request below` would rise, past what zeta's
 * layer has: the set would not compile for zeta. */
static void a_proposal_leaves_room_for_other_layers_thresholds(void **state)
{
	struct tool *t = *state;
	char path[256];

	path_of(t, "labels", path);
	FILE *f = fopen(path, "we");
	assert_non_null(f);
	for (int i = 0; i < 200; i++)
		fprintf(f, "{\"id\":\"%d\",\"channel\":\"sms\",\"body\":\"%s\",\"label\":\"%s\"}\n",
			i,
			i % 3 == 0   ? "still waiting, fed up, ringing, a xylophone"
			: i % 3 == 1 ? "I am still waiting"
				     : "a leak",
			i % 3 == 0 ? "complaint" : "service_request");
	fclose(f);
	put(t, "rules/landlords/beta.landlord", "");
	json_t *json = answer(t, "rules tune --labels labels --landlord beta --json rules");
	assert_true(number_in(json_object_get(json, "new_thresholds"), "request_below") > 2.25);
	json_decref(json);
	put(t, "rules/landlords/zeta.rules", "Ruleset: zeta\nReason: ours\nComplaint from: 2.2\n");
	json = answer(t, "rules tune --labels labels --landlord beta --json rules");
	assert_true(number_in(json_object_get(json, "new_thresholds"), "request_below") <= 2.2);
	json_decref(json);
	ends_with(t, "rules tune --labels labels --landlord beta rules", 0);
	says(t, "Request below is held there by the Complaint from (2.2) of landlords/zeta.rules.");
}

static void a_bad_line_is_named_and_nothing_is_learnt(void **state)
{
	static const struct {
		const char *line, *says;
	} rows[] = {
		{ "{\"id\":\"1\",\"channel\":\"sms\",\"body\":\"x\"}\n",
			"labels:1: `label` must say which of the seven kinds" },
		{ "{\"id\":\"1\",\"channel\":\"sms\",\"body\":\"x\",\"label\":\"complaimt\"}\n",
			"labels:1: `label`" },
		{ "{\"id\":\"1\",\"channel\":\"fax\",\"body\":\"x\",\"label\":\"other\"}\n",
			"labels:1: `channel`" },
		{ "{\n", "labels:1:" },
		{ "\n\nnonsense\n", "labels:3: this line is no JSON object in { }" },
	};
	struct tool *t = *state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		put(t, "labels", rows[i].line);
		ends_with(t, "rules tune --labels labels rules", 2);
		if (strstr(t->errors, rows[i].says) == NULL)
			fail_msg("it does not say \"%s\": %s", rows[i].says, t->errors);
		assert_string_equal(t->out, "");
	}
	ends_with(t, "rules tune --labels nothing rules", 2);
	ends_with(t, "rules tune --labels rules rules", 2);
	put(t, "rules/core.rules", "Ruleset: t\n\nRule: x\nMeans: X\nPoints: many\nPhrase: x\n");
	put_messages(t, 1);
	ends_with(t, "rules tune --labels labels rules", 2);
	assert_non_null(strstr(t->errors, "rules/core.rules:5:9:"));
}

/* --- stats --- */

static void stats_tell_what_each_rule_did(void **state)
{
	struct tool *t = *state;

	put_messages(t, 60);
	json_t *json = answer(t, "rules stats --jsonl labels --json rules");
	assert_int_equal(number_in(json, "messages"), 60);
	assert_int_equal(number_in(json, "labelled"), 60);
	const json_t *waits = rule_in(json, "waits");
	assert_int_equal(number_in(waits, "hits"), 20);
	assert_int_equal(number_in(waits, "labelled"), 20);
	assert_true(number_in(waits, "share_low") < number_in(waits, "share"));
	assert_true(number_in(waits, "decided") > 0);
	assert_string_equal(text_in(waits, "with"), "cross");
	assert_int_equal(number_in(waits, "with_messages"), 10);
	assert_int_equal(number_in(rule_in(json, "says"), "hits"), 2);
	assert_true(number_in(waits, "work_bytes") > 0);
	const json_t *dead = json_object_get(json, "dead");
	assert_int_equal(json_array_size(dead), 1);
	assert_string_equal(json_string_value(json_array_get(dead, 0)), "seldom");
	assert_true(json_is_true(json_object_get(rule_in(json, "seldom"), "dead")));
	/* `kind` pulls against `cross` (six messages) and `waits` (four). */
	const json_t *opposing = json_object_get(json, "opposing");
	assert_int_equal(json_array_size(opposing), 2);
	assert_int_equal(number_in(json_array_get(opposing, 0), "messages"), 6);
	json_decref(json);

	ends_with(t, "rules stats --jsonl labels rules", 0);
	says(t, "Dead: 1 rule of 5 hit none of these messages:\n  seldom\n");
	says(t, "6: cross (+1), kind (-1.5)");
	assert_true(strstr(t->out, "\ndecided: messages that") < strstr(t->out, "\ncross "));
	for (const char *line = t->out; *line != '\0';) {
		const size_t n = strcspn(line, "\n");
		if (n > 100)
			fail_msg("a line of %zu columns: %.*s", n, (int)n, line);
		line += n + (line[n] == '\n');
	}
}

static void a_long_table_is_cut_and_none_is_made_of_nothing(void **state)
{
	struct tool *t = *state;
	char many[16384];
	size_t len = (size_t)snprintf(many, sizeof many, "%s", core), n = 0;

	for (int i = 0; i < 40; i++)
		len += (size_t)snprintf(many + len, sizeof many - len,
			"\nRule: more-%02d\nMeans: m\nPoints: 1\nPhrase: %s%02d\n"
			"Must match: %s%02d\nMust not match: x\n",
			i, i < 25 ? "fed up" : "not there", i < 25 ? 0 : i,
			i < 25 ? "fed up" : "not there", i < 25 ? 0 : i);
	for (char *at = many; (at = strstr(at, "fed up00")) != NULL;)
		memcpy(at, "fed up  ", 8);
	put(t, "rules/core.rules", many);
	put_messages(t, 20);
	ends_with(t, "rules stats --jsonl labels rules", 0);
	for (const char *at = t->out; (at = strstr(at, "\nmore-")) != NULL; at++)
		n++;
	assert_in_range(n, 20, 25);
	says(t, "more rules that decided less (--all shows them)");
	says(t, "and 6 more (--all names them)");
	ends_with(t, "rules stats --jsonl labels --all rules", 0);
	says(t, "\nmore-24 ");
	says(t, "more-39\n");
	put(t, "labels", "\n");
	ends_with(t, "rules stats --jsonl labels rules", 0);
	says(t, "0 messages, so there is nothing to say.\n");
	assert_null(strstr(t->out, "Dead"));
	ends_with(t, "rules stats --jsonl labels --landlord zeta rules", 0);
	says(t, "landlord zeta (no rules of its own)");
}

static void labels_are_not_needed_for_stats(void **state)
{
	struct tool *t = *state;

	put(t, "labels", "{\"id\":1,\"channel\":\"email\",\"subject\":\"\",\"body\":\"fed up\"}\n");
	json_t *json = answer(t, "rules stats --jsonl labels --json rules");
	assert_int_equal(number_in(json, "labelled"), 0);
	assert_true(json_is_null(json_object_get(rule_in(json, "cross"), "share")));
	json_decref(json);
	put(t, "labels",
		"{\"id\":1,\"channel\":\"sms\",\"body\":\"fed up\",\"lable\":\"complaint\"}\n\n "
		"\n");
	json = answer(t, "rules stats --jsonl labels --json rules");
	assert_int_equal(number_in(json, "messages"), 1);
	assert_int_equal(number_in(json, "labelled"), 0);
	assert_non_null(strstr(t->errors, "`lable` on 1 line was ignored; did you mean `label`?"));
	json_decref(json);
	ends_with(t, "rules stats --jsonl labels --days 3 rules", 2);
	ends_with(t, "rules stats --jsonl labels rules rules", 2);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
		T(a_weight_that_people_give_is_proposed_and_nothing_is_changed),
		T(the_patch_goes_where_it_is_asked_to),
		T(too_few_examples_change_nothing),
		T(a_landlords_own_points_and_thresholds_are_left_alone),
		T(a_proposal_leaves_room_for_other_layers_thresholds),
		T(a_bad_line_is_named_and_nothing_is_learnt),
		T(stats_tell_what_each_rule_did),
		T(a_long_table_is_cut_and_none_is_made_of_nothing),
		T(labels_are_not_needed_for_stats),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

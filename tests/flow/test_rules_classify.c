/* redressctl classify and rules: what scripts depend on, asked of the built tool itself. */
#include <fcntl.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "unit/planted_faults.h"

#define LINE_MAX_BYTES 65536
#define PLANTED_STEP   3 /* every third: the unit tests ask the linter of each */

struct tool {
	char dir[64];
	char output[200], errors[200];
	FILE *out; /* what the tool printed */
	int status;
};

static const char core[] =
	"Ruleset: t\nRequest below: 2\nComplaint from: 5\n\n"
	"Rule: waits\nMeans: Waits\nPoints: 2.5\nTopic: a delay\nPhrase: still waiting\n"
	"Unless before: not [within 2 words]\nMust match: I am still waiting\n"
	"Must not match: I am not still waiting\n\n"
	"Rule: says\nMeans: Says so\nDecides: complaint\nFlag: legal\nPhrase: complain*\n"
	"Must match: I complain\nMust not match: a compliment\n";

static void put(const struct tool *t, const char *name, const char *text)
{
	char path[200];

	snprintf(path, sizeof path, "%s/%s", t->dir, name);
	FILE *f = fopen(path, "we");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int begin(void **state)
{
	struct tool *t = calloc(1, sizeof *t);
	char path[200];

	assert_non_null(t);
	snprintf(t->dir, sizeof t->dir, "/tmp/redress-classify-XXXXXX");
	assert_non_null(mkdtemp(t->dir));
	snprintf(path, sizeof path, "%s/rules", t->dir);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof path, "%s/rules/landlords", t->dir);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(t->output, sizeof t->output, "%s/output", t->dir);
	snprintf(t->errors, sizeof t->errors, "%s/errors", t->dir);
	put(t, "rules/core.rules", core);
	put(t, "rules/landlords/acme.landlord", "");
	*state = t;
	return 0;
}

static int end(void **state)
{
	struct tool *t = *state;
	static const char *const files[] = { "rules/core.rules", "rules/landlords/acme.landlord",
		"rules/landlords/acme.rules", "input", "mail.eml", "output", "errors",
		"rules/landlords", "rules", "empty/core.rules", "empty", "" };

	if (t->out != NULL)
		fclose(t->out);
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		char path[200];
		snprintf(path, sizeof path, "%s/%s", t->dir, files[i]);
		remove(path);
	}
	free(t);
	return 0;
}

static void run(struct tool *t, const char *const *arguments)
{
	char *argv[16] = { NULL };
	static char name[] = RD_BINARY_DIR "/redressctl";

	argv[0] = name;
	for (size_t i = 0; arguments[i] != NULL && i < 14; i++)
		argv[i + 1] = strdup(arguments[i]);
	if (t->out != NULL)
		fclose(t->out);
	fflush(stdout);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		int output = open(t->output, O_CREAT | O_TRUNC | O_WRONLY, 0600);
		int errors = open(t->errors, O_CREAT | O_TRUNC | O_WRONLY, 0600);
		if (chdir(t->dir) == 0 && output >= 0 && errors >= 0 && dup2(output, 1) == 1 &&
			dup2(errors, 2) == 2)
			execv(name, argv);
		_exit(127);
	}
	int status = 0;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	t->status = WEXITSTATUS(status);
	if (t->status == 127)
		fail_msg("%s is not built", name);
	t->out = fopen(t->output, "re");
	assert_non_null(t->out);
	for (size_t i = 1; argv[i] != NULL; i++)
		free(argv[i]);
}

static json_t *next_line(struct tool *t)
{
	static char line[LINE_MAX_BYTES];

	if (fgets(line, sizeof line, t->out) == NULL)
		return NULL;
	json_t *object = json_loads(line, 0, NULL);
	if (object == NULL)
		fail_msg("not JSON: %s", line);
	return object;
}

static bool said(const struct tool *t, const char *path, const char *text)
{
	char all[LINE_MAX_BYTES] = "";
	FILE *f = fopen(path, "re");

	(void)t;
	assert_non_null(f);
	size_t n = fread(all, 1, sizeof all - 1, f);
	fclose(f);
	all[n] = '\0';
	return strstr(all, text) != NULL;
}

static void lines_are_answered_in_order_and_bad_ones_named(void **state)
{
	struct tool *t = *state;
	const char *const args[] = { "classify", "--landlord", "acme", "--jsonl", "input", NULL };
	static const char *const keys[] = { "id", "kind", "review", "score", "flags", "hits",
		"suppressed", "ruleset" };
	const char *id = NULL;

	put(t, "input",
		"{\"id\":\"one\",\"channel\":\"sms\",\"subject\":\"\",\"body\":\"\xc3\xa9 Still "
		"waiting\"}\n"
		"nonsense\n"
		"{\"id\":\"two\",\"channel\":\"fax\",\"body\":\"x\"}\n"
		"{\"id\":\"three\",\"channel\":\"email\",\"subject\":\"Complaint\",\"body\":"
		"\"not still waiting\\n\\nOn Mon, 2 Nov 2026 at 10:00, A <a@example.org> wrote:\\n"
		"> still waiting\\n\"}\n");
	run(t, args);
	assert_int_equal(t->status, 1);

	json_t *one = next_line(t);
	size_t k = 0;
	for (void *i = json_object_iter(one); i != NULL; i = json_object_iter_next(one, i))
		assert_string_equal(json_object_iter_key(i), keys[k++]);
	assert_int_equal(k, 8);
	int from = 0, to = 0, review = 0;
	const char *kind = NULL, *where = NULL, *text = NULL, *rule = NULL, *ruleset = NULL;
	double points = 0, score = 0;
	assert_int_equal(json_unpack(one, "{s:s,s:s,s:b,s:F,s:[{s:s,s:F,s:s,s:[i,i],s:s}],s:s}",
				 "id", &id, "kind", &kind, "review", &review, "score", &score,
				 "hits", "rule", &rule, "points", &points, "where", &where, "span",
				 &from, &to, "text", &text, "ruleset", &ruleset),
		0);
	assert_string_equal(id, "one");
	assert_string_equal(kind, "service_request");
	assert_true(review); /* 2.5 lies between the thresholds */
	assert_true(points == 2.5 && score == 2.5);
	assert_string_equal(where, "body");
	assert_int_equal(from, 3); /* bytes of the field as given: the accent has two */
	assert_int_equal(to, 16);
	assert_string_equal(text, "Still waiting");
	assert_memory_equal(ruleset, "sha256:", 7);
	json_decref(one);

	for (int line = 2; line <= 3; line++) {
		json_t *bad = next_line(t);
		assert_int_equal(json_integer_value(json_object_get(bad, "line")), line);
		assert_true(json_is_string(json_object_get(bad, "error")));
		json_decref(bad);
	}
	json_t *three = next_line(t);
	const char *by = NULL, *flag = NULL;
	assert_int_equal(json_unpack(three, "{s:s,s:b,s:[s],s:[{s:s}],s:[{s:s,s:s}]}", "kind",
				 &kind, "review", &review, "flags", &flag, "hits", "where", &where,
				 "suppressed", "rule", &rule, "by", &by),
		0);
	assert_string_equal(kind, "complaint");
	assert_false(review);
	assert_string_equal(flag, "legal");
	assert_string_equal(where, "subject");
	assert_string_equal(rule, "waits");
	assert_string_equal(by, "not, 1 word before");
	json_decref(three);
	assert_null(next_line(t));
}

/* The daemon's own reading: what is forwarded is scored in a second pass, in both ways of asking.
 */
static void a_forward_is_read_twice_and_its_hits_stand_where_they_are(void **state)
{
	struct tool *t = *state;
	const char *const lines[] = { "classify", "--landlord", "acme", "--jsonl", "input", NULL };
	const char *const mail[] = { "classify", "--rules", "rules", "--landlord", "acme", "--json",
		"mail.eml", NULL };
	const char *kind = NULL, *text = NULL;
	int review = 0, from = 0, to = 0;
	json_t *answer;

	put(t, "input",
		"{\"id\":\"1\",\"channel\":\"email\",\"subject\":\"FW: flat\",\"body\":"
		"\"see below\\n\\nFrom: A <a@example.org>\\nSent: 2 Nov 2026 10:00\\nTo: B\\n"
		"Subject: flat\\n\\nI complain\"}\n"
		"{\"id\":\"2\",\"channel\":\"email\",\"subject\":\"RE: flat\",\"body\":"
		"\"it is mended\\n\\nFrom: A <a@example.org>\\nSent: 2 Nov 2026 10:00\\nTo: B\\n"
		"Subject: flat\\n\\nI complain\"}\n");
	run(t, lines);
	assert_int_equal(t->status, 0);
	answer = next_line(t);
	assert_int_equal(json_unpack(answer, "{s:s,s:b,s:[{s:[i,i],s:s}]}", "kind", &kind, "review",
				 &review, "hits", "span", &from, &to, "text", &text),
		0);
	assert_string_equal(kind, "complaint");
	assert_true(review);
	assert_string_equal(text, "complain");
	assert_int_equal(from, 81);
	assert_int_equal(to, 89);
	json_decref(answer);
	answer = next_line(t);
	assert_int_equal(json_unpack(answer, "{s:s,s:b}", "kind", &kind, "review", &review), 0);
	assert_string_equal(kind, "service_request");
	assert_false(review);
	json_decref(answer);

	put(t, "mail.eml",
		"From: jo@example.org\nSubject: for you\nContent-Type: multipart/mixed; "
		"boundary=b\n\n--b\n\nsee this\n--b\nContent-Type: message/rfc822\n\n"
		"From: a@example.org\n\nI complain\n--b--\n");
	run(t, mail);
	assert_int_equal(t->status, 0);
	answer = next_line(t);
	assert_int_equal(json_unpack(answer, "{s:s,s:b}", "kind", &kind, "review", &review), 0);
	assert_string_equal(kind, "complaint");
	assert_true(review);
	json_decref(answer);
}

static void a_mail_is_explained_to_a_person(void **state)
{
	struct tool *t = *state;
	const char *const args[] = { "classify", "--rules", "rules", "--landlord", "acme",
		"--explain", "mail.eml", NULL };

	put(t, "mail.eml", "From: jo@example.org\nSubject: My flat\n\nI am still waiting.\n");
	run(t, args);
	assert_int_equal(t->status, 0);
	assert_true(said(t, t->output, "mail.eml"));
	assert_true(said(t, t->output, "A PERSON MUST LOOK"));
	assert_true(said(t, t->output, "\"still waiting\""));
	assert_true(said(t, t->output, "core.rules:5"));
	assert_true(said(t, t->output,
		"with 2.5 more points it is a complaint; with more than 0.5 fewer it "
		"is not"));
}

/* What is piped in without a header is the words themselves, and nothing in it is unreadable. */
static void words_without_a_header_are_read_as_words(void **state)
{
	struct tool *t = *state;
	const char *const args[] = { "classify", "--rules", "rules", "--landlord", "acme",
		"--explain", "mail.eml", NULL };
	static const char *const words[] = { "Still no heating: I complain about it.\n",
		"I complain\nSubject: not one\n", "\nI complain\n", "(see photo): I complain\n" };
	static const char *const mails[] = { "Subject: hm\n\nI complain\n",
		"From jo@example.org Mon Nov 23 09:00:00 2026\nSubject: hm\n\nI complain\n",
		"Subject : hm\n\nI complain\n" };

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		put(t, "mail.eml", words[i]);
		run(t, args);
		if (t->status != 0 || said(t, t->output, "A PERSON MUST LOOK") ||
			!said(t, t->output, "body ") || !said(t, t->output, "\ncomplaint 0") ||
			!said(t, t->output, "read as plain words"))
			fail_msg("words %zu: status %d", i, t->status);
	}
	for (size_t i = 0; i < sizeof mails / sizeof mails[0]; i++) {
		put(t, "mail.eml", mails[i]);
		run(t, args);
		if (t->status != 0 || said(t, t->output, "read as plain words") ||
			!said(t, t->output, "\ncomplaint 0"))
			fail_msg("mail %zu: status %d", i, t->status);
	}
	put(t, "mail.eml", " \n");
	run(t, args);
	assert_true(said(t, t->output, "a person must look because: it has no text\n"));
}

static void a_file_that_cannot_be_read_is_two_whatever_comes_after_it(void **state)
{
	struct tool *t = *state;
	const char *const folder[] = { "classify", "--landlord", "acme", "--jsonl", "rules", NULL };
	const char *const mail[] = { "classify", "--landlord", "acme", "rules", NULL };
	const char *const both[] = { "classify", "--landlord", "acme", "--jsonl", "nowhere",
		"input", NULL };

	run(t, folder);
	assert_int_equal(t->status, 2);
	assert_true(said(t, t->errors, "rules: this is a folder"));
	run(t, mail);
	assert_int_equal(t->status, 2);
	assert_true(said(t, t->errors, "rules: this is a folder"));
	put(t, "input", "{\"id\":\"a\\u0000\"}\n");
	run(t, both);
	assert_int_equal(t->status, 2);
	assert_true(said(t, t->errors, "nowhere: No such file"));
	assert_true(said(t, t->output, "a NUL character (\\\\u0000) is not allowed in text"));
}

static void usage_errors_are_two_and_say_what_to_do(void **state)
{
	struct tool *t = *state;
	static const struct {
		const char *args[6];
		const char *says;
	} rows[] = {
		{ { "classify", "--landlord", "acm", "--jsonl", "input" }, "Did you mean `acme`?" },
		{ { "classify", "--jsonl", "input" }, "--landlord NAME is missing" },
		{ { "classify", "--landlord", "acme", "nowhere.eml" },
			"nowhere.eml: No such file" },
		{ { "clasify" }, "did you mean `classify`" },
		{ { "rules", "lnt" }, "did you mean `lint`" },
		{ { "classify", "--land", "acme", "input" }, "did you mean `--landlord`?" },
		{ { "rules", "lint", "nowhere" }, "nowhere: No such file" },
	};

	put(t, "input", "");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		run(t, rows[i].args);
		if (t->status != 2 || !said(t, t->errors, rows[i].says))
			fail_msg("row %zu: status %d", i, t->status);
	}
}

static void rules_with_faults_are_one_in_lint_and_two_elsewhere(void **state)
{
	struct tool *t = *state;
	const char *const test[] = { "rules", "test", NULL };
	const char *const classify[] = { "classify", "--landlord", "acme", "--jsonl", "input",
		NULL };
	const char *const lint[] = { "rules", "lint", "--json", NULL };

	put(t, "input", "");
	run(t, test);
	assert_int_equal(t->status, 0);
	assert_true(said(t, t->output, "4 examples of 2 rules, 0 failed"));
	put(t, "rules/core.rules", "Ruleset: t\n\nRule: a\nPonits: 1\nPhrase: x\n");
	run(t, lint);
	assert_int_equal(t->status, 1);
	assert_true(said(t, t->output, "\"line\":4,\"column\":1"));
	assert_true(said(t, t->output, "did you mean `Points`"));
	run(t, classify);
	assert_int_equal(t->status, 2);
	assert_true(said(t, t->errors, "core.rules:4:1:"));
}

/* The problem of a lint's --json that stands there and says so; NULL where there is none. */
static json_t *problem_at(json_t *answer, const struct planted_fault *f)
{
	size_t i = 0;
	json_t *p = NULL;

	json_array_foreach(json_object_get(answer, "problems"), i, p)
	{
		char at[32];
		snprintf(at, sizeof at, "%d:%d",
			(int)json_integer_value(json_object_get(p, "line")),
			(int)json_integer_value(json_object_get(p, "column")));
		const char *file = json_string_value(json_object_get(p, "file"));
		const char *wanted =
			f->layer != NULL ? "rules/landlords/acme.rules" : "rules/core.rules";
		if (strcmp(at, f->where) == 0 && strcmp(file, wanted) == 0 &&
			strstr(json_string_value(json_object_get(p, "message")), f->says) != NULL)
			return p;
	}
	return NULL;
}

static int n_of(json_t *answer, const char *name)
{
	return (int)json_integer_value(json_object_get(answer, name));
}

static void a_planted_fault_is_one_and_named_as_json_too(void **state)
{
	struct tool *t = *state;
	const char *const lint[] = { "rules", "lint", "--json", NULL };

	for (size_t i = PLANTED_STEP - 1; i < N_PLANTED_FAULTS; i += PLANTED_STEP) {
		const struct planted_fault *f = &planted_faults[i];
		static char rules[16384];
		snprintf(rules, sizeof rules, PLANTED_HEAD "%s", f->rules);
		put(t, "rules/core.rules", rules);
		put(t, "rules/landlords/acme.rules", f->layer != NULL ? f->layer : "");
		run(t, lint);
		json_t *answer = next_line(t);
		json_t *p = problem_at(answer, f);
		if (p == NULL)
			fail_msg("%s: not told", f->why);
		assert_string_equal(json_string_value(json_object_get(p, "severity")),
			rd_severity_names[f->severity]);
		bool found = n_of(answer, "errors") + n_of(answer, "warnings") > 0;
		if (t->status != (found ? 1 : 0) || (f->severity != RD_SEVERITY_NOTE && !found))
			fail_msg("%s: status %d", f->why, t->status);
		json_decref(answer);
	}
}

static void an_empty_folder_and_one_without_rules_are_faulty(void **state)
{
	struct tool *t = *state;
	const char *const commands[][4] = { { "rules", "lint", "empty", NULL },
		{ "rules", "test", "empty", NULL } };
	const char *const lint_file[] = { "rules", "lint", "rules/core.rules", NULL };
	const char *const classify[] = { "classify", "--rules", "empty", "--landlord", "nobody",
		NULL };
	const char *const nobody[] = { "classify", "--landlord", "nobody", NULL };
	char path[256];

	snprintf(path, sizeof path, "%s/empty", t->dir);
	assert_int_equal(mkdir(path, 0700), 0);
	for (size_t i = 0; i < 2; i++) {
		run(t, commands[i]);
		assert_int_equal(t->status, 1);
		assert_true(said(t, t->output, "empty: no stanza `Ruleset: NAME`"));
		assert_true(said(t, t->output, "Is this the rules folder?"));
	}
	run(t, classify);
	assert_int_equal(t->status, 2);
	assert_true(said(t, t->errors, "empty: There is no landlord `nobody`, nor any other"));
	run(t, nobody);
	assert_int_equal(t->status, 2);
	assert_true(said(t, t->errors, "rules: There is no landlord `nobody`. There are: acme"));
	put(t, "empty/core.rules", "Ruleset: t\n");
	for (size_t i = 0; i < 2; i++) {
		run(t, commands[i]);
		assert_int_equal(t->status, 1);
		assert_true(said(t, t->output, "empty: no NAME.rules file holds a rule"));
	}
	run(t, lint_file);
	assert_int_equal(t->status, 2);
	assert_true(said(t, t->errors, "rules/core.rules is one file; name its folder: rules"));
}

static void advice_is_counted_and_shown_when_asked_for(void **state)
{
	struct tool *t = *state;
	const char *const lint[] = { "rules", "lint", NULL };
	const char *const notes[] = { "rules", "lint", "--notes", NULL };

	put(t, "rules/core.rules",
		"Ruleset: t\n\nRule: a\nPoints: 1\nPhrase: cold room\n"
		"Must match: cold room\nMust not match: cold floor\n");
	run(t, lint);
	assert_true(said(t, t->output, ", 1 note of advice (--notes shows them) in rules"));
	assert_false(said(t, t->output, "does not say what it"));
	run(t, notes);
	assert_true(said(t, t->output, "rules/core.rules:3:1: note: rule `a` does not say what"));
}

static void examples_are_refused_and_mutated(void **state)
{
	struct tool *t = *state;
	const char *const test[] = { "rules", "test", NULL };
	const char *const mutate[] = { "rules", "test", "--mutate", NULL };
	const char *const json[] = { "rules", "test", "--mutate", "--json", NULL };
	const char *const lint[] = { "rules", "lint", "--mutate", NULL };
	static const char *const narrow[][2] = { { "--rule", "a" }, { "--file", "core.rules" },
		{ "--file", "./rules/core.rules" } };
	const char *const nobody[] = { "rules", "test", "--mutate", "--rule", "b", NULL };
	const char *const alone[] = { "rules", "test", "--rule", "a", NULL };
	const char *text = NULL, *rule = NULL, *what = NULL;
	int line = 0, column = 0, dropped = 0;

	put(t, "rules/core.rules",
		"Ruleset: t\n\nRule: a\nMeans: m\nPoints: 1\nPhrase: cold room\n"
		"Phrase: damp wall\nMust match: cold room\nMust not match: cold floor\n");
	run(t, test);
	assert_int_equal(t->status, 0);
	run(t, mutate);
	assert_int_equal(t->status, 0);
	assert_true(said(t, t->output,
		"2 parts dropped in turn, 1 that no example would miss, by file:\n"
		"     1  rules/core.rules\n"));
	assert_false(said(t, t->output, "damp wall"));
	for (size_t i = 0; i < sizeof narrow / sizeof narrow[0]; i++) {
		const char *const words[] = { "rules", "test", "--mutate", narrow[i][0],
			narrow[i][1], NULL };
		run(t, words);
		assert_int_equal(t->status, 0);
		assert_true(said(t, t->output,
			"rules/core.rules:7:9: no example of rule `a` would miss this phrase: damp "
			"wall\n"));
	}
	run(t, nobody);
	assert_int_equal(t->status, 2);
	assert_true(said(t, t->errors, "rules: no rule `b` with a phrase or a pattern"));
	run(t, alone);
	assert_int_equal(t->status, 2);
	/* A rule that a layer changes is there twice, and told once. */
	put(t, "rules/landlords/acme.rules", "Override: a\nPoints: 2\nReason: r\n");
	run(t, json);
	json_t *once = next_line(t);
	assert_int_equal(json_array_size(json_object_get(once, "not_missed")), 1);
	json_decref(once);
	put(t, "rules/landlords/acme.rules", "");
	run(t, json);
	json_t *answer = next_line(t);
	assert_int_equal(json_unpack(answer, "{s:i,s:[{s:i,s:i,s:s,s:s,s:s}]}", "dropped", &dropped,
				 "not_missed", "line", &line, "column", &column, "rule", &rule,
				 "what", &what, "text", &text),
		0);
	assert_int_equal(dropped, 2);
	assert_int_equal(line, 7);
	assert_string_equal(text, "damp wall");
	json_decref(answer);
	put(t, "rules/core.rules",
		"Ruleset: t\n\nRule: a\nMeans: m\nPoints: 1\nPhrase: cold room\n"
		"Must match: cold room\nMust not match: a sunny day\n");
	run(t, mutate);
	assert_int_equal(t->status, 1);
	assert_true(said(
		t, t->output, "rules/core.rules:8:17: warning: refused, for this proves nothing"));
	assert_true(said(t, t->output, "2 examples of 1 rule, 0 failed, 1 refused\n"));
	run(t, lint);
	assert_int_equal(t->status, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			lines_are_answered_in_order_and_bad_ones_named, begin, end),
		cmocka_unit_test_setup_teardown(
			a_forward_is_read_twice_and_its_hits_stand_where_they_are, begin, end),
		cmocka_unit_test_setup_teardown(a_mail_is_explained_to_a_person, begin, end),
		cmocka_unit_test_setup_teardown(
			words_without_a_header_are_read_as_words, begin, end),
		cmocka_unit_test_setup_teardown(
			a_file_that_cannot_be_read_is_two_whatever_comes_after_it, begin, end),
		cmocka_unit_test_setup_teardown(
			usage_errors_are_two_and_say_what_to_do, begin, end),
		cmocka_unit_test_setup_teardown(
			rules_with_faults_are_one_in_lint_and_two_elsewhere, begin, end),
		cmocka_unit_test_setup_teardown(
			a_planted_fault_is_one_and_named_as_json_too, begin, end),
		cmocka_unit_test_setup_teardown(examples_are_refused_and_mutated, begin, end),
		cmocka_unit_test_setup_teardown(
			an_empty_folder_and_one_without_rules_are_faulty, begin, end),
		cmocka_unit_test_setup_teardown(
			advice_is_counted_and_shown_when_asked_for, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Every planted fault is found, at its line and column, and none stops the search for the next. */
#include "rules_help.h"

#include "redress/rules/lint.h"

#define GOOD                                                                                       \
	"Rule: good\nMeans: Fine\nPoints: 1\nPhrase: aa\nMust match: aa\nMust not match: bb\n\n"
#define REST "Must match: aa\nMust not match: bb\n\n"

static const struct {
	const char *why;
	const char *rules; /* behind HEAD, which has six lines */
	const char *where; /* line:column */
	const char *says;
} planted[] = {
	{ "a bad pattern, at PCRE2's own position",
		"Rule: a\nPoints: 1\nReason: r\nRegex: ab[z-a]\n" REST, "10:13", "cannot be read" },
	{ "an unknown rule in a combine", GOOD "Combine: c\nPoints: 1\nIf: good and goood\n",
		"16:14", "did you mean `good`" },
	{ "an unknown group in a combine", GOOD "Combine: c\nPoints: 1\nIf: any of group x\n",
		"16:18", "no rule is in a group `x`" },
	{ "a duplicate id", GOOD GOOD, "14:7", "there is a rule `good` already" },
	{ "points twice", "Rule: a\nPoints: 1\nPoints: 2\nPhrase: aa\n" REST, "9:1",
		"second time" },
	{ "points that are no number", "Rule: a\nPoints: lots\nPhrase: aa\n" REST, "8:9",
		"not a number" },
	{ "points in words of C", "Rule: a\nPoints: nan\nPhrase: aa\n" REST, "8:9",
		"not a number" },
	{ "points out of range", "Rule: a\nPoints: 11\nPhrase: aa\n" REST, "8:9", "out of range" },
	{ "a pattern that can run away", "Rule: a\nPoints: 1\nReason: r\nRegex: (a+)+b\n" REST,
		"10:12", "run away" },
	{ "one hidden in a branch", "Rule: a\nPoints: 1\nReason: r\nRegex: (?:a|ab?)*c\n" REST,
		"10:17", "run away" },
	{ "three stretches of anything", "Rule: a\nPoints: 1\nReason: r\nRegex: .*a.*b.*c\n" REST,
		"10:15", "run away" },
	{ "a misspelt field", "Rule: a\nPonits: 1\nPhrase: aa\n" REST, "8:1",
		"did you mean `Points`" },
	{ "a misspelt stanza", "Rull: a\nPoints: 1\nPhrase: aa\n", "7:1", "did you mean `Rule`" },
	{ "too long a meaning",
		"Rule: a\nMeans: "
		"0123456789012345678901234567890123456789012345678901234567890123456789"
		"012345678901234567890123456789012345678901234567890\nPoints: 1\nPhrase: aa\n" REST,
		"8:128", "too long" },
	{ "no example", "Rule: a\nPoints: 1\nPhrase: aa\nMust not match: bb\n", "7:1",
		"has no example" },
	{ "no counter-example", "Rule: a\nPoints: 1\nPhrase: aa\nMust match: aa\n", "7:1",
		"no counter-example" },
	{ "a contradiction", "Rule: a\nPoints: 1\nPhrase: aa\nMust match: aa\nMust not match: aa\n",
		"11:17", "contradiction" },
	{ "a circle", GOOD "Combine: c\nPoints: 1\nIf: d and good\n\nCombine: d\nIf: c or good\n",
		"16:5", "in a circle" },
	{ "nothing positive in a combine", GOOD "Combine: c\nPoints: 1\nIf: not good\n", "16:5",
		"without `not`" },
	{ "combines too deep",
		GOOD "Combine: c1\nIf: good\n\nCombine: c2\nIf: c1\n\nCombine: c3\nIf: c2\n\n"
		     "Combine: c4\nIf: c3\n\nCombine: c5\nIf: c4\nPoints: 1\n",
		"27:5", "more than 4 deep" },
	{ "more of a group than it has", GOOD "Combine: c\nPoints: 1\nIf: 2 of (good)\n", "16:5",
		"can never be" },
	{ "a Regex without a Reason", "Rule: a\nPoints: 1\nRegex: aa\n" REST, "9:1",
		"wants a `Reason:`" },
	{ "a capital in a Regex", "Rule: a\nPoints: 1\nReason: r\nRegex: aAa\n" REST, "10:9",
		"capital" },
	{ "a back reference", "Rule: a\nPoints: 1\nReason: r\nRegex: (a)\\1\n" REST, "10:11",
		"back references" },
	{ "a recursion", "Rule: a\nPoints: 1\nReason: r\nRegex: a(?R)\n" REST, "10:9",
		"only (?: )" },
	{ "\\C", "Rule: a\nPoints: 1\nReason: r\nRegex: a\\C\n" REST, "10:9", "not taken" },
	{ "an unknown flag", "Rule: a\nFlag: legal, damp_mold\nPhrase: aa\n" REST, "8:14",
		"did you mean `damp_mould`" },
	{ "an unknown kind", "Rule: a\nDecides: complain\nPhrase: aa\n" REST, "8:10",
		"`Decides:` cannot be `complain`; did you mean `complaint`? It may be: "
		"service_request, complaint" },
	{ "a kind that is like none", "Rule: a\nDecides: zz\nPhrase: aa\n" REST, "8:10",
		"`Decides:` cannot be `zz`; it may be: service_request, complaint" },
	{ "a rule that does nothing", "Rule: a\nPhrase: aa\n" REST, "7:1", "does nothing" },
	{ "a rule that can never hit", "Rule: a\nPoints: 1\n" REST, "7:1", "never hit" },
	{ "a window too wide",
		"Rule: a\nPoints: 1\nPhrase: aa\nUnless near: x [within 99 words]\n" REST, "10:16",
		"no window" },
	{ "an unknown word list", "Rule: a\nPoints: 1\nPhrase: aa <b>\n" REST, "9:12",
		"no word list" },
	{ "an empty word list", "Words: w\n\n" GOOD, "7:8", "has 0 words" },
	{ "a value missing", "Rule: a\nPoints:\nPhrase: aa\n" REST, "8:8",
		"nothing stands behind" },
	{ "an override in a shipped file", GOOD "Override: good\nPoints: 2\nReason: r\n", "14:1",
		"landlords/NAME.rules" },
	{ "a second head", GOOD "Ruleset: again\n", "14:1", "second `Ruleset:`" },
	{ "a day that is none", "Rule: a\nPoints: 1\nPhrase: aa\nReview by: 2026-02-30\n" REST,
		"10:12", "no day" },
};

/* One fault each: it is told where it stands, and what only follows from it is not told too. */
static const struct {
	const char *why;
	const char *rules; /* behind HEAD, which has six lines */
	const char *where;
	const char *says;
} alone[] = {
	{ "points that are no number", "Rule: a\nMeans: m\nPoints: abc\nPhrase: aa\n" REST, "9:9",
		"not a number" },
	{ "a misspelt example",
		"Rule: a\nMeans: m\nPoints: 1\nPhrase: aa\nMust mach: aa\nMust not match: b\n",
		"11:1", "did you mean `Must match`" },
	{ "a misspelt phrase", "Rule: a\nMeans: m\nPoints: 1\nPhrse: aa\n" REST, "10:1",
		"did you mean `Phrase`" },
	{ "a misspelt reason", "Rule: a\nMeans: m\nPoints: 1\nReson: r\nRegex: aa\n" REST, "10:1",
		"did you mean `Reason`" },
	{ "no empty line before a rule",
		"Rule: a\nMeans: m\nPoints: 1\nPhrase: aa\nMust match: aa\nMust not match: "
		"bb\n" GOOD "Combine: c\nMeans: m\nPoints: 1\nIf: a and good\n",
		"13:1", "a new `Rule:` stanza needs an empty line before it" },
	{ "none before a combine",
		"Rule: a\nMeans: m\nPoints: 1\nPhrase: aa\nMust match: aa\nMust not match: bb\n"
		"Combine: c\nMeans: m\nPoints: 1\nIf: a\n",
		"13:1", "a new `Combine:` stanza needs an empty line before it" },
	{ "none before a group",
		GOOD "Rule: a\nMeans: m\nPoints: 1\nPhrase: aa\nGroup: g\n"
		     "Must match: aa\nMust not match: bb\nGroup: g\nCap: 3\n",
		"21:1", "a new `Group:` stanza needs an empty line before it" },
	{ "a field of another stanza",
		GOOD "Words: w\nWord: aa\nCap: 3\n\nRule: a\nMeans: m\n"
		     "Points: 1\nPhrase: <w>\n" REST,
		"16:1", "`Cap:` belongs in the `Group:` stanza" },
	{ "a combine that names nothing, and so leaves a rule unused",
		"Rule: a\nMeans: m\nPhrase: aa\n" REST
		"Combine: c\nMeans: m\nPoints: 1\nIf: a and nowhere\n",
		"16:11", "no rule `nowhere`" },
	{ "a rule without a fit name, and a combine that names it",
		"Rule: A b\nMeans: m\nPoints: 1\nPhrase: aa\n" REST
		"Combine: c\nMeans: m\nPoints: 1\nIf: a-b\n",
		"7:7", "cannot be a rule's name" },
	{ "a line that cannot be read", "Rule: a\nfed up\n", "8:1", "no `:` in this line" },
};

static bool has_problem(const struct rd_problems *problems, const char *file, const char *where,
	const char *says, bool warning)
{
	for (size_t i = 0; i < problems->n_items; i++) {
		char at[32];
		const struct rd_problem *p = &problems->items[i];
		snprintf(at, sizeof at, "%d:%d", p->at.line, p->at.column);
		if (strcmp(p->at.file, file) == 0 && strcmp(at, where) == 0 &&
			(p->severity != RD_SEVERITY_ERROR) == warning && strstr(p->text, says) != NULL)
			return true;
	}
	return false;
}

static void lint(struct bench *b, const char *core, const char *layer, struct rd_problems *problems)
{
	struct rd_rulefiles files;

	files_of(b, core, layer, &files);
	rd_problems_begin(problems, b->arena);
	assert_int_equal(rd_rules_lint(&files, b->now_ms, problems, &b->err), RD_OK);
}

static void every_planted_fault_is_found(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < sizeof planted / sizeof planted[0]; i++) {
		struct rd_problems problems;
		lint(b, rd_arena_printf(b->arena, HEAD "%s", planted[i].rules), NULL, &problems);
		if (!has_problem(
			    &problems, "core.rules", planted[i].where, planted[i].says, false)) {
			const struct rd_problem *p = problems.n_items > 0 ? problems.items : NULL;
			fail_msg("%s: found %zu, first %d:%d %s", planted[i].why, problems.n_items,
				p != NULL ? p->at.line : 0, p != NULL ? p->at.column : 0,
				p != NULL ? p->text : "");
		}
	}
}

static void all_faults_of_one_file_are_found_in_one_run(void **state)
{
	struct bench *b = *state;
	struct rd_problems problems;

	lint(b,
		HEAD "Rule: bad-regex\nPoints: 1\nReason: r\nRegex: (a\n" REST /* 7, fault in 10 */
		     "Combine: bad-combine\nPoints: 1\nIf: nowhere\n\n"	       /* 14, 16 */
		     "Rule: twin\nPoints: 1\nPhrase: aa\n" REST		       /* 18 */
		     "Rule: twin\nPoints: x\nPhrase: aa\n" REST		       /* 24 */
		     "Rule: runaway\nPoints: 99\nReason: r\nRegex: (a*)*b\n" REST /* 30 */
		     "Rule: misspelt\nPoint: 1\nPhrase: aa\nMark: m\n" REST,
		"Override: nobody\nPoints: 1\nReason: r\n", &problems);
	assert_true(has_problem(&problems, "core.rules", "10:10", "without its `)`", false));
	assert_true(has_problem(&problems, "core.rules", "16:5", "no rule `nowhere`", false));
	assert_true(has_problem(&problems, "core.rules", "24:7", "already", false));
	assert_true(has_problem(&problems, "core.rules", "31:9", "out of range", false));
	assert_true(has_problem(&problems, "core.rules", "33:12", "run away", false));
	assert_true(has_problem(&problems, "core.rules", "38:1", "did you mean `Points`", false));
	assert_true(has_problem(
		&problems, "landlords/acme.rules", "1:11", "no rule `nobody` to override", false));
}

static void what_follows_from_a_fault_is_not_told(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < sizeof alone / sizeof alone[0]; i++) {
		struct rd_problems problems;
		lint(b, rd_arena_printf(b->arena, HEAD "%s", alone[i].rules), NULL, &problems);
		if (problems.n_errors != 1 || !has_problem(&problems, "core.rules", alone[i].where,
						      alone[i].says, false)) {
			const struct rd_problem *p = problems.n_items > 0 ? problems.items : NULL;
			fail_msg("%s: %zu errors, first %d:%d %s", alone[i].why, problems.n_errors,
				p != NULL ? p->at.line : 0, p != NULL ? p->at.column : 0,
				p != NULL ? p->text : "");
		}
	}
}

static void the_first_fault_by_line_is_the_one_that_is_named(void **state)
{
	struct bench *b = *state;
	struct rd_rulefiles files;

	files_of(b,
		HEAD "Rule: a\nMeans: m\nPoints: 1\nPhrase: aa\n\n" /* 7: no example */
		     "Rule: b\nMeans: m\nPoints: abc\nPhrase: aa\n",
		NULL, &files);
	assert_int_equal(rd_rules_prove(&files, b->now_ms, &b->err), RD_E_INPUT);
	assert_string_equal(b->err.msg,
		"core.rules:7:1: rule `a` has no counter-example; add a line `Must not match:` "
		"with words that come near and mean something else");
}

static void faults_of_a_layer_are_found(void **state)
{
	struct bench *b = *state;
	struct rd_problems problems;

	lint(b, HEAD GOOD,
		"Override: god\nPoints: 1\nReason: r\n\nOverride: good\nPoints: 2\n\n"
		"Disable: good\nReason: r\n\nDisable: good\nReason: r\nUntil: 2026-11-19\n\n"
		"Override: good\nReason: r\n",
		&problems);
	assert_true(has_problem(
		&problems, "landlords/acme.rules", "1:11", "did you mean `good`", false));
	assert_true(
		has_problem(&problems, "landlords/acme.rules", "5:1", "wants a `Reason:`", false));
	assert_true(has_problem(&problems, "landlords/acme.rules", "8:1", "wants `Until:", false));
	assert_true(has_problem(&problems, "landlords/acme.rules", "13:8", "ended on", true));
	assert_true(
		has_problem(&problems, "landlords/acme.rules", "15:1", "changes nothing", false));
}

static void a_good_file_has_no_fault(void **state)
{
	struct bench *b = *state;
	struct rd_problems problems;
	struct rd_rulefiles files;

	lint(b, HEAD GOOD, "Override: good\nPoints: 2\nReason: r\n", &problems);
	assert_int_equal(problems.n_errors, 0);
	assert_int_equal(problems.n_warnings, 0);
	files_of(b, HEAD GOOD, NULL, &files);
	assert_int_equal(rd_rules_prove(&files, b->now_ms, &b->err), RD_OK);
}

static void warnings_keep_nothing_from_going_live(void **state)
{
	struct bench *b = *state;
	struct rd_problems problems;
	struct rd_rulefiles files;
	const char *rules =
		HEAD GOOD "Words: spare\nWord: zz\n\nRule: stale\nMeans: Old\nPoints: 1\n"
			  "Phrase: aa\nPhrase: aa\nReview by: 2025-01-01\nOwner: Repairs\n" REST;

	lint(b, rules, NULL, &problems);
	assert_int_equal(problems.n_errors, 0);
	assert_true(has_problem(&problems, "core.rules", "14:1", "no phrase uses", true));
	assert_true(has_problem(&problems, "core.rules", "21:9", "stands in line 20", true));
	assert_true(has_problem(&problems, "core.rules", "22:12", "ask Repairs", true));
	files_of(b, rules, NULL, &files);
	assert_int_equal(rd_rules_prove(&files, b->now_ms, &b->err), RD_OK);
}

static void examples_are_tried_each_against_its_own_rule(void **state)
{
	struct bench *b = *state;
	struct rd_problems problems;
	struct rd_rules_tested tested;
	struct rd_rulefiles files;

	files_of(b,
		HEAD
		"Rule: a\nMeans: m\nPoints: 1\nPhrase: aa\nUnless before: not\n"
		"Must match: bb\nMust match: not aa\nMust not match: xx aa\nMust not match: not "
		"aa\n\n"
		"Rule: b\nMeans: m\nPoints: 1\nPhrase: bb\nMust match: bb\nMust not match: aa\n",
		NULL, &files);
	rd_problems_begin(&problems, b->arena);
	assert_int_equal(rd_rules_test(&files, b->now_ms, &problems, NULL, &tested, &b->err), RD_OK);
	assert_int_equal(tested.n_examples, 6);
	assert_int_equal(tested.n_failed, 3);
	assert_true(has_problem(
		&problems, "core.rules", "12:13", "must match this and does not", false));
	assert_true(has_problem(
		&problems, "core.rules", "13:13", "stopped by not, 1 word before", false));
	assert_true(has_problem(&problems, "core.rules", "14:17", "does, by \"aa\"", false));
	assert_int_not_equal(rd_rules_prove(&files, b->now_ms, &b->err), RD_OK);
	assert_non_null(strstr(b->err.msg, "core.rules:"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_begin, bench_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_planted_fault_is_found),
		TEST(all_faults_of_one_file_are_found_in_one_run),
		TEST(what_follows_from_a_fault_is_not_told),
		TEST(the_first_fault_by_line_is_the_one_that_is_named),
		TEST(faults_of_a_layer_are_found),
		TEST(a_good_file_has_no_fault),
		TEST(warnings_keep_nothing_from_going_live),
		TEST(examples_are_tried_each_against_its_own_rule),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

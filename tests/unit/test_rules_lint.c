/* Every planted fault is found, at its line and column, and none stops the search for the next. */
#include "rules_help.h"

#include "planted_faults.h"
#include "redress/rules/lint.h"

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
		"16:1", "`Cap:` belongs in the `Leaning:` or the `Group:` stanza" },
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
	const char *says, enum rd_severity severity)
{
	for (size_t i = 0; i < problems->n_items; i++) {
		char at[32];
		const struct rd_problem *p = &problems->items[i];
		snprintf(at, sizeof at, "%d:%d", p->at.line, p->at.column);
		if (strcmp(p->at.file, file) == 0 && strcmp(at, where) == 0 &&
			p->severity == severity && strstr(p->text, says) != NULL)
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

static void fail_with(const char *why, const struct rd_problems *problems)
{
	const struct rd_problem *p = problems->n_items > 0 ? problems->items : NULL;

	fail_msg("%s: %zu errors of %zu, first %s:%d:%d %s", why, problems->n_errors,
		problems->n_items, p != NULL ? p->at.file : "", p != NULL ? p->at.line : 0,
		p != NULL ? p->at.column : 0, p != NULL ? p->text : "");
}

static void every_planted_fault_is_found(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < N_PLANTED_FAULTS; i++) {
		const struct planted_fault *f = &planted_faults[i];
		struct rd_problems problems;
		rd_arena_reset(b->arena);
		lint(b, rd_arena_printf(b->arena, HEAD "%s", f->rules), f->layer, &problems);
		if (!has_problem(&problems,
			    f->layer != NULL ? "landlords/acme.rules" : "core.rules", f->where,
			    f->says, f->severity))
			fail_with(f->why, &problems);
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
	assert_true(has_problem(
		&problems, "core.rules", "10:10", "without its `)`", RD_SEVERITY_ERROR));
	assert_true(has_problem(
		&problems, "core.rules", "16:5", "no rule `nowhere`", RD_SEVERITY_ERROR));
	assert_true(has_problem(&problems, "core.rules", "24:7", "already", RD_SEVERITY_ERROR));
	assert_true(
		has_problem(&problems, "core.rules", "31:9", "out of range", RD_SEVERITY_ERROR));
	assert_true(has_problem(&problems, "core.rules", "33:12", "run away", RD_SEVERITY_ERROR));
	assert_true(has_problem(
		&problems, "core.rules", "38:1", "did you mean `Points`", RD_SEVERITY_ERROR));
	assert_true(has_problem(&problems, "landlords/acme.rules", "1:11",
		"no rule `nobody` to override", RD_SEVERITY_ERROR));
}

static void what_follows_from_a_fault_is_not_told(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < sizeof alone / sizeof alone[0]; i++) {
		struct rd_problems problems;
		lint(b, rd_arena_printf(b->arena, HEAD "%s", alone[i].rules), NULL, &problems);
		if (problems.n_errors != 1 || !has_problem(&problems, "core.rules", alone[i].where,
						      alone[i].says, RD_SEVERITY_ERROR))
			fail_with(alone[i].why, &problems);
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
	assert_true(has_problem(&problems, "landlords/acme.rules", "1:11", "did you mean `good`",
		RD_SEVERITY_ERROR));
	assert_true(has_problem(
		&problems, "landlords/acme.rules", "5:1", "wants a `Reason:`", RD_SEVERITY_ERROR));
	assert_true(has_problem(
		&problems, "landlords/acme.rules", "8:1", "wants `Until:", RD_SEVERITY_ERROR));
	assert_true(has_problem(
		&problems, "landlords/acme.rules", "13:8", "ended on", RD_SEVERITY_WARNING));
}

/* Phrases that look needless, or as if they never counted, and do. */
static const struct {
	const char *why;
	const char *lines;
} needed[] = {
	{ "a word within a beginning, the wider one last",
		"Phrase: complain\nPhrase: complain* to\n" },
	{ "gaps that overlap", "Phrase: aa [0-2 words] bb\nPhrase: aa [1-3 words] bb\n" },
	{ "one of many alternatives",
		"Phrase: (a1|a2|a3|a4|a5|a6|a7|a8|a9|b1|b2|b3|b4|b5|b6|b7|b8) "
		"(c1|c2|c3|c4|c5|c6|c7|c8|c9|d1|d2|d3|d4|d5|d6|d7|d8) "
		"(e1|e2|e3|e4|e5|e6|e7|e8|e9|f1|f2|f3|f4|f5|f6|f7|f8)\n"
		"Phrase: (a1|a2|a3|a4|a5|a6|a7|a8|a9|b1|b2|b3|b4|b5|b6|b7|b8) "
		"(c1|c2|c3|c4|c5|c6|c7|c8|c9|d1|d2|d3|d4|d5|d6|d7|g1) "
		"(e1|e2|e3|e4|e5|e6|e7|e8|e9|f1|f2|f3|f4|f5|f6|f7|f8)\n" },
	{ "the beginning and the end", "Phrase: [start] aa bb\nPhrase: aa [0-2 words] [end]\n" },
	{ "a sentence and a message", "Phrase: [sentence start] aa bb\nPhrase: [start] aa\n" },
	{ "a question", "Phrase: aa bb\nPhrase: aa [question]\n" },
	{ "a place that an exclusion reaches from further off",
		"Phrase: rang [0-4 words] still waiting\nPhrase: still waiting\n"
		"Unless before: not [within 3 words]\n" },
	{ "one that an exclusion behind it reaches", "Phrase: aa bb cc\nPhrase: aa bb\n"
						     "Unless after: dd [within 1 words]\n" },
	{ "places that are counted", "Phrase: aa\nPhrase: aa bb\nAt least: 2\n" },
	{ "an exclusion that stops some of it", "Phrase: (not happy|unhappy)\nUnless near: not\n" },
	{ "a date in a gap", "Phrase: since [0-3 words] then\nOlder than: 12 months\n" },
	{ "a number that is a year", "Phrase: since [number]\nOlder than: 12 months\n" },
	{ "a subject", "Phrase: [start] aa\nLook in: subject\nUnless near: bb\n" },
	{ "a subject above many words", "Phrase: aa\nLook in: subject\nWords in message: 10-\n" },
	{ "a text", "Phrase: aa [end]\nChannel: sms\n" },
	{ "many words", "Phrase: aa\nWords in message: 40-60\n" },
	{ "few words at the end", "Phrase: aa [end]\nWords in message: 20-\n" },
	{ "symbols",
		"Phrase: 100% \xf0\x9f\x91\x8d\nPhrase: \xc2\xa3[number] a week\nPhrase: 24/7\n" },
	{ "apostrophes and hyphens",
		"Phrase: I'll re-open\nPhrase: don't pay\nPhrase: e.g. that\n" },
};

static void what_is_needed_is_left_alone(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
		struct rd_problems problems;
		lint(b,
			rd_arena_printf(b->arena,
				HEAD "Rule: a\nMeans: m\nPoints: 1\n%sMust match: a\n"
				     "Must not match: b\n",
				needed[i].lines),
			NULL, &problems);
		if (problems.n_items > 0)
			fail_with(needed[i].why, &problems);
	}
}

static double total_of(struct bench *b, const char *layer)
{
	must_compile(b, HEAD GOOD, layer);
	score_text(b, "aa bb");
	return b->score.total;
}

static void an_override_counts_until_its_last_day(void **state)
{
	struct bench *b = *state; /* it is 2026-11-20 */

	assert_true(total_of(b, "Override: good\nPoints: 2\nReason: r\n") == 2);
	assert_true(total_of(b, "Override: good\nPoints: 2\nUntil: 2026-11-20\nReason: r\n") == 2);
	assert_true(total_of(b, "Override: good\nPoints: 2\nUntil: 2026-11-19\nReason: r\n") == 1);
	assert_int_equal(
		compile_layers(b, HEAD GOOD, "Override: good\nPoints: 2\nUntil: soon\nReason: r\n"),
		RD_E_INPUT);
	assert_non_null(strstr(b->err.msg, "rules:3:8: `soon` is no day"));
}

/* What lint proposes for `Of:` with these shipped rules. */
static const char *proposed(struct bench *b, const char *core)
{
	struct rd_problems problems;

	lint(b, core, "Override: good\nPoints: 2\nReason: r\n", &problems);
	assert_int_equal(problems.n_notes, 1);
	assert_non_null(strstr(problems.items[0].text, "add `Of: "));
	return rd_arena_copy(b->arena, problems.items[0].text + strlen("add `Of: "), 8);
}

static void an_override_knows_which_wording_it_is_for(void **state)
{
	struct bench *b = *state;
	struct rd_problems problems;
	const char *of = proposed(b, HEAD GOOD);
	const char *layer =
		rd_arena_printf(b->arena, "Override: good\nPoints: 2\nOf: %s\nReason: r\n", of);

	lint(b, HEAD GOOD, layer, &problems);
	assert_int_equal(problems.n_items, 0);
	/* What is there for people may change. */
	lint(b,
		HEAD "Rule: good\nMeans: Better\nOwner: Jo\nPoints: 1\nPhrase: aa bb\n"
		     "Must match: aa bb so\nMust not match: aa cc\n",
		layer, &problems);
	assert_int_equal(problems.n_items, 0);
	const char *changed = HEAD "Rule: good\nMeans: Fine\nPoints: 1\nPhrase: aa bb\n"
				   "Phrase: cc dd\nMust match: aa bb\nMust not match: aa cc\n";
	assert_string_not_equal(proposed(b, changed), of);
	lint(b, changed, layer, &problems);
	assert_int_equal(problems.n_warnings, 1);
}

static void a_good_file_has_no_fault(void **state)
{
	struct bench *b = *state;
	struct rd_problems problems;
	struct rd_rulefiles files;

	lint(b, HEAD GOOD, NULL, &problems);
	assert_int_equal(problems.n_errors, 0);
	assert_int_equal(problems.n_notes, 0);
	assert_int_equal(problems.n_warnings, 0);
	files_of(b, HEAD GOOD, NULL, &files);
	assert_int_equal(rd_rules_prove(&files, b->now_ms, &b->err), RD_OK);
}

static void files_that_nothing_reads_are_told(void **state)
{
	struct bench *b = *state;
	static const char core[] = HEAD GOOD, lost[] = "# x\nRule: lost\nPoints: 1\n";
	struct rd_rulefile items[] = { { "core.rules", core, sizeof core - 1 },
		{ "delay.rule", lost, sizeof lost - 1 }, { "more/b.rules", lost, sizeof lost - 1 },
		{ "landlords/acme.rules", "", 0 }, { "README", "The Rule: be kind\n", 18 } };
	struct rd_rulefiles files;
	struct rd_problems problems;

	assert_int_equal(rd_rulefiles_take(items, 5, &files, &b->err), RD_OK);
	rd_problems_begin(&problems, b->arena);
	assert_int_equal(rd_rules_lint(&files, b->now_ms, &problems, &b->err), RD_OK);
	assert_int_equal(problems.n_items, 3);
	assert_true(has_problem(
		&problems, "delay.rule", "0:0", "nothing reads the rules", RD_SEVERITY_WARNING));
	assert_true(has_problem(
		&problems, "more/b.rules", "0:0", "nothing reads the rules", RD_SEVERITY_WARNING));
	assert_true(has_problem(
		&problems, "landlords/acme.rules", "0:0", "no landlord has", RD_SEVERITY_NOTE));
}

static void warnings_keep_nothing_from_going_live(void **state)
{
	struct bench *b = *state;
	struct rd_problems problems;
	struct rd_rulefiles files;
	const char *rules =
		HEAD GOOD "Words: spare\nWord: zz\n\nRule: stale\nMeans: Old\nPoints: 1\n"
			  "Phrase: aa bb\nPhrase: aa bb\nReview by: 2025-01-01\nOwner: Repairs\n"
			  "Must match: aa bb\nMust not match: aa cc\n";

	lint(b, rules, NULL, &problems);
	assert_int_equal(problems.n_errors, 0);
	assert_true(has_problem(
		&problems, "core.rules", "14:1", "no phrase uses", RD_SEVERITY_WARNING));
	assert_true(has_problem(
		&problems, "core.rules", "21:9", "stands in line 20", RD_SEVERITY_WARNING));
	assert_true(
		has_problem(&problems, "core.rules", "22:12", "ask Repairs", RD_SEVERITY_WARNING));
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
	assert_int_equal(
		rd_rules_test(&files, b->now_ms, &problems, NULL, &tested, &b->err), RD_OK);
	assert_int_equal(tested.n_examples, 6);
	assert_int_equal(tested.n_failed, 3);
	assert_true(has_problem(&problems, "core.rules", "12:13", "must match this and does not",
		RD_SEVERITY_ERROR));
	assert_true(has_problem(&problems, "core.rules", "13:13", "stopped by not, 1 word before",
		RD_SEVERITY_ERROR));
	assert_true(has_problem(
		&problems, "core.rules", "14:17", "does, by \"aa\"", RD_SEVERITY_ERROR));
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
		TEST(what_is_needed_is_left_alone),
		TEST(an_override_counts_until_its_last_day),
		TEST(an_override_knows_which_wording_it_is_for),
		TEST(files_that_nothing_reads_are_told),
		TEST(a_good_file_has_no_fault),
		TEST(warnings_keep_nothing_from_going_live),
		TEST(examples_are_tried_each_against_its_own_rule),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

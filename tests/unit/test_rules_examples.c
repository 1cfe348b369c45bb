/* What examples prove: which counter-examples are refused, and what could be dropped unnoticed. */
#include "rules_help.h"

#include "redress/rules/lint.h"

static void try_examples(struct bench *b, const char *core, const char *layer,
	struct rd_mutations *mutations, struct rd_problems *problems,
	struct rd_rules_tested *tested)
{
	struct rd_rulefiles files;

	files_of(b, core, layer, &files);
	rd_problems_begin(problems, b->arena);
	assert_int_equal(
		rd_rules_test(&files, b->now_ms, problems, mutations, tested, &b->err), RD_OK);
	assert_true(tested->tried);
}

/* A rule of one or more lines, whose example is always `must`. */
static const struct {
	const char *why;
	const char *lines; /* of the rule */
	const char *must;
	const char *must_not;
	bool refused;
} counter_examples[] = {
	{ "an exclusion stops it", "Phrase: still waiting\nUnless before: not\n", "still waiting",
		"I am not still waiting", false },
	{ "it is about something else", "Phrase: still waiting\n", "still waiting",
		"the weather is nice today", true },
	{ "nor does an exclusion help", "Phrase: still waiting\nUnless before: not\n",
		"still waiting", "not on a day like this", true },
	{ "another word in one place", "Phrase: up the wall\n", "up the wall",
		"the ball went over the wall", false },
	{ "a word missing", "Phrase: up the wall\n", "up the wall", "up wall", false },
	{ "two other words", "Phrase: up the garden wall\n", "up the garden wall",
		"over our garden wall", true },
	{ "a gap too long", "Phrase: rang [0-2 words] again\n", "rang again",
		"I rang on Monday and on Tuesday again", false },
	{ "a gap too long between pairs", "Phrase: still waiting [0-2 words] reply letter\n",
		"still waiting for a reply letter",
		"still waiting since last May for any reply letter", false },
	{ "one of the alternatives is missing", "Phrase: (rang|called) [0-3 words] (twice|times)\n",
		"rang you twice", "I rang you yesterday", false },
	{ "not at the beginning", "Phrase: [start] thanks\n", "thanks a lot", "no thanks", false },
	{ "no question", "Phrase: what time [question]\n", "what time is it?",
		"that is what time does", false },
	{ "a word that begins alike", "Phrase: complaint\n", "complaint",
		"I was complimented on it", false },
	{ "a word that is spelt nearly so", "Phrase: mould\n", "mould", "I would like a mold",
		false },
	{ "a word that is not", "Phrase: complaint\n", "complaint", "I like it here", true },
	{ "a word of a list", "Phrase: <colour> door\n", "blue door", "a blue car", false },
	{ "one of a parenthesis's phrases", "Phrase: (leave me alone|go away now)\n", "go away now",
		"please go away", false },
	{ "far from all of them", "Phrase: (leave me alone|go away now)\n", "go away now",
		"come back tomorrow then", true },
	{ "a word of a Regex", "Regex: \\A(?:thanks|cheers)\\z\nReason: whole\n", "thanks",
		"thanks but it leaks", false },
	{ "none of a Regex", "Regex: \\A(?:thanks|cheers)\\z\nReason: whole\n", "thanks",
		"it leaks badly", true },
	{ "too few places", "Phrase: again\nAt least: 2\n", "again and again", "once again",
		false },
	{ "too many words", "Phrase: ok\nWords in message: 1-3\n", "ok then",
		"ok but it still leaks", false },
	{ "too young", "Phrase: since [date]\nOlder than: 12 months\n", "since May 2019",
		"since October 2026", false },
	{ "not in the subject", "Phrase: complaint form\nLook in: subject\n", "complaint form",
		"complaint about it", false },
};

static void a_counter_example_must_come_near(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < sizeof counter_examples / sizeof counter_examples[0]; i++) {
		struct rd_problems problems;
		struct rd_rules_tested tested;
		const char *rules = rd_arena_printf(b->arena,
			HEAD "Words: colour\nWord: red, blue\n\nRule: a\nMeans: m\nPoints: 1\n%s"
			     "Must match: %s\nMust not match: %s\n",
			counter_examples[i].lines, counter_examples[i].must,
			counter_examples[i].must_not);
		try_examples(b, rules, NULL, NULL, &problems, &tested);
		if (tested.n_failed != 0)
			fail_msg("%s: %s", counter_examples[i].why, problems.items[0].text);
		if ((tested.n_refused > 0) != counter_examples[i].refused)
			fail_msg("%s: %s", counter_examples[i].why,
				tested.n_refused > 0 ? problems.items[0].text : "not refused");
		assert_int_equal(problems.n_errors, 0);
		assert_int_equal(problems.n_warnings, tested.n_refused);
	}
}

static void a_refusal_names_the_nearest_phrase(void **state)
{
	struct bench *b = *state;
	struct rd_problems problems;
	struct rd_rules_tested tested;

	try_examples(b,
		HEAD "Rule: a\nMeans: m\nPoints: 1\nPhrase: cold room\n" /* 7 */
		     "Phrase: up the garden wall\nMust match: cold room\n"
		     "Must not match: over our garden wall\nMust not match: nothing at all\n",
		NULL, NULL, &problems, &tested);
	assert_int_equal(tested.n_refused, 2);
	assert_int_equal(problems.n_errors, 0); /* it may go live */
	assert_int_equal(problems.items[0].at.line, 13);
	assert_int_equal(problems.items[0].at.column, 17);
	assert_non_null(strstr(problems.items[0].text,
		"the nearest, `up the garden wall` in line 11, has 2 of its 4 parts in it"));
	assert_int_equal(problems.items[1].at.line, 14);
	assert_non_null(strstr(problems.items[1].text, "such as `cold room`, line 10"));
}

static void what_holds_a_rule_back_wants_an_example_too(void **state)
{
	struct bench *b = *state;
	struct rd_problems problems;
	struct rd_rules_tested tested;

	try_examples(b,
		HEAD "Rule: a\nMeans: m\nPoints: 1\nPhrase: cold room\nUnless near: not\n"
		     "Must match: cold room\nMust not match: cold wall\n",
		NULL, NULL, &problems, &tested);
	assert_int_equal(problems.n_items, 1);
	assert_int_equal(problems.n_warnings, 1);
	assert_int_equal(problems.items[0].at.line, 13);
	assert_non_null(strstr(problems.items[0].text, "tries what holds it back"));
}

static void a_combine_comes_near_by_its_rules(void **state)
{
	struct bench *b = *state;
	struct rd_problems problems;
	struct rd_rules_tested tested;

	try_examples(b,
		HEAD
		"Rule: a\nMeans: m\nPoints: 1\nPhrase: cold room\nMust match: cold room\n"
		"Must not match: cold wall\n\n"
		"Combine: c\nMeans: m\nPoints: 1\nIf: not a and any of (a, d)\n"
		"Must match: damp wall\nMust not match: cold room\nMust not match: a day out\n\n"
		"Rule: d\nMeans: m\nPoints: 1\nPhrase: damp wall\nMust match: damp wall\n"
		"Must not match: damp\n",
		NULL, NULL, &problems, &tested);
	assert_int_equal(tested.n_failed, 0);
	assert_int_equal(tested.n_refused, 1);
	assert_int_equal(problems.items[0].at.line, 20);
	assert_non_null(strstr(problems.items[0].text, "none of the rules that `c` names hits"));
}

static bool survives(
	const struct rd_mutations *m, const char *where, const char *what, const char *text)
{
	for (size_t i = 0; i < m->n_items; i++) {
		char at[32];
		snprintf(at, sizeof at, "%d:%d", m->items[i].at.line, m->items[i].at.column);
		if (strcmp(at, where) == 0 && strcmp(m->items[i].what, what) == 0 &&
			strcmp(m->items[i].text, text) == 0)
			return true;
	}
	return false;
}

static void what_no_example_would_miss_is_listed(void **state)
{
	struct bench *b = *state;
	struct rd_mutations m = { .arena = b->arena };
	struct rd_problems problems;
	struct rd_rules_tested tested;

	try_examples(b,
		HEAD "Rule: a\nMeans: m\nPoints: 1\n"			     /* 7 */
		     "Phrase: cold room\n"				     /* 10: missed */
		     "Phrase: damp wall\n"				     /* not */
		     "Phrase: leaking [0-3 words] roof\n"		     /* 12: both */
		     "Phrase: roof leaking\n"				     /*     needed */
		     "Unless near: not, never, no longer [within 4 words]\n" /* 14 */
		     "Must match: the cold room\n"
		     "Must match: the leaking roof leaking again\n"
		     "Must not match: not a cold room\n"
		     "Must not match: not and never a damp wall\n\n"
		     "Rule: b\nMeans: m\nPoints: 1\nPhrase: again\nAt least: 2\n" /* 20 */
		     "Must match: again and again\nMust not match: once again\n\n"
		     "Rule: c\nMeans: m\nPoints: 1\nPhrase: ok\nWords in message: 1-3\n" /* 28 */
		     "Must match: ok then\nMust not match: okay\n",
		NULL, &m, &problems, &tested);
	assert_int_equal(tested.n_failed, 0);
	assert_true(survives(&m, "11:9", "phrase", "damp wall"));
	/* Either would do for the one example: neither is missed. */
	assert_true(survives(&m, "12:9", "phrase", "leaking [0-3 words] roof"));
	assert_true(survives(&m, "13:9", "phrase", "roof leaking"));
	/* `not` stops the cold room alone; of the damp wall each of two would do. */
	assert_true(survives(&m, "14:19", "exclusion", "never"));
	assert_true(survives(&m, "14:26", "exclusion", "no longer"));
	assert_true(survives(&m, "32:19", "condition", "1-3"));
	assert_int_equal(m.n_items, 6);
	assert_int_equal(m.n_dropped, 7 + 2 + 2);
}

static void nothing_is_dropped_where_an_example_fails(void **state)
{
	struct bench *b = *state;
	struct rd_mutations m = { .arena = b->arena };
	struct rd_problems problems;
	struct rd_rules_tested tested;

	try_examples(b,
		HEAD
		"Rule: a\nMeans: m\nPoints: 1\nPhrase: aa\nMust match: bb\nMust not match: ab\n",
		NULL, &m, &problems, &tested);
	assert_int_equal(tested.n_failed, 1);
	assert_int_equal(m.n_dropped, 0);
}

static void a_layer_is_tried_by_what_it_changed(void **state)
{
	struct bench *b = *state;
	struct rd_mutations m = { .arena = b->arena };
	struct rd_problems problems;
	struct rd_rules_tested tested;

	try_examples(b,
		HEAD "Rule: a\nMeans: m\nPoints: 1\nPhrase: cold room\nMust match: cold room\n"
		     "Must not match: cold wall\n\n"
		     "Rule: b\nMeans: m\nPoints: 1\nPhrase: damp wall\nMust match: damp wall\n"
		     "Must not match: damp\n",
		"Override: b\nPhrase: damp wall\nPhrase: wet wall\nReason: r\n", &m, &problems,
		&tested);
	assert_int_equal(problems.n_items, 0);
	assert_int_equal(tested.n_rules, 3);
	assert_int_equal(tested.n_examples, 6);
	assert_int_equal(m.n_dropped, 4);
	assert_int_equal(m.n_items, 1);
	assert_string_equal(m.items[0].at.file, "landlords/acme.rules");
	assert_string_equal(m.items[0].text, "wet wall");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_begin, bench_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_counter_example_must_come_near),
		TEST(a_refusal_names_the_nearest_phrase),
		TEST(what_holds_a_rule_back_wants_an_example_too),
		TEST(a_combine_comes_near_by_its_rules),
		TEST(what_no_example_would_miss_is_listed),
		TEST(nothing_is_dropped_where_an_example_fails),
		TEST(a_layer_is_tried_by_what_it_changed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

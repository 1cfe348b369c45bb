/* What hostile texts and patterns can cost, and that no limit ever passes for "no match". */
#include <time.h>

#include "rules_help.h"

#include "redress/base/limits.h"
#include "redress/rules/compiled.h"

/* Patterns that pass the structural check and still do much on the right text. */
static const struct {
	const char *why;
	const char *regex;
	char fill;   /* the text is full of it */
	char needed; /* and has this now and then: without it PCRE2 would not even begin */
	bool gives_up;
} heavy[] = {
	{ "three stretches of letters", "[a-z]*[a-z]*[a-z]*!", 'a', '!', true },
	{ "counted within counted", "(?:a{0,20}){0,20}!", 'a', '!', true },
	{ "two stretches of anything", "x.*y.*z", 'x', 'z', true },
	{ "bounded and anchored", "\\Aa{0,100}!", 'a', '!', false },
};

static void runaway_patterns_are_bounded_and_go_to_a_person(void **state)
{
	struct bench *b = *state;
	size_t len = 400000;
	char *text = malloc(len + 1);

	assert_non_null(text);
	for (size_t i = 0; i < sizeof heavy / sizeof heavy[0]; i++) {
		char *rules = rd_arena_printf(b->arena,
			HEAD "Rule: it\nPoints: 1\nReason: r\nRegex: %s\n", heavy[i].regex);
		must_compile(b, rules, NULL);
		memset(text, heavy[i].fill, len);
		text[len] = '\0';
		for (size_t k = 400; k < len; k += 400)
			memcpy(text + k, (char[]){ '\t', heavy[i].needed, 'b' }, 3);
		struct timespec from, to;
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
		score_as(b, RD_CHANNEL_EMAIL, "", text);
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
		/* Far more than it takes even under sanitizers; without the limits it is minutes.
		 */
		assert_true(to.tv_sec - from.tv_sec < 20);
		assert_true(b->score.review); /* too long a text, if nothing else */
		if ((b->score.n_failed_rules == 1) != heavy[i].gives_up)
			fail_msg("%s: %zu rules gave up", heavy[i].why, b->score.n_failed_rules);
		if (heavy[i].gives_up)
			assert_string_equal(b->score.failed_rules[0], "it");
	}
	free(text);
}

static void a_rule_that_gives_up_is_a_reason_and_no_hit(void **state)
{
	struct bench *b = *state;
	char text[2000];

	must_compile(b,
		HEAD "Rule: it\nPoints: 9\nReason: r\nRegex: [a-z]*[a-z]*[a-z]*!\n\n"
		     "Rule: other\nPoints: 1\nPhrase: hello\n",
		NULL);
	memset(text, 'a', sizeof text);
	memcpy(text, "hello. ", 7);
	memcpy(text + sizeof text - 4, "-!b", 3);
	text[sizeof text - 1] = '\0';
	score_text(b, text);
	assert_null(hit_of_rule(b, "it"));
	assert_non_null(hit_of_rule(b, "other"));
	assert_true(b->score.review);
	assert_non_null(strstr(b->score.review_reasons[0], "`it` could not be tried"));
}

/* --- rules that are switched off --- */

static void switch_off(struct bench *b, const char *landlord, const char *rule)
{
	const struct rd_off_rule item = { landlord, rule };
	const struct rd_off_rules off = { &item, 1 };

	rd_ruleset_switch_off(b->rules, &off);
}

#define OFF_RULES                                                                                  \
	HEAD "Rule: it\nPoints: 9\nReason: r\nRegex: (?:help|quick).{0,9}!\n\n"                    \
	     "Rule: other\nPoints: 1\nPhrase: hello\n\n"                                           \
	     "Combine: no-it\nPoints: 3\nIf: other and not it\n"

static void a_rule_that_is_off_sends_what_it_would_be_tried_on_to_a_person(void **state)
{
	struct bench *b = *state;

	must_compile(b, OFF_RULES, NULL);
	score_text(b, "hello, help me!");
	assert_non_null(hit_of_rule(b, "it"));
	assert_null(hit_of_rule(b, "no-it"));
	assert_false(b->score.review);
	switch_off(b, "acme", "it");
	score_text(b, "hello, help me!");
	assert_null(hit_of_rule(b, "it"));
	assert_non_null(hit_of_rule(b, "no-it")); /* not hit, and a person looks */
	assert_true(b->score.review);
	assert_int_equal(b->score.n_off_rules, 1);
	assert_string_equal(b->score.off_rules[0], "it");
	assert_string_equal(b->score.review_reasons[0],
		"rule `it` is switched off since it failed three times, and this message has words "
		"that it looks for");
	assert_int_equal(b->score.n_failed_rules, 0);
}

static void a_rule_that_is_off_leaves_other_texts_alone(void **state)
{
	struct bench *b = *state;

	must_compile(b, OFF_RULES, NULL);
	score_text(b, "hello you, what a day it is");
	double total = b->score.total;
	switch_off(b, "acme", "it");
	score_text(b, "hello you, what a day it is");
	assert_int_equal(b->score.n_off_rules, 0);
	assert_true(b->score.n_review_reasons == 0 ||
		    strstr(b->score.review_reasons[0], "switched off") == NULL);
	assert_true(b->score.total == total);
	must_compile(b, OFF_RULES, NULL);
	switch_off(b, "another", "it");
	switch_off(b, "acme", "nobody");
	score_text(b, "hello, help me!");
	assert_non_null(hit_of_rule(b, "it"));
}

static void a_rule_that_is_off_and_needs_no_word_takes_every_text_to_a_person(void **state)
{
	struct bench *b = *state;

	must_compile(b, HEAD "Rule: it\nPoints: 1\nReason: r\nRegex: [0-9]{5}\n", NULL);
	switch_off(b, "acme", "it");
	score_text(b, "hello");
	assert_true(b->score.review);
	assert_int_equal(b->score.n_off_rules, 1);
	assert_non_null(strstr(b->score.review_reasons[0], "had to be tried on this message"));
}

static void a_spent_budget_is_not_the_fault_of_rules_that_it_left_untried(void **state)
{
	struct bench *b = *state;
	size_t len = 60000;
	char *text = malloc(len + 1);

	assert_non_null(text);
	must_compile(b,
		HEAD "Rule: it\nPoints: 1\nReason: r\nRegex: [a-z]*[a-z]*[a-z]*!\n\n"
		     "Rule: other\nPoints: 1\nPhrase: hello\n",
		NULL);
	memset(text, 'a', len);
	text[len] = '\0';
	for (size_t k = 400; k < len; k += 400)
		memcpy(text + k, "\t!b", 3);
	memcpy(text + len - 7, " hello ", 7);
	score_as(b, RD_CHANNEL_EMAIL, "", text);
	free(text);
	assert_true(b->score.review);
	assert_int_equal(b->score.n_failed_rules, 1);
	assert_string_equal(b->score.failed_rules[0], "it");
	assert_non_null(strstr(b->score.review_reasons[1], "`other` could not be tried"));
}

/* Two rules that do the same work: the text grows until both together are too much, and then until
 * one alone is. */
static void a_rule_that_others_left_too_little_is_not_to_blame(void **state)
{
	struct bench *b = *state;
	bool too_much_together = false, too_much_alone = false;
	char text[400];

	must_compile(b,
		HEAD "Rule: one\nPoints: 1\nReason: r\nRegex: [a-z]*[a-z]*[a-z]*!\n\n"
		     "Rule: two\nPoints: 1\nReason: r\nRegex: [a-z]*[a-z]*[a-z]*!\n",
		NULL);
	for (size_t n = 20; n < sizeof text && !too_much_alone; n++) {
		memset(text, 'a', n);
		memcpy(text + n - 4, "-!b", 4);
		rd_arena_reset(b->arena);
		score_text(b, text);
		if (!b->score.review)
			continue;
		too_much_alone = b->score.n_failed_rules > 0;
		if (too_much_alone)
			assert_string_equal(b->score.failed_rules[0], "one");
		else
			too_much_together = true;
	}
	assert_true(too_much_together);
	assert_true(too_much_alone);
}

static char *repeat(struct bench *b, const char *what, size_t bytes)
{
	size_t n = strlen(what);
	char *text = rd_arena_alloc(b->arena, bytes + 1);

	assert_non_null(text);
	for (size_t i = 0; i < bytes; i++)
		text[i] = what[i % n];
	return text;
}

static void looking_for_exclusions_is_work_that_has_a_limit(void **state)
{
	struct bench *b = *state;
	const char *text = repeat(b, "u rat ", 60000);

	must_compile(b,
		HEAD "Rule: it\nPoints: 1\nPhrase: rat\nUnless near: u [within 3 words]\n\n"
		     "Rule: that\nPoints: 1\nPhrase: rat\nUnless after: u\n",
		NULL);
	score_as(b, RD_CHANNEL_EMAIL, "", text);
	assert_true(b->score.review);
	assert_int_equal(b->score.n_failed_rules, 0);
	assert_non_null(strstr(b->score.review_reasons[0], "could not be tried to the end"));
}

/* Each `Rule:` line begins a rule, with or without the blank line that should stand before it. */
static void rules_have_a_maximum_however_they_are_written(void **state)
{
	struct bench *b = *state;
	size_t size = (RD_RULES_MAX + 1) * 20 + 200, len = 0;
	char *rules = rd_arena_alloc(b->arena, size);

	assert_non_null(rules);
	len += (size_t)snprintf(rules, size, HEAD);
	for (int i = 0; i < RD_RULES_MAX; i++)
		len += (size_t)snprintf(
			rules + len, size - len, "Rule: r%d\n%s", i, i % 100 == 99 ? "\n" : "");
	assert_int_equal(compile_layers(b, rules, NULL), RD_E_RANGE);
	assert_non_null(strstr(b->err.msg, "stanzas in the rule files"));
}

static void text_beyond_the_cap_goes_to_a_person(void **state)
{
	struct bench *b = *state;
	size_t len = RD_SCORED_BYTES_MAX + 100;
	char *text = malloc(len + 1);

	assert_non_null(text);
	must_compile(b, HEAD "Rule: it\nPoints: 1\nPhrase: hello\n", NULL);
	for (size_t i = 0; i < len; i++)
		text[i] = i % 5 == 4 ? ' ' : 'w';
	memcpy(text + len - 5, "hello", 6);
	score_as(b, RD_CHANNEL_EMAIL, "", text);
	assert_null(hit_of_rule(b, "it"));
	assert_true(b->score.review);
	text[RD_SCORED_BYTES_MAX - 100] = '\0';
	score_as(b, RD_CHANNEL_EMAIL, "", text);
	assert_false(b->score.review);
	free(text);
}

static void phrases_are_found_where_an_endless_sentence_is_cut(void **state)
{
	struct bench *b = *state;
	char text[9001];

	must_compile(b, HEAD "Rule: it\nPoints: 1\nPhrase: alpha [0-3 words] omega\n", NULL);
	for (size_t at = 0; at + 20 < 8000; at += 7) {
		for (size_t i = 0; i < sizeof text - 1; i++)
			text[i] = i % 6 == 5 ? ' ' : 'w';
		text[sizeof text - 1] = '\0';
		memcpy(text + at, " alpha beta omega ", 18);
		score_as(b, RD_CHANNEL_EMAIL, "", text);
		const struct rd_hit *hit = hit_of_rule(b, "it");
		if (hit == NULL || hit->from != at + 1 || hit->to != at + 17)
			fail_msg("not found at byte %zu", at);
		rd_arena_reset(b->arena);
	}
}

static void a_sentence_is_cut_between_characters(void **state)
{
	struct bench *b = *state;
	char *text = malloc(60001);

	assert_non_null(text);
	must_compile(b, HEAD "Rule: it\nPoints: 1\nReason: r\nRegex: \xc3\xa9{3}x\n", NULL);
	for (size_t shift = 0; shift < 2; shift++) {
		memset(text, 'a', shift);
		for (size_t i = shift; i + 1 < 60000; i += 2)
			memcpy(text + i, "\xc3\xa9", 2);
		text[59998 + shift] = '\0';
		score_as(b, RD_CHANNEL_EMAIL, "", text);
		assert_int_equal(b->score.n_failed_rules, 0);
	}
	free(text);
}

static void the_same_message_scores_the_same_always(void **state)
{
	struct bench *b = *state;
	static const char *const words[] = { "still", "waiting", "rang", "times", "not", "happy",
		".", "leak", "three", "complaint", "\n\n", "please" };
	unsigned seed = 7;

	must_compile(b,
		HEAD "Rule: a\nGroup: g\nPoints: 2.5\nPhrase: still waiting\n\n"
		     "Rule: b\nGroup: g\nPoints: 2.5\nPhrase: rang [0-4 words] times\n\n"
		     "Rule: c\nPoints: 1.1\nPhrase: happy\nUnless before: not\n\n"
		     "Rule: d\nDecides: complaint\nPhrase: complaint\nUnless near: please\n",
		NULL);
	for (int round = 0; round < 200; round++) {
		char text[600] = "";
		size_t len = 0;
		for (int i = 0; i < 40; i++) {
			seed = seed * 1103515245u + 12345u;
			len += (size_t)snprintf(
				text + len, sizeof text - len, "%s ", words[(seed >> 16) % 12]);
		}
		score_as(b, RD_CHANNEL_EMAIL, "", text);
		struct rd_score first = b->score;
		score_as(b, RD_CHANNEL_EMAIL, "", text);
		assert_int_equal(first.kind, b->score.kind);
		assert_true(first.total == b->score.total);
		assert_int_equal(first.n_hits, b->score.n_hits);
		for (size_t i = 0; i < first.n_hits; i++) {
			assert_string_equal(first.hits[i].rule, b->score.hits[i].rule);
			assert_int_equal(first.hits[i].from, b->score.hits[i].from);
			assert_true(first.hits[i].points == b->score.hits[i].points);
		}
		rd_arena_reset(b->arena);
	}
}

static void only_selected_rules_are_confirmed(void **state)
{
	struct bench *b = *state;
	struct rd_matching m;
	size_t len = 0, size = 200000;
	char *rules = malloc(size);

	assert_non_null(rules);
	len += (size_t)snprintf(rules, size, HEAD);
	for (int i = 0; i < 1000; i++)
		len += (size_t)snprintf(rules + len, size - len,
			"Rule: r%d\nPoints: 1\nPhrase: word%d [0-3 words] other%d\n\n", i, i, i);
	must_compile(b, rules, NULL);
	score_text(b, "this has word17 and other17 in it, and word18 alone");
	assert_int_equal(b->score.n_hits, 1);
	match_again(b, &m);
	/* word1, word17, word18 and other1, other17: a handful of a thousand. */
	assert_true(m.effort.n_runs <= 6);
	free(rules);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_begin, bench_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(runaway_patterns_are_bounded_and_go_to_a_person),
		TEST(a_rule_that_gives_up_is_a_reason_and_no_hit),
		TEST(a_rule_that_is_off_sends_what_it_would_be_tried_on_to_a_person),
		TEST(a_rule_that_is_off_leaves_other_texts_alone),
		TEST(a_rule_that_is_off_and_needs_no_word_takes_every_text_to_a_person),
		TEST(a_spent_budget_is_not_the_fault_of_rules_that_it_left_untried),
		TEST(a_rule_that_others_left_too_little_is_not_to_blame),
		TEST(looking_for_exclusions_is_work_that_has_a_limit),
		TEST(rules_have_a_maximum_however_they_are_written),
		TEST(text_beyond_the_cap_goes_to_a_person),
		TEST(phrases_are_found_where_an_endless_sentence_is_cut),
		TEST(a_sentence_is_cut_between_characters),
		TEST(the_same_message_scores_the_same_always),
		TEST(only_selected_rules_are_confirmed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Words that lean: which are found, what they add up to, and what may not be written. */
#include "rules_help.h"

#include "redress/base/buf.h"
#include "redress/rules/leaning.h"

#define LEANING(lines) HEAD "Leaning: tone\nMeans: Words of complaints\n" lines

/* A message of RD_LEANING_EVEN words counts as it stands: the given ones and "la la la ...". */
static const char *filled(struct bench *b, const char *words)
{
	unsigned n = 1;

	for (const char *p = words; *p != '\0'; p++)
		n += *p == ' ';
	for (; n < RD_LEANING_EVEN; n++)
		words = rd_arena_printf(b->arena, "%s la", words);
	return words;
}

static const struct {
	const char *why, *lean, *text;
	double points;
} found[] = {
	{ "a word", "+0.5 again", "once again it fell", 0.5 },
	{ "a whole word only", "+0.5 again", "it is against the wall", 0 },
	{ "capitals", "+0.5 again", "AGAIN it fell", 0.5 },
	{ "written with capitals", "+0.5 Again", "again it fell", 0.5 },
	{ "once, however often", "+0.5 again", "again and again and again", 0.5 },
	{ "points taken off", "-0.5 thanks", "thanks for that", -0.5 },
	{ "a beginning", "+0.5 complain*", "all these complaints are mine", 0.5 },
	{ "a beginning is a word too", "+0.5 complain*", "i do complain a bit", 0.5 },
	{ "a beginning that only ends so", "+0.5 plain*", "i do complain a bit", 0 },
	{ "two words", "+0.5 not been", "it has not been done", 0.5 },
	{ "two words with a comma", "+0.5 again please", "not again, please go", 0.5 },
	{ "two words with one between", "+0.5 not done", "it has not been done", 0 },
	{ "two words in two sentences", "+0.5 again please", "It fell again. Please come", 0 },
	{ "an apostrophe parts two words", "+0.5 don t", "they don't come", 0.5 },
	{ "several lines", "+0.5 again\nLean: +0.2 still, never", "again it is still here", 0.7 },
};

static void words_are_found_as_the_text_has_them(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < sizeof found / sizeof found[0]; i++) {
		must_compile(
			b, rd_arena_printf(b->arena, LEANING("Lean: %s\n"), found[i].lean), NULL);
		score_text(b, filled(b, found[i].text));
		const struct rd_hit *hit = hit_of_rule(b, "tone");
		double points = hit != NULL ? hit->points : 0;
		if (points != found[i].points || b->score.total != found[i].points)
			fail_msg("%s: %g points, %g in all", found[i].why, points, b->score.total);
	}
}

/* As many words as a rule may have, in many short lines. */
static void a_long_list_of_words_is_read(void **state)
{
	struct bench *b = *state;
	struct rd_buf rules = RD_BUF(1u << 20);

	assert_int_equal(rd_buf_add_str(&rules, LEANING(""), &b->err), RD_OK);
	for (unsigned i = 0; i < 1900; i++) {
		assert_int_equal(rd_buf_add_str(&rules, "Lean: +0.5 ", &b->err), RD_OK);
		for (unsigned k = 0; k < 9; k++) {
			char word[16];
			snprintf(word, sizeof word, "%s%c%c%c%c", k > 0 ? ", " : "", 'a' + i % 26,
				'a' + i / 26 % 26, 'a' + i / 676, 'a' + k);
			assert_int_equal(rd_buf_add_str(&rules, word, &b->err), RD_OK);
		}
		assert_int_equal(rd_buf_add_str(&rules, "\n", &b->err), RD_OK);
	}
	must_compile(b, rd_buf_str(&rules), NULL);
	rd_buf_free(&rules);
	score_text(b, filled(b, "baai"));
	assert_non_null(hit_of_rule(b, "tone"));
}

static void the_sum_is_evened_out_by_length_and_capped(void **state)
{
	(void)state;
	assert_true(rd_leaning_evened(1, RD_LEANING_EVEN, 4) == 1);
	assert_true(rd_leaning_evened(1, 4 * RD_LEANING_EVEN, 4) == 0.5);
	assert_true(rd_leaning_evened(1, RD_LEANING_EVEN / 4, 4) == 2);
	/* Three words are no reason to count three times as much. */
	assert_true(rd_leaning_evened(1, 1, 4) == rd_leaning_evened(1, RD_LEANING_EVEN_LEAST, 4));
	assert_true(rd_leaning_evened(9, RD_LEANING_EVEN, 4) == 4);
	assert_true(rd_leaning_evened(-9, RD_LEANING_EVEN, 4) == -4);
	assert_true(rd_leaning_evened(0.26, RD_LEANING_EVEN, 4) == 0.3);
}

static void a_leaning_joins_the_total_of_its_kind(void **state)
{
	struct bench *b = *state;

	must_compile(b,
		LEANING("For: compliment\nCap: 2\nLean: +1 lovely, kind, great\n"
			"\nLeaning: sour\nLean: +0.4 lovely\n"),
		NULL);
	score_as(b, RD_CHANNEL_EMAIL, "Lovely", filled(b, "kind and great"));
	assert_true(b->score.totals[RD_COMPLIMENT] == 2);
	assert_true(b->score.total == 0.4);
	assert_int_equal(b->score.kind, RD_COMPLIMENT);
	assert_int_equal(hit_of_rule(b, "sour")->where, RD_WHERE_SUBJECT);
	assert_int_equal(hit_of_rule(b, "sour")->to, 6);
}

static void a_base_counts_whether_a_word_stands_there_or_not(void **state)
{
	struct bench *b = *state;

	must_compile(b, LEANING("Base: -0.5\nCap: 1\nLean: +1.5 again\n"), NULL);
	score_text(b, filled(b, "my door"));
	assert_true(b->score.total == -0.5);
	assert_int_equal(hit_of_rule(b, "tone")->to, 0);
	score_text(b, filled(b, "my door again"));
	assert_true(b->score.total == 0.5);
}

static void it_counts_in_its_channel_alone_and_with_its_layer(void **state)
{
	static const char shipped[] = LEANING("Channel: email\nLean: +1 again\n");
	struct bench *b = *state;

	must_compile(b, shipped, NULL);
	score_text(b, filled(b, "again"));
	assert_null(hit_of_rule(b, "tone"));
	must_compile(
		b, shipped, "Override: tone\nChannel: any\nLean: +0.5 again\nReason: texts too\n");
	score_text(b, filled(b, "again"));
	assert_true(hit_of_rule(b, "tone")->points == 0.5);
	assert_string_equal(hit_of_rule(b, "tone")->layer, "acme");
	must_compile(b, shipped, "Disable: tone\nReason: too eager\nUntil: 2026-12-31\n");
	score_as(b, RD_CHANNEL_EMAIL, "", filled(b, "again"));
	assert_null(hit_of_rule(b, "tone"));
}

static void its_explanation_names_the_weightiest_words(void **state)
{
	struct bench *b = *state;
	RD_CLEANUP(rd_buf_free) struct rd_buf out = RD_BUF(1 << 16);

	must_compile(b, LEANING("Lean: +0.3 again, still\nLean: +0.6 nobody\nLean: -0.2 thanks\n"),
		NULL);
	score_text(b, filled(b, "thanks but still nobody came again"));
	assert_int_equal(rd_score_explain(b->rules, &b->score, &b->message, &out, &b->err), RD_OK);
	assert_int_equal(rd_buf_add(&out, "", 1, &b->err), RD_OK);
	assert_non_null(
		strstr(out.data, "4 words: nobody +0.6, still +0.3, again +0.3, thanks -0.2"));
	assert_non_null(strstr(out.data, "core.rules:7"));
}

static void mere_words_are_nothing_that_a_rule_found(void **state)
{
	struct bench *b = *state;

	must_compile(b, "Ruleset: test\nNothing found: review\n\nLeaning: tone\nLean: +0.5 door\n",
		NULL);
	score_text(b, "my door");
	assert_true(b->score.review);
}

static const struct {
	const char *lines, *says;
} faults[] = {
	{ "Lean: again\n", "core.rules:9:7: `Lean:` begins with points" },
	{ "Lean: +0.3\n", "core.rules:9:7: `Lean:` begins with points" },
	{ "Lean: 0 again\n", "core.rules:9:7: 0 points" },
	{ "Lean: 9 again\n", "core.rules:9:7: 9 points" },
	{ "Lean: +0.3 three words here\n", "core.rules:9:12: `three words here` cannot lean" },
	{ "Lean: +0.3 again, a*\n", "core.rules:9:19: `a*` cannot lean" },
	{ "Lean: +0.3 (this|that)\n", "core.rules:9:12: `(this|that)` cannot lean" },
	{ "Lean: +0.3 again, again\n",
		"core.rules:9:19: `again` stands in `tone` already, in line 9" },
	{ "Lean: +0.3 still\nLean: +0.2 again, still\n",
		"core.rules:10:19: `still` stands in `tone`" },
	{ "Cap: 2\n", "core.rules:7:1: leaning `tone` has no word" },
	{ "Lean: +0.3 again\nPhrase: still\n", "core.rules:10:1: " },
	{ "Lean: +0.3 again\nCap: -1\n", "core.rules:10:6: -1 is out of range" },
	{ "Lean: +0.3 again\n\nCombine: both\nIf: tone and other\n",
		"core.rules:12:5: `tone` is a Leaning" },
};

static void what_cannot_lean_is_told_with_its_place(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
		char *rules = rd_arena_printf(b->arena, LEANING("%s"), faults[i].lines);
		if (compile_layers(b, rules, NULL) == RD_OK)
			fail_msg("taken: %s", faults[i].lines);
		if (strstr(b->err.msg, faults[i].says) == NULL)
			fail_msg("%s: %s", faults[i].lines, b->err.msg);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			words_are_found_as_the_text_has_them, bench_begin, bench_end),
		cmocka_unit_test_setup_teardown(
			a_long_list_of_words_is_read, bench_begin, bench_end),
		cmocka_unit_test(the_sum_is_evened_out_by_length_and_capped),
		cmocka_unit_test_setup_teardown(
			a_leaning_joins_the_total_of_its_kind, bench_begin, bench_end),
		cmocka_unit_test_setup_teardown(
			a_base_counts_whether_a_word_stands_there_or_not, bench_begin, bench_end),
		cmocka_unit_test_setup_teardown(
			it_counts_in_its_channel_alone_and_with_its_layer, bench_begin, bench_end),
		cmocka_unit_test_setup_teardown(
			its_explanation_names_the_weightiest_words, bench_begin, bench_end),
		cmocka_unit_test_setup_teardown(
			mere_words_are_nothing_that_a_rule_found, bench_begin, bench_end),
		cmocka_unit_test_setup_teardown(
			what_cannot_lean_is_told_with_its_place, bench_begin, bench_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

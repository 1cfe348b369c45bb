/* Points, caps, thresholds, exclusions, combines, landlord layers: what a score is made of. */
#include "rules_help.h"

static const struct {
	const char *why;
	const char *unless, *text;
	bool hits;
	const char *by; /* what the record says, NULL: nothing was stopped */
} exclusions[] = {
	{ "nothing near", "Unless before: not [within 3 words]", "I am happy", true, NULL },
	{ "right before", "Unless before: not [within 3 words]", "I am not happy", false,
		"not, 1 word before" },
	{ "at the window's edge", "Unless before: not [within 3 words]", "not at all happy", false,
		"not, 3 words before" },
	{ "beyond the window", "Unless before: not [within 3 words]", "not that I am happy", true,
		NULL },
	{ "in the sentence before", "Unless before: not [within 3 words]", "It is not. Happy days",
		true, NULL },
	{ "behind, where before is asked for", "Unless before: not [within 3 words]",
		"happy, not sad", true, NULL },
	{ "the default window is four words", "Unless before: not", "not a b c happy", false,
		"not, 4 words before" },
	{ "five are too far for it", "Unless before: not", "not a b c d happy", true, NULL },
	{ "after", "Unless after: ending [within 1 words]", "happy ending", false,
		"ending, 1 word after" },
	{ "near, before", "Unless near: waiting list [within 5 words]",
		"the waiting list and happy", false, "waiting list, 2 words before" },
	{ "near, after", "Unless near: waiting list [within 5 words]", "happy on the waiting list",
		false, "waiting list, 3 words after" },
	{ "near, overlapping", "Unless near: happy birthday", "happy birthday", false, NULL },
	{ "the second of several", "Unless before: never, not [within 2 words]",
		"never mind I am not happy", false, "not, 1 word before" },
	{ "the nearer of two stands", "Unless before: not [within 1 words]", "not sad not happy",
		false, "not, 1 word before" },
	{ "anywhere in the sentence", "Unless near: list [same sentence]",
		"the list a b c d e f g h i j k l m n happy", false, "list, 15 words before" },
	{ "another place still counts", "Unless before: not", "I was not happy. Now I am happy",
		true, "not, 1 word before" },
};

static void exclusions_stop_within_their_window_and_sentence(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < sizeof exclusions / sizeof exclusions[0]; i++) {
		char *rules = rd_arena_printf(b->arena,
			HEAD "Rule: it\nPoints: 1\nPhrase: happy\n%s\n", exclusions[i].unless);
		must_compile(b, rules, NULL);
		score_text(b, exclusions[i].text);
		const struct rd_hit *stopped = stopped_rule(b, "it");
		if ((hit_of_rule(b, "it") != NULL) != exclusions[i].hits)
			fail_msg("%s: %s", exclusions[i].why, exclusions[i].text);
		if (exclusions[i].by != NULL &&
			(stopped == NULL || strcmp(stopped->by, exclusions[i].by) != 0))
			fail_msg("%s: stopped by `%s`", exclusions[i].why,
				stopped != NULL ? stopped->by : "nothing");
		if (stopped != NULL)
			assert_string_equal(stopped->by_place, "core.rules:10");
	}
}

static void a_group_counts_up_to_its_cap_the_weightiest_first(void **state)
{
	struct bench *b = *state;

	must_compile(b,
		HEAD "Rule: small\nGroup: g\nPoints: 1\nPhrase: one\n\n"
		     "Rule: large\nGroup: g\nPoints: 3\nPhrase: two\n\n"
		     "Rule: third\nGroup: g\nPoints: 2.5\nPhrase: three\n\n"
		     "Rule: alone\nPoints: 3\nPhrase: four\n\n"
		     "Rule: own\nGroup: h\nPoints: 3\nPhrase: five\n\nGroup: h\nCap: 0.5\n\n"
		     "Rule: other-kind\nGroup: g\nFor: enquiry\nPoints: 3\nPhrase: one\n\n"
		     "Rule: less\nGroup: g\nPoints: -3\nPhrase: six\n",
		NULL);
	score_text(b, "one two three four five");
	assert_true(hit_of_rule(b, "large")->points == 3);
	assert_true(hit_of_rule(b, "third")->points == 1);
	assert_true(hit_of_rule(b, "small")->points == 0);
	assert_true(hit_of_rule(b, "own")->points == 0.5);
	assert_true(hit_of_rule(b, "other-kind")->points == 3);
	assert_true(b->score.total == 4 + 3 + 0.5);
	assert_true(b->score.totals[RD_ENQUIRY] == 3);
	score_text(b, "one two three six");
	assert_true(b->score.total == 4 - 3);
}

static const struct {
	const char *why;
	const char *text;
	enum rd_kind kind;
	bool review;
} decisions[] = {
	{ "nothing hits", "hello", RD_SERVICE_REQUEST, false },
	{ "below the band", "onepoint", RD_SERVICE_REQUEST, false },
	{ "below the band, another kind has points", "onepoint thanks", RD_COMPLIMENT, false },
	{ "the band's lower end", "twopoints", RD_SERVICE_REQUEST, true },
	{ "the band below its middle, another kind", "twopoints thanks", RD_COMPLIMENT, true },
	{ "the band's middle", "twopoints onepoint half", RD_COMPLAINT, true },
	{ "just under the upper threshold", "twopoints onepoint half threepoints minus",
		RD_COMPLAINT, true },
	{ "the upper threshold", "twopoints threepoints", RD_COMPLAINT, false },
	{ "a complaint whatever else", "twopoints threepoints thanks", RD_COMPLAINT, false },
	{ "settled", "isthanks twopoints threepoints", RD_COMPLIMENT, false },
	{ "settled twice alike", "isthanks isthanks", RD_COMPLIMENT, false },
	{ "settled two ways", "isthanks isasb", RD_COMPLIMENT, true },
	{ "settled two ways, one a complaint", "isthanks iscomplaint", RD_COMPLAINT, true },
	{ "the larger of two totals", "thanks asks", RD_ENQUIRY, false },
};

static void decisions_follow_their_order(void **state)
{
	struct bench *b = *state;

	must_compile(b,
		HEAD
		"Rule: a\nPoints: 1\nPhrase: onepoint\n\nRule: b\nPoints: 2\nPhrase: twopoints\n\n"
		"Rule: c\nPoints: 3\nPhrase: threepoints\n\nRule: h\nPoints: 0.5\nPhrase: half\n\n"
		"Rule: m\nPoints: -2\nPhrase: minus\n\n"
		"Rule: t\nFor: compliment\nPoints: 1\nPhrase: thanks\n\n"
		"Rule: q\nFor: enquiry\nPoints: 2\nPhrase: asks\n\n"
		"Rule: dt\nDecides: compliment\nPhrase: isthanks\n\n"
		"Rule: dc\nDecides: complaint\nPhrase: iscomplaint\n\n"
		"Rule: da\nDecides: asb_report\nPhrase: isasb\n",
		NULL);
	for (size_t i = 0; i < sizeof decisions / sizeof decisions[0]; i++) {
		score_text(b, decisions[i].text);
		if (b->score.kind != decisions[i].kind || b->score.review != decisions[i].review)
			fail_msg("%s: %s, review %d", decisions[i].why,
				rd_kind_names[b->score.kind], b->score.review);
		if (b->score.review != (b->score.n_review_reasons > 0))
			fail_msg("%s: review without a reason", decisions[i].why);
		assert_true(b->score.nearest_change[0] != '\0');
	}
}

static void tenths_add_up_to_the_threshold_they_name(void **state)
{
	struct bench *b = *state;

	must_compile(b,
		"Ruleset: t\nRequest below: 0.2\nComplaint from: 0.3\n\n"
		"Rule: a\nPoints: 0.1\nPhrase: x\n\nRule: b\nPoints: 0.1\nPhrase: y\n\n"
		"Rule: c\nPoints: 0.1\nPhrase: z\n",
		NULL);
	score_text(b, "x y z");
	assert_int_equal(b->score.kind, RD_COMPLAINT);
	assert_false(b->score.review);
}

static const struct {
	const char *why;
	const char *condition, *text;
	bool holds;
} conditions[] = {
	{ "one", "a", "aa", true },
	{ "and", "a and b", "aa bb", true },
	{ "and, one missing", "a and b", "aa", false },
	{ "or", "a or b", "bb", true },
	{ "not", "a and not b", "aa", true },
	{ "not, there", "a and not b", "aa bb", false },
	{ "and binds tighter than or", "a or b and c", "aa", true },
	{ "parentheses", "(a or b) and c", "aa", false },
	{ "not of a parenthesis", "c and not (a or b)", "cc", true },
	{ "two of three", "2 of (a, b, c)", "aa cc", true },
	{ "one of them is not two", "2 of (a, b, c)", "aa", false },
	{ "any of a group", "any of group g", "bb", true },
	{ "all of a group", "all of group g", "bb", false },
	{ "all of a group, there", "all of group g", "aa bb", true },
	{ "a combine", "inner and c", "aa bb cc", true },
};

static void conditions_hold_as_written(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < sizeof conditions / sizeof conditions[0]; i++) {
		char *rules = rd_arena_printf(b->arena,
			HEAD "Combine: outer\nPoints: 2\nFlag: legal\nIf: %s\n\n"
			     "Combine: inner\nIf: a and b\n\n"
			     "Rule: a\nGroup: g\nPhrase: aa\n\nRule: b\nGroup: g\nPhrase: bb\n\n"
			     "Rule: c\nPhrase: cc\n",
			conditions[i].condition);
		must_compile(b, rules, NULL);
		score_text(b, conditions[i].text);
		if ((hit_of_rule(b, "outer") != NULL) != conditions[i].holds)
			fail_msg("%s: `%s` on `%s`", conditions[i].why, conditions[i].condition,
				conditions[i].text);
		assert_int_equal(b->score.flags[RD_LEGAL], conditions[i].holds);
		assert_true(b->score.total == (conditions[i].holds ? 2 : 0));
	}
}

static void fields_of_a_rule_limit_where_it_looks(void **state)
{
	struct bench *b = *state;

	must_compile(b,
		HEAD "Rule: in-subject\nPoints: 1\nLook in: subject\nPhrase: leak\n\n"
		     "Rule: in-body\nPoints: 1\nLook in: body\nPhrase: leak\n\n"
		     "Rule: by-text\nPoints: 1\nChannel: sms\nPhrase: leak\n\n"
		     "Rule: short\nPoints: 1\nWords in message: 1-3\nPhrase: leak\n\n"
		     "Rule: thrice\nPoints: 1\nAt least: 3\nPhrase: leak\n\n"
		     "Rule: old\nPoints: 1\nOlder than: 12 months\nPhrase: since [date]\n",
		NULL);
	score_as(b, RD_CHANNEL_EMAIL, "a leak", "nothing of the kind here");
	assert_non_null(hit_of_rule(b, "in-subject"));
	assert_int_equal(hit_of_rule(b, "in-subject")->where, RD_WHERE_SUBJECT);
	assert_int_equal(hit_of_rule(b, "in-subject")->from, 2);
	assert_null(hit_of_rule(b, "in-body"));
	score_as(b, RD_CHANNEL_EMAIL, "", "a leak");
	assert_non_null(hit_of_rule(b, "in-body"));
	assert_null(hit_of_rule(b, "in-subject"));
	assert_null(hit_of_rule(b, "by-text"));
	assert_non_null(hit_of_rule(b, "short"));
	score_text(b, "leak and leak are two");
	assert_non_null(hit_of_rule(b, "by-text"));
	assert_null(hit_of_rule(b, "short"));
	assert_null(hit_of_rule(b, "thrice"));
	score_text(b, "leak, leak, leak");
	assert_non_null(hit_of_rule(b, "thrice"));
	score_text(b, "broken since March 2025"); /* received 20 November 2026 */
	assert_non_null(hit_of_rule(b, "old"));
	score_text(b, "broken since 20/11/2025");
	assert_non_null(hit_of_rule(b, "old"));
	score_text(b, "broken since 21/11/2025");
	assert_null(hit_of_rule(b, "old"));
	score_text(b, "broken since 2025"); /* as late as it can be: its last day */
	assert_null(hit_of_rule(b, "old"));
}

static void spans_are_bytes_of_the_field_as_given(void **state)
{
	struct bench *b = *state;
	const char *body = "Caf\xc3\xa9\xe2\x80\x8b \xe2\x80\x9c  I don\xe2\x80\x99t \xef\xbd\x8c"
			   "eak\xe2\x80\x9d";

	must_compile(b, HEAD "Rule: it\nPoints: 1\nPhrase: don't leak\n", NULL);
	score_text(b, body);
	const struct rd_hit *hit = hit_of_rule(b, "it");
	assert_non_null(hit);
	assert_memory_equal(body + hit->from,
		"don\xe2\x80\x99t \xef\xbd\x8c"
		"eak",
		hit->to - hit->from);
	assert_int_equal(hit->to - hit->from, 14);
}

static void quoted_mail_never_scores(void **state)
{
	struct bench *b = *state;

	must_compile(b, HEAD "Rule: it\nPoints: 1\nPhrase: leak\n", NULL);
	score_as(b, RD_CHANNEL_EMAIL, "",
		"All is well.\n\nOn Mon, 2 Nov 2026 at 10:00, A <a@example.org> "
		"wrote:\n> there is a leak\n");
	assert_null(hit_of_rule(b, "it"));
	score_as(b, RD_CHANNEL_EMAIL, "", "> there is a leak\n");
	assert_non_null(hit_of_rule(b, "it"));
	assert_true(b->score.review); /* stripping left nothing, so a person looks */
}

static void a_landlords_layer_overrides_and_disables(void **state)
{
	struct bench *b = *state;
	const char *core = HEAD "Rule: keeps\nPoints: 1\nPhrase: aa\n\nRule: changed\nPoints: 1\n"
				"Means: Old\nPhrase: bb\n\nRule: off\nPoints: 1\nPhrase: cc\n\n"
				"Rule: back-on\nPoints: 1\nPhrase: dd\n";

	must_compile(b, core,
		"Override: changed\nPoints: 3\nPhrase: bb\nPhrase: ee\nReason: ours differ\n\n"
		"Disable: off\nUntil: 2026-11-20\nReason: too noisy\n\n"
		"Disable: back-on\nUntil: 2026-11-19\nReason: too noisy\n\n"
		"Rule: own\nPoints: 0.5\nPhrase: ff\n\n"
		"Ruleset: acme\nComplaint from: 9\nReason: we look at more\n");
	score_text(b, "aa cc dd ee ff");
	assert_string_equal(hit_of_rule(b, "keeps")->layer, "");
	assert_string_equal(hit_of_rule(b, "changed")->layer, "acme");
	assert_string_equal(hit_of_rule(b, "changed")->place, "landlords/acme.rules:1");
	assert_string_equal(hit_of_rule(b, "changed")->means, "Old");
	assert_true(hit_of_rule(b, "changed")->points == 3);
	assert_null(hit_of_rule(b, "off"));
	assert_non_null(hit_of_rule(b, "back-on"));
	assert_string_equal(hit_of_rule(b, "own")->layer, "acme");
	assert_true(b->score.complaint_from == 9);
	assert_true(b->score.request_below == 2);
}

static void topics_and_marks_stand_once_in_order_of_place(void **state)
{
	struct bench *b = *state;

	must_compile(b,
		HEAD "Rule: a\nTopic: a delay\nMark: one, two\nPhrase: aa\n\n"
		     "Rule: b\nTopic: a leak\nMark: two\nPhrase: bb\n\n"
		     "Rule: c\nTopic: a delay\nFlag: legal, damp_mould\nPhrase: cc\n",
		NULL);
	score_text(b, "cc bb aa");
	assert_int_equal(b->score.n_topics, 2);
	assert_string_equal(b->score.topics[0], "a delay");
	assert_string_equal(b->score.topics[1], "a leak");
	assert_int_equal(b->score.n_marks, 2);
	assert_true(b->score.flags[RD_LEGAL] && b->score.flags[RD_DAMP_MOULD]);
	assert_int_equal(b->score.n_hits, 3);
	assert_string_equal(b->score.hits[0].rule, "c");
	assert_string_equal(b->score.hits[2].rule, "a");
}

static void an_unknown_landlord_is_named_with_a_guess(void **state)
{
	struct bench *b = *state;
	struct rd_rulefiles files;
	struct rd_ruleset *rules = NULL;

	files_of(b, HEAD, NULL, &files);
	assert_int_equal(
		rd_ruleset_compile(&files, "acmee", b->now_ms, &rules, &b->err), RD_E_MISSING);
	assert_non_null(strstr(b->err.msg, "Did you mean `acme`?"));
	assert_null(rules);
}

static void nothing_found_may_ask_for_a_person(void **state)
{
	struct bench *b = *state;

	must_compile(
		b, "Ruleset: t\nNothing found: review\n\nRule: a\nPoints: 0\nPhrase: aa\n", NULL);
	score_text(b, "zz");
	assert_true(b->score.review);
	score_text(b, "aa");
	assert_false(b->score.review);
}

static void a_rule_may_send_a_message_to_a_person(void **state)
{
	struct bench *b = *state;

	must_compile(b,
		HEAD "Rule: tongue\nReview: it is written in another language\nPhrase: aa\n\n"
		     "Rule: thanks\nDecides: compliment\nPhrase: bb\n",
		NULL);
	score_text(b, "bb");
	assert_false(b->score.review);
	score_text(b, "aa bb");
	assert_true(b->score.review);
	assert_int_equal(b->score.kind, RD_COMPLIMENT);
	assert_int_equal(b->score.n_review_reasons, 1);
	assert_string_equal(b->score.review_reasons[0], "it is written in another language");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_begin, bench_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(exclusions_stop_within_their_window_and_sentence),
		TEST(a_group_counts_up_to_its_cap_the_weightiest_first),
		TEST(decisions_follow_their_order),
		TEST(tenths_add_up_to_the_threshold_they_name),
		TEST(conditions_hold_as_written),
		TEST(fields_of_a_rule_limit_where_it_looks),
		TEST(spans_are_bytes_of_the_field_as_given),
		TEST(quoted_mail_never_scores),
		TEST(a_landlords_layer_overrides_and_disables),
		TEST(topics_and_marks_stand_once_in_order_of_place),
		TEST(an_unknown_landlord_is_named_with_a_guess),
		TEST(nothing_found_may_ask_for_a_person),
		TEST(a_rule_may_send_a_message_to_a_person),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

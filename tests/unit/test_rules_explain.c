/* An explanation says why, adds up, and names what would have altered the answer. */
#include "rules_help.h"

#include "redress/base/buf.h"

/* Rules of HEAD: no complaint below 2, a complaint from 5; caps of 4. */
#define RULES                                                                                      \
	HEAD "Group: delay\nCap: 3\n\n"                                                            \
	     "Rule: waits\nMeans: Has waited\nGroup: delay\nPoints: 2.5\nTopic: a delay\n"         \
	     "Phrase: still waiting\nUnless before: not [within 2 words]\n\n"                      \
	     "Rule: chased\nMeans: Has asked before\nGroup: delay\nPoints: 2\n"                    \
	     "Phrase: rang (twice|again)\n\n"                                                      \
	     "Rule: angry\nMeans: Is angry\nPoints: 2\nPhrase: fuming\nPhrase: furious\n\n"        \
	     "Rule: thanks\nMeans: Says thanks\nFor: compliment\nPoints: 1\nPhrase: thank you\n\n" \
	     "Rule: hurt\nFlag: personal_injury\nMark: theft\nPhrase: hurt\n\n"                    \
	     "Rule: ours\nMeans: Names us\nPhrase: your office\n\n"                                \
	     "Rule: noise\nMeans: Hears others\nFor: asb_report\nPoints: 1\nPhrase: noise\n\n"     \
	     "Rule: calm\nMeans: Is calm\nFor: asb_report\nPoints: -1\nPhrase: asleep\n\n"         \
	     "Rule: says\nMeans: Says that it is one\nDecides: complaint\nPhrase: a complaint\n"   \
	     "Unless before: not\n\n"                                                              \
	     "Rule: also\nDecides: complaint\nPhrase: ombudsman\n\n"                               \
	     "Rule: praises\nDecides: compliment\nPhrase: well done\n\n"                           \
	     "Rule: welsh\nReview: it is in another language\nPhrase: bore da\n\n"                 \
	     "Combine: angry-at-us\nMeans: Angry at the landlord\nPoints: 0.5\n"                   \
	     "If: angry and any of (ours, chased)\n"

#define LEANING "Leaning: leans\nMeans: Sad words\nFor: complaint\nBase: 1.5\nLean: +1 again\n"

static const char *explain(struct bench *b, const char *layer, const char *body)
{
	struct rd_buf out = RD_BUF(1u << 20);

	must_compile(b, RULES, layer);
	score_text(b, body);
	assert_int_equal(rd_score_explain(b->rules, &b->score, &b->message, &out, &b->err), RD_OK);
	const char *text = rd_arena_strdup(b->arena, rd_buf_str(&out));
	rd_buf_free(&out);
	return text;
}

static const struct {
	const char *why;
	const char *body;
	const char *layer;
	const char *says[6];
} explained[] = {
	{ "each hit with its words, place and points", "I am still waiting. It is fuming.", NULL,
		{ "complaint, A PERSON MUST LOOK: 4.5 (no complaint below 2, complaint from 5)",
			"   +2.5  waits                    body 5-18 \"still waiting\"  "
			"core.rules:10\n"
			"        Has waited\n",
			"     +2  angry                    body 26-32 \"fuming\"  core.rules:24\n",
			"    4.5  together\n", " topics: a delay\n" } },
	{ "what a cap took", "still waiting, rang twice", NULL, { "      3  together\n" } },
	{ "what a cap took, at the hit", "still waiting, rang twice", NULL,
		{ "   +0.5  chased                   body 15-25 \"rang twice\"",
			"Has asked before; 0.5 of its 2 points, for group delay gives 3 at most\n",
			"      3  together\n" } },
	{ "the rules of a combine", "fuming at your office", NULL,
		{ "   +0.5  angry-at-us              because of angry, ours  core.rules:",
			"    2.5  together\n",
			" seen, and used by other rules only:\n         ours                     "
			"body 10-21 \"your office\"  core.rules:41  Names us\n" } },
	{ "a kind whose rules come to nothing", "the noise, asleep, I am furious", NULL,
		{ " points for a report of anti-social behaviour:\n     +1  noise  ",
			"     -1  calm  ", "      0  together\n" } },
	{ "where every message starts", "furious", LEANING,
		{ " points for a complaint:\n     +2  angry  ",
			"   +1.5  leans                    where every message starts  "
			"landlords/acme.rules:1\n    3.5  together\n" } },
	{ "words that lean, without where they start", "furious again", LEANING,
		{ "   +1.5  leans                    where every message starts  "
		  "landlords/acme.rules:1\n",
			"leans                    1 word: again +1  landlords/acme.rules:1 (acme)\n"
			"        Sad words\n" } },
	{ "each kind's own total", "thank you, I am furious", NULL,
		{ " points for a complaint:\n", " points for a compliment:\n     +1  thanks" } },
	{ "what a hit does without points", "I got hurt", NULL,
		{ " without points:\n         hurt                     body 6-10 \"hurt\"  "
		  "core.rules:36\n        hurt; flag personal_injury; mark theft\n",
			" flags: personal_injury\n", " marks: theft\n" } },
	{ "what was stopped, by what, and where that stands", "I am not still waiting", NULL,
		{ " stopped, and not counted:\n     --  waits                    body 9-22 \"still "
		  "waiting\"  core.rules:10\n        stopped by not, 1 word before "
		  "(core.rules:16)\n" } },
	{ "why a landlord judges otherwise", "still waiting",
		"Override: waits\nPoints: 1\nReason: They wait for weeks here\n\n"
		"Disable: angry\nReason: Too many false alarms\nUntil: 2027-03-01\n\n"
		"Ruleset: acme\nComplaint from: 4\nReason: Their policy says so\n",
		{ " +1  waits                    body 0-13 \"still waiting\"  "
		  "landlords/acme.rules:1 (acme: They wait for weeks here)\n",
			" thresholds of acme: Their policy says so\n",
			" rule angry is off until 2027-03-01  landlords/acme.rules:5 (acme: Too "
			"many "
			"false alarms)\n",
			"complaint from 4)" } },
	/* The nearest change. */
	{ "in points", "still waiting and fuming", NULL,
		{ " nearest change: with 0.5 more points it is a complaint; with more than 2.5 "
		  "fewer "
		  "it is not\n",
			"with 3 in place of 2.5 points for `waits`: a complaint\n" } },
	{ "no more points than the cap lets through", "still waiting, rang twice, fuming", NULL,
		{ "without `angry`: a person must look (best answer: a service request)\n",
			"without `chased`: a person must look (best answer: a complaint)\n" } },
	{ "by a rule that is off", "I want to make a complaint", NULL,
		{ " nearest change: rule `says` settles it\n",
			"   without `says`: a service request\n" } },
	{ "by two rules that agree", "a complaint to the ombudsman", NULL,
		{ "   without `says` and `also`: a service request\n" } },
	{ "by rules that settle it as the points would",
		"a complaint: still waiting, fuming at your "
		"office, rang twice",
		NULL, { "   without `says`: still a complaint\n" } },
	{ "by one of two rules that do not agree", "well done, but it is a complaint", NULL,
		{ "   without `praises`: a complaint\n", "   without `says`: a compliment\n" } },
	{ "what sends it to a person", "bore da", NULL,
		{ "; sends it to a person\n", "because: it is in another language\n",
			"   without `welsh`: a service request\n" } },
	{ "by an exclusion", "this is not a complaint", NULL,
		{ "   had `says` not been stopped (core.rules:" } },
	{ "by a combine that is off", "still waiting, fuming at your office", NULL,
		{ "   without `angry-at-us`: a person must look (best answer: a complaint)\n" } },
	{ "by several rules together, and no more than are needed",
		"still waiting, rang twice, fuming at your office, late",
		"Override: waits\nPoints: 3\nReason: r\n\nOverride: chased\nPoints: 3\nReason: "
		"r\n\n"
		"Rule: late\nPoints: 2\nPhrase: late\n\nRuleset: acme\nComplaint from: 4\nReason: "
		"r\n",
		{ "   without `angry` and `late`: a person must look" } },
	{ "by several rules together", "still waiting, rang twice, fuming at your office",
		"Ruleset: acme\nComplaint from: 3\nReason: r\n",
		{ "   without `waits` and `angry`: a person must look (best answer: a "
		  "service request)\n" } },
};

static void an_explanation_says(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < sizeof explained / sizeof explained[0]; i++) {
		const char *text = explain(b, explained[i].layer, explained[i].body);
		for (size_t k = 0; k < 6 && explained[i].says[k] != NULL; k++)
			if (strstr(text, explained[i].says[k]) == NULL)
				fail_msg("%s: not said `%s` in\n%s", explained[i].why,
					explained[i].says[k], text);
	}
}

/* Three ways at most, and none through a rule that only a combine looks for. */
static void few_ways_are_told_and_those_with_points_first(void **state)
{
	struct bench *b = *state;
	const char *text = explain(b,
		"Rule: seen\nReview: it is seen\nPhrase: seen\n\n"
		"Ruleset: acme\nRequest below: 2.5\nReason: r\n",
		"furious at your office; seen; rang again");
	const char *nearest = strstr(text, " nearest change: ");
	size_t n = 0;

	assert_non_null(nearest);
	assert_null(strstr(nearest, "`ours`"));
	for (const char *at = strchr(nearest, '\n'); at != NULL && at[1] != '\0';
		at = strchr(at + 1, '\n'))
		n += strncmp(at + 1, "   ", 3) == 0 && at[4] != '(';
	if (n == 0 || n > 3)
		fail_msg("%zu ways in\n%s", n, text);
}

/* What the points lines add up to is the total that is told. */
static void the_points_told_add_up(void **state)
{
	struct bench *b = *state;
	double sum = 0;

	explain(b, NULL, "still waiting, rang twice, fuming at your office");
	for (size_t i = 0; i < b->score.n_hits; i++)
		sum += b->score.hits[i].points;
	assert_true(sum > 5.49 && sum < 5.51);
	assert_true(b->score.total == 5.5);
}

static void other_reasons_to_look_are_told_apart(void **state)
{
	struct bench *b = *state;
	struct rd_buf out = RD_BUF(1u << 20);

	must_compile(b, RULES, NULL);
	score_text(b, "I want to make a complaint");
	b->message.trouble.encrypted = true;
	assert_int_equal(
		rd_score_message(b->rules, &b->message, b->now_ms, b->arena, &b->score, &b->err),
		RD_OK);
	assert_int_equal(rd_score_explain(b->rules, &b->score, &b->message, &out, &b->err), RD_OK);
	assert_non_null(strstr(rd_buf_str(&out), "whatever the points are"));
	assert_non_null(strstr(rd_buf_str(&out), "because: it is encrypted"));
	rd_buf_free(&out);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_begin, bench_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_explanation_says),
		TEST(few_ways_are_told_and_those_with_points_first),
		TEST(the_points_told_add_up),
		TEST(other_reasons_to_look_are_told_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

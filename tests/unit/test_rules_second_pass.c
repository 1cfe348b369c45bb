/* A message that forwards another: scored without and with it, and a person where they differ. */
#include "rules_help.h"

#include "redress/message/quotes.h"

#define RULES                                                                                      \
	"Ruleset: test\nRequest below: 2\nComplaint from: 5\nCap per group: 20\n\n"                \
	"Rule: angry\nMeans: x\nPoints: 5\nTopic: anger\nPhrase: livid\nMust match: livid\n"       \
	"Must not match: calm\n\n"                                                                 \
	"Rule: cross\nMeans: x\nPoints: 2\nPhrase: cross\nMust match: cross\nMust not match: "     \
	"calm\n\n"                                                                                 \
	"Rule: soothed\nMeans: x\nPoints: -5\nPhrase: all well now\nMust match: all well now\n"    \
	"Must not match: calm\n\n"                                                                 \
	"Rule: asks\nMeans: x\nFor: enquiry\nPoints: 3\nPhrase: what time\nMust match: what "      \
	"time\n"                                                                                   \
	"Must not match: calm\n\n"                                                                 \
	"Rule: leak\nMeans: x\nFor: service_request\nPoints: 1\nTopic: a leak\nPhrase: leak*\n"    \
	"Must match: leak\nMust not match: calm\n\n"                                               \
	"Rule: gas\nMeans: x\nFlag: health_safety\nPhrase: gas\nMust match: gas\n"                 \
	"Must not match: calm\n\n"                                                                 \
	"Rule: hurt\nMeans: x\nFlag: personal_injury\nPhrase: broke his arm\nMust match: broke "   \
	"his "                                                                                     \
	"arm\nMust not match: calm\n\n"                                                            \
	"Rule: beaten\nMeans: x\nFlag: safeguarding\nPhrase: he hits me\nMust match: he hits me\n" \
	"Must not match: calm\n\n"                                                                 \
	"Rule: old\nMeans: x\nFlag: vulnerable\nPhrase: eighty two\nMust match: eighty two\n"      \
	"Must not match: calm\n"

#define FORWARD(words)                                                                             \
	"\n\n---------- Forwarded message ---------\nFrom: Ann <ann@example.com>\nDate: Tue, 3 "   \
	"Nov "                                                                                     \
	"2026 at 10:12\nTo: <office@example.org>\n\n" words "\n"

static int begin(void **state)
{
	bench_begin(state);
	must_compile(*state, RULES, NULL);
	return 0;
}

static bool gives_reason(const struct bench *b, const char *words)
{
	for (size_t i = 0; i < b->score.n_review_reasons; i++)
		if (strstr(b->score.review_reasons[i], words) != NULL)
			return true;
	return false;
}

struct row {
	const char *why, *subject, *body;
	enum rd_kind kind;
	bool review;
	double total;
	const char *reason; /* that is given; NULL: none */
};

/* Rules that the own words meet and the whole does not: what they set stays set. */
#define RULES_OF_OWN_WORDS                                                                         \
	"Ruleset: test\nRequest below: 2\nComplaint from: 5\n\n"                                   \
	"Rule: beats\nMeans: x\nPhrase: he hits me\n\n"                                            \
	"Rule: gone\nMeans: x\nTopic: a neighbour\nPhrase: he left\n\n"                            \
	"Combine: danger\nMeans: x\nIf: beats and not gone\nFlag: safeguarding\nMark: violence\n"

static void a_flag_of_the_own_words_stays_whatever_is_forwarded(void **state)
{
	struct bench *b = *state;

	must_compile(b, RULES_OF_OWN_WORDS, NULL);
	score_as(b, RD_CHANNEL_EMAIL, "Fwd: him", "he hits me" FORWARD("he left on Tuesday"));
	assert_true(b->score.flags[RD_SAFEGUARDING]);
	assert_int_equal(b->score.n_marks, 1);
	assert_int_equal(b->score.n_topics, 1);
	assert_false(b->score.review);
}

/* The forward alone is what a rule would be tried on that is switched off. */
static void a_rule_that_is_off_is_told_though_the_own_words_send_it_to_a_person(void **state)
{
	const struct rd_off_rule item = { "acme", "gas" };
	const struct rd_off_rules off = { &item, 1 };
	struct bench *b = *state;

	rd_ruleset_switch_off(b->rules, &off);
	score_as(b, RD_CHANNEL_EMAIL, "Fwd: him", "cross" FORWARD("there is gas"));
	assert_true(b->score.review);
	assert_int_equal(b->score.n_off_rules, 1);
	assert_string_equal(b->score.off_rules[0], "gas");
	assert_true(gives_reason(b, "`gas` is switched off"));
	assert_true(gives_reason(b, "between the two thresholds"));
}

static void two_passes_are_compared(void **state)
{
	static const struct row rows[] = {
		{ "no forward: one pass", "leak", "livid", RD_COMPLAINT, false, 5, NULL },
		{ "a quoted mail is not read twice", "Re: leak",
			"the leak is back\n\nOn Tue, 3 Nov 2026 at 10:12, Ann <ann@example.com> "
			"wrote:\n> livid",
			RD_SERVICE_REQUEST, false, 0, NULL },
		{ "a complaint stands in the forward alone", "Fwd: leak",
			"Please see below" FORWARD("livid about the leak"), RD_COMPLAINT, true, 5,
			"by its own words it is a service request, with what it forwards a "
			"complaint" },
		{ "both alike", "Fwd: leak", "the leak is back" FORWARD("the leak is back"),
			RD_SERVICE_REQUEST, false, 0, NULL },
		{ "both are complaints", "Fwd: leak", "livid" FORWARD("livid"), RD_COMPLAINT, false,
			5, NULL },
		{ "the forward makes it unsure", "Fwd: leak", "the leak is back" FORWARD("cross"),
			RD_SERVICE_REQUEST, true, 2, "changes what is to be done" },
		{ "a sure complaint stays one, whatever is forwarded", "Fwd: leak",
			"livid" FORWARD("all well now what time"), RD_COMPLAINT, true, 0,
			"with what it forwards an enquiry" },
		{ "nothing but a forward: it alone is read", "Fwd: leak", FORWARD("livid"),
			RD_COMPLAINT, true, 5, "all that was read is what it forwards" },
		{ "a greeting says nothing either", "Fwd: leak", "Hi team," FORWARD("livid"),
			RD_COMPLAINT, true, 5, "all that was read is what it forwards" },
		{ "what the forward quotes is quoted", "Fwd: leak",
			"the leak is back" FORWARD("the leak is back\n\nOn Mon, 2 Nov 2026 at "
						   "10:12, Office <o@example.org> wrote:\n> livid"),
			RD_SERVICE_REQUEST, false, 0, NULL },
		{ "the forward's signature does not score", "Fwd: leak",
			"the leak is back" FORWARD("the leak is back\n\nKind regards\nAnn "
						   "Livid\n07700 900123"),
			RD_SERVICE_REQUEST, false, 0, NULL },
		{ "answers in red below may be hers", "RE: leak",
			"the leak is back, my answers are in red below\n\nFrom: Office "
			"<o@example.org>\nSent: 3 November 2026 10:12\nTo: Ann\nSubject: leak\n\n"
			"Is it dry? No, livid",
			RD_COMPLAINT, true, 5, "with what it forwards a complaint" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct bench *b = *state;
		const struct row *row = &rows[i];

		score_as(b, RD_CHANNEL_EMAIL, row->subject, row->body);
		if (b->score.kind != row->kind || b->score.review != row->review ||
			b->score.total > row->total || b->score.total < row->total)
			fail_msg("%s: %s, review %d, %g", row->why, rd_kind_names[b->score.kind],
				b->score.review, b->score.total);
		if (row->reason != NULL && !gives_reason(b, row->reason))
			fail_msg("%s: %s", row->why,
				b->score.n_review_reasons > 0 ? b->score.review_reasons[0] : "-");
		if (row->reason == NULL && b->score.n_review_reasons > 0)
			fail_msg("%s: %s", row->why, b->score.review_reasons[0]);
	}
}

static void danger_in_a_forward_is_seen_by_a_person(void **state)
{
	static const struct {
		const char *words;
		enum rd_flag flag;
	} rows[] = { { "I smell gas", RD_HEALTH_SAFETY },
		{ "he broke his arm", RD_PERSONAL_INJURY }, { "he hits me", RD_SAFEGUARDING } };
	struct bench *b = *state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char body[600];

		snprintf(body, sizeof body, "the leak is back" FORWARD("the leak is back. %s"),
			rows[i].words);
		score_as(b, RD_CHANNEL_EMAIL, "Fwd: leak", body);
		assert_int_equal(b->score.kind, RD_SERVICE_REQUEST);
		if (!b->score.flags[rows[i].flag] || !b->score.review ||
			!gives_reason(b, "speaks of danger"))
			fail_msg("%s", rows[i].words);
		/* said in both, it needs no second look */
		snprintf(body, sizeof body, "the leak is back. %s" FORWARD("the leak is back. %s"),
			rows[i].words, rows[i].words);
		score_as(b, RD_CHANNEL_EMAIL, "Fwd: leak", body);
		assert_true(b->score.flags[rows[i].flag] && !b->score.review);
	}
	/* the others come with what decides, and alone ask for nobody */
	score_as(b, RD_CHANNEL_EMAIL, "Fwd: leak",
		"the leak is back" FORWARD("the leak is back, I am eighty two"));
	assert_false(b->score.review || b->score.flags[RD_VULNERABLE]);
}

static void hits_stand_where_they_are_in_the_body(void **state)
{
	static const char body[] = "Please see below" FORWARD("livid about the leak");
	struct bench *b = *state;
	const struct rd_hit *hit;

	score_as(b, RD_CHANNEL_EMAIL, "", body);
	hit = hit_of_rule(b, "angry");
	assert_non_null(hit);
	assert_int_equal(hit->where, RD_WHERE_BODY);
	assert_int_equal(hit->from, strstr(body, "livid") - body);
	assert_int_equal(hit->to, hit->from + 5);
	assert_string_equal(b->score.topics[0], "anger");
	/* both agree, and only the second pass knows what it is about */
	score_as(b, RD_CHANNEL_EMAIL, "", "FYI" FORWARD("the leak is back"));
	assert_false(b->score.review);
	assert_int_equal(b->score.n_topics, 1);
	assert_string_equal(b->score.topics[0], "a leak");
}

/* More forwarded text than is read goes to a person, as any other does. */
static void a_forward_too_long_is_told(void **state)
{
	struct bench *b = *state;
	char *body = malloc(200000);
	size_t n;

	assert_non_null(body);
	n = (size_t)snprintf(body, 200000, "the leak is back" FORWARD(""));
	while (n < 100000)
		n += (size_t)snprintf(body + n, 200000 - n, "calm words and more of them\n");
	score_as(b, RD_CHANNEL_EMAIL, "Fwd: leak", body);
	assert_true(b->score.review);
	assert_true(gives_reason(b, "longer than what is read"));
	free(body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_passes_are_compared),
		cmocka_unit_test_setup_teardown(
			a_flag_of_the_own_words_stays_whatever_is_forwarded, begin, bench_end),
		cmocka_unit_test_setup_teardown(
			a_rule_that_is_off_is_told_though_the_own_words_send_it_to_a_person, begin,
			bench_end),
		cmocka_unit_test(danger_in_a_forward_is_seen_by_a_person),
		cmocka_unit_test(hits_stand_where_they_are_in_the_body),
		cmocka_unit_test(a_forward_too_long_is_told),
	};

	return cmocka_run_group_tests(tests, begin, bench_end);
}

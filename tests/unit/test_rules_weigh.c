/* Weighed from the numbers of its hits, a message comes to what scoring it comes to. */
#include "unit/rules_help.h"

#include <math.h>

#include "redress/rules/compiled.h"
#include "redress/rules/share.h"
#include "redress/rules/weigh.h"

static const char set[] =
	HEAD "Rule: waits\nMeans: Waits\nGroup: delay\nPoints: 2.5\nPhrase: still waiting\n"
	     "Must match: still waiting\nMust not match: waiting\n\n"
	     "Rule: again\nMeans: Again\nGroup: delay\nPoints: 3\nPhrase: third time\n"
	     "Must match: third time\nMust not match: time\n\n"
	     "Rule: thanks\nMeans: Thanks\nPoints: -1.5\nPhrase: thank you\n"
	     "Must match: thank you\nMust not match: you\n\n"
	     "Rule: says\nMeans: Says so\nDecides: complaint\nPhrase: formal complaint\n"
	     "Must match: formal complaint\nMust not match: formal\n\n"
	     "Rule: survey\nMeans: Survey\nDecides: survey_feedback\nPhrase: survey\n"
	     "Must match: the survey\nMust not match: formal\n\n"
	     "Rule: tap\nMeans: Tap\nFor: enquiry\nPoints: 2\nPhrase: tap\n"
	     "Must match: the tap\nMust not match: formal\n\n"
	     "Combine: both\nIf: waits and again\nPoints: 1\n\n"
	     "Combine: calm\nIf: tap and not waits\nPoints: 2\n";

static struct rd_weighing begin(struct bench *b)
{
	struct rd_weighing weighing;

	assert_int_equal(rd_weighing_begin(b->rules, b->arena, &weighing, &b->err), RD_OK);
	return weighing;
}

static struct rd_specimen specimen_of(struct bench *b, struct rd_weighing *weighing)
{
	struct rd_specimen specimen = { .channel = b->message.channel };

	assert_int_equal(
		rd_weighing_take(weighing, &b->score, b->arena, &specimen, &b->err), RD_OK);
	return specimen;
}

static uint32_t number_of(const struct rd_weighing *weighing, const char *id)
{
	for (uint32_t i = 0; i < weighing->n_rules; i++)
		if (strcmp(weighing->facts[i].id, id) == 0)
			return i;
	fail_msg("no rule %s", id);
	return RD_NO_RULE;
}

static void weighs_as_the_score(struct bench *b, struct rd_weighing *weighing, const char *text)
{
	const struct rd_specimen specimen = specimen_of(b, weighing);
	const struct rd_weighed weighed = rd_weigh(weighing, &specimen, RD_NO_RULE);

	if (weighed.kind != b->score.kind || weighed.unsure != b->score.review ||
		fabs(weighed.total - b->score.total) > 1e-9)
		fail_msg("\"%s\": %s %d %g, scored as %s %d %g", text, rd_kind_names[weighed.kind],
			weighed.unsure, weighed.total, rd_kind_names[b->score.kind],
			b->score.review, b->score.total);
}

static void a_message_comes_to_what_it_scores(void **state)
{
	static const char *const texts[] = {
		"nothing to see",
		"still waiting",
		"still waiting, third time", /* the cap of 4, and the combine */
		"still waiting, thank you",
		"formal complaint about the tap",
		"formal complaint in the survey", /* two that differ */
		"survey",
		"the tap drips",
		"still waiting about the tap", /* unsure */
		"thank you",
	};
	struct bench *b = *state;

	must_compile(b, set, NULL);
	struct rd_weighing weighing = begin(b);
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		score_text(b, texts[i]);
		weighs_as_the_score(b, &weighing, texts[i]);
	}
}

/* Words that lean are no rule, whatever they add. */
static void where_nothing_is_found_both_send_to_a_person(void **state)
{
	static const char *const texts[] = { "nothing to see", "the tap drips", "again and again",
		"again the tap" };
	struct bench *b = *state;

	must_compile(b,
		"Ruleset: test\nRequest below: 3\nComplaint from: 5\nNothing found: review\n\n"
		"Leaning: tone\nMeans: Words of complaints\nBase: 1\nLean: +0.5 again\n\n"
		"Rule: tap\nMeans: Tap\nFor: enquiry\nPoints: 2\nPhrase: tap\n",
		NULL);
	struct rd_weighing weighing = begin(b);
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		score_text(b, texts[i]);
		assert_true(b->score.review == (strstr(texts[i], "tap") == NULL));
		weighs_as_the_score(b, &weighing, texts[i]);
	}
	score_text(b, "the tap drips");
	const struct rd_specimen specimen = specimen_of(b, &weighing);
	assert_true(rd_weigh(&weighing, &specimen, number_of(&weighing, "tap")).unsure);
}

/* Every example of every shipped rule, one by one and three together. */
static void the_shipped_pack_weighs_as_it_scores(void **state)
{
	struct bench *b = *state;
	struct rd_rulefiles files;
	const char *before = "", *last = "";
	size_t n = 0;

	assert_int_equal(
		rd_rulefiles_read(RD_SOURCE_DIR "/rules", b->arena, &files, &b->err), RD_OK);
	assert_int_equal(
		rd_ruleset_compile(&files, "code-2024", b->now_ms, &b->rules, &b->err), RD_OK);
	struct rd_weighing weighing = begin(b);
	struct rd_arena *kept = b->arena;
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *mine = rd_arena_new(16u << 20);
	for (uint32_t i = 0; i < b->rules->n_rules; i += 3) {
		const struct rd_lines must = b->rules->rules[i].def->must;

		for (size_t k = 0; k < must.n_items; k++) {
			char text[2000];

			snprintf(
				text, sizeof text, "%s. %s. %s", must.items[k].value, before, last);
			rd_arena_reset(mine);
			b->arena = mine;
			score_as(b, i % 2 == 0 ? RD_CHANNEL_SMS : RD_CHANNEL_EMAIL, "", text);
			weighs_as_the_score(b, &weighing, text);
			b->arena = kept;
			last = before;
			before = must.items[k].value;
			n++;
		}
	}
	assert_true(n > 50);
}

static void without_a_rule_its_combines_are_worked_out_anew(void **state)
{
	struct bench *b = *state;
	struct rd_weighed weighed;

	must_compile(b, set, NULL);
	struct rd_weighing weighing = begin(b);
	score_text(b, "still waiting about the tap, third time");
	const struct rd_specimen specimen = specimen_of(b, &weighing);
	weighed = rd_weigh(&weighing, &specimen, RD_NO_RULE);
	assert_true(weighed.total == 5); /* 4 by the cap, and `both` */
	assert_int_equal(weighed.kind, RD_COMPLAINT);
	assert_false(weighed.unsure);
	weighed = rd_weigh(&weighing, &specimen, number_of(&weighing, "both"));
	assert_true(weighed.total == 4);
	assert_true(weighed.unsure);
	/* 3 of `again`, none of `both`, and `calm` comes up: 2. */
	weighed = rd_weigh(&weighing, &specimen, number_of(&weighing, "waits"));
	assert_true(weighed.total == 5);
	weighed = rd_weigh(&weighing, &specimen, number_of(&weighing, "tap"));
	assert_true(weighed.total == 5);
	/* Nothing is left over from the question before. */
	weighed = rd_weigh(&weighing, &specimen, RD_NO_RULE);
	assert_true(weighed.total == 5);
}

static void what_a_person_must_see_anyway_stays_so(void **state)
{
	struct bench *b = *state;
	const char *const reasons[] = { "it is encrypted", "it may be a complaint" };

	must_compile(b, set, NULL);
	struct rd_weighing weighing = begin(b);
	score_text(b, "still waiting");
	assert_false(specimen_of(b, &weighing).must_review); /* the points alone */
	b->score.review_reasons = reasons;
	b->score.n_review_reasons = 2;
	assert_true(specimen_of(b, &weighing).must_review);
	score_text(b, "thank you");
	assert_false(specimen_of(b, &weighing).must_review);
	b->score.review = true;
	b->score.review_reasons = reasons;
	b->score.n_review_reasons = 1;
	const struct rd_specimen specimen = specimen_of(b, &weighing);
	assert_true(specimen.must_review);
	assert_true(rd_weigh(&weighing, &specimen, RD_NO_RULE).unsure);
	/* As it was decided under other thresholds: for its points alone. */
	score_text(b, "thank you");
	b->score.review = true;
	b->score.request_below = -5;
	b->score.n_review_reasons = 1;
	assert_false(specimen_of(b, &weighing).must_review);
}

static void a_rule_that_sends_to_a_person_does_so_as_long_as_it_is_there(void **state)
{
	struct bench *b = *state;
	struct rd_weighed weighed;

	must_compile(b,
		HEAD "Rule: far\nMeans: Far\nReview: written in a language that few read\n"
		     "Phrase: bonjour\nMust match: bonjour\nMust not match: bon\n",
		NULL);
	struct rd_weighing weighing = begin(b);
	score_text(b, "bonjour");
	weighs_as_the_score(b, &weighing, "bonjour");
	const struct rd_specimen specimen = specimen_of(b, &weighing);
	assert_false(specimen.must_review);
	weighed = rd_weigh(&weighing, &specimen, RD_NO_RULE);
	assert_true(weighed.unsure && weighed.sent);
	weighed = rd_weigh(&weighing, &specimen, number_of(&weighing, "far"));
	assert_false(weighed.unsure || weighed.sent);
}

static void hits_of_another_set_are_taken_by_name(void **state)
{
	struct bench *b = *state;
	const struct rd_hit hits[] = { { .rule = "gone" }, { .rule = "again" },
		{ .rule = "waits" } };

	must_compile(b, set, NULL);
	struct rd_weighing weighing = begin(b);
	b->score = (struct rd_score){ .hits = hits, .n_hits = 3 };
	const struct rd_specimen specimen = specimen_of(b, &weighing);
	assert_int_equal(specimen.n_hits, 3); /* with `both`, which follows from them */
	assert_true(rd_weigh(&weighing, &specimen, RD_NO_RULE).total == 5);
}

static void facts_say_where_points_stand(void **state)
{
	struct bench *b = *state;

	must_compile(b, set,
		"Override: waits\nReason: ours\nPoints: 1\n\n"
		"Disable: thanks\nReason: x\nUntil: 2029-01-01\n");
	struct rd_weighing weighing = begin(b);
	const struct rd_rule_facts *again = &weighing.facts[number_of(&weighing, "again")];
	const struct rd_rule_facts *waits = &weighing.facts[number_of(&weighing, "waits")];

	assert_string_equal(again->points_at.file, "core.rules");
	assert_int_equal(again->points_at.line, 18);
	assert_int_equal(again->points_at.column, 9);
	assert_false(again->points_in_layer);
	assert_true(again->cap == 4);
	assert_int_equal(again->group, waits->group);
	assert_string_equal(waits->points_at.file, "landlords/acme.rules");
	assert_true(waits->points_in_layer);
	assert_true(waits->points == 1);
	assert_false(weighing.facts[number_of(&weighing, "thanks")].runs);
	assert_true(weighing.facts[number_of(&weighing, "says")].decides);
	assert_int_equal(weighing.head.line, 1);
}

static void a_share_has_wilsons_interval(void **state)
{
	static const struct {
		const char *why;
		double n, of_them, weight, low, high;
	} rows[] = {
		/* By the formula, worked out elsewhere with 30 digits. */
		{ "all of ten", 10, 10, 1, 0.7224672, 1 },
		{ "none of ten", 10, 0, 1, 0, 0.2775328 },
		{ "half of a hundred", 100, 50, 1, 0.4038315, 0.5961685 },
		{ "the same of a weight", 100, 50, 50, 0.4038315, 0.5961685 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_share share = { 0 };
		double low, high, p;

		for (int k = 0; k < rows[i].n; k++)
			rd_share_add(&share, k < rows[i].of_them, rows[i].weight);
		p = rd_share_of(&share, &low, &high);
		if (fabs(p - rows[i].of_them / rows[i].n) > 1e-12 ||
			fabs(low - rows[i].low) > 1e-6 || fabs(high - rows[i].high) > 1e-6)
			fail_msg("%s: %.7f, %.7f to %.7f", rows[i].why, p, low, high);
	}
	assert_true(isnan(rd_share_of(&(struct rd_share){ 0 }, NULL, NULL)));
	/* One that stands for fifty beside fifty that stand for one says less than a hundred do. */
	struct rd_share mixed = { 0 };
	double low, high;
	for (int k = 0; k < 50; k++)
		rd_share_add(&mixed, true, 1);
	rd_share_add(&mixed, false, 50);
	assert_true(fabs(rd_share_of(&mixed, &low, &high) - 0.5) < 1e-12);
	assert_true(high - low > 0.6);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, bench_begin, bench_end)
	const struct CMUnitTest tests[] = {
		T(a_message_comes_to_what_it_scores),
		T(where_nothing_is_found_both_send_to_a_person),
		T(the_shipped_pack_weighs_as_it_scores),
		T(without_a_rule_its_combines_are_worked_out_anew),
		T(what_a_person_must_see_anyway_stays_so),
		T(a_rule_that_sends_to_a_person_does_so_as_long_as_it_is_there),
		T(hits_of_another_set_are_taken_by_name),
		T(facts_say_where_points_stand),
		cmocka_unit_test(a_share_has_wilsons_interval),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

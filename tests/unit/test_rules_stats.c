/* What each rule did in made messages, counted by hand. */
#include "unit/rules_help.h"

#include <math.h>

#include "redress/rules/rule_stats.h"
#include "redress/base/buf.h"
#include "redress/rules/rule_work.h"

static const char set[] =
	HEAD "Rule: waits\nMeans: Waits\nGroup: delay\nPoints: 2.5\nPhrase: still waiting\n"
	     "Must match: still waiting for it\nMust not match: waiting\n\n"
	     "Rule: again\nMeans: Again\nGroup: delay\nPoints: 3\nPhrase: third time\n"
	     "Must match: the third time\nMust not match: time\n\n"
	     "Rule: thanks\nMeans: Thanks\nPoints: -1.5\nPhrase: thank you\n"
	     "Must match: thank you\nMust not match: you\n\n"
	     "Rule: says\nMeans: Says so\nDecides: complaint\nPhrase: formal complaint\n"
	     "Must match: a formal complaint\nMust not match: formal\n\n"
	     "Rule: survey\nMeans: Survey\nDecides: survey_feedback\nPhrase: survey\n"
	     "Must match: the survey\nMust not match: formal\n\n"
	     "Rule: hearts\nMeans: Hearts\nFlag: vulnerable\nRegex: hearts?[ a-z]{0,40}broken\n"
	     "Reason: a test\nMust match: heart is broken\nMust not match: a heart is a heart\n\n"
	     "Rule: never\nMeans: Never\nPoints: 1\nPhrase: xylophone\n"
	     "Must match: a xylophone\nMust not match: formal\n\n"
	     "Combine: both\nIf: waits and again\nPoints: 1\n";

#define UNSAID (-1)

static const struct {
	const char *text;
	int said;
} messages[] = {
	{ "still waiting", RD_COMPLAINT },		      /* 2.5: unsure, by `waits` alone */
	{ "still waiting, third time", RD_COMPLAINT },	      /* 4 and 1: a complaint */
	{ "still waiting, thank you", RD_SERVICE_REQUEST },   /* 1: a request; 2.5 without thanks */
	{ "third time, thank you", UNSAID },		      /* 1.5: a request; 3 without thanks */
	{ "a formal complaint in the survey", RD_COMPLAINT }, /* two that differ */
	{ "formal complaint", UNSAID },
	{ "nothing", RD_ENQUIRY },
};
#define N_MESSAGES (sizeof messages / sizeof messages[0])

struct counted {
	struct rd_weighing weighing;
	struct rd_specimen items[N_MESSAGES];
	struct rd_stats stats;
};

static void count(struct bench *b, struct counted *c)
{
	must_compile(b, set, NULL);
	assert_int_equal(rd_weighing_begin(b->rules, b->arena, &c->weighing, &b->err), RD_OK);
	for (size_t i = 0; i < N_MESSAGES; i++) {
		score_text(b, messages[i].text);
		c->items[i] = (struct rd_specimen){
			.channel = RD_CHANNEL_SMS, .said = messages[i].said, .weight = 50
		};
		assert_int_equal(
			rd_weighing_take(&c->weighing, &b->score, b->arena, &c->items[i], &b->err),
			RD_OK);
	}
	assert_int_equal(
		rd_rule_stats(&c->weighing, c->items, N_MESSAGES, b->arena, &c->stats, &b->err),
		RD_OK);
}

static uint32_t number_of(const struct rd_weighing *weighing, const char *id)
{
	for (uint32_t i = 0; i < weighing->n_rules; i++)
		if (strcmp(weighing->facts[i].id, id) == 0)
			return i;
	fail_msg("no rule %s", id);
	return RD_NO_RULE;
}

static void hits_and_what_people_said_are_counted(void **state)
{
	static const struct {
		const char *rule;
		uint32_t hits, said, complaints, decided;
	} rows[] = {
		{ "waits", 3, 3, 2, 2 }, /* without it the second is 3 and unsure */
		{ "again", 2, 1, 1, 1 }, /* without it the second is 2.5 and unsure */
		{ "thanks", 2, 1, 0, 2 },
		{ "says", 2, 1, 1, 2 },	  /* without it: a survey, and a request */
		{ "survey", 1, 1, 1, 1 }, /* without it nobody need look */
		{ "both", 1, 1, 1, 1 },	  /* without it 4: unsure */
		{ "hearts", 0, 0, 0, 0 },
		{ "never", 0, 0, 0, 0 },
	};
	struct bench *b = *state;
	struct counted c;

	count(b, &c);
	assert_int_equal(c.stats.n_said, 5);
	assert_int_equal(c.stats.n_complaints, 3);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct rd_rule_stats *r =
			&c.stats.rules[number_of(&c.weighing, rows[i].rule)];

		if (r->n_hits != rows[i].hits || r->complaints.sum != rows[i].said ||
			r->complaints.of_them != rows[i].complaints ||
			r->n_decided != rows[i].decided)
			fail_msg("%s: %u hits, %g of %g complaints, %u decided", rows[i].rule,
				r->n_hits, r->complaints.of_them, r->complaints.sum, r->n_decided);
	}
}

static void the_twin_is_the_rule_with_the_most_in_common(void **state)
{
	struct bench *b = *state;
	struct counted c;

	count(b, &c);
	const struct rd_rule_stats *both = &c.stats.rules[number_of(&c.weighing, "both")];
	const struct rd_rule_stats *says = &c.stats.rules[number_of(&c.weighing, "says")];
	const struct rd_rule_stats *never = &c.stats.rules[number_of(&c.weighing, "never")];
	/* `again` has one of its two hits in common with `both`, `waits` one of three. */
	assert_int_equal(both->with, number_of(&c.weighing, "again"));
	assert_int_equal(both->n_with, 1);
	assert_int_equal(says->with, number_of(&c.weighing, "survey"));
	assert_int_equal(never->with, RD_NO_RULE);
	assert_int_equal(never->n_with, 0);
}

static void what_pulls_apart_is_named(void **state)
{
	struct bench *b = *state;
	struct counted c;
	bool settle = false, points = false;

	count(b, &c);
	assert_int_equal(c.stats.n_opposing, 3);
	for (size_t i = 0; i < 3; i++) {
		const struct rd_opposing *pair = &c.stats.opposing[i];

		assert_int_equal(pair->n, 1);
		assert_true(pair->one < pair->other);
		settle = settle || (pair->settle && pair->one == number_of(&c.weighing, "says") &&
					   pair->other == number_of(&c.weighing, "survey"));
		points = points || (!pair->settle && pair->one == number_of(&c.weighing, "again") &&
					   pair->other == number_of(&c.weighing, "thanks"));
	}
	assert_true(settle);
	assert_true(points);
}

static void nothing_counted_is_nothing(void **state)
{
	struct bench *b = *state;
	struct counted c;

	must_compile(b, set, NULL);
	assert_int_equal(rd_weighing_begin(b->rules, b->arena, &c.weighing, &b->err), RD_OK);
	assert_int_equal(rd_rule_stats(&c.weighing, NULL, 0, b->arena, &c.stats, &b->err), RD_OK);
	assert_int_equal(c.stats.n_opposing, 0);
	assert_int_equal(c.stats.rules[0].n_hits, 0);
	assert_true(isnan(rd_share_of(&c.stats.rules[0].complaints, NULL, NULL)));
}

/* Twenty of them are more than a text may hold. */
static void long_examples_are_parted_among_texts(void **state)
{
	struct bench *b = *state;
	struct rd_buf rules = RD_BUF(1u << 20);
	const struct rd_rule_work *work;

	assert_int_equal(rd_buf_add_str(&rules,
				 HEAD "Rule: a\nMeans: m\nPoints: 1\nPhrase: aa bb\n", &b->err),
		RD_OK);
	for (int i = 0; i < 45; i++) {
		assert_int_equal(rd_buf_printf(&rules, &b->err, "Must match: aa bb."), RD_OK);
		for (int k = 0; k < 650; k++)
			assert_int_equal(rd_buf_add_str(&rules, " Well.", &b->err), RD_OK);
		assert_int_equal(rd_buf_add_str(&rules, "\n", &b->err), RD_OK);
	}
	assert_int_equal(rd_buf_add_str(&rules, "Must not match: aa cc\n", &b->err), RD_OK);
	must_compile(b, rd_buf_str(&rules), NULL);
	assert_int_equal(rd_rules_work(b->rules, b->now_ms, b->arena, &work, &b->err), RD_OK);
	assert_true(work[0].bytes > 0);
	rd_buf_free(&rules);
}

static void work_is_counted_by_rule_and_always_the_same(void **state)
{
	struct bench *b = *state;
	const struct rd_rule_work *work, *again;
	struct counted c;

	count(b, &c);
	assert_int_equal(rd_rules_work(b->rules, b->now_ms, b->arena, &work, &b->err), RD_OK);
	assert_int_equal(rd_rules_work(b->rules, b->now_ms, b->arena, &again, &b->err), RD_OK);
	for (uint32_t i = 0; i < c.weighing.n_rules; i++) {
		assert_int_equal(work[i].bytes, again[i].bytes);
		assert_int_equal(work[i].runs, again[i].runs);
	}
	assert_int_equal(work[number_of(&c.weighing, "both")].bytes, 0);
	assert_true(work[number_of(&c.weighing, "waits")].bytes > 0);
	/* A pattern over whole stretches of text costs more than a phrase in its sentence. */
	assert_true(work[number_of(&c.weighing, "hearts")].bytes >
		    work[number_of(&c.weighing, "waits")].bytes);
	/* A word of one example costs that example, whatever the rules before it cost. */
	assert_true(work[number_of(&c.weighing, "never")].bytes <
		    work[number_of(&c.weighing, "hearts")].bytes);
	/* The set itself still runs all of its rules. */
	score_text(b, "still waiting, third time");
	assert_int_equal(b->score.kind, RD_COMPLAINT);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, bench_begin, bench_end)
	const struct CMUnitTest tests[] = {
		T(hits_and_what_people_said_are_counted),
		T(the_twin_is_the_rule_with_the_most_in_common),
		T(what_pulls_apart_is_named),
		T(nothing_counted_is_nothing),
		T(work_is_counted_by_rule_and_always_the_same),
		T(long_examples_are_parted_among_texts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

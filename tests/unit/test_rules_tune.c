/* Points and thresholds fitted to made messages whose truth is known. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "redress/rules/tune.h"
#include "redress/rules/tune_fit.h"

#define N_RULES 8
#define ALONE	UINT32_MAX

/* Messages made of rules that hit by chance and a truth that weighs them in its own way. */
struct made {
	struct rd_arena *arena;
	struct rd_tune_rule rules[N_RULES];
	struct rd_tune_example *examples;
	size_t n;
	double truth[N_RULES]; /* the points that people judge by */
	double middle;	       /* a complaint, as likely as not, at so many of them */
	uint64_t seed;
	struct rd_err err;
};

/* SplitMix64: the same numbers everywhere. */
static double next(struct made *m)
{
	uint64_t z = m->seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (double)((z ^ z >> 31) >> 11) / 9007199254740992.0;
}

static int begin(void **state)
{
	struct made *m = calloc(1, sizeof *m);

	assert_non_null(m);
	m->arena = rd_arena_new(256u << 20);
	m->seed = 7;
	m->middle = 3;
	for (size_t j = 0; j < N_RULES; j++) {
		m->rules[j] = (struct rd_tune_rule){ .points = 1.5, .group = ALONE };
		m->truth[j] = 1.5;
	}
	*state = m;
	return 0;
}

static int end(void **state)
{
	struct made *m = *state;

	rd_arena_free(m->arena);
	free(m);
	return 0;
}

/* Each rule hits one message in three; people judge by the truth, not always alike. */
static void make(struct made *m, size_t n)
{
	m->examples = rd_arena_array(m->arena, n, sizeof *m->examples);
	m->n = n;
	for (size_t i = 0; i < n; i++) {
		struct rd_tune_example *e = &m->examples[i];
		uint32_t *hits = rd_arena_array(m->arena, N_RULES, sizeof *hits);
		double total = 0;
		char id[32];

		for (uint32_t j = 0; j < N_RULES; j++)
			if (next(m) < 1 / 3.0) {
				hits[e->n_hits++] = j;
				total += m->truth[j];
			}
		snprintf(id, sizeof id, "made-%zu", i);
		e->id_hash = rd_tune_hash(id);
		e->weight = 1;
		e->hits = hits;
		e->complaint = next(m) < 1 / (1 + exp(-2 * (total - m->middle)));
	}
}

static struct rd_tune_input input_of(const struct made *m)
{
	return (struct rd_tune_input){ .rules = m->rules,
		.n_rules = N_RULES,
		.examples = m->examples,
		.n_examples = m->n,
		.request_below = 2,
		.complaint_from = 5 };
}

static struct rd_tune_result tune(struct made *m)
{
	const struct rd_tune_input input = input_of(m);
	struct rd_tune_result result;

	if (rd_tune(&input, m->arena, &result, &m->err) != RD_OK)
		fail_msg("%s", m->err.msg);
	return result;
}

static void a_weight_that_people_give_is_found(void **state)
{
	struct made *m = *state;
	struct rd_tune_result result;

	m->truth[0] = 4;
	m->middle = 6;
	make(m, 900);
	result = tune(m);
	assert_int_equal(result.outcome, RD_TUNE_PROPOSED);
	assert_true(result.rules[0].points >= 3);
	for (size_t j = 1; j < N_RULES; j++)
		assert_true(fabs(result.rules[j].points - 1.5) <= 0.5);
	assert_true(result.after.cost < result.now.cost);
	assert_int_equal(result.now.looks.sum, m->n);
	assert_int_equal(result.after.looks.sum, m->n); /* each judged once */
}

static void a_weight_that_people_do_not_give_goes_down_and_keeps_its_sign(void **state)
{
	struct made *m = *state;
	struct rd_tune_result result;

	m->truth[0] = -2; /* people see praise where the rule sees a complaint */
	m->rules[1].points = m->truth[1] = -1.5;
	m->truth[1] = 1;
	make(m, 900);
	result = tune(m);
	assert_true(result.rules[0].points == 0.5);
	assert_true(result.rules[1].points == -0.5);
	assert_true(result.rules[0].fitted >= 0.5 && result.rules[1].fitted <= -0.5);
}

static void few_messages_move_points_less(void **state)
{
	struct made *few = *state, *many = NULL;
	double moved_by_few;

	few->truth[0] = 4;
	few->middle = 6;
	make(few, 100);
	moved_by_few = tune(few).rules[0].fitted;
	assert_int_equal(begin((void **)&many), 0);
	many->truth[0] = 4;
	many->middle = 6;
	make(many, 900);
	assert_true(moved_by_few > 1.5);
	assert_true(tune(many).rules[0].fitted > moved_by_few + 0.3);
	end((void **)&many);
}

static void too_few_messages_change_nothing(void **state)
{
	struct made *m = *state;
	struct rd_tune_result result;

	m->truth[0] = 9;
	make(m, 400);
	m->n = RD_TUNE_EXAMPLES_MIN - 1;
	result = tune(m);
	assert_int_equal(result.outcome, RD_TUNE_TOO_FEW);
	assert_true(result.rules[0].points == 1.5);
	assert_true(result.request_below == 2 && result.complaint_from == 5);
	assert_int_equal(result.now.looks.sum, m->n); /* how it stands now is told all the same */

	m->n = 400;
	for (size_t i = 0, n = 0; i < m->n; i++) {
		n += m->examples[i].complaint;
		m->examples[i].complaint = m->examples[i].complaint && n < RD_TUNE_COMPLAINTS_MIN;
	}
	result = tune(m);
	assert_int_equal(result.n_complaints, RD_TUNE_COMPLAINTS_MIN - 1);
	assert_int_equal(result.outcome, RD_TUNE_TOO_FEW);
}

static void a_rule_that_few_messages_speak_for_keeps_its_points(void **state)
{
	struct made *m = *state;
	struct rd_tune_result result;

	m->truth[0] = 5;
	m->truth[1] = 9; /* all of its messages are complaints */
	m->truth[2] = 5;
	m->rules[2].fixed = true;
	make(m, 900);
	for (size_t i = 0, n = 0; i < m->n; i++) {
		struct rd_tune_example *e = &m->examples[i];
		uint32_t *hits = rd_arena_array(m->arena, N_RULES, sizeof *hits);
		uint32_t k = 0;

		for (uint32_t j = 0; j < e->n_hits; j++) {
			if (e->hits[j] == 0 && ++n >= RD_TUNE_HITS_MIN)
				continue; /* 19 hits are left of rule 0 */
			hits[k++] = e->hits[j];
			e->complaint = e->complaint || e->hits[j] == 1;
		}
		e->hits = hits;
		e->n_hits = k;
	}
	result = tune(m);
	assert_int_equal(result.rules[0].kept, RD_TUNE_KEPT_FEW_HITS);
	assert_int_equal(result.rules[0].n_hits, RD_TUNE_HITS_MIN - 1);
	assert_int_equal(result.rules[1].kept, RD_TUNE_KEPT_ONE_SIDED);
	assert_int_equal(result.rules[2].kept, RD_TUNE_KEPT_FIXED);
	assert_int_equal(result.rules[3].kept, RD_TUNE_FITTED);
	for (size_t j = 0; j < 3; j++)
		assert_true(result.rules[j].points == 1.5);
}

static void points_come_in_halves_but_what_hardly_moves_stays_to_the_digit(void **state)
{
	struct made *m = *state;
	struct rd_tune_result result;

	m->truth[0] = 4;
	m->middle = 6;
	m->rules[0].points = m->rules[1].points = 1.3;
	make(m, 900);
	result = tune(m);
	assert_int_equal(result.outcome, RD_TUNE_PROPOSED);
	assert_true(result.rules[0].points > 2);
	assert_true(result.rules[1].points == 1.3);
	for (size_t j = 0; j < N_RULES; j++)
		if (j != 1)
			assert_true(fmod(result.rules[j].points, 0.5) == 0);
	assert_true(fmod(result.request_below, 0.5) == 0);
}

static void thresholds_follow_the_cost_of_a_missed_complaint(void **state)
{
	struct made *m = *state;
	struct rd_tune_result result;

	/* The points are right, and people call it a complaint from about 1.5 on. */
	m->middle = 1.2;
	make(m, 800);
	result = tune(m);
	assert_int_equal(result.outcome, RD_TUNE_PROPOSED);
	assert_true(result.request_below < 2);
	assert_true(result.complaint_from < 5);
	assert_true(result.after.cost < 0.8 * result.now.cost);
	/* They may be a landlord's own. */
	struct rd_tune_input input = input_of(m);
	input.fixed_thresholds = true;
	assert_int_equal(rd_tune(&input, m->arena, &result, &m->err), RD_OK);
	assert_true(result.request_below == 2 && result.complaint_from == 5);
}

static void what_is_right_already_is_left_alone(void **state)
{
	struct made *m = *state;
	struct rd_tune_result result;
	struct rd_tune_input input;

	make(m, 600);
	input = input_of(m);
	input.request_below = 2;
	input.complaint_from = 4;
	assert_int_equal(rd_tune(&input, m->arena, &result, &m->err), RD_OK);
	assert_int_not_equal(result.outcome, RD_TUNE_PROPOSED);
	for (size_t j = 0; j < N_RULES; j++)
		assert_true(result.rules[j].points == 1.5);
	assert_true(result.request_below == 2 && result.complaint_from == 4);
}

/* Complaints with 6 points, as many others with none, and n others that a person looks at in vain,
 * each of another tenth. */
static struct rd_tune_result tune_with_looks_in_vain(struct made *m, size_t n)
{
	static const uint32_t many[] = { 0, 1, 2, 3 }, two[] = { 0, 4 };
	size_t number = 0;

	m->n = 60 + n;
	m->examples = rd_arena_array(m->arena, m->n, sizeof *m->examples);
	m->rules[4].points = 0.5;
	for (size_t j = 0; j < N_RULES; j++)
		m->rules[j].fixed = true;
	for (size_t i = 0; i < m->n; i++) {
		struct rd_tune_example *e = &m->examples[i];
		char id[32];

		*e = (struct rd_tune_example){ .weight = 1, .complaint = i < 30 };
		e->hits = i < 30 ? many : two;
		e->n_hits = i < 30 ? 4 : i < 60 ? 0 : 2;
		do {
			snprintf(id, sizeof id, "vain-%zu", number++);
			e->id_hash = rd_tune_hash(id);
		} while (i >= 60 && e->id_hash % RD_TUNE_FOLDS != i - 60);
	}
	return tune(m);
}

static void thresholds_do_not_follow_a_single_message(void **state)
{
	struct made *m = *state;
	struct rd_tune_result result;

	/* A look less is no more than a step may cost. */
	result = tune_with_looks_in_vain(m, 1);
	assert_int_equal(result.outcome, RD_TUNE_NO_CHANGE);
	/* Two are; but whoever had not seen the one would not have moved for the other. */
	result = tune_with_looks_in_vain(m, 2);
	assert_int_equal(result.outcome, RD_TUNE_NO_BETTER);
	assert_true(result.after.cost == result.now.cost);
	assert_true(result.request_below == 2);
	result = tune_with_looks_in_vain(m, 4);
	assert_int_equal(result.outcome, RD_TUNE_PROPOSED);
	assert_true(result.request_below == 2.5);
	assert_true(result.complaint_from == 5);
}

static void thresholds_leave_room_for_a_layer_that_has_one_of_them(void **state)
{
	struct made *m = *state;
	struct rd_tune_result result = tune_with_looks_in_vain(m, 4);
	struct rd_tune_input input = input_of(m);

	assert_true(result.request_below == 2.5);
	input.bounded = true;
	input.request_below_most = 2.2;
	input.complaint_from_least = 5;
	assert_int_equal(rd_tune(&input, m->arena, &result, &m->err), RD_OK);
	assert_true(result.request_below == 2 && result.complaint_from == 5);
	m->middle = 1.2;
	make(m, 800);
	assert_true(tune(m).complaint_from < 5);
	input = input_of(m);
	input.bounded = true;
	input.request_below_most = 9;
	input.complaint_from_least = 5;
	assert_int_equal(rd_tune(&input, m->arena, &result, &m->err), RD_OK);
	assert_true(result.request_below < 2 && result.complaint_from >= 5);
}

static void messages_that_points_do_not_decide_teach_nothing_about_them(void **state)
{
	struct made *m = *state;
	struct rd_tune_result with, without;
	size_t n;

	m->truth[0] = 4;
	m->middle = 6;
	make(m, 1000);
	without = tune(m);
	n = m->n;
	make(m, 1000);
	struct rd_tune_example *all = rd_arena_array(m->arena, 1500, sizeof *all);
	m->seed = 7;
	make(m, 1000);
	memcpy(all, m->examples, n * sizeof *all);
	for (size_t i = 0; i < 500; i++) {
		all[n + i] = m->examples[i];
		all[n + i].complaint = i % 2;
		all[n + i].end = i % 3 == 0   ? RD_TUNE_COMPLAINT
				 : i % 3 == 1 ? RD_TUNE_OTHER
					      : RD_TUNE_LOOK;
	}
	m->examples = all;
	m->n = n + 500;
	with = tune(m);
	assert_int_equal(with.n_settled, 334);
	assert_int_equal(with.n_looks, 166);
	assert_int_equal(with.rules[0].n_hits, without.rules[0].n_hits);
	assert_true(with.rules[0].fitted == without.rules[0].fitted);
	assert_int_equal(with.now.looks.sum, 1500); /* but they count in the figures */
}

static void a_message_that_stands_for_fifty_weighs_fifty(void **state)
{
	struct made *m = *state;
	struct rd_tune_result result;
	double before;

	make(m, 600);
	before = tune(m).now.cost;
	for (size_t i = 0; i < m->n; i++)
		m->examples[i].weight = 50;
	result = tune(m);
	assert_true(fabs(result.now.cost - 50 * before) < 1e-6);
	/* Alike for all, it changes nothing that is learnt. */
	assert_int_not_equal(result.outcome, RD_TUNE_TOO_FEW);
	for (size_t i = 0; i < m->n; i++)
		m->examples[i].weight = 1;
	assert_true(tune(m).rules[0].fitted == result.rules[0].fitted);
}

/* Two rules of a group with a cap of 2: the second adds the 0.5 that is left of its 1.5. */
static void caps_count_as_they_do_in_scoring(void **state)
{
	struct made *m = *state;
	const uint32_t hits[] = { 0, 1, 2, 3 };
	const struct rd_tune_example e = { .weight = 1, .hits = hits, .n_hits = 4 };
	struct rd_tune_input input = input_of(m);
	double points[N_RULES] = { 1.5, 1.5, -1, 3 }, shares[4];

	for (size_t j = 0; j < 3; j++)
		m->rules[j] = (struct rd_tune_rule){ .points = points[j], .group = 5, .cap = 2 };
	assert_true(rd_tune_total(&input, &e, points, shares) == 4); /* 2 - 1 + 3 */
	assert_true(shares[0] == 1);
	assert_true(fabs(shares[1] - 0.5 / 1.5) < 1e-12);
	assert_true(shares[2] == 1);
	assert_true(shares[3] == 1);
	points[1] = 4; /* the heavier one fills the cap */
	assert_true(rd_tune_total(&input, &e, points, shares) == 4);
	assert_true(shares[0] == 0 && shares[1] == 0.5);
	points[0] = points[1] = points[2] = 0;
	assert_true(rd_tune_total(&input, &e, points, shares) == 3);
}

static void rules_under_one_cap_are_fitted_by_what_counts(void **state)
{
	struct made *m = *state;
	struct rd_tune_result result;

	for (size_t j = 0; j < 4; j++)
		m->rules[j] = (struct rd_tune_rule){ .points = 1.5, .group = 1, .cap = 2 };
	m->truth[5] = m->middle = 4;
	make(m, 900);
	result = tune(m);
	assert_true(result.rules[5].points >= 2.5);
	/* Under the cap the four are worth less than the truth's 1.5 each, which adds up: none may
	 * fall below its least or change its sign for that. */
	for (size_t j = 0; j < 4; j++)
		assert_true(result.rules[j].points >= 0.5 && result.rules[j].points <= 10);
}

static void the_same_messages_give_the_same_numbers(void **state)
{
	struct made *m = *state;
	struct rd_tune_result one, two;

	m->truth[0] = 3;
	m->truth[3] = 0.5;
	make(m, 700);
	one = tune(m);
	two = tune(m);
	for (size_t j = 0; j < N_RULES; j++) {
		assert_true(one.rules[j].fitted == two.rules[j].fitted);
		assert_true(one.rules[j].points == two.rules[j].points);
	}
	assert_true(one.after.cost == two.after.cost);
	assert_true(one.request_below == two.request_below);
	/* Whatever the order of the rules in a message is. */
	for (size_t i = 0; i < m->n; i++) {
		struct rd_tune_example *e = &m->examples[i];
		uint32_t *turned = rd_arena_array(m->arena, N_RULES, sizeof *turned);

		for (uint32_t k = 0; k < e->n_hits; k++)
			turned[k] = e->hits[e->n_hits - 1 - k];
		e->hits = turned;
	}
	two = tune(m);
	for (size_t j = 0; j < N_RULES; j++)
		assert_true(one.rules[j].points == two.rules[j].points);
}

static void ids_that_follow_each_other_lie_in_all_folds(void **state)
{
	size_t n_of[RD_TUNE_FOLDS] = { 0 };
	char id[16];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		snprintf(id, sizeof id, "m%04d", i);
		n_of[rd_tune_hash(id) % RD_TUNE_FOLDS]++;
	}
	for (size_t i = 0; i < RD_TUNE_FOLDS; i++)
		assert_in_range(n_of[i], 60, 140);
	assert_true(rd_tune_hash("m0001") == rd_tune_hash("m0001"));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
		T(a_weight_that_people_give_is_found),
		T(a_weight_that_people_do_not_give_goes_down_and_keeps_its_sign),
		T(few_messages_move_points_less),
		T(too_few_messages_change_nothing),
		T(a_rule_that_few_messages_speak_for_keeps_its_points),
		T(points_come_in_halves_but_what_hardly_moves_stays_to_the_digit),
		T(thresholds_follow_the_cost_of_a_missed_complaint),
		T(what_is_right_already_is_left_alone),
		T(thresholds_do_not_follow_a_single_message),
		T(thresholds_leave_room_for_a_layer_that_has_one_of_them),
		T(messages_that_points_do_not_decide_teach_nothing_about_them),
		T(a_message_that_stands_for_fifty_weighs_fifty),
		T(caps_count_as_they_do_in_scoring),
		T(rules_under_one_cap_are_fitted_by_what_counts),
		T(the_same_messages_give_the_same_numbers),
		cmocka_unit_test(ids_that_follow_each_other_lie_in_all_folds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "redress/rules/backtest.h"

static const struct rd_score request = { .kind = RD_SERVICE_REQUEST };
static const struct rd_score enquiry = { .kind = RD_ENQUIRY, .flags = { [RD_LEGAL] = true } };
static const struct rd_score unsure = { .kind = RD_COMPLAINT, .review = true };
static const struct rd_score unsure_request = { .kind = RD_SERVICE_REQUEST, .review = true };
static const struct rd_score complaint = { .kind = RD_COMPLAINT,
	.flags = { [RD_DAMP_MOULD] = true } };

static void a_message_stands_where_its_score_puts_it(void **state)
{
	(void)state;
	assert_int_equal(rd_score_stand(&request), RD_STAND_REQUEST);
	assert_int_equal(rd_score_stand(&enquiry), RD_STAND_REQUEST);
	assert_int_equal(rd_score_stand(&unsure), RD_STAND_UNSURE);
	assert_int_equal(rd_score_stand(&unsure_request), RD_STAND_UNSURE);
	assert_int_equal(rd_score_stand(&complaint), RD_STAND_COMPLAINT);
	assert_int_equal(rd_score_stand(NULL), RD_STAND_UNSURE);
}

static void a_confirmed_complaint_is_lost_where_nobody_would_look_at_it_again(void **state)
{
	static const struct {
		const char *why;
		const struct rd_score *was, *is;
		int confirmed;
		enum rd_confirmed_end end;
	} rows[] = {
		{ "sure, then a request", &complaint, &request, RD_COMPLAINT, RD_CONFIRMED_LOST },
		{ "unsure, then a request", &unsure, &enquiry, RD_COMPLAINT, RD_CONFIRMED_LOST },
		{ "unsure whatever the best answer", &complaint, &unsure_request, RD_COMPLAINT,
			RD_CONFIRMED_KEPT },
		{ "read no longer, so a person gets it", &complaint, NULL, RD_COMPLAINT,
			RD_CONFIRMED_KEPT },
		{ "missed, then found", &request, &unsure, RD_COMPLAINT, RD_CONFIRMED_GAINED },
		{ "missed by both: not this change's fault", &request, &enquiry, RD_COMPLAINT,
			RD_CONFIRMED_MISSED },
		{ "nobody said so", &complaint, &request, RD_KIND_NONE, RD_CONFIRMED_NOT },
		{ "a person said otherwise", &complaint, &request, RD_ENQUIRY, RD_CONFIRMED_NOT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct rd_replayed message = {
			.was = rows[i].was, .is = rows[i].is, .confirmed = rows[i].confirmed
		};
		if (rd_replayed_confirmed(&message) != rows[i].end)
			fail_msg("%s", rows[i].why);
	}
}

static void the_sums_are_those_of_their_messages(void **state)
{
	static const struct rd_date first = { 2026, 11, 2 }, last = { 2026, 11, 11 };
	struct rd_backtest sums = { 0 };

	(void)state;
	rd_backtest_add(&sums,
		&(struct rd_replayed){ &complaint, &enquiry, false, true, RD_COMPLAINT, last });
	rd_backtest_add(&sums,
		&(struct rd_replayed){ &request, &unsure, false, true, RD_COMPLAINT, first });
	rd_backtest_add(&sums,
		&(struct rd_replayed){ &request, &enquiry, false, false, RD_KIND_NONE, first });
	rd_backtest_add(
		&sums, &(struct rd_replayed){ &unsure, NULL, true, true, RD_KIND_NONE, first });
	assert_int_equal(sums.n, 4);
	assert_int_equal(sums.stands[RD_STAND_COMPLAINT][RD_STAND_REQUEST], 1);
	assert_int_equal(sums.stands[RD_STAND_REQUEST][RD_STAND_UNSURE], 1);
	assert_int_equal(sums.stands[RD_STAND_REQUEST][RD_STAND_REQUEST], 1);
	assert_int_equal(sums.stands[RD_STAND_UNSURE][RD_STAND_UNSURE], 1);
	assert_int_equal(sums.n_flips, 2);
	assert_int_equal(sums.kinds[RD_SERVICE_REQUEST][RD_ENQUIRY], 1);
	assert_int_equal(sums.n_kinds, 3);
	assert_int_equal(sums.flags_gained[RD_LEGAL], 2);
	assert_int_equal(sums.flags_lost[RD_DAMP_MOULD], 1);
	assert_int_equal(sums.persons_was, 1);
	assert_int_equal(sums.persons_is, 3);
	assert_int_equal(sums.n_confirmed, 2);
	assert_int_equal(sums.n_lost, 1);
	assert_int_equal(sums.n_gained, 1);
	assert_int_equal(sums.ended_is, 1);
	assert_int_equal(rd_backtest_days(&sums), 10);
	rd_backtest_add(&sums, &(struct rd_replayed){ .was = &request, .is = &request });
	assert_int_equal(rd_backtest_days(&sums), 0); /* a day that nobody knows */
}

static void a_change_is_explained_by_the_rules_that_made_it(void **state)
{
	static const struct rd_hit was[] = {
		{ .rule = "same", .points = 1 },
		{ .rule = "heavier", .points = 2 },
		{ .rule = "gone", .points = 3 },
		{ .rule = "stopped", .points = 1 },
	};
	static const struct rd_hit is[] = {
		{ .rule = "new", .points = 0.5 },
		{ .rule = "freed", .points = 2 },
		{ .rule = "heavier", .points = 2.5 },
		{ .rule = "same", .points = 1.0001 },
	};
	static const struct rd_hit stopped_was[] = { { .rule = "freed", .by = "if" } };
	static const struct rd_hit stopped_is[] = { { .rule = "stopped", .by = "not" } };
	const struct rd_score before = {
		.hits = was, .n_hits = 4, .suppressed = stopped_was, .n_suppressed = 1
	};
	const struct rd_score after = {
		.hits = is, .n_hits = 4, .suppressed = stopped_is, .n_suppressed = 1
	};
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(1u << 20);
	const struct rd_rule_change *changes;
	struct rd_err err = { 0 };
	size_t n;

	(void)state;
	assert_int_equal(rd_backtest_explain(&before, &after, arena, &changes, &n, &err), RD_OK);
	assert_int_equal(n, 5);
	assert_int_equal(changes[0].what, RD_RULE_CAME);
	assert_string_equal(changes[0].is->rule, "freed");
	assert_string_equal(changes[0].held_back->by, "if");
	assert_int_equal(changes[1].what, RD_RULE_WENT);
	assert_string_equal(changes[1].was->rule, "gone");
	assert_null(changes[1].held_back);
	assert_int_equal(changes[2].what, RD_RULE_POINTS);
	assert_string_equal(changes[2].is->rule, "heavier");
	assert_int_equal(changes[3].what, RD_RULE_CAME);
	assert_string_equal(changes[3].is->rule, "new");
	assert_string_equal(changes[4].was->rule, "stopped");
	assert_string_equal(changes[4].held_back->by, "not");
	assert_int_equal(rd_backtest_explain(NULL, &after, arena, &changes, &n, &err), RD_OK);
	assert_int_equal(n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_stands_where_its_score_puts_it),
		cmocka_unit_test(a_confirmed_complaint_is_lost_where_nobody_would_look_at_it_again),
		cmocka_unit_test(the_sums_are_those_of_their_messages),
		cmocka_unit_test(a_change_is_explained_by_the_rules_that_made_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

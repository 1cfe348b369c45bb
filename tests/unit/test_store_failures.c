/* Failures of rules are counted for what is live, once a message, and begin anew with the next
 * activation. */
#include "support/store_world.h"

#include "redress/store/rule_failures.h"
#include "redress/store/rulesets.h"

/* The same set each time: only the activation differs. */
static int64_t activate(struct store_world *w)
{
	struct rd_rulefile items[] = { { "core.rules", "Ruleset: x\n", 11 } };
	struct rd_rulefiles files;
	struct rd_activation row = { .at_ms = NOW_MS, .author = "Pat", .reason = "r", .lost = "" };

	OK(rd_rulefiles_take(items, 1, &files, &w->err));
	memcpy(row.sha256, files.sha256, sizeof row.sha256);
	TX(rd_rulesets_put(tx, &files, NOW_MS, &w->err));
	TX(rd_rulesets_activate(tx, &row, &w->err));
	OK(rd_rulesets_current(w->db, w->arena, &row, &w->err));
	return row.id;
}

static struct rd_rule_failure fails(struct store_world *w, int64_t activation, const char *landlord,
	const char *rule, int64_t message)
{
	struct rd_rule_failure failure;

	TX(rd_rule_failures_count(tx, activation, landlord, rule, message, NOW_MS + message,
		w->arena, &failure, &w->err));
	return failure;
}

static void each_rule_of_each_landlord_is_counted_by_itself(void **state)
{
	struct store_world *w = *state;
	const int64_t live = activate(w);
	struct rd_rule_failure *all, failure;
	struct rd_status_counts counts;
	size_t n;

	failure = fails(w, live, "a", "heavy", 7);
	assert_int_equal(failure.times, 1);
	assert_string_equal(failure.messages, "7");
	fails(w, live, "b", "heavy", 8);
	fails(w, live, "a", "slow", 9);
	for (int64_t message = 10; message < 14; message++)
		failure = fails(w, live, "a", "heavy", message);
	assert_int_equal(failure.times, 5);
	assert_string_equal(failure.messages, "7 10 11"); /* the first three */
	assert_int_equal(failure.first_ms, NOW_MS + 7);
	assert_int_equal(failure.last_ms, NOW_MS + 13);
	assert_int_equal(failure.off_ms, 0);
	OK(rd_rule_failures_list(w->db, w->arena, &all, &n, &w->err));
	assert_int_equal(n, 3);
	assert_string_equal(all[0].rule, "heavy");
	assert_string_equal(all[1].rule, "slow");
	assert_string_equal(all[2].landlord, "b");
	OK(rd_status_counts(w->db, &counts, &w->err));
	assert_int_equal(counts.rule_failures, 7);
	assert_int_equal(counts.rules_off, 0);
}

static void a_count_that_is_rolled_back_was_none(void **state)
{
	struct store_world *w = *state;
	const int64_t live = activate(w);
	struct rd_rule_failure failure;
	struct rd_tx *tx = NULL;

	OK(rd_tx_begin(w->db, &tx, &w->err));
	OK(rd_rule_failures_count(tx, live, "a", "heavy", 1, NOW_MS, w->arena, &failure, &w->err));
	rd_tx_rollback(&tx);
	assert_int_equal(fails(w, live, "a", "heavy", 1).times, 1);
}

static void what_is_switched_off_is_so_until_the_next_activation(void **state)
{
	struct store_world *w = *state;
	const int64_t first = activate(w);
	struct rd_rule_failure failure = fails(w, first, "a", "heavy", 1);
	struct rd_status_counts counts;
	struct rd_off_rules off;
	int64_t seq = -1;

	fails(w, first, "a", "slow", 2);
	OK(rd_rule_failures_off(w->db, first, w->arena, &off, &w->err));
	assert_int_equal(off.n, 0);
	OK(rd_rule_failures_audit(w->db, "a", "heavy", &seq, &w->err));
	assert_int_equal(seq, 0);
	TX(rd_rule_failures_switch_off(tx, &failure, 41, NOW_MS, &w->err));
	TX(rd_rule_failures_switch_off(tx, &failure, 99, NOW_MS + 5, &w->err)); /* it is already */
	failure = fails(w, first, "a", "heavy", 3);
	assert_int_equal(failure.off_ms, NOW_MS);
	assert_int_equal(failure.audit_seq, 41);
	OK(rd_rule_failures_off(w->db, first, w->arena, &off, &w->err));
	assert_int_equal(off.n, 1);
	assert_string_equal(off.items[0].landlord, "a");
	assert_string_equal(off.items[0].rule, "heavy");
	OK(rd_status_counts(w->db, &counts, &w->err));
	assert_int_equal(counts.rules_off, 1);

	const int64_t second = activate(w);
	OK(rd_rule_failures_off(w->db, second, w->arena, &off, &w->err));
	assert_int_equal(off.n, 0);
	assert_int_equal(fails(w, first, "a", "heavy", 4).times, 0); /* no longer live */
	assert_int_equal(fails(w, second, "a", "heavy", 5).times, 1);
	OK(rd_rule_failures_audit(w->db, "a", "heavy", &seq, &w->err));
	assert_int_equal(seq, 41); /* for a decision that was read before */
	OK(rd_status_counts(w->db, &counts, &w->err));
	assert_int_equal(counts.rules_off, 0);
	assert_int_equal(counts.rule_failures, 4);
}

#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(each_rule_of_each_landlord_is_counted_by_itself),
		T(a_count_that_is_rolled_back_was_none),
		T(what_is_switched_off_is_so_until_the_next_activation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

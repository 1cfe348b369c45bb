#include "support/store_world.h"

#define PAUSE_MS 90000

static void a_batch_comes_oldest_first_with_its_attempt_counted(void **state)
{
	struct store_world *w = *state;
	struct rd_claimed *items = NULL;
	struct rd_message_row row;
	int64_t next_ms = 0, first = world_put_mail(w, 1);
	size_t n = 0;

	world_put_mail(w, 2);
	world_put_mail(w, 3);
	OK(rd_queue_claim(
		w->db, w->run, NOW_MS, 2, PAUSE_MS, w->arena, &items, &n, &next_ms, &w->err));
	assert_int_equal(n, 2);
	assert_int_equal(items[0].id, first);
	assert_int_equal(items[0].attempts, 1);
	assert_string_equal(items[0].source, "help");
	assert_string_equal(items[0].landlord, "code-2024");
	/* Committed before a byte is read: another handle sees it. */
	world_close(w);
	world_open(w);
	OK(rd_queue_show(w->db, first, w->arena, &row, &w->err));
	assert_string_equal(row.state, "claimed");
	assert_int_equal(row.attempts, 1);
	assert_int_equal(world_claim(w, NOW_MS, &items, &next_ms), 1);
	assert_int_equal(world_claim(w, NOW_MS, &items, &next_ms), 0);
}

static void texts_of_one_number_wait_for_the_pause_and_come_together(void **state)
{
	struct store_world *w = *state;
	struct rd_claimed *items = NULL;
	int64_t next_ms = 0;
	int64_t a1 = world_put_text(w, "a1", "+447700900001", NOW_MS);
	int64_t b1 = world_put_text(w, "b1", "+447700900002", NOW_MS + 1000);
	int64_t a2 = world_put_text(w, "a2", "+447700900001", NOW_MS + 89000);
	/* Past the pause of the first: the pause is never extended. */
	int64_t a3 = world_put_text(w, "a3", "+447700900001", NOW_MS + 91000);

	assert_int_equal(world_claim(w, NOW_MS + 89999, &items, &next_ms), 0);
	assert_int_equal(next_ms, NOW_MS + PAUSE_MS);
	assert_int_equal(world_claim(w, NOW_MS + PAUSE_MS, &items, &next_ms), 2);
	assert_int_equal(items[0].id, a1);
	assert_int_equal(items[1].id, a2);
	assert_int_not_equal(items[0].group, 0);
	assert_int_equal(items[0].group, items[1].group);
	assert_string_equal(items[0].from, "+447700900001");
	assert_string_equal(items[0].text, "no heating");
	assert_int_equal(world_claim(w, NOW_MS + 91000, &items, &next_ms), 1);
	assert_int_equal(items[0].id, b1);
	assert_int_equal(items[0].group, 0);
	assert_int_equal(world_claim(w, NOW_MS + 180999, &items, &next_ms), 0);
	assert_int_equal(world_claim(w, NOW_MS + 181000, &items, &next_ms), 1);
	assert_int_equal(items[0].id, a3);
}

static void once_groups_texts_in_the_same_way_and_does_not_wait(void **state)
{
	struct store_world *w = *state;
	struct rd_claimed *items = NULL;
	int64_t next_ms = 0;
	size_t n = 0;

	world_put_text(w, "a1", "+447700900001", NOW_MS);
	world_put_text(w, "a2", "+447700900001", NOW_MS + 1);
	world_put_text(w, "a3", "+447700900001", NOW_MS + PAUSE_MS);
	OK(rd_queue_claim(
		w->db, w->run, NOW_MS + 2, 50, -PAUSE_MS, w->arena, &items, &n, &next_ms, &w->err));
	assert_int_equal(n, 3);
	assert_int_equal(items[0].group, items[1].group);
	assert_int_equal(items[2].group, 0);
}

static void an_ordinary_failure_gives_the_attempt_back_and_blocks_nobody(void **state)
{
	struct store_world *w = *state;
	struct rd_claimed *items = NULL;
	int64_t next_ms = 0, first = world_put_mail(w, 1), second = 0;

	assert_int_equal(world_claim(w, NOW_MS, &items, &next_ms), 1);
	TX(rd_queue_give_back(tx, first, NOW_MS + 5000, &w->err));
	second = world_put_mail(w, 2);
	assert_int_equal(world_claim(w, NOW_MS, &items, &next_ms), 1);
	assert_int_equal(items[0].id, second);
	assert_int_equal(world_claim(w, NOW_MS, &items, &next_ms), 0);
	assert_int_equal(next_ms, NOW_MS + 5000);
	assert_int_equal(world_claim(w, NOW_MS + 5000, &items, &next_ms), 1);
	assert_int_equal(items[0].id, first);
	assert_int_equal(items[0].attempts, 1);
}

static void a_message_that_kills_its_reader_comes_alone_and_ends_after_three(void **state)
{
	struct store_world *w = *state;
	struct rd_claimed *items = NULL;
	struct rd_message_row row;
	int64_t next_ms = 0, bad = world_put_mail(w, 1);
	int attempts = 0;

	assert_int_equal(world_claim(w, NOW_MS, &items, &next_ms), 1);
	TX(rd_queue_record_death(tx, bad, "signal 11", &attempts, &w->err));
	assert_int_equal(attempts, 1);
	for (uint32_t uid = 2; uid < 10; uid++)
		world_put_mail(w, uid);
	assert_int_equal(world_claim(w, NOW_MS, &items, &next_ms), 1);
	assert_int_equal(items[0].id, bad);
	assert_true(items[0].suspect);
	assert_int_equal(items[0].attempts, 2);
	/* While it is at work the others go on. */
	assert_int_equal(world_claim(w, NOW_MS, &items, &next_ms), 8);
	TX(rd_queue_record_death(tx, bad, "CPU limit", &attempts, &w->err));
	assert_int_equal(world_claim(w, NOW_MS, &items, &next_ms), 1);
	struct rd_tx *tx = NULL;
	int64_t case_id = world_open_case(w, "ann@example.org");
	struct rd_fate fate = { .kind = RD_FATE_OPENED, .case_id = case_id, .quarantined = true };
	OK(rd_tx_begin(w->db, &tx, &w->err));
	OK(rd_queue_record_death(tx, bad, "signal 6", &attempts, &w->err));
	assert_int_equal(attempts, RD_ATTEMPTS_MAX);
	OK(rd_queue_finish(tx, bad, &fate, NOW_MS, &w->err));
	OK(rd_tx_commit(&tx, &w->err));
	OK(rd_queue_show(w->db, bad, w->arena, &row, &w->err));
	assert_true(row.quarantined);
	assert_string_equal(row.trouble, "signal 6");
	world_ledger_holds(w);
}

static void the_daemons_own_end_gives_attempts_back_ten_times(void **state)
{
	struct store_world *w = *state;
	struct rd_claimed *items = NULL;
	int64_t next_ms = 0, good = world_put_mail(w, 1);

	/* kill -9 ten times: the claim is never ended, the next run finds it. */
	for (int i = 0; i < RD_GIVE_BACKS_MAX; i++) {
		assert_int_equal(world_claim(w, NOW_MS, &items, &next_ms), 1);
		assert_int_equal(items[0].attempts, 1);
		assert_false(items[0].exhausted);
		OK(rd_queue_start_run(w->db, NOW_MS, &w->run, &w->err));
	}
	/* From then on it counts: a message that ends the daemon itself must not do so for ever. */
	for (int i = 1; i <= RD_ATTEMPTS_MAX; i++) {
		assert_int_equal(world_claim(w, NOW_MS, &items, &next_ms), 1);
		assert_int_equal(items[0].attempts, i);
		assert_false(items[0].exhausted);
		OK(rd_queue_start_run(w->db, NOW_MS, &w->run, &w->err));
	}
	assert_int_equal(world_claim(w, NOW_MS, &items, &next_ms), 1);
	assert_int_equal(items[0].id, good);
	assert_true(items[0].exhausted);
}

static void an_orderly_end_does_not_count_at_all(void **state)
{
	struct store_world *w = *state;
	struct rd_claimed *items = NULL;
	int64_t next_ms = 0;

	world_put_mail(w, 1);
	for (int i = 0; i < RD_GIVE_BACKS_MAX * 2; i++) {
		assert_int_equal(world_claim(w, NOW_MS, &items, &next_ms), 1);
		assert_int_equal(items[0].attempts, 1);
		OK(rd_queue_end_run(w->db, w->run, NOW_MS, &w->err));
		OK(rd_queue_start_run(w->db, NOW_MS, &w->run, &w->err));
	}
}

static void a_message_has_exactly_one_fate(void **state)
{
	struct store_world *w = *state;
	struct rd_fate other = { .kind = RD_FATE_OTHER };
	struct rd_fate guarded = { .kind = RD_FATE_GUARDED, .detail = "bounce" };
	struct rd_fate none = { .kind = RD_FATE_NONE };
	struct rd_fate nowhere = { .kind = RD_FATE_JOINED };
	struct rd_message message = world_message("ann@example.org", "", 1);
	struct rd_message_row *rows = NULL;
	int64_t first = world_put_mail(w, 1), second = world_put_mail(w, 2);
	size_t n = 0;

	TX_FAILS(RD_E_REFUSED, rd_queue_finish(tx, first, &other, NOW_MS, &w->err));
	TX_FAILS(RD_E_MISSING, rd_queue_finish(tx, 999, &other, NOW_MS, &w->err));
	world_finish(w, first, &other, &message);
	TX_FAILS(RD_E_EXISTS, rd_queue_finish(tx, first, &guarded, NOW_MS, &w->err));
	TX_FAILS(RD_E_EXISTS, rd_queue_give_back(tx, first, 0, &w->err));
	TX_FAILS(RD_E_BUG, rd_queue_finish(tx, second, &none, NOW_MS, &w->err));
	TX_FAILS(RD_E_BUG, rd_queue_finish(tx, second, &nowhere, NOW_MS, &w->err));
	TX(rd_queue_finish(tx, second, &guarded, NOW_MS, &w->err));
	OK(rd_queue_list(w->db, RD_FATE_GUARDED, 10, w->arena, &rows, &n, &w->err));
	assert_int_equal(n, 1);
	assert_string_equal(rows[0].fate.detail, "bounce");
	world_ledger_holds(w);
}

/* The rows themselves refuse what no function would write. */
static void the_table_refuses_impossible_fates(void **state)
{
	struct store_world *w = *state;
	static const char *const wrongs[] = {
		"UPDATE message SET state = 'done'",
		"UPDATE message SET fate = 'other'",
		"UPDATE message SET state = 'done', fate = 'opened', finished_ms = 1",
		"UPDATE message SET state = 'done', fate = 'duplicate', finished_ms = 1",
		"UPDATE message SET state = 'done', fate = 'lost', finished_ms = 1",
		"UPDATE message SET quarantined = 1, state = 'done', fate = 'other', finished_ms=1",
		"UPDATE message SET state = 'claimed'",
		"UPDATE message SET uid = NULL",
	};

	world_put_mail(w, 1);
	for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++)
		if (rd_sql_exec(w->db, wrongs[i], RD_NO_ARGS, NULL, &w->err) != RD_E_STORE)
			fail_msg("the table took: %s", wrongs[i]);
}

static void the_ledger_sees_what_does_not_fit(void **state)
{
	struct store_world *w = *state;
	static const char *const spoils[] = {
		"DELETE FROM case_message",
		"DELETE FROM reading",
		"DELETE FROM outbox_words",
		"INSERT INTO case_message SELECT 100001, id, 1 FROM message WHERE state <> 'done'",
	};
	struct rd_message message = world_message("ann@example.org", "", 1);
	int64_t first = world_put_mail(w, 1);
	const char **problems = NULL;
	size_t n = 0;

	int64_t case_id = world_open_case(w, "ann@example.org");
	world_finish(w, first, &(struct rd_fate){ .kind = RD_FATE_OPENED, .case_id = case_id },
		&message);
	world_put_mail(w, 2);
	OK(rd_sql_exec(w->db,
		"INSERT INTO outbox (id, letter, stage, cause, channel, outgoing, recipient_key,"
		" message_id, letter_version, binds_day, emergency, not_before_ms, hold_reason,"
		" needs_approval, meets_clock, state, created_ms, next_try_ms)"
		" VALUES (1, 'x', 'none', 'c', 'email', 'o', x'00', 'm', 'v', 0, 0, 0, '', 0, '',"
		" 'queued', 1, 1)",
		RD_NO_ARGS, NULL, &w->err));
	OK(rd_sql_exec(w->db,
		"INSERT INTO outbox_words (outbox_id, recipient, subject, payload)"
		" VALUES (1, 'r', 's', 'p')",
		RD_NO_ARGS, NULL, &w->err));
	world_ledger_holds(w);
	OK(rd_ledger_check(w->db, true, w->arena, &problems, &n, &w->err));
	assert_int_equal(n, 1);
	assert_non_null(strstr(problems[0], "still waiting"));
	for (size_t i = 0; i < sizeof spoils / sizeof *spoils; i++) {
		OK(rd_sql_exec(w->db, "BEGIN", RD_NO_ARGS, NULL, &w->err));
		OK(rd_sql_exec(w->db, spoils[i], RD_NO_ARGS, NULL, &w->err));
		OK(rd_ledger_check(w->db, false, w->arena, &problems, &n, &w->err));
		OK(rd_sql_exec(w->db, "ROLLBACK", RD_NO_ARGS, NULL, &w->err));
		if (n == 0)
			fail_msg("the ledger did not see: %s", spoils[i]);
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_batch_comes_oldest_first_with_its_attempt_counted),
		T(texts_of_one_number_wait_for_the_pause_and_come_together),
		T(once_groups_texts_in_the_same_way_and_does_not_wait),
		T(an_ordinary_failure_gives_the_attempt_back_and_blocks_nobody),
		T(a_message_that_kills_its_reader_comes_alone_and_ends_after_three),
		T(the_daemons_own_end_gives_attempts_back_ten_times),
		T(an_orderly_end_does_not_count_at_all),
		T(a_message_has_exactly_one_fate),
		T(the_table_refuses_impossible_fates),
		T(the_ledger_sees_what_does_not_fit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

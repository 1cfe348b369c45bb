/* What was done with a case: rows that nothing changes, words that erasure can empty. */
#include "support/store_world.h"

#include <sqlite3.h>

#include "redress/store/case_actions.h"
#include "redress/store/case_acts.h"

static int64_t add(struct store_world *w, int64_t case_id, const char *what, const char *why)
{
	const struct rd_case_act act = {
		.case_id = case_id,
		.stage = RD_STAGE_1,
		.what = what,
		.day = { 2026, 12, 24 },
		.at_ms = NOW_MS,
		.actor = "Sam Staff",
		.actor_uid = 1000,
		.person = "Ola Owner",
		.detail = "2027-01-15",
		.why = why,
	};
	int64_t id = 0;

	TX(rd_case_act_add(tx, &act, &id, &w->err));
	return id;
}

static void acts_are_read_back_in_order(void **state)
{
	struct store_world *w = *state;
	const int64_t case_id = world_open_case(w, "ann@example.org");
	const int64_t other = world_open_case(w, "bob@example.org");
	const int64_t first = add(w, case_id, "assigned", "");
	struct rd_case_act *acts, act;
	size_t n;

	add(w, other, "assigned", "");
	add(w, case_id, "extended", "the part is late");
	OK(rd_case_act_list(w->db, case_id, w->arena, &acts, &n, &w->err));
	assert_int_equal(n, 2);
	assert_int_equal(acts[0].id, first);
	assert_string_equal(acts[0].what, "assigned");
	assert_string_equal(acts[1].why, "the part is late");
	assert_int_equal(acts[1].stage, RD_STAGE_1);
	assert_int_equal(acts[1].day.day, 24);
	assert_string_equal(acts[1].person, "Ola Owner");
	assert_string_equal(acts[1].detail, "2027-01-15");
	assert_string_equal(acts[1].actor, "Sam Staff");
	assert_int_equal(acts[1].actor_uid, 1000);
	OK(rd_case_act_get(w->db, first, w->arena, &act, &w->err));
	assert_int_equal(act.case_id, case_id);
	FAILS(RD_E_MISSING, rd_case_act_get(w->db, 999, w->arena, &act, &w->err));
}

static void an_act_is_never_changed_but_its_words_can_go(void **state)
{
	struct store_world *w = *state;
	const int64_t case_id = world_open_case(w, "ann@example.org");
	const int64_t id = add(w, case_id, "extended", "the part is late");
	struct rd_case_act act;
	sqlite3 *handle;

	world_close(w);
	assert_int_equal(sqlite3_open(w->path, &handle), SQLITE_OK);
	assert_int_not_equal(
		sqlite3_exec(handle, "UPDATE case_act SET actor = 'Eve'", NULL, NULL, NULL),
		SQLITE_OK);
	assert_int_not_equal(
		sqlite3_exec(handle, "DELETE FROM case_act", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(handle, "UPDATE case_act_words SET why = ''", NULL, NULL, NULL),
		SQLITE_OK);
	sqlite3_close(handle);
	world_open(w);
	OK(rd_case_act_get(w->db, id, w->arena, &act, &w->err));
	assert_string_equal(act.actor, "Sam Staff");
	assert_string_equal(act.why, "");
}

static void what_was_promised_is_done_once_and_by_its_own_case(void **state)
{
	struct store_world *w = *state;
	const int64_t case_id = world_open_case(w, "ann@example.org");
	const int64_t other = world_open_case(w, "bob@example.org");
	struct rd_case_action late = { .case_id = case_id,
		.due = { 2027, 1, 15 },
		.owner = "",
		.words = "paint the wall",
		.added_ms = NOW_MS,
		.added_by = "Sam Staff" };
	struct rd_case_action *actions;
	int64_t second = 0, first = 0;
	size_t n;

	TX(rd_case_action_add(tx, &late, &second, &w->err));
	late.due = (struct rd_date){ 2027, 1, 8 };
	late.words = "mend the pipe";
	late.owner = "the plumber";
	TX(rd_case_action_add(tx, &late, &first, &w->err));
	TX_FAILS(RD_E_MISSING,
		rd_case_action_done(tx, other, first, "Sam Staff", "", NOW_MS, &w->err));
	TX(rd_case_action_done(tx, case_id, first, "Sam Staff", "in an hour", NOW_MS, &w->err));
	TX_FAILS(RD_E_EXISTS,
		rd_case_action_done(tx, case_id, first, "Sam Staff", "", NOW_MS, &w->err));
	OK(rd_case_action_list(w->db, case_id, w->arena, &actions, &n, &w->err));
	assert_int_equal(n, 2);
	assert_int_equal(actions[0].id, first); /* the sooner one */
	assert_string_equal(actions[0].words, "mend the pipe");
	assert_string_equal(actions[0].owner, "the plumber");
	assert_string_equal(actions[0].how, "in an hour");
	assert_int_equal(actions[0].done_ms, NOW_MS);
	assert_int_equal(actions[1].done_ms, 0);
	OK(rd_case_action_list(w->db, other, w->arena, &actions, &n, &w->err));
	assert_int_equal(n, 0);
}

static struct rd_case_clock clock_named(int64_t case_id, const char *name)
{
	return (struct rd_case_clock){ .case_id = case_id,
		.name = name,
		.starts = { 2026, 12, 21 },
		.due = { 2026, 12, 30 },
		.source = "a clause" };
}

static void what_stopped_when_a_case_was_closed_runs_again(void **state)
{
	struct store_world *w = *state;
	const int64_t case_id = world_open_case(w, "ann@example.org");
	const struct rd_case_clock respond = clock_named(case_id, "stage1.respond");
	const struct rd_case_clock define = clock_named(case_id, "stage1.define");
	const struct rd_case_clock closing = clock_named(case_id, "case.close");
	struct rd_case_clock *clocks;
	size_t n;

	TX(rd_case_start_clock(tx, &respond, &w->err));
	TX(rd_case_start_clock(tx, &define, &w->err));
	TX(rd_case_start_clock(tx, &closing, &w->err));
	TX(rd_case_cancel_clock(tx, case_id, "stage1.define", NOW_MS, &w->err));
	TX(rd_case_cancel_clock(tx, case_id, NULL, NOW_MS + 5, &w->err));
	TX(rd_case_restart_clocks(tx, case_id, NOW_MS + 5, &w->err));
	OK(rd_case_clocks(w->db, case_id, w->arena, &clocks, &n, &w->err));
	assert_int_equal(n, 1);
	assert_string_equal(clocks[0].name, "stage1.respond");
	/* One that was met makes room when it is told to. */
	TX(rd_case_meet_clock(tx, case_id, "stage1.respond", NOW_MS, &w->err));
	TX_FAILS(RD_E_EXISTS, rd_case_start_clock(tx, &respond, &w->err));
	TX(rd_case_retire_clock(tx, case_id, "stage1.respond", NOW_MS, &w->err));
	TX(rd_case_start_clock(tx, &respond, &w->err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			acts_are_read_back_in_order, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(
			an_act_is_never_changed_but_its_words_can_go, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(what_was_promised_is_done_once_and_by_its_own_case,
			world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(what_stopped_when_a_case_was_closed_runs_again,
			world_setup, world_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

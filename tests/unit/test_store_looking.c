/* What is done for one message or one case looks at that one alone, however many there are: no
 * statement of it walks through a table. SQLite itself counts the steps. */
#include "support/store_world.h"

#include <stdio.h>
#include "redress/store/erasure.h"
#include "redress/store/outbox.h"
#include "redress/store/tasks.h"

#define N_CASES 8

static char walked[4096]; /* statements that walked through a table, a line each */

static int count_steps(unsigned what, void *context, void *statement, void *took)
{
	sqlite3_stmt *stmt = statement;
	const size_t len = strlen(walked);

	(void)what;
	(void)context;
	(void)took;
	if (sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_FULLSCAN_STEP, 1) > 1)
		snprintf(walked + len, sizeof walked - len, "%s\n", sqlite3_sql(stmt));
	return 0;
}

static void watch(struct store_world *w)
{
	walked[0] = '\0';
	assert_int_equal(
		sqlite3_trace_v2(rd_db_handle(w->db), SQLITE_TRACE_PROFILE, count_steps, NULL),
		SQLITE_OK);
}

static void nothing_was_walked(struct store_world *w)
{
	assert_int_equal(sqlite3_trace_v2(rd_db_handle(w->db), 0, NULL, NULL), SQLITE_OK);
	if (walked[0] != '\0')
		fail_msg("%s", walked);
}

/* A case with clocks, its mail, one that is the same, a task and a text. */
static int64_t live(struct store_world *w, int i, int64_t *ret_mail)
{
	char address[40], id[24];
	struct rd_case_clock clock = { .name = "stage1.respond",
		.starts = { 2026, 5, 29 },
		.due = { 2026, 6, 12 },
		.source = "5.1" };
	struct rd_task task = { .kind = "tell", .text = "tell", .landlord = "", .n = 1 };
	int64_t task_id = 0, duplicate;
	bool is_new;

	snprintf(address, sizeof address, "ann%d@example.org", i);
	snprintf(id, sizeof id, "SM%d", i);
	const int64_t case_id = world_open_case(w, address);
	const struct rd_message message = world_message(address, "m@example.org", i + 1);
	struct rd_fate fate = { .kind = RD_FATE_OPENED, .case_id = case_id, .detail = "" };

	*ret_mail = world_put_mail(w, (uint32_t)(2 * i + 1));
	world_finish(w, *ret_mail, &fate, &message);
	duplicate = world_put_mail(w, (uint32_t)(2 * i + 2));
	fate = (struct rd_fate){
		.kind = RD_FATE_DUPLICATE, .duplicate_of = *ret_mail, .detail = ""
	};
	world_finish(w, duplicate, &fate, &message);
	world_put_text(w, id, address, NOW_MS);
	clock.case_id = task.case_id = case_id;
	task.cause = id;
	task.due = rd_date_of(NOW_MS);
	TX(rd_case_start_clock(tx, &clock, &w->err));
	TX(rd_task_put(tx, &task, NOW_MS, &task_id, &is_new, &w->err));
	return case_id;
}

static int64_t live_some(struct store_world *w, int64_t *ret_mail)
{
	int64_t last = 0;

	for (int i = 0; i < N_CASES; i++)
		last = live(w, i, ret_mail);
	return last;
}

static void the_clocks_of_a_case_are_its_own(void **state)
{
	struct store_world *w = *state;
	struct rd_case_clock *clocks;
	int64_t mail = 0;
	size_t n = 0;

	const int64_t id = live_some(w, &mail);
	watch(w);
	OK(rd_case_clocks_all(w->db, id, w->arena, &clocks, &n, &w->err));
	OK(rd_case_clocks(w->db, id, w->arena, &clocks, &n, &w->err));
	assert_int_equal(n, 1);
	TX(rd_case_restart_clocks(tx, id, NOW_MS, &w->err));
	nothing_was_walked(w);
}

static void a_question_is_known_by_its_cause(void **state)
{
	struct store_world *w = *state;
	int64_t mail = 0;
	bool ever = false;

	live_some(w, &mail);
	watch(w);
	OK(rd_task_ever(w->db, "tell", "SM3", &ever, &w->err));
	assert_true(ever);
	nothing_was_walked(w);
}

static void erasing_one_leaves_the_others_alone(void **state)
{
	struct store_world *w = *state;
	struct rd_person_case *cases;
	int64_t mail = 0, *messages, waiting = 0;
	size_t n = 0;

	const int64_t id = live_some(w, &mail);
	TX(rd_case_set_status(tx, id, RD_STATUS_CLOSED, "done", NOW_MS, &w->err));
	watch(w);
	OK(rd_person_cases(w->db, "ann7@example.org", w->arena, &cases, &n, &w->err));
	assert_int_equal(n, 1);
	OK(rd_person_messages(
		w->db, "ann7@example.org", w->arena, &messages, &n, &waiting, &w->err));
	assert_int_equal(waiting, 1);
	{
		struct rd_tx *tx = NULL;

		OK(rd_tx_begin(w->db, &tx, &w->err));
		RD_CLEANUP(rd_erasure_end) struct rd_erasure erasure = RD_ERASURE(tx, NOW_MS);
		OK(rd_erase_message(&erasure, mail, RD_ERASED_ASKED, &w->err));
		OK(rd_erase_case(&erasure, id, RD_ERASED_ASKED, &w->err));
		assert_int_equal(erasure.n_messages, 2); /* the same one twice */
		OK(rd_tx_commit(&tx, &w->err));
	}
	nothing_was_walked(w);
}

#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_clocks_of_a_case_are_its_own),
		T(a_question_is_known_by_its_cause),
		T(erasing_one_leaves_the_others_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

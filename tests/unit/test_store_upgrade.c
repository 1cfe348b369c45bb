/* Stores that an older redressd left, with what a landlord's store holds: each comes to the present
 * schema with every row, a chain that verifies and letters that still go. */
#include "support/store_world.h"

#include <stdio.h>
#include "redress/store/audit.h"
#include "redress/store/outbox.h"

#define N_CASES 3

static void audit(struct store_world *w, const char *what, int64_t case_id, int64_t message_id)
{
	struct rd_audit_row row = {
		.at_ms = NOW_MS,
		.actor = "redressd",
		.actor_uid = -1,
		.what = what,
		.case_id = case_id,
		.message_id = message_id,
		.detail = "{\"points\":2.5}",
	};

	TX(rd_audit_add(tx, &row, NULL, &w->err));
}

static int64_t write_letter(struct store_world *w, int64_t case_id, int number)
{
	char message_id[40];
	struct rd_outbox_row row = {
		.case_id = case_id,
		.letter = "acknowledgement",
		.stage = RD_STAGE_1,
		.cause = "message:1",
		.outgoing = "out",
		.recipient = "ann@example.org",
		.subject = "Your complaint",
		.payload = "Dear Ann",
		.payload_len = 8,
		.message_id = message_id,
		.letter_version = "acknowledgement.email 1",
		.meets_clock = "",
	};
	int64_t id = 0;

	snprintf(message_id, sizeof message_id, "rd.%d@example.net", number);
	TX(rd_outbox_put(tx, &row, NOW_MS, &id, &w->err));
	return id;
}

/* Mails decided, cases with letters queued and sent, a text that waits, an audit row for each. */
static void live_a_day(struct store_world *w)
{
	for (int i = 0; i < N_CASES; i++) {
		char address[40], message_id[40];
		struct rd_fate fate = { .kind = RD_FATE_OPENED, .detail = "" };

		snprintf(address, sizeof address, "ann%d@example.org", i);
		snprintf(message_id, sizeof message_id, "%c@example.org", 'a' + i);
		struct rd_message message = world_message(address, message_id, i + 1);
		int64_t mail = world_put_mail(w, (uint32_t)i + 1);
		fate.case_id = world_open_case(w, address);
		world_finish(w, mail, &fate, &message);
		audit(w, "decided", fate.case_id, mail);
		write_letter(w, fate.case_id, i);
		audit(w, "letter_queued", fate.case_id, 0);
	}
	struct rd_outbox_row row;
	OK(rd_outbox_claim(w->db, NULL, NOW_MS, true, w->arena, &row, &w->err));
	TX(rd_outbox_sent(tx, row.id, "", "250 ok", NOW_MS, &w->err));
	audit(w, "sent", row.case_id, 0);
	world_put_text(w, "SM1", "+447700900001", NOW_MS);
}

static sqlite3 *raw_open(const char *path)
{
	sqlite3 *handle = NULL;

	assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
	return handle;
}

static void raw(sqlite3 *handle, const char *sql)
{
	char *why = NULL;

	if (sqlite3_exec(handle, sql, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s: %s", sql, why);
}

/* Runs SQL for each table of main: in it {T} is the table, {C} its columns. */
static void raw_each_table(sqlite3 *handle, const char *sql)
{
	sqlite3_stmt *stmt = NULL;

	assert_int_equal(sqlite3_prepare_v2(handle,
				 "SELECT replace(replace(?1, '{T}', t.name), '{C}', "
				 "group_concat(c.name, ', '))"
				 " FROM main.sqlite_schema t, pragma_table_info(t.name, 'main') c"
				 " WHERE t.type = 'table' GROUP BY t.name",
				 -1, &stmt, NULL),
		SQLITE_OK);
	sqlite3_bind_text(stmt, 1, sql, -1, SQLITE_STATIC);
	char *texts[64];
	size_t n = 0;
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		assert_true(n < sizeof texts / sizeof *texts);
		texts[n++] = strdup((const char *)sqlite3_column_text(stmt, 0));
	}
	sqlite3_finalize(stmt);
	assert_true(n > 0);
	for (size_t i = 0; i < n; i++) {
		raw(handle, texts[i]);
		free(texts[i]);
	}
}

static int64_t raw_int(sqlite3 *handle, const char *sql)
{
	sqlite3_stmt *stmt = NULL;

	assert_int_equal(sqlite3_prepare_v2(handle, sql, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	int64_t value = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return value;
}

/* A store of that version with the rows of the present one, as far as it had a place for them. */
static void make_old(const char *path, const char *present, int version, struct rd_err *err)
{
	char attach[200];
	sqlite3 *handle = raw_open(path);

	assert_int_equal(rd_migrate(handle, version, err), RD_OK);
	raw(handle, "PRAGMA application_id = 1380209202");
	snprintf(attach, sizeof attach, "ATTACH '%s' AS present", present);
	raw(handle, attach);
	raw_each_table(handle, "INSERT INTO main.{T} SELECT {C} FROM present.{T}");
	assert_int_equal(raw_int(handle, "PRAGMA main.user_version"), version);
	assert_int_equal(raw_int(handle, "SELECT count(*) FROM main.case_file"), N_CASES);
	sqlite3_close(handle);
}

/* Of two stores: the same tables, columns, indexes and triggers, and the same rows in each. */
static void same_as_present(const char *path, const char *present)
{
	char attach[200];
	sqlite3 *handle = raw_open(path);

	snprintf(attach, sizeof attach, "ATTACH '%s' AS present", present);
	raw(handle, attach);
	assert_int_equal(
		raw_int(handle, "SELECT count(*) FROM (SELECT type, name, tbl_name, sql FROM"
				" main.sqlite_schema EXCEPT SELECT type, name, tbl_name, sql FROM"
				" present.sqlite_schema)"),
		0);
	assert_int_equal(raw_int(handle, "SELECT (SELECT count(*) FROM main.sqlite_schema) ="
					 " (SELECT count(*) FROM present.sqlite_schema)"),
		1);
	raw(handle, "CREATE TEMP TABLE differ (name)");
	raw_each_table(handle,
		"INSERT INTO differ SELECT '{T}' FROM (SELECT {C} FROM main.{T} EXCEPT"
		" SELECT {C} FROM present.{T})");
	raw_each_table(handle,
		"INSERT INTO differ SELECT '{T}' FROM (SELECT {C} FROM present.{T} EXCEPT"
		" SELECT {C} FROM main.{T})");
	/* Events of cases are told from the upgrade on. */
	raw(handle, "DELETE FROM differ WHERE name = 'case_event'");
	assert_int_equal(raw_int(handle, "SELECT count(*) FROM differ"), 0);
	sqlite3_close(handle);
}

/* It is not only there: it works. */
static void go_on_working(struct store_world *w)
{
	struct rd_outbox_row row;
	struct rd_case matter;
	int64_t n_rows = 0;

	world_ledger_holds(w);
	OK(rd_audit_verify(w->db, &n_rows, &w->err));
	assert_int_equal(n_rows, 2 * N_CASES + 1);
	OK(rd_outbox_claim(w->db, NULL, NOW_MS, true, w->arena, &row, &w->err));
	assert_string_equal(row.payload, "Dear Ann");
	TX(rd_outbox_sent(tx, row.id, "", "250 ok", NOW_MS, &w->err));
	OK(rd_case_get(w->db, row.case_id, w->arena, &matter, &w->err));
	assert_string_equal(matter.landlord, "code-2024");
	audit(w, "sent", row.case_id, 0);
	OK(rd_audit_verify(w->db, &n_rows, &w->err));
	assert_int_equal(n_rows, 2 * N_CASES + 2);
}

static void every_older_store_is_upgraded_whole_and_works(void **state)
{
	struct store_world *w = *state;
	char present[sizeof w->path];

	live_a_day(w);
	world_close(w);
	memcpy(present, w->path, sizeof present);
	for (int version = 1; version < RD_STORE_VERSION; version++) {
		snprintf(w->path, sizeof w->path, "%s/version-%d", w->dir, version);
		make_old(w->path, present, version, &w->err);
		world_open(w);
		world_close(w);
		same_as_present(w->path, present);
		world_open(w);
		go_on_working(w);
		world_close(w);
	}
	world_open(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			every_older_store_is_upgraded_whole_and_works, world_setup, world_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

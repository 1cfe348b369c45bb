#include "support/store_world.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "redress/store/audit.h"
#include "redress/store/backup.h"
#include "redress/store/casebook.h"
#include "redress/store/outbox.h"
#include "redress/store/rulesets.h"

static void add_rows(struct store_world *w, int n)
{
	for (int i = 0; i < n; i++) {
		struct rd_audit_row row = {
			.at_ms = NOW_MS + i,
			.actor = "redressd",
			.actor_uid = -1,
			.what = "decided",
			.message_id = i + 1,
			.detail = "{\"points\":2.5,\"span\":[3,9]}",
		};
		TX(rd_audit_add(tx, &row, NULL, &w->err));
	}
}

static void rows_are_chained_and_read_back(void **state)
{
	struct store_world *w = *state;
	struct rd_audit_row *rows = NULL,
			    bad = { .actor = "redressd", .what = "x", .detail = "not json" };
	int64_t n_rows = -1, last_ms = -1;
	size_t n = 0;

	OK(rd_audit_verify(w->db, &n_rows, &w->err));
	assert_int_equal(n_rows, 0);
	add_rows(w, 5);
	OK(rd_audit_verify(w->db, &n_rows, &w->err));
	assert_int_equal(n_rows, 5);
	OK(rd_audit_list(w->db, 0, 3, 0, 10, w->arena, &rows, &n, &w->err));
	assert_int_equal(n, 1);
	assert_int_equal(rows[0].seq, 3);
	assert_string_equal(rows[0].detail, "{\"points\":2.5,\"span\":[3,9]}");
	TX_FAILS(RD_E_BUG, rd_audit_add(tx, &bad, NULL, &w->err));
	/* A clock set back does not lower the latest time. */
	bad = (struct rd_audit_row){ .at_ms = 5, .actor = "redressd", .what = "x" };
	TX(rd_audit_add(tx, &bad, NULL, &w->err));
	OK(rd_audit_last(w->db, &last_ms, &w->err));
	assert_int_equal(last_ms, NOW_MS + 4);
}

static void rows_can_be_neither_changed_nor_removed(void **state)
{
	struct store_world *w = *state;

	add_rows(w, 2);
	FAILS(RD_E_STORE,
		rd_sql_exec(w->db, "UPDATE audit SET what = 'x'", RD_NO_ARGS, NULL, &w->err));
	FAILS(RD_E_STORE, rd_sql_exec(w->db, "DELETE FROM audit", RD_NO_ARGS, NULL, &w->err));
}

static void tampering_shows(void **state)
{
	struct store_world *w = *state;
	static const struct {
		const char *why, *sql;
	} rows[] = {
		{ "a changed word", "UPDATE audit SET what = 'other' WHERE seq = 2" },
		{ "a changed time", "UPDATE audit SET at_ms = at_ms + 1 WHERE seq = 3" },
		{ "a changed actor", "UPDATE audit SET actor = 'Sam' WHERE seq = 1" },
		{ "a moved case", "UPDATE audit SET case_id = 7 WHERE seq = 4" },
		{ "a changed detail", "UPDATE audit SET detail = '{}' WHERE seq = 4" },
		{ "a row taken out", "DELETE FROM audit WHERE seq = 2" },
		{ "the first taken out", "DELETE FROM audit WHERE seq = 1" },
		{ "the last cut off", "DELETE FROM audit WHERE seq = 4" },
		{ "all cut off", "DELETE FROM audit" },
		{ "a forged head", "UPDATE audit_head SET hash = zeroblob(32)" },
	};
	int64_t n = 0;

	add_rows(w, 4);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		OK(rd_sql_exec(w->db, "BEGIN", RD_NO_ARGS, NULL, &w->err));
		OK(rd_sql_exec(w->db, "DROP TRIGGER audit_no_update", RD_NO_ARGS, NULL, &w->err));
		OK(rd_sql_exec(w->db, "DROP TRIGGER audit_no_delete", RD_NO_ARGS, NULL, &w->err));
		OK(rd_sql_exec(w->db, rows[i].sql, RD_NO_ARGS, NULL, &w->err));
		enum rd_rc rc = rd_audit_verify(w->db, &n, &w->err);
		OK(rd_sql_exec(w->db, "ROLLBACK", RD_NO_ARGS, NULL, &w->err));
		if (rc != RD_E_REFUSED)
			fail_msg("%s was not seen", rows[i].why);
	}
	OK(rd_audit_verify(w->db, &n, &w->err));
}

static enum rd_rc goes_live(struct store_world *w, const struct rd_rulefiles *files,
	enum rd_activation_how how, const char *reason)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	struct rd_activation row = {
		.at_ms = NOW_MS,
		.how = how,
		.author = "Sam",
		.author_uid = 1,
		.reason = reason,
		.n_lost = how == RD_ROLLBACK ? 2 : 0,
		.lost = how == RD_ROLLBACK ? "7 3" : "",
	};

	memcpy(row.sha256, files->sha256, sizeof row.sha256);
	RD_TRY(rd_tx_begin(w->db, &tx, &w->err));
	RD_TRY(rd_rulesets_activate(tx, &row, &w->err));
	return rd_tx_commit(&tx, &w->err);
}

static void a_stored_set_is_found_by_the_first_digits_of_its_name(void **state)
{
	struct store_world *w = *state;
	struct rd_rulefile item = { "a.rules", "", 0 };
	struct rd_rulefiles files;
	char name[RD_RULESET_NAME_MAX], digits[RD_RULESET_NAME_MAX];

	OK(rd_rulefiles_take(&item, 1, &files, &w->err));
	TX(rd_rulesets_put(tx, &files, NOW_MS, &w->err));
	snprintf(digits, sizeof digits, "%.5s", files.sha256 + strlen("sha256:"));
	OK(rd_rulesets_find(w->db, digits, name, &w->err));
	assert_string_equal(name, files.sha256);
	OK(rd_rulesets_find(w->db, files.sha256, name, &w->err));
	digits[3] = '\0';
	FAILS(RD_E_INPUT, rd_rulesets_find(w->db, digits, name, &w->err));
	FAILS(RD_E_INPUT, rd_rulesets_find(w->db, "not digits", name, &w->err));
	digits[4] = digits[4] == '0' ? '1' : '0';
	digits[3] = files.sha256[strlen("sha256:") + 3];
	FAILS(RD_E_MISSING, rd_rulesets_find(w->db, digits, name, &w->err));
	OK(rd_sql_exec(w->db,
		"INSERT INTO ruleset (sha256, stored_ms) SELECT substr(sha256, 1, 20) || 'zz', 0"
		" FROM ruleset",
		RD_NO_ARGS, NULL, &w->err));
	snprintf(digits, sizeof digits, "%.6s", files.sha256 + strlen("sha256:"));
	FAILS(RD_E_INPUT, rd_rulesets_find(w->db, digits, name, &w->err));
	assert_non_null(strstr(w->err.msg, "more digits"));
}

static void rule_sets_are_kept_whole_and_the_last_activated_is_live(void **state)
{
	struct store_world *w = *state;
	struct rd_rulefile one[] = { { "b.rules", "Rule: b\n", 8 }, { "a.rules", "\0x", 2 } };
	struct rd_rulefile two[] = { { "a.rules", "", 0 } };
	struct rd_rulefiles first, second, back;
	struct rd_activation live, *history = NULL;
	size_t n = 0;

	FAILS(RD_E_MISSING, rd_rulesets_current(w->db, w->arena, &live, &w->err));
	OK(rd_rulefiles_take(one, 2, &first, &w->err));
	OK(rd_rulefiles_take(two, 1, &second, &w->err));
	TX(rd_rulesets_put(tx, &first, NOW_MS, &w->err));
	TX(rd_rulesets_put(tx, &first, NOW_MS, &w->err));
	FAILS(RD_E_MISSING, goes_live(w, &second, RD_ACTIVATION, "better"));
	TX(rd_rulesets_put(tx, &second, NOW_MS, &w->err));
	OK(goes_live(w, &first, RD_FIRST_START, ""));
	OK(goes_live(w, &second, RD_ACTIVATION, "better"));
	OK(goes_live(w, &first, RD_ROLLBACK, "worse"));
	OK(rd_rulesets_current(w->db, w->arena, &live, &w->err));
	assert_string_equal(live.sha256, first.sha256);
	assert_string_equal(live.reason, "worse");
	assert_int_equal(live.how, RD_ROLLBACK);
	assert_int_equal(live.n_lost, 2);
	assert_string_equal(live.lost, "7 3");
	OK(rd_rulesets_history(w->db, w->arena, &history, &n, &w->err));
	assert_int_equal(n, 3);
	assert_int_equal(history[2].how, RD_FIRST_START);
	OK(rd_rulesets_activation(w->db, 2, w->arena, &live, &w->err));
	assert_string_equal(live.sha256, second.sha256);
	FAILS(RD_E_MISSING, rd_rulesets_activation(w->db, 4, w->arena, &live, &w->err));
	OK(rd_rulesets_get(w->db, first.sha256, w->arena, &back, &w->err));
	assert_int_equal(back.n_items, 2);
	assert_string_equal(back.items[0].name, "a.rules");
	assert_memory_equal(back.items[0].bytes, "\0x", 2);
	OK(rd_sql_exec(w->db, "UPDATE ruleset_file SET bytes = x'00'", RD_NO_ARGS, NULL, &w->err));
	FAILS(RD_E_STORE, rd_rulesets_get(w->db, first.sha256, w->arena, &back, &w->err));
}

static void an_alarm_is_mailed_once_an_hour_a_cause(void **state)
{
	struct store_world *w = *state;
	static const struct {
		const char *why;
		int64_t at_ms;
		const char *cause;
		bool mail;
	} rows[] = {
		{ "first of its cause", 0, "disk", true },
		{ "again at once", 1, "disk", false },
		{ "another cause", 2, "mailbox:help", true },
		{ "an hour later", RD_ALARM_MAIL_MS, "disk", true },
		{ "a clock set back by a day is no silence", -86400000, "disk", true },
	};
	struct rd_alarm *alarms = NULL;
	bool mail = false;
	size_t n = 0;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		TX(rd_alarm_raise(
			tx, rows[i].cause, "words", NOW_MS + rows[i].at_ms, &mail, &w->err));
		if (mail != rows[i].mail)
			fail_msg("%s", rows[i].why);
	}
	OK(rd_alarm_list(w->db, w->arena, &alarms, &n, &w->err));
	assert_int_equal(n, 2);
	TX(rd_alarm_clear(tx, "disk", NOW_MS, &w->err));
	OK(rd_alarm_list(w->db, w->arena, &alarms, &n, &w->err));
	assert_int_equal(n, 1);
	assert_string_equal(alarms[0].cause, "mailbox:help");
}

static void status_counts_each_message_once(void **state)
{
	struct store_world *w = *state;
	struct rd_status_counts counts;
	struct rd_message message = world_message("a@example.org", "", 1);
	int64_t ids[4];

	for (uint32_t i = 0; i < 4; i++)
		ids[i] = world_put_mail(w, i + 1);
	int64_t case_id = world_open_case(w, "a@example.org");
	world_finish(w, ids[0],
		&(struct rd_fate){
			.kind = RD_FATE_OPENED, .case_id = case_id, .quarantined = true },
		NULL);
	TX(rd_reading_put(tx, ids[1], &message, &(struct rd_score){ 0 }, "x", NOW_MS, &w->err));
	TX(rd_queue_finish(
		tx, ids[1], &(struct rd_fate){ .kind = RD_FATE_OTHER }, NOW_MS, &w->err));
	TX(rd_queue_finish(tx, ids[2],
		&(struct rd_fate){ .kind = RD_FATE_DUPLICATE, .duplicate_of = ids[1] }, NOW_MS,
		&w->err));
	OK(rd_status_counts(w->db, &counts, &w->err));
	assert_int_equal(counts.accepted, 4);
	assert_int_equal(counts.processed, 3);
	assert_int_equal(counts.waiting, 1);
	assert_int_equal(counts.quarantined, 1);
	assert_int_equal(counts.other, 1);
	assert_int_equal(counts.duplicate, 1);
	assert_int_equal(counts.guarded, 0);
	assert_int_equal(counts.cases_open, 1);
}

/* --- backup and restore --- */

static int64_t put_letter(struct store_world *w, const char *message_id, const char *hold)
{
	struct rd_outbox_row row = {
		.letter = "received",
		.cause = message_id,
		.outgoing = "out",
		.recipient = "ann@example.org",
		.payload = "x",
		.payload_len = 1,
		.message_id = message_id,
		.hold_reason = hold,
	};
	int64_t id = 0;

	TX(rd_outbox_put(tx, &row, NOW_MS, &id, &w->err));
	return id;
}

static void a_backup_comes_back_with_what_was_unsent_uncertain(void **state)
{
	struct store_world *w = *state;
	char file[160], old[192];
	struct rd_outbox_row row;
	struct stat about;
	int64_t queued = put_letter(w, "1@x", ""), held = put_letter(w, "2@x", "old mail");
	int64_t from_ms = 0, until_ms = 0, n = 0;
	uint8_t key[RD_STORE_KEY_BYTES];
	bool has = true;

	memcpy(key, rd_store_key(w->store, RD_KEY_REFERENCE), sizeof key);
	snprintf(file, sizeof file, "%s/backup", w->dir);
	snprintf(old, sizeof old, "%s.before-restore", w->path);
	world_put_mail(w, 1);
	add_rows(w, 3);
	OK(rd_backup_write(w->db, file, NOW_MS + 1, &w->err));
	FAILS(RD_E_EXISTS, rd_backup_write(w->db, file, NOW_MS + 1, &w->err));
	assert_int_equal(stat(file, &about), 0);
	assert_int_equal(about.st_mode & 0777, 0600);
	world_put_mail(w, 2);
	world_close(w);
	OK(rd_backup_restore(file, w->path, NOW_MS + 100, &w->err));
	assert_int_equal(stat(old, &about), 0);
	world_open(w);
	assert_memory_equal(key, rd_store_key(w->store, RD_KEY_REFERENCE), sizeof key);
	OK(rd_intake_has_uid(w->db, w->epoch, 1, &has, &w->err));
	assert_true(has);
	OK(rd_intake_has_uid(w->db, w->epoch, 2, &has, &w->err));
	assert_false(has);
	OK(rd_outbox_get(w->db, queued, w->arena, &row, &w->err));
	assert_int_equal(row.state, RD_OUTBOX_UNCERTAIN);
	OK(rd_outbox_get(w->db, held, w->arena, &row, &w->err));
	assert_int_equal(row.state, RD_OUTBOX_UNCERTAIN);
	OK(rd_meta_get_int(w->db, RD_META_RESTORED_FROM, &from_ms, &w->err));
	OK(rd_meta_get_int(w->db, RD_META_RESTORED_UNTIL, &until_ms, &w->err));
	assert_int_equal(from_ms, NOW_MS + 1);
	assert_int_equal(until_ms, NOW_MS + 100);
	OK(rd_audit_verify(w->db, &n, &w->err));
	assert_int_equal(n, 3);
	/* What was there is not written over by a second restore. */
	world_close(w);
	FAILS(RD_E_EXISTS, rd_backup_restore(file, w->path, NOW_MS + 200, &w->err));
	world_open(w);
}

/* What a crash would leave: after each change of a name the state file must be there. */
static const char *watched; /* NULL: nobody looks */
static bool was_missing, cannot_exchange;

static int looked(long rc)
{
	if (watched != NULL && access(watched, F_OK) != 0)
		was_missing = true;
	return (int)rc;
}

int rename(const char *from, const char *to)
{
	return looked(syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}

int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	if (flags == RENAME_EXCHANGE && cannot_exchange) {
		errno = EINVAL;
		return -1;
	}
	return looked(syscall(SYS_renameat2, from_dir, from, to_dir, to, flags));
}

static void a_restore_never_leaves_the_name_without_a_store(void **state)
{
	struct store_world *w = *state;
	char file[160], old[192], restoring[192];
	bool has = true;

	snprintf(file, sizeof file, "%s/backup", w->dir);
	snprintf(old, sizeof old, "%s.before-restore", w->path);
	snprintf(restoring, sizeof restoring, "%s.restoring", w->path);
	OK(rd_backup_write(w->db, file, NOW_MS, &w->err));
	for (int i = 0; i < 2; i++) {
		cannot_exchange = i > 0;
		world_put_mail(w, 2);
		world_close(w);
		was_missing = false;
		watched = w->path;
		OK(rd_backup_restore(file, w->path, NOW_MS + 1, &w->err));
		watched = NULL;
		assert_false(was_missing);
		assert_int_not_equal(access(restoring, F_OK), 0);
		assert_int_equal(unlink(old), 0); /* the old one is kept */
		world_open(w);
		OK(rd_intake_has_uid(w->db, w->epoch, 2, &has, &w->err));
		assert_false(has);
	}
	cannot_exchange = false;
}

static void belongs_to(const char *path, uid_t owner)
{
	struct stat about;

	assert_int_equal(stat(path, &about), 0);
	assert_int_equal(about.st_uid, owner);
}

/* Else the daemon, which is not root, could open neither store nor lock. */
static void what_root_restores_is_the_owners_of_the_folder(void **state)
{
	struct store_world *w = *state;
	const uid_t owner = 65534;
	char file[160], lock[192], old[192];

	if (geteuid() != 0)
		skip();
	snprintf(file, sizeof file, "%s/backup", w->dir);
	snprintf(lock, sizeof lock, "%s.lock", w->path);
	snprintf(old, sizeof old, "%s.before-restore", w->path);
	OK(rd_backup_write(w->db, file, NOW_MS, &w->err));
	world_close(w);
	unlink(lock);
	assert_int_equal(chown(w->dir, owner, owner), 0);
	OK(rd_backup_restore(file, w->path, NOW_MS + 1, &w->err));
	belongs_to(w->path, owner);
	belongs_to(lock, owner);
	assert_int_equal(unlink(old), 0);
	assert_int_equal(chown(w->dir, 0, 0), 0);
	world_open(w);
}

/* Letters of cases that a restore loses are out there, and their references must never lead to
 * another resident's case. */
static void a_restore_gives_no_case_number_twice(void **state)
{
	struct store_world *w = *state;
	char file[160], old[192];
	int64_t day_ms = INT64_C(86400000), last = 0, first;

	snprintf(file, sizeof file, "%s/backup", w->dir);
	snprintf(old, sizeof old, "%s.before-restore", w->path);
	first = world_open_case(w, "ann@example.org");
	assert_int_equal(first, RD_CASE_FIRST);
	OK(rd_backup_write(w->db, file, NOW_MS, &w->err));
	for (int i = 0; i < 3; i++)
		last = world_open_case(w, "bob@example.org");
	for (int restores = 1; restores <= 2; restores++) {
		world_close(w);
		OK(rd_backup_restore(file, w->path, NOW_MS + restores * day_ms, &w->err));
		assert_int_equal(unlink(old), 0);
		world_open(w);
		first = world_open_case(w, "cat@example.org");
		assert_true(first > last);
		last = world_open_case(w, "cat@example.org");
		assert_int_equal(last, first + 1);
	}
}

static void a_restore_is_refused_where_it_would_do_harm(void **state)
{
	struct store_world *w = *state;
	struct rd_store_options daemon = { .path = w->path, .daemon = true };
	struct rd_store *running = NULL;
	char file[160], bad[160], newer[160], broken[160];
	sqlite3 *handle = NULL;
	bool has = false;

	snprintf(file, sizeof file, "%s/backup", w->dir);
	snprintf(bad, sizeof bad, "%s/bad", w->dir);
	snprintf(newer, sizeof newer, "%s/newer", w->dir);
	snprintf(broken, sizeof broken, "%s/broken", w->dir);
	world_put_mail(w, 1);
	add_rows(w, 3);
	OK(rd_backup_write(w->db, file, NOW_MS, &w->err));
	OK(rd_backup_write(w->db, newer, NOW_MS, &w->err));
	OK(rd_backup_write(w->db, broken, NOW_MS, &w->err));
	/* While the daemon is at work. */
	OK(rd_store_open(&daemon, &running, &w->err));
	FAILS(RD_E_AGAIN, rd_backup_restore(file, w->path, NOW_MS, &w->err));
	rd_store_close(running);
	/* Rubbish, and nothing. */
	FILE *rubbish = fopen(bad, "w");
	assert_non_null(rubbish);
	for (int i = 0; i < 5000; i++)
		fputs("rubbish ", rubbish);
	fclose(rubbish);
	FAILS(RD_E_REFUSED, rd_backup_restore(bad, w->path, NOW_MS, &w->err));
	snprintf(bad, sizeof bad, "%s/none", w->dir);
	FAILS(RD_E_MISSING, rd_backup_restore(bad, w->path, NOW_MS, &w->err));
	/* One of a newer program. */
	assert_int_equal(sqlite3_open(newer, &handle), SQLITE_OK);
	assert_int_equal(sqlite3_exec(handle, "PRAGMA user_version = 99", NULL, NULL, NULL), 0);
	sqlite3_close(handle);
	FAILS(RD_E_REFUSED, rd_backup_restore(newer, w->path, NOW_MS, &w->err));
	assert_non_null(strstr(w->err.msg, "newer"));
	/* One whose audit chain was changed. */
	assert_int_equal(sqlite3_open(broken, &handle), SQLITE_OK);
	assert_int_equal(sqlite3_exec(handle,
				 "DROP TRIGGER audit_no_update;"
				 "UPDATE audit SET what = 'x' WHERE seq = 2",
				 NULL, NULL, NULL),
		0);
	sqlite3_close(handle);
	FAILS(RD_E_REFUSED, rd_backup_restore(broken, w->path, NOW_MS, &w->err));
	assert_non_null(strstr(w->err.msg, "audit chain"));
	/* All the while the state file has stayed as it was. */
	OK(rd_intake_has_uid(w->db, w->epoch, 1, &has, &w->err));
	assert_true(has);
}

#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(rows_are_chained_and_read_back),
		T(rows_can_be_neither_changed_nor_removed),
		T(tampering_shows),
		T(rule_sets_are_kept_whole_and_the_last_activated_is_live),
		T(a_stored_set_is_found_by_the_first_digits_of_its_name),
		T(an_alarm_is_mailed_once_an_hour_a_cause),
		T(status_counts_each_message_once),
		T(a_backup_comes_back_with_what_was_unsent_uncertain),
		T(a_restore_never_leaves_the_name_without_a_store),
		T(what_root_restores_is_the_owners_of_the_folder),
		T(a_restore_gives_no_case_number_twice),
		T(a_restore_is_refused_where_it_would_do_harm),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

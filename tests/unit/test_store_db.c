#include "support/store_world.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "support/asleep.h"
#include "support/vfs_shim.h"

static int64_t pragma(struct store_world *w, const char *sql)
{
	int64_t value = -1;

	OK(rd_sql_int(w->db, sql, RD_NO_ARGS, -1, &value, &w->err));
	return value;
}

static void the_file_is_for_its_owner_alone(void **state)
{
	struct store_world *w = *state;
	struct stat about;

	assert_int_equal(stat(w->path, &about), 0);
	assert_int_equal(about.st_mode & 0777, 0600);
	world_close(w);
	assert_int_equal(chmod(w->path, 0644), 0);
	world_open(w);
	assert_int_equal(stat(w->path, &about), 0);
	assert_int_equal(about.st_mode & 0777, 0600);
}

static void commits_are_synced_and_references_are_checked(void **state)
{
	struct store_world *w = *state;

	assert_int_equal(pragma(w, "PRAGMA synchronous"), 2);
	assert_int_equal(pragma(w, "PRAGMA foreign_keys"), 1);
	assert_int_equal(pragma(w, "PRAGMA trusted_schema"), 0);
	assert_int_equal(pragma(w, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
}

static void keys_differ_and_stay(void **state)
{
	struct store_world *w = *state;
	uint8_t keys[RD_N_STORE_KEYS][RD_STORE_KEY_BYTES];
	uint8_t one[32], other[32];

	for (int i = 0; i < RD_N_STORE_KEYS; i++)
		memcpy(keys[i], rd_store_key(w->store, (enum rd_store_key)i), sizeof keys[i]);
	assert_memory_not_equal(keys[0], keys[1], 32);
	assert_memory_not_equal(keys[1], keys[2], 32);
	world_close(w);
	world_open(w);
	for (int i = 0; i < RD_N_STORE_KEYS; i++)
		assert_memory_equal(
			keys[i], rd_store_key(w->store, (enum rd_store_key)i), sizeof keys[i]);
	rd_store_address_key(w->store, " Ann@Example.org", one);
	rd_store_address_key(w->store, "ann@example.org ", other);
	assert_memory_equal(one, other, 32);
	rd_store_hash(w->store, RD_KEY_IDENTITY, "ab", "c", 1, one);
	rd_store_hash(w->store, RD_KEY_IDENTITY, "a", "bc", 2, other);
	assert_memory_not_equal(one, other, 32);
}

static void a_missing_file_is_not_made_by_the_tool(void **state)
{
	struct store_world *w = *state;
	char path[160];
	struct rd_store *store = NULL;
	struct rd_store_options options = { .path = path };

	snprintf(path, sizeof path, "%s/nothing", w->dir);
	FAILS(RD_E_MISSING, rd_store_open(&options, &store, &w->err));
	assert_int_not_equal(access(path, F_OK), 0);
}

static sqlite3 *raw_open(const char *path)
{
	sqlite3 *handle = NULL;

	assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
	return handle;
}

static void a_newer_store_is_refused_in_plain_words(void **state)
{
	struct store_world *w = *state;
	struct rd_store *store = NULL;
	char set[48];
	struct rd_store_options options = { .path = w->path, .create = true };

	world_close(w);
	sqlite3 *handle = raw_open(w->path);
	snprintf(set, sizeof set, "PRAGMA user_version = %d", RD_STORE_VERSION + 1);
	assert_int_equal(sqlite3_exec(handle, set, NULL, NULL, NULL), 0);
	FAILS(RD_E_REFUSED, rd_store_open(&options, &store, &w->err));
	assert_non_null(strstr(w->err.msg, "newer redressd"));
	snprintf(set, sizeof set, "PRAGMA user_version = %d", RD_STORE_VERSION);
	assert_int_equal(sqlite3_exec(handle, set, NULL, NULL, NULL), 0);
	sqlite3_close(handle);
	world_open(w);
}

static void a_strangers_database_is_refused(void **state)
{
	struct store_world *w = *state;
	struct rd_store *store = NULL;
	char path[160];
	struct rd_store_options options = { .path = path, .create = true };

	snprintf(path, sizeof path, "%s/stranger", w->dir);
	sqlite3 *handle = raw_open(path);
	assert_int_equal(sqlite3_exec(handle, "CREATE TABLE t (x)", NULL, NULL, NULL), 0);
	sqlite3_close(handle);
	FAILS(RD_E_REFUSED, rd_store_open(&options, &store, &w->err));
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	for (int i = 0; i < 5000; i++)
		fputs("not a database", file);
	fclose(file);
	FAILS(RD_E_STORE, rd_store_open(&options, &store, &w->err));
}

static void an_older_store_is_upgraded_with_its_rows(void **state)
{
	struct store_world *w = *state;
	char path[160];
	int64_t version = 0, sources = 0, receipts = -1;

	world_close(w);
	snprintf(path, sizeof path, "%s/old", w->dir);
	memcpy(w->path, path, strlen(path) + 1);
	sqlite3 *handle = raw_open(path);
	OK(rd_migrate(handle, 1, &w->err));
	assert_int_equal(sqlite3_exec(handle,
				 "PRAGMA application_id = 1380209202;"
				 "INSERT INTO source (kind, identity, name, first_seen_ms)"
				 " VALUES ('imap', 'x', 'old', 1)",
				 NULL, NULL, NULL),
		0);
	assert_int_not_equal(sqlite3_exec(handle, "SELECT 1 FROM receipt", NULL, NULL, NULL), 0);
	sqlite3_close(handle);
	world_open(w);
	version = pragma(w, "PRAGMA user_version");
	sources = pragma(w, "SELECT count(*) FROM source WHERE name = 'old'");
	receipts = pragma(w, "SELECT count(*) FROM receipt");
	assert_int_equal(version, RD_STORE_VERSION);
	assert_int_equal(sources, 1);
	assert_int_equal(receipts, 0);
}

static void a_second_daemon_is_kept_out_and_the_tool_is_not(void **state)
{
	struct store_world *w = *state;
	struct rd_store *first = NULL, *second = NULL, *tool = NULL;
	struct rd_store_options daemon = { .path = w->path, .daemon = true };
	struct rd_store_options ctl = { .path = w->path };

	OK(rd_store_open(&daemon, &first, &w->err));
	FAILS(RD_E_AGAIN, rd_store_open(&daemon, &second, &w->err));
	OK(rd_store_open(&ctl, &tool, &w->err));
	rd_store_close(tool);
	rd_store_close(first);
	OK(rd_store_open(&daemon, &second, &w->err));
	rd_store_close(second);
}

static enum rd_rc put_and_fail(struct rd_db *db, struct rd_err *err)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;

	RD_TRY(rd_tx_begin(db, &tx, err));
	RD_TRY(rd_meta_set_int(tx, "half", 1, err));
	return rd_fail(err, RD_E_INPUT, "no");
}

static void a_failure_leaves_nothing_behind(void **state)
{
	struct store_world *w = *state;
	int64_t value = -1;

	FAILS(RD_E_INPUT, put_and_fail(w->db, &w->err));
	OK(rd_meta_get_int(w->db, "half", &value, &w->err));
	assert_int_equal(value, 0);
	TX(rd_meta_set_int(tx, "half", 2, &w->err));
}

static void one_message_can_be_undone_inside_a_transaction(void **state)
{
	struct store_world *w = *state;
	struct rd_tx *tx = NULL;
	int64_t a = 0, b = 0;

	OK(rd_tx_begin(w->db, &tx, &w->err));
	OK(rd_tx_savepoint(tx, &w->err));
	OK(rd_meta_set_int(tx, "a", 1, &w->err));
	OK(rd_tx_release(tx, &w->err));
	OK(rd_tx_savepoint(tx, &w->err));
	OK(rd_meta_set_int(tx, "b", 1, &w->err));
	OK(rd_tx_undo(tx, &w->err));
	OK(rd_tx_commit(&tx, &w->err));
	OK(rd_meta_get_int(w->db, "a", &a, &w->err));
	OK(rd_meta_get_int(w->db, "b", &b, &w->err));
	assert_int_equal(a, 1);
	assert_int_equal(b, 0);
}

static void a_full_disk_is_try_again_and_loses_nothing(void **state)
{
	struct store_world *w = *state;
	struct rd_store_options options = { .path = w->path, .max_pages = 100 };
	struct rd_mail_put mail = world_mail(w, 2);
	char *big = calloc(1, 1 << 20);
	int64_t id = 0;
	bool has = true;

	assert_non_null(big);
	world_put_mail(w, 1);
	world_close(w);
	OK(rd_store_open(&options, &w->store, &w->err));
	OK(rd_db_open(w->store, &w->db, &w->err));
	TX_FAILS(RD_E_AGAIN, rd_intake_put_mail(tx, &mail, big, 1 << 20, &id, &w->err));
	free(big);
	OK(rd_intake_has_uid(w->db, w->epoch, 2, &has, &w->err));
	assert_false(has);
	OK(rd_intake_has_uid(w->db, w->epoch, 1, &has, &w->err));
	assert_true(has);
	world_put_mail(w, 2);
}

static void open_with_shim(struct store_world *w)
{
	struct rd_store_options options = { .path = w->path, .vfs = "shim" };

	vfs_shim_register("shim");
	world_close(w);
	OK(rd_store_open(&options, &w->store, &w->err));
	OK(rd_db_open(w->store, &w->db, &w->err));
}

static void a_commit_that_returns_has_been_synced(void **state)
{
	struct store_world *w = *state;

	open_with_shim(w);
	for (uint32_t uid = 1; uid <= 20; uid++) {
		int64_t syncs = vfs_shim_syncs();
		world_put_mail(w, uid);
		assert_true(vfs_shim_syncs() > syncs);
		assert_false(vfs_shim_dirty());
	}
	/* The shim can tell: what is not synced shows. */
	OK(rd_sql_exec(w->db, "PRAGMA synchronous = OFF", RD_NO_ARGS, NULL, &w->err));
	world_put_mail(w, 21);
	assert_true(vfs_shim_dirty());
}

static void a_disk_that_fails_is_try_again_and_works_later(void **state)
{
	static const int codes[] = { SQLITE_FULL, SQLITE_IOERR_WRITE, SQLITE_IOERR_FSYNC };
	struct store_world *w = *state;
	bool has = true;

	open_with_shim(w);
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
		uint32_t uid = (uint32_t)i + 1;
		struct rd_mail_put mail = world_mail(w, uid);
		struct rd_tx *tx = NULL;
		int64_t id = 0;

		OK(rd_tx_begin(w->db, &tx, &w->err));
		OK(rd_intake_put_mail(tx, &mail, "x", 1, &id, &w->err));
		vfs_shim_fail(codes[i]);
		enum rd_rc rc = rd_tx_commit(&tx, &w->err);
		vfs_shim_fail(0);
		assert_int_equal(rc, RD_E_AGAIN);
		assert_null(tx);
		OK(rd_intake_has_uid(w->db, w->epoch, uid, &has, &w->err));
		assert_false(has);
		world_put_mail(w, uid);
	}
}

/* --- the fair lock --- */

struct greedy {
	struct store_world *w;
	_Atomic int grants;
	_Atomic bool stop;
	_Atomic bool failed;
};

static void *write_without_pause(void *context)
{
	struct greedy *g = context;
	struct rd_err err = { 0 };
	struct rd_db *db = NULL;

	if (rd_db_open(g->w->store, &db, &err) != RD_OK)
		g->failed = true;
	while (!g->failed && !g->stop) {
		struct rd_tx *tx = NULL;
		if (rd_tx_begin(db, &tx, &err) != RD_OK ||
			rd_meta_set_int(tx, "greedy", 1, &err) != RD_OK)
			g->failed = true;
		g->grants++;
		if (tx && rd_tx_commit(&tx, &err) != RD_OK)
			g->failed = true;
	}
	rd_db_close(db);
	return NULL;
}

#define N_QUEUED 5

struct queued {
	struct store_world *w;
	int number;
	pthread_t thread;
	_Atomic pid_t tid; /* just before it asks for its turn */
	int *order;
	_Atomic int *n_served;
	bool failed;
};

/* Notes its number when its turn has come. */
static void *write_once(void *context)
{
	struct queued *q = context;
	struct rd_err err = { 0 };
	struct rd_db *db = NULL;
	struct rd_tx *tx = NULL;

	q->failed = rd_db_open(q->w->store, &db, &err) != RD_OK;
	q->tid = gettid();
	q->failed = q->failed || rd_tx_begin(db, &tx, &err) != RD_OK;
	if (!q->failed) {
		q->order[(*q->n_served)++] = q->number;
		q->failed = rd_tx_commit(&tx, &err) != RD_OK;
	}
	rd_db_close(db);
	return NULL;
}

/* Without it a busy writer, who asks again at once, starves a webhook for seconds. */
static void writers_are_served_in_the_order_they_came_the_busy_one_last(void **state)
{
	struct store_world *w = *state;
	struct queued queued[N_QUEUED];
	struct rd_tx *tx = NULL;
	int order[N_QUEUED + 1] = { 0 };
	_Atomic int n_served = 0;
	bool failed = false, slept = true;

	OK(rd_tx_begin(w->db, &tx, &w->err));
	for (int i = 0; i < N_QUEUED; i++) {
		queued[i] = (struct queued){
			.w = w, .number = i, .order = order, .n_served = &n_served
		};
		assert_int_equal(
			pthread_create(&queued[i].thread, NULL, write_once, &queued[i]), 0);
		while (queued[i].tid == 0)
			usleep(1000);
		slept = asleep_wait(queued[i].tid) && slept;
	}
	const int n_before = n_served;
	OK(rd_tx_commit(&tx, &w->err));
	OK(rd_tx_begin(w->db, &tx, &w->err));
	const int n_after = n_served;
	OK(rd_tx_commit(&tx, &w->err));
	for (int i = 0; i < N_QUEUED; i++) {
		pthread_join(queued[i].thread, NULL);
		failed = failed || queued[i].failed;
	}
	assert_false(failed);
	assert_true(slept);
	assert_int_equal(n_before, 0);
	assert_int_equal(n_after, N_QUEUED);
	for (int i = 0; i < N_QUEUED; i++)
		assert_int_equal(order[i], i);
}

static void many_writers_lose_nothing(void **state)
{
	struct store_world *w = *state;
	struct greedy g = { .w = w };
	pthread_t threads[8];
	int64_t sum = 0;

	for (size_t i = 0; i < 8; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, write_without_pause, &g), 0);
	while (g.grants < 200 && !g.failed)
		usleep(1000);
	g.stop = true;
	for (size_t i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
	assert_false(g.failed);
	OK(rd_meta_get_int(w->db, "greedy", &sum, &w->err));
	assert_int_equal(sum, 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_file_is_for_its_owner_alone),
		T(commits_are_synced_and_references_are_checked),
		T(keys_differ_and_stay),
		T(a_missing_file_is_not_made_by_the_tool),
		T(a_newer_store_is_refused_in_plain_words),
		T(a_strangers_database_is_refused),
		T(an_older_store_is_upgraded_with_its_rows),
		T(a_second_daemon_is_kept_out_and_the_tool_is_not),
		T(a_failure_leaves_nothing_behind),
		T(one_message_can_be_undone_inside_a_transaction),
		T(a_full_disk_is_try_again_and_loses_nothing),
		T(a_commit_that_returns_has_been_synced),
		T(a_disk_that_fails_is_try_again_and_works_later),
		T(writers_are_served_in_the_order_they_came_the_busy_one_last),
		T(many_writers_lose_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

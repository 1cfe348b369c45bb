#include "redress/store/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "redress/base/file.h"
#include "redress/store/audit.h"
#include "redress/store/casebook.h"
#include "redress/store/erasure.h"
#include "redress/store/sql.h"

#define META_BACKUP "backup_ms" /* in the copy: when it was taken */

static void close_handle(sqlite3 **handle)
{
	sqlite3_close_v2(*handle);
}

/* A file that is not finished goes; the path is emptied once it is. */
static void remove_file(char (*path)[RD_PATH_BYTES_MAX])
{
	if (**path)
		unlink(*path);
}

static enum rd_rc path_with(const char *path, const char *ending,
	char out[static RD_PATH_BYTES_MAX], struct rd_err *err)
{
	int n = snprintf(out, RD_PATH_BYTES_MAX, "%s%s", path, ending);

	if (n < 0 || n >= RD_PATH_BYTES_MAX) {
		*out = '\0';
		return rd_fail(
			err, RD_E_INPUT, "a path is longer than %d bytes", RD_PATH_BYTES_MAX);
	}
	return RD_OK;
}

static enum rd_rc make_empty(const char *path, struct rd_err *err)
{
	RD_CLEANUP(rd_fd_close) int fd = rd_store_open_own(path, O_RDWR | O_CREAT | O_EXCL);

	if (fd < 0 && errno == EEXIST)
		return rd_fail(err, RD_E_EXISTS,
			"%s is there already and is not written over; move it away or name another",
			path);
	if (fd < 0)
		return rd_fail(err, RD_E_AGAIN, "%s: %s", path, strerror(errno));
	return RD_OK;
}

static enum rd_rc run(sqlite3 *handle, const char *sql, struct rd_err *err)
{
	int code = sqlite3_exec(handle, sql, NULL, NULL, NULL);

	return code == SQLITE_OK ? RD_OK : rd_sql_fail(handle, code, "the backup", err);
}

static enum rd_rc copy_pages(sqlite3 *from, sqlite3 *to, struct rd_err *err)
{
	sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");

	if (!backup)
		return rd_sql_fail(to, sqlite3_errcode(to), "the backup", err);
	/* In one go: a copy in steps begins again with every commit, and would never end at the
	 * side of a busy writer. In WAL a reader stops nobody. */
	int code = sqlite3_backup_step(backup, -1);
	int finished = sqlite3_backup_finish(backup);
	if (code != SQLITE_DONE)
		return rd_sql_fail(to, finished ? finished : code, "the backup", err);
	return RD_OK;
}

static enum rd_rc copy_file(const char *from, const char *to, struct rd_err *err)
{
	RD_CLEANUP(rd_fd_close) int in = open(from, O_RDONLY | O_CLOEXEC);
	char bytes[65536];

	if (in < 0)
		return rd_fail(err, RD_E_MISSING, "%s: %s", from, strerror(errno));
	RD_TRY(make_empty(to, err));
	RD_CLEANUP(rd_fd_close) int out = open(to, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	if (out < 0)
		return rd_fail(err, RD_E_AGAIN, "%s: %s", to, strerror(errno));
	for (;;) {
		ssize_t got = read(in, bytes, sizeof bytes);
		if (got < 0)
			return rd_fail(err, RD_E_AGAIN, "%s: %s", from, strerror(errno));
		if (got == 0)
			break;
		RD_TRY(rd_fd_write(out, bytes, (size_t)got, to, err));
	}
	if (fsync(out) != 0)
		return rd_fail(err, RD_E_AGAIN, "%s: %s", to, strerror(errno));
	return RD_OK;
}

/* The list of what was erased (erasure.h) goes with the copy: a restore on another machine has no
 * other. Copied last, so that it names whatever the copy lacks. */
static enum rd_rc copy_erased(const char *from, const char *to, bool *ret_there, struct rd_err *err)
{
	char list[RD_PATH_BYTES_MAX], copy[RD_PATH_BYTES_MAX];
	struct stat about;

	RD_TRY(path_with(from, RD_ERASED_ENDING, list, err));
	RD_TRY(path_with(to, RD_ERASED_ENDING, copy, err));
	*ret_there = lstat(list, &about) == 0;
	return *ret_there ? copy_file(list, copy, err) : RD_OK;
}

static enum rd_rc must_be_free(const char *path, struct rd_err *err)
{
	struct stat about;

	if (lstat(path, &about) != 0)
		return RD_OK;
	return rd_fail(err, RD_E_EXISTS,
		"%s is there already and is not written over; move it away or name another", path);
}

enum rd_rc rd_backup_write(struct rd_db *db, const char *file, int64_t now_ms, struct rd_err *err)
{
	RD_CLEANUP(remove_file) char part[RD_PATH_BYTES_MAX] = "";
	char list[RD_PATH_BYTES_MAX], text[160];
	bool there = false;

	RD_TRY(must_be_free(file, err));
	RD_TRY(path_with(file, RD_ERASED_ENDING, list, err));
	RD_TRY(must_be_free(list, err));
	RD_TRY(path_with(file, ".part", part, err));
	unlink(part); /* of a backup that was cut short */
	RD_TRY(make_empty(part, err));
	{
		RD_CLEANUP(close_handle) sqlite3 *to = NULL;
		int code = sqlite3_open_v2(part, &to,
			SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
		if (code != SQLITE_OK)
			return rd_sql_fail(to, code, "the backup", err);
		RD_TRY(copy_pages(rd_db_handle(db), to, err));
		/* One file, with nothing beside it. */
		RD_TRY(run(to, "PRAGMA synchronous = FULL; PRAGMA journal_mode = DELETE;", err));
		snprintf(text, sizeof text,
			"INSERT INTO meta (name, number) VALUES ('" META_BACKUP "', %lld)"
			" ON CONFLICT (name) DO UPDATE SET number = excluded.number",
			(long long)now_ms);
		RD_TRY(run(to, text, err));
	}
	RD_CLEANUP(rd_fd_close) int fd = open(part, O_RDWR | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0)
		return rd_fail(err, RD_E_AGAIN, "%s: %s", part, strerror(errno));
	if (renameat2(AT_FDCWD, part, AT_FDCWD, file, RENAME_NOREPLACE) != 0)
		return rd_fail(err, errno == EEXIST ? RD_E_EXISTS : RD_E_AGAIN, "%s: %s", file,
			strerror(errno));
	*part = '\0';
	RD_TRY(copy_erased(rd_store_path(rd_db_store(db)), file, &there, err));
	return rd_file_sync_folder(file, err);
}

/* --- restore --- */

static enum rd_rc has_list(const char *path, bool *ret_has, struct rd_err *err)
{
	char list[RD_PATH_BYTES_MAX];
	struct stat about;

	RD_TRY(path_with(path, RD_ERASED_ENDING, list, err));
	*ret_has = lstat(list, &about) == 0;
	return RD_OK;
}

enum rd_rc rd_backup_has_list(
	const char *file, const char *state, bool *ret_has, struct rd_err *err)
{
	bool beside = false;

	RD_TRY(has_list(file, &beside, err));
	RD_TRY(has_list(state, ret_has, err));
	*ret_has = *ret_has || beside;
	return RD_OK;
}

/* On a machine that has no list yet, the one beside the backup becomes its own. */
static enum rd_rc take_list(const char *file, const char *state, struct rd_err *err)
{
	bool there = false;

	RD_TRY(has_list(state, &there, err));
	return there ? RD_OK : copy_erased(file, state, &there, err);
}

static enum rd_rc take_lock(const char *state, int *ret_fd, struct rd_err *err)
{
	char path[RD_PATH_BYTES_MAX];

	RD_TRY(path_with(state, ".lock", path, err));
	int fd = rd_store_open_own(path, O_RDWR | O_CREAT);
	if (fd < 0)
		return rd_fail(err, RD_E_AGAIN, "%s: %s", path, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		close(fd);
		return rd_fail(err, RD_E_AGAIN,
			"redressd is at work on %s; stop it before a restore", state);
	}
	*ret_fd = fd;
	return RD_OK;
}

static enum rd_rc check_whole(struct rd_db *db, const char *file, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
	bool more = false;
	int64_t n = 0;

	RD_TRY(rd_sql_query(db, "PRAGMA integrity_check(1)", RD_NO_ARGS, &rows, err));
	RD_TRY(rd_rows_next(&rows, &more, err));
	if (!more || strcmp(rd_rows_borrow(&rows, 0), "ok") != 0)
		return rd_fail(err, RD_E_REFUSED,
			"%s is damaged and was not restored; take an older backup", file);
	rd_rows_end(&rows);
	if (rd_audit_verify(db, &n, err) != RD_OK)
		return rd_fail_within(err, "%s was not restored", file);
	return RD_OK;
}

/* Nobody knows how many cases were opened since the backup. The gap grows with the time since, so
 * that a second restore of the same backup passes over what was opened after the first. */
static enum rd_rc leave_gap(struct rd_tx *tx, int64_t taken_ms, int64_t now_ms, struct rd_err *err)
{
	int64_t since_ms = taken_ms > 0 && now_ms > taken_ms ? now_ms - taken_ms : 0;
	int64_t last = 0, least = 0;

	RD_TRY(rd_sql_int(rd_tx_db(tx), "SELECT max(id) FROM case_file", RD_NO_ARGS,
		RD_CASE_FIRST - 1, &last, err));
	RD_TRY(rd_meta_get_int(rd_tx_db(tx), RD_META_CASE_LEAST, &least, err));
	if (last < least)
		last = least;
	return rd_meta_set_int(
		tx, RD_META_CASE_LEAST, last + RD_RESTORE_GAP + since_ms / RD_RESTORE_GAP_MS, err);
}

/* What was not sent when the backup was taken may have been sent since. */
static enum rd_rc mark_restored(struct rd_db *db, int64_t now_ms, struct rd_err *err)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	int64_t taken_ms = 0;

	RD_TRY(rd_meta_get_int(db, META_BACKUP, &taken_ms, err));
	RD_TRY(rd_tx_begin(db, &tx, err));
	RD_TRY(rd_sql_change(tx,
		"UPDATE outbox SET state = 'uncertain', hold_reason = '', asked = 0"
		" WHERE state IN ('queued', 'held', 'sending', 'failed')",
		RD_NO_ARGS, NULL, err));
	RD_TRY(rd_sql_change(tx,
		"UPDATE open311_request SET state = 'uncertain' WHERE state IN ('queued', "
		"'sending')",
		RD_NO_ARGS, NULL, err));
	RD_TRY(leave_gap(tx, taken_ms, now_ms, err));
	RD_TRY(rd_meta_set_int(tx, RD_META_RESTORED_FROM, taken_ms, err));
	RD_TRY(rd_meta_set_int(tx, RD_META_RESTORED_UNTIL, now_ms, err));
	return rd_tx_commit(&tx, err);
}

static enum rd_rc prepare_copy(
	const char *copy, const char *file, const char *state, int64_t now_ms, struct rd_err *err)
{
	RD_CLEANUP(rd_store_cleanup) struct rd_store *store = NULL;
	RD_CLEANUP(rd_db_cleanup) struct rd_db *db = NULL;
	struct rd_store_options options = { .path = copy };
	int64_t n_erased = 0;
	bool own_list = false;

	if (rd_store_open(&options, &store, err) != RD_OK || rd_db_open(store, &db, err) != RD_OK) {
		if (err->code == RD_E_STORE)
			err->code = RD_E_REFUSED;
		return rd_fail_within(err, "%s was not restored", file);
	}
	RD_TRY(check_whole(db, file, err));
	RD_TRY(mark_restored(db, now_ms, err));
	RD_TRY(has_list(state, &own_list, err));
	RD_TRY(rd_erasure_apply(db, own_list ? state : file, now_ms, &n_erased, err));
	/* All of it into the one file: the last handle that closes removes the log. */
	return run(rd_db_handle(db), "PRAGMA wal_checkpoint(TRUNCATE)", err);
}

/* Folds the log into the old file, so that putting it away is one exchange. A damaged one, for
 * which a restore is the cure, is put away as it is. */
static enum rd_rc fold_old(const char *state, struct rd_err *err)
{
	RD_CLEANUP(close_handle) sqlite3 *old = NULL;

	int code = sqlite3_open_v2(state, &old,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_exec(old, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
	if ((code & 0xff) == SQLITE_BUSY)
		return rd_fail(err, RD_E_AGAIN,
			"another program is using %s; end it before a restore", state);
	return RD_OK;
}

/* Beside a store that could be folded nothing is left; what lies beside a damaged one must not be
 * taken for the new one's. */
static enum rd_rc put_log_away(const char *state, const char *old, struct rd_err *err)
{
	static const char *const endings[] = { "-wal", "-shm" };
	char from[RD_PATH_BYTES_MAX], to[RD_PATH_BYTES_MAX];

	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		RD_TRY(path_with(state, endings[i], from, err));
		RD_TRY(path_with(old, endings[i], to, err));
		if (rename(from, to) != 0 && errno != ENOENT)
			return rd_fail(err, RD_E_AGAIN, "%s: %s", from, strerror(errno));
	}
	return RD_OK;
}

/* At every instant there is a store under the name: after a crash in between, the next start must
 * not find none and make an empty one. */
static enum rd_rc exchange(const char *copy, const char *state, const char *old, struct rd_err *err)
{
	if (rename(copy, old) != 0)
		return rd_fail(err, RD_E_AGAIN, "%s: %s", old, strerror(errno));
	if (renameat2(AT_FDCWD, old, AT_FDCWD, state, RENAME_EXCHANGE) == 0)
		return RD_OK;
	/* Not every file system can exchange: then the old file gets its second name first. */
	if (rename(old, copy) != 0 || link(state, old) != 0)
		return rd_fail(err, RD_E_AGAIN, "%s: %s", old, strerror(errno));
	if (rename(copy, state) == 0)
		return RD_OK;
	enum rd_rc rc = rd_fail(err, RD_E_AGAIN, "%s: %s", state, strerror(errno));
	unlink(old);
	return rc;
}

static enum rd_rc put_in_place(const char *copy, const char *state, struct rd_err *err)
{
	char old[RD_PATH_BYTES_MAX];
	struct stat about;

	RD_TRY(path_with(state, ".before-restore", old, err));
	if (lstat(old, &about) == 0)
		return rd_fail(err, RD_E_EXISTS,
			"%s of an earlier restore is still there; move it away first", old);
	if (lstat(state, &about) == 0) {
		RD_TRY(fold_old(state, err));
		RD_TRY(put_log_away(state, old, err));
		return exchange(copy, state, old, err);
	}
	RD_TRY(put_log_away(state, old, err));
	if (rename(copy, state) != 0)
		return rd_fail(err, RD_E_AGAIN, "%s: %s", state, strerror(errno));
	return RD_OK;
}

/* What SQLite leaves beside the copy goes with it. */
static void remove_beside(const char *copy)
{
	static const char *const endings[] = { "-wal", "-shm" };
	char path[RD_PATH_BYTES_MAX];
	struct rd_err err = { 0 };

	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
		if (path_with(copy, endings[i], path, &err) == RD_OK)
			unlink(path);
}

enum rd_rc rd_backup_restore(
	const char *file, const char *state, int64_t now_ms, struct rd_err *err)
{
	RD_CLEANUP(rd_fd_close) int lock = -1;
	RD_CLEANUP(remove_file) char copy[RD_PATH_BYTES_MAX] = "";

	RD_TRY(take_lock(state, &lock, err));
	RD_TRY(path_with(state, ".restoring", copy, err));
	unlink(copy); /* of a restore that was cut short, under our lock */
	remove_beside(copy);
	RD_TRY(copy_file(file, copy, err));
	enum rd_rc rc = prepare_copy(copy, file, state, now_ms, err);
	remove_beside(copy);
	RD_TRY(rc);
	RD_TRY(take_list(file, state, err));
	RD_TRY(put_in_place(copy, state, err));
	*copy = '\0';
	return rd_file_sync_folder(state, err);
}

#include "redress/store/db.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <libgen.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include "redress/base/fault.h"
#include "redress/base/limits.h"
#include "redress/store/case_events.h"
#include "redress/store/sql.h"

#define LOCK_TRIES    20
#define LOCK_PAUSE_MS 10

#define STATEMENTS_MAX                                                                             \
	1024 /* slots of a handle's cache, a power of two; far above what there is                 \
	      */
#define APPLICATION_ID 1380209202 /* "RDr2" */

/* Writers are served in the order of their tickets: a busy one cannot starve another. */
struct fair_lock {
	pthread_mutex_t mutex;
	pthread_cond_t turn;
	uint64_t next_ticket, serving;
};

struct rd_store {
	char *path;
	char *vfs;
	int busy_ms, max_pages;
	int lock_fd; /* the single daemon's, -1: not ours */
	struct fair_lock writers;
	uint8_t keys[RD_N_STORE_KEYS][RD_STORE_KEY_BYTES];
};

struct rd_tx {
	struct rd_db *db;
	bool open;
	enum rd_tx_step step;
	int64_t audited_from; /* the first audit row of a case in it; 0: none */
};

struct statement {
	const char *sql; /* the constant's address is the key */
	sqlite3_stmt *stmt;
	bool in_use;
};

struct rd_db {
	struct rd_store *store;
	sqlite3 *handle;
	struct rd_tx tx;
	struct statement statements[STATEMENTS_MAX];
	size_t n_statements;
};

static const char *const key_names[RD_N_STORE_KEYS] = {
	[RD_KEY_REFERENCE] = "key.reference",
	[RD_KEY_IDENTITY] = "key.identity",
	[RD_KEY_SAMPLE] = "key.sample",
};

static const struct {
	const char *before, *after;
} steps[] = {
	[RD_STEP_RAW] = { "raw-commit-before", "raw-commit-after" },
	[RD_STEP_CLAIM] = { "claim-before", "claim-after" },
	[RD_STEP_CASE] = { "case-commit-before", "case-commit-after" },
	[RD_STEP_RECEIPT] = { "receipt-before", "receipt-after" },
};

static void fair_lock_take(struct fair_lock *lock)
{
	pthread_mutex_lock(&lock->mutex);
	uint64_t mine = lock->next_ticket++;
	while (lock->serving != mine)
		pthread_cond_wait(&lock->turn, &lock->mutex);
	pthread_mutex_unlock(&lock->mutex);
}

static void fair_lock_give(struct fair_lock *lock)
{
	pthread_mutex_lock(&lock->mutex);
	lock->serving++;
	pthread_cond_broadcast(&lock->turn);
	pthread_mutex_unlock(&lock->mutex);
}

static enum rd_rc pragma(sqlite3 *handle, const char *sql, struct rd_err *err)
{
	int code = sqlite3_exec(handle, sql, NULL, NULL, NULL);

	return code == SQLITE_OK ? RD_OK : rd_sql_fail(handle, code, "", err);
}

static void close_handle(sqlite3 **handle)
{
	sqlite3_close_v2(*handle);
}

static enum rd_rc pragma_int(sqlite3 *handle, const char *sql, int *ret_value, struct rd_err *err)
{
	sqlite3_stmt *stmt = NULL;
	int code = sqlite3_prepare_v2(handle, sql, -1, &stmt, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_step(stmt);
	int value = code == SQLITE_ROW ? sqlite3_column_int(stmt, 0) : 0;
	sqlite3_finalize(stmt);
	if (code != SQLITE_ROW)
		return rd_sql_fail(handle, code, "", err);
	*ret_value = value;
	return RD_OK;
}

/* The proof of the sync tests is that they fail without a sync. */
static enum rd_rc give_up_syncs(sqlite3 *handle, struct rd_err *err)
{
#ifdef RD_FAULT_POINTS
	const char *sync = getenv("REDRESS_SYNC");

	if (sync != NULL && strcmp(sync, "off") == 0)
		return pragma(handle, "PRAGMA synchronous = OFF", err);
#endif
	(void)handle;
	(void)err;
	return RD_OK;
}

/* What holds for a handle and not for the file. */
static enum rd_rc open_handle(
	const struct rd_store *store, sqlite3 **ret_handle, struct rd_err *err)
{
	RD_CLEANUP(close_handle) sqlite3 *handle = NULL;
	char text[64];
	int code = sqlite3_open_v2(store->path, &handle,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, store->vfs);

	if (code != SQLITE_OK) {
		rd_sql_fail(handle, code, "", err);
		return rd_fail_within(err, "%s", store->path);
	}
	sqlite3_busy_timeout(handle, store->busy_ms);
	sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL);
	sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0);
	/* A mail's piece, or a letter, is the largest value; a body may be RD_TEXT_BYTES_MAX. */
	sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, 64 << 20);
	/* No mmap: an I/O error must be an error code, not a SIGBUS. 8 MB of cache a handle keeps
	 * the memory of a dozen threads bounded. */
	RD_TRY(pragma(handle,
		"PRAGMA synchronous = FULL;"
		"PRAGMA wal_autocheckpoint = 2000;"
		"PRAGMA journal_size_limit = 67108864;"
		"PRAGMA cache_size = -8192;"
		"PRAGMA temp_store = MEMORY;"
		"PRAGMA mmap_size = 0;"
		"PRAGMA secure_delete = ON;" /* what was erased is overwritten */
		"PRAGMA cell_size_check = ON;",
		err));
	RD_TRY(give_up_syncs(handle, err));
	if (store->max_pages) {
		snprintf(text, sizeof text, "PRAGMA max_page_count = %d", store->max_pages);
		RD_TRY(pragma(handle, text, err));
	}
	*ret_handle = RD_STEAL(handle);
	return RD_OK;
}

static enum rd_rc make_keys(sqlite3 *handle, struct rd_err *err)
{
	for (int i = 0; i < RD_N_STORE_KEYS; i++) {
		uint8_t key[RD_STORE_KEY_BYTES];
		sqlite3_stmt *stmt = NULL;

		if (getrandom(key, sizeof key, 0) != (ssize_t)sizeof key)
			return rd_fail(err, RD_E_AGAIN, "no randomness for the store's keys");
		int code = sqlite3_prepare_v2(handle,
			"INSERT INTO meta (name, bytes) VALUES (?1, ?2)"
			" ON CONFLICT (name) DO NOTHING",
			-1, &stmt, NULL);
		if (code == SQLITE_OK) {
			sqlite3_bind_text(stmt, 1, key_names[i], -1, SQLITE_STATIC);
			sqlite3_bind_blob(stmt, 2, key, sizeof key, SQLITE_STATIC);
			code = sqlite3_step(stmt);
		}
		sqlite3_finalize(stmt);
		if (code != SQLITE_DONE)
			return rd_sql_fail(handle, code, "making keys", err);
	}
	return RD_OK;
}

/* Brings the file to our schema, in one transaction; a newer one and a stranger are refused. */
static enum rd_rc prepare_file(struct rd_store *store, sqlite3 *handle, struct rd_err *err)
{
	int version = 0, id = 0, tables = 0;

	RD_TRY(pragma_int(handle, "SELECT count(*) FROM sqlite_schema", &tables, err));
	RD_TRY(pragma_int(handle, "PRAGMA application_id", &id, err));
	RD_TRY(pragma_int(handle, "PRAGMA user_version", &version, err));
	if (tables && id != APPLICATION_ID)
		return rd_fail(err, RD_E_REFUSED,
			"%s is a database, but not one of redressd; name another State: file",
			store->path);
	if (version > RD_STORE_VERSION)
		return rd_fail(err, RD_E_REFUSED,
			"%s was written by a newer redressd (its version is %d, this program knows "
			"%d); install the newer program, or restore a backup made by this one",
			store->path, version, RD_STORE_VERSION);
	if (!tables)
		RD_TRY(pragma(handle, "PRAGMA page_size = 8192", err));
	/* Persistent, and no harm when it is so already. */
	RD_TRY(pragma(handle, "PRAGMA journal_mode = WAL", err));
	if (version == RD_STORE_VERSION)
		return RD_OK;
	RD_TRY(pragma(handle, "BEGIN IMMEDIATE", err));
	enum rd_rc rc = rd_migrate(handle, RD_STORE_VERSION, err);
	if (rc == RD_OK)
		rc = make_keys(handle, err);
	if (rc == RD_OK)
		rc = pragma(handle, "PRAGMA application_id = 1380209202", err);
	if (rc == RD_OK)
		rc = pragma(handle, "COMMIT", err);
	if (rc != RD_OK)
		sqlite3_exec(handle, "ROLLBACK", NULL, NULL, NULL);
	return rc;
}

static enum rd_rc load_keys(struct rd_store *store, sqlite3 *handle, struct rd_err *err)
{
	for (int i = 0; i < RD_N_STORE_KEYS; i++) {
		sqlite3_stmt *stmt = NULL;
		bool found = false;

		int code = sqlite3_prepare_v2(
			handle, "SELECT bytes FROM meta WHERE name = ?1", -1, &stmt, NULL);
		if (code == SQLITE_OK) {
			sqlite3_bind_text(stmt, 1, key_names[i], -1, SQLITE_STATIC);
			code = sqlite3_step(stmt);
		}
		if (code == SQLITE_ROW && sqlite3_column_bytes(stmt, 0) == RD_STORE_KEY_BYTES) {
			memcpy(store->keys[i], sqlite3_column_blob(stmt, 0), RD_STORE_KEY_BYTES);
			found = true;
		}
		sqlite3_finalize(stmt);
		if (!found)
			return rd_fail(err, RD_E_STORE,
				"%s: the key %s is missing; restore a backup", store->path,
				key_names[i]);
	}
	return RD_OK;
}

/* errno of an open() as a person can mend it; what may pass by itself is RD_E_AGAIN. */
static enum rd_rc file_fail(const char *path, struct rd_err *err)
{
	switch (errno) {
	case EACCES:
	case EPERM:
	case EROFS:
		return rd_fail(err, RD_E_REFUSED,
			"%s: you may not open it; put `sudo -u redress` before the command, or the "
			"user that redressd runs as",
			path);
	case ENOENT:
	case ENOTDIR:
		return rd_fail(err, RD_E_REFUSED,
			"%s: its folder is not there; make it, or correct State:", path);
	case EISDIR:
		return rd_fail(
			err, RD_E_REFUSED, "%s is a folder; State: names a file inside one", path);
	default:
		return rd_fail(err, RD_E_AGAIN, "%s: %s", path, strerror(errno));
	}
}

/* Where it fails root keeps the file, and whoever opens it is told so. */
static void give_to_owner(int fd, const char *path)
{
	char folder[4096];
	struct stat about;

	if (geteuid() != 0 || strlen(path) >= sizeof folder)
		return;
	memcpy(folder, path, strlen(path) + 1);
	if (stat(dirname(folder), &about) == 0 && fchown(fd, about.st_uid, about.st_gid) != 0)
		return;
}

int rd_store_open_own(const char *path, int flags)
{
	int fd = -1;

	/* What is there already, or only looks so (a link), is never given away. */
	if ((flags & O_CREAT) != 0)
		fd = open(path, flags | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0)
		give_to_owner(fd, path);
	else if ((flags & (O_CREAT | O_EXCL)) == 0 || (errno == EEXIST && !(flags & O_EXCL)))
		fd = open(path, (flags & ~O_CREAT) | O_CLOEXEC);
	return fd;
}

/* SQLite gives its log and its shared memory the mode of the file. */
static enum rd_rc make_file(const struct rd_store *store, bool create, struct rd_err *err)
{
	int fd = rd_store_open_own(store->path, O_RDWR | (create ? O_CREAT : 0));
	struct stat about;

	if (fd < 0 && errno == ENOENT && !create)
		return rd_fail(err, RD_E_MISSING,
			"%s: there is no state file yet; start redressd once, or look at State:",
			store->path);
	if (fd < 0)
		return file_fail(store->path, err);
	if (fstat(fd, &about) == 0 && (about.st_mode & 077) != 0 && fchmod(fd, 0600) != 0) {
		close(fd);
		return rd_fail(err, RD_E_REFUSED,
			"%s can be read by others (mode %03o); run chmod 600 on it", store->path,
			(unsigned)about.st_mode & 0777);
	}
	close(fd);
	return RD_OK;
}

/* Somebody who asks whether a daemon is at work (rd_store_is_served) holds it for a moment. */
static bool lock_soon(int fd)
{
	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return true;
		poll(NULL, 0, LOCK_PAUSE_MS);
	}
	return false;
}

static enum rd_rc take_daemon_lock(struct rd_store *store, struct rd_err *err)
{
	char path[4096];

	if ((size_t)snprintf(path, sizeof path, "%s.lock", store->path) >= sizeof path)
		return rd_fail(err, RD_E_INPUT, "State: path is too long");
	store->lock_fd = rd_store_open_own(path, O_RDWR | O_CREAT);
	if (store->lock_fd < 0)
		return file_fail(path, err);
	if (!lock_soon(store->lock_fd))
		return rd_fail(err, RD_E_AGAIN,
			"%s: another redressd is at work on this state file; stop it first", path);
	return RD_OK;
}

bool rd_store_is_served(const struct rd_store *store)
{
	char path[4096];
	bool served;
	int fd;

	if ((size_t)snprintf(path, sizeof path, "%s.lock", store->path) >= sizeof path)
		return true;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno != ENOENT;
	served = flock(fd, LOCK_SH | LOCK_NB) != 0;
	close(fd);
	return served;
}

enum rd_rc rd_store_open(
	const struct rd_store_options *options, struct rd_store **ret_store, struct rd_err *err)
{
	RD_CLEANUP(rd_store_cleanup) struct rd_store *store = calloc(1, sizeof *store);
	RD_CLEANUP(close_handle) sqlite3 *handle = NULL;

	RD_ASSERT(store);
	store->lock_fd = -1;
	pthread_mutex_init(&store->writers.mutex, NULL);
	pthread_cond_init(&store->writers.turn, NULL);
	store->path = strdup(options->path);
	store->vfs = options->vfs ? strdup(options->vfs) : NULL;
	RD_ASSERT(store->path && (!options->vfs || store->vfs));
	store->busy_ms = options->busy_ms ? options->busy_ms : RD_STORE_BUSY_MS;
	if (options->daemon)
		RD_TRY(take_daemon_lock(store, err));
	RD_TRY(make_file(store, options->create, err));
	RD_TRY(open_handle(store, &handle, err));
	RD_TRY(prepare_file(store, handle, err));
	RD_TRY(load_keys(store, handle, err));
	/* Only from here on: a new file must hold its schema. */
	store->max_pages = options->max_pages;
	*ret_store = RD_STEAL(store);
	return RD_OK;
}

void rd_store_close(struct rd_store *store)
{
	if (!store)
		return;
	if (store->lock_fd >= 0)
		close(store->lock_fd);
	pthread_mutex_destroy(&store->writers.mutex);
	pthread_cond_destroy(&store->writers.turn);
	explicit_bzero(store->keys, sizeof store->keys);
	free(store->path);
	free(store->vfs);
	free(store);
}

void rd_store_cleanup(struct rd_store **store)
{
	rd_store_close(*store);
}

const char *rd_store_path(const struct rd_store *store)
{
	return store->path;
}

enum rd_rc rd_db_open(struct rd_store *store, struct rd_db **ret_db, struct rd_err *err)
{
	struct rd_db *db = calloc(1, sizeof *db);

	RD_ASSERT(db);
	db->store = store;
	db->tx.db = db;
	enum rd_rc rc = open_handle(store, &db->handle, err);
	if (rc != RD_OK) {
		free(db);
		return rc;
	}
	*ret_db = db;
	return RD_OK;
}

void rd_db_close(struct rd_db *db)
{
	if (!db)
		return;
	RD_ASSERT(!db->tx.open);
	for (size_t i = 0; i < STATEMENTS_MAX; i++)
		sqlite3_finalize(db->statements[i].stmt);
	sqlite3_close_v2(db->handle);
	free(db);
}

void rd_db_cleanup(struct rd_db **db)
{
	rd_db_close(*db);
}

struct rd_store *rd_db_store(const struct rd_db *db)
{
	return db->store;
}

sqlite3 *rd_db_handle(struct rd_db *db)
{
	return db->handle;
}

enum rd_rc rd_db_statement(struct rd_db *db, const char *sql, sqlite3_stmt **ret_stmt,
	bool **ret_in_use, struct rd_err *err)
{
	size_t at = ((uintptr_t)sql >> 3) * 0x9e3779b97f4a7c15u >> 54;
	struct statement *slot;

	for (;; at++) {
		slot = &db->statements[at & (STATEMENTS_MAX - 1)];
		if (!slot->sql || slot->sql == sql)
			break;
	}
	bool spare = slot->in_use;
	sqlite3_stmt *stmt = spare ? NULL : slot->stmt;
	if (!stmt) {
		int code = sqlite3_prepare_v3(
			db->handle, sql, -1, spare ? 0 : SQLITE_PREPARE_PERSISTENT, &stmt, NULL);
		if (code != SQLITE_OK)
			return rd_sql_fail(db->handle, code, "preparing", err);
	}
	if (!spare) {
		RD_ASSERT(slot->sql || ++db->n_statements < STATEMENTS_MAX);
		slot->sql = sql;
		slot->stmt = stmt;
		slot->in_use = true;
	}
	*ret_stmt = stmt;
	*ret_in_use = spare ? NULL : &slot->in_use;
	return RD_OK;
}

enum rd_rc rd_tx_begin(struct rd_db *db, struct rd_tx **ret_tx, struct rd_err *err)
{
	RD_ASSERT(!db->tx.open);
	fair_lock_take(&db->store->writers);
	enum rd_rc rc = rd_sql_exec(db, "BEGIN IMMEDIATE", RD_NO_ARGS, NULL, err);
	if (rc != RD_OK) {
		fair_lock_give(&db->store->writers);
		return rc;
	}
	db->tx.open = true;
	db->tx.step = RD_STEP_NONE;
	db->tx.audited_from = 0;
	*ret_tx = &db->tx;
	return RD_OK;
}

static void end_tx(struct rd_tx *tx)
{
	tx->open = false;
	fair_lock_give(&tx->db->store->writers);
}

void rd_tx_rollback(struct rd_tx **tx)
{
	struct rd_tx *ending = *tx;
	struct rd_err err = { 0 };

	if (!ending)
		return;
	*tx = NULL;
	/* SQLite may have rolled back by itself (disk full); then there is nothing to do. */
	if (!sqlite3_get_autocommit(ending->db->handle) &&
		rd_sql_exec(ending->db, "ROLLBACK", RD_NO_ARGS, NULL, &err) != RD_OK)
		RD_ASSERT(sqlite3_get_autocommit(ending->db->handle));
	end_tx(ending);
}

enum rd_rc rd_tx_commit(struct rd_tx **tx, struct rd_err *err)
{
	if (sqlite3_get_autocommit((*tx)->db->handle)) {
		rd_tx_rollback(tx);
		return rd_fail(err, RD_E_AGAIN,
			"the transaction was rolled back before its end; nothing was changed");
	}
	enum rd_tx_step step = (*tx)->step;
	enum rd_rc rc =
		(*tx)->audited_from ? rd_case_events_note(*tx, (*tx)->audited_from, err) : RD_OK;
	if (rc != RD_OK) {
		rd_tx_rollback(tx);
		return rc;
	}
	if (step != RD_STEP_NONE)
		rd_fault_point(steps[step].before);
	rc = rd_sql_exec((*tx)->db, "COMMIT", RD_NO_ARGS, NULL, err);
	if (rc != RD_OK) {
		rd_tx_rollback(tx);
		return rc;
	}
	if (step != RD_STEP_NONE)
		rd_fault_point(steps[step].after);
	end_tx(*tx);
	*tx = NULL;
	return RD_OK;
}

void rd_tx_set_step(struct rd_tx *tx, enum rd_tx_step step)
{
	tx->step = step;
}

void rd_tx_set_audited(struct rd_tx *tx, int64_t seq)
{
	if (tx->audited_from == 0 || seq < tx->audited_from)
		tx->audited_from = seq;
}

struct rd_db *rd_tx_db(const struct rd_tx *tx)
{
	RD_ASSERT(tx && tx->open);
	return tx->db;
}

enum rd_rc rd_tx_savepoint(struct rd_tx *tx, struct rd_err *err)
{
	return rd_sql_change(tx, "SAVEPOINT one_message", RD_NO_ARGS, NULL, err);
}

enum rd_rc rd_tx_release(struct rd_tx *tx, struct rd_err *err)
{
	return rd_sql_change(tx, "RELEASE one_message", RD_NO_ARGS, NULL, err);
}

enum rd_rc rd_tx_undo(struct rd_tx *tx, struct rd_err *err)
{
	RD_TRY(rd_sql_change(tx, "ROLLBACK TO one_message", RD_NO_ARGS, NULL, err));
	return rd_tx_release(tx, err);
}

const uint8_t *rd_store_key(const struct rd_store *store, enum rd_store_key key)
{
	return store->keys[key];
}

void rd_store_hash(const struct rd_store *store, enum rd_store_key key, const char *label,
	const void *data, size_t len, uint8_t out[static RD_STORE_KEY_BYTES])
{
	gnutls_hmac_hd_t hmac;

	RD_ASSERT(gnutls_hmac_init(
			  &hmac, GNUTLS_MAC_SHA256, store->keys[key], RD_STORE_KEY_BYTES) == 0);
	/* The label's NUL keeps "ab" + "c" from being "a" + "bc". */
	RD_ASSERT(gnutls_hmac(hmac, label, strlen(label) + 1) == 0);
	RD_ASSERT(len == 0 || gnutls_hmac(hmac, data, len) == 0);
	gnutls_hmac_deinit(hmac, out);
}

void rd_store_address_key(
	const struct rd_store *store, const char *address, uint8_t out[static RD_STORE_KEY_BYTES])
{
	char folded[RD_ADDRESS_BYTES_MAX * 4];
	size_t len = 0;

	while (isspace((unsigned char)*address))
		address++;
	for (; *address && len < sizeof folded; address++)
		folded[len++] = (char)tolower((unsigned char)*address);
	while (len && isspace((unsigned char)folded[len - 1]))
		len--;
	rd_store_hash(store, RD_KEY_IDENTITY, "address", folded, len, out);
}

enum rd_rc rd_meta_get_int(
	struct rd_db *db, const char *name, int64_t *ret_value, struct rd_err *err)
{
	return rd_sql_int(db, "SELECT number FROM meta WHERE name = ?1", RD_ARGS(rd_text(name)), 0,
		ret_value, err);
}

enum rd_rc rd_meta_set_int(struct rd_tx *tx, const char *name, int64_t value, struct rd_err *err)
{
	return rd_sql_change(tx,
		"INSERT INTO meta (name, number) VALUES (?1, ?2)"
		" ON CONFLICT (name) DO UPDATE SET number = excluded.number",
		RD_ARGS(rd_text(name), rd_int(value)), NULL, err);
}

enum rd_rc rd_db_checkpoint(struct rd_db *db, struct rd_err *err)
{
	int code =
		sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);

	/* Readers in the way are no failure: the next one does the rest. */
	if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY)
		return rd_sql_fail(db->handle, code, "checkpoint", err);
	return RD_OK;
}

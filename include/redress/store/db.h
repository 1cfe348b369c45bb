/* db: the state file: opening, locking, keys and transactions. All else of store/ stands on it.
 *
 * One struct rd_store a process and file, shared between threads: path, keys, the fair writer lock.
 * One struct rd_db a thread: a SQLite handle with its prepared statements, never shared.
 * WAL, synchronous=FULL: when rd_tx_commit returns RD_OK the transaction has been synced.
 *
 * Reading takes a struct rd_db. Whatever changes the store takes a struct rd_tx, so that nothing is
 * written outside a transaction. Writers of one process queue first come, first served, before
 * BEGIN IMMEDIATE; other processes (redressctl) are waited for busy_ms. A transaction should hold
 * at most 100 messages or 50 ms; never call out (network, child) inside one.
 *
 *	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
 *	RD_TRY(rd_tx_begin(db, &tx, err));
 *	RD_TRY(rd_intake_put_mail(tx, &mail, &id, err));
 *	return rd_tx_commit(&tx, err);
 *
 * A unique key that is there already gives RD_E_EXISTS and leaves the transaction usable. After any
 * other failure roll back. Failures: RD_E_AGAIN (busy, full disk, I/O: try later), RD_E_STORE
 * (refused by a constraint, or damaged), RD_E_REFUSED (a store newer than this program).
 *
 * Results that are lists or strings lie in the caller's arena; strings are never NULL ("" for
 * nothing) and instants are 0 where there is none, but where said. Row numbers start at 1; 0: none.
 */
#ifndef REDRESS_STORE_DB_H
#define REDRESS_STORE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "redress/base/arena.h"
#include "redress/base/err.h"

#define RD_STORE_VERSION   17	 /* of the schema; an older file is upgraded, a newer one refused */
#define RD_STORE_BUSY_MS   10000 /* waiting for another process's transaction */
#define RD_STORE_KEY_BYTES 32
#define RD_STORE_ROWS_MAX  100000 /* rows of one list; more is RD_E_RANGE */

struct rd_store;
struct rd_db;
struct rd_tx;

struct rd_store_options {
	const char *path;
	bool create;	 /* make it where it is missing (redressd); else RD_E_MISSING */
	bool daemon;	 /* take the single daemon's lock PATH.lock: held elsewhere -> RD_E_AGAIN */
	const char *vfs; /* SQLite VFS by name, NULL: the default one */
	int busy_ms;	 /* 0: RD_STORE_BUSY_MS */
	int max_pages;	 /* 0: no limit; for tests of a full disk */
};

/* Opens, creates (0600, with fresh keys) or upgrades the state file. Owned. */
RD_MUST_USE enum rd_rc rd_store_open(
	const struct rd_store_options *options, struct rd_store **ret_store, struct rd_err *err);
/* After the last rd_db is closed. Lets the daemon's lock go. NULL is fine. */
void rd_store_close(struct rd_store *store);
void rd_store_cleanup(struct rd_store **store);
const char *rd_store_path(const struct rd_store *store); /* borrowed */
/* open() of a file beside the store, mode 0600. One that root makes here is given to whom the
 * folder belongs to, for the daemon must open it; what was there before is left as it is. */
int rd_store_open_own(const char *path, int flags);
/* Does a daemon (this process's too) hold the lock at this moment? True where that cannot be told.
 */
bool rd_store_is_served(const struct rd_store *store);

/* A handle for the calling thread. Owned: rd_db_close, before rd_store_close. */
RD_MUST_USE enum rd_rc rd_db_open(
	struct rd_store *store, struct rd_db **ret_db, struct rd_err *err);
void rd_db_close(struct rd_db *db); /* NULL is fine */
void rd_db_cleanup(struct rd_db **db);
struct rd_store *rd_db_store(const struct rd_db *db);

RD_MUST_USE enum rd_rc rd_tx_begin(struct rd_db *db, struct rd_tx **ret_tx, struct rd_err *err);
/* Sets *tx to NULL either way; on failure everything is rolled back. */
RD_MUST_USE enum rd_rc rd_tx_commit(struct rd_tx **tx, struct rd_err *err);
void rd_tx_rollback(struct rd_tx **tx); /* for RD_CLEANUP; NULL is fine */
/* The handle to read with inside a transaction (sees its own changes). Borrowed. */
struct rd_db *rd_tx_db(const struct rd_tx *tx);

/* A point to go back to inside a transaction, where one message of several must not spoil the rest.
 */
RD_MUST_USE enum rd_rc rd_tx_savepoint(struct rd_tx *tx, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_tx_release(
	struct rd_tx *tx, struct rd_err *err);				 /* keeps what was done */
RD_MUST_USE enum rd_rc rd_tx_undo(struct rd_tx *tx, struct rd_err *err); /* back to the point */

/* Keys made when the store was. They never leave the file but into these calls. */
enum rd_store_key {
	RD_KEY_REFERENCE = 0, /* check characters of references (message/reference.h) */
	RD_KEY_IDENTITY,      /* keyed hashes of addresses, numbers, content keys, Message-IDs */
	RD_KEY_SAMPLE,	      /* chooses samples by message id */
	RD_N_STORE_KEYS,
};
const uint8_t *rd_store_key(const struct rd_store *store, enum rd_store_key key); /* 32 bytes */
/* HMAC-SHA-256 under a key. label keeps uses apart ("address", "content"). */
void rd_store_hash(const struct rd_store *store, enum rd_store_key key, const char *label,
	const void *data, size_t len, uint8_t out[static RD_STORE_KEY_BYTES]);
/* The keyed hash of an address or number, case folded and trimmed first. */
void rd_store_address_key(
	const struct rd_store *store, const char *address, uint8_t out[static RD_STORE_KEY_BYTES]);

/* A number or a text kept under a name; 0 and "" where there is none. */
RD_MUST_USE enum rd_rc rd_meta_get_int(
	struct rd_db *db, const char *name, int64_t *ret_value, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_meta_set_int(
	struct rd_tx *tx, const char *name, int64_t value, struct rd_err *err);

/* Moves the log into the file and shortens it; for quiet moments of the scheduler. */
RD_MUST_USE enum rd_rc rd_db_checkpoint(struct rd_db *db, struct rd_err *err);

#endif

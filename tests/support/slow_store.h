/* slow_store: a store that takes its time over every row, and counts what a transaction holds.
 *
 * slow_store_begin stops the calling thread's monotonic clock (turned_clock.h); from then on a row
 * that is written, whatever its table, lasts row_ms, and nothing else lasts at all. So the point at
 * which a transaction is full does not hang on the machine:
 *
 *	slow_store_register();                        in main, before any store is opened
 *	slow_store_begin("message", SQLITE_INSERT, 0);
 *	...
 *	assert_int_equal(slow_store_end(), 100);      the most that one transaction inserted
 */
#ifndef REDRESS_SUPPORT_SLOW_STORE_H
#define REDRESS_SUPPORT_SLOW_STORE_H

#include <sqlite3.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include "support/turned_clock.h"

static struct {
	const char *table; /* whose rows are counted; NULL: none */
	int act;
	int64_t row_ms;
	size_t n; /* in the running transaction */
	size_t most;
} slow_store;

static inline void slow_store_on_row(
	void *context, int act, const char *database, const char *table, sqlite3_int64 rowid)
{
	(void)context;
	(void)database;
	(void)rowid;
	if (!clock_stands)
		return; /* another thread's, or none was asked for */
	clock_turn_on(slow_store.row_ms);
	slow_store.n += act == slow_store.act && strcmp(table, slow_store.table) == 0;
}

static inline int slow_store_on_commit(void *context)
{
	(void)context;
	if (!clock_stands)
		return 0;
	if (slow_store.n > slow_store.most)
		slow_store.most = slow_store.n;
	slow_store.n = 0;
	return 0;
}

static inline void slow_store_on_rollback(void *context)
{
	(void)context;
	if (clock_stands)
		slow_store.n = 0;
}

static inline int slow_store_hook(
	sqlite3 *handle, const char **error, const struct sqlite3_api_routines *api)
{
	(void)error;
	(void)api;
	sqlite3_update_hook(handle, slow_store_on_row, NULL);
	sqlite3_commit_hook(handle, slow_store_on_commit, NULL);
	sqlite3_rollback_hook(handle, slow_store_on_rollback, NULL);
	return SQLITE_OK;
}

static inline void slow_store_register(void)
{
	if (sqlite3_auto_extension((void (*)(void))slow_store_hook) != SQLITE_OK)
		abort();
}

/* act: SQLITE_INSERT, SQLITE_UPDATE or SQLITE_DELETE. */
static inline void slow_store_begin(const char *table, int act, int64_t row_ms)
{
	slow_store.table = table;
	slow_store.act = act;
	slow_store.row_ms = row_ms;
	slow_store.n = slow_store.most = 0;
	clock_stand_still();
}

static inline size_t slow_store_end(void)
{
	clock_go_on();
	return slow_store.most;
}

#endif

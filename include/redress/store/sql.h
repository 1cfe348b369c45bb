/* sql: statements with bound parameters, prepared once a handle. Private to store/.
 *
 * SQL texts are string constants: the cache knows a statement by its address. Values are always
 * bound. What is to be a list is read by a function that takes one row:
 *
 *	struct rd_list list = { .bytes_each = sizeof(struct rd_task) };
 *	RD_TRY(rd_sql_list(db, "SELECT id, words FROM task WHERE case_id = ?1",
 *		RD_ARGS(rd_int(id)), read_task, arena, &list, err));
 *
 * What is taken row by row, with struct rd_rows, which resets its statement when it ends:
 *
 *	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
 *	RD_TRY(rd_sql_query(db, SQL, RD_ARGS(rd_int(id)), &rows, err));
 *	for (bool more = false;;) {
 *		RD_TRY(rd_rows_next(&rows, &more, err));
 *		if (!more)
 *			return RD_OK;
 *		...
 *	}
 *
 * The SQL keeps to what PostgreSQL 15 takes too where that is no hardship (?N becomes $N, BLOB
 * bytea); what does not: the audit triggers' RAISE and the pragmas of db.c.
 */
#ifndef REDRESS_STORE_SQL_H
#define REDRESS_STORE_SQL_H

#include <sqlite3.h>
#include "redress/base/buf.h"
#include "redress/base/date.h"
#include "redress/store/db.h"

struct rd_arg {
	enum { RD_ARG_NULL = 0, RD_ARG_INT, RD_ARG_REAL, RD_ARG_TEXT, RD_ARG_BLOB } type;
	int64_t number;
	double real;
	const void *data; /* borrowed until the statement is reset or bound anew */
	size_t len;
};

static inline struct rd_arg rd_int(int64_t number)
{
	return (struct rd_arg){ .type = RD_ARG_INT, .number = number };
}

/* 0 is kept as NULL: an id, or an instant, that is not there. */
static inline struct rd_arg rd_int_or_null(int64_t number)
{
	return (struct rd_arg){ .type = number ? RD_ARG_INT : RD_ARG_NULL, .number = number };
}

static inline struct rd_arg rd_real(double real)
{
	return (struct rd_arg){ .type = RD_ARG_REAL, .real = real };
}

static inline struct rd_arg rd_text_len(const char *text, size_t len)
{
	return (struct rd_arg){ .type = RD_ARG_TEXT, .data = text ? text : "", .len = len };
}

static inline struct rd_arg rd_null(void)
{
	return (struct rd_arg){ .type = RD_ARG_NULL };
}

static inline struct rd_arg rd_blob(const void *data, size_t len)
{
	return (struct rd_arg){ .type = RD_ARG_BLOB, .data = data, .len = len };
}

struct rd_arg rd_text(const char *text);	 /* NULL is "" */
struct rd_arg rd_text_or_null(const char *text); /* NULL and "" are NULL */

#define RD_ARGS(...)                                                                               \
	(const struct rd_arg[]){ __VA_ARGS__ },                                                    \
		sizeof((const struct rd_arg[]){ __VA_ARGS__ }) / sizeof(struct rd_arg)
#define RD_NO_ARGS NULL, 0

/* One statement that gives no rows. ret_changes may be NULL: rows inserted, changed or deleted. */
RD_MUST_USE enum rd_rc rd_sql_exec(struct rd_db *db, const char *sql, const struct rd_arg *args,
	size_t n_args, int64_t *ret_changes, struct rd_err *err);
/* The same inside a transaction; ret_id may be NULL: the row number inserted last. */
RD_MUST_USE enum rd_rc rd_sql_change(struct rd_tx *tx, const char *sql, const struct rd_arg *args,
	size_t n_args, int64_t *ret_changes, struct rd_err *err);
int64_t rd_sql_inserted(struct rd_tx *tx);

/* What a transaction is about, so that rd_tx_commit passes the fault points of base/fault.h with
 * -before and -after behind the name. The last one said counts. */
enum rd_tx_step { RD_STEP_NONE = 0, RD_STEP_RAW, RD_STEP_CLAIM, RD_STEP_CASE, RD_STEP_RECEIPT };
void rd_tx_set_step(struct rd_tx *tx, enum rd_tx_step step);
/* An audit row of a case was added: rd_tx_commit notes what is an event (store/case_events.h). */
void rd_tx_set_audited(struct rd_tx *tx, int64_t seq);

/* One number of the first row; `otherwise` where there is no row or it is NULL. */
RD_MUST_USE enum rd_rc rd_sql_int(struct rd_db *db, const char *sql, const struct rd_arg *args,
	size_t n_args, int64_t otherwise, int64_t *ret_value, struct rd_err *err);

struct rd_rows {
	struct rd_db *db;
	sqlite3_stmt *stmt;
	bool owned; /* not the cached one: the same text was in use */
	bool *in_use;
};
RD_MUST_USE enum rd_rc rd_sql_query(struct rd_db *db, const char *sql, const struct rd_arg *args,
	size_t n_args, struct rd_rows *ret_rows, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_rows_next(struct rd_rows *rows, bool *ret_more, struct rd_err *err);
void rd_rows_end(struct rd_rows *rows); /* for RD_CLEANUP; twice is fine */

int64_t rd_rows_int(const struct rd_rows *rows, int column); /* NULL: 0 */
double rd_rows_real(const struct rd_rows *rows, int column);
bool rd_rows_null(const struct rd_rows *rows, int column);
/* Copied into the arena, "" for NULL; NULL when the arena is full. */
const char *rd_rows_text(const struct rd_rows *rows, int column, struct rd_arena *arena);
/* Borrowed until the next row. */
const void *rd_rows_blob(const struct rd_rows *rows, int column, size_t *ret_len);
const char *rd_rows_borrow(const struct rd_rows *rows, int column); /* "" for NULL */

/* A list that grows in an arena, row by row. Start with `{ .bytes_each = sizeof(x) }`. */
struct rd_list {
	size_t bytes_each;
	size_t max; /* 0: RD_STORE_ROWS_MAX */
	size_t n, size;
	void *items;
};
/* The new, zeroed item; fails with RD_E_RANGE beyond max or the arena's maximum. */
RD_MUST_USE enum rd_rc rd_list_grow(
	struct rd_list *list, struct rd_arena *arena, void **ret_item, struct rd_err *err);
/* RD_E_RANGE when the arena overflowed meanwhile. */
RD_MUST_USE enum rd_rc rd_arena_check(const struct rd_arena *arena, struct rd_err *err);

/* Reads the row that `rows` stands on into a zeroed item of the list; its texts into the arena. */
typedef enum rd_rc rd_row_reader(
	const struct rd_rows *rows, struct rd_arena *arena, void *item, struct rd_err *err);
/* Every row of a query, each read by `read` into an item more of the list. */
RD_MUST_USE enum rd_rc rd_sql_list(struct rd_db *db, const char *sql, const struct rd_arg *args,
	size_t n_args, rd_row_reader *read, struct rd_arena *arena, struct rd_list *list,
	struct rd_err *err);
/* The reader of a list of int64_t: the first column. */
enum rd_rc rd_rows_id(
	const struct rd_rows *rows, struct rd_arena *arena, void *item, struct rd_err *err);

/* Days are kept as "YYYY-MM-DD", NULL where not set. buf lives as long as the argument. */
struct rd_arg rd_day(struct rd_date day, char buf[static RD_DATE_MAX]);
RD_MUST_USE enum rd_rc rd_rows_day(
	const struct rd_rows *rows, int column, struct rd_date *ret_day, struct rd_err *err);

/* The place of a word in a NULL-ended list, RD_E_STORE where a row holds another. */
RD_MUST_USE enum rd_rc rd_rows_word(const struct rd_rows *rows, int column,
	const char *const *words, int *ret_index, struct rd_err *err);

/* What SQLite says, as one of ours; `doing` is for the message. */
enum rd_rc rd_sql_fail(sqlite3 *handle, int code, const char *doing, struct rd_err *err);

sqlite3 *rd_db_handle(struct rd_db *db);
/* The prepared statement of a text. *ret_in_use: to be set false when done with it; NULL where the
 * cached one was in use and this one is the caller's to finalize. */
RD_MUST_USE enum rd_rc rd_db_statement(struct rd_db *db, const char *sql, sqlite3_stmt **ret_stmt,
	bool **ret_in_use, struct rd_err *err);

/* migrations.c: brings a handle's schema to RD_STORE_VERSION; `target` below it is for tests. */
RD_MUST_USE enum rd_rc rd_migrate(sqlite3 *handle, int target, struct rd_err *err);

#endif

#include "redress/store/sql.h"

#include <stdio.h>
#include <string.h>

struct rd_arg rd_text(const char *text)
{
	return rd_text_len(text, text ? strlen(text) : 0);
}

struct rd_arg rd_text_or_null(const char *text)
{
	return text && *text ? rd_text(text) : rd_null();
}

enum rd_rc rd_sql_fail(sqlite3 *handle, int code, const char *doing, struct rd_err *err)
{
	const char *says = handle ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
	char where[80] = "";

	if (*doing)
		snprintf(where, sizeof where, " (%s)", doing);
	switch (code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return rd_fail(err, RD_E_AGAIN,
			"the state file is busy: another program has been writing to it for too "
			"long%s; try again",
			where);
	case SQLITE_FULL:
		return rd_fail(err, RD_E_AGAIN,
			"the disk of the state file is full%s; make room, nothing was changed",
			where);
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
	case SQLITE_NOMEM:
	case SQLITE_PROTOCOL:
		return rd_fail(err, RD_E_AGAIN,
			"the state file cannot be read or written%s: %s; look at its disk and "
			"permissions, nothing was changed",
			where, says);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return rd_fail(err, RD_E_STORE,
			"the state file is damaged or is not one%s: %s; restore a backup", where,
			says);
	case SQLITE_READONLY:
		return rd_fail(err, RD_E_STORE,
			"the state file may not be written%s; look at its permissions", where);
	case SQLITE_CONSTRAINT:
		if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY ||
			code == SQLITE_CONSTRAINT_ROWID)
			return rd_fail(err, RD_E_EXISTS, "it is in the store already (%s)", says);
		return rd_fail(err, RD_E_STORE, "the store refused it (%s)", says);
	default:
		return rd_fail(err, RD_E_STORE, "the store failed%s: %s", where, says);
	}
}

static int bind(sqlite3_stmt *stmt, int at, const struct rd_arg *arg)
{
	switch (arg->type) {
	case RD_ARG_INT:
		return sqlite3_bind_int64(stmt, at, arg->number);
	case RD_ARG_REAL:
		return sqlite3_bind_double(stmt, at, arg->real);
	case RD_ARG_TEXT:
		return sqlite3_bind_text64(
			stmt, at, arg->data, arg->len, SQLITE_STATIC, SQLITE_UTF8);
	case RD_ARG_BLOB:
		/* An empty blob is not a NULL one. */
		return sqlite3_bind_blob64(
			stmt, at, arg->data ? arg->data : "", arg->len, SQLITE_STATIC);
	case RD_ARG_NULL:
		break;
	}
	return sqlite3_bind_null(stmt, at);
}

enum rd_rc rd_sql_query(struct rd_db *db, const char *sql, const struct rd_arg *args, size_t n_args,
	struct rd_rows *ret_rows, struct rd_err *err)
{
	struct rd_rows rows = { .db = db };

	RD_TRY(rd_db_statement(db, sql, &rows.stmt, &rows.in_use, err));
	rows.owned = !rows.in_use;
	RD_ASSERT(sqlite3_bind_parameter_count(rows.stmt) == (int)n_args);
	for (size_t i = 0; i < n_args; i++) {
		int code = bind(rows.stmt, (int)i + 1, &args[i]);
		if (code != SQLITE_OK) {
			rd_rows_end(&rows);
			return rd_sql_fail(rd_db_handle(db), code, "taking a value", err);
		}
	}
	*ret_rows = rows;
	return RD_OK;
}

enum rd_rc rd_rows_next(struct rd_rows *rows, bool *ret_more, struct rd_err *err)
{
	int code = sqlite3_step(rows->stmt);

	if (code == SQLITE_ROW) {
		*ret_more = true;
		return RD_OK;
	}
	if (code == SQLITE_DONE) {
		*ret_more = false;
		return RD_OK;
	}
	enum rd_rc rc = rd_sql_fail(rd_db_handle(rows->db), code, "", err);
	rd_rows_end(rows);
	return rc;
}

void rd_rows_end(struct rd_rows *rows)
{
	if (!rows->stmt)
		return;
	if (rows->owned) {
		sqlite3_finalize(rows->stmt);
	} else {
		sqlite3_reset(rows->stmt);
		/* The values bound were borrowed and may go now. */
		sqlite3_clear_bindings(rows->stmt);
		*rows->in_use = false;
	}
	rows->stmt = NULL;
}

enum rd_rc rd_sql_exec(struct rd_db *db, const char *sql, const struct rd_arg *args, size_t n_args,
	int64_t *ret_changes, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
	bool more = false;

	RD_TRY(rd_sql_query(db, sql, args, n_args, &rows, err));
	do {
		RD_TRY(rd_rows_next(&rows, &more, err));
	} while (more);
	if (ret_changes)
		*ret_changes = sqlite3_changes64(rd_db_handle(db));
	return RD_OK;
}

enum rd_rc rd_sql_change(struct rd_tx *tx, const char *sql, const struct rd_arg *args,
	size_t n_args, int64_t *ret_changes, struct rd_err *err)
{
	return rd_sql_exec(rd_tx_db(tx), sql, args, n_args, ret_changes, err);
}

int64_t rd_sql_inserted(struct rd_tx *tx)
{
	return sqlite3_last_insert_rowid(rd_db_handle(rd_tx_db(tx)));
}

enum rd_rc rd_sql_int(struct rd_db *db, const char *sql, const struct rd_arg *args, size_t n_args,
	int64_t otherwise, int64_t *ret_value, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
	bool more = false;

	RD_TRY(rd_sql_query(db, sql, args, n_args, &rows, err));
	RD_TRY(rd_rows_next(&rows, &more, err));
	*ret_value = more && !rd_rows_null(&rows, 0) ? rd_rows_int(&rows, 0) : otherwise;
	return RD_OK;
}

int64_t rd_rows_int(const struct rd_rows *rows, int column)
{
	return sqlite3_column_int64(rows->stmt, column);
}

double rd_rows_real(const struct rd_rows *rows, int column)
{
	return sqlite3_column_double(rows->stmt, column);
}

bool rd_rows_null(const struct rd_rows *rows, int column)
{
	return sqlite3_column_type(rows->stmt, column) == SQLITE_NULL;
}

const char *rd_rows_borrow(const struct rd_rows *rows, int column)
{
	const char *text = (const char *)sqlite3_column_text(rows->stmt, column);

	return text ? text : "";
}

const char *rd_rows_text(const struct rd_rows *rows, int column, struct rd_arena *arena)
{
	const char *text = rd_rows_borrow(rows, column);

	/* One static string for the many empty ones. */
	if (!*text)
		return "";
	return rd_arena_copy(arena, text, (size_t)sqlite3_column_bytes(rows->stmt, column));
}

const void *rd_rows_blob(const struct rd_rows *rows, int column, size_t *ret_len)
{
	const void *data = sqlite3_column_blob(rows->stmt, column);

	*ret_len = (size_t)sqlite3_column_bytes(rows->stmt, column);
	return data ? data : "";
}

enum rd_rc rd_list_grow(
	struct rd_list *list, struct rd_arena *arena, void **ret_item, struct rd_err *err)
{
	size_t max = list->max ? list->max : RD_STORE_ROWS_MAX;

	if (list->n >= max)
		return rd_fail(err, RD_E_RANGE,
			"more than %zu rows; ask for fewer (a shorter time, one kind)", max);
	if (list->n == list->size) {
		/* The old block stays in the arena: less than as much again is lost. */
		size_t size = list->size ? list->size * 2 : 16;
		void *items = rd_arena_array(arena, size, list->bytes_each);
		if (!items)
			return rd_arena_check(arena, err);
		if (list->n)
			memcpy(items, list->items, list->n * list->bytes_each);
		list->items = items;
		list->size = size;
	}
	*ret_item = (char *)list->items + list->n * list->bytes_each;
	list->n++;
	return RD_OK;
}

enum rd_rc rd_arena_check(const struct rd_arena *arena, struct rd_err *err)
{
	if (rd_arena_overflowed(arena))
		return rd_fail(err, RD_E_RANGE,
			"the answer needs more memory than it was given; ask for fewer rows");
	return RD_OK;
}

enum rd_rc rd_sql_list(struct rd_db *db, const char *sql, const struct rd_arg *args, size_t n_args,
	rd_row_reader *read, struct rd_arena *arena, struct rd_list *list, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };

	RD_TRY(rd_sql_query(db, sql, args, n_args, &rows, err));
	for (;;) {
		bool more = false;
		void *item = NULL;

		RD_TRY(rd_rows_next(&rows, &more, err));
		if (!more)
			return rd_arena_check(arena, err);
		RD_TRY(rd_list_grow(list, arena, &item, err));
		RD_TRY(read(&rows, arena, item, err));
	}
}

enum rd_rc rd_rows_id(
	const struct rd_rows *rows, struct rd_arena *arena, void *item, struct rd_err *err)
{
	(void)arena;
	(void)err;
	*(int64_t *)item = rd_rows_int(rows, 0);
	return RD_OK;
}

struct rd_arg rd_day(struct rd_date day, char buf[static RD_DATE_MAX])
{
	return rd_date_is_set(day) ? rd_text(rd_date_format(day, buf)) : rd_null();
}

enum rd_rc rd_rows_day(
	const struct rd_rows *rows, int column, struct rd_date *ret_day, struct rd_err *err)
{
	if (rd_rows_null(rows, column)) {
		*ret_day = (struct rd_date){ 0 };
		return RD_OK;
	}
	if (rd_date_parse(rd_rows_borrow(rows, column), ret_day, err) != RD_OK)
		return rd_fail(err, RD_E_STORE, "the store holds a day that is none");
	return RD_OK;
}

enum rd_rc rd_rows_word(const struct rd_rows *rows, int column, const char *const *words,
	int *ret_index, struct rd_err *err)
{
	const char *word = rd_rows_borrow(rows, column);

	for (int i = 0; words[i]; i++) {
		if (strcmp(words[i], word) == 0) {
			*ret_index = i;
			return RD_OK;
		}
	}
	return rd_fail(err, RD_E_STORE, "the store holds a word that this program does not know");
}

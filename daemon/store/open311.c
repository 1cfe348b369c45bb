#include "redress/store/open311.h"

#include <stdio.h>
#include "redress/store/sql.h"

#define META_NAME_MAX 96

const char *const rd_open311_state_names[RD_N_OPEN311_STATES + 1] = { "queued", "sending",
	"uncertain", "token", "sent", "failed", NULL };

enum rd_rc rd_open311_put(struct rd_tx *tx, const char *system, int64_t case_id,
	const char *service_code, int64_t now_ms, int64_t *ret_id, struct rd_err *err)
{
	RD_TRY(rd_sql_change(tx,
		"INSERT INTO open311_request (system, case_id, state, service_code, created_ms,"
		" next_ms) VALUES (?1, ?2, 'queued', ?3, ?4, ?4)",
		RD_ARGS(rd_text(system), rd_int(case_id), rd_text(service_code), rd_int(now_ms)),
		NULL, err));
	*ret_id = rd_sql_inserted(tx);
	return RD_OK;
}

enum rd_rc rd_open311_set(struct rd_tx *tx, const struct rd_open311_row *row, struct rd_err *err)
{
	return rd_sql_change(tx,
		"UPDATE open311_request SET state = ?2, attempts = ?3, attempted_ms = ?4,"
		" next_ms = ?5, token = ?6, request_id = ?7, closed = ?8, status_ms = ?9,"
		" answer = ?10, created_ms = ?11 WHERE id = ?1",
		RD_ARGS(rd_int(row->id), rd_text(rd_open311_state_names[row->state]),
			rd_int(row->attempts), rd_int(row->attempted_ms), rd_int(row->next_ms),
			rd_text(row->token), rd_text(row->request_id), rd_int(row->closed),
			rd_int(row->status_ms), rd_text(row->answer), rd_int(row->created_ms)),
		NULL, err);
}

/* --- reading --- */

#define ROW_COLUMNS                                                                                \
	"SELECT id, case_id, system, state, service_code, attempts, created_ms, attempted_ms,"     \
	" next_ms, token, request_id, closed, status_ms, answer FROM open311_request"

static enum rd_rc read_row(
	const struct rd_rows *rows, struct rd_arena *arena, void *item, struct rd_err *err)
{
	struct rd_open311_row *ret_row = item;
	int state = 0;

	RD_TRY(rd_rows_word(rows, 3, rd_open311_state_names, &state, err));
	*ret_row = (struct rd_open311_row){
		.id = rd_rows_int(rows, 0),
		.case_id = rd_rows_int(rows, 1),
		.system = rd_rows_text(rows, 2, arena),
		.state = (enum rd_open311_state)state,
		.service_code = rd_rows_text(rows, 4, arena),
		.attempts = (int)rd_rows_int(rows, 5),
		.created_ms = rd_rows_int(rows, 6),
		.attempted_ms = rd_rows_int(rows, 7),
		.next_ms = rd_rows_int(rows, 8),
		.token = rd_rows_text(rows, 9, arena),
		.request_id = rd_rows_text(rows, 10, arena),
		.closed = rd_rows_int(rows, 11) != 0,
		.status_ms = rd_rows_int(rows, 12),
		.answer = rd_rows_text(rows, 13, arena),
	};
	return rd_arena_check(arena, err);
}

/* The one row of a query; RD_E_MISSING: none. */
static enum rd_rc only_row(struct rd_rows *rows, struct rd_arena *arena,
	struct rd_open311_row *ret_row, struct rd_err *err)
{
	bool more = false;

	RD_TRY(rd_rows_next(rows, &more, err));
	if (!more)
		return rd_fail(err, RD_E_MISSING, "there is no such Open311 request");
	return read_row(rows, arena, ret_row, err);
}

enum rd_rc rd_open311_due(struct rd_db *db, const char *system, int64_t now_ms,
	struct rd_arena *arena, struct rd_open311_row *ret_row, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };

	RD_TRY(rd_sql_query(db,
		ROW_COLUMNS " WHERE system = ?1 AND next_ms > 0 AND next_ms <= ?2"
			    " ORDER BY next_ms, id LIMIT 1",
		RD_ARGS(rd_text(system), rd_int(now_ms)), &rows, err));
	return only_row(&rows, arena, ret_row, err);
}

enum rd_rc rd_open311_next_ms(struct rd_db *db, const char *system, bool sending_only,
	int64_t *ret_ms, struct rd_err *err)
{
	return rd_sql_int(db,
		"SELECT min(next_ms) FROM open311_request WHERE system = ?1 AND next_ms > 0"
		" AND (?2 = 0 OR state IN ('queued', 'uncertain'))",
		RD_ARGS(rd_text(system), rd_int(sending_only)), 0, ret_ms, err);
}

enum rd_rc rd_open311_start_run(struct rd_tx *tx, int64_t now_ms, struct rd_err *err)
{
	return rd_sql_change(tx,
		"UPDATE open311_request SET state = 'uncertain', next_ms = ?1"
		" WHERE state = 'sending'",
		RD_ARGS(rd_int(now_ms)), NULL, err);
}

enum rd_rc rd_open311_get(struct rd_db *db, int64_t id, struct rd_arena *arena,
	struct rd_open311_row *ret_row, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };

	RD_TRY(rd_sql_query(db, ROW_COLUMNS " WHERE id = ?1", RD_ARGS(rd_int(id)), &rows, err));
	return only_row(&rows, arena, ret_row, err);
}

enum rd_rc rd_open311_list(struct rd_db *db, int64_t case_id, struct rd_arena *arena,
	struct rd_open311_row **ret_rows, size_t *ret_n, struct rd_err *err)
{
	struct rd_list list = { .bytes_each = sizeof(struct rd_open311_row) };

	RD_TRY(rd_sql_list(db, ROW_COLUMNS " WHERE ?1 = 0 OR case_id = ?1 ORDER BY id",
		RD_ARGS(rd_int(case_id)), read_row, arena, &list, err));
	*ret_rows = list.items;
	*ret_n = list.n;
	return RD_OK;
}

/* --- the place among the events --- */

static const char *seen_name(const char *system, char out[static META_NAME_MAX])
{
	snprintf(out, META_NAME_MAX, "open311.seen.%s", system);
	return out;
}

/* Kept one higher: 0 is "never". */
enum rd_rc rd_open311_seen(
	struct rd_db *db, const char *system, int64_t *ret_seen, struct rd_err *err)
{
	char name[META_NAME_MAX];
	int64_t kept = 0;

	RD_TRY(rd_meta_get_int(db, seen_name(system, name), &kept, err));
	*ret_seen = kept - 1;
	return RD_OK;
}

enum rd_rc rd_open311_set_seen(
	struct rd_tx *tx, const char *system, int64_t seen, struct rd_err *err)
{
	char name[META_NAME_MAX];

	return rd_meta_set_int(tx, seen_name(system, name), seen + 1, err);
}

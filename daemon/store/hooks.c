#include "redress/store/hooks.h"

#include <string.h>

#include "redress/store/sql.h"

/* --- hooks --- */

enum rd_rc rd_hook_take(struct rd_tx *tx, const char *name, int64_t now_ms, struct rd_err *err)
{
	return rd_sql_change(tx,
		"INSERT INTO hook (name, seen, enabled, changed_ms)"
		" SELECT ?1, COALESCE(max(number), 0), 1, ?2 FROM case_event WHERE 1 = 1"
		" ON CONFLICT (name) DO NOTHING",
		RD_ARGS(rd_text(name), rd_int(now_ms)), NULL, err);
}

static enum rd_rc forget(struct rd_tx *tx, const char *name, struct rd_err *err)
{
	RD_TRY(rd_sql_change(tx, "DELETE FROM hook_delivery WHERE hook = ?1",
		RD_ARGS(rd_text(name)), NULL, err));
	return rd_sql_change(
		tx, "DELETE FROM hook WHERE name = ?1", RD_ARGS(rd_text(name)), NULL, err);
}

static bool is_among(const char *name, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

enum rd_rc rd_hook_forget_others(
	struct rd_tx *tx, const char *const *names, size_t n, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };

	RD_TRY(rd_sql_query(
		rd_tx_db(tx), "SELECT name FROM hook ORDER BY name", RD_NO_ARGS, &rows, err));
	for (;;) {
		bool more = false;

		RD_TRY(rd_rows_next(&rows, &more, err));
		if (!more)
			return RD_OK;
		const char *name = rd_rows_borrow(&rows, 0);
		if (!is_among(name, names, n))
			RD_TRY(forget(tx, name, err));
	}
}

enum rd_rc rd_hook_get(struct rd_db *db, const char *name, struct rd_arena *arena,
	struct rd_hook_row *ret_hook, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
	bool more = false;

	RD_TRY(rd_sql_query(db,
		"SELECT name, seen, enabled, why, changed_ms, last_success_ms, failing_since_ms,"
		" rests_until_ms, rest_ms, answer FROM hook WHERE name = ?1",
		RD_ARGS(rd_text(name)), &rows, err));
	RD_TRY(rd_rows_next(&rows, &more, err));
	if (!more)
		return rd_fail(err, RD_E_MISSING,
			"redressd has not run with the webhook %s yet; start it again", name);
	*ret_hook = (struct rd_hook_row){
		.name = rd_rows_text(&rows, 0, arena),
		.seen = rd_rows_int(&rows, 1),
		.enabled = rd_rows_int(&rows, 2) != 0,
		.why = rd_rows_text(&rows, 3, arena),
		.changed_ms = rd_rows_int(&rows, 4),
		.last_success_ms = rd_rows_int(&rows, 5),
		.failing_since_ms = rd_rows_int(&rows, 6),
		.rests_until_ms = rd_rows_int(&rows, 7),
		.rest_ms = rd_rows_int(&rows, 8),
		.answer = rd_rows_text(&rows, 9, arena),
	};
	return rd_arena_check(arena, err);
}

enum rd_rc rd_hook_counts(struct rd_db *db, const char *name, int64_t *ret_queued,
	int64_t *ret_failed, struct rd_err *err)
{
	RD_TRY(rd_sql_int(db,
		"SELECT count(*) FROM hook_delivery WHERE hook = ?1 AND state = 'queued'",
		RD_ARGS(rd_text(name)), 0, ret_queued, err));
	return rd_sql_int(db,
		"SELECT count(*) FROM hook_delivery WHERE hook = ?1 AND state = 'failed'",
		RD_ARGS(rd_text(name)), 0, ret_failed, err);
}

enum rd_rc rd_hook_rest(struct rd_tx *tx, const char *name, int64_t rest_ms, int64_t until_ms,
	const char *answer, struct rd_err *err)
{
	return rd_sql_change(tx,
		"UPDATE hook SET rest_ms = ?2, rests_until_ms = ?3, answer = ?4 WHERE name = ?1",
		RD_ARGS(rd_text(name), rd_int(rest_ms), rd_int(until_ms), rd_text(answer)), NULL,
		err);
}

enum rd_rc rd_hook_enable(struct rd_tx *tx, const char *name, int64_t now_ms, struct rd_err *err)
{
	RD_TRY(rd_sql_change(tx,
		"UPDATE hook SET enabled = 1, why = '', changed_ms = ?2, failing_since_ms = NULL,"
		" rests_until_ms = 0, rest_ms = 0 WHERE name = ?1",
		RD_ARGS(rd_text(name), rd_int(now_ms)), NULL, err));
	return rd_sql_change(tx,
		"UPDATE hook_delivery SET state = 'queued', done_ms = NULL, attempts = 0,"
		" first_try_ms = NULL, next_try_ms = ?2 WHERE hook = ?1 AND state <> 'sent'",
		RD_ARGS(rd_text(name), rd_int(now_ms)), NULL, err);
}

enum rd_rc rd_hook_disable(
	struct rd_tx *tx, const char *name, const char *why, int64_t now_ms, struct rd_err *err)
{
	return rd_sql_change(tx,
		"UPDATE hook SET enabled = 0, why = ?2, changed_ms = ?3 WHERE name = ?1",
		RD_ARGS(rd_text(name), rd_text(why), rd_int(now_ms)), NULL, err);
}

/* --- deliveries --- */

enum rd_rc rd_hook_fan(struct rd_tx *tx, const char *name, const int64_t *events, size_t n,
	int64_t seen, int64_t now_ms, struct rd_err *err)
{
	for (size_t i = 0; i < n; i++)
		RD_TRY(rd_sql_change(tx,
			"INSERT INTO hook_delivery (hook, event, state, next_try_ms)"
			" VALUES (?1, ?2, 'queued', ?3) ON CONFLICT (hook, event) DO NOTHING",
			RD_ARGS(rd_text(name), rd_int(events[i]), rd_int(now_ms)), NULL, err));
	return rd_sql_change(tx, "UPDATE hook SET seen = ?2 WHERE name = ?1 AND seen < ?2",
		RD_ARGS(rd_text(name), rd_int(seen)), NULL, err);
}

static enum rd_rc read_delivery(
	const struct rd_rows *rows, struct rd_arena *arena, void *item, struct rd_err *err)
{
	(void)arena;
	(void)err;
	*(struct rd_hook_delivery *)item = (struct rd_hook_delivery){
		.id = rd_rows_int(rows, 0),
		.event = rd_rows_int(rows, 1),
		.attempts = (int)rd_rows_int(rows, 2),
		.first_try_ms = rd_rows_int(rows, 3),
		.next_try_ms = rd_rows_int(rows, 4),
	};
	return RD_OK;
}

enum rd_rc rd_hook_due(struct rd_db *db, const char *name, int64_t now_ms, size_t max,
	struct rd_arena *arena, struct rd_hook_delivery **ret_due, size_t *ret_n,
	struct rd_err *err)
{
	struct rd_list list = { .bytes_each = sizeof(struct rd_hook_delivery) };

	RD_TRY(rd_sql_list(db,
		"SELECT id, event, attempts, first_try_ms, next_try_ms FROM hook_delivery"
		" WHERE hook = ?1 AND state = 'queued' AND next_try_ms <= ?2"
		" ORDER BY next_try_ms, id LIMIT ?3",
		RD_ARGS(rd_text(name), rd_int(now_ms), rd_int((int64_t)max)), read_delivery, arena,
		&list, err));
	*ret_due = list.items;
	*ret_n = list.n;
	return RD_OK;
}

enum rd_rc rd_hook_next_ms(struct rd_db *db, const char *name, int64_t *ret_ms, struct rd_err *err)
{
	return rd_sql_int(db,
		"SELECT min(next_try_ms) FROM hook_delivery WHERE hook = ?1 AND state = 'queued'",
		RD_ARGS(rd_text(name)), 0, ret_ms, err);
}

enum rd_rc rd_hook_claim(
	struct rd_tx *tx, int64_t id, int64_t now_ms, int64_t next_try_ms, struct rd_err *err)
{
	return rd_sql_change(tx,
		"UPDATE hook_delivery SET attempts = attempts + 1, next_try_ms = ?3,"
		" first_try_ms = COALESCE(first_try_ms, ?2) WHERE id = ?1 AND state = 'queued'",
		RD_ARGS(rd_int(id), rd_int(now_ms), rd_int(next_try_ms)), NULL, err);
}

enum rd_rc rd_hook_give_back(struct rd_tx *tx, int64_t id, int64_t now_ms, struct rd_err *err)
{
	return rd_sql_change(tx,
		"UPDATE hook_delivery SET attempts = attempts - 1, next_try_ms = ?2"
		" WHERE id = ?1 AND state = 'queued' AND attempts > 0",
		RD_ARGS(rd_int(id), rd_int(now_ms)), NULL, err);
}

enum rd_rc rd_hook_taken(struct rd_tx *tx, const char *name, int64_t id, const char *answer,
	int64_t now_ms, struct rd_err *err)
{
	RD_TRY(rd_sql_change(tx,
		"UPDATE hook_delivery SET state = 'sent', done_ms = ?2"
		" WHERE id = ?1 AND state = 'queued'",
		RD_ARGS(rd_int(id), rd_int(now_ms)), NULL, err));
	return rd_sql_change(tx,
		"UPDATE hook SET last_success_ms = ?2, failing_since_ms = NULL, rests_until_ms = 0,"
		" rest_ms = 0, answer = ?3 WHERE name = ?1",
		RD_ARGS(rd_text(name), rd_int(now_ms), rd_text(answer)), NULL, err);
}

enum rd_rc rd_hook_failed(struct rd_tx *tx, const char *name, int64_t id,
	const struct rd_hook_failure *failure, int64_t now_ms, struct rd_err *err)
{
	RD_TRY(rd_sql_change(tx,
		"UPDATE hook_delivery SET state = CASE WHEN ?2 THEN 'failed' ELSE 'queued' END,"
		" done_ms = CASE WHEN ?2 THEN ?3 ELSE NULL END,"
		" next_try_ms = CASE WHEN ?2 THEN next_try_ms ELSE ?4 END"
		" WHERE id = ?1 AND state = 'queued'",
		RD_ARGS(rd_int(id), rd_int(failure->last), rd_int(now_ms),
			rd_int(failure->next_try_ms)),
		NULL, err));
	return rd_sql_change(tx,
		"UPDATE hook SET failing_since_ms = COALESCE(failing_since_ms, ?2), rest_ms = ?3,"
		" rests_until_ms = ?4, answer = ?5 WHERE name = ?1",
		RD_ARGS(rd_text(name), rd_int(now_ms), rd_int(failure->rest_ms),
			rd_int(failure->rests_until_ms), rd_text(failure->answer)),
		NULL, err);
}

enum rd_rc rd_hook_drop(struct rd_tx *tx, int64_t id, struct rd_err *err)
{
	return rd_sql_change(tx, "DELETE FROM hook_delivery WHERE id = ?1 AND state = 'queued'",
		RD_ARGS(rd_int(id)), NULL, err);
}

enum rd_rc rd_hook_resend(struct rd_tx *tx, const char *name, int64_t event, int64_t now_ms,
	int64_t *ret_n, struct rd_err *err)
{
	if (event == 0)
		return rd_sql_change(tx,
			"UPDATE hook_delivery SET state = 'queued', done_ms = NULL, attempts = 0,"
			" first_try_ms = NULL, next_try_ms = ?2"
			" WHERE hook = ?1 AND state = 'failed'",
			RD_ARGS(rd_text(name), rd_int(now_ms)), ret_n, err);
	return rd_sql_change(tx,
		"INSERT INTO hook_delivery (hook, event, state, next_try_ms)"
		" SELECT ?1, number, 'queued', ?3 FROM case_event WHERE number = ?2"
		" ON CONFLICT (hook, event) DO UPDATE SET state = 'queued', done_ms = NULL,"
		" attempts = 0, first_try_ms = NULL, next_try_ms = excluded.next_try_ms",
		RD_ARGS(rd_text(name), rd_int(event), rd_int(now_ms)), ret_n, err);
}

enum rd_rc rd_hook_clean(struct rd_tx *tx, int64_t before_ms, struct rd_err *err)
{
	return rd_sql_change(tx, "DELETE FROM hook_delivery WHERE state = 'sent' AND done_ms < ?1",
		RD_ARGS(rd_int(before_ms)), NULL, err);
}

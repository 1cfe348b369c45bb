#include "redress/store/tasks.h"

#include "redress/store/sql.h"

static enum rd_rc find_open(
	struct rd_db *db, const struct rd_task *task, int64_t *ret_id, struct rd_err *err)
{
	return rd_sql_int(db,
		"SELECT id FROM task WHERE kind = ?1 AND COALESCE(case_id, 0) = ?2 AND cause = ?3"
		" AND done_ms IS NULL",
		RD_ARGS(rd_text(task->kind), rd_int(task->case_id), rd_text(task->cause)), 0,
		ret_id, err);
}

enum rd_rc rd_task_put(struct rd_tx *tx, const struct rd_task *task, int64_t now_ms,
	int64_t *ret_id, bool *ret_new, struct rd_err *err)
{
	char day[RD_DATE_MAX];
	int64_t inserted = 0, id = 0;

	if (!rd_date_is_set(task->due))
		return rd_fail(err, RD_E_BUG, "a task needs a day");
	rd_date_format(task->due, day);
	RD_TRY(rd_sql_change(tx,
		"INSERT INTO task (kind, case_id, message_id, outbox_id, cause, words, landlord,"
		" due_on, created_ms, n) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 1)"
		" ON CONFLICT DO NOTHING",
		RD_ARGS(rd_text(task->kind), rd_int_or_null(task->case_id),
			rd_int_or_null(task->message_id), rd_int_or_null(task->outbox_id),
			rd_text(task->cause), rd_text(task->text), rd_text(task->landlord),
			rd_text(day), rd_int(now_ms)),
		&inserted, err));
	if (inserted) {
		id = rd_sql_inserted(tx);
	} else {
		RD_TRY(find_open(rd_tx_db(tx), task, &id, err));
		/* Days are kept so that they compare as text. */
		RD_TRY(rd_sql_change(tx,
			"UPDATE task SET due_on = ?2 WHERE id = ?1 AND due_on > ?2",
			RD_ARGS(rd_int(id), rd_text(day)), NULL, err));
	}
	if (ret_id != NULL)
		*ret_id = id;
	if (ret_new != NULL)
		*ret_new = inserted != 0;
	return RD_OK;
}

enum rd_rc rd_task_ever(
	struct rd_db *db, const char *kind, const char *cause, bool *ret_ever, struct rd_err *err)
{
	int64_t id = 0;

	RD_TRY(rd_sql_int(db, "SELECT id FROM task WHERE kind = ?1 AND cause = ?2 LIMIT 1",
		RD_ARGS(rd_text(kind), rd_text(cause)), 0, &id, err));
	*ret_ever = id != 0;
	return RD_OK;
}

enum rd_rc rd_task_is_open(
	struct rd_db *db, const char *kind, const char *cause, bool *ret_open, struct rd_err *err)
{
	int64_t id = 0;

	RD_TRY(rd_sql_int(db,
		"SELECT id FROM task WHERE kind = ?1 AND cause = ?2 AND done_ms IS NULL LIMIT 1",
		RD_ARGS(rd_text(kind), rd_text(cause)), 0, &id, err));
	*ret_open = id != 0;
	return RD_OK;
}

enum rd_rc rd_task_share(struct rd_tx *tx, const struct rd_task *task, int64_t now_ms,
	int64_t *ret_id, struct rd_err *err)
{
	bool is_new = false;
	int64_t id = 0;

	RD_TRY(rd_task_put(tx, task, now_ms, &id, &is_new, err));
	if (!is_new)
		RD_TRY(rd_sql_change(tx, "UPDATE task SET n = n + 1 WHERE id = ?1",
			RD_ARGS(rd_int(id)), NULL, err));
	*ret_id = id;
	return RD_OK;
}

enum rd_rc rd_task_done(struct rd_tx *tx, int64_t id, const char *by, const char *how,
	int64_t now_ms, struct rd_err *err)
{
	int64_t changes = 0, exists = 0;

	RD_TRY(rd_sql_change(tx,
		"UPDATE task SET done_ms = ?2, done_by = ?3, done_how = ?4"
		" WHERE id = ?1 AND done_ms IS NULL",
		RD_ARGS(rd_int(id), rd_int(now_ms), rd_text(by), rd_text(how)), &changes, err));
	if (changes)
		return RD_OK;
	RD_TRY(rd_sql_int(rd_tx_db(tx), "SELECT 1 FROM task WHERE id = ?1", RD_ARGS(rd_int(id)), 0,
		&exists, err));
	if (exists)
		return rd_fail(err, RD_E_EXISTS, "task %lld is done already", (long long)id);
	return rd_fail(err, RD_E_MISSING, "there is no task %lld", (long long)id);
}

enum rd_rc rd_task_settled(struct rd_tx *tx, const char *kind, const char *cause, const char *by,
	const char *how, int64_t now_ms, struct rd_err *err)
{
	return rd_sql_change(tx,
		"UPDATE task SET done_ms = ?3, done_by = ?4, done_how = ?5"
		" WHERE kind = ?1 AND COALESCE(case_id, 0) = 0 AND cause = ?2 AND done_ms IS NULL",
		RD_ARGS(rd_text(kind), rd_text(cause), rd_int(now_ms), rd_text(by), rd_text(how)),
		NULL, err);
}

enum rd_rc rd_task_done_of_case(struct rd_tx *tx, int64_t case_id, const char *kind, const char *by,
	const char *how, int64_t now_ms, int64_t *ret_n, struct rd_err *err)
{
	return rd_sql_change(tx,
		"UPDATE task SET done_ms = ?3, done_by = ?4, done_how = ?5"
		" WHERE case_id = ?1 AND (?2 IS NULL OR kind = ?2) AND done_ms IS NULL",
		RD_ARGS(rd_int(case_id), kind ? rd_text(kind) : rd_null(), rd_int(now_ms),
			rd_text(by), rd_text(how)),
		ret_n, err);
}

#define TASK_COLUMNS                                                                               \
	"SELECT id, kind, case_id, message_id, outbox_id, cause, words, landlord, due_on,"         \
	" created_ms, done_ms, done_by, done_how, n FROM task"

static enum rd_rc read_task(
	const struct rd_rows *rows, struct rd_arena *arena, void *item, struct rd_err *err)
{
	struct rd_task *task = item;

	*task = (struct rd_task){
		.id = rd_rows_int(rows, 0),
		.kind = rd_rows_text(rows, 1, arena),
		.case_id = rd_rows_int(rows, 2),
		.message_id = rd_rows_int(rows, 3),
		.outbox_id = rd_rows_int(rows, 4),
		.cause = rd_rows_text(rows, 5, arena),
		.text = rd_rows_text(rows, 6, arena),
		.landlord = rd_rows_text(rows, 7, arena),
		.created_ms = rd_rows_int(rows, 9),
		.done_ms = rd_rows_int(rows, 10),
		.done_by = rd_rows_text(rows, 11, arena),
		.done_how = rd_rows_text(rows, 12, arena),
		.n = rd_rows_int(rows, 13),
	};
	return rd_rows_day(rows, 8, &task->due, err);
}

static enum rd_rc list_tasks(struct rd_db *db, const char *sql, const struct rd_arg *args,
	size_t n_args, struct rd_arena *arena, struct rd_task **ret_tasks, size_t *ret_n,
	struct rd_err *err)
{
	struct rd_list list = { .bytes_each = sizeof(struct rd_task) };

	RD_TRY(rd_sql_list(db, sql, args, n_args, read_task, arena, &list, err));
	*ret_tasks = list.items;
	*ret_n = list.n;
	return RD_OK;
}

enum rd_rc rd_task_list(struct rd_db *db, struct rd_date due_by, struct rd_arena *arena,
	struct rd_task **ret_tasks, size_t *ret_n, struct rd_err *err)
{
	char day[RD_DATE_MAX];

	return list_tasks(db,
		TASK_COLUMNS " WHERE done_ms IS NULL AND (?1 IS NULL OR due_on <= ?1)"
			     " ORDER BY due_on, id",
		RD_ARGS(rd_day(due_by, day)), arena, ret_tasks, ret_n, err);
}

enum rd_rc rd_task_list_case(struct rd_db *db, int64_t case_id, struct rd_arena *arena,
	struct rd_task **ret_tasks, size_t *ret_n, struct rd_err *err)
{
	return list_tasks(db, TASK_COLUMNS " WHERE case_id = ?1 ORDER BY id",
		RD_ARGS(rd_int(case_id)), arena, ret_tasks, ret_n, err);
}

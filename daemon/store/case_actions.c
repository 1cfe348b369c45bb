#include "redress/store/case_actions.h"

#include "redress/store/sql.h"

enum rd_rc rd_case_action_add(
	struct rd_tx *tx, const struct rd_case_action *action, int64_t *ret_id, struct rd_err *err)
{
	char day[RD_DATE_MAX];

	RD_TRY(rd_sql_change(tx,
		"INSERT INTO case_action (case_id, due_on, owner, added_ms, added_by)"
		" VALUES (?1, ?2, ?3, ?4, ?5)",
		RD_ARGS(rd_int(action->case_id), rd_day(action->due, day), rd_text(action->owner),
			rd_int(action->added_ms), rd_text(action->added_by)),
		NULL, err));
	*ret_id = rd_sql_inserted(tx);
	return rd_sql_change(tx, "INSERT INTO case_action_words (action_id, words) VALUES (?1, ?2)",
		RD_ARGS(rd_int(*ret_id), rd_text(action->words)), NULL, err);
}

enum rd_rc rd_case_action_done(struct rd_tx *tx, int64_t case_id, int64_t id, const char *by,
	const char *how, int64_t now_ms, struct rd_err *err)
{
	int64_t changes = 0, exists = 0;

	RD_TRY(rd_sql_change(tx,
		"UPDATE case_action SET done_ms = ?3, done_by = ?4"
		" WHERE id = ?2 AND case_id = ?1 AND done_ms IS NULL",
		RD_ARGS(rd_int(case_id), rd_int(id), rd_int(now_ms), rd_text(by)), &changes, err));
	if (changes)
		return rd_sql_change(tx,
			"UPDATE case_action_words SET how = ?2 WHERE action_id = ?1",
			RD_ARGS(rd_int(id), rd_text(how)), NULL, err);
	RD_TRY(rd_sql_int(rd_tx_db(tx), "SELECT 1 FROM case_action WHERE id = ?1 AND case_id = ?2",
		RD_ARGS(rd_int(id), rd_int(case_id)), 0, &exists, err));
	if (exists)
		return rd_fail(err, RD_E_EXISTS, "action %lld is done already", (long long)id);
	return rd_fail(err, RD_E_MISSING, "this case has no action %lld; `case show` lists them",
		(long long)id);
}

static enum rd_rc read_action(
	const struct rd_rows *rows, struct rd_arena *arena, void *item, struct rd_err *err)
{
	struct rd_case_action *action = item;

	*action = (struct rd_case_action){
		.id = rd_rows_int(rows, 0),
		.case_id = rd_rows_int(rows, 1),
		.owner = rd_rows_text(rows, 3, arena),
		.added_ms = rd_rows_int(rows, 4),
		.added_by = rd_rows_text(rows, 5, arena),
		.done_ms = rd_rows_int(rows, 6),
		.done_by = rd_rows_text(rows, 7, arena),
		.words = rd_rows_text(rows, 8, arena),
		.how = rd_rows_text(rows, 9, arena),
	};
	return rd_rows_day(rows, 2, &action->due, err);
}

enum rd_rc rd_case_action_list(struct rd_db *db, int64_t case_id, struct rd_arena *arena,
	struct rd_case_action **ret_actions, size_t *ret_n, struct rd_err *err)
{
	struct rd_list list = { .bytes_each = sizeof(struct rd_case_action) };

	RD_TRY(rd_sql_list(db,
		"SELECT a.id, a.case_id, a.due_on, a.owner, a.added_ms, a.added_by, a.done_ms,"
		" a.done_by, w.words, w.how FROM case_action a"
		" LEFT JOIN case_action_words w ON w.action_id = a.id"
		" WHERE a.case_id = ?1 ORDER BY a.due_on, a.id",
		RD_ARGS(rd_int(case_id)), read_action, arena, &list, err));
	*ret_actions = list.items;
	*ret_n = list.n;
	return RD_OK;
}

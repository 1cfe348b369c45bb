#include "redress/store/warnings.h"

#include "redress/store/sql.h"

enum rd_rc rd_warning_given(struct rd_db *db, int64_t case_id, const char *clock,
	struct rd_date due, int *ret_step, struct rd_err *err)
{
	char day[RD_DATE_MAX];
	int64_t step = *ret_step;

	RD_TRY(rd_sql_int(db,
		"SELECT step FROM clock_warning WHERE case_id = ?1 AND name = ?2 AND due_on = ?3",
		RD_ARGS(rd_int(case_id), rd_text(clock), rd_text(rd_date_format(due, day))), step,
		&step, err));
	*ret_step = (int)step;
	return RD_OK;
}

enum rd_rc rd_warning_give(struct rd_tx *tx, int64_t case_id, const char *clock, struct rd_date due,
	int step, int64_t now_ms, struct rd_err *err)
{
	char day[RD_DATE_MAX];

	return rd_sql_change(tx,
		"INSERT INTO clock_warning (case_id, name, due_on, step, at_ms)"
		" VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (case_id, name, due_on)"
		" DO UPDATE SET step = ?4, at_ms = ?5",
		RD_ARGS(rd_int(case_id), rd_text(clock), rd_text(rd_date_format(due, day)),
			rd_int(step), rd_int(now_ms)),
		NULL, err);
}

enum rd_rc rd_warnings_forget(struct rd_tx *tx, int64_t lists_before_ms, struct rd_err *err)
{
	RD_TRY(rd_sql_change(tx,
		"UPDATE outbox_words SET subject = '', payload = '', response = '', trouble = ''"
		" WHERE payload <> '' AND outbox_id IN (SELECT id FROM outbox"
		"  WHERE letter = 'notice' AND state = 'sent' AND sent_ms < ?1"
		"  AND (cause LIKE 'warning:%' OR cause LIKE 'digest:%'))",
		RD_ARGS(rd_int(lists_before_ms)), NULL, err));
	return rd_sql_change(tx,
		"DELETE FROM clock_warning WHERE NOT EXISTS (SELECT 1 FROM case_clock k"
		" WHERE k.case_id = clock_warning.case_id AND k.name = clock_warning.name"
		" AND k.due_on = clock_warning.due_on AND k.met_ms IS NULL"
		" AND k.cancelled_ms IS NULL)",
		RD_NO_ARGS, NULL, err);
}

enum rd_rc rd_round_last(struct rd_db *db, const char *name, struct rd_arena *arena,
	const char **ret_when, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
	bool more = false;

	*ret_when = "";
	RD_TRY(rd_sql_query(db, "SELECT last FROM round_done WHERE name = ?1",
		RD_ARGS(rd_text(name)), &rows, err));
	RD_TRY(rd_rows_next(&rows, &more, err));
	if (more)
		*ret_when = rd_rows_text(&rows, 0, arena);
	return rd_arena_check(arena, err);
}

enum rd_rc rd_round_done(struct rd_tx *tx, const char *name, const char *when, struct rd_err *err)
{
	return rd_sql_change(tx,
		"INSERT INTO round_done (name, last) VALUES (?1, ?2)"
		" ON CONFLICT (name) DO UPDATE SET last = ?2",
		RD_ARGS(rd_text(name), rd_text(when)), NULL, err);
}

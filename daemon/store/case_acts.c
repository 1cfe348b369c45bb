#include "redress/store/case_acts.h"

#include "redress/store/sql.h"

enum rd_rc rd_case_act_add(
	struct rd_tx *tx, const struct rd_case_act *act, int64_t *ret_id, struct rd_err *err)
{
	char day[RD_DATE_MAX];

	RD_TRY(rd_sql_change(tx,
		"INSERT INTO case_act (case_id, stage, what, on_day, at_ms, actor, actor_uid,"
		" person, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
		RD_ARGS(rd_int(act->case_id), rd_text(rd_stage_names[act->stage]),
			rd_text(act->what), rd_day(act->day, day), rd_int(act->at_ms),
			rd_text(act->actor), rd_int(act->actor_uid), rd_text(act->person),
			rd_text(act->detail)),
		NULL, err));
	*ret_id = rd_sql_inserted(tx);
	return rd_sql_change(tx, "INSERT INTO case_act_words (act_id, why) VALUES (?1, ?2)",
		RD_ARGS(rd_int(*ret_id), rd_text(act->why)), NULL, err);
}

#define ACT_COLUMNS                                                                                \
	"SELECT a.id, a.case_id, a.stage, a.what, a.on_day, a.at_ms, a.actor, a.actor_uid,"        \
	" a.person, a.detail, w.why FROM case_act a"                                               \
	" LEFT JOIN case_act_words w ON w.act_id = a.id"

static enum rd_rc read_act(
	const struct rd_rows *rows, struct rd_arena *arena, void *item, struct rd_err *err)
{
	struct rd_case_act *act = item;
	int stage = 0;

	RD_TRY(rd_rows_word(rows, 2, rd_stage_names, &stage, err));
	*act = (struct rd_case_act){
		.id = rd_rows_int(rows, 0),
		.case_id = rd_rows_int(rows, 1),
		.stage = (enum rd_stage)stage,
		.what = rd_rows_text(rows, 3, arena),
		.at_ms = rd_rows_int(rows, 5),
		.actor = rd_rows_text(rows, 6, arena),
		.actor_uid = rd_rows_int(rows, 7),
		.person = rd_rows_text(rows, 8, arena),
		.detail = rd_rows_text(rows, 9, arena),
		.why = rd_rows_text(rows, 10, arena),
	};
	return rd_rows_day(rows, 4, &act->day, err);
}

enum rd_rc rd_case_act_get(struct rd_db *db, int64_t id, struct rd_arena *arena,
	struct rd_case_act *ret_act, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
	struct rd_case_act act;
	bool more = false;

	RD_TRY(rd_sql_query(db, ACT_COLUMNS " WHERE a.id = ?1", RD_ARGS(rd_int(id)), &rows, err));
	RD_TRY(rd_rows_next(&rows, &more, err));
	if (!more)
		return rd_fail(err, RD_E_MISSING, "there is no act %lld", (long long)id);
	RD_TRY(read_act(&rows, arena, &act, err));
	RD_TRY(rd_arena_check(arena, err));
	*ret_act = act;
	return RD_OK;
}

enum rd_rc rd_case_act_list(struct rd_db *db, int64_t case_id, struct rd_arena *arena,
	struct rd_case_act **ret_acts, size_t *ret_n, struct rd_err *err)
{
	struct rd_list list = { .bytes_each = sizeof(struct rd_case_act) };

	RD_TRY(rd_sql_list(db, ACT_COLUMNS " WHERE a.case_id = ?1 ORDER BY a.id",
		RD_ARGS(rd_int(case_id)), read_act, arena, &list, err));
	*ret_acts = list.items;
	*ret_n = list.n;
	return RD_OK;
}

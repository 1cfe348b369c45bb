#include "redress/store/rulesets.h"

#include <stdio.h>
#include <string.h>
#include "redress/store/sql.h"

enum rd_rc rd_rulesets_put(
	struct rd_tx *tx, const struct rd_rulefiles *files, int64_t now_ms, struct rd_err *err)
{
	int64_t inserted = 0;

	RD_TRY(rd_sql_change(tx,
		"INSERT INTO ruleset (sha256, stored_ms) VALUES (?1, ?2)"
		" ON CONFLICT (sha256) DO NOTHING",
		RD_ARGS(rd_text(files->sha256), rd_int(now_ms)), &inserted, err));
	/* The name says what is in it: a set that is there is there whole. */
	for (size_t i = 0; inserted && i < files->n_items; i++)
		RD_TRY(rd_sql_change(tx,
			"INSERT INTO ruleset_file (sha256, name, bytes) VALUES (?1, ?2, ?3)",
			RD_ARGS(rd_text(files->sha256), rd_text(files->items[i].name),
				rd_blob(files->items[i].bytes, files->items[i].len)),
			NULL, err));
	return RD_OK;
}

enum rd_rc rd_rulesets_get(struct rd_db *db, const char *sha256, struct rd_arena *arena,
	struct rd_rulefiles *ret_files, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
	struct rd_list list = { .bytes_each = sizeof(struct rd_rulefile) };
	struct rd_rulefiles files = { 0 };
	int64_t exists = 0;

	RD_TRY(rd_sql_int(db, "SELECT 1 FROM ruleset WHERE sha256 = ?1", RD_ARGS(rd_text(sha256)),
		0, &exists, err));
	if (!exists)
		return rd_fail(err, RD_E_MISSING, "there is no rule set %s in the store", sha256);
	RD_TRY(rd_sql_query(db,
		"SELECT name, bytes FROM ruleset_file WHERE sha256 = ?1 ORDER BY name",
		RD_ARGS(rd_text(sha256)), &rows, err));
	for (;;) {
		bool more = false;
		void *item = NULL;
		size_t len = 0;

		RD_TRY(rd_rows_next(&rows, &more, err));
		if (!more)
			break;
		RD_TRY(rd_list_grow(&list, arena, &item, err));
		struct rd_rulefile *file = item;
		const void *bytes = rd_rows_blob(&rows, 1, &len);
		file->name = rd_rows_text(&rows, 0, arena);
		file->bytes = rd_arena_copy(arena, bytes, len);
		file->len = len;
	}
	RD_TRY(rd_arena_check(arena, err));
	RD_TRY(rd_rulefiles_take(list.items, list.n, &files, err));
	if (strcmp(files.sha256, sha256) != 0)
		return rd_fail(err, RD_E_STORE,
			"the rule set %s is damaged in the store; restore a backup", sha256);
	*ret_files = files;
	return RD_OK;
}

enum rd_rc rd_rulesets_activate(struct rd_tx *tx, const char *sha256, const char *author,
	int64_t author_uid, const char *reason, int64_t now_ms, struct rd_err *err)
{
	int64_t inserted = 0;

	RD_TRY(rd_sql_change(tx,
		"INSERT INTO activation (sha256, at_ms, author, author_uid, reason)"
		" SELECT sha256, ?2, ?3, ?4, ?5 FROM ruleset WHERE sha256 = ?1",
		RD_ARGS(rd_text(sha256), rd_int(now_ms), rd_text(author), rd_int(author_uid),
			rd_text(reason)),
		&inserted, err));
	if (!inserted)
		return rd_fail(err, RD_E_MISSING, "there is no rule set %s in the store", sha256);
	return RD_OK;
}

#define ACTIVATION_COLUMNS                                                                         \
	"SELECT id, sha256, at_ms, author, author_uid, reason FROM activation ORDER BY id DESC"

static void read_activation(
	const struct rd_rows *rows, struct rd_arena *arena, struct rd_activation *activation)
{
	*activation = (struct rd_activation){
		.id = rd_rows_int(rows, 0),
		.at_ms = rd_rows_int(rows, 2),
		.author = rd_rows_text(rows, 3, arena),
		.author_uid = rd_rows_int(rows, 4),
		.reason = rd_rows_text(rows, 5, arena),
	};
	snprintf(activation->sha256, sizeof activation->sha256, "%s", rd_rows_borrow(rows, 1));
}

enum rd_rc rd_rulesets_current(struct rd_db *db, struct rd_arena *arena,
	struct rd_activation *ret_activation, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
	struct rd_activation activation;
	bool more = false;

	RD_TRY(rd_sql_query(db, ACTIVATION_COLUMNS " LIMIT 1", RD_NO_ARGS, &rows, err));
	RD_TRY(rd_rows_next(&rows, &more, err));
	if (!more)
		return rd_fail(err, RD_E_MISSING, "no rule set has been activated yet");
	read_activation(&rows, arena, &activation);
	RD_TRY(rd_arena_check(arena, err));
	*ret_activation = activation;
	return RD_OK;
}

enum rd_rc rd_rulesets_history(struct rd_db *db, struct rd_arena *arena,
	struct rd_activation **ret_items, size_t *ret_n, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
	struct rd_list list = { .bytes_each = sizeof(struct rd_activation) };

	RD_TRY(rd_sql_query(db, ACTIVATION_COLUMNS, RD_NO_ARGS, &rows, err));
	for (;;) {
		bool more = false;
		void *item = NULL;

		RD_TRY(rd_rows_next(&rows, &more, err));
		if (!more)
			break;
		RD_TRY(rd_list_grow(&list, arena, &item, err));
		read_activation(&rows, arena, item);
	}
	RD_TRY(rd_arena_check(arena, err));
	*ret_items = list.items;
	*ret_n = list.n;
	return RD_OK;
}

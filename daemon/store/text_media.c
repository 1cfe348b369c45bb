#include "redress/store/text_media.h"

#include "redress/store/sql.h"

#define FIRST_PAUSE_MS (60 * (int64_t)1000)

enum rd_rc rd_text_media_put(struct rd_tx *tx, int64_t message_id, int place, const char *url,
	const char *type, int64_t now_ms, struct rd_err *err)
{
	return rd_sql_change(tx,
		"INSERT INTO text_media (message_id, place, state, next_try_ms, url, type)"
		" VALUES (?1, ?2, 'due', ?3, ?4, ?5) ON CONFLICT (message_id, place) DO NOTHING",
		RD_ARGS(rd_int(message_id), rd_int(place), rd_int(now_ms), rd_text(url),
			rd_text(type)),
		NULL, err);
}

static enum rd_rc read_media(
	const struct rd_rows *rows, struct rd_arena *arena, void *item, struct rd_err *err)
{
	(void)err;
	*(struct rd_text_media *)item = (struct rd_text_media){
		.id = rd_rows_int(rows, 0),
		.message_id = rd_rows_int(rows, 1),
		.case_id = rd_rows_int(rows, 2),
		.place = (int)rd_rows_int(rows, 3),
		.state = rd_rows_text(rows, 4, arena),
		.url = rd_rows_text(rows, 5, arena),
		.type = rd_rows_text(rows, 6, arena),
		.size_bytes = rd_rows_int(rows, 7),
		.tries = (int)rd_rows_int(rows, 8),
	};
	return RD_OK;
}

static enum rd_rc list_media(struct rd_db *db, const char *sql, const struct rd_arg *args,
	size_t n_args, struct rd_arena *arena, struct rd_text_media **ret_items, size_t *ret_n,
	struct rd_err *err)
{
	struct rd_list list = { .bytes_each = sizeof(struct rd_text_media) };

	RD_TRY(rd_sql_list(db, sql, args, n_args, read_media, arena, &list, err));
	*ret_items = list.items;
	*ret_n = list.n;
	return RD_OK;
}

#define COLUMNS                                                                                    \
	"SELECT p.id, p.message_id, m.case_id, p.place, p.state, p.url, p.type,"                   \
	" COALESCE(length(p.bytes), 0), p.tries"                                                   \
	" FROM text_media p JOIN message m ON m.id = p.message_id"

enum rd_rc rd_text_media_due(struct rd_db *db, int64_t source_id, int64_t now_ms, size_t max,
	struct rd_arena *arena, struct rd_text_media **ret_items, size_t *ret_n, struct rd_err *err)
{
	return list_media(db,
		COLUMNS " WHERE p.state = 'due' AND p.next_try_ms <= ?2 AND m.source_id = ?1"
			" ORDER BY p.next_try_ms, p.id LIMIT ?3",
		RD_ARGS(rd_int(source_id), rd_int(now_ms), rd_int((int64_t)max)), arena, ret_items,
		ret_n, err);
}

enum rd_rc rd_text_media_list(struct rd_db *db, int64_t message_id, struct rd_arena *arena,
	struct rd_text_media **ret_items, size_t *ret_n, struct rd_err *err)
{
	return list_media(db, COLUMNS " WHERE p.message_id = ?1 ORDER BY p.place",
		RD_ARGS(rd_int(message_id)), arena, ret_items, ret_n, err);
}

enum rd_rc rd_text_media_keep(struct rd_tx *tx, int64_t id, const char *type, const void *bytes,
	size_t len, struct rd_err *err)
{
	return rd_sql_change(tx,
		"UPDATE text_media SET state = 'kept', url = '', type = ?2, bytes = ?3"
		" WHERE id = ?1 AND state = 'due'",
		RD_ARGS(rd_int(id), rd_text(type), rd_blob(len ? bytes : "", len)), NULL, err);
}

enum rd_rc rd_text_media_drop(struct rd_tx *tx, int64_t id, struct rd_err *err)
{
	return rd_sql_change(
		tx, "DELETE FROM text_media WHERE id = ?1", RD_ARGS(rd_int(id)), NULL, err);
}

enum rd_rc rd_text_media_failed(struct rd_tx *tx, const struct rd_text_media *media, bool for_good,
	int64_t now_ms, bool *ret_given_up, struct rd_err *err)
{
	const int tries = media->tries + 1;
	const bool given_up = for_good || tries >= RD_TEXT_MEDIA_TRIES_MAX;
	int64_t pause_ms = FIRST_PAUSE_MS;

	for (int i = 1; i < tries && i < RD_TEXT_MEDIA_TRIES_MAX; i++)
		pause_ms *= 2;
	RD_TRY(rd_sql_change(tx,
		"UPDATE text_media SET tries = ?2, next_try_ms = ?3, state = ?4"
		" WHERE id = ?1 AND state = 'due'",
		RD_ARGS(rd_int(media->id), rd_int(tries), rd_int(now_ms + pause_ms),
			rd_text(given_up ? "given_up" : "due")),
		NULL, err));
	*ret_given_up = given_up;
	return RD_OK;
}

enum rd_rc rd_text_media_bytes(struct rd_db *db, int64_t id, struct rd_arena *arena,
	const void **ret_bytes, size_t *ret_len, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
	bool more = false;
	size_t len = 0;

	RD_TRY(rd_sql_query(db, "SELECT bytes FROM text_media WHERE id = ?1 AND state = 'kept'",
		RD_ARGS(rd_int(id)), &rows, err));
	RD_TRY(rd_rows_next(&rows, &more, err));
	if (!more)
		return rd_fail(err, RD_E_MISSING, "this picture was not fetched, or was erased");
	const void *bytes = rd_rows_blob(&rows, 0, &len);
	*ret_bytes = rd_arena_copy(arena, len ? bytes : "", len);
	*ret_len = len;
	return rd_arena_check(arena, err);
}

enum rd_rc rd_text_media_any(
	struct rd_db *db, int64_t message_id, bool *ret_any, struct rd_err *err)
{
	int64_t id = 0;

	RD_TRY(rd_sql_int(db, "SELECT id FROM text_media WHERE message_id = ?1 LIMIT 1",
		RD_ARGS(rd_int(message_id)), 0, &id, err));
	*ret_any = id != 0;
	return RD_OK;
}

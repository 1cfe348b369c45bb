#include "redress/store/labels.h"

#include "redress/store/sql.h"

const char *const rd_label_how_names[RD_N_LABEL_HOWS + 1] = { "review", "reclassify", "sample",
	NULL };

enum rd_rc rd_label_put(
	struct rd_tx *tx, const struct rd_label *label, int64_t now_ms, struct rd_err *err)
{
	return rd_sql_change(tx,
		"INSERT INTO label (message_id, case_id, how, was, kind, said_by, said_uid, at_ms, "
		"why)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
		RD_ARGS(rd_int_or_null(label->message_id), rd_int(label->case_id),
			rd_text(rd_label_how_names[label->how]), rd_text(rd_kind_names[label->was]),
			rd_text(rd_kind_names[label->kind]), rd_text(label->by),
			rd_int(label->by_uid), rd_int(now_ms), rd_text(label->why)),
		NULL, err);
}

#define LABEL_COLUMNS                                                                              \
	"SELECT l.id, l.message_id, l.case_id, l.how, l.was, l.kind, l.said_by, l.said_uid,"       \
	" l.at_ms, l.why FROM label l"

static enum rd_rc read_label(
	const struct rd_rows *rows, struct rd_arena *arena, void *item, struct rd_err *err)
{
	int how = 0, was = 0, kind = 0;

	RD_TRY(rd_rows_word(rows, 3, rd_label_how_names, &how, err));
	RD_TRY(rd_rows_word(rows, 4, rd_kind_names, &was, err));
	RD_TRY(rd_rows_word(rows, 5, rd_kind_names, &kind, err));
	*(struct rd_label *)item = (struct rd_label){
		.id = rd_rows_int(rows, 0),
		.message_id = rd_rows_int(rows, 1),
		.case_id = rd_rows_int(rows, 2),
		.how = (enum rd_label_how)how,
		.was = (enum rd_kind)was,
		.kind = (enum rd_kind)kind,
		.by = rd_rows_text(rows, 6, arena),
		.by_uid = rd_rows_int(rows, 7),
		.at_ms = rd_rows_int(rows, 8),
		.why = rd_rows_text(rows, 9, arena),
	};
	return RD_OK;
}

static enum rd_rc list_labels(struct rd_db *db, const char *sql, const struct rd_arg *args,
	size_t n_args, struct rd_arena *arena, struct rd_label **ret_labels, size_t *ret_n,
	struct rd_err *err)
{
	struct rd_list list = { .bytes_each = sizeof(struct rd_label) };

	RD_TRY(rd_sql_list(db, sql, args, n_args, read_label, arena, &list, err));
	*ret_labels = list.items;
	*ret_n = list.n;
	return RD_OK;
}

enum rd_rc rd_label_list(struct rd_db *db, int64_t message_id, int64_t case_id,
	struct rd_arena *arena, struct rd_label **ret_labels, size_t *ret_n, struct rd_err *err)
{
	return list_labels(db,
		LABEL_COLUMNS " WHERE (?1 = 0 OR l.message_id = ?1)"
			      " AND (?2 = 0 OR l.case_id = ?2) ORDER BY l.id",
		RD_ARGS(rd_int(message_id), rd_int(case_id)), arena, ret_labels, ret_n, err);
}

enum rd_rc rd_label_latest(struct rd_db *db, const char *landlord, size_t max,
	struct rd_arena *arena, struct rd_label **ret_labels, size_t *ret_n, struct rd_err *err)
{
	/* The newest first, so that the limit leaves out the oldest; then in order of the message.
	 */
	return list_labels(db,
		LABEL_COLUMNS " JOIN (SELECT max(b.id) AS id FROM label b"
			      "  JOIN message m ON m.id = b.message_id"
			      "  JOIN reading r ON r.message_id = b.message_id"
			      "  WHERE (?1 IS NULL OR m.landlord = ?1)"
			      "  GROUP BY b.message_id ORDER BY max(b.id) DESC LIMIT ?2) newest"
			      " ON newest.id = l.id ORDER BY l.message_id",
		RD_ARGS(landlord != NULL ? rd_text(landlord) : rd_null(),
			rd_int((int64_t)(max < RD_STORE_ROWS_MAX ? max : RD_STORE_ROWS_MAX))),
		arena, ret_labels, ret_n, err);
}

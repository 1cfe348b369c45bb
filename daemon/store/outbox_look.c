/* The reading side of the outbox: rows, lists, counts and look-ups. */
#include "redress/store/outbox.h"

#include "redress/store/sql.h"

static const char *const channels[] = { "email", "sms", NULL };

#define OUTBOX_COLUMNS                                                                             \
	"SELECT o.id, o.case_id, o.letter, o.stage, o.cause, o.channel, o.outgoing, w.recipient,"  \
	" w.subject, w.payload, o.message_id, o.letter_version, o.written_for, o.binds_day,"       \
	" o.emergency, o.not_before_ms, o.hold_reason, o.needs_approval, o.meets_clock, o.state,"  \
	" o.attempts, o.created_ms, o.next_try_ms, o.sending_ms, o.sent_ms, o.asked,"              \
	" o.provider_id, w.response, w.trouble, o.delivery, o.delivery_ms, o.approved_by,"         \
	" w.payload_sent FROM outbox o LEFT JOIN outbox_words w ON w.outbox_id = o.id"

static enum rd_rc read_row(
	const struct rd_rows *rows, struct rd_arena *arena, void *item, struct rd_err *err)
{
	struct rd_outbox_row *row = item;
	int stage = 0, channel = 0, state = 0;
	size_t len = 0;

	RD_TRY(rd_rows_word(rows, 3, rd_stage_names, &stage, err));
	RD_TRY(rd_rows_word(rows, 5, channels, &channel, err));
	RD_TRY(rd_rows_word(rows, 19, rd_outbox_state_names, &state, err));
	*row = (struct rd_outbox_row){
		.id = rd_rows_int(rows, 0),
		.case_id = rd_rows_int(rows, 1),
		.letter = rd_rows_text(rows, 2, arena),
		.stage = (enum rd_stage)stage,
		.cause = rd_rows_text(rows, 4, arena),
		.channel = (enum rd_channel)channel,
		.outgoing = rd_rows_text(rows, 6, arena),
		.recipient = rd_rows_text(rows, 7, arena),
		.subject = rd_rows_text(rows, 8, arena),
		.message_id = rd_rows_text(rows, 10, arena),
		.letter_version = rd_rows_text(rows, 11, arena),
		.binds_day = rd_rows_int(rows, 13) != 0,
		.emergency = rd_rows_int(rows, 14) != 0,
		.not_before_ms = rd_rows_int(rows, 15),
		.hold_reason = rd_rows_text(rows, 16, arena),
		.needs_approval = rd_rows_int(rows, 17) != 0,
		.meets_clock = rd_rows_text(rows, 18, arena),
		.state = (enum rd_outbox_state)state,
		.attempts = (int)rd_rows_int(rows, 20),
		.created_ms = rd_rows_int(rows, 21),
		.next_try_ms = rd_rows_int(rows, 22),
		.sending_ms = rd_rows_int(rows, 23),
		.sent_ms = rd_rows_int(rows, 24),
		.asked = rd_rows_int(rows, 25) != 0,
		.provider_id = rd_rows_text(rows, 26, arena),
		.response = rd_rows_text(rows, 27, arena),
		.trouble = rd_rows_text(rows, 28, arena),
		.delivery = rd_rows_text(rows, 29, arena),
		.delivery_ms = rd_rows_int(rows, 30),
		.approved_by = rd_rows_text(rows, 31, arena),
	};
	RD_TRY(rd_rows_day(rows, 12, &row->written_for, err));
	const void *payload = rd_rows_blob(rows, 9, &len);
	row->payload = rd_arena_copy(arena, payload, len);
	row->payload_len = len;
	const void *sent = rd_rows_blob(rows, 32, &len);
	row->payload_sent = rd_arena_copy(arena, sent, len);
	row->payload_sent_len = len;
	return rd_arena_check(arena, err);
}

enum rd_rc rd_outbox_get(struct rd_db *db, int64_t id, struct rd_arena *arena,
	struct rd_outbox_row *ret_row, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
	struct rd_outbox_row row;
	bool more = false;

	RD_TRY(rd_sql_query(
		db, OUTBOX_COLUMNS " WHERE o.id = ?1", RD_ARGS(rd_int(id)), &rows, err));
	RD_TRY(rd_rows_next(&rows, &more, err));
	if (!more)
		return rd_fail(
			err, RD_E_MISSING, "there is no letter %lld in the outbox", (long long)id);
	RD_TRY(read_row(&rows, arena, &row, err));
	*ret_row = row;
	return RD_OK;
}

static enum rd_rc list_rows(struct rd_db *db, const char *sql, const struct rd_arg *args,
	size_t n_args, struct rd_arena *arena, struct rd_outbox_row **ret_rows, size_t *ret_n,
	struct rd_err *err)
{
	struct rd_list list = { .bytes_each = sizeof(struct rd_outbox_row) };

	RD_TRY(rd_sql_list(db, sql, args, n_args, read_row, arena, &list, err));
	*ret_rows = list.items;
	*ret_n = list.n;
	return RD_OK;
}

enum rd_rc rd_outbox_list(struct rd_db *db, const struct rd_outbox_filter *filter,
	struct rd_arena *arena, struct rd_outbox_row **ret_rows, size_t *ret_n, struct rd_err *err)
{
	static const struct rd_outbox_filter none = { 0 };
	const struct rd_outbox_filter *f = filter ? filter : &none;
	return list_rows(db,
		OUTBOX_COLUMNS " WHERE (?1 IS NULL OR o.state = ?1)"
			       " AND (?2 = 0 OR o.case_id = ?2) AND (?3 IS NULL OR o.letter = ?3)"
			       " AND (?4 IS NULL OR o.channel = ?4)"
			       " AND (?5 IS NULL OR o.outgoing = ?5)"
			       " AND (?6 = 0 OR (o.state = 'uncertain' AND o.asked = 0))"
			       " AND (?8 IS NULL OR o.hold_reason = ?8) AND o.id > ?9"
			       " ORDER BY o.id LIMIT ?7",
		RD_ARGS(f->state ? rd_text(rd_outbox_state_names[*f->state]) : rd_null(),
			rd_int(f->case_id), f->letter ? rd_text(f->letter) : rd_null(),
			f->channel ? rd_text(channels[*f->channel]) : rd_null(),
			f->outgoing ? rd_text(f->outgoing) : rd_null(), rd_int(f->unasked),
			rd_int(f->max ? (int64_t)f->max : RD_STORE_ROWS_MAX + 1),
			f->hold_reason ? rd_text(f->hold_reason) : rd_null(), rd_int(f->after_id)),
		arena, ret_rows, ret_n, err);
}

enum rd_rc rd_outbox_stale(struct rd_db *db, struct rd_date today, int64_t now_ms,
	struct rd_arena *arena, struct rd_outbox_row **ret_rows, size_t *ret_n, struct rd_err *err)
{
	char day[RD_DATE_MAX];

	return list_rows(db,
		OUTBOX_COLUMNS " WHERE o.state = 'queued' AND o.binds_day = 1 AND o.attempts = 0"
			       " AND o.next_try_ms <= ?2 AND o.written_for <> ?1 ORDER BY o.id"
			       " LIMIT ?3",
		RD_ARGS(rd_text(rd_date_format(today, day)), rd_int(now_ms),
			rd_int(RD_OUTBOX_STALE_MAX)),
		arena, ret_rows, ret_n, err);
}

enum rd_rc rd_outbox_rate(struct rd_db *db, const char *recipient, int64_t since_ms, int64_t *ret_n,
	struct rd_err *err)
{
	uint8_t key[RD_STORE_KEY_BYTES];

	if (!recipient)
		return rd_sql_int(db, "SELECT count(*) FROM outbox WHERE sending_ms >= ?1",
			RD_ARGS(rd_int(since_ms)), 0, ret_n, err);
	rd_store_address_key(rd_db_store(db), recipient, key);
	return rd_sql_int(db,
		"SELECT count(*) FROM outbox WHERE recipient_key = ?1 AND sending_ms >= ?2",
		RD_ARGS(rd_blob(key, sizeof key), rd_int(since_ms)), 0, ret_n, err);
}

enum rd_rc rd_outbox_promised(struct rd_db *db, const char *recipient, int64_t since_ms,
	int64_t *ret_n, struct rd_err *err)
{
	uint8_t key[RD_STORE_KEY_BYTES];

	rd_store_address_key(rd_db_store(db), recipient, key);
	return rd_sql_int(db,
		"SELECT count(*) FROM outbox WHERE recipient_key = ?1 AND"
		" (sending_ms >= ?2 OR (sending_ms IS NULL AND created_ms >= ?2"
		"  AND state IN ('queued', 'held')))",
		RD_ARGS(rd_blob(key, sizeof key), rd_int(since_ms)), 0, ret_n, err);
}

enum rd_rc rd_outbox_by_message_id(
	struct rd_db *db, const char *message_id, int64_t *ret_id, struct rd_err *err)
{
	return rd_sql_int(db, "SELECT id FROM outbox WHERE message_id = ?1",
		RD_ARGS(rd_text(message_id)), 0, ret_id, err);
}

enum rd_rc rd_outbox_by_provider_id(struct rd_db *db, const char *outgoing, const char *provider_id,
	int64_t *ret_id, struct rd_err *err)
{
	return rd_sql_int(db,
		"SELECT id FROM outbox WHERE provider_id = ?1 AND provider_id <> ''"
		" AND outgoing = ?2 ORDER BY id DESC LIMIT 1",
		RD_ARGS(rd_text(provider_id), rd_text(outgoing)), 0, ret_id, err);
}

#include "redress/store/text_parts.h"

#include <stdlib.h>
#include <string.h>

#include "redress/base/buf.h"
#include "redress/store/sql.h"

#define MISSING	    "[...]"
#define AT_ONCE_MAX 100

/* The parts of one text that are there, by their number; of two with the same the first that came.
 */
struct group {
	int64_t source_id;
	const char *landlord, *from, *to, *first_id;
	const char *ref;
	const void *sender_key;
	size_t sender_key_len;
	int n_parts, n_there;
	int64_t first_seen_ms, received_ms, provider_ms;
	bool gap;
	struct rd_buf *body;
	int64_t rows[RD_TEXT_PARTS_MAX]; /* the n_there that were used */
};

static enum rd_rc add_part(struct group *group, const struct rd_rows *rows, struct rd_arena *arena,
	int *last, struct rd_err *err)
{
	int part = (int)rd_rows_int(rows, 0);
	size_t len = 0;

	if (part == *last || group->n_there == RD_TEXT_PARTS_MAX)
		return RD_OK;
	if (part != *last + 1) {
		group->gap = true;
		RD_TRY(rd_buf_add_str(group->body, MISSING, err));
	}
	const void *bytes = rd_rows_blob(rows, 1, &len);
	RD_TRY(rd_buf_add(group->body, bytes ? bytes : "", len, err));
	if (group->n_there == 0) {
		group->first_id = rd_rows_text(rows, 2, arena);
		group->landlord = rd_rows_text(rows, 3, arena);
		group->from = rd_rows_text(rows, 4, arena);
		group->to = rd_rows_text(rows, 5, arena);
		group->received_ms = rd_rows_int(rows, 6);
		group->provider_ms = rd_rows_int(rows, 7);
	}
	if (rd_rows_int(rows, 6) < group->received_ms)
		group->received_ms = rd_rows_int(rows, 6);
	*last = part;
	group->rows[group->n_there++] = rd_rows_int(rows, 8);
	return RD_OK;
}

static enum rd_rc gather(
	struct rd_tx *tx, struct group *group, struct rd_arena *arena, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
	int last = 0;

	RD_TRY(rd_sql_query(rd_tx_db(tx),
		"SELECT part, body, provider_id, landlord, sender, recipient, received_ms,"
		" COALESCE(provider_ms, 0), id FROM text_part WHERE source_id = ?1"
		" AND sender_key = ?2 AND ref = ?3 AND n_parts = ?4 AND message_id IS NULL"
		" ORDER BY part, id",
		RD_ARGS(rd_int(group->source_id), rd_blob(group->sender_key, group->sender_key_len),
			rd_text(group->ref), rd_int(group->n_parts)),
		&rows, err));
	for (;;) {
		bool more = false;

		RD_TRY(rd_rows_next(&rows, &more, err));
		if (!more)
			break;
		RD_TRY(add_part(group, &rows, arena, &last, err));
	}
	if (last != group->n_parts) {
		group->gap = true;
		RD_TRY(rd_buf_add_str(group->body, MISSING, err));
	}
	return rd_arena_check(arena, err);
}

/* The message of what is there; the parts it is made of keep their ids alone. A part of another
 * text with the same reference (a phone counts them in one byte) may lie there too: it waits on. */
static enum rd_rc make_message(struct rd_tx *tx, const struct group *group, int64_t now_ms,
	int64_t *ret_message_id, struct rd_err *err)
{
	const bool too_long = group->body->len > RD_SMS_BYTES_MAX;
	const struct rd_text_put text = {
		.source_id = group->source_id,
		.landlord = group->landlord,
		.provider_id = group->first_id,
		.from = group->from,
		.to = group->to,
		.body = rd_buf_str(group->body),
		.body_len = too_long ? RD_SMS_BYTES_MAX : group->body->len,
		.provider_ms = group->provider_ms,
		.received_ms = group->received_ms,
		.first_seen_ms = now_ms,
		.cut = group->gap || too_long,
	};
	const enum rd_rc rc = rd_intake_put_text(tx, &text, ret_message_id, err);

	if (rc != RD_OK && rc != RD_E_EXISTS)
		return rc;
	for (int i = 0; i < group->n_there; i++)
		RD_TRY(rd_sql_change(tx,
			"UPDATE text_part SET message_id = ?2, sender = '', recipient = '',"
			" body = '' WHERE id = ?1",
			RD_ARGS(rd_int(group->rows[i]), rd_int(*ret_message_id)), NULL, err));
	return RD_OK;
}

enum rd_rc rd_text_part_known(struct rd_db *db, int64_t source_id, const char *provider_id,
	bool *ret_known, struct rd_err *err)
{
	int64_t id = 0;

	RD_TRY(rd_sql_int(db, "SELECT id FROM text_part WHERE source_id = ?1 AND provider_id = ?2",
		RD_ARGS(rd_int(source_id), rd_text(provider_id)), 0, &id, err));
	*ret_known = id != 0;
	return RD_OK;
}

static enum rd_rc check_part(const struct rd_text_part *part, struct rd_err *err)
{
	const struct rd_text_put *text = &part->text;

	if (text->body_len > RD_SMS_BYTES_MAX)
		return rd_fail(err, RD_E_RANGE, "a part of a text is longer than %u bytes",
			RD_SMS_BYTES_MAX);
	if (part->n_parts < 2 || part->n_parts > RD_TEXT_PARTS_MAX || part->part < 1 ||
		part->part > part->n_parts)
		return rd_fail(
			err, RD_E_INPUT, "a part %d of %d of a text", part->part, part->n_parts);
	if (strlen(text->provider_id) > RD_PROVIDER_ID_MAX ||
		strlen(part->ref) > RD_PROVIDER_ID_MAX)
		return rd_fail(
			err, RD_E_INPUT, "a part's id is longer than %d bytes", RD_PROVIDER_ID_MAX);
	return RD_OK;
}

enum rd_rc rd_text_part_put(struct rd_tx *tx, const struct rd_text_part *part,
	struct rd_arena *arena, int64_t *ret_message_id, struct rd_err *err)
{
	RD_CLEANUP(rd_buf_free)
	struct rd_buf body = RD_BUF(RD_TEXT_PARTS_MAX * (RD_SMS_BYTES_MAX + 8));
	const struct rd_text_put *text = &part->text;
	uint8_t sender[RD_STORE_KEY_BYTES];
	int64_t inserted = 0;

	RD_TRY(check_part(part, err));
	rd_store_address_key(rd_db_store(rd_tx_db(tx)), text->from, sender);
	RD_TRY(rd_sql_change(tx,
		"INSERT INTO text_part (source_id, landlord, provider_id, sender_key, ref, part,"
		" n_parts, first_seen_ms, received_ms, provider_ms, sender, recipient, body)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"
		" ON CONFLICT DO NOTHING",
		RD_ARGS(rd_int(text->source_id), rd_text(text->landlord),
			rd_text(text->provider_id), rd_blob(sender, sizeof sender),
			rd_text(part->ref), rd_int(part->part), rd_int(part->n_parts),
			rd_int(text->first_seen_ms), rd_int(text->received_ms),
			rd_int_or_null(text->provider_ms), rd_text(text->from), rd_text(text->to),
			rd_blob(text->body, text->body_len)),
		&inserted, err));
	if (!inserted)
		return rd_fail(err, RD_E_EXISTS, "this part is in the store already");
	struct group group = { .source_id = text->source_id,
		.ref = part->ref,
		.sender_key = sender,
		.sender_key_len = sizeof sender,
		.n_parts = part->n_parts,
		.body = &body };
	RD_TRY(gather(tx, &group, arena, err));
	*ret_message_id = 0;
	if (group.n_there < group.n_parts)
		return RD_OK;
	return make_message(tx, &group, text->first_seen_ms, ret_message_id, err);
}

struct waiting {
	int64_t source_id, first_seen_ms;
	const void *sender_key;
	size_t sender_key_len;
	const char *ref;
	int n_parts;
};

static enum rd_rc read_waiting(
	const struct rd_rows *rows, struct rd_arena *arena, void *item, struct rd_err *err)
{
	struct waiting *waiting = item;

	(void)err;
	const void *key = rd_rows_blob(rows, 1, &waiting->sender_key_len);
	waiting->source_id = rd_rows_int(rows, 0);
	waiting->sender_key = rd_arena_copy(arena, key, waiting->sender_key_len);
	waiting->ref = rd_rows_text(rows, 2, arena);
	waiting->n_parts = (int)rd_rows_int(rows, 3);
	waiting->first_seen_ms = rd_rows_int(rows, 4);
	return RD_OK;
}

static enum rd_rc list_waiting(struct rd_db *db, struct rd_arena *arena, struct waiting **ret_items,
	size_t *ret_n, struct rd_err *err)
{
	struct rd_list list = { .bytes_each = sizeof(struct waiting) };

	RD_TRY(rd_sql_list(db,
		"SELECT source_id, sender_key, ref, n_parts, min(first_seen_ms) AS seen"
		" FROM text_part WHERE message_id IS NULL"
		" GROUP BY source_id, sender_key, ref, n_parts ORDER BY seen LIMIT ?1",
		RD_ARGS(rd_int(AT_ONCE_MAX)), read_waiting, arena, &list, err));
	*ret_items = list.items;
	*ret_n = list.n;
	return RD_OK;
}

static enum rd_rc expire_one(struct rd_tx *tx, const struct waiting *waiting, int64_t now_ms,
	struct rd_arena *arena, struct rd_err *err)
{
	RD_CLEANUP(rd_buf_free)
	struct rd_buf body = RD_BUF(RD_TEXT_PARTS_MAX * (RD_SMS_BYTES_MAX + 8));
	struct group group = { .source_id = waiting->source_id,
		.ref = waiting->ref,
		.sender_key = waiting->sender_key,
		.sender_key_len = waiting->sender_key_len,
		.n_parts = waiting->n_parts,
		.body = &body };
	int64_t message_id = 0;

	RD_TRY(gather(tx, &group, arena, err));
	if (group.n_there == 0)
		return RD_OK; /* its last part came meanwhile */
	return make_message(tx, &group, now_ms, &message_id, err);
}

/* Those that are due of what waits, oldest first. */
static enum rd_rc expire_due(struct rd_db *db, const struct waiting *items, size_t n_due,
	int64_t now_ms, struct rd_arena *arena, struct rd_err *err)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;

	RD_TRY(rd_tx_begin(db, &tx, err));
	for (size_t i = 0; i < n_due; i++)
		RD_TRY(expire_one(tx, &items[i], now_ms, arena, err));
	return rd_tx_commit(&tx, err);
}

enum rd_rc rd_text_parts_expire(struct rd_db *db, int64_t now_ms, struct rd_arena *arena,
	size_t *ret_n, int64_t *ret_next_ms, struct rd_err *err)
{
	size_t total = 0;

	/* Once more after each: of two texts with one reference the second is seen only then. */
	for (;;) {
		struct waiting *items;
		size_t n, due = 0;

		RD_TRY(list_waiting(db, arena, &items, &n, err));
		while (due < n && items[due].first_seen_ms + RD_TEXT_PART_WAIT_MS <= now_ms)
			due++;
		if (due == 0) {
			*ret_n = total;
			*ret_next_ms = n > 0 ? items[0].first_seen_ms + RD_TEXT_PART_WAIT_MS : 0;
			return RD_OK;
		}
		RD_TRY(expire_due(db, items, due, now_ms, arena, err));
		total += due;
	}
}

#include "redress/store/audit.h"

#include <gnutls/crypto.h>
#include <jansson.h>
#include <string.h>
#include "redress/message/message.h"
#include "redress/store/sql.h"

/* What the first row is chained to. */
static const uint8_t origin[RD_SHA256_BYTES];

static void add(gnutls_hash_hd_t sum, const void *data, size_t len)
{
	/* Each field goes in with its length, so that no two rows read the same. */
	uint8_t size[8];

	for (size_t i = 0; i < sizeof size; i++)
		size[i] = (uint8_t)((uint64_t)len >> (56 - 8 * i));
	RD_ASSERT(gnutls_hash(sum, size, sizeof size) == 0);
	RD_ASSERT(len == 0 || gnutls_hash(sum, data, len) == 0);
}

static void add_number(gnutls_hash_hd_t sum, int64_t number)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)((uint64_t)number >> (56 - 8 * i));
	add(sum, bytes, sizeof bytes);
}

static void hash_row(const struct rd_audit_row *row, const uint8_t prev[static RD_SHA256_BYTES],
	uint8_t out[static RD_SHA256_BYTES])
{
	gnutls_hash_hd_t sum;

	RD_ASSERT(gnutls_hash_init(&sum, GNUTLS_DIG_SHA256) == 0);
	add(sum, prev, RD_SHA256_BYTES);
	add_number(sum, row->seq);
	add_number(sum, row->at_ms);
	add(sum, row->actor, strlen(row->actor));
	add_number(sum, row->actor_uid);
	add(sum, row->what, strlen(row->what));
	add_number(sum, row->case_id);
	add_number(sum, row->message_id);
	add_number(sum, row->outbox_id);
	add(sum, row->detail, strlen(row->detail));
	gnutls_hash_deinit(sum, out);
}

struct head {
	int64_t seq, latest_ms;
	uint8_t hash[RD_SHA256_BYTES];
};

static enum rd_rc read_head(struct rd_db *db, struct head *ret_head, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
	struct head head = { 0 };
	bool more = false;
	size_t len = 0;

	memcpy(head.hash, origin, sizeof head.hash);
	RD_TRY(rd_sql_query(db, "SELECT seq, hash, latest_ms FROM audit_head WHERE id = 1",
		RD_NO_ARGS, &rows, err));
	RD_TRY(rd_rows_next(&rows, &more, err));
	if (more) {
		const void *hash = rd_rows_blob(&rows, 1, &len);
		if (len != sizeof head.hash)
			return rd_fail(err, RD_E_STORE, "the head of the audit chain is damaged");
		memcpy(head.hash, hash, sizeof head.hash);
		head.seq = rd_rows_int(&rows, 0);
		head.latest_ms = rd_rows_int(&rows, 2);
	}
	*ret_head = head;
	return RD_OK;
}

static enum rd_rc check_detail(const char *detail, struct rd_err *err)
{
	if (strlen(detail) > RD_AUDIT_DETAIL_MAX)
		return rd_fail(err, RD_E_RANGE, "an audit row's detail is longer than %u bytes",
			RD_AUDIT_DETAIL_MAX);
	json_t *json = json_loads(detail, 0, NULL);
	bool is_object = json_is_object(json);
	json_decref(json);
	return is_object ? RD_OK
			 : rd_fail(err, RD_E_BUG, "an audit row's detail is not a JSON object");
}

enum rd_rc rd_audit_add(
	struct rd_tx *tx, const struct rd_audit_row *given, int64_t *ret_seq, struct rd_err *err)
{
	struct rd_audit_row row = *given;
	uint8_t hash[RD_SHA256_BYTES];
	struct head head;

	row.detail = row.detail && *row.detail ? row.detail : "{}";
	RD_TRY(check_detail(row.detail, err));
	RD_TRY(read_head(rd_tx_db(tx), &head, err));
	row.seq = head.seq + 1;
	hash_row(&row, head.hash, hash);
	RD_TRY(rd_sql_change(tx,
		"INSERT INTO audit (seq, at_ms, actor, actor_uid, what, case_id, message_id,"
		" outbox_id, detail, prev, hash)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
		RD_ARGS(rd_int(row.seq), rd_int(row.at_ms), rd_text(row.actor),
			rd_int(row.actor_uid), rd_text(row.what), rd_int(row.case_id),
			rd_int(row.message_id), rd_int(row.outbox_id), rd_text(row.detail),
			rd_blob(head.hash, sizeof head.hash), rd_blob(hash, sizeof hash)),
		NULL, err));
	if (row.at_ms > head.latest_ms)
		head.latest_ms = row.at_ms;
	RD_TRY(rd_sql_change(tx,
		"INSERT INTO audit_head (id, seq, hash, latest_ms) VALUES (1, ?1, ?2, ?3)"
		" ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash,"
		" latest_ms = excluded.latest_ms",
		RD_ARGS(rd_int(row.seq), rd_blob(hash, sizeof hash), rd_int(head.latest_ms)), NULL,
		err));
	if (row.case_id != 0)
		rd_tx_set_audited(tx, row.seq);
	if (ret_seq)
		*ret_seq = row.seq;
	return RD_OK;
}

enum rd_rc rd_audit_last(struct rd_db *db, int64_t *ret_at_ms, struct rd_err *err)
{
	return rd_sql_int(
		db, "SELECT latest_ms FROM audit_head WHERE id = 1", RD_NO_ARGS, 0, ret_at_ms, err);
}

#define AUDIT_COLUMNS                                                                              \
	"SELECT seq, at_ms, actor, actor_uid, what, case_id, message_id, outbox_id, detail, prev," \
	" hash FROM audit"

/* Strings are borrowed until the next row. */
static struct rd_audit_row borrow_row(const struct rd_rows *rows)
{
	return (struct rd_audit_row){
		.seq = rd_rows_int(rows, 0),
		.at_ms = rd_rows_int(rows, 1),
		.actor = rd_rows_borrow(rows, 2),
		.actor_uid = rd_rows_int(rows, 3),
		.what = rd_rows_borrow(rows, 4),
		.case_id = rd_rows_int(rows, 5),
		.message_id = rd_rows_int(rows, 6),
		.outbox_id = rd_rows_int(rows, 7),
		.detail = rd_rows_borrow(rows, 8),
	};
}

static bool blob_is(const struct rd_rows *rows, int column, const uint8_t *bytes)
{
	size_t len = 0;
	const void *data = rd_rows_blob(rows, column, &len);

	return len == RD_SHA256_BYTES && memcmp(data, bytes, len) == 0;
}

enum rd_rc rd_audit_verify(struct rd_db *db, int64_t *ret_rows, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
	uint8_t prev[RD_SHA256_BYTES], hash[RD_SHA256_BYTES];
	struct head before, after;
	int64_t n = 0;

	memcpy(prev, origin, sizeof prev);
	/* Rows may be added while we read: up to the head at the start all must be there. */
	RD_TRY(read_head(db, &before, err));
	RD_TRY(rd_sql_query(db, AUDIT_COLUMNS " WHERE seq <= ?1 ORDER BY seq",
		RD_ARGS(rd_int(before.seq)), &rows, err));
	for (bool more = true;;) {
		RD_TRY(rd_rows_next(&rows, &more, err));
		if (!more)
			break;
		struct rd_audit_row row = borrow_row(&rows);
		if (row.seq != n + 1)
			return rd_fail(err, RD_E_REFUSED,
				"the audit chain is broken: row %lld is missing", (long long)n + 1);
		hash_row(&row, prev, hash);
		if (!blob_is(&rows, 9, prev) || !blob_is(&rows, 10, hash))
			return rd_fail(err, RD_E_REFUSED,
				"the audit chain is broken: row %lld was changed after it was "
				"written",
				(long long)row.seq);
		memcpy(prev, hash, sizeof prev);
		n++;
	}
	if (n != before.seq || memcmp(prev, before.hash, sizeof prev) != 0)
		return rd_fail(err, RD_E_REFUSED,
			"the audit chain is broken: it has %lld rows and should have %lld, or its "
			"head was changed",
			(long long)n, (long long)before.seq);
	rd_rows_end(&rows);
	RD_TRY(read_head(db, &after, err));
	int64_t last = 0;
	RD_TRY(rd_sql_int(db, "SELECT max(seq) FROM audit", RD_NO_ARGS, 0, &last, err));
	if (after.seq < before.seq || last < after.seq)
		return rd_fail(
			err, RD_E_REFUSED, "the audit chain is broken: rows were cut off its end");
	*ret_rows = n;
	return RD_OK;
}

static enum rd_rc read_audited(
	const struct rd_rows *rows, struct rd_arena *arena, void *item, struct rd_err *err)
{
	struct rd_audit_row *row = item;

	(void)err;
	*row = borrow_row(rows);
	row->actor = rd_rows_text(rows, 2, arena);
	row->what = rd_rows_text(rows, 4, arena);
	row->detail = rd_rows_text(rows, 8, arena);
	return RD_OK;
}

enum rd_rc rd_audit_list(struct rd_db *db, int64_t case_id, int64_t message_id, int64_t from_seq,
	size_t max, struct rd_arena *arena, struct rd_audit_row **ret_rows, size_t *ret_n,
	struct rd_err *err)
{
	struct rd_list list = { .bytes_each = sizeof(struct rd_audit_row) };

	RD_TRY(rd_sql_list(db,
		AUDIT_COLUMNS " WHERE (?1 = 0 OR case_id = ?1) AND (?2 = 0 OR message_id = ?2)"
			      " AND seq >= ?3 ORDER BY seq LIMIT ?4",
		RD_ARGS(rd_int(case_id), rd_int(message_id), rd_int(from_seq),
			rd_int((int64_t)max)),
		read_audited, arena, &list, err));
	*ret_rows = list.items;
	*ret_n = list.n;
	return RD_OK;
}

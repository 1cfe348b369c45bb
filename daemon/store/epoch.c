#include "redress/store/intake.h"

#include <string.h>
#include "redress/store/sql.h"

#define UIDS_MAX (16u << 20) /* of one mailbox; the arena ends it before */

static enum rd_rc read_epoch(struct rd_db *db, int64_t source_id, uint32_t uidvalidity,
	struct rd_epoch *ret_epoch, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
	bool more = false;

	RD_TRY(rd_sql_query(db,
		"SELECT id, start_uid, first_uidnext, watermark, first_seen_ms,"
		" (SELECT min(o.id) FROM epoch o WHERE o.source_id = ?1) = id"
		" FROM epoch WHERE source_id = ?1 AND uidvalidity = ?2",
		RD_ARGS(rd_int(source_id), rd_int(uidvalidity)), &rows, err));
	RD_TRY(rd_rows_next(&rows, &more, err));
	if (!more)
		return rd_fail(err, RD_E_MISSING, "this UIDVALIDITY was never seen");
	*ret_epoch = (struct rd_epoch){
		.id = rd_rows_int(&rows, 0),
		.uidvalidity = uidvalidity,
		.start_uid = (uint32_t)rd_rows_int(&rows, 1),
		.first_uidnext = (uint32_t)rd_rows_int(&rows, 2),
		.watermark = (uint32_t)rd_rows_int(&rows, 3),
		.first_seen_ms = rd_rows_int(&rows, 4),
		.first_of_source = rd_rows_int(&rows, 5) != 0,
	};
	return RD_OK;
}

enum rd_rc rd_epoch_find(struct rd_db *db, int64_t source_id, uint32_t uidvalidity,
	struct rd_epoch *ret_epoch, struct rd_err *err)
{
	return read_epoch(db, source_id, uidvalidity, ret_epoch, err);
}

enum rd_rc rd_epoch_take(struct rd_tx *tx, int64_t source_id, uint32_t uidvalidity,
	uint32_t start_uid, uint32_t uidnext, int64_t now_ms, struct rd_epoch *ret_epoch,
	struct rd_err *err)
{
	uint32_t start = start_uid ? start_uid : 1;
	int64_t inserted = 0;

	RD_TRY(rd_sql_change(tx,
		"INSERT INTO epoch (source_id, uidvalidity, start_uid, first_uidnext, watermark,"
		" first_seen_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
		" ON CONFLICT (source_id, uidvalidity) DO NOTHING",
		RD_ARGS(rd_int(source_id), rd_int(uidvalidity), rd_int(start), rd_int(uidnext),
			rd_int((int64_t)start - 1), rd_int(now_ms)),
		&inserted, err));
	RD_TRY(read_epoch(rd_tx_db(tx), source_id, uidvalidity, ret_epoch, err));
	ret_epoch->is_new = inserted != 0;
	return RD_OK;
}

enum rd_rc rd_epoch_advance(
	struct rd_tx *tx, int64_t epoch_id, uint32_t watermark, struct rd_err *err)
{
	return rd_sql_change(tx, "UPDATE epoch SET watermark = ?2 WHERE id = ?1 AND watermark < ?2",
		RD_ARGS(rd_int(epoch_id), rd_int(watermark)), NULL, err);
}

/* One rising run of UIDs, looked at from its front. */
struct front {
	bool has;
	int64_t from, to;
};

static enum rd_rc step_rows(
	struct rd_rows *rows, bool ranges, struct front *front, struct rd_err *err)
{
	RD_TRY(rd_rows_next(rows, &front->has, err));
	if (front->has) {
		front->from = rd_rows_int(rows, 0);
		front->to = ranges ? rd_rows_int(rows, 1) : front->from;
	}
	return RD_OK;
}

static enum rd_rc note_gone(struct rd_tx *tx, int64_t epoch_id, int64_t from, int64_t to,
	int64_t now_ms, int64_t *n_gone, struct rd_err *err)
{
	*n_gone += to - from + 1;
	return rd_sql_change(tx,
		"INSERT INTO gone (epoch_id, from_uid, to_uid, noticed_ms)"
		" VALUES (?1, ?2, ?3, ?4) ON CONFLICT (epoch_id, from_uid) DO UPDATE"
		" SET to_uid = excluded.to_uid",
		RD_ARGS(rd_int(epoch_id), rd_int(from), rd_int(to), rd_int(now_ms)), NULL, err);
}

/* Ranges found while the rows are being read; written afterwards. */
struct range {
	int64_t from, to;
};

static enum rd_rc add_uid(
	struct rd_list *list, uint32_t uid, struct rd_arena *arena, struct rd_err *err)
{
	void *item = NULL;

	RD_TRY(rd_list_grow(list, arena, &item, err));
	*(uint32_t *)item = uid;
	return RD_OK;
}

static enum rd_rc add_range(
	struct rd_list *list, int64_t from, int64_t to, struct rd_arena *arena, struct rd_err *err)
{
	void *item = NULL;

	RD_TRY(rd_list_grow(list, arena, &item, err));
	*(struct range *)item = (struct range){ .from = from, .to = to };
	return RD_OK;
}

/* Walks the UIDs stored, listed and known to be gone side by side; what none of them has is a gap.
 */
static enum rd_rc walk(struct rd_db *db, const struct rd_epoch *epoch, const uint32_t *uids,
	size_t n_uids, int64_t low, int64_t high, struct rd_arena *arena, struct rd_list *missing,
	struct rd_list *gaps, int64_t *n_extra, int64_t *n_stored, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows stored_rows = { 0 };
	RD_CLEANUP(rd_rows_end) struct rd_rows gone_rows = { 0 };
	struct front stored = { 0 }, gone = { 0 };
	int64_t next = low;
	size_t at = 0;

	RD_TRY(rd_sql_query(db,
		"SELECT uid FROM message WHERE epoch_id = ?1 AND uid IS NOT NULL"
		" AND state <> 'storing' ORDER BY uid",
		RD_ARGS(rd_int(epoch->id)), &stored_rows, err));
	RD_TRY(rd_sql_query(db,
		"SELECT from_uid, to_uid FROM gone WHERE epoch_id = ?1 ORDER BY from_uid",
		RD_ARGS(rd_int(epoch->id)), &gone_rows, err));
	RD_TRY(step_rows(&stored_rows, false, &stored, err));
	RD_TRY(step_rows(&gone_rows, true, &gone, err));
	while (stored.has || gone.has || at < n_uids) {
		int64_t uid = at < n_uids ? uids[at] : INT64_MAX;
		int64_t from = uid, to = uid;
		bool is_stored = stored.has && stored.from <= from;

		if (is_stored)
			from = to = stored.from;
		if (gone.has && gone.from < from) {
			from = gone.from;
			to = gone.to;
			is_stored = false;
			RD_TRY(step_rows(&gone_rows, true, &gone, err));
		} else if (uid == from) {
			at++;
			if (is_stored)
				++*n_stored;
			else if (uid > epoch->watermark)
				++*n_extra;
			else if (uid >= epoch->start_uid)
				RD_TRY(add_uid(missing, (uint32_t)uid, arena, err));
		}
		if (is_stored)
			RD_TRY(step_rows(&stored_rows, false, &stored, err));
		if (from > next && next <= high)
			RD_TRY(add_range(
				gaps, next, from - 1 < high ? from - 1 : high, arena, err));
		if (to >= next)
			next = to + 1;
	}
	if (next <= high)
		RD_TRY(add_range(gaps, next, high, arena, err));
	return RD_OK;
}

enum rd_rc rd_epoch_reconcile(struct rd_tx *tx, const struct rd_epoch *epoch, const uint32_t *uids,
	size_t n_uids, uint32_t uidnext, int64_t now_ms, struct rd_arena *arena,
	struct rd_reconciled *ret_result, struct rd_err *err)
{
	struct rd_list missing = { .bytes_each = sizeof(uint32_t), .max = UIDS_MAX };
	struct rd_list gaps = { .bytes_each = sizeof(struct range), .max = UIDS_MAX };
	struct rd_reconciled result = { 0 };
	/* Below the UIDNEXT of our first visit a gap is none of ours. */
	int64_t low =
		epoch->start_uid > epoch->first_uidnext ? epoch->start_uid : epoch->first_uidnext;
	int64_t high = (int64_t)uidnext - 1;

	for (size_t i = 1; i < n_uids; i++)
		if (uids[i] <= uids[i - 1])
			return rd_fail(err, RD_E_INPUT,
				"the server's list of UIDs does not rise; it is not believed");
	if (uidnext == 0)
		high = n_uids ? uids[n_uids - 1] : 0;
	RD_TRY(walk(rd_tx_db(tx), epoch, uids, n_uids, low, high, arena, &missing, &gaps,
		&result.n_extra, &result.n_stored, err));
	for (size_t i = 0; i < gaps.n; i++) {
		const struct range *gap = (const struct range *)gaps.items + i;
		RD_TRY(note_gone(
			tx, epoch->id, gap->from, gap->to, now_ms, &result.n_gone_new, err));
	}
	result.missing = missing.items;
	result.n_missing = missing.n;
	*ret_result = result;
	return RD_OK;
}

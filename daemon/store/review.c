#include "redress/store/review.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "redress/store/sql.h"

enum rd_rc rd_review_put(struct rd_tx *tx, const struct rd_review *review, int64_t now_ms,
	int64_t *ret_id, struct rd_err *err)
{
	int64_t inserted = 0;

	RD_TRY(rd_sql_change(tx,
		"INSERT INTO review (message_id, case_id, reasons, best, created_ms, is_sample)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (message_id) DO NOTHING",
		RD_ARGS(rd_int_or_null(review->message_id), rd_int_or_null(review->case_id),
			rd_text(review->reasons), rd_text(rd_kind_names[review->best]),
			rd_int(now_ms), rd_int(review->is_sample)),
		&inserted, err));
	if (!inserted)
		return rd_fail(err, RD_E_EXISTS, "message %lld is under review already",
			(long long)review->message_id);
	*ret_id = rd_sql_inserted(tx);
	return RD_OK;
}

enum rd_rc rd_review_decide(struct rd_tx *tx, int64_t id, enum rd_kind kind, const char *by,
	int64_t by_uid, const char *why, bool is_default, int64_t now_ms, struct rd_err *err)
{
	int64_t changes = 0, exists = 0;

	RD_TRY(rd_sql_change(tx,
		"UPDATE review SET decided_ms = ?2, decided = ?3, decided_by = ?4, decided_uid = "
		"?5,"
		" why = ?6, is_default = ?7 WHERE id = ?1 AND decided_ms IS NULL",
		RD_ARGS(rd_int(id), rd_int(now_ms), rd_text(rd_kind_names[kind]), rd_text(by),
			rd_int(by_uid), rd_text(why), rd_int(is_default)),
		&changes, err));
	if (changes)
		return RD_OK;
	RD_TRY(rd_sql_int(rd_tx_db(tx), "SELECT 1 FROM review WHERE id = ?1", RD_ARGS(rd_int(id)),
		0, &exists, err));
	if (exists)
		return rd_fail(err, RD_E_EXISTS, "review %lld is decided already", (long long)id);
	return rd_fail(err, RD_E_MISSING, "there is no review %lld", (long long)id);
}

#define REVIEW_COLUMNS                                                                             \
	"SELECT id, message_id, case_id, reasons, best, created_ms, decided_ms,"                   \
	" COALESCE(decided, best), decided_by, decided_uid, why, is_default, is_sample FROM "      \
	"review"

static enum rd_rc read_review(
	const struct rd_rows *rows, struct rd_arena *arena, void *item, struct rd_err *err)
{
	struct rd_review *review = item;
	int best = 0, decided = 0;

	RD_TRY(rd_rows_word(rows, 4, rd_kind_names, &best, err));
	RD_TRY(rd_rows_word(rows, 7, rd_kind_names, &decided, err));
	*review = (struct rd_review){
		.id = rd_rows_int(rows, 0),
		.message_id = rd_rows_int(rows, 1),
		.case_id = rd_rows_int(rows, 2),
		.reasons = rd_rows_text(rows, 3, arena),
		.best = (enum rd_kind)best,
		.created_ms = rd_rows_int(rows, 5),
		.decided_ms = rd_rows_int(rows, 6),
		.decided = (enum rd_kind)decided,
		.by = rd_rows_text(rows, 8, arena),
		.by_uid = rd_rows_int(rows, 9),
		.why = rd_rows_text(rows, 10, arena),
		.is_default = rd_rows_int(rows, 11) != 0,
		.is_sample = rd_rows_int(rows, 12) != 0,
	};
	return rd_arena_check(arena, err);
}

/* The only row of a query, or its absence in words. */
static enum rd_rc read_one(struct rd_rows *rows, struct rd_arena *arena,
	struct rd_review *ret_review, bool *ret_there, struct rd_err *err)
{
	RD_TRY(rd_rows_next(rows, ret_there, err));
	return *ret_there ? read_review(rows, arena, ret_review, err) : RD_OK;
}

enum rd_rc rd_review_get(struct rd_db *db, int64_t id, struct rd_arena *arena,
	struct rd_review *ret_review, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
	bool there = false;

	RD_TRY(rd_sql_query(db, REVIEW_COLUMNS " WHERE id = ?1", RD_ARGS(rd_int(id)), &rows, err));
	RD_TRY(read_one(&rows, arena, ret_review, &there, err));
	if (!there)
		return rd_fail(err, RD_E_MISSING, "there is no review %lld", (long long)id);
	return RD_OK;
}

enum rd_rc rd_review_of_message(struct rd_db *db, int64_t message_id, struct rd_arena *arena,
	struct rd_review *ret_review, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
	bool there = false;

	RD_TRY(rd_sql_query(db, REVIEW_COLUMNS " WHERE message_id = ?1",
		RD_ARGS(rd_int(message_id)), &rows, err));
	RD_TRY(read_one(&rows, arena, ret_review, &there, err));
	if (!there)
		return rd_fail(
			err, RD_E_MISSING, "message %lld has no review", (long long)message_id);
	return RD_OK;
}

static enum rd_rc list_reviews(struct rd_db *db, const char *sql, const struct rd_arg *args,
	size_t n_args, struct rd_arena *arena, struct rd_review **ret_reviews, size_t *ret_n,
	struct rd_err *err)
{
	struct rd_list list = { .bytes_each = sizeof(struct rd_review) };

	RD_TRY(rd_sql_list(db, sql, args, n_args, read_review, arena, &list, err));
	*ret_reviews = list.items;
	*ret_n = list.n;
	return RD_OK;
}

enum rd_rc rd_review_list(struct rd_db *db, int64_t case_id, bool decided_too,
	struct rd_arena *arena, struct rd_review **ret_reviews, size_t *ret_n, struct rd_err *err)
{
	return list_reviews(db,
		REVIEW_COLUMNS " WHERE is_sample = 0 AND (?1 = 0 OR case_id = ?1)"
			       " AND (?2 = 1 OR decided_ms IS NULL) ORDER BY id",
		RD_ARGS(rd_int(case_id), rd_int(decided_too)), arena, ret_reviews, ret_n, err);
}

/* --- samples --- */

bool rd_review_is_chosen(const struct rd_store *store, int64_t message_id)
{
	uint8_t hash[RD_STORE_KEY_BYTES];
	char number[24];
	uint32_t first;

	snprintf(number, sizeof number, "%" PRId64, message_id);
	rd_store_hash(store, RD_KEY_SAMPLE, "sample", number, strlen(number), hash);
	first = (uint32_t)hash[0] << 24 | (uint32_t)hash[1] << 16 | (uint32_t)hash[2] << 8 |
		hash[3];
	return first < UINT32_MAX / 100 * RD_SAMPLE_PER_CENT;
}

/* What was erased can be checked by nobody. */
#define HAS_WORDS                                                                                  \
	" AND EXISTS (SELECT 1 FROM reading_words w WHERE w.message_id = review.message_id)"

enum rd_rc rd_review_samples(struct rd_db *db, bool decided_too, struct rd_arena *arena,
	struct rd_review **ret_samples, size_t *ret_n, struct rd_err *err)
{
	return list_reviews(db,
		decided_too ? REVIEW_COLUMNS " WHERE is_sample = 1 ORDER BY id"
			    : REVIEW_COLUMNS " WHERE is_sample = 1 AND decided_ms IS NULL" HAS_WORDS
					     " ORDER BY id",
		RD_NO_ARGS, arena, ret_samples, ret_n, err);
}

enum rd_rc rd_review_samples_waiting(struct rd_db *db, int64_t *ret_n, struct rd_err *err)
{
	return rd_sql_int(db,
		"SELECT count(*) FROM review WHERE is_sample = 1 AND decided_ms IS NULL" HAS_WORDS,
		RD_NO_ARGS, 0, ret_n, err);
}

#include "redress/store/reading.h"

#include <gnutls/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include "redress/store/reading_json.h"
#include "redress/store/sql.h"

#define SALT_BYTES 16

static void free_text(char **text)
{
	free(*text);
}

static bool all_zero(const uint8_t key[static RD_SHA256_BYTES])
{
	static const uint8_t zero[RD_SHA256_BYTES];

	return memcmp(key, zero, sizeof zero) == 0;
}

/* A key of the message under ours; NULL where the message has none. */
static struct rd_arg keyed(struct rd_db *db, const char *label, const void *data, size_t len,
	bool is_there, uint8_t out[static RD_STORE_KEY_BYTES])
{
	if (!is_there)
		return rd_null();
	rd_store_hash(rd_db_store(db), RD_KEY_IDENTITY, label, data, len, out);
	return rd_blob(out, RD_STORE_KEY_BYTES);
}

enum rd_rc rd_reading_put(struct rd_tx *tx, int64_t message_id, const struct rd_message *message,
	const struct rd_score *score, const char *ruleset, int64_t now_ms, struct rd_err *err)
{
	RD_CLEANUP(free_text) char *score_json = NULL;
	RD_CLEANUP(free_text) char *rest_json = NULL;
	struct rd_db *db = rd_tx_db(tx);
	uint8_t sender[RD_STORE_KEY_BYTES], content[RD_STORE_KEY_BYTES];
	uint8_t header[RD_STORE_KEY_BYTES], id[RD_STORE_KEY_BYTES], salt[SALT_BYTES];

	RD_TRY(rd_score_to_json(score, &score_json, err));
	RD_TRY(rd_message_to_json(message, &rest_json, err));
	if (getrandom(salt, sizeof salt, 0) != (ssize_t)sizeof salt)
		return rd_fail(err, RD_E_AGAIN, "no randomness for a message's salt");
	/* "" too: all who name no sender are one (flood.h). */
	rd_store_address_key(rd_db_store(db), message->from.address, sender);
	RD_TRY(rd_sql_change(tx,
		"INSERT INTO reading (message_id, kind, review, total, ruleset, score, read_ms,"
		" sender_key, content_key, header_key, id_key)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
		RD_ARGS(rd_int(message_id), rd_text(rd_kind_names[score->kind]),
			rd_int(score->review), rd_real(score->total), rd_text(ruleset),
			rd_text(score_json), rd_int(now_ms), rd_blob(sender, sizeof sender),
			keyed(db, "content", message->content_key, RD_SHA256_BYTES,
				!all_zero(message->content_key), content),
			keyed(db, "header", message->header_key, RD_SHA256_BYTES,
				!all_zero(message->header_key), header),
			keyed(db, "message-id", message->message_id, strlen(message->message_id),
				*message->message_id != '\0', id)),
		NULL, err));
	return rd_sql_change(tx,
		"INSERT INTO reading_words (message_id, salt, subject, body, rest)"
		" VALUES (?1, ?2, ?3, ?4, ?5)",
		RD_ARGS(rd_int(message_id), rd_blob(salt, sizeof salt),
			rd_blob(message->subject, message->subject_len),
			rd_blob(message->body, message->body_len), rd_text(rest_json)),
		NULL, err);
}

static const char *blob_text(
	const struct rd_rows *rows, int column, struct rd_arena *arena, uint32_t *ret_len)
{
	size_t len = 0;
	const void *data = rd_rows_blob(rows, column, &len);

	*ret_len = (uint32_t)len;
	return len ? rd_arena_copy(arena, data, len) : "";
}

enum rd_rc rd_reading_get(struct rd_db *db, int64_t message_id, struct rd_arena *arena,
	struct rd_message *ret_message, struct rd_score *ret_score, const char **ret_ruleset,
	bool *ret_erased, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
	struct rd_message message = { 0 };
	struct rd_score score = { 0 };
	bool more = false;

	RD_TRY(rd_sql_query(db,
		"SELECT r.score, r.ruleset, m.channel = 'sms', w.subject, w.body, w.rest,"
		" w.message_id IS NULL FROM reading r JOIN message m ON m.id = r.message_id"
		" LEFT JOIN reading_words w ON w.message_id = r.message_id"
		" WHERE r.message_id = ?1",
		RD_ARGS(rd_int(message_id)), &rows, err));
	RD_TRY(rd_rows_next(&rows, &more, err));
	if (!more)
		return rd_fail(
			err, RD_E_MISSING, "message %lld has not been read", (long long)message_id);
	bool erased = rd_rows_int(&rows, 6) != 0;
	RD_TRY(rd_score_from_json(rd_rows_borrow(&rows, 0), arena, &score, err));
	RD_TRY(rd_message_from_json(
		erased ? "{}" : rd_rows_borrow(&rows, 5), arena, &message, err));
	message.channel = rd_rows_int(&rows, 2) ? RD_CHANNEL_SMS : RD_CHANNEL_EMAIL;
	message.subject = blob_text(&rows, 3, arena, &message.subject_len);
	message.body = blob_text(&rows, 4, arena, &message.body_len);
	const char *ruleset = rd_rows_text(&rows, 1, arena);
	RD_TRY(rd_arena_check(arena, err));
	*ret_message = message;
	*ret_score = score;
	*ret_ruleset = ruleset;
	*ret_erased = erased;
	return RD_OK;
}

static enum rd_rc first_twin(struct rd_db *db, const char *sql, const uint8_t *key,
	const char *landlord, int64_t not_this_id, struct rd_twin *ret_twin, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
	bool more = false;

	RD_TRY(rd_sql_query(db, sql,
		RD_ARGS(rd_blob(key, RD_STORE_KEY_BYTES), rd_int(not_this_id), rd_text(landlord)),
		&rows, err));
	RD_TRY(rd_rows_next(&rows, &more, err));
	*ret_twin = (struct rd_twin){ 0 };
	if (more)
		*ret_twin = (struct rd_twin){ rd_rows_int(&rows, 0), rd_rows_int(&rows, 1) };
	return RD_OK;
}

enum rd_rc rd_reading_find_same(struct rd_db *db, const struct rd_message *message,
	const char *landlord, int64_t not_this_id, struct rd_twin *ret_twin, struct rd_err *err)
{
	uint8_t key[RD_STORE_KEY_BYTES];

	*ret_twin = (struct rd_twin){ 0 };
	if (all_zero(message->content_key))
		return RD_OK;
	rd_store_hash(rd_db_store(db), RD_KEY_IDENTITY, "content", message->content_key,
		RD_SHA256_BYTES, key);
	return first_twin(db,
		"SELECT m.id, m.case_id FROM reading r JOIN message m ON m.id = r.message_id"
		" WHERE r.content_key = ?1 AND m.id <> ?2 AND m.state = 'done'"
		" AND m.fate <> 'duplicate' AND m.landlord = ?3 ORDER BY m.id LIMIT 1",
		key, landlord, not_this_id, ret_twin, err);
}

enum rd_rc rd_reading_find_other_body(struct rd_db *db, const struct rd_message *message,
	const char *landlord, int64_t not_this_id, struct rd_twin *ret_twin, struct rd_err *err)
{
	uint8_t key[RD_STORE_KEY_BYTES];

	*ret_twin = (struct rd_twin){ 0 };
	if (all_zero(message->header_key))
		return RD_OK;
	rd_store_hash(rd_db_store(db), RD_KEY_IDENTITY, "header", message->header_key,
		RD_SHA256_BYTES, key);
	/* One with a case first: that is what the second arrival belongs to. */
	return first_twin(db,
		"SELECT m.id, m.case_id FROM reading r JOIN message m ON m.id = r.message_id"
		" WHERE r.header_key = ?1 AND m.id <> ?2 AND m.state = 'done'"
		" AND m.fate <> 'duplicate' AND m.landlord = ?3"
		" ORDER BY CASE WHEN m.case_id IS NULL THEN 1 ELSE 0 END, m.id LIMIT 1",
		key, landlord, not_this_id, ret_twin, err);
}

static enum rd_rc case_of_id(struct rd_db *db, const char *id, const char *landlord,
	int64_t *ret_case, struct rd_err *err)
{
	uint8_t key[RD_STORE_KEY_BYTES];

	RD_TRY(rd_sql_int(db,
		"SELECT c.id FROM outbox o JOIN case_file c ON c.id = o.case_id"
		" WHERE o.message_id = ?1 AND c.landlord = ?2",
		RD_ARGS(rd_text(id), rd_text(landlord)), 0, ret_case, err));
	if (*ret_case)
		return RD_OK;
	rd_store_hash(rd_db_store(db), RD_KEY_IDENTITY, "message-id", id, strlen(id), key);
	return rd_sql_int(db,
		"SELECT m.case_id FROM reading r JOIN message m ON m.id = r.message_id"
		" WHERE r.id_key = ?1 AND m.fate IN ('opened', 'joined') AND m.landlord = ?2"
		" ORDER BY m.id LIMIT 1",
		RD_ARGS(rd_blob(key, sizeof key), rd_text(landlord)), 0, ret_case, err);
}

enum rd_rc rd_reading_find_thread(struct rd_db *db, const struct rd_message *message,
	const char *landlord, int64_t *ret_case, bool *ret_known, struct rd_err *err)
{
	int64_t case_id = 0, known = 0;
	uint8_t sender[RD_STORE_KEY_BYTES];

	for (size_t i = 0; i < message->n_references && !case_id; i++)
		RD_TRY(case_of_id(db, message->references[i], landlord, &case_id, err));
	if (case_id && *message->from.address) {
		rd_store_address_key(rd_db_store(db), message->from.address, sender);
		RD_TRY(rd_sql_int(db,
			"SELECT 1 FROM case_contact WHERE case_id = ?1 AND address_key = ?2"
			" AND proposed = 0",
			RD_ARGS(rd_int(case_id), rd_blob(sender, sizeof sender)), 0, &known, err));
	}
	*ret_case = case_id;
	*ret_known = known != 0;
	return RD_OK;
}

enum rd_rc rd_reading_find_reported(struct rd_db *db, const struct rd_message *message,
	int64_t *ret_outbox_id, struct rd_err *err)
{
	int64_t id = 0;

	for (size_t i = 0; i < message->n_report_ids && !id; i++)
		RD_TRY(rd_sql_int(db, "SELECT id FROM outbox WHERE message_id = ?1",
			RD_ARGS(rd_text(message->report_ids[i])), 0, &id, err));
	*ret_outbox_id = id;
	return RD_OK;
}

enum rd_rc rd_reading_salted_hash(struct rd_db *db, int64_t message_id, const void *words,
	size_t len, char out[static 65], struct rd_err *err)
{
	static const char digits[] = "0123456789abcdef";
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
	uint8_t sum[RD_SHA256_BYTES];
	bool more = false;
	size_t salt_len = 0;

	RD_TRY(rd_sql_query(db, "SELECT salt FROM reading_words WHERE message_id = ?1",
		RD_ARGS(rd_int(message_id)), &rows, err));
	RD_TRY(rd_rows_next(&rows, &more, err));
	if (!more)
		return rd_fail(err, RD_E_MISSING, "message %lld has no salt (not read, or erased)",
			(long long)message_id);
	const void *salt = rd_rows_blob(&rows, 0, &salt_len);
	RD_ASSERT(gnutls_hmac_fast(GNUTLS_MAC_SHA256, salt, salt_len, words, len, sum) == 0);
	for (size_t i = 0; i < sizeof sum; i++) {
		out[i * 2] = digits[sum[i] >> 4];
		out[i * 2 + 1] = digits[sum[i] & 15];
	}
	out[64] = '\0';
	return RD_OK;
}

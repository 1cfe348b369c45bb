#include "redress/store/intake.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "redress/store/erasure.h"
#include "redress/store/sql.h"

static const char *const source_kinds[] = { "imap", "maildir", "texts", NULL };

/* Parts are parted by a control character that no host, user or folder holds. */
static enum rd_rc identity_text(const struct rd_source_identity *identity,
	char out[static RD_SOURCE_IDENTITY_MAX], struct rd_err *err)
{
	int n = snprintf(out, RD_SOURCE_IDENTITY_MAX, "%s\x1f%s\x1f%s\x1f%s",
		source_kinds[identity->kind], identity->host ? identity->host : "",
		identity->user ? identity->user : "", identity->folder ? identity->folder : "");

	if (n < 0 || n >= RD_SOURCE_IDENTITY_MAX)
		return rd_fail(err, RD_E_INPUT,
			"the names of a mailbox (host, user, folder) are longer than %d bytes",
			RD_SOURCE_IDENTITY_MAX);
	if (identity->kind == RD_SOURCE_MAILDIR)
		return RD_OK; /* a path */
	char *host = strchr(out, '\x1f') + 1;
	for (; *host != '\x1f'; host++)
		*host = (char)tolower((unsigned char)*host);
	return RD_OK;
}

enum rd_rc rd_source_find(struct rd_db *db, const struct rd_source_identity *identity,
	int64_t *ret_source_id, struct rd_err *err)
{
	char text[RD_SOURCE_IDENTITY_MAX];
	int64_t id = 0;

	RD_TRY(identity_text(identity, text, err));
	RD_TRY(rd_sql_int(db, "SELECT id FROM source WHERE identity = ?1", RD_ARGS(rd_text(text)),
		0, &id, err));
	if (id == 0)
		return rd_fail(err, RD_E_MISSING, "nothing was ever taken from this source");
	*ret_source_id = id;
	return RD_OK;
}

enum rd_rc rd_source_take(struct rd_tx *tx, const struct rd_source_identity *identity,
	const char *name, int64_t now_ms, int64_t *ret_source_id, bool *ret_new, struct rd_err *err)
{
	char text[RD_SOURCE_IDENTITY_MAX];
	int64_t inserted = 0;

	RD_TRY(identity_text(identity, text, err));
	RD_TRY(rd_sql_change(tx,
		"INSERT INTO source (kind, identity, name, first_seen_ms) VALUES (?1, ?2, ?3, ?4)"
		" ON CONFLICT (identity) DO NOTHING",
		RD_ARGS(rd_text(source_kinds[identity->kind]), rd_text(text), rd_text(name),
			rd_int(now_ms)),
		&inserted, err));
	if (!inserted)
		RD_TRY(rd_sql_change(tx, "UPDATE source SET name = ?2 WHERE identity = ?1",
			RD_ARGS(rd_text(text), rd_text(name)), NULL, err));
	RD_TRY(rd_sql_int(rd_tx_db(tx), "SELECT id FROM source WHERE identity = ?1",
		RD_ARGS(rd_text(text)), 0, ret_source_id, err));
	*ret_new = inserted != 0;
	return RD_OK;
}

enum rd_rc rd_source_note_success(
	struct rd_tx *tx, int64_t source_id, int64_t now_ms, struct rd_err *err)
{
	return rd_sql_change(tx, "UPDATE source SET last_success_ms = ?2 WHERE id = ?1",
		RD_ARGS(rd_int(source_id), rd_int(now_ms)), NULL, err);
}

enum rd_rc rd_source_note_counts(struct rd_tx *tx, int64_t source_id, int64_t server_count,
	int64_t accepted, struct rd_err *err)
{
	return rd_sql_change(tx, "UPDATE source SET server_count = ?2, accepted = ?3 WHERE id = ?1",
		RD_ARGS(rd_int(source_id), rd_int(server_count), rd_int(accepted)), NULL, err);
}

static enum rd_rc read_source(
	const struct rd_rows *rows, struct rd_arena *arena, void *item, struct rd_err *err)
{
	struct rd_source_status *status = item;
	int kind = 0;

	RD_TRY(rd_rows_word(rows, 2, source_kinds, &kind, err));
	status->id = rd_rows_int(rows, 0);
	status->name = rd_rows_text(rows, 1, arena);
	status->kind = (enum rd_source_kind)kind;
	status->last_success_ms = rd_rows_int(rows, 3);
	status->server_count = rd_rows_int(rows, 4);
	status->accepted = rd_rows_int(rows, 5);
	status->gone = rd_rows_int(rows, 6);
	status->unmarked = rd_rows_int(rows, 7);
	return RD_OK;
}

enum rd_rc rd_source_list(struct rd_db *db, struct rd_arena *arena,
	struct rd_source_status **ret_sources, size_t *ret_n, struct rd_err *err)
{
	struct rd_list list = { .bytes_each = sizeof(struct rd_source_status) };

	RD_TRY(rd_sql_list(db,
		"SELECT s.id, s.name, s.kind, s.last_success_ms, COALESCE(s.server_count, -1),"
		" COALESCE(s.accepted, -1),"
		" (SELECT COALESCE(sum(g.to_uid - g.from_uid + 1), 0) FROM gone g"
		"  JOIN epoch e ON e.id = g.epoch_id WHERE e.source_id = s.id),"
		" (SELECT count(*) FROM message m WHERE m.source_id = s.id AND m.mark = 'due')"
		" FROM source s ORDER BY s.id",
		RD_NO_ARGS, read_source, arena, &list, err));
	*ret_sources = list.items;
	*ret_n = list.n;
	return RD_OK;
}

/* A clock that runs ahead must not put the day of receipt into the future; one that stands at 1970
 * makes a message old, which is then never answered by itself. */
static int64_t plausible_ms(int64_t received_ms, int64_t first_seen_ms)
{
	if (received_ms > first_seen_ms)
		return first_seen_ms;
	return received_ms < RD_RECEIVED_FIRST_MS ? RD_RECEIVED_FIRST_MS : received_ms;
}

/* --- mails --- */

static enum rd_rc find_twin(
	struct rd_tx *tx, const struct rd_mail_put *mail, int64_t *ret_id, struct rd_err *err)
{
	if (mail->name)
		return rd_sql_int(rd_tx_db(tx),
			"SELECT id FROM message WHERE source_id = ?1 AND name = ?2",
			RD_ARGS(rd_int(mail->source_id), rd_text(mail->name)), 0, ret_id, err);
	return rd_sql_int(rd_tx_db(tx), "SELECT id FROM message WHERE epoch_id = ?1 AND uid = ?2",
		RD_ARGS(rd_int(mail->epoch_id), rd_int(mail->uid)), 0, ret_id, err);
}

static enum rd_rc drop_unfinished(struct rd_tx *tx, int64_t message_id, struct rd_err *err)
{
	RD_TRY(rd_sql_change(tx, "DELETE FROM raw_piece WHERE message_id = ?1",
		RD_ARGS(rd_int(message_id)), NULL, err));
	return rd_sql_change(tx, "DELETE FROM message WHERE id = ?1 AND state = 'storing'",
		RD_ARGS(rd_int(message_id)), NULL, err);
}

static enum rd_rc insert_mail(struct rd_tx *tx, const struct rd_mail_put *mail, size_t n_pieces,
	uint64_t size_bytes, bool storing, int64_t *ret_message_id, struct rd_err *err)
{
	int64_t inserted = 0;

	for (int attempt = 0;; attempt++) {
		RD_TRY(rd_sql_change(tx,
			"INSERT INTO message (source_id, channel, landlord, epoch_id, uid, name,"
			" received_ms, first_seen_ms, size_bytes, n_pieces, cut, mark, state)"
			" VALUES (?1, 'email', ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
			" ON CONFLICT DO NOTHING",
			RD_ARGS(rd_int(mail->source_id), rd_text(mail->landlord),
				rd_int_or_null(mail->epoch_id), rd_int_or_null(mail->uid),
				rd_text_or_null(mail->name),
				rd_int(plausible_ms(mail->received_ms, mail->first_seen_ms)),
				rd_int(mail->first_seen_ms), rd_int((int64_t)size_bytes),
				rd_int((int64_t)n_pieces), rd_int(mail->cut),
				rd_text(mail->mark ? "due" : "none"),
				rd_text(storing ? "storing" : "waiting")),
			&inserted, err));
		if (inserted) {
			*ret_message_id = rd_sql_inserted(tx);
			return RD_OK;
		}
		int64_t twin = 0, unfinished = 0;
		RD_TRY(find_twin(tx, mail, &twin, err));
		RD_TRY(rd_sql_int(rd_tx_db(tx),
			"SELECT count(*) FROM message WHERE id = ?1 AND state = 'storing'",
			RD_ARGS(rd_int(twin)), 0, &unfinished, err));
		if (!twin || attempt)
			return rd_fail(err, RD_E_STORE, "a mail could not be stored");
		if (!unfinished) {
			*ret_message_id = twin;
			return rd_fail(err, RD_E_EXISTS, "this mail is in the store already");
		}
		RD_TRY(drop_unfinished(tx, twin, err));
	}
}

static enum rd_rc insert_piece(struct rd_tx *tx, int64_t message_id, size_t seq, const void *piece,
	size_t len, struct rd_err *err)
{
	return rd_sql_change(tx,
		"INSERT INTO raw_piece (message_id, seq, bytes) VALUES (?1, ?2, ?3)",
		RD_ARGS(rd_int(message_id), rd_int((int64_t)seq), rd_blob(piece, len)), NULL, err);
}

static enum rd_rc check_mail(const struct rd_mail_put *mail, struct rd_err *err)
{
	if ((mail->name != NULL) == (mail->uid != 0))
		return rd_fail(err, RD_E_BUG, "a mail has either a UID or a file name");
	if (mail->name && strlen(mail->name) > RD_MAILDIR_NAME_MAX)
		return rd_fail(err, RD_E_RANGE, "a Maildir file's name is longer than %d bytes",
			RD_MAILDIR_NAME_MAX);
	return RD_OK;
}

enum rd_rc rd_intake_put_mail(struct rd_tx *tx, const struct rd_mail_put *mail, const void *raw,
	size_t len, int64_t *ret_message_id, struct rd_err *err)
{
	size_t n_pieces = (len + RD_RAW_PIECE_BYTES - 1) / RD_RAW_PIECE_BYTES;
	int64_t id = 0;

	RD_TRY(check_mail(mail, err));
	if (len > RD_MAIL_BYTES_MAX)
		return rd_fail(err, RD_E_RANGE, "a mail of more than %u bytes must be cut",
			RD_MAIL_BYTES_MAX);
	enum rd_rc rc = insert_mail(tx, mail, n_pieces, len, false, &id, err);
	if (rc == RD_E_EXISTS)
		*ret_message_id = id;
	RD_TRY(rc);
	for (size_t i = 0; i < n_pieces; i++) {
		size_t from = i * RD_RAW_PIECE_BYTES;
		size_t bytes = len - from < RD_RAW_PIECE_BYTES ? len - from : RD_RAW_PIECE_BYTES;
		RD_TRY(insert_piece(tx, id, i, (const char *)raw + from, bytes, err));
	}
	rd_tx_set_step(tx, RD_STEP_RAW);
	*ret_message_id = id;
	return RD_OK;
}

enum rd_rc rd_intake_start_mail(struct rd_tx *tx, const struct rd_mail_put *mail,
	int64_t *ret_message_id, struct rd_err *err)
{
	int64_t id = 0;

	RD_TRY(check_mail(mail, err));
	enum rd_rc rc = insert_mail(tx, mail, 0, 0, true, &id, err);
	if (rc == RD_OK || rc == RD_E_EXISTS)
		*ret_message_id = id;
	return rc;
}

enum rd_rc rd_intake_add_piece(
	struct rd_tx *tx, int64_t message_id, const void *piece, size_t len, struct rd_err *err)
{
	int64_t n_pieces = 0, changes = 0;

	if (len == 0)
		return RD_OK;
	if (len > RD_RAW_PIECE_BYTES)
		return rd_fail(err, RD_E_RANGE, "a piece of a mail is longer than %u bytes",
			RD_RAW_PIECE_BYTES);
	RD_TRY(rd_sql_int(rd_tx_db(tx),
		"SELECT n_pieces FROM message WHERE id = ?1 AND state = 'storing'",
		RD_ARGS(rd_int(message_id)), -1, &n_pieces, err));
	if (n_pieces < 0)
		return rd_fail(err, RD_E_MISSING, "no mail is being stored under that number");
	RD_TRY(rd_sql_change(tx,
		"UPDATE message SET n_pieces = n_pieces + 1, size_bytes = size_bytes + ?2"
		" WHERE id = ?1 AND size_bytes + ?2 <= ?3",
		RD_ARGS(rd_int(message_id), rd_int((int64_t)len), rd_int(RD_MAIL_BYTES_MAX)),
		&changes, err));
	if (!changes)
		return rd_fail(err, RD_E_RANGE, "a mail of more than %u bytes must be cut",
			RD_MAIL_BYTES_MAX);
	return insert_piece(tx, message_id, (size_t)n_pieces, piece, len, err);
}

enum rd_rc rd_intake_finish_mail(struct rd_tx *tx, int64_t message_id, bool cut, struct rd_err *err)
{
	int64_t changes = 0;

	RD_TRY(rd_sql_change(tx,
		"UPDATE message SET state = 'waiting', cut = ?2 WHERE id = ?1"
		" AND state = 'storing'",
		RD_ARGS(rd_int(message_id), rd_int(cut)), &changes, err));
	if (!changes)
		return rd_fail(err, RD_E_MISSING, "no mail is being stored under that number");
	rd_tx_set_step(tx, RD_STEP_RAW);
	return RD_OK;
}

enum rd_rc rd_intake_drop_unfinished(struct rd_tx *tx, int64_t *ret_n, struct rd_err *err)
{
	int64_t n = 0;

	RD_TRY(rd_sql_change(tx,
		"DELETE FROM raw_piece WHERE message_id IN"
		" (SELECT id FROM message WHERE state = 'storing')",
		RD_NO_ARGS, NULL, err));
	RD_TRY(rd_sql_change(
		tx, "DELETE FROM message WHERE state = 'storing'", RD_NO_ARGS, &n, err));
	*ret_n = n;
	return RD_OK;
}

enum rd_rc rd_intake_has_uid(
	struct rd_db *db, int64_t epoch_id, uint32_t uid, bool *ret_has, struct rd_err *err)
{
	int64_t n = 0;

	RD_TRY(rd_sql_int(db,
		"SELECT 1 FROM message WHERE epoch_id = ?1 AND uid = ?2 AND state <> 'storing'",
		RD_ARGS(rd_int(epoch_id), rd_int(uid)), 0, &n, err));
	*ret_has = n != 0;
	return RD_OK;
}

enum rd_rc rd_intake_has_name(
	struct rd_db *db, int64_t source_id, const char *name, bool *ret_has, struct rd_err *err)
{
	int64_t n = 0;

	RD_TRY(rd_sql_int(db,
		"SELECT 1 FROM message WHERE source_id = ?1 AND name = ?2 AND state <> 'storing'",
		RD_ARGS(rd_int(source_id), rd_text(name)), 0, &n, err));
	*ret_has = n != 0;
	return RD_OK;
}

static enum rd_rc read_unmarked(
	const struct rd_rows *rows, struct rd_arena *arena, void *item, struct rd_err *err)
{
	(void)err;
	*(struct rd_unmarked_mail *)item = (struct rd_unmarked_mail){
		.message_id = rd_rows_int(rows, 0),
		.epoch_id = rd_rows_int(rows, 1),
		.uid = (uint32_t)rd_rows_int(rows, 2),
		.name = rd_rows_text(rows, 3, arena),
	};
	return RD_OK;
}

enum rd_rc rd_intake_list_unmarked(struct rd_db *db, int64_t source_id, int64_t epoch_id,
	size_t max, struct rd_arena *arena, struct rd_unmarked_mail **ret_items, size_t *ret_n,
	struct rd_err *err)
{
	struct rd_list list = { .bytes_each = sizeof(struct rd_unmarked_mail) };

	RD_TRY(rd_sql_list(db,
		"SELECT id, epoch_id, uid, name FROM message WHERE source_id = ?1"
		" AND mark = 'due' AND state <> 'storing' AND (?2 = 0 OR epoch_id = ?2)"
		" ORDER BY id LIMIT ?3",
		RD_ARGS(rd_int(source_id), rd_int(epoch_id), rd_int((int64_t)max)), read_unmarked,
		arena, &list, err));
	*ret_items = list.items;
	*ret_n = list.n;
	return RD_OK;
}

enum rd_rc rd_intake_set_marked(
	struct rd_tx *tx, const int64_t *message_ids, size_t n, struct rd_err *err)
{
	for (size_t i = 0; i < n; i++)
		RD_TRY(rd_sql_change(tx,
			"UPDATE message SET mark = 'done' WHERE id = ?1 AND mark = 'due'",
			RD_ARGS(rd_int(message_ids[i])), NULL, err));
	return RD_OK;
}

/* --- texts --- */

enum rd_rc rd_intake_put_text(struct rd_tx *tx, const struct rd_text_put *text,
	int64_t *ret_message_id, struct rd_err *err)
{
	uint8_t sender[RD_STORE_KEY_BYTES];
	int64_t inserted = 0, id = 0;
	bool was_erased = false;

	if (text->body_len > RD_SMS_BYTES_MAX)
		return rd_fail(err, RD_E_RANGE, "a text is longer than %u bytes", RD_SMS_BYTES_MAX);
	if (!text->provider_id || !*text->provider_id ||
		strlen(text->provider_id) > RD_PROVIDER_ID_MAX)
		return rd_fail(err, RD_E_INPUT, "a text's id is missing or longer than %d bytes",
			RD_PROVIDER_ID_MAX);
	RD_TRY(rd_erasure_knows_text(
		rd_tx_db(tx), text->source_id, text->provider_id, &was_erased, err));
	if (was_erased) {
		*ret_message_id = 0;
		return rd_fail(err, RD_E_EXISTS, "this text was here and was erased");
	}
	rd_store_address_key(rd_db_store(rd_tx_db(tx)), text->from, sender);
	RD_TRY(rd_sql_change(tx,
		"INSERT INTO message (source_id, channel, landlord, provider_id, sender_key,"
		" received_ms, first_seen_ms, size_bytes, n_pieces, cut, mark, state)"
		" VALUES (?1, 'sms', ?2, ?3, ?4, ?5, ?6, ?7, 0, ?8, 'none', 'waiting')"
		" ON CONFLICT DO NOTHING",
		RD_ARGS(rd_int(text->source_id), rd_text(text->landlord),
			rd_text(text->provider_id), rd_blob(sender, sizeof sender),
			rd_int(plausible_ms(text->received_ms, text->first_seen_ms)),
			rd_int(text->first_seen_ms), rd_int((int64_t)text->body_len),
			rd_int(text->cut)),
		&inserted, err));
	if (!inserted) {
		RD_TRY(rd_sql_int(rd_tx_db(tx),
			"SELECT id FROM message WHERE source_id = ?1 AND provider_id = ?2",
			RD_ARGS(rd_int(text->source_id), rd_text(text->provider_id)), 0, &id, err));
		*ret_message_id = id;
		return rd_fail(err, RD_E_EXISTS, "this text is in the store already");
	}
	id = rd_sql_inserted(tx);
	RD_TRY(rd_sql_change(tx,
		"INSERT INTO text_words (message_id, sender, recipient, body, provider_ms)"
		" VALUES (?1, ?2, ?3, ?4, ?5)",
		RD_ARGS(rd_int(id), rd_text(text->from), rd_text(text->to),
			rd_blob(text->body, text->body_len), rd_int_or_null(text->provider_ms)),
		NULL, err));
	rd_tx_set_step(tx, RD_STEP_RAW);
	*ret_message_id = id;
	return RD_OK;
}

/* --- raw bytes --- */

struct rd_raw_reader {
	struct rd_db *db;
	int64_t message_id;
	bool is_text;
	int64_t seq, n_pieces;
	void *piece; /* a copy: an open row would hold an old snapshot and stop the next writer */
	size_t size;
};

enum rd_rc rd_raw_open(
	struct rd_db *db, int64_t message_id, struct rd_raw_reader **ret_reader, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
	bool more = false;

	RD_TRY(rd_sql_query(db,
		"SELECT channel = 'sms', n_pieces FROM message WHERE id = ?1"
		" AND state <> 'storing'",
		RD_ARGS(rd_int(message_id)), &rows, err));
	RD_TRY(rd_rows_next(&rows, &more, err));
	if (!more)
		return rd_fail(
			err, RD_E_MISSING, "there is no message %lld", (long long)message_id);
	struct rd_raw_reader *reader = calloc(1, sizeof *reader);
	RD_ASSERT(reader);
	reader->db = db;
	reader->message_id = message_id;
	reader->is_text = rd_rows_int(&rows, 0) != 0;
	reader->n_pieces = reader->is_text ? 1 : rd_rows_int(&rows, 1);
	*ret_reader = reader;
	return RD_OK;
}

enum rd_rc rd_raw_next(void *context, const void **ret_piece, size_t *ret_len, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
	struct rd_raw_reader *reader = context;
	bool more = false;
	size_t len = 0;

	if (reader->seq >= reader->n_pieces) {
		*ret_piece = "";
		*ret_len = 0;
		return RD_OK;
	}
	if (reader->is_text)
		RD_TRY(rd_sql_query(reader->db, "SELECT body FROM text_words WHERE message_id = ?1",
			RD_ARGS(rd_int(reader->message_id)), &rows, err));
	else
		RD_TRY(rd_sql_query(reader->db,
			"SELECT bytes FROM raw_piece WHERE message_id = ?1 AND seq = ?2",
			RD_ARGS(rd_int(reader->message_id), rd_int(reader->seq)), &rows, err));
	RD_TRY(rd_rows_next(&rows, &more, err));
	if (!more)
		return rd_fail(err, RD_E_STORE,
			"piece %lld of message %lld is not in the store (erased, or damaged)",
			(long long)reader->seq, (long long)reader->message_id);
	const void *piece = rd_rows_blob(&rows, 0, &len);
	if (len > reader->size) {
		free(reader->piece);
		reader->piece = malloc(len);
		RD_ASSERT(reader->piece);
		reader->size = len;
	}
	if (len)
		memcpy(reader->piece, piece, len);
	reader->seq++;
	*ret_piece = len ? reader->piece : "";
	*ret_len = len;
	return RD_OK;
}

void rd_raw_close(struct rd_raw_reader *reader)
{
	if (!reader)
		return;
	free(reader->piece);
	free(reader);
}

void rd_raw_cleanup(struct rd_raw_reader **reader)
{
	rd_raw_close(*reader);
}

#include "redress/store/erasure.h"

#include <stdio.h>
#include <string.h>
#include "redress/store/case_acts.h"
#include "redress/store/sql.h"

const char *const rd_erased_how_names[RD_N_ERASED_HOWS + 1] = { "asked", "old", "restored", NULL };

#define KEY_HEX_MAX (RD_STORE_KEY_BYTES * 2 + 1)
#define ARRIVAL_MAX 2048
#define NO_OTHER_CASE                                                                              \
	"NOT EXISTS (SELECT 1 FROM case_message o WHERE o.message_id = m.id AND o.case_id <> ?1"   \
	" AND NOT EXISTS (SELECT 1 FROM erased_case e WHERE e.case_id = o.case_id))"
#define HAS_WORDS                                                                                  \
	"(EXISTS (SELECT 1 FROM raw_piece p WHERE p.message_id = m.id)"                            \
	" OR EXISTS (SELECT 1 FROM text_words t WHERE t.message_id = m.id)"                        \
	" OR EXISTS (SELECT 1 FROM reading_words w WHERE w.message_id = m.id))"

void rd_erasure_end(struct rd_erasure *erasure)
{
	rd_buf_free(&erasure->lines);
}

/* --- keys by which what was erased is known again --- */

static void hex_of(const uint8_t key[static RD_STORE_KEY_BYTES], char out[static KEY_HEX_MAX])
{
	for (size_t i = 0; i < RD_STORE_KEY_BYTES; i++)
		snprintf(out + 2 * i, 3, "%02x", key[i]);
}

/* How it came: the mailbox and its UID or name, or the number and the provider's id. */
static void arrival_key(struct rd_db *db, const char *identity, int64_t uidvalidity, int64_t uid,
	const char *name, uint8_t out[static RD_STORE_KEY_BYTES])
{
	char text[ARRIVAL_MAX];
	const int n = snprintf(text, sizeof text, "%s\x1f%lld\x1f%lld\x1f%s", identity,
		(long long)uidvalidity, (long long)uid, name);

	RD_ASSERT(n > 0 && (size_t)n < sizeof text);
	rd_store_hash(rd_db_store(db), RD_KEY_IDENTITY, "arrived", text, (size_t)n, out);
}

/* What it said, for one landlord: another that the same mail was sent to still owes an answer.
 * content: as reading.content_key keeps it. */
static void content_key(struct rd_db *db, const char *landlord,
	const uint8_t content[static RD_STORE_KEY_BYTES], uint8_t out[static RD_STORE_KEY_BYTES])
{
	uint8_t text[RD_STORE_KEY_BYTES + 128];
	size_t len = strlen(landlord);

	len = len < 128 ? len : 128;
	memcpy(text, content, RD_STORE_KEY_BYTES);
	memcpy(text + RD_STORE_KEY_BYTES, landlord, len);
	rd_store_hash(
		rd_db_store(db), RD_KEY_IDENTITY, "erased", text, RD_STORE_KEY_BYTES + len, out);
}

struct message_keys {
	bool has_content;
	uint8_t arrival[RD_STORE_KEY_BYTES], content[RD_STORE_KEY_BYTES];
	char landlord[128];
};

static enum rd_rc keys_of(
	struct rd_db *db, int64_t message_id, struct message_keys *keys, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
	bool more = false;
	size_t len = 0;

	memset(keys, 0, sizeof *keys);
	RD_TRY(rd_sql_query(db,
		"SELECT s.identity, COALESCE(e.uidvalidity, 0), COALESCE(m.uid, 0),"
		" COALESCE(m.name, m.provider_id, ''), m.landlord, r.content_key"
		" FROM message m JOIN source s ON s.id = m.source_id"
		" LEFT JOIN epoch e ON e.id = m.epoch_id"
		" LEFT JOIN reading r ON r.message_id = m.id WHERE m.id = ?1",
		RD_ARGS(rd_int(message_id)), &rows, err));
	RD_TRY(rd_rows_next(&rows, &more, err));
	if (!more)
		return rd_fail(
			err, RD_E_MISSING, "there is no message %lld", (long long)message_id);
	arrival_key(db, rd_rows_borrow(&rows, 0), rd_rows_int(&rows, 1), rd_rows_int(&rows, 2),
		rd_rows_borrow(&rows, 3), keys->arrival);
	snprintf(keys->landlord, sizeof keys->landlord, "%s", rd_rows_borrow(&rows, 4));
	const void *content = rd_rows_blob(&rows, 5, &len);
	if (len == RD_STORE_KEY_BYTES) {
		keys->has_content = true;
		content_key(db, keys->landlord, content, keys->content);
	}
	return RD_OK;
}

static enum rd_rc keep_key(struct rd_erasure *erasure, const uint8_t key[static RD_STORE_KEY_BYTES],
	struct rd_err *err)
{
	char hex[KEY_HEX_MAX];

	hex_of(key, hex);
	RD_TRY(rd_sql_change(erasure->tx,
		"INSERT INTO erased_key (key, at_ms) VALUES (?1, ?2) ON CONFLICT (key) DO NOTHING",
		RD_ARGS(rd_blob(key, RD_STORE_KEY_BYTES), rd_int(erasure->now_ms)), NULL, err));
	return rd_buf_printf(&erasure->lines, err, "message %s.\n", hex);
}

static enum rd_rc knows_key(struct rd_db *db, const uint8_t key[static RD_STORE_KEY_BYTES],
	bool *ret_knows, struct rd_err *err)
{
	int64_t known = 0;

	RD_TRY(rd_sql_int(db, "SELECT 1 FROM erased_key WHERE key = ?1",
		RD_ARGS(rd_blob(key, RD_STORE_KEY_BYTES)), 0, &known, err));
	*ret_knows = *ret_knows || known != 0;
	return RD_OK;
}

enum rd_rc rd_erasure_knows(struct rd_db *db, int64_t message_id, const struct rd_message *message,
	bool *ret_knows, struct rd_err *err)
{
	static const uint8_t none[RD_SHA256_BYTES];
	struct message_keys keys;
	uint8_t key[RD_STORE_KEY_BYTES], content[RD_STORE_KEY_BYTES];

	*ret_knows = false;
	RD_TRY(keys_of(db, message_id, &keys, err));
	RD_TRY(knows_key(db, keys.arrival, ret_knows, err));
	if (keys.has_content)
		RD_TRY(knows_key(db, keys.content, ret_knows, err));
	if (message == NULL || memcmp(message->content_key, none, sizeof none) == 0)
		return RD_OK;
	rd_store_hash(rd_db_store(db), RD_KEY_IDENTITY, "content", message->content_key,
		RD_SHA256_BYTES, content);
	content_key(db, keys.landlord, content, key);
	return knows_key(db, key, ret_knows, err);
}

enum rd_rc rd_erasure_knows_text(struct rd_db *db, int64_t source_id, const char *provider_id,
	bool *ret_knows, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
	uint8_t key[RD_STORE_KEY_BYTES];
	bool more = false;

	*ret_knows = false;
	RD_TRY(rd_sql_query(db, "SELECT identity FROM source WHERE id = ?1",
		RD_ARGS(rd_int(source_id)), &rows, err));
	RD_TRY(rd_rows_next(&rows, &more, err));
	if (!more)
		return RD_OK;
	arrival_key(db, rd_rows_borrow(&rows, 0), 0, 0, provider_id, key);
	rd_rows_end(&rows);
	return knows_key(db, key, ret_knows, err);
}

/* --- emptying --- */

static enum rd_rc run_each(
	struct rd_tx *tx, const char *const *statements, size_t n, int64_t id, struct rd_err *err)
{
	for (size_t i = 0; i < n; i++)
		RD_TRY(rd_sql_change(tx, statements[i], RD_ARGS(rd_int(id)), NULL, err));
	return RD_OK;
}

static enum rd_rc empty_message(struct rd_erasure *erasure, int64_t message_id, struct rd_err *err)
{
	static const char *const statements[] = {
		"DELETE FROM raw_piece WHERE message_id = ?1",
		"DELETE FROM text_words WHERE message_id = ?1",
		"DELETE FROM reading_words WHERE message_id = ?1",
		("UPDATE text_part SET sender = '', recipient = '', body = ''"
		 " WHERE message_id = ?1"),
		"UPDATE review SET why = '' WHERE message_id = ?1",
		"UPDATE label SET why = '' WHERE message_id = ?1",
	};
	struct message_keys keys;
	int64_t had = 0, pictures = 0;

	RD_TRY(rd_sql_int(rd_tx_db(erasure->tx),
		"SELECT 1 FROM message m WHERE m.id = ?1 AND " HAS_WORDS,
		RD_ARGS(rd_int(message_id)), 0, &had, err));
	RD_TRY(keys_of(rd_tx_db(erasure->tx), message_id, &keys, err));
	RD_TRY(keep_key(erasure, keys.arrival, err));
	if (keys.has_content)
		RD_TRY(keep_key(erasure, keys.content, err));
	RD_TRY(rd_sql_change(erasure->tx,
		"UPDATE text_media SET state = 'given_up', url = '', type = '', bytes = NULL"
		" WHERE message_id = ?1 AND (bytes IS NOT NULL OR url <> '')",
		RD_ARGS(rd_int(message_id)), &pictures, err));
	RD_TRY(run_each(
		erasure->tx, statements, sizeof statements / sizeof *statements, message_id, err));
	erasure->n_messages += had;
	erasure->n_pictures += pictures;
	return RD_OK;
}

static enum rd_rc list_ids(struct rd_db *db, const char *sql, const struct rd_arg *args,
	size_t n_args, struct rd_arena *arena, int64_t **ret_ids, size_t *ret_n, struct rd_err *err)
{
	struct rd_list list = { .bytes_each = sizeof(int64_t) };

	RD_TRY(rd_sql_list(db, sql, args, n_args, rd_rows_id, arena, &list, err));
	*ret_ids = list.items;
	*ret_n = list.n;
	return RD_OK;
}

#define IDS_ARENA_BYTES	 (32u << 20) /* the numbers of one case's messages */
#define ACTS_ARENA_BYTES (32u << 20) /* the acts of one case */

static enum rd_rc empty_listed(struct rd_erasure *erasure, const char *sql,
	const struct rd_arg *args, size_t n_args, struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(IDS_ARENA_BYTES);
	int64_t *ids;
	size_t n;

	RD_TRY(list_ids(rd_tx_db(erasure->tx), sql, args, n_args, arena, &ids, &n, err));
	for (size_t i = 0; i < n; i++)
		RD_TRY(empty_message(erasure, ids[i], err));
	return RD_OK;
}

/* Whoever it came from, it is part of every case that it stands on. */
static enum rd_rc check_message(struct rd_db *db, int64_t message_id, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
	bool more = false;

	RD_TRY(rd_sql_query(db,
		"SELECT c.id, EXISTS (SELECT 1 FROM legal_hold h WHERE h.case_id = c.id) AS kept"
		" FROM message m JOIN case_file c ON c.id = m.case_id OR c.id IN"
		"  (SELECT s.case_id FROM case_message s WHERE s.message_id = m.id)"
		" WHERE (m.id = ?1 OR m.duplicate_of = ?1) AND NOT EXISTS"
		"  (SELECT 1 FROM erased_case e WHERE e.case_id = c.id)"
		"  AND (kept OR c.status <> 'closed') ORDER BY kept DESC LIMIT 1",
		RD_ARGS(rd_int(message_id)), &rows, err));
	RD_TRY(rd_rows_next(&rows, &more, err));
	if (!more)
		return RD_OK;
	return rd_fail(err, RD_E_REFUSED, "message %lld stands on case %lld, which is %s",
		(long long)message_id, (long long)rd_rows_int(&rows, 0),
		rd_rows_int(&rows, 1) ? "kept for legal reasons (`redressctl case legal-hold`)"
				      : "not closed; close it first (`redressctl case close`)");
}

enum rd_rc rd_erase_message(
	struct rd_erasure *erasure, int64_t message_id, enum rd_erased_how how, struct rd_err *err)
{
	int64_t done = 0;

	RD_TRY(rd_sql_int(rd_tx_db(erasure->tx), "SELECT state = 'done' FROM message WHERE id = ?1",
		RD_ARGS(rd_int(message_id)), 0, &done, err));
	if (!done)
		return rd_fail(err, RD_E_REFUSED,
			"message %lld is not decided yet; try again when it is",
			(long long)message_id);
	if (how != RD_ERASED_RESTORED)
		RD_TRY(check_message(rd_tx_db(erasure->tx), message_id, err));
	return empty_listed(erasure,
		"SELECT m.id FROM message m WHERE m.id = ?1"
		" OR (m.duplicate_of = ?1 AND m.state = 'done')",
		RD_ARGS(rd_int(message_id)), err);
}

/* A case that a backup had still open was closed when it was erased: it is again. */
static enum rd_rc close_again(struct rd_erasure *erasure, int64_t case_id, struct rd_err *err)
{
	static const char *const statements[] = {
		"UPDATE case_file SET status = 'closed', closed_ms = ?2"
		" WHERE id = ?1 AND status <> 'closed'",
		"UPDATE case_clock SET cancelled_ms = ?2"
		" WHERE case_id = ?1 AND met_ms IS NULL AND cancelled_ms IS NULL",
		"UPDATE outbox SET state = 'cancelled', hold_reason = ''"
		" WHERE case_id = ?1 AND state IN ('queued', 'held', 'failed', 'uncertain')"
		" AND ?2 <> 0",
		"UPDATE task SET done_ms = ?2, done_by = 'redressd'"
		" WHERE case_id = ?1 AND done_ms IS NULL",
		"UPDATE review SET decided_ms = ?2, decided = best, decided_by = 'redressd',"
		" is_default = 1 WHERE case_id = ?1 AND decided_ms IS NULL",
	};

	for (size_t i = 0; i < sizeof statements / sizeof *statements; i++)
		RD_TRY(rd_sql_change(erasure->tx, statements[i],
			RD_ARGS(rd_int(case_id), rd_int(erasure->now_ms)), NULL, err));
	return RD_OK;
}

/* Why a case cannot be erased now. */
/* Their words are wanted until that is done: the Ombudsman asks for the proof. */
#define ORDERED_CASES                                                                              \
	"(SELECT k.case_id FROM task k WHERE k.kind = 'ombudsman' AND k.done_ms IS NULL"           \
	" AND k.case_id IS NOT NULL)"

static enum rd_rc check_case(struct rd_db *db, int64_t case_id, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
	bool more = false;

	RD_TRY(rd_sql_query(db,
		"SELECT c.status = 'closed', EXISTS (SELECT 1 FROM erased_case e"
		"  WHERE e.case_id = c.id), EXISTS (SELECT 1 FROM legal_hold h"
		"  WHERE h.case_id = c.id), EXISTS (SELECT 1 FROM outbox o WHERE o.case_id = c.id"
		"  AND o.state IN ('queued', 'held', 'sending', 'uncertain')),"
		" c.id IN " ORDERED_CASES " FROM case_file c WHERE c.id = ?1",
		RD_ARGS(rd_int(case_id)), &rows, err));
	RD_TRY(rd_rows_next(&rows, &more, err));
	if (!more)
		return rd_fail(err, RD_E_MISSING, "there is no case %lld", (long long)case_id);
	if (rd_rows_int(&rows, 1))
		return rd_fail(
			err, RD_E_EXISTS, "case %lld was erased already", (long long)case_id);
	if (!rd_rows_int(&rows, 0))
		return rd_fail(err, RD_E_REFUSED,
			"case %lld is not closed; close it first (`redressctl case close`)",
			(long long)case_id);
	if (rd_rows_int(&rows, 2))
		return rd_fail(err, RD_E_REFUSED,
			"case %lld is kept for legal reasons (`redressctl case legal-hold`)",
			(long long)case_id);
	if (rd_rows_int(&rows, 3))
		return rd_fail(err, RD_E_REFUSED,
			"case %lld has a letter that is not settled (`redressctl outbox list`)",
			(long long)case_id);
	if (rd_rows_int(&rows, 4))
		return rd_fail(err, RD_E_REFUSED,
			"case %lld has an order of the Ombudsman still to be done (`redressctl "
			"tasks`)",
			(long long)case_id);
	return RD_OK;
}

/* What of a case is words, letters apart. Also where a restored backup had it still. */
static enum rd_rc empty_case(
	struct rd_erasure *erasure, int64_t case_id, enum rd_erased_how how, struct rd_err *err)
{
	static const char *const statements[] = {
		("UPDATE case_words SET subject = '', outcome = '', definition = '',"
		 " closed_why = '', hold_lifted_why = '' WHERE case_id = ?1"),
		"UPDATE case_contact SET address = '', name = '' WHERE case_id = ?1",
		"DELETE FROM case_tag WHERE case_id = ?1 AND what = 'mark'"
		" AND value LIKE 'about: %'",
		/* What staff called it may name somebody; what a rule calls it does not. */
		"DELETE FROM case_tag WHERE case_id = ?1 AND what = 'topic' AND NOT EXISTS"
		" (SELECT 1 FROM ruleset_file f WHERE instr(CAST(f.bytes AS TEXT) || char(10),"
		"  'Topic: ' || value || char(10)) > 0)",
		"DELETE FROM legal_hold WHERE case_id = ?1", /* a backup may have it still */
		/* What roles were told of it stands on no case (gateway/routes.h). */
		"UPDATE outbox_words SET subject = '', payload = '', response = '', trouble = ''"
		" WHERE outbox_id IN (SELECT id FROM outbox WHERE letter = 'notice'"
		" AND state IN ('sent', 'failed', 'cancelled')"
		" AND cause LIKE 'route:' || CAST(?1 AS TEXT) || ':%')",
		"UPDATE case_note SET words = '' WHERE case_id = ?1",
		"UPDATE case_act_words SET why = '' WHERE act_id IN"
		" (SELECT id FROM case_act WHERE case_id = ?1)",
		"UPDATE case_action_words SET words = '', how = '' WHERE action_id IN"
		" (SELECT id FROM case_action WHERE case_id = ?1)",
		"UPDATE task SET done_how = '', words = 'erased' WHERE case_id = ?1",
		"UPDATE review SET why = '' WHERE case_id = ?1",
		"UPDATE label SET why = '' WHERE case_id = ?1",
	};
	int64_t letters = 0;

	RD_TRY(rd_sql_change(erasure->tx,
		"INSERT INTO erased_case (case_id, at_ms, how) VALUES (?1, ?2, ?3)"
		" ON CONFLICT (case_id) DO NOTHING",
		RD_ARGS(rd_int(case_id), rd_int(erasure->now_ms),
			rd_text(rd_erased_how_names[how])),
		NULL, err));
	RD_TRY(run_each(
		erasure->tx, statements, sizeof statements / sizeof *statements, case_id, err));
	RD_TRY(rd_sql_change(erasure->tx,
		"UPDATE outbox_words SET recipient = '', subject = '', payload = '',"
		" payload_sent = NULL, response = '', trouble = '' WHERE outbox_id IN"
		" (SELECT id FROM outbox WHERE case_id = ?1)",
		RD_ARGS(rd_int(case_id)), &letters, err));
	erasure->n_letters += letters;
	return rd_buf_printf(&erasure->lines, err, "case %lld.\n", (long long)case_id);
}

enum rd_rc rd_erase_case(
	struct rd_erasure *erasure, int64_t case_id, enum rd_erased_how how, struct rd_err *err)
{
	if (how == RD_ERASED_RESTORED)
		RD_TRY(close_again(erasure, case_id, err));
	else
		RD_TRY(check_case(rd_tx_db(erasure->tx), case_id, err));
	RD_TRY(empty_case(erasure, case_id, how, err));
	return empty_listed(erasure,
		"SELECT m.id FROM message m WHERE m.id IN"
		" (SELECT id FROM message WHERE case_id = ?1"
		" UNION SELECT message_id FROM case_message WHERE case_id = ?1"
		" UNION SELECT d.id FROM case_message c JOIN message d"
		"  ON d.duplicate_of = c.message_id WHERE c.case_id = ?1)"
		" AND m.state = 'done' AND " NO_OTHER_CASE,
		RD_ARGS(rd_int(case_id)), err);
}

/* Whoever got copies of its letters stands in the words of the act that said so, the address in a
 * line of its own; with it goes what they were called. */
static enum rd_rc empty_acts_naming(struct rd_erasure *erasure, int64_t case_id,
	const uint8_t key[static RD_STORE_KEY_BYTES], struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(ACTS_ARENA_BYTES);
	struct rd_db *db = rd_tx_db(erasure->tx);
	uint8_t of[RD_STORE_KEY_BYTES];
	struct rd_case_act *acts;
	size_t n;

	RD_TRY(rd_case_act_list(db, case_id, arena, &acts, &n, err));
	for (size_t i = 0; i < n; i++) {
		const char *last = strrchr(acts[i].why, '\n');

		if (last == NULL || strcmp(acts[i].what, "consent") != 0)
			continue;
		rd_store_address_key(rd_db_store(db), last + 1, of);
		if (memcmp(of, key, sizeof of) == 0)
			RD_TRY(rd_sql_change(erasure->tx,
				"UPDATE case_act_words SET why = '' WHERE act_id = ?1",
				RD_ARGS(rd_int(acts[i].id)), NULL, err));
	}
	return RD_OK;
}

/* Letters to them from when those of the case went there go too. A backup may have one that had not
 * gone yet: it does not go now. */
enum rd_rc rd_erase_from_case_again(struct rd_erasure *erasure, int64_t case_id,
	const uint8_t key[static RD_STORE_KEY_BYTES], struct rd_err *err)
{
	static const char *const statements[] = {
		"UPDATE case_contact SET address = '', name = ''"
		" WHERE case_id = ?1 AND address_key = ?2",
		"UPDATE outbox SET state = 'cancelled', hold_reason = '' WHERE case_id = ?1"
		" AND recipient_key = ?2 AND state IN ('queued', 'held', 'uncertain')",
	};
	int64_t letters = 0;

	for (size_t i = 0; i < sizeof statements / sizeof *statements; i++)
		RD_TRY(rd_sql_change(erasure->tx, statements[i],
			RD_ARGS(rd_int(case_id), rd_blob(key, RD_STORE_KEY_BYTES)), NULL, err));
	RD_TRY(rd_sql_change(erasure->tx,
		"UPDATE outbox_words SET recipient = '', subject = '', payload = '',"
		" payload_sent = NULL, response = '', trouble = '' WHERE outbox_id IN"
		" (SELECT id FROM outbox WHERE case_id = ?1 AND recipient_key = ?2)",
		RD_ARGS(rd_int(case_id), rd_blob(key, RD_STORE_KEY_BYTES)), &letters, err));
	erasure->n_letters += letters;
	return empty_acts_naming(erasure, case_id, key, err);
}

enum rd_rc rd_erase_from_case(
	struct rd_erasure *erasure, int64_t case_id, const char *contact, struct rd_err *err)
{
	struct rd_db *db = rd_tx_db(erasure->tx);
	uint8_t key[RD_STORE_KEY_BYTES];
	char hex[KEY_HEX_MAX];
	int64_t unsettled = 0;

	rd_store_address_key(rd_db_store(db), contact, key);
	RD_TRY(rd_sql_int(db,
		"SELECT count(*) FROM outbox WHERE case_id = ?1 AND recipient_key = ?2"
		" AND state IN ('queued', 'held', 'sending', 'uncertain')",
		RD_ARGS(rd_int(case_id), rd_blob(key, sizeof key)), 0, &unsettled, err));
	if (unsettled != 0)
		return rd_fail(err, RD_E_REFUSED,
			"case %lld has a letter to them that is not settled (`redressctl outbox "
			"list`)",
			(long long)case_id);
	RD_TRY(rd_erase_from_case_again(erasure, case_id, key, err));
	hex_of(key, hex);
	return rd_buf_printf(&erasure->lines, err, "contact %lld %s.\n", (long long)case_id, hex);
}

enum rd_rc rd_case_is_erased(
	struct rd_db *db, int64_t case_id, bool *ret_erased, struct rd_err *err)
{
	int64_t erased = 0;

	RD_TRY(rd_sql_int(db, "SELECT 1 FROM erased_case WHERE case_id = ?1",
		RD_ARGS(rd_int(case_id)), 0, &erased, err));
	*ret_erased = erased != 0;
	return RD_OK;
}

enum rd_rc rd_message_is_erased(
	struct rd_db *db, int64_t message_id, bool *ret_erased, struct rd_err *err)
{
	int64_t has = 0;

	RD_TRY(rd_sql_int(db, "SELECT 1 FROM message m WHERE m.id = ?1 AND " HAS_WORDS,
		RD_ARGS(rd_int(message_id)), 0, &has, err));
	*ret_erased = has == 0;
	return RD_OK;
}

/* --- who --- */

/* Their messages by number: a text knows its sender when it is stored, a mail once it was read. */
#define FROM_THEM                                                                                  \
	"SELECT id FROM message WHERE sender_key = ?1"                                             \
	" UNION SELECT message_id FROM reading WHERE sender_key = ?1"
/* Of the contact k: letters of the case go to them, or they alone are on it. */
#define IS_THEIRS                                                                                  \
	"(k.is_main = 1 OR NOT EXISTS (SELECT 1 FROM case_contact o"                               \
	" WHERE o.case_id = k.case_id AND o.id <> k.id))"

static enum rd_rc read_person_case(
	const struct rd_rows *rows, struct rd_arena *arena, void *item, struct rd_err *err)
{
	(void)arena;
	(void)err;
	*(struct rd_person_case *)item = (struct rd_person_case){
		.id = rd_rows_int(rows, 0),
		.main = rd_rows_int(rows, 1) != 0,
		.closed = rd_rows_int(rows, 2) != 0,
		.erased = rd_rows_int(rows, 3) != 0,
		.held = rd_rows_int(rows, 4) != 0,
		.unsettled = rd_rows_int(rows, 5) != 0,
		.ordered = rd_rows_int(rows, 6) != 0,
	};
	return RD_OK;
}

enum rd_rc rd_person_cases(struct rd_db *db, const char *contact, struct rd_arena *arena,
	struct rd_person_case **ret_cases, size_t *ret_n, struct rd_err *err)
{
	struct rd_list list = { .bytes_each = sizeof(struct rd_person_case) };
	uint8_t key[RD_STORE_KEY_BYTES];

	rd_store_address_key(rd_db_store(db), contact, key);
	RD_TRY(rd_sql_list(db,
		"SELECT t.id, t.main, t.status = 'closed',"
		" EXISTS (SELECT 1 FROM erased_case e WHERE e.case_id = t.id),"
		" EXISTS (SELECT 1 FROM legal_hold h WHERE h.case_id = t.id),"
		" EXISTS (SELECT 1 FROM outbox o WHERE o.case_id = t.id"
		"  AND o.state IN ('queued', 'held', 'sending', 'uncertain')"
		"  AND (t.main OR o.recipient_key = ?1)), t.main AND t.id IN " ORDERED_CASES
		" FROM (SELECT c.id, c.status, EXISTS (SELECT 1 FROM case_contact k"
		"   WHERE k.case_id = c.id AND k.address_key = ?1 AND " IS_THEIRS ") AS main"
		"  FROM case_file c WHERE c.id IN (SELECT case_id FROM case_contact"
		"    WHERE address_key = ?1"
		"   UNION SELECT m.case_id FROM message m WHERE m.id IN (" FROM_THEM ")"
		"    AND m.case_id IS NOT NULL AND " HAS_WORDS
		"   UNION SELECT s.case_id FROM case_message s JOIN message m ON m.id = "
		"s.message_id"
		"    WHERE m.id IN (" FROM_THEM ") AND " HAS_WORDS
		/* A letter went there, or copies were to go: whoever gets them need never have
		 * written. */
		"   UNION SELECT o.case_id FROM outbox o JOIN outbox_words w ON w.outbox_id = o.id"
		"    WHERE o.recipient_key = ?1 AND o.case_id IS NOT NULL AND w.recipient <> ''"
		"   UNION SELECT a.case_id FROM case_act_words w JOIN case_act a ON a.id = w.act_id"
		"    WHERE a.what = 'consent' AND instr(lower(w.why) || char(10), char(10) || "
		"lower(?2) || char(10)) > 0"
		")) t ORDER BY t.id",
		RD_ARGS(rd_blob(key, sizeof key), rd_text(contact)), read_person_case, arena, &list,
		err));
	*ret_cases = list.items;
	*ret_n = list.n;
	return RD_OK;
}

enum rd_rc rd_person_messages(struct rd_db *db, const char *contact, struct rd_arena *arena,
	int64_t **ret_messages, size_t *ret_n, int64_t *ret_waiting, struct rd_err *err)
{
	uint8_t key[RD_STORE_KEY_BYTES];

	rd_store_address_key(rd_db_store(db), contact, key);
	RD_TRY(rd_sql_int(db,
		"SELECT count(*) FROM message WHERE sender_key = ?1 AND state <> 'done'",
		RD_ARGS(rd_blob(key, sizeof key)), 0, ret_waiting, err));
	return list_ids(db,
		"SELECT m.id FROM message m WHERE m.id IN (" FROM_THEM ") AND m.state = 'done'"
		" AND NOT EXISTS (SELECT 1 FROM case_message c JOIN case_contact k"
		"  ON k.case_id = c.case_id AND k.address_key = ?1 AND " IS_THEIRS
		"  WHERE c.message_id = m.id AND NOT EXISTS"
		"   (SELECT 1 FROM erased_case e WHERE e.case_id = c.case_id))"
		" AND " HAS_WORDS " ORDER BY m.id",
		RD_ARGS(rd_blob(key, sizeof key)), arena, ret_messages, ret_n, err);
}

/* --- legal hold --- */

enum rd_rc rd_legal_hold_set(struct rd_tx *tx, int64_t case_id, const char *by, const char *why,
	int64_t now_ms, struct rd_err *err)
{
	return rd_sql_change(tx,
		"INSERT INTO legal_hold (case_id, at_ms, set_by, why) VALUES (?1, ?2, ?3, ?4)"
		" ON CONFLICT (case_id) DO UPDATE SET at_ms = excluded.at_ms,"
		" set_by = excluded.set_by, why = excluded.why",
		RD_ARGS(rd_int(case_id), rd_int(now_ms), rd_text(by), rd_text(why)), NULL, err);
}

enum rd_rc rd_legal_hold_end(struct rd_tx *tx, int64_t case_id, struct rd_err *err)
{
	int64_t changes = 0;

	RD_TRY(rd_sql_change(tx, "DELETE FROM legal_hold WHERE case_id = ?1",
		RD_ARGS(rd_int(case_id)), &changes, err));
	return changes ? RD_OK
		       : rd_fail(err, RD_E_MISSING, "case %lld is not kept for legal reasons",
				 (long long)case_id);
}

enum rd_rc rd_legal_hold_get(struct rd_db *db, int64_t case_id, struct rd_arena *arena,
	struct rd_legal_hold *ret_hold, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
	bool more = false;

	RD_TRY(rd_sql_query(db, "SELECT at_ms, set_by, why FROM legal_hold WHERE case_id = ?1",
		RD_ARGS(rd_int(case_id)), &rows, err));
	RD_TRY(rd_rows_next(&rows, &more, err));
	if (!more)
		return rd_fail(err, RD_E_MISSING, "case %lld is not kept for legal reasons",
			(long long)case_id);
	*ret_hold = (struct rd_legal_hold){
		.at_ms = rd_rows_int(&rows, 0),
		.by = rd_rows_text(&rows, 1, arena),
		.why = rd_rows_text(&rows, 2, arena),
	};
	return rd_arena_check(arena, err);
}

/* --- retention --- */

enum rd_rc rd_retention_cases(struct rd_db *db, enum rd_kind kind, int64_t before_ms, size_t max,
	struct rd_arena *arena, int64_t **ret_cases, size_t *ret_n, struct rd_err *err)
{
	return list_ids(db,
		"SELECT c.id FROM case_file c WHERE c.closed_ms < ?2 AND c.closed_ms IS NOT NULL"
		" AND c.kind = ?1 AND NOT EXISTS"
		" (SELECT 1 FROM erased_case e WHERE e.case_id = c.id) AND NOT EXISTS"
		" (SELECT 1 FROM legal_hold h WHERE h.case_id = c.id) AND NOT EXISTS"
		" (SELECT 1 FROM outbox o WHERE o.case_id = c.id"
		"  AND o.state IN ('queued', 'held', 'sending', 'uncertain'))"
		" AND c.id NOT IN " ORDERED_CASES " ORDER BY c.closed_ms, c.id LIMIT ?3",
		RD_ARGS(rd_text(rd_kind_names[kind]), rd_int(before_ms), rd_int((int64_t)max)),
		arena, ret_cases, ret_n, err);
}

enum rd_rc rd_retention_messages(struct rd_db *db, int64_t before_ms, size_t max,
	struct rd_arena *arena, int64_t **ret_messages, size_t *ret_n, struct rd_err *err)
{
	return list_ids(db,
		"SELECT m.id FROM message m WHERE m.state = 'done' AND m.received_ms < ?1"
		" AND m.finished_ms < ?1 AND (m.case_id IS NULL OR m.case_id IN"
		"  (SELECT e.case_id FROM erased_case e)) AND NOT EXISTS"
		" (SELECT 1 FROM case_message c WHERE c.message_id = m.id AND NOT EXISTS"
		"  (SELECT 1 FROM erased_case e WHERE e.case_id = c.case_id)) AND " HAS_WORDS
		" ORDER BY m.received_ms LIMIT ?2",
		RD_ARGS(rd_int(before_ms), rd_int((int64_t)max)), arena, ret_messages, ret_n, err);
}

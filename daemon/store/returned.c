#include "redress/store/returned.h"

#include <string.h>
#include "redress/store/sql.h"

static const char *const words[RD_N_BOUNCES] = { "", "delivered", "delayed", "soft", "full",
	"blocked", "hard" };

/* As SQL: what no later word takes back. */
#define LOST "('failed', 'soft', 'full', 'blocked', 'hard')"

const char *rd_returned_word(enum rd_bounce_kind kind)
{
	return words[kind];
}

bool rd_returned_is_lost(const char *delivery)
{
	for (int kind = RD_BOUNCE_SOFT; kind < RD_N_BOUNCES; kind++)
		if (strcmp(delivery, words[kind]) == 0)
			return true;
	return strcmp(delivery, "failed") == 0;
}

enum rd_rc rd_returned_letter_to(struct rd_db *db, int64_t case_id, const char *address,
	int64_t *ret_outbox_id, struct rd_err *err)
{
	uint8_t key[RD_STORE_KEY_BYTES];

	rd_store_address_key(rd_db_store(db), address, key);
	return rd_sql_int(db,
		"SELECT id FROM outbox WHERE case_id = ?1 AND recipient_key = ?2"
		" AND channel = 'email' AND state IN ('sending', 'sent', 'uncertain')"
		" ORDER BY sending_ms DESC, id DESC LIMIT 1",
		RD_ARGS(rd_int(case_id), rd_blob(key, sizeof key)), 0, ret_outbox_id, err);
}

enum rd_rc rd_returned_record(struct rd_tx *tx, const struct rd_outbox_row *row,
	const char *delivery, const char *why, int64_t at_ms, bool *ret_new, struct rd_err *err)
{
	int64_t inserted = 0;

	RD_TRY(rd_sql_change(tx,
		"INSERT INTO receipt (outgoing, provider_id, status, at_ms)"
		" VALUES (?1, ?2, ?3, ?4) ON CONFLICT (outgoing, provider_id, status) DO NOTHING",
		RD_ARGS(rd_text(row->outgoing), rd_text(row->message_id), rd_text(delivery),
			rd_int(at_ms)),
		&inserted, err));
	*ret_new = inserted != 0;
	if (!inserted)
		return RD_OK;
	RD_TRY(rd_sql_change(tx,
		"UPDATE outbox SET delivery = ?2, delivery_ms = ?3"
		" WHERE id = ?1 AND (delivery NOT IN " LOST " OR ?2 IN " LOST ")",
		RD_ARGS(rd_int(row->id), rd_text(delivery), rd_int(at_ms)), NULL, err));
	if (why[0] == '\0')
		return RD_OK;
	return rd_sql_change(tx, "UPDATE outbox_words SET trouble = ?2 WHERE outbox_id = ?1",
		RD_ARGS(rd_int(row->id), rd_text(why)), NULL, err);
}

enum rd_rc rd_returned_reopen(
	struct rd_tx *tx, const struct rd_outbox_row *row, bool *ret_open, struct rd_err *err)
{
	int64_t changes = 0;

	*ret_open = false;
	if (row->case_id == 0 || row->meets_clock[0] == '\0' || row->sent_ms == 0)
		return RD_OK;
	RD_TRY(rd_sql_change(tx,
		"UPDATE case_clock SET met_ms = NULL WHERE case_id = ?1 AND name = ?2"
		" AND cancelled_ms IS NULL AND met_ms = ?3 AND EXISTS"
		" (SELECT 1 FROM case_file c WHERE c.id = ?1 AND (c.status IN ('open', 'review')"
		"  OR (c.status = 'answered' AND ?2 IN ('stage1.respond', 'stage1.extended',"
		"   'stage2.respond', 'stage2.extended')))"
		" AND (?2 NOT IN ('stage1.respond', 'stage1.extended') OR c.stage = 'stage1'))"
		" AND NOT EXISTS"
		" (SELECT 1 FROM outbox o WHERE o.case_id = ?1 AND o.meets_clock = ?2"
		"  AND o.id <> ?4 AND o.state = 'sent' AND o.delivery NOT IN " LOST ")",
		RD_ARGS(rd_int(row->case_id), rd_text(row->meets_clock), rd_int(row->sent_ms),
			rd_int(row->id)),
		&changes, err));
	*ret_open = changes != 0;
	if (!changes)
		return RD_OK;
	return rd_sql_change(tx,
		"UPDATE case_file SET acknowledged_ms = NULL"
		" WHERE id = ?1 AND acknowledged_ms = ?2",
		RD_ARGS(rd_int(row->case_id), rd_int(row->sent_ms)), NULL, err);
}

static enum rd_rc read_sent_text(
	const struct rd_rows *rows, struct rd_arena *arena, void *item, struct rd_err *err)
{
	(void)err;
	*(struct rd_sent_text *)item =
		(struct rd_sent_text){ rd_rows_int(rows, 0), rd_rows_text(rows, 1, arena) };
	return RD_OK;
}

enum rd_rc rd_returned_texts_to(struct rd_db *db, const char *number, const char *landlord,
	int64_t since_ms, struct rd_arena *arena, struct rd_sent_text **ret_texts, size_t *ret_n,
	struct rd_err *err)
{
	struct rd_list list = { .bytes_each = sizeof(struct rd_sent_text) };
	uint8_t key[RD_STORE_KEY_BYTES];

	rd_store_address_key(rd_db_store(db), number, key);
	RD_TRY(rd_sql_list(db,
		"SELECT o.case_id, o.letter FROM outbox o JOIN case_file c ON c.id = o.case_id"
		" WHERE o.recipient_key = ?1 AND o.sending_ms >= ?2 AND o.channel = 'sms'"
		" AND o.state IN ('sending', 'sent', 'uncertain') AND c.landlord = ?3"
		" ORDER BY o.sending_ms DESC, o.id DESC LIMIT 20",
		RD_ARGS(rd_blob(key, sizeof key), rd_int(since_ms), rd_text(landlord)),
		read_sent_text, arena, &list, err));
	*ret_texts = list.items;
	*ret_n = list.n;
	return RD_OK;
}

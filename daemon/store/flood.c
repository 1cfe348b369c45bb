#include "redress/store/flood.h"

#include <stdio.h>
#include <string.h>
#include "redress/store/sql.h"
#include "redress/store/tasks.h"

#define CAUSE_KEY_BYTES 10 /* of the address's hash: enough to tell senders apart */

/* What a form says of its sender is a count of its own, and so is each finding of the server. */
enum proof {
	PROOF_UNKNOWN = RD_AUTHENTICATION_UNKNOWN,
	PROOF_PASSED = RD_AUTHENTICATION_PASSED,
	PROOF_FAILED = RD_AUTHENTICATION_FAILED,
	PROOF_FORM,
};

static enum proof proof_of(const struct rd_message *message)
{
	return message->by_form ? PROOF_FORM : (enum proof)message->authentication;
}

const char *rd_flood_cause(struct rd_db *db, const struct rd_message *message, const char *landlord,
	char out[static RD_FLOOD_CAUSE_MAX])
{
	static const char proofs[] = { [PROOF_UNKNOWN] = 'u',
		[PROOF_PASSED] = 'p',
		[PROOF_FAILED] = 'x',
		[PROOF_FORM] = 'f' };
	char hex[2 * CAUSE_KEY_BYTES + 1];
	uint8_t key[RD_STORE_KEY_BYTES];

	rd_store_address_key(rd_db_store(db), message->from.address, key);
	for (size_t i = 0; i < CAUSE_KEY_BYTES; i++)
		snprintf(hex + 2 * i, 3, "%02x", key[i]);
	snprintf(out, RD_FLOOD_CAUSE_MAX, "flood:%s%c:%.60s", hex, proofs[proof_of(message)],
		landlord);
	return out;
}

enum rd_rc rd_flood_count(struct rd_db *db, const struct rd_message *message, int64_t from_ms,
	int64_t to_ms, int max, int *ret_n, struct rd_err *err)
{
	uint8_t key[RD_STORE_KEY_BYTES];
	int64_t n = 0;

	rd_store_address_key(rd_db_store(db), message->from.address, key);
	/* Nothing is decided before it is received: the index leaves out what is older. */
	RD_TRY(rd_sql_int(db,
		"SELECT count(*) FROM (SELECT 1 FROM reading r JOIN message m ON m.id ="
		" r.message_id JOIN reading_words w ON w.message_id = r.message_id"
		" WHERE r.sender_key = ?1 AND r.read_ms > ?2"
		" AND m.received_ms > ?2 AND m.received_ms <= ?3"
		" AND CASE WHEN json_extract(w.rest, '$.form_sender') IS NOT NULL THEN ?5"
		"  ELSE json_extract(w.rest, '$.authentication') END = ?6"
		" LIMIT ?4) AS some",
		RD_ARGS(rd_blob(key, sizeof key), rd_int(from_ms), rd_int(to_ms), rd_int(max),
			rd_int(PROOF_FORM), rd_int(proof_of(message))),
		0, &n, err));
	*ret_n = (int)n;
	return RD_OK;
}

enum rd_rc rd_flood_case(
	struct rd_db *db, const char *cause, int64_t *ret_case_id, struct rd_err *err)
{
	return rd_sql_int(db,
		"SELECT t.case_id FROM task t JOIN case_file c ON c.id = t.case_id"
		" WHERE t.kind = '" RD_TASK_FLOOD "' AND t.cause = ?1 AND t.done_ms IS NULL"
		" AND c.status <> 'closed' ORDER BY t.id DESC LIMIT 1",
		RD_ARGS(rd_text(cause)), 0, ret_case_id, err);
}

enum rd_rc rd_flood_note(
	struct rd_tx *tx, const struct rd_flood_note *note, int64_t now_ms, struct rd_err *err)
{
	const struct rd_task task = {
		.kind = RD_TASK_FLOOD,
		.case_id = note->case_id,
		.message_id = note->message_id,
		.cause = note->cause,
		.text = note->text,
		.landlord = note->landlord,
		.due = note->due,
		.n = 1,
	};
	int64_t id = 0;

	RD_TRY(rd_sql_int(rd_tx_db(tx),
		"SELECT id FROM task WHERE kind = '" RD_TASK_FLOOD "' AND cause = ?1"
		" AND done_ms IS NULL ORDER BY id DESC LIMIT 1",
		RD_ARGS(rd_text(note->cause)), 0, &id, err));
	if (id == 0)
		return rd_task_put(tx, &task, now_ms, NULL, NULL, err);
	/* A case that was closed meanwhile gives way to the new one. */
	return rd_sql_change(tx,
		"UPDATE task SET n = n + 1, case_id = COALESCE(?2, case_id) WHERE id = ?1",
		RD_ARGS(rd_int(id), rd_int_or_null(note->case_id)), NULL, err);
}

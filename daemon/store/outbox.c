#include "redress/store/outbox.h"

#include <string.h>
#include "redress/store/outbox_wire.h"
#include "redress/store/sql.h"

const char *const rd_outbox_state_names[8] = { "queued", "held", "sending", "sent", "failed",
	"uncertain", "cancelled", NULL };

static const char *const channels[] = { "email", "sms", NULL };

/* Back to the queue, unless the case came to be held meanwhile. */
#define BACK_TO_QUEUE                                                                              \
	" state = CASE WHEN case_id IN (SELECT id FROM case_file WHERE held = 1) THEN 'held'"      \
	"  ELSE 'queued' END,"                                                                     \
	" hold_reason = CASE WHEN case_id IN (SELECT id FROM case_file WHERE held = 1)"            \
	"  THEN 'safeguarding' ELSE '' END"

/* --- putting --- */

static enum rd_rc find_key(
	struct rd_tx *tx, const struct rd_outbox_row *row, int64_t *ret_id, struct rd_err *err)
{
	return rd_sql_int(rd_tx_db(tx),
		"SELECT id FROM outbox WHERE COALESCE(case_id, 0) = ?1 AND letter = ?2"
		" AND stage = ?3 AND cause = ?4 AND state <> 'cancelled'",
		RD_ARGS(rd_int(row->case_id), rd_text(row->letter),
			rd_text(rd_stage_names[row->stage]), rd_text(row->cause)),
		0, ret_id, err);
}

enum rd_rc rd_outbox_put(struct rd_tx *tx, const struct rd_outbox_row *row, int64_t now_ms,
	int64_t *ret_id, struct rd_err *err)
{
	uint8_t key[RD_STORE_KEY_BYTES];
	char day[RD_DATE_MAX];
	const char *hold = row->hold_reason ? row->hold_reason : "";
	int64_t inserted = 0, held = 0;

	if (row->payload_len > RD_LETTER_BYTES_MAX)
		return rd_fail(
			err, RD_E_RANGE, "a letter is longer than %u bytes", RD_LETTER_BYTES_MAX);
	if (!row->recipient || !*row->recipient || !row->message_id || !*row->message_id)
		return rd_fail(err, RD_E_BUG, "a letter needs a recipient and a Message-ID");
	RD_TRY(rd_sql_int(rd_tx_db(tx), "SELECT held FROM case_file WHERE id = ?1",
		RD_ARGS(rd_int(row->case_id)), 0, &held, err));
	if (held)
		hold = "safeguarding";
	rd_store_address_key(rd_db_store(rd_tx_db(tx)), row->recipient, key);
	RD_TRY(rd_sql_change(tx,
		"INSERT INTO outbox (case_id, letter, stage, cause, channel, outgoing,"
		" recipient_key, message_id, letter_version, written_for, binds_day, emergency,"
		" not_before_ms, hold_reason, needs_approval, meets_clock, state, created_ms,"
		" next_try_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14,"
		" ?15, ?16, ?17, ?18, ?19) ON CONFLICT DO NOTHING",
		RD_ARGS(rd_int_or_null(row->case_id), rd_text(row->letter),
			rd_text(rd_stage_names[row->stage]), rd_text(row->cause),
			rd_text(channels[row->channel]), rd_text(row->outgoing),
			rd_blob(key, sizeof key), rd_text(row->message_id),
			rd_text(row->letter_version), rd_day(row->written_for, day),
			rd_int(row->binds_day), rd_int(row->emergency), rd_int(row->not_before_ms),
			rd_text(hold), rd_int(row->needs_approval), rd_text(row->meets_clock),
			rd_text(*hold ? "held" : "queued"), rd_int(now_ms),
			rd_int(row->not_before_ms)),
		&inserted, err));
	if (!inserted) {
		int64_t id = 0;
		RD_TRY(find_key(tx, row, &id, err));
		if (!id)
			return rd_fail(err, RD_E_BUG, "two letters with the same Message-ID");
		*ret_id = id;
		return rd_fail(err, RD_E_EXISTS, "this letter is in the outbox already");
	}
	int64_t id = rd_sql_inserted(tx);
	RD_TRY(rd_sql_change(tx,
		"INSERT INTO outbox_words (outbox_id, recipient, subject, payload)"
		" VALUES (?1, ?2, ?3, ?4)",
		RD_ARGS(rd_int(id), rd_text(row->recipient), rd_text(row->subject),
			rd_blob(row->payload, row->payload_len)),
		NULL, err));
	*ret_id = id;
	return RD_OK;
}

enum rd_rc rd_outbox_rewrite(struct rd_tx *tx, int64_t old_id, const struct rd_outbox_row *row,
	int64_t now_ms, int64_t *ret_id, struct rd_err *err)
{
	int64_t attempts = 0;

	RD_TRY(rd_sql_int(rd_tx_db(tx), "SELECT attempts FROM outbox WHERE id = ?1",
		RD_ARGS(rd_int(old_id)), -1, &attempts, err));
	if (attempts > 0)
		return rd_fail(err, RD_E_REFUSED,
			"letter %lld was attempted already and keeps its date", (long long)old_id);
	RD_TRY(rd_outbox_cancel(tx, old_id, "written anew for another day", now_ms, err));
	RD_TRY(rd_outbox_put(tx, row, now_ms, ret_id, err));
	return rd_sql_change(tx,
		"UPDATE outbox SET approved_by = (SELECT approved_by FROM outbox WHERE id = ?2)"
		" WHERE id = ?1",
		RD_ARGS(rd_int(*ret_id), rd_int(old_id)), NULL, err);
}

/* --- the sender's side --- */

static enum rd_rc claim(struct rd_db *db, const char *outgoing, int64_t now_ms, bool texts_now,
	bool emergency_only, struct rd_arena *arena, struct rd_outbox_row *ret_row,
	struct rd_err *err)
{
	static const char due[] =
		"SELECT id FROM outbox WHERE state = 'queued' AND next_try_ms <= ?1"
		" AND (?2 IS NULL OR outgoing = ?2)"
		" AND (binds_day = 0 OR attempts > 0 OR written_for = ?3)"
		" AND (channel = 'email' OR emergency = 1 OR ?4 = 1)"
		" AND (?5 = 0 OR emergency = 1)"
		" ORDER BY emergency DESC, next_try_ms, id LIMIT 1";
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	struct rd_outbox_row row;
	char today[RD_DATE_MAX];
	int64_t id = 0, on_wire = 0;

	rd_date_format(rd_date_of(now_ms), today);
	/* Looked up first without the writer's lock: mostly there is nothing to send. */
	RD_TRY(rd_sql_int(db, due,
		RD_ARGS(rd_int(now_ms), outgoing ? rd_text(outgoing) : rd_null(), rd_text(today),
			rd_int(texts_now), rd_int(emergency_only)),
		0, &id, err));
	if (id) {
		RD_TRY(rd_tx_begin(db, &tx, err));
		RD_TRY(rd_sql_int(db, due,
			RD_ARGS(rd_int(now_ms), outgoing ? rd_text(outgoing) : rd_null(),
				rd_text(today), rd_int(texts_now), rd_int(emergency_only)),
			0, &id, err));
	}
	if (!id)
		return rd_fail(err, RD_E_MISSING, "no letter is due");
	RD_TRY(rd_sql_change(tx,
		"UPDATE outbox SET state = 'sending', attempts = attempts + 1, sending_ms = ?2"
		" WHERE id = ?1",
		RD_ARGS(rd_int(id), rd_int(now_ms)), NULL, err));
	/* An earlier attempt of this row may have been the last on the wire; this one is not. */
	RD_TRY(rd_outbox_last_on_wire(db, &on_wire, err));
	if (on_wire == id)
		RD_TRY(rd_outbox_on_wire(tx, 0, err));
	RD_TRY(rd_outbox_get(db, id, arena, &row, err));
	rd_tx_set_step(tx, RD_STEP_CLAIM);
	RD_TRY(rd_tx_commit(&tx, err));
	*ret_row = row;
	return RD_OK;
}

enum rd_rc rd_outbox_claim(struct rd_db *db, const char *outgoing, int64_t now_ms, bool texts_now,
	struct rd_arena *arena, struct rd_outbox_row *ret_row, struct rd_err *err)
{
	return claim(db, outgoing, now_ms, texts_now, false, arena, ret_row, err);
}

enum rd_rc rd_outbox_claim_emergency(struct rd_db *db, const char *outgoing, int64_t now_ms,
	struct rd_arena *arena, struct rd_outbox_row *ret_row, struct rd_err *err)
{
	return claim(db, outgoing, now_ms, false, true, arena, ret_row, err);
}

enum rd_rc rd_outbox_next_due(struct rd_db *db, int64_t *ret_ms, struct rd_err *err)
{
	return rd_sql_int(db, "SELECT min(next_try_ms) FROM outbox WHERE state = 'queued'",
		RD_NO_ARGS, 0, ret_ms, err);
}

/* A change that found no row in the state it needs: says why. wanted: "a failed letter can be tried
 * again". */
static enum rd_rc wrong_state(struct rd_tx *tx, int64_t id, const char *wanted, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
	bool more = false;

	RD_TRY(rd_sql_query(rd_tx_db(tx), "SELECT state FROM outbox WHERE id = ?1",
		RD_ARGS(rd_int(id)), &rows, err));
	RD_TRY(rd_rows_next(&rows, &more, err));
	if (!more)
		return rd_fail(
			err, RD_E_MISSING, "there is no letter %lld in the outbox", (long long)id);
	return rd_fail(err, RD_E_REFUSED, "letter %lld is %s; only %s", (long long)id,
		rd_rows_borrow(&rows, 0), wanted);
}

static struct rd_arg cut_text(const char *text)
{
	size_t len = text ? strlen(text) : 0;

	/* What a server answers is for a person to read; its end is rarely what matters. */
	if (len > RD_RESPONSE_BYTES_MAX)
		len = RD_RESPONSE_BYTES_MAX;
	while (len && len == RD_RESPONSE_BYTES_MAX && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	return rd_text_len(text, len);
}

static enum rd_rc set_trouble(struct rd_tx *tx, int64_t id, const char *trouble, struct rd_err *err)
{
	return rd_sql_change(tx, "UPDATE outbox_words SET trouble = ?2 WHERE outbox_id = ?1",
		RD_ARGS(rd_int(id), cut_text(trouble)), NULL, err);
}

/* They come in any order: what arrived has arrived, and what failed is not on its way any more. */
#define FINAL_FIRST "CASE r.status WHEN 'delivered' THEN 0 WHEN 'sent' THEN 2 ELSE 1 END"

/* The receipts that came before the provider's answer named its id. */
static enum rd_rc apply_receipts(struct rd_tx *tx, int64_t id, struct rd_err *err)
{
	return rd_sql_change(tx,
		"UPDATE outbox SET"
		" delivery = COALESCE((SELECT r.status FROM receipt r"
		"  WHERE r.outgoing = outbox.outgoing AND r.provider_id = outbox.provider_id"
		"  ORDER BY " FINAL_FIRST ", r.at_ms DESC, r.id DESC LIMIT 1), delivery),"
		" delivery_ms = COALESCE((SELECT r.at_ms FROM receipt r"
		"  WHERE r.outgoing = outbox.outgoing AND r.provider_id = outbox.provider_id"
		"  ORDER BY " FINAL_FIRST ", r.at_ms DESC, r.id DESC LIMIT 1), delivery_ms)"
		" WHERE id = ?1 AND provider_id <> ''",
		RD_ARGS(rd_int(id)), NULL, err);
}

enum rd_rc rd_outbox_sent(struct rd_tx *tx, int64_t id, const char *provider_id,
	const char *response, int64_t at_ms, struct rd_err *err)
{
	int64_t changes = 0;

	RD_TRY(rd_sql_change(tx,
		"UPDATE outbox SET state = 'sent', sent_ms = ?2, provider_id = ?3"
		" WHERE id = ?1 AND state IN ('sending', 'uncertain')",
		RD_ARGS(rd_int(id), rd_int(at_ms), rd_text(provider_id)), &changes, err));
	if (!changes)
		return wrong_state(
			tx, id, "a sending or uncertain letter can be recorded as sent", err);
	RD_TRY(rd_sql_change(tx,
		"UPDATE outbox_words SET response = ?2, trouble = '' WHERE outbox_id = ?1",
		RD_ARGS(rd_int(id), cut_text(response)), NULL, err));
	rd_tx_set_step(tx, RD_STEP_RECEIPT);
	return apply_receipts(tx, id, err);
}

enum rd_rc rd_outbox_defer(
	struct rd_tx *tx, int64_t id, const char *trouble, int64_t next_try_ms, struct rd_err *err)
{
	int64_t changes = 0;

	RD_TRY(rd_sql_change(tx,
		"UPDATE outbox SET" BACK_TO_QUEUE ", next_try_ms = ?2"
		" WHERE id = ?1 AND state = 'sending'",
		RD_ARGS(rd_int(id), rd_int(next_try_ms)), &changes, err));
	if (!changes)
		return wrong_state(tx, id, "a sending letter can be put off", err);
	rd_tx_set_step(tx, RD_STEP_RECEIPT);
	return set_trouble(tx, id, trouble, err);
}

enum rd_rc rd_outbox_unclaim(struct rd_tx *tx, int64_t id, int64_t next_try_ms, struct rd_err *err)
{
	int64_t changes = 0;

	RD_TRY(rd_sql_change(tx,
		"UPDATE outbox SET" BACK_TO_QUEUE ", next_try_ms = ?2, attempts = attempts - 1,"
		" sending_ms = CASE WHEN attempts = 1 THEN NULL ELSE sending_ms END"
		" WHERE id = ?1 AND state = 'sending'",
		RD_ARGS(rd_int(id), rd_int(next_try_ms)), &changes, err));
	return changes ? RD_OK : wrong_state(tx, id, "a sending letter can be put back", err);
}

enum rd_rc rd_outbox_fail(struct rd_tx *tx, int64_t id, const char *trouble, struct rd_err *err)
{
	int64_t changes = 0;

	RD_TRY(rd_sql_change(tx,
		"UPDATE outbox SET state = 'failed' WHERE id = ?1 AND state = 'sending'",
		RD_ARGS(rd_int(id)), &changes, err));
	if (!changes)
		return wrong_state(tx, id, "a sending letter can fail", err);
	rd_tx_set_step(tx, RD_STEP_RECEIPT);
	return set_trouble(tx, id, trouble, err);
}

enum rd_rc rd_outbox_uncertain(
	struct rd_tx *tx, int64_t id, const char *trouble, struct rd_err *err)
{
	int64_t changes = 0;

	RD_TRY(rd_sql_change(tx,
		"UPDATE outbox SET state = 'uncertain', asked = 0"
		" WHERE id = ?1 AND state = 'sending'",
		RD_ARGS(rd_int(id)), &changes, err));
	if (!changes)
		return wrong_state(tx, id, "a sending letter can become uncertain", err);
	rd_tx_set_step(tx, RD_STEP_RECEIPT);
	return set_trouble(tx, id, trouble, err);
}

enum rd_rc rd_outbox_set_payload_sent(
	struct rd_tx *tx, int64_t id, const char *body, size_t len, struct rd_err *err)
{
	if (len > RD_LETTER_BYTES_MAX)
		return rd_fail(
			err, RD_E_RANGE, "a letter is longer than %u bytes", RD_LETTER_BYTES_MAX);
	return rd_sql_change(tx, "UPDATE outbox_words SET payload_sent = ?2 WHERE outbox_id = ?1",
		RD_ARGS(rd_int(id), rd_blob(body, len)), NULL, err);
}

enum rd_rc rd_outbox_set_asked(struct rd_tx *tx, int64_t id, struct rd_err *err)
{
	int64_t changes = 0;

	RD_TRY(rd_sql_change(tx,
		"UPDATE outbox SET asked = 1 WHERE id = ?1 AND state = 'uncertain'",
		RD_ARGS(rd_int(id)), &changes, err));
	return changes ? RD_OK : wrong_state(tx, id, "an uncertain letter can be asked about", err);
}

/* --- acts of people --- */

static enum rd_rc set_approved_by(struct rd_tx *tx, int64_t id, const char *by, struct rd_err *err)
{
	return rd_sql_change(tx, "UPDATE outbox SET approved_by = ?2 WHERE id = ?1",
		RD_ARGS(rd_int(id), rd_text(by)), NULL, err);
}

enum rd_rc rd_outbox_settle(struct rd_tx *tx, int64_t id, enum rd_settle how, const char *by,
	const char *why, int64_t now_ms, struct rd_err *err)
{
	int64_t changes = 0;

	switch (how) {
	case RD_SETTLE_SENT:
		RD_TRY(rd_sql_change(tx,
			"UPDATE outbox SET state = 'sent', sent_ms = COALESCE(sending_ms, ?2)"
			" WHERE id = ?1 AND state = 'uncertain'",
			RD_ARGS(rd_int(id), rd_int(now_ms)), &changes, err));
		break;
	case RD_SETTLE_SEND_AGAIN:
		RD_TRY(rd_sql_change(tx,
			"UPDATE outbox SET" BACK_TO_QUEUE ", next_try_ms = ?2, asked = 0"
			" WHERE id = ?1 AND state = 'uncertain'",
			RD_ARGS(rd_int(id), rd_int(now_ms)), &changes, err));
		break;
	case RD_SETTLE_CANCEL:
		RD_TRY(rd_sql_change(tx,
			"UPDATE outbox SET state = 'cancelled' WHERE id = ?1"
			" AND state = 'uncertain'",
			RD_ARGS(rd_int(id)), &changes, err));
		break;
	}
	if (!changes)
		return wrong_state(tx, id, "an uncertain letter can be settled", err);
	RD_TRY(set_approved_by(tx, id, by, err));
	return set_trouble(tx, id, why, err);
}

enum rd_rc rd_outbox_retry(struct rd_tx *tx, int64_t id, int64_t now_ms, struct rd_err *err)
{
	int64_t changes = 0;

	RD_TRY(rd_sql_change(tx,
		"UPDATE outbox SET" BACK_TO_QUEUE ", next_try_ms = ?2"
		" WHERE id = ?1 AND state = 'failed'",
		RD_ARGS(rd_int(id), rd_int(now_ms)), &changes, err));
	return changes ? RD_OK : wrong_state(tx, id, "a failed letter can be tried again", err);
}

enum rd_rc rd_outbox_approve(
	struct rd_tx *tx, int64_t id, const char *by, int64_t now_ms, struct rd_err *err)
{
	int64_t changes = 0, held = 0;

	RD_TRY(rd_sql_int(rd_tx_db(tx),
		"SELECT c.id FROM outbox o JOIN case_file c ON c.id = o.case_id"
		" WHERE o.id = ?1 AND c.held = 1",
		RD_ARGS(rd_int(id)), 0, &held, err));
	if (held)
		return rd_fail(err, RD_E_REFUSED,
			"case %lld is held for safeguarding: a letter may put somebody in danger; "
			"lift the hold with a reason first",
			(long long)held);
	RD_TRY(rd_sql_change(tx,
		"UPDATE outbox SET state = 'queued', hold_reason = '', needs_approval = 0,"
		" not_before_ms = 0, next_try_ms = ?2 WHERE id = ?1"
		" AND (state = 'held' OR (state = 'queued' AND needs_approval = 1))",
		RD_ARGS(rd_int(id), rd_int(now_ms)), &changes, err));
	if (!changes)
		return wrong_state(
			tx, id, "a letter that is held or waits for approval can be approved", err);
	return set_approved_by(tx, id, by, err);
}

enum rd_rc rd_outbox_hold(struct rd_tx *tx, int64_t id, const char *reason, struct rd_err *err)
{
	int64_t changes = 0;

	if (!reason || !*reason)
		return rd_fail(err, RD_E_INPUT, "holding a letter needs a reason");
	RD_TRY(rd_sql_change(tx,
		"UPDATE outbox SET state = 'held', hold_reason ="
		" CASE WHEN hold_reason = 'safeguarding' THEN hold_reason ELSE ?2 END"
		" WHERE id = ?1 AND state IN ('queued', 'held')",
		RD_ARGS(rd_int(id), rd_text(reason)), &changes, err));
	return changes ? RD_OK : wrong_state(tx, id, "a queued letter can be held", err);
}

enum rd_rc rd_outbox_unhold(
	struct rd_tx *tx, int64_t id, const char *reason, int64_t next_try_ms, struct rd_err *err)
{
	return rd_sql_change(tx,
		"UPDATE outbox SET" BACK_TO_QUEUE ", next_try_ms = ?3"
		" WHERE id = ?1 AND state = 'held' AND hold_reason = ?2",
		RD_ARGS(rd_int(id), rd_text(reason), rd_int(next_try_ms)), NULL, err);
}

enum rd_rc rd_outbox_ignore_hours(struct rd_tx *tx, int64_t id, struct rd_err *err)
{
	int64_t changes = 0;

	RD_TRY(rd_sql_change(tx,
		"UPDATE outbox SET emergency = 1,"
		" next_try_ms = CASE WHEN attempts = 0 THEN 1 ELSE next_try_ms END"
		" WHERE id = ?1 AND state = 'queued'",
		RD_ARGS(rd_int(id)), &changes, err));
	return changes ? RD_OK : wrong_state(tx, id, "a queued letter can leave at once", err);
}

enum rd_rc rd_outbox_cancel(
	struct rd_tx *tx, int64_t id, const char *why, int64_t now_ms, struct rd_err *err)
{
	int64_t changes = 0;

	(void)now_ms;
	RD_TRY(rd_sql_change(tx,
		"UPDATE outbox SET state = 'cancelled', hold_reason = '' WHERE id = ?1"
		" AND state IN ('queued', 'held', 'failed')",
		RD_ARGS(rd_int(id)), &changes, err));
	if (!changes)
		return wrong_state(tx, id, "a queued, held or failed letter can be cancelled", err);
	return set_trouble(tx, id, why, err);
}

enum rd_rc rd_outbox_cancel_case(struct rd_tx *tx, int64_t case_id, const char *why, int64_t now_ms,
	int64_t *ret_n, struct rd_err *err)
{
	int64_t n = 0;

	(void)now_ms;
	RD_TRY(rd_sql_change(tx,
		"UPDATE outbox_words SET trouble = ?2 WHERE outbox_id IN (SELECT id FROM outbox"
		" WHERE case_id = ?1 AND state IN ('queued', 'held'))",
		RD_ARGS(rd_int(case_id), cut_text(why)), NULL, err));
	RD_TRY(rd_sql_change(tx,
		"UPDATE outbox SET state = 'cancelled', hold_reason = '' WHERE case_id = ?1"
		" AND state IN ('queued', 'held')",
		RD_ARGS(rd_int(case_id)), &n, err));
	if (ret_n)
		*ret_n = n;
	return RD_OK;
}

/* --- receipts --- */

enum rd_rc rd_outbox_receipt(struct rd_tx *tx, const char *outgoing, const char *provider_id,
	const char *status, int64_t at_ms, int64_t *ret_id, struct rd_err *err)
{
	int64_t inserted = 0, id = 0;

	RD_TRY(rd_sql_change(tx,
		"INSERT INTO receipt (outgoing, provider_id, status, at_ms)"
		" VALUES (?1, ?2, ?3, ?4) ON CONFLICT (outgoing, provider_id, status) DO NOTHING",
		RD_ARGS(rd_text(outgoing), rd_text(provider_id), rd_text(status), rd_int(at_ms)),
		&inserted, err));
	RD_TRY(rd_outbox_by_provider_id(rd_tx_db(tx), outgoing, provider_id, &id, err));
	*ret_id = id;
	if (!inserted)
		return rd_fail(err, RD_E_EXISTS, "this receipt is in the store already");
	return id ? apply_receipts(tx, id, err) : RD_OK;
}

enum rd_rc rd_outbox_has_receipt(struct rd_db *db, const char *outgoing, const char *provider_id,
	bool *ret_has, struct rd_err *err)
{
	int64_t id = 0;

	RD_TRY(rd_sql_int(db,
		"SELECT id FROM receipt WHERE outgoing = ?1 AND provider_id = ?2 LIMIT 1",
		RD_ARGS(rd_text(outgoing), rd_text(provider_id)), 0, &id, err));
	*ret_has = id != 0;
	return RD_OK;
}

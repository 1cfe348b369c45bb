#include "redress/store/queue.h"

#include <string.h>
#include "redress/store/intake.h"
#include "redress/store/outbox_wire.h"
#include "redress/store/sql.h"

#define TEXTS_LOOKED_AT_MAX 2000 /* waiting texts looked at for one claim */

static const char *const channels[] = { "email", "sms", NULL };

/* --- runs --- */

enum rd_rc rd_queue_start_run(
	struct rd_db *db, int64_t now_ms, int64_t *ret_run, struct rd_err *err)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	int64_t dropped = 0;

	RD_TRY(rd_tx_begin(db, &tx, err));
	RD_TRY(rd_sql_change(tx, "INSERT INTO run (started_ms) VALUES (?1)",
		RD_ARGS(rd_int(now_ms)), NULL, err));
	int64_t run = rd_sql_inserted(tx);
	/* A child's death is recorded by its parent; a claim without such a record is the daemon's
	 * own end, which says nothing about the message, up to the tenth time. */
	RD_TRY(rd_sql_change(tx,
		"UPDATE message SET state = 'waiting', claim_run = NULL,"
		" attempts = CASE WHEN give_backs < ?1 AND attempts > 0 THEN attempts - 1"
		"  ELSE attempts END,"
		" give_backs = CASE WHEN give_backs < ?1 THEN give_backs + 1 ELSE give_backs END"
		" WHERE state = 'claimed'",
		RD_ARGS(rd_int(RD_GIVE_BACKS_MAX)), NULL, err));
	RD_TRY(rd_outbox_take_back(tx, now_ms, err));
	RD_TRY(rd_sql_change(tx,
		"UPDATE outbox SET state = 'uncertain', asked = 0 WHERE state = 'sending'",
		RD_NO_ARGS, NULL, err));
	RD_TRY(rd_intake_drop_unfinished(tx, &dropped, err));
	RD_TRY(rd_tx_commit(&tx, err));
	*ret_run = run;
	return RD_OK;
}

enum rd_rc rd_queue_end_run(struct rd_db *db, int64_t run, int64_t now_ms, struct rd_err *err)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;

	RD_TRY(rd_tx_begin(db, &tx, err));
	RD_TRY(rd_sql_change(tx,
		"UPDATE message SET state = 'waiting', claim_run = NULL,"
		" attempts = CASE WHEN attempts > 0 THEN attempts - 1 ELSE 0 END"
		" WHERE state = 'claimed' AND claim_run = ?1",
		RD_ARGS(rd_int(run)), NULL, err));
	RD_TRY(rd_sql_change(tx, "UPDATE run SET ended_ms = ?2 WHERE id = ?1",
		RD_ARGS(rd_int(run), rd_int(now_ms)), NULL, err));
	return rd_tx_commit(&tx, err);
}

enum rd_rc rd_queue_give_run_back(
	struct rd_db *db, int64_t run, int64_t not_before_ms, struct rd_err *err)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;

	RD_TRY(rd_tx_begin(db, &tx, err));
	RD_TRY(rd_sql_change(tx,
		"UPDATE message SET state = 'waiting', claim_run = NULL, not_before_ms = ?2,"
		" attempts = CASE WHEN attempts > 0 THEN attempts - 1 ELSE 0 END"
		" WHERE state = 'claimed' AND claim_run = ?1",
		RD_ARGS(rd_int(run), rd_int(not_before_ms)), NULL, err));
	return rd_tx_commit(&tx, err);
}

/* --- claims --- */

struct claim {
	struct rd_tx *tx;
	struct rd_arena *arena;
	int64_t run, now_ms;
	struct rd_list items;
	int64_t next_ms;
};

static void due_later(struct claim *claim, int64_t at_ms)
{
	if (!claim->next_ms || at_ms < claim->next_ms)
		claim->next_ms = at_ms;
}

static enum rd_rc take(struct claim *claim, int64_t id, int group, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
	bool more = false;
	void *slot = NULL;
	int channel = 0;
	size_t len = 0;

	RD_TRY(rd_sql_change(claim->tx,
		"UPDATE message SET state = 'claimed', claim_run = ?2, attempts = attempts + 1"
		" WHERE id = ?1 AND state = 'waiting'",
		RD_ARGS(rd_int(id), rd_int(claim->run)), NULL, err));
	RD_TRY(rd_sql_query(rd_tx_db(claim->tx),
		"SELECT m.channel, m.source_id, s.name, m.landlord, m.received_ms,"
		" m.first_seen_ms, m.size_bytes, m.cut, m.attempts, m.deaths,"
		" t.sender, t.recipient, t.body"
		" FROM message m JOIN source s ON s.id = m.source_id"
		" LEFT JOIN text_words t ON t.message_id = m.id WHERE m.id = ?1",
		RD_ARGS(rd_int(id)), &rows, err));
	RD_TRY(rd_rows_next(&rows, &more, err));
	if (!more)
		return rd_fail(err, RD_E_STORE, "message %lld has no source", (long long)id);
	RD_TRY(rd_rows_word(&rows, 0, channels, &channel, err));
	RD_TRY(rd_list_grow(&claim->items, claim->arena, &slot, err));
	struct rd_claimed *item = slot;
	const void *text = rd_rows_blob(&rows, 12, &len);
	*item = (struct rd_claimed){
		.id = id,
		.channel = (enum rd_channel)channel,
		.source_id = rd_rows_int(&rows, 1),
		.source = rd_rows_text(&rows, 2, claim->arena),
		.landlord = rd_rows_text(&rows, 3, claim->arena),
		.received_ms = rd_rows_int(&rows, 4),
		.first_seen_ms = rd_rows_int(&rows, 5),
		.size_bytes = (uint64_t)rd_rows_int(&rows, 6),
		.cut = rd_rows_int(&rows, 7) != 0,
		.attempts = (int)rd_rows_int(&rows, 8),
		.suspect = rd_rows_int(&rows, 9) > 0,
		.exhausted = rd_rows_int(&rows, 8) > RD_ATTEMPTS_MAX,
		.group = group,
		.from = rd_rows_text(&rows, 10, claim->arena),
		.to = rd_rows_text(&rows, 11, claim->arena),
		.text = rd_arena_copy(claim->arena, text, len),
		.text_len = (uint32_t)len,
	};
	return rd_arena_check(claim->arena, err);
}

/* Texts of one number, seen within the pause of the first of them. */
struct text_group {
	int64_t source_id;
	uint8_t sender[RD_STORE_KEY_BYTES];
	int64_t first_ms, due_ms;
	bool suspect;
	size_t n;
	bool chosen;
	int number;
};

struct text_row {
	int64_t id;
	size_t group;
};

static enum rd_rc group_of(struct rd_list *groups, const struct rd_rows *rows, int64_t window_ms,
	struct rd_arena *arena, size_t *ret_group, struct rd_err *err)
{
	struct text_group *all = groups->items;
	int64_t source_id = rd_rows_int(rows, 1), seen_ms = rd_rows_int(rows, 3);
	size_t len = 0;
	const void *sender = rd_rows_blob(rows, 2, &len);
	void *slot = NULL;

	/* The latest group of the number; an earlier one is never extended. */
	for (size_t i = groups->n; i-- > 0;) {
		if (all[i].source_id != source_id || len != sizeof all[i].sender ||
			memcmp(all[i].sender, sender, len) != 0)
			continue;
		if (seen_ms >= all[i].first_ms + window_ms)
			break;
		*ret_group = i;
		return RD_OK;
	}
	RD_TRY(rd_list_grow(groups, arena, &slot, err));
	struct text_group *group = slot;
	group->source_id = source_id;
	if (len == sizeof group->sender)
		memcpy(group->sender, sender, len);
	group->first_ms = seen_ms;
	group->due_ms = 0;
	*ret_group = groups->n - 1;
	return RD_OK;
}

static enum rd_rc list_texts(struct claim *claim, int64_t pause_ms, struct rd_list *groups,
	struct rd_list *texts, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
	bool wait = pause_ms >= 0;
	int64_t window_ms = wait ? pause_ms : -pause_ms;

	RD_TRY(rd_sql_query(rd_tx_db(claim->tx),
		"SELECT id, source_id, sender_key, first_seen_ms, not_before_ms, deaths"
		" FROM message WHERE state = 'waiting' AND channel = 'sms' ORDER BY id LIMIT ?1",
		RD_ARGS(rd_int(TEXTS_LOOKED_AT_MAX)), &rows, err));
	for (;;) {
		bool more = false;
		void *slot = NULL;
		size_t at = 0;

		RD_TRY(rd_rows_next(&rows, &more, err));
		if (!more)
			return RD_OK;
		RD_TRY(group_of(groups, &rows, window_ms, claim->arena, &at, err));
		struct text_group *group = (struct text_group *)groups->items + at;
		int64_t due_ms = wait ? group->first_ms + window_ms : 0;
		if (due_ms < rd_rows_int(&rows, 4))
			due_ms = rd_rows_int(&rows, 4);
		if (group->due_ms < due_ms)
			group->due_ms = due_ms;
		group->suspect |= rd_rows_int(&rows, 5) > 0;
		group->n++;
		RD_TRY(rd_list_grow(texts, claim->arena, &slot, err));
		*(struct text_row *)slot = (struct text_row){ rd_rows_int(&rows, 0), at };
	}
}

/* Is an earlier group of the same number still to be decided? Then this one waits for it. */
static bool behind_another(const struct text_group *groups, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (!groups[i].chosen && groups[i].source_id == groups[at].source_id &&
			memcmp(groups[i].sender, groups[at].sender, sizeof groups[i].sender) == 0)
			return true;
	return false;
}

static enum rd_rc claim_texts(
	struct claim *claim, int64_t pause_ms, size_t max, bool *ret_alone, struct rd_err *err)
{
	struct rd_list groups = { .bytes_each = sizeof(struct text_group) };
	struct rd_list texts = { .bytes_each = sizeof(struct text_row) };
	size_t n = 0;
	int number = 0;

	RD_TRY(list_texts(claim, pause_ms, &groups, &texts, err));
	struct text_group *all = groups.items;
	for (size_t i = 0; i < groups.n && (n < max || !n); i++) {
		if (all[i].due_ms > claim->now_ms) {
			due_later(claim, all[i].due_ms);
			continue;
		}
		if (behind_another(all, i) || (all[i].suspect && n))
			continue;
		all[i].chosen = true;
		all[i].number = ++number;
		n += all[i].n;
		if (all[i].suspect) {
			*ret_alone = true;
			break;
		}
	}
	for (int wanted = 1; wanted <= number; wanted++) {
		for (size_t i = 0; i < texts.n; i++) {
			const struct text_row *text = (const struct text_row *)texts.items + i;
			const struct text_group *group = &all[text->group];

			if (group->number == wanted)
				RD_TRY(take(claim, text->id, group->n > 1 ? wanted : 0, err));
		}
	}
	return RD_OK;
}

/* only_suspect: the oldest mail due, if it is a suspect, and nothing else. */
static enum rd_rc claim_mails(
	struct claim *claim, size_t max, bool only_suspect, struct rd_err *err)
{
	int64_t ids[RD_CLAIM_MAX];
	size_t n = 0;

	{
		RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
		RD_TRY(rd_sql_query(rd_tx_db(claim->tx),
			"SELECT id, deaths FROM message WHERE state = 'waiting'"
			" AND channel = 'email' AND not_before_ms <= ?1 ORDER BY id LIMIT ?2",
			RD_ARGS(rd_int(claim->now_ms), rd_int((int64_t)max)), &rows, err));
		for (bool more = true; n < max;) {
			RD_TRY(rd_rows_next(&rows, &more, err));
			if (!more || (rd_rows_int(&rows, 1) > 0) != only_suspect)
				break;
			ids[n++] = rd_rows_int(&rows, 0);
			if (only_suspect)
				break;
		}
	}
	for (size_t i = 0; i < n; i++)
		RD_TRY(take(claim, ids[i], 0, err));
	return RD_OK;
}

static enum rd_rc claim_all(struct claim *claim, size_t max, int64_t pause_ms, struct rd_err *err)
{
	bool alone = false;

	RD_TRY(claim_mails(claim, max, true, err));
	if (claim->items.n)
		return RD_OK;
	/* Half of a batch at most, so that neither texts nor mails starve the other. */
	RD_TRY(claim_texts(claim, pause_ms, max > 1 ? max / 2 : 1, &alone, err));
	if (!alone && claim->items.n < max)
		RD_TRY(claim_mails(claim, max - claim->items.n, false, err));
	if (!claim->items.n) {
		int64_t later_ms = 0;
		RD_TRY(rd_sql_int(rd_tx_db(claim->tx),
			"SELECT min(not_before_ms) FROM message WHERE state = 'waiting'"
			" AND channel = 'email'",
			RD_NO_ARGS, 0, &later_ms, err));
		if (later_ms)
			due_later(claim, later_ms);
	}
	return RD_OK;
}

enum rd_rc rd_queue_claim(struct rd_db *db, int64_t run, int64_t now_ms, size_t max,
	int64_t text_pause_ms, struct rd_arena *arena, struct rd_claimed **ret_items, size_t *ret_n,
	int64_t *ret_next_ms, struct rd_err *err)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	struct claim claim = {
		.arena = arena,
		.run = run,
		.now_ms = now_ms,
		.items = { .bytes_each = sizeof(struct rd_claimed) },
	};
	int64_t waiting = 0;

	/* An idle poll must not queue for the writer's lock. */
	RD_TRY(rd_sql_int(db, "SELECT 1 FROM message WHERE state = 'waiting' LIMIT 1", RD_NO_ARGS,
		0, &waiting, err));
	if (waiting) {
		RD_TRY(rd_tx_begin(db, &tx, err));
		claim.tx = tx;
		RD_TRY(claim_all(
			&claim, max < RD_CLAIM_MAX ? max : RD_CLAIM_MAX, text_pause_ms, err));
		if (claim.items.n) {
			rd_tx_set_step(tx, RD_STEP_CLAIM);
			RD_TRY(rd_tx_commit(&tx, err));
		}
	}
	*ret_items = claim.items.items;
	*ret_n = claim.items.n;
	*ret_next_ms = claim.items.n ? 0 : claim.next_ms;
	return RD_OK;
}

static enum rd_rc was_not_claimed(struct rd_tx *tx, int64_t message_id, struct rd_err *err)
{
	int64_t done = 0;

	RD_TRY(rd_sql_int(rd_tx_db(tx), "SELECT state = 'done' FROM message WHERE id = ?1",
		RD_ARGS(rd_int(message_id)), -1, &done, err));
	if (done < 0)
		return rd_fail(
			err, RD_E_MISSING, "there is no message %lld", (long long)message_id);
	if (done)
		return rd_fail(err, RD_E_EXISTS, "message %lld has its fate already",
			(long long)message_id);
	return rd_fail(err, RD_E_REFUSED, "message %lld was not claimed", (long long)message_id);
}

enum rd_rc rd_queue_give_back(
	struct rd_tx *tx, int64_t message_id, int64_t not_before_ms, struct rd_err *err)
{
	int64_t changes = 0;

	RD_TRY(rd_sql_change(tx,
		"UPDATE message SET state = 'waiting', claim_run = NULL, not_before_ms = ?2,"
		" attempts = CASE WHEN attempts > 0 THEN attempts - 1 ELSE 0 END"
		" WHERE id = ?1 AND state = 'claimed'",
		RD_ARGS(rd_int(message_id), rd_int(not_before_ms)), &changes, err));
	return changes ? RD_OK : was_not_claimed(tx, message_id, err);
}

enum rd_rc rd_queue_record_death(struct rd_tx *tx, int64_t message_id, const char *detail,
	int *ret_attempts, struct rd_err *err)
{
	int64_t changes = 0, attempts = 0;

	RD_TRY(rd_sql_change(tx,
		"UPDATE message SET deaths = deaths + 1, trouble = ?2,"
		" state = CASE WHEN attempts < ?3 THEN 'waiting' ELSE state END,"
		" claim_run = CASE WHEN attempts < ?3 THEN NULL ELSE claim_run END"
		" WHERE id = ?1 AND state = 'claimed'",
		RD_ARGS(rd_int(message_id), rd_text(detail), rd_int(RD_ATTEMPTS_MAX)), &changes,
		err));
	if (!changes)
		return was_not_claimed(tx, message_id, err);
	RD_TRY(rd_sql_int(rd_tx_db(tx), "SELECT attempts FROM message WHERE id = ?1",
		RD_ARGS(rd_int(message_id)), 0, &attempts, err));
	*ret_attempts = (int)attempts;
	return RD_OK;
}

enum rd_rc rd_queue_finish(struct rd_tx *tx, int64_t message_id, const struct rd_fate *fate,
	int64_t now_ms, struct rd_err *err)
{
	bool on_case = fate->kind == RD_FATE_OPENED || fate->kind == RD_FATE_JOINED;
	int64_t changes = 0;

	if (fate->kind == RD_FATE_NONE || (on_case && !fate->case_id))
		return rd_fail(err, RD_E_BUG, "message %lld would be finished without a fate",
			(long long)message_id);
	RD_TRY(rd_sql_change(tx,
		"UPDATE message SET state = 'done', claim_run = NULL, fate = ?2, fate_detail = ?3,"
		" case_id = ?4, duplicate_of = ?5, quarantined = ?6, finished_ms = ?7"
		" WHERE id = ?1 AND state = 'claimed'",
		RD_ARGS(rd_int(message_id), rd_text(rd_fate_names[fate->kind]),
			rd_text(fate->detail), rd_int_or_null(fate->case_id),
			rd_int_or_null(fate->duplicate_of), rd_int(fate->quarantined),
			rd_int(now_ms)),
		&changes, err));
	if (!changes)
		return was_not_claimed(tx, message_id, err);
	rd_tx_set_step(tx, RD_STEP_CASE);
	if (!on_case)
		return RD_OK;
	RD_TRY(rd_sql_change(tx,
		"INSERT INTO case_message (case_id, message_id, at_ms) VALUES (?1, ?2, ?3)"
		" ON CONFLICT (case_id, message_id) DO NOTHING",
		RD_ARGS(rd_int(fate->case_id), rd_int(message_id), rd_int(now_ms)), NULL, err));
	return rd_sql_change(tx,
		"UPDATE case_file SET active_ms = ?2 WHERE id = ?1 AND active_ms < ?2",
		RD_ARGS(rd_int(fate->case_id), rd_int(now_ms)), NULL, err);
}

/* --- looking --- */

#define ROW_COLUMNS                                                                                \
	"SELECT m.id, m.source_id, s.name, m.landlord, m.channel, m.received_ms,"                  \
	" m.first_seen_ms, m.finished_ms, m.size_bytes, m.cut, m.quarantined, m.state,"            \
	" m.attempts, COALESCE(m.fate, ''), m.case_id, m.duplicate_of, m.fate_detail, m.trouble,"  \
	" m.uid, m.name, m.provider_id FROM message m JOIN source s ON s.id = m.source_id"

static enum rd_rc read_row(
	const struct rd_rows *rows, struct rd_arena *arena, void *item, struct rd_err *err)
{
	struct rd_message_row *row = item;
	int channel = 0, fate = 0;

	RD_TRY(rd_rows_word(rows, 4, channels, &channel, err));
	RD_TRY(rd_rows_word(rows, 13, rd_fate_names, &fate, err));
	*row = (struct rd_message_row){
		.id = rd_rows_int(rows, 0),
		.source_id = rd_rows_int(rows, 1),
		.source = rd_rows_text(rows, 2, arena),
		.landlord = rd_rows_text(rows, 3, arena),
		.channel = (enum rd_channel)channel,
		.received_ms = rd_rows_int(rows, 5),
		.first_seen_ms = rd_rows_int(rows, 6),
		.finished_ms = rd_rows_int(rows, 7),
		.size_bytes = (uint64_t)rd_rows_int(rows, 8),
		.cut = rd_rows_int(rows, 9) != 0,
		.quarantined = rd_rows_int(rows, 10) != 0,
		.state = rd_rows_text(rows, 11, arena),
		.attempts = (int)rd_rows_int(rows, 12),
		.fate = {
			.kind = (enum rd_fate_kind)fate,
			.case_id = rd_rows_int(rows, 14),
			.duplicate_of = rd_rows_int(rows, 15),
			.detail = rd_rows_text(rows, 16, arena),
			.quarantined = rd_rows_int(rows, 10) != 0,
		},
		.trouble = rd_rows_text(rows, 17, arena),
		.uid = (uint32_t)rd_rows_int(rows, 18),
		.name = rd_rows_text(rows, 19, arena),
		.provider_id = rd_rows_text(rows, 20, arena),
	};
	return rd_arena_check(arena, err);
}

enum rd_rc rd_queue_show(struct rd_db *db, int64_t message_id, struct rd_arena *arena,
	struct rd_message_row *ret_row, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
	bool more = false;

	RD_TRY(rd_sql_query(
		db, ROW_COLUMNS " WHERE m.id = ?1", RD_ARGS(rd_int(message_id)), &rows, err));
	RD_TRY(rd_rows_next(&rows, &more, err));
	if (!more)
		return rd_fail(
			err, RD_E_MISSING, "there is no message %lld", (long long)message_id);
	return read_row(&rows, arena, ret_row, err);
}

enum rd_rc rd_queue_list(struct rd_db *db, enum rd_fate_kind fate, size_t max,
	struct rd_arena *arena, struct rd_message_row **ret_rows, size_t *ret_n, struct rd_err *err)
{
	struct rd_list list = { .bytes_each = sizeof(struct rd_message_row) };

	RD_TRY(rd_sql_list(db,
		ROW_COLUMNS " WHERE m.state <> 'storing' AND (?1 = '' OR m.fate = ?1)"
			    " ORDER BY m.id DESC LIMIT ?2",
		RD_ARGS(rd_text(rd_fate_names[fate]), rd_int((int64_t)max)), read_row, arena, &list,
		err));
	*ret_rows = list.items;
	*ret_n = list.n;
	return RD_OK;
}

enum rd_rc rd_queue_counts(struct rd_db *db, int64_t *ret_waiting, int64_t *ret_claimed,
	int64_t *ret_oldest_ms, struct rd_err *err)
{
	int64_t waiting = 0, claimed = 0, oldest_ms = 0;

	RD_TRY(rd_sql_int(db, "SELECT count(*) FROM message WHERE state = 'waiting'", RD_NO_ARGS, 0,
		&waiting, err));
	RD_TRY(rd_sql_int(db, "SELECT count(*) FROM message WHERE state = 'claimed'", RD_NO_ARGS, 0,
		&claimed, err));
	RD_TRY(rd_sql_int(db, "SELECT min(first_seen_ms) FROM message WHERE state = 'waiting'",
		RD_NO_ARGS, 0, &oldest_ms, err));
	*ret_waiting = waiting;
	*ret_claimed = claimed;
	*ret_oldest_ms = oldest_ms;
	return RD_OK;
}

/* What hangs on a case: links, contacts, messages, notes, clocks. */
#include "redress/store/casebook.h"

#include <string.h>
#include "redress/store/sql.h"

const char *const rd_link_names[3] = { "related", "grew", NULL };

/* --- links --- */

/* What a person has lifted stays lifted: no new danger was told. */
static enum rd_rc hold_by_link(
	struct rd_tx *tx, int64_t case_id, int64_t other_id, int64_t now_ms, struct rd_err *err)
{
	int64_t n = 0;

	RD_TRY(rd_sql_change(tx,
		"UPDATE case_file SET held = 1, held_ms = ?3 WHERE id IN (?1, ?2) AND held = 0"
		" AND hold_lifted_ms IS NULL"
		" AND EXISTS (SELECT 1 FROM case_file h WHERE h.id IN (?1, ?2) AND h.held = 1)",
		RD_ARGS(rd_int(case_id), rd_int(other_id), rd_int(now_ms)), &n, err));
	return n > 0 ? rd_case_hold_letters(tx, err) : RD_OK;
}

enum rd_rc rd_case_link(struct rd_tx *tx, int64_t case_id, int64_t other_id, enum rd_link how,
	int64_t now_ms, struct rd_err *err)
{
	int64_t there = 0;

	if (case_id == other_id)
		return rd_fail(err, RD_E_REFUSED, "a case cannot be linked to itself");
	RD_TRY(rd_sql_int(rd_tx_db(tx), "SELECT count(*) FROM case_file WHERE id IN (?1, ?2)",
		RD_ARGS(rd_int(case_id), rd_int(other_id)), 0, &there, err));
	if (there != 2)
		return rd_fail(err, RD_E_MISSING, "case %lld or %lld does not exist",
			(long long)case_id, (long long)other_id);
	RD_TRY(rd_sql_change(tx,
		"INSERT INTO case_link (case_id, other_id, how, at_ms) VALUES (?1, ?2, ?3, ?4)"
		" ON CONFLICT (case_id, other_id) DO UPDATE SET how = excluded.how"
		" WHERE excluded.how = 'grew'",
		RD_ARGS(rd_int(case_id), rd_int(other_id), rd_text(rd_link_names[how]),
			rd_int(now_ms)),
		NULL, err));
	return hold_by_link(tx, case_id, other_id, now_ms, err);
}

static enum rd_rc read_link(
	const struct rd_rows *rows, struct rd_arena *arena, void *item, struct rd_err *err)
{
	int how = 0;

	(void)arena;
	RD_TRY(rd_rows_word(rows, 1, rd_link_names, &how, err));
	*(struct rd_case_linked *)item = (struct rd_case_linked){
		.id = rd_rows_int(rows, 0),
		.how = (enum rd_link)how,
		.from_here = rd_rows_int(rows, 2) != 0,
	};
	return RD_OK;
}

enum rd_rc rd_case_links(struct rd_db *db, int64_t case_id, struct rd_arena *arena,
	struct rd_case_linked **ret_links, size_t *ret_n, struct rd_err *err)
{
	struct rd_list list = { .bytes_each = sizeof(struct rd_case_linked) };

	RD_TRY(rd_sql_list(db,
		"SELECT other_id, how, 1 FROM case_link WHERE case_id = ?1 UNION ALL"
		" SELECT case_id, how, 0 FROM case_link WHERE other_id = ?1 ORDER BY 1",
		RD_ARGS(rd_int(case_id)), read_link, arena, &list, err));
	*ret_links = list.items;
	*ret_n = list.n;
	return RD_OK;
}

/* --- contacts --- */

enum rd_rc rd_case_add_contact(struct rd_tx *tx, int64_t case_id,
	const struct rd_case_contact *contact, struct rd_err *err)
{
	uint8_t key[RD_STORE_KEY_BYTES];

	if (!contact->address || !*contact->address)
		return rd_fail(err, RD_E_INPUT, "a contact needs an address or a number");
	rd_store_address_key(rd_db_store(rd_tx_db(tx)), contact->address, key);
	if (contact->main)
		RD_TRY(rd_sql_change(tx,
			"UPDATE case_contact SET is_main = 0 WHERE case_id = ?1 AND is_main = 1",
			RD_ARGS(rd_int(case_id)), NULL, err));
	return rd_sql_change(tx,
		"INSERT INTO case_contact (case_id, channel, address_key, address, name, is_main,"
		" proposed) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (case_id, address_key) "
		"DO UPDATE SET"
		" address = excluded.address, channel = excluded.channel,"
		" name = CASE WHEN excluded.name = '' THEN case_contact.name"
		"  ELSE excluded.name END,"
		" is_main = CASE WHEN excluded.is_main = 1 THEN 1 ELSE case_contact.is_main END,"
		" proposed = CASE WHEN excluded.proposed = 0 THEN 0 ELSE case_contact.proposed END",
		RD_ARGS(rd_int(case_id), rd_text(rd_case_channel_names[contact->channel]),
			rd_blob(key, sizeof key), rd_text(contact->address), rd_text(contact->name),
			rd_int(contact->main), rd_int(contact->proposed)),
		NULL, err);
}

static enum rd_rc read_contact(
	const struct rd_rows *rows, struct rd_arena *arena, void *item, struct rd_err *err)
{
	int channel = 0;

	RD_TRY(rd_rows_word(rows, 0, rd_case_channel_names, &channel, err));
	*(struct rd_case_contact *)item = (struct rd_case_contact){
		.channel = (enum rd_case_channel)channel,
		.address = rd_rows_text(rows, 1, arena),
		.name = rd_rows_text(rows, 2, arena),
		.main = rd_rows_int(rows, 3) != 0,
		.proposed = rd_rows_int(rows, 4) != 0,
	};
	return RD_OK;
}

enum rd_rc rd_case_contacts(struct rd_db *db, int64_t case_id, struct rd_arena *arena,
	struct rd_case_contact **ret_contacts, size_t *ret_n, struct rd_err *err)
{
	struct rd_list list = { .bytes_each = sizeof(struct rd_case_contact) };

	RD_TRY(rd_sql_list(db,
		"SELECT channel, address, name, is_main, proposed FROM case_contact"
		" WHERE case_id = ?1"
		" ORDER BY is_main DESC, id",
		RD_ARGS(rd_int(case_id)), read_contact, arena, &list, err));
	*ret_contacts = list.items;
	*ret_n = list.n;
	return RD_OK;
}

enum rd_rc rd_case_knows(
	struct rd_db *db, int64_t case_id, const char *address, bool *ret_known, struct rd_err *err)
{
	uint8_t key[RD_STORE_KEY_BYTES];
	int64_t known = 0;

	rd_store_address_key(rd_db_store(db), address, key);
	RD_TRY(rd_sql_int(db,
		"SELECT 1 FROM case_contact WHERE case_id = ?1 AND address_key = ?2"
		" AND proposed = 0",
		RD_ARGS(rd_int(case_id), rd_blob(key, sizeof key)), 0, &known, err));
	*ret_known = known != 0;
	return RD_OK;
}

/* --- messages and notes --- */

enum rd_rc rd_case_add_message(
	struct rd_tx *tx, int64_t case_id, int64_t message_id, int64_t now_ms, struct rd_err *err)
{
	RD_TRY(rd_sql_change(tx,
		"INSERT INTO case_message (case_id, message_id, at_ms) VALUES (?1, ?2, ?3)"
		" ON CONFLICT (case_id, message_id) DO NOTHING",
		RD_ARGS(rd_int(case_id), rd_int(message_id), rd_int(now_ms)), NULL, err));
	return rd_sql_change(tx,
		"UPDATE case_file SET active_ms = ?2 WHERE id = ?1 AND active_ms < ?2",
		RD_ARGS(rd_int(case_id), rd_int(now_ms)), NULL, err);
}

enum rd_rc rd_case_messages(struct rd_db *db, int64_t case_id, struct rd_arena *arena,
	int64_t **ret_message_ids, size_t *ret_n, struct rd_err *err)
{
	struct rd_list list = { .bytes_each = sizeof(int64_t) };

	RD_TRY(rd_sql_list(db,
		"SELECT message_id FROM case_message WHERE case_id = ?1 ORDER BY message_id",
		RD_ARGS(rd_int(case_id)), rd_rows_id, arena, &list, err));
	*ret_message_ids = list.items;
	*ret_n = list.n;
	return RD_OK;
}

enum rd_rc rd_case_opener(
	struct rd_db *db, int64_t case_id, int64_t *ret_message_id, struct rd_err *err)
{
	/* One whose own case is another's opened this one when a person decided what it is. */
	return rd_sql_int(db,
		"SELECT min(m.id) FROM case_message cm JOIN message m ON m.id = cm.message_id"
		" WHERE cm.case_id = ?1 AND (m.fate = 'opened' OR m.case_id <> ?1)",
		RD_ARGS(rd_int(case_id)), 0, ret_message_id, err);
}

enum rd_rc rd_case_add_note(struct rd_tx *tx, int64_t case_id, const char *by, const char *text,
	int64_t now_ms, struct rd_err *err)
{
	if (strlen(text) > RD_CASE_NOTE_MAX)
		return rd_fail(
			err, RD_E_RANGE, "a note is at most %u bytes long", RD_CASE_NOTE_MAX);
	return rd_sql_change(tx,
		"INSERT INTO case_note (case_id, at_ms, author, words) VALUES (?1, ?2, ?3, ?4)",
		RD_ARGS(rd_int(case_id), rd_int(now_ms), rd_text(by), rd_text(text)), NULL, err);
}

static enum rd_rc read_note(
	const struct rd_rows *rows, struct rd_arena *arena, void *item, struct rd_err *err)
{
	(void)err;
	*(struct rd_note *)item = (struct rd_note){
		.id = rd_rows_int(rows, 0),
		.at_ms = rd_rows_int(rows, 1),
		.by = rd_rows_text(rows, 2, arena),
		.text = rd_rows_text(rows, 3, arena),
	};
	return RD_OK;
}

enum rd_rc rd_case_notes(struct rd_db *db, int64_t case_id, struct rd_arena *arena,
	struct rd_note **ret_notes, size_t *ret_n, struct rd_err *err)
{
	struct rd_list list = { .bytes_each = sizeof(struct rd_note) };

	RD_TRY(rd_sql_list(db,
		"SELECT id, at_ms, author, words FROM case_note WHERE case_id = ?1 ORDER BY id",
		RD_ARGS(rd_int(case_id)), read_note, arena, &list, err));
	*ret_notes = list.items;
	*ret_n = list.n;
	return RD_OK;
}

/* --- clocks --- */

enum rd_rc rd_case_start_clock(
	struct rd_tx *tx, const struct rd_case_clock *clock, struct rd_err *err)
{
	char starts[RD_DATE_MAX], due[RD_DATE_MAX];
	int64_t inserted = 0;

	if (strlen(clock->name) >= RD_CLOCK_NAME_MAX)
		return rd_fail(err, RD_E_RANGE, "a clock's name is too long");
	RD_TRY(rd_sql_change(tx,
		"INSERT INTO case_clock (case_id, name, starts_on, due_on, due_ms, met_ms, source)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
		RD_ARGS(rd_int(clock->case_id), rd_text(clock->name), rd_day(clock->starts, starts),
			rd_day(clock->due, due), rd_int_or_null(clock->due_ms),
			rd_int_or_null(clock->met_ms), rd_text(clock->source)),
		&inserted, err));
	if (!inserted)
		return rd_fail(err, RD_E_EXISTS, "the clock %s of case %lld runs already",
			clock->name, (long long)clock->case_id);
	return RD_OK;
}

enum rd_rc rd_case_meet_clock(
	struct rd_tx *tx, int64_t case_id, const char *name, int64_t at_ms, struct rd_err *err)
{
	int64_t changes = 0;

	RD_TRY(rd_sql_change(tx,
		"UPDATE case_clock SET met_ms = CASE WHEN met_ms IS NULL OR met_ms > ?3 THEN ?3"
		" ELSE met_ms END WHERE case_id = ?1 AND name = ?2 AND cancelled_ms IS NULL",
		RD_ARGS(rd_int(case_id), rd_text(name), rd_int(at_ms)), &changes, err));
	if (!changes)
		return rd_fail(err, RD_E_MISSING, "no clock %s runs on case %lld", name,
			(long long)case_id);
	return RD_OK;
}

enum rd_rc rd_case_cancel_clock(
	struct rd_tx *tx, int64_t case_id, const char *name, int64_t now_ms, struct rd_err *err)
{
	return rd_sql_change(tx,
		"UPDATE case_clock SET cancelled_ms = ?3 WHERE case_id = ?1 AND met_ms IS NULL"
		" AND cancelled_ms IS NULL AND (?2 IS NULL OR name = ?2)",
		RD_ARGS(rd_int(case_id), name ? rd_text(name) : rd_null(), rd_int(now_ms)), NULL,
		err);
}

enum rd_rc rd_case_retire_clock(
	struct rd_tx *tx, int64_t case_id, const char *name, int64_t now_ms, struct rd_err *err)
{
	return rd_sql_change(tx,
		"UPDATE case_clock SET cancelled_ms = ?3 WHERE case_id = ?1 AND name = ?2"
		" AND met_ms IS NOT NULL AND cancelled_ms IS NULL",
		RD_ARGS(rd_int(case_id), rd_text(name), rd_int(now_ms)), NULL, err);
}

enum rd_rc rd_case_restart_clocks(
	struct rd_tx *tx, int64_t case_id, int64_t cancelled_ms, struct rd_err *err)
{
	/* The latest of a name: an earlier one was overtaken before the case was closed. */
	return rd_sql_change(tx,
		"UPDATE case_clock SET cancelled_ms = NULL WHERE id IN (SELECT max(k.id)"
		"  FROM case_clock k WHERE k.case_id = ?1 AND k.cancelled_ms = ?2"
		"  AND k.met_ms IS NULL AND k.name <> 'case.close' AND NOT EXISTS (SELECT 1"
		"   FROM case_clock r WHERE r.case_id = ?1 AND r.name = k.name"
		"   AND r.cancelled_ms IS NULL) GROUP BY k.name)",
		RD_ARGS(rd_int(case_id), rd_int(cancelled_ms)), NULL, err);
}

static enum rd_rc read_clock(
	const struct rd_rows *rows, struct rd_arena *arena, void *item, struct rd_err *err)
{
	struct rd_case_clock *clock = item;

	RD_TRY(rd_rows_day(rows, 2, &clock->starts, err));
	RD_TRY(rd_rows_day(rows, 3, &clock->due, err));
	clock->case_id = rd_rows_int(rows, 0);
	clock->name = rd_rows_text(rows, 1, arena);
	clock->due_ms = rd_rows_int(rows, 4);
	clock->met_ms = rd_rows_int(rows, 5);
	clock->cancelled_ms = rd_rows_int(rows, 6);
	clock->source = rd_rows_text(rows, 7, arena);
	return RD_OK;
}

static enum rd_rc list_clocks(struct rd_db *db, const char *sql, const struct rd_arg *args,
	size_t n_args, struct rd_arena *arena, struct rd_case_clock **ret_clocks, size_t *ret_n,
	struct rd_err *err)
{
	struct rd_list list = { .bytes_each = sizeof(struct rd_case_clock) };

	RD_TRY(rd_sql_list(db, sql, args, n_args, read_clock, arena, &list, err));
	*ret_clocks = list.items;
	*ret_n = list.n;
	return RD_OK;
}

#define CLOCK_COLUMNS                                                                              \
	"SELECT k.case_id, k.name, k.starts_on, k.due_on, k.due_ms, k.met_ms, k.cancelled_ms,"     \
	" k.source FROM case_clock k"

enum rd_rc rd_case_clocks(struct rd_db *db, int64_t case_id, struct rd_arena *arena,
	struct rd_case_clock **ret_clocks, size_t *ret_n, struct rd_err *err)
{
	return list_clocks(db,
		CLOCK_COLUMNS " WHERE k.case_id = ?1 AND k.cancelled_ms IS NULL ORDER BY k.id",
		RD_ARGS(rd_int(case_id)), arena, ret_clocks, ret_n, err);
}

enum rd_rc rd_case_clocks_all(struct rd_db *db, int64_t case_id, struct rd_arena *arena,
	struct rd_case_clock **ret_clocks, size_t *ret_n, struct rd_err *err)
{
	return list_clocks(db, CLOCK_COLUMNS " WHERE k.case_id = ?1 ORDER BY k.id",
		RD_ARGS(rd_int(case_id)), arena, ret_clocks, ret_n, err);
}

enum rd_rc rd_case_clocks_due(struct rd_db *db, const char *name, struct rd_date by,
	struct rd_arena *arena, struct rd_case_clock **ret_clocks, size_t *ret_n,
	struct rd_err *err)
{
	char day[RD_DATE_MAX];

	return list_clocks(db,
		CLOCK_COLUMNS " JOIN case_file c ON c.id = k.case_id WHERE k.met_ms IS NULL"
			      " AND k.cancelled_ms IS NULL AND k.due_on <= ?1"
			      " AND c.status <> 'closed' AND (?2 IS NULL OR k.name = ?2)"
			      " ORDER BY k.due_on, COALESCE(k.due_ms, 0), k.id",
		RD_ARGS(rd_text(rd_date_format(by, day)), name ? rd_text(name) : rd_null()), arena,
		ret_clocks, ret_n, err);
}

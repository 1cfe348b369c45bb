#include "redress/store/casebook.h"

#include <stdlib.h>
#include <string.h>
#include "redress/store/backup.h"
#include "redress/store/sql.h"

const char *const rd_case_channel_names[7] = { "email", "sms", "phone", "letter", "in_person",
	"other", NULL };

/* --- opening --- */

static enum rd_rc add_tags(struct rd_tx *tx, int64_t case_id, const char *what,
	const char *const *values, size_t n, struct rd_err *err)
{
	int64_t place = 0;

	RD_TRY(rd_sql_int(rd_tx_db(tx),
		"SELECT count(*) FROM case_tag WHERE case_id = ?1 AND what = ?2",
		RD_ARGS(rd_int(case_id), rd_text(what)), 0, &place, err));
	for (size_t i = 0; i < n; i++) {
		int64_t inserted = 0;

		if (place >= RD_CASE_TAGS_MAX)
			return rd_fail(err, RD_E_RANGE,
				"a case can have at most %d of one kind "
				"of tag",
				RD_CASE_TAGS_MAX);
		RD_TRY(rd_sql_change(tx,
			"INSERT INTO case_tag (case_id, what, value, place) VALUES (?1, ?2, ?3, ?4)"
			" ON CONFLICT (case_id, what, value) DO NOTHING",
			RD_ARGS(rd_int(case_id), rd_text(what), rd_text(values[i]), rd_int(place)),
			&inserted, err));
		place += inserted;
	}
	return RD_OK;
}

enum rd_rc rd_case_add_flags(
	struct rd_tx *tx, int64_t case_id, const bool flags[static RD_N_FLAGS], struct rd_err *err)
{
	for (int i = 0; i < RD_N_FLAGS; i++)
		if (flags[i])
			RD_TRY(add_tags(tx, case_id, "flag", &rd_flag_names[i], 1, err));
	return RD_OK;
}

enum rd_rc rd_case_add_topics(
	struct rd_tx *tx, int64_t case_id, const char *const *topics, size_t n, struct rd_err *err)
{
	return add_tags(tx, case_id, "topic", topics, n, err);
}

enum rd_rc rd_case_add_marks(
	struct rd_tx *tx, int64_t case_id, const char *const *marks, size_t n, struct rd_err *err)
{
	return add_tags(tx, case_id, "mark", marks, n, err);
}

enum rd_rc rd_case_open(struct rd_tx *tx, const struct rd_case_new *new_case, int64_t *ret_case_id,
	struct rd_err *err)
{
	int64_t last = 0, least = 0;

	if (new_case->status != RD_STATUS_REVIEW && new_case->status != RD_STATUS_OPEN)
		return rd_fail(err, RD_E_REFUSED, "a case begins open or under review");
	/* Writers are one after another, so the next number is free. */
	RD_TRY(rd_sql_int(rd_tx_db(tx), "SELECT max(id) FROM case_file", RD_NO_ARGS,
		RD_CASE_FIRST - 1, &last, err));
	RD_TRY(rd_meta_get_int(rd_tx_db(tx), RD_META_CASE_LEAST, &least, err));
	int64_t id = last + 1 > least ? last + 1 : least;
	RD_TRY(rd_sql_change(tx,
		"INSERT INTO case_file (id, landlord, kind, stage, status, channel, received_ms,"
		" opened_ms, active_ms, complaint_total)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9)",
		RD_ARGS(rd_int(id), rd_text(new_case->landlord),
			rd_text(rd_kind_names[new_case->kind]),
			rd_text(rd_stage_names[new_case->stage]),
			rd_text(rd_status_names[new_case->status]),
			rd_text(rd_case_channel_names[new_case->channel]),
			rd_int(new_case->received_ms), rd_int(new_case->opened_ms),
			rd_real(new_case->complaint_total)),
		NULL, err));
	RD_TRY(rd_sql_change(tx,
		"INSERT INTO case_words (case_id, subject, outcome) VALUES (?1, ?2, ?3)",
		RD_ARGS(rd_int(id), rd_text(new_case->subject), rd_text(new_case->outcome)), NULL,
		err));
	if (new_case->flags)
		RD_TRY(rd_case_add_flags(tx, id, new_case->flags, err));
	RD_TRY(rd_case_add_topics(tx, id, new_case->topics, new_case->n_topics, err));
	RD_TRY(rd_case_add_marks(tx, id, new_case->marks, new_case->n_marks, err));
	if (new_case->address && *new_case->address) {
		struct rd_case_contact contact = {
			.channel = new_case->channel,
			.address = new_case->address,
			.name = new_case->name,
			.main = true,
			.proposed = new_case->proposed,
		};
		RD_TRY(rd_case_add_contact(tx, id, &contact, err));
	}
	rd_tx_set_step(tx, RD_STEP_CASE);
	*ret_case_id = id;
	return RD_OK;
}

/* --- reading --- */

#define CASE_COLUMNS                                                                               \
	"SELECT c.id, c.landlord, c.kind, c.stage, c.status, c.channel, k.address, k.name,"        \
	" c.received_ms, c.opened_ms, c.answered_ms, c.closed_ms, c.acknowledged_ms,"              \
	" c.complaint_total, c.handler, c.held, c.hold_lifted_by, w.subject, w.outcome,"           \
	" w.definition, w.closed_why, w.hold_lifted_why,"                                          \
	" (SELECT count(*) FROM case_message cm WHERE cm.case_id = c.id), k.proposed"              \
	" FROM case_file c LEFT JOIN case_words w ON w.case_id = c.id"                             \
	" LEFT JOIN case_contact k ON k.case_id = c.id AND k.is_main = 1"

static enum rd_rc read_tags(
	struct rd_db *db, struct rd_arena *arena, struct rd_case *found, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
	struct rd_list topics = { .bytes_each = sizeof(const char *) };
	struct rd_list marks = { .bytes_each = sizeof(const char *) };

	RD_TRY(rd_sql_query(db,
		"SELECT what, value FROM case_tag WHERE case_id = ?1 ORDER BY what, place",
		RD_ARGS(rd_int(found->id)), &rows, err));
	for (;;) {
		enum rd_flag flag;
		void *slot = NULL;
		bool more = false;

		RD_TRY(rd_rows_next(&rows, &more, err));
		if (!more)
			break;
		const char *what = rd_rows_borrow(&rows, 0);
		if (*what == 'f') {
			if (rd_flag_parse(rd_rows_borrow(&rows, 1), &flag))
				found->flags[flag] = true;
			continue;
		}
		RD_TRY(rd_list_grow(*what == 't' ? &topics : &marks, arena, &slot, err));
		*(const char **)slot = rd_rows_text(&rows, 1, arena);
	}
	found->topics = topics.items;
	found->n_topics = topics.n;
	found->marks = marks.items;
	found->n_marks = marks.n;
	return rd_arena_check(arena, err);
}

enum rd_rc rd_case_rules_topics(struct rd_db *db, const struct rd_case *file,
	struct rd_arena *arena, const char ***ret_topics, size_t *ret_n, struct rd_err *err)
{
	const char **topics = rd_arena_array(arena, file->n_topics + 1, sizeof *topics);
	size_t n = 0;

	for (size_t i = 0; i < file->n_topics && topics != NULL; i++) {
		int64_t found = 0;

		RD_TRY(rd_sql_int(db,
			"SELECT 1 FROM ruleset_file f WHERE instr(CAST(f.bytes AS TEXT) || "
			"char(10),"
			" 'Topic: ' || ?1 || char(10)) > 0 LIMIT 1",
			RD_ARGS(rd_text(file->topics[i])), 0, &found, err));
		if (found)
			topics[n++] = file->topics[i];
	}
	*ret_topics = topics;
	*ret_n = n;
	return rd_arena_check(arena, err);
}

static enum rd_rc read_case(
	const struct rd_rows *rows, struct rd_arena *arena, void *item, struct rd_err *err)
{
	struct rd_case *into = item;
	int kind = 0, stage = 0, status = 0, channel = 0;

	RD_TRY(rd_rows_word(rows, 2, rd_kind_names, &kind, err));
	RD_TRY(rd_rows_word(rows, 3, rd_stage_names, &stage, err));
	RD_TRY(rd_rows_word(rows, 4, rd_status_names, &status, err));
	RD_TRY(rd_rows_word(rows, 5, rd_case_channel_names, &channel, err));
	*into = (struct rd_case){
		.id = rd_rows_int(rows, 0),
		.landlord = rd_rows_text(rows, 1, arena),
		.kind = (enum rd_kind)kind,
		.stage = (enum rd_stage)stage,
		.status = (enum rd_case_status)status,
		.channel = (enum rd_case_channel)channel,
		.contact = rd_rows_text(rows, 6, arena),
		.contact_name = rd_rows_text(rows, 7, arena),
		.received_ms = rd_rows_int(rows, 8),
		.opened_ms = rd_rows_int(rows, 9),
		.answered_ms = rd_rows_int(rows, 10),
		.closed_ms = rd_rows_int(rows, 11),
		.acknowledged_ms = rd_rows_int(rows, 12),
		.complaint_total = rd_rows_real(rows, 13),
		.handler = rd_rows_text(rows, 14, arena),
		.held = rd_rows_int(rows, 15) != 0,
		.hold_lifted_by = rd_rows_text(rows, 16, arena),
		.subject = rd_rows_text(rows, 17, arena),
		.outcome = rd_rows_text(rows, 18, arena),
		.definition = rd_rows_text(rows, 19, arena),
		.closed_why = rd_rows_text(rows, 20, arena),
		.hold_lifted_why = rd_rows_text(rows, 21, arena),
		.n_messages = rd_rows_int(rows, 22),
		.contact_proposed = rd_rows_int(rows, 23) != 0,
	};
	rd_reference_format(
		into->id, rd_store_key(rd_db_store(rows->db), RD_KEY_REFERENCE), into->reference);
	return read_tags(rows->db, arena, into, err);
}

static enum rd_rc no_case(int64_t case_id, struct rd_err *err)
{
	return rd_fail(err, RD_E_MISSING, "there is no case %lld", (long long)case_id);
}

enum rd_rc rd_case_get(struct rd_db *db, int64_t case_id, struct rd_arena *arena,
	struct rd_case *ret_case, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
	struct rd_case found;
	bool more = false;

	RD_TRY(rd_sql_query(
		db, CASE_COLUMNS " WHERE c.id = ?1", RD_ARGS(rd_int(case_id)), &rows, err));
	RD_TRY(rd_rows_next(&rows, &more, err));
	if (!more)
		return no_case(case_id, err);
	RD_TRY(read_case(&rows, arena, &found, err));
	*ret_case = found;
	return RD_OK;
}

static enum rd_rc must_exist(struct rd_db *db, int64_t case_id, struct rd_err *err)
{
	int64_t exists = 0;

	RD_TRY(rd_sql_int(db, "SELECT 1 FROM case_file WHERE id = ?1", RD_ARGS(rd_int(case_id)), 0,
		&exists, err));
	return exists ? RD_OK : no_case(case_id, err);
}

enum rd_rc rd_case_by_reference(struct rd_db *db, const char *reference, bool bare_ok,
	int64_t *ret_case_id, struct rd_err *err)
{
	struct rd_found_reference found[RD_REFERENCES_FOUND_MAX];
	size_t len = strlen(reference);
	int64_t id = 0;

	if (bare_ok) {
		size_t from = strncasecmp(reference, "RD", 2) == 0 ? 2 : 0;
		size_t digits = strspn(reference + from, "0123456789");
		if (digits >= 6 && digits <= 15 && reference[from + digits] == '\0') {
			id = strtoll(reference + from, NULL, 10);
			RD_TRY(must_exist(db, id, err));
			*ret_case_id = id;
			return RD_OK;
		}
	}
	if (rd_references_find(reference, len, found) != 1)
		return rd_fail(
			err, RD_E_INPUT, "this is not a reference; one reads like RD123456-K7QF");
	if (!rd_reference_right(&found[0], rd_store_key(rd_db_store(db), RD_KEY_REFERENCE)))
		return rd_fail(err, RD_E_INPUT,
			"the four characters behind the hyphen do not belong to case %lld; look at "
			"the letter again",
			(long long)found[0].number);
	RD_TRY(must_exist(db, found[0].number, err));
	*ret_case_id = found[0].number;
	return RD_OK;
}

enum rd_rc rd_case_list(struct rd_db *db, const struct rd_case_filter *filter,
	struct rd_arena *arena, struct rd_case **ret_cases, size_t *ret_n, struct rd_err *err)
{
	static const struct rd_case_filter none = { 0 };
	const struct rd_case_filter *f = filter ? filter : &none;
	struct rd_list list = { .bytes_each = sizeof(struct rd_case) };
	uint8_t key[RD_STORE_KEY_BYTES];

	if (f->address)
		rd_store_address_key(rd_db_store(db), f->address, key);
	RD_TRY(rd_sql_list(db,
		CASE_COLUMNS
		" WHERE (?1 IS NULL OR c.landlord = ?1) AND (?2 IS NULL OR c.kind = ?2)"
		" AND (?3 IS NULL OR c.stage = ?3) AND (?4 IS NULL OR c.status = ?4)"
		" AND (?5 = 0 OR c.status <> 'closed') AND (?6 = 0 OR c.opened_ms >= ?6)"
		" AND (?7 = 0 OR c.opened_ms < ?7) AND (?8 IS NULL OR EXISTS (SELECT 1"
		"  FROM case_contact x WHERE x.case_id = c.id AND x.address_key = ?8))"
		" AND c.id > ?10 ORDER BY c.id LIMIT ?9",
		RD_ARGS(f->landlord ? rd_text(f->landlord) : rd_null(),
			f->kind ? rd_text(rd_kind_names[*f->kind]) : rd_null(),
			f->stage ? rd_text(rd_stage_names[*f->stage]) : rd_null(),
			f->status ? rd_text(rd_status_names[*f->status]) : rd_null(),
			rd_int(f->not_closed), rd_int(f->opened_from_ms),
			rd_int(f->opened_before_ms),
			f->address ? rd_blob(key, sizeof key) : rd_null(),
			rd_int(f->max ? (int64_t)f->max : RD_STORE_ROWS_MAX + 1),
			rd_int(f->after_id)),
		read_case, arena, &list, err));
	*ret_cases = list.items;
	*ret_n = list.n;
	return RD_OK;
}

enum rd_rc rd_case_find_only_open(struct rd_db *db, const char *landlord, const char *address,
	int64_t since_ms, int64_t *ret_case_id, size_t *ret_n, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
	uint8_t key[RD_STORE_KEY_BYTES];
	int64_t id = 0;
	size_t n = 0;

	rd_store_address_key(rd_db_store(db), address, key);
	RD_TRY(rd_sql_query(db,
		"SELECT c.id FROM case_contact k JOIN case_file c ON c.id = k.case_id"
		" WHERE k.address_key = ?1 AND c.status <> 'closed' AND c.active_ms >= ?2"
		" AND c.landlord = ?3",
		RD_ARGS(rd_blob(key, sizeof key), rd_int(since_ms), rd_text(landlord)), &rows,
		err));
	for (bool more = true;; n++) {
		RD_TRY(rd_rows_next(&rows, &more, err));
		if (!more)
			break;
		id = rd_rows_int(&rows, 0);
	}
	*ret_case_id = n == 1 ? id : 0;
	*ret_n = n;
	return RD_OK;
}

/* --- changes --- */

enum rd_rc rd_case_set_status(struct rd_tx *tx, int64_t case_id, enum rd_case_status status,
	const char *why, int64_t now_ms, struct rd_err *err)
{
	static const bool allowed[RD_N_STATUSES][RD_N_STATUSES] = {
		[RD_STATUS_REVIEW] = { [RD_STATUS_OPEN] = true, [RD_STATUS_CLOSED] = true },
		[RD_STATUS_OPEN] = { [RD_STATUS_REVIEW] = true,
			[RD_STATUS_ANSWERED] = true,
			[RD_STATUS_CLOSED] = true },
		[RD_STATUS_ANSWERED] = { [RD_STATUS_OPEN] = true,
			[RD_STATUS_REVIEW] = true,
			[RD_STATUS_CLOSED] = true },
		[RD_STATUS_CLOSED] = { [RD_STATUS_OPEN] = true },
	};
	struct rd_db *db = rd_tx_db(tx);
	int from = 0;

	{
		RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
		bool more = false;
		RD_TRY(rd_sql_query(db, "SELECT status FROM case_file WHERE id = ?1",
			RD_ARGS(rd_int(case_id)), &rows, err));
		RD_TRY(rd_rows_next(&rows, &more, err));
		if (!more)
			return no_case(case_id, err);
		RD_TRY(rd_rows_word(&rows, 0, rd_status_names, &from, err));
	}
	if (!allowed[from][status])
		return rd_fail(err, RD_E_REFUSED, "case %lld is %s%s and cannot become %s",
			(long long)case_id, from == RD_STATUS_REVIEW ? "under " : "",
			rd_status_names[from], rd_status_names[status]);
	RD_TRY(rd_sql_change(tx,
		"UPDATE case_file SET status = ?2,"
		" closed_ms = CASE WHEN ?2 = 'closed' THEN ?3 ELSE NULL END,"
		" answered_ms = CASE WHEN ?2 = 'answered' THEN ?3 ELSE answered_ms END,"
		" active_ms = CASE WHEN active_ms < ?3 THEN ?3 ELSE active_ms END WHERE id = ?1",
		RD_ARGS(rd_int(case_id), rd_text(rd_status_names[status]), rd_int(now_ms)), NULL,
		err));
	return rd_sql_change(tx, "UPDATE case_words SET closed_why = ?2 WHERE case_id = ?1",
		RD_ARGS(rd_int(case_id), rd_text(status == RD_STATUS_CLOSED ? why : "")), NULL,
		err);
}

static enum rd_rc changed_one(int64_t changes, int64_t case_id, struct rd_err *err)
{
	return changes ? RD_OK : no_case(case_id, err);
}

enum rd_rc rd_case_set_kind(struct rd_tx *tx, int64_t case_id, enum rd_kind kind,
	enum rd_stage stage, struct rd_err *err)
{
	int64_t changes = 0;

	RD_TRY(rd_sql_change(tx, "UPDATE case_file SET kind = ?2, stage = ?3 WHERE id = ?1",
		RD_ARGS(rd_int(case_id), rd_text(rd_kind_names[kind]),
			rd_text(rd_stage_names[stage])),
		&changes, err));
	return changed_one(changes, case_id, err);
}

enum rd_rc rd_case_set_acknowledged(
	struct rd_tx *tx, int64_t case_id, int64_t at_ms, struct rd_err *err)
{
	int64_t changes = 0;

	RD_TRY(rd_sql_change(tx,
		"UPDATE case_file SET acknowledged_ms = COALESCE(acknowledged_ms, ?2)"
		" WHERE id = ?1",
		RD_ARGS(rd_int(case_id), rd_int(at_ms)), &changes, err));
	return changed_one(changes, case_id, err);
}

enum rd_rc rd_case_set_answered(
	struct rd_tx *tx, int64_t case_id, int64_t at_ms, struct rd_err *err)
{
	return rd_sql_change(tx,
		"UPDATE case_file SET answered_ms = ?2 WHERE id = ?1 AND status = 'answered'",
		RD_ARGS(rd_int(case_id), rd_int(at_ms)), NULL, err);
}

enum rd_rc rd_case_set_definition(
	struct rd_tx *tx, int64_t case_id, const char *definition, struct rd_err *err)
{
	int64_t changes = 0;

	RD_TRY(rd_sql_change(tx, "UPDATE case_words SET definition = ?2 WHERE case_id = ?1",
		RD_ARGS(rd_int(case_id), rd_text(definition)), &changes, err));
	return changed_one(changes, case_id, err);
}

enum rd_rc rd_case_set_outcome(
	struct rd_tx *tx, int64_t case_id, const char *outcome, struct rd_err *err)
{
	int64_t changes = 0;

	RD_TRY(rd_sql_change(tx, "UPDATE case_words SET outcome = ?2 WHERE case_id = ?1",
		RD_ARGS(rd_int(case_id), rd_text(outcome)), &changes, err));
	return changed_one(changes, case_id, err);
}

enum rd_rc rd_case_set_handler(
	struct rd_tx *tx, int64_t case_id, const char *handler, struct rd_err *err)
{
	int64_t changes = 0;

	RD_TRY(rd_sql_change(tx, "UPDATE case_file SET handler = ?2 WHERE id = ?1",
		RD_ARGS(rd_int(case_id), rd_text(handler)), &changes, err));
	return changed_one(changes, case_id, err);
}

/* --- the safeguarding hold --- */

/* UNION, not UNION ALL: links go both ways and may run in a circle. */
#define REACH                                                                                      \
	"WITH RECURSIVE reach (id) AS (SELECT CAST(?1 AS BIGINT) UNION"                            \
	"  SELECT CASE WHEN l.case_id = reach.id THEN l.other_id ELSE l.case_id END"               \
	"  FROM case_link l JOIN reach ON reach.id IN (l.case_id, l.other_id))"

enum rd_rc rd_case_hold(struct rd_tx *tx, int64_t case_id, int64_t now_ms, struct rd_arena *arena,
	int64_t **ret_case_ids, size_t *ret_n, struct rd_err *err)
{
	struct rd_list unheld = { .bytes_each = sizeof(int64_t) };

	RD_TRY(must_exist(rd_tx_db(tx), case_id, err));
	RD_TRY(rd_sql_list(rd_tx_db(tx),
		REACH " SELECT id FROM case_file WHERE held = 0 AND id IN (SELECT id FROM reach)"
		      " ORDER BY id",
		RD_ARGS(rd_int(case_id)), rd_rows_id, arena, &unheld, err));
	RD_TRY(rd_sql_change(tx,
		REACH " UPDATE case_file SET held = 1, held_ms = ?2, hold_lifted_by = '',"
		      " hold_lifted_ms = NULL WHERE id IN (SELECT id FROM reach)"
		      " AND (held = 0 OR id = ?1)",
		RD_ARGS(rd_int(case_id), rd_int(now_ms)), NULL, err));
	RD_TRY(rd_case_hold_letters(tx, err));
	*ret_case_ids = unheld.items;
	*ret_n = unheld.n;
	return RD_OK;
}

enum rd_rc rd_case_near_safeguarding(
	struct rd_db *db, int64_t case_id, bool *ret_near, struct rd_err *err)
{
	int64_t near = 0;

	RD_TRY(rd_sql_int(db,
		REACH " SELECT 1 FROM case_file c WHERE c.id IN (SELECT id FROM reach)"
		      " AND (c.held_ms IS NOT NULL OR EXISTS (SELECT 1 FROM case_tag t"
		      "  WHERE t.case_id = c.id AND t.what = 'flag'"
		      "  AND t.value = 'safeguarding')) LIMIT 1",
		RD_ARGS(rd_int(case_id)), 0, &near, err));
	*ret_near = near != 0;
	return RD_OK;
}

enum rd_rc rd_case_hold_letters(struct rd_tx *tx, struct rd_err *err)
{
	return rd_sql_change(tx,
		"UPDATE outbox SET state = 'held', hold_reason = 'safeguarding'"
		" WHERE state IN ('queued', 'held')"
		" AND case_id IN (SELECT id FROM case_file WHERE held = 1)",
		RD_NO_ARGS, NULL, err);
}

enum rd_rc rd_case_lift_hold(struct rd_tx *tx, int64_t case_id, const char *by, const char *why,
	int64_t now_ms, struct rd_err *err)
{
	int64_t changes = 0;

	if (!by || !*by || !why || !*why)
		return rd_fail(err, RD_E_INPUT,
			"lifting the hold of a safeguarding case needs a name and a reason");
	RD_TRY(rd_sql_change(tx,
		"UPDATE case_file SET held = 0, hold_lifted_by = ?2, hold_lifted_ms = ?3"
		" WHERE id = ?1 AND held = 1",
		RD_ARGS(rd_int(case_id), rd_text(by), rd_int(now_ms)), &changes, err));
	if (!changes) {
		RD_TRY(must_exist(rd_tx_db(tx), case_id, err));
		return rd_fail(err, RD_E_REFUSED, "case %lld is not held", (long long)case_id);
	}
	return rd_sql_change(tx, "UPDATE case_words SET hold_lifted_why = ?2 WHERE case_id = ?1",
		RD_ARGS(rd_int(case_id), rd_text(why)), NULL, err);
}

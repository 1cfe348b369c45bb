#include "redress/store/case_events.h"

#include <stdio.h>
#include <string.h>
#include "redress/store/sql.h"

const char *const rd_case_event_names[RD_N_CASE_EVENTS + 1] = { "opened", "message", "reviewed",
	"reclassified", "letter_sent", "letter_failed", "acknowledged", "defined", "assigned",
	"contacted", "responded", "extended", "escalated", "accepted", "refused", "excluded",
	"withdrawn", "referred", "linked", "merged", "split", "closed", "reopened", "erased",
	NULL };

/* The audit's word for what was done, and what the world is told of it. */
static const struct {
	const char *what;
	enum rd_case_event_kind event;
} told[] = {
	{ "case_opened", RD_CASE_OPENED },
	{ "opened_by_staff", RD_CASE_OPENED },
	{ "decided", RD_CASE_MESSAGE },
	{ "review_decided", RD_CASE_REVIEWED },
	{ "reclassified", RD_CASE_RECLASSIFIED },
	{ "letter_sent", RD_CASE_LETTER_SENT },
	{ "letter_failed", RD_CASE_LETTER_FAILED },
	{ "acknowledged_by_staff", RD_CASE_ACKNOWLEDGED },
	{ "acknowledgement_recorded", RD_CASE_ACKNOWLEDGED },
	{ "defined", RD_CASE_DEFINED },
	{ "assigned", RD_CASE_ASSIGNED },
	{ "contacted", RD_CASE_CONTACTED },
	{ "responded", RD_CASE_RESPONDED },
	{ "extended", RD_CASE_EXTENDED },
	{ "escalated", RD_CASE_ESCALATED },
	{ "accepted", RD_CASE_ACCEPTED },
	{ "refused", RD_CASE_REFUSED },
	{ "excluded", RD_CASE_EXCLUDED },
	{ "withdrawn", RD_CASE_WITHDRAWN },
	{ "referred", RD_CASE_REFERRED },
	{ "linked", RD_CASE_LINKED },
	{ "merged", RD_CASE_MERGED },
	{ "split", RD_CASE_SPLIT },
	{ "closed", RD_CASE_CLOSED },
	{ "closed_after_answer", RD_CASE_CLOSED },
	{ "reopened", RD_CASE_REOPENED },
	{ "erased", RD_CASE_ERASED },
};

static bool event_of(const char *what, enum rd_case_event_kind *ret_event)
{
	for (size_t i = 0; i < sizeof told / sizeof told[0]; i++)
		if (strcmp(what, told[i].what) == 0) {
			*ret_event = told[i].event;
			return true;
		}
	return false;
}

/* --- writing --- */

static enum rd_rc put(struct rd_tx *tx, int64_t seq, int64_t case_id, int64_t at_ms,
	enum rd_case_event_kind event, struct rd_err *err)
{
	return rd_sql_change(tx,
		"INSERT INTO case_event (number, case_id, at_ms, event, landlord, kind, stage,"
		" status, received_ms, opened_ms, acknowledged_ms, answered_ms, closed_ms,"
		" next_clock, next_due)"
		" SELECT ?1, c.id, ?3, ?4, c.landlord, c.kind, c.stage, c.status, c.received_ms,"
		"  c.opened_ms, c.acknowledged_ms, c.answered_ms, c.closed_ms, k.name, k.due_on"
		" FROM case_file c LEFT JOIN case_clock k ON k.id ="
		"  (SELECT n.id FROM case_clock n WHERE n.case_id = c.id AND n.met_ms IS NULL"
		"   AND n.cancelled_ms IS NULL AND n.due_on IS NOT NULL"
		"   ORDER BY n.due_on, n.id LIMIT 1)"
		" WHERE c.id = ?2",
		RD_ARGS(rd_int(seq), rd_int(case_id), rd_int(at_ms),
			rd_text(rd_case_event_names[event])),
		NULL, err);
}

enum rd_rc rd_case_events_note(struct rd_tx *tx, int64_t from_seq, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
	int64_t just_opened = 0;

	RD_TRY(rd_sql_query(rd_tx_db(tx),
		"SELECT seq, case_id, at_ms, what FROM audit WHERE seq >= ?1 ORDER BY seq",
		RD_ARGS(rd_int(from_seq)), &rows, err));
	for (;;) {
		enum rd_case_event_kind event;
		bool more = false;

		RD_TRY(rd_rows_next(&rows, &more, err));
		if (!more)
			return RD_OK;
		const int64_t case_id = rd_rows_int(&rows, 1);
		if (case_id == 0 || !event_of(rd_rows_borrow(&rows, 3), &event))
			continue;
		if (event == RD_CASE_OPENED)
			just_opened = case_id;
		/* The message that opens a case is part of its opening. */
		if (event == RD_CASE_MESSAGE && case_id == just_opened)
			continue;
		RD_TRY(put(tx, rd_rows_int(&rows, 0), case_id, rd_rows_int(&rows, 2), event, err));
	}
}

/* --- reading --- */

#define EVENT_COLUMNS                                                                              \
	"SELECT number, case_id, at_ms, event, landlord, kind, stage, status, received_ms,"        \
	" opened_ms, acknowledged_ms, answered_ms, closed_ms, next_clock, next_due"                \
	" FROM case_event"

static void name_id(const struct rd_store *store, struct rd_case_event *event)
{
	uint8_t hash[RD_STORE_KEY_BYTES];
	char what[128];

	const int len = snprintf(what, sizeof what, "%lld:%lld:%lld:%s", (long long)event->number,
		(long long)event->at_ms, (long long)event->case_id,
		rd_case_event_names[event->event]);
	rd_store_hash(store, RD_KEY_SAMPLE, "event", what, (size_t)len, hash);
	memcpy(event->id, "evt_", 4);
	for (size_t i = 0; i < 16; i++)
		snprintf(event->id + 4 + 2 * i, 3, "%02x", hash[i]);
}

static enum rd_rc read_event(
	const struct rd_rows *rows, struct rd_arena *arena, void *item, struct rd_err *err)
{
	struct rd_case_event *into = item;
	const struct rd_store *store = rd_db_store(rows->db);
	int event = 0, kind = 0, stage = 0, status = 0;
	struct rd_date due = { 0 };

	RD_TRY(rd_rows_word(rows, 3, rd_case_event_names, &event, err));
	RD_TRY(rd_rows_word(rows, 5, rd_kind_names, &kind, err));
	RD_TRY(rd_rows_word(rows, 6, rd_stage_names, &stage, err));
	RD_TRY(rd_rows_word(rows, 7, rd_status_names, &status, err));
	RD_TRY(rd_rows_day(rows, 14, &due, err));
	*into = (struct rd_case_event){
		.number = rd_rows_int(rows, 0),
		.case_id = rd_rows_int(rows, 1),
		.at_ms = rd_rows_int(rows, 2),
		.event = (enum rd_case_event_kind)event,
		.landlord = rd_rows_text(rows, 4, arena),
		.kind = (enum rd_kind)kind,
		.stage = (enum rd_stage)stage,
		.status = (enum rd_case_status)status,
		.received_ms = rd_rows_int(rows, 8),
		.opened_ms = rd_rows_int(rows, 9),
		.acknowledged_ms = rd_rows_int(rows, 10),
		.answered_ms = rd_rows_int(rows, 11),
		.closed_ms = rd_rows_int(rows, 12),
		.next_clock = rd_rows_text(rows, 13, arena),
		.next_due = due,
	};
	rd_reference_format(into->case_id, rd_store_key(store, RD_KEY_REFERENCE), into->reference);
	name_id(store, into);
	return rd_arena_check(arena, err);
}

enum rd_rc rd_case_events_list(struct rd_db *db, int64_t after, const char *landlord, size_t max,
	struct rd_arena *arena, struct rd_case_event **ret_events, size_t *ret_n,
	struct rd_err *err)
{
	struct rd_list list = { .bytes_each = sizeof(struct rd_case_event) };

	RD_TRY(rd_sql_list(db,
		EVENT_COLUMNS " WHERE number > ?1 AND (?2 IS NULL OR landlord = ?2)"
			      " ORDER BY number LIMIT ?3",
		RD_ARGS(rd_int(after), landlord ? rd_text(landlord) : rd_null(),
			rd_int((int64_t)max)),
		read_event, arena, &list, err));
	*ret_events = list.items;
	*ret_n = list.n;
	return RD_OK;
}

enum rd_rc rd_case_event_get(struct rd_db *db, int64_t number, struct rd_arena *arena,
	struct rd_case_event *ret_event, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
	bool more = false;

	RD_TRY(rd_sql_query(
		db, EVENT_COLUMNS " WHERE number = ?1", RD_ARGS(rd_int(number)), &rows, err));
	RD_TRY(rd_rows_next(&rows, &more, err));
	if (!more)
		return rd_fail(err, RD_E_MISSING, "there is no event %lld", (long long)number);
	return read_event(&rows, arena, ret_event, err);
}

enum rd_rc rd_case_events_last(struct rd_db *db, int64_t *ret_number, struct rd_err *err)
{
	return rd_sql_int(db, "SELECT max(number) FROM case_event", RD_NO_ARGS, 0, ret_number, err);
}

#include "redress/store/replay.h"

#include <string.h>

#include "redress/store/sql.h"

static int64_t end_of(const struct rd_replay_range *range)
{
	return range->to_ms != 0 ? range->to_ms : INT64_MAX;
}

/* What became of the messages of a range, by a word each: the names of struct rd_replay_counts. */
#define FATES                                                                                      \
	"SELECT what, count(*) FROM (SELECT CASE"                                                  \
	" WHEN m.fate IS NULL THEN 'waiting'"                                                      \
	" WHEN m.fate IN ('guarded', 'duplicate') THEN m.fate"                                     \
	" WHEN r.message_id IS NULL AND m.quarantined = 0 AND m.channel = 'sms' THEN 'together'"   \
	" WHEN r.message_id IS NULL THEN 'unread'"                                                 \
	" WHEN w.message_id IS NULL THEN 'erased'"                                                 \
	" ELSE 'replayable' END AS what"                                                           \
	" FROM message m LEFT JOIN reading r ON r.message_id = m.id"                               \
	" LEFT JOIN reading_words w ON w.message_id = m.id"                                        \
	" WHERE m.received_ms >= ?1 AND m.received_ms < ?2 AND (?3 = '' OR m.landlord = ?3)) f"    \
	" GROUP BY what"

/* The last that a person said of the message; else the case that it opened, as they defined it.
 * COALESCE over a fate that is never NULL here keeps to the index by days: the one by fate would
 * sort the whole range for each page. */
#define ROWS                                                                                       \
	" (SELECT m.id, m.case_id, m.received_ms, m.channel, m.landlord, COALESCE("                \
	"  (SELECT l.kind FROM label l WHERE l.message_id = m.id ORDER BY l.id DESC LIMIT 1),"     \
	"  CASE WHEN m.fate = 'opened' AND c.kind = 'complaint' AND EXISTS"                        \
	"   (SELECT 1 FROM case_clock k WHERE k.case_id = c.id AND k.name = 'stage1.define'"       \
	"    AND k.cancelled_ms IS NULL AND k.met_ms IS NOT NULL)"                                 \
	"   THEN 'complaint' END, '') AS confirmed"                                                \
	" FROM message m JOIN reading r ON r.message_id = m.id"                                    \
	" JOIN reading_words w ON w.message_id = m.id"                                             \
	" LEFT JOIN case_file c ON c.id = m.case_id"                                               \
	" WHERE COALESCE(m.fate, '') IN ('opened', 'joined', 'other')"                             \
	" AND m.received_ms >= ?1 AND m.received_ms < ?2 AND (?3 = '' OR m.landlord = ?3)) x"      \
	" WHERE (?4 = 0 OR confirmed = 'complaint')"

static const char *landlord_of(const struct rd_replay_range *range)
{
	return range->landlord != NULL ? range->landlord : "";
}

static enum rd_rc count_fates(struct rd_db *db, const struct rd_replay_range *range,
	struct rd_replay_counts *counts, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
	const struct {
		const char *name;
		int64_t *n;
	} places[] = {
		{ "replayable", &counts->replayable },
		{ "together", &counts->together },
		{ "erased", &counts->erased },
		{ "unread", &counts->unread },
		{ "waiting", &counts->waiting },
		{ "guarded", &counts->guarded },
		{ "duplicate", &counts->duplicate },
	};

	RD_TRY(rd_sql_query(db, FATES,
		RD_ARGS(rd_int(range->from_ms), rd_int(end_of(range)), rd_text(landlord_of(range))),
		&rows, err));
	for (bool more = true;;) {
		RD_TRY(rd_rows_next(&rows, &more, err));
		if (!more)
			return RD_OK;
		for (size_t i = 0; i < sizeof places / sizeof *places; i++)
			if (strcmp(places[i].name, rd_rows_borrow(&rows, 0)) == 0)
				*places[i].n = rd_rows_int(&rows, 1);
	}
}

enum rd_rc rd_replay_count(struct rd_db *db, const struct rd_replay_range *range,
	struct rd_replay_counts *ret_counts, struct rd_err *err)
{
	struct rd_replay_counts counts = { 0 };

	RD_TRY(count_fates(db, range, &counts, err));
	if (range->confirmed_only)
		RD_TRY(rd_sql_int(db, "SELECT count(*) FROM" ROWS,
			RD_ARGS(rd_int(range->from_ms), rd_int(end_of(range)),
				rd_text(landlord_of(range)), rd_int(1)),
			0, &counts.replayable, err));
	*ret_counts = counts;
	return RD_OK;
}

enum rd_rc rd_replay_oldest(
	struct rd_db *db, const char *landlord, int64_t *ret_received_ms, struct rd_err *err)
{
	return rd_sql_int(db,
		"SELECT COALESCE(min(received_ms), 0) FROM message"
		" WHERE ?1 = '' OR landlord = ?1",
		RD_ARGS(rd_text(landlord != NULL ? landlord : "")), 0, ret_received_ms, err);
}

static enum rd_rc read_row(
	const struct rd_rows *rows, struct rd_arena *arena, void *item, struct rd_err *err)
{
	struct rd_replay_row *row = item;
	int confirmed = RD_KIND_NONE;

	if (*rd_rows_borrow(rows, 5) != '\0')
		RD_TRY(rd_rows_word(rows, 5, rd_kind_names, &confirmed, err));
	*row = (struct rd_replay_row){
		.message_id = rd_rows_int(rows, 0),
		.case_id = rd_rows_int(rows, 1),
		.received_ms = rd_rows_int(rows, 2),
		.channel = strcmp(rd_rows_borrow(rows, 3), "sms") == 0 ? RD_CHANNEL_SMS
								       : RD_CHANNEL_EMAIL,
		.landlord = rd_rows_text(rows, 4, arena),
		.confirmed = confirmed,
	};
	return rd_arena_check(arena, err);
}

enum rd_rc rd_replay_page(struct rd_db *db, const struct rd_replay_range *range,
	const struct rd_replay_row *after, size_t max, struct rd_arena *arena,
	struct rd_replay_row **ret_rows, size_t *ret_n, struct rd_err *err)
{
	struct rd_list list = { .bytes_each = sizeof(struct rd_replay_row) };
	int64_t to_ms = end_of(range);

	if (after != NULL) /* what the pages before held is not walked again */
		to_ms = after->received_ms + 1;
	RD_TRY(rd_sql_list(db,
		"SELECT id, case_id, received_ms, channel, landlord, confirmed FROM" ROWS
		" AND (received_ms < ?5 OR (received_ms = ?5 AND id < ?6))"
		" ORDER BY received_ms DESC, id DESC LIMIT ?7",
		RD_ARGS(rd_int(range->from_ms), rd_int(to_ms), rd_text(landlord_of(range)),
			rd_int(range->confirmed_only),
			rd_int(after != NULL ? after->received_ms : INT64_MAX),
			rd_int(after != NULL ? after->message_id : INT64_MAX),
			rd_int((int64_t)max)),
		read_row, arena, &list, err));
	*ret_rows = list.items;
	*ret_n = list.n;
	return RD_OK;
}

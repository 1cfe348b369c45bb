/* The ledger: what must hold of a store at any moment, asked of the rows themselves. Constraints
 * keep most of it; this finds what a constraint cannot say, and constraints that somebody took
 * away. */
#include "redress/store/status.h"

#include "redress/store/sql.h"

/* sql gives row numbers; said has one %lld for each. */
struct question {
	const char *said;
	const char *sql;
	bool idle; /* no fault while the daemon is at work */
};

static const struct question questions[] = {
	{ "message %lld is done and has no fate, or has one and is not done",
		"SELECT id FROM message WHERE (state = 'done') <> (fate IS NOT NULL)", false },
	{ "message %lld opened or joined a case and does not stand on it",
		"SELECT m.id FROM message m WHERE m.fate IN ('opened', 'joined') AND NOT EXISTS"
		" (SELECT 1 FROM case_message c WHERE c.message_id = m.id"
		"  AND c.case_id = m.case_id)",
		false },
	{ "message %lld stands on a case and is not done",
		"SELECT m.id FROM message m JOIN case_message c ON c.message_id = m.id"
		" WHERE m.state <> 'done'",
		false },
	{ "message %lld opened a case that another message opened",
		"SELECT m.id FROM message m WHERE m.fate = 'opened' AND EXISTS (SELECT 1"
		" FROM message o WHERE o.case_id = m.case_id AND o.fate = 'opened'"
		" AND o.id < m.id)",
		false },
	{ "message %lld is a duplicate of one that is not done, or that "
	  "is itself a duplicate",
		"SELECT m.id FROM message m JOIN message o ON o.id = m.duplicate_of"
		" WHERE o.state <> 'done' OR o.fate = 'duplicate'",
		false },
	/* Texts that were decided together share the reading of the first of them. */
	{ "message %lld was decided and its reading is not in the store",
		"SELECT m.id FROM message m WHERE m.fate IN ('opened', 'joined', 'other')"
		" AND m.quarantined = 0 AND (m.channel = 'email' OR m.fate = 'opened')"
		" AND NOT EXISTS"
		" (SELECT 1 FROM reading r WHERE r.message_id = m.id)",
		false },
	{ "message %lld lacks pieces of its raw bytes",
		"SELECT m.id FROM message m WHERE m.channel = 'email' AND m.n_pieces <>"
		" (SELECT count(*) FROM raw_piece p WHERE p.message_id = m.id)"
		" AND (m.state <> 'done' OR EXISTS"
		"  (SELECT 1 FROM raw_piece p WHERE p.message_id = m.id))",
		false },
	{ "text %lld lacks its words",
		"SELECT m.id FROM message m WHERE m.channel = 'sms' AND m.state <> 'done'"
		" AND NOT EXISTS (SELECT 1 FROM text_words t WHERE t.message_id = m.id)",
		false },
	{ "letter %lld has the key of another that is not cancelled",
		"SELECT o.id FROM outbox o WHERE o.state <> 'cancelled' AND EXISTS"
		" (SELECT 1 FROM outbox p WHERE p.id < o.id AND p.state <> 'cancelled'"
		"  AND COALESCE(p.case_id, 0) = COALESCE(o.case_id, 0) AND p.letter = o.letter"
		"  AND p.stage = o.stage AND p.cause = o.cause)",
		false },
	{ "letter %lld is sent and was never attempted, or has no time of sending",
		"SELECT id FROM outbox WHERE state = 'sent' AND (attempts = 0 OR sent_ms IS NULL)",
		false },
	{ "letter %lld has no words to be sent",
		"SELECT o.id FROM outbox o WHERE NOT EXISTS"
		" (SELECT 1 FROM outbox_words w WHERE w.outbox_id = o.id)",
		false },
	{ "letter %lld is queued though its case is held for safeguarding",
		"SELECT o.id FROM outbox o JOIN case_file c ON c.id = o.case_id"
		" WHERE c.held = 1 AND o.state = 'queued'",
		false },
	{ "case %lld has no contact, no message and no note: it came from nowhere",
		"SELECT c.id FROM case_file c WHERE NOT EXISTS"
		" (SELECT 1 FROM case_message m WHERE m.case_id = c.id) AND NOT EXISTS"
		" (SELECT 1 FROM case_contact k WHERE k.case_id = c.id) AND NOT EXISTS"
		" (SELECT 1 FROM case_note n WHERE n.case_id = c.id)",
		false },
	{ "review %lld is of a message that is not done",
		"SELECT r.id FROM review r JOIN message m ON m.id = r.message_id"
		" WHERE m.state <> 'done'",
		false },
	{ "message %lld is still waiting",
		"SELECT id FROM message WHERE state = 'waiting' ORDER BY id", true },
	{ "message %lld is still claimed",
		"SELECT id FROM message WHERE state = 'claimed' ORDER BY id", true },
	{ "message %lld is still being stored",
		"SELECT id FROM message WHERE state = 'storing' ORDER BY id", true },
	{ "letter %lld is still being sent",
		"SELECT id FROM outbox WHERE state = 'sending' ORDER BY id", true },
};

#define PROBLEMS_EACH_MAX 100 /* rows named for one question; the rest would say the same */

/* The number goes in where %lld stands: the sentences are ours, but no format comes from a
 * variable. */
static const char *say(const struct question *question, int64_t id, struct rd_arena *arena)
{
	const char *mark = question->said;

	while (*mark != '%')
		mark++;
	return rd_arena_printf(arena, "%.*s%lld%s", (int)(mark - question->said), question->said,
		(long long)id, mark + 4);
}

enum rd_rc rd_ledger_check(struct rd_db *db, bool with_idle, struct rd_arena *arena,
	const char ***ret_problems, size_t *ret_n, struct rd_err *err)
{
	struct rd_list list = { .bytes_each = sizeof(const char *) };

	for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
		RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };

		if (questions[i].idle && !with_idle)
			continue;
		RD_TRY(rd_sql_query(db, questions[i].sql, RD_NO_ARGS, &rows, err));
		for (int n = 0; n < PROBLEMS_EACH_MAX; n++) {
			bool more = false;
			void *slot = NULL;

			RD_TRY(rd_rows_next(&rows, &more, err));
			if (!more)
				break;
			RD_TRY(rd_list_grow(&list, arena, &slot, err));
			*(const char **)slot = say(&questions[i], rd_rows_int(&rows, 0), arena);
		}
	}
	RD_TRY(rd_arena_check(arena, err));
	*ret_problems = list.items;
	*ret_n = list.n;
	return RD_OK;
}

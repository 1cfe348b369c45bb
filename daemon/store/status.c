#include "redress/store/status.h"

#include <string.h>
#include "redress/store/queue.h"
#include "redress/store/sql.h"

static enum rd_rc count_fates(struct rd_db *db, struct rd_status_counts *counts, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };

	RD_TRY(rd_sql_query(db,
		"SELECT fate, quarantined, count(*) FROM message WHERE fate IS NOT NULL"
		" GROUP BY fate, quarantined",
		RD_NO_ARGS, &rows, err));
	for (bool more = true;;) {
		RD_TRY(rd_rows_next(&rows, &more, err));
		if (!more)
			return RD_OK;
		const char *fate = rd_rows_borrow(&rows, 0);
		int64_t n = rd_rows_int(&rows, 2);
		counts->processed += n;
		if (rd_rows_int(&rows, 1))
			counts->quarantined += n;
		if (strcmp(fate, "duplicate") == 0)
			counts->duplicate += n;
		else if (strcmp(fate, "guarded") == 0)
			counts->guarded += n;
		else if (strcmp(fate, "other") == 0)
			counts->other += n;
	}
}

static enum rd_rc count_outbox(
	struct rd_db *db, struct rd_status_counts *counts, struct rd_err *err)
{
	const struct {
		const char *state;
		int64_t *n;
	} places[] = {
		{ "queued", &counts->outbox_queued },
		{ "held", &counts->outbox_held },
		{ "sending", &counts->outbox_sending },
		{ "sent", &counts->outbox_sent },
		{ "failed", &counts->outbox_failed },
		{ "uncertain", &counts->outbox_uncertain },
	};
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };

	RD_TRY(rd_sql_query(
		db, "SELECT state, count(*) FROM outbox GROUP BY state", RD_NO_ARGS, &rows, err));
	for (bool more = true;;) {
		RD_TRY(rd_rows_next(&rows, &more, err));
		if (!more)
			return RD_OK;
		for (size_t i = 0; i < sizeof places / sizeof *places; i++)
			if (strcmp(places[i].state, rd_rows_borrow(&rows, 0)) == 0)
				*places[i].n = rd_rows_int(&rows, 1);
	}
}

enum rd_rc rd_status_counts(
	struct rd_db *db, struct rd_status_counts *ret_counts, struct rd_err *err)
{
	struct rd_status_counts counts = { 0 };
	int64_t claimed = 0;

	RD_TRY(count_fates(db, &counts, err));
	RD_TRY(count_outbox(db, &counts, err));
	RD_TRY(rd_queue_counts(db, &counts.waiting, &claimed, &counts.oldest_waiting_ms, err));
	counts.waiting += claimed;
	counts.accepted = counts.processed + counts.waiting;
	RD_TRY(rd_sql_int(db,
		"SELECT count(*) FROM review WHERE decided_ms IS NULL AND is_sample = 0",
		RD_NO_ARGS, 0, &counts.review, err));
	RD_TRY(rd_sql_int(db, "SELECT count(*) FROM task WHERE done_ms IS NULL", RD_NO_ARGS, 0,
		&counts.tasks_open, err));
	RD_TRY(rd_sql_int(db, "SELECT count(*) FROM case_file WHERE status <> 'closed'", RD_NO_ARGS,
		0, &counts.cases_open, err));
	RD_TRY(rd_sql_int(db, "SELECT sum(times) FROM rule_failure", RD_NO_ARGS, 0,
		&counts.rule_failures, err));
	RD_TRY(rd_sql_int(db,
		"SELECT count(*) FROM rule_failure WHERE off_ms IS NOT NULL"
		" AND activation_id = (SELECT max(id) FROM activation)",
		RD_NO_ARGS, 0, &counts.rules_off, err));
	*ret_counts = counts;
	return RD_OK;
}

/* --- alarms --- */

enum rd_rc rd_alarm_raise(struct rd_tx *tx, const char *cause, const char *text, int64_t now_ms,
	bool *ret_mail, struct rd_err *err)
{
	int64_t mailed = 0;

	RD_TRY(rd_sql_change(tx,
		"INSERT INTO alarm (cause, words, raised_ms, last_ms, times)"
		" VALUES (?1, ?2, ?3, ?3, 1) ON CONFLICT (cause) DO UPDATE SET"
		" words = excluded.words, last_ms = excluded.last_ms, times = alarm.times + 1,"
		" raised_ms = CASE WHEN alarm.cleared_ms IS NULL THEN alarm.raised_ms"
		"  ELSE excluded.raised_ms END, cleared_ms = NULL",
		RD_ARGS(rd_text(cause), rd_text(text), rd_int(now_ms)), NULL, err));
	/* A clock set back must not silence alarms until it catches up. */
	RD_TRY(rd_sql_change(tx,
		"UPDATE alarm SET mailed_ms = ?2 WHERE cause = ?1 AND (mailed_ms IS NULL"
		" OR mailed_ms <= ?2 - ?3 OR mailed_ms > ?2 + ?3)",
		RD_ARGS(rd_text(cause), rd_int(now_ms), rd_int(RD_ALARM_MAIL_MS)), &mailed, err));
	*ret_mail = mailed != 0;
	return RD_OK;
}

enum rd_rc rd_alarm_clear(struct rd_tx *tx, const char *cause, int64_t now_ms, struct rd_err *err)
{
	return rd_sql_change(tx,
		"UPDATE alarm SET cleared_ms = ?2 WHERE cause = ?1 AND cleared_ms IS NULL",
		RD_ARGS(rd_text(cause), rd_int(now_ms)), NULL, err);
}

static enum rd_rc read_alarm(
	const struct rd_rows *rows, struct rd_arena *arena, void *item, struct rd_err *err)
{
	(void)err;
	*(struct rd_alarm *)item = (struct rd_alarm){
		.cause = rd_rows_text(rows, 0, arena),
		.text = rd_rows_text(rows, 1, arena),
		.raised_ms = rd_rows_int(rows, 2),
		.last_ms = rd_rows_int(rows, 3),
		.times = rd_rows_int(rows, 4),
	};
	return RD_OK;
}

enum rd_rc rd_alarm_list(struct rd_db *db, struct rd_arena *arena, struct rd_alarm **ret_alarms,
	size_t *ret_n, struct rd_err *err)
{
	struct rd_list list = { .bytes_each = sizeof(struct rd_alarm) };

	RD_TRY(rd_sql_list(db,
		"SELECT cause, words, raised_ms, last_ms, times FROM alarm"
		" WHERE cleared_ms IS NULL ORDER BY raised_ms, cause",
		RD_NO_ARGS, read_alarm, arena, &list, err));
	*ret_alarms = list.items;
	*ret_n = list.n;
	return RD_OK;
}

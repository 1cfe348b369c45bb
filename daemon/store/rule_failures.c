#include "redress/store/rule_failures.h"

#include <inttypes.h>
#include <stdio.h>

#include "redress/store/sql.h"

#define FAILURES                                                                                   \
	"SELECT activation_id, landlord, rule, times, first_ms, last_ms, messages, off_ms,"        \
	" audit_seq FROM rule_failure"

static enum rd_rc read_failure(
	const struct rd_rows *rows, struct rd_arena *arena, void *item, struct rd_err *err)
{
	struct rd_rule_failure *failure = item;

	*failure = (struct rd_rule_failure){
		.activation_id = rd_rows_int(rows, 0),
		.landlord = rd_rows_text(rows, 1, arena),
		.rule = rd_rows_text(rows, 2, arena),
		.times = rd_rows_int(rows, 3),
		.first_ms = rd_rows_int(rows, 4),
		.last_ms = rd_rows_int(rows, 5),
		.messages = rd_rows_text(rows, 6, arena),
		.off_ms = rd_rows_int(rows, 7),
		.audit_seq = rd_rows_int(rows, 8),
	};
	return rd_arena_check(arena, err);
}

enum rd_rc rd_rule_failures_count(struct rd_tx *tx, int64_t activation_id, const char *landlord,
	const char *rule, int64_t message_id, int64_t now_ms, struct rd_arena *arena,
	struct rd_rule_failure *ret_failure, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
	char number[24];
	int64_t counted = 0;
	bool more = false;

	*ret_failure = (struct rd_rule_failure){ .times = 0 };
	snprintf(number, sizeof number, "%" PRId64, message_id);
	RD_TRY(rd_sql_change(tx,
		"INSERT INTO rule_failure"
		" (activation_id, landlord, rule, times, first_ms, last_ms, messages)"
		" SELECT id, ?2, ?3, 1, ?4, ?4, ?5 FROM activation"
		" WHERE id = ?1 AND id = (SELECT max(id) FROM activation)"
		" ON CONFLICT (activation_id, landlord, rule) DO UPDATE SET"
		" times = rule_failure.times + 1, last_ms = excluded.last_ms,"
		" messages = CASE WHEN rule_failure.times < ?6"
		"  THEN rule_failure.messages || ' ' || excluded.messages"
		"  ELSE rule_failure.messages END",
		RD_ARGS(rd_int(activation_id), rd_text(landlord), rd_text(rule), rd_int(now_ms),
			rd_text(number), rd_int(RD_RULE_FAILURES_OFF)),
		&counted, err));
	if (!counted)
		return RD_OK;
	RD_TRY(rd_sql_query(rd_tx_db(tx),
		FAILURES " WHERE activation_id = ?1 AND landlord = ?2 AND rule = ?3",
		RD_ARGS(rd_int(activation_id), rd_text(landlord), rd_text(rule)), &rows, err));
	RD_TRY(rd_rows_next(&rows, &more, err));
	RD_ASSERT(more);
	return read_failure(&rows, arena, ret_failure, err);
}

enum rd_rc rd_rule_failures_switch_off(struct rd_tx *tx, const struct rd_rule_failure *failure,
	int64_t audit_seq, int64_t now_ms, struct rd_err *err)
{
	return rd_sql_change(tx,
		"UPDATE rule_failure SET off_ms = ?4, audit_seq = ?5"
		" WHERE activation_id = ?1 AND landlord = ?2 AND rule = ?3 AND off_ms IS NULL",
		RD_ARGS(rd_int(failure->activation_id), rd_text(failure->landlord),
			rd_text(failure->rule), rd_int(now_ms), rd_int(audit_seq)),
		NULL, err);
}

enum rd_rc rd_rule_failures_list(struct rd_db *db, struct rd_arena *arena,
	struct rd_rule_failure **ret_failures, size_t *ret_n, struct rd_err *err)
{
	struct rd_list list = { .bytes_each = sizeof(struct rd_rule_failure) };

	RD_TRY(rd_sql_list(db,
		FAILURES " WHERE activation_id = (SELECT max(id) FROM activation)"
			 " ORDER BY landlord, rule",
		RD_NO_ARGS, read_failure, arena, &list, err));
	*ret_failures = list.items;
	*ret_n = list.n;
	return RD_OK;
}

static enum rd_rc read_off_rule(
	const struct rd_rows *rows, struct rd_arena *arena, void *item, struct rd_err *err)
{
	(void)err;
	*(struct rd_off_rule *)item = (struct rd_off_rule){
		.landlord = rd_rows_text(rows, 0, arena),
		.rule = rd_rows_text(rows, 1, arena),
	};
	return RD_OK;
}

enum rd_rc rd_rule_failures_off(struct rd_db *db, int64_t activation_id, struct rd_arena *arena,
	struct rd_off_rules *ret_off, struct rd_err *err)
{
	struct rd_list list = { .bytes_each = sizeof(struct rd_off_rule) };

	RD_TRY(rd_sql_list(db,
		"SELECT landlord, rule FROM rule_failure"
		" WHERE activation_id = ?1 AND off_ms IS NOT NULL"
		" ORDER BY off_ms, landlord, rule LIMIT ?2",
		RD_ARGS(rd_int(activation_id), rd_int(RD_OFF_RULES_MAX)), read_off_rule, arena,
		&list, err));
	*ret_off = (struct rd_off_rules){ list.items, list.n };
	return RD_OK;
}

enum rd_rc rd_rule_failures_audit(struct rd_db *db, const char *landlord, const char *rule,
	int64_t *ret_seq, struct rd_err *err)
{
	return rd_sql_int(db,
		"SELECT audit_seq FROM rule_failure"
		" WHERE landlord = ?1 AND rule = ?2 AND off_ms IS NOT NULL"
		" ORDER BY activation_id DESC LIMIT 1",
		RD_ARGS(rd_text(landlord), rd_text(rule)), 0, ret_seq, err);
}

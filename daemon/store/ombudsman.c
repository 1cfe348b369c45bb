#include "redress/store/ombudsman.h"

#include <string.h>

#include "redress/store/sql.h"

#define DAY_BYTES 10 /* "2027-01-22" */

const char *const rd_decreed_acts[RD_N_DECREED + 1] = { "ombudsman_finding", "ombudsman_order",
	"ombudsman_recommendation", "ombudsman_notice", NULL };

const char *const rd_decreed_words[RD_N_DECREED + 1] = { "Finding", "Order", "Recommendation",
	"Complaint Handling Failure Notice", NULL };

const char *const rd_ombudsman_findings[RD_N_OMBUDSMAN_FINDINGS + 1] = { "severe_maladministration",
	"maladministration", "service_failure", "reasonable_redress", "resolved_with_intervention",
	"no_maladministration", "outside_jurisdiction", "withdrawn", NULL };

const char *const rd_ombudsman_finding_words[RD_N_OMBUDSMAN_FINDINGS + 1] = {
	"Severe maladministration", "Maladministration", "Service failure", "Reasonable redress",
	"Resolved with intervention", "No maladministration", "Outside jurisdiction", "Withdrawn",
	NULL
};

const char *rd_decree_words(const struct rd_decree *decree)
{
	return decree->what == RD_DECREED_FINDING ? rd_ombudsman_finding_words[decree->finding]
						  : rd_decreed_words[decree->what];
}

const char *rd_decree_detail(struct rd_date due, const char *pounds, struct rd_arena *arena)
{
	char day[RD_DATE_MAX] = "";

	if (rd_date_is_set(due))
		rd_date_format(due, day);
	return rd_arena_printf(
		arena, "%s%s%s", day, pounds != NULL ? " " : "", pounds != NULL ? pounds : "");
}

/* "120" or "120.50", as it was checked when it was recorded. */
static int64_t pence_of(const char *pounds)
{
	int64_t pence = 0;
	int after = -1;

	for (const char *p = pounds; *p != '\0' && after < 2; p++) {
		if (*p == '.') {
			after = 0;
			continue;
		}
		if (*p < '0' || *p > '9')
			break;
		pence = pence * 10 + (*p - '0');
		after += after >= 0;
	}
	return after < 0 ? pence * 100 : after == 1 ? pence * 10 : pence;
}

static enum rd_rc read_detail(struct rd_decree *decree, const char *detail, struct rd_err *err)
{
	const char *pounds = strchr(detail, ' ');
	char day[RD_DATE_MAX] = "";
	int finding = 0;

	if (decree->what == RD_DECREED_FINDING) {
		while (finding < RD_N_OMBUDSMAN_FINDINGS &&
			strcmp(rd_ombudsman_findings[finding], detail) != 0)
			finding++;
		if (finding == RD_N_OMBUDSMAN_FINDINGS)
			return rd_fail(err, RD_E_STORE, "act %lld is no finding that is known",
				(long long)decree->id);
		decree->finding = (enum rd_ombudsman_finding)finding;
		return RD_OK;
	}
	if (pounds != NULL)
		decree->pence = pence_of(pounds + 1);
	if (strlen(detail) < DAY_BYTES || detail[0] == ' ')
		return RD_OK;
	memcpy(day, detail, DAY_BYTES);
	return rd_date_parse(day, &decree->due, err);
}

/* What is done was recorded once: a second time is refused. */
#define DECREES                                                                                    \
	"SELECT a.id, a.case_id, a.what, a.on_day, a.detail, w.why, d.on_day, v.why"               \
	" FROM case_act a JOIN case_file c ON c.id = a.case_id"                                    \
	" LEFT JOIN case_act_words w ON w.act_id = a.id"                                           \
	" LEFT JOIN case_act d ON d.case_id = a.case_id AND d.what = 'ombudsman_done'"             \
	"  AND d.detail = CAST(a.id AS TEXT)"                                                      \
	" LEFT JOIN case_act_words v ON v.act_id = d.id"                                           \
	" WHERE a.what IN ('ombudsman_finding', 'ombudsman_order', 'ombudsman_recommendation',"    \
	"  'ombudsman_notice')"

static enum rd_rc read_decrees(struct rd_db *db, struct rd_rows *rows, struct rd_arena *arena,
	struct rd_decree **ret_decrees, size_t *ret_n, struct rd_err *err)
{
	struct rd_list list = { .bytes_each = sizeof(struct rd_decree) };

	for (;;) {
		bool more = false;
		void *item = NULL;
		int what = 0;

		RD_TRY(rd_rows_next(rows, &more, err));
		if (!more)
			break;
		RD_TRY(rd_rows_word(rows, 2, rd_decreed_acts, &what, err));
		RD_TRY(rd_list_grow(&list, arena, &item, err));
		struct rd_decree *decree = item;
		*decree = (struct rd_decree){ .id = rd_rows_int(rows, 0),
			.case_id = rd_rows_int(rows, 1),
			.what = (enum rd_decreed)what,
			.words = rd_rows_text(rows, 5, arena),
			.how = rd_rows_text(rows, 7, arena) };
		rd_reference_format(decree->case_id,
			rd_store_key(rd_db_store(db), RD_KEY_REFERENCE), decree->reference);
		RD_TRY(rd_rows_day(rows, 3, &decree->day, err));
		RD_TRY(rd_rows_day(rows, 6, &decree->done, err));
		RD_TRY(read_detail(decree, rd_rows_borrow(rows, 4), err));
	}
	RD_TRY(rd_arena_check(arena, err));
	*ret_decrees = list.items;
	*ret_n = list.n;
	return RD_OK;
}

enum rd_rc rd_decrees_of_case(struct rd_db *db, int64_t case_id, struct rd_arena *arena,
	struct rd_decree **ret_decrees, size_t *ret_n, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };

	RD_TRY(rd_sql_query(db, DECREES " AND a.case_id = ?1 ORDER BY a.id",
		RD_ARGS(rd_int(case_id)), &rows, err));
	return read_decrees(db, &rows, arena, ret_decrees, ret_n, err);
}

enum rd_rc rd_decrees_of_days(struct rd_db *db, const char *landlord, struct rd_date from,
	struct rd_date to, struct rd_arena *arena, struct rd_decree **ret_decrees, size_t *ret_n,
	struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
	char first[RD_DATE_MAX], last[RD_DATE_MAX];

	RD_TRY(rd_sql_query(db,
		DECREES " AND c.landlord = ?1 AND a.on_day >= ?2 AND a.on_day <= ?3"
			" ORDER BY a.on_day, a.id",
		RD_ARGS(rd_text(landlord), rd_day(from, first), rd_day(to, last)), &rows, err));
	return read_decrees(db, &rows, arena, ret_decrees, ret_n, err);
}

enum rd_rc rd_decrees_any(struct rd_db *db, const char *landlord, bool *ret_any, struct rd_err *err)
{
	int64_t any = 0;

	RD_TRY(rd_sql_int(db,
		"SELECT 1 FROM case_act a JOIN case_file c ON c.id = a.case_id"
		" WHERE c.landlord = ?1 AND a.what IN ('ombudsman_finding', 'ombudsman_order',"
		"  'ombudsman_recommendation', 'ombudsman_notice')"
		" UNION ALL SELECT 1 FROM failure_notice WHERE landlord = ?1 LIMIT 1",
		RD_ARGS(rd_text(landlord)), 0, &any, err));
	*ret_any = any != 0;
	return RD_OK;
}

/* --- notices about no single case --- */

enum rd_rc rd_failure_notice_add(struct rd_tx *tx, const struct rd_failure_notice *notice,
	int64_t *ret_id, struct rd_err *err)
{
	char day[RD_DATE_MAX], due[RD_DATE_MAX];

	RD_TRY(rd_sql_change(tx,
		"INSERT INTO failure_notice (landlord, on_day, due_on, words, added_ms, added_by)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
		RD_ARGS(rd_text(notice->landlord), rd_day(notice->day, day),
			rd_day(notice->due, due), rd_text(notice->words), rd_int(notice->added_ms),
			rd_text(notice->added_by)),
		NULL, err));
	*ret_id = rd_sql_inserted(tx);
	return RD_OK;
}

enum rd_rc rd_failure_notice_done(struct rd_tx *tx, int64_t id, struct rd_date on, const char *by,
	const char *how, struct rd_err *err)
{
	int64_t changes = 0, exists = 0;
	char day[RD_DATE_MAX];

	RD_TRY(rd_sql_change(tx,
		"UPDATE failure_notice SET done_on = ?2, done_by = ?3, how = ?4"
		" WHERE id = ?1 AND done_on IS NULL",
		RD_ARGS(rd_int(id), rd_day(on, day), rd_text(by), rd_text(how)), &changes, err));
	if (changes != 0)
		return RD_OK;
	RD_TRY(rd_sql_int(rd_tx_db(tx), "SELECT 1 FROM failure_notice WHERE id = ?1",
		RD_ARGS(rd_int(id)), 0, &exists, err));
	if (exists)
		return rd_fail(err, RD_E_EXISTS, "notice %lld is done already", (long long)id);
	return rd_fail(err, RD_E_MISSING, "there is no notice %lld; `notices list` shows them",
		(long long)id);
}

enum rd_rc rd_failure_notice_list(struct rd_db *db, const char *landlord, struct rd_arena *arena,
	struct rd_failure_notice **ret_notices, size_t *ret_n, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
	struct rd_list list = { .bytes_each = sizeof(struct rd_failure_notice) };

	RD_TRY(rd_sql_query(db,
		"SELECT id, landlord, on_day, due_on, done_on, words, how, added_by, done_by,"
		" added_ms FROM failure_notice WHERE ?1 IS NULL OR landlord = ?1"
		" ORDER BY on_day, id",
		RD_ARGS(rd_text_or_null(landlord)), &rows, err));
	for (;;) {
		bool more = false;
		void *item = NULL;

		RD_TRY(rd_rows_next(&rows, &more, err));
		if (!more)
			break;
		RD_TRY(rd_list_grow(&list, arena, &item, err));
		struct rd_failure_notice *notice = item;
		*notice = (struct rd_failure_notice){ .id = rd_rows_int(&rows, 0),
			.landlord = rd_rows_text(&rows, 1, arena),
			.words = rd_rows_text(&rows, 5, arena),
			.how = rd_rows_text(&rows, 6, arena),
			.added_by = rd_rows_text(&rows, 7, arena),
			.done_by = rd_rows_text(&rows, 8, arena),
			.added_ms = rd_rows_int(&rows, 9) };
		RD_TRY(rd_rows_day(&rows, 2, &notice->day, err));
		RD_TRY(rd_rows_day(&rows, 3, &notice->due, err));
		RD_TRY(rd_rows_day(&rows, 4, &notice->done, err));
	}
	RD_TRY(rd_arena_check(arena, err));
	*ret_notices = list.items;
	*ret_n = list.n;
	return RD_OK;
}

#include "redress/store/report_cases.h"

#include <stdlib.h>
#include <string.h>
#include "redress/store/sql.h"

static const char *const clock_names[RD_N_REPORT_CLOCKS + 1] = {
	[RD_REPORT_ACKNOWLEDGE] = "stage1.acknowledge",
	[RD_REPORT_DEFINE] = "stage1.define",
	[RD_REPORT_RESPOND] = "stage1.respond",
	[RD_REPORT_EXTENDED] = "stage1.extended",
	[RD_REPORT_ACCEPT_2] = "stage2.accept",
	[RD_REPORT_ACKNOWLEDGE_2] = "stage2.acknowledge",
	[RD_REPORT_RESPOND_2] = "stage2.respond",
	[RD_REPORT_EXTENDED_2] = "stage2.extended",
};

/* The cases that a report is about, as a list of numbers for the questions about their parts. */
#define CASES_OF_PERIOD                                                                            \
	" WHERE c.landlord = ?1 AND ((c.received_ms >= ?2 AND c.received_ms < ?3) OR EXISTS"       \
	" (SELECT 1 FROM case_clock s WHERE s.case_id = c.id AND s.name LIKE 'stage2.%'"           \
	"  AND s.name <> 'stage2.request' AND s.starts_on >= ?4 AND s.starts_on <= ?5))"

struct period {
	const char *landlord;
	int64_t from_ms, until_ms;
	char from[RD_DATE_MAX], to[RD_DATE_MAX];
};

#define PERIOD_ARGS(p)                                                                             \
	RD_ARGS(rd_text((p)->landlord), rd_int((p)->from_ms), rd_int((p)->until_ms),               \
		rd_text((p)->from), rd_text((p)->to))

static enum rd_rc read_case(
	const struct rd_rows *rows, struct rd_arena *arena, void *item, struct rd_err *err)
{
	int kind = 0, stage = 0, status = 0, channel = 0;

	(void)arena;
	RD_TRY(rd_rows_word(rows, 1, rd_kind_names, &kind, err));
	RD_TRY(rd_rows_word(rows, 2, rd_stage_names, &stage, err));
	RD_TRY(rd_rows_word(rows, 3, rd_status_names, &status, err));
	RD_TRY(rd_rows_word(rows, 4, rd_case_channel_names, &channel, err));
	*(struct rd_report_case *)item = (struct rd_report_case){
		.id = rd_rows_int(rows, 0),
		.kind = (enum rd_kind)kind,
		.stage = (enum rd_stage)stage,
		.status = (enum rd_case_status)status,
		.channel = (enum rd_case_channel)channel,
		.received_ms = rd_rows_int(rows, 5),
		.answered_ms = rd_rows_int(rows, 6),
		.closed_ms = rd_rows_int(rows, 7),
		.acknowledged_ms = rd_rows_int(rows, 8),
		.grew = rd_rows_int(rows, 9) != 0,
		.ends = { .excluded_for = "" },
	};
	return RD_OK;
}

static enum rd_rc read_cases(struct rd_db *db, const struct period *period, struct rd_arena *arena,
	struct rd_list *list, struct rd_err *err)
{
	return rd_sql_list(db,
		"SELECT c.id, c.kind, c.stage, c.status, c.channel, c.received_ms, c.answered_ms,"
		" c.closed_ms, c.acknowledged_ms, EXISTS (SELECT 1 FROM case_link l"
		"  JOIN case_file g ON g.id = l.case_id WHERE l.other_id = c.id"
		"  AND l.how = 'grew' AND g.kind = 'service_request')"
		" FROM case_file c" CASES_OF_PERIOD " ORDER BY c.id",
		PERIOD_ARGS(period), read_case, arena, list, err);
}

/* Rows come in order of the case: the place moves on until it stands at theirs. NULL: a case that
 * was opened since the cases were read. */
static struct rd_report_case *case_at(
	struct rd_report_case *cases, size_t n, size_t *place, int64_t id)
{
	while (*place < n && cases[*place].id < id)
		++*place;
	return *place < n && cases[*place].id == id ? &cases[*place] : NULL;
}

static enum rd_rc read_clocks(struct rd_db *db, const struct period *period,
	struct rd_report_case *cases, size_t n, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
	size_t place = 0;

	/* Those cancelled first, so that one that stands comes last and counts. */
	RD_TRY(rd_sql_query(db,
		"SELECT k.case_id, k.name, k.starts_on, k.due_on, k.met_ms, k.cancelled_ms"
		" FROM case_clock k JOIN case_file c ON c.id = k.case_id" CASES_OF_PERIOD
		" ORDER BY k.case_id, CASE WHEN k.cancelled_ms IS NULL THEN 1 ELSE 0 END, k.id",
		PERIOD_ARGS(period), &rows, err));
	for (;;) {
		struct rd_report_clock clock = { .ran = true };
		bool more = false;

		RD_TRY(rd_rows_next(&rows, &more, err));
		if (!more)
			return RD_OK;
		struct rd_report_case *c = case_at(cases, n, &place, rd_rows_int(&rows, 0));
		RD_TRY(rd_rows_day(&rows, 2, &clock.starts, err));
		RD_TRY(rd_rows_day(&rows, 3, &clock.due, err));
		clock.met_ms = rd_rows_int(&rows, 4);
		clock.cancelled_ms = rd_rows_int(&rows, 5);
		for (int i = 0; c != NULL && i < RD_N_REPORT_CLOCKS; i++)
			if (strcmp(clock_names[i], rd_rows_borrow(&rows, 1)) == 0)
				c->clocks[i] = clock;
	}
}

static enum rd_rc read_tags(struct rd_db *db, const struct period *period, struct rd_arena *arena,
	struct rd_report_case *cases, size_t n, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
	size_t place = 0;

	RD_TRY(rd_sql_query(db,
		"SELECT t.case_id, t.what, t.value, (SELECT count(*) FROM case_tag n"
		"  WHERE n.case_id = t.case_id AND n.what = 'topic')"
		" FROM case_tag t JOIN case_file c ON c.id = t.case_id" CASES_OF_PERIOD
		" ORDER BY t.case_id, t.what, t.place",
		PERIOD_ARGS(period), &rows, err));
	for (;;) {
		enum rd_flag flag;
		bool more = false;

		RD_TRY(rd_rows_next(&rows, &more, err));
		if (!more)
			return rd_arena_check(arena, err);
		struct rd_report_case *c = case_at(cases, n, &place, rd_rows_int(&rows, 0));
		const char *what = rd_rows_borrow(&rows, 1);
		if (c == NULL)
			continue;
		if (*what == 'f' && rd_flag_parse(rd_rows_borrow(&rows, 2), &flag))
			c->flags[flag] = true;
		if (*what != 't')
			continue;
		if (c->topics == NULL) {
			c->topics = rd_arena_array(
				arena, (size_t)rd_rows_int(&rows, 3), sizeof *c->topics);
			RD_TRY(rd_arena_check(arena, err));
		}
		c->topics[c->n_topics++] = rd_rows_text(&rows, 2, arena);
	}
}

/* Where several people share the address, and differ, nobody can tell. */
static enum rd_rc read_tenures(struct rd_db *db, const struct period *period,
	struct rd_report_case *cases, size_t n, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
	size_t place = 0;

	RD_TRY(rd_sql_query(db,
		"SELECT c.id, r.tenure FROM case_file c"
		" JOIN case_contact m ON m.case_id = c.id AND m.is_main = 1 AND m.proposed = 0"
		" JOIN resident_key k ON k.address_key = m.address_key"
		" JOIN resident r ON r.id = k.resident_id" CASES_OF_PERIOD
		" AND r.landlord = ?1 ORDER BY c.id, r.id",
		PERIOD_ARGS(period), &rows, err));
	for (int64_t last = 0;;) {
		bool more = false;

		RD_TRY(rd_rows_next(&rows, &more, err));
		if (!more)
			return RD_OK;
		const int64_t id = rd_rows_int(&rows, 0);
		struct rd_report_case *c = case_at(cases, n, &place, id);
		const enum rd_tenure tenure = rd_tenure_of(rd_rows_borrow(&rows, 1));
		if (c != NULL)
			c->tenure = id == last && c->tenure != tenure ? RD_TENURE_UNKNOWN : tenure;
		last = id;
	}
}

/* "offered 120.50" -> 12050; 0 where no amount stands there. */
static int64_t pence_of(const char *detail)
{
	const char *amount = strchr(detail, ' ');
	char *end = NULL;
	int64_t pence;

	if (amount == NULL)
		return 0;
	pence = strtoll(amount + 1, &end, 10) * 100;
	if (*end == '.' && end[1] >= '0' && end[1] <= '9')
		pence += (end[1] - '0') * 10 + (end[2] >= '0' && end[2] <= '9' ? end[2] - '0' : 0);
	return pence;
}

static void take_compensation(struct rd_report_ends *ends, const char *detail)
{
	const int64_t pence = pence_of(detail);

	if (strncmp(detail, "offered", 7) == 0)
		ends->offered_pence = pence;
	else if (strncmp(detail, "accepted", 8) == 0)
		ends->accepted_pence = pence != 0 ? pence : ends->offered_pence;
	else if (strncmp(detail, "refused", 7) == 0)
		ends->accepted_pence = 0;
}

/* stage: 0 none, 1, 2. In the order in which they were recorded: the last word counts. */
static void take_act(struct rd_report_case *c, const char *what, int stage, const char *detail,
	struct rd_arena *arena)
{
	struct rd_report_ends *ends = &c->ends;
	const int at = stage == 2 ? 1 : 0;

	if (strcmp(what, "responded") == 0) {
		ends->found[at] = RD_FOUND_UNKNOWN;
		for (int i = 1; i < RD_N_FOUND; i++)
			if (strcmp(rd_found_names[i], detail) == 0)
				ends->found[at] = (enum rd_found)i;
	} else if (strcmp(what, "extended") == 0) {
		ends->extended[at] = true;
	} else if (strcmp(what, "excluded") == 0) {
		ends->excluded_for = rd_arena_strdup(arena, detail);
	} else if (strcmp(what, "refused") == 0) {
		ends->refused = true;
	} else if (strcmp(what, "escalated") == 0 || strcmp(what, "accepted") == 0) {
		ends->refused = false;
	} else if (strcmp(what, "withdrawn") == 0) {
		ends->withdrawn_at = at + 1;
	} else if (strcmp(what, "referred") == 0 || strcmp(what, "ombudsman_finding") == 0) {
		ends->referred = true;
	} else if (strcmp(what, "reopened") == 0) {
		ends->excluded_for = "";
		ends->withdrawn_at = 0;
	} else if (strcmp(what, "compensation") == 0) {
		take_compensation(ends, detail);
	}
}

static enum rd_rc read_acts(struct rd_db *db, const struct period *period, struct rd_arena *arena,
	struct rd_report_case *cases, size_t n, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
	size_t place = 0;

	RD_TRY(rd_sql_query(db,
		"SELECT a.case_id, a.what, a.stage, a.detail FROM case_act a"
		" JOIN case_file c ON c.id = a.case_id" CASES_OF_PERIOD " ORDER BY a.case_id, a.id",
		PERIOD_ARGS(period), &rows, err));
	for (;;) {
		int stage = 0;
		bool more = false;

		RD_TRY(rd_rows_next(&rows, &more, err));
		if (!more)
			return rd_arena_check(arena, err);
		RD_TRY(rd_rows_word(&rows, 2, rd_stage_names, &stage, err));
		struct rd_report_case *c = case_at(cases, n, &place, rd_rows_int(&rows, 0));
		if (c != NULL)
			take_act(c, rd_rows_borrow(&rows, 1), stage, rd_rows_borrow(&rows, 3),
				arena);
	}
}

enum rd_rc rd_report_cases(struct rd_db *db, const char *landlord, struct rd_date from,
	struct rd_date to, struct rd_arena *arena, struct rd_report_case **ret_cases, size_t *ret_n,
	struct rd_err *err)
{
	struct rd_list list = { .bytes_each = sizeof(struct rd_report_case),
		.max = RD_REPORT_CASES_MAX };
	struct period period = {
		.landlord = landlord,
		.from_ms = rd_date_start_ms(from),
		.until_ms = rd_date_start_ms(rd_date_add(to, 1)),
	};

	rd_date_format(from, period.from);
	rd_date_format(to, period.to);
	RD_TRY(read_cases(db, &period, arena, &list, err));
	RD_TRY(read_clocks(db, &period, list.items, list.n, err));
	RD_TRY(read_tags(db, &period, arena, list.items, list.n, err));
	RD_TRY(read_acts(db, &period, arena, list.items, list.n, err));
	RD_TRY(read_tenures(db, &period, list.items, list.n, err));
	*ret_cases = list.items;
	*ret_n = list.n;
	return RD_OK;
}

static enum rd_rc any_clock(struct rd_db *db, const char *landlord, const char *like, bool met,
	bool *ret_any, struct rd_err *err)
{
	int64_t any = 0;

	RD_TRY(rd_sql_int(db,
		"SELECT 1 FROM case_clock k JOIN case_file c ON c.id = k.case_id"
		" WHERE c.landlord = ?1 AND k.name LIKE ?2 AND k.name <> 'stage2.request'"
		" AND (?3 = 0 OR k.met_ms IS NOT NULL) LIMIT 1",
		RD_ARGS(rd_text(landlord), rd_text(like), rd_int(met)), 0, &any, err));
	*ret_any = any != 0;
	return RD_OK;
}

/* Was this ever recorded of the landlord's cases? also: another name for it, or the same. */
static enum rd_rc any_act(struct rd_db *db, const char *landlord, const char *what,
	const char *also, bool with_detail, bool *ret_any, struct rd_err *err)
{
	int64_t any = 0;

	RD_TRY(rd_sql_int(db,
		"SELECT 1 FROM case_act a JOIN case_file c ON c.id = a.case_id"
		" WHERE c.landlord = ?1 AND (a.what = ?2 OR a.what = ?3)"
		" AND (?4 = 0 OR a.detail <> '') LIMIT 1",
		RD_ARGS(rd_text(landlord), rd_text(what), rd_text(also), rd_int(with_detail)), 0,
		&any, err));
	*ret_any = *ret_any || any != 0;
	return RD_OK;
}

static enum rd_rc any_tenure(
	struct rd_db *db, const char *landlord, bool *ret_any, struct rd_err *err)
{
	int64_t any = 0;

	RD_TRY(rd_sql_int(db, "SELECT 1 FROM resident WHERE landlord = ?1 AND tenure <> '' LIMIT 1",
		RD_ARGS(rd_text(landlord)), 0, &any, err));
	*ret_any = any != 0;
	return RD_OK;
}

enum rd_rc rd_report_known(struct rd_db *db, const char *landlord,
	struct rd_report_known *ret_known, struct rd_err *err)
{
	struct rd_report_known known = { 0 };
	int64_t since_ms = 0;

	/* The first start, as far as it can be seen: a message or a case that was there. */
	RD_TRY(rd_sql_int(db,
		"SELECT min(at_ms) FROM (SELECT min(opened_ms) AS at_ms FROM case_file"
		"  WHERE landlord = ?1 UNION ALL SELECT min(first_seen_ms) FROM message"
		"  WHERE landlord = ?1 UNION ALL SELECT min(at_ms) FROM activation) first",
		RD_ARGS(rd_text(landlord)), 0, &since_ms, err));
	if (since_ms != 0)
		known.since = rd_date_of(since_ms);
	RD_TRY(any_clock(db, landlord, "stage1.respond", true, &known.answers, err));
	if (!known.answers)
		RD_TRY(any_clock(db, landlord, "stage1.extended", true, &known.answers, err));
	RD_TRY(any_clock(db, landlord, "stage1.extended", false, &known.extensions, err));
	RD_TRY(any_clock(db, landlord, "stage2.%", false, &known.stage2, err));
	RD_TRY(any_act(db, landlord, "responded", "", true, &known.found, err));
	RD_TRY(any_act(db, landlord, "excluded", "refused", false, &known.ended, err));
	RD_TRY(any_act(db, landlord, "withdrawn", "", false, &known.ended, err));
	RD_TRY(any_act(db, landlord, "referred", "ombudsman_finding", false, &known.referred, err));
	RD_TRY(any_act(db, landlord, "compensation", "", true, &known.compensation, err));
	RD_TRY(any_tenure(db, landlord, &known.tenure, err));
	*ret_known = known;
	return RD_OK;
}

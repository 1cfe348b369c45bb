/* Reports: which days, what is counted, and what is told as not known. */
#include "support/store_world.h"

#include "redress/gateway/report.h"
#include "redress/policy/policy.h"
#include "redress/store/case_acts.h"

#define LANDLORD "later-living"

struct reports {
	struct store_world *w;
	struct rd_policy *policy;
	struct rd_report report;
};

static struct rd_date day(const char *text)
{
	struct rd_date date = { 0 };
	struct rd_err err = { 0 };

	if (rd_date_parse(text, &date, &err) != RD_OK)
		fail_msg("%s", err.msg);
	return date;
}

static int64_t noon(const char *text)
{
	return *text != '\0' ? rd_date_at_ms(day(text), 12, 0) : 0;
}

static int setup(void **state)
{
	struct reports *r = calloc(1, sizeof *r);
	struct rd_rulefiles files;
	void *world = NULL;

	assert_non_null(r);
	*state = r;
	assert_int_equal(world_setup(&world), 0);
	r->w = world;
	struct store_world *w = r->w;
	OK(rd_rulefiles_read(RD_SOURCE_DIR "/rules", w->arena, &files, &w->err));
	OK(rd_policy_load_clocks(&files, LANDLORD, &r->policy, &w->err));
	return 0;
}

static int teardown(void **state)
{
	struct reports *r = *state;
	void *world = r->w;

	rd_policy_free(r->policy);
	world_teardown(&world);
	free(r);
	return 0;
}

/* A complaint and what became of it; "" where it did not. */
struct told {
	const char *received, *acknowledged, *answered, *extended_to, *closed;
	const char *topic;
};

static void clock_of(struct store_world *w, int64_t id, const char *name, const char *starts,
	const char *due, const char *met)
{
	struct rd_case_clock clock = { .case_id = id,
		.name = name,
		.starts = day(starts),
		.due = day(due),
		.met_ms = noon(met),
		.source = "the policy" };

	TX(rd_case_start_clock(tx, &clock, &w->err));
}

static int64_t complain(struct reports *r, const struct told *told)
{
	struct store_world *w = r->w;
	struct rd_case_new new_case = world_new_case("ann@example.org");
	int64_t id = 0;

	new_case.landlord = LANDLORD;
	new_case.received_ms = new_case.opened_ms = noon(told->received);
	new_case.topics = &told->topic;
	new_case.n_topics = told->topic[0] != '\0';
	TX(rd_case_open(tx, &new_case, &id, &w->err));
	clock_of(w, id, "stage1.acknowledge", told->received, "2026-06-04", told->acknowledged);
	if (told->acknowledged[0] != '\0') {
		TX(rd_case_set_acknowledged(tx, id, noon(told->acknowledged), &w->err));
		clock_of(w, id, "stage1.respond", told->acknowledged, "2026-06-17", told->answered);
	}
	if (told->extended_to[0] != '\0')
		clock_of(w, id, "stage1.extended", "2026-06-17", told->extended_to, "");
	if (told->closed[0] != '\0') {
		TX(rd_case_cancel_clock(tx, id, NULL, noon(told->closed), &w->err));
		TX(rd_case_set_status(
			tx, id, RD_STATUS_CLOSED, "moved away", noon(told->closed), &w->err));
	}
	return id;
}

/* One of each way that a complaint can go, all of one quarter, seen on 3 July. */
static const struct told each_way[] = {
	{ "2026-05-28", "2026-06-03", "2026-06-17", "", "", "a delay" },
	{ "2026-05-28", "2026-06-05", "2026-06-22", "", "", "a delay" },
	{ "2026-05-28", "2026-06-03", "2026-06-30", "2026-07-01", "", "a delay" },
	{ "2026-05-28", "", "", "", "", "damp and mould" },
	{ "2026-06-30", "", "", "", "", "" },
	{ "2026-06-01", "2026-06-02", "", "", "2026-06-03", "a delay" },
};

static void make(struct reports *r, enum rd_report_kind kind, int64_t homes, bool publish)
{
	struct store_world *w = r->w;
	struct rd_report_ask ask = { .kind = kind,
		.landlord = &r->policy->landlord,
		.calendar = r->policy->calendar,
		.from = day("2026-04-01"),
		.to = day("2026-06-30"),
		.today = day("2026-07-03"),
		.homes = homes,
		.publish = publish };

	OK(rd_report_make(w->db, &ask, w->arena, &r->report, &w->err));
}

static const struct rd_cell *cell_of(
	const struct rd_report *report, const char *table, const char *label, const char *column)
{
	for (size_t i = 0; i < report->n_tables; i++) {
		const struct rd_report_table *t = &report->tables[i];

		for (size_t row = 0; row < t->n_rows && strcmp(t->name, table) == 0; row++)
			for (size_t c = 0; c < t->n_columns; c++)
				if (strcmp(t->cells[row * t->n_columns].text, label) == 0 &&
					strcmp(t->columns[c], column) == 0)
					return &t->cells[row * t->n_columns + c];
	}
	fail_msg("no cell %s, %s, %s", table, label, column);
	return NULL;
}

static void expect_cell(const struct rd_report *report, const char *table, const char *label,
	const char *column, enum rd_cell_kind kind, int64_t n, int64_t of)
{
	const struct rd_cell *cell = cell_of(report, table, label, column);

	if (cell->kind != kind || cell->n != n || cell->of != of)
		fail_msg("%s, %s, %s: kind %d, %lld of %lld; wanted kind %d, %lld of %lld", table,
			label, column, cell->kind, (long long)cell->n, (long long)cell->of, kind,
			(long long)n, (long long)of);
}

static void expect_unknown(
	const struct rd_report *report, const char *table, const char *label, const char *column)
{
	expect_cell(report, table, label, column, RD_CELL_UNKNOWN, 0, 0);
}

static void years_begin_in_april_and_what_is_over_is_reported(void **state)
{
	static const struct {
		const char *why;
		enum rd_report_kind kind;
		int year, quarter;
		const char *today, *from, *to;
	} rows[] = {
		{ "the last quarter", RD_REPORT_QUARTER, 0, 0, "2026-11-28", "2026-07-01",
			"2026-09-30" },
		{ "in April the last one is January to March", RD_REPORT_QUARTER, 0, 0,
			"2026-04-01", "2026-01-01", "2026-03-31" },
		{ "in January it is October to December", RD_REPORT_QUARTER, 0, 0, "2027-01-31",
			"2026-10-01", "2026-12-31" },
		{ "a fourth quarter lies in the next calendar year", RD_REPORT_QUARTER, 2026, 4,
			"2026-11-28", "2027-01-01", "2027-03-31" },
		{ "the last year", RD_REPORT_YEAR, 0, 0, "2026-11-28", "2025-04-01", "2026-03-31" },
		{ "in March the last year is the one before", RD_REPORT_TSM, 0, 0, "2027-03-31",
			"2025-04-01", "2026-03-31" },
		{ "a year that is named", RD_REPORT_TSM, 2027, 0, "2026-11-28", "2027-04-01",
			"2028-03-31" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct rd_date from, to;

		rd_report_period(rows[i].kind, rows[i].year, rows[i].quarter, day(rows[i].today),
			&from, &to);
		if (rd_date_compare(from, day(rows[i].from)) != 0 ||
			rd_date_compare(to, day(rows[i].to)) != 0)
			fail_msg("%s: %d-%d-%d to %d-%d-%d", rows[i].why, from.year, from.month,
				from.day, to.year, to.month, to.day);
	}
}

static void each_complaint_went_one_way(void **state)
{
	struct reports *r = *state;

	for (size_t i = 0; i < sizeof each_way / sizeof *each_way; i++)
		complain(r, &each_way[i]);
	make(r, RD_REPORT_QUARTER, 1000, false);
	const struct rd_report *made = &r->report;
	expect_cell(made, "stages", "Received", "stage1", RD_CELL_COUNT, 6, 0);
	expect_cell(made, "stages", "Acknowledged within 5 working days", "stage1", RD_CELL_SHARE,
		3, 5);
	expect_cell(made, "stages", "Acknowledged late", "stage1", RD_CELL_COUNT, 1, 0);
	expect_cell(made, "stages", "Overdue, not acknowledged", "stage1", RD_CELL_COUNT, 1, 0);
	expect_cell(
		made, "stages", "Answered within the Code's time", "stage1", RD_CELL_SHARE, 2, 4);
	expect_cell(made, "stages", "Answered in time, without an extension", "stage1",
		RD_CELL_COUNT, 1, 0);
	expect_cell(made, "stages", "Answered in time, after an extension", "stage1", RD_CELL_COUNT,
		1, 0);
	expect_cell(made, "stages", "Answered late", "stage1", RD_CELL_COUNT, 1, 0);
	expect_cell(made, "stages", "Overdue, not answered", "stage1", RD_CELL_COUNT, 1, 0);
	expect_cell(made, "stages", "Closed without an answer that is recorded", "stage1",
		RD_CELL_COUNT, 1, 0);
	assert_true(
		cell_of(made, "stages", "Working days to the answer, mean", "stage1")->value == 18);
	assert_true(
		cell_of(made, "stages", "Working days to the answer, median", "stage1")->value ==
		17);
	expect_cell(made, "summary", "Stage 1 complaints per 1,000 homes (CH01)", "now",
		RD_CELL_RATE, 6, 1000);
	expect_cell(made, "topics", "a delay", "stage1", RD_CELL_COUNT, 4, 0);
	expect_cell(made, "topics", "no topic is known", "stage1", RD_CELL_COUNT, 1, 0);
	expect_cell(made, "channels", "E-mail", "complaints", RD_CELL_COUNT, 6, 0);
	expect_cell(made, "periods", "May 2026", "stage1", RD_CELL_COUNT, 4, 0);
	expect_cell(made, "periods", "June 2026", "stage1", RD_CELL_COUNT, 2, 0);
}

/* The first date was cancelled when the resident was told of the longer one. */
static void an_answer_may_meet_the_longer_date_alone(void **state)
{
	struct reports *r = *state;
	struct store_world *w = r->w;
	static const struct told longer = { "2026-05-28", "2026-06-03", "", "", "", "a delay" };
	const int64_t id = complain(r, &longer);

	TX(rd_case_cancel_clock(tx, id, "stage1.respond", noon("2026-06-16"), &w->err));
	clock_of(w, id, "stage1.extended", "2026-06-17", "2026-07-01", "2026-06-30");
	make(r, RD_REPORT_QUARTER, 0, false);
	expect_cell(&r->report, "stages", "Answered in time, after an extension", "stage1",
		RD_CELL_COUNT, 1, 0);
	expect_cell(&r->report, "stages", "Answered in time by our policy", "stage1", RD_CELL_SHARE,
		1, 1);
}

static void did(
	struct reports *r, int64_t id, enum rd_stage stage, const char *what, const char *detail)
{
	struct store_world *w = r->w;
	const struct rd_case_act act = { .case_id = id,
		.stage = stage,
		.what = what,
		.day = day("2026-06-17"),
		.at_ms = noon("2026-06-17"),
		.actor = "pat",
		.person = "",
		.detail = detail,
		.why = "" };
	int64_t act_id = 0;

	TX(rd_case_act_add(tx, &act, &act_id, &w->err));
}

/* One that was closed in time without an answer stays out; closing does not undo what was late. */
static void a_complaint_closed_late_and_never_answered_is_overdue(void **state)
{
	struct reports *r = *state;
	static const struct told rows[] = {
		{ "2026-05-28", "2026-06-03", "2026-06-17", "", "", "" },
		{ "2026-05-28", "2026-06-03", "", "", "2026-06-17", "" }, /* its last day */
		{ "2026-05-28", "2026-06-03", "", "", "2026-06-18", "" },
		{ "2026-05-28", "", "", "", "2026-06-05", "" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		complain(r, &rows[i]);
	make(r, RD_REPORT_QUARTER, 0, false);
	expect_cell(&r->report, "stages", "Answered within the Code's time", "stage1",
		RD_CELL_SHARE, 1, 2);
	expect_cell(&r->report, "stages", "Overdue, not answered", "stage1", RD_CELL_COUNT, 1, 0);
	expect_cell(&r->report, "stages", "Closed without an answer that is recorded", "stage1",
		RD_CELL_COUNT, 2, 0);
	expect_cell(
		&r->report, "stages", "Overdue, not acknowledged", "stage1", RD_CELL_COUNT, 1, 0);
}

/* The resident was told of 19 June; by the Code it might have been 1 July. */
static void an_extension_is_as_long_as_was_told(void **state)
{
	struct reports *r = *state;
	static const struct told rows[] = {
		{ "2026-05-28", "2026-06-03", "2026-06-19", "2026-06-19", "", "" },
		{ "2026-05-28", "2026-06-03", "2026-06-22", "2026-06-19", "", "" },
		{ "2026-05-28", "2026-06-03", "", "2026-07-02", "", "" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		complain(r, &rows[i]);
	make(r, RD_REPORT_QUARTER, 0, false);
	expect_cell(&r->report, "stages", "Answered within the Code's time", "stage1",
		RD_CELL_SHARE, 1, 3);
	expect_cell(&r->report, "stages", "Answered late", "stage1", RD_CELL_COUNT, 1, 0);
	expect_cell(&r->report, "stages", "Overdue, not answered", "stage1", RD_CELL_COUNT, 1, 0);
}

static void what_was_done_with_cases_is_counted_once_it_was_recorded(void **state)
{
	struct reports *r = *state;
	static const struct told answered = { "2026-05-28", "2026-06-03", "2026-06-17", "", "",
		"a delay" };
	static const struct told closed = { "2026-06-01", "2026-06-02", "", "", "2026-06-03", "" };
	int64_t id = complain(r, &answered);

	did(r, id, RD_STAGE_1, "responded", "upheld");
	did(r, id, RD_STAGE_1, "compensation", "offered 120.50");
	did(r, id, RD_STAGE_1, "compensation", "accepted");
	id = complain(r, &answered);
	did(r, id, RD_STAGE_1, "responded", "upheld");
	did(r, id, RD_STAGE_1, "responded", "not_upheld"); /* answered anew: the last one counts */
	did(r, id, RD_STAGE_1, "compensation", "offered 40");
	did(r, id, RD_STAGE_1, "compensation", "refused");
	id = complain(r, &answered);
	did(r, id, RD_STAGE_1, "responded", "");
	id = complain(r, &closed);
	did(r, id, RD_STAGE_1, "excluded", "over-12-months");
	id = complain(r, &closed);
	did(r, id, RD_STAGE_1, "withdrawn", "");
	make(r, RD_REPORT_QUARTER, 0, false);
	const struct rd_report *made = &r->report;
	expect_cell(made, "stages", "Upheld", "stage1", RD_CELL_COUNT, 1, 0);
	expect_cell(made, "stages", "Not upheld", "stage1", RD_CELL_COUNT, 1, 0);
	expect_cell(made, "stages", "Answered, and nobody recorded what was found", "stage1",
		RD_CELL_COUNT, 1, 0);
	expect_cell(made, "stages", "Refused", "stage1", RD_CELL_COUNT, 1, 0);
	expect_cell(made, "stages", "Withdrawn", "stage1", RD_CELL_COUNT, 1, 0);
	expect_cell(made, "topics", "a delay", "upheld", RD_CELL_SHARE, 1, 2);
	expect_cell(made, "remedies", "Offered", "number", RD_CELL_COUNT, 2, 0);
	expect_cell(made, "remedies", "Offered", "pounds", RD_CELL_POUNDS, 16050, 0);
	expect_cell(made, "remedies", "Accepted", "pounds", RD_CELL_POUNDS, 12050, 0);
	expect_unknown(made, "stages", "Extended", "stage1");
}

static void what_was_never_kept_is_not_known_and_not_nought(void **state)
{
	struct reports *r = *state;
	static const struct told open = { "2026-05-28", "2026-06-03", "", "", "", "a delay" };

	complain(r, &open);
	make(r, RD_REPORT_QUARTER, 0, false);
	expect_unknown(&r->report, "stages", "Answered within the Code's time", "stage1");
	expect_unknown(&r->report, "stages", "Overdue, not answered", "stage1");
	expect_unknown(&r->report, "stages", "Received", "stage2");
	expect_unknown(&r->report, "stages", "Upheld", "stage1");
	expect_unknown(&r->report, "stages", "Refused", "stage1");
	expect_unknown(&r->report, "summary", "Stage 1 complaints per 1,000 homes (CH01)", "now");
	expect_unknown(&r->report, "summary", "Complaints received at stage 1", "before");
	expect_unknown(&r->report, "summary", "Complaints received at stage 1", "change");
	expect_cell(&r->report, "summary", "Complaints received at stage 1", "now", RD_CELL_COUNT,
		1, 0);
	make(r, RD_REPORT_TSM, 0, false);
	expect_unknown(&r->report, "tsm", "Homes", "stage1");
	expect_unknown(&r->report, "tsm", "CH02", "stage1");
	expect_unknown(&r->report, "tsm", "Complaints received", "stage2");
}

/* Before the first case, and in time to come, nothing was counted: that is not 0. */
static void days_without_a_store_are_not_known(void **state)
{
	static const char *const spans[][2] = { { "2025-04-01", "2026-03-31" },
		{ "2026-10-01", "2026-12-31" } };
	struct reports *r = *state;
	struct store_world *w = r->w;
	struct rd_report_ask ask = { .kind = RD_REPORT_TSM,
		.landlord = &r->policy->landlord,
		.calendar = r->policy->calendar,
		.today = day("2026-07-03"),
		.homes = 1000 };

	complain(r, &each_way[0]);
	for (size_t i = 0; i < 2; i++) {
		ask.from = day(spans[i][0]);
		ask.to = day(spans[i][1]);
		OK(rd_report_make(w->db, &ask, w->arena, &r->report, &w->err));
		expect_unknown(&r->report, "tsm", "Complaints received", "stage1");
		expect_unknown(&r->report, "tsm", "CH01, per 1,000 homes", "stage1");
		expect_cell(&r->report, "tsm", "Homes", "stage1", RD_CELL_COUNT, 1000, 0);
		expect_unknown(&r->report, "stages", "Received", "stage1");
		assert_string_equal(r->report.unknown[0][0], "Every figure of these days");
	}
	make(r, RD_REPORT_QUARTER, 1000, false);
	expect_unknown(&r->report, "periods", "April 2026", "stage1");
	expect_cell(&r->report, "periods", "May 2026", "stage1", RD_CELL_COUNT, 1, 0);
}

/* Nor is anything written as if for another format. */
static void what_the_policy_does_not_say_is_told_in_words(void **state)
{
	struct reports *r = *state;

	complain(r, &each_way[0]);
	make(r, RD_REPORT_QUARTER, 0, false);
	assert_string_equal(
		cell_of(&r->report, "promised", "annual-board", "by")->text, "once a year");
	assert_string_equal(cell_of(&r->report, "promised", "quarterly", "by")->text,
		"the policy does not say");
	for (size_t i = 0; i < r->report.n_unknown; i++)
		assert_null(strchr(r->report.unknown[i][1], '*'));
}

static void other_landlords_and_other_days_are_left_out(void **state)
{
	struct reports *r = *state;
	struct store_world *w = r->w;
	static const struct told before = { "2026-03-31", "2026-04-01", "", "", "", "a delay" };
	static const struct told after = { "2026-07-01", "", "", "", "", "a delay" };
	struct rd_case_new other = world_new_case("bob@example.org");
	int64_t id = 0;

	complain(r, &before);
	complain(r, &after);
	other.received_ms = noon("2026-05-28");
	TX(rd_case_open(tx, &other, &id, &w->err));
	other.landlord = LANDLORD;
	other.stage = RD_STAGE_NONE;
	TX(rd_case_open(tx, &other, &id, &w->err));
	other.kind = RD_SERVICE_REQUEST;
	TX(rd_case_open(tx, &other, &id, &w->err));
	make(r, RD_REPORT_QUARTER, 0, false);
	expect_cell(&r->report, "stages", "Received", "stage1", RD_CELL_COUNT, 0, 0);
	expect_cell(&r->report, "summary", "Dissatisfaction logged, no formal complaint wanted",
		"now", RD_CELL_COUNT, 1, 0);
	expect_cell(&r->report, "summary", "Service requests", "now", RD_CELL_COUNT, 1, 0);
}

/* Those that were split from a complaint, or came after a compliment, are none. */
static void only_service_requests_count_as_what_a_complaint_grew_out_of(void **state)
{
	static const enum rd_kind from[] = { RD_SERVICE_REQUEST, RD_COMPLAINT, RD_COMPLIMENT };
	struct reports *r = *state;
	struct store_world *w = r->w;
	struct rd_case_new first = world_new_case("bob@example.org");
	int64_t first_id = 0;

	first.landlord = LANDLORD;
	first.received_ms = first.opened_ms = noon("2026-05-28");
	for (size_t i = 0; i < sizeof from / sizeof *from; i++) {
		const int64_t id = complain(r, &each_way[0]);

		first.kind = from[i];
		first.stage = from[i] == RD_COMPLAINT ? RD_STAGE_1 : RD_STAGE_NONE;
		TX(rd_case_open(tx, &first, &first_id, &w->err));
		TX(rd_case_link(tx, first_id, id, RD_LINK_GREW, noon("2026-05-28"), &w->err));
	}
	make(r, RD_REPORT_QUARTER, 0, false);
	expect_cell(&r->report, "summary", "Complaints that grew out of a service request", "now",
		RD_CELL_COUNT, 1, 0);
}

/* It counts where it was asked for, though the complaint came before. */
static void stage_2_counts_by_the_day_it_was_asked_for(void **state)
{
	struct reports *r = *state;
	struct store_world *w = r->w;
	static const struct told old = { "2026-03-02", "2026-03-03", "2026-03-10", "", "", "" };
	const int64_t id = complain(r, &old);

	TX(rd_case_set_kind(tx, id, RD_COMPLAINT, RD_STAGE_2, &w->err));
	clock_of(w, id, "stage2.acknowledge", "2026-05-11", "2026-05-18", "2026-05-18");
	clock_of(w, id, "stage2.respond", "2026-05-18", "2026-06-16", "2026-06-17");
	make(r, RD_REPORT_QUARTER, 1000, false);
	expect_cell(&r->report, "stages", "Received", "stage1", RD_CELL_COUNT, 0, 0);
	expect_cell(&r->report, "stages", "Received", "stage2", RD_CELL_COUNT, 1, 0);
	expect_cell(&r->report, "stages", "Acknowledged within 5 working days", "stage2",
		RD_CELL_SHARE, 1, 1);
	expect_cell(&r->report, "stages", "Answered within the Code's time", "stage2",
		RD_CELL_SHARE, 0, 1);
	expect_cell(&r->report, "summary", "Stage 2 complaints per 1,000 homes (CH01)", "now",
		RD_CELL_RATE, 1, 1000);
}

/* Asked for, refused, and the case stays answered: nothing more was owed at stage 2. */
static void a_refused_stage_2_is_not_overdue(void **state)
{
	struct reports *r = *state;
	struct store_world *w = r->w;
	static const struct told first = { "2026-05-01", "2026-05-05", "2026-05-08", "", "", "" };
	const int64_t id = complain(r, &first);

	TX(rd_case_set_kind(tx, id, RD_COMPLAINT, RD_STAGE_2, &w->err));
	clock_of(w, id, "stage2.acknowledge", "2026-05-11", "2026-05-18", "");
	TX(rd_case_cancel_clock(tx, id, NULL, noon("2026-05-14"), &w->err));
	did(r, id, RD_STAGE_2, "refused", "");
	make(r, RD_REPORT_QUARTER, 0, false);
	expect_cell(&r->report, "stages", "Received", "stage2", RD_CELL_COUNT, 1, 0);
	expect_cell(&r->report, "stages", "Refused", "stage2", RD_CELL_COUNT, 1, 0);
	expect_cell(&r->report, "stages", "Open, not answered", "stage2", RD_CELL_COUNT, 0, 0);
	expect_cell(&r->report, "stages", "Answered within the Code's time", "stage2",
		RD_CELL_SHARE, 0, 0);
	expect_cell(&r->report, "stages", "Overdue, not answered", "stage2", RD_CELL_COUNT, 0, 0);
	expect_cell(
		&r->report, "stages", "Overdue, not acknowledged", "stage2", RD_CELL_COUNT, 0, 0);
	did(r, id, RD_STAGE_2, "escalated", ""); /* asked for again */
	make(r, RD_REPORT_QUARTER, 0, false);
	expect_cell(&r->report, "stages", "Refused", "stage2", RD_CELL_COUNT, 0, 0);
	expect_cell(&r->report, "stages", "Overdue, not answered", "stage2", RD_CELL_COUNT, 1, 0);
}

static void the_same_days_before_stand_beside_once_they_were_kept(void **state)
{
	struct reports *r = *state;
	static const struct told first = { "2025-12-30", "2025-12-31", "", "", "", "" };
	static const struct told before = { "2026-01-05", "2026-01-06", "", "", "", "a delay" };
	static const struct told now = { "2026-05-28", "2026-06-03", "", "", "", "a delay" };

	complain(r, &first);
	complain(r, &before);
	complain(r, &now);
	complain(r, &now);
	make(r, RD_REPORT_QUARTER, 0, false);
	assert_int_equal(rd_date_compare(r->report.before_from, day("2026-01-01")), 0);
	assert_int_equal(rd_date_compare(r->report.before_to, day("2026-03-31")), 0);
	expect_cell(&r->report, "summary", "Complaints received at stage 1", "before",
		RD_CELL_COUNT, 1, 0);
	assert_true(
		cell_of(&r->report, "summary", "Complaints received at stage 1", "change")->value ==
		1);
	assert_true(cell_of(&r->report, "topics", "a delay", "change")->value == 1);
}

static void few_are_not_printed_where_it_is_published(void **state)
{
	struct reports *r = *state;

	for (size_t i = 0; i < sizeof each_way / sizeof *each_way; i++)
		complain(r, &each_way[i]);
	for (int i = 0; i < 2; i++)
		complain(r, &each_way[0]);
	make(r, RD_REPORT_QUARTER, 0, true);
	expect_cell(&r->report, "topics", "a delay", "stage1", RD_CELL_COUNT, 6, 0);
	expect_cell(&r->report, "topics", "a delay", "answered", RD_CELL_SHARE, 4, 5);
	expect_cell(&r->report, "topics", "no topic is known", "stage1", RD_CELL_HIDDEN, 0, 0);
	for (size_t i = 0; i < r->report.n_tables; i++)
		for (size_t row = 0; row < r->report.tables[i].n_rows; row++) {
			const struct rd_report_table *t = &r->report.tables[i];
			if (strcmp(t->name, "topics") == 0)
				assert_string_not_equal(
					t->cells[row * t->n_columns].text, "damp and mould");
		}
}

/* Nor what one resident got, nor what a total that is printed gives away. */
static void what_tells_a_few_is_not_printed_either(void **state)
{
	struct reports *r = *state;
	struct store_world *w = r->w;
	static const struct told may = { "2026-05-28", "2026-06-03", "2026-06-17", "", "", "" };
	static const struct told april = { "2026-04-13", "", "", "", "", "" };
	static const struct told june = { "2026-06-01", "", "", "", "", "" };
	struct rd_case_new phoned = world_new_case("bob@example.org");
	int64_t id = 0;

	for (int i = 0; i < 6; i++)
		id = complain(r, &may);
	did(r, id, RD_STAGE_1, "compensation", "offered 350");
	did(r, id, RD_STAGE_1, "compensation", "accepted");
	did(r, id, RD_STAGE_1, "withdrawn", "");
	did(r, id, RD_STAGE_1, "responded", "upheld");
	complain(r, &june);
	for (int i = 0; i < 9; i++)
		complain(r, &april);
	phoned.landlord = LANDLORD;
	phoned.channel = RD_BY_PHONE;
	phoned.received_ms = phoned.opened_ms = noon("2026-05-28");
	TX(rd_case_open(tx, &phoned, &id, &w->err));
	make(r, RD_REPORT_QUARTER, 1000, true);
	const struct rd_report *made = &r->report;
	expect_cell(made, "remedies", "Offered", "number", RD_CELL_HIDDEN, 0, 0);
	expect_cell(made, "remedies", "Offered", "pounds", RD_CELL_HIDDEN, 0, 0);
	expect_cell(made, "remedies", "Accepted", "pounds", RD_CELL_HIDDEN, 0, 0);
	expect_cell(made, "remedies", "Median of those accepted", "pounds", RD_CELL_HIDDEN, 0, 0);
	expect_cell(made, "stages", "Withdrawn", "stage1", RD_CELL_HIDDEN, 0, 0);
	expect_cell(made, "stages", "Upheld", "stage1", RD_CELL_HIDDEN, 0, 0);
	expect_cell(made, "stages", "Received", "stage1", RD_CELL_COUNT, 17, 0);
	expect_cell(made, "periods", "June 2026", "stage1", RD_CELL_HIDDEN, 0, 0);
	expect_cell(made, "periods", "May 2026", "stage1", RD_CELL_HIDDEN, 0, 0);
	expect_cell(made, "periods", "May 2026", "acknowledged", RD_CELL_HIDDEN, 0, 0);
	expect_cell(made, "periods", "April 2026", "stage1", RD_CELL_COUNT, 9, 0);
	expect_cell(made, "channels", "Telephone", "complaints", RD_CELL_HIDDEN, 0, 0);
	expect_cell(made, "channels", "E-mail", "complaints", RD_CELL_HIDDEN, 0, 0);
	make(r, RD_REPORT_QUARTER, 1000, false);
	expect_cell(made, "remedies", "Accepted", "pounds", RD_CELL_POUNDS, 35000, 0);
	expect_cell(made, "periods", "June 2026", "stage1", RD_CELL_COUNT, 1, 0);
	expect_cell(made, "channels", "Telephone", "complaints", RD_CELL_COUNT, 1, 0);
}

static void days_that_make_no_sense_are_refused(void **state)
{
	struct reports *r = *state;
	struct store_world *w = r->w;
	struct rd_report_ask ask = { .landlord = &r->policy->landlord,
		.calendar = r->policy->calendar,
		.from = day("2026-06-30"),
		.to = day("2026-06-29"),
		.today = day("2026-07-03") };

	FAILS(RD_E_INPUT, rd_report_make(w->db, &ask, w->arena, &r->report, &w->err));
	ask.from = day("2020-06-30");
	FAILS(RD_E_RANGE, rd_report_make(w->db, &ask, w->arena, &r->report, &w->err));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(years_begin_in_april_and_what_is_over_is_reported),
		TEST(each_complaint_went_one_way),
		TEST(an_answer_may_meet_the_longer_date_alone),
		TEST(what_was_done_with_cases_is_counted_once_it_was_recorded),
		TEST(what_was_never_kept_is_not_known_and_not_nought),
		TEST(days_without_a_store_are_not_known),
		TEST(what_the_policy_does_not_say_is_told_in_words),
		TEST(other_landlords_and_other_days_are_left_out),
		TEST(only_service_requests_count_as_what_a_complaint_grew_out_of),
		TEST(stage_2_counts_by_the_day_it_was_asked_for),
		TEST(a_refused_stage_2_is_not_overdue),
		TEST(a_complaint_closed_late_and_never_answered_is_overdue),
		TEST(an_extension_is_as_long_as_was_told),
		TEST(the_same_days_before_stand_beside_once_they_were_kept),
		TEST(few_are_not_printed_where_it_is_published),
		TEST(what_tells_a_few_is_not_printed_either),
		TEST(days_that_make_no_sense_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What the Ombudsman decided stands on the case, owes its tasks and is counted by the reports. */
#include "redress/gateway/acts_end.h"
#include "redress/gateway/acts_ombudsman.h"
#include "redress/gateway/acts_stage.h"
#include "redress/gateway/report.h"
#include "redress/store/case_acts.h"
#include "support/house.h"

static const struct rd_date today = { 0 };

static struct rd_date day(int month, int of_month)
{
	return (struct rd_date){ .year = 2027, .month = month, .day = of_month };
}

static int64_t closed_complaint(struct house *h)
{
	const struct rd_office staff = house_staff(h);
	const int64_t id = house_mail_in(h, .body = COMPLAINT);

	house_work(h);
	house_send(h);
	const int64_t case_id = house_case_of(h, id);
	OK(rd_act_withdraw(h->db, &staff, case_id, "by telephone", &h->err));
	house_at(h, "2027-02-01T12:00:00Z");
	return case_id;
}

static int64_t decree(struct house *h, int64_t case_id, struct rd_act_decree decree)
{
	const struct rd_office staff = house_staff(h);
	int64_t number = 0;

	OK(rd_act_decree(h->db, &staff, case_id, &decree, &number, &h->err));
	return number;
}
#define decree_of(h, case_id, ...) decree((h), (case_id), (struct rd_act_decree){ __VA_ARGS__ })

static enum rd_rc try_decree(struct house *h, int64_t case_id, struct rd_act_decree decree)
{
	const struct rd_office staff = house_staff(h);
	int64_t number;

	return rd_act_decree(h->db, &staff, case_id, &decree, &number, &h->err);
}

static void what_was_ordered_is_a_task_that_a_closed_case_keeps(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = closed_complaint(h);
	struct rd_decree *all;
	size_t n;

	const int64_t one = decree_of(h, case_id, .what = RD_DECREED_ORDER, .on = day(1, 25),
		.due = day(2, 22), .pounds = "250.50", .text = "Pay for the delay.");
	const int64_t two = decree_of(h, case_id, .what = RD_DECREED_ORDER, .due = day(2, 8),
		.text = "Say sorry in writing.");
	assert_int_equal(house_n_tasks(h, case_id, RD_ACT_TASK_OMBUDSMAN), 2);
	const struct rd_task task = house_task(h, case_id, RD_ACT_TASK_OMBUDSMAN);
	assert_int_equal(rd_date_compare(task.due, day(2, 8)), 0);
	assert_null(strstr(task.text, "sorry"));

	/* Open again and closed again: what the Ombudsman wants is owed still. */
	OK(rd_act_reopen(h->db, &staff, case_id, "by mistake", &h->err));
	OK(rd_act_withdraw(h->db, &staff, case_id, "by telephone", &h->err));
	assert_int_equal(house_n_tasks(h, case_id, RD_ACT_TASK_OMBUDSMAN), 2);

	OK(rd_act_complied(h->db, &staff, case_id, two, today, "a letter", &h->err));
	assert_int_equal(house_n_tasks(h, case_id, RD_ACT_TASK_OMBUDSMAN), 1);
	assert_int_equal(
		rd_act_complied(h->db, &staff, case_id, two, today, NULL, &h->err), RD_E_EXISTS);
	assert_int_equal(rd_act_complied(h->db, &staff, case_id, one, day(1, 24), NULL, &h->err),
		RD_E_INPUT);
	assert_int_equal(rd_act_complied(h->db, &staff, case_id, one + 1000, today, NULL, &h->err),
		RD_E_MISSING);

	OK(rd_decrees_of_case(h->db, case_id, h->arena, &all, &n, &h->err));
	assert_int_equal(n, 2);
	assert_string_equal(all[0].reference, house_case(h, case_id).reference);
	assert_int_equal(all[0].pence, 25050);
	assert_int_equal(rd_date_compare(all[0].due, day(2, 22)), 0);
	assert_false(rd_date_is_set(all[0].done));
	assert_string_equal(all[0].words, "Pay for the delay.");
	assert_int_equal(all[1].pence, 0);
	assert_int_equal(rd_date_compare(all[1].done, day(2, 1)), 0);
	assert_string_equal(all[1].how, "a letter");
}

static void what_makes_no_sense_is_refused(void **state)
{
	struct house *h = *state;
	const int64_t case_id = closed_complaint(h);
	const struct {
		const char *says;
		struct rd_act_decree decree;
	} rows[] = {
		{ "--due", { .what = RD_DECREED_ORDER, .text = "Say sorry." } },
		{ "lies before",
			{ .what = RD_DECREED_ORDER, .text = "Say sorry.", .due = day(1, 31) } },
		{ "--text", { .what = RD_DECREED_ORDER, .due = day(2, 22) } },
		{ "between", { .what = RD_DECREED_FINDING, .text = "Repairs", .on = day(2, 2) } },
		{ "no date", { .what = RD_DECREED_FINDING, .text = "Repairs", .due = day(2, 22) } },
		{ "no date", { .what = RD_DECREED_FINDING, .text = "Repairs", .pounds = "10" } },
		{ "such as 120", { .what = RD_DECREED_ORDER,
					 .text = "Pay.",
					 .due = day(2, 22),
					 .pounds = "-1" } },
		{ "is ordered", { .what = RD_DECREED_NOTICE, .text = "Answer.", .pounds = "10" } },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(try_decree(h, case_id, rows[i].decree), RD_E_INPUT);
		if (strstr(h->err.msg, rows[i].says) == NULL)
			fail_msg("`%s` lacks `%s`", h->err.msg, rows[i].says);
	}
	assert_int_equal(house_n_tasks(h, case_id, RD_ACT_TASK_OMBUDSMAN), 0);
}

/* --- reports --- */

static struct rd_report report_of(struct house *h, bool publish)
{
	const struct rd_policy *policy = rd_live_policy(h->desk.live, house_landlords[0]);
	const struct rd_report_ask ask = { .kind = RD_REPORT_YEAR,
		.landlord = &policy->landlord,
		.calendar = policy->calendar,
		.from = day(1, 1),
		.to = day(3, 31),
		.today = rd_date_of(h->now_ms),
		.publish = publish };
	struct rd_report report;

	OK(rd_report_make(h->db, &ask, h->arena, &report, &h->err));
	return report;
}

static const struct rd_report_table *table_of(const struct rd_report *report, const char *name)
{
	for (size_t i = 0; i < report->n_tables; i++)
		if (strcmp(report->tables[i].name, name) == 0)
			return &report->tables[i];
	return NULL;
}

static const struct rd_cell *total(const struct rd_report *report, const char *label)
{
	const struct rd_report_table *t = table_of(report, "ombudsman");

	assert_non_null(t);
	for (size_t i = 0; i < t->n_rows; i++)
		if (strcmp(t->cells[i * t->n_columns].text, label) == 0)
			return &t->cells[i * t->n_columns + 1];
	fail_msg("no row %s", label);
	return NULL;
}

static bool is_told_unknown(const struct rd_report *report, const char *what)
{
	for (size_t i = 0; i < report->n_unknown; i++)
		if (strcmp(report->unknown[i][0], what) == 0)
			return true;
	return false;
}

#define NOT_KNOWN "The Ombudsman's findings, orders and failure notices"

static void the_reports_count_by_the_ombudsmans_list(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = closed_complaint(h);
	struct rd_report report = report_of(h, false);

	assert_true(is_told_unknown(&report, NOT_KNOWN));
	assert_null(table_of(&report, "ombudsman"));

	decree_of(h, case_id, .what = RD_DECREED_FINDING, .finding = RD_MALADMINISTRATION,
		.text = "Repairs", .on = day(1, 25));
	decree_of(h, case_id, .what = RD_DECREED_FINDING, .finding = RD_REASONABLE_REDRESS,
		.text = "Complaint handling", .on = day(1, 25));
	decree_of(h, case_id, .what = RD_DECREED_FINDING, .finding = RD_OUTSIDE_JURISDICTION,
		.text = "Rent", .on = day(1, 26));
	const int64_t late = decree_of(h, case_id, .what = RD_DECREED_ORDER, .on = day(1, 25),
		.due = day(1, 29), .text = "Say sorry.");
	const int64_t in_time = decree_of(h, case_id, .what = RD_DECREED_ORDER, .on = day(1, 25),
		.due = day(2, 1), .pounds = "100", .text = "Pay.");
	decree_of(h, case_id, .what = RD_DECREED_ORDER, .on = day(1, 25), .due = day(1, 31),
		.pounds = "50", .text = "Pay.");
	decree_of(h, case_id, .what = RD_DECREED_ORDER, .due = day(2, 1), .text = "Mend it.");
	decree_of(h, case_id, .what = RD_DECREED_RECOMMENDATION, .text = "Train staff.");
	decree_of(h, case_id, .what = RD_DECREED_NOTICE, .due = day(2, 8), .text = "Answer it.");
	OK(rd_act_complied(h->db, &staff, case_id, late, day(1, 30), NULL, &h->err));
	OK(rd_act_complied(h->db, &staff, case_id, in_time, day(2, 1), NULL, &h->err));

	report = report_of(h, false);
	assert_false(is_told_unknown(&report, NOT_KNOWN));
	static const struct {
		const char *label;
		int64_t n, of;
	} rows[] = { { "Severe maladministration", 0, 0 }, { "Maladministration", 1, 0 },
		{ "Reasonable redress", 1, 0 }, { "All findings", 3, 0 },
		{ "Determinations", 2, 0 }, { "Findings against us", 1, 2 }, { "Orders", 4, 0 },
		{ "Orders done in time", 1, 0 }, { "Orders done late", 1, 0 },
		{ "Orders not done, overdue", 1, 0 }, { "Orders not done, not due yet", 1, 0 },
		{ "Compensation ordered", 15000, 0 }, { "Recommendations", 1, 0 },
		{ "Complaint Handling Failure Notices", 1, 0 } };
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct rd_cell *cell = total(&report, rows[i].label);

		if (cell->n != rows[i].n || cell->of != rows[i].of)
			fail_msg("%s: %" PRId64 " of %" PRId64, rows[i].label, cell->n, cell->of);
	}
	assert_int_equal(table_of(&report, "ombudsman_cases")->n_rows, 9);

	report = report_of(h, true);
	assert_null(table_of(&report, "ombudsman_cases"));
	assert_int_equal(total(&report, "Maladministration")->kind, RD_CELL_COUNT);
	assert_int_equal(total(&report, "Compensation ordered")->kind, RD_CELL_HIDDEN);
}

/* Of the landlord as a whole: there may be no case at all. */
static void a_notice_about_no_case_is_a_task_and_counts(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const struct rd_act_decree notice = { .what = RD_DECREED_NOTICE,
		.on = day(1, 25),
		.due = day(2, 8),
		.text = "Send the self-assessment." };
	const struct rd_act_decree coming = {
		.what = RD_DECREED_NOTICE, .on = day(2, 2), .text = "Send the self-assessment."
	};
	struct rd_failure_notice *all;
	struct rd_report report;
	int64_t number;
	size_t n;

	closed_complaint(h);
	OK(rd_act_notice_add(h->db, &staff, "code-2024", &notice, &number, &h->err));
	assert_int_equal(
		rd_date_compare(house_task(h, 0, RD_ACT_TASK_OMBUDSMAN).due, day(2, 8)), 0);
	assert_int_equal(rd_act_notice_add(h->db, &staff, "code-2024", &coming, &number, &h->err),
		RD_E_INPUT);
	report = report_of(h, false);
	assert_false(is_told_unknown(&report, NOT_KNOWN));
	assert_int_equal(total(&report, "Complaint Handling Failure Notices")->n, 1);
	assert_int_equal(table_of(&report, "ombudsman_cases")->n_rows, 1);

	OK(rd_act_notice_done(h->db, &staff, number, today, "by mail", &h->err));
	assert_null(house_task(h, 0, RD_ACT_TASK_OMBUDSMAN).kind);
	assert_int_equal(
		rd_act_notice_done(h->db, &staff, number, today, NULL, &h->err), RD_E_EXISTS);
	assert_int_equal(
		rd_act_notice_done(h->db, &staff, number + 1, today, NULL, &h->err), RD_E_MISSING);
	OK(rd_failure_notice_list(h->db, "homes-in-sedgemoor", h->arena, &all, &n, &h->err));
	assert_int_equal(n, 0);
	OK(rd_failure_notice_list(h->db, NULL, h->arena, &all, &n, &h->err));
	assert_int_equal(n, 1);
	assert_int_equal(rd_date_compare(all[0].done, day(2, 1)), 0);
	assert_string_equal(all[0].how, "by mail");
	house_audit_lacks(h, "self-assessment");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		house_test(what_was_ordered_is_a_task_that_a_closed_case_keeps),
		house_test(what_makes_no_sense_is_refused),
		house_test(the_reports_count_by_the_ombudsmans_list),
		house_test(a_notice_about_no_case_is_a_task_and_counts),
	};

	house_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The measures by tenure, as the contacts file tells it; and no study of what was held with another
 * case for safeguarding. */
#include "redress/gateway/acts_end.h"
#include "redress/gateway/acts_stage.h"
#include "redress/gateway/report.h"
#include "redress/gateway/studies.h"
#include "redress/store/residents.h"
#include "support/house.h"

static int64_t complaint(struct house *h, const char *from)
{
	const int64_t id = house_mail_in(h, .from = from, .body = COMPLAINT);

	house_work(h);
	house_send(h);
	return house_case_of(h, id);
}

static void known(struct house *h, const char *email, const char *reference, const char *tenure)
{
	const struct rd_resident resident = { .landlord = "code-2024",
		.reference = reference,
		.name = "A Resident",
		.email = email,
		.phone = "",
		.address = "",
		.language = "",
		.adjustments = "",
		.restrictions = "",
		.tenure = tenure };
	enum rd_resident_put put;
	struct rd_tx *tx = NULL;

	OK(rd_tx_begin(h->db, &tx, &h->err));
	OK(rd_resident_put(tx, &resident, h->now_ms, false, &put, &h->err));
	OK(rd_tx_commit(&tx, &h->err));
}

static struct rd_report report_of(struct house *h)
{
	const struct rd_policy *policy = rd_live_policy(h->desk.live, "code-2024");
	const struct rd_report_ask ask = { .kind = RD_REPORT_TSM,
		.landlord = &policy->landlord,
		.calendar = policy->calendar,
		.from = house_day("2026-10-01"),
		.to = house_day("2026-12-31"),
		.today = rd_date_of(h->now_ms),
		.homes_of = { [RD_TENURE_LCRA] = 500 } };
	struct rd_report report;

	OK(rd_report_make(h->db, &ask, h->arena, &report, &h->err));
	return report;
}

static const struct rd_cell *cell(const struct rd_report *report, size_t row, size_t column)
{
	for (size_t i = 0; i < report->n_tables; i++)
		if (strcmp(report->tables[i].name, "tenure") == 0)
			return &report->tables[i].cells[row * report->tables[i].n_columns + column];
	return NULL;
}

static void complaints_are_told_apart_by_tenure(void **state)
{
	struct house *h = *state;
	struct rd_report report;

	complaint(h, "tenant@example.com");
	complaint(h, "owner@example.com");
	complaint(h, "lease@example.com");
	complaint(h, "stranger@example.com");
	complaint(h, "both@example.com");
	report = report_of(h);
	assert_null(cell(&report, 0, 0));

	known(h, "tenant@example.com", "T-1", "General needs");
	known(h, "owner@example.com", "T-2", "Shared ownership");
	known(h, "lease@example.com", "T-3", "Leaseholder");
	known(h, "both@example.com", "T-4", "General needs");
	known(h, "both@example.com", "T-5", "Leaseholder"); /* they share the address */
	report = report_of(h);
	assert_string_equal(cell(&report, 0, 0)->text, "Low cost rental (LCRA)");
	assert_int_equal(cell(&report, 0, 1)->n, 500);
	assert_int_equal(cell(&report, 0, 2)->n, 1);
	assert_int_equal(cell(&report, 0, 3)->kind, RD_CELL_RATE);
	assert_int_equal(cell(&report, 0, 3)->of, 500);
	assert_int_equal(cell(&report, 1, 2)->n, 1);
	assert_int_equal(cell(&report, 1, 3)->kind, RD_CELL_UNKNOWN); /* no number of homes */
	assert_int_equal(cell(&report, 2, 2)->n, 1);
	assert_int_equal(cell(&report, 3, 2)->n, 2);
}

/* --- studies --- */

static size_t studies(struct house *h, size_t *ret_left_out)
{
	const struct rd_studies_ask ask = { .landlord = "code-2024",
		.from = house_day("2026-11-01"),
		.to = house_day("2026-11-30"),
		.most = 5 };
	struct rd_study *made;
	size_t n;

	OK(rd_studies_make(h->db, &h->desk.office, &ask, h->arena, &made, &n, &h->err));
	OK(rd_studies_left_out(h->db, &ask, h->arena, ret_left_out, &h->err));
	return n;
}

static void what_was_held_with_another_makes_no_study(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const struct rd_act_response response = { .stage = RD_STAGE_1 };
	const int64_t case_id = complaint(h, "tenant@example.com");
	size_t left_out;

	OK(rd_act_respond(h->db, &staff, case_id, &response, &h->err));
	OK(rd_act_close(h->db, &staff, case_id, "all is done", true, &h->err));
	assert_int_equal(studies(h, &left_out), 1);
	assert_int_equal(left_out, 0);

	/* Another of the household's is held; then a person lifts the hold of this one. */
	const int64_t id =
		house_mail_in(h, .from = "other@example.com", .body = "I am afraid of him.");
	house_work(h);
	const int64_t other = house_case_of(h, id);
	assert_true(house_case(h, other).held);
	OK(rd_act_link(h->db, &staff, case_id, other, &h->err));
	assert_int_equal(studies(h, &left_out), 0);
	assert_int_equal(left_out, 1);
	OK(rd_act_lift_hold(h->db, &staff, case_id, "they are safe", &h->err));
	assert_false(house_case(h, case_id).held);
	assert_int_equal(studies(h, &left_out), 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		house_test(complaints_are_told_apart_by_tenure),
		house_test(what_was_held_with_another_makes_no_study),
	};

	house_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

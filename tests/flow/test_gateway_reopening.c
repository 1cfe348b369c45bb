/* What a mail does to a case that is closed: what a person must decide on opens it again with all
 * that it owed; a thank-you opens nothing. */
#include "redress/gateway/acts_end.h"
#include "redress/gateway/acts_stage.h"
#include "support/house.h"

#define RECEIVED "2026-12-22T12:00:00Z"

static int64_t take(struct house *h)
{
	const int64_t id = house_mail_in(h, .body = COMPLAINT);

	house_work(h);
	FATE_IS(id, RD_FATE_OPENED);
	house_send(h);
	return house_case_of(h, id);
}

static struct house *new_house(void)
{
	const struct house_options options = { .starts = RECEIVED };

	return house_new(&options);
}

static void write_back(struct house *h, int64_t case_id, const char *body)
{
	const int64_t id = house_mail_in(h, .body = body,
		.subject = rd_arena_printf(h->arena, "%s", house_case(h, case_id).reference));

	house_work(h);
	FATE_IS(id, RD_FATE_JOINED);
	assert_int_equal(house_case_of(h, id), case_id);
}

static void an_excluded_case_opened_by_a_mail_owes_its_answer(void **state)
{
	struct house *h = *state = new_house();
	const struct rd_office staff = house_staff(h);
	const struct rd_act_exclusion exclusion = { .reason = "over-12-months", .why = "It is." };
	const int64_t case_id = take(h);

	OK(rd_act_exclude(h->db, &staff, case_id, &exclusion, &h->err));
	assert_false(house_runs(h, case_id, "stage1.respond"));
	write_back(h, case_id, "I am complaining: I was in hospital, and the roof still leaks.");
	assert_int_equal(house_case(h, case_id).status, RD_STATUS_OPEN);
	assert_int_equal(house_case(h, case_id).stage, RD_STAGE_1);
	DAY_IS(house_clock(h, case_id, "stage1.respond").due, "2027-01-08");
	assert_true(house_runs(h, case_id, "stage1.define"));
	assert_int_equal(house_n_tasks(h, case_id, "define"), 1);
	assert_int_equal(house_n_tasks(h, case_id, "review"), 1);
}

static void a_withdrawn_case_that_never_was_acknowledged_owes_that_again(void **state)
{
	struct house *h = *state = new_house();
	const struct rd_office staff = house_staff(h);
	const int64_t id = house_mail_in(h, .body = COMPLAINT);
	int64_t case_id;

	house_work(h);
	case_id = house_case_of(h, id);
	OK(rd_act_withdraw(h->db, &staff, case_id, "rang to say so", &h->err));
	assert_false(house_runs(h, case_id, "stage1.acknowledge"));
	write_back(h, case_id, COMPLAINT " It rains in.");
	assert_int_equal(house_case(h, case_id).status, RD_STATUS_OPEN);
	assert_true(house_runs(h, case_id, "stage1.acknowledge"));
	DAY_IS(house_task(h, case_id, "acknowledge").due, "2026-12-31");
}

static void thanks_for_a_withdrawn_case_open_nothing(void **state)
{
	struct house *h = *state = new_house();
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = take(h);

	OK(rd_act_withdraw(h->db, &staff, case_id, "rang to say so", &h->err));
	write_back(h, case_id, "Thank you very much, that is all fine now.");
	assert_int_equal(house_case(h, case_id).status, RD_STATUS_CLOSED);
	assert_false(house_runs(h, case_id, "stage1.respond"));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		house_test_own(an_excluded_case_opened_by_a_mail_owes_its_answer),
		house_test_own(a_withdrawn_case_that_never_was_acknowledged_owes_that_again),
		house_test_own(thanks_for_a_withdrawn_case_open_nothing),
	};

	house_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

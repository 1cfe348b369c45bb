/* Doubt about what joined a case: it is decided apart from the case, and in time. */
#include "support/taken.h"

static void doubt_about_what_joined_is_settled_in_time_too(void **state)
{
	struct house *h = *state;
	const int64_t case_id = take(h, REQUEST);
	struct rd_case_linked *links;
	int64_t id;
	size_t n;

	house_at(h, "2026-11-18T10:00:00Z");
	id = join(h, case_id, UNSURE);
	FATE_IS(id, RD_FATE_JOINED);
	assert_true(house_runs(h, case_id, "stage1.acknowledge"));
	DAY_IS(house_clock(h, case_id, "stage1.acknowledge").due, "2026-11-25");
	house_at(h, "2026-11-24T09:00:00Z");
	house_keep_time(h);
	OK(rd_case_links(h->db, case_id, h->arena, &links, &n, &h->err));
	assert_int_equal(n, 1);
	assert_int_equal(house_case(h, links[0].id).kind, RD_COMPLAINT);
	DAY_IS(house_clock(h, links[0].id, "stage1.acknowledge").due, "2026-11-25");
	assert_false(house_runs(h, case_id, "stage1.acknowledge"));
	assert_string_equal(house_letter(h, links[0].id, NULL).letter, "acknowledgement");
}

static void a_joined_review_leaves_the_case_or_opens_the_linked_one(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = take(h, REQUEST);
	int64_t about;

	join(h, case_id, UNSURE);
	OK(rd_act_decide(h->db, &staff, house_review(h, case_id).id, RD_SERVICE_REQUEST,
		"only asks again", &about, &h->err));
	assert_int_equal(about, case_id);
	assert_false(house_runs(h, case_id, "stage1.acknowledge")); /* nobody complained */
	assert_int_equal(house_n_cases(h), 1);

	house_at(h, "2026-11-19T10:00:00Z");
	join(h, case_id, UNSURE " Really.");
	house_at(h, "2026-11-20T10:00:00Z");
	OK(rd_act_decide(h->db, &staff, house_review(h, case_id).id, RD_COMPLAINT, "is one", &about,
		&h->err));
	assert_int_not_equal(about, case_id);
	DAY_IS(house_clock(h, about, "stage1.acknowledge").starts, "2026-11-19");
	assert_false(house_runs(h, case_id, "stage1.acknowledge"));
	assert_string_equal(house_letter(h, about, NULL).recipient, "ann@example.com");
}

/* --- two messages on one case --- */

/* Two unsure mails on one case, a day apart; the first is decided. */
static void decide_the_first_of_two(
	struct house *h, enum rd_kind kind, int64_t *ret_case, struct rd_review *ret_second)
{
	const struct rd_office staff = house_staff(h);
	struct rd_review *reviews;
	int64_t about;
	size_t n;

	*ret_case = take(h, UNSURE);
	house_at(h, "2026-11-18T10:00:00Z");
	join(h, *ret_case, UNSURE " Really.");
	OK(rd_review_list(h->db, *ret_case, false, h->arena, &reviews, &n, &h->err));
	assert_int_equal(n, 2);
	*ret_second = reviews[1];
	OK(rd_act_decide(h->db, &staff, reviews[0].id, kind, "read it", &about, &h->err));
}

static void what_is_undecided_keeps_a_case_of_nothing_open_with_its_clock(void **state)
{
	static const enum rd_kind kinds[] = { RD_OTHER, RD_SERVICE_REQUEST };

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		struct house *h = *state = house_new(NULL);
		const struct rd_office staff = house_staff(h);
		struct rd_review second;
		int64_t case_id, about;

		decide_the_first_of_two(h, kinds[i], &case_id, &second);
		assert_int_equal(house_case(h, case_id).status, RD_STATUS_OPEN);
		assert_true(house_runs(h, case_id, "stage1.acknowledge"));
		DAY_IS(house_clock(h, case_id, "stage1.acknowledge").starts, "2026-11-18");
		assert_int_equal(house_n_tasks(h, case_id, "review"), 1);
		OK(rd_act_decide(
			h->db, &staff, second.id, RD_COMPLAINT, "is one", &about, &h->err));
		assert_int_not_equal(about, case_id);
		DAY_IS(house_clock(h, about, "stage1.acknowledge").starts, "2026-11-18");
		assert_false(house_runs(h, case_id, "stage1.acknowledge"));
		assert_int_equal(house_case(h, case_id).status,
			kinds[i] == RD_OTHER ? RD_STATUS_CLOSED : RD_STATUS_OPEN);
		house_teardown(state);
	}
}

static void what_nobody_decides_of_it_is_decided_by_the_clock(void **state)
{
	struct house *h = *state;
	struct rd_review second;
	int64_t case_id;

	decide_the_first_of_two(h, RD_OTHER, &case_id, &second);
	house_at(h, "2026-11-24T09:00:00Z");
	house_keep_time(h);
	assert_int_equal(house_n_cases(h), 2);
	assert_int_equal(house_case(h, case_id + 1).kind, RD_COMPLAINT);
}

/* As earlier versions left it: the case was closed over the head of the second. */
static void a_review_of_a_closed_case_can_be_decided(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	struct rd_review second;
	int64_t case_id, about;
	struct rd_tx *tx = NULL;

	decide_the_first_of_two(h, RD_SERVICE_REQUEST, &case_id, &second);
	OK(rd_tx_begin(h->db, &tx, &h->err));
	OK(rd_case_set_status(tx, case_id, RD_STATUS_CLOSED, "", h->now_ms, &h->err));
	OK(rd_tx_commit(&tx, &h->err));
	OK(rd_act_decide(h->db, &staff, second.id, RD_COMPLAINT, "is one", &about, &h->err));
	assert_int_not_equal(about, case_id);
	assert_int_equal(house_case(h, about).kind, RD_COMPLAINT);
}

static void reclassifying_leaves_the_review_of_a_message_that_joined(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = take(h, UNSURE);

	join(h, case_id, UNSURE " Really.");
	assert_int_equal(house_n_tasks(h, case_id, "review"), 2);
	OK(rd_act_reclassify(h->db, &staff, case_id, RD_ENQUIRY, "asks", false, &h->err));
	assert_int_equal(house_n_tasks(h, case_id, "review"), 1);
	assert_int_equal(
		house_task(h, case_id, "review").message_id, house_review(h, case_id).message_id);
}

/* --- a case that staff opened --- */

/* A request that staff took down by telephone three weeks ago, and an unsure text that joined. */
static int64_t join_by_text_what_staff_opened(struct house *h, const struct rd_office *staff)
{
	const struct rd_act_open open = {
		.landlord = "code-2024",
		.kind = RD_SERVICE_REQUEST,
		.channel = RD_BY_PHONE,
		.contact = HOUSE_PHONE,
		.received_ms = house_instant("2026-11-03T10:00:00Z"),
	};
	int64_t case_id, text;

	OK(rd_act_open(h->db, staff, &open, &case_id, &h->err));
	house_send(h);
	text = house_text(h, HOUSE_PHONE, UNSURE);
	house_work_texts(h);
	FATE_IS(text, RD_FATE_JOINED);
	assert_int_equal(house_case_of(h, text), case_id);
	return case_id;
}

static void what_joined_a_case_that_staff_opened_is_decided_apart_from_it(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = join_by_text_what_staff_opened(h, &staff);
	int64_t about;

	OK(rd_act_decide(h->db, &staff, house_review(h, case_id).id, RD_COMPLAINT, "is one", &about,
		&h->err));
	assert_int_not_equal(about, case_id);
	assert_int_equal(house_case(h, case_id).kind, RD_SERVICE_REQUEST);
	assert_false(house_runs(h, case_id, "stage1.acknowledge"));
	assert_int_equal(house_case(h, about).kind, RD_COMPLAINT);
	DAY_IS(house_clock(h, about, "stage1.acknowledge").starts, "2026-11-17");
}

static void nothing_for_us_in_what_joined_leaves_the_staffs_case_alive(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = join_by_text_what_staff_opened(h, &staff);
	int64_t about;

	OK(rd_act_decide(
		h->db, &staff, house_review(h, case_id).id, RD_OTHER, "thanks", &about, &h->err));
	assert_int_equal(about, case_id);
	assert_int_equal(house_case(h, case_id).kind, RD_SERVICE_REQUEST);
	assert_int_equal(house_case(h, case_id).status, RD_STATUS_OPEN);
}

static void undecided_in_time_it_is_a_linked_complaint_and_not_the_staffs_case(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = join_by_text_what_staff_opened(h, &staff);

	house_at(h, "2026-11-23T09:00:00Z");
	house_keep_time(h);
	assert_int_equal(house_n_cases(h), 2);
	assert_int_equal(house_case(h, case_id).kind, RD_SERVICE_REQUEST);
	assert_int_equal(house_case(h, case_id).stage, RD_STAGE_NONE);
}

static void reclassifying_what_staff_opened_decides_nothing_that_joined_it(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = join_by_text_what_staff_opened(h, &staff);

	OK(rd_act_reclassify(h->db, &staff, case_id, RD_ENQUIRY, "asks", false, &h->err));
	assert_int_equal(house_review(h, case_id).decided_ms, 0);
	assert_int_equal(house_n_tasks(h, case_id, "review"), 1);
}

static void a_linked_case_that_a_decision_opened_can_be_reclassified(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = join_by_text_what_staff_opened(h, &staff);
	int64_t linked;

	OK(rd_act_decide(h->db, &staff, house_review(h, case_id).id, RD_COMPLAINT, "is one",
		&linked, &h->err));
	OK(rd_act_reclassify(h->db, &staff, linked, RD_ENQUIRY, "no, asks", true, &h->err));
	assert_int_equal(house_case(h, linked).kind, RD_ENQUIRY);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		house_test(doubt_about_what_joined_is_settled_in_time_too),
		house_test(a_joined_review_leaves_the_case_or_opens_the_linked_one),
		house_test_own(what_is_undecided_keeps_a_case_of_nothing_open_with_its_clock),
		house_test(what_nobody_decides_of_it_is_decided_by_the_clock),
		house_test(a_review_of_a_closed_case_can_be_decided),
		house_test(reclassifying_leaves_the_review_of_a_message_that_joined),
		house_test(what_joined_a_case_that_staff_opened_is_decided_apart_from_it),
		house_test(nothing_for_us_in_what_joined_leaves_the_staffs_case_alive),
		house_test(undecided_in_time_it_is_a_linked_complaint_and_not_the_staffs_case),
		house_test(reclassifying_what_staff_opened_decides_nothing_that_joined_it),
		house_test(a_linked_case_that_a_decision_opened_can_be_reclassified),
	};
	int failed;

	house_main(argc, argv);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rd_spawner_stop(house_spawner);
	return failed;
}

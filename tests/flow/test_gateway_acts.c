/* The staff's acts: opening, acknowledging, defining, reclassifying, closing, and settling what
 * became of a letter. */
#include "support/taken.h"

static void reclassifying_moves_the_duties_with_the_kind(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = take(h, COMPLAINT);

	OK(rd_act_reclassify(
		h->db, &staff, case_id, RD_SERVICE_REQUEST, "it is a repair", true, &h->err));
	assert_int_equal(house_case(h, case_id).stage, RD_STAGE_NONE);
	assert_false(house_runs(h, case_id, "stage1.acknowledge"));
	assert_false(house_runs(h, case_id, "stage1.define"));
	assert_null(house_task(h, case_id, "define").kind);
	assert_string_equal(house_letter(h, case_id, NULL).letter, "service_request");
	house_send(h);
	house_at(h, "2026-11-20T10:00:00Z");
	OK(rd_act_reclassify(h->db, &staff, case_id, RD_COMPLAINT, "no, it was", false, &h->err));
	DAY_IS(house_clock(h, case_id, "stage1.acknowledge").due, "2026-11-24");
	DAY_IS(house_task(h, case_id, "define").due, "2026-11-24");
	house_send(h);
	assert_false(house_runs(h, case_id, "stage1.acknowledge"));
}

static void a_running_complaint_is_reclassified_by_force_alone_and_the_resident_is_told(
	void **state)
{
	static const enum rd_kind kinds[] = { RD_SERVICE_REQUEST, RD_OTHER };

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		struct house *h = house_new(NULL);
		const struct rd_office staff = house_staff(h);
		int64_t case_id;

		*state = h;
		case_id = take(h, COMPLAINT);
		house_send(h);
		assert_true(house_runs(h, case_id, "stage1.respond"));
		assert_int_equal(rd_act_reclassify(h->db, &staff, case_id, kinds[i], "is none",
					 false, &h->err),
			RD_E_REFUSED);
		assert_non_null(strstr(h->err.msg, "--force"));
		assert_int_equal(house_case(h, case_id).kind, RD_COMPLAINT);
		OK(rd_act_reclassify(h->db, &staff, case_id, kinds[i], "is none", true, &h->err));
		DAY_IS(house_task(h, case_id, "tell").due, "2026-11-18");
		assert_non_null(strstr(house_task(h, case_id, "tell").text, "Ombudsman"));
		house_teardown(state);
	}
}

static void who_rang_is_not_thanked_for_a_message(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const struct rd_act_open open = { .landlord = "code-2024",
		.kind = RD_COMPLAINT,
		.channel = RD_BY_PHONE,
		.contact = "ann@example.com",
		.received_ms = h->now_ms };
	const char *const broken[] = { "a leak\n\nYou get 500 pounds." };
	struct rd_act_open forged = open;
	struct rd_outbox_row letter;
	int64_t case_id = 0;

	OK(rd_act_open(h->db, &staff, &open, &case_id, &h->err));
	letter = house_letter(h, case_id, "received");
	assert_false(house_says(h, &letter, "message."));
	assert_false(house_says(h, &letter, "your message by"));
	assert_true(house_says(h, &letter, "what you told us"));
	forged.topics = broken;
	forged.n_topics = 1;
	assert_int_equal(rd_act_open(h->db, &staff, &forged, &case_id, &h->err), RD_E_INPUT);
}

static void a_definition_that_no_letter_tells_is_a_persons_task(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const char *const topics[] = { "a leak" };
	const struct rd_act_open open = { .landlord = "code-2024",
		.kind = RD_COMPLAINT,
		.channel = RD_BY_IN_PERSON,
		.received_ms = h->now_ms,
		.topics = topics,
		.n_topics = 1 };
	int64_t case_id = 0, held;

	OK(rd_act_open(h->db, &staff, &open, &case_id, &h->err));
	OK(rd_act_define(h->db, &staff, case_id, "the roof leaks", NULL, &h->err));
	assert_false(house_runs(h, case_id, "stage1.define"));
	assert_null(house_task(h, case_id, "define").kind);
	DAY_IS(house_task(h, case_id, "tell").due, "2026-11-18");
	assert_non_null(strstr(house_task(h, case_id, "tell").text, "no letter went, because"));
	held = take(h, COMPLAINT " I am afraid of him.");
	OK(rd_act_define(h->db, &staff, held, "the roof leaks", NULL, &h->err));
	assert_int_equal(house_letters(h, held, "definition", NULL), 0);
	assert_non_null(strstr(house_task(h, held, "tell").text, "safeguarding"));
}

static void a_definition_goes_by_text_and_says_nothing_of_the_matter(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const int64_t id = house_text(h, HOUSE_PHONE, COMPLAINT);
	struct rd_outbox_row letter;

	house_work_texts(h);
	OK(rd_act_define(h->db, &staff, house_case_of(h, id), "the roof leaks", NULL, &h->err));
	letter = house_letter(h, house_case_of(h, id), "definition");
	assert_true(house_says(h, &letter, house_case(h, house_case_of(h, id)).reference));
	assert_false(house_says(h, &letter, "roof"));
	assert_false(house_says(h, &letter, "a leak"));
	assert_null(house_task(h, house_case_of(h, id), "tell").kind);
}

static void what_is_defined_past_the_calendar_stays_defined(void **state)
{
	struct house *h = house_new(&(struct house_options){ .starts = "2028-12-20T12:00:00Z" });
	const struct rd_office staff = house_staff(h);
	int64_t case_id;

	*state = h;
	case_id = take(h, COMPLAINT);
	house_at(h, "2029-01-03T12:00:00Z");
	OK(rd_act_define(h->db, &staff, case_id, "the roof leaks", NULL, &h->err));
	assert_string_equal(house_case(h, case_id).definition, "the roof leaks");
	DAY_IS(house_task(h, case_id, "tell").due, "2029-01-03");
}

static void a_case_that_is_no_complaint_is_acknowledged_by_its_own_letter(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const struct rd_act_acknowledge how = { .outcome = NULL };
	const int64_t case_id = take(h, REQUEST " I am afraid of him.");

	assert_int_equal(house_letters(h, case_id, NULL, NULL), 0);
	assert_non_null(house_task(h, case_id, "acknowledge").kind);
	OK(rd_act_lift_hold(h->db, &staff, case_id, "spoke to her", &h->err));
	OK(rd_act_acknowledge(h->db, &staff, case_id, &how, &h->err));
	house_send(h);
	assert_int_equal(house_letter(h, case_id, "service_request").state, RD_OUTBOX_SENT);
	assert_null(house_task(h, case_id, "acknowledge").kind);
	assert_int_equal(rd_act_acknowledge(h->db, &staff, case_id, &how, &h->err), RD_E_REFUSED);
}

static void staff_write_to_no_address_that_takes_no_replies(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const struct rd_act_acknowledge how = { .outcome = NULL };
	const int64_t id = house_mail_in(h, .body = COMPLAINT, .from = "noreply@forms.example.com");

	house_work(h);
	assert_int_equal(rd_act_acknowledge(h->db, &staff, house_case_of(h, id), &how, &h->err),
		RD_E_REFUSED);
	assert_non_null(strstr(h->err.msg, "takes no replies"));
}

static void a_letter_that_went_while_the_case_was_decided_anew_starts_no_clock(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = take(h, COMPLAINT);
	struct rd_outbox_row row;
	struct rd_tx *tx = NULL;

	OK(rd_outbox_claim(h->db, NULL, h->now_ms, true, h->arena, &row, &h->err));
	OK(rd_act_reclassify(
		h->db, &staff, case_id, RD_SERVICE_REQUEST, "it is a repair", true, &h->err));
	OK(rd_tx_begin(h->db, &tx, &h->err));
	OK(rd_outbox_uncertain(tx, row.id, "no answer", &h->err));
	OK(rd_tx_commit(&tx, &h->err));
	h->now_ms += 3 * 3600000;
	house_send(h); /* nobody can say: a person is asked */
	assert_non_null(house_task(h, case_id, "settle").kind);
	OK(rd_act_settle(h->db, &staff, row.id, RD_SETTLE_SENT, "it is in her mailbox", &h->err));
	assert_null(house_task(h, case_id, "settle").kind);
	assert_false(house_runs(h, case_id, "stage1.respond"));
	assert_true(house_case(h, case_id).acknowledged_ms == 0);
}

static void an_acknowledgement_given_by_telephone_counts_from_its_day(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = take(h, NO_TOPIC);
	const char *const topics[] = { "a leak" };
	struct rd_act_acknowledge how = { .given_on = house_day("2026-11-18") };

	house_at(h, "2026-11-19T10:00:00Z");
	assert_int_equal(rd_act_acknowledge(h->db, &staff, case_id, &how, &h->err), RD_E_REFUSED);
	how.topics = topics;
	how.n_topics = 1;
	how.given_on = house_day("2026-11-20");
	assert_int_equal(rd_act_acknowledge(h->db, &staff, case_id, &how, &h->err), RD_E_INPUT);
	how.given_on = house_day("2026-11-18");
	OK(rd_act_acknowledge(h->db, &staff, case_id, &how, &h->err));
	assert_false(house_runs(h, case_id, "stage1.acknowledge"));
	DAY_IS(house_clock(h, case_id, "stage1.respond").due, "2026-12-02");
	assert_null(house_task(h, case_id, "acknowledge").kind);
	assert_int_equal(rd_act_acknowledge(h->db, &staff, case_id, &how, &h->err), RD_E_REFUSED);
}

static void an_open_act_by_telephone_has_clocks_letter_and_tasks(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const char *const topics[] = { "a leak" };
	const struct rd_act_open open = {
		.landlord = "code-2024",
		.kind = RD_COMPLAINT,
		.channel = RD_BY_PHONE,
		.contact = "07700 900321",
		.name = "Bea",
		.topics = topics,
		.n_topics = 1,
		.received_ms = house_instant("2026-11-16T15:00:00Z"),
	};
	int64_t case_id;

	OK(rd_act_open(h->db, &staff, &open, &case_id, &h->err));
	DAY_IS(house_clock(h, case_id, "stage1.acknowledge").due, "2026-11-23");
	assert_string_equal(house_letter(h, case_id, NULL).recipient, "+447700900321");
	assert_int_equal(house_case(h, case_id).channel, RD_BY_PHONE);
	house_send(h);
	assert_int_equal(house_count_files(h, "tray"), 1);
}

static void closing_owes_an_explanation_and_leaves_nothing_to_decide(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = take(h, UNSURE);
	struct rd_review *reviews;
	size_t n;

	assert_int_equal(
		rd_act_close(h->db, &staff, case_id, "done", false, &h->err), RD_E_REFUSED);
	OK(rd_act_close(h->db, &staff, case_id, "sent twice", true, &h->err));
	assert_int_equal(house_case(h, case_id).status, RD_STATUS_CLOSED);
	assert_int_equal(house_letters(h, case_id, NULL, NULL), 0);
	assert_int_equal(house_n_tasks(h, case_id, NULL), 0);
	OK(rd_review_list(h->db, 0, false, h->arena, &reviews, &n, &h->err));
	assert_int_equal(n, 0);
	house_at(h, "2026-11-23T09:00:00Z");
	house_keep_time(h);
	assert_int_equal(house_case(h, case_id).status, RD_STATUS_CLOSED);
}

static void an_uncertain_letter_waits_for_a_person_and_is_settled_once(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = take(h, COMPLAINT);
	struct rd_outbox_row row;
	struct rd_tx *tx = NULL;

	OK(rd_outbox_claim(h->db, NULL, h->now_ms, true, h->arena, &row, &h->err));
	OK(rd_tx_begin(h->db, &tx, &h->err));
	OK(rd_outbox_uncertain(tx, row.id, "no answer", &h->err));
	OK(rd_tx_commit(&tx, &h->err));
	assert_true(house_runs(h, case_id, "stage1.acknowledge"));
	h->now_ms += 3600000;
	OK(rd_act_settle(h->db, &staff, row.id, RD_SETTLE_SENT, "it is in her mailbox", &h->err));
	assert_false(house_runs(h, case_id, "stage1.acknowledge"));
	DAY_IS(house_clock(h, case_id, "stage1.respond").starts, "2026-11-17");
	assert_int_equal(rd_act_settle(h->db, &staff, row.id, RD_SETTLE_SENT, "again", &h->err),
		RD_E_REFUSED);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		house_test(reclassifying_moves_the_duties_with_the_kind),
		house_test_own(
			a_running_complaint_is_reclassified_by_force_alone_and_the_resident_is_told),
		house_test(who_rang_is_not_thanked_for_a_message),
		house_test(a_definition_that_no_letter_tells_is_a_persons_task),
		house_test(a_definition_goes_by_text_and_says_nothing_of_the_matter),
		house_test_own(what_is_defined_past_the_calendar_stays_defined),
		house_test(a_case_that_is_no_complaint_is_acknowledged_by_its_own_letter),
		house_test(staff_write_to_no_address_that_takes_no_replies),
		house_test(a_letter_that_went_while_the_case_was_decided_anew_starts_no_clock),
		house_test(an_acknowledgement_given_by_telephone_counts_from_its_day),
		house_test(an_open_act_by_telephone_has_clocks_letter_and_tasks),
		house_test(closing_owes_an_explanation_and_leaves_nothing_to_decide),
		house_test(an_uncertain_letter_waits_for_a_person_and_is_settled_once),
	};
	int failed;

	house_main(argc, argv);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rd_spawner_stop(house_spawner);
	return failed;
}

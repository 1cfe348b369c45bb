/* What is unsure goes to a person: the letters, the decision, and what happens when nobody decides:
 * promise 8. */
#include "support/taken.h"

/* --- the letter received, and the decision's own --- */

static void an_unsure_message_is_a_review_case_with_a_clock_and_a_letter(void **state)
{
	struct house *h = *state;
	const int64_t case_id = take(h, UNSURE);
	struct rd_outbox_row letter;

	assert_int_equal(house_case(h, case_id).status, RD_STATUS_REVIEW);
	assert_int_equal(house_case(h, case_id).stage, RD_STAGE_NONE);
	DAY_IS(house_clock(h, case_id, "stage1.acknowledge").due, "2026-11-24");
	DAY_IS(house_task(h, case_id, "review").due, "2026-11-18");
	letter = house_letter(h, case_id, "received");
	assert_string_equal(letter.meets_clock, "");
	assert_true(house_says(h, &letter, "Wednesday 18 November 2026"));
	assert_true(house_says(h, &letter, "Ombudsman"));
	house_send(h);
	assert_true(house_runs(h, case_id, "stage1.acknowledge"));
}

static void what_could_not_be_read_whole_goes_to_a_person(void **state)
{
	struct house *h = *state;
	const int64_t id =
		house_mail_in(h, .body = "the lights \xff\xfe\xfd are \xc3\x28 broken again");

	house_work(h);
	FATE_IS(id, RD_FATE_OPENED);
	assert_int_equal(house_case(h, house_case_of(h, id)).status, RD_STATUS_REVIEW);
}

static void the_staffs_decision_sends_the_kinds_own_letter(void **state)
{
	static const struct {
		const char *why;
		enum rd_kind kind;
		const char *letter; /* NULL: none, and the case closes */
		bool acknowledge_runs;
	} rows[] = {
		{ "a complaint", RD_COMPLAINT, "acknowledgement", true },
		{ "the kind it was taken for", RD_SERVICE_REQUEST, "service_request", false },
		{ "an enquiry", RD_ENQUIRY, "enquiry", false },
		{ "praise", RD_COMPLIMENT, "compliment", false },
		{ "nothing for us", RD_OTHER, NULL, false },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct house *h = house_new(NULL);
		const struct rd_office staff = house_staff(h);
		int64_t case_id, about, review;
		struct rd_outbox_row last = { 0 };

		*state = h;
		print_message("%s\n", rows[i].why);
		case_id = take(h, UNSURE);
		house_send(h); /* `received` */
		review = house_review(h, case_id).id;
		house_at(h, "2026-11-18T10:00:00Z");
		OK(rd_act_decide(h->db, &staff, review, rows[i].kind, "read it", &about, &h->err));
		assert_int_equal(about, case_id);
		assert_int_equal(house_case(h, case_id).kind, rows[i].kind);
		assert_int_equal(house_case(h, case_id).status,
			rows[i].letter != NULL ? RD_STATUS_OPEN : RD_STATUS_CLOSED);
		assert_int_equal(
			house_letters(h, case_id, NULL, &last), 1 + (rows[i].letter != NULL));
		if (rows[i].letter != NULL)
			assert_string_equal(last.letter, rows[i].letter);
		assert_int_equal(
			house_runs(h, case_id, "stage1.acknowledge"), rows[i].acknowledge_runs);
		assert_null(house_task(h, case_id, "review").kind);
		if (rows[i].kind == RD_COMPLAINT) { /* the clock is receipt's, not the decision's */
			DAY_IS(house_clock(h, case_id, "stage1.acknowledge").due, "2026-11-24");
			house_send(h);
			DAY_IS(house_clock(h, case_id, "stage1.respond").starts, "2026-11-18");
		}
		assert_int_equal(rd_act_decide(h->db, &staff, review, RD_COMPLAINT, "again", &about,
					 &h->err),
			RD_E_EXISTS);
		house_teardown(state);
	}
}

static void the_decisions_letter_answers_the_mail_that_opened_the_case(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = take(h, UNSURE);
	struct rd_outbox_row letter;
	int64_t about;

	OK(rd_act_decide(h->db, &staff, house_review(h, case_id).id, RD_COMPLAINT, "is one", &about,
		&h->err));
	letter = house_letter(h, case_id, "acknowledgement");
	assert_true(house_says(h, &letter, "In-Reply-To: <m1@example.com>"));
}

static void a_decisions_letter_that_cannot_be_written_is_a_persons_duty(void **state)
{
	static const enum rd_kind kinds[] = { RD_COMPLAINT, RD_SERVICE_REQUEST };
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		const int64_t id =
			house_mail_in(h, .body = UNSURE, .from = "j\xc3\xb6rg@example.com");
		int64_t case_id, about;

		house_work(h);
		case_id = house_case_of(h, id);
		DAY_IS(house_task(h, case_id, "acknowledge").due, "2026-11-24");
		OK(rd_act_decide(h->db, &staff, house_review(h, case_id).id, kinds[i], "read it",
			&about, &h->err));
		assert_int_equal(house_letters(h, case_id, NULL, NULL), 0);
		assert_int_equal(house_n_tasks(h, case_id, "acknowledge"), 1);
		house_keep_time(h);
	}
}

static void an_urgent_task_that_was_done_does_not_come_back_with_the_decision(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = take(h, UNSURE " I smell gas.");
	int64_t about;

	OK(rd_act_task_done(h->db, &staff, house_task(h, case_id, "urgent").id, "rang", &h->err));
	OK(rd_act_decide(h->db, &staff, house_review(h, case_id).id, RD_COMPLAINT, "is one", &about,
		&h->err));
	assert_null(house_task(h, case_id, "urgent").kind);
}

/* --- nobody decides --- */

static void undecided_at_nine_the_working_day_before_it_is_a_complaint(void **state)
{
	struct house *h = *state;
	const int64_t case_id = take(h, UNSURE);
	struct rd_review *reviews;
	size_t n;

	house_send(h);
	house_at(h, "2026-11-23T08:59:59Z");
	house_keep_time(h);
	assert_int_equal(house_case(h, case_id).status, RD_STATUS_REVIEW);
	house_at(h, "2026-11-23T09:00:00Z");
	house_keep_time(h);
	assert_int_equal(house_case(h, case_id).kind, RD_COMPLAINT);
	assert_int_equal(house_case(h, case_id).stage, RD_STAGE_1);
	assert_int_equal(house_case(h, case_id).status, RD_STATUS_OPEN);
	house_send(h);
	assert_int_equal(house_letter(h, case_id, "acknowledgement").state, RD_OUTBOX_SENT);
	assert_false(house_runs(h, case_id, "stage1.acknowledge"));
	DAY_IS(house_task(h, case_id, "define").due, "2026-11-24");
	OK(rd_review_list(h->db, case_id, true, h->arena, &reviews, &n, &h->err));
	assert_true(reviews[0].is_default);
	assert_string_equal(reviews[0].by, RD_ACTOR_DAEMON);
	assert_false(house_alarm(h, "reviews-undecided"));
}

static void a_threshold_of_nothing_is_a_threshold_too(void **state)
{
	struct house *h = *state;
	char *rules = rd_arena_strdup(h->arena, house_rules);
	char *below = strstr(rules, "Request below: 2.0");
	bool changed;
	int64_t case_id;

	memcpy(below, "Request below: 0.0", 18);
	house_write_rules(h, rules);
	house_activate(h, h->db);
	OK(rd_desk_refresh(&h->desk, &changed, &h->err));
	h->pipeline.office = h->desk.office;
	OK(rd_reader_set_rules(h->reader, rd_live_files(h->desk.live), h->desk.landlords,
		h->desk.n_landlords, rd_live_off(h->desk.live), &h->err));
	case_id = take(h, "Hello there"); /* total 0: in the band now */
	assert_int_equal(house_case(h, case_id).status, RD_STATUS_REVIEW);
	house_at(h, "2026-11-23T09:00:00Z");
	house_keep_time(h);
	assert_int_equal(house_case(h, case_id).kind, RD_COMPLAINT);
}

static void what_may_not_be_decided_by_the_clock_is_alarmed(void **state)
{
	static const struct {
		const char *why, *body;
	} rows[] = {
		{ "safeguarding", UNSURE " I am afraid of him." },
		{ "asks for nothing formal", COMPLAINT " But nothing formal please." },
		{ "below the threshold", CIRCULAR " I smell gas." },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct house *h = house_new(NULL);
		int64_t case_id;

		*state = h;
		print_message("%s\n", rows[i].why);
		case_id = take(h, rows[i].body);
		assert_int_equal(house_case(h, case_id).status, RD_STATUS_REVIEW);
		house_send(h);
		house_at(h, "2026-11-23T09:00:00Z");
		house_keep_time(h);
		assert_int_equal(house_case(h, case_id).status, RD_STATUS_REVIEW);
		assert_true(house_alarm(h, "reviews-undecided"));
		house_teardown(state);
	}
}

/* --- the choice --- */

static void who_asks_for_nothing_formal_is_offered_the_choice(void **state)
{
	struct house *h = *state;
	const int64_t case_id = take(h, COMPLAINT " But nothing formal please.");
	struct rd_outbox_row choice;
	struct rd_review *reviews;
	int64_t id;
	size_t n;

	assert_int_equal(house_case(h, case_id).status, RD_STATUS_REVIEW);
	assert_int_equal(house_case(h, case_id).stage, RD_STAGE_NONE);
	choice = house_letter(h, case_id, "choice");
	assert_true(house_says(h, &choice, "COMPLAINT"));
	house_send(h);
	assert_false(house_runs(h, case_id, "stage1.respond"));
	house_at(h, "2026-11-19T10:00:00Z");
	id = house_mail_in(h, .body = "COMPLAINT",
		.headers = rd_arena_printf(h->arena, "In-Reply-To: <%s>\r\n", choice.message_id));
	house_work(h);
	FATE_IS(id, RD_FATE_JOINED);
	assert_int_equal(house_case(h, case_id).stage, RD_STAGE_1);
	DAY_IS(house_clock(h, case_id, "stage1.acknowledge").starts, "2026-11-19");
	assert_int_equal(house_letters(h, case_id, "acknowledgement", NULL), 1);
	/* Nothing is left for a person to decide a second time. */
	OK(rd_review_list(h->db, case_id, false, h->arena, &reviews, &n, &h->err));
	assert_int_equal(n, 0);
	assert_null(house_task(h, case_id, "review").kind);
	house_send(h);
	house_at(h, "2026-11-24T09:00:00Z");
	house_keep_time(h);
	assert_int_equal(house_letters(h, case_id, "acknowledgement", NULL), 1);
	assert_false(house_alarm(h, "reviews-undecided"));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		house_test(an_unsure_message_is_a_review_case_with_a_clock_and_a_letter),
		house_test(what_could_not_be_read_whole_goes_to_a_person),
		house_test_own(the_staffs_decision_sends_the_kinds_own_letter),
		house_test(the_decisions_letter_answers_the_mail_that_opened_the_case),
		house_test(a_decisions_letter_that_cannot_be_written_is_a_persons_duty),
		house_test(an_urgent_task_that_was_done_does_not_come_back_with_the_decision),
		house_test(undecided_at_nine_the_working_day_before_it_is_a_complaint),
		house_test(a_threshold_of_nothing_is_a_threshold_too),
		house_test_own(what_may_not_be_decided_by_the_clock_is_alarmed),
		house_test(who_asks_for_nothing_formal_is_offered_the_choice),
	};
	int failed;

	house_main(argc, argv);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rd_spawner_stop(house_spawner);
	return failed;
}

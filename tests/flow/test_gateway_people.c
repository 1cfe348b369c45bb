/* What is unsure goes to a person, what people decide, and what happens when they do not:
 * promise 8 and the staff's acts. */
#include "support/house.h"

static int64_t take(struct house *h, const char *body)
{
	const int64_t id = house_mail_in(h, .body = body);

	house_work(h);
	FATE_IS(id, RD_FATE_OPENED);
	return house_case_of(h, id);
}

static int64_t join(struct house *h, int64_t case_id, const char *body)
{
	const int64_t id = house_mail_in(h, .body = body,
		.subject = rd_arena_printf(h->arena, "%s", house_case(h, case_id).reference));

	house_work(h);
	return id;
}

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

/* --- acts --- */

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
		house_test(an_unsure_message_is_a_review_case_with_a_clock_and_a_letter),
		house_test(what_could_not_be_read_whole_goes_to_a_person),
		house_test_own(the_staffs_decision_sends_the_kinds_own_letter),
		house_test(the_decisions_letter_answers_the_mail_that_opened_the_case),
		house_test(undecided_at_nine_the_working_day_before_it_is_a_complaint),
		house_test(a_threshold_of_nothing_is_a_threshold_too),
		house_test_own(what_may_not_be_decided_by_the_clock_is_alarmed),
		house_test(doubt_about_what_joined_is_settled_in_time_too),
		house_test(who_asks_for_nothing_formal_is_offered_the_choice),
		house_test(a_joined_review_leaves_the_case_or_opens_the_linked_one),
		house_test_own(what_is_undecided_keeps_a_case_of_nothing_open_with_its_clock),
		house_test(what_nobody_decides_of_it_is_decided_by_the_clock),
		house_test(a_review_of_a_closed_case_can_be_decided),
		house_test(what_joined_a_case_that_staff_opened_is_decided_apart_from_it),
		house_test(nothing_for_us_in_what_joined_leaves_the_staffs_case_alive),
		house_test(undecided_in_time_it_is_a_linked_complaint_and_not_the_staffs_case),
		house_test(reclassifying_moves_the_duties_with_the_kind),
		house_test(a_decisions_letter_that_cannot_be_written_is_a_persons_duty),
		house_test_own(
			a_running_complaint_is_reclassified_by_force_alone_and_the_resident_is_told),
		house_test(reclassifying_leaves_the_review_of_a_message_that_joined),
		house_test(reclassifying_what_staff_opened_decides_nothing_that_joined_it),
		house_test(a_linked_case_that_a_decision_opened_can_be_reclassified),
		house_test(who_rang_is_not_thanked_for_a_message),
		house_test(a_definition_that_no_letter_tells_is_a_persons_task),
		house_test(a_definition_goes_by_text_and_says_nothing_of_the_matter),
		house_test_own(what_is_defined_past_the_calendar_stays_defined),
		house_test(a_case_that_is_no_complaint_is_acknowledged_by_its_own_letter),
		house_test(staff_write_to_no_address_that_takes_no_replies),
		house_test(an_urgent_task_that_was_done_does_not_come_back_with_the_decision),
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

/* What goes out, and when: promise 6, and the letters of promise 10. */
#include "redress/gateway/correspondence.h"
#include "support/house.h"

/* --- the law's clock --- */

static void an_acknowledgement_without_a_topic_meets_nothing_and_a_person_owes_it(void **state)
{
	struct house *h = *state;
	const int64_t id = house_mail_in(h, .body = NO_TOPIC);
	int64_t case_id;

	house_work(h);
	house_send(h);
	case_id = house_case_of(h, id);
	assert_string_equal(house_letter(h, case_id, NULL).letter, "received");
	assert_true(house_runs(h, case_id, "stage1.acknowledge"));
	assert_false(house_runs(h, case_id, "stage1.respond"));
	DAY_IS(house_task(h, case_id, "acknowledge").due, "2026-11-24");
}

static void a_complaint_without_a_topic_is_not_told_to_ask_for_a_complaint(void **state)
{
	struct house *h = *state;
	const int64_t mail = house_mail_in(h, .body = NO_TOPIC);
	const int64_t text = house_text(h, HOUSE_PHONE, "COMPLAINT");
	const int64_t unsure = house_mail_in(h, .body = UNSURE, .from = "bob@example.com");
	struct rd_outbox_row letters[2];

	house_work_texts(h);
	letters[0] = house_letter(h, house_case_of(h, mail), "received");
	letters[1] = house_letter(h, house_case_of(h, text), "received");
	for (int i = 0; i < 2; i++) {
		assert_true(house_says(h, &letters[i], "as a complaint"));
		assert_true(house_says(h, &letters[i], "stage 1"));
		assert_true(house_says(h, &letters[i], "what happened and what you"));
		assert_true(house_says(h, &letters[i], "by Wednesday 18 November 2026"));
		assert_true(house_says(h, &letters[i], "by Tuesday 24 November 2026"));
		assert_true(house_says(h, &letters[i], "Ombudsman"));
		assert_false(house_says(h, &letters[i], "COMPLAINT"));
	}
	letters[0] = house_letter(h, house_case_of(h, unsure), "received");
	assert_true(house_says(h, &letters[0], "COMPLAINT"));
	assert_false(house_says(h, &letters[0], "stage 1"));
}

static void only_a_person_meets_the_definition(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const int64_t id = house_mail_in(h, .body = COMPLAINT);
	struct rd_outbox_row letter;
	int64_t case_id;

	house_work(h);
	house_send(h);
	case_id = house_case_of(h, id);
	assert_true(house_runs(h, case_id, "stage1.define"));
	house_at(h, "2026-11-19T10:00:00Z");
	OK(rd_act_define(h->db, &staff, case_id, "The roof was reported twice.", NULL, &h->err));
	assert_false(house_runs(h, case_id, "stage1.define"));
	letter = house_letter(h, case_id, "definition");
	assert_true(house_says(h, &letter, "The roof was reported twice."));
	/* The date of the running clock binds, not one counted from today. */
	assert_true(house_says(h, &letter, "Tuesday 1 December 2026"));
	assert_false(house_says(h, &letter, "Thursday 3 December 2026"));
	assert_true(house_says(h, &letter, "In-Reply-To: <m1@example.com>"));
	assert_null(house_task(h, case_id, "define").kind);
}

static void a_letter_not_tried_on_its_day_is_written_anew(void **state)
{
	struct house *h = *state;
	const int64_t id = house_mail_in(h, .body = COMPLAINT);
	struct rd_outbox_row first, second;
	int64_t case_id;

	house_work(h);
	case_id = house_case_of(h, id);
	first = house_letter(h, case_id, NULL);
	house_at(h, "2026-11-18T08:00:00Z"); /* the sender was down all day */
	house_keep_time(h);
	second = house_letter(h, case_id, NULL);
	assert_int_not_equal(first.id, second.id);
	assert_string_not_equal(first.message_id, second.message_id);
	assert_true(house_says(h, &second, "Wednesday 2 December 2026"));
	assert_false(house_says(h, &second, "Tuesday 1 December 2026"));
	assert_true(house_says(h, &second, "In-Reply-To: <m1@example.com>"));
	house_send(h);
	DAY_IS(house_clock(h, case_id, "stage1.respond").starts, "2026-11-18");
	DAY_IS(house_clock(h, case_id, "stage1.respond").due, "2026-12-02");
}

static void a_letter_that_was_tried_keeps_its_date(void **state)
{
	struct house *h = *state;
	const int64_t id = house_mail_in(h, .body = COMPLAINT);
	struct rd_outbox_row row;
	struct rd_tx *tx = NULL;
	int64_t case_id;

	house_work(h);
	case_id = house_case_of(h, id);
	OK(rd_outbox_claim(h->db, NULL, h->now_ms, true, h->arena, &row, &h->err));
	OK(rd_tx_begin(h->db, &tx, &h->err));
	OK(rd_outbox_defer(tx, row.id, "451 later", h->now_ms + 60000, &h->err));
	OK(rd_tx_commit(&tx, &h->err));
	house_at(h, "2026-11-18T08:00:00Z");
	house_keep_time(h);
	house_send(h);
	assert_int_equal(house_letter(h, case_id, NULL).id, row.id);
	DAY_IS(house_clock(h, case_id, "stage1.respond").starts, "2026-11-17");
	DAY_IS(house_clock(h, case_id, "stage1.respond").due, "2026-12-01");
}

static void friday_at_a_minute_to_midnight_before_a_bank_holiday_counts_from_friday(void **state)
{
	static const struct {
		const char *why, *received, *acknowledge, *respond;
	} rows[] = {
		{ "before Easter Monday", "2026-04-02T22:59:00Z", "2026-04-13", "2026-04-20" },
		{ "before the spring bank holiday", "2026-05-22T22:59:00Z", "2026-06-01",
			"2026-06-08" },
		{ "an hour into Saturday, London time", "2026-05-22T23:01:00Z", "2026-06-01",
			"2026-06-08" },
		{ "clocks go forward that Sunday", "2026-03-27T23:59:00Z", "2026-04-07",
			"2026-04-14" },
		{ "the hour that does not exist", "2026-03-29T01:30:00Z", "2026-04-07",
			"2026-04-14" },
		{ "clocks go back that Sunday", "2026-10-23T22:59:00Z", "2026-10-30",
			"2026-11-06" },
		{ "the hour that comes twice", "2026-10-25T01:30:00Z", "2026-10-30", "2026-11-06" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct house *h = house_new(&(struct house_options){ .starts = rows[i].received });
		int64_t case_id;

		*state = h;
		case_id = house_mail_in(h, .body = COMPLAINT);
		house_work(h);
		house_send(h);
		case_id = house_case_of(h, case_id);
		print_message("%s\n", rows[i].why);
		DAY_IS(house_clock(h, case_id, "stage1.acknowledge").due, rows[i].acknowledge);
		DAY_IS(house_clock(h, case_id, "stage1.respond").starts,
			rd_date_format(rd_date_of(h->now_ms), (char[RD_DATE_MAX]){ "" }));
		DAY_IS(house_clock(h, case_id, "stage1.respond").due, rows[i].respond);
		house_teardown(state);
	}
}

static void receipt_is_the_servers_time_and_not_the_date_header(void **state)
{
	struct house *h = *state;
	const int64_t id = house_mail_in(h, .body = COMPLAINT,
		.date = "Mon, 02 Nov 2026 09:00:00 +0000", .received = "2026-11-16T23:30:00Z");

	house_work(h);
	DAY_IS(house_clock(h, house_case_of(h, id), "stage1.acknowledge").due, "2026-11-23");
	assert_int_equal(house_letters(h, 0, "acknowledgement", NULL), 1);
}

static void past_the_calendar_the_case_opens_and_a_person_has_it_today(void **state)
{
	struct house *h = house_new(&(struct house_options){ .starts = "2029-12-27T10:00:00Z" });
	struct rd_date last =
		rd_calendar_last_day(rd_live_policy(h->desk.live, "code-2024")->calendar);
	char text[RD_DATE_MAX], instant[64];
	int64_t id, case_id;

	*state = h;
	rd_date_format(last, text);
	snprintf(instant, sizeof instant, "%sT10:00:00Z", text);
	house_at(h, instant);
	id = house_mail_in(h, .body = COMPLAINT);
	house_work(h);
	FATE_IS(id, RD_FATE_OPENED);
	case_id = house_case_of(h, id);
	assert_false(rd_date_is_set(house_clock(h, case_id, "stage1.acknowledge").due));
	assert_non_null(house_task(h, case_id, "calendar").kind);
	DAY_IS(house_task(h, case_id, "calendar").due, text);
	assert_int_equal(house_letters(h, case_id, NULL, NULL), 0);
	assert_true(house_alarm(h, "calendar_ended"));
	house_keep_time(h);
	assert_true(house_alarm(h, "calendar-ending"));
}

static void the_end_of_the_calendar_is_told_a_year_ahead(void **state)
{
	struct house *h = *state;
	struct rd_date last =
		rd_calendar_last_day(rd_live_policy(h->desk.live, "code-2024")->calendar);

	h->now_ms = rd_date_at_ms(rd_date_add(last, -370), 12, 0);
	house_keep_time(h);
	assert_false(house_alarm(h, "calendar-ending"));
	h->now_ms = rd_date_at_ms(rd_date_add(last, -360), 12, 0);
	house_keep_time(h);
	assert_true(house_alarm(h, "calendar-ending"));
}

/* --- hours and approval --- */

static void texts_keep_to_their_hours_and_are_written_for_the_day_they_leave(void **state)
{
	struct house *h = *state;
	struct rd_outbox_row letter;
	int64_t id, case_id;

	house_at(h, "2026-11-17T21:00:00Z");
	id = house_text(h, HOUSE_PHONE, COMPLAINT);
	house_work_texts(h);
	case_id = house_case_of(h, id);
	letter = house_letter(h, case_id, NULL);
	DAY_IS(letter.written_for, "2026-11-18");
	assert_true(house_says(h, &letter, "2 December"));
	house_send(h);
	assert_int_equal(house_count_files(h, "tray"), 0);
	house_at(h, "2026-11-18T08:00:00Z");
	house_keep_time(h);
	house_send(h);
	assert_int_equal(house_count_files(h, "tray"), 1);
	DAY_IS(house_clock(h, case_id, "stage1.respond").starts, "2026-11-18");
}

static void a_text_still_unsent_at_four_on_its_due_date_waits_no_longer(void **state)
{
	struct house *h = house_new(&(struct house_options){ .text_hours = "08:00-12:00" });
	struct rd_outbox_row row;
	struct rd_tx *tx = NULL;
	int64_t id, case_id;

	*state = h;
	id = house_text(h, HOUSE_PHONE, COMPLAINT); /* decided a week later */
	house_at(h, "2026-11-24T11:30:00Z");
	house_work(h);
	case_id = house_case_of(h, id);
	DAY_IS(house_clock(h, case_id, "stage1.acknowledge").due, "2026-11-24");
	OK(rd_outbox_claim(h->db, NULL, h->now_ms, true, h->arena, &row, &h->err));
	OK(rd_tx_begin(h->db, &tx, &h->err));
	OK(rd_outbox_defer(
		tx, row.id, "no answer", house_instant("2026-11-24T12:05:00Z"), &h->err));
	OK(rd_tx_commit(&tx, &h->err));
	assert_int_equal(row.case_id, case_id);
	house_at(h, "2026-11-24T15:59:00Z");
	house_keep_time(h);
	house_send(h);
	assert_int_equal(house_letter(h, case_id, NULL).state, RD_OUTBOX_QUEUED);
	house_at(h, "2026-11-24T16:00:00Z");
	house_keep_time(h);
	assert_non_null(house_task(h, case_id, "text_late").kind);
	house_send(h);
	assert_int_equal(house_letter(h, case_id, NULL).state, RD_OUTBOX_SENT);
}

static void a_text_that_can_only_leave_late_on_its_due_date_is_a_persons_task_at_once(void **state)
{
	struct house *h = *state;
	int64_t id, case_id;

	id = house_text(h, HOUSE_PHONE, COMPLAINT); /* seen on the 17th, decided a week later */
	house_at(h, "2026-11-24T20:30:00Z");
	house_work(h);
	case_id = house_case_of(h, id);
	DAY_IS(house_letter(h, case_id, NULL).written_for, "2026-11-24");
	DAY_IS(house_task(h, case_id, "text_late").due, "2026-11-24");
	house_send(h);
	assert_int_equal(house_letter(h, case_id, NULL).state, RD_OUTBOX_SENT);
}

static void unapproved_letters_go_at_nine_on_the_last_working_day_before(void **state)
{
	struct house *h = house_new(&(struct house_options){ .letters_approved = true });
	int64_t complaint, enquiry, unsure;

	*state = h;
	complaint = house_mail_in(h, .body = COMPLAINT);
	enquiry = house_mail_in(h, .body = "what time do you open", .from = "bob@example.com");
	unsure = house_mail_in(h, .body = UNSURE, .from = "cat@example.com");
	house_work(h);
	house_send(h);
	assert_int_equal(
		house_letter(h, house_case_of(h, complaint), NULL).state, RD_OUTBOX_QUEUED);
	assert_int_equal(house_letter(h, house_case_of(h, enquiry), NULL).state, RD_OUTBOX_QUEUED);
	assert_int_equal(house_letter(h, house_case_of(h, unsure), NULL).state, RD_OUTBOX_SENT);
	house_at(h, "2026-11-23T08:59:00Z");
	house_keep_time(h);
	house_send(h);
	assert_int_equal(
		house_letter(h, house_case_of(h, complaint), NULL).state, RD_OUTBOX_QUEUED);
	house_at(h, "2026-11-23T09:00:00Z");
	house_keep_time(h);
	house_send(h);
	assert_int_equal(house_letter(h, house_case_of(h, complaint), NULL).state, RD_OUTBOX_SENT);
	DAY_IS(house_clock(h, house_case_of(h, complaint), "stage1.respond").starts, "2026-11-23");
	assert_int_equal(house_letter(h, house_case_of(h, enquiry), NULL).state, RD_OUTBOX_SENT);
}

static void an_approved_letter_goes_today_with_todays_dates(void **state)
{
	struct house *h = house_new(&(struct house_options){ .letters_approved = true });
	const struct rd_office staff = house_staff(h);
	struct rd_outbox_row letter;
	int64_t id, case_id;

	*state = h;
	id = house_mail_in(h, .body = COMPLAINT);
	house_work(h);
	case_id = house_case_of(h, id);
	letter = house_letter(h, case_id, NULL);
	DAY_IS(letter.written_for, "2026-11-23");
	house_at(h, "2026-11-18T10:00:00Z");
	OK(rd_act_approve(h->db, &staff, letter.id, &h->err));
	house_keep_time(h); /* it was written for another day */
	house_send(h);
	letter = house_letter(h, case_id, NULL);
	assert_int_equal(letter.state, RD_OUTBOX_SENT);
	assert_string_equal(letter.approved_by, "Sam Staff");
	assert_true(house_says(h, &letter, "Wednesday 2 December 2026"));
	DAY_IS(house_clock(h, case_id, "stage1.respond").due, "2026-12-02");
}

static void a_danger_told_after_a_letter_was_written_begins_it_when_written_anew(void **state)
{
	const struct house_options options = { .letters_approved = true };
	struct house *h = *state = house_new(&options);
	const struct rd_office staff = house_staff(h);
	const int64_t id = house_mail_in(h, .body = COMPLAINT);
	struct rd_outbox_row letter;
	int64_t case_id;

	house_work(h);
	case_id = house_case_of(h, id);
	house_mail_in(h, .body = "Now I smell gas",
		.subject = rd_arena_printf(h->arena, "%s", house_case(h, case_id).reference));
	house_work(h);
	letter = house_letter(h, case_id, "acknowledgement");
	assert_false(house_says(h, &letter, "ring 999"));
	house_at(h, "2026-11-18T10:00:00Z");
	OK(rd_act_approve(h->db, &staff, letter.id, &h->err));
	house_keep_time(h); /* written for the day on which it would have gone */
	letter = house_letter(h, case_id, "acknowledgement");
	assert_true(house_says(h, &letter, "ring 999"));
}

static void a_letter_that_cannot_be_written_anew_does_not_stop_the_others(void **state)
{
	struct house *h = *state;
	struct rd_date last =
		rd_calendar_last_day(rd_live_policy(h->desk.live, "code-2024")->calendar);
	int64_t id, case_id;

	h->now_ms = rd_date_at_ms(rd_date_add(last, -24), 12, 0);
	id = house_mail_in(h, .body = COMPLAINT);
	house_work(h);
	case_id = house_case_of(h, id);
	assert_int_equal(house_letters(h, case_id, NULL, NULL), 1);
	h->now_ms = rd_date_at_ms(rd_date_add(last, -3), 12, 0); /* no answer's date to print now */
	house_keep_time(h);
	assert_int_equal(house_letters(h, case_id, NULL, NULL), 0);
	assert_non_null(house_task(h, case_id, "acknowledge").kind);
}

static void a_duty_due_or_past_is_alarmed(void **state)
{
	struct house *h = *state;

	house_mail_in(h, .body = NO_TOPIC);
	house_work(h);
	house_at(h, "2026-11-23T12:00:00Z");
	house_keep_time(h);
	assert_false(house_alarm(h, "clocks-due-today"));
	house_at(h, "2026-11-24T00:01:00Z");
	house_keep_time(h);
	assert_true(house_alarm(h, "clocks-due-today"));
	assert_false(house_alarm(h, "clocks-overdue"));
	house_at(h, "2026-11-25T00:01:00Z");
	house_keep_time(h);
	assert_true(house_alarm(h, "clocks-overdue"));
	assert_false(house_alarm(h, "clocks-due-today"));
}

/* --- many at once --- */

/* Copies of a letter that is queued already, under causes of their own. */
static void put_copies(struct house *h, const struct rd_outbox_row *row, int n)
{
	struct rd_tx *tx = NULL;
	int64_t id;

	OK(rd_tx_begin(h->db, &tx, &h->err));
	for (int i = 0; i < n; i++) {
		struct rd_outbox_row copy = *row;
		char cause[32], message_id[32], to[48];

		snprintf(cause, sizeof cause, "act:copy:%d", i);
		snprintf(message_id, sizeof message_id, "rd.%d@house.example", i);
		snprintf(to, sizeof to, "p%d@example.com", i);
		copy.cause = cause;
		copy.message_id = message_id;
		copy.recipient = to;
		OK(rd_outbox_put(tx, &copy, h->now_ms, &id, &h->err));
	}
	OK(rd_tx_commit(&tx, &h->err));
}

static void many_letters_of_yesterday_are_written_anew_some_a_round(void **state)
{
	struct house *h = *state;
	const int64_t id = house_mail_in(h, .body = REQUEST);
	struct rd_timekeeper_round round;
	struct rd_outbox_row row;
	size_t n_letters = 0;

	house_work(h);
	row = house_letter(h, house_case_of(h, id), NULL);
	put_copies(h, &row, 2 * RD_OUTBOX_STALE_MAX + 20);
	house_at(h, "2026-11-18T00:01:00Z");
	for (int i = 0; i < 3; i++) {
		OK(rd_timekeeper_round(h->db, &h->desk.office, &round, &h->err));
		assert_true(round.n_letters <= RD_OUTBOX_STALE_MAX);
		assert_int_equal(round.more, i < 2);
		n_letters += round.n_letters;
		h->now_ms += 1000;
	}
	assert_int_equal(n_letters, 2 * RD_OUTBOX_STALE_MAX + 21);
}

static void what_another_wrote_anew_meanwhile_is_left_as_it_is(void **state)
{
	struct house *h = *state;
	const int64_t id = house_mail_in(h, .body = COMPLAINT);
	struct rd_outbox_row *rows;
	size_t n;

	house_work(h);
	house_at(h, "2026-11-18T00:01:00Z");
	OK(rd_outbox_stale(h->db, rd_date_of(h->now_ms), h->now_ms, h->arena, &rows, &n, &h->err));
	assert_int_equal(n, 1);
	for (int i = 0; i < 2; i++) {
		struct rd_tx *tx = NULL;

		OK(rd_tx_begin(h->db, &tx, &h->err));
		OK(rd_correspondence_rewrite(tx, &h->desk.office, &rows[0], h->arena, &h->err));
		OK(rd_tx_commit(&tx, &h->err));
	}
	assert_int_equal(house_letter(h, house_case_of(h, id), NULL).state, RD_OUTBOX_QUEUED);
	assert_null(house_task(h, house_case_of(h, id), "acknowledge").kind);
}

static void over_the_hourly_cap_emergencies_go_and_somebody_is_told(void **state)
{
	struct house *h = *state;
	const int64_t id = house_mail_in(h, .body = REQUEST);
	int64_t urgent, late;
	struct rd_outbox_row row;

	house_work(h);
	row = house_letter(h, house_case_of(h, id), NULL);
	put_copies(h, &row, 600);
	house_send(h);
	assert_true(house_alarm(h, "letters-capped"));
	assert_int_equal(house_count_files(h, "sent/new"), 600 + 1); /* and the alarm's mail */
	urgent = house_mail_in(h, .body = REQUEST " I smell gas.", .from = "bob@example.com");
	late = house_mail_in(h, .body = REQUEST, .from = "eve@example.com");
	house_work(h);
	house_send(h);
	assert_int_equal(house_letter(h, house_case_of(h, urgent), NULL).state, RD_OUTBOX_SENT);
	assert_int_equal(house_letter(h, house_case_of(h, late), NULL).state, RD_OUTBOX_QUEUED);
	h->now_ms += 3700000;
	house_send(h);
	assert_int_equal(house_letter(h, house_case_of(h, late), NULL).state, RD_OUTBOX_SENT);
	assert_false(house_alarm(h, "letters-capped"));
}

/* --- what a letter carries --- */

static void the_emergency_block_comes_first_and_does_not_wait(void **state)
{
	struct house *h = *state;
	const int64_t mail = house_mail_in(h, .body = COMPLAINT " I smell gas.");
	const int64_t text = house_text(h, HOUSE_PHONE, "we have no heating");
	struct rd_outbox_row letter;
	const char *block, *rest;

	house_at(h, "2026-11-17T23:30:00Z");
	house_work(h);
	letter = house_letter(h, house_case_of(h, mail), NULL);
	block = strstr(letter.payload, "ring 999");
	rest = strstr(letter.payload, "Thank you for telling us");
	assert_non_null(block);
	assert_non_null(rest);
	assert_true(block < rest);
	assert_non_null(house_task(h, house_case_of(h, mail), "urgent").kind);
	letter = house_letter(h, house_case_of(h, text), NULL);
	assert_memory_equal(letter.payload, "No heat", 7);
	house_send(h);
	assert_int_equal(house_letter(h, house_case_of(h, text), NULL).state, RD_OUTBOX_SENT);
}

static void no_letter_repeats_a_residents_words(void **state)
{
	struct house *h = *state;
	const int64_t id = house_mail_in(h, .subject = "Marigold Court flooded",
		.body = COMPLAINT " Marigold Court is a disgrace.");
	struct rd_outbox_row letter;

	house_work(h);
	letter = house_letter(h, house_case_of(h, id), NULL);
	assert_false(house_says(h, &letter, "Marigold"));
	assert_false(house_says(h, &letter, "disgrace"));
}

static void a_letter_carries_the_date_of_the_day_it_leaves(void **state)
{
	struct house *h = house_new(&(struct house_options){ .letters_approved = true });
	struct rd_outbox_row row;
	int64_t id;

	*state = h;
	id = house_mail_in(h, .body = COMPLAINT);
	house_work(h);
	house_at(h, "2026-11-23T09:00:00Z");
	house_send(h);
	row = house_letter(h, house_case_of(h, id), NULL);
	assert_int_equal(row.state, RD_OUTBOX_SENT);
	assert_true(house_says(h, &row, "Date: Mon, 23 Nov 2026 09:00:00 +0000"));
}

static void only_the_text_that_meets_the_clock_is_hurried(void **state)
{
	struct house *h = *state;
	const enum rd_channel sms = RD_CHANNEL_SMS;
	struct rd_outbox_filter filter = { .channel = &sms, .letter = "later" };
	const int64_t id = house_text(h, HOUSE_PHONE, NO_TOPIC);
	struct rd_outbox_row *rows;
	size_t n;

	house_work_texts(h);
	house_send(h);
	filter.case_id = house_case_of(h, id);
	house_at(h, "2026-11-24T20:30:00Z"); /* its acknowledgement is due today */
	house_text(h, HOUSE_PHONE, "any news?");
	house_work_texts(h);
	OK(rd_outbox_list(h->db, &filter, h->arena, &rows, &n, &h->err));
	assert_int_equal(n, 1);
	house_keep_time(h);
	OK(rd_outbox_list(h->db, &filter, h->arena, &rows, &n, &h->err));
	assert_int_equal(n, 1);
	assert_int_equal(rows[0].state, RD_OUTBOX_QUEUED);
	assert_false(rows[0].emergency);
	assert_null(house_task(h, house_case_of(h, id), "text_late").kind);
}

static void a_clock_set_back_stops_sending_and_is_alarmed(void **state)
{
	struct house *h = *state;
	const int64_t id = house_mail_in(h, .body = COMPLAINT);

	house_work(h);
	h->now_ms -= 3600000;
	house_keep_time(h);
	assert_true(house_alarm(h, "clock-set-back"));
	house_send(h);
	assert_int_equal(house_count_files(h, "sent/new"), 0);
	h->now_ms += 3600000;
	house_keep_time(h);
	assert_false(house_alarm(h, "clock-set-back"));
	house_send(h);
	assert_int_equal(house_letter(h, house_case_of(h, id), NULL).state, RD_OUTBOX_SENT);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		house_test(an_acknowledgement_without_a_topic_meets_nothing_and_a_person_owes_it),
		house_test(a_complaint_without_a_topic_is_not_told_to_ask_for_a_complaint),
		house_test(only_a_person_meets_the_definition),
		house_test(a_letter_not_tried_on_its_day_is_written_anew),
		house_test(a_letter_that_was_tried_keeps_its_date),
		house_test_own(
			friday_at_a_minute_to_midnight_before_a_bank_holiday_counts_from_friday),
		house_test(receipt_is_the_servers_time_and_not_the_date_header),
		house_test_own(past_the_calendar_the_case_opens_and_a_person_has_it_today),
		house_test(the_end_of_the_calendar_is_told_a_year_ahead),
		house_test(texts_keep_to_their_hours_and_are_written_for_the_day_they_leave),
		house_test_own(a_text_still_unsent_at_four_on_its_due_date_waits_no_longer),
		house_test(
			a_text_that_can_only_leave_late_on_its_due_date_is_a_persons_task_at_once),
		house_test_own(unapproved_letters_go_at_nine_on_the_last_working_day_before),
		house_test_own(an_approved_letter_goes_today_with_todays_dates),
		house_test_own(
			a_danger_told_after_a_letter_was_written_begins_it_when_written_anew),
		house_test(a_letter_that_cannot_be_written_anew_does_not_stop_the_others),
		house_test(a_duty_due_or_past_is_alarmed),
		house_test(many_letters_of_yesterday_are_written_anew_some_a_round),
		house_test(what_another_wrote_anew_meanwhile_is_left_as_it_is),
		house_test(over_the_hourly_cap_emergencies_go_and_somebody_is_told),
		house_test(the_emergency_block_comes_first_and_does_not_wait),
		house_test(no_letter_repeats_a_residents_words),
		house_test_own(a_letter_carries_the_date_of_the_day_it_leaves),
		house_test(only_the_text_that_meets_the_clock_is_hurried),
		house_test(a_clock_set_back_stops_sending_and_is_alarmed),
	};
	int failed;

	house_main(argc, argv);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rd_spawner_stop(house_spawner);
	return failed;
}

/* Which case a message belongs to, and what must never be shown to whom: promise 10. */
#include "support/house_cases.h"

#define STRANGER "Eve Else <eve@example.net>"

static const char *thread_to(struct house *h, const char *message_id)
{
	return rd_arena_printf(h->arena, "In-Reply-To: <%s>\r\n", message_id);
}

/* --- codes --- */

static void a_right_code_joins_in_subject_body_or_any_case(void **state)
{
	struct house *h = *state;
	const int64_t case_id = house_open_by_mail(h, NULL, REQUEST);
	const char *reference = house_reference(h, case_id);
	char *lower = rd_arena_strdup(h->arena, reference);
	int64_t subject, body, small;

	for (char *c = lower; *c != '\0'; c++)
		*c = (char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
	subject = house_mail_in(h, .body = "Any news?",
		.subject = rd_arena_printf(h->arena, "about %s", reference));
	body = house_mail_in(
		h, .body = rd_arena_printf(h->arena, "My case is %s, any news?", reference));
	small = house_mail_in(h, .body = rd_arena_printf(h->arena, "it is %s, any news?", lower));
	house_work(h);
	FATE_IS(subject, RD_FATE_JOINED);
	FATE_IS(body, RD_FATE_JOINED);
	FATE_IS(small, RD_FATE_JOINED);
	assert_int_equal(house_case_of(h, small), case_id);
	assert_int_equal(house_case(h, case_id).n_messages, 4);
}

static void a_code_in_a_text_joins_a_case_that_began_by_mail(void **state)
{
	struct house *h = *state;
	const int64_t case_id = house_open_by_mail(h, NULL, REQUEST);
	const int64_t id = house_text(h, HOUSE_PHONE,
		rd_arena_printf(h->arena, "%s any news?", house_reference(h, case_id)));
	struct rd_outbox_row added;

	house_work_texts(h);
	FATE_IS(id, RD_FATE_JOINED);
	assert_int_equal(house_case_of(h, id), case_id);
	added = house_letter(h, case_id, "added");
	assert_string_equal(added.recipient, "ann@example.com"); /* never a new address */
	assert_int_equal(added.channel, RD_CHANNEL_EMAIL);
}

static void a_stranger_with_the_code_joins_and_gets_nothing(void **state)
{
	struct house *h = *state;
	const int64_t case_id = house_open_by_mail(h, NULL, REQUEST);
	const int64_t id = house_mail_in(h, .from = STRANGER, .body = "Any news of this?",
		.subject = house_reference(h, case_id));

	house_work(h);
	FATE_IS(id, RD_FATE_JOINED);
	assert_string_equal(house_letter(h, case_id, "added").recipient, "ann@example.com");
	assert_non_null(house_task(h, case_id, "read").kind);
}

static void a_strangers_complaint_on_it_is_linked_and_answered_to_the_case_alone(void **state)
{
	struct house *h = *state;
	const int64_t case_id = house_open_by_mail(h, NULL, REQUEST);
	const int64_t id = house_mail_in(
		h, .from = STRANGER, .body = COMPLAINT, .subject = house_reference(h, case_id));

	house_work(h);
	FATE_IS(id, RD_FATE_OPENED);
	assert_int_not_equal(house_case_of(h, id), case_id);
	assert_string_equal(
		house_letter(h, house_case_of(h, id), NULL).recipient, "ann@example.com");
}

static void five_wrong_codes_lock_that_sender_for_the_day_and_a_person_is_told(void **state)
{
	struct house *h = *state;
	const int64_t case_id = house_open_by_mail(h, NULL, REQUEST);
	const char *reference = house_reference(h, case_id);
	int64_t id;

	for (int i = 0; i < 5; i++) {
		house_mail_in(h, .from = STRANGER, .body = "my case",
			.subject = rd_arena_printf(h->arena, "RD1000%02d-2222", i + 50));
		house_work(h);
		assert_int_equal(house_n_tasks(h, 0, "wrong_codes"), 0);
		if (i < 4)
			assert_false(house_alarm(h, "wrong_codes"));
	}
	assert_true(house_alarm(h, "wrong_codes"));
	id = house_mail_in(h, .from = STRANGER, .body = "now the right one", .subject = reference);
	house_work(h);
	FATE_IS(id, RD_FATE_OPENED); /* a case of its own: the code is not believed */
	id = house_mail_in(h, .body = "mine", .subject = reference);
	house_work(h);
	FATE_IS(id, RD_FATE_JOINED); /* that sender alone is locked */
	house_at(h, "2026-11-18T09:00:00Z");
	id = house_mail_in(h, .from = STRANGER, .body = "the next day", .subject = reference);
	house_work(h);
	FATE_IS(id, RD_FATE_JOINED);
}

static void one_wrong_code_written_twice_in_a_mail_counts_once(void **state)
{
	struct house *h = *state;

	for (int i = 0; i < 4; i++) {
		const char *code = rd_arena_printf(h->arena, "RD1000%02d-2222", i + 50);

		house_mail_in(h, .from = STRANGER, .subject = code,
			.body = rd_arena_printf(h->arena, "I mean %s", code));
		house_work(h);
	}
	assert_false(house_alarm(h, "wrong_codes"));
}

/* A mail without From. */
static int64_t nobodys_mail(struct house *h, const char *subject)
{
	const char *raw = rd_arena_printf(h->arena,
		"To: c@house.example\r\nSubject: %s\r\nDate: Tue, 17 Nov 2026 09:00:00 +0000\r\n"
		"Message-ID: <n%u@example.com>\r\n\r\nmy case\r\n",
		subject, h->n_put);
	const int64_t id = house_put_raw(h, 0, raw, strlen(raw), h->now_ms, h->now_ms);

	house_work(h);
	return id;
}

static void wrong_codes_of_nobody_lock_codes_for_all_who_name_no_sender(void **state)
{
	struct house *h = *state;
	const char *reference = house_reference(h, house_open_by_mail(h, NULL, REQUEST));

	FATE_IS(nobodys_mail(h, reference), RD_FATE_JOINED);
	for (int i = 0; i < 5; i++)
		nobodys_mail(h, rd_arena_printf(h->arena, "RD1000%02d-2222", i + 50));
	assert_true(house_alarm(h, "wrong_codes"));
	FATE_IS(nobodys_mail(h, reference), RD_FATE_OPENED);
}

static void the_fifth_wrong_code_is_alarmed_whatever_the_message_is(void **state)
{
	struct house *h = *state;

	for (int i = 0; i < 5; i++) {
		const int64_t id = house_mail_in(h, .from = STRANGER, .body = CIRCULAR,
			.subject = rd_arena_printf(h->arena, "RD1000%02d-2222", i + 50));

		house_work(h);
		FATE_IS(id, RD_FATE_OTHER);
	}
	assert_true(house_alarm(h, "wrong_codes"));
}

/* --- threads --- */

static void a_known_sender_joins_by_thread_with_mail_or_letter(void **state)
{
	struct house *h = *state;
	const int64_t case_id = house_open_by_mail(h, NULL, REQUEST);
	const struct rd_outbox_row letter = house_letter(h, case_id, NULL);
	const int64_t to_letter =
		house_mail_in(h, .body = "Thanks.", .headers = thread_to(h, letter.message_id));
	const int64_t to_own =
		house_mail_in(h, .body = "And also.", .headers = thread_to(h, "m1@example.com"));

	house_work(h);
	FATE_IS(to_letter, RD_FATE_JOINED);
	FATE_IS(to_own, RD_FATE_JOINED);
	assert_int_equal(house_case_of(h, to_own), case_id);
}

static void a_stranger_in_a_thread_is_only_possibly_related(void **state)
{
	struct house *h = *state;
	const int64_t case_id = house_open_by_mail(h, NULL, REQUEST);
	const struct rd_outbox_row letter = house_letter(h, case_id, NULL);
	const int64_t id = house_mail_in(
		h, .from = STRANGER, .body = REQUEST, .headers = thread_to(h, letter.message_id));
	struct rd_case_linked *links;
	struct rd_outbox_row answer;
	size_t n;

	house_work(h);
	FATE_IS(id, RD_FATE_OPENED);
	assert_int_not_equal(house_case_of(h, id), case_id);
	OK(rd_case_links(h->db, case_id, h->arena, &links, &n, &h->err));
	assert_int_equal(n, 1);
	assert_int_equal(links[0].how, RD_LINK_RELATED);
	answer = house_letter(h, house_case_of(h, id), NULL);
	assert_false(house_says(h, &answer, house_reference(h, case_id)));
	assert_int_equal(house_letters(h, case_id, "added", NULL), 0);
}

/* --- texts --- */

static void texts_of_one_pause_are_decided_together_and_it_is_never_extended(void **state)
{
	struct house *h = *state;
	const int64_t one = house_text(h, HOUSE_PHONE, "The roof");
	int64_t two, three, other;

	h->now_ms += 60000;
	two = house_text(h, HOUSE_PHONE, "leaks. I am complaining");
	other = house_text(h, "+447700900555", REQUEST);
	house_work(h);
	FATE_IS(one, RD_FATE_NONE);
	h->now_ms += 29000; /* 89 s after the first */
	three = house_text(h, HOUSE_PHONE, "and still waiting");
	house_work(h);
	FATE_IS(one, RD_FATE_NONE);
	h->now_ms += 1000;
	house_work(h);
	FATE_IS(one, RD_FATE_OPENED);
	FATE_IS(two, RD_FATE_JOINED);
	FATE_IS(three, RD_FATE_JOINED);
	FATE_IS(other, RD_FATE_NONE);
	assert_int_equal(house_case(h, house_case_of(h, one)).kind, RD_COMPLAINT);
	assert_int_equal(house_case(h, house_case_of(h, one)).n_messages, 3);
	assert_int_equal(house_letters(h, house_case_of(h, one), NULL, NULL), 1);
}

static void once_waits_for_no_text_and_still_decides_them_together(void **state)
{
	struct house *h = *state;
	const int64_t one = house_text(h, HOUSE_PHONE, "I am complaining about the leak");
	const int64_t two = house_text(h, HOUSE_PHONE, "and still waiting");

	h->pipeline.ignore_text_pause = true;
	house_work(h);
	FATE_IS(one, RD_FATE_OPENED);
	FATE_IS(two, RD_FATE_JOINED);
	assert_int_equal(house_letters(h, 0, NULL, NULL), 1);
}

static void a_later_text_joins_the_numbers_only_open_case_of_28_days(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const int64_t one = house_text(h, HOUSE_PHONE, REQUEST);
	int64_t two, three, case_id;
	struct rd_outbox_row later;

	house_work_texts(h);
	house_send(h);
	case_id = house_case_of(h, one);
	house_at(h, "2026-12-15T10:00:00Z"); /* the 28th day */
	two = house_text(h, HOUSE_PHONE, "any news?");
	house_work_texts(h);
	FATE_IS(two, RD_FATE_JOINED);
	later = house_letter(h, case_id, "later");
	assert_true(house_says(h, &later, house_reference(h, case_id)));
	assert_true(house_says(h, &later, "Ombudsman"));
	assert_false(house_says(h, &later, "leak"));
	house_at(h, "2027-01-15T10:00:00Z"); /* 31 days after the last */
	three = house_text(h, HOUSE_PHONE, "any news?");
	house_work_texts(h);
	FATE_IS(three, RD_FATE_OPENED);
	OK(rd_act_close(h->db, &staff, case_id, "mended", true, &h->err));
}

static void with_two_open_cases_a_text_opens_a_possibly_related_one(void **state)
{
	struct house *h = *state;
	const int64_t one = house_text(h, HOUSE_PHONE, REQUEST);
	int64_t two, three;
	struct rd_case_linked *links;
	size_t n;

	house_work_texts(h);
	two = house_text(h, HOUSE_PHONE, COMPLAINT); /* on a request: a linked complaint */
	house_work_texts(h);
	FATE_IS(two, RD_FATE_OPENED);
	three = house_text(h, HOUSE_PHONE, "the door too");
	house_work_texts(h);
	FATE_IS(three, RD_FATE_OPENED);
	OK(rd_case_links(h->db, house_case_of(h, three), h->arena, &links, &n, &h->err));
	assert_int_equal(n, 1);
	assert_int_not_equal(house_case_of(h, one), house_case_of(h, three));
}

static void the_first_answer_to_a_text_says_all_that_it_must(void **state)
{
	struct house *h = *state;
	const int64_t id = house_text(h, HOUSE_PHONE, COMPLAINT);
	struct rd_outbox_row first;

	house_work_texts(h);
	first = house_letter(h, house_case_of(h, id), NULL);
	assert_string_equal(first.recipient, HOUSE_PHONE);
	assert_true(house_says(h, &first, house_reference(h, house_case_of(h, id))));
	assert_true(house_says(h, &first, "complaint"));
	assert_true(house_says(h, &first, "stage 1"));
	assert_true(house_says(h, &first, "a leak"));
	assert_true(house_says(h, &first, "1 December"));
	assert_true(house_says(h, &first, "01632 960123"));
	assert_true(house_says(h, &first, "Ombudsman"));
	assert_true(house_says(h, &first, "0300 111 3000"));
	assert_true(house_says(h, &first, "housing-ombudsman"));
}

static void a_first_text_that_never_left_is_not_the_first_answer(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	struct rd_outbox_row letter;
	int64_t id, about;

	house_at(h, "2026-11-17T21:00:00Z"); /* outside the hours */
	id = house_text(h, HOUSE_PHONE, UNSURE);
	house_work_texts(h);
	OK(rd_act_decide(h->db, &staff, house_review(h, house_case_of(h, id)).id, RD_COMPLAINT,
		"it is", &about, &h->err));
	letter = house_letter(h, about, NULL);
	assert_string_equal(letter.letter, "acknowledgement");
	assert_string_equal(letter.meets_clock, "stage1.acknowledge");
}

static void complaint_by_text_names_topics_only_in_the_first_answer(void **state)
{
	struct house *h = *state;
	const int64_t id = house_text(h, HOUSE_PHONE, UNSURE);
	struct rd_outbox_row letter = { 0 };
	int64_t case_id;

	house_work_texts(h);
	house_send(h); /* `received` */
	case_id = house_case_of(h, id);
	house_text(h, HOUSE_PHONE, "COMPLAINT");
	house_work_texts(h);
	assert_int_equal(house_case(h, case_id).stage, RD_STAGE_1);
	house_letters(h, case_id, NULL, &letter);
	assert_string_equal(letter.letter, "later");
	assert_false(house_says(h, &letter, "a leak"));
	DAY_IS(house_task(h, case_id, "acknowledge").due, "2026-11-24");
}

static void complaint_before_the_first_answer_left_takes_its_place(void **state)
{
	struct house *h = *state;
	int64_t id, case_id;

	house_at(h, "2026-11-17T21:00:00Z"); /* outside the hours */
	id = house_text(h, HOUSE_PHONE, UNSURE);
	house_work_texts(h);
	case_id = house_case_of(h, id);
	house_text(h, HOUSE_PHONE, "COMPLAINT");
	house_work_texts(h);
	assert_int_equal(house_letters(h, case_id, "received", NULL), 0);
	assert_string_equal(house_letter(h, case_id, NULL).meets_clock, "stage1.acknowledge");
}

/* --- what joins --- */

static void added_goes_once_a_day(void **state)
{
	struct house *h = *state;
	const int64_t case_id = house_open_by_mail(h, NULL, REQUEST);

	for (int i = 0; i < 3; i++) {
		house_mail_in(h, .body = "Any news?", .subject = house_reference(h, case_id));
		house_work(h);
	}
	assert_int_equal(house_letters(h, case_id, "added", NULL), 1);
	house_send(h);
	house_send(h);
	house_at(h, "2026-11-18T00:10:00Z");
	house_mail_in(h, .body = "Any news?", .subject = house_reference(h, case_id));
	house_work(h);
	assert_int_equal(house_letters(h, case_id, "added", NULL), 2);
}

static void the_choice_is_offered_once_a_day(void **state)
{
	struct house *h = *state;
	const int64_t case_id = house_open_by_mail(h, NULL, REQUEST);

	for (int i = 0; i < 4; i++) {
		house_mail_in(h, .subject = house_reference(h, case_id),
			.body = rd_arena_printf(
				h->arena, COMPLAINT " But nothing formal please. (%d)", i));
		house_work(h);
	}
	assert_int_equal(house_letters(h, case_id, "choice", NULL), 1);
	assert_int_equal(house_letters(h, case_id, "added", NULL), 0);
}

static void a_text_written_for_today_yesterday_evening_is_todays(void **state)
{
	struct house *h = *state;
	const int64_t id = house_text(h, HOUSE_PHONE, REQUEST);
	int64_t case_id;

	house_work_texts(h);
	house_send(h);
	case_id = house_case_of(h, id);
	house_at(h, "2026-11-17T21:00:00Z");
	house_text(h, HOUSE_PHONE, "any news");
	house_work_texts(h);
	house_at(h, "2026-11-18T09:00:00Z");
	house_send(h);
	house_text(h, HOUSE_PHONE, "any news now");
	house_work_texts(h);
	assert_int_equal(house_letters(h, case_id, "later", NULL), 1);
	house_at(h, "2026-11-18T21:00:00Z"); /* it would leave the day after */
	house_text(h, HOUSE_PHONE, "still no news");
	house_work_texts(h);
	assert_int_equal(house_letters(h, case_id, "later", NULL), 2);
}

static void nothing_is_added_for_a_contact_that_takes_no_replies(void **state)
{
	struct house *h = *state;
	const int64_t id = house_mail_in(h, .body = REQUEST, .from = "noreply@forms.example.com");
	int64_t case_id, joins;

	house_work(h);
	case_id = house_case_of(h, id);
	joins = house_mail_in(h, .body = "Any news?", .subject = house_reference(h, case_id));
	house_work(h);
	FATE_IS(joins, RD_FATE_JOINED);
	assert_int_equal(house_letters(h, case_id, NULL, NULL), 0);
	assert_non_null(house_task(h, case_id, "read").kind);
}

static void a_linked_complaint_of_a_stranger_is_not_sent_to_such_a_contact_either(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const int64_t id = house_mail_in(h, .body = REQUEST, .from = "noreply@forms.example.com");
	int64_t case_id, decided, about;

	house_work(h);
	case_id = house_case_of(h, id);
	decided = house_mail_in(
		h, .from = STRANGER, .body = UNSURE, .subject = house_reference(h, case_id));
	house_work(h);
	FATE_IS(decided, RD_FATE_JOINED);
	OK(rd_act_decide(h->db, &staff, house_review(h, case_id).id, RD_COMPLAINT, "is one", &about,
		&h->err));
	assert_int_not_equal(about, case_id);
	assert_int_equal(house_letters(h, about, NULL, NULL), 0);
	DAY_IS(house_task(h, about, "acknowledge").due, "2026-11-24");
}

static void a_danger_in_what_joins_is_answered_with_the_block_even_on_the_same_day(void **state)
{
	struct house *h = *state;
	const int64_t case_id = house_open_by_mail(h, NULL, REQUEST);
	struct rd_outbox_row last = { 0 };

	house_mail_in(h, .body = "Any news?", .subject = house_reference(h, case_id));
	house_work(h);
	house_mail_in(h, .body = "Now I smell gas", .subject = house_reference(h, case_id));
	house_work(h);
	assert_int_equal(house_letters(h, case_id, "added", &last), 2);
	assert_true(house_says(h, &last, "ring 999"));
	assert_true(house_case(h, case_id).flags[RD_HEALTH_SAFETY]);
	DAY_IS(house_task(h, case_id, "urgent").due, "2026-11-17");
}

static void a_complaint_on_a_request_opens_the_linked_case_of_that_day(void **state)
{
	struct house *h = *state;
	const int64_t case_id = house_open_by_mail(h, NULL, REQUEST);
	int64_t id, grown;

	house_at(h, "2026-11-20T10:00:00Z");
	id = house_mail_in(h, .body = COMPLAINT, .subject = house_reference(h, case_id));
	house_work(h);
	FATE_IS(id, RD_FATE_OPENED);
	grown = house_case_of(h, id);
	assert_int_not_equal(grown, case_id);
	DAY_IS(house_clock(h, grown, "stage1.acknowledge").starts, "2026-11-20");
	DAY_IS(house_clock(h, grown, "stage1.acknowledge").due, "2026-11-27");
	assert_int_equal(house_case(h, case_id).kind, RD_SERVICE_REQUEST);
	assert_string_equal(house_letter(h, grown, NULL).letter, "acknowledgement");
}

static void the_answer_complaint_to_the_offer_opens_the_linked_complaint(void **state)
{
	static const char *const answers[] = { "COMPLAINT", "complaint." };

	for (size_t i = 0; i < 2; i++) {
		struct house *h = house_new(NULL);
		struct rd_outbox_row offer, letter;
		int64_t case_id, id, grown;

		*state = h;
		case_id = house_open_by_mail(h, NULL, REQUEST);
		offer = house_letter(h, case_id, "service_request");
		assert_true(house_says(h, &offer, "COMPLAINT"));
		house_send(h);
		house_at(h, "2026-11-18T10:00:00Z");
		id = house_mail_in(
			h, .body = answers[i], .headers = thread_to(h, offer.message_id));
		house_work(h);
		FATE_IS(id, RD_FATE_OPENED);
		grown = house_case_of(h, id);
		assert_int_equal(house_case(h, grown).kind, RD_COMPLAINT);
		letter = house_letter(h, grown, "acknowledgement");
		assert_true(house_says(h, &letter, "a leak")); /* what the request was about */
		assert_string_equal(letter.meets_clock, "stage1.acknowledge");
		house_send(h);
		assert_false(house_runs(h, grown, "stage1.acknowledge"));
		DAY_IS(house_clock(h, grown, "stage1.respond").due, "2026-12-02");
		house_teardown(state);
	}
}

static void the_answer_complaint_by_text_does_the_same(void **state)
{
	struct house *h = *state;
	const int64_t one = house_text(h, HOUSE_PHONE, REQUEST);
	int64_t id;

	house_work_texts(h);
	house_send(h);
	id = house_text(h, HOUSE_PHONE, "COMPLAINT");
	house_work_texts(h);
	FATE_IS(id, RD_FATE_OPENED);
	assert_int_not_equal(house_case_of(h, id), house_case_of(h, one));
	assert_int_equal(house_case(h, house_case_of(h, id)).kind, RD_COMPLAINT);
}

static void what_asks_for_stage_two_goes_to_a_person(void **state)
{
	struct house *h = *state;
	const int64_t case_id = house_open_by_mail(h, NULL, COMPLAINT);
	const int64_t id = house_mail_in(
		h, .body = "I want stage two.", .subject = house_reference(h, case_id));

	house_work(h);
	FATE_IS(id, RD_FATE_JOINED);
	assert_int_equal(house_review(h, case_id).message_id, id);
	assert_non_null(house_task(h, case_id, "stage2").kind);
	assert_true(house_case(h, case_id).flags[RD_STAGE2_REQUEST]);
}

static void doubt_on_a_closed_case_opens_it_again(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = house_open_by_mail(h, NULL, REQUEST);
	int64_t id, about;

	OK(rd_act_close(h->db, &staff, case_id, "mended", false, &h->err));
	id = house_mail_in(h, .body = UNSURE, .subject = house_reference(h, case_id));
	house_work(h);
	FATE_IS(id, RD_FATE_JOINED);
	assert_int_equal(house_case(h, case_id).status, RD_STATUS_OPEN);
	OK(rd_act_decide(h->db, &staff, house_review(h, case_id).id, RD_COMPLAINT, "it is one",
		&about, &h->err));
	assert_int_not_equal(about, case_id);
}

/* --- loops --- */

static int64_t carry(struct house *to, const struct rd_outbox_row *letter)
{
	return house_put_raw(to, 0, letter->payload, letter->payload_len, to->now_ms, to->now_ms);
}

static void two_gateways_stop_after_one_exchange(void **state)
{
	struct house *h = *state;
	struct house *other = house_new(&(struct house_options){ .gateway = "other" });
	/* One gateway's letters reach the other's mailbox: each takes the other for a resident. */
	const int64_t id = house_mail_in(h, .from = "complaints@other.example", .body = COMPLAINT);
	struct rd_outbox_row letter;
	int64_t back;

	house_work(h);
	letter = house_letter(h, house_case_of(h, id), NULL);
	assert_string_equal(letter.recipient, "complaints@other.example");
	back = carry(other, &letter);
	house_work(other);
	assert_int_equal(house_letters(other, 0, NULL, NULL), 0);
	assert_int_equal(house_message(other, back).fate.kind, RD_FATE_GUARDED);
	house_check(other);
	house_free(other);
}

static void our_own_letter_in_our_own_mailbox_is_guarded(void **state)
{
	struct house *h = *state;
	const int64_t case_id = house_open_by_mail(h, NULL, COMPLAINT);
	const struct rd_outbox_row letter = house_letter(h, case_id, NULL);
	const int64_t id = carry(h, &letter);

	house_work(h);
	FATE_IS(id, RD_FATE_GUARDED);
	assert_string_equal(house_message(h, id).fate.detail, "own_message");
	assert_int_equal(house_letters(h, 0, NULL, NULL), 1);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		house_test(a_right_code_joins_in_subject_body_or_any_case),
		house_test(a_code_in_a_text_joins_a_case_that_began_by_mail),
		house_test(a_stranger_with_the_code_joins_and_gets_nothing),
		house_test(a_strangers_complaint_on_it_is_linked_and_answered_to_the_case_alone),
		house_test(five_wrong_codes_lock_that_sender_for_the_day_and_a_person_is_told),
		house_test(one_wrong_code_written_twice_in_a_mail_counts_once),
		house_test(wrong_codes_of_nobody_lock_codes_for_all_who_name_no_sender),
		house_test(the_fifth_wrong_code_is_alarmed_whatever_the_message_is),
		house_test(a_known_sender_joins_by_thread_with_mail_or_letter),
		house_test(a_stranger_in_a_thread_is_only_possibly_related),
		house_test(texts_of_one_pause_are_decided_together_and_it_is_never_extended),
		house_test(once_waits_for_no_text_and_still_decides_them_together),
		house_test(a_later_text_joins_the_numbers_only_open_case_of_28_days),
		house_test(with_two_open_cases_a_text_opens_a_possibly_related_one),
		house_test(the_first_answer_to_a_text_says_all_that_it_must),
		house_test(a_first_text_that_never_left_is_not_the_first_answer),
		house_test(complaint_by_text_names_topics_only_in_the_first_answer),
		house_test(complaint_before_the_first_answer_left_takes_its_place),
		house_test(added_goes_once_a_day),
		house_test(the_choice_is_offered_once_a_day),
		house_test(a_text_written_for_today_yesterday_evening_is_todays),
		house_test(nothing_is_added_for_a_contact_that_takes_no_replies),
		house_test(a_linked_complaint_of_a_stranger_is_not_sent_to_such_a_contact_either),
		house_test(a_danger_in_what_joins_is_answered_with_the_block_even_on_the_same_day),
		house_test(a_complaint_on_a_request_opens_the_linked_case_of_that_day),
		house_test_own(the_answer_complaint_to_the_offer_opens_the_linked_complaint),
		house_test(the_answer_complaint_by_text_does_the_same),
		house_test(what_asks_for_stage_two_goes_to_a_person),
		house_test(doubt_on_a_closed_case_opens_it_again),
		house_test(two_gateways_stop_after_one_exchange),
		house_test(our_own_letter_in_our_own_mailbox_is_guarded),
	};
	int failed;

	house_main(argc, argv);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rd_spawner_stop(house_spawner);
	return failed;
}

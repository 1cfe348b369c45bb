/* What colleagues pass on (`Staff:`): whom it is about, what waits, and who says that it may go;
 * and what residents forward. */
#include "redress/gateway/staff.h"
#include "support/house.h"

#define PAT "Pat Colleague <pat@landlord.example>"
#define ANN "ann@example.com"

#define FORWARDED(from, words)                                                                     \
	"\r\n\r\nFrom: " from "\r\nSent: 16 November 2026 10:12\r\nTo: Pat Colleague\r\n"          \
	"Subject: my home\r\n\r\n" words

static int own_setup(void **state)
{
	*state = house_new(
		&(struct house_options){ .staff = "@landlord.example, temp@agency.example" });
	return 0;
}

#define staff_test(f) cmocka_unit_test_setup_teardown(f, own_setup, house_teardown)

static int64_t pass_on(struct house *h, const char *body)
{
	const int64_t id = house_mail_in(h, .from = PAT, .subject = "FW: my home", .body = body);

	house_work(h);
	return id;
}

static size_t n_sent(struct house *h)
{
	house_send(h);
	return house_count_files(h, "sent/new");
}

/* --- a forward that names its author --- */

static void the_author_is_proposed_and_the_letter_waits_for_a_person(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const int64_t id = pass_on(h, "Please log, I am complaining on her behalf." FORWARDED(
					      "Ann Example <Ann@EXAMPLE.com>", COMPLAINT));
	const int64_t case_id = house_case_of(h, id);
	struct rd_case matter = house_case(h, case_id);
	struct rd_outbox_row letter;

	FATE_IS(id, RD_FATE_OPENED);
	assert_int_equal(matter.kind, RD_COMPLAINT);
	assert_string_equal(matter.contact, "Ann@example.com");
	assert_string_equal(matter.contact_name, "Ann Example");
	assert_true(matter.contact_proposed);
	assert_true(house_runs(h, case_id, "stage1.acknowledge"));
	letter = house_letter(h, case_id, NULL);
	assert_int_equal(letter.state, RD_OUTBOX_HELD);
	assert_string_equal(letter.hold_reason, RD_HOLD_STAFF);
	assert_string_equal(letter.recipient, "Ann@example.com");
	DAY_IS(house_task(h, case_id, "resident").due, "2026-11-18");
	assert_non_null(strstr(house_task(h, case_id, "resident").text, "outbox approve"));
	assert_null(strstr(house_task(h, case_id, "resident").text, "Careful"));
	assert_null(strcasestr(house_task(h, case_id, "resident").text, "ann"));
	house_keep_time(h);
	assert_int_equal(n_sent(h), 0);

	/* a person looks the next day: the letter is written for that day, and goes */
	house_at(h, "2026-11-18T10:00:00Z");
	OK(rd_act_approve(h->db, &staff, letter.id, &h->err));
	assert_false(house_case(h, case_id).contact_proposed);
	assert_null(house_task(h, case_id, "resident").kind);
	house_keep_time(h);
	assert_int_equal(n_sent(h), 1);
	DAY_IS(house_letter(h, case_id, NULL).written_for, "2026-11-18");
	assert_int_equal(house_letter(h, case_id, NULL).state, RD_OUTBOX_SENT);
}

static void a_mail_attached_says_so_too(void **state)
{
	struct house *h = *state;
	const char *raw = rd_arena_printf(h->arena,
		"From: %s\r\nTo: complaints@house.example\r\nSubject: for you\r\nMessage-ID: "
		"<p1@landlord.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; "
		"boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nplease log\r\n--b\r\n"
		"Content-Type: message/rfc822\r\nContent-Disposition: attachment\r\n\r\n"
		"From: Ann Example <%s>\r\nTo: pat@landlord.example\r\nSubject: my home\r\n"
		"Message-ID: <a1@example.com>\r\n\r\n%s\r\n--b--\r\n",
		PAT, ANN, COMPLAINT);
	const int64_t id = house_put_raw(h, 0, raw, strlen(raw), h->now_ms, h->now_ms);
	int64_t case_id;

	house_work(h);
	case_id = house_case_of(h, id);
	/* the note alone is no complaint, with the attached mail it is: a person looks */
	assert_int_equal(house_case(h, case_id).status, RD_STATUS_REVIEW);
	assert_int_equal(house_review(h, case_id).best, RD_COMPLAINT);
	assert_string_equal(house_case(h, case_id).contact, ANN);
	assert_int_equal(house_letter(h, case_id, "received").state, RD_OUTBOX_HELD);
	assert_int_equal(n_sent(h), 0);
}

static void the_outermost_author_who_is_no_colleague_is_meant(void **state)
{
	struct house *h = *state;
	const int64_t id =
		pass_on(h, "For you." FORWARDED("Sam Other <sam@LANDLORD.example>",
				   "Came to me." FORWARDED("Temp <temp@agency.example>",
					   "And to me." FORWARDED("Ann <" ANN ">", REQUEST))));

	/* each of the inner ones was a forward by its own subject only where it says so */
	FATE_IS(id, RD_FATE_OPENED);
	assert_string_equal(house_case(h, house_case_of(h, id)).contact, "");

	const int64_t chain = house_mail_in(h, .from = "temp@agency.example",
		.subject = "FW: FW: my home",
		.body = "For you.\r\n\r\nFrom: Sam Other <sam@landlord.example>\r\nSent: 16 "
			"November 2026 10:12\r\nTo: Temp\r\nSubject: FW: my home\r\n\r\nCame to "
			"me." FORWARDED("Ann <" ANN ">", REQUEST));
	house_work(h);
	assert_string_equal(house_case(h, house_case_of(h, chain)).contact, ANN);
}

static void nobody_is_proposed_who_cannot_be_a_resident(void **state)
{
	static const char *const authors[] = { "Sam <sam@landlord.example>",
		"Complaints <complaints@house.example>", "No Reply <noreply@example.com>",
		"Example, Ann", "Ann <ann@exämple.com>" };
	struct house *h = *state;

	for (size_t i = 0; i < sizeof authors / sizeof authors[0]; i++) {
		const char *body = rd_arena_printf(h->arena,
			"For you.\r\n\r\n---------- Forwarded message ---------\r\nFrom: %s\r\nTo: "
			"<pat@landlord.example>\r\n\r\n%s",
			authors[i], REQUEST);
		const int64_t case_id = house_case_of(h, pass_on(h, body));

		if (house_case(h, case_id).contact[0] != '\0')
			fail_msg("%s", authors[i]);
		assert_int_equal(house_letters(h, case_id, NULL, NULL), 0);
		assert_non_null(house_task(h, case_id, "resident").kind);
		assert_non_null(house_task(h, case_id, "acknowledge").kind);
	}
}

static void a_forged_colleague_is_told_of(void **state)
{
	struct house *h = *state;
	const int64_t id = house_mail_in(h, .from = PAT, .subject = "FW: my home",
		.headers = "Authentication-Results: mx.house.example; spf=fail "
			   "smtp.mailfrom=landlord.example; dmarc=fail\r\n",
		.body = "Please log." FORWARDED("Victim <victim@example.com>", COMPLAINT));
	struct rd_task task;

	house_work(h);
	task = house_task(h, house_case_of(h, id), "resident");
	assert_non_null(task.kind);
	assert_int_equal(strncmp(task.text, "Careful: ", 9), 0);
	assert_int_equal(n_sent(h), 0);
}

/* --- nothing goes before --- */

static void neither_time_nor_a_decision_on_the_kind_sends_it(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const int64_t one = house_case_of(h, pass_on(h, "FYI" FORWARDED("Ann <" ANN ">", UNSURE)));
	const int64_t two =
		house_case_of(h, pass_on(h, "FYI" FORWARDED("Bo <bo@example.com>", UNSURE)));
	int64_t about;

	OK(rd_act_decide(h->db, &staff, house_review(h, two).id, RD_SERVICE_REQUEST, "a request",
		&about, &h->err));
	assert_int_equal(house_letter(h, two, "service_request").state, RD_OUTBOX_HELD);
	house_at(h, "2026-11-23T09:00:00Z");
	house_keep_time(h);
	assert_int_equal(house_case(h, one).kind, RD_COMPLAINT);
	assert_int_equal(house_case(h, one).status, RD_STATUS_OPEN);
	assert_int_equal(house_letter(h, one, "acknowledgement").state, RD_OUTBOX_HELD);
	assert_int_equal(n_sent(h), 0);
	/* the task stands until somebody has said who it is */
	assert_non_null(house_task(h, one, "resident").kind);
	assert_non_null(house_task(h, two, "resident").kind);
	OK(rd_act_contact(h->db, &staff, two, "bo@example.com", NULL, &h->err));
	house_keep_time(h);
	assert_int_equal(n_sent(h), 1);
}

static void staffs_own_letters_wait_for_it_too(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const struct rd_act_acknowledge how = { .n_topics = 0 };
	const int64_t case_id = house_case_of(
		h, pass_on(h, "I am complaining for her" FORWARDED("Ann <" ANN ">", COMPLAINT)));

	assert_int_equal(rd_act_acknowledge(h->db, &staff, case_id, &how, &h->err), RD_E_REFUSED);
	assert_non_null(strstr(h->err.msg, "case contact"));
	OK(rd_act_define(h->db, &staff, case_id, "The roof leaks", NULL, &h->err));
	assert_non_null(house_task(h, case_id, "tell").kind);
	assert_int_equal(n_sent(h), 0);
}

static void what_joins_meanwhile_sends_nothing_either(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const int64_t case_id =
		house_case_of(h, pass_on(h, "FYI" FORWARDED("Ann <" ANN ">", REQUEST)));
	const int64_t more = house_mail_in(h, .from = ANN, .body = "and the tap leaks as well",
		.subject = rd_arena_printf(h->arena, "%s", house_case(h, case_id).reference));

	house_work(h);
	FATE_IS(more, RD_FATE_JOINED);
	assert_int_equal(house_letter(h, case_id, "added").state, RD_OUTBOX_HELD);
	assert_int_equal(n_sent(h), 0);
	OK(rd_act_contact(h->db, &staff, case_id, "ANN@example.com", "Ann Example", &h->err));
	assert_string_equal(house_case(h, case_id).contact_name, "Ann Example");
	house_keep_time(h);
	assert_int_equal(n_sent(h), 2); /* the request's own, and what was added */
}

/* --- somebody else --- */

static void a_person_names_another_resident(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const struct rd_act_acknowledge how = { .n_topics = 0 };
	const int64_t id = house_mail_in(h, .from = PAT, .subject = "FW: my home",
		.id = "forged@landlord.example",
		.body = "I am complaining for her" FORWARDED("M <mallory@example.net>", COMPLAINT));
	int64_t case_id, reply;
	struct rd_outbox_row letter;
	bool known = true;

	house_work(h);
	case_id = house_case_of(h, id);
	OK(rd_act_contact(h->db, &staff, case_id, ANN, "Ann Example", &h->err));
	assert_string_equal(house_case(h, case_id).contact, ANN);
	assert_false(house_case(h, case_id).contact_proposed);
	assert_int_equal(house_letters(h, case_id, NULL, NULL), 0);
	assert_null(house_task(h, case_id, "resident").kind);
	DAY_IS(house_task(h, case_id, "acknowledge").due, "2026-11-24");
	assert_int_equal(n_sent(h), 0);

	/* whoever stood in the forward is no stranger less */
	OK(rd_case_knows(h->db, case_id, "mallory@example.net", &known, &h->err));
	assert_false(known);
	reply = house_mail_in(h, .from = "mallory@example.net", .body = COMPLAINT,
		.headers = "In-Reply-To: <forged@landlord.example>\r\n");
	house_work(h);
	FATE_IS(reply, RD_FATE_OPENED);
	assert_int_not_equal(house_case_of(h, reply), case_id);

	OK(rd_act_acknowledge(h->db, &staff, case_id, &how, &h->err));
	letter = house_letter(h, case_id, "acknowledgement");
	assert_string_equal(letter.recipient, ANN);
	assert_int_equal(letter.state, RD_OUTBOX_QUEUED);
}

static void a_note_has_no_resident_until_a_person_names_one(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const struct rd_act_acknowledge how = { .n_topics = 0 };
	const int64_t id = house_mail_in(h, .from = PAT,
		.body = "Mrs Example at number 4 rang: the tap in the bathroom leaks.");
	int64_t case_id;

	house_work(h);
	FATE_IS(id, RD_FATE_OPENED);
	case_id = house_case_of(h, id);
	assert_string_equal(house_case(h, case_id).contact, "");
	assert_int_equal(house_letters(h, case_id, NULL, NULL), 0);
	assert_non_null(strstr(house_task(h, case_id, "resident").text, "names no resident"));
	DAY_IS(house_task(h, case_id, "acknowledge").due, "2026-11-24");

	assert_int_equal(rd_act_contact(h->db, &staff, case_id, "", NULL, &h->err), RD_E_INPUT);
	assert_int_equal(
		rd_act_contact(h->db, &staff, case_id, "sam@landlord.example", NULL, &h->err),
		RD_E_REFUSED);
	assert_int_equal(
		rd_act_contact(h->db, &staff, case_id, "complaints@house.example", NULL, &h->err),
		RD_E_REFUSED);
	OK(rd_act_contact(h->db, &staff, case_id, "07700 900123", "Mrs Example", &h->err));
	assert_null(house_task(h, case_id, "resident").kind);
	OK(rd_act_acknowledge(h->db, &staff, case_id, &how, &h->err));
	assert_string_equal(house_letter(h, case_id, NULL).recipient, HOUSE_PHONE);
	house_keep_time(h);
	assert_int_equal(house_letters(h, 0, NULL, NULL), 1);
}

static void nothing_for_the_landlord_is_nothing_from_a_colleague_too(void **state)
{
	struct house *h = *state;
	const int64_t id = house_mail_in(h, .from = PAT, .body = CIRCULAR);

	house_work(h);
	FATE_IS(id, RD_FATE_OTHER);
	assert_int_equal(house_n_tasks(h, 0, NULL), 0);
}

/* --- cases that are there --- */

static void a_colleagues_mail_joins_by_its_reference_and_answers_nobody(void **state)
{
	struct house *h = *state;
	const int64_t opened = house_mail_in(h, .body = REQUEST);
	int64_t case_id, note;

	house_work(h);
	house_send(h);
	case_id = house_case_of(h, opened);
	note = house_mail_in(h, .from = PAT, .body = "She rang again, the tap leaks.",
		.subject = rd_arena_printf(h->arena, "%s", house_case(h, case_id).reference));
	house_work(h);
	FATE_IS(note, RD_FATE_JOINED);
	assert_int_equal(house_case_of(h, note), case_id);
	assert_string_equal(house_case(h, case_id).contact, ANN);
	assert_false(house_case(h, case_id).contact_proposed);
	assert_int_equal(house_letters(h, case_id, NULL, NULL), 1);
	assert_non_null(house_task(h, case_id, "read").kind);
	assert_null(house_task(h, case_id, "resident").kind);
}

static void the_complaint_that_grows_from_it_waits(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const int64_t opened = house_mail_in(h, .body = REQUEST);
	struct rd_outbox_row letter;
	int64_t case_id, grown, mail;

	house_work(h);
	assert_int_equal(n_sent(h), 1);
	case_id = house_case_of(h, opened);
	mail = house_mail_in(h, .from = PAT,
		.subject = rd_arena_printf(h->arena, "FW: %s", house_case(h, case_id).reference),
		.body = "I am complaining for her, still waiting." FORWARDED(
			"Ann <" ANN ">", COMPLAINT));
	house_work(h);
	FATE_IS(mail, RD_FATE_OPENED);
	grown = house_case_of(h, mail);
	assert_int_not_equal(grown, case_id);
	letter = house_letter(h, grown, "acknowledgement");
	assert_string_equal(letter.recipient, ANN);
	assert_int_equal(letter.state, RD_OUTBOX_HELD);
	assert_int_equal(n_sent(h), 1);
	OK(rd_act_approve(h->db, &staff, letter.id, &h->err));
	assert_null(house_task(h, grown, "resident").kind);
	assert_int_equal(n_sent(h), 2);
}

/* Where the colleague names nobody, it goes to whoever gets the case's letters, and waits the same;
 * nor does the clock's own decision send it. */
static void a_note_that_opens_a_complaint_on_her_case_waits_too(void **state)
{
	struct house *h = *state;
	int64_t cases[2], mails[2];

	for (size_t i = 0; i < 2; i++) {
		const int64_t opened =
			house_mail_in(h, .from = i == 0 ? ANN : "bo@example.com", .body = REQUEST);

		house_work(h);
		cases[i] = house_case_of(h, opened);
		mails[i] = house_mail_in(h, .from = PAT, .body = i == 0 ? COMPLAINT : UNSURE,
			.subject =
				rd_arena_printf(h->arena, "%s", house_case(h, cases[i]).reference));
		house_work(h);
	}
	assert_int_equal(n_sent(h), 2); /* the requests' own */
	FATE_IS(mails[0], RD_FATE_OPENED);
	FATE_IS(mails[1], RD_FATE_JOINED);
	house_at(h, "2026-11-23T09:00:00Z");
	house_keep_time(h);
	assert_int_equal(house_n_cases(h), 4);
	for (int64_t grown = house_case_of(h, mails[0]); grown <= RD_CASE_FIRST + 3; grown++) {
		struct rd_outbox_row letter;

		if (grown == cases[1])
			continue;
		letter = house_letter(h, grown, "acknowledgement");
		assert_string_equal(letter.recipient, house_case(h, grown).contact);
		assert_int_equal(letter.state, RD_OUTBOX_HELD);
		assert_non_null(strstr(house_task(h, grown, "resident").text, "outbox approve"));
	}
	assert_int_equal(n_sent(h), 2);
}

/* One word is the resident's answer to our offer, and nobody else's. */
static void a_colleague_cannot_say_complaint_for_her(void **state)
{
	struct house *h = *state;
	const int64_t opened = house_mail_in(h, .body = UNSURE);
	int64_t case_id, word;

	house_work(h);
	case_id = house_case_of(h, opened);
	word = house_mail_in(h, .from = PAT, .body = "COMPLAINT",
		.subject = rd_arena_printf(h->arena, "%s", house_case(h, case_id).reference));
	house_work(h);
	FATE_IS(word, RD_FATE_JOINED);
	assert_int_equal(house_case(h, case_id).status, RD_STATUS_REVIEW);
}

static void another_case_of_hers_is_linked_and_shown_to_nobody_outside(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const int64_t danger = house_mail_in(h, .body = REQUEST " I am afraid of him.");
	int64_t held, case_id;
	struct rd_outbox_row letter;

	house_work(h);
	held = house_case_of(h, danger);
	case_id = house_case_of(
		h, pass_on(h, "I am complaining for her" FORWARDED("Ann <" ANN ">", COMPLAINT)));
	assert_true(house_case(h, case_id).held);
	assert_int_equal(house_letters(h, case_id, NULL, NULL), 0);
	OK(rd_act_contact(h->db, &staff, case_id, ANN, NULL, &h->err));
	OK(rd_act_lift_hold(h->db, &staff, case_id, "safe to write", &h->err));
	OK(rd_act_acknowledge(
		h->db, &staff, case_id, &(struct rd_act_acknowledge){ .n_topics = 0 }, &h->err));
	letter = house_letter(h, case_id, "acknowledgement");
	assert_false(house_says(h, &letter, house_case(h, held).reference));
	assert_true(house_says(h, &letter, house_case(h, case_id).reference));
}

/* --- what residents forward --- */

static void a_residents_forward_that_changes_the_decision_goes_to_a_person(void **state)
{
	static const struct {
		const char *why, *body, *reason;
		enum rd_kind best;
		enum rd_flag flag;
	} rows[] = {
		{ "a complaint in it",
			"the tap leaks, see what my mum wrote" FORWARDED(
				"Mum <mum@example.com>", COMPLAINT),
			"with what it forwards a complaint", RD_COMPLAINT, RD_N_FLAGS },
		{ "danger in it",
			"the tap leaks, as my mum wrote" FORWARDED(
				"Mum <mum@example.com>", "the tap leaks and I smell gas"),
			"speaks of danger", RD_SERVICE_REQUEST, RD_HEALTH_SAFETY },
		{ "somebody at risk in it",
			"the tap leaks, as my mum wrote" FORWARDED(
				"Mum <mum@example.com>", "the tap leaks and I am afraid of him"),
			"speaks of danger", RD_SERVICE_REQUEST, RD_SAFEGUARDING },
	};
	struct house *h = *state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char from[40];
		int64_t id, case_id;

		snprintf(from, sizeof from, "jo%zu@example.com", i);
		id = house_mail_in(h, .from = from, .subject = "FW: the tap", .body = rows[i].body);
		house_work(h);
		FATE_IS(id, RD_FATE_OPENED);
		case_id = house_case_of(h, id);
		assert_int_equal(house_case(h, case_id).status, RD_STATUS_REVIEW);
		assert_string_equal(house_case(h, case_id).contact, from);
		assert_false(house_case(h, case_id).contact_proposed);
		assert_int_equal(house_review(h, case_id).best, rows[i].best);
		if (strstr(house_review(h, case_id).reasons, rows[i].reason) == NULL)
			fail_msg("%s: %s", rows[i].why, house_review(h, case_id).reasons);
		if (rows[i].flag != RD_N_FLAGS)
			assert_true(house_case(h, case_id).flags[rows[i].flag]);
	}
}

static void one_that_changes_nothing_is_answered_at_once(void **state)
{
	struct house *h = *state;
	const int64_t id = house_mail_in(h, .subject = "FW: the tap",
		.body = "the tap leaks" FORWARDED("Mum <mum@example.com>", "the tap leaks"));

	house_work(h);
	assert_int_equal(house_case(h, house_case_of(h, id)).status, RD_STATUS_OPEN);
	assert_int_equal(n_sent(h), 1);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		staff_test(the_author_is_proposed_and_the_letter_waits_for_a_person),
		staff_test(a_mail_attached_says_so_too),
		staff_test(the_outermost_author_who_is_no_colleague_is_meant),
		staff_test(nobody_is_proposed_who_cannot_be_a_resident),
		staff_test(a_forged_colleague_is_told_of),
		staff_test(neither_time_nor_a_decision_on_the_kind_sends_it),
		staff_test(staffs_own_letters_wait_for_it_too),
		staff_test(what_joins_meanwhile_sends_nothing_either),
		staff_test(a_person_names_another_resident),
		staff_test(a_note_has_no_resident_until_a_person_names_one),
		staff_test(nothing_for_the_landlord_is_nothing_from_a_colleague_too),
		staff_test(a_colleagues_mail_joins_by_its_reference_and_answers_nobody),
		staff_test(the_complaint_that_grows_from_it_waits),
		staff_test(a_note_that_opens_a_complaint_on_her_case_waits_too),
		staff_test(a_colleague_cannot_say_complaint_for_her),
		staff_test(another_case_of_hers_is_linked_and_shown_to_nobody_outside),
		staff_test(a_residents_forward_that_changes_the_decision_goes_to_a_person),
		staff_test(one_that_changes_nothing_is_answered_at_once),
	};

	house_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

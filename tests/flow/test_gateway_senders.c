/* Who wrote: what the mail server found of the sender, and web forms (promises 5 and 10). */
#include "support/house.h"

#include "redress/gateway/acts_stage.h"
#include "redress/message/reference.h"

#define RESULTS(words) "Authentication-Results: mx.house.example; " words "\r\n"
#define FORM	       "no-reply@site.example"

/* Lines of the mailbox's stanza. */
static int setup(void **state)
{
	static const struct house_options options = {
		.start_from = "now\nTrust results of: mx.house.example\nForm sender: " FORM
			      "\nForm sender: complaints@house.example"
			      "\nForm field: name = Your name"
			      "\nForm field: email = Your e-mail address"
			      "\nForm field: phone = Phone\nForm field: words = Your message"
	};

	*state = house_new(&options);
	return 0;
}

static int64_t take(struct house *h, int64_t message_id)
{
	house_work(h);
	return house_case_of(h, message_id);
}

static struct rd_message reading_of(struct house *h, int64_t message_id)
{
	struct rd_message message;
	struct rd_score score;
	const char *ruleset;
	bool erased = false;

	OK(rd_reading_get(
		h->db, message_id, h->arena, &message, &score, &ruleset, &erased, &h->err));
	return message;
}

/* --- the mail server's checks --- */

static void a_sender_who_fails_is_decided_and_left_to_a_person(void **state)
{
	struct house *h = *state;
	const int64_t id = house_mail_in(
		h, .body = COMPLAINT, .headers = RESULTS("dmarc=fail header.from=example.com"));
	const int64_t case_id = take(h, id);

	assert_int_equal(house_case(h, case_id).kind, RD_COMPLAINT);
	assert_int_equal(house_letters(h, case_id, NULL, NULL), 0);
	DAY_IS(house_task(h, case_id, "acknowledge").due, "2026-11-24");
	assert_true(house_runs(h, case_id, "stage1.acknowledge"));
	assert_int_equal(reading_of(h, id).authentication, RD_AUTHENTICATION_FAILED);
}

static void what_is_no_explicit_failure_is_answered(void **state)
{
	static const char *const results[] = { "", RESULTS("none"), RESULTS("dmarc=temperror"),
		RESULTS("spf=softfail; dmarc=none"), RESULTS("spf=pass smtp.mailfrom=example.com"),
		"Authentication-Results: mx.evil.example; dmarc=fail\r\n" };
	struct house *h = *state;

	for (size_t i = 0; i < sizeof results / sizeof results[0]; i++) {
		char from[64];
		int64_t case_id;

		snprintf(from, sizeof from, "p%zu@example.com", i);
		case_id = take(h,
			house_mail_in(h, .body = COMPLAINT, .from = from, .headers = results[i]));
		if (house_letters(h, case_id, "acknowledgement", NULL) != 1)
			fail_msg("[%s]", results[i]);
	}
}

static void the_decision_does_not_answer_who_failed_either(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const int64_t case_id =
		take(h, house_mail_in(h, .body = UNSURE, .headers = RESULTS("dmarc=fail")));
	int64_t about;

	OK(rd_act_decide(h->db, &staff, house_review(h, case_id).id, RD_COMPLAINT, "is one", &about,
		&h->err));
	assert_int_equal(house_letters(h, case_id, NULL, NULL), 0);
	assert_non_null(house_task(h, case_id, "acknowledge").kind);
}

static void a_forged_sender_is_known_on_no_case(void **state)
{
	struct house *h = *state;
	const int64_t case_id = take(h, house_mail_in(h, .body = COMPLAINT));
	struct rd_outbox_row letter = { 0 };
	char thread[256];
	int64_t id, other;

	house_letters(h, case_id, "acknowledgement", &letter);
	snprintf(thread, sizeof thread, "In-Reply-To: <%s>\r\n", letter.message_id);
	id = house_mail_in(h, .body = "What time do you open?", .headers = thread);
	house_work(h);
	FATE_IS(id, RD_FATE_JOINED); /* the sender is known */
	snprintf(thread, sizeof thread, "In-Reply-To: <%s>\r\n" RESULTS("dmarc=fail"),
		letter.message_id);
	id = house_mail_in(h, .body = "What time do you open today?", .headers = thread);
	other = take(h, id);
	FATE_IS(id, RD_FATE_OPENED);
	assert_int_not_equal(other, case_id);
}

/* --- web forms --- */

#define FILLED_IN(email, words)                                                                    \
	"Your name: Ada Example\r\nYour e-mail address: " email                                    \
	"\r\nPhone: 07700 900999\r\nYour message:\r\n" words

static void a_form_is_its_residents_mail_and_is_answered(void **state)
{
	struct house *h = *state;
	const int64_t id = house_mail_in(h, .from = "Web site <" FORM ">",
		.subject = "I am complaining: new form",
		.headers = "Auto-Submitted: auto-generated\r\n"
			   "Precedence: bulk\r\n",
		.body = FILLED_IN("ada@example.org", COMPLAINT));
	const int64_t case_id = take(h, id);
	struct rd_outbox_row letter = { 0 };
	struct rd_message message;

	assert_string_equal(house_case(h, case_id).contact, "ada@example.org");
	assert_string_equal(house_case(h, case_id).contact_name, "Ada Example");
	assert_int_equal(house_letters(h, case_id, "acknowledgement", &letter), 1);
	assert_string_equal(letter.recipient, "ada@example.org");
	message = reading_of(h, id); /* as it lies in the store */
	assert_true(message.by_form);
	assert_string_equal(message.form.sender, FORM);
	assert_string_equal(message.form.phone, "07700 900999");
}

static void only_the_residents_words_are_scored(void **state)
{
	struct house *h = *state;
	const int64_t id = house_mail_in(h, .from = FORM, .subject = "I am complaining",
		.body = "I am complaining form\r\n" FILLED_IN("ada@example.org", REQUEST));

	assert_int_equal(house_case(h, take(h, id)).kind, RD_SERVICE_REQUEST);
}

static void a_form_from_our_own_address_is_not_our_own_mail(void **state)
{
	struct house *h = *state;
	const int64_t id = house_mail_in(h, .from = "complaints@house.example",
		.body = FILLED_IN("ada@example.org", COMPLAINT));

	assert_int_equal(house_letters(h, take(h, id), "acknowledgement", NULL), 1);
}

static void a_form_whose_address_fails_is_none(void **state)
{
	struct house *h = *state;
	const int64_t id = house_mail_in(h, .from = FORM, .headers = RESULTS("dmarc=fail"),
		.body = FILLED_IN("ada@example.org", COMPLAINT));
	const int64_t case_id = take(h, id);

	assert_string_equal(house_case(h, case_id).contact, FORM);
	assert_int_equal(house_letters(h, case_id, NULL, NULL), 0);
	assert_non_null(house_task(h, case_id, "acknowledge").kind);
}

static void a_form_without_an_address_is_a_persons_task(void **state)
{
	struct house *h = *state;
	const int64_t case_id =
		take(h, house_mail_in(h, .from = FORM, .body = FILLED_IN("none", COMPLAINT)));

	assert_string_equal(house_case(h, case_id).contact, "");
	assert_int_equal(house_letters(h, case_id, NULL, NULL), 0);
	DAY_IS(house_task(h, case_id, "acknowledge").due, "2026-11-24");
}

/* Whoever fills in a form can write any address: it opens no door to that person's case. */
static void a_form_joins_by_a_right_code_alone_and_its_answer_goes_to_the_case(void **state)
{
	struct house *h = *state;
	const int64_t case_id =
		take(h, house_mail_in(h, .from = "ada@example.org", .body = REQUEST));
	const char *reference = rd_arena_strdup(h->arena, house_case(h, case_id).reference);
	struct rd_outbox_row letter = { 0 };
	char body[512];
	int64_t id, other;

	id = house_mail_in(
		h, .from = FORM, .body = FILLED_IN("ada@example.org", "What time do you open?"));
	other = take(h, id);
	assert_int_not_equal(other, case_id);
	/* A right code in another's hands: a complaint grows from it, its letter goes to Ada. */
	snprintf(body, sizeof body, FILLED_IN("mallory@example.org", COMPLAINT " %s"), reference);
	id = house_mail_in(h, .from = FORM, .body = body);
	other = take(h, id);
	assert_int_not_equal(other, case_id);
	assert_string_equal(house_case(h, other).contact, "ada@example.org");
	house_letters(h, other, NULL, &letter);
	assert_string_equal(letter.recipient, "ada@example.org");
}

static int64_t answered_complaint(struct house *h)
{
	const struct rd_act_response response = { .stage = RD_STAGE_1 };
	const struct rd_office staff = house_staff(h);
	const int64_t case_id =
		take(h, house_mail_in(h, .from = "ada@example.org", .body = COMPLAINT));

	house_send(h);
	OK(rd_act_define(h->db, &staff, case_id, "The roof leaks.", NULL, &h->err));
	house_send(h);
	h->now_ms += 24 * 3600 * (int64_t)1000;
	OK(rd_act_respond(h->db, &staff, case_id, &response, &h->err));
	return case_id;
}

/* With a right code and the resident's own address: but anybody may have written either. */
static void nobody_escalates_in_anothers_name(void **state)
{
	struct house *h = *state;
	const int64_t case_id = answered_complaint(h);
	const char *subject = rd_arena_printf(h->arena, "Re: %s", house_case(h, case_id).reference);
	char body[512];
	int64_t id;

	snprintf(body, sizeof body,
		"Your name: Ada (%s)\r\nYour e-mail address: ada@example.org\r\nYour message: "
		"Stage 2 please\r\n",
		house_case(h, case_id).reference);
	id = house_mail_in(h, .from = FORM, .body = body);
	house_work(h);
	FATE_IS(id, RD_FATE_JOINED);
	assert_int_equal(house_case(h, case_id).stage, RD_STAGE_1);
	id = house_mail_in(h, .from = "ada@example.org", .subject = subject,
		.body = "Stage 2 please", .headers = RESULTS("dmarc=fail"));
	house_work(h);
	FATE_IS(id, RD_FATE_JOINED);
	assert_int_equal(house_case(h, case_id).stage, RD_STAGE_1);
	id = house_mail_in(
		h, .from = "ada@example.org", .subject = subject, .body = "Stage two please");
	house_work(h);
	assert_int_equal(house_case(h, case_id).stage, RD_STAGE_2); /* her own word does */
}

/* Else five tries a day would be five for each address that somebody makes up. */
static void wrong_codes_by_form_are_the_forms(void **state)
{
	struct house *h = *state;
	const int64_t case_id =
		take(h, house_mail_in(h, .from = "ada@example.org", .body = REQUEST));
	char body[512];
	int64_t id;

	for (int i = 0; i < 5; i++) {
		snprintf(body, sizeof body,
			FILLED_IN("p%d@example.org", "RD%" PRId64 "-AAAA " REQUEST), i, case_id);
		house_mail_in(h, .from = FORM, .body = body);
		house_work(h);
	}
	assert_true(house_alarm(h, "wrong_codes"));
	snprintf(body, sizeof body, FILLED_IN("p9@example.org", "%s. What time do you open?"),
		house_case(h, case_id).reference);
	id = house_mail_in(h, .from = FORM, .body = body);
	house_work(h);
	FATE_IS(id, RD_FATE_OPENED);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, house_teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		T(a_sender_who_fails_is_decided_and_left_to_a_person),
		T(what_is_no_explicit_failure_is_answered),
		T(the_decision_does_not_answer_who_failed_either),
		T(a_forged_sender_is_known_on_no_case),
		T(a_form_is_its_residents_mail_and_is_answered),
		T(only_the_residents_words_are_scored),
		T(a_form_from_our_own_address_is_not_our_own_mail),
		T(a_form_whose_address_fails_is_none),
		T(a_form_without_an_address_is_a_persons_task),
		T(a_form_joins_by_a_right_code_alone_and_its_answer_goes_to_the_case),
		T(nobody_escalates_in_anothers_name),
		T(wrong_codes_by_form_are_the_forms),
	};

	house_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

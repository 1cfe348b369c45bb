/* What residents reply to letters about their complaint, understood: stage 2, thanks, yes,
 * withdrawn. Only the plain ones act by themselves; whatever else is said a person reads. */
#include "redress/gateway/acts_stage.h"
#include "redress/store/case_acts.h"
#include "support/house_cases.h"

#define RECEIVED "2026-12-15T12:00:00Z"

static int64_t answered(struct house *h)
{
	const struct rd_office staff = house_staff(h);
	const struct rd_act_response response = { .stage = RD_STAGE_1 };
	const int64_t case_id = house_complaint(h);

	house_at(h, "2026-12-18T10:00:00Z");
	OK(rd_act_respond(h->db, &staff, case_id, &response, &h->err));
	house_at(h, "2026-12-23T10:00:00Z");
	return case_id;
}

static int64_t reply_from(struct house *h, int64_t case_id, const char *from, const char *body)
{
	const int64_t id = house_mail_in(h, .from = from, .body = body,
		.subject = rd_arena_printf(h->arena, "Re: %s", house_case(h, case_id).reference));

	house_work(h);
	FATE_IS(id, RD_FATE_JOINED);
	return id;
}

static int64_t reply(struct house *h, int64_t case_id, const char *body)
{
	return reply_from(h, case_id, NULL, body);
}

static struct house *new_house(void)
{
	const struct house_options options = { .starts = RECEIVED };

	return house_new(&options);
}

/* The last act is of that kind; NULL: there is none of it. */
static bool did(struct house *h, int64_t case_id, const char *what, struct rd_case_act *ret_act)
{
	struct rd_case_act *acts;
	size_t n;

	OK(rd_case_act_list(h->db, case_id, h->arena, &acts, &n, &h->err));
	for (size_t i = 0; i < n; i++)
		if (strcmp(acts[i].what, what) == 0) {
			*ret_act = acts[i];
			return true;
		}
	return false;
}

static size_t n_reviews(struct house *h, int64_t case_id)
{
	struct rd_review *reviews;
	size_t n;

	OK(rd_review_list(h->db, case_id, false, h->arena, &reviews, &n, &h->err));
	return n;
}

static void a_reply_asks_for_stage_2(void **state)
{
	static const char *const bodies[] = { "Stage 2 please", "Please escalate my complaint.",
		COMPLAINT " I want stage two." };

	for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
		struct house *h = *state = new_house();
		const int64_t case_id = answered(h);
		struct rd_case_act act;

		print_message("%s\n", bodies[i]);
		reply(h, case_id, bodies[i]);
		assert_int_equal(house_case(h, case_id).stage, RD_STAGE_2);
		assert_int_equal(house_case(h, case_id).status, RD_STATUS_OPEN);
		assert_true(did(h, case_id, "escalated", &act));
		assert_string_equal(act.detail, "reply");
		assert_string_equal(act.actor, RD_ACTOR_DAEMON);
		DAY_IS(act.day, "2026-12-23");
		DAY_IS(house_clock(h, case_id, "stage2.acknowledge").due, "2027-01-04");
		assert_int_equal(house_n_tasks(h, case_id, "stage2"), 1);
		DAY_IS(house_task(h, case_id, "stage2").due, "2027-01-04");
		assert_int_equal(n_reviews(h, case_id), 0);
		assert_null(house_task(h, case_id, "read").kind);
		house_teardown(state);
	}
}

static void a_text_asks_for_stage_2(void **state)
{
	struct house *h = *state = new_house();
	const struct rd_office staff = house_staff(h);
	const struct rd_act_response response = { .stage = RD_STAGE_1 };
	const int64_t id = house_text(h, HOUSE_PHONE, COMPLAINT);
	struct rd_case_act act;
	int64_t case_id;

	house_work_texts(h);
	case_id = house_case_of(h, id);
	house_send(h);
	OK(rd_act_respond(h->db, &staff, case_id, &response, &h->err));
	house_at(h, "2026-12-23T10:00:00Z");
	house_text(h, HOUSE_PHONE, "stage 2");
	house_work_texts(h);
	assert_int_equal(house_case(h, case_id).stage, RD_STAGE_2);
	assert_true(did(h, case_id, "escalated", &act));
	assert_string_equal(act.detail, "text");
}

static void what_does_not_plainly_ask_goes_to_a_person(void **state)
{
	static const struct {
		const char *why, *from, *body;
	} rows[] = {
		{ "a question", NULL, "What does stage two mean?" },
		{ "a stranger", "Eve <eve@example.com>", "Stage 2 please" },
		{ "unhappy, and does not say", NULL, COMPLAINT },
		{ "a wish not to", NULL,
			"Thank you for your stage 1 response, I am happy with it and I do not want "
			"stage two." },
		{ "a condition", NULL, COMPLAINT " If nobody comes I want stage two." },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct house *h = *state = new_house();
		const int64_t case_id = answered(h);
		struct rd_case_act act;

		print_message("%s\n", rows[i].why);
		reply_from(h, case_id, rows[i].from, rows[i].body);
		assert_int_equal(house_case(h, case_id).stage, RD_STAGE_1);
		assert_false(did(h, case_id, "escalated", &act));
		assert_true(house_n_tasks(h, case_id, NULL) > 0);
		house_teardown(state);
	}
}

static void what_staff_take_for_a_request_waits_no_longer(void **state)
{
	struct house *h = *state = new_house();
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = answered(h);

	reply(h, case_id, COMPLAINT);
	assert_int_equal(n_reviews(h, case_id), 1);
	OK(rd_act_escalate(
		h->db, &staff, case_id, (struct rd_date){ 0 }, RD_ASKED_BY_REPLY, &h->err));
	assert_int_equal(n_reviews(h, case_id), 0);
	assert_int_equal(house_n_tasks(h, case_id, "review"), 0);
	assert_int_equal(house_n_tasks(h, case_id, "stage2"), 1);
}

static void before_the_answer_stage_2_is_a_persons(void **state)
{
	struct house *h = *state = new_house();
	const int64_t case_id = house_complaint(h);
	struct rd_case_act act;

	reply(h, case_id, "I want stage two.");
	assert_false(did(h, case_id, "escalated", &act));
	assert_int_equal(house_case(h, case_id).stage, RD_STAGE_1);
	assert_non_null(house_task(h, case_id, "stage2").kind);
}

static void thanks_ask_for_nothing(void **state)
{
	struct house *h = *state = new_house();
	const int64_t case_id = answered(h);
	const size_t n_letters = house_letters(h, case_id, NULL, NULL);

	reply(h, case_id, "Thank you for your help.\n\nKind regards\nAnn");
	assert_int_equal(house_n_tasks(h, case_id, NULL), 0);
	assert_int_equal(n_reviews(h, case_id), 0);
	assert_int_equal(house_letters(h, case_id, NULL, NULL), n_letters);
	assert_int_equal(house_case(h, case_id).status, RD_STATUS_ANSWERED);
	assert_int_equal(house_case(h, case_id).n_messages, 2);
	/* Thanks with anything else are read. */
	reply(h, case_id, "Thank you. When will somebody come?");
	assert_int_equal(house_n_tasks(h, case_id, NULL), 1);
}

static void a_yes_agrees_the_definition_once(void **state)
{
	struct house *h = *state = new_house();
	const int64_t case_id = house_complaint(h);
	struct rd_outbox_row letter;
	struct rd_case_act act;

	reply(h, case_id, "Yes, that is right.");
	assert_true(did(h, case_id, "definition_agreed", &act));
	assert_string_equal(act.detail, "reply");
	letter = house_letter(h, case_id, "agree");
	assert_true(house_says(h, &letter, "The roof leaks."));
	assert_true(house_says(h, &letter, "Thursday 31 December 2026"));
	assert_null(house_task(h, case_id, "read").kind);
	reply(h, case_id, "Yes");
	assert_non_null(house_task(h, case_id, "read").kind); /* to what? */
	assert_int_equal(house_letters(h, case_id, "agree", NULL), 1);
}

/* A text only asks whether she wants to hear what we have understood. */
static void a_yes_to_a_text_agrees_nothing(void **state)
{
	struct house *h = *state = new_house();
	const struct rd_office staff = house_staff(h);
	const int64_t id = house_text(h, HOUSE_PHONE, COMPLAINT);
	struct rd_case_act act;
	int64_t case_id;

	house_work_texts(h);
	case_id = house_case_of(h, id);
	house_send(h);
	OK(rd_act_define(h->db, &staff, case_id, "The roof leaks.", NULL, &h->err));
	house_send(h);
	house_at(h, "2026-12-16T10:00:00Z");
	house_text(h, HOUSE_PHONE, "Yes please");
	house_work_texts(h);
	assert_false(did(h, case_id, "definition_agreed", &act));
	assert_non_null(house_task(h, case_id, "read").kind);
}

/* A second definition waits: her yes was to the first. */
static void a_yes_is_to_what_she_has_seen(void **state)
{
	struct house *h = *state = new_house();
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = house_complaint(h);
	struct rd_case_act act;

	house_at(h, "2026-12-15T13:00:00Z");
	OK(rd_act_define(h->db, &staff, case_id, "The roof leaks and the gutter.", NULL, &h->err));
	reply(h, case_id, "Yes, that is right.");
	assert_false(did(h, case_id, "definition_agreed", &act));
	assert_non_null(house_task(h, case_id, "read").kind);
}

static void somebody_elses_word_is_a_persons_to_judge(void **state)
{
	static const char *const bodies[] = { "Yes, that is right.", "Stage 2 please" };

	for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
		struct house *h = *state = new_house();
		const struct rd_office staff = house_staff(h);
		const int64_t case_id = i == 0 ? house_complaint(h) : answered(h);
		struct rd_case_act act;

		OK(rd_act_contact(h->db, &staff, case_id, "bo@example.com", NULL, &h->err));
		reply(h, case_id, bodies[i]); /* who was the contact before */
		assert_false(did(h, case_id, "definition_agreed", &act));
		assert_false(did(h, case_id, "escalated", &act));
		assert_true(house_n_tasks(h, case_id, NULL) > 0);
		house_teardown(state);
	}
}

static void a_yes_to_nothing_is_read(void **state)
{
	struct house *h = *state = new_house();
	const int64_t id = house_mail_in(h, .body = COMPLAINT);
	struct rd_case_act act;
	int64_t case_id;

	house_work(h);
	case_id = house_case_of(h, id);
	house_send(h);
	reply(h, case_id, "Yes, that is right.");
	assert_false(did(h, case_id, "definition_agreed", &act));
	assert_non_null(house_task(h, case_id, "read").kind);
}

static void staff_can_hear_the_yes(void **state)
{
	struct house *h = *state = new_house();
	const struct rd_office staff = house_staff(h);
	const int64_t id = house_mail_in(h, .body = COMPLAINT);
	struct rd_case_act act;
	int64_t case_id;

	house_work(h);
	case_id = house_case_of(h, id);
	house_send(h);
	assert_int_equal(
		rd_act_agree(h->db, &staff, case_id, (struct rd_date){ 0 }, &h->err), RD_E_REFUSED);
	assert_non_null(strstr(h->err.msg, "case define"));
	OK(rd_act_define(h->db, &staff, case_id, "The roof leaks.", NULL, &h->err));
	OK(rd_act_agree(h->db, &staff, case_id, house_day("2026-12-15"), &h->err));
	assert_true(did(h, case_id, "definition_agreed", &act));
	assert_string_equal(act.detail, "staff");
}

static void a_withdrawal_is_a_persons_to_believe(void **state)
{
	struct house *h = *state = new_house();
	const int64_t case_id = house_complaint(h);
	struct rd_review review;

	reply(h, case_id, "I would like to withdraw my complaint.");
	review = house_review(h, case_id);
	assert_non_null(strstr(review.reasons, "case withdraw"));
	assert_int_not_equal(house_case(h, case_id).status, RD_STATUS_CLOSED);
	assert_true(house_runs(h, case_id, "stage1.respond"));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		house_test_own(a_reply_asks_for_stage_2),
		house_test_own(a_text_asks_for_stage_2),
		house_test_own(what_does_not_plainly_ask_goes_to_a_person),
		house_test_own(what_staff_take_for_a_request_waits_no_longer),
		house_test_own(before_the_answer_stage_2_is_a_persons),
		house_test_own(thanks_ask_for_nothing),
		house_test_own(a_yes_agrees_the_definition_once),
		house_test_own(a_yes_to_a_text_agrees_nothing),
		house_test_own(a_yes_is_to_what_she_has_seen),
		house_test_own(somebody_elses_word_is_a_persons_to_judge),
		house_test_own(a_yes_to_nothing_is_read),
		house_test_own(staff_can_hear_the_yes),
		house_test_own(a_withdrawal_is_a_persons_to_believe),
	};

	house_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

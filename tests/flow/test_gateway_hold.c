/* The safeguarding hold and the people who are told of it: promise 5. What is sent may be read by
 * another, and what is not sent is somebody's duty the same day. */
#include "support/house_cases.h"

#define AFRAID "I am afraid of him."

static int64_t open_by_text(struct house *h, const char *body)
{
	const int64_t id = house_text(h, HOUSE_PHONE, body);

	house_work_texts(h);
	FATE_IS(id, RD_FATE_OPENED);
	return house_case_of(h, id);
}

static void a_strangers_answer_in_a_held_thread_is_a_persons_task(void **state)
{
	struct house *h = *state;
	const int64_t held = house_open_by_mail(h, NULL, REQUEST);
	const char *thread = rd_arena_printf(
		h->arena, "In-Reply-To: <%s>\r\n", house_letter(h, held, NULL).message_id);
	int64_t id, case_id;

	house_send(h);
	house_mail_in(h, .body = AFRAID, .subject = house_reference(h, held));
	house_work(h);
	id = house_mail_in(h, .from = "Eve <eve@example.net>", .body = REQUEST, .headers = thread);
	house_work(h);
	FATE_IS(id, RD_FATE_OPENED);
	case_id = house_case_of(h, id);
	assert_true(house_case(h, case_id).held);
	assert_int_equal(house_letters(h, case_id, NULL, NULL), 0);
	DAY_IS(house_task(h, case_id, "safeguarding").due, "2026-11-17");
	DAY_IS(house_task(h, case_id, "acknowledge").due, "2026-11-24");
}

/* Outside text hours both letters wait; then danger is told on the second case. */
static void an_answer_stopped_on_a_linked_case_is_a_persons_task(void **state)
{
	struct house *h = *state;
	int64_t request, complaint, id;

	house_at(h, "2026-11-17T21:00:00Z");
	request = open_by_text(h, REQUEST);
	complaint = open_by_text(h, "COMPLAINT");
	id = house_text(h, HOUSE_PHONE,
		rd_arena_printf(h->arena, "%s " AFRAID, house_reference(h, complaint)));
	house_work_texts(h);
	FATE_IS(id, RD_FATE_JOINED);
	assert_int_equal(house_letter(h, request, NULL).state, RD_OUTBOX_HELD);
	assert_int_equal(house_letter(h, complaint, NULL).state, RD_OUTBOX_HELD);
	DAY_IS(house_task(h, request, "safeguarding").due, "2026-11-17");
	DAY_IS(house_task(h, request, "acknowledge").due, "2026-11-24");
	DAY_IS(house_task(h, complaint, "acknowledge").due, "2026-11-24");
	assert_int_equal(house_n_tasks(h, complaint, "safeguarding"), 1);
}

static void an_answer_on_the_wire_when_danger_is_told_is_a_persons_task_too(void **state)
{
	struct house *h = *state;
	const int64_t case_id = house_open_by_mail(h, NULL, REQUEST);
	struct rd_outbox_row row;
	struct rd_tx *tx = NULL;

	OK(rd_outbox_claim(h->db, NULL, h->now_ms, true, h->arena, &row, &h->err));
	house_mail_in(h, .body = AFRAID, .subject = house_reference(h, case_id));
	house_work(h);
	OK(rd_tx_begin(h->db, &tx, &h->err));
	OK(rd_outbox_defer(tx, row.id, "the server is busy", h->now_ms, &h->err));
	OK(rd_tx_commit(&tx, &h->err));
	assert_int_equal(house_letter(h, case_id, NULL).state, RD_OUTBOX_HELD);
	DAY_IS(house_task(h, case_id, "acknowledge").due, "2026-11-24");
}

static void a_linked_case_that_was_answered_owes_no_acknowledgement(void **state)
{
	struct house *h = *state;
	const int64_t request = house_open_by_mail(h, NULL, REQUEST);

	house_send(h);
	house_open_by_mail(h, NULL, REQUEST " The other one. " AFRAID);
	assert_true(house_case(h, request).held);
	DAY_IS(house_task(h, request, "safeguarding").due, "2026-11-17");
	assert_null(house_task(h, request, "acknowledge").kind);
}

static void an_unflagged_new_case_takes_no_lift_back(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const int64_t lifted = house_open_by_mail(h, NULL, REQUEST);
	const int64_t flagged = house_open_by_mail(h, NULL, REQUEST " The other one. " AFRAID);
	int64_t unflagged;

	OK(rd_act_lift_hold(h->db, &staff, lifted, "letters on the tap are safe", &h->err));
	unflagged = house_open_by_mail(h, NULL, REQUEST " And the door.");
	assert_true(house_case(h, flagged).held);
	assert_true(house_case(h, unflagged).held);
	assert_false(house_case(h, lifted).held);
	assert_string_equal(house_case(h, lifted).hold_lifted_by, "Sam Staff");
}

static void a_new_flag_takes_the_lift_back_and_a_person_is_told(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const int64_t lifted = house_open_by_mail(h, NULL, REQUEST);

	house_open_by_mail(h, NULL, REQUEST " The other one. " AFRAID);
	OK(rd_act_lift_hold(h->db, &staff, lifted, "letters on the tap are safe", &h->err));
	assert_null(house_task(h, lifted, "safeguarding").kind);
	house_open_by_mail(h, NULL, REQUEST " Again. " AFRAID);
	assert_true(house_case(h, lifted).held);
	assert_non_null(house_task(h, lifted, "safeguarding").kind);
}

int main(int argc, char **argv)
{
	house_main(argc, argv);
	const struct CMUnitTest tests[] = {
		house_test(a_strangers_answer_in_a_held_thread_is_a_persons_task),
		house_test(an_answer_stopped_on_a_linked_case_is_a_persons_task),
		house_test(an_answer_on_the_wire_when_danger_is_told_is_a_persons_task_too),
		house_test(a_linked_case_that_was_answered_owes_no_acknowledgement),
		house_test(an_unflagged_new_case_takes_no_lift_back),
		house_test(a_new_flag_takes_the_lift_back_and_a_person_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

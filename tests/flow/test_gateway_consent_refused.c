/* A resident who does not want another to speak for them: what was on its way to that one does not
 * leave, and a person tells the resident what it said. */
#include "redress/gateway/acts.h"
#include "redress/gateway/acts_record.h"
#include "redress/gateway/acts_stage.h"
#include "support/house.h"

#define WRITER "\"A Neighbour\" <neighbour@example.com>"

static int64_t take(struct house *h)
{
	const int64_t id = house_mail_in(h, .from = WRITER, .body = COMPLAINT);

	house_work(h);
	return house_case_of(h, id);
}

static void define(struct house *h, int64_t case_id)
{
	const struct rd_office staff = house_staff(h);

	OK(rd_act_define(h->db, &staff, case_id, "The roof leaks.", NULL, &h->err));
}

static void consent(struct house *h, int64_t case_id, enum rd_consent consent)
{
	const struct rd_office staff = house_staff(h);

	OK(rd_act_consent(h->db, &staff, case_id, consent, "A Neighbour", &h->err));
}

static void what_has_not_left_to_the_writer_does_not_leave(void **state)
{
	struct house *h = *state;
	const int64_t case_id = take(h);

	house_send(h);
	define(h, case_id);
	assert_int_equal(house_letters(h, case_id, "definition", NULL), 1);
	consent(h, case_id, RD_CONSENT_REFUSED);
	assert_int_equal(house_letters(h, case_id, "definition", NULL), 0);
	assert_non_null(strstr(house_task(h, case_id, "tell").text, "definition"));
	/* What had left stays as it is. */
	assert_int_equal(house_letter(h, case_id, "acknowledgement").state, RD_OUTBOX_SENT);
}

/* Its duty stands: the clock runs. */
static void the_duty_to_acknowledge_stays(void **state)
{
	struct house *h = *state;
	const int64_t case_id = take(h);

	consent(h, case_id, RD_CONSENT_REFUSED);
	house_send(h);
	assert_int_equal(house_letters(h, case_id, "acknowledgement", NULL), 0);
	assert_true(house_runs(h, case_id, "stage1.acknowledge"));
}

static void what_goes_to_the_resident_goes(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = take(h);

	OK(rd_act_contact(h->db, &staff, case_id, "resident@example.com", "A Resident", &h->err));
	define(h, case_id);
	consent(h, case_id, RD_CONSENT_REFUSED);
	assert_int_equal(house_letters(h, case_id, "definition", NULL), 1);
	assert_null(house_task(h, case_id, "tell").kind);
}

/* The acknowledgement is what asks for the consent. */
static void what_asks_for_the_consent_goes(void **state)
{
	struct house *h = *state;
	const int64_t case_id = take(h);

	consent(h, case_id, RD_CONSENT_ASKED);
	assert_int_equal(house_letters(h, case_id, "acknowledgement", NULL), 1);
}

/* --- what would go by itself later --- */

static int64_t answered(struct house *h)
{
	const struct rd_office staff = house_staff(h);
	const struct rd_act_response response = { .stage = RD_STAGE_1 };
	const int64_t case_id = take(h);

	house_send(h);
	define(h, case_id);
	house_send(h);
	OK(rd_act_respond(h->db, &staff, case_id, &response, &h->err));
	return case_id;
}

static void write_again(struct house *h, int64_t case_id, const char *body)
{
	const int64_t id = house_mail_in(h, .from = WRITER, .body = body,
		.subject = rd_arena_printf(h->arena, "%s", house_case(h, case_id).reference));

	house_work(h);
	FATE_IS(id, RD_FATE_JOINED);
}

/* No receipt, and nothing in the resident's name. */
static void the_writer_asks_for_no_stage_2(void **state)
{
	static const enum rd_consent consents[] = { RD_CONSENT_REFUSED, RD_CONSENT_ASKED };

	for (size_t i = 0; i < sizeof consents / sizeof consents[0]; i++) {
		struct house *h = *state = house_new(NULL);
		const int64_t case_id = answered(h);
		const size_t n_before = house_letters(h, case_id, NULL, NULL);

		consent(h, case_id, consents[i]);
		write_again(h, case_id, "Stage 2 please");
		assert_int_equal(house_case(h, case_id).stage, RD_STAGE_1);
		assert_int_equal(house_letters(h, case_id, NULL, NULL), n_before);
		assert_true(
			house_n_tasks(h, case_id, "review") + house_n_tasks(h, case_id, "read") >
			0);
		house_teardown(state);
	}
	*state = house_new(NULL);
}

static void the_writer_gets_no_receipt(void **state)
{
	struct house *h = *state;
	const int64_t case_id = take(h);

	house_send(h);
	consent(h, case_id, RD_CONSENT_REFUSED);
	write_again(h, case_id, "It is the back roof, by the chimney.");
	assert_int_equal(house_letters(h, case_id, NULL, NULL), 1);
}

static void the_case_ends_without_a_word_to_the_writer(void **state)
{
	const struct house_options options = { .profile = "one-housing",
		.starts = "2026-12-15T12:00:00Z" };
	struct house *h = *state = house_new(&options);
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = answered(h);

	consent(h, case_id, RD_CONSENT_REFUSED);
	for (size_t n = house_n_tasks(h, case_id, NULL); n > 0; n--) {
		struct rd_task *tasks;
		size_t n_tasks;

		OK(rd_task_list_case(h->db, case_id, h->arena, &tasks, &n_tasks, &h->err));
		for (size_t i = 0; i < n_tasks; i++)
			if (tasks[i].done_ms == 0)
				OK(rd_act_task_done(h->db, &staff, tasks[i].id, "done", &h->err));
	}
	house_at(h, "2027-01-08T10:00:00Z");
	house_keep_time(h);
	assert_int_equal(house_letters(h, case_id, "closing_check", NULL), 0);
	house_at(h, "2027-02-16T10:00:00Z");
	house_keep_time(h);
	assert_int_equal(house_case(h, case_id).status, RD_STATUS_CLOSED);
	assert_int_equal(house_letters(h, case_id, "closing", NULL), 0);
}

/* What a letter would owe is a person's. */
static void a_duty_is_a_persons(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const int64_t id = house_mail_in(h, .from = WRITER, .body = REQUEST);

	house_work(h);
	const int64_t case_id = house_case_of(h, id);
	consent(h, case_id, RD_CONSENT_REFUSED);
	OK(rd_act_reclassify(
		h->db, &staff, case_id, RD_COMPLAINT, "they are unhappy", false, &h->err));
	assert_int_equal(house_letters(h, case_id, "acknowledgement", NULL), 0);
	assert_non_null(house_task(h, case_id, "acknowledge").kind);
	assert_true(house_runs(h, case_id, "stage1.acknowledge"));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		house_test(what_has_not_left_to_the_writer_does_not_leave),
		house_test(the_duty_to_acknowledge_stays),
		house_test(what_goes_to_the_resident_goes),
		house_test(what_asks_for_the_consent_goes),
		house_test_own(the_writer_asks_for_no_stage_2),
		house_test(the_writer_gets_no_receipt),
		house_test_own(the_case_ends_without_a_word_to_the_writer),
		house_test(a_duty_is_a_persons),
	};

	house_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Who asks for stage 2 in a reply is told that it was taken so, and by when they hear of it; staff
 * have one task of it. */
#include <unistd.h>

#include "redress/gateway/acts_stage.h"
#include "support/house.h"

#define RECEIVED "2026-12-15T12:00:00Z"
#define BY_THEN	 "Monday 4 January 2027" /* five working days on, over Christmas and New Year */

static struct house *new_house(const char *profile)
{
	const struct house_options options = { .starts = RECEIVED, .profile = profile };

	return house_new(&options);
}

static int64_t answered(struct house *h, int64_t id)
{
	const struct rd_office staff = house_staff(h);
	const struct rd_act_response response = { .stage = RD_STAGE_1 };
	const int64_t case_id = house_case_of(h, id);

	house_send(h);
	OK(rd_act_define(h->db, &staff, case_id, "The roof leaks.", NULL, &h->err));
	house_send(h);
	house_at(h, "2026-12-18T10:00:00Z");
	OK(rd_act_respond(h->db, &staff, case_id, &response, &h->err));
	house_at(h, "2026-12-23T10:00:00Z");
	return case_id;
}

static int64_t answered_by_mail(struct house *h)
{
	const int64_t id = house_mail_in(h, .body = COMPLAINT);

	house_work(h);
	return answered(h, id);
}

static void reply(struct house *h, int64_t case_id, const char *body)
{
	const int64_t id = house_mail_in(h, .body = body,
		.subject = rd_arena_printf(h->arena, "Re: %s", house_case(h, case_id).reference));

	house_work(h);
	FATE_IS(id, RD_FATE_JOINED);
}

static void a_mail_is_told_what_it_was_taken_for_and_by_when(void **state)
{
	struct house *h = *state = new_house(NULL);
	const int64_t case_id = answered_by_mail(h);
	struct rd_outbox_row letter;

	reply(h, case_id, "By the way, my telephone number is a new one.");
	assert_int_equal(house_letters(h, case_id, "added", NULL), 1);
	/* On the same day, and told all the same. */
	reply(h, case_id, "Stage 2 please");
	letter = house_letter(h, case_id, "stage2_asked");
	assert_true(house_says(h, &letter, "at stage 2 of 2"));
	assert_true(house_says(h, &letter, "We will write to you about this by " BY_THEN));
	assert_int_equal(house_n_tasks(h, case_id, "stage2"), 1);
	assert_int_equal(house_n_tasks(h, case_id, "read"), 1); /* of the other message */
}

static void staff_have_one_task_of_it(void **state)
{
	struct house *h = *state = new_house(NULL);
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = answered_by_mail(h);
	const size_t before = house_n_tasks(h, case_id, NULL);

	reply(h, case_id, "Please escalate my complaint.");
	assert_int_equal(house_n_tasks(h, case_id, NULL), before + 1);
	/* Taken on before it left: the acknowledgement says more. */
	OK(rd_act_accept(h->db, &staff, case_id, (struct rd_date){ 0 }, &h->err));
	assert_int_equal(house_letters(h, case_id, "stage2_asked", NULL), 0);
	assert_int_equal(house_letters(h, case_id, "stage2_acknowledgement", NULL), 1);
}

static void a_policy_that_decides_says_by_when(void **state)
{
	struct house *h = *state = new_house("plexus-omega");
	const int64_t case_id = answered_by_mail(h);
	struct rd_outbox_row letter;

	reply(h, case_id, "Stage 2 please");
	letter = house_letter(h, case_id, "stage2_asked");
	DAY_IS(house_clock(h, case_id, "stage2.accept").due, "2027-01-04");
	assert_true(house_says(h, &letter, BY_THEN));
}

static void a_text_is_told_by_when_and_nothing_of_the_matter(void **state)
{
	struct house *h = *state = new_house(NULL);
	const int64_t id = house_text(h, HOUSE_PHONE, COMPLAINT);
	struct rd_outbox_row letter;

	house_work_texts(h);
	const int64_t case_id = answered(h, id);
	house_text(h, HOUSE_PHONE, "stage 2");
	house_work_texts(h);
	letter = house_letter(h, case_id, "stage2_asked");
	assert_int_equal(letter.channel, RD_CHANNEL_SMS);
	assert_true(house_says(h, &letter, "by " BY_THEN));
	assert_false(house_says(h, &letter, "stage"));
	assert_false(house_says(h, &letter, "your complaint"));
}

static void a_set_without_the_letter_sends_the_old_one(void **state)
{
	struct house *h = *state = new_house(NULL);
	char path[160];

	snprintf(path, sizeof path, "%s/letters/stage2_asked.email.letter", h->rules);
	assert_int_equal(unlink(path), 0);
	house_activate(h, h->db);
	house_close(h);
	house_open(h);
	const int64_t case_id = answered_by_mail(h);
	reply(h, case_id, "Stage 2 please");
	assert_int_equal(house_letters(h, case_id, "added", NULL), 1);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		house_test_own(a_mail_is_told_what_it_was_taken_for_and_by_when),
		house_test_own(staff_have_one_task_of_it),
		house_test_own(a_policy_that_decides_says_by_when),
		house_test_own(a_text_is_told_by_when_and_nothing_of_the_matter),
		house_test_own(a_set_without_the_letter_sends_the_old_one),
	};

	house_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

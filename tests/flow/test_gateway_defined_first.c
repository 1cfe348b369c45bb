/* A complaint that a person defined before its acknowledgement left: the acknowledgement says what
 * was understood, asks for nothing that is known, and names the day that an earlier letter named.
 */
#include "support/house.h"

#define ASKS   "please tell us what you would like us to do"
#define ROOF   "The roof has leaked since March and nobody came."
#define STARTS "2026-11-30T12:00:00Z" /* a Monday */
#define WANTS  "A roof that keeps the rain out"

static struct house *monday(void)
{
	const struct house_options options = { .starts = STARTS };

	return house_new(&options);
}

static void an_acknowledgement_that_waits_says_the_definition(void **state)
{
	struct house *h = *state = monday();
	const struct rd_office staff = house_staff(h);
	const int64_t id = house_mail_in(h, .body = COMPLAINT);
	struct rd_outbox_row letter;

	house_work(h);
	const int64_t case_id = house_case_of(h, id);
	letter = house_letter(h, case_id, "acknowledgement");
	assert_true(house_says(h, &letter, ASKS));
	OK(rd_act_define(h->db, &staff, case_id, ROOF, WANTS, &h->err));

	letter = house_letter(h, case_id, "acknowledgement");
	assert_int_equal(letter.state, RD_OUTBOX_QUEUED);
	assert_true(house_says(h, &letter, ROOF));
	assert_true(house_says(h, &letter, "you would like this: " WANTS));
	assert_false(house_says(h, &letter, ASKS));
	assert_string_equal(letter.meets_clock, "stage1.acknowledge");
	house_send(h);
	assert_int_not_equal(house_clock(h, case_id, "stage1.acknowledge").met_ms, 0);
	assert_true(house_runs(h, case_id, "stage1.respond"));
}

/* What a person must let go is not let go by another act. */
static void what_waits_for_approval_waits_on(void **state)
{
	const struct house_options options = { .starts = STARTS, .letters_approved = true };
	struct house *h = *state = house_new(&options);
	const struct rd_office staff = house_staff(h);
	const int64_t id = house_mail_in(h, .body = COMPLAINT);
	struct rd_outbox_row before, after;

	house_work(h);
	const int64_t case_id = house_case_of(h, id);
	before = house_letter(h, case_id, "acknowledgement");
	assert_true(before.needs_approval);
	OK(rd_act_define(h->db, &staff, case_id, ROOF, WANTS, &h->err));
	after = house_letter(h, case_id, "acknowledgement");
	assert_true(after.needs_approval);
	assert_int_equal(after.not_before_ms, before.not_before_ms);
	assert_true(house_says(h, &after, ROOF));
}

/* Whoever wrote for the resident is not told what the resident agreed to be asked about. */
static void a_spokesman_is_not_told_the_definition(void **state)
{
	struct house *h = *state = monday();
	const struct rd_office staff = house_staff(h);
	const bool flags[RD_N_FLAGS] = { [RD_ADVOCATE] = true };
	const int64_t id = house_mail_in(h, .body = COMPLAINT);
	struct rd_outbox_row letter;
	struct rd_tx *tx = NULL;

	house_work(h);
	const int64_t case_id = house_case_of(h, id);
	OK(rd_tx_begin(h->db, &tx, &h->err));
	OK(rd_case_add_flags(tx, case_id, flags, &h->err));
	OK(rd_tx_commit(&tx, &h->err));
	OK(rd_act_define(h->db, &staff, case_id, ROOF, NULL, &h->err));
	letter = house_letter(h, case_id, "acknowledgement");
	assert_string_equal(letter.letter_version, "third_party.email 3");
	assert_false(house_says(h, &letter, ROOF));
}

/* `received` said on Monday that it is logged; what acknowledges it on Tuesday says the same. */
static void both_letters_name_the_day_on_which_it_was_logged(void **state)
{
	struct house *h = *state = monday();
	const struct rd_office staff = house_staff(h);
	static const char *const topics[] = { "a leak" };
	const struct rd_act_acknowledge how = { .topics = topics, .n_topics = 1 };
	const int64_t id = house_mail_in(h, .body = NO_TOPIC);
	struct rd_outbox_row letter;

	house_work(h);
	house_send(h);
	const int64_t case_id = house_case_of(h, id);
	letter = house_letter(h, case_id, "received");
	assert_true(house_says(h, &letter, "as a complaint on Monday 30 November 2026"));
	house_at(h, "2026-12-01T09:00:00Z");
	OK(rd_act_define(h->db, &staff, case_id, ROOF, NULL, &h->err));
	OK(rd_act_acknowledge(h->db, &staff, case_id, &how, &h->err));
	letter = house_letter(h, case_id, "acknowledgement");
	assert_true(house_says(h, &letter, "as a complaint on Monday 30 November 2026"));
	assert_true(house_says(h, &letter, ROOF));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		house_test_own(an_acknowledgement_that_waits_says_the_definition),
		house_test_own(what_waits_for_approval_waits_on),
		house_test_own(a_spokesman_is_not_told_the_definition),
		house_test_own(both_letters_name_the_day_on_which_it_was_logged),
	};

	house_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

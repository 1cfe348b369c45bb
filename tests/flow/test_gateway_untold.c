/* Who is told, and who is not: a complaint about somebody stays from them where it is split;
 * letters go to nobody whom the resident has not agreed to; what no letter says is a person's to
 * tell. */
#include "redress/gateway/acts_end.h"
#include "redress/gateway/acts_record.h"
#include "redress/gateway/acts_stage.h"
#include "support/house_cases.h"

#define RECEIVED "2026-12-22T12:00:00Z"

#define ROLES                                                                                      \
	"\nRole: Customer Focus Manager\nTo: focus@landlord.example\nHeld by: Robin Marsh\n"       \
	"\nRole: Head of People and Communications\nTo: people@landlord.example\n"

static const char *const gutters[] = { "the gutters" };

static struct house *new_house(void)
{
	const struct house_options options = {
		.profile = "homes-in-sedgemoor", .config = ROLES, .starts = RECEIVED
	};

	return house_new(&options);
}

static void a_part_is_about_whom_the_whole_is_about(void **state)
{
	struct house *h = *state = new_house();
	const struct rd_office staff = house_staff(h);
	const char *const robin[] = { "Robin Marsh" };
	const struct rd_act_open open = { .landlord = "code-2024",
		.kind = RD_COMPLAINT,
		.channel = RD_BY_PHONE,
		.topics = gutters,
		.n_topics = 1,
		.about = robin,
		.n_about = 1,
		.received_ms = h->now_ms };
	const struct rd_act_split split = { .why = "another", .topics = gutters, .n_topics = 1 };
	int64_t part = 0, case_id;

	OK(rd_act_open(h->db, &staff, &open, &case_id, &h->err));
	REFUSED(rd_act_assign(h->db, &staff, case_id, "Robin Marsh", &h->err), "somebody else");
	OK(rd_act_split(h->db, &staff, case_id, &split, &part, &h->err));
	assert_int_equal(house_case(h, part).n_marks, 1);
	assert_string_equal(house_case(h, part).marks[0], "about: Robin Marsh");
	REFUSED(rd_act_assign(h->db, &staff, part, "Robin Marsh", &h->err), "somebody else");
	/* Its letter does not say where it comes from. */
	assert_int_equal(house_n_tasks(h, part, RD_ACT_TASK_TELL), 1);
	assert_non_null(strstr(
		house_task(h, part, RD_ACT_TASK_TELL).text, house_case(h, case_id).reference));
}

static void no_letter_goes_to_whom_the_resident_has_not_agreed_to(void **state)
{
	struct house *h = *state = new_house();
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = house_take(h, NULL, "I write on behalf of my mother. " COMPLAINT);
	const struct rd_act_extension extension = { .to = house_day("2027-01-15"),
		.why = "The surveyor comes late." };

	OK(rd_act_consent(h->db, &staff, case_id, RD_CONSENT_ASKED, "her daughter", &h->err));
	REFUSED(rd_act_extend(h->db, &staff, case_id, &extension, &h->err),
		"case contact REF --address");
	OK(rd_act_define(h->db, &staff, case_id, "The roof leaks.", NULL, &h->err));
	assert_int_equal(house_letters(h, case_id, "definition", NULL), 0);
	assert_int_equal(house_n_tasks(h, case_id, RD_ACT_TASK_TELL), 1);
	OK(rd_act_consent(h->db, &staff, case_id, RD_CONSENT_REFUSED, "her daughter", &h->err));
	REFUSED(rd_act_extend(h->db, &staff, case_id, &extension, &h->err), "has not agreed");
	/* To herself they go, refused or not. */
	OK(rd_act_contact(h->db, &staff, case_id, "mother@example.com", NULL, &h->err));
	OK(rd_act_extend(h->db, &staff, case_id, &extension, &h->err));
	assert_string_equal(house_letter(h, case_id, "extension").recipient, "mother@example.com");
}

static void with_her_consent_they_go(void **state)
{
	struct house *h = *state = new_house();
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = house_take(h, NULL, "I write on behalf of my mother. " COMPLAINT);

	OK(rd_act_consent(h->db, &staff, case_id, RD_CONSENT_ASKED, "her daughter", &h->err));
	OK(rd_act_consent(h->db, &staff, case_id, RD_CONSENT_GIVEN, "her daughter", &h->err));
	OK(rd_act_define(h->db, &staff, case_id, "The roof leaks.", NULL, &h->err));
	assert_int_equal(house_letters(h, case_id, "definition", NULL), 1);
}

static void that_it_is_over_is_a_persons_to_tell_until_it_is_opened_again(void **state)
{
	struct house *h = *state = new_house();
	const struct rd_office staff = house_staff(h);
	const int64_t withdrawn = house_take(h, NULL, COMPLAINT);
	int64_t closed;

	OK(rd_act_withdraw(h->db, &staff, withdrawn, "rang to say so", &h->err));
	DAY_IS(house_task(h, withdrawn, RD_ACT_TASK_TELL).due, "2026-12-23");
	OK(rd_act_reopen(h->db, &staff, withdrawn, "thought better of it", &h->err));
	assert_int_equal(house_n_tasks(h, withdrawn, RD_ACT_TASK_TELL), 0);
	closed = house_take(h, NULL, COMPLAINT " And the bath.");
	OK(rd_act_close(h->db, &staff, closed, "sent twice", true, &h->err));
	assert_int_equal(house_n_tasks(h, closed, RD_ACT_TASK_TELL), 1);
	closed = house_take(h, NULL, REQUEST);
	OK(rd_act_close(h->db, &staff, closed, "mended", true, &h->err));
	assert_int_equal(house_n_tasks(h, closed, RD_ACT_TASK_TELL), 0);
}

static void a_held_case_says_how_its_acknowledgement_is_recorded(void **state)
{
	struct house *h = *state = new_house();
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = house_take(h, NULL, COMPLAINT " I am afraid of him.");
	struct rd_act_acknowledge how = { .topics = NULL };

	assert_non_null(strstr(house_task(h, case_id, "acknowledge").text, "--given DAY"));
	REFUSED(rd_act_acknowledge(h->db, &staff, case_id, &how, &h->err), "--given DAY");
	how.given_on = house_day("2026-12-22");
	OK(rd_act_acknowledge(h->db, &staff, case_id, &how, &h->err));
	assert_int_equal(house_n_tasks(h, case_id, "acknowledge"), 0);
}

static void a_case_about_all_who_would_be_warned_says_so(void **state)
{
	const struct house_options options = { .profile = "homes-in-sedgemoor",
		.starts = RECEIVED,
		.text_hours = "08:00-20:00\nWarnings to: Customer Focus Manager", /* a line more */
		.config = ROLES };
	struct house *h = *state = house_new(&options);
	const struct rd_office staff = house_staff(h);
	const char *const about[] = { "Robin Marsh" };
	struct rd_act_open open = { .landlord = "code-2024",
		.kind = RD_COMPLAINT,
		.channel = RD_BY_PHONE,
		.contact = "ann@example.com",
		.topics = gutters,
		.n_topics = 1,
		.received_ms = h->now_ms };
	int64_t case_id;

	OK(rd_act_open(h->db, &staff, &open, &case_id, &h->err));
	assert_int_equal(house_n_tasks(h, case_id, "route"), 0);
	open.about = about;
	open.n_about = 1;
	OK(rd_act_open(h->db, &staff, &open, &case_id, &h->err));
	assert_non_null(strstr(house_task(h, case_id, "route").text, "Nobody is told"));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		house_test_own(a_part_is_about_whom_the_whole_is_about),
		house_test_own(no_letter_goes_to_whom_the_resident_has_not_agreed_to),
		house_test_own(with_her_consent_they_go),
		house_test_own(that_it_is_over_is_a_persons_to_tell_until_it_is_opened_again),
		house_test_own(a_case_about_all_who_would_be_warned_says_so),
		house_test_own(a_held_case_says_how_its_acknowledgement_is_recorded),
	};

	house_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

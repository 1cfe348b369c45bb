/* One gateway, two landlords: what a resident says to one is never shown by the other, and each
 * owes an answer of its own. Promise 10. */
#include "redress/store/case_policy.h"
#include "support/house.h"

static const struct house_options two = { .two_landlords = true };

static int64_t open_by_text(struct house *h, size_t landlord, const char *body)
{
	const int64_t id = house_text_to(h, landlord, HOUSE_PHONE, body);

	house_work_texts(h);
	FATE_IS(id, RD_FATE_OPENED);
	assert_string_equal(
		house_case(h, house_case_of(h, id)).landlord, house_landlords[landlord]);
	return house_case_of(h, id);
}

static void assert_unlinked(struct house *h, int64_t case_id)
{
	struct rd_case_linked *links;
	size_t n;

	OK(rd_case_links(h->db, case_id, h->arena, &links, &n, &h->err));
	assert_int_equal(n, 0);
}

static void a_text_to_another_landlord_opens_that_ones_case(void **state)
{
	struct house *h = *state = house_new(&two);
	const int64_t one = open_by_text(h, 0, REQUEST);
	const int64_t other = open_by_text(h, 1, "What time do you open?");
	const struct rd_outbox_row letter = house_letter(h, other, "enquiry");

	assert_unlinked(h, other);
	assert_string_equal(letter.outgoing, "others");
	assert_false(house_says(h, &letter, house_case(h, one).reference));
	/* Each number goes on with its own landlord's case. */
	assert_int_equal(house_case(h, one).n_messages, 1);
	house_text_to(h, 1, HOUSE_PHONE, "Any news?");
	house_work_texts(h);
	assert_int_equal(house_case(h, other).n_messages, 2);
}

static void a_complaint_to_another_landlord_grows_from_no_case_here(void **state)
{
	struct house *h = *state = house_new(&two);

	open_by_text(h, 0, REQUEST);
	assert_unlinked(h, open_by_text(h, 1, COMPLAINT));
}

static void a_mail_is_related_to_no_case_of_another_landlord(void **state)
{
	struct house *h = *state = house_new(&two);
	int64_t one, other;

	one = house_mail_in(h, .body = REQUEST " I am afraid of him.");
	house_work(h);
	other = house_mail_in(h, .body = REQUEST, .box = HOUSE_ELSEWHERE);
	house_work(h);
	FATE_IS(one, RD_FATE_OPENED);
	FATE_IS(other, RD_FATE_OPENED);
	assert_unlinked(h, house_case_of(h, other));
	assert_false(house_case(h, house_case_of(h, other)).held);
}

static void a_thread_joins_no_case_of_another_landlord(void **state)
{
	struct house *h = *state = house_new(&two);
	const int64_t one = house_mail_in(h, .body = REQUEST);
	int64_t to_letter, to_mail;
	const char *thread;

	house_work(h);
	thread = rd_arena_printf(h->arena, "In-Reply-To: <%s>\r\n",
		house_letter(h, house_case_of(h, one), NULL).message_id);
	to_letter = house_mail_in(h, .body = COMPLAINT, .headers = thread, .box = HOUSE_ELSEWHERE);
	house_work(h);
	to_mail = house_mail_in(h, .body = REQUEST " The other one.",
		.headers = "References: <m1@example.com>\r\n", .box = HOUSE_ELSEWHERE);
	house_work(h);
	FATE_IS(to_letter, RD_FATE_OPENED);
	assert_unlinked(h, house_case_of(h, one));
	FATE_IS(to_mail, RD_FATE_OPENED);
	assert_int_equal(house_case(h, house_case_of(h, one)).n_messages, 1);
}

static void the_same_mail_to_two_landlords_is_answered_by_both(void **state)
{
	struct house *h = *state = house_new(&two);
	const int64_t one = house_mail_in(h, .body = COMPLAINT, .id = "both@example.com");
	const int64_t other = house_mail_in(
		h, .body = COMPLAINT, .id = "both@example.com", .box = HOUSE_ELSEWHERE);

	house_work(h);
	FATE_IS(one, RD_FATE_OPENED);
	FATE_IS(other, RD_FATE_OPENED);
	house_letter(h, house_case_of(h, one), "acknowledgement");
	house_letter(h, house_case_of(h, other), "acknowledgement");
}

/* The landlord now promises an answer in 8 working days instead of 10: whoever complained before
 * was promised 10, and both the letter and the clock go on saying so. */
static void a_case_keeps_the_policy_that_it_opened_under(void **state)
{
	struct house *h = *state = house_new(NULL);
	const int64_t complaint = house_mail_in(h, .from = "one@example.com", .body = COMPLAINT);
	const int64_t unsure = house_mail_in(h, .from = "two@example.com", .body = UNSURE);
	struct rd_activation_outcome outcome;
	struct rd_case_policy was, is;
	struct rd_office staff;
	struct rd_outbox_row letter;
	int64_t about, later;

	house_work(h);
	house_copy_folder(h, "landlords", "code-2024.landlord",
		"Due: 10 working days\nFrom: acknowledged",
		"Due: 8 working days\nFrom: acknowledged");
	OK(house_try_rules(h, RD_ACTIVATION, false, &outcome));
	house_close(h);
	house_open(h);
	house_at(h, "2026-11-18T08:00:00Z"); /* nothing was sent on the 17th: it is written anew */
	house_keep_time(h);
	letter = house_letter(h, house_case_of(h, complaint), NULL);
	assert_true(house_says(h, &letter, "Wednesday 2 December 2026"));
	staff = house_staff(h);
	OK(rd_act_decide(h->db, &staff, house_review(h, house_case_of(h, unsure)).id, RD_COMPLAINT,
		"it is one", &about, &h->err));
	later = house_mail_in(h, .from = "three@example.com", .body = COMPLAINT);
	house_work(h);
	letter = house_letter(h, house_case_of(h, later), NULL);
	assert_true(house_says(h, &letter, "Monday 30 November 2026"));
	house_send(h);
	DAY_IS(house_clock(h, house_case_of(h, complaint), "stage1.respond").due, "2026-12-02");
	DAY_IS(house_clock(h, about, "stage1.respond").due, "2026-12-02");
	DAY_IS(house_clock(h, house_case_of(h, later), "stage1.respond").due, "2026-11-30");
	OK(rd_case_policy_get(h->db, house_case_of(h, complaint), h->arena, &was, &h->err));
	OK(rd_case_policy_get(h->db, house_case_of(h, later), h->arena, &is, &h->err));
	assert_string_equal(was.version, "2024-04-01");
	assert_string_not_equal(was.ruleset, is.ruleset);
	assert_non_null(strstr(was.profile, "Due: 10 working days\nFrom: acknowledged"));
}

/* "COMPLAINT" makes a complaint of what was under review before the landlord promised to
 * acknowledge in 2 working days instead of 5. */
static void a_case_under_review_begins_by_the_policy_that_it_opened_under(void **state)
{
	static const char source[] = "From: received\nSource: Code 6.2: acknowledged, defined and "
				     "logged within five working days of receipt\n\n"
				     "Clock: stage1.define\n";
	struct house *h = *state = house_new(NULL);
	const char *was =
		rd_arena_printf(h->arena, "Due: 5 working days\n%sDue: 5 working days\n", source);
	const char *is =
		rd_arena_printf(h->arena, "Due: 2 working days\n%sDue: 2 working days\n", source);
	struct rd_activation_outcome outcome;
	int64_t review, complaint, later;

	review = house_text(h, HOUSE_PHONE, UNSURE);
	house_work_texts(h);
	house_copy_folder(h, "landlords", "code-2024.landlord", was, is);
	OK(house_try_rules(h, RD_ACTIVATION, false, &outcome));
	house_close(h);
	house_open(h);
	complaint = house_text(h, HOUSE_PHONE, "COMPLAINT");
	house_work_texts(h);
	FATE_IS(complaint, RD_FATE_JOINED);
	assert_int_equal(house_case_of(h, complaint), house_case_of(h, review));
	assert_int_equal(house_case(h, house_case_of(h, review)).kind, RD_COMPLAINT);
	DAY_IS(house_clock(h, house_case_of(h, review), "stage1.define").due, "2026-11-24");
	later = house_mail_in(h, .body = COMPLAINT);
	house_work(h);
	DAY_IS(house_clock(h, house_case_of(h, later), "stage1.define").due, "2026-11-19");
}

/* A store from before versions were kept: its cases run by what is live. */
static void a_case_without_a_version_runs_by_the_live_policy(void **state)
{
	struct house *h = *state = house_new(NULL);
	const int64_t id = house_mail_in(h, .body = COMPLAINT);
	const struct rd_policy *live;
	struct rd_landlord landlord;
	struct rd_case_policy policy;
	int64_t older;

	house_work(h);
	older = house_case_of(h, id) - 1;
	OK(rd_office_policy(&h->desk.office, "code-2024", &live, &h->err));
	assert_int_equal(
		rd_case_policy_get(h->db, older, h->arena, &policy, &h->err), RD_E_MISSING);
	OK(rd_office_case_landlord(
		&h->desk.office, h->db, older, live, h->arena, &landlord, &h->err));
	assert_ptr_equal(landlord.version, live->landlord.version);
	assert_int_equal(landlord.clocks[RD_CLOCK_STAGE1_RESPOND].length, 10);
}

/* A policy that promises members an answer promises it to nobody else; the letter prints the
 * clock's own date. */
static void an_enquiry_has_a_date_where_a_member_asks(void **state)
{
	static const char member[] = "\nRule: member\nMeans: Comes from a member\nGroup: who\n"
				     "Flag: mp_councillor\nPhrase: your mp\n"
				     "Must match: I am your MP\nMust not match: I am well\n";
	struct house *h = *state = house_new(NULL);
	struct rd_activation_outcome outcome;
	struct rd_outbox_row letter;
	int64_t asked, other;

	house_copy_folder(h, "landlords", "code-2024.landlord", "Clock: age_limit",
		"Clock: enquiry.respond\nDue: 10 working days\nFrom: enquired\nSource: 6.7.4\n\n"
		"Clock: age_limit");
	house_write_rules(h, rd_arena_printf(h->arena, "%s%s", house_rules, member));
	OK(house_try_rules(h, RD_ACTIVATION, false, &outcome));
	house_close(h);
	house_open(h);
	asked = house_mail_in(
		h, .from = "mp@example.org", .body = "I am your MP. What time do you open?");
	other = house_mail_in(h, .from = "two@example.com", .body = "What time do you open?");
	house_work(h);
	letter = house_letter(h, house_case_of(h, asked), "enquiry");
	assert_true(house_says(h, &letter, "our answer by Tuesday 1 December 2026"));
	DAY_IS(house_clock(h, house_case_of(h, asked), "enquiry.respond").due, "2026-12-01");
	letter = house_letter(h, house_case_of(h, other), "enquiry");
	assert_false(house_says(h, &letter, "our answer by"));
	assert_false(house_runs(h, house_case_of(h, other), "enquiry.respond"));
}

int main(int argc, char **argv)
{
	house_main(argc, argv);
	const struct CMUnitTest tests[] = {
		house_test_own(a_text_to_another_landlord_opens_that_ones_case),
		house_test_own(a_complaint_to_another_landlord_grows_from_no_case_here),
		house_test_own(a_mail_is_related_to_no_case_of_another_landlord),
		house_test_own(a_thread_joins_no_case_of_another_landlord),
		house_test_own(the_same_mail_to_two_landlords_is_answered_by_both),
		house_test_own(a_case_keeps_the_policy_that_it_opened_under),
		house_test_own(a_case_under_review_begins_by_the_policy_that_it_opened_under),
		house_test_own(a_case_without_a_version_runs_by_the_live_policy),
		house_test_own(an_enquiry_has_a_date_where_a_member_asks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

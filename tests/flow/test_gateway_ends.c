/* How cases end without an answer, how they hang together, and what is recorded beside the stages.
 */
#include "redress/gateway/acts_end.h"
#include "redress/gateway/acts_record.h"
#include "redress/gateway/acts_stage.h"
#include "redress/store/case_actions.h"
#include "redress/store/case_acts.h"
#include "support/house_cases.h"

#define RECEIVED "2026-12-22T12:00:00Z"

static const struct rd_date today = { 0 };

static struct house *new_house(const char *profile)
{
	const struct house_options options = { .profile = profile, .starts = RECEIVED };

	return house_new(&options);
}

static struct rd_case_act last_act(struct house *h, int64_t case_id, const char *what)
{
	struct rd_case_act *acts;
	size_t n;

	OK(rd_case_act_list(h->db, case_id, h->arena, &acts, &n, &h->err));
	assert_true(n > 0);
	assert_string_equal(acts[n - 1].what, what);
	return acts[n - 1];
}

/* --- excluding --- */

static void an_exclusion_is_one_of_the_policys_own_and_says_why(void **state)
{
	struct house *h = *state = new_house(NULL);
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = house_take(h, NULL, COMPLAINT);
	struct rd_act_exclusion exclusion = { .reason = "just-because" };
	struct rd_outbox_row letter;

	assert_int_equal(rd_act_exclude(h->db, &staff, case_id, &exclusion, &h->err), RD_E_INPUT);
	assert_non_null(strstr(h->err.msg, "legal-proceedings"));
	exclusion.reason = NULL;
	assert_int_equal(rd_act_exclude(h->db, &staff, case_id, &exclusion, &h->err), RD_E_INPUT);
	/* The policy looks at such a one all the same where there is a good reason. */
	exclusion.reason = "over-12-months";
	REFUSED(rd_act_exclude(h->db, &staff, case_id, &exclusion, &h->err), "good reason");
	exclusion.why = "You told us of it in 2024, and nothing has happened since.";
	OK(rd_act_exclude(h->db, &staff, case_id, &exclusion, &h->err));
	assert_string_equal(last_act(h, case_id, "excluded").detail, "over-12-months");
	assert_int_equal(house_case(h, case_id).status, RD_STATUS_CLOSED);
	assert_false(house_runs(h, case_id, "stage1.respond"));
	assert_int_equal(house_n_tasks(h, case_id, NULL), 0);
	letter = house_letter(h, case_id, "exclusion");
	assert_true(house_says(h, &letter, "lies over twelve months back"));
	assert_true(house_says(h, &letter, "You told us of it in 2024"));
	assert_true(house_says(h, &letter, "0300 111 3000"));
	house_audit_lacks(h, "2024, and");
	house_send(h);
	assert_int_equal(house_letter(h, case_id, "exclusion").state, RD_OUTBOX_SENT);
}

static void where_the_policy_says_who_decides_that_one_is_named(void **state)
{
	struct house *h = *state = new_house("plexus-omega");
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = house_take(h, NULL, COMPLAINT);
	struct rd_act_exclusion exclusion = { .reason = "exhausted" };

	REFUSED(rd_act_exclude(h->db, &staff, case_id, &exclusion, &h->err),
		"the Head of Customer Services");
	exclusion.decided_by = "Hanna Head";
	OK(rd_act_exclude(h->db, &staff, case_id, &exclusion, &h->err));
	assert_string_equal(last_act(h, case_id, "excluded").person, "Hanna Head");
}

static void a_policy_without_exclusions_excludes_nothing(void **state)
{
	struct house *h = *state = new_house("feedback-first");
	const struct rd_office staff = house_staff(h);
	const struct rd_act_exclusion exclusion = { .reason = "over-12-months" };
	const int64_t case_id = house_take(h, NULL, COMPLAINT);

	REFUSED(rd_act_exclude(h->db, &staff, case_id, &exclusion, &h->err), "answer it");
}

static void what_was_answered_is_excluded_no_longer(void **state)
{
	struct house *h = *state = new_house(NULL);
	const struct rd_office staff = house_staff(h);
	const struct rd_act_exclusion exclusion = { .reason = "already-considered" };
	const struct rd_act_response response = { .stage = RD_STAGE_1 };
	const int64_t case_id = house_take(h, NULL, COMPLAINT);

	OK(rd_act_respond(h->db, &staff, case_id, &response, &h->err));
	REFUSED(rd_act_exclude(h->db, &staff, case_id, &exclusion, &h->err), "case refuse");
}

/* --- withdrawing, referring --- */

static void what_is_withdrawn_is_closed_and_can_be_opened_again(void **state)
{
	struct house *h = *state = new_house(NULL);
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = house_take(h, NULL, COMPLAINT);

	assert_int_equal(rd_act_withdraw(h->db, &staff, case_id, "", &h->err), RD_E_INPUT);
	OK(rd_act_withdraw(h->db, &staff, case_id, "rang to say so", &h->err));
	assert_string_equal(last_act(h, case_id, "withdrawn").why, "rang to say so");
	assert_int_equal(house_case(h, case_id).status, RD_STATUS_CLOSED);
	assert_false(house_runs(h, case_id, "stage1.respond"));
	REFUSED(rd_act_withdraw(h->db, &staff, case_id, "again", &h->err), "case reopen");
	OK(rd_act_reopen(h->db, &staff, case_id, "thought better of it", &h->err));
	DAY_IS(house_clock(h, case_id, "stage1.respond").due, "2027-01-08");
}

static void the_ombudsman_may_have_a_case_at_any_time(void **state)
{
	struct house *h = *state = new_house(NULL);
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = house_take(h, NULL, COMPLAINT);

	OK(rd_act_refer(h->db, &staff, case_id, today, NULL, &h->err));
	assert_string_equal(last_act(h, case_id, "referred").detail, "Housing Ombudsman Service");
	assert_true(house_runs(h, case_id, "stage1.respond")); /* nothing else changes */
	OK(rd_act_withdraw(h->db, &staff, case_id, "rang", &h->err));
	OK(rd_act_refer(h->db, &staff, case_id, house_day("2026-12-22"), "asked", &h->err));
	assert_int_equal(
		rd_act_refer(h->db, &staff, case_id, house_day("2026-12-21"), NULL, &h->err),
		RD_E_INPUT);
	REFUSED(rd_act_refer(h->db, &staff, house_take(h, NULL, REQUEST), today, NULL, &h->err),
		"reclassify");
}

/* What a person at risk is owed, and what was promised, is no less owed. */
static void a_withdrawal_ends_no_duty_that_outlives_it(void **state)
{
	struct house *h = *state = new_house(NULL);
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = house_take(h, NULL, COMPLAINT " I am afraid of him.");
	int64_t action;

	OK(rd_act_action_add(h->db, &staff, case_id, "Mend the roof", house_day("2027-01-15"), NULL,
		&action, &h->err));
	assert_true(house_case(h, case_id).held);
	OK(rd_act_withdraw(h->db, &staff, case_id, "rang to say so", &h->err));
	assert_int_equal(house_n_tasks(h, case_id, "safeguarding"), 1);
	assert_int_equal(house_n_tasks(h, case_id, RD_ACT_TASK_ACTION), 1);
	assert_int_equal(house_n_tasks(h, case_id, "acknowledge"), 0);
}

/* Its letter went with the closing. */
static void what_is_opened_again_unacknowledged_is_owed_that(void **state)
{
	struct house *h = *state = new_house(NULL);
	const struct rd_office staff = house_staff(h);
	const int64_t id = house_mail_in(h, .body = COMPLAINT);
	int64_t case_id;

	house_work(h);
	case_id = house_case_of(h, id);
	OK(rd_act_withdraw(h->db, &staff, case_id, "rang to say so", &h->err));
	assert_int_equal(house_n_tasks(h, case_id, "acknowledge"), 0);
	OK(rd_act_reopen(h->db, &staff, case_id, "a mistake", &h->err));
	assert_true(house_runs(h, case_id, "stage1.acknowledge"));
	DAY_IS(house_task(h, case_id, "acknowledge").due, "2026-12-31");
	assert_int_equal(house_n_tasks(h, case_id, "define"), 1);
}

static void a_complaint_that_nobody_acknowledged_in_time_can_go_to_stage_2(void **state)
{
	struct house *h = *state = new_house(NULL);
	const struct rd_office staff = house_staff(h);
	const int64_t id = house_mail_in(h, .body = COMPLAINT);
	int64_t case_id;

	house_work(h);
	case_id = house_case_of(h, id);
	REFUSED(rd_act_escalate(h->db, &staff, case_id, today, RD_ASKED_BY_STAFF, &h->err),
		"not passed");
	house_at(h, "2027-01-04T10:00:00Z");
	OK(rd_act_escalate(h->db, &staff, case_id, today, RD_ASKED_BY_STAFF, &h->err));
	assert_int_equal(house_case(h, case_id).stage, RD_STAGE_2);
}

/* --- together --- */

static void a_link_to_a_held_case_holds_and_tells(void **state)
{
	struct house *h = *state = new_house(NULL);
	const struct rd_office staff = house_staff(h);
	const int64_t held = house_take(h, "Bo <bo@example.com>", REQUEST " I am afraid of him.");
	const int64_t case_id = house_take(h, NULL, COMPLAINT);

	assert_true(house_case(h, held).held);
	assert_false(house_case(h, case_id).held);
	OK(rd_act_link(h->db, &staff, case_id, held, &h->err));
	assert_true(house_case(h, case_id).held);
	DAY_IS(house_task(h, case_id, "safeguarding").due, "2026-12-22");
	last_act(h, case_id, "linked");
	assert_int_equal(rd_act_link(h->db, &staff, case_id, 999999, &h->err), RD_E_MISSING);
	REFUSED(rd_act_link(h->db, &staff, case_id, case_id, &h->err), "itself");
}

static void a_later_matter_of_the_same_resident_is_taken_in(void **state)
{
	struct house *h = *state = new_house(NULL);
	const struct rd_office staff = house_staff(h);
	const int64_t first = house_take(h, NULL, COMPLAINT);
	const int64_t stranger = house_take(h, "Bo <bo@example.com>", COMPLAINT);
	int64_t later;

	house_at(h, "2026-12-23T10:00:00Z");
	later = house_take(h, NULL, COMPLAINT " And no heating.");
	REFUSED(rd_act_merge(h->db, &staff, stranger, first, "one flat", &h->err), "case link");
	REFUSED(rd_act_merge(h->db, &staff, first, later, "one matter", &h->err), "earlier");
	assert_int_equal(rd_act_merge(h->db, &staff, later, later, "one", &h->err), RD_E_INPUT);
	/* Who was the contact once, and is the wrong person, opens nothing either. */
	OK(rd_act_contact(h->db, &staff, first, "bo@example.com", NULL, &h->err));
	REFUSED(rd_act_merge(h->db, &staff, later, first, "one roof", &h->err), "case link");
	OK(rd_act_contact(h->db, &staff, first, house_case(h, later).contact, NULL, &h->err));
	OK(rd_act_merge(h->db, &staff, later, first, "one roof", &h->err));
	assert_int_equal(house_case(h, later).status, RD_STATUS_CLOSED);
	assert_non_null(strstr(house_case(h, later).closed_why, house_case(h, first).reference));
	assert_int_equal(house_case(h, first).n_messages, 2);
	assert_true(house_case(h, first).flags[RD_HEAT_LOSS]);
	last_act(h, later, "merged");
	last_act(h, first, "took_in");
	DAY_IS(house_task(h, first, RD_ACT_TASK_TELL).due, "2026-12-24");
	assert_true(house_runs(h, first, "stage1.respond"));
}

static void what_is_answered_takes_nothing_in(void **state)
{
	struct house *h = *state = new_house(NULL);
	const struct rd_office staff = house_staff(h);
	const struct rd_act_response response = { .stage = RD_STAGE_1 };
	const int64_t first = house_take(h, NULL, COMPLAINT);
	struct rd_tx *tx = NULL;
	int64_t later;

	OK(rd_act_respond(h->db, &staff, first, &response, &h->err));
	later = house_take(h, NULL, COMPLAINT " And no heating.");
	REFUSED(rd_act_merge(h->db, &staff, later, first, "one roof", &h->err), "Code 6.8");
	/* What never was a complaint is refused as such: no answer stands in the way. */
	OK(rd_tx_begin(h->db, &tx, &h->err));
	OK(rd_case_set_kind(tx, first, RD_SERVICE_REQUEST, RD_STAGE_NONE, &h->err));
	OK(rd_tx_commit(&tx, &h->err));
	REFUSED(rd_act_merge(h->db, &staff, later, first, "one roof", &h->err),
		"is a service request");
	assert_int_equal(house_case(h, later).status, RD_STATUS_OPEN);
}

static void a_part_becomes_a_complaint_of_its_own(void **state)
{
	static const char *const topics[] = { "the gutters" };
	struct house *h = *state = new_house(NULL);
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = house_take(h, NULL, COMPLAINT);
	struct rd_act_split split = { .why = "another matter",
		.received = house_day("2026-12-24") };
	struct rd_outbox_row letter;
	struct rd_case_linked *links;
	int64_t part = 0;
	size_t n;

	assert_int_equal(rd_act_split(h->db, &staff, case_id, &split, &part, &h->err), RD_E_INPUT);
	split.topics = topics;
	split.n_topics = 1;
	assert_int_equal(rd_act_split(h->db, &staff, case_id, &split, &part, &h->err), RD_E_INPUT);
	house_at(h, "2026-12-29T10:00:00Z");
	OK(rd_act_split(h->db, &staff, case_id, &split, &part, &h->err));
	assert_int_equal(house_case(h, part).kind, RD_COMPLAINT);
	assert_int_equal(house_case(h, part).stage, RD_STAGE_1);
	assert_string_equal(house_case(h, part).contact, "ann@example.com");
	DAY_IS(house_clock(h, part, "stage1.acknowledge").due, "2027-01-05");
	letter = house_letter(h, part, "acknowledgement");
	assert_true(house_says(h, &letter, "the gutters"));
	OK(rd_case_links(h->db, part, h->arena, &links, &n, &h->err));
	assert_int_equal(n, 1);
	assert_int_equal(links[0].id, case_id);
	last_act(h, case_id, "split");
	house_send(h);
	assert_false(house_runs(h, part, "stage1.acknowledge"));
}

static void a_part_of_a_held_case_is_held(void **state)
{
	static const char *const topics[] = { "the gutters" };
	struct house *h = *state = new_house(NULL);
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = house_take(h, NULL, COMPLAINT " I am afraid of him.");
	const struct rd_act_split split = { .why = "another", .topics = topics, .n_topics = 1 };
	int64_t part = 0;

	assert_true(house_case(h, case_id).held);
	OK(rd_act_split(h->db, &staff, case_id, &split, &part, &h->err));
	assert_true(house_case(h, part).held);
	house_send(h);
	assert_true(house_runs(h, part, "stage1.acknowledge"));
	assert_non_null(house_task(h, part, "acknowledge").kind);
}

/* --- beside the stages --- */

static void what_was_promised_keeps_the_case_open(void **state)
{
	struct house *h = *state = new_house("one-housing");
	const struct rd_office staff = house_staff(h);
	const struct rd_act_response response = { .stage = RD_STAGE_1 };
	const int64_t case_id = house_take(h, NULL, COMPLAINT);
	struct rd_case_action *actions;
	int64_t roof = 0, paint = 0;
	size_t n;

	OK(rd_act_define(h->db, &staff, case_id, "The roof leaks.", NULL, &h->err));
	assert_int_equal(
		rd_act_action_add(h->db, &staff, case_id, "mend it", today, NULL, &roof, &h->err),
		RD_E_INPUT);
	assert_int_equal(rd_act_action_add(h->db, &staff, case_id, "mend it",
				 house_day("2026-12-21"), NULL, &roof, &h->err),
		RD_E_INPUT);
	OK(rd_act_action_add(h->db, &staff, case_id, "mend the roof of number 7",
		house_day("2027-02-26"), "the roofers", &roof, &h->err));
	OK(rd_act_action_add(h->db, &staff, case_id, "paint the ceiling", house_day("2027-03-26"),
		NULL, &paint, &h->err));
	last_act(h, case_id, "action_added");
	DAY_IS(house_task(h, case_id, RD_ACT_TASK_ACTION).due, "2027-02-26");
	assert_null(strstr(house_task(h, case_id, RD_ACT_TASK_ACTION).text, "number 7"));
	house_audit_lacks(h, "number 7");
	OK(rd_act_respond(h->db, &staff, case_id, &response, &h->err));
	house_send(h);
	house_at(h, "2027-02-01T10:00:00Z"); /* the 28 days are over */
	house_keep_time(h);
	assert_int_equal(house_case(h, case_id).status, RD_STATUS_ANSWERED);
	OK(rd_act_action_done(h->db, &staff, case_id, roof, "two days' work", &h->err));
	assert_int_equal(
		rd_act_action_done(h->db, &staff, case_id, roof, NULL, &h->err), RD_E_EXISTS);
	assert_int_equal(
		rd_act_action_done(h->db, &staff, case_id, 99, NULL, &h->err), RD_E_MISSING);
	assert_int_equal(house_n_tasks(h, case_id, RD_ACT_TASK_ACTION), 1);
	REFUSED(rd_act_close(h->db, &staff, case_id, "done", false, &h->err), "is not done yet");
	OK(rd_act_action_done(h->db, &staff, case_id, paint, NULL, &h->err));
	OK(rd_case_action_list(h->db, case_id, h->arena, &actions, &n, &h->err));
	assert_int_equal(n, 2);
	assert_string_equal(actions[0].how, "two days' work");
	assert_string_equal(actions[0].done_by, "Sam Staff");
	house_keep_time(h); /* is all done? The resident has a week to say so */
	assert_int_equal(house_case(h, case_id).status, RD_STATUS_ANSWERED);
	house_send(h);
	house_at(h, "2027-02-09T10:00:00Z");
	house_keep_time(h);
	assert_int_equal(house_case(h, case_id).status, RD_STATUS_CLOSED);
}

static void who_speaks_for_a_resident_needs_her_word(void **state)
{
	struct house *h = *state = new_house(NULL);
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = house_take(h, NULL, REQUEST);

	assert_int_equal(rd_act_consent(h->db, &staff, case_id, RD_CONSENT_ASKED, NULL, &h->err),
		RD_E_INPUT);
	OK(rd_act_consent(h->db, &staff, case_id, RD_CONSENT_ASKED, "her son", &h->err));
	DAY_IS(house_task(h, case_id, RD_ACT_TASK_CONSENT).due, "2026-12-31");
	OK(rd_act_consent(h->db, &staff, case_id, RD_CONSENT_GIVEN, "her son, by phone", &h->err));
	assert_null(house_task(h, case_id, RD_ACT_TASK_CONSENT).kind);
	assert_string_equal(last_act(h, case_id, "consent").detail, "given");
	house_audit_lacks(h, "her son");
}

static void a_restriction_has_terms_and_a_day_and_stops_nothing(void **state)
{
	struct house *h = *state = new_house(NULL);
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = house_take(h, NULL, COMPLAINT);
	struct rd_act_restriction restriction = { .terms = "One call a week.",
		.why = "Forty calls a day.",
		.approved_by = "Mo Manager" };
	struct rd_outbox_row letter;
	int64_t id;

	assert_int_equal(
		rd_act_restrict(h->db, &staff, case_id, &restriction, &h->err), RD_E_INPUT);
	REFUSED(rd_act_unrestrict(h->db, &staff, case_id, "over", &h->err),
		"nothing is restricted");
	restriction.review = house_day("2027-03-22");
	OK(rd_act_restrict(h->db, &staff, case_id, &restriction, &h->err));
	assert_string_equal(last_act(h, case_id, "restricted").detail, "2027-03-22");
	DAY_IS(house_task(h, case_id, RD_ACT_TASK_RESTRICTION).due, "2027-03-22");
	letter = house_letter(h, case_id, "restriction");
	assert_true(house_says(h, &letter, "One call a week."));
	assert_true(house_says(h, &letter, "Forty calls a day."));
	assert_true(house_says(h, &letter, "Monday 22 March 2027"));
	assert_true(house_says(h, &letter, "You can always report an emergency repair"));
	assert_true(house_says(h, &letter, "0300 111 3000"));
	assert_null(house_task(h, case_id, RD_ACT_TASK_TELL).kind);
	house_send(h);
	/* An emergency is heard as ever. */
	id = house_mail_in(h, .body = "I smell gas.",
		.subject = rd_arena_printf(h->arena, "%s", house_case(h, case_id).reference));
	house_work(h);
	FATE_IS(id, RD_FATE_JOINED);
	DAY_IS(house_task(h, case_id, "urgent").due, "2026-12-22");
	OK(rd_act_unrestrict(h->db, &staff, case_id, "it is better now", &h->err));
	assert_null(house_task(h, case_id, RD_ACT_TASK_RESTRICTION).kind);
	REFUSED(rd_act_unrestrict(h->db, &staff, case_id, "over", &h->err),
		"nothing is restricted");
}

static void a_restriction_that_no_letter_can_tell_is_a_persons_to_tell(void **state)
{
	struct house *h = *state = new_house(NULL);
	const struct rd_office staff = house_staff(h);
	const int64_t by_mail = house_take(h, NULL, COMPLAINT);
	struct rd_act_restriction restriction = { .terms = "One call\na week.",
		.why = "Forty calls a day.",
		.review = house_day("2027-03-22") };
	struct rd_outbox_row letter;
	int64_t id, case_id;

	assert_int_equal(
		rd_act_restrict(h->db, &staff, by_mail, &restriction, &h->err), RD_E_INPUT);
	restriction.terms = "One call a week.";
	/* It was told already. */
	restriction.given_on = house_day("2026-12-22");
	OK(rd_act_restrict(h->db, &staff, by_mail, &restriction, &h->err));
	assert_int_equal(house_letters(h, by_mail, "restriction", NULL), 0);
	assert_null(house_task(h, by_mail, RD_ACT_TASK_TELL).kind);
	/* A text says nothing of it. */
	restriction.given_on = (struct rd_date){ 0 };
	id = house_text(h, HOUSE_PHONE, COMPLAINT);
	house_work_texts(h);
	case_id = house_case_of(h, id);
	house_send(h);
	OK(rd_act_restrict(h->db, &staff, case_id, &restriction, &h->err));
	letter = house_letter(h, case_id, "restriction");
	assert_false(house_says(h, &letter, "call a week"));
	assert_false(house_says(h, &letter, "restrict"));
	DAY_IS(house_task(h, case_id, RD_ACT_TASK_TELL).due, "2026-12-23");
	house_audit_lacks(h, "Forty");
}

static void compensation_goes_to_whom_the_policy_sends_it(void **state)
{
	struct house *h = *state = new_house("one-housing");
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = house_take(h, NULL, COMPLAINT);
	static const char *const wrong[] = { "12.5", "£12", "", ".50", "12.505", "1e3",
		"1234567890123" };

	OK(rd_act_compensation(h->db, &staff, case_id, RD_COMPENSATION_ASKED, NULL, NULL, &h->err));
	assert_non_null(strstr(
		house_task(h, case_id, RD_ACT_TASK_COMPENSATION).text, "the Compensation Panel"));
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_int_equal(rd_act_compensation(h->db, &staff, case_id,
					 RD_COMPENSATION_OFFERED, wrong[i], NULL, &h->err),
			RD_E_INPUT);
	assert_int_equal(rd_act_compensation(h->db, &staff, case_id, RD_COMPENSATION_OFFERED, NULL,
				 NULL, &h->err),
		RD_E_INPUT);
	OK(rd_act_compensation(
		h->db, &staff, case_id, RD_COMPENSATION_OFFERED, "120.50", "the Panel", &h->err));
	assert_string_equal(last_act(h, case_id, "compensation").detail, "offered 120.50");
	assert_null(house_task(h, case_id, RD_ACT_TASK_COMPENSATION).kind);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		house_test_own(an_exclusion_is_one_of_the_policys_own_and_says_why),
		house_test_own(where_the_policy_says_who_decides_that_one_is_named),
		house_test_own(a_policy_without_exclusions_excludes_nothing),
		house_test_own(what_was_answered_is_excluded_no_longer),
		house_test_own(what_is_withdrawn_is_closed_and_can_be_opened_again),
		house_test_own(a_withdrawal_ends_no_duty_that_outlives_it),
		house_test_own(what_is_opened_again_unacknowledged_is_owed_that),
		house_test_own(a_complaint_that_nobody_acknowledged_in_time_can_go_to_stage_2),
		house_test_own(the_ombudsman_may_have_a_case_at_any_time),
		house_test_own(a_link_to_a_held_case_holds_and_tells),
		house_test_own(a_later_matter_of_the_same_resident_is_taken_in),
		house_test_own(what_is_answered_takes_nothing_in),
		house_test_own(a_part_becomes_a_complaint_of_its_own),
		house_test_own(a_part_of_a_held_case_is_held),
		house_test_own(what_was_promised_keeps_the_case_open),
		house_test_own(who_speaks_for_a_resident_needs_her_word),
		house_test_own(a_restriction_has_terms_and_a_day_and_stops_nothing),
		house_test_own(a_restriction_that_no_letter_can_tell_is_a_persons_to_tell),
		house_test_own(compensation_goes_to_whom_the_policy_sends_it),
	};

	house_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A complaint's way through its stages: each act with its clocks, its letter and its row, through
 * Christmas and Easter; and what may not be, refused with what to do instead. */
#include "redress/gateway/acts_stage.h"
#include "redress/store/case_acts.h"
#include "support/house_cases.h"

#define RECEIVED "2026-12-15T12:00:00Z" /* acknowledged on the day; answer due 31 December */
#define WHY	 "The contractor is shut over Christmas."

static const struct rd_date today = { 0 };

static struct house *new_house(const char *profile, const char *starts)
{
	const struct house_options options = { .profile = profile, .starts = starts };

	return house_new(&options);
}

static void assign(struct house *h, int64_t case_id, const char *owner)
{
	const struct rd_office staff = house_staff(h);

	OK(rd_act_assign(h->db, &staff, case_id, owner, &h->err));
}

static enum rd_rc try_respond(struct house *h, int64_t case_id, enum rd_stage stage)
{
	const struct rd_office staff = house_staff(h);
	const struct rd_act_response response = { .stage = stage, .found = RD_FOUND_PARTLY };

	return rd_act_respond(h->db, &staff, case_id, &response, &h->err);
}

static enum rd_rc try_extend(
	struct house *h, int64_t case_id, const char *to, const char *approved_by)
{
	const struct rd_office staff = house_staff(h);
	const struct rd_act_extension extension = {
		.to = house_day(to), .why = WHY, .approved_by = approved_by
	};

	return rd_act_extend(h->db, &staff, case_id, &extension, &h->err);
}

static enum rd_rc try_escalate(struct house *h, int64_t case_id)
{
	const struct rd_office staff = house_staff(h);

	return rd_act_escalate(h->db, &staff, case_id, today, RD_ASKED_BY_REPLY, &h->err);
}

static enum rd_rc try_accept(struct house *h, int64_t case_id)
{
	const struct rd_office staff = house_staff(h);

	return rd_act_accept(h->db, &staff, case_id, today, &h->err);
}

static struct rd_case_act last_act(struct house *h, int64_t case_id)
{
	struct rd_case_act *acts;
	size_t n;

	OK(rd_case_act_list(h->db, case_id, h->arena, &acts, &n, &h->err));
	assert_true(n > 0);
	return acts[n - 1];
}

/* The audit's last row about the case: in the actor's name, with the number of the act. */
static void audited(struct house *h, int64_t case_id, const char *what)
{
	const struct rd_case_act act = last_act(h, case_id);
	struct rd_audit_row *rows;
	size_t n;

	assert_string_equal(act.what, what);
	assert_string_equal(act.actor, "Sam Staff");
	OK(rd_audit_list(h->db, case_id, 0, 0, 10000, h->arena, &rows, &n, &h->err));
	assert_string_equal(rows[n - 1].what, what);
	assert_string_equal(rows[n - 1].actor, "Sam Staff");
	assert_string_equal(
		rows[n - 1].detail, rd_arena_printf(h->arena, "{\"act\":%" PRId64 "}", act.id));
}

/* --- the whole way --- */

static void a_complaint_goes_its_whole_way_through_christmas_and_easter(void **state)
{
	struct house *h = *state = new_house(NULL, RECEIVED);
	const int64_t case_id = house_complaint(h);
	struct rd_outbox_row letter;

	DAY_IS(house_clock(h, case_id, "stage1.respond").due, "2026-12-31");
	house_at(h, "2026-12-16T10:00:00Z");
	assign(h, case_id, "Ola Owner");
	audited(h, case_id, "assigned");
	assert_string_equal(house_case(h, case_id).handler, "Ola Owner");
	assert_false(house_runs(h, case_id, "stage1.contact")); /* this policy has none */

	house_at(h, "2026-12-30T10:00:00Z");
	OK(try_extend(h, case_id, "2027-01-15", NULL));
	audited(h, case_id, "extended");
	house_audit_lacks(h, "contractor");
	assert_false(house_runs(h, case_id, "stage1.respond"));
	DAY_IS(house_clock(h, case_id, "stage1.extended").starts, "2026-12-31");
	DAY_IS(house_clock(h, case_id, "stage1.extended").due, "2027-01-15");
	letter = house_letter(h, case_id, "extension");
	assert_true(house_says(h, &letter, WHY));
	assert_true(house_says(h, &letter, "Friday 15 January 2027"));
	assert_true(house_says(h, &letter, "0300 111 3000"));
	house_send(h);
	assert_int_equal(house_letter(h, case_id, "extension").state, RD_OUTBOX_SENT);

	house_at(h, "2027-01-15T10:00:00Z");
	OK(try_respond(h, case_id, RD_STAGE_1));
	audited(h, case_id, "responded");
	assert_string_equal(last_act(h, case_id).person, "Ola Owner");
	assert_string_equal(last_act(h, case_id).detail, "partly");
	assert_int_equal(house_case(h, case_id).status, RD_STATUS_ANSWERED);
	assert_int_equal(house_clock(h, case_id, "stage1.extended").met_ms, h->now_ms);

	house_at(h, "2027-03-01T10:00:00Z");
	OK(try_escalate(h, case_id));
	audited(h, case_id, "escalated");
	assert_int_equal(house_case(h, case_id).stage, RD_STAGE_2);
	assert_int_equal(house_case(h, case_id).status, RD_STATUS_OPEN);
	assert_string_equal(house_case(h, case_id).handler, "");
	DAY_IS(house_clock(h, case_id, "stage2.acknowledge").due, "2027-03-08");
	DAY_IS(house_task(h, case_id, "stage2").due, "2027-03-08");
	assert_false(house_runs(h, case_id, "stage2.respond"));

	house_at(h, "2027-03-02T10:00:00Z");
	OK(try_accept(h, case_id));
	audited(h, case_id, "accepted");
	letter = house_letter(h, case_id, "stage2_acknowledgement");
	assert_true(house_says(h, &letter, "Thursday 1 April 2027"));
	assert_true(house_says(h, &letter, "The roof leaks."));
	assert_true(house_runs(h, case_id, "stage2.acknowledge")); /* until it leaves */
	REFUSED(try_respond(h, case_id, RD_STAGE_2), "not acknowledged");
	house_send(h);
	assert_false(house_runs(h, case_id, "stage2.acknowledge"));
	DAY_IS(house_clock(h, case_id, "stage2.respond").starts, "2027-03-02");
	DAY_IS(house_clock(h, case_id, "stage2.respond").due, "2027-04-01");
	assert_null(house_task(h, case_id, "stage2").kind);

	assign(h, case_id, "Rae Reviewer");
	house_at(h, "2027-04-01T10:00:00Z");
	OK(try_respond(h, case_id, RD_STAGE_2));
	assert_int_equal(house_case(h, case_id).status, RD_STATUS_ANSWERED);
	assert_int_equal(house_clock(h, case_id, "stage2.respond").met_ms, h->now_ms);
	REFUSED(try_escalate(h, case_id), "there is no third");
}

/* --- who --- */

static void whoever_was_at_stage_1_cannot_have_stage_2(void **state)
{
	struct house *h = *state = new_house(NULL, RECEIVED);
	const struct rd_office staff = house_staff(h);
	int64_t case_id = house_complaint(h);

	assign(h, case_id, "First Owner");
	assign(h, case_id, "Ola Owner");
	OK(try_respond(h, case_id, RD_STAGE_1));
	OK(try_escalate(h, case_id));
	REFUSED(rd_act_assign(h->db, &staff, case_id, "ola  owner", &h->err), "not involved");
	REFUSED(rd_act_assign(h->db, &staff, case_id, "First Owner", &h->err), "not involved");
	OK(try_accept(h, case_id));
	house_send(h);
	assign(h, case_id, "Rae Reviewer");
	OK(try_respond(h, case_id, RD_STAGE_2));

	/* With nobody assigned whoever records the answer has given it. */
	house_at(h, "2026-12-17T10:00:00Z");
	case_id = house_complaint(h);
	OK(try_respond(h, case_id, RD_STAGE_1));
	assert_string_equal(last_act(h, case_id).person, "Sam Staff");
	OK(try_escalate(h, case_id));
	OK(try_accept(h, case_id));
	house_send(h);
	REFUSED(try_respond(h, case_id, RD_STAGE_2), "case assign");
}

static void a_name_must_fit_a_line_of_a_letter(void **state)
{
	struct house *h = *state = new_house(NULL, RECEIVED);
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = house_complaint(h);

	assert_int_equal(rd_act_assign(h->db, &staff, case_id, " ", &h->err), RD_E_INPUT);
	assert_int_equal(rd_act_assign(h->db, &staff, case_id, NULL, &h->err), RD_E_INPUT);
	assert_string_equal(h->err.msg, "the owner (--to) is missing: give a name or a role");
	assert_int_equal(rd_act_assign(h->db, &staff, case_id, "Ola\nOwner", &h->err), RD_E_INPUT);
}

/* --- the first contact --- */

static void the_owner_gets_in_touch_within_the_policys_days(void **state)
{
	struct house *h = *state = new_house("one-housing", RECEIVED);
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = house_complaint(h);

	house_at(h, "2026-12-22T10:00:00Z");
	assign(h, case_id, "the lead officer");
	DAY_IS(house_clock(h, case_id, "stage1.contact").due, "2026-12-29");
	house_at(h, "2026-12-24T10:00:00Z");
	assign(h, case_id, "another officer"); /* lengthens nothing */
	DAY_IS(house_clock(h, case_id, "stage1.contact").due, "2026-12-29");
	assert_int_equal(rd_act_contacted(h->db, &staff, case_id, house_day("2026-12-25"), &h->err),
		RD_E_INPUT);
	OK(rd_act_contacted(h->db, &staff, case_id, house_day("2026-12-23"), &h->err));
	audited(h, case_id, "contacted");
	assert_false(house_runs(h, case_id, "stage1.contact"));
	DAY_IS(rd_date_of(house_clock(h, case_id, "stage1.contact").met_ms), "2026-12-23");
}

/* --- longer --- */

static void an_extension_beyond_the_limit_needs_a_name(void **state)
{
	struct house *h = *state = new_house(NULL, RECEIVED);
	const int64_t case_id = house_complaint(h);

	house_at(h, "2026-12-30T10:00:00Z");
	REFUSED(try_extend(h, case_id, "2027-01-18", NULL), "a named senior manager");
	DAY_IS(house_clock(h, case_id, "stage1.respond").due, "2026-12-31"); /* as it was */
	assert_int_equal(house_letters(h, case_id, "extension", NULL), 0);
	OK(try_extend(h, case_id, "2027-01-18", "Mo Manager"));
	assert_string_equal(last_act(h, case_id).person, "Mo Manager");
	assert_string_equal(last_act(h, case_id).detail, "2027-01-18");
	/* The next one is counted from the first promise too. */
	REFUSED(try_extend(h, case_id, "2027-01-20", NULL), "--approved-by");
	OK(try_extend(h, case_id, "2027-01-20", "Mo Manager"));
	DAY_IS(house_clock(h, case_id, "stage1.extended").starts, "2026-12-31");
	DAY_IS(house_clock(h, case_id, "stage1.extended").due, "2027-01-20");
}

static void an_extension_comes_before_the_date_or_not_at_all(void **state)
{
	struct house *h = *state = new_house(NULL, RECEIVED);
	const int64_t case_id = house_complaint(h);

	house_at(h, "2027-01-04T09:00:00Z");
	REFUSED(try_extend(h, case_id, "2027-01-15", "Mo Manager"), "31 December 2026");
	assert_true(house_runs(h, case_id, "stage1.respond"));
}

static void an_extension_that_waits_a_day_says_the_same_again(void **state)
{
	struct house *h = *state = new_house(NULL, RECEIVED);
	const int64_t case_id = house_complaint(h);
	struct rd_outbox_row letter;

	house_at(h, "2026-12-30T10:00:00Z");
	OK(try_extend(h, case_id, "2027-01-15", NULL));
	house_at(h, "2026-12-31T08:00:00Z");
	house_keep_time(h);
	letter = house_letter(h, case_id, "extension");
	DAY_IS(letter.written_for, "2026-12-31");
	assert_true(house_says(h, &letter, WHY));
	assert_true(house_says(h, &letter, "Friday 15 January 2027"));
}

static void alarm_says(struct house *h, const char *cause, const char *words)
{
	struct rd_alarm *alarms;
	size_t n;

	OK(rd_alarm_list(h->db, h->arena, &alarms, &n, &h->err));
	for (size_t i = 0; i < n; i++)
		if (strcmp(alarms[i].cause, cause) == 0 && strstr(alarms[i].text, words) != NULL)
			return;
	fail_msg("no alarm %s says: %s", cause, words);
}

static void an_extension_that_was_not_told_in_time_is_alarmed(void **state)
{
	struct house *h = *state = new_house(NULL, RECEIVED);
	const int64_t case_id = house_complaint(h);

	house_at(h, "2026-12-30T10:00:00Z");
	OK(try_extend(h, case_id, "2027-01-15", NULL));
	house_at(h, "2026-12-31T23:00:00Z");
	house_keep_time(h);
	assert_false(house_alarm(h, "extensions-untold"));
	house_at(h, "2027-01-01T08:00:00Z");
	house_keep_time(h);
	assert_true(house_alarm(h, "extensions-untold"));
	alarm_says(h, "extensions-untold", "1 extension was not told before the date");
	alarm_says(h, "extensions-untold", "no letter about it had left by then");
	house_send(h);
	house_keep_time(h);
	assert_false(house_alarm(h, "extensions-untold"));
}

static void by_text_the_date_goes_and_a_person_says_why(void **state)
{
	struct house *h = *state = new_house(NULL, RECEIVED);
	const struct rd_office staff = house_staff(h);
	const int64_t id = house_text(h, HOUSE_PHONE, COMPLAINT);
	struct rd_outbox_row letter;
	int64_t case_id;

	house_work_texts(h);
	case_id = house_case_of(h, id);
	house_send(h);
	OK(rd_act_define(h->db, &staff, case_id, "The roof leaks.", NULL, &h->err));
	house_at(h, "2026-12-30T10:00:00Z");
	OK(try_extend(h, case_id, "2027-01-15", NULL));
	letter = house_letter(h, case_id, "extension");
	assert_int_equal(letter.channel, RD_CHANNEL_SMS);
	assert_true(house_says(h, &letter, "Friday 15 January 2027"));
	assert_false(house_says(h, &letter, "contractor"));
	DAY_IS(house_task(h, case_id, RD_ACT_TASK_TELL).due, "2026-12-31");
}

static void where_no_letter_may_go_it_is_told_another_way(void **state)
{
	struct house *h = *state = new_house(NULL, RECEIVED);
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = house_complaint(h);
	struct rd_act_extension extension = { .to = house_day("2027-01-15"), .why = WHY };

	house_mail_in(h, .body = "I am afraid of him.",
		.subject = rd_arena_printf(h->arena, "%s", house_case(h, case_id).reference));
	house_work(h);
	assert_true(house_case(h, case_id).held);
	REFUSED(rd_act_extend(h->db, &staff, case_id, &extension, &h->err), "--given DAY");
	assert_true(house_runs(h, case_id, "stage1.respond"));
	extension.given_on = house_day("2026-12-15");
	OK(rd_act_extend(h->db, &staff, case_id, &extension, &h->err));
	assert_int_equal(house_letters(h, case_id, "extension", NULL), 0);
	DAY_IS(house_clock(h, case_id, "stage1.extended").due, "2027-01-15");
}

static void a_rule_set_without_the_letter_leaves_it_to_a_person(void **state)
{
	struct house *h = *state = new_house(NULL, RECEIVED);
	const int64_t case_id = house_complaint(h);
	char path[160];
	bool changed;

	snprintf(path, sizeof path, "%s/letters/extension.email.letter", h->rules);
	assert_int_equal(remove(path), 0);
	house_activate(h, h->db);
	OK(rd_desk_refresh(&h->desk, &changed, &h->err));
	house_at(h, "2026-12-30T10:00:00Z");
	REFUSED(try_extend(h, case_id, "2027-01-15", NULL), "no letter `extension`");
}

/* --- stage 2 --- */

static void stage_2_refused_leaves_the_answer_and_the_ombudsman(void **state)
{
	struct house *h = *state = new_house("one-housing", RECEIVED);
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = house_complaint(h);
	struct rd_outbox_row letter;
	int64_t answered_ms;

	house_at(h, "2026-12-18T10:00:00Z");
	OK(try_respond(h, case_id, RD_STAGE_1));
	answered_ms = h->now_ms;
	DAY_IS(house_clock(h, case_id, "case.close").due, "2027-01-15");
	house_at(h, "2026-12-23T10:00:00Z");
	OK(try_escalate(h, case_id));
	assert_false(house_runs(h, case_id, "case.close"));
	DAY_IS(house_clock(h, case_id, "stage2.respond").due, "2027-01-25"); /* from the request */
	house_at(h, "2026-12-24T10:00:00Z");
	assert_int_equal(rd_act_refuse(h->db, &staff, case_id, NULL, today, &h->err), RD_E_INPUT);
	OK(rd_act_refuse(h->db, &staff, case_id, WHY, today, &h->err));
	audited(h, case_id, "refused");
	letter = house_letter(h, case_id, "refusal");
	assert_true(house_says(h, &letter, WHY));
	assert_true(house_says(h, &letter, "0300 111 3000"));
	assert_int_equal(house_case(h, case_id).stage, RD_STAGE_1);
	assert_int_equal(house_case(h, case_id).status, RD_STATUS_ANSWERED);
	assert_int_equal(house_case(h, case_id).answered_ms, answered_ms);
	assert_false(house_runs(h, case_id, "stage2.acknowledge"));
	assert_false(house_runs(h, case_id, "stage2.respond"));
	assert_null(house_task(h, case_id, "stage2").kind);
	DAY_IS(house_clock(h, case_id, "case.close").due, "2027-01-21");
	/* It can be asked for again, and its days begin anew. */
	house_at(h, "2027-01-04T10:00:00Z");
	OK(try_escalate(h, case_id));
	DAY_IS(house_clock(h, case_id, "stage2.acknowledge").due, "2027-01-11");
	OK(try_accept(h, case_id));
	house_send(h);
	assert_false(house_runs(h, case_id, "stage2.acknowledge"));
}

static void a_late_request_is_taken_and_told_to_be_late(void **state)
{
	struct house *h = *state = new_house("plexus-omega", RECEIVED);
	const int64_t in_time = house_complaint(h), late = house_complaint(h);

	house_at(h, "2026-12-23T10:00:00Z");
	OK(try_respond(h, in_time, RD_STAGE_1));
	OK(try_respond(h, late, RD_STAGE_1));
	DAY_IS(house_clock(h, late, "stage2.request").due, "2027-01-11");
	house_at(h, "2027-01-11T10:00:00Z");
	house_keep_time(h);
	assert_false(house_alarm(h, "clocks-due-today")); /* it is the resident's time */
	OK(try_escalate(h, in_time));
	assert_null(strstr(house_task(h, in_time, "stage2").text, "after the policy's days"));
	assert_false(house_runs(h, in_time, "stage2.request"));
	house_at(h, "2027-01-12T10:00:00Z");
	OK(try_escalate(h, late));
	assert_non_null(strstr(house_task(h, late, "stage2").text, "after the policy's days"));
	DAY_IS(house_clock(h, late, "stage2.accept").due, "2027-01-19");
	DAY_IS(house_task(h, late, "stage2").due, "2027-01-19");
	OK(try_accept(h, late));
	assert_false(house_runs(h, late, "stage2.accept"));
}

static void what_was_not_answered_in_time_goes_to_stage_2(void **state)
{
	struct house *h = *state = new_house("one-housing", RECEIVED);
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = house_complaint(h);

	house_at(h, "2026-12-31T10:00:00Z");
	REFUSED(try_escalate(h, case_id), "case respond");
	house_at(h, "2027-01-04T10:00:00Z");
	OK(try_escalate(h, case_id));
	assert_false(house_runs(h, case_id, "stage1.respond"));
	REFUSED(rd_act_refuse(h->db, &staff, case_id, WHY, today, &h->err), "never answered");
}

static void stage_2_can_be_acknowledged_in_another_way(void **state)
{
	struct house *h = *state = new_house(NULL, RECEIVED);
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = house_complaint(h);

	house_at(h, "2026-12-18T10:00:00Z");
	OK(try_respond(h, case_id, RD_STAGE_1));
	OK(try_escalate(h, case_id));
	OK(try_accept(h, case_id));
	REFUSED(try_accept(h, case_id), "taken on already");
	house_at(h, "2026-12-22T10:00:00Z");
	assert_int_equal(rd_act_accept(h->db, &staff, case_id, house_day("2026-12-17"), &h->err),
		RD_E_INPUT);
	OK(rd_act_accept(h->db, &staff, case_id, house_day("2026-12-21"), &h->err));
	assert_int_equal(house_letters(h, case_id, "stage2_acknowledgement", NULL), 0);
	DAY_IS(house_clock(h, case_id, "stage2.respond").starts, "2026-12-21");
	DAY_IS(house_clock(h, case_id, "stage2.respond").due, "2027-01-21");
	REFUSED(try_accept(h, case_id), "already");
}

/* --- the end --- */

static void an_answered_case_ends_after_the_policys_days(void **state)
{
	struct house *h = *state = new_house("one-housing", RECEIVED);
	const int64_t case_id = house_complaint(h), busy = house_complaint(h);
	struct rd_outbox_row letter;

	house_at(h, "2026-12-18T10:00:00Z");
	OK(try_respond(h, case_id, RD_STAGE_1));
	OK(try_respond(h, busy, RD_STAGE_1));
	house_mail_in(h, .body = "Thank you, when will somebody come?",
		.subject = rd_arena_printf(h->arena, "%s", house_case(h, busy).reference));
	house_work(h);
	house_send(h);
	house_at(h, "2027-01-07T10:00:00Z");
	house_keep_time(h);
	assert_int_equal(house_letters(h, case_id, "closing_check", NULL), 0);
	house_at(h, "2027-01-08T10:00:00Z"); /* a week before the last day: is all done? */
	house_keep_time(h);
	house_keep_time(h);
	letter = house_letter(h, case_id, "closing_check");
	assert_true(house_says(h, &letter, "if everything that we agreed is done"));
	assert_true(house_says(h, &letter, "after Friday 15 January 2027"));
	assert_int_equal(house_letters(h, busy, "closing_check", NULL), 0);
	house_send(h);
	house_at(h, "2027-01-15T23:00:00Z"); /* the last of 28 days */
	house_keep_time(h);
	assert_int_equal(house_case(h, case_id).status, RD_STATUS_ANSWERED);
	house_at(h, "2027-01-16T08:00:00Z");
	house_keep_time(h);
	assert_int_equal(house_case(h, case_id).status, RD_STATUS_CLOSED);
	assert_int_equal(house_letter(h, case_id, "closing").state, RD_OUTBOX_QUEUED);
	/* Somebody must read what came: that one goes on. */
	assert_int_equal(house_case(h, busy).status, RD_STATUS_ANSWERED);
	assert_false(house_alarm(h, "clocks-overdue"));
	/* Closed or not, stage 2 can be asked for (Code 6.10). */
	house_at(h, "2027-02-01T10:00:00Z");
	OK(try_escalate(h, case_id));
	assert_int_equal(house_case(h, case_id).status, RD_STATUS_OPEN);
	DAY_IS(house_clock(h, case_id, "stage2.acknowledge").due, "2027-02-08");
	OK(try_accept(h, case_id));
	house_send(h);
	assign(h, case_id, "Rae Reviewer");
	OK(try_respond(h, case_id, RD_STAGE_2));
	DAY_IS(house_clock(h, case_id, "case.close").due, "2027-03-01");
}

/* The daemon was down for the week: the resident is asked all the same, and has her days. */
static void nobody_is_closed_without_being_asked(void **state)
{
	struct house *h = *state = new_house("one-housing", RECEIVED);
	const int64_t case_id = house_complaint(h);
	struct rd_outbox_row letter;

	house_at(h, "2026-12-18T10:00:00Z");
	OK(try_respond(h, case_id, RD_STAGE_1));
	house_at(h, "2027-01-20T10:00:00Z");
	house_keep_time(h);
	assert_int_equal(house_case(h, case_id).status, RD_STATUS_ANSWERED);
	letter = house_letter(h, case_id, "closing_check");
	assert_true(house_says(h, &letter, "after Wednesday 27 January 2027"));
	house_send(h);
	house_at(h, "2027-01-27T10:00:00Z");
	house_keep_time(h);
	assert_int_equal(house_case(h, case_id).status, RD_STATUS_ANSWERED);
	house_at(h, "2027-01-28T10:00:00Z");
	house_keep_time(h);
	assert_int_equal(house_case(h, case_id).status, RD_STATUS_CLOSED);
}

static void what_was_owed_when_a_case_was_closed_is_owed_again(void **state)
{
	struct house *h = *state = new_house(NULL, RECEIVED);
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = house_complaint(h);

	REFUSED(rd_act_close(h->db, &staff, case_id, "a mistake", false, &h->err),
		"case respond REF --stage 1");
	OK(rd_act_close(h->db, &staff, case_id, "a mistake", true, &h->err));
	REFUSED(try_respond(h, case_id, RD_STAGE_1), "case reopen");
	REFUSED(try_escalate(h, case_id), "without an answer");
	house_at(h, "2026-12-22T10:00:00Z");
	assert_int_equal(rd_act_reopen(h->db, &staff, case_id, " ", &h->err), RD_E_INPUT);
	OK(rd_act_reopen(h->db, &staff, case_id, "it was the wrong case", &h->err));
	audited(h, case_id, "reopened");
	assert_int_equal(house_case(h, case_id).status, RD_STATUS_OPEN);
	DAY_IS(house_clock(h, case_id, "stage1.respond").due, "2026-12-31");
	REFUSED(rd_act_reopen(h->db, &staff, case_id, "again", &h->err), "open already");
	OK(try_respond(h, case_id, RD_STAGE_1));
	OK(rd_act_close(h->db, &staff, case_id, "all is done", false, &h->err));
	/* Open again after its answer it can be answered again. */
	OK(rd_act_reopen(h->db, &staff, case_id, "the leak is back", &h->err));
	OK(try_respond(h, case_id, RD_STAGE_1));
}

static void what_is_no_complaint_has_an_owner_and_no_stages(void **state)
{
	struct house *h = *state = new_house(NULL, RECEIVED);
	const int64_t id = house_mail_in(h, .body = REQUEST);
	int64_t case_id;

	house_work(h);
	case_id = house_case_of(h, id);
	assign(h, case_id, "the repairs desk");
	REFUSED(try_respond(h, case_id, RD_STAGE_1), "reclassify");
	REFUSED(try_escalate(h, case_id), "reclassify");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		house_test_own(a_complaint_goes_its_whole_way_through_christmas_and_easter),
		house_test_own(whoever_was_at_stage_1_cannot_have_stage_2),
		house_test_own(a_name_must_fit_a_line_of_a_letter),
		house_test_own(the_owner_gets_in_touch_within_the_policys_days),
		house_test_own(an_extension_beyond_the_limit_needs_a_name),
		house_test_own(an_extension_comes_before_the_date_or_not_at_all),
		house_test_own(an_extension_that_waits_a_day_says_the_same_again),
		house_test_own(an_extension_that_was_not_told_in_time_is_alarmed),
		house_test_own(by_text_the_date_goes_and_a_person_says_why),
		house_test_own(where_no_letter_may_go_it_is_told_another_way),
		house_test_own(a_rule_set_without_the_letter_leaves_it_to_a_person),
		house_test_own(stage_2_refused_leaves_the_answer_and_the_ombudsman),
		house_test_own(a_late_request_is_taken_and_told_to_be_late),
		house_test_own(what_was_not_answered_in_time_goes_to_stage_2),
		house_test_own(stage_2_can_be_acknowledged_in_another_way),
		house_test_own(an_answered_case_ends_after_the_policys_days),
		house_test_own(what_was_owed_when_a_case_was_closed_is_owed_again),
		house_test_own(nobody_is_closed_without_being_asked),
		house_test_own(what_is_no_complaint_has_an_owner_and_no_stages),
	};

	house_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A whole complaint by each of the six policies, on a faked clock through Christmas and Easter:
 * receipt, acknowledgement, extension, answer, stage 2, extension, final answer. Every date is what
 * the clause that the clock names says, worked out here by hand; every letter prints it. */
#include "support/answers.h"

#define NEVER NULL /* this policy has no such clock */

/* Received and acknowledged on Tuesday 15 December 2026; assigned on the 16th; stage 2 asked for on
 * Monday 1 March 2027, taken on, acknowledged and assigned the day after. Each extension is told on
 * the last day and runs to its limit; each answer is given on its last day. */
struct timetable {
	const char *landlord;
	const char *acknowledge, *contact, *respond, *extended;
	const char *extended_words;		     /* as the letter writes it */
	const char *request, *request_words, *close; /* from the answer */
	const char *accept2, *acknowledge2, *contact2, *respond2;
	const char *respond2_words; /* as the acknowledgement of stage 2 writes it */
	const char *extended2, *extended2_words, *close2;
};

static const struct timetable timetables[] = {
	{ "code-2024", "2026-12-22", NEVER, "2026-12-31", "2027-01-15", "Friday 15 January 2027",
		NEVER, NULL, NEVER, NEVER, "2027-03-08", NEVER, "2027-04-01",
		"Thursday 1 April 2027", "2027-04-29", "Thursday 29 April 2027", NEVER },
	{ "plexus-omega", "2026-12-22", NEVER, "2026-12-31", "2027-01-15", "Friday 15 January 2027",
		"2027-01-29", "Friday 29 January 2027", NEVER, "2027-03-08", "2027-03-08", NEVER,
		"2027-04-01", "Thursday 1 April 2027", "2027-04-29", "Thursday 29 April 2027",
		NEVER },
	{ "feedback-first", "2026-12-22", NEVER, "2026-12-29", "2027-01-13",
		"Wednesday 13 January 2027", "2027-01-27", "Wednesday 27 January 2027", NEVER,
		NEVER, "2027-03-08", NEVER, "2027-03-08", "Monday 8 March 2027", "2027-04-07",
		"Wednesday 7 April 2027", NEVER },
	{ "one-housing", "2026-12-22", "2026-12-21", "2026-12-31", "2027-01-15",
		"Friday 15 January 2027", NEVER, NULL, "2027-02-12", NEVER, "2027-03-08",
		"2027-03-05", "2027-03-31", "Wednesday 31 March 2027", "2027-04-28",
		"Wednesday 28 April 2027", "2027-05-26" },
	{ "later-living", "2026-12-22", NEVER, "2026-12-31", "2027-01-15", "Friday 15 January 2027",
		NEVER, NULL, NEVER, NEVER, "2027-03-08", NEVER, "2027-04-01",
		"Thursday 1 April 2027", "2027-04-29", "Thursday 29 April 2027", NEVER },
	{ "homes-in-sedgemoor", "2026-12-17", NEVER, "2026-12-31", "2027-01-15",
		"Friday 15 January 2027", NEVER, NULL, NEVER, NEVER, "2027-03-08", NEVER,
		"2027-04-01", "Thursday 1 April 2027", "2027-04-29", "Thursday 29 April 2027",
		NEVER },
};

/* The clock runs by that day and by the clause that the profile gives for it; or there is none. */
static void runs_by(struct house *h, int64_t case_id, enum rd_clock_id id, const char *due)
{
	const struct rd_policy *policy = rd_live_policy(h->desk.live, "code-2024");
	const struct rd_case_clock clock = house_clock(h, case_id, rd_clock_names[id]);

	print_message("  %s\n", rd_clock_names[id]);
	if (due == NULL) {
		assert_int_equal(clock.case_id, 0);
		return;
	}
	assert_int_equal(clock.case_id, case_id);
	DAY_IS(clock.due, due);
	assert_string_equal(clock.source, policy->landlord.clocks[id].source);
}

/* At ten on that day, once the timekeeper has looked. */
static void go_to(struct house *h, const char *day)
{
	house_at(h, rd_arena_printf(h->arena, "%sT10:00:00Z", day));
	house_keep_time(h);
	house_send(h);
}

static void extend(struct house *h, int64_t case_id, const char *to, const char *words)
{
	const struct rd_office staff = house_staff(h);
	const struct rd_act_extension extension = { .to = house_day(to),
		.why = "The part is on its way." };
	struct rd_outbox_row letter = { 0 };

	OK(rd_act_extend(h->db, &staff, case_id, &extension, &h->err));
	assert_true(house_letters(h, case_id, "extension", &letter) > 0);
	assert_true(house_says(h, &letter, words));
	assert_true(house_says(h, &letter, "The part is on its way."));
	assert_true(house_says(h, &letter, "0300 111 3000"));
	house_send(h);
}

/* With nothing more to do and no money, so that the case can come to its end. */
static const struct answer_part parts[] = {
	{ "Decision:", "not_upheld" },
	{ "Reasons:", "The roofer came on the day that we had said." },
	{ "Policy and law:", "Our repairs policy, 4.2." },
	{ "Reconsidered:", "We looked at the roofer's diary again." },
	{ "Apology:", "none" },
	{ "Remedy:", "none" },
	{ "Money:", "none" },
	{ "Money for:", "none" },
	{ "Records:", "none" },
	{ "Prevention:", "none" },
	{ "Learning:", "none" },
	{ "Finding:", "The roof was mended in time." },
};

/* The full answer goes as a letter that says all that the Code and the policies want of one. */
static void answer(struct house *h, int64_t case_id, enum rd_stage stage, const char *ask_by)
{
	const struct rd_office staff = house_staff(h);
	const char *text = answer_filled(h, case_id, stage, parts, sizeof parts / sizeof parts[0]);
	const struct rd_act_response response = {
		.stage = stage, .answer = text, .answer_len = strlen(text), .file = "answer.txt"
	};
	const bool first = stage == RD_STAGE_1;
	struct rd_outbox_row letter;

	OK(rd_act_respond(h->db, &staff, case_id, &response, &h->err));
	assert_int_equal(house_case(h, case_id).status, RD_STATUS_ANSWERED);
	letter = house_letter(h, case_id, first ? "stage1_response" : "stage2_response");
	assert_true(house_says(h, &letter, "The roof leaks."));
	assert_true(house_says(h, &letter, "The roofer came on the day"));
	assert_true(house_says(h, &letter, "Our repairs policy, 4.2."));
	assert_true(house_says(h, &letter, "The roof was mended in time."));
	assert_true(house_says(h, &letter, "0300 111 3000"));
	assert_int_equal(house_says(h, &letter, "You can ask for stage 2"), first);
	assert_int_equal(house_says(h, &letter, "roofer's diary"), !first);
	if (ask_by != NULL)
		assert_true(house_says(h, &letter, ask_by));
	house_send(h);
	assert_int_equal(
		house_letter(h, case_id, first ? "stage1_response" : "stage2_response").state,
		RD_OUTBOX_SENT);
}

static void stage_1(struct house *h, int64_t case_id, const struct timetable *t)
{
	const struct rd_office staff = house_staff(h);

	runs_by(h, case_id, RD_CLOCK_STAGE1_ACKNOWLEDGE, t->acknowledge);
	house_send(h);
	assert_false(house_runs(h, case_id, "stage1.acknowledge"));
	OK(rd_act_define(h->db, &staff, case_id, "The roof leaks.", NULL, &h->err));
	runs_by(h, case_id, RD_CLOCK_STAGE1_RESPOND, t->respond);
	go_to(h, "2026-12-16");
	OK(rd_act_assign(h->db, &staff, case_id, "Ola Owner", &h->err));
	runs_by(h, case_id, RD_CLOCK_STAGE1_CONTACT, t->contact);
	OK(rd_act_contacted(h->db, &staff, case_id, (struct rd_date){ 0 }, &h->err));
	go_to(h, t->respond);
	extend(h, case_id, t->extended, t->extended_words);
	runs_by(h, case_id, RD_CLOCK_STAGE1_EXTENDED, t->extended);
	go_to(h, t->extended);
	answer(h, case_id, RD_STAGE_1, t->request_words);
	runs_by(h, case_id, RD_CLOCK_STAGE2_REQUEST, t->request);
	runs_by(h, case_id, RD_CLOCK_CASE_CLOSE, t->close);
}

static void stage_2(struct house *h, int64_t case_id, const struct timetable *t)
{
	const struct rd_office staff = house_staff(h);
	const struct rd_date now = { 0 };
	struct rd_outbox_row letter;

	if (t->close != NULL) { /* asked first whether all is done, and a week to say so */
		go_to(h, t->close);
		letter = house_letter(h, case_id, "closing_check");
		house_send(h);
	}
	go_to(h, "2027-03-01");
	assert_int_equal(house_case(h, case_id).status,
		t->close != NULL ? RD_STATUS_CLOSED : RD_STATUS_ANSWERED);
	OK(rd_act_escalate(h->db, &staff, case_id, now, RD_ASKED_BY_STAFF, &h->err));
	runs_by(h, case_id, RD_CLOCK_STAGE2_ACCEPT, t->accept2);
	runs_by(h, case_id, RD_CLOCK_STAGE2_ACKNOWLEDGE, t->acknowledge2);
	go_to(h, "2027-03-02");
	OK(rd_act_accept(h->db, &staff, case_id, now, &h->err));
	letter = house_letter(h, case_id, "stage2_acknowledgement");
	assert_true(house_says(h, &letter, t->respond2_words));
	house_send(h);
	runs_by(h, case_id, RD_CLOCK_STAGE2_RESPOND, t->respond2);
	OK(rd_act_assign(h->db, &staff, case_id, "Rae Reviewer", &h->err));
	runs_by(h, case_id, RD_CLOCK_STAGE2_CONTACT, t->contact2);
	OK(rd_act_contacted(h->db, &staff, case_id, now, &h->err));
	go_to(h, t->respond2);
	extend(h, case_id, t->extended2, t->extended2_words);
	runs_by(h, case_id, RD_CLOCK_STAGE2_EXTENDED, t->extended2);
	go_to(h, t->extended2);
	assert_false(house_alarm(h, "clocks-overdue"));
	answer(h, case_id, RD_STAGE_2, NULL);
	runs_by(h, case_id, RD_CLOCK_CASE_CLOSE, t->close2);
}

static void a_whole_complaint_by_each_policy(void **state)
{
	for (size_t i = 0; i < sizeof timetables / sizeof timetables[0]; i++) {
		const struct timetable *t = &timetables[i];
		const struct house_options options = { .profile = t->landlord,
			.starts = "2026-12-15T12:00:00Z" };
		struct house *h = *state = house_new(&options);
		const int64_t id = house_mail_in(h, .body = COMPLAINT);

		print_message("%s\n", t->landlord);
		house_work(h);
		stage_1(h, house_case_of(h, id), t);
		stage_2(h, house_case_of(h, id), t);
		assert_int_equal(house_n_tasks(h, house_case_of(h, id), NULL), 0);
		house_teardown(state);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		house_test_own(a_whole_complaint_by_each_policy),
	};

	house_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

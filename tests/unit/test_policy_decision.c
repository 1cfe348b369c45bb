#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "redress/policy/decision.h"
#include "support/decisions.h"

/* What a new message becomes. */
static const struct decisions_row rows[] = {
	/* The kinds. */
	{ "a sure complaint is acknowledged, on the clock, and a person defines it", "complaint",
		"opened complaint stage1 open acknowledgement define@2026-11-27 "
		"+stage1.acknowledge@2026-11-27 +stage1.define@2026-11-27 +stage1.respond@letter "
		"meets" },
	{ "a service request gets its own letter and no clock", "service_request",
		"opened service_request none open service_request" },
	{ "a compliment is thanked for", "compliment", "opened compliment none open compliment" },
	{ "a report of anti-social behaviour", "asb_report",
		"opened asb_report none open asb_report" },
	{ "an enquiry", "enquiry", "opened enquiry none open enquiry" },
	{ "an answer to a survey", "survey_feedback",
		"opened survey_feedback none open survey_feedback" },
	{ "a landlord that promises contact after a bad survey owes it",
		"survey_feedback unhappy "
		"sedgemoor",
		"opened survey_feedback none open survey_feedback contact@2026-12-04 "
		"+survey.contact@2026-12-04" },
	{ "a good answer to a survey is no promise", "survey_feedback sedgemoor",
		"opened survey_feedback none open survey_feedback" },
	{ "sure `other` is kept and never answered", "other", "other other no_letter" },
	{ "sure `other` by text too", "other sms", "other other no_letter" },
	{ "a member's enquiry has a date", "enquiry mp_councillor onehousing",
		"opened enquiry none open enquiry +enquiry.respond@2026-12-04" },
	{ "any other has none", "enquiry onehousing", "opened enquiry none open enquiry" },
	{ "Sedgemoor acknowledges in two days", "complaint sedgemoor",
		"opened complaint stage1 open acknowledgement define@2026-11-24 "
		"+stage1.acknowledge@2026-11-24 +stage1.define@2026-11-24 +stage1.respond@letter "
		"meets" },

	/* Promise 6: no topic, no acknowledgement. */
	{ "where no topic is known `received` goes and a person owes the acknowledgement",
		"complaint notopic",
		"opened complaint stage1 open received define@2026-11-27 acknowledge@2026-11-27 "
		"+stage1.acknowledge@2026-11-27 +stage1.define@2026-11-27" },
	{ "by text too", "complaint notopic sms",
		"opened complaint stage1 open received define@2026-11-27 acknowledge@2026-11-27 "
		"+stage1.acknowledge@2026-11-27 +stage1.define@2026-11-27" },

	/* Promise 8: what is unsure goes to a person. */
	{ "an unsure complaint: a case of its best kind, `received` at once, the clock runs",
		"complaint unsure",
		"opened complaint none review received review@2026-11-23 "
		"+stage1.acknowledge@2026-11-27" },
	{ "an unsure request", "service_request unsure",
		"opened service_request none review received review@2026-11-23 "
		"+stage1.acknowledge@2026-11-27" },
	{ "`other` but unsure is a review case", "other unsure",
		"opened other none review received review@2026-11-23 "
		"+stage1.acknowledge@2026-11-27" },
	{ "a rule error is never a silent no", "norules",
		"opened other none review received review@2026-11-23 "
		"+stage1.acknowledge@2026-11-27" },
	{ "a picture with a few words that say nothing", "other pictures",
		"opened other none review received review@2026-11-23 "
		"+stage1.acknowledge@2026-11-27" },
	{ "unreadable text", "service_request troubled",
		"opened service_request none review received review@2026-11-23 "
		"+stage1.acknowledge@2026-11-27" },
	{ "nothing left after stripping: a person looks", "service_request nothing_new",
		"opened service_request none review received review@2026-11-23 "
		"+stage1.acknowledge@2026-11-27" },
	{ "a complaint that asks for nothing formal: the choice is offered, no stage 1",
		"complaint asks_not_formal",
		"opened complaint none review choice review@2026-11-23 "
		"+stage1.acknowledge@2026-11-27" },
	{ "a request that asks for nothing formal is a request", "service_request asks_not_formal",
		"opened service_request none open service_request" },
	{ "asking for stage 2 goes to review, and a person owes the answer of Code 6.11",
		"complaint stage2_request",
		"opened complaint none review received review@2026-11-23 stage2@2026-11-27 "
		"+stage1.acknowledge@2026-11-27" },
	{ "`other` with danger in it is not left alone", "other health_safety",
		"opened other none review received urgent@2026-11-20 review@2026-11-23 "
		"+stage1.acknowledge@2026-11-27 block" },

	/* Promise 4. */
	{ "what killed the parser: a case for a person, the clock from receipt",
		"quarantined norules",
		"opened other none review withheld:quarantined read@2026-11-20 "
		"acknowledge@2026-11-27 "
		"+stage1.acknowledge@2026-11-27 !quarantined" },

	/* Promise 5: withheld, never silent. */
	{ "safeguarding: no letter, a person the same day", "complaint safeguarding",
		"opened complaint stage1 open withheld:safeguarding safeguarding@2026-11-20 "
		"define@2026-11-27 acknowledge@2026-11-27 +stage1.acknowledge@2026-11-27 "
		"+stage1.define@2026-11-27 hold" },
	{ "safeguarding on a request", "service_request safeguarding sms",
		"opened service_request none open withheld:safeguarding safeguarding@2026-11-20 "
		"acknowledge@2026-11-27 hold" },
	{ "loop headers withhold the reply, never the case", "complaint automatic",
		"opened complaint stage1 open withheld:automatic define@2026-11-27 "
		"acknowledge@2026-11-27 +stage1.acknowledge@2026-11-27 +stage1.define@2026-11-27" },
	{ "a mailing list too", "enquiry list",
		"opened enquiry none open withheld:automatic acknowledge@2026-11-27" },
	{ "a no-reply address too", "complaint noreply",
		"opened complaint stage1 open withheld:no_reply define@2026-11-27 "
		"acknowledge@2026-11-27 +stage1.acknowledge@2026-11-27 +stage1.define@2026-11-27" },
	{ "another gateway's letter is scored and not answered", "complaint othergateway",
		"opened complaint stage1 open withheld:automatic define@2026-11-27 "
		"acknowledge@2026-11-27 +stage1.acknowledge@2026-11-27 +stage1.define@2026-11-27" },
	{ "automatic mail that is unsure", "complaint unsure automatic",
		"opened complaint none review withheld:automatic review@2026-11-23 "
		"acknowledge@2026-11-27 +stage1.acknowledge@2026-11-27" },
	{ "the rate cap", "service_request capped",
		"opened service_request none open withheld:rate_cap acknowledge@2026-11-27" },
	{ "opted out", "complaint optedout sms",
		"opened complaint stage1 open withheld:opted_out define@2026-11-27 "
		"acknowledge@2026-11-27 +stage1.acknowledge@2026-11-27 +stage1.define@2026-11-27" },
	{ "failed authentication", "enquiry unauthenticated",
		"opened enquiry none open withheld:unauthenticated acknowledge@2026-11-27" },
	{ "nowhere to answer to", "enquiry noaddress",
		"opened enquiry none open withheld:no_address acknowledge@2026-11-27" },
	{ "a compliment from a machine leaves no duty", "compliment automatic",
		"opened compliment none open withheld:automatic" },
	{ "danger: the letter begins with the block, a person looks today",
		"complaint "
		"health_safety",
		"opened complaint stage1 open acknowledgement urgent@2026-11-20 define@2026-11-27 "
		"+stage1.acknowledge@2026-11-27 +stage1.define@2026-11-27 +stage1.respond@letter "
		"meets "
		"block" },
	{ "no heat", "service_request heat_loss",
		"opened service_request none open service_request urgent@2026-11-20 heat-block" },
	{ "injury is urgent and has no block", "complaint personal_injury",
		"opened complaint stage1 open acknowledgement urgent@2026-11-20 define@2026-11-27 "
		"+stage1.acknowledge@2026-11-27 +stage1.define@2026-11-27 +stage1.respond@letter "
		"meets" },

	/* What colleagues pass on. */
	{ "a colleague's forward that names a resident: the letter is written and waits",
		"complaint staff names",
		"opened complaint stage1 open acknowledgement define@2026-11-27 "
		"resident@2026-11-23 +stage1.acknowledge@2026-11-27 +stage1.define@2026-11-27 "
		"+stage1.respond@letter meets waits" },
	{ "unsure too", "service_request unsure staff names",
		"opened service_request none review received review@2026-11-23 "
		"resident@2026-11-23 +stage1.acknowledge@2026-11-27 waits" },
	{ "one that names nobody, or a note: a case, no letter, a person's duty",
		"service_request staff noaddress",
		"opened service_request none open withheld:staff resident@2026-11-23 "
		"acknowledge@2026-11-27" },
	{ "sure `other` from a colleague is listed like any", "other staff",
		"other other no_letter" },
	{ "a colleague's machine makes us write to nobody", "enquiry staff names automatic",
		"opened enquiry none open withheld:automatic resident@2026-11-23 "
		"acknowledge@2026-11-27" },
	{ "safeguarding holds it as any other", "service_request safeguarding staff names",
		"opened service_request none open withheld:safeguarding safeguarding@2026-11-20 "
		"resident@2026-11-23 acknowledge@2026-11-27 hold" },

	/* Promise 10: what joins nothing. What joins is in test_policy_joining. */
	{ "COMPLAINT out of the blue is a complaint", "other notopic says_complaint sms",
		"opened complaint stage1 open received define@2026-11-27 acknowledge@2026-11-27 "
		"+stage1.acknowledge@2026-11-27 +stage1.define@2026-11-27" },
	{ "possibly related, not joined", "complaint related",
		"opened complaint stage1 open acknowledgement define@2026-11-27 "
		"+stage1.acknowledge@2026-11-27 +stage1.define@2026-11-27 +stage1.respond@letter "
		"meets "
		"related" },
	{ "after five wrong codes a person is told", "enquiry locked",
		"opened enquiry none open enquiry wrong_codes@2026-11-20 !wrong_codes" },
	{ "whatever the message is", "other locked",
		"other other no_letter wrong_codes@2026-11-20 !wrong_codes" },

	/* One of too many: nothing is set going. */
	{ "what joins nothing is together under review", "complaint flood",
		"opened complaint none review withheld:rate_cap +stage1.acknowledge@2026-11-27" },

	/* Promise 3: the same mail with another body. */
	{ "where the first one had no case it was never answered: this one is, and shown",
		"complaint second",
		"opened complaint stage1 open acknowledgement read@2026-11-23 define@2026-11-27 "
		"+stage1.acknowledge@2026-11-27 +stage1.define@2026-11-27 +stage1.respond@letter "
		"meets" },
	{ "a request too", "service_request second",
		"opened service_request none open service_request read@2026-11-23" },

	/* Promise 11. */
	{ "an old complaint: never answered by itself, its own task, overdue at once",
		"complaint old",
		"opened complaint stage1 open withheld:old define@2026-11-09 answer_old@2026-11-09 "
		"+stage1.acknowledge@2026-11-09 +stage1.define@2026-11-09 old" },
	{ "an old unsure message", "service_request unsure old",
		"opened service_request none review withheld:old review@2026-11-20 "
		"answer_old@2026-11-09 +stage1.acknowledge@2026-11-09 old" },
	{ "an old flagged message", "enquiry old vulnerable",
		"opened enquiry none open withheld:old answer_old@2026-11-09 old" },
	{ "only the rest share one row", "enquiry old",
		"opened enquiry none open withheld:old answer_old@2026-11-20:shared old" },
	{ "five working days are not old yet", "enquiry fivedays",
		"opened enquiry none open enquiry" },
	{ "old `other` needs nobody", "other old", "other other no_letter old" },
	{ "received since the backup", "enquiry sincebackup",
		"opened enquiry none open withheld:after_backup acknowledge@2026-11-27" },

	/* Promise 12: the guards. */
	{ "a duplicate", "complaint guard:duplicate", "duplicate other no_letter" },
	{ "a bounce", "complaint guard:bounce", "guarded other no_letter" },
	{ "a bounce of our letter: the gateway knows which", "other guard:bounce joins:complaint",
		"guarded other no_letter" },
	{ "an out-of-office", "other guard:out_of_office joins:complaint",
		"guarded other no_letter" },
	{ "a lone opt-out word", "other guard:opt_out sms", "guarded other no_letter" },
	{ "`cancel` may mean a repair: shown where a case is open",
		"other guard:opt_out sms "
		"joins:service_request",
		"guarded other no_letter read@2026-11-23" },
	{ "our own message", "complaint guard:own_message", "guarded other no_letter" },
	{ "a read receipt", "other guard:read_receipt", "guarded other no_letter" },

	/* Promise 6: past the calendar. */
	{ "past the last full year the case opens, a person has the task today, the letter waits",
		"complaint endofcalendar",
		"opened complaint stage1 open withheld:calendar define@2028-12-28 "
		"calendar@2028-12-28 +stage1.acknowledge@none +stage1.define@none calendar-ended "
		"!calendar_ended" },
	{ "not for what needs no date yet", "enquiry endofcalendar",
		"opened enquiry none open enquiry" },
};

static void every_promise_that_decides_holds(void **state)
{
	decisions_hold(*state, rows, sizeof rows / sizeof rows[0]);
}

/* Whatever withholds a letter, some person has a task with a date; only what nobody owes has none.
 */
static void withheld_is_never_silent(void **state)
{
	static const char *const reasons[] = { "automatic", "list", "noreply", "othergateway",
		"capped", "optedout", "unauthenticated", "noaddress", "sincebackup", "old",
		"safeguarding", "endofcalendar", "quarantined norules", "staff", "staff names",
		"staff noaddress" };
	static const char *const kinds[] = { "complaint", "complaint unsure", "complaint notopic",
		"service_request", "asb_report", "survey_feedback", "enquiry", "other unsure" };

	for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
		for (size_t j = 0; j < sizeof kinds / sizeof kinds[0]; j++) {
			struct rd_verdict v;
			char facts[128];
			snprintf(facts, sizeof facts, "%s %s", kinds[j], reasons[i]);
			const struct decisions_row row = { .why = facts, .facts = facts };
			decisions_decide(*state, &row, &v);
			if (v.letter == RD_LETTER_NONE && v.n_tasks == 0)
				fail_msg("%s: silence", facts);
			for (size_t k = 0; k < v.n_tasks; k++)
				if (!rd_date_is_set(v.tasks[k].day))
					fail_msg("%s: a task without a day", facts);
			if (v.withheld != RD_WITHHELD_NO && v.letter != RD_LETTER_NONE)
				fail_msg("%s: withheld, and it goes", facts);
		}
	}
}

static void a_persons_decision_sends_the_kinds_own_letter(void **state)
{
	struct decisions *f = *state;
	const bool none[RD_N_FLAGS] = { false };
	const bool guarded[RD_N_FLAGS] = { [RD_SAFEGUARDING] = true };
	struct rd_facts facts = { .received_ms = decisions_at(2026, 11, 20),
		.first_seen_ms = decisions_at(2026, 11, 20),
		.now_ms = decisions_at(2026, 11, 24) };
	struct rd_verdict v;

	rd_decide_settled(RD_COMPLAINT, &facts, none, 2, &f->code, f->calendar, &v);
	assert_int_equal(v.letter, RD_LETTER_ACKNOWLEDGEMENT);
	assert_true(v.letter_meets_acknowledge);
	assert_int_equal(v.stage, RD_STAGE_1);
	assert_int_equal(v.n_clocks, 3);
	/* By text the number has had its first answer: nothing of the matter, a person
	 * acknowledges. */
	facts.channel = RD_CHANNEL_SMS;
	facts.joined.first_text_answered = true;
	rd_decide_settled(RD_COMPLAINT, &facts, none, 2, &f->code, f->calendar, &v);
	assert_int_equal(v.letter, RD_LETTER_LATER);
	assert_false(v.letter_meets_acknowledge);
	assert_int_equal(v.tasks[v.n_tasks - 1].kind, RD_TASK_ACKNOWLEDGE);
	rd_decide_settled(RD_COMPLAINT, &facts, guarded, 2, &f->code, f->calendar, &v);
	assert_int_equal(v.letter, RD_LETTER_NONE);
	assert_int_equal(v.withheld, RD_WITHHELD_SAFEGUARDING);
	rd_decide_settled(RD_OTHER, &facts, none, 0, &f->code, f->calendar, &v);
	assert_int_equal(v.letter, RD_LETTER_NONE);
}

static void undecided_cases_become_complaints_or_alarm(void **state)
{
	struct decisions *f = *state;
	struct rd_err err = { 0 };
	int64_t when = 0;
	char text[RD_INSTANT_MAX];
	bool flags[RD_N_FLAGS] = { false };

	assert_int_equal(rd_undecided_at(&f->code, f->calendar, (struct rd_date){ 2026, 12, 18 },
				 &when, &err),
		RD_OK);
	/* Due on Tuesday 29 December: the last working day before it is Thursday the 24th. */
	assert_string_equal(rd_instant_format(when, text), "2026-12-24T09:00:00+00:00");
	assert_int_equal(rd_undecided_at(&f->code, f->calendar, (struct rd_date){ 2026, 10, 20 },
				 &when, &err),
		RD_OK);
	assert_string_equal(rd_instant_format(when, text), "2026-10-26T09:00:00+00:00");
	assert_true(rd_undecided_is_complaint(2.0, 2.0, flags));
	assert_false(rd_undecided_is_complaint(1.9, 2.0, flags));
	flags[RD_SAFEGUARDING] = true;
	assert_false(rd_undecided_is_complaint(9.0, 2.0, flags));
	flags[RD_SAFEGUARDING] = false;
	flags[RD_ASKS_NOT_FORMAL] = true;
	assert_false(rd_undecided_is_complaint(9.0, 2.0, flags));
}

static void every_mark_of_a_machine_withholds(void **state)
{
	static const size_t marks[] = { offsetof(struct rd_automatic, auto_submitted),
		offsetof(struct rd_automatic, auto_replied),
		offsetof(struct rd_automatic, precedence_bulk), offsetof(struct rd_automatic, list),
		offsetof(struct rd_automatic, suppress_asked),
		offsetof(struct rd_automatic, null_return_path),
		offsetof(struct rd_automatic, machine_generated),
		offsetof(struct rd_automatic, delivery_report),
		offsetof(struct rd_automatic, read_receipt),
		offsetof(struct rd_automatic, from_redress),
		offsetof(struct rd_automatic, no_reply_address) };
	struct rd_automatic automatic = { 0 };

	(void)state;
	assert_int_equal(rd_automatic_withholds(&automatic), RD_WITHHELD_NO);
	for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
		memset(&automatic, 0, sizeof automatic);
		*(bool *)((char *)&automatic + marks[i]) = true;
		assert_int_not_equal(rd_automatic_withholds(&automatic), RD_WITHHELD_NO);
	}
}

static void every_name_has_its_words(void **state)
{
	(void)state;
	for (int i = 0; i < RD_N_TASKS; i++) {
		assert_non_null(rd_task_names[i]);
		assert_true(rd_task_words((enum rd_task_kind)i)[0] != '\0');
	}
	for (int i = 0; i < RD_N_WITHHELD; i++) {
		assert_non_null(rd_withheld_names[i]);
		assert_true(rd_withheld_words((enum rd_withheld)i)[0] != '\0');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			every_promise_that_decides_holds, decisions_setup, decisions_teardown),
		cmocka_unit_test_setup_teardown(
			withheld_is_never_silent, decisions_setup, decisions_teardown),
		cmocka_unit_test_setup_teardown(a_persons_decision_sends_the_kinds_own_letter,
			decisions_setup, decisions_teardown),
		cmocka_unit_test_setup_teardown(undecided_cases_become_complaints_or_alarm,
			decisions_setup, decisions_teardown),
		cmocka_unit_test(every_mark_of_a_machine_withholds),
		cmocka_unit_test(every_name_has_its_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

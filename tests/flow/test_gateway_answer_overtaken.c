/* The answer of stage 1 while it waits to leave, and once stage 2 was asked for: nobody is taken to
 * be unhappy with an answer that they do not have, and an answer of stage 1 answers stage 1 alone.
 */
#include "redress/gateway/acts.h"
#include "redress/gateway/acts_stage.h"
#include "redress/gateway/returns.h"
#include "redress/store/returned.h"
#include "support/answers.h"
#include "support/house_cases.h"
#include "support/house_contacts.h"

#define RECEIVED "2026-12-15T12:00:00Z" /* acknowledged on the day; answer due 31 December */

static struct house *new_house(const char *profile)
{
	const struct house_options options = { .profile = profile, .starts = RECEIVED };

	return house_new(&options);
}

/* Its letter is written on 29 December, and waits. */
static void write_answer(struct house *h, int64_t case_id)
{
	const struct rd_office staff = house_staff(h);
	const char *text = answer_in_full(h, case_id, RD_STAGE_1);
	const struct rd_act_response response = { .stage = RD_STAGE_1,
		.answer = text,
		.answer_len = strlen(text),
		.file = "answer.txt" };

	OK(rd_act_respond(h->db, &staff, case_id, &response, &h->err));
}

static int64_t answer_waits(struct house *h)
{
	const int64_t case_id = house_complaint(h);

	house_at(h, "2026-12-29T10:00:00Z");
	write_answer(h, case_id);
	return case_id;
}

static enum rd_rc escalate(struct house *h, int64_t case_id)
{
	const struct rd_office staff = house_staff(h);

	return rd_act_escalate(
		h->db, &staff, case_id, (struct rd_date){ 0 }, RD_ASKED_BY_STAFF, &h->err);
}

/* Asked for, taken on and acknowledged: the days of its answer run. */
static void stage_2_runs(struct house *h, int64_t case_id)
{
	const struct rd_office staff = house_staff(h);

	OK(escalate(h, case_id));
	OK(rd_act_accept(h->db, &staff, case_id, (struct rd_date){ 0 }, &h->err));
	house_send(h);
	assert_true(house_runs(h, case_id, "stage2.respond"));
}

static void at_stage_2_it_meets_nothing(void **state)
{
	struct house *h = *state = new_house(NULL);
	const int64_t case_id = answer_waits(h);
	struct rd_outbox_row letter;

	house_at(h, "2027-01-04T10:00:00Z");
	stage_2_runs(h, case_id);
	house_keep_time(h); /* written anew: it is of another day */
	letter = house_letter(h, case_id, "stage1_response");
	assert_int_equal(letter.state, RD_OUTBOX_QUEUED);
	assert_int_equal(letter.stage, RD_STAGE_1);
	assert_string_equal(letter.meets_clock, "");
	house_send(h);
	assert_int_equal(house_letter(h, case_id, "stage1_response").state, RD_OUTBOX_SENT);
	assert_true(house_runs(h, case_id, "stage2.respond"));
	assert_int_equal(house_case(h, case_id).status, RD_STATUS_OPEN);
}

static void come_back(struct house *h, const char *message_id)
{
	const char *raw = rd_arena_printf(h->arena,
		"Return-Path: <>\r\nFrom: MAILER-DAEMON@example.com\r\nTo: "
		"complaints@house.example\r\nSubject: Undelivered\r\nMessage-ID: "
		"<back@example.com>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; "
		"report-type=delivery-status; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain"
		"\r\n\r\nA report.\r\n--x\r\nContent-Type: message/delivery-status\r\n\r\n"
		"Reporting-MTA: dns; mail.example.com\r\n\r\nFinal-Recipient: rfc822; "
		"ann@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--x\r\n"
		"Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: <%s>\r\nSubject: x\r\n\r\n"
		"--x--\r\n",
		message_id);
	const int64_t id = house_put_raw(h, 0, raw, strlen(raw), h->now_ms, h->now_ms);

	house_work(h);
	FATE_IS(id, RD_FATE_GUARDED);
}

static void one_that_comes_back_at_stage_2_opens_nothing(void **state)
{
	struct house *h = *state = new_house(NULL);
	int64_t case_id;

	house_known_as(h, "Ann Example,ann@example.com,07700900123,sms");
	case_id = answer_waits(h);
	house_send(h);
	assert_false(house_runs(h, case_id, "stage1.respond"));
	house_at(h, "2027-01-04T10:00:00Z");
	stage_2_runs(h, case_id);
	come_back(h, house_letter(h, case_id, "stage1_response").message_id);
	assert_false(house_runs(h, case_id, "stage1.respond"));
	assert_int_equal(house_letters(h, case_id, "stage1_response", NULL), 1);
	assert_non_null(strstr(house_task(h, case_id, "other_channel").text, "another way."));
	assert_true(house_runs(h, case_id, "stage2.respond"));
}

/* Nor is it written for another way when the mail server will not take it. */
static void one_that_is_refused_at_stage_2_goes_no_other_way(void **state)
{
	struct house *h = *state = new_house(NULL);
	struct rd_outbox_row letter;
	struct rd_tx *tx = NULL;
	bool elsewhere = true;
	int64_t case_id;

	house_known_as(h, "Ann Example,ann@example.com,07700900123,sms");
	case_id = answer_waits(h);
	letter = house_letter(h, case_id, "stage1_response");
	house_at(h, "2027-01-04T10:00:00Z");
	stage_2_runs(h, case_id);
	OK(rd_tx_begin(h->db, &tx, &h->err));
	OK(rd_returns_refused(tx, &h->desk.office, &letter, h->arena, &elsewhere, &h->err));
	OK(rd_tx_commit(&tx, &h->err));
	assert_false(elsewhere); /* so that a person hears of it */
	assert_int_equal(house_letters(h, case_id, "stage1_response", NULL), 1);
}

static int64_t reply(struct house *h, int64_t case_id, const char *body)
{
	const int64_t id = house_mail_in(h, .body = body, .subject = house_reference(h, case_id));

	house_work(h);
	FATE_IS(id, RD_FATE_JOINED);
	return id;
}

static void who_has_no_answer_yet_asks_a_person_for_stage_2(void **state)
{
	struct house *h = *state = new_house(NULL);
	const int64_t case_id = answer_waits(h);

	reply(h, case_id, "Stage 2 please");
	assert_int_equal(house_case(h, case_id).stage, RD_STAGE_1);
	assert_true(house_runs(h, case_id, "stage1.respond"));
	assert_true(house_n_tasks(h, case_id, "review") + house_n_tasks(h, case_id, "read") > 0);
	REFUSED(escalate(h, case_id), "has not reached the resident");

	house_send(h);
	house_at(h, "2026-12-30T10:00:00Z");
	reply(h, case_id, "Stage 2 please");
	assert_int_equal(house_case(h, case_id).stage, RD_STAGE_2);
}

static void stage_2_is_not_refused_to_whom_stage_1_never_answered(void **state)
{
	struct house *h = *state = new_house(NULL);
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = answer_waits(h);
	const struct rd_date today = { 0 };

	house_at(h, "2027-01-04T10:00:00Z");
	OK(escalate(h, case_id));
	REFUSED(rd_act_refuse(h->db, &staff, case_id, "It is too late.", today, &h->err),
		"never reached the resident");
	OK(rd_act_accept(h->db, &staff, case_id, today, &h->err));
}

static void stage_2_may_be_refused_to_whom_stage_1_answered(void **state)
{
	struct house *h = *state = new_house(NULL);
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = answer_waits(h);

	house_send(h);
	house_at(h, "2027-01-04T10:00:00Z");
	OK(escalate(h, case_id));
	OK(rd_act_refuse(
		h->db, &staff, case_id, "It is too late.", (struct rd_date){ 0 }, &h->err));
}

/* The days after the answer are over, but the answer came back, and nobody recorded since that it
 * was given. */
static void what_is_owed_again_is_not_closed_over(void **state)
{
	struct house *h = *state = new_house("one-housing");
	const int64_t case_id = answer_waits(h);
	struct rd_outbox_row letter;
	struct rd_tx *tx = NULL;
	bool open = false;

	house_send(h);
	assert_true(house_runs(h, case_id, "case.close"));
	letter = house_letter(h, case_id, "stage1_response");
	OK(rd_tx_begin(h->db, &tx, &h->err));
	OK(rd_returned_reopen(tx, &letter, &open, &h->err));
	OK(rd_tx_commit(&tx, &h->err));
	assert_true(open);
	for (int week = 0; week < 3; week++) {
		house_at(h, week == 0	? "2027-01-25T10:00:00Z"
			    : week == 1 ? "2027-02-08T10:00:00Z"
					: "2027-02-22T10:00:00Z");
		house_keep_time(h);
	}
	assert_int_equal(house_letters(h, case_id, "closing_check", NULL), 0);
	assert_int_equal(house_case(h, case_id).status, RD_STATUS_ANSWERED);
	assert_true(house_runs(h, case_id, "stage1.respond"));
}

static void all_tasks_are_done(struct house *h, int64_t case_id)
{
	const struct rd_office staff = house_staff(h);
	struct rd_task *tasks;
	size_t n;

	OK(rd_task_list_case(h->db, case_id, h->arena, &tasks, &n, &h->err));
	for (size_t i = 0; i < n; i++)
		if (tasks[i].done_ms == 0)
			OK(rd_act_task_done(h->db, &staff, tasks[i].id, "done", &h->err));
}

/* Stage 1 was never acknowledged, and can be no more. */
static void what_stage_2_overtook_keeps_nothing_open(void **state)
{
	struct house *h = *state = new_house("one-housing");
	const struct rd_office staff = house_staff(h);
	const struct rd_act_response response = { .stage = RD_STAGE_2 };
	const int64_t case_id = house_open_by_mail(h, NULL, COMPLAINT);

	house_at(h, "2027-01-04T10:00:00Z");
	stage_2_runs(h, case_id);
	assert_true(house_runs(h, case_id, "stage1.acknowledge"));
	OK(rd_act_respond(h->db, &staff, case_id, &response, &h->err));
	all_tasks_are_done(h, case_id);
	house_at(h, "2027-01-27T10:00:00Z");
	house_keep_time(h);
	assert_int_equal(house_letters(h, case_id, "closing_check", NULL), 1);
}

/* A letter that waits is better than one that cannot be written. */
static void what_cannot_be_renewed_leaves_as_it_is(void **state)
{
	struct house *h = *state = new_house(NULL);
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = house_open_by_mail(h, NULL, COMPLAINT);
	const struct rd_outbox_row before = house_letter(h, case_id, "acknowledgement");
	struct rd_outgoing_config *way_out = h->config->outgoing;

	h->config->outgoing = NULL;
	OK(rd_act_define(h->db, &staff, case_id, "The roof leaks.", NULL, &h->err));
	h->config->outgoing = way_out;
	assert_int_equal(house_letter(h, case_id, "acknowledgement").id, before.id);
	house_send(h);
	assert_int_equal(house_letter(h, case_id, "acknowledgement").state, RD_OUTBOX_SENT);
	assert_false(house_runs(h, case_id, "stage1.acknowledge"));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		house_test_own(at_stage_2_it_meets_nothing),
		house_test_own(one_that_comes_back_at_stage_2_opens_nothing),
		house_test_own(one_that_is_refused_at_stage_2_goes_no_other_way),
		house_test_own(who_has_no_answer_yet_asks_a_person_for_stage_2),
		house_test_own(stage_2_is_not_refused_to_whom_stage_1_never_answered),
		house_test_own(stage_2_may_be_refused_to_whom_stage_1_answered),
		house_test_own(what_is_owed_again_is_not_closed_over),
		house_test_own(what_stage_2_overtook_keeps_nothing_open),
		house_test_own(what_cannot_be_renewed_leaves_as_it_is),
	};

	house_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

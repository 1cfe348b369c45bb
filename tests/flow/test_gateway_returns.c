/* What comes back to our letters: bounces, complaints of abuse, absences, receipts. Promise 5. */
#include "support/house.h"

#include "support/child.h"
#include "support/house_contacts.h"

#include "redress/gateway/acts_opting.h"
#include "redress/gateway/erasing.h"
#include "redress/intake/text_intake.h"
#include "redress/store/returned.h"
#include "redress/wire/providers/twilio.h"

/* A case with its acknowledgement sent. */
struct sent {
	int64_t case_id;
	struct rd_outbox_row letter;
};

static struct sent send_one(struct house *h)
{
	struct sent s = { 0 };

	s.case_id = house_mail_in(h, .body = COMPLAINT);
	house_work(h);
	house_send(h);
	s.case_id = house_case_of(h, s.case_id);
	s.letter = house_letter(h, s.case_id, "acknowledgement");
	assert_int_equal(s.letter.state, RD_OUTBOX_SENT);
	assert_false(house_runs(h, s.case_id, "stage1.acknowledge"));
	h->now_ms += 60000;
	return s;
}

struct report {
	const char *action, *code, *said;
	const char *id;	       /* of the returned mail; NULL: none is named */
	const char *recipient; /* NULL: ann@example.com */
	const char *subject;   /* of the returned mail */
	const char *headers;   /* of the report, each ended by \r\n */
};

static int64_t come_back(struct house *h, struct report r)
{
	const char *returned = rd_arena_printf(h->arena, "%s%s%sSubject: %s\r\n",
		r.id != NULL ? "Message-ID: <" : "", r.id != NULL ? r.id : "",
		r.id != NULL ? ">\r\n" : "", r.subject != NULL ? r.subject : "x");
	const char *raw = rd_arena_printf(h->arena,
		"Return-Path: <>\r\nFrom: MAILER-DAEMON@example.com\r\nTo: "
		"complaints@house.example\r\nSubject: Undelivered\r\nMessage-ID: "
		"<b%u@example.com>\r\n%sMIME-Version: 1.0\r\nContent-Type: multipart/report; "
		"report-type=delivery-status; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain"
		"\r\n\r\nA report.\r\n--x\r\nContent-Type: message/delivery-status\r\n\r\n"
		"Reporting-MTA: dns; mail.example.com\r\n\r\nFinal-Recipient: rfc822; %s\r\n"
		"Action: %s\r\nStatus: %s\r\nDiagnostic-Code: smtp; %s\r\n\r\n--x\r\n"
		"Content-Type: text/rfc822-headers\r\n\r\n%s\r\n--x--\r\n",
		h->n_put + 1, r.headers != NULL ? r.headers : "",
		r.recipient != NULL ? r.recipient : "ann@example.com", r.action, r.code,
		r.said != NULL ? r.said : "no more is said", returned);
	const int64_t id = house_put_raw(h, 0, raw, strlen(raw), h->now_ms, h->now_ms);

	house_work(h);
	FATE_IS(id, RD_FATE_GUARDED);
	return id;
}
#define come_back(house, ...) come_back(house, (struct report){ __VA_ARGS__ })

static const char *delivery_of(struct house *h, int64_t row_id)
{
	struct rd_outbox_row row;

	OK(rd_outbox_get(h->db, row_id, h->arena, &row, &h->err));
	return row.delivery;
}

static size_t n_audited(struct house *h, int64_t case_id, const char *what)
{
	struct rd_audit_row *rows;
	size_t n, n_found = 0;

	OK(rd_audit_list(h->db, case_id, 0, 0, 1000, h->arena, &rows, &n, &h->err));
	for (size_t i = 0; i < n; i++)
		n_found += strcmp(rows[i].what, what) == 0;
	return n_found;
}

/* --- bounces --- */

static void what_was_given_up_opens_the_duty_again(void **state)
{
	static const struct {
		const char *code, *said, *delivery, *words;
	} rows[] = {
		{ "5.1.1", "550 no such user", "hard", "there is no such mailbox" },
		{ "5.2.2", "552 over quota", "full", "the mailbox is full" },
		{ "5.7.26", "550 unauthenticated", "blocked", "filter" },
		{ "4.4.7", "expired", "soft", "gave up" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct house *h = *state;
		const struct sent s = send_one(h);
		struct rd_outbox_row row;
		struct rd_task task;

		come_back(h, .action = "failed", .code = rows[i].code, .said = rows[i].said,
			.id = s.letter.message_id);
		assert_string_equal(delivery_of(h, s.letter.id), rows[i].delivery);
		OK(rd_outbox_get(h->db, s.letter.id, h->arena, &row, &h->err));
		assert_int_equal(row.state, RD_OUTBOX_SENT);
		assert_non_null(strstr(row.trouble, rows[i].said));
		assert_true(house_runs(h, s.case_id, "stage1.acknowledge"));
		DAY_IS(house_clock(h, s.case_id, "stage1.acknowledge").due, "2026-11-24");
		assert_int_equal(house_case(h, s.case_id).acknowledged_ms, 0);
		task = house_task(h, s.case_id, "other_channel");
		assert_non_null(task.kind);
		DAY_IS(task.due, "2026-11-18");
		assert_int_equal(task.outbox_id, s.letter.id);
		assert_non_null(strstr(task.text, rows[i].words));
		assert_non_null(strstr(task.text, "`redressctl case acknowledge REF --given DAY`"));
		assert_int_equal(n_audited(h, s.case_id, "letter_returned"), 1);
		/* again, and by another server with another reason: nothing new is owed */
		come_back(h, .action = "failed", .code = rows[i].code, .id = s.letter.message_id);
		come_back(h, .action = "failed", .code = "5.4.4", .id = s.letter.message_id);
		assert_int_equal(house_n_tasks(h, s.case_id, "other_channel"), 1);
	}
}

/* The person writes another way and says so: the clock is met by that. */
static void a_person_acknowledges_what_came_back(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const struct sent s = send_one(h);
	const struct rd_act_acknowledge given = { .given_on = house_day("2026-11-17") };

	come_back(h, .action = "failed", .code = "5.1.1", .id = s.letter.message_id);
	OK(rd_act_acknowledge(h->db, &staff, s.case_id, &given, &h->err));
	assert_false(house_runs(h, s.case_id, "stage1.acknowledge"));
	assert_int_not_equal(house_case(h, s.case_id).acknowledged_ms, 0);
	assert_int_equal(house_n_tasks(h, s.case_id, "other_channel"), 0);
	/* what comes late about the letter takes nothing back */
	come_back(h, .action = "failed", .code = "5.2.2", .id = s.letter.message_id);
	assert_false(house_runs(h, s.case_id, "stage1.acknowledge"));
}

static void what_is_late_or_delivered_is_only_recorded(void **state)
{
	struct house *h = *state;
	const struct sent s = send_one(h);

	come_back(h, .action = "delayed", .code = "4.4.1", .id = s.letter.message_id);
	assert_string_equal(delivery_of(h, s.letter.id), "delayed");
	assert_int_equal(n_audited(h, s.case_id, "letter_delayed"), 1);
	come_back(h, .action = "relayed", .code = "2.0.0", .id = s.letter.message_id);
	assert_string_equal(delivery_of(h, s.letter.id), "delivered");
	assert_false(house_runs(h, s.case_id, "stage1.acknowledge"));
	assert_int_equal(house_n_tasks(h, s.case_id, "other_channel"), 0);
	/* one of two who share the address had it, the other had not */
	come_back(h, .action = "failed", .code = "5.1.1", .id = s.letter.message_id);
	come_back(h, .action = "delayed", .code = "4.4.1", .id = s.letter.message_id);
	assert_string_equal(delivery_of(h, s.letter.id), "hard");
	assert_int_equal(house_n_tasks(h, s.case_id, "other_channel"), 1);
}

static void a_letter_is_found_by_thread_or_envelope(void **state)
{
	struct house *h = *state;
	const struct sent one = send_one(h), three = send_one(h);
	const char *thread =
		rd_arena_printf(h->arena, "In-Reply-To: <%s>\r\n", one.letter.message_id);

	come_back(h, .action = "failed", .code = "5.1.1", .headers = thread);
	assert_string_equal(delivery_of(h, one.letter.id), "hard");
	come_back(h, .action = "failed", .code = "5.1.1",
		.said = rd_arena_printf(
			h->arena, "x\r\nOriginal-Envelope-Id: %s", three.letter.message_id));
	assert_string_equal(delivery_of(h, three.letter.id), "hard");
}

static void what_names_no_letter_of_ours_changes_nothing(void **state)
{
	struct house *h = *state;
	const struct sent s = send_one(h);
	const char *reference = house_case(h, s.case_id).reference;
	const size_t n_tasks = house_n_tasks(h, s.case_id, NULL);
	char wrong[RD_REFERENCE_MAX];
	struct rd_status_counts status;

	snprintf(wrong, sizeof wrong, "%s", reference);
	wrong[strlen(wrong) - 1] = wrong[strlen(wrong) - 1] == '2' ? '3' : '2';
	come_back(h, .action = "failed", .code = "5.1.1", .id = "rd.0000@house.example");
	come_back(h, .action = "failed", .code = "5.1.1", .subject = reference,
		.recipient = "eve@example.net");
	come_back(h, .action = "failed", .code = "5.1.1", .subject = wrong);
	come_back(h, .action = "failed", .code = "5.1.1", .subject = reference,
		.headers = "Authentication-Results: mx; spf=fail; dkim=fail; dmarc=fail "
			   "header.from=example.com\r\n");
	assert_string_equal(delivery_of(h, s.letter.id), "");
	assert_false(house_runs(h, s.case_id, "stage1.acknowledge"));
	assert_int_equal(house_n_tasks(h, s.case_id, NULL), n_tasks);
	OK(rd_status_counts(h->db, &status, &h->err));
	assert_int_equal(status.guarded, 4);
}

static void a_letter_that_never_left_cannot_come_back(void **state)
{
	struct house *h = *state;
	const int64_t id = house_mail_in(h, .body = COMPLAINT);
	struct rd_outbox_row letter;

	house_work(h);
	letter = house_letter(h, house_case_of(h, id), "acknowledgement");
	come_back(h, .action = "failed", .code = "5.1.1", .id = letter.message_id);
	assert_string_equal(delivery_of(h, letter.id), "");
	assert_int_equal(house_n_tasks(h, letter.case_id, "other_channel"), 0);
}

static void a_bounce_never_opens_a_closed_case_again(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const struct sent s = send_one(h);

	OK(rd_act_close(h->db, &staff, s.case_id, "settled by phone", true, &h->err));
	come_back(h, .action = "failed", .code = "5.1.1", .id = s.letter.message_id);
	assert_int_equal(house_case(h, s.case_id).status, RD_STATUS_CLOSED);
	assert_int_equal(house_letters(h, s.case_id, NULL, NULL), 1);
	assert_false(house_runs(h, s.case_id, "stage1.acknowledge"));
	assert_int_equal(house_n_tasks(h, s.case_id, "other_channel"), 1);
}

/* --- the way that the contacts file prefers --- */

/* Who knows the reference and the address can write such a report. */
static void by_the_reference_alone_a_person_looks(void **state)
{
	struct house *h = *state;
	struct sent s;
	const char *subject;

	house_known_as(h, "Ann Example,ann@example.com,07700900123,sms");
	s = send_one(h);
	subject = rd_arena_printf(h->arena, "Re %s", house_case(h, s.case_id).reference);
	come_back(h, .action = "delayed", .code = "4.4.1", .subject = subject);
	assert_int_equal(house_n_tasks(h, s.case_id, "other_channel"), 0);
	for (int i = 0; i < 2; i++)
		come_back(h, .action = "failed", .code = "5.1.1", .subject = subject);
	assert_string_equal(delivery_of(h, s.letter.id), "");
	assert_false(house_runs(h, s.case_id, "stage1.acknowledge"));
	assert_int_equal(house_letters(h, s.case_id, NULL, NULL), 1);
	assert_int_equal(n_audited(h, s.case_id, "return_reported"), 2);
	assert_int_equal(house_n_tasks(h, s.case_id, "other_channel"), 1);
	assert_non_null(strstr(house_task(h, s.case_id, "other_channel").text, "others may know"));
	/* what who carried the letter tells is news all the same */
	come_back(h, .action = "failed", .code = "5.1.1", .id = s.letter.message_id);
	assert_true(house_runs(h, s.case_id, "stage1.acknowledge"));
	assert_int_equal(house_letters(h, s.case_id, "acknowledgement", NULL), 2);
}

/* Promise 10 holds for a machine's mail too: one try a code and mail, five a day. */
static void codes_are_not_guessed_by_reports(void **state)
{
	struct house *h = *state;
	const struct sent s = send_one(h);
	const char *reference = house_case(h, s.case_id).reference;
	const int64_t number = s.case_id;
	int64_t id;

	for (int i = 0; i < 4; i++)
		come_back(h, .action = "failed", .code = "5.1.1",
			.subject = rd_arena_printf(h->arena, "RD%" PRId64 "-AAA%d", number, 3 + i));
	assert_false(house_alarm(h, "wrong_codes"));
	come_back(h, .action = "failed", .code = "5.1.1",
		.subject = rd_arena_printf(h->arena, "RD%" PRId64 "-AAA7", number));
	assert_true(house_alarm(h, "wrong_codes"));
	come_back(h, .action = "failed", .code = "5.1.1", .subject = reference);
	assert_int_equal(house_n_tasks(h, s.case_id, "other_channel"), 0);
	/* another sender's tries are another's, and absences count as well */
	for (int i = 0; i < 5; i++)
		house_mail_in(h, .body = "Away.", .headers = "Auto-Submitted: auto-replied\r\n",
			.subject = rd_arena_printf(h->arena, "RD%" PRId64 "-AAA%d", number, 3 + i));
	id = house_mail_in(h, .body = "Away.", .subject = reference,
		.headers = "Auto-Submitted: auto-replied\r\n");
	house_work(h);
	FATE_IS(id, RD_FATE_GUARDED);
	assert_int_equal(n_audited(h, s.case_id, "auto_reply"), 0);
}

static void it_goes_by_the_way_that_the_contacts_file_prefers(void **state)
{
	struct house *h = *state;
	struct rd_outbox_row text;
	struct sent s;
	int64_t answer;

	house_known_as(h, "Ann Example,ann@example.com,07700900123,sms");
	s = send_one(h);
	come_back(h, .action = "failed", .code = "5.1.1", .id = s.letter.message_id);
	assert_int_equal(house_n_tasks(h, s.case_id, "other_channel"), 0);
	assert_int_equal(house_letters(h, s.case_id, "acknowledgement", &text), 2);
	assert_int_equal(text.channel, RD_CHANNEL_SMS);
	assert_string_equal(text.recipient, HOUSE_PHONE);
	assert_string_equal(text.meets_clock, "stage1.acknowledge");
	assert_true(house_runs(h, s.case_id, "stage1.acknowledge"));
	house_send(h);
	assert_false(house_runs(h, s.case_id, "stage1.acknowledge"));
	assert_int_not_equal(house_case(h, s.case_id).acknowledged_ms, 0);
	/* she answers from there: it is her case */
	answer = house_text(h, HOUSE_PHONE, "It is the back roof");
	house_work_texts(h);
	assert_int_equal(house_case_of(h, answer), s.case_id);
}

static void it_does_not_go_to_another_of_that_address(void **state)
{
	struct house *h = *state;
	struct sent s;

	house_known_as(h, "Bo Example,ann@example.com,07700900123,sms");
	s = send_one(h);
	come_back(h, .action = "failed", .code = "5.1.1", .id = s.letter.message_id);
	assert_int_equal(house_letters(h, s.case_id, NULL, NULL), 1);
	assert_int_equal(house_n_tasks(h, s.case_id, "other_channel"), 1);
}

static void where_that_way_is_barred_a_person_finds_one(void **state)
{
	struct house *h = *state;
	struct rd_tx *tx = NULL;
	struct sent s;

	house_known_as(h, "Ann Example,ann@example.com,07700900123,sms");
	OK(rd_tx_begin(h->db, &tx, &h->err));
	OK(rd_contact_opt_out(tx, HOUSE_PHONE, h->now_ms, &h->err));
	OK(rd_tx_commit(&tx, &h->err));
	s = send_one(h);
	come_back(h, .action = "failed", .code = "5.1.1", .id = s.letter.message_id);
	assert_int_equal(house_letters(h, s.case_id, NULL, NULL), 1);
	assert_int_equal(house_n_tasks(h, s.case_id, "other_channel"), 1);
}

static void a_case_held_for_safeguarding_is_a_persons(void **state)
{
	struct house *h = *state;
	struct sent s;
	int64_t id;

	house_known_as(h, "Ann Example,ann@example.com,07700900123,sms");
	s = send_one(h);
	id = house_mail_in(
		h, .body = "I am afraid of him", .subject = house_case(h, s.case_id).reference);
	house_work(h);
	assert_int_equal(house_case_of(h, id), s.case_id);
	come_back(h, .action = "failed", .code = "5.1.1", .id = s.letter.message_id);
	assert_int_equal(house_letters(h, s.case_id, "acknowledgement", NULL), 1);
	assert_int_equal(house_n_tasks(h, s.case_id, "other_channel"), 1);
}

static void what_the_mail_server_refuses_goes_another_way_too(void **state)
{
	struct house_options options = { .gateway = NULL };
	struct child server = { .pid = 0 };
	struct rd_outbox_row text;
	int64_t known, unknown;
	struct house *h;
	char way_out[128];

	child_start(&server, (const char *[]){ "smtp_server.py", NULL });
	child_ask(&server, "mode rcpt-5");
	snprintf(way_out, sizeof way_out,
		"Kind: smtp\nHost: 127.0.0.1\nSecurity: plain\nPort: %d\n", server.port);
	options.way_out = way_out;
	*state = h = house_new(&options);
	house_known_as(h, "Ann Example,ann@example.com,07700900123,sms");
	known = house_mail_in(h, .body = COMPLAINT);
	unknown = house_mail_in(h, .body = COMPLAINT, .from = "bob@example.com");
	house_work(h);
	house_send(h);
	house_send(h);
	child_stop(&server);
	known = house_case_of(h, known);
	unknown = house_case_of(h, unknown);
	assert_int_equal(house_letters(h, known, "acknowledgement", &text), 2);
	assert_string_equal(text.recipient, HOUSE_PHONE);
	assert_int_equal(text.state, RD_OUTBOX_SENT);
	assert_false(house_runs(h, known, "stage1.acknowledge"));
	assert_int_equal(house_n_tasks(h, known, "send"), 0);
	assert_int_equal(house_n_tasks(h, unknown, "send"), 1);
	assert_true(house_runs(h, unknown, "stage1.acknowledge"));
}

static void nothing_comes_back_to_what_was_erased(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const struct sent s = send_one(h);
	struct rd_erasing erasing = { 0 };
	struct rd_outbox_row row;

	OK(rd_act_close(h->db, &staff, s.case_id, "settled by phone", true, &h->err));
	OK(rd_erasing_look(h->db, &staff, "ann@example.com", h->arena, &erasing, &h->err));
	OK(rd_erasing_run(h->db, &staff, "ann@example.com", &erasing, &h->err));
	come_back(h, .action = "failed", .code = "5.1.1", .said = "550 ann@example.com is unknown",
		.id = s.letter.message_id);
	OK(rd_outbox_get(h->db, s.letter.id, h->arena, &row, &h->err));
	assert_string_equal(row.trouble, "");
	assert_string_equal(row.delivery, "");
}

/* --- complaints of abuse --- */

static int64_t abuse_about(
	struct house *h, const char *type, const char *message_id, const char *subject)
{
	const char *raw = rd_arena_printf(h->arena,
		"From: feedback@isp.example\r\nTo: complaints@house.example\r\nSubject: FW\r\n"
		"Message-ID: <f%u@isp.example>\r\nMIME-Version: 1.0\r\nContent-Type: "
		"multipart/report; report-type=feedback-report; boundary=x\r\n\r\n--x\r\n"
		"Content-Type: text/plain\r\n\r\nAn abuse report: I am complaining.\r\n--x\r\n"
		"Content-Type: message/feedback-report\r\n\r\nFeedback-Type: %s\r\nVersion: 1\r\n"
		"Original-Rcpt-To: ann@example.com\r\n\r\n--x\r\nContent-Type: message/rfc822\r\n"
		"\r\nMessage-ID: <%s>\r\nSubject: %s\r\n\r\nx\r\n--x--\r\n",
		h->n_put + 1, type, message_id, subject);
	const int64_t id = house_put_raw(h, 0, raw, strlen(raw), h->now_ms, h->now_ms);

	house_work(h);
	FATE_IS(id, RD_FATE_GUARDED);
	assert_string_equal(house_message(h, id).fate.detail, "abuse_report");
	return id;
}

static int64_t abuse(struct house *h, const char *type, const char *message_id)
{
	return abuse_about(h, type, message_id, "x");
}

static void a_complaint_of_abuse_ends_automatic_letters_to_that_address(void **state)
{
	struct house *h = *state;
	const struct sent s = send_one(h);
	int64_t waiting, later;

	abuse(h, "not-spam", s.letter.message_id);
	abuse(h, "abuse", "rd.0000@house.example");
	abuse_about(h, "abuse", "rd.0000@house.example", house_case(h, s.case_id).reference);
	assert_int_equal(house_n_tasks(h, s.case_id, "look"), 0);
	waiting = house_mail_in(h, .body = COMPLAINT);
	house_work(h); /* its letter waits when the complaint comes */
	abuse(h, "abuse", s.letter.message_id);
	abuse(h, "abuse", s.letter.message_id);
	assert_int_equal(house_n_tasks(h, s.case_id, "look"), 1);
	assert_string_equal(delivery_of(h, s.letter.id), RD_RETURNED_COMPLAINT);
	assert_false(house_runs(h, s.case_id, "stage1.acknowledge")); /* it had arrived */
	house_send(h);
	assert_int_equal(house_letter(h, house_case_of(h, waiting), "acknowledgement").state,
		RD_OUTBOX_HELD);
	later = house_mail_in(h, .body = COMPLAINT);
	house_work(h);
	FATE_IS(later, RD_FATE_OPENED); /* her case opens all the same */
	assert_int_equal(house_letters(h, house_case_of(h, later), NULL, NULL), 0);
	assert_non_null(house_task(h, house_case_of(h, later), "acknowledge").kind);
}

/* --- absences and receipts --- */

static void an_absence_is_recorded_and_changes_nothing(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const struct sent s = send_one(h);
	const char *thread = rd_arena_printf(h->arena,
		"Auto-Submitted: auto-replied\r\nIn-Reply-To: <%s>\r\n", s.letter.message_id);
	size_t n_tasks;
	int64_t id;

	OK(rd_act_close(h->db, &staff, s.case_id, "settled by phone", true, &h->err));
	n_tasks = house_n_tasks(h, s.case_id, NULL);
	id = house_mail_in(
		h, .body = "I am away until Monday.", .subject = "Away", .headers = thread);
	house_work(h);
	FATE_IS(id, RD_FATE_GUARDED);
	assert_int_equal(n_audited(h, s.case_id, "auto_reply"), 1);
	assert_int_equal(house_case(h, s.case_id).status, RD_STATUS_CLOSED);
	assert_int_equal(house_n_tasks(h, s.case_id, NULL), n_tasks);
	assert_int_equal(house_letters(h, s.case_id, NULL, NULL), 1);
	/* by the reference alone: only from an address that the case knows */
	house_mail_in(h, .body = "Away.", .subject = house_case(h, s.case_id).reference,
		.headers = "Auto-Submitted: auto-replied\r\n");
	house_mail_in(h, .body = "Away.", .subject = house_case(h, s.case_id).reference,
		.from = "eve@example.net", .headers = "Auto-Submitted: auto-replied\r\n");
	house_mail_in(h, .body = "Away.", .subject = house_case(h, s.case_id).reference,
		.headers = "Auto-Submitted: auto-replied\r\nAuthentication-Results: mx; "
			   "dmarc=fail header.from=example.com\r\n");
	house_work(h);
	assert_int_equal(n_audited(h, s.case_id, "auto_reply"), 2);
}

/* The rules are not sure of it, so a person looks; but a machine opens no closed case. */
static void an_unsure_absence_leaves_a_closed_case_closed(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const struct sent s = send_one(h);
	int64_t id;

	OK(rd_act_close(h->db, &staff, s.case_id, "settled by phone", true, &h->err));
	id = house_mail_in(h, .body = UNSURE,
		.headers = rd_arena_printf(h->arena,
			"Auto-Submitted: auto-replied\r\nIn-Reply-To: <%s>\r\n",
			s.letter.message_id));
	house_work(h);
	FATE_IS(id, RD_FATE_JOINED);
	assert_int_equal(house_case(h, s.case_id).status, RD_STATUS_CLOSED);
	assert_non_null(house_task(h, s.case_id, "review").kind);
}

static void a_read_receipt_opens_nothing(void **state)
{
	struct house *h = *state;
	const struct sent s = send_one(h);
	const char *raw = rd_arena_printf(h->arena,
		"From: ann@example.com\r\nSubject: Read: Your complaint\r\nMessage-ID: "
		"<r1@example.com>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; "
		"boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\n" COMPLAINT
		"\r\n--x\r\nContent-Type: message/disposition-notification\r\n\r\n"
		"Original-Message-ID: <%s>\r\nDisposition: manual-action; displayed\r\n\r\n"
		"--x--\r\n",
		s.letter.message_id);
	const int64_t id = house_put_raw(h, 0, raw, strlen(raw), h->now_ms, h->now_ms);

	house_work(h);
	FATE_IS(id, RD_FATE_GUARDED);
	assert_string_equal(house_message(h, id).fate.detail, "read_receipt");
	assert_int_equal(house_n_cases(h), 1);
}

/* --- words that end texts, and answers --- */

static int64_t text_in(struct house *h, const char *words)
{
	const int64_t id = house_text(h, HOUSE_PHONE, words);

	house_work_texts(h);
	house_send(h);
	return id;
}

static bool opted_out(struct house *h)
{
	bool out;

	OK(rd_contact_opted_out(h->db, HOUSE_PHONE, &out, &h->err));
	return out;
}

static void cancel_soon_after_a_question_is_an_answer(void **state)
{
	static const char *const answers[] = { "CANCEL", "end.", "Quit" };
	struct house *h = *state;
	const int64_t case_id = house_case_of(h, text_in(h, REQUEST));
	const size_t n_letters = house_letters(h, case_id, NULL, NULL);

	assert_int_equal(n_letters, 1);
	for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
		const int64_t id = text_in(h, answers[i]);

		FATE_IS(id, RD_FATE_JOINED);
		assert_int_equal(house_case_of(h, id), case_id);
		assert_false(opted_out(h));
	}
	assert_int_equal(house_letters(h, case_id, NULL, NULL), n_letters);
	assert_true(house_n_tasks(h, case_id, "read") > 0);
	/* STOP never is one */
	FATE_IS(text_in(h, "STOP"), RD_FATE_GUARDED);
	assert_true(opted_out(h));
}

static void cancel_out_of_the_blue_or_too_late_ends_texts(void **state)
{
	struct house *h = *state;

	FATE_IS(text_in(h, "CANCEL"), RD_FATE_GUARDED);
	assert_true(opted_out(h));
	FATE_IS(text_in(h, "YES"), RD_FATE_GUARDED);
	assert_false(opted_out(h));
	text_in(h, REQUEST);
	house_at(h, "2026-12-02T12:00:00Z");
	FATE_IS(text_in(h, "CANCEL"), RD_FATE_GUARDED);
	assert_true(opted_out(h));
}

static void yes_is_an_answer_but_where_the_number_is_opted_out(void **state)
{
	struct house *h = *state;
	const int64_t case_id = house_case_of(h, text_in(h, REQUEST));
	const int64_t yes = text_in(h, "Yes");

	FATE_IS(yes, RD_FATE_JOINED);
	assert_int_equal(house_case_of(h, yes), case_id);
	FATE_IS(text_in(h, "Stopiwch"), RD_FATE_GUARDED);
	assert_true(opted_out(h));
	FATE_IS(text_in(h, "YES"), RD_FATE_GUARDED);
	assert_false(opted_out(h));
}

static void a_person_can_say_so_and_take_it_back(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	int64_t id;

	OK(rd_act_opt(h->db, &staff, "ann@example.com", true, &h->err));
	assert_int_equal(rd_act_opt(h->db, &staff, "ann@example.com", true, &h->err), RD_E_EXISTS);
	assert_int_equal(n_audited(h, 0, "opted_out_by_staff"), 1);
	id = house_mail_in(h, .body = COMPLAINT);
	house_work(h);
	assert_int_equal(house_letters(h, house_case_of(h, id), NULL, NULL), 0);
	OK(rd_act_opt(h->db, &staff, "Ann@Example.com", false, &h->err));
	id = house_mail_in(h, .body = COMPLAINT);
	house_work(h);
	house_letter(h, house_case_of(h, id), "acknowledgement");
}

/* As Twilio's webhook brings it. */
static void from_twilio(struct house *h, const char *words, const char *type)
{
	const char *body = rd_arena_printf(h->arena,
		"MessageSid=SM%032u&AccountSid=AC1&From=%%2B447700900123&To=%%2B447700900000"
		"&Body=%s&OptOutType=%s",
		++h->n_put, words, type);
	struct rd_provider_text text;
	struct rd_form form;
	int64_t source = 0;

	OK(rd_form_parse(body, strlen(body), h->arena, &form, &h->err));
	OK(rd_twilio_text(&form, "AC1", h->arena, &text, &h->err));
	OK(rd_text_take(h->db, &h->config->texts[0], &text, h->now_ms, &source, h->arena, &h->err));
}

static void what_the_provider_says_of_a_number_holds(void **state)
{
	struct house *h = *state;
	int64_t case_id;

	from_twilio(h, "HELP", "HELP");
	assert_false(opted_out(h));
	house_work_texts(h);
	house_send(h);
	case_id = house_letter(h, 0, NULL).case_id;
	/* an answer to us, but the provider has ended texts by it: nothing could be sent */
	from_twilio(h, "CANCEL", "STOP");
	assert_true(opted_out(h));
	house_work_texts(h);
	assert_int_equal(house_case(h, case_id).n_messages, 2);
	assert_true(opted_out(h));
	from_twilio(h, "YES", "START"); /* our own word: seen as the opt-in that it is */
	house_work_texts(h);
	assert_false(opted_out(h));
	assert_int_equal(house_n_cases(h), 1);
	from_twilio(h, "NO+MORE", "STOP"); /* words that the landlord set up there */
	assert_true(opted_out(h));
	from_twilio(h, "AGAIN+PLEASE", "START");
	assert_false(opted_out(h));
}

static void a_text_that_did_not_arrive_opens_the_duty_again(void **state)
{
	struct house *h = *state;
	const int64_t case_id = house_case_of(h, text_in(h, COMPLAINT));
	const struct rd_outbox_row text = house_letter(h, case_id, "acknowledgement");
	const struct rd_provider_receipt lost = { .id = text.provider_id,
		.reference = "",
		.state = RD_DELIVERY_FAILED,
		.detail = "undelivered 21610",
		.opted_out = true };

	assert_false(house_runs(h, case_id, "stage1.acknowledge"));
	OK(rd_receipt_take(h->db, &h->config->texts[0], &lost, h->now_ms, h->arena, &h->err));
	assert_true(house_runs(h, case_id, "stage1.acknowledge"));
	assert_non_null(house_task(h, case_id, "send").kind);
	assert_true(opted_out(h));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		house_test(what_was_given_up_opens_the_duty_again),
		house_test(a_person_acknowledges_what_came_back),
		house_test(what_is_late_or_delivered_is_only_recorded),
		house_test(a_letter_is_found_by_thread_or_envelope),
		house_test(what_names_no_letter_of_ours_changes_nothing),
		house_test(a_letter_that_never_left_cannot_come_back),
		house_test(a_bounce_never_opens_a_closed_case_again),
		house_test(by_the_reference_alone_a_person_looks),
		house_test(codes_are_not_guessed_by_reports),
		house_test(it_goes_by_the_way_that_the_contacts_file_prefers),
		house_test(it_does_not_go_to_another_of_that_address),
		house_test(where_that_way_is_barred_a_person_finds_one),
		house_test(a_case_held_for_safeguarding_is_a_persons),
		house_test_own(what_the_mail_server_refuses_goes_another_way_too),
		house_test(nothing_comes_back_to_what_was_erased),
		house_test(a_complaint_of_abuse_ends_automatic_letters_to_that_address),
		house_test(an_absence_is_recorded_and_changes_nothing),
		house_test(an_unsure_absence_leaves_a_closed_case_closed),
		house_test(a_read_receipt_opens_nothing),
		house_test(cancel_soon_after_a_question_is_an_answer),
		house_test(cancel_out_of_the_blue_or_too_late_ends_texts),
		house_test(a_person_can_say_so_and_take_it_back),
		house_test(what_the_provider_says_of_a_number_holds),
		house_test(a_text_that_did_not_arrive_opens_the_duty_again),
		house_test(yes_is_an_answer_but_where_the_number_is_opted_out),
	};

	int failed;

	house_main(argc, argv);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rd_spawner_stop(house_spawner);
	return failed;
}

/* From stored bytes to one committed fate: promises 3, 4, 7 and 12. */
#include "support/house.h"

#include "redress/store/text_media.h"

static void a_complaint_by_mail_becomes_case_clocks_and_letter(void **state)
{
	struct house *h = *state;
	const int64_t id = house_mail_in(h, .body = COMPLAINT);
	struct rd_outbox_row letter;
	struct rd_case matter;

	house_work(h);
	FATE_IS(id, RD_FATE_OPENED);
	matter = house_case(h, house_case_of(h, id));
	assert_int_equal(matter.kind, RD_COMPLAINT);
	assert_int_equal(matter.stage, RD_STAGE_1);
	assert_int_equal(matter.status, RD_STATUS_OPEN);
	DAY_IS(house_clock(h, matter.id, "stage1.acknowledge").due, "2026-11-24");
	DAY_IS(house_clock(h, matter.id, "stage1.define").due, "2026-11-24");
	assert_false(house_runs(h, matter.id, "stage1.respond"));
	letter = house_letter(h, matter.id, NULL);
	assert_string_equal(letter.letter, "acknowledgement");
	assert_string_equal(letter.recipient, "ann@example.com");
	assert_true(house_says(h, &letter, matter.reference));
	assert_true(house_says(h, &letter, "a delay and a leak") ||
		    house_says(h, &letter, "a leak and a delay"));
	assert_true(house_says(h, &letter, "In-Reply-To: <m1@example.com>"));
	assert_true(house_says(h, &letter, "Auto-Submitted: auto-replied"));
	assert_true(house_says(h, &letter, "Tuesday 1 December 2026"));
	assert_non_null(house_task(h, matter.id, "define").kind);
	assert_int_equal(house_n_tasks(h, matter.id, NULL), 1);
}

static void when_it_has_gone_one_clock_is_met_and_the_next_runs(void **state)
{
	struct house *h = *state;
	const int64_t id = house_mail_in(h, .body = COMPLAINT);
	int64_t case_id;

	house_work(h);
	house_send(h);
	case_id = house_case_of(h, id);
	assert_int_equal(house_letter(h, case_id, NULL).state, RD_OUTBOX_SENT);
	assert_int_equal(house_count_files(h, "sent/new"), 1);
	assert_false(house_runs(h, case_id, "stage1.acknowledge"));
	assert_true(house_runs(h, case_id, "stage1.define"));
	DAY_IS(house_clock(h, case_id, "stage1.respond").starts, "2026-11-17");
	DAY_IS(house_clock(h, case_id, "stage1.respond").due, "2026-12-01");
	assert_true(house_case(h, case_id).acknowledged_ms != 0);
}

/* --- nothing twice --- */

static void the_same_mail_in_two_mailboxes_is_one_case_with_two_arrivals(void **state)
{
	struct house *h = *state;
	const int64_t one = house_mail_in(h, .body = COMPLAINT, .id = "same@example.com");
	const int64_t two = house_mail_in(h, .body = COMPLAINT, .id = "same@example.com", .box = 1);

	house_work(h);
	FATE_IS(one, RD_FATE_OPENED);
	FATE_IS(two, RD_FATE_DUPLICATE);
	assert_int_equal(house_message(h, two).fate.duplicate_of, one);
	assert_int_equal(house_n_cases(h), 1);
	assert_int_equal(house_letters(h, 0, NULL, NULL), 1);
}

static void the_same_id_with_another_body_joins_and_a_person_sees_it(void **state)
{
	struct house *h = *state;
	const int64_t one = house_mail_in(h, .body = COMPLAINT, .id = "same@example.com");
	const int64_t two =
		house_mail_in(h, .body = COMPLAINT " And the door.", .id = "same@example.com");

	house_work(h);
	FATE_IS(two, RD_FATE_JOINED);
	assert_int_equal(house_case_of(h, two), house_case_of(h, one));
	assert_non_null(house_task(h, house_case_of(h, one), "read").kind);
	assert_int_equal(house_letters(h, 0, NULL, NULL), 1);
}

/* "see pic": what the words do not say, the picture may. */
static void a_picture_with_a_few_words_is_looked_at_by_a_person(void **state)
{
	struct house *h = *state;
	const int64_t without = house_text(h, "+447700900555", CIRCULAR);
	const int64_t with = house_text(h, HOUSE_PHONE, CIRCULAR);
	struct rd_tx *tx = NULL;

	OK(rd_tx_begin(h->db, &tx, &h->err));
	OK(rd_text_media_put(tx, with, 1, "https://api.example.org/1", "", h->now_ms, &h->err));
	OK(rd_tx_commit(&tx, &h->err));
	house_work_texts(h);
	FATE_IS(without, RD_FATE_OTHER);
	FATE_IS(with, RD_FATE_OPENED);
	assert_int_equal(house_case(h, house_case_of(h, with)).status, RD_STATUS_REVIEW);
}

static void another_body_of_what_was_nothing_is_answered_and_shown(void **state)
{
	struct house *h = *state;
	const int64_t one = house_mail_in(h, .body = CIRCULAR, .id = "same@example.com");
	int64_t two;

	house_work(h);
	FATE_IS(one, RD_FATE_OTHER);
	two = house_mail_in(h, .body = COMPLAINT, .id = "same@example.com");
	house_work(h);
	FATE_IS(two, RD_FATE_OPENED);
	house_letter(h, house_case_of(h, two), "acknowledgement");
	assert_non_null(house_task(h, house_case_of(h, two), "read").kind);
}

static void two_residents_with_the_same_words_are_two_cases(void **state)
{
	struct house *h = *state;
	const int64_t one = house_mail_in(h, .body = COMPLAINT, .id = "");
	const int64_t two =
		house_mail_in(h, .body = COMPLAINT, .id = "", .from = "bob@example.com");
	const int64_t again = house_mail_in(h, .body = COMPLAINT, .id = "", .box = 1);

	house_work(h);
	assert_int_not_equal(house_case_of(h, one), house_case_of(h, two));
	FATE_IS(two, RD_FATE_OPENED);
	FATE_IS(again, RD_FATE_DUPLICATE); /* no Message-ID, all else equal */
	assert_int_equal(house_n_cases(h), 2);
}

static void a_decided_message_is_not_decided_again_by_the_next_run(void **state)
{
	struct house *h = *state;

	house_mail_in(h, .body = COMPLAINT);
	house_work(h);
	house_close(h);
	house_open(h);
	house_work(h);
	assert_int_equal(house_n_cases(h), 1);
	assert_int_equal(house_letters(h, 0, NULL, NULL), 1);
}

/* --- one fate each --- */

static void each_message_has_the_fate_that_it_deserves(void **state)
{
	static const struct {
		const char *why;
		enum rd_fate_kind fate;
		const char *detail; /* of a guard */
		struct house_mail mail;
	} rows[] = {
		{ "sure to be nothing for us", RD_FATE_OTHER, "", { .body = CIRCULAR } },
		{ "a circular that speaks of danger", RD_FATE_OPENED, "",
			{ .body = CIRCULAR " I smell gas." } },
		{ "no rule matches: a request", RD_FATE_OPENED, "", { .body = "Hello there" } },
		{ "out of office", RD_FATE_GUARDED, "out_of_office",
			{ .body = "I am away until Monday.",
				.headers = "Auto-Submitted: auto-replied\r\n" } },
		{ "an automatic answer that complains", RD_FATE_OPENED, "",
			{ .body = COMPLAINT, .headers = "Auto-Submitted: auto-replied\r\n" } },
		{ "an automatic answer that the rules are unsure of", RD_FATE_OPENED, "",
			{ .body = UNSURE, .headers = "Auto-Submitted: auto-replied\r\n" } },
		{ "a bounce", RD_FATE_GUARDED, "bounce",
			{ .from = "MAILER-DAEMON@example.com",
				.subject = "Undelivered Mail Returned to Sender",
				.body = "could not be delivered",
				.headers =
					"Return-Path: <>\r\nAuto-Submitted: auto-replied\r\n" } },
		{ "a list mail that complains", RD_FATE_OPENED, "",
			{ .body = COMPLAINT, .headers = "List-Id: <tenants.example.org>\r\n" } },
		{ "our own letter come back", RD_FATE_GUARDED, "own_message",
			{ .body = COMPLAINT, .headers = "X-Loop: redress/house\r\n" } },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct house *h = *state;
		struct house_mail mail = rows[i].mail;
		char from[64];
		int64_t id;

		snprintf(from, sizeof from, "person%zu@example.com", i);
		if (mail.from == NULL)
			mail.from = from;
		id = house_put(h, mail);
		house_work(h);
		if (house_message(h, id).fate.kind != rows[i].fate)
			print_error("%s:\n", rows[i].why);
		FATE_IS(id, rows[i].fate);
		assert_string_equal(house_message(h, id).fate.detail, rows[i].detail);
	}
}

static void what_is_other_is_never_answered(void **state)
{
	struct house *h = *state;

	house_mail_in(h, .body = CIRCULAR);
	house_work(h);
	assert_int_equal(house_letters(h, 0, NULL, NULL), 0);
	assert_int_equal(house_n_cases(h), 0);
}

static void an_unread_answer_of_a_machine_is_not_silently_guarded(void **state)
{
	struct house *h = *state;
	const int64_t id = house_mail_in(h, .body = "\xff\xfe\xfa\xf0 \xc3\x28 gone",
		.headers = "Auto-Submitted: auto-replied\r\n");

	house_work(h);
	FATE_IS(id, RD_FATE_OPENED);
	assert_int_equal(house_letters(h, 0, NULL, NULL), 0);
}

/* --- poison --- */

/* The child outruns its wall deadline over every message of that size: a death by each try. */
static int64_t put_poison(struct house *h)
{
	static const char head[] = "From: Ann <ann@example.com>\r\nSubject: photographs\r\n"
				   "Message-ID: <big@example.com>\r\n\r\n";
	const size_t len = 3u << 20;
	char *raw = malloc(len);
	int64_t id;

	assert_non_null(raw);
	memcpy(raw, head, sizeof head - 1);
	for (size_t i = sizeof head - 1; i < len; i++)
		raw[i] = i % 70 == 0 ? '\n' : (char)('a' + i % 26);
	id = house_put_raw(h, 0, raw, len, h->now_ms, h->now_ms);
	free(raw);
	return id;
}

static void the_third_death_opens_a_case_for_a_person_in_this_very_run(void **state)
{
	struct house *h = *state;
	const int64_t id = put_poison(h);
	struct rd_message_row row;
	int64_t case_id;

	rd_reader_set_wall_ms(h->reader, 1);
	house_work(h);
	rd_reader_set_wall_ms(h->reader, RD_READER_WALL_MS);
	row = house_message(h, id);
	assert_string_equal(row.state, "done");
	FATE_IS(id, RD_FATE_OPENED);
	assert_true(row.quarantined);
	assert_int_equal(row.attempts, RD_ATTEMPTS_MAX);
	case_id = row.fate.case_id;
	assert_int_equal(house_case(h, case_id).status, RD_STATUS_REVIEW);
	DAY_IS(house_clock(h, case_id, "stage1.acknowledge").due, "2026-11-24");
	assert_non_null(house_task(h, case_id, "read").kind);
	DAY_IS(house_task(h, case_id, "acknowledge").due, "2026-11-24");
	assert_true(house_alarm(h, "quarantined"));
	assert_int_equal(house_letters(h, 0, NULL, NULL), 0);
}

static void the_daemons_own_end_costs_no_attempt(void **state)
{
	struct house *h = *state;
	const int64_t id = house_mail_in(h, .body = COMPLAINT);
	struct rd_claimed *claimed;
	int64_t next_ms;
	size_t n;

	for (int i = 0; i < 4; i++) { /* claimed, and then killed: no fate was committed */
		OK(rd_queue_claim(h->db, h->pipeline.run, h->now_ms, 10, 0, h->arena, &claimed, &n,
			&next_ms, &h->err));
		assert_int_equal(n, 1);
		assert_false(claimed[0].exhausted);
		house_close(h);
		house_open(h);
	}
	house_work(h);
	FATE_IS(id, RD_FATE_OPENED);
	assert_false(house_message(h, id).quarantined);
}

static void what_could_not_be_committed_is_decided_in_the_next_round(void **state)
{
	struct house *h = *state;
	struct rd_pipeline_round round;
	struct rd_claimed *claimed;
	const int64_t id = house_mail_in(h, .body = COMPLAINT);
	int64_t next_ms;
	size_t n;

	/* Claimed by this run and then lost: a full disk, say, that undid the commit and refused
	 * to take it back. */
	OK(rd_queue_claim(h->db, h->pipeline.run, h->now_ms, 10, 0, h->arena, &claimed, &n,
		&next_ms, &h->err));
	assert_int_equal(n, 1);
	h->pipeline.lost = true;
	OK(rd_pipeline_round(&h->pipeline, &round, &h->err));
	assert_false(h->pipeline.lost);
	h->now_ms += 10000;
	house_work(h);
	FATE_IS(id, RD_FATE_OPENED);
}

/* The disk fills up between a mail's storing and its case, and has room again later. */
static void a_full_disk_loses_nothing_and_answers_nobody_twice(void **state)
{
	struct house *h = *state;
	struct rd_pipeline_round round;
	enum rd_rc rc = RD_OK;
	int64_t ids[40];
	const unsigned char *head;
	size_t len, page_bytes;

	for (size_t i = 0; i < 40; i++)
		ids[i] = house_mail_in(h, .body = COMPLAINT,
			.from = rd_arena_printf(h->arena, "person%zu@example.com", i));
	OK(rd_db_checkpoint(h->db, &h->err));
	house_close(h);
	head = (unsigned char *)house_read(h->state, &len);
	page_bytes = (size_t)head[16] << 8 | head[17];
	h->max_pages = (int)(len / page_bytes) + 8;
	free((void *)(uintptr_t)head);
	house_open(h);
	for (int i = 0; rc == RD_OK && i < 10; i++)
		rc = rd_pipeline_round(&h->pipeline, &round, &h->err);
	assert_int_equal(rc, RD_E_AGAIN);
	house_close(h);
	h->max_pages = 0;
	house_open(h);
	h->now_ms += 60000;
	house_work(h);
	for (size_t i = 0; i < 40; i++)
		FATE_IS(ids[i], RD_FATE_OPENED);
	assert_int_equal(house_letters(h, 0, NULL, NULL), 40);
}

/* --- every decision can be re-derived --- */

static void the_audit_says_why_without_a_word_of_the_resident(void **state)
{
	struct house *h = *state;
	const int64_t id = house_mail_in(h, .from = "Marigold Thistle <marigold@example.com>",
		.body = COMPLAINT " Ring me on 07700 900123, Marigold");
	struct rd_audit_row *rows;
	size_t n;
	bool decided = false;

	house_work(h);
	house_send(h);
	OK(rd_audit_list(h->db, 0, id, 0, 100, h->arena, &rows, &n, &h->err));
	for (size_t i = 0; i < n; i++) {
		if (strcmp(rows[i].what, "decided") != 0)
			continue;
		decided = true;
		assert_non_null(strstr(rows[i].detail, rd_live_sha256(h->desk.live)));
		assert_non_null(strstr(rows[i].detail, "\"rule\":\"complaining\""));
		assert_non_null(strstr(rows[i].detail, "\"span\":[0,"));
		assert_non_null(strstr(rows[i].detail, "\"policy\":\"2024-04-01\""));
		assert_non_null(strstr(rows[i].detail, "\"complaint_from\":4"));
	}
	assert_true(decided);
	house_audit_lacks(h, "marigold");
	house_audit_lacks(h, "thistle");
	house_audit_lacks(h, "900123");
	house_audit_lacks(h, "complaining.");
}

static struct rd_audit_row audit_row(
	struct house *h, int64_t case_id, const char *what, const char *file, int line)
{
	struct rd_audit_row *rows;
	size_t n;

	OK(rd_audit_list(h->db, case_id, 0, 0, 100, h->arena, &rows, &n, &h->err));
	for (size_t i = 0; i < n; i++)
		if (strcmp(rows[i].what, what) == 0)
			return rows[i];
	print_error("no row `%s`\n", what);
	_fail(file, line);
	return (struct rd_audit_row){ 0 };
}
#define AUDIT_ROW(case_id, what) audit_row(h, (case_id), (what), __FILE__, __LINE__)

static void the_audit_names_the_line_that_stopped_a_rule_and_not_the_words(void **state)
{
	struct house *h = *state;
	const int64_t id = house_mail_in(
		h, .body = "The tap leaks. My neighbourly aunt says I am complaining too much, "
			   "my neighbours says I am complaining.");
	const char *detail, *suppressed;

	house_work(h);
	detail = AUDIT_ROW(house_case_of(h, id), "decided").detail;
	suppressed = strstr(detail, "\"suppressed\":[{");
	assert_non_null(suppressed);
	assert_non_null(strstr(suppressed, "\"by\":\"core.rules:11\""));
	house_audit_lacks(h, "neighbour");
}

static void the_audit_is_bound_to_the_words_by_a_salted_hash(void **state)
{
	struct house *h = *state;
	const int64_t id = house_mail_in(h, .subject = "Roof", .body = COMPLAINT);
	const char *ruleset, *words;
	struct rd_message message;
	struct rd_score score;
	bool erased;
	char hash[65];

	house_work(h);
	OK(rd_reading_get(h->db, id, h->arena, &message, &score, &ruleset, &erased, &h->err));
	words = rd_arena_printf(h->arena, "%s%c%s", message.subject, '\0', message.body);
	OK(rd_reading_salted_hash(
		h->db, id, words, message.subject_len + 1 + message.body_len, hash, &h->err));
	assert_non_null(strstr(AUDIT_ROW(house_case_of(h, id), "decided").detail,
		rd_arena_printf(h->arena, "\"words\":\"%s\"", hash)));
}

static void the_audit_says_which_version_of_a_letter_was_written_and_sent(void **state)
{
	struct house *h = *state;
	const int64_t id = house_mail_in(h, .body = COMPLAINT);
	const char *version;
	int64_t case_id;

	house_work(h);
	case_id = house_case_of(h, id);
	version = rd_arena_printf(
		h->arena, "\"version\":\"%s\"", house_letter(h, case_id, NULL).letter_version);
	assert_non_null(strstr(AUDIT_ROW(case_id, "letter_queued").detail, version));
	house_at(h, "2026-11-18T09:00:00Z"); /* not tried on its day */
	house_keep_time(h);
	assert_non_null(strstr(AUDIT_ROW(case_id, "letter_rewritten").detail, version));
	house_send(h);
	assert_non_null(strstr(AUDIT_ROW(case_id, "letter_sent").detail, version));
}

static void the_chain_verifies_after_everything_that_staff_do(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const int64_t one = house_mail_in(h, .body = COMPLAINT);
	const int64_t two = house_mail_in(h, .body = UNSURE, .from = "bob@example.com");
	int64_t about, rows;

	house_work(h);
	OK(rd_act_note(h->db, &staff, house_case_of(h, one), "rang ann@example.com", &h->err));
	OK(rd_act_define(h->db, &staff, house_case_of(h, one), "The roof of ann@example.com",
		"a visit on 07700 900123", &h->err));
	OK(rd_act_decide(h->db, &staff, house_review(h, house_case_of(h, two)).id,
		RD_SERVICE_REQUEST, "it is a repair, says bob@example.com", &about, &h->err));
	OK(rd_act_close(h->db, &staff, house_case_of(h, two), "mended", false, &h->err));
	OK(rd_audit_verify(h->db, &rows, &h->err));
	assert_true(rows >= 8); /* the teardown looks for addresses in each */
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		house_test(a_complaint_by_mail_becomes_case_clocks_and_letter),
		house_test(when_it_has_gone_one_clock_is_met_and_the_next_runs),
		house_test(the_same_mail_in_two_mailboxes_is_one_case_with_two_arrivals),
		house_test(the_same_id_with_another_body_joins_and_a_person_sees_it),
		house_test(a_picture_with_a_few_words_is_looked_at_by_a_person),
		house_test(another_body_of_what_was_nothing_is_answered_and_shown),
		house_test(two_residents_with_the_same_words_are_two_cases),
		house_test(a_decided_message_is_not_decided_again_by_the_next_run),
		house_test(each_message_has_the_fate_that_it_deserves),
		house_test(what_is_other_is_never_answered),
		house_test(an_unread_answer_of_a_machine_is_not_silently_guarded),
		house_test(the_third_death_opens_a_case_for_a_person_in_this_very_run),
		house_test(the_daemons_own_end_costs_no_attempt),
		house_test(what_could_not_be_committed_is_decided_in_the_next_round),
		house_test(a_full_disk_loses_nothing_and_answers_nobody_twice),
		house_test(the_audit_says_why_without_a_word_of_the_resident),
		house_test(the_audit_names_the_line_that_stopped_a_rule_and_not_the_words),
		house_test(the_audit_is_bound_to_the_words_by_a_salted_hash),
		house_test(the_audit_says_which_version_of_a_letter_was_written_and_sent),
		house_test(the_chain_verifies_after_everything_that_staff_do),
	};
	int failed;

	house_main(argc, argv);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rd_spawner_stop(house_spawner);
	return failed;
}

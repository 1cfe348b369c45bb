/* No avalanche, and no bad file goes live: promises 9 and 11. */
#include <unistd.h>

#include "redress/gateway/alarms.h"
#include "redress/gateway/health.h"
#include "support/house.h"

/* --- old mail --- */

static void old_mail_is_never_answered_and_each_that_matters_has_its_own_task(void **state)
{
	static const struct {
		const char *why, *body;
		bool own;
	} rows[] = {
		{ "a complaint", COMPLAINT, true },
		{ "unsure", UNSURE, true },
		{ "flagged", REQUEST " I smell gas.", true },
		{ "a request", REQUEST, false },
		{ "praise", "well done to all of you", false },
	};
	struct house *h = *state;
	struct rd_task shared;
	int64_t ids[5];

	for (size_t i = 0; i < 5; i++)
		ids[i] = house_mail_in(h, .body = rows[i].body, .received = "2026-10-01T10:00:00Z",
			.from = rd_arena_printf(h->arena, "person%zu@example.com", i));
	house_work(h);
	for (size_t i = 0; i < 5; i++) {
		const int64_t case_id = house_case_of(h, ids[i]);
		const struct rd_task task = house_task(h, case_id, "answer_old");

		print_message("%s\n", rows[i].why);
		FATE_IS(ids[i], RD_FATE_OPENED);
		assert_int_equal(task.kind != NULL, rows[i].own);
		if (rows[i].own) /* overdue at once */
			assert_true(rd_date_compare(task.due, house_day("2026-11-17")) < 0);
	}
	shared = house_task(h, 0, "answer_old");
	assert_non_null(shared.kind);
	assert_int_equal(shared.n, 2);
	house_keep_time(h); /* the unsure one is long past its time: a complaint, unanswered */
	house_send(h);
	house_at(h, "2026-11-18T09:00:00Z");
	house_keep_time(h);
	house_send(h);
	assert_int_equal(house_letters(h, 0, NULL, NULL), 0);
	assert_int_equal(house_case(h, house_case_of(h, ids[1])).kind, RD_COMPLAINT);
	assert_int_equal(house_n_tasks(h, house_case_of(h, ids[1]), "answer_old"), 1);
}

static void a_person_may_answer_old_mail(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const struct rd_act_acknowledge how = { .outcome = "a new roof" };
	const int64_t id = house_mail_in(h, .body = COMPLAINT, .received = "2026-10-01T10:00:00Z");

	house_work(h);
	OK(rd_act_acknowledge(h->db, &staff, house_case_of(h, id), &how, &h->err));
	house_send(h);
	assert_int_equal(house_letter(h, house_case_of(h, id), NULL).state, RD_OUTBOX_SENT);
}

static void five_working_days_are_not_old_and_six_are(void **state)
{
	struct house *h = *state;
	const int64_t five =
		house_mail_in(h, .body = COMPLAINT, .received = "2026-11-10T10:00:00Z");
	const int64_t six = house_mail_in(h, .body = COMPLAINT, .from = "bob@example.com",
		.received = "2026-11-09T10:00:00Z");

	house_work(h);
	assert_int_equal(house_letters(h, house_case_of(h, five), NULL, NULL), 1);
	assert_int_equal(house_letters(h, house_case_of(h, six), NULL, NULL), 0);
}

/* --- the first start on an old mailbox --- */

#define N_OLD 2000

static void fill_maildir(struct house *h, int n)
{
	static const char *const bodies[] = { COMPLAINT, UNSURE, REQUEST, CIRCULAR, "Hello" };
	static const char *const parts[] = { "", "/cur", "/new", "/tmp" };
	const struct utimbuf old = { house_instant("2026-06-01T10:00:00Z") / 1000,
		house_instant("2026-06-01T10:00:00Z") / 1000 };
	char path[256], mail[1024];

	for (size_t i = 0; i < 4; i++) {
		snprintf(path, sizeof path, "%s/complaints%s", h->dir, parts[i]);
		mkdir(path, 0700);
	}
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof path, "%s/complaints/cur/%d.old.house:2,S", h->dir, i);
		snprintf(mail, sizeof mail,
			"From: person%d@example.com\r\nTo: complaints@house.example\r\n"
			"Subject: My home\r\nMessage-ID: <old%d@example.com>\r\n\r\n%s\r\n",
			i, i, bodies[i % 5]);
		house_write(path, mail, strlen(mail));
		assert_int_equal(utime(path, &old), 0);
	}
}

static size_t take_maildir(struct house *h)
{
	struct rd_status_counts counts;
	bool must_wait = false;

	OK(rd_mailboxes_once(h->store, h->config, &h->clock, &must_wait, &h->err));
	OK(rd_status_counts(h->db, &counts, &h->err));
	return (size_t)counts.accepted;
}

static void the_first_start_on_an_old_mailbox_of_two_thousand_sends_no_letter(void **state)
{
	struct house *h = house_new(&(struct house_options){ .start_from = "all" });
	struct rd_status_counts counts;

	*state = h;
	fill_maildir(h, N_OLD);
	assert_int_equal(take_maildir(h), N_OLD);
	house_work(h);
	house_keep_time(h);
	house_send(h);
	OK(rd_status_counts(h->db, &counts, &h->err));
	assert_int_equal(counts.processed, N_OLD);
	assert_int_equal(counts.cases_open, N_OLD * 4 / 5);
	assert_int_equal(house_letters(h, 0, NULL, NULL), 0);
	assert_int_equal(house_task(h, 0, "answer_old").n, N_OLD * 2 / 5);
}

static void by_default_a_new_mailbox_starts_now(void **state)
{
	struct house *h = *state;

	fill_maildir(h, 20);
	assert_int_equal(take_maildir(h), 0);
}

/* --- restore --- */

static void back_up_and_lose(struct house *h, const char *file, void (*lost)(struct house *h))
{
	OK(rd_backup_write(h->db, file, h->now_ms, &h->err));
	h->now_ms += 60000;
	lost(h);
	h->now_ms += 3600000;
	house_close(h);
	OK(rd_backup_restore(file, h->state, h->now_ms, &h->err));
	house_open(h);
	h->now_ms += 1000;
}

static int64_t put_lost(struct house *h, const char *received)
{
	return house_mail_in(h, .body = COMPLAINT, .id = "lost@example.com", .received = received);
}

static void answer_lost(struct house *h)
{
	put_lost(h, "2026-11-17T12:01:00Z");
	house_work(h);
	house_send(h);
}

static void after_a_restore_nobody_is_answered_twice(void **state)
{
	struct house *h = *state;
	const int64_t before = house_mail_in(h, .body = COMPLAINT);
	const int64_t unsure = house_mail_in(h, .body = UNSURE, .from = "bob@example.com");
	char file[128];
	int64_t again, fresh;

	snprintf(file, sizeof file, "%s/backup", h->dir);
	house_work(h); /* letters are queued and unsent when the backup is taken */
	back_up_and_lose(h, file, answer_lost);
	assert_int_equal(
		house_letter(h, house_case_of(h, before), NULL).state, RD_OUTBOX_UNCERTAIN);
	again = put_lost(h, "2026-11-17T12:01:00Z"); /* the mailbox still holds it */
	house_work(h);
	FATE_IS(again, RD_FATE_OPENED);
	assert_int_equal(house_letters(h, house_case_of(h, again), NULL, NULL), 0);
	assert_non_null(house_task(h, house_case_of(h, again), "acknowledge").kind);
	/* What was undecided then may have been decided and answered since. */
	house_at(h, "2026-11-23T09:00:00Z");
	house_keep_time(h);
	assert_int_equal(house_case(h, house_case_of(h, unsure)).kind, RD_COMPLAINT);
	assert_int_equal(house_letters(h, house_case_of(h, unsure), "acknowledgement", NULL), 0);
	fresh = house_mail_in(h, .body = COMPLAINT, .from = "cat@example.com");
	house_work(h);
	assert_int_equal(house_letters(h, house_case_of(h, fresh), NULL, NULL), 1);
}

static void work_lost(struct house *h)
{
	house_work(h);
	house_send(h);
}

static void what_waited_undecided_in_the_backup_is_not_answered_either(void **state)
{
	struct house *h = *state;
	const int64_t id = house_mail_in(h, .body = COMPLAINT);
	char file[128];

	snprintf(file, sizeof file, "%s/backup", h->dir);
	back_up_and_lose(h, file, work_lost);
	house_work(h);
	FATE_IS(id, RD_FATE_OPENED);
	assert_int_equal(house_letters(h, 0, NULL, NULL), 0);
	assert_non_null(house_task(h, house_case_of(h, id), "acknowledge").kind);
}

/* --- rule sets --- */

static enum rd_folder folder_of(struct house *h)
{
	enum rd_folder folder;
	int64_t number;

	OK(rd_rules_look(h->db, h->desk.live, h->rules, &folder, &number, &h->err));
	return folder;
}

static enum rd_rc reload(struct house *h, bool *ret_changed)
{
	struct rd_activation_outcome outcome = { .changed = false };
	const enum rd_rc rc = house_try_rules(h, RD_RELOAD, false, &outcome);

	*ret_changed = outcome.changed;
	return rc;
}

static void a_bad_folder_is_refused_by_line_and_column_and_the_old_set_goes_on(void **state)
{
	static const struct {
		const char *why, *was, *is, *where;
	} rows[] = {
		{ "unknown field", "Points: 2.5", "Pionts: 2.5", "core.rules:19:1" },
		{ "a failing example", "Must match: I am still waiting",
			"Must match: I am not waiting", "core.rules:21" },
		{ "nonsense", "Phrase: still waiting", "Phrase: (still waiting", "core.rules:20:" },
	};
	struct house *h = *state;
	char was[RD_RULESET_NAME_MAX];
	struct rd_activation current;
	bool changed;
	int64_t id;

	snprintf(was, sizeof was, "%s", rd_live_sha256(h->desk.live));
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *at = strstr(house_rules, rows[i].was);

		house_write_rules(h, rd_arena_printf(h->arena, "%.*s%s%s", (int)(at - house_rules),
					     house_rules, rows[i].is, at + strlen(rows[i].was)));
		assert_int_not_equal(reload(h, &changed), RD_OK);
		if (strstr(h->err.msg, rows[i].where) == NULL)
			fail_msg("%s: %s", rows[i].why, h->err.msg);
		OK(rd_rulesets_current(h->db, h->arena, &current, &h->err));
		assert_string_equal(current.sha256, was);
		assert_int_equal(folder_of(h), RD_FOLDER_OTHER);
	}
	id = house_mail_in(h, .body = COMPLAINT);
	house_work(h);
	assert_int_equal(house_case(h, house_case_of(h, id)).kind, RD_COMPLAINT);
}

static void a_folder_copied_by_half_never_goes_live(void **state)
{
	struct house *h = *state;
	bool changed;

	house_write_rules(h, "Ruleset: house\n");
	assert_int_equal(reload(h, &changed), RD_E_INPUT);
	assert_false(changed);
}

static void a_letter_without_the_ombudsman_never_goes_live(void **state)
{
	struct house *h = *state;
	char path[160];
	bool changed;
	size_t len;
	char *bytes, *at;

	snprintf(path, sizeof path, "%s/letters/acknowledgement.email.letter", h->rules);
	bytes = house_read(path, &len);
	while ((at = strstr(bytes, "{{ombudsman_phone}}")) != NULL)
		memcpy(at, "a telephone number.", 19);
	house_write(path, bytes, len);
	free(bytes);
	assert_int_not_equal(reload(h, &changed), RD_OK);
	assert_non_null(strstr(h->err.msg, "acknowledgement.email.letter"));
}

static void a_good_folder_is_swapped_whole_and_an_equal_one_is_no_news(void **state)
{
	struct house *h = *state;
	const int64_t before = house_mail_in(h, .body = REQUEST);
	struct rd_activation *history;
	int64_t after;
	bool changed;
	size_t n;

	house_work(h);
	OK(reload(h, &changed));
	assert_false(changed);
	assert_int_equal(folder_of(h), RD_FOLDER_LIVE);
	house_write_rules(h, rd_arena_printf(h->arena,
				     "%s\nRule: taps\nMeans: Taps\nTopic: a tap\nGroup: taps\n"
				     "Points: 6\nPhrase: tap\nMust match: the tap\n"
				     "Must not match: I am well\n",
				     house_rules));
	OK(reload(h, &changed));
	assert_true(changed);
	OK(rd_desk_refresh(&h->desk, &changed, &h->err));
	assert_true(changed);
	h->pipeline.office = h->desk.office;
	OK(rd_reader_set_rules(h->reader, rd_live_files(h->desk.live), h->desk.landlords,
		h->desk.n_landlords, rd_live_off(h->desk.live), &h->err));
	after = house_mail_in(h, .body = REQUEST, .from = "bob@example.com");
	house_work(h);
	assert_int_equal(house_case(h, house_case_of(h, before)).kind, RD_SERVICE_REQUEST);
	assert_int_equal(house_case(h, house_case_of(h, after)).kind, RD_COMPLAINT);
	OK(rd_rulesets_history(h->db, h->arena, &history, &n, &h->err));
	assert_int_equal(n, 2);
	assert_string_equal(history[0].author, RD_AUTHOR_RELOAD);
	assert_string_equal(history[1].author, RD_AUTHOR_FIRST_START);
}

static void a_boot_takes_the_live_set_and_not_newer_files(void **state)
{
	struct house *h = *state;
	struct rd_health health;
	char was[RD_RULESET_NAME_MAX];
	bool told = false;

	snprintf(was, sizeof was, "%s", rd_live_sha256(h->desk.live));
	house_write_rules(h, "Ruleset: broken\n");
	house_close(h);
	house_open(h);
	assert_string_equal(rd_live_sha256(h->desk.live), was);
	OK(rd_health_look(h->db, &h->desk.office, h->arena, &health, &h->err));
	for (size_t i = 0; i < health.n_notices; i++)
		told = told || strstr(health.notices[i], h->rules) != NULL ||
		       strcasestr(health.notices[i], "rule") != NULL;
	assert_true(told);
}

/* --- how it is --- */

static void status_is_unwell_while_an_alarm_or_an_uncertain_letter_stands(void **state)
{
	struct house *h = *state;
	struct rd_health health;
	struct rd_outbox_row row;
	struct rd_tx *tx = NULL;

	OK(rd_health_look(h->db, &h->desk.office, h->arena, &health, &h->err));
	assert_int_equal(health.n_problems, 0);
	house_mail_in(h, .body = COMPLAINT);
	house_work(h);
	OK(rd_outbox_claim(h->db, NULL, h->now_ms, true, h->arena, &row, &h->err));
	OK(rd_tx_begin(h->db, &tx, &h->err));
	OK(rd_outbox_uncertain(tx, row.id, "no answer", &h->err));
	OK(rd_tx_commit(&tx, &h->err));
	OK(rd_health_look(h->db, &h->desk.office, h->arena, &health, &h->err));
	assert_int_equal(health.n_problems, 1);
	rd_alarms_raise(h->db, &h->desk.office, "test", "Something is wrong.");
	OK(rd_health_look(h->db, &h->desk.office, h->arena, &health, &h->err));
	assert_int_equal(health.n_problems, 2);
}

static bool problem_says(const struct rd_health *health, const char *words)
{
	for (size_t i = 0; i < health->n_problems; i++)
		if (strstr(health->problems[i], words) != NULL)
			return true;
	return false;
}

static void read_boxes_now(struct house *h)
{
	struct rd_tx *tx = NULL;

	OK(rd_tx_begin(h->db, &tx, &h->err));
	for (size_t i = 0; i < 2; i++)
		OK(rd_source_note_success(tx, h->boxes[i], h->now_ms, &h->err));
	OK(rd_tx_commit(&tx, &h->err));
}

/* Whoever looks, and whether or not a daemon was there to raise an alarm. */
static void status_tells_of_a_dead_daemon_and_of_what_is_overdue(void **state)
{
	static const char *const wanted[] = { "redressd is not running",
		"Mailbox complaints has not been read for", "1 message waits to be decided",
		"dates of the complaints policy have passed", "1 task is overdue",
		"systemctl start redressd" };
	static const struct rd_actor actor = { "Pat", 1000 };
	struct house *h = *state;
	const struct rd_store_options options = { .path = h->state };
	struct rd_health health;

	read_boxes_now(h);
	house_mail_in(h, .body = COMPLAINT);
	house_work(h);
	house_mail_in(h, .body = COMPLAINT, .from = "bob@example.com");
	OK(rd_health_look(h->db, &h->desk.office, h->arena, &health, &h->err));
	assert_int_equal(health.n_problems, 0);
	house_close(h);
	house_at(h, "2026-11-27T12:00:00Z");
	OK(rd_store_open(&options, &h->store, &h->err));
	OK(rd_desk_open(&h->desk, h->store, h->config, &h->clock, &actor, &h->err));
	OK(rd_health_look(h->desk.db, &h->desk.office, h->arena, &health, &h->err));
	for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
		if (!problem_says(&health, wanted[i]))
			fail_msg("no problem says `%s`", wanted[i]);
	house_close(h);
	house_open(h); /* somebody is at work, and has not come to the mailboxes yet */
	OK(rd_health_look(h->db, &h->desk.office, h->arena, &health, &h->err));
	assert_false(problem_says(&health, "is not running"));
	assert_true(problem_says(&health, "Mailbox repairs has not been read for"));
	read_boxes_now(h);
	OK(rd_health_look(h->db, &h->desk.office, h->arena, &health, &h->err));
	assert_false(problem_says(&health, "Mailbox"));
}

static void an_alarm_is_one_mail_an_hour_a_cause(void **state)
{
	struct house *h = *state;
	const struct rd_outbox_filter alarms = { .letter = "alarm" };
	struct rd_outbox_row *rows;
	size_t n;

	for (int minute = 0; minute < 120; minute++) {
		rd_alarms_raise(h->db, &h->desk.office, "test", "Something is wrong.");
		h->now_ms += 60000;
	}
	OK(rd_outbox_list(h->db, &alarms, h->arena, &rows, &n, &h->err));
	assert_int_equal(n, 2);
	assert_string_equal(rows[0].recipient, "alarms@house.example");
	rd_alarms_clear(h->db, &h->desk.office, "test");
	assert_false(house_alarm(h, "test"));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		house_test(old_mail_is_never_answered_and_each_that_matters_has_its_own_task),
		house_test(a_person_may_answer_old_mail),
		house_test(five_working_days_are_not_old_and_six_are),
		house_test_own(the_first_start_on_an_old_mailbox_of_two_thousand_sends_no_letter),
		house_test(by_default_a_new_mailbox_starts_now),
		house_test(after_a_restore_nobody_is_answered_twice),
		house_test(what_waited_undecided_in_the_backup_is_not_answered_either),
		house_test(a_bad_folder_is_refused_by_line_and_column_and_the_old_set_goes_on),
		house_test(a_folder_copied_by_half_never_goes_live),
		house_test(a_letter_without_the_ombudsman_never_goes_live),
		house_test(a_good_folder_is_swapped_whole_and_an_equal_one_is_no_news),
		house_test(a_boot_takes_the_live_set_and_not_newer_files),
		house_test(status_is_unwell_while_an_alarm_or_an_uncertain_letter_stands),
		house_test(status_tells_of_a_dead_daemon_and_of_what_is_overdue),
		house_test(an_alarm_is_one_mail_an_hour_a_cause),
	};
	int failed;

	house_main(argc, argv);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rd_spawner_stop(house_spawner);
	return failed;
}

#include "support/intake_world.h"

#include "redress/base/date.h"
#include "redress/intake/imap.h"
#include "support/measure.h"

/* Against a real Dovecot: what a landlord's mailbox does. */

struct dovecot_world {
	struct intake_world *w;
	struct child dovecot;
	int user; /* a mailbox of its own for each test */
	char user_name[16];
};

static int make(void **state)
{
	struct dovecot_world *d = calloc(1, sizeof *d);
	struct child maker = { 0 };
	char folder[128], pem[128], key[128];
	d->w = world_new("imap");
	child_start(&maker, (const char *[]){ "certificates.py", d->w->dir, NULL });
	child_stop(&maker);
	snprintf(folder, sizeof folder, "%s/dovecot", d->w->dir);
	snprintf(pem, sizeof pem, "%s/good.pem", d->w->dir);
	snprintf(key, sizeof key, "%s/good.key", d->w->dir);
	child_start(&d->dovecot, (const char *[]){ "dovecot_server.py", folder, pem, key, NULL });
	*state = d;
	return d->dovecot.port > 0 ? 0 : -1;
}

static int drop(void **state)
{
	struct dovecot_world *d = *state;
	child_stop(&d->dovecot);
	world_free(d->w);
	free(d);
	return 0;
}

static int fresh(void **state)
{
	struct dovecot_world *d = *state;
	world_reset(d->w);
	snprintf(d->user_name, sizeof d->user_name, "user%d", ++d->user);
	d->w->config.user = d->user_name;
	d->w->config.port = d->dovecot.port;
	return 0;
}

static int stop(void **state)
{
	struct dovecot_world *d = *state;
	rd_thread_join(d->w->thread);
	d->w->thread = NULL;
	return 0;
}

/* "append USER INBOX 3 400" from ("append", "INBOX 3 400"). */
static const char *dovecot(struct dovecot_world *d, const char *word, const char *rest)
{
	char command[200];
	snprintf(command, sizeof command, "%s %s %s", word, d->user_name, rest);
	const char *answer = child_ask(&d->dovecot, command);
	if (strncmp(answer, "error", 5) == 0)
		fail_msg("%s: %s", command, answer);
	return answer;
}

static enum rd_rc try_once(struct dovecot_world *d, struct rd_err *err)
{
	return rd_imap_once(&d->w->source, NULL, -1, err);
}

/* Takes in what is there; how many that was. */
static size_t once(struct dovecot_world *d)
{
	struct rd_err err = { 0 };
	size_t before = d->w->n_accepted;
	if (try_once(d, &err) != RD_OK)
		fail_msg("%s", err.msg);
	return d->w->n_accepted - before;
}

static void mails_that_staff_have_read_come_in_too(void **state)
{
	struct dovecot_world *d = *state;
	dovecot(d, "append", "INBOX 3 400");
	dovecot(d, "seen", "INBOX");
	dovecot(d, "append", "INBOX 2 400");
	assert_int_equal(once(d), 5);
}

static void reading_leaves_no_trace_in_the_mailbox(void **state)
{
	struct dovecot_world *d = *state;
	dovecot(d, "append", "INBOX 2 400");
	assert_int_equal(once(d), 2);
	assert_string_equal(dovecot(d, "flags", "INBOX"), "1:- 2:-");
}

static void nothing_comes_twice(void **state)
{
	struct dovecot_world *d = *state;
	dovecot(d, "append", "INBOX 120 400");
	assert_int_equal(once(d), 120);
	assert_int_equal(once(d), 0);
	dovecot(d, "append", "INBOX 1 400");
	assert_int_equal(once(d), 1);
}

static void internaldate_is_the_time_of_receipt(void **state)
{
	static const struct {
		const char *why, *append, *instant;
	} rows[] = {
		{ "summer time", "INBOX 1 400 01-Oct-2026 23:30:00 +0100", "2026-10-01T22:30:00Z" },
		{ "winter", "INBOX 1 400 03-Nov-2026 00:00:01 +0000", "2026-11-03T00:00:01Z" },
		{ "half an hour west", "INBOX 1 400 03-Nov-2026 01:00:00 -0330",
			"2026-11-03T04:30:00Z" },
		{ "a leap day", "INBOX 1 400 29-Feb-2024 12:00:00 +0530", "2024-02-29T06:30:00Z" },
	};
	struct dovecot_world *d = *state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		dovecot(d, "append", rows[i].append);
	once(d);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_err err = { 0 };
		int64_t wanted = 0;
		assert_int_equal(rd_instant_parse(rows[i].instant, &wanted, &err), RD_OK);
		struct rd_message_row row = world_message(d->w, (int64_t)i + 1);
		if (row.received_ms != wanted)
			fail_msg("%s: off by %d s", rows[i].why,
				(int)((row.received_ms - wanted) / 1000));
	}
}

static void start_from_now_leaves_what_was_there(void **state)
{
	struct dovecot_world *d = *state;
	d->w->config.start_from = RD_START_NOW;
	dovecot(d, "append", "INBOX 20 400");
	assert_int_equal(once(d), 0);
	dovecot(d, "append", "INBOX 2 400");
	assert_int_equal(once(d), 2);
	assert_int_equal(d->w->n_alarms, 0);
}

static void start_from_a_day_takes_that_day_and_later(void **state)
{
	struct dovecot_world *d = *state;
	d->w->config.start_from = RD_START_DAY;
	d->w->config.start_day = (struct rd_date){ 2026, 10, 2 };
	dovecot(d, "append", "INBOX 3 400 01-Oct-2026 23:59:59 +0100");
	dovecot(d, "append", "INBOX 2 400 02-Oct-2026 00:00:00 +0100");
	assert_int_equal(once(d), 2);
	dovecot(d, "append", "INBOX 1 400 01-Sep-2026 00:00:00 +0100");
	assert_int_equal(once(d), 1); /* came later, however it is dated */
}

static void start_from_now_on_an_empty_mailbox(void **state)
{
	struct dovecot_world *d = *state;
	d->w->config.start_from = RD_START_NOW;
	assert_int_equal(once(d), 0);
	dovecot(d, "append", "INBOX 1 400");
	assert_int_equal(once(d), 1);
}

static void a_keyword_is_set_after_the_commit(void **state)
{
	struct dovecot_world *d = *state;
	d->w->config.afterwards = RD_AFTER_KEYWORD;
	d->w->config.afterwards_word = "$Redress";
	dovecot(d, "append", "INBOX 2 400");
	assert_int_equal(once(d), 2);
	assert_string_equal(dovecot(d, "flags", "INBOX"), "1:$Redress 2:$Redress");
	assert_int_equal(d->w->n_warnings, 0);
}

static void mails_are_moved_to_a_folder_that_is_made_for_them(void **state)
{
	struct dovecot_world *d = *state;
	d->w->config.afterwards = RD_AFTER_MOVE;
	d->w->config.afterwards_word = "Bearbeitet & gr\xc3\xbcn \xf0\x9f\x8f\xa0";
	dovecot(d, "append", "INBOX 3 400");
	assert_int_equal(once(d), 3);
	assert_string_equal(dovecot(d, "flags", "INBOX"), "-");
	assert_string_equal(dovecot(d, "flags", "Bearbeitet_&-_gr&APw-n_&2Dzf4A-"), "1:- 2:- 3:-");
	assert_int_equal(once(d), 0);
	assert_int_equal(d->w->n_alarms, 0);
}

/* A process of its own, which ends as by kill -9 when so many messages are committed. */
static void be_killed_after(struct dovecot_world *d, int n)
{
	world_close_store(d->w);
	pid_t pid = fork();
	if (pid == 0) {
		struct rd_err err = { 0 };
		world_open_store(d->w, 0);
		d->w->exit_when_accepted = n;
		(void)!try_once(d, &err);
		_exit(0);
	}
	int status = 0;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 9);
	world_open_store(d->w, 0);
}

static void a_kill_between_commit_and_mark_loses_no_mark(void **state)
{
	struct dovecot_world *d = *state;
	d->w->config.afterwards = RD_AFTER_KEYWORD;
	d->w->config.afterwards_word = "$Redress";
	dovecot(d, "append", "INBOX 3 400");
	be_killed_after(d, 3);
	assert_string_equal(dovecot(d, "flags", "INBOX"), "1:- 2:- 3:-");
	assert_int_equal(once(d), 0);
	assert_string_equal(dovecot(d, "flags", "INBOX"), "1:$Redress 2:$Redress 3:$Redress");
}

static void a_kill_in_the_middle_loses_no_mail(void **state)
{
	struct dovecot_world *d = *state;
	dovecot(d, "append", "INBOX 250 2000");
	be_killed_after(d, 60);
	once(d);
	struct rd_source_status *sources = NULL;
	struct rd_err err = { 0 };
	size_t n = 0;
	assert_int_equal(rd_source_list(d->w->db, d->w->arena, &sources, &n, &err), RD_OK);
	assert_int_equal(n, 1);
	assert_int_equal(sources[0].server_count, 250);
	assert_int_equal(sources[0].accepted, 250);
}

static void a_new_uidvalidity_is_walked_from_its_beginning(void **state)
{
	struct dovecot_world *d = *state;
	dovecot(d, "append", "INBOX 4 400");
	assert_int_equal(once(d), 4);
	dovecot(d, "renumber", "");
	dovecot(d, "append", "INBOX 1 400");
	assert_int_equal(once(d), 5);
	assert_non_null(strstr(d->w->warning, "UIDVALIDITY"));
	assert_int_equal(once(d), 0);
}

static void a_new_uidvalidity_brings_back_nothing_of_before_the_start(void **state)
{
	struct dovecot_world *d = *state;
	d->w->config.start_from = RD_START_NOW;
	dovecot(d, "append", "INBOX 5 400 01-Oct-2025 09:00:00 +0100");
	assert_int_equal(once(d), 0);
	dovecot(d, "append", "INBOX 2 400");
	assert_int_equal(once(d), 2);
	dovecot(d, "renumber", "");
	assert_int_equal(once(d), 2);
}

static void long_mails_are_stored_whole_and_cut_only_above_the_limit(void **state)
{
	static const struct {
		const char *why, *append;
		size_t bytes;
		bool cut;
	} rows[] = {
		{ "small", "INBOX 1 700", 700, false },
		{ "a byte less than a piece", "INBOX 1 524287", 524287, false },
		{ "a piece", "INBOX 1 524288", 524288, false },
		{ "a byte more", "INBOX 1 524289", 524289, false },
		{ "two pieces", "INBOX 1 1048576", 1048576, false },
		{ "photographs of mould", "INBOX 1 1900000", 1900000, false },
		{ "the limit", "INBOX 1 2000000", 2000000, false },
		{ "above the limit", "INBOX 1 2000001", 2000000, true },
		{ "far above the limit", "INBOX 1 9000000", 2000000, true },
		{ "small again", "INBOX 1 800", 800, false },
	};
	struct dovecot_world *d = *state;
	size_t n = sizeof rows / sizeof rows[0];
	d->w->config.size_limit_bytes = 2000000;
	for (size_t i = 0; i < n; i++)
		dovecot(d, "append", rows[i].append);
	assert_int_equal(once(d), n);
	bool seen[16] = { false };
	for (size_t i = 0; i < n; i++) {
		char hex[65];
		struct rd_message_row row = world_message(d->w, (int64_t)i + 1);
		size_t bytes = world_digest(d->w, row.id, hex);
		assert_in_range(row.uid, 1, n);
		if (bytes != rows[row.uid - 1].bytes || row.cut != rows[row.uid - 1].cut)
			fail_msg("%s: %zu bytes, cut %d", rows[row.uid - 1].why, bytes, row.cut);
		seen[row.uid] = true;
	}
	for (size_t i = 1; i <= n; i++)
		assert_true(seen[i]);
}

static void a_limit_below_a_piece_cuts_too(void **state)
{
	struct dovecot_world *d = *state;
	char hex[65];
	d->w->config.size_limit_bytes = 1000;
	dovecot(d, "append", "INBOX 1 1000");
	dovecot(d, "append", "INBOX 1 1001");
	dovecot(d, "append", "INBOX 1 700000");
	assert_int_equal(once(d), 3);
	for (int64_t id = 1; id <= 3; id++) {
		assert_int_equal(world_digest(d->w, id, hex), 1000);
		assert_int_equal(world_message(d->w, id).cut, id > 1);
	}
}

static void starttls_reaches_the_mailbox(void **state)
{
	struct dovecot_world *d = *state;
	d->w->config.security = RD_SECURITY_STARTTLS;
	d->w->config.port = (int)child_number(&d->dovecot, "plain");
	dovecot(d, "append", "INBOX 1 400");
	assert_int_equal(once(d), 1);
}

static void plain_text_serves_this_machine(void **state)
{
	struct dovecot_world *d = *state;
	d->w->config.security = RD_SECURITY_PLAIN;
	d->w->config.port = (int)child_number(&d->dovecot, "plain");
	dovecot(d, "append", "INBOX 1 400");
	assert_int_equal(once(d), 1);
}

static void an_authority_that_is_not_ours_is_refused(void **state)
{
	struct dovecot_world *d = *state;
	struct rd_err err = { 0 };
	d->w->config.ca_file = d->w->other_ca;
	assert_int_equal(try_once(d, &err), RD_E_REFUSED);
	d->w->config.security = RD_SECURITY_STARTTLS;
	d->w->config.port = (int)child_number(&d->dovecot, "plain");
	assert_int_equal(try_once(d, &err), RD_E_REFUSED);
	assert_non_null(strstr(err.msg, "certificate"));
}

static void a_wrong_password_says_what_to_check(void **state)
{
	struct dovecot_world *d = *state;
	struct rd_err err = { 0 };
	d->w->config.password.name = d->w->ca; /* a file that holds something else */
	assert_int_not_equal(try_once(d, &err), RD_OK);
	char path[160];
	snprintf(path, sizeof path, "%s/wrong", d->w->dir);
	FILE *file = fopen(path, "we");
	fputs("not \"it\\\n", file);
	fclose(file);
	chmod(path, 0600);
	d->w->config.password.name = path;
	assert_int_equal(try_once(d, &err), RD_E_REFUSED);
	assert_non_null(strstr(err.msg, "`Password:`"));
	assert_null(strstr(err.msg, "not \"it"));
}

static void a_missing_folder_is_named(void **state)
{
	struct dovecot_world *d = *state;
	struct rd_err err = { 0 };
	d->w->config.folder = "Nowhere";
	assert_int_equal(try_once(d, &err), RD_E_REFUSED);
	assert_non_null(strstr(err.msg, "open the folder"));
}

static void a_full_store_leaves_the_mailbox_as_it_is(void **state)
{
	struct dovecot_world *d = *state;
	struct rd_err err = { 0 };
	d->w->config.afterwards = RD_AFTER_KEYWORD;
	d->w->config.afterwards_word = "$Redress";
	dovecot(d, "append", "INBOX 3 3000000");
	world_close_store(d->w);
	world_open_store(d->w, 400);
	assert_int_not_equal(try_once(d, &err), RD_OK);
	assert_string_equal(dovecot(d, "flags", "INBOX"), "1:- 2:- 3:-");
	world_close_store(d->w);
	world_open_store(d->w, 0);
	assert_int_equal(once(d), 3);
	assert_string_equal(dovecot(d, "flags", "INBOX"), "1:$Redress 2:$Redress 3:$Redress");
}

static void body(struct rd_thread *self, void *context)
{
	struct intake_world *w = context;
	rd_imap_run(self, &w->source, NULL);
}

static void a_mail_is_taken_in_while_we_idle(void **state)
{
	struct dovecot_world *d = *state;
	struct rd_err err = { 0 };
	d->w->config.afterwards = RD_AFTER_KEYWORD;
	d->w->config.afterwards_word = "$Redress";
	assert_int_equal(
		rd_thread_start("mbox/homes", body, d->w, 0, 0, &d->w->thread, &err), RD_OK);
	world_await(d->w, &d->w->n_success, 1);
	dovecot(d, "append", "INBOX 1 400");
	world_await(d->w, &d->w->n_accepted, 1);
	world_await(d->w, &d->w->n_success, 2);
	dovecot(d, "append", "INBOX 2 400");
	world_await(d->w, &d->w->n_accepted, 3);
	stop(state); /* out of an idle of nine minutes, which the test has not got */
	assert_int_equal(d->w->n_warnings, 0);
}

static void a_busy_mailbox_keeps_memory_flat(void **state)
{
	struct dovecot_world *d = *state;
	dovecot(d, "fill", "300 25000");
	assert_int_equal(once(d), 300);
	long before = measure_peak_kib();
	dovecot(d, "renumber", "");
	dovecot(d, "fill", "3000 25000");
	once(d);
	long after = measure_peak_kib();
	if (after > before * 12 / 10 * MEASURE_SLACK)
		fail_msg("%ld KiB, then %ld", before, after);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fresh, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(mails_that_staff_have_read_come_in_too),
		CASE(reading_leaves_no_trace_in_the_mailbox),
		CASE(nothing_comes_twice),
		CASE(internaldate_is_the_time_of_receipt),
		CASE(start_from_now_leaves_what_was_there),
		CASE(start_from_a_day_takes_that_day_and_later),
		CASE(start_from_now_on_an_empty_mailbox),
		CASE(a_keyword_is_set_after_the_commit),
		CASE(mails_are_moved_to_a_folder_that_is_made_for_them),
		CASE(a_kill_between_commit_and_mark_loses_no_mark),
		CASE(a_kill_in_the_middle_loses_no_mail),
		CASE(a_new_uidvalidity_is_walked_from_its_beginning),
		CASE(a_new_uidvalidity_brings_back_nothing_of_before_the_start),
		CASE(long_mails_are_stored_whole_and_cut_only_above_the_limit),
		CASE(a_limit_below_a_piece_cuts_too),
		CASE(starttls_reaches_the_mailbox),
		CASE(plain_text_serves_this_machine),
		CASE(an_authority_that_is_not_ours_is_refused),
		CASE(a_wrong_password_says_what_to_check),
		CASE(a_missing_folder_is_named),
		CASE(a_full_store_leaves_the_mailbox_as_it_is),
		CASE(a_mail_is_taken_in_while_we_idle),
		CASE(a_busy_mailbox_keeps_memory_flat),
	};
	return cmocka_run_group_tests(tests, make, drop);
}

#include "support/intake_world.h"

#include <fcntl.h>
#include <sys/time.h>

#include "redress/base/date.h"
#include "redress/intake/maildir.h"
#include "redress/intake/maildir_file.h"
#include "support/slow_store.h"

#define MAIL "From: r@example.com\nSubject: The tap drips\n\nIt drips.\n"

struct maildir_world {
	struct intake_world *w;
	char path[128];
};

static int make(void **state)
{
	struct maildir_world *m = calloc(1, sizeof *m);
	m->w = world_new("maildir");
	*state = m;
	return 0;
}

static int drop(void **state)
{
	struct maildir_world *m = *state;
	world_free(m->w);
	free(m);
	return 0;
}

static void make_dir(const struct maildir_world *m, const char *name)
{
	char path[200];
	snprintf(path, sizeof path, "%s/%s", m->path, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

static int fresh(void **state)
{
	struct maildir_world *m = *state;
	world_reset(m->w);
	snprintf(m->path, sizeof m->path, "%s/Mail", m->w->dir);
	folder_remove(m->path);
	make_dir(m, "");
	make_dir(m, "new");
	make_dir(m, "cur");
	make_dir(m, "tmp");
	m->w->config.kind = RD_MAILBOX_MAILDIR;
	m->w->config.path = m->path;
	return 0;
}

static int stop(void **state)
{
	struct maildir_world *m = *state;
	rd_thread_join(m->w->thread);
	m->w->thread = NULL;
	return 0;
}

static void path_of(const struct maildir_world *m, const char *name, char out[static 300])
{
	snprintf(out, 300, "%s/%s", m->path, name);
}

/* As a delivery agent does: written in tmp/, renamed into place. */
static void deliver(const struct maildir_world *m, const char *name, const char *text, size_t len)
{
	char from[300], to[300];
	path_of(m, "tmp/being-written", from);
	path_of(m, name, to);
	FILE *file = fopen(from, "we");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	fclose(file);
	assert_int_equal(rename(from, to), 0);
}

static void deliver_mail(const struct maildir_world *m, const char *name)
{
	deliver(m, name, MAIL, sizeof MAIL - 1);
}

static bool exists(const struct maildir_world *m, const char *name)
{
	char path[300];
	struct stat st;
	path_of(m, name, path);
	return lstat(path, &st) == 0;
}

static size_t once(struct maildir_world *m)
{
	struct rd_err err = { 0 };
	size_t before = m->w->n_accepted;
	if (rd_maildir_once(&m->w->source, &err) != RD_OK)
		fail_msg("%s", err.msg);
	return m->w->n_accepted - before;
}

static void mails_of_new_and_cur_come_in_once(void **state)
{
	struct maildir_world *m = *state;
	char hex[65];
	deliver_mail(m, "new/1.a.host");
	deliver_mail(m, "cur/2.b.host:2,S");
	assert_int_equal(once(m), 2);
	assert_int_equal(once(m), 0);
	assert_int_equal(world_digest(m->w, 1, hex), sizeof MAIL - 1);
	assert_true(exists(m, "new/1.a.host") && exists(m, "cur/2.b.host:2,S"));
}

static void a_mail_that_its_reader_moves_is_the_same(void **state)
{
	struct maildir_world *m = *state;
	char from[300], to[300];
	deliver_mail(m, "new/1.a.host");
	assert_int_equal(once(m), 1);
	path_of(m, "new/1.a.host", from);
	path_of(m, "cur/1.a.host:2,RS", to);
	assert_int_equal(rename(from, to), 0);
	assert_int_equal(once(m), 0);
}

static void mtime_is_the_time_of_receipt(void **state)
{
	struct maildir_world *m = *state;
	char path[300];
	struct rd_err err = { 0 };
	int64_t instant = 0;
	assert_int_equal(rd_instant_parse("2026-10-01T23:30:00+01:00", &instant, &err), RD_OK);
	struct timespec times[2] = { { instant / 1000, 0 }, { instant / 1000, 0 } };
	deliver_mail(m, "new/1.a.host");
	path_of(m, "new/1.a.host", path);
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	assert_int_equal(once(m), 1);
	assert_int_equal(world_message(m->w, 1).received_ms, instant);
}

static void what_is_no_mail_is_passed_over(void **state)
{
	struct maildir_world *m = *state;
	char path[300];
	deliver_mail(m, "new/.hidden");
	make_dir(m, "new/folder");
	path_of(m, "new/link", path);
	assert_int_equal(symlink(m->w->secret, path), 0);
	path_of(m, "new/pipe", path);
	assert_int_equal(mkfifo(path, 0600), 0);
	deliver_mail(m, "new/1.a.host");
	assert_int_equal(once(m), 1);
	assert_int_equal(m->w->n_warnings, 0);
}

static void start_from_now_leaves_what_was_there_and_nothing_else(void **state)
{
	struct maildir_world *m = *state;
	char path[300];
	struct timespec old[2] = { { 1600000000, 0 }, { 1600000000, 0 } };
	m->w->config.start_from = RD_START_NOW;
	deliver_mail(m, "new/1.a.host");
	deliver_mail(m, "cur/2.a.host:2,S");
	assert_int_equal(once(m), 0);
	deliver_mail(m, "new/3.a.host");
	path_of(m, "new/3.a.host", path);
	assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0); /* put here with its old date */
	assert_int_equal(once(m), 1);
}

static void start_from_a_day_leaves_what_is_older(void **state)
{
	struct maildir_world *m = *state;
	char path[300];
	struct timespec old[2] = { { 1600000000, 0 }, { 1600000000, 0 } };
	m->w->config.start_from = RD_START_DAY;
	m->w->config.start_day = (struct rd_date){ 2024, 1, 1 };
	deliver_mail(m, "new/1.a.host");
	deliver_mail(m, "new/2.a.host");
	path_of(m, "new/1.a.host", path);
	assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
	assert_int_equal(once(m), 1);
}

static void mails_move_to_a_folder_after_the_commit(void **state)
{
	struct maildir_world *m = *state;
	m->w->config.afterwards = RD_AFTER_MOVE;
	m->w->config.afterwards_word = "Taken";
	deliver_mail(m, "new/1.a.host");
	deliver_mail(m, "cur/2.b.host:2,S");
	assert_int_equal(once(m), 2);
	assert_true(exists(m, ".Taken/cur/1.a.host:2,") && exists(m, ".Taken/cur/2.b.host:2,S"));
	assert_false(exists(m, "new/1.a.host") || exists(m, "cur/2.b.host:2,S"));
	assert_int_equal(once(m), 0);
}

static void a_kill_between_commit_and_move_loses_no_move(void **state)
{
	struct maildir_world *m = *state;
	m->w->config.afterwards = RD_AFTER_MOVE;
	m->w->config.afterwards_word = "Taken";
	deliver_mail(m, "new/1.a.host");
	world_close_store(m->w);
	pid_t pid = fork();
	if (pid == 0) {
		struct rd_err err = { 0 };
		world_open_store(m->w, 0);
		m->w->exit_when_accepted = 1;
		(void)!rd_maildir_once(&m->w->source, &err);
		_exit(0);
	}
	int status = 0;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 9);
	world_open_store(m->w, 0);
	assert_true(exists(m, "new/1.a.host"));
	assert_int_equal(once(m), 0);
	assert_true(exists(m, ".Taken/cur/1.a.host:2,"));
}

static void a_keyword_is_warned_of_once_and_nothing_is_done(void **state)
{
	struct maildir_world *m = *state;
	m->w->config.afterwards = RD_AFTER_KEYWORD;
	m->w->config.afterwards_word = "$Redress";
	deliver_mail(m, "new/1.a.host");
	assert_int_equal(once(m), 1);
	assert_int_equal(m->w->n_warnings, 1);
	assert_true(exists(m, "new/1.a.host"));
}

static void a_folder_that_leads_elsewhere_is_refused(void **state)
{
	struct maildir_world *m = *state;
	struct rd_err err = { 0 };
	m->w->config.afterwards = RD_AFTER_MOVE;
	m->w->config.afterwards_word = "../elsewhere";
	deliver_mail(m, "new/1.a.host");
	assert_int_equal(rd_maildir_once(&m->w->source, &err), RD_E_INPUT);
	assert_true(exists(m, "new/1.a.host"));
}

static void a_long_mail_is_whole_and_a_longer_one_cut(void **state)
{
	struct maildir_world *m = *state;
	size_t len = 6u << 20;
	char hex[65];
	char *text = malloc(len);
	memset(text, 'x', len);
	memcpy(text, MAIL, sizeof MAIL - 1);
	deliver(m, "new/1.a.host", text, len);
	assert_int_equal(once(m), 1);
	assert_int_equal(world_digest(m->w, 1, hex), len);
	assert_false(world_message(m->w, 1).cut);
	m->w->config.size_limit_bytes = len - 1;
	deliver(m, "new/2.a.host", text, len);
	free(text);
	assert_int_equal(once(m), 1);
	assert_int_equal(world_digest(m->w, 2, hex), len - 1);
	assert_true(world_message(m->w, 2).cut);
}

/* Long settled, so that one look takes them all. */
static void deliver_settled(const struct maildir_world *m, int n, const char *kind)
{
	struct timespec old[2] = { { 1600000000, 0 }, { 1600000000, 0 } };
	char name[64], path[300];
	for (int i = 0; i < n; i++) {
		snprintf(name, sizeof name, "new/%s%d.a.host", kind, i);
		deliver_mail(m, name);
		path_of(m, name, path);
		assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
	}
}

static void a_transaction_ends_at_100_mails_or_when_its_50_ms_are_up(void **state)
{
	struct maildir_world *m = *state;
	deliver_settled(m, 250, "quick");
	slow_store_begin("message", SQLITE_INSERT, 0);
	assert_int_equal(once(m), 250);
	assert_int_equal(slow_store_end(), 100);
	deliver_settled(m, 20, "slow");
	slow_store_begin("message", SQLITE_INSERT, 50);
	assert_int_equal(once(m), 20);
	assert_int_equal(slow_store_end(), 1);
}

static void a_missing_maildir_is_named(void **state)
{
	struct maildir_world *m = *state;
	struct rd_err err = { 0 };
	m->w->config.path = "/nowhere/Mail";
	assert_int_equal(rd_maildir_once(&m->w->source, &err), RD_E_MISSING);
	assert_non_null(strstr(err.msg, "/nowhere/Mail"));
}

static void body(struct rd_thread *self, void *context)
{
	struct intake_world *w = context;
	rd_maildir_run(self, &w->source);
}

static void a_mail_dropped_in_is_seen_at_once(void **state)
{
	struct maildir_world *m = *state;
	struct rd_err err = { 0 };
	char path[300], target[300];
	assert_int_equal(
		rd_thread_start("mbox/homes", body, m->w, 0, 0, &m->w->thread, &err), RD_OK);
	world_await(m->w, &m->w->n_success, 1);
	deliver_mail(m, "new/1.a.host"); /* by rename */
	world_await(m->w, &m->w->n_accepted, 1);
	path_of(m, "tmp/2.a.host", path);
	path_of(m, "new/2.a.host", target);
	deliver_mail(m, "tmp/2.a.host");
	assert_int_equal(link(path, target), 0); /* by link */
	world_await(m->w, &m->w->n_accepted, 2);
	FILE *file = fopen((path_of(m, "new/3.a.host", path), path), "we");
	fputs(MAIL, file); /* by hand, in two goes */
	fflush(file);
	fputs("And drips.\n", file);
	fclose(file);
	world_await(m->w, &m->w->n_accepted, 3);
	char hex[65];
	assert_int_equal(world_digest(m->w, 3, hex), sizeof MAIL - 1 + strlen("And drips.\n"));
	assert_int_equal(m->w->n_warnings, 0);
}

static void a_file_just_written_is_left_alone_for_a_moment(void **state)
{
	struct maildir_world *m = *state;
	struct rd_maildir_dirs dirs;
	struct rd_maildir_mail mail = { 0 };
	struct rd_err err = { 0 };
	enum rd_rc rc = RD_OK;
	int64_t until = rd_monotonic_ms() + WORLD_WAIT_MS;
	rd_maildir_init(&dirs);
	assert_int_equal(rd_maildir_open(&dirs, m->path, &err), RD_OK);
	assert_true(rd_maildir_identify(RD_MAILDIR_NEW, "1.a.host", &mail));
	while (rc == RD_OK && rd_monotonic_ms() < until) { /* a slow machine gets another go */
		deliver_mail(m, "new/1.a.host");
		rc = rd_maildir_read(&dirs, &mail, 0, &err);
		rd_maildir_mail_free(&mail);
	}
	rd_maildir_close(&dirs);
	assert_int_equal(rc, RD_E_AGAIN);
}

static void a_thousand_mails_come_in(void **state)
{
	struct maildir_world *m = *state;
	char name[64];
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof name, "new/%d.a.host", i);
		deliver_mail(m, name);
	}
	assert_int_equal(once(m), 1000);
	struct rd_source_status *sources = NULL;
	struct rd_err err = { 0 };
	size_t n = 0;
	assert_int_equal(rd_source_list(m->w->db, m->w->arena, &sources, &n, &err), RD_OK);
	assert_int_equal(sources[0].server_count, 1000);
	assert_int_equal(sources[0].accepted, 1000);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fresh, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(mails_of_new_and_cur_come_in_once),
		CASE(a_mail_that_its_reader_moves_is_the_same),
		CASE(mtime_is_the_time_of_receipt),
		CASE(what_is_no_mail_is_passed_over),
		CASE(start_from_now_leaves_what_was_there_and_nothing_else),
		CASE(start_from_a_day_leaves_what_is_older),
		CASE(mails_move_to_a_folder_after_the_commit),
		CASE(a_kill_between_commit_and_move_loses_no_move),
		CASE(a_keyword_is_warned_of_once_and_nothing_is_done),
		CASE(a_folder_that_leads_elsewhere_is_refused),
		CASE(a_long_mail_is_whole_and_a_longer_one_cut),
		CASE(a_transaction_ends_at_100_mails_or_when_its_50_ms_are_up),
		CASE(a_missing_maildir_is_named),
		CASE(a_mail_dropped_in_is_seen_at_once),
		CASE(a_file_just_written_is_left_alone_for_a_moment),
		CASE(a_thousand_mails_come_in),
	};
	slow_store_register();
	return cmocka_run_group_tests(tests, make, drop);
}

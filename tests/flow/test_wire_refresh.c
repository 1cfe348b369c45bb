/* Refresh tokens that the server changes with each answer: the last one is asked with, also after
 * a restart, whatever happens between. */
#include "support/store_world.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "redress/wire/oauth.h"
#include "redress/wire/providers/encode.h"
#include "redress/wire/refresh_token.h"
#include "support/receiver.h"

#define GIVES(token)                                                                               \
	"{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"refresh_token\":\"" token "\"}"

static struct {
	struct store_world *w;
	struct receiver receiver;
	char configured[160], secret[160], base[160], url[64];
	char kept[180], part[190]; /* of the token "first" */
	struct rd_oauth_config oauth;
} t;

static void put(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	fprintf(file, "%s\n", text);
	fclose(file);
	chmod(path, 0600);
}

/* What descends from each configured token has its file. */
static void kept_of(const char *configured, char path[static 180])
{
	char hash[RD_SHA256_HEX_SIZE];

	rd_sha256_hex(configured, strlen(configured), hash);
	snprintf(path, 180, "%s-%.8s", t.base, hash);
}

/* As if it had been written then. */
static void age(const char *path, time_t s)
{
	const struct timespec times[2] = { { .tv_sec = s }, { .tv_sec = s } };

	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static bool is_kept(const char *configured)
{
	char path[180];

	kept_of(configured, path);
	return access(path, F_OK) == 0;
}

static void begin(struct store_world *w, const char *const *script)
{
	memset(&t, 0, sizeof t);
	t.w = w;
	receiver_start(&t.receiver, script);
	snprintf(t.url, sizeof t.url, "http://127.0.0.1:%d/token", t.receiver.port);
	snprintf(t.configured, sizeof t.configured, "%s/configured", w->dir);
	snprintf(t.secret, sizeof t.secret, "%s/secret", w->dir);
	snprintf(t.base, sizeof t.base, "%s/redress.db.refresh-m", w->dir);
	kept_of("first", t.kept);
	snprintf(t.part, sizeof t.part, "%s.part", t.kept);
	put(t.configured, "first");
	put(t.secret, "secret");
	t.oauth = (struct rd_oauth_config){ .name = "m",
		.kind = RD_OAUTH_OTHER,
		.client = "c",
		.tenant = "",
		.secret = { RD_SECRET_FILE, t.secret },
		.refresh_token = { RD_SECRET_FILE, t.configured },
		.certificate = "",
		.token_url = t.url,
		.scope = "",
		.ca_file = "",
		.refresh = rd_refresh_new(t.base) };
}

static void end(void)
{
	rd_refresh_free(t.oauth.refresh);
}

static void restart(void)
{
	rd_refresh_free(t.oauth.refresh);
	t.oauth.refresh = rd_refresh_new(t.base);
}

static enum rd_rc fetch(void)
{
	struct rd_oauth_grant grant = { .life_s = 0 };

	return rd_oauth_fetch(&t.oauth, "homes@example.org", NOW_MS, NULL, &grant, &t.w->err);
}

static void asked_with(size_t request, const char *token)
{
	const char *body = receiver_body(t.receiver.requests[request]);
	const char *found = strstr(body, "&refresh_token=");

	assert_non_null(found);
	assert_string_equal(found + 15, token);
}

static void the_last_one_is_asked_with_also_after_a_restart(void **state)
{
	static const char *const script[] = { GIVES("second"), GIVES("third"), GIVES("third"),
		"{\"access_token\":\"a\"}", NULL };
	struct store_world *w = *state;
	struct stat st;

	begin(w, script);
	OK(fetch());
	OK(fetch());
	restart();
	OK(fetch());
	restart();
	OK(fetch());
	receiver_stop(&t.receiver);
	asked_with(0, "first");
	asked_with(1, "second");
	asked_with(2, "third");
	asked_with(3, "third");
	assert_int_equal(stat(t.kept, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_not_equal(access(t.part, F_OK), 0);
	end();
}

static void one_that_never_changes_is_kept_nowhere(void **state)
{
	static const char *const script[] = { GIVES("first"), "{\"access_token\":\"a\"}", NULL };
	struct store_world *w = *state;

	begin(w, script);
	OK(fetch());
	OK(fetch());
	receiver_stop(&t.receiver);
	assert_int_not_equal(access(t.kept, F_OK), 0);
	end();
}

static void a_new_one_of_the_administrators_counts(void **state)
{
	static const char *const script[] = { GIVES("second"), "{\"access_token\":\"a\"}",
		"{\"access_token\":\"a\"}", NULL };
	struct store_world *w = *state;

	begin(w, script);
	OK(fetch());
	put(t.configured, "fresh");
	OK(fetch());
	assert_false(is_kept("fresh"));
	restart();
	OK(fetch());
	receiver_stop(&t.receiver);
	asked_with(1, "fresh");
	asked_with(2, "fresh");
	end();
}

/* redressd has the credential that stood at its start until it is started anew; redressctl has the
 * one that the administrator has put there meanwhile. */
static void each_that_is_configured_somewhere_keeps_its_own(void **state)
{
	static const char *const script[] = { GIVES("first-2"), GIVES("fresh-2"), GIVES("first-3"),
		GIVES("fresh-3"), "400", "{\"access_token\":\"a\"}", NULL };
	struct store_world *w = *state;

	begin(w, script);
	OK(fetch());
	put(t.configured, "fresh");
	restart();
	OK(fetch()); /* connect */
	put(t.configured, "first");
	restart();
	OK(fetch()); /* redressd, which nobody has started anew */
	put(t.configured, "fresh");
	restart();
	OK(fetch());
	put(t.configured, "fre"); /* by an editor, half */
	assert_int_not_equal(fetch(), RD_OK);
	put(t.configured, "fresh");
	OK(fetch());
	receiver_stop(&t.receiver);
	asked_with(1, "fresh");
	asked_with(2, "first-2");
	asked_with(3, "fresh-2");
	asked_with(4, "fre");
	asked_with(5, "fresh-3");
	end();
}

static void of_those_that_count_no_more_a_few_are_left(void **state)
{
	static const char *const script[] = { GIVES("0"), GIVES("1"), GIVES("2"), GIVES("3"),
		GIVES("4"), NULL };
	static const char *const names[] = { "first", "one", "two", "three", "four" };
	static const char *const others[] = { "-0123456", "-0123456g", "-01234567.part",
		"-01234567-89abcdef", "e-01234567" };
	struct store_world *w = *state;
	char path[180];

	begin(w, script);
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		snprintf(path, sizeof path, "%s%s", t.base, others[i]);
		put(path, "another's");
		age(path, 1);
	}
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		put(t.configured, names[i]);
		OK(fetch());
		kept_of(names[i], path);
		/* The first has been used again since. */
		age(path, i == 0 ? 90 : 10 + (time_t)i);
	}
	receiver_stop(&t.receiver);
	assert_true(is_kept("first"));
	assert_false(is_kept("one"));
	assert_true(is_kept("two"));
	assert_true(is_kept("three"));
	assert_true(is_kept("four"));
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		snprintf(path, sizeof path, "%s%s", t.base, others[i]);
		assert_int_equal(access(path, F_OK), 0);
	}
	end();
}

static void a_new_one_is_kept_whatever_else_the_answer_lacks(void **state)
{
	static const char *const script[] = {
		"{\"access_token\":\"a b\",\"refresh_token\":\"second\"}",
		"{\"access_token\":\"a\",\"token_type\":\"mac\",\"refresh_token\":\"third\"}",
		"{\"access_token\":\"a\"}", NULL
	};
	struct store_world *w = *state;

	begin(w, script);
	assert_int_equal(fetch(), RD_E_REFUSED);
	assert_int_equal(fetch(), RD_E_REFUSED);
	assert_non_null(strstr(w->err.msg, "another type than Bearer"));
	restart();
	OK(fetch());
	receiver_stop(&t.receiver);
	asked_with(1, "second");
	asked_with(2, "third");
	end();
}

static void what_cannot_be_written_is_not_lost(void **state)
{
	static const char *const script[] = { GIVES("second"), GIVES("third"), NULL };
	struct store_world *w = *state;
	char inside[200];

	begin(w, script);
	snprintf(inside, sizeof inside, "%s/full", t.part);
	assert_int_equal(mkdir(t.part, 0700), 0);
	assert_int_equal(mkdir(inside, 0700), 0);
	assert_int_equal(fetch(), RD_E_AGAIN);
	assert_non_null(strstr(w->err.msg, "cannot be written"));
	assert_null(strstr(w->err.msg, "second"));
	/* Nothing is asked before it is: the next answer would be lost too. */
	assert_int_equal(fetch(), RD_E_AGAIN);
	assert_int_equal(rmdir(inside), 0);
	assert_int_equal(rmdir(t.part), 0);
	OK(fetch());
	receiver_stop(&t.receiver);
	assert_int_equal(t.receiver.n, 2);
	asked_with(1, "second");
	end();
}

static void a_kept_one_that_is_damaged_or_open_is_not_used(void **state)
{
	static const char *const damaged[] = { "", "\n", "\na\nb", "a", "\n\na" };
	static const char *const script[] = { GIVES("second"), NULL };
	struct store_world *w = *state;
	char hash[RD_SHA256_HEX_SIZE], text[RD_SHA256_HEX_SIZE + 8];

	begin(w, script);
	OK(fetch());
	chmod(t.kept, 0640);
	assert_int_equal(fetch(), RD_E_INPUT);
	assert_non_null(strstr(w->err.msg, "remove the file"));
	for (size_t i = 0; i < sizeof damaged / sizeof damaged[0]; i++) {
		rd_sha256_hex("first", strlen("first"), hash);
		snprintf(text, sizeof text, "%s%s", hash, damaged[i]);
		put(t.kept, text);
		assert_int_equal(fetch(), RD_E_INPUT);
	}
	/* Of another token, by chance or by hand. */
	hash[63] = hash[63] == '0' ? '1' : '0';
	snprintf(text, sizeof text, "%s\na", hash);
	put(t.kept, text);
	assert_int_equal(fetch(), RD_E_INPUT);
	put(t.kept, "abc");
	assert_int_equal(fetch(), RD_E_INPUT);
	receiver_stop(&t.receiver);
	assert_int_equal(t.receiver.n, 1);
	end();
}

/* As another process would. */
static int lock_of(const char *suffix)
{
	char path[180];

	snprintf(path, sizeof path, "%s%s", t.base, suffix);
	const int fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static void nobody_else_asks_meanwhile(void **state)
{
	struct store_world *w = *state;
	struct rd_secret token;
	struct stat st;

	begin(w, NULL);
	OK(rd_refresh_begin(t.oauth.refresh, &t.oauth.refresh_token, NULL, &token, &w->err));
	const int fd = lock_of(".lock");
	assert_int_not_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	rd_refresh_end(t.oauth.refresh);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	close(fd);
	receiver_stop(&t.receiver);
	end();
}

struct holding {
	int fd; /* given free when asked to stop for the second time */
	int asked;
	bool stops;
};

static bool stopping(void *context)
{
	struct holding *holding = context;

	if (++holding->asked == 2 && !holding->stops)
		flock(holding->fd, LOCK_UN);
	return holding->stops;
}

static void who_waits_is_asked_to_stop_and_does_not_wait_for_ever(void **state)
{
	struct store_world *w = *state;
	struct rd_secret token;
	struct holding holding = { .stops = true };
	const struct rd_token_stop stop = { stopping, &holding };

	begin(w, NULL);
	OK(rd_refresh_begin(t.oauth.refresh, &t.oauth.refresh_token, &stop, &token, &w->err));
	/* A thread of ours has it. */
	assert_int_equal(
		rd_refresh_begin(t.oauth.refresh, &t.oauth.refresh_token, &stop, &token, &w->err),
		RD_E_AGAIN);
	assert_int_equal(holding.asked, 1);
	rd_refresh_end(t.oauth.refresh);
	/* Another process has it. */
	holding.fd = lock_of(".lock");
	assert_int_equal(flock(holding.fd, LOCK_EX | LOCK_NB), 0);
	assert_int_equal(
		rd_refresh_begin(t.oauth.refresh, &t.oauth.refresh_token, &stop, &token, &w->err),
		RD_E_AGAIN);
	assert_int_equal(holding.asked, 2);
	rd_refresh_set_wait(t.oauth.refresh, 0);
	assert_int_equal(fetch(), RD_E_AGAIN);
	assert_non_null(strstr(w->err.msg, "does not come to an end"));
	/* And gives it free. */
	holding = (struct holding){ .fd = holding.fd };
	rd_refresh_set_wait(t.oauth.refresh, RD_REFRESH_WAIT_MS);
	OK(rd_refresh_begin(t.oauth.refresh, &t.oauth.refresh_token, &stop, &token, &w->err));
	assert_string_equal(token.text, "first");
	rd_refresh_end(t.oauth.refresh);
	close(holding.fd);
	receiver_stop(&t.receiver);
	assert_int_equal(t.receiver.n, 0);
	end();
}

static void a_lock_that_leads_elsewhere_is_not_followed(void **state)
{
	struct store_world *w = *state;
	char path[180];

	begin(w, NULL);
	snprintf(path, sizeof path, "%s.lock", t.base);
	assert_int_equal(symlink(t.kept, path), 0);
	assert_int_equal(fetch(), RD_E_INPUT);
	assert_int_not_equal(access(t.kept, F_OK), 0);
	assert_int_equal(unlink(path), 0);
	put(path, "not ours");
	assert_int_equal(fetch(), RD_E_INPUT);
	assert_non_null(strstr(w->err.msg, "refresh-m.lock: not the empty file"));
	receiver_stop(&t.receiver);
	assert_int_equal(t.receiver.n, 0);
	end();
}

static void a_folder_that_is_not_there_is_said_before_anybody_is_asked(void **state)
{
	struct store_world *w = *state;

	begin(w, NULL);
	rd_refresh_free(t.oauth.refresh);
	t.oauth.refresh = rd_refresh_new("/nowhere/at/all/redress.db.refresh-m");
	assert_int_equal(fetch(), RD_E_INPUT);
	assert_non_null(strstr(w->err.msg, "/nowhere/at/all: "));
	receiver_stop(&t.receiver);
	assert_int_equal(t.receiver.n, 0);
	end();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_last_one_is_asked_with_also_after_a_restart),
		TEST(one_that_never_changes_is_kept_nowhere),
		TEST(a_new_one_of_the_administrators_counts),
		TEST(each_that_is_configured_somewhere_keeps_its_own),
		TEST(of_those_that_count_no_more_a_few_are_left),
		TEST(a_new_one_is_kept_whatever_else_the_answer_lacks),
		TEST(what_cannot_be_written_is_not_lost),
		TEST(a_kept_one_that_is_damaged_or_open_is_not_used),
		TEST(nobody_else_asks_meanwhile),
		TEST(who_waits_is_asked_to_stop_and_does_not_wait_for_ever),
		TEST(a_lock_that_leads_elsewhere_is_not_followed),
		TEST(a_folder_that_is_not_there_is_said_before_anybody_is_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Refresh tokens that the server changes with each answer: the last one is asked with, also after
 * a restart, whatever happens between. */
#include "support/store_world.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "redress/wire/oauth.h"
#include "redress/wire/refresh_token.h"
#include "support/receiver.h"

#define GIVES(token)                                                                               \
	"{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"refresh_token\":\"" token "\"}"

static struct {
	struct store_world *w;
	struct receiver receiver;
	char configured[160], secret[160], kept[160], part[170], url[64];
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

static void begin(struct store_world *w, const char *const *script)
{
	memset(&t, 0, sizeof t);
	t.w = w;
	receiver_start(&t.receiver, script);
	snprintf(t.url, sizeof t.url, "http://127.0.0.1:%d/token", t.receiver.port);
	snprintf(t.configured, sizeof t.configured, "%s/configured", w->dir);
	snprintf(t.secret, sizeof t.secret, "%s/secret", w->dir);
	snprintf(t.kept, sizeof t.kept, "%s/redress.db.refresh-m", w->dir);
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
		.refresh = rd_refresh_new(t.kept) };
}

static void end(void)
{
	rd_refresh_free(t.oauth.refresh);
}

static void restart(void)
{
	rd_refresh_free(t.oauth.refresh);
	t.oauth.refresh = rd_refresh_new(t.kept);
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
	assert_int_not_equal(access(t.kept, F_OK), 0);
	restart();
	OK(fetch());
	receiver_stop(&t.receiver);
	asked_with(1, "fresh");
	asked_with(2, "fresh");
	end();
}

static void what_cannot_be_written_is_not_lost(void **state)
{
	static const char *const script[] = { GIVES("second"), GIVES("third"), NULL };
	struct store_world *w = *state;
	char inside[180];

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
	static const char *const damaged[] = { "", "abc", "second",
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0000000000000000000000000000000000000000000000000000000000000000\na\nb" };
	static const char *const script[] = { GIVES("second"), NULL };
	struct store_world *w = *state;

	begin(w, script);
	OK(fetch());
	chmod(t.kept, 0640);
	assert_int_equal(fetch(), RD_E_INPUT);
	assert_non_null(strstr(w->err.msg, "remove the file"));
	for (size_t i = 0; i < sizeof damaged / sizeof damaged[0]; i++) {
		put(t.kept, damaged[i]);
		assert_int_equal(fetch(), RD_E_INPUT);
	}
	receiver_stop(&t.receiver);
	assert_int_equal(t.receiver.n, 1);
	end();
}

static void nobody_else_asks_meanwhile(void **state)
{
	struct store_world *w = *state;
	struct rd_secret token;

	begin(w, NULL);
	OK(rd_refresh_begin(t.oauth.refresh, &t.oauth.refresh_token, &token, &w->err));
	const int fd = open(w->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_not_equal(flock(fd, LOCK_EX | LOCK_NB), 0); /* as another process would */
	rd_refresh_end(t.oauth.refresh);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	close(fd);
	receiver_stop(&t.receiver);
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
		TEST(what_cannot_be_written_is_not_lost),
		TEST(a_kept_one_that_is_damaged_or_open_is_not_used),
		TEST(nobody_else_asks_meanwhile),
		TEST(a_folder_that_is_not_there_is_said_before_anybody_is_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Events of cases at one of the landlord's systems that plays slow, failing, throttling, moved,
 * gone and cut, then takes them. */
#include "support/store_world.h"

#include <stdio.h>
#include <sys/stat.h>

#include "redress/deliver/hook_message.h"
#include "redress/deliver/hooks.h"
#include "redress/store/audit.h"
#include "redress/wire/config.h"
#include "support/receiver.h"

#define SECRET	   "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define OLD_SECRET "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define TIMEOUT_MS 300

static struct {
	struct store_world *w;
	struct receiver receiver;
	int64_t now_ms;
	struct rd_clock clock;
	struct rd_hooks_calls calls;
	struct rd_config *config;
	struct rd_hooks *hooks;
	int n_told[RD_N_HOOKS_EVENTS];
	char detail[512];
} t;

static int64_t now_of(void *context)
{
	(void)context;
	return t.now_ms;
}

static void on_event(void *context, enum rd_hooks_event event, const char *hook, const char *detail,
	int64_t failing_since_ms)
{
	(void)context;
	(void)failing_since_ms;
	assert_string_equal(hook, "crm");
	t.n_told[event]++;
	snprintf(t.detail, sizeof t.detail, "%s", detail);
}

static void put_secret(const char *name, const char *secret, char path[static 128])
{
	snprintf(path, 128, "%s/%s", t.w->dir, name);
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	fprintf(file, "%s\n", secret);
	fclose(file);
	chmod(path, 0600);
}

/* more: further lines of the stanza */
static void begin(
	struct store_world *w, const char *const *script, const char *url_path, const char *more)
{
	char text[2048], secret[128];
	struct rd_err err = { 0 };

	memset(&t, 0, sizeof t);
	t.w = w;
	t.now_ms = NOW_MS;
	t.clock = (struct rd_clock){ .now_ms = now_of };
	t.calls = (struct rd_hooks_calls){ .on_event = on_event };
	receiver_start(&t.receiver, script);
	put_secret("secret", SECRET, secret);
	snprintf(text, sizeof text,
		"Gateway: front-desk\nState: /tmp/state\nLandlord: code-2024\n\n"
		"Mailbox: help\nKind: maildir\nPath: /tmp/help\n\n"
		"Outgoing: out\nKind: maildir\nPath: /tmp/out\nFrom: help@example.org\n\n"
		"Webhook: crm\nURL: http://127.0.0.1:%d%s\nSecret: file %s\n"
		"Allow internal: yes\n%s",
		t.receiver.port, url_path, secret, more);
	assert_int_equal(
		rd_config_parse("redress.conf", text, strlen(text), &t.config, &err), RD_OK);
	OK(rd_hooks_new(t.config, w->store, &t.clock, &t.calls, TIMEOUT_MS, &t.hooks, &w->err));
}

static void end(void)
{
	rd_hooks_free(t.hooks);
	rd_config_free(t.config);
}

static int64_t open_case(struct store_world *w, const char *landlord)
{
	const struct rd_case_new fresh = { .landlord = landlord,
		.kind = RD_COMPLAINT,
		.stage = RD_STAGE_1,
		.status = RD_STATUS_OPEN,
		.channel = RD_BY_EMAIL,
		.address = "resident@example.org",
		.name = "Pat Resident",
		.received_ms = NOW_MS,
		.opened_ms = NOW_MS,
		.outcome = "a new boiler",
		.subject = "no heating" };
	int64_t id;

	TX(rd_case_open(tx, &fresh, &id, &w->err));
	return id;
}

static void happen(struct store_world *w, int64_t case_id, const char *what)
{
	const struct rd_audit_row row = { .at_ms = t.now_ms,
		.actor = "ann",
		.actor_uid = 1000,
		.what = what,
		.case_id = case_id,
		.detail = "{}" };
	int64_t seq;

	TX(rd_audit_add(tx, &row, &seq, &w->err));
}

/* All that is due now. Returns when to come again. */
static int64_t run(void)
{
	struct store_world *w = t.w;
	int64_t next_ms = 0;
	bool did = true;

	while (did)
		OK(rd_hooks_step(t.hooks, &did, &next_ms, &w->err));
	return next_ms;
}

static struct rd_hook_row row_of(void)
{
	struct store_world *w = t.w;
	struct rd_hook_row row;

	OK(rd_hook_get(w->db, "crm", w->arena, &row, &w->err));
	return row;
}

static int64_t n_queued(void)
{
	struct store_world *w = t.w;
	int64_t queued, failed;

	OK(rd_hook_counts(w->db, "crm", &queued, &failed, &w->err));
	return queued;
}

static void header_is_signature(const char *request, const char *secret, size_t place)
{
	char id[64], timestamp[32], theirs[RD_HOOK_SIGNATURE_MAX], ours[RD_HOOK_SIGNATURE_MAX];
	struct rd_hook_key key;
	struct rd_err err = { 0 };
	const char *body = receiver_body(request);

	receiver_header(request, "webhook-id", id, sizeof id);
	receiver_header(request, "webhook-timestamp", timestamp, sizeof timestamp);
	receiver_header(request, "webhook-signature", theirs, sizeof theirs);
	assert_int_equal(rd_hook_key_read(secret, &key, &err), RD_OK);
	rd_hook_sign(&key, 1, id, strtoll(timestamp, NULL, 10), body, strlen(body), ours);
	const char *at = theirs;
	for (size_t i = 0; i < place; i++) {
		at = strchr(at, ' ');
		assert_non_null(at);
		at++;
	}
	assert_int_equal(strncmp(at, ours, strlen(ours)), 0);
}

static void an_event_arrives_signed_and_without_a_word_of_the_resident(void **state)
{
	struct store_world *w = *state;
	char text[128];

	begin(w, NULL, "/hook?key=1", "");
	const int64_t id = open_case(w, "code-2024");
	happen(w, id, "case_opened");
	happen(w, id, "noted");
	assert_int_equal(run(), 0);
	receiver_stop(&t.receiver);
	assert_int_equal(t.receiver.n, 1);
	const char *request = t.receiver.requests[0];
	assert_int_equal(strncmp(request, "POST /hook?key=1 HTTP/1.1\r\n", 27), 0);
	assert_string_equal(receiver_header(request, "Content-Type", text, sizeof text),
		"application/cloudevents+json; charset=utf-8");
	header_is_signature(request, SECRET, 0);
	assert_non_null(strstr(receiver_body(request), "\"type\":\"redress.case.opened\""));
	receiver_header(request, "webhook-id", text, sizeof text);
	assert_non_null(strstr(receiver_body(request), text));
	static const char *const never[] = { "resident", "Pat", "boiler", "heating",
		"example.org" };
	for (size_t i = 0; i < sizeof never / sizeof never[0]; i++)
		assert_null(strstr(receiver_body(request), never[i]));
	assert_int_equal(t.n_told[RD_HOOKS_TAKEN], 1);
	end();
}

/* Whatever it plays, the event arrives in the end, under one id, with a timestamp of each attempt.
 */
static void what_fails_is_tried_again_by_the_schedule(void **state)
{
	static const char *const script[] = { "500", "slow", "cut", "404", "429 3600", "301 /else",
		"502", NULL };
	static const int64_t waits_s[] = { 5, 300, 1800, 7200, 18000, 36000, 50400 };
	struct store_world *w = *state;
	char id[64], first_id[64], stamp[32], last_stamp[32] = "";

	begin(w, script, "/hook", "");
	happen(w, open_case(w, "code-2024"), "case_opened");
	for (size_t i = 0; i < 7; i++) {
		const int64_t next_ms = run();
		const int64_t wait_ms = next_ms - t.now_ms;
		assert_int_equal(n_queued(), 1);
		assert_in_range(wait_ms, waits_s[i] * 1000, waits_s[i] * 1200);
		t.now_ms = next_ms - 1;
		assert_int_equal(run(), next_ms); /* not a moment earlier */
		t.now_ms = next_ms;
	}
	assert_int_equal(run(), 0);
	receiver_stop(&t.receiver);
	assert_int_equal(t.receiver.n, 8);
	for (size_t i = 0; i < t.receiver.n; i++) {
		const char *request = t.receiver.requests[i];
		receiver_header(request, "webhook-id", id, sizeof id);
		receiver_header(request, "webhook-timestamp", stamp, sizeof stamp);
		if (i == 0)
			memcpy(first_id, id, sizeof id);
		assert_string_equal(id, first_id);
		assert_string_not_equal(stamp, last_stamp);
		memcpy(last_stamp, stamp, sizeof stamp);
		header_is_signature(request, SECRET, 0);
		assert_int_equal(strncmp(request, "POST /hook ", 11), 0);
		assert_string_equal(receiver_body(request), receiver_body(t.receiver.requests[0]));
	}
	assert_int_equal(t.n_told[RD_HOOKS_FAILED], 7);
	assert_int_equal(t.n_told[RD_HOOKS_TAKEN], 1);
	end();
}

static void retry_after_is_honoured_for_all_its_events(void **state)
{
	static const char *const script[] = { "429 7200", NULL };
	struct store_world *w = *state;

	begin(w, script, "/hook", "");
	const int64_t id = open_case(w, "code-2024");
	happen(w, id, "case_opened");
	happen(w, id, "assigned");
	/* The second one waits too, though it was never tried. */
	assert_int_equal(run(), NOW_MS + 7200 * 1000);
	t.now_ms += 7200 * 1000;
	assert_int_equal(run(), 0);
	receiver_stop(&t.receiver);
	assert_int_equal(t.receiver.n, 3);
	end();
}

/* A date is as good as seconds, and no wait is longer than a day. */
static void retry_after_may_be_a_date(void **state)
{
	static const char *const script[] = { "503 Fri, 31 Dec 2100 23:59:59 GMT", NULL };
	struct store_world *w = *state;

	begin(w, script, "/hook", "");
	happen(w, open_case(w, "code-2024"), "case_opened");
	assert_int_equal(run(), NOW_MS + 24 * 3600 * INT64_C(1000));
	receiver_stop(&t.receiver);
	end();
}

static void one_that_answers_410_is_called_no_more(void **state)
{
	static const char *const script[] = { "410", NULL };
	struct store_world *w = *state;

	begin(w, script, "/hook", "");
	const int64_t id = open_case(w, "code-2024");
	happen(w, id, "case_opened");
	run();
	assert_false(row_of().enabled);
	assert_string_equal(row_of().why, "HTTP 410");
	assert_int_equal(t.n_told[RD_HOOKS_DISABLED], 1);
	t.now_ms += 30 * 24 * 3600 * INT64_C(1000);
	happen(w, id, "assigned");
	run();
	/* A person enables it: nothing was lost. */
	TX(rd_hook_enable(tx, "crm", t.now_ms, &w->err));
	assert_int_equal(run(), 0);
	receiver_stop(&t.receiver);
	assert_int_equal(t.receiver.n, 3);
	assert_non_null(strstr(t.receiver.requests[1], "case.opened"));
	assert_non_null(strstr(t.receiver.requests[2], "case.assigned"));
	end();
}

static void one_that_takes_nothing_in_ten_attempts_is_dead(void **state)
{
	static const char *const script[] = { "400", "400", "400", "400", "400", "400", "400",
		"400", "400", "400", NULL };
	struct store_world *w = *state;
	int64_t queued, failed;

	begin(w, script, "/hook", "");
	happen(w, open_case(w, "code-2024"), "case_opened");
	for (int i = 0; i < 9; i++)
		t.now_ms = run();
	run();
	assert_false(row_of().enabled);
	assert_int_equal(t.n_told[RD_HOOKS_DISABLED], 1);
	OK(rd_hook_counts(w->db, "crm", &queued, &failed, &w->err));
	assert_int_equal(failed, 1);
	TX(rd_hook_enable(tx, "crm", t.now_ms, &w->err));
	run();
	receiver_stop(&t.receiver);
	assert_int_equal(t.receiver.n, 11);
	end();
}

/* An event that it cannot take does not end the others. */
static void one_event_given_up_leaves_the_hook_enabled(void **state)
{
	static const char *const script[] = { "400", "400", "400", "400", "400", "400", "400",
		"400", "400", "200", "400", NULL };
	struct store_world *w = *state;
	int64_t n = 0;

	begin(w, script, "/hook", "");
	const int64_t id = open_case(w, "code-2024");
	happen(w, id, "case_opened");
	for (int i = 0; i < 9; i++)
		t.now_ms = run();
	t.now_ms -= 1;
	happen(w, id, "assigned");
	run();
	t.now_ms += 1;
	run();
	assert_true(row_of().enabled);
	assert_int_equal(t.n_told[RD_HOOKS_GAVE_UP], 1);
	TX(rd_hook_resend(tx, "crm", 0, t.now_ms, &n, &w->err));
	assert_int_equal(n, 1);
	run();
	receiver_stop(&t.receiver);
	assert_non_null(strstr(t.receiver.requests[t.receiver.n - 1], "case.opened"));
	end();
}

static void an_internal_address_is_refused_by_what_it_resolves_to(void **state)
{
	struct store_world *w = *state;

	begin(w, NULL, "/hook", "");
	t.config->hooks[0].allow_internal = false;
	happen(w, open_case(w, "code-2024"), "case_opened");
	run();
	receiver_stop(&t.receiver);
	assert_int_equal(t.receiver.n, 0);
	assert_non_null(strstr(t.detail, "Allow internal"));
	assert_int_equal(n_queued(), 1);
	end();
}

static void only_the_events_and_the_landlord_of_the_stanza_are_told(void **state)
{
	struct store_world *w = *state;

	happen(w, open_case(w, "one-housing"), "closed"); /* before the hook's time */
	begin(w, NULL, "/hook", "Events: closed, opened\nLandlord: one-housing\n");
	const int64_t ours = open_case(w, "one-housing"), other = open_case(w, "code-2024");
	happen(w, ours, "case_opened");
	happen(w, ours, "assigned");
	happen(w, other, "case_opened");
	run();
	receiver_stop(&t.receiver);
	assert_int_equal(t.receiver.n, 1);
	assert_non_null(strstr(t.receiver.requests[0], "one-housing"));
	end();
}

static void what_waited_when_it_got_a_landlord_is_not_told(void **state)
{
	static const char *const script[] = { "500", NULL };
	struct store_world *w = *state;
	int64_t queued, failed;

	begin(w, script, "/hook", "");
	happen(w, open_case(w, "code-2024"), "case_opened");
	happen(w, open_case(w, "one-housing"), "case_opened");
	run();
	assert_int_equal(n_queued(), 2);
	t.config->hooks[0].landlord = "code-2024";
	t.now_ms += 60000;
	assert_int_equal(run(), 0);
	OK(rd_hook_counts(w->db, "crm", &queued, &failed, &w->err));
	assert_int_equal(queued + failed, 0);
	receiver_stop(&t.receiver);
	assert_int_equal(t.receiver.n, 2);
	for (size_t i = 0; i < t.receiver.n; i++)
		assert_null(strstr(t.receiver.requests[i], "one-housing"));
	end();
}

static void both_secrets_sign_and_one_that_is_missing_costs_no_attempt(void **state)
{
	struct store_world *w = *state;
	char path[128], line[256];

	t.w = w;
	snprintf(line, sizeof line, "Secret: file %s/old\n", w->dir);
	begin(w, NULL, "/hook", line);
	happen(w, open_case(w, "code-2024"), "case_opened");
	const int64_t next_ms = run();
	assert_int_equal(t.n_told[RD_HOOKS_TROUBLE], 1);
	assert_int_equal(next_ms, NOW_MS + 60000);
	put_secret("old", OLD_SECRET, path);
	t.now_ms = next_ms;
	assert_int_equal(run(), 0);
	receiver_stop(&t.receiver);
	assert_int_equal(t.receiver.n, 1);
	header_is_signature(t.receiver.requests[0], SECRET, 0);
	header_is_signature(t.receiver.requests[0], OLD_SECRET, 1);
	end();
}

static void once_tries_each_that_is_due_and_says_what_must_wait(void **state)
{
	static const char *const script[] = { "200", "404", NULL };
	struct store_world *w = *state;
	bool must_wait = false;

	begin(w, script, "/hook", "");
	const int64_t id = open_case(w, "code-2024");
	happen(w, id, "case_opened");
	happen(w, id, "assigned");
	happen(w, id, "closed");
	OK(rd_hooks_run_once(t.hooks, &must_wait, &w->err));
	assert_true(must_wait);
	t.now_ms += 10000;
	OK(rd_hooks_run_once(t.hooks, &must_wait, &w->err));
	assert_false(must_wait);
	receiver_stop(&t.receiver);
	assert_int_equal(t.receiver.n, 4);
	end();
}

static void a_stanza_that_comes_back_begins_anew(void **state)
{
	struct store_world *w = *state;
	bool did = true;
	int64_t next_ms;

	begin(w, NULL, "/hook", "");
	const int64_t id = open_case(w, "code-2024");
	rd_hooks_free(t.hooks);
	t.config->n_hooks = 0;
	OK(rd_hooks_new(t.config, w->store, &t.clock, &t.calls, 0, &t.hooks, &w->err));
	happen(w, id, "case_opened");
	OK(rd_hooks_step(t.hooks, &did, &next_ms, &w->err));
	assert_false(did);
	rd_hooks_free(t.hooks);
	t.config->n_hooks = 1;
	OK(rd_hooks_new(t.config, w->store, &t.clock, &t.calls, 0, &t.hooks, &w->err));
	happen(w, id, "assigned");
	run();
	receiver_stop(&t.receiver);
	assert_int_equal(t.receiver.n, 1);
	assert_non_null(strstr(t.receiver.requests[0], "case.assigned"));
	end();
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
		TEST(an_event_arrives_signed_and_without_a_word_of_the_resident),
		TEST(what_fails_is_tried_again_by_the_schedule),
		TEST(retry_after_is_honoured_for_all_its_events),
		TEST(retry_after_may_be_a_date),
		TEST(one_that_answers_410_is_called_no_more),
		TEST(one_that_takes_nothing_in_ten_attempts_is_dead),
		TEST(one_event_given_up_leaves_the_hook_enabled),
		TEST(an_internal_address_is_refused_by_what_it_resolves_to),
		TEST(only_the_events_and_the_landlord_of_the_stanza_are_told),
		TEST(what_waited_when_it_got_a_landlord_is_not_told),
		TEST(both_secrets_sign_and_one_that_is_missing_costs_no_attempt),
		TEST(once_tries_each_that_is_due_and_says_what_must_wait),
		TEST(a_stanza_that_comes_back_begins_anew),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

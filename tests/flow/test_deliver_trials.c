/* The landlord's own systems tried for a person, as `redressctl connect` does: each with one thing
 * wrong, and told in words that nothing else has. */
#include "support/store_world.h"

#include <stdio.h>
#include <sys/stat.h>

#include "redress/deliver/hook_try.h"
#include "redress/deliver/open311_try.h"
#include "redress/wire/config.h"
#include "support/receiver.h"

#define SECRET	   "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define OLD_SECRET "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define TIMEOUT_MS 300

static struct {
	struct store_world *w;
	struct receiver receiver;
	struct rd_config *config;
} t;

static void put(const char *name, const char *text)
{
	char path[128];

	snprintf(path, sizeof path, "%s/%s", t.w->dir, name);
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	fprintf(file, "%s\n", text);
	fclose(file);
	chmod(path, 0600);
}

/* more: further lines of the last stanza, which is the Open311 server's or, with hook, the
 * webhook's. */
static void begin(struct store_world *w, const char *const *script, bool hook, const char *more)
{
	char text[2048], stanza[1024];
	struct rd_err err = { 0 };

	memset(&t, 0, sizeof t);
	t.w = w;
	receiver_start(&t.receiver, script);
	put("new", SECRET);
	put("old", OLD_SECRET);
	put("key", "the-key");
	snprintf(stanza, sizeof stanza,
		hook ? "Webhook: crm\nURL: http://127.0.0.1:%d/hook\nSecret: file %s/new\n"
		     : "Open311: repairs\nURL: http://127.0.0.1:%d/v2\nAPI key: file %s/key\n"
		       "Service: a leak = PLUMB\nService: a tap = PLUMB\nDefault service: OTHER\n",
		t.receiver.port, w->dir);
	snprintf(text, sizeof text,
		"Gateway: front-desk\nState: /tmp/state\nLandlord: code-2024\n\n"
		"Mailbox: help\nKind: maildir\nPath: /tmp/help\n\n"
		"Outgoing: out\nKind: maildir\nPath: /tmp/out\nFrom: help@example.org\n\n"
		"%sAllow internal: yes\n%s",
		stanza, more);
	if (rd_config_parse("redress.conf", text, strlen(text), &t.config, &err) != RD_OK)
		fail_msg("%s", err.msg);
}

static void end(void)
{
	receiver_stop(&t.receiver);
	rd_config_free(t.config);
}

static void says(const struct rd_provider_findings *findings, const char *word)
{
	char all[8192] = "";
	size_t at = 0;

	for (size_t i = 0; i < findings->n; i++)
		at += (size_t)snprintf(all + at, sizeof all - at, "%s\n", findings->items[i]);
	if (word == NULL ? findings->n > 0 : strstr(all, word) == NULL)
		fail_msg("%s: %s", word ? word : "nothing", all);
}

/* --- a webhook --- */

static struct rd_hook_tried try_hook(void)
{
	struct store_world *const w = t.w;
	const struct rd_hook_trial trial = { .gateway = t.config->gateway,
		.id = "evt_1",
		.now_ms = NOW_MS,
		.timeout_ms = TIMEOUT_MS };
	struct rd_hook_tried tried;

	OK(rd_hook_try(&t.config->hooks[0], &trial, w->arena, &tried, &w->err));
	return tried;
}

static void a_signed_event_of_no_case_is_sent(void **state)
{
	static const char *const script[] = { "202", "401", NULL };
	struct store_world *w = *state;
	char id[64], signature[128];

	begin(w, script, true, "");
	const struct rd_hook_tried tried = try_hook();
	assert_true(tried.taken);
	assert_string_equal(tried.answer, "HTTP 202");
	says(&tried.faults, NULL);
	says(&tried.notes, NULL);
	receiver_stop(&t.receiver);
	const char *first = t.receiver.requests[0];
	assert_string_equal(receiver_body(first),
		"{\"specversion\":\"1.0\",\"id\":\"evt_1\",\"source\":\"/redress/front-desk\","
		"\"type\":\"redress.ping\",\"time\":\"2026-05-28T21:26:40+01:00\","
		"\"timestamp\":\"2026-05-28T21:26:40+01:00\","
		"\"datacontenttype\":\"application/json\",\"data\":{}}");
	struct rd_hook_key key;
	char right[RD_HOOK_SIGNATURE_MAX];
	OK(rd_hook_key_read(SECRET, &key, &w->err));
	rd_hook_sign(&key, 1, "evt_1", NOW_MS / 1000, receiver_body(first),
		strlen(receiver_body(first)), right);
	assert_string_equal(
		receiver_header(first, "webhook-signature", signature, sizeof signature), right);
	/* The second is another event: a system that drops repeats unread would take it. */
	assert_string_not_equal(
		receiver_header(t.receiver.requests[1], "webhook-id", id, sizeof id), "evt_1");
	rd_config_free(t.config);
}

static void what_is_wrong_with_a_webhook_is_said(void **state)
{
	static const struct {
		const char *why, *act, *says;
		bool may_pass;
	} rows[] = {
		{ "another secret", "401", "checks the signature with another secret", false },
		{ "another path", "404", "Check the path in `URL:`", false },
		{ "moved", "301 https://new.example.org/hook", "on to https://new.example.org/hook",
			false },
		{ "moved, with a word for the terminal", "301 https://\033[2Jnew.example.org/",
			"on to another place", false },
		{ "gone", "410", "then `redressctl hooks enable crm`", false },
		{ "another type", "415", "application/cloudevents+json", false },
		{ "throttled", "429 7", "takes no more for now", true },
		{ "broken", "500", "is in trouble", true },
		{ "cut off", "cut", "127.0.0.1", true },
		{ "slow", "slow", "no answer in time", true },
		{ "our clock", "400 Date: Thu, 28 May 2026 19:26:40 GMT", "60 minutes ahead of",
			false },
		{ "their clock", "400 Date: Thu, 28 May 2026 20:36:40 GMT", "10 minutes behind",
			false },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *const script[] = { rows[i].act, NULL };

		begin(*state, script, true, "");
		const struct rd_hook_tried tried = try_hook();
		if (tried.taken || tried.may_pass != rows[i].may_pass)
			fail_msg("%s: %s", rows[i].why, tried.answer);
		says(&tried.faults, rows[i].says);
		end();
	}
	/* Clocks that are nearly the same are not to blame. */
	static const char *const near[] = { "400 Date: Thu, 28 May 2026 20:24:40 GMT", NULL };
	begin(*state, near, true, "");
	assert_int_equal(try_hook().faults.n, 1);
	end();
}

static void a_webhook_that_leads_inside_says_so(void **state)
{
	begin(*state, NULL, true, "");
	t.config->hooks[0].allow_internal = false;
	const struct rd_hook_tried tried = try_hook();
	assert_false(tried.may_pass);
	says(&tried.faults, "say so with `Allow internal: yes`");
	end();
	assert_int_equal(t.receiver.n, 0);
}

static void a_webhook_that_checks_nothing_is_told_of(void **state)
{
	begin(*state, NULL, true, "");
	const struct rd_hook_tried tried = try_hook();
	assert_true(tried.taken);
	says(&tried.notes, "whose signature is not ours");
	end();
}

static void which_secret_is_known_while_they_change_is_said(void **state)
{
	static const char *const knows[] = { "200", "200", "401", NULL };
	static const char *const does_not[] = { "200", "401", "401", NULL };
	char more[200];

	snprintf(more, sizeof more, "Secret: file %s/old\n", ((struct store_world *)*state)->dir);
	begin(*state, knows, true, more);
	struct rd_hook_tried tried = try_hook();
	assert_int_equal(tried.notes.n, 1);
	says(&tried.notes, "take the old `Secret:` line out");
	end();
	begin(*state, does_not, true, more);
	tried = try_hook();
	assert_int_equal(tried.notes.n, 1);
	says(&tried.notes, "does not know the new one yet");
	end();
}

static void a_webhook_without_its_secret_is_not_called(void **state)
{
	struct store_world *w = *state;
	const struct rd_hook_trial trial = { "front-desk", "evt_1", NOW_MS, TIMEOUT_MS };
	struct rd_hook_tried tried;

	begin(w, NULL, true, "");
	put("new", "whsec_short");
	assert_int_equal(
		rd_hook_try(&t.config->hooks[0], &trial, w->arena, &tried, &w->err), RD_E_INPUT);
	assert_non_null(strstr(w->err.msg, "/new: "));
	end();
	assert_int_equal(t.receiver.n, 0);
}

/* --- an Open311 server --- */

#define SERVICES                                                                                   \
	"[{\"service_code\":\"OTHER\",\"metadata\":false,\"type\":\"realtime\"},"                  \
	"{\"service_code\":\"PLUMB\",\"metadata\":true,\"type\":\"batch\"}]"
#define ATTRIBUTES(more)                                                                           \
	"[{\"service_code\":\"PLUMB\",\"attributes\":[{\"code\":\"INFO\",\"variable\":false,"      \
	"\"required\":true},{\"code\":\"REF\",\"datatype\":\"string\",\"required\":false}" more    \
	"]}]"

static struct rd_open311_tried try_key(void)
{
	struct store_world *const w = t.w;
	struct rd_open311_tried tried;

	OK(rd_open311_try_key(&t.config->open311[0], TIMEOUT_MS, w->arena, &tried, &w->err));
	return tried;
}

static struct rd_open311_tried try_open311(void)
{
	struct store_world *const w = t.w;
	struct rd_open311_tried tried;

	OK(rd_open311_try(&t.config->open311[0], TIMEOUT_MS, w->arena, &tried, &w->err));
	return tried;
}

static void a_server_that_is_right_is_asked_for_nothing(void **state)
{
	static const char *const script[] = { SERVICES, ATTRIBUTES(""), NULL };

	begin(*state, script, false, "Jurisdiction: homes.example.org\n");
	const struct rd_open311_tried tried = try_open311();
	says(&tried.faults, NULL);
	says(&tried.notes, "The key was not tried here: `redressctl connect repairs --try-key`");
	receiver_stop(&t.receiver);
	assert_int_equal(t.receiver.n, 2);
	assert_non_null(strstr(t.receiver.requests[0],
		"GET /v2/services.json?jurisdiction_id=homes.example.org "));
	/* Both topics have one code, which is asked about once. */
	assert_non_null(strstr(t.receiver.requests[1], "GET /v2/services/PLUMB.json?"));
	for (size_t i = 0; i < t.receiver.n; i++)
		assert_null(strstr(t.receiver.requests[i], "the-key"));
	rd_config_free(t.config);
}

static void a_key_is_tried_where_a_person_wants_it(void **state)
{
	static const char *const script[] = { SERVICES, "400", NULL };

	begin(*state, script, false, "Jurisdiction: homes.example.org\n");
	put("key", "the&key");
	const struct rd_open311_tried tried = try_key();
	says(&tried.faults, NULL);
	says(&tried.notes, "the key was not refused");
	receiver_stop(&t.receiver);
	assert_int_equal(t.receiver.n, 2);
	assert_non_null(strstr(t.receiver.requests[1], "POST /v2/requests.json "));
	assert_string_equal(receiver_body(t.receiver.requests[1]),
		"api_key=the%26key&jurisdiction_id=homes.example.org");
	rd_config_free(t.config);
}

/* What has no list is no Open311 server: it is not shown the key. */
static void a_key_is_not_shown_to_something_else(void **state)
{
	static const char *const script[] = { "200", "404", NULL };

	begin(*state, script, false, "");
	const struct rd_open311_tried tried = try_key();
	says(&tried.faults, "There is no list of services at");
	receiver_stop(&t.receiver);
	for (size_t i = 0; i < t.receiver.n; i++)
		assert_null(strstr(t.receiver.requests[i], "the-key"));
	rd_config_free(t.config);
}

static void what_is_wrong_with_a_key_is_said(void **state)
{
	static const struct {
		const char *why, *script[3], *says;
		bool may_pass;
	} rows[] = {
		{ "refused", { SERVICES, "403" }, "does not take the key", false },
		{ "refused inside another answer",
			{ SERVICES, "[{\"code\":403,\"description\":\"api_key\"}]" },
			"does not take the key", false },
		{ "takes anything", { SERVICES, "201" }, "took a request", false },
		{ "cut off", { SERVICES, "cut" }, "127.0.0.1", true },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		begin(*state, rows[i].script, false, "");
		const struct rd_open311_tried tried = try_key();
		if (tried.may_pass != rows[i].may_pass || tried.faults.n != 1)
			fail_msg("%s: %zu faults", rows[i].why, tried.faults.n);
		says(&tried.faults, rows[i].says);
		end();
	}
}

static void what_is_wrong_with_a_server_is_said(void **state)
{
	static const struct {
		const char *why, *more, *script[5], *says;
		bool may_pass;
	} rows[] = {
		{ "a code that is not there", "Service: a door = DOOR\n",
			{ SERVICES, ATTRIBUTES("") }, "no service with the code DOOR", false },
		{ "a code written wrong", "Service: a drain = PLUMP\n",
			{ SERVICES, ATTRIBUTES("") }, "did you mean PLUMB?", false },
		{ "an attribute that must be given", "",
			{ SERVICES, ATTRIBUTES(",{\"code\":\"ROOM\",\"required\":true}") },
			"PLUMB cannot be asked for without ROOM", false },
		{ "our reference is no number", "Reference attribute: UPRN\n",
			{ SERVICES, ATTRIBUTES(",{\"code\":\"UPRN\",\"datatype\":\"number\"}") },
			"takes no words", false },
		{ "an attribute that it does not know", "Reference attribute: CASE\n",
			{ SERVICES, ATTRIBUTES("") }, "PLUMB has no attribute CASE", false },
		{ "another address", "",
			{ "404", "[{\"endpoints\":[{\"url\":\"https://right.example.org/v2\"}]}]" },
			"The server itself names https://right.example.org/v2", false },
		{ "a page", "", { "200", "404" }, "There is no list of services at", false },
		{ "a list of something else", "", { "[{\"a\":1}]", "404" },
			"There is no list of services at", false },
		{ "moved", "", { "301 https://new.example.org/v2" },
			"to https://new.example.org/v2", false },
		{ "shut", "", { "401" }, "does not even show", false },
		{ "throttled", "", { "429 7" }, "takes no more for now", true },
		{ "broken", "", { "500" }, "is in trouble", true },
		{ "cut off", "", { "cut" }, "127.0.0.1", true },
		{ "slow", "", { "slow" }, "no answer in time", true },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		begin(*state, rows[i].script, false, rows[i].more);
		const struct rd_open311_tried tried = try_open311();
		if (tried.may_pass != rows[i].may_pass || tried.faults.n != 1)
			fail_msg("%s: %zu faults", rows[i].why, tried.faults.n);
		says(&tried.faults, rows[i].says);
		end();
	}
}

static void a_service_that_never_tells_is_told_of(void **state)
{
	static const char *const script[] = {
		"[{\"service_code\":\"OTHER\",\"type\":\"blackbox\"},{\"service_code\":\"PLUMB\"}]",
		NULL
	};

	begin(*state, script, false, "");
	const struct rd_open311_tried tried = try_open311();
	says(&tried.faults, NULL);
	says(&tried.notes, "OTHER never tells");
	end();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_signed_event_of_no_case_is_sent),
		TEST(what_is_wrong_with_a_webhook_is_said),
		TEST(a_webhook_that_leads_inside_says_so),
		TEST(a_webhook_that_checks_nothing_is_told_of),
		TEST(which_secret_is_known_while_they_change_is_said),
		TEST(a_webhook_without_its_secret_is_not_called),
		TEST(a_server_that_is_right_is_asked_for_nothing),
		TEST(what_is_wrong_with_a_server_is_said),
		TEST(a_key_is_tried_where_a_person_wants_it),
		TEST(a_key_is_not_shown_to_something_else),
		TEST(what_is_wrong_with_a_key_is_said),
		TEST(a_service_that_never_tells_is_told_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

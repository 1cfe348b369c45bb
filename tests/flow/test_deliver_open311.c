/* Service requests handed on to an Open311 server that takes them, throttles, loses its answers,
 * gives tokens, refuses and closes. */
#include "support/store_world.h"

#include <stdio.h>
#include <sys/stat.h>

#include "redress/deliver/open311.h"
#include "redress/store/audit.h"
#include "redress/store/open311.h"
#include "redress/store/tasks.h"
#include "redress/wire/config.h"
#include "support/receiver.h"

#define TAKEN "[{\"service_request_id\":\"293944\",\"service_notice\":\"soon\"}]"
#define HOUR  (3600 * INT64_C(1000))

static struct {
	struct store_world *w;
	struct receiver receiver;
	int64_t now_ms;
	struct rd_clock clock;
	struct rd_open311_calls calls;
	struct rd_config *config;
	struct rd_open311 *open311;
	int n_told[RD_N_OPEN311_EVENTS];
} t;

static int64_t now_of(void *context)
{
	(void)context;
	return t.now_ms;
}

static void on_event(
	void *context, enum rd_open311_event event, const char *system, const char *detail)
{
	(void)context;
	(void)detail;
	assert_string_equal(system, "repairs");
	t.n_told[event]++;
}

static void begin(struct store_world *w, const char *const *script, const char *more)
{
	char text[2048], path[128];
	struct rd_err err = { 0 };

	memset(&t, 0, sizeof t);
	t.w = w;
	t.now_ms = NOW_MS;
	t.clock = (struct rd_clock){ .now_ms = now_of };
	world_rules_say(w, "a leak");
	t.calls = (struct rd_open311_calls){ .on_event = on_event };
	receiver_start(&t.receiver, script);
	snprintf(path, sizeof path, "%s/key", w->dir);
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	fputs("the-key\n", file);
	fclose(file);
	chmod(path, 0600);
	snprintf(text, sizeof text,
		"Gateway: front-desk\nState: /tmp/state\nLandlord: code-2024\n\n"
		"Mailbox: help\nKind: maildir\nPath: /tmp/help\n\n"
		"Outgoing: out\nKind: maildir\nPath: /tmp/out\nFrom: help@example.org\n\n"
		"Open311: repairs\nURL: http://127.0.0.1:%d/v2/\nAPI key: file %s\n"
		"Allow internal: yes\nService: a leak = PLUMB\nDefault service: OTHER\n%s",
		t.receiver.port, path, more);
	if (rd_config_parse("redress.conf", text, strlen(text), &t.config, &err) != RD_OK)
		fail_msg("%s", err.msg);
	OK(rd_open311_new(t.config, w->store, &t.clock, &t.calls, 300, &t.open311, &w->err));
}

static void end(void)
{
	receiver_stop(&t.receiver);
	rd_open311_free(t.open311);
	rd_config_free(t.config);
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

static int64_t open_case(struct store_world *w, enum rd_kind kind, enum rd_case_status status)
{
	static const char *const topics[] = { "Mrs Example's kitchen", "a leak" };
	const struct rd_case_new fresh = { .landlord = "code-2024",
		.kind = kind,
		.stage = kind == RD_COMPLAINT ? RD_STAGE_1 : RD_STAGE_NONE,
		.status = status,
		.channel = RD_BY_EMAIL,
		.address = "resident@example.org",
		.name = "Pat Resident",
		.received_ms = NOW_MS,
		.opened_ms = NOW_MS,
		.topics = topics,
		.n_topics = 2, /* the first is staff's, and goes nowhere */
		.outcome = "",
		.subject = "my kitchen drips" };
	int64_t id;

	TX(rd_case_open(tx, &fresh, &id, &w->err));
	happen(w, id, "case_opened");
	return id;
}

static int64_t run(void)
{
	struct store_world *w = t.w;
	int64_t next_ms = 0;
	bool did = true;

	while (did)
		OK(rd_open311_step(t.open311, &did, &next_ms, &w->err));
	return next_ms;
}

static struct rd_open311_row row_of(int64_t case_id)
{
	struct store_world *w = t.w;
	struct rd_open311_row *rows;
	size_t n;

	OK(rd_open311_list(w->db, case_id, w->arena, &rows, &n, &w->err));
	assert_int_equal(n, 1);
	return rows[0];
}

static size_t n_tasks(int64_t case_id)
{
	struct store_world *w = t.w;
	struct rd_task *tasks;
	size_t n, found = 0;

	OK(rd_task_list_case(w->db, case_id, w->arena, &tasks, &n, &w->err));
	for (size_t i = 0; i < n; i++)
		found += strcmp(tasks[i].kind, RD_OPEN311_TASK) == 0;
	return found;
}

static bool asked(size_t i, const char *start)
{
	return strncmp(t.receiver.requests[i], start, strlen(start)) == 0;
}

static void a_request_is_taken_once_and_followed_until_it_is_closed(void **state)
{
	static const char *const script[] = { TAKEN, "[{\"status\":\"open\"}]",
		"[{\"status\":\"closed\"}]", NULL };
	struct store_world *w = *state;

	begin(w, script, "Jurisdiction: example.org\nReference attribute: REF\n");
	const int64_t id = open_case(w, RD_SERVICE_REQUEST, RD_STATUS_OPEN);
	assert_int_equal(run(), t.now_ms + HOUR);
	struct rd_open311_row row = row_of(id);
	assert_int_equal(row.state, RD_OPEN311_SENT);
	assert_string_equal(row.request_id, "293944");
	happen(w, id, "reviewed"); /* once is enough */
	happen(w, id, "reclassified");
	t.now_ms += HOUR;
	run();
	assert_int_equal(n_tasks(id), 0);
	t.now_ms += HOUR;
	assert_int_equal(run(), 0);
	assert_int_equal(n_tasks(id), 1);
	assert_true(row_of(id).closed);
	assert_int_equal(t.n_told[RD_OPEN311_EVENT_CLOSED], 1);
	end();
	assert_int_equal(t.receiver.n, 3);
	assert_true(asked(0, "POST /v2/requests.json "));
	assert_string_equal(receiver_body(t.receiver.requests[0]),
		"api_key=the-key&jurisdiction_id=example.org&service_code=PLUMB&address_string=See%"
		"20our%20reference&description=a%20leak.%20Our%20reference%3A%20RD100001.&"
		"attribute%"
		"5BREF%5D=RD100001");
	assert_true(asked(1, "GET /v2/requests/293944.json?jurisdiction_id=example.org "));
	assert_null(strstr(t.receiver.requests[1], "the-key"));
}

/* A message of a form, with a signature and another's mail below it. */
static void of_the_message_only_new_words_go(void **state)
{
	static const char *const script[] = { TAKEN, NULL };
	static const char body[] = "Name: Pat\nPhone: 07700900123\nThe tap drips.\n-- \nPat P\n"
				   "It is loud.\n> Ada Example wrote\n";
	static const struct rd_span spans[] = { { RD_SPAN_FORM, 0, 29 }, { RD_SPAN_NEW, 29, 44 },
		{ RD_SPAN_SIGNATURE, 44, 54 }, { RD_SPAN_NEW, 54, 66 },
		{ RD_SPAN_QUOTED, 66, sizeof body - 1 } };
	struct store_world *w = *state;
	struct rd_message message = world_message("pat@example.org", "m1@example.org", 1);

	message.body = body;
	message.body_len = sizeof body - 1;
	message.spans = spans;
	message.n_spans = sizeof spans / sizeof spans[0];
	begin(w, script, "Send words: yes\n");
	const int64_t id = open_case(w, RD_SERVICE_REQUEST, RD_STATUS_OPEN);
	const int64_t mail = world_put_mail(w, 1);
	TX(rd_case_add_message(tx, id, mail, NOW_MS, &w->err));
	world_finish(w, mail, &(struct rd_fate){ .kind = RD_FATE_OPENED, .case_id = id }, &message);
	run();
	end();
	assert_int_equal(t.receiver.n, 1);
	assert_non_null(strstr(receiver_body(t.receiver.requests[0]),
		"&description=a%20leak.%20Our%20reference%3A%20RD100001.%0A%0AThe%20tap%20drips."
		"%0AIt%20is%20loud.%0A"));
	assert_null(strstr(t.receiver.requests[0], "Pat"));
	assert_null(strstr(t.receiver.requests[0], "07700"));
	assert_null(strstr(t.receiver.requests[0], "Ada"));
}

static void only_open_service_requests_go(void **state)
{
	static const char *const script[] = { TAKEN, NULL };
	struct store_world *w = *state;

	begin(w, script, "");
	open_case(w, RD_COMPLAINT, RD_STATUS_OPEN);
	const int64_t unsure = open_case(w, RD_SERVICE_REQUEST, RD_STATUS_REVIEW);
	run();
	assert_int_equal(t.receiver.n, 0);
	TX(rd_case_set_status(tx, unsure, RD_STATUS_OPEN, "", t.now_ms, &w->err));
	happen(w, unsure, "review_decided");
	run();
	assert_int_equal(row_of(unsure).state, RD_OPEN311_SENT);
	end();
	assert_int_equal(t.receiver.n, 1);
}

/* A request waits, and the stanza is given to another landlord: it is not told to that one. */
static void what_waited_is_not_told_to_another_landlords_system(void **state)
{
	struct store_world *w = *state;
	int64_t row_id;

	begin(w, (const char *const[]){ NULL }, "Landlord: homes-in-sedgemoor\n");
	const int64_t id = open_case(w, RD_SERVICE_REQUEST, RD_STATUS_OPEN);
	TX(rd_open311_put(tx, "repairs", id, "PLUMB", t.now_ms, &row_id, &w->err));
	run();
	assert_int_equal(t.receiver.n, 0);
	assert_int_equal(row_of(id).state, RD_OPEN311_FAILED);
	assert_non_null(strstr(row_of(id).answer, "another landlord"));
	end();
}

static void one_that_is_held_is_a_persons(void **state)
{
	struct store_world *w = *state;
	int64_t *held;
	size_t n;

	begin(w, NULL, "");
	const int64_t id = open_case(w, RD_SERVICE_REQUEST, RD_STATUS_OPEN);
	TX(rd_case_hold(tx, id, t.now_ms, w->arena, &held, &n, &w->err));
	run();
	assert_int_equal(n_tasks(id), 1);
	end();
	assert_int_equal(t.receiver.n, 0);
}

static void a_lost_answer_is_looked_for_before_anything_is_sent_again(void **state)
{
	static const char *const script[] = { "cut",
		"[{\"service_request_id\":\"7\",\"description\":\"a leak. Our reference: "
		"RD100001.\"}]",
		NULL };
	struct store_world *w = *state;

	begin(w, script, "");
	const int64_t id = open_case(w, RD_SERVICE_REQUEST, RD_STATUS_OPEN);
	assert_int_equal(run(), t.now_ms + 60000);
	assert_int_equal(row_of(id).state, RD_OPEN311_UNCERTAIN);
	t.now_ms += 60000;
	run();
	assert_int_equal(row_of(id).state, RD_OPEN311_SENT);
	assert_string_equal(row_of(id).request_id, "7");
	end();
	assert_int_equal(t.receiver.n, 2);
	assert_true(asked(1, "GET /v2/requests.json?service_code=PLUMB&start_date="));
}

static void what_is_not_in_the_list_is_a_persons_unless_it_shows_all(void **state)
{
	static const char *const script[] = { "slow", "[]", NULL };
	static const char *const again[] = { "504", "[]", TAKEN, NULL };
	struct store_world *w = *state;

	begin(w, script, "");
	int64_t id = open_case(w, RD_SERVICE_REQUEST, RD_STATUS_OPEN);
	run();
	t.now_ms += 60000;
	assert_int_equal(run(), 0);
	assert_int_equal(row_of(id).state, RD_OPEN311_UNCERTAIN);
	assert_int_equal(n_tasks(id), 1);
	end();
	assert_int_equal(t.receiver.n, 2);

	begin(w, again, "Lists all: yes\n");
	id = open_case(w, RD_SERVICE_REQUEST, RD_STATUS_OPEN);
	run();
	t.now_ms += 60000;
	t.now_ms = run();
	run();
	assert_int_equal(row_of(id).state, RD_OPEN311_SENT);
	assert_int_equal(n_tasks(id), 0);
	end();
	assert_int_equal(t.receiver.n, 3);
}

static void a_token_becomes_a_number_later(void **state)
{
	static const char *const script[] = { "[{\"token\":\"4e56\"}]", "404",
		"[{\"token\":\"4e56\",\"service_request_id\":\"12\"}]", NULL };
	struct store_world *w = *state;

	begin(w, script, "");
	const int64_t id = open_case(w, RD_SERVICE_REQUEST, RD_STATUS_OPEN);
	t.now_ms = run();
	t.now_ms = run();
	run();
	assert_string_equal(row_of(id).request_id, "12");
	end();
	assert_true(asked(1, "GET /v2/tokens/4e56.json "));
}

static void throttled_is_later_refused_is_a_persons_and_ours_is_told(void **state)
{
	static const char *const script[] = { "429 7200", "403", "400", NULL };
	struct store_world *w = *state;

	begin(w, script, "");
	const int64_t id = open_case(w, RD_SERVICE_REQUEST, RD_STATUS_OPEN);
	int64_t next_ms = run();
	assert_int_equal(next_ms, t.now_ms + 2 * HOUR);
	t.now_ms = next_ms;
	next_ms = run();
	assert_int_equal(t.n_told[RD_OPEN311_EVENT_TROUBLE], 1);
	assert_int_equal(n_tasks(id), 0);
	t.now_ms = next_ms;
	assert_int_equal(run(), 0);
	assert_int_equal(row_of(id).state, RD_OPEN311_FAILED);
	assert_int_equal(n_tasks(id), 1);
	end();
	assert_int_equal(t.receiver.n, 3);
}

static void what_a_crash_left_on_the_wire_is_uncertain(void **state)
{
	static const char *const script[] = { "[]", NULL };
	struct store_world *w = *state;
	struct rd_open311_row row;

	begin(w, script, "");
	const int64_t id = open_case(w, RD_SERVICE_REQUEST, RD_STATUS_OPEN);
	int64_t row_id;
	TX(rd_open311_put(tx, "repairs", id, "PLUMB", t.now_ms, &row_id, &w->err));
	row = row_of(id);
	row.state = RD_OPEN311_SENDING;
	row.attempts = 1;
	TX(rd_open311_set(tx, &row, &w->err));
	rd_open311_free(t.open311);
	OK(rd_open311_new(t.config, w->store, &t.clock, &t.calls, 300, &t.open311, &w->err));
	run();
	assert_int_equal(n_tasks(id), 1);
	end();
	assert_int_equal(t.receiver.n, 1);
	assert_true(asked(0, "GET "));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_request_is_taken_once_and_followed_until_it_is_closed),
		TEST(of_the_message_only_new_words_go),
		TEST(only_open_service_requests_go),
		TEST(what_waited_is_not_told_to_another_landlords_system),
		TEST(one_that_is_held_is_a_persons),
		TEST(a_lost_answer_is_looked_for_before_anything_is_sent_again),
		TEST(what_is_not_in_the_list_is_a_persons_unless_it_shows_all),
		TEST(a_token_becomes_a_number_later),
		TEST(throttled_is_later_refused_is_a_persons_and_ours_is_told),
		TEST(what_a_crash_left_on_the_wire_is_uncertain),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Notify: its token, its JSON, receipts, the JWT, sending, asking and listing. */
#include "support/providers.h"

#include "redress/wire/providers/notify.h"

#define NOTIFY_TEXT                                                                                \
	"{\"id\":\"" NOTIFY_ID "\",\"source_number\":\"447700900111\","                            \
	"\"destination_number\":\"0751421\",\"message\":\"Here is some content\","                 \
	"\"date_received\":\"2017-05-14T12:15:30.000000Z\"}"

static enum rd_rc read_notify(struct rd_arena *arena, const char *authorization, const char *body,
	struct rd_provider_text *text, struct rd_err *err)
{
	struct rd_webhook_request request = {
		.url = "https://sms.example.org/sms/line",
		.content_type = "application/json",
		.signature = "",
		.authorization = authorization,
		.body = body,
		.body_len = strlen(body),
	};
	return rd_notify.read_text(&notify, &request, arena, text, err);
}

static void a_text_of_notify_is_read(void **state)
{
	struct rd_provider_text text;
	struct rd_err err = { 0 };
	assert_int_equal(
		read_notify(*state, "Bearer something_unique", NOTIFY_TEXT, &text, &err), RD_OK);
	assert_string_equal(text.id, NOTIFY_ID);
	assert_string_equal(text.from, "+447700900111");
	assert_string_equal(text.to, "0751421"); /* a short code stays as it is */
	assert_string_equal(text.body, "Here is some content");
	assert_true(text.sent_ms == 1494764130000);
}

static void a_wrong_token_of_notify_is_refused(void **state)
{
	static const char *const tokens[] = { "", "Bearer ", "Bearer something_uniquf",
		"Bearer something_unique ", "Bearer something_uniqu", "Basic something_unique" };
	struct rd_provider_text text;
	struct rd_err err = { 0 };
	for (size_t i = 0; i < sizeof tokens / sizeof tokens[0]; i++)
		assert_int_equal(
			read_notify(*state, tokens[i], NOTIFY_TEXT, &text, &err), RD_E_REFUSED);
}

static void the_json_of_notify_is_strict(void **state)
{
	static const struct {
		const char *why;
		const char *body;
		const char *named;
	} rows[] = {
		{ "not JSON", "{", "not JSON" },
		{ "a list", "[]", "not a JSON object" },
		{ "a key twice", "{\"id\":\"" NOTIFY_ID "\",\"id\":\"" NOTIFY_ID "\"}",
			"a key twice" },
		{ "no id", "{\"source_number\":\"1\"}", "\"id\"" },
		{ "a number for a string",
			"{\"id\":\"" NOTIFY_ID "\",\"source_number\":447700900111}",
			"\"source_number\"" },
		{ "no such day",
			"{\"id\":\"" NOTIFY_ID "\",\"source_number\":\"1\",\"destination_number\":"
			"\"2\",\"message\":\"x\",\"date_received\":\"2017-05-34T12:15:30Z\"}",
			"\"date_received\"" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_provider_text text;
		struct rd_err err = { 0 };
		assert_int_equal(
			read_notify(*state, "Bearer something_unique", rows[i].body, &text, &err),
			RD_E_INPUT);
		assert_non_null(strstr(err.msg, rows[i].named));
	}
}

static void the_jwt_of_notify_is_the_known_one(void **state)
{
	const char *jwt;
	struct rd_err err = { 0 };
	assert_int_equal(rd_notify_jwt(notify.api_key, 1568818578999, *state, &jwt, &err), RD_OK);
	assert_string_equal(jwt,
		"eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9."
		"eyJpc3MiOiIyNjc4NWEwOS1hYjE2LTRlYjAtODQwNy1hMzc0OTdhNTc1MDYiLCJpYXQiOjE1Njg4MTg1Nz"
		"h9.YT_aQYNif0l3HaPwy62Cj9g0qsYzjnj1K5pLwkELiFw");
	char flipped[128];
	const char *other;
	snprintf(flipped, sizeof flipped, "%s", notify.api_key);
	flipped[strlen(flipped) - 1] ^= 1;
	assert_int_equal(rd_notify_jwt(flipped, 1568818578999, *state, &other, &err), RD_OK);
	assert_string_not_equal(jwt, other);
	assert_int_equal(rd_notify_jwt("short", 0, *state, &other, &err), RD_E_REFUSED);
}

static void receipts_of_notify_are_read(void **state)
{
	static const struct {
		const char *status;
		enum rd_rc rc;
		enum rd_delivery state;
	} rows[] = {
		{ "delivered", RD_OK, RD_DELIVERY_DONE },
		{ "permanent-failure", RD_OK, RD_DELIVERY_FAILED },
		{ "temporary-failure", RD_OK, RD_DELIVERY_FAILED },
		{ "technical-failure", RD_OK, RD_DELIVERY_FAILED },
		{ "eaten", RD_E_INPUT, RD_DELIVERY_UNDERWAY },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_provider_receipt receipt = { 0 };
		struct rd_err err = { 0 };
		char body[512];
		snprintf(body, sizeof body,
			"{\"id\":\"" NOTIFY_ID "\",\"reference\":\"rd.7\",\"to\":\"+447700900111\","
			"\"status\":\"%s\",\"completed_at\":null,\"template_version\":3}",
			rows[i].status);
		struct rd_webhook_request request = { .url = "",
			.content_type = "application/json",
			.signature = "",
			.authorization = "bearer something_unique",
			.body = body,
			.body_len = strlen(body) };
		assert_int_equal(rd_notify.read_receipt(&notify, &request, *state, &receipt, &err),
			rows[i].rc);
		if (rows[i].rc != RD_OK)
			continue;
		assert_int_equal(receipt.state, rows[i].state);
		assert_string_equal(receipt.id, NOTIFY_ID);
		assert_string_equal(receipt.reference, "rd.7");
	}
}

/* ---- sending, and asking what was sent ---- */

static void the_daily_limit_waits_for_midnight_utc(void **state)
{
	struct rd_provider_sent sent;
	RD_CLEANUP(rd_http_response_free)
	struct rd_http_response response =
		answer(429, "{\"errors\":[{\"error\":\"TooManyRequestsError\"}]}");
	rd_notify.read_sent(&notify, &send_one, &response, *state, &sent);
	assert_int_equal(sent.outcome, RD_SEND_AGAIN);
	assert_true((send_one.now_ms + sent.wait_ms) % (24 * 3600 * 1000) == 0);
	assert_true(sent.wait_ms > 0 && sent.wait_ms <= 24 * 3600 * 1000);
}

static void a_send_of_notify_goes_through_the_template_that_was_stored(void **state)
{
	struct rd_http_request request;
	struct rd_err err = { 0 };
	struct rd_provider_send send = send_one;
	assert_int_equal(rd_notify_payload("99999999-2222-3333-4444-555555555555", "the words",
				 *state, &send.body, &err),
		RD_OK);
	assert_int_equal(rd_notify.build_send(&notify, &send, *state, &request, &err), RD_OK);
	assert_string_equal(request.body,
		"{\"phone_number\":\"+447700900123\",\"template_id\":\"99999999-2222-3333-4444-"
		"555555555555\",\"personalisation\":{\"body\":\"the "
		"words\"},\"reference\":\"rd.7\"}");
	send.body = "plain words";
	assert_int_equal(rd_notify.build_send(&notify, &send, *state, &request, &err), RD_OK);
	assert_non_null(strstr(request.body, notify.template_id));
	RD_CLEANUP(rd_http_response_free)
	struct rd_http_response response = answer(201,
		"{\"id\":\"" NOTIFY_ID "\",\"content\":{\"body\":\"Home: the words\"},"
		"\"template\":{\"id\":\"99999999-2222-3333-4444-555555555555\",\"version\":4}}");
	struct rd_provider_sent sent;
	rd_notify.read_sent(&notify, &send, &response, *state, &sent);
	assert_string_equal(sent.body, "Home: the words");
	assert_int_equal(sent.template_version, 4);
}

static void notify_is_asked_by_reference(void **state)
{
	struct rd_provider_asked asked;
	struct rd_http_request request;
	struct rd_err err = { 0 };
	assert_int_equal(
		rd_notify.build_ask(&notify, &send_one, NULL, *state, &request, &err), RD_OK);
	assert_string_equal(request.url,
		"https://api.example.org/v2/notifications?template_type=sms&reference=rd.7");
	RD_CLEANUP(rd_http_response_free)
	struct rd_http_response there = answer(
		200, "{\"notifications\":[{\"id\":\"" NOTIFY_ID "\",\"reference\":\"rd.7\"}]}");
	assert_int_equal(
		rd_notify.read_asked(&notify, &send_one, &there, *state, &asked, &err), RD_OK);
	assert_int_equal(asked.answer, RD_ASKED_FOUND);
	RD_CLEANUP(rd_http_response_free)
	struct rd_http_response absent = answer(200, "{\"notifications\":[]}");
	assert_int_equal(
		rd_notify.read_asked(&notify, &send_one, &absent, *state, &asked, &err), RD_OK);
	assert_int_equal(asked.answer, RD_ASKED_ABSENT);
	RD_CLEANUP(rd_http_response_free) struct rd_http_response broken = answer(500, "");
	assert_int_equal(rd_notify.read_asked(&notify, &send_one, &broken, *state, &asked, &err),
		RD_E_AGAIN);
}

/* ---- received texts ---- */

#define LISTED(id, at)                                                                             \
	"{\"id\":\"740e5834-3a29-46b4-9a6f-16142fde530" id "\",\"user_number\":\"447700900123\","  \
	"\"notify_number\":\"07700900000\",\"content\":\"damp\",\"created_at\":\"" at "\"}"
#define PAGE_OF "https://api.example.org/v2/received-text-messages"

/* Notify pages by time alone: of one instant at a page's edge none may be left out. */
static void a_page_of_notify_goes_on_before_those_of_its_last_instant(void **state)
{
	static const struct {
		const char *why, *url, *items, *next;
	} rows[] = {
		{ "all of different instants", PAGE_OF,
			LISTED("3", "2026-11-18T11:00:03.000000Z") "," LISTED(
				"2", "2026-11-18T11:00:02.000000Z") "," LISTED("1",
				"2026-11-18T11:00:01.000000Z"),
			"2" },
		{ "two of the last instant", PAGE_OF,
			LISTED("3", "2026-11-18T11:00:03.000000Z") "," LISTED(
				"2", "2026-11-18T11:00:01.000000Z") "," LISTED("1",
				"2026-11-18T11:00:01.000000Z"),
			"3" },
		{ "all of one", PAGE_OF,
			LISTED("2", "2026-11-18T11:00:01.000000Z") "," LISTED(
				"1", "2026-11-18T11:00:01.000000Z"),
			"1" },
		{ "none", PAGE_OF, "", NULL },
	};
	const struct rd_provider_window window = { 0, 1795000000000 };
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_err err = { 0 };
		struct rd_provider_listed listed;
		RD_CLEANUP(rd_http_response_free)
		struct rd_http_response response =
			answer(200, rd_arena_printf(*state,
					    "{\"received_text_messages\":[%s],\"links\":"
					    "{\"next\":\"https://evil.example.com/\"}}",
					    rows[i].items));
		assert_int_equal(rd_notify.read_list(&notify, &window, rows[i].url, &response,
					 *state, &listed, &err),
			RD_OK);
		if (!rows[i].next) {
			assert_null(listed.next_url);
			continue;
		}
		assert_string_equal(listed.next_url,
			rd_arena_printf(*state,
				PAGE_OF "?older_than=740e5834-3a29-46b4-9a6f-16142fde530%s",
				rows[i].next));
		assert_string_equal(listed.texts[0].from, "+447700900123");
		assert_string_equal(listed.texts[0].to, "+447700900000");
		/* The very same page once more is the end. */
		assert_int_equal(rd_notify.read_list(&notify, &window, listed.next_url, &response,
					 *state, &listed, &err),
			RD_OK);
		assert_null(listed.next_url);
	}
}

static void a_list_of_notify_that_goes_on_at_no_id_is_not_whole(void **state)
{
	struct rd_err err = { 0 };
	struct rd_provider_listed listed;
	const struct rd_provider_window window = { 0, 1795000000000 };
	RD_CLEANUP(rd_http_response_free)
	struct rd_http_response response = answer(
		200, "{\"received_text_messages\":[{\"id\":\"1\",\"created_at\":\"soon\"}]}");
	assert_int_equal(
		rd_notify.read_list(&notify, &window, PAGE_OF, &response, *state, &listed, &err),
		RD_E_AGAIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_ARENA(a_text_of_notify_is_read),
		WITH_ARENA(a_wrong_token_of_notify_is_refused),
		WITH_ARENA(the_json_of_notify_is_strict),
		WITH_ARENA(the_jwt_of_notify_is_the_known_one),
		WITH_ARENA(receipts_of_notify_are_read),
		WITH_ARENA(the_daily_limit_waits_for_midnight_utc),
		WITH_ARENA(a_send_of_notify_goes_through_the_template_that_was_stored),
		WITH_ARENA(notify_is_asked_by_reference),
		WITH_ARENA(a_page_of_notify_goes_on_before_those_of_its_last_instant),
		WITH_ARENA(a_list_of_notify_that_goes_on_at_no_id_is_not_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A key that Notify refuses because this machine's clock is off is not called a wrong key. */
#include "redress/wire/providers/notify.h"
#include "support/providers.h"

static void the_clock_is_blamed_where_it_is_off(void **state)
{
	static const struct {
		const char *why;
		long status;
		int64_t apart_ms; /* ours before theirs */
		const char *says; /* NULL: nothing of a clock */
	} rows[] = {
		{ "ahead", 403, 31000, "clock is 31 seconds ahead of Notify's" },
		{ "behind", 403, -3600000, "clock is 3600 seconds behind Notify's" },
		{ "near enough", 403, 20000, NULL },
		{ "no matter where it is taken", 201, 31000, NULL },
		{ "nor where it is throttled", 429, 31000, NULL },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_provider_account account = { .name = "line" };
		struct rd_provider_sent sent;
		RD_CLEANUP(rd_http_response_free)
		struct rd_http_response response = answer(rows[i].status,
			"{\"status_code\":403,\"errors\":[{\"error\":\"AuthError\"}]}");

		response.date_ms = send_one.now_ms - rows[i].apart_ms;
		rd_notify.read_sent(&account, &send_one, &response, *state, &sent);
		if (rows[i].says ? !strstr(sent.response, rows[i].says)
				 : strstr(sent.response, "clock") != NULL)
			fail_msg("%s: %s", rows[i].why, sent.response);
	}
}

/* Who does not say what time it is is not compared with. */
static void nothing_is_said_without_their_clock(void **state)
{
	struct rd_provider_account account = { .name = "line" };
	struct rd_provider_sent sent;
	RD_CLEANUP(rd_http_response_free)
	struct rd_http_response response =
		answer(403, "{\"status_code\":403,\"errors\":[{\"error\":\"AuthError\"}]}");

	rd_notify.read_sent(&account, &send_one, &response, *state, &sent);
	assert_string_equal(sent.response, "HTTP 403 AuthError");
	assert_true(sent.ours);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_ARENA(the_clock_is_blamed_where_it_is_off),
		WITH_ARENA(nothing_is_said_without_their_clock),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What the providers of texts have in common. */
#include "support/providers.h"

#include <unistd.h>

#include "redress/wire/providers/notify.h"
#include "redress/wire/providers/tray.h"
#include "redress/wire/providers/twilio.h"

static void what_a_send_says_is_classed(void **state)
{
	static const struct {
		const char *why;
		const struct rd_provider *provider;
		long status;
		const char *body;
		enum rd_send outcome;
	} rows[] = {
		{ "taken", &rd_twilio, 201, "{\"sid\":\"SM1\",\"status\":\"queued\"}",
			RD_SEND_DONE },
		{ "taken, but no id", &rd_twilio, 201, "{}", RD_SEND_UNCERTAIN },
		{ "too many", &rd_twilio, 429, "{\"code\":20429}", RD_SEND_AGAIN },
		{ "opted out", &rd_twilio, 400, "{\"code\":21610}", RD_SEND_REFUSED },
		{ "our number cannot send", &rd_twilio, 400, "{\"code\":21606}", RD_SEND_AGAIN },
		{ "not a mobile number", &rd_twilio, 400, "{\"code\":21614}", RD_SEND_REFUSED },
		{ "our key is wrong", &rd_twilio, 401, "{\"code\":20003}", RD_SEND_AGAIN },
		{ "may have been taken", &rd_twilio, 500, "", RD_SEND_UNCERTAIN },
		{ "a redirect is never followed", &rd_twilio, 307, "", RD_SEND_AGAIN },
		{ "taken", &rd_notify, 201, "{\"id\":\"" NOTIFY_ID "\"}", RD_SEND_DONE },
		{ "too many a minute", &rd_notify, 429,
			"{\"errors\":[{\"error\":\"RateLimitError\"}]}", RD_SEND_AGAIN },
		{ "bad number", &rd_notify, 400, "{\"errors\":[{\"error\":\"ValidationError\"}]}",
			RD_SEND_REFUSED },
		{ "our template is not as it was", &rd_notify, 400,
			"{\"errors\":[{\"error\":\"BadRequestError\"}]}", RD_SEND_AGAIN },
		{ "clock or key", &rd_notify, 403, "{\"errors\":[{\"error\":\"AuthError\"}]}",
			RD_SEND_AGAIN },
		{ "may have been taken", &rd_notify, 504, "<html>", RD_SEND_UNCERTAIN },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_provider_sent sent;
		RD_CLEANUP(rd_http_response_free)
		struct rd_http_response response = answer(rows[i].status, rows[i].body);
		const struct rd_provider_account *account =
			rows[i].provider == &rd_twilio ? &twilio : &notify;
		rows[i].provider->read_sent(account, &send_one, &response, *state, &sent);
		if (sent.outcome != rows[i].outcome)
			print_error("%s %s\n", rows[i].provider->kind, rows[i].why);
		assert_int_equal(sent.outcome, rows[i].outcome);
	}
}

static void a_type_is_printable_or_none(void **state)
{
	char long_one[RD_HTTP_TYPE_BYTES_MAX + 2];
	(void)state;
	memset(long_one, 'a', sizeof long_one - 1);
	long_one[sizeof long_one - 1] = '\0';
	assert_string_equal(rd_provider_media_type("image/png; a=b"), "image/png; a=b");
	assert_string_equal(rd_provider_media_type("image/\x1B[2Jpng"), "");
	assert_string_equal(rd_provider_media_type("image/\xC2\x9Bpng"), "");
	assert_string_equal(rd_provider_media_type("image/\x7F"), "");
	assert_string_equal(rd_provider_media_type(""), "");
	assert_string_equal(rd_provider_media_type(long_one), "");
	assert_string_equal(rd_provider_media_type(long_one + 1), long_one + 1);
}

static void numbers_are_kept_one_way(void **state)
{
	static const char *const rows[][2] = {
		{ "447700900123", "+447700900123" },
		{ "07700 900123", "+447700900123" },
		{ "+44 7700 900-123", "+447700900123" },
		{ "60777", "60777" },
		{ "HOUSING", "HOUSING" },
		{ "", "" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_string_equal(
			rd_provider_number(*state, rows[i][0], strlen(rows[i][0])), rows[i][1]);
}

static void a_text_goes_into_the_tray_once(void **state)
{
	(void)state;
	char dir[] = "/tmp/redress-tray-XXXXXX";
	assert_non_null(mkdtemp(dir));
	struct rd_provider_account tray = twilio;
	struct rd_err err = { 0 };
	bool there = true;
	tray.path = dir;
	assert_int_equal(rd_tray_has(&tray, "rd.7", &there, &err), RD_OK);
	assert_false(there);
	assert_int_equal(rd_tray_put(&tray, &send_one, &there, &err), RD_OK);
	assert_false(there);
	assert_int_equal(rd_tray_put(&tray, &send_one, &there, &err), RD_OK);
	assert_true(there);
	assert_int_equal(rd_tray_has(&tray, "rd.7", &there, &err), RD_OK);
	assert_true(there);
	struct rd_provider_send bad = send_one;
	bad.key = "../rd.7";
	assert_int_equal(rd_tray_put(&tray, &bad, &there, &err), RD_E_INPUT);
	char path[64];
	snprintf(path, sizeof path, "%s/rd.7.txt", dir);
	FILE *file = fopen(path, "re");
	char line[64];
	assert_non_null(file);
	assert_non_null(fgets(line, sizeof line, file));
	assert_string_equal(line, "To: +447700900123\n");
	fclose(file);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0); /* nothing else was left in it */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_ARENA(what_a_send_says_is_classed),
		WITH_ARENA(a_type_is_printable_or_none),
		WITH_ARENA(numbers_are_kept_one_way),
		WITH_ARENA(a_text_goes_into_the_tray_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "redress/wire/providers/notify.h"
#include "redress/wire/providers/tray.h"
#include "redress/wire/providers/twilio.h"

#define FORM_TYPE "application/x-www-form-urlencoded"
#define U	  "https://mycompany.com/myapp.php?foo=1&bar=2"
#define P                                                                                          \
	"CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&"         \
	"To=%2B18005551212"

static int make_arena(void **state)
{
	*state = rd_arena_new(1 << 20);
	return 0;
}

static int free_arena(void **state)
{
	rd_arena_free(*state);
	return 0;
}

static const struct rd_provider_account twilio = {
	.name = "line",
	.number = "+447700900000",
	.account = "acctid",
	.template_id = "",
	.api_url = "https://api.example.org",
	.path = "",
	.token = "12345",
	.api_key = "",
};

static const struct rd_provider_account notify = {
	.name = "line",
	.number = "07700900000",
	.account = "",
	.template_id = "11111111-2222-3333-4444-555555555555",
	.api_url = "https://api.example.org",
	.path = "",
	.token = "something_unique",
	.api_key = "my_test_key-26785a09-ab16-4eb0-8407-a37497a57506-"
		   "3d844edf-8d35-48ac-975b-e847b4f122b0",
};

/* ---- Twilio's signature ---- */

static const struct {
	const char *why;
	const char *url;
	const char *form;
	const char *signature;
} vectors[] = {
	{ "plain", U, P, "RSOYDt4T1cUTdK1PDd93/VVr8B8=" },
	{ "our URL has another port, signed without",
		"https://mycompany.com:1234/myapp.php?foo=1&bar=2", P,
		"RSOYDt4T1cUTdK1PDd93/VVr8B8=" },
	{ "signed with the default port, ours without", U, P, "kvajT1Ptam85bY51eRf/AJRuM3w=" },
	{ "http with a port", "http://mycompany.com:1234/myapp.php?foo=1&bar=2", P,
		"Zmvh+3yNM1Phv2jhDCwEM3q5ebU=" },
	{ "http signed with :80", "http://mycompany.com/myapp.php?foo=1&bar=2", P,
		"0ZXoZLH/DfblKGATFgpif+LLRf4=" },
	{ "a name given twice, equal values once", U,
		"Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234",
		"IK+Dwps556ElfBT0I3Rgjkr1wJU=" },
	{ "several values of one name, in order", U,
		"MessagingBinding.Address=%2B1415xxxxxxx&MessagingBinding.Address=%2B1325xxxxxxx",
		"83O6e2vORAoJHUNzJjDWN1jz+BA=" },
	{ "user and password in the URL", "https://user:pass@mycompany.com/myapp.php?foo=1&bar=2",
		P, "CukzLTc1tT5dXEDIHm/tKBanW10=" },
	{ "an escape in the raw query", U "&Body=It%27s+amazing", P,
		"TfZzewPq8wqrGlMfyAud8+/IvJ0=" },
};

static enum rd_rc check(struct rd_arena *arena, const char *token, const char *type,
	const char *url, const char *body, const char *signature)
{
	struct rd_err err = { 0 };
	struct rd_form form;
	struct rd_webhook_request request = {
		.url = url,
		.content_type = type,
		.signature = signature,
		.authorization = "",
		.body = body,
		.body_len = strlen(body),
	};
	return rd_twilio_check(token, &request, arena, &form, &err);
}

static void every_known_signature_fits(void **state)
{
	for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
		enum rd_rc rc = check(*state, "12345", FORM_TYPE, vectors[i].url, vectors[i].form,
			vectors[i].signature);
		if (rc != RD_OK)
			print_error("%s\n", vectors[i].why);
		assert_int_equal(rc, RD_OK);
	}
}

static void one_flipped_byte_anywhere_is_refused(void **state)
{
	for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
		char text[256];
		snprintf(text, sizeof text, "%s", vectors[i].signature);
		for (size_t at = 0; text[at]; at++) {
			text[at] ^= 1;
			assert_int_equal(check(*state, "12345", FORM_TYPE, vectors[i].url,
						 vectors[i].form, text),
				RD_E_REFUSED);
			text[at] ^= 1;
		}
		snprintf(text, sizeof text, "%s", vectors[i].form);
		for (size_t at = 0; text[at]; at++) {
			if (strchr("&=%", text[at]))
				continue;
			/* 1 -> 0 and the like; not a letter's case, which hex digits do not know.
			 */
			text[at] ^= 1;
			assert_int_equal(check(*state, "12345", FORM_TYPE, vectors[i].url, text,
						 vectors[i].signature),
				RD_E_REFUSED);
			text[at] ^= 1;
		}
		assert_int_equal(check(*state, "12344", FORM_TYPE, vectors[i].url, vectors[i].form,
					 vectors[i].signature),
			RD_E_REFUSED);
		snprintf(text, sizeof text, "%s", vectors[i].url);
		text[strlen(text) - 1] ^= 1;
		assert_int_equal(check(*state, "12345", FORM_TYPE, text, vectors[i].form,
					 vectors[i].signature),
			RD_E_REFUSED);
		rd_arena_reset(*state);
	}
}

static void no_token_and_no_signature_are_refused(void **state)
{
	struct rd_form none = { 0 };
	const char *of_empty = rd_twilio_sign(*state, "", U, &none);
	assert_int_equal(check(*state, "", FORM_TYPE, U, "", of_empty), RD_E_REFUSED);
	assert_int_equal(check(*state, "12345", FORM_TYPE, U, P, ""), RD_E_REFUSED);
}

#define JSON_BODY   "{\"property\": \"value\", \"boolean\": true}"
#define JSON_HASH   "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
#define JSON_SIGNED "a9nBmqA0ju/hNViExpshrM61xv4="

/* Else it would spend what proved requests may spend, and shut genuine texts out. */
static void a_form_too_large_to_check_is_not_proved(void **state)
{
	char form[2 * 600 + 1];
	for (size_t i = 0; i < sizeof form - 1; i += 2)
		memcpy(form + i, "a&", 2);
	form[sizeof form - 1] = '\0';
	assert_int_equal(check(*state, "12345", FORM_TYPE, U, form, "x"), RD_E_REFUSED);
}

static void json_needs_the_hash_of_its_body(void **state)
{
	const char *json = "application/json; charset=utf-8";
	assert_int_equal(
		check(*state, "12345", json, U "&bodySHA256=" JSON_HASH, JSON_BODY, JSON_SIGNED),
		RD_OK);
	assert_int_equal(check(*state, "12345", json, U "&bodySHA256=" JSON_HASH,
				 "{\"property\": \"valuf\", \"boolean\": true}", JSON_SIGNED),
		RD_E_REFUSED);
	char flipped[] = JSON_SIGNED;
	flipped[3] ^= 1;
	assert_int_equal(
		check(*state, "12345", json, U "&bodySHA256=" JSON_HASH, JSON_BODY, flipped),
		RD_E_REFUSED);
	/* Rightly signed, but nothing speaks for the body. */
	struct rd_form none = { 0 };
	const char *bare = rd_twilio_sign(*state, "12345", U, &none);
	assert_int_equal(check(*state, "12345", json, U, JSON_BODY, bare), RD_E_REFUSED);
	assert_int_equal(check(*state, "12345", "", U, JSON_BODY, bare), RD_E_REFUSED);
}

/* ---- what Twilio's form says ---- */

#define FIXTURE                                                                                    \
	"ToCountry=US&ToState=District+Of+Columbia&SmsMessageSid="                                 \
	"SMe287d7109a5a925f182f0e07fe5b223b&NumMedia=0&ToCity=&FromZip=01022&SmsSid="              \
	"SMe287d7109a5a925f182f0e07fe5b223b&FromState=MA&SmsStatus=received&FromCity=CHICOPEE&"    \
	"Body=Msg&FromCountry=US&To=%2B12028831111&ToZip=&NumSegments=1&MessageSid="               \
	"SMe287d7109a5a925f182f0e07fe5b223b&AccountSid=acctid&From=%2B14133881111&ApiVersion="     \
	"2010-04-01"

static enum rd_rc read_signed(struct rd_arena *arena, const struct rd_provider *provider,
	const struct rd_provider_account *account, const char *body, struct rd_provider_text *text,
	struct rd_provider_receipt *receipt)
{
	struct rd_err err = { 0 };
	struct rd_form form;
	assert_int_equal(rd_form_parse(body, strlen(body), arena, &form, &err), RD_OK);
	struct rd_webhook_request request = {
		.url = "https://sms.example.org/sms/line",
		.content_type = FORM_TYPE,
		.signature = rd_twilio_sign(
			arena, account->token, "https://sms.example.org/sms/line", &form),
		.authorization = "",
		.body = body,
		.body_len = strlen(body),
	};
	return text ? provider->read_text(account, &request, arena, text, &err)
		    : provider->read_receipt(account, &request, arena, receipt, &err);
}

static void a_text_is_read_from_the_form(void **state)
{
	struct rd_provider_text text;
	assert_int_equal(read_signed(*state, &rd_twilio, &twilio, FIXTURE, &text, NULL), RD_OK);
	assert_string_equal(text.id, "SMe287d7109a5a925f182f0e07fe5b223b");
	assert_string_equal(text.from, "+14133881111");
	assert_string_equal(text.to, "+12028831111");
	assert_string_equal(text.body, "Msg");
	assert_int_equal(text.n_media, 0);
}

static void the_words_stay_untrimmed(void **state)
{
	struct rd_provider_text text;
	assert_int_equal(
		read_signed(*state, &rd_twilio, &twilio,
			"MessageSid=SM1&AccountSid=acctid&From=%2B447700900123&To=x&NumMedia=2"
			"&New=&Body=+damp%0A+in+100%25+%F0%9F%98%9C%00+",
			&text, NULL),
		RD_OK);
	assert_string_equal(text.body, " damp\n in 100% \xF0\x9F\x98\x9C\xEF\xBF\xBD ");
	assert_int_equal(text.n_media, 2);
}

static void what_is_missing_is_named(void **state)
{
	static const struct {
		const char *why;
		const char *form;
		enum rd_rc rc;
	} rows[] = {
		{ "another account", "MessageSid=SM1&AccountSid=other&From=1&Body=x",
			RD_E_REFUSED },
		{ "no account", "MessageSid=SM1&From=1&Body=x", RD_E_REFUSED },
		{ "no id", "AccountSid=acctid&From=1&Body=x", RD_E_INPUT },
		{ "an id that is a path", "MessageSid=../x&AccountSid=acctid&From=1&Body=x",
			RD_E_INPUT },
		{ "no sender", "MessageSid=SM1&AccountSid=acctid&Body=x", RD_E_INPUT },
		{ "no words at all", "MessageSid=SM1&AccountSid=acctid&From=1", RD_E_INPUT },
		{ "a picture alone is a message",
			"MessageSid=SM1&AccountSid=acctid&From=1&Body=", RD_OK },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_provider_text text;
		enum rd_rc rc = read_signed(*state, &rd_twilio, &twilio, rows[i].form, &text, NULL);
		if (rc != rows[i].rc)
			print_error("%s\n", rows[i].why);
		assert_int_equal(rc, rows[i].rc);
	}
}

static void receipts_of_twilio_are_read(void **state)
{
	struct rd_provider_receipt receipt;
	assert_int_equal(
		read_signed(*state, &rd_twilio, &twilio,
			"ErrorCode=21610&MessageSid=SM9&AccountSid=acctid&MessageStatus=failed"
			"&To=%2B12028831111",
			NULL, &receipt),
		RD_OK);
	assert_int_equal(receipt.state, RD_DELIVERY_FAILED);
	assert_string_equal(receipt.id, "SM9");
	assert_string_equal(receipt.detail, "failed 21610");
	assert_true(receipt.opted_out);
	assert_int_equal(
		read_signed(*state, &rd_twilio, &twilio,
			"MessageSid=SM9&AccountSid=acctid&MessageStatus=delivered", NULL, &receipt),
		RD_OK);
	assert_int_equal(receipt.state, RD_DELIVERY_DONE);
	assert_false(receipt.opted_out);
	assert_int_equal(
		read_signed(*state, &rd_twilio, &twilio,
			"MessageSid=SM9&AccountSid=acctid&MessageStatus=eaten", NULL, &receipt),
		RD_E_INPUT);
}

static void a_tray_takes_any_account_unless_one_is_named(void **state)
{
	struct rd_provider_account tray = twilio;
	struct rd_provider_text text;
	tray.account = "";
	assert_int_equal(read_signed(*state, &rd_tray, &tray, FIXTURE, &text, NULL), RD_OK);
	tray.account = "another";
	assert_int_equal(read_signed(*state, &rd_tray, &tray, FIXTURE, &text, NULL), RD_E_REFUSED);
}

/* ---- Notify ---- */

#define NOTIFY_ID "740e5834-3a29-46b4-9a6f-16142fde533a"
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

/* ---- sending ---- */

static struct rd_http_response answer(long status, const char *body)
{
	struct rd_http_response response = { .status = status, .body = RD_BUF(1 << 16) };
	struct rd_err err = { 0 };
	assert_int_equal(rd_buf_add_str(&response.body, body, &err), RD_OK);
	return response;
}

static const struct rd_provider_send send_one = {
	.key = "rd.7",
	.to = "+447700900123",
	.body = "RD100001-K7QF: we will answer by 6 December 2026 \xE2\x80\x93 "
		"\xE2\x80\x9Chome\xE2\x80\x9D",
	.status_url = "https://sms.example.org/sms/line/status",
	.attempted_ms = 1795000000000, /* Wed, 18 Nov 2026 11:06:40 UTC */
	.now_ms = 1795000000000,
};

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

static void a_send_of_twilio_names_number_words_and_receipts(void **state)
{
	struct rd_http_request request;
	struct rd_err err = { 0 };
	assert_int_equal(rd_twilio.build_send(&twilio, &send_one, *state, &request, &err), RD_OK);
	assert_string_equal(
		request.url, "https://api.example.org/2010-04-01/Accounts/acctid/Messages.json");
	assert_non_null(strstr(request.body, "To=%2B447700900123&From=%2B447700900000&Body=RD1"));
	assert_non_null(strstr(request.body,
		"&StatusCallback=https%3A%2F%2Fsms.example.org%2Fsms%2Fline%2Fstatus"));
	assert_string_equal(request.user, "acctid");
	assert_string_equal(request.password, "12345");
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

static void twilio_is_asked_for_the_same_words_since_the_attempt(void **state)
{
	static const struct {
		const char *why;
		const char *body;
		const char *date;
		const char *direction;
		enum rd_asked answer;
	} rows[] = {
		{ "there, plain quotes for typographic ones",
			"RD100001-K7QF: we will answer by 6 December 2026 - \\\"home\\\"",
			"Wed, 18 Nov 2026 11:06:45 +0000", "outbound-api", RD_ASKED_FOUND },
		{ "another day's words", "RD100001-K7QF: we will answer by 7 December 2026 home",
			"Wed, 18 Nov 2026 11:06:45 +0000", "outbound-api", RD_ASKED_ABSENT },
		{ "of before the attempt", "RD100001-K7QF: we will answer by 6 December 2026 home",
			"Wed, 18 Nov 2026 10:06:45 +0000", "outbound-api", RD_ASKED_ABSENT },
		{ "sent by the resident", "RD100001-K7QF: we will answer by 6 December 2026 home",
			"Wed, 18 Nov 2026 11:06:45 +0000", "inbound", RD_ASKED_ABSENT },
		{ "cannot be placed in time",
			"RD100001-K7QF: we will answer by 6 December 2026 home", "soon",
			"outbound-api", RD_ASKED_UNCLEAR },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char body[1024];
		struct rd_provider_asked asked;
		struct rd_err err = { 0 };
		snprintf(body, sizeof body,
			"{\"messages\":[{\"sid\":\"SM5\",\"direction\":\"%s\",\"body\":\"%s\","
			"\"date_created\":\"%s\"}],\"next_page_uri\":null}",
			rows[i].direction, rows[i].body, rows[i].date);
		RD_CLEANUP(rd_http_response_free)
		struct rd_http_response response = answer(200, body);
		assert_int_equal(
			rd_twilio.read_asked(&twilio, &send_one, &response, *state, &asked, &err),
			RD_OK);
		if (asked.answer != rows[i].answer)
			print_error("%s\n", rows[i].why);
		assert_int_equal(asked.answer, rows[i].answer);
	}
}

static void the_next_page_is_asked_for_at_our_own_host_alone(void **state)
{
	struct rd_provider_asked asked;
	struct rd_err err = { 0 };
	RD_CLEANUP(rd_http_response_free)
	struct rd_http_response one =
		answer(200, "{\"messages\":[],\"next_page_uri\":\"/2010-04-01/next?Page=1\"}");
	assert_int_equal(
		rd_twilio.read_asked(&twilio, &send_one, &one, *state, &asked, &err), RD_OK);
	assert_int_equal(asked.answer, RD_ASKED_MORE);
	assert_string_equal(asked.next_url, "https://api.example.org/2010-04-01/next?Page=1");
	RD_CLEANUP(rd_http_response_free)
	struct rd_http_response two =
		answer(200, "{\"messages\":[],\"next_page_uri\":\"https://evil.example.com/\"}");
	assert_int_equal(
		rd_twilio.read_asked(&twilio, &send_one, &two, *state, &asked, &err), RD_OK);
	assert_int_equal(asked.answer, RD_ASKED_UNCLEAR); /* what stands there is not known */
	RD_CLEANUP(rd_http_response_free)
	struct rd_http_response three = answer(200, "{\"messages\":[],\"next_page_uri\":7}");
	assert_int_equal(
		rd_twilio.read_asked(&twilio, &send_one, &three, *state, &asked, &err), RD_OK);
	assert_int_equal(asked.answer, RD_ASKED_UNCLEAR);
	RD_CLEANUP(rd_http_response_free)
	struct rd_http_response end = answer(200, "{\"messages\":[],\"next_page_uri\":null}");
	assert_int_equal(
		rd_twilio.read_asked(&twilio, &send_one, &end, *state, &asked, &err), RD_OK);
	assert_int_equal(asked.answer, RD_ASKED_ABSENT);
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

/* ---- received texts, and their pictures ---- */

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

static void pictures_are_named_by_the_form(void **state)
{
	struct rd_provider_text text;
	assert_int_equal(
		read_signed(*state, &rd_twilio, &twilio,
			"MessageSid=MM1&AccountSid=acctid&From=%2B447700900123&Body=&NumMedia=3"
			"&MediaUrl0=https%3A%2F%2Fapi.example.org%2Fa&MediaContentType0=image%"
			"2Fjpeg&MediaContentType2=image%2F%1B%5B2Jpng"
			"&MediaUrl2=https%3A%2F%2Fapi.example.org%2Fc",
			&text, NULL),
		RD_OK);
	assert_int_equal(text.n_media, 2);
	assert_int_equal(text.n_unplaced, 1);
	assert_string_equal(text.media[0].url, "https://api.example.org/a");
	assert_string_equal(text.media[0].type, "image/jpeg");
	assert_string_equal(text.media[1].url, "https://api.example.org/c");
	assert_string_equal(text.media[1].type, "");
}

/* A signed form may name any place: only the provider's own are asked. */
static void pictures_are_fetched_from_the_provider_alone(void **state)
{
	static const struct {
		const char *url;
		enum rd_rc rc;
		bool with_secret;
	} rows[] = {
		{ "https://api.example.org/2010-04-01/Accounts/a/Messages/b/Media/c", RD_OK, true },
		{ "https://mms.twiliocdn.com/x?y=1", RD_OK, false },
		{ "https://s3-external-1.amazonaws.com/media.twiliocdn.com/x", RD_OK, false },
		{ "https://api.example.org.evil.example.com/x", RD_E_REFUSED, false },
		{ "https://api.example.org@evil.example.com/x", RD_E_REFUSED, false },
		{ "https://mms.twiliocdn.com@evil.example.com/x", RD_E_REFUSED, false },
		{ "https://mms.twiliocdn.com\\@evil.example.com/x", RD_E_REFUSED, false },
		{ "https://eviltwiliocdn.com/x", RD_E_REFUSED, false },
		{ "http://mms.twiliocdn.com/x", RD_E_REFUSED, false },
		{ "https://127.0.0.1/x", RD_E_REFUSED, false },
		{ "https://x.twilio.com:y@intranet/x", RD_E_REFUSED, false },
		{ "https://x.twilio.com:8443/x", RD_E_REFUSED, false },
		{ "https://intranet\\.twilio.com/x", RD_E_REFUSED, false },
		{ "https://intranet#.twilio.com/x", RD_E_REFUSED, false },
		{ "https://twilio.com/x", RD_E_REFUSED, false },
		{ "https://bucket.s3.amazonaws.com/x", RD_OK, false },
		{ "https://bucket.s3.eu-west-1.amazonaws.com/x?X-Amz-Date=@:", RD_OK, false },
		{ "https://s3.eu-west-1.amazonaws.com/x", RD_OK, false },
		{ "https://evil-1.eu-west-1.elb.amazonaws.com/x", RD_E_REFUSED, false },
		{ "https://s3-evil.elb.eu-west-1.amazonaws.com/x", RD_E_REFUSED, false },
		{ "https://ec2-198-51-100-7.compute-1.amazonaws.com/x", RD_E_REFUSED, false },
		{ "https://s3.amazonaws.com.evil.example.com/x", RD_E_REFUSED, false },
		{ "file:///etc/passwd", RD_E_REFUSED, false },
		{ "", RD_E_REFUSED, false },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_http_request request = { .user = NULL };
		struct rd_err err = { 0 };
		enum rd_rc rc = rd_twilio.build_media(&twilio, rows[i].url, *state, &request, &err);
		if (rc != rows[i].rc)
			print_error("%s\n", rows[i].url);
		assert_int_equal(rc, rows[i].rc);
		if (rc != RD_OK)
			continue;
		assert_int_equal(request.user != NULL, rows[i].with_secret);
		/* What lies elsewhere is never fetched from inside our own network. */
		assert_int_equal(request.public_only, !rows[i].with_secret);
	}
}

static void received_texts_of_twilio_are_listed(void **state)
{
	struct rd_err err = { 0 };
	struct rd_http_request request;
	struct rd_provider_listed listed;
	const struct rd_provider_window window = { .from_ms = 1795000000000,
		.now_ms = 1795003600000 };
	assert_int_equal(
		rd_twilio.build_list(&twilio, &window, NULL, *state, &request, &err), RD_OK);
	assert_string_equal(request.url,
		"https://api.example.org/2010-04-01/Accounts/acctid/Messages.json?"
		"To=%2B447700900000&DateSent%3E=2026-11-18&PageSize=200");
	RD_CLEANUP(rd_http_response_free)
	struct rd_http_response response = answer(200,
		"{\"messages\":["
		"{\"sid\":\"SM1\",\"direction\":\"inbound\",\"status\":\"received\",\"from\":"
		"\"+447700900123\",\"to\":\"+447700900000\",\"body\":\"damp\",\"num_media\":"
		"\"0\",\"date_sent\":\"Wed, 18 Nov 2026 11:06:45 +0000\"},"
		"{\"sid\":\"MM2\",\"direction\":\"inbound\",\"status\":\"received\",\"from\":"
		"\"+447700900123\",\"to\":\"+447700900000\",\"body\":\"\",\"num_media\":\"2\"},"
		"{\"sid\":\"SM3\",\"direction\":\"outbound-api\",\"from\":\"1\",\"body\":\"x\"},"
		"{\"sid\":\"SM4\",\"direction\":\"inbound\",\"status\":\"receiving\",\"from\":"
		"\"1\",\"body\":\"x\"},"
		"{\"sid\":\"SM5\",\"direction\":\"inbound\",\"from\":\"1\",\"body\":null}],"
		"\"next_page_uri\":\"\"}");
	assert_int_equal(
		rd_twilio.read_list(&twilio, &window, "", &response, *state, &listed, &err), RD_OK);
	assert_int_equal(listed.n_texts, 2);
	assert_true(listed.texts[0].sent_ms == 1795000005000);
	assert_int_equal(listed.texts[1].n_media, 1); /* the place where both are told */
	assert_string_equal(listed.texts[1].media[0].url,
		"https://api.example.org/2010-04-01/Accounts/acctid/Messages/MM2/Media.json");
	assert_int_equal(listed.n_unread, 1);
	assert_string_equal(listed.unread[0].id, "SM5");
	assert_null(listed.next_url);
	/* A next page that is no path of our own host is not taken for the end. */
	RD_CLEANUP(rd_http_response_free)
	struct rd_http_response elsewhere =
		answer(200, "{\"messages\":[],\"next_page_uri\":\"https://evil.example.com/\"}");
	assert_int_equal(
		rd_twilio.read_list(&twilio, &window, "", &elsewhere, *state, &listed, &err),
		RD_E_AGAIN);
	const struct rd_provider_media *media;
	size_t n;
	RD_CLEANUP(rd_http_response_free)
	struct rd_http_response list = answer(200,
		"{\"media_list\":[{\"uri\":\"/2010-04-01/a/Media/ME1.json\",\"content_type\":"
		"\"image/jpeg\"},{\"uri\":\"/2010-04-01/a/Media/ME2.json\"}]}");
	assert_int_equal(rd_twilio.read_media_list(&twilio, listed.texts[1].media[0].url, &list,
				 *state, &media, &n, &err),
		RD_OK);
	assert_int_equal(n, 2);
	assert_string_equal(media[0].url, "https://api.example.org/2010-04-01/a/Media/ME1");
	assert_string_equal(media[0].type, "image/jpeg");
	assert_int_equal(
		rd_twilio.read_media_list(&twilio, media[0].url, &list, *state, &media, &n, &err),
		RD_OK);
	assert_int_equal(n, 0); /* a picture, whatever its bytes look like */
}

#define INBOUND(id, to, service)                                                                   \
	"{\"sid\":\"" id "\",\"direction\":\"inbound\",\"from\":\"+447700900123\",\"to\":\"" to    \
	"\",\"body\":\"damp\",\"messaging_service_sid\":" service "}"

/* The list is the whole account's there: other teams' residents are not ours to read. */
static void a_messaging_service_lists_its_own_texts_alone(void **state)
{
	struct rd_provider_account service = twilio;
	struct rd_http_request request;
	struct rd_provider_listed listed;
	struct rd_err err = { 0 };
	const struct rd_provider_window window = { 0, 1795003600000 };
	service.number = "MG0123456789abcdef0123456789abcdef";
	assert_int_equal(
		rd_twilio.build_list(&service, &window, NULL, *state, &request, &err), RD_OK);
	assert_null(strstr(request.url, "To="));
	RD_CLEANUP(rd_http_response_free)
	struct rd_http_response response =
		answer(200, "{\"messages\":[" INBOUND("SM1", "+447700900001",
				    "\"MG0123456789abcdef0123456789abcdef\"") "," INBOUND("SM2",
				    "+447700900002",
				    "\"MG99999999999999999999999999999999\"") "," INBOUND("SM3",
				    "+447700900003", "null") "],\"next_page_uri\":null}");
	assert_int_equal(
		rd_twilio.read_list(&service, &window, "", &response, *state, &listed, &err),
		RD_OK);
	assert_int_equal(listed.n_texts, 1);
	assert_string_equal(listed.texts[0].id, "SM1");
	assert_int_equal(listed.n_unread, 0);
	assert_int_equal(
		rd_twilio.read_list(&twilio, &window, "", &response, *state, &listed, &err), RD_OK);
	assert_int_equal(listed.n_texts, 3);
}

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

/* ---- the tray's files, and numbers ---- */

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

int main(void)
{
#define WITH_ARENA(test) cmocka_unit_test_setup_teardown(test, make_arena, free_arena)
	const struct CMUnitTest tests[] = {
		WITH_ARENA(every_known_signature_fits),
		WITH_ARENA(one_flipped_byte_anywhere_is_refused),
		WITH_ARENA(no_token_and_no_signature_are_refused),
		WITH_ARENA(a_form_too_large_to_check_is_not_proved),
		WITH_ARENA(json_needs_the_hash_of_its_body),
		WITH_ARENA(a_text_is_read_from_the_form),
		WITH_ARENA(the_words_stay_untrimmed),
		WITH_ARENA(what_is_missing_is_named),
		WITH_ARENA(receipts_of_twilio_are_read),
		WITH_ARENA(a_tray_takes_any_account_unless_one_is_named),
		WITH_ARENA(a_text_of_notify_is_read),
		WITH_ARENA(a_wrong_token_of_notify_is_refused),
		WITH_ARENA(the_json_of_notify_is_strict),
		WITH_ARENA(the_jwt_of_notify_is_the_known_one),
		WITH_ARENA(receipts_of_notify_are_read),
		WITH_ARENA(what_a_send_says_is_classed),
		WITH_ARENA(the_daily_limit_waits_for_midnight_utc),
		WITH_ARENA(a_send_of_twilio_names_number_words_and_receipts),
		WITH_ARENA(a_send_of_notify_goes_through_the_template_that_was_stored),
		WITH_ARENA(twilio_is_asked_for_the_same_words_since_the_attempt),
		WITH_ARENA(the_next_page_is_asked_for_at_our_own_host_alone),
		WITH_ARENA(notify_is_asked_by_reference),
		WITH_ARENA(a_type_is_printable_or_none),
		WITH_ARENA(pictures_are_named_by_the_form),
		WITH_ARENA(pictures_are_fetched_from_the_provider_alone),
		WITH_ARENA(received_texts_of_twilio_are_listed),
		WITH_ARENA(a_messaging_service_lists_its_own_texts_alone),
		WITH_ARENA(a_page_of_notify_goes_on_before_those_of_its_last_instant),
		WITH_ARENA(a_list_of_notify_that_goes_on_at_no_id_is_not_whole),
		WITH_ARENA(a_text_goes_into_the_tray_once),
		WITH_ARENA(numbers_are_kept_one_way),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

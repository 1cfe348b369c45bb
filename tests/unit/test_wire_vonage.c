/* Vonage: signatures of the SMS API and of the Messages API, texts, parts, receipts, sending,
 * asking and listing. */
#include "support/providers.h"

#include "redress/wire/jwt.h"
#include "redress/wire/providers/vonage.h"

#define SECRET "my_secret_key_for_testing"
#define FIELDS                                                                                     \
	"message-timestamp=2013-11-21+15:27:30&messageId=020000001B0FE827&msisdn=14843472194"      \
	"&text=Test+again&timestamp=1385047698&to=13239877404&type=text"
#define NOW_MS (INT64_C(1385047700) * 1000)

static const struct rd_provider_account vonage = {
	.name = "line",
	.number = "+447700900000",
	.account = "abcd1234",
	.user = "",
	.template_id = "",
	.api_url = "https://api.example.org",
	.path = "",
	.signature = "sha256",
	.token = SECRET,
	.api_key = "secret",
};

static const struct {
	const char *method, *hex;
} vectors[] = {
	{ "md5hash", "d2e7b1dc968737c5998ad624e02f90b7" },
	{ "md5", "DDEBD46008C2D4E93CCE578A332A52D5" },
	{ "sha1", "27D0D05C2876C7CB1720DBCDBA4D492E1E55C09A" },
	{ "sha256", "DDB8397C2B90AAC7F3882D306475C9A5058C92322EEF43C92B298B6E0FC0D330" },
};

static enum rd_rc read(struct rd_arena *arena, const struct rd_provider_account *account,
	const char *form, int64_t now_ms, struct rd_provider_text *text)
{
	struct rd_err err = { 0 };
	const struct rd_webhook_request request = form_request(form, now_ms);
	return rd_vonage.read_text(account, &request, arena, text, &err);
}

static void every_known_signature_fits_in_any_case(void **state)
{
	for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
		struct rd_provider_account account = vonage;
		struct rd_provider_text text;
		char form[512];
		account.signature = vectors[i].method;
		snprintf(form, sizeof form, FIELDS "&sig=%s", vectors[i].hex);
		assert_int_equal(read(*state, &account, form, NOW_MS, &text), RD_OK);
		assert_string_equal(text.id, "020000001B0FE827");
		assert_string_equal(text.from, "+14843472194");
		assert_string_equal(text.to, "+13239877404");
		assert_string_equal(text.body, "Test again");
		assert_true(text.sent_ms == INT64_C(1385047650) * 1000);
		assert_int_equal(text.n_parts, 0);
		for (char *at = form + sizeof FIELDS; *at; at++)
			*at = *at >= 'A' && *at <= 'F' ? (char)(*at + 32) : *at;
		assert_int_equal(read(*state, &account, form, NOW_MS, &text), RD_OK);
		/* Another way of signing with the same secret is not the configured one. */
		account.signature = strcmp(vectors[i].method, "sha1") == 0 ? "md5" : "sha1";
		assert_int_equal(read(*state, &account, form, NOW_MS, &text), RD_E_REFUSED);
		rd_arena_reset(*state);
	}
}

static void one_flipped_byte_anywhere_is_refused(void **state)
{
	for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
		struct rd_provider_account account = vonage;
		struct rd_provider_text text;
		char form[512];
		account.signature = vectors[i].method;
		snprintf(form, sizeof form, FIELDS "&sig=%s", vectors[i].hex);
		for (size_t at = 0; form[at]; at++) {
			char was = form[at];
			if (strchr("&=+", was))
				continue;
			form[at] = (char)(was ^ 1);
			enum rd_rc rc = read(*state, &account, form, NOW_MS, &text);
			if (rc != RD_E_REFUSED)
				print_error("%s at %zu: %s\n", vectors[i].method, at, form);
			assert_int_equal(rc, RD_E_REFUSED);
			form[at] = was;
			rd_arena_reset(*state);
		}
		account.token = "my_secret_key_for_testinh";
		assert_int_equal(read(*state, &account, form, NOW_MS, &text), RD_E_REFUSED);
		account.token = "";
		assert_int_equal(read(*state, &account, form, NOW_MS, &text), RD_E_REFUSED);
	}
}

static void separators_in_values_are_signed_as_underscores(void **state)
{
	struct rd_err err = { 0 };
	struct rd_form form;
	const char *text = "param1=value%261&param2=value%3D2&timestamp=1234567890";
	assert_int_equal(rd_form_parse(text, strlen(text), *state, &form, &err), RD_OK);
	assert_string_equal(rd_vonage_sign(*state, "md5", "signature_secret", &form),
		"2bbf0abafb2c55e5af6231513896a2ac");
	const char *other = "param1=value%260&param2=value%3D2&timestamp=1234567890";
	assert_int_equal(rd_form_parse(other, strlen(other), *state, &form, &err), RD_OK);
	assert_string_not_equal(rd_vonage_sign(*state, "md5", "signature_secret", &form),
		"2bbf0abafb2c55e5af6231513896a2ac");
	const char *twice = "a=1&a=2";
	assert_int_equal(rd_form_parse(twice, strlen(twice), *state, &form, &err), RD_OK);
	assert_null(rd_vonage_sign(*state, "md5", "signature_secret", &form));
	/* One field whose name is read as two others' signed text. */
	static const char *const odd[] = { "a%3D1%26b=2", "a%26b=1", "a%3Db=1" };
	for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
		assert_int_equal(rd_form_parse(odd[i], strlen(odd[i]), *state, &form, &err), RD_OK);
		assert_null(rd_vonage_sign(*state, "md5", "signature_secret", &form));
	}
}

/* Signed rightly, whatever the fields. */
static const char *signed_form(struct rd_arena *arena, const char *fields)
{
	struct rd_err err = { 0 };
	struct rd_form form;
	assert_int_equal(rd_form_parse(fields, strlen(fields), arena, &form, &err), RD_OK);
	return rd_arena_printf(
		arena, "%s&sig=%s", fields, rd_vonage_sign(arena, "sha256", SECRET, &form));
}

static void the_time_that_was_signed_must_be_near(void **state)
{
	static const struct {
		const char *why;
		int64_t now_ms;
		enum rd_rc rc;
	} rows[] = {
		{ "just now", NOW_MS, RD_OK },
		{ "sent again for a day", NOW_MS + INT64_C(24) * 3600 * 1000, RD_OK },
		{ "more than a day and an hour old", NOW_MS + INT64_C(25) * 3600 * 1000 + 3000,
			RD_E_REFUSED },
		{ "their clock is ahead", NOW_MS - 4 * 60 * 1000, RD_OK },
		{ "far ahead", NOW_MS - 6 * 60 * 1000, RD_E_REFUSED },
	};
	const char *form = signed_form(*state, FIELDS);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_provider_text text;
		enum rd_rc rc = read(*state, &vonage, form, rows[i].now_ms, &text);
		if (rc != rows[i].rc)
			print_error("%s\n", rows[i].why);
		assert_int_equal(rc, rows[i].rc);
	}
	struct rd_provider_text text;
	form = signed_form(*state, "messageId=A1&msisdn=447700900123&to=1&text=x&type=text");
	assert_int_equal(read(*state, &vonage, form, NOW_MS, &text), RD_E_REFUSED); /* no time */
}

#define OTHER "messageId=0A1&msisdn=447700900123&to=447700900000&timestamp=1385047698"

static void texts_come_as_query_form_and_json(void **state)
{
	struct rd_err err = { 0 };
	struct rd_provider_text text;
	const char *form = signed_form(*state, OTHER "&type=unicode&text=mould+%C3%A9");
	struct rd_webhook_request get = form_request("", NOW_MS);
	get.method = "GET";
	get.url = rd_arena_printf(*state, "https://sms.example.org/sms/line?%s", form);
	assert_int_equal(rd_vonage.read_text(&vonage, &get, *state, &text, &err), RD_OK);
	assert_string_equal(text.body, "mould \xC3\xA9");
	assert_string_equal(text.from, "+447700900123");
	const char *sig = strstr(form, "&sig=") + 5;
	struct rd_webhook_request json = form_request("", NOW_MS);
	json.content_type = "application/json";
	json.body = rd_arena_printf(*state,
		"{\"messageId\":\"0A1\",\"msisdn\":\"447700900123\",\"to\":\"447700900000\","
		"\"timestamp\":1385047698,\"type\":\"unicode\",\"text\":\"mould \xC3\xA9\",\"sig\":"
		"\"%s\"}",
		sig);
	json.body_len = strlen(json.body);
	assert_int_equal(rd_vonage.read_text(&vonage, &json, *state, &text, &err), RD_OK);
	assert_string_equal(text.body, "mould \xC3\xA9");
	char *changed = strstr((char *)(uintptr_t)json.body, "mould");
	changed[0] = 'M';
	assert_int_equal(rd_vonage.read_text(&vonage, &json, *state, &text, &err), RD_E_REFUSED);
}

/* Refused it would come again for a day, and then never. */
static void half_an_emoji_in_json_is_read(void **state)
{
	struct rd_err err = { 0 };
	struct rd_provider_text text;
	struct rd_webhook_request json = form_request("", NOW_MS);
	const char *form = signed_form(*state, OTHER "&type=unicode&text=mould+%EF%BF%BD");
	json.content_type = "application/json";
	json.body = rd_arena_printf(*state,
		"{\"messageId\":\"0A1\",\"msisdn\":\"447700900123\",\"to\":\"447700900000\","
		"\"timestamp\":1385047698,\"type\":\"unicode\",\"text\":\"mould \\ud83d\",\"sig\":"
		"\"%s\"}",
		strstr(form, "&sig=") + 5);
	json.body_len = strlen(json.body);
	assert_int_equal(rd_vonage.read_text(&vonage, &json, *state, &text, &err), RD_OK);
	assert_string_equal(text.body, "mould \xEF\xBF\xBD");
}

static void a_probe_is_answered_and_an_unsigned_text_is_not(void **state)
{
	struct rd_err err = { 0 };
	struct rd_provider_text text = { .nothing = false };
	struct rd_webhook_request probe = form_request("", NOW_MS);
	assert_int_equal(rd_vonage.read_text(&vonage, &probe, *state, &text, &err), RD_OK);
	assert_true(text.nothing);
	assert_int_equal(read(*state, &vonage, FIELDS, NOW_MS, &text), RD_E_REFUSED);
	assert_int_equal(read(*state, &vonage, OTHER "&text=x&sig=", NOW_MS, &text), RD_E_REFUSED);
}

static void a_part_names_its_place(void **state)
{
	static const struct {
		const char *fields;
		enum rd_rc rc;
		int part, n_parts;
	} rows[] = {
		{ "&concat=true&concat-ref=0A&concat-part=2&concat-total=3", RD_OK, 2, 3 },
		{ "&concat=true&concat-ref=0A&concat-part=1&concat-total=1", RD_OK, 0, 0 },
		{ "&concat=false&concat-ref=0A", RD_OK, 0, 0 },
		{ "&concat=true&concat-ref=0A&concat-part=4&concat-total=3", RD_E_INPUT, 0, 0 },
		{ "&concat=true&concat-ref=0A&concat-part=0&concat-total=3", RD_E_INPUT, 0, 0 },
		{ "&concat=true&concat-ref=0A&concat-part=255&concat-total=255", RD_OK, 255, 255 },
		{ "&concat=true&concat-ref=0A&concat-part=1&concat-total=256", RD_E_INPUT, 0, 0 },
		{ "&concat=true&concat-part=1&concat-total=2", RD_E_INPUT, 0, 0 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_provider_text text = { .n_parts = 0 };
		const char *form = signed_form(*state,
			rd_arena_printf(*state, OTHER "&type=text&text=x%s", rows[i].fields));
		assert_int_equal(read(*state, &vonage, form, NOW_MS, &text), rows[i].rc);
		assert_int_equal(text.n_parts, rows[i].n_parts);
		assert_int_equal(text.part, rows[i].part);
	}
}

static void a_binary_text_is_kept_without_words(void **state)
{
	struct rd_provider_text text;
	const char *form = signed_form(*state, OTHER "&type=binary&data=0011&udh=05");
	assert_int_equal(read(*state, &vonage, form, NOW_MS, &text), RD_OK);
	assert_int_equal(text.body_len, 0);
	form = signed_form(*state, OTHER "&type=text");
	assert_int_equal(read(*state, &vonage, form, NOW_MS, &text), RD_E_INPUT);
}

/* ---- the Messages API ---- */

#define KNOWN_JWT                                                                                  \
	"eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9."                                                    \
	"eyJpc3MiOiJPbmxpbmUgSldUIEJ1aWxkZXIiLCJpYXQiOjE2OTc2MzQ2ODAsImV4cCI6MzMyNTQ1NDA4MjgsImF1" \
	"ZCI6IiIsInN1YiI6IiJ9.88vJc3I2HhuqEDixHXVhc9R30tA6U_HQHZTC29y6CGM"

static void the_known_token_fits_and_no_flipped_byte_of_it(void **state)
{
	static const char secret[] = "qwertyuiopasdfghjklzxcvbnm123456";
	struct rd_err err = { 0 };
	const char *claims;
	size_t len;
	char token[] = KNOWN_JWT;
	assert_int_equal(rd_jwt_check(*state, secret, token, &claims, &len, &err), RD_OK);
	assert_non_null(strstr(claims, "\"iat\":1697634680"));
	for (size_t at = 0; token[at]; at++) {
		token[at] ^= 1;
		assert_int_equal(
			rd_jwt_check(*state, secret, token, &claims, &len, &err), RD_E_REFUSED);
		token[at] ^= 1;
	}
	assert_int_equal(rd_jwt_check(*state, "qwertyuiopasdfghjklzxcvbnm123457", token, &claims,
				 &len, &err),
		RD_E_REFUSED);
	assert_int_equal(rd_jwt_check(*state, "", token, &claims, &len, &err), RD_E_REFUSED);
}

/* Signed by the secret, with a header that claims something else. */
static void no_other_algorithm_is_ever_taken(void **state)
{
	static const char *const headers[] = { "{\"alg\":\"none\"}", "{\"alg\":\"HS512\"}", "{}",
		"not JSON", "{\"alg\":\"HS256\",\"alg\":\"none\"}" };
	for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
		struct rd_err err = { 0 };
		const char *claims;
		size_t len;
		uint8_t mac[RD_HMAC_SHA256_BYTES];
		const char *head = rd_base64_url(*state, headers[i], strlen(headers[i]));
		const char *text = rd_arena_printf(*state, "%s.e30", head);
		rd_hmac_sha256("s", text, strlen(text), mac);
		const char *token = rd_arena_printf(
			*state, "%s.%s", text, rd_base64_url(*state, mac, sizeof mac));
		assert_int_equal(
			rd_jwt_check(*state, "s", token, &claims, &len, &err), RD_E_REFUSED);
		token = rd_arena_printf(*state, "%s.", text);
		assert_int_equal(
			rd_jwt_check(*state, "s", token, &claims, &len, &err), RD_E_REFUSED);
	}
}

#define MESSAGE                                                                                    \
	"{\"channel\":\"sms\",\"message_uuid\":\"aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab\",\"to\":"   \
	"\"447700900000\",\"from\":\"447700900123\",\"timestamp\":\"2013-11-21T15:27:30Z\","       \
	"\"message_type\":\"text\",\"text\":\"My heating is off\",\"sms\":{\"num_messages\":"      \
	"\"2\"}}"

static struct rd_webhook_request message(
	struct rd_arena *arena, const char *claims_format, const char *body)
{
	struct rd_err err = { 0 };
	char hash[RD_SHA256_HEX_SIZE];
	const char *token;
	struct rd_webhook_request request = form_request("", NOW_MS);
	rd_sha256_hex(MESSAGE, strlen(MESSAGE), hash);
	char *claims = rd_arena_strdup(arena, claims_format);
	char *place = strstr(claims, "HASH");
	if (place)
		claims = rd_arena_printf(
			arena, "%.*s%s%s", (int)(place - claims), claims, hash, place + 4);
	assert_int_equal(rd_jwt_make(arena, SECRET, claims, &token, &err), RD_OK);
	request.content_type = "application/json";
	request.authorization = rd_arena_printf(arena, "Bearer %s", token);
	request.body = body;
	request.body_len = strlen(body);
	return request;
}

#define CLAIMS(iss, iat, hash, key)                                                                \
	"{\"iss\":\"" iss "\",\"iat\":" iat ",\"payload_hash\":\"" hash "\",\"api_key\":\"" key    \
	"\",\"jti\":\"1\"}"

static void a_message_is_believed_by_its_claims(void **state)
{
	static const struct {
		const char *why, *claims, *body;
		enum rd_rc rc;
	} rows[] = {
		{ "right", CLAIMS("Vonage", "1385047698", "HASH", "abcd1234"), MESSAGE, RD_OK },
		{ "not Vonage's", CLAIMS("Vonagf", "1385047698", "HASH", "abcd1234"), MESSAGE,
			RD_E_REFUSED },
		{ "another account", CLAIMS("Vonage", "1385047698", "HASH", "abcd1235"), MESSAGE,
			RD_E_REFUSED },
		{ "another body", CLAIMS("Vonage", "1385047698", "HASH", "abcd1234"), MESSAGE " ",
			RD_E_REFUSED },
		{ "no hash", CLAIMS("Vonage", "1385047698", "", "abcd1234"), MESSAGE,
			RD_E_REFUSED },
		{ "old", CLAIMS("Vonage", "1384900000", "HASH", "abcd1234"), MESSAGE,
			RD_E_REFUSED },
		{ "ahead", CLAIMS("Vonage", "1385048700", "HASH", "abcd1234"), MESSAGE,
			RD_E_REFUSED },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_err err = { 0 };
		struct rd_provider_text text;
		struct rd_webhook_request request = message(*state, rows[i].claims, rows[i].body);
		enum rd_rc rc = rd_vonage.read_text(&vonage, &request, *state, &text, &err);
		if (rc != rows[i].rc)
			print_error("%s: %s\n", rows[i].why, err.msg);
		assert_int_equal(rc, rows[i].rc);
		if (rc != RD_OK)
			continue;
		assert_string_equal(text.id, "aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab");
		assert_string_equal(text.body, "My heating is off");
		assert_int_equal(text.n_parts, 0);
	}
}

/* Told to send its receipts to the wrong address, Vonage would fill the review list. */
static void a_status_report_is_no_text(void **state)
{
	static const char report[] =
		"{\"message_uuid\":\"aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab\",\"to\":"
		"\"447700900123\","
		"\"from\":\"447700900000\",\"timestamp\":\"2013-11-21T15:27:30Z\",\"status\":"
		"\"delivered\",\"channel\":\"sms\"}";
	struct rd_err err = { 0 };
	struct rd_provider_text text;
	char hash[RD_SHA256_HEX_SIZE];
	rd_sha256_hex(report, strlen(report), hash);
	const char *claims = rd_arena_printf(*state,
		"{\"iss\":\"Vonage\",\"iat\":1385047698,\"payload_hash\":\"%s\",\"api_key\":"
		"\"abcd1234\"}",
		hash);
	const struct rd_webhook_request request = message(*state, claims, report);
	assert_int_equal(rd_vonage.read_text(&vonage, &request, *state, &text, &err), RD_E_INPUT);
	assert_non_null(strstr(err.msg, "/status"));
}

static void an_unsigned_message_must_be_sent_again(void **state)
{
	struct rd_err err = { 0 };
	struct rd_provider_text text;
	struct rd_webhook_request request =
		message(*state, CLAIMS("Vonage", "1385047698", "HASH", "abcd1234"), MESSAGE);
	request.authorization = "";
	assert_int_equal(rd_vonage.read_text(&vonage, &request, *state, &text, &err), RD_E_AGAIN);
}

static void receipts_carry_our_key_and_the_opt_out(void **state)
{
	static const struct {
		const char *fields;
		enum rd_rc rc;
		enum rd_delivery state;
		const char *id;
		bool opted_out;
	} rows[] = {
		{ "&status=delivered&err-code=0&client-ref=rd.7", RD_OK, RD_DELIVERY_DONE, "rd.7",
			false },
		{ "&status=delivered&err-code=0", RD_OK, RD_DELIVERY_DONE, "0A1", false },
		{ "&status=failed&err-code=9&client-ref=rd.7", RD_OK, RD_DELIVERY_FAILED, "rd.7",
			true },
		{ "&status=expired&err-code=2&client-ref=rd.7", RD_OK, RD_DELIVERY_FAILED, "rd.7",
			false },
		{ "&status=buffered&client-ref=rd.7", RD_OK, RD_DELIVERY_UNDERWAY, "rd.7", false },
		{ "&status=eaten", RD_E_INPUT, RD_DELIVERY_UNDERWAY, "", false },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_err err = { 0 };
		struct rd_provider_receipt receipt = { .id = "" };
		const char *form =
			signed_form(*state, rd_arena_printf(*state, OTHER "%s", rows[i].fields));
		struct rd_webhook_request request = form_request(form, NOW_MS);
		assert_int_equal(rd_vonage.read_receipt(&vonage, &request, *state, &receipt, &err),
			rows[i].rc);
		if (rows[i].rc != RD_OK)
			continue;
		assert_int_equal(receipt.state, rows[i].state);
		assert_string_equal(receipt.id, rows[i].id);
		assert_int_equal(receipt.opted_out, rows[i].opted_out);
	}
}

/* ---- sending ---- */

static void a_send_names_number_words_and_key(void **state)
{
	struct rd_http_request request;
	struct rd_err err = { 0 };
	struct rd_provider_send send = send_one;
	send.body = "We answer by \xC2\xA3 6";
	assert_int_equal(rd_vonage.build_send(&vonage, &send, *state, &request, &err), RD_OK);
	assert_string_equal(request.url, "https://api.example.org/sms/json");
	assert_non_null(strstr(request.body,
		"api_key=abcd1234&api_secret=secret&from=447700900000&to=447700900123&text="));
	assert_non_null(strstr(request.body, "&type=text&client-ref=rd.7&callback=https%3A"));
	send.body = "\xE2\x80\x9Chome\xE2\x80\x9D"; /* not of the GSM alphabet */
	assert_int_equal(rd_vonage.build_send(&vonage, &send, *state, &request, &err), RD_OK);
	assert_non_null(strstr(request.body, "&type=unicode&"));
}

static void what_a_send_says_is_classed(void **state)
{
	static const struct sent_row rows[] = {
		{ "taken", 200, "{\"messages\":[{\"status\":\"0\",\"message-id\":\"A\"}]}",
			RD_SEND_DONE, false },
		{ "throttled", 200, "{\"messages\":[{\"status\":\"1\"}]}", RD_SEND_AGAIN, false },
		{ "an error of its own", 200, "{\"messages\":[{\"status\":\"5\"}]}", RD_SEND_AGAIN,
			false },
		{ "wrong secret", 200, "{\"messages\":[{\"status\":\"4\"}]}", RD_SEND_AGAIN, true },
		{ "no credit", 200, "{\"messages\":[{\"status\":\"9\"}]}", RD_SEND_AGAIN, true },
		{ "barred", 200, "{\"messages\":[{\"status\":\"7\"}]}", RD_SEND_REFUSED, false },
		{ "switched off", 200, "{\"messages\":[{\"status\":\"33\"}]}", RD_SEND_REFUSED,
			false },
		{ "one part of two", 200, "{\"messages\":[{\"status\":\"0\"},{\"status\":\"1\"}]}",
			RD_SEND_REFUSED, false },
		{ "no status", 200, "{\"messages\":[{}]}", RD_SEND_UNCERTAIN, false },
		{ "no messages", 200, "{\"messages\":[]}", RD_SEND_UNCERTAIN, false },
		{ "not JSON", 200, "<html>", RD_SEND_UNCERTAIN, false },
		{ "too many", 429, "", RD_SEND_AGAIN, false },
		{ "our key", 401, "", RD_SEND_AGAIN, true },
		{ "may have been taken", 503, "", RD_SEND_UNCERTAIN, false },
	};
	check_sent(&rd_vonage, &vonage, rows, sizeof rows / sizeof rows[0], *state);
	/* What is kept of an answer is status and id, never anything else that stands in it. */
	static const char *const ids[] = { "0A0000000123ABCD1", "\\u001b[2J", "words of it",
		"\xC3\xA9\xC3\xA9\xC3\xA9" };
	for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
		struct rd_provider_sent sent;
		RD_CLEANUP(rd_http_response_free)
		struct rd_http_response response = answer(
			200, rd_arena_printf(*state,
				     "{\"messages\":[{\"status\":\"0\",\"message-id\":\"%s\"}]}",
				     ids[i]));
		rd_vonage.read_sent(&vonage, &send_one, &response, *state, &sent);
		assert_int_equal(sent.outcome, RD_SEND_DONE);
		assert_string_equal(sent.response,
			i == 0 ? "HTTP 200 0A0000000123ABCD1, 1 parts" : "HTTP 200 -, 1 parts");
	}
}

static void it_is_asked_for_our_key_later(void **state)
{
	static const struct {
		const char *why, *body;
		enum rd_asked answer;
	} rows[] = {
		{ "there", "{\"records\":[{\"client_ref\":\"rd.6\"},{\"client_ref\":\"rd.7\"}]}",
			RD_ASKED_FOUND },
		{ "not there", "{\"records\":[{\"client_ref\":\"rd.6\"}]}", RD_ASKED_ABSENT },
		{ "none", "{\"records\":[]}", RD_ASKED_ABSENT },
		{ "one that may be ours", "{\"records\":[{\"to\":\"447700900123\"}]}",
			RD_ASKED_UNCLEAR },
		{ "more pages",
			"{\"records\":[],\"_links\":{\"next\":{\"href\":\"https://evil.example.com/"
			"v2/reports/records?cursor=1\"}}}",
			RD_ASKED_MORE },
		{ "more pages where none can be",
			"{\"records\":[],\"_links\":{\"next\":{\"href\":\"/v3/other?cursor=1\"}}}",
			RD_ASKED_UNCLEAR },
		{ "more pages nowhere", "{\"records\":[],\"_links\":{\"next\":{}}}",
			RD_ASKED_UNCLEAR },
		{ "no more pages", "{\"records\":[],\"_links\":{\"next\":null}}", RD_ASKED_ABSENT },
	};
	struct rd_http_request request;
	struct rd_err err = { 0 };
	assert_true(rd_vonage.ask_after_ms >= 15 * 60 * 1000);
	assert_int_equal(
		rd_vonage.build_ask(&vonage, &send_one, NULL, *state, &request, &err), RD_OK);
	assert_string_equal(request.url,
		"https://api.example.org/v2/reports/records?account_id=abcd1234&product=SMS"
		"&direction=outbound&to=447700900123&date_start=2026-11-18T11%3A04%3A40Z"
		"&date_end=2026-11-18T11%3A06%3A40Z");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_provider_asked asked;
		RD_CLEANUP(rd_http_response_free)
		struct rd_http_response response = answer(200, rows[i].body);
		assert_int_equal(
			rd_vonage.read_asked(&vonage, &send_one, &response, *state, &asked, &err),
			RD_OK);
		if (asked.answer != rows[i].answer)
			print_error("%s\n", rows[i].why);
		assert_int_equal(asked.answer, rows[i].answer);
		if (asked.answer == RD_ASKED_MORE)
			assert_string_equal(asked.next_url,
				"https://api.example.org/v2/reports/records?cursor=1");
	}
}

/* ---- the list ---- */

static void a_long_outage_is_listed_day_by_day(void **state)
{
	struct rd_err err = { 0 };
	const int64_t now_ms = INT64_C(1795000000000); /* 2026-11-18T11:06:40Z */
	const struct rd_provider_window window = { .from_ms = now_ms - INT64_C(50) * 3600 * 1000,
		.now_ms = now_ms };
	const char *next = NULL;
	int n_pages = 0;
	do {
		struct rd_http_request request;
		struct rd_provider_listed listed;
		RD_CLEANUP(rd_http_response_free)
		struct rd_http_response response = answer(200,
			"{\"records\":[{\"message_id\":\"A1\",\"from\":\"447700900123\",\"to\":"
			"\"447700900000\",\"direction\":\"inbound\",\"date_received\":"
			"\"2026-11-18T10:00:00+0000\",\"message_body\":\"damp\"},"
			"{\"message_id\":\"A2\",\"from\":\"447700900123\",\"direction\":"
			"\"inbound\"}]}");
		assert_int_equal(
			rd_vonage.build_list(&vonage, &window, next, *state, &request, &err),
			RD_OK);
		assert_non_null(strstr(request.url, "&direction=inbound&to=447700900000"));
		assert_int_equal(rd_vonage.read_list(&vonage, &window, request.url, &response,
					 *state, &listed, &err),
			RD_OK);
		assert_int_equal(listed.n_texts, 1);
		assert_string_equal(listed.texts[0].body, "damp");
		assert_true(listed.texts[0].sent_ms == now_ms - 4000 * 1000);
		assert_int_equal(listed.n_unread, 1); /* listed without its words */
		assert_string_equal(listed.unread[0].id, "A2");
		next = listed.next_url;
		n_pages++;
	} while (next && n_pages < 10);
	assert_int_equal(n_pages, 3);
}

/* Further pages of a day have an address that does not say which day it is. */
static void the_days_before_are_listed_behind_the_last_page_of_a_day(void **state)
{
	static const char last[] = "{\"records\":[]}";
	static const char first[] = "{\"records\":[],\"_links\":{\"next\":{\"href\":"
				    "\"https://api.nexmo.com/v2/reports/records?cursor=1\"}}}";
	struct rd_err err = { 0 };
	const int64_t now_ms = INT64_C(1795000000000); /* 2026-11-18T11:06:40Z */
	const struct rd_provider_window window = { .from_ms = now_ms - INT64_C(30) * 3600 * 1000,
		.now_ms = now_ms };
	static const char *const pages[] = { first, last, last };
	const char *next = NULL;
	for (size_t i = 0; i < 3; i++) {
		struct rd_http_request request;
		struct rd_provider_listed listed;
		RD_CLEANUP(rd_http_response_free)
		struct rd_http_response response = answer(200, pages[i]);
		assert_int_equal(
			rd_vonage.build_list(&vonage, &window, next, *state, &request, &err),
			RD_OK);
		assert_int_equal(rd_vonage.read_list(&vonage, &window, request.url, &response,
					 *state, &listed, &err),
			RD_OK);
		next = listed.next_url;
		if (i == 0)
			assert_memory_equal(
				next, "https://api.example.org/v2/reports/records?cursor=1#", 52);
		if (i == 1)
			assert_non_null(strstr(next, "&date_end=2026-11-17T11%3A06%3A40Z"));
	}
	assert_null(next);
}

static void a_list_that_goes_on_where_it_cannot_be_read_is_not_whole(void **state)
{
	static const struct {
		const char *url, *body;
	} rows[] = {
		{ "https://api.example.org/v2/reports/records?date_start=2026-11-18T11%3A06%3A40Z",
			"{\"records\":[],\"_links\":{\"next\":{\"href\":\"cursor=1\"}}}" },
		{ "https://api.example.org/v2/reports/records?cursor=1", "{\"records\":[]}" },
		{ "https://api.example.org/v2/reports/records?date_start=soon",
			"{\"records\":[]}" },
	};
	const struct rd_provider_window window = { 0, INT64_C(1795000000000) };
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_err err = { 0 };
		struct rd_provider_listed listed;
		RD_CLEANUP(rd_http_response_free)
		struct rd_http_response response = answer(200, rows[i].body);
		assert_int_equal(rd_vonage.read_list(&vonage, &window, rows[i].url, &response,
					 *state, &listed, &err),
			RD_E_AGAIN);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_ARENA(every_known_signature_fits_in_any_case),
		WITH_ARENA(one_flipped_byte_anywhere_is_refused),
		WITH_ARENA(separators_in_values_are_signed_as_underscores),
		WITH_ARENA(the_time_that_was_signed_must_be_near),
		WITH_ARENA(texts_come_as_query_form_and_json),
		WITH_ARENA(half_an_emoji_in_json_is_read),
		WITH_ARENA(a_probe_is_answered_and_an_unsigned_text_is_not),
		WITH_ARENA(a_part_names_its_place),
		WITH_ARENA(a_binary_text_is_kept_without_words),
		WITH_ARENA(the_known_token_fits_and_no_flipped_byte_of_it),
		WITH_ARENA(no_other_algorithm_is_ever_taken),
		WITH_ARENA(a_message_is_believed_by_its_claims),
		WITH_ARENA(a_status_report_is_no_text),
		WITH_ARENA(an_unsigned_message_must_be_sent_again),
		WITH_ARENA(receipts_carry_our_key_and_the_opt_out),
		WITH_ARENA(a_send_names_number_words_and_key),
		WITH_ARENA(what_a_send_says_is_classed),
		WITH_ARENA(it_is_asked_for_our_key_later),
		WITH_ARENA(a_long_outage_is_listed_day_by_day),
		WITH_ARENA(the_days_before_are_listed_behind_the_last_page_of_a_day),
		WITH_ARENA(a_list_that_goes_on_where_it_cannot_be_read_is_not_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

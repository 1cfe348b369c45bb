/* FireText: Basic authentication, texts without an id, receipts, sending, listing. */
#include "support/providers.h"

#include "redress/wire/providers/firetext.h"

static const struct rd_provider_account firetext = {
	.name = "line",
	.number = "+447700900000",
	.account = "",
	.user = "redress",
	.template_id = "",
	.api_url = "https://api.example.org",
	.path = "",
	.signature = "",
	.token = "p:ss word",
	.api_key = "key&1",
};

#define RIGHT "Basic cmVkcmVzczpwOnNzIHdvcmQ=" /* redress:p:ss word */
#define TEXT                                                                                       \
	"source=447700900123&destination=447700900000&message=No+heating+%26+damp"                 \
	"&time=2026-11-18+10:06:40"

static enum rd_rc read(struct rd_arena *arena, const char *authorization, const char *form,
	struct rd_provider_text *text)
{
	struct rd_err err = { 0 };
	struct rd_webhook_request request = form_request(form, 0);
	request.authorization = authorization;
	return rd_firetext.read_text(&firetext, &request, arena, text, &err);
}

static void a_text_is_read_behind_its_password(void **state)
{
	struct rd_provider_text text;
	assert_int_equal(read(*state, RIGHT, TEXT, &text), RD_OK);
	assert_string_equal(text.from, "+447700900123");
	assert_string_equal(text.to, "+447700900000");
	assert_string_equal(text.body, "No heating & damp");
	assert_true(text.sent_ms == INT64_C(1794996400) * 1000);
	assert_int_equal(strlen(text.id), 64);
}

static void one_flipped_byte_of_the_password_is_refused(void **state)
{
	struct rd_provider_text text;
	char header[] = RIGHT;
	for (size_t at = 6; header[at]; at++) {
		header[at] ^= 1;
		assert_int_equal(read(*state, header, TEXT, &text), RD_E_REFUSED);
		header[at] ^= 1;
	}
	assert_int_equal(read(*state, "", TEXT, &text), RD_E_REFUSED);
	assert_int_equal(
		read(*state, "Bearer cmVkcmVzczpwOnNzIHdvcmQ=", TEXT, &text), RD_E_REFUSED);
	assert_int_equal(read(*state, RIGHT "=", TEXT, &text), RD_E_REFUSED);
	struct rd_provider_account none = firetext;
	struct rd_err err = { 0 };
	none.token = "";
	struct rd_webhook_request request = form_request(TEXT, 0);
	request.authorization = "Basic cmVkcmVzczo="; /* redress: */
	assert_int_equal(rd_firetext.read_text(&none, &request, *state, &text, &err), RD_E_REFUSED);
}

static void what_is_missing_is_named(void **state)
{
	static const char *const forms[] = { "", "source=1&destination=2&time=x",
		"destination=2&message=x&time=y", "source=1&destination=2&message=x" };
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		struct rd_provider_text text;
		assert_int_equal(read(*state, RIGHT, forms[i], &text), RD_E_INPUT);
	}
}

/* The same text is the same id, by webhook and from the list; any other is another. */
static void the_id_is_made_of_what_the_text_is(void **state)
{
	struct rd_err err = { 0 };
	struct rd_provider_text text, other;
	struct rd_provider_listed listed;
	const struct rd_provider_window window = { 0, 0 };
	assert_int_equal(read(*state, RIGHT, TEXT, &text), RD_OK);
	RD_CLEANUP(rd_http_response_free)
	struct rd_http_response response = answer(200,
		"{\"code\":0,\"data\":[{\"receivedFrom\":\"447700900123\",\"sentTo\":"
		"\"447700900000\",\"message\":\"No heating & damp \",\"receivedOn\":"
		"\"2026-11-18 10:06:40\"},{\"receivedFrom\":\"447700900124\",\"message\":null}]}");
	assert_int_equal(
		rd_firetext.read_list(&firetext, &window, "", &response, *state, &listed, &err),
		RD_OK);
	assert_int_equal(listed.n_texts, 1);
	assert_int_equal(listed.n_unread, 1);
	assert_memory_equal(listed.unread[0].id, "no-id-", 6);
	assert_null(listed.next_url);
	assert_string_equal(listed.texts[0].id, text.id);
	static const char *const spelt[] = {
		"source=447700900123&destination=447700900000&message=No+heating+%26+damp"
		"&time=2026-11-18T10:06:40Z",
		"source=447700900123&destination=447700900000&message=No+heating+%26+damp"
		"&time=2026-11-18+10:06:40%2B0000+",
		"source=447700900123&destination=447700900000&message=No+heating+%26+damp"
		"&time=2026-11-18T11:06:40.000%2B01:00",
	};
	for (size_t i = 0; i < sizeof spelt / sizeof spelt[0]; i++) {
		assert_int_equal(read(*state, RIGHT, spelt[i], &other), RD_OK);
		assert_string_equal(other.id, text.id);
	}
	static const char *const others[] = {
		"source=447700900124&destination=447700900000&message=No+heating+%26+damp"
		"&time=2026-11-18+10:06:40",
		"source=447700900123&destination=447700900001&message=No+heating+%26+damp"
		"&time=2026-11-18+10:06:40",
		"source=447700900123&destination=447700900000&message=No+heating+%26+damq"
		"&time=2026-11-18+10:06:40",
		"source=447700900123&destination=447700900000&message=No+heating+%26+damp"
		"&time=2026-11-18+10:06:41",
	};
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		assert_int_equal(read(*state, RIGHT, others[i], &other), RD_OK);
		assert_string_not_equal(other.id, text.id);
	}
}

static void receipts_carry_our_key(void **state)
{
	static const struct {
		const char *form;
		enum rd_rc rc;
		enum rd_delivery state;
		const char *detail;
	} rows[] = {
		{ "status=0&reference=rd.7&code=000", RD_OK, RD_DELIVERY_DONE, "delivered" },
		{ "status=1&reference=rd.7&code=101", RD_OK, RD_DELIVERY_FAILED, "failed 101" },
		{ "status=1&reference=rd.7", RD_OK, RD_DELIVERY_FAILED, "failed" },
		{ "status=2&reference=rd.7", RD_OK, RD_DELIVERY_UNDERWAY, "on its way" },
		{ "status=3&reference=rd.7", RD_E_INPUT, RD_DELIVERY_UNDERWAY, "" },
		{ "status=0", RD_E_INPUT, RD_DELIVERY_UNDERWAY, "" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_err err = { 0 };
		struct rd_provider_receipt receipt;
		struct rd_webhook_request request = form_request(rows[i].form, 0);
		assert_int_equal(
			rd_firetext.read_receipt(&firetext, &request, *state, &receipt, &err),
			RD_E_REFUSED);
		request.authorization = RIGHT;
		assert_int_equal(
			rd_firetext.read_receipt(&firetext, &request, *state, &receipt, &err),
			rows[i].rc);
		if (rows[i].rc != RD_OK)
			continue;
		assert_int_equal(receipt.state, rows[i].state);
		assert_string_equal(receipt.detail, rows[i].detail);
		assert_string_equal(receipt.id, "rd.7");
	}
}

static void a_send_names_number_words_and_key(void **state)
{
	struct rd_http_request request;
	struct rd_err err = { 0 };
	assert_int_equal(
		rd_firetext.build_send(&firetext, &send_one, *state, &request, &err), RD_OK);
	assert_string_equal(request.url, "https://api.example.org/api/sendsms/json");
	assert_non_null(strstr(request.body,
		"apiKey=key%261&from=447700900000&to=447700900123&message=RD100001-K7QF%3A"));
	assert_non_null(strstr(request.body,
		"&reference=rd.7&receipt=https%3A%2F%2Fredress%3Ap%253Ass%2520word%40sms.example."
		"org%2Fsms%2Fline%2Fstatus"));
	char words[700];
	struct rd_provider_send send = send_one;
	memset(words, 'a', sizeof words);
	words[612] = '\0';
	send.body = words;
	assert_int_equal(rd_firetext.gsm_units_max, 612);
	assert_int_equal(rd_firetext.build_send(&firetext, &send, *state, &request, &err), RD_OK);
	words[612] = 'a';
	words[613] = '\0';
	assert_int_equal(
		rd_firetext.build_send(&firetext, &send, *state, &request, &err), RD_E_INPUT);
}

static void what_a_send_says_is_classed(void **state)
{
	static const struct sent_row rows[] = {
		{ "taken", 200, "{\"code\":0,\"description\":\"SMS successfully queued\"}",
			RD_SEND_DONE, false },
		{ "taken, in text", 200, "0:1 SMS successfully queued", RD_SEND_DONE, false },
		{ "our key", 200, "{\"code\":1}", RD_SEND_AGAIN, true },
		{ "a bad number", 200, "{\"code\":2}", RD_SEND_REFUSED, false },
		{ "a bad text", 200, "{\"code\":\"5\"}", RD_SEND_REFUSED, false },
		{ "no credit", 200, "{\"code\":7}", RD_SEND_AGAIN, true },
		{ "no code", 200, "{}", RD_SEND_UNCERTAIN, false },
		{ "words", 200, "<html>", RD_SEND_UNCERTAIN, false },
		{ "too many", 429, "", RD_SEND_AGAIN, false },
		{ "not allowed", 403, "", RD_SEND_AGAIN, true },
		{ "may have been taken", 502, "{\"code\":0}", RD_SEND_UNCERTAIN, false },
	};
	check_sent(&rd_firetext, &firetext, rows, sizeof rows / sizeof rows[0], *state);
	assert_null(rd_firetext.build_ask); /* nothing to ask: a person settles it */
}

static void a_list_that_is_not_given_says_whose_trouble_it_is(void **state)
{
	static const struct {
		long status;
		const char *body;
		enum rd_rc rc;
	} rows[] = {
		{ 200, "{\"code\":1,\"description\":\"x\"}", RD_E_REFUSED },
		{ 403, "", RD_E_REFUSED },
		{ 500, "", RD_E_AGAIN },
		{ 200, "<html>", RD_E_AGAIN },
		{ 200, "{\"data\":[]}", RD_OK },
	};
	const struct rd_provider_window window = { 0, 0 };
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_err err = { 0 };
		struct rd_provider_listed listed;
		RD_CLEANUP(rd_http_response_free)
		struct rd_http_response response = answer(rows[i].status, rows[i].body);
		assert_int_equal(rd_firetext.read_list(
					 &firetext, &window, "", &response, *state, &listed, &err),
			rows[i].rc);
	}
	struct rd_http_request request;
	struct rd_err err = { 0 };
	assert_int_equal(
		rd_firetext.build_list(&firetext, &window, NULL, *state, &request, &err), RD_OK);
	assert_null(strstr(request.url, "key")); /* addresses are logged on the way */
	assert_string_equal(request.body, "apiKey=key%261&sentTo=447700900000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_ARENA(a_text_is_read_behind_its_password),
		WITH_ARENA(one_flipped_byte_of_the_password_is_refused),
		WITH_ARENA(what_is_missing_is_named),
		WITH_ARENA(the_id_is_made_of_what_the_text_is),
		WITH_ARENA(receipts_carry_our_key),
		WITH_ARENA(a_send_names_number_words_and_key),
		WITH_ARENA(what_a_send_says_is_classed),
		WITH_ARENA(a_list_that_is_not_given_says_whose_trouble_it_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

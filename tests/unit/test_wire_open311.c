/* Open311: what is told of a case, and what a server's answers mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "redress/wire/open311.h"

static const struct rd_open311_service services[] = { { "a leak", "PLUMB" }, { "heating", "GAS" } };
static struct rd_open311_config config = { .name = "repairs",
	.url = "https://repairs.example.org/v2",
	.jurisdiction = "example.org",
	.services = services,
	.n_services = 2,
	.default_service = "OTHER",
	.address = "See our reference",
	.attribute = "REF" };
static struct rd_arena *arena;

static int before(void **state)
{
	(void)state;
	arena = rd_arena_new(1u << 20);
	return 0;
}

static int after(void **state)
{
	(void)state;
	rd_arena_free(arena);
	return 0;
}

static struct rd_http_response answer_of(long status, const char *body)
{
	struct rd_http_response response = { .status = status, .body = RD_BUF(1u << 16) };
	struct rd_err err = { 0 };

	assert_int_equal(rd_buf_add_str(&response.body, body, &err), RD_OK);
	return response;
}

static void the_code_is_the_first_topics_that_has_one(void **state)
{
	static const char *const topics[] = { "a delay", "Heating", "a leak" };

	(void)state;
	assert_string_equal(rd_open311_code(&config, topics, 3), "GAS");
	assert_string_equal(rd_open311_code(&config, topics, 1), "OTHER");
	assert_string_equal(rd_open311_code(&config, topics, 0), "OTHER");
}

static void the_description_is_cut_before_a_character(void **state)
{
	static const char *const topics[] = { "a leak", "heating" };
	char words[5001];

	(void)state;
	assert_string_equal(rd_open311_description(topics, 2, "RD100001", "", arena),
		"a leak; heating. Our reference: RD100001.");
	assert_string_equal(rd_open311_description(NULL, 0, "RD100001", "It drips.", arena),
		"A service request. Our reference: RD100001.\n\nIt drips.");
	for (size_t i = 0; i + 1 < sizeof words; i += 2)
		memcpy(words + i, "\xc3\xa9", 2);
	words[5000] = '\0';
	for (size_t shift = 0; shift < 2; shift++) {
		const char *text =
			rd_open311_description(NULL, 0, shift ? "RD1" : "RD12", words, arena);
		assert_in_range(strlen(text), 3998, 4000);
		assert_int_equal((unsigned char)text[strlen(text) - 1], 0xa9);
	}
}

static void a_post_tells_no_more_than_that(void **state)
{
	struct rd_http_request request;
	struct rd_err err = { 0 };

	(void)state;
	assert_int_equal(rd_open311_build_post(&config, "k&y", "PLUMB", "a leak. R", "RD100001",
				 arena, &request, &err),
		RD_OK);
	assert_string_equal(request.url, "https://repairs.example.org/v2/requests.json");
	assert_true(request.public_only);
	assert_string_equal(request.body,
		"api_key=k%26y&jurisdiction_id=example.org&service_code=PLUMB&address_string=See%"
		"20our%20reference&description=a%20leak.%20R&attribute%5BREF%5D=RD100001");
}

static void answers_are_told_apart(void **state)
{
	static const struct {
		long status;
		const char *body;
		enum rd_open311_posted outcome;
		const char *text;
	} rows[] = {
		{ 200, "[{\"service_request_id\":\"293944\",\"account_id\":null}]", RD_POSTED_TAKEN,
			"293944" },
		{ 201, "{\"service_requests\":[{\"service_request_id\":638344}]}", RD_POSTED_TAKEN,
			"638344" },
		{ 200, "[{\"token\":\"4e56\"}]", RD_POSTED_TOKEN, "4e56" },
		{ 200, "[{\"service_request_id\":\"29 44\"}]", RD_POSTED_UNCERTAIN, "" },
		{ 200, "[]", RD_POSTED_UNCERTAIN, "" },
		{ 200, "<html>", RD_POSTED_UNCERTAIN, "" },
		{ 400, "[{\"code\":400,\"description\":\"no\"}]", RD_POSTED_REFUSED, "" },
		{ 403, "", RD_POSTED_OURS, "" },
		{ 404, "", RD_POSTED_OURS, "" },
		{ 301, "", RD_POSTED_OURS, "" },
		{ 429, "", RD_POSTED_AGAIN, "" },
		{ 503, "", RD_POSTED_AGAIN, "" },
		{ 500, "", RD_POSTED_UNCERTAIN, "" },
		{ 504, "", RD_POSTED_UNCERTAIN, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_http_response response = answer_of(rows[i].status, rows[i].body);
		const struct rd_open311_answer got = rd_open311_read_posted(&response, arena);

		assert_int_equal(got.outcome, rows[i].outcome);
		assert_string_equal(got.text, rows[i].text);
		rd_http_response_free(&response);
	}
}

static void the_list_is_searched_for_our_reference_whole(void **state)
{
	static const struct {
		const char *body;
		enum rd_open311_listed listed;
		const char *id;
	} rows[] = {
		{ "[{\"service_request_id\":\"1\",\"description\":\"x RD1000012.\"},"
		  "{\"service_request_id\":\"2\",\"description\":\"a leak. Our reference: "
		  "RD100001.\"}]",
			RD_LISTED_FOUND, "2" },
		{ "[{\"service_request_id\":\"1\",\"description\":\"x RD1000012.\"}]",
			RD_LISTED_ABSENT, "" },
		{ "[{\"service_request_id\":\"1\",\"description\":null}]", RD_LISTED_ABSENT, "" },
		{ "[]", RD_LISTED_ABSENT, "" },
		{ "{\"error\":1}", RD_LISTED_UNCLEAR, "" },
		{ "oops", RD_LISTED_UNCLEAR, "" },
	};
	const char *id;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_http_response response = answer_of(200, rows[i].body);
		assert_int_equal(
			rd_open311_read_list(&response, "RD100001", arena, &id), rows[i].listed);
		assert_string_equal(id, rows[i].id);
		rd_http_response_free(&response);
	}
}

static void a_status_and_a_token_are_read(void **state)
{
	struct rd_http_response open = answer_of(200, "[{\"status\":\"open\"}]"),
				closed = answer_of(200, "[{\"status\":\"CLOSED\"}]"),
				gone = answer_of(404, "[{\"status\":\"closed\"}]"),
				token = answer_of(200,
					"[{\"token\":\"b\",\"service_request_id\":\"8\"},"
					"{\"token\":\"a\",\"service_request_id\":\"7\"}]");

	(void)state;
	assert_int_equal(rd_open311_read_status(&open), RD_REQUEST_OPEN);
	assert_int_equal(rd_open311_read_status(&closed), RD_REQUEST_CLOSED);
	assert_int_equal(rd_open311_read_status(&gone), RD_REQUEST_UNCLEAR);
	assert_string_equal(rd_open311_read_token(&token, "a", arena), "7");
	assert_null(rd_open311_read_token(&token, "c", arena));
	rd_http_response_free(&open);
	rd_http_response_free(&closed);
	rd_http_response_free(&gone);
	rd_http_response_free(&token);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_code_is_the_first_topics_that_has_one),
		cmocka_unit_test(the_description_is_cut_before_a_character),
		cmocka_unit_test(a_post_tells_no_more_than_that),
		cmocka_unit_test(answers_are_told_apart),
		cmocka_unit_test(the_list_is_searched_for_our_reference_whole),
		cmocka_unit_test(a_status_and_a_token_are_read),
	};
	return cmocka_run_group_tests(tests, before, after);
}

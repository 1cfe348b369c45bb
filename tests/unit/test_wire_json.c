/* The JSON of providers: what a phone can send makes nothing else unreadable. */
#include "support/providers.h"

#include "redress/wire/providers/json.h"

#define FFFD "\xEF\xBF\xBD"

static void what_a_phone_can_send_is_read(void **state)
{
	static const struct {
		const char *why, *json, *words;
		size_t len;
	} rows[] = {
		{ "plain", "{\"w\":\"damp\"}", "damp", 4 },
		{ "a pair", "{\"w\":\"\\ud83d\\uDE1C\"}", "\xF0\x9F\x98\x9C", 4 },
		{ "NUL", "{\"w\":\"a\\u0000b\"}", "a\0b", 3 },
		{ "a high half", "{\"w\":\"a\\ud83db\"}", "a" FFFD "b", 5 },
		{ "a low half", "{\"w\":\"a\\uDE1Cb\"}", "a" FFFD "b", 5 },
		{ "two high halves", "{\"w\":\"\\ud83d\\ud83d\\ude1c\"}", FFFD "\xF0\x9F\x98\x9C",
			7 },
		{ "a half at the end", "{\"w\":\"\\ud83d\"}", FFFD, 3 },
		{ "a half before an escape", "{\"w\":\"\\ud83d\\n\"}", FFFD "\n", 4 },
		{ "no escape at all", "{\"w\":\"\\\\ud83d \\ud83d\"}", "\\ud83d " FFFD, 10 },
		{ "no UTF-8", "{\"w\":\"a\xFF\xED\xA0\x80z\"}", "a" FFFD FFFD FFFD FFFD "z", 14 },
		{ "cut UTF-8", "{\"w\":\"a\xF0\x9F\"}", "a" FFFD FFFD, 7 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		json_error_t why;
		RD_CLEANUP(rd_json_free)
		json_t *root = rd_json_read(rows[i].json, strlen(rows[i].json), &why);
		const json_t *words = json_object_get(root, "w");
		if (!json_is_string(words) || json_string_length(words) != rows[i].len)
			print_error("%s\n", rows[i].why);
		assert_true(json_is_string(words));
		assert_int_equal(json_string_length(words), rows[i].len);
		assert_memory_equal(json_string_value(words), rows[i].words, rows[i].len);
	}
}

static void what_is_no_json_stays_unread(void **state)
{
	static const char *const texts[] = { "", "{", "{\"a\":1,\"a\":2}", "{\"a\":\"\\ud83\"}",
		"{\"a\":\"\\ud83d", "\\", "\\u", "\\ud83d", "\xFF", "{\"a\":\"\\x\"}",
		"{\"a\\u0000\":1}", "<html/>" };
	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		json_error_t why;
		json_t *root = rd_json_read(texts[i], strlen(texts[i]), &why);
		if (root)
			print_error("%s\n", texts[i]);
		assert_null(root);
	}
}

/* Up to its NUL it would be another id. */
static void a_member_with_a_nul_is_none(void **state)
{
	static const char text[] = "{\"id\":\"SM1\\u0000x\",\"to\":\"1\",\"n\":7}";
	json_error_t why;
	RD_CLEANUP(rd_json_free) json_t *root = rd_json_read(text, sizeof text - 1, &why);
	(void)state;
	assert_string_equal(rd_json_word(root, "id"), "");
	assert_string_equal(rd_json_word(root, "to"), "1");
	assert_string_equal(rd_json_word(root, "n"), "");
	assert_string_equal(rd_json_word(root, "none"), "");
	assert_string_equal(rd_json_word(NULL, "id"), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_phone_can_send_is_read),
		cmocka_unit_test(what_is_no_json_stays_unread),
		cmocka_unit_test(a_member_with_a_nul_is_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

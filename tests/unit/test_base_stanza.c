#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "redress/base/stanza.h"

static const char *const known[] = { "Rule", "Means", "Points", "Phrase", "Look in", NULL };
static const char *const repeatable[] = { "Phrase", NULL };

static int new_arena(void **state)
{
	*state = rd_arena_new(16u << 20);
	return 0;
}

static int free_arena(void **state)
{
	rd_arena_free(*state);
	return 0;
}

static void values_are_raw_and_places_are_kept(void **state)
{
	static const char text[] = "\xef\xbb\xbf# a comment\r\n"
				   "Rule:  fed-up \t\r\n"
				   "# inside\n"
				   "Phrase: \"it's\" # no : comment\n"
				   "phrase:fed up\n"
				   "Means:\n"
				   " \t\n"
				   "\n"
				   "Rule : two";
	struct rd_stanzas all;
	struct rd_err err = { 0 };

	assert_int_equal(
		rd_stanzas_parse("core.rules", text, sizeof text - 1, *state, &all, &err), RD_OK);
	assert_int_equal(all.n_items, 2);
	const struct rd_stanza *one = &all.items[0];
	assert_int_equal(one->n_fields, 4);
	assert_string_equal(rd_stanza_value(one, "rule", ""), "fed-up");
	assert_int_equal(rd_stanza_field(one, "RULE")->line, 2);
	assert_int_equal(rd_stanza_field(one, "Rule")->value_column, 8);
	const struct rd_field *phrase = rd_stanza_next(one, "Phrase", NULL);
	assert_string_equal(phrase->value, "\"it's\" # no : comment");
	assert_int_equal(phrase->line, 4);
	phrase = rd_stanza_next(one, "Phrase", phrase);
	assert_string_equal(phrase->value, "fed up");
	assert_string_equal(phrase->name, "phrase");
	assert_null(rd_stanza_next(one, "Phrase", phrase));
	assert_string_equal(rd_stanza_value(one, "Means", "?"), "");
	assert_string_equal(rd_stanza_value(one, "Points", "1"), "1");
	assert_string_equal(rd_stanza_value(&all.items[1], "Rule", ""), "two");
	assert_int_equal(all.items[1].fields[0].line, 9);
	assert_int_equal(rd_stanza_check_fields(one, known, repeatable, &err), RD_OK);
}

static const struct {
	const char *why, *text, *message;
} bad[] = {
	{ "a line without a colon", "Rule: a\nfed up\n", "f:2:1: no `:` in this line" },
	{ "an indented line", "Rule: a\n  Points: 2\n",
		"f:2:1: a line must not begin with a space" },
	{ "a colon first", ": 2\n", "f:1:1: a field's name begins with a letter" },
	{ "a digit first", "2: 2\n", "f:1:1: a field's name begins with a letter" },
	{ "an odd character in a name", "Po=ints: 2\n", "f:1:3: this character cannot stand" },
	{ "Latin 1", "Rule: caf\xe9\n", "f:1:10: this is not UTF-8" },
	{ "an overlong sequence", "Rule: \xc0\xaf\n", "f:1:7: this is not UTF-8" },
	{ "a surrogate", "Rule: \xed\xa0\x80\n", "f:1:7: this is not UTF-8" },
	{ "a control character", "Rule: a\x01\n", "f:1:8: an invisible control character" },
	{ "a carriage return inside", "Rule: a\rb\n", "f:1:8: an invisible control character" },
	{ "an unknown field that is near", "Rule: a\nPionts: 2\n",
		"f:2:1: unknown field `Pionts`; did you mean `Points`?" },
	{ "an unknown field with a space", "Rule: a\nLookin: body\n",
		"f:2:1: unknown field `Lookin`; did you mean `Look in`?" },
	{ "an unknown field far from all", "Colour: red\n",
		"f:1:1: unknown field `Colour`; delete" },
	{ "a field twice", "Rule: a\nPoints: 1\n\n# c\nRule: b\nMeans: x\nMEANS: y\n",
		"f:7:1: `MEANS` stands here for the second time (first in line 6)" },
	{ "the first field again, for want of an empty line", "Rule: a\nPoints: 1\nRule: b\n",
		"f:3:1: a new `Rule:` stanza needs an empty line before it" },
};

static void an_error_names_file_line_and_column(void **state)
{
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct rd_stanzas all;
		struct rd_err err = { 0 };
		enum rd_rc rc =
			rd_stanzas_parse("f", bad[i].text, strlen(bad[i].text), *state, &all, &err);
		for (size_t s = 0; rc == RD_OK && s < all.n_items; s++)
			rc = rd_stanza_check_fields(&all.items[s], known, repeatable, &err);
		if (rc != RD_E_INPUT ||
			strncmp(err.msg, bad[i].message, strlen(bad[i].message)) != 0)
			fail_msg("%s: got %d %s", bad[i].why, (int)rc, err.msg);
	}
}

static void limits_are_named_not_crossed(void **state)
{
	size_t len = RD_STANZA_FILE_MAX + 1;
	char *text = malloc(len);
	struct rd_stanzas all;
	struct rd_err err = { 0 };

	assert_non_null(text);
	memset(text, 'a', len);
	text[1] = ':';
	assert_int_equal(
		rd_stanzas_parse("f", text, RD_STANZA_LINE_MAX, *state, &all, &err), RD_OK);
	assert_int_equal(rd_stanzas_parse("f", text, RD_STANZA_LINE_MAX + 1, *state, &all, &err),
		RD_E_RANGE);
	assert_int_equal(rd_stanzas_parse("f", text, len, *state, &all, &err), RD_E_RANGE);
	for (size_t i = 0; i < RD_STANZA_FIELDS_MAX + 1; i++)
		memcpy(text + i * 4, "a:b\n", 4);
	assert_int_equal(
		rd_stanzas_parse("f", text, RD_STANZA_FIELDS_MAX * 4, *state, &all, &err), RD_OK);
	assert_int_equal(
		rd_stanzas_parse("f", text, RD_STANZA_FIELDS_MAX * 4 + 4, *state, &all, &err),
		RD_E_RANGE);
	free(text);
	assert_int_equal(rd_stanzas_parse("f", "", 0, *state, &all, &err), RD_OK);
	assert_int_equal(all.n_items, 0);

	struct rd_arena *small = rd_arena_new(64);
	enum rd_rc rc = rd_stanzas_parse("f", "Rule: a\nMeans: b\n", 17, small, &all, &err);
	rd_arena_free(small);
	assert_int_equal(rc, RD_E_RANGE);
}

static const struct {
	const char *why, *value, *message; /* NULL: it is right */
	double number;
} numbers[] = {
	{ "a whole one", "2", NULL, 2 },
	{ "a fraction", "-1.5", NULL, -1.5 },
	{ "the greatest", "10", NULL, 10 },
	{ "too great", "10.5", "f:1:9: `Points` is 10.5; it may be from -5 to 10", 0 },
	{ "hexadecimal", "0x2", "f:1:9: `Points` needs a number", 0 },
	{ "not finite", "inf", "f:1:9: `Points` needs a number", 0 },
	{ "a comma", "1,5", "f:1:9: `Points` needs a number", 0 },
	{ "an exponent", "1e1", "f:1:9: `Points` needs a number", 0 },
	{ "a point alone", "1.", "f:1:9: `Points` needs a number", 0 },
	{ "nothing", "", "f:1:9: `Points` needs a number", 0 },
};

static void a_number_is_plain_and_in_range(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		struct rd_field field = { "Points", numbers[i].value, 1, 1, 9 };
		struct rd_stanza stanza = { "f", &field, 1 };
		struct rd_err err = { 0 };
		double number = 99;
		enum rd_rc rc = rd_field_number(&stanza, &field, -5, 10, &number, &err);
		if (numbers[i].message == NULL) {
			if (rc != RD_OK || number < numbers[i].number || number > numbers[i].number)
				fail_msg("%s: %s", numbers[i].why, err.msg);
		} else if (rc != RD_E_INPUT ||
			   strncmp(err.msg, numbers[i].message, strlen(numbers[i].message)) != 0) {
			fail_msg("%s: %s", numbers[i].why, err.msg);
		}
	}
}

static void a_choice_is_one_of_the_list(void **state)
{
	static const char *const choices[] = { "subject", "body", NULL };
	struct rd_field field = { "Look in", "Body", 3, 1, 10 };
	struct rd_stanza stanza = { "f", &field, 1 };
	struct rd_err err = { 0 };
	int index = -1;

	(void)state;
	assert_int_equal(rd_field_choice(&stanza, &field, choices, &index, &err), RD_OK);
	assert_int_equal(index, 1);
	field.value = "subjct";
	assert_int_equal(rd_field_choice(&stanza, &field, choices, &index, &err), RD_E_INPUT);
	assert_string_equal(
		err.msg, "f:3:10: `Look in` cannot be `subjct`; did you mean `subject`?");
	field.value = "everywhere";
	assert_int_equal(rd_field_choice(&stanza, &field, choices, &index, &err), RD_E_INPUT);
	assert_string_equal(
		err.msg, "f:3:10: `Look in` cannot be `everywhere`; write one of: subject, body");
}

static void did_you_mean_is_silent_where_nothing_is_near(void **state)
{
	char long_word[100];

	(void)state;
	memset(long_word, 'a', sizeof long_word);
	long_word[sizeof long_word - 1] = '\0';
	assert_string_equal(rd_did_you_mean("Phrsae", known), "Phrase");
	assert_string_equal(rd_did_you_mean("means", known), "Means");
	assert_null(rd_did_you_mean("xy", known));
	assert_null(rd_did_you_mean("", known));
	assert_null(rd_did_you_mean("Threshold", known));
	assert_null(rd_did_you_mean(long_word, known));
}

static void a_file_is_read_whole_or_refused(void **state)
{
	char path[] = "/tmp/rd-stanza-XXXXXX";
	int fd = mkstemp(path);
	struct rd_stanzas all;
	struct rd_err err = { 0 };
	const char *text;
	size_t len;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "Rule: a\n", 8), 8);
	close(fd);
	enum rd_rc whole = rd_stanzas_read(path, *state, &all, &err);
	enum rd_rc capped = rd_file_read(path, 7, *state, &text, &len, &err);
	unlink(path);
	assert_int_equal(whole, RD_OK);
	assert_string_equal(all.file, path);
	assert_int_equal(capped, RD_E_RANGE);
	assert_int_equal(rd_stanzas_read(path, *state, &all, &err), RD_E_MISSING);
	assert_non_null(strstr(err.msg, path));
	assert_int_equal(rd_file_read("/tmp", 100, *state, &text, &len, &err), RD_E_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			values_are_raw_and_places_are_kept, new_arena, free_arena),
		cmocka_unit_test_setup_teardown(
			an_error_names_file_line_and_column, new_arena, free_arena),
		cmocka_unit_test_setup_teardown(
			limits_are_named_not_crossed, new_arena, free_arena),
		cmocka_unit_test(a_number_is_plain_and_in_range),
		cmocka_unit_test(a_choice_is_one_of_the_list),
		cmocka_unit_test(did_you_mean_is_silent_where_nothing_is_near),
		cmocka_unit_test_setup_teardown(
			a_file_is_read_whole_or_refused, new_arena, free_arena),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

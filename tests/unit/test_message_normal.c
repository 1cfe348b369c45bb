#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <uninorm.h>
#include <unistr.h>
#include "redress/base/arena.h"
#include "redress/message/charset.h"
#include "redress/message/normal.h"

static int set_up(void **state)
{
	*state = rd_arena_new(8u << 20);
	return 0;
}

static int tear_down(void **state)
{
	rd_arena_free(*state);
	return 0;
}

static struct rd_normal normal(struct rd_arena *arena, const char *field)
{
	struct rd_normal result = { 0 };
	struct rd_err err = { 0 };

	assert_int_equal(rd_normalise(field, (uint32_t)strlen(field), NULL, 0, 1u << 16, arena,
				 &result, &err),
		RD_OK);
	assert_int_equal(strlen(result.text), result.len);
	assert_int_equal(rd_utf8_valid(result.text, result.len), result.len);
	if (result.origin)
		for (uint32_t i = 0; i < result.len; i++)
			assert_true(result.origin[i] <= result.origin[i + 1]);
	return result;
}

static void every_disguise_of_a_word_is_the_word(void **state)
{
	static const struct {
		const char *why, *in, *out;
	} rows[] = {
		{ "capitals", "COMPLAINT", "complaint" },
		{ "smart quotes", "don’t ‘stop’ “now”", "don't 'stop' \"now\"" },
		{ "a backtick and an acute for an apostrophe", "don`t can´t", "don't can't" },
		{ "dashes", "no – heating — none‑at‑all", "no - heating - none-at-all" },
		{ "an ellipsis", "still waiting…", "still waiting..." },
		{ "zero-width characters", "com\u200Bpla\u200Dint\uFEFF", "complaint" },
		{ "a soft hyphen", "com\u00ADplaint", "complaint" },
		{ "direction marks", "\u202Ecomplaint\u202C", "complaint" },
		{ "full width", "ＣＯＭＰＬＡＩＮＴ", "complaint" },
		{ "mathematical bold", "𝐂𝐎𝐌𝐏𝐋𝐀𝐈𝐍𝐓", "complaint" },
		{ "a ligature", "ﬂood ofﬁce", "flood office" },
		{ "Cyrillic letters in a Latin word", "соmрlаint", "complaint" },
		{ "Greek ones", "cοmplαint", "complaint" },
		{ "capital Cyrillic ones", "СOMPLAINT", "complaint" },
		{ "a Russian word stays", "жалоба на сосeда", "жалоба на сосeда" },
		{ "a word all of look-alikes stays", "сосо", "сосо" },
		{ "a Greek word stays", "ΠΑΡΑΠΟΝΟ", "παραπονο" },
		{ "blanks", "no \t  heating\u00A0\u2003here", "no heating here" },
		{ "blanks at line ends", "  one  \n  two\t\n", "one\ntwo\n" },
		{ "CRLF and CR", "one\r\ntwo\rthree", "one\ntwo\nthree" },
		{ "line and paragraph separators", "one\u2028two\u2029three", "one\ntwo\nthree" },
		{ "a combining accent", "cafe\u0301", "café" },
		{ "sharp s", "Straße", "strasse" },
		{ "Turkish dotless i stays apart", "Iı", "iı" },
		{ "a pictograph stays", "mould 🤬!", "mould 🤬!" },
		{ "an emoji's variation selector goes", "❤️", "❤" },
		{ "control characters go", "a\x01\x02z", "az" },
		{ "a fraction", "½ day", "1⁄2 day" },
		{ "Welsh", "ŵythnos Tŷ", "ŵythnos tŷ" },
		{ "Polish", "ŁÓDŹ Skarga", "łódź skarga" },
		{ "text-speak is left alone", "Y r u not ansrin m8 l8r",
			"y r u not ansrin m8 l8r" },
		{ "nothing", "", "" },
		{ "only blanks", " \t ", "" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_normal got = normal(*state, rows[i].in);

		if (strcmp(got.text, rows[i].out) != 0)
			fail_msg("%s: got \"%s\"", rows[i].why, got.text);
	}
}

static void a_hit_leads_back_to_the_bytes_as_given(void **state)
{
	static const struct {
		const char *why, *in, *find, *bytes;
	} rows[] = {
		{ "ASCII", "No HEATING here", "heating", "HEATING" },
		{ "behind blanks", "no   \t  Heating", "heating", "Heating" },
		{ "over blanks", "no   Heating", "no heating", "no   Heating" },
		{ "before trailing blanks", "no heating   \nmore", "heating", "heating" },
		{ "with zero-width inside", "a com\u200Bplaint z", "complaint", "com\u200Bplaint" },
		{ "smart quotes", "they don’t care", "don't", "don’t" },
		{ "look-alikes", "my соmрlаint is", "complaint", "соmрlаint" },
		{ "full width", "ｍｏｕｌｄ and", "mould", "ｍｏｕｌｄ" },
		{ "a part of one character", "a ½ z", "1", "½" },
		{ "to the very end", "café MOULD", "mould", "MOULD" },
		{ "before blanks at the end", "no MOULD \t ", "mould", "MOULD" },
		{ "at a CRLF", "MOULD\r\nhere", "mould", "MOULD" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_normal got = normal(*state, rows[i].in);
		const char *at = strstr(got.text, rows[i].find);
		uint32_t from, to, start;

		if (!at)
			fail_msg("%s: \"%s\"", rows[i].why, got.text);
		start = (uint32_t)(at - got.text);
		rd_normal_origin(&got, start, start + (uint32_t)strlen(rows[i].find), &from, &to);
		if (to - from != strlen(rows[i].bytes) ||
			memcmp(rows[i].in + from, rows[i].bytes, to - from) != 0)
			fail_msg("%s: [%u,%u)", rows[i].why, from, to);
	}
}

static void only_new_spans_are_in_it(void **state)
{
	static const char field[] = "No HEATING\n> we fixed it\n> yes\nAnd no water";
	static const struct rd_span spans[] = { { RD_SPAN_NEW, 0, 11 }, { RD_SPAN_QUOTED, 11, 31 },
		{ RD_SPAN_NEW, 31, 43 } };
	struct rd_normal got = { 0 };
	struct rd_err err = { 0 };
	uint32_t from, to;

	assert_int_equal(
		rd_normalise(field, sizeof field - 1, spans, 3, 1000, *state, &got, &err), RD_OK);
	assert_string_equal(got.text, "no heating\nand no water");
	rd_normal_origin(&got, 11, 14, &from, &to);
	assert_int_equal(from, 31);
	assert_int_equal(to, 34);
	assert_false(got.truncated);
}

static void spans_on_one_line_do_not_run_together(void **state)
{
	static const char field[] = "no heat>quoted<ing";
	static const struct rd_span spans[] = { { RD_SPAN_NEW, 0, 7 }, { RD_SPAN_QUOTED, 7, 15 },
		{ RD_SPAN_NEW, 15, 18 } };
	struct rd_normal got = { 0 };
	struct rd_err err = { 0 };

	assert_int_equal(rd_normalise(field, 18, spans, 3, 1000, *state, &got, &err), RD_OK);
	assert_string_equal(got.text, "no heat\ning");
}

static void what_is_too_long_is_cut_and_told(void **state)
{
	struct rd_normal got = { 0 };
	struct rd_err err = { 0 };

	assert_int_equal(rd_normalise("MOULD mould", 11, NULL, 0, 5, *state, &got, &err), RD_OK);
	assert_true(got.truncated);
	assert_string_equal(got.text, "mould");
	assert_int_equal(rd_normalise("aéé", 5, NULL, 0, 4, *state, &got, &err), RD_OK);
	assert_true(got.truncated);
	assert_string_equal(got.text, "aé");
	assert_int_equal(rd_normalise("mould", 5, NULL, 0, 5, *state, &got, &err), RD_OK);
	assert_false(got.truncated);
	assert_null(got.origin);
}

/* The fast ways must come to what libunistring comes to, for every character that takes them. */
static void every_letter_folds_as_unicode_says(void **state)
{
	for (ucs4_t c = 0xC0; c < 0x3100; c++) {
		uint8_t utf8[8], *a, *b;
		size_t n_a, n_b;
		char field[16];
		int n = u8_uctomb(utf8, c, sizeof utf8);
		struct rd_normal got;
		bool same;

		if (n < 0)
			continue;
		memcpy(field, utf8, (size_t)n);
		field[n] = '\0';
		a = u8_normalize(UNINORM_NFKC, utf8, (size_t)n, NULL, &n_a);
		b = u8_casefold(a, n_a, NULL, UNINORM_NFKC, NULL, &n_b);
		got = normal(*state, field);
		/* those that are made plain or dropped on purpose are tried above */
		same = got.len == n_b && memcmp(got.text, b, n_b) == 0;
		if (!same && got.len > 1 && (unsigned char)got.text[0] >= 0xC3)
			fail_msg("U+%04X: \"%s\"", (unsigned)c, got.text);
		free(a);
		free(b);
		rd_arena_reset(*state);
	}
}

static void broken_utf8_does_no_harm(void **state)
{
	static const char *const rows[] = { "\xFF\xFE", "a\xC3", "\xE2\x80", "\xF0\x9F\x98",
		"\xCC\x81" };

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_normal got = { 0 };
		struct rd_err err = { 0 };

		assert_int_equal(rd_normalise(rows[i], (uint32_t)strlen(rows[i]), NULL, 0, 100,
					 *state, &got, &err),
			RD_OK);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_disguise_of_a_word_is_the_word),
		cmocka_unit_test(a_hit_leads_back_to_the_bytes_as_given),
		cmocka_unit_test(only_new_spans_are_in_it),
		cmocka_unit_test(spans_on_one_line_do_not_run_together),
		cmocka_unit_test(what_is_too_long_is_cut_and_told),
		cmocka_unit_test(every_letter_folds_as_unicode_says),
		cmocka_unit_test(broken_utf8_does_no_harm),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

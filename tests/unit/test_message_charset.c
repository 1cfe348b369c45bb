#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "redress/base/arena.h"
#include "redress/message/charset.h"
#include "redress/message/mime.h"

static int set_up(void **state)
{
	rd_mime_init();
	*state = rd_arena_new(4u << 20);
	return 0;
}

static int tear_down(void **state)
{
	rd_arena_free(*state);
	return 0;
}

static const struct {
	const char *charset, *bytes, *text;
} samples[] = {
	{ "iso-8859-2", "\xB3\xF3\xBC", "łóź" },
	{ "iso-8859-15", "\xA4", "€" },
	{ "windows-1250", "\x9C", "ś" },
	{ "windows-1251", "\xE6\xE0\xEB", "жал" },
	{ "windows-1256", "\xD4\xDF\xE6\xEC", "شكوى" },
	{ "koi8-u", "\xD6\xC1", "жа" },
	{ "gb2312", "\xC4\xE3", "你" },
	{ "gb18030", "\x81\x30\x81\x30\xC4\xE3", "\xC2\x80你" },
	{ "big5", "\xA7\x41", "你" },
	{ "shift_jis", "\x93\xFA", "日" },
	{ "euc-jp", "\xC6\xFC", "日" },
	{ "iso-2022-jp", "\x1b$BF|\x1b(B", "日" },
	{ "euc-kr", "\xB3\xAA", "나" },
	{ "ks_c_5601-1987", "\xB3\xAA", "나" },
	{ "utf-7", "+ZeU-", "日" },
	{ "macintosh", "\x8E", "é" },
	{ "tis-620", "\xA1", "ก" },
};

static size_t wrong(struct rd_arena *arena)
{
	for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
		struct rd_decoded got = { 0 };
		struct rd_err err = { 0 };

		if (rd_charset_decode(samples[i].bytes, strlen(samples[i].bytes),
			    samples[i].charset, 100, arena, &got, &err) != RD_OK ||
			strcmp(got.text, samples[i].text) != 0 || got.doubtful)
			return i + 1;
	}
	return 0;
}

static void charsets_in_use_are_read(void **state)
{
	size_t i = wrong(*state);

	if (i > 0)
		fail_msg("%s", samples[i - 1].charset);
}

/* A parse child opens no file once it is sealed; a limit of no descriptors is as good a seal. */
static void they_are_read_where_no_file_can_be_opened(void **state)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		struct rlimit none = { 0, 0 };
		static const char raw[] = "Subject: =?iso-2022-jp?B?GyRCRnxLXBsoQg==?= "
					  "=?gb2312?B?xOM=?= =?windows-1251?Q?=E6?=\n\nx";
		struct rd_message m = { 0 };
		struct rd_err err = { 0 };

		if (setrlimit(RLIMIT_NOFILE, &none) != 0)
			_exit(99);
		if (rd_mime_parse(raw, sizeof raw - 1, false, *state, &m, &err) != RD_OK ||
			strcmp(m.subject, "日本你ж") != 0)
			_exit(98);
		_exit((int)wrong(*state));
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) != 0)
		fail_msg("sample %d", WEXITSTATUS(status));
}

static void a_charset_name_is_no_option_for_iconv(void **state)
{
	struct rd_decoded got = { 0 };
	struct rd_err err = { 0 };
	static const char *const names[] = { "utf-8//IGNORE", "../../etc/passwd",
		"iso-8859-2//TRANSLIT", "",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		assert_int_equal(
			rd_charset_decode("caf\xE9", 4, names[i], 100, *state, &got, &err), RD_OK);
		assert_int_equal(rd_utf8_valid(got.text, got.len), got.len);
		assert_memory_equal(got.text, "caf", 3);
	}
}

static void what_does_not_fit_is_cut_between_characters(void **state)
{
	static const char *const charsets[] = { "utf-8", "windows-1252", "iso-8859-2", "" };
	struct rd_decoded got = { 0 };
	struct rd_err err = { 0 };

	for (size_t i = 0; i < sizeof charsets / sizeof charsets[0]; i++)
		for (size_t max = 1; max < 12; max++) {
			const char *bytes = i == 0 ? "aéé日🤬" : "a\xE9\xE9\xE9\xE9";

			assert_int_equal(rd_charset_decode(bytes, strlen(bytes), charsets[i], max,
						 *state, &got, &err),
				RD_OK);
			assert_true(got.len <= max);
			assert_int_equal(rd_utf8_valid(got.text, got.len), got.len);
			assert_int_equal(got.truncated, max < (i == 0 ? 12u : 9u));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(charsets_in_use_are_read),
		cmocka_unit_test(they_are_read_where_no_file_can_be_opened),
		cmocka_unit_test(a_charset_name_is_no_option_for_iconv),
		cmocka_unit_test(what_does_not_fit_is_cut_between_characters),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

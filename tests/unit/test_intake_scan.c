#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "redress/intake/imap_scan.h"

#define PIECE 1000

static const struct {
	const char *why;
	const char *text;
	enum rd_rc rc;
} rows[] = {
	{ "an ordinary answer", "* 1 FETCH (UID 1 BODY[]<0> {5}\r\nhello)\r\n1 OK done\r\n",
		RD_OK },
	{ "the largest piece asked for", "* 1 FETCH (BODY[] {1000}\r\n", RD_OK },
	{ "a byte more", "* 1 FETCH (BODY[] {1001}\r\n", RD_E_RANGE },
	{ "four gigabytes", "* 1 FETCH (BODY[] {4294967295}\r\n", RD_E_RANGE },
	{ "a number that wraps to ten", "* 1 FETCH (BODY[] {4294967306}\r\n", RD_E_RANGE },
	{ "a number of many noughts", "* 1 FETCH (BODY[] {00000000000}\r\n", RD_E_RANGE },
	{ "braces that announce nothing", "* OK {5} is five\r\n1 OK {}\r\n", RD_OK },
	{ "a literal before a bare line feed", "* 1 FETCH (BODY[] {1001}\n", RD_E_RANGE },
	{ "what a literal holds is nobody's business",
		"* 1 FETCH (BODY[] {24}\r\n* BYE [BADCHARSET ((((\r\n)\r\n", RD_OK },
	{ "a goodbye", "* BYE closing\r\n", RD_E_AGAIN },
	{ "a goodbye in small letters", "* bye\r\n", RD_E_AGAIN },
	{ "flags in order", "* OK [PERMANENTFLAGS (\\Seen $Label1 \\*)] kept\r\n", RD_OK },
	{ "no flags", "* OK [PERMANENTFLAGS ()] read-only\r\n", RD_OK },
	{ "flags that do not close", "* OK [PERMANENTFLAGS () hi\r\n", RD_E_INPUT },
	{ "flags without words behind", "* OK [PERMANENTFLAGS ()] \r\n", RD_E_INPUT },
	{ "flags of control characters", "* OK [PERMANENTFLAGS (\034Seen)] x\r\n", RD_E_INPUT },
	{ "flags in the last answer", "1 OK [PERMANENTFLAGS () hi\r\n", RD_E_INPUT },
	{ "a charset nobody gave", "1 NO [BADCHARSET (\"x\")] hi\r\n", RD_E_INPUT },
	{ "a namespace nobody asked for", "* NAMESPACE NIL NIL NIL\r\n", RD_E_INPUT },
	{ "a piece announced by words, behind which a line would hide",
		"* OK hi {40}\r\n1 NO [BADCHARSET (\"x\")] hi\r\n", RD_E_INPUT },
	{ "a piece announced by the last answer", "1 OK hi {40}\r\n", RD_E_INPUT },
	{ "a piece announced by a go-ahead", "+ idling {40}\r\n", RD_E_INPUT },
	{ "a piece in a listing that nobody asked for", "* LIST () NIL {4}\r\nmail\r\n",
		RD_E_INPUT },
	{ "a piece in an answer in small letters", "* 12 fetch (BODY[] {4}\r\nmail)\r\n", RD_OK },
	{ "brackets nested too deep", "* 1 FETCH (((((((((((((((((((((", RD_E_INPUT },
	{ "many brackets side by side", "* X () () () () () () () () () () () () () () () ()\r\n",
		RD_OK },
};

static void only_what_libetpan_bears_is_let_through(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_imap_scan scan;
		struct rd_err err = { 0 };
		rd_imap_scan_init(&scan, PIECE);
		enum rd_rc rc = rd_imap_scan_feed(&scan, rows[i].text, strlen(rows[i].text), &err);
		if (rc != rows[i].rc)
			fail_msg("%s: %d %s", rows[i].why, rc, err.msg);
	}
}

static void it_matters_not_how_the_bytes_are_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_imap_scan scan;
		struct rd_err err = { 0 };
		enum rd_rc rc = RD_OK;
		rd_imap_scan_init(&scan, PIECE);
		for (const char *at = rows[i].text; *at && rc == RD_OK; at++)
			rc = rd_imap_scan_feed(&scan, at, 1, &err);
		if (rc != rows[i].rc)
			fail_msg("%s: %d %s", rows[i].why, rc, err.msg);
	}
}

static void a_line_has_an_end(void **state)
{
	(void)state;
	struct rd_imap_scan scan;
	struct rd_err err = { 0 };
	enum rd_rc rc = RD_OK;
	size_t n = 0;
	rd_imap_scan_init(&scan, PIECE);
	while (rc == RD_OK && n <= RD_IMAP_LINE_MAX) {
		rc = rd_imap_scan_feed(&scan, "A", 1, &err);
		n++;
	}
	assert_int_equal(rc, RD_E_RANGE);
	assert_int_equal(n, RD_IMAP_LINE_MAX + 1);
}

static void a_crash_cannot_hide_behind_blanks(void **state)
{
	(void)state;
	static const char code[] = "[BADCHARSET (\"x\")] hi\r\n";
	struct rd_imap_scan scan;
	struct rd_err err = { 0 };
	rd_imap_scan_init(&scan, PIECE);
	assert_int_equal(rd_imap_scan_feed(&scan, "* OK", 4, &err), RD_OK);
	for (size_t i = 0; i < 32u << 10; i++)
		assert_int_equal(rd_imap_scan_feed(&scan, " ", 1, &err), RD_OK);
	assert_int_equal(rd_imap_scan_feed(&scan, code, sizeof code - 1, &err), RD_E_INPUT);
}

static void a_nul_has_no_place_outside_a_literal(void **state)
{
	(void)state;
	struct rd_imap_scan scan;
	struct rd_err err = { 0 };
	rd_imap_scan_init(&scan, PIECE);
	assert_int_equal(
		rd_imap_scan_feed(&scan, "* 1 FETCH (BODY[] {1}\r\n\0)\r\n", 27, &err), RD_OK);
	assert_int_equal(rd_imap_scan_feed(&scan, "* OK\0\r\n", 7, &err), RD_E_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_libetpan_bears_is_let_through),
		cmocka_unit_test(it_matters_not_how_the_bytes_are_cut),
		cmocka_unit_test(a_line_has_an_end),
		cmocka_unit_test(a_crash_cannot_hide_behind_blanks),
		cmocka_unit_test(a_nul_has_no_place_outside_a_literal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

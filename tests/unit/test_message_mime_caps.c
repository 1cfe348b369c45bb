#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include "redress/base/arena.h"
#include "redress/base/buf.h"
#include "redress/base/limits.h"
#include "redress/message/mime.h"
#include "redress/message/mime_scan.h"
#include "support/raw_mail.h"

/* Each of these crashed or stalled some mail parser. */
static void hostile_mail_is_read_or_told(void **state)
{
	static const struct {
		const char *why, *before, *piece;
		size_t times;
		const char *after;
		bool capped;
	} rows[] = {
		{ "a boundary of one quote",
			FROM_JO "Content-Type: multipart/mixed; boundary=\"\\\"\"\n\n",
			"--\"\n\nx\n", 2, "--\"--\n", false },
		{ "messages in messages", "From: x@example.org\n",
			"Content-Type: message/rfc822\n\n", 100000, "x", true },
		{ "groups in groups", "To: ", "g:", 40000, "\n\nx", true },
		{ "groups in groups, within the header cap", "To: ", "g:", 16000, "\n\nx", true },
		{ "groups in groups, folded", "To: x", "\n g:", 20000, "\n\nx", true },
		{ "groups in an attached mail", FROM_JO "Content-Type: message/rfc822\n\nTo: ",
			"g:", 40000, "\n\nx", true },
		{ "groups in a part",
			FROM_JO "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: "
				"message/rfc822\n\nTo: ",
			"g:", 40000, "\n\nx\n--b--\n", true },
		{ "comments in comments", "From: ", "(", 150000, "\n\nx", true },
		{ "comments in Content-Type", FROM_JO "Content-Type: text/plain ", "(", 1000000,
			"\n\nx", true },
		{ "a megabyte of boundaries",
			FROM_JO "Content-Type: multipart/mixed; boundary=b\n\n", "--b\n\n", 200000,
			"", true },
		{ "a megabyte of headers", "", "a:\n", 350000, "\nx", true },
		{ "headers in parts", FROM_JO "Content-Type: multipart/mixed; boundary=b\n\n--b\n",
			"a:\n", 350000, "\nx\n--b--\n", true },
		{ "one endless header", FROM_JO "X: ", "aaaaaaaaaaaaaaaa", 65536, "\n\nx", true },
		{ "one endless line", FROM_JO "\n", "aaaaaaaaaaaaaaaa", 131072, "", false },
		{ "endless references", FROM_JO "References: ", "<a@b> ", 5000, "\n\nx", false },
		{ "encoded words", "Subject: ", "=?utf-8?B?bW91bGQ=?= ", 1500, "\n\nx", false },
		{ "quotes", "From: ", "\"", 30000, "\n\nx", false },
		{ "angles", "From: ", "<", 30000, "\n\nx", false },
		{ "parameters", FROM_JO "Content-Type: text/plain", "; a*1*=b", 3500, "\n\nx",
			false },
		{ "blank lines first", "", "\n", 1000, "x", false },
		{ "parts that never end",
			FROM_JO "Content-Type: multipart/mixed; boundary=b\n\n--b\n",
			"Content-Type: multipart/mixed; boundary=b\n\n--b\n", 500, "", true },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct raw_mail *f = *state;
		struct rd_message m;

		(void)raw_mail_clear(state);
		raw_mail_add(f, rows[i].before, 1);
		raw_mail_add(f, rows[i].piece, rows[i].times);
		raw_mail_add(f, rows[i].after, 1);
		m = raw_mail_read(f, f->raw.data, f->raw.len);
		if (m.trouble.too_many_parts != rows[i].capped)
			fail_msg("%s: too many parts %d", rows[i].why, m.trouble.too_many_parts);
	}
}

static void nested_multiparts_end_at_the_cap(void **state)
{
	struct raw_mail *f = *state;
	struct rd_message m;
	char part[128];

	raw_mail_add(f, FROM_JO "Content-Type: multipart/mixed; boundary=b0\n\n", 1);
	for (int i = 0; i < 900; i++) {
		snprintf(part, sizeof part,
			"--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n", i, i + 1);
		raw_mail_add(f, part, 1);
	}
	raw_mail_add(f, "--b900\n\ndeep down\n", 1);
	m = raw_mail_read(f, f->raw.data, f->raw.len);
	assert_true(m.trouble.too_many_parts);
	(void)raw_mail_clear(state);
	raw_mail_add(f, FROM_JO "Content-Type: multipart/mixed; boundary=b0\n\n", 1);
	for (int i = 0; i < 10000; i++) {
		snprintf(part, sizeof part,
			"--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n", i, i + 1);
		raw_mail_add(f, part, 1);
	}
	m = raw_mail_read(f, f->raw.data, f->raw.len);
	assert_true(m.trouble.too_many_parts);
}

static void headers_beyond_a_cap_are_left_out_and_the_rest_is_read(void **state)
{
	struct raw_mail *f = *state;
	struct rd_message m;

	raw_mail_add(f, "To: ", 1);
	raw_mail_add(f, "g:", 40000);
	raw_mail_add(f, "\n" FROM_JO "Subject: no heating\n\nplease help", 1);
	m = raw_mail_read(f, f->raw.data, f->raw.len);
	assert_true(m.trouble.too_many_parts);
	assert_string_equal(m.from.address, "Jo@example.org");
	assert_string_equal(m.subject, "no heating");
	assert_string_equal(m.body, "please help");
}

/* GMime takes 262 MB for a megabyte of these: it must not see them. */
static void gmime_sees_no_more_than_the_caps_allow(void **state)
{
	static const struct {
		const char *why, *before, *piece;
		size_t times, most;
	} rows[] = {
		{ "boundaries", "Content-Type: multipart/mixed; boundary=b\n\n", "--b\n\n", 200000,
			100 + 5 * RD_MIME_BOUNDARIES_MAX },
		{ "headers", "", "a:\n", 350000, 3 * RD_MIME_HEADERS_MAX },
		{ "headers of parts", "Content-Type: multipart/mixed; boundary=b\n\n",
			"--b\na:\na:\na:\na:\na:\na:\na:\na:\na:\na:\na:\na:\na:\na:\na:\n", 900,
			100 + 3 * RD_SCAN_HEADERS_TOTAL_MAX + 4 * 900 },
		{ "messages in messages", "", "Content-Type: message/rfc822\n\n", 100000,
			31 * RD_SCAN_NESTED_MAX },
		{ "a header block", "",
			"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: "
			"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
			"aaaaaaaaaaaaa"
			"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
			"aaaaaaaaaaaaa\n",
			990, RD_MIME_HEAD_BYTES_MAX },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct raw_mail *f = *state;
		struct rd_scanned scanned = { 0 };

		(void)raw_mail_clear(state);
		raw_mail_add(f, rows[i].before, 1);
		raw_mail_add(f, rows[i].piece, rows[i].times);
		rd_mime_scan(f->raw.data, f->raw.len, &scanned);
		if (!scanned.capped || scanned.len > rows[i].most)
			fail_msg("%s: %zu bytes", rows[i].why, scanned.len);
		rd_scanned_free(&scanned);
	}
}

static void ordinary_big_mail_meets_no_cap(void **state)
{
	struct raw_mail *f = *state;
	struct rd_message m;

	raw_mail_add(f, FROM_JO "To: ", 1);
	raw_mail_add(f, "Some One <someone@example.org>,\n ", 300);
	raw_mail_add(f, "x@example.org\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n", 1);
	raw_mail_add(f, "---------- a line that looks like one\n", 500);
	raw_mail_add(
		f, "\n--b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n", 1);
	raw_mail_add(f,
		"YWJjYWJjYWJjYWJjYWJjYWJjYWJjYWJjYWJjYWJjYWJjYWJjYWJjYWJjYWJjYWJjYWJjYWJj\n", 3000);
	raw_mail_add(f, "--b\nContent-Type: image/jpeg\nContent-Transfer-Encoding: base64\n\n", 1);
	raw_mail_add(f,
		"YWJjYWJjYWJjYWJjYWJjYWJjYWJjYWJjYWJjYWJjYWJjYWJjYWJjYWJjYWJjYWJjYWJjYWJj\n",
		50000);
	raw_mail_add(f, "--b--\n", 1);
	m = raw_mail_read(f, f->raw.data, f->raw.len);
	assert_false(m.trouble.too_many_parts);
	assert_int_equal(m.n_parts, 2);
	assert_int_equal(m.parts[1].size_bytes, 54 * 50000);
}

static void more_text_than_allowed_is_told(void **state)
{
	struct raw_mail *f = *state;
	struct rd_message m;

	raw_mail_add(f, FROM_JO "\n", 1);
	raw_mail_add(f, "no heating and no water here\n", RD_SCORED_BYTES_MAX / 28);
	m = raw_mail_read(f, f->raw.data, f->raw.len);
	assert_true(m.trouble.text_truncated); /* more than is scored */
	raw_mail_add(f, "no heating and no water here\n", RD_TEXT_BYTES_MAX / 28);
	m = raw_mail_read(f, f->raw.data, f->raw.len);
	assert_true(m.trouble.text_truncated);
	assert_int_equal(m.body_len, RD_TEXT_BYTES_MAX);
}

static void more_parts_than_allowed_are_told(void **state)
{
	struct raw_mail *f = *state;
	struct rd_message m;

	raw_mail_add(f, FROM_JO "Content-Type: multipart/mixed; boundary=b\n\n", 1);
	raw_mail_add(f, "--b\nContent-Type: image/png\n\nx\n", RD_PARTS_MAX + 1);
	raw_mail_add(f, "--b--\n", 1);
	m = raw_mail_read(f, f->raw.data, f->raw.len);
	assert_true(m.trouble.too_many_parts);
	assert_int_equal(m.n_parts, RD_PARTS_MAX);
}

static void a_small_arena_fails_cleanly(void **state)
{
	struct raw_mail *f = *state;
	struct rd_message m = { 0 };
	struct rd_err err = { 0 };

	raw_mail_add(f, FROM_JO "\n", 1);
	raw_mail_add(f, "no heating\n", 10000);
	for (size_t room = 1000; room < 200000; room = room * 3 / 2) {
		struct rd_arena *small = rd_arena_new(room);
		enum rd_rc rc = rd_mime_parse(f->raw.data, f->raw.len, false, small, &m, &err);

		rd_arena_free(small);
		assert_int_equal(rc, RD_E_RANGE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		raw_mail_test(hostile_mail_is_read_or_told),
		raw_mail_test(nested_multiparts_end_at_the_cap),
		raw_mail_test(headers_beyond_a_cap_are_left_out_and_the_rest_is_read),
		raw_mail_test(gmime_sees_no_more_than_the_caps_allow),
		raw_mail_test(ordinary_big_mail_meets_no_cap),
		raw_mail_test(more_text_than_allowed_is_told),
		raw_mail_test(more_parts_than_allowed_are_told),
		raw_mail_test(a_small_arena_fails_cleanly),
	};

	return cmocka_run_group_tests(tests, raw_mail_set_up, raw_mail_tear_down);
}

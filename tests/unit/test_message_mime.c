#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include "redress/base/buf.h"
#include "redress/message/authentication.h"
#include "redress/message/mime.h"
#include "support/raw_mail.h"

static void headers_are_read(void **state)
{
	struct rd_message m = raw_mail_read_text(*state,
		"Return-Path: <jo@example.org>\nReturn-Path: <other@example.org>\n"
		"From: =?utf-8?Q?J=C3=B6_Field?= <Jo@EXAMPLE.org>\r\nTo: a@example.com, Team: "
		"b@EXAMPLE.com, c@example.com;\r\n"
		"Cc: \"D, E\" <d@example.com>\r\nSubject: =?iso-2022-jp?B?GyRCRnxLXBsoQg==?=\r\n "
		"=?utf-8?B?bW91bGQ=?= here\r\n"
		"Message-ID: <1@example.org>\r\nDate: Mon, 2 Nov 2026\r\n 10:15:00 +0000\r\n"
		"In-Reply-To: <x@y> (my note)\r\nReferences: <a@b> <x@y>\r\n <c@d>\r\n\r\nno "
		"heating\r\n");

	assert_string_equal(m.from.name, "Jö Field");
	assert_string_equal(m.from.address, "Jo@example.org");
	assert_string_equal(m.return_path, "jo@example.org");
	assert_false(m.automatic.null_return_path);
	assert_int_equal(m.n_to, 4);
	assert_string_equal(m.to[1], "b@example.com");
	assert_string_equal(m.to[3], "d@example.com");
	assert_string_equal(m.subject, "日本mould here");
	assert_string_equal(m.message_id, "1@example.org");
	assert_string_equal(m.date_header, "Mon, 2 Nov 2026 10:15:00 +0000");
	assert_int_equal(m.n_references, 3);
	assert_string_equal(m.references[0], "x@y");
	assert_string_equal(m.references[1], "a@b");
	assert_string_equal(m.references[2], "c@d");
	assert_string_equal(m.body, "no heating\n");
	assert_false(rd_message_troubled(&m));
}

static void charsets_come_out_as_utf8(void **state)
{
	static const struct {
		const char *why, *head, *body, *text;
		bool doubtful;
	} rows[] = {
		{ "windows-1252", "text/plain; charset=windows-1252",
			"caf\xE9 \x96 \x80"
			"9",
			"café – €9", false },
		{ "called ISO-8859-1", "text/plain; charset=iso-8859-1", "don\x92t", "don’t",
			false },
		{ "UTF-8 called us-ascii", "text/plain; charset=us-ascii", "caf\xC3\xA9", "café",
			false },
		{ "UTF-8 called ISO-8859-1", "text/plain; charset=ISO-8859-1", "caf\xC3\xA9",
			"café", false },
		{ "no label, UTF-8", "text/plain", "caf\xC3\xA9", "café", false },
		{ "no label, not UTF-8", "text/plain", "caf\xE9 m\xF4uld \xA3", "café môuld £",
			false },
		{ "called UTF-8, but is not", "text/plain; charset=utf-8", "caf\xE9 m\xF4uld",
			"café môuld", true },
		{ "a charset that nobody knows", "text/plain; charset=x-martian", "caf\xC3\xA9",
			"café", true },
		{ "another script without a label", "text/plain", "\xD6\xC1\xCC\xCF\xC2\xC1",
			"ÖÁÌÏÂÁ", true },
		{ "ISO-2022-JP", "text/plain; charset=iso-2022-jp", "\x1b$BF|K\\\x1b(B", "日本",
			false },
		{ "KOI8-R", "text/plain; charset=koi8-r", "\xD6\xC1\xCC\xCF\xC2\xC1", "жалоба",
			false },
		{ "GB2312", "text/plain; charset=gb2312", "\xC4\xE3", "你", false },
		{ "a byte order mark", "text/plain; charset=utf-8", "\xEF\xBB\xBFmould", "mould",
			false },
		{ "quoted label", "text/plain; charset=\"UTF-8\"", "caf\xC3\xA9", "café", false },
		{ "an emoji", "text/plain; charset=utf-8", "\xF0\x9F\xA4\xAC", "🤬", false },
		{ "one damaged character", "text/plain; charset=utf-8",
			"caf\xC3\xA9 caf\xC3\xA9 \xC3", "café café \uFFFD", true },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct raw_mail *f = *state;
		struct rd_message m;

		rd_buf_clear(&f->raw);
		raw_mail_add(f, FROM_JO "Content-Type: ", 1);
		raw_mail_add(f, rows[i].head, 1);
		raw_mail_add(f, "\nContent-Transfer-Encoding: 8bit\n\n", 1);
		raw_mail_add(f, rows[i].body, 1);
		m = raw_mail_read(f, f->raw.data, f->raw.len);
		if (strcmp(m.body, rows[i].text) != 0)
			fail_msg("%s: \"%s\"", rows[i].why, m.body);
		/* guessed without loss is no trouble; a named charset that is untrue is */
		if (m.trouble.bad_charset != rows[i].doubtful)
			fail_msg("%s: doubtful %d", rows[i].why, m.trouble.bad_charset);
	}
}

static void nul_bytes_do_not_end_a_text(void **state)
{
	static const char raw[] = FROM_JO "\nno heat\0ing and mould";
	struct rd_message m = raw_mail_read(*state, raw, sizeof raw - 1);

	assert_string_equal(m.body, "no heating and mould");
	m = raw_mail_read_text(*state, "Subject: =?utf-8?Q?no_=00heating?=\n\nx");
	assert_string_equal(m.subject, "no  heating");
}

static void transfer_encodings_are_undone(void **state)
{
	struct rd_message m = raw_mail_read_text(*state,
		FROM_JO "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: "
			"quoted-printable\n\n"
			"caf=C3=A9 is =\ndamp=20\n");

	assert_string_equal(m.body, "café is damp \n");
	m = raw_mail_read_text(*state,
		FROM_JO "Content-Type: text/plain; charset=utf-8\n"
			"Content-Transfer-Encoding: base64\n\nY2Fmw6kgaXMgZGFtcAo=\n");
	assert_string_equal(m.body, "café is damp\n");
}

static void flowed_lines_are_put_together(void **state)
{
	struct rd_message m =
		raw_mail_read_text(*state, FROM_JO "Content-Type: text/plain; charset=utf-8; "
						   "format=flowed\n\nno heating \nsince Monday.\n"
						   " From then on\n> we will \n> come\n-- \nJo\n");

	assert_string_equal(
		m.body, "no heating since Monday.\nFrom then on\n> we will come\n-- \nJo\n");
	assert_int_equal(m.n_spans, 3);
	m = raw_mail_read_text(*state,
		FROM_JO "Content-Type: text/plain; format=flowed; delsp=yes\n\nno heat \ning\n");
	assert_string_equal(m.body, "no heating\n");
}

static void the_text_that_says_something_is_read(void **state)
{
	static const struct {
		const char *why, *plain, *html, *text;
	} rows[] = {
		{ "plain before HTML", "no heating", "<p>no heating!</p>", "no heating" },
		{ "an empty plain", " \n", "<p>no heating</p>", "no heating" },
		{ "a mere pointer", "View this email in your browser", "<p>no heating</p>",
			"no heating" },
		{ "a pointer beside a picture", "To view this email enable HTML, not support html",
			"<img src=x>", "To view this email enable HTML, not support html" },
	};
	struct raw_mail *f = *state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_message m;

		rd_buf_clear(&f->raw);
		raw_mail_add(f,
			FROM_JO "Content-Type: multipart/alternative; "
				"boundary=b\n\n--b\nContent-Type: text/plain\n\n",
			1);
		raw_mail_add(f, rows[i].plain, 1);
		raw_mail_add(f, "\n--b\nContent-Type: text/html\n\n", 1);
		raw_mail_add(f, rows[i].html, 1);
		raw_mail_add(f, "\n--b--\n", 1);
		m = raw_mail_read(f, f->raw.data, f->raw.len);
		if (strcmp(m.body, rows[i].text) != 0)
			fail_msg("%s: \"%s\"", rows[i].why, m.body);
		assert_int_equal(m.n_parts, 0);
	}
}

static void attachments_are_listed_and_only_mails_are_read(void **state)
{
	static const uint8_t sha_of_abc[RD_SHA256_BYTES] = { 0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01,
		0xcf, 0xea, 0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3,
		0x96, 0x17, 0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad };
	struct rd_message m = raw_mail_read_text(*state,
		FROM_JO "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nsee photo\n"
			"--b\nContent-Type: IMAGE/jpeg; name=x\nContent-Disposition: attachment;\n"
			" filename*=utf-8''r%C3%A9sum%C3%A9.jpg\nContent-Transfer-Encoding: "
			"base64\n\nYWJj\n"
			"--b\nContent-Type: application/pdf\nContent-Disposition: attachment; "
			"filename*0=long-;\n"
			" filename*1=name.txt\n\nabc\n"
			"--b\nContent-Type: application/ms-tnef; name=winmail.dat\n\nabc\n"
			"--b\nContent-Type: text/plain; name=notes.txt\nContent-Disposition: "
			"attachment\n\ncomplaint\n"
			"--b\nContent-Type: message/rfc822\n\nSubject: old one\nFrom: "
			"x@example.org\n\ncomplaint inside\n"
			"--b--\n");

	assert_string_equal(m.body,
		"see photo\n\n----- Attached message -----\nFrom: x@example.org\nDate: \nTo: \n"
		"Subject: old one\n\ncomplaint inside");
	assert_int_equal(m.n_parts, 5);
	assert_string_equal(m.parts[0].name, "résumé.jpg");
	assert_string_equal(m.parts[0].type, "image/jpeg");
	assert_int_equal(m.parts[0].size_bytes, 3);
	assert_memory_equal(m.parts[0].sha256, sha_of_abc, RD_SHA256_BYTES);
	assert_string_equal(m.parts[1].name, "long-name.txt");
	assert_memory_equal(m.parts[1].sha256, sha_of_abc, RD_SHA256_BYTES);
	assert_string_equal(m.parts[2].name, "winmail.dat");
	assert_string_equal(m.parts[3].name, "notes.txt");
	assert_string_equal(m.parts[4].type, "message/rfc822");
	assert_string_equal(m.parts[4].name, "old one");
}

static char kind_at(const struct rd_message *m, const char *words)
{
	const char *at = strstr(m->body, words);

	assert_non_null(at);
	for (size_t i = 0; i < m->n_spans; i++)
		if (m->spans[i].to > (uint32_t)(at - m->body))
			return "NQFSDO"[m->spans[i].kind];
	return '?';
}

static void an_attached_mail_is_read_as_a_forwarded_one(void **state)
{
	static const char attached[] =
		"From: \"boss@example.org\" <Ann@EXAMPLE.com>\nTo: office@example.org\n"
		"Date: Mon, 2 Nov 2026 10:15:00 +0000\nSubject: =?utf-8?q?no_h=C3=A9ating?=\n"
		"Content-Type: multipart/mixed; boundary=i\n\n"
		"--i\nContent-Type: multipart/alternative; boundary=a\n\n--a\n\nno heating\n\n"
		"On Sun, 1 Nov 2026 at 10:15, Office <office@example.org> wrote:\n> we will come\n"
		"--a\nContent-Type: text/html\n\n<p>no heating</p>\n--a--\n"
		"--i\nContent-Type: image/png\n\nabc\n"
		"--i\nContent-Type: message/rfc822\n\nFrom: z@example.org\n\ndeeper\n--i--\n";
	char text[4096];
	struct rd_message m, again;

	snprintf(text, sizeof text,
		FROM_JO "Subject: FW: no heating\nContent-Type: multipart/mixed; boundary=b\n\n"
			"--b\n\nplease log this\n--b\nContent-Type: message/rfc822\n"
			"Content-Disposition: attachment\n\n%s--b--\n",
		attached);
	m = raw_mail_read_text(*state, text);
	assert_int_equal(m.n_forwarded, 1);
	assert_string_equal(m.forwarded[0].address, "Ann@example.com");
	assert_string_equal(m.forwarded[0].name, "boss@example.org");
	assert_int_equal(kind_at(&m, "please log"), 'N');
	assert_int_equal(kind_at(&m, "From: "), 'Q');
	assert_int_equal(kind_at(&m, "Subject: no héating"), 'F');
	assert_int_equal(kind_at(&m, "no heating\n"), 'F');
	assert_int_equal(kind_at(&m, "> we will"), 'Q');
	assert_null(strstr(m.body, "deeper"));
	assert_int_equal(m.n_parts, 1); /* the mail; what is in it lies in it */
	assert_false(m.nothing_new);
	again = raw_mail_read_text(*state, text);
	assert_true(memcmp(m.content_key, again.content_key, RD_SHA256_BYTES) == 0);

	/* alone it is a mail that holds nothing but a forward; two are two */
	snprintf(text, sizeof text, FROM_JO "Content-Type: message/rfc822\n\n%s", attached);
	m = raw_mail_read_text(*state, text);
	assert_true(m.nothing_new && m.n_forwarded == 1 && !m.trouble.no_text);
	m = raw_mail_read_text(*state, FROM_JO
		"Content-Type: multipart/digest; boundary=b\n\n--b\n\nFrom: a@example.com\n\n"
		"one\n--b\n\nFrom: b@example.com\n\ntwo\n--b--\n");
	assert_int_equal(m.n_forwarded, 2);
	assert_string_equal(m.forwarded[1].address, "b@example.com");
	assert_int_equal(kind_at(&m, "two"), 'F');
}

static void what_the_mail_server_found_of_the_sender(void **state)
{
	static const struct {
		const char *value;
		enum rd_authentication found;
	} rows[] = {
		{ "mx.example.org; dmarc=pass (p=NONE) header.from=example.org",
			RD_AUTHENTICATION_PASSED },
		{ "spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=example.net; dkim=none (message "
		  "not "
		  "signed) header.d=none;dmarc=fail action=oreject header.from=example.org;",
			RD_AUTHENTICATION_FAILED },
		{ "mx.example.org; spf=fail smtp.mailfrom=jo@example.org; dkim=none",
			RD_AUTHENTICATION_FAILED },
		{ "mx.example.org; spf=pass smtp.mailfrom=jo@mail.example.org",
			RD_AUTHENTICATION_PASSED },
		{ "mx.example.org; dkim=pass header.d=example.org; spf=softfail",
			RD_AUTHENTICATION_PASSED },
		{ "mx.example.org; spf=pass smtp.mailfrom=bulk@example.net",
			RD_AUTHENTICATION_UNKNOWN },
		{ "mx.example.org; spf=pass smtp.mailfrom=evilexample.org",
			RD_AUTHENTICATION_UNKNOWN },
		{ "dkim=none (message not signed) header.d=none;dmarc=none action=none",
			RD_AUTHENTICATION_UNKNOWN },
		{ "mx.example.org (dmarc=pass; dmarc=pass); dmarc=fail", RD_AUTHENTICATION_FAILED },
		{ "mx.example.org; dmarc=passed-by-me", RD_AUTHENTICATION_UNKNOWN },
		{ "", RD_AUTHENTICATION_UNKNOWN },
		{ ";;;((((", RD_AUTHENTICATION_UNKNOWN },
	};
	struct rd_message m;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rd_authentication_read(rows[i].value, "jo@example.org") != rows[i].found)
			fail_msg("%s", rows[i].value);
	assert_int_equal(rd_authentication_read(NULL, "jo@example.org"), RD_AUTHENTICATION_UNKNOWN);
	/* only the topmost is the receiving server's */
	m = raw_mail_read_text(*state,
		"Authentication-Results: mx.example.org; dmarc=fail\n"
		"Authentication-Results: mx.example.org; dmarc=pass\n" FROM_JO "\nx");
	assert_int_equal(m.authentication, RD_AUTHENTICATION_FAILED);
	m = raw_mail_read_text(*state, FROM_JO "\nx");
	assert_int_equal(m.authentication, RD_AUTHENTICATION_UNKNOWN);
}

static void what_cannot_be_read_is_told(void **state)
{
	struct rd_message m = raw_mail_read_text(*state, FROM_JO
		"Content-Type: multipart/encrypted; boundary=b; "
		"protocol=\"application/pgp-encrypted\"\n\n"
		"--b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--b\n"
		"Content-Type: application/octet-stream\n\n-----BEGIN PGP MESSAGE-----\n--b--\n");

	assert_true(m.trouble.encrypted);
	assert_true(m.trouble.no_text);
	m = raw_mail_read_text(*state,
		FROM_JO "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\n"
			"Content-Transfer-Encoding: base64\n\nYWJj\n");
	assert_true(m.trouble.encrypted);
	m = raw_mail_read_text(*state, FROM_JO "\n-----BEGIN PGP MESSAGE-----\n\nhQEMA\n");
	assert_true(m.trouble.encrypted);
	m = raw_mail_read_text(*state,
		FROM_JO "Content-Type: image/png\nContent-Transfer-Encoding: base64\n\nYWJj\n");
	assert_true(m.trouble.no_text);
	assert_int_equal(m.n_parts, 1);
	m = raw_mail_read_text(*state, "my ceiling fell down\nplease help: now\n\nJo");
	assert_true(m.trouble.unparseable);
	assert_string_equal(m.body, "my ceiling fell down\nplease help: now\n\nJo");
	m = raw_mail_read_text(*state, "");
	assert_true(m.trouble.unparseable);
	assert_true(m.trouble.no_text);
}

static void automatic_mail_shows_by_its_headers(void **state)
{
#define MARK(field) offsetof(struct rd_automatic, field)
	static const struct {
		const char *why, *head;
		size_t mark; /* the only one of those below that is set; SIZE_MAX for none */
	} rows[] = {
		{ "nothing special", "X-Mailer: x\n", SIZE_MAX },
		{ "a person says so", "Auto-Submitted: no\n", SIZE_MAX },
		{ "with a comment", "Auto-Submitted: no (really); x=y\n", SIZE_MAX },
		{ "RFC 3834", "Auto-Submitted: auto-generated\n", MARK(auto_submitted) },
		{ "unknown values too", "auto-submitted: auto-notified; owner=x\n",
			MARK(auto_submitted) },
		{ "bulk", "Precedence: bulk\n", MARK(precedence_bulk) },
		{ "list", "Precedence: LIST\n", MARK(precedence_bulk) },
		{ "junk", "X-Precedence: junk\n", MARK(precedence_bulk) },
		{ "other precedence is none", "Precedence: first-class\n", SIZE_MAX },
		{ "a list", "List-Id: <x.example.org>\n", MARK(list) },
		{ "a newsletter", "List-Unsubscribe: <mailto:x@example.org>\n", MARK(list) },
		{ "an old autoresponder", "X-Autoreply: yes\n", MARK(auto_replied) },
		{ "another", "X-Autorespond: holiday\n", MARK(auto_replied) },
		{ "asks for silence", "X-Auto-Response-Suppress: DR, OOF, AutoReply\n",
			MARK(suppress_asked) },
		{ "All", "X-Auto-Response-Suppress: All\n", MARK(suppress_asked) },
		{ "silence of another kind", "X-Auto-Response-Suppress: DR, RN\n", SIZE_MAX },
		{ "null return path", "Return-Path: <>\n", MARK(null_return_path) },
		{ "with a blank", "Return-Path: < >\n", MARK(null_return_path) },
		{ "another system's loop mark", "X-Loop: tickets@example.org\n",
			MARK(machine_generated) },
		{ "a bulk sender", "Feedback-ID: 1:2:3\n", MARK(machine_generated) },
		{ "our own", "X-Loop: redress/homes\n", MARK(from_redress) },
		{ "Exim's bounce", "X-Failed-Recipients: x@example.org\n", MARK(delivery_report) },
	};
	static const size_t marks[] = { MARK(auto_submitted), MARK(auto_replied),
		MARK(precedence_bulk), MARK(list), MARK(suppress_asked), MARK(null_return_path),
		MARK(no_reply_address), MARK(machine_generated), MARK(delivery_report),
		MARK(read_receipt), MARK(from_redress) };

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct raw_mail *f = *state;
		struct rd_message m;

		rd_buf_clear(&f->raw);
		raw_mail_add(f, rows[i].head, 1);
		raw_mail_add(f, FROM_JO "Subject: heating\n\nno heating", 1);
		m = raw_mail_read(f, f->raw.data, f->raw.len);
		for (size_t k = 0; k < sizeof marks / sizeof marks[0]; k++)
			if (((const bool *)&m.automatic)[marks[k]] != (marks[k] == rows[i].mark))
				fail_msg("%s: mark %zu", rows[i].why, marks[k]);
	}
}

static void addresses_that_nobody_reads_are_known(void **state)
{
	static const struct {
		const char *address;
		bool nobody;
	} rows[] = { { "noreply@example.org", true }, { "no-reply@example.org", true },
		{ "No_Reply.Repairs@example.org", true }, { "donotreply@example.org", true },
		{ "do-not-reply@example.org", true }, { "tenants-noreply@example.org", true },
		{ "MAILER-DAEMON@example.org", true }, { "owner-tenants@example.org", true },
		{ "tenants-request@example.org", true }, { "listserv@example.org", true },
		{ "postmaster@example.org", false }, { "jo@example.org", false },
		{ "request@example.org", false }, { "norell@example.org", false },
		{ "jo.owner@example.org", false } };

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct raw_mail *f = *state;
		struct rd_message m;

		rd_buf_clear(&f->raw);
		raw_mail_add(f, "From: ", 1);
		raw_mail_add(f, rows[i].address, 1);
		raw_mail_add(f, "\n\nx", 1);
		m = raw_mail_read(f, f->raw.data, f->raw.len);
		if (m.automatic.no_reply_address != rows[i].nobody)
			fail_msg("%s", rows[i].address);
	}
}

static void out_of_office_needs_a_machine_to_prove_it(void **state)
{
	struct rd_message m = raw_mail_read_text(*state,
		FROM_JO "Auto-Submitted: auto-generated\nSubject: Automatic "
			"reply: your complaint\n\nI am away");

	assert_true(m.automatic.auto_replied);
	m = raw_mail_read_text(
		*state, FROM_JO "Subject: Out of office: I want someone to call me\n\nx");
	assert_false(m.automatic.auto_replied);
	m = raw_mail_read_text(*state, FROM_JO "Auto-Submitted: auto-replied (vacation)\n\nx");
	assert_true(m.automatic.auto_replied && m.automatic.auto_submitted);
}

static void bounces_lead_to_our_letters(void **state)
{
	struct rd_message m = raw_mail_read_text(*state,
		"Return-Path: <>\nFrom: MAILER-DAEMON@example.org\nSubject: Undelivered Mail\n"
		"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
		"--b\n\nYour mail did not arrive\n--b\nContent-Type: message/delivery-status\n\n"
		"Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; jo@example.org\nAction: "
		"failed\nStatus: 5.1.1\n\n"
		"--b\nContent-Type: message/rfc822\n\nMessage-ID: "
		"<rd.1@gateway.example.org>\nSubject: Your complaint\n\ncomplaint\n--b--\n");

	assert_true(m.automatic.delivery_report && m.automatic.null_return_path);
	assert_int_equal(m.n_forwarded, 0);
	assert_int_equal(m.n_report_ids, 1);
	assert_string_equal(m.report_ids[0], "rd.1@gateway.example.org");
	assert_string_equal(m.body, "Your mail did not arrive");

	m = raw_mail_read_text(*state,
		"From: x@example.org\nContent-Type: multipart/report; "
		"report-type=\"delivery-status\"; boundary=b\n\n"
		"--b\n\nno\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\n"
		"--b\nContent-Type: text/rfc822-headers\n\nSubject: x\nMessage-ID:\n "
		"<rd.2@gateway.example.org>\n--b--\n");
	assert_true(m.automatic.delivery_report);
	assert_int_equal(m.n_report_ids, 1);
	assert_string_equal(m.report_ids[0], "rd.2@gateway.example.org");

	m = raw_mail_read_text(*state,
		"Return-Path: <>\nFrom: MAILER-DAEMON\nSubject: failure "
		"notice\n\nHi. This is qmail.\n"
		"--- Below this line is a copy of the message.\n\nReturn-Path: "
		"<>\nMessage-ID: <rd.3@gateway.example.org>\n");
	assert_true(m.automatic.delivery_report);
	assert_int_equal(m.n_report_ids, 1);
	assert_string_equal(m.report_ids[0], "rd.3@gateway.example.org");

	m = raw_mail_read_text(*state, "Return-Path: <postmaster@example.org>\nFrom: "
				       "postmaster@example.org\nSubject: Undelivered parcel\n\n"
				       "I run this mail server and live at number 4.\n");
	assert_false(m.automatic.delivery_report);
	assert_false(m.automatic.no_reply_address);

	m = raw_mail_read_text(*state,
		"From: jo@example.org\nContent-Type: multipart/report; "
		"report-type=disposition-notification; boundary=b\n\n"
		"--b\n\nread\n--b\nContent-Type: "
		"message/disposition-notification\n\nOriginal-Message-ID: <rd.4@x>\n--b--\n");
	assert_true(m.automatic.read_receipt);
	assert_false(m.automatic.delivery_report);
	assert_string_equal(m.report_ids[0], "rd.4@x");
}

static bool same(const uint8_t *a, const uint8_t *b)
{
	return memcmp(a, b, RD_SHA256_BYTES) == 0;
}

static void the_same_mail_has_one_key(void **state)
{
	static const char zero[RD_SHA256_BYTES];
	struct rd_message a = raw_mail_read_text(
		*state, "Received: x\n" FROM_JO "Subject: s\n\nno heating\n\n> we\n");
	struct rd_message b = raw_mail_read_text(*state,
		"Received: y\nX-Spam: 1\n" FROM_JO
		"Subject: [EXT] s\nContent-Type: text/plain; charset=utf-8\n"
		"Content-Transfer-Encoding: base64\n\nbm8gaGVhdGluZyAgDQoNCj4gd2UNCg0K\n");
	struct rd_message other = raw_mail_read_text(*state, FROM_JO "\nno hot water\n");
	struct rd_message twin = raw_mail_read_text(*state,
		"From: Al <al@example.org>\nMessage-ID: <2@example.org>\nDate: "
		"Mon, 2 Nov 2026 10:15:00 +0000\n\nno heating\n\n> we\n");
	struct rd_message c, d;

	assert_true(same(a.content_key, b.content_key));
	assert_true(same(a.header_key, b.header_key));
	assert_false(same(a.content_key, other.content_key));
	assert_true(same(a.header_key, other.header_key));
	assert_false(same(a.content_key, twin.content_key));
	/* without a Message-ID the recipients and the subject tell mails apart */
	c = raw_mail_read_text(
		*state, "From: jo@example.org\nTo: a@example.org\nSubject: x\n\nno heating");
	d = raw_mail_read_text(
		*state, "From: jo@example.org\nTo: b@example.org\nSubject: x\n\nno heating");
	assert_false(same(c.content_key, d.content_key));
	d = raw_mail_read_text(
		*state, "From: jo@example.org\nTo: a@example.org\nSubject: y\n\nno heating");
	assert_false(same(c.content_key, d.content_key));
	d = raw_mail_read_text(
		*state, "From: jo@example.org\nTo: a@example.org\nSubject: x\n\nno heating");
	assert_true(same(c.content_key, d.content_key));
	assert_memory_equal(c.header_key, zero, RD_SHA256_BYTES);
}

static void a_forward_with_nothing_above_is_scored_whole(void **state)
{
	struct rd_message m = raw_mail_read_text(*state,
		FROM_JO "\n---------- Forwarded message ---------\nFrom: Al\n\nmy ceiling fell\n");

	assert_true(m.nothing_new);
	assert_int_equal(m.spans[0].kind, RD_SPAN_FORWARDED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		raw_mail_test(headers_are_read),
		raw_mail_test(charsets_come_out_as_utf8),
		raw_mail_test(nul_bytes_do_not_end_a_text),
		raw_mail_test(transfer_encodings_are_undone),
		raw_mail_test(flowed_lines_are_put_together),
		raw_mail_test(the_text_that_says_something_is_read),
		raw_mail_test(attachments_are_listed_and_only_mails_are_read),
		raw_mail_test(an_attached_mail_is_read_as_a_forwarded_one),
		raw_mail_test(what_the_mail_server_found_of_the_sender),
		raw_mail_test(what_cannot_be_read_is_told),
		raw_mail_test(automatic_mail_shows_by_its_headers),
		raw_mail_test(addresses_that_nobody_reads_are_known),
		raw_mail_test(out_of_office_needs_a_machine_to_prove_it),
		raw_mail_test(bounces_lead_to_our_letters),
		raw_mail_test(the_same_mail_has_one_key),
		raw_mail_test(a_forward_with_nothing_above_is_scored_whole),
	};

	return cmocka_run_group_tests(tests, raw_mail_set_up, raw_mail_tear_down);
}

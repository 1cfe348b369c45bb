#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include "redress/base/arena.h"
#include "redress/base/buf.h"
#include "redress/message/compose.h"
#include "redress/message/mime.h"

struct fixture {
	struct rd_arena *arena;
	struct rd_buf out, body;
};

static int set_up(void **state)
{
	static struct fixture f;

	rd_mime_init();
	f.arena = rd_arena_new(RD_MIME_ARENA_BYTES);
	f.out = (struct rd_buf)RD_BUF(RD_COMPOSED_BYTES_MAX);
	f.body = (struct rd_buf)RD_BUF(2u << 20);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	rd_arena_free(f->arena);
	rd_buf_free(&f->out);
	rd_buf_free(&f->body);
	return 0;
}

static struct rd_outgoing_mail letter(void)
{
	return (struct rd_outgoing_mail){
		.from = { "Homes in Example: complaints", "complaints@example.org" },
		.to = "jo@example.com",
		.subject = "Your complaint",
		.message_id = "rd.1@gateway.example.org",
		.date_ms = INT64_C(1793614500123), /* 2 November 2026 10:15:00 UTC */
		.in_reply_to = "b@example.com",
		.auto_submitted = "auto-replied",
		.loop = "redress/homes",
		.body = "Our reference: RD100001-K7QF\n\nWe have your complaint.\n",
	};
}

/* Composed, checked line by line, and read back. */
static struct rd_message compose(struct fixture *f, const struct rd_outgoing_mail *mail)
{
	struct rd_message message = { 0 };
	struct rd_err err = { 0 };

	rd_buf_clear(&f->out);
	if (rd_compose_mail(mail, &f->out, &err) != RD_OK)
		fail_msg("%s", err.msg);
	for (size_t i = 0, line = 0; i < f->out.len; i++) {
		assert_true((unsigned char)f->out.data[i] < 0x7F);
		if (f->out.data[i] == '\n') {
			assert_true(i > 0 && f->out.data[i - 1] == '\r');
			assert_true(i - line < 998);
			line = i + 1;
		} else if (f->out.data[i] == '\r') {
			assert_int_equal(f->out.data[i + 1], '\n');
		}
	}
	assert_int_equal(
		rd_mime_parse(f->out.data, f->out.len, false, f->arena, &message, &err), RD_OK);
	assert_false(message.trouble.unparseable);
	return message;
}

static bool holds(struct fixture *f, const char *line)
{
	return strstr(rd_buf_str(&f->out), line) != NULL;
}

static void a_letter_is_a_mail_as_the_rfcs_want_it(void **state)
{
	static const char *const references[] = { "a@example.com", "b@example.com" };
	struct fixture *f = *state;
	struct rd_outgoing_mail mail = letter();
	struct rd_message m;

	mail.references = references;
	mail.n_references = 2;
	m = compose(f, &mail);
	assert_string_equal(rd_buf_str(&f->out),
		"From: \"Homes in Example: complaints\" <complaints@example.org>\r\n"
		"To: jo@example.com\r\n"
		"Subject: Your complaint\r\n"
		"Date: Mon, 2 Nov 2026 10:15:00 +0000\r\n"
		"Message-ID: <rd.1@gateway.example.org>\r\n"
		"In-Reply-To: <b@example.com>\r\n"
		"References: <a@example.com>\r\n <b@example.com>\r\n"
		"Auto-Submitted: auto-replied\r\n"
		"X-Auto-Response-Suppress: OOF, AutoReply\r\n"
		"X-Loop: redress/homes\r\n"
		"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
		"Content-Transfer-Encoding: 7bit\r\n\r\n"
		"Our reference: RD100001-K7QF\r\n\r\nWe have your complaint.\r\n");
	assert_string_equal(m.from.name, mail.from.name);
	assert_string_equal(m.message_id, mail.message_id);
	assert_int_equal(m.n_references, 2);
	assert_true(m.automatic.auto_replied && m.automatic.from_redress);
	assert_string_equal(m.automatic.own_loop, "redress/homes");
	assert_string_equal(m.body, mail.body);
}

static void whatever_is_written_arrives(void **state)
{
	static const char *const bodies[] = {
		"caf\u00E9 – 🤬\n", ".\n.dot\nFrom the start\n", "a = b =20 \nend \t\n",
		"\n\n\n", "x\n",
		"a line that is far too long for seventy-six bytes, with é in it to make it worse\n"
	};
	static const char *const subjects[] = { "", "Your complaint",
		"Cwyn: ŵy é – 🤬 and so on and so on and so on and so on and so on",
		"=?utf-8?B?bm90IGFuIGVuY29kZWQgd29yZA==?=",
		"a subject of plain words that is folded as it is longer than a line may be" };
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
		struct rd_outgoing_mail mail = letter();
		struct rd_message m;

		mail.body = bodies[i];
		mail.subject = subjects[i % (sizeof subjects / sizeof subjects[0])];
		mail.from.name = i % 2 ? "Tŷ Home, \"Cymru\"" : "Say \"hi\" \\ bye";
		m = compose(f, &mail);
		assert_string_equal(m.body, mail.body);
		assert_string_equal(m.subject, mail.subject);
		assert_string_equal(m.from.name, mail.from.name);
		for (const char *line = f->out.data; *line;) {
			size_t n = strcspn(line, "\r");

			assert_true(n <= 78);
			line += n + 2;
		}
	}
}

static void nothing_gets_out_of_its_header(void **state)
{
	static const char *const evil[] = { "a\r\nBcc: x@example.org", "a\nb", "a\rb", "a\x01z",
		"a\x7F", "\xFF" };
	static const char *const addresses[] = { "", "jo", "@example.org", "jo@",
		"jo@example.org, al@example.org", "jo@example.org>", "<jo@example.org>",
		"jo field@example.org", "jo@exam ple.org",
		"jo@example.org\r\nRCPT TO:<x@example.org>", "jö@example.org", "jo@example..org",
		"jo@example.org NOTIFY=NEVER", "a@b@example.org", "jo@-example.org",
		"jo(x)@example.org" };
	struct fixture *f = *state;
	struct rd_err err = { 0 };
	struct rd_outgoing_mail mail;

	rd_buf_clear(&f->out);
	for (size_t i = 0; i < sizeof evil / sizeof evil[0]; i++) {
		struct rd_mail_header extra = { "X-Extra", evil[i] };

		mail = letter();
		mail.subject = evil[i];
		assert_int_equal(rd_compose_mail(&mail, &f->out, &err), RD_E_INPUT);
		mail = letter();
		mail.from.name = evil[i];
		assert_int_equal(rd_compose_mail(&mail, &f->out, &err), RD_E_INPUT);
		mail = letter();
		mail.message_id = evil[i];
		assert_int_equal(rd_compose_mail(&mail, &f->out, &err), RD_E_INPUT);
		mail = letter();
		mail.loop = evil[i];
		assert_int_equal(rd_compose_mail(&mail, &f->out, &err), RD_E_INPUT);
		mail = letter();
		mail.extra = &extra;
		mail.n_extra = 1;
		assert_int_equal(rd_compose_mail(&mail, &f->out, &err), RD_E_INPUT);
		extra = (struct rd_mail_header){ evil[i], "x" };
		assert_int_equal(rd_compose_mail(&mail, &f->out, &err), RD_E_INPUT);
		/* a resident's unfit Message-ID must not stop the answer: it is left out */
		mail = letter();
		mail.in_reply_to = evil[i];
		assert_int_equal(rd_compose_mail(&mail, &f->out, &err), RD_OK);
		assert_false(holds(f, "In-Reply-To"));
		assert_false(holds(f, "Bcc"));
		rd_buf_clear(&f->out);
	}
	for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
		if (rd_address_fit(addresses[i]))
			fail_msg("%s", addresses[i]);
		mail = letter();
		mail.to = addresses[i];
		assert_int_equal(rd_compose_mail(&mail, &f->out, &err), RD_E_INPUT);
		mail = letter();
		mail.from.address = addresses[i];
		assert_int_equal(rd_compose_mail(&mail, &f->out, &err), RD_E_INPUT);
	}
	assert_int_equal(f->out.len, 0);
	assert_true(rd_address_fit("o'neil+home@mail.example.co.uk"));
	mail = letter();
	mail.body = "\xFF";
	assert_int_equal(rd_compose_mail(&mail, &f->out, &err), RD_E_INPUT);
}

static void headers_of_ours_cannot_stand_twice(void **state)
{
	struct fixture *f = *state;
	struct rd_err err = { 0 };
	struct rd_mail_header extra = { "auto-submitted", "no" };
	struct rd_outgoing_mail mail = letter();

	mail.extra = &extra;
	mail.n_extra = 1;
	assert_int_equal(rd_compose_mail(&mail, &f->out, &err), RD_E_INPUT);
	extra = (struct rd_mail_header){ "X-Redress-Case", "RD100001" };
	(void)compose(f, &mail);
	assert_true(holds(f, "\r\nX-Redress-Case: RD100001\r\n"));
}

static void long_threads_keep_their_first_and_last(void **state)
{
	struct fixture *f = *state;
	struct rd_outgoing_mail mail = letter();
	const char *references[60];
	struct rd_message m;

	for (size_t i = 0; i < 60; i++)
		references[i] = rd_arena_printf(f->arena, "m%zu@example.com", i);
	mail.references = references;
	mail.n_references = 60;
	m = compose(f, &mail);
	assert_int_equal(m.n_references, RD_COMPOSE_REFERENCES_MAX + 1);
	assert_string_equal(m.references[0], "b@example.com"); /* In-Reply-To */
	assert_string_equal(m.references[1], "m0@example.com");
	assert_string_equal(m.references[20], "m59@example.com");
}

static void summer_time_is_in_the_date(void **state)
{
	struct fixture *f = *state;
	struct rd_outgoing_mail mail = letter();

	mail.date_ms = INT64_C(1782900000000); /* 1 July 2026 10:00 UTC */
	(void)compose(f, &mail);
	assert_true(holds(f, "\r\nDate: Wed, 1 Jul 2026 11:00:00 +0100\r\n"));
}

static void a_letter_too_long_is_refused_whole(void **state)
{
	struct fixture *f = *state;
	struct rd_outgoing_mail mail = letter();
	struct rd_err err = { 0 };

	while (f->body.len < RD_COMPOSED_BYTES_MAX)
		assert_int_equal(
			rd_buf_add_str(&f->body, "We have your complaint.\n", &err), RD_OK);
	mail.body = f->body.data;
	rd_buf_clear(&f->out);
	assert_int_equal(rd_compose_mail(&mail, &f->out, &err), RD_E_RANGE);
	assert_int_equal(f->out.len, 0);
}

static void the_html_form_is_the_last_of_two(void **state)
{
	struct fixture *f = *state;
	struct rd_outgoing_mail mail = letter();
	struct rd_err err = { 0 };
	struct rd_message m;

	mail.html = "<!DOCTYPE html>\n<p>We have your complaint: \u00a35. caf\u00e9</p>\n";
	m = compose(f, &mail);
	assert_true(
		holds(f, "MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n "
			 "boundary=\"=_rd.1\"\r\n\r\n--=_rd.1\r\nContent-Type: text/plain; "
			 "charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\nOur reference: "
			 "RD100001-K7QF\r\n\r\nWe have your complaint.\r\n\r\n--=_rd.1\r\n"
			 "Content-Type: text/html; charset=utf-8\r\n"));
	assert_true(holds(f, "\r\n--=_rd.1--\r\n"));
	/* What reads it takes the text form, whole. */
	assert_non_null(strstr(m.body, "Our reference: RD100001-K7QF"));
	assert_null(strstr(m.body, "<p>"));
	/* A frame's line in the words is no frame. */
	mail.body = "Our words:\n--=_rd.1--\nand more of them.\n";
	m = compose(f, &mail);
	assert_non_null(strstr(m.body, "and more of them."));
	/* No boundary can be made of such an id. */
	mail.message_id = "a\"b@example.org";
	rd_buf_clear(&f->out);
	assert_int_equal(rd_compose_mail(&mail, &f->out, &err), RD_E_INPUT);
	mail.message_id = "rd.1@example.org";
	mail.html = "\xff";
	assert_int_equal(rd_compose_mail(&mail, &f->out, &err), RD_E_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_letter_is_a_mail_as_the_rfcs_want_it),
		cmocka_unit_test(whatever_is_written_arrives),
		cmocka_unit_test(nothing_gets_out_of_its_header),
		cmocka_unit_test(headers_of_ours_cannot_stand_twice),
		cmocka_unit_test(long_threads_keep_their_first_and_last),
		cmocka_unit_test(summer_time_is_in_the_date),
		cmocka_unit_test(a_letter_too_long_is_refused_whole),
		cmocka_unit_test(the_html_form_is_the_last_of_two),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

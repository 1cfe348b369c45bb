#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <sys/resource.h>
#include "redress/base/arena.h"
#include "redress/base/buf.h"
#include "redress/message/html.h"
#include "redress/message/quotes.h"

static int set_up(void **state)
{
	*state = rd_arena_new(32u << 20);
	return 0;
}

static int tear_down(void **state)
{
	rd_arena_free(*state);
	return 0;
}

static struct rd_marked mark(struct rd_arena *arena, const char *body, size_t len,
	const struct rd_span *given, size_t n_given)
{
	struct rd_marked marked = { 0 };
	struct rd_err err = { 0 };
	uint32_t at = 0;

	assert_int_equal(
		rd_quotes_mark(body, (uint32_t)len, given, n_given, arena, &marked, &err), RD_OK);
	for (size_t i = 0; i < marked.n_spans; i++) {
		assert_int_equal(marked.spans[i].from, at);
		assert_true(marked.spans[i].to > at);
		at = marked.spans[i].to;
	}
	assert_int_equal(at, len);
	return marked;
}

/* In a row's body each line begins with the letter of its kind and a bar. */
static char kind_letter(enum rd_span_kind kind)
{
	static const char letters[] = "NQFSDO";

	return letters[kind];
}

struct row {
	const char *why;
	const char *lines[16]; /* NULL-ended */
	bool nothing_new;
};

static void check(struct rd_arena *arena, const struct row *row)
{
	char body[4096] = "", want[64] = "", got[64] = "";
	uint32_t starts[16];
	size_t n = 0;
	struct rd_marked marked;

	for (; row->lines[n]; n++) {
		starts[n] = (uint32_t)strlen(body);
		want[n] = row->lines[n][0];
		strncat(body, row->lines[n] + 2, sizeof body - strlen(body) - 2);
		strncat(body, "\n", 2);
	}
	marked = mark(arena, body, strlen(body), NULL, 0);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < marked.n_spans; k++)
			if (marked.spans[k].from <= starts[i] && starts[i] < marked.spans[k].to)
				got[i] = kind_letter(marked.spans[k].kind);
	if (strcmp(want, got) != 0 || marked.nothing_new != row->nothing_new)
		fail_msg("%s: want %s got %s, nothing new %d", row->why, want, got,
			marked.nothing_new);
}

static void quoted_mail_is_told_from_new_words(void **state)
{
	static const struct row rows[] = {
		{ "no quote at all", { "N|No heating since Monday.", "N|Please help." }, false },
		{ "angle marks", { "N|Still cold.", "N|", "Q|> we will come", "Q|>> when" },
			false },
		{ "a reply between quoted lines is new",
			{ "Q|> did it work?", "N|No it did not.", "Q|> are you in on Friday?",
				"N|Yes from 9." },
			false },
		{ "an attribution with quoted lines",
			{ "N|Nobody came.",
				"Q|On Mon, 2 Nov 2026 at 10:15, Repairs <r@example.org> wrote:",
				"Q|> We will come", "N|you said that last time" },
			false },
		{ "an attribution over two lines",
			{ "N|Nobody came.", "Q|On Mon, 2 Nov 2026 at 10:15, Repairs",
				"Q|<repairs@example.org> wrote:", "Q|", "Q|> We will come" },
			false },
		{ "an attribution without marks: the rest is quoted",
			{ "N|Nobody came.", "Q|On 02/11/2026 10:15, Repairs <r@example.org> wrote:",
				"Q|We will come on Friday", "Q|Regards" },
			false },
		{ "people write that others wrote",
			{ "N|On 12/11/2026 at 10:30 your surveyor wrote:", "N|no damp here",
				"N|That is a lie." },
			false },
		{ "nor is a sentence with wrote an attribution",
			{ "N|On Monday I wrote:", "N|please fix the boiler" }, false },
		{ "German",
			{ "N|Immer noch kalt.",
				"Q|Am 02.11.2026 um 10:15 schrieb Repairs <r@example.org>:",
				"Q|> Wir kommen" },
			false },
		{ "French",
			{ "N|Toujours froid.",
				"Q|Le lun. 2 nov. 2026 à 10:15, Repairs <r@example.org> a écrit :",
				"Q|> Nous" },
			false },
		{ "Polish",
			{ "N|Dalej zimno.",
				"Q|W dniu 02.11.2026 o 10:15, Repairs <r@example.org> napisał(a):",
				"Q|Przyjdziemy" },
			false },
		{ "Spanish",
			{ "N|Sigue frío.",
				"Q|El lun, 2 nov 2026 a las 10:15, Repairs (<r@example.org>) "
				"escribió:",
				"Q|> Vamos" },
			false },
		{ "Welsh",
			{ "N|Dal yn oer.",
				"Q|Ar Llun, 2 Tach 2026 am 10:15, Repairs <r@example.org> "
				"ysgrifennodd:",
				"Q|> Byddwn" },
			false },
		{ "Romanian",
			{ "N|Tot frig.",
				"Q|În lun., 2 nov. 2026 la 10:15, Repairs <r@example.org> a scris:",
				"Q|> Venim" },
			false },
		{ "Outlook's divider",
			{ "N|Nobody came.", "Q|-----Original Message-----", "Q|From: Repairs",
				"Q|We will come" },
			false },
		{ "Samsung's divider",
			{ "N|No one came", "Q|-------- Original message --------",
				"Q|From: Repairs <r@example.org>" },
			false },
		{ "Outlook's block",
			{ "N|Nobody came.", "Q|From: Repairs <r@example.org>",
				"Q|Sent: Monday 2 November 2026 10:15", "Q|To: Jo Field",
				"Q|Subject: RE: boiler", "Q|", "Q|We will come" },
			false },
		{ "in bold, after a line of underscores",
			{ "N|Nobody came.", "Q|________________________________",
				"Q|*From:* Repairs <r@example.org>", "Q|*Sent:* 2 November 2026",
				"Q|*To:* Jo", "Q|We will come" },
			false },
		{ "a sentence that begins with From is new",
			{ "N|From: the day I moved in", "N|there was damp" }, false },
		{ "a forwarded mail with words above",
			{ "N|See what I got!", "F|---------- Forwarded message ---------",
				"F|From: Repairs <r@example.org>", "F|We refuse" },
			false },
		{ "a forwarded mail alone is nothing new",
			{ "F|---------- Forwarded message ---------", "F|From: Jo <j@example.org>",
				"F|My ceiling fell down" },
			true },
		{ "Apple's", { "N|", "F|Begin forwarded message:", "F|From: Jo" }, true },
		{ "only quoted lines is nothing new", { "Q|> my ceiling fell", "Q|> down" }, true },
		{ "a pictograph is something new", { "N|👍", "Q|> all done?" }, false },
		{ "an empty body is nothing new", { "N|", "N|" }, true },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		check(*state, &rows[i]);
}

static void our_own_letters_are_known(void **state)
{
	static const struct row rows[] = {
		{ "plain",
			{ "N|no", "O|Our reference: RD123456-K7QF", "O|Your complaint",
				"O|End of letter RD123456-K7QF", "N|and it is still cold" },
			false },
		{ "quoted",
			{ "N|no", "Q|On Mon, 2 Nov 2026 at 10:15, Home <r@example.org> wrote:",
				"O|> Our reference: RD123456-K7QF", "O|> Your complaint", "N|when?",
				"O|> End of letter RD123456-K7QF", "N|thanks for nothing" },
			false },
		{ "below an unmarked attribution",
			{ "N|no", "Q|On Mon, 2 Nov 2026 at 10:15, Home <r@example.org> wrote:",
				"O|Our reference: RD123456-K7QF", "O|Your complaint",
				"O|End of letter RD123456-K7QF", "Q|the footer of a list" },
			false },
		{ "without its end it is no letter",
			{ "N|Our reference: RD123456-K7QF", "N|you say" }, false },
		{ "nothing but our letter",
			{ "O|Our reference: RD123456-K7QF", "O|x",
				"O|End of letter RD123456-K7QF" },
			true },
	};

	struct row reply = rows[1];

	/* an answer between the lines of our letter is the resident's: see below */
	reply.lines[4] = "O|> next";
	check(*state, &rows[0]);
	check(*state, &reply);
	check(*state, &rows[1]);
	for (size_t i = 2; i < sizeof rows / sizeof rows[0]; i++)
		check(*state, &rows[i]);
}

static void signatures_and_notices_do_not_score(void **state)
{
	static const struct row rows[] = {
		{ "dashes", { "N|No heating", "S|-- ", "S|Jo Field", "S|4 Elm Court" }, false },
		{ "dashes before an essay are the writer's own",
			{ "N|No heating", "N|--", "N|1", "N|2", "N|3", "N|4", "N|5", "N|6", "N|7",
				"N|8", "N|9", "N|10", "N|11", "N|12", "N|13" },
			false },
		{ "a phone", { "N|No heating", "D|Sent from my iPhone" }, false },
		{ "another", { "N|No heating", "D|Sent from my Samsung Galaxy smartphone." },
			false },
		{ "Outlook", { "N|No heating", "D|Get Outlook for Android" }, false },
		{ "Yahoo", { "N|No heating", "D|Sent from Yahoo Mail on Android" }, false },
		{ "news in the same words",
			{ "N|Sent from my mobile as the phone line has been dead for a week" },
			false },
		{ "from her flat", { "N|Sent from my flat which is freezing" }, false },
		{ "a closing with a name and a number",
			{ "N|Nobody came.", "S|Kind regards", "S|Jo Field", "S|07700 900123" },
			false },
		{ "a closing with a name alone stays: it cannot score",
			{ "N|Nobody came.", "N|Regards,", "N|Jo" }, false },
		{ "a postscript is content",
			{ "N|Nobody came.", "N|Kind regards", "N|Jo Field", "N|07700 900123",
				"N|PS the mould is worse now, my son is ill." },
			false },
		{ "what she calls herself is content",
			{ "N|Nobody came.", "N|Yours", "N|A very unhappy tenant",
				"N|07700 900123" },
			false },
		{ "thanks is not always a closing",
			{ "N|Thanks", "N|but the man who came broke my sink." }, false },
		{ "a confidentiality notice",
			{ "N|No heating", "N|",
				"D|This email is confidential and intended solely for the",
				"D|addressee. If you are not the intended recipient delete it.",
				"D|", "N|and more from me" },
			false },
		{ "a resident's own word on confidence",
			{ "N|This email is confidential, please do not tell my ex." }, false },
		{ "an external banner",
			{ "D|Caution: This email originated from outside of the organisation.",
				"D|Do not click links unless you recognise the sender.", "D|",
				"N|No heating" },
			false },
		{ "signature and quote", { "N|No heating", "S|-- ", "S|Jo", "Q|> we will come" },
			false },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		check(*state, &rows[i]);
}

static void what_html_said_is_believed(void **state)
{
	static const char body[] = "No one came\nWe will come\nNo you will not\n";
	static const struct rd_span given[] = { { RD_SPAN_QUOTED, 12, 24 } };
	struct rd_marked marked = mark(*state, body, sizeof body - 1, given, 1);

	assert_int_equal(marked.n_spans, 3);
	assert_int_equal(marked.spans[0].kind, RD_SPAN_NEW);
	assert_int_equal(marked.spans[1].kind, RD_SPAN_QUOTED);
	assert_int_equal(marked.spans[1].from, 12);
	assert_int_equal(marked.spans[1].to, 25);
	assert_int_equal(marked.spans[2].kind, RD_SPAN_NEW);
}

/* Any shape of body takes time in proportion to its length: in proportion to its square, the CPU
 * time that main allows would not do. */
static void no_body_takes_long(void **state)
{
	static const char *const pieces[] = { "\n", "> \n", "On 2 Nov 2026\n", "This email\n",
		"Thanks\n", "Thanks\n\n\n\n\n\n\n\n\n\n\n\n\n\n", "From: x\n",
		"Our reference: RD123456-K7QF\n", "-- \n", "x", "________________\n", "a\n> b\n",
		"End of letter RD1\n", "On 1:00 @,:\n" };

	for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
		struct rd_buf body = RD_BUF(1u << 20);
		struct rd_err err = { 0 };

		while (rd_buf_add_str(&body, pieces[i], &err) == RD_OK)
			;
		(void)mark(*state, body.data, body.len, NULL, 0);
		rd_buf_free(&body);
	}
}

static void html_becomes_the_text_that_is_seen(void **state)
{
	static const struct {
		const char *why, *html, *text;
	} rows[] = {
		{ "paragraphs", "<p>One</p><p>Two</p>", "One\n\nTwo" },
		{ "breaks", "One<br>Two<br/>Three", "One\nTwo\nThree" },
		{ "divs", "<div>One</div><div>Two</div>", "One\nTwo" },
		{ "blanks", "One   \n  two", "One two" },
		{ "words that run over elements", "mo<b>ul</b>d <i>here</i>", "mould here" },
		{ "lists", "<ul><li>mould</li><li>damp</li></ul>", "- mould\n- damp" },
		{ "tables",
			"<table><tr><td>mould</td><td>damp</td></tr><tr><td>x</td></tr></table>",
			"mould damp\nx" },
		{ "entities", "no&nbsp;heating &amp; caf&eacute; &#8217; &#x1F92C;",
			"no\u00A0heating & café ’ 🤬" },
		{ "head, style and script",
			"<html><head><title>t</title><style>p{}</style></head>"
			"<body><script>alert(1)</script>One</body></html>",
			"One" },
		{ "comments", "One<!-- two --> three", "One three" },
		{ "what is hidden",
			"One<div style=\"DISPLAY : none\">two</div><span hidden>x</span>three",
			"Onethree" },
		{ "tiny type", "One<span style='font-size:0px;color:red'> two</span>", "One" },
		{ "not what only sounds hidden", "<p style='font-size:0.9em'>One</p>", "One" },
		{ "links", "<a href=\"http://example.org/x\">my photos</a>", "my photos" },
		{ "pictures' words", "see <img src=x alt=\"mould on wall\"> here",
			"see mould on wall here" },
		{ "preformatted", "<pre>one\n  two\nthree</pre>", "one\ntwo\nthree" },
		{ "broken HTML", "<p>One<b>two<p>Three</i></div> &bogus;",
			"Onetwo\n\nThree &bogus;" },
		{ "a sign that is no tag", "only < 10 degrees & cold", "only < 10 degrees & cold" },
		{ "no element at all", "no heating", "no heating" },
		{ "nothing", "", "" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_html_text got = { 0 };
		struct rd_err err = { 0 };

		assert_int_equal(rd_html_to_text(rows[i].html, strlen(rows[i].html), 10000, *state,
					 &got, &err),
			RD_OK);
		if (strcmp(got.text, rows[i].text) != 0)
			fail_msg("%s: \"%s\"", rows[i].why, got.text);
	}
}

static void html_tells_quoted_from_new(void **state)
{
	static const struct {
		const char *why, *html, *quoted;
		enum rd_span_kind kind;
	} rows[] = {
		{ "Gmail",
			"No<div class=\"gmail_quote\"><div class=\"gmail_attr\">On Mon x "
			"wrote:</div>"
			"<blockquote class=\"gmail_quote\">We will come</blockquote></div>",
			"On Mon x wrote:\nWe will come", RD_SPAN_QUOTED },
		{ "Apple", "No<blockquote type=\"cite\">We will come</blockquote>yes",
			"We will come", RD_SPAN_QUOTED },
		{ "Outlook to the end",
			"No<div id=\"divRplyFwdMsg\">From: x</div><div>We come</div>",
			"From: x\nWe come", RD_SPAN_QUOTED },
		{ "a bare blockquote may be hers", "<blockquote>No heating</blockquote>", NULL, 0 },
		{ "a signature", "No<div class=\"gmail_signature\">Jo</div>", "Jo",
			RD_SPAN_SIGNATURE },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_html_text got = { 0 };
		struct rd_err err = { 0 };

		assert_int_equal(rd_html_to_text(rows[i].html, strlen(rows[i].html), 10000, *state,
					 &got, &err),
			RD_OK);
		if (got.n_spans != (rows[i].quoted ? 1 : 0))
			fail_msg("%s: %zu spans in \"%s\"", rows[i].why, got.n_spans, got.text);
		if (!rows[i].quoted)
			continue;
		if (got.spans[0].kind != rows[i].kind ||
			got.spans[0].to - got.spans[0].from != strlen(rows[i].quoted) ||
			memcmp(got.text + got.spans[0].from, rows[i].quoted,
				strlen(rows[i].quoted)) != 0)
			fail_msg("%s: [%u,%u) of \"%s\"", rows[i].why, got.spans[0].from,
				got.spans[0].to, got.text);
	}
}

static void a_tag_with_more_attributes_than_anybody_writes_ends_the_reading(void **state)
{
	static const struct {
		const char *why, *first, *before, *after, *last;
		int n;
		bool truncated;
	} rows[] = {
		{ "many attributes", "<p>one<p", " a", "=1", ">two", 400, true },
		{ "names alone", "<p>one<p", " a", "", ">two", 400, true },
		{ "without end", "<p>one<p", " a", "", "", 400, true },
		{ "a quote that opens nothing", "<p>one<p b'", " a", "", ">two", 400, true },
		{ "as many as people write", "<p>one<p", " a", "='1'", ">two", 200, false },
		{ "a long alt text", "<p>one<img alt=\"", " w", "", "\"><p>two", 400, false },
		{ "a story for a value", "<p>one<img alt=\"", " w", "", "\">two", 20000, true },
		{ "words behind a sign", "<p>one 1 < 2", " w", "", " two", 400, false },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_buf html = RD_BUF(1u << 20);
		struct rd_html_text got = { 0 };
		struct rd_err err = { 0 };

		assert_int_equal(rd_buf_add_str(&html, rows[i].first, &err), RD_OK);
		for (int n = 0; n < rows[i].n; n++)
			assert_int_equal(rd_buf_printf(&html, &err, "%s%d%s", rows[i].before, n,
						 rows[i].after),
				RD_OK);
		assert_int_equal(rd_buf_add_str(&html, rows[i].last, &err), RD_OK);
		assert_int_equal(
			rd_html_to_text(html.data, html.len, 1u << 20, *state, &got, &err), RD_OK);
		rd_buf_free(&html);
		if (got.truncated != rows[i].truncated || strncmp(got.text, "one", 3) != 0 ||
			(strstr(got.text, "two") == NULL) != rows[i].truncated)
			fail_msg("%s: %d \"%s\"", rows[i].why, got.truncated, got.text);
	}
}

static void no_html_takes_long(void **state)
{
	static const struct {
		const char *open, *close;
	} rows[] = { { "<div>", "" }, { "<b>", "</i>" }, { "<p>", "</b>" }, { "<", "" },
		{ "&", "" }, { "<table>", "</td>" }, { "<a href='", "" }, { "<!--", "" },
		{ "<blockquote type=cite>", "x" }, { "<b>x", "</b>" }, { "&amp;", "" },
		{ "<img alt='a'>", "" }, { "</p>", "" }, { "<li>", "" } };

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_buf html = RD_BUF(1u << 20);
		struct rd_html_text got = { 0 };
		struct rd_err err = { 0 };

		while (html.len < 600000 && rd_buf_add_str(&html, rows[i].open, &err) == RD_OK)
			;
		while (rows[i].close[0] && rd_buf_add_str(&html, rows[i].close, &err) == RD_OK)
			;
		assert_int_equal(
			rd_html_to_text(html.data, html.len, 1u << 20, *state, &got, &err), RD_OK);
		rd_buf_free(&html);
		rd_arena_reset(*state);
	}
}

#define CPU_S                                                                                      \
	240 /* for all: minutes under a sanitizer, seconds without, hours if something squares */

int main(void)
{
	const struct rlimit cpu = { CPU_S, CPU_S };
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quoted_mail_is_told_from_new_words),
		cmocka_unit_test(our_own_letters_are_known),
		cmocka_unit_test(signatures_and_notices_do_not_score),
		cmocka_unit_test(what_html_said_is_believed),
		cmocka_unit_test(no_body_takes_long),
		cmocka_unit_test(html_becomes_the_text_that_is_seen),
		cmocka_unit_test(html_tells_quoted_from_new),
		cmocka_unit_test(a_tag_with_more_attributes_than_anybody_writes_ends_the_reading),
		cmocka_unit_test(no_html_takes_long),
	};

	assert_int_equal(setrlimit(RLIMIT_CPU, &cpu), 0);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

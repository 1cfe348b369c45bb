#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include "redress/base/arena.h"
#include "redress/base/buf.h"
#include "redress/message/html.h"
#include "redress/message/quotes.h"
#include "support/marked.h"

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
		{ "a bare one below an introduction is quoted, what stands behind it is not",
			"<p>On Tue, 3 Nov 2026 at 10:12, R &lt;r@example.org&gt; wrote:</p>"
			"<blockquote>We will come</blockquote><p>You did not</p>",
			"We will come", RD_SPAN_QUOTED },
		{ "a bare one below words of hers is hers",
			"<p>What is wrong:</p><blockquote>No heating</blockquote>", NULL, 0 },
		{ "a signature", "No<div class=\"gmail_signature\">Jo</div>", "Jo",
			RD_SPAN_SIGNATURE },
		{ "Outlook passed on by Outlook",
			"No<div id=\"x_x_divRplyFwdMsg\">From: x</div><div>We come</div>",
			"From: x\nWe come", RD_SPAN_QUOTED },
		{ "Gmail passed on by Outlook",
			"No<div class=\"x_gmail_quote\">We will come</div>yes", "We will come",
			RD_SPAN_QUOTED },
		{ "Outlook for phones",
			"No<div id=\"mail-editor-reference-message-container\" "
			"class=\"ms-outlook-mobile-reference-message skipProofing\">From: x</div>",
			"From: x", RD_SPAN_QUOTED },
		{ "Outlook's mark for where a forward is put says nothing",
			"No<div id=\"appendonsend\"></div><div>heating</div>", NULL, 0 },
		{ "Yahoo",
			"No<div id=\"ydp1a2byahoo_quoted_123\" class=\"ydp1a2byahoo_quoted\">We "
			"come</div>",
			"We come", RD_SPAN_QUOTED },
		{ "Thunderbird",
			"No<div class=\"moz-cite-prefix\">On x wrote:</div><blockquote "
			"type=\"cite\" "
			"cite=\"mid:1\">We come</blockquote>",
			"On x wrote:\nWe come", RD_SPAN_QUOTED },
		{ "Thunderbird forwards",
			"See<div class=\"moz-forward-container\">The ceiling leaks</div>",
			"The ceiling leaks", RD_SPAN_FORWARDED },
		{ "Samsung signs", "No<div id=\"composer_signature\">Sent from my Galaxy</div>",
			"Sent from my Galaxy", RD_SPAN_SIGNATURE },
		{ "Zimbra to the end", "No<hr id=\"zwchr\"><div>From: x</div><div>We come</div>",
			"From: x\nWe come", RD_SPAN_QUOTED },
		{ "Spark", "No<div name=\"messageReplySection\">We come</div>", "We come",
			RD_SPAN_QUOTED },
		{ "below Outlook's line in a language that nobody here knows",
			"No<div style=\"border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt "
			"0cm 0cm "
			"0cm\"><b>Xyz:</b> R &lt;r@example.org&gt;<br><b>Abc:</b> 3 Nov 2026 "
			"10:12<br>"
			"<b>Def:</b> Jo</div><p>We come</p>",
			"Xyz: R <r@example.org>\nAbc: 3 Nov 2026 10:12\nDef: Jo\n\nWe come",
			RD_SPAN_QUOTED },
		{ "a line of the resident's own",
			"No<div style=\"border:none;border-top:solid red "
			"1.0pt;padding:3.0pt\">heating: "
			"none<br>and I have asthma</div>",
			NULL, 0 },
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

/* Where HTML is read, a forwarded mail ends where its element does. */
static void html_and_words_tell_forwards_together(void **state)
{
	static const struct {
		const char *why, *subject, *html, *want, *author;
	} rows[] = {
		{ "Gmail", "Fwd: leak",
			"<div>See this</div><div class=\"gmail_quote\"><div class=\"gmail_attr\">"
			"---------- Forwarded message ---------<br>From: <b>Ann</b> "
			"&lt;ann@example.com&gt;<br>Subject: leak<br></div><br>It leaks<br></div>"
			"<div>and she is 82</div>",
			"NFQFFN", "ann@example.com" },
		{ "Outlook", "FW: leak",
			"<div>See this</div><div id=\"divRplyFwdMsg\"><b>From:</b> Ann "
			"&lt;ann@example.com&gt;<br><b>Sent:</b> 03 November 2026 "
			"10:12<br><b>To:</b> "
			"Office<br><b>Subject:</b> leak</div><div>It leaks</div>",
			"NQQQFF", "ann@example.com" },
		{ "the same as an answer", "RE: leak",
			"<div>See this</div><div id=\"divRplyFwdMsg\"><b>From:</b> Ann "
			"&lt;ann@example.com&gt;<br><b>Sent:</b> 03 November 2026 "
			"10:12<br><b>To:</b> "
			"Office<br><b>Subject:</b> leak</div><div>It leaks</div>",
			"NQQQQQ", NULL },
		{ "Apple", "Fwd: leak",
			"<div>See this</div><div>Begin forwarded message:</div><blockquote "
			"type=\"cite\"><div><b>From: </b>Ann &lt;ann@example.com&gt;</div><div>"
			"<b>Subject: </b>leak</div><div>It leaks</div></blockquote><div>She is "
			"82</div>",
			"NFQFFN", "ann@example.com" },
		{ "Thunderbird", "Fwd: leak",
			"<p>See this</p><div class=\"moz-forward-container\">-------- Forwarded "
			"Message "
			"--------<table><tr><th>Subject: </th><td>leak</td></tr><tr><th>From: </th>"
			"<td>Ann &lt;ann@example.com&gt;</td></tr></table>It leaks</div>",
			"NFFQF", "ann@example.com" },
		{ "an old forward within an answer stays quoted", "Re: leak",
			"<div>Still</div><div class=\"gmail_quote\"><div class=\"gmail_attr\">On "
			"Tue, 3 "
			"Nov 2026 at 10:12, R &lt;r@example.org&gt; wrote:</div><blockquote "
			"class=\"gmail_quote\">Passed on<br>---------- Forwarded message "
			"---------<br>"
			"From: Ann &lt;ann@example.com&gt;</blockquote></div>",
			"NQQQQ", NULL },
		{ "below a bare quotation too", "Re: leak",
			"<p>No.</p><p>On Tue, 3 Nov 2026 at 10:12, R &lt;r@example.org&gt; "
			"wrote:</p>"
			"<blockquote>We will come</blockquote><p>You did not</p>",
			"NQQN", NULL },
		{ "answers between are hers", "Re: leak",
			"<div class=\"gmail_quote\"><blockquote class=\"gmail_quote\">Is it dry?"
			"</blockquote></div><div>No</div><blockquote class=\"gmail_quote\">When?"
			"</blockquote><div>Monday</div>",
			"QNQN", NULL },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_html_text text = { 0 };
		struct rd_marked marked = { 0 };
		struct rd_err err = { 0 };
		char got[40] = "";
		size_t n = 0;

		assert_int_equal(rd_html_to_text(rows[i].html, strlen(rows[i].html), 10000, *state,
					 &text, &err),
			RD_OK);
		const struct rd_unmarked mail = { rows[i].subject, text.text, text.len, text.spans,
			text.n_spans };
		assert_int_equal(rd_quotes_mark(&mail, *state, &marked, &err), RD_OK);
		for (uint32_t at = 0; at < text.len;
			at += (uint32_t)strcspn(text.text + at, "\n") + 1)
			for (size_t k = 0; text.text[at] != '\n' && k < marked.n_spans; k++)
				if (marked.spans[k].from <= at && at < marked.spans[k].to)
					got[n++] = marked_kind_letter(marked.spans[k].kind);
		if (strcmp(got, rows[i].want) != 0)
			fail_msg("%s: want %s, got %s of\n%s", rows[i].why, rows[i].want, got,
				text.text);
		if (marked.n_forwarded != (rows[i].author ? 1 : 0) ||
			(rows[i].author &&
				strcmp(marked.forwarded[0].address, rows[i].author) != 0))
			fail_msg("%s: %zu authors", rows[i].why, marked.n_forwarded);
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
		{ "<img alt='a'>", "" }, { "wrote: <blockquote></blockquote>", "" },
		{ "<blockquote>a@b:</blockquote>", "" }, { "</p>", "" }, { "<li>", "" } };

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(html_becomes_the_text_that_is_seen),
		cmocka_unit_test(html_tells_quoted_from_new),
		cmocka_unit_test(html_and_words_tell_forwards_together),
		cmocka_unit_test(a_tag_with_more_attributes_than_anybody_writes_ends_the_reading),
		cmocka_unit_test(no_html_takes_long),
	};

	marked_limit_cpu();
	return cmocka_run_group_tests(tests, marked_set_up, marked_tear_down);
}

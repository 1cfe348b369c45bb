/* Web forms: the resident and the words out of the labelled lines, and what is no form. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "redress/message/authentication.h"
#include "redress/message/form.h"
#include "redress/message/mime.h"

#define SENDER "no-reply@landlord.example"
#define HEAD                                                                                       \
	"From: Web <" SENDER ">\r\nTo: help@landlord.example\r\nSubject: New complaint\r\n"        \
	"Message-ID: <f1@web.example>\r\nAuto-Submitted: auto-generated\r\n"
#define TEXT HEAD "Content-Type: text/plain; charset=utf-8\r\n\r\n"
#define HTML HEAD "Content-Type: text/html; charset=utf-8\r\n\r\n"

static const struct rd_form_label labels[] = {
	{ RD_PART_NAME, "Name" },
	{ RD_PART_EMAIL, "Email" },
	{ RD_PART_EMAIL, "Email address" },
	{ RD_PART_PHONE, "Phone" },
	{ RD_PART_ADDRESS, "Home address" },
	{ RD_PART_WORDS, "Message" },
	{ RD_PART_WORDS, "What would put it right" },
	{ RD_PART_OTHER, "Preferred time" },
};
static const char *const senders[] = { SENDER };
static const struct rd_origin origin = {
	.form_senders = senders,
	.n_form_senders = 1,
	.form_labels = labels,
	.n_form_labels = sizeof labels / sizeof labels[0],
};

static struct rd_arena *arena;
static struct rd_message m;

static void read_mail(const char *raw)
{
	struct rd_err err = { 0 };

	rd_arena_reset(arena);
	if (rd_mime_parse(raw, strlen(raw), false, arena, &m, &err) != RD_OK)
		fail_msg("%s", err.msg);
	m.authentication = rd_authentication_of(m.results, m.n_results, &origin, m.from.address);
	if (rd_form_apply(&m, &origin, arena, &err) != RD_OK)
		fail_msg("%s", err.msg);
}

/* What is scored, in one string; checks on the way that spans cover the body. */
static const char *words(void)
{
	static char out[4096];
	size_t n = 0;
	uint32_t at = 0;

	for (size_t i = 0; i < m.n_spans; i++) {
		assert_int_equal(m.spans[i].from, at);
		assert_true(m.spans[i].to > at && m.spans[i].to <= m.body_len);
		at = m.spans[i].to;
		if (m.spans[i].kind != RD_SPAN_NEW)
			continue;
		n += (size_t)snprintf(out + n, sizeof out - n, "%s%.*s", n > 0 ? "|" : "",
			(int)(m.spans[i].to - m.spans[i].from), m.body + m.spans[i].from);
	}
	assert_int_equal(at, m.body_len);
	out[n] = '\0';
	return out;
}

static const struct {
	const char *why, *raw, *email, *name, *phone, *address, *words;
} forms[] = {
	{ "label and value",
		TEXT "Name: Ada Example\r\nEmail: Ada@Example.org\r\nPhone: 07700 900123\r\n"
		     "Home address: 1 High Street\r\nMessage: The roof leaks.\r\n",
		"Ada@example.org", "Ada Example", "07700 900123", "1 High Street",
		"The roof leaks." },
	{ "the label alone, the value beneath",
		TEXT "Name\r\nAda Example\r\n\r\nEmail address:\r\nada@example.org\r\n\r\nHome "
		     "address\r\n1 High Street\r\nTown\r\n\r\nMessage\r\nThe roof leaks.\r\nIt "
		     "drips.\r\n",
		"ada@example.org", "Ada Example", "", "1 High Street Town",
		"The roof leaks.\nIt drips." },
	{ "words of several lines with an empty one, and another field behind them",
		TEXT "Email: ada@example.org\r\nMessage: One.\r\n\r\nTwo.\r\nPreferred time: "
		     "morning\r\n",
		"ada@example.org", "", "", "", "One.\n\nTwo." },
	{ "two fields of words",
		TEXT "Email: ada@example.org\r\nMessage: One.\r\nWhat would put it right: Two.\r\n",
		"ada@example.org", "", "", "", "One.|Two." },
	{ "bold, bulleted, required, in capitals",
		TEXT "*Name:* Ada\r\n- EMAIL *: <ada@example.org>\r\n**Message**: One.\r\n",
		"ada@example.org", "Ada", "", "", "One." },
	{ "a label that stood before is the resident's own",
		TEXT "Name: Ada\r\nEmail: ada@example.org\r\nPhone: 07700900123\r\nMessage: The "
		     "man's\r\nName: Bo\r\nPhone: unknown\r\nHe was late.\r\n",
		"ada@example.org", "Ada", "07700900123", "",
		"The man's\nName: Bo\nPhone: unknown\nHe was late." },
	{ "a sentence that begins like a label",
		TEXT
		"Email: ada@example.org\r\nMessage: I ask you.\r\nName of the man who came: I do "
		"not know.\r\nPhone calls are not answered.\r\n",
		"ada@example.org", "", "", "",
		"I ask you.\nName of the man who came: I do not know.\nPhone calls are not "
		"answered." },
	{ "a table",
		HTML "<table><tr><th>Name</th><td>Ada Example</td></tr><tr><td><b>Email "
		     "address</b></td><td><a href=\"mailto:ada@example.org\">ada@example.org</a>"
		     "</td></tr><tr><td>Message</td><td>The roof leaks.<br>It drips.</td></tr>"
		     "</table>",
		"ada@example.org", "Ada Example", "", "", "The roof leaks.\nIt drips." },
	{ "paragraphs with bold labels",
		HTML "<p><strong>Email</strong><br>ada@example.org</p><p><strong>Message</strong>"
		     "<br>The roof leaks.</p><p>Really.</p>",
		"ada@example.org", "", "", "", "The roof leaks.\n\nReally." },
	{ "a signature is none of the words",
		TEXT "Email: ada@example.org\r\nMessage: The roof leaks.\r\n\r\n-- \r\nAda "
		     "Example\r\nFlat 2\r\n",
		"ada@example.org", "", "", "", "The roof leaks.\n\n" },
	{ "Reply-To, where the lines have no address",
		"Reply-To: Ada <ada@example.org>\r\n" TEXT "Name: Ada\r\nMessage: One.\r\n",
		"ada@example.org", "Ada", "", "", "One." },
	{ "the lines before Reply-To",
		"Reply-To: bo@example.org\r\n" TEXT "Email: ada@example.org\r\nMessage: One.\r\n",
		"ada@example.org", "", "", "", "One." },
	{ "Reply-To is the form's own", "Reply-To: " SENDER "\r\n" TEXT "Message: One.\r\n", "", "",
		"", "", "One." },
	{ "no address that can be written to",
		TEXT "Email: none, ring me\r\nPhone: 07700 900123\r\nMessage: One.\r\n", "", "",
		"07700 900123", "", "One." },
};

static void the_resident_and_the_words_come_from_the_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		read_mail(forms[i].raw);
		print_message("%s\n", forms[i].why);
		assert_true(m.by_form);
		assert_string_equal(m.form.sender, SENDER);
		assert_string_equal(m.from.address, forms[i].email);
		assert_string_equal(m.from.name, forms[i].name);
		assert_string_equal(m.form.phone, forms[i].phone);
		assert_string_equal(m.form.address, forms[i].address);
		assert_string_equal(words(), forms[i].words);
		assert_string_equal(m.subject, ""); /* the form's, so never scored */
		assert_false(m.automatic.auto_submitted);
		assert_false(m.automatic.no_reply_address);
		assert_int_equal(m.authentication, RD_AUTHENTICATION_UNKNOWN);
		assert_false(m.nothing_new);
	}
}

static void an_empty_answer_goes_to_a_person(void **state)
{
	(void)state;
	read_mail(TEXT "Email: ada@example.org\r\nMessage:\r\n");
	assert_true(m.by_form);
	assert_true(m.nothing_new);
}

static const struct {
	const char *why, *raw;
} others[] = {
	{ "from another address",
		"From: ada@example.org\r\nMessage-ID: <1@x.example>\r\n\r\nEmail: "
		"bo@example.org\r\nMessage: One.\r\n" },
	{ "without the words' label", TEXT "Email: ada@example.org\r\nThe server is full.\r\n" },
	{ "its address failed its checks", "Authentication-Results: mx.example.org; dmarc=fail "
					   "header.from=landlord.example\r\n" TEXT
					   "Email: ada@example.org\r\nMessage: One.\r\n" },
	{ "a letter of ours that came back",
		"X-Loop: redress/house\r\n" TEXT "Email: ada@example.org\r\nMessage: One.\r\n" },
	{ "an answer, with a form quoted below",
		"From: " SENDER "\r\nMessage-ID: <1@x.example>\r\nIn-Reply-To: <f1@web.example>\r\n"
		"\r\nWho does this?\r\n\r\nEmail: ada@example.org\r\nMessage: One.\r\n" },
	{ "one passed on",
		"From: " SENDER "\r\nMessage-ID: <1@x.example>\r\nSubject: FW: form\r\n"
		"\r\nWho does this?\r\n\r\nEmail: ada@example.org\r\nMessage: One.\r\n" },
	{ "one quoted",
		"From: " SENDER "\r\nMessage-ID: <1@x.example>\r\n"
		"\r\nWho does this?\r\n\r\n> Email: ada@example.org\r\n> Message: One.\r\n" },
	{ "a bounce", "X-Failed-Recipients: ada@example.org\r\n" TEXT
		      "Email: ada@example.org\r\nMessage: One.\r\n" },
};

static void what_is_no_form_stays_as_it_is(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		read_mail(others[i].raw);
		if (m.by_form)
			fail_msg("%s", others[i].why);
		assert_true(strcmp(m.from.address, i == 0 ? "ada@example.org" : SENDER) == 0);
	}
}

static int begin(void **state)
{
	(void)state;
	rd_mime_init();
	arena = rd_arena_new(RD_MIME_ARENA_BYTES);
	return 0;
}

static int end(void **state)
{
	(void)state;
	rd_arena_free(arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_resident_and_the_words_come_from_the_lines),
		cmocka_unit_test(an_empty_answer_goes_to_a_person),
		cmocka_unit_test(what_is_no_form_stays_as_it_is),
	};

	return cmocka_run_group_tests(tests, begin, end);
}

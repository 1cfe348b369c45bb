#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "redress/base/arena.h"
#include "redress/base/buf.h"
#include "redress/message/quotes.h"
#include "support/marked.h"

static struct rd_marked mark(struct rd_arena *arena, const char *body, size_t len,
	const struct rd_span *given, size_t n_given)
{
	const struct rd_unmarked mail = {
		.body = body, .len = (uint32_t)len, .given = given, .n_given = n_given
	};
	struct rd_marked marked = { 0 };
	struct rd_err err = { 0 };
	uint32_t at = 0;

	assert_int_equal(rd_quotes_mark(&mail, arena, &marked, &err), RD_OK);
	for (size_t i = 0; i < marked.n_spans; i++) {
		assert_int_equal(marked.spans[i].from, at);
		assert_true(marked.spans[i].to > at);
		at = marked.spans[i].to;
	}
	assert_int_equal(at, len);
	return marked;
}

/* Each line begins with the letter of its kind and a bar. */
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
				got[i] = marked_kind_letter(marked.spans[k].kind);
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
				"Q|From: Repairs <r@example.org>", "F|We refuse" },
			false },
		{ "a forwarded mail alone is nothing new",
			{ "F|---------- Forwarded message ---------", "Q|From: Jo <j@example.org>",
				"F|My ceiling fell down" },
			true },
		{ "Apple's", { "N|", "F|Begin forwarded message:", "Q|From: Jo" }, true },
		{ "only quoted lines is nothing new", { "Q|> my ceiling fell", "Q|> down" }, true },
		{ "a pictograph is something new", { "N|👍", "Q|> all done?" }, false },
		{ "an empty body is nothing new", { "N|", "N|" }, true },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		check(*state, &rows[i]);
}

/* --- message_quotes.cases: mails as programs and people write them --- */

#define CASE_LINES 40

struct mail_case {
	char why[120], subject[120];
	char body[8192];
	char want[CASE_LINES + 1]; /* the kind of each line; '.' where any will do */
	uint32_t starts[CASE_LINES];
	size_t n_lines;
	char authors[RD_FORWARDED_MAX][80];
	size_t n_authors;
	bool nothing_new;
};

static void take_case_line(struct mail_case *c, const char *line, size_t len)
{
	if (len >= 9 && strncmp(line, "subject: ", 9) == 0) {
		snprintf(c->subject, sizeof c->subject, "%.*s", (int)(len - 9), line + 9);
	} else if (len >= 8 && strncmp(line, "author: ", 8) == 0) {
		assert_true(c->n_authors < RD_FORWARDED_MAX);
		snprintf(c->authors[c->n_authors++], sizeof c->authors[0], "%.*s", (int)(len - 8),
			line + 8);
	} else if (len == 11 && strncmp(line, "nothing new", 11) == 0) {
		c->nothing_new = true;
	} else if (len > 0) {
		const size_t skip = line[0] == '|' ? 1 : 2;
		const size_t at = strlen(c->body);

		assert_true(line[skip - 1] == '|' && c->n_lines < CASE_LINES);
		c->starts[c->n_lines] = (uint32_t)at;
		c->want[c->n_lines++] = skip == 1 ? '.' : line[0];
		snprintf(c->body + at, sizeof c->body - at, "%.*s\n", (int)(len - skip),
			line + skip);
	}
}

static bool has_authors(const struct mail_case *c, const struct rd_marked *marked)
{
	if (marked->n_forwarded != c->n_authors)
		return false;
	for (size_t i = 0; i < c->n_authors; i++) {
		const struct rd_address *author = &marked->forwarded[i];

		if (strcmp(author->address[0] != '\0' ? author->address : author->name,
			    c->authors[i]) != 0)
			return false;
	}
	return true;
}

/* Returns how many things are wrong; says each. */
static int try_case(struct rd_arena *arena, const struct mail_case *c, bool crlf)
{
	struct rd_unmarked mail = { .subject = c->subject, .body = c->body };
	struct rd_marked marked = { 0 };
	struct rd_err err = { 0 };
	uint32_t starts[CASE_LINES];
	char body[9000], got[CASE_LINES + 1] = "";
	bool same = true;
	size_t n = 0, line = 0;

	for (const char *p = c->body; *p != '\0'; p++) {
		if (line < c->n_lines && (uint32_t)(p - c->body) == c->starts[line])
			starts[line++] = (uint32_t)n;
		if (*p == '\n' && crlf)
			body[n++] = '\r';
		body[n++] = *p;
	}
	mail.body = body;
	mail.len = (uint32_t)n;
	assert_int_equal(rd_quotes_mark(&mail, arena, &marked, &err), RD_OK);
	for (size_t i = 0; i < c->n_lines; i++) {
		for (size_t k = 0; k < marked.n_spans; k++)
			if (marked.spans[k].from <= starts[i] && starts[i] < marked.spans[k].to)
				got[i] = marked_kind_letter(marked.spans[k].kind);
		same = same && (c->want[i] == '.' || c->want[i] == got[i]);
	}
	if (!same)
		print_error("%s%s:\n  want %s\n  got  %s\n", c->why, crlf ? " (CRLF)" : "", c->want,
			got);
	if (marked.nothing_new != c->nothing_new)
		print_error("%s: nothing new: %d\n", c->why, marked.nothing_new);
	if (!has_authors(c, &marked))
		print_error("%s: %zu authors, the first %s\n", c->why, marked.n_forwarded,
			marked.n_forwarded > 0 ? marked.forwarded[0].address : "nobody");
	return !same + (marked.nothing_new != c->nothing_new) + !has_authors(c, &marked);
}

static void mails_of_the_world_are_read_right(void **state)
{
	FILE *file = fopen(RD_SOURCE_DIR "/tests/unit/message_quotes.cases", "re");
	struct mail_case *c = calloc(1, sizeof *c);
	char line[1024];
	int n_cases = 0, n_wrong = 0;
	bool more;

	assert_non_null(file);
	assert_non_null(c);
	do {
		size_t len;

		more = fgets(line, sizeof line, file) != NULL;
		len = more ? strcspn(line, "\n") : 0;
		if (!more || strncmp(line, "== ", 3) == 0) {
			if (c->n_lines > 0) {
				n_wrong += try_case(*state, c, false) + try_case(*state, c, true);
				n_cases++;
			}
			memset(c, 0, sizeof *c);
			snprintf(c->why, sizeof c->why, "%.*s", (int)(len > 3 ? len - 3 : 0),
				more ? line + 3 : "");
		} else if (line[0] != '#') {
			take_case_line(c, line, len);
		}
	} while (more);
	fclose(file);
	free(c);
	assert_true(n_cases >= 80);
	assert_int_equal(n_wrong, 0);
}

/* --- what holds for every mail --- */

/* A small generator of its own: the same mails at every run. */
static unsigned next_random(unsigned *seed, unsigned below)
{
	*seed = *seed * 1103515245u + 12345u;
	return (*seed >> 16) % below;
}

static const char *const residents_lines[] = { "The boiler has been out since Tuesday.", "Thanks",
	"Thanks for nothing.", "Nobody came and nobody rang.", "Hello", "Kind regards",
	"I rang on 3/11/2026 at 10:15, and again on Friday.", "my son has asthma", "--", "---",
	"From: my window I can see the skip that you left.", "To: whoever reads this.",
	"On Monday your man said: not my job", "This email is for the manager.", "- mould",
	"Sent from my flat, where it is 12 degrees.", "PS the lift is out too", "1. the roof",
	"Any views on when you will come?", "Please note we are three families.",
	"Subject: to what the doctor says, I have to move.", "HELP", "Date: to be confirmed?",
	"Notice: nobody cleans the stairs.", "* * *", "See below", "I want my money back!" };

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

/* Resident's lines in any order and number are all new: nothing of hers is ever lost. */
static void no_word_of_hers_is_lost(void **state)
{
	unsigned seed = 1;

	for (int round = 0; round < 3000; round++) {
		struct rd_arena *arena = *state;
		char body[2048] = "";
		struct rd_marked marked;

		for (unsigned n = 1 + next_random(&seed, 12); n > 0; n--) {
			strncat(body, residents_lines[next_random(&seed, COUNT(residents_lines))],
				200);
			strncat(body, next_random(&seed, 3) == 0 ? "\n\n" : "\n", 3);
		}
		marked = mark(arena, body, strlen(body), NULL, 0);
		for (size_t i = 0; i < marked.n_spans; i++)
			if (marked.spans[i].kind != RD_SPAN_NEW)
				fail_msg("round %d: kind %c: %.*s\nof:\n%s", round,
					marked_kind_letter(marked.spans[i].kind),
					(int)(marked.spans[i].to - marked.spans[i].from),
					body + marked.spans[i].from, body);
		rd_arena_reset(arena);
	}
}

/* Her lines between, above and below marked ones are new, the marked ones quoted. */
static void answers_between_quoted_lines_are_new(void **state)
{
	static const char intro[] = "On Tue, 3 Nov 2026 at 10:12, Repairs <r@example.org> wrote:\n";
	unsigned seed = 7;

	for (int round = 0; round < 2000; round++) {
		struct rd_arena *arena = *state;
		char body[4096] = "";
		struct rd_marked marked;

		strncat(body, next_random(&seed, 2) == 0 ? "No.\n" : "", 8);
		strncat(body, intro, 100);
		for (unsigned n = 1 + next_random(&seed, 10); n > 0; n--) {
			const char *line =
				residents_lines[next_random(&seed, COUNT(residents_lines))];
			const bool quoted =
				next_random(&seed, 2) == 0 || strstr(body, "\n>") == NULL;

			strncat(body, quoted ? "> " : "", 3);
			strncat(body, line, 200);
			strncat(body, "\n", 2);
		}
		marked = mark(arena, body, strlen(body), NULL, 0);
		for (uint32_t at = (uint32_t)(strstr(body, intro) + strlen(intro) - body);
			body[at] != '\0'; at += (uint32_t)strcspn(body + at, "\n") + 1) {
			enum rd_span_kind kind = RD_SPAN_OWN_LETTER;

			for (size_t i = 0; i < marked.n_spans; i++)
				if (marked.spans[i].from <= at && at < marked.spans[i].to)
					kind = marked.spans[i].kind;
			if (kind != (body[at] == '>' ? RD_SPAN_QUOTED : RD_SPAN_NEW))
				fail_msg("round %d: %c at %u of:\n%s", round,
					marked_kind_letter(kind), at, body);
		}
		rd_arena_reset(arena);
	}
}

/* Lines of every case, in any order, cut anywhere: the spans cover the body, once, in order (mark()
 * looks), and the same body is always marked the same. */
static void any_mixture_is_covered(void **state)
{
	static const char *const pieces[] = { "From: R <r@example.org>\n",
		"Sent: 3 Nov 2026 10:12\n", "To: jo@example.com\n", "Subject: FW: leak\n", "> ",
		">> ", "\n", "-- \n", "--\n", "---------- Forwarded message ---------\n",
		"-----Original Message-----\n", "Begin forwarded message:\n",
		"----- End forwarded message -----\n",
		"On 3 Nov 2026, at 10:12, R <r@example.org> wrote:\n", "Kind regards\n", "Jo\n",
		"07700 900123\n", "CAUTION: external email\n", "Sent from my iPhone\n", "words ",
		"Our reference: RD123456-K7QF\n", "End of letter RD123456-K7QF\n", "\xC3\xA9",
		"________________\n", "my answers are in red below\n", "\r\n", "\xEF\xBB\xBF" };
	unsigned seed = 3;

	for (int round = 0; round < 4000; round++) {
		struct rd_arena *arena = *state;
		char body[2048] = "";
		struct rd_marked marked;
		struct rd_span given[3];
		size_t n_given = 0, len;

		for (unsigned n = next_random(&seed, 30); n > 0; n--)
			strncat(body, pieces[next_random(&seed, COUNT(pieces))], 100);
		len = strlen(body);
		for (uint32_t at = 0; n_given < 3 && at + 8 < len && round % 2 == 0;) {
			const uint32_t from = at + next_random(&seed, 20);
			const uint32_t to = from + 1 + next_random(&seed, 80);

			if (to > len)
				break;
			given[n_given++] = (struct rd_span){ 1 + next_random(&seed, 3), from, to };
			at = to;
		}
		marked = mark(arena, body, len, given, n_given);
		assert_true(
			marked.n_spans <= RD_SPANS_MAX && marked.n_forwarded <= RD_FORWARDED_MAX);
		rd_arena_reset(arena);
	}
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
			{ "N|Nobody came.", "S|Kind regards", "S|Jo Field", "S|07700 900123",
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
 * time that marked_limit_cpu allows would not do. */
static void no_body_takes_long(void **state)
{
	static const char *const pieces[] = { "\n", "> \n", "On 2 Nov 2026\n", "This email\n",
		"Thanks\n", "Thanks\n\n\n\n\n\n\n\n\n\n\n\n\n\n", "From: x\n",
		"Our reference: RD123456-K7QF\n", "-- \n", "x", "________________\n", "a\n> b\n",
		"End of letter RD1\n", "On 1:00 @,:\n",
		"From: @ a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a\n",
		"my answers are in red below\n-----Original Message-----\n> x\n",
		"---------- Forwarded message ---------\n> x\ny\n",
		"2 Nov 2026 10:12 <a@example.org> wrote\n", "CAUTION: a\n", "@", "a@",
		"Kind regards\nJo\n07700 900123\n", "-- \na\n",
		"Registered charity: registered charity\n", ">", "> > > > >\n",
		"On 3 Nov 2026, at 10:12, Dave wrote:\n", "Subject: FW: a\n" };

	for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
		struct rd_buf body = RD_BUF(512u << 10);
		struct rd_err err = { 0 };

		while (rd_buf_add_str(&body, pieces[i], &err) == RD_OK)
			;
		(void)mark(*state, body.data, body.len, NULL, 0);
		rd_buf_free(&body);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quoted_mail_is_told_from_new_words),
		cmocka_unit_test(mails_of_the_world_are_read_right),
		cmocka_unit_test(no_word_of_hers_is_lost),
		cmocka_unit_test(answers_between_quoted_lines_are_new),
		cmocka_unit_test(any_mixture_is_covered),
		cmocka_unit_test(our_own_letters_are_known),
		cmocka_unit_test(signatures_and_notices_do_not_score),
		cmocka_unit_test(what_html_said_is_believed),
		cmocka_unit_test(no_body_takes_long),
	};

	marked_limit_cpu();
	return cmocka_run_group_tests(tests, marked_set_up, marked_tear_down);
}

/* The HTML form of every letter can be read by everybody: a check of our own, which fails what it
 * should. Of each page: a language, a title, one h1 and h2 below it, elements that are closed, type
 * of 16 to 18 point without serifs, left-aligned, ink that stands out from its paper (WCAG 1.4.6: 7
 * to 1), no italics, underlining or blocks of capitals, no picture, script or table, links with
 * text and a target, Welsh marked as Welsh; and word for word what the text form says. */
#include <ctype.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "redress/policy/letter_html.h"
#include "support/letters.h"

#define CAPITALS_MAX 2 /* words in a row that are all capitals, of four letters or more */
#define OPEN_MAX     20
#define CONTRAST_MIN 7.0

struct page {
	const char *html;
	char open[OPEN_MAX][16]; /* elements that are not closed yet */
	int n_open, n_h1, n_h2;
	bool has_lang, has_title, has_charset, in_title;
	bool link_has_text;
	const char *fault; /* the first; NULL: none */
};

static void fault(struct page *p, const char *what)
{
	if (p->fault == NULL)
		p->fault = what;
}

/* The value of an attribute, or of a property of the style. */
static bool value_of(const char *tag, const char *name, char end, char out[static 200])
{
	const char *at = strstr(tag, name);

	if (at == NULL)
		return false;
	at += strlen(name);
	snprintf(out, 200, "%.*s", (int)strcspn(at, (char[]){ end, '"', '>', '\0' }), at);
	return true;
}

static double part_of_light(const char *hex)
{
	unsigned n = 0;

	sscanf(hex, "%2x", &n);
	const double c = n / 255.0;
	return c <= 0.03928 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

static double light(const char *colour)
{
	return strlen(colour) != 7
		       ? -1
		       : 0.2126 * part_of_light(colour + 1) + 0.7152 * part_of_light(colour + 3) +
				 0.0722 * part_of_light(colour + 5);
}

static void check_contrast(struct page *p, const char *ink, const char *paper)
{
	const double a = light(ink), b = light(paper);
	const double most = a > b ? a : b, least = a > b ? b : a;

	if (a < 0 || b < 0 || (most + 0.05) / (least + 0.05) < CONTRAST_MIN)
		fault(p, "the ink does not stand out from the paper");
}

static void check_body(struct page *p, const char *tag)
{
	char size[200] = "", font[200] = "", align[200] = "", ink[200] = "", paper[200] = "";
	double points = 0;

	value_of(tag, "font-size:", ';', size);
	value_of(tag, "font-family:", ';', font);
	value_of(tag, "text-align:", ';', align);
	value_of(tag, ";color:", ';', ink);
	value_of(tag, "background-color:", ';', paper);
	if (sscanf(size, "%lfpt", &points) != 1 || points < 16 || points > 18)
		fault(p, "the type is not 16 to 18 point");
	if (strstr(font, "sans-serif") == NULL)
		fault(p, "the type has serifs");
	if (strcmp(align, "left") != 0)
		fault(p, "the lines are not aligned to the left");
	check_contrast(p, ink, paper);
}

static void check_link(struct page *p, const char *tag)
{
	char target[200] = "", ink[200] = "";

	value_of(tag, "href=\"", '"', target);
	if (strncmp(target, "https://", 8) != 0 && strncmp(target, "tel:", 4) != 0 &&
		strncmp(target, "mailto:", 7) != 0)
		fault(p, "a link leads nowhere that is safe");
	if (value_of(tag, "color:", ';', ink))
		check_contrast(p, ink, "#ffffff");
	p->link_has_text = false;
}

static void open_element(struct page *p, const char *name, const char *tag)
{
	static const char *const known[] = { "html", "head", "title", "body", "h1", "h2", "p", "a",
		"meta", NULL };
	bool is_known = false;
	char lang[200] = "";

	for (size_t i = 0; known[i] != NULL; i++)
		is_known = is_known || strcmp(known[i], name) == 0;
	if (!is_known) /* i, em, u, img, table, script, style ... */
		fault(p, "an element that letters have no use for");
	if (strstr(tag, "italic") != NULL || strstr(tag, "decoration:underline") != NULL ||
		strstr(tag, "uppercase") != NULL)
		fault(p, "italics, underlining or capitals");
	if (strcmp(name, "html") == 0)
		p->has_lang = value_of(tag, "lang=\"", '"', lang) && lang[0] != '\0';
	else if (strcmp(name, "body") == 0)
		check_body(p, tag);
	else if (strcmp(name, "a") == 0)
		check_link(p, tag);
	else if (strcmp(name, "h1") == 0 && (p->n_h1++ > 0 || p->n_h2 > 0))
		fault(p, "a second first heading");
	else if (strcmp(name, "h2") == 0 && p->n_h2++ == 0 && p->n_h1 == 0)
		fault(p, "a heading below none");
	if (strcmp(name, "meta") == 0) {
		p->has_charset = strstr(tag, "charset=\"utf-8\"") != NULL;
		return;
	}
	if (p->n_open == OPEN_MAX)
		fault(p, "too deep");
	else
		snprintf(p->open[p->n_open++], sizeof p->open[0], "%s", name);
}

static void close_element(struct page *p, const char *name)
{
	if (p->n_open == 0 || strcmp(p->open[p->n_open - 1], name) != 0) {
		fault(p, "an element that is not closed where it was opened");
		return;
	}
	p->n_open--;
	if (strcmp(name, "a") == 0 && !p->link_has_text)
		fault(p, "a link without text");
}

static const char *inside(const struct page *p)
{
	return p->n_open > 0 ? p->open[p->n_open - 1] : "";
}

/* The words between two marks. */
static void check_words(struct page *p, const char *words, size_t len)
{
	size_t capitals = 0, letters = 0, small = 0, n = 0;

	for (size_t i = 0; i <= len; i++) {
		if (i < len && words[i] == '>')
			fault(p, "a `>` that was not escaped");
		if (i < len && words[i] == '&' && strncmp(words + i, "&amp;", 5) != 0 &&
			strncmp(words + i, "&lt;", 4) != 0 && strncmp(words + i, "&gt;", 4) != 0 &&
			strncmp(words + i, "&quot;", 6) != 0)
			fault(p, "a `&` that was not escaped");
		if (i < len && isalpha((unsigned char)words[i])) {
			letters++;
			small += islower((unsigned char)words[i]) != 0;
			n++;
		} else if (i == len || isspace((unsigned char)words[i])) {
			capitals = letters >= 4 && small == 0 ? capitals + 1
				   : letters > 0	      ? 0
							      : capitals;
			if (capitals > CAPITALS_MAX)
				fault(p, "a block of capitals");
			letters = small = 0;
		}
	}
	for (size_t i = 0; i < len; i++)
		n += isdigit((unsigned char)words[i]) != 0;
	if (n > 0 && strcmp(inside(p), "title") == 0)
		p->has_title = true;
	if (n > 0 && strcmp(inside(p), "a") == 0)
		p->link_has_text = true;
}

/* NULL where the page can be read by everybody; else what is wrong with it. */
static const char *wrong_with(const char *html)
{
	struct page p = { .html = html };
	const char *at = html;

	if (strncmp(at, "<!DOCTYPE html>", 15) != 0)
		return "no DOCTYPE";
	at += 15;
	while (*at != '\0') {
		char name[16] = "";

		if (*at != '<') {
			const size_t len = strcspn(at, "<");
			check_words(&p, at, len);
			at += len;
			continue;
		}
		const size_t len = strcspn(at, ">") + 1;
		char tag[1000];
		snprintf(tag, sizeof tag, "%.*s", (int)len, at);
		sscanf(tag + (tag[1] == '/' ? 2 : 1), "%15[a-z0-9]", name);
		if (tag[1] == '/')
			close_element(&p, name);
		else
			open_element(&p, name, tag);
		at += len;
	}
	if (!p.has_lang)
		fault(&p, "no language");
	if (!p.has_title || !p.has_charset)
		fault(&p, "no title, or no charset");
	if (p.n_h1 != 1)
		fault(&p, "not one first heading");
	if (p.n_open != 0)
		fault(&p, "an element that is never closed");
	return p.fault;
}

static const char *html_of(struct letters *l, bool largest)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf html = RD_BUF(RD_LETTER_HTML_MAX);
	struct rd_err err = { 0 };

	if (rd_letter_html(&l->rendered, largest, &html, &err) != RD_OK)
		fail_msg("%s: %s", l->rendered.version, err.msg);
	return rd_arena_strdup(l->page, rd_buf_str(&html));
}

static void every_letter_can_be_read_by_everybody(void **state)
{
	struct letters *l = *state;
	size_t n = 0;

	while (letters_next(l)) {
		if (l->channel != RD_CHANNEL_EMAIL)
			continue;
		for (int largest = 0; largest < 2; largest++) {
			const char *html = html_of(l, largest == 1);
			const char *wrong = wrong_with(html);

			if (wrong != NULL)
				fail_msg("%s for %s: %s: %s", l->rendered.version, l->landlord,
					wrong, html);
			assert_non_null(
				strstr(html, largest ? "font-size:18pt" : "font-size:16pt"));
			n++;
		}
	}
	assert_true(n > 400);
}

/* Without blanks, marks and the colons of headings; `&` and its like as they are read. */
static const char *bare_words(struct letters *l, const char *text, bool is_html)
{
	static const struct {
		const char *from;
		char to;
	} marks[] = { { "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' }, { "&quot;", '"' } };
	char *out = rd_arena_alloc(l->page, strlen(text) + 1), *end = out;

	assert_non_null(out);
	for (const char *in = text; *in != '\0';) {
		size_t used = 1;
		char c = *in;

		if (is_html && c == '<') {
			in += strcspn(in, ">") + 1;
			continue;
		}
		for (size_t i = 0; is_html && i < sizeof marks / sizeof marks[0]; i++)
			if (strncmp(in, marks[i].from, strlen(marks[i].from)) == 0) {
				c = marks[i].to;
				used = strlen(marks[i].from);
			}
		if (!isspace((unsigned char)c) && c != ':')
			*end++ = c;
		in += used;
	}
	*end = '\0';
	return out;
}

static void the_html_says_word_for_word_what_the_text_says(void **state)
{
	struct letters *l = *state;

	while (letters_next(l)) {
		const char *html, *said, *meant;

		if (l->channel != RD_CHANNEL_EMAIL)
			continue;
		html = html_of(l, false);
		said = bare_words(l, strstr(html, "</h1>"), true);
		meant = bare_words(l, l->rendered.text, false);
		if (strcmp(said, meant) != 0)
			fail_msg("%s:\n%s\n%s", l->rendered.version, said, meant);
	}
}

static void welsh_is_marked_as_welsh_and_english_as_english(void **state)
{
	struct letters *l = *state;
	size_t n = 0;

	while (letters_next(l)) {
		const char *html, *english;

		if (l->channel != RD_CHANNEL_EMAIL)
			continue;
		html = html_of(l, false);
		assert_non_null(strstr(html, "<html lang=\"en-GB\">"));
		assert_int_equal(strstr(html, "lang=\"cy\"") != NULL, l->language == RD_WELSH);
		if (l->language != RD_WELSH)
			continue;
		english = strstr(html, ">In English<");
		assert_non_null(english);
		assert_null(strstr(english, "lang=\"cy\""));
		n++;
	}
	assert_true(n > 0);
}

static void numbers_and_addresses_are_links(void **state)
{
	struct letters *l = *state;
	static const struct rd_letter_part part = { RD_PART_PARAGRAPH, RD_ENGLISH,
		"Ring 0300 111 3000, or 999 in danger on 4 May 2026, +441632960123; write to "
		"a.b@example.org. See www.example.org/a?b=1&c=\"2\". Or https://example.org/x!" };
	const char *html;

	l->rendered = (struct rd_rendered){
		.subject = "Links", .parts = &part, .n_parts = 1, .version = "links"
	};
	html = html_of(l, false);
	assert_null(wrong_with(html));
	assert_non_null(strstr(html, "<a href=\"tel:03001113000\""));
	assert_non_null(strstr(html, ">0300 111 3000</a>, or 999 in danger on 4 May 2026, "));
	assert_non_null(strstr(html, "<a href=\"tel:+441632960123\""));
	assert_non_null(strstr(html, "<a href=\"mailto:a.b@example.org\""));
	assert_non_null(strstr(html, "<a href=\"https://www.example.org/a?b=1&amp;c=&quot;2\""));
	assert_non_null(strstr(html, ">https://example.org/x</a>!"));
}

#define HEAD                                                                                       \
	"<!DOCTYPE html>\n<html lang=\"en-GB\"><head><meta charset=\"utf-8\"><title>T</title>"     \
	"</head>"
#define BODY                                                                                       \
	"<body style=\"margin:1em;background-color:#ffffff;color:#111111;font-family:Arial,"       \
	"sans-serif;font-size:16pt;text-align:left\">"
#define END "</body></html>"

static void the_check_fails_what_it_should(void **state)
{
	static const struct {
		const char *html, *says;
	} rows[] = {
		{ HEAD BODY "<h1>T</h1><h2>a</h2><p>words</p>" END, NULL },
		{ "<html>", "DOCTYPE" },
		{ "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title>T</title></head>" BODY
		  "<h1>T</h1>" END,
			"no language" },
		{ HEAD BODY "<p>no heading</p>" END, "first heading" },
		{ HEAD BODY "<h1>a</h1><h1>b</h1>" END, "first heading" },
		{ HEAD BODY "<h2>a</h2><h1>b</h1>" END, "heading below none" },
		{ HEAD BODY "<h1>a</h1><p>not closed" END, "not closed" },
		{ HEAD BODY "<h1>a</h1><em>b</em>" END, "no use" },
		{ HEAD BODY "<h1>a</h1><img src=\"x\">" END, "no use" },
		{ HEAD BODY "<h1>a</h1><p style=\"font-style:italic\">b</p>" END, "italics" },
		{ HEAD BODY "<h1>a</h1><p>THIS ALSO SHOUTS at you</p>" END, "capitals" },
		{ HEAD BODY "<h1>a</h1><p>a & b</p>" END, "escaped" },
		{ HEAD BODY "<h1>a</h1><p>a > b</p>" END, "escaped" },
		{ HEAD BODY "<h1>a</h1><a href=\"https://a.example\"></a>" END, "without text" },
		{ HEAD BODY "<h1>a</h1><a href=\"javascript:x\">b</a>" END, "nowhere" },
		{ HEAD "<body style=\"margin:0;background-color:#ffffff;color:#111111;font-family:"
		       "sans-serif;font-size:12pt;text-align:left\"><h1>a</h1>" END,
			"16 to 18" },
		{ HEAD "<body style=\"margin:0;background-color:#ffffff;color:#999999;font-family:"
		       "sans-serif;font-size:16pt;text-align:left\"><h1>a</h1>" END,
			"stand out" },
		{ HEAD "<body style=\"margin:0;background-color:#ffffff;color:#111111;font-family:"
		       "Times,serif;font-size:16pt;text-align:left\"><h1>a</h1>" END,
			"serifs" },
		{ HEAD "<body style=\"margin:0;background-color:#ffffff;color:#111111;font-family:"
		       "sans-serif;font-size:16pt;text-align:justify\"><h1>a</h1>" END,
			"left" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *wrong = wrong_with(rows[i].html);

		if ((wrong == NULL) != (rows[i].says == NULL) ||
			(wrong != NULL && strstr(wrong, rows[i].says) == NULL))
			fail_msg("%s: %s", wrong != NULL ? wrong : "nothing", rows[i].html);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		letters_test(every_letter_can_be_read_by_everybody),
		letters_test(the_html_says_word_for_word_what_the_text_says),
		letters_test(welsh_is_marked_as_welsh_and_english_as_english),
		letters_test(numbers_and_addresses_are_links),
		cmocka_unit_test(the_check_fails_what_it_should),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

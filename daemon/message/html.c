#include "redress/message/html.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>
#include <libxml/HTMLparser.h>
#include <libxml/xmlerror.h>
#include "redress/base/buf.h"
#include "redress/message/charset.h"
#include "redress/message/html_tags.h"
#include "redress/message/quote_headers.h"
#include "redress/message/quote_intro.h"

#define PIECE_BYTES	16384
#define META_LOOK_BYTES 2048
#define STYLE_BYTES_MAX 2048 /* of a style attribute; more is not looked at */
#define HTML_SPANS_MAX	1024
#define LINES_MAX	8 /* drawn above what may be an earlier mail */
#define INTRO_LINES	4 /* looked at above a blockquote without a mark */
#define INTRO_BYTES	600
#define HEADERS_BYTES	600 /* looked at below such a line */

enum element_does {
	ELEMENT_INLINE = 0,
	ELEMENT_BLOCK, /* on lines of its own */
	ELEMENT_PARA,  /* with an empty line around it */
	ELEMENT_BREAK, /* br */
	ELEMENT_RULE,  /* hr */
	ELEMENT_ITEM,  /* li */
	ELEMENT_CELL,  /* td, th */
	ELEMENT_SKIP,  /* neither it nor what is in it */
	ELEMENT_IMAGE, /* alt text */
	ELEMENT_QUOTE, /* blockquote */
	ELEMENT_PRE,
};

static const struct {
	const char *name;
	enum element_does does;
} elements[] = {
	{ "a", ELEMENT_INLINE },
	{ "address", ELEMENT_BLOCK },
	{ "article", ELEMENT_BLOCK },
	{ "aside", ELEMENT_BLOCK },
	{ "blockquote", ELEMENT_QUOTE },
	{ "br", ELEMENT_BREAK },
	{ "center", ELEMENT_BLOCK },
	{ "dd", ELEMENT_BLOCK },
	{ "div", ELEMENT_BLOCK },
	{ "dl", ELEMENT_BLOCK },
	{ "dt", ELEMENT_BLOCK },
	{ "fieldset", ELEMENT_BLOCK },
	{ "footer", ELEMENT_BLOCK },
	{ "form", ELEMENT_BLOCK },
	{ "h1", ELEMENT_PARA },
	{ "h2", ELEMENT_PARA },
	{ "h3", ELEMENT_PARA },
	{ "h4", ELEMENT_PARA },
	{ "h5", ELEMENT_PARA },
	{ "h6", ELEMENT_PARA },
	{ "head", ELEMENT_SKIP },
	{ "header", ELEMENT_BLOCK },
	{ "hr", ELEMENT_RULE },
	{ "iframe", ELEMENT_SKIP },
	{ "img", ELEMENT_IMAGE },
	{ "li", ELEMENT_ITEM },
	{ "main", ELEMENT_BLOCK },
	{ "nav", ELEMENT_BLOCK },
	{ "noscript", ELEMENT_INLINE },
	{ "object", ELEMENT_SKIP },
	{ "ol", ELEMENT_BLOCK },
	{ "option", ELEMENT_BLOCK },
	{ "p", ELEMENT_PARA },
	{ "pre", ELEMENT_PRE },
	{ "script", ELEMENT_SKIP },
	{ "section", ELEMENT_BLOCK },
	{ "style", ELEMENT_SKIP },
	{ "table", ELEMENT_BLOCK },
	{ "tbody", ELEMENT_BLOCK },
	{ "td", ELEMENT_CELL },
	{ "template", ELEMENT_SKIP },
	{ "th", ELEMENT_CELL },
	{ "title", ELEMENT_SKIP },
	{ "tr", ELEMENT_BLOCK },
	{ "ul", ELEMENT_BLOCK },
};

/* What was open when an element began: put back when it ends. */
struct open_element {
	unsigned char does;
	bool skip, pre;
	unsigned char kind; /* enum rd_span_kind */
};

struct state {
	struct rd_buf text;
	struct rd_arena *arena;
	htmlParserCtxtPtr parser; /* borrowed */
	struct open_element *open;
	size_t n_open;
	struct rd_span *spans;
	size_t n_spans;
	bool skip, pre;
	enum rd_span_kind kind; /* of what is being written */
	enum rd_span_kind
		rest; /* of everything from an Outlook divider to the end; NEW before it */
	bool blank;   /* one blank is due before the next word */
	int newlines; /* line ends due before the next word */
	bool truncated;
	bool line_due;		   /* one was drawn above the next words */
	uint32_t lines[LINES_MAX]; /* where words begin below one */
	size_t n_lines;
};

static enum element_does element_does(const char *name)
{
	size_t low = 0, high = sizeof elements / sizeof elements[0];

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcasecmp(name, elements[middle].name);

		if (order == 0)
			return elements[middle].does;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return ELEMENT_INLINE;
}

static const char *attribute(const xmlChar **attributes, const char *name)
{
	if (!attributes)
		return "";
	for (size_t i = 0; attributes[i]; i += 2)
		if (strcasecmp((const char *)attributes[i], name) == 0)
			return attributes[i + 1] ? (const char *)attributes[i + 1] : "";
	return "";
}

static bool has_attribute(const xmlChar **attributes, const char *name)
{
	for (size_t i = 0; attributes && attributes[i]; i += 2)
		if (strcasecmp((const char *)attributes[i], name) == 0)
			return true;
	return false;
}

/* The style without blanks and in small letters, so that "display: NONE" is found. */
static bool style_hides(const char *style)
{
	static const char *const hiding[] = { "display:none", "visibility:hidden", "mso-hide:all",
		"font-size:0;", "font-size:0px", "font-size:0pt", "max-height:0", "opacity:0;" };
	char plain[STYLE_BYTES_MAX + 2];
	size_t n = 0;

	for (const char *p = style; *p != '\0' && n < STYLE_BYTES_MAX; p++)
		if (!isspace((unsigned char)*p))
			plain[n++] = (char)tolower((unsigned char)*p);
	if (n == 0 || plain[n - 1] != ';')
		plain[n++] = ';';
	plain[n] = '\0';
	for (size_t i = 0; i < sizeof hiding / sizeof hiding[0]; i++) {
		const char *at = strstr(plain, hiding[i]);

		/* "max-height:0.5em" and "line-font-size:0" are something else */
		if (at && at[strlen(hiding[i])] != '.' && (at == plain || at[-1] == ';'))
			return true;
	}
	return false;
}

/* Without what Outlook and others put before the ids and classes of mail that they pass on. */
static const char *bare_name(const char *name)
{
	while (strncasecmp(name, "x_", 2) == 0)
		name += 2;
	return name;
}

/* Is one of the list a word of the class? Yahoo puts figures before its own: "ydp1a2byahoo_quoted".
 */
static bool has_class(const char *words, const char *const *list)
{
	for (const char *p = words; *p != '\0';) {
		size_t n = strcspn(p, " \t\r\n");
		const char *word = bare_name(p);
		size_t len = n - (size_t)(word - p);

		for (size_t i = 0; (size_t)(word - p) < n && list[i]; i++) {
			size_t want = strlen(list[i]);

			if (len == want && strncasecmp(word, list[i], len) == 0)
				return true;
			if (len > want && strncasecmp(word, "ydp", 3) == 0 &&
				strncasecmp(word + len - want, list[i], want) == 0)
				return true;
		}
		p += n;
		p += strspn(p, " \t\r\n");
	}
	return false;
}

static bool is_one_of(const char *name, const char *const *list)
{
	name = bare_name(name);
	for (size_t i = 0; list[i]; i++)
		if (strcasecmp(name, list[i]) == 0)
			return true;
	return false;
}

/* gmail_quote also wraps forwarded mail; its text says which, and quotes.c looks. */
static const char *const quoted_classes[] = { "gmail_quote", "gmail_quote_container", "gmail_attr",
	"yahoo_quoted", "moz-cite-prefix", "protonmail_quote", "tutanota_quote", "zmail_extra",
	"ms-outlook-mobile-reference-message", "AppleOriginalContents", NULL };
static const char *const quoted_ids[] = { "yahoo_quoted", "mail-editor-reference-message-container",
	"reply-intro", NULL };
static const char *const signature_classes[] = { "gmail_signature", "moz-signature",
	"protonmail_signature_block", "tutanota_signature", NULL };
static const char *const signature_ids[] = { "Signature", "ms-outlook-mobile-signature",
	"AppleMailSignature", "composer_signature", NULL };
/* With these an earlier mail begins that runs to the end of the message. */
static const char *const divider_ids[] = { "divRplyFwdMsg", "OLK_SRC_BODY_SECTION", "stopSpelling",
	"zwchr", NULL };

static bool is_cited(const char *name, const xmlChar **attributes, const char *style)
{
	/* A bare one may be someone's own words set in; what mail programs write says more. */
	return strcasecmp(name, "blockquote") == 0 &&
	       (strcasecmp(attribute(attributes, "type"), "cite") == 0 ||
		       attribute(attributes, "cite")[0] != '\0' ||
		       (strstr(style, "border-left") && !strstr(style, "border-left:none")));
}

/* What mail programs say by an element's class or id; NEW where they say nothing. */
static enum rd_span_kind told_kind(const char *name, const xmlChar **attributes, bool *ret_to_end)
{
	static const char *const forwarded_classes[] = { "moz-forward-container", NULL };
	static const char *const header_classes[] = { "OutlookMessageHeader", NULL };
	const char *class = attribute(attributes, "class");
	const char *id = attribute(attributes, "id");
	const char *section = attribute(attributes, "name");

	*ret_to_end = is_one_of(id, divider_ids) || has_class(class, header_classes);
	if (*ret_to_end || is_cited(name, attributes, attribute(attributes, "style")) ||
		has_class(class, quoted_classes) || is_one_of(id, quoted_ids) ||
		strcasecmp(section, "messageReplySection") == 0)
		return RD_SPAN_QUOTED;
	if (has_class(class, forwarded_classes))
		return RD_SPAN_FORWARDED;
	if (has_class(class, signature_classes) || is_one_of(id, signature_ids) ||
		strcasecmp(section, "messageSignatureSection") == 0)
		return RD_SPAN_SIGNATURE;
	return RD_SPAN_NEW;
}

/* Outlook draws a line above the header of an earlier mail, in these words. What stands below it
 * says whether it is one. */
static bool draws_line(const xmlChar **attributes)
{
	const char *style = attribute(attributes, "style");

	return strcasestr(style, "border-top:solid") && strcasestr(style, "padding:3");
}

static void raw(struct state *s, const char *data, size_t len)
{
	struct rd_err ignored = { 0 };

	if (len == 0 || s->truncated)
		return;
	if (len > s->text.max - s->text.len) {
		len = rd_utf8_cut(data, len, s->text.max - s->text.len);
		s->truncated = true;
	}
	if (len > 0 && rd_buf_add(&s->text, data, len, &ignored) != RD_OK)
		s->truncated = true;
}

/* Everything written from `from` on is of the kind that is being written. */
static void note_kind(struct state *s, size_t from)
{
	struct rd_span *last = s->n_spans > 0 ? &s->spans[s->n_spans - 1] : NULL;

	if (s->kind == RD_SPAN_NEW || s->text.len == from)
		return;
	if (last && last->kind == s->kind && last->to == from) {
		last->to = (uint32_t)s->text.len;
		return;
	}
	/* Beyond the maximum the rest stays unmarked, which is scored: never the other way round.
	 */
	if (s->n_spans < HTML_SPANS_MAX)
		s->spans[s->n_spans++] =
			(struct rd_span){ s->kind, (uint32_t)from, (uint32_t)s->text.len };
}

/* Line ends and blanks that are due; then the words. */
static void words(struct state *s, const char *data, size_t len)
{
	size_t from;

	if (s->text.len == 0)
		s->newlines = 0;
	from = s->text.len;
	for (int i = 0; i < s->newlines; i++)
		raw(s, "\n", 1);
	if (s->line_due && s->kind == RD_SPAN_NEW && s->n_lines < LINES_MAX &&
		(s->newlines > 0 || s->text.len == from))
		s->lines[s->n_lines++] = (uint32_t)s->text.len;
	s->line_due = false;
	if (s->newlines > 0) {
		/* The line end before a quotation belongs to what stands before it. */
		if (s->n_spans == 0 || s->spans[s->n_spans - 1].to != from ||
			s->spans[s->n_spans - 1].kind != s->kind)
			from = s->text.len;
	} else if (s->blank && s->text.len > 0 && s->text.data[s->text.len - 1] != '\n') {
		raw(s, " ", 1);
	}
	s->newlines = 0;
	s->blank = false;
	raw(s, data, len);
	note_kind(s, from);
}

static void due(struct state *s, int newlines)
{
	if (s->newlines < newlines)
		s->newlines = newlines;
}

static void on_characters(void *context, const xmlChar *data, int n)
{
	struct state *s = context;
	const char *text = (const char *)data;
	size_t len = n > 0 ? (size_t)n : 0;
	size_t i = 0;

	if (s->skip || s->truncated)
		return;
	while (i < len) {
		size_t start = i;

		if (s->pre && (text[i] == '\n' || text[i] == '\r')) {
			s->newlines += text[i] == '\n' && s->newlines < 3;
			i++;
			continue;
		}
		if (text[i] == ' ' || text[i] == '\t' || text[i] == '\n' || text[i] == '\r' ||
			text[i] == '\f') {
			s->blank = true;
			i++;
			continue;
		}
		while (i < len && text[i] != ' ' && text[i] != '\t' && text[i] != '\n' &&
			text[i] != '\r' && text[i] != '\f')
			i++;
		words(s, text + start, i - start);
	}
}

/* Does what was written last introduce a quotation: "On ... <r@example.org> wrote:"? */
static bool follows_intro(const struct state *s)
{
	const struct rd_body body = { .text = s->text.data, .len = (uint32_t)s->text.len };
	uint32_t at = body.len;

	for (int i = 0; i < INTRO_LINES && at > 0; i++) {
		struct rd_intro intro;
		struct rd_quote_line line;

		at--;
		while (at > 0 && body.text[at - 1] != '\n' && body.len - at < INTRO_BYTES)
			at--;
		if (body.len - at >= INTRO_BYTES)
			return false;
		line = rd_line_at(&body, at);
		if (rd_line_intro(&body, &line, 0, &intro) && intro.next >= body.len &&
			intro.is != RD_INTRO_IF_QUOTED)
			return true;
	}
	return false;
}

static void on_start(void *context, const xmlChar *name, const xmlChar **attributes)
{
	struct state *s = context;
	enum element_does does = element_does((const char *)name);
	bool to_end = false;
	enum rd_span_kind kind = told_kind((const char *)name, attributes, &to_end);

	if (s->n_open == RD_HTML_DEPTH_MAX) {
		/* libxml2 looks through all open elements at each end tag: quadratic from here on.
		 */
		s->truncated = true;
		xmlStopParser(s->parser);
		return;
	}
	s->open[s->n_open++] = (struct open_element){ (unsigned char)does, s->skip, s->pre,
		(unsigned char)s->kind };
	if (does == ELEMENT_SKIP || has_attribute(attributes, "hidden") ||
		style_hides(attribute(attributes, "style")))
		s->skip = true;
	if (s->skip)
		return;
	if (kind == RD_SPAN_NEW && does == ELEMENT_QUOTE && s->text.len > 0 && follows_intro(s))
		kind = RD_SPAN_QUOTED;
	s->line_due = s->line_due || draws_line(attributes);
	if (to_end)
		s->rest = kind;
	if (s->rest != RD_SPAN_NEW)
		s->kind = s->rest;
	else if (s->kind == RD_SPAN_NEW)
		s->kind = kind;
	switch (does) {
	case ELEMENT_INLINE:
	case ELEMENT_SKIP:
		break;
	case ELEMENT_BLOCK:
	case ELEMENT_QUOTE:
		due(s, 1);
		break;
	case ELEMENT_RULE:
	case ELEMENT_PARA:
		due(s, 2);
		break;
	case ELEMENT_PRE:
		due(s, 1);
		s->pre = true;
		break;
	case ELEMENT_BREAK:
		if (s->newlines < 3)
			s->newlines++;
		break;
	case ELEMENT_ITEM:
		due(s, 1);
		words(s, "-", 1);
		s->blank = true;
		break;
	case ELEMENT_CELL:
		s->blank = true;
		break;
	case ELEMENT_IMAGE: {
		const char *alt = attribute(attributes, "alt");

		if (alt[0] != '\0' && rd_utf8_valid(alt, strlen(alt)) == strlen(alt)) {
			s->blank = true;
			on_characters(s, (const xmlChar *)alt, (int)strlen(alt));
			s->blank = true;
		}
		break;
	}
	}
}

static void on_end(void *context, const xmlChar *name)
{
	struct state *s = context;
	const struct open_element *open;

	(void)name; /* libxml2 closes what was opened, in order */
	if (s->n_open == 0)
		return;
	open = &s->open[--s->n_open];
	if (!s->skip) {
		switch ((enum element_does)open->does) {
		case ELEMENT_BLOCK:
		case ELEMENT_QUOTE:
		case ELEMENT_ITEM:
		case ELEMENT_PRE:
			due(s, 1);
			break;
		case ELEMENT_PARA:
			due(s, 2);
			break;
		case ELEMENT_CELL:
			s->blank = true;
			break;
		case ELEMENT_INLINE:
		case ELEMENT_BREAK:
		case ELEMENT_RULE:
		case ELEMENT_SKIP:
		case ELEMENT_IMAGE:
			break;
		}
	}
	s->skip = open->skip;
	s->pre = open->pre;
	s->kind = s->rest != RD_SPAN_NEW ? s->rest : (enum rd_span_kind)open->kind;
}

static void on_error(void *context, const char *message, ...)
{
	/* Bad HTML is what mail is made of. */
	(void)context;
	(void)message;
}

static void free_parser(htmlParserCtxtPtr *parser)
{
	if (!*parser)
		return;
	if ((*parser)->myDoc)
		xmlFreeDoc((*parser)->myDoc);
	htmlFreeParserCtxt(*parser);
}

/* A header in whatever language below a line that was drawn: earlier mail to the end. */
static void mark_below_line(struct state *s)
{
	for (size_t i = 0; i < s->n_lines; i++) {
		size_t from = s->lines[i], len = s->text.len - from;

		if (from >= s->text.len)
			return;
		if (!rd_lines_look_like_headers(s->text.data + from,
			    rd_utf8_cut(s->text.data + from, len,
				    len < HEADERS_BYTES ? len : HEADERS_BYTES)))
			continue;
		while (s->n_spans > 0 && s->spans[s->n_spans - 1].to > from) {
			s->spans[s->n_spans - 1].to = (uint32_t)from;
			if (s->spans[s->n_spans - 1].from < from)
				break;
			s->n_spans--;
		}
		if (s->n_spans < HTML_SPANS_MAX)
			s->spans[s->n_spans++] = (struct rd_span){ RD_SPAN_QUOTED, (uint32_t)from,
				(uint32_t)s->text.len };
		return;
	}
}

enum rd_rc rd_html_to_text(const char *html, size_t len, size_t max, struct rd_arena *arena,
	struct rd_html_text *ret_text, struct rd_err *err)
{
	RD_CLEANUP(free_parser) htmlParserCtxtPtr parser = NULL;
	RD_CLEANUP(rd_buf_free) struct rd_buf text = RD_BUF(1);
	struct state s = { .text = RD_BUF(max > 0 ? max : 1), .arena = arena };
	struct rd_html_text result = { 0 };
	htmlSAXHandler sax = { 0 };
	const size_t readable = rd_html_readable(html, len);

	s.open = rd_arena_array(arena, RD_HTML_DEPTH_MAX, sizeof *s.open);
	s.spans = rd_arena_array(arena, HTML_SPANS_MAX, sizeof *s.spans);
	if (!s.open || !s.spans)
		return rd_fail(err, RD_E_RANGE, "the message is too large for its memory");
	sax.startElement = on_start;
	sax.endElement = on_end;
	sax.characters = on_characters;
	sax.cdataBlock = NULL; /* the contents of script and style */
	sax.ignorableWhitespace = on_characters;
	sax.error = sax.warning = sax.fatalError = on_error;
	parser = htmlCreatePushParserCtxt(&sax, &s, NULL, 0, NULL, XML_CHAR_ENCODING_UTF8);
	RD_ASSERT(parser != NULL); /* out of memory */
	s.parser = parser;
	(void)htmlCtxtUseOptions(parser, HTML_PARSE_RECOVER | HTML_PARSE_NOERROR |
						 HTML_PARSE_NOWARNING | HTML_PARSE_NONET |
						 HTML_PARSE_NODEFDTD);
	/* so that libxml2 need not imply a body, and a paragraph around words that have none */
	(void)htmlParseChunk(parser, "<html><body>", (int)strlen("<html><body>"), 0);
	for (size_t at = 0; at < readable && !s.truncated; at += PIECE_BYTES) {
		size_t n = readable - at < PIECE_BYTES ? readable - at : PIECE_BYTES;

		(void)htmlParseChunk(parser, html + at, (int)n, 0);
	}
	(void)htmlParseChunk(parser, NULL, 0, 1);
	mark_below_line(&s);
	text = s.text; /* freed with this name on every way out */
	result.truncated = s.truncated || readable < len;
	/* libxml2 hands out UTF-8; what it makes of wrong bytes is not for us to trust. */
	result.len = (uint32_t)rd_utf8_valid(rd_buf_str(&text), text.len);
	result.truncated = result.truncated || result.len < text.len;
	while (s.n_spans > 0 && s.spans[s.n_spans - 1].to > result.len) {
		s.spans[s.n_spans - 1].to = result.len;
		if (s.spans[s.n_spans - 1].from < result.len)
			break;
		s.n_spans--;
	}
	result.text = rd_arena_copy(arena, rd_buf_str(&text), result.len);
	if (!result.text)
		return rd_fail(err, RD_E_RANGE, "the message is too large for its memory");
	result.spans = s.spans;
	result.n_spans = s.n_spans;
	*ret_text = result;
	return RD_OK;
}

void rd_html_meta_charset(const char *html, size_t len, char out[static 41])
{
	size_t look = len < META_LOOK_BYTES ? len : META_LOOK_BYTES;

	out[0] = '\0';
	for (size_t i = 0; i + 8 < look; i++) {
		size_t at = i + 7, n = 0;

		if ((html[i] != 'c' && html[i] != 'C') || strncasecmp(html + i, "charset", 7) != 0)
			continue;
		while (at < look &&
			(html[at] == ' ' || html[at] == '=' || html[at] == '"' || html[at] == '\''))
			at++;
		while (at < look && n < 40 &&
			(isalnum((unsigned char)html[at]) || html[at] == '-' || html[at] == '_'))
			out[n++] = html[at++];
		out[n] = '\0';
		return;
	}
}

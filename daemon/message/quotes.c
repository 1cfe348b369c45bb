#include "redress/message/quotes.h"

#include <string.h>
#include <unictype.h>
#include <unistr.h>
#include "redress/base/limits.h"
#include "redress/message/quote_headers.h"
#include "redress/message/quote_intro.h"
#include "redress/message/quote_lines.h"
#include "redress/message/quote_notices.h"
#include "redress/message/quote_signature.h"

#define LAYERS_MAX     8  /* mails forwarded within one another */
#define HEADERS_MAX    16 /* lines of one header block */
#define BLANKS_MAX     3  /* between an introduction and what it introduces */
#define GREETING_WORDS 4
#define NO_END	       UINT32_MAX
#define NAME_BYTES_MAX 200

/* The mail whose words are being read: the message itself, or one that it forwards. */
struct layer {
	enum rd_span_kind kind; /* of what is said in it: NEW or FORWARDED */
	unsigned depth;		/* its lines bear so many ">" */
	uint32_t until;		/* where HTML ends it */
	bool forwards;		/* its subject says that it passes another one on */
	bool passed_on;		/* it is one that is forwarded: who wrote it is noted */
	int headers;		/* lines of its header that may still come */
	bool quoting;		/* everything from here to its end is earlier mail */
	bool top;		/* nothing was said yet: a mail server's banner may stand here */
};

struct marker {
	struct rd_body body;
	struct rd_arena *arena;
	const struct rd_unmarked *mail;
	size_t at_given;
	const struct rd_span *last_given; /* that the line before lay in */
	struct rd_span *spans;
	size_t n_spans;
	struct layer layers[LAYERS_MAX];
	size_t n_layers;
	struct rd_address *forwarded;
	size_t n_forwarded;
	unsigned last_depth;  /* of the line before that is not blank */
	bool answers_below;   /* the writer says that she answers within the earlier mail */
	bool no_more_letters; /* no line that ends a letter of ours stands below */
};

static struct layer *top_layer(struct marker *m)
{
	return &m->layers[m->n_layers - 1];
}

static void mark(struct marker *m, enum rd_span_kind kind, uint32_t from, uint32_t to)
{
	struct rd_span *last = m->n_spans > 0 ? &m->spans[m->n_spans - 1] : NULL;

	if (from == to)
		return;
	if (last && last->kind == kind) {
		last->to = to;
		return;
	}
	if (m->n_spans == RD_SPANS_MAX) {
		/* A body of thousands of pieces is nobody's letter: all that is left is scored. */
		last->kind = RD_SPAN_NEW;
		last->to = to;
		return;
	}
	m->spans[m->n_spans++] = (struct rd_span){ kind, from, to };
}

static uint32_t mark_whole(
	struct marker *m, enum rd_span_kind kind, const struct rd_quote_line *line)
{
	mark(m, kind, line->from, line->next);
	return line->next;
}

/* What the HTML said of the first character of a line; NULL where it said nothing. */
static const struct rd_span *given_at(const struct marker *m, const struct rd_quote_line *line)
{
	uint32_t at = (uint32_t)(line->text - m->body.text);

	for (size_t i = m->at_given; i < m->mail->n_given && m->mail->given[i].from <= at; i++)
		if (at < m->mail->given[i].to)
			return &m->mail->given[i];
	return NULL;
}

static void pass_given(struct marker *m, const struct rd_quote_line *line)
{
	uint32_t at = (uint32_t)(line->text - m->body.text);

	while (m->at_given < m->mail->n_given && m->mail->given[m->at_given].to <= at)
		m->at_given++;
}

/* --- our own letters --- */

/* A letter of ours that begins at line: where the line behind it begins, or 0. */
static uint32_t own_letter(struct marker *m, const struct rd_quote_line *line)
{
	struct rd_quote_line next = *line;

	if (m->no_more_letters || !rd_line_begins_own_letter(line))
		return 0;
	while (next.next < m->body.len) {
		next = rd_line_at(&m->body, next.next);
		if (rd_line_ends_own_letter(&next))
			return next.next;
	}
	m->no_more_letters = true;
	return 0;
}

/* Where the letter stands quoted, a line between without ">" is an answer to it. */
static void mark_own_letter(struct marker *m, const struct rd_quote_line *first, uint32_t end)
{
	bool quoted = rd_line_depth(first) > 0;

	for (uint32_t at = first->from; at < end;) {
		struct rd_quote_line line = rd_line_at(&m->body, at);
		bool answer = quoted && line.len > 0 && rd_line_depth(&line) == 0;

		mark(m, answer ? RD_SPAN_NEW : RD_SPAN_OWN_LETTER, at, line.next);
		at = line.next;
	}
}

/* --- forwarded mail --- */

static const char *lower_domain(struct rd_arena *arena, const char *address, size_t len)
{
	char *copy = rd_arena_copy(arena, address, len);
	char *at = copy ? strrchr(copy, '@') : NULL;

	for (; at && *at != '\0'; at++)
		if (*at >= 'A' && *at <= 'Z')
			*at = (char)(*at - 'A' + 'a');
	return copy ? copy : "";
}

/* "Ann Example <ann@example.com>", "Ann Example [mailto:ann@example.com]", "ann@example.com". What
 * stands between angles is the address, whatever the name before it looks like. */
static void note_author(struct marker *m, const char *value, size_t len)
{
	struct rd_address *author = &m->forwarded[m->n_forwarded];
	const char *open = memchr(value, '<', len), *address = NULL;
	size_t name_len = open ? (size_t)(open - value) : len, address_len = 0;

	if (m->n_forwarded == RD_FORWARDED_MAX || len == 0)
		return;
	if (!open && (open = memchr(value, '[', len)) != NULL)
		name_len = (size_t)(open - value);
	if (!rd_text_address(value + name_len, len - name_len, &address, &address_len) &&
		rd_text_address(value, len, &address, &address_len))
		name_len = (size_t)(address - value);
	if (address && !open)
		name_len = (size_t)(address - value);
	while (name_len > 0 && strchr(" \t\"'*", value[name_len - 1]) != NULL)
		name_len--;
	while (name_len > 0 && strchr(" \t\"'*", *value) != NULL) {
		value++;
		name_len--;
	}
	author->name = name_len <= NAME_BYTES_MAX ? rd_arena_copy(m->arena, value, name_len) : "";
	if (!author->name)
		author->name = "";
	author->address = address ? lower_domain(m->arena, address, address_len) : "";
	if (author->name[0] != '\0' || author->address[0] != '\0')
		m->n_forwarded++;
}

/* A mail begins whose words are not the writer's. It lies behind `at`, ends where HTML ends it. */
static void enter(struct marker *m, uint32_t at, bool passed_on, int headers)
{
	const struct layer *outer = top_layer(m);
	struct layer inner = { .kind = RD_SPAN_FORWARDED,
		.depth = outer->depth,
		.until = outer->until,
		.passed_on = passed_on,
		.headers = headers,
		.top = true };
	struct rd_quote_line next;

	if (rd_line_not_blank(&m->body, at, BLANKS_MAX, &next)) {
		const struct rd_span *given = given_at(m, &next);

		if (rd_line_depth(&next) > inner.depth)
			inner.depth = rd_line_depth(&next);
		if (given && given->kind == RD_SPAN_QUOTED && given->to < inner.until)
			inner.until = given->to;
	}
	if (m->n_layers < LAYERS_MAX)
		m->n_layers++;
	*top_layer(m) = inner;
}

/* Layers that HTML has ended, or that end because the line bears fewer ">". */
static void leave_layers(struct marker *m, const struct rd_quote_line *line)
{
	unsigned depth = rd_line_depth(line);

	while (m->n_layers > 1 &&
		(line->from >= top_layer(m)->until || depth < top_layer(m)->depth))
		m->n_layers--;
}

/* Does a word of the text begin one of the phrases? */
static bool says_one_of(const char *text, uint32_t len, const char *const *phrases, size_t n)
{
	for (uint32_t i = 0; i < len; i++) {
		if (i > 0 && text[i - 1] > ' ')
			continue;
		for (size_t k = 0; k < n; k++)
			if (rd_text_starts(text + i, len - i, phrases[k]))
				return true;
	}
	return false;
}

/* "My answers are in red below": whose words stand there nobody can say. */
static bool says_answers_below(struct marker *m)
{
	static const char *const phrases[] = { "inline", "in-line", "in line below", "in red",
		"in blue", "in green", "in bold", "in capitals", "in caps", "answers below",
		"answered below", "replies below", "replied below", "responses below",
		"comments below", "commented below", "my comments", "my answers",
		"between the lines", "under each", "below each", "beneath each", "see below",
		"email below", "e-mail below", "emails below", "message below", "messages below",
		"mail below", "below email", "below message", "gweler isod" };

	/* Asked once: where the answer is no, the rest is quoted. */
	for (size_t i = 0; i < m->n_spans && !m->answers_below; i++) {
		const struct rd_span *span = &m->spans[i];

		if (span->kind != RD_SPAN_NEW)
			continue;
		m->answers_below = says_one_of(m->body.text + span->from, span->to - span->from,
			phrases, sizeof phrases / sizeof phrases[0]);
	}
	return m->answers_below;
}

/* Earlier mail without ">" at its lines, to the end of the mail that it stands in. */
static void begin_quoting(struct marker *m, uint32_t at)
{
	struct layer *layer = top_layer(m);

	if (layer->kind == RD_SPAN_NEW && says_answers_below(m))
		enter(m, at, false, HEADERS_MAX);
	else
		layer->quoting = true;
}

/* --- lines --- */

/* One of the header lines of a forwarded mail. Its subject is something said; names and addresses
 * are not. */
static bool mark_header(
	struct marker *m, const struct rd_quote_line *line, const struct rd_quote_line *bare)
{
	struct layer *layer = top_layer(m);
	const char *value = "";
	size_t len = 0;
	enum rd_header_line header;

	if (layer->headers == 0)
		return false;
	header = rd_line_header(bare, &value, &len);
	/* the rest of a header that was too long for one line */
	if (header == RD_HEADER_NOT && layer->headers < HEADERS_MAX &&
		(rd_text_blank(m->body.text + line->from, 1) > 0 || *bare->text == '<') &&
		memchr(bare->text, '@', bare->len) != NULL)
		header = RD_HEADER_OTHER;
	if (header == RD_HEADER_NOT) {
		if (!rd_line_is_rule(bare))
			layer->headers = 0;
		return false;
	}
	layer->headers--;
	if (header == RD_HEADER_FROM && layer->passed_on)
		note_author(m, value, len);
	if (header == RD_HEADER_SUBJECT)
		layer->forwards = rd_subject_forwards(value, len);
	mark(m, header == RD_HEADER_SUBJECT ? layer->kind : RD_SPAN_QUOTED, line->from, line->next);
	return true;
}

/* Where an earlier mail begins, by its header. The block itself is read line by line. */
static bool mark_earlier(struct marker *m, const struct rd_quote_line *line, unsigned depth)
{
	struct layer *layer = top_layer(m);
	struct rd_quote_line bare = rd_line_unquoted(line, depth);
	enum rd_earlier earlier = rd_line_earlier(&m->body, line, depth);
	bool forwarded = earlier == RD_EARLIER_FORWARDED || layer->forwards;
	const char *value;
	size_t len;

	if (earlier == RD_EARLIER_NOT)
		return false;
	if (!forwarded) {
		begin_quoting(m, line->next);
		mark(m, RD_SPAN_QUOTED, line->from, line->next);
		return true;
	}
	enter(m, line->next, true, HEADERS_MAX);
	if (top_layer(m)->depth < depth)
		top_layer(m)->depth = depth;
	/* "Forwarded message from Ann <ann@example.com>": headers may follow all the same */
	if (earlier != RD_EARLIER_BLOCK)
		mark(m, RD_SPAN_FORWARDED, line->from, line->next);
	else if (rd_line_header(&bare, &value, &len) == RD_HEADER_NOT ||
		 !mark_header(m, line, &bare))
		mark(m, RD_SPAN_QUOTED, line->from, line->next);
	return true;
}

/* "On ... wrote:", and what it says of the lines behind it. Returns where to go on, or 0. */
static uint32_t mark_intro(struct marker *m, const struct rd_quote_line *line)
{
	struct layer *layer = top_layer(m);
	struct rd_quote_line after;
	struct rd_intro intro;
	bool marked = false;

	if (!rd_line_intro(&m->body, line, layer->depth, &intro))
		return 0;
	if (rd_line_not_blank(&m->body, intro.next, BLANKS_MAX, &after)) {
		const struct rd_span *given = given_at(m, &after);

		marked = rd_line_depth(&after) > layer->depth ||
			 (given && given->kind == RD_SPAN_QUOTED && given->to != layer->until);
	}
	if (!marked && intro.is == RD_INTRO_IF_QUOTED)
		return 0;
	mark(m, RD_SPAN_QUOTED, line->from, intro.next);
	if (layer->forwards) {
		enter(m, intro.next, true, 0);
		if (intro.address)
			note_author(m, intro.address, intro.address_len);
	} else if (!marked && intro.is == RD_INTRO_LIKELY && layer->kind == RD_SPAN_NEW) {
		enter(m, intro.next, false, 0);
	} else if (!marked) {
		begin_quoting(m, intro.next);
	}
	return intro.next;
}

/* ">3 weeks without heating": no program quotes so. */
static bool is_arrow(const struct marker *m, const struct rd_quote_line *line)
{
	struct rd_quote_line next;

	return line->len > 1 && line->text[1] >= '0' && line->text[1] <= '9' &&
	       m->last_depth == 0 &&
	       !(rd_line_not_blank(&m->body, line->next, BLANKS_MAX, &next) &&
		       rd_line_depth(&next) > 0);
}

/* A line with more ">" than the mail's own. */
static uint32_t mark_deeper(struct marker *m, const struct rd_quote_line *line)
{
	const struct layer *layer = top_layer(m);

	if (layer->forwards && m->last_depth <= layer->depth &&
		mark_earlier(m, line, layer->depth + 1))
		return line->next;
	return mark_whole(m, RD_SPAN_QUOTED, line);
}

/* What the HTML said settles it, but for a forwarded mail that begins there. Returns where to go
 * on, or 0 where the words must tell. */
static uint32_t mark_given(struct marker *m, const struct rd_quote_line *line)
{
	const struct rd_span *given = given_at(m, line), *last = m->last_given;
	struct layer *layer = top_layer(m);
	uint32_t next;

	m->last_given = given;
	if (!given || given->kind == RD_SPAN_NEW)
		return 0;
	if (given->kind == RD_SPAN_FORWARDED) {
		if (given != last) {
			enter(m, line->from, true, HEADERS_MAX);
			if (given->to < top_layer(m)->until)
				top_layer(m)->until = given->to;
		}
		return 0;
	}
	if (given->kind != RD_SPAN_QUOTED)
		return mark_whole(m, given->kind, line);
	if (layer->kind == RD_SPAN_FORWARDED && layer->until == given->to)
		return 0; /* the forwarded mail that the quotation holds */
	if (given != last && !layer->quoting) {
		enum rd_earlier earlier = rd_line_earlier(&m->body, line, layer->depth);

		if (earlier == RD_EARLIER_FORWARDED ||
			(earlier != RD_EARLIER_NOT && layer->forwards)) {
			mark_earlier(m, line, layer->depth);
			if (given->to < top_layer(m)->until)
				top_layer(m)->until = given->to;
			return line->next;
		}
		if (layer->forwards && (next = mark_intro(m, line)) != 0) {
			if (given->to < top_layer(m)->until)
				top_layer(m)->until = given->to;
			return next;
		}
	}
	return mark_whole(m, RD_SPAN_QUOTED, line);
}

/* Behind a signature or a notice less proof is wanted of the next one. */
static bool is_behind_signature(const struct marker *m)
{
	const struct rd_span *last = m->n_spans > 0 ? &m->spans[m->n_spans - 1] : NULL;

	return last && !m->layers[m->n_layers - 1].top &&
	       (last->kind == RD_SPAN_SIGNATURE || last->kind == RD_SPAN_DISCLAIMER);
}

/* What is said, and what machines and signatures add to it. */
static uint32_t mark_plain(struct marker *m, const struct rd_quote_line *line)
{
	struct layer *layer = top_layer(m);
	struct rd_quote_line bare = rd_line_unquoted(line, layer->depth);
	uint32_t next;

	if (rd_line_is_device(&bare))
		return mark_whole(m, RD_SPAN_DISCLAIMER, line);
	/* what looks ahead reads whole lines: not behind ">" */
	if (layer->depth == 0 && layer->top && rd_line_banner(&m->body, line, &next)) {
		mark(m, RD_SPAN_DISCLAIMER, line->from, next);
		return next;
	}
	if (layer->depth == 0 && rd_line_notice(&m->body, line, is_behind_signature(m), &next)) {
		mark(m, RD_SPAN_DISCLAIMER, line->from, next);
		return next;
	}
	if (layer->depth == 0 && rd_line_signature(&m->body, line, &next)) {
		mark(m, RD_SPAN_SIGNATURE, line->from, next);
		return next;
	}
	layer->top = false;
	return mark_whole(m, layer->kind, line);
}

/* An empty line belongs to what stands before it. */
static uint32_t mark_blank(struct marker *m, const struct rd_quote_line *line)
{
	enum rd_span_kind before = m->n_spans > 0 ? m->spans[m->n_spans - 1].kind : RD_SPAN_NEW;

	if (before == RD_SPAN_OWN_LETTER)
		before = top_layer(m)->quoting ? RD_SPAN_QUOTED : top_layer(m)->kind;
	return mark_whole(m, before, line);
}

/* Marks the line at `at` and what belongs to it; returns where to go on. */
static uint32_t mark_line(struct marker *m, uint32_t at)
{
	struct rd_quote_line line = rd_line_at(&m->body, at), bare;
	uint32_t next;

	if (line.len == 0)
		return mark_blank(m, &line);
	pass_given(m, &line);
	leave_layers(m, &line);
	next = own_letter(m, &line);
	if (next > 0) {
		mark_own_letter(m, &line, next);
		return next;
	}
	if (top_layer(m)->quoting)
		return mark_whole(m, RD_SPAN_QUOTED, &line);
	next = mark_given(m, &line);
	if (next > 0)
		return next;
	/* GroupWise writes ">>> name date >>>" above what it quotes without any mark */
	if (rd_line_depth(&line) > top_layer(m)->depth &&
		rd_line_earlier(&m->body, &line, 0) == RD_EARLIER_NOT &&
		!(top_layer(m)->depth == 0 && is_arrow(m, &line)))
		return mark_deeper(m, &line);
	bare = rd_line_unquoted(&line, top_layer(m)->depth);
	if (bare.len == 0)
		return mark_blank(m, &line);
	if (mark_header(m, &line, &bare))
		return line.next;
	if (m->n_layers > 1 && rd_line_ends_forwarded(&bare)) {
		mark_whole(m, RD_SPAN_FORWARDED, &line);
		m->n_layers--;
		return line.next;
	}
	next = mark_intro(m, &line);
	if (next > 0)
		return next;
	if (mark_earlier(m, &line, top_layer(m)->depth))
		return line.next;
	return mark_plain(m, &line);
}

/* --- what is left --- */

/* A letter, a digit or a pictograph: something that a person reads. */
static bool is_readable(const char *text, uint32_t len)
{
	for (uint32_t i = 0; i < len;) {
		ucs4_t c;
		int n = u8_mbtouc(&c, (const uint8_t *)text + i, len - i);

		if (c < 0x80 ? ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
				       (c >= 'a' && c <= 'z'))
			     : (c >= 0x1F000 || (c >= 0x2600 && c <= 0x27BF) ||
				       uc_is_property_alphabetic(c) || uc_is_property_numeric(c)))
			return true;
		i += n > 0 ? (uint32_t)n : 1;
	}
	return false;
}

static bool is_greeting(const struct rd_quote_line *line)
{
	static const char *const greetings[] = { "hi", "hiya", "hello", "hey", "dear",
		"good morning", "good afternoon", "good evening", "morning", "afternoon", "evening",
		"helo", "annwyl", "bore da", "prynhawn da", "noswaith dda", "shwmae", "dzień dobry",
		"witam", "bună ziua", "buna ziua", "hola", "bonjour", "hallo", "guten tag", "ciao",
		"olá" };

	if (rd_text_words(line->text, line->len) > GREETING_WORDS)
		return false;
	for (size_t i = 0; i < sizeof greetings / sizeof greetings[0]; i++) {
		size_t n = strlen(greetings[i]);

		if (rd_text_starts(line->text, line->len, greetings[i]) &&
			(line->len == n || strchr(" ,.!-:", line->text[n]) != NULL))
			return true;
	}
	return false;
}

/* Is there a word in it but a greeting? */
static bool says_something(const struct marker *m, const struct rd_span *span)
{
	for (uint32_t at = span->from; at < span->to;) {
		struct rd_quote_line line = rd_line_at(&m->body, at);

		if (!is_greeting(&line) && is_readable(line.text, (uint32_t)line.len))
			return true;
		at = line.next;
	}
	return false;
}

static bool is_nothing_new(const struct marker *m)
{
	bool readable = false, others = false;

	for (size_t i = 0; i < m->n_spans; i++) {
		const struct rd_span *span = &m->spans[i];

		if (span->kind != RD_SPAN_NEW)
			others = others || span->kind == RD_SPAN_QUOTED ||
				 span->kind == RD_SPAN_FORWARDED;
		else if (says_something(m, span))
			return false;
		else
			readable = readable ||
				   is_readable(m->body.text + span->from, span->to - span->from);
	}
	return others || !readable;
}

static enum rd_rc hand_over(struct marker *m, struct rd_marked *ret_marked, struct rd_err *err)
{
	struct rd_marked marked = { .nothing_new = is_nothing_new(m),
		.n_spans = m->n_spans,
		.n_forwarded = m->n_forwarded };
	struct rd_span *spans = rd_arena_array(m->arena, m->n_spans + 1, sizeof *spans);
	struct rd_address *forwarded =
		rd_arena_array(m->arena, m->n_forwarded + 1, sizeof *forwarded);

	if (!spans || !forwarded)
		return rd_fail(err, RD_E_RANGE, "the message is too large for its memory");
	memcpy(spans, m->spans, m->n_spans * sizeof *spans);
	memcpy(forwarded, m->forwarded, m->n_forwarded * sizeof *forwarded);
	marked.spans = spans;
	marked.forwarded = forwarded;
	*ret_marked = marked;
	return RD_OK;
}

enum rd_rc rd_quotes_mark(const struct rd_unmarked *mail, struct rd_arena *arena,
	struct rd_marked *ret_marked, struct rd_err *err)
{
	struct rd_span spans[RD_SPANS_MAX];
	struct rd_address forwarded[RD_FORWARDED_MAX];
	struct marker m = { .body = { mail->body, mail->len, RD_LOOKS_MAX },
		.arena = arena,
		.mail = mail,
		.spans = spans,
		.forwarded = forwarded,
		.n_layers = 1 };

	m.layers[0] = (struct layer){ .kind = RD_SPAN_NEW, .until = NO_END, .top = true };
	if (mail->subject)
		m.layers[0].forwards = rd_subject_forwards(mail->subject, strlen(mail->subject));
	for (uint32_t at = 0; at < mail->len;) {
		struct rd_quote_line line = rd_line_at(&m.body, at);

		at = mark_line(&m, at);
		if (line.len > 0)
			m.last_depth = rd_line_depth(&line);
	}
	return hand_over(&m, ret_marked, err);
}

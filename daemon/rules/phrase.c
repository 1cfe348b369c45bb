#include "redress/rules/phrase.h"

#include <stdio.h>
#include <string.h>

#include "redress/base/buf.h"
#include "redress/message/normal.h"
#include "redress/rules/alternatives.h"
#include "redress/rules/language.h"
#include "redress/rules/phrase_tokens.h"
#include "redress/rules/word.h"

#define L	     RD_LETTERS
#define STRING_OF(x) #x
#define STRING(x)    STRING_OF(x)
/* What most patterns hold again and again is written once, behind the rest, and called by name. */
#define CALL(name) "(?&" name ")"
#define JOIN	   CALL("join")
#define JOIN_ODD   CALL("odd")
#define ANY_WORD   CALL("word")
static const struct {
	const char *call, *pattern;
} definitions[] = {
	/* Between two words of one sentence: punctuation and blanks, perhaps a possessive before.
	 */
	{ JOIN, "(?<join>[^" L "\\n'][^" L "\\n]{0,15}+|'s?+(?![" L "])[^" L "\\n]{1,15}+)" },
	/* The same where a symbol may be glued to a word. */
	{ JOIN_ODD, "(?<odd>(?:'s(?![" L "]))?(?!'[" L "])(?:[^" L "\\n]{1,16}?|(?=[^" L
		    "\\n])|(?<=[^" L "\\n])))" },
	{ ANY_WORD, "(?<word>[" L "][" L "']*+)" },
	{ RD_WORD_TAIL, "(?<tail>[" L "']*+)" },
};
#define NUMBER                                                                                     \
	"(?:\\d{1,7}(?:[.,]\\d{1,3}){0,2}|one|two|three|four|five|six|seven|eight|nine|ten|"       \
	"eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|"      \
	"thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|dozen)"
#define MONEY                                                                                      \
	"(?:£ ?\\d{1,7}(?:[.,]\\d{1,3}){0,2}k?|\\d{1,7}(?:[.,]\\d{1,3}){0,2} ?(?:pounds?|quid|p))"
#define MONTH "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}"
#define DATE                                                                                       \
	"(?:(?:\\d{1,2}(?:st|nd|rd|th)? (?:of )?)?" MONTH ",? \\d{4}|"                             \
	"\\d{1,2}[\\/.-]\\d{1,2}[\\/.-]\\d{2,4}|\\d{4}-\\d{2}-\\d{2}|(?:19|20)\\d\\d)(?!\\d)"

/* One alternative being written, and what its parenthesis has gathered so far. */
struct frame {
	size_t out;	/* where its alternatives begin in the pattern */
	size_t bars;	/* how many ends of alternatives stood when it began */
	bool mandatory; /* something before it in this alternative must stand there */
	bool gap;	/* the last thing was a gap */
	unsigned ways, all_ways;
};

struct writer {
	struct rd_tokens t;
	struct rd_arena *arena;
	struct rd_buf out;
	/* Where in out the alternatives end that are being written. */
	size_t bars[RD_PHRASE_TOKENS_MAX];
	size_t n_bars;
	const char *join;
};

static void add(struct writer *r, const char *text)
{
	struct rd_err err = { 0 };

	if (!r->t.failed && rd_buf_add_str(&r->out, text, &err) != RD_OK)
		rd_tokens_complain(&r->t, r->t.text,
			"this phrase with its lists is too long; make several of it");
}

/* Text before an item: what joins it to the one before. Returns what must be added behind it. */
static const char *begin_item(struct writer *r, const struct frame *f, size_t first, size_t last)
{
	const struct rd_token *t = &r->t.items[first];
	bool next_glued = last + 1 < r->t.n_items && r->t.items[last + 1].glued;

	if (f->mandatory) {
		if (t->optional)
			add(r, "(?:");
		if (!t->glued)
			add(r, r->join);
		return t->optional ? ")?" : "";
	}
	if (!t->optional)
		return "";
	add(r, "(?:");
	return next_glued ? ")?" : "J)?"; /* J: the join, added by end_item */
}

static void end_item(struct writer *r, const char *behind)
{
	if (behind[0] == 'J') {
		add(r, r->join);
		behind++;
	}
	add(r, behind);
}

static void note_item(struct frame *f, bool optional, unsigned ways)
{
	f->mandatory = f->mandatory || !optional;
	f->ways *= ways;
	if (f->ways > RD_PHRASE_WAYS_MAX + 1u)
		f->ways = RD_PHRASE_WAYS_MAX + 1u;
	f->gap = false;
}

static void write_item(struct writer *r, struct frame *f, size_t i)
{
	const struct rd_token *t = &r->t.items[i];
	const char *behind = begin_item(r, f, i, i);
	struct rd_err err = { 0 };
	unsigned ways = 1;

	if (t->kind == RD_TOKEN_LIST && t->list != NULL && t->list->regex != NULL) {
		add(r, t->list->regex);
		ways = t->list->ways;
	} else if (t->kind == RD_TOKEN_BUILT_IN) {
		bool number = rd_token_is(t, "number");
		add(r, number ? NUMBER : rd_token_is(t, "money") ? MONEY : DATE);
	} else if (t->kind == RD_TOKEN_WORD && !r->t.failed) {
		if (rd_word_pattern(t->text, t->len, t->prefix, &r->out, &err) != RD_OK)
			rd_tokens_complain(
				&r->t, t->text, "this phrase is too long; make several of it");
	}
	end_item(r, behind);
	note_item(f, t->optional, ways);
}

static void write_gap(struct writer *r, struct frame *f, const struct rd_token *t)
{
	char bounds[16];

	if (!f->mandatory) {
		rd_tokens_complain(
			&r->t, t->text, "a gap needs a word before it that must stand there");
		return;
	}
	if (f->gap) {
		rd_tokens_complain(&r->t, t->text, "two gaps beside each other; make one of them");
		return;
	}
	snprintf(bounds, sizeof bounds, "){%d,%d}", t->min, t->max);
	add(r, "(?:");
	add(r, r->join);
	add(r, ANY_WORD);
	add(r, bounds);
	note_item(f, true, (unsigned)(t->max - t->min + 1));
	f->gap = true;
}

static bool end_alternative(struct writer *r, struct frame *f, const char *at)
{
	if (!f->mandatory)
		return rd_tokens_complain(&r->t, at,
			"nothing here must stand in the text: leave out a `?`, or write a "
			"word");
	/* Only one of the alternatives is spread at a place: the worst of them counts. */
	if (f->ways > f->all_ways)
		f->all_ways = f->ways;
	return true;
}

static struct frame new_frame(const struct writer *r)
{
	return (struct frame){ .out = r->out.len, .bars = r->n_bars, .ways = 1 };
}

/* Writes a parenthesis's alternatives anew so that they share their first letters. */
static void share_letters(struct writer *r, const struct frame *f)
{
	struct rd_piece pieces[RD_PHRASE_TOKENS_MAX + 1];
	struct rd_err err = { 0 };
	size_t n = 0, from = f->out;
	char *copy = rd_arena_copy(r->arena, rd_buf_str(&r->out) + f->out, r->out.len - f->out);

	if (r->t.failed || copy == NULL)
		return;
	for (size_t i = f->bars; i < r->n_bars; i++) {
		pieces[n++] = (struct rd_piece){ copy + (from - f->out), r->bars[i] - from };
		from = r->bars[i] + 1;
	}
	pieces[n++] = (struct rd_piece){ copy + (from - f->out), r->out.len - from };
	r->n_bars = f->bars;
	r->out.len = f->out - 3; /* "(?:" is written again */
	if (rd_alternatives_write(pieces, n, &r->out, &err) != RD_OK)
		rd_tokens_complain(&r->t, r->t.text,
			"this phrase with its lists is too long; make several of it");
}

static bool write_tokens(struct writer *r, size_t from, size_t to, struct frame *ret_outer)
{
	struct frame frames[RD_PHRASE_DEPTH_MAX + 1];
	const char *behind[RD_PHRASE_DEPTH_MAX + 1];
	size_t depth = 0;

	frames[0] = new_frame(r);
	for (size_t i = from; i < to && !r->t.failed; i++) {
		const struct rd_token *t = &r->t.items[i];
		struct frame *f = &frames[depth];
		switch (t->kind) {
		case RD_TOKEN_WORD:
		case RD_TOKEN_LIST:
		case RD_TOKEN_BUILT_IN:
			write_item(r, f, i);
			break;
		case RD_TOKEN_GAP:
			write_gap(r, f, t);
			break;
		case RD_TOKEN_OPEN:
			behind[depth + 1] = begin_item(r, f, i, t->partner);
			add(r, "(?:");
			frames[++depth] = new_frame(r);
			break;
		case RD_TOKEN_BAR:
			if (!end_alternative(r, f, t->text))
				return false;
			r->bars[r->n_bars++] = r->out.len;
			add(r, "|");
			f->mandatory = f->gap = false;
			f->ways = 1;
			break;
		case RD_TOKEN_CLOSE:
			if (!end_alternative(r, f, t->text))
				return false;
			share_letters(r, f);
			end_item(r, behind[depth]);
			depth--;
			note_item(&frames[depth], t->optional, f->all_ways);
			break;
		case RD_TOKEN_START:
		case RD_TOKEN_S_START:
			return rd_tokens_complain(&r->t, t->text - 1,
				"this stands only at the beginning of a phrase");
		case RD_TOKEN_END:
		case RD_TOKEN_S_END:
		case RD_TOKEN_QUESTION:
			return rd_tokens_complain(
				&r->t, t->text - 1, "this stands only at the end of a phrase");
		}
	}
	if (r->t.failed || !end_alternative(r, &frames[0], r->t.text + strlen(r->t.text)))
		return false;
	*ret_outer = frames[0];
	return true;
}

static bool read_tokens(struct writer *r, struct rd_phrase *phrase)
{
	size_t from = 0, to = r->t.n_items;
	struct frame outer = { .ways = 1 };

	while (from < to && (r->t.items[from].kind == RD_TOKEN_START ||
				    r->t.items[from].kind == RD_TOKEN_S_START)) {
		phrase->at_start = phrase->at_start || r->t.items[from].kind == RD_TOKEN_START;
		phrase->sentence_start = true;
		from++;
	}
	while (to > from && (r->t.items[to - 1].kind == RD_TOKEN_END ||
				    r->t.items[to - 1].kind == RD_TOKEN_S_END ||
				    r->t.items[to - 1].kind == RD_TOKEN_QUESTION)) {
		to--;
		phrase->at_end = phrase->at_end || r->t.items[to].kind == RD_TOKEN_END;
		phrase->question = phrase->question || r->t.items[to].kind == RD_TOKEN_QUESTION;
		phrase->sentence_end =
			phrase->sentence_end || r->t.items[to].kind != RD_TOKEN_QUESTION;
	}
	if (from == to)
		return rd_tokens_complain(&r->t, r->t.text, "a phrase needs at least one word");
	r->t.items[from].glued = false;
	if (r->t.items[to - 1].kind == RD_TOKEN_GAP && to == r->t.n_items)
		return rd_tokens_complain(
			&r->t, r->t.items[to - 1].text, "a gap needs a word or [end] behind it");
	if (!write_tokens(r, from, to, &outer))
		return false;
	if (outer.all_ways > RD_PHRASE_WAYS_MAX)
		return rd_tokens_complain(&r->t, r->t.text,
			"its gaps can be spread in too many ways to be tried; make "
			"the gaps smaller, or two phrases of it");
	if (!rd_sketch_make(&r->t.items[from], to - from, r->arena, &phrase->sketch))
		return false;
	phrase->ways = outer.all_ways;
	phrase->odd = r->t.odd;
	phrase->wide = r->t.wide;
	phrase->regex_len = r->out.len;
	return true;
}

static bool keep_regex(const struct writer *r, struct rd_phrase *phrase)
{
	phrase->regex = rd_arena_copy(r->arena, rd_buf_str(&r->out), r->out.len);
	return phrase->regex != NULL;
}

static bool read_phrase(const char *text, struct rd_place at, struct rd_phrase_lists *lists,
	bool with_regex, struct rd_arena *arena, struct rd_problems *problems,
	struct rd_phrase *ret_phrase)
{
	struct rd_phrase phrase = { .regex = NULL };
	struct rd_normal normal;
	struct rd_err err = { 0 };
	size_t len = strlen(text);

	if (len > RD_PHRASE_BYTES_MAX) {
		rd_problem_error(problems, at,
			"a phrase of more than 400 bytes matches nobody; make several of it");
		return false;
	}
	if (rd_normalise(text, (uint32_t)len, NULL, 0, 4 * RD_PHRASE_BYTES_MAX, arena, &normal,
		    &err) != RD_OK) {
		rd_problem_error(problems, at, "%s", err.msg);
		return false;
	}
	struct writer r;
	rd_tokens_read(&r.t, &normal, at, lists, problems);
	r.arena = arena;
	r.out = (struct rd_buf)RD_BUF(RD_PATTERN_BYTES_MAX);
	r.n_bars = 0;
	r.join = r.t.odd ? JOIN_ODD : JOIN;
	bool read = !r.t.failed && read_tokens(&r, &phrase) && !r.t.failed &&
		    (!with_regex || keep_regex(&r, &phrase));
	rd_buf_free(&r.out);
	if (read)
		*ret_phrase = phrase;
	return read;
}

bool rd_phrase_read(const char *text, struct rd_place at, struct rd_phrase_lists *lists,
	struct rd_arena *arena, struct rd_problems *problems, struct rd_phrase *ret_phrase)
{
	return read_phrase(text, at, lists, true, arena, problems, ret_phrase);
}

bool rd_phrase_check(const char *text, struct rd_place at, struct rd_phrase_lists *lists,
	struct rd_arena *arena, struct rd_problems *problems, struct rd_phrase *ret_phrase)
{
	return read_phrase(text, at, lists, false, arena, problems, ret_phrase);
}

const char *rd_phrase_alternatives(
	const struct rd_phrase *phrases, size_t n, struct rd_arena *arena)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf out = RD_BUF(RD_PATTERN_BYTES_MAX);
	struct rd_piece *pieces = rd_arena_array(arena, n + 1, sizeof *pieces);
	struct rd_err err = { 0 };

	for (size_t i = 0; i < n && pieces != NULL; i++)
		pieces[i] = (struct rd_piece){ phrases[i].regex, strlen(phrases[i].regex) };
	if (pieces == NULL || rd_alternatives_write(pieces, n, &out, &err) != RD_OK)
		return NULL;
	return rd_arena_copy(arena, out.data, out.len);
}

/* The definitions that a pattern calls. */
static const char *define_what(const char *pattern, struct rd_arena *arena)
{
	const char *all = "";

	for (size_t i = 0; i < sizeof definitions / sizeof definitions[0] && all != NULL; i++)
		if (strstr(pattern, definitions[i].call) != NULL)
			all = rd_arena_printf(arena, "%s%s", all, definitions[i].pattern);
	if (all == NULL || all[0] == '\0')
		return "";
	return rd_arena_printf(arena, "(?(DEFINE)%s)", all);
}

const char *rd_phrase_pattern(const struct rd_phrase *phrases, size_t n, struct rd_arena *arena)
{
	const char *middle = rd_phrase_alternatives(phrases, n, arena);
	bool odd = false, wide = false;

	if (middle == NULL)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		odd = odd || phrases[i].odd;
		wide = wide || phrases[i].wide;
	}
	/* \b alone knows ASCII letters only, but it is cheap and rules out most places. */
	const char *before = wide ? "(?<![" L "])" : "\\b(?<![" L "])";
	if (odd)
		before = "(?:(?<![" L "])|(?=[^" L "]))";
	const char *behind = "(?![" L "]|'[a-rt-z])";
	if (odd)
		behind = "(?:(?![" L "]|'[a-rt-z])|(?<=[^" L "]))";
	return rd_arena_printf(arena, "%s%s%s%s%s%s%s",
		phrases[0].sentence_start ? "\\A[^" L "\\n]{0," STRING(RD_ANCHOR_START_MAX) "}"
					  : "",
		before, middle, behind, phrases[0].question ? "(?=[^\\n]*\\?)" : "",
		phrases[0].sentence_end ? "[^" L "\\n]{0," STRING(RD_ANCHOR_END_MAX) "}\\z" : "",
		define_what(middle, arena));
}

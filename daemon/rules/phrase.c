#include "redress/rules/phrase.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "redress/base/buf.h"
#include "redress/base/stanza.h"
#include "redress/message/normal.h"
#include "redress/rules/alternatives.h"
#include "redress/rules/language.h"
#include "redress/rules/word.h"

#define L RD_LETTERS
/* Between two words of one sentence: punctuation and blanks, perhaps a possessive before. */
#define JOIN "(?:[^" L "\\n'][^" L "\\n]{0,15}+|'s?+(?![" L "])[^" L "\\n]{1,15}+)"
/* The same where a symbol may be glued to a word. */
#define JOIN_ODD                                                                                   \
	"(?:'s(?![" L "]))?(?!'[" L "])(?:[^" L "\\n]{1,16}?|(?=[^" L "\\n])|(?<=[^" L "\\n]))"
#define ANY_WORD "[" L "][" L "']*+"
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

#define TOKENS_MAX 256

enum token_kind {
	WORD,
	OPEN,
	CLOSE,
	BAR,
	GAP,
	LIST,
	BUILT_IN,
	START,
	END,
	S_START,
	S_END,
	QUESTION
};

struct token {
	enum token_kind kind;
	const char *text; /* in the phrase made plain */
	size_t len;
	size_t partner; /* of a parenthesis */
	bool optional, prefix, glued;
	int min, max; /* of a gap */
	struct rd_phrase_list *list;
};

/* One alternative being written, and what its parenthesis has gathered so far. */
struct frame {
	size_t out;	/* where its alternatives begin in the pattern */
	size_t bars;	/* how many ends of alternatives stood when it began */
	bool mandatory; /* something before it in this alternative must stand there */
	bool gap;	/* the last thing was a gap */
	char run[128];	/* whole words in a row, as the skeleton of a text has them */
	size_t run_len;
	struct rd_literals best;     /* of this alternative */
	struct rd_literals second;   /* the next best */
	struct rd_literals together; /* of the alternatives before */
	bool first;		     /* alternative */
	unsigned ways, all_ways;
};

struct reader {
	const char *text; /* made plain */
	const struct rd_normal *normal;
	struct rd_place at;
	struct rd_phrase_lists *lists;
	struct rd_arena *arena;
	struct rd_problems *problems;
	struct token *tokens;
	size_t n_tokens;
	struct rd_buf out;
	size_t bars[TOKENS_MAX]; /* where in out the alternatives end that are being written */
	size_t n_bars;
	const char *join;
	bool odd, wide, failed;
};

static struct rd_place place_of(const struct reader *r, const char *at)
{
	uint32_t from = 0, to = 0;
	uint32_t i = (uint32_t)(at - r->text);

	rd_normal_origin(r->normal, i, i, &from, &to);
	return (struct rd_place){ r->at.file, r->at.line, r->at.column + (int)from };
}

static bool complain(struct reader *r, const char *at, const char *what)
{
	rd_problem_error(r->problems, place_of(r, at), "%s", what);
	r->failed = true;
	return false;
}

static struct token *push(struct reader *r, enum token_kind kind, const char *text, size_t len)
{
	if (r->n_tokens == TOKENS_MAX) {
		complain(r, text, "this phrase has too many parts; make two of it");
		return NULL;
	}
	struct token *t = &r->tokens[r->n_tokens];
	bool behind = r->n_tokens > 0 && t[-1].kind != OPEN && t[-1].kind != BAR;
	*t = (struct token){ .kind = kind, .text = text, .len = len };
	t->glued = behind && text > r->text && text[-1] != ' ';
	r->n_tokens++;
	return t;
}

static bool same(const char *text, size_t len, const char *word)
{
	return strlen(word) == len && memcmp(text, word, len) == 0;
}

static bool read_gap(struct reader *r, const char *text, size_t len, struct token *t)
{
	char *end = NULL;
	long min = strtol(text, &end, 10), max = min;

	if (end == text || min < 0)
		return false;
	if (*end == '-') {
		char *behind = end + 1;
		max = strtol(behind, &end, 10);
		if (end == behind)
			return false;
	}
	while (*end == ' ')
		end++;
	size_t left = len - (size_t)(end - text);
	if (!same(end, left, "words") && !same(end, left, "word"))
		return false;
	if (max < min || max > RD_PHRASE_GAP_MAX)
		complain(r, text - 1,
			"a gap has at most 12 words, the smaller number first: [0-6 words]");
	t->min = (int)min;
	t->max = (int)(max > RD_PHRASE_GAP_MAX ? RD_PHRASE_GAP_MAX : max);
	return true;
}

static const char *const built_in_names[] = { "number", "money", "date", "start", "end",
	"sentence start", "sentence end", "question", "0-6 words", NULL };

static const char *read_bracket(struct reader *r, const char *p)
{
	const char *close = strchr(p, ']');

	if (close == NULL) {
		complain(r, p, "`[` without its `]`; write for example [0-6 words]");
		return p + strlen(p);
	}
	const char *text = p + 1;
	size_t len = (size_t)(close - text);
	static const enum token_kind kinds[] = { BUILT_IN, BUILT_IN, BUILT_IN, START, END, S_START,
		S_END, QUESTION };
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (same(text, len, built_in_names[i])) {
			struct token *t = push(r, kinds[i], p, 0);
			if (t == NULL)
				return p + strlen(p);
			t->text = text;
			t->len = len;
			if (kinds[i] == BUILT_IN && close[1] == '?') {
				t->optional = true;
				close++;
			}
			return close + 1;
		}
	struct token *t = push(r, GAP, p, 0);
	if (t == NULL)
		return p + strlen(p);
	if (!read_gap(r, text, len, t)) {
		char name[64];
		snprintf(name, sizeof name, "%.*s", (int)(len < 60 ? len : 60), text);
		const char *near = rd_did_you_mean(name, built_in_names);
		rd_problem_error(r->problems, place_of(r, p),
			"`[%s]` means nothing here%s%s%s; known are [0-6 words], [number], "
			"[money], "
			"[date], [start], [end], [sentence start], [sentence end], [question]",
			name, near != NULL ? "; did you mean `[" : "", near != NULL ? near : "",
			near != NULL ? "]`?" : "");
		r->failed = true;
	}
	return close + 1;
}

static const char *read_list(struct reader *r, const char *p)
{
	const char *close = strchr(p, '>');

	if (close == NULL) {
		complain(r, p, "`<` without its `>`; a word list is named like <NAME>");
		return p + strlen(p);
	}
	char name[64];
	size_t len = (size_t)(close - p - 1);
	snprintf(name, sizeof name, "%.*s", (int)(len < 60 ? len : 60), p + 1);
	struct token *t = push(r, LIST, p, 0);
	if (t == NULL)
		return p + strlen(p);
	const char *known[RD_WORDS_IN_LIST_MAX + 1];
	size_t n = 0;
	for (size_t i = 0; r->lists != NULL && i < r->lists->n_items; i++) {
		struct rd_phrase_list *list = &r->lists->items[i];
		if (strcasecmp(list->name, name) == 0)
			t->list = list;
		if (n < RD_WORDS_IN_LIST_MAX)
			known[n++] = list->name;
	}
	known[n] = NULL;
	if (r->lists == NULL) {
		complain(r, p, "a word list cannot hold another; write its words out");
	} else if (t->list == NULL) {
		const char *near = rd_did_you_mean(name, known);
		rd_problem_error(r->problems, place_of(r, p),
			"there is no word list `%s`%s%s%s; make it with a stanza `Words: %s`", name,
			near != NULL ? "; did you mean `" : "", near != NULL ? near : "",
			near != NULL ? "`?" : "", name);
		r->failed = true;
	} else {
		t->list->used = true;
		if (t->list->regex == NULL)
			r->failed = true; /* its own fault is named already */
	}
	if (close[1] == '?') {
		t->optional = true;
		close++;
	}
	return close + 1;
}

static const char *read_word(struct reader *r, const char *p)
{
	size_t len = strcspn(p, " ()|[]<>");
	const char *end = p + len, *from = p;

	while (from < end && strchr("\"',;:.!", *from) != NULL)
		from++;
	const char *to = end;
	while (to > from && strchr("\"',;:.!", to[-1]) != NULL)
		to--;
	/* One `*` at the end is any ending; others stand for themselves, as in a softened sh*t. */
	bool prefix = to > from && to[-1] == '*' && (to - from < 2 || to[-2] != '*');
	if (prefix)
		to--;
	size_t n = (size_t)(to - from);
	if (n == 0 && prefix)
		complain(r, p,
			"`*` needs the beginning of a word before it; for any word write "
			"[1 words]");
	if (memchr(from, '?', n) != NULL)
		complain(r, p,
			"`?` stands only behind a parenthesis: (word)?; for a question write "
			"[question] at the end");
	bool any = prefix;
	for (size_t i = 0; i < n && !any; i++)
		any = isalnum((unsigned char)from[i]) || ((unsigned char)from[i] & 0x80) != 0 ||
		      strchr("%#@+$", from[i]) != NULL;
	if (!any)
		return end; /* mere punctuation, which any two words may have between them */
	struct token *t = push(r, WORD, p, 0);
	if (t == NULL)
		return p + strlen(p);
	t->text = from;
	t->len = n;
	t->prefix = prefix;
	for (size_t i = 0; i < n; i++)
		r->wide = r->wide || ((unsigned char)from[i] & 0x80) != 0;
	if (!rd_word_is_letter(from, n) || (((unsigned char)to[-1] & 0x80) != 0 && !prefix)) {
		const char *last = to - 1;
		while (last > from && ((unsigned char)*last & 0xc0) == 0x80)
			last--;
		for (size_t i = 0; i < n; i++)
			r->wide = r->wide || ((unsigned char)from[i] & 0x80) != 0;
		if (!rd_word_is_letter(from, n) || !rd_word_is_letter(last, (size_t)(to - last)))
			r->odd = true;
	}
	return end;
}

static void tokenise(struct reader *r)
{
	size_t open[RD_PHRASE_DEPTH_MAX];
	size_t depth = 0, words = 0;

	for (const char *p = r->text; *p != '\0' && r->n_tokens < TOKENS_MAX;) {
		struct token *t;
		switch (*p) {
		case ' ':
		case '\n':
			p++;
			break;
		case '(':
			if (depth == RD_PHRASE_DEPTH_MAX) {
				complain(r, p,
					"parentheses more than six deep; make two phrases of it");
				return;
			}
			t = push(r, OPEN, p++, 1);
			if (t == NULL)
				return;
			open[depth++] = r->n_tokens - 1;
			break;
		case ')':
			if (depth == 0) {
				complain(r, p, "`)` without its `(`");
				return;
			}
			t = push(r, CLOSE, p++, 1);
			if (t == NULL)
				return;
			t->partner = open[--depth];
			if (*p == '?') {
				t->optional = true;
				p++;
			}
			r->tokens[t->partner].partner = r->n_tokens - 1;
			r->tokens[t->partner].optional = t->optional;
			break;
		case '|':
			if (depth == 0) {
				complain(r, p,
					"`|` outside of parentheses; write (this|that), or two "
					"lines");
				return;
			}
			if (push(r, BAR, p++, 1) == NULL)
				return;
			break;
		case '[':
			p = read_bracket(r, p);
			break;
		case '<':
			p = read_list(r, p);
			break;
		case ']':
		case '>':
			complain(r, p, *p == ']' ? "`]` without its `[`" : "`>` without its `<`");
			return;
		default:
			p = read_word(r, p);
			break;
		}
	}
	if (depth > 0)
		complain(r, r->tokens[open[depth - 1]].text, "`(` without its `)`");
	for (size_t i = 0; i < r->n_tokens; i++) {
		words += r->tokens[i].kind == WORD;
		if (r->tokens[i].list != NULL) {
			r->odd = r->odd || r->tokens[i].list->odd;
			r->wide = r->wide || r->tokens[i].list->wide;
		}
		if (r->tokens[i].kind == BUILT_IN &&
			same(r->tokens[i].text, r->tokens[i].len, "money"))
			r->odd = true;
	}
	/* The words of alternatives do not make a phrase longer, so the bound is on all of them. */
	if (words > RD_PHRASE_WORDS_MAX * 4u)
		complain(r, r->text, "a phrase this long matches nobody; make several of it");
}

static void add(struct reader *r, const char *text)
{
	struct rd_err err = { 0 };

	if (!r->failed && rd_buf_add_str(&r->out, text, &err) != RD_OK)
		complain(r, r->text, "this phrase with its lists is too long; make several of it");
}

/* Text before an item: what joins it to the one before. Returns what must be added behind it. */
static const char *begin_item(struct reader *r, const struct frame *f, size_t first, size_t last)
{
	const struct token *t = &r->tokens[first];
	bool next_glued = last + 1 < r->n_tokens && r->tokens[last + 1].glued;

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

static void end_item(struct reader *r, const char *behind)
{
	if (behind[0] == 'J') {
		add(r, r->join);
		behind++;
	}
	add(r, behind);
}

/* Both the best and the second best of what an alternative needs are looked for. */
static void note_literals(struct frame *f, struct rd_literals literals)
{
	struct rd_literals better = rd_literals_better(f->best, literals);
	struct rd_literals other = better.items == f->best.items ? literals : f->best;

	f->best = better;
	f->second = rd_literals_better(f->second, other);
}

static void note_item(
	struct frame *f, const struct token *t, struct rd_literals literals, unsigned ways)
{
	if (!t->optional) {
		note_literals(f, literals);
		f->mandatory = true;
	}
	f->ways *= ways;
	if (f->ways > RD_PHRASE_WAYS_MAX + 1u)
		f->ways = RD_PHRASE_WAYS_MAX + 1u;
	f->gap = false;
}

static void end_run(struct reader *r, struct frame *f)
{
	if (f->run_len > 1)
		note_literals(f, rd_literals_one(f->run, f->run_len, r->arena));
	f->run_len = 0;
}

/* A word goes on with the run where both are whole and nothing but a join stands between. */
static void note_word(struct reader *r, struct frame *f, size_t i, const struct rd_word *word)
{
	bool glued = r->tokens[i].glued;
	bool next_glued = i + 1 < r->n_tokens && r->tokens[i + 1].glued;
	bool begins = word->begins && !glued, ends = word->ends && !next_glued;

	if (word->literal_len == 0) {
		end_run(r, f);
		return;
	}
	if (!begins || r->odd || f->run_len + word->literal_len + 3 > sizeof f->run)
		end_run(r, f);
	if (begins && f->run_len == 0)
		f->run[f->run_len++] = ' ';
	if (f->run_len + word->literal_len + 2 > sizeof f->run)
		return;
	memcpy(f->run + f->run_len, word->literal, word->literal_len);
	f->run_len += word->literal_len;
	if (ends)
		f->run[f->run_len++] = ' ';
	if (!ends || r->odd)
		end_run(r, f);
}

static void write_item(struct reader *r, struct frame *f, size_t i)
{
	const struct token *t = &r->tokens[i];
	const char *behind = begin_item(r, f, i, i);
	struct rd_literals literals = { .items = NULL };
	struct rd_word word;
	struct rd_err err = { 0 };
	unsigned ways = 1;

	if (t->kind == LIST && t->list != NULL && t->list->regex != NULL) {
		add(r, t->list->regex);
		literals = t->list->literals;
		ways = t->list->ways;
	} else if (t->kind == BUILT_IN) {
		bool number = same(t->text, t->len, "number");
		add(r, number ? NUMBER : same(t->text, t->len, "money") ? MONEY : DATE);
	} else if (t->kind == WORD && !r->failed) {
		if (rd_word_pattern(t->text, t->len, t->prefix, &r->out, &word, &err) != RD_OK)
			complain(r, t->text, "this phrase is too long; make several of it");
		else
			note_word(r, f, i, &word);
	}
	if (t->kind != WORD)
		end_run(r, f);
	end_item(r, behind);
	note_item(f, t, literals, ways);
}

static void write_gap(struct reader *r, struct frame *f, const struct token *t)
{
	char bounds[16];

	end_run(r, f);
	if (!f->mandatory) {
		complain(r, t->text, "a gap needs a word before it that must stand there");
		return;
	}
	if (f->gap) {
		complain(r, t->text, "two gaps beside each other; make one of them");
		return;
	}
	snprintf(bounds, sizeof bounds, "){%d,%d}", t->min, t->max);
	add(r, "(?:");
	add(r, r->join);
	add(r, ANY_WORD);
	add(r, bounds);
	note_item(f, &(struct token){ .optional = true }, (struct rd_literals){ .items = NULL },
		(unsigned)(t->max - t->min + 1));
	f->gap = true;
}

static bool end_alternative(struct reader *r, struct frame *f, const char *at)
{
	end_run(r, f);
	if (!f->mandatory)
		return complain(r, at,
			"nothing here must stand in the text: leave out a `?`, or write a "
			"word");
	f->together = f->first ? f->best : rd_literals_either(f->together, f->best, r->arena);
	/* Only one of the alternatives is spread at a place: the worst of them counts. */
	if (f->ways > f->all_ways)
		f->all_ways = f->ways;
	return true;
}

static struct frame new_frame(const struct reader *r)
{
	return (struct frame){ .out = r->out.len, .bars = r->n_bars, .first = true, .ways = 1 };
}

/* Writes a parenthesis's alternatives anew so that they share their first letters. */
static void share_letters(struct reader *r, const struct frame *f)
{
	struct rd_piece pieces[TOKENS_MAX + 1];
	struct rd_err err = { 0 };
	size_t n = 0, from = f->out;
	char *copy = rd_arena_copy(r->arena, rd_buf_str(&r->out) + f->out, r->out.len - f->out);

	if (r->failed || copy == NULL)
		return;
	for (size_t i = f->bars; i < r->n_bars; i++) {
		pieces[n++] = (struct rd_piece){ copy + (from - f->out), r->bars[i] - from };
		from = r->bars[i] + 1;
	}
	pieces[n++] = (struct rd_piece){ copy + (from - f->out), r->out.len - from };
	r->n_bars = f->bars;
	r->out.len = f->out - 3; /* "(?:" is written again */
	if (rd_alternatives_write(pieces, n, &r->out, &err) != RD_OK)
		complain(r, r->text, "this phrase with its lists is too long; make several of it");
}

static bool write_tokens(struct reader *r, size_t from, size_t to, struct frame *ret_outer)
{
	struct frame frames[RD_PHRASE_DEPTH_MAX + 1];
	const char *behind[RD_PHRASE_DEPTH_MAX + 1];
	size_t depth = 0;

	frames[0] = new_frame(r);
	for (size_t i = from; i < to && !r->failed; i++) {
		const struct token *t = &r->tokens[i];
		struct frame *f = &frames[depth];
		switch (t->kind) {
		case WORD:
		case LIST:
		case BUILT_IN:
			write_item(r, f, i);
			break;
		case GAP:
			write_gap(r, f, t);
			break;
		case OPEN:
			end_run(r, f);
			behind[depth + 1] = begin_item(r, f, i, t->partner);
			add(r, "(?:");
			frames[++depth] = new_frame(r);
			break;
		case BAR:
			if (!end_alternative(r, f, t->text))
				return false;
			r->bars[r->n_bars++] = r->out.len;
			add(r, "|");
			f->first = false;
			f->mandatory = f->gap = false;
			f->best = f->second = (struct rd_literals){ .items = NULL };
			f->ways = 1;
			break;
		case CLOSE:
			if (!end_alternative(r, f, t->text))
				return false;
			share_letters(r, f);
			end_item(r, behind[depth]);
			depth--;
			note_item(&frames[depth], t, f->together, f->all_ways);
			break;
		case START:
		case S_START:
			return complain(
				r, t->text - 1, "this stands only at the beginning of a phrase");
		case END:
		case S_END:
		case QUESTION:
			return complain(r, t->text - 1, "this stands only at the end of a phrase");
		}
	}
	if (r->failed || !end_alternative(r, &frames[0], r->text + strlen(r->text)))
		return false;
	*ret_outer = frames[0];
	return true;
}

static bool read_tokens(struct reader *r, struct rd_phrase *phrase)
{
	size_t from = 0, to = r->n_tokens;
	struct frame outer = { .first = true };

	while (from < to && (r->tokens[from].kind == START || r->tokens[from].kind == S_START)) {
		phrase->at_start = phrase->at_start || r->tokens[from].kind == START;
		phrase->sentence_start = true;
		from++;
	}
	while (to > from && (r->tokens[to - 1].kind == END || r->tokens[to - 1].kind == S_END ||
				    r->tokens[to - 1].kind == QUESTION)) {
		to--;
		phrase->at_end = phrase->at_end || r->tokens[to].kind == END;
		phrase->question = phrase->question || r->tokens[to].kind == QUESTION;
		phrase->sentence_end = phrase->sentence_end || r->tokens[to].kind != QUESTION;
	}
	if (from == to)
		return complain(r, r->text, "a phrase needs at least one word");
	r->tokens[from].glued = false;
	if (r->tokens[to - 1].kind == GAP && to == r->n_tokens)
		return complain(r, r->tokens[to - 1].text, "a gap needs a word or [end] behind it");
	if (!write_tokens(r, from, to, &outer))
		return false;
	if (outer.all_ways > RD_PHRASE_WAYS_MAX)
		return complain(r, r->text,
			"its gaps can be spread in too many ways to be tried; make "
			"the gaps smaller, or two phrases of it");
	phrase->literals = outer.together;
	phrase->second = outer.second;
	phrase->ways = outer.all_ways;
	phrase->odd = r->odd;
	phrase->wide = r->wide;
	phrase->regex = rd_arena_copy(r->arena, rd_buf_str(&r->out), r->out.len);
	return phrase->regex != NULL;
}

bool rd_phrase_read(const char *text, struct rd_place at, struct rd_phrase_lists *lists,
	struct rd_arena *arena, struct rd_problems *problems, struct rd_phrase *ret_phrase)
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
	struct reader r = { .text = normal.text,
		.normal = &normal,
		.at = at,
		.lists = lists,
		.arena = arena,
		.problems = problems,
		.out = RD_BUF(RD_PATTERN_BYTES_MAX) };
	struct token tokens[TOKENS_MAX];
	r.tokens = tokens;
	tokenise(&r);
	r.join = r.odd ? JOIN_ODD : JOIN;
	bool read = !r.failed && read_tokens(&r, &phrase) && !r.failed;
	rd_buf_free(&r.out);
	if (read)
		*ret_phrase = phrase;
	return read;
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
	return rd_arena_printf(arena, "%s%s%s%s%s%s",
		phrases[0].sentence_start ? "\\A[^" L "\\n]{0,20}" : "", before, middle, behind,
		phrases[0].question ? "(?=[^\\n]*\\?)" : "",
		phrases[0].sentence_end ? "[^" L "\\n]{0,60}\\z" : "");
}

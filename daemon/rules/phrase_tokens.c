#include "redress/rules/phrase_tokens.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "redress/base/stanza.h"
#include "redress/rules/language.h"
#include "redress/rules/word.h"

static struct rd_place place_of(const struct rd_tokens *r, const char *at)
{
	uint32_t from = 0, to = 0;
	uint32_t i = (uint32_t)(at - r->text);

	rd_normal_origin(r->normal, i, i, &from, &to);
	return (struct rd_place){ r->at.file, r->at.line, r->at.column + (int)from };
}

bool rd_tokens_complain(struct rd_tokens *r, const char *at, const char *what)
{
	rd_problem_error(r->problems, place_of(r, at), "%s", what);
	r->failed = true;
	return false;
}

static struct rd_token *push(
	struct rd_tokens *r, enum rd_token_kind kind, const char *text, size_t len)
{
	if (r->n_items == RD_PHRASE_TOKENS_MAX) {
		rd_tokens_complain(r, text, "this phrase has too many parts; make two of it");
		return NULL;
	}
	struct rd_token *t = &r->items[r->n_items];
	bool behind = r->n_items > 0 && t[-1].kind != RD_TOKEN_OPEN && t[-1].kind != RD_TOKEN_BAR;
	*t = (struct rd_token){ .kind = kind, .text = text, .len = len };
	t->glued = behind && text > r->text && text[-1] != ' ';
	r->n_items++;
	return t;
}

static bool same(const char *text, size_t len, const char *word)
{
	return strlen(word) == len && memcmp(text, word, len) == 0;
}

bool rd_token_is(const struct rd_token *token, const char *text)
{
	return same(token->text, token->len, text);
}

static bool read_gap(struct rd_tokens *r, const char *text, size_t len, struct rd_token *t)
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
		rd_tokens_complain(r, text - 1,
			"a gap has at most 12 words, the smaller number first: [0-6 words]");
	t->min = (int)min;
	t->max = (int)(max > RD_PHRASE_GAP_MAX ? RD_PHRASE_GAP_MAX : max);
	return true;
}

static const char *const built_in_names[] = { "number", "money", "date", "start", "end",
	"sentence start", "sentence end", "question", "0-6 words", NULL };

static const char *read_bracket(struct rd_tokens *r, const char *p)
{
	const char *close = strchr(p, ']');

	if (close == NULL) {
		rd_tokens_complain(r, p, "`[` without its `]`; write for example [0-6 words]");
		return p + strlen(p);
	}
	const char *text = p + 1;
	size_t len = (size_t)(close - text);
	static const enum rd_token_kind kinds[] = { RD_TOKEN_BUILT_IN, RD_TOKEN_BUILT_IN,
		RD_TOKEN_BUILT_IN, RD_TOKEN_START, RD_TOKEN_END, RD_TOKEN_S_START, RD_TOKEN_S_END,
		RD_TOKEN_QUESTION };
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (same(text, len, built_in_names[i])) {
			struct rd_token *t = push(r, kinds[i], p, 0);
			if (t == NULL)
				return p + strlen(p);
			t->text = text;
			t->len = len;
			if (kinds[i] == RD_TOKEN_BUILT_IN && close[1] == '?') {
				t->optional = true;
				close++;
			}
			return close + 1;
		}
	struct rd_token *t = push(r, RD_TOKEN_GAP, p, 0);
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

static const char *read_list(struct rd_tokens *r, const char *p)
{
	const char *close = strchr(p, '>');

	if (close == NULL) {
		rd_tokens_complain(r, p, "`<` without its `>`; a word list is named like <NAME>");
		return p + strlen(p);
	}
	char name[64];
	size_t len = (size_t)(close - p - 1);
	snprintf(name, sizeof name, "%.*s", (int)(len < 60 ? len : 60), p + 1);
	struct rd_token *t = push(r, RD_TOKEN_LIST, p, 0);
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
		rd_tokens_complain(r, p, "a word list cannot hold another; write its words out");
	} else if (t->list == NULL && r->lists->incomplete) {
		r->failed = true;
	} else if (t->list == NULL) {
		const char *near = rd_did_you_mean(name, known);
		rd_problem_error(r->problems, place_of(r, p),
			"there is no word list `%s`%s%s%s; make it with a stanza `Words: %s`", name,
			near != NULL ? "; did you mean `" : "", near != NULL ? near : "",
			near != NULL ? "`?" : "", name);
		r->failed = true;
	} else {
		if (!t->list->used) /* once it is, threads may read phrases side by side */
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

static const char *read_word(struct rd_tokens *r, const char *p)
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
		rd_tokens_complain(r, p,
			"`*` needs the beginning of a word before it; for any word write "
			"[1 words]");
	if (memchr(from, '?', n) != NULL)
		rd_tokens_complain(r, p,
			"`?` stands only behind a parenthesis: (word)?; for a question write "
			"[question] at the end");
	bool any = prefix;
	for (size_t i = 0; i < n && !any; i++)
		any = isalnum((unsigned char)from[i]) || ((unsigned char)from[i] & 0x80) != 0 ||
		      strchr("%#@+$", from[i]) != NULL;
	if (!any)
		return end; /* mere punctuation, which any two words may have between them */
	struct rd_token *t = push(r, RD_TOKEN_WORD, p, 0);
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
		if (!rd_word_is_letter(from, n) || !rd_word_is_letter(last, (size_t)(to - last)))
			r->odd = true;
	}
	return end;
}

void rd_tokens_read(struct rd_tokens *r, const struct rd_normal *normal, struct rd_place at,
	struct rd_phrase_lists *lists, struct rd_problems *problems)
{
	size_t open[RD_PHRASE_DEPTH_MAX];
	size_t depth = 0, words = 0;

	/* Not the items: to clear them would be most of the work. */
	r->text = normal->text;
	r->normal = normal;
	r->at = at;
	r->lists = lists;
	r->problems = problems;
	r->n_items = 0;
	r->odd = r->wide = r->failed = false;
	for (const char *p = r->text; *p != '\0' && r->n_items < RD_PHRASE_TOKENS_MAX;) {
		struct rd_token *t;
		switch (*p) {
		case ' ':
		case '\n':
			p++;
			break;
		case '(':
			if (depth == RD_PHRASE_DEPTH_MAX) {
				rd_tokens_complain(r, p,
					"parentheses more than six deep; make two phrases of it");
				return;
			}
			t = push(r, RD_TOKEN_OPEN, p++, 1);
			if (t == NULL)
				return;
			open[depth++] = r->n_items - 1;
			break;
		case ')':
			if (depth == 0) {
				rd_tokens_complain(r, p, "`)` without its `(`");
				return;
			}
			t = push(r, RD_TOKEN_CLOSE, p++, 1);
			if (t == NULL)
				return;
			t->partner = open[--depth];
			if (*p == '?') {
				t->optional = true;
				p++;
			}
			r->items[t->partner].partner = r->n_items - 1;
			r->items[t->partner].optional = t->optional;
			break;
		case '|':
			if (depth == 0) {
				rd_tokens_complain(r, p,
					"`|` outside of parentheses; write (this|that), or two "
					"lines");
				return;
			}
			if (push(r, RD_TOKEN_BAR, p++, 1) == NULL)
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
			rd_tokens_complain(
				r, p, *p == ']' ? "`]` without its `[`" : "`>` without its `<`");
			return;
		default:
			p = read_word(r, p);
			break;
		}
	}
	if (depth > 0)
		rd_tokens_complain(r, r->items[open[depth - 1]].text, "`(` without its `)`");
	for (size_t i = 0; i < r->n_items; i++) {
		words += r->items[i].kind == RD_TOKEN_WORD;
		if (r->items[i].list != NULL) {
			r->odd = r->odd || r->items[i].list->odd;
			r->wide = r->wide || r->items[i].list->wide;
		}
		if (r->items[i].kind == RD_TOKEN_BUILT_IN && rd_token_is(&r->items[i], "money"))
			r->odd = true;
	}
	/* The words of alternatives do not make a phrase longer, so the bound is on all of them. */
	if (words > RD_PHRASE_WORDS_MAX)
		rd_tokens_complain(
			r, r->text, "a phrase this long matches nobody; make several of it");
}

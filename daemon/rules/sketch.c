#include "redress/rules/sketch.h"

#include <string.h>

#include "redress/rules/language.h"
#include "redress/rules/lexicon.h"
#include "redress/rules/phrase_tokens.h"
#include "redress/rules/word.h"

#define STROKES_MAX 8000 /* of one sketch; what has more is blunt */
#define GLUED_MAX   64	 /* words that parts glued together can make */
#define VALUES_MAX  (RD_PHRASE_TOKENS_MAX + 8)

/* The strokes of one part, from `from` to where the next one begins. */
struct value {
	size_t from;
	bool plain; /* a set of words, and perhaps a MAYBE */
	bool maybe;
};

/* One alternative being drawn: what is settled, then the last part, to which the next may be glued.
 */
struct frame {
	size_t n_values; /* of this alternative: 0 to 2 */
	size_t n_alternatives;
	size_t open; /* its token */
};

struct drawing {
	struct rd_arena *arena;
	struct rd_stroke *strokes;
	size_t n_strokes, size;
	struct value values[VALUES_MAX];
	size_t n_values;
	bool blunt;  /* all of it */
	bool rough;  /* it matches more than the pattern */
	bool failed; /* the arena is full */
};

static void push_stroke(struct drawing *d, struct rd_stroke stroke)
{
	if (d->n_strokes == STROKES_MAX)
		d->blunt = true;
	if (d->blunt || d->failed)
		return;
	if (d->n_strokes == d->size) {
		size_t size = d->size == 0 ? 16 : d->size * 2;
		struct rd_stroke *strokes = rd_arena_array(d->arena, size, sizeof *strokes);
		if (strokes == NULL) {
			d->failed = true;
			return;
		}
		if (d->n_strokes > 0)
			memcpy(strokes, d->strokes, d->n_strokes * sizeof *strokes);
		d->strokes = strokes;
		d->size = size;
	}
	d->strokes[d->n_strokes++] = stroke;
}

/* A part begins with the next stroke. */
static struct value *begin_value(struct drawing *d)
{
	if (d->n_values == VALUES_MAX) {
		d->blunt = true;
		d->n_values--;
	}
	d->values[d->n_values] = (struct value){ .from = d->n_strokes };
	return &d->values[d->n_values++];
}

static void push_words(struct drawing *d, const struct rd_sketch_word *items, size_t n)
{
	struct rd_sketch_words *words = rd_arena_alloc(d->arena, sizeof *words);

	if (words == NULL) {
		d->failed = true;
		return;
	}
	*words = (struct rd_sketch_words){ .items = items, .n_items = n };
	for (size_t i = 0; i < n; i++)
		d->rough = d->rough || (items[i].prefix && items[i].len > RD_LEXICON_PREFIX_MAX);
	push_stroke(d, (struct rd_stroke){ .kind = RD_STROKE_WORD, .words = words });
}

static void push_one_word(struct drawing *d, const char *text, size_t len, bool prefix)
{
	struct rd_sketch_word *word = rd_arena_alloc(d->arena, sizeof *word);
	char *copy = rd_arena_copy(d->arena, text, len);

	if (word == NULL || copy == NULL) {
		d->failed = true;
		return;
	}
	*word = (struct rd_sketch_word){ copy, (uint32_t)len, prefix };
	push_words(d, word, 1);
}

static void push_kind(struct drawing *d, enum rd_stroke_kind kind)
{
	d->rough = d->rough || kind == RD_STROKE_BLUNT;
	push_stroke(d, (struct rd_stroke){ .kind = kind });
}

/* "re open": each word for itself, one behind the other. */
static void push_spelling(struct drawing *d, const char *spelling, bool prefix)
{
	for (const char *p = spelling;;) {
		size_t n = strcspn(p, " ");
		push_one_word(d, p, n, prefix && p[n] == '\0');
		if (p != spelling)
			push_kind(d, RD_STROKE_THEN);
		if (p[n] == '\0')
			return;
		p += n + 1;
	}
}

/* The spellings that are one word, as one set; false where there are none. */
static bool push_single_spellings(struct drawing *d, const struct rd_spellings *s, bool prefix)
{
	struct rd_sketch_word *items = rd_arena_array(d->arena, s->n_items, sizeof *items);
	size_t n = 0;

	for (size_t i = 0; i < s->n_items && items != NULL; i++) {
		size_t len = strlen(s->items[i]);
		if (strchr(s->items[i], ' ') != NULL)
			continue;
		items[n++] = (struct rd_sketch_word){ rd_arena_copy(d->arena, s->items[i], len),
			(uint32_t)len, prefix };
		if (items[n - 1].text == NULL)
			items = NULL;
	}
	if (items == NULL)
		d->failed = true;
	if (n > 0 && items != NULL)
		push_words(d, items, n);
	return n > 0;
}

static void draw_word(struct drawing *d, const struct rd_token *t)
{
	struct value *v = begin_value(d);
	struct rd_spellings s;

	if (!rd_word_spellings(t->text, t->len, t->prefix, &s)) {
		push_kind(d, RD_STROKE_BLUNT);
		return;
	}
	bool prefix = t->prefix && !s.more;
	if (s.items[0][0] == '\0') {
		char *needle = rd_arena_copy(d->arena, t->text, t->len);
		d->failed = d->failed || needle == NULL;
		if (needle != NULL) /* what may be missing in a text ends it */
			needle[strcspn(needle, "'-")] = '\0';
		push_stroke(d, (struct rd_stroke){ .kind = RD_STROKE_SYMBOL, .text = needle });
		d->rough = true;
	} else {
		bool any = push_single_spellings(d, &s, prefix);
		v->plain = any && d->n_strokes == v->from + 1 && !s.more;
		for (size_t i = 0; i < s.n_items; i++) {
			if (strchr(s.items[i], ' ') == NULL)
				continue;
			push_spelling(d, s.items[i], prefix);
			if (any)
				push_kind(d, RD_STROKE_EITHER);
			any = true;
			v->plain = false;
		}
		d->rough = d->rough || s.symbols || !v->plain;
	}
	if (s.more) {
		push_stroke(d, (struct rd_stroke){ .kind = RD_STROKE_GAP, .min = 0, .max = 1 });
		push_kind(d, RD_STROKE_THEN);
	}
}

/* A part that is drawn already: a list, or another phrase. */
static void copy_sketch(struct drawing *d, const struct rd_sketch *sketch)
{
	struct value *v = begin_value(d);

	d->rough = d->rough || !sketch->exact;
	for (size_t i = 0; i < sketch->n_strokes; i++)
		push_stroke(d, sketch->strokes[i]);
	if (sketch->n_strokes == 0)
		push_kind(d, RD_STROKE_BLUNT);
	v->plain = sketch->n_strokes == 1 && sketch->strokes[0].kind == RD_STROKE_WORD;
}

static void draw_built_in(struct drawing *d, const struct rd_token *t)
{
	enum rd_built_in which = rd_token_is(t, "number")  ? RD_BUILT_IN_NUMBER
				 : rd_token_is(t, "money") ? RD_BUILT_IN_MONEY
							   : RD_BUILT_IN_DATE;

	begin_value(d);
	push_stroke(d, (struct rd_stroke){ .kind = RD_STROKE_BUILT_IN, .built_in = which });
	d->rough = d->rough || which != RD_BUILT_IN_NUMBER;
}

/* What is drawn of this alternative becomes one part. */
static void settle(struct drawing *d, struct frame *f)
{
	if (f->n_values < 2)
		return;
	push_kind(d, RD_STROKE_THEN);
	d->n_values--;
	d->values[d->n_values - 1].plain = d->values[d->n_values - 1].maybe = false;
	f->n_values = 1;
}

/* The last two parts are written without a blank between them: each word of the one with each of
 * the other, or something that words do not tell. */
static void glue(struct drawing *d, struct frame *f)
{
	struct value *a = &d->values[d->n_values - 2], *b = a + 1;
	struct rd_sketch_word words[GLUED_MAX];
	size_t n = 0;

	d->n_values--;
	f->n_values--;
	if (d->failed || d->blunt)
		return;
	bool told = a->plain && b->plain;
	const struct rd_sketch_words *left = d->strokes[a->from].words,
				     *right = d->strokes[b->from].words;
	for (size_t i = 0; told && i < left->n_items + a->maybe; i++)
		for (size_t k = 0; told && k < right->n_items + b->maybe; k++) {
			struct rd_sketch_word x = { "", 0, false }, y = x;
			if (i < left->n_items)
				x = left->items[i];
			if (k < right->n_items)
				y = right->items[k];
			if (x.len + y.len == 0)
				continue;
			char *text = rd_arena_printf(d->arena, "%s%s", x.text, y.text);
			told = text != NULL && n < GLUED_MAX && !x.prefix &&
			       strstr(text, "''") == NULL && strstr(text, "'s'") == NULL;
			if (told)
				words[n++] =
					(struct rd_sketch_word){ text, x.len + y.len, y.prefix };
		}
	d->n_strokes = a->from;
	a->plain = told;
	a->maybe = told && a->maybe && b->maybe;
	struct rd_sketch_word *kept = rd_arena_array(d->arena, n + 1, sizeof *kept);
	if (kept == NULL) {
		d->failed = true;
		return;
	}
	memcpy(kept, words, n * sizeof *kept);
	if (told)
		push_words(d, kept, n);
	else
		push_kind(d, RD_STROKE_BLUNT);
	if (a->maybe)
		push_kind(d, RD_STROKE_MAYBE);
}

static void end_item(struct drawing *d, struct frame *f, bool optional, bool glued)
{
	struct value *v = &d->values[d->n_values - 1];

	if (optional) {
		v->maybe = true;
		push_kind(d, RD_STROKE_MAYBE);
	}
	f->n_values++;
	if (glued && f->n_values > 1) /* otherwise nothing stands before it */
		glue(d, f);
}

/* The words of all plain ones among the last n parts, as one set. */
static size_t gather_plain(struct drawing *d, const struct value *values, size_t n,
	const struct rd_stroke *strokes, size_t base)
{
	size_t n_words = 0, n_plain = 0;

	for (size_t i = 0; i < n; i++)
		if (values[i].plain && !values[i].maybe) {
			n_words += strokes[values[i].from - base].words->n_items;
			n_plain++;
		}
	if (n_plain == 0)
		return 0;
	struct rd_sketch_word *items = rd_arena_array(d->arena, n_words, sizeof *items);
	size_t at = 0;
	for (size_t i = 0; i < n && items != NULL; i++) {
		if (!values[i].plain || values[i].maybe)
			continue;
		const struct rd_sketch_words *words = strokes[values[i].from - base].words;
		memcpy(items + at, words->items, words->n_items * sizeof *items);
		at += words->n_items;
	}
	if (items == NULL)
		d->failed = true;
	else
		push_words(d, items, at);
	return n_plain;
}

/* The last n parts are alternatives: they become one. */
static void unite(struct drawing *d, size_t n)
{
	struct value *values = &d->values[d->n_values - n];
	size_t base = values[0].from, n_strokes = d->n_strokes - base;

	d->n_values -= n - 1;
	if (n == 1 || d->blunt || d->failed)
		return;
	struct rd_stroke *strokes = rd_arena_array(d->arena, n_strokes + 1, sizeof *strokes);
	if (strokes == NULL) {
		d->failed = true;
		return;
	}
	memcpy(strokes, d->strokes + base, n_strokes * sizeof *strokes);
	d->n_strokes = base;
	size_t n_plain = gather_plain(d, values, n, strokes, base);
	bool any = n_plain > 0;
	for (size_t i = 0; i < n; i++) {
		if (values[i].plain && !values[i].maybe)
			continue;
		size_t to = i + 1 < n ? values[i + 1].from - base : n_strokes;
		for (size_t k = values[i].from - base; k < to; k++)
			push_stroke(d, strokes[k]);
		if (any)
			push_kind(d, RD_STROKE_EITHER);
		any = true;
	}
	values[0] = (struct value){ .from = base, .plain = n_plain == n };
}

static bool finish(struct drawing *d, struct rd_sketch *ret_sketch)
{
	if (d->failed)
		return false;
	if (d->blunt) {
		d->blunt = false;
		d->n_strokes = 0;
		push_kind(d, RD_STROKE_BLUNT);
	}
	*ret_sketch = (struct rd_sketch){ d->strokes, d->n_strokes, !d->rough };
	return !d->failed;
}

bool rd_sketch_make(const struct rd_token *tokens, size_t n_tokens, struct rd_arena *arena,
	struct rd_sketch *ret_sketch)
{
	struct drawing d = { .arena = arena };
	struct frame frames[RD_PHRASE_DEPTH_MAX + 1];
	size_t depth = 0;

	frames[0] = (struct frame){ .n_values = 0 };
	for (size_t i = 0; i < n_tokens && !d.blunt && !d.failed; i++) {
		const struct rd_token *t = &tokens[i];
		struct frame *f = &frames[depth];
		bool glued = t->glued && i > 0;
		if (!glued && t->kind != RD_TOKEN_BAR && t->kind != RD_TOKEN_CLOSE)
			settle(&d, f);
		switch (t->kind) {
		case RD_TOKEN_WORD:
			draw_word(&d, t);
			end_item(&d, f, t->optional, glued);
			break;
		case RD_TOKEN_LIST:
			copy_sketch(&d, &t->list->sketch);
			end_item(&d, f, t->optional, glued);
			break;
		case RD_TOKEN_BUILT_IN:
			draw_built_in(&d, t);
			end_item(&d, f, t->optional, glued);
			break;
		case RD_TOKEN_GAP:
			begin_value(&d);
			push_stroke(&d, (struct rd_stroke){ .kind = RD_STROKE_GAP,
						.min = (unsigned)t->min,
						.max = (unsigned)t->max });
			end_item(&d, f, false, glued);
			break;
		case RD_TOKEN_OPEN:
			frames[++depth] = (struct frame){ .n_values = 0, .open = i };
			break;
		case RD_TOKEN_BAR:
		case RD_TOKEN_CLOSE:
			settle(&d, f);
			f->n_alternatives++;
			f->n_values = 0;
			if (t->kind == RD_TOKEN_BAR)
				break;
			unite(&d, f->n_alternatives);
			glued = tokens[f->open].glued && f->open > 0;
			end_item(&d, &frames[--depth], t->optional, glued);
			break;
		case RD_TOKEN_START:
		case RD_TOKEN_END:
		case RD_TOKEN_S_START:
		case RD_TOKEN_S_END:
		case RD_TOKEN_QUESTION:
			d.blunt = true; /* anchors are the caller's */
			break;
		}
	}
	settle(&d, &frames[0]);
	return finish(&d, ret_sketch);
}

bool rd_sketch_either(const struct rd_sketch *sketches, size_t n, struct rd_arena *arena,
	struct rd_sketch *ret_sketch)
{
	struct drawing d = { .arena = arena };

	for (size_t i = 0; i < n && !d.blunt && !d.failed; i++) {
		copy_sketch(&d, &sketches[i]);
		/* Two of them at a time, so that there is room for any number. */
		if (d.n_values == VALUES_MAX)
			unite(&d, VALUES_MAX);
	}
	if (d.n_values > 0)
		unite(&d, d.n_values);
	return finish(&d, ret_sketch);
}

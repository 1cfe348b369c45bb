#include "redress/rules/sample.h"

#include <string.h>
#include <strings.h>

#include "redress/rules/phrase_tokens.h"

#define FIRST_ROUNDS 24	  /* at random: most questions are settled by one of them */
#define IN_ORDER_MAX 1500 /* of a phrase with so many texts at most, all are given */
#define CHOICES_MAX  200
#define FRAMES_MAX   (2 * RD_PHRASE_DEPTH_MAX + 4) /* of a phrase and one of its lists' */

/* A run of tokens still to be written. */
struct frame {
	const struct rd_token *items;
	size_t i, end;
};

/* A word list, each phrase of it taken apart. */
struct words {
	const struct rd_phrase_list *list;
	struct frame *phrases;
	size_t n;
};

struct rd_sampler {
	struct frame phrase;
	bool question;
	struct words *lists;
	size_t n_lists;
	size_t round; /* texts given so far */
	size_t n_in_order;
	bool in_order_done;
	/* The choices of the text being made. In order they are the digits of a number that counts
	 * up; a digit's size is how many there are to choose from. */
	unsigned digits[CHOICES_MAX], sizes[CHOICES_MAX];
	size_t n_choices, n_digits;
	char text[RD_SAMPLE_BYTES_MAX];
	size_t len;
};

static bool in_order(const struct rd_sampler *s)
{
	return s->round >= FIRST_ROUNDS && s->round < FIRST_ROUNDS + IN_ORDER_MAX;
}

/* Scatters, so that choices of one text do not go in step. */
static unsigned scatter(size_t round, size_t choice)
{
	uint64_t x = (uint64_t)round * 0x9e3779b97f4a7c15u + (uint64_t)choice * 0xbf58476d1ce4e5b9u;

	x ^= x >> 31;
	x *= 0x94d049bb133111ebu;
	return (unsigned)(x >> 33);
}

static size_t choose(struct rd_sampler *s, size_t n)
{
	size_t at = s->n_choices++;

	if (n < 2)
		return 0;
	if (!in_order(s))
		/* Every other text goes through the alternatives one by one and leaves out none. */
		return s->round % 2 == 0 ? (s->round / 2 + at) % n : scatter(s->round, at) % n;
	if (at >= CHOICES_MAX)
		return 0;
	while (s->n_digits <= at) {
		s->digits[s->n_digits] = 0;
		s->sizes[s->n_digits++] = 1;
	}
	s->sizes[at] = (unsigned)n;
	return s->digits[at] < n ? s->digits[at] : n - 1;
}

/* The next number; false once every one was there. */
static bool count_up(struct rd_sampler *s)
{
	if (s->n_digits > s->n_choices)
		s->n_digits = s->n_choices;
	while (s->n_digits > 0 && s->digits[s->n_digits - 1] + 1 >= s->sizes[s->n_digits - 1])
		s->n_digits--;
	if (s->n_digits == 0)
		return false;
	s->digits[s->n_digits - 1]++;
	return true;
}

static void put(struct rd_sampler *s, const char *text, size_t len, bool glued)
{
	if (s->len + len + 2 > sizeof s->text)
		return;
	if (!glued && s->len > 0)
		s->text[s->len++] = ' ';
	memcpy(s->text + s->len, text, len);
	s->len += len;
}

/* Without its apostrophe, its hyphen a blank or nothing, a star for an ending. */
static void put_word(struct rd_sampler *s, const struct rd_token *t)
{
	char word[RD_PHRASE_BYTES_MAX + 1];
	size_t n = 0;
	bool apostrophe = memchr(t->text, '\'', t->len) == NULL || choose(s, 2) == 0;
	static const char hyphens[] = { '-', ' ', '\0' };
	char hyphen =
		memchr(t->text, '-', t->len) == NULL ? '-' : hyphens[choose(s, sizeof hyphens)];

	for (size_t i = 0; i < t->len && n < sizeof word; i++) {
		if (t->text[i] == '\'' && !apostrophe)
			continue;
		if (t->text[i] == '-' && hyphen == '\0')
			continue;
		word[n++] = t->text[i] == '-' ? hyphen : t->text[i];
	}
	put(s, word, n, t->glued);
	if (t->prefix && choose(s, 2) == 1)
		put(s, RD_SAMPLE_FILLER, strlen(RD_SAMPLE_FILLER), true);
}

static void put_gap(struct rd_sampler *s, const struct rd_token *t)
{
	size_t n = (size_t)t->min + choose(s, (size_t)(t->max - t->min) + 1);

	for (size_t i = 0; i < n; i++)
		put(s, RD_SAMPLE_FILLER, strlen(RD_SAMPLE_FILLER), false);
}

static void put_built_in(struct rd_sampler *s, const struct rd_token *t)
{
	static const char *const numbers[] = { "3", "seven", "1,000", "2019" };
	static const char *const sums[] = { "£20", "20 pounds" };
	static const char *const dates[] = { "12/03/2024", "march 2024", "2024" };
	const char *text = NULL;

	if (rd_token_is(t, "number"))
		text = numbers[choose(s, sizeof numbers / sizeof numbers[0])];
	else if (rd_token_is(t, "money"))
		text = sums[choose(s, sizeof sums / sizeof sums[0])];
	else
		text = dates[choose(s, sizeof dates / sizeof dates[0])];
	put(s, text, strlen(text), t->glued);
}

/* One of the alternatives between a parenthesis at `open` and its partner. */
static struct frame choose_alternative(
	struct rd_sampler *s, const struct rd_token *items, size_t open)
{
	size_t close = items[open].partner, n = 1;
	struct frame chosen = { items, open + 1, close };

	for (size_t i = open + 1; i < close; i++) {
		if (items[i].kind == RD_TOKEN_OPEN)
			i = items[i].partner;
		else
			n += items[i].kind == RD_TOKEN_BAR;
	}
	size_t wanted = choose(s, n);
	for (size_t i = open + 1; i < close; i++) {
		if (items[i].kind == RD_TOKEN_OPEN) {
			i = items[i].partner;
		} else if (items[i].kind == RD_TOKEN_BAR) {
			if (wanted == 0) {
				chosen.end = i;
				break;
			}
			wanted--;
			chosen.i = i + 1;
		}
	}
	return chosen;
}

static struct frame choose_word(struct rd_sampler *s, const struct rd_phrase_list *list)
{
	for (size_t i = 0; i < s->n_lists; i++)
		if (s->lists[i].list == list && s->lists[i].n > 0)
			return s->lists[i].phrases[choose(s, s->lists[i].n)];
	return (struct frame){ NULL, 0, 0 };
}

static void write_text(struct rd_sampler *s)
{
	struct frame frames[FRAMES_MAX];
	size_t n = 1;

	s->len = s->n_choices = 0;
	frames[0] = s->phrase;
	while (n > 0) {
		struct frame *f = &frames[n - 1];
		if (f->i >= f->end) {
			n--;
			continue;
		}
		const struct rd_token *t = &f->items[f->i];
		f->i = t->kind == RD_TOKEN_OPEN ? t->partner + 1 : f->i + 1;
		if (t->optional && t->kind != RD_TOKEN_CLOSE && choose(s, 2) == 1)
			continue;
		if (t->kind == RD_TOKEN_WORD)
			put_word(s, t);
		else if (t->kind == RD_TOKEN_GAP)
			put_gap(s, t);
		else if (t->kind == RD_TOKEN_BUILT_IN)
			put_built_in(s, t);
		else if (t->kind == RD_TOKEN_OPEN && n < FRAMES_MAX)
			frames[n++] = choose_alternative(s, f->items, (size_t)(t - f->items));
		else if (t->kind == RD_TOKEN_LIST && n < FRAMES_MAX)
			frames[n++] = choose_word(s, t->list);
	}
	if (s->question)
		put(s, "?", 1, true);
	s->text[s->len] = '\0';
}

const char *rd_sampler_next(struct rd_sampler *s)
{
	if (s->in_order_done || s->round >= RD_SAMPLES_MAX)
		return NULL;
	write_text(s);
	if (in_order(s))
		s->in_order_done = !count_up(s);
	s->round++;
	return s->text;
}

/* A phrase's tokens as they stand in the arena; end 0 where it cannot be read. */
static struct frame take_apart(const struct rd_line *line, struct rd_phrase_lists *lists,
	struct rd_tokens *room, struct rd_arena *arena)
{
	struct frame none = { NULL, 0, 0 };
	struct rd_problems problems;
	struct rd_normal normal;
	struct rd_err err = { 0 };
	size_t len = strlen(line->value);

	rd_problems_begin(&problems, arena);
	if (len > RD_PHRASE_BYTES_MAX ||
		rd_normalise(line->value, (uint32_t)len, NULL, 0, 4 * RD_PHRASE_BYTES_MAX, arena,
			&normal, &err) != RD_OK)
		return none;
	rd_tokens_read(room, &normal, line->at, lists, &problems);
	struct rd_token *items = rd_arena_array(arena, room->n_items + 1, sizeof *items);
	if (room->failed || items == NULL)
		return none;
	memcpy(items, room->items, room->n_items * sizeof *items);
	return (struct frame){ items, 0, room->n_items };
}

static bool take_list(struct rd_sampler *s, const struct rd_phrase_list *list,
	const struct rd_ruleset *set, struct rd_tokens *room, struct rd_arena *arena)
{
	for (size_t i = 0; i < s->n_lists; i++)
		if (s->lists[i].list == list)
			return true;
	struct words *words = &s->lists[s->n_lists++];
	words->list = list;
	for (size_t i = 0; i < set->definitions.n_words; i++) {
		const struct rd_words_def *def = &set->definitions.words[i];
		if (strcasecmp(def->name, list->name) != 0)
			continue;
		words->phrases =
			rd_arena_array(arena, def->words.n_items + 1, sizeof *words->phrases);
		for (size_t k = 0; k < def->words.n_items && words->phrases != NULL; k++) {
			struct frame f = take_apart(&def->words.items[k], NULL, room, arena);
			if (f.end > 0)
				words->phrases[words->n++] = f;
		}
	}
	return words->n > 0;
}

struct rd_sampler *rd_sampler_new(
	const struct rd_line *phrase, const struct rd_ruleset *set, struct rd_arena *arena)
{
	struct rd_sampler *s = rd_arena_alloc(arena, sizeof *s);
	struct rd_tokens *room = rd_arena_alloc(arena, sizeof *room);
	struct rd_phrase_lists lists = set->lists;

	if (s == NULL || room == NULL)
		return NULL;
	s->phrase = take_apart(phrase, &lists, room, arena);
	s->lists = rd_arena_array(arena, s->phrase.end + 1, sizeof *s->lists);
	if (s->phrase.end == 0 || s->lists == NULL)
		return NULL;
	for (size_t i = 0; i < s->phrase.end; i++) {
		const struct rd_token *t = &s->phrase.items[i];
		s->question = s->question || t->kind == RD_TOKEN_QUESTION;
		if (t->kind == RD_TOKEN_LIST && !take_list(s, t->list, set, room, arena))
			return NULL;
	}
	return rd_arena_overflowed(arena) ? NULL : s;
}

#include "redress/rules/leaning.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "redress/rules/compiled.h"
#include "redress/rules/matching.h"
#include "redress/rules/word.h"

/* ---- reading ---- */

/* "Not  Been" -> "not been"; NULL where it is neither one word, one beginning nor two words. */
static const char *plain_words(const char *given, struct rd_arena *arena)
{
	char *plain = rd_arena_strdup(arena, given);
	size_t n = 0;
	unsigned n_blanks = 0;

	if (plain == NULL)
		return NULL;
	for (const char *p = given; *p != '\0'; p++) {
		unsigned char c = (unsigned char)*p;
		if (c == ' ' && (n == 0 || plain[n - 1] == ' '))
			continue;
		if (!isalnum(c) && c < 0x80 && c != ' ' && (c != '*' || p[1] != '\0'))
			return NULL;
		n_blanks += c == ' ';
		plain[n++] = (char)tolower(c);
	}
	plain[n] = '\0';
	bool star = n > 0 && plain[n - 1] == '*';
	if (n == 0 || n_blanks > 1 || (star && (n_blanks > 0 || n < 4)))
		return NULL;
	return plain;
}

static bool read_points(const char *value, size_t *ret_len, double *ret)
{
	char *end = NULL;
	size_t len = strspn(value, "+-.0123456789");
	double points = strtod(value, &end);

	if (len == 0 || end != value + len || value[len] != ' ')
		return false;
	*ret_len = len + 1;
	*ret = points;
	return true;
}

/* Room for so many more leans of a rule; NULL where the arena is full. */
static struct rd_lean *make_room(struct rd_definition *rule, size_t n_more, struct rd_arena *arena)
{
	size_t size = rule->leans_size == 0 ? 64 : rule->leans_size;

	while (size < rule->n_leans + n_more)
		size *= 2;
	if (size > rule->leans_size) {
		struct rd_lean *leans = rd_arena_array(arena, size, sizeof *leans);
		if (leans == NULL)
			return NULL;
		if (rule->n_leans > 0)
			memcpy(leans, rule->leans, rule->n_leans * sizeof *leans);
		rule->leans = leans;
		rule->leans_size = size;
	}
	return rule->leans;
}

void rd_leaning_read_line(struct rd_definition *rule, const struct rd_line *line,
	struct rd_arena *arena, struct rd_problems *problems)
{
	struct rd_line words = *line;
	double points = 0;
	size_t skip = 0;

	if (!read_points(line->value, &skip, &points)) {
		rd_problem_error(problems, line->at,
			"`Lean:` begins with points, then words: write `Lean: +0.3 again, still, "
			"not been`");
		return;
	}
	if (points == 0 || fabs(points) > RD_LEANING_POINTS_MAX) {
		rd_problem_error(problems, line->at,
			"%g points: a leaning word has from -%g to %g, but not 0", points,
			RD_LEANING_POINTS_MAX, RD_LEANING_POINTS_MAX);
		return;
	}
	words.value = line->value + skip;
	words.at.column += (int)skip;
	struct rd_lines parts = rd_line_split(&words, arena);
	struct rd_lean *leans = make_room(rule, parts.n_items, arena);
	if (leans == NULL)
		return;
	for (size_t i = 0; i < parts.n_items; i++) {
		const char *plain = plain_words(parts.items[i].value, arena);
		if (plain == NULL)
			rd_problem_error(problems, parts.items[i].at,
				"`%s` cannot lean: it may be one word, two words, or a beginning "
				"of at least three letters with a star (complain*)",
				parts.items[i].value);
		else
			leans[rule->n_leans++] = (struct rd_lean){
				.words = plain, .points = points, .at = parts.items[i].at
			};
	}
}

/* ---- the index ---- */

struct indexed {
	uint64_t hash;
	uint32_t rule;
	const struct rd_lean *lean;
	uint32_t len; /* bytes, without the star */
	bool star;
	uint32_t next; /* the next of the same words, 1-based; 0: none */
};

struct rd_leaning_index {
	struct indexed *items;
	uint32_t n_items;
	uint32_t *slots; /* 1-based into items; 0: empty */
	uint32_t mask;
	uint64_t star_lens; /* bit n: some beginning has n bytes */
};

#define STAR_LEN_MAX 40

static uint64_t hash_of(const char *words, uint32_t len, bool star)
{
	uint64_t hash = star ? 0x9e3779b97f4a7c15u : 0xcbf29ce484222325u;

	for (uint32_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)words[i]) * 0x100000001b3u;
	return hash ^ (hash >> 29);
}

static uint32_t find(
	const struct rd_leaning_index *index, const char *words, uint32_t len, bool star)
{
	uint64_t hash = hash_of(words, len, star);

	for (uint32_t slot = (uint32_t)hash & index->mask; index->slots[slot] != 0;
		slot = (slot + 1) & index->mask) {
		const struct indexed *item = &index->items[index->slots[slot] - 1];
		if (item->hash == hash && item->len == len && item->star == star &&
			memcmp(item->lean->words, words, len) == 0)
			return index->slots[slot];
	}
	return 0;
}

static void add(struct rd_leaning_index *index, uint32_t rule, const struct rd_lean *lean,
	const struct rd_definitions *all, struct rd_problems *problems)
{
	uint32_t len = (uint32_t)strlen(lean->words);
	bool star = lean->words[len - 1] == '*';

	len -= star;
	if (star && len > STAR_LEN_MAX) {
		rd_problem_error(
			problems, lean->at, "`%s` is too long for a beginning", lean->words);
		return;
	}
	uint32_t first = find(index, lean->words, len, star);
	for (uint32_t i = first; i != 0; i = index->items[i - 1].next)
		if (index->items[i - 1].rule == rule) {
			rd_problem_error(problems, lean->at,
				"`%s` stands in `%s` already, in line %d; keep one of them",
				lean->words, all->rules[rule].id,
				index->items[i - 1].lean->at.line);
			return;
		}
	struct indexed *item = &index->items[index->n_items++];
	*item = (struct indexed){ .hash = hash_of(lean->words, len, star),
		.rule = rule,
		.lean = lean,
		.len = len,
		.star = star };
	if (star)
		index->star_lens |= UINT64_C(1) << len;
	if (first != 0) {
		item->next = index->items[first - 1].next;
		index->items[first - 1].next = index->n_items;
		return;
	}
	uint32_t slot = (uint32_t)item->hash & index->mask;
	while (index->slots[slot] != 0)
		slot = (slot + 1) & index->mask;
	index->slots[slot] = index->n_items;
}

enum rd_rc rd_leaning_index(const struct rd_definitions *all, struct rd_arena *arena,
	struct rd_problems *problems, const struct rd_leaning_index **ret_index, struct rd_err *err)
{
	size_t n = 0, n_slots = 16;

	for (size_t i = 0; i < all->n_rules; i++)
		n += all->rules[i].n_leans;
	if (n > RD_LEANING_WORDS_MAX)
		return rd_fail(err, RD_E_RANGE, "more than %d leaning words in the rule files",
			RD_LEANING_WORDS_MAX);
	while (n_slots < 2 * n)
		n_slots *= 2;
	struct rd_leaning_index *index = rd_arena_alloc(arena, sizeof *index);
	struct indexed *items = rd_arena_array(arena, n + 1, sizeof *items);
	uint32_t *slots = rd_arena_array(arena, n_slots, sizeof *slots);
	if (index == NULL || items == NULL || slots == NULL)
		return rd_fail(err, RD_E_RANGE, "the rule files are too large together");
	*index = (struct rd_leaning_index){
		.items = items, .slots = slots, .mask = (uint32_t)n_slots - 1
	};
	for (uint32_t i = 0; i < all->n_rules; i++)
		for (size_t k = 0; k < all->rules[i].n_leans; k++)
			add(index, i, &all->rules[i].leans[k], all, problems);
	*ret_index = index;
	return RD_OK;
}

/* ---- running ---- */

/* What one Leaning found. */
struct found {
	double sum;
	unsigned n;
	uint32_t best[RD_LEANING_SHOWN]; /* items + 1, the weightiest first; 0: none */
	struct rd_spot spot;		 /* of the weightiest */
};

struct run {
	struct rd_matching *m;
	const struct rd_leaning_index *index;
	bool *seen;	     /* by item */
	struct found *found; /* by rule */
	enum rd_where where;
	uint32_t n_words;
};

static double weight(const struct run *r, uint32_t item)
{
	return item == 0 ? 0 : fabs(r->index->items[item - 1].lean->points);
}

static void keep_best(struct run *r, struct found *f, uint32_t item, struct rd_spot spot)
{
	uint32_t at = RD_LEANING_SHOWN;

	while (at > 0 && weight(r, item) > weight(r, f->best[at - 1]))
		at--;
	if (at == RD_LEANING_SHOWN)
		return;
	for (uint32_t i = RD_LEANING_SHOWN - 1; i > at; i--)
		f->best[i] = f->best[i - 1];
	f->best[at] = item;
	if (at == 0)
		f->spot = spot;
}

static void take(struct run *r, const char *words, uint32_t len, bool star, struct rd_spot spot)
{
	for (uint32_t i = find(r->index, words, len, star); i != 0;
		i = r->index->items[i - 1].next) {
		const struct indexed *item = &r->index->items[i - 1];
		if (r->seen[i - 1])
			continue;
		r->seen[i - 1] = true;
		r->found[item->rule].sum += item->lean->points;
		r->found[item->rule].n++;
		keep_best(r, &r->found[item->rule], i, spot);
	}
}

static uint32_t character(const char *at, uint32_t left)
{
	unsigned char c = (unsigned char)at[0];
	uint32_t len = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

	return len < left ? len : left;
}

static void take_beginnings(struct run *r, const char *word, uint32_t len, struct rd_spot spot)
{
	for (uint64_t lens = r->index->star_lens; lens != 0; lens &= lens - 1) {
		uint32_t n = (uint32_t)__builtin_ctzll(lens);
		if (n > len)
			return;
		take(r, word, n, true, spot);
	}
}

/* Copies the words of a unit, one blank between two, and looks each up, alone and with the one
 * before it. A possessive 's is left out; any other apostrophe parts two words. */
static void run_unit(struct run *r, const struct rd_unit *unit, char *plain)
{
	const char *text = r->m->field[r->where].text;
	uint32_t n = 0, before = UINT32_MAX, before_text = 0;

	for (uint32_t i = unit->from; i < unit->to;) {
		uint32_t from = i, at = n;
		while (i < unit->to && rd_word_is_letter(text + i, unit->to - i))
			for (uint32_t len = character(text + i, unit->to - i); len > 0; len--)
				plain[n++] = text[i++];
		if (n == at) {
			i += character(text + i, unit->to - i);
			continue;
		}
		bool possessive = n - at == 1 && text[from] == 's' && from > unit->from &&
				  text[from - 1] == '\'' && before != UINT32_MAX;
		if (possessive) {
			n = at;
			continue;
		}
		struct rd_spot spot = { r->where, from, i };
		r->n_words++;
		take(r, plain + at, n - at, false, spot);
		take_beginnings(r, plain + at, n - at, spot);
		if (before != UINT32_MAX) {
			spot.from = before_text;
			take(r, plain + before, n - before, false, spot);
		}
		before = at;
		before_text = from;
		plain[n++] = ' ';
	}
}

static enum rd_rc run_field(struct run *r, struct rd_err *err)
{
	const struct rd_prepared *p = &r->m->field[r->where];
	uint32_t longest = 0;

	for (uint32_t i = 0; i < p->n_units; i++)
		if (p->units[i].to - p->units[i].from > longest)
			longest = p->units[i].to - p->units[i].from;
	char *plain = rd_arena_alloc(r->m->arena, longest + 2u);
	if (plain == NULL)
		return rd_fail(err, RD_E_RANGE, "no room left to score this message");
	for (uint32_t i = 0; i < p->n_units; i++)
		run_unit(r, &p->units[i], plain);
	return RD_OK;
}

double rd_leaning_evened(double sum, uint32_t n_words, double cap)
{
	uint32_t words = n_words < RD_LEANING_EVEN_LEAST ? RD_LEANING_EVEN_LEAST : n_words;
	double evened = sum * sqrt((double)RD_LEANING_EVEN / words);

	if (evened > cap)
		evened = cap;
	if (evened < -cap)
		evened = -cap;
	return round(evened * 10) / 10;
}

/* "base -2.1, 9 words: not been +0.5, again +0.3 ..." */
static const char *words_found(const struct run *r, const struct found *f, double base)
{
	const char *words = base == 0 ? "" : rd_arena_printf(r->m->arena, "base %+g, ", base);

	if (words != NULL)
		words = rd_arena_printf(
			r->m->arena, "%s%u word%s:", words, f->n, f->n == 1 ? "" : "s");
	for (uint32_t i = 0; i < RD_LEANING_SHOWN && f->best[i] != 0 && words != NULL; i++) {
		const struct rd_lean *lean = r->index->items[f->best[i] - 1].lean;
		words = rd_arena_printf(r->m->arena, "%s%s %s %+g", words, i > 0 ? "," : "",
			lean->words, lean->points);
	}
	if (words != NULL && f->n > RD_LEANING_SHOWN)
		words = rd_arena_printf(r->m->arena, "%s ...", words);
	return words != NULL ? words : "";
}

enum rd_rc rd_leaning_run(struct rd_matching *m, struct rd_err *err)
{
	const struct rd_leaning_index *index = m->rules->leanings;

	if (index->n_items == 0)
		return RD_OK;
	struct run r = { .m = m,
		.index = index,
		.seen = rd_arena_array(m->arena, index->n_items, sizeof *r.seen),
		.found = rd_arena_array(m->arena, m->rules->n_rules + 1u, sizeof *r.found) };
	if (r.seen == NULL || r.found == NULL)
		return rd_fail(err, RD_E_RANGE, "no room left to score this message");
	for (int where = 0; where < 2; where++) {
		r.where = (enum rd_where)where;
		RD_TRY(run_field(&r, err));
	}
	for (uint32_t k = 0; k < m->rules->n_leanings; k++) {
		const uint32_t i = m->rules->leaning_rules[k];
		const struct found *f = &r.found[i];
		const struct rd_definition *def = m->rules->rules[i].def;
		if (m->channel == RD_CHANNEL_SMS ? !def->by_sms : !def->by_email)
			continue;
		double lean = rd_leaning_evened(f->sum, r.n_words, def->cap) + def->base;
		struct rd_outcome *o = rd_arena_alloc(m->arena, sizeof *o);
		if (o == NULL)
			return rd_fail(err, RD_E_RANGE, "no room left to score this message");
		*o = (struct rd_outcome){ .hit = fabs(lean) > 0,
			.lean = lean,
			.spot = f->spot,
			.lean_words = words_found(&r, f, def->base) };
		m->outcomes[i] = o;
	}
	return RD_OK;
}

/* Whether an Unless stops a match. */
#include "redress/rules/confirm.h"

#define NONE	   UINT32_MAX
#define WALK_BYTES 64 /* about what lies within a window */

/* One Unless of a rule, looked for in one unit. */
struct search {
	struct rd_confirmer *c;
	const struct rd_unless_code *unless;
	uint32_t number;  /* of the unit */
	uint32_t base;	  /* where it begins in the field */
	const char *text; /* of the unit */
	uint32_t len;
	uint32_t word, byte; /* where the search goes on */
};

static const char *place_of(const struct rd_matching *m, const struct rd_unless *unless)
{
	const struct rd_place *at = &unless->phrases[0].at;
	const char *place = rd_arena_printf(m->arena, "%s:%d", at->file, at->line);

	return place != NULL ? place : "";
}

static int ask(
	struct search *s, uint32_t from, uint32_t options, uint32_t *ret_from, uint32_t *ret_to)
{
	struct rd_effort *effort = &s->c->m->effort;

	effort->n_runs++;
	effort->bytes_run += s->len - from;
	const pcre2_code *code = rd_program_code(s->unless->program);
	if (code == NULL)
		return PCRE2_ERROR_INTERNAL;
	int rc = pcre2_match(code, (PCRE2_SPTR)s->text, s->len, from, PCRE2_NO_UTF_CHECK | options,
		s->c->data, s->c->m->rules->limits);
	if (rc < 0)
		return rc;
	const PCRE2_SIZE *v = pcre2_get_ovector_pointer(s->c->data);
	*ret_from = (uint32_t)v[0];
	*ret_to = (uint32_t)v[1];
	return rc;
}

/* The next place of one of the phrases. */
static int find(struct search *s, uint32_t *ret_from, uint32_t *ret_to)
{
	struct rd_matching *m = s->c->m;
	const struct rd_wording *wording = &m->wording[s->c->where];
	struct rd_fit fit;

	if (s->unless->whole || s->number == NONE) {
		uint32_t from = s->byte - s->base;
		return from < s->len ? ask(s, from, 0, ret_from, ret_to) : PCRE2_ERROR_NOMATCH;
	}
	while (rd_outline_next(&m->rules->labels, &s->unless->outline, wording, s->number, s->word,
		s->byte, NONE, &m->effort.word_steps, &fit)) {
		s->word = fit.word;
		if (fit.told) {
			*ret_from = fit.at - s->base;
			*ret_to = wording->words[fit.last].at + wording->words[fit.last].len -
				  s->base;
			return 1;
		}
		int rc = ask(s, fit.at - s->base, PCRE2_ANCHORED, ret_from, ret_to);
		if (rc != PCRE2_ERROR_NOMATCH)
			return rc;
		s->byte = fit.at + 1;
	}
	return PCRE2_ERROR_NOMATCH;
}

/* Words for a person: "not, 2 words before". */
static const char *in_words(
	const struct search *s, uint32_t from, uint32_t to, bool before, unsigned distance)
{
	struct rd_arena *arena = s->c->m->arena;
	const char *word = rd_arena_copy(arena, s->text + from, to - from);
	const char *by = distance == 0
				 ? rd_arena_printf(arena, "%s, within it", word)
				 : rd_arena_printf(arena, "%s, %u word%s %s", word, distance,
					   distance == 1 ? "" : "s", before ? "before" : "after");

	return by != NULL ? by : "an exclusion";
}

static void tell(const struct search *s, uint32_t from, uint32_t to, bool before, unsigned distance,
	struct rd_spot match, struct rd_outcome *o)
{
	if (o->stopped)
		return; /* the first is told */
	o->stopped = true;
	o->stopped_spot = match;
	o->by = in_words(s, from, to, before, distance);
	o->by_place = place_of(s->c->m, s->unless->from);
}

/* Words from the one to the other, counted no further than the window. */
static unsigned distance_of(const struct search *s, uint32_t from, uint32_t to)
{
	const int window = s->unless->window;

	s->c->m->effort.bytes_run += window == 0 ? to - from : WALK_BYTES;
	return 1 + (window == 0 ? rd_words_between(s->text, from, to)
				: rd_words_up_to(s->text, from, to, (unsigned)window));
}

/* Does the exclusion of the search stop the match [from, to)? */
static bool stops(struct search *s, const struct rd_unit *unit, uint32_t from, uint32_t to,
	struct rd_outcome *o)
{
	const struct rd_unless_code *unless = s->unless;
	uint32_t a = 0, b = 0;
	int rc = PCRE2_ERROR_NOMATCH;

	while (rd_may_go_on(s->c, o) && (rc = find(s, &a, &b)) >= 0) {
		bool before = b <= from, after = a >= to;
		unsigned distance = before  ? distance_of(s, b, from)
				    : after ? distance_of(s, to, a)
					    : 0;
		bool near = unless->window == 0 || distance <= (unsigned)unless->window;
		bool side = unless->side == RD_NEAR || (unless->side == RD_BEFORE && before) ||
			    (unless->side == RD_AFTER && after);
		if (side && near) {
			const struct rd_spot match = { s->c->where, s->base + from, s->base + to };
			tell(s, a, b, before, distance, match, o);
			return true;
		}
		if (after && (!near || unless->side == RD_BEFORE))
			return false; /* whatever follows stands further away */
		s->byte = unit->from + (b > a ? a : b) + 1;
		while (s->byte < unit->to &&
			((unsigned char)s->text[s->byte - s->base] & 0xc0) == 0x80)
			s->byte++;
	}
	o->failed = o->failed || rc != PCRE2_ERROR_NOMATCH;
	return false;
}

bool rd_is_stopped(struct rd_confirmer *c, const struct rd_rule *rule, const struct rd_unit *unit,
	uint32_t number, uint32_t from, uint32_t to, struct rd_outcome *outcome)
{
	struct search s = { .c = c,
		.number = number,
		.base = unit->from,
		.text = c->m->field[c->where].text + unit->from,
		.len = unit->to - unit->from };
	uint32_t word = number != NONE ? c->m->wording[c->where].unit_from[number] : 0;

	for (size_t i = 0; i < rule->n_unless; i++) {
		s.unless = &rule->unless[i];
		s.word = word;
		s.byte = unit->from;
		if (stops(&s, unit, from, to, outcome))
			return true;
	}
	return false;
}

#include "redress/rules/matching.h"

#include <stdlib.h>
#include <string.h>

#include "redress/base/limits.h"
#include "redress/rules/confirm.h"
#include "redress/rules/leaning.h"

/* What is worth trying in one field. */
struct selection {
	struct rd_matching *m;
	const struct rd_prepared *field;
	const struct rd_wording *wording;
	uint8_t place;		/* RD_PLACE_BIT */
	uint32_t unit, segment; /* at which the passes are */
	/* Each pattern's candidates form a ring, in order of their units: the last one's number
	 * plus one; 0: none. */
	uint32_t *last_of; /* [pattern] */
	uint64_t *chosen;  /* patterns that have one, 64 at a time */
	uint64_t *met;	   /* the needs that the unit meets */
	uint64_t *touched; /* rules with an outcome */
	uint64_t *dropped; /* that have one more than there was room for; NULL: none has */
	struct rd_candidate *candidates;
	uint32_t n_candidates, size;
	bool full; /* the arena is */
};

static bool has_bit(const uint64_t *bits, uint32_t i)
{
	return (bits[i / 64] >> (i % 64) & 1) != 0;
}

static void set_bit(uint64_t *bits, uint32_t i)
{
	bits[i / 64] |= UINT64_C(1) << (i % 64);
}

static size_t n_blocks(uint32_t n)
{
	return n / 64 + 1u;
}

static bool grow(struct selection *s)
{
	uint32_t size = s->size == 0 ? 64 + s->wording->n_words : s->size * 2;
	struct rd_candidate *candidates = rd_arena_array(s->m->arena, size, sizeof *candidates);

	if (candidates == NULL) {
		s->full = true;
		return false;
	}
	if (s->n_candidates > 0)
		memcpy(candidates, s->candidates, s->n_candidates * sizeof *candidates);
	s->candidates = candidates;
	s->size = size;
	return true;
}

static void drop(struct selection *s, uint32_t pattern)
{
	s->m->effort.exhausted = true;
	if (s->dropped == NULL)
		s->dropped = rd_arena_array(
			s->m->arena, n_blocks(s->m->rules->n_patterns), sizeof *s->dropped);
	if (s->dropped == NULL)
		s->full = true;
	else
		set_bit(s->dropped, pattern);
}

/* The pattern is worth trying in this unit or segment, because of this word. */
static inline void choose(struct selection *s, uint32_t pattern, uint32_t unit, uint32_t word)
{
	uint32_t last = s->last_of[pattern];

	if ((s->m->rules->places[pattern] & s->place) == 0)
		return;
	if (last != 0 && s->candidates[last - 1].unit == unit) {
		s->candidates[last - 1].last = word;
		return;
	}
	if (s->n_candidates == RD_CANDIDATES_MAX) {
		set_bit(s->chosen, pattern);
		drop(s, pattern);
		return;
	}
	if (s->n_candidates == s->size && !grow(s))
		return;
	uint32_t number = s->n_candidates++;
	struct rd_candidate *c = &s->candidates[number];
	*c = (struct rd_candidate){ .unit = unit, .first = word, .last = word, .next = number };
	if (last != 0) {
		c->next = s->candidates[last - 1].next;
		s->candidates[last - 1].next = number;
	}
	s->last_of[pattern] = number + 1;
	set_bit(s->chosen, pattern);
}

/* The needs that a word meets. */
static inline void meet(struct selection *s, const struct rd_word_index *index, uint32_t word)
{
	for (uint32_t k = index->needs_from[word]; k < index->needs_from[word + 1]; k++)
		set_bit(s->met, index->needs[k]);
}

static inline void choose_all(
	struct selection *s, const struct rd_word_index *index, uint32_t word, uint32_t at)
{
	for (uint32_t k = index->from[word]; k < index->from[word + 1]; k++)
		if (has_bit(s->met, index->patterns[k].also))
			choose(s, index->patterns[k].pattern, s->unit, at);
}

static void found_symbol(void *context, uint32_t pattern, uint32_t at)
{
	struct selection *s = context;

	(void)at;
	choose(s, pattern, s->unit, 0);
}

static void choose_in_unit(struct selection *s, uint32_t from, uint32_t to)
{
	const struct rd_word_index *by_class = &s->m->rules->by_class,
				   *by_shape = &s->m->rules->by_shape;
	const struct rd_wording *w = s->wording;

	memset(s->met, 0, n_blocks(s->m->rules->n_needs) * sizeof *s->met);
	set_bit(s->met, 0);
	for (uint32_t i = from; i < to; i++) {
		meet(s, by_class, w->words[i].class);
		if (w->words[i].shape != RD_SHAPE_PLAIN)
			meet(s, by_shape, w->words[i].shape);
	}
	for (uint32_t k = w->words[from].others; k < w->words[to].others; k++) {
		meet(s, by_class, w->others[k].class);
		meet(s, by_shape, w->others[k].shape);
	}
	for (uint32_t i = from; i < to; i++) {
		const struct rd_text_word *word = &w->words[i];
		choose_all(s, by_class, word->class, i);
		if (word->shape != RD_SHAPE_PLAIN)
			choose_all(s, by_shape, word->shape, i);
		for (uint32_t k = word->others; k < word[1].others; k++) {
			choose_all(s, by_class, w->others[k].class, i);
			choose_all(s, by_shape, w->others[k].shape, i);
		}
	}
}

static void choose_by_words(struct selection *s)
{
	const uint32_t *from = s->wording->unit_from;
	const struct rd_automaton *by_symbol = s->m->rules->by_symbol;

	for (s->unit = 0; s->unit < s->field->n_units; s->unit++) {
		const struct rd_unit *unit = &s->field->units[s->unit];
		choose_in_unit(s, from[s->unit], from[s->unit + 1]);
		if (by_symbol != NULL)
			rd_automaton_run(by_symbol, s->field->text + unit->from,
				unit->to - unit->from, found_symbol, s);
	}
}

static void found_literal(void *context, uint32_t pattern, uint32_t at)
{
	struct selection *s = context;

	choose(s, pattern, s->segment, s->field->segments[s->segment].from + at);
}

/* Segments overlap, and what stands in two of them is found in both. */
static void choose_by_literals(struct selection *s)
{
	const struct rd_unit *segments = s->field->segments;

	for (s->segment = 0; s->segment < s->field->n_segments; s->segment++)
		rd_automaton_run(s->m->rules->by_text, s->field->text + segments[s->segment].from,
			segments[s->segment].to - segments[s->segment].from, found_literal, s);
}

static bool has_right_length(struct rd_matching *m, const struct rd_definition *def)
{
	if (def->words_to == 0)
		return true;
	if (m->n_words == 0)
		m->n_words = 1 + rd_words_between(m->field[RD_WHERE_BODY].text, 0,
					 m->field[RD_WHERE_BODY].len);
	uint32_t words = m->n_words - 1;
	return words >= (uint32_t)def->words_from && words <= (uint32_t)def->words_to;
}

static void keep_outcome(struct selection *s, uint32_t rule, const struct rd_outcome *outcome)
{
	struct rd_outcome *kept = rd_arena_alloc(s->m->arena, sizeof *kept);

	if (kept == NULL) {
		s->full = true;
		return;
	}
	*kept = *outcome;
	s->m->outcomes[rule] = kept;
	set_bit(s->touched, rule);
}

/* Tries a pattern wherever it was chosen. */
static void try_pattern(struct rd_confirmer *c, struct selection *s, uint32_t number)
{
	const struct rd_pattern *pattern = &s->m->rules->patterns[number];
	uint32_t last = s->last_of[number];

	if (!has_right_length(s->m, s->m->rules->rules[pattern->rule].def))
		return;
	struct rd_outcome *known = s->m->outcomes[pattern->rule], fresh = { .hit = false };
	struct rd_outcome *outcome = known != NULL ? known : &fresh;
	for (uint32_t i = last; last != 0;) {
		i = s->candidates[i - 1].next + 1;
		rd_confirm(c, pattern, &s->candidates[i - 1], outcome);
		if (i == last)
			break;
	}
	if (s->dropped != NULL && has_bit(s->dropped, number) && !outcome->hit) {
		outcome->failed = true;
		outcome->untried = true;
	}
	if (known == NULL && (fresh.hit || fresh.failed || fresh.stopped || fresh.selected ||
				     fresh.places != NULL))
		keep_outcome(s, pattern->rule, &fresh);
}

/* Those without key or literal. */
static void choose_always(struct selection *s)
{
	const struct rd_ruleset *rules = s->m->rules;

	for (uint32_t i = 0; i < rules->n_always; i++) {
		uint32_t pattern = rules->always[i];
		bool regex = rules->patterns[pattern].is_regex;
		uint32_t n = regex ? s->field->n_segments : s->field->n_units;
		for (uint32_t unit = 0; unit < n; unit++)
			choose(s, pattern, unit, 0);
	}
}

static void try_chosen(struct rd_confirmer *c, struct selection *s)
{
	for (size_t i = 0; i < n_blocks(s->m->rules->n_patterns); i++)
		for (; s->chosen[i] != 0 && !s->full; s->chosen[i] &= s->chosen[i] - 1) {
			uint32_t number =
				(uint32_t)(64 * i) + (uint32_t)__builtin_ctzll(s->chosen[i]);
			try_pattern(c, s, number);
			s->last_of[number] = 0;
		}
}

static enum rd_rc no_room(struct rd_err *err)
{
	return rd_fail(err, RD_E_RANGE, "no room left to score this message");
}

static enum rd_rc search_field(
	struct rd_confirmer *c, struct selection *s, enum rd_where where, struct rd_err *err)
{
	struct rd_matching *m = c->m;
	const struct rd_ruleset *rules = m->rules;

	c->where = where;
	s->field = &m->field[where];
	s->wording = &m->wording[where];
	s->place = (uint8_t)RD_PLACE_BIT(where, m->channel);
	s->n_candidates = 0;
	if (s->field->n_units == 0)
		return RD_OK;
	choose_by_words(s);
	if (rules->by_text != NULL)
		choose_by_literals(s);
	/* Phrases in the order of their file, whatever was found first. */
	try_chosen(c, s);
	choose_always(s);
	try_chosen(c, s);
	return s->full ? no_room(err) : RD_OK;
}

static enum rd_rc search(struct rd_matching *m, struct rd_confirmer *c, struct rd_err *err)
{
	const struct rd_ruleset *rules = m->rules;
	struct selection s = { .m = m,
		.last_of = rd_arena_array(m->arena, rules->n_patterns + 1u, sizeof *s.last_of),
		.chosen = rd_arena_array(m->arena, n_blocks(rules->n_patterns), sizeof *s.chosen),
		.touched = rd_arena_array(m->arena, n_blocks(rules->n_rules), sizeof *s.touched) };

	s.met = rd_arena_array(m->arena, n_blocks(rules->n_needs), sizeof *s.met);
	if (s.last_of == NULL || s.chosen == NULL || s.touched == NULL || s.met == NULL)
		return no_room(err);
	RD_TRY(search_field(c, &s, RD_WHERE_SUBJECT, err));
	RD_TRY(search_field(c, &s, RD_WHERE_BODY, err));
	RD_TRY(rd_leaning_run(m, err));
	for (uint32_t i = 0; i < rules->n_leanings; i++)
		if (m->outcomes[rules->leaning_rules[i]] != NULL)
			set_bit(s.touched, rules->leaning_rules[i]);
	for (size_t i = 0; i < n_blocks(rules->n_rules); i++)
		m->n_touched += (uint32_t)__builtin_popcountll(s.touched[i]);
	uint32_t *touched = rd_arena_array(m->arena, m->n_touched + 1u, sizeof *touched), n = 0;
	if (touched == NULL)
		return no_room(err);
	for (size_t i = 0; i < n_blocks(rules->n_rules); i++)
		for (uint64_t left = s.touched[i]; left != 0; left &= left - 1)
			touched[n++] = (uint32_t)(64 * i) + (uint32_t)__builtin_ctzll(left);
	m->touched = touched;
	return RD_OK;
}

enum rd_rc rd_matching_normalise(const struct rd_message *message, struct rd_arena *arena,
	struct rd_normal ret_normal[static 2], struct rd_err *err)
{
	/* Where stripping left nothing, everything is read. */
	const struct rd_span *spans = message->nothing_new ? NULL : message->spans;
	size_t n_spans = message->nothing_new ? 0 : message->n_spans;

	RD_TRY(rd_normalise(message->subject, message->subject_len, NULL, 0, RD_SUBJECT_BYTES_MAX,
		arena, &ret_normal[RD_WHERE_SUBJECT], err));
	return rd_normalise(message->body, message->body_len, spans, n_spans, RD_SCORED_BYTES_MAX,
		arena, &ret_normal[RD_WHERE_BODY], err);
}

enum rd_rc rd_matching_run(const struct rd_ruleset *rules, enum rd_channel channel,
	const struct rd_normal normal[static 2], int64_t received_ms, struct rd_arena *arena,
	struct rd_matching *ret_matching, struct rd_err *err)
{
	struct rd_matching m = { .rules = rules,
		.arena = arena,
		.channel = channel,
		.received_ms = received_ms,
		.normal = { normal[0], normal[1] },
		.truncated = normal[0].truncated || normal[1].truncated };
	RD_CLEANUP(rd_confirmer_end) struct rd_confirmer confirmer;

	rd_confirmer_begin(&confirmer, &m);
	m.outcomes = rd_arena_array(arena, rules->n_rules + 1u, sizeof *m.outcomes);
	if (m.outcomes == NULL)
		return no_room(err);
	for (int where = 0; where < 2; where++) {
		RD_TRY(rd_prepare(&m.normal[where], arena, &m.field[where], err));
		if (!rd_wording_read(
			    &m.field[where], rules->labels.lexicon, arena, &m.wording[where]))
			return no_room(err);
	}
	RD_TRY(search(&m, &confirmer, err));
	*ret_matching = m;
	return RD_OK;
}

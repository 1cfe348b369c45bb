#include "redress/rules/confirm.h"

#include <string.h>

#define NONE UINT32_MAX

static int count_step(pcre2_callout_block *block, void *context)
{
	struct rd_effort *effort = context;

	(void)block;
	if (++effort->steps <= RD_REGEX_STEPS_MAX)
		return 0;
	effort->exhausted = true;
	return PCRE2_ERROR_CALLOUT;
}

void rd_confirmer_begin(struct rd_confirmer *c, struct rd_matching *m)
{
	*c = (struct rd_confirmer){ .m = m, .data = pcre2_match_data_create(2, NULL) };
	RD_ASSERT(c->data != NULL);
}

void rd_confirmer_end(struct rd_confirmer *c)
{
	pcre2_match_data_free(c->data);
	pcre2_match_context_free(c->counted);
	pcre2_match_context_free(c->quick);
}

static bool overlaps(const struct rd_outcome *o, struct rd_spot spot)
{
	for (unsigned i = 0; i < o->n_places; i++)
		if (o->places[i].where == spot.where && spot.from < o->places[i].to &&
			o->places[i].from < spot.to)
			return true;
	return false;
}

/* A pattern being looked for in one unit or segment. */
struct search {
	struct rd_confirmer *c;
	const struct rd_pattern *pattern;
	const struct rd_rule *rule;
	struct rd_outcome *o;
	const struct rd_unit *unit, *around; /* around: where exclusions are looked for */
	uint32_t number;		     /* of the unit; NONE for a segment */
	const char *text;		     /* of the unit */
	uint32_t len;
};

/* One place where a pattern matches; false once the rule needs no more. */
static bool take_place(struct search *s, uint32_t from, uint32_t to)
{
	struct rd_matching *m = s->c->m;
	const struct rd_definition *def = s->rule->def;
	struct rd_outcome *o = s->o;
	struct rd_spot spot = { s->c->where, s->unit->from + from, s->unit->from + to };

	if (def->older_months > 0 && !rd_dates_older(m->field[s->c->where].text, spot.from, spot.to,
					     def->older_months, m->received_ms))
		return true;
	const uint32_t base = s->around->from;
	if (rd_is_stopped(s->c, s->rule, s->around, s->number, spot.from - base, spot.to - base, o))
		return true;
	if (def->at_least > 1) {
		if (o->places == NULL)
			o->places =
				rd_arena_array(m->arena, (size_t)def->at_least, sizeof *o->places);
		if (o->places == NULL || overlaps(o, spot))
			return true;
		o->places[o->n_places++] = spot;
		if (o->n_places < (unsigned)def->at_least)
			return true;
		spot = o->places[0];
	}
	o->hit = true;
	o->spot = spot;
	return false;
}

bool rd_may_go_on(struct rd_confirmer *c, struct rd_outcome *outcome)
{
	struct rd_effort *effort = &c->m->effort;

	if (effort->bytes_run <= RD_CONFIRM_BYTES_MAX && effort->steps <= RD_REGEX_STEPS_MAX &&
		effort->word_steps <= RD_WORD_STEPS_MAX)
		return true;
	effort->exhausted = true;
	outcome->failed = true;
	outcome->untried = true;
	return false;
}

static bool may_go_on(struct search *s)
{
	return rd_may_go_on(s->c, s->o);
}

static pcre2_match_context *context_of(
	struct rd_confirmer *c, pcre2_match_context **context, bool counted)
{
	if (*context == NULL) {
		*context = pcre2_match_context_copy(c->m->rules->limits);
		RD_ASSERT(*context != NULL);
		if (counted)
			pcre2_set_callout(*context, count_step, &c->m->effort);
	}
	return *context;
}

static int match(struct search *s, uint32_t from, uint32_t options)
{
	struct rd_confirmer *c = s->c;
	const struct rd_pattern *p = s->pattern;
	pcre2_match_context *limits = c->m->rules->limits;

	c->m->effort.n_runs++;
	c->m->effort.bytes_run += s->len - from;
	options |= PCRE2_NO_UTF_CHECK;
	if (p->counted != NULL) {
		limits = context_of(c, &c->quick, false);
		pcre2_set_match_limit(
			limits, RD_QUICK_STEPS / (s->around->to - s->around->from) + 10);
	}
	const pcre2_code *code = rd_program_code(p->program);
	if (code == NULL)
		return PCRE2_ERROR_INTERNAL;
	int rc = pcre2_match(code, (PCRE2_SPTR)s->text, s->len, from, options, c->data, limits);
	if (rc != PCRE2_ERROR_MATCHLIMIT || p->counted == NULL)
		return rc;
	const uint32_t before = c->m->effort.steps;
	rc = pcre2_match(p->counted, (PCRE2_SPTR)s->text, s->len, from, options, c->data,
		context_of(c, &c->counted, true));
	s->o->steps += c->m->effort.steps - before;
	/* Where others had used up most of what there is, this one is not to blame. */
	if (c->m->effort.exhausted && s->o->steps < RD_REGEX_STEPS_MAX / 2)
		s->o->untried = true;
	return rc;
}

enum next { GO_ON, NO_MATCH, DONE };

/* A match; *ret_next: where another one can begin. */
static enum next take(struct search *s, uint32_t begin, uint32_t end, uint32_t *ret_next)
{
	if (end > begin && !take_place(s, begin, end))
		return DONE;
	*ret_next = end > begin ? end : end + 1;
	while (*ret_next < s->len && ((unsigned char)s->text[*ret_next] & 0xc0) == 0x80)
		++*ret_next;
	return GO_ON;
}

/* A match from byte `from` on. */
static enum next try(struct search *s, uint32_t from, uint32_t options, uint32_t *ret_next)
{
	if (!may_go_on(s))
		return DONE;
	int rc = match(s, from, options);
	if (rc == PCRE2_ERROR_NOMATCH)
		return NO_MATCH;
	if (rc < 0) {
		s->o->failed = true;
		return DONE;
	}
	const PCRE2_SIZE *v = pcre2_get_ovector_pointer(s->c->data);
	return take(s, (uint32_t)v[0], (uint32_t)v[1], ret_next);
}

static void search_whole(struct search *s)
{
	uint32_t from = 0;

	while (from < s->len && try(s, from, 0, &from) == GO_ON)
		continue;
}

/* The sentences of a segment from where a literal first stands to where one last does. */
static void search_sentences(struct search *s, const struct rd_candidate *candidate)
{
	const struct rd_prepared *field = &s->c->m->field[s->c->where];
	uint32_t low = 0, high = field->n_units;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (field->units[middle].from < s->around->from ||
			field->units[middle].to <= candidate->first)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < field->n_units && !s->o->hit && !s->o->failed; low++) {
		s->unit = &field->units[low];
		if (s->unit->from > candidate->last || s->unit->to > s->around->to)
			return;
		s->text = field->text + s->unit->from;
		s->len = s->unit->to - s->unit->from;
		search_whole(s);
	}
}

/* Where the outline tells a match, it is one but for what the pattern's anchors want of the bytes
 * around it. */
static enum next take_told(struct search *s, const struct rd_fit *fit, uint32_t *ret_next)
{
	const struct rd_pattern *p = s->pattern;
	const struct rd_text_word *last = &s->c->m->wording[s->c->where].words[fit->last];
	uint32_t begin = fit->at - s->unit->from, end = last->at + last->len - s->unit->from;

	if ((p->sentence_start && begin > RD_ANCHOR_START_MAX) ||
		(p->outline.at_end && s->len - end > RD_ANCHOR_END_MAX))
		return try(s, p->sentence_start ? 0 : begin, PCRE2_ANCHORED, ret_next);
	if (p->question && memchr(s->text + end, '?', s->len - end) == NULL)
		return NO_MATCH;
	if (!may_go_on(s))
		return DONE;
	return take(s, p->sentence_start ? 0 : begin, p->outline.at_end ? s->len : end, ret_next);
}

/* Only where the outline fits can a match begin. */
static void search_by_outline(struct search *s, const struct rd_candidate *candidate)
{
	struct rd_matching *m = s->c->m;
	const struct rd_pattern *p = s->pattern;
	const struct rd_wording *wording = &m->wording[s->c->where];
	const uint32_t own = wording->unit_from[s->number];
	uint32_t word = own, byte = s->unit->from, last = candidate->last;
	struct rd_fit fit;

	if (p->whole) {
		if (p->outline.blunt ||
			rd_outline_next(&m->rules->labels, &p->outline, wording, s->number, word,
				byte, NONE, &m->effort.word_steps, &fit))
			search_whole(s);
		return;
	}
	/* What is loose may stand between, uncounted. */
	if (!wording->any_loose) {
		if (candidate->first - own > p->most)
			word = candidate->first - p->most;
		if (last - own < p->least)
			return;
		last -= p->least;
	}
	if (p->sentence_start)
		last = own;
	while (rd_outline_next(&m->rules->labels, &p->outline, wording, s->number, word, byte, last,
		&m->effort.word_steps, &fit)) {
		uint32_t begin = fit.at - s->unit->from, next = begin + 1;
		enum next rc =
			fit.told ? take_told(s, &fit, &next)
				 : try(s, p->sentence_start ? 0 : begin, PCRE2_ANCHORED, &next);
		if (rc == DONE || p->sentence_start)
			return;
		word = fit.word;
		byte = s->unit->from + next;
	}
	(void)may_go_on(s);
}

static bool has_bit(const uint8_t *bits, unsigned char byte)
{
	return (bits[byte / 8] >> (byte % 8) & 1) != 0;
}

void rd_confirm(struct rd_confirmer *c, const struct rd_pattern *p,
	const struct rd_candidate *candidate, struct rd_outcome *outcome)
{
	const struct rd_prepared *field = &c->m->field[c->where];
	const struct rd_unit *units = p->is_regex ? field->segments : field->units;
	uint32_t n = p->is_regex ? field->n_segments : field->n_units, number = candidate->unit;
	const struct rd_unit *unit = &units[number];
	struct search s = { .c = c,
		.pattern = p,
		.rule = &c->m->rules->rules[p->rule],
		.o = outcome,
		.number = p->is_regex ? NONE : number,
		.unit = unit,
		.around = unit,
		.text = field->text + unit->from,
		.len = unit->to - unit->from };

	if (outcome->hit || outcome->failed)
		return;
	if (p->at_start && (number != 0 || !unit->begins))
		return;
	if (p->at_end && (number + 1 != n || !unit->ends))
		return;
	if (p->question && memchr(s.text, '?', s.len) == NULL)
		return;
	if (p->first != NULL && !has_bit(p->first, (unsigned char)s.text[0]))
		return;
	if (s.rule->off)
		outcome->selected = true;
	else if (p->confined)
		search_sentences(&s, candidate);
	else if (p->is_regex)
		search_whole(&s);
	else
		search_by_outline(&s, candidate);
}

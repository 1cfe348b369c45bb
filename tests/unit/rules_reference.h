/* rules_reference: matching as the manual tells it, with nothing in front of PCRE2: every pattern
 * on every sentence from its first byte on, every exclusion likewise. What rd_matching_run finds
 * must be the same, place by place. */
#ifndef REDRESS_TESTS_RULES_REFERENCE_H
#define REDRESS_TESTS_RULES_REFERENCE_H

#include "rules_help.h"

#include "redress/rules/compiled.h"
#include "redress/rules/matching.h"

struct reference {
	const struct rd_ruleset *rules;
	const struct rd_matching *m; /* whose prepared fields are read; nothing else of it */
	pcre2_match_data *data;
	/* Of the rule that is tried. */
	const struct rd_rule *rule;
	struct rd_outcome o;
	struct rd_spot places[20];
};

static inline int reference_match(struct reference *r, const pcre2_code *code, const char *text,
	uint32_t len, uint32_t from, uint32_t *ret_from, uint32_t *ret_to)
{
	int rc = pcre2_match(
		code, (PCRE2_SPTR)text, len, from, PCRE2_NO_UTF_CHECK, r->data, r->rules->limits);

	if (rc < 0 && rc != PCRE2_ERROR_NOMATCH)
		r->o.failed = true;
	if (rc < 0)
		return false;
	const PCRE2_SIZE *v = pcre2_get_ovector_pointer(r->data);
	*ret_from = (uint32_t)v[0];
	*ret_to = (uint32_t)v[1];
	return true;
}

static inline uint32_t reference_behind(const char *text, uint32_t len, uint32_t at)
{
	at++;
	while (at < len && ((unsigned char)text[at] & 0xc0) == 0x80)
		at++;
	return at;
}

static inline bool reference_stops(
	struct reference *r, const char *text, uint32_t len, uint32_t from, uint32_t to)
{
	for (size_t i = 0; i < r->rule->n_unless; i++) {
		const struct rd_unless_code *u = &r->rule->unless[i];
		uint32_t a = 0, b = 0;
		for (uint32_t at = 0; at < len && reference_match(r, rd_program_code(u->program),
							  text, len, at, &a, &b);
			at = reference_behind(text, len, a)) {
			bool before = b <= from, after = a >= to;
			unsigned distance = before  ? 1 + rd_words_between(text, b, from)
					    : after ? 1 + rd_words_between(text, to, a)
						    : 0;
			if ((u->side == RD_BEFORE && !before) || (u->side == RD_AFTER && !after) ||
				(u->window != 0 && distance > (unsigned)u->window))
				continue;
			return true;
		}
	}
	return false;
}

/* True once the rule needs no more. */
static inline bool reference_takes(struct reference *r, struct rd_spot spot, const char *text,
	const struct rd_unit *unit, uint32_t len)
{
	const struct rd_definition *def = r->rule->def;
	const char *field = r->m->field[spot.where].text;

	if (def->older_months > 0 &&
		!rd_dates_older(field, spot.from, spot.to, def->older_months, r->m->received_ms))
		return false;
	if (reference_stops(r, text, len, spot.from - unit->from, spot.to - unit->from)) {
		if (!r->o.stopped)
			r->o.stopped_spot = spot;
		r->o.stopped = true;
		return false;
	}
	for (unsigned i = 0; i < r->o.n_places; i++)
		if (r->places[i].where == spot.where && spot.from < r->places[i].to &&
			r->places[i].from < spot.to)
			return false;
	r->places[r->o.n_places++] = spot;
	if ((int)r->o.n_places < def->at_least)
		return false;
	r->o.hit = true;
	r->o.spot = r->places[0];
	return true;
}

static inline void reference_tries(
	struct reference *r, const struct rd_pattern *p, enum rd_where where)
{
	const struct rd_prepared *f = &r->m->field[where];
	const struct rd_unit *units = p->is_regex ? f->segments : f->units;
	uint32_t n = p->is_regex ? f->n_segments : f->n_units;

	for (uint32_t u = 0; u < n && !r->o.hit && !r->o.failed; u++) {
		const char *text = f->text + units[u].from;
		uint32_t len = units[u].to - units[u].from, a = 0, b = 0;
		if ((p->at_start && (u != 0 || !units[u].begins)) ||
			(p->at_end && (u + 1 != n || !units[u].ends)))
			continue;
		for (uint32_t at = 0; at < len && reference_match(r, rd_program_code(p->program),
							  text, len, at, &a, &b);) {
			struct rd_spot spot = { where, units[u].from + a, units[u].from + b };
			if (b > a && reference_takes(r, spot, text, &units[u], len))
				break;
			at = b > a ? b : reference_behind(text, len, b);
		}
	}
}

/* r->o: what the rule's patterns find; those with a key or literal first, as the manual has it. */
static inline void reference_run(struct reference *r, uint32_t rule)
{
	const struct rd_ruleset *rules = r->rules;

	r->rule = &rules->rules[rule];
	r->o = (struct rd_outcome){ .hit = false };
	for (int pass = 0; pass < 4; pass++) {
		enum rd_where where = pass < 2 ? RD_WHERE_SUBJECT : RD_WHERE_BODY;
		if (pass < 2 ? !r->rule->def->in_subject : !r->rule->def->in_body)
			continue;
		for (uint32_t i = 0; i < rules->n_patterns && !r->o.hit && !r->o.failed; i++) {
			bool always = false;
			for (uint32_t k = 0; k < rules->n_always; k++)
				always = always || rules->always[k] == i;
			if (rules->patterns[i].rule == rule && always == (pass % 2 == 1))
				reference_tries(r, &rules->patterns[i], where);
		}
	}
}

static inline void reference_fail(
	const struct reference *r, const char *text, const char *what, const struct rd_outcome *o)
{
	print_message("%s in `%s`:\n", what, text);
	for (size_t i = 0; i < r->rule->def->lines.n_items; i++)
		print_message("    %s: %s\n", r->rule->def->lines.items[i].name,
			r->rule->def->lines.items[i].value);
	fail_msg("rule %s: %u-%u (stopped %d: %u-%u), not %u-%u (%d: %u-%u)", r->rule->def->id,
		o->spot.from, o->spot.to, o->stopped, o->stopped_spot.from, o->stopped_spot.to,
		r->o.spot.from, r->o.spot.to, r->o.stopped, r->o.stopped_spot.from,
		r->o.stopped_spot.to);
}

static inline bool reference_same(struct rd_spot a, struct rd_spot b)
{
	return a.where == b.where && a.from == b.from && a.to == b.to;
}

/* Fails the test where matching and reference differ in one of the rules; returns how many hit. A
 * rule of which either reached a limit is left out: the reference works more. text: to be told. */
static inline unsigned reference_compare(
	struct reference *r, const struct rd_matching *m, const char *text)
{
	static const struct rd_outcome nothing = { .hit = false };
	unsigned hits = 0;

	r->m = m;
	for (uint32_t i = 0; i < r->rules->n_rules; i++) {
		const struct rd_outcome *o = m->outcomes[i] != NULL ? m->outcomes[i] : &nothing;
		const struct rd_definition *def = r->rules->rules[i].def;
		bool channel = m->channel == RD_CHANNEL_SMS ? def->by_sms : def->by_email;
		if (!r->rules->rules[i].runs || !channel || def->words_to != 0 || o->failed)
			continue;
		if (r->rules->rules[i].def->is_leaning)
			continue; /* no pattern of its own */
		reference_run(r, i);
		if (r->o.failed)
			continue;
		if (o->hit != r->o.hit)
			reference_fail(r, text, o->hit ? "too much" : "lost", o);
		if (o->hit && !reference_same(o->spot, r->o.spot))
			reference_fail(r, text, "another place", o);
		if (o->stopped != r->o.stopped ||
			(o->stopped && !reference_same(o->stopped_spot, r->o.stopped_spot)))
			reference_fail(r, text, "other exclusions", o);
		hits += o->hit;
	}
	return hits;
}

#endif

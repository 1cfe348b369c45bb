/* What of a rule could be dropped without any of its examples telling the difference? */
#include <string.h>
#include <strings.h>

#include "redress/rules/examples.h"
#include "redress/rules/variants.h"

#define MUTATIONS_MAX 200000

/* Something that can be dropped. */
struct part {
	const struct rd_line *line;
	const char *what;
	const struct rd_unless *unless; /* and the number of its phrase; else NULL */
	size_t phrase;
	bool missed;	/* an example tells that it is gone */
	bool uncertain; /* only the rule without it can tell */
	size_t variant; /* that rule */
};

struct mutation {
	struct rd_tester *t;
	const struct rd_definition *def;
	struct part *parts;
	size_t n_parts, n_patterns; /* the patterns first: phrases, then Regex */
	struct rd_variants *variants;
	struct rd_variant_result *results;
	struct rd_mutations *out;
};

static void add_part(struct mutation *m, struct part part)
{
	m->parts[m->n_parts++] = part;
}

static bool gather_parts(struct mutation *m)
{
	const struct rd_definition *def = m->def;
	size_t n = def->lines.n_items;

	for (size_t i = 0; i < def->n_unless; i++)
		n += def->unless[i].n_phrases;
	m->parts = rd_arena_array(m->t->arena, n + 1, sizeof *m->parts);
	m->results = rd_arena_array(m->t->arena, n + 1, sizeof *m->results);
	if (m->parts == NULL || m->results == NULL)
		return false;
	for (size_t i = 0; i < def->phrases.n_items; i++)
		add_part(m, (struct part){ .line = &def->phrases.items[i], .what = "phrase" });
	for (size_t i = 0; i < def->regexes.n_items; i++)
		add_part(m, (struct part){ .line = &def->regexes.items[i], .what = "pattern" });
	m->n_patterns = m->n_parts;
	for (size_t i = 0; i < def->n_unless; i++)
		for (size_t k = 0; k < def->unless[i].n_phrases; k++)
			add_part(m, (struct part){ .line = &def->unless[i].phrases[k],
					    .what = "exclusion",
					    .unless = &def->unless[i],
					    .phrase = k });
	/* Where an example is tried follows from `Look in` and `Channel`: none can miss those. */
	for (size_t i = 0; i < def->lines.n_items; i++) {
		const struct rd_line *line = &def->lines.items[i];
		if (rd_line_is_condition(line) && strcasecmp(line->name, "Look in") != 0 &&
			strcasecmp(line->name, "Channel") != 0)
			add_part(m, (struct part){
					    .line = line, .what = "condition", .uncertain = true });
	}
	return true;
}

static enum rd_rc try_on(struct mutation *m, const struct rd_line *example, struct rd_err *err)
{
	struct rd_message message;

	RD_TRY(rd_example_message(m->def, example, m->t->arena, &message, err));
	return rd_variants_try(m->variants, &message, m->t->today_ms, m->t->arena, m->results, err);
}

/* A phrase that alone matches an example would be missed; one that matches none would not. Likewise
 * an exclusion that stands in no counter-example. */
static enum rd_rc try_bare(struct mutation *m, struct rd_err *err)
{
	const struct rd_definition *def = m->def;

	for (size_t i = 0; i < m->n_parts; i++) {
		if (i < m->n_patterns)
			RD_TRY(rd_variants_add_bare(m->variants, m->parts[i].line, err));
		else
			RD_TRY(rd_variants_add_phrase(m->variants, m->parts[i].line->value, err));
	}
	RD_TRY(rd_variants_build(m->variants, m->t->today_ms, err));
	struct rd_arena_mark mark = rd_arena_mark(m->t->arena);
	for (size_t e = 0; e < def->must.n_items; e++) {
		size_t n_hits = 0;
		RD_TRY(try_on(m, &def->must.items[e], err));
		for (size_t i = 0; i < m->n_patterns; i++)
			n_hits += m->results[i].hit;
		for (size_t i = 0; i < m->n_patterns; i++) {
			m->parts[i].missed |= m->results[i].hit && n_hits == 1;
			m->parts[i].uncertain |= m->results[i].hit;
		}
		rd_arena_back_to(m->t->arena, mark);
	}
	for (size_t e = 0; e < def->must_not.n_items; e++) {
		RD_TRY(try_on(m, &def->must_not.items[e], err));
		for (size_t i = m->n_patterns; i < m->n_parts; i++)
			m->parts[i].uncertain |= m->results[i].hit;
		rd_arena_back_to(m->t->arena, mark);
	}
	return RD_OK;
}

static enum rd_rc add_without(struct mutation *m, struct rd_err *err)
{
	for (size_t i = 0; i < m->n_parts; i++) {
		struct part *p = &m->parts[i];
		if (p->missed || !p->uncertain)
			continue;
		p->variant = m->variants->n;
		if (p->unless != NULL)
			RD_TRY(rd_variants_add_lax(m->variants, p->unless, p->phrase, err));
		else
			RD_TRY(rd_variants_add_without(m->variants, p->line, err));
	}
	return RD_OK;
}

/* The rule without each part that is still in question, on all of its examples. */
static enum rd_rc try_without(struct mutation *m, struct rd_err *err)
{
	const struct rd_definition *def = m->def;

	RD_TRY(add_without(m, err));
	if (m->variants->n == 0)
		return RD_OK;
	RD_TRY(rd_variants_build(m->variants, m->t->today_ms, err));
	struct rd_arena_mark mark = rd_arena_mark(m->t->arena);
	for (size_t e = 0; e < def->must.n_items + def->must_not.n_items; e++) {
		bool must = e < def->must.n_items;
		RD_TRY(try_on(m,
			must ? &def->must.items[e] : &def->must_not.items[e - def->must.n_items],
			err));
		for (size_t i = 0; i < m->n_parts; i++) {
			struct part *p = &m->parts[i];
			if (p->uncertain && !p->missed && m->results[p->variant].hit != must)
				p->missed = true;
		}
		rd_arena_back_to(m->t->arena, mark);
	}
	return RD_OK;
}

static void keep(struct mutation *m, const struct part *part)
{
	struct rd_mutations *out = m->out;

	if (out->n_items == out->size && out->size < MUTATIONS_MAX) {
		size_t size = out->size == 0 ? 256 : out->size * 2;
		struct rd_mutation *items = rd_arena_array(out->arena, size, sizeof *items);
		if (items == NULL)
			return;
		if (out->n_items > 0)
			memcpy(items, out->items, out->n_items * sizeof *items);
		out->items = items;
		out->size = size;
	}
	struct rd_mutation kept = { .at = part->line->at,
		.rule = rd_arena_strdup(out->arena, m->def->id),
		.what = part->what,
		.text = rd_arena_strdup(out->arena, part->line->value) };
	kept.at.file = rd_arena_strdup(out->arena, part->line->at.file);
	if (out->n_items < out->size && kept.rule != NULL && kept.text != NULL &&
		kept.at.file != NULL)
		out->items[out->n_items++] = kept;
}

enum rd_rc rd_mutate_rule(struct rd_tester *t, const struct rd_definition *def,
	struct rd_mutations *mutations, struct rd_err *err)
{
	struct mutation m = { .t = t, .def = def, .out = mutations };
	RD_CLEANUP(rd_variants_end) struct rd_variants bare = { .def = def };
	RD_CLEANUP(rd_variants_end) struct rd_variants without = { .def = def };

	if (def->is_combine)
		return RD_OK;
	rd_arena_reset(t->arena);
	if (!gather_parts(&m))
		return rd_fail(err, RD_E_RANGE, "rule `%s` is too large to be tried", def->id);
	m.variants = &bare;
	RD_TRY(rd_variants_begin(&bare, t->set, def, err));
	RD_TRY(try_bare(&m, err));
	m.variants = &without;
	RD_TRY(rd_variants_begin(&without, t->set, def, err));
	RD_TRY(try_without(&m, err));
	for (size_t i = 0; i < m.n_parts; i++)
		if (!m.parts[i].missed)
			keep(&m, &m.parts[i]);
	mutations->n_dropped += m.n_parts;
	return RD_OK;
}

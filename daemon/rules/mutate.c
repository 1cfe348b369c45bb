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

/* A phrase that matches no example is missed by none, nor an exclusion that stands in none. */
static enum rd_rc try_bare(struct mutation *m, size_t from, size_t to, struct rd_err *err)
{
	const struct rd_definition *def = m->def;
	struct rd_arena_mark mark = rd_arena_mark(m->t->arena);

	RD_TRY(rd_variants_build(m->variants, m->t->today_ms, err));
	for (size_t e = 0; e < def->must.n_items + def->must_not.n_items; e++) {
		bool must = e < def->must.n_items;
		RD_TRY(try_on(m,
			must ? &def->must.items[e] : &def->must_not.items[e - def->must.n_items],
			err));
		for (size_t i = from; i < to; i++)
			m->parts[i].uncertain |=
				m->results[i - from].hit && must == (i < m->n_patterns);
		rd_arena_back_to(m->t->arena, mark);
	}
	return RD_OK;
}

/* The rule without each of the parts that are still in question, on all of its examples. */
static enum rd_rc try_without(struct mutation *m, size_t from, size_t to, struct rd_err *err)
{
	const struct rd_definition *def = m->def;
	struct rd_arena_mark mark = rd_arena_mark(m->t->arena);

	RD_TRY(rd_variants_build(m->variants, m->t->today_ms, err));
	for (size_t e = 0; e < def->must.n_items + def->must_not.n_items; e++) {
		bool must = e < def->must.n_items;
		RD_TRY(try_on(m,
			must ? &def->must.items[e] : &def->must_not.items[e - def->must.n_items],
			err));
		for (size_t i = from; i < to; i++) {
			struct part *p = &m->parts[i];
			if (p->uncertain && m->results[p->variant].hit != must)
				p->missed = true;
		}
		rd_arena_back_to(m->t->arena, mark);
	}
	return RD_OK;
}

static enum rd_rc add_part_bare(struct mutation *m, struct part *p, struct rd_err *err)
{
	if (p->unless == NULL && !p->uncertain)
		return rd_variants_add_bare(m->variants, p->line, err);
	return rd_variants_add_phrase(m->variants, p->line->value, err);
}

static enum rd_rc add_rule_without(struct mutation *m, struct part *p, struct rd_err *err)
{
	p->variant = m->variants->n;
	if (!p->uncertain)
		return RD_OK;
	if (p->unless != NULL)
		return rd_variants_add_lax(m->variants, p->unless, p->phrase, err);
	return rd_variants_add_without(m->variants, p->line, err);
}

/* Goes through the parts in batches: each is added, and what was added is tried. A batch that is
 * too much at once is halved. */
static enum rd_rc in_batches(struct mutation *m,
	enum rd_rc (*add)(struct mutation *, struct part *, struct rd_err *),
	enum rd_rc (*try_batch)(struct mutation *, size_t, size_t, struct rd_err *),
	struct rd_err *err)
{
	size_t most = m->n_parts;

	for (size_t from = 0; from < m->n_parts;) {
		RD_CLEANUP(rd_variants_end) struct rd_variants variants = { .def = m->def };
		size_t to = from;
		m->variants = &variants;
		RD_TRY(rd_variants_begin(&variants, m->t->set, m->def, err));
		while (to < m->n_parts && to - from < most && !rd_variants_full(&variants))
			RD_TRY(add(m, &m->parts[to++], err));
		enum rd_rc rc = variants.n > 0 ? try_batch(m, from, to, err) : RD_OK;
		if (rc == RD_E_RANGE && to - from > 1) {
			most = (to - from) / 2;
			continue;
		}
		if (rc != RD_OK)
			return rc;
		from = to;
	}
	return RD_OK;
}

/* A layer that changes a rule leaves most of it as it is. */
static bool is_kept(const struct rd_mutations *out, const struct part *part)
{
	for (size_t i = 0; i < out->n_items; i++) {
		const struct rd_mutation *m = &out->items[i];
		if (m->at.line == part->line->at.line && m->at.column == part->line->at.column &&
			strcmp(m->at.file, part->line->at.file) == 0 &&
			strcmp(m->text, part->line->value) == 0)
			return true;
	}
	return false;
}

static void keep(struct mutation *m, const struct part *part)
{
	struct rd_mutations *out = m->out;

	if (is_kept(out, part))
		return;
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

	if (def->is_combine)
		return RD_OK;
	rd_arena_reset(t->arena);
	if (!gather_parts(&m))
		return rd_fail(err, RD_E_RANGE, "rule `%s` is too large to be tried", def->id);
	RD_TRY(in_batches(&m, add_part_bare, try_bare, err));
	RD_TRY(in_batches(&m, add_rule_without, try_without, err));
	for (size_t i = 0; i < m.n_parts; i++)
		if (!m.parts[i].missed)
			keep(&m, &m.parts[i]);
	mutations->n_dropped += m.n_parts;
	return RD_OK;
}

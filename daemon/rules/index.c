/* What a text must hold for a pattern to be tried on it: the outlines of phrases, drawn when the
 * words of all of them are known, and from each key's words to the patterns. */
#include <string.h>

#include "redress/rules/compiled.h"

struct indexer {
	struct rd_ruleset *set;
	struct rd_key *keys; /* by pattern */
};

static enum rd_rc no_room(struct rd_err *err)
{
	return rd_fail(err, RD_E_RANGE, "the rule files are too large together");
}

static bool gather_words(struct rd_ruleset *set, const struct rd_sketch *sketches,
	const struct rd_sketch *unless_sketches)
{
	if (!rd_labels_begin(&set->labels, set->arena))
		return false;
	for (uint32_t i = 0; i < set->n_patterns; i++)
		if (!set->patterns[i].is_regex && !rd_labels_add(&set->labels, &sketches[i]))
			return false;
	for (uint32_t i = 0; i < set->n_unless; i++)
		if (!rd_labels_add(&set->labels, &unless_sketches[i]))
			return false;
	return rd_labels_finish(&set->labels);
}

static bool draw_outlines(struct indexer *x, const struct rd_sketch *sketches,
	const struct rd_sketch *unless_sketches)
{
	struct rd_ruleset *set = x->set;

	for (uint32_t i = 0; i < set->n_patterns; i++) {
		struct rd_pattern *p = &set->patterns[i];
		struct rd_key *key = &x->keys[i];
		if (p->is_regex)
			continue;
		if (!rd_outline_draw(
			    &set->labels, &sketches[i], p->outline.at_end, &p->outline, key))
			return false;
		p->whole = p->whole || p->outline.blunt;
		p->least = key->least;
		p->most = key->most;
		p->literals =
			(struct rd_literals){ .items = key->symbols, .n_items = key->n_symbols };
	}
	for (uint32_t i = 0; i < set->n_unless; i++) {
		struct rd_unless_code *u = &set->unless[i];
		if (!rd_outline_draw(&set->labels, &unless_sketches[i], false, &u->outline, NULL))
			return false;
		u->whole = u->whole || u->outline.blunt;
	}
	return true;
}

static bool key_has_shape(const struct rd_key *key, uint32_t shape)
{
	return (key->shapes >> shape & 1) != 0;
}

/* Counts, then places: `from` is filled up to where each thing's patterns end. */
static bool index_classes(struct indexer *x)
{
	struct rd_ruleset *set = x->set;
	uint32_t n = rd_lexicon_n_classes(set->labels.lexicon), total = 0;
	uint32_t *from = rd_arena_array(set->arena, n + 1u, sizeof *from);

	if (from == NULL)
		return false;
	for (uint32_t i = 0; i < set->n_patterns; i++)
		for (uint32_t k = 0; k < x->keys[i].n_classes; k++)
			from[x->keys[i].classes[k] + 1]++;
	for (uint32_t i = 1; i <= n; i++)
		from[i] += from[i - 1];
	total = from[n];
	uint32_t *patterns = rd_arena_array(set->arena, total + 1u, sizeof *patterns);
	uint32_t *at = rd_arena_array(set->arena, n + 1u, sizeof *at);
	if (patterns == NULL || at == NULL)
		return false;
	memcpy(at, from, n * sizeof *at);
	for (uint32_t i = 0; i < set->n_patterns; i++)
		for (uint32_t k = 0; k < x->keys[i].n_classes; k++)
			patterns[at[x->keys[i].classes[k]]++] = i;
	set->by_class = (struct rd_pattern_index){ from, patterns };
	return true;
}

static bool index_shapes(struct indexer *x)
{
	struct rd_ruleset *set = x->set;
	uint32_t *from = rd_arena_array(set->arena, RD_SHAPE_OTHER + 2u, sizeof *from);
	uint32_t n = 0;

	for (uint32_t i = 0; i < set->n_patterns; i++)
		for (uint32_t shape = 0; shape <= RD_SHAPE_OTHER; shape++)
			n += key_has_shape(&x->keys[i], shape);
	uint32_t *patterns = rd_arena_array(set->arena, n + 1u, sizeof *patterns);
	if (from == NULL || patterns == NULL)
		return false;
	n = 0;
	for (uint32_t shape = 0; shape <= RD_SHAPE_OTHER; shape++) {
		for (uint32_t i = 0; i < set->n_patterns; i++)
			if (key_has_shape(&x->keys[i], shape))
				patterns[n++] = i;
		from[shape + 1] = n;
	}
	set->by_shape = (struct rd_pattern_index){ from, patterns };
	return true;
}

static bool mark_places(struct rd_ruleset *set)
{
	uint8_t *places = rd_arena_array(set->arena, set->n_patterns + 1u, sizeof *places);

	if (places == NULL)
		return false;
	for (uint32_t i = 0; i < set->n_patterns; i++) {
		const struct rd_rule *rule = &set->rules[set->patterns[i].rule];
		const struct rd_definition *def = rule->def;
		for (unsigned where = 0; where < 2 && rule->runs; where++) {
			bool looked = where == 0 ? def->in_subject : def->in_body;
			if (looked && def->by_email)
				places[i] |= (uint8_t)RD_PLACE_BIT(where, RD_CHANNEL_EMAIL);
			if (looked && def->by_sms)
				places[i] |= (uint8_t)RD_PLACE_BIT(where, RD_CHANNEL_SMS);
		}
	}
	set->places = places;
	return true;
}

static enum rd_rc index_literals(struct indexer *x, struct rd_err *err)
{
	struct rd_ruleset *set = x->set;
	size_t n_needles = 0, n = 0;
	uint32_t *always = rd_arena_array(set->arena, set->n_patterns + 1u, sizeof *always);

	for (uint32_t i = 0; i < set->n_patterns; i++)
		n_needles += set->patterns[i].literals.n_items;
	struct rd_needle *needles = rd_arena_array(set->arena, n_needles + 1, sizeof *needles);
	if (always == NULL || needles == NULL)
		return no_room(err);
	for (uint32_t i = 0; i < set->n_patterns; i++) {
		const struct rd_pattern *p = &set->patterns[i];
		for (size_t k = 0; k < p->literals.n_items; k++)
			needles[n++] = (struct rd_needle){ p->literals.items[k], i };
		if (p->literals.n_items > 0 || x->keys[i].n_classes > 0 || x->keys[i].shapes != 0)
			continue;
		set->patterns[i].whole = true;
		always[set->n_always++] = i;
	}
	set->always = always;
	return n > 0 ? rd_automaton_build(needles, n, &set->by_text, err) : RD_OK;
}

enum rd_rc rd_ruleset_index(struct rd_ruleset *set, const struct rd_sketch *sketches,
	const struct rd_sketch *unless_sketches, struct rd_err *err)
{
	struct indexer x = { .set = set,
		.keys = rd_arena_array(set->arena, set->n_patterns + 1u, sizeof *x.keys) };

	if (x.keys == NULL || !gather_words(set, sketches, unless_sketches) ||
		!draw_outlines(&x, sketches, unless_sketches) || !index_classes(&x) ||
		!index_shapes(&x) || !mark_places(set))
		return no_room(err);
	return index_literals(&x, err);
}

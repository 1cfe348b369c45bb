/* What a text must hold for a pattern to be tried on it: the outlines of phrases, drawn when the
 * words of all of them are known, and from each key's words to the patterns. */
#include <string.h>

#include "redress/rules/compiled.h"

struct indexer {
	struct rd_ruleset *set;
	struct rd_key *keys;  /* by pattern */
	uint32_t *needs;      /* [label]: its number as a need; 0: it is none */
	uint32_t *need_label; /* [need] */
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

/* Gives a number to each label that is needed beside a key. */
static bool number_needs(struct indexer *x)
{
	struct rd_ruleset *set = x->set;

	x->needs = rd_arena_array(set->arena, set->labels.n_sets + 1u, sizeof *x->needs);
	x->need_label = rd_arena_array(set->arena, set->n_patterns + 1u, sizeof *x->need_label);
	if (x->needs == NULL || x->need_label == NULL)
		return false;
	set->n_needs = 1;
	for (uint32_t i = 0; i < set->n_patterns; i++) {
		uint32_t label = x->keys[i].also;
		if (set->patterns[i].is_regex || label == RD_LABEL_NONE || x->needs[label] != 0)
			continue;
		x->needs[label] = set->n_needs;
		x->need_label[set->n_needs++] = label;
	}
	return true;
}

/* The words of a key or need, by class or by shape. */
struct words {
	bool by_class;
	struct rd_label_content of;
};

/* The next of them from *i on; false behind the last. */
static bool next_word(const struct words *w, uint32_t *i, uint32_t *ret_word)
{
	if (w->by_class) {
		if (*i == w->of.n_classes)
			return false;
		*ret_word = w->of.classes[(*i)++];
		return true;
	}
	while (*i <= RD_SHAPE_OTHER && (w->of.shapes >> *i & 1) == 0)
		++*i;
	*ret_word = (*i)++;
	return *ret_word <= RD_SHAPE_OTHER;
}

static struct words key_words(const struct indexer *x, uint32_t pattern, bool by_class)
{
	const struct rd_key *key = &x->keys[pattern];

	return (struct words){ by_class, { key->classes, key->n_classes, key->shapes } };
}

static struct words need_words(const struct indexer *x, uint32_t need, bool by_class)
{
	return (struct words){ by_class, rd_labels_content(&x->set->labels, x->need_label[need]) };
}

/* where[word + 1] counts a word's own; from now on they begin at where[word]. */
static uint32_t sum_up(uint32_t *where, uint32_t n)
{
	for (uint32_t i = 1; i <= n; i++)
		where[i] += where[i - 1];
	return where[n];
}

static bool index_keys(struct indexer *x, bool by_class, uint32_t n, struct rd_word_index *out)
{
	struct rd_ruleset *set = x->set;
	uint32_t *from = rd_arena_array(set->arena, n + 1u, sizeof *from);
	uint32_t *at = rd_arena_array(set->arena, n + 1u, sizeof *at), word = 0;

	if (from == NULL || at == NULL)
		return false;
	for (uint32_t i = 0; i < set->n_patterns; i++) {
		struct words w = key_words(x, i, by_class);
		for (uint32_t k = 0; next_word(&w, &k, &word);)
			from[word + 1]++;
	}
	struct rd_wanting *patterns =
		rd_arena_array(set->arena, sum_up(from, n) + 1u, sizeof *patterns);
	if (patterns == NULL)
		return false;
	memcpy(at, from, n * sizeof *at);
	for (uint32_t i = 0; i < set->n_patterns; i++) {
		struct words w = key_words(x, i, by_class);
		uint32_t also = x->keys[i].also, need = 0;
		if (!set->patterns[i].is_regex && also != RD_LABEL_NONE)
			need = x->needs[also];
		for (uint32_t k = 0; next_word(&w, &k, &word);)
			patterns[at[word]++] = (struct rd_wanting){ i, need };
	}
	out->from = from;
	out->patterns = patterns;
	return true;
}

static bool index_needs(struct indexer *x, bool by_class, uint32_t n, struct rd_word_index *out)
{
	struct rd_ruleset *set = x->set;
	uint32_t *from = rd_arena_array(set->arena, n + 1u, sizeof *from);
	uint32_t *at = rd_arena_array(set->arena, n + 1u, sizeof *at), word = 0;

	if (from == NULL || at == NULL)
		return false;
	for (uint32_t i = 1; i < set->n_needs; i++) {
		struct words w = need_words(x, i, by_class);
		for (uint32_t k = 0; next_word(&w, &k, &word);)
			from[word + 1]++;
	}
	uint32_t *needs = rd_arena_array(set->arena, sum_up(from, n) + 1u, sizeof *needs);
	if (needs == NULL)
		return false;
	memcpy(at, from, n * sizeof *at);
	for (uint32_t i = 1; i < set->n_needs; i++) {
		struct words w = need_words(x, i, by_class);
		for (uint32_t k = 0; next_word(&w, &k, &word);)
			needs[at[word]++] = i;
	}
	out->needs_from = from;
	out->needs = needs;
	return true;
}

static bool index_words(struct indexer *x)
{
	struct rd_ruleset *set = x->set;
	uint32_t n_classes = rd_lexicon_n_classes(set->labels.lexicon);

	return number_needs(x) && index_keys(x, true, n_classes, &set->by_class) &&
	       index_needs(x, true, n_classes, &set->by_class) &&
	       index_keys(x, false, RD_SHAPE_OTHER + 1, &set->by_shape) &&
	       index_needs(x, false, RD_SHAPE_OTHER + 1, &set->by_shape);
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

/* NULL where there is nothing to look for. */
static enum rd_rc build_automaton(
	const struct rd_ruleset *set, bool regexes, struct rd_automaton **ret, struct rd_err *err)
{
	size_t n_needles = 0, n = 0;

	for (uint32_t i = 0; i < set->n_patterns; i++)
		if (set->patterns[i].is_regex == regexes)
			n_needles += set->patterns[i].literals.n_items;
	if (n_needles == 0)
		return RD_OK;
	struct rd_needle *needles = rd_arena_array(set->arena, n_needles, sizeof *needles);
	if (needles == NULL)
		return no_room(err);
	for (uint32_t i = 0; i < set->n_patterns; i++) {
		const struct rd_pattern *p = &set->patterns[i];
		for (size_t k = 0; k < p->literals.n_items && p->is_regex == regexes; k++)
			needles[n++] = (struct rd_needle){ p->literals.items[k], i };
	}
	return rd_automaton_build(needles, n, ret, err);
}

static enum rd_rc index_literals(struct indexer *x, struct rd_err *err)
{
	struct rd_ruleset *set = x->set;
	uint32_t *always = rd_arena_array(set->arena, set->n_patterns + 1u, sizeof *always);

	if (always == NULL)
		return no_room(err);
	for (uint32_t i = 0; i < set->n_patterns; i++) {
		const struct rd_pattern *p = &set->patterns[i];
		if (p->literals.n_items > 0 || x->keys[i].n_classes > 0 || x->keys[i].shapes != 0)
			continue;
		set->patterns[i].whole = true;
		always[set->n_always++] = i;
	}
	set->always = always;
	RD_TRY(build_automaton(set, false, &set->by_symbol, err));
	return build_automaton(set, true, &set->by_text, err);
}

enum rd_rc rd_ruleset_index(struct rd_ruleset *set, const struct rd_sketch *sketches,
	const struct rd_sketch *unless_sketches, struct rd_err *err)
{
	struct indexer x = { .set = set,
		.keys = rd_arena_array(set->arena, set->n_patterns + 1u, sizeof *x.keys) };

	if (x.keys == NULL || !gather_words(set, sketches, unless_sketches) ||
		!draw_outlines(&x, sketches, unless_sketches) || !index_words(&x) ||
		!mark_places(set))
		return no_room(err);
	return index_literals(&x, err);
}

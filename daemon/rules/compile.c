/* From definitions to patterns: PCRE2 codes, exclusions, conditions and the literal pass. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "redress/rules/compiled.h"
#include "redress/rules/regex.h"

struct compiler {
	struct rd_ruleset *set;
	struct rd_arena *arena;
	struct rd_problems *problems;
	pcre2_compile_context *context;
	uint32_t patterns_size, unless_size;
	/* As set->patterns and set->unless; in an arena that ends with the compiler. */
	struct rd_sketch *sketches, *unless_sketches;
	struct rd_arena *drafts;
};

void rd_ruleset_free(struct rd_ruleset *rules)
{
	if (rules == NULL)
		return;
	for (uint32_t i = 0; i < rules->n_patterns; i++) {
		rd_program_free(rules->patterns[i].program);
		pcre2_code_free(rules->patterns[i].counted);
	}
	for (uint32_t i = 0; i < rules->n_unless; i++)
		rd_program_free(rules->unless[i].program);
	pcre2_match_context_free(rules->limits);
	rd_automaton_free(rules->by_text);
	rd_automaton_free(rules->by_symbol);
	rd_arena_free(rules->arena);
	free(rules);
}

void rd_ruleset_cleanup(struct rd_ruleset **rules)
{
	rd_ruleset_free(*rules);
	*rules = NULL;
}

void rd_ruleset_switch_off(struct rd_ruleset *rules, const struct rd_off_rules *off)
{
	for (size_t i = 0; i < off->n; i++)
		for (uint32_t k = 0; k < rules->n_rules; k++)
			if (strcmp(off->items[i].landlord, rules->landlord) == 0 &&
				strcmp(off->items[i].rule, rules->rules[k].def->id) == 0)
				rules->rules[k].off = true;
}

const char *rd_ruleset_sha256(const struct rd_ruleset *rules)
{
	return rules->sha256;
}

/* The writer's own pattern: PCRE2's position is a column of his line. */
static pcre2_code *compile(struct compiler *c, const struct rd_line *line, uint32_t options)
{
	struct rd_place place = line->at;
	int number = 0;
	size_t at = 0;
	pcre2_code *code = rd_program_compile(c->context, line->value, options, &number, &at);

	if (code == NULL) {
		PCRE2_UCHAR text[160] = "";
		pcre2_get_error_message(number, text, sizeof text);
		place.column += (int)at;
		rd_problem_error(
			c->problems, place, "this pattern cannot be read: %s", (const char *)text);
	}
	return code;
}

/* code: owned by it from now on; NULL to be compiled when it is first run. */
static struct rd_program *new_program(struct compiler *c, const struct rd_line *lines,
	size_t n_lines, size_t regex_len, pcre2_code *code)
{
	struct rd_program *program = rd_arena_alloc(c->arena, sizeof *program);

	if (program == NULL) {
		pcre2_code_free(code);
		return NULL;
	}
	*program = (struct rd_program){
		.lines = lines, .n_lines = n_lines, .regex_len = regex_len, .lists = &c->set->lists
	};
	atomic_init(&program->code, code);
	return program;
}

static void add_pattern(struct compiler *c, struct rd_pattern pattern)
{
	if (pattern.program == NULL || c->set->n_patterns == c->patterns_size) {
		pcre2_code_free(pattern.counted);
		if (pattern.program != NULL)
			rd_program_free(pattern.program);
		return;
	}
	c->set->patterns[c->set->n_patterns++] = pattern;
}

static void compile_phrase(struct compiler *c, uint32_t rule, const struct rd_line *line)
{
	struct rd_phrase phrase;

	if (!rd_phrase_check(
		    line->value, line->at, &c->set->lists, c->drafts, c->problems, &phrase))
		return;
	c->sketches[c->set->n_patterns] = phrase.sketch;
	add_pattern(
		c, (struct rd_pattern){ .program = new_program(c, line, 1, phrase.regex_len, NULL),
			   .rule = rule,
			   .at_start = phrase.at_start,
			   .at_end = phrase.at_end,
			   .sentence_start = phrase.sentence_start,
			   .question = phrase.question,
			   .whole = phrase.odd,
			   .line = line,
			   .outline = { .at_end = phrase.sentence_end } });
}

/* What a pattern that is anchored at its beginning can begin with. PCRE2 looks for that only where
 * it is not, so it is asked about the rest. */
static const uint8_t *first_bytes(struct compiler *c, const char *anchored)
{
	int number = 0;
	size_t at = 0;
	const uint8_t *bits = NULL;
	uint8_t *copy = NULL;
	pcre2_code *code = rd_program_compile(c->context, anchored + 2, 0, &number, &at);

	if (code == NULL)
		return NULL;
	pcre2_pattern_info(code, PCRE2_INFO_FIRSTBITMAP, &bits);
	if (bits != NULL)
		copy = rd_arena_alloc(c->arena, 256 / 8);
	if (copy != NULL)
		memcpy(copy, bits, 256 / 8);
	pcre2_code_free(code);
	return copy;
}

static void compile_regex(struct compiler *c, uint32_t rule, const struct rd_line *line)
{
	struct rd_regex regex;

	if (!rd_regex_check(line->value, line->at, c->arena, c->problems, &regex))
		return;
	pcre2_code *code = compile(c, line, 0);
	if (code == NULL)
		return;
	struct rd_pattern pattern = { .rule = rule,
		.is_regex = true,
		.line = line,
		.literals = regex.literals,
		.confined = !regex.crosses && regex.literals.n_items > 0 };
	uint32_t options = 0;
	pcre2_pattern_info(code, PCRE2_INFO_ALLOPTIONS, &options);
	size_t n = strlen(line->value);
	pattern.at_start = (options & PCRE2_ANCHORED) != 0;
	pattern.at_end = n >= 2 && strcmp(line->value + n - 2, "\\z") == 0;
	if (pattern.at_start && !regex.branches && strncmp(line->value, "\\A", 2) == 0)
		pattern.first = first_bytes(c, line->value);
	/* PCRE2's match limit begins anew at every start offset, so it bounds no whole run but that
	 * of an anchored pattern. A first run has a limit small enough for all offsets together;
	 * where that is not enough, a second counts its steps with automatic callouts, which cost
	 * more. */
	if (!pattern.at_start) {
		pattern.counted = compile(c, line, PCRE2_AUTO_CALLOUT);
		if (pattern.counted == NULL) {
			pcre2_code_free(code);
			return;
		}
	}
	pattern.program = new_program(c, line, 1, n, code);
	add_pattern(c, pattern);
}

static bool any_odd(const struct rd_phrase *phrases, size_t n)
{
	bool odd = false;

	for (size_t i = 0; i < n; i++)
		odd = odd || phrases[i].odd;
	return odd;
}

/* Any one of the phrases. */
static bool sketch_of(const struct rd_phrase *phrases, size_t n, struct rd_arena *arena,
	struct rd_sketch *ret_sketch)
{
	struct rd_sketch *sketches = rd_arena_array(arena, n + 1, sizeof *sketches);

	for (size_t i = 0; i < n && sketches != NULL; i++)
		sketches[i] = phrases[i].sketch;
	return sketches != NULL && rd_sketch_either(sketches, n, arena, ret_sketch);
}

static void compile_unless(struct compiler *c, struct rd_rule *rule)
{
	const struct rd_definition *def = rule->def;
	uint32_t first = c->set->n_unless;

	for (size_t i = 0; i < def->n_unless; i++) {
		const struct rd_unless *u = &def->unless[i];
		struct rd_phrase *phrases =
			rd_arena_array(c->drafts, u->n_phrases, sizeof *phrases);
		size_t n = 0;
		for (size_t k = 0; k < u->n_phrases && phrases != NULL; k++) {
			const struct rd_line *line = &u->phrases[k];
			if (!rd_phrase_check(line->value, line->at, &c->set->lists, c->drafts,
				    c->problems, &phrases[n]))
				continue;
			if (phrases[n].sentence_start || phrases[n].sentence_end ||
				phrases[n].question)
				rd_problem_error(c->problems, line->at,
					"anchors like [start] or [question] cannot stand in an "
					"Unless");
			else
				n++;
		}
		struct rd_sketch sketch;
		if (n == 0 || c->set->n_unless == c->unless_size ||
			!sketch_of(phrases, n, c->drafts, &sketch))
			continue;
		size_t regex_len = 0;
		for (size_t k = 0; k < n; k++)
			regex_len += phrases[k].regex_len;
		struct rd_program *program =
			new_program(c, u->phrases, u->n_phrases, regex_len, NULL);
		if (program == NULL)
			continue;
		c->unless_sketches[c->set->n_unless] = sketch;
		c->set->unless[c->set->n_unless++] = (struct rd_unless_code){ .side = u->side,
			.window = u->window,
			.program = program,
			.whole = any_odd(phrases, n),
			.from = u };
	}
	rule->unless = &c->set->unless[first];
	rule->n_unless = c->set->n_unless - first;
}

static void read_lists(struct compiler *c)
{
	const struct rd_definitions *all = &c->set->definitions;
	struct rd_phrase_lists *lists = &c->set->lists;

	lists->incomplete = all->incomplete;
	lists->items = rd_arena_array(c->arena, all->n_words + 1, sizeof *lists->items);
	if (lists->items == NULL)
		return;
	for (size_t i = 0; i < all->n_words; i++) {
		const struct rd_words_def *def = &all->words[i];
		struct rd_phrase_list list = {
			.name = def->name, .at = def->at, .odd = false, .ways = 0
		};
		struct rd_phrase *phrases =
			rd_arena_array(c->arena, def->words.n_items + 1, sizeof *phrases);
		size_t n = 0;
		for (size_t k = 0; k < def->words.n_items && phrases != NULL; k++) {
			const struct rd_line *line = &def->words.items[k];
			struct rd_phrase *p = &phrases[n];
			if (!rd_phrase_read(line->value, line->at, NULL, c->arena, c->problems, p))
				continue;
			if (p->sentence_start || p->sentence_end || p->question) {
				rd_problem_error(c->problems, line->at,
					"anchors like [start] cannot stand in a word list");
				continue;
			}
			list.odd = list.odd || p->odd;
			list.wide = list.wide || p->wide;
			list.ways = p->ways > list.ways ? p->ways : list.ways;
			n++;
		}
		list.regex = n > 0 ? rd_phrase_alternatives(phrases, n, c->arena) : NULL;
		if (n > 0 && list.regex == NULL)
			rd_problem_error(c->problems, def->at,
				"word list `%s` is too long with all its words written out; make "
				"two "
				"lists of it",
				def->name);
		if (list.regex != NULL && !sketch_of(phrases, n, c->arena, &list.sketch))
			list.regex = NULL;
		lists->items[lists->n_items++] = list;
	}
}

/* Depth first over what combines name, with a stack of our own; finds circles and depth. */
static void order_combines(struct compiler *c)
{
	struct rd_ruleset *set = c->set;
	uint32_t n = set->n_rules, n_done = 0;
	uint32_t *order = rd_arena_array(c->arena, n + 1, sizeof *order);
	unsigned *depth = rd_arena_array(c->arena, n + 1, sizeof *depth); /* 0: not known yet */
	bool again = true;

	if (order == NULL || depth == NULL)
		return;
	/* Rounds: a combine is known once all that it names are. At most one round a level. */
	for (unsigned round = 0; again && round <= n; round++) {
		again = false;
		for (uint32_t i = 0; i < n; i++) {
			struct rd_rule *rule = &set->rules[i];
			if (!rule->def->is_combine || depth[i] != 0 || rule->condition.n_steps == 0)
				continue;
			unsigned deepest = 0;
			bool ready = true;
			for (size_t s = 0; s < rule->condition.n_steps; s++)
				for (size_t k = 0; k < rule->condition.steps[s].n_rules; k++) {
					uint32_t other = rule->condition.steps[s].rules[k];
					set->rules[other].used = true;
					if (!set->rules[other].def->is_combine ||
						set->rules[other].condition.n_steps == 0)
						continue;
					ready = ready && depth[other] != 0;
					if (depth[other] > deepest)
						deepest = depth[other];
				}
			if (!ready)
				continue;
			depth[i] = deepest + 1;
			order[n_done++] = i;
			again = true;
			if (depth[i] > RD_COMBINE_DEPTH_MAX)
				rd_problem_error(c->problems, rule->def->condition.at,
					"combine `%s` stands on combines more than %d deep",
					rule->def->id, RD_COMBINE_DEPTH_MAX);
		}
	}
	for (uint32_t i = 0; i < n; i++)
		if (set->rules[i].def->is_combine && set->rules[i].condition.n_steps > 0 &&
			depth[i] == 0)
			rd_problem_error(c->problems, set->rules[i].def->condition.at,
				"combine `%s` depends on itself in a circle",
				set->rules[i].def->id);
	set->combines = order;
	set->n_combines = n_done;
}

static void make_rule(struct compiler *c, uint32_t i)
{
	struct rd_rule *rule = &c->set->rules[i];
	struct rd_definition *def = &c->set->definitions.rules[i];
	const struct rd_group_def *group =
		def->group[0] != '\0' ? rd_group_find(&c->set->definitions, def->group) : NULL;

	rule->def = def;
	rule->runs = !def->disabled;
	rule->place = rd_arena_printf(c->arena, "%s:%d", def->at.file, def->at.line);
	if (rule->place == NULL)
		rule->place = "";
	rule->group = group != NULL ? (uint32_t)(group - c->set->definitions.groups) : UINT32_MAX;
	for (size_t k = 0; k < def->phrases.n_items; k++)
		compile_phrase(c, i, &def->phrases.items[k]);
	for (size_t k = 0; k < def->regexes.n_items; k++)
		compile_regex(c, i, &def->regexes.items[k]);
	compile_unless(c, rule);
	if (def->is_combine && def->condition.name != NULL &&
		!rd_condition_read(&def->condition, &c->set->definitions, c->arena, c->problems,
			&rule->condition))
		rule->condition.n_steps = 0;
}

static enum rd_rc make_room(struct compiler *c, struct rd_err *err)
{
	struct rd_ruleset *set = c->set;
	size_t n_patterns = 1, n_unless = 1;

	for (size_t i = 0; i < set->definitions.n_rules; i++) {
		const struct rd_definition *def = &set->definitions.rules[i];
		n_patterns += def->phrases.n_items + def->regexes.n_items;
		n_unless += def->n_unless;
	}
	set->n_rules = (uint32_t)set->definitions.n_rules;
	c->patterns_size = (uint32_t)n_patterns;
	c->unless_size = (uint32_t)n_unless;
	set->rules = rd_arena_array(c->arena, set->n_rules + 1u, sizeof *set->rules);
	set->patterns = rd_arena_array(c->arena, n_patterns, sizeof *set->patterns);
	set->unless = rd_arena_array(c->arena, n_unless, sizeof *set->unless);
	c->sketches = rd_arena_array(c->drafts, n_patterns, sizeof *c->sketches);
	c->unless_sketches = rd_arena_array(c->drafts, n_unless, sizeof *c->unless_sketches);
	if (set->rules == NULL || set->patterns == NULL || set->unless == NULL ||
		c->sketches == NULL || c->unless_sketches == NULL)
		return rd_fail(err, RD_E_RANGE, "the rule files are too large together");
	return RD_OK;
}

static void list_leanings(struct compiler *c)
{
	struct rd_ruleset *set = c->set;
	uint32_t *rules = rd_arena_array(c->arena, set->n_rules + 1u, sizeof *rules);

	for (uint32_t i = 0; i < set->n_rules && rules != NULL; i++)
		if (set->rules[i].runs && set->rules[i].def->is_leaning)
			rules[set->n_leanings++] = i;
	set->leaning_rules = rules;
}

void rd_ruleset_check_programs(
	struct rd_ruleset *rules, const char *layer, struct rd_problems *problems)
{
	for (uint32_t i = 0; i < rules->n_patterns; i++) {
		const struct rd_pattern *p = &rules->patterns[i];
		if (strcmp(rules->rules[p->rule].def->layer, layer) == 0)
			rd_program_check(p->program, problems);
	}
	for (uint32_t i = 0; i < rules->n_rules; i++) {
		const struct rd_rule *rule = &rules->rules[i];
		for (size_t k = 0; k < rule->n_unless && strcmp(rule->def->layer, layer) == 0; k++)
			rd_program_check(rule->unless[k].program, problems);
	}
}

static void context_cleanup(pcre2_compile_context **context)
{
	pcre2_compile_context_free(*context);
}

enum rd_rc rd_ruleset_build(const struct rd_rulefiles *files, const char *landlord,
	int64_t today_ms, struct rd_problems *problems, struct rd_ruleset **ret_rules,
	struct rd_err *err)
{
	RD_CLEANUP(rd_ruleset_cleanup) struct rd_ruleset *set = calloc(1, sizeof *set);
	RD_ASSERT(set != NULL);
	set->arena = rd_arena_new(RD_RULES_ARENA_BYTES);
	set->limits = pcre2_match_context_create(NULL);
	RD_CLEANUP(context_cleanup) pcre2_compile_context *context = rd_program_context();
	RD_ASSERT(set->limits != NULL);
	pcre2_set_match_limit(set->limits, RD_MATCH_LIMIT);
	pcre2_set_depth_limit(set->limits, RD_MATCH_DEPTH);
	pcre2_set_heap_limit(set->limits, RD_MATCH_HEAP_KIB);

	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *drafts = rd_arena_new(RD_RULES_ARENA_BYTES);
	struct compiler c = { .set = set,
		.arena = set->arena,
		.problems = problems,
		.context = context,
		.drafts = drafts };
	snprintf(set->sha256, sizeof set->sha256, "%s", files->sha256);
	set->landlord = rd_arena_strdup(set->arena, landlord != NULL ? landlord : "");
	RD_TRY(rd_definitions_read(
		files, landlord, today_ms, set->arena, problems, &set->definitions, err));
	RD_TRY(make_room(&c, err));
	read_lists(&c);
	for (uint32_t i = 0; i < set->n_rules; i++)
		make_rule(&c, i);
	order_combines(&c);
	list_leanings(&c);
	RD_TRY(rd_leaning_index(&set->definitions, set->arena, problems, &set->leanings, err));
	RD_TRY(rd_ruleset_index(set, c.sketches, c.unless_sketches, err));
	if (rd_arena_overflowed(set->arena) || rd_arena_overflowed(drafts))
		return rd_fail(err, RD_E_RANGE, "the rule files are too large together");
	*ret_rules = RD_STEAL(set);
	return RD_OK;
}

#include "redress/rules/lint.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "redress/rules/compiled.h"
#include "redress/rules/layers.h"
#include "redress/rules/prepare.h"

#define PROBE_BYTES 2000

struct linter {
	const struct rd_ruleset *set;
	bool combines_whole; /* else a combine that cannot be read may name any rule */
	struct rd_problems *problems;
	struct rd_date today;
};

static bool combines_are_whole(const struct rd_ruleset *set)
{
	if (set->definitions.incomplete)
		return false;
	for (uint32_t i = 0; i < set->n_rules; i++)
		if (set->rules[i].def->is_combine && set->rules[i].condition.n_steps == 0)
			return false;
	return true;
}

static void check_examples(struct linter *l, const struct rd_definition *def)
{
	if (def->faulty)
		return; /* the line may be there, misspelt */
	if (def->is_leaning)
		return; /* no word of it says anything by itself */
	if (def->is_combine && def->must.n_items + def->must_not.n_items == 0)
		return; /* its rules have their own */
	if (def->must.n_items == 0)
		rd_problem_error(l->problems, def->at,
			"rule `%s` has no example; add a line `Must match:` with words a resident "
			"would "
			"write",
			def->id);
	if (def->must_not.n_items == 0)
		rd_problem_error(l->problems, def->at,
			"rule `%s` has no counter-example; add a line `Must not match:` with words "
			"that "
			"come near and mean something else",
			def->id);
}

static void check_effect(struct linter *l, const struct rd_rule *rule)
{
	const struct rd_definition *def = rule->def;
	bool effect = def->has_points || def->decides || def->any_flag || def->n_marks > 0 ||
		      def->topic[0] != '\0' || def->review[0] != '\0' || def->is_leaning;

	if (def->faulty)
		return;
	if (!effect && !rule->used && l->combines_whole)
		rd_problem_error(l->problems, def->at,
			"rule `%s` does nothing: give it Points, Flag, Decides, Review, Mark or "
			"Topic, or "
			"name it "
			"in a Combine",
			def->id);
	if (def->means[0] == '\0')
		rd_problem_warning(l->problems, def->at,
			"rule `%s` does not say what it `Means:`; every explanation shows that",
			def->id);
	if (rd_date_is_set(def->review_by) && rd_date_compare(def->review_by, l->today) < 0)
		rd_problem_warning(l->problems, def->review_at,
			"rule `%s` was to be reviewed by this day%s%s", def->id,
			def->owner[0] != '\0' ? "; ask " : "", def->owner);
}

static void check_twins(struct linter *l, const struct rd_definition *def)
{
	for (size_t i = 0; i < def->phrases.n_items; i++)
		for (size_t k = 0; k < i; k++)
			if (strcasecmp(def->phrases.items[i].value, def->phrases.items[k].value) ==
				0) {
				rd_problem_warning(l->problems, def->phrases.items[i].at,
					"this phrase stands in line %d already",
					def->phrases.items[k].at.line);
				break;
			}
	for (size_t i = 0; i < def->must.n_items; i++)
		for (size_t k = 0; k < def->must_not.n_items; k++)
			if (strcasecmp(def->must.items[i].value, def->must_not.items[k].value) == 0)
				rd_problem_error(l->problems, def->must_not.items[k].at,
					"a contradiction: the same text stands under `Must match:` "
					"in "
					"line %d",
					def->must.items[i].at.line);
}

static int count_steps(pcre2_callout_block *block, void *context)
{
	uint32_t *steps = context;

	(void)block;
	return ++*steps <= RD_REGEX_STEPS_MAX ? 0 : PCRE2_ERROR_CALLOUT;
}

/* The character that a match of the pattern most likely ends with: PCRE2 gives up at once on a text
 * that lacks it, which would make the probe prove nothing. */
static char last_literal(const char *regex)
{
	char last = '!';

	for (const char *p = regex; *p != '\0'; p++)
		if ((unsigned char)*p < 0x80 && strchr("\\()[]{}*+?|^$.", *p) == NULL &&
			(p == regex || p[-1] != '\\'))
			last = *p;
	return last;
}

/* A text made of the pattern's own characters, over and over, is the one that it stumbles on. */
static void probe(struct linter *l, const struct rd_pattern *pattern)
{
	char text[PROBE_BYTES + 1];
	const char *regex = pattern->line->value;
	size_t n_regex = strlen(regex);
	uint32_t steps = 0;

	for (int kind = 0; kind < 3; kind++) {
		size_t len = 0;
		for (size_t i = 0; len < PROBE_BYTES; i++) {
			char c = regex[i % n_regex];
			bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == ' ';
			if (kind == 2)
				c = i % 6 == 5 ? ' ' : 'a';
			else if (kind == 1 && c == ' ')
				c = 'a';
			else if (!letter)
				c = i % n_regex == 0 ? 'a' : ' ';
			text[len++] = c;
		}
		text[len - 2] = '\t';
		text[len - 1] = last_literal(regex);
		pcre2_match_data *data = pcre2_match_data_create(2, NULL);
		pcre2_match_context *limits = pcre2_match_context_copy(l->set->limits);
		RD_ASSERT(data != NULL && limits != NULL);
		pcre2_set_callout(limits, count_steps, &steps);
		int rc = pcre2_match(pattern->counted != NULL ? pattern->counted : pattern->code,
			(PCRE2_SPTR)text, len, 0, 0, data, limits);
		pcre2_match_context_free(limits);
		pcre2_match_data_free(data);
		if (rc < 0 && rc != PCRE2_ERROR_NOMATCH) {
			rd_problem_error(l->problems, pattern->line->at,
				"this pattern can run away: it gave up on a text of 2,000 bytes; "
				"write "
				"bounds like {0,6}");
			return;
		}
	}
}

static void check_whole(struct linter *l)
{
	const struct rd_definitions *all = &l->set->definitions;

	if (all->head.at.line == 0 && !all->incomplete)
		rd_problem_error(l->problems, all->head.at,
			"no stanza `Ruleset: NAME` in any NAME.rules file; it holds the "
			"thresholds");
	for (size_t i = 0; i < l->set->lists.n_items; i++)
		if (!l->set->lists.items[i].used)
			rd_problem_warning(l->problems, l->set->lists.items[i].at,
				"no phrase uses the word list <%s>", l->set->lists.items[i].name);
	for (size_t i = 0; i < all->n_groups; i++) {
		bool used = false;
		for (size_t k = 0; k < all->n_rules && !used; k++)
			used = strcasecmp(all->rules[k].group, all->groups[i].name) == 0;
		if (!used)
			rd_problem_warning(l->problems, all->groups[i].at,
				"no rule is in group `%s`", all->groups[i].name);
	}
}

static enum rd_rc lint_layer(const struct rd_rulefiles *files, const char *landlord,
	int64_t today_ms, struct rd_problems *problems, struct rd_err *err)
{
	RD_CLEANUP(rd_ruleset_cleanup) struct rd_ruleset *set = NULL;

	RD_TRY(rd_ruleset_build(files, landlord, today_ms, problems, &set, err));
	struct linter l = { .set = set,
		.combines_whole = combines_are_whole(set),
		.problems = problems,
		.today = rd_date_of(today_ms) };
	check_whole(&l);
	for (uint32_t i = 0; i < set->n_rules; i++) {
		check_examples(&l, set->rules[i].def);
		check_effect(&l, &set->rules[i]);
		check_twins(&l, set->rules[i].def);
	}
	for (uint32_t i = 0; i < set->n_patterns; i++)
		if (set->patterns[i].is_regex)
			probe(&l, &set->patterns[i]);
	return RD_OK;
}

enum rd_rc rd_rules_lint(const struct rd_rulefiles *files, int64_t today_ms,
	struct rd_problems *problems, struct rd_err *err)
{
	char name[RD_LAYER_NAME_MAX];

	RD_TRY(lint_layer(files, NULL, today_ms, problems, err));
	for (size_t i = 0; i < files->n_items; i++)
		if (rd_layer_of(files->items[i].name, name))
			RD_TRY(lint_layer(files, name, today_ms, problems, err));
	rd_problems_sort(problems);
	return RD_OK;
}

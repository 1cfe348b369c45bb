#include "redress/rules/lint.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "redress/rules/compiled.h"
#include "redress/rules/layers.h"
#include "redress/rules/linter.h"
#include "redress/rules/probe.h"

static bool combines_are_whole(const struct rd_ruleset *set)
{
	if (set->definitions.incomplete)
		return false;
	for (uint32_t i = 0; i < set->n_rules; i++)
		if (set->rules[i].def->is_combine && set->rules[i].condition.n_steps == 0)
			return false;
	return true;
}

static void check_examples(struct rd_linter *l, const struct rd_definition *def)
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

static void check_effect(struct rd_linter *l, const struct rd_rule *rule)
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
	/* One that a group's combine looks for adds nothing by itself, and should not. */
	if (effect && !def->has_points && def->group[0] != '\0' && !def->is_leaning &&
		!def->decides && !def->any_flag && def->n_marks == 0 && def->review[0] == '\0' &&
		!rule->used && l->combines_whole)
		rd_problem_warning(l->problems, def->at,
			"rule `%s` has no `Points:` and adds nothing to its group `%s`; say how "
			"many, or delete the `Group:`",
			def->id, def->group);
	if (def->means[0] == '\0')
		rd_problem_note(l->problems, def->at,
			"rule `%s` does not say what it `Means:`; every explanation shows that",
			def->id);
	if (rd_date_is_set(def->review_by) && rd_date_compare(def->review_by, l->today) < 0)
		rd_problem_warning(l->problems, def->review_at,
			"rule `%s` was to be reviewed by this day%s%s", def->id,
			def->owner[0] != '\0' ? "; ask " : "", def->owner);
}

static void check_twins(struct rd_linter *l, const struct rd_definition *def)
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

static void probe(struct rd_linter *l, const struct rd_pattern *pattern)
{
	rd_arena_reset(l->arena);
	struct rd_probed probed = rd_probe(l->set, pattern, l->arena);

	if (probed.runs_away)
		rd_problem_error(l->problems, pattern->line->at,
			"this pattern can run away: on a text of 2,000 bytes that repeats `%.60s` "
			"it takes more than %u steps; write bounds like {0,60}, or make a phrase "
			"of it",
			probed.on, RD_PROBE_STEPS_MAX);
	else if (probed.heavy)
		rd_problem_warning(l->problems, pattern->line->at,
			"this pattern takes much work: on a text of 2,000 bytes that repeats "
			"`%.60s` more than %u steps; such a message goes to a person. Make its "
			"bounds smaller",
			probed.on, RD_PROBE_STEPS_MAX);
}

/* Points that every message has before a word of it is read. */
static double points_of_nothing(const struct rd_definitions *all)
{
	double points = 0;

	for (size_t i = 0; i < all->n_rules; i++)
		if (all->rules[i].is_leaning && !all->rules[i].disabled &&
			all->rules[i].for_kind == RD_COMPLAINT)
			points += all->rules[i].base;
	return points;
}

/* In the layer where that has thresholds of its own, otherwise in the shipped head. */
static void check_thresholds(struct rd_linter *l)
{
	const struct rd_head *head = &l->set->definitions.head;
	const double start = points_of_nothing(&l->set->definitions);
	const bool of_layer = head->layer[0] != '\0';

	if (l->of_layer != of_layer || head->complaint_from > start)
		return;
	rd_problem_warning(l->problems, of_layer ? head->layer_at : head->at,
		"with `Complaint from: %g` a message without a word is a complaint: each begins "
		"with %g points, the `Base:` of the leanings. Take a number above that",
		head->complaint_from, start);
}

static void check_whole(struct rd_linter *l)
{
	const struct rd_definitions *all = &l->set->definitions;

	const struct rd_place folder = { "", 0, 0 };

	if (all->head.at.line == 0 && !all->incomplete)
		rd_problem_error(l->problems, folder,
			"no stanza `Ruleset: NAME` in any NAME.rules file; it holds the "
			"thresholds%s",
			all->n_rules == 0 ? ". Is this the rules folder?" : "");
	else if (all->n_rules == 0 && !all->incomplete && l->problems->n_errors == 0)
		rd_problem_error(l->problems, folder,
			"no NAME.rules file holds a rule; is the folder whole?");
	for (size_t i = 0; i < l->set->lists.n_items; i++)
		if (!l->set->lists.items[i].used)
			rd_problem_warning(l->problems, l->set->lists.items[i].at,
				"no phrase uses the word list <%s>", l->set->lists.items[i].name);
	check_thresholds(l);
	for (size_t i = 0; i < all->n_groups; i++)
		rd_lint_group(l, &all->groups[i]);
	for (size_t i = 0; i < all->n_words; i++)
		rd_lint_words(l, &all->words[i]);
}

enum rd_rc rd_lint_set(struct rd_ruleset *set, int64_t today_ms, bool errors_only,
	struct rd_problems *problems, struct rd_err *err)
{
	const char *layer = set->landlord;
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(RD_LINT_ARENA_BYTES);
	struct rd_linter l = { .set = set,
		.problems = problems,
		.arena = arena,
		.today_ms = today_ms,
		.today = rd_date_of(today_ms),
		.of_layer = layer[0] != '\0',
		.combines_whole = combines_are_whole(set) };
	check_whole(&l);
	rd_ruleset_check_programs(set, layer, problems);
	for (uint32_t i = 0; i < set->n_rules; i++) {
		check_examples(&l, set->rules[i].def);
		check_effect(&l, &set->rules[i]);
		check_twins(&l, set->rules[i].def);
		if (!rd_lint_concerns(&l, set->rules[i].def))
			continue;
		rd_lint_rule(&l, set->rules[i].def);
		if (!errors_only)
			RD_TRY(rd_lint_phrases(&l, set->rules[i].def, err));
	}
	RD_TRY(rd_lint_combines(&l, err));
	for (uint32_t i = 0; i < set->n_patterns; i++)
		if (set->patterns[i].is_regex &&
			rd_lint_concerns(&l, set->rules[set->patterns[i].rule].def))
			probe(&l, &set->patterns[i]);
	return RD_OK;
}

static enum rd_rc lint_layer(const struct rd_rulefiles *files, const char *landlord,
	int64_t today_ms, bool errors_only, struct rd_problems *problems, struct rd_err *err)
{
	RD_CLEANUP(rd_ruleset_cleanup) struct rd_ruleset *set = NULL;

	RD_TRY(rd_ruleset_build(files, landlord, today_ms, problems, &set, err));
	return rd_lint_set(set, today_ms, errors_only, problems, err);
}

static bool has_line(const struct rd_rulefile *file, const char *begins)
{
	size_t n = strlen(begins);

	for (size_t i = 0; i + n <= file->len; i++)
		if ((i == 0 || file->bytes[i - 1] == '\n') &&
			strncasecmp(file->bytes + i, begins, n) == 0)
			return true;
	return false;
}

/* A file of rules that nothing reads is the fault that is found last. */
static void check_file(const struct rd_rulefiles *files, const struct rd_rulefile *file,
	struct rd_problems *problems)
{
	const struct rd_place at = { file->name, 0, 0 };
	char layer[RD_LAYER_NAME_MAX], profile[RD_LAYER_NAME_MAX + 32];
	const char *folder = strchr(file->name, '/');

	if (rd_layer_of(file->name, layer)) {
		snprintf(profile, sizeof profile, "landlords/%s.landlord", layer);
		if (rd_rulefiles_find(files, profile) == NULL)
			rd_problem_note(problems, at,
				"no landlord has this layer of rules: there is no file %s",
				profile);
		return;
	}
	size_t n = strlen(file->name);
	bool read = folder == NULL && n > 6 && strcmp(file->name + n - 6, ".rules") == 0;
	if (read || !(has_line(file, "Rule:") || has_line(file, "Combine:") ||
			    has_line(file, "Override:")))
		return;
	rd_problem_warning(problems, at,
		"nothing reads the rules in this file: a file of rules is called NAME.rules and "
		"lies in the folder itself, a landlord's in landlords/");
}

void rd_lint_files(const struct rd_rulefiles *files, struct rd_problems *problems)
{
	for (size_t i = 0; i < files->n_items; i++)
		check_file(files, &files->items[i], problems);
}

static enum rd_rc lint_all(const struct rd_rulefiles *files, int64_t today_ms, bool errors_only,
	struct rd_problems *problems, struct rd_err *err)
{
	char name[RD_LAYER_NAME_MAX];

	rd_lint_files(files, problems);
	RD_TRY(lint_layer(files, NULL, today_ms, errors_only, problems, err));
	for (size_t i = 0; i < files->n_items; i++)
		if (rd_layer_of(files->items[i].name, name))
			RD_TRY(lint_layer(files, name, today_ms, errors_only, problems, err));
	rd_problems_sort(problems);
	return RD_OK;
}

enum rd_rc rd_rules_lint(const struct rd_rulefiles *files, int64_t today_ms,
	struct rd_problems *problems, struct rd_err *err)
{
	return lint_all(files, today_ms, false, problems, err);
}

enum rd_rc rd_rules_lint_errors(const struct rd_rulefiles *files, int64_t today_ms,
	struct rd_problems *problems, struct rd_err *err)
{
	return lint_all(files, today_ms, true, problems, err);
}

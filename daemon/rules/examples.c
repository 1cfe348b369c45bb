#include "redress/rules/examples.h"

#include <stdlib.h>
#include <string.h>

#include "redress/message/plain.h"
#include "redress/rules/layers.h"
#include "redress/rules/linter.h"
#include "redress/rules/near.h"
#include "redress/rules/score.h"

static const struct rd_hit *find(const struct rd_hit *hits, size_t n, const char *id)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(hits[i].rule, id) == 0)
			return &hits[i];
	return NULL;
}

static bool as_subject(const struct rd_definition *def)
{
	return def->in_subject && !def->in_body;
}

enum rd_rc rd_example_message(const struct rd_definition *def, const struct rd_line *example,
	struct rd_arena *arena, struct rd_message *ret_message, struct rd_err *err)
{
	size_t len = strlen(example->value);
	bool subject = as_subject(def);
	const struct rd_plain plain = { .channel =
						def->by_email ? RD_CHANNEL_EMAIL : RD_CHANNEL_SMS,
		.from = "",
		.subject = subject ? example->value : "",
		.subject_len = subject ? len : 0,
		.body = subject ? "" : example->value,
		.body_len = subject ? 0 : len };

	return rd_plain_message(&plain, arena, ret_message, err);
}

bool rd_example_is_due(const struct rd_tester *t, const struct rd_rule *rule)
{
	return rule->runs && (t->landlord == NULL || rule->def->layer[0] != '\0');
}

static void refuse(struct rd_tester *t, const struct rd_definition *def,
	const struct rd_line *example, const struct rd_near *near)
{
	t->tested->n_refused++;
	if (near->n_shared == 0)
		rd_problem_warning(t->problems, example->at,
			"refused, for this proves nothing: nothing that rule `%s` looks for (such "
			"as `%.80s`, "
			"line %d) is in it; write words that come near and mean something else",
			def->id, near->nearest->value, near->nearest->at.line);
	else
		rd_problem_warning(t->problems, example->at,
			"refused, for this proves nothing: no phrase of rule `%s` comes near it; "
			"the nearest, "
			"`%.80s` in line %d, has %u of its %u parts in it; write words that only "
			"one thing keeps from matching",
			def->id, near->nearest->value, near->nearest->at.line, near->n_shared,
			near->n_parts);
}

/* A combine comes near where one of the rules that it names does more than nothing. */
static bool combine_comes_near(
	const struct rd_tester *t, const struct rd_rule *rule, const struct rd_score *score)
{
	for (size_t s = 0; s < rule->condition.n_steps; s++)
		for (size_t k = 0; k < rule->condition.steps[s].n_rules; k++) {
			uint32_t other = rule->condition.steps[s].rules[k];
			const char *id = t->set->rules[other].def->id;
			if (find(score->hits, score->n_hits, id) != NULL ||
				find(score->suppressed, score->n_suppressed, id) != NULL)
				return true;
		}
	return false;
}

static enum rd_rc check_near(struct rd_tester *t, const struct rd_rule *rule,
	const struct rd_line *example, const struct rd_message *message,
	const struct rd_score *score, bool *ret_stopped, struct rd_err *err)
{
	struct rd_near near = { .how = RD_NEAR_STOPPED };

	if (rule->def->is_combine) {
		if (!combine_comes_near(t, rule, score)) {
			t->tested->n_refused++;
			rd_problem_warning(t->problems, example->at,
				"refused, for this proves nothing: none of the rules that `%s` "
				"names hits in it",
				rule->def->id);
		}
		return RD_OK;
	}
	if (find(score->suppressed, score->n_suppressed, rule->def->id) == NULL)
		RD_TRY(rd_near(t->set, rule->def, message, t->today_ms, t->arena, &near, err));
	*ret_stopped = *ret_stopped || near.how == RD_NEAR_STOPPED;
	if (near.how == RD_NEAR_NOT)
		refuse(t, rule->def, example, &near);
	return RD_OK;
}

static void tell_failed(struct rd_tester *t, const struct rd_definition *def,
	const struct rd_line *example, const struct rd_message *message,
	const struct rd_score *score, bool must)
{
	const struct rd_hit *hit = find(score->hits, score->n_hits, def->id);
	const struct rd_hit *stopped = find(score->suppressed, score->n_suppressed, def->id);

	t->tested->n_failed++;
	if (must)
		rd_problem_error(t->problems, example->at,
			"rule `%s` must match this and does not%s%s", def->id,
			stopped != NULL ? ": it was stopped by " : "",
			stopped != NULL ? stopped->by : "");
	else
		rd_problem_error(t->problems, example->at,
			"rule `%s` must not match this and does, by \"%.*s\"", def->id,
			(int)(hit->to - hit->from),
			(as_subject(def) ? message->subject : message->body) + hit->from);
}

/* ret_stopped: set where something that holds the rule back is what it proves. */
static enum rd_rc try_example(struct rd_tester *t, const struct rd_rule *rule,
	const struct rd_line *example, bool must, bool *ret_stopped, struct rd_err *err)
{
	struct rd_message message;
	struct rd_score score;

	rd_arena_reset(t->arena);
	RD_TRY(rd_example_message(rule->def, example, t->arena, &message, err));
	RD_TRY(rd_score_message(t->set, &message, t->today_ms, t->arena, &score, err));
	t->tested->n_examples++;
	bool hit = find(score.hits, score.n_hits, rule->def->id) != NULL;
	if (hit != must)
		tell_failed(t, rule->def, example, &message, &score, must);
	else if (!must && !t->errors_only)
		return check_near(t, rule, example, &message, &score, ret_stopped, err);
	return RD_OK;
}

static enum rd_rc test_rule(struct rd_tester *t, const struct rd_rule *rule, struct rd_err *err)
{
	const struct rd_definition *def = rule->def;
	const size_t n_before = t->problems->n_errors + t->problems->n_warnings;
	bool stopped = false, ignored = false;

	t->tested->n_rules += def->must.n_items + def->must_not.n_items > 0;
	for (size_t k = 0; k < def->must.n_items; k++)
		RD_TRY(try_example(t, rule, &def->must.items[k], true, &ignored, err));
	for (size_t k = 0; k < def->must_not.n_items; k++)
		RD_TRY(try_example(t, rule, &def->must_not.items[k], false, &stopped, err));
	if (!t->errors_only && !def->is_combine && rd_rule_holds_back(def) && !stopped &&
		def->must_not.n_items > 0 &&
		t->problems->n_errors + t->problems->n_warnings == n_before) {
		rd_problem_warning(t->problems, def->must_not.items[0].at,
			"no `Must not match` of rule `%s` tries what holds it back (Unless, At "
			"least ...); write words that one of its phrases matches and that must not "
			"count",
			def->id);
	}
	return RD_OK;
}

static bool is_asked_for(const struct rd_mutations *mutations, const struct rd_definition *def)
{
	return (mutations->rule == NULL || strcmp(mutations->rule, def->id) == 0) &&
	       (mutations->file == NULL || strcmp(mutations->file, def->at.file) == 0);
}

static enum rd_rc test_set(struct rd_tester *t, struct rd_ruleset *set, struct rd_err *err)
{
	t->set = set;
	for (uint32_t i = 0; i < set->n_rules; i++)
		if (rd_example_is_due(t, &set->rules[i]))
			RD_TRY(test_rule(t, &set->rules[i], err));
	return RD_OK;
}

static enum rd_rc test_layer(struct rd_tester *t, const struct rd_rulefiles *files,
	struct rd_mutations *mutations, struct rd_err *err)
{
	RD_CLEANUP(rd_ruleset_cleanup) struct rd_ruleset *set = NULL;
	const struct rd_problems before = *t->problems;

	RD_TRY(rd_ruleset_build(files, t->landlord, t->today_ms, t->problems, &set, err));
	t->tested->tried = t->tested->tried && t->problems->n_errors == before.n_errors;
	if (!t->tested->tried)
		return RD_OK;
	/* What keeps nothing from being tried is lint's to tell. */
	t->problems->n_items = before.n_items;
	t->problems->n_warnings = before.n_warnings;
	t->problems->n_notes = before.n_notes;
	RD_TRY(test_set(t, set, err));
	if (mutations == NULL || t->tested->n_failed > 0)
		return RD_OK;
	for (uint32_t i = 0; i < set->n_rules; i++)
		if (rd_example_is_due(t, &set->rules[i]) &&
			is_asked_for(mutations, set->rules[i].def))
			RD_TRY(rd_mutate_rule(t, set->rules[i].def, mutations, err));
	return RD_OK;
}

enum rd_rc rd_rules_test(const struct rd_rulefiles *files, int64_t today_ms,
	struct rd_problems *problems, struct rd_mutations *mutations,
	struct rd_rules_tested *ret_tested, struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(RD_EXAMPLE_ARENA_BYTES);
	struct rd_rules_tested tested = { .tried = true };
	struct rd_tester t = {
		.arena = arena, .problems = problems, .tested = &tested, .today_ms = today_ms
	};
	char name[RD_LAYER_NAME_MAX];

	RD_TRY(test_layer(&t, files, mutations, err));
	for (size_t i = 0; i < files->n_items && tested.tried; i++)
		if (rd_layer_of(files->items[i].name, name)) {
			t.landlord = name;
			RD_TRY(test_layer(&t, files, mutations, err));
		}
	/* Nothing to try: what is wrong with the folder is more than that no example fails. */
	if (tested.tried && tested.n_rules == 0) {
		RD_TRY(rd_rules_lint_errors(files, today_ms, problems, err));
		tested.tried = problems->n_errors == 0;
	}
	rd_problems_sort(problems);
	*ret_tested = tested;
	return RD_OK;
}

/* Lint's errors, and where there are none the examples, of one set that is built once for both. */
static enum rd_rc prove_layer(
	struct rd_tester *t, const struct rd_rulefiles *files, struct rd_err *err)
{
	RD_CLEANUP(rd_ruleset_cleanup) struct rd_ruleset *set = NULL;

	RD_TRY(rd_ruleset_build(files, t->landlord, t->today_ms, t->problems, &set, err));
	RD_TRY(rd_lint_set(set, t->today_ms, true, t->problems, err));
	return t->problems->n_errors == 0 ? test_set(t, set, err) : RD_OK;
}

enum rd_rc rd_rules_prove(const struct rd_rulefiles *files, int64_t today_ms, struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *told = rd_arena_new(16u << 20);
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(RD_EXAMPLE_ARENA_BYTES);
	struct rd_problems problems;
	struct rd_rules_tested tested = { .tried = true };
	struct rd_tester t = { .arena = arena,
		.problems = &problems,
		.tested = &tested,
		.today_ms = today_ms,
		.errors_only = true };
	char name[RD_LAYER_NAME_MAX];

	rd_problems_begin(&problems, told);
	rd_lint_files(files, &problems);
	RD_TRY(prove_layer(&t, files, err));
	for (size_t i = 0; i < files->n_items; i++)
		if (rd_layer_of(files->items[i].name, name)) {
			t.landlord = name;
			RD_TRY(prove_layer(&t, files, err));
		}
	RD_TRY(rd_problems_rc(&problems, err));
	/* A folder copied by half would let every complaint pass for a request. */
	if (tested.n_rules == 0)
		return rd_fail(err, RD_E_INPUT,
			"no *.rules file holds a rule with an example: is the folder whole?");
	return RD_OK;
}

#include <stdlib.h>
#include <string.h>

#include "redress/message/plain.h"
#include "redress/rules/compiled.h"
#include "redress/rules/layers.h"
#include "redress/rules/lint.h"
#include "redress/rules/score.h"

#define EXAMPLE_ARENA_BYTES (4u << 20)

struct tester {
	const struct rd_ruleset *set;
	struct rd_arena *arena;
	struct rd_problems *problems;
	struct rd_rules_tested *tested;
	int64_t today_ms;
};

static const struct rd_hit *find(const struct rd_hit *hits, size_t n, const char *id)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(hits[i].rule, id) == 0)
			return &hits[i];
	return NULL;
}

static enum rd_rc try_example(struct tester *t, const struct rd_definition *def,
	const struct rd_line *example, bool must, struct rd_err *err)
{
	struct rd_message message;
	struct rd_score score;
	size_t len = strlen(example->value);
	bool as_subject = def->in_subject && !def->in_body;
	struct rd_plain plain = { .channel = def->by_email ? RD_CHANNEL_EMAIL : RD_CHANNEL_SMS,
		.from = "",
		.subject = as_subject ? example->value : "",
		.subject_len = as_subject ? len : 0,
		.body = as_subject ? "" : example->value,
		.body_len = as_subject ? 0 : len };

	rd_arena_reset(t->arena);
	RD_TRY(rd_plain_message(&plain, t->arena, &message, err));
	RD_TRY(rd_score_message(t->set, &message, t->today_ms, t->arena, &score, err));
	const struct rd_hit *hit = find(score.hits, score.n_hits, def->id);
	const struct rd_hit *stopped = find(score.suppressed, score.n_suppressed, def->id);
	t->tested->n_examples++;
	if ((hit != NULL) == must)
		return RD_OK;
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
			(as_subject ? message.subject : message.body) + hit->from);
	return RD_OK;
}

static enum rd_rc test_layer(struct tester *t, const struct rd_rulefiles *files,
	const char *landlord, struct rd_err *err)
{
	RD_CLEANUP(rd_ruleset_cleanup) struct rd_ruleset *set = NULL;

	RD_TRY(rd_ruleset_build(files, landlord, t->today_ms, t->problems, &set, err));
	if (t->problems->n_errors > t->tested->n_failed)
		return RD_OK;
	t->set = set;
	for (uint32_t i = 0; i < set->n_rules; i++) {
		const struct rd_definition *def = set->rules[i].def;
		if (!set->rules[i].runs || (landlord != NULL && def->layer[0] == '\0'))
			continue;
		t->tested->n_rules += def->must.n_items + def->must_not.n_items > 0;
		for (size_t k = 0; k < def->must.n_items; k++)
			RD_TRY(try_example(t, def, &def->must.items[k], true, err));
		for (size_t k = 0; k < def->must_not.n_items; k++)
			RD_TRY(try_example(t, def, &def->must_not.items[k], false, err));
	}
	return RD_OK;
}

enum rd_rc rd_rules_test(const struct rd_rulefiles *files, int64_t today_ms,
	struct rd_problems *problems, struct rd_rules_tested *ret_tested, struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(EXAMPLE_ARENA_BYTES);
	struct rd_rules_tested tested = { 0 };
	struct tester t = {
		.arena = arena, .problems = problems, .tested = &tested, .today_ms = today_ms
	};
	char name[RD_LAYER_NAME_MAX];

	RD_TRY(test_layer(&t, files, NULL, err));
	for (size_t i = 0; i < files->n_items; i++)
		if (rd_layer_of(files->items[i].name, name))
			RD_TRY(test_layer(&t, files, name, err));
	rd_problems_sort(problems);
	*ret_tested = tested;
	return RD_OK;
}

enum rd_rc rd_rules_prove(const struct rd_rulefiles *files, int64_t today_ms, struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(16u << 20);
	struct rd_problems problems;
	struct rd_rules_tested tested;

	rd_problems_begin(&problems, arena);
	RD_TRY(rd_rules_lint(files, today_ms, &problems, err));
	RD_TRY(rd_problems_rc(&problems, err));
	RD_TRY(rd_rules_test(files, today_ms, &problems, &tested, err));
	RD_TRY(rd_problems_rc(&problems, err));
	/* A folder copied by half would let every complaint pass for a request. */
	if (tested.n_rules == 0)
		return rd_fail(err, RD_E_INPUT,
			"no *.rules file holds a rule with an example: is the folder whole?");
	return RD_OK;
}

/* What the conditions of combines can and cannot be. A rule that a condition wants only, or only
 * does not want, does no harm when it is taken as wanted; so but those that it has both ways need
 * trying out. */
#include <stdio.h>
#include <string.h>

#include "redress/rules/linter.h"

#define BOTH_WAYS_MAX 12 /* rules that are tried both ways */
#define STEPS_MAX     (2 * RD_COMBINE_TOKENS_MAX)

enum { WANTED = 1, UNWANTED = 2 };

struct logic {
	const struct rd_ruleset *set;
	unsigned char *ways; /* by rule: how the combine at hand has it */
	bool *truth;	     /* by rule */
};

/* Which combine, and what is supposed of one rule. */
struct question {
	uint32_t combine;
	uint32_t off; /* a rule or combine that does not hold; UINT32_MAX: none */
	bool by_sms;
};

/* A step of a condition, and whether a `not` turns it round. */
struct visit {
	uint32_t combine;
	size_t step; /* behind it */
	bool turned;
};

/* The steps in front of [.., end) that make up the operand which ends there: where it begins. */
static size_t operand_begin(const struct rd_condition *c, size_t end)
{
	size_t wanted = 1;

	while (wanted > 0 && end > 0) {
		enum rd_step_kind kind = c->steps[--end].kind;
		if (kind == RD_STEP_AND || kind == RD_STEP_OR)
			wanted++;
		else if (kind != RD_STEP_NOT)
			wanted--;
	}
	return end;
}

/* Fills ways for every rule that the combine names, in combines that it names too. */
static void find_ways(struct logic *l, uint32_t combine)
{
	struct visit stack[STEPS_MAX * RD_COMBINE_DEPTH_MAX];
	size_t n = 0;

	memset(l->ways, 0, l->set->n_rules);
	stack[n++] = (struct visit){ combine, l->set->rules[combine].condition.n_steps, false };
	while (n > 0) {
		struct visit v = stack[--n];
		const struct rd_condition *c = &l->set->rules[v.combine].condition;
		if (v.step == 0 || n + 3 > sizeof stack / sizeof stack[0])
			continue;
		const struct rd_step *s = &c->steps[v.step - 1];
		if (s->kind == RD_STEP_NOT) {
			stack[n++] = (struct visit){ v.combine, v.step - 1, !v.turned };
		} else if (s->kind == RD_STEP_AND || s->kind == RD_STEP_OR) {
			stack[n++] = (struct visit){ v.combine, v.step - 1, v.turned };
			stack[n++] =
				(struct visit){ v.combine, operand_begin(c, v.step - 1), v.turned };
		}
		for (size_t k = 0; k < s->n_rules; k++) {
			uint32_t other = s->rules[k];
			const struct rd_condition *inner = &l->set->rules[other].condition;
			unsigned char way = v.turned ? UNWANTED : WANTED;
			bool known = (l->ways[other] & way) != 0;
			l->ways[other] |= way;
			if (inner->n_steps > 0 && !known && n + 2 < sizeof stack / sizeof stack[0])
				stack[n++] = (struct visit){ other, inner->n_steps, v.turned };
		}
	}
}

static bool runs_on(const struct rd_definition *def, bool by_sms)
{
	return by_sms ? def->by_sms : def->by_email;
}

/* Does the combine hold, given which rules hit? */
static bool holds(struct logic *l, const struct question *q)
{
	const struct rd_ruleset *set = l->set;

	for (uint32_t i = 0; i < set->n_combines; i++) {
		uint32_t at = set->combines[i];
		l->truth[at] = at != q->off && runs_on(set->rules[at].def, q->by_sms) &&
			       rd_condition_holds(&set->rules[at].condition, l->truth);
		if (at == q->combine)
			break;
	}
	return l->truth[q->combine];
}

/* Can it hold at all? True also where that would take too long to find out. */
static bool can_hold_by(struct logic *l, const struct question *q)
{
	uint32_t both[BOTH_WAYS_MAX];
	size_t n_both = 0;

	for (uint32_t i = 0; i < l->set->n_rules; i++) {
		const struct rd_rule *rule = &l->set->rules[i];
		bool free = !rule->def->is_combine && i != q->off && runs_on(rule->def, q->by_sms);
		l->truth[i] = free && (l->ways[i] & WANTED) != 0;
		if (!free || l->ways[i] != (WANTED | UNWANTED))
			continue;
		if (n_both == BOTH_WAYS_MAX)
			return true;
		both[n_both++] = i;
	}
	for (unsigned way = 0; way < 1u << n_both; way++) {
		for (size_t k = 0; k < n_both; k++)
			l->truth[both[k]] = (way >> k & 1) != 0;
		if (holds(l, q))
			return true;
	}
	return false;
}

static bool can_hold(struct logic *l, uint32_t combine, uint32_t off)
{
	struct question q = { .combine = combine, .off = off };

	for (int sms = 0; sms < 2; sms++) {
		q.by_sms = sms != 0;
		if (runs_on(l->set->rules[combine].def, q.by_sms) && can_hold_by(l, &q))
			return true;
	}
	return false;
}

static void tell_never(struct rd_linter *linter, const struct logic *l, uint32_t combine)
{
	const struct rd_definition *def = l->set->rules[combine].def;

	for (uint32_t i = 0; i < l->set->n_rules; i++) {
		if (l->ways[i] != (WANTED | UNWANTED) || l->set->rules[i].def->is_combine)
			continue;
		rd_problem_error(linter->problems, def->condition.at,
			"a contradiction: combine `%s` can never hold, for it wants `%s` and does "
			"not want it",
			def->id, l->set->rules[i].def->id);
		return;
	}
	rd_problem_error(linter->problems, def->condition.at,
		"a contradiction: combine `%s` can never hold, for no channel has all that it "
		"wants",
		def->id);
}

/* Where it holds, does a rule that it needs settle another kind? */
static void check_kinds(struct rd_linter *linter, struct logic *l, uint32_t combine)
{
	const struct rd_definition *def = l->set->rules[combine].def;

	for (uint32_t i = 0; i < l->set->n_rules && def->decides; i++) {
		const struct rd_definition *other = l->set->rules[i].def;
		if ((l->ways[i] & WANTED) == 0 || !other->decides ||
			other->decides_kind == def->decides_kind || can_hold(l, combine, i))
			continue;
		rd_problem_warning(linter->problems, def->condition.at,
			"a contradiction: `%s` decides %s, and wherever it holds `%s` decides %s; "
			"a "
			"person would have to look each time",
			def->id, rd_kind_names[def->decides_kind], other->id,
			rd_kind_names[other->decides_kind]);
	}
}

enum rd_rc rd_lint_combines(struct rd_linter *linter, struct rd_err *err)
{
	const struct rd_ruleset *set = linter->set;
	struct logic l = { .set = set };

	rd_arena_reset(linter->arena);
	l.ways = rd_arena_array(linter->arena, set->n_rules + 1u, sizeof *l.ways);
	l.truth = rd_arena_array(linter->arena, set->n_rules + 1u, sizeof *l.truth);
	if (l.ways == NULL || l.truth == NULL)
		return rd_fail(err, RD_E_RANGE, "no room left to look at the combines");
	for (uint32_t i = 0; i < set->n_combines; i++) {
		uint32_t at = set->combines[i];
		if (!rd_lint_concerns(linter, set->rules[at].def))
			continue;
		find_ways(&l, at);
		if (!can_hold(&l, at, UINT32_MAX))
			tell_never(linter, &l, at);
		else
			check_kinds(linter, &l, at);
	}
	return RD_OK;
}

#include "redress/rules/nearest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "redress/rules/compiled.h"
#include "redress/rules/suppose.h"

struct finder {
	const struct rd_ruleset *rules;
	const struct rd_score *score;
	const struct rd_message *message;
	struct rd_arena *arena;
	bool *hits, *off; /* by rule */
	double *leans;	  /* by rule */
	struct rd_supposed supposed;
	enum rd_kind kind; /* as it is */
	bool review;
	struct rd_turn *turns;
	size_t n_turns;
};

static uint32_t rule_of(const struct rd_ruleset *rules, const char *id)
{
	for (uint32_t i = 0; i < rules->n_rules; i++)
		if (strcmp(rules->rules[i].def->id, id) == 0)
			return i;
	return UINT32_MAX;
}

/* Weighs what is supposed; true where the answer is another one, which is then in *turn. */
static enum rd_rc weigh(
	struct finder *f, struct rd_turn *turn, bool *ret_turned, struct rd_err *err)
{
	struct rd_arena_mark mark = rd_arena_mark(f->arena);
	struct rd_score score;

	RD_TRY(rd_score_suppose(f->rules, f->message, &f->supposed, f->arena, &score, err));
	rd_arena_back_to(f->arena, mark);
	turn->kind = score.kind;
	turn->review = score.review;
	*ret_turned = score.kind != f->kind || score.review != f->review;
	return RD_OK;
}

/* Nobody turns off all words that lean, nor what is only there for a combine to look for: the
 * combine is what would be changed. */
static bool may_go(const struct finder *f, uint32_t rule)
{
	if (rule == UINT32_MAX)
		return false;
	const struct rd_definition *def = f->rules->rules[rule].def;
	return !def->is_leaning && (def->has_points || def->decides || def->any_flag ||
					   def->n_marks > 0 || def->review[0] != '\0');
}

static enum rd_rc try_off(struct finder *f, struct rd_err *err)
{
	for (size_t i = 0; i < f->score->n_hits; i++) {
		struct rd_turn turn = { .how = RD_TURN_OFF, .n_rules = 1 };
		bool turned = false;
		turn.rules[0] = rule_of(f->rules, f->score->hits[i].rule);
		if (!may_go(f, turn.rules[0]))
			continue;
		f->off[turn.rules[0]] = true;
		RD_TRY(weigh(f, &turn, &turned, err));
		f->off[turn.rules[0]] = false;
		if (turned)
			f->turns[f->n_turns++] = turn;
	}
	return RD_OK;
}

/* The weightiest first: what settles the kind, then by points. */
static double weight(const struct finder *f, const struct rd_hit *hit)
{
	uint32_t rule = rule_of(f->rules, hit->rule);

	if (!may_go(f, rule))
		return 0;
	const struct rd_definition *def = f->rules->rules[rule].def;
	bool counts = def->for_kind == f->kind || def->for_kind == RD_COMPLAINT;
	return def->decides ? 1000 : counts ? hit->points : 0;
}

static const struct rd_hit *weightiest(const struct finder *f)
{
	const struct rd_hit *best = NULL;

	for (size_t i = 0; i < f->score->n_hits; i++) {
		const struct rd_hit *hit = &f->score->hits[i];
		uint32_t rule = rule_of(f->rules, hit->rule);
		if (rule != UINT32_MAX && !f->off[rule] && weight(f, hit) > 0 &&
			(best == NULL || weight(f, hit) > weight(f, best)))
			best = hit;
	}
	return best;
}

/* Rules whose being off changes nothing more are left on again. */
static enum rd_rc leave_out_needless(struct finder *f, struct rd_turn *turn, struct rd_err *err)
{
	struct rd_turn other = *turn;
	size_t n = 0;

	for (size_t i = 0; i < turn->n_rules; i++) {
		bool turned = false;
		f->off[turn->rules[i]] = false;
		RD_TRY(weigh(f, &other, &turned, err));
		f->off[turn->rules[i]] = !turned;
		if (!turned)
			turn->rules[n++] = turn->rules[i];
	}
	turn->n_rules = n;
	bool turned = false;
	return weigh(f, turn, &turned, err);
}

static void none_off(struct finder *f)
{
	memset(f->off, 0, f->rules->n_rules * sizeof *f->off);
}

static enum rd_rc try_off_together(struct finder *f, struct rd_err *err)
{
	struct rd_turn turn = { .how = RD_TURN_OFF };
	bool turned = false;

	while (!turned && turn.n_rules < RD_TURN_TOGETHER_MAX) {
		const struct rd_hit *next = weightiest(f);
		if (next == NULL)
			break;
		turn.rules[turn.n_rules] = rule_of(f->rules, next->rule);
		f->off[turn.rules[turn.n_rules++]] = true;
		RD_TRY(weigh(f, &turn, &turned, err));
	}
	if (turned)
		RD_TRY(leave_out_needless(f, &turn, err));
	none_off(f);
	if (turned)
		f->turns[f->n_turns++] = turn;
	return RD_OK;
}

/* What it would be without the rules that settle it; told also where that is the same. */
static enum rd_rc try_unsettled(struct finder *f, struct rd_err *err)
{
	struct rd_turn turn = { .how = RD_TURN_OFF };
	bool turned = false;

	for (size_t i = 0; i < f->score->n_hits && turn.n_rules < RD_TURN_TOGETHER_MAX; i++) {
		uint32_t rule = rule_of(f->rules, f->score->hits[i].rule);
		if (rule == UINT32_MAX || !f->rules->rules[rule].def->decides)
			continue;
		f->off[rule] = true;
		turn.rules[turn.n_rules++] = rule;
	}
	if (turn.n_rules > 0) {
		RD_TRY(weigh(f, &turn, &turned, err));
		none_off(f);
		turn.same = !turned;
		f->turns[f->n_turns++] = turn;
	}
	return RD_OK;
}

static enum rd_rc try_let(struct finder *f, struct rd_err *err)
{
	for (size_t i = 0; i < f->score->n_suppressed; i++) {
		struct rd_turn turn = {
			.how = RD_TURN_LET, .n_rules = 1, .stopped = &f->score->suppressed[i]
		};
		bool turned = false;
		uint32_t rule = rule_of(f->rules, turn.stopped->rule);
		if (rule == UINT32_MAX || f->hits[rule])
			continue;
		turn.rules[0] = rule;
		f->hits[rule] = true;
		RD_TRY(weigh(f, &turn, &turned, err));
		f->hits[rule] = false;
		if (turned)
			f->turns[f->n_turns++] = turn;
	}
	return RD_OK;
}

static bool reprice(struct finder *f, uint32_t rule, double points)
{
	if (rule == UINT32_MAX || !f->rules->rules[rule].def->has_points ||
		fabs(points) > RD_RULE_POINTS_MAX)
		return false;
	f->supposed.repriced = rule;
	f->supposed.points = points;
	return true;
}

/* The smallest move of one rule's points that turns the answer. */
static enum rd_rc try_points(struct finder *f, struct rd_err *err)
{
	struct rd_turn turn = { .how = RD_TURN_REPRICED, .n_rules = 1 };
	bool turned = false;

	for (double move = RD_TURN_STEP; move <= RD_TURN_MOVE_MAX && !turned; move += RD_TURN_STEP)
		for (size_t i = 0; i < 2 * f->score->n_hits && !turned; i++) {
			uint32_t rule = rule_of(f->rules, f->score->hits[i / 2].rule);
			if (rule == UINT32_MAX)
				continue;
			double points = f->rules->rules[rule].def->points;
			points = i % 2 == 0 ? points - move : points + move;
			if (!reprice(f, rule, points))
				continue;
			turn.rules[0] = rule;
			turn.points = points;
			RD_TRY(weigh(f, &turn, &turned, err));
		}
	f->supposed.repriced = UINT32_MAX;
	if (turned)
		f->turns[f->n_turns++] = turn;
	return RD_OK;
}

enum rd_rc rd_turns_find(const struct rd_ruleset *rules, const struct rd_score *score,
	const struct rd_message *message, struct rd_arena *arena, struct rd_turns *ret_turns,
	struct rd_err *err)
{
	struct finder f = { .rules = rules, .score = score, .message = message, .arena = arena };
	struct rd_turn now;
	bool turned = false;

	f.hits = rd_arena_array(arena, rules->n_rules + 1u, sizeof *f.hits);
	f.off = rd_arena_array(arena, rules->n_rules + 1u, sizeof *f.off);
	f.leans = rd_arena_array(arena, rules->n_rules + 1u, sizeof *f.leans);
	f.turns = rd_arena_array(arena, score->n_hits + score->n_suppressed + 3, sizeof *f.turns);
	if (f.hits == NULL || f.off == NULL || f.leans == NULL || f.turns == NULL)
		return rd_fail(err, RD_E_RANGE, "no room left to explain this message");
	for (size_t i = 0; i < score->n_hits; i++) {
		uint32_t rule = rule_of(rules, score->hits[i].rule);
		if (rule == UINT32_MAX || rules->rules[rule].def->is_combine)
			continue;
		f.hits[rule] = true;
		f.leans[rule] = score->hits[i].points;
	}
	f.supposed = (struct rd_supposed){
		.hits = f.hits, .off = f.off, .leans = f.leans, .repriced = UINT32_MAX
	};
	RD_TRY(weigh(&f, &now, &turned, err));
	f.kind = now.kind;
	f.review = now.review;
	RD_TRY(try_off(&f, err));
	if (f.n_turns == 0)
		RD_TRY(try_unsettled(&f, err));
	if (f.n_turns == 0 || f.turns[f.n_turns - 1].same)
		RD_TRY(try_off_together(&f, err));
	RD_TRY(try_let(&f, err));
	RD_TRY(try_points(&f, err));
	*ret_turns = (struct rd_turns){
		.items = f.turns, .n_items = f.n_turns, .other_reasons = score->review && !f.review
	};
	return RD_OK;
}

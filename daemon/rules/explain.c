#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "redress/base/buf.h"
#include "redress/rules/compiled.h"
#include "redress/rules/nearest.h"
#include "redress/rules/score.h"

#define WORDS_SHOWN 70 /* bytes of a hit's words */
#define ARENA_BYTES (16u << 20)
#define NAMED_MAX   4	   /* rules of a combine, or that settle the kind */
#define FAR	    1000.0 /* more points than any rule has */
#define TURNS_SHOWN 3

struct explanation {
	const struct rd_ruleset *rules;
	const struct rd_score *score;
	const struct rd_message *message;
	bool *truth; /* by rule */
	struct rd_buf *out;
	struct rd_err *err;
};

static const struct rd_rule *rule_of(const struct explanation *x, const char *id)
{
	for (uint32_t i = 0; i < x->rules->n_rules; i++)
		if (strcmp(x->rules->rules[i].def->id, id) == 0)
			return &x->rules->rules[i];
	return NULL;
}

static enum rd_rc add_words(struct explanation *x, const struct rd_hit *hit)
{
	const struct rd_message *m = x->message;
	const char *field = hit->where == RD_WHERE_SUBJECT ? m->subject : m->body;
	uint32_t to = hit->to, from = hit->from;
	bool more = to - from > WORDS_SHOWN;

	if (more)
		to = from + WORDS_SHOWN;
	while (more && to > from && ((unsigned char)field[to] & 0xc0) == 0x80)
		to--;
	RD_TRY(rd_buf_add_str(x->out, "\"", x->err));
	for (uint32_t i = from; i < to; i++) {
		char c = (unsigned char)field[i] < 0x20 || field[i] == 0x7f ? ' ' : field[i];
		RD_TRY(rd_buf_add(x->out, &c, 1, x->err));
	}
	return rd_buf_add_str(x->out, more ? "...\"" : "\"", x->err);
}

/* Of the rules that a combine names, those that hit. */
static enum rd_rc add_named(struct explanation *x, const struct rd_condition *condition)
{
	size_t n = 0;

	for (size_t s = 0; s < condition->n_steps; s++)
		for (size_t k = 0; k < condition->steps[s].n_rules; k++) {
			uint32_t other = condition->steps[s].rules[k];
			if (!x->truth[other] || n > NAMED_MAX)
				continue;
			const char *id = n == NAMED_MAX ? "..." : x->rules->rules[other].def->id;
			RD_TRY(rd_buf_printf(
				x->out, x->err, "%s%s", n++ == 0 ? "because of " : ", ", id));
		}
	return n > 0 ? RD_OK : rd_buf_add_str(x->out, "(rules together)", x->err);
}

static enum rd_rc add_layer(struct explanation *x, const struct rd_rule *rule)
{
	if (rule == NULL || rule->def->layer[0] == '\0')
		return RD_OK;
	RD_TRY(rd_buf_printf(x->out, x->err, " (%s", rule->def->layer));
	if (rule->def->layer_reason[0] != '\0')
		RD_TRY(rd_buf_printf(x->out, x->err, ": %s", rule->def->layer_reason));
	return rd_buf_add_str(x->out, ")", x->err);
}

/* Of a Leaning its words alone: "base +3.85, 3 words: ..." without the base, which is told apart.
 */
static const char *words_of(const struct rd_hit *hit)
{
	const char *rest = strncmp(hit->words, "base ", 5) == 0 ? strstr(hit->words, ", ") : NULL;

	return rest != NULL ? rest + 2 : hit->words;
}

/* "body 7-23 "rang three times"  delay.rules:54 (acme: why)" */
static enum rd_rc add_place(
	struct explanation *x, const struct rd_hit *hit, const struct rd_rule *rule)
{
	if (hit->words[0] != '\0') {
		RD_TRY(rd_buf_add_str(x->out, words_of(hit), x->err));
	} else if (hit->to > hit->from) {
		RD_TRY(rd_buf_printf(x->out, x->err, "%s %u-%u ",
			hit->where == RD_WHERE_SUBJECT ? "subject" : "body", (unsigned)hit->from,
			(unsigned)hit->to));
		RD_TRY(add_words(x, hit));
	} else if (rule != NULL) {
		RD_TRY(add_named(x, &rule->condition));
	}
	RD_TRY(rd_buf_printf(x->out, x->err, "  %s", hit->place));
	return add_layer(x, rule);
}

/* What a hit does besides its points: "decides complaint, flag legal". */
static enum rd_rc add_effects(struct explanation *x, const struct rd_definition *def)
{
	const char *before = "; ";

	if (def->decides)
		RD_TRY(rd_buf_printf(
			x->out, x->err, "; decides %s", rd_kind_names[def->decides_kind]));
	for (int i = 0; i < RD_N_FLAGS; i++)
		if (def->flags[i]) {
			RD_TRY(rd_buf_printf(x->out, x->err, "%s%s%s", before,
				before[0] == ';' ? "flag " : "", rd_flag_names[i]));
			before = ", ";
		}
	if (def->review[0] != '\0')
		RD_TRY(rd_buf_add_str(x->out, "; sends it to a person", x->err));
	before = "; ";
	for (size_t i = 0; i < def->n_marks; i++) {
		RD_TRY(rd_buf_printf(x->out, x->err, "%s%s%s", before,
			before[0] == ';' ? "mark " : "", def->marks[i]));
		before = ", ";
	}
	return RD_OK;
}

static bool differ(double a, double b)
{
	return fabs(a - b) > 1e-9;
}

/* The line below a hit: what it means, what it does, and what its group's cap took. */
static enum rd_rc add_meaning(
	struct explanation *x, const struct rd_hit *hit, const struct rd_definition *def)
{
	RD_TRY(rd_buf_printf(
		x->out, x->err, "        %s", hit->means[0] != '\0' ? hit->means : def->id));
	RD_TRY(add_effects(x, def));
	if (def->has_points && differ(def->points, hit->points)) {
		const struct rd_group_def *group =
			rd_group_find(&x->rules->definitions, def->group);
		double cap = group != NULL && group->cap >= 0 ? group->cap
							      : x->rules->definitions.head.cap;
		RD_TRY(rd_buf_printf(x->out, x->err,
			"; %g of its %g points, for group %s gives %g at most", hit->points,
			def->points, def->group, cap));
	}
	return rd_buf_add_str(x->out, "\n", x->err);
}

static bool has_points(const struct rd_definition *def)
{
	return def->is_leaning || (def->has_points && differ(def->points, 0));
}

/* Only looked for by combines: it has no effect of its own. */
static bool is_helper(const struct rd_definition *def)
{
	return !has_points(def) && !def->decides && !def->any_flag && def->n_marks == 0 &&
	       def->review[0] == '\0' && def->topic[0] == '\0';
}

static double to_three_digits(double points)
{
	return round(points * 1000) / 1000;
}

/* What counts against a kind that it is not is nothing that anybody asks for; but a rule that
 * speaks for it is, for its points may be what would have to change. */
static bool is_asked_for(const struct explanation *x, enum rd_kind kind)
{
	if (kind == RD_COMPLAINT || kind == x->score->kind || x->score->totals[kind] > 0)
		return true;
	for (size_t i = 0; i < x->score->n_hits; i++) {
		const struct rd_rule *rule = rule_of(x, x->score->hits[i].rule);
		if (rule != NULL && !rule->def->is_leaning && rule->def->points > 0 &&
			rule->def->for_kind == kind)
			return true;
	}
	return false;
}

/* Where a Leaning begins is no word of the message: it has a line of its own. */
static enum rd_rc add_leaning(
	struct explanation *x, const struct rd_hit *hit, const struct rd_rule *rule, size_t *n)
{
	const struct rd_definition *def = rule->def;

	if (differ(def->base, 0)) {
		RD_TRY(rd_buf_printf(x->out, x->err,
			" %+6g  %-24s where every message starts  %s\n", def->base, hit->rule,
			hit->place));
		++*n;
	}
	if (!differ(def->base, hit->points) && strstr(hit->words, " 0 words") != NULL)
		return RD_OK;
	RD_TRY(rd_buf_printf(x->out, x->err, " %+6g  %-24s ",
		to_three_digits(hit->points - def->base), hit->rule));
	RD_TRY(add_place(x, hit, rule));
	++*n;
	return rd_buf_printf(
		x->out, x->err, "\n        %s\n", hit->means[0] != '\0' ? hit->means : def->id);
}

static enum rd_rc add_points(struct explanation *x, enum rd_kind kind)
{
	size_t n = 0;

	if (!is_asked_for(x, kind))
		return RD_OK;
	for (size_t i = 0; i < x->score->n_hits; i++) {
		const struct rd_hit *hit = &x->score->hits[i];
		const struct rd_rule *rule = rule_of(x, hit->rule);
		if (rule == NULL || !has_points(rule->def) || rule->def->for_kind != kind)
			continue;
		if (n == 0)
			RD_TRY(rd_buf_printf(
				x->out, x->err, " points for %s:\n", rd_kind_words[kind]));
		if (rule->def->is_leaning) {
			RD_TRY(add_leaning(x, hit, rule, &n));
			continue;
		}
		n++;
		RD_TRY(rd_buf_printf(x->out, x->err, " %+6g  %-24s ", hit->points, hit->rule));
		RD_TRY(add_place(x, hit, rule));
		RD_TRY(rd_buf_add_str(x->out, "\n", x->err));
		RD_TRY(add_meaning(x, hit, rule->def));
	}
	if (n > 1)
		RD_TRY(rd_buf_printf(x->out, x->err, " %6g  together\n", x->score->totals[kind]));
	return RD_OK;
}

/* Hits without points: first those that do something else, then those that only combines use. */
static enum rd_rc add_others(struct explanation *x, bool helpers)
{
	size_t n = 0;

	for (size_t i = 0; i < x->score->n_hits; i++) {
		const struct rd_hit *hit = &x->score->hits[i];
		const struct rd_rule *rule = rule_of(x, hit->rule);
		if (rule == NULL || has_points(rule->def) || is_helper(rule->def) != helpers)
			continue;
		if (n++ == 0)
			RD_TRY(rd_buf_add_str(x->out,
				helpers ? " seen, and used by other rules only:\n"
					: " without points:\n",
				x->err));
		RD_TRY(rd_buf_printf(x->out, x->err, "         %-24s ", hit->rule));
		RD_TRY(add_place(x, hit, rule));
		if (helpers && hit->means[0] != '\0')
			RD_TRY(rd_buf_printf(x->out, x->err, "  %s", hit->means));
		RD_TRY(rd_buf_add_str(x->out, "\n", x->err));
		if (!helpers)
			RD_TRY(add_meaning(x, hit, rule->def));
	}
	return RD_OK;
}

static enum rd_rc add_stopped(struct explanation *x)
{
	for (size_t i = 0; i < x->score->n_suppressed; i++) {
		const struct rd_hit *hit = &x->score->suppressed[i];
		if (i == 0)
			RD_TRY(rd_buf_add_str(x->out, " stopped, and not counted:\n", x->err));
		RD_TRY(rd_buf_printf(x->out, x->err, "     --  %-24s ", hit->rule));
		RD_TRY(add_place(x, hit, rule_of(x, hit->rule)));
		RD_TRY(rd_buf_printf(
			x->out, x->err, "\n        stopped by %s (%s)\n", hit->by, hit->by_place));
	}
	return RD_OK;
}

static enum rd_rc add_list(struct explanation *x, const char *title, const char *const *items,
	size_t n, const char *between)
{
	if (n == 0)
		return RD_OK;
	RD_TRY(rd_buf_printf(x->out, x->err, " %s: ", title));
	for (size_t i = 0; i < n; i++)
		RD_TRY(rd_buf_printf(x->out, x->err, "%s%s", i > 0 ? between : "", items[i]));
	return rd_buf_add_str(x->out, "\n", x->err);
}

static enum rd_rc add_signs(struct explanation *x)
{
	const struct rd_score *s = x->score;
	const char *flags[RD_N_FLAGS];
	size_t n = 0;

	for (int i = 0; i < RD_N_FLAGS; i++)
		if (s->flags[i])
			flags[n++] = rd_flag_names[i];
	RD_TRY(add_list(x, "flags", flags, n, ", "));
	RD_TRY(add_list(x, "marks", s->marks, s->n_marks, ", "));
	return add_list(x, "topics", s->topics, s->n_topics, ", ");
}

/* What the landlord's layer changed that no hit can tell: thresholds, and rules switched off. */
static enum rd_rc add_layer_notes(struct explanation *x)
{
	const struct rd_head *head = &x->rules->definitions.head;

	if (head->layer[0] != '\0')
		RD_TRY(rd_buf_printf(x->out, x->err, " thresholds of %s: %s\n", head->layer,
			head->layer_reason));
	for (uint32_t i = 0; i < x->rules->n_rules; i++) {
		const struct rd_definition *def = x->rules->rules[i].def;
		if (def->disabled)
			RD_TRY(rd_buf_printf(x->out, x->err,
				" rule %s is off until %04d-%02d-%02d  %s (%s: %s)\n", def->id,
				def->disabled_until.year, def->disabled_until.month,
				def->disabled_until.day, x->rules->rules[i].place, def->layer,
				def->layer_reason));
	}
	return RD_OK;
}

static enum rd_rc add_answer(struct explanation *x, const struct rd_turn *turn)
{
	const char *still = turn->same ? "still " : "";

	if (!turn->review)
		return rd_buf_printf(x->out, x->err, "%s%s\n", still, rd_kind_words[turn->kind]);
	return rd_buf_printf(x->out, x->err, "a person must %slook (best answer: %s)\n", still,
		rd_kind_words[turn->kind]);
}

static const char *before(size_t i, size_t n)
{
	if (i == 0)
		return "without ";
	return i + 1 < n ? ", " : " and ";
}

static enum rd_rc add_turn(struct explanation *x, const struct rd_turn *turn)
{
	const struct rd_definition *first = x->rules->rules[turn->rules[0]].def;

	RD_TRY(rd_buf_add_str(x->out, "   ", x->err));
	if (turn->how == RD_TURN_LET) {
		RD_TRY(rd_buf_printf(x->out, x->err, "had `%s` not been stopped (%s): ", first->id,
			turn->stopped->by_place));
	} else if (turn->how == RD_TURN_REPRICED) {
		RD_TRY(rd_buf_printf(x->out, x->err, "with %g in place of %g points for `%s`: ",
			turn->points, first->points, first->id));
	} else {
		for (size_t i = 0; i < turn->n_rules; i++)
			RD_TRY(rd_buf_printf(x->out, x->err, "%s`%s`", before(i, turn->n_rules),
				x->rules->rules[turn->rules[i]].def->id));
		RD_TRY(rd_buf_add_str(x->out, ": ", x->err));
	}
	return add_answer(x, turn);
}

static bool has_turn(const struct rd_turns *turns, enum rd_turn_how how)
{
	for (size_t i = 0; i < turns->n_items; i++)
		if (turns->items[i].how == how)
			return true;
	return false;
}

/* How far it is to go without a rule: as far as it counted for; one that settles the kind, or has
 * no points, is far. */
static double distance_of(const struct explanation *x, const struct rd_turn *turn)
{
	const struct rd_definition *first = x->rules->rules[turn->rules[0]].def;

	for (size_t i = 0; i < x->score->n_hits && !first->decides; i++)
		if (strcmp(x->score->hits[i].rule, first->id) == 0 &&
			differ(x->score->hits[i].points, 0))
			return fabs(x->score->hits[i].points);
	return first->decides ? FAR : 2 * FAR;
}

/* The nearest behind `before` (NULL: of all); of equal ones the first. */
static const struct rd_turn *next_off(
	const struct explanation *x, const struct rd_turns *turns, const struct rd_turn *before)
{
	const double least = before != NULL ? distance_of(x, before) : 0;
	const struct rd_turn *next = NULL;

	for (const struct rd_turn *t = turns->items; t < turns->items + turns->n_items; t++) {
		const double far = distance_of(x, t);
		const bool behind = before == NULL || far > least || (!(far < least) && t > before);

		if (t->how == RD_TURN_OFF && behind && (next == NULL || far < distance_of(x, next)))
			next = t;
	}
	return next;
}

static enum rd_rc add_nearest(struct explanation *x, struct rd_arena *arena)
{
	struct rd_turns turns;
	size_t n_shown = 0;

	RD_TRY(rd_turns_find(x->rules, x->score, x->message, arena, &turns, x->err));
	RD_TRY(rd_buf_printf(x->out, x->err, " nearest change: %s\n", x->score->nearest_change));
	/* Rules that are off leave a place for each other sort. */
	const size_t others =
		(size_t)(has_turn(&turns, RD_TURN_LET) + has_turn(&turns, RD_TURN_REPRICED));
	for (const struct rd_turn *t = next_off(x, &turns, NULL);
		t != NULL && n_shown < TURNS_SHOWN - others; t = next_off(x, &turns, t)) {
		n_shown++;
		RD_TRY(add_turn(x, t));
	}
	for (size_t i = turns.n_items; i-- > 0 && n_shown < TURNS_SHOWN;)
		if (turns.items[i].how != RD_TURN_OFF) {
			n_shown++;
			RD_TRY(add_turn(x, &turns.items[i]));
		}
	if (turns.other_reasons)
		RD_TRY(rd_buf_add_str(x->out,
			"   (a person must look whatever the points are: see above)\n", x->err));
	return RD_OK;
}

enum rd_rc rd_score_explain(const struct rd_ruleset *rules, const struct rd_score *score,
	const struct rd_message *message, struct rd_buf *out, struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(ARENA_BYTES);
	struct explanation x = {
		.rules = rules, .score = score, .message = message, .out = out, .err = err
	};

	x.truth = rd_arena_array(arena, rules->n_rules + 1u, sizeof *x.truth);
	if (x.truth == NULL)
		return rd_fail(err, RD_E_RANGE, "no room left to explain this message");
	for (size_t i = 0; i < score->n_hits; i++) {
		const struct rd_rule *rule = rule_of(&x, score->hits[i].rule);
		if (rule != NULL)
			x.truth[rule - rules->rules] = true;
	}
	RD_TRY(rd_buf_printf(out, err,
		"%s%s %g (no complaint below %g, complaint from %g)  rules %.19s\n",
		rd_kind_names[score->kind], score->review ? ", A PERSON MUST LOOK:" : "",
		score->total, score->request_below, score->complaint_from, rules->sha256));
	RD_TRY(add_points(&x, RD_COMPLAINT));
	for (int k = 0; k < RD_N_KINDS; k++)
		if (k != RD_COMPLAINT)
			RD_TRY(add_points(&x, (enum rd_kind)k));
	RD_TRY(add_others(&x, false));
	RD_TRY(add_others(&x, true));
	RD_TRY(add_stopped(&x));
	RD_TRY(add_signs(&x));
	RD_TRY(add_layer_notes(&x));
	RD_TRY(add_list(&x, "a person must look because", score->review_reasons,
		score->n_review_reasons, "; "));
	return add_nearest(&x, arena);
}

#include "redress/rules/tune.h"

#include <math.h>
#include <string.h>

#include "redress/rules/tune_fit.h"

#define THRESHOLD_REACH 2.0 /* points up or down */
#define THRESHOLD_MOST	100.0
#define COST_MOVE	1.0 /* that each step of a threshold away from the present one must save */

const char *const rd_tune_outcome_names[] = { "too_few", "no_better", "no_change", "proposed",
	NULL };

uint64_t rd_tune_hash(const char *id)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (; *id != '\0'; id++)
		hash = (hash ^ (unsigned char)*id) * UINT64_C(0x100000001b3);
	/* The low digits of FNV follow the last letter; the finish of SplitMix64 spreads them. */
	hash = (hash ^ hash >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	hash = (hash ^ hash >> 27) * UINT64_C(0x94d049bb133111eb);
	return hash ^ hash >> 31;
}

/* --- one learning: from some of the messages --- */

struct learning {
	const struct rd_tune_input *input;
	struct rd_arena *arena; /* of this learning alone */
	bool *in;		/* by example: learnt from */
	struct rd_tune_rule_result *rules;
	double *points; /* rounded */
	double request_below, complaint_from;
};

/* What the points say something about. */
static bool is_learnt_from(const struct learning *l, size_t i)
{
	return l->in[i] && l->input->examples[i].end == RD_TUNE_BY_POINTS;
}

static void count_hits(struct learning *l)
{
	for (size_t i = 0; i < l->input->n_examples; i++) {
		const struct rd_tune_example *e = &l->input->examples[i];

		if (!is_learnt_from(l, i))
			continue;
		for (uint32_t k = 0; k < e->n_hits; k++) {
			l->rules[e->hits[k]].n_hits++;
			l->rules[e->hits[k]].n_complaints += e->complaint;
		}
	}
	for (size_t j = 0; j < l->input->n_rules; j++) {
		struct rd_tune_rule_result *r = &l->rules[j];

		if (l->input->rules[j].fixed)
			r->kept = RD_TUNE_KEPT_FIXED;
		else if (r->n_hits < RD_TUNE_HITS_MIN)
			r->kept = RD_TUNE_KEPT_FEW_HITS;
		else if (r->n_complaints < RD_TUNE_HITS_EACH ||
			 r->n_hits - r->n_complaints < RD_TUNE_HITS_EACH)
			r->kept = RD_TUNE_KEPT_ONE_SIDED;
		else
			r->kept = RD_TUNE_FITTED;
	}
}

/* To the step's own multiples, but for what hardly moved. */
static double rounded(double points, double present)
{
	if (fabs(points - present) < RD_TUNE_STEP / 2)
		return present;
	const double size = round(fabs(points) / RD_TUNE_STEP) * RD_TUNE_STEP;
	return copysign(fmin(fmax(size, RD_TUNE_STEP), RD_TUNE_POINTS_MAX), present);
}

/* --- what comes of a message --- */

enum came { AS_COMPLAINT, AS_LOOK, AS_OTHER };

static enum came what_came(enum rd_tune_end end, double total, double low, double high)
{
	switch (end) {
	case RD_TUNE_COMPLAINT:
		return AS_COMPLAINT;
	case RD_TUNE_OTHER:
		return AS_OTHER;
	case RD_TUNE_LOOK:
		return AS_LOOK;
	case RD_TUNE_BY_POINTS:
		break;
	}
	return total >= high ? AS_COMPLAINT : total >= low ? AS_LOOK : AS_OTHER;
}

static double cost_of(const struct rd_tune_example *e, enum came came)
{
	if (came == AS_LOOK)
		return e->weight * RD_TUNE_COST_LOOK;
	if (came == AS_COMPLAINT)
		return e->complaint ? 0 : e->weight * RD_TUNE_COST_FALSE;
	return e->complaint ? e->weight * RD_TUNE_COST_MISSED : 0;
}

static void add_figures(
	struct rd_tune_figures *figures, const struct rd_tune_example *e, enum came came)
{
	if (e->complaint) {
		rd_share_add(&figures->seen, came != AS_OTHER, e->weight);
		rd_share_add(&figures->at_once, came == AS_COMPLAINT, e->weight);
	}
	if (came == AS_COMPLAINT)
		rd_share_add(&figures->right, e->complaint, e->weight);
	rd_share_add(&figures->looks, came == AS_LOOK, e->weight);
	figures->cost += cost_of(e, came);
}

/* --- thresholds --- */

static double cost_at(const struct learning *l, const double *totals, double low, double high)
{
	double sum = 0, n = 0, weights = 0;

	for (size_t i = 0; i < l->input->n_examples; i++) {
		const struct rd_tune_example *e = &l->input->examples[i];

		if (!is_learnt_from(l, i))
			continue;
		sum += cost_of(e, what_came(e->end, totals[i], low, high));
		weights += e->weight;
		n++;
	}
	return n > 0 ? sum * n / weights : 0; /* as if each stood for one: weights say how many
						 alike there are, not how much was seen */
}

static double steps_between(double a, double b)
{
	return fabs(a - b) / RD_TUNE_STEP;
}

static bool leaves_room(const struct rd_tune_input *input, double low, double high)
{
	return !input->bounded ||
	       (low <= input->request_below_most && high >= input->complaint_from_least);
}

/* The cheapest pair on the grid; the present one costs no move. */
static void choose_thresholds(struct learning *l, const double *totals)
{
	const double low0 = l->input->request_below, high0 = l->input->complaint_from;
	double least;

	l->request_below = low0;
	l->complaint_from = high0;
	if (l->input->fixed_thresholds)
		return;
	least = cost_at(l, totals, low0, high0);
	for (double low = ceil((low0 - THRESHOLD_REACH) / RD_TUNE_STEP) * RD_TUNE_STEP;
		low <= low0 + THRESHOLD_REACH; low += RD_TUNE_STEP) {
		for (double high = ceil((high0 - THRESHOLD_REACH) / RD_TUNE_STEP) * RD_TUNE_STEP;
			high <= high0 + THRESHOLD_REACH; high += RD_TUNE_STEP) {
			if (low < 0 || high < low || high > THRESHOLD_MOST ||
				!leaves_room(l->input, low, high))
				continue;
			const double cost =
				cost_at(l, totals, low, high) +
				COST_MOVE * (steps_between(low, low0) + steps_between(high, high0));
			if (cost < least - 1e-9) {
				least = cost;
				l->request_below = low;
				l->complaint_from = high;
			}
		}
	}
}

/* --- learning and judging --- */

static enum rd_rc make_room(const struct rd_tune_input *input, struct rd_arena *arena,
	struct learning *l, struct rd_err *err)
{
	*l = (struct learning){ .input = input,
		.arena = arena,
		.in = rd_arena_array(arena, input->n_examples + 1, sizeof *l->in),
		.rules = rd_arena_array(arena, input->n_rules + 1, sizeof *l->rules),
		.points = rd_arena_array(arena, input->n_rules + 1, sizeof *l->points) };

	if (l->in == NULL || l->rules == NULL || l->points == NULL)
		return rd_fail(err, RD_E_RANGE, "no room left to fit so many messages");
	return RD_OK;
}

/* From the messages that are in. */
static enum rd_rc learn(struct learning *l, struct rd_err *err)
{
	const struct rd_tune_input *input = l->input;
	bool *in_fit = rd_arena_array(l->arena, input->n_examples + 1, sizeof *in_fit);
	double *totals = rd_arena_array(l->arena, input->n_examples + 1, sizeof *totals);

	if (in_fit == NULL || totals == NULL)
		return rd_fail(err, RD_E_RANGE, "no room left to fit so many messages");
	count_hits(l);
	for (size_t j = 0; j < input->n_rules; j++)
		l->points[j] = input->rules[j].points;
	for (size_t i = 0; i < input->n_examples; i++)
		in_fit[i] = is_learnt_from(l, i);
	RD_TRY(rd_tune_fit(input, in_fit, l->rules, l->arena, l->points, err));
	for (size_t j = 0; j < input->n_rules; j++) {
		l->rules[j].fitted = l->points[j];
		l->points[j] = rounded(l->points[j], input->rules[j].points);
		l->rules[j].points = l->points[j];
	}
	for (size_t i = 0; i < input->n_examples; i++)
		totals[i] = rd_tune_total(input, &input->examples[i], l->points, NULL);
	choose_thresholds(l, totals);
	return RD_OK;
}

static void judge(const struct learning *l, size_t i, struct rd_tune_figures *figures)
{
	const struct rd_tune_example *e = &l->input->examples[i];
	const double total = rd_tune_total(l->input, e, l->points, NULL);

	add_figures(figures, e, what_came(e->end, total, l->request_below, l->complaint_from));
}

static bool is_of_fold(const struct rd_tune_example *e, uint64_t fold)
{
	return e->id_hash % RD_TUNE_FOLDS == fold;
}

/* Each tenth judged by what the other nine taught. */
static enum rd_rc cross_validate(
	const struct rd_tune_input *input, struct rd_tune_figures *figures, struct rd_err *err)
{
	for (uint64_t fold = 0; fold < RD_TUNE_FOLDS; fold++) {
		RD_CLEANUP(rd_arena_cleanup)
		struct rd_arena *arena = rd_arena_new(RD_TUNE_ARENA_BYTES);
		struct learning l;

		RD_TRY(make_room(input, arena, &l, err));
		for (size_t i = 0; i < input->n_examples; i++)
			l.in[i] = !is_of_fold(&input->examples[i], fold);
		RD_TRY(learn(&l, err));
		for (size_t i = 0; i < input->n_examples; i++)
			if (!l.in[i])
				judge(&l, i, figures);
	}
	return RD_OK;
}

static enum rd_rc check_size(const struct rd_tune_input *input, struct rd_err *err)
{
	if (input->n_examples > RD_TUNE_EXAMPLES_MAX)
		return rd_fail(err, RD_E_RANGE, "more than %d messages to learn from",
			RD_TUNE_EXAMPLES_MAX);
	if (input->n_rules > RD_TUNE_RULES_MAX)
		return rd_fail(err, RD_E_RANGE, "more than %d rules to tune", RD_TUNE_RULES_MAX);
	return RD_OK;
}

static bool changes_anything(const struct learning *l)
{
	for (size_t j = 0; j < l->input->n_rules; j++)
		if (l->points[j] != l->input->rules[j].points)
			return true;
	return l->request_below != l->input->request_below ||
	       l->complaint_from != l->input->complaint_from;
}

/* What stands now, and what stays where nothing is proposed. */
static void take_present(const struct learning *l, struct rd_tune_result *result)
{
	for (size_t j = 0; j < l->input->n_rules; j++)
		result->rules[j].points = l->input->rules[j].points;
	result->request_below = l->input->request_below;
	result->complaint_from = l->input->complaint_from;
}

static void judge_present(struct learning *l, struct rd_tune_result *result)
{
	for (size_t j = 0; j < l->input->n_rules; j++)
		l->points[j] = l->input->rules[j].points;
	l->request_below = l->input->request_below;
	l->complaint_from = l->input->complaint_from;
	for (size_t i = 0; i < l->input->n_examples; i++) {
		const struct rd_tune_example *e = &l->input->examples[i];

		judge(l, i, &result->now);
		result->n_complaints += e->complaint;
		result->n_settled += e->end == RD_TUNE_COMPLAINT || e->end == RD_TUNE_OTHER;
		result->n_looks += e->end == RD_TUNE_LOOK;
		l->in[i] = true;
	}
}

enum rd_rc rd_tune(const struct rd_tune_input *input, struct rd_arena *arena,
	struct rd_tune_result *ret_result, struct rd_err *err)
{
	struct rd_tune_result result = { .outcome = RD_TUNE_TOO_FEW };
	struct learning l;

	RD_TRY(check_size(input, err));
	RD_TRY(make_room(input, arena, &l, err));
	result.rules = l.rules;
	judge_present(&l, &result);
	if (input->n_examples >= RD_TUNE_EXAMPLES_MIN &&
		result.n_complaints >= RD_TUNE_COMPLAINTS_MIN &&
		input->n_examples - result.n_complaints >= RD_TUNE_COMPLAINTS_MIN) {
		RD_TRY(cross_validate(input, &result.after, err));
		RD_TRY(learn(&l, err));
		result.request_below = l.request_below;
		result.complaint_from = l.complaint_from;
		if (!changes_anything(&l))
			result.outcome = RD_TUNE_NO_CHANGE;
		else if (result.after.cost >= result.now.cost - 1e-9)
			result.outcome = RD_TUNE_NO_BETTER;
		else
			result.outcome = RD_TUNE_PROPOSED;
	} else {
		count_hits(&l);
	}
	if (result.outcome != RD_TUNE_PROPOSED)
		take_present(&l, &result);
	*ret_result = result;
	return RD_OK;
}

#include "redress/rules/tune_fit.h"

#include <math.h>
#include <string.h>

#define SLOPE_LEAST  0.2
#define SLOPE_MOST   3.0
#define NEWTON_MAX   50
#define HALVINGS_MAX 30
#define RIDGE	     1e-3 /* keeps slope and middle finite where a total parts the messages cleanly */

/* --- totals --- */

/* One sign of one group: the heaviest first, until the cap is full. */
static double fill_group(const struct rd_tune_input *input, const struct rd_tune_example *e,
	const double *points, uint32_t first, double *shares)
{
	const uint32_t group = input->rules[e->hits[first]].group;
	const bool positive = points[e->hits[first]] > 0;
	double left = input->rules[e->hits[first]].cap, sum = 0, before = INFINITY;
	uint32_t before_at = 0;

	for (;;) {
		double best = -1;
		uint32_t best_at = 0;

		/* Of equal ones the first counts first, as in score.h. */
		for (uint32_t i = first; i < e->n_hits; i++) {
			const double p = points[e->hits[i]], size = fabs(p);

			if (input->rules[e->hits[i]].group != group || p == 0 ||
				(p > 0) != positive || size <= best || size > before ||
				(size == before && i <= before_at))
				continue;
			best = size;
			best_at = i;
		}
		if (best < 0)
			return positive ? sum : -sum;
		const double taken = best < left ? best : left;
		if (shares != NULL)
			shares[best_at] = taken / best;
		sum += taken;
		left -= taken;
		before = best;
		before_at = best_at;
	}
}

static bool came_before(const struct rd_tune_input *input, const struct rd_tune_example *e,
	const double *points, uint32_t at)
{
	for (uint32_t i = 0; i < at; i++)
		if (input->rules[e->hits[i]].group == input->rules[e->hits[at]].group &&
			points[e->hits[i]] != 0 &&
			(points[e->hits[i]] > 0) == (points[e->hits[at]] > 0))
			return true;
	return false;
}

double rd_tune_total(const struct rd_tune_input *input, const struct rd_tune_example *example,
	const double *points, double *shares)
{
	double total = example->fixed;

	for (uint32_t i = 0; i < example->n_hits; i++) {
		const uint32_t rule = example->hits[i];

		if (input->rules[rule].group == UINT32_MAX) {
			total += points[rule];
			if (shares != NULL)
				shares[i] = 1;
		} else if (points[rule] == 0) {
			if (shares != NULL)
				shares[i] = 0;
		} else if (!came_before(input, example, points, i)) {
			total += fill_group(input, example, points, i, shares);
		}
	}
	return round(total * 1000) / 1000;
}

/* --- the fit --- */

struct fit {
	const struct rd_tune_input *input;
	const struct rd_tune_rule_result *counts;
	size_t n;		  /* messages in the fit */
	const uint32_t *messages; /* their numbers */
	double *weight;		  /* scaled */
	double *odds;		  /* slope * total - offset */
	double slope, offset;	  /* offset: slope * middle */
	const double *present;	  /* points, by rule */
	/* Where each rule hits: places start[rule] to start[rule + 1], and the share that counts.
	 */
	uint32_t *start;
	uint32_t *message_at;
	double *share_at;
	uint32_t *cursor; /* by rule */
	double *shares;	  /* of one message, by hit */
	double *totals;
};

static double chance(double odds)
{
	return odds >= 0 ? 1 / (1 + exp(-odds)) : exp(odds) / (1 + exp(odds));
}

static const struct rd_tune_example *message_of(const struct fit *f, size_t i)
{
	return &f->input->examples[f->messages[i]];
}

/* The derivative of its loss by its odds. */
static double slant(const struct fit *f, size_t i)
{
	return f->weight[i] * (chance(f->odds[i]) - (message_of(f, i)->complaint ? 1 : 0));
}

static double loss(const struct fit *f)
{
	double sum = 0;

	for (size_t i = 0; i < f->n; i++) {
		const double against = message_of(f, i)->complaint ? -f->odds[i] : f->odds[i];

		sum += f->weight[i] *
		       (against > 0 ? against + log1p(exp(-against)) : log1p(exp(against)));
	}
	return sum;
}

static double pull(const struct fit *f, const double *points)
{
	double sum = 0;

	for (size_t j = 0; j < f->input->n_rules; j++) {
		const double away = fabs(points[j] - f->present[j]);

		sum += RD_TUNE_HOLD * away + away * away / (2 * RD_TUNE_SPREAD * RD_TUNE_SPREAD);
	}
	return sum;
}

/* Holds the shares of these points fast. */
static void set_shares(struct fit *f, const double *points)
{
	memcpy(f->cursor, f->start, f->input->n_rules * sizeof *f->cursor);
	for (size_t i = 0; i < f->n; i++) {
		const struct rd_tune_example *e = message_of(f, i);

		(void)rd_tune_total(f->input, e, points, f->shares);
		for (uint32_t k = 0; k < e->n_hits; k++) {
			const uint32_t place = f->cursor[e->hits[k]]++;

			f->message_at[place] = (uint32_t)i;
			f->share_at[place] = f->shares[k];
		}
	}
}

static void move_slope(struct fit *f, const double *totals, double slope, double offset)
{
	f->slope = slope;
	f->offset = offset;
	for (size_t i = 0; i < f->n; i++)
		f->odds[i] = slope * totals[i] - offset;
}

/* The slope and offset that suit such points best, by Newton's steps, each halved until it helps.
 */
static void find_scale(struct fit *f, const double *points)
{
	double *totals = f->totals;

	for (size_t i = 0; i < f->n; i++)
		totals[i] = rd_tune_total(f->input, message_of(f, i), points, NULL);
	move_slope(f, totals, f->slope, f->offset);
	for (int round = 0; round < NEWTON_MAX; round++) {
		double gs = RIDGE * (f->slope - 1), go = RIDGE * f->offset;
		double hss = RIDGE, hoo = RIDGE, hso = 0;
		const double slope = f->slope, offset = f->offset;
		double before = loss(f) + RIDGE / 2 * ((slope - 1) * (slope - 1) + offset * offset);

		for (size_t i = 0; i < f->n; i++) {
			const double p = chance(f->odds[i]), g = slant(f, i);
			const double h = f->weight[i] * p * (1 - p);

			gs += g * totals[i];
			go -= g;
			hss += h * totals[i] * totals[i];
			hso -= h * totals[i];
			hoo += h;
		}
		const double det = hss * hoo - hso * hso;
		const double ds = -(hoo * gs - hso * go) / det, dd = -(hss * go - hso * gs) / det;
		double part = 1;
		for (int k = 0; k < HALVINGS_MAX; k++, part /= 2) {
			move_slope(f, totals, slope + part * ds, offset + part * dd);
			const double now = loss(f) + RIDGE / 2 *
							     ((f->slope - 1) * (f->slope - 1) +
								     f->offset * f->offset);
			if (now <= before)
				break;
		}
		if (fabs(part * ds) + fabs(part * dd) < RD_TUNE_FINE)
			break;
	}
	if (f->slope < SLOPE_LEAST || f->slope > SLOPE_MOST)
		move_slope(f, totals, fmin(fmax(f->slope, SLOPE_LEAST), SLOPE_MOST), f->offset);
}

static double bounded(double points, double present)
{
	const double least = fmin(RD_TUNE_STEP, fabs(present));
	const double size = fmin(fmax(present > 0 ? points : -points, least), RD_TUNE_POINTS_MAX);

	return present > 0 ? size : -size;
}

/* The part of a wish that is left when the hold was overcome. */
static double beyond(double away, double hold)
{
	return away > hold ? away - hold : away < -hold ? away + hold : 0;
}

/* One of the points, by a step that cannot overshoot; returns how far it went. */
static double step_rule(struct fit *f, uint32_t rule, double *points)
{
	const double stiff = 1 / (RD_TUNE_SPREAD * RD_TUNE_SPREAD), present = f->present[rule];
	double g = (points[rule] - present) * stiff, h = stiff;

	for (uint32_t at = f->start[rule]; at < f->start[rule + 1]; at++) {
		const double by = f->slope * f->share_at[at];

		g += slant(f, f->message_at[at]) * by;
		h += f->weight[f->message_at[at]] * by * by / 4;
	}
	const double wish = points[rule] - g / h - present;
	const double moved =
		bounded(present + beyond(wish, RD_TUNE_HOLD / h), present) - points[rule];
	points[rule] += moved;
	for (uint32_t at = f->start[rule]; at < f->start[rule + 1]; at++)
		f->odds[f->message_at[at]] += f->slope * f->share_at[at] * moved;
	return fabs(moved);
}

static double step_offset(struct fit *f)
{
	double g = 0, h = 0;

	for (size_t i = 0; i < f->n; i++) {
		g -= slant(f, i);
		h += f->weight[i] / 4;
	}
	const double moved = -g / h;
	f->offset += moved;
	for (size_t i = 0; i < f->n; i++)
		f->odds[i] -= moved;
	return fabs(moved);
}

static void sweep(struct fit *f, double *points)
{
	for (int n = 0; n < RD_TUNE_SWEEPS_MAX; n++) {
		double most = step_offset(f);

		for (uint32_t j = 0; j < f->input->n_rules; j++)
			if (f->counts[j].kept == RD_TUNE_FITTED)
				most = fmax(most, step_rule(f, j, points));
		if (most < RD_TUNE_FINE)
			return;
	}
}

static double farthest(const double *a, const double *b, size_t n)
{
	double most = 0;

	for (size_t i = 0; i < n; i++)
		most = fmax(most, fabs(a[i] - b[i]));
	return most;
}

/* Shares fast, points fitted, shares anew; the best of all rounds under the true caps. */
static void fit_in_rounds(struct fit *f, double *points, double *at, double *before)
{
	const size_t bytes = f->input->n_rules * sizeof *points;
	double best;

	memcpy(points, f->present, bytes);
	memcpy(at, f->present, bytes);
	find_scale(f, at);
	best = loss(f);
	for (int round = 0; round < RD_TUNE_ROUNDS_MAX; round++) {
		memcpy(before, at, bytes);
		set_shares(f, at);
		sweep(f, at);
		find_scale(f, at);
		const double now = loss(f) + pull(f, at);
		if (now < best) {
			best = now;
			memcpy(points, at, bytes);
		}
		if (farthest(at, before, f->input->n_rules) < RD_TUNE_FINE)
			return;
	}
}

static enum rd_rc take_messages(
	struct fit *f, const bool *in_fit, struct rd_arena *arena, struct rd_err *err)
{
	const struct rd_tune_input *input = f->input;
	uint32_t *messages = rd_arena_array(arena, input->n_examples + 1, sizeof *messages);
	size_t n_places = 0, most = 0;
	double sum = 0;

	f->start = rd_arena_array(arena, input->n_rules + 1, sizeof *f->start);
	f->cursor = rd_arena_array(arena, input->n_rules + 1, sizeof *f->cursor);
	f->weight = rd_arena_array(arena, input->n_examples + 1, sizeof *f->weight);
	f->odds = rd_arena_array(arena, input->n_examples + 1, sizeof *f->odds);
	if (messages == NULL || f->start == NULL || f->cursor == NULL || f->weight == NULL ||
		f->odds == NULL)
		return rd_fail(err, RD_E_RANGE, "no room left to fit so many messages");
	f->messages = messages;
	for (size_t i = 0; i < input->n_examples; i++) {
		const struct rd_tune_example *e = &input->examples[i];

		if (!in_fit[i])
			continue;
		messages[f->n] = (uint32_t)i;
		f->weight[f->n++] = e->weight;
		sum += e->weight;
		most = e->n_hits > most ? e->n_hits : most;
		for (uint32_t k = 0; k < e->n_hits; k++)
			f->start[e->hits[k] + 1]++;
		n_places += e->n_hits;
	}
	for (size_t i = 0; i < f->n; i++)
		f->weight[i] *= (double)f->n / sum;
	for (size_t j = 0; j < input->n_rules; j++)
		f->start[j + 1] += f->start[j];
	f->message_at = rd_arena_array(arena, n_places + 1, sizeof *f->message_at);
	f->share_at = rd_arena_array(arena, n_places + 1, sizeof *f->share_at);
	f->shares = rd_arena_array(arena, most + 1, sizeof *f->shares);
	if (f->message_at == NULL || f->share_at == NULL || f->shares == NULL)
		return rd_fail(err, RD_E_RANGE, "no room left to fit so many messages");
	return RD_OK;
}

enum rd_rc rd_tune_fit(const struct rd_tune_input *input, const bool *in_fit,
	const struct rd_tune_rule_result *counts, struct rd_arena *arena, double *points,
	struct rd_err *err)
{
	struct fit f = { .input = input, .counts = counts, .slope = 1 };
	double *present = rd_arena_array(arena, input->n_rules + 1, sizeof *present);
	double *at = rd_arena_array(arena, input->n_rules + 1, sizeof *at);
	double *before = rd_arena_array(arena, input->n_rules + 1, sizeof *before);

	f.totals = rd_arena_array(arena, input->n_examples + 1, sizeof *f.totals);
	if (present == NULL || at == NULL || before == NULL || f.totals == NULL)
		return rd_fail(err, RD_E_RANGE, "no room left to fit so many messages");
	memcpy(present, points, input->n_rules * sizeof *present);
	f.present = present;
	RD_TRY(take_messages(&f, in_fit, arena, err));
	if (f.n == 0)
		return RD_OK;
	fit_in_rounds(&f, points, at, before);
	return RD_OK;
}

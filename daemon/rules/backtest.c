#include "redress/rules/backtest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SAME_POINTS 0.0005 /* points are shown to three digits */

const char *const rd_stand_names[RD_N_STANDS + 1] = { "request", "unsure", "complaint", NULL };

enum rd_stand rd_score_stand(const struct rd_score *score)
{
	if (score == NULL || score->review)
		return RD_STAND_UNSURE;
	return score->kind == RD_COMPLAINT ? RD_STAND_COMPLAINT : RD_STAND_REQUEST;
}

enum rd_confirmed_end rd_replayed_confirmed(const struct rd_replayed *message)
{
	const bool found_was = rd_score_stand(message->was) != RD_STAND_REQUEST;
	const bool found_is = rd_score_stand(message->is) != RD_STAND_REQUEST;

	if (message->confirmed != (int)RD_COMPLAINT)
		return RD_CONFIRMED_NOT;
	if (found_was)
		return found_is ? RD_CONFIRMED_KEPT : RD_CONFIRMED_LOST;
	return found_is ? RD_CONFIRMED_GAINED : RD_CONFIRMED_MISSED;
}

bool rd_replayed_flips(const struct rd_replayed *message)
{
	return rd_score_stand(message->was) != rd_score_stand(message->is);
}

static void add_day(struct rd_backtest *sums, struct rd_date day)
{
	if (!rd_date_is_set(day)) {
		sums->n_undated++;
		return;
	}
	if (!rd_date_is_set(sums->first) || rd_date_compare(day, sums->first) < 0)
		sums->first = day;
	if (!rd_date_is_set(sums->last) || rd_date_compare(day, sums->last) > 0)
		sums->last = day;
}

static void add_scores(
	struct rd_backtest *sums, const struct rd_score *was, const struct rd_score *is)
{
	sums->kinds[was->kind][is->kind]++;
	sums->n_kinds += was->kind != is->kind;
	for (int i = 0; i < RD_N_FLAGS; i++) {
		sums->flags_gained[i] += !was->flags[i] && is->flags[i];
		sums->flags_lost[i] += was->flags[i] && !is->flags[i];
	}
}

void rd_backtest_add(struct rd_backtest *sums, const struct rd_replayed *message)
{
	const enum rd_confirmed_end end = rd_replayed_confirmed(message);

	sums->n++;
	sums->stands[rd_score_stand(message->was)][rd_score_stand(message->is)]++;
	sums->n_flips += rd_replayed_flips(message);
	if (message->was != NULL && message->is != NULL)
		add_scores(sums, message->was, message->is);
	sums->persons_was += message->person_was;
	sums->persons_is += message->person_is;
	sums->n_confirmed += end != RD_CONFIRMED_NOT;
	sums->n_lost += end == RD_CONFIRMED_LOST;
	sums->n_gained += end == RD_CONFIRMED_GAINED;
	sums->n_missed += end == RD_CONFIRMED_MISSED;
	sums->ended_was += message->was == NULL;
	sums->ended_is += message->is == NULL;
	add_day(sums, message->day);
}

int rd_backtest_days(const struct rd_backtest *sums)
{
	if (sums->n_undated > 0 || !rd_date_is_set(sums->first))
		return 0;
	return rd_date_days_between(sums->first, sums->last) + 1;
}

/* ---- why ---- */

static int by_rule(const void *left, const void *right)
{
	const struct rd_hit *const *a = left, *const *b = right;

	return strcmp((*a)->rule, (*b)->rule);
}

static const struct rd_hit **sorted(const struct rd_hit *hits, size_t n, struct rd_arena *arena)
{
	const struct rd_hit **list = rd_arena_array(arena, n + 1, sizeof *list);

	for (size_t i = 0; list != NULL && i < n; i++)
		list[i] = &hits[i];
	if (list != NULL)
		qsort(list, n, sizeof *list, by_rule);
	return list;
}

static const struct rd_hit *stopped(const struct rd_score *score, const char *rule)
{
	for (size_t i = 0; i < score->n_suppressed; i++)
		if (strcmp(score->suppressed[i].rule, rule) == 0)
			return &score->suppressed[i];
	return NULL;
}

/* Two lists in one order: what stands in one alone, or in both with other points. */
static size_t merge(const struct rd_score *was, const struct rd_hit *const *hits_was,
	const struct rd_score *is, const struct rd_hit *const *hits_is,
	struct rd_rule_change *changes)
{
	size_t n = 0;

	for (size_t i = 0, k = 0; i < was->n_hits || k < is->n_hits;) {
		const struct rd_hit *old = i < was->n_hits ? hits_was[i] : NULL;
		const struct rd_hit *new = k < is->n_hits ? hits_is[k] : NULL;
		const int order = old == NULL ? 1 : new == NULL ? -1 : strcmp(old->rule, new->rule);

		if (order < 0)
			changes[n++] = (struct rd_rule_change){ RD_RULE_WENT, old, NULL,
				stopped(is, old->rule) };
		else if (order > 0)
			changes[n++] = (struct rd_rule_change){ RD_RULE_CAME, NULL, new,
				stopped(was, new->rule) };
		else if (fabs(old->points - new->points) >= SAME_POINTS)
			changes[n++] = (struct rd_rule_change){ RD_RULE_POINTS, old, new, NULL };
		i += order <= 0;
		k += order >= 0;
	}
	return n;
}

enum rd_rc rd_backtest_explain(const struct rd_score *was, const struct rd_score *is,
	struct rd_arena *arena, const struct rd_rule_change **ret_changes, size_t *ret_n,
	struct rd_err *err)
{
	*ret_changes = NULL;
	*ret_n = 0;
	if (was == NULL || is == NULL)
		return RD_OK;
	const struct rd_hit **hits_was = sorted(was->hits, was->n_hits, arena);
	const struct rd_hit **hits_is = sorted(is->hits, is->n_hits, arena);
	struct rd_rule_change *changes =
		rd_arena_array(arena, was->n_hits + is->n_hits + 1, sizeof *changes);
	if (hits_was == NULL || hits_is == NULL || changes == NULL)
		return rd_fail(err, RD_E_RANGE, "no room left to explain a change");
	*ret_n = merge(was, hits_was, is, hits_is, changes);
	*ret_changes = changes;
	return RD_OK;
}

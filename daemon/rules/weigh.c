#include "redress/rules/weigh.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "redress/rules/compiled.h"
#include "redress/rules/best_answer.h"

/* --- the set --- */

static struct rd_rule_facts facts_of(const struct rd_ruleset *rules, uint32_t at)
{
	const struct rd_rule *rule = &rules->rules[at];
	const struct rd_definition *def = rule->def;
	struct rd_rule_facts facts = { .id = def->id,
		.means = def->means,
		.place = rule->place,
		.layer = def->layer,
		.runs = rule->runs,
		.is_combine = def->is_combine,
		.is_leaning = def->is_leaning && !def->any_flag,
		.has_points = def->has_points && def->points != 0,
		.points = def->points,
		.for_kind = def->for_kind,
		.group = rule->group,
		.decides = def->decides,
		.decides_kind = def->decides_kind,
		.flags = def->any_flag,
		.reviews = def->review[0] != '\0' };

	if (facts.group != RD_NO_RULE) {
		facts.cap = rules->definitions.groups[facts.group].cap;
		if (facts.cap < 0)
			facts.cap = rules->definitions.head.cap;
	}
	for (size_t i = 0; i < def->lines.n_items; i++)
		if (strcasecmp(def->lines.items[i].name, "Points") == 0)
			facts.points_at = def->lines.items[i].at;
	return facts;
}

/* A landlord's files lie in a folder of their own. */
static bool is_of_layer(const struct rd_place *at)
{
	return at->line != 0 && strncmp(at->file, "landlords/", 10) == 0;
}

static int in_order_of_ids(const void *left, const void *right, void *context)
{
	const struct rd_rule_facts *facts = context;
	const uint32_t *a = left, *b = right;

	return strcmp(facts[*a].id, facts[*b].id);
}

enum rd_rc rd_weighing_begin(const struct rd_ruleset *rules, struct rd_arena *arena,
	struct rd_weighing *ret_weighing, struct rd_err *err)
{
	const uint32_t n = rules->n_rules;
	struct rd_rule_facts *facts = rd_arena_array(arena, n + 1u, sizeof *facts);
	struct rd_weighing weighing = { .facts = facts,
		.n_rules = n,
		.request_below = rules->definitions.head.request_below,
		.complaint_from = rules->definitions.head.complaint_from,
		.head = rules->definitions.head.at,
		.rules = rules,
		.truth = rd_arena_array(arena, n + 1u, sizeof *weighing.truth),
		.leans = rd_arena_array(arena, n + 1u, sizeof *weighing.leans),
		.found = rd_arena_array(arena, n + 1u, sizeof *weighing.found) };
	uint32_t *by_id = rd_arena_array(arena, n + 1u, sizeof *by_id);

	if (facts == NULL || weighing.truth == NULL || weighing.leans == NULL ||
		weighing.found == NULL || by_id == NULL)
		return rd_fail(err, RD_E_RANGE, "no room left to weigh messages");
	for (uint32_t i = 0; i < n; i++) {
		facts[i] = facts_of(rules, i);
		facts[i].points_in_layer = is_of_layer(&facts[i].points_at);
		by_id[i] = i;
	}
	qsort_r(by_id, n, sizeof *by_id, in_order_of_ids, facts);
	weighing.by_id = by_id;
	*ret_weighing = weighing;
	return RD_OK;
}

/* --- what is true of a message --- */

/* Rules by the specimen's hits, combines by the rules; returns how many stand in found. */
static uint32_t work_out(struct rd_weighing *w, const uint32_t *hits, const double *leans,
	uint32_t n_hits, enum rd_channel channel, uint32_t without)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < n_hits; i++) {
		if (w->facts[hits[i]].is_combine || hits[i] == without)
			continue;
		w->truth[hits[i]] = true;
		w->leans[hits[i]] = leans[i];
		w->found[n++] = hits[i];
	}
	for (uint32_t i = 0; i < w->rules->n_combines; i++) {
		const uint32_t at = w->rules->combines[i];
		const struct rd_rule *rule = &w->rules->rules[at];
		bool in_channel =
			channel == RD_CHANNEL_SMS ? rule->def->by_sms : rule->def->by_email;
		if (at == without || !rule->runs || !in_channel ||
			!rd_condition_holds(&rule->condition, w->truth))
			continue;
		w->truth[at] = true;
		w->found[n++] = at;
	}
	return n;
}

static void forget(struct rd_weighing *w, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		w->truth[w->found[i]] = false;
}

/* --- what it weighs --- */

/* Hits of one group and kind and sign count until the cap is full. Which of them counts in full and
 * which in part is nothing to their sum. */
static void add_group(
	const struct rd_weighing *w, uint32_t n, uint32_t first, double totals[static RD_N_KINDS])
{
	const uint32_t group = w->facts[w->found[first]].group;
	double up[RD_N_KINDS] = { 0 }, down[RD_N_KINDS] = { 0 };
	double cap = w->facts[w->found[first]].cap;

	for (uint32_t i = first; i < n; i++) {
		const struct rd_rule_facts *facts = &w->facts[w->found[i]];

		if (facts->group != group || !facts->has_points)
			continue;
		if (facts->points > 0)
			up[facts->for_kind] += facts->points;
		else
			down[facts->for_kind] -= facts->points;
	}
	for (int k = 0; k < RD_N_KINDS; k++)
		totals[k] += fmin(up[k], cap) - fmin(down[k], cap);
}

static bool group_was_before(const struct rd_weighing *w, uint32_t at)
{
	for (uint32_t i = 0; i < at; i++)
		if (w->facts[w->found[i]].group == w->facts[w->found[at]].group)
			return true;
	return false;
}

static void add_up(const struct rd_weighing *w, uint32_t n, double totals[static RD_N_KINDS])
{
	for (uint32_t i = 0; i < n; i++) {
		const struct rd_rule_facts *facts = &w->facts[w->found[i]];

		if (facts->is_leaning)
			totals[facts->for_kind] += w->leans[w->found[i]];
		else if (facts->group == RD_NO_RULE && facts->has_points)
			totals[facts->for_kind] += facts->points;
		else if (facts->group != RD_NO_RULE && !group_was_before(w, i))
			add_group(w, n, i, totals);
	}
	for (int k = 0; k < RD_N_KINDS; k++)
		totals[k] = rd_points_rounded(totals[k]);
}

static uint32_t count_reviews(const struct rd_weighing *w, uint32_t n)
{
	uint32_t n_reviews = 0;

	for (uint32_t i = 0; i < n; i++)
		n_reviews += w->facts[w->found[i]].reviews;
	return n_reviews;
}

/* As score.c's any_rule_hit: words that lean are no rule. */
static bool any_rule_found(const struct rd_weighing *w, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (!w->rules->rules[w->found[i]].def->is_leaning)
			return true;
	return false;
}

static struct rd_weighed decide(const struct rd_weighing *w, uint32_t n)
{
	double totals[RD_N_KINDS] = { 0 };
	bool decided[RD_N_KINDS] = { false };

	add_up(w, n, totals);
	for (uint32_t i = 0; i < n; i++)
		if (w->facts[w->found[i]].decides)
			decided[w->facts[w->found[i]].decides_kind] = true;
	const struct rd_best_answer answer =
		rd_best_answer_of(totals, decided, w->request_below, w->complaint_from);
	const bool nothing = answer.by == RD_ANSWER_TOO_FEW && !any_rule_found(w, n);
	return (struct rd_weighed){ .kind = answer.kind,
		.total = totals[RD_COMPLAINT],
		.settled = answer.by == RD_ANSWER_SETTLED,
		.sent = count_reviews(w, n) > 0,
		.unsure = answer.disagree || answer.by == RD_ANSWER_BAND ||
			  (nothing && w->rules->definitions.head.review_nothing) };
}

struct rd_weighed rd_weigh(
	struct rd_weighing *weighing, const struct rd_specimen *specimen, uint32_t without)
{
	const uint32_t n = work_out(weighing, specimen->hits, specimen->leans, specimen->n_hits,
		specimen->channel, without);
	struct rd_weighed weighed = decide(weighing, n);

	forget(weighing, n);
	weighed.unsure = weighed.unsure || weighed.sent || specimen->must_review;
	return weighed;
}

bool rd_weighed_alike(const struct rd_weighed *a, const struct rd_weighed *b)
{
	return a->kind == b->kind && a->unsure == b->unsure;
}

/* --- a message that was scored --- */

static uint32_t find(const struct rd_weighing *w, const char *id)
{
	uint32_t low = 0, high = w->n_rules;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = strcmp(w->facts[w->by_id[middle]].id, id);
		if (order == 0)
			return w->facts[w->by_id[middle]].runs ? w->by_id[middle] : RD_NO_RULE;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return RD_NO_RULE;
}

static int by_number(const void *left, const void *right)
{
	const uint32_t *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

enum rd_rc rd_weighing_take(struct rd_weighing *weighing, const struct rd_score *score,
	struct rd_arena *arena, struct rd_specimen *specimen, struct rd_err *err)
{
	uint32_t *hits = rd_arena_array(
		arena, score->n_hits + weighing->rules->n_combines + 1u, sizeof *hits);
	double *leans = rd_arena_array(
		arena, score->n_hits + weighing->rules->n_combines + 1u, sizeof *leans);
	uint32_t n = 0;

	if (hits == NULL || leans == NULL)
		return rd_fail(err, RD_E_RANGE, "no room left to weigh messages");
	for (size_t i = 0; i < score->n_hits; i++) {
		uint32_t at = find(weighing, score->hits[i].rule);
		if (at == RD_NO_RULE)
			continue;
		leans[n] = weighing->facts[at].is_leaning ? score->hits[i].points : 0;
		hits[n++] = at;
	}
	const uint32_t n_true = work_out(weighing, hits, leans, n, specimen->channel, RD_NO_RULE);
	const struct rd_weighed weighed = decide(weighing, n_true);
	const uint32_t n_reviews = count_reviews(weighing, n_true);
	forget(weighing, n_true);
	memcpy(hits, weighing->found, n_true * sizeof *hits);
	qsort(hits, n_true, sizeof *hits, by_number);
	for (uint32_t i = 0; i < n_true; i++)
		leans[i] = weighing->facts[hits[i]].is_leaning ? weighing->leans[hits[i]] : 0;
	specimen->hits = hits;
	specimen->leans = leans;
	specimen->n_hits = n_true;
	/* The points give one reason to look, those of now or those it was decided by, and rules
	 * that send it to a person one each; whatever other there is stands by itself. */
	const bool by_points =
		weighed.unsure || (!weighed.settled && score->total >= score->request_below &&
					  score->total < score->complaint_from);
	specimen->must_review = score->review && score->n_review_reasons > n_reviews + by_points;
	return RD_OK;
}

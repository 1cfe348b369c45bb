#include "redress/rules/rule_stats.h"

#include <stdlib.h>
#include <string.h>

struct counting {
	struct rd_weighing *weighing;
	const struct rd_specimen *messages;
	size_t n;
	struct rd_rule_stats *rules;
	/* Which messages each rule hits: places start[rule] to start[rule + 1]. */
	size_t *start;
	uint32_t *message_at;
	uint32_t *together; /* by rule: messages that it and the one looked at hit; 0 between */
	uint32_t *met;	    /* rules with a number above 0 there */
	struct rd_opposing *opposing;
	size_t n_opposing;
};

static void count_messages(struct counting *c)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct rd_specimen *m = &c->messages[i];
		const struct rd_weighed as_is = rd_weigh(c->weighing, m, RD_NO_RULE);

		for (uint32_t k = 0; k < m->n_hits; k++) {
			struct rd_rule_stats *rule = &c->rules[m->hits[k]];
			const struct rd_weighed without = rd_weigh(c->weighing, m, m->hits[k]);

			rule->n_hits++;
			rule->n_decided += !rd_weighed_alike(&as_is, &without);
			if (m->said != RD_KIND_NONE)
				rd_share_add(&rule->complaints, m->said == RD_COMPLAINT, 1);
			c->message_at[c->start[m->hits[k] + 1]++] = (uint32_t)i;
		}
	}
}

static enum rd_rc make_room(struct counting *c, struct rd_arena *arena, struct rd_err *err)
{
	const uint32_t n_rules = c->weighing->n_rules;
	size_t n_places = 0;

	c->start = rd_arena_array(arena, n_rules + 2u, sizeof *c->start);
	c->rules = rd_arena_array(arena, n_rules + 1u, sizeof *c->rules);
	c->together = rd_arena_array(arena, n_rules + 1u, sizeof *c->together);
	c->met = rd_arena_array(arena, n_rules + 1u, sizeof *c->met);
	c->opposing = rd_arena_array(arena, RD_OPPOSING_MAX, sizeof *c->opposing);
	if (c->start == NULL || c->rules == NULL || c->together == NULL || c->met == NULL ||
		c->opposing == NULL)
		return rd_fail(err, RD_E_RANGE, "no room left to count so many rules");
	/* start[r + 1] is where r begins; filling its places moves that to where the next begins.
	 */
	for (size_t i = 0; i < c->n; i++) {
		for (uint32_t k = 0; k < c->messages[i].n_hits; k++)
			c->start[c->messages[i].hits[k] + 2]++;
		n_places += c->messages[i].n_hits;
	}
	for (uint32_t r = 0; r <= n_rules; r++)
		c->start[r + 1] += c->start[r];
	c->message_at = rd_arena_array(arena, n_places + 1, sizeof *c->message_at);
	if (c->message_at == NULL)
		return rd_fail(err, RD_E_RANGE, "no room left to count so many messages");
	return RD_OK;
}

static bool oppose(const struct rd_rule_facts *a, const struct rd_rule_facts *b, bool *ret_settle)
{
	*ret_settle = a->decides && b->decides && a->decides_kind != b->decides_kind;
	return *ret_settle || (a->has_points && b->has_points && a->for_kind == b->for_kind &&
				      (a->points > 0) != (b->points > 0));
}

/* The most messages first, then as the rules stand. */
static int by_messages(const void *left, const void *right)
{
	const struct rd_opposing *a = left, *b = right;

	if (a->n != b->n)
		return a->n > b->n ? -1 : 1;
	if (a->one != b->one)
		return a->one < b->one ? -1 : 1;
	return (a->other > b->other) - (a->other < b->other);
}

/* A full list keeps what hits together most. */
static void note_opposing(struct counting *c, struct rd_opposing pair)
{
	if (c->n_opposing == RD_OPPOSING_MAX) {
		qsort(c->opposing, c->n_opposing, sizeof *c->opposing, by_messages);
		if (by_messages(&pair, &c->opposing[c->n_opposing - 1]) > 0)
			return;
		c->n_opposing--;
	}
	c->opposing[c->n_opposing++] = pair;
}

/* By messages that both hit of those that either hits; of equal ones the first rule. */
static bool is_nearer(const struct counting *c, uint32_t rule, uint32_t other, uint32_t n)
{
	const struct rd_rule_stats *stats = &c->rules[rule];

	if (stats->with == RD_NO_RULE)
		return true;
	const uint64_t either = (uint64_t)stats->n_hits + c->rules[other].n_hits - n;
	const uint64_t before =
		(uint64_t)stats->n_hits + c->rules[stats->with].n_hits - stats->n_with;
	if (n * before != stats->n_with * either)
		return n * before > stats->n_with * either;
	return other < stats->with;
}

static void compare_rule(struct counting *c, uint32_t rule)
{
	const struct rd_rule_facts *facts = c->weighing->facts;
	struct rd_rule_stats *stats = &c->rules[rule];
	uint32_t n_met = 0;

	for (size_t at = c->start[rule]; at < c->start[rule + 1]; at++) {
		const struct rd_specimen *m = &c->messages[c->message_at[at]];

		for (uint32_t k = 0; k < m->n_hits; k++)
			if (m->hits[k] != rule && c->together[m->hits[k]]++ == 0)
				c->met[n_met++] = m->hits[k];
	}
	stats->with = RD_NO_RULE;
	for (uint32_t i = 0; i < n_met; i++) {
		const uint32_t other = c->met[i], n = c->together[other];
		bool settle;

		c->together[other] = 0;
		if (is_nearer(c, rule, other, n)) {
			stats->with = other;
			stats->n_with = n;
		}
		if (other > rule && oppose(&facts[rule], &facts[other], &settle))
			note_opposing(c, (struct rd_opposing){ rule, other, n, settle });
	}
}

enum rd_rc rd_rule_stats(struct rd_weighing *weighing, const struct rd_specimen *messages, size_t n,
	struct rd_arena *arena, struct rd_stats *ret_stats, struct rd_err *err)
{
	struct counting c = { .weighing = weighing, .messages = messages, .n = n };
	struct rd_stats stats = { .n_said = 0 };

	RD_TRY(make_room(&c, arena, err));
	count_messages(&c);
	for (uint32_t rule = 0; rule < weighing->n_rules; rule++)
		compare_rule(&c, rule);
	if (c.n_opposing > 0)
		qsort(c.opposing, c.n_opposing, sizeof *c.opposing, by_messages);
	for (size_t i = 0; i < n; i++) {
		stats.n_said += messages[i].said != RD_KIND_NONE;
		stats.n_complaints += messages[i].said == RD_COMPLAINT;
	}
	stats.rules = c.rules;
	stats.opposing = c.opposing;
	stats.n_opposing = c.n_opposing;
	*ret_stats = stats;
	return RD_OK;
}

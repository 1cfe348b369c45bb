#include "redress/rules/score.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "redress/base/limits.h"
#include "redress/rules/matching.h"
#include "redress/rules/best_answer.h"
#include "redress/rules/second_pass.h"
#include "redress/rules/suppose.h"

#define REASONS_MAX 24
#define NAMED_MAX   5  /* rules that reasons name, of one sort */
#define FEWER_MAX   60 /* bytes of "more than 1.5 points fewer" */

struct weigher {
	const struct rd_ruleset *rules;
	const struct rd_message *message;
	struct rd_matching *m;
	struct rd_arena *arena;
	struct rd_score *score;
	bool *truth;	 /* by rule */
	uint32_t *holds; /* the rules and combines that hold, in order */
	size_t n_holds;
	double *counted; /* as holds: points after the caps */
	const char **reasons;
	const char *settled_by;		    /* id of a rule that decides */
	const struct rd_supposed *supposed; /* NULL: the message as it is */
};

static double points_of(const struct weigher *w, uint32_t rule)
{
	const struct rd_supposed *s = w->supposed;

	if (w->rules->rules[rule].def->is_leaning)
		return s != NULL ? s->leans[rule] : w->m->outcomes[rule]->lean;
	return s != NULL && s->repriced == rule ? s->points : w->rules->rules[rule].def->points;
}

static void reason(struct weigher *w, const char *text)
{
	if (text != NULL && w->score->n_review_reasons < REASONS_MAX)
		w->reasons[w->score->n_review_reasons++] = text;
	w->score->review = true;
}

static int in_order(const void *left, const void *right)
{
	const uint32_t *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

static enum rd_rc begin_holding(struct weigher *w, size_t n_hits, struct rd_err *err)
{
	w->truth = rd_arena_array(w->arena, w->rules->n_rules + 1u, sizeof *w->truth);
	w->holds = rd_arena_array(w->arena, n_hits + w->rules->n_combines + 1u, sizeof *w->holds);
	if (w->truth == NULL || w->holds == NULL)
		return rd_fail(err, RD_E_RANGE, "no room left to score this message");
	return RD_OK;
}

static void hold(struct weigher *w, uint32_t rule)
{
	w->truth[rule] = true;
	w->holds[w->n_holds++] = rule;
}

/* Combines are known only once all rules are. */
static void work_out_combines(struct weigher *w)
{
	const struct rd_ruleset *rules = w->rules;
	const size_t n_hits = w->n_holds;

	for (uint32_t i = 0; i < rules->n_combines; i++) {
		uint32_t at = rules->combines[i];
		const struct rd_rule *rule = &rules->rules[at];
		const struct rd_definition *def = rule->def;
		bool channel = w->message->channel == RD_CHANNEL_SMS ? def->by_sms : def->by_email;
		bool off = w->supposed != NULL && w->supposed->off[at];
		if (rule->runs && channel && !off && rd_condition_holds(&rule->condition, w->truth))
			hold(w, at);
	}
	if (w->n_holds > n_hits)
		qsort(w->holds, w->n_holds, sizeof *w->holds, in_order);
}

static enum rd_rc take_hits(struct weigher *w, struct rd_err *err)
{
	RD_TRY(begin_holding(w, w->m->n_touched, err));
	for (uint32_t i = 0; i < w->m->n_touched; i++)
		if (w->m->outcomes[w->m->touched[i]]->hit)
			hold(w, w->m->touched[i]);
	work_out_combines(w);
	return RD_OK;
}

static const struct rd_rule *held(const struct weigher *w, size_t i)
{
	return &w->rules->rules[w->holds[i]];
}

/* A hit whose group has a cap. */
struct capped {
	uint32_t group;
	bool positive;
	double weight;
	size_t at; /* in holds */
};

/* Hits of one group and sign together, the weightiest first. */
static int by_weight(const void *left, const void *right)
{
	const struct capped *a = left, *b = right;

	if (a->group != b->group)
		return a->group < b->group ? -1 : 1;
	if (a->positive != b->positive)
		return a->positive ? -1 : 1;
	if (fabs(a->weight - b->weight) > 0)
		return a->weight > b->weight ? -1 : 1;
	return (a->at > b->at) - (a->at < b->at);
}

/* Hits of one group and kind and sign, the weightiest first, count until the cap is full. */
static void count_capped(struct weigher *w, const struct capped *capped, size_t n)
{
	double left[RD_N_KINDS];

	for (size_t i = 0; i < n; i++) {
		const struct capped *c = &capped[i];
		if (i == 0 || c[-1].group != c->group || c[-1].positive != c->positive) {
			double cap = w->rules->definitions.groups[c->group].cap;
			for (int k = 0; k < RD_N_KINDS; k++)
				left[k] = cap < 0 ? w->rules->definitions.head.cap : cap;
		}
		double *room = &left[held(w, c->at)->def->for_kind];
		double taken = c->weight < *room ? c->weight : *room;
		*room -= taken;
		w->counted[c->at] = c->positive ? taken : -taken;
	}
}

static enum rd_rc count_points(struct weigher *w, struct rd_err *err)
{
	struct capped *capped = rd_arena_array(w->arena, w->n_holds + 1, sizeof *capped);
	size_t n = 0;

	w->counted = rd_arena_array(w->arena, w->n_holds + 1, sizeof *w->counted);
	if (capped == NULL || w->counted == NULL)
		return rd_fail(err, RD_E_RANGE, "no room left to score this message");
	for (size_t i = 0; i < w->n_holds; i++) {
		const struct rd_rule *rule = held(w, i);
		double points = points_of(w, w->holds[i]);
		w->counted[i] = points;
		if (rule->group != UINT32_MAX && fabs(points) > 0)
			capped[n++] = (struct capped){ rule->group, points > 0, fabs(points), i };
	}
	if (n > 1)
		qsort(capped, n, sizeof *capped, by_weight);
	count_capped(w, capped, n);
	for (size_t i = 0; i < w->n_holds; i++)
		w->score->totals[held(w, i)->def->for_kind] += w->counted[i];
	w->score->total = w->score->totals[RD_COMPLAINT];
	return RD_OK;
}

static struct rd_hit hit_of(
	const struct weigher *w, uint32_t rule, struct rd_spot spot, double points)
{
	const struct rd_rule *r = &w->rules->rules[rule];
	struct rd_hit hit = { .rule = r->def->id,
		.means = r->def->means,
		.topic = r->def->topic,
		.place = r->place,
		.layer = r->def->layer,
		.points = points,
		.where = spot.where,
		.by = "",
		.by_place = "",
		.words = "" };

	if (spot.to > spot.from)
		rd_normal_origin(&w->m->normal[spot.where], spot.from, spot.to, &hit.from, &hit.to);
	return hit;
}

static int by_place(const void *left, const void *right)
{
	const struct rd_hit *a = left, *b = right;
	int empty = (a->to == 0) - (b->to == 0); /* combines have no place: last */

	if (empty != 0)
		return empty;
	if (a->where != b->where)
		return a->where < b->where ? -1 : 1;
	if (a->from != b->from)
		return a->from < b->from ? -1 : 1;
	return strcmp(a->rule, b->rule);
}

static enum rd_rc gather_hits(struct weigher *w, struct rd_err *err)
{
	size_t n_hits = w->n_holds, n_stopped = 0;

	struct rd_hit *hits = rd_arena_array(w->arena, n_hits + 1, sizeof *hits);
	struct rd_hit *stopped = rd_arena_array(w->arena, w->m->n_touched + 1u, sizeof *stopped);
	if (hits == NULL || stopped == NULL)
		return rd_fail(err, RD_E_RANGE, "no room left to score this message");
	for (size_t i = 0; i < n_hits; i++) {
		const struct rd_outcome *o = w->m->outcomes[w->holds[i]];
		struct rd_spot nowhere = { RD_WHERE_BODY, 0, 0 };
		hits[i] = hit_of(
			w, w->holds[i], o != NULL && o->hit ? o->spot : nowhere, w->counted[i]);
		if (o != NULL && o->lean_words != NULL)
			hits[i].words = o->lean_words;
	}
	for (uint32_t i = 0; i < w->m->n_touched; i++) {
		const struct rd_outcome *o = w->m->outcomes[w->m->touched[i]];
		if (!o->stopped)
			continue;
		stopped[n_stopped] = hit_of(w, w->m->touched[i], o->stopped_spot, 0);
		stopped[n_stopped].by = o->by;
		stopped[n_stopped++].by_place = o->by_place;
	}
	qsort(hits, n_hits, sizeof *hits, by_place);
	qsort(stopped, n_stopped, sizeof *stopped, by_place);
	w->score->hits = hits;
	w->score->n_hits = n_hits < RD_HITS_MAX ? n_hits : RD_HITS_MAX;
	w->score->suppressed = stopped;
	w->score->n_suppressed = n_stopped < RD_HITS_MAX ? n_stopped : RD_HITS_MAX;
	if (n_hits > RD_HITS_MAX)
		reason(w, "more rules hit than are kept");
	return RD_OK;
}

static void add_once(const char **list, size_t *n, const char *text)
{
	for (size_t i = 0; i < *n; i++)
		if (strcmp(list[i], text) == 0)
			return;
	list[(*n)++] = text;
}

/* Flags, topics and marks of what hit, in the order of the hits. */
static enum rd_rc gather_signs(struct weigher *w, struct rd_err *err)
{
	struct rd_score *s = w->score;
	size_t n_marks = 0;

	for (size_t i = 0; i < w->n_holds; i++)
		n_marks += held(w, i)->def->n_marks;
	const char **topics = rd_arena_array(w->arena, s->n_hits + 1, sizeof *topics);
	const char **marks = rd_arena_array(w->arena, n_marks + 1, sizeof *marks);
	if (topics == NULL || marks == NULL)
		return rd_fail(err, RD_E_RANGE, "no room left to score this message");
	for (size_t i = 0; i < s->n_hits; i++)
		if (s->hits[i].topic[0] != '\0')
			add_once(topics, &s->n_topics, s->hits[i].topic);
	for (size_t i = 0; i < w->n_holds; i++) {
		const struct rd_definition *def = held(w, i)->def;
		for (size_t k = 0; k < def->n_marks; k++)
			add_once(marks, &s->n_marks, def->marks[k]);
		for (int f = 0; f < RD_N_FLAGS; f++)
			s->flags[f] = s->flags[f] || def->flags[f];
	}
	s->topics = topics;
	s->marks = marks;
	return RD_OK;
}

static void reasons_of_message(struct weigher *w)
{
	const struct rd_trouble *t = &w->message->trouble;

	if (t->unparseable)
		reason(w, "it could not be read as a mail");
	if (t->bad_charset)
		reason(w, "some of its characters could not be read");
	if (t->text_truncated || w->m->truncated)
		reason(w, "it is longer than what is read automatically");
	if (t->cut)
		reason(w, "it is larger than the size limit and only its beginning was kept");
	if (t->too_many_parts)
		reason(w, "it has more parts than are read automatically");
	if (t->encrypted)
		reason(w, "it is encrypted");
	if (t->no_text)
		reason(w, "it has no text");
	else if (w->message->nothing_new)
		reason(w, "nothing but earlier mail, signatures or notices was found, so all of it "
			  "was "
			  "read");
}

/* What rules send to a person by themselves, whatever the totals say. */
static void reasons_of_hits(struct weigher *w)
{
	for (size_t i = 0; i < w->n_holds; i++)
		if (held(w, i)->def->review[0] != '\0')
			reason(w, held(w, i)->def->review);
}

/* Does one of its patterns need no certain word? */
static bool looks_at_all(const struct rd_ruleset *rules, uint32_t rule)
{
	for (uint32_t i = 0; i < rules->n_always; i++)
		if (rules->patterns[rules->always[i]].rule == rule)
			return true;
	return false;
}

static void reason_of_off(struct weigher *w, uint32_t rule)
{
	reason(w, rd_arena_printf(w->arena,
			  "rule `%s` is switched off since it failed three times, and %s",
			  w->rules->rules[rule].def->id,
			  looks_at_all(w->rules, rule)
				  ? "it would have had to be tried on this message"
				  : "this message has words that it looks for"));
}

static enum rd_rc reasons_of_off_rules(struct weigher *w, struct rd_err *err)
{
	struct rd_score *s = w->score;
	const char **off = rd_arena_array(w->arena, RD_SCORE_RULES_MAX, sizeof *off);

	if (off == NULL)
		return rd_fail(err, RD_E_RANGE, "no room left to score this message");
	for (uint32_t i = 0; i < w->m->n_touched && s->n_off_rules < RD_SCORE_RULES_MAX; i++) {
		uint32_t at = w->m->touched[i];
		if (!w->m->outcomes[at]->selected)
			continue;
		off[s->n_off_rules++] = w->rules->rules[at].def->id;
		if (s->n_off_rules <= NAMED_MAX)
			reason_of_off(w, at);
	}
	s->off_rules = off;
	return RD_OK;
}

static enum rd_rc reasons_of_rules(struct weigher *w, struct rd_err *err)
{
	struct rd_score *s = w->score;
	const char **failed = rd_arena_array(w->arena, RD_SCORE_RULES_MAX, sizeof *failed);
	size_t n_named = 0;

	if (failed == NULL)
		return rd_fail(err, RD_E_RANGE, "no room left to score this message");
	for (uint32_t i = 0; i < w->m->n_touched; i++) {
		uint32_t at = w->m->touched[i];
		const struct rd_outcome *o = w->m->outcomes[at];
		if (!o->failed)
			continue;
		const char *id = w->rules->rules[at].def->id;
		if (!o->untried && s->n_failed_rules < RD_SCORE_RULES_MAX)
			failed[s->n_failed_rules++] = id;
		if (++n_named <= NAMED_MAX)
			reason(w, rd_arena_printf(w->arena,
					  "rule `%s` could not be tried to the end on this text",
					  id));
	}
	s->failed_rules = failed;
	if (w->m->effort.exhausted)
		reason(w, "reading it took more work than one message may take");
	return RD_OK;
}

/* By kind, whether a rule that hit settles it; the first such rule's id is kept. */
static void gather_decided(struct weigher *w, bool decided[static RD_N_KINDS])
{
	for (size_t i = 0; i < w->n_holds; i++) {
		const struct rd_definition *def = held(w, i)->def;
		if (!def->decides)
			continue;
		decided[def->decides_kind] = true;
		if (w->settled_by == NULL)
			w->settled_by = def->id;
	}
}

static const char *plural(double points)
{
	return rd_points_rounded(points) == 1 ? "" : "s";
}

/* "any fewer", or "more than 1.5 points fewer". */
static const char *fewer(double more_than, const char *points, char out[static FEWER_MAX])
{
	if (rd_points_rounded(more_than) == 0)
		return "any fewer";
	snprintf(out, FEWER_MAX, "more than %g %sfewer", more_than, points);
	return out;
}

/* A rule, not mere words that lean. */
static bool any_rule_hit(const struct weigher *w)
{
	for (size_t i = 0; i < w->n_holds; i++)
		if (!held(w, i)->def->is_leaning)
			return true;
	return false;
}

/* What would have to be otherwise for it to be decided otherwise. */
static const char *nearest_change(const struct weigher *w, const struct rd_best_answer *answer)
{
	const struct rd_score *s = w->score;
	const double low = s->request_below, high = s->complaint_from;
	char room[FEWER_MAX];

	switch (answer->by) {
	case RD_ANSWER_SETTLED:
		return rd_arena_printf(w->arena, "rule `%s` settles it", w->settled_by);
	case RD_ANSWER_ENOUGH:
		return rd_arena_printf(w->arena, "with %s a person must decide",
			fewer(s->total - high, "points ", room));
	case RD_ANSWER_BAND:
		return rd_arena_printf(w->arena,
			"with %g more point%s it is a complaint; with %s it is not",
			high - s->total, plural(high - s->total), fewer(s->total - low, "", room));
	case RD_ANSWER_TOO_FEW:
		return rd_arena_printf(w->arena, "with %g more point%s a person must decide",
			low - s->total, plural(low - s->total));
	}
	return NULL;
}

static void decide(struct weigher *w)
{
	struct rd_score *s = w->score;
	bool decided[RD_N_KINDS] = { false };

	for (int k = 0; k < RD_N_KINDS; k++)
		s->totals[k] = rd_points_rounded(s->totals[k]);
	s->total = s->totals[RD_COMPLAINT];
	gather_decided(w, decided);
	const struct rd_best_answer answer =
		rd_best_answer_of(s->totals, decided, s->request_below, s->complaint_from);
	s->kind = answer.kind;
	if (answer.disagree)
		reason(w, "two rules that settle the kind do not agree");
	/* Where nothing is said, that alone is told. */
	if (answer.by == RD_ANSWER_BAND && !w->message->trouble.no_text)
		reason(w, "it may be a complaint: the points lie between the two thresholds");
	if (answer.by == RD_ANSWER_TOO_FEW && !any_rule_hit(w) &&
		w->rules->definitions.head.review_nothing)
		reason(w, "no rule knows anything of what it says");
	s->nearest_change = nearest_change(w, &answer);
	if (s->nearest_change == NULL)
		s->nearest_change = "";
}

enum rd_rc rd_score_normalised(const struct rd_ruleset *rules, const struct rd_message *message,
	const struct rd_normal normal[static 2], int64_t received_ms, struct rd_arena *arena,
	struct rd_score *ret_score, struct rd_err *err)
{
	struct rd_matching matching;
	struct rd_score score = { .request_below = rules->definitions.head.request_below,
		.complaint_from = rules->definitions.head.complaint_from };
	struct weigher w = {
		.rules = rules, .message = message, .m = &matching, .arena = arena, .score = &score
	};

	RD_TRY(rd_matching_run(
		rules, message->channel, normal, received_ms, arena, &matching, err));
	w.reasons = rd_arena_array(arena, REASONS_MAX, sizeof *w.reasons);
	if (w.reasons == NULL)
		return rd_fail(err, RD_E_RANGE, "no room left to score this message");
	score.review_reasons = w.reasons;
	RD_TRY(take_hits(&w, err));
	RD_TRY(count_points(&w, err));
	RD_TRY(gather_hits(&w, err));
	RD_TRY(gather_signs(&w, err));
	reasons_of_message(&w);
	reasons_of_hits(&w);
	RD_TRY(reasons_of_rules(&w, err));
	RD_TRY(reasons_of_off_rules(&w, err));
	decide(&w);
	if (rd_arena_overflowed(arena))
		return rd_fail(err, RD_E_RANGE, "no room left to score this message");
	*ret_score = score;
	return RD_OK;
}

enum rd_rc rd_score_once(const struct rd_ruleset *rules, const struct rd_message *message,
	int64_t received_ms, struct rd_arena *arena, struct rd_score *ret_score, struct rd_err *err)
{
	struct rd_normal normal[2];

	RD_TRY(rd_matching_normalise(message, arena, normal, err));
	return rd_score_normalised(rules, message, normal, received_ms, arena, ret_score, err);
}

enum rd_rc rd_score_suppose(const struct rd_ruleset *rules, const struct rd_message *message,
	const struct rd_supposed *supposed, struct rd_arena *arena, struct rd_score *ret_score,
	struct rd_err *err)
{
	struct rd_score score = { .request_below = rules->definitions.head.request_below,
		.complaint_from = rules->definitions.head.complaint_from };
	struct weigher w = { .rules = rules,
		.message = message,
		.arena = arena,
		.score = &score,
		.supposed = supposed };

	w.reasons = rd_arena_array(arena, REASONS_MAX, sizeof *w.reasons);
	if (w.reasons == NULL)
		return rd_fail(err, RD_E_RANGE, "no room left to suppose anything");
	RD_TRY(begin_holding(&w, rules->n_rules, err));
	for (uint32_t i = 0; i < rules->n_rules; i++)
		if (supposed->hits[i] && !supposed->off[i])
			hold(&w, i);
	work_out_combines(&w);
	RD_TRY(count_points(&w, err));
	reasons_of_hits(&w);
	decide(&w);
	*ret_score = score;
	return RD_OK;
}

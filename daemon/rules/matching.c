#include "redress/rules/matching.h"

#include <stdlib.h>
#include <string.h>

#include "redress/base/limits.h"

#define NONE UINT32_MAX

struct candidate {
	uint32_t pattern, unit;
	uint32_t first,
		last; /* where what a phrase needs first stands in the skeleton (its ends) */
};

/* What the literal pass knows of one pattern. Stamps are numbers of units or segments, each field's
 * above the last one's. */
struct needed {
	uint32_t noted;	      /* the last that is a candidate */
	uint32_t stamp;	      /* the last with one of the first set, */
	uint32_t first, last; /* and where in the skeleton */
};

/* The literal pass over one field. */
struct pass {
	struct rd_matching *m;
	enum rd_where where;
	const struct rd_prepared *field;
	uint32_t unit, segment; /* at which the passes are */
	uint32_t before;	/* stamps of the fields before */
	struct needed *seen;	/* by pattern */
	struct candidate *found;
	size_t n_found, size;
	bool full;
};

struct runner {
	struct rd_matching *m;
	pcre2_match_data *data;
	pcre2_match_context *counted;  /* with the callout that counts steps */
	pcre2_match_context *quick;    /* whose match limit is set for each run */
	pcre2_match_context *windowed; /* whose offset limit is set for each run */
	struct needed *seen;	       /* by pattern */
	uint32_t n_stamps;
};

static bool wanted(const struct rd_matching *m, const struct rd_rule *rule, enum rd_where where)
{
	const struct rd_definition *def = rule->def;

	if (!rule->runs || (where == RD_WHERE_SUBJECT ? !def->in_subject : !def->in_body) ||
		(m->channel == RD_CHANNEL_SMS ? !def->by_sms : !def->by_email))
		return false;
	uint32_t words = m->field[RD_WHERE_BODY].n_words;
	return def->words_to == 0 ||
	       (words >= (uint32_t)def->words_from && words <= (uint32_t)def->words_to);
}

static void note(struct pass *p, uint32_t pattern, uint32_t unit)
{
	uint32_t stamp = p->before + unit + 1;

	if (p->seen[pattern].noted >= stamp)
		return;
	p->seen[pattern].noted = stamp;
	if (p->n_found == p->size) {
		size_t size = p->size == 0 ? 256 : p->size * 2;
		struct candidate *found = rd_arena_array(p->m->arena, size, sizeof *found);
		if (found == NULL) {
			p->full = true;
			return;
		}
		if (p->n_found > 0)
			memcpy(found, p->found, p->n_found * sizeof *found);
		p->found = found;
		p->size = size;
	}
	p->found[p->n_found++] = (struct candidate){ .pattern = pattern, .unit = unit };
}

/* Segments overlap: the place can lie in this one and in the next. */
static void note_place(struct pass *p, uint32_t pattern, uint32_t at)
{
	const struct rd_unit *segments = p->field->segments;
	uint32_t n = p->field->n_segments;

	while (p->segment < n && segments[p->segment].to <= at)
		p->segment++;
	if (p->segment < n && segments[p->segment].from <= at)
		note(p, pattern, p->segment);
	if (p->segment + 1 < n && segments[p->segment + 1].from <= at)
		note(p, pattern, p->segment + 1);
}

static void found_in_text(void *context, uint32_t owner, uint32_t at)
{
	struct pass *p = context;
	uint32_t pattern = owner / 2;

	if (wanted(p->m, &p->m->rules->rules[p->m->rules->patterns[pattern].rule], p->where))
		note_place(p, pattern, at);
}

static void found_in_skeleton(void *context, uint32_t owner, uint32_t at)
{
	struct pass *p = context;
	uint32_t pattern = owner / 2, stamp = p->before + p->unit + 1;
	const struct rd_pattern *found = &p->m->rules->patterns[pattern];
	struct needed *seen = &p->seen[pattern];

	at += p->field->skeleton_from[p->unit];
	if (owner % 2 == 0) {
		if (seen->stamp != stamp)
			seen->first = at;
		seen->stamp = stamp;
		seen->last = at;
	}
	bool second = owner % 2 == 1 || found->second.n_items == 0;
	if (second && seen->stamp == stamp &&
		wanted(p->m, &p->m->rules->rules[found->rule], p->where))
		note(p, pattern, p->unit);
}

static int count_step(pcre2_callout_block *block, void *context)
{
	struct rd_matching *m = context;

	(void)block;
	if (++m->steps <= RD_REGEX_STEPS_MAX)
		return 0;
	m->exhausted = true;
	return PCRE2_ERROR_CALLOUT;
}

static const char *place_of_unless(struct runner *r, const struct rd_unless *unless)
{
	const struct rd_place *at = &unless->phrases[0].at;
	const char *place = rd_arena_printf(r->m->arena, "%s:%d", at->file, at->line);

	return place != NULL ? place : "";
}

/* What stops the match [from, to) of the unit; words for a person, NULL where nothing does.
 * *ret_place: where the exclusion stands. */
static const char *stopped_by(struct runner *r, const struct rd_rule *rule,
	const struct rd_prepared *field, const struct rd_unit *unit, uint32_t from, uint32_t to,
	const char **ret_place, bool *ret_failed)
{
	static const char *const sides[] = { "before", "after", "near" };
	const char *text = field->text + unit->from;
	uint32_t len = unit->to - unit->from;

	for (size_t i = 0; i < rule->n_unless; i++) {
		const struct rd_unless_code *u = &rule->unless[i];
		uint32_t start = 0;
		while (start < len) {
			r->m->n_runs++;
			r->m->bytes_run += len - start;
			int rc = pcre2_match(u->code, (PCRE2_SPTR)text, len, start,
				PCRE2_NO_UTF_CHECK, r->data, r->m->rules->limits);
			if (rc == PCRE2_ERROR_NOMATCH)
				break;
			if (rc < 0) {
				*ret_failed = true;
				break;
			}
			const PCRE2_SIZE *v = pcre2_get_ovector_pointer(r->data);
			uint32_t a = (uint32_t)v[0], b = (uint32_t)v[1];
			bool before = b <= from, after = a >= to;
			unsigned distance = 0;
			if (before)
				distance = 1 + rd_words_between(text, b, from);
			else if (after)
				distance = 1 + rd_words_between(text, to, a);
			bool side = u->side == RD_NEAR || (u->side == RD_BEFORE && before) ||
				    (u->side == RD_AFTER && after);
			if (side && (u->window == 0 || distance <= (unsigned)u->window)) {
				const char *word = rd_arena_copy(r->m->arena, text + a, b - a);
				const char *by =
					distance == 0
						? rd_arena_printf(
							  r->m->arena, "%s, within it", word)
						: rd_arena_printf(r->m->arena, "%s, %u word%s %s",
							  word, distance, distance == 1 ? "" : "s",
							  before ? sides[0] : sides[1]);
				*ret_place = place_of_unless(r, u->from);
				return by != NULL ? by : "an exclusion";
			}
			start = b > a ? a + 1 : b + 1;
			while (start < len && ((unsigned char)text[start] & 0xc0) == 0x80)
				start++;
		}
	}
	return NULL;
}

static bool overlaps(const struct rd_outcome *o, struct rd_spot spot)
{
	for (unsigned i = 0; i < o->n_places; i++)
		if (o->places[i].where == spot.where && spot.from < o->places[i].to &&
			o->places[i].from < spot.to)
			return true;
	return false;
}

/* One place where a pattern matches; false once the rule needs no more. */
static bool take_place(struct runner *r, const struct rd_rule *rule, struct rd_outcome *o,
	enum rd_where where, const struct rd_unit *unit, uint32_t from, uint32_t to)
{
	const struct rd_prepared *field = &r->m->field[where];
	struct rd_spot spot = { where, unit->from + from, unit->from + to };
	const struct rd_definition *def = rule->def;

	if (def->older_months > 0 && !rd_dates_older(field->text, spot.from, spot.to,
					     def->older_months, r->m->received_ms))
		return true;
	const char *by_place = "";
	const char *by = stopped_by(r, rule, field, unit, from, to, &by_place, &o->failed);
	if (by != NULL) {
		if (!o->stopped) {
			o->stopped = true;
			o->stopped_spot = spot;
			o->by = by;
			o->by_place = by_place;
		}
		return true;
	}
	if (def->at_least > 1) {
		if (o->places == NULL)
			o->places = rd_arena_array(
				r->m->arena, (size_t)def->at_least, sizeof *o->places);
		if (o->places == NULL || overlaps(o, spot))
			return true;
		o->places[o->n_places++] = spot;
		if (o->n_places < (unsigned)def->at_least)
			return true;
		spot = o->places[0];
	}
	o->hit = true;
	o->spot = spot;
	return false;
}

/* Where in a unit a match can begin. */
struct window {
	uint32_t from, to; /* to: the last such place, NONE for any */
};

/* A phrase begins so many words before what it needs first at the most, and never behind it. */
static struct window window_of(const struct rd_pattern *pattern, const struct rd_prepared *field,
	const struct candidate *c)
{
	const uint32_t unit_from = field->units[c->unit].from;
	struct window window = { 0, NONE };

	if (pattern->reach == 0)
		return window;
	/* One word more, for a possessive s is none of the skeleton's. */
	uint32_t own = rd_prepared_word(field, field->skeleton_from[c->unit] + 1);
	uint32_t first = rd_prepared_word(field, c->first);
	if (first >= own + pattern->reach)
		window.from = field->places[first - pattern->reach].text - unit_from;
	window.to = field->places[rd_prepared_word(field, c->last)].text - unit_from;
	return window;
}

static int match(struct runner *r, const struct rd_pattern *pattern, const char *text, uint32_t len,
	struct window window)
{
	pcre2_match_context *limits = r->m->rules->limits;
	uint32_t start = window.from;

	if (window.to != NONE) {
		limits = r->windowed;
		pcre2_set_offset_limit(limits, window.to);
	}
	if (pattern->counted != NULL) {
		limits = r->quick;
		pcre2_set_match_limit(limits, RD_QUICK_STEPS / (len - start) + 10);
	}
	int rc = pcre2_match(
		pattern->code, (PCRE2_SPTR)text, len, start, PCRE2_NO_UTF_CHECK, r->data, limits);
	if (rc == PCRE2_ERROR_MATCHLIMIT && pattern->counted != NULL)
		rc = pcre2_match(pattern->counted, (PCRE2_SPTR)text, len, start, PCRE2_NO_UTF_CHECK,
			r->data, r->counted);
	return rc;
}

static void run_pattern(struct runner *r, const struct rd_pattern *pattern, enum rd_where where,
	const struct rd_unit *unit, struct window window)
{
	struct rd_matching *m = r->m;
	struct rd_outcome *o = &m->outcomes[pattern->rule];
	const char *text = m->field[where].text + unit->from;
	uint32_t len = unit->to - unit->from;

	while (window.from < len && window.from <= window.to) {
		if (m->bytes_run > RD_CONFIRM_BYTES_MAX || m->steps > RD_REGEX_STEPS_MAX) {
			m->exhausted = true;
			o->failed = true;
			return;
		}
		m->n_runs++;
		m->bytes_run += len - window.from;
		int rc = match(r, pattern, text, len, window);
		if (rc == PCRE2_ERROR_NOMATCH)
			return;
		if (rc < 0) {
			o->failed = true;
			return;
		}
		const PCRE2_SIZE *v = pcre2_get_ovector_pointer(r->data);
		uint32_t from = (uint32_t)v[0], to = (uint32_t)v[1];
		if (to > from &&
			!take_place(r, &m->rules->rules[pattern->rule], o, where, unit, from, to))
			return;
		window.from = to > from ? to : to + 1;
		while (window.from < len && ((unsigned char)text[window.from] & 0xc0) == 0x80)
			window.from++;
	}
}

static void confirm(struct runner *r, const struct candidate *c, enum rd_where where)
{
	const struct rd_pattern *pattern = &r->m->rules->patterns[c->pattern];
	const uint32_t unit = c->unit;
	const struct rd_prepared *field = &r->m->field[where];
	const struct rd_outcome *o = &r->m->outcomes[pattern->rule];
	const struct rd_unit *units = pattern->is_regex ? field->segments : field->units;
	uint32_t n = pattern->is_regex ? field->n_segments : field->n_units;

	if (o->hit || o->failed)
		return;
	if (pattern->at_start && (unit != 0 || !units[unit].begins))
		return;
	if (pattern->at_end && (unit + 1 != n || !units[unit].ends))
		return;
	if (pattern->question && memchr(field->text + units[unit].from, '?',
					 units[unit].to - units[unit].from) == NULL)
		return;
	run_pattern(r, pattern, where, &units[unit], window_of(pattern, field, c));
}

static int in_order(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;

	if (a->pattern != b->pattern)
		return a->pattern < b->pattern ? -1 : 1;
	return (a->unit > b->unit) - (a->unit < b->unit);
}

static enum rd_rc search_field(struct runner *r, enum rd_where where, struct rd_err *err)
{
	struct rd_matching *m = r->m;
	const struct rd_ruleset *rules = m->rules;
	struct pass p = { .m = m,
		.where = where,
		.field = &m->field[where],
		.before = r->n_stamps,
		.seen = r->seen };

	if (p.field->n_units == 0)
		return RD_OK;
	for (p.unit = 0; p.unit < p.field->n_units; p.unit++) {
		uint32_t from = p.field->skeleton_from[p.unit];
		size_t n_before = p.n_found;
		rd_automaton_run(rules->by_skeleton, p.field->skeleton + from,
			p.field->skeleton_from[p.unit + 1] - from, found_in_skeleton, &p);
		for (size_t i = n_before; i < p.n_found; i++) {
			p.found[i].first = p.seen[p.found[i].pattern].first;
			p.found[i].last = p.seen[p.found[i].pattern].last;
		}
	}
	rd_automaton_run(rules->by_text, p.field->text, p.field->len, found_in_text, &p);
	if (p.full)
		return rd_fail(err, RD_E_RANGE, "no room left to score this message");
	r->n_stamps += p.field->n_units + p.field->n_segments;
	/* Phrases in the order of their file, whatever the literal pass found first. */
	if (p.n_found > 1)
		qsort(p.found, p.n_found, sizeof *p.found, in_order);
	for (size_t i = 0; i < p.n_found; i++)
		confirm(r, &p.found[i], where);
	for (uint32_t i = 0; i < rules->n_always; i++) {
		const struct rd_pattern *pattern = &rules->patterns[rules->always[i]];
		uint32_t n = pattern->is_regex ? p.field->n_segments : p.field->n_units;
		if (!wanted(m, &rules->rules[pattern->rule], where))
			continue;
		for (uint32_t unit = 0; unit < n; unit++)
			confirm(r, &(struct candidate){ .pattern = rules->always[i], .unit = unit },
				where);
	}
	return RD_OK;
}

enum rd_rc rd_matching_normalise(const struct rd_message *message, struct rd_arena *arena,
	struct rd_normal ret_normal[static 2], struct rd_err *err)
{
	/* Where stripping left nothing, everything is read. */
	const struct rd_span *spans = message->nothing_new ? NULL : message->spans;
	size_t n_spans = message->nothing_new ? 0 : message->n_spans;

	RD_TRY(rd_normalise(message->subject, message->subject_len, NULL, 0, RD_SUBJECT_BYTES_MAX,
		arena, &ret_normal[RD_WHERE_SUBJECT], err));
	return rd_normalise(message->body, message->body_len, spans, n_spans, RD_SCORED_BYTES_MAX,
		arena, &ret_normal[RD_WHERE_BODY], err);
}

static void runner_cleanup(struct runner *r)
{
	pcre2_match_data_free(r->data);
	pcre2_match_context_free(r->counted);
	pcre2_match_context_free(r->quick);
	pcre2_match_context_free(r->windowed);
}

enum rd_rc rd_matching_run(const struct rd_ruleset *rules, enum rd_channel channel,
	const struct rd_normal normal[static 2], int64_t received_ms, struct rd_arena *arena,
	struct rd_matching *ret_matching, struct rd_err *err)
{
	struct rd_matching m = { .rules = rules,
		.arena = arena,
		.channel = channel,
		.received_ms = received_ms,
		.normal = { normal[0], normal[1] },
		.truncated = normal[0].truncated || normal[1].truncated };

	m.outcomes = rd_arena_array(arena, rules->n_rules + 1u, sizeof *m.outcomes);
	if (m.outcomes == NULL)
		return rd_fail(err, RD_E_RANGE, "no room left to score this message");
	RD_TRY(rd_prepare(&m.normal[0], arena, &m.field[0], err));
	RD_TRY(rd_prepare(&m.normal[1], arena, &m.field[1], err));
	RD_CLEANUP(runner_cleanup) struct runner r = { .m = &m };
	r.data = pcre2_match_data_create(2, NULL);
	r.counted = pcre2_match_context_copy(rules->limits);
	r.quick = pcre2_match_context_copy(rules->limits);
	r.windowed = pcre2_match_context_copy(rules->limits);
	RD_ASSERT(r.data != NULL && r.counted != NULL && r.quick != NULL && r.windowed != NULL);
	pcre2_set_callout(r.counted, count_step, &m);
	r.seen = rd_arena_array(arena, rules->n_patterns + 1u, sizeof *r.seen);
	if (r.seen == NULL)
		return rd_fail(err, RD_E_RANGE, "no room left to score this message");
	RD_TRY(search_field(&r, RD_WHERE_SUBJECT, err));
	RD_TRY(search_field(&r, RD_WHERE_BODY, err));
	*ret_matching = m;
	return RD_OK;
}

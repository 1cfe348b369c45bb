/* Each phrase of a rule tried on texts made of its own words: does it match at all, would another
 * phrase of the rule have matched too, does the rule's own exclusion let any of them through? */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "redress/base/buf.h"
#include "redress/message/plain.h"
#include "redress/rules/linter.h"
#include "redress/rules/sample.h"
#include "redress/rules/variants.h"

#define TRIES_BEFORE_GIVING_UP 300 /* texts of a phrase's own words that it does not match */
#define SAMPLES_ALL_AROUND     12  /* that are tried with everything around them */
#define FILLERS		       (RD_PHRASE_GAP_MAX + 1)
#define WORDS_TRIED_MAX	       2000 /* of `Words in message: 1000-` */
#define WHOLE_BYTES_MAX	       (RD_AT_LEAST_MAX * RD_SAMPLE_BYTES_MAX + 8 * WORDS_TRIED_MAX)
#define BY_BYTES	       120

struct examination {
	struct rd_linter *l;
	const struct rd_definition *def;
	struct rd_variants *variants; /* each phrase, each Regex, and the rule as it is */
	size_t n_phrases, n_patterns;
	struct rd_variant_result *results;
	bool *covers; /* [phrase * n_patterns + pattern]: the pattern matches wherever it does */
};

static const struct rd_line *pattern_line(const struct examination *x, size_t i)
{
	const struct rd_definition *def = x->def;

	return i < x->n_phrases ? &def->phrases.items[i] : &def->regexes.items[i - x->n_phrases];
}

static enum rd_rc make_variants(struct examination *x, struct rd_err *err)
{
	const struct rd_definition *def = x->def;

	RD_TRY(rd_variants_begin(x->variants, x->l->set, def, err));
	for (size_t i = 0; i < x->n_patterns; i++)
		RD_TRY(rd_variants_add_bare(x->variants, pattern_line(x, i), err));
	RD_TRY(rd_variants_add_without(x->variants, NULL, err));
	return rd_variants_build(x->variants, x->l->today_ms, err);
}

/* What stands before or behind a sample: words too many for any gap to bridge, or a sentence. */
enum side { SIDE_WORDS = 0, SIDE_SENTENCE, SIDE_NOTHING, N_SIDES };

static enum rd_rc add_fillers(struct rd_buf *text, size_t n, struct rd_err *err)
{
	for (size_t i = 0; i < n; i++)
		RD_TRY(rd_buf_printf(text, err, "%s" RD_SAMPLE_FILLER, text->len > 0 ? " " : ""));
	return RD_OK;
}

static enum rd_rc add_stop(struct rd_buf *text, struct rd_err *err)
{
	bool asks = text->len > 0 && text->data[text->len - 1] == '?';

	return rd_buf_add_str(text, asks ? "" : ".", err);
}

/* The words of a message are those of its body, wherever the rule looks. */
static enum rd_rc try_text(struct examination *x, const struct rd_buf *text, struct rd_err *err)
{
	const struct rd_definition *def = x->def;
	RD_CLEANUP(rd_buf_free) struct rd_buf body = RD_BUF(WHOLE_BYTES_MAX);
	bool subject = def->in_subject && !def->in_body;
	struct rd_message message;

	if (subject && def->words_from <= WORDS_TRIED_MAX)
		RD_TRY(add_fillers(&body, (size_t)def->words_from, err));
	const struct rd_plain plain = { .channel = def->by_sms ? RD_CHANNEL_SMS : RD_CHANNEL_EMAIL,
		.from = "",
		.subject = subject ? rd_buf_str(text) : "",
		.subject_len = subject ? text->len : 0,
		.body = rd_buf_str(subject ? &body : text),
		.body_len = subject ? body.len : text->len };
	RD_TRY(rd_plain_message(&plain, x->l->arena, &message, err));
	return rd_variants_try(x->variants, &message, x->l->today_ms, x->l->arena, x->results, err);
}

static enum rd_rc try_sample(struct examination *x, const char *sample, enum side before,
	enum side behind, struct rd_err *err)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf text = RD_BUF(4 * RD_SAMPLE_BYTES_MAX);

	if (before != SIDE_NOTHING)
		RD_TRY(add_fillers(&text, before == SIDE_WORDS ? FILLERS : 1, err));
	if (before == SIDE_SENTENCE)
		RD_TRY(add_stop(&text, err));
	RD_TRY(rd_buf_printf(&text, err, "%s%s", text.len > 0 ? " " : "", sample));
	if (behind == SIDE_SENTENCE)
		RD_TRY(add_stop(&text, err));
	if (behind != SIDE_NOTHING)
		RD_TRY(add_fillers(&text, behind == SIDE_WORDS ? FILLERS : 1, err));
	return try_text(x, &text, err);
}

/* As often as `At least` asks for, in as many words as `Words in message` does. */
static enum rd_rc try_whole(
	struct examination *x, const char *sample, bool at_end, struct rd_err *err)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf text = RD_BUF(WHOLE_BYTES_MAX);
	size_t n_fillers = x->def->words_from > 0 ? (size_t)x->def->words_from : 0;

	if (at_end && n_fillers > 0) {
		RD_TRY(add_fillers(&text, n_fillers, err));
		RD_TRY(rd_buf_add_str(&text, ". ", err));
	}
	for (int i = 0; i < x->def->at_least; i++) {
		if (i > 0)
			RD_TRY(add_stop(&text, err));
		RD_TRY(rd_buf_printf(&text, err, "%s%s", i > 0 ? " " : "", sample));
	}
	if (!at_end && n_fillers > 0) {
		RD_TRY(add_stop(&text, err));
		RD_TRY(add_fillers(&text, n_fillers, err));
	}
	return try_text(x, &text, err);
}

/* May the one's place stand in for the other's, whatever stands around them? */
static bool stands_in(const struct rd_definition *def, const struct rd_variant_result *other,
	const struct rd_variant_result *phrase)
{
	bool before = false, after = false;

	for (size_t i = 0; i < def->n_unless; i++) {
		before = before || def->unless[i].side == RD_BEFORE;
		after = after || def->unless[i].side == RD_AFTER;
	}
	if (!other->hit || def->at_least > 1)
		return false;
	if (def->older_months > 0 && (other->from > phrase->from || other->to < phrase->to))
		return false;
	return (!before || other->from == phrase->from) && (!after || other->to == phrase->to);
}

struct verdict {
	size_t n_tried, n_matched;
	size_t n_left; /* patterns that may make it needless */
	size_t n_samples;
	int around;	   /* a surrounding in which it matched; -1: none yet */
	bool counts;	   /* the rule hits in a text in which it matches */
	char by[BY_BYTES]; /* else what stopped it there */
};

static void judge(struct examination *x, size_t phrase, struct verdict *v)
{
	bool *covers = &x->covers[phrase * x->n_patterns];
	const struct rd_variant_result *rule = &x->results[x->n_patterns];

	v->n_tried++;
	if (!x->results[phrase].hit)
		return;
	v->n_matched++;
	v->n_left = 0;
	for (size_t i = 0; i < x->n_patterns; i++) {
		covers[i] = covers[i] && stands_in(x->def, &x->results[i], &x->results[phrase]);
		v->n_left += covers[i];
	}
	v->counts = v->counts || rule->hit;
	if (!rule->hit && rule->by[0] != '\0')
		snprintf(v->by, sizeof v->by, "%s", rule->by);
}

/* One sample in everything that may stand around it; *ret_done once nothing is left to be found. */
static enum rd_rc examine_sample(struct examination *x, size_t phrase, const char *sample,
	struct verdict *v, bool *ret_done, struct rd_err *err)
{
	struct rd_arena_mark mark = rd_arena_mark(x->l->arena);

	v->n_samples++;
	for (int i = 0; i < N_SIDES * N_SIDES && !*ret_done; i++) {
		/* What stands around matters to all samples alike. */
		if (v->n_samples > SAMPLES_ALL_AROUND && v->around >= 0 && i != v->around)
			continue;
		RD_TRY(try_sample(
			x, sample, (enum side)(i / N_SIDES), (enum side)(i % N_SIDES), err));
		judge(x, phrase, v);
		rd_arena_back_to(x->l->arena, mark);
		if (v->around < 0 && x->results[phrase].hit)
			v->around = i;
		*ret_done = v->n_matched > 0 && v->n_left == 0 && v->counts;
	}
	for (int i = 0; i < 2 && !v->counts; i++) {
		RD_TRY(try_whole(x, sample, i > 0, err));
		judge(x, phrase, v);
		rd_arena_back_to(x->l->arena, mark);
	}
	return RD_OK;
}

/* What of the rule is never there together with the phrase. */
static const char *asked_for(const struct rd_definition *def, char out[static BY_BYTES])
{
	const struct {
		bool asked;
		const char *name;
	} fields[] = { { def->words_to > 0, "Words in message" }, { def->at_least > 1, "At least" },
		{ def->older_months > 0, "Older than" } };
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
		if (fields[i].asked)
			len += (size_t)snprintf(out + len, BY_BYTES - len, "%s`%s:`",
				len > 0 ? ", " : "", fields[i].name);
	return out;
}

/* Was it read without a fault? */
static bool is_compiled(const struct rd_ruleset *set, const struct rd_line *line)
{
	for (uint32_t i = 0; i < set->n_patterns; i++)
		if (set->patterns[i].line == line)
			return true;
	return false;
}

/* Told as what it is: there is nothing more to be found. */
static bool is_twin(const struct examination *x, size_t phrase)
{
	for (size_t i = 0; i < phrase && i < x->n_phrases; i++)
		if (strcasecmp(pattern_line(x, i)->value, pattern_line(x, phrase)->value) == 0)
			return true;
	return false;
}

/* A date may stand in a gap, and no sample has one there. */
static bool can_tell_what_counts(const struct rd_definition *def, const struct rd_line *line)
{
	bool gaps = strstr(line->value, "words]") != NULL;

	return def->words_from <= WORDS_TRIED_MAX && (def->older_months == 0 || !gaps);
}

static enum rd_rc examine_phrase(struct examination *x, size_t phrase, struct rd_err *err)
{
	const struct rd_line *line = pattern_line(x, phrase);
	struct rd_sampler *sampler = rd_sampler_new(line, x->l->set, x->l->arena);
	struct verdict v = { .n_left = x->n_patterns - 1,
		.around = -1,
		.counts = !can_tell_what_counts(x->def, line) };
	bool done = false;

	for (size_t i = 0; i < x->n_patterns; i++)
		x->covers[phrase * x->n_patterns + i] =
			strcasecmp(pattern_line(x, i)->value, line->value) != 0;
	bool usable = sampler != NULL && is_compiled(x->l->set, line) && !is_twin(x, phrase);
	const char *sample = usable ? rd_sampler_next(sampler) : NULL;
	for (; sample != NULL && !done; sample = rd_sampler_next(sampler)) {
		RD_TRY(examine_sample(x, phrase, sample, &v, &done, err));
		if (v.n_matched == 0 && v.n_tried >= TRIES_BEFORE_GIVING_UP)
			break;
	}
	if (v.n_matched == 0) {
		for (size_t i = 0; i < x->n_patterns; i++)
			x->covers[phrase * x->n_patterns + i] = false;
		if (v.n_tried > 0)
			rd_problem_warning(x->l->problems, line->at,
				"this phrase can never match, not even its own words");
	} else if (!v.counts && v.by[0] != '\0') {
		rd_problem_warning(x->l->problems, line->at,
			"this phrase can never count: an `Unless` of its own rule always stops it "
			"(%s)",
			v.by);
	} else if (!v.counts) {
		rd_problem_warning(x->l->problems, line->at,
			"this phrase can never count: what else the rule asks for (%s) never goes "
			"with it",
			asked_for(x->def, v.by));
	}
	return RD_OK;
}

/* Of phrases that match the same texts the first may stay. */
static void tell_needless(struct examination *x)
{
	size_t n = x->n_patterns;

	for (size_t i = 0; i < x->n_phrases; i++)
		for (size_t k = 0; k < n; k++) {
			bool same = k < x->n_phrases && x->covers[k * n + i];
			if (!x->covers[i * n + k] || (same && k > i))
				continue;
			const struct rd_line *by = pattern_line(x, k);
			rd_problem_warning(x->l->problems, pattern_line(x, i)->at,
				"this phrase is not needed: wherever it matches, `%.60s` in line "
				"%d "
				"does",
				by->value, by->at.line);
			break;
		}
}

enum rd_rc rd_lint_phrases(struct rd_linter *l, const struct rd_definition *def, struct rd_err *err)
{
	struct examination x = { .l = l,
		.def = def,
		.n_phrases = def->phrases.n_items,
		.n_patterns = def->phrases.n_items + def->regexes.n_items };

	if (def->is_combine || def->faulty || x.n_phrases == 0)
		return RD_OK;
	rd_arena_reset(l->arena);
	size_t n_results = x.n_patterns + 1;
	x.results = rd_arena_array(l->arena, n_results, sizeof *x.results);
	x.covers = rd_arena_array(l->arena, x.n_phrases * x.n_patterns, sizeof *x.covers);
	if (x.results == NULL || x.covers == NULL)
		return RD_OK; /* a rule of thousands of phrases */
	RD_CLEANUP(rd_variants_end) struct rd_variants variants = { .def = def };
	x.variants = &variants;
	enum rd_rc rc = make_variants(&x, err);
	if (rc == RD_E_RANGE)
		rd_problem_note(l->problems, def->at,
			"rule `%s` is too large for its phrases to be tried one by one; make "
			"several of it",
			def->id);
	if (rc != RD_OK)
		return rc == RD_E_RANGE ? RD_OK : rc;
	for (size_t i = 0; i < x.n_phrases; i++)
		RD_TRY(examine_phrase(&x, i, err));
	tell_needless(&x);
	return RD_OK;
}

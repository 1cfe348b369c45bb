/* redressctl rules tune: points and thresholds fitted to what people said, as a patch. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "print.h"
#include "rules_learn.h"
#include "redress/base/stanza.h"
#include "redress/rules/edits.h"
#include "redress/rules/tune.h"

#define PATCH_BYTES_MAX (4u << 20)
#define VALUE_MAX	24

/* One tuning, from messages to a patch. */
struct tuning {
	struct rd_learn learn;
	struct rd_tune_input input;
	uint32_t *rule_of; /* by the tune's number: the weighing's */
	/* Files of the layers that hold the thresholds; NULL: none. */
	const char *holds_below, *holds_from;
	struct rd_tune_result result;
	struct rd_buf patch;
	const char *out; /* file for the patch, NULL: standard output */
};

static void end_tuning(struct tuning *t)
{
	rd_buf_free(&t->patch);
	rd_learn_close(&t->learn);
}

/* ---- numbers in ---- */

/* Rules that give points to the complaint total, in their order; numbers: the tune's by the
 * weighing's, RD_NO_RULE for the rest. */
static void take_rules(struct tuning *t, uint32_t *numbers)
{
	const struct rd_weighing *w = &t->learn.weighing;
	struct rd_tune_rule *rules = rd_arena_array(t->learn.arena, w->n_rules + 1u, sizeof *rules);

	t->rule_of = rd_arena_array(t->learn.arena, w->n_rules + 1u, sizeof *t->rule_of);
	RD_ASSERT(rules != NULL && t->rule_of != NULL);
	for (uint32_t i = 0; i < w->n_rules; i++) {
		const struct rd_rule_facts *facts = &w->facts[i];

		numbers[i] = RD_NO_RULE;
		if (!facts->runs || !facts->has_points || facts->for_kind != RD_COMPLAINT)
			continue;
		numbers[i] = (uint32_t)t->input.n_rules;
		t->rule_of[t->input.n_rules] = i;
		rules[t->input.n_rules++] = (struct rd_tune_rule){
			.points = facts->points,
			.group = facts->group,
			.cap = facts->cap,
			.fixed = facts->decides || facts->points_in_layer ||
				 facts->points_at.line == 0 || facts->layer[0] != '\0',
		};
	}
	t->input.rules = rules;
}

static enum rd_tune_end end_of(const struct rd_specimen *message, const struct rd_weighed *weighed)
{
	if (message->must_review || weighed->sent || (weighed->settled && weighed->unsure))
		return RD_TUNE_LOOK;
	if (!weighed->settled)
		return RD_TUNE_BY_POINTS;
	return weighed->kind == RD_COMPLAINT ? RD_TUNE_COMPLAINT : RD_TUNE_OTHER;
}

static void take_messages(struct tuning *t, const uint32_t *numbers)
{
	struct rd_learn *l = &t->learn;
	struct rd_tune_example *examples = rd_arena_array(l->arena, l->n + 1, sizeof *examples);

	RD_ASSERT(examples != NULL);
	for (size_t i = 0; i < l->n; i++) {
		const struct rd_specimen *message = &l->items[i];
		const struct rd_weighed weighed = rd_weigh(&l->weighing, message, RD_NO_RULE);
		uint32_t *hits = rd_arena_array(l->arena, message->n_hits + 1u, sizeof *hits);
		struct rd_tune_example *e = &examples[i];

		RD_ASSERT(hits != NULL);
		for (uint32_t k = 0; k < message->n_hits; k++) {
			const uint32_t rule = message->hits[k];
			if (numbers[rule] != RD_NO_RULE)
				hits[e->n_hits++] = numbers[rule];
			else if (l->weighing.facts[rule].for_kind == RD_COMPLAINT)
				e->fixed += message->leans[k];
		}
		e->id_hash = rd_tune_hash(message->id);
		e->weight = message->weight;
		e->complaint = message->said == RD_COMPLAINT;
		e->end = end_of(message, &weighed);
		e->hits = hits;
	}
	t->input.examples = examples;
	t->input.n_examples = l->n;
}

/* Has the landlord thresholds of its own, that the core's would not change? */
static enum rd_rc find_own_thresholds(struct tuning *t, bool *ret_own, struct rd_err *err)
{
	const struct rd_learn *l = &t->learn;
	char name[RD_LAYER_NAME_MAX + 32];
	struct rd_stanzas stanzas = { .n_items = 0 };

	*ret_own = false;
	snprintf(name, sizeof name, "landlords/%s.rules", l->landlord);
	const struct rd_rulefile *layer = rd_rulefiles_find(&l->set.files, name);
	if (layer != NULL)
		RD_TRY(rd_stanzas_parse(
			layer->name, layer->bytes, layer->len, l->sets, &stanzas, err));
	for (size_t i = 0; i < stanzas.n_items; i++) {
		const struct rd_stanza *stanza = &stanzas.items[i];

		if (rd_stanza_field(stanza, "Ruleset") != NULL &&
			(rd_stanza_field(stanza, "Request below") != NULL ||
				rd_stanza_field(stanza, "Complaint from") != NULL))
			*ret_own = true;
	}
	return RD_OK;
}

/* A threshold of a layer's own; false where it has none. */
static bool threshold_of(const struct rd_stanza *head, const char *name, double *ret_points)
{
	const struct rd_field *field = rd_stanza_field(head, name);
	char *end = NULL;

	if (field == NULL)
		return false;
	*ret_points = strtod(field->value, &end);
	return end != field->value;
}

/* A layer with one threshold of its own takes the other from the core: moved past it, the set would
 * not compile for that landlord. */
static void hold_for_layer(struct tuning *t, const char *file, const struct rd_stanza *head)
{
	struct rd_tune_input *input = &t->input;
	double below = 0, from = 0;
	const bool has_below = threshold_of(head, "Request below", &below);
	const bool has_from = threshold_of(head, "Complaint from", &from);

	if (has_from && !has_below && from < input->request_below_most) {
		input->request_below_most = from;
		t->holds_below = file;
	}
	if (has_below && !has_from && below > input->complaint_from_least) {
		input->complaint_from_least = below;
		t->holds_from = file;
	}
}

static enum rd_rc hold_for_layers(struct tuning *t, struct rd_err *err)
{
	const struct rd_rulefiles *files = &t->learn.set.files;
	char name[RD_LAYER_NAME_MAX];

	t->input.bounded = true;
	t->input.request_below_most = HUGE_VAL;
	t->input.complaint_from_least = -HUGE_VAL;
	for (size_t i = 0; i < files->n_items; i++) {
		const struct rd_rulefile *file = &files->items[i];
		struct rd_stanzas stanzas;

		if (!rd_layer_of(file->name, name))
			continue;
		RD_TRY(rd_stanzas_parse(
			file->name, file->bytes, file->len, t->learn.sets, &stanzas, err));
		for (size_t k = 0; k < stanzas.n_items; k++)
			if (rd_stanza_field(&stanzas.items[k], "Ruleset") != NULL)
				hold_for_layer(t, file->name, &stanzas.items[k]);
	}
	return RD_OK;
}

static enum rd_rc fit(struct tuning *t, struct rd_err *err)
{
	bool own = false;

	struct rd_weighing *w = &t->learn.weighing;
	uint32_t *numbers = rd_arena_array(t->learn.arena, w->n_rules + 1u, sizeof *numbers);

	RD_ASSERT(numbers != NULL);
	take_rules(t, numbers);
	take_messages(t, numbers);
	t->input.request_below = w->request_below;
	t->input.complaint_from = w->complaint_from;
	RD_TRY(find_own_thresholds(t, &own, err));
	RD_TRY(hold_for_layers(t, err));
	t->input.fixed_thresholds = own || w->head.line == 0;
	return rd_tune(&t->input, t->learn.arena, &t->result, err);
}

/* ---- the patch out ---- */

static const char *number_words(struct tuning *t, double number)
{
	const char *words = rd_arena_printf(t->learn.sets, "%.1f", number);

	RD_ASSERT(words != NULL);
	return words;
}

static enum rd_rc add_threshold(struct tuning *t, const char *field, double was, double is,
	struct rd_edit *edits, size_t *n, struct rd_err *err)
{
	if (was == is)
		return RD_OK;
	return rd_edit_field(&t->learn.set.files, t->learn.weighing.head, field,
		number_words(t, is), t->learn.sets, &edits[(*n)++], err);
}

static enum rd_rc write_patch(struct tuning *t, struct rd_err *err)
{
	const struct rd_rule_facts *facts = t->learn.weighing.facts;
	struct rd_edit *edits = rd_arena_array(t->learn.arena, t->input.n_rules + 2, sizeof *edits);
	size_t n = 0;

	RD_ASSERT(edits != NULL);
	for (size_t j = 0; j < t->input.n_rules; j++)
		if (t->result.rules[j].points != t->input.rules[j].points)
			edits[n++] = (struct rd_edit){
				.at = facts[t->rule_of[j]].points_at,
				.value = number_words(t, t->result.rules[j].points),
			};
	RD_TRY(add_threshold(t, "Request below", t->input.request_below, t->result.request_below,
		edits, &n, err));
	RD_TRY(add_threshold(t, "Complaint from", t->input.complaint_from, t->result.complaint_from,
		edits, &n, err));
	return rd_edits_patch(&t->learn.set.files, edits, n, &t->patch, err);
}

static enum rd_exit save_patch(const struct tuning *t)
{
	FILE *file = fopen(t->out, "we");

	if (file == NULL)
		return rd_ctl_complain("%s: %s", t->out, strerror(errno));
	const bool written = fwrite(t->patch.data, 1, t->patch.len, file) == t->patch.len;
	if (fclose(file) == 0 && written)
		return RD_EXIT_DONE;
	rd_ctl_complain("%s: %s", t->out, strerror(errno));
	return RD_EXIT_LATER;
}

/* ---- for machines ---- */

static json_t *share_json(const struct rd_share *share)
{
	double low, high, p = rd_share_of(share, &low, &high);

	if (isnan(p))
		return json_null();
	return json_pack("{s:f,s:f,s:f}", "share", p, "low", low, "high", high);
}

static json_t *figures_json(const struct rd_tune_figures *f)
{
	const double n = f->looks.sum;

	if (n == 0)
		return json_null();
	return json_pack("{s:o,s:o,s:o,s:o,s:f}", "seen", share_json(&f->seen), "recall",
		share_json(&f->at_once), "precision", share_json(&f->right), "review",
		share_json(&f->looks), "cost", 100 * f->cost / n);
}

static const char *const kept_names[] = { "fitted", "fixed", "few_hits", "one_sided" };

static json_t *rules_json(const struct tuning *t)
{
	const struct rd_rule_facts *facts = t->learn.weighing.facts;
	json_t *list = json_array();

	for (size_t j = 0; j < t->input.n_rules; j++) {
		const struct rd_tune_rule_result *r = &t->result.rules[j];
		const struct rd_rule_facts *f = &facts[t->rule_of[j]];

		json_array_append_new(list,
			json_pack("{s:s,s:s,s:s,s:f,s:f,s:o,s:i,s:i,s:s}", "rule", f->id, "place",
				f->place, "layer", f->layer, "points", t->input.rules[j].points,
				"new_points", r->points, "fitted",
				r->kept == RD_TUNE_FITTED && t->result.outcome != RD_TUNE_TOO_FEW
					? json_real(r->fitted)
					: json_null(),
				"hits", (int)r->n_hits, "complaints", (int)r->n_complaints, "how",
				kept_names[r->kept]));
	}
	return list;
}

static void print_json(const struct tuning *t)
{
	const struct rd_tune_result *r = &t->result;
	const struct rd_learn *l = &t->learn;

	rd_json_print(json_pack("{s:s,s:i,s:i,s:i,s:i,s:i,s:i,s:b,s:{s:f,s:f,s:f},s:o,s:o,s:{s:f,s:"
				"f},s:{s:f,s:f},s:o,s:s,s:s,s:o,s:o}",
		"outcome", rd_tune_outcome_names[r->outcome], "messages", (int)l->n, "complaints",
		(int)r->n_complaints, "settled", (int)r->n_settled, "always_reviewed",
		(int)r->n_looks, "erased", (int)l->n_erased, "unread", (int)l->n_unread, "more",
		l->more, "cost_of", "missed", RD_TUNE_COST_MISSED, "false", RD_TUNE_COST_FALSE,
		"review", RD_TUNE_COST_LOOK, "now", figures_json(&r->now), "after",
		figures_json(&r->after), "thresholds", "request_below", t->input.request_below,
		"complaint_from", t->input.complaint_from, "new_thresholds", "request_below",
		r->request_below, "complaint_from", r->complaint_from, "rules", rules_json(t),
		"landlord", l->landlord, "ruleset", l->set.files.sha256, "out",
		rd_json_text(t->out), "patch", json_string(rd_buf_str(&t->patch))));
}

/* ---- for people ---- */

static const char *share_words(const struct rd_share *share, char out[static 40])
{
	double low, high, p = rd_share_of(share, &low, &high);

	if (isnan(p))
		return "-";
	snprintf(out, 40, "%.1f (%.1f to %.1f)", 100 * p, 100 * low, 100 * high);
	return out;
}

static void add_figure(struct rd_table *table, const char *what, const struct rd_share *now,
	const struct rd_share *after)
{
	char words[2][40];

	rd_table_row(table, (const char *const[]){ what, share_words(now, words[0]),
				    share_words(after, words[1]) });
}

static void print_figures(const struct rd_tune_result *r)
{
	static const char *const heads[] = { "in 100, and how far chance may move it", "now",
		"with the change", NULL };
	char costs[2][40] = { "-", "-" };
	struct rd_table table;

	rd_table_begin(&table, heads);
	add_figure(&table, "of the complaints: found, or shown to a person", &r->now.seen,
		&r->after.seen);
	add_figure(&table, "of the complaints: found at once (recall)", &r->now.at_once,
		&r->after.at_once);
	add_figure(&table, "of what is taken for one: right (precision)", &r->now.right,
		&r->after.right);
	add_figure(&table, "of all: a person must look", &r->now.looks, &r->after.looks);
	if (r->now.looks.sum > 0)
		snprintf(costs[0], sizeof costs[0], "%.1f", 100 * r->now.cost / r->now.looks.sum);
	if (r->after.looks.sum > 0)
		snprintf(costs[1], sizeof costs[1], "%.1f",
			100 * r->after.cost / r->after.looks.sum);
	rd_table_row(&table, (const char *const[]){ "what a hundred cost", costs[0], costs[1] });
	rd_table_end(&table, "");
	printf("\nA missed complaint costs %g, one too many %g, a look %g. \"With the change\" is "
	       "judged on messages\nthat were not learnt from, a tenth at a time.\n",
		RD_TUNE_COST_MISSED, RD_TUNE_COST_FALSE, RD_TUNE_COST_LOOK);
}

static void print_sources(const struct tuning *t)
{
	const struct rd_learn *l = &t->learn;

	printf("Tuning %s.\n%zu message%s that people spoke about, %zu complaint%s",
		rd_learn_set_words(l), l->n, l->n == 1 ? "" : "s", t->result.n_complaints,
		t->result.n_complaints == 1 ? "" : "s");
	if (l->request->file == NULL)
		printf(": %zu reviews decided, %zu cases reclassified, %zu samples\nchecked (each "
		       "stands for %g), %zu complaints defined",
			l->n_how[RD_LABEL_REVIEW], l->n_how[RD_LABEL_RECLASSIFY],
			l->n_how[RD_LABEL_SAMPLE], RD_CTL_SAMPLE_STANDS_FOR, l->n_defined);
	puts(".");
	if (t->result.n_settled + t->result.n_looks > 0)
		printf("%zu were settled by a rule, %zu go to a person whatever their points are: "
		       "they say nothing about points.\n",
			t->result.n_settled, t->result.n_looks);
	if (l->n_erased > 0)
		printf("%zu were erased: what hit them then is what counts.\n", l->n_erased);
	if (l->n_unread > 0)
		printf("%zu could not be read to the end and are left out.\n", l->n_unread);
	if (l->more)
		puts("There are more; the newest were taken.");
}

/* How many rules keep their points, and why. */
static void print_kept(const struct tuning *t)
{
	static const char *const why[] = {
		[RD_TUNE_FITTED] = "suit these messages as they are",
		[RD_TUNE_KEPT_FIXED] = "settle the kind, or are the landlord's own",
		[RD_TUNE_KEPT_FEW_HITS] = "have too few hits to be fitted",
		[RD_TUNE_KEPT_ONE_SIDED] = "hit complaints alone, or hardly one",
	};
	size_t n_of[sizeof why / sizeof why[0]] = { 0 }, n = 0;
	const char *before = ": ";

	for (size_t j = 0; j < t->input.n_rules; j++)
		if (t->result.rules[j].points == t->input.rules[j].points) {
			n_of[t->result.rules[j].kept]++;
			n++;
		}
	if (n == 0)
		return;
	printf("%zu rule%s keep%s the points that stand", n, n == 1 ? "" : "s", n == 1 ? "s" : "");
	for (size_t i = 0; i < sizeof why / sizeof why[0]; i++)
		if (n_of[i] > 0) {
			printf("%s%zu %s", before, n_of[i], why[i]);
			before = ",\n  ";
		}
	puts(" (--json lists them).");
}

static void print_changes(const struct tuning *t)
{
	static const char *const heads[] = { "rule", "now", "new", "fitted", "hits", "complaints",
		NULL };
	const struct rd_tune_result *r = &t->result;
	struct rd_table table;

	rd_table_begin(&table, heads);
	for (size_t j = 0; j < t->input.n_rules; j++) {
		const struct rd_tune_rule_result *rule = &r->rules[j];
		const double was = t->input.rules[j].points;
		char now[VALUE_MAX], new[VALUE_MAX], fitted[VALUE_MAX], hits[VALUE_MAX],
			complaints[VALUE_MAX];

		if (rule->points == was)
			continue;
		snprintf(now, sizeof now, "%+g", was);
		snprintf(new, sizeof new, "%+g", rule->points);
		snprintf(fitted, sizeof fitted, "%+.2f", rule->fitted);
		snprintf(hits, sizeof hits, "%" PRIu32, rule->n_hits);
		snprintf(complaints, sizeof complaints, "%" PRIu32, rule->n_complaints);
		rd_table_row(
			&table, (const char *const[]){ t->learn.weighing.facts[t->rule_of[j]].id,
					now, new, fitted, hits, complaints });
	}
	putchar('\n');
	rd_table_end(&table, "No rule gets other points.");
	printf("\nRequest below: %g", t->input.request_below);
	if (r->request_below != t->input.request_below)
		printf(" -> %g", r->request_below);
	printf("    Complaint from: %g", t->input.complaint_from);
	if (r->complaint_from != t->input.complaint_from)
		printf(" -> %g", r->complaint_from);
	puts(t->input.fixed_thresholds ? "    (the landlord's own, not touched)" : "");
	if (t->input.fixed_thresholds)
		return;
	if (t->holds_below != NULL && r->request_below + RD_TUNE_STEP > t->input.request_below_most)
		printf("Request below is held there by the Complaint from (%g) of %s.\n",
			t->input.request_below_most, t->holds_below);
	if (t->holds_from != NULL &&
		r->complaint_from - RD_TUNE_STEP < t->input.complaint_from_least)
		printf("Complaint from is held there by the Request below (%g) of %s.\n",
			t->input.complaint_from_least, t->holds_from);
}

static void print_too_few(const struct tuning *t)
{
	const size_t n = t->learn.n, n_complaints = t->result.n_complaints;

	printf("Too few examples: no change. It takes %d messages, %d of them complaints and %d "
	       "not;\nthere are %zu, %zu of them complaints and %zu not.\n\n",
		RD_TUNE_EXAMPLES_MIN, RD_TUNE_COMPLAINTS_MIN, RD_TUNE_COMPLAINTS_MIN, n,
		n_complaints, n - n_complaints);
	print_sources(t);
}

static void print_for_people(const struct tuning *t)
{
	if (t->result.outcome == RD_TUNE_TOO_FEW) {
		print_too_few(t);
		return;
	}
	print_sources(t);
	putchar('\n');
	print_figures(&t->result);
	print_changes(t);
	print_kept(t);
	putchar('\n');
	switch (t->result.outcome) {
	case RD_TUNE_TOO_FEW:
	case RD_TUNE_NO_BETTER:
		puts("No change: on messages that it had not learnt from, what was fitted would do "
		     "no better than now.");
		return;
	case RD_TUNE_NO_CHANGE:
		puts("No change: the points and thresholds suit these messages as they are.");
		return;
	case RD_TUNE_PROPOSED:
		break;
	}
	if (t->out != NULL)
		printf("The change stands in %s. Nothing was changed yet: try it on a copy of the "
		       "folder\n(patch -p1 -d COPY < %s), then rules test, backtest and "
		       "activate.\n",
			t->out, t->out);
	else
		printf("The change (nothing was changed yet; --out FILE keeps it, patch -p1 "
		       "applies "
		       "it to a copy):\n\n%s",
			rd_buf_str(&t->patch));
}

/* ---- the command ---- */

static bool read_request(struct rd_learn_request *r, const char **out, int argc, char **argv)
{
	static const struct option options[] = { { "labels", required_argument, NULL, 'f' },
		{ "landlord", required_argument, NULL, 'l' },
		{ "out", required_argument, NULL, 'o' }, RD_CTL_OPTIONS, { NULL, 0, NULL, 0 } };
	int option;

	while ((option = rd_ctl_next_option(argc, argv, options)) != -1) {
		if (option == 'f')
			r->file = optarg;
		else if (option == 'l')
			r->landlord = optarg;
		else if (option == 'o')
			*out = optarg;
		else if (!rd_ctl_option(r->ctl, option)) {
			rd_ctl_usage(r->ctl);
			return false;
		}
	}
	r->set = optind < argc ? argv[optind] : NULL;
	return rd_ctl_at_most(r->ctl, argc, argv, 1, "set");
}

enum rd_exit rd_ctl_rules_tune(struct rd_ctl *ctl, int argc, char **argv)
{
	struct rd_learn_request request = {
		.ctl = ctl, .labels_only = true, .max = RD_TUNE_EXAMPLES_MAX
	};
	RD_CLEANUP(end_tuning) struct tuning t = { .patch = RD_BUF(PATCH_BYTES_MAX) };
	struct rd_err err = { 0 };
	enum rd_exit rc;

	if (!read_request(&request, &t.out, argc, argv))
		return RD_EXIT_USAGE;
	if ((rc = rd_learn_open(&t.learn, &request)) != RD_EXIT_DONE ||
		(rc = rd_learn_gather(&t.learn)) != RD_EXIT_DONE)
		return rc;
	if (fit(&t, &err) != RD_OK || write_patch(&t, &err) != RD_OK)
		return rd_ctl_fail(&err);
	if (t.out != NULL && (rc = save_patch(&t)) != RD_EXIT_DONE)
		return rc;
	if (ctl->json)
		print_json(&t);
	else
		print_for_people(&t);
	return RD_EXIT_DONE;
}

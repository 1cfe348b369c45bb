/* redressctl rules stats: what each rule did. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "print.h"
#include "rules_learn.h"
#include "redress/gateway/backtest.h"
#include "redress/rules/rule_stats.h"
#include "redress/rules/rule_work.h"

#define STATS_DAYS     90
#define MESSAGES_MAX   200000
#define OPPOSING_SHOWN 20
#define NAME_SHOWN     21 /* letters of a rule's name in the table */
#define TWIN_SHOWN     16
#define NAMES_WIDTH    96
#define RULES_SHOWN    25 /* rows of the table, but for --all */
#define DEAD_SHOWN     10

struct stating {
	struct rd_learn learn;
	struct rd_stats stats;
	const struct rd_rule_work *work;
	uint64_t all_work;
	uint32_t *order; /* rules, those that decided most first */
	bool all;	 /* show every rule */
};

static void end_stating(struct stating *s)
{
	rd_learn_close(&s->learn);
}

/* ---- what is asked ---- */

static bool read_request(struct rd_learn_request *r, bool *ret_all, int argc, char **argv)
{
	static const struct option options[] = { { "days", required_argument, NULL, 'd' },
		{ "jsonl", required_argument, NULL, 'f' },
		{ "landlord", required_argument, NULL, 'l' }, { "all", no_argument, NULL, 'a' },
		RD_CTL_OPTIONS, { NULL, 0, NULL, 0 } };
	int option;

	while ((option = rd_ctl_next_option(argc, argv, options)) != -1) {
		if (option == 'f')
			r->file = optarg;
		else if (option == 'l')
			r->landlord = optarg;
		else if (option == 'a')
			*ret_all = true;
		else if (option == 'd' &&
			 !rd_ctl_number_of_days(optarg, RD_BACKTEST_DAYS_MAX, &r->n_days))
			return false;
		else if (option != 'd' && !rd_ctl_option(r->ctl, option)) {
			rd_ctl_usage(r->ctl);
			return false;
		}
	}
	if (r->file != NULL && r->n_days > 0) {
		rd_ctl_complain("--days chooses among stored messages; a file is counted whole");
		return false;
	}
	if (!rd_ctl_at_most(r->ctl, argc, argv, 1, "set"))
		return false;
	r->set = optind < argc ? argv[optind] : NULL;
	if (r->n_days == 0)
		r->n_days = STATS_DAYS;
	return true;
}

/* ---- what is found ---- */

static bool is_dead(const struct stating *s, uint32_t rule)
{
	return s->learn.weighing.facts[rule].runs && s->stats.rules[rule].n_hits == 0;
}

/* What decided most, then what hit most, then as the rules stand. */
static bool comes_before(const struct stating *s, uint32_t a, uint32_t b)
{
	const struct rd_rule_stats *left = &s->stats.rules[a], *right = &s->stats.rules[b];

	if (left->n_decided != right->n_decided)
		return left->n_decided > right->n_decided;
	if (left->n_hits != right->n_hits)
		return left->n_hits > right->n_hits;
	return a < b;
}

static void sort_rules(struct stating *s)
{
	const uint32_t n = s->learn.weighing.n_rules;

	s->order = rd_arena_array(s->learn.arena, n + 1u, sizeof *s->order);
	RD_ASSERT(s->order != NULL);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t at = i;

		for (; at > 0 && comes_before(s, i, s->order[at - 1]); at--)
			s->order[at] = s->order[at - 1];
		s->order[at] = i;
	}
}

static enum rd_rc find(struct stating *s, struct rd_err *err)
{
	struct rd_learn *l = &s->learn;

	RD_TRY(rd_rule_stats(&l->weighing, l->items, l->n, l->arena, &s->stats, err));
	RD_TRY(rd_rules_work(l->rules, l->now_ms, l->arena, &s->work, err));
	for (uint32_t i = 0; i < l->weighing.n_rules; i++)
		s->all_work += s->work[i].bytes;
	sort_rules(s);
	return RD_OK;
}

/* ---- for machines ---- */

static json_t *name_json(const struct stating *s, uint32_t rule)
{
	return rule == RD_NO_RULE ? json_null() : json_string(s->learn.weighing.facts[rule].id);
}

static double work_share(const struct stating *s, uint32_t rule)
{
	return s->all_work > 0 ? (double)s->work[rule].bytes / (double)s->all_work : 0;
}

static json_t *rule_json(const struct stating *s, uint32_t rule)
{
	const struct rd_rule_facts *f = &s->learn.weighing.facts[rule];
	const struct rd_rule_stats *r = &s->stats.rules[rule];
	double low, high, share = rd_share_of(&r->complaints, &low, &high);
	const bool said = !isnan(share);

	return json_pack("{s:s,s:s,s:s,s:b,s:b,s:o,s:s,s:o,s:i,s:i,s:i,s:o,s:o,s:o,s:i,s:o,s:i,s:I,"
			 "s:I,s:f,s:"
			 "b}",
		"rule", f->id, "place", f->place, "layer", f->layer, "combine", f->is_combine,
		"disabled", !f->runs, "points", f->has_points ? json_real(f->points) : json_null(),
		"for", rd_kind_names[f->for_kind], "decides",
		f->decides ? json_string(rd_kind_names[f->decides_kind]) : json_null(), "hits",
		(int)r->n_hits, "labelled", (int)r->complaints.sum, "complaints",
		(int)r->complaints.of_them, "share", said ? json_real(share) : json_null(),
		"share_low", said ? json_real(low) : json_null(), "share_high",
		said ? json_real(high) : json_null(), "decided", (int)r->n_decided, "with",
		name_json(s, r->with), "with_messages", (int)r->n_with, "work_bytes",
		(json_int_t)s->work[rule].bytes, "work_runs", (json_int_t)s->work[rule].runs,
		"work_share", work_share(s, rule), "dead", is_dead(s, rule));
}

static void print_json(const struct stating *s)
{
	const struct rd_learn *l = &s->learn;
	json_t *rules = json_array(), *dead = json_array(), *opposing = json_array();

	for (uint32_t i = 0; i < l->weighing.n_rules; i++) {
		json_array_append_new(rules, rule_json(s, s->order[i]));
		if (is_dead(s, i))
			json_array_append_new(dead, name_json(s, i));
	}
	for (size_t i = 0; i < s->stats.n_opposing; i++) {
		const struct rd_opposing *pair = &s->stats.opposing[i];

		json_array_append_new(
			opposing, json_pack("{s:[o,o],s:i,s:s}", "rules", name_json(s, pair->one),
					  name_json(s, pair->other), "messages", (int)pair->n,
					  "how", pair->settle ? "decide" : "points"));
	}
	rd_json_print(json_pack("{s:i,s:i,s:i,s:i,s:b,s:o,s:s,s:s,s:o,s:o,s:o}", "messages",
		(int)l->n, "labelled", (int)s->stats.n_said, "complaints",
		(int)s->stats.n_complaints, "unread", (int)l->n_unread, "more", l->more, "days",
		l->request->file == NULL ? json_integer(l->request->n_days) : json_null(),
		"landlord", l->landlord, "ruleset", l->set.files.sha256, "rules", rules, "dead",
		dead, "opposing", opposing));
}

/* ---- for people ---- */

/* A name cut to what a table has room for. */
static const char *short_name(
	const struct stating *s, uint32_t rule, size_t max, char out[static 40])
{
	const char *id = s->learn.weighing.facts[rule].id;
	const bool cut = strlen(id) > max;

	snprintf(out, 40, "%.*s%s", (int)(cut ? max - 1 : max), id, cut ? "~" : "");
	return out;
}

/* What tells the kinds apart, in a word that leaves room for the rest of the row. */
static const char *short_kind(enum rd_kind kind)
{
	static const char *const words[RD_N_KINDS] = {
		[RD_SERVICE_REQUEST] = "request",
		[RD_COMPLAINT] = "complaint",
		[RD_COMPLIMENT] = "praise",
		[RD_ASB_REPORT] = "asb",
		[RD_SURVEY_FEEDBACK] = "survey",
		[RD_ENQUIRY] = "enquiry",
		[RD_OTHER] = "other",
	};

	return words[kind];
}

/* "+2.5", "+2.5 enquiry", "= survey", "leans enquiry", "review", "flag". */
static const char *gives_words(const struct rd_rule_facts *f, char out[static 48])
{
	if (f->decides)
		snprintf(out, 48, "= %s", short_kind(f->decides_kind));
	else if (f->has_points && f->for_kind == RD_COMPLAINT)
		snprintf(out, 48, "%+g", f->points);
	else if (f->has_points)
		snprintf(out, 48, "%+g %s", f->points, short_kind(f->for_kind));
	else if (f->is_leaning)
		snprintf(out, 48, "leans %s", short_kind(f->for_kind));
	else
		snprintf(out, 48, "%s", f->reviews ? "review" : f->flags ? "flag" : "-");
	return out;
}

static const char *said_words(const struct rd_share *share, char out[static 64])
{
	double low, high;

	if (isnan(rd_share_of(share, &low, &high)))
		return "-";
	snprintf(out, 64, "%.0f/%.0f %.0f-%.0f%%", share->of_them, share->sum, 100 * low,
		100 * high);
	return out;
}

static void add_row(const struct stating *s, struct rd_table *table, uint32_t rule)
{
	const struct rd_rule_stats *r = &s->stats.rules[rule];
	char name[40], gives[48], hits[16], said[64], decided[16], with[40], both[80] = "-",
									     work[16];

	snprintf(hits, sizeof hits, "%" PRIu32, r->n_hits);
	snprintf(decided, sizeof decided, "%" PRIu32, r->n_decided);
	snprintf(work, sizeof work, "%.1f%%", 100 * work_share(s, rule));
	if (r->with != RD_NO_RULE)
		snprintf(both, sizeof both, "%s %.0f%%", short_name(s, r->with, TWIN_SHOWN, with),
			100.0 * r->n_with / r->n_hits);
	rd_table_row(table, (const char *const[]){ short_name(s, rule, NAME_SHOWN, name),
				    gives_words(&s->learn.weighing.facts[rule], gives), hits,
				    said_words(&r->complaints, said), decided, both, work });
}

static void print_rules(const struct stating *s)
{
	static const char *const heads[] = { "rule", "gives", "hits", "complaints", "decided",
		"hits with it", "work", NULL };
	struct rd_table table;
	uint32_t n = 0;

	rd_table_begin(&table, heads);
	for (uint32_t i = 0; i < s->learn.weighing.n_rules; i++) {
		if (s->stats.rules[s->order[i]].n_hits == 0)
			continue;
		if (n++ < RULES_SHOWN || s->all)
			add_row(s, &table, s->order[i]);
	}
	rd_table_end(&table, "No rule hit anything.");
	if (n > RULES_SHOWN && !s->all)
		printf("and %" PRIu32 " more rules that decided less (--all shows them)\n",
			n - RULES_SHOWN);
}

static void print_dead(const struct stating *s)
{
	size_t column = 0, n = 0, n_shown = 0;

	for (uint32_t i = 0; i < s->learn.weighing.n_rules; i++)
		n += is_dead(s, i);
	if (n == 0)
		return;
	printf("\nDead: %zu rule%s of %" PRIu32 " hit none of these messages:\n ", n,
		n == 1 ? "" : "s", s->learn.weighing.n_rules);
	for (uint32_t i = 0; i < s->learn.weighing.n_rules && (n_shown < DEAD_SHOWN || s->all);
		i++) {
		const char *id = s->learn.weighing.facts[i].id;

		if (!is_dead(s, i))
			continue;
		if (column > 0 && column + strlen(id) + 2 > NAMES_WIDTH) {
			printf("\n ");
			column = 0;
		}
		printf(" %s%s", id, ++n_shown < n ? "," : "");
		column += strlen(id) + 2;
	}
	if (n_shown < n)
		printf("\n  and %zu more (--all names them)", n - n_shown);
	putchar('\n');
}

static void print_opposing(const struct stating *s)
{
	const struct rd_rule_facts *facts = s->learn.weighing.facts;

	if (s->stats.n_opposing == 0)
		return;
	puts("\nRules that pull against each other, by the messages that both hit:");
	for (size_t i = 0; i < s->stats.n_opposing && i < OPPOSING_SHOWN; i++) {
		const struct rd_opposing *pair = &s->stats.opposing[i];
		char one[48], other[48];

		printf("  %" PRIu32 ": %s (%s), %s (%s)\n", pair->n, facts[pair->one].id,
			gives_words(&facts[pair->one], one), facts[pair->other].id,
			gives_words(&facts[pair->other], other));
	}
	if (s->stats.n_opposing > OPPOSING_SHOWN)
		printf("  and %zu more pairs (--json tells all)\n",
			s->stats.n_opposing - OPPOSING_SHOWN);
}

static void print_for_people(const struct stating *s)
{
	const struct rd_learn *l = &s->learn;

	printf("What the rules did: %s.\n%zu message%s", rd_learn_set_words(l), l->n,
		l->n == 1 ? "" : "s");
	if (l->request->file == NULL)
		printf(" of the last %d days", l->request->n_days);
	if (l->n == 0) {
		puts(", so there is nothing to say.");
		return;
	}
	printf("; people spoke about %zu, of which %zu are complaints.\n", s->stats.n_said,
		s->stats.n_complaints);
	if (l->n_unread > 0)
		printf("%zu could not be read to the end and are left out.\n", l->n_unread);
	if (l->more)
		puts("There are more; the newest were counted.");
	puts("\ncomplaints: of the hits that people spoke about, and what share that may be of "
	     "all.\n"
	     "decided: messages that would have come to something else without the rule.\n"
	     "hits with it: the rule that hits most of the same messages.\n"
	     "work: its part of the matching, counted on the rules' own examples.\n");
	print_rules(s);
	print_dead(s);
	print_opposing(s);
}

enum rd_exit rd_ctl_rules_stats(struct rd_ctl *ctl, int argc, char **argv)
{
	struct rd_learn_request request = { .ctl = ctl, .otherwise = "live", .max = MESSAGES_MAX };
	RD_CLEANUP(end_stating) struct stating s = { .all_work = 0 };
	struct rd_err err = { 0 };
	enum rd_exit rc;

	if (!read_request(&request, &s.all, argc, argv))
		return RD_EXIT_USAGE;
	if ((rc = rd_learn_open(&s.learn, &request)) != RD_EXIT_DONE ||
		(rc = rd_learn_gather(&s.learn)) != RD_EXIT_DONE)
		return rc;
	if (find(&s, &err) != RD_OK)
		return rd_ctl_fail(&err);
	if (ctl->json)
		print_json(&s);
	else
		print_for_people(&s);
	return RD_EXIT_DONE;
}

#include "reading.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "print.h"

const char *rd_ctl_hit_words(
	const struct rd_message *message, const struct rd_hit *hit, struct rd_arena *arena)
{
	const char *field = hit->where == RD_WHERE_SUBJECT ? message->subject : message->body;
	char *words;

	if (field == NULL || hit->to > strlen(field) || hit->to <= hit->from)
		return "";
	words = rd_arena_copy(arena, field + hit->from, hit->to - hit->from);
	return words != NULL ? words : "";
}

json_t *rd_ctl_hits_json(
	const struct rd_message *message, const struct rd_score *score, struct rd_arena *arena)
{
	json_t *list = json_array();

	for (size_t i = 0; i < score->n_hits; i++) {
		const struct rd_hit *hit = &score->hits[i];

		json_array_append_new(
			list, json_pack("{s:s,s:s,s:f,s:s,s:[i,i],s:s}", "rule", hit->rule, "means",
				      hit->means, "points", hit->points, "where",
				      hit->where == RD_WHERE_SUBJECT ? "subject" : "body", "span",
				      (int)hit->from, (int)hit->to, "text",
				      rd_ctl_hit_words(message, hit, arena)));
	}
	return list;
}

void rd_ctl_print_quoted(const char *words)
{
	if (words[0] == '\0') {
		fputs("(rules together)", stdout);
		return;
	}
	putchar('"');
	rd_print_words(stdout, words);
	putchar('"');
}

static const char *meaning(const struct rd_hit *hit)
{
	return hit->means[0] != '\0' ? hit->means : hit->rule;
}

/* Points too small to be shown are no points. */
static bool counts(const struct rd_hit *hit)
{
	return fabs(hit->points) >= 0.0005;
}

static double to_three_digits(double points)
{
	return round(points * 1000) / 1000;
}

static void print_hit(const struct rd_message *message, const struct rd_hit *hit, bool leans,
	struct rd_arena *arena)
{
	printf("       %+6g  ", to_three_digits(hit->points));
	/* A sum over many words is not to be blamed on the first of them. */
	if (leans)
		fputs("(several words together)", stdout);
	else
		rd_ctl_print_quoted(rd_ctl_hit_words(message, hit, arena));
	printf("  %s (%s)\n", meaning(hit), hit->rule);
}

/* What counted for one kind, and its sum. */
static void print_kind(const struct rd_message *message, const struct rd_score *score,
	const struct rd_definitions *rules, enum rd_kind kind, struct rd_arena *arena)
{
	double sum = 0;
	size_t n = 0;

	for (size_t i = 0; i < score->n_hits; i++) {
		const struct rd_hit *hit = &score->hits[i];
		const struct rd_definition *rule = rd_definition_find(rules, hit->rule);

		if (!counts(hit) || rule == NULL || rule->for_kind != kind)
			continue;
		if (n++ == 0)
			printf("     points for %s:\n", rd_kind_words[kind]);
		print_hit(message, hit, rule->is_leaning, arena);
		sum += hit->points;
	}
	if (n > 1)
		printf("       %+6g  together\n", to_three_digits(sum));
}

static bool any_unknown(const struct rd_score *score, const struct rd_definitions *rules)
{
	for (size_t i = 0; i < score->n_hits; i++)
		if (counts(&score->hits[i]) &&
			(rules == NULL || rd_definition_find(rules, score->hits[i].rule) == NULL))
			return true;
	return false;
}

void rd_ctl_print_decision(const struct rd_message *message, const struct rd_score *score,
	const struct rd_definitions *rules, struct rd_arena *arena)
{
	bool any = false;

	printf("  => %s, %g point%s for a complaint (no complaint below %g, complaint from %g)\n",
		rd_kind_names[score->kind], to_three_digits(score->total),
		score->total == 1 ? "" : "s", score->request_below, score->complaint_from);
	if (any_unknown(score, rules)) {
		puts("     points, for several kinds:");
		for (size_t i = 0; i < score->n_hits; i++)
			if (counts(&score->hits[i]))
				print_hit(message, &score->hits[i], false, arena);
	} else {
		/* What counted for kinds that it did not become decided nothing. */
		print_kind(message, score, rules, RD_COMPLAINT, arena);
		if (score->kind != RD_COMPLAINT)
			print_kind(message, score, rules, score->kind, arena);
	}
	for (size_t i = 0; i < score->n_hits; i++) {
		const struct rd_hit *hit = &score->hits[i];

		if (counts(hit))
			continue;
		printf("%s%s", any ? "; " : "     seen too: ", meaning(hit));
		any = true;
	}
	if (any)
		putchar('\n');
}

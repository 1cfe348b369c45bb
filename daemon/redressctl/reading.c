#include "reading.h"

#include <stdio.h>
#include <string.h>

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
	for (; *words != '\0'; words++)
		putchar((unsigned char)*words < 0x20 || *words == 0x7f ? ' ' : *words);
	putchar('"');
}

static const char *meaning(const struct rd_hit *hit)
{
	return hit->means[0] != '\0' ? hit->means : hit->rule;
}

void rd_ctl_print_decision(
	const struct rd_message *message, const struct rd_score *score, struct rd_arena *arena)
{
	bool any = false;

	printf("  => %s, %g point%s for a complaint (no complaint below %g, complaint from %g)\n",
		rd_kind_names[score->kind], score->total, score->total == 1 ? "" : "s",
		score->request_below, score->complaint_from);
	for (size_t i = 0; i < score->n_hits; i++) {
		const struct rd_hit *hit = &score->hits[i];

		if (hit->points > -0.0005 && hit->points < 0.0005)
			continue;
		printf("     %+5.1f  ", hit->points);
		rd_ctl_print_quoted(rd_ctl_hit_words(message, hit, arena));
		printf("  %s (%s)\n", meaning(hit), hit->rule);
	}
	for (size_t i = 0; i < score->n_hits; i++) {
		const struct rd_hit *hit = &score->hits[i];

		if (hit->points <= -0.0005 || hit->points >= 0.0005)
			continue;
		printf("%s%s", any ? "; " : "     seen too: ", meaning(hit));
		any = true;
	}
	if (any)
		putchar('\n');
}

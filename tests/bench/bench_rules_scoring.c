/* How many messages a second one core takes from decoded text to decision, normalising and finding
 * quotes included, with the shipped rules; and how that grows with rules and with text.
 *
 * Every text is different: the corpus's messages with numbers and words put in between. One thread.
 * bench_rules_scoring [--quick] [--seconds N] [RULES-DIR [MESSAGES.jsonl]]
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "redress/base/arena.h"
#include "redress/base/buf.h"
#include "redress/base/clock.h"
#include "redress/message/plain.h"
#include "redress/rules/ruleset.h"
#include "redress/rules/score.h"

#define TEXTS 4000

struct text {
	enum rd_channel channel;
	char *subject, *body;
	size_t subject_len, body_len;
};

static const char *const extra[] = { "basically", "yesterday", "again", "flat", "number",
	"honestly", "tuesday", "the back", "upstairs", "window", "my mum", "ok" };

static double seconds_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const struct rd_err *err)
{
	fprintf(stderr, "bench: %s\n", err->msg);
	exit(1);
}

/* The words of text with something else put in every so often; owned. */
static char *varied(const char *text, unsigned *seed)
{
	struct rd_buf out = RD_BUF(4u << 20);
	struct rd_err err = { 0 };
	unsigned words = 0;

	for (const char *p = text; *p != '\0'; p++) {
		if (rd_buf_add(&out, p, 1, &err) != RD_OK)
			die(&err);
		if (*p != ' ')
			continue;
		*seed = *seed * 1103515245u + 12345u;
		if (++words % 9 == 0 && rd_buf_printf(&out, &err, "%s %u ",
						extra[(*seed >> 16) % 12], *seed >> 12) != RD_OK)
			die(&err);
	}
	*seed = *seed * 1103515245u + 12345u;
	if (rd_buf_printf(&out, &err, " %u", *seed) != RD_OK)
		die(&err);
	return out.data;
}

static const char *string_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL ? text : "";
}

/* TEXTS different messages; stretch: how many bodies one after another make one. */
static struct text *make_texts(const char *path, unsigned stretch)
{
	struct text *texts = calloc(TEXTS, sizeof *texts);
	FILE *in = fopen(path, "re");
	char *line = NULL;
	size_t size = 0, n = 0;
	unsigned seed = 11;
	struct rd_err err = { 0 };
	struct rd_buf body = RD_BUF(1u << 20);

	if (texts == NULL || in == NULL) {
		fprintf(stderr, "bench: %s cannot be read\n", path);
		exit(1);
	}
	unsigned gathered = 0;
	while (n < TEXTS) {
		if (getline(&line, &size, in) < 0) {
			rewind(in);
			continue;
		}
		json_t *object = json_loads(line, 0, NULL);
		if (object == NULL)
			continue;
		char *part = varied(string_of(object, "body"), &seed);
		if (rd_buf_add_str(&body, part, &err) != RD_OK ||
			rd_buf_add_str(&body, "\n\n", &err) != RD_OK)
			die(&err);
		free(part);
		if (++gathered >= stretch) {
			struct text *t = &texts[n++];
			bool sms = strcmp(string_of(object, "channel"), "sms") == 0;
			t->channel = sms ? RD_CHANNEL_SMS : RD_CHANNEL_EMAIL;
			t->subject = varied(string_of(object, "subject"), &seed);
			t->subject_len = strlen(t->subject);
			t->body = strdup(rd_buf_str(&body));
			t->body_len = body.len;
			rd_buf_clear(&body);
			gathered = 0;
		}
		json_decref(object);
	}
	rd_buf_free(&body);
	free(line);
	fclose(in);
	return texts;
}

static void free_texts(struct text *texts)
{
	for (size_t i = 0; i < TEXTS; i++) {
		free(texts[i].subject);
		free(texts[i].body);
	}
	free(texts);
}

static void measure(
	const char *title, const struct rd_ruleset *rules, const struct text *texts, double seconds)
{
	struct rd_arena *arena = rd_arena_new(16u << 20);
	struct rd_err err = { 0 };
	size_t done = 0, bytes = 0, hits = 0;
	double from = seconds_now(), now = from;

	while (now - from < seconds) {
		for (size_t i = 0; i < 100; i++, done++) {
			const struct text *t = &texts[done % TEXTS];
			struct rd_plain plain = { .channel = t->channel,
				.subject = t->subject,
				.subject_len = t->subject_len,
				.body = t->body,
				.body_len = t->body_len };
			struct rd_message message;
			struct rd_score score;
			rd_arena_reset(arena);
			if (rd_plain_message(&plain, arena, &message, &err) != RD_OK ||
				rd_score_message(rules, &message, 1795000000000, arena, &score,
					&err) != RD_OK)
				die(&err);
			bytes += t->body_len + t->subject_len;
			hits += score.n_hits;
		}
		now = seconds_now();
	}
	printf("%-44s %8.0f messages/s  %6.1f us each  (mean %zu bytes, %.1f hits)\n", title,
		(double)done / (now - from), (now - from) / (double)done * 1e6, bytes / done,
		(double)hits / (double)done);
	rd_arena_free(arena);
}

static struct rd_ruleset *compile_dir(const char *dir)
{
	struct rd_arena *arena = rd_arena_new(64u << 20);
	struct rd_rulefiles files;
	struct rd_ruleset *rules = NULL;
	struct rd_err err = { 0 };

	if (rd_rulefiles_read(dir, arena, &files, &err) != RD_OK ||
		rd_ruleset_compile(
			&files, "code-2024", rd_now_ms(&rd_system_clock), &rules, &err) != RD_OK)
		die(&err);
	rd_arena_free(arena);
	return rules;
}

static struct rd_ruleset *compile_generated(unsigned n_rules)
{
	static const char *const words[] = { "repair", "boiler", "damp", "window", "kitchen",
		"roof", "gutter", "heating", "letter", "engineer", "lift", "fence", "sink",
		"toilet", "rent", "phone", "visit", "office", "garden", "radiator" };
	static const char *const verbs[] = { "broken", "waiting", "missed", "leaking", "ignored",
		"promised", "cancelled", "returned", "reported", "damaged" };
	struct rd_buf text = RD_BUF(4u << 20);
	struct rd_err err = { 0 };
	struct rd_ruleset *rules = NULL;
	struct rd_rulefiles files;
	unsigned seed = 5;

	if (rd_buf_add_str(&text, "Ruleset: generated\n\n", &err) != RD_OK)
		die(&err);
	for (unsigned i = 0; i < n_rules; i++) {
		seed = seed * 1103515245u + 12345u;
		const char *w = words[(seed >> 16) % 20];
		seed = seed * 1103515245u + 12345u;
		const char *v = verbs[(seed >> 16) % 10];
		if (rd_buf_printf(&text, &err,
			    "Rule: r%u\nPoints: 0.5\nGroup: g%u\nPhrase: %s [0-5 words] "
			    "(%s|item%u)\n"
			    "Phrase: %s%u (again|still)?\nUnless before: not [within 3 words]\n\n",
			    i, i % 20, w, v, i, v, i) != RD_OK)
			die(&err);
	}
	struct rd_rulefile items[] = { { "core.rules", rd_buf_str(&text), text.len },
		{ "landlords/code-2024.landlord", "", 0 } };
	if (rd_rulefiles_take(items, 2, &files, &err) != RD_OK ||
		rd_ruleset_compile(&files, "code-2024", 0, &rules, &err) != RD_OK)
		die(&err);
	rd_buf_free(&text);
	return rules;
}

int main(int argc, char **argv)
{
	const char *dir = RD_SOURCE_DIR "/rules",
		   *corpus = RD_SOURCE_DIR "/tests/corpus/messages.jsonl";
	double seconds = 3;
	int at = 1;

	for (; at < argc && argv[at][0] == '-'; at++) {
		if (strcmp(argv[at], "--quick") == 0)
			seconds = 0.05;
		else if (strcmp(argv[at], "--seconds") == 0 && at + 1 < argc)
			seconds = strtod(argv[++at], NULL);
	}
	if (at < argc)
		dir = argv[at++];
	if (at < argc)
		corpus = argv[at++];
	struct text *texts = make_texts(corpus, 1), *longer = make_texts(corpus, 5);
	struct rd_ruleset *shipped = compile_dir(dir), *few = compile_generated(150),
			  *many = compile_generated(1000);
	puts("scoring, one core, from decoded text to decision, all texts different:");
	measure("shipped rules, corpus texts", shipped, texts, seconds);
	measure("shipped rules, five texts in one", shipped, longer, seconds);
	measure("150 generated rules, five texts in one", few, longer, seconds);
	measure("1,000 generated rules, five texts in one", many, longer, seconds);
	rd_ruleset_free(shipped);
	rd_ruleset_free(few);
	rd_ruleset_free(many);
	free_texts(texts);
	free_texts(longer);
	return 0;
}

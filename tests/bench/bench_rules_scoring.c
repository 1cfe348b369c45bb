/* How many messages a second one core takes: with the shipped rules and with 150 and 1,000 made
 * ones, how it grows with the text, beside a plain loop of PCRE2 over the same patterns, and what a
 * hostile text costs. All of it as under the unit's restrictions: no memory is both writable and
 * executable, so PCRE2 interprets.
 *
 * bench_rules_scoring [--quick] [--seconds N] [RULES-DIR [MESSAGES.jsonl]]
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>

#include "redress/base/arena.h"
#include "redress/base/buf.h"
#include "redress/base/clock.h"
#include "redress/base/limits.h"
#include "redress/message/plain.h"
#include "redress/rules/compiled.h"
#include "redress/rules/matching.h"
#include "redress/rules/score.h"

#include "../support/made_rules.h"
#include "texts.h"

#define RECEIVED_MS 1795000000000
#define ROUNDS	    8

/* What one measurement takes in. */
enum from {
	FROM_NORMAL,  /* normalised text -> decision */
	FROM_MESSAGE, /* a message whose quotes are marked -> decision, normalising included */
	FROM_TEXT,    /* decoded text -> decision: quotes too */
	PEER,	      /* prepared text -> every pattern of the rules on every sentence */
};

struct bench {
	struct rd_arena *arena;
	const struct rd_ruleset *rules;
	const struct text *text;
	struct rd_message message;
	struct rd_span whole;
	struct rd_normal normal[2];
	struct rd_prepared field[2];
	pcre2_match_data *data;
	size_t n_hits;
};

struct result {
	double us; /* each */
	double hits;
};

static double seconds_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void must(enum rd_rc rc, const struct rd_err *err)
{
	if (rc == RD_OK)
		return;
	fprintf(stderr, "bench: %s\n", err->msg);
	exit(1);
}

/* As the unit has it (MemoryDenyWriteExecute); no way back. */
static void refuse_write_and_execute(void)
{
#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#endif
	bool asked = prctl(PR_SET_MDWE, 1UL /* PR_MDWE_REFUSE_EXEC_GAIN */, 0UL, 0UL, 0UL) == 0;
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bool gained = page != MAP_FAILED && mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0;

	if (page != MAP_FAILED)
		munmap(page, 4096);
	if (asked && !gained)
		puts("memory that was written cannot become executable (PR_SET_MDWE), as under "
		     "the unit");
	else
		puts("this kernel knows no PR_SET_MDWE: measured without, PCRE2 interprets all "
		     "the same");
}

static void run_peer(struct bench *b)
{
	const struct rd_ruleset *rules = b->rules;

	for (int where = 0; where < 2; where++)
		for (uint32_t i = 0; i < rules->n_patterns; i++) {
			const struct rd_prepared *f = &b->field[where];
			const struct rd_pattern *p = &rules->patterns[i];
			const struct rd_unit *units = p->is_regex ? f->segments : f->units;
			uint32_t n = p->is_regex ? f->n_segments : f->n_units;
			for (uint32_t u = 0; u < n; u++)
				b->n_hits +=
					pcre2_match(rd_program_code(p->program),
						(PCRE2_SPTR)f->text + units[u].from,
						units[u].to - units[u].from, 0, PCRE2_NO_UTF_CHECK,
						b->data, rules->limits) > 0;
		}
}

static void make_message(struct bench *b, struct rd_err *err)
{
	const struct text *t = b->text;
	struct rd_plain plain = { .channel = t->channel,
		.subject = t->subject,
		.subject_len = t->subject_len,
		.body = t->body,
		.body_len = t->body_len };

	must(rd_plain_message(&plain, b->arena, &b->message, err), err);
}

static void make_ready(struct bench *b, enum from from)
{
	struct rd_err err = { 0 };

	rd_arena_reset(b->arena);
	if (from == FROM_TEXT)
		return;
	make_message(b, &err);
	/* All of it is new, or the longer texts would end at their first greeting. */
	b->message.nothing_new = false;
	b->message.spans = &b->whole;
	b->message.n_spans = 1;
	b->whole = (struct rd_span){ RD_SPAN_NEW, 0, b->message.body_len };
	if (from == FROM_MESSAGE)
		return;
	must(rd_matching_normalise(&b->message, b->arena, b->normal, &err), &err);
	for (int where = 0; where < 2 && from == PEER; where++)
		must(rd_prepare(&b->normal[where], b->arena, &b->field[where], &err), &err);
}

static void take(struct bench *b, enum from from)
{
	struct rd_score score = { .n_hits = 0 };
	struct rd_err err = { 0 };

	if (from == PEER) {
		run_peer(b);
		return;
	}
	if (from == FROM_TEXT)
		make_message(b, &err);
	if (from == FROM_NORMAL)
		must(rd_score_normalised(
			     b->rules, &b->message, b->normal, RECEIVED_MS, b->arena, &score, &err),
			&err);
	else
		must(rd_score_message(b->rules, &b->message, RECEIVED_MS, b->arena, &score, &err),
			&err);
	b->n_hits += score.n_hits;
}

/* One message after another in the same memory, as a reader has it. Several rounds, of which the
 * fastest counts: the others were disturbed by whatever else the machine does. */
static struct result measure(
	const struct rd_ruleset *rules, const struct texts *texts, enum from from, double seconds)
{
	struct bench b = { .rules = rules,
		.arena = rd_arena_new(64u << 20),
		.data = pcre2_match_data_create(2, NULL) };
	struct result best = { .us = HUGE_VAL };
	size_t done = 0;

	for (int round = 0; round < ROUNDS; round++) {
		double spent = 0, begun = seconds_now();
		size_t first = done;
		while (spent < seconds / ROUNDS && seconds_now() - begun < 4 * seconds / ROUNDS) {
			b.text = &texts->items[done++ % texts->n];
			make_ready(&b, from);
			double start = seconds_now();
			take(&b, from);
			spent += seconds_now() - start;
		}
		if (spent / (double)(done - first) * 1e6 < best.us)
			best.us = spent / (double)(done - first) * 1e6;
	}
	best.hits = (double)b.n_hits / (double)done;
	rd_arena_free(b.arena);
	pcre2_match_data_free(b.data);
	return best;
}

static void print_result(const char *what, struct result r)
{
	printf("    %-36s %9.0f messages/s %10.1f us each %6.1f hits\n", what, 1e6 / r.us, r.us,
		r.hits);
}

static double print_lengths(const char *title, const struct rd_ruleset *rules,
	const struct texts *lengths, const size_t *bytes, size_t n, double seconds)
{
	double page = 0;

	printf("%s: %u rules, %u patterns\n", title, rules->n_rules, rules->n_patterns);
	for (size_t i = 0; i < n; i++) {
		char what[80];
		snprintf(what, sizeof what, "%.1f kB, from normalised text",
			(double)bytes[i] / 1000);
		struct result r = measure(rules, &lengths[i], FROM_NORMAL, seconds);
		print_result(what, r);
		if (bytes[i] != 1700)
			continue;
		page = r.us;
		print_result("1.7 kB, with normalising",
			measure(rules, &lengths[i], FROM_MESSAGE, seconds));
		r = measure(rules, &lengths[i], PEER, seconds);
		printf("    %-36s %9.0f messages/s %10.1f us each: %.0f times slower\n",
			"1.7 kB, plain loop over PCRE2", 1e6 / r.us, r.us, r.us / page);
	}
	return page;
}

static struct rd_ruleset *compile_files(const struct rd_rulefiles *files)
{
	struct rd_ruleset *rules = NULL;
	struct rd_err err = { 0 };

	must(rd_ruleset_compile(files, "code-2024", rd_now_ms(&rd_system_clock), &rules, &err),
		&err);
	return rules;
}

static struct rd_ruleset *compile_dir(const char *dir)
{
	struct rd_arena *arena = rd_arena_new(64u << 20);
	struct rd_rulefiles files;
	struct rd_err err = { 0 };

	must(rd_rulefiles_read(dir, arena, &files, &err), &err);
	struct rd_ruleset *rules = compile_files(&files);
	rd_arena_free(arena);
	return rules;
}

static struct rd_ruleset *compile_made(unsigned n_rules)
{
	struct rd_buf text = RD_BUF(16u << 20);
	struct rd_rulefiles files;
	struct rd_err err = { 0 };

	made_rules_write(n_rules, &text);
	struct rd_rulefile items[] = { { "core.rules", rd_buf_str(&text), text.len },
		{ "landlords/code-2024.landlord", "", 0 } };
	must(rd_rulefiles_take(items, 2, &files, &err), &err);
	struct rd_ruleset *rules = compile_files(&files);
	rd_buf_free(&text);
	return rules;
}

/* 400 kB of one thing again and again. */
static const struct {
	const char *what, *part;
} hostile[] = {
	{ "near matches in sentences", "I have been waiting not for so many. " },
	{ "near matches in one sentence", "i asked them for the and they told us not " },
	{ "one-letter words", "i a " },
	{ "one word without end", "a" },
	{ "empty lines", "a\n\n" },
	{ "quotation marks", "said \"and 'it " },
	{ "apostrophes", "don't''ve'nt'll " },
	{ "stops", "?!" },
	{ "numbers", "1,000 2 10/10 q1 " },
};

static void print_hostile(const char *title, const struct rd_ruleset *rules)
{
	struct rd_buf body = RD_BUF(1u << 20);
	struct rd_arena *arena = rd_arena_new(64u << 20);
	struct rd_err err = { 0 };
	char nothing[] = "";

	printf("%s, hostile texts of 400 kB, of which %u kB are scored:\n", title,
		RD_SCORED_BYTES_MAX / 1024);
	for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
		struct rd_score score;
		rd_buf_clear(&body);
		while (body.len < 400000)
			must(rd_buf_add_str(&body, hostile[i].part, &err), &err);
		struct text text = { .channel = RD_CHANNEL_EMAIL,
			.subject = nothing,
			.body = body.data,
			.body_len = body.len };
		struct bench b = { .arena = arena, .rules = rules, .text = &text };
		make_ready(&b, FROM_MESSAGE);
		double start = seconds_now();
		must(rd_score_message(rules, &b.message, RECEIVED_MS, arena, &score, &err), &err);
		printf("    %-36s %10.1f ms, %zu rules gave up, %s\n", hostile[i].what,
			(seconds_now() - start) * 1e3, score.n_failed_rules,
			score.review ? "a person looks" : "NOBODY LOOKS");
	}
	rd_arena_free(arena);
	rd_buf_free(&body);
}

int main(int argc, char **argv)
{
	const char *dir = RD_SOURCE_DIR "/rules",
		   *corpus = RD_SOURCE_DIR "/tests/corpus/messages.jsonl";
	static const size_t bytes[] = { 200, 1700, 6000, 60000 };
	static const size_t numbers[] = { 4000, 2000, 600, 60 };
	enum { N = sizeof bytes / sizeof bytes[0] };
	struct texts lengths[N], corpus_texts;
	double seconds = 2;
	int at = 1;

	for (; at < argc && argv[at][0] == '-'; at++) {
		if (strcmp(argv[at], "--quick") == 0)
			seconds = 0.01;
		else if (strcmp(argv[at], "--seconds") == 0 && at + 1 < argc)
			seconds = strtod(argv[++at], NULL);
	}
	if (at < argc)
		dir = argv[at++];
	if (at < argc)
		corpus = argv[at++];
	puts("scoring, one core, all texts different");
	refuse_write_and_execute();
	for (size_t i = 0; i < N; i++)
		lengths[i] = texts_make(corpus, numbers[i], bytes[i]);
	corpus_texts = texts_make(corpus, 4000, 0);
	struct rd_ruleset *shipped = compile_dir(dir), *few = compile_made(150),
			  *many = compile_made(1000);
	print_lengths("shipped rules", shipped, lengths, bytes, N, seconds);
	print_result("as in the corpus, quotes marked too",
		measure(shipped, &corpus_texts, FROM_TEXT, seconds));
	double of_few = print_lengths("150 made rules", few, lengths, bytes, N, seconds);
	double of_many = print_lengths("1,000 made rules", many, lengths, bytes, N, seconds);
	printf("1,000 made rules are %.1f times slower than 150 (1.7 kB, from normalised text)\n",
		of_many / of_few);
	print_hostile("shipped rules", shipped);
	print_hostile("1,000 made rules", many);
	rd_ruleset_free(shipped);
	rd_ruleset_free(few);
	rd_ruleset_free(many);
	for (size_t i = 0; i < N; i++)
		texts_free(&lengths[i]);
	texts_free(&corpus_texts);
	return 0;
}

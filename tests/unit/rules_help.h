/* rules_help: rule sets made of strings, and messages scored with them, for the tests of rules/. */
#ifndef REDRESS_TESTS_RULES_HELP_H
#define REDRESS_TESTS_RULES_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "redress/base/arena.h"
#include "redress/base/date.h"
#include "redress/message/plain.h"
#include "redress/rules/matching.h"
#include "redress/rules/ruleset.h"
#include "redress/rules/score.h"

#define HEAD "Ruleset: test\nFormat: 1\nRequest below: 2\nComplaint from: 5\nCap per group: 4\n\n"

/* One test's rule set, score and memory. */
struct bench {
	struct rd_arena *arena;
	struct rd_ruleset *rules;
	struct rd_message message;
	struct rd_score score;
	struct rd_err err;
	int64_t now_ms;
};

static int bench_begin(void **state)
{
	struct bench *b = calloc(1, sizeof *b);

	assert_non_null(b);
	b->arena = rd_arena_new(64u << 20);
	b->now_ms = rd_date_at_ms((struct rd_date){ 2026, 11, 20 }, 12, 0);
	*state = b;
	return 0;
}

static int bench_end(void **state)
{
	struct bench *b = *state;

	rd_ruleset_free(b->rules);
	rd_arena_free(b->arena);
	free(b);
	return 0;
}

static inline void files_of(
	struct bench *b, const char *shipped, const char *layer, struct rd_rulefiles *ret_files)
{
	struct rd_rulefile *items = rd_arena_array(b->arena, 3, sizeof *items);
	size_t n = 2;

	assert_non_null(items);
	items[0] = (struct rd_rulefile){ "core.rules", shipped, strlen(shipped) };
	items[1] = (struct rd_rulefile){ "landlords/acme.landlord", "", 0 };
	if (layer != NULL)
		items[n++] = (struct rd_rulefile){ "landlords/acme.rules", layer, strlen(layer) };
	assert_int_equal(rd_rulefiles_take(items, n, ret_files, &b->err), RD_OK);
}

/* Compiles for landlord acme; the failure's code where it fails. */
static inline enum rd_rc compile_layers(struct bench *b, const char *shipped, const char *layer)
{
	struct rd_rulefiles files;

	files_of(b, shipped, layer, &files);
	rd_ruleset_cleanup(&b->rules);
	return rd_ruleset_compile(&files, "acme", b->now_ms, &b->rules, &b->err);
}

static inline void must_compile(struct bench *b, const char *shipped, const char *layer)
{
	if (compile_layers(b, shipped, layer) != RD_OK)
		fail_msg("these rules must compile: %s", b->err.msg);
}

static inline void score_as(
	struct bench *b, enum rd_channel channel, const char *subject, const char *body)
{
	struct rd_plain plain = { .channel = channel,
		.subject = subject,
		.subject_len = strlen(subject),
		.body = body,
		.body_len = strlen(body) };

	assert_int_equal(rd_plain_message(&plain, b->arena, &b->message, &b->err), RD_OK);
	assert_int_equal(
		rd_score_message(b->rules, &b->message, b->now_ms, b->arena, &b->score, &b->err),
		RD_OK);
}

/* What matching alone makes of the message scored last. */
static inline void match_again(struct bench *b, struct rd_matching *ret_matching)
{
	struct rd_normal normal[2];

	assert_int_equal(rd_matching_normalise(&b->message, b->arena, normal, &b->err), RD_OK);
	assert_int_equal(rd_matching_run(b->rules, b->message.channel, normal, b->now_ms, b->arena,
				 ret_matching, &b->err),
		RD_OK);
}

static inline void score_text(struct bench *b, const char *body)
{
	score_as(b, RD_CHANNEL_SMS, "", body);
}

static inline const struct rd_hit *hit_of_rule(const struct bench *b, const char *id)
{
	for (size_t i = 0; i < b->score.n_hits; i++)
		if (strcmp(b->score.hits[i].rule, id) == 0)
			return &b->score.hits[i];
	return NULL;
}

static inline const struct rd_hit *stopped_rule(const struct bench *b, const char *id)
{
	for (size_t i = 0; i < b->score.n_suppressed; i++)
		if (strcmp(b->score.suppressed[i].rule, id) == 0)
			return &b->score.suppressed[i];
	return NULL;
}

#endif

/* A rule file of any bytes, with a landlord's layer and a message behind NULs: read, lint, compile,
 * run its examples, score, explain. Whatever it says, every hit must lie within its field. */
#include <string.h>

#include "fuzz.h"
#include "redress/base/arena.h"
#include "redress/base/buf.h"
#include "redress/message/plain.h"
#include "redress/rules/lint.h"
#include "redress/rules/ruleset.h"
#include "redress/rules/score.h"

#define NOW_MS 1795000000000

static void score(
	const struct rd_ruleset *rules, const char *text, size_t len, struct rd_arena *arena)
{
	struct rd_plain plain = { .channel = RD_CHANNEL_EMAIL,
		.subject = text,
		.subject_len = len < 100 ? len : 100,
		.body = text,
		.body_len = len };
	struct rd_buf out = RD_BUF(1u << 20);
	struct rd_message message;
	struct rd_score s;
	struct rd_err err = { 0 };

	if (rd_plain_message(&plain, arena, &message, &err) != RD_OK ||
		rd_score_message(rules, &message, NOW_MS, arena, &s, &err) != RD_OK)
		return;
	for (size_t i = 0; i < s.n_hits; i++) {
		const struct rd_hit *hit = &s.hits[i];
		uint32_t end =
			hit->where == RD_WHERE_SUBJECT ? message.subject_len : message.body_len;
		RD_ASSERT(hit->from <= hit->to && hit->to <= end);
	}
	RD_ASSERT(s.review == (s.n_review_reasons > 0));
	if (rd_score_explain(rules, &s, &message, &out, &err) == RD_OK)
		RD_ASSERT(out.len > 0);
	rd_buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd_arena *arena = rd_arena_new(64u << 20);
	const char *text = rd_arena_copy(arena, data, size);
	struct rd_rulefile items[] = { { "core.rules", "", 0 }, { "landlords/acme.rules", "", 0 } };
	struct rd_rulefiles files;
	struct rd_ruleset *rules = NULL;
	struct rd_problems problems;
	struct rd_rules_tested tested;
	struct rd_err err = { 0 };

	if (text == NULL || size > 20000) {
		rd_arena_free(arena);
		return 0;
	}
	size_t first = strlen(text);
	size_t second = first < size ? strlen(text + first + 1) : 0;
	size_t third = first + second + 2;
	items[0].bytes = text;
	items[0].len = first;
	items[1].bytes = first < size ? text + first + 1 : "";
	items[1].len = second;
	rd_problems_begin(&problems, arena);
	if (rd_rulefiles_take(items, 2, &files, &err) == RD_OK) {
		if (rd_rules_lint(&files, NOW_MS, &problems, &err) == RD_OK)
			for (size_t i = 0; i < problems.n_items; i++)
				RD_ASSERT(problems.items[i].text[0] != '\0');
		if (rd_rules_test(&files, NOW_MS, &problems, NULL, &tested, &err) == RD_OK)
			RD_ASSERT(tested.n_failed <= tested.n_examples);
		if (rd_ruleset_compile(&files, "acme", NOW_MS, &rules, &err) == RD_OK)
			score(rules, third < size ? text + third : text,
				third < size ? size - third : first, arena);
	}
	rd_ruleset_free(rules);
	rd_arena_free(arena);
	return 0;
}

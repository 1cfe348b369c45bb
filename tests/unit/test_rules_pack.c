/* The shipped rules themselves: they lint, their examples hold, and the literal pass in front of
 * the patterns loses nothing on the whole corpus. */
#include "rules_help.h"

#include <jansson.h>

#include "redress/rules/compiled.h"
#include "redress/rules/lint.h"
#include "redress/rules/prepare.h"

static void read_shipped(struct bench *b, struct rd_rulefiles *ret_files)
{
	if (rd_rulefiles_read(RD_SOURCE_DIR "/rules", b->arena, ret_files, &b->err) != RD_OK)
		fail_msg("%s", b->err.msg);
}

static void the_shipped_rules_lint_and_their_examples_hold(void **state)
{
	struct bench *b = *state;
	struct rd_rulefiles files;

	read_shipped(b, &files);
	if (rd_rules_prove(&files, b->now_ms, &b->err) != RD_OK)
		fail_msg("%s", b->err.msg);
}

static bool has_one(const struct rd_literals *l, const char *text, size_t len)
{
	bool found = l->n_items == 0;

	for (size_t i = 0; i < l->n_items && !found; i++)
		found = memmem(text, len, l->items[i], strlen(l->items[i])) != NULL;
	return found;
}

/* Only ids are printed: nobody reads the check set. */
static void check_text(struct bench *b, const char *id, const char *text, pcre2_match_data *data)
{
	struct rd_normal normal;
	struct rd_prepared p;

	assert_int_equal(rd_normalise(text, (uint32_t)strlen(text), NULL, 0, 65536, b->arena,
				 &normal, &b->err),
		RD_OK);
	assert_int_equal(rd_prepare(&normal, b->arena, &p, &b->err), RD_OK);
	for (uint32_t i = 0; i < b->rules->n_patterns; i++) {
		const struct rd_pattern *pattern = &b->rules->patterns[i];
		const struct rd_unit *units = pattern->is_regex ? p.segments : p.units;
		uint32_t n = pattern->is_regex ? p.n_segments : p.n_units;
		for (uint32_t u = 0; u < n; u++) {
			const char *from = p.text + units[u].from;
			size_t len = units[u].to - units[u].from;
			if (pcre2_match(pattern->code, (PCRE2_SPTR)from, len, 0, 0, data,
				    b->rules->limits) < 0)
				continue;
			if (!pattern->is_regex) {
				from = p.skeleton + p.skeleton_from[u];
				len = p.skeleton_from[u + 1] - p.skeleton_from[u];
			}
			if (!has_one(&pattern->literals, from, len) ||
				!has_one(&pattern->second, from, len))
				fail_msg("%s: the pattern of %s, line %d matches and the pass in "
					 "front "
					 "would not select it",
					id, pattern->line->at.file, pattern->line->at.line);
		}
	}
}

static void the_literal_pass_loses_nothing_on_the_corpus(void **state)
{
	struct bench *b = *state;
	struct rd_rulefiles files;
	char *line = NULL;
	size_t size = 0, n = 0;

	read_shipped(b, &files);
	if (rd_ruleset_compile(&files, "code-2024", b->now_ms, &b->rules, &b->err) != RD_OK)
		fail_msg("%s", b->err.msg);
	pcre2_match_data *data = pcre2_match_data_create(2, NULL);
	FILE *in = fopen(RD_SOURCE_DIR "/tests/corpus/messages.jsonl", "re");
	assert_non_null(in);
	/* Every fifth: the whole takes long under sanitizers, and any of them would do. */
	for (; getline(&line, &size, in) > 0; n++) {
		if (n % 5 != 0)
			continue;
		json_t *object = json_loads(line, 0, NULL);
		assert_non_null(object);
		rd_arena_reset(b->arena);
		check_text(b, json_string_value(json_object_get(object, "id")),
			json_string_value(json_object_get(object, "body")), data);
		json_decref(object);
	}
	assert_true(n > 100);
	fclose(in);
	free(line);
	pcre2_match_data_free(data);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_begin, bench_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_shipped_rules_lint_and_their_examples_hold),
		TEST(the_literal_pass_loses_nothing_on_the_corpus),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The shipped rules themselves: the literal pass in front of the patterns loses nothing on the
 * corpus. That they lint and that their examples hold is lint/rules and lint/rule-examples. */
#include "rules_reference.h"

#include <jansson.h>
#include "support/measure.h"

#define SHARE_TRIED (10 * MEASURE_SHARE) /* one message in so many */

static void read_shipped(struct bench *b, struct rd_rulefiles *ret_files)
{
	if (rd_rulefiles_read(RD_SOURCE_DIR "/rules", b->arena, ret_files, &b->err) != RD_OK)
		fail_msg("%s", b->err.msg);
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
	struct reference r = { .rules = b->rules, .data = pcre2_match_data_create(2, NULL) };
	unsigned hits = 0;
	FILE *in = fopen(RD_SOURCE_DIR "/tests/corpus/messages.jsonl", "re");
	assert_non_null(in);
	/* Any of them would do: the whole takes a minute, and under sanitizers ten. */
	for (; getline(&line, &size, in) > 0; n++) {
		if (n % SHARE_TRIED != 0)
			continue;
		json_t *object = json_loads(line, 0, NULL);
		assert_non_null(object);
		struct rd_matching m;
		rd_arena_reset(b->arena);
		score_as(b, RD_CHANNEL_EMAIL, json_string_value(json_object_get(object, "subject")),
			json_string_value(json_object_get(object, "body")));
		match_again(b, &m);
		/* Only ids are printed: nobody reads the check set. */
		hits += reference_compare(&r, &m, json_string_value(json_object_get(object, "id")));
		json_decref(object);
	}
	assert_true(n > 100 && hits > 1500 / SHARE_TRIED);
	fclose(in);
	free(line);
	pcre2_match_data_free(r.data);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_begin, bench_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_literal_pass_loses_nothing_on_the_corpus),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

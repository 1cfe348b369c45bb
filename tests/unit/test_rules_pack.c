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

/* Would one match of one of its patterns, in a mail's body, decide that the rule hits? */
static bool needs_one_match(const struct rd_definition *def)
{
	return def->in_body && def->by_email && def->words_to == 0 && def->older_months == 0 &&
	       def->at_least <= 1;
}

/* Only ids are printed: nobody reads the check set. Where a pattern, run on every unit from its
 * first byte on, matches, the literal pass must select it, and the window that it leaves to the
 * search must hold the match. */
static void check_text(struct bench *b, const char *id, const char *text, pcre2_match_data *data)
{
	const struct rd_plain plain = {
		.channel = RD_CHANNEL_EMAIL, .subject = "", .body = text, .body_len = strlen(text)
	};
	struct rd_matching m;

	assert_int_equal(rd_plain_message(&plain, b->arena, &b->message, &b->err), RD_OK);
	match_again(b, &m);
	const struct rd_prepared p = m.field[RD_WHERE_BODY];
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
			const struct rd_outcome *o = m.outcomes[pattern->rule];
			bool at_place = (!pattern->at_start || (u == 0 && units[u].begins)) &&
					(!pattern->at_end || (u + 1 == n && units[u].ends)) &&
					(!pattern->question ||
						memchr(p.text + units[u].from, '?',
							units[u].to - units[u].from) != NULL);
			if (at_place && needs_one_match(b->rules->rules[pattern->rule].def) &&
				(o == NULL || (!o->hit && !o->stopped && !o->failed)))
				fail_msg("%s: the pattern of %s, line %d matches and was not found",
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

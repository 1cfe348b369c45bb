/* Phrases become PCRE2 programs when they are first run: by any thread, once; and one that is too
 * large is lint's to tell, and a person's to look at. */
#include <pthread.h>

#include "rules_help.h"

#include "redress/rules/compiled.h"
#include "redress/rules/linter.h"

#define N_THREADS 4
#define TEN	  " aaa aaa aaa aaa aaa aaa aaa aaa aaa aaa"
#define TOO_LONG  "this phrase with its lists is too long; make several of it"

/* A list of so many short words, and a phrase that wants one of them so many times. */
static char *rules_with_a_list(struct bench *b, unsigned n_words, unsigned n_times)
{
	size_t size = 300 + n_words * 16 + n_times * 8;
	char *rules = rd_arena_alloc(b->arena, size);
	size_t n = 0;

	assert_non_null(rules);
	n += (size_t)snprintf(rules + n, size - n, HEAD "Words: list\n");
	for (unsigned i = 0; i < n_words; i++)
		n += (size_t)snprintf(rules + n, size - n, "Word: %c%c%c\n", 'a' + i % 26,
			'a' + i / 26 % 26, 'a' + (i * 7 + i / 26) % 26);
	n += (size_t)snprintf(rules + n, size - n, "\nRule: it\nPoints: 9\nPhrase: £5");
	for (unsigned i = 0; i < n_times; i++)
		n += (size_t)snprintf(rules + n, size - n, " <list>");
	snprintf(rules + n, size - n, "\n");
	return rules;
}

static const char *lint_error(struct bench *b, const char *rules)
{
	struct rd_rulefiles files;
	struct rd_problems problems;

	files_of(b, rules, NULL, &files);
	rd_problems_begin(&problems, b->arena);
	assert_int_equal(rd_rules_lint_errors(&files, b->now_ms, &problems, &b->err), RD_OK);
	for (size_t i = 0; i < problems.n_items; i++)
		if (strstr(problems.items[i].text, "example") == NULL &&
			problems.items[i].severity == RD_SEVERITY_ERROR)
			return problems.items[i].text;
	return "";
}

static void a_phrase_that_pcre2_finds_too_large_is_a_fault_for_lint(void **state)
{
	struct bench *b = *state;

	assert_string_equal(lint_error(b, rules_with_a_list(b, 500, 1)), "");
	assert_string_equal(lint_error(b, rules_with_a_list(b, 500, 20)), TOO_LONG);
	assert_string_equal(lint_error(b, rules_with_a_list(b, 500, 30)), TOO_LONG);
}

static void a_list_that_is_too_large_is_a_fault_and_never_left_out(void **state)
{
	struct bench *b = *state;
	size_t size = 500 * 160, n = 0;
	char *rules = rd_arena_alloc(b->arena, size);

	assert_non_null(rules);
	n += (size_t)snprintf(rules + n, size - n, HEAD "Words: list\n");
	for (unsigned i = 0; i < 500; i++)
		n += (size_t)snprintf(
			rules + n, size - n, "Word: %c%c%130d\n", 'a' + i % 26, 'a' + i / 26, 7);
	for (size_t i = 0; i < n; i++)
		if (rules[i] == ' ' && rules[i + 1] == ' ')
			rules[i] = 'x';
	snprintf(rules + n, size - n, "\nRule: it\nPoints: 9\nPhrase: <list>\n");
	assert_int_equal(compile_layers(b, rules, NULL), RD_E_INPUT);
	assert_non_null(strstr(b->err.msg,
		"word list `list` is too long with all its words written out; make two lists"));
}

static void a_phrase_that_is_too_large_fails_and_is_never_no_match(void **state)
{
	struct bench *b = *state;

	must_compile(b, rules_with_a_list(b, 500, 20), NULL);
	score_text(b, "£5" TEN TEN);
	assert_true(b->score.review);
	assert_int_equal(b->score.n_failed_rules, 1);
	assert_string_equal(b->score.failed_rules[0], "it");
	score_text(b, "nothing of that");
	assert_int_equal(b->score.n_failed_rules, 0);
}

struct race {
	struct rd_program *program;
	pthread_barrier_t *start;
	const pcre2_code *code;
};

static void *ask(void *argument)
{
	struct race *race = argument;

	pthread_barrier_wait(race->start);
	race->code = rd_program_code(race->program);
	return NULL;
}

static void threads_that_come_at_once_share_one_program(void **state)
{
	struct bench *b = *state;
	struct race races[N_THREADS];
	pthread_t threads[N_THREADS];
	pthread_barrier_t start;

	must_compile(b, rules_with_a_list(b, 300, 3), NULL);
	assert_int_equal(pthread_barrier_init(&start, NULL, N_THREADS), 0);
	for (size_t i = 0; i < N_THREADS; i++) {
		races[i] = (struct race){ b->rules->patterns[0].program, &start, NULL };
		assert_int_equal(pthread_create(&threads[i], NULL, ask, &races[i]), 0);
	}
	for (size_t i = 0; i < N_THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	pthread_barrier_destroy(&start);
	for (size_t i = 0; i < N_THREADS; i++) {
		assert_non_null(races[i].code);
		assert_ptr_equal(races[i].code, races[0].code);
	}
}

static void only_what_is_run_is_compiled(void **state)
{
	struct bench *b = *state;

	must_compile(b,
		HEAD "Rule: told\nPoints: 1\nPhrase: still waiting\n\n"
		     "Rule: asked\nPoints: 1\nPhrase: £5 off\n",
		NULL);
	score_text(b, "I am still waiting.");
	assert_non_null(hit_of_rule(b, "told"));
	for (uint32_t i = 0; i < b->rules->n_patterns; i++)
		assert_null(atomic_load(&b->rules->patterns[i].program->code));
	score_text(b, "I got £5 off.");
	assert_non_null(hit_of_rule(b, "asked"));
	assert_non_null(atomic_load(&b->rules->patterns[1].program->code));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_begin, bench_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_phrase_that_pcre2_finds_too_large_is_a_fault_for_lint),
		TEST(a_list_that_is_too_large_is_a_fault_and_never_left_out),
		TEST(a_phrase_that_is_too_large_fails_and_is_never_no_match),
		TEST(threads_that_come_at_once_share_one_program),
		TEST(only_what_is_run_is_compiled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* redressctl rules ...: what officers do with rule files. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "redress/base/arena.h"
#include "redress/base/clock.h"
#include "redress/policy/policy.h"
#include "redress/rules/lint.h"

#define RULES_ARENA_BYTES (64u << 20)

static void print_problem(const char *dir, const struct rd_problem *p)
{
	printf("%s/%s", dir, p->at.file);
	if (p->at.line > 0)
		printf(":%d:%d", p->at.line, p->at.column);
	if (p->severity != RD_SEVERITY_ERROR)
		printf(": %s", rd_severity_names[p->severity]);
	printf(": %s\n", p->text);
}

static json_t *problems_json(const char *dir, const struct rd_problems *problems)
{
	json_t *list = json_array();

	for (size_t i = 0; i < problems->n_items; i++) {
		const struct rd_problem *p = &problems->items[i];
		json_t *file = json_sprintf("%s/%s", dir, p->at.file);
		json_array_append_new(
			list, json_pack("{s:s,s:o,s:i,s:i,s:s}", "severity",
				      rd_severity_names[p->severity], "file", file, "line",
				      p->at.line, "column", p->at.column, "message", p->text));
	}
	return list;
}

static enum rd_exit print_json(json_t *answer)
{
	json_dumpf(answer, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(answer);
	return RD_EXIT_DONE;
}

/* Options and the folder of `rules lint` and `rules test`; NULL where they cannot be read.
 * ret_mutate: NULL where the command knows no --mutate. */
static const char *read_arguments(struct rd_ctl *ctl, int argc, char **argv, bool *ret_mutate)
{
	static const struct option options[] = { { "mutate", no_argument, NULL, 'm' },
		RD_CTL_OPTIONS, { NULL, 0, NULL, 0 } };
	int option;

	while ((option = rd_ctl_next_option(argc, argv, options)) != -1) {
		if (option == 'm' && rd_ctl_takes(ctl, options, option) && ret_mutate != NULL)
			*ret_mutate = true;
		else if (!rd_ctl_option(ctl, option))
			return NULL;
	}
	if (argc - optind > 1)
		return NULL;
	if (optind < argc)
		ctl->rules = argv[optind];
	return rd_ctl_rules_dir(ctl);
}

/* Landlords, letters and the calendar go live with the rules: a fault of theirs holds the set back.
 */
static void lint_policies(const struct rd_rulefiles *files, struct rd_problems *problems)
{
	char name[RD_LANDLORD_NAME_MAX];
	struct rd_err err = { 0 };
	struct rd_place at = { .file = "landlords" };
	bool any = false;

	for (size_t i = 0; i < files->n_items && !any; i++)
		any = rd_landlord_name_of(files->items[i].name, name);
	if (!any || rd_policies_check(files, &err) == RD_OK)
		return;
	for (size_t i = 0; i < files->n_items; i++) {
		size_t len = strlen(files->items[i].name);
		if (strncmp(err.msg, files->items[i].name, len) == 0 && err.msg[len] == ':')
			at.file = files->items[i].name;
	}
	rd_problem_of_err(problems, at, &err);
}

static void print_counts(
	const char *dir, const struct rd_rulefiles *files, const struct rd_problems *problems)
{
	printf("%zu error%s, %zu warning%s", problems->n_errors, problems->n_errors == 1 ? "" : "s",
		problems->n_warnings, problems->n_warnings == 1 ? "" : "s");
	if (problems->n_notes > 0)
		printf(", %zu note%s", problems->n_notes, problems->n_notes == 1 ? "" : "s");
	printf(" in %s (%s)\n", dir, files->sha256);
}

enum rd_exit rd_ctl_rules_lint(struct rd_ctl *ctl, int argc, char **argv)
{
	const char *dir = read_arguments(ctl, argc, argv, NULL);
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(RULES_ARENA_BYTES);
	struct rd_rulefiles files;
	struct rd_problems problems;
	struct rd_err err = { 0 };

	if (dir == NULL)
		return rd_ctl_usage(ctl);
	rd_problems_begin(&problems, arena);
	if (rd_rulefiles_read(dir, arena, &files, &err) != RD_OK ||
		rd_rules_lint(&files, rd_now_ms(&rd_system_clock), &problems, &err) != RD_OK)
		return rd_ctl_fail(&err);
	lint_policies(&files, &problems);
	rd_problems_sort(&problems);
	if (ctl->json)
		print_json(json_pack("{s:o,s:i,s:i,s:i,s:s}", "problems",
			problems_json(dir, &problems), "errors", (int)problems.n_errors, "warnings",
			(int)problems.n_warnings, "notes", (int)problems.n_notes, "ruleset",
			files.sha256));
	for (size_t i = 0; i < problems.n_items && !ctl->json; i++)
		print_problem(dir, &problems.items[i]);
	if (!ctl->json)
		print_counts(dir, &files, &problems);
	return problems.n_errors + problems.n_warnings > 0 ? RD_EXIT_FOUND : RD_EXIT_DONE;
}

static json_t *mutations_json(const char *dir, const struct rd_mutations *mutations)
{
	json_t *list = json_array();

	for (size_t i = 0; i < mutations->n_items; i++) {
		const struct rd_mutation *m = &mutations->items[i];
		json_t *file = json_sprintf("%s/%s", dir, m->at.file);
		json_array_append_new(
			list, json_pack("{s:o,s:i,s:i,s:s,s:s,s:s}", "file", file, "line",
				      m->at.line, "column", m->at.column, "rule", m->rule, "what",
				      m->what, "text", m->text));
	}
	return list;
}

/* Exclusions of one line in one line: there are many. */
static bool goes_on(const struct rd_mutation *m, const struct rd_mutation *before)
{
	return before != NULL && strcmp(m->what, "exclusion") == 0 &&
	       strcmp(before->what, "exclusion") == 0 && m->at.line == before->at.line &&
	       strcmp(m->at.file, before->at.file) == 0;
}

static void print_mutations(const char *dir, const struct rd_mutations *mutations)
{
	const struct rd_mutation *before = NULL;

	for (size_t i = 0; i < mutations->n_items; i++) {
		const struct rd_mutation *m = &mutations->items[i];
		if (goes_on(m, before))
			printf(", %s", m->text);
		else
			printf("%s%s/%s:%d:%d: no example of rule `%s` would miss this %s: %s",
				i > 0 ? "\n" : "", dir, m->at.file, m->at.line, m->at.column,
				m->rule, m->what, m->text);
		before = m;
	}
	printf("%s%zu part%s dropped in turn, %zu that no example would miss\n",
		mutations->n_items > 0 ? "\n" : "", mutations->n_dropped,
		mutations->n_dropped == 1 ? "" : "s", mutations->n_items);
}

static void print_tested(const struct rd_rules_tested *tested)
{
	if (!tested->tried) {
		printf("the rules have faults; nothing was tried (see `redressctl rules lint`)\n");
		return;
	}
	printf("%zu example%s of %zu rule%s, %zu failed", tested->n_examples,
		tested->n_examples == 1 ? "" : "s", tested->n_rules,
		tested->n_rules == 1 ? "" : "s", tested->n_failed);
	if (tested->n_refused > 0)
		printf(", %zu refused", tested->n_refused);
	putchar('\n');
}

static void print_test_json(const char *dir, const struct rd_rulefiles *files,
	const struct rd_problems *problems, const struct rd_rules_tested *tested,
	const struct rd_mutations *mutations)
{
	json_t *answer = json_pack("{s:o,s:i,s:i,s:i,s:i,s:s}", "problems",
		problems_json(dir, problems), "rules", (int)tested->n_rules, "examples",
		(int)tested->n_examples, "failed", (int)tested->n_failed, "refused",
		(int)tested->n_refused, "ruleset", files->sha256);

	if (mutations != NULL) {
		json_object_set_new(answer, "dropped", json_integer((int)mutations->n_dropped));
		json_object_set_new(answer, "not_missed", mutations_json(dir, mutations));
	}
	print_json(answer);
}

enum rd_exit rd_ctl_rules_test(struct rd_ctl *ctl, int argc, char **argv)
{
	bool mutate = false;
	const char *dir = read_arguments(ctl, argc, argv, &mutate);
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(RULES_ARENA_BYTES);
	struct rd_mutations mutations = { .arena = arena };
	struct rd_mutations *wanted = mutate ? &mutations : NULL;
	struct rd_rulefiles files;
	struct rd_problems problems;
	struct rd_rules_tested tested;
	struct rd_err err = { 0 };

	if (dir == NULL)
		return rd_ctl_usage(ctl);
	rd_problems_begin(&problems, arena);
	if (rd_rulefiles_read(dir, arena, &files, &err) != RD_OK ||
		rd_rules_test(&files, rd_now_ms(&rd_system_clock), &problems, wanted, &tested,
			&err) != RD_OK)
		return rd_ctl_fail(&err);
	if (ctl->json) {
		print_test_json(dir, &files, &problems, &tested, wanted);
	} else {
		for (size_t i = 0; i < problems.n_items; i++)
			print_problem(dir, &problems.items[i]);
		if (mutate && problems.n_errors == 0)
			print_mutations(dir, &mutations);
		print_tested(&tested);
	}
	return problems.n_errors + problems.n_warnings > 0 ? RD_EXIT_FOUND : RD_EXIT_DONE;
}

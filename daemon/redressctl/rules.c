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
	printf(": %s%s\n", p->warning ? "warning: " : "", p->text);
}

static json_t *problems_json(const char *dir, const struct rd_problems *problems)
{
	json_t *list = json_array();

	for (size_t i = 0; i < problems->n_items; i++) {
		const struct rd_problem *p = &problems->items[i];
		json_t *file = json_sprintf("%s/%s", dir, p->at.file);
		json_array_append_new(
			list, json_pack("{s:s,s:o,s:i,s:i,s:s}", "severity",
				      p->warning ? "warning" : "error", "file", file, "line",
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

/* Options and the folder of `rules lint` and `rules test`; NULL where they cannot be read. */
static const char *read_arguments(struct rd_ctl *ctl, int argc, char **argv)
{
	static const struct option options[] = { RD_CTL_OPTIONS, { NULL, 0, NULL, 0 } };
	int option;

	while ((option = rd_ctl_next_option(argc, argv, options)) != -1)
		if (!rd_ctl_option(ctl, option))
			return NULL;
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

enum rd_exit rd_ctl_rules_lint(struct rd_ctl *ctl, int argc, char **argv)
{
	const char *dir = read_arguments(ctl, argc, argv);
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
		print_json(json_pack("{s:o,s:i,s:i,s:s}", "problems", problems_json(dir, &problems),
			"errors", (int)problems.n_errors, "warnings", (int)problems.n_warnings,
			"ruleset", files.sha256));
	for (size_t i = 0; i < problems.n_items && !ctl->json; i++)
		print_problem(dir, &problems.items[i]);
	if (!ctl->json)
		printf("%zu error%s, %zu warning%s in %s (%s)\n", problems.n_errors,
			problems.n_errors == 1 ? "" : "s", problems.n_warnings,
			problems.n_warnings == 1 ? "" : "s", dir, files.sha256);
	return problems.n_errors > 0 ? RD_EXIT_FOUND : RD_EXIT_DONE;
}

enum rd_exit rd_ctl_rules_test(struct rd_ctl *ctl, int argc, char **argv)
{
	const char *dir = read_arguments(ctl, argc, argv);
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(RULES_ARENA_BYTES);
	struct rd_rulefiles files;
	struct rd_problems problems;
	struct rd_rules_tested tested;
	struct rd_err err = { 0 };

	if (dir == NULL)
		return rd_ctl_usage(ctl);
	rd_problems_begin(&problems, arena);
	if (rd_rulefiles_read(dir, arena, &files, &err) != RD_OK ||
		rd_rules_test(&files, rd_now_ms(&rd_system_clock), &problems, &tested, &err) !=
			RD_OK)
		return rd_ctl_fail(&err);
	if (ctl->json)
		print_json(json_pack("{s:o,s:i,s:i,s:i,s:s}", "problems",
			problems_json(dir, &problems), "rules", (int)tested.n_rules, "examples",
			(int)tested.n_examples, "failed", (int)tested.n_failed, "ruleset",
			files.sha256));
	for (size_t i = 0; i < problems.n_items && !ctl->json; i++)
		if (!problems.items[i].warning)
			print_problem(dir, &problems.items[i]);
	if (!ctl->json && problems.n_errors > tested.n_failed)
		printf("the rules have faults; nothing was tried (see `redressctl rules lint`)\n");
	else if (!ctl->json)
		printf("%zu example%s of %zu rule%s, %zu failed\n", tested.n_examples,
			tested.n_examples == 1 ? "" : "s", tested.n_rules,
			tested.n_rules == 1 ? "" : "s", tested.n_failed);
	return problems.n_errors > 0 ? RD_EXIT_FOUND : RD_EXIT_DONE;
}

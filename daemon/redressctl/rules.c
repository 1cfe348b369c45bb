/* redressctl rules ...: what officers do with rule files. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "problems.h"
#include "redress/base/arena.h"
#include "redress/base/clock.h"
#include "redress/policy/policy.h"
#include "redress/rules/lint.h"

#define RULES_ARENA_BYTES (64u << 20)

static enum rd_exit print_json(json_t *answer)
{
	json_dumpf(answer, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(answer);
	return RD_EXIT_DONE;
}

/* What `rules lint` and `rules test` are asked for. */
struct asked {
	const char *dir;
	bool notes;		 /* lint: show them, too */
	bool mutate;		 /* test */
	const char *rule, *file; /* of which alone; NULL: all */
};

/* False where it cannot be read, which is told. */
static bool read_arguments(struct rd_ctl *ctl, int argc, char **argv, struct asked *a)
{
	static const struct option options[] = { { "mutate", no_argument, NULL, 'm' },
		{ "rule", required_argument, NULL, 'u' }, { "file", required_argument, NULL, 'f' },
		{ "notes", no_argument, NULL, 'n' }, RD_CTL_OPTIONS, { NULL, 0, NULL, 0 } };
	int option;

	while ((option = rd_ctl_next_option(argc, argv, options)) != -1) {
		const bool own = option == 'm' || option == 'u' || option == 'f' || option == 'n';

		if (own ? !rd_ctl_takes(ctl, options, option) : !rd_ctl_option(ctl, option)) {
			rd_ctl_usage(ctl);
			return false;
		}
		a->mutate = a->mutate || option == 'm';
		a->notes = a->notes || option == 'n';
		if (option == 'u')
			a->rule = optarg;
		else if (option == 'f')
			a->file = optarg;
	}
	if ((a->rule != NULL || a->file != NULL) && !a->mutate) {
		rd_ctl_complain("--rule and --file say what --mutate is to list; add --mutate");
		return false;
	}
	if (!rd_ctl_at_most(ctl, argc, argv, 1, "folder"))
		return false;
	if (optind < argc)
		ctl->rules = argv[optind];
	a->dir = rd_ctl_rules_dir(ctl);
	return true;
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
	const struct asked *a, const struct rd_rulefiles *files, const struct rd_problems *problems)
{
	printf("%zu error%s, %zu warning%s", problems->n_errors, problems->n_errors == 1 ? "" : "s",
		problems->n_warnings, problems->n_warnings == 1 ? "" : "s");
	if (problems->n_notes > 0)
		printf(", %zu note%s of advice%s", problems->n_notes,
			problems->n_notes == 1 ? "" : "s",
			!a->notes ? " (--notes shows them)" : "");
	printf(" in %s (%s)\n", a->dir, files->sha256);
}

static void print_problems(const struct asked *a, const struct rd_problems *problems)
{
	for (size_t i = 0; i < problems->n_items; i++)
		if (a->notes || problems->items[i].severity != RD_SEVERITY_NOTE)
			rd_ctl_print_problem(stdout, a->dir, &problems->items[i]);
}

enum rd_exit rd_ctl_rules_lint(struct rd_ctl *ctl, int argc, char **argv)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(RULES_ARENA_BYTES);
	struct asked a = { .dir = NULL };
	struct rd_rulefiles files;
	struct rd_problems problems;
	struct rd_err err = { 0 };

	if (!read_arguments(ctl, argc, argv, &a))
		return RD_EXIT_USAGE;
	rd_problems_begin(&problems, arena);
	if (rd_rulefiles_read(a.dir, arena, &files, &err) != RD_OK ||
		rd_rules_lint(&files, rd_now_ms(&rd_system_clock), &problems, &err) != RD_OK)
		return rd_ctl_fail(&err);
	lint_policies(&files, &problems);
	rd_problems_sort(&problems);
	if (ctl->json) {
		print_json(json_pack("{s:o,s:i,s:i,s:i,s:s}", "problems",
			rd_ctl_problems_json(a.dir, &problems, RD_SEVERITY_NOTE), "errors",
			(int)problems.n_errors, "warnings", (int)problems.n_warnings, "notes",
			(int)problems.n_notes, "ruleset", files.sha256));
	} else {
		print_problems(&a, &problems);
		print_counts(&a, &files, &problems);
	}
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

static void list_mutations(const char *dir, const struct rd_mutations *mutations)
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
	if (mutations->n_items > 0)
		putchar('\n');
}

/* Thousands of lines tell nobody where to begin. */
static void count_mutations(const char *dir, const struct rd_mutations *mutations)
{
	for (size_t i = 0; i < mutations->n_items; i++) {
		const char *file = mutations->items[i].at.file;
		size_t n = 0;
		bool first = true;

		for (size_t k = 0; k < mutations->n_items; k++) {
			const bool same = strcmp(mutations->items[k].at.file, file) == 0;
			n += same;
			first = first && (k >= i || !same);
		}
		if (first)
			printf("%6zu  %s/%s\n", n, dir, file);
	}
}

static void print_mutations(const struct asked *a, const struct rd_mutations *mutations)
{
	const bool all = a->rule == NULL && a->file == NULL;

	printf("%zu part%s dropped in turn, %zu that no example would miss%s\n",
		mutations->n_dropped, mutations->n_dropped == 1 ? "" : "s", mutations->n_items,
		all && mutations->n_items > 0 ? ", by file:" : "");
	if (!all) {
		list_mutations(a->dir, mutations);
		return;
	}
	count_mutations(a->dir, mutations);
	if (mutations->n_items > 0)
		puts("Nothing is wrong with them: a phrase or an exclusion that no example tries "
		     "may be broken\nwithout anybody noticing. --file FILE or --rule ID lists "
		     "them, for those you care about.");
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
		rd_ctl_problems_json(dir, problems, RD_SEVERITY_NOTE), "rules",
		(int)tested->n_rules, "examples", (int)tested->n_examples, "failed",
		(int)tested->n_failed, "refused", (int)tested->n_refused, "ruleset", files->sha256);

	if (mutations != NULL) {
		json_object_set_new(answer, "dropped", json_integer((int)mutations->n_dropped));
		json_object_set_new(answer, "not_missed", mutations_json(dir, mutations));
	}
	print_json(answer);
}

/* "delay.rules", or with the folder before it. */
static const char *file_in(const struct rd_rulefiles *files, const char *word)
{
	for (size_t i = 0; i < files->n_items; i++) {
		const char *name = files->items[i].name;
		const size_t n = strlen(name), n_word = strlen(word);

		if (strcmp(name, word) == 0 || (n_word > n && word[n_word - n - 1] == '/' &&
						       strcmp(word + n_word - n, name) == 0))
			return name;
	}
	return NULL;
}

static enum rd_exit test_rules(const struct rd_ctl *ctl, const struct asked *a,
	const struct rd_rulefiles *files, struct rd_arena *arena)
{
	struct rd_mutations mutations = { .arena = arena, .rule = a->rule };
	struct rd_mutations *wanted = a->mutate ? &mutations : NULL;
	struct rd_problems problems;
	struct rd_rules_tested tested;
	struct rd_err err = { 0 };

	if (a->file != NULL && (mutations.file = file_in(files, a->file)) == NULL)
		return rd_ctl_complain("%s: no file `%s` lies there", a->dir, a->file);
	rd_problems_begin(&problems, arena);
	if (rd_rules_test(files, rd_now_ms(&rd_system_clock), &problems, wanted, &tested, &err) !=
		RD_OK)
		return rd_ctl_fail(&err);
	if (a->rule != NULL && tested.tried && tested.n_failed == 0 && mutations.n_dropped == 0)
		return rd_ctl_complain(
			"%s: no rule `%s` with a phrase or a pattern", a->dir, a->rule);
	if (ctl->json) {
		print_test_json(a->dir, files, &problems, &tested, wanted);
	} else {
		for (size_t i = 0; i < problems.n_items; i++)
			rd_ctl_print_problem(stdout, a->dir, &problems.items[i]);
		if (a->mutate && problems.n_errors == 0)
			print_mutations(a, &mutations);
		print_tested(&tested);
	}
	return problems.n_errors + problems.n_warnings > 0 ? RD_EXIT_FOUND : RD_EXIT_DONE;
}

enum rd_exit rd_ctl_rules_test(struct rd_ctl *ctl, int argc, char **argv)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(RULES_ARENA_BYTES);
	struct asked a = { .dir = NULL };
	struct rd_rulefiles files;
	struct rd_err err = { 0 };

	if (!read_arguments(ctl, argc, argv, &a))
		return RD_EXIT_USAGE;
	if (rd_rulefiles_read(a.dir, arena, &files, &err) != RD_OK)
		return rd_ctl_fail(&err);
	return test_rules(ctl, &a, &files, arena);
}

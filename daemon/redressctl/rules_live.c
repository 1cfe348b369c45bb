/* redressctl rules activate, rollback: other rules go live, forward or back. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "backtest_print.h"
#include "command.h"
#include "print.h"
#include "problems.h"
#include "rules_set.h"
#include "redress/gateway/activate.h"
#include "redress/rules/lint.h"

#define CHILDREN       2 /* of each reader */
#define PROBLEMS_SHOWN 20

/* One activation under way. */
struct change {
	struct rd_ctl *ctl;
	const char *reason, *word; /* word: a folder, or for a rollback a stored set */
	bool accept;
	int n_days;
	const struct rd_activation *back_to; /* of the history; NULL for an activation */
	enum rd_activation_how how;
	struct rd_ctl_desk desk;
	struct rd_db *db;
	struct rd_spawner *spawner;
	struct rd_arena *arena;
	struct rd_ctl_set set;
	struct rd_problems problems;
	struct rd_rules_tested tested;
	struct rd_backtest_print print; /* for its bar alone */
	struct rd_activation_outcome outcome;
	int64_t number; /* in the history */
};

static void end_change(struct change *c)
{
	rd_backtest_print_free(&c->print);
	rd_spawner_stop(c->spawner);
	rd_db_close(c->db);
	rd_ctl_close(&c->desk);
	rd_arena_free(c->arena);
}

/* ---- what is asked ---- */

static bool read_change(struct change *c, int argc, char **argv)
{
	static const struct option options[] = { { "reason", required_argument, NULL, 'r' },
		{ "accept", no_argument, NULL, 'a' }, { "days", required_argument, NULL, 'd' },
		RD_CTL_OPTIONS, { NULL, 0, NULL, 0 } };
	int option;

	while ((option = rd_ctl_next_option(argc, argv, options)) != -1) {
		if (option == 'd' &&
			!rd_ctl_number_of_days(optarg, RD_BACKTEST_DAYS_MAX, &c->n_days))
			return false;
		if (option == 'r')
			c->reason = optarg;
		else if (option == 'a')
			c->accept = true;
		else if (option != 'd' && !rd_ctl_option(c->ctl, option)) {
			rd_ctl_usage(c->ctl);
			return false;
		}
	}
	if (!rd_ctl_at_most(c->ctl, argc, argv, 1, c->how == RD_ROLLBACK ? "set" : "folder"))
		return false;
	c->word = optind < argc ? argv[optind] : NULL;
	if (c->reason == NULL || c->reason[strspn(c->reason, " \t\r\n")] == '\0') {
		rd_ctl_complain("say with --reason why the rules change; it stands in the history");
		return false;
	}
	if (strlen(c->reason) > RD_ACTIVATION_REASON_MAX) {
		rd_ctl_complain("the reason is longer than %d bytes", RD_ACTIVATION_REASON_MAX);
		return false;
	}
	return true;
}

/* ---- the set ---- */

static bool same_set(const struct rd_activation *a, const struct rd_activation *b)
{
	return strcmp(a->sha256, b->sha256) == 0;
}

/* What was live before the live set came: a rollback takes back what came after the set that it
 * went to, so that the next one goes on from there and does not come forward again.
 * history: newest first. NULL where nothing was. */
static const struct rd_activation *set_before(
	const struct rd_activation *history, size_t n, struct rd_arena *arena)
{
	const struct rd_activation **stack = rd_arena_array(arena, n + 1, sizeof *stack);
	size_t depth = 0;

	RD_ASSERT(stack != NULL);
	for (size_t i = n; i-- > 0;) {
		size_t at = depth;

		while (history[i].how == RD_ROLLBACK && at > 0 &&
			!same_set(stack[at - 1], &history[i]))
			at--;
		if (history[i].how == RD_ROLLBACK && at > 0)
			depth = at;
		else if (depth == 0 || !same_set(stack[depth - 1], &history[i]))
			stack[depth++] = &history[i];
	}
	return depth > 1 ? stack[depth - 2] : NULL;
}

/* The number of the history that a set of the store is called by: the one that was asked for, else
 * the newest that was no rollback to it. */
static const struct rd_activation *number_of(
	const struct rd_activation *history, size_t n, const char *word, const char *sha256)
{
	const struct rd_activation *found = NULL;
	char number[24];

	for (size_t i = 0; i < n; i++) {
		snprintf(number, sizeof number, "%" PRId64, history[i].id);
		if (strcmp(history[i].sha256, sha256) != 0)
			continue;
		if (word != NULL && strcmp(word, number) == 0)
			return &history[i];
		if (found == NULL || (found->how == RD_ROLLBACK && history[i].how != RD_ROLLBACK))
			found = &history[i];
	}
	return found;
}

static enum rd_rc find_set_back(struct change *c, struct rd_err *err)
{
	const char *word = c->word;
	struct rd_activation *history;
	size_t n;

	if (word != NULL && !rd_ctl_set_is_stored(word))
		return rd_fail(err, RD_E_INPUT,
			"`%.80s` is neither a number of `redressctl rules history` nor the "
			"beginning of a SHA-256; a folder goes live with `rules activate`",
			word);
	RD_TRY(rd_rulesets_history(c->db, c->arena, &history, &n, err));
	if (word == NULL) {
		c->back_to = set_before(history, n, c->arena);
		if (c->back_to == NULL)
			return rd_fail(err, RD_E_MISSING,
				"no other rules were live before these; see `redressctl rules "
				"history`");
		word = c->back_to->sha256;
	}
	RD_TRY(rd_ctl_set_read(c->db, word, c->arena, &c->set, err));
	if (c->back_to == NULL)
		c->back_to = number_of(history, n, word, c->set.files.sha256);
	return RD_OK;
}

static enum rd_rc read_set(struct change *c, struct rd_err *err)
{
	const char *dir = c->word;

	if (c->how == RD_ROLLBACK)
		return find_set_back(c, err);
	if (dir == NULL)
		dir = c->ctl->rules != NULL ? c->ctl->rules : c->desk.config->rules;
	RD_TRY(rd_rulefiles_read(dir, c->arena, &c->set.files, err));
	c->set.dir = dir;
	return RD_OK;
}

/* The spawner first: it must hold nothing of the store. */
static enum rd_rc open_change(struct change *c, struct rd_err *err)
{
	RD_TRY(rd_spawner_start(&c->spawner, err));
	RD_TRY(rd_ctl_open_store(c->ctl, c->how == RD_ACTIVATION, &c->desk, err));
	RD_TRY(rd_db_open(c->desk.store, &c->db, err));
	c->arena = rd_arena_new(3 * RD_CTL_SET_ARENA_BYTES);
	return read_set(c, err);
}

/* Every fault of it at once: rd_rules_activate_tried would name the first alone. */
static enum rd_rc look_for_faults(struct change *c, struct rd_err *err)
{
	const int64_t now_ms = rd_now_ms(&rd_system_clock);

	rd_problems_begin(&c->problems, c->arena);
	RD_TRY(rd_rules_lint(&c->set.files, now_ms, &c->problems, err));
	if (c->problems.n_errors == 0)
		RD_TRY(rd_rules_test(&c->set.files, now_ms, &c->problems, NULL, &c->tested, err));
	rd_problems_sort(&c->problems);
	return RD_OK;
}

static bool show_bar(void *context, int64_t n_done, int64_t n_all)
{
	struct change *c = context;

	rd_backtest_print_bar(&c->print, n_all > 0 ? (double)n_done / (double)n_all : 1, n_done);
	return true;
}

static enum rd_rc make_live(struct change *c, struct rd_err *err)
{
	struct rd_activation_order order = {
		.config = c->desk.config,
		.files = &c->set.files,
		.dir = c->set.dir,
		.how = c->how,
		.reason = c->reason,
		.now_ms = rd_now_ms(&rd_system_clock),
		.accept = c->accept,
		.proved = c->tested.tried && c->tested.n_rules > 0,
		.spawner = c->spawner,
		.n_days = c->n_days,
		.n_children = CHILDREN,
		.go_on = show_bar,
		.context = c,
	};
	struct rd_activation live;
	enum rd_rc rc;

	RD_TRY(rd_ctl_actor(c->ctl, &order.author, err));
	rc = rd_rules_activate_tried(c->db, &order, &c->outcome, err);
	rd_backtest_print_wipe(&c->print);
	RD_TRY(rc);
	RD_TRY(rd_rulesets_current(c->db, c->arena, &live, err));
	c->number = live.id;
	return RD_OK;
}

/* ---- what is told ---- */

/* At most PROBLEMS_SHOWN of them; gives how many. */
static size_t print_problems(FILE *out, const struct change *c, enum rd_severity severity)
{
	const struct rd_problems *p = &c->problems;
	size_t shown = 0;

	for (size_t i = 0; i < p->n_items && shown < PROBLEMS_SHOWN; i++) {
		if (p->items[i].severity != severity)
			continue;
		if (out == stderr)
			fputs("redressctl: ", out);
		rd_ctl_print_problem(out, c->set.dir, &p->items[i]);
		shown++;
	}
	return shown;
}

/* They do not hold it back; but whoever made it live wants to know. */
static void print_warnings(const struct change *c)
{
	const size_t n = c->problems.n_warnings;
	const size_t shown = print_problems(stdout, c, RD_SEVERITY_WARNING);

	if (n > shown)
		printf("and %zu more warnings; `redressctl rules lint` and `rules test` show all\n",
			n - shown);
}

static void print_faults(const struct change *c)
{
	const struct rd_problems *p = &c->problems;

	print_problems(stderr, c, RD_SEVERITY_ERROR);
	fprintf(stderr,
		"redressctl: %zu fault%s; the old rules go on (`redressctl rules lint` and `rules "
		"test` show all)\n",
		p->n_errors, p->n_errors == 1 ? "" : "s");
}

static json_t *trial_json(const struct change *c)
{
	const struct rd_backtest *found = &c->outcome.trial.sums;
	const int n_days = rd_backtest_days(found);
	json_t *lost = json_array();

	if (!c->outcome.tried) {
		json_decref(lost);
		return json_null();
	}
	for (size_t i = 0; i < found->n_lost && i < RD_ACTIVATION_LOST_MAX; i++)
		json_array_append_new(lost, json_integer(c->outcome.trial.lost[i]));
	return json_pack("{s:I,s:I,s:o,s:o,s:I,s:I,s:o}", "messages", (json_int_t)found->n,
		"flipped", (json_int_t)found->n_flips, "review_was_a_day",
		n_days > 0 ? json_real(rd_backtest_a_day(found->persons_was, n_days)) : json_null(),
		"review_is_a_day",
		n_days > 0 ? json_real(rd_backtest_a_day(found->persons_is, n_days)) : json_null(),
		"confirmed", (json_int_t)found->n_confirmed, "lost", (json_int_t)found->n_lost,
		"lost_messages", lost);
}

/* refused: why, NULL where it went live. */
static void print_as_json(const struct change *c, const char *refused)
{
	rd_json_print(json_pack("{s:s,s:b,s:o,s:s,s:o,s:o,s:i,s:i,s:o,s:o}", "ruleset",
		c->set.files.sha256, "changed", c->outcome.changed, "number",
		c->number > 0 ? json_integer(c->number) : json_null(), "how",
		rd_activation_names[c->how], "back_to",
		c->back_to != NULL ? json_integer(c->back_to->id) : json_null(), "refused",
		rd_json_text(refused), "warnings", (int)c->problems.n_warnings, "examples",
		(int)c->tested.n_examples, "problems",
		rd_ctl_problems_json(c->set.dir, &c->problems, RD_SEVERITY_WARNING), "trial",
		trial_json(c)));
}

static void print_trial(const struct change *c)
{
	const struct rd_backtest_outcome *trial = &c->outcome.trial;
	const struct rd_backtest *found = &trial->sums;
	const int n_days = rd_backtest_days(found);
	char flips[RD_FLIPS_WORDS_MAX], lost[RD_LOST_WORDS_MAX];

	print_warnings(c);
	printf("%zu example%s of %zu rule%s hold, %zu warning%s\n", c->tested.n_examples,
		c->tested.n_examples == 1 ? "" : "s", c->tested.n_rules,
		c->tested.n_rules == 1 ? "" : "s", c->problems.n_warnings,
		c->problems.n_warnings == 1 ? "" : "s");
	if (!c->outcome.tried || found->n == 0) {
		puts("there were no messages to try them on");
		return;
	}
	rd_backtest_flips_words(found, flips);
	printf("tried on %zu message%s of the last %d days; flips: %s", found->n,
		found->n == 1 ? "" : "s", c->n_days, flips);
	if (n_days > 0)
		printf("; a person looks at %.1f a day, %.1f until now",
			rd_backtest_a_day(found->persons_is, n_days),
			rd_backtest_a_day(found->persons_was, n_days));
	putchar('\n');
	if (found->n_lost > 0) {
		rd_lost_words(trial, lost);
		printf("accepted: %s\n", lost);
	} else if (found->n_confirmed > 0) {
		printf("none of the %zu complaint%s that a person confirmed is lost\n",
			found->n_confirmed, found->n_confirmed == 1 ? "" : "s");
	}
}

/* What lies in the configured folder is what a reload takes: a rollback, and the activation of
 * another folder, leave it as it is. */
static void print_folder(const struct change *c)
{
	RD_CLEANUP(rd_arena_cleanup)
	struct rd_arena *arena = rd_arena_new(RD_CTL_SET_ARENA_BYTES);
	const char *dir = c->desk.config->rules;
	struct rd_rulefiles files;
	struct rd_err ignored = { 0 };
	char digits[RD_SHORT_SHA_MAX];

	if (rd_rulefiles_read(dir, arena, &files, &ignored) == RD_OK &&
		strcmp(files.sha256, c->set.files.sha256) == 0)
		return;
	printf("The folder %s still holds other files; a reload of redressd would activate them. ",
		dir);
	if (c->set.dir != NULL)
		printf("Put %s in its place.\n", c->set.dir);
	else
		printf("`redressctl rules export %s DIR` writes the files that are live now: put "
		       "DIR in its place.\n",
			rd_ctl_short_sha(c->set.files.sha256, digits));
}

static void print_live(const struct change *c)
{
	if (c->outcome.changed) {
		print_trial(c);
		printf("%s is live now (number %" PRId64 ")\n", c->set.files.sha256, c->number);
	} else {
		printf("%s was live already\n", c->set.files.sha256);
	}
	print_folder(c);
}

/* Before all else, and on standard error: the trial may take a while. */
static void print_back_to(const struct change *c)
{
	char when[24];

	if (c->back_to == NULL || c->ctl->json)
		return;
	fprintf(stderr, "going back to number %" PRId64 " of %s (", c->back_to->id,
		rd_short_instant(c->back_to->at_ms, when));
	rd_print_words(stderr, c->back_to->reason);
	fputs(")\n", stderr);
}

/* What may not go live was looked at and found wanting; anything else went wrong before. */
static enum rd_exit refuse(const struct change *c, const struct rd_err *err)
{
	const bool found =
		err->code == RD_E_REFUSED || err->code == RD_E_INPUT || err->code == RD_E_MISSING;

	if (!found)
		return rd_ctl_fail(err);
	if (c->ctl->json)
		print_as_json(c, err->msg);
	else
		fprintf(stderr, "redressctl: %s; the old rules go on\n", err->msg);
	return RD_EXIT_FOUND;
}

static enum rd_exit change_rules(
	struct rd_ctl *ctl, enum rd_activation_how how, int argc, char **argv)
{
	RD_CLEANUP(end_change)
	struct change c = { .ctl = ctl, .how = how, .n_days = RD_BACKTEST_DAYS };
	struct rd_err err = { 0 };

	if (!read_change(&c, argc, argv))
		return RD_EXIT_USAGE;
	if (open_change(&c, &err) != RD_OK)
		return rd_ctl_fail(&err);
	print_back_to(&c);
	if (look_for_faults(&c, &err) != RD_OK)
		return rd_ctl_fail(&err);
	if (c.problems.n_errors > 0) {
		if (ctl->json)
			print_as_json(&c, "the rules have faults");
		else
			print_faults(&c);
		return RD_EXIT_FOUND;
	}
	rd_backtest_print_begin(&c.print, ctl->json);
	if (make_live(&c, &err) != RD_OK)
		return refuse(&c, &err);
	if (ctl->json)
		print_as_json(&c, NULL);
	else
		print_live(&c);
	return RD_EXIT_DONE;
}

enum rd_exit rd_ctl_rules_activate(struct rd_ctl *ctl, int argc, char **argv)
{
	return change_rules(ctl, RD_ACTIVATION, argc, argv);
}

enum rd_exit rd_ctl_rules_rollback(struct rd_ctl *ctl, int argc, char **argv)
{
	return change_rules(ctl, RD_ROLLBACK, argc, argv);
}

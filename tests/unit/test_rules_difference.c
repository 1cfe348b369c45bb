#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "redress/rules/difference.h"

#define FILES_MAX 8

static const char waiting[] = "# how people wait\n"
			      "Ruleset: core\nRequest below: 2.0\nComplaint from: 5.0\n\n"
			      "Rule: chasing\nMeans: Has asked before\nPoints: 2\n"
			      "Phrase: still waiting\nPhrase: rang again\nUnless before: not\n\n"
			      "Rule: fed-up\nMeans: Is fed up\nPoints: 1\nPhrase: fed up\n";

struct world {
	struct rd_arena *arena;
	struct rd_rulefile was[FILES_MAX], is[FILES_MAX];
	size_t n_was, n_is;
	struct rd_differences found;
};

static int make(void **state)
{
	struct world *w = calloc(1, sizeof *w);

	if (w == NULL)
		return -1;
	w->arena = rd_arena_new(16u << 20);
	*state = w;
	return 0;
}

static int drop(void **state)
{
	struct world *w = *state;

	rd_arena_free(w->arena);
	free(w);
	return 0;
}

static void put(struct world *w, const char *name, const char *was, const char *is)
{
	if (was != NULL)
		w->was[w->n_was++] = (struct rd_rulefile){ name, was, strlen(was) };
	if (is != NULL)
		w->is[w->n_is++] = (struct rd_rulefile){ name, is, strlen(is) };
}

static void compare(struct world *w)
{
	struct rd_rulefiles was, is;
	struct rd_err err = { 0 };

	if (rd_rulefiles_take(w->was, w->n_was, &was, &err) != RD_OK ||
		rd_rulefiles_take(w->is, w->n_is, &is, &err) != RD_OK ||
		rd_rulefiles_compare(&was, &is, w->arena, &w->found, &err) != RD_OK)
		fail_msg("%s", err.msg);
}

static const struct rd_difference *the(const struct world *w, const char *stanza, const char *name)
{
	for (size_t i = 0; i < w->found.n_items; i++)
		if (strcmp(w->found.items[i].stanza, stanza) == 0 &&
			strcmp(w->found.items[i].name, name) == 0)
			return &w->found.items[i];
	fail_msg("nothing is told of %s %s", stanza, name);
	return NULL;
}

static void has(const struct rd_difference *d, const char *field, const char *was, const char *is)
{
	for (size_t i = 0; i < d->n_fields; i++) {
		const struct rd_field_difference *f = &d->fields[i];
		if (strcmp(f->field, field) == 0 && (was == NULL) == (f->was == NULL) &&
			(is == NULL) == (f->is == NULL) &&
			(was == NULL || strcmp(was, f->was) == 0) &&
			(is == NULL || strcmp(is, f->is) == 0))
			return;
	}
	fail_msg("%s: %s -> %s is not told", field, was ? was : "(none)", is ? is : "(none)");
}

static void a_changed_rule_is_told_field_by_field(void **state)
{
	struct world *w = *state;
	const struct rd_difference *d;

	put(w, "core.rules", waiting,
		"Ruleset: core\nRequest below: 2.0\nComplaint from: 4.5\n\n"
		"Rule: fed-up\nPhrase: fed up\nMeans: Is fed up\nPoints: 1\n\n"
		"Rule: chasing\nMeans: Has asked before\nPoints: 2.5\n"
		"Phrase: still waiting\nPhrase: rung again\nPhrase: no answer\n");
	compare(w);
	assert_int_equal(w->found.n_items, 2); /* fed-up says what it said, elsewhere */
	d = the(w, "Rule", "chasing");
	assert_int_equal(d->what, RD_CHANGED);
	assert_string_equal(d->file, "core.rules");
	assert_int_equal(d->line, 10);
	assert_int_equal(d->n_fields, 5);
	has(d, "Points", "2", "2.5");
	has(d, "Phrase", "rang again", NULL);
	has(d, "Phrase", NULL, "rung again");
	has(d, "Phrase", NULL, "no answer");
	has(d, "Unless before", "not", NULL);
	has(the(w, "Ruleset", "core"), "Complaint from", "5.0", "4.5");
	assert_int_equal(w->found.n_cosmetic, 0);
}

static void rules_come_go_and_move_between_files(void **state)
{
	struct world *w = *state;

	put(w, "a.rules", waiting,
		"Ruleset: core\nRequest below: 2.0\nComplaint from: 5.0\n\n"
		"Rule: fed-up\nMeans: Is fed up\nPoints: 1\nPhrase: fed up\n");
	put(w, "b.rules", NULL,
		"Rule: chasing\nMeans: Has asked before\nPoints: 2\n"
		"Phrase: still waiting\nPhrase: rang again\nUnless before: not\n\n"
		"Words: week\nWord: wk\n");
	put(w, "c.rules", "Rule: gone\nPoints: 1\nPhrase: gone\n", NULL);
	compare(w);
	assert_int_equal(w->found.n_items, 3);
	assert_int_equal(the(w, "Words", "week")->what, RD_ADDED);
	assert_int_equal(the(w, "Rule", "gone")->what, RD_REMOVED);
	assert_string_equal(the(w, "Rule", "gone")->file, "c.rules");
	assert_int_equal(the(w, "Rule", "chasing")->n_fields, 1);
	has(the(w, "Rule", "chasing"), "file", "a.rules", "b.rules");
}

static void a_landlords_layer_is_its_own(void **state)
{
	struct world *w = *state;

	put(w, "core.rules", waiting, waiting);
	put(w, "landlords/north.rules", "Override: fed-up\nReason: local\nPoints: 2\n",
		"Override: fed-up\nReason: local\nPoints: 3\n");
	put(w, "landlords/south.rules", "Override: fed-up\nReason: local\nPoints: 2\n",
		"Override: fed-up\nReason: local\nPoints: 2\n\n"
		"Disable: chasing\nReason: noisy\nUntil: 2026-12-31\n");
	put(w, "landlords/north.landlord", "Landlord: north\nHelp number: 01632 960001\n",
		"Landlord: north\nHelp number: 01632 960002\n");
	compare(w);
	assert_int_equal(w->found.n_items, 3);
	assert_string_equal(the(w, "Override", "fed-up")->layer, "north");
	has(the(w, "Override", "fed-up"), "Points", "2", "3");
	assert_string_equal(the(w, "Disable", "chasing")->layer, "south");
	has(the(w, "Landlord", "north"), "Help number", "01632 960001", "01632 960002");
}

static void letters_and_what_cannot_be_read_are_told_as_wholes(void **state)
{
	struct world *w = *state;

	put(w, "letters/added.email.letter", "Dear all", "Dear you");
	put(w, "calendars/bank-holidays.json", NULL, "{}");
	put(w, "broken.rules", waiting, "Rule broken without a colon\n");
	compare(w);
	assert_int_equal(w->found.n_items, 3);
	assert_int_equal(the(w, "", "letters/added.email.letter")->what, RD_CHANGED);
	assert_int_equal(the(w, "", "calendars/bank-holidays.json")->what, RD_ADDED);
	assert_non_null(strstr(the(w, "", "broken.rules")->trouble, "broken.rules:1:"));
}

static void comments_and_order_alone_are_said_to_be_that(void **state)
{
	struct world *w = *state;

	put(w, "core.rules", waiting,
		"Ruleset: core\nComplaint from: 5.0\nRequest below: 2.0\n\n"
		"Rule: fed-up\nMeans: Is fed up\nPoints: 1\nPhrase: fed up\n# why\n\n"
		"Rule: chasing\nMeans: Has asked before\nPoints: 2\n"
		"Phrase: rang again\nPhrase: still waiting\nUnless before: not\n");
	put(w, "same.rules", "Rule: x\nPoints: 1\n", "Rule: x\nPoints: 1\n");
	compare(w);
	assert_int_equal(w->found.n_items, 0);
	assert_int_equal(w->found.n_cosmetic, 1);
	assert_string_equal(w->found.cosmetic[0], "core.rules");
}

#define T(test) cmocka_unit_test_setup_teardown(test, make, drop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_changed_rule_is_told_field_by_field),
		T(rules_come_go_and_move_between_files),
		T(a_landlords_layer_is_its_own),
		T(letters_and_what_cannot_be_read_are_told_as_wholes),
		T(comments_and_order_alone_are_said_to_be_that),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

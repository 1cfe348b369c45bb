/* redressctl rules diff: what two rule sets differ in, by rule and in words, or line by line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "command.h"
#include "print.h"
#include "rules_set.h"
#include "redress/base/linediff.h"
#include "redress/rules/difference.h"

#define DIFF_ARENA_BYTES (192u << 20)
#define TEXT_BYTES_MAX	 (3u * RD_RULEFILES_BYTES_MAX) /* of the lines of both, and marks */

struct comparison {
	struct rd_ctl_set was, is;
	struct rd_differences found;
	struct rd_arena *arena;
	bool text; /* also line by line */
};

static bool is_field(const struct rd_field_difference *f, const char *name)
{
	return strcasecmp(f->field, name) == 0;
}

static void print_field(const struct rd_field_difference *f)
{
	if (is_field(f, "file")) {
		fputs("    moved    from ", stdout);
		rd_print_words(stdout, f->was);
		fputs(" to ", stdout);
		rd_print_words(stdout, f->is);
		putchar('\n');
		return;
	}
	printf("    %s", f->was == NULL ? "added    " : f->is == NULL ? "removed  " : "changed  ");
	rd_print_words(stdout, f->field);
	fputs(": ", stdout);
	rd_print_words(stdout, f->was != NULL ? f->was : f->is);
	if (f->was != NULL && f->is != NULL) {
		fputs(" -> ", stdout);
		rd_print_words(stdout, f->is);
	}
	putchar('\n');
}

static const char *kind_of_file(const char *name)
{
	static const struct {
		const char *begins, *word;
	} folders[] = { { "letters/", "letter" }, { "calendars/", "calendar" },
		{ "landlords/", "landlord's file" } };

	for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
		if (strncmp(name, folders[i].begins, strlen(folders[i].begins)) == 0)
			return folders[i].word;
	return "file";
}

/* How many lines of a file taken as a whole are others now. */
static enum rd_rc compare_lines(const struct comparison *c, const char *name,
	struct rd_linediff *ret_lines, struct rd_err *err)
{
	const struct rd_rulefile *was = rd_rulefiles_find(&c->was.files, name);
	const struct rd_rulefile *is = rd_rulefiles_find(&c->is.files, name);

	return rd_linediff_make(was != NULL ? was->bytes : "", was != NULL ? was->len : 0,
		is != NULL ? is->bytes : "", is != NULL ? is->len : 0, c->arena, ret_lines, err);
}

static void count_lines(const struct rd_linediff *lines, size_t *ret_gone, size_t *ret_come)
{
	*ret_gone = *ret_come = 0;
	for (size_t i = 0; i < lines->n_changes; i++) {
		*ret_gone += lines->changes[i].n_was;
		*ret_come += lines->changes[i].n_is;
	}
}

static enum rd_rc print_file(
	const struct comparison *c, const struct rd_difference *d, struct rd_err *err)
{
	const struct rd_arena_mark mark = rd_arena_mark(c->arena);
	struct rd_linediff lines;
	size_t gone, come;

	RD_TRY(compare_lines(c, d->name, &lines, err));
	count_lines(&lines, &gone, &come);
	rd_arena_back_to(c->arena, mark);
	printf("%s ", kind_of_file(d->name));
	rd_print_words(stdout, d->name);
	printf(": %s (+%zu -%zu lines)\n", rd_difference_names[d->what], come, gone);
	if (d->trouble[0] != '\0') {
		fputs("    it cannot be compared rule by rule: ", stdout);
		rd_print_words(stdout, d->trouble);
		putchar('\n');
	}
	return RD_OK;
}

static void print_stanza(const struct rd_difference *d)
{
	fputs(d->stanza, stdout);
	fputs(" `", stdout);
	rd_print_words(stdout, d->name);
	printf("`: %s (", rd_difference_names[d->what]);
	if (d->layer[0] != '\0')
		printf("layer of %s, ", d->layer);
	rd_print_words(stdout, d->file);
	printf(":%d)\n", d->line);
	for (size_t i = 0; i < d->n_fields; i++)
		if (i > 0 || d->what == RD_CHANGED || !is_field(&d->fields[i], d->stanza))
			print_field(&d->fields[i]);
}

static enum rd_rc print_by_rule(const struct comparison *c, struct rd_err *err)
{
	for (size_t i = 0; i < c->found.n_items; i++) {
		const struct rd_difference *d = &c->found.items[i];
		if (d->stanza[0] != '\0')
			print_stanza(d);
		else
			RD_TRY(print_file(c, d, err));
	}
	for (size_t i = 0; i < c->found.n_cosmetic; i++) {
		rd_print_words(stdout, c->found.cosmetic[i]);
		puts(": comments, blank lines or order alone");
	}
	return RD_OK;
}

/* ---- line by line ---- */

static bool differs(const struct rd_rulefile *a, const struct rd_rulefile *b)
{
	return a == NULL || b == NULL || a->len != b->len ||
	       memcmp(a->bytes, b->bytes, a->len) != 0;
}

static enum rd_rc add_file(
	const struct comparison *c, const char *name, struct rd_buf *out, struct rd_err *err)
{
	const struct rd_arena_mark mark = rd_arena_mark(c->arena);
	struct rd_linediff lines;

	if (!differs(rd_rulefiles_find(&c->was.files, name), rd_rulefiles_find(&c->is.files, name)))
		return RD_OK;
	RD_TRY(rd_buf_printf(out, err, "--- %s%s\n+++ %s%s\n",
		rd_rulefiles_find(&c->was.files, name) != NULL ? "now/" : "(none) ", name,
		rd_rulefiles_find(&c->is.files, name) != NULL ? "then/" : "(none) ", name));
	RD_TRY(compare_lines(c, name, &lines, err));
	RD_TRY(rd_linediff_unified(&lines, out, err));
	rd_arena_back_to(c->arena, mark);
	return RD_OK;
}

/* Of every file that differs, by name. */
static enum rd_rc add_lines(const struct comparison *c, struct rd_buf *out, struct rd_err *err)
{
	const struct rd_rulefiles *was = &c->was.files, *is = &c->is.files;

	for (size_t i = 0, k = 0; i < was->n_items || k < is->n_items;) {
		const char *old = i < was->n_items ? was->items[i].name : NULL;
		const char *new = k < is->n_items ? is->items[k].name : NULL;
		const int order = old == NULL ? 1 : new == NULL ? -1 : strcmp(old, new);
		RD_TRY(add_file(c, order <= 0 ? old : new, out, err));
		i += order <= 0;
		k += order >= 0;
	}
	return RD_OK;
}

/* ---- JSON ---- */

static json_t *fields_json(const struct rd_difference *d)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->n_fields; i++) {
		const struct rd_field_difference *f = &d->fields[i];
		json_array_append_new(
			list, json_pack("{s:o,s:o,s:o}", "field", rd_json_string(f->field), "was",
				      f->was != NULL ? rd_json_string(f->was) : json_null(), "is",
				      f->is != NULL ? rd_json_string(f->is) : json_null()));
	}
	return list;
}

static json_t *difference_json(const struct rd_difference *d)
{
	return json_pack("{s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "change",
		rd_difference_names[d->what], "stanza", rd_json_text(d->stanza), "name",
		rd_json_string(d->name), "layer", rd_json_text(d->layer), "file",
		rd_json_string(d->file), "line", d->line > 0 ? json_integer(d->line) : json_null(),
		"trouble", rd_json_text(d->trouble), "fields", fields_json(d));
}

static enum rd_rc print_as_json(const struct comparison *c, const char *lines)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->found.n_items; i++)
		json_array_append_new(list, difference_json(&c->found.items[i]));
	rd_json_print(json_pack("{s:s,s:s,s:o,s:o,s:o}", "was", c->was.files.sha256, "is",
		c->is.files.sha256, "differences", list, "cosmetic",
		rd_json_words(c->found.cosmetic, c->found.n_cosmetic), "text",
		c->text ? rd_json_string(lines) : json_null()));
	return RD_OK;
}

/* ---- the command ---- */

static enum rd_rc show(const struct rd_ctl *ctl, const struct comparison *c, struct rd_err *err)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf lines = RD_BUF(TEXT_BYTES_MAX);
	const bool same = strcmp(c->was.files.sha256, c->is.files.sha256) == 0;

	if (c->text)
		RD_TRY(add_lines(c, &lines, err));
	if (ctl->json)
		return print_as_json(c, rd_buf_str(&lines));
	printf("from: %s\nto:   %s\n", c->was.words, c->is.words);
	if (same)
		puts("They are the same.");
	else
		putchar('\n');
	if (c->text) {
		rd_print_lines(stdout, rd_buf_str(&lines), lines.len);
		return RD_OK;
	}
	return print_by_rule(c, err);
}

/* was NULL: what is live; is NULL: the folder that `rules activate` would take. */
static enum rd_rc read_sets(const struct rd_ctl *ctl, struct rd_ctl_desk *desk, struct rd_db **db,
	const char *was, const char *is, struct comparison *c, struct rd_err *err)
{
	if (was == NULL || rd_ctl_set_is_stored(was) || is == NULL || rd_ctl_set_is_stored(is)) {
		RD_TRY(rd_ctl_open_store(ctl, false, desk, err));
		RD_TRY(rd_db_open(desk->store, db, err));
	}
	if (is == NULL)
		is = ctl->rules != NULL ? ctl->rules : desk->config->rules;
	RD_TRY(rd_ctl_set_read(*db, was != NULL ? was : "live", c->arena, &c->was, err));
	RD_TRY(rd_ctl_set_read(*db, is, c->arena, &c->is, err));
	return rd_rulefiles_compare(&c->was.files, &c->is.files, c->arena, &c->found, err);
}

enum rd_exit rd_ctl_rules_diff(struct rd_ctl *ctl, int argc, char **argv)
{
	static const struct option options[] = { { "text", no_argument, NULL, 't' }, RD_CTL_OPTIONS,
		{ NULL, 0, NULL, 0 } };
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(DIFF_ARENA_BYTES);
	RD_CLEANUP(rd_ctl_close) struct rd_ctl_desk desk = { 0 };
	RD_CLEANUP(rd_db_cleanup) struct rd_db *db = NULL;
	struct comparison c = { .arena = arena };
	struct rd_err err = { 0 };
	int option;

	while ((option = rd_ctl_next_option(argc, argv, options)) != -1) {
		if (option == 't')
			c.text = true;
		else if (!rd_ctl_option(ctl, option))
			return rd_ctl_usage(ctl);
	}
	const char *const *sets = (const char *const *)argv + optind;
	const int n = argc - optind;
	if (!rd_ctl_at_most(ctl, argc, argv, 2, "set"))
		return RD_EXIT_USAGE;
	/* One alone is what the live rules are compared with. */
	if (read_sets(ctl, &desk, &db, n == 2 ? sets[0] : NULL,
		    n == 2   ? sets[1]
		    : n == 1 ? sets[0]
			     : NULL,
		    &c, &err) != RD_OK ||
		show(ctl, &c, &err) != RD_OK)
		return rd_ctl_fail(&err);
	return strcmp(c.was.files.sha256, c.is.files.sha256) == 0 ? RD_EXIT_DONE : RD_EXIT_FOUND;
}

#include "redress/rules/difference.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "redress/base/stanza.h"
#include "redress/rules/layers.h"

const char *const rd_difference_names[] = { "added", "removed", "changed", NULL };

/* A stanza of one side, and what it is found by: shipped rules by name wherever they stand, others
 * within their file. */
struct entry {
	const struct rd_stanza *stanza;
	const char *space; /* "" for the shipped rules, else the file */
	const char *layer;
	size_t at; /* how manieth of its side */
};

struct side {
	struct entry *items;
	size_t n, size;
};

struct comparison {
	struct rd_arena *arena;
	struct side was, is;
	struct rd_difference *items;
	size_t n_items, size;
	const char **cosmetic;
	size_t n_cosmetic;
};

static enum rd_rc full(struct rd_err *err)
{
	return rd_fail(err, RD_E_RANGE, "no room left to compare two rule folders");
}

/* One place more in a list that lies in an arena; NULL where that is full. */
static void *grow(struct rd_arena *arena, void *items, size_t *n, size_t *size, size_t each)
{
	if (*n == *size) {
		const size_t larger = *size == 0 ? 64 : 2 * *size;
		char *copy = rd_arena_array(arena, larger, each);
		if (copy == NULL)
			return NULL;
		if (*n > 0)
			memcpy(copy, items, *n * each);
		*size = larger;
		items = copy;
	}
	(*n)++;
	return items;
}

static bool ends_in(const char *name, const char *ending)
{
	const size_t n = strlen(name), tail = strlen(ending);

	return n > tail && strcmp(name + n - tail, ending) == 0;
}

static struct rd_difference *new_difference(
	struct comparison *c, enum rd_difference_kind what, struct rd_err *err)
{
	c->items = grow(c->arena, c->items, &c->n_items, &c->size, sizeof *c->items);
	if (c->items == NULL) {
		full(err);
		return NULL;
	}
	struct rd_difference *d = &c->items[c->n_items - 1];
	*d = (struct rd_difference){
		.what = what, .stanza = "", .name = "", .layer = "", .trouble = ""
	};
	return d;
}

static enum rd_rc add_whole_file(struct comparison *c, const struct rd_rulefile *was,
	const struct rd_rulefile *is, const char *trouble, struct rd_err *err)
{
	struct rd_difference *d = new_difference(c,
		was == NULL  ? RD_ADDED
		: is == NULL ? RD_REMOVED
			     : RD_CHANGED,
		err);

	if (d == NULL)
		return err->code;
	d->name = d->file = is != NULL ? is->name : was->name;
	d->trouble = trouble;
	return RD_OK;
}

/* ---- stanzas ---- */

static enum rd_rc gather(struct comparison *c, struct side *side, const struct rd_stanzas *stanzas,
	struct rd_err *err)
{
	char name[RD_LAYER_NAME_MAX];

	if (stanzas->n_items == 0)
		return RD_OK;
	const bool layered = rd_layer_of(stanzas->file, name);
	const bool shipped = ends_in(stanzas->file, ".rules") && strchr(stanzas->file, '/') == NULL;
	const char *layer = layered ? rd_arena_strdup(c->arena, name) : "";

	for (size_t i = 0; i < stanzas->n_items; i++) {
		side->items =
			grow(c->arena, side->items, &side->n, &side->size, sizeof *side->items);
		if (side->items == NULL)
			return full(err);
		side->items[side->n - 1] = (struct entry){ .stanza = &stanzas->items[i],
			.space = shipped ? "" : stanzas->file,
			.layer = layer,
			.at = side->n };
	}
	return RD_OK;
}

/* There is one head, whatever it is called. */
static const char *name_of(const struct rd_stanza *stanza)
{
	return strcasecmp(stanza->fields[0].name, "Ruleset") == 0 ? "" : stanza->fields[0].value;
}

static int compare_keys(const struct entry *a, const struct entry *b)
{
	int order = strcmp(a->space, b->space);

	if (order == 0)
		order = strcasecmp(a->stanza->fields[0].name, b->stanza->fields[0].name);
	if (order == 0)
		order = strcmp(name_of(a->stanza), name_of(b->stanza));
	return order;
}

static int by_key(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;
	const int order = compare_keys(a, b);

	return order != 0 ? order : (a->at > b->at) - (a->at < b->at);
}

/* ---- fields ---- */

struct mark {
	const struct rd_field *field;
	bool matched;
};

static int by_field(const void *left, const void *right)
{
	const struct mark *const *a = left, *const *b = right;
	const int order = strcasecmp((*a)->field->name, (*b)->field->name);

	return order != 0 ? order : strcmp((*a)->field->value, (*b)->field->value);
}

/* The fields of a stanza in their order, and the same sorted. */
static struct mark *mark_fields(
	const struct rd_stanza *stanza, struct rd_arena *arena, struct mark ***ret_sorted)
{
	const size_t n = stanza != NULL ? stanza->n_fields : 0;
	struct mark *marks = rd_arena_array(arena, n + 1, sizeof *marks);
	struct mark **sorted = rd_arena_array(arena, n + 1, sizeof *sorted);

	if (marks == NULL || sorted == NULL)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		marks[i].field = &stanza->fields[i];
		sorted[i] = &marks[i];
	}
	qsort(sorted, n, sizeof *sorted, by_field);
	*ret_sorted = sorted;
	return marks;
}

static void match_equal(struct mark **was, size_t n_was, struct mark **is, size_t n_is)
{
	for (size_t i = 0, k = 0; i < n_was && k < n_is;) {
		const int order = by_field(&was[i], &is[k]);
		was[i]->matched = was[i]->matched || order == 0;
		is[k]->matched = is[k]->matched || order == 0;
		i += order <= 0;
		k += order >= 0;
	}
}

/* The only unmatched field of that name, or NULL. */
static struct mark *only(struct mark *marks, size_t n, const char *name)
{
	struct mark *found = NULL;

	for (size_t i = 0; i < n; i++) {
		if (marks[i].matched || strcasecmp(marks[i].field->name, name) != 0)
			continue;
		if (found != NULL)
			return NULL;
		found = &marks[i];
	}
	return found;
}

/* was or is NULL: the stanza came or went. */
static enum rd_rc compare_fields(const struct rd_stanza *was, const struct rd_stanza *is,
	struct rd_arena *arena, struct rd_difference *d, struct rd_err *err)
{
	const size_t n_was = was != NULL ? was->n_fields : 0, n_is = is != NULL ? is->n_fields : 0;
	struct mark **sorted_was = NULL, **sorted_is = NULL;
	struct mark *marks_was = mark_fields(was, arena, &sorted_was);
	struct mark *marks_is = mark_fields(is, arena, &sorted_is);
	struct rd_field_difference *fields =
		rd_arena_array(arena, n_was + n_is + 1, sizeof *fields);
	size_t n = 0;

	if (marks_was == NULL || marks_is == NULL || fields == NULL)
		return full(err);
	match_equal(sorted_was, n_was, sorted_is, n_is);
	for (size_t i = 0; i < n_was; i++) {
		const struct rd_field *field = marks_was[i].field;
		if (marks_was[i].matched)
			continue;
		struct mark *other = only(marks_was, n_was, field->name) != NULL
					     ? only(marks_is, n_is, field->name)
					     : NULL;
		fields[n++] = (struct rd_field_difference){ field->name, field->value,
			other != NULL ? other->field->value : NULL };
		if (other != NULL)
			other->matched = true;
	}
	for (size_t i = 0; i < n_is; i++)
		if (!marks_is[i].matched)
			fields[n++] = (struct rd_field_difference){ marks_is[i].field->name, NULL,
				marks_is[i].field->value };
	if (was != NULL && is != NULL && strcmp(was->file, is->file) != 0)
		fields[n++] = (struct rd_field_difference){ "file", was->file, is->file };
	d->fields = fields;
	d->n_fields = n;
	return RD_OK;
}

static enum rd_rc add_stanza(
	struct comparison *c, const struct entry *was, const struct entry *is, struct rd_err *err)
{
	const struct entry *one = is != NULL ? is : was;
	struct rd_difference *d = new_difference(c,
		was == NULL  ? RD_ADDED
		: is == NULL ? RD_REMOVED
			     : RD_CHANGED,
		err);

	if (d == NULL)
		return err->code;
	d->stanza = one->stanza->fields[0].name;
	d->name = one->stanza->fields[0].value;
	d->layer = one->layer;
	d->file = one->stanza->file;
	d->line = one->stanza->fields[0].line;
	RD_TRY(compare_fields(was != NULL ? was->stanza : NULL, is != NULL ? is->stanza : NULL,
		c->arena, d, err));
	if (d->n_fields == 0)
		c->n_items--; /* the same after all */
	return RD_OK;
}

static enum rd_rc compare_stanzas(struct comparison *c, struct rd_err *err)
{
	struct side *was = &c->was, *is = &c->is;

	if (was->n > 0)
		qsort(was->items, was->n, sizeof *was->items, by_key);
	if (is->n > 0)
		qsort(is->items, is->n, sizeof *is->items, by_key);
	for (size_t i = 0, k = 0; i < was->n || k < is->n;) {
		const struct entry *old = i < was->n ? &was->items[i] : NULL;
		const struct entry *new = k < is->n ? &is->items[k] : NULL;
		const int order = old == NULL ? 1 : new == NULL ? -1 : compare_keys(old, new);
		RD_TRY(add_stanza(c, order <= 0 ? old : NULL, order >= 0 ? new : NULL, err));
		i += order <= 0;
		k += order >= 0;
	}
	return RD_OK;
}

/* ---- files ---- */

static bool holds_stanzas(const char *name)
{
	return ends_in(name, ".rules") || ends_in(name, ".landlord");
}

static enum rd_rc parse(const struct rd_rulefile *file, struct rd_arena *arena,
	struct rd_stanzas *ret_stanzas, struct rd_err *err)
{
	*ret_stanzas = (struct rd_stanzas){ .items = NULL };
	if (file == NULL)
		return RD_OK;
	return rd_stanzas_parse(file->name, file->bytes, file->len, arena, ret_stanzas, err);
}

static enum rd_rc take_file(struct comparison *c, const struct rd_rulefile *was,
	const struct rd_rulefile *is, struct rd_err *err)
{
	struct rd_stanzas stanzas_was, stanzas_is;
	struct rd_err why = { 0 };

	if (was != NULL && is != NULL && was->len == is->len &&
		memcmp(was->bytes, is->bytes, was->len) == 0)
		return RD_OK;
	if (!holds_stanzas(is != NULL ? is->name : was->name))
		return add_whole_file(c, was, is, "", err);
	if (parse(was, c->arena, &stanzas_was, &why) != RD_OK ||
		parse(is, c->arena, &stanzas_is, &why) != RD_OK)
		return rd_arena_overflowed(c->arena)
			       ? full(err)
			       : add_whole_file(
					 c, was, is, rd_arena_strdup(c->arena, why.msg), err);
	c->cosmetic[c->n_cosmetic++] = is != NULL ? is->name : was->name;
	RD_TRY(gather(c, &c->was, &stanzas_was, err));
	return gather(c, &c->is, &stanzas_is, err);
}

/* Both are sorted by name. */
static enum rd_rc take_files(struct comparison *c, const struct rd_rulefiles *was,
	const struct rd_rulefiles *is, struct rd_err *err)
{
	for (size_t i = 0, k = 0; i < was->n_items || k < is->n_items;) {
		const struct rd_rulefile *old = i < was->n_items ? &was->items[i] : NULL;
		const struct rd_rulefile *new = k < is->n_items ? &is->items[k] : NULL;
		const int order = old == NULL ? 1 : new == NULL ? -1 : strcmp(old->name, new->name);
		RD_TRY(take_file(c, order <= 0 ? old : NULL, order >= 0 ? new : NULL, err));
		i += order <= 0;
		k += order >= 0;
	}
	return RD_OK;
}

static bool is_told_of(const struct comparison *c, const char *file)
{
	for (size_t i = 0; i < c->n_items; i++) {
		const struct rd_difference *d = &c->items[i];
		if (strcmp(d->file, file) == 0)
			return true;
		for (size_t k = 0; k < d->n_fields; k++)
			if (strcmp(d->fields[k].field, "file") == 0 && d->fields[k].was != NULL &&
				strcmp(d->fields[k].was, file) == 0)
				return true;
	}
	return false;
}

static void drop_told_files(struct comparison *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_cosmetic; i++)
		if (!is_told_of(c, c->cosmetic[i]))
			c->cosmetic[n++] = c->cosmetic[i];
	c->n_cosmetic = n;
}

static int by_place(const void *left, const void *right)
{
	const struct rd_difference *a = left, *b = right;
	int order = strcmp(a->layer, b->layer);

	if (order == 0)
		order = strcmp(a->file, b->file);
	return order != 0 ? order : a->line - b->line;
}

enum rd_rc rd_rulefiles_compare(const struct rd_rulefiles *was, const struct rd_rulefiles *is,
	struct rd_arena *arena, struct rd_differences *ret_diff, struct rd_err *err)
{
	struct comparison c = { .arena = arena,
		.cosmetic =
			rd_arena_array(arena, was->n_items + is->n_items + 1, sizeof *c.cosmetic) };

	if (c.cosmetic == NULL)
		return full(err);
	RD_TRY(take_files(&c, was, is, err));
	RD_TRY(compare_stanzas(&c, err));
	if (rd_arena_overflowed(arena))
		return full(err);
	drop_told_files(&c);
	if (c.n_items > 0)
		qsort(c.items, c.n_items, sizeof *c.items, by_place);
	*ret_diff = (struct rd_differences){ c.items, c.n_items, c.cosmetic, c.n_cosmetic };
	return RD_OK;
}

/* What a rule says twice, says against itself, or says to nobody. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "redress/base/stanza.h"
#include "redress/message/normal.h"
#include "redress/message/sms.h"
#include "redress/rules/linter.h"

#define SAME_LETTERS 3	  /* that a misspelt group begins with */
#define NAMES_MAX    2000 /* groups that a misspelt one is compared with */

static const struct rd_line *find_line(const struct rd_definition *def, const char *name)
{
	for (size_t i = 0; i < def->lines.n_items; i++)
		if (strcasecmp(def->lines.items[i].name, name) == 0)
			return &def->lines.items[i];
	return NULL;
}

static bool begins(const char *value, const char *with)
{
	return strncasecmp(value, with, strlen(with)) == 0;
}

static bool ends(const char *value, const char *with)
{
	size_t n = strlen(value), n_with = strlen(with);

	return n >= n_with && strcasecmp(value + n - n_with, with) == 0;
}

static bool all_at_beginning(const struct rd_definition *def)
{
	for (size_t i = 0; i < def->phrases.n_items; i++)
		if (!begins(def->phrases.items[i].value, "[start]") &&
			!begins(def->phrases.items[i].value, "[sentence start]"))
			return false;
	return def->regexes.n_items == 0;
}

static bool all_at_end(const struct rd_definition *def)
{
	for (size_t i = 0; i < def->phrases.n_items; i++)
		if (!ends(def->phrases.items[i].value, "[end]") &&
			!ends(def->phrases.items[i].value, "[sentence end]"))
			return false;
	return def->regexes.n_items == 0;
}

/* Nothing stands before a sentence's beginning or behind its end. */
static void check_sides(struct rd_linter *l, const struct rd_definition *def)
{
	for (size_t i = 0; i < def->n_unless; i++) {
		const struct rd_unless *u = &def->unless[i];
		if (u->side == RD_BEFORE && all_at_beginning(def))
			rd_problem_warning(l->problems, u->phrases[0].at,
				"this can never apply: all phrases of the rule begin a sentence or "
				"message, and nothing stands before that");
		if (u->side == RD_AFTER && all_at_end(def))
			rd_problem_warning(l->problems, u->phrases[0].at,
				"this can never apply: all phrases of the rule end a sentence or "
				"message, and nothing stands behind that");
	}
}

/* [start] says all that [sentence start] says. */
static void check_anchors(struct rd_linter *l, const struct rd_line *phrase)
{
	static const char *const pairs[][2] = { { "[start]", "[sentence start]" },
		{ "[end]", "[sentence end]" }, { "[start]", "[start]" }, { "[end]", "[end]" },
		{ "[sentence start]", "[sentence start]" },
		{ "[sentence end]", "[sentence end]" } };

	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
		const char *one = strcasestr(phrase->value, pairs[i][0]);
		bool twice = strcmp(pairs[i][0], pairs[i][1]) == 0;
		const char *other =
			one == NULL ? NULL
				    : strcasestr(twice ? one + 1 : phrase->value, pairs[i][1]);
		struct rd_place at = phrase->at;
		if (other == NULL)
			continue;
		at.column += (int)(other - phrase->value);
		rd_problem_warning(l->problems, at, "`%s` says nothing more beside `%s`; keep one",
			pairs[i][1], pairs[i][0]);
		return;
	}
}

static void check_where(struct rd_linter *l, const struct rd_definition *def)
{
	const struct rd_line *look_in = find_line(def, "Look in");
	const struct rd_line *for_kind = find_line(def, "For");
	const struct rd_line *points = find_line(def, "Points");

	if (!def->by_email && !def->in_body && look_in != NULL)
		rd_problem_error(l->problems, look_in->at,
			"a contradiction: text messages have no subject, and the rule is for those "
			"only (`Channel: sms`)");
	if (for_kind != NULL && points == NULL && !def->is_leaning)
		rd_problem_note(l->problems, for_kind->name_at,
			"`For:` says whose total the points join, and this has no `Points:`");
	if (points != NULL && def->has_points && def->points == 0 && def->layer[0] == '\0')
		rd_problem_warning(l->problems, points->at,
			"0 points add nothing; delete the line, or write how many it shall add");
}

static void check_examples_once(struct rd_linter *l, struct rd_lines examples)
{
	for (size_t i = 0; i < examples.n_items; i++)
		for (size_t k = 0; k < i; k++)
			if (strcasecmp(examples.items[i].value, examples.items[k].value) == 0) {
				rd_problem_note(l->problems, examples.items[i].at,
					"this example stands in line %d already",
					examples.items[k].at.line);
				break;
			}
}

static void check_lengths(
	struct rd_linter *l, const struct rd_definition *def, struct rd_lines examples)
{
	for (size_t i = 0; i < examples.n_items && !def->by_email; i++) {
		const struct rd_line *line = &examples.items[i];
		struct rd_sms_size size = rd_sms_size(line->value, strlen(line->value));
		if (size.parts > 1)
			rd_problem_note(l->problems, line->at,
				"this example is longer than one text message (it takes %u); the "
				"rule is for texts only, so write what one would hold",
				size.parts);
	}
}

/* The smaller of two windows adds nothing; 0 is the whole sentence. */
static bool is_within(int window, int other)
{
	return other == 0 || (window != 0 && window <= other);
}

static void check_exclusion(
	struct rd_linter *l, const struct rd_definition *def, size_t unless, size_t phrase)
{
	const struct rd_unless *mine = &def->unless[unless];
	const struct rd_line *line = &mine->phrases[phrase];

	for (size_t i = 0; i < def->n_unless; i++)
		for (size_t k = 0; k < def->unless[i].n_phrases; k++) {
			const struct rd_unless *u = &def->unless[i];
			bool earlier = i < unless || (i == unless && k < phrase);
			bool wider = is_within(mine->window, u->window) &&
				     (earlier || !is_within(u->window, mine->window));
			if (u->side != mine->side || !wider || (i == unless && k == phrase) ||
				strcasecmp(u->phrases[k].value, line->value) != 0)
				continue;
			rd_problem_note(l->problems, line->at,
				"`%.60s` stands in line %d already, for as many words or more",
				line->value, u->phrases[k].at.line);
			return;
		}
}

/* Characters that are made plain in every text, so that a Regex never meets them. */
static void check_regex_letters(struct rd_linter *l, const struct rd_line *regex)
{
	size_t len = strlen(regex->value);
	struct rd_normal normal;
	struct rd_err err = { 0 };
	uint32_t from = 0, to = 0;

	if (rd_normalise(regex->value, (uint32_t)len, NULL, 0, (uint32_t)(4 * len + 64), l->arena,
		    &normal, &err) != RD_OK)
		return;
	for (uint32_t i = 0; i < normal.len; i++) {
		rd_normal_origin(&normal, i, i + 1, &from, &to);
		bool same = to == from + 1 && regex->value[from] == normal.text[i];
		bool letter = ((unsigned char)regex->value[from] & 0x80) != 0;
		struct rd_place at = regex->at;
		if (same || !letter)
			continue;
		while (to < len && ((unsigned char)regex->value[to] & 0xc0) == 0x80)
			to++;
		int n_plain = 1;
		while (((unsigned char)normal.text[i + (uint32_t)n_plain] & 0xc0) == 0x80)
			n_plain++;
		at.column += (int)from;
		rd_problem_warning(l->problems, at,
			"`%.*s` never stands in the text that is searched: it is `%.*s` there",
			(int)(to - from), regex->value + from, n_plain, normal.text + i);
		return;
	}
}

/* A comma parts what an Unless or a Word line holds, but not a phrase: it would be passed over. */
static void check_commas(struct rd_linter *l, const struct rd_line *phrase)
{
	const char *comma = strchr(phrase->value, ',');
	struct rd_place at = phrase->at;

	if (comma == NULL)
		return;
	at.column += (int)(comma - phrase->value);
	rd_problem_warning(l->problems, at,
		"a comma is not `or` here: both must stand in the text, one after the other. Write "
		"two `Phrase:` lines, or (this|that); delete the comma if that is what you mean");
}

/* `*wall` would look for a star. */
static void check_stars(struct rd_linter *l, const struct rd_line *phrase)
{
	for (const char *p = strchr(phrase->value, '*'); p != NULL; p = strchr(p + 1, '*')) {
		const bool begins = p == phrase->value || strchr(" (|", p[-1]) != NULL;
		struct rd_place at = phrase->at;

		if (!begins || !isalnum((unsigned char)p[1]))
			continue;
		at.column += (int)(p - phrase->value);
		rd_problem_warning(l->problems, at,
			"a star stands at the end of a word (`complain*`); before it, nothing but "
			"a star in the text would match");
		return;
	}
}

/* "mould within 6 words": a window whose brackets were forgotten is a phrase. */
static void check_window(struct rd_linter *l, const struct rd_line *phrase)
{
	const char *at = strcasestr(phrase->value, "within ");
	struct rd_place place = phrase->at;
	char *end = NULL;

	if (at == NULL)
		return;
	const long words = strtol(at + 7, &end, 10);
	if (end == at + 7 || strncasecmp(end, " word", 5) != 0)
		return;
	place.column += (int)(at - phrase->value);
	rd_problem_warning(l->problems, place,
		"these are words that are looked for; if you mean how near, write [within %ld "
		"word%s] in brackets",
		words, words == 1 ? "" : "s");
}

static void check_kinds(struct rd_linter *l, const struct rd_definition *def)
{
	const struct rd_definitions *all = &l->set->definitions;

	for (const struct rd_definition *other = all->rules; other < def && def->decides; other++) {
		if (!other->decides || other->decides_kind == def->decides_kind)
			continue;
		for (size_t i = 0; i < def->phrases.n_items; i++)
			for (size_t k = 0; k < other->phrases.n_items; k++)
				if (strcasecmp(def->phrases.items[i].value,
					    other->phrases.items[k].value) == 0)
					rd_problem_warning(l->problems, def->phrases.items[i].at,
						"a contradiction: for the same phrase rule `%s` "
						"(%s, line %d) decides %s; a person would have to "
						"look each time",
						other->id, other->phrases.items[k].at.file,
						other->phrases.items[k].at.line,
						rd_kind_names[other->decides_kind]);
	}
}

void rd_lint_rule(struct rd_linter *l, const struct rd_definition *def)
{
	if (def->faulty)
		return;
	rd_arena_reset(l->arena);
	check_examples_once(l, def->must);
	check_examples_once(l, def->must_not);
	check_lengths(l, def, def->must);
	check_lengths(l, def, def->must_not);
	check_where(l, def);
	check_sides(l, def);
	for (size_t i = 0; i < def->phrases.n_items; i++) {
		check_anchors(l, &def->phrases.items[i]);
		check_commas(l, &def->phrases.items[i]);
		check_stars(l, &def->phrases.items[i]);
	}
	for (size_t i = 0; i < def->n_unless; i++)
		for (size_t k = 0; k < def->unless[i].n_phrases; k++) {
			check_exclusion(l, def, i, k);
			check_window(l, &def->unless[i].phrases[k]);
			check_stars(l, &def->unless[i].phrases[k]);
		}
	for (size_t i = 0; i < def->regexes.n_items; i++)
		check_regex_letters(l, &def->regexes.items[i]);
	check_kinds(l, def);
}

void rd_lint_words(struct rd_linter *l, const struct rd_words_def *words)
{
	for (size_t i = 0; i < words->words.n_items; i++)
		for (size_t k = 0; k < i; k++)
			if (strcasecmp(words->words.items[i].value, words->words.items[k].value) ==
				0) {
				rd_problem_note(l->problems, words->words.items[i].at,
					"`%.60s` stands in line %d already",
					words->words.items[i].value, words->words.items[k].at.line);
				break;
			}
}

/* Two words that merely look alike ("promise", "praise") are two groups; a slip of the hand keeps
 * the beginning, or all letters. */
static bool is_slip(const char *name, const char *other)
{
	unsigned counts[256] = { 0 };

	if (strncasecmp(name, other, SAME_LETTERS) == 0)
		return true;
	if (strlen(name) != strlen(other))
		return false;
	for (const char *p = name; *p != '\0'; p++)
		counts[(unsigned char)*p]++;
	for (const char *p = other; *p != '\0'; p++)
		if (counts[(unsigned char)*p]-- == 0)
			return false;
	return true;
}

/* A group of one rule that has nearly the name of another is one that somebody misspelt. */
void rd_lint_group(struct rd_linter *l, const struct rd_group_def *group)
{
	const struct rd_definitions *all = &l->set->definitions;
	const char *names[NAMES_MAX + 1];
	const struct rd_definition *only = NULL;
	size_t n = 0, n_rules = 0;

	for (size_t i = 0; i < all->n_rules; i++)
		if (strcasecmp(all->rules[i].group, group->name) == 0) {
			only = &all->rules[i];
			n_rules++;
		}
	if (n_rules == 0) {
		rd_problem_warning(l->problems, group->at, "no rule is in group `%s`", group->name);
		return;
	}
	if (n_rules > 1 || group->named)
		return;
	for (size_t i = 0; i < all->n_groups && n < NAMES_MAX; i++)
		if (&all->groups[i] != group)
			names[n++] = all->groups[i].name;
	names[n] = NULL;
	const char *near = rd_did_you_mean(group->name, names);
	const struct rd_line *line = find_line(only, "Group");
	if (near != NULL && line != NULL && is_slip(group->name, near))
		rd_problem_note(l->problems, line->at,
			"no other rule is in group `%s`; did you mean `%s`?", group->name, near);
}

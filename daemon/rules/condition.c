#include "redress/rules/condition.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "redress/base/stanza.h"

#define WORD_MAX 64

struct word {
	char text[WORD_MAX];
	size_t at; /* in the line */
};

enum waiting { W_OR, W_AND, W_NOT, W_OPEN };

struct cond_reader {
	const struct rd_line *line;
	const struct rd_definitions *all;
	struct rd_arena *arena;
	struct rd_problems *problems;
	struct word words[RD_COMBINE_TOKENS_MAX];
	size_t n_words, i;
	struct rd_step *steps;
	size_t n_steps;
	enum waiting waiting[RD_COMBINE_TOKENS_MAX];
	size_t n_waiting;
};

static struct rd_place place(const struct cond_reader *r, size_t word)
{
	struct rd_place at = r->line->at;

	at.column += (int)(word < r->n_words ? r->words[word].at : strlen(r->line->value));
	return at;
}

static bool complain(const struct cond_reader *r, const char *what)
{
	rd_problem_error(r->problems, place(r, r->i), "%s", what);
	return false;
}

static bool split(struct cond_reader *r)
{
	const char *text = r->line->value;

	for (size_t i = 0; text[i] != '\0';) {
		if (isspace((unsigned char)text[i])) {
			i++;
			continue;
		}
		size_t len = strchr("(),", text[i]) != NULL ? 1 : strcspn(text + i, " \t(),");
		if (r->n_words == RD_COMBINE_TOKENS_MAX) {
			r->i = r->n_words - 1;
			return complain(
				r, "this condition is too long; make several combines of it");
		}
		struct word *w = &r->words[r->n_words++];
		w->at = i;
		snprintf(w->text, sizeof w->text, "%.*s", (int)len, text + i);
		i += len;
	}
	return true;
}

static bool next_is(const struct cond_reader *r, const char *word)
{
	return r->i < r->n_words && strcasecmp(r->words[r->i].text, word) == 0;
}

static bool take(struct cond_reader *r, const char *word)
{
	if (!next_is(r, word))
		return false;
	r->i++;
	return true;
}

static void add_step(struct cond_reader *r, struct rd_step step)
{
	if (r->n_steps < 2u * RD_COMBINE_TOKENS_MAX)
		r->steps[r->n_steps++] = step;
}

static bool find_rule(struct cond_reader *r, const char *id, uint32_t *ret)
{
	for (size_t i = 0; i < r->all->n_rules; i++)
		if (strcmp(r->all->rules[i].id, id) == 0) {
			if (r->all->rules[i].is_leaning) {
				rd_problem_error(r->problems, place(r, r->i),
					"`%s` is a Leaning: its words stand in nearly every "
					"message, "
					"so no condition can be made of it",
					id);
				return false;
			}
			*ret = (uint32_t)i;
			return true;
		}
	if (r->all->incomplete)
		return false;
	const char **ids = rd_arena_array(r->arena, r->all->n_rules + 1, sizeof *ids);
	const char *near = NULL;
	for (size_t i = 0; i < r->all->n_rules && ids != NULL; i++)
		ids[i] = r->all->rules[i].id;
	if (ids != NULL)
		near = rd_did_you_mean(id, ids);
	rd_problem_error(r->problems, place(r, r->i), "there is no rule `%s`%s%s%s", id,
		near != NULL ? "; did you mean `" : "", near != NULL ? near : "",
		near != NULL ? "`?" : "");
	return false;
}

static bool read_group(struct cond_reader *r, uint32_t *rules, size_t *n)
{
	if (r->i == r->n_words)
		return complain(r, "the name of a group is missing here");
	const char *name = r->words[r->i].text;
	const struct rd_group_def *group = rd_group_find(r->all, name);
	for (size_t i = 0; i < r->all->n_rules; i++)
		if (!r->all->rules[i].is_combine && strcasecmp(r->all->rules[i].group, name) == 0)
			rules[(*n)++] = (uint32_t)i;
	if ((group == NULL || *n == 0) && r->all->incomplete)
		return false;
	if (group == NULL || *n == 0) {
		const char **names = rd_arena_array(r->arena, r->all->n_groups + 1, sizeof *names);
		const char *near = NULL;
		for (size_t i = 0; i < r->all->n_groups && names != NULL; i++)
			names[i] = r->all->groups[i].name;
		if (names != NULL)
			near = rd_did_you_mean(name, names);
		rd_problem_error(r->problems, place(r, r->i), "no rule is in a group `%s`%s%s%s",
			name, near != NULL ? "; did you mean `" : "", near != NULL ? near : "",
			near != NULL ? "`?" : "");
		return false;
	}
	r->i++;
	return true;
}

static bool read_list(struct cond_reader *r, uint32_t *rules, size_t *n)
{
	if (!take(r, "("))
		return complain(r, "write `of group NAME` or `of (rule, rule)`");
	while (true) {
		if (r->i == r->n_words)
			return complain(r, "`(` without its `)`");
		if (!find_rule(r, r->words[r->i].text, &rules[*n]))
			return false;
		for (size_t k = 0; k < *n; k++)
			if (rules[k] == rules[*n])
				return complain(r, "this rule stands in the list already");
		(*n)++;
		r->i++;
		if (take(r, ")"))
			return true;
		if (!take(r, ",") && r->i < r->n_words && !next_is(r, ")"))
			return complain(r, "a comma belongs between the rules of a list");
	}
}

static bool read_of(struct cond_reader *r)
{
	const char *count = r->words[r->i].text;
	bool any = strcasecmp(count, "any") == 0, every = strcasecmp(count, "all") == 0;
	char *end = NULL;
	long least = any ? 1 : strtol(count, &end, 10);
	size_t n = 0, count_word = r->i;
	uint32_t *rules =
		rd_arena_array(r->arena, r->all->n_rules + RD_COMBINE_TOKENS_MAX, sizeof *rules);

	r->i++;
	if (rules == NULL || !take(r, "of"))
		return complain(r, "`of` is missing here: any of group NAME, 2 of (rule, rule)");
	if (take(r, "group") ? !read_group(r, rules, &n) : !read_list(r, rules, &n))
		return false;
	if (every)
		least = (long)n;
	if ((least < 1 || (size_t)least > n) && r->all->incomplete)
		return false;
	if (least < 1 || (size_t)least > n) {
		rd_problem_error(r->problems, place(r, count_word),
			"`%s of` can never be: there are %zu to choose from, and it needs at least "
			"1",
			count, n);
		return false;
	}
	add_step(r, (struct rd_step){ RD_STEP_OF, (unsigned)least, rules, n });
	return true;
}

static bool read_term(struct cond_reader *r)
{
	const char *text = r->words[r->i].text;

	if (strcasecmp(text, "any") == 0 || strcasecmp(text, "all") == 0 ||
		isdigit((unsigned char)text[0]))
		return read_of(r);
	if (strcasecmp(text, "and") == 0 || strcasecmp(text, "or") == 0 ||
		strchr("),", text[0]) != NULL)
		return complain(r, "a rule's name belongs here");
	uint32_t *rule = rd_arena_array(r->arena, 1, sizeof *rule);
	if (rule == NULL || !find_rule(r, text, rule))
		return false;
	r->i++;
	add_step(r, (struct rd_step){ RD_STEP_TERM, 1, rule, 1 });
	return true;
}

static void unwind(struct cond_reader *r, enum waiting at_least)
{
	static const enum rd_step_kind kinds[] = {
		[W_OR] = RD_STEP_OR, [W_AND] = RD_STEP_AND, [W_NOT] = RD_STEP_NOT
	};

	while (r->n_waiting > 0 && r->waiting[r->n_waiting - 1] != W_OPEN &&
		r->waiting[r->n_waiting - 1] >= at_least) {
		enum waiting w = r->waiting[--r->n_waiting];
		add_step(r, (struct rd_step){ .kind = kinds[w] });
	}
}

static bool read_all(struct cond_reader *r)
{
	bool want_term = true;

	while (r->i < r->n_words) {
		if (want_term && take(r, "not")) {
			r->waiting[r->n_waiting++] = W_NOT;
		} else if (want_term && take(r, "(")) {
			r->waiting[r->n_waiting++] = W_OPEN;
		} else if (want_term) {
			if (!read_term(r))
				return false;
			unwind(r, W_NOT);
			want_term = false;
		} else if (next_is(r, "and") || next_is(r, "or")) {
			enum waiting w = next_is(r, "and") ? W_AND : W_OR;
			unwind(r, w);
			r->waiting[r->n_waiting++] = w;
			r->i++;
			want_term = true;
		} else if (next_is(r, ")")) {
			unwind(r, W_OR);
			if (r->n_waiting == 0)
				return complain(r, "`)` without its `(`");
			r->n_waiting--;
			r->i++;
			unwind(r, W_NOT);
		} else {
			return complain(r, "`and` or `or` belongs between two rules");
		}
	}
	if (want_term)
		return complain(r, "a rule's name is missing at the end");
	unwind(r, W_OR);
	if (r->n_waiting > 0)
		return complain(r, "`(` without its `)`");
	return true;
}

bool rd_condition_read(const struct rd_line *line, const struct rd_definitions *all,
	struct rd_arena *arena, struct rd_problems *problems, struct rd_condition *ret_condition)
{
	struct cond_reader r = { .line = line, .all = all, .arena = arena, .problems = problems };

	r.steps = rd_arena_array(arena, 2u * RD_COMBINE_TOKENS_MAX, sizeof *r.steps);
	bool *nothing = rd_arena_array(arena, all->n_rules + 1, sizeof *nothing);
	if (r.steps == NULL || nothing == NULL || !split(&r) || !read_all(&r))
		return false;
	struct rd_condition condition = { .steps = r.steps, .n_steps = r.n_steps };
	if (rd_condition_holds(&condition, nothing)) {
		r.i = 0;
		return complain(&r,
			"this holds for a message in which nothing hits at all; it needs a "
			"rule without `not`");
	}
	*ret_condition = condition;
	return true;
}

bool rd_condition_holds(const struct rd_condition *condition, const bool *truth)
{
	bool stack[2 * RD_COMBINE_TOKENS_MAX + 2];
	size_t n = 0;

	for (size_t i = 0; i < condition->n_steps; i++) {
		const struct rd_step *s = &condition->steps[i];
		unsigned true_ones = 0;
		switch (s->kind) {
		case RD_STEP_TERM:
		case RD_STEP_OF:
			for (size_t k = 0; k < s->n_rules; k++)
				true_ones += truth[s->rules[k]];
			stack[n++] = true_ones >= s->least;
			break;
		case RD_STEP_AND:
			n--;
			stack[n - 1] = stack[n - 1] && stack[n];
			break;
		case RD_STEP_OR:
			n--;
			stack[n - 1] = stack[n - 1] || stack[n];
			break;
		case RD_STEP_NOT:
			stack[n - 1] = !stack[n - 1];
			break;
		}
	}
	return n == 1 && stack[0];
}

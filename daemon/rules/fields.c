/* The fields of one rule or combine. */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "redress/rules/definition.h"
#include "redress/rules/leaning.h"

#define WORDS_IN_MESSAGE_MAX 100000

static const char *const rule_fields[] = { "Rule", "Means", "Topic", "Group", "Points", "For",
	"Decides", "Review", "Flag", "Mark", "Look in", "Channel", "Phrase", "Regex", "Reason",
	"Words in message", "At least", "Older than", "Unless before", "Unless after",
	"Unless near", "Must match", "Must not match", "Owner", "Review by", NULL };
static const char *const combine_fields[] = { "Combine", "If", "Means", "Topic", "Group", "Points",
	"For", "Decides", "Review", "Flag", "Mark", "Must match", "Must not match", "Owner",
	"Review by", "Channel", NULL };
static const char *const leaning_fields[] = { "Leaning", "Means", "For", "Base", "Cap", "Lean",
	"Channel", "Owner", "Review by", NULL };
static const char *const repeatable[] = { "Lean", "Flag", "Mark", "Phrase", "Regex",
	"Unless before", "Unless after", "Unless near", "Must match", "Must not match", NULL };

static const char *const words_fields[] = { "Words", "Word", "Means", NULL };
static const char *const group_fields[] = { "Group", "Cap", "Means", NULL };
static const char *const ruleset_fields[] = { "Ruleset", "Format", "Request below",
	"Complaint from", "Cap per group", "Nothing found", "Means", "Reason", "Owner", NULL };
/* Besides those of the rule that it changes. */
static const char *const override_fields[] = { "Override", "Of", "Until", "Reason", NULL };
static const char *const disable_fields[] = { "Disable", "Reason", "Until", NULL };

const struct rd_stanza_form rd_rule_forms[RD_N_FORMS] = {
	[RD_FORM_RULE] = { rule_fields, repeatable },
	[RD_FORM_COMBINE] = { combine_fields, repeatable },
	[RD_FORM_LEANING] = { leaning_fields, repeatable },
	[RD_FORM_WORDS] = { words_fields, NULL },
	[RD_FORM_GROUP] = { group_fields, NULL },
	[RD_FORM_RULESET] = { ruleset_fields, NULL },
	[RD_FORM_OVERRIDE] = { override_fields, NULL },
	[RD_FORM_DISABLE] = { disable_fields, NULL },
};

struct field_reader {
	struct rd_definition *rule;
	struct rd_arena *arena;
	struct rd_problems *problems;
};

static bool listed(const char *name, const char *const *list)
{
	for (; *list != NULL; list++)
		if (strcasecmp(name, *list) == 0)
			return true;
	return false;
}

void rd_definition_unknown_field(
	const struct rd_line *line, const char *const *known, struct rd_problems *problems)
{
	const char *near = rd_did_you_mean(line->name, known);
	char home[RD_ERR_MAX];

	if (rd_stanza_home(line->name, rd_rule_forms, RD_N_FORMS, home, sizeof home))
		rd_problem_error(problems, line->name_at, "%s", home);
	else if (near != NULL)
		rd_problem_error(problems, line->name_at, "unknown field `%s`; did you mean `%s`?",
			line->name, near);
	else
		rd_problem_error(problems, line->name_at,
			"unknown field `%s`; delete it, or begin the line with `#`", line->name);
}

static struct rd_place behind(struct rd_place at, size_t n)
{
	at.column += (int)n;
	return at;
}

struct rd_lines rd_line_split(const struct rd_line *line, struct rd_arena *arena)
{
	size_t n = 1, at = 0, made = 0;
	int depth = 0;

	for (const char *p = line->value; *p != '\0'; p++)
		n += *p == ',';
	struct rd_line *items = rd_arena_array(arena, n, sizeof *items);
	if (items == NULL)
		return (struct rd_lines){ .items = NULL, .n_items = 0 };
	for (size_t i = 0;; i++) {
		char c = line->value[i];
		if (c == '(' || c == '[' || c == '<')
			depth++;
		if (c == ')' || c == ']' || c == '>')
			depth--;
		/* The comma of 1,000 splits nothing. */
		bool comma = c == ',' && depth <= 0 &&
			     !(i > 0 && isdigit((unsigned char)line->value[i - 1]) &&
				     isdigit((unsigned char)line->value[i + 1]));
		if (c != '\0' && !comma)
			continue;
		size_t from = at, to = i;
		while (from < to && line->value[from] == ' ')
			from++;
		while (to > from && line->value[to - 1] == ' ')
			to--;
		if (to > from) {
			items[made] = *line;
			items[made].value = rd_arena_copy(arena, line->value + from, to - from);
			if (items[made].value == NULL)
				items[made].value = "";
			items[made].at = behind(line->at, from);
			made++;
		}
		at = i + 1;
		if (c == '\0')
			break;
	}
	return (struct rd_lines){ .items = items, .n_items = made };
}

static bool read_number(
	struct field_reader *r, const struct rd_line *line, double min, double max, double *ret)
{
	char *end = NULL;

	errno = 0;
	double number = strtod(line->value, &end);
	bool plain = line->value[strspn(line->value, "+-.0123456789")] == '\0';
	if (end == line->value || *end != '\0' || !plain || errno != 0 || !isfinite(number)) {
		rd_problem_error(r->problems, line->at, "`%s` is not a number; write one like 2.5",
			line->value);
		return false;
	}
	if (number < min || number > max) {
		rd_problem_error(r->problems, line->at,
			"%s is out of range; `%s` goes from %g to %g", line->value, line->name, min,
			max);
		return false;
	}
	*ret = number;
	return true;
}

static bool read_choice(struct field_reader *r, const struct rd_line *line,
	const char *const *choices, int *ret_index)
{
	for (int i = 0; choices[i] != NULL; i++)
		if (strcasecmp(line->value, choices[i]) == 0) {
			*ret_index = i;
			return true;
		}
	const char *near = rd_did_you_mean(line->value, choices);
	char all[256] = "";
	size_t len = 0;
	for (int i = 0; choices[i] != NULL; i++) {
		size_t n = strlen(choices[i]);
		if (len + n + 3 > sizeof all)
			break;
		if (i > 0) {
			memcpy(all + len, ", ", 2);
			len += 2;
		}
		memcpy(all + len, choices[i], n + 1);
		len += n;
	}
	rd_problem_error(r->problems, line->at, "`%s:` cannot be `%s`%s%s%s may be: %s", line->name,
		line->value, near != NULL ? "; did you mean `" : "", near != NULL ? near : "",
		near != NULL ? "`? It" : "; it", all);
	return false;
}

static void read_text(
	struct field_reader *r, const struct rd_line *line, size_t max, const char **ret)
{
	if (strlen(line->value) > max)
		rd_problem_error(r->problems, behind(line->at, max),
			"`%s` is too long: at most %zu characters", line->name, max);
	*ret = line->value;
}

static void read_flags(struct field_reader *r, const struct rd_line *line)
{
	struct rd_lines parts = rd_line_split(line, r->arena);
	int index;

	for (size_t i = 0; i < parts.n_items; i++)
		if (read_choice(r, &parts.items[i], rd_flag_names, &index)) {
			r->rule->flags[index] = true;
			r->rule->any_flag = true;
		}
}

static void read_marks(struct field_reader *r, const struct rd_line *line)
{
	struct rd_lines parts = rd_line_split(line, r->arena);
	size_t n = r->rule->n_marks + parts.n_items;
	const char **marks = rd_arena_array(r->arena, n + 1, sizeof *marks);

	if (marks == NULL)
		return;
	if (r->rule->n_marks > 0)
		memcpy(marks, r->rule->marks, r->rule->n_marks * sizeof *marks);
	for (size_t i = 0; i < parts.n_items; i++)
		marks[r->rule->n_marks++] = parts.items[i].value;
	r->rule->marks = marks;
}

static void read_look_in(struct field_reader *r, const struct rd_line *line)
{
	static const char *const choices[] = { "subject", "body", "any", NULL };
	struct rd_lines parts = rd_line_split(line, r->arena);
	int index;

	r->rule->in_subject = r->rule->in_body = false;
	for (size_t i = 0; i < parts.n_items; i++)
		if (read_choice(r, &parts.items[i], choices, &index)) {
			r->rule->in_subject = r->rule->in_subject || index != 1;
			r->rule->in_body = r->rule->in_body || index != 0;
		}
}

static void read_channel(struct field_reader *r, const struct rd_line *line)
{
	static const char *const choices[] = { "email", "sms", "any", NULL };
	struct rd_lines parts = rd_line_split(line, r->arena);
	int index;

	r->rule->by_email = r->rule->by_sms = false;
	for (size_t i = 0; i < parts.n_items; i++)
		if (read_choice(r, &parts.items[i], choices, &index)) {
			r->rule->by_email = r->rule->by_email || index != 1;
			r->rule->by_sms = r->rule->by_sms || index != 0;
		}
}

static void read_words_in_message(struct field_reader *r, const struct rd_line *line)
{
	char *end = NULL;
	const char *p = line->value;
	long from = 0, to = WORDS_IN_MESSAGE_MAX;

	if (isdigit((unsigned char)*p)) {
		from = strtol(p, &end, 10);
		p = end;
		to = *p == '\0' ? from : to;
	}
	if (*p == '-') {
		p++;
		if (isdigit((unsigned char)*p)) {
			to = strtol(p, &end, 10);
			p = end;
		}
	}
	if (*p != '\0' || p == line->value || from > to || to < 1 || to > WORDS_IN_MESSAGE_MAX) {
		rd_problem_error(r->problems, line->at,
			"`%s` is no range of words; write one like 1-6, 40- or -6", line->value);
		return;
	}
	r->rule->words_from = (int)from;
	r->rule->words_to = (int)to;
}

static void read_older(struct field_reader *r, const struct rd_line *line)
{
	char *end = NULL;
	long months = strtol(line->value, &end, 10);

	while (*end == ' ')
		end++;
	if (end == line->value || months < 1 || months > 120 ||
		(strcasecmp(end, "months") != 0 && strcasecmp(end, "month") != 0)) {
		rd_problem_error(r->problems, line->at,
			"`%s` is no age; write one like 12 months (1 to 120)", line->value);
		return;
	}
	r->rule->older_months = (int)months;
}

/* "not, no longer [within 3 words]" */
static void read_unless(struct field_reader *r, const struct rd_line *line, enum rd_side side)
{
	struct rd_line phrases = *line;
	int window = RD_WINDOW_DEFAULT;
	const char *open = strrchr(line->value, '[');

	if (open != NULL) {
		char *end = NULL;
		struct rd_place at = behind(line->at, (size_t)(open - line->value));
		bool is_window = strncasecmp(open, "[within", 7) == 0;
		if (is_window) {
			long words = strtol(open + 7, &end, 10);
			bool good = end != open + 7 && (strcasecmp(end, " words]") == 0 ||
							       strcasecmp(end, " word]") == 0);
			if (!good || words < 1 || words > RD_WINDOW_MAX) {
				rd_problem_error(r->problems, at,
					"`%s` is no window; write one like [within 3 words], 1 to "
					"30, "
					"at the end of the line",
					open);
				return;
			}
			window = (int)words;
		} else if (strcasecmp(open, "[same sentence]") == 0) {
			is_window = true;
			window = 0;
		}
		if (is_window)
			phrases.value =
				rd_arena_copy(r->arena, line->value, (size_t)(open - line->value));
	}
	struct rd_lines parts = { .items = NULL };
	if (phrases.value != NULL)
		parts = rd_line_split(&phrases, r->arena);
	if (parts.n_items == 0) {
		rd_problem_error(r->problems, line->at,
			"no phrase stands here; write `%s: not, no longer [within 3 words]`",
			line->name);
		return;
	}
	struct rd_unless *all = rd_arena_array(r->arena, r->rule->n_unless + 1, sizeof *all);
	if (all == NULL)
		return;
	if (r->rule->n_unless > 0)
		memcpy(all, r->rule->unless, r->rule->n_unless * sizeof *all);
	all[r->rule->n_unless++] = (struct rd_unless){
		.side = side, .window = window, .phrases = parts.items, .n_phrases = parts.n_items
	};
	r->rule->unless = all;
}

static void add_line(struct field_reader *r, struct rd_lines *lines, const struct rd_line *line)
{
	struct rd_line *items = rd_arena_array(r->arena, lines->n_items + 1, sizeof *items);

	if (items == NULL)
		return;
	if (lines->n_items > 0)
		memcpy(items, lines->items, lines->n_items * sizeof *items);
	items[lines->n_items] = *line;
	*lines = (struct rd_lines){ .items = items, .n_items = lines->n_items + 1 };
}

static bool is(const struct rd_line *line, const char *name)
{
	return strcasecmp(line->name, name) == 0;
}

static void read_effect(struct field_reader *r, const struct rd_line *line)
{
	struct rd_definition *rule = r->rule;
	int index;

	if (is(line, "Points")) {
		rule->has_points = read_number(
			r, line, -RD_RULE_POINTS_MAX, RD_RULE_POINTS_MAX, &rule->points);
	} else if (is(line, "For")) {
		if (read_choice(r, line, rd_kind_names, &index))
			rule->for_kind = (enum rd_kind)index;
	} else if (is(line, "Decides")) {
		if (read_choice(r, line, rd_kind_names, &index)) {
			rule->decides = true;
			rule->decides_kind = (enum rd_kind)index;
		}
	} else if (is(line, "Flag")) {
		read_flags(r, line);
	} else if (is(line, "Mark")) {
		read_marks(r, line);
	} else if (is(line, "Topic")) {
		read_text(r, line, RD_RULE_TOPIC_MAX, &rule->topic);
	} else if (is(line, "Group")) {
		read_text(r, line, RD_RULE_ID_MAX, &rule->group);
	}
}

static void read_match(struct field_reader *r, const struct rd_line *line)
{
	struct rd_definition *rule = r->rule;
	double number;

	if (is(line, "Phrase"))
		add_line(r, &rule->phrases, line);
	else if (is(line, "Regex"))
		add_line(r, &rule->regexes, line);
	else if (is(line, "Lean"))
		rd_leaning_read_line(rule, line, r->arena, r->problems);
	else if (is(line, "Cap"))
		read_number(r, line, 0, RD_RULE_POINTS_MAX, &rule->cap);
	else if (is(line, "Base"))
		read_number(r, line, -RD_RULE_POINTS_MAX, RD_RULE_POINTS_MAX, &rule->base);
	else if (is(line, "If"))
		rule->condition = *line;
	else if (is(line, "Look in"))
		read_look_in(r, line);
	else if (is(line, "Channel"))
		read_channel(r, line);
	else if (is(line, "Words in message"))
		read_words_in_message(r, line);
	else if (is(line, "Older than"))
		read_older(r, line);
	else if (is(line, "Unless before"))
		read_unless(r, line, RD_BEFORE);
	else if (is(line, "Unless after"))
		read_unless(r, line, RD_AFTER);
	else if (is(line, "Unless near"))
		read_unless(r, line, RD_NEAR);
	else if (is(line, "At least") && read_number(r, line, 1, RD_AT_LEAST_MAX, &number)) {
		if (number != floor(number))
			rd_problem_error(r->problems, line->at, "`At least` is a whole number");
		rule->at_least = (int)number;
	}
}

static void read_about(struct field_reader *r, const struct rd_line *line)
{
	struct rd_definition *rule = r->rule;
	struct rd_err err = { 0 };

	if (is(line, "Review"))
		read_text(r, line, RD_RULE_MEANS_MAX, &rule->review);
	else if (is(line, "Means"))
		read_text(r, line, RD_RULE_MEANS_MAX, &rule->means);
	else if (is(line, "Owner"))
		read_text(r, line, RD_RULE_MEANS_MAX, &rule->owner);
	else if (is(line, "Must match"))
		add_line(r, &rule->must, line);
	else if (is(line, "Must not match"))
		add_line(r, &rule->must_not, line);
	else if (is(line, "Review by")) {
		rule->review_at = line->at;
		if (rd_date_parse(line->value, &rule->review_by, &err) != RD_OK)
			rd_problem_error(r->problems, line->at,
				"`%s` is no day; write it as YYYY-MM-DD", line->value);
	}
}

static void check_line(struct field_reader *r, size_t i, const char *const *known)
{
	const struct rd_line *line = &r->rule->lines.items[i];

	if (!listed(line->name, known)) {
		rd_definition_unknown_field(line, known, r->problems);
		return;
	}
	if (line->value[0] == '\0')
		rd_problem_error(r->problems, line->at,
			"nothing stands behind `%s:`; write a value or delete the line",
			line->name);
	for (size_t j = 0; j < i && !listed(line->name, repeatable); j++)
		if (strcasecmp(r->rule->lines.items[j].name, line->name) == 0) {
			rd_problem_error(r->problems, line->name_at,
				"`%s` stands here for the second time (first in line %d); keep one "
				"of "
				"them",
				line->name, r->rule->lines.items[j].at.line);
			return;
		}
}

void rd_definition_fields(
	struct rd_definition *rule, struct rd_arena *arena, struct rd_problems *problems)
{
	struct field_reader r = { .rule = rule, .arena = arena, .problems = problems };
	const char *const *known = rule->is_combine   ? combine_fields
				   : rule->is_leaning ? leaning_fields
						      : rule_fields;
	bool reason = rule->layer_reason[0] != '\0';

	rule->means = rule->topic = rule->group = rule->owner = rule->review = "";
	rule->for_kind = RD_COMPLAINT;
	rule->in_subject = rule->in_body = rule->by_email = rule->by_sms = true;
	rule->at_least = 1;
	rule->cap = RD_LEANING_CAP;
	const size_t n_before = problems->n_errors;
	for (size_t i = 0; i < rule->lines.n_items; i++) {
		const struct rd_line *line = &rule->lines.items[i];
		check_line(&r, i, known);
		if (!listed(line->name, known) || line->value[0] == '\0')
			continue;
		reason = reason || is(line, "Reason");
		read_effect(&r, line);
		read_match(&r, line);
		read_about(&r, line);
	}
	rule->faulty = problems->n_errors > n_before;
	if (rule->faulty)
		return;
	if (rule->regexes.n_items > 0 && !reason)
		rd_problem_error(problems, rule->regexes.items[0].name_at,
			"a `Regex:` wants a `Reason:` why no phrase will do");
	if (rule->is_combine && rule->condition.name == NULL)
		rd_problem_error(problems, rule->at,
			"combine `%s` has no `If:`; write for example `If: one-rule and not "
			"other-rule`",
			rule->id);
	if (rule->is_leaning && rule->n_leans == 0)
		rd_problem_error(problems, rule->at,
			"leaning `%s` has no word; write for example `Lean: +0.3 again, still`",
			rule->id);
	if (!rule->is_combine && !rule->is_leaning &&
		rule->phrases.n_items + rule->regexes.n_items == 0)
		rd_problem_error(problems, rule->at,
			"rule `%s` has neither `Phrase:` nor `Regex:`, so it can never hit",
			rule->id);
}

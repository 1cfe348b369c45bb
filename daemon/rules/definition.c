#include "redress/rules/definition.h"
#include "redress/rules/revision.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const stanza_names[] = { "Ruleset", "Rule", "Combine", "Leaning", "Words",
	"Group", "Override", "Disable", NULL };

struct set_reader {
	struct rd_arena *arena;
	struct rd_problems *problems;
	struct rd_definitions *all;
	struct rd_date today;
	const char *layer; /* "" while the shipped files are read */
	size_t rules_size, words_size, groups_size;
};

static const char *file_copy(struct set_reader *r, const char *name)
{
	const char *copy = rd_arena_strdup(r->arena, name);

	return copy != NULL ? copy : "";
}

static struct rd_lines lines_of(
	struct set_reader *r, const struct rd_stanza *stanza, const char *file)
{
	struct rd_line *items = rd_arena_array(r->arena, stanza->n_fields, sizeof *items);

	if (items == NULL)
		return (struct rd_lines){ .items = NULL, .n_items = 0 };
	for (size_t i = 0; i < stanza->n_fields; i++) {
		const struct rd_field *f = &stanza->fields[i];
		items[i] = (struct rd_line){ .name = f->name,
			.value = f->value,
			.at = { file, f->line, f->value_column },
			.name_at = { file, f->line, f->name_column } };
	}
	return (struct rd_lines){ .items = items, .n_items = stanza->n_fields };
}

static const struct rd_line *find_line(struct rd_lines lines, const char *name)
{
	for (size_t i = 0; i < lines.n_items; i++)
		if (strcasecmp(lines.items[i].name, name) == 0)
			return &lines.items[i];
	return NULL;
}

struct rd_definition *rd_definition_find(const struct rd_definitions *all, const char *id)
{
	for (size_t i = 0; i < all->n_rules; i++)
		if (strcmp(all->rules[i].id, id) == 0)
			return &all->rules[i];
	return NULL;
}

struct rd_group_def *rd_group_find(const struct rd_definitions *all, const char *name)
{
	for (size_t i = 0; i < all->n_groups; i++)
		if (strcasecmp(all->groups[i].name, name) == 0)
			return &all->groups[i];
	return NULL;
}

/* Only fields of the list, each once but those named in `many`. */
static void check_fields(
	struct set_reader *r, struct rd_lines lines, const char *const *known, const char *many)
{
	for (size_t i = 0; i < lines.n_items; i++) {
		const struct rd_line *line = &lines.items[i];
		const struct rd_line *earlier = find_line(lines, line->name);
		bool found = false;
		for (size_t j = 0; known[j] != NULL; j++)
			found = found || strcasecmp(known[j], line->name) == 0;
		if (!found)
			rd_definition_unknown_field(line, known, r->problems);
		else if (earlier != line && strcasecmp(line->name, many) != 0)
			rd_problem_error(r->problems, line->name_at,
				"`%s` stands here for the second time (first in line %d); keep one "
				"of them",
				line->name, earlier->at.line);
	}
}

static void read_number(
	struct set_reader *r, struct rd_lines lines, const char *name, double *number)
{
	const struct rd_line *line = find_line(lines, name);
	char *end = NULL;

	if (line == NULL)
		return;
	double value = strtod(line->value, &end);
	if (end == line->value || *end != '\0' ||
		line->value[strspn(line->value, "0123456789.+-")] != '\0')
		rd_problem_error(r->problems, line->at, "`%s` is not a number; write one like 2.5",
			line->value);
	else if (value < 0 || value > 100)
		rd_problem_error(r->problems, line->at,
			"%s is out of range; `%s` goes from 0 to 100", line->value, line->name);
	else
		*number = value;
}

static void read_head(struct set_reader *r, struct rd_lines lines)
{
	struct rd_head *head = &r->all->head;
	const struct rd_line *first = &lines.items[0];

	check_fields(r, lines, rd_rule_forms[RD_FORM_RULESET].fields, "");
	if (r->layer[0] == '\0') {
		if (head->at.line != 0)
			rd_problem_error(r->problems, first->name_at,
				"a second `Ruleset:` (the first is in %s, line %d); keep one",
				head->at.file, head->at.line);
		head->name = first->value;
		head->at = first->name_at;
	} else {
		const struct rd_line *reason = find_line(lines, "Reason");
		if (reason == NULL)
			rd_problem_error(r->problems, first->name_at,
				"a landlord's own thresholds want a `Reason:`");
		head->layer = r->layer;
		head->layer_at = first->name_at;
		head->layer_reason = reason != NULL ? reason->value : "";
	}
	const struct rd_line *format = find_line(lines, "Format");
	if (format != NULL && strcmp(format->value, "1") != 0)
		rd_problem_error(r->problems, format->at,
			"format `%s` is not known to this release; it knows 1", format->value);
	read_number(r, lines, "Request below", &head->request_below);
	read_number(r, lines, "Complaint from", &head->complaint_from);
	read_number(r, lines, "Cap per group", &head->cap);
	const struct rd_line *nothing = find_line(lines, "Nothing found");
	if (nothing != NULL) {
		head->review_nothing = strcasecmp(nothing->value, "review") == 0;
		if (!head->review_nothing && strcasecmp(nothing->value, "service_request") != 0)
			rd_problem_error(r->problems, nothing->at,
				"`%s` is not known here; write review or service_request",
				nothing->value);
	}
	if (head->request_below > head->complaint_from)
		rd_problem_error(r->problems, first->name_at,
			"`Request below` (%g) lies above `Complaint from` (%g)",
			head->request_below, head->complaint_from);
}

static bool good_id(const char *id)
{
	size_t n = strlen(id);

	return n > 0 && n <= RD_RULE_ID_MAX && islower((unsigned char)id[0]) &&
	       strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

static void add_rule(struct set_reader *r, struct rd_lines lines, enum rd_rule_form form)
{
	const struct rd_line *first = &lines.items[0];
	static const char *const reserved[] = { "and", "or", "not", "of", "any", "all", "group" };

	if (!good_id(first->value)) {
		rd_problem_error(r->problems, first->at,
			"`%s` cannot be a rule's name; small letters, digits and hyphens, at most "
			"60",
			first->value);
		r->all->incomplete = true;
		return;
	}
	for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
		if (strcmp(first->value, reserved[i]) == 0)
			rd_problem_error(r->problems, first->at,
				"`%s` cannot be a rule's name: it means something in `If:`",
				first->value);
	const struct rd_definition *other = rd_definition_find(r->all, first->value);
	if (other != NULL) {
		rd_problem_error(r->problems, first->at,
			"there is a rule `%s` already (%s, line %d); give this one another name%s",
			first->value, other->at.file, other->at.line,
			r->layer[0] != '\0' && other->layer[0] == '\0'
				? ", or begin it with `Override:` to change that one"
				: "");
		return;
	}
	if (r->all->n_rules == r->rules_size)
		return;
	r->all->rules[r->all->n_rules++] =
		(struct rd_definition){ .is_combine = form == RD_FORM_COMBINE,
			.is_leaning = form == RD_FORM_LEANING,
			.id = first->value,
			.at = first->name_at,
			.layer = r->layer,
			.layer_reason = "",
			.lines = lines };
}

static void add_words(struct set_reader *r, struct rd_lines lines)
{
	const struct rd_line *first = &lines.items[0];
	size_t n = 0, size = 1;

	check_fields(r, lines, rd_rule_forms[RD_FORM_WORDS].fields, "Word");
	for (size_t i = 0; i < r->all->n_words; i++)
		if (strcasecmp(r->all->words[i].name, first->value) == 0) {
			rd_problem_error(r->problems, first->at,
				"there is a word list `%s` already (%s, line %d)", first->value,
				r->all->words[i].at.file, r->all->words[i].at.line);
			return;
		}
	if (first->value[0] == '\0' || strpbrk(first->value, "<>()[]|,") != NULL ||
		strlen(first->value) > RD_RULE_ID_MAX) {
		rd_problem_error(r->problems, first->at,
			"a word list needs a name of at most 60 characters without brackets");
		r->all->incomplete = true;
		return;
	}
	for (size_t i = 1; i < lines.n_items; i++)
		for (const char *p = lines.items[i].value; *p != '\0'; p++)
			size += *p == ',';
	struct rd_line *words = rd_arena_array(r->arena, size + lines.n_items, sizeof *words);
	for (size_t i = 1; i < lines.n_items && words != NULL; i++) {
		if (strcasecmp(lines.items[i].name, "Word") != 0)
			continue;
		struct rd_lines parts = rd_line_split(&lines.items[i], r->arena);
		for (size_t j = 0; j < parts.n_items; j++)
			words[n++] = parts.items[j];
	}
	if (n == 0 || n > RD_WORDS_IN_LIST_MAX)
		rd_problem_error(r->problems, first->at,
			"word list `%s` has %zu words; it needs 1 to %d lines `Word: ...`",
			first->value, n, RD_WORDS_IN_LIST_MAX);
	if (r->all->n_words < r->words_size)
		r->all->words[r->all->n_words++] = (struct rd_words_def){ .name = first->value,
			.at = first->name_at,
			.words = { .items = words, .n_items = n } };
}

static struct rd_group_def *add_group(struct set_reader *r, const char *name, struct rd_place at)
{
	struct rd_group_def *group = rd_group_find(r->all, name);

	if (group == NULL && r->all->n_groups < r->groups_size) {
		group = &r->all->groups[r->all->n_groups++];
		*group = (struct rd_group_def){ .name = name, .at = at, .cap = -1 };
	}
	return group;
}

static void read_group(struct set_reader *r, struct rd_lines lines)
{
	struct rd_group_def *group = add_group(r, lines.items[0].value, lines.items[0].name_at);

	check_fields(r, lines, rd_rule_forms[RD_FORM_GROUP].fields, "");
	if (group == NULL)
		return;
	if (group->named)
		rd_problem_error(r->problems, lines.items[0].name_at,
			"there is a stanza for group `%s` already (%s, line %d)", group->name,
			group->at.file, group->at.line);
	group->named = true;
	group->at = lines.items[0].name_at;
	read_number(r, lines, "Cap", &group->cap);
}

static struct rd_definition *layered_rule(struct set_reader *r, struct rd_lines lines)
{
	const struct rd_line *first = &lines.items[0];
	struct rd_definition *rule = rd_definition_find(r->all, first->value);

	if (r->layer[0] == '\0') {
		rd_problem_error(r->problems, first->name_at,
			"`%s:` stands only in landlords/NAME.rules; change the rule itself",
			first->name);
		return NULL;
	}
	const struct rd_line *reason = find_line(lines, "Reason");
	if (reason == NULL || reason->value[0] == '\0')
		rd_problem_error(r->problems, first->name_at,
			"`%s:` wants a `Reason:` for whoever reads this later", first->name);
	if (rule != NULL || r->all->incomplete)
		return rule;
	const char **ids = rd_arena_array(r->arena, r->all->n_rules + 1, sizeof *ids);
	const char *near = NULL;
	for (size_t i = 0; i < r->all->n_rules && ids != NULL; i++)
		ids[i] = r->all->rules[i].id;
	if (ids != NULL)
		near = rd_did_you_mean(first->value, ids);
	rd_problem_error(r->problems, first->at, "there is no rule `%s` to %s%s%s%s", first->value,
		strcasecmp(first->name, "Override") == 0 ? "override" : "disable",
		near != NULL ? "; did you mean `" : "", near != NULL ? near : "",
		near != NULL ? "`?" : "");
	return NULL;
}

/* The day of `Until:`; false where it is none, or has passed (both are told). */
static bool is_in_force(struct set_reader *r, const struct rd_line *until, const char *then,
	struct rd_date *ret_day)
{
	struct rd_err err = { 0 };

	if (rd_date_parse(until->value, ret_day, &err) != RD_OK) {
		rd_problem_error(r->problems, until->at, "`%s` is no day; write it as YYYY-MM-DD",
			until->value);
		return false;
	}
	if (rd_date_compare(*ret_day, r->today) >= 0)
		return true;
	rd_problem_warning(r->problems, until->at,
		"this ended on %s and the rule %s; delete the stanza or set a new day",
		until->value, then);
	return false;
}

/* What an override says about itself, not about its rule. */
static bool is_own_field(const struct rd_line *line)
{
	const char *const *own = rd_rule_forms[RD_FORM_OVERRIDE].fields;

	for (size_t i = 0; own[i] != NULL; i++)
		if (strcasecmp(line->name, own[i]) == 0)
			return true;
	return false;
}

static void check_override(
	struct set_reader *r, const struct rd_definition *rule, struct rd_lines lines)
{
	size_t n_changes = 0, n_same = 0;

	for (size_t i = 0; i < lines.n_items; i++) {
		const struct rd_line *line = &lines.items[i];
		const struct rd_line *earlier = find_line(lines, line->name);
		const struct rd_line *shipped = find_line(rule->lines, line->name);
		if (is_own_field(line)) {
			if (earlier != line)
				rd_problem_error(r->problems, line->name_at,
					"`%s` stands here for the second time (first in line %d); "
					"keep one of them",
					line->name, earlier->at.line);
			continue;
		}
		n_changes++;
		n_same += shipped != NULL && strcmp(shipped->value, line->value) == 0;
	}
	if (n_changes == 0)
		rd_problem_error(r->problems, lines.items[0].name_at,
			"this override changes nothing; write the fields that change");
	else if (n_same == n_changes)
		rd_problem_warning(r->problems, lines.items[0].name_at,
			"this override changes nothing: rule `%s` says the same (%s, line %d)",
			rule->id, rule->at.file, rule->at.line);
	if (rule->layer[0] == '\0' && !r->all->incomplete)
		rd_revision_check(find_line(lines, "Of"), rule->lines, lines, r->problems);
}

static void read_override(struct set_reader *r, struct rd_lines lines)
{
	struct rd_definition *rule = layered_rule(r, lines);
	const struct rd_line *reason = find_line(lines, "Reason");
	const struct rd_line *until = find_line(lines, "Until");
	struct rd_date day = { 0, 0, 0 };
	size_t n = 0;

	if (rule == NULL)
		return;
	if (rule->overridden) {
		rd_problem_error(r->problems, lines.items[0].at,
			"there is an override of `%s` already (%s, line %d); make one of them",
			rule->id, rule->at.file, rule->at.line);
		return;
	}
	check_override(r, rule, lines);
	if (until != NULL && !is_in_force(r, until, "is as shipped again", &day))
		return;
	struct rd_line *merged =
		rd_arena_array(r->arena, rule->lines.n_items + lines.n_items, sizeof *merged);
	if (merged == NULL)
		return;
	for (size_t i = 0; i < rule->lines.n_items; i++)
		if (find_line(lines, rule->lines.items[i].name) == NULL ||
			strcasecmp(rule->lines.items[i].name, "Reason") == 0)
			merged[n++] = rule->lines.items[i];
	for (size_t i = 1; i < lines.n_items; i++)
		if (!is_own_field(&lines.items[i]))
			merged[n++] = lines.items[i];
	rule->lines = (struct rd_lines){ .items = merged, .n_items = n };
	rule->overridden = true;
	rule->at = lines.items[0].name_at;
	rule->layer = r->layer;
	rule->layer_reason = reason != NULL ? reason->value : "";
}

static void read_disable(struct set_reader *r, struct rd_lines lines)
{
	struct rd_definition *rule = layered_rule(r, lines);
	const struct rd_line *until = find_line(lines, "Until");
	const struct rd_line *reason = find_line(lines, "Reason");
	struct rd_date day = { 0, 0, 0 };

	check_fields(r, lines, rd_rule_forms[RD_FORM_DISABLE].fields, "");
	if (until == NULL) {
		rd_problem_error(r->problems, lines.items[0].name_at,
			"`Disable:` wants `Until: YYYY-MM-DD`, so that nobody forgets it");
		return;
	}
	if (!is_in_force(r, until, "works again", &day) || rule == NULL)
		return;
	if (rule->disabled)
		rd_problem_error(r->problems, lines.items[0].at,
			"rule `%s` is disabled already (%s, line %d)", rule->id, rule->at.file,
			rule->at.line);
	rule->disabled = true;
	rule->disabled_until = day;
	rule->at = lines.items[0].name_at;
	rule->layer = r->layer;
	rule->layer_reason = reason != NULL ? reason->value : "";
}

static bool begins_a_stanza(const char *name)
{
	for (size_t i = 0; stanza_names[i] != NULL; i++)
		if (strcasecmp(name, stanza_names[i]) == 0)
			return true;
	return false;
}

/* How many stanzas it can be at most, were empty lines forgotten in it. */
static size_t count_parts(const struct rd_stanza *stanza)
{
	size_t n = 1;

	for (size_t i = 1; i < stanza->n_fields; i++)
		n += begins_a_stanza(stanza->fields[i].name);
	return n;
}

/* Where the next stanza begins though no empty line stands before it; n_items where none does. A
 * `Group:` is a rule's own field too unless a `Cap:` follows, and a head may begin with its
 * `Format:`. */
static size_t end_of_part(struct rd_lines lines)
{
	const char *first = lines.n_items > 0 ? lines.items[0].name : "";
	bool grouped = strcasecmp(first, "Rule") == 0 || strcasecmp(first, "Combine") == 0 ||
		       strcasecmp(first, "Override") == 0;
	bool after_format = strcasecmp(first, "Format") == 0;

	for (size_t i = 1; i < lines.n_items; i++) {
		const struct rd_line *line = &lines.items[i];
		bool cap_follows = i + 1 < lines.n_items && strcasecmp(line[1].name, "Cap") == 0;
		if (!begins_a_stanza(line->name))
			continue;
		if (grouped && strcasecmp(line->name, "Group") == 0 && !cap_follows)
			continue;
		if (after_format && find_line(lines, "Ruleset") == line)
			continue;
		return i;
	}
	return lines.n_items;
}

static void read_part(struct set_reader *r, struct rd_lines lines)
{
	const struct rd_line *first = &lines.items[0];

	if (strcasecmp(first->name, "Format") == 0 && find_line(lines, "Ruleset") != NULL) {
		/* The head may begin with its format. */
		struct rd_line *swapped = rd_arena_array(r->arena, lines.n_items, sizeof *swapped);
		if (swapped == NULL)
			return;
		const struct rd_line *name = find_line(lines, "Ruleset");
		memcpy(swapped, lines.items, lines.n_items * sizeof *swapped);
		swapped[name - lines.items] = lines.items[0];
		swapped[0] = *name;
		lines.items = swapped;
		read_head(r, lines);
	} else if (strcasecmp(first->name, "Ruleset") == 0) {
		read_head(r, lines);
	} else if (strcasecmp(first->name, "Rule") == 0) {
		add_rule(r, lines, RD_FORM_RULE);
	} else if (strcasecmp(first->name, "Combine") == 0) {
		add_rule(r, lines, RD_FORM_COMBINE);
	} else if (strcasecmp(first->name, "Leaning") == 0) {
		add_rule(r, lines, RD_FORM_LEANING);
	} else if (strcasecmp(first->name, "Words") == 0) {
		add_words(r, lines);
	} else if (strcasecmp(first->name, "Group") == 0) {
		read_group(r, lines);
	} else if (strcasecmp(first->name, "Override") == 0) {
		read_override(r, lines);
	} else if (strcasecmp(first->name, "Disable") == 0) {
		read_disable(r, lines);
	} else {
		const char *near = rd_did_you_mean(first->name, stanza_names);
		r->all->incomplete = true;
		rd_problem_error(r->problems, first->name_at,
			"a stanza does not begin with `%s`%s%s%s; it begins with Rule, Combine, "
			"Leaning, Words, Group, Ruleset, Override or Disable (is there a blank "
			"line too many?)",
			first->name, near != NULL ? "; did you mean `" : "",
			near != NULL ? near : "", near != NULL ? "`?" : "");
	}
}

static void read_stanza(struct set_reader *r, const struct rd_stanza *stanza, const char *file)
{
	struct rd_lines lines = lines_of(r, stanza, file);

	while (lines.n_items > 0) {
		size_t n = end_of_part(lines);
		read_part(r, (struct rd_lines){ .items = lines.items, .n_items = n });
		lines = (struct rd_lines){ .items = lines.items + n, .n_items = lines.n_items - n };
		if (lines.n_items > 0)
			rd_problem_error(r->problems, lines.items[0].name_at,
				"a new `%s:` stanza needs an empty line before it",
				lines.items[0].name);
	}
}

static bool is_shipped_rules(const char *name)
{
	size_t n = strlen(name);

	return n > 6 && strcmp(name + n - 6, ".rules") == 0 && strchr(name, '/') == NULL;
}

struct parsed {
	struct rd_stanzas stanzas;
	const char *file;
	bool layer;
};

static enum rd_rc room(struct set_reader *r, size_t n_parts, struct rd_err *err)
{
	struct rd_definitions *all = r->all;

	if (n_parts > RD_RULES_MAX)
		return rd_fail(
			err, RD_E_RANGE, "more than %d stanzas in the rule files", RD_RULES_MAX);
	r->rules_size = r->words_size = n_parts;
	r->groups_size = 2 * n_parts;
	all->rules = rd_arena_array(r->arena, n_parts + 1, sizeof *all->rules);
	all->words = rd_arena_array(r->arena, n_parts + 1, sizeof *all->words);
	all->groups = rd_arena_array(r->arena, 2 * n_parts + 1, sizeof *all->groups);
	if (all->rules == NULL || all->words == NULL || all->groups == NULL)
		return rd_fail(err, RD_E_RANGE, "the rule files are too large together");
	return RD_OK;
}

enum rd_rc rd_definitions_read(const struct rd_rulefiles *files, const char *landlord,
	int64_t today_ms, struct rd_arena *arena, struct rd_problems *problems,
	struct rd_definitions *ret_definitions, struct rd_err *err)
{
	struct rd_definitions all = { .head = { .name = "",
					      .layer = "",
					      .layer_reason = "",
					      .at = { "rules", 0, 0 },
					      .request_below = 2,
					      .complaint_from = 5,
					      .cap = 4 } };
	struct set_reader r = { .arena = arena,
		.problems = problems,
		.all = &all,
		.today = rd_date_of(today_ms),
		.layer = "" };
	char layer_name[128] = "";
	size_t n_parsed = 0, n_parts = 0;

	struct parsed *parsed = rd_arena_array(arena, files->n_items + 1, sizeof *parsed);
	if (parsed == NULL)
		return rd_fail(err, RD_E_RANGE, "the rule files are too large together");
	if (landlord != NULL)
		snprintf(layer_name, sizeof layer_name, "landlords/%s.rules", landlord);
	for (int layer = 0; layer < 2; layer++)
		for (size_t i = 0; i < files->n_items; i++) {
			const struct rd_rulefile *f = &files->items[i];
			struct rd_err fault = { 0 };
			bool wanted = layer == 0 ? is_shipped_rules(f->name)
						 : strcmp(f->name, layer_name) == 0;
			if (!wanted)
				continue;
			struct parsed *p = &parsed[n_parsed];
			*p = (struct parsed){ .file = file_copy(&r, f->name), .layer = layer != 0 };
			all.layered = all.layered || layer != 0;
			if (rd_stanzas_parse(f->name, f->bytes, f->len, arena, &p->stanzas,
				    &fault) != RD_OK) {
				rd_problem_of_err(
					problems, (struct rd_place){ p->file, 1, 1 }, &fault);
				all.incomplete = true;
				continue;
			}
			for (size_t k = 0; k < p->stanzas.n_items; k++)
				n_parts += count_parts(&p->stanzas.items[k]);
			n_parsed++;
		}
	RD_TRY(room(&r, n_parts, err));
	for (size_t i = 0; i < n_parsed; i++) {
		r.layer = parsed[i].layer ? file_copy(&r, landlord) : "";
		for (size_t j = 0; j < parsed[i].stanzas.n_items; j++)
			read_stanza(&r, &parsed[i].stanzas.items[j], parsed[i].file);
	}
	for (size_t i = 0; i < all.n_rules; i++) {
		rd_definition_fields(&all.rules[i], arena, problems);
		if (all.rules[i].group[0] != '\0')
			add_group(&r, all.rules[i].group, all.rules[i].at);
	}
	if (rd_arena_overflowed(arena))
		return rd_fail(err, RD_E_RANGE, "the rule files are too large together");
	*ret_definitions = all;
	return RD_OK;
}

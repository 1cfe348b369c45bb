/* redressctl landlord show: one policy as a table that can be checked against the policy document.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "print.h"
#include "redress/base/arena.h"
#include "redress/policy/policy.h"

#define RULES_ARENA_BYTES (64u << 20)
#define COLUMNS		  100
#define MARGIN		  22 /* where the second column begins */
#define KEY_MAX		  64

/* A heading for people and a key for machines, by kind. */
static const struct {
	const char *heading, *key;
} sections[RD_N_PROVISIONS] = {
	[RD_PROVISION_STAGE] = { "STAGES", "stages" },
	[RD_PROVISION_CATEGORY] = { "WHAT IS WHAT", "categories" },
	[RD_PROVISION_EXCLUSION] = { "WHY A COMPLAINT MAY BE REFUSED", "exclusions" },
	[RD_PROVISION_ROUTE] = { "WHERE CASES GO", "routes" },
	[RD_PROVISION_LETTER] = { "WHAT LETTERS MUST SAY", "letters_must_say" },
	[RD_PROVISION_REPORT] = { "REPORTS", "reports" },
	[RD_PROVISION_HAZARD] = { "AWAAB'S LAW", "hazard_phases" },
	[RD_PROVISION_PRINTED] = { "THE OMBUDSMAN AS THE POLICY PRINTS IT (for the record)",
		"ombudsman_as_printed" },
};

/* ---- for machines ---- */

static json_t *strings_json(const char *const *values, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_string(values[i]));
	return list;
}

static json_t *or_null(const char *text)
{
	return text[0] != '\0' ? json_string(text) : json_null();
}

static json_t *clocks_json(const struct rd_landlord *l)
{
	json_t *list = json_array();

	for (int i = 0; i < RD_N_CLOCKS; i++) {
		const struct rd_clock_rule *rule = &l->clocks[i];
		if (!rule->held && !rule->switched_off)
			continue;
		json_array_append_new(list,
			json_pack("{s:s,s:s,s:s,s:s,s:o,s:o,s:o,s:o,s:b}", "clock",
				rd_clock_names[i], "due", rule->length_words, "from",
				rule->from_words, "source", rule->source, "note",
				or_null(rule->note), "choices",
				strings_json(rule->choices, rule->n_choices), "extended_by",
				or_null(rule->extended_by), "approved_by",
				or_null(rule->approved_by), "switched_off", rule->switched_off));
	}
	return list;
}

/* "Must say" -> "must_say"; `Choice` is a list, whatever it holds. */
static const char *key_of(const char *field, char out[static KEY_MAX])
{
	size_t n = 0;

	for (; field[n] != '\0' && n < KEY_MAX - 1; n++) {
		out[n] = field[n] == ' ' ? '_' : field[n];
		if (out[n] >= 'A' && out[n] <= 'Z')
			out[n] = (char)(out[n] - 'A' + 'a');
	}
	out[n] = '\0';
	return strcmp(out, "choice") == 0 ? "choices" : out;
}

static json_t *field_json(const struct rd_provision *p, const char *name)
{
	const struct rd_field *field = NULL;

	if (strcmp(name, rd_provision_names[p->kind]) == 0)
		return json_string(p->name);
	if (!rd_provision_repeats(name)) {
		field = rd_stanza_field(p->stanza, name);
		if (field == NULL && strcmp(name, "When") == 0)
			return json_string("with the case");
		return field != NULL ? json_string(field->value) : json_null();
	}
	json_t *list = json_array();
	while ((field = rd_stanza_next(p->stanza, name, field)) != NULL)
		json_array_append_new(list, json_string(field->value));
	return list;
}

static json_t *provisions_json(const struct rd_landlord *l, enum rd_provision_kind kind)
{
	json_t *list = json_array();
	char key[KEY_MAX];

	for (size_t i = 0; i < l->n_provisions; i++) {
		const struct rd_provision *p = &l->provisions[i];
		if (p->kind != kind)
			continue;
		json_t *one = json_object();
		for (const char *const *name = rd_provision_fields(kind); *name != NULL; name++)
			json_object_set_new(one, key_of(*name, key), field_json(p, *name));
		json_array_append_new(list, one);
	}
	return list;
}

static json_t *closures_json(const struct rd_landlord *l)
{
	json_t *list = json_array();

	for (size_t i = 0; i < l->n_closures; i++)
		json_array_append_new(list, rd_json_day(l->closures[i]));
	return list;
}

static json_t *third_party_json(const struct rd_landlord *l)
{
	json_t *list = json_array();

	if (l->third_party_copies)
		json_array_append_new(list, json_string("copies"));
	if (l->third_party_refutes)
		json_array_append_new(list, json_string("refute"));
	return list;
}

static void show_json(const struct rd_landlord *l)
{
	json_t *ombudsman = json_pack("{s:s,s:s,s:s,s:s,s:o}", "name", l->ombudsman.name, "phone",
		l->ombudsman.phone, "post", l->ombudsman.post, "web", l->ombudsman.web,
		"checked_on", rd_json_day(l->ombudsman.checked_on));
	json_t *answer = json_pack("{s:s,s:s,s:s,s:s,s:o,s:s,s:s,s:s,s:s,s:o,s:o,s:s,s:o,s:o}",
		"name", l->name, "full_name", l->full_name, "nation", rd_nation_names[l->nation],
		"version", l->version, "made_from", or_null(l->made_from), "letters",
		l->letters_approved ? "approved" : "at once", "handled_by", l->handled_by,
		"help_number", l->help_number, "help_address", l->help_address, "ombudsman",
		ombudsman, "closures", closures_json(l), "closures_lengthen",
		l->closures_lengthen_all ? "all clocks" : "own clocks", "clocks", clocks_json(l),
		"notes", strings_json(l->notes, l->n_notes));

	json_object_set_new(answer, "large_print",
		json_string(l->large_print_asked ? "where asked" : "with every mail"));
	json_object_set_new(answer, "third_party", third_party_json(l));
	json_object_set_new(answer, "letters_in",
		l->welsh_letters ? json_pack("[s,s]", "english", "welsh")
				 : json_pack("[s]", "english"));
	for (int kind = 0; kind < RD_N_PROVISIONS; kind++)
		json_object_set_new(answer, sections[kind].key,
			provisions_json(l, (enum rd_provision_kind)kind));
	rd_json_print(answer);
}

/* ---- for people ---- */

/* Prints words from the second column on, line by line; the first line goes on where it stands. */
static void print_wrapped(const char *text)
{
	size_t at = MARGIN;

	for (const char *word = text; *word != '\0';) {
		size_t len = strcspn(word, " ");
		if (at + len + (at > MARGIN) > COLUMNS && at > MARGIN) {
			printf("\n%*s", MARGIN, "");
			at = MARGIN;
		}
		printf("%s%.*s", at > MARGIN ? " " : "", (int)len, word);
		at += len + (at > MARGIN);
		word += len + (word[len] == ' ');
	}
	putchar('\n');
}

static void print_labelled(struct rd_arena *arena, const char *label, const char *text)
{
	const char *line = rd_arena_printf(arena, "%s: %s", label, text);

	if (text[0] == '\0' || line == NULL)
		return;
	printf("%*s", MARGIN, "");
	print_wrapped(line);
}

static void print_source(const char *source)
{
	printf("%*s", MARGIN, "");
	print_wrapped(source);
}

static void show_clock(
	struct rd_arena *arena, const char *name, const struct rd_clock_rule *rule, bool statutory)
{
	printf("%-21s %s from %s%s%s\n", name, rule->length_words, rule->from_words,
		statutory ? "" : " (the landlord's own)",
		rule->switched_off ? " (switched off)" : "");
	print_source(rule->source);
	for (size_t i = 0; i < rule->n_choices; i++)
		print_labelled(arena, "Choice", rule->choices[i]);
	print_labelled(arena, "Extended by", rule->extended_by);
	print_labelled(arena, "Longer only if approved by", rule->approved_by);
	print_labelled(arena, "Note", rule->note);
}

static void show_clocks(struct rd_arena *arena, const struct rd_landlord *l)
{
	puts("\nCLOCKS");
	for (int i = 0; i < RD_N_CLOCKS; i++)
		if (l->clocks[i].held || l->clocks[i].switched_off)
			show_clock(arena, rd_clock_names[i], &l->clocks[i],
				rd_clock_is_statutory((enum rd_clock_id)i));
}

/* A name that is too long for the first column has a line of its own. */
static void show_provision(struct rd_arena *arena, const struct rd_provision *p)
{
	bool first = strlen(p->name) < MARGIN;

	if (first)
		printf("%-*s", MARGIN, p->name);
	else
		puts(p->name);
	for (size_t i = 1; i < p->stanza->n_fields; i++) {
		const struct rd_field *field = &p->stanza->fields[i];
		const char *line = rd_arena_printf(arena, "%s: %s", field->name, field->value);
		if (!first)
			printf("%*s", MARGIN, "");
		if (line != NULL)
			print_wrapped(line);
		first = false;
	}
}

static void show_provisions(
	struct rd_arena *arena, const struct rd_landlord *l, enum rd_provision_kind kind)
{
	bool any = false;

	for (size_t i = 0; i < l->n_provisions; i++) {
		if (l->provisions[i].kind != kind)
			continue;
		if (!any)
			printf("\n%s\n", sections[kind].heading);
		any = true;
		show_provision(arena, &l->provisions[i]);
	}
}

static void show_emergency(const struct rd_emergency *block, const char *name)
{
	char day[RD_LONG_DATE_MAX];

	if (!block->held) {
		printf("\nNo emergency block for %s.\n", name);
		return;
	}
	printf("\nLetters of %s begin (checked on %s):\n", name,
		rd_date_format_long(block->checked_on, day));
	for (const char *line = block->text; *line != '\0';) {
		size_t len = strcspn(line, "\n");
		printf("  %.*s\n", (int)len, line);
		line += len + (line[len] == '\n');
	}
	printf("  by text: %s\n", block->short_text);
}

static void show_closures(const struct rd_landlord *l)
{
	char day[RD_LONG_DATE_MAX];

	if (l->n_closures == 0)
		return;
	printf("\nThe office is shut, which lengthens %s:\n",
		l->closures_lengthen_all ? "every clock" : "the landlord's own clocks alone");
	for (size_t i = 0; i < l->n_closures; i++)
		printf("  %s\n", rd_date_format_long(l->closures[i], day));
}

static void show_text(
	struct rd_arena *arena, const struct rd_landlord *l, const struct rd_calendar *calendar)
{
	char day[RD_LONG_DATE_MAX];

	printf("%s (%s), policy of %s, nation %s\n", l->full_name, l->name, l->version,
		rd_nation_names[l->nation]);
	if (l->made_from[0] != '\0')
		printf("Made from %s.\n", l->made_from);
	printf("Letters go %s. Handled by %s. Help: %s.\n",
		l->letters_approved ? "once a person approved them" : "at once", l->handled_by,
		l->help_number);
	printf("Mails in large print: %s. In Welsh: %s.\n",
		l->large_print_asked ? "where it is asked for" : "all of them",
		l->welsh_letters ? "the acknowledgement, for whoever writes in Welsh" : "none");
	if (l->third_party_copies || l->third_party_refutes)
		printf("Where somebody speaks for a resident:%s%s.\n",
			l->third_party_copies ? " copies to both" : "",
			!l->third_party_refutes ? ""
			: l->third_party_copies ? "; the resident may refute it"
						: " the resident may refute it");
	show_provisions(arena, l, RD_PROVISION_STAGE);
	show_clocks(arena, l);
	for (int kind = RD_PROVISION_CATEGORY; kind < RD_PROVISION_PRINTED; kind++)
		show_provisions(arena, l, (enum rd_provision_kind)kind);
	printf("\nOmbudsman in letters (checked on %s): %s, %s, %s, %s\n",
		rd_date_format_long(l->ombudsman.checked_on, day), l->ombudsman.name,
		l->ombudsman.phone, l->ombudsman.post, l->ombudsman.web);
	show_provisions(arena, l, RD_PROVISION_PRINTED);
	show_emergency(&l->emergency[RD_EMERGENCY_HEALTH_SAFETY], "health_safety");
	show_emergency(&l->emergency[RD_EMERGENCY_HEAT_LOSS], "heat_loss");
	show_closures(l);
	printf("\nThe calendar of bank holidays reaches to %s.\n",
		rd_date_format_long(rd_calendar_last_day(calendar), day));
	for (size_t i = 0; i < l->n_notes; i++)
		printf("Note: %s\n", l->notes[i]);
}

enum rd_exit rd_ctl_landlord_show(struct rd_ctl *ctl, int argc, char **argv)
{
	static const struct option options[] = { RD_CTL_OPTIONS, { NULL, 0, NULL, 0 } };
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(RULES_ARENA_BYTES);
	RD_CLEANUP(rd_policy_cleanup) struct rd_policy *policy = NULL;
	struct rd_rulefiles files;
	struct rd_err err = { 0 };
	int option;

	while ((option = rd_ctl_next_option(argc, argv, options)) != -1)
		if (!rd_ctl_option(ctl, option))
			return rd_ctl_usage(ctl);
	if (argc - optind != 1)
		return rd_ctl_usage(ctl);
	if (rd_rulefiles_read(rd_ctl_rules_dir(ctl), arena, &files, &err) != RD_OK)
		return rd_ctl_fail(&err);
	if (rd_rulefiles_check_landlord(&files, argv[optind], &err) != RD_OK ||
		rd_policy_load_clocks(&files, argv[optind], &policy, &err) != RD_OK) {
		rd_rulefiles_fail_in(&files, rd_ctl_rules_dir(ctl), &err);
		return rd_ctl_fail(&err);
	}
	if (ctl->json)
		show_json(&policy->landlord);
	else
		show_text(arena, &policy->landlord, policy->calendar);
	return RD_EXIT_DONE;
}

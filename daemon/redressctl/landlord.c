/* redressctl landlord list|show: the policies of the rule folder, every clock with its clause. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "redress/base/arena.h"
#include "redress/policy/policy.h"

#define RULES_ARENA_BYTES (64u << 20)

static enum rd_exit read_options(struct rd_ctl *ctl, int argc, char **argv, int n_words)
{
	static const struct option options[] = { RD_CTL_OPTIONS, { NULL, 0, NULL, 0 } };
	int option;

	while ((option = rd_ctl_next_option(argc, argv, options)) != -1)
		if (!rd_ctl_option(ctl, option))
			return rd_ctl_usage(ctl);
	return argc - optind == n_words ? RD_EXIT_DONE : rd_ctl_usage(ctl);
}

enum rd_exit rd_ctl_landlord_list(struct rd_ctl *ctl, int argc, char **argv)
{
	enum rd_exit status = read_options(ctl, argc, argv, 0);
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(RULES_ARENA_BYTES);
	struct rd_rulefiles files;
	struct rd_err err = { 0 };

	if (status != RD_EXIT_DONE)
		return status;
	if (rd_rulefiles_read(rd_ctl_rules_dir(ctl), arena, &files, &err) != RD_OK)
		return rd_ctl_fail(&err);
	json_t *list = json_array();
	for (size_t i = 0; i < files.n_items; i++) {
		const struct rd_rulefile *file = &files.items[i];
		char name[RD_LANDLORD_NAME_MAX];
		struct rd_landlord l;
		if (!rd_landlord_name_of(file->name, name))
			continue;
		if (rd_landlord_parse(file->name, file->bytes, file->len, name, arena, &l, &err) !=
			RD_OK) {
			rd_rulefiles_fail_in(&files, rd_ctl_rules_dir(ctl), &err);
			status = rd_ctl_fail(&err);
			continue;
		}
		json_array_append_new(list,
			json_pack("{s:s,s:s,s:s,s:s}", "name", l.name, "full_name", l.full_name,
				"nation", rd_nation_names[l.nation], "version", l.version));
		if (!ctl->json)
			printf("%-24s %-18s version %-12s %s\n", l.name, rd_nation_names[l.nation],
				l.version, l.full_name);
	}
	if (ctl->json) {
		json_dumpf(list, stdout, JSON_COMPACT);
		putchar('\n');
	}
	json_decref(list);
	return status;
}

static json_t *day_json(struct rd_date day)
{
	char text[RD_DATE_MAX];

	return json_string(rd_date_format(day, text));
}

static json_t *clocks_json(const struct rd_landlord *l)
{
	json_t *list = json_array();

	for (int i = 0; i < RD_N_CLOCKS; i++) {
		const struct rd_clock_rule *rule = &l->clocks[i];
		if (!rule->held)
			continue;
		json_array_append_new(list,
			json_pack("{s:s,s:s,s:s,s:s,s:s?}", "clock", rd_clock_names[i], "due",
				rule->length_words, "from", rule->from_words, "source",
				rule->source, "note", rule->note[0] != '\0' ? rule->note : NULL));
	}
	return list;
}

static void show_json(const struct rd_landlord *l)
{
	json_t *notes = json_array();

	for (size_t i = 0; i < l->n_notes; i++)
		json_array_append_new(notes, json_string(l->notes[i]));
	json_t *ombudsman = json_pack("{s:s,s:s,s:s,s:s,s:o}", "name", l->ombudsman.name, "phone",
		l->ombudsman.phone, "post", l->ombudsman.post, "web", l->ombudsman.web,
		"checked_on", day_json(l->ombudsman.checked_on));
	json_t *answer = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:o,s:o,s:o}", "name", l->name,
		"full_name", l->full_name, "nation", rd_nation_names[l->nation], "version",
		l->version, "letters", l->letters_approved ? "approved" : "at once", "handled_by",
		l->handled_by, "help_number", l->help_number, "help_address", l->help_address,
		"ombudsman", ombudsman, "clocks", clocks_json(l), "notes", notes);
	json_dumpf(answer, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(answer);
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

static void show_text(const struct rd_landlord *l, const struct rd_calendar *calendar)
{
	char day[RD_LONG_DATE_MAX];

	printf("%s (%s), policy of %s, nation %s\n", l->full_name, l->name, l->version,
		rd_nation_names[l->nation]);
	printf("Letters go %s. Handled by %s. Help: %s.\n\n",
		l->letters_approved ? "once a person approved them" : "at once", l->handled_by,
		l->help_number);
	for (int i = 0; i < RD_N_CLOCKS; i++) {
		const struct rd_clock_rule *rule = &l->clocks[i];
		if (!rule->held)
			continue;
		printf("%-20s %s from %s\n%-20s %s\n", rd_clock_names[i], rule->length_words,
			rule->from_words, "", rule->source);
		if (rule->note[0] != '\0')
			printf("%-20s Note: %s\n", "", rule->note);
	}
	printf("\nOmbudsman (checked on %s): %s, %s, %s, %s\n",
		rd_date_format_long(l->ombudsman.checked_on, day), l->ombudsman.name,
		l->ombudsman.phone, l->ombudsman.post, l->ombudsman.web);
	show_emergency(&l->emergency[RD_EMERGENCY_HEALTH_SAFETY], "health_safety");
	show_emergency(&l->emergency[RD_EMERGENCY_HEAT_LOSS], "heat_loss");
	printf("\nThe calendar of bank holidays reaches to %s.\n",
		rd_date_format_long(rd_calendar_last_day(calendar), day));
	for (size_t i = 0; i < l->n_notes; i++)
		printf("Note: %s\n", l->notes[i]);
}

enum rd_exit rd_ctl_landlord_show(struct rd_ctl *ctl, int argc, char **argv)
{
	enum rd_exit status = read_options(ctl, argc, argv, 1);
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(RULES_ARENA_BYTES);
	RD_CLEANUP(rd_policy_cleanup) struct rd_policy *policy = NULL;
	struct rd_rulefiles files;
	struct rd_err err = { 0 };

	if (status != RD_EXIT_DONE)
		return status;
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
		show_text(&policy->landlord, policy->calendar);
	return RD_EXIT_DONE;
}

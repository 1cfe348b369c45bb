/* redressctl landlord list: the policies of the rule folder. landlord_show.c shows one. */
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

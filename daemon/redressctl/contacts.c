/* contacts import, contacts list, contacts show: the landlord's list of residents. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "desk.h"
#include "print.h"
#include "redress/base/file.h"
#include "redress/gateway/contacts.h"
#include "resident_print.h"

#define IGNORE_MAX 64

struct importing {
	struct rd_ctl_desk desk;
	const char *path;
	bool skip_bad;
	struct rd_contacts_import import;
	const char *ignore[IGNORE_MAX];
	size_t n_ignore;
	struct rd_arena *arena; /* of the file */
	struct rd_contacts_file file;
	struct rd_contacts_imported done;
};

static void end_import(struct importing *i)
{
	rd_arena_free(i->arena);
	rd_ctl_close(&i->desk);
}

static enum rd_rc parse(struct importing *i, struct rd_err *err)
{
	const char *landlords[RD_LIVE_LANDLORDS_MAX];
	const struct rd_contacts_order order = {
		.landlord = i->desk.config->landlord,
		.landlords = landlords,
		.n_landlords = rd_config_landlords(i->desk.config, landlords),
		.ignore = i->ignore,
		.n_ignore = i->n_ignore,
	};
	const char *text;
	size_t len = 0;

	RD_TRY(rd_file_read(i->path, RD_CONTACTS_FILE_BYTES_MAX, i->arena, &text, &len, err));
	if (rd_contacts_parse(text, len, &order, i->arena, &i->file, err) != RD_OK)
		return rd_fail_within(err, "%s", i->path);
	return RD_OK;
}

/* Does what the file and the options allow; false: nothing comes in. */
static bool may_import(const struct importing *i)
{
	return !i->file.unusable && (i->file.n_faulty == 0 || i->skip_bad);
}

static void print_faults(const struct importing *i)
{
	for (size_t k = 0; k < i->file.n_faults; k++) {
		fprintf(stderr, "%s:%u:%u: ", i->path, i->file.faults[k].line,
			i->file.faults[k].column);
		rd_print_words(stderr, i->file.faults[k].why);
		fputc('\n', stderr);
	}
	if (i->file.n_faults == RD_CONTACTS_FAULTS_MAX)
		fputs("... there are more; these are the first\n", stderr);
}

static json_t *faults_json(const struct importing *i)
{
	json_t *list = json_array();

	for (size_t k = 0; k < i->file.n_faults; k++)
		json_array_append_new(
			list, json_pack("{s:I,s:I,s:o}", "line", (json_int_t)i->file.faults[k].line,
				      "column", (json_int_t)i->file.faults[k].column, "why",
				      rd_json_string(i->file.faults[k].why)));
	return list;
}

static void print_json(const struct importing *i)
{
	const struct rd_contacts_imported *d = &i->done;

	rd_json_print(json_pack("{s:b,s:b,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:o}", "imported",
		may_import(i) && !i->import.dry_run, "dry_run", i->import.dry_run, "lines",
		(json_int_t)i->file.n_lines, "faulty", (json_int_t)i->file.n_faulty, "added",
		(json_int_t)d->n[RD_RESIDENT_ADDED], "changed",
		(json_int_t)d->n[RD_RESIDENT_CHANGED], "same", (json_int_t)d->n[RD_RESIDENT_SAME],
		"left_out", (json_int_t)i->file.n_left_out, "erased_before",
		(json_int_t)d->n[RD_RESIDENT_ERASED], "dropped", (json_int_t)d->n_dropped, "kept",
		(json_int_t)d->n_kept, "faults", faults_json(i)));
}

static void print_counts(const struct importing *i)
{
	const struct rd_contacts_imported *d = &i->done;
	const bool dry = i->import.dry_run;

	printf("%s%" PRId64 " added, %" PRId64 " changed, %" PRId64 " as they were",
		dry ? "It would be: " : "", d->n[RD_RESIDENT_ADDED], d->n[RD_RESIDENT_CHANGED],
		d->n[RD_RESIDENT_SAME]);
	if (i->import.replace)
		printf(", %" PRId64 " dropped", d->n_dropped);
	puts(".");
	if (i->import.replace && dry && d->n_dropped > 0)
		puts("Who is on an open case, or on one kept for legal reasons, stays.");
	if (d->n_kept > 0)
		printf("%" PRId64 " not in the file stay%s, for they are on an open case or on one "
		       "kept for legal reasons.\n",
			d->n_kept, d->n_kept == 1 ? "s" : "");
	if (i->file.n_left_out > 0)
		printf("%zu line%s left out: neither an e-mail address nor a number to know them "
		       "by.\n",
			i->file.n_left_out, i->file.n_left_out == 1 ? " was" : "s were");
	if (d->n[RD_RESIDENT_ERASED] > 0)
		printf("%" PRId64 " left out, the first in line %u: their data was erased on "
		       "request. Take them out of the file; or where they are residents again, "
		       "add --bring-back.\n",
			d->n[RD_RESIDENT_ERASED], d->erased_line);
	if (i->file.n_faulty > 0)
		printf("%zu faulty line%s left out.\n", i->file.n_faulty,
			i->file.n_faulty == 1 ? " was" : "s were");
}

static enum rd_exit finish_import(const struct rd_ctl *ctl, const struct importing *i)
{
	if (ctl->json)
		print_json(i);
	else
		print_faults(i);
	if (!ctl->json && may_import(i))
		print_counts(i);
	else if (!ctl->json && i->file.unusable)
		fputs("Nothing was imported: mend the file first.\n", stderr);
	else if (!ctl->json)
		fprintf(stderr,
			"Nothing was imported: %zu of %zu lines %s faulty. Mend them, or leave "
			"them out with --skip-bad.\n",
			i->file.n_faulty, i->file.n_lines, i->file.n_faulty == 1 ? "is" : "are");
	return i->file.n_faults > 0 ? RD_EXIT_FOUND : RD_EXIT_DONE;
}

static bool take_options(struct rd_ctl *ctl, struct importing *i, int argc, char **argv)
{
	static const struct option options[] = { { "dry-run", no_argument, NULL, 'd' },
		{ "skip-bad", no_argument, NULL, 's' }, { "replace", no_argument, NULL, 'r' },
		{ "accept", no_argument, NULL, 'a' }, { "bring-back", no_argument, NULL, 'b' },
		{ "ignore", required_argument, NULL, 'i' }, RD_CTL_OPTIONS, { NULL, 0, NULL, 0 } };
	int option;

	while ((option = rd_ctl_next_option(argc, argv, options)) != -1) {
		if (option == 'd')
			i->import.dry_run = true;
		else if (option == 's')
			i->skip_bad = true;
		else if (option == 'r')
			i->import.replace = true;
		else if (option == 'a')
			i->import.accept = true;
		else if (option == 'b')
			i->import.bring_back = true;
		else if (option == 'i' && i->n_ignore < IGNORE_MAX)
			i->ignore[i->n_ignore++] = optarg;
		else if (!rd_ctl_option(ctl, option))
			return false;
	}
	i->path = argv[optind];
	return optind + 1 == argc;
}

enum rd_exit rd_ctl_contacts_import(struct rd_ctl *ctl, int argc, char **argv)
{
	RD_CLEANUP(end_import)
	struct importing i = { .arena = rd_arena_new(RD_CONTACTS_ARENA_BYTES) };
	struct rd_err err = { 0 };

	if (!take_options(ctl, &i, argc, argv))
		return rd_ctl_usage(ctl);
	if (rd_ctl_open(ctl, &i.desk, &err) != RD_OK || parse(&i, &err) != RD_OK)
		return rd_ctl_fail(&err);
	if (may_import(&i) && i.file.n_faulty > 0 && i.import.replace) {
		print_faults(&i);
		return rd_ctl_complain("--replace would drop whoever stands in a faulty line; mend "
				       "the file, or leave --replace out");
	}
	i.import.file = &i.file;
	if (may_import(&i) && rd_contacts_import(i.desk.desk.db, &i.desk.desk.office, &i.import,
				      &i.done, &err) != RD_OK)
		return rd_ctl_fail(&err);
	return finish_import(ctl, &i);
}

/* --- list and show --- */

static void add_row(struct rd_listing *listing, const struct rd_resident *r)
{
	if (listing->json != NULL)
		json_array_append_new(listing->json, rd_resident_json(r));
	rd_table_row(&listing->table,
		(const char *const[]){ r->name, r->email, r->phone, rd_prefers_names[r->prefers],
			r->language, r->adjustments[0] != '\0' ? "yes" : "",
			r->restrictions[0] != '\0' ? "yes" : "" });
}

enum rd_exit rd_ctl_contacts_list(struct rd_ctl *ctl, int argc, char **argv)
{
	static const struct option options[] = { { "landlord", required_argument, NULL, 'l' },
		{ "restricted", no_argument, NULL, 'r' }, { "adjusted", no_argument, NULL, 'a' },
		RD_CTL_OPTIONS, { NULL, 0, NULL, 0 } };
	static const char *const heads[] = { "name", "e-mail", "phone", "prefers", "language",
		"adjustments", "restrictions", NULL };
	RD_CLEANUP(rd_ctl_close) struct rd_ctl_desk desk = { 0 };
	RD_CLEANUP(rd_listing_free) struct rd_listing listing = { 0 };
	struct rd_resident_filter filter = { 0 };
	struct rd_resident *residents;
	struct rd_err err = { 0 };
	size_t n;
	int option;

	while ((option = rd_ctl_next_option(argc, argv, options)) != -1) {
		if (option == 'l')
			filter.landlord = optarg;
		else if (option == 'r')
			filter.restricted = true;
		else if (option == 'a')
			filter.adjusted = true;
		else if (!rd_ctl_option(ctl, option))
			return rd_ctl_usage(ctl);
	}
	if (optind < argc)
		return rd_ctl_usage(ctl);
	if (rd_ctl_open(ctl, &desk, &err) != RD_OK ||
		rd_residents_list(desk.desk.db, &filter, desk.arena, &residents, &n, &err) != RD_OK)
		return rd_ctl_fail(&err);
	rd_listing_begin(&listing, ctl->json, heads);
	for (size_t i = 0; i < n; i++)
		add_row(&listing, &residents[i]);
	rd_listing_show(&listing, "Nobody; `redressctl contacts import FILE.csv` takes them in.");
	return RD_EXIT_DONE;
}

enum rd_exit rd_ctl_contacts_show(struct rd_ctl *ctl, int argc, char **argv)
{
	static const struct option options[] = { RD_CTL_OPTIONS, { NULL, 0, NULL, 0 } };
	RD_CLEANUP(rd_ctl_close) struct rd_ctl_desk desk = { 0 };
	struct rd_resident *residents;
	struct rd_err err = { 0 };
	json_t *list;
	size_t n;
	int option;

	while ((option = rd_ctl_next_option(argc, argv, options)) != -1)
		if (!rd_ctl_option(ctl, option))
			return rd_ctl_usage(ctl);
	if (optind + 1 != argc)
		return rd_ctl_usage(ctl);
	if (rd_ctl_open(ctl, &desk, &err) != RD_OK ||
		rd_residents_find(desk.desk.db, NULL, argv[optind], desk.arena, &residents, &n,
			&err) != RD_OK)
		return rd_ctl_fail(&err);
	if (n == 0 && !ctl->json)
		return rd_ctl_complain("no contacts file has named %.200s", argv[optind]);
	list = json_array();
	for (size_t i = 0; i < n; i++) {
		json_array_append_new(list, rd_resident_json(&residents[i]));
		if (ctl->json)
			continue;
		printf("%sof %s\n", i > 0 ? "\n" : "", residents[i].landlord);
		rd_resident_print(&residents[i], 1, rd_date_of(rd_office_now(&desk.desk.office)));
	}
	if (ctl->json)
		rd_json_print(list);
	else
		json_decref(list);
	return RD_EXIT_DONE;
}

/* tasks: everything that people owe, soonest first, and that a task is done. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "desk.h"
#include "print.h"
#include "redress/gateway/acts.h"
#include "redress/gateway/owed.h"
#include "redress/store/review.h"

#define ROW_MAX 32

/* A task's own number, and what to call the rest: "review 4", "letter 7"; a clock has none. */
static const char *row_of(const struct rd_owed *item, char out[static ROW_MAX])
{
	switch (item->what) {
	case RD_OWED_TASK:
		snprintf(out, ROW_MAX, "%" PRId64, item->row);
		return out;
	case RD_OWED_REVIEW:
		snprintf(out, ROW_MAX, "review %" PRId64, item->row);
		return out;
	case RD_OWED_LETTER:
	case RD_OWED_APPROVAL:
		snprintf(out, ROW_MAX, "letter %" PRId64, item->row);
		return out;
	case RD_OWED_CLOCK:
	case RD_N_OWED:
		break;
	}
	return "clock";
}

static json_t *number_if(const struct rd_owed *item, bool is_it)
{
	return is_it ? json_integer((json_int_t)item->row) : json_null();
}

static json_t *owed_json(const struct rd_owed *item)
{
	const bool letter = item->what == RD_OWED_LETTER || item->what == RD_OWED_APPROVAL;

	return json_pack("{s:s,s:o,s:o,s:o,s:s,s:o,s:o,s:o,s:o,s:o,s:s,s:I}", "what",
		rd_owed_names[item->what], "task", number_if(item, item->what == RD_OWED_TASK),
		"review", number_if(item, item->what == RD_OWED_REVIEW), "row",
		number_if(item, letter), "kind", item->kind, "due", rd_json_day(item->due), "at",
		rd_json_instant(item->due_ms), "ref",
		rd_json_text(item->matter != NULL ? item->matter->reference : NULL), "landlord",
		rd_json_text(item->landlord), "owner", rd_json_text(item->owner), "text",
		item->text, "messages", (json_int_t)item->n);
}

static const char *text_of(struct rd_ctl_desk *desk, const struct rd_owed *item)
{
	const char *text = item->text;

	if (item->what == RD_OWED_CLOCK)
		text = rd_arena_printf(desk->arena, "%s: %s", item->kind, item->text);
	else if (item->n > 1)
		text = rd_arena_printf(
			desk->arena, "%s (%" PRId64 " messages)", item->text, item->n);
	return text != NULL ? text : item->text;
}

static const char *due_of(const struct rd_owed *item, char day[static 20], char at[static 24])
{
	return item->due_ms != 0 ? rd_short_instant(item->due_ms, at)
				 : rd_short_day(item->due, day);
}

static enum rd_rc list_owed(const struct rd_ctl *ctl, struct rd_ctl_desk *desk,
	const struct rd_owed_filter *filter, struct rd_err *err)
{
	static const char *const heads[] = { "task", "due", "case", "with", "what to do", NULL };
	RD_CLEANUP(rd_listing_free) struct rd_listing listing = { 0 };
	struct rd_owed *owed;
	size_t n;

	RD_TRY(rd_owed_list(
		desk->desk.db, &desk->desk.office, filter, desk->arena, &owed, &n, err));
	rd_listing_begin(&listing, ctl->json, heads);
	for (size_t i = 0; i < n; i++) {
		char row[ROW_MAX], day[20], at[24];

		if (listing.json != NULL)
			json_array_append_new(listing.json, owed_json(&owed[i]));
		rd_table_row(&listing.table,
			(const char *const[]){ row_of(&owed[i], row), due_of(&owed[i], day, at),
				owed[i].matter != NULL ? owed[i].matter->reference : "-",
				owed[i].owner[0] != '\0' ? owed[i].owner : "-",
				text_of(desk, &owed[i]) });
	}
	rd_listing_show(&listing, "Nothing is owed.");
	return RD_OK;
}

/* One line for all of them: nothing of it is owed on a day. Scripts ask `review list --samples`. */
static enum rd_rc tell_of_samples(struct rd_ctl_desk *desk, struct rd_err *err)
{
	int64_t n = 0;

	RD_TRY(rd_review_samples_waiting(desk->desk.db, &n, err));
	if (n > 0)
		printf("\nWhen there is time: %" PRId64
		       " request%s for service, read automatically, "
		       "wait%s to be checked\n(redressctl review list --samples).\n",
			n, n == 1 ? "" : "s", n == 1 ? "s" : "");
	return RD_OK;
}

static enum rd_exit end_task(
	const struct rd_ctl *ctl, struct rd_ctl_desk *desk, int64_t task, const char *how)
{
	struct rd_err err = { 0 };

	if (rd_act_task_done(desk->desk.db, &desk->desk.office, task, how, &err) != RD_OK)
		return rd_ctl_fail(&err);
	if (ctl->json)
		rd_json_print(json_pack("{s:I,s:b}", "task", (json_int_t)task, "done", 1));
	else
		printf("task %" PRId64 ": done\n", task);
	return RD_EXIT_DONE;
}

/* A landlord that nobody has is a slip, and no empty list. */
static bool is_landlord(struct rd_ctl_desk *desk, const char *name)
{
	const char *names[RD_LIVE_LANDLORDS_MAX + 1];
	const size_t n = rd_config_landlords(desk->config, names);

	names[n] = NULL;
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	rd_ctl_not_one_of(name, names);
	return false;
}

enum rd_exit rd_ctl_tasks(struct rd_ctl *ctl, int argc, char **argv)
{
	static const struct option options[] = { { "due-by", required_argument, NULL, 'd' },
		{ "owner", required_argument, NULL, 'o' },
		{ "landlord", required_argument, NULL, 'l' },
		{ "done", required_argument, NULL, 'x' }, { "how", required_argument, NULL, 'h' },
		RD_CTL_OPTIONS, { NULL, 0, NULL, 0 } };
	RD_CLEANUP(rd_ctl_close) struct rd_ctl_desk desk = { 0 };
	struct rd_owed_filter filter = { .landlord = NULL };
	const char *how = NULL, *done = NULL;
	struct rd_err err = { 0 };
	int64_t task = 0;
	int option;

	while ((option = rd_ctl_next_option(argc, argv, options)) != -1) {
		if (option == 'd' && rd_date_parse(optarg, &filter.due_by, &err) != RD_OK)
			return rd_ctl_fail(&err);
		if (option == 'o')
			filter.owner = optarg;
		else if (option == 'l')
			filter.landlord = optarg;
		else if (option == 'x')
			done = optarg;
		else if (option == 'h')
			how = optarg;
		else if (option != 'd' && !rd_ctl_option(ctl, option))
			return rd_ctl_usage(ctl);
	}
	if (optind < argc || (done == NULL && how != NULL))
		return rd_ctl_usage(ctl);
	if ((done != NULL && rd_ctl_row(done, &task, &err) != RD_OK) ||
		rd_ctl_open(ctl, &desk, &err) != RD_OK)
		return rd_ctl_fail(&err);
	if (done != NULL)
		return end_task(ctl, &desk, task, how);
	if (filter.landlord != NULL && !is_landlord(&desk, filter.landlord))
		return RD_EXIT_USAGE;
	if (list_owed(ctl, &desk, &filter, &err) != RD_OK ||
		(!ctl->json && !rd_date_is_set(filter.due_by) && filter.owner == NULL &&
			tell_of_samples(&desk, &err) != RD_OK))
		return rd_ctl_fail(&err);
	return RD_EXIT_DONE;
}

/* notices add, list, done: Complaint Handling Failure Notices about no single case. */
#include <inttypes.h>
#include <stdio.h>

#include "case_acts.h"
#include "print.h"
#include "redress/gateway/acts_ombudsman.h"

enum notice_option {
	OPT_LANDLORD = 1,
	OPT_TEXT,
	OPT_ON,
	OPT_DUE,
	OPT_HOW,
	N_NOTICE_OPTIONS,
};

static const struct option notice_options[] = { { "landlord", required_argument, NULL,
							OPT_LANDLORD },
	{ "text", required_argument, NULL, OPT_TEXT }, { "on", required_argument, NULL, OPT_ON },
	{ "due", required_argument, NULL, OPT_DUE }, { "how", required_argument, NULL, OPT_HOW },
	RD_CTL_OPTIONS, { NULL, 0, NULL, 0 } };

static bool read_words(struct rd_ctl *ctl, int argc, char **argv, const char **of, int n_arguments)
{
	int option;

	while ((option = rd_ctl_next_option(argc, argv, notice_options)) != -1) {
		if (option > 0 && option < N_NOTICE_OPTIONS &&
			rd_ctl_takes(ctl, notice_options, option))
			of[option] = optarg;
		else if (!rd_ctl_option(ctl, option))
			return false;
	}
	return optind + n_arguments == argc;
}

static enum rd_exit tell(const struct rd_ctl *ctl, int64_t number, const char *sentence)
{
	if (ctl->json)
		rd_json_print(json_pack("{s:I}", "notice", (json_int_t)number));
	else
		printf("notice %" PRId64 ": %s\n", number, sentence);
	return RD_EXIT_DONE;
}

enum rd_exit rd_ctl_notices_add(struct rd_ctl *ctl, int argc, char **argv)
{
	RD_CLEANUP(rd_ctl_close) struct rd_ctl_desk desk = { 0 };
	const char *of[N_NOTICE_OPTIONS] = { NULL };
	struct rd_act_decree notice = { .what = RD_DECREED_NOTICE };
	struct rd_err err = { 0 };
	int64_t number = 0;

	if (!read_words(ctl, argc, argv, of, 0))
		return rd_ctl_usage(ctl);
	notice.text = of[OPT_TEXT];
	if (rd_ctl_day(of[OPT_ON], &notice.on, &err) != RD_OK ||
		rd_ctl_day(of[OPT_DUE], &notice.due, &err) != RD_OK ||
		rd_ctl_open(ctl, &desk, &err) != RD_OK ||
		rd_act_notice_add(desk.desk.db, &desk.desk.office,
			of[OPT_LANDLORD] != NULL ? of[OPT_LANDLORD] : desk.config->landlord,
			&notice, &number, &err) != RD_OK)
		return rd_ctl_fail(&err);
	return tell(ctl, number, rd_date_is_set(notice.due) ? "recorded, with a task" : "recorded");
}

enum rd_exit rd_ctl_notices_done(struct rd_ctl *ctl, int argc, char **argv)
{
	RD_CLEANUP(rd_ctl_close) struct rd_ctl_desk desk = { 0 };
	const char *of[N_NOTICE_OPTIONS] = { NULL };
	struct rd_date on = { 0 };
	struct rd_err err = { 0 };
	int64_t number = 0;

	if (!read_words(ctl, argc, argv, of, 1))
		return rd_ctl_usage(ctl);
	if (rd_ctl_row(argv[optind], &number, &err) != RD_OK ||
		rd_ctl_day(of[OPT_ON], &on, &err) != RD_OK ||
		rd_ctl_open(ctl, &desk, &err) != RD_OK ||
		rd_act_notice_done(
			desk.desk.db, &desk.desk.office, number, on, of[OPT_HOW], &err) != RD_OK)
		return rd_ctl_fail(&err);
	return tell(ctl, number, "done");
}

static json_t *notice_json(const struct rd_failure_notice *n)
{
	return json_pack("{s:I,s:s,s:o,s:o,s:o,s:s,s:o,s:s,s:o}", "notice", (json_int_t)n->id,
		"landlord", n->landlord, "day", rd_json_day(n->day), "due", rd_json_day(n->due),
		"done", rd_json_day(n->done), "text", n->words, "how", rd_json_text(n->how), "by",
		n->added_by, "done_by", rd_json_text(n->done_by));
}

static void print_list(struct rd_ctl_desk *desk, const struct rd_failure_notice *notices, size_t n)
{
	static const char *const heads[] = { "notice", "landlord", "letter of", "due", "done",
		"text", NULL };
	struct rd_table table;
	char number[24], day[20], due[20], done[20];

	rd_table_begin(&table, heads);
	for (size_t i = 0; i < n; i++) {
		snprintf(number, sizeof number, "%" PRId64, notices[i].id);
		rd_table_row(&table,
			(const char *const[]){ number, notices[i].landlord,
				rd_short_day(notices[i].day, day),
				rd_date_is_set(notices[i].due) ? rd_short_day(notices[i].due, due)
							       : "",
				rd_date_is_set(notices[i].done)
					? rd_short_day(notices[i].done, done)
					: "-",
				rd_ctl_in_one_line(desk, notices[i].words) });
	}
	rd_table_end(&table, "No failure notice about no single case is recorded.");
}

enum rd_exit rd_ctl_notices_list(struct rd_ctl *ctl, int argc, char **argv)
{
	RD_CLEANUP(rd_ctl_close) struct rd_ctl_desk desk = { 0 };
	const char *of[N_NOTICE_OPTIONS] = { NULL };
	struct rd_failure_notice *notices;
	struct rd_err err = { 0 };
	size_t n;

	if (!read_words(ctl, argc, argv, of, 0))
		return rd_ctl_usage(ctl);
	if (rd_ctl_open(ctl, &desk, &err) != RD_OK ||
		rd_failure_notice_list(
			desk.desk.db, of[OPT_LANDLORD], desk.arena, &notices, &n, &err) != RD_OK)
		return rd_ctl_fail(&err);
	if (!ctl->json) {
		print_list(&desk, notices, n);
		return RD_EXIT_DONE;
	}
	json_t *list = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, notice_json(&notices[i]));
	rd_json_print(list);
	return RD_EXIT_DONE;
}

/* report quarter, year, tsm: the figures that boards, residents and the Regulator ask for. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <fcntl.h>

#include "command.h"
#include "desk.h"
#include "print.h"
#include "redress/gateway/report.h"
#include "report_show.h"

#define FIRST_YEAR	   2000
#define LAST_YEAR	   2100
#define HOMES_MAX	   10000000
#define REPORT_ARENA_BYTES (1u << 30) /* taken only as far as there are cases */

enum report_option {
	OPT_LANDLORD = 1,
	OPT_FROM,
	OPT_TO,
	OPT_YEAR,
	OPT_QUARTER,
	OPT_PUBLISH,
	OPT_CSV,
	OPT_HOMES_LCRA,
	OPT_HOMES_LCHO,
	OPT_HTML, /* the last */
};

static const struct option report_options[] = { { "landlord", required_argument, NULL,
							OPT_LANDLORD },
	{ "from", required_argument, NULL, OPT_FROM }, { "to", required_argument, NULL, OPT_TO },
	{ "year", required_argument, NULL, OPT_YEAR },
	{ "quarter", required_argument, NULL, OPT_QUARTER },
	{ "publish", no_argument, NULL, OPT_PUBLISH }, { "csv", no_argument, NULL, OPT_CSV },
	{ "homes-lcra", required_argument, NULL, OPT_HOMES_LCRA },
	{ "homes-lcho", required_argument, NULL, OPT_HOMES_LCHO },
	{ "html", required_argument, NULL, OPT_HTML }, RD_CTL_OPTIONS, { NULL, 0, NULL, 0 } };

struct report_words {
	const char *landlord, *from, *to, *html;
	int year, quarter; /* 0: not given */
	int homes_of[RD_N_TENURES];
	bool publish, csv;
};

static bool number_within(const char *word, int least, int most, int *ret_number)
{
	char *end = NULL;

	errno = 0;
	const long n = strtol(word, &end, 10);
	if (errno != 0 || end == word || *end != '\0' || n < least || n > most)
		return false;
	*ret_number = (int)n;
	return true;
}

static bool take_option(int option, struct report_words *words, enum rd_exit *ret_exit)
{
	switch ((enum report_option)option) {
	case OPT_LANDLORD:
		words->landlord = optarg;
		return true;
	case OPT_FROM:
		words->from = optarg;
		return true;
	case OPT_TO:
		words->to = optarg;
		return true;
	case OPT_HTML:
		words->html = optarg;
		return true;
	case OPT_PUBLISH:
		words->publish = true;
		return true;
	case OPT_CSV:
		words->csv = true;
		return true;
	case OPT_YEAR:
		if (number_within(optarg, FIRST_YEAR, LAST_YEAR, &words->year))
			return true;
		*ret_exit = rd_ctl_complain(
			"`%s` is no year; 2026 is the one from 1 April 2026 to 31 March 2027",
			optarg);
		return false;
	case OPT_HOMES_LCRA:
	case OPT_HOMES_LCHO:
		if (number_within(optarg, 1, HOMES_MAX,
			    &words->homes_of[option == OPT_HOMES_LCRA ? RD_TENURE_LCRA
								      : RD_TENURE_LCHO]))
			return true;
		*ret_exit = rd_ctl_complain("`%s` is no number of homes", optarg);
		return false;
	case OPT_QUARTER:
		if (number_within(optarg, 1, 4, &words->quarter))
			return true;
		*ret_exit = rd_ctl_complain("`%s` is no quarter; 1 is April to June, 4 is January "
					    "to March",
			optarg);
		return false;
	}
	return false;
}

static bool read_words(struct rd_ctl *ctl, int argc, char **argv, struct report_words *words,
	enum rd_exit *ret_exit)
{
	int option;

	while ((option = rd_ctl_next_option(argc, argv, report_options)) != -1) {
		if (option >= OPT_LANDLORD && option <= OPT_HTML &&
			rd_ctl_takes(ctl, report_options, option)) {
			if (!take_option(option, words, ret_exit))
				return false;
		} else if (!rd_ctl_option(ctl, option)) {
			*ret_exit = rd_ctl_usage(ctl);
			return false;
		}
	}
	if (!rd_ctl_at_most(ctl, argc, argv, 0, "argument")) {
		*ret_exit = RD_EXIT_USAGE;
		return false;
	}
	*ret_exit = RD_EXIT_USAGE;
	if ((words->from == NULL) != (words->to == NULL))
		rd_ctl_complain("--from and --to go together");
	else if (words->from != NULL && (words->year != 0 || words->quarter != 0))
		rd_ctl_complain("say either --year, or --from and --to");
	else if (rd_ctl_takes(ctl, report_options, OPT_QUARTER) &&
		 (words->quarter != 0) != (words->year != 0))
		rd_ctl_complain("--year and --quarter go together");
	else if (ctl->json + words->csv + (words->html != NULL) > 1)
		rd_ctl_complain("one of --json, --csv and --html at a time");
	else
		return true;
	return false;
}

static enum rd_rc days_of(
	const struct report_words *words, struct rd_report_ask *ask, struct rd_err *err)
{
	if (words->from == NULL) {
		rd_report_period(
			ask->kind, words->year, words->quarter, ask->today, &ask->from, &ask->to);
		return RD_OK;
	}
	if (rd_date_parse(words->from, &ask->from, err) != RD_OK)
		return rd_fail_within(err, "--from");
	if (rd_date_parse(words->to, &ask->to, err) != RD_OK)
		return rd_fail_within(err, "--to");
	return RD_OK;
}

/* Made anew, for its owner alone: a page that is there already is not written over. */
static enum rd_rc write_page(const char *path, const struct rd_report *report,
	struct rd_arena *arena, struct rd_err *err)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;

	if (out == NULL && fd >= 0)
		close(fd);
	if (out == NULL)
		return rd_fail(err, errno == EEXIST ? RD_E_EXISTS : RD_E_INPUT, "%s: %s", path,
			errno == EEXIST ? "is there already and is not written over; name another"
					: strerror(errno));
	rd_report_print_html(report, arena, out);
	const bool failed = ferror(out) != 0;
	if (fclose(out) == 0 && !failed)
		return RD_OK;
	unlink(path);
	return rd_fail(err, RD_E_AGAIN, "%s: could not be written whole", path);
}

static enum rd_exit run(struct rd_ctl *ctl, int argc, char **argv, enum rd_report_kind kind)
{
	RD_CLEANUP(rd_ctl_close) struct rd_ctl_desk desk = { 0 };
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(REPORT_ARENA_BYTES);
	struct report_words words = { 0 };
	struct rd_report_ask ask = { .kind = kind };
	const struct rd_policy *policy = NULL;
	struct rd_report report;
	struct rd_err err = { 0 };
	enum rd_exit exit_status = RD_EXIT_DONE;

	if (!read_words(ctl, argc, argv, &words, &exit_status))
		return exit_status;
	if (rd_ctl_open(ctl, &desk, &err) != RD_OK)
		return rd_ctl_fail(&err);
	if (words.landlord == NULL)
		words.landlord = desk.config->landlord;
	ask.today = rd_date_of(rd_office_now(&desk.desk.office));
	ask.homes = rd_config_homes(desk.config, words.landlord);
	for (int i = 0; i < RD_N_TENURES; i++)
		ask.homes_of[i] = words.homes_of[i];
	ask.publish = words.publish;
	if (rd_office_policy(&desk.desk.office, words.landlord, &policy, &err) != RD_OK ||
		days_of(&words, &ask, &err) != RD_OK)
		return rd_ctl_fail(&err);
	ask.landlord = &policy->landlord;
	ask.calendar = policy->calendar;
	if (rd_report_make(desk.desk.db, &ask, arena, &report, &err) != RD_OK)
		return rd_ctl_fail(&err);
	if (words.html != NULL && strcmp(words.html, "-") == 0)
		rd_report_print_html(&report, arena, stdout);
	else if (words.html != NULL && write_page(words.html, &report, arena, &err) != RD_OK)
		return rd_ctl_fail(&err);
	else if (words.html != NULL)
		printf("%s: %s. Open it in a browser, or print it.\n", words.html, report.title);
	else if (ctl->json)
		rd_report_print_json(&report);
	else if (words.csv)
		rd_report_print_csv(&report);
	else
		rd_report_print_text(&report, arena);
	return RD_EXIT_DONE;
}

enum rd_exit rd_ctl_report_quarter(struct rd_ctl *ctl, int argc, char **argv)
{
	return run(ctl, argc, argv, RD_REPORT_QUARTER);
}

enum rd_exit rd_ctl_report_year(struct rd_ctl *ctl, int argc, char **argv)
{
	return run(ctl, argc, argv, RD_REPORT_YEAR);
}

enum rd_exit rd_ctl_report_tsm(struct rd_ctl *ctl, int argc, char **argv)
{
	return run(ctl, argc, argv, RD_REPORT_TSM);
}

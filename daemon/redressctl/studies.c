/* report studies: anonymised case studies, as drafts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "desk.h"
#include "print.h"
#include "redress/gateway/studies.h"

#define STUDIES_ARENA_BYTES (1u << 30) /* taken only as far as there are cases */

enum studies_option { OPT_LANDLORD = 1, OPT_FROM, OPT_TO, OPT_MOST };

static const struct option studies_options[] = { { "landlord", required_argument, NULL,
							 OPT_LANDLORD },
	{ "from", required_argument, NULL, OPT_FROM }, { "to", required_argument, NULL, OPT_TO },
	{ "most", required_argument, NULL, OPT_MOST }, RD_CTL_OPTIONS, { NULL, 0, NULL, 0 } };

struct studies_words {
	const char *landlord, *from, *to;
	int most;
};

static bool number_of_studies(const char *word, int *ret_n)
{
	char *end = NULL;
	const long n = strtol(word, &end, 10);

	*ret_n = n >= 1 && n <= RD_STUDIES_MAX && *end == '\0' ? (int)n : 0;
	if (*ret_n != 0)
		return true;
	rd_ctl_complain("`%s`: how many studies, 1 to %d", word, RD_STUDIES_MAX);
	return false;
}

static bool read_words(struct rd_ctl *ctl, int argc, char **argv, struct studies_words *words,
	enum rd_exit *ret_exit)
{
	int option;

	*ret_exit = RD_EXIT_USAGE;
	while ((option = rd_ctl_next_option(argc, argv, studies_options)) != -1) {
		if (option == OPT_LANDLORD)
			words->landlord = optarg;
		else if (option == OPT_FROM)
			words->from = optarg;
		else if (option == OPT_TO)
			words->to = optarg;
		else if (option == OPT_MOST) {
			if (!number_of_studies(optarg, &words->most))
				return false;
		} else if (!rd_ctl_option(ctl, option)) {
			*ret_exit = rd_ctl_usage(ctl);
			return false;
		}
	}
	if (!rd_ctl_at_most(ctl, argc, argv, 0, "argument"))
		return false;
	if ((words->from == NULL) == (words->to == NULL))
		return true;
	rd_ctl_complain("--from and --to go together");
	return false;
}

static enum rd_rc days_of(const struct studies_words *words, struct rd_date today,
	struct rd_studies_ask *ask, struct rd_err *err)
{
	if (words->from == NULL) {
		ask->to = today;
		ask->from = rd_date_add(today, -365);
		return RD_OK;
	}
	if (rd_date_parse(words->from, &ask->from, err) != RD_OK)
		return rd_fail_within(err, "--from");
	if (rd_date_parse(words->to, &ask->to, err) != RD_OK)
		return rd_fail_within(err, "--to");
	if (rd_date_compare(ask->from, ask->to) <= 0)
		return RD_OK;
	return rd_fail(err, RD_E_INPUT, "--from lies behind --to");
}

static const struct {
	const char *name, *label;
} labels[] = {
	{ "about", "What it was about" },
	{ "came", "How it came" },
	{ "needed_care", "What needed care" },
	{ "happened", "What happened" },
	{ "outcome", "How it ended" },
	{ "put_right", "What put it right" },
	{ "learned", "What we learned" },
};
#define N_LABELS (sizeof labels / sizeof labels[0])

/* NULL where the study does not say. */
static const char *line_of(const struct rd_study *study, const char *name)
{
	for (size_t i = 0; i < study->n_lines; i++)
		if (strcmp(study->lines[i].name, name) == 0)
			return study->lines[i].text;
	return NULL;
}

static void print_left_out(size_t n)
{
	if (n > 0)
		printf("%zu closed complaint%s of these days left out: withdrawn, refused, never "
		       "answered, or held or flagged for safeguarding.\n",
			n, n == 1 ? " is" : "s are");
}

static void print_text(const struct rd_study *studies, size_t n, size_t n_left_out)
{
	print_left_out(n_left_out);
	if (n == 0) {
		puts("No closed complaint of these days is fit for a study.");
		return;
	}
	puts(RD_STUDIES_DRAFT);
	for (size_t i = 0; i < n; i++) {
		printf("\nStudy %zu\n", i + 1);
		for (size_t k = 0; k < N_LABELS; k++) {
			const char *text = line_of(&studies[i], labels[k].name);

			if (text == NULL)
				continue;
			printf("  %s: ", labels[k].label);
			rd_print_words(stdout, text);
			putchar('\n');
		}
	}
}

static void print_json(const struct rd_study *studies, size_t n, size_t n_left_out)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *study = json_object();

		for (size_t k = 0; k < N_LABELS; k++)
			json_object_set_new(study, labels[k].name,
				rd_json_text(line_of(&studies[i], labels[k].name)));
		json_array_append_new(list, study);
	}
	rd_json_print(json_pack("{s:b,s:s,s:I,s:o}", "draft", 1, "notice", RD_STUDIES_DRAFT,
		"left_out", (json_int_t)n_left_out, "studies", list));
}

enum rd_exit rd_ctl_report_studies(struct rd_ctl *ctl, int argc, char **argv)
{
	RD_CLEANUP(rd_ctl_close) struct rd_ctl_desk desk = { 0 };
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(STUDIES_ARENA_BYTES);
	struct studies_words words = { .most = RD_STUDIES_DEFAULT };
	struct rd_studies_ask ask = { 0 };
	enum rd_exit exit_status = RD_EXIT_DONE;
	struct rd_study *studies;
	struct rd_err err = { 0 };
	size_t n, n_left_out;

	if (!read_words(ctl, argc, argv, &words, &exit_status))
		return exit_status;
	if (rd_ctl_open(ctl, &desk, &err) != RD_OK)
		return rd_ctl_fail(&err);
	ask.landlord = words.landlord != NULL ? words.landlord : desk.config->landlord;
	ask.most = (size_t)words.most;
	if (days_of(&words, rd_date_of(rd_office_now(&desk.desk.office)), &ask, &err) != RD_OK ||
		rd_studies_make(desk.desk.db, &desk.desk.office, &ask, arena, &studies, &n, &err) !=
			RD_OK ||
		rd_studies_left_out(desk.desk.db, &ask, arena, &n_left_out, &err) != RD_OK)
		return rd_ctl_fail(&err);
	if (ctl->json)
		print_json(studies, n, n_left_out);
	else
		print_text(studies, n, n_left_out);
	return RD_EXIT_DONE;
}

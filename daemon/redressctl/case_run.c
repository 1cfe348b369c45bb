/* One command that acts on a case, from its words to what came of it. */
#include <string.h>

#include "case_acts.h"

static bool take_options(struct rd_ctl *ctl, int argc, char **argv,
	const struct rd_ctl_act_options *options, struct rd_ctl_words *words,
	enum rd_exit *ret_exit)
{
	int option;

	while ((option = rd_ctl_next_option(argc, argv, options->options)) != -1) {
		const bool taken = option > 0 && option < RD_CTL_WORDS_MAX &&
				   rd_ctl_takes(ctl, options->options, option);

		if (taken && option != options->repeated) {
			words->of[option] = optarg != NULL ? optarg : "";
		} else if (taken && words->n_many < RD_ACT_TOPICS_MAX) {
			words->many[words->n_many++] = optarg;
		} else if (taken) {
			*ret_exit = rd_ctl_complain(
				"more than %d %s", RD_ACT_TOPICS_MAX, options->what);
			return false;
		} else if (!rd_ctl_option(ctl, option)) {
			*ret_exit = rd_ctl_usage(ctl);
			return false;
		}
	}
	return true;
}

static bool is_one_of(const char *word, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strcmp(*words, word) == 0)
			return true;
	return false;
}

bool rd_ctl_read_words(struct rd_ctl *ctl, int argc, char **argv,
	const struct rd_ctl_act_options *options, const char *const *verbs,
	struct rd_ctl_words *words, enum rd_exit *ret_exit)
{
	if (!take_options(ctl, argc, argv, options, words, ret_exit))
		return false;
	if (verbs != NULL && optind < argc)
		words->verb = argv[optind++];
	if (optind + 1 == argc &&
		(verbs == NULL || (words->verb != NULL && is_one_of(words->verb, verbs))))
		return true;
	*ret_exit = rd_ctl_usage(ctl);
	return false;
}

enum rd_exit rd_ctl_run_act(struct rd_ctl *ctl, int argc, char **argv,
	const struct rd_ctl_act_options *options, const char *const *verbs, rd_ctl_act *act,
	const char *sentence)
{
	RD_CLEANUP(rd_ctl_close) struct rd_ctl_desk desk = { 0 };
	struct rd_ctl_words words = { .of = { NULL } };
	struct rd_ctl_before before = { 0, 0 };
	enum rd_exit exit_status = RD_EXIT_DONE;
	struct rd_err err = { 0 };
	int64_t id = 0;

	if (!rd_ctl_read_words(ctl, argc, argv, options, verbs, &words, &exit_status))
		return exit_status;
	if (rd_ctl_begin_act(ctl, argv[optind], &desk, &id, &before, &err) != RD_OK ||
		act(&desk, id, &words, &err) != RD_OK)
		return rd_ctl_fail(&err);
	return rd_ctl_tell(ctl, &desk, words.about != 0 ? words.about : id, &before,
		words.sentence != NULL ? words.sentence : sentence);
}

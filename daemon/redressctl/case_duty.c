/* case answered, hazard, route: the clocks beside the stages, and sending a case to a role. */
#include <string.h>

#include "case_acts.h"
#include "redress/gateway/acts.h"
#include "redress/gateway/acts_duty.h"

enum duty_option { OPT_STATE = 1, OPT_ON, OPT_GIVEN, OPT_TO, OPT_ABOUT, N_DUTY_OPTIONS };

static const struct option duty_options[] = { { "state", required_argument, NULL, OPT_STATE },
	{ "on", required_argument, NULL, OPT_ON }, { "given", required_argument, NULL, OPT_GIVEN },
	{ "to", required_argument, NULL, OPT_TO }, { "about", required_argument, NULL, OPT_ABOUT },
	RD_CTL_OPTIONS, { NULL, 0, NULL, 0 } };

struct duty_words {
	const char *of[N_DUTY_OPTIONS]; /* by option; NULL where not given */
	const char *about[RD_ACT_TOPICS_MAX];
	size_t n_about;
};

typedef enum rd_rc duty_act(
	struct rd_ctl_desk *desk, int64_t id, const struct duty_words *words, struct rd_err *err);

static bool read_words(
	struct rd_ctl *ctl, int argc, char **argv, struct duty_words *words, enum rd_exit *ret_exit)
{
	int option;

	while ((option = rd_ctl_next_option(argc, argv, duty_options)) != -1) {
		const bool taken = option > 0 && option < N_DUTY_OPTIONS &&
				   rd_ctl_takes(ctl, duty_options, option);

		if (taken && option != OPT_ABOUT) {
			words->of[option] = optarg;
		} else if (taken && words->n_about < RD_ACT_TOPICS_MAX) {
			words->about[words->n_about++] = optarg;
		} else if (taken) {
			*ret_exit = rd_ctl_complain("more than %d people", RD_ACT_TOPICS_MAX);
			return false;
		} else if (!rd_ctl_option(ctl, option)) {
			*ret_exit = rd_ctl_usage(ctl);
			return false;
		}
	}
	if (optind + 1 == argc)
		return true;
	*ret_exit = rd_ctl_usage(ctl);
	return false;
}

static enum rd_exit run(
	struct rd_ctl *ctl, int argc, char **argv, duty_act *act, const char *sentence)
{
	RD_CLEANUP(rd_ctl_close) struct rd_ctl_desk desk = { 0 };
	struct duty_words words = { .of = { NULL } };
	struct rd_ctl_before before = { 0, 0 };
	enum rd_exit exit_status = RD_EXIT_DONE;
	struct rd_err err = { 0 };
	int64_t id = 0;

	if (!read_words(ctl, argc, argv, &words, &exit_status))
		return exit_status;
	if (rd_ctl_begin_act(ctl, argv[optind], &desk, &id, &before, &err) != RD_OK ||
		act(&desk, id, &words, &err) != RD_OK)
		return rd_ctl_fail(&err);
	return rd_ctl_tell(ctl, &desk, id, &before, sentence);
}

static enum rd_rc answered(
	struct rd_ctl_desk *desk, int64_t id, const struct duty_words *words, struct rd_err *err)
{
	struct rd_date given = { 0 };

	RD_TRY(rd_ctl_day(words->of[OPT_GIVEN], &given, err));
	return rd_act_answered(desk->desk.db, &desk->desk.office, id, given, err);
}

static enum rd_rc hazard(
	struct rd_ctl_desk *desk, int64_t id, const struct duty_words *words, struct rd_err *err)
{
	struct rd_date day = { 0 };
	int state = 0;

	RD_TRY(rd_ctl_day(words->of[OPT_ON], &day, err));
	RD_TRY(rd_ctl_word_of(words->of[OPT_STATE], rd_hazard_state_names, "state",
		"reported, emergency, investigated, not_found, summary, made_safe", &state, err));
	return rd_act_hazard(
		desk->desk.db, &desk->desk.office, id, (enum rd_hazard_state)state, day, err);
}

static enum rd_rc route(
	struct rd_ctl_desk *desk, int64_t id, const struct duty_words *words, struct rd_err *err)
{
	if (words->of[OPT_TO] == NULL)
		return rd_fail(err, RD_E_INPUT,
			"say with --to which route of the policy, such as staff-conduct; "
			"`redressctl landlord show NAME` lists them");
	return rd_act_route(desk->desk.db, &desk->desk.office, id, words->of[OPT_TO], words->about,
		words->n_about, err);
}

enum rd_exit rd_ctl_case_answered(struct rd_ctl *ctl, int argc, char **argv)
{
	return run(ctl, argc, argv, answered, "answer recorded");
}

enum rd_exit rd_ctl_case_hazard(struct rd_ctl *ctl, int argc, char **argv)
{
	return run(ctl, argc, argv, hazard, "hazard recorded");
}

enum rd_exit rd_ctl_case_route(struct rd_ctl *ctl, int argc, char **argv)
{
	return run(ctl, argc, argv, route, "sent on");
}

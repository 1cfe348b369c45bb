/* case answered, hazard, route: the clocks beside the stages, and sending a case to a role. */
#include "case_acts.h"
#include "redress/gateway/acts_duty.h"

enum duty_option {
	OPT_STATE = 1,
	OPT_ON,
	OPT_GIVEN,
	OPT_TO,
	OPT_ABOUT,
};

static const struct option duty_options[] = { { "state", required_argument, NULL, OPT_STATE },
	{ "on", required_argument, NULL, OPT_ON }, { "given", required_argument, NULL, OPT_GIVEN },
	{ "to", required_argument, NULL, OPT_TO }, { "about", required_argument, NULL, OPT_ABOUT },
	RD_CTL_OPTIONS, { NULL, 0, NULL, 0 } };

static const struct rd_ctl_act_options duties = {
	.options = duty_options, .repeated = OPT_ABOUT, .what = "people"
};

static enum rd_rc answered(
	struct rd_ctl_desk *desk, int64_t id, struct rd_ctl_words *words, struct rd_err *err)
{
	struct rd_date given = { 0 };

	RD_TRY(rd_ctl_day(words->of[OPT_GIVEN], &given, err));
	return rd_act_answered(desk->desk.db, &desk->desk.office, id, given, err);
}

static enum rd_rc hazard(
	struct rd_ctl_desk *desk, int64_t id, struct rd_ctl_words *words, struct rd_err *err)
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
	struct rd_ctl_desk *desk, int64_t id, struct rd_ctl_words *words, struct rd_err *err)
{
	if (words->of[OPT_TO] == NULL)
		return rd_fail(err, RD_E_INPUT,
			"say with --to which route of the policy, such as staff-conduct; "
			"`redressctl landlord show NAME` lists them");
	return rd_act_route(desk->desk.db, &desk->desk.office, id, words->of[OPT_TO], words->many,
		words->n_many, err);
}

enum rd_exit rd_ctl_case_answered(struct rd_ctl *ctl, int argc, char **argv)
{
	return rd_ctl_run_act(ctl, argc, argv, &duties, NULL, answered, "answer recorded");
}

enum rd_exit rd_ctl_case_hazard(struct rd_ctl *ctl, int argc, char **argv)
{
	return rd_ctl_run_act(ctl, argc, argv, &duties, NULL, hazard, "hazard recorded");
}

enum rd_exit rd_ctl_case_route(struct rd_ctl *ctl, int argc, char **argv)
{
	return rd_ctl_run_act(ctl, argc, argv, &duties, NULL, route, "sent on");
}

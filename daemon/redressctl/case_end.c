/* case exclude, withdraw, refer, link, merge, split, action, consent, restrict, compensation: how a
 * case ends, how cases hang together, and what is recorded beside the stages. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "case_acts.h"
#include "print.h"
#include "redress/gateway/acts_end.h"
#include "redress/gateway/acts_record.h"

/* The options of all of these commands; each takes those that its usage names. */
enum end_option {
	OPT_REASON = 1,
	OPT_WHY,
	OPT_DECIDED_BY,
	OPT_GIVEN,
	OPT_ON,
	OPT_TO,
	OPT_INTO,
	OPT_TOPIC,
	OPT_DEFINITION,
	OPT_RECEIVED,
	OPT_TEXT,
	OPT_DUE,
	OPT_ACTION,
	OPT_HOW,
	OPT_STATE,
	OPT_WHO,
	OPT_TERMS,
	OPT_REVIEW,
	OPT_APPROVED_BY,
	OPT_LIFT,
	OPT_AMOUNT,
	OPT_COPY,
};

static const struct option end_options[] = { { "reason", required_argument, NULL, OPT_REASON },
	{ "why", required_argument, NULL, OPT_WHY },
	{ "decided-by", required_argument, NULL, OPT_DECIDED_BY },
	{ "given", required_argument, NULL, OPT_GIVEN }, { "on", required_argument, NULL, OPT_ON },
	{ "to", required_argument, NULL, OPT_TO }, { "into", required_argument, NULL, OPT_INTO },
	{ "topic", required_argument, NULL, OPT_TOPIC },
	{ "definition", required_argument, NULL, OPT_DEFINITION },
	{ "received", required_argument, NULL, OPT_RECEIVED },
	{ "text", required_argument, NULL, OPT_TEXT }, { "due", required_argument, NULL, OPT_DUE },
	{ "action", required_argument, NULL, OPT_ACTION },
	{ "how", required_argument, NULL, OPT_HOW },
	{ "state", required_argument, NULL, OPT_STATE },
	{ "who", required_argument, NULL, OPT_WHO },
	{ "terms", required_argument, NULL, OPT_TERMS },
	{ "review", required_argument, NULL, OPT_REVIEW },
	{ "approved-by", required_argument, NULL, OPT_APPROVED_BY },
	{ "lift", no_argument, NULL, OPT_LIFT }, { "amount", required_argument, NULL, OPT_AMOUNT },
	{ "copy", required_argument, NULL, OPT_COPY }, RD_CTL_OPTIONS, { NULL, 0, NULL, 0 } };

_Static_assert(OPT_COPY < RD_CTL_WORDS_MAX, "every option has its place among the words");

static const struct rd_ctl_act_options ends = {
	.options = end_options, .repeated = OPT_TOPIC, .what = "topics"
};

/* --- how it ends --- */

static enum rd_rc exclude(
	struct rd_ctl_desk *desk, int64_t id, struct rd_ctl_words *words, struct rd_err *err)
{
	struct rd_act_exclusion exclusion = { .reason = words->of[OPT_REASON],
		.why = words->of[OPT_WHY],
		.decided_by = words->of[OPT_DECIDED_BY] };

	RD_TRY(rd_ctl_day(words->of[OPT_GIVEN], &exclusion.given_on, err));
	return rd_act_exclude(desk->desk.db, &desk->desk.office, id, &exclusion, err);
}

static enum rd_rc withdraw(
	struct rd_ctl_desk *desk, int64_t id, struct rd_ctl_words *words, struct rd_err *err)
{
	return rd_act_withdraw(desk->desk.db, &desk->desk.office, id, words->of[OPT_WHY], err);
}

static enum rd_rc refer(
	struct rd_ctl_desk *desk, int64_t id, struct rd_ctl_words *words, struct rd_err *err)
{
	struct rd_date on = { 0 };

	RD_TRY(rd_ctl_day(words->of[OPT_ON], &on, err));
	return rd_act_refer(desk->desk.db, &desk->desk.office, id, on, words->of[OPT_WHY], err);
}

enum rd_exit rd_ctl_case_exclude(struct rd_ctl *ctl, int argc, char **argv)
{
	return rd_ctl_run_act(ctl, argc, argv, &ends, NULL, exclude, "excluded and closed");
}

enum rd_exit rd_ctl_case_withdraw(struct rd_ctl *ctl, int argc, char **argv)
{
	return rd_ctl_run_act(ctl, argc, argv, &ends, NULL, withdraw, "withdrawn and closed");
}

enum rd_exit rd_ctl_case_refer(struct rd_ctl *ctl, int argc, char **argv)
{
	return rd_ctl_run_act(ctl, argc, argv, &ends, NULL, refer, "with the Ombudsman; recorded");
}

/* --- cases that hang together --- */

static enum rd_rc other_case(struct rd_ctl_desk *desk, const char *reference, const char *option,
	int64_t *ret_case, struct rd_err *err)
{
	if (reference == NULL)
		return rd_fail(err, RD_E_INPUT, "say with --%s which other case", option);
	return rd_ctl_case(desk, reference, ret_case, err);
}

static enum rd_rc link_to(
	struct rd_ctl_desk *desk, int64_t id, struct rd_ctl_words *words, struct rd_err *err)
{
	int64_t other;

	RD_TRY(other_case(desk, words->of[OPT_TO], "to", &other, err));
	return rd_act_link(desk->desk.db, &desk->desk.office, id, other, err);
}

static enum rd_rc merge(
	struct rd_ctl_desk *desk, int64_t id, struct rd_ctl_words *words, struct rd_err *err)
{
	int64_t into;

	RD_TRY(other_case(desk, words->of[OPT_INTO], "into", &into, err));
	RD_TRY(rd_act_merge(desk->desk.db, &desk->desk.office, id, into, words->of[OPT_WHY], err));
	words->about = into;
	return RD_OK;
}

static enum rd_rc split(
	struct rd_ctl_desk *desk, int64_t id, struct rd_ctl_words *words, struct rd_err *err)
{
	struct rd_act_split off = { .topics = words->many,
		.n_topics = words->n_many,
		.definition = words->of[OPT_DEFINITION],
		.why = words->of[OPT_WHY] };

	RD_TRY(rd_ctl_day(words->of[OPT_RECEIVED], &off.received, err));
	return rd_act_split(desk->desk.db, &desk->desk.office, id, &off, &words->about, err);
}

enum rd_exit rd_ctl_case_link(struct rd_ctl *ctl, int argc, char **argv)
{
	return rd_ctl_run_act(ctl, argc, argv, &ends, NULL, link_to, "linked");
}

enum rd_exit rd_ctl_case_merge(struct rd_ctl *ctl, int argc, char **argv)
{
	return rd_ctl_run_act(
		ctl, argc, argv, &ends, NULL, merge, "the other case is part of this one now");
}

enum rd_exit rd_ctl_case_split(struct rd_ctl *ctl, int argc, char **argv)
{
	return rd_ctl_run_act(
		ctl, argc, argv, &ends, NULL, split, "opened, a complaint of its own");
}

/* --- beside the stages --- */

static enum rd_rc action(
	struct rd_ctl_desk *desk, int64_t id, struct rd_ctl_words *words, struct rd_err *err)
{
	struct rd_date due = { 0 };
	int64_t row;

	if (strcmp(words->verb, "add") == 0) {
		RD_TRY(rd_ctl_day(words->of[OPT_DUE], &due, err));
		return rd_act_action_add(desk->desk.db, &desk->desk.office, id, words->of[OPT_TEXT],
			due, words->of[OPT_TO], &row, err);
	}
	if (words->of[OPT_ACTION] == NULL)
		return rd_fail(
			err, RD_E_INPUT, "say with --action which one; `case show` lists them");
	RD_TRY(rd_ctl_row(words->of[OPT_ACTION], &row, err));
	return rd_act_action_done(
		desk->desk.db, &desk->desk.office, id, row, words->of[OPT_HOW], err);
}

static enum rd_rc consent(
	struct rd_ctl_desk *desk, int64_t id, struct rd_ctl_words *words, struct rd_err *err)
{
	int place = 0;

	RD_TRY(rd_ctl_word_of(words->of[OPT_STATE], rd_consent_names, "state",
		"asked, given, refused", &place, err));
	if (words->of[OPT_COPY] != NULL && place != RD_CONSENT_GIVEN)
		return rd_fail(err, RD_E_INPUT,
			"--copy goes with --state given: nobody gets copies before the resident "
			"agrees");
	if (words->of[OPT_COPY] != NULL)
		return rd_act_consent_to_copies(desk->desk.db, &desk->desk.office, id,
			words->of[OPT_WHO], words->of[OPT_COPY], err);
	return rd_act_consent(desk->desk.db, &desk->desk.office, id, (enum rd_consent)place,
		words->of[OPT_WHO], err);
}

static enum rd_rc restrict_contact(
	struct rd_ctl_desk *desk, int64_t id, struct rd_ctl_words *words, struct rd_err *err)
{
	struct rd_act_restriction restriction = { .terms = words->of[OPT_TERMS],
		.why = words->of[OPT_WHY],
		.approved_by = words->of[OPT_APPROVED_BY] };

	if (words->of[OPT_LIFT] != NULL)
		return rd_act_unrestrict(
			desk->desk.db, &desk->desk.office, id, words->of[OPT_WHY], err);
	RD_TRY(rd_ctl_day(words->of[OPT_REVIEW], &restriction.review, err));
	RD_TRY(rd_ctl_day(words->of[OPT_GIVEN], &restriction.given_on, err));
	return rd_act_restrict(desk->desk.db, &desk->desk.office, id, &restriction, err);
}

static enum rd_rc compensation(
	struct rd_ctl_desk *desk, int64_t id, struct rd_ctl_words *words, struct rd_err *err)
{
	int place = 0;

	RD_TRY(rd_ctl_word_of(words->of[OPT_STATE], rd_compensation_names, "state",
		"asked, offered, accepted, refused", &place, err));
	return rd_act_compensation(desk->desk.db, &desk->desk.office, id,
		(enum rd_compensation)place, words->of[OPT_AMOUNT], words->of[OPT_WHY], err);
}

enum rd_exit rd_ctl_case_action(struct rd_ctl *ctl, int argc, char **argv)
{
	static const char *const verbs[] = { "add", "done", NULL };

	return rd_ctl_run_act(ctl, argc, argv, &ends, verbs, action, "recorded");
}

enum rd_exit rd_ctl_case_consent(struct rd_ctl *ctl, int argc, char **argv)
{
	return rd_ctl_run_act(ctl, argc, argv, &ends, NULL, consent, "consent recorded");
}

enum rd_exit rd_ctl_case_restrict(struct rd_ctl *ctl, int argc, char **argv)
{
	return rd_ctl_run_act(
		ctl, argc, argv, &ends, NULL, restrict_contact, "restriction recorded");
}

enum rd_exit rd_ctl_case_compensation(struct rd_ctl *ctl, int argc, char **argv)
{
	return rd_ctl_run_act(ctl, argc, argv, &ends, NULL, compensation, "compensation recorded");
}

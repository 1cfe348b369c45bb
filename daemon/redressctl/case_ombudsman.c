/* case ombudsman: what the Housing Ombudsman decided about a case, and that it was complied with.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "case_acts.h"
#include "case_life.h"
#include "print.h"
#include "redress/gateway/acts_ombudsman.h"

enum decree_option {
	OPT_FINDING = 1,
	OPT_TEXT,
	OPT_ON,
	OPT_DUE,
	OPT_AMOUNT,
	OPT_NUMBER,
	OPT_HOW,
	N_DECREE_OPTIONS,
};

static const struct option decree_options[] = { { "finding", required_argument, NULL, OPT_FINDING },
	{ "text", required_argument, NULL, OPT_TEXT }, { "on", required_argument, NULL, OPT_ON },
	{ "due", required_argument, NULL, OPT_DUE },
	{ "amount", required_argument, NULL, OPT_AMOUNT },
	{ "number", required_argument, NULL, OPT_NUMBER },
	{ "how", required_argument, NULL, OPT_HOW }, RD_CTL_OPTIONS, { NULL, 0, NULL, 0 } };

/* What stands before the reference: one for each thing that is decreed, and `done`. */
static const char *const verbs[] = { "finding", "order", "recommendation", "notice", "done", NULL };

static const struct rd_ctl_act_options decrees_take = { decree_options, 0, NULL };

/* --- acts --- */

static enum rd_rc only(const struct rd_ctl_words *words, const bool *taken, struct rd_err *err)
{
	for (int i = 1; i < N_DECREE_OPTIONS; i++)
		if (words->of[i] != NULL && !taken[i])
			return rd_fail(err, RD_E_INPUT, "--%s does not go with `case ombudsman %s`",
				decree_options[i - 1].name, words->verb);
	return RD_OK;
}

static enum rd_rc record(struct rd_ctl_desk *desk, int64_t id, enum rd_decreed what,
	const struct rd_ctl_words *words, struct rd_err *err)
{
	static const bool taken[RD_N_DECREED][N_DECREE_OPTIONS] = {
		[RD_DECREED_FINDING] = { [OPT_FINDING] = true, [OPT_TEXT] = true, [OPT_ON] = true },
		[RD_DECREED_ORDER] = { [OPT_TEXT] = true,
			[OPT_ON] = true,
			[OPT_DUE] = true,
			[OPT_AMOUNT] = true },
		[RD_DECREED_RECOMMENDATION] = { [OPT_TEXT] = true,
			[OPT_ON] = true,
			[OPT_DUE] = true },
		[RD_DECREED_NOTICE] = { [OPT_TEXT] = true, [OPT_ON] = true, [OPT_DUE] = true },
	};
	struct rd_act_decree decree = {
		.what = what, .text = words->of[OPT_TEXT], .pounds = words->of[OPT_AMOUNT]
	};
	int64_t number;
	int finding = 0;

	RD_TRY(only(words, taken[what], err));
	if (what == RD_DECREED_FINDING)
		RD_TRY(rd_ctl_word_of(words->of[OPT_FINDING], rd_ombudsman_findings, "finding",
			"severe_maladministration, maladministration, service_failure, "
			"reasonable_redress, resolved_with_intervention, no_maladministration, "
			"outside_jurisdiction, withdrawn",
			&finding, err));
	decree.finding = (enum rd_ombudsman_finding)finding;
	RD_TRY(rd_ctl_day(words->of[OPT_ON], &decree.on, err));
	RD_TRY(rd_ctl_day(words->of[OPT_DUE], &decree.due, err));
	return rd_act_decree(desk->desk.db, &desk->desk.office, id, &decree, &number, err);
}

static enum rd_rc done(
	struct rd_ctl_desk *desk, int64_t id, const struct rd_ctl_words *words, struct rd_err *err)
{
	static const bool taken[N_DECREE_OPTIONS] = {
		[OPT_NUMBER] = true, [OPT_ON] = true, [OPT_HOW] = true
	};
	struct rd_date on = { 0 };
	int64_t number;

	RD_TRY(only(words, taken, err));
	if (words->of[OPT_NUMBER] == NULL)
		return rd_fail(
			err, RD_E_INPUT, "say with --number which one; `case show` lists them");
	RD_TRY(rd_ctl_row(words->of[OPT_NUMBER], &number, err));
	RD_TRY(rd_ctl_day(words->of[OPT_ON], &on, err));
	return rd_act_complied(
		desk->desk.db, &desk->desk.office, id, number, on, words->of[OPT_HOW], err);
}

static enum rd_rc decree_act(
	struct rd_ctl_desk *desk, int64_t id, struct rd_ctl_words *words, struct rd_err *err)
{
	for (int what = 0; what < RD_N_DECREED; what++)
		if (strcmp(verbs[what], words->verb) == 0)
			return record(desk, id, (enum rd_decreed)what, words, err);
	return done(desk, id, words, err);
}

enum rd_exit rd_ctl_case_ombudsman(struct rd_ctl *ctl, int argc, char **argv)
{
	return rd_ctl_run_act(ctl, argc, argv, &decrees_take, verbs, decree_act, "recorded");
}

/* --- what `case show` tells --- */

static const char *pounds(struct rd_ctl_desk *desk, int64_t pence)
{
	if (pence == 0)
		return "";
	return rd_arena_printf(desk->arena, "%" PRId64 ".%02" PRId64, pence / 100, pence % 100);
}

enum rd_rc rd_ctl_decrees_json(
	struct rd_ctl_desk *desk, int64_t id, json_t **ret_list, struct rd_err *err)
{
	struct rd_decree *decrees;
	json_t *list;
	size_t n;

	RD_TRY(rd_decrees_of_case(desk->desk.db, id, desk->arena, &decrees, &n, err));
	list = json_array();
	for (size_t i = 0; i < n; i++) {
		const struct rd_decree *d = &decrees[i];

		json_array_append_new(
			list, json_pack("{s:I,s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "number",
				      (json_int_t)d->id, "what", verbs[d->what], "finding",
				      d->what == RD_DECREED_FINDING
					      ? json_string(rd_ombudsman_findings[d->finding])
					      : json_null(),
				      "day", rd_json_day(d->day), "due", rd_json_day(d->due),
				      "done", rd_json_day(d->done), "pence",
				      d->pence != 0 ? json_integer(d->pence) : json_null(), "text",
				      rd_json_text(d->words), "how", rd_json_text(d->how)));
	}
	*ret_list = list;
	return RD_OK;
}

enum rd_rc rd_ctl_show_decrees(struct rd_ctl_desk *desk, int64_t id, struct rd_err *err)
{
	static const char *const heads[] = { "number", "what", "letter of", "due", "done", "pounds",
		"text", "how", NULL };
	struct rd_decree *decrees;
	struct rd_table table;
	char number[24], day[20], due[20], complied[20];
	size_t n;

	RD_TRY(rd_decrees_of_case(desk->desk.db, id, desk->arena, &decrees, &n, err));
	if (n == 0)
		return RD_OK;
	puts("\nThe Ombudsman (redressctl case ombudsman)");
	rd_table_begin(&table, heads);
	for (size_t i = 0; i < n; i++) {
		const struct rd_decree *d = &decrees[i];
		const bool finding = d->what == RD_DECREED_FINDING;

		snprintf(number, sizeof number, "%" PRId64, d->id);
		rd_table_row(
			&table, (const char *const[]){ number, rd_decree_words(d),
					rd_short_day(d->day, day),
					rd_date_is_set(d->due) ? rd_short_day(d->due, due) : "",
					rd_date_is_set(d->done) ? rd_short_day(d->done, complied)
					: finding		? ""
								: "-",
					pounds(desk, d->pence), rd_ctl_in_one_line(desk, d->words),
					rd_ctl_in_one_line(desk, d->how) });
	}
	rd_table_end(&table, "  nothing");
	return RD_OK;
}

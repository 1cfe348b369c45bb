/* case assign, contacted, agree, respond, extend, escalate, accept, refuse, reopen: a complaint's
 * way through the stages; and what was done with a case, for `case show`. */
#include "case_life.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "case_acts.h"
#include "print.h"
#include "redress/base/stanza.h"
#include "redress/gateway/acts_stage.h"
#include "redress/gateway/progress.h"
#include "redress/policy/answer.h"
#include "redress/store/case_actions.h"
#include "redress/store/case_acts.h"

/* The options of all of these commands; each takes those that its usage names. */
enum life_option {
	OPT_TO = 1,
	OPT_STAGE,
	OPT_GIVEN,
	OPT_FOUND,
	OPT_WHY,
	OPT_APPROVED_BY,
	OPT_ASKED,
	OPT_HOW,
	OPT_ANSWER,
	OPT_SKELETON,
};

static const struct option life_options[] = { { "to", required_argument, NULL, OPT_TO },
	{ "stage", required_argument, NULL, OPT_STAGE },
	{ "given", required_argument, NULL, OPT_GIVEN },
	{ "found", required_argument, NULL, OPT_FOUND },
	{ "why", required_argument, NULL, OPT_WHY },
	{ "approved-by", required_argument, NULL, OPT_APPROVED_BY },
	{ "asked", required_argument, NULL, OPT_ASKED },
	{ "how", required_argument, NULL, OPT_HOW },
	{ "answer", required_argument, NULL, OPT_ANSWER },
	{ "skeleton", no_argument, NULL, OPT_SKELETON }, RD_CTL_OPTIONS, { NULL, 0, NULL, 0 } };

static const struct rd_ctl_act_options life = { .options = life_options };

/* --- both stages --- */

static enum rd_rc assign(
	struct rd_ctl_desk *desk, int64_t id, struct rd_ctl_words *words, struct rd_err *err)
{
	return rd_act_assign(desk->desk.db, &desk->desk.office, id, words->of[OPT_TO], err);
}

static enum rd_rc contacted(
	struct rd_ctl_desk *desk, int64_t id, struct rd_ctl_words *words, struct rd_err *err)
{
	struct rd_date given = { 0 };

	RD_TRY(rd_ctl_day(words->of[OPT_GIVEN], &given, err));
	return rd_act_contacted(desk->desk.db, &desk->desk.office, id, given, err);
}

static enum rd_rc agree(
	struct rd_ctl_desk *desk, int64_t id, struct rd_ctl_words *words, struct rd_err *err)
{
	struct rd_date given = { 0 };

	RD_TRY(rd_ctl_day(words->of[OPT_GIVEN], &given, err));
	return rd_act_agree(desk->desk.db, &desk->desk.office, id, given, err);
}

static enum rd_rc stage_of(struct rd_ctl_words *words, enum rd_stage *ret_stage, struct rd_err *err)
{
	static const char *const stages[] = { "1", "2", NULL };
	int place = 0;

	RD_TRY(rd_ctl_word_of(words->of[OPT_STAGE], stages, "stage", "1, 2", &place, err));
	*ret_stage = place == 0 ? RD_STAGE_1 : RD_STAGE_2;
	return RD_OK;
}

static enum rd_rc respond(
	struct rd_ctl_desk *desk, int64_t id, struct rd_ctl_words *words, struct rd_err *err)
{
	struct rd_act_response response = { .file = words->of[OPT_ANSWER] };
	int place = 0;

	RD_TRY(rd_ctl_day(words->of[OPT_GIVEN], &response.given_on, err));
	RD_TRY(stage_of(words, &response.stage, err));
	if (words->of[OPT_FOUND] != NULL && words->of[OPT_ANSWER] != NULL)
		return rd_fail(err, RD_E_INPUT,
			"the answer's `Decision:` says what was found; leave out --found");
	if (words->of[OPT_FOUND] != NULL) {
		RD_TRY(rd_ctl_word_of(words->of[OPT_FOUND], rd_found_names, "found",
			"upheld, partly, not_upheld", &place, err));
		response.found = (enum rd_found)place;
	}
	if (words->of[OPT_ANSWER] != NULL)
		RD_TRY(rd_file_read(words->of[OPT_ANSWER], RD_ANSWER_FILE_MAX, desk->arena,
			&response.answer, &response.answer_len, err));
	return rd_act_respond(desk->desk.db, &desk->desk.office, id, &response, err);
}

/* To a file of the officer's own: `> answer.txt`. */
static enum rd_exit print_skeleton(struct rd_ctl *ctl, int argc, char **argv)
{
	RD_CLEANUP(rd_ctl_close) struct rd_ctl_desk desk = { 0 };
	RD_CLEANUP(rd_buf_free) struct rd_buf text = RD_BUF(RD_ANSWER_FILE_MAX * 2);
	struct rd_ctl_words words = { .of = { NULL } };
	enum rd_exit exit_status = RD_EXIT_DONE;
	enum rd_stage stage = RD_STAGE_1;
	struct rd_err err = { 0 };
	int64_t id = 0;

	if (!rd_ctl_read_words(ctl, argc, argv, &life, NULL, &words, &exit_status))
		return exit_status;
	if (stage_of(&words, &stage, &err) != RD_OK || rd_ctl_open(ctl, &desk, &err) != RD_OK ||
		rd_ctl_case(&desk, argv[optind], &id, &err) != RD_OK ||
		rd_act_answer_skeleton(desk.desk.db, &desk.desk.office, id, stage, &text, &err) !=
			RD_OK)
		return rd_ctl_fail(&err);
	fputs(rd_buf_str(&text), stdout);
	return RD_EXIT_DONE;
}

static bool has_word(int argc, char **argv, const char *word)
{
	for (int i = 0; i < argc; i++)
		if (strncmp(argv[i], word, strlen(word)) == 0)
			return true;
	return false;
}

static enum rd_rc extend(
	struct rd_ctl_desk *desk, int64_t id, struct rd_ctl_words *words, struct rd_err *err)
{
	struct rd_act_extension extension = { .why = words->of[OPT_WHY],
		.approved_by = words->of[OPT_APPROVED_BY] };

	RD_TRY(rd_ctl_day(words->of[OPT_GIVEN], &extension.given_on, err));
	if (words->of[OPT_TO] == NULL)
		return rd_fail(err, RD_E_INPUT, "say with --to by which day the answer comes");
	RD_TRY(rd_date_parse(words->of[OPT_TO], &extension.to, err));
	return rd_act_extend(desk->desk.db, &desk->desk.office, id, &extension, err);
}

enum rd_exit rd_ctl_case_assign(struct rd_ctl *ctl, int argc, char **argv)
{
	return rd_ctl_run_act(ctl, argc, argv, &life, NULL, assign, "assigned");
}

enum rd_exit rd_ctl_case_contacted(struct rd_ctl *ctl, int argc, char **argv)
{
	return rd_ctl_run_act(ctl, argc, argv, &life, NULL, contacted, "contact recorded");
}

enum rd_exit rd_ctl_case_agree(struct rd_ctl *ctl, int argc, char **argv)
{
	return rd_ctl_run_act(ctl, argc, argv, &life, NULL, agree, "definition agreed");
}

enum rd_exit rd_ctl_case_respond(struct rd_ctl *ctl, int argc, char **argv)
{
	const bool by_letter = has_word(argc, argv, "--answer") && !has_word(argc, argv, "--given");

	if (has_word(argc, argv, "--skeleton"))
		return print_skeleton(ctl, argc, argv);
	return rd_ctl_run_act(ctl, argc, argv, &life, NULL, respond,
		by_letter ? "the answer is recorded; it counts when its letter has left, or, where "
			    "a text tells of it, when you have given it (`tasks`)"
			  : "answered");
}

enum rd_exit rd_ctl_case_extend(struct rd_ctl *ctl, int argc, char **argv)
{
	return rd_ctl_run_act(ctl, argc, argv, &life, NULL, extend, "extended");
}

/* --- stage 2 --- */

static enum rd_rc escalate(
	struct rd_ctl_desk *desk, int64_t id, struct rd_ctl_words *words, struct rd_err *err)
{
	struct rd_date asked = { 0 };
	int place = RD_ASKED_BY_STAFF;

	RD_TRY(rd_ctl_day(words->of[OPT_ASKED], &asked, err));
	if (words->of[OPT_HOW] != NULL)
		RD_TRY(rd_ctl_word_of(words->of[OPT_HOW], rd_asked_by_names, "how",
			"staff, reply, text", &place, err));
	return rd_act_escalate(
		desk->desk.db, &desk->desk.office, id, asked, (enum rd_asked_by)place, err);
}

static enum rd_rc accept_request(
	struct rd_ctl_desk *desk, int64_t id, struct rd_ctl_words *words, struct rd_err *err)
{
	struct rd_date given = { 0 };

	RD_TRY(rd_ctl_day(words->of[OPT_GIVEN], &given, err));
	return rd_act_accept(desk->desk.db, &desk->desk.office, id, given, err);
}

static enum rd_rc refuse(
	struct rd_ctl_desk *desk, int64_t id, struct rd_ctl_words *words, struct rd_err *err)
{
	struct rd_date given = { 0 };

	RD_TRY(rd_ctl_day(words->of[OPT_GIVEN], &given, err));
	return rd_act_refuse(desk->desk.db, &desk->desk.office, id, words->of[OPT_WHY], given, err);
}

static enum rd_rc reopen(
	struct rd_ctl_desk *desk, int64_t id, struct rd_ctl_words *words, struct rd_err *err)
{
	return rd_act_reopen(desk->desk.db, &desk->desk.office, id, words->of[OPT_WHY], err);
}

enum rd_exit rd_ctl_case_escalate(struct rd_ctl *ctl, int argc, char **argv)
{
	return rd_ctl_run_act(ctl, argc, argv, &life, NULL, escalate, "at stage 2");
}

enum rd_exit rd_ctl_case_accept(struct rd_ctl *ctl, int argc, char **argv)
{
	return rd_ctl_run_act(ctl, argc, argv, &life, NULL, accept_request, "stage 2 taken on");
}

enum rd_exit rd_ctl_case_refuse(struct rd_ctl *ctl, int argc, char **argv)
{
	return rd_ctl_run_act(ctl, argc, argv, &life, NULL, refuse, "stage 2 refused");
}

enum rd_exit rd_ctl_case_reopen(struct rd_ctl *ctl, int argc, char **argv)
{
	return rd_ctl_run_act(ctl, argc, argv, &life, NULL, reopen, "open again");
}

/* --- what was done --- */

enum rd_rc rd_ctl_acts_json(
	struct rd_ctl_desk *desk, int64_t id, json_t **ret_list, struct rd_err *err)
{
	struct rd_case_act *acts;
	json_t *list;
	size_t n;

	RD_TRY(rd_case_act_list(desk->desk.db, id, desk->arena, &acts, &n, err));
	list = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list,
			json_pack("{s:I,s:s,s:s,s:o,s:o,s:s,s:o,s:o,s:o}", "act",
				(json_int_t)acts[i].id, "what", acts[i].what, "stage",
				rd_stage_names[acts[i].stage], "day", rd_json_day(acts[i].day),
				"at", rd_json_instant(acts[i].at_ms), "by", acts[i].actor, "person",
				rd_json_text(acts[i].person), "detail",
				rd_json_text(acts[i].detail), "why", rd_json_text(acts[i].why)));
	*ret_list = list;
	return RD_OK;
}

enum rd_rc rd_ctl_actions_json(
	struct rd_ctl_desk *desk, int64_t id, json_t **ret_list, struct rd_err *err)
{
	struct rd_case_action *actions;
	json_t *list;
	size_t n;

	RD_TRY(rd_case_action_list(desk->desk.db, id, desk->arena, &actions, &n, err));
	list = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(
			list, json_pack("{s:I,s:o,s:o,s:o,s:s,s:o,s:o,s:o}", "action",
				      (json_int_t)actions[i].id, "due", rd_json_day(actions[i].due),
				      "owner", rd_json_text(actions[i].owner), "text",
				      rd_json_text(actions[i].words), "by", actions[i].added_by,
				      "done", rd_json_instant(actions[i].done_ms), "done_by",
				      rd_json_text(actions[i].done_by), "how",
				      rd_json_text(actions[i].how)));
	*ret_list = list;
	return RD_OK;
}

static enum rd_rc show_actions(struct rd_ctl_desk *desk, int64_t id, struct rd_err *err)
{
	static const char *const heads[] = { "action", "due", "owner", "done by", "what", NULL };
	struct rd_case_action *actions;
	struct rd_table table;
	char number[24], day[20];
	size_t n;

	RD_TRY(rd_case_action_list(desk->desk.db, id, desk->arena, &actions, &n, err));
	if (n == 0)
		return RD_OK;
	puts("\nPromised (redressctl case action done)");
	rd_table_begin(&table, heads);
	for (size_t i = 0; i < n; i++) {
		snprintf(number, sizeof number, "%" PRId64, actions[i].id);
		rd_table_row(&table, (const char *const[]){ number,
					     rd_short_day(actions[i].due, day), actions[i].owner,
					     actions[i].done_ms != 0 ? actions[i].done_by : "-",
					     rd_ctl_in_one_line(desk, actions[i].words) });
	}
	rd_table_end(&table, "  nothing");
	return RD_OK;
}

/* The full answer is a page: it stands below the table, as it was written. */
static bool is_page(const struct rd_case_act *done)
{
	return strcmp(done->what, RD_DID_RESPONDED) == 0 && strchr(done->why, '\n') != NULL;
}

static enum rd_rc show_answers(
	struct rd_ctl_desk *desk, const struct rd_case_act *acts, size_t n, struct rd_err *err)
{
	char day[20];

	for (size_t i = 0; i < n; i++) {
		const char *line;

		if (!is_page(&acts[i]))
			continue;
		line = rd_answer_readable(acts[i].why, desk->arena);
		if (line == NULL)
			return rd_fail(err, RD_E_RANGE, "no memory left for the answer");
		printf("\nThe answer of %s\n", rd_short_day(acts[i].day, day));
		while (*line != '\0') {
			const size_t len = strcspn(line, "\n");

			printf("  %.*s\n", (int)len, line);
			line += len + (line[len] == '\n');
		}
	}
	return RD_OK;
}

enum rd_rc rd_ctl_show_acts(struct rd_ctl_desk *desk, int64_t id, struct rd_err *err)
{
	static const char *const heads[] = { "day", "what", "person", "detail", "recorded by",
		"why", NULL };
	struct rd_case_act *acts;
	struct rd_table table;
	char day[20];
	size_t n;

	RD_TRY(show_actions(desk, id, err));
	RD_TRY(rd_ctl_show_decrees(desk, id, err));
	RD_TRY(rd_case_act_list(desk->desk.db, id, desk->arena, &acts, &n, err));
	if (n == 0)
		return RD_OK;
	puts("\nWhat was done");
	rd_table_begin(&table, heads);
	for (size_t i = 0; i < n; i++)
		rd_table_row(&table,
			(const char *const[]){ rd_short_day(acts[i].day, day), acts[i].what,
				acts[i].person, acts[i].detail, acts[i].actor,
				is_page(&acts[i]) ? "(the answer: below)"
						  : rd_ctl_in_one_line(desk, acts[i].why) });
	rd_table_end(&table, "  nothing");
	return show_answers(desk, acts, n, err);
}

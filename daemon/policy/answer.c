#include "redress/policy/answer.h"

#include <string.h>
#include <strings.h>
#include "redress/base/stanza.h"

static const char *const stage_words[] = { "1", "2", NULL };

static const char *const whole_fields[] = { "Answer", "Stage", "Complaint", "Decision", "Reasons",
	"Policy and law", "Apology", "Remedy", "Money", "Money for", "Records", "Prevention",
	"Reconsidered", "Learning", NULL };
static const char *const whole_repeated[] = { "Complaint", "Reasons", "Policy and law", "Apology",
	"Remedy", "Money for", "Records", "Prevention", "Reconsidered", "Learning", NULL };
static const char *const point_fields[] = { "Point", "Finding", NULL };
static const char *const point_repeated[] = { "Finding", NULL };
static const char *const action_fields[] = { "Action", "By", "To", NULL };
static const struct rd_stanza_form forms[] = {
	{ whole_fields, whole_repeated },
	{ point_fields, point_repeated },
	{ action_fields, NULL },
};
#define N_FORMS (sizeof forms / sizeof forms[0])

/* --- reading --- */

static bool is_none(const char *text)
{
	return strcasecmp(text, "none") == 0 || strcasecmp(text, "none.") == 0;
}

/* A part of the answer that nobody may leave empty: its lines, one a paragraph. */
static enum rd_rc need(const struct rd_stanza *stanza, const char *name, const char *what,
	struct rd_arena *arena, const char **ret_text, struct rd_err *err)
{
	const struct rd_field *field = NULL, *first = rd_stanza_field(stanza, name);
	const char *all = "";

	while ((field = rd_stanza_next(stanza, name, field)) != NULL) {
		if (field->value[0] == '\0')
			continue;
		all = rd_arena_printf(
			arena, "%s%s%s", all, all[0] != '\0' ? "\n" : "", field->value);
		if (all == NULL)
			return rd_fail(err, RD_E_RANGE, "%s: too large", stanza->file);
	}
	if (all[0] == '\0')
		return rd_stanza_fail(stanza, first != NULL ? first : &stanza->fields[0], err,
			"`%s:` is empty: %s", name, what);
	*ret_text = all;
	return RD_OK;
}

/* The same of one that may say `none`: then it is "". */
static enum rd_rc need_or_none(const struct rd_stanza *stanza, const char *name, const char *what,
	struct rd_arena *arena, const char **ret_text, struct rd_err *err)
{
	const char *text = "";

	RD_TRY(need(stanza, name, what, arena, &text, err));
	*ret_text = is_none(text) ? "" : text;
	return RD_OK;
}

/* "120" or "120.50". */
static bool is_amount(const char *amount)
{
	const size_t pounds = strspn(amount, "0123456789");
	const char *rest = amount + pounds;

	if (pounds == 0 || strlen(amount) > RD_ANSWER_AMOUNT_MAX)
		return false;
	return *rest == '\0' ||
	       (*rest == '.' && strspn(rest + 1, "0123456789") == 2 && rest[3] == '\0');
}

static enum rd_rc read_money(const struct rd_stanza *stanza, struct rd_arena *arena,
	struct rd_answer *answer, struct rd_err *err)
{
	RD_TRY(need_or_none(stanza, "Money",
		"say how many pounds are offered, such as 120.00, or `none`", arena, &answer->money,
		err));
	answer->money_for = "";
	if (answer->money[0] == '\0')
		return RD_OK;
	if (!is_amount(answer->money))
		return rd_stanza_fail(stanza, rd_stanza_field(stanza, "Money"), err,
			"\"%.40s\" is no amount; write pounds, such as 120 or 120.50, or `none`",
			answer->money);
	return need(
		stanza, "Money for", "say what the money is for", arena, &answer->money_for, err);
}

static enum rd_rc read_stage2(const struct rd_stanza *stanza, struct rd_arena *arena,
	struct rd_answer *answer, struct rd_err *err)
{
	const struct rd_field *field = rd_stanza_field(stanza, "Reconsidered");

	answer->reconsidered = "";
	if (answer->stage == RD_STAGE_2)
		return need(stanza, "Reconsidered",
			"say which decisions of stage 1 were looked at again, and which are "
			"changed",
			arena, &answer->reconsidered, err);
	if (field == NULL)
		return RD_OK;
	return rd_stanza_fail(
		stanza, field, err, "`Reconsidered:` belongs to the answer of stage 2");
}

static enum rd_rc read_head(const struct rd_stanza *stanza, struct rd_arena *arena,
	struct rd_answer *answer, struct rd_err *err)
{
	const struct rd_field *field;
	const char *word = "";
	int choice = 0;

	RD_TRY(need(stanza, "Answer", "say which case it answers", arena, &answer->reference, err));
	RD_TRY(need(stanza, "Stage", "say 1 or 2", arena, &word, err));
	field = rd_stanza_field(stanza, "Stage");
	RD_TRY(rd_field_choice(stanza, field, stage_words, &choice, err));
	answer->stage = choice == 0 ? RD_STAGE_1 : RD_STAGE_2;
	RD_TRY(need(stanza, "Decision", "say upheld, partly or not_upheld", arena, &word, err));
	field = rd_stanza_field(stanza, "Decision");
	RD_TRY(rd_field_choice(stanza, field, rd_found_names + RD_FOUND_UPHELD, &choice, err));
	answer->found = (enum rd_found)(RD_FOUND_UPHELD + choice);
	return RD_OK;
}

static enum rd_rc read_whole(const struct rd_stanza *stanza, struct rd_arena *arena,
	struct rd_answer *answer, struct rd_err *err)
{
	RD_TRY(read_head(stanza, arena, answer, err));
	RD_TRY(need(stanza, "Complaint", "say what the complaint is about, as it was agreed", arena,
		&answer->complaint, err));
	RD_TRY(need(stanza, "Reasons", "say why you decided so", arena, &answer->reasons, err));
	RD_TRY(need(stanza, "Policy and law",
		"say which policy, law or good practice the decision rests on", arena, &answer->law,
		err));
	RD_TRY(need_or_none(stanza, "Apology",
		"say sorry for what went wrong, or `none` where nothing did", arena,
		&answer->apology, err));
	if (answer->apology[0] == '\0' && answer->found != RD_FOUND_NOT)
		return rd_stanza_fail(stanza, rd_stanza_field(stanza, "Apology"), err,
			"`Apology:` says none, and the decision is `%s`: say sorry for what went "
			"wrong",
			rd_found_names[answer->found]);
	RD_TRY(need_or_none(stanza, "Remedy",
		"say what is done to put it right and by when, or `none`", arena, &answer->remedy,
		err));
	RD_TRY(read_money(stanza, arena, answer, err));
	RD_TRY(need_or_none(stanza, "Records",
		"say which record was corrected or added to, or `none`", arena, &answer->records,
		err));
	RD_TRY(need_or_none(stanza, "Prevention",
		"say what keeps it from happening again, or `none`", arena, &answer->prevention,
		err));
	RD_TRY(read_stage2(stanza, arena, answer, err));
	answer->learning = "";
	if (rd_stanza_field(stanza, "Learning") == NULL ||
		rd_stanza_value(stanza, "Learning", "")[0] == '\0')
		return RD_OK;
	return need_or_none(stanza, "Learning", "say what is to be learned, or leave it out", arena,
		&answer->learning, err);
}

static enum rd_rc read_point(const struct rd_stanza *stanza, struct rd_arena *arena,
	struct rd_answer_point *point, struct rd_err *err)
{
	point->line = stanza->fields[0].line;
	RD_TRY(need(
		stanza, "Point", "name the point, such as `a delay`", arena, &point->point, err));
	return need(stanza, "Finding", "answer this point", arena, &point->finding, err);
}

static enum rd_rc read_action(const struct rd_stanza *stanza, struct rd_arena *arena,
	struct rd_answer_action *action, struct rd_err *err)
{
	const char *day = "";

	action->line = stanza->fields[0].line;
	RD_TRY(need(stanza, "Action",
		"say what is still to be done, or take the stanza out where nothing is", arena,
		&action->text, err));
	RD_TRY(need(stanza, "By", "say by which day, such as 2026-12-18", arena, &day, err));
	if (rd_date_parse(day, &action->by, err) != RD_OK)
		return rd_stanza_fail(stanza, rd_stanza_field(stanza, "By"), err,
			"\"%.40s\" is no day; write it as 2026-12-18", day);
	action->owner = rd_arena_strdup(arena, rd_stanza_value(stanza, "To", ""));
	return action->owner != NULL ? RD_OK
				     : rd_fail(err, RD_E_RANGE, "%s: too large", stanza->file);
}

static enum rd_rc too_many(
	const struct rd_stanza *stanza, int max, const char *what, struct rd_err *err)
{
	return rd_stanza_fail(
		stanza, &stanza->fields[0], err, "an answer has at most %d %s", max, what);
}

static size_t form_of(const struct rd_stanza *stanza)
{
	for (size_t i = 1; i < N_FORMS; i++)
		if (strcasecmp(stanza->fields[0].name, forms[i].fields[0]) == 0)
			return i;
	return 0;
}

enum rd_rc rd_answer_parse(const char *file, const char *text, size_t len, struct rd_arena *arena,
	struct rd_answer *ret_answer, struct rd_err *err)
{
	struct rd_answer answer = { 0 };
	struct rd_answer_point *points =
		rd_arena_array(arena, RD_ANSWER_POINTS_MAX, sizeof *points);
	struct rd_answer_action *actions =
		rd_arena_array(arena, RD_ANSWER_ACTIONS_MAX, sizeof *actions);
	struct rd_stanzas stanzas;

	if (len > RD_ANSWER_FILE_MAX)
		return rd_fail(err, RD_E_RANGE, "%s: an answer has at most %u bytes", file,
			RD_ANSWER_FILE_MAX);
	if (points == NULL || actions == NULL)
		return rd_fail(err, RD_E_RANGE, "%s: too large", file);
	RD_TRY(rd_stanzas_parse(file, text, len, arena, &stanzas, err));
	for (size_t i = 0; i < stanzas.n_items; i++) {
		const struct rd_stanza *stanza = &stanzas.items[i];
		const size_t form = form_of(stanza);

		RD_TRY(rd_stanza_check_form(stanza, forms, N_FORMS, form, err));
		if (form == 0 && answer.reference != NULL)
			return rd_stanza_fail(stanza, &stanza->fields[0], err,
				"a second answer begins here; a file holds one");
		if (form == 1 && answer.n_points == RD_ANSWER_POINTS_MAX)
			return too_many(stanza, RD_ANSWER_POINTS_MAX, "points", err);
		if (form == 2 && answer.n_actions == RD_ANSWER_ACTIONS_MAX)
			return too_many(stanza, RD_ANSWER_ACTIONS_MAX, "actions", err);
		if (form == 0)
			RD_TRY(read_whole(stanza, arena, &answer, err));
		else if (form == 1)
			RD_TRY(read_point(stanza, arena, &points[answer.n_points++], err));
		else
			RD_TRY(read_action(stanza, arena, &actions[answer.n_actions++], err));
	}
	if (answer.reference == NULL)
		return rd_fail(err, RD_E_INPUT,
			"%s:1:1: no `Answer:`; begin with `redressctl case respond REF --stage N "
			"--skeleton`",
			file);
	if (answer.n_points == 0)
		return rd_fail(err, RD_E_INPUT,
			"%s:1:1: no `Point:`; every point of the complaint is answered, each in a "
			"stanza `Point:` with its `Finding:`",
			file);
	answer.points = points;
	answer.actions = actions;
	*ret_answer = answer;
	return RD_OK;
}

/* --- checking it against its case --- */

static bool answers_topic(const struct rd_answer *answer, const char *topic)
{
	for (size_t i = 0; i < answer->n_points; i++)
		if (strcasecmp(answer->points[i].point, topic) == 0)
			return true;
	return false;
}

enum rd_rc rd_answer_check(const char *file, const struct rd_answer *answer,
	const struct rd_answer_case *of, struct rd_err *err)
{
	if (strcasecmp(answer->reference, of->reference) != 0)
		return rd_fail(err, RD_E_INPUT, "%s:1:1: this is the answer of case %.40s, not %s",
			file, answer->reference, of->reference);
	if (answer->stage != of->stage)
		return rd_fail(err, RD_E_INPUT, "%s:1:1: this is the answer of stage %s, not %s",
			file, answer->stage == RD_STAGE_2 ? "2" : "1",
			of->stage == RD_STAGE_2 ? "2" : "1");
	for (size_t i = 0; i < of->n_topics; i++)
		if (!answers_topic(answer, of->topics[i]))
			return rd_fail(err, RD_E_INPUT,
				"%s:1:1: the complaint is about `%s` too, and no `Point:` of that "
				"name answers it",
				file, of->topics[i]);
	for (size_t i = 0; i < answer->n_actions; i++)
		if (rd_date_compare(answer->actions[i].by, of->today) < 0)
			return rd_fail(err, RD_E_INPUT,
				"%s:%d:1: the day by which this is done is a day from today on",
				file, answer->actions[i].line);
	return RD_OK;
}

/* --- the file to fill in --- */

static enum rd_rc add_wants(const struct rd_landlord *landlord, enum rd_stage stage,
	struct rd_buf *out, struct rd_err *err)
{
	const struct rd_provision *letter = rd_landlord_provision(landlord, RD_PROVISION_LETTER,
		stage == RD_STAGE_2 ? "stage2-response" : "stage1-response");
	const struct rd_provision *of = rd_landlord_provision(
		landlord, RD_PROVISION_STAGE, stage == RD_STAGE_2 ? "stage2" : "stage1");
	const struct rd_field *field = NULL;

	while (of != NULL &&
		(field = rd_stanza_next(of->stanza, "Before answering", field)) != NULL)
		RD_TRY(rd_buf_printf(out, err, "#\n# Before you answer: %s\n", field->value));
	if (letter == NULL)
		return RD_OK;
	field = NULL;
	RD_TRY(rd_buf_printf(out, err, "#\n# The policy of %s wants this letter to say:\n",
		landlord->full_name));
	while ((field = rd_stanza_next(letter->stanza, "Must say", field)) != NULL)
		RD_TRY(rd_buf_printf(out, err, "#   %s\n", field->value));
	return RD_OK;
}

/* A definition of several lines is a field a line. */
static enum rd_rc add_lines(
	const char *name, const char *text, struct rd_buf *out, struct rd_err *err)
{
	if (text[0] == '\0')
		return rd_buf_printf(out, err, "%s:\n", name);
	while (*text != '\0') {
		const size_t len = strcspn(text, "\r\n");

		if (len > 0)
			RD_TRY(rd_buf_printf(out, err, "%s: %.*s\n", name, (int)len, text));
		text += len;
		text += strspn(text, "\r\n");
	}
	return RD_OK;
}

/* What the letter says by itself; a second stanza of it would promise it twice. */
static enum rd_rc add_promised(
	const struct rd_answer_case *of, struct rd_buf *out, struct rd_err *err)
{
	char day[RD_DATE_MAX];

	if (of->n_promised == 0)
		return RD_OK;
	RD_TRY(rd_buf_add_str(out,
		"\n# Promised before and not done yet. The letter says each of these by itself: "
		"write\n"
		"# no `Action:` for it. Where one is done, say so first: redressctl case action\n",
		err));
	for (size_t i = 0; i < of->n_promised; i++) {
		const char *text = of->promised[i].text;

		RD_TRY(rd_buf_printf(
			out, err, "#   By %s:", rd_date_format(of->promised[i].by, day)));
		while (*text != '\0') {
			const size_t len = strcspn(text, "\r\n");

			if (len > 0)
				RD_TRY(rd_buf_printf(out, err, " %.*s", (int)len, text));
			text += len;
			text += strspn(text, "\r\n");
		}
		RD_TRY(rd_buf_add_str(out, "\n", err));
	}
	return RD_OK;
}

enum rd_rc rd_answer_skeleton(const struct rd_answer_case *of, const struct rd_landlord *landlord,
	struct rd_buf *out, struct rd_err *err)
{
	const bool stage2 = of->stage == RD_STAGE_2;

	RD_TRY(rd_buf_printf(out, err,
		"# The full answer to case %s at stage %s. Fill in every line; where a part does "
		"not\n"
		"# apply write `none`. A line is a paragraph; write the field again for the next "
		"one.\n"
		"# Plain words, for the resident. Say \"we\": no member of staff or contractor by "
		"name.\n"
		"# How to go on (%s) and the Ombudsman's details are added by the "
		"letter.\n"
		"# Then: redressctl case respond %s --stage %s --answer FILE\n",
		of->reference, stage2 ? "2" : "1", stage2 ? "the process ends here" : "stage 2",
		of->reference, stage2 ? "2" : "1"));
	RD_TRY(add_wants(landlord, of->stage, out, err));
	RD_TRY(rd_buf_printf(
		out, err, "\nAnswer: %s\nStage: %s\n", of->reference, stage2 ? "2" : "1"));
	RD_TRY(add_lines("Complaint", of->definition, out, err));
	RD_TRY(rd_buf_add_str(out,
		"# upheld, partly or not_upheld\nDecision:\n"
		"# Why you decided so\nReasons:\n"
		"# Which policy, law or good practice it rests on\nPolicy and law:\n",
		err));
	if (stage2)
		RD_TRY(rd_buf_add_str(out,
			"# Which decisions of stage 1 you looked at again, and which are changed\n"
			"Reconsidered:\n",
			err));
	RD_TRY(rd_buf_add_str(out,
		"# For what went wrong\nApology:\n"
		"# What is done to put it right, and by when\nRemedy:\n"
		"# Pounds, such as 120.00, and what they are for\nMoney:\nMoney for:\n"
		"# Which record about the resident was corrected or added to\nRecords:\n"
		"# What keeps it from happening again\nPrevention:\n"
		"# For us, in no letter; may stay empty\nLearning:\n",
		err));
	if (of->n_topics == 0)
		RD_TRY(rd_buf_add_str(out,
			"\n# A stanza for each point of the complaint\nPoint:\nFinding:\n", err));
	for (size_t i = 0; i < of->n_topics; i++)
		RD_TRY(rd_buf_printf(out, err, "\nPoint: %s\nFinding:\n", of->topics[i]));
	RD_TRY(add_promised(of, out, err));
	return rd_buf_add_str(out,
		"\n# A stanza for each thing that is still to be done: it is kept as a task "
		"(take the\n# # away):\n"
		"# Action: what\n# By: 2026-12-18\n# To: the repairs team\n",
		err);
}

/* --- the file, for a reader --- */

const char *rd_answer_readable(const char *text, struct rd_arena *arena)
{
	char *out = rd_arena_alloc(arena, strlen(text) + 2), *to = out;

	if (out == NULL)
		return NULL;
	while (*text != '\0') {
		const size_t len = strcspn(text, "\n");
		const bool blank = strspn(text, " \t\r") >= len;
		const bool at_blank = to == out || (to - out >= 2 && to[-2] == '\n');

		for (size_t i = 0; i < len && text[0] != '#' && !blank; i++)
			if (((unsigned char)text[i] >= 0x20 && text[i] != 0x7f) || text[i] == '\t')
				*to++ = text[i];
		if (text[0] != '#' && !(blank && at_blank))
			*to++ = '\n';
		text += len + (text[len] == '\n');
	}
	while (to > out && to[-1] == '\n')
		to--;
	*to = '\0';
	return out;
}

#include "redress/gateway/letter_words.h"

#include <string.h>
#include <strings.h>

#include "redress/gateway/progress.h"
#include "redress/store/case_actions.h"

static enum rd_rc words_of_restriction(const struct rd_case_act *act, struct rd_arena *arena,
	struct rd_letter_values *values, struct rd_err *err)
{
	const char *between = strchr(act->why, RD_RESTRICTION_BETWEEN);

	if (between == NULL) /* erased */
		return RD_OK;
	values->terms = rd_arena_copy(arena, act->why, (size_t)(between - act->why));
	values->reasons = between + 1;
	return rd_date_parse(act->detail, &values->review_on, err);
}

enum rd_rc rd_promised_before(struct rd_db *db, int64_t case_id, struct rd_arena *arena,
	struct rd_answer_action **ret_actions, size_t *ret_n, struct rd_err *err)
{
	struct rd_answer_action *open;
	struct rd_case_action *all;
	size_t n_all, n = 0;

	RD_TRY(rd_case_action_list(db, case_id, arena, &all, &n_all, err));
	open = rd_arena_array(arena, n_all + 1, sizeof *open);
	if (open == NULL)
		return rd_fail(err, RD_E_RANGE, "no memory left for what was promised");
	for (size_t i = 0; i < n_all; i++)
		if (all[i].done_ms == 0 && all[i].words[0] != '\0')
			open[n++] = (struct rd_answer_action){
				.text = all[i].words, .owner = "", .by = all[i].due
			};
	*ret_actions = open;
	*ret_n = n;
	return RD_OK;
}

static bool says_action(const struct rd_answer *answer, const char *text)
{
	for (size_t i = 0; i < answer->n_actions; i++)
		if (strcasecmp(answer->actions[i].text, text) == 0)
			return true;
	return false;
}

/* The answer's own lie with the others by now, and stand first. */
static enum rd_rc add_promised_before(struct rd_db *db, int64_t case_id, struct rd_arena *arena,
	struct rd_answer *answer, struct rd_err *err)
{
	struct rd_answer_action *open, *all;
	size_t n_open, n = answer->n_actions;

	RD_TRY(rd_promised_before(db, case_id, arena, &open, &n_open, err));
	all = rd_arena_array(arena, n + n_open + 1, sizeof *all);
	if (all == NULL)
		return rd_fail(err, RD_E_RANGE, "no memory left for the answer");
	for (size_t i = 0; i < n; i++)
		all[i] = answer->actions[i];
	for (size_t i = 0; i < n_open; i++)
		if (!says_action(answer, open[i].text))
			all[n++] = open[i];
	answer->actions = all;
	answer->n_actions = n;
	return RD_OK;
}

static enum rd_rc words_of_answer(struct rd_db *db, const struct rd_case_act *act,
	struct rd_arena *arena, struct rd_letter_values *values, struct rd_err *err)
{
	struct rd_answer *answer = rd_arena_alloc(arena, sizeof *answer);

	if (answer == NULL)
		return rd_fail(err, RD_E_RANGE, "no memory left for the answer");
	RD_TRY(rd_answer_parse("answer", act->why, strlen(act->why), arena, answer, err));
	RD_TRY(add_promised_before(db, act->case_id, arena, answer, err));
	values->answer = answer;
	return RD_OK;
}

enum rd_rc rd_copies_to(struct rd_db *db, int64_t case_id, struct rd_arena *arena,
	const char **ret_address, struct rd_err *err)
{
	struct rd_case_act *acts;
	size_t n;

	*ret_address = "";
	RD_TRY(rd_case_act_list(db, case_id, arena, &acts, &n, err));
	for (size_t i = 0; i < n; i++) {
		const char *between;

		if (strcmp(acts[i].what, RD_DID_CONSENT) != 0)
			continue;
		between = strchr(acts[i].why, RD_CONSENT_BETWEEN);
		*ret_address =
			strcmp(acts[i].detail, "given") == 0 && between != NULL ? between + 1 : "";
	}
	return RD_OK;
}

enum rd_rc rd_letter_words(struct rd_db *db, const char *cause, enum rd_letter_kind letter,
	struct rd_arena *arena, struct rd_letter_values *values, struct rd_err *err)
{
	struct rd_case_act act;
	enum rd_rc rc = rd_progress_act_of_cause(db, cause, arena, &act, err);

	if (rc == RD_E_MISSING || (rc == RD_OK && act.why[0] == '\0'))
		return RD_OK;
	RD_TRY(rc);
	if (letter == RD_LETTER_RESTRICTION)
		return words_of_restriction(&act, arena, values, err);
	if (letter == RD_LETTER_STAGE1_RESPONSE || letter == RD_LETTER_STAGE2_RESPONSE)
		return words_of_answer(db, &act, arena, values, err);
	values->reasons = act.why;
	return RD_OK;
}

#include "redress/gateway/letter_words.h"

#include <string.h>

#include "redress/gateway/progress.h"

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

static enum rd_rc words_of_answer(const struct rd_case_act *act, struct rd_arena *arena,
	struct rd_letter_values *values, struct rd_err *err)
{
	struct rd_answer *answer = rd_arena_alloc(arena, sizeof *answer);

	if (answer == NULL)
		return rd_fail(err, RD_E_RANGE, "no memory left for the answer");
	RD_TRY(rd_answer_parse("answer", act->why, strlen(act->why), arena, answer, err));
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
		return words_of_answer(&act, arena, values, err);
	values->reasons = act.why;
	return RD_OK;
}

#include "redress/gateway/acts_answer.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "redress/gateway/acts.h"
#include "redress/gateway/acts_record.h"
#include "redress/gateway/casework.h"
#include "redress/gateway/letter_words.h"
#include "redress/store/tasks.h"

#define SURNAME_MIN 3 /* letters; a shorter one is too often a word */

static struct rd_answer_case of_case(const struct rd_act *act, enum rd_stage stage)
{
	return (struct rd_answer_case){ .reference = act->matter.reference,
		.stage = stage,
		.definition = act->matter.definition,
		.topics = (const char *const *)act->matter.topics,
		.n_topics = act->matter.n_topics,
		.today = rd_date_of(act->now_ms) };
}

/* --- who must not be named --- */

/* A role is no name: "the Complaints Officer", "Repairs Team". */
static bool is_role(const char *name)
{
	static const char *const words[] = { "the ", "our ", "a ", "an ", "team", "officer",
		"manager", "director", "head of", "board", "panel", "service", "lead", "group",
		"department", "committee", "redressd" };

	if (strchr(name, ' ') == NULL)
		return true; /* a user's short name, or a word: too often something else */
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		const char *at = strcasestr(name, words[i]);

		if (at != NULL && (i > 3 || at == name))
			return true;
	}
	return false;
}

static bool is_word_at(const char *text, const char *at, size_t len)
{
	return (at == text || !isalpha((unsigned char)at[-1])) && !isalpha((unsigned char)at[len]);
}

static bool holds_word(const char *text, const char *word)
{
	const size_t len = strlen(word);

	for (const char *at = strcasestr(text, word); at != NULL; at = strcasestr(at + 1, word))
		if (is_word_at(text, at, len))
			return true;
	return false;
}

/* "Mr Owner", "Ms. Owner". */
static bool holds_with_title(struct rd_act *act, const char *text, const char *surname)
{
	static const char *const titles[] = { "Mr", "Mrs", "Ms", "Miss", "Mx", "Dr" };

	for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++) {
		const char *one = rd_arena_printf(act->arena, "%s %s", titles[i], surname);
		const char *other = rd_arena_printf(act->arena, "%s. %s", titles[i], surname);

		RD_ASSERT(one != NULL && other != NULL); /* names are short, and few */
		if (holds_word(text, one) || holds_word(text, other))
			return true;
	}
	return false;
}

static bool names(struct rd_act *act, const char *text, const char *name)
{
	const char *surname = strrchr(name, ' ');

	if (is_role(name))
		return false;
	if (holds_word(text, name))
		return true;
	return surname != NULL && strlen(surname + 1) >= SURNAME_MIN &&
	       holds_with_title(act, text, surname + 1);
}

/* Whoever worked on the case stands in its rows. "Learning" is for the landlord and may name. */
static enum rd_rc check_names(
	struct rd_act *act, const char *file, const char *text, struct rd_err *err)
{
	struct rd_case_act *acts;
	const char *found = NULL;
	size_t n;

	RD_TRY(rd_case_act_list(rd_tx_db(act->tx), act->matter.id, act->arena, &acts, &n, err));
	if (names(act, text, act->matter.handler))
		found = act->matter.handler;
	if (names(act, text, act->office->actor.name))
		found = act->office->actor.name;
	for (size_t i = 0; i < n && found == NULL; i++)
		if (names(act, text, acts[i].person))
			found = acts[i].person;
		else if (names(act, text, acts[i].actor))
			found = acts[i].actor;
	if (found == NULL)
		return RD_OK;
	return rd_fail(err, RD_E_REFUSED,
		"%s names %s; a letter to a resident names no member of staff: say `we`, or the "
		"role",
		file, found);
}

/* All that the letter will say, in one string. */
static const char *all_words(struct rd_act *act, const struct rd_answer *a)
{
	const char *all = rd_arena_printf(act->arena, "%s\n%s\n%s\n%s\n%s\n%s\n%s\n%s\n%s",
		a->complaint, a->reasons, a->law, a->apology, a->remedy, a->money_for, a->records,
		a->prevention, a->reconsidered);

	for (size_t i = 0; i < a->n_points && all != NULL; i++)
		all = rd_arena_printf(
			act->arena, "%s\n%s\n%s", all, a->points[i].point, a->points[i].finding);
	for (size_t i = 0; i < a->n_actions && all != NULL; i++)
		all = rd_arena_printf(
			act->arena, "%s\n%s\n%s", all, a->actions[i].text, a->actions[i].owner);
	RD_ASSERT(all != NULL); /* at most a few times the file's bytes */
	return all;
}

/* What was promised before goes into the letter as it was written down then. */
static enum rd_rc check_promised(struct rd_act *act, struct rd_err *err)
{
	struct rd_answer_action *open;
	size_t n;

	RD_TRY(rd_promised_before(rd_tx_db(act->tx), act->matter.id, act->arena, &open, &n, err));
	for (size_t i = 0; i < n; i++)
		RD_TRY(check_names(act,
			"what was promised before (`case show`; end it with `case action done` and "
			"promise it anew)",
			open[i].text, err));
	return RD_OK;
}

/* --- taking it --- */

enum rd_rc rd_answer_take(struct rd_act *act, const struct rd_stage_act *stage,
	const struct rd_act_response *response, struct rd_answer *ret_answer, struct rd_err *err)
{
	struct rd_answer_case of = of_case(act, response->stage);

	RD_TRY(rd_answer_parse(response->file, response->answer, response->answer_len, act->arena,
		ret_answer, err));
	of.today = stage->day;
	RD_TRY(rd_answer_check(response->file, ret_answer, &of, err));
	RD_TRY(check_names(act, response->file, all_words(act, ret_answer), err));
	return check_promised(act, err);
}

static enum rd_rc audit(
	struct rd_act *act, const struct rd_stage_act *stage, const char *what, struct rd_err *err)
{
	const char *detail = rd_arena_printf(act->arena, "{\"act\":%" PRId64 "}", stage->act_id);

	RD_ASSERT(detail != NULL);
	return rd_casework_audit(act->tx, act->office, what, act->matter.id, 0, 0, detail, err);
}

static enum rd_rc offer_money(struct rd_act *act, struct rd_stage_act *stage,
	const struct rd_answer *answer, struct rd_err *err)
{
	const char *detail = rd_arena_printf(
		act->arena, "%s %s", rd_compensation_names[RD_COMPENSATION_OFFERED], answer->money);

	RD_ASSERT(detail != NULL);
	RD_TRY(rd_stage_act_put(
		act, stage, RD_DID_COMPENSATION, NULL, detail, answer->money_for, err));
	RD_TRY(rd_task_done_of_case(act->tx, act->matter.id, RD_ACT_TASK_COMPENSATION,
		act->office->actor.name, rd_compensation_names[RD_COMPENSATION_OFFERED],
		act->now_ms, NULL, err));
	return audit(act, stage, RD_DID_COMPENSATION, err);
}

static bool is_promised(
	const struct rd_answer_action *open, size_t n, const char *text, struct rd_date by)
{
	for (size_t i = 0; i < n; i++)
		if (strcasecmp(open[i].text, text) == 0 && rd_date_compare(open[i].by, by) == 0)
			return true;
	return false;
}

enum rd_rc rd_answer_promise(struct rd_act *act, struct rd_stage_act *stage,
	const struct rd_answer *answer, struct rd_err *err)
{
	struct rd_answer_action *open;
	size_t n_open;
	int64_t id;

	RD_TRY(rd_promised_before(
		rd_tx_db(act->tx), act->matter.id, act->arena, &open, &n_open, err));
	for (size_t i = 0; i < answer->n_actions; i++) {
		const struct rd_answer_action *a = &answer->actions[i];
		/* What was promised by a day that is over, in an answer recorded later, is owed
		 * today. */
		const struct rd_date by =
			rd_date_compare(a->by, stage->today) < 0 ? stage->today : a->by;

		if (is_promised(open, n_open, a->text, by))
			continue; /* its task stands already */
		RD_TRY(rd_stage_act_promise(
			act, stage, a->text, by, a->owner[0] != '\0' ? a->owner : NULL, &id, err));
		RD_TRY(audit(act, stage, RD_DID_PROMISED, err));
	}
	return answer->money[0] != '\0' ? offer_money(act, stage, answer, err) : RD_OK;
}

enum rd_rc rd_act_answer_skeleton(struct rd_db *db, const struct rd_office *office, int64_t case_id,
	enum rd_stage stage, struct rd_buf *out, struct rd_err *err)
{
	RD_CLEANUP(rd_act_end) struct rd_act act = { 0 };
	struct rd_answer_action *promised;
	struct rd_answer_case of;

	RD_TRY(rd_act_begin_on_case(&act, db, office, case_id, err));
	of = of_case(&act, stage);
	RD_TRY(rd_promised_before(db, case_id, act.arena, &promised, &of.n_promised, err));
	of.promised = promised;
	return rd_answer_skeleton(&of, &act.policy->landlord, out, err);
}

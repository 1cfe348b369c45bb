#include "redress/gateway/stage_act.h"

#include <inttypes.h>
#include <string.h>

#include "redress/gateway/acts_stage.h"

enum rd_rc rd_stage_act_begin(struct rd_act *act, struct rd_stage_act *stage, struct rd_db *db,
	const struct rd_office *office, int64_t case_id, enum rd_move move, struct rd_err *err)
{
	RD_TRY(rd_act_begin_on_case(act, db, office, case_id, err));
	return rd_stage_act_take(act, stage, move, err);
}

enum rd_rc rd_stage_act_take(
	struct rd_act *act, struct rd_stage_act *stage, enum rd_move move, struct rd_err *err)
{
	memset(stage, 0, sizeof *stage);
	stage->today = rd_date_of(act->now_ms);
	stage->day = stage->today;
	stage->at_ms = act->now_ms;
	RD_TRY(rd_office_case_landlord(act->office, rd_tx_db(act->tx), act->matter.id, act->policy,
		act->arena, &stage->kept, err));
	RD_TRY(rd_progress_standing(
		rd_tx_db(act->tx), &act->matter, stage->today, act->arena, &stage->standing, err));
	return rd_life_may(&stage->standing, move, err);
}

enum rd_rc rd_stage_act_on(struct rd_act *act, struct rd_stage_act *stage, struct rd_date day,
	struct rd_date earliest, const char *what, struct rd_err *err)
{
	char text[RD_LONG_DATE_MAX];

	if (!rd_date_is_set(day))
		return RD_OK;
	if (rd_date_compare(day, stage->today) > 0 || rd_date_compare(day, earliest) < 0)
		return rd_fail(err, RD_E_INPUT, "%s lies between %s and today", what,
			rd_date_format_long(earliest, text));
	stage->day = day;
	stage->at_ms =
		rd_date_compare(day, stage->today) == 0 ? act->now_ms : rd_date_at_ms(day, 12, 0);
	return RD_OK;
}

static const char *or_none(const char *text)
{
	return text != NULL ? text : "";
}

enum rd_rc rd_stage_act_put(struct rd_act *act, struct rd_stage_act *stage, const char *what,
	const char *person, const char *detail, const char *why, struct rd_err *err)
{
	const struct rd_case_act row = {
		.case_id = act->matter.id,
		.stage = act->matter.stage,
		.what = what,
		.day = stage->day,
		.at_ms = act->now_ms,
		.actor = act->office->actor.name,
		.actor_uid = act->office->actor.uid,
		.person = or_none(person),
		.detail = or_none(detail),
		.why = or_none(why),
	};

	stage->what = what;
	RD_TRY(rd_case_act_add(act->tx, &row, &stage->act_id, err));
	stage->cause = rd_arena_printf(act->arena, RD_PROGRESS_CAUSE "%" PRId64, stage->act_id);
	RD_ASSERT(stage->cause != NULL); /* the arena is new */
	return RD_OK;
}

enum rd_rc rd_stage_act_event(
	struct rd_act *act, struct rd_stage_act *stage, enum rd_event event, struct rd_err *err)
{
	return rd_progress_event(act->tx, &stage->kept, act->policy->calendar, act->matter.id,
		event, stage->day, stage->at_ms, err);
}

/* What to do where no letter can go stands with whatever keeps it. */
static enum rd_rc refused_letter(const struct rd_err *why, struct rd_err *err)
{
	if (why->code == RD_E_STORE || why->code == RD_E_AGAIN || why->code == RD_E_BUG) {
		*err = *why;
		return why->code;
	}
	return rd_fail(err, RD_E_REFUSED,
		"no letter can go: %.300s. Tell the resident in another way, then say on which day "
		"with --given DAY",
		why->msg);
}

enum rd_rc rd_stage_act_tell(struct rd_act *act, struct rd_stage_act *stage,
	enum rd_letter_kind letter, bool told, struct rd_date due, const char *say,
	struct rd_err *err)
{
	const bool meets = letter == RD_LETTER_STAGE2_ACKNOWLEDGEMENT ||
			   letter == RD_LETTER_STAGE1_RESPONSE ||
			   letter == RD_LETTER_STAGE2_RESPONSE;
	struct rd_err why = { 0 };

	if (told)
		return RD_OK;
	if (rd_act_send_letter(act, letter, meets, due, stage->cause, &stage->outbox_id, &why) !=
		RD_OK)
		return refused_letter(&why, err);
	if (!act->by_text || say == NULL)
		return RD_OK;
	return rd_act_owe_telling(act, stage->cause, due, say, err);
}

enum rd_rc rd_stage_act_commit(struct rd_act *act, struct rd_stage_act *stage, struct rd_err *err)
{
	const char *detail = rd_arena_printf(act->arena, "{\"act\":%" PRId64 "}", stage->act_id);

	RD_ASSERT(detail != NULL);
	return rd_act_record_and_commit(act, stage->what, stage->outbox_id, detail, err);
}

enum rd_rc rd_stage_act_check_person(const char *person, const char *what, struct rd_err *err)
{
	if (person == NULL || person[strspn(person, " ")] == '\0')
		return rd_fail(err, RD_E_INPUT, "%s is missing: give a name or a role", what);
	if (strlen(person) > RD_ACT_PERSON_MAX)
		return rd_fail(err, RD_E_INPUT, "%s is a name or a role, %d bytes at most", what,
			RD_ACT_PERSON_MAX);
	for (const char *p = person; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return rd_fail(err, RD_E_INPUT,
				"%s stands in a line of a letter; write it without line breaks or "
				"tabs",
				what);
	return RD_OK;
}

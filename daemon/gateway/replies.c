#include "redress/gateway/replies.h"

#include <inttypes.h>
#include <string.h>

#include "redress/gateway/casework.h"
#include "redress/gateway/stage_act.h"
#include "redress/store/outbox.h"

/* --- looking --- */

/* The letter that asks whether we have understood has gone, and nobody has said yes yet. */
static enum rd_rc is_definition_open(struct rd_db *db, const struct rd_case *matter,
	struct rd_arena *arena, bool *ret_open, struct rd_err *err)
{
	const struct rd_outbox_filter filter = { .case_id = matter->id,
		.letter = rd_letter_names[RD_LETTER_DEFINITION] };
	struct rd_outbox_row *rows;
	struct rd_case_act *acts;
	size_t n_rows, n_acts;

	*ret_open = false;
	if (matter->definition[0] == '\0' || matter->stage != RD_STAGE_1)
		return RD_OK;
	RD_TRY(rd_outbox_list(db, &filter, arena, &rows, &n_rows, err));
	for (size_t i = 0; i < n_rows; i++)
		*ret_open = *ret_open || rows[i].state == RD_OUTBOX_SENT;
	RD_TRY(rd_case_act_list(db, matter->id, arena, &acts, &n_acts, err));
	for (size_t i = 0; i < n_acts; i++)
		if (strcmp(acts[i].what, RD_DID_AGREED) == 0)
			*ret_open = false;
	return RD_OK;
}

/* A request that crossed with the answer is for a person. */
static enum rd_rc may_escalate(struct rd_db *db, const struct rd_case *matter,
	const struct rd_facts *facts, struct rd_arena *arena, bool *ret_may, struct rd_err *err)
{
	const struct rd_date asked = rd_date_of(facts->received_ms);
	struct rd_standing standing;
	struct rd_err refused = { 0 };

	RD_TRY(rd_progress_standing(db, matter, rd_date_of(facts->now_ms), arena, &standing, err));
	*ret_may = standing.answered &&
		   rd_date_compare(asked, rd_date_of(matter->answered_ms)) >= 0 &&
		   rd_life_may(&standing, RD_MOVE_ESCALATE, &refused) == RD_OK;
	return RD_OK;
}

enum rd_rc rd_replies_look(struct rd_db *db, const struct rd_message *message,
	const struct rd_case *joined, struct rd_arena *arena, struct rd_facts *facts,
	struct rd_err *err)
{
	if (message == NULL || joined->kind != RD_COMPLAINT || joined->stage == RD_STAGE_NONE)
		return RD_OK;
	facts->reply = rd_message_reply(message);
	RD_TRY(may_escalate(db, joined, facts, arena, &facts->joined.may_escalate, err));
	if (facts->reply != RD_REPLY_AGREES)
		return RD_OK;
	return is_definition_open(db, joined, arena, &facts->joined.definition_open, err);
}

/* --- writing --- */

static enum rd_rc escalate(struct rd_act *act, struct rd_stage_act *stage, int64_t received_ms,
	bool by_text, struct rd_err *err)
{
	RD_TRY(rd_stage_act_take(act, stage, RD_MOVE_ESCALATE, err));
	return rd_stage_act_escalate(act, stage, rd_date_of(received_ms),
		by_text ? RD_ASKED_BY_TEXT : RD_ASKED_BY_REPLY, err);
}

static enum rd_rc agree(
	struct rd_act *act, struct rd_stage_act *stage, bool by_text, struct rd_err *err)
{
	RD_TRY(rd_stage_act_take(act, stage, RD_MOVE_AGREE, err));
	return rd_stage_act_put(
		act, stage, RD_DID_AGREED, NULL, by_text ? "text" : "reply", NULL, err);
}

enum rd_rc rd_replies_apply(struct rd_tx *tx, const struct rd_office *office, int64_t case_id,
	int64_t message_id, int64_t received_ms, bool by_text, const struct rd_verdict *verdict,
	struct rd_arena *arena, struct rd_err *err)
{
	struct rd_act act = { .db = rd_tx_db(tx),
		.office = office,
		.tx = tx,
		.arena = arena,
		.now_ms = rd_office_now(office) };
	struct rd_stage_act stage;
	struct rd_err why = { 0 };
	const char *detail;
	enum rd_rc rc;

	if (!verdict->escalates && !verdict->agrees)
		return RD_OK;
	RD_TRY(rd_act_take_case(&act, case_id, err));
	rc = verdict->escalates ? escalate(&act, &stage, received_ms, by_text, &why)
				: agree(&act, &stage, by_text, &why);
	if (rc == RD_E_REFUSED || rc == RD_E_INPUT)
		return RD_OK;
	if (rc != RD_OK) {
		*err = why;
		return rc;
	}
	detail = rd_arena_printf(arena, "{\"act\":%" PRId64 "}", stage.act_id);
	RD_ASSERT(detail != NULL);
	return rd_casework_audit(tx, office, stage.what, case_id, message_id, 0, detail, err);
}

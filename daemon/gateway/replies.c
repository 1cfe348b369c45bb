#include "redress/gateway/replies.h"

#include <inttypes.h>
#include <string.h>

#include "redress/gateway/casework.h"
#include "redress/gateway/consent.h"
#include "redress/gateway/stage_act.h"
#include "redress/store/outbox.h"
#include "redress/store/tasks.h"

#define LOGO_BYTES_MAX (20u << 10)

/* --- looking --- */

/* The last thing that she heard from us is what we have understood, in words (a text asks whether
 * she wants to hear them), no newer one waits, and nobody has said yes yet. */
static enum rd_rc is_definition_open(struct rd_db *db, const struct rd_case *matter,
	struct rd_arena *arena, bool *ret_open, struct rd_err *err)
{
	const struct rd_outbox_filter filter = { .case_id = matter->id };
	const char *definition = rd_letter_names[RD_LETTER_DEFINITION];
	const struct rd_outbox_row *last = NULL;
	struct rd_outbox_row *rows;
	struct rd_case_act *acts;
	size_t n_rows, n_acts;

	*ret_open = false;
	if (matter->definition[0] == '\0' || matter->stage != RD_STAGE_1)
		return RD_OK;
	RD_TRY(rd_outbox_list(db, &filter, arena, &rows, &n_rows, err));
	for (size_t i = 0; i < n_rows; i++) {
		if (rows[i].state == RD_OUTBOX_SENT &&
			(last == NULL || rows[i].sent_ms >= last->sent_ms))
			last = &rows[i];
		else if (rows[i].state != RD_OUTBOX_SENT && rows[i].state != RD_OUTBOX_CANCELLED &&
			 strcmp(rows[i].letter, definition) == 0)
			return RD_OK;
	}
	*ret_open = last != NULL && strcmp(last->letter, definition) == 0 &&
		    last->channel == RD_CHANNEL_EMAIL;
	RD_TRY(rd_case_act_list(db, matter->id, arena, &acts, &n_acts, err));
	for (size_t i = 0; i < n_acts; i++)
		if (strcmp(acts[i].what, RD_DID_AGREED) == 0)
			*ret_open = false;
	return RD_OK;
}

/* Something besides its words that she wants seen; a logo beneath a signature is not that. */
static bool brings_something(const struct rd_message *message)
{
	for (size_t i = 0; i < message->n_parts; i++) {
		const struct rd_part *part = &message->parts[i];

		if (strncmp(part->type, "text/", 5) == 0 && part->name[0] == '\0')
			continue;
		if (strncmp(part->type, "image/", 6) != 0 || part->size_bytes > LOGO_BYTES_MAX)
			return true;
	}
	return false;
}

/* A request that crossed with the answer, or came while it waits to leave, is for a person. */
static enum rd_rc may_escalate(struct rd_db *db, const struct rd_case *matter,
	const struct rd_facts *facts, struct rd_arena *arena, bool *ret_may, struct rd_err *err)
{
	const struct rd_date asked = rd_date_of(facts->received_ms);
	struct rd_standing standing;
	struct rd_err refused = { 0 };

	RD_TRY(rd_progress_standing(db, matter, rd_date_of(facts->now_ms), arena, &standing, err));
	*ret_may = standing.answer_reached && !standing.answer_waits &&
		   rd_date_compare(asked, rd_date_of(matter->answered_ms)) >= 0 &&
		   rd_life_may(&standing, RD_MOVE_ESCALATE, &refused) == RD_OK;
	return RD_OK;
}

enum rd_rc rd_replies_look(struct rd_db *db, const struct rd_message *message,
	const struct rd_case *joined, struct rd_arena *arena, struct rd_facts *facts,
	struct rd_err *err)
{
	bool lets = false;

	if (message == NULL || joined->kind != RD_COMPLAINT || joined->stage == RD_STAGE_NONE ||
		brings_something(message))
		return RD_OK;
	facts->reply = rd_message_reply(message);
	facts->asks_stage2 = rd_message_asks_stage2(message);
	/* Whom the resident has not agreed to says nothing in their name. */
	RD_TRY(rd_consent_lets_write(db, joined->id, arena, &lets, err));
	if (!lets)
		return RD_OK;
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

/* It was taken for a plain reply, and cannot be one any more: somebody reads it. */
static enum rd_rc owe_reading(struct rd_act *act, int64_t message_id, struct rd_err *err)
{
	const struct rd_task task = {
		.kind = rd_task_names[RD_TASK_READ],
		.case_id = act->matter.id,
		.message_id = message_id,
		.cause = rd_arena_printf(act->arena, "message:%" PRId64, message_id),
		.text = "Read this reply: it could not be followed by itself.",
		.landlord = act->matter.landlord,
		.due = rd_date_of(act->now_ms),
		.n = 1,
	};

	return rd_task_put(act->tx, &task, act->now_ms, NULL, NULL, err);
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
		return owe_reading(&act, message_id, err);
	if (rc != RD_OK) {
		*err = why;
		return rc;
	}
	detail = rd_arena_printf(arena, "{\"act\":%" PRId64 "}", stage.act_id);
	RD_ASSERT(detail != NULL);
	return rd_casework_audit(tx, office, stage.what, case_id, message_id, 0, detail, err);
}

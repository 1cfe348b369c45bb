#include "redress/intake/text_intake.h"

#include <stdio.h>
#include <string.h>

#include "redress/base/fault.h"
#include "redress/message/sms.h"
#include "redress/store/contact.h"
#include "redress/store/intake.h"
#include "redress/store/outbox.h"
#include "redress/store/returned.h"
#include "redress/store/tasks.h"
#include "redress/store/text_media.h"
#include "redress/store/text_parts.h"
#include "redress/store/text_poll.h"

static const char *or_none(const char *text)
{
	return text ? text : "";
}

static struct rd_source_identity identity_of(const struct rd_texts_config *texts)
{
	return (struct rd_source_identity){
		.kind = RD_SOURCE_TEXTS,
		.host = rd_provider_of(texts->kind)->kind,
		.user = or_none(texts->account),
		.folder = or_none(texts->number),
	};
}

enum rd_rc rd_text_source(struct rd_db *db, const struct rd_texts_config *texts, int64_t now_ms,
	int64_t *ret_source_id, struct rd_err *err)
{
	const struct rd_source_identity identity = identity_of(texts);
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	bool is_new;
	enum rd_rc rc = rd_source_find(db, &identity, ret_source_id, err);
	if (rc != RD_E_MISSING)
		return rc;
	RD_TRY(rd_tx_begin(db, &tx, err));
	RD_TRY(rd_source_take(tx, &identity, texts->name, now_ms, ret_source_id, &is_new, err));
	return rd_tx_commit(&tx, err);
}

/* Pictures that came with it and cannot be fetched, for nobody says where they are. */
static int n_out_of_reach(const struct rd_provider_text *text)
{
	return text->n_unplaced + (text->media ? 0 : text->n_media);
}

static enum rd_rc owe_look(struct rd_tx *tx, const struct rd_text_put *put, int n,
	int64_t message_id, struct rd_err *err)
{
	char text[300];
	char cause[64];
	int64_t id;
	bool is_new;
	snprintf(cause, sizeof cause, "picture-unplaced:%lld", (long long)message_id);
	snprintf(text, sizeof text,
		"Text %lld came with a picture (%d in all) that is not fetched: the provider does "
		"not say where it is. Look at it in the provider's console, or ask the resident to "
		"send it by e-mail.",
		(long long)message_id, n);
	const struct rd_task task = {
		.kind = "look",
		.message_id = message_id,
		.cause = cause,
		.text = text,
		.landlord = put->landlord,
		.due = rd_date_of(put->first_seen_ms),
		.n = 1,
	};
	return rd_task_put(tx, &task, put->first_seen_ms, &id, &is_new, err);
}

/* Pictures are fetched later: their text does not wait for them. */
static enum rd_rc put_media(struct rd_tx *tx, const struct rd_provider_text *text,
	const struct rd_text_put *put, int64_t message_id, struct rd_err *err)
{
	const int n = n_out_of_reach(text);
	for (int i = 0; text->media && i < text->n_media && i < RD_MEDIA_MAX; i++)
		RD_TRY(rd_text_media_put(tx, message_id, i + 1, text->media[i].url,
			text->media[i].type, put->first_seen_ms, err));
	return n > 0 ? owe_look(tx, put, n, message_id, err) : RD_OK;
}

const char *rd_text_unread_cause(
	const struct rd_texts_config *texts, const char *id, char out[static RD_TEXT_CAUSE_MAX])
{
	snprintf(out, RD_TEXT_CAUSE_MAX, "unread:%s:%s", rd_provider_of(texts->kind)->kind, id);
	return out;
}

/* The provider's own word for it holds whatever ours is; an opt-in word of ours is left to the
 * pipeline, which must still see that the number was opted out. */
static enum rd_rc note_opted(
	struct rd_tx *tx, const struct rd_provider_text *text, int64_t now_ms, struct rd_err *err)
{
	if (text->opted == RD_OPTED_OUT)
		return rd_contact_opt_out(tx, text->from, now_ms, err);
	if (text->opted == RD_OPTED_IN &&
		rd_bare_word(text->body, text->body_len) != RD_WORD_OPT_IN)
		return rd_contact_opt_in(tx, text->from, now_ms, err);
	return RD_OK;
}

/* A part, or a whole text: never both, whichever came first. */
static enum rd_rc put(struct rd_tx *tx, const struct rd_provider_text *text,
	const struct rd_text_put *put, struct rd_arena *arena, struct rd_err *err)
{
	int64_t message_id;
	bool known;
	RD_TRY(rd_text_known(rd_tx_db(tx), put->source_id, put->provider_id, &known, err));
	if (known)
		return rd_fail(err, RD_E_EXISTS, "this text is in the store already");
	if (text->n_parts > 0) {
		const struct rd_text_part part = { .text = *put,
			.ref = text->part_ref,
			.part = text->part,
			.n_parts = text->n_parts };
		return rd_text_part_put(tx, &part, arena, &message_id, err);
	}
	RD_TRY(rd_intake_put_text(tx, put, &message_id, err));
	return put_media(tx, text, put, message_id, err);
}

enum rd_rc rd_text_take(struct rd_db *db, const struct rd_texts_config *texts,
	const struct rd_provider_text *text, int64_t now_ms, int64_t *source_id,
	struct rd_arena *arena, struct rd_err *err)
{
	const struct rd_source_identity identity = identity_of(texts);
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	char cause[RD_TEXT_CAUSE_MAX];
	int64_t source = *source_id;
	bool is_new;
	RD_TRY(rd_tx_begin(db, &tx, err));
	if (source == 0)
		RD_TRY(rd_source_take(tx, &identity, texts->name, now_ms, &source, &is_new, err));
	const struct rd_text_put given = {
		.source_id = source,
		.landlord = or_none(texts->landlord),
		.provider_id = text->id,
		.from = text->from,
		.to = text->to[0] ? text->to : or_none(texts->number),
		.body = text->body,
		.body_len = text->body_len,
		.provider_ms = text->sent_ms,
		/* Where the provider's clock runs ahead, the store keeps to ours. */
		.received_ms = text->sent_ms > 0 ? text->sent_ms : now_ms,
		.first_seen_ms = now_ms,
		.cut = n_out_of_reach(text) > 0,
	};
	enum rd_rc rc = put(tx, text, &given, arena, err);
	if (rc != RD_OK && rc != RD_E_EXISTS)
		return rc;
	if (rc == RD_OK)
		RD_TRY(note_opted(tx, text, now_ms, err));
	RD_TRY(rd_task_settled(tx, "look", rd_text_unread_cause(texts, text->id, cause), "redressd",
		"the text came after all", now_ms, err));
	RD_TRY(rd_source_note_success(tx, source, now_ms, err));
	rd_fault_point("text-commit-before");
	RD_TRY(rd_tx_commit(&tx, err));
	rd_fault_point("text-commit-after");
	*source_id = source;
	return rc;
}

static const char *state_word(enum rd_delivery state)
{
	switch (state) {
	case RD_DELIVERY_DONE:
		return "delivered";
	case RD_DELIVERY_FAILED:
		return "failed";
	case RD_DELIVERY_UNDERWAY:
		break;
	}
	return "sent";
}

/* The resident has not been told: a person owes it today. */
static enum rd_rc owe(struct rd_tx *tx, const struct rd_outbox_row *row, const char *detail,
	int64_t now_ms, struct rd_err *err)
{
	char text[300];
	char cause[64];
	int64_t id;
	bool is_new;
	snprintf(text, sizeof text,
		"A text did not arrive (the provider says: %.80s). Tell the resident another way.",
		detail);
	snprintf(cause, sizeof cause, "receipt:%lld", (long long)row->id);
	const struct rd_task task = {
		.kind = "send",
		.case_id = row->case_id,
		.outbox_id = row->id,
		.cause = cause,
		.text = text,
		.landlord = "",
		.due = rd_date_of(now_ms),
		.n = 1,
	};
	return rd_task_put(tx, &task, now_ms, &id, &is_new, err);
}

enum rd_rc rd_receipt_take(struct rd_db *db, const struct rd_texts_config *texts,
	const struct rd_provider_receipt *receipt, int64_t now_ms, struct rd_arena *arena,
	struct rd_err *err)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	int64_t id = 0;
	bool open;
	RD_TRY(rd_tx_begin(db, &tx, err));
	if (receipt->opted_out_number) {
		RD_TRY(rd_contact_opt_out(tx, receipt->opted_out_number, now_ms, err));
		return rd_tx_commit(&tx, err);
	}
	enum rd_rc rc = rd_outbox_receipt(
		tx, texts->name, receipt->id, state_word(receipt->state), now_ms, &id, err);
	if (rc != RD_OK && rc != RD_E_EXISTS)
		return rc;
	if (rc == RD_OK && id > 0 && receipt->state == RD_DELIVERY_FAILED) {
		struct rd_outbox_row row;
		RD_TRY(rd_outbox_get(rd_tx_db(tx), id, arena, &row, err));
		/* One that comes late says nothing of a text that has arrived. */
		if (rd_returned_is_lost(row.delivery)) {
			RD_TRY(owe(tx, &row, receipt->detail, now_ms, err));
			RD_TRY(rd_returned_reopen(tx, &row, &open, err));
		}
		if (receipt->opted_out)
			RD_TRY(rd_contact_opt_out(tx, row.recipient, now_ms, err));
	}
	RD_TRY(rd_tx_commit(&tx, err));
	return rc;
}

/* After a lost answer: asks before anything is sent again. */
#include "redress/deliver/sender_parts.h"

#include <stdio.h>
#include <string.h>

#include "redress/deliver/maildir.h"
#include "redress/store/outbox_wire.h"

#define ASK_AT_ONCE_MAX 50
#define ASKED		"asked later, it had gone"

static enum rd_rc found(struct rd_sender *sender, const struct rd_outbox_row *row,
	const char *provider_id, const char *body, const char *how, struct rd_err *err)
{
	struct rd_deliver_result result = {
		.outcome = RD_SEND_DONE, .provider_id = provider_id, .body = body
	};
	snprintf(result.response, sizeof result.response, "the answer was lost; %s", how);
	RD_TRY(rd_sender_record_sent(sender, row, &result, row->sending_ms, err));
	rd_sender_tell(sender, RD_SENDER_FOUND, row, "");
	return RD_OK;
}

static enum rd_rc absent(
	struct rd_sender *sender, const struct rd_outbox_row *row, struct rd_err *err)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	RD_TRY(rd_tx_begin(sender->db, &tx, err));
	RD_TRY(rd_outbox_settle(tx, row->id, RD_SETTLE_SEND_AGAIN, "redressd",
		"asked: it had not gone", rd_now_ms(sender->clock), err));
	RD_TRY(rd_tx_commit(&tx, err));
	rd_sender_tell(sender, RD_SENDER_ABSENT, row, "");
	return RD_OK;
}

/* Only for the row that was on the wire last: of an older one the file may have been taken away. */
static enum rd_rc look_for_file(struct rd_sender *sender, const struct rd_sender_route *route,
	const struct rd_outbox_row *row, struct rd_err *err)
{
	int64_t on_wire;
	bool has = false;
	RD_TRY(rd_outbox_last_on_wire(sender->db, &on_wire, err));
	if (on_wire != row->id)
		return rd_sender_leave_to_person(sender, row, "the file cannot tell any more", err);
	if (route->outgoing) {
		RD_TRY(rd_maildir_has(route->outgoing->path, row->message_id, &has, err));
	} else {
		const struct rd_provider_send text = { .key = row->message_id,
			.to = row->recipient,
			.body = row->payload,
			.status_url = "" };
		struct rd_provider_asked asked;
		RD_TRY(rd_text_ask(route->text, &text, sender->arena, &asked, err));
		has = asked.answer == RD_ASKED_FOUND;
	}
	return has ? found(sender, row, "", "", ASKED, err) : absent(sender, row, err);
}

static enum rd_rc ask_provider(struct rd_sender *sender, const struct rd_sender_route *route,
	const struct rd_outbox_row *row, int64_t now_ms, bool *left, struct rd_err *err)
{
	const struct rd_provider_send text = {
		.key = row->message_id,
		.to = row->recipient,
		.body = row->payload,
		.status_url = "",
		.attempted_ms = row->sending_ms,
		.now_ms = now_ms,
	};
	struct rd_provider_asked asked;
	struct rd_err why = { 0 };
	bool proved;
	/* Where the provider carries our key its receipt names the row: no list proves more. But of
	 * a text that left as several it may be the first one's alone. */
	RD_TRY(rd_outbox_has_receipt(sender->db, row->outgoing, row->message_id, &proved, err));
	if (proved && rd_text_leaves_whole(route->text, row->payload))
		return found(
			sender, row, row->message_id, "", "its receipt says that it had gone", err);
	int64_t lag_ms = rd_provider_of(route->texts->kind)->ask_after_ms;
	if (lag_ms < sender->limits.ask_after_ms)
		lag_ms = sender->limits.ask_after_ms;
	if (now_ms - row->sending_ms < lag_ms) {
		*left = true; /* it may still be on its way there */
		return RD_OK;
	}
	enum rd_rc rc = rd_text_ask(route->text, &text, sender->arena, &asked, &why);
	if (rc != RD_OK && now_ms - row->sending_ms < RD_SENDER_ASK_UNTIL_MS) {
		rd_sender_tell(sender, RD_SENDER_OWN_TROUBLE, row, why.msg);
		*left = true;
		return RD_OK;
	}
	if (rc == RD_OK && asked.answer == RD_ASKED_FOUND)
		return found(sender, row, asked.id, asked.body, ASKED, err);
	if (rc == RD_OK && asked.answer == RD_ASKED_ABSENT)
		return absent(sender, row, err);
	return rd_sender_leave_to_person(sender, row, "the provider could not say", err);
}

static enum rd_rc ask_one(struct rd_sender *sender, const struct rd_outbox_row *row, int64_t now_ms,
	bool *left, struct rd_err *err)
{
	const struct rd_sender_route *route = rd_sender_route_of(sender, row->outgoing);
	if (!route || route->smtp)
		return rd_sender_leave_to_person(sender, row, "no server can be asked", err);
	/* Never attempted as far as this store knows: it was restored from a backup. */
	if (row->attempts == 0 || row->sending_ms == 0)
		return rd_sender_leave_to_person(
			sender, row, "it may have gone after the backup was made", err);
	if (route->outgoing || route->texts->kind == RD_TEXTS_TRAY)
		return look_for_file(sender, route, row, err);
	return ask_provider(sender, route, row, now_ms, left, err);
}

enum rd_rc rd_sender_ask_uncertain(
	struct rd_sender *sender, int64_t now_ms, bool *ret_left, struct rd_err *err)
{
	const struct rd_outbox_filter filter = { .unasked = true, .max = ASK_AT_ONCE_MAX };
	struct rd_outbox_row *rows;
	size_t n;
	bool left = false;
	RD_TRY(rd_outbox_list(sender->db, &filter, sender->arena, &rows, &n, err));
	for (size_t i = 0; i < n; i++)
		RD_TRY(ask_one(sender, &rows[i], now_ms, &left, err));
	*ret_left = left;
	return RD_OK;
}

/* The writing half of the sender: what became of a row, in one transaction each. */
#include "redress/deliver/sender_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "redress/store/audit.h"
#include "redress/store/casebook.h"
#include "redress/store/contact.h"
#include "redress/store/returned.h"
#include "redress/store/tasks.h"

static enum rd_rc audit(struct rd_tx *tx, const struct rd_outbox_row *row, const char *what,
	int64_t now_ms, struct rd_err *err)
{
	int64_t seq;
	json_t *json =
		json_pack("{s:i,s:s}", "attempts", row->attempts, "version", row->letter_version);
	char *detail = json_dumps(json, JSON_COMPACT | JSON_ENSURE_ASCII);
	json_decref(json);
	RD_ASSERT(detail != NULL);
	const struct rd_audit_row audit_row = {
		.at_ms = now_ms,
		.actor = "redressd",
		.actor_uid = -1,
		.what = what,
		.case_id = row->case_id,
		.outbox_id = row->id,
		.detail = detail,
	};
	enum rd_rc rc = rd_audit_add(tx, &audit_row, &seq, err);
	free(detail);
	return rc;
}

/* An alarm mail is nobody's duty: whoever runs the machine sees the alarm itself. */
static enum rd_rc task(struct rd_sender *sender, struct rd_tx *tx, const struct rd_outbox_row *row,
	const char *kind, const char *text, int64_t now_ms, struct rd_err *err)
{
	struct rd_case file;
	char cause[48];
	int64_t id;
	bool is_new;
	if (row->case_id == 0)
		return RD_OK;
	RD_TRY(rd_case_get(rd_tx_db(tx), row->case_id, sender->arena, &file, err));
	snprintf(cause, sizeof cause, "outbox:%lld", (long long)row->id);
	const struct rd_task wanted = {
		.kind = kind,
		.case_id = row->case_id,
		.outbox_id = row->id,
		.cause = cause,
		.text = text,
		.landlord = file.landlord,
		.due = rd_date_of(now_ms),
		.n = 1,
	};
	return rd_task_put(tx, &wanted, now_ms, &id, &is_new, err);
}

static enum rd_rc sent_in(struct rd_sender *sender, struct rd_tx *tx,
	const struct rd_outbox_row *row, const struct rd_deliver_result *result, int64_t sent_ms,
	bool with_call, struct rd_err *err)
{
	int64_t now_ms = rd_now_ms(sender->clock);
	bool open;
	RD_TRY(rd_outbox_sent(tx, row->id, result->provider_id, result->response, sent_ms, err));
	if (result->body[0])
		RD_TRY(rd_outbox_set_payload_sent(
			tx, row->id, result->body, strlen(result->body), err));
	if (row->meets_clock[0]) {
		enum rd_rc rc =
			rd_case_meet_clock(tx, row->case_id, row->meets_clock, sent_ms, err);
		if (rc != RD_OK && rc != RD_E_MISSING)
			return rc;
	}
	RD_TRY(audit(tx, row, "letter_sent", now_ms, err));
	if (with_call && sender->calls->on_sent)
		RD_TRY(sender->calls->on_sent(sender->calls->context, tx, row, sent_ms, err));
	if (!with_call)
		RD_TRY(task(sender, tx, row, "look",
			"A letter has gone, but what should follow it could not be recorded. Check "
			"the clocks of this case.",
			now_ms, err));
	/* The receipt may have been quicker than the provider's answer. */
	struct rd_outbox_row after;
	RD_TRY(rd_outbox_get(rd_tx_db(tx), row->id, sender->arena, &after, err));
	if (strcmp(after.delivery, "failed") != 0)
		return RD_OK;
	RD_TRY(rd_returned_reopen(tx, &after, &open, err));
	return task(sender, tx, row, "send",
		"A text did not arrive, the provider says. Tell the resident another way.", now_ms,
		err);
}

enum rd_rc rd_sender_record_sent(struct rd_sender *sender, const struct rd_outbox_row *row,
	const struct rd_deliver_result *result, int64_t sent_ms, struct rd_err *err)
{
	for (int try = 0; try < 2; try++) {
		RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
		RD_TRY(rd_tx_begin(sender->db, &tx, err));
		enum rd_rc rc = sent_in(sender, tx, row, result, sent_ms, try == 0, err);
		if (rc == RD_OK)
			rc = rd_tx_commit(&tx, err);
		if (rc == RD_OK)
			return RD_OK;
		if (rc == RD_E_AGAIN || try == 1)
			return rc;
		rd_tx_rollback(&tx);
		/* What hangs on the letter cannot be recorded, but that it has gone must be. */
		rd_sender_tell(sender, RD_SENDER_CALL_FAILED, row, err->msg);
	}
	return RD_OK;
}

static enum rd_rc record_refused(
	struct rd_sender *sender, enum rd_sender_event what, struct rd_err *err)
{
	const struct rd_outbox_row *row = &sender->row;
	int64_t now_ms = rd_now_ms(sender->clock);
	char text[300];
	bool elsewhere = false;
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	snprintf(text, sizeof text,
		"The letter \"%.60s\" %s. See `redressctl outbox show %lld` and tell the resident "
		"another way.",
		row->letter,
		what == RD_SENDER_GAVE_UP ? "could not be sent for two days"
					  : "was refused by the other side",
		(long long)row->id);
	RD_TRY(rd_tx_begin(sender->db, &tx, err));
	RD_TRY(rd_outbox_fail(tx, row->id, sender->result.response, err));
	if (sender->result.opted_out)
		RD_TRY(rd_contact_opt_out(tx, row->recipient, now_ms, err));
	RD_TRY(audit(tx, row, "letter_failed", now_ms, err));
	if (sender->calls->on_refused)
		RD_TRY(sender->calls->on_refused(sender->calls->context, tx, row, &elsewhere, err));
	if (!elsewhere)
		RD_TRY(task(sender, tx, row, "send", text, now_ms, err));
	return rd_tx_commit(&tx, err);
}

static bool time_to_give_up(const struct rd_outbox_row *row, int64_t now_ms)
{
	int64_t since_ms =
		row->not_before_ms > row->created_ms ? row->not_before_ms : row->created_ms;
	return row->attempts >= RD_SENDER_GIVE_UP_TRIES &&
	       now_ms - since_ms >= RD_SENDER_GIVE_UP_MS;
}

static enum rd_rc record_again(
	struct rd_sender *sender, enum rd_sender_event *ret_what, struct rd_err *err)
{
	const struct rd_outbox_row *row = &sender->row;
	int64_t now_ms = rd_now_ms(sender->clock);
	if (time_to_give_up(row, now_ms)) {
		*ret_what = RD_SENDER_GAVE_UP;
		return record_refused(sender, RD_SENDER_GAVE_UP, err);
	}
	int64_t wait_ms = rd_sender_backoff_ms(row->id, row->attempts);
	if (sender->result.wait_ms > wait_ms)
		wait_ms = sender->result.wait_ms;
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	RD_TRY(rd_tx_begin(sender->db, &tx, err));
	RD_TRY(rd_outbox_defer(tx, row->id, sender->result.response, now_ms + wait_ms, err));
	RD_TRY(rd_tx_commit(&tx, err));
	sender->n_put_off++;
	*ret_what = RD_SENDER_DEFERRED;
	return RD_OK;
}

static enum rd_rc settle_task(struct rd_sender *sender, struct rd_tx *tx,
	const struct rd_outbox_row *row, struct rd_err *err)
{
	int64_t now_ms = rd_now_ms(sender->clock);
	char text[300];
	snprintf(text, sizeof text,
		"It is not known whether the letter \"%.60s\" has gone. Find out, then say so with "
		"`redressctl outbox settle %lld`.",
		row->letter, (long long)row->id);
	RD_TRY(rd_outbox_set_asked(tx, row->id, err));
	RD_TRY(task(sender, tx, row, "settle", text, now_ms, err));
	return audit(tx, row, "letter_uncertain", now_ms, err);
}

enum rd_rc rd_sender_leave_to_person(struct rd_sender *sender, const struct rd_outbox_row *row,
	const char *why, struct rd_err *err)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	RD_TRY(rd_tx_begin(sender->db, &tx, err));
	RD_TRY(settle_task(sender, tx, row, err));
	RD_TRY(rd_tx_commit(&tx, err));
	rd_sender_tell(sender, RD_SENDER_UNCERTAIN, row, why);
	return RD_OK;
}

static enum rd_rc record_uncertain(struct rd_sender *sender, struct rd_err *err)
{
	const struct rd_outbox_row *row = &sender->row;
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	RD_TRY(rd_tx_begin(sender->db, &tx, err));
	RD_TRY(rd_outbox_uncertain(tx, row->id, sender->result.response, err));
	if (row->channel == RD_CHANNEL_EMAIL) /* no mail server can be asked */
		RD_TRY(settle_task(sender, tx, row, err));
	return rd_tx_commit(&tx, err);
}

enum rd_rc rd_sender_record(struct rd_sender *sender, struct rd_err *err)
{
	enum rd_sender_event what = RD_SENDER_SENT;
	switch (sender->result.outcome) {
	case RD_SEND_DONE:
		RD_TRY(rd_sender_record_sent(
			sender, &sender->row, &sender->result, sender->sent_ms, err));
		break;
	case RD_SEND_REFUSED:
		what = RD_SENDER_REFUSED;
		RD_TRY(record_refused(sender, what, err));
		break;
	case RD_SEND_AGAIN:
		RD_TRY(record_again(sender, &what, err));
		break;
	case RD_SEND_UNCERTAIN:
		what = RD_SENDER_UNCERTAIN;
		RD_TRY(record_uncertain(sender, err));
		if (sender->chores_ms > sender->sent_ms + sender->limits.ask_after_ms)
			sender->chores_ms = sender->sent_ms + sender->limits.ask_after_ms;
		break;
	}
	rd_sender_tell(sender, what, &sender->row, "");
	if (sender->result.ours)
		rd_sender_tell(
			sender, RD_SENDER_OWN_TROUBLE, &sender->row, sender->result.response);
	return RD_OK;
}

enum rd_rc rd_sender_withhold(struct rd_sender *sender, const struct rd_outbox_row *row, bool hold,
	const char *why, const char *text, struct rd_err *err)
{
	int64_t now_ms = rd_now_ms(sender->clock);
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	RD_TRY(rd_tx_begin(sender->db, &tx, err));
	if (hold) {
		RD_TRY(rd_outbox_unclaim(tx, row->id, now_ms, err));
		RD_TRY(rd_outbox_hold(tx, row->id, why, err));
	} else {
		RD_TRY(rd_outbox_fail(tx, row->id, why, err));
	}
	RD_TRY(task(sender, tx, row, "send", text, now_ms, err));
	RD_TRY(audit(tx, row, hold ? "letter_held" : "letter_failed", now_ms, err));
	return rd_tx_commit(&tx, err);
}

enum rd_rc rd_sender_put_back(struct rd_sender *sender, const struct rd_outbox_row *row,
	const char *why, struct rd_err *err)
{
	int64_t now_ms = rd_now_ms(sender->clock);
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	RD_TRY(rd_tx_begin(sender->db, &tx, err));
	RD_TRY(rd_outbox_unclaim(tx, row->id, now_ms, err));
	RD_TRY(rd_outbox_hold(tx, row->id, why, err));
	RD_TRY(audit(tx, row, "letter_held", now_ms, err));
	return rd_tx_commit(&tx, err);
}

#include "redress/deliver/sender.h"

#include <stdlib.h>
#include <string.h>

#include "redress/base/backoff.h"
#include "redress/deliver/maildir.h"
#include "redress/deliver/sender_parts.h"
#include "redress/store/audit.h"
#include "redress/store/contact.h"
#include "redress/store/outbox_wire.h"

#define ARENA_BYTES   (64u << 20) /* a list of uncertain rows carries their letters */
#define CHORES_MS     60000
#define REST_FIRST_MS 30000
#define REST_LAST_MS  (5 * 60 * 1000)
#define HOUR_MS	      (3600 * (int64_t)1000)

const char *const rd_sender_event_names[RD_N_SENDER_EVENTS + 1] = { "sent", "refused", "deferred",
	"gave_up", "uncertain", "found", "absent", "held", "unfit", "waits", "clock_back",
	"own_trouble", "hook_failed", NULL };

const struct rd_sender_limits rd_sender_usual_limits = {
	.per_hour = RD_SENDER_PER_HOUR,
	.per_address_day = RD_SENDER_PER_ADDRESS_DAY,
	.ask_after_ms = RD_SENDER_ASK_AFTER_MS,
	.timeout_ms = 0,
};

int64_t rd_sender_backoff_ms(int64_t row_id, int attempts)
{
	int64_t wait_ms = RD_SENDER_FIRST_BACKOFF_MS;
	for (int i = 1; i < attempts && wait_ms < RD_SENDER_LAST_BACKOFF_MS; i++)
		wait_ms = rd_backoff_next(
			wait_ms, RD_SENDER_FIRST_BACKOFF_MS, RD_SENDER_LAST_BACKOFF_MS);
	/* Up to a fifth off, so that rows of one failure do not all come back together. */
	uint64_t spread = ((uint64_t)row_id * 2654435761u + (uint64_t)attempts * 40503u) % 1000;
	return wait_ms - wait_ms * (int64_t)spread / 5000;
}

struct rd_sender_route *rd_sender_route_of(struct rd_sender *sender, const char *name)
{
	for (size_t i = 0; i < sender->n_routes; i++)
		if (strcmp(sender->routes[i].name, name) == 0)
			return &sender->routes[i];
	return NULL;
}

void rd_sender_tell(const struct rd_sender *sender, enum rd_sender_event event,
	const struct rd_outbox_row *row, const char *detail)
{
	if (sender->calls->on_event)
		sender->calls->on_event(sender->calls->context, event, row, detail);
}

/* ---- making ---- */

static void beat(void *context)
{
	const struct rd_sender *sender = context;
	if (sender->calls->beat)
		sender->calls->beat(sender->calls->context);
}

static enum rd_rc add_routes(struct rd_sender *sender, struct rd_err *err)
{
	const struct rd_config *config = sender->config;
	if (config->outgoing) {
		struct rd_sender_route *route = &sender->routes[sender->n_routes++];
		route->name = config->outgoing->name;
		route->outgoing = config->outgoing;
		if (config->outgoing->kind == RD_OUTGOING_SMTP) {
			RD_TRY(rd_smtp_new(config->outgoing, &route->smtp, err));
			if (sender->limits.timeout_ms)
				rd_smtp_set_timeout(route->smtp, sender->limits.timeout_ms);
		}
	}
	for (size_t i = 0; i < config->n_texts && i < RD_TEXTS_MAX; i++) {
		struct rd_sender_route *route = &sender->routes[sender->n_routes++];
		route->name = config->texts[i].name;
		route->texts = &config->texts[i];
		RD_TRY(rd_text_sender_new(&config->texts[i],
			config->public_url ? config->public_url : "", "", &route->text, err));
		rd_text_sender_set_beat(route->text, beat, sender);
		if (sender->limits.timeout_ms)
			rd_text_sender_set_timeout(route->text, sender->limits.timeout_ms);
	}
	return RD_OK;
}

enum rd_rc rd_sender_new(const struct rd_config *config, struct rd_store *store,
	const struct rd_clock *clock, const struct rd_sender_calls *calls,
	const struct rd_sender_limits *limits, struct rd_sender **ret_sender, struct rd_err *err)
{
	struct rd_sender *sender = calloc(1, sizeof *sender);
	RD_ASSERT(sender);
	sender->config = config;
	sender->clock = clock;
	sender->calls = calls;
	sender->limits = limits ? *limits : rd_sender_usual_limits;
	if (!limits && config->caps.letters_day > 0)
		sender->limits.per_address_day = config->caps.letters_day;
	sender->arena = rd_arena_new(ARENA_BYTES);
	enum rd_rc rc = rd_db_open(store, &sender->db, err);
	if (rc == RD_OK)
		rc = add_routes(sender, err);
	if (rc != RD_OK) {
		rd_sender_free(sender);
		return rc;
	}
	*ret_sender = sender;
	return RD_OK;
}

void rd_sender_free(struct rd_sender *sender)
{
	if (!sender)
		return;
	for (size_t i = 0; i < sender->n_routes; i++) {
		rd_smtp_free(sender->routes[i].smtp);
		rd_text_sender_free(sender->routes[i].text);
	}
	rd_db_close(sender->db);
	rd_arena_free(sender->arena);
	free(sender);
}

/* ---- one letter ---- */

static enum rd_rc on_wire(void *context, struct rd_err *err)
{
	struct rd_sender *sender = context;
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	RD_TRY(rd_tx_begin(sender->db, &tx, err));
	RD_TRY(rd_outbox_on_wire(tx, sender->row.id, err));
	return rd_tx_commit(&tx, err);
}

static void put_on_the_way(struct rd_sender *sender, struct rd_sender_route *route)
{
	const struct rd_outbox_row *row = &sender->row;
	const struct rd_deliver_calls calls = {
		.context = sender, .on_wire = on_wire, .beat = beat
	};
	if (route->smtp) {
		rd_smtp_send(route->smtp, row->recipient, row->payload, row->payload_len, &calls,
			&sender->result);
	} else if (route->outgoing) {
		rd_maildir_put(route->outgoing->path, row->message_id, row->payload,
			row->payload_len, &calls, &sender->result);
	} else {
		int64_t now_ms = rd_now_ms(sender->clock);
		const struct rd_provider_send text = {
			.key = row->message_id,
			.to = row->recipient,
			.body = row->payload,
			.status_url = "",
			.attempted_ms = row->sending_ms,
			.now_ms = now_ms,
		};
		rd_text_send(route->text, &text, &calls, sender->arena, &sender->result);
	}
	sender->sent_ms = rd_now_ms(sender->clock);
}

static bool is_automatic(const struct rd_outbox_row *row)
{
	return row->case_id != 0 &&
	       (row->approved_by[0] == '\0' || strcmp(row->approved_by, "redressd") == 0);
}

/* Held or failed instead of sent: kept back by the gateway, over its address's cap, or opted out.
 */
static enum rd_rc may_go(struct rd_sender *sender, int64_t now_ms, bool *ret_go, struct rd_err *err)
{
	const struct rd_outbox_row *row = &sender->row;
	int64_t n = 0;
	bool out = false;
	const char *why = NULL;
	*ret_go = true;
	if (sender->calls->why_not)
		RD_TRY(sender->calls->why_not(sender->calls->context, row, &why, err));
	if (why) {
		*ret_go = false;
		RD_TRY(rd_sender_put_back(sender, row, why, err));
		rd_sender_tell(sender, RD_SENDER_UNFIT, row, why);
		return RD_OK;
	}
	if (row->case_id != 0)
		RD_TRY(rd_contact_opted_out(sender->db, row->recipient, &out, err));
	if (out && row->channel == RD_CHANNEL_EMAIL) {
		if (!is_automatic(row)) /* a person answers all the same */
			return RD_OK;
		*ret_go = false;
		RD_TRY(rd_sender_withhold(sender, row, true, "this address called a letter spam",
			"This address called a letter of ours spam: no automatic letter goes "
			"there. Answer by hand, or approve the letter.",
			err));
		rd_sender_tell(sender, RD_SENDER_HELD, row, "");
		return RD_OK;
	}
	if (out) {
		*ret_go = false;
		RD_TRY(rd_sender_withhold(sender, row, false, "this number has opted out",
			"This number has opted out of texts. Tell the resident another way.", err));
		rd_sender_tell(sender, RD_SENDER_REFUSED, row, "opted out");
		return RD_OK;
	}
	if (!is_automatic(row))
		return RD_OK;
	/* This row counts already: it is claimed. */
	RD_TRY(rd_outbox_rate(sender->db, row->recipient, now_ms - 24 * HOUR_MS, &n, err));
	if (n <= sender->limits.per_address_day)
		return RD_OK;
	*ret_go = false;
	RD_TRY(rd_sender_withhold(sender, row, true, "too many letters to one address in a day",
		"This address has had as many automatic letters in a day as may go. Read what "
		"it sent, and answer or approve the letter.",
		err));
	rd_sender_tell(sender, RD_SENDER_HELD, row, "");
	return RD_OK;
}

static void note_route(struct rd_sender *sender, struct rd_sender_route *route, int64_t now_ms)
{
	if (!sender->result.ours) {
		route->rest_ms = 0;
		route->rests_until_ms = 0;
		return;
	}
	route->rest_ms = rd_backoff_next(route->rest_ms, REST_FIRST_MS, REST_LAST_MS);
	route->rests_until_ms = now_ms + route->rest_ms;
}

/* Claimed already. */
static enum rd_rc send_row(
	struct rd_sender *sender, struct rd_sender_route *route, int64_t now_ms, struct rd_err *err)
{
	bool go;
	enum rd_rc rc = may_go(sender, now_ms, &go, err);
	if (rc != RD_OK) {
		/* Claimed, and the store failed: put off as soon as it works again. */
		sender->result = (struct rd_deliver_result){ .outcome = RD_SEND_AGAIN,
			.response = "the store was in trouble before it could be sent",
			.provider_id = "",
			.body = "" };
		sender->unrecorded = true;
		return rc;
	}
	if (!go)
		return RD_OK;
	sender->result = (struct rd_deliver_result){ .provider_id = "", .body = "" };
	put_on_the_way(sender, route);
	note_route(sender, route, now_ms);
	sender->unrecorded = true;
	RD_TRY(rd_sender_record(sender, err));
	sender->unrecorded = false;
	return RD_OK;
}

/* ---- chores ---- */

static enum rd_rc chores(
	struct rd_sender *sender, int64_t now_ms, bool *ret_left, struct rd_err *err)
{
	bool left = false;
	RD_TRY(rd_sender_ask_uncertain(sender, now_ms, &left, err));
	int64_t next_ms = sender->limits.ask_after_ms;
	sender->chores_ms = now_ms + (left && next_ms < CHORES_MS ? next_ms : CHORES_MS);
	*ret_left = left;
	return RD_OK;
}

/* ---- the step ---- */

/* False: nothing may be sent. The audit's last time is read first, so that a row written in between
 * by another thread does not look like a clock set back. */
static enum rd_rc clock_is_right(
	struct rd_sender *sender, bool *ret_right, int64_t *ret_now_ms, struct rd_err *err)
{
	int64_t last_ms = 0;
	RD_TRY(rd_audit_last(sender->db, &last_ms, err));
	*ret_now_ms = rd_now_ms(sender->clock);
	*ret_right = *ret_now_ms + RD_SENDER_CLOCK_GRACE_MS >= last_ms;
	if (!*ret_right && !sender->clock_back)
		rd_sender_tell(sender, RD_SENDER_CLOCK_BACK, NULL,
			"the clock stands before the last recorded act; set it right");
	sender->clock_back = !*ret_right;
	return RD_OK;
}

static bool texts_now(const struct rd_sender *sender, int64_t now_ms)
{
	int minute = rd_london_minute_of_day(now_ms);
	return minute >= sender->config->text_hours_from_min &&
	       minute < sender->config->text_hours_to_min;
}

static enum rd_rc over_total(
	struct rd_sender *sender, int64_t now_ms, bool *ret_over, struct rd_err *err)
{
	const enum rd_outbox_state queued = RD_OUTBOX_QUEUED;
	const struct rd_outbox_filter any = { .state = &queued, .max = 1 };
	struct rd_outbox_row *rows;
	size_t n_queued = 0;
	int64_t n = 0;
	int64_t due_ms = 0;
	RD_TRY(rd_outbox_rate(sender->db, NULL, now_ms - HOUR_MS, &n, err));
	*ret_over = n >= sender->limits.per_hour;
	if (*ret_over) {
		RD_TRY(rd_outbox_list(sender->db, &any, sender->arena, &rows, &n_queued, err));
		RD_TRY(rd_outbox_next_due(sender->db, &due_ms, err));
	}
	bool waits = n_queued > 0 && due_ms <= now_ms;
	if (waits && !sender->waits)
		rd_sender_tell(
			sender, RD_SENDER_WAITS, NULL, "as many letters in an hour as may go");
	sender->waits = waits;
	return RD_OK;
}

/* Over the cap in total only what cannot wait goes: emergencies, and the alarm that says so. */
static enum rd_rc claim_of(struct rd_sender *sender, const struct rd_sender_route *route,
	int64_t now_ms, bool over, struct rd_err *err)
{
	if (over)
		return rd_outbox_claim_emergency(
			sender->db, route->name, now_ms, sender->arena, &sender->row, err);
	return rd_outbox_claim(sender->db, route->name, now_ms, texts_now(sender, now_ms),
		sender->arena, &sender->row, err);
}

/* The routes take turns; one that rests is passed over. */
static enum rd_rc claim_next(struct rd_sender *sender, int64_t now_ms, bool over, bool rested_too,
	struct rd_sender_route **ret_route, struct rd_err *err)
{
	for (size_t i = 0; i < sender->n_routes; i++) {
		size_t at = (sender->turn + i) % sender->n_routes;
		struct rd_sender_route *route = &sender->routes[at];
		if (!rested_too && route->rests_until_ms > now_ms)
			continue;
		enum rd_rc rc = claim_of(sender, route, now_ms, over, err);
		if (rc == RD_E_MISSING)
			continue;
		RD_TRY(rc);
		sender->turn = (at + 1) % sender->n_routes;
		*ret_route = route;
		return RD_OK;
	}
	*ret_route = NULL;
	return RD_OK;
}

static enum rd_rc when_next(
	const struct rd_sender *sender, int64_t now_ms, int64_t *ret_next_ms, struct rd_err *err)
{
	int64_t due_ms = 0;
	int64_t next_ms = sender->chores_ms;
	RD_TRY(rd_outbox_next_due(sender->db, &due_ms, err));
	if (due_ms > now_ms && due_ms < next_ms)
		next_ms = due_ms;
	/* Due but not to be claimed yet: hours, a resting route. Looked at again soon. */
	if (due_ms != 0 && due_ms <= now_ms && next_ms > now_ms + REST_FIRST_MS)
		next_ms = now_ms + REST_FIRST_MS;
	*ret_next_ms = next_ms;
	return RD_OK;
}

enum rd_rc rd_sender_step(
	struct rd_sender *sender, bool *ret_did, int64_t *ret_next_ms, struct rd_err *err)
{
	int64_t now_ms;
	bool right;
	bool over;
	bool left;
	struct rd_sender_route *route;
	*ret_did = false;
	*ret_next_ms = rd_now_ms(sender->clock) + 5000; /* after a failure below */
	if (sender->unrecorded) {
		RD_TRY(rd_sender_record(sender, err));
		sender->unrecorded = false;
	}
	rd_arena_reset(sender->arena);
	RD_TRY(clock_is_right(sender, &right, &now_ms, err));
	if (!right) {
		*ret_next_ms = now_ms + CHORES_MS;
		return RD_OK;
	}
	if (now_ms >= sender->chores_ms || sender->chores_ms > now_ms + CHORES_MS) {
		RD_TRY(chores(sender, now_ms, &left, err));
		rd_arena_reset(sender->arena);
	}
	RD_TRY(over_total(sender, now_ms, &over, err));
	RD_TRY(claim_next(sender, now_ms, over, false, &route, err));
	if (!route && over) {
		*ret_next_ms = now_ms + CHORES_MS;
		return RD_OK;
	}
	if (!route)
		return when_next(sender, now_ms, ret_next_ms, err);
	RD_TRY(send_row(sender, route, now_ms, err));
	*ret_did = true;
	*ret_next_ms = now_ms;
	return RD_OK;
}

enum rd_rc rd_sender_run_once(struct rd_sender *sender, bool *ret_must_wait, struct rd_err *err)
{
	int64_t now_ms;
	int64_t due_ms = 0;
	bool right;
	bool over = false;
	bool left = false;
	sender->n_put_off = 0;
	RD_TRY(clock_is_right(sender, &right, &now_ms, err));
	if (right)
		RD_TRY(chores(sender, now_ms, &left, err));
	/* now_ms stays: what is put off during this run is not due again in it. */
	while (right) {
		struct rd_sender_route *route;
		rd_arena_reset(sender->arena);
		RD_TRY(over_total(sender, now_ms, &over, err));
		RD_TRY(claim_next(sender, now_ms, over, true, &route, err));
		if (!route)
			break;
		RD_TRY(send_row(sender, route, now_ms, err));
	}
	struct rd_outbox_row *rows;
	size_t n_unasked = 0;
	const struct rd_outbox_filter unasked = { .unasked = true, .max = 1 };
	RD_TRY(rd_outbox_next_due(sender->db, &due_ms, err));
	RD_TRY(rd_outbox_list(sender->db, &unasked, sender->arena, &rows, &n_unasked, err));
	*ret_must_wait = !right || left || n_unasked > 0 || sender->n_put_off > 0 ||
			 (due_ms != 0 && due_ms <= now_ms);
	return RD_OK;
}

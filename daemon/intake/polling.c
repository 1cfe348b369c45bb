#include "redress/intake/polling.h"

#include <stdio.h>
#include <string.h>

#include "redress/intake/text_intake.h"
#include "redress/message/sms.h"
#include "redress/store/intake.h"
#include "redress/store/text_poll.h"

struct walk {
	const struct rd_poll *poll;
	const struct rd_provider *provider;
	struct rd_provider_account account;
	struct rd_provider_window window;
	struct rd_text_poll past;
	int64_t source_id;
	char url[RD_HTTP_URL_BYTES_MAX + 1]; /* the page to ask for; "" : the first */
	struct rd_polled *polled;
};

static void add_id(struct rd_poll_ids *ids, const char *id)
{
	size_t len = strlen(ids->text);
	if (len + strlen(id) + 3 < sizeof ids->text)
		snprintf(ids->text + len, sizeof ids->text - len, "%s%.40s", len ? ", " : "", id);
	ids->n++;
}

static enum rd_rc ask(struct walk *walk, const struct rd_http_request *request,
	struct rd_http_response *response, struct rd_err *err)
{
	bool reached;
	return rd_http_ask(walk->poll->http, request, response, &reached, err);
}

/* An account may have several numbers, each with a stanza of its own. */
static bool is_for_another(const struct walk *walk, const struct rd_provider_text *text)
{
	char ours[RD_PHONE_MAX];
	char theirs[RD_PHONE_MAX];
	return text->to && rd_phone_canonical(walk->account.number, ours) &&
	       rd_phone_canonical(text->to, theirs) && strcmp(ours, theirs) != 0;
}

/* RD_E_AGAIN: its words could not be fetched. */
static enum rd_rc fetch_words(struct walk *walk, struct rd_provider_text *text, struct rd_err *err)
{
	struct rd_http_request request;
	RD_CLEANUP(rd_http_response_free) struct rd_http_response response = { 0 };
	if (!text->body_url || !text->body_url[0])
		return RD_OK;
	RD_TRY(walk->provider->build_body(&walk->account, text, walk->poll->arena, &request, err));
	RD_TRY(ask(walk, &request, &response, err));
	return walk->provider->read_body(&walk->account, &response, walk->poll->arena, text, err);
}

static enum rd_rc take(struct walk *walk, struct rd_provider_text *text, struct rd_err *err)
{
	const struct rd_poll *poll = walk->poll;
	const int64_t now_ms = rd_now_ms(poll->clock);
	struct rd_err unread = { 0 };
	if (fetch_words(walk, text, &unread) != RD_OK) {
		add_id(&walk->polled->unread, text->id);
		return RD_OK; /* the next walk tries again */
	}
	enum rd_rc rc = rd_text_take(
		poll->db, poll->texts, text, now_ms, &walk->source_id, poll->arena, err);
	if (rc == RD_E_EXISTS)
		return RD_OK; /* the webhook was quicker */
	RD_TRY(rc);
	walk->polled->n_new++;
	if (!poll->no_webhook)
		add_id(&walk->polled->lost, text->id);
	return RD_OK;
}

/* *ret_news: there was one that is not known. */
static enum rd_rc look_at(
	struct walk *walk, struct rd_provider_text *text, bool *ret_news, struct rd_err *err)
{
	bool known = false;
	if (is_for_another(walk, text) ||
		(text->sent_ms && text->sent_ms < walk->past.first_seen_ms))
		return RD_OK;
	if (!walk->poll->no_webhook && text->sent_ms > walk->window.now_ms - RD_POLL_GAP_MS)
		return RD_OK;
	RD_TRY(rd_text_known(walk->poll->db, walk->source_id, text->id, &known, err));
	if (known)
		return RD_OK;
	*ret_news = true;
	return take(walk, text, err);
}

/* *ret_more: the walk goes on. */
static enum rd_rc look_through(
	struct walk *walk, struct rd_provider_listed *listed, bool *ret_more, struct rd_err *err)
{
	int64_t oldest_ms = INT64_MAX;
	bool news = false;
	for (size_t i = 0; i < listed->n_texts; i++) {
		struct rd_provider_text *text = &listed->texts[i];
		if (text->sent_ms && text->sent_ms < oldest_ms)
			oldest_ms = text->sent_ms;
		RD_TRY(look_at(walk, text, &news, err));
	}
	for (size_t i = 0; i < listed->n_unread; i++) {
		bool known = false;
		RD_TRY(rd_text_known(
			walk->poll->db, walk->source_id, listed->unread[i], &known, err));
		if (!known)
			add_id(&walk->polled->unread, listed->unread[i]);
	}
	*ret_more = listed->next_url && (news || oldest_ms >= walk->window.from_ms);
	return RD_OK;
}

static enum rd_rc look_at_page(struct walk *walk, bool *ret_more, struct rd_err *err)
{
	struct rd_http_request request;
	struct rd_provider_listed listed = { .n_texts = 0 };
	RD_CLEANUP(rd_http_response_free) struct rd_http_response response = { 0 };
	rd_arena_reset(walk->poll->arena);
	RD_TRY(walk->provider->build_list(&walk->account, &walk->window,
		walk->url[0] ? walk->url : NULL, walk->poll->arena, &request, err));
	RD_TRY(ask(walk, &request, &response, err));
	RD_TRY(walk->provider->read_list(&walk->account, &walk->window, request.url, &response,
		walk->poll->arena, &listed, err));
	RD_TRY(look_through(walk, &listed, ret_more, err));
	if (!*ret_more)
		return RD_OK;
	if (strlen(listed.next_url) >= sizeof walk->url)
		return rd_fail(
			err, RD_E_AGAIN, "the provider's list goes on at too long an address");
	memcpy(walk->url, listed.next_url, strlen(listed.next_url) + 1);
	return RD_OK;
}

static enum rd_rc note_done(struct walk *walk, struct rd_err *err)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	RD_TRY(rd_tx_begin(walk->poll->db, &tx, err));
	RD_TRY(rd_text_poll_done(tx, walk->source_id, walk->window.now_ms, err));
	RD_TRY(rd_source_note_success(tx, walk->source_id, rd_now_ms(walk->poll->clock), err));
	return rd_tx_commit(&tx, err);
}

static enum rd_rc begin(struct walk *walk, struct rd_err *err)
{
	const struct rd_poll *poll = walk->poll;
	RD_TRY(rd_text_source(poll->db, poll->texts, walk->window.now_ms, &walk->source_id, err));
	RD_TRY(rd_text_poll_get(poll->db, walk->source_id, &walk->past, err));
	int64_t last_ms = walk->past.polled_ms ? walk->past.polled_ms : walk->past.first_seen_ms;
	walk->window.from_ms = last_ms - RD_POLL_OVERLAP_MS;
	if (walk->window.from_ms < walk->window.now_ms - walk->provider->keeps_ms)
		walk->window.from_ms = walk->window.now_ms - walk->provider->keeps_ms;
	walk->polled->too_long_ago =
		walk->past.polled_ms &&
		walk->window.now_ms - walk->past.polled_ms > walk->provider->keeps_ms;
	return RD_OK;
}

enum rd_rc rd_poll_walk(
	const struct rd_poll *poll, struct rd_polled *ret_polled, struct rd_err *err)
{
	RD_CLEANUP(rd_provider_secrets_wipe) struct rd_provider_secrets secrets = { 0 };
	struct walk walk = { .poll = poll,
		.provider = rd_provider_of(poll->texts->kind),
		.window.now_ms = rd_now_ms(poll->clock),
		.polled = ret_polled };
	memset(ret_polled, 0, sizeof *ret_polled);
	if (rd_provider_account_read(poll->texts, &secrets, &walk.account, err) != RD_OK) {
		err->code = RD_E_REFUSED; /* a secret that cannot be read */
		return RD_E_REFUSED;
	}
	RD_TRY(begin(&walk, err));
	for (int page = 0; page < RD_POLL_PAGES_MAX; page++) {
		bool more = false;
		RD_TRY(look_at_page(&walk, &more, err));
		if (!more)
			return note_done(&walk, err);
		if (poll->stopping && poll->stopping(poll->context))
			return rd_fail(err, RD_E_AGAIN, "the gateway stops");
	}
	return rd_fail(err, RD_E_AGAIN, "the provider's list has no end after %d pages",
		RD_POLL_PAGES_MAX);
}

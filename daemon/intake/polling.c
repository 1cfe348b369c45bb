#include "redress/intake/polling.h"

#include <stdio.h>
#include <string.h>

#include "redress/intake/text_intake.h"
#include "redress/message/sms.h"
#include "redress/store/intake.h"
#include "redress/store/tasks.h"
#include "redress/store/text_poll.h"

struct walk {
	const struct rd_poll *poll;
	const struct rd_provider *provider;
	struct rd_provider_account account;
	struct rd_provider_window window;
	struct rd_text_poll past;
	int64_t source_id;
	char url[RD_HTTP_URL_BYTES_MAX + 1]; /* the page to ask for; "" : the first */
	size_t n_put_off;		     /* texts whose words were not given: not past them */
	size_t n_pages;
	int64_t until_ms; /* monotonic: this stretch's end */
	size_t n_fetched; /* words, in this stretch: one at least */
	bool tired;	  /* it ends within a page */
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

static bool is_late(const struct walk *walk)
{
	return rd_monotonic_ms() >= walk->until_ms;
}

/* *ret_answered: the provider gave some answer. */
static enum rd_rc fetch_words(
	struct walk *walk, struct rd_provider_text *text, bool *ret_answered, struct rd_err *err)
{
	struct rd_http_request request;
	RD_CLEANUP(rd_http_response_free) struct rd_http_response response = { 0 };
	*ret_answered = true;
	if (!text->body_url || !text->body_url[0])
		return RD_OK;
	RD_TRY(walk->provider->build_body(&walk->account, text, walk->poll->arena, &request, err));
	enum rd_rc rc = ask(walk, &request, &response, err);
	*ret_answered = rc != RD_E_AGAIN;
	RD_TRY(rc);
	return walk->provider->read_body(&walk->account, &response, walk->poll->arena, text, err);
}

/* Nobody has seen it, and this program will not: once for each, whatever becomes of the task. */
static enum rd_rc leave_to_person(struct walk *walk, const char *id, struct rd_err *err)
{
	const struct rd_poll *poll = walk->poll;
	const int64_t now_ms = rd_now_ms(poll->clock);
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	char cause[RD_TEXT_CAUSE_MAX];
	char text[400];
	int64_t task_id;
	bool ever;
	bool is_new;
	snprintf(text, sizeof text,
		"The provider of the texts %.60s lists a text that cannot be read here: %.80s. "
		"Read it in the provider's console, and deal with it as one that came today.",
		poll->texts->name, id);
	const struct rd_task task = {
		.kind = "look",
		.cause = rd_text_unread_cause(poll->texts, id, cause),
		.text = text,
		.landlord = poll->texts->landlord ? poll->texts->landlord : "",
		.due = rd_date_of(now_ms),
		.n = 1,
	};
	RD_TRY(rd_tx_begin(poll->db, &tx, err));
	RD_TRY(rd_task_ever(rd_tx_db(tx), task.kind, cause, &ever, err));
	if (ever)
		return RD_OK;
	RD_TRY(rd_task_put(tx, &task, now_ms, &task_id, &is_new, err));
	RD_TRY(rd_tx_commit(&tx, err));
	add_id(&walk->polled->unread, id);
	return RD_OK;
}

/* Its words were not given. The walk does not count as whole then, so that the next one comes by
 * again; but one text that never can be had holds up the others no longer than a day. */
static enum rd_rc put_off(struct walk *walk, const struct rd_provider_text *text, bool answered,
	const struct rd_err *why, struct rd_err *err)
{
	bool passes = why->code == RD_E_AGAIN || why->code == RD_E_REFUSED;
	if (!answered) {
		*err = *why;
		return why->code;
	}
	if (!passes || text->sent_ms <= walk->window.now_ms - RD_POLL_BODY_MS)
		return leave_to_person(walk, text->id, err);
	if (++walk->n_put_off < RD_POLL_BODIES_MAX)
		return RD_OK;
	return rd_fail(err, RD_E_AGAIN, "the words of %zu texts that it lists are not given",
		walk->n_put_off);
}

static enum rd_rc take(struct walk *walk, struct rd_provider_text *text, struct rd_err *err)
{
	const struct rd_poll *poll = walk->poll;
	const int64_t now_ms = rd_now_ms(poll->clock);
	struct rd_err why = { 0 };
	bool answered;
	if (text->body_url && walk->n_fetched++ > 0 && is_late(walk)) {
		walk->tired = true;
		return RD_OK;
	}
	if (fetch_words(walk, text, &answered, &why) != RD_OK)
		return put_off(walk, text, answered, &why, err);
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

/* Received before the number began, or so lately that its webhook may be on its way; or known. */
static enum rd_rc is_settled(
	struct walk *walk, const char *id, int64_t sent_ms, bool *ret_settled, struct rd_err *err)
{
	*ret_settled = true;
	if (sent_ms && sent_ms < walk->past.first_seen_ms)
		return RD_OK;
	if (!walk->poll->no_webhook && sent_ms > walk->window.now_ms - RD_POLL_GAP_MS)
		return RD_OK;
	return rd_text_known(walk->poll->db, walk->source_id, id, ret_settled, err);
}

/* *ret_news: there was one that is not known. */
static enum rd_rc look_at(
	struct walk *walk, struct rd_provider_text *text, bool *ret_news, struct rd_err *err)
{
	bool settled;
	if (is_for_another(walk, text))
		return RD_OK;
	RD_TRY(is_settled(walk, text->id, text->sent_ms, &settled, err));
	if (settled)
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
	for (size_t i = 0; i < listed->n_texts && !walk->tired; i++) {
		struct rd_provider_text *text = &listed->texts[i];
		if (text->sent_ms && text->sent_ms < oldest_ms)
			oldest_ms = text->sent_ms;
		RD_TRY(look_at(walk, text, &news, err));
	}
	for (size_t i = 0; i < listed->n_unread; i++) {
		const struct rd_provider_unread *unread = &listed->unread[i];
		bool settled;
		RD_TRY(is_settled(walk, unread->id, unread->sent_ms, &settled, err));
		if (!settled)
			RD_TRY(leave_to_person(walk, unread->id, err));
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
	if (!*ret_more || walk->tired)
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

/* The end of a stretch; the walk goes on at the page that it would come to next. */
static enum rd_rc rest(struct walk *walk, struct rd_err *err)
{
	struct rd_poll_rest *rest = walk->poll->rest;
	if (walk->n_pages >= RD_POLL_PAGES_MAX)
		return rd_fail(err, RD_E_AGAIN, "the provider's list has no end after %d pages",
			RD_POLL_PAGES_MAX);
	rest->stands = true;
	rest->begun_ms = walk->window.now_ms;
	rest->n_pages = walk->n_pages;
	rest->n_put_off = walk->n_put_off;
	memcpy(rest->url, walk->url, sizeof rest->url);
	walk->polled->goes_on = true;
	return RD_OK;
}

/* Where a walk fails the next one begins anew: an address may be good for a while only. */
static void go_on(struct walk *walk)
{
	struct rd_poll_rest *rest = walk->poll->rest;
	if (rest->stands) {
		walk->window.now_ms = rest->begun_ms;
		walk->n_pages = rest->n_pages;
		walk->n_put_off = rest->n_put_off;
		memcpy(walk->url, rest->url, sizeof walk->url);
	}
	rest->stands = false;
}

static enum rd_rc finish(struct walk *walk, struct rd_err *err)
{
	if (walk->n_put_off > 0)
		return rd_fail(err, RD_E_AGAIN,
			"the words of %zu texts that it lists are not given", walk->n_put_off);
	return note_done(walk, err);
}

enum rd_rc rd_poll_walk(
	const struct rd_poll *poll, struct rd_polled *ret_polled, struct rd_err *err)
{
	RD_CLEANUP(rd_provider_secrets_wipe) struct rd_provider_secrets secrets = { 0 };
	struct walk walk = { .poll = poll,
		.provider = rd_provider_of(poll->texts->kind),
		.window.now_ms = rd_now_ms(poll->clock),
		.until_ms = rd_monotonic_ms() +
			    (poll->stretch_ms ? poll->stretch_ms : RD_POLL_STRETCH_MS),
		.polled = ret_polled };
	memset(ret_polled, 0, sizeof *ret_polled);
	if (rd_provider_account_read(poll->texts, &secrets, &walk.account, err) != RD_OK) {
		err->code = RD_E_REFUSED; /* a secret that cannot be read */
		return RD_E_REFUSED;
	}
	go_on(&walk);
	RD_TRY(begin(&walk, err));
	for (;;) {
		bool more = false;
		RD_TRY(look_at_page(&walk, &more, err));
		walk.n_pages++;
		if (walk.tired || (more && (is_late(&walk) || walk.n_pages >= RD_POLL_PAGES_MAX)))
			return rest(&walk, err);
		if (!more)
			return finish(&walk, err);
		if (poll->stopping && poll->stopping(poll->context))
			return rd_fail(err, RD_E_AGAIN, "the gateway stops");
	}
}

#include "redress/deliver/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "redress/base/fault.h"
#include "redress/message/sms.h"
#include "redress/wire/http.h"
#include "redress/wire/providers/tray.h"

struct rd_text_sender {
	const struct rd_texts_config *config;
	const struct rd_provider *provider;
	struct rd_http *http;
	char *status_url; /* "" : no receipts */
	int64_t timeout_ms;
};

enum rd_rc rd_text_sender_new(const struct rd_texts_config *config, const char *public_url,
	const char *ca_file, struct rd_text_sender **ret_sender, struct rd_err *err)
{
	struct rd_http *http;
	RD_TRY(rd_http_new(ca_file, &http, err));
	struct rd_text_sender *sender = calloc(1, sizeof *sender);
	RD_ASSERT(sender);
	size_t size = strlen(public_url) + strlen(config->name) + sizeof "/sms//status";
	sender->status_url = calloc(1, size);
	RD_ASSERT(sender->status_url);
	if (public_url[0])
		snprintf(sender->status_url, size, "%s/sms/%s/status", public_url, config->name);
	sender->config = config;
	sender->provider = rd_provider_of(config->kind);
	sender->http = http;
	*ret_sender = sender;
	return RD_OK;
}

void rd_text_sender_free(struct rd_text_sender *sender)
{
	if (!sender)
		return;
	rd_http_free(sender->http);
	free(sender->status_url);
	free(sender);
}

void rd_text_sender_set_timeout(struct rd_text_sender *sender, int64_t timeout_ms)
{
	sender->timeout_ms = timeout_ms;
}

void rd_text_sender_set_beat(
	struct rd_text_sender *sender, void (*beat)(void *context), void *context)
{
	rd_http_set_beat(sender->http, beat, context);
}

/* Our own trouble: nothing has left. */
static void not_sent(struct rd_deliver_result *result, enum rd_rc rc, const struct rd_err *err)
{
	result->outcome = rc == RD_E_INPUT || rc == RD_E_RANGE ? RD_SEND_REFUSED : RD_SEND_AGAIN;
	result->ours = true;
	snprintf(result->response, sizeof result->response, "%s", err->msg);
}

static enum rd_rc into_tray(const struct rd_provider_account *account,
	const struct rd_provider_send *text, const struct rd_deliver_calls *calls,
	struct rd_deliver_result *result, struct rd_err *err)
{
	bool was_there;
	RD_TRY(calls->on_wire(calls->context, err));
	rd_fault_point("smtp-data-before");
	enum rd_rc rc = rd_tray_put(account, text, &was_there, err);
	rd_fault_point("smtp-data-after");
	RD_TRY(rc);
	result->outcome = RD_SEND_DONE;
	result->provider_id = text->key;
	snprintf(result->response, sizeof result->response, "put into the tray");
	return RD_OK;
}

/* How much of a text the provider takes at once: all of it, or up to the end of a line, or of a
 * word, that fits. */
static size_t take_piece(const struct rd_provider *provider, const char *words)
{
	size_t len = strlen(words);
	struct rd_sms_size size = rd_sms_size(words, len);
	unsigned max = size.gsm7 ? provider->gsm_units_max : provider->ucs2_units_max;
	size_t at_line = 0;
	size_t at_word = 0;
	if (max == 0 || size.units <= max)
		return len;
	for (size_t i = 1; i <= len && rd_sms_size(words, i).units <= max; i++) {
		if (words[i] == '\n')
			at_line = i;
		if (words[i] == ' ' || words[i] == '\n')
			at_word = i;
	}
	return at_line ? at_line : at_word ? at_word : len;
}

bool rd_text_leaves_whole(const struct rd_text_sender *sender, const char *body)
{
	return body[take_piece(sender->provider, body)] == '\0';
}

static enum rd_rc send_piece(struct rd_text_sender *sender,
	const struct rd_provider_account *account, const struct rd_provider_send *text,
	const struct rd_deliver_calls *calls, struct rd_arena *arena,
	struct rd_deliver_result *result, struct rd_err *err)
{
	struct rd_http_request request;
	RD_CLEANUP(rd_http_response_free) struct rd_http_response response = { 0 };
	bool reached = false;
	RD_TRY(sender->provider->build_send(account, text, arena, &request, err));
	request.timeout_ms = sender->timeout_ms;
	if (calls)
		RD_TRY(calls->on_wire(calls->context, err));
	rd_fault_point("smtp-data-before");
	enum rd_rc rc = rd_http_ask(sender->http, &request, &response, &reached, err);
	rd_fault_point("smtp-data-after");
	if (rc != RD_OK) {
		result->outcome = reached ? RD_SEND_UNCERTAIN : RD_SEND_AGAIN;
		result->ours = !reached;
		snprintf(result->response, sizeof result->response, "%s", err->msg);
		return RD_OK;
	}
	struct rd_provider_sent sent;
	sender->provider->read_sent(account, text, &response, arena, &sent);
	result->outcome = sent.outcome;
	result->provider_id = sent.id;
	result->body = sent.body;
	result->wait_ms = sent.wait_ms;
	result->opted_out = sent.opted_out;
	result->ours = sent.outcome == RD_SEND_AGAIN && sent.ours;
	if (sent.template_id[0])
		snprintf(result->response, sizeof result->response, "%s, template %.40s version %d",
			sent.response, sent.template_id, sent.template_version);
	else
		snprintf(result->response, sizeof result->response, "%s", sent.response);
	return RD_OK;
}

/* Several, where it is longer than the provider takes: they follow one another under one key. Once
 * the first is taken nothing is sent again, for the resident would get it twice: a person sees to
 * what is left. */
static enum rd_rc over_http(struct rd_text_sender *sender,
	const struct rd_provider_account *account, const struct rd_provider_send *text,
	const struct rd_deliver_calls *calls, struct rd_arena *arena,
	struct rd_deliver_result *result, struct rd_err *err)
{
	size_t len = take_piece(sender->provider, text->body);
	if (text->body[len] == '\0')
		return send_piece(sender, account, text, calls, arena, result, err);
	bool first = true;
	for (const char *at = text->body; *at; at += len, at += strspn(at, " \n"), first = false) {
		struct rd_provider_send piece = *text;
		len = take_piece(sender->provider, at);
		piece.body = rd_arena_copy(arena, at, len);
		if (!piece.body)
			return rd_fail(err, RD_E_RANGE, "the text is too large to send");
		struct rd_deliver_result one = { .provider_id = "", .body = "" };
		enum rd_rc rc =
			send_piece(sender, account, &piece, first ? calls : NULL, arena, &one, err);
		if (first && rc != RD_OK)
			return rc;
		if (rc != RD_OK)
			snprintf(one.response, sizeof one.response, "%s", err->msg);
		*result = one;
		if (rc == RD_OK && one.outcome == RD_SEND_DONE)
			continue;
		if (!first) {
			if (rc != RD_OK || one.outcome != RD_SEND_UNCERTAIN)
				result->outcome = RD_SEND_REFUSED;
			snprintf(result->response, sizeof result->response,
				"only its beginning was taken: %.200s", one.response);
		}
		return RD_OK;
	}
	return RD_OK;
}

void rd_text_send(struct rd_text_sender *sender, const struct rd_provider_send *text,
	const struct rd_deliver_calls *calls, struct rd_arena *arena,
	struct rd_deliver_result *ret_result)
{
	RD_CLEANUP(rd_provider_secrets_wipe) struct rd_provider_secrets secrets;
	struct rd_provider_account account;
	struct rd_deliver_result result = { .provider_id = "", .body = "" };
	struct rd_provider_send full = *text;
	struct rd_err err = { 0 };
	full.status_url = sender->status_url;
	enum rd_rc rc = rd_provider_account_read(sender->config, &secrets, &account, &err);
	if (rc != RD_OK) {
		not_sent(&result, RD_E_AGAIN, &err);
	} else {
		rc = sender->provider->build_send
			     ? over_http(sender, &account, &full, calls, arena, &result, &err)
			     : into_tray(&account, &full, calls, &result, &err);
		if (rc != RD_OK)
			not_sent(&result, rc, &err);
	}
	*ret_result = result;
}

static enum rd_rc ask_pages(struct rd_text_sender *sender,
	const struct rd_provider_account *account, const struct rd_provider_send *text,
	struct rd_arena *arena, struct rd_provider_asked *asked, struct rd_err *err)
{
	const char *next = NULL;
	for (int page = 0; page < RD_PROVIDER_ASK_PAGES_MAX; page++) {
		struct rd_http_request request;
		RD_CLEANUP(rd_http_response_free) struct rd_http_response response = { 0 };
		bool reached;
		RD_TRY(sender->provider->build_ask(account, text, next, arena, &request, err));
		request.timeout_ms = sender->timeout_ms;
		RD_TRY(rd_http_ask(sender->http, &request, &response, &reached, err));
		RD_TRY(sender->provider->read_asked(account, text, &response, arena, asked, err));
		if (asked->answer != RD_ASKED_MORE)
			return RD_OK;
		next = asked->next_url;
	}
	asked->answer = RD_ASKED_UNCLEAR; /* a list without an end */
	return RD_OK;
}

enum rd_rc rd_text_ask(struct rd_text_sender *sender, const struct rd_provider_send *text,
	struct rd_arena *arena, struct rd_provider_asked *ret_asked, struct rd_err *err)
{
	RD_CLEANUP(rd_provider_secrets_wipe) struct rd_provider_secrets secrets;
	struct rd_provider_account account;
	struct rd_provider_asked asked = { .answer = RD_ASKED_ABSENT, .id = "", .body = "" };
	RD_TRY(rd_provider_account_read(sender->config, &secrets, &account, err));
	if (sender->provider->build_send && !sender->provider->build_ask) {
		asked.answer = RD_ASKED_UNCLEAR; /* it offers no way to ask */
	} else if (sender->provider->build_ask) {
		RD_TRY(ask_pages(sender, &account, text, arena, &asked, err));
	} else {
		bool has;
		RD_TRY(rd_tray_has(&account, text->key, &has, err));
		if (has) {
			asked.answer = RD_ASKED_FOUND;
			asked.id = text->key;
		}
	}
	*ret_asked = asked;
	return RD_OK;
}

/* The list of received texts is behind the same account and key as everything else. */
static enum rd_rc try_list(struct rd_text_sender *sender, const struct rd_provider_account *account,
	int64_t now_ms, struct rd_arena *arena, struct rd_err *err)
{
	const struct rd_provider_window window = { .from_ms = now_ms - 60000, .now_ms = now_ms };
	struct rd_provider_listed listed;
	struct rd_http_request request;
	RD_CLEANUP(rd_http_response_free) struct rd_http_response response = { 0 };
	bool reached;
	RD_TRY(sender->provider->build_list(account, &window, NULL, arena, &request, err));
	request.timeout_ms = sender->timeout_ms;
	RD_TRY(rd_http_ask(sender->http, &request, &response, &reached, err));
	return sender->provider->read_list(
		account, &window, request.url, &response, arena, &listed, err);
}

static enum rd_rc try_setup(struct rd_text_sender *sender,
	const struct rd_provider_account *account, int64_t now_ms, struct rd_arena *arena,
	struct rd_provider_findings *findings, struct rd_err *err)
{
	struct rd_http_request request;
	RD_CLEANUP(rd_http_response_free) struct rd_http_response response = { 0 };
	bool reached;
	RD_TRY(sender->provider->build_setup(account, now_ms, arena, &request, err));
	request.timeout_ms = sender->timeout_ms;
	RD_TRY(rd_http_ask(sender->http, &request, &response, &reached, err));
	return sender->provider->read_setup(account, &response, arena, findings, err);
}

enum rd_rc rd_text_try(struct rd_text_sender *sender, int64_t now_ms, struct rd_arena *arena,
	struct rd_provider_findings *ret_findings, struct rd_err *err)
{
	RD_CLEANUP(rd_provider_secrets_wipe) struct rd_provider_secrets secrets;
	struct rd_provider_account account;
	bool has;
	ret_findings->n = 0;
	RD_TRY(rd_provider_account_read(sender->config, &secrets, &account, err));
	if (!sender->provider->build_send)
		return rd_tray_has(&account, "connect", &has, err);
	if (sender->provider->build_list)
		RD_TRY(try_list(sender, &account, now_ms, arena, err));
	if (!sender->status_url[0])
		rd_provider_find(ret_findings,
			"There is no `Public URL:`, so that the provider is not told where to "
			"send delivery receipts: a text that does not arrive is nobody's task.");
	if (sender->provider->build_setup)
		return try_setup(sender, &account, now_ms, arena, ret_findings, err);
	return RD_OK;
}

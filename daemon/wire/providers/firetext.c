#include "redress/wire/providers/firetext.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "redress/base/limits.h"
#include "redress/message/sms.h"
#include "redress/wire/providers/encode.h"
#include "redress/wire/providers/json.h"

#define TIME_BYTES_MAX	 40
#define CODE_DESTINATION 2 /* not a number that texts can go to */
#define CODE_MESSAGE	 5 /* not a text that can be sent */

/* ---- what comes ---- */

static enum rd_rc check(const struct rd_provider_account *account,
	const struct rd_webhook_request *request, struct rd_arena *arena, struct rd_form *ret_form,
	struct rd_err *err)
{
	if (!account->token[0])
		return rd_fail(err, RD_E_REFUSED, "no token is configured");
	if (!rd_basic_right(arena, request->authorization, account->user, account->token))
		return rd_fail(err, RD_E_REFUSED,
			"the user or password in the webhook's address is missing or wrong; check "
			"`User:` and `Token:`");
	if (rd_form_parse(request->body, request->body_len, arena, ret_form, err) != RD_OK)
		return rd_fail(err, RD_E_INPUT, "the form is too large or broken");
	return RD_OK;
}

/* The list may leave out the blanks at the end that the webhook had. */
static size_t without_blanks(const char *text)
{
	size_t len = strlen(text);
	while (len > 0 && strchr(" \t\r\n", text[len - 1]))
		len--;
	return len;
}

/* One instant, however the webhook and the list spell it; else the words that it was given in. */
static const char *same_time(struct rd_arena *arena, const char *time)
{
	char instant[RD_INSTANT_MAX];
	const char *text = rd_arena_copy(arena, time, without_blanks(time));
	int64_t ms = text ? rd_provider_instant(text) : 0;
	return ms ? rd_arena_strdup(arena, rd_provider_utc(ms, instant)) : text;
}

const char *rd_firetext_id(struct rd_arena *arena, const char *from, const char *to,
	const char *time, const char *words)
{
	char hex[RD_SHA256_HEX_SIZE];
	const char *at = same_time(arena, time);
	const char *all = at ? rd_arena_printf(arena, "%s\n%s\n%s\n%.*s", from, to, at,
				       (int)without_blanks(words), words)
			     : NULL;
	if (!all)
		return NULL;
	rd_sha256_hex(all, strlen(all), hex);
	return rd_arena_strdup(arena, hex);
}

/* Of the webhook and of the list alike. */
static enum rd_rc take_text(const char *from, const char *to, const char *time, const char *words,
	size_t len, struct rd_arena *arena, struct rd_provider_text *ret_text, struct rd_err *err)
{
	struct rd_provider_text text = { .n_media = 0 };
	if (!from[0] || strlen(from) > RD_ADDRESS_BYTES_MAX || strlen(to) > RD_ADDRESS_BYTES_MAX)
		return rd_fail(err, RD_E_INPUT, "source is missing or too long");
	if (!time[0] || strlen(time) > TIME_BYTES_MAX)
		return rd_fail(err, RD_E_INPUT, "time is missing or too long");
	if (len > RD_SMS_BYTES_MAX)
		return rd_fail(
			err, RD_E_INPUT, "message is longer than %u bytes", RD_SMS_BYTES_MAX);
	text.from = rd_provider_msisdn(arena, from, strlen(from));
	text.to = rd_provider_msisdn(arena, to, strlen(to));
	text.body = rd_provider_words(arena, words, len, &text.body_len);
	text.id = text.body ? rd_firetext_id(arena, text.from, text.to, time, text.body) : NULL;
	text.sent_ms = rd_provider_instant(time);
	if (!text.id || rd_arena_overflowed(arena))
		return rd_fail(err, RD_E_RANGE, "the text is too large");
	*ret_text = text;
	return RD_OK;
}

static enum rd_rc read_text(const struct rd_provider_account *account,
	const struct rd_webhook_request *request, struct rd_arena *arena,
	struct rd_provider_text *ret_text, struct rd_err *err)
{
	struct rd_form form;
	RD_TRY(check(account, request, arena, &form, err));
	const struct rd_form_field *words = rd_form_find(&form, "message");
	if (!words)
		return rd_fail(err, RD_E_INPUT, "message is missing");
	return take_text(rd_form_text(&form, "source"), rd_form_text(&form, "destination"),
		rd_form_text(&form, "time"), words->value, words->value_len, arena, ret_text, err);
}

static enum rd_rc read_receipt(const struct rd_provider_account *account,
	const struct rd_webhook_request *request, struct rd_arena *arena,
	struct rd_provider_receipt *ret_receipt, struct rd_err *err)
{
	static const struct {
		const char *word;
		enum rd_delivery state;
		const char *detail;
	} states[] = {
		{ "0", RD_DELIVERY_DONE, "delivered" },
		{ "1", RD_DELIVERY_FAILED, "failed" },
		{ "2", RD_DELIVERY_UNDERWAY, "on its way" },
	};
	struct rd_form form;
	struct rd_provider_receipt receipt = { .id = NULL };
	RD_TRY(check(account, request, arena, &form, err));
	const char *reference = rd_form_text(&form, "reference");
	const char *status = rd_form_text(&form, "status");
	const char *code = rd_form_text(&form, "code");
	if (!reference[0] || strlen(reference) > RD_PROVIDER_ID_BYTES_MAX)
		return rd_fail(err, RD_E_INPUT, "reference is missing or too long");
	for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
		if (strcmp(states[i].word, status) == 0) {
			receipt.state = states[i].state;
			receipt.detail = states[i].detail;
		}
	}
	if (!receipt.detail)
		return rd_fail(err, RD_E_INPUT, "status is missing or not a known state");
	if (receipt.state == RD_DELIVERY_FAILED && code[0] && strlen(code) <= 10 &&
		strspn(code, "0123456789") == strlen(code))
		receipt.detail = rd_arena_printf(arena, "%s %s", receipt.detail, code);
	receipt.id = receipt.reference = rd_arena_strdup(arena, reference);
	if (rd_arena_overflowed(arena))
		return rd_fail(err, RD_E_RANGE, "the receipt is too large");
	*ret_receipt = receipt;
	return RD_OK;
}

/* ---- what goes ---- */

/* Where receipts shall go, with what they must bring along. */
static const char *status_url(const struct rd_provider_account *account,
	const struct rd_provider_send *send, struct rd_arena *arena)
{
	const char *host = strstr(send->status_url, "://");
	if (!host)
		return "";
	return rd_arena_printf(arena, "%.*s%s:%s@%s", (int)(host + 3 - send->status_url),
		send->status_url, rd_percent(arena, account->user),
		rd_percent(arena, account->token), host + 3);
}

static enum rd_rc build_send(const struct rd_provider_account *account,
	const struct rd_provider_send *send, struct rd_arena *arena,
	struct rd_http_request *ret_request, struct rd_err *err)
{
	struct rd_sms_size size = rd_sms_size(send->body, strlen(send->body));
	if (size.units > (size.gsm7 ? RD_FIRETEXT_GSM_MAX : RD_FIRETEXT_UCS2_MAX))
		return rd_fail(err, RD_E_INPUT,
			"FireText takes %d characters in one text (%d where they are not of the "
			"GSM alphabet), not %u",
			RD_FIRETEXT_GSM_MAX, RD_FIRETEXT_UCS2_MAX, size.units);
	const char *receipts = status_url(account, send, arena);
	const char *body = rd_arena_printf(arena,
		"apiKey=%s&from=%s&to=%s&message=%s&reference=%s%s%s",
		rd_percent(arena, account->api_key),
		rd_percent(arena, rd_provider_bare(account->number)),
		rd_percent(arena, rd_provider_bare(send->to)), rd_percent(arena, send->body),
		rd_percent(arena, send->key), send->status_url[0] ? "&receipt=" : "",
		rd_percent(arena, receipts ? receipts : ""));
	struct rd_http_request request = {
		.method = "POST",
		.url = rd_arena_printf(arena, "%s/api/sendsms/json", account->api_url),
		.content_type = "application/x-www-form-urlencoded",
		.body = body,
		.body_len = body ? strlen(body) : 0,
	};
	if (rd_arena_overflowed(arena))
		return rd_fail(err, RD_E_RANGE, "the text is too large to send");
	*ret_request = request;
	return RD_OK;
}

/* The number before the colon of "0:1 SMS successfully queued", or JSON's code; -1: neither. */
static long code_of(const struct rd_http_response *response)
{
	const char *text = rd_buf_str(&response->body);
	RD_CLEANUP(rd_json_free) json_t *root = rd_json_answer(response);
	const json_t *code = json_object_get(root, "code");
	char *end = NULL;
	if (json_is_integer(code))
		return (long)json_integer_value(code);
	if (json_is_string(code))
		text = json_string_value(code);
	else if (root)
		return -1;
	long number = strtol(text, &end, 10);
	return end != text && (*end == ':' || *end == '\0') && number >= 0 ? number : -1;
}

static void read_sent(const struct rd_provider_account *account,
	const struct rd_provider_send *send, const struct rd_http_response *response,
	struct rd_arena *arena, struct rd_provider_sent *ret_sent)
{
	(void)account;
	struct rd_provider_sent sent = {
		.outcome = RD_SEND_UNCERTAIN, .id = "", .body = "", .template_id = ""
	};
	long status = response->status;
	long code = code_of(response);
	snprintf(sent.response, sizeof sent.response, "HTTP %ld", status);
	if (code >= 0)
		snprintf(sent.response, sizeof sent.response, "HTTP %ld, code %ld", status, code);
	if (status == 200 && code == 0) {
		const char *id = rd_arena_strdup(arena, send->key);
		sent.outcome = RD_SEND_DONE;
		sent.id = id ? id : "";
	} else if (status == 200 && (code == CODE_DESTINATION || code == CODE_MESSAGE)) {
		sent.outcome = RD_SEND_REFUSED;
	} else if (status == 429) {
		sent.outcome = RD_SEND_AGAIN;
		sent.wait_ms = response->retry_after_s * 1000;
	} else if ((status == 200 && code > 0) || (status >= 300 && status < 500)) {
		sent.outcome = RD_SEND_AGAIN;
		sent.ours = true;
	}
	*ret_sent = sent;
}

/* ---- the list ---- */

static enum rd_rc build_list(const struct rd_provider_account *account,
	const struct rd_provider_window *window, const char *next_url, struct rd_arena *arena,
	struct rd_http_request *ret_request, struct rd_err *err)
{
	(void)window;
	(void)next_url;
	/* POST: the key stays out of the address. */
	const char *body =
		rd_arena_printf(arena, "apiKey=%s&sentTo=%s", rd_percent(arena, account->api_key),
			rd_percent(arena, rd_provider_bare(account->number)));
	struct rd_http_request request = {
		.method = "POST",
		.url = rd_arena_printf(arena, "%s/api/receivedmessages/json", account->api_url),
		.content_type = "application/x-www-form-urlencoded",
		.body = body,
		.body_len = body ? strlen(body) : 0,
	};
	if (rd_arena_overflowed(arena))
		return rd_fail(err, RD_E_RANGE, "the question is too large to ask");
	*ret_request = request;
	return RD_OK;
}

static const char *either(const json_t *object, const char *one, const char *other)
{
	const char *text = rd_json_word(object, one);
	return text[0] ? text : rd_json_word(object, other);
}

static enum rd_rc read_list(const struct rd_provider_account *account,
	const struct rd_provider_window *window, const char *url,
	const struct rd_http_response *response, struct rd_arena *arena,
	struct rd_provider_listed *ret_listed, struct rd_err *err)
{
	struct rd_provider_listed listed = { .n_texts = 0 };
	(void)account;
	(void)window;
	(void)url;
	if (response->status != 200)
		return rd_provider_list_failed(response->status, err);
	RD_CLEANUP(rd_json_free) json_t *root = rd_json_answer(response);
	const json_t *data = json_object_get(root, "data");
	if (!json_is_array(data) && code_of(response) > 0)
		return rd_fail(err, RD_E_REFUSED,
			"the provider answered code %ld; check `API key:`", code_of(response));
	if (!json_is_array(data))
		return rd_fail(err, RD_E_AGAIN, "the provider's list cannot be read");
	size_t n = json_array_size(data);
	listed.texts = rd_arena_array(arena, n + 1, sizeof *listed.texts);
	listed.unread = rd_arena_array(arena, n + 1, sizeof *listed.unread);
	if (!listed.texts || !listed.unread)
		return rd_fail(err, RD_E_RANGE, "the provider's list is too large");
	size_t i;
	json_t *m;
	json_array_foreach(data, i, m)
	{
		const json_t *words = json_object_get(m, "message");
		const char *to = either(m, "sentTo", "destination");
		struct rd_err unread = { 0 };
		enum rd_rc rc = take_text(either(m, "receivedFrom", "source"),
			to[0] ? to : account->number, either(m, "receivedOn", "time"),
			json_is_string(words) ? json_string_value(words) : "",
			json_string_length(words), arena, &listed.texts[listed.n_texts], &unread);
		if (rc == RD_E_RANGE)
			return rd_fail(err, RD_E_RANGE, "the provider's list is too large");
		if (rc == RD_OK && json_is_string(words))
			listed.n_texts++;
		else
			RD_TRY(rd_json_unread(&listed, "", m,
				rd_provider_instant(either(m, "receivedOn", "time")), arena, err));
	}
	*ret_listed = listed;
	return RD_OK;
}

const struct rd_provider rd_firetext = {
	.kind = "firetext",
	.api_url = "https://www.firetext.co.uk",
	.needs = { .user = "redress", .api_key = "credential firetext-key" },
	.gsm_units_max = RD_FIRETEXT_GSM_MAX,
	.ucs2_units_max = RD_FIRETEXT_UCS2_MAX,
	.answer_type = "application/json",
	.answer_body = "{\"status\":\"ok\"}",
	.read_text = read_text,
	.read_receipt = read_receipt,
	.build_send = build_send,
	.read_sent = read_sent,
	.build_list = build_list,
	.read_list = read_list,
	.keeps_ms = 7 * 24 * 3600 * (int64_t)1000,
};

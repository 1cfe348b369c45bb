#include "redress/wire/providers/vonage_api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "redress/base/date.h"
#include "redress/base/limits.h"
#include "redress/message/sms.h"
#include "redress/wire/providers/encode.h"
#include "redress/wire/providers/json.h"

#define CLOCK_SKEW_MS (2 * 60 * 1000)
#define DAY_MS	      (24 * 3600 * (int64_t)1000)
#define START_MARK    "#start="

enum rd_rc rd_vonage_build_send(const struct rd_provider_account *account,
	const struct rd_provider_send *send, struct rd_arena *arena,
	struct rd_http_request *ret_request, struct rd_err *err)
{
	const char *body = rd_arena_printf(arena,
		"api_key=%s&api_secret=%s&from=%s&to=%s&text=%s&type=%s&client-ref=%s%s%s",
		rd_percent(arena, account->account), rd_percent(arena, account->api_key),
		rd_percent(arena, rd_provider_bare(account->number)),
		rd_percent(arena, rd_provider_bare(send->to)), rd_percent(arena, send->body),
		rd_sms_size(send->body, strlen(send->body)).gsm7 ? "text" : "unicode",
		rd_percent(arena, send->key), send->status_url[0] ? "&callback=" : "",
		rd_percent(arena, send->status_url));
	struct rd_http_request request = {
		.method = "POST",
		.url = rd_arena_printf(arena, "%s/sms/json", account->api_url),
		.content_type = "application/x-www-form-urlencoded",
		.body = body,
		.body_len = body ? strlen(body) : 0,
	};
	if (rd_arena_overflowed(arena))
		return rd_fail(err, RD_E_RANGE, "the text is too large to send");
	*ret_request = request;
	return RD_OK;
}

/* -1: none that can be read. */
static long status_of(const json_t *part)
{
	const char *text = rd_json_word(part, "status");
	size_t len = strlen(text);
	if (len == 0 || len > 2 || strspn(text, "0123456789") != len)
		return -1;
	return strtol(text, NULL, 10);
}

static void class_of(long status, struct rd_provider_sent *sent)
{
	switch (status) {
	case 1:	 /* throttled */
	case 5:	 /* an error of its own */
	case 10: /* too many connections */
		sent->outcome = RD_SEND_AGAIN;
		return;
	case 6:	 /* it cannot be sent there */
	case 7:	 /* the number is barred */
	case 33: /* the number is switched off */
		sent->outcome = RD_SEND_REFUSED;
		return;
	default: /* key, balance, sender, parameters: ours */
		sent->outcome = RD_SEND_AGAIN;
		sent->ours = true;
	}
}

/* HTTP 200: a status for each part. */
static void read_parts(const json_t *parts, const struct rd_provider_send *send,
	struct rd_arena *arena, struct rd_provider_sent *sent)
{
	size_t n_taken = 0;
	long worst = 0;
	size_t i;
	json_t *part;
	json_array_foreach(parts, i, part)
	{
		long status = status_of(part);
		n_taken += status == 0;
		if (status != 0 && worst == 0)
			worst = status;
	}
	if (json_array_size(parts) == 0 || worst < 0)
		return;
	if (worst == 0) {
		const char *id = rd_arena_strdup(arena, send->key);
		sent->id = id ? id : "";
		sent->outcome = RD_SEND_DONE;
		const char *first = rd_json_word(json_array_get(parts, 0), "message-id");
		snprintf(sent->response, sizeof sent->response, "HTTP 200 %.40s, %zu parts",
			rd_provider_id_good(first) ? first : "-", json_array_size(parts));
		return;
	}
	snprintf(sent->response, sizeof sent->response, "HTTP 200, status %ld", worst);
	class_of(worst, sent);
	if (n_taken > 0) {
		sent->outcome = RD_SEND_REFUSED;
		snprintf(sent->response, sizeof sent->response,
			"HTTP 200, only a part of it was taken (status %ld)", worst);
	}
}

void rd_vonage_read_sent(const struct rd_provider_account *account,
	const struct rd_provider_send *send, const struct rd_http_response *response,
	struct rd_arena *arena, struct rd_provider_sent *ret_sent)
{
	(void)account;
	struct rd_provider_sent sent = {
		.outcome = RD_SEND_UNCERTAIN, .id = "", .body = "", .template_id = ""
	};
	RD_CLEANUP(rd_json_free) json_t *root = rd_json_answer(response);
	long status = response->status;
	snprintf(sent.response, sizeof sent.response, "HTTP %ld", status);
	if (status == 200) {
		read_parts(json_object_get(root, "messages"), send, arena, &sent);
	} else if (status == 429) {
		sent.outcome = RD_SEND_AGAIN;
		sent.wait_ms = response->retry_after_s * 1000;
	} else if (status >= 300 && status < 500) {
		sent.outcome = RD_SEND_AGAIN;
		sent.ours = true;
	}
	*ret_sent = sent;
}

/* The Reports API has a host of its own, but where another is configured. */
static const char *reports_url(const struct rd_provider_account *account)
{
	return strcmp(account->api_url, RD_VONAGE_API) == 0 ? RD_VONAGE_REPORTS_API
							    : account->api_url;
}

enum rd_rc rd_vonage_build_ask(const struct rd_provider_account *account,
	const struct rd_provider_send *send, const char *next_url, struct rd_arena *arena,
	struct rd_http_request *ret_request, struct rd_err *err)
{
	char from[RD_INSTANT_MAX];
	char to[RD_INSTANT_MAX];
	rd_provider_utc(send->attempted_ms - CLOCK_SKEW_MS, from);
	rd_provider_utc(send->now_ms, to);
	struct rd_http_request request = {
		.method = "GET",
		.url = next_url ? next_url
				: rd_arena_printf(arena,
					  "%s/v2/reports/records?account_id=%s&product=SMS"
					  "&direction=outbound&to=%s&date_start=%s&date_end=%s",
					  reports_url(account), rd_percent(arena, account->account),
					  rd_percent(arena, rd_provider_bare(send->to)),
					  rd_percent(arena, from), rd_percent(arena, to)),
		.user = account->account,
		.password = account->api_key,
	};
	if (rd_arena_overflowed(arena))
		return rd_fail(err, RD_E_RANGE, "the question is too large to ask");
	*ret_request = request;
	return RD_OK;
}

/* Where a list goes on, at our own host alone: the credentials never go to one that an answer
 * names. *ret_url NULL: it ends here. false: it goes on, and where cannot be said. */
static bool next_of(const struct rd_provider_account *account, const json_t *root,
	struct rd_arena *arena, const char **ret_url)
{
	const json_t *next = json_object_get(json_object_get(root, "_links"), "next");
	const json_t *href = json_object_get(next, "href");
	*ret_url = NULL;
	if (!next || json_is_null(next) || (json_is_string(href) && !json_string_length(href)))
		return true;
	const char *path = strstr(rd_json_word(next, "href"), "/v2/reports/records?");
	if (!path)
		return false;
	*ret_url = rd_arena_printf(
		arena, "%s%.*s", reports_url(account), (int)strcspn(path, "#"), path);
	return *ret_url != NULL;
}

enum rd_rc rd_vonage_read_asked(const struct rd_provider_account *account,
	const struct rd_provider_send *send, const struct rd_http_response *response,
	struct rd_arena *arena, struct rd_provider_asked *ret_asked, struct rd_err *err)
{
	struct rd_provider_asked asked = { .answer = RD_ASKED_ABSENT, .id = "", .body = "" };
	if (response->status != 200)
		return rd_fail(err, RD_E_AGAIN, "the provider answered HTTP %ld", response->status);
	RD_CLEANUP(rd_json_free) json_t *root = rd_json_answer(response);
	const json_t *records = json_object_get(root, "records");
	if (!json_is_array(records))
		return rd_fail(err, RD_E_AGAIN, "the provider's list cannot be read");
	size_t i;
	json_t *record;
	json_array_foreach(records, i, record)
	{
		const char *reference = rd_json_word(record, "client_ref");
		if (!reference[0])
			asked.answer = RD_ASKED_UNCLEAR; /* it may be ours */
		if (strcmp(reference, send->key) != 0)
			continue;
		asked.answer = RD_ASKED_FOUND;
		asked.id = rd_arena_strdup(arena, send->key);
		if (!asked.id)
			return rd_fail(err, RD_E_RANGE, "the provider's list is too large");
		*ret_asked = asked;
		return RD_OK;
	}
	if (!next_of(account, root, arena, &asked.next_url))
		asked.answer = RD_ASKED_UNCLEAR; /* there is more, and it cannot be seen */
	if (asked.next_url && asked.answer == RD_ASKED_ABSENT)
		asked.answer = RD_ASKED_MORE;
	*ret_asked = asked;
	return RD_OK;
}

/* ---- the list ---- */

static const char *window_url(const struct rd_provider_account *account, int64_t from_ms,
	int64_t to_ms, struct rd_arena *arena)
{
	char from[RD_INSTANT_MAX];
	char to[RD_INSTANT_MAX];
	if (to_ms - from_ms > DAY_MS)
		from_ms = to_ms - DAY_MS;
	rd_provider_utc(from_ms, from);
	rd_provider_utc(to_ms, to);
	return rd_arena_printf(arena,
		"%s/v2/reports/records?account_id=%s&product=SMS&direction=inbound&to=%s"
		"&include_message=true&date_start=%s&date_end=%s",
		reports_url(account), rd_percent(arena, account->account),
		rd_percent(arena, rd_provider_bare(account->number)), rd_percent(arena, from),
		rd_percent(arena, to));
}

enum rd_rc rd_vonage_build_list(const struct rd_provider_account *account,
	const struct rd_provider_window *window, const char *next_url, struct rd_arena *arena,
	struct rd_http_request *ret_request, struct rd_err *err)
{
	struct rd_http_request request = {
		.method = "GET",
		.url = next_url ? next_url
				: window_url(account, window->from_ms, window->now_ms, arena),
		.user = account->account,
		.password = account->api_key,
	};
	if (rd_arena_overflowed(arena))
		return rd_fail(err, RD_E_RANGE, "the question is too large to ask");
	*ret_request = request;
	return RD_OK;
}

static enum rd_rc take_text(const json_t *record, struct rd_arena *arena,
	struct rd_provider_listed *listed, struct rd_err *err)
{
	struct rd_provider_text text = { .n_media = 0 };
	const json_t *words = json_object_get(record, "message_body");
	const char *id = rd_json_word(record, "message_id");
	const char *from = rd_json_word(record, "from");
	const char *to = rd_json_word(record, "to");
	text.sent_ms = rd_provider_instant(rd_json_word(record, "date_received"));
	if (!rd_provider_id_good(id) || !from[0] || strlen(from) > RD_ADDRESS_BYTES_MAX ||
		strlen(to) > RD_ADDRESS_BYTES_MAX || !json_is_string(words) ||
		json_string_length(words) > RD_SMS_BYTES_MAX)
		return rd_json_unread(listed, id, record, text.sent_ms, arena, err);
	text.id = rd_arena_strdup(arena, id);
	text.from = rd_provider_msisdn(arena, from, strlen(from));
	text.to = rd_provider_msisdn(arena, to, strlen(to));
	text.body = rd_provider_words(
		arena, json_string_value(words), json_string_length(words), &text.body_len);
	if (rd_arena_overflowed(arena))
		return rd_fail(err, RD_E_RANGE, "the provider's list is too large");
	listed->texts[listed->n_texts++] = text;
	return RD_OK;
}

/* When the window of that page begins. Further pages of a window have an address of Vonage's
 * making; there it stands behind #, which is never sent. 0: it cannot be said. */
static int64_t start_of(const char *url, struct rd_arena *arena)
{
	struct rd_form query = { 0 };
	struct rd_err err = { 0 };
	const char *mark = strstr(url, START_MARK);
	const char *text = strchr(url, '?');
	if (mark)
		return rd_provider_instant(mark + sizeof START_MARK - 1);
	if (!text || rd_form_parse(text + 1, strlen(text + 1), arena, &query, &err) != RD_OK)
		return 0;
	return rd_provider_instant(rd_form_text(&query, "date_start"));
}

/* The next page of the window that was asked for; behind its last one the window before; NULL where
 * that one reached back far enough. */
static enum rd_rc page_after(const struct rd_provider_account *account,
	const struct rd_provider_window *window, const char *url, const json_t *root,
	struct rd_arena *arena, const char **ret_url, struct rd_err *err)
{
	char start[RD_INSTANT_MAX];
	int64_t start_ms = start_of(url, arena);
	if (!next_of(account, root, arena, ret_url) || start_ms == 0)
		return rd_fail(
			err, RD_E_AGAIN, "the provider's list goes on where it cannot be read");
	if (*ret_url)
		*ret_url = rd_arena_printf(
			arena, "%s" START_MARK "%s", *ret_url, rd_provider_utc(start_ms, start));
	else if (start_ms > window->from_ms + 1000) /* whole seconds are asked for */
		*ret_url = window_url(account, window->from_ms, start_ms, arena);
	if (rd_arena_overflowed(arena))
		return rd_fail(err, RD_E_RANGE, "the provider's list is too large");
	return RD_OK;
}

enum rd_rc rd_vonage_read_list(const struct rd_provider_account *account,
	const struct rd_provider_window *window, const char *url,
	const struct rd_http_response *response, struct rd_arena *arena,
	struct rd_provider_listed *ret_listed, struct rd_err *err)
{
	struct rd_provider_listed listed = { .n_texts = 0 };
	if (response->status != 200)
		return rd_provider_list_failed(response->status, err);
	RD_CLEANUP(rd_json_free) json_t *root = rd_json_answer(response);
	const json_t *records = json_object_get(root, "records");
	if (!json_is_array(records))
		return rd_fail(err, RD_E_AGAIN, "the provider's list cannot be read");
	size_t n = json_array_size(records);
	listed.texts = rd_arena_array(arena, n + 1, sizeof *listed.texts);
	listed.unread = rd_arena_array(arena, n + 1, sizeof *listed.unread);
	if (!listed.texts || !listed.unread)
		return rd_fail(err, RD_E_RANGE, "the provider's list is too large");
	for (size_t i = 0; i < n; i++) {
		const json_t *record = json_array_get(records, i);
		const char *direction = rd_json_word(record, "direction");
		if (strcmp(direction, "outbound") != 0)
			RD_TRY(take_text(record, arena, &listed, err));
	}
	RD_TRY(page_after(account, window, url, root, arena, &listed.next_url, err));
	*ret_listed = listed;
	return RD_OK;
}

#include "redress/wire/providers/notify.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "redress/base/date.h"
#include "redress/base/limits.h"
#include "redress/wire/providers/encode.h"
#include "redress/wire/providers/json.h"
#include "redress/wire/jwt.h"

#define UUID_LEN      36
#define DAY_MS	      (24 * 3600 * (int64_t)1000)
#define CLOCK_APART_S 25 /* Notify allows thirty; an answer may take a few on its way */

static enum rd_rc check_token(const struct rd_provider_account *account,
	const struct rd_webhook_request *request, struct rd_err *err)
{
	static const char scheme[] = "Bearer ";
	if (!account->token[0])
		return rd_fail(err, RD_E_REFUSED, "no token is configured");
	if (strncasecmp(request->authorization, scheme, sizeof scheme - 1) != 0)
		return rd_fail(err, RD_E_REFUSED, "there is no bearer token");
	if (!rd_same_secret(account->token, request->authorization + sizeof scheme - 1))
		return rd_fail(err, RD_E_REFUSED, "the bearer token is wrong");
	return RD_OK;
}

static enum rd_rc read_object(
	const struct rd_webhook_request *request, json_t **ret_root, struct rd_err *err)
{
	json_error_t why;
	json_t *root = rd_json_read(request->body, request->body_len, &why);
	if (!root)
		return rd_fail(err, RD_E_INPUT,
			"the body is not JSON, or has a key twice "
			"(line %d, column %d)",
			why.line, why.column);
	if (!json_is_object(root)) {
		json_decref(root);
		return rd_fail(err, RD_E_INPUT, "the body is not a JSON object");
	}
	*ret_root = root;
	return RD_OK;
}

static enum rd_rc string_member(const json_t *root, const char *name, size_t max,
	const char **ret_text, size_t *ret_len, struct rd_err *err)
{
	const json_t *member = json_object_get(root, name);
	if (!json_is_string(member))
		return rd_fail(
			err, RD_E_INPUT, "the member \"%s\" is missing or not a string", name);
	size_t len = json_string_length(member);
	if (len > max)
		return rd_fail(
			err, RD_E_INPUT, "the member \"%s\" is longer than %zu bytes", name, max);
	*ret_text = json_string_value(member);
	*ret_len = len;
	return RD_OK;
}

static bool uuid_like(const char *text, size_t len)
{
	return len == UUID_LEN && strspn(text, "0123456789abcdefABCDEF-") == len;
}

static enum rd_rc uuid_member(const json_t *root, const char *name, struct rd_arena *arena,
	const char **ret_id, struct rd_err *err)
{
	const char *text;
	size_t len;
	RD_TRY(string_member(root, name, UUID_LEN, &text, &len, err));
	if (!uuid_like(text, len))
		return rd_fail(err, RD_E_INPUT, "the member \"%s\" is not an id", name);
	*ret_id = rd_arena_copy(arena, text, len);
	return RD_OK;
}

static enum rd_rc read_text(const struct rd_provider_account *account,
	const struct rd_webhook_request *request, struct rd_arena *arena,
	struct rd_provider_text *ret_text, struct rd_err *err)
{
	RD_TRY(check_token(account, request, err));
	RD_CLEANUP(rd_json_free) json_t *root = NULL;
	RD_TRY(read_object(request, &root, err));
	struct rd_provider_text text = { 0 };
	const char *from;
	const char *to;
	const char *body;
	const char *date;
	size_t from_len;
	size_t to_len;
	size_t body_len;
	size_t date_len;
	RD_TRY(uuid_member(root, "id", arena, &text.id, err));
	RD_TRY(string_member(root, "source_number", RD_ADDRESS_BYTES_MAX, &from, &from_len, err));
	RD_TRY(string_member(root, "destination_number", RD_ADDRESS_BYTES_MAX, &to, &to_len, err));
	RD_TRY(string_member(root, "message", RD_SMS_BYTES_MAX, &body, &body_len, err));
	RD_TRY(string_member(root, "date_received", RD_INSTANT_MAX, &date, &date_len, err));
	if (from_len == 0 || strlen(from) != from_len)
		return rd_fail(err, RD_E_INPUT, "the member \"source_number\" is empty");
	if (rd_instant_parse(date, &text.sent_ms, err) != RD_OK)
		return rd_fail(err, RD_E_INPUT, "the member \"date_received\" is not an instant");
	text.from = rd_provider_number(arena, from, from_len);
	text.to = rd_provider_number(arena, to, strlen(to));
	text.body = rd_provider_words(arena, body, body_len, &text.body_len);
	if (rd_arena_overflowed(arena))
		return rd_fail(err, RD_E_RANGE, "the text is too large");
	*ret_text = text;
	return RD_OK;
}

static enum rd_rc read_receipt(const struct rd_provider_account *account,
	const struct rd_webhook_request *request, struct rd_arena *arena,
	struct rd_provider_receipt *ret_receipt, struct rd_err *err)
{
	static const struct {
		const char *word;
		enum rd_delivery state;
	} states[] = {
		{ "delivered", RD_DELIVERY_DONE },
		{ "permanent-failure", RD_DELIVERY_FAILED },
		{ "temporary-failure", RD_DELIVERY_FAILED },
		{ "technical-failure", RD_DELIVERY_FAILED },
		{ "created", RD_DELIVERY_UNDERWAY },
		{ "sending", RD_DELIVERY_UNDERWAY },
		{ "pending", RD_DELIVERY_UNDERWAY },
		{ "sent", RD_DELIVERY_UNDERWAY },
	};
	RD_TRY(check_token(account, request, err));
	RD_CLEANUP(rd_json_free) json_t *root = NULL;
	RD_TRY(read_object(request, &root, err));
	struct rd_provider_receipt receipt = { .reference = "" };
	const char *status;
	size_t len;
	RD_TRY(uuid_member(root, "id", arena, &receipt.id, err));
	RD_TRY(string_member(root, "status", 40, &status, &len, err));
	for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
		if (strcmp(states[i].word, status) == 0) {
			receipt.state = states[i].state;
			receipt.detail = states[i].word;
		}
	}
	if (!receipt.detail)
		return rd_fail(err, RD_E_INPUT, "the member \"status\" is not a known state");
	const char *reference = json_string_value(json_object_get(root, "reference"));
	if (reference && strlen(reference) <= RD_MESSAGE_ID_BYTES_MAX)
		receipt.reference = rd_arena_strdup(arena, reference);
	if (rd_arena_overflowed(arena))
		return rd_fail(err, RD_E_RANGE, "the receipt is too large");
	*ret_receipt = receipt;
	return RD_OK;
}

enum rd_rc rd_notify_jwt(const char *api_key, int64_t now_ms, struct rd_arena *arena,
	const char **ret_jwt, struct rd_err *err)
{
	size_t len = strlen(api_key);
	if (len < 2 * UUID_LEN + 1)
		return rd_fail(
			err, RD_E_REFUSED, "the API key is too short; copy it whole, NAME-ID-ID");
	const char *secret = api_key + len - UUID_LEN;
	const char *service = secret - 1 - UUID_LEN;
	if (!uuid_like(secret, UUID_LEN) || secret[-1] != '-' ||
		strspn(service, "0123456789abcdefABCDEF-") < UUID_LEN)
		return rd_fail(err, RD_E_REFUSED,
			"the API key does not end in two ids; copy it whole, NAME-ID-ID");
	const char *claims = rd_arena_printf(arena, "{\"iss\":\"%.*s\",\"iat\":%lld}", UUID_LEN,
		service, (long long)(now_ms / 1000));
	if (!claims)
		return rd_fail(err, RD_E_RANGE, "no room for a token");
	return rd_jwt_make(arena, secret, claims, ret_jwt, err);
}

static enum rd_rc authorise(const struct rd_provider_account *account, int64_t now_ms,
	struct rd_arena *arena, struct rd_http_request *request, struct rd_err *err)
{
	const char *jwt;
	RD_TRY(rd_notify_jwt(account->api_key, now_ms, arena, &jwt, err));
	request->authorization = rd_arena_printf(arena, "Bearer %s", jwt);
	if (rd_arena_overflowed(arena))
		return rd_fail(err, RD_E_RANGE, "the text is too large to send");
	return RD_OK;
}

static enum rd_rc dump(
	const json_t *root, struct rd_arena *arena, const char **ret_text, struct rd_err *err)
{
	char *text = json_dumps(root, JSON_COMPACT);
	RD_ASSERT(text);
	const char *copy = rd_arena_strdup(arena, text);
	free(text);
	if (!copy)
		return rd_fail(err, RD_E_RANGE, "the text is too large to send");
	*ret_text = copy;
	return RD_OK;
}

enum rd_rc rd_notify_payload(const char *template_id, const char *body, struct rd_arena *arena,
	const char **ret_payload, struct rd_err *err)
{
	RD_CLEANUP(rd_json_free)
	json_t *root = json_pack("{s:s, s:n, s:{s:s}}", "template_id", template_id,
		"template_version", "values", "body", body);
	if (!root)
		return rd_fail(err, RD_E_INPUT, "the text is not UTF-8");
	return dump(root, arena, ret_payload, err);
}

static enum rd_rc build_send(const struct rd_provider_account *account,
	const struct rd_provider_send *send, struct rd_arena *arena,
	struct rd_http_request *ret_request, struct rd_err *err)
{
	json_error_t why;
	RD_CLEANUP(rd_json_free) json_t *stored = json_loads(send->body, 0, &why);
	const char *template_id = json_string_value(json_object_get(stored, "template_id"));
	json_t *values = json_object_get(stored, "values");
	RD_CLEANUP(rd_json_free) json_t *root = NULL;
	if (template_id && json_is_object(values))
		root = json_pack("{s:s, s:s, s:O, s:s}", "phone_number", send->to, "template_id",
			template_id, "personalisation", values, "reference", send->key);
	else
		root = json_pack("{s:s, s:s, s:{s:s}, s:s}", "phone_number", send->to,
			"template_id", account->template_id, "personalisation", "body", send->body,
			"reference", send->key);
	if (!root)
		return rd_fail(err, RD_E_INPUT, "the text is not UTF-8");
	struct rd_http_request request = {
		.method = "POST",
		.url = rd_arena_printf(arena, "%s/v2/notifications/sms", account->api_url),
		.content_type = "application/json",
	};
	RD_TRY(dump(root, arena, &request.body, err));
	request.body_len = strlen(request.body);
	RD_TRY(authorise(account, send->now_ms, arena, &request, err));
	*ret_request = request;
	return RD_OK;
}

static const char *arena_text(struct rd_arena *arena, const json_t *value)
{
	const char *text = json_string_value(value);
	const char *copy = text ? rd_arena_strdup(arena, text) : NULL;
	return copy ? copy : "";
}

/* The short word of the first error ("TooManyRequestsError"); never its prose. */
static const char *error_word(const json_t *root)
{
	const json_t *first = json_array_get(json_object_get(root, "errors"), 0);
	const char *word = json_string_value(json_object_get(first, "error"));
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	return word && strlen(word) < 60 && strspn(word, letters) == strlen(word) ? word : "";
}

/* A key is good for half a minute by Notify's clock, and Notify calls it wrong else. */
static bool is_clock(const struct rd_http_response *response, int64_t now_ms, int64_t *ret_apart_s)
{
	*ret_apart_s = (now_ms - response->date_ms) / 1000;
	return (response->status == 401 || response->status == 403) && response->date_ms != 0 &&
	       llabs(*ret_apart_s) >= CLOCK_APART_S;
}

static enum rd_rc list_failed(
	const struct rd_http_response *response, int64_t now_ms, struct rd_err *err)
{
	int64_t apart_s;

	if (!is_clock(response, now_ms, &apart_s))
		return rd_provider_list_failed(response->status, err);
	return rd_fail(err, RD_E_REFUSED,
		"the provider answered HTTP %ld, and this machine's clock is %" PRId64
		" seconds %s Notify's, which allows thirty; set it by NTP (`timedatectl` shows "
		"whether it is)",
		response->status, (int64_t)llabs(apart_s), apart_s > 0 ? "ahead of" : "behind");
}

static void read_sent(const struct rd_provider_account *account,
	const struct rd_provider_send *send, const struct rd_http_response *response,
	struct rd_arena *arena, struct rd_provider_sent *ret_sent)
{
	(void)account;
	struct rd_provider_sent sent = {
		.outcome = RD_SEND_UNCERTAIN, .id = "", .body = "", .template_id = ""
	};
	RD_CLEANUP(rd_json_free) json_t *root = rd_json_answer(response);
	const char *word = error_word(root);
	long status = response->status;
	int64_t apart_s;
	const int at = snprintf(sent.response, sizeof sent.response, "HTTP %ld%s%.60s", status,
		word[0] ? " " : "", word);
	if (is_clock(response, send->now_ms, &apart_s))
		snprintf(sent.response + at, sizeof sent.response - (size_t)at,
			"; this machine's clock is %" PRId64 " seconds %s Notify's",
			(int64_t)llabs(apart_s), apart_s > 0 ? "ahead of" : "behind");
	if (status >= 200 && status < 300) {
		const char *id = json_string_value(json_object_get(root, "id"));
		if (id && uuid_like(id, strlen(id))) {
			const json_t *template = json_object_get(root, "template");
			sent.outcome = RD_SEND_DONE;
			sent.id = arena_text(arena, json_object_get(root, "id"));
			sent.body = arena_text(
				arena, json_object_get(json_object_get(root, "content"), "body"));
			sent.template_id = arena_text(arena, json_object_get(template, "id"));
			sent.template_version =
				(int)json_integer_value(json_object_get(template, "version"));
			snprintf(sent.response, sizeof sent.response, "HTTP %ld %.*s", status,
				UUID_LEN, id);
		}
	} else if (status == 429) {
		sent.outcome = RD_SEND_AGAIN;
		/* The daily limit ends at midnight UTC; the other counts a rolling minute. */
		sent.wait_ms = strcmp(word, "TooManyRequestsError") == 0
				       ? DAY_MS - send->now_ms % DAY_MS
				       : 60 * 1000;
	} else if (status == 401 || status == 403 || status == 404 ||
		   (status >= 300 && status < 400) ||
		   (status == 400 && strcmp(word, "BadRequestError") == 0)) {
		sent.outcome = RD_SEND_AGAIN;
		sent.ours = true;
	} else if (status >= 400 && status < 500) {
		sent.outcome = RD_SEND_REFUSED;
	}
	*ret_sent = sent;
}

static enum rd_rc build_ask(const struct rd_provider_account *account,
	const struct rd_provider_send *send, const char *next_url, struct rd_arena *arena,
	struct rd_http_request *ret_request, struct rd_err *err)
{
	struct rd_http_request request = {
		.method = "GET",
		.url = next_url ? next_url
				: rd_arena_printf(arena,
					  "%s/v2/notifications?template_type=sms&reference=%s",
					  account->api_url, rd_percent(arena, send->key)),
	};
	RD_TRY(authorise(account, send->now_ms, arena, &request, err));
	*ret_request = request;
	return RD_OK;
}

static enum rd_rc read_asked(const struct rd_provider_account *account,
	const struct rd_provider_send *send, const struct rd_http_response *response,
	struct rd_arena *arena, struct rd_provider_asked *ret_asked, struct rd_err *err)
{
	(void)account;
	struct rd_provider_asked asked = { .answer = RD_ASKED_ABSENT, .id = "", .body = "" };
	if (response->status != 200)
		return rd_fail(err, RD_E_AGAIN, "the provider answered HTTP %ld", response->status);
	RD_CLEANUP(rd_json_free) json_t *root = rd_json_answer(response);
	const json_t *list = json_object_get(root, "notifications");
	if (!json_is_array(list))
		return rd_fail(err, RD_E_AGAIN, "the provider's list cannot be read");
	size_t i;
	json_t *n;
	json_array_foreach(list, i, n)
	{
		const char *reference = json_string_value(json_object_get(n, "reference"));
		if (!reference || strcmp(reference, send->key) != 0)
			continue;
		asked.answer = RD_ASKED_FOUND;
		asked.id = arena_text(arena, json_object_get(n, "id"));
		asked.body = arena_text(arena, json_object_get(n, "body"));
		break;
	}
	*ret_asked = asked;
	return RD_OK;
}

/* ---- the list ---- */

static enum rd_rc build_list(const struct rd_provider_account *account,
	const struct rd_provider_window *window, const char *next_url, struct rd_arena *arena,
	struct rd_http_request *ret_request, struct rd_err *err)
{
	struct rd_http_request request = {
		.method = "GET",
		.url = next_url ? next_url
				: rd_arena_printf(
					  arena, "%s/v2/received-text-messages", account->api_url),
	};
	RD_TRY(authorise(account, window->now_ms, arena, &request, err));
	*ret_request = request;
	return RD_OK;
}

static enum rd_rc take_listed(const json_t *m, struct rd_arena *arena,
	struct rd_provider_listed *listed, struct rd_err *err)
{
	struct rd_provider_text text = { .n_media = 0 };
	const json_t *words = json_object_get(m, "content");
	const char *id = rd_json_word(m, "id");
	const char *from = rd_json_word(m, "user_number");
	const char *to = rd_json_word(m, "notify_number");
	const char *date = rd_json_word(m, "created_at");
	bool known = uuid_like(id, strlen(id));
	if (!known || !from[0] || strlen(from) > RD_ADDRESS_BYTES_MAX || !date[0] ||
		strlen(to) > RD_ADDRESS_BYTES_MAX || !json_is_string(words) ||
		json_string_length(words) > RD_SMS_BYTES_MAX)
		return rd_json_unread(
			listed, known ? id : "", m, rd_provider_instant(date), arena, err);
	text.id = rd_arena_strdup(arena, id);
	text.from = rd_provider_number(arena, from, strlen(from));
	text.to = rd_provider_number(arena, to, strlen(to));
	text.body = rd_provider_words(
		arena, json_string_value(words), json_string_length(words), &text.body_len);
	text.sent_ms = rd_provider_instant(date);
	if (rd_arena_overflowed(arena))
		return rd_fail(err, RD_E_RANGE, "the provider's list is too large");
	listed->texts[listed->n_texts++] = text;
	return RD_OK;
}

static const char *member(const json_t *list, size_t i, const char *name)
{
	return rd_json_word(json_array_get(list, i), name);
}

/* Where to go on. Notify gives what is strictly older than the text named, by its time alone: the
 * one named is the last that is younger than the last ones of this page, so that those of the same
 * instant are listed once more and none of them is left out. Where all are of one instant, the
 * last. NULL: the end. */
static const char *cursor(const json_t *list)
{
	size_t n = json_array_size(list);
	size_t at = n;
	if (n == 0)
		return NULL;
	const char *oldest = member(list, n - 1, "created_at");
	while (at > 0 && strcmp(member(list, at - 1, "created_at"), oldest) == 0)
		at--;
	return member(list, at > 0 ? at - 1 : n - 1, "id");
}

static enum rd_rc read_list(const struct rd_provider_account *account,
	const struct rd_provider_window *window, const char *url,
	const struct rd_http_response *response, struct rd_arena *arena,
	struct rd_provider_listed *ret_listed, struct rd_err *err)
{
	struct rd_provider_listed listed = { .n_texts = 0 };
	if (response->status != 200)
		return list_failed(response, window->now_ms, err);
	RD_CLEANUP(rd_json_free) json_t *root = rd_json_answer(response);
	const json_t *list = json_object_get(root, "received_text_messages");
	if (!json_is_array(list))
		return rd_fail(err, RD_E_AGAIN, "the provider's list cannot be read");
	size_t n = json_array_size(list);
	listed.texts = rd_arena_array(arena, n + 1, sizeof *listed.texts);
	listed.unread = rd_arena_array(arena, n + 1, sizeof *listed.unread);
	if (!listed.texts || !listed.unread)
		return rd_fail(err, RD_E_RANGE, "the provider's list is too large");
	for (size_t i = 0; i < n; i++)
		RD_TRY(take_listed(json_array_get(list, i), arena, &listed, err));
	const char *from = cursor(list);
	if (from && !uuid_like(from, strlen(from)))
		return rd_fail(
			err, RD_E_AGAIN, "the provider's list goes on where it cannot be read");
	if (from)
		listed.next_url = rd_arena_printf(arena,
			"%s/v2/received-text-messages?older_than=%s", account->api_url, from);
	/* The same page again: only those of one instant were left. */
	if (listed.next_url && strcmp(listed.next_url, url) == 0)
		listed.next_url = NULL;
	*ret_listed = listed;
	return RD_OK;
}

/* ---- the template ---- */

static enum rd_rc build_setup(const struct rd_provider_account *account, int64_t now_ms,
	struct rd_arena *arena, struct rd_http_request *ret_request, struct rd_err *err)
{
	struct rd_http_request request = {
		.method = "GET",
		.url = rd_arena_printf(arena, "%s/v2/template/%s", account->api_url,
			rd_percent(arena, account->template_id)),
	};
	RD_TRY(authorise(account, now_ms, arena, &request, err));
	*ret_request = request;
	return RD_OK;
}

/* Notify's placeholders: ((name)), and ((name??words that stand where it is yes)). Counts ours and
 * tells of every other; returns the length of what is no placeholder. */
static size_t look_at_placeholders(const char *body, struct rd_arena *arena,
	struct rd_provider_findings *findings, size_t *ret_n_body)
{
	size_t fixed = 0;
	const char *at = body;
	*ret_n_body = 0;
	for (;;) {
		const char *open = strstr(at, "((");
		const char *close = open ? strstr(open, "))") : NULL;
		if (!close)
			return fixed + strlen(at);
		fixed += (size_t)(open - at);
		const char *name = open + 2 + strspn(open + 2, " ");
		size_t len = (size_t)(close - name);
		while (len > 0 && name[len - 1] == ' ')
			len--;
		if (len == 4 && strncasecmp(name, "body", 4) == 0)
			++*ret_n_body;
		else
			rd_provider_find(findings,
				rd_arena_printf(arena,
					"The template has the placeholder ((%.*s)), which nothing "
					"fills: Notify refuses every text. Take it out; ((body)) "
					"is the only one.",
					(int)(len < 60 ? len : 60), name));
		at = close + 2;
	}
}

static enum rd_rc read_setup(const struct rd_provider_account *account,
	const struct rd_http_response *response, struct rd_arena *arena,
	struct rd_provider_findings *findings, struct rd_err *err)
{
	size_t n_body;
	(void)account;
	if (response->status == 404)
		return rd_fail(err, RD_E_REFUSED,
			"this service has no such template; copy its id from the template's page "
			"into `Template:`");
	if (response->status != 200)
		return rd_provider_list_failed(response->status, err);
	RD_CLEANUP(rd_json_free) json_t *root = rd_json_answer(response);
	const char *type = json_string_value(json_object_get(root, "type"));
	const char *body = json_string_value(json_object_get(root, "body"));
	if (!type || !body)
		return rd_fail(err, RD_E_AGAIN, "the template cannot be read");
	if (strcmp(type, "sms") != 0)
		rd_provider_find(findings,
			"The template is not one for text messages. Make one, and name it in "
			"`Template:`.");
	size_t fixed = look_at_placeholders(body, arena, findings, &n_body);
	if (n_body == 0)
		rd_provider_find(findings,
			"The template has no ((body)): nothing of our letters would arrive, not "
			"even the Housing Ombudsman's details, which each of them carries. Make "
			"its text ((body)) alone.");
	if (n_body > 1)
		rd_provider_find(findings,
			"The template has ((body)) more than once: every letter would stand in "
			"one text twice. Make its text ((body)) alone.");
	if (fixed > 0)
		rd_provider_find(findings,
			rd_arena_printf(arena,
				"The template adds %zu characters of its own. Notify takes %d in "
				"all, so that our longest letters would be refused. Make its text "
				"((body)) alone, and sign in the letters.",
				fixed, RD_SMS_REPLY_UNITS_MAX));
	return RD_OK;
}

const struct rd_provider rd_notify = {
	.kind = "notify",
	.api_url = "https://api.notifications.service.gov.uk",
	.needs = { .api_key = "credential notify-key",
		.template_id = "f33517ff-2a88-4f6e-b855-c550268ce08a" },
	.answer_type = "application/json",
	.answer_body = "{}",
	.read_text = read_text,
	.read_receipt = read_receipt,
	.build_send = build_send,
	.read_sent = read_sent,
	.build_ask = build_ask,
	.read_asked = read_asked,
	.build_list = build_list,
	.read_list = read_list,
	.build_setup = build_setup,
	.read_setup = read_setup,
	.keeps_ms = 7 * 24 * 3600 * (int64_t)1000,
};

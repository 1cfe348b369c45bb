#include "redress/wire/providers/twilio.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "redress/base/buf.h"
#include "redress/base/limits.h"
#include "redress/wire/providers/json.h"
#include "redress/wire/providers/twilio_api.h"
#include "redress/wire/providers/twilio_list.h"

#define SIGNED_BYTES_MAX (4u * RD_WEBHOOK_BYTES_MAX)

static int compare_bytes(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int order = memcmp(a, b, a_len < b_len ? a_len : b_len);
	if (order != 0)
		return order;
	return (a_len > b_len) - (a_len < b_len);
}

static int compare_fields(const void *left, const void *right)
{
	const struct rd_form_field *a = left;
	const struct rd_form_field *b = right;
	int order = compare_bytes(a->name, a->name_len, b->name, b->name_len);
	return order ? order : compare_bytes(a->value, a->value_len, b->value, b->value_len);
}

/* The fields in the order and number in which they are signed. */
static bool signed_fields(struct rd_arena *arena, const struct rd_form *form, struct rd_buf *buf)
{
	struct rd_err err = { 0 };
	if (form->n_fields == 0)
		return true;
	struct rd_form_field *sorted = rd_arena_array(arena, form->n_fields, sizeof *sorted);
	if (!sorted)
		return false;
	memcpy(sorted, form->fields, form->n_fields * sizeof *sorted);
	qsort(sorted, form->n_fields, sizeof *sorted, compare_fields);
	for (size_t i = 0; i < form->n_fields; i++) {
		if (i > 0 && compare_fields(&sorted[i - 1], &sorted[i]) == 0)
			continue;
		if (rd_buf_add(buf, sorted[i].name, sorted[i].name_len, &err) != RD_OK ||
			rd_buf_add(buf, sorted[i].value, sorted[i].value_len, &err) != RD_OK)
			return false;
	}
	return true;
}

const char *rd_twilio_sign(
	struct rd_arena *arena, const char *token, const char *url, const struct rd_form *form)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf buf = RD_BUF(SIGNED_BYTES_MAX);
	struct rd_err err = { 0 };
	if (rd_buf_add_str(&buf, url, &err) != RD_OK || !signed_fields(arena, form, &buf))
		return NULL;
	uint8_t mac[RD_HMAC_SHA1_BYTES];
	rd_hmac_sha1(token, rd_buf_str(&buf), buf.len, mac);
	return rd_base64(arena, mac, sizeof mac);
}

/* Where in the URL the authority's port stands (or would stand): [from,to), from == to for none. */
static bool find_port(const char *url, size_t *ret_from, size_t *ret_to)
{
	const char *authority = strstr(url, "://");
	if (!authority)
		return false;
	authority += 3;
	const char *end = authority + strcspn(authority, "/?#");
	const char *host = authority;
	for (const char *p = authority; p < end; p++)
		if (*p == '@')
			host = p + 1;
	const char *after = host;
	if (*host == '[') /* an IPv6 address has colons of its own */
		while (after < end && *after != ']')
			after++;
	const char *colon = after;
	while (colon < end && *colon != ':')
		colon++;
	*ret_from = (size_t)(colon - url);
	*ret_to = (size_t)(end - url);
	return true;
}

/* As configured; without a port; with the scheme's own port. */
static size_t url_forms(struct rd_arena *arena, const char *url, const char *out[static 3])
{
	size_t from;
	size_t to;
	size_t n = 0;
	out[n++] = url;
	if (!find_port(url, &from, &to))
		return n;
	if (from < to) {
		out[n] = rd_arena_printf(arena, "%.*s%s", (int)from, url, url + to);
		n += out[n] != NULL;
	}
	int port = strncasecmp(url, "https:", 6) == 0 ? 443 : 80;
	out[n] = rd_arena_printf(arena, "%.*s:%d%s", (int)from, url, port, url + to);
	n += out[n] != NULL;
	return n;
}

static bool is_type(const char *content_type, const char *type)
{
	size_t len = strlen(type);
	return strncasecmp(content_type, type, len) == 0 &&
	       (content_type[len] == '\0' || content_type[len] == ';' || content_type[len] == ' ');
}

/* The query's bodySHA256 against the body. */
static bool body_hash_right(const struct rd_webhook_request *request, struct rd_arena *arena)
{
	const char *query = strchr(request->url, '?');
	struct rd_form form = { 0 };
	struct rd_err err = { 0 };
	char hex[RD_SHA256_HEX_SIZE];
	if (!query || rd_form_parse(query + 1, strlen(query + 1), arena, &form, &err) != RD_OK)
		return false;
	const struct rd_form_field *given = rd_form_find(&form, "bodySHA256");
	if (!given)
		return false;
	rd_sha256_hex(request->body, request->body_len, hex);
	return rd_same_secret(hex, given->value);
}

/* The string members of a JSON object as fields. */
static enum rd_rc json_fields(const struct rd_webhook_request *request, struct rd_arena *arena,
	struct rd_form *ret_form, struct rd_err *err)
{
	json_error_t why;
	RD_CLEANUP(rd_json_free)
	json_t *root = rd_json_read(request->body, request->body_len, &why);
	if (!json_is_object(root))
		return rd_fail(err, RD_E_INPUT, "the body is not a JSON object");
	size_t size = json_object_size(root);
	if (size > RD_FORM_FIELDS_MAX)
		return rd_fail(err, RD_E_RANGE, "more than %d members", RD_FORM_FIELDS_MAX);
	struct rd_form_field *fields = rd_arena_array(arena, size + 1, sizeof *fields);
	size_t n = 0;
	const char *name;
	json_t *value;
	json_object_foreach(root, name, value)
	{
		if (!fields || !json_is_string(value))
			continue;
		struct rd_form_field *f = &fields[n++];
		f->name = rd_arena_strdup(arena, name);
		f->name_len = strlen(name);
		f->value_len = json_string_length(value);
		f->value = rd_arena_copy(arena, json_string_value(value), f->value_len);
	}
	if (rd_arena_overflowed(arena))
		return rd_fail(err, RD_E_RANGE, "the body is too large");
	ret_form->fields = fields;
	ret_form->n_fields = n;
	return RD_OK;
}

enum rd_rc rd_twilio_check(const char *token, const struct rd_webhook_request *request,
	struct rd_arena *arena, struct rd_form *ret_form, struct rd_err *err)
{
	struct rd_form form = { 0 };
	bool is_form = is_type(request->content_type, "application/x-www-form-urlencoded");
	if (!token[0])
		return rd_fail(err, RD_E_REFUSED, "no token is configured");
	if (!request->signature[0])
		return rd_fail(err, RD_E_REFUSED, "there is no X-Twilio-Signature");
	/* Not proved, whatever is wrong with it: it must not count among the proved ones. */
	if (is_form && rd_form_parse(request->body, request->body_len, arena, &form, err) != RD_OK)
		return rd_fail(err, RD_E_REFUSED,
			"the form is too large or broken for its signature to be checked");
	const char *urls[3];
	size_t n_urls = url_forms(arena, request->url, urls);
	bool right = false;
	for (size_t i = 0; i < n_urls; i++) {
		const char *signature = rd_twilio_sign(arena, token, urls[i], &form);
		if (signature && rd_same_secret(signature, request->signature))
			right = true;
	}
	if (!right)
		return rd_fail(err, RD_E_REFUSED,
			"the signature does not fit; check the token and Public URL");
	if (!is_form) {
		if (!body_hash_right(request, arena))
			return rd_fail(err, RD_E_REFUSED, "bodySHA256 is missing or wrong");
		if (!is_type(request->content_type, "application/json"))
			return rd_fail(err, RD_E_INPUT, "the body is neither a form nor JSON");
		RD_TRY(json_fields(request, arena, &form, err));
	}
	*ret_form = form;
	return RD_OK;
}

static enum rd_rc check_account(const struct rd_form *form, const char *account, struct rd_err *err)
{
	if (account[0] && strcmp(rd_form_text(form, "AccountSid"), account) != 0)
		return rd_fail(err, RD_E_REFUSED, "AccountSid is not the configured account");
	return RD_OK;
}

/* Advanced Opt-Out: STOP, START, or HELP, which changes nothing. */
static enum rd_opted opted_by(const char *type)
{
	if (strcmp(type, "STOP") == 0)
		return RD_OPTED_OUT;
	return strcmp(type, "START") == 0 ? RD_OPTED_IN : RD_OPTED_NOT;
}

enum rd_rc rd_twilio_text(const struct rd_form *form, const char *account, struct rd_arena *arena,
	struct rd_provider_text *ret_text, struct rd_err *err)
{
	RD_TRY(check_account(form, account, err));
	const char *id = rd_form_text(form, "MessageSid");
	if (!id[0])
		id = rd_form_text(form, "SmsMessageSid");
	if (!rd_provider_id_good(id))
		return rd_fail(err, RD_E_INPUT, "MessageSid is missing or not an id");
	const struct rd_form_field *from = rd_form_find(form, "From");
	const struct rd_form_field *to = rd_form_find(form, "To");
	const struct rd_form_field *body = rd_form_find(form, "Body");
	if (!from || from->value[0] == '\0')
		return rd_fail(err, RD_E_INPUT, "From is missing");
	if (from->value_len > RD_ADDRESS_BYTES_MAX || (to && to->value_len > RD_ADDRESS_BYTES_MAX))
		return rd_fail(err, RD_E_INPUT, "From or To is too long");
	if (!body)
		return rd_fail(err, RD_E_INPUT, "Body is missing");
	if (body->value_len > RD_SMS_BYTES_MAX)
		return rd_fail(err, RD_E_INPUT, "Body is longer than %u bytes", RD_SMS_BYTES_MAX);
	const char *media = rd_form_text(form, "NumMedia");
	struct rd_provider_text text = {
		.id = id,
		.from = rd_provider_number(arena, from->value, strlen(from->value)),
		.to = to ? rd_provider_number(arena, to->value, strlen(to->value)) : "",
		.n_media = media[0] >= '0' && media[0] <= '9' ? (int)strtol(media, NULL, 10) : 0,
	};
	text.opted = opted_by(rd_form_text(form, "OptOutType"));
	text.body = rd_provider_words(arena, body->value, body->value_len, &text.body_len);
	if (rd_arena_overflowed(arena) || !text.body)
		return rd_fail(err, RD_E_RANGE, "the text is too large");
	*ret_text = text;
	return RD_OK;
}

enum rd_rc rd_twilio_receipt(const struct rd_form *form, const char *account,
	struct rd_arena *arena, struct rd_provider_receipt *ret_receipt, struct rd_err *err)
{
	static const char *const states[] = { "accepted", "scheduled", "queued", "sending", "sent",
		"receiving", "delivered", "read", "failed", "undelivered", "canceled" };
	RD_TRY(check_account(form, account, err));
	const char *id = rd_form_text(form, "MessageSid");
	if (!id[0])
		id = rd_form_text(form, "SmsSid");
	if (!rd_provider_id_good(id))
		return rd_fail(err, RD_E_INPUT, "MessageSid is missing or not an id");
	const char *status = rd_form_text(form, "MessageStatus");
	if (!status[0])
		status = rd_form_text(form, "SmsStatus");
	size_t at = 0;
	while (at < sizeof states / sizeof states[0] && strcmp(states[at], status) != 0)
		at++;
	if (at == sizeof states / sizeof states[0])
		return rd_fail(err, RD_E_INPUT, "MessageStatus is missing or not a known state");
	const char *code = rd_form_text(form, "ErrorCode");
	if (strlen(code) > 10 || strspn(code, "0123456789") != strlen(code))
		code = "";
	struct rd_provider_receipt receipt = {
		.id = id,
		.reference = "",
		.state = at < 6	  ? RD_DELIVERY_UNDERWAY
			 : at < 8 ? RD_DELIVERY_DONE
				  : RD_DELIVERY_FAILED,
		.detail = code[0] ? rd_arena_printf(arena, "%s %s", status, code) : status,
		.opted_out = strcmp(code, RD_TWILIO_OPTED_OUT) == 0,
	};
	if (!receipt.detail)
		return rd_fail(err, RD_E_RANGE, "the receipt is too large");
	*ret_receipt = receipt;
	return RD_OK;
}

static enum rd_rc read_text(const struct rd_provider_account *account,
	const struct rd_webhook_request *request, struct rd_arena *arena,
	struct rd_provider_text *ret_text, struct rd_err *err)
{
	struct rd_form form;
	struct rd_provider_text text;
	if (!account->account[0])
		return rd_fail(err, RD_E_REFUSED, "no Account is configured");
	RD_TRY(rd_twilio_check(account->token, request, arena, &form, err));
	RD_TRY(rd_twilio_text(&form, account->account, arena, &text, err));
	RD_TRY(rd_twilio_media(&form, arena, &text, err));
	*ret_text = text;
	return RD_OK;
}

static enum rd_rc read_receipt(const struct rd_provider_account *account,
	const struct rd_webhook_request *request, struct rd_arena *arena,
	struct rd_provider_receipt *ret_receipt, struct rd_err *err)
{
	struct rd_form form;
	if (!account->account[0])
		return rd_fail(err, RD_E_REFUSED, "no Account is configured");
	RD_TRY(rd_twilio_check(account->token, request, arena, &form, err));
	return rd_twilio_receipt(&form, account->account, arena, ret_receipt, err);
}

const struct rd_provider rd_twilio = {
	.kind = "twilio",
	.api_url = "https://api.twilio.com",
	.needs = { .account = "AC00000000000000000000000000000000", .public_url = true },
	.answer_type = "text/xml",
	.answer_body = RD_TWILIO_ANSWER,
	.read_text = read_text,
	.read_receipt = read_receipt,
	.build_send = rd_twilio_build_send,
	.read_sent = rd_twilio_read_sent,
	.build_ask = rd_twilio_build_ask,
	.read_asked = rd_twilio_read_asked,
	.build_list = rd_twilio_build_list,
	.read_list = rd_twilio_read_list,
	.keeps_ms = 400 * 24 * 3600 * (int64_t)1000,
	.build_media = rd_twilio_build_media,
	.read_media_list = rd_twilio_read_media_list,
};

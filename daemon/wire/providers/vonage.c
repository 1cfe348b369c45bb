#include "redress/wire/providers/vonage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "redress/base/buf.h"
#include "redress/base/date.h"
#include "redress/base/limits.h"
#include "redress/wire/providers/json.h"
#include "redress/wire/jwt.h"
#include "redress/wire/providers/vonage_api.h"

#define SIGNED_BYTES_MAX (4u * RD_WEBHOOK_BYTES_MAX)
#define OPTED_OUT_CODE	 "9" /* err-code of a receipt: the opt-out assistant */

static const char *const signatures[] = { "sha256", "sha512", "sha1", "md5", "md5hash", NULL };

/* ---- the signature of the SMS API ---- */

static int by_name(const void *left, const void *right)
{
	const struct rd_form_field *a = left;
	const struct rd_form_field *b = right;
	size_t len = a->name_len < b->name_len ? a->name_len : b->name_len;
	int order = memcmp(a->name, b->name, len);
	return order ? order : (a->name_len > b->name_len) - (a->name_len < b->name_len);
}

static bool is_sig(const struct rd_form_field *field)
{
	return field->name_len == 3 && memcmp(field->name, "sig", 3) == 0;
}

static enum rd_rc add_value(
	struct rd_buf *buf, const struct rd_form_field *field, struct rd_err *err)
{
	for (size_t i = 0; i < field->value_len; i++) {
		char c = field->value[i];
		if (c == '&' || c == '=')
			c = '_';
		RD_TRY(rd_buf_add(buf, &c, 1, err));
	}
	return RD_OK;
}

/* In values & and = are signed as _; a name with one in it could stand for two fields. */
static bool is_ambiguous(const struct rd_form_field *field)
{
	return memchr(field->name, '&', field->name_len) ||
	       memchr(field->name, '=', field->name_len);
}

/* What is signed; RD_E_INPUT where a name stands twice, or could be taken for something else. */
static enum rd_rc signed_text(
	struct rd_arena *arena, const struct rd_form *form, struct rd_buf *buf, struct rd_err *err)
{
	struct rd_form_field *sorted = rd_arena_array(arena, form->n_fields + 1, sizeof *sorted);
	if (!sorted)
		return rd_fail(err, RD_E_RANGE, "a form that is too large");
	memcpy(sorted, form->fields, form->n_fields * sizeof *sorted);
	qsort(sorted, form->n_fields, sizeof *sorted, by_name);
	for (size_t i = 0; i < form->n_fields; i++) {
		if (i > 0 && by_name(&sorted[i - 1], &sorted[i]) == 0)
			return rd_fail(err, RD_E_INPUT, "a field is given twice");
		if (is_ambiguous(&sorted[i]))
			return rd_fail(err, RD_E_INPUT, "a field's name holds & or =");
		if (is_sig(&sorted[i]))
			continue;
		RD_TRY(rd_buf_add(buf, "&", 1, err));
		RD_TRY(rd_buf_add(buf, sorted[i].name, sorted[i].name_len, err));
		RD_TRY(rd_buf_add(buf, "=", 1, err));
		RD_TRY(add_value(buf, &sorted[i], err));
	}
	return RD_OK;
}

const char *rd_vonage_sign(
	struct rd_arena *arena, const char *method, const char *secret, const struct rd_form *form)
{
	static const enum rd_digest digests[] = { RD_SHA256, RD_SHA512, RD_SHA1, RD_MD5, RD_MD5 };
	RD_CLEANUP(rd_buf_free)
	struct rd_buf buf = RD_BUF_SECRET(SIGNED_BYTES_MAX); /* md5hash: the secret too */
	char hex[RD_DIGEST_HEX_SIZE];
	struct rd_err err = { 0 };
	size_t at = 0;
	while (signatures[at] && strcmp(signatures[at], method) != 0)
		at++;
	if (!signatures[at] || signed_text(arena, form, &buf, &err) != RD_OK)
		return NULL;
	bool plain_hash = strcmp(method, "md5hash") == 0;
	if (plain_hash && rd_buf_add_str(&buf, secret, &err) != RD_OK)
		return NULL;
	rd_digest_hex(digests[at], plain_hash ? NULL : secret, rd_buf_str(&buf), buf.len, hex);
	return rd_arena_strdup(arena, hex);
}

/* ---- what came ---- */

static enum rd_rc json_value(const json_t *value, struct rd_arena *arena,
	struct rd_form_field *field, struct rd_err *err)
{
	if (json_is_string(value)) {
		field->value_len = json_string_length(value);
		field->value = rd_arena_copy(arena, json_string_value(value), field->value_len);
	} else if (json_is_integer(value)) {
		field->value = rd_arena_printf(arena, "%lld", (long long)json_integer_value(value));
	} else if (json_is_boolean(value)) {
		field->value = json_is_true(value) ? "true" : "false";
	} else {
		return rd_fail(err, RD_E_INPUT, "a member is neither a string nor a number");
	}
	if (!field->value)
		return rd_fail(err, RD_E_RANGE, "the body is too large");
	if (!json_is_string(value))
		field->value_len = strlen(field->value);
	return RD_OK;
}

static enum rd_rc json_form(const struct rd_webhook_request *request, struct rd_arena *arena,
	struct rd_form *ret_form, struct rd_err *err)
{
	json_error_t why;
	RD_CLEANUP(rd_json_free)
	json_t *root = rd_json_read(request->body, request->body_len, &why);
	if (!json_is_object(root))
		return rd_fail(err, RD_E_INPUT, "the body is not a JSON object");
	size_t n_max = json_object_size(root);
	struct rd_form_field *fields = rd_arena_array(arena, n_max + 1, sizeof *fields);
	if (!fields || n_max > RD_FORM_FIELDS_MAX)
		return rd_fail(err, RD_E_RANGE, "a body with too many members");
	size_t n = 0;
	const char *name;
	json_t *value;
	json_object_foreach(root, name, value)
	{
		fields[n].name = rd_arena_strdup(arena, name);
		if (!fields[n].name)
			return rd_fail(err, RD_E_RANGE, "the body is too large");
		fields[n].name_len = strlen(name);
		RD_TRY(json_value(value, arena, &fields[n], err));
		n++;
	}
	*ret_form = (struct rd_form){ .fields = fields, .n_fields = n };
	return RD_OK;
}

static bool is_json(const struct rd_webhook_request *request)
{
	return strncasecmp(request->content_type, "application/json", 16) == 0;
}

/* The query of a GET, a form, or JSON. */
static enum rd_rc read_form(const struct rd_webhook_request *request, struct rd_arena *arena,
	struct rd_form *ret_form, struct rd_err *err)
{
	if (strcmp(request->method, "GET") == 0) {
		const char *query = strchr(request->url, '?');
		query = query ? query + 1 : "";
		return rd_form_parse(query, strlen(query), arena, ret_form, err);
	}
	if (is_json(request))
		return json_form(request, arena, ret_form, err);
	return rd_form_parse(request->body, request->body_len, arena, ret_form, err);
}

static bool timely(int64_t made_s, int64_t now_ms)
{
	if (made_s <= 0 || made_s > now_ms / 1000 + RD_VONAGE_AHEAD_MS / 1000)
		return false;
	return made_s >= (now_ms - RD_VONAGE_BEHIND_MS) / 1000;
}

/* RD_E_REFUSED unless `sig` fits and its time is near. A probe leaves the form empty. */
static enum rd_rc check_sig(const struct rd_provider_account *account,
	const struct rd_webhook_request *request, struct rd_arena *arena, struct rd_form *ret_form,
	struct rd_err *err)
{
	struct rd_form form = { 0 };
	char given[RD_DIGEST_HEX_SIZE];
	if (!account->token[0])
		return rd_fail(err, RD_E_REFUSED, "no token is configured");
	if (read_form(request, arena, &form, err) != RD_OK)
		return rd_fail(err, RD_E_REFUSED,
			"the request is too large or broken for its signature to be checked");
	if (form.n_fields == 0 && request->body_len == 0) {
		*ret_form = form;
		return RD_OK;
	}
	const char *sig = rd_form_text(&form, "sig");
	if (!sig[0])
		return rd_fail(err, RD_E_REFUSED,
			"there is no `sig`; ask Vonage's support to sign the account's webhooks");
	if (strlen(sig) >= sizeof given)
		return rd_fail(err, RD_E_REFUSED, "`sig` is no signature");
	for (size_t i = 0; i <= strlen(sig); i++)
		given[i] = sig[i] >= 'A' && sig[i] <= 'F' ? (char)(sig[i] + 'a' - 'A') : sig[i];
	const char *ours = rd_vonage_sign(arena, account->signature, account->token, &form);
	if (!ours || !rd_same_secret(ours, given))
		return rd_fail(err, RD_E_REFUSED,
			"`sig` does not fit; check the signature secret and `Signature:`");
	if (!timely(strtoll(rd_form_text(&form, "timestamp"), NULL, 10), request->now_ms))
		return rd_fail(err, RD_E_REFUSED,
			"`timestamp` is missing, ahead of our clock or more than a day old");
	*ret_form = form;
	return RD_OK;
}

/* ---- the Messages API ---- */

/* Signed or not: is it the Messages API's kind of request? */
static bool is_messages_api(const struct rd_webhook_request *request)
{
	if (strncasecmp(request->authorization, "Bearer ", 7) == 0)
		return true;
	json_error_t why;
	RD_CLEANUP(rd_json_free)
	json_t *root =
		is_json(request) ? rd_json_read(request->body, request->body_len, &why) : NULL;
	return rd_json_word(root, "message_uuid")[0] != '\0';
}

static enum rd_rc check_claims(const struct rd_provider_account *account,
	const struct rd_webhook_request *request, const char *claims, size_t len,
	struct rd_err *err)
{
	json_error_t why;
	char hash[RD_SHA256_HEX_SIZE];
	RD_CLEANUP(rd_json_free)
	json_t *root = json_loadb(claims, len, JSON_REJECT_DUPLICATES, &why);
	if (strcmp(rd_json_word(root, "iss"), "Vonage") != 0)
		return rd_fail(err, RD_E_REFUSED, "the JSON Web Token is not Vonage's");
	if (strcmp(rd_json_word(root, "api_key"), account->account) != 0)
		return rd_fail(err, RD_E_REFUSED, "api_key is not the configured account");
	rd_sha256_hex(request->body, request->body_len, hash);
	if (!rd_same_secret(hash, rd_json_word(root, "payload_hash")))
		return rd_fail(err, RD_E_REFUSED, "payload_hash is missing or wrong");
	if (!timely(json_integer_value(json_object_get(root, "iat")), request->now_ms))
		return rd_fail(err, RD_E_REFUSED,
			"the JSON Web Token is ahead of our clock or more than a day old");
	return RD_OK;
}

static enum rd_rc check_jwt(const struct rd_provider_account *account,
	const struct rd_webhook_request *request, struct rd_arena *arena, json_t **ret_root,
	struct rd_err *err)
{
	const char *claims;
	size_t len;
	json_error_t why;
	if (strncasecmp(request->authorization, "Bearer ", 7) != 0)
		return rd_fail(err, RD_E_AGAIN, "it is not signed; Vonage sends it again, signed");
	RD_TRY(rd_jwt_check(arena, account->token, request->authorization + 7, &claims, &len, err));
	RD_TRY(check_claims(account, request, claims, len, err));
	json_t *root = rd_json_read(request->body, request->body_len, &why);
	if (!json_is_object(root)) {
		json_decref(root);
		return rd_fail(err, RD_E_INPUT, "the body is not a JSON object");
	}
	*ret_root = root;
	return RD_OK;
}

static enum rd_rc copy_id(const char *id, const char *name, struct rd_arena *arena,
	const char **ret_id, struct rd_err *err)
{
	if (!rd_provider_id_good(id))
		return rd_fail(err, RD_E_INPUT, "%s is missing or not an id", name);
	*ret_id = rd_arena_strdup(arena, id);
	return *ret_id ? RD_OK : rd_fail(err, RD_E_RANGE, "the text is too large");
}

static enum rd_rc take_numbers(const char *from, const char *to, struct rd_arena *arena,
	struct rd_provider_text *text, struct rd_err *err)
{
	if (!from[0] || strlen(from) > RD_ADDRESS_BYTES_MAX || strlen(to) > RD_ADDRESS_BYTES_MAX)
		return rd_fail(err, RD_E_INPUT, "the sender's number is missing or too long");
	text->from = rd_provider_msisdn(arena, from, strlen(from));
	text->to = rd_provider_msisdn(arena, to, strlen(to));
	return RD_OK;
}

static enum rd_rc take_words(const char *words, size_t len, struct rd_arena *arena,
	struct rd_provider_text *text, struct rd_err *err)
{
	if (len > RD_SMS_BYTES_MAX)
		return rd_fail(err, RD_E_INPUT, "text is longer than %u bytes", RD_SMS_BYTES_MAX);
	text->body = rd_provider_words(arena, words, len, &text->body_len);
	if (!text->body || rd_arena_overflowed(arena))
		return rd_fail(err, RD_E_RANGE, "the text is too large");
	return RD_OK;
}

/* Not known in time is better than not known: an instant that cannot be read is none. */
static int64_t instant_of(struct rd_arena *arena, const char *text, const char *zone)
{
	struct rd_err err = { 0 };
	int64_t ms = 0;
	const char *whole =
		strlen(text) < RD_INSTANT_MAX ? rd_arena_printf(arena, "%s%s", text, zone) : NULL;
	if (!whole || rd_instant_parse(whole, &ms, &err) != RD_OK)
		return 0;
	return ms;
}

static enum rd_rc read_message(const struct rd_provider_account *account,
	const struct rd_webhook_request *request, struct rd_arena *arena,
	struct rd_provider_text *ret_text, struct rd_err *err)
{
	RD_CLEANUP(rd_json_free) json_t *root = NULL;
	struct rd_provider_text text = { .n_media = 0 };
	RD_TRY(check_jwt(account, request, arena, &root, err));
	if (rd_json_word(root, "status")[0] && !json_object_get(root, "message_type"))
		return rd_fail(err, RD_E_INPUT,
			"it is a status report and no text; give Vonage the address with /status "
			"at its end as the status URL");
	RD_TRY(copy_id(rd_json_word(root, "message_uuid"), "message_uuid", arena, &text.id, err));
	RD_TRY(take_numbers(
		rd_json_word(root, "from"), rd_json_word(root, "to"), arena, &text, err));
	/* Anything but words (a picture, a file) is kept as a text without any: a person looks. */
	const json_t *words = json_object_get(root, "text");
	RD_TRY(take_words(json_is_string(words) ? json_string_value(words) : "",
		json_string_length(words), arena, &text, err));
	text.n_media = json_is_string(words) ? 0 : 1;
	text.sent_ms = instant_of(arena, rd_json_word(root, "timestamp"), "");
	*ret_text = text;
	return RD_OK;
}

/* ---- texts ---- */

static enum rd_rc take_part(const struct rd_form *form, struct rd_arena *arena,
	struct rd_provider_text *text, struct rd_err *err)
{
	if (strcmp(rd_form_text(form, "concat"), "true") != 0)
		return RD_OK;
	const char *ref = rd_form_text(form, "concat-ref");
	long part = strtol(rd_form_text(form, "concat-part"), NULL, 10);
	long total = strtol(rd_form_text(form, "concat-total"), NULL, 10);
	if (!rd_provider_id_good(ref) || part < 1 || total < part || total > RD_TEXT_PARTS_MAX)
		return rd_fail(err, RD_E_INPUT,
			"concat-ref, concat-part and concat-total do not name a part of 1 to %d",
			RD_TEXT_PARTS_MAX);
	if (total == 1)
		return RD_OK;
	text->part_ref = rd_arena_strdup(arena, ref);
	text->part = (int)part;
	text->n_parts = (int)total;
	return text->part_ref ? RD_OK : rd_fail(err, RD_E_RANGE, "the text is too large");
}

static enum rd_rc read_text(const struct rd_provider_account *account,
	const struct rd_webhook_request *request, struct rd_arena *arena,
	struct rd_provider_text *ret_text, struct rd_err *err)
{
	struct rd_form form;
	struct rd_provider_text text = { .n_media = 0 };
	if (is_messages_api(request))
		return read_message(account, request, arena, ret_text, err);
	RD_TRY(check_sig(account, request, arena, &form, err));
	if (form.n_fields == 0) {
		*ret_text = (struct rd_provider_text){ .nothing = true };
		return RD_OK;
	}
	RD_TRY(copy_id(rd_form_text(&form, "messageId"), "messageId", arena, &text.id, err));
	RD_TRY(take_numbers(
		rd_form_text(&form, "msisdn"), rd_form_text(&form, "to"), arena, &text, err));
	const struct rd_form_field *words = rd_form_find(&form, "text");
	bool binary = strcmp(rd_form_text(&form, "type"), "binary") == 0;
	if (!words && !binary)
		return rd_fail(err, RD_E_INPUT, "text is missing");
	RD_TRY(take_words(
		binary ? "" : words->value, binary ? 0 : words->value_len, arena, &text, err));
	RD_TRY(take_part(&form, arena, &text, err));
	text.sent_ms = instant_of(arena, rd_form_text(&form, "message-timestamp"), "Z");
	*ret_text = text;
	return RD_OK;
}

/* ---- receipts ---- */

static enum rd_rc take_state(const char *status, const char *code, struct rd_arena *arena,
	struct rd_provider_receipt *receipt, struct rd_err *err)
{
	static const struct {
		const char *word;
		enum rd_delivery state;
	} states[] = {
		{ "delivered", RD_DELIVERY_DONE },
		{ "read", RD_DELIVERY_DONE },
		{ "accepted", RD_DELIVERY_UNDERWAY },
		{ "buffered", RD_DELIVERY_UNDERWAY },
		{ "submitted", RD_DELIVERY_UNDERWAY },
		{ "unknown", RD_DELIVERY_UNDERWAY },
		{ "expired", RD_DELIVERY_FAILED },
		{ "failed", RD_DELIVERY_FAILED },
		{ "rejected", RD_DELIVERY_FAILED },
		{ "undeliverable", RD_DELIVERY_FAILED },
	};
	size_t at = 0;
	while (at < sizeof states / sizeof states[0] && strcmp(states[at].word, status) != 0)
		at++;
	if (at == sizeof states / sizeof states[0])
		return rd_fail(err, RD_E_INPUT, "status is missing or not a known state");
	if (strlen(code) > 10 || strspn(code, "0123456789") != strlen(code))
		code = "";
	receipt->state = states[at].state;
	receipt->detail = code[0] && receipt->state == RD_DELIVERY_FAILED
				  ? rd_arena_printf(arena, "%s %s", status, code)
				  : states[at].word;
	receipt->opted_out =
		receipt->state == RD_DELIVERY_FAILED && strcmp(code, OPTED_OUT_CODE) == 0;
	return receipt->detail ? RD_OK : rd_fail(err, RD_E_RANGE, "the receipt is too large");
}

/* Our own key where it is carried: it speaks for every part. */
static enum rd_rc take_key(const char *reference, const char *id, struct rd_arena *arena,
	struct rd_provider_receipt *receipt, struct rd_err *err)
{
	if (!rd_provider_id_good(id))
		return rd_fail(err, RD_E_INPUT, "the message's id is missing or not an id");
	bool carried = reference[0] && strlen(reference) <= RD_PROVIDER_ID_BYTES_MAX;
	receipt->reference = rd_arena_strdup(arena, carried ? reference : "");
	receipt->id = rd_arena_strdup(arena, carried ? reference : id);
	if (!receipt->reference || !receipt->id)
		return rd_fail(err, RD_E_RANGE, "the receipt is too large");
	return RD_OK;
}

static enum rd_rc read_receipt(const struct rd_provider_account *account,
	const struct rd_webhook_request *request, struct rd_arena *arena,
	struct rd_provider_receipt *ret_receipt, struct rd_err *err)
{
	struct rd_provider_receipt receipt = { .reference = "" };
	if (is_messages_api(request)) {
		RD_CLEANUP(rd_json_free) json_t *root = NULL;
		RD_TRY(check_jwt(account, request, arena, &root, err));
		RD_TRY(take_key(rd_json_word(root, "client_ref"),
			rd_json_word(root, "message_uuid"), arena, &receipt, err));
		RD_TRY(take_state(rd_json_word(root, "status"), "", arena, &receipt, err));
	} else {
		struct rd_form form;
		RD_TRY(check_sig(account, request, arena, &form, err));
		if (form.n_fields == 0) {
			*ret_receipt = (struct rd_provider_receipt){ .nothing = true };
			return RD_OK;
		}
		RD_TRY(take_key(rd_form_text(&form, "client-ref"), rd_form_text(&form, "messageId"),
			arena, &receipt, err));
		RD_TRY(take_state(rd_form_text(&form, "status"), rd_form_text(&form, "err-code"),
			arena, &receipt, err));
	}
	*ret_receipt = receipt;
	return RD_OK;
}

const struct rd_provider rd_vonage = {
	.kind = "vonage",
	.api_url = RD_VONAGE_API,
	.needs = { .account = "abcd1234", .api_key = "credential vonage-secret" },
	.signatures = signatures,
	.takes_get = true,
	.ask_after_ms = RD_VONAGE_LAG_MS,
	.answer_type = "text/plain; charset=utf-8",
	.answer_body = "ok\n",
	.read_text = read_text,
	.read_receipt = read_receipt,
	.build_send = rd_vonage_build_send,
	.read_sent = rd_vonage_read_sent,
	.build_ask = rd_vonage_build_ask,
	.read_asked = rd_vonage_read_asked,
	.build_list = rd_vonage_build_list,
	.read_list = rd_vonage_read_list,
	.keeps_ms = 90 * 24 * 3600 * (int64_t)1000,
};

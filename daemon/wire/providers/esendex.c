#include "redress/wire/providers/esendex.h"

#include <string.h>

#include "redress/base/limits.h"
#include "redress/wire/providers/encode.h"
#include "redress/wire/providers/esendex_api.h"
#include "redress/wire/providers/xml.h"

static enum rd_rc check(const struct rd_provider_account *account,
	const struct rd_webhook_request *request, struct rd_arena *arena, struct rd_xml *ret_xml,
	struct rd_err *err)
{
	struct rd_form query = { 0 };
	const char *text = strchr(request->url, '?');
	if (!account->token[0])
		return rd_fail(err, RD_E_REFUSED, "no token is configured");
	if (!text || rd_form_parse(text + 1, strlen(text + 1), arena, &query, err) != RD_OK)
		return rd_fail(err, RD_E_REFUSED, "the address does not end in ?token=SECRET");
	const struct rd_form_field *given = rd_form_find(&query, "token");
	if (!given || strlen(given->value) != given->value_len ||
		!rd_same_secret(account->token, given->value))
		return rd_fail(err, RD_E_REFUSED,
			"the secret at the end of the address is missing or wrong");
	return rd_xml_read(request->body, request->body_len, arena, ret_xml, err);
}

static enum rd_rc take_id(
	const struct rd_xml *xml, const char *path, const char **ret_id, struct rd_err *err)
{
	const char *id = rd_xml_value(xml, path);
	if (!rd_provider_id_good(id))
		return rd_fail(err, RD_E_INPUT, "%s is missing or not an id", path);
	*ret_id = id;
	return RD_OK;
}

static enum rd_rc read_text(const struct rd_provider_account *account,
	const struct rd_webhook_request *request, struct rd_arena *arena,
	struct rd_provider_text *ret_text, struct rd_err *err)
{
	struct rd_xml xml;
	struct rd_provider_text text = { .n_media = 0 };
	RD_TRY(check(account, request, arena, &xml, err));
	RD_TRY(take_id(&xml, "InboundMessage/MessageId", &text.id, err));
	const char *from = rd_xml_value(&xml, "InboundMessage/From");
	const char *to = rd_xml_value(&xml, "InboundMessage/To");
	const char *words = rd_xml_value(&xml, "InboundMessage/MessageText");
	if (!from[0] || strlen(from) > RD_ADDRESS_BYTES_MAX || strlen(to) > RD_ADDRESS_BYTES_MAX)
		return rd_fail(err, RD_E_INPUT, "From is missing or too long");
	if (strlen(words) > RD_SMS_BYTES_MAX)
		return rd_fail(
			err, RD_E_INPUT, "MessageText is longer than %u bytes", RD_SMS_BYTES_MAX);
	text.from = rd_provider_msisdn(arena, from, strlen(from));
	text.to = rd_provider_msisdn(arena, to, strlen(to));
	text.body = rd_provider_words(arena, words, strlen(words), &text.body_len);
	if (rd_arena_overflowed(arena))
		return rd_fail(err, RD_E_RANGE, "the text is too large");
	*ret_text = text;
	return RD_OK;
}

static enum rd_rc read_opt_out(const struct rd_xml *xml, struct rd_arena *arena,
	struct rd_provider_receipt *receipt, struct rd_err *err)
{
	const char *number = rd_xml_value(xml, "OptOut/From/PhoneNumber");
	if (!number[0] || strlen(number) > RD_ADDRESS_BYTES_MAX)
		return rd_fail(err, RD_E_INPUT, "PhoneNumber is missing or too long");
	receipt->opted_out = true;
	receipt->opted_out_number = rd_provider_msisdn(arena, number, strlen(number));
	receipt->detail = "opted out";
	if (rd_arena_overflowed(arena))
		return rd_fail(err, RD_E_RANGE, "the receipt is too large");
	return RD_OK;
}

static enum rd_rc read_receipt(const struct rd_provider_account *account,
	const struct rd_webhook_request *request, struct rd_arena *arena,
	struct rd_provider_receipt *ret_receipt, struct rd_err *err)
{
	struct rd_xml xml;
	struct rd_provider_receipt receipt = { .id = "", .reference = "" };
	RD_TRY(check(account, request, arena, &xml, err));
	const char *root = xml.items[xml.n_items - 1].path; /* it ends last */
	if (strcmp(root, "MessageDelivered") == 0) {
		RD_TRY(take_id(&xml, "MessageDelivered/MessageId", &receipt.id, err));
		receipt.state = RD_DELIVERY_DONE;
		receipt.detail = "delivered";
	} else if (strcmp(root, "MessageFailed") == 0) {
		RD_TRY(take_id(&xml, "MessageFailed/MessageId", &receipt.id, err));
		receipt.state = RD_DELIVERY_FAILED;
		receipt.detail = "failed";
	} else if (strcmp(root, "OptOut") == 0) {
		RD_TRY(read_opt_out(&xml, arena, &receipt, err));
	} else {
		return rd_fail(err, RD_E_INPUT,
			"it is neither MessageDelivered nor MessageFailed nor OptOut");
	}
	*ret_receipt = receipt;
	return RD_OK;
}

const struct rd_provider rd_esendex = {
	.kind = "esendex",
	.api_url = "https://api.esendex.com",
	.needs = { .account = "EX0000000",
		.user = "redress@landlord.example",
		.api_key = "credential esendex-password" },
	.ask_after_ms = 5 * 60 * (int64_t)1000,
	.answer_type = "text/plain; charset=utf-8",
	.answer_body = "ok\n",
	.read_text = read_text,
	.read_receipt = read_receipt,
	.build_send = rd_esendex_build_send,
	.read_sent = rd_esendex_read_sent,
	.build_ask = rd_esendex_build_ask,
	.read_asked = rd_esendex_read_asked,
	.build_list = rd_esendex_build_list,
	.read_list = rd_esendex_read_list,
	.build_body = rd_esendex_build_body,
	.read_body = rd_esendex_read_body,
	.keeps_ms = 30 * 24 * 3600 * (int64_t)1000,
};

/* What anybody on the internet can post: forms, JSON, headers, before and behind the check. */
#include <string.h>

#include "fuzz.h"

#include "redress/wire/providers/notify.h"
#include "redress/wire/providers/tray.h"
#include "redress/wire/providers/twilio.h"

#define ARENA_BYTES (4u << 20)

static void try_twilio(const struct rd_provider_account *account, struct rd_webhook_request *given,
	struct rd_arena *arena)
{
	struct rd_err err = { 0 };
	struct rd_form form = { 0 };
	struct rd_provider_text text;
	struct rd_provider_receipt receipt;
	/* Unsigned it must be refused; signed rightly it must be read or refused, never believed
	 * further than it goes. */
	given->signature = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";
	RD_ASSERT(rd_twilio.read_text(account, given, arena, &text, &err) != RD_OK);
	if (rd_form_parse(given->body, given->body_len, arena, &form, &err) != RD_OK)
		return;
	const char *signature = rd_twilio_sign(arena, account->token, given->url, &form);
	if (!signature)
		return;
	given->signature = signature;
	if (rd_tray.read_text(account, given, arena, &text, &err) == RD_OK) {
		RD_ASSERT(strlen(text.body) == text.body_len);
		RD_ASSERT(text.id[0] && text.from[0]);
	}
	if (rd_tray.read_receipt(account, given, arena, &receipt, &err) == RD_OK)
		RD_ASSERT(receipt.id[0]);
}

static void try_notify(const struct rd_provider_account *account, struct rd_webhook_request *given,
	struct rd_arena *arena)
{
	struct rd_err err = { 0 };
	struct rd_provider_text text;
	struct rd_provider_receipt receipt;
	given->content_type = "application/json";
	given->authorization = "Bearer 12345";
	if (rd_notify.read_text(account, given, arena, &text, &err) == RD_OK)
		RD_ASSERT(strlen(text.body) == text.body_len);
	if (rd_notify.read_receipt(account, given, arena, &receipt, &err) == RD_OK)
		RD_ASSERT(receipt.id[0]);
}

/* What the providers' own servers answer. */
static void try_answers(const struct rd_provider_account *account, const char *body, size_t size,
	struct rd_arena *arena)
{
	static const long statuses[] = { 200, 201, 400, 429, 500 };
	const struct rd_provider_send send = { .key = "rd.1",
		.to = "+447700900123",
		.body = "words",
		.status_url = "",
		.attempted_ms = 1795000000000,
		.now_ms = 1795000000000 };
	const struct rd_provider *const providers[] = { &rd_twilio, &rd_notify };
	for (size_t i = 0; i < 10; i++) {
		struct rd_err err = { 0 };
		struct rd_provider_sent sent;
		struct rd_provider_asked asked;
		struct rd_http_response response = { .status = statuses[i / 2],
			.body = RD_BUF(RD_HTTP_ANSWER_BYTES_MAX) };
		if (rd_buf_add(&response.body, body, size, &err) == RD_OK) {
			providers[i % 2]->read_sent(account, &send, &response, arena, &sent);
			RD_ASSERT(sent.id && sent.body);
			if (providers[i % 2]->read_asked(
				    account, &send, &response, arena, &asked, &err) == RD_OK)
				RD_ASSERT(asked.answer != RD_ASKED_MORE || asked.next_url);
		}
		rd_http_response_free(&response);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct rd_provider_account account = { .name = "line",
		.number = "+447700900000",
		.account = "",
		.template_id = "",
		.api_url = "https://api.example.org",
		.path = "",
		.token = "12345",
		.api_key = "" };
	if (size > 64u << 10)
		return 0;
	struct rd_arena *arena = rd_arena_new(ARENA_BYTES);
	const char *body = rd_arena_copy(arena, data, size);
	struct rd_webhook_request given = {
		.url = "https://sms.example.org:8443/sms/line?a=b",
		.content_type = "application/x-www-form-urlencoded",
		.signature = "",
		.authorization = "",
		.body = body,
		.body_len = size,
	};
	try_twilio(&account, &given, arena);
	try_notify(&account, &given, arena);
	try_answers(&account, body, size, arena);
	/* The URL is the client's, too: its raw query is signed. */
	given.url = body;
	given.content_type = "application/json";
	try_twilio(&account, &given, arena);
	rd_arena_free(arena);
	return 0;
}

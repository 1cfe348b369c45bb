/* What anybody on the internet can post: forms, JSON, headers, before and behind the check. */
#include <string.h>

#include "fuzz.h"

#include "redress/wire/providers/esendex.h"
#include "redress/wire/providers/firetext.h"
#include "redress/wire/providers/notify.h"
#include "redress/wire/providers/tray.h"
#include "redress/wire/providers/twilio.h"
#include "redress/wire/providers/vonage.h"
#include "redress/wire/providers/xml.h"

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

static void believe(enum rd_rc rc, const struct rd_provider_text *text)
{
	if (rc != RD_OK || text->nothing)
		return;
	RD_ASSERT(strlen(text->body) == text->body_len);
	RD_ASSERT(text->id[0] && text->from[0]);
	RD_ASSERT(text->n_parts == 0 || (text->part >= 1 && text->part <= text->n_parts));
}

/* With what lets them in, and without. */
static void try_others(const struct rd_provider_account *account, struct rd_webhook_request *given,
	struct rd_arena *arena)
{
	struct rd_err err = { 0 };
	struct rd_provider_text text;
	struct rd_provider_receipt receipt;
	struct rd_form form = { 0 };
	given->authorization = "";
	given->url = "https://sms.example.org/sms/line?a=b";
	RD_ASSERT(rd_esendex.read_text(account, given, arena, &text, &err) != RD_OK);
	RD_ASSERT(rd_firetext.read_text(account, given, arena, &text, &err) != RD_OK);
	given->url = "https://sms.example.org/sms/line?token=12345";
	believe(rd_esendex.read_text(account, given, arena, &text, &err), &text);
	if (rd_esendex.read_receipt(account, given, arena, &receipt, &err) == RD_OK)
		RD_ASSERT(receipt.id[0] || receipt.opted_out_number);
	given->authorization = "Basic cmVkcmVzczoxMjM0NQ==";
	believe(rd_firetext.read_text(account, given, arena, &text, &err), &text);
	if (rd_firetext.read_receipt(account, given, arena, &receipt, &err) == RD_OK)
		RD_ASSERT(receipt.id[0]);
	given->authorization = "";
	believe(rd_vonage.read_text(account, given, arena, &text, &err), &text);
	if (rd_form_parse(given->body, given->body_len, arena, &form, &err) != RD_OK)
		return;
	const char *sig = rd_vonage_sign(arena, account->signature, account->token, &form);
	given->body = rd_arena_printf(
		arena, "%s&timestamp=1795000000&sig=%s", given->body, sig ? sig : "");
	if (!given->body)
		return;
	given->body_len = strlen(given->body);
	believe(rd_vonage.read_text(account, given, arena, &text, &err), &text);
	given->authorization = "Bearer a.b.c";
	RD_ASSERT(rd_vonage.read_text(account, given, arena, &text, &err) != RD_OK);
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
	const struct rd_provider_window window = { 0, 1795000000000 };
	const struct rd_provider *const providers[] = { &rd_twilio, &rd_notify, &rd_vonage,
		&rd_esendex, &rd_firetext };
	for (size_t i = 0; i < 25; i++) {
		const struct rd_provider *provider = providers[i % 5];
		struct rd_err err = { 0 };
		struct rd_provider_sent sent;
		struct rd_provider_asked asked = { .id = "" };
		struct rd_provider_listed listed;
		struct rd_provider_findings findings = { .n = 0 };
		struct rd_http_response response = { .status = statuses[i / 5],
			.body = RD_BUF(RD_HTTP_ANSWER_BYTES_MAX) };
		if (rd_buf_add(&response.body, body, size, &err) == RD_OK) {
			provider->read_sent(account, &send, &response, arena, &sent);
			RD_ASSERT(sent.id && sent.body);
			if (provider->read_asked && provider->read_asked(account, &send, &response,
							    arena, &asked, &err) == RD_OK)
				RD_ASSERT(asked.answer != RD_ASKED_MORE || asked.next_url);
			if (provider->read_list(account, &window, "https://api.example.org/a?b",
				    &response, arena, &listed, &err) == RD_OK)
				for (size_t k = 0; k < listed.n_texts; k++)
					RD_ASSERT(listed.texts[k].id[0] && listed.texts[k].body);
			if (provider->read_setup && provider->read_setup(account, &response, arena,
							    &findings, &err) == RD_OK)
				RD_ASSERT(findings.n <= RD_PROVIDER_FINDINGS_MAX);
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
		.user = "redress",
		.signature = "sha256",
		.token = "12345",
		.api_key = "" };
	if (size > 64u << 10)
		return 0;
	struct rd_arena *arena = rd_arena_new(ARENA_BYTES);
	const char *body = rd_arena_copy(arena, data, size);
	struct rd_webhook_request given = {
		.method = "POST",
		.now_ms = 1795000000000,
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
	given.body = body;
	given.body_len = size;
	try_others(&account, &given, arena);
	given.method = "GET";
	given.url = body;
	struct rd_err err = { 0 };
	struct rd_provider_text text;
	believe(rd_vonage.read_text(&account, &given, arena, &text, &err), &text);
	rd_arena_free(arena);
	return 0;
}

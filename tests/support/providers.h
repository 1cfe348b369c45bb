/* providers: what the tests of the providers of texts share. */
#ifndef REDRESS_SUPPORT_PROVIDERS_H
#define REDRESS_SUPPORT_PROVIDERS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "redress/wire/providers/encode.h"
#include "redress/wire/providers/provider.h"

#define FORM_TYPE	 "application/x-www-form-urlencoded"
#define NOTIFY_ID	 "740e5834-3a29-46b4-9a6f-16142fde533a"
#define WITH_ARENA(test) cmocka_unit_test_setup_teardown(test, make_arena, free_arena)

static inline int make_arena(void **state)
{
	*state = rd_arena_new(1 << 20);
	return 0;
}

static inline int free_arena(void **state)
{
	rd_arena_free(*state);
	return 0;
}

static inline struct rd_webhook_request form_request(const char *form, int64_t now_ms)
{
	return (struct rd_webhook_request){ .method = "POST",
		.url = "https://sms.example.org/sms/line",
		.content_type = FORM_TYPE,
		.signature = "",
		.authorization = "",
		.body = form,
		.body_len = strlen(form),
		.now_ms = now_ms };
}

static inline struct rd_http_response answer(long status, const char *body)
{
	struct rd_http_response response = { .status = status, .body = RD_BUF(1 << 18) };
	struct rd_err err = { 0 };
	assert_int_equal(rd_buf_add_str(&response.body, body, &err), RD_OK);
	return response;
}

static const struct rd_provider_account twilio = {
	.name = "line",
	.number = "+447700900000",
	.account = "acctid",
	.template_id = "",
	.api_url = "https://api.example.org",
	.path = "",
	.token = "12345",
	.api_key = "",
};

static const struct rd_provider_account notify = {
	.name = "line",
	.number = "07700900000",
	.account = "",
	.template_id = "11111111-2222-3333-4444-555555555555",
	.api_url = "https://api.example.org",
	.path = "",
	.token = "something_unique",
	.api_key = "my_test_key-26785a09-ab16-4eb0-8407-a37497a57506-"
		   "3d844edf-8d35-48ac-975b-e847b4f122b0",
};

static const struct rd_provider_send send_one = {
	.key = "rd.7",
	.to = "+447700900123",
	.body = "RD100001-K7QF: we will answer by 6 December 2026 \xE2\x80\x93 "
		"\xE2\x80\x9Chome\xE2\x80\x9D",
	.status_url = "https://sms.example.org/sms/line/status",
	.attempted_ms = 1795000000000, /* Wed, 18 Nov 2026 11:06:40 UTC */
	.now_ms = 1795000000000,
};

struct sent_row {
	const char *why;
	long status;
	const char *body;
	enum rd_send outcome;
	bool ours;
};

static inline void check_sent(const struct rd_provider *provider,
	const struct rd_provider_account *account, const struct sent_row *rows, size_t n,
	struct rd_arena *arena)
{
	for (size_t i = 0; i < n; i++) {
		struct rd_provider_sent sent;
		RD_CLEANUP(rd_http_response_free)
		struct rd_http_response response = answer(rows[i].status, rows[i].body);
		provider->read_sent(account, &send_one, &response, arena, &sent);
		if (sent.outcome != rows[i].outcome || sent.ours != rows[i].ours)
			print_error("%s\n", rows[i].why);
		assert_int_equal(sent.outcome, rows[i].outcome);
		assert_int_equal(sent.ours, rows[i].ours);
		if (sent.outcome == RD_SEND_DONE)
			assert_true(sent.id[0] != '\0');
	}
}

#endif

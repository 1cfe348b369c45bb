#include "redress/wire/providers/tray.h"

#include <stdio.h>
#include <string.h>

#include "redress/base/buf.h"
#include "redress/base/limits.h"
#include "redress/wire/providers/twilio.h"
#include "redress/wire/spool.h"

static enum rd_rc read_text(const struct rd_provider_account *account,
	const struct rd_webhook_request *request, struct rd_arena *arena,
	struct rd_provider_text *ret_text, struct rd_err *err)
{
	struct rd_form form;
	RD_TRY(rd_twilio_check(account->token, request, arena, &form, err));
	return rd_twilio_text(&form, account->account, arena, ret_text, err);
}

static enum rd_rc read_receipt(const struct rd_provider_account *account,
	const struct rd_webhook_request *request, struct rd_arena *arena,
	struct rd_provider_receipt *ret_receipt, struct rd_err *err)
{
	struct rd_form form;
	RD_TRY(rd_twilio_check(account->token, request, arena, &form, err));
	return rd_twilio_receipt(&form, account->account, arena, ret_receipt, err);
}

const struct rd_provider rd_tray = {
	.kind = "tray",
	.api_url = "",
	.needs = { .path = "/var/lib/redress/tray" },
	.answer_type = "text/xml",
	.answer_body = RD_TWILIO_ANSWER,
	.read_text = read_text,
	.read_receipt = read_receipt,
};

static enum rd_rc file_name(
	const char *key, char out[static RD_SPOOL_NAME_BYTES_MAX + 1], struct rd_err *err)
{
	int len = snprintf(out, RD_SPOOL_NAME_BYTES_MAX + 1, "%s.txt", key);
	for (char *at = strchr(out, '@'); at; at = strchr(at, '@'))
		*at = '_';
	if (len > RD_SPOOL_NAME_BYTES_MAX || !rd_spool_name_good(out))
		return rd_fail(err, RD_E_INPUT, "the row's key cannot be a file's name");
	return RD_OK;
}

enum rd_rc rd_tray_put(const struct rd_provider_account *account,
	const struct rd_provider_send *send, bool *ret_was_there, struct rd_err *err)
{
	char name[RD_SPOOL_NAME_BYTES_MAX + 1];
	RD_CLEANUP(rd_buf_free) struct rd_buf text = RD_BUF(RD_SMS_BYTES_MAX);
	RD_TRY(file_name(send->key, name, err));
	RD_TRY(rd_buf_printf(
		&text, err, "To: %s\nFrom: %s\n\n%s\n", send->to, account->number, send->body));
	RD_TRY(rd_spool_make_dir(account->path, err));
	enum rd_rc rc = rd_spool_put(account->path, NULL, name, rd_buf_str(&text), text.len, err);
	if (rc != RD_OK && rc != RD_E_EXISTS)
		return rc;
	*ret_was_there = rc == RD_E_EXISTS;
	return RD_OK;
}

enum rd_rc rd_tray_has(const struct rd_provider_account *account, const char *key, bool *ret_has,
	struct rd_err *err)
{
	char name[RD_SPOOL_NAME_BYTES_MAX + 1];
	RD_TRY(file_name(key, name, err));
	RD_TRY(rd_spool_make_dir(account->path, err));
	return rd_spool_has(account->path, name, ret_has, err);
}

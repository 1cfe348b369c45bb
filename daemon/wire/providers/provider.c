#include "redress/wire/providers/provider.h"

#include <string.h>

#include "redress/wire/providers/notify.h"
#include "redress/wire/providers/tray.h"
#include "redress/wire/providers/twilio.h"

const struct rd_provider *rd_provider_of(enum rd_texts_kind kind)
{
	static const struct rd_provider *const providers[RD_N_TEXTS_KINDS] = {
		[RD_TEXTS_TWILIO] = &rd_twilio,
		[RD_TEXTS_NOTIFY] = &rd_notify,
		[RD_TEXTS_TRAY] = &rd_tray,
	};
	RD_ASSERT(kind < RD_N_TEXTS_KINDS);
	return providers[kind];
}

void rd_provider_secrets_wipe(struct rd_provider_secrets *secrets)
{
	rd_secret_wipe(&secrets->token);
	rd_secret_wipe(&secrets->api_key);
}

static const char *or_none(const char *text)
{
	return text ? text : "";
}

enum rd_rc rd_provider_account_read(const struct rd_texts_config *texts,
	struct rd_provider_secrets *ret_secrets, struct rd_provider_account *ret_account,
	struct rd_err *err)
{
	ret_secrets->token.text[0] = '\0';
	ret_secrets->api_key.text[0] = '\0';
	if (texts->token.from != RD_SECRET_NONE)
		RD_TRY(rd_credential_read(&texts->token, &ret_secrets->token, err));
	if (texts->api_key.from != RD_SECRET_NONE)
		RD_TRY(rd_credential_read(&texts->api_key, &ret_secrets->api_key, err));
	const char *api_url = or_none(texts->api_url);
	*ret_account = (struct rd_provider_account){
		.name = or_none(texts->name),
		.number = or_none(texts->number),
		.account = or_none(texts->account),
		.template_id = or_none(texts->template_id),
		.api_url = api_url[0] ? api_url : rd_provider_of(texts->kind)->api_url,
		.path = or_none(texts->path),
		.token = ret_secrets->token.text,
		.api_key = ret_secrets->api_key.text,
	};
	return RD_OK;
}

const char *rd_provider_number(struct rd_arena *arena, const char *text, size_t len)
{
	char digits[32];
	size_t n = 0;
	bool plus = false;
	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		if (c >= '0' && c <= '9' && n < sizeof digits - 1)
			digits[n++] = c;
		else if (c == '+' && n == 0 && !plus)
			plus = true;
		else if (c != ' ' && c != '-' && c != '(' && c != ')')
			return rd_arena_copy(arena, text, len);
	}
	digits[n] = '\0';
	if (plus && n > 0)
		return rd_arena_printf(arena, "+%s", digits);
	if (n == 12 && strncmp(digits, "44", 2) == 0)
		return rd_arena_printf(arena, "+%s", digits);
	if (n == 11 && strncmp(digits, "07", 2) == 0)
		return rd_arena_printf(arena, "+44%s", digits + 1);
	return rd_arena_copy(arena, text, len);
}

#include "redress/wire/providers/provider.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "redress/wire/providers/encode.h"
#include "redress/wire/providers/esendex.h"
#include "redress/wire/providers/firetext.h"
#include "redress/wire/providers/notify.h"
#include "redress/wire/providers/tray.h"
#include "redress/wire/providers/twilio.h"
#include "redress/wire/providers/vonage.h"

const struct rd_provider *rd_provider_of(enum rd_texts_kind kind)
{
	static const struct rd_provider *const providers[RD_N_TEXTS_KINDS] = {
		[RD_TEXTS_TWILIO] = &rd_twilio,
		[RD_TEXTS_NOTIFY] = &rd_notify,
		[RD_TEXTS_TRAY] = &rd_tray,
		[RD_TEXTS_VONAGE] = &rd_vonage,
		[RD_TEXTS_FIRETEXT] = &rd_firetext,
		[RD_TEXTS_ESENDEX] = &rd_esendex,
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
	const char *number = or_none(texts->number);
	if (rd_phone_canonical(number, ret_secrets->number))
		number = ret_secrets->number; /* else a messaging service, a short code, a name */
	*ret_account = (struct rd_provider_account){
		.name = or_none(texts->name),
		.number = number,
		.account = or_none(texts->account),
		.user = or_none(texts->user),
		.template_id = or_none(texts->template_id),
		.api_url = api_url[0] ? api_url : rd_provider_of(texts->kind)->api_url,
		.path = or_none(texts->path),
		.signature = or_none(texts->signature),
		.token = ret_secrets->token.text,
		.api_key = ret_secrets->api_key.text,
	};
	return RD_OK;
}

const char *rd_provider_words(struct rd_arena *arena, const char *text, size_t len, size_t *ret_len)
{
	size_t n_nul = 0;
	for (size_t i = 0; i < len; i++)
		n_nul += text[i] == '\0';
	char *out = rd_arena_alloc(arena, len + 2 * n_nul + 1);
	if (!out)
		return NULL;
	size_t n = 0;
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\0') {
			memcpy(out + n, "\xEF\xBF\xBD", 3);
			n += 3;
		} else {
			out[n++] = text[i];
		}
	}
	out[n] = '\0';
	*ret_len = n;
	return out;
}

static bool letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool rd_provider_same_words(const char *a, const char *b)
{
	for (;;) {
		while (*a && !letter_or_digit(*a))
			a++;
		while (*b && !letter_or_digit(*b))
			b++;
		if (*a != *b)
			return false;
		if (!*a)
			return true;
		a++;
		b++;
	}
}

bool rd_provider_id_good(const char *id)
{
	size_t len = strlen(id);
	return len > 0 && len <= RD_PROVIDER_ID_BYTES_MAX &&
	       strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.") ==
		       len;
}

const char *rd_provider_media_type(const char *text)
{
	size_t len = strlen(text);
	for (size_t i = 0; i < len; i++)
		if (text[i] < ' ' || text[i] > '~')
			return "";
	return len <= RD_HTTP_TYPE_BYTES_MAX ? text : "";
}

void rd_provider_find(struct rd_provider_findings *findings, const char *sentence)
{
	if (sentence && findings->n < RD_PROVIDER_FINDINGS_MAX)
		findings->items[findings->n++] = sentence;
}

const char *rd_provider_utc(int64_t ms, char out[static RD_INSTANT_MAX])
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm = { 0 };
	gmtime_r(&seconds, &tm);
	if (strftime(out, RD_INSTANT_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		out[0] = '\0';
	return out;
}

int64_t rd_provider_instant(const char *text)
{
	char whole[48];
	size_t len = strlen(text);
	struct rd_err err = { 0 };
	int64_t ms = 0;
	if (len < sizeof "2026-11-22T10:53:00" - 1 || len > 40)
		return 0;
	const char *zone = strpbrk(text + 19, "Zz+-");
	bool bare_offset = zone && zone[0] != 'Z' && zone[0] != 'z' && strlen(zone) == 5;
	if (bare_offset)
		snprintf(whole, sizeof whole, "%.*s%.3s:%s", (int)(zone - text), text, zone,
			zone + 3);
	else
		snprintf(whole, sizeof whole, "%s%s", text, zone ? "" : "Z");
	return rd_instant_parse(whole, &ms, &err) == RD_OK ? ms : 0;
}

enum rd_rc rd_provider_unread(struct rd_provider_listed *listed, const char *id, const char *record,
	size_t len, int64_t sent_ms, struct rd_arena *arena, struct rd_err *err)
{
	char hex[RD_SHA256_HEX_SIZE];
	const char *copy;
	if (rd_provider_id_good(id)) {
		copy = rd_arena_strdup(arena, id);
	} else {
		rd_sha256_hex(record, len, hex);
		copy = rd_arena_printf(arena, "no-id-%.16s", hex);
	}
	if (!copy)
		return rd_fail(err, RD_E_RANGE, "the provider's list is too large");
	listed->unread[listed->n_unread++] =
		(struct rd_provider_unread){ .id = copy, .sent_ms = sent_ms };
	return RD_OK;
}

enum rd_rc rd_provider_list_failed(long status, struct rd_err *err)
{
	if (status == 401 || status == 403 || status == 404)
		return rd_fail(err, RD_E_REFUSED,
			"the provider answered HTTP %ld; check the account and its key", status);
	return rd_fail(err, RD_E_AGAIN, "the provider answered HTTP %ld", status);
}

const char *rd_provider_bare(const char *number)
{
	return number[0] == '+' ? number + 1 : number;
}

const char *rd_provider_msisdn(struct rd_arena *arena, const char *text, size_t len)
{
	/* E.164 6: fifteen digits at most; short codes are shorter than any number with its
	 * country. */
	if (len >= 10 && len <= 15 && text[0] != '0' && strspn(text, "0123456789") >= len)
		return rd_arena_printf(arena, "+%.*s", (int)len, text);
	return rd_provider_number(arena, text, len);
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

#include "redress/wire/providers/twilio_api.h"

#include <stdio.h>
#include <string.h>

#include "redress/base/date.h"
#include "redress/wire/providers/encode.h"
#include "redress/wire/providers/json.h"

#define CLOCK_SKEW_MS (2 * 60 * 1000)

static const char *base_path(const struct rd_provider_account *account, struct rd_arena *arena)
{
	return rd_arena_printf(arena, "%s/2010-04-01/Accounts/%s/Messages.json", account->api_url,
		rd_percent(arena, account->account));
}

static void authorise(const struct rd_provider_account *account, struct rd_http_request *request)
{
	request->user = account->account;
	request->password = account->token;
}

enum rd_rc rd_twilio_build_send(const struct rd_provider_account *account,
	const struct rd_provider_send *send, struct rd_arena *arena,
	struct rd_http_request *ret_request, struct rd_err *err)
{
	/* A number that starts MG is a messaging service, which picks the number itself. */
	bool service = strncmp(account->number, "MG", 2) == 0;
	const char *body = rd_arena_printf(arena, "To=%s&%s=%s&Body=%s%s%s",
		rd_percent(arena, send->to), service ? "MessagingServiceSid" : "From",
		rd_percent(arena, account->number), rd_percent(arena, send->body),
		send->status_url[0] ? "&StatusCallback=" : "", rd_percent(arena, send->status_url));
	struct rd_http_request request = {
		.method = "POST",
		.url = base_path(account, arena),
		.content_type = "application/x-www-form-urlencoded",
		.body = body,
		.body_len = body ? strlen(body) : 0,
	};
	if (rd_arena_overflowed(arena))
		return rd_fail(err, RD_E_RANGE, "the text is too large to send");
	authorise(account, &request);
	*ret_request = request;
	return RD_OK;
}

/* A 400 that is not the recipient's: our number, service or account. */
static bool is_ours(int64_t code)
{
	static const int64_t codes[] = {
		20003, /* authentication */
		21212, /* From is not a number of ours */
		21408, /* the account may not send to that country */
		21603, /* no From */
		21606, /* From cannot send texts */
		21659, /* From is not Twilio's */
		21660, /* From is of another account */
		21701, /* the messaging service is not there */
		21703, /* it has no numbers */
		30002, /* the account is suspended */
	};
	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
		if (codes[i] == code)
			return true;
	return false;
}

void rd_twilio_read_sent(const struct rd_provider_account *account,
	const struct rd_provider_send *send, const struct rd_http_response *response,
	struct rd_arena *arena, struct rd_provider_sent *ret_sent)
{
	(void)account;
	(void)send;
	struct rd_provider_sent sent = {
		.outcome = RD_SEND_UNCERTAIN, .id = "", .body = "", .template_id = ""
	};
	RD_CLEANUP(rd_json_free) json_t *root = rd_json_answer(response);
	int64_t code = json_integer_value(json_object_get(root, "code"));
	long status = response->status;
	if (code)
		snprintf(sent.response, sizeof sent.response, "HTTP %ld, code %lld", status,
			(long long)code);
	else
		snprintf(sent.response, sizeof sent.response, "HTTP %ld", status);
	if (status >= 200 && status < 300) {
		const char *id = rd_json_word(root, "sid");
		if (rd_provider_id_good(id)) {
			const char *id_copy = rd_arena_strdup(arena, id);
			const char *body = rd_arena_strdup(arena, rd_json_word(root, "body"));
			sent.id = id_copy ? id_copy : "";
			sent.body = body ? body : "";
			sent.outcome = RD_SEND_DONE;
			snprintf(sent.response, sizeof sent.response, "HTTP %ld %.40s", status, id);
		}
	} else if (status == 429 || status == 401 || status == 403 || status == 404 ||
		   (status >= 300 && status < 400) || (status == 400 && is_ours(code))) {
		sent.outcome = RD_SEND_AGAIN;
		sent.ours = status != 429;
		sent.wait_ms = response->retry_after_s * 1000;
	} else if (status >= 400 && status < 500) {
		sent.outcome = RD_SEND_REFUSED;
		sent.opted_out = code == RD_TWILIO_OPTED_OUT_CODE;
	}
	*ret_sent = sent;
}

enum rd_rc rd_twilio_build_ask(const struct rd_provider_account *account,
	const struct rd_provider_send *send, const char *next_url, struct rd_arena *arena,
	struct rd_http_request *ret_request, struct rd_err *err)
{
	const char *url = next_url
				  ? next_url
				  : rd_arena_printf(arena, "%s?To=%s&PageSize=50",
					    base_path(account, arena), rd_percent(arena, send->to));
	struct rd_http_request request = { .method = "GET", .url = url };
	if (rd_arena_overflowed(arena))
		return rd_fail(err, RD_E_RANGE, "the question is too large to ask");
	authorise(account, &request);
	*ret_request = request;
	return RD_OK;
}

/* "Fri, 24 May 2019 17:44:50 +0000" (RFC 5322 3.3, UTC as Twilio writes it). */
bool rd_twilio_date(const char *text, int64_t *ret_ms)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	int day;
	int year;
	int hour;
	int minute;
	int second;
	char month[4];
	char instant[RD_INSTANT_MAX + 48];
	struct rd_err err = { 0 };
	const char *comma = strchr(text, ',');
	if (!comma || strlen(text) > 40 ||
		sscanf(comma + 1, "%2d %3[A-Za-z] %4d %2d:%2d:%2d", &day, month, &year, &hour,
			&minute, &second) != 6 ||
		strlen(month) != 3)
		return false;
	const char *at = strstr(months, month);
	if (!at || (at - months) % 3 != 0)
		return false;
	snprintf(instant, sizeof instant, "%04d-%02d-%02dT%02d:%02d:%02dZ", year,
		(int)(at - months) / 3 + 1, day, hour, minute, second);
	return rd_instant_parse(instant, ret_ms, &err) == RD_OK;
}

bool rd_twilio_next(const struct rd_provider_account *account, const json_t *root,
	struct rd_arena *arena, const char **ret_url)
{
	const json_t *next = json_object_get(root, "next_page_uri");
	const char *path = rd_json_word(root, "next_page_uri");
	*ret_url = NULL;
	if (!next || json_is_null(next) || (json_is_string(next) && !json_string_length(next)))
		return true;
	if (path[0] != '/')
		return false;
	*ret_url = rd_arena_printf(arena, "%s%s", account->api_url, path);
	return *ret_url != NULL;
}

enum rd_rc rd_twilio_read_asked(const struct rd_provider_account *account,
	const struct rd_provider_send *send, const struct rd_http_response *response,
	struct rd_arena *arena, struct rd_provider_asked *ret_asked, struct rd_err *err)
{
	struct rd_provider_asked asked = { .answer = RD_ASKED_ABSENT, .id = "", .body = "" };
	if (response->status != 200)
		return rd_fail(err, RD_E_AGAIN, "the provider answered HTTP %ld", response->status);
	RD_CLEANUP(rd_json_free) json_t *root = rd_json_answer(response);
	const json_t *messages = json_object_get(root, "messages");
	if (!json_is_array(messages))
		return rd_fail(err, RD_E_AGAIN, "the provider's list cannot be read");
	bool older = false;
	size_t i;
	json_t *m;
	json_array_foreach(messages, i, m)
	{
		int64_t created_ms = 0;
		if (strncmp(rd_json_word(m, "direction"), "outbound", 8) != 0)
			continue;
		if (!rd_twilio_date(rd_json_word(m, "date_created"), &created_ms)) {
			asked.answer = RD_ASKED_UNCLEAR; /* one that cannot be placed in time */
			continue;
		}
		if (created_ms < send->attempted_ms - CLOCK_SKEW_MS) {
			older = true;
			continue;
		}
		if (!rd_provider_same_words(rd_json_word(m, "body"), send->body))
			continue;
		asked.answer = RD_ASKED_FOUND;
		asked.id = rd_arena_strdup(arena, rd_json_word(m, "sid"));
		asked.body = rd_arena_strdup(arena, rd_json_word(m, "body"));
		if (!asked.id || !asked.body)
			return rd_fail(err, RD_E_RANGE, "the provider's list is too large");
		*ret_asked = asked;
		return RD_OK;
	}
	if (!older && !rd_twilio_next(account, root, arena, &asked.next_url))
		asked.answer = RD_ASKED_UNCLEAR; /* there is more, and it cannot be seen */
	if (asked.next_url && asked.answer == RD_ASKED_ABSENT)
		asked.answer = RD_ASKED_MORE;
	*ret_asked = asked;
	return RD_OK;
}

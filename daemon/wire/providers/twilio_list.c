#include "redress/wire/providers/twilio_list.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "redress/base/limits.h"
#include "redress/wire/providers/json.h"
#include "redress/wire/providers/twilio_api.h"

#define PAGE	  200
#define MEDIA_END "/Media.json"

/* ---- the list ---- */

/* A number that starts MG is a messaging service, not a number. */
static bool is_service(const struct rd_provider_account *account)
{
	return strncmp(account->number, "MG", 2) == 0;
}

enum rd_rc rd_twilio_build_list(const struct rd_provider_account *account,
	const struct rd_provider_window *window, const char *next_url, struct rd_arena *arena,
	struct rd_http_request *ret_request, struct rd_err *err)
{
	char from[RD_INSTANT_MAX];
	bool service = is_service(account);
	rd_provider_utc(window->from_ms, from);
	struct rd_http_request request = {
		.method = "GET",
		.url = next_url ? next_url
				: rd_arena_printf(arena,
					  "%s/2010-04-01/Accounts/%s/Messages.json?%s%s%s"
					  "DateSent%%3E=%.10s&PageSize=%d",
					  account->api_url, rd_percent(arena, account->account),
					  service ? "" : "To=",
					  service ? "" : rd_percent(arena, account->number),
					  service ? "" : "&", from, PAGE),
		.user = account->account,
		.password = account->token,
	};
	if (rd_arena_overflowed(arena))
		return rd_fail(err, RD_E_RANGE, "the question is too large to ask");
	*ret_request = request;
	return RD_OK;
}

/* Where the pictures of a listed text are told. */
static enum rd_rc take_media(const struct rd_provider_account *account, const json_t *m,
	struct rd_arena *arena, struct rd_provider_text *text, struct rd_err *err)
{
	text->n_media = (int)strtol(rd_json_word(m, "num_media"), NULL, 10);
	if (text->n_media <= 0)
		return RD_OK;
	struct rd_provider_media *media = rd_arena_alloc(arena, sizeof *media);
	if (!media)
		return rd_fail(err, RD_E_RANGE, "the provider's list is too large");
	media->url = rd_arena_printf(arena, "%s/2010-04-01/Accounts/%s/Messages/%s" MEDIA_END,
		account->api_url, rd_percent(arena, account->account), text->id);
	media->type = "";
	text->media = media;
	text->n_media = 1;
	return media->url ? RD_OK : rd_fail(err, RD_E_RANGE, "the provider's list is too large");
}

static enum rd_rc take_text(const struct rd_provider_account *account, const json_t *m,
	struct rd_arena *arena, struct rd_provider_listed *listed, struct rd_err *err)
{
	struct rd_provider_text text = { .n_media = 0 };
	const json_t *words = json_object_get(m, "body");
	const char *from = rd_json_word(m, "from");
	const char *to = rd_json_word(m, "to");
	const char *date = rd_json_word(m, "date_sent");
	if (!rd_twilio_date(date[0] ? date : rd_json_word(m, "date_created"), &text.sent_ms))
		text.sent_ms = 0;
	if (!rd_provider_id_good(rd_json_word(m, "sid")) || !from[0] ||
		strlen(from) > RD_ADDRESS_BYTES_MAX || strlen(to) > RD_ADDRESS_BYTES_MAX ||
		!json_is_string(words) || json_string_length(words) > RD_SMS_BYTES_MAX)
		return rd_json_unread(listed, rd_json_word(m, "sid"), m, text.sent_ms, arena, err);
	text.id = rd_arena_strdup(arena, rd_json_word(m, "sid"));
	text.from = rd_provider_number(arena, from, strlen(from));
	text.to = rd_provider_number(arena, to, strlen(to));
	text.body = rd_provider_words(
		arena, json_string_value(words), json_string_length(words), &text.body_len);
	if (rd_arena_overflowed(arena))
		return rd_fail(err, RD_E_RANGE, "the provider's list is too large");
	RD_TRY(take_media(account, m, arena, &text, err));
	listed->texts[listed->n_texts++] = text;
	return RD_OK;
}

/* "receiving" is not yet whole: it comes by the webhook, or at the next look. The list of an
 * account whose number is a messaging service is that of the whole account: what came to its other
 * numbers is none of ours. */
static bool is_ours(const struct rd_provider_account *account, const json_t *m)
{
	if (strcmp(rd_json_word(m, "direction"), "inbound") != 0 ||
		strcmp(rd_json_word(m, "status"), "receiving") == 0)
		return false;
	return !is_service(account) ||
	       strcmp(rd_json_word(m, "messaging_service_sid"), account->number) == 0;
}

enum rd_rc rd_twilio_read_list(const struct rd_provider_account *account,
	const struct rd_provider_window *window, const char *url,
	const struct rd_http_response *response, struct rd_arena *arena,
	struct rd_provider_listed *ret_listed, struct rd_err *err)
{
	struct rd_provider_listed listed = { .n_texts = 0 };
	(void)window;
	(void)url;
	if (response->status != 200)
		return rd_provider_list_failed(response->status, err);
	RD_CLEANUP(rd_json_free) json_t *root = rd_json_answer(response);
	const json_t *messages = json_object_get(root, "messages");
	if (!json_is_array(messages))
		return rd_fail(err, RD_E_AGAIN, "the provider's list cannot be read");
	size_t n = json_array_size(messages);
	listed.texts = rd_arena_array(arena, n + 1, sizeof *listed.texts);
	listed.unread = rd_arena_array(arena, n + 1, sizeof *listed.unread);
	if (!listed.texts || !listed.unread)
		return rd_fail(err, RD_E_RANGE, "the provider's list is too large");
	size_t i;
	json_t *m;
	json_array_foreach(messages, i, m)
	{
		if (is_ours(account, m))
			RD_TRY(take_text(account, m, arena, &listed, err));
	}
	if (!rd_twilio_next(account, root, arena, &listed.next_url))
		return rd_fail(
			err, RD_E_AGAIN, "the provider's list goes on where it cannot be read");
	*ret_listed = listed;
	return RD_OK;
}

/* ---- pictures ---- */

enum rd_rc rd_twilio_media(const struct rd_form *form, struct rd_arena *arena,
	struct rd_provider_text *text, struct rd_err *err)
{
	int n = text->n_media < RD_MEDIA_MAX ? text->n_media : RD_MEDIA_MAX;
	if (n <= 0)
		return RD_OK;
	struct rd_provider_media *media = rd_arena_array(arena, (size_t)n, sizeof *media);
	if (!media)
		return rd_fail(err, RD_E_RANGE, "the text is too large");
	int n_found = 0;
	for (int i = 0; i < n; i++) {
		char name[32];
		snprintf(name, sizeof name, "MediaUrl%d", i);
		const struct rd_form_field *url = rd_form_find(form, name);
		snprintf(name, sizeof name, "MediaContentType%d", i);
		const struct rd_form_field *type = rd_form_find(form, name);
		if (!url || !url->value[0] || strlen(url->value) > RD_HTTP_URL_BYTES_MAX)
			continue; /* the words are worth more than their picture */
		media[n_found].url = url->value;
		media[n_found++].type = type ? rd_provider_media_type(type->value) : "";
	}
	if (n_found > 0) {
		text->media = media;
		text->n_unplaced = text->n_media - n_found;
		text->n_media = n_found;
	}
	return RD_OK;
}

static void free_url(CURLU **url)
{
	curl_url_cleanup(*url);
}

static void free_text(char **text)
{
	curl_free(*text);
}

/* The host of a plain https address: without a user, a port or a backslash, which one reader takes
 * for a part of the name and another for its end. NULL: anything else. */
static const char *plain_host(const char *url, struct rd_arena *arena)
{
	static const char scheme[] = "https://";
	if (strncmp(url, scheme, sizeof scheme - 1) != 0)
		return NULL;
	const char *authority = url + sizeof scheme - 1;
	size_t len = strcspn(authority, "/?#");
	if (strcspn(authority, "@\\:[]") < len)
		return NULL;
	RD_CLEANUP(free_url) CURLU *parts = curl_url();
	RD_CLEANUP(free_text) char *host = NULL;
	RD_ASSERT(parts);
	if (curl_url_set(parts, CURLUPART_URL, url, 0) != CURLUE_OK ||
		curl_url_get(parts, CURLUPART_HOST, &host, 0) != CURLUE_OK)
		return NULL;
	return rd_arena_strdup(arena, host);
}

/* Where in host the domain begins, with the dot before it; NULL: it is no name below it. */
static const char *below(const char *host, const char *domain)
{
	size_t len = strlen(host);
	size_t n = strlen(domain);
	const char *at = len > n + 1 ? host + len - n - 1 : NULL;
	return at && at[0] == '.' && strcasecmp(at + 1, domain) == 0 ? at : NULL;
}

/* A store of files at Amazon: [BUCKET.]s3.REGION or [BUCKET.]s3 or s3-REGION below its domain.
 * Anybody's machines and balancers have names there too. */
static bool is_s3(const char *host)
{
	const char *end = below(host, "amazonaws.com");
	const char *label = end;
	if (!end)
		return false;
	for (int i = 0; i < 2; i++) {
		const char *stop = label;
		while (label > host && label[-1] != '.')
			label--;
		size_t len = (size_t)(stop - label);
		if (len == 2 && strncasecmp(label, "s3", 2) == 0)
			return true;
		if (i == 0 && len > 3 && strncasecmp(label, "s3-", 3) == 0)
			return true;
		/* eu-west-1: every region has a hyphen, no service stands before it but s3 */
		if (label == host || !memchr(label, '-', len))
			return false;
		label--;
	}
	return false;
}

enum rd_rc rd_twilio_build_media(const struct rd_provider_account *account, const char *url,
	struct rd_arena *arena, struct rd_http_request *ret_request, struct rd_err *err)
{
	size_t own = strlen(account->api_url);
	struct rd_http_request request = { .method = "GET", .url = url, .accept = "*/*" };
	if (strncmp(url, account->api_url, own) == 0 && url[own] == '/') {
		request.user = account->account;
		request.password = account->token;
		*ret_request = request;
		return RD_OK;
	}
	const char *host = plain_host(url, arena);
	if (!host || (!below(host, "twilio.com") && !below(host, "twiliocdn.com") && !is_s3(host)))
		return rd_fail(err, RD_E_REFUSED, "a picture that is not kept by the provider");
	request.public_only = true;
	*ret_request = request;
	return RD_OK;
}

enum rd_rc rd_twilio_read_media_list(const struct rd_provider_account *account, const char *url,
	const struct rd_http_response *response, struct rd_arena *arena,
	const struct rd_provider_media **ret_media, size_t *ret_n, struct rd_err *err)
{
	size_t len = strlen(url);
	size_t end = sizeof MEDIA_END - 1;
	*ret_n = 0;
	if (len < end || strcmp(url + len - end, MEDIA_END) != 0)
		return RD_OK;
	RD_CLEANUP(rd_json_free) json_t *root = rd_json_answer(response);
	const json_t *list = json_object_get(root, "media_list");
	size_t n = json_array_size(list);
	if (!json_is_array(list) || n == 0)
		return rd_fail(err, RD_E_AGAIN, "the list of a text's pictures cannot be read");
	if (n > RD_MEDIA_MAX)
		n = RD_MEDIA_MAX;
	struct rd_provider_media *media = rd_arena_array(arena, n, sizeof *media);
	for (size_t i = 0; media && i < n; i++) {
		const json_t *one = json_array_get(list, i);
		const char *path = rd_json_word(one, "uri");
		size_t path_len = strlen(path);
		/* "....json" describes it; without, it is the picture. */
		if (path_len > 5 && strcmp(path + path_len - 5, ".json") == 0)
			path_len -= 5;
		if (path[0] != '/')
			return rd_fail(
				err, RD_E_AGAIN, "the list of a text's pictures cannot be read");
		media[i].url =
			rd_arena_printf(arena, "%s%.*s", account->api_url, (int)path_len, path);
		media[i].type = rd_arena_strdup(
			arena, rd_provider_media_type(rd_json_word(one, "content_type")));
	}
	if (rd_arena_overflowed(arena))
		return rd_fail(err, RD_E_RANGE, "the list of a text's pictures is too large");
	*ret_media = media;
	*ret_n = n;
	return RD_OK;
}

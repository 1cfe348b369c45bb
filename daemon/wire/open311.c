#include "redress/wire/open311.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "redress/base/date.h"
#include "redress/store/open311.h"
#include "redress/wire/providers/encode.h"
#include "redress/wire/providers/json.h"

#define FORM_TYPE "application/x-www-form-urlencoded; charset=utf-8"

/* --- what is told --- */

const char *rd_open311_code(
	const struct rd_open311_config *config, const char *const *topics, size_t n_topics)
{
	for (size_t i = 0; i < n_topics; i++)
		for (size_t k = 0; k < config->n_services; k++)
			if (strcasecmp(topics[i], config->services[k].topic) == 0)
				return config->services[k].code;
	return config->default_service;
}

/* Where a text of more bytes may be cut: before a character, not in it. */
static size_t cut_at(const char *text, size_t most)
{
	size_t len = strlen(text);

	if (len <= most)
		return len;
	len = most;
	while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	return len;
}

const char *rd_open311_description(const char *const *topics, size_t n_topics,
	const char *reference, const char *words, struct rd_arena *arena)
{
	const char *about = "A service request";
	char *text;

	for (size_t i = 0; i < n_topics && about != NULL; i++)
		about = i == 0 ? topics[0] : rd_arena_printf(arena, "%s; %s", about, topics[i]);
	text = rd_arena_printf(arena, "%s. Our reference: %s.%s%s", about ? about : "", reference,
		words[0] ? "\n\n" : "", words);
	if (text != NULL)
		text[cut_at(text, RD_OPEN311_DESCRIPTION_MAX)] = '\0';
	return text;
}

/* --- requests --- */

static enum rd_rc full(struct rd_err *err)
{
	return rd_fail(err, RD_E_RANGE, "the request is too long");
}

/* "&name=value" behind what there is. */
static const char *with(
	struct rd_arena *arena, const char *form, const char *name, const char *value)
{
	if (form == NULL || value[0] == '\0')
		return form;
	return rd_arena_printf(arena, "%s%s%s=%s", form, form[0] ? "&" : "",
		rd_percent(arena, name), rd_percent(arena, value));
}

static void prepare(
	const struct rd_open311_config *config, const char *method, struct rd_http_request *request)
{
	*request = (struct rd_http_request){ .method = method,
		.public_only = !config->allow_internal };
}

static enum rd_rc get(const struct rd_open311_config *config, const char *path, const char *query,
	struct rd_arena *arena, struct rd_http_request *ret_request, struct rd_err *err)
{
	query = with(arena, query, "jurisdiction_id", config->jurisdiction);
	prepare(config, "GET", ret_request);
	ret_request->url = query == NULL ? NULL
					 : rd_arena_printf(arena, "%s%s%s%s", config->url, path,
						   query[0] ? "?" : "", query);
	return ret_request->url && !rd_arena_overflowed(arena) ? RD_OK : full(err);
}

static enum rd_rc post(const struct rd_open311_config *config, const char *form,
	struct rd_arena *arena, struct rd_http_request *ret_request, struct rd_err *err)
{
	prepare(config, "POST", ret_request);
	ret_request->url = rd_arena_printf(arena, "%s/requests.json", config->url);
	ret_request->content_type = FORM_TYPE;
	ret_request->body = form;
	ret_request->body_len = form != NULL ? strlen(form) : 0;
	return ret_request->url && form && !rd_arena_overflowed(arena) ? RD_OK : full(err);
}

enum rd_rc rd_open311_build_post(const struct rd_open311_config *config, const char *api_key,
	const char *code, const char *description, const char *reference, struct rd_arena *arena,
	struct rd_http_request *ret_request, struct rd_err *err)
{
	const char *form = "";

	if (description == NULL)
		return full(err);
	form = with(arena, form, "api_key", api_key);
	form = with(arena, form, "jurisdiction_id", config->jurisdiction);
	form = with(arena, form, "service_code", code);
	form = with(arena, form, "address_string", config->address);
	form = with(arena, form, "description", description);
	if (config->attribute[0] != '\0') {
		const char *name = rd_arena_printf(arena, "attribute[%s]", config->attribute);
		form = name != NULL ? with(arena, form, name, reference) : NULL;
	}
	return post(config, form, arena, ret_request, err);
}

enum rd_rc rd_open311_build_token(const struct rd_open311_config *config, const char *token,
	struct rd_arena *arena, struct rd_http_request *ret_request, struct rd_err *err)
{
	const char *path = rd_arena_printf(arena, "/tokens/%s.json", rd_percent(arena, token));

	return path ? get(config, path, "", arena, ret_request, err) : full(err);
}

enum rd_rc rd_open311_build_list(const struct rd_open311_config *config, const char *code,
	int64_t from_ms, struct rd_arena *arena, struct rd_http_request *ret_request,
	struct rd_err *err)
{
	char from[RD_INSTANT_MAX];
	const char *query = with(arena, "", "service_code", code);

	query = with(arena, query, "start_date", rd_instant_format(from_ms, from));
	return get(config, "/requests.json", query, arena, ret_request, err);
}

enum rd_rc rd_open311_build_status(const struct rd_open311_config *config, const char *request_id,
	struct rd_arena *arena, struct rd_http_request *ret_request, struct rd_err *err)
{
	const char *path =
		rd_arena_printf(arena, "/requests/%s.json", rd_percent(arena, request_id));

	return path ? get(config, path, "", arena, ret_request, err) : full(err);
}

enum rd_rc rd_open311_build_services(const struct rd_open311_config *config, struct rd_arena *arena,
	struct rd_http_request *ret_request, struct rd_err *err)
{
	return get(config, "/services.json", "", arena, ret_request, err);
}

enum rd_rc rd_open311_build_definition(const struct rd_open311_config *config, const char *code,
	struct rd_arena *arena, struct rd_http_request *ret_request, struct rd_err *err)
{
	const char *path = rd_arena_printf(arena, "/services/%s.json", rd_percent(arena, code));

	return path ? get(config, path, "", arena, ret_request, err) : full(err);
}

enum rd_rc rd_open311_build_discovery(const struct rd_open311_config *config,
	struct rd_arena *arena, struct rd_http_request *ret_request, struct rd_err *err)
{
	return get(config, "/discovery.json", "", arena, ret_request, err);
}

enum rd_rc rd_open311_build_key_trial(const struct rd_open311_config *config, const char *api_key,
	struct rd_buf *form, struct rd_arena *arena, struct rd_http_request *ret_request,
	struct rd_err *err)
{
	RD_TRY(rd_form_add(form, "api_key", api_key, err));
	if (config->jurisdiction[0] != '\0')
		RD_TRY(rd_form_add(form, "jurisdiction_id", config->jurisdiction, err));
	return post(config, rd_buf_str(form), arena, ret_request, err);
}

/* --- answers --- */

/* A member that servers write as a string or as a number; "" where it is neither, or no id. */
static const char *id_of(const json_t *object, const char *name, struct rd_arena *arena)
{
	const json_t *member = json_object_get(object, name);
	const char *text = rd_json_word(object, name);

	if (json_is_integer(member))
		text = rd_arena_printf(arena, "%lld", (long long)json_integer_value(member));
	if (text == NULL || strlen(text) > RD_OPEN311_ID_MAX)
		return "";
	for (const char *c = text; *c != '\0'; c++)
		if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f)
			return "";
	return rd_arena_strdup(arena, text);
}

/* The list that answers are; some servers put it into an object. */
static const json_t *list_of(const json_t *json, const char *within)
{
	const json_t *inner = json_object_get(json, within);

	return inner != NULL ? inner : json;
}

static enum rd_open311_posted outcome_of(long status)
{
	if (status == 401 || status == 403 || status == 404 || (status >= 300 && status < 400))
		return RD_POSTED_OURS;
	if (status == 429 || status == 503)
		return RD_POSTED_AGAIN;
	return status >= 400 && status < 500 ? RD_POSTED_REFUSED : RD_POSTED_UNCERTAIN;
}

struct rd_open311_answer rd_open311_read_posted(
	const struct rd_http_response *response, struct rd_arena *arena)
{
	RD_CLEANUP(rd_json_free) json_t *json = NULL;
	struct rd_open311_answer answer = { .outcome = outcome_of(response->status), .text = "" };
	const json_t *first;

	if (response->status < 200 || response->status >= 300)
		return answer;
	json = rd_json_answer(response);
	first = json_array_get(list_of(json, "service_requests"), 0);
	answer.outcome = RD_POSTED_TAKEN;
	answer.text = id_of(first, "service_request_id", arena);
	if (answer.text != NULL && answer.text[0] == '\0') {
		answer.outcome = RD_POSTED_TOKEN;
		answer.text = id_of(first, "token", arena);
	}
	if (answer.text == NULL || answer.text[0] == '\0')
		answer = (struct rd_open311_answer){ RD_POSTED_UNCERTAIN, "" };
	return answer;
}

const char *rd_open311_read_token(
	const struct rd_http_response *response, const char *token, struct rd_arena *arena)
{
	RD_CLEANUP(rd_json_free) json_t *json = NULL;
	const json_t *one;
	size_t i;

	if (response->status != 200)
		return NULL;
	json = rd_json_answer(response);
	json_array_foreach(list_of(json, "service_requests"), i, one)
	{
		const char *theirs = id_of(one, "token", arena);
		const char *id = id_of(one, "service_request_id", arena);

		if (theirs != NULL && id != NULL && id[0] != '\0' && strcmp(theirs, token) == 0)
			return id;
	}
	return NULL;
}

/* Our reference, and not the beginning of a longer one. */
static bool names(const json_t *request, const char *reference)
{
	const char *found = strstr(rd_json_word(request, "description"), reference);

	return found != NULL && (found[strlen(reference)] < '0' || found[strlen(reference)] > '9');
}

enum rd_open311_listed rd_open311_read_list(const struct rd_http_response *response,
	const char *reference, struct rd_arena *arena, const char **ret_id)
{
	RD_CLEANUP(rd_json_free) json_t *json = NULL;
	const json_t *list, *one;
	size_t i;

	*ret_id = "";
	if (response->status != 200)
		return RD_LISTED_UNCLEAR;
	json = rd_json_answer(response);
	list = list_of(json, "service_requests");
	if (!json_is_array(list))
		return RD_LISTED_UNCLEAR;
	json_array_foreach(list, i, one)
	{
		const char *id = id_of(one, "service_request_id", arena);

		if (names(one, reference) && id != NULL && id[0] != '\0') {
			*ret_id = id;
			return RD_LISTED_FOUND;
		}
	}
	return RD_LISTED_ABSENT;
}

enum rd_open311_status rd_open311_read_status(const struct rd_http_response *response)
{
	RD_CLEANUP(rd_json_free) json_t *json = NULL;
	const json_t *first;
	const char *status;

	if (response->status != 200)
		return RD_REQUEST_UNCLEAR;
	json = rd_json_answer(response);
	first = json_array_get(list_of(json, "service_requests"), 0);
	status = rd_json_word(first, "status");
	if (strcasecmp(status, "closed") == 0)
		return RD_REQUEST_CLOSED;
	return strcasecmp(status, "open") == 0 ? RD_REQUEST_OPEN : RD_REQUEST_UNCLEAR;
}

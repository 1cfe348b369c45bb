#include "redress/wire/open311_services.h"

#include <string.h>
#include <strings.h>

#include "redress/wire/providers/json.h"

/* What servers write as a string or as a number; NULL where it is neither, or cannot be told. */
static const char *code_of(const json_t *object, const char *name, struct rd_arena *arena)
{
	const json_t *member = json_object_get(object, name);
	const char *text = rd_json_word(object, name);

	if (json_is_integer(member))
		return rd_arena_printf(arena, "%lld", (long long)json_integer_value(member));
	if (text[0] == '\0' || strlen(text) > RD_OPEN311_CODE_MAX)
		return NULL;
	for (const char *c = text; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return NULL;
	return rd_arena_strdup(arena, text);
}

/* true, "true": both are met. */
static bool is_true(const json_t *object, const char *name)
{
	return json_is_true(json_object_get(object, name)) ||
	       strcasecmp(rd_json_word(object, name), "true") == 0;
}

/* A list, or what holds it under that name, alone or in a list of one. */
static const json_t *list_within(const json_t *json, const char *name)
{
	const json_t *inner = json_object_get(json, name);

	if (inner == NULL)
		inner = json_object_get(json_array_get(json, 0), name);
	return inner != NULL ? inner : json;
}

bool rd_open311_read_services(const struct rd_http_response *response, struct rd_arena *arena,
	struct rd_open311_offer **ret_offers, size_t *ret_n)
{
	RD_CLEANUP(rd_json_free) json_t *json = rd_json_answer(response);
	const json_t *list = list_within(json, "services"), *one;
	struct rd_open311_offer *offers;
	size_t i, n = 0;

	if (!json_is_array(list))
		return false;
	offers = rd_arena_array(arena, RD_OPEN311_OFFERS_MAX, sizeof *offers);
	if (offers == NULL)
		return false;
	json_array_foreach(list, i, one)
	{
		const char *code = code_of(one, "service_code", arena);

		if (code != NULL && n < RD_OPEN311_OFFERS_MAX)
			offers[n++] = (struct rd_open311_offer){ code, is_true(one, "metadata"),
				strcasecmp(rd_json_word(one, "type"), "blackbox") == 0 };
	}
	if (json_array_size(list) > 0 && n == 0)
		return false; /* a list of something else */
	*ret_offers = offers;
	*ret_n = n;
	return true;
}

static bool is_text(const json_t *attribute)
{
	const char *type = rd_json_word(attribute, "datatype");

	return type[0] == '\0' || strcasecmp(type, "string") == 0 || strcasecmp(type, "text") == 0;
}

/* `variable` false: a line of information, nothing to fill in. */
static bool is_asked(const json_t *attribute)
{
	const json_t *variable = json_object_get(attribute, "variable");

	return variable == NULL || is_true(attribute, "variable");
}

bool rd_open311_read_definition(const struct rd_http_response *response, struct rd_arena *arena,
	struct rd_open311_attribute **ret_attributes, size_t *ret_n)
{
	RD_CLEANUP(rd_json_free) json_t *json = rd_json_answer(response);
	const json_t *list = list_within(list_within(json, "service_definition"), "attributes");
	struct rd_open311_attribute *attributes;
	const json_t *one;
	size_t i, n = 0;

	if (response->status != 200 || !json_is_array(list))
		return false;
	attributes = rd_arena_array(arena, RD_OPEN311_ATTRIBUTES_MAX, sizeof *attributes);
	if (attributes == NULL)
		return false;
	json_array_foreach(list, i, one)
	{
		const char *code = code_of(one, "code", arena);

		if (code != NULL && is_asked(one) && n < RD_OPEN311_ATTRIBUTES_MAX)
			attributes[n++] = (struct rd_open311_attribute){ code,
				is_true(one, "required"), is_text(one) };
	}
	*ret_attributes = attributes;
	*ret_n = n;
	return true;
}

const char *rd_open311_read_discovery(
	const struct rd_http_response *response, struct rd_arena *arena)
{
	RD_CLEANUP(rd_json_free) json_t *json = rd_json_answer(response);
	const json_t *one;
	size_t i;

	if (response->status != 200)
		return "";
	json_array_foreach(list_within(json, "endpoints"), i, one)
	{
		const char *url = code_of(one, "url", arena);

		if (url != NULL && strcasecmp(rd_json_word(one, "type"), "test") != 0)
			return url;
	}
	return "";
}

/* Some answer 400 to whatever is wrong and say inside which of it. */
static bool names_key(const struct rd_http_response *response)
{
	RD_CLEANUP(rd_json_free) json_t *json = rd_json_answer(response);
	const json_t *one;
	size_t i;

	json_array_foreach(list_within(json, "errors"), i, one)
	{
		const json_int_t code = json_integer_value(json_object_get(one, "code"));

		if (code == 401 || code == 403 || strncmp(rd_json_word(one, "code"), "403", 3) == 0)
			return true;
	}
	return false;
}

enum rd_open311_key rd_open311_read_key_trial(const struct rd_http_response *response)
{
	if (response->status == 401 || response->status == 403 || names_key(response))
		return RD_KEY_REFUSED;
	return response->status == 400 || response->status == 404 || response->status == 422
		       ? RD_KEY_TAKEN
		       : RD_KEY_UNCLEAR;
}

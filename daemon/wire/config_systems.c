/* The stanzas for the landlord's own systems. */
#include "redress/wire/config_fields.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "redress/wire/http.h"

#define HOST_BYTES_MAX 255

const char *const rd_api_role_names[RD_N_API_ROLES + 1] = { "reader", "officer", "manager", NULL };

static const char *const yes_or_no[] = { "no", "yes", NULL };

static enum rd_rc read_yes(const struct rd_reading *r, const char *field, bool *ret_yes)
{
	int chosen = *ret_yes ? 1 : 0;

	RD_TRY(rd_reading_choice(r, field, yes_or_no, &chosen));
	*ret_yes = chosen == 1;
	return RD_OK;
}

/* --- addresses --- */

/* The host of "https://host:port/path", without brackets. */
static bool host_of(const char *rest, char out[static HOST_BYTES_MAX + 1])
{
	size_t len = strcspn(rest, "/?#");

	if (len == 0 || memchr(rest, '@', len) != NULL)
		return false;
	if (rest[0] == '[') {
		const char *end = memchr(rest, ']', len);
		if (end == NULL)
			return false;
		rest++;
		len = (size_t)(end - rest);
	} else if (memchr(rest, ':', len) != NULL) {
		len = (size_t)((const char *)memchr(rest, ':', len) - rest);
	}
	if (len == 0 || len > HOST_BYTES_MAX)
		return false;
	memcpy(out, rest, len);
	out[len] = '\0';
	return true;
}

/* Our events leave by https alone; http reaches nobody but this machine, and that only where the
 * stanza says that it may. */
static enum rd_rc read_url(
	const struct rd_reading *r, const char *example, bool allow_internal, const char **ret_url)
{
	char host[HOST_BYTES_MAX + 1];

	RD_TRY(rd_reading_required(r, "URL", example, ret_url));
	const struct rd_field *found = rd_stanza_field(r->stanza, "URL");
	const char *url = found->value;
	const bool https = strncasecmp(url, "https://", 8) == 0;
	const bool http = strncasecmp(url, "http://", 7) == 0;
	if (strlen(url) > RD_HTTP_URL_BYTES_MAX || strpbrk(url, " \t") != NULL ||
		(!https && !http) || !host_of(url + (https ? 8 : 7), host))
		return rd_stanza_fail(r->stanza, found, r->err,
			"`%s` is not an address that can be called; write one such as `%s`, "
			"without a user or password in it",
			url, example);
	if (http && !rd_host_is_loopback(host))
		return rd_stanza_fail(r->stanza, found, r->err,
			"http would show everybody on the way which cases there are; write "
			"https://");
	if (rd_host_is_loopback(host) && !allow_internal)
		return rd_stanza_fail(r->stanza, found, r->err,
			"%s is this machine, and internal addresses are refused; add `Allow "
			"internal: yes` where this is meant",
			host);
	return RD_OK;
}

/* --- Webhook --- */

static enum rd_rc read_secrets(const struct rd_reading *r, struct rd_hook_config *hook)
{
	const struct rd_field *field = NULL;

	while ((field = rd_stanza_next(r->stanza, "Secret", field)) != NULL) {
		if (hook->n_secrets == RD_HOOK_SECRETS_MAX)
			return rd_stanza_fail(r->stanza, field, r->err,
				"a webhook has at most %d secrets: the new one and, while they "
				"change, the old one below it",
				RD_HOOK_SECRETS_MAX);
		RD_TRY(rd_reading_secret_in(r, field, &hook->secrets[hook->n_secrets++]));
	}
	return hook->n_secrets > 0 ? RD_OK
				   : rd_reading_missing(r, "Secret", "credential crm_webhook");
}

static enum rd_rc take_event(const struct rd_reading *r, const struct rd_field *field,
	const char *word, size_t len, struct rd_hook_config *hook)
{
	const char *name = rd_arena_copy(r->arena, word, len);
	const char *guess;

	if (name == NULL)
		return rd_stanza_fail(r->stanza, field, r->err, "the file is too long");
	for (size_t i = 0; i < RD_N_CASE_EVENTS; i++)
		if (strcmp(name, rd_case_event_names[i]) == 0) {
			hook->events[i] = true;
			return RD_OK;
		}
	guess = rd_did_you_mean(name, rd_case_event_names);
	return rd_stanza_fail(r->stanza, field, r->err,
		"`%s` is not something that happens to a case%s%s%s; redressd.conf(5) has the list",
		name, guess != NULL ? "; did you mean `" : "", guess != NULL ? guess : "",
		guess != NULL ? "`?" : "");
}

/* "all", or words with commas between them. */
static enum rd_rc read_events(const struct rd_reading *r, struct rd_hook_config *hook)
{
	const struct rd_field *found = rd_stanza_field(r->stanza, "Events");

	if (found == NULL || strcmp(found->value, "all") == 0) {
		for (size_t i = 0; i < RD_N_CASE_EVENTS; i++)
			hook->events[i] = true;
		return RD_OK;
	}
	for (const char *word = found->value;;) {
		word += strspn(word, " \t");
		size_t len = strcspn(word, ",");
		const size_t whole = len;

		while (len > 0 && (word[len - 1] == ' ' || word[len - 1] == '\t'))
			len--;
		RD_TRY(take_event(r, found, word, len, hook));
		if (word[whole] == '\0')
			return RD_OK;
		word += whole + 1;
	}
}

enum rd_rc rd_config_hook(const struct rd_reading *r, struct rd_hook_config *hook)
{
	RD_TRY(rd_reading_name(r));
	hook->name = r->stanza->fields[0].value;
	hook->landlord = rd_reading_text(r, "Landlord", "");
	hook->ca_file = rd_reading_text(r, "CA file", "");
	RD_TRY(read_yes(r, "Allow internal", &hook->allow_internal));
	RD_TRY(read_url(
		r, "https://crm.landlord.example/redress", hook->allow_internal, &hook->url));
	RD_TRY(read_events(r, hook));
	return read_secrets(r, hook);
}

/* --- Open311 --- */

/* "a leak = PLUMBING": topics are the rules' own words. */
static enum rd_rc read_services(const struct rd_reading *r, struct rd_open311_config *open311)
{
	struct rd_open311_service *list = rd_arena_array(r->arena, RD_SERVICES_MAX, sizeof *list);
	const struct rd_field *field = NULL;

	open311->services = list;
	while ((field = rd_stanza_next(r->stanza, "Service", field)) != NULL) {
		const char *equals = strchr(field->value, '=');
		const char *code = equals != NULL ? equals + 1 + strspn(equals + 1, " \t") : "";
		size_t len = equals != NULL ? (size_t)(equals - field->value) : 0;

		while (len > 0 && (field->value[len - 1] == ' ' || field->value[len - 1] == '\t'))
			len--;
		if (len == 0 || code[0] == '\0')
			return rd_stanza_fail(r->stanza, field, r->err,
				"write a topic of the rules and the server's code for it, such as "
				"`a leak = PLUMBING`");
		if (open311->n_services == RD_SERVICES_MAX)
			return rd_stanza_fail(
				r->stanza, field, r->err, "more than %d codes", RD_SERVICES_MAX);
		list[open311->n_services++] =
			(struct rd_open311_service){ rd_arena_copy(r->arena, field->value, len),
				code };
	}
	return rd_reading_required(r, "Default service", "REPAIR", &open311->default_service);
}

enum rd_rc rd_config_open311(const struct rd_reading *r, struct rd_open311_config *open311)
{
	size_t len;

	RD_TRY(rd_reading_name(r));
	open311->name = r->stanza->fields[0].value;
	open311->jurisdiction = rd_reading_text(r, "Jurisdiction", "");
	open311->landlord = rd_reading_text(r, "Landlord", "");
	open311->ca_file = rd_reading_text(r, "CA file", "");
	open311->address = rd_reading_text(r, "Address", "See our reference");
	open311->attribute = rd_reading_text(r, "Reference attribute", "");
	RD_TRY(read_yes(r, "Allow internal", &open311->allow_internal));
	RD_TRY(read_yes(r, "Send words", &open311->send_words));
	RD_TRY(read_yes(r, "Lists all", &open311->lists_all));
	RD_TRY(read_url(r, "https://repairs.landlord.example/open311/v2", open311->allow_internal,
		&open311->url));
	len = strlen(open311->url);
	while (open311->url[len - 1] == '/')
		len--;
	open311->url = rd_arena_copy(r->arena, open311->url, len);
	RD_TRY(rd_reading_secret(r, "API key", &open311->api_key));
	if (open311->api_key.from == RD_SECRET_NONE)
		return rd_reading_missing(r, "API key", "credential repairs_key");
	return read_services(r, open311);
}

/* --- API token --- */

static enum rd_rc read_requests(const struct rd_reading *r, int *ret_n)
{
	const struct rd_field *found = rd_stanza_field(r->stanza, "Requests a minute");
	char *end = NULL;

	*ret_n = RD_API_REQUESTS_USUAL;
	if (found == NULL)
		return RD_OK;
	const long n = strtol(found->value, &end, 10);
	if (found->value[0] < '0' || found->value[0] > '9' || *end != '\0' || n < 1 ||
		n > RD_API_REQUESTS_MAX)
		return rd_stanza_fail(r->stanza, found, r->err, "`%s` is not a number from 1 to %d",
			found->value, RD_API_REQUESTS_MAX);
	*ret_n = (int)n;
	return RD_OK;
}

enum rd_rc rd_config_api_token(const struct rd_reading *r, struct rd_api_token_config *token)
{
	int role = RD_API_READER;

	RD_TRY(rd_reading_name(r));
	token->name = r->stanza->fields[0].value;
	token->landlord = rd_reading_text(r, "Landlord", "");
	RD_TRY(rd_reading_secret(r, "Token", &token->token));
	if (token->token.from == RD_SECRET_NONE)
		return rd_reading_missing(r, "Token", "credential crm_token");
	RD_TRY(rd_reading_choice(r, "Role", rd_api_role_names, &role));
	token->role = (enum rd_api_role)role;
	return read_requests(r, &token->requests_a_minute);
}

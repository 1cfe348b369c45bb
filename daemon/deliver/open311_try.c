#include "redress/deliver/open311_try.h"

#include <string.h>

#include "redress/base/stanza.h"
#include "redress/wire/credential.h"
#include "redress/wire/http.h"
#include "redress/wire/open311.h"
#include "redress/wire/open311_services.h"

/* One trial under way. */
struct trying {
	const struct rd_open311_config *config;
	int64_t timeout_ms;
	struct rd_http *http;
	const char *api_key;
	struct rd_arena *arena;
	struct rd_open311_tried *tried;
	struct rd_open311_offer *offers;
	size_t n_offers;
};

static void fault(const struct trying *t, const char *sentence)
{
	rd_provider_find(&t->tried->faults, sentence);
}

static void note(const struct trying *t, const char *sentence)
{
	rd_provider_find(&t->tried->notes, sentence);
}

/* false: no answer; it is told of. */
static bool ask(const struct trying *t, struct rd_http_request *request,
	struct rd_http_response *ret_response)
{
	struct rd_err err = { 0 };
	bool reached;

	request->timeout_ms = t->timeout_ms;
	const enum rd_rc rc = rd_http_ask(t->http, request, ret_response, &reached, &err);
	if (rc == RD_OK)
		return true;
	t->tried->may_pass = rc == RD_E_AGAIN;
	if (rc == RD_E_REFUSED)
		fault(t, rd_arena_printf(t->arena,
				 "%s: if the server stands in your own network, say so with `Allow "
				 "internal: yes`; if not, look why its name leads there.",
				 err.msg));
	else
		fault(t, rd_arena_strdup(t->arena, err.msg));
	return false;
}

/* --- its list --- */

/* Where the server itself says that its endpoint is; "" where it says nothing. */
static const char *discovered(const struct trying *t)
{
	RD_CLEANUP(rd_http_response_free) struct rd_http_response response = { 0 };
	struct rd_http_request request;
	struct rd_err err = { 0 };
	bool reached;

	if (rd_open311_build_discovery(t->config, t->arena, &request, &err) != RD_OK)
		return "";
	request.timeout_ms = t->timeout_ms;
	if (rd_http_ask(t->http, &request, &response, &reached, &err) != RD_OK)
		return "";
	return rd_open311_read_discovery(&response, t->arena);
}

static void explain_no_list(const struct trying *t, const struct rd_http_response *response)
{
	const long status = response->status;
	const char *elsewhere;

	if (status == 429 || status == 408 || status >= 500) {
		t->tried->may_pass = true;
		fault(t, rd_arena_printf(t->arena,
				 "HTTP %ld: the server is in trouble, or takes no more for now.",
				 status));
		return;
	}
	if (status >= 300 && status < 400) {
		fault(t, rd_arena_printf(t->arena,
				 "It answers HTTP %ld and sends us on to %.300s. A redirect is "
				 "never followed: write the endpoint in the end into `URL:`.",
				 status,
				 response->location[0] ? response->location : "another place"));
		return;
	}
	if (status == 401 || status == 403) {
		fault(t, rd_arena_printf(t->arena,
				 "HTTP %ld: it does not even show its services. Check "
				 "`Jurisdiction:`, and whether it lets this machine in.",
				 status));
		return;
	}
	elsewhere = discovered(t);
	fault(t, rd_arena_printf(t->arena,
			 "There is no list of services at %s/services.json (HTTP %ld). Check "
			 "`URL:`: it is the endpoint of GeoReport v2, without /services.json; and "
			 "`Jurisdiction:`.%s%s%s",
			 t->config->url, status, elsewhere[0] ? " The server itself names " : "",
			 elsewhere, elsewhere[0] ? "." : ""));
}

static enum rd_rc read_list(struct trying *t, bool *ret_has, struct rd_err *err)
{
	RD_CLEANUP(rd_http_response_free) struct rd_http_response response = { 0 };
	struct rd_http_request request;

	*ret_has = false;
	RD_TRY(rd_open311_build_services(t->config, t->arena, &request, err));
	if (!ask(t, &request, &response))
		return RD_OK;
	*ret_has = response.status == 200 &&
		   rd_open311_read_services(&response, t->arena, &t->offers, &t->n_offers);
	if (!*ret_has)
		explain_no_list(t, &response);
	return RD_OK;
}

/* --- each service that the stanza names --- */

static const struct rd_open311_offer *offer_of(const struct trying *t, const char *code)
{
	for (size_t i = 0; i < t->n_offers; i++)
		if (strcmp(t->offers[i].code, code) == 0)
			return &t->offers[i];
	return NULL;
}

static void explain_missing(const struct trying *t, const char *code)
{
	const char **codes = rd_arena_array(t->arena, t->n_offers + 1, sizeof *codes);
	const char *guess = NULL;

	if (codes != NULL) {
		for (size_t i = 0; i < t->n_offers; i++)
			codes[i] = t->offers[i].code;
		codes[t->n_offers] = NULL;
		guess = rd_did_you_mean(code, codes);
	}
	fault(t, rd_arena_printf(t->arena,
			 "It has no service with the code %s%s%s%s; its codes are at "
			 "%s/services.json.",
			 code, guess != NULL ? " (did you mean " : "", guess != NULL ? guess : "",
			 guess != NULL ? "?)" : "", t->config->url));
}

static bool is_ours(const struct trying *t, const char *attribute)
{
	return strcmp(t->config->attribute, attribute) == 0;
}

static void look_at_attributes(const struct trying *t, const char *code,
	const struct rd_open311_attribute *attributes, size_t n)
{
	const char *wanted = NULL;
	bool knows_ours = t->config->attribute[0] == '\0';

	for (size_t i = 0; i < n; i++) {
		if (is_ours(t, attributes[i].code)) {
			knows_ours = true;
			if (!attributes[i].holds_text)
				fault(t, rd_arena_printf(t->arena,
						 "`Reference attribute: %s` takes no words at the "
						 "service %s, and our reference is made of letters "
						 "and digits: name another.",
						 attributes[i].code, code));
		} else if (attributes[i].required) {
			wanted = wanted == NULL ? attributes[i].code
						: rd_arena_printf(t->arena, "%s, %s", wanted,
							  attributes[i].code);
		}
	}
	if (wanted != NULL)
		fault(t, rd_arena_printf(t->arena,
				 "The service %s cannot be asked for without %s, which we have no "
				 "value for: every request would be refused. Ask whoever runs the "
				 "server to make it optional, or name another service.",
				 code, wanted));
	if (!knows_ours)
		fault(t, rd_arena_printf(t->arena,
				 "The service %s has no attribute %s (`Reference attribute:`).",
				 code, t->config->attribute));
}

static enum rd_rc look_at_definition(const struct trying *t, const char *code, struct rd_err *err)
{
	RD_CLEANUP(rd_http_response_free) struct rd_http_response response = { 0 };
	struct rd_open311_attribute *attributes;
	struct rd_http_request request;
	size_t n;

	RD_TRY(rd_open311_build_definition(t->config, code, t->arena, &request, err));
	if (!ask(t, &request, &response))
		return RD_OK;
	if (rd_open311_read_definition(&response, t->arena, &attributes, &n))
		look_at_attributes(t, code, attributes, n);
	else
		note(t, rd_arena_printf(t->arena,
				"The service %s has attributes, and the server does not say which "
				"(HTTP %ld): whether one must be given shows at the first request.",
				code, response.status));
	return RD_OK;
}

static enum rd_rc look_at_service(const struct trying *t, const char *code, struct rd_err *err)
{
	const struct rd_open311_offer *offer = offer_of(t, code);

	if (offer == NULL) {
		explain_missing(t, code);
		return RD_OK;
	}
	if (offer->never_tells)
		note(t, rd_arena_printf(t->arena,
				"The service %s never tells how its requests stand: nobody here "
				"will hear when one is closed.",
				code));
	if (offer->asks_more)
		return look_at_definition(t, code, err);
	if (t->config->attribute[0] != '\0')
		note(t, rd_arena_printf(t->arena,
				"The service %s has no attributes: our reference stands in the "
				"description alone.",
				code));
	return RD_OK;
}

/* Is it the first of that code? */
static bool is_first(const struct rd_open311_config *config, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (strcmp(config->services[i].code, config->services[at].code) == 0)
			return false;
	return strcmp(config->services[at].code, config->default_service) != 0;
}

static enum rd_rc look_at_services(const struct trying *t, struct rd_err *err)
{
	RD_TRY(look_at_service(t, t->config->default_service, err));
	for (size_t i = 0; i < t->config->n_services && !t->tried->may_pass; i++)
		if (is_first(t->config, i))
			RD_TRY(look_at_service(t, t->config->services[i].code, err));
	return RD_OK;
}

/* --- its key --- */

static void say_key(const struct trying *t, const struct rd_http_response *response)
{
	switch (rd_open311_read_key_trial(response)) {
	case RD_KEY_TAKEN:
		note(t, "Nothing was asked for, and the key was not refused. Some servers look at "
			"it only when a request is whole: watch the first one.");
		return;
	case RD_KEY_REFUSED:
		fault(t, rd_arena_printf(t->arena,
				 "It does not take the key (HTTP %ld): check `API key:` and "
				 "`Jurisdiction:` with whoever runs the server.",
				 response->status));
		return;
	case RD_KEY_UNCLEAR:
		break;
	}
	if (response->status >= 200 && response->status < 300)
		fault(t, "It took a request that names no service and says nothing. Tell whoever "
			 "runs the server to remove it, and that it should refuse such.");
	else
		note(t, rd_arena_printf(t->arena,
				"Whether the key is right could not be seen (HTTP %ld).",
				response->status));
}

static enum rd_rc show_key(const struct trying *t, struct rd_err *err)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf form = RD_BUF_SECRET(RD_OPEN311_KEY_FORM_MAX);
	RD_CLEANUP(rd_http_response_free) struct rd_http_response response = { 0 };
	struct rd_http_request request;

	RD_TRY(rd_open311_build_key_trial(t->config, t->api_key, &form, t->arena, &request, err));
	if (ask(t, &request, &response))
		say_key(t, &response);
	return RD_OK;
}

/* --- both trials --- */

static enum rd_rc try_services(struct trying *t, struct rd_err *err)
{
	bool has;

	RD_TRY(read_list(t, &has, err));
	if (!has)
		return RD_OK;
	note(t, rd_arena_printf(t->arena,
			"The key was not tried here: `redressctl connect %s --try-key` sends it "
			"with a request that names no service and says nothing. A server that "
			"checks little may take that for one: tell whoever runs it.",
			t->config->name));
	return look_at_services(t, err);
}

static enum rd_rc try_key(struct trying *t, struct rd_err *err)
{
	bool has;

	RD_TRY(read_list(t, &has, err));
	return has ? show_key(t, err) : RD_OK;
}

static enum rd_rc run(
	enum rd_rc (*trial)(struct trying *, struct rd_err *), struct trying *t, struct rd_err *err)
{
	RD_CLEANUP(rd_secret_wipe) struct rd_secret key = { { 0 } };
	RD_CLEANUP(rd_http_cleanup) struct rd_http *http = NULL;

	*t->tried = (struct rd_open311_tried){ .may_pass = false };
	RD_TRY(rd_credential_read(&t->config->api_key, &key, err));
	RD_TRY(rd_http_new(t->config->ca_file, &http, err));
	t->http = http;
	t->api_key = key.text;
	return trial(t, err);
}

enum rd_rc rd_open311_try(const struct rd_open311_config *config, int64_t timeout_ms,
	struct rd_arena *arena, struct rd_open311_tried *ret_tried, struct rd_err *err)
{
	struct trying t = {
		.config = config, .timeout_ms = timeout_ms, .arena = arena, .tried = ret_tried
	};

	return run(try_services, &t, err);
}

enum rd_rc rd_open311_try_key(const struct rd_open311_config *config, int64_t timeout_ms,
	struct rd_arena *arena, struct rd_open311_tried *ret_tried, struct rd_err *err)
{
	struct trying t = {
		.config = config, .timeout_ms = timeout_ms, .arena = arena, .tried = ret_tried
	};

	return run(try_key, &t, err);
}

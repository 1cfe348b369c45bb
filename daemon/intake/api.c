#include "redress/intake/api.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "redress/store/case_json.h"
#include "redress/wire/credential.h"
#include "redress/wire/providers/encode.h"

#define ARENA_BYTES  (64u << 20) /* of one answer */
#define NUMBER_MAX   INT64_C(1000000000000000)
#define QUERY_MAX    2048
#define JSON_TYPE    "application/json"
#define PROBLEM_TEXT 300

/* share/openapi.json, put into the program so that what it serves is what it was built with. */
__asm__(".pushsection .rodata.rd_api,\"a\"\n"
	".globl rd_api_description, rd_api_description_end\n"
	".hidden rd_api_description\n"
	".hidden rd_api_description_end\n"
	"rd_api_description:\n"
	".incbin \"" RD_OPENAPI_FILE "\"\n"
	"rd_api_description_end:\n"
	".byte 0\n"
	".popsection\n");
extern const char rd_api_description[], rd_api_description_end[];

#define MINUTE_MS 60000

struct token {
	const struct rd_api_token_config *config;
	struct rd_secret secret;
	int64_t minute_ms; /* monotonic: when the minute began that is counted */
	int n;		   /* requests in it */
};

struct rd_api {
	struct token tokens[RD_API_TOKENS_MAX];
	size_t n_tokens;
	struct rd_peer_failed failed;
	struct rd_arena *arena;
	char *text; /* of the last answer; jansson's */
	char etag[RD_API_ETAG_MAX];
	char wait_s[24];
};

/* One request on its way. */
struct asking {
	struct rd_api *api;
	struct rd_db *db;
	const struct rd_api_request *request;
	const struct rd_api_token_config *token;
	struct rd_form query;
	struct rd_api_answer *answer;
};

/* --- tokens --- */

enum rd_rc rd_api_new(const struct rd_config *config, struct rd_api **ret_api, struct rd_err *err)
{
	struct rd_api *api = calloc(1, sizeof *api);

	RD_ASSERT(api != NULL);
	api->arena = rd_arena_new(ARENA_BYTES);
	for (size_t i = 0; i < config->n_api_tokens; i++) {
		struct token *token = &api->tokens[i];
		enum rd_rc rc;

		token->config = &config->api_tokens[i];
		api->n_tokens++;
		rc = rd_credential_read(&token->config->token, &token->secret, err);
		if (rc == RD_OK && strlen(token->secret.text) < RD_API_TOKEN_MIN)
			rc = rd_fail(err, RD_E_INPUT,
				"the token has less than %d characters; `openssl rand -hex 32` "
				"makes one that nobody guesses",
				RD_API_TOKEN_MIN);
		if (rc != RD_OK) {
			rd_api_free(api);
			return rd_fail_within(err, "API token: %s", config->api_tokens[i].name);
		}
	}
	*ret_api = api;
	return RD_OK;
}

void rd_api_free(struct rd_api *api)
{
	if (api == NULL)
		return;
	for (size_t i = 0; i < api->n_tokens; i++)
		rd_secret_wipe(&api->tokens[i].secret);
	rd_arena_free(api->arena);
	free(api->text);
	free(api);
}

/* Every one is compared, be it that one was right already. */
static struct token *token_of(struct rd_api *api, const char *authorization)
{
	struct token *found = NULL;
	const char *given = strncasecmp(authorization, "Bearer ", 7) == 0 ? authorization + 7 : "";

	for (size_t i = 0; i < api->n_tokens; i++)
		if (rd_same_secret(api->tokens[i].secret.text, given))
			found = &api->tokens[i];
	return found;
}

/* Counts one more; 0: it may ask, else how many seconds it must wait. */
static int64_t must_wait_s(struct token *token, int64_t now_ms)
{
	if (token->n == 0 || now_ms - token->minute_ms >= MINUTE_MS) {
		token->minute_ms = now_ms;
		token->n = 0;
	}
	if (token->n < token->config->requests_a_minute) {
		token->n++;
		return 0;
	}
	return (token->minute_ms + MINUTE_MS - now_ms + 999) / 1000;
}

/* --- answers --- */

static void say_json(struct asking *a, unsigned status, json_t *json)
{
	free(a->api->text);
	a->api->text = json_dumps(json, JSON_COMPACT);
	json_decref(json);
	RD_ASSERT(a->api->text != NULL);
	a->answer->status = status;
	a->answer->type = JSON_TYPE;
	a->answer->text = a->api->text;
	a->answer->len = strlen(a->api->text);
}

static void problem(struct asking *a, unsigned status, const char *text)
{
	say_json(a, status, json_pack("{s:s}", "error", text));
}

static void problem_with(
	struct asking *a, unsigned status, const char *text, const char *header, const char *value)
{
	problem(a, status, text);
	a->answer->header = header;
	a->answer->value = value;
}

/* The same answer again is not sent again. */
static void tag(struct asking *a)
{
	char hex[RD_SHA256_HEX_SIZE];

	rd_sha256_hex(a->answer->text, a->answer->len, hex);
	snprintf(a->api->etag, sizeof a->api->etag, "\"%.32s\"", hex);
	a->answer->header = "ETag";
	a->answer->value = a->api->etag;
	if (strstr(a->request->if_none_match, a->api->etag) == NULL)
		return;
	a->answer->status = 304;
	a->answer->text = "";
	a->answer->len = 0;
}

static void failed(struct asking *a, enum rd_rc rc)
{
	if (rc == RD_E_MISSING || rc == RD_E_INPUT)
		problem(a, 404, "There is no such case.");
	else
		problem_with(a, 503, "The store cannot be read now. Ask again later.",
			"Retry-After", "30");
}

/* --- parameters --- */

static const char *parameter(const struct asking *a, const char *name)
{
	const struct rd_form_field *field = rd_form_find(&a->query, name);

	return field != NULL ? rd_form_text(&a->query, name) : NULL;
}

static bool refuse_parameter(struct asking *a, const char *name, const char *wanted)
{
	char text[PROBLEM_TEXT];

	snprintf(text, sizeof text, "The parameter %s must be %s.", name, wanted);
	problem(a, 400, text);
	return false;
}

static bool read_number(struct asking *a, const char *name, int64_t least, int64_t most,
	int64_t otherwise, int64_t *ret_number)
{
	const char *text = parameter(a, name);
	char *end = NULL, wanted[80];

	*ret_number = otherwise;
	if (text == NULL)
		return true;
	const long long number = strtoll(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || number < least || number > most) {
		snprintf(wanted, sizeof wanted, "a number from %lld to %lld", (long long)least,
			(long long)most);
		return refuse_parameter(a, name, wanted);
	}
	*ret_number = number;
	return true;
}

/* *ret_index stays -1 where it is not given. */
static bool read_word(struct asking *a, const char *name, const char *const *words, int *ret_index)
{
	const char *text = parameter(a, name);

	*ret_index = -1;
	if (text == NULL)
		return true;
	for (int i = 0; words[i] != NULL; i++)
		if (strcmp(text, words[i]) == 0) {
			*ret_index = i;
			return true;
		}
	return refuse_parameter(a, name, "one of the words of /api/openapi.json");
}

static bool read_day(struct asking *a, const char *name, int64_t *ret_ms)
{
	const char *text = parameter(a, name);
	struct rd_date day;
	struct rd_err err = { 0 };

	*ret_ms = 0;
	if (text == NULL)
		return true;
	if (rd_date_parse(text, &day, &err) != RD_OK)
		return refuse_parameter(a, name, "a day such as 2026-11-22");
	*ret_ms = rd_date_start_ms(day);
	return true;
}

/* --- cases --- */

/* What the token may see. */
static const char *landlord_of(const struct asking *a)
{
	return a->token->landlord[0] != '\0' ? a->token->landlord : NULL;
}

static enum rd_case_shown shown_to(const struct asking *a)
{
	return (enum rd_case_shown)a->token->role;
}

/* One more than the page holds is read, to know whether there is a next one. */
static enum rd_rc page_of_cases(struct asking *a, struct rd_case_filter *filter, struct rd_err *err)
{
	const size_t most = filter->max;
	struct rd_case *cases;
	json_t *list, *item;
	size_t n;

	filter->max = most + 1;
	RD_TRY(rd_case_list(a->db, filter, a->api->arena, &cases, &n, err));
	list = json_array();
	for (size_t i = 0; i < n && i < most; i++) {
		const enum rd_rc rc =
			rd_case_json(a->db, &cases[i], shown_to(a), a->api->arena, &item, err);
		if (rc != RD_OK) {
			json_decref(list);
			return rc;
		}
		json_array_append_new(list, item);
	}
	say_json(a, 200,
		json_pack("{s:o,s:o}", "cases", list, "next",
			n > most ? json_integer(cases[most - 1].id) : json_null()));
	return RD_OK;
}

static void list_cases(struct asking *a, const char *rest)
{
	struct rd_case_filter filter = { .landlord = landlord_of(a) };
	int64_t limit, after;
	int kind, stage, status;
	struct rd_err err = { 0 };
	enum rd_kind the_kind;
	enum rd_stage the_stage;
	enum rd_case_status the_status;

	(void)rest;
	if (!read_number(a, "limit", 1, RD_API_PAGE_MAX, RD_API_PAGE_USUAL, &limit) ||
		!read_number(a, "after", 0, NUMBER_MAX, 0, &after) ||
		!read_word(a, "kind", rd_kind_names, &kind) ||
		!read_word(a, "stage", rd_stage_names, &stage) ||
		!read_word(a, "status", rd_status_names, &status) ||
		!read_day(a, "opened_from", &filter.opened_from_ms) ||
		!read_day(a, "opened_before", &filter.opened_before_ms))
		return;
	filter.max = (size_t)limit;
	filter.after_id = after;
	if (kind >= 0) {
		the_kind = (enum rd_kind)kind;
		filter.kind = &the_kind;
	}
	if (stage >= 0) {
		the_stage = (enum rd_stage)stage;
		filter.stage = &the_stage;
	}
	if (status >= 0) {
		the_status = (enum rd_case_status)status;
		filter.status = &the_status;
	}
	const enum rd_rc rc = page_of_cases(a, &filter, &err);
	if (rc != RD_OK)
		failed(a, rc);
	else
		tag(a);
}

static enum rd_rc show(struct asking *a, const char *reference, struct rd_err *err)
{
	struct rd_case file;
	json_t *json;
	int64_t id;

	RD_TRY(rd_case_by_reference(a->db, reference, true, &id, err));
	RD_TRY(rd_case_get(a->db, id, a->api->arena, &file, err));
	if (landlord_of(a) != NULL && strcmp(landlord_of(a), file.landlord) != 0)
		return rd_fail(err, RD_E_MISSING, "another landlord's");
	RD_TRY(rd_case_json(a->db, &file, shown_to(a), a->api->arena, &json, err));
	say_json(a, 200, json);
	return RD_OK;
}

static void show_case(struct asking *a, const char *rest)
{
	struct rd_err err = { 0 };
	const enum rd_rc rc = show(a, rest, &err);

	if (rc != RD_OK)
		failed(a, rc);
	else
		tag(a);
}

/* --- events --- */

static enum rd_rc page_of_events(struct asking *a, int64_t since, size_t most, struct rd_err *err)
{
	struct rd_case_event *events;
	int64_t next = since;
	json_t *list;
	size_t n;

	RD_TRY(rd_case_events_list(
		a->db, since, landlord_of(a), most, a->api->arena, &events, &n, err));
	list = json_array();
	for (size_t i = 0; i < n; i++) {
		char at[RD_INSTANT_MAX];
		json_t *item = rd_case_event_json(&events[i]);

		json_object_set_new(item, "number", json_integer(events[i].number));
		json_object_set_new(item, "id", json_string(events[i].id));
		json_object_set_new(
			item, "time", json_string(rd_instant_format(events[i].at_ms, at)));
		json_array_append_new(list, item);
		next = events[i].number;
	}
	say_json(a, 200,
		json_pack("{s:o,s:I,s:b}", "events", list, "next", (json_int_t)next, "more",
			n == most));
	return RD_OK;
}

static void list_events(struct asking *a, const char *rest)
{
	struct rd_err err = { 0 };
	int64_t since, limit;

	(void)rest;
	if (!read_number(a, "since", 0, NUMBER_MAX, 0, &since) ||
		!read_number(a, "limit", 1, RD_API_PAGE_MAX, RD_API_PAGE_USUAL, &limit))
		return;
	const enum rd_rc rc = page_of_events(a, since, (size_t)limit, &err);
	if (rc != RD_OK)
		failed(a, rc);
	else
		tag(a);
}

/* --- the description --- */

static void describe(struct asking *a, const char *rest)
{
	(void)rest;
	a->answer->status = 200;
	a->answer->type = JSON_TYPE;
	a->answer->text = rd_api_description;
	a->answer->len = (size_t)(rd_api_description_end - rd_api_description);
	tag(a);
}

/* --- routes --- */

static const char *const no_parameters[] = { NULL };
static const char *const case_parameters[] = { "limit", "after", "kind", "stage", "status",
	"opened_from", "opened_before", NULL };
static const char *const event_parameters[] = { "since", "limit", NULL };

const struct rd_api_route rd_api_routes[] = {
	{ "/api/cases", case_parameters },
	{ "/api/cases/{ref}", no_parameters },
	{ "/api/events", event_parameters },
	{ "/api/openapi.json", no_parameters },
	{ NULL, NULL },
};
static void (*const handlers[])(
	struct asking *a, const char *rest) = { list_cases, show_case, list_events, describe };

/* What stands for the part in braces; NULL: another path. */
static const char *matches(const char *route, const char *path)
{
	const size_t fixed = strcspn(route, "{");

	if (strncmp(route, path, fixed) != 0)
		return NULL;
	if (route[fixed] == '\0')
		return path[fixed] == '\0' ? path + fixed : NULL;
	return path[fixed] != '\0' && strchr(path + fixed, '/') == NULL ? path + fixed : NULL;
}

static bool knows_parameters(struct asking *a, const struct rd_api_route *route)
{
	for (size_t i = 0; i < a->query.n_fields; i++) {
		bool known = false;

		for (size_t k = 0; route->parameters[k] != NULL; k++)
			known = known || strcmp(a->query.fields[i].name, route->parameters[k]) == 0;
		if (!known) {
			problem(a, 400,
				"There is a parameter that this path does not take; see "
				"/api/openapi.json.");
			return false;
		}
	}
	return true;
}

static void ask_route(struct asking *a)
{
	struct rd_err err = { 0 };

	for (size_t i = 0; rd_api_routes[i].path != NULL; i++) {
		const char *rest = matches(rd_api_routes[i].path, a->request->path);

		if (rest == NULL)
			continue;
		if (strlen(a->request->query) > QUERY_MAX ||
			rd_form_parse(a->request->query, strlen(a->request->query), a->api->arena,
				&a->query, &err) != RD_OK)
			problem(a, 400, "The parameters cannot be read.");
		else if (knows_parameters(a, &rd_api_routes[i]))
			handlers[i](a, rest);
		return;
	}
	problem(a, 404, "There is nothing here; see /api/openapi.json.");
}

void rd_api_ask(struct rd_api *api, struct rd_db *db, const struct rd_api_request *request,
	struct rd_api_answer *ret_answer)
{
	struct asking a = { .api = api, .db = db, .request = request, .answer = ret_answer };

	struct token *token = token_of(api, request->authorization);
	int64_t wait_s;

	rd_arena_reset(api->arena);
	memset(ret_answer, 0, sizeof *ret_answer);
	ret_answer->token = "";
	if (token == NULL) {
		if (rd_peer_fails(&api->failed, &request->client, request->now_ms,
			    request->failed_per_minute))
			problem_with(&a, 429, "Too many wrong tokens from this address.",
				"Retry-After", "60");
		else
			problem_with(&a, 401, "This needs a token: `Authorization: Bearer TOKEN`.",
				"WWW-Authenticate", "Bearer");
		return;
	}
	a.token = token->config;
	ret_answer->token = a.token->name;
	wait_s = must_wait_s(token, request->now_ms);
	if (wait_s > 0) {
		snprintf(api->wait_s, sizeof api->wait_s, "%" PRId64, wait_s);
		problem_with(&a, 429, "Too many requests with this token in a minute.",
			"Retry-After", api->wait_s);
		return;
	}
	if (strcmp(request->method, "GET") != 0 && strcmp(request->method, "HEAD") != 0)
		problem_with(&a, 405, "Only GET is answered here.", "Allow", "GET, HEAD");
	else
		ask_route(&a);
}

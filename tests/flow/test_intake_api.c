/* The read API: what each token sees, and that its description is what it does, word for word: each
 * answer is held to share/openapi.json, and each path, parameter, status and field of the file must
 * have been met. */
#include "support/store_world.h"

#include <curl/curl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "redress/intake/api.h"
#include "redress/intake/webhook.h"
#include "redress/store/audit.h"
#include "redress/store/case_events.h"
#include "support/schema.h"

#define READER	  "0123456789abcdef0123456789abcdef"
#define OFFICER	  "1123456789abcdef0123456789abcdef"
#define MANAGER	  "2123456789abcdef0123456789abcdef"
#define ELSEWHERE "3123456789abcdef0123456789abcdef"
#define TOKENS	  4

static json_t *document, *met, *seen; /* over all tests: "GET path status", "Case.ref" */

static struct {
	struct store_world *w;
	struct rd_api_token_config tokens[TOKENS];
	char paths[TOKENS][128];
	struct rd_config config;
	struct rd_webhook_calls calls;
	struct rd_webhook_limits limits;
	struct rd_webhook *webhook;
	int64_t ours, other;
	char ref[RD_REFERENCE_MAX], other_ref[RD_REFERENCE_MAX];
	/* of the last answer */
	long status;
	char body[256 << 10];
	char headers[4096];
	json_t *json;
} t;

static void on_event(
	void *context, enum rd_webhook_event event, const char *texts, const char *detail)
{
	(void)context;
	(void)event;
	(void)texts;
	(void)detail;
}

static void put_secret(size_t i, const char *token)
{
	snprintf(t.paths[i], sizeof t.paths[i], "%s/token-%zu", t.w->dir, i);
	FILE *file = fopen(t.paths[i], "we");
	assert_non_null(file);
	fprintf(file, "%s\n", token);
	fclose(file);
	chmod(t.paths[i], 0600);
}

static int64_t open_case(struct store_world *w, const char *landlord, char *reference)
{
	static const bool flags[RD_N_FLAGS] = { [RD_VULNERABLE] = true };
	static const char *const topics[] = { "Ada's tap", "a leak" }, *const marks[] = { "theft" };
	const struct rd_case_new fresh = { .landlord = landlord,
		.kind = RD_COMPLAINT,
		.stage = RD_STAGE_1,
		.status = RD_STATUS_OPEN,
		.channel = RD_BY_EMAIL,
		.address = "resident@example.org",
		.name = "Pat Resident",
		.received_ms = NOW_MS,
		.opened_ms = NOW_MS,
		.flags = flags,
		.topics = topics,
		.n_topics = 2,
		.marks = marks,
		.n_marks = 1,
		.outcome = "a new boiler",
		.subject = "no heating" };
	struct rd_audit_row row = { .at_ms = NOW_MS,
		.actor = "ann",
		.actor_uid = 1000,
		.what = "case_opened",
		.detail = "{}" };
	struct rd_case_clock clock = { .name = "stage1.respond",
		.starts = { 2026, 5, 29 },
		.due = { 2026, 6, 12 },
		.source = "5.1" };
	struct rd_case file;
	int64_t id, seq;

	TX(rd_case_open(tx, &fresh, &id, &w->err));
	clock.case_id = row.case_id = id;
	TX(rd_case_start_clock(tx, &clock, &w->err));
	TX(rd_audit_add(tx, &row, &seq, &w->err));
	OK(rd_case_get(w->db, id, w->arena, &file, &w->err));
	memcpy(reference, file.reference, RD_REFERENCE_MAX);
	return id;
}

static int before(void **state)
{
	static const char *const secrets[TOKENS] = { READER, OFFICER, MANAGER, ELSEWHERE };
	struct store_world *w;

	if (world_setup(state) != 0)
		return -1;
	w = *state;
	memset(&t, 0, sizeof t);
	t.w = w;
	world_rules_say(w, "a leak");
	t.ours = open_case(w, "code-2024", t.ref);
	t.other = open_case(w, "one-housing", t.other_ref);
	for (size_t i = 0; i < TOKENS; i++) {
		put_secret(i, secrets[i]);
		t.tokens[i] = (struct rd_api_token_config){ .name = rd_api_role_names[i % 3],
			.token = { RD_SECRET_FILE, t.paths[i] },
			.role = (enum rd_api_role)(i % 3),
			.requests_a_minute = RD_API_REQUESTS_USUAL,
			.landlord = i == 3 ? "one-housing" : "" };
	}
	t.config = (struct rd_config){ .gateway = "test",
		.listen_host = "127.0.0.1",
		.listen = true,
		.public_url = "",
		.api_tokens = t.tokens,
		.n_api_tokens = TOKENS };
	t.calls = (struct rd_webhook_calls){ .on_event = on_event };
	t.limits = rd_webhook_usual_limits;
	OK(rd_webhook_start(
		&t.config, w->store, &rd_system_clock, &t.calls, &t.limits, &t.webhook, &w->err));
	return 0;
}

static int after(void **state)
{
	json_decref(t.json);
	rd_webhook_stop(t.webhook);
	return world_teardown(state);
}

/* --- asking --- */

static size_t keep(char *data, size_t size, size_t n, void *context)
{
	char *out = context;
	const size_t have = strlen(out);
	const size_t max = out == t.body ? sizeof t.body : sizeof t.headers;

	assert_true(have + size * n < max);
	memcpy(out + have, data, size * n);
	out[have + size * n] = '\0';
	return size * n;
}

/* The path as the description has it; NULL: none of them. */
static const char *described(const char *path)
{
	static char template[128];

	snprintf(template, sizeof template, "%.*s", (int)strcspn(path, "?"), path);
	if (strncmp(template, "/api/cases/", 11) == 0)
		snprintf(template, sizeof template, "/api/cases/{ref}");
	return json_object_get(json_object_get(document, "paths"), template) ? template : NULL;
}

/* Holds the answer to the description. */
static void check_answer(const char *path)
{
	const char *template = described(path);
	struct schema s = { .document = document, .seen = seen };
	char status[8], key[160];

	if (!template)
		return;
	snprintf(status, sizeof status, "%ld", t.status);
	json_t *of_path = json_object_get(json_object_get(document, "paths"), template);
	json_t *answer = json_object_get(
		json_object_get(json_object_get(of_path, "get"), "responses"), status);
	if (!answer)
		fail_msg("%s: %s is not described", template, status);
	const char *ref = json_string_value(json_object_get(answer, "$ref"));
	if (ref)
		answer = json_object_get(
			json_object_get(json_object_get(document, "components"), "responses"),
			strrchr(ref, '/') + 1);
	assert_non_null(answer);
	json_t *schema = json_object_get(
		json_object_get(json_object_get(answer, "content"), "application/json"), "schema");
	if (!schema)
		assert_string_equal(t.body, "");
	else if (!schema_fits(&s, schema, t.json, "answer"))
		fail_msg("%s %s: %s", template, status, s.fault);
	snprintf(key, sizeof key, "%s %s", template, status);
	json_object_set_new(met, key, json_true());
}

static void ask_with(const char *path, const char *token, const char *header, const char *method)
{
	char url[4096], bearer[128];
	CURL *curl = curl_easy_init();
	struct curl_slist *list = NULL;

	snprintf(url, sizeof url, "http://127.0.0.1:%d%s", rd_webhook_port(t.webhook), path);
	snprintf(bearer, sizeof bearer, "Authorization: Bearer %s", token ? token : "");
	if (token)
		list = curl_slist_append(list, bearer);
	if (header)
		list = curl_slist_append(list, header);
	t.body[0] = t.headers[0] = '\0';
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, t.body);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, keep);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, t.headers);
	if (method)
		curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
	assert_int_equal(curl_easy_perform(curl), CURLE_OK);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &t.status);
	curl_slist_free_all(list);
	curl_easy_cleanup(curl);
	json_decref(t.json);
	t.json = t.body[0] ? json_loads(t.body, JSON_REJECT_DUPLICATES, NULL) : NULL;
	check_answer(path);
}

static long ask(const char *path, const char *token)
{
	ask_with(path, token, NULL, NULL);
	return t.status;
}

static json_t *cases(void)
{
	return json_object_get(t.json, "cases");
}

static const char *text_of(json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static const char *case_path(const char *ref)
{
	static char path[64];

	snprintf(path, sizeof path, "/api/cases/%s", ref);
	return path;
}

/* --- claims --- */

static void a_token_is_a_must_and_wrong_ones_are_counted(void **state)
{
	(void)state;
	t.limits.failed_per_minute = 20;
	static const char *const paths[] = { "/api/cases", "/api/events", "/api/openapi.json" };
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(ask(paths[i], NULL), 401);
		assert_non_null(strstr(t.headers, "WWW-Authenticate: Bearer"));
	}
	assert_int_equal(ask(case_path(t.ref), "0123456789abcdef0123456789abcdee"), 401);
	assert_int_equal(ask("/api/cases", ""), 401);
	/* A part of one, and more than one. */
	assert_int_equal(ask("/api/cases", "0123456789abcdef0123456789abcde"), 401);
	assert_int_equal(ask("/api/cases", READER "0"), 401);
	for (int i = 7; i < 20; i++)
		assert_int_equal(ask("/api/cases", "wrong"), 401);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(ask(paths[i], "wrong"), 429);
	assert_non_null(strstr(t.headers, "Retry-After: 60"));
	assert_int_equal(ask(case_path(t.ref), "wrong"), 429);
	/* Who has a right one is not kept out by others behind the same address. */
	assert_int_equal(ask("/api/cases", READER), 200);
}

static struct rd_api_answer ask_at(struct rd_api *api, const char *token, int64_t now_ms)
{
	char bearer[80];
	struct rd_api_answer answer;
	const struct rd_api_request request = { .method = "GET",
		.path = "/api/openapi.json",
		.query = "",
		.authorization = bearer,
		.if_none_match = "",
		.now_ms = now_ms,
		.failed_per_minute = 20 };

	snprintf(bearer, sizeof bearer, "Bearer %s", token);
	rd_api_ask(api, t.w->db, &request, &answer);
	return answer;
}

static void a_token_asks_so_often_a_minute_and_no_more(void **state)
{
	struct store_world *w = *state;
	struct rd_api *api = NULL;

	t.tokens[0].requests_a_minute = 3;
	OK(rd_api_new(&t.config, &api, &w->err));
	for (int i = 0; i < 3; i++)
		assert_int_equal(ask_at(api, READER, 100000 + i).status, 200);
	struct rd_api_answer answer = ask_at(api, READER, 110000);
	assert_int_equal(answer.status, 429);
	assert_string_equal(answer.header, "Retry-After");
	assert_string_equal(answer.value, "50");
	assert_string_equal(answer.token, "reader");
	assert_int_equal(ask_at(api, READER, 159999).status, 429);
	/* Whoever else asks does not wait for it, and the next minute is a new one. */
	assert_int_equal(ask_at(api, OFFICER, 110000).status, 200);
	assert_int_equal(ask_at(api, READER, 160000).status, 200);
	rd_api_free(api);
}

static void the_cap_of_a_token_is_the_one_described(void **state)
{
	char usual[16];

	(void)state;
	snprintf(usual, sizeof usual, "(%d ", RD_API_REQUESTS_USUAL);
	const json_t *answer = json_object_get(
		json_object_get(json_object_get(document, "components"), "responses"), "E429");
	assert_non_null(strstr(json_string_value(json_object_get(answer, "description")), usual));
}

static void each_role_sees_its_part(void **state)
{
	static const char *const persons[] = { "contact", "name", "subject", "handler", "flags",
		"marks", "held" };
	static const char *const words[] = { "definition", "outcome", "closed_why" };

	(void)state;
	assert_int_equal(ask(case_path(t.ref), READER), 200);
	for (size_t i = 0; i < 7; i++)
		assert_null(json_object_get(t.json, persons[i]));
	for (size_t i = 0; i < 3; i++)
		assert_null(json_object_get(t.json, words[i]));
	assert_null(strstr(t.body, "Pat"));
	assert_null(strstr(t.body, "vulnerable"));
	assert_non_null(strstr(t.body, "\"topics\":[\"a leak\"]"));
	assert_int_equal(ask(case_path(t.ref), OFFICER), 200);
	assert_non_null(strstr(t.body, "\"topics\":[\"Ada's tap\",\"a leak\"]"));
	assert_string_equal(text_of(t.json, "contact"), "resident@example.org");
	assert_string_equal(text_of(t.json, "name"), "Pat Resident");
	for (size_t i = 0; i < 3; i++)
		assert_null(json_object_get(t.json, words[i]));
	assert_int_equal(ask(case_path(t.ref), MANAGER), 200);
	assert_string_equal(text_of(t.json, "outcome"), "a new boiler");
	assert_string_equal(
		text_of(json_array_get(json_object_get(t.json, "clocks"), 0), "due"), "2026-06-12");
}

static void a_landlords_token_sees_its_own_cases_alone(void **state)
{
	(void)state;
	assert_int_equal(ask("/api/cases", ELSEWHERE), 200);
	assert_int_equal(json_array_size(cases()), 1);
	assert_string_equal(text_of(json_array_get(cases(), 0), "ref"), t.other_ref);
	assert_int_equal(ask(case_path(t.ref), ELSEWHERE), 404);
	assert_int_equal(ask(case_path(t.other_ref), ELSEWHERE), 200);
	assert_int_equal(ask("/api/events", ELSEWHERE), 200);
	assert_int_equal(json_array_size(json_object_get(t.json, "events")), 1);
	assert_null(strstr(t.body, t.ref));
}

static void a_reference_must_be_right(void **state)
{
	char wrong[RD_REFERENCE_MAX];

	(void)state;
	memcpy(wrong, t.ref, sizeof wrong);
	wrong[strlen(wrong) - 1] = wrong[strlen(wrong) - 1] == 'A' ? 'C' : 'A';
	assert_int_equal(ask(case_path(wrong), READER), 404);
	assert_int_equal(ask("/api/cases/100001", READER), 200);
	assert_int_equal(ask("/api/cases/RD100001", READER), 200);
	assert_int_equal(ask("/api/cases/100001", ELSEWHERE), 404);
	assert_int_equal(ask("/api/cases/199999", READER), 404);
	assert_int_equal(ask("/api/cases/1%2b1", READER), 404);
	assert_int_equal(ask("/api/cases/x/y", READER), 404);
	assert_int_equal(ask("/api/", READER), 404);
	assert_int_equal(ask("/api/cases/", READER), 404);
}

static void cases_come_in_pages(void **state)
{
	struct store_world *w = *state;
	char ref[RD_REFERENCE_MAX], path[128];
	size_t n = 0;

	for (int i = 0; i < 5; i++)
		open_case(w, "code-2024", ref);
	snprintf(path, sizeof path, "/api/cases?limit=3");
	for (;;) {
		assert_int_equal(ask(path, READER), 200);
		n += json_array_size(cases());
		const json_t *next = json_object_get(t.json, "next");
		if (json_is_null(next))
			break;
		snprintf(path, sizeof path, "/api/cases?limit=3&after=%lld",
			(long long)json_integer_value(next));
	}
	assert_int_equal(n, 7);
	assert_int_equal(ask("/api/cases?kind=complaint&stage=stage1&status=open&opened_from="
			     "2026-05-28&opened_before=2026-05-29",
				 READER),
		200);
	assert_int_equal(json_array_size(cases()), 7);
	assert_int_equal(ask("/api/cases?kind=enquiry", READER), 200);
	assert_int_equal(json_array_size(cases()), 0);
	assert_int_equal(ask("/api/cases?opened_before=2026-05-28", READER), 200);
	assert_int_equal(json_array_size(cases()), 0);
}

static void events_are_told_since_a_number(void **state)
{
	char path[64];

	(void)state;
	assert_int_equal(ask("/api/events?since=0&limit=1", READER), 200);
	assert_true(json_is_true(json_object_get(t.json, "more")));
	snprintf(path, sizeof path, "/api/events?since=%lld",
		(long long)json_integer_value(json_object_get(t.json, "next")));
	assert_int_equal(ask(path, READER), 200);
	assert_int_equal(json_array_size(json_object_get(t.json, "events")), 1);
	assert_false(json_is_true(json_object_get(t.json, "more")));
	snprintf(path, sizeof path, "/api/events?since=%lld",
		(long long)json_integer_value(json_object_get(t.json, "next")));
	assert_int_equal(ask(path, READER), 200);
	assert_int_equal(json_array_size(json_object_get(t.json, "events")), 0);
}

static void an_answer_that_is_known_is_not_sent_again(void **state)
{
	const char *const paths[] = { "/api/cases", case_path(t.ref), "/api/events",
		"/api/openapi.json" };
	char header[128];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(ask(paths[i], READER), 200);
		const char *etag = strstr(t.headers, "ETag: ");
		assert_non_null(etag);
		snprintf(header, sizeof header, "If-None-Match: %.*s", (int)strcspn(etag + 6, "\r"),
			etag + 6);
		ask_with(paths[i], READER, header, NULL);
		assert_int_equal(t.status, 304);
	}
	/* Another role's answer is another one. */
	ask_with("/api/cases", READER, NULL, NULL);
	snprintf(header, sizeof header, "If-None-Match: %.*s",
		(int)strcspn(strstr(t.headers, "ETag: ") + 6, "\r"),
		strstr(t.headers, "ETag: ") + 6);
	ask_with("/api/cases", OFFICER, header, NULL);
	assert_int_equal(t.status, 200);
}

static void an_answer_is_kept_by_nobody_but_who_asked(void **state)
{
	(void)state;
	assert_int_equal(ask(case_path(t.ref), READER), 200);
	assert_non_null(strstr(t.headers, "Cache-Control: private, no-cache\r"));
	assert_int_equal(ask("/api/cases?limit=0", READER), 400);
	assert_non_null(strstr(t.headers, "Cache-Control: no-store\r"));
	assert_int_equal(ask("/api/cases", "nobody"), 401);
	assert_non_null(strstr(t.headers, "Cache-Control: no-store\r"));
}

static void what_cannot_be_read_is_said(void **state)
{
	static const char *const wrong[] = { "/api/cases?limit=0", "/api/cases?limit=201",
		"/api/cases?limit=ten", "/api/cases?limit=%2B5", "/api/cases?after=-1",
		"/api/cases?kind=complaints", "/api/cases?stage=1", "/api/cases?status=gone",
		"/api/cases?opened_from=yesterday", "/api/cases?opened_before=2026-02-30",
		"/api/cases?landlord=one-housing", "/api/events?since=x", "/api/events?after=1",
		"/api/openapi.json?a=b", "/api/events?since=99999999999999999999" };
	const char *const paths[] = { "/api/cases", case_path(t.ref), "/api/events",
		"/api/openapi.json" };
	char path[3000], with[80];

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_int_equal(ask(wrong[i], READER), 400);
	snprintf(with, sizeof with, "%s?a=b", case_path(t.ref));
	assert_int_equal(ask(with, READER), 400);
	memset(path, 'x', sizeof path - 1);
	path[sizeof path - 1] = '\0';
	memcpy(path, "/api/events?since=", 18);
	assert_int_equal(ask(path, READER), 400);
	for (size_t i = 0; i < 4; i++) {
		ask_with(paths[i], MANAGER, NULL, "DELETE");
		assert_int_equal(t.status, 405);
		assert_non_null(strstr(t.headers, "Allow: GET, HEAD"));
	}
}

static void a_store_that_cannot_be_read_is_said(void **state)
{
	struct store_world *w = *state;

	OK(rd_sql_exec(
		w->db, "ALTER TABLE case_event RENAME TO elsewhere", RD_NO_ARGS, NULL, &w->err));
	OK(rd_sql_exec(w->db, "ALTER TABLE case_clock RENAME TO elsewhere_too", RD_NO_ARGS, NULL,
		&w->err));
	assert_int_equal(ask("/api/events", READER), 503);
	assert_int_equal(ask("/api/cases", READER), 503);
	assert_int_equal(ask(case_path(t.ref), READER), 503);
	assert_non_null(strstr(t.headers, "Retry-After"));
	assert_null(strstr(t.body, "SQL"));
}

static void a_token_that_can_be_guessed_is_refused(void **state)
{
	struct rd_webhook *webhook = NULL;
	struct store_world *w = *state;

	put_secret(0, "short");
	assert_int_equal(rd_webhook_start(&t.config, w->store, &rd_system_clock, &t.calls,
				 &t.limits, &webhook, &w->err),
		RD_E_INPUT);
	assert_non_null(strstr(w->err.msg, "API token: reader"));
}

/* --- the description, the other way round --- */

static void names_are(const char *schema, const char *field, const char *const *names)
{
	json_t *list = json_object_get(
		json_object_get(json_object_get(document, "components"), "schemas"), schema);
	size_t n = 0;

	if (field)
		list = json_object_get(json_object_get(list, "properties"), field);
	if (json_object_get(list, "items"))
		list = json_object_get(list, "items");
	list = json_object_get(list, "enum");
	for (; names[n]; n++)
		assert_string_equal(json_string_value(json_array_get(list, n)), names[n]);
	assert_int_equal(json_array_size(list), n);
}

static void the_description_has_the_codes_words(void **state)
{
	(void)state;
	names_are("Kind", NULL, rd_kind_names);
	names_are("Stage", NULL, rd_stage_names);
	names_are("Status", NULL, rd_status_names);
	names_are("Case", "channel", rd_case_channel_names);
	names_are("Case", "flags", rd_flag_names);
	names_are("Event", "event", rd_case_event_names);
}

static void the_description_has_the_codes_paths_and_parameters(void **state)
{
	json_t *paths = json_object_get(document, "paths");
	size_t n = 0;

	(void)state;
	for (; rd_api_routes[n].path; n++) {
		json_t *get = json_object_get(json_object_get(paths, rd_api_routes[n].path), "get");
		json_t *parameters = json_object_get(get, "parameters"), *one;
		size_t i, in_query = 0, k = 0;

		assert_non_null(get);
		json_array_foreach(parameters, i, one)
		{
			if (strcmp(text_of(one, "in"), "query") != 0)
				continue;
			assert_non_null(rd_api_routes[n].parameters[in_query]);
			assert_string_equal(
				text_of(one, "name"), rd_api_routes[n].parameters[in_query]);
			in_query++;
		}
		while (rd_api_routes[n].parameters[k])
			k++;
		assert_int_equal(in_query, k);
	}
	assert_int_equal(json_object_size(paths), n);
	assert_int_equal(
		json_integer_value(json_object_get(
			json_object_get(
				json_array_get(json_object_get(
						       json_object_get(
							       json_object_get(paths, "/api/cases"),
							       "get"),
						       "parameters"),
					0),
				"schema"),
			"maximum")),
		RD_API_PAGE_MAX);
}

/* After all the others: nothing stands in the file that no answer has shown. */
static void everything_described_was_met(void **state)
{
	const char *path, *status, *name, *property;
	json_t *of_path, *answer, *schema, *one;
	char key[200];

	(void)state;
	json_object_foreach(json_object_get(document, "paths"), path, of_path)
	{
		json_object_foreach(json_object_get(json_object_get(of_path, "get"), "responses"),
			status, answer)
		{
			snprintf(key, sizeof key, "%s %s", path, status);
			if (!json_object_get(met, key))
				fail_msg("%s is described and never answered", key);
		}
	}
	json_object_foreach(
		json_object_get(json_object_get(document, "components"), "schemas"), name, schema)
	{
		json_object_foreach(json_object_get(schema, "properties"), property, one)
		{
			snprintf(key, sizeof key, "%s.%s", name, property);
			if (!json_object_get(seen, key))
				fail_msg("%s is described and never shown", key);
		}
	}
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, before, after)
	const struct CMUnitTest tests[] = {
		TEST(a_token_is_a_must_and_wrong_ones_are_counted),
		TEST(a_token_asks_so_often_a_minute_and_no_more),
		TEST(the_cap_of_a_token_is_the_one_described),
		TEST(each_role_sees_its_part),
		TEST(a_landlords_token_sees_its_own_cases_alone),
		TEST(a_reference_must_be_right),
		TEST(cases_come_in_pages),
		TEST(events_are_told_since_a_number),
		TEST(an_answer_that_is_known_is_not_sent_again),
		TEST(an_answer_is_kept_by_nobody_but_who_asked),
		TEST(what_cannot_be_read_is_said),
		TEST(a_store_that_cannot_be_read_is_said),
		TEST(a_token_that_can_be_guessed_is_refused),
		cmocka_unit_test(the_description_has_the_codes_words),
		cmocka_unit_test(the_description_has_the_codes_paths_and_parameters),
		cmocka_unit_test(everything_described_was_met),
	};

	document =
		json_load_file(RD_SOURCE_DIR "/share/openapi.json", JSON_REJECT_DUPLICATES, NULL);
	met = json_object();
	seen = json_object();
	if (!document)
		return 1;
	const int failed = cmocka_run_group_tests(tests, NULL, NULL);
	json_decref(document);
	json_decref(met);
	json_decref(seen);
	return failed;
}

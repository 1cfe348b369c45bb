/* webhook_world: a store and a webhook for two providers, and ways to ask it as they do.
 *
 * Every test is an IN_WORLD(), and calls start and stop itself.
 */
#ifndef REDRESS_SUPPORT_WEBHOOK_WORLD_H
#define REDRESS_SUPPORT_WEBHOOK_WORLD_H

#include <curl/curl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "redress/intake/webhook.h"
#include "redress/store/status.h"
#include "redress/wire/providers/twilio.h"

#define PUBLIC	       "https://sms.example.org/in"
#define FORM_TYPE      "Content-Type: application/x-www-form-urlencoded"
#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, before, after)

struct world {
	char dir[64];
	char path[128];
	char token[128];
	struct rd_texts_config texts[2]; /* line: twilio, notify */
	struct rd_config config;
	struct rd_webhook_limits limits;
	struct rd_webhook_calls calls;
	struct rd_clock clock;
	int64_t now_ms;
	struct rd_store *store;
	struct rd_db *db;
	struct rd_arena *arena;
	struct rd_webhook *webhook;
	char url[64];
	atomic_int events[RD_N_WEBHOOK_EVENTS];
	atomic_bool well;
	const char *proxies[2];
};

static inline int64_t clock_now(void *context)
{
	return ((struct world *)context)->now_ms;
}

static inline void on_event(
	void *context, enum rd_webhook_event event, const char *texts, const char *detail)
{
	struct world *w = context;
	(void)texts;
	(void)detail;
	atomic_fetch_add(&w->events[event], 1);
}

static inline bool health(void *context, struct rd_buf *out)
{
	struct world *w = context;
	struct rd_err err = { 0 };
	bool well = atomic_load(&w->well);
	return rd_buf_add_str(out, well ? "well\n" : "unwell\n", &err) == RD_OK && well;
}

static inline void metrics(void *context, struct rd_buf *out)
{
	struct rd_err err = { 0 };
	(void)context;
	assert_int_equal(rd_buf_add_str(out, "redress_up 1\n# EOF\n", &err), RD_OK);
}

static inline void start(struct world *w, int max_pages)
{
	struct rd_err err = { 0 };
	const struct rd_store_options options = {
		.path = w->path, .create = true, .busy_ms = 200, .max_pages = max_pages
	};
	assert_int_equal(rd_store_open(&options, &w->store, &err), RD_OK);
	assert_int_equal(rd_db_open(w->store, &w->db, &err), RD_OK);
	enum rd_rc rc = rd_webhook_start(
		&w->config, w->store, &w->clock, &w->calls, &w->limits, &w->webhook, &err);
	if (rc != RD_OK)
		print_error("%s\n", err.msg);
	assert_int_equal(rc, RD_OK);
	snprintf(w->url, sizeof w->url, "http://127.0.0.1:%d", rd_webhook_port(w->webhook));
}

static inline void stop(struct world *w)
{
	rd_webhook_stop(w->webhook);
	rd_db_close(w->db);
	rd_store_close(w->store);
}

static inline int before(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	snprintf(w->dir, sizeof w->dir, "/tmp/redress-webhook-XXXXXX");
	if (!mkdtemp(w->dir))
		return -1;
	snprintf(w->path, sizeof w->path, "%s/state", w->dir);
	snprintf(w->token, sizeof w->token, "%s/token", w->dir);
	FILE *file = fopen(w->token, "we");
	if (!file)
		return -1;
	fputs("12345\n", file);
	fclose(file);
	chmod(w->token, 0600);
	const struct rd_secret_place token = { RD_SECRET_FILE, w->token };
	w->texts[0] = (struct rd_texts_config){ .name = "line",
		.kind = RD_TEXTS_TWILIO,
		.number = "+447700900000",
		.account = "AC1",
		.token = token,
		.landlord = "homes",
		.api_url = "",
		.path = "",
		.template_id = "" };
	w->texts[1] = w->texts[0];
	w->texts[1].name = "notify";
	w->texts[1].kind = RD_TEXTS_NOTIFY;
	w->now_ms = 1795000000000;
	w->clock = (struct rd_clock){ .now_ms = clock_now, .context = w };
	w->config = (struct rd_config){ .gateway = "test",
		.listen_host = "127.0.0.1",
		.listen = true,
		.public_url = PUBLIC,
		.texts = w->texts,
		.n_texts = 2,
		.trusted_proxies = w->proxies };
	w->limits = rd_webhook_usual_limits;
	w->calls = (struct rd_webhook_calls){
		.context = w, .on_event = on_event, .health = health, .metrics = metrics
	};
	atomic_store(&w->well, true);
	w->arena = rd_arena_new(1 << 20);
	*state = w;
	return 0;
}

static inline int after(void **state)
{
	static const char *const ends[] = { "", "-wal", "-shm", ".lock" };
	struct world *w = *state;
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		char path[160];
		snprintf(path, sizeof path, "%s%s", w->path, ends[i]);
		unlink(path);
	}
	unlink(w->token);
	rmdir(w->dir);
	rd_arena_free(w->arena);
	free(w);
	return 0;
}

/* ---- asking ---- */

struct got {
	CURLcode rc;
	long status;
	char body[512];
	char headers[1024];
};

static inline size_t keep(char *data, size_t size, size_t n, void *context)
{
	char *out = context;
	size_t have = strlen(out);
	size_t max = 510;
	for (size_t i = 0; i < size * n && have < max; i++)
		out[have++] = data[i];
	out[have] = '\0';
	return size * n;
}

/* headers: NULL-ended. body NULL: GET. */
static inline struct got ask(const struct world *w, const char *path, const char *body, size_t len,
	const char *const *headers)
{
	struct got got = { .status = 0 };
	char url[2600];
	CURL *curl = curl_easy_init();
	struct curl_slist *list = NULL;
	snprintf(url, sizeof url, "%s%s", w->url, path);
	for (size_t i = 0; headers && headers[i]; i++)
		list = curl_slist_append(list, headers[i]);
	list = curl_slist_append(list, "Expect:");
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 250000L);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &got.body[0]);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, keep);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, &got.headers[0]);
	if (body) {
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)len);
	}
	got.rc = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &got.status);
	curl_slist_free_all(list);
	curl_easy_cleanup(curl);
	return got;
}

/* Signed as Twilio does, over `signed_url`; more: further headers, NULL-ended, or NULL. */
static inline struct got post_signed(struct world *w, const char *signed_url, const char *path,
	const char *body, const char *const *more)
{
	struct rd_err err = { 0 };
	struct rd_form form;
	char header[128];
	const char *headers[8] = { FORM_TYPE, header };
	rd_arena_reset(w->arena);
	assert_int_equal(rd_form_parse(body, strlen(body), w->arena, &form, &err), RD_OK);
	snprintf(header, sizeof header, "X-Twilio-Signature: %s",
		rd_twilio_sign(w->arena, "12345", signed_url, &form));
	for (size_t i = 0; more && more[i] && i < 5; i++)
		headers[i + 2] = more[i];
	return ask(w, path, body, strlen(body), headers);
}

static inline struct got post_text(struct world *w, const char *id, const char *words)
{
	char body[20000];
	snprintf(body, sizeof body,
		"MessageSid=%s&AccountSid=AC1&From=%%2B447700900123&To=%%2B447700900000&Body=%s",
		id, words);
	return post_signed(w, PUBLIC "/sms/line", "/sms/line", body, NULL);
}

static inline int64_t n_stored(struct world *w)
{
	struct rd_err err = { 0 };
	struct rd_status_counts counts;
	assert_int_equal(rd_status_counts(w->db, &counts, &err), RD_OK);
	return counts.accepted;
}

#endif

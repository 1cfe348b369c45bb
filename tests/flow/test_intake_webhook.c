#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "redress/base/date.h"
#include "redress/intake/webhook.h"
#include "redress/intake/webhook_peer.h"
#include "redress/store/contact.h"
#include "redress/store/intake.h"
#include "redress/store/outbox.h"
#include "redress/store/queue.h"
#include "redress/store/status.h"
#include "redress/store/tasks.h"
#include "redress/wire/providers/twilio.h"
#include "support/turned_clock.h"

#define PUBLIC "https://sms.example.org/in"
#define NOTIFY_TEXT(id, received)                                                                  \
	"{\"id\":\"" id                                                                            \
	"\",\"source_number\":\"447700900111\",\"destination_number\":\"0751421\","                \
	"\"message\":\"There is mould in my bedroom\","                                            \
	"\"date_received\":\"" received ".000000Z\"}"
#define FORM_TYPE "Content-Type: application/x-www-form-urlencoded"
#define JSON_TYPE "Content-Type: application/json"

struct world {
	char dir[64];
	char path[128];
	char token[128];
	struct rd_texts_config texts[2]; /* line: twilio, notify */
	struct rd_config config;
	struct rd_webhook_limits limits;
	struct rd_webhook_hooks hooks;
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

static int64_t clock_now(void *context)
{
	return ((struct world *)context)->now_ms;
}

static void on_event(
	void *context, enum rd_webhook_event event, const char *texts, const char *detail)
{
	struct world *w = context;
	(void)texts;
	(void)detail;
	atomic_fetch_add(&w->events[event], 1);
}

static bool health(void *context, struct rd_buf *out)
{
	struct world *w = context;
	struct rd_err err = { 0 };
	bool well = atomic_load(&w->well);
	return rd_buf_add_str(out, well ? "well\n" : "unwell\n", &err) == RD_OK && well;
}

static void metrics(void *context, struct rd_buf *out)
{
	struct rd_err err = { 0 };
	(void)context;
	assert_int_equal(rd_buf_add_str(out, "redress_up 1\n# EOF\n", &err), RD_OK);
}

static void start(struct world *w, int max_pages)
{
	struct rd_err err = { 0 };
	const struct rd_store_options options = {
		.path = w->path, .create = true, .busy_ms = 200, .max_pages = max_pages
	};
	assert_int_equal(rd_store_open(&options, &w->store, &err), RD_OK);
	assert_int_equal(rd_db_open(w->store, &w->db, &err), RD_OK);
	enum rd_rc rc = rd_webhook_start(
		&w->config, w->store, &w->clock, &w->hooks, &w->limits, &w->webhook, &err);
	if (rc != RD_OK)
		print_error("%s\n", err.msg);
	assert_int_equal(rc, RD_OK);
	snprintf(w->url, sizeof w->url, "http://127.0.0.1:%d", rd_webhook_port(w->webhook));
}

static void stop(struct world *w)
{
	rd_webhook_stop(w->webhook);
	rd_db_close(w->db);
	rd_store_close(w->store);
}

static int before(void **state)
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
	w->hooks = (struct rd_webhook_hooks){
		.context = w, .on_event = on_event, .health = health, .metrics = metrics
	};
	atomic_store(&w->well, true);
	w->arena = rd_arena_new(1 << 20);
	*state = w;
	return 0;
}

static int after(void **state)
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

static size_t keep(char *data, size_t size, size_t n, void *context)
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
static struct got ask(const struct world *w, const char *path, const char *body, size_t len,
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
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, got.body);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, keep);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, got.headers);
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
static struct got post_signed(struct world *w, const char *signed_url, const char *path,
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

static struct got post_text(struct world *w, const char *id, const char *words)
{
	char body[20000];
	snprintf(body, sizeof body,
		"MessageSid=%s&AccountSid=AC1&From=%%2B447700900123&To=%%2B447700900000&Body=%s",
		id, words);
	return post_signed(w, PUBLIC "/sms/line", "/sms/line", body, NULL);
}

static int64_t n_stored(struct world *w)
{
	struct rd_err err = { 0 };
	struct rd_status_counts counts;
	assert_int_equal(rd_status_counts(w->db, &counts, &err), RD_OK);
	return counts.accepted;
}

/* ---- claims ---- */

static void a_signed_text_is_stored_before_it_is_answered(void **state)
{
	struct world *w = *state;
	start(w, 0);
	struct got got = post_text(w, "SM1", "My+heating+is+off");
	assert_int_equal(got.status, 200);
	assert_non_null(strstr(got.body, "<Response></Response>"));
	assert_non_null(strstr(got.headers, "text/xml"));
	assert_int_equal(n_stored(w), 1);
	assert_int_equal(w->events[RD_WEBHOOK_TEXT], 1);
	stop(w);
}

static void a_repeat_is_answered_the_same_and_stored_once(void **state)
{
	struct world *w = *state;
	start(w, 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(post_text(w, "SM1", "My+heating+is+off").status, 200);
	assert_int_equal(n_stored(w), 1);
	assert_int_equal(w->events[RD_WEBHOOK_DUPLICATE], 2);
	/* And after a restart. */
	stop(w);
	start(w, 0);
	assert_int_equal(post_text(w, "SM1", "My+heating+is+off").status, 200);
	assert_int_equal(post_text(w, "SM2", "My+heating+is+off").status, 200);
	assert_int_equal(n_stored(w), 2);
	stop(w);
}

static void what_is_not_signed_over_the_public_url_is_refused(void **state)
{
	struct world *w = *state;
	const char *body = "MessageSid=SM1&AccountSid=AC1&From=%2B447700900123&Body=x";
	char local[128];
	start(w, 0);
	snprintf(local, sizeof local, "%s/sms/line", w->url);
	/* Over the address that the request really had, with a Host header to match. */
	assert_int_equal(post_signed(w, local, "/sms/line", body, NULL).status, 403);
	const char *const host[] = { "Host: evil.example.com", NULL };
	assert_int_equal(
		post_signed(w, "https://evil.example.com/sms/line", "/sms/line", body, host).status,
		403);
	assert_int_equal(ask(w, "/sms/line", body, strlen(body), NULL).status, 403);
	assert_int_equal(post_signed(w, PUBLIC "/sms/line", "/sms/line",
				 "MessageSid=SM1&AccountSid=AC2&From=1&Body=x", NULL)
				 .status,
		403);
	assert_int_equal(n_stored(w), 0);
	assert_int_equal(w->events[RD_WEBHOOK_REFUSED], 4);
	/* Any Host will do where the signature is right; the raw query is part of it. */
	assert_int_equal(
		post_signed(w, PUBLIC "/sms/line?a=%41&b", "/sms/line?a=%41&b", body, host).status,
		200);
	assert_int_equal(
		post_signed(w, PUBLIC "/sms/line?a=A&b", "/sms/line?a=%41&b", body, NULL).status,
		403);
	stop(w);
}

static void notify_is_known_by_its_token(void **state)
{
	struct world *w = *state;
	const char *body =
		NOTIFY_TEXT("740e5834-3a29-46b4-9a6f-16142fde533a", "2026-11-18T11:00:00");
	const char *const right[] = { JSON_TYPE, "Authorization: Bearer 12345", NULL };
	const char *const wrong[] = { JSON_TYPE, "Authorization: Bearer 12346", NULL };
	start(w, 0);
	assert_int_equal(ask(w, "/sms/notify", body, strlen(body), wrong).status, 403);
	assert_int_equal(ask(w, "/sms/notify", body, strlen(body), right).status, 200);
	assert_int_equal(ask(w, "/sms/notify", body, strlen(body), right).status, 200);
	assert_int_equal(n_stored(w), 1);
	struct got got = ask(w, "/sms/notify", "{\"id\":1}", 8, right);
	assert_int_equal(got.status, 400);
	assert_non_null(strstr(got.body, "\"id\""));
	assert_int_equal(w->events[RD_WEBHOOK_UNREADABLE], 1);
	stop(w);
}

static void the_time_of_receipt_is_the_providers_unless_it_lies_ahead(void **state)
{
	static const struct {
		const char *why, *body;
		const char *received;
	} rows[] = {
		{ "it reached the provider before it reached us",
			NOTIFY_TEXT("740e5834-3a29-46b4-9a6f-000000000001", "2026-11-17T23:59:00"),
			"2026-11-17T23:59:00Z" },
		{ "its clock is ahead by a day",
			NOTIFY_TEXT("740e5834-3a29-46b4-9a6f-000000000002", "2026-11-19T11:00:00"),
			"2026-11-18T11:30:00Z" },
		{ "by a second",
			NOTIFY_TEXT("740e5834-3a29-46b4-9a6f-000000000003", "2026-11-18T11:30:01"),
			"2026-11-18T11:30:00Z" },
	};
	const char *const right[] = { JSON_TYPE, "Authorization: Bearer 12345", NULL };
	struct world *w = *state;
	struct rd_err err = { 0 };
	assert_int_equal(rd_instant_parse("2026-11-18T11:30:00Z", &w->now_ms, &err), RD_OK);
	start(w, 0);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_message_row row;
		int64_t wanted_ms = 0;
		assert_int_equal(rd_instant_parse(rows[i].received, &wanted_ms, &err), RD_OK);
		assert_int_equal(
			ask(w, "/sms/notify", rows[i].body, strlen(rows[i].body), right).status,
			200);
		assert_int_equal(rd_queue_show(w->db, (int64_t)i + 1, w->arena, &row, &err), RD_OK);
		if (row.received_ms != wanted_ms)
			fail_msg("%s: off by %d s", rows[i].why,
				(int)((row.received_ms - wanted_ms) / 1000));
		assert_int_equal(row.first_seen_ms, w->now_ms);
	}
	stop(w);
}

static void other_paths_and_methods_are_clear(void **state)
{
	struct world *w = *state;
	start(w, 0);
	assert_int_equal(ask(w, "/", NULL, 0, NULL).status, 404);
	assert_int_equal(ask(w, "/sms/nobody", "x", 1, NULL).status, 404);
	assert_int_equal(ask(w, "/sms/line/other", "x", 1, NULL).status, 404);
	assert_int_equal(ask(w, "/sms/lines", "x", 1, NULL).status, 404);
	struct got got = ask(w, "/sms/line", NULL, 0, NULL);
	assert_int_equal(got.status, 405);
	assert_non_null(strstr(got.headers, "Allow: POST"));
	got = ask(w, "/healthz", "x", 1, NULL);
	assert_int_equal(got.status, 405);
	assert_non_null(strstr(got.headers, "Allow: GET"));
	char path[2500];
	memset(path, 'a', sizeof path);
	memcpy(path, "/sms/line?", 10);
	path[sizeof path - 1] = '\0';
	assert_int_equal(ask(w, path, "x", 1, NULL).status, 414);
	stop(w);
}

static void health_says_whether_it_is_well(void **state)
{
	struct world *w = *state;
	start(w, 0);
	struct got got = ask(w, "/healthz", NULL, 0, NULL);
	assert_int_equal(got.status, 200);
	assert_string_equal(got.body, "well\n");
	atomic_store(&w->well, false);
	assert_int_equal(ask(w, "/healthz", NULL, 0, NULL).status, 503);
	stop(w);
}

static void figures_are_for_this_machine_alone(void **state)
{
	static const char *const through[][2] = { { "X-Forwarded-For: 127.0.0.1", NULL },
		{ "X-Forwarded-For: 198.51.100.7", NULL }, { "Forwarded: for=127.0.0.1", NULL },
		{ "Via: 1.1 proxy", NULL }, { "X-Real-IP: 127.0.0.1", NULL } };
	struct world *w = *state;
	for (int trusted = 0; trusted < 2; trusted++) {
		w->proxies[0] = "127.0.0.1";
		w->config.n_trusted_proxies = (size_t)trusted;
		start(w, 0);
		struct got got = ask(w, "/metrics", NULL, 0, NULL);
		assert_int_equal(got.status, 200);
		assert_non_null(strstr(got.body, "redress_up 1"));
		for (size_t i = 0; i < sizeof through / sizeof through[0]; i++)
			assert_int_equal(ask(w, "/metrics", NULL, 0, through[i]).status, 403);
		stop(w);
	}
}

static void a_body_above_the_limit_is_too_large(void **state)
{
	struct world *w = *state;
	size_t len = 3u << 20;
	char *body = malloc(len);
	assert_non_null(body);
	memset(body, 'x', len);
	start(w, 0);
	const char *const form[] = { FORM_TYPE, NULL };
	assert_int_equal(ask(w, "/sms/line", body, (64u << 10) + 1, form).status, 413);
	assert_int_equal(
		ask(w, "/sms/line", body, 64u << 10, form).status, 403); /* read, unsigned */
	struct got got = ask(w, "/sms/line", body, len, form);
	assert_true(got.status == 413 || got.rc != CURLE_OK);
	assert_int_equal(w->events[RD_WEBHOOK_TOO_LARGE], 2);
	/* Without a stated length, too. */
	const char *const chunked[] = { FORM_TYPE, "Transfer-Encoding: chunked", NULL };
	assert_int_equal(ask(w, "/sms/line", body, (64u << 10) + 1, chunked).status, 413);
	got = ask(w, "/sms/line", body, len, chunked);
	assert_int_not_equal(got.status, 200);
	free(body);
	assert_int_equal(n_stored(w), 0);
	assert_int_equal(post_text(w, "SM1", "still+here").status, 200);
	stop(w);
}

static int dial(const struct world *w)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)rd_webhook_port(w->webhook)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
	return fd;
}

/* Has the other side hung up, or does it within that time? -1: waits until it has. */
static bool hung_up(int fd, int timeout_ms)
{
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		char scrap[512];
		if (poll(&p, 1, timeout_ms) <= 0)
			return false;
		if (recv(fd, scrap, sizeof scrap, 0) <= 0)
			return true;
	}
}

static void a_slow_client_is_cut_off_however_it_drips(void **state)
{
	static const char *const starts[] = {
		"POST /sms/line HTTP/1.1\r\nHost: x\r\nX-Long: ",
		"POST /sms/line HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n",
	};
	struct world *w = *state;
	start(w, 0);
	for (size_t i = 0; i < 2; i++) {
		int fd = dial(w);
		assert_true(send(fd, starts[i], strlen(starts[i]), MSG_NOSIGNAL) > 0);
		do
			clock_turn_on(1000); /* a byte a second */
		while (send(fd, "x", 1, MSG_NOSIGNAL) == 1 && !hung_up(fd, 5));
		close(fd);
		assert_int_equal(w->events[RD_WEBHOOK_CUT_OFF], i + 1);
	}
	/* A silent one, too. */
	int fd = dial(w);
	do
		clock_turn_on(1000);
	while (!hung_up(fd, 5));
	close(fd);
	assert_int_equal(w->events[RD_WEBHOOK_CUT_OFF], 3);
	assert_int_equal(post_text(w, "SM1", "still+here").status, 200);
	stop(w);
}

static void one_address_cannot_hold_all_connections(void **state)
{
	struct world *w = *state;
	w->limits.connections_per_address = 4;
	start(w, 0);
	int fds[5];
	for (int i = 0; i < 4; i++) {
		fds[i] = dial(w);
		assert_false(hung_up(fds[i], 100));
	}
	fds[4] = dial(w);
	assert_true(hung_up(fds[4], -1));
	assert_int_equal(w->events[RD_WEBHOOK_TURNED_AWAY], 1);
	for (int i = 0; i < 5; i++)
		close(fds[i]);
	while (post_text(w, "SM1", "x").status != 200)
		poll(NULL, 0, 5);
	stop(w);
}

static void failed_checks_are_counted_by_address_and_never_stop_a_checked_request(void **state)
{
	struct world *w = *state;
	w->limits.failed_per_minute = 3;
	w->proxies[0] = "127.0.0.1";
	w->config.n_trusted_proxies = 1;
	start(w, 0);
	const char *const bad[] = { FORM_TYPE, "X-Forwarded-For: 203.0.113.9, 198.51.100.7", NULL };
	const char *const same[] = { FORM_TYPE, "X-Forwarded-For: 203.0.113.200, 198.51.100.7",
		NULL };
	const char *const other[] = { FORM_TYPE, "X-Forwarded-For: 198.51.100.7, 203.0.113.9",
		NULL };
	for (int i = 0; i < 3; i++)
		assert_int_equal(ask(w, "/sms/line", "a=b", 3, bad).status, 403);
	struct got got = ask(w, "/sms/line", "a=b", 3, bad);
	assert_int_equal(got.status, 429);
	assert_non_null(strstr(got.headers, "Retry-After: 60"));
	/* What stands further left was written by the client itself. */
	assert_int_equal(ask(w, "/sms/line", "a=b", 3, same).status, 429);
	assert_int_equal(ask(w, "/sms/line", "a=b", 3, other).status, 403);
	assert_int_equal(post_signed(w, PUBLIC "/sms/line", "/sms/line",
				 "MessageSid=SM1&AccountSid=AC1&From=1&Body=x", bad + 1)
				 .status,
		200);
	stop(w);
}

static void too_many_checked_requests_are_told_to_come_again(void **state)
{
	struct world *w = *state;
	w->limits.verified_per_s = 2;
	start(w, 0);
	int n_busy = 0;
	for (int i = 0; i < 12 && n_busy == 0; i++) {
		char id[16];
		snprintf(id, sizeof id, "SM%d", i);
		struct got got = post_text(w, id, "x");
		if (got.status == 503) {
			assert_non_null(strstr(got.headers, "Retry-After: 1"));
			n_busy++;
			while (post_text(w, id, "x").status != 200)
				poll(NULL, 0, 5);
		}
	}
	assert_int_equal(n_busy, 1);
	assert_true(w->events[RD_WEBHOOK_BUSY] >= 1);
	stop(w);
}

static void when_storage_fails_the_provider_is_told_to_send_again(void **state)
{
	struct world *w = *state;
	char words[12001];
	memset(words, 'x', sizeof words - 1);
	words[sizeof words - 1] = '\0';
	start(w, 0);
	stop(w);
	start(w, 1); /* no page more than there are */
	struct got got = { .status = 200 };
	int n_stored_ok = 0;
	for (int i = 0; i < 50 && got.status == 200; i++) {
		char id[16];
		snprintf(id, sizeof id, "SM%d", i);
		got = post_text(w, id, words);
		n_stored_ok += got.status == 200;
	}
	assert_int_equal(got.status, 503);
	assert_non_null(strstr(got.headers, "Retry-After"));
	assert_int_equal(n_stored(w), n_stored_ok);
	assert_int_equal(w->events[RD_WEBHOOK_STORE_FAILED], 1);
	stop(w);
	start(w, 0); /* there is room again */
	char id[16];
	snprintf(id, sizeof id, "SM%d", n_stored_ok);
	assert_int_equal(post_text(w, id, words).status, 200);
	assert_int_equal(n_stored(w), n_stored_ok + 1);
	stop(w);
}

/* ---- receipts ---- */

static int64_t put_sent_text(struct world *w, const char *provider_id)
{
	struct rd_err err = { 0 };
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	struct rd_outbox_row claimed;
	int64_t id;
	const struct rd_outbox_row row = { .letter = "received",
		.cause = "message:1",
		.channel = RD_CHANNEL_SMS,
		.outgoing = "line",
		.recipient = "+447700900123",
		.subject = "",
		.payload = "words",
		.payload_len = 5,
		.message_id = "rd.1",
		.letter_version = "1",
		.hold_reason = "",
		.meets_clock = "" };
	assert_int_equal(rd_tx_begin(w->db, &tx, &err), RD_OK);
	assert_int_equal(rd_outbox_put(tx, &row, w->now_ms, &id, &err), RD_OK);
	assert_int_equal(rd_tx_commit(&tx, &err), RD_OK);
	assert_int_equal(
		rd_outbox_claim(w->db, "line", w->now_ms, true, w->arena, &claimed, &err), RD_OK);
	assert_int_equal(rd_tx_begin(w->db, &tx, &err), RD_OK);
	assert_int_equal(rd_outbox_sent(tx, id, provider_id, "HTTP 201", w->now_ms, &err), RD_OK);
	assert_int_equal(rd_tx_commit(&tx, &err), RD_OK);
	return id;
}

static struct got post_receipt(struct world *w, const char *body)
{
	return post_signed(w, PUBLIC "/sms/line/status", "/sms/line/status", body, NULL);
}

static void a_receipt_that_fails_gives_a_person_the_task(void **state)
{
	struct world *w = *state;
	struct rd_err err = { 0 };
	struct rd_outbox_row row;
	struct rd_task *tasks;
	size_t n;
	bool out = false;
	start(w, 0);
	int64_t id = put_sent_text(w, "SM77");
	const char *sent = "MessageSid=SM77&AccountSid=AC1&MessageStatus=sent";
	const char *failed =
		"MessageSid=SM77&AccountSid=AC1&MessageStatus=undelivered&ErrorCode=21610";
	assert_int_equal(ask(w, "/sms/line/status", failed, strlen(failed), NULL).status, 403);
	assert_int_equal(post_receipt(w, sent).status, 200);
	assert_int_equal(post_receipt(w, failed).status, 200);
	assert_int_equal(post_receipt(w, failed).status, 200); /* again: the same */
	assert_int_equal(rd_outbox_get(w->db, id, w->arena, &row, &err), RD_OK);
	assert_string_equal(row.delivery, "failed");
	assert_int_equal(
		rd_task_list(w->db, (struct rd_date){ 0 }, w->arena, &tasks, &n, &err), RD_OK);
	assert_int_equal(n, 1);
	assert_int_equal(tasks[0].outbox_id, id);
	assert_non_null(strstr(tasks[0].text, "undelivered 21610"));
	assert_int_equal(rd_contact_opted_out(w->db, "+447700900123", &out, &err), RD_OK);
	assert_true(out);
	assert_int_equal(w->events[RD_WEBHOOK_RECEIPT], 2);
	/* One of a text that we do not know yet is kept too. */
	assert_int_equal(
		post_receipt(w, "MessageSid=SM78&AccountSid=AC1&MessageStatus=delivered").status,
		200);
	stop(w);
}

/* ---- under load ---- */

struct load {
	struct rd_store *store;
	atomic_bool stop;
	atomic_int n;
};

/* Mail taken in as fast as it goes, in transactions of 50 ms. */
static void *take_mail(void *context)
{
	struct load *load = context;
	struct rd_err err = { 0 };
	struct rd_db *db = NULL;
	char *raw = malloc(25000);
	int64_t source;
	bool is_new;
	struct rd_tx *tx = NULL;
	const struct rd_source_identity identity = {
		.kind = RD_SOURCE_MAILDIR, .host = "/mail", .user = "", .folder = ""
	};
	memset(raw, 'm', 25000);
	RD_ASSERT(rd_db_open(load->store, &db, &err) == RD_OK);
	RD_ASSERT(rd_tx_begin(db, &tx, &err) == RD_OK);
	RD_ASSERT(rd_source_take(tx, &identity, "mail", 1, &source, &is_new, &err) == RD_OK);
	RD_ASSERT(rd_tx_commit(&tx, &err) == RD_OK);
	for (int i = 0; !atomic_load(&load->stop);) {
		int64_t until_ms = rd_monotonic_ms() + 50;
		RD_ASSERT(rd_tx_begin(db, &tx, &err) == RD_OK);
		while (rd_monotonic_ms() < until_ms) {
			char name[32];
			int64_t id;
			snprintf(name, sizeof name, "m%d", i++);
			const struct rd_mail_put mail = { .source_id = source,
				.landlord = "homes",
				.name = name,
				.received_ms = 1,
				.first_seen_ms = 1,
				.server_bytes = 25000 };
			RD_ASSERT(rd_intake_put_mail(tx, &mail, raw, 25000, &id, &err) == RD_OK);
		}
		RD_ASSERT(rd_tx_commit(&tx, &err) == RD_OK);
		atomic_store(&load->n, i);
	}
	rd_db_close(db);
	free(raw);
	return NULL;
}

/* Until a transaction has ended that began after this was called: the second that is told of. */
static void wait_for_more(struct load *load)
{
	for (int i = 0; i < 2; i++) {
		int before = atomic_load(&load->n);
		while (atomic_load(&load->n) == before)
			poll(NULL, 0, 2);
	}
}

/* The mailbox never leaves the store alone, and nobody may wait for it to be idle: each text gets
 * its turn between two of its transactions. In which order is test_store_db's. */
static void texts_are_stored_between_the_transactions_of_a_busy_mailbox(void **state)
{
	struct world *w = *state;
	struct rd_err err = { 0 };
	struct rd_message_row *rows;
	size_t n = 0, n_texts = 0;
	pthread_t thread;
	start(w, 0);
	struct load load = { .store = w->store };
	assert_int_equal(pthread_create(&thread, NULL, take_mail, &load), 0);
	for (int i = 0; i < 15; i++) {
		char id[16];
		wait_for_more(&load);
		snprintf(id, sizeof id, "SM%d", i);
		assert_int_equal(post_text(w, id, "x").status, 200);
	}
	wait_for_more(&load);
	atomic_store(&load.stop, true);
	pthread_join(thread, NULL);
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(64u << 20);
	assert_int_equal(
		rd_queue_list(w->db, RD_FATE_NONE, RD_STORE_ROWS_MAX, arena, &rows, &n, &err),
		RD_OK);
	assert_true(n > 15);
	for (size_t i = 0; i < n; i++) {
		if (rows[i].channel != RD_CHANNEL_SMS)
			continue;
		n_texts++;
		assert_true(i > 0 && rows[i - 1].channel == RD_CHANNEL_EMAIL);
		assert_true(i + 1 < n && rows[i + 1].channel == RD_CHANNEL_EMAIL);
	}
	assert_int_equal(n_texts, 15);
	stop(w);
}

/* ---- addresses ---- */

static void the_client_is_the_right_most_that_is_no_proxy(void **state)
{
	static const struct {
		const char *why;
		const char *peer;
		const char *forwarded;
		const char *client;
	} rows[] = {
		{ "no proxy: the header is anybody's", "203.0.113.9", "1.2.3.4", "203.0.113.9" },
		{ "through the proxy", "127.0.0.1", "203.0.113.9", "203.0.113.9" },
		{ "further left is the client's own", "127.0.0.1", "1.2.3.4, 203.0.113.9",
			"203.0.113.9" },
		{ "through both proxies", "127.0.0.1", "203.0.113.9, 10.0.0.2", "203.0.113.9" },
		{ "no header", "127.0.0.1", "", "127.0.0.1" },
		{ "nothing that can be read", "127.0.0.1", "1.2.3.4, unknown", "127.0.0.1" },
		{ "with a port", "127.0.0.1", "203.0.113.9:4711", "203.0.113.9" },
		{ "IPv6 in brackets", "127.0.0.1", "[2001:db8::1]:443", "2001:db8::1" },
		{ "proxies all the way", "127.0.0.1", "10.0.0.2", "10.0.0.2" },
	};
	struct rd_peer_proxies proxies = { .n = 2 };
	(void)state;
	assert_true(rd_peer_parse("127.0.0.1", 9, &proxies.items[0]));
	assert_true(rd_peer_parse("10.0.0.2", 8, &proxies.items[1]));
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_peer peer;
		struct rd_peer wanted;
		assert_true(rd_peer_parse(rows[i].peer, strlen(rows[i].peer), &peer));
		assert_true(rd_peer_parse(rows[i].client, strlen(rows[i].client), &wanted));
		struct rd_peer client = rd_peer_client(&proxies, &peer, rows[i].forwarded);
		if (!rd_peer_same(&client, &wanted))
			print_error("%s\n", rows[i].why);
		assert_true(rd_peer_same(&client, &wanted));
	}
}

static void failures_are_counted_a_minute_and_by_ipv6_network(void **state)
{
	struct rd_peer_failed *failed = calloc(1, sizeof *failed);
	struct rd_peer one;
	struct rd_peer neighbour;
	struct rd_peer stranger;
	(void)state;
	assert_non_null(failed);
	assert_true(rd_peer_parse("2001:db8::1", 11, &one));
	assert_true(rd_peer_parse("2001:db8::ffff", 14, &neighbour));
	assert_true(rd_peer_parse("2001:db8:0:1::1", 15, &stranger));
	assert_false(rd_peer_fails(failed, &one, 1000, 2));
	assert_false(rd_peer_fails(failed, &neighbour, 2000, 2));
	assert_true(rd_peer_fails(failed, &one, 3000, 2));
	assert_false(rd_peer_fails(failed, &stranger, 3000, 2));
	assert_false(rd_peer_fails(failed, &one, 61000, 2));
	free(failed);
}

int main(void)
{
#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, before, after)
	const struct CMUnitTest tests[] = {
		IN_WORLD(a_signed_text_is_stored_before_it_is_answered),
		IN_WORLD(a_repeat_is_answered_the_same_and_stored_once),
		IN_WORLD(what_is_not_signed_over_the_public_url_is_refused),
		IN_WORLD(notify_is_known_by_its_token),
		IN_WORLD(the_time_of_receipt_is_the_providers_unless_it_lies_ahead),
		IN_WORLD(other_paths_and_methods_are_clear),
		IN_WORLD(health_says_whether_it_is_well),
		IN_WORLD(figures_are_for_this_machine_alone),
		IN_WORLD(a_body_above_the_limit_is_too_large),
		IN_WORLD(a_slow_client_is_cut_off_however_it_drips),
		IN_WORLD(one_address_cannot_hold_all_connections),
		IN_WORLD(failed_checks_are_counted_by_address_and_never_stop_a_checked_request),
		IN_WORLD(too_many_checked_requests_are_told_to_come_again),
		IN_WORLD(when_storage_fails_the_provider_is_told_to_send_again),
		IN_WORLD(a_receipt_that_fails_gives_a_person_the_task),
		IN_WORLD(texts_are_stored_between_the_transactions_of_a_busy_mailbox),
		cmocka_unit_test(the_client_is_the_right_most_that_is_no_proxy),
		cmocka_unit_test(failures_are_counted_a_minute_and_by_ipv6_network),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

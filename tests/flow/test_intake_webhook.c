/* The webhook: which texts and receipts it stores before it answers, what it refuses, and what else
 * it answers. */
#include "support/webhook_world.h"

#include <poll.h>
#include <pthread.h>

#include "redress/base/date.h"
#include "redress/store/contact.h"
#include "redress/store/intake.h"
#include "redress/store/outbox.h"
#include "redress/store/queue.h"
#include "redress/store/tasks.h"

#define NOTIFY_TEXT(id, received)                                                                  \
	"{\"id\":\"" id                                                                            \
	"\",\"source_number\":\"447700900111\",\"destination_number\":\"0751421\","                \
	"\"message\":\"There is mould in my bedroom\","                                            \
	"\"date_received\":\"" received ".000000Z\"}"
#define JSON_TYPE "Content-Type: application/json"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(a_signed_text_is_stored_before_it_is_answered),
		IN_WORLD(a_repeat_is_answered_the_same_and_stored_once),
		IN_WORLD(what_is_not_signed_over_the_public_url_is_refused),
		IN_WORLD(notify_is_known_by_its_token),
		IN_WORLD(the_time_of_receipt_is_the_providers_unless_it_lies_ahead),
		IN_WORLD(other_paths_and_methods_are_clear),
		IN_WORLD(health_says_whether_it_is_well),
		IN_WORLD(figures_are_for_this_machine_alone),
		IN_WORLD(when_storage_fails_the_provider_is_told_to_send_again),
		IN_WORLD(a_receipt_that_fails_gives_a_person_the_task),
		IN_WORLD(texts_are_stored_between_the_transactions_of_a_busy_mailbox),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

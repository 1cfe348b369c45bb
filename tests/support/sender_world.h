/* sender_world: a store with an open case, one way out of each kind at scripted servers, and
 * a sender under a clock that the test sets.
 *
 * main() runs its IN_WORLD() tests as a group, with make_world and free_world.
 */
#ifndef REDRESS_SUPPORT_SENDER_WORLD_H
#define REDRESS_SUPPORT_SENDER_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "redress/deliver/sender.h"
#include "redress/store/casebook.h"
#include "redress/store/outbox_wire.h"
#include "redress/store/queue.h"
#include "redress/store/tasks.h"
#include "support/child.h"
#include "support/folder.h"

#define MINUTE_MS      (60 * (int64_t)1000)
#define HOUR_MS	       (60 * MINUTE_MS)
#define API_KEY	       "key-26785a09-ab16-4eb0-8407-a37497a57506-3d844edf-8d35-48ac-975b-e847b4f122b0"
#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, before, after)

struct world {
	char dir[64];
	char path[128]; /* the store */
	char maildir[128];
	char tray[128];
	char token[128];
	char key[128];
	struct child smtp;
	struct child provider;
	char api_url[64];

	int64_t now_ms;
	struct rd_clock clock;
	struct rd_config config;
	struct rd_outgoing_config outgoing;
	struct rd_texts_config texts[5]; /* twilio, notify, tray, vonage, firetext */
	struct rd_sender_limits limits;
	struct rd_sender_calls calls;
	struct rd_store *store;
	struct rd_db *db;
	struct rd_sender *sender;
	struct rd_arena *arena;
	int64_t case_id;
	int n_letters;
	int n_sent_hooks;
	int n_beats;
	int events[RD_N_SENDER_EVENTS];
	enum rd_rc hook_rc;
	bool rewrite;
};

static inline int64_t clock_now(void *context)
{
	return ((struct world *)context)->now_ms;
}

static inline enum rd_rc on_sent(void *context, struct rd_tx *tx, const struct rd_outbox_row *row,
	int64_t sent_ms, struct rd_err *err)
{
	struct world *w = context;
	(void)tx;
	(void)row;
	assert_true(sent_ms > 0);
	if (w->hook_rc != RD_OK)
		return rd_fail(err, w->hook_rc, "the hook fails");
	w->n_sent_hooks++;
	return RD_OK;
}

static inline void on_event(void *context, enum rd_sender_event event,
	const struct rd_outbox_row *row, const char *detail)
{
	struct world *w = context;
	(void)row;
	assert_non_null(detail);
	w->events[event]++;
}

static inline void on_beat(void *context)
{
	((struct world *)context)->n_beats++;
}

static inline void write_secret(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	chmod(path, 0600);
}

static inline int make_world(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	snprintf(w->dir, sizeof w->dir, "/tmp/redress-sender-XXXXXX");
	if (!mkdtemp(w->dir))
		return -1;
	snprintf(w->path, sizeof w->path, "%s/state", w->dir);
	snprintf(w->maildir, sizeof w->maildir, "%s/out", w->dir);
	snprintf(w->tray, sizeof w->tray, "%s/tray", w->dir);
	snprintf(w->token, sizeof w->token, "%s/token", w->dir);
	snprintf(w->key, sizeof w->key, "%s/key", w->dir);
	write_secret(w->token, "12345");
	write_secret(w->key, API_KEY);
	child_start(&w->smtp, (const char *[]){ "smtp_server.py", NULL });
	child_start(&w->provider, (const char *[]){ "provider_server.py", NULL });
	snprintf(w->api_url, sizeof w->api_url, "http://127.0.0.1:%d", w->provider.port);
	*state = w;
	return 0;
}

static inline int free_world(void **state)
{
	struct world *w = *state;
	child_stop(&w->smtp);
	child_stop(&w->provider);
	folder_remove(w->dir);
	free(w);
	return 0;
}

static inline void open_sender(struct world *w)
{
	struct rd_err err = { 0 };
	int64_t run;
	const struct rd_store_options options = { .path = w->path, .create = true };
	assert_int_equal(rd_store_open(&options, &w->store, &err), RD_OK);
	assert_int_equal(rd_db_open(w->store, &w->db, &err), RD_OK);
	assert_int_equal(rd_queue_start_run(w->db, w->now_ms, &run, &err), RD_OK);
	assert_int_equal(rd_sender_new(&w->config, w->store, &w->clock, &w->calls, &w->limits,
				 &w->sender, &err),
		RD_OK);
}

static inline void close_sender(struct world *w)
{
	rd_sender_free(w->sender);
	rd_db_close(w->db);
	rd_store_close(w->store);
}

static inline void open_case(struct world *w)
{
	struct rd_err err = { 0 };
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	const struct rd_case_new fresh = {
		.landlord = "homes",
		.kind = RD_COMPLAINT,
		.stage = RD_STAGE_1,
		.status = RD_STATUS_OPEN,
		.address = "a@example.com",
		.name = "",
		.received_ms = w->now_ms,
		.opened_ms = w->now_ms,
		.outcome = "",
		.subject = "",
	};
	assert_int_equal(rd_tx_begin(w->db, &tx, &err), RD_OK);
	assert_int_equal(rd_case_open(tx, &fresh, &w->case_id, &err), RD_OK);
	const struct rd_case_clock clock = { .case_id = w->case_id,
		.name = "stage1.acknowledge",
		.starts = rd_date_of(w->now_ms),
		.due = rd_date_add(rd_date_of(w->now_ms), 7),
		.source = "6.2" };
	assert_int_equal(rd_case_start_clock(tx, &clock, &err), RD_OK);
	assert_int_equal(rd_tx_commit(&tx, &err), RD_OK);
}

/* Every test: a new store, the same servers, Wednesday 18 November 2026, 11:06 in London. */
static inline int before(void **state)
{
	struct world *w = *state;
	folder_remove(w->maildir);
	folder_remove(w->tray);
	remove(w->path);
	char other[160];
	static const char *const ends[] = { "-wal", "-shm", ".lock" };
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		snprintf(other, sizeof other, "%s%s", w->path, ends[i]);
		remove(other);
	}
	child_ask(&w->smtp, "mode ok");
	child_ask(&w->provider, "mode ok");
	child_ask(&w->provider, "list ok");
	child_ask(&w->provider, "forget");
	w->now_ms = 1795000000000;
	w->clock = (struct rd_clock){ .now_ms = clock_now, .context = w };
	w->limits = rd_sender_usual_limits;
	w->limits.timeout_ms = 3000;
	w->calls = (struct rd_sender_calls){
		.context = w, .on_sent = on_sent, .on_event = on_event, .beat = on_beat
	};
	w->hook_rc = RD_OK;
	w->n_letters = 0;
	w->n_sent_hooks = 0;
	memset(w->events, 0, sizeof w->events);
	w->outgoing = (struct rd_outgoing_config){ .name = "post",
		.kind = RD_OUTGOING_SMTP,
		.path = w->maildir,
		.host = "127.0.0.1",
		.port = w->smtp.port,
		.security = RD_SECURITY_PLAIN,
		.ca_file = "",
		.user = "",
		.from = "homes@example.org",
		.envelope_sender = "" };
	const struct rd_secret_place token = { RD_SECRET_FILE, w->token };
	w->texts[0] = (struct rd_texts_config){ .name = "twilio-line",
		.kind = RD_TEXTS_TWILIO,
		.number = "+447700900000",
		.account = "AC1",
		.token = token,
		.template_id = "",
		.api_url = w->api_url,
		.path = "",
		.landlord = "homes" };
	w->texts[1] = w->texts[0];
	w->texts[1].name = "notify-line";
	w->texts[1].kind = RD_TEXTS_NOTIFY;
	w->texts[1].template_id = "11111111-2222-3333-4444-555555555555";
	w->texts[1].api_key = (struct rd_secret_place){ RD_SECRET_FILE, w->key };
	w->texts[2] = w->texts[0];
	w->texts[2].name = "tray-line";
	w->texts[2].kind = RD_TEXTS_TRAY;
	w->texts[2].path = w->tray;
	w->texts[3] = w->texts[0];
	w->texts[3].name = "vonage-line";
	w->texts[3].kind = RD_TEXTS_VONAGE;
	w->texts[3].api_key = w->texts[1].api_key;
	w->texts[4] = w->texts[3];
	w->texts[4].name = "firetext-line";
	w->texts[4].kind = RD_TEXTS_FIRETEXT;
	w->config = (struct rd_config){ .gateway = "test",
		.public_url = "https://sms.example.org",
		.text_hours_from_min = 480,
		.text_hours_to_min = 1200,
		.texts = w->texts,
		.n_texts = 5,
		.outgoing = &w->outgoing };
	w->arena = rd_arena_new(4 << 20);
	open_sender(w);
	open_case(w);
	return 0;
}

static inline int after(void **state)
{
	struct world *w = *state;
	close_sender(w);
	rd_arena_free(w->arena);
	return 0;
}

static inline struct rd_outbox_row letter(struct world *w, const char *outgoing)
{
	bool text = strcmp(outgoing, "post") != 0;
	const char *id = rd_arena_printf(w->arena, "rd.%d@example.org", ++w->n_letters);
	struct rd_outbox_row row = {
		.case_id = w->case_id,
		.letter = "acknowledge",
		.stage = RD_STAGE_1,
		.cause = rd_arena_printf(w->arena, "message:%d", w->n_letters),
		.channel = text ? RD_CHANNEL_SMS : RD_CHANNEL_EMAIL,
		.outgoing = outgoing,
		.recipient = text ? "+447700900123" : "a@example.com",
		.subject = "",
		.payload = text ? rd_arena_printf(w->arena, "RD100001: words %d", w->n_letters)
				: rd_arena_printf(w->arena,
					  "Message-ID: <%s>\r\nSubject: Auto\r\n\r\nwords\r\n", id),
		.message_id = id,
		.letter_version = "1",
		.written_for = rd_date_of(w->now_ms),
		.hold_reason = "",
		.meets_clock = "stage1.acknowledge",
	};
	row.payload_len = strlen(row.payload);
	return row;
}

static inline int64_t put(struct world *w, const struct rd_outbox_row *row)
{
	struct rd_err err = { 0 };
	int64_t id;
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	assert_int_equal(rd_tx_begin(w->db, &tx, &err), RD_OK);
	assert_int_equal(rd_outbox_put(tx, row, w->now_ms, &id, &err), RD_OK);
	assert_int_equal(rd_tx_commit(&tx, &err), RD_OK);
	return id;
}

static inline int64_t put_letter(struct world *w, const char *outgoing)
{
	struct rd_outbox_row row = letter(w, outgoing);
	return put(w, &row);
}

/* Steps until nothing is due; gives when to come again. */
static inline int64_t run(struct world *w)
{
	struct rd_err err = { 0 };
	bool did = true;
	int64_t next_ms = 0;
	for (int i = 0; did && i < 1000; i++) {
		enum rd_rc rc = rd_sender_step(w->sender, &did, &next_ms, &err);
		if (rc != RD_OK)
			print_error("%s\n", err.msg);
		assert_int_equal(rc, RD_OK);
	}
	assert_false(did);
	return next_ms;
}

static inline struct rd_outbox_row get(struct world *w, int64_t id)
{
	struct rd_err err = { 0 };
	struct rd_outbox_row row;
	assert_int_equal(rd_outbox_get(w->db, id, w->arena, &row, &err), RD_OK);
	return row;
}

static inline size_t n_tasks(struct world *w, const char *kind)
{
	struct rd_err err = { 0 };
	struct rd_task *tasks;
	size_t n;
	size_t found = 0;
	assert_int_equal(
		rd_task_list(w->db, (struct rd_date){ 0 }, w->arena, &tasks, &n, &err), RD_OK);
	for (size_t i = 0; i < n; i++)
		found += strcmp(tasks[i].kind, kind) == 0 &&
			 rd_date_compare(tasks[i].due, rd_date_of(w->now_ms)) == 0;
	return found;
}

#endif

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <cmocka.h>

#include "redress/deliver/sender.h"
#include "redress/store/audit.h"
#include "redress/store/casebook.h"
#include "redress/store/contact.h"
#include "redress/store/outbox_wire.h"
#include "redress/store/queue.h"
#include "redress/store/tasks.h"
#include "redress/wire/providers/notify.h"
#include "support/child.h"

#define MINUTE_MS (60 * (int64_t)1000)
#define HOUR_MS	  (60 * MINUTE_MS)
#define API_KEY	  "key-26785a09-ab16-4eb0-8407-a37497a57506-3d844edf-8d35-48ac-975b-e847b4f122b0"

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
	struct rd_sender_hooks hooks;
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

static int64_t clock_now(void *context)
{
	return ((struct world *)context)->now_ms;
}

static enum rd_rc on_sent(void *context, struct rd_tx *tx, const struct rd_outbox_row *row,
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

static void on_event(void *context, enum rd_sender_event event, const struct rd_outbox_row *row,
	const char *detail)
{
	struct world *w = context;
	(void)row;
	assert_non_null(detail);
	w->events[event]++;
}

static void on_beat(void *context)
{
	((struct world *)context)->n_beats++;
}

static void write_secret(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	chmod(path, 0600);
}

static int make_world(void **state)
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

static void empty_folder(const char *path)
{
	DIR *dir = opendir(path);
	if (!dir)
		return;
	for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
		char name[512];
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
		empty_folder(name);
		if (remove(name) != 0)
			print_error("cannot remove %s\n", name);
	}
	closedir(dir);
}

static int free_world(void **state)
{
	struct world *w = *state;
	child_stop(&w->smtp);
	child_stop(&w->provider);
	empty_folder(w->dir);
	rmdir(w->dir);
	free(w);
	return 0;
}

static void open_sender(struct world *w)
{
	struct rd_err err = { 0 };
	int64_t run;
	const struct rd_store_options options = { .path = w->path, .create = true };
	assert_int_equal(rd_store_open(&options, &w->store, &err), RD_OK);
	assert_int_equal(rd_db_open(w->store, &w->db, &err), RD_OK);
	assert_int_equal(rd_queue_start_run(w->db, w->now_ms, &run, &err), RD_OK);
	assert_int_equal(rd_sender_new(&w->config, w->store, &w->clock, &w->hooks, &w->limits,
				 &w->sender, &err),
		RD_OK);
}

static void close_sender(struct world *w)
{
	rd_sender_free(w->sender);
	rd_db_close(w->db);
	rd_store_close(w->store);
}

static void open_case(struct world *w)
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
static int before(void **state)
{
	struct world *w = *state;
	empty_folder(w->maildir);
	empty_folder(w->tray);
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
	w->hooks = (struct rd_sender_hooks){
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

static int after(void **state)
{
	struct world *w = *state;
	close_sender(w);
	rd_arena_free(w->arena);
	return 0;
}

static struct rd_outbox_row letter(struct world *w, const char *outgoing)
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

static int64_t put(struct world *w, const struct rd_outbox_row *row)
{
	struct rd_err err = { 0 };
	int64_t id;
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	assert_int_equal(rd_tx_begin(w->db, &tx, &err), RD_OK);
	assert_int_equal(rd_outbox_put(tx, row, w->now_ms, &id, &err), RD_OK);
	assert_int_equal(rd_tx_commit(&tx, &err), RD_OK);
	return id;
}

static int64_t put_letter(struct world *w, const char *outgoing)
{
	struct rd_outbox_row row = letter(w, outgoing);
	return put(w, &row);
}

/* Steps until nothing is due; gives when to come again. */
static int64_t run(struct world *w)
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

static struct rd_outbox_row get(struct world *w, int64_t id)
{
	struct rd_err err = { 0 };
	struct rd_outbox_row row;
	assert_int_equal(rd_outbox_get(w->db, id, w->arena, &row, &err), RD_OK);
	return row;
}

static size_t n_tasks(struct world *w, const char *kind)
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

static void a_letter_goes_and_everything_that_hangs_on_it(void **state)
{
	struct world *w = *state;
	struct rd_err err = { 0 };
	long total = child_number(&w->smtp, "total");
	int64_t id = put_letter(w, "post");
	run(w);
	struct rd_outbox_row row = get(w, id);
	assert_int_equal(row.state, RD_OUTBOX_SENT);
	assert_non_null(strstr(row.response, "250 2.0.0 kept"));
	assert_true(row.sent_ms == w->now_ms);
	assert_int_equal(w->n_sent_hooks, 1);
	assert_true(w->n_beats > 0);
	int64_t on_wire = 0;
	assert_int_equal(rd_outbox_last_on_wire(w->db, &on_wire, &err), RD_OK);
	assert_true(on_wire == id);
	struct rd_case_clock *clocks;
	size_t n;
	assert_int_equal(rd_case_clocks(w->db, w->case_id, w->arena, &clocks, &n, &err), RD_OK);
	assert_int_equal(n, 1);
	assert_true(clocks[0].met_ms == w->now_ms);
	struct rd_audit_row *rows;
	assert_int_equal(
		rd_audit_list(w->db, w->case_id, 0, 0, 100, w->arena, &rows, &n, &err), RD_OK);
	assert_string_equal(rows[n - 1].what, "letter_sent");
	run(w);
	assert_int_equal(child_number(&w->smtp, "total"), total + 1);
}

static void every_outcome_of_smtp_is_recorded(void **state)
{
	static const struct {
		const char *mode;
		enum rd_outbox_state state;
		size_t n_send;
		size_t n_settle;
		enum rd_sender_event event;
	} rows[] = {
		{ "mode rcpt-4", RD_OUTBOX_QUEUED, 0, 0, RD_SENDER_DEFERRED },
		{ "mode rcpt-5", RD_OUTBOX_FAILED, 1, 0, RD_SENDER_REFUSED },
		{ "mode data-5", RD_OUTBOX_FAILED, 2, 0, RD_SENDER_REFUSED },
		{ "mode drop-data", RD_OUTBOX_UNCERTAIN, 2, 1, RD_SENDER_UNCERTAIN },
	};
	struct world *w = *state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int64_t id = put_letter(w, "post");
		child_ask(&w->smtp, rows[i].mode);
		memset(w->events, 0, sizeof w->events);
		run(w);
		struct rd_outbox_row row = get(w, id);
		if (row.state != rows[i].state)
			print_error("%s: %s\n", rows[i].mode, row.trouble);
		assert_int_equal(row.state, rows[i].state);
		assert_int_equal(n_tasks(w, "send"), rows[i].n_send);
		assert_int_equal(n_tasks(w, "settle"), rows[i].n_settle);
		assert_int_equal(w->events[rows[i].event], 1);
	}
	/* Uncertain for good: hours later it still has not been sent again. */
	long total = child_number(&w->smtp, "total");
	child_ask(&w->smtp, "mode rcpt-5");
	w->now_ms += 5 * HOUR_MS;
	run(w);
	assert_int_equal(child_number(&w->smtp, "total"), total);
	assert_int_equal(w->n_sent_hooks, 0);
}

static void back_off_doubles_up_to_four_hours_and_ends_after_two_days(void **state)
{
	struct world *w = *state;
	int64_t last_ms = 0;
	for (int n = 1; n < 30; n++) {
		int64_t ms = rd_sender_backoff_ms(7, n);
		int64_t whole = n > 8 ? 4 * HOUR_MS : MINUTE_MS << (n - 1);
		if (whole > 4 * HOUR_MS)
			whole = 4 * HOUR_MS;
		assert_true(ms <= whole && ms >= whole - whole / 5);
		assert_true(n > 8 || ms > last_ms);
		last_ms = ms;
	}
	assert_true(rd_sender_backoff_ms(7, 5) != rd_sender_backoff_ms(8, 5));
	int64_t start_ms = w->now_ms;
	int64_t id = put_letter(w, "post");
	child_ask(&w->smtp, "mode rcpt-4");
	while (get(w, id).state == RD_OUTBOX_QUEUED) {
		int64_t next_ms = run(w);
		assert_true(next_ms > w->now_ms);
		assert_true(w->now_ms - start_ms < 60 * HOUR_MS);
		w->now_ms = next_ms;
	}
	assert_int_equal(get(w, id).state, RD_OUTBOX_FAILED);
	assert_true(w->now_ms - start_ms >= 48 * HOUR_MS);
	assert_int_equal(w->events[RD_SENDER_GAVE_UP], 1);
	assert_int_equal(n_tasks(w, "send"), 1);
}

static void a_route_in_trouble_rests_and_the_others_go_on(void **state)
{
	struct world *w = *state;
	child_ask(&w->smtp, "mode mail-5"); /* our own side: no letter is to blame */
	for (int i = 0; i < 5; i++)
		put_letter(w, "post");
	int64_t text = put_letter(w, "tray-line");
	run(w);
	assert_int_equal(get(w, text).state, RD_OUTBOX_SENT);
	assert_int_equal(w->events[RD_SENDER_OWN_TROUBLE], 1);
	assert_int_equal(w->events[RD_SENDER_DEFERRED], 1);
	child_ask(&w->smtp, "mode ok");
	w->now_ms += 5 * MINUTE_MS;
	run(w);
	assert_int_equal(w->events[RD_SENDER_SENT], 6);
}

static void a_route_that_stays_in_trouble_rests_ever_longer(void **state)
{
	static const int64_t rests_s[] = { 30, 60, 120, 240, 300, 300 };
	struct world *w = *state;
	close_sender(w);
	w->limits.per_address_day = 100;
	open_sender(w);
	child_ask(&w->smtp, "mode mail-5");
	for (int i = 0; i < 10; i++)
		put_letter(w, "post");
	run(w);
	for (int i = 0; i < (int)(sizeof rests_s / sizeof rests_s[0]); i++) {
		assert_int_equal(w->events[RD_SENDER_OWN_TROUBLE], i + 1);
		w->now_ms += rests_s[i] * 1000 - 1;
		run(w);
		assert_int_equal(w->events[RD_SENDER_OWN_TROUBLE], i + 1);
		w->now_ms += 1;
		run(w);
	}
	assert_int_equal(w->events[RD_SENDER_OWN_TROUBLE], 7);
	child_ask(&w->smtp, "mode ok");
	w->now_ms += 5 * MINUTE_MS;
	run(w);
	child_ask(&w->smtp, "mode mail-5"); /* it was well: the next rest is short again */
	put_letter(w, "post");
	put_letter(w, "post");
	run(w);
	w->now_ms += 30000;
	run(w);
	assert_int_equal(w->events[RD_SENDER_OWN_TROUBLE], 9);
}

static void a_text_over_each_provider_is_recorded_with_its_id(void **state)
{
	struct world *w = *state;
	struct rd_err err = { 0 };
	struct rd_outbox_row notify = letter(w, "notify-line");
	assert_int_equal(rd_notify_payload(w->texts[1].template_id, "the words", w->arena,
				 &notify.payload, &err),
		RD_OK);
	notify.payload_len = strlen(notify.payload);
	int64_t twilio_id = put_letter(w, "twilio-line");
	int64_t notify_id = put(w, &notify);
	int64_t tray_id = put_letter(w, "tray-line");
	run(w);
	assert_int_equal(get(w, twilio_id).state, RD_OUTBOX_SENT);
	assert_int_equal(strncmp(get(w, twilio_id).provider_id, "SM", 2), 0);
	struct rd_outbox_row row = get(w, notify_id);
	assert_int_equal(row.state, RD_OUTBOX_SENT);
	assert_int_equal(strlen(row.provider_id), 36);
	assert_non_null(strstr(row.response, "version 4"));
	assert_string_equal(row.payload_sent, "Home: the words");
	assert_int_equal(get(w, tray_id).state, RD_OUTBOX_SENT);
	assert_int_equal(w->n_sent_hooks, 3);
}

static void what_a_provider_refuses_is_recorded(void **state)
{
	static const struct {
		const char *mode;
		enum rd_outbox_state state;
	} rows[] = {
		{ "mode 429", RD_OUTBOX_QUEUED },
		{ "mode daily", RD_OUTBOX_QUEUED },
		{ "mode 21610", RD_OUTBOX_FAILED },
		{ "mode 401", RD_OUTBOX_QUEUED },
	};
	struct world *w = *state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		child_ask(&w->provider, rows[i].mode);
		int64_t id = put_letter(w, "notify-line");
		run(w);
		struct rd_outbox_row row = get(w, id);
		assert_int_equal(row.state, rows[i].state);
		if (strcmp(rows[i].mode, "mode daily") == 0) /* at midnight UTC */
			assert_int_equal(row.next_try_ms % (24 * HOUR_MS), 0);
		w->now_ms += 10 * MINUTE_MS;
	}
	assert_int_equal(child_number(&w->provider, "total"), 0);
}

/* Plays the provider's clock, which stands at the real time. */
static void at_real_time(struct world *w)
{
	w->now_ms = (int64_t)time(NULL) * 1000;
	w->config.text_hours_from_min = 0;
	w->config.text_hours_to_min = 1440;
}

static void after_a_lost_answer_the_provider_is_asked_before_sending_again(void **state)
{
	static const char *const lines[] = { "twilio-line", "notify-line" };
	static const struct {
		const char *mode;
		bool taken;
	} rows[] = { { "mode lost", true }, { "mode 500-taken", true }, { "mode 500", false },
		{ "mode slow", true } };
	struct world *w = *state;
	at_real_time(w);
	w->limits.per_address_day = 100;
	close_sender(w);
	w->limits.timeout_ms = 700;
	w->limits.ask_after_ms = 10;
	open_sender(w);
	for (size_t line = 0; line < 2; line++) {
		for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
			at_real_time(w);
			long total = child_number(&w->provider, "total");
			long asked = child_number(&w->provider, "asked");
			int64_t id = put_letter(w, lines[line]);
			child_ask(&w->provider, rows[i].mode);
			run(w);
			assert_int_equal(get(w, id).state, RD_OUTBOX_UNCERTAIN);
			assert_int_equal(child_number(&w->provider, "asked"), asked);
			child_ask(&w->provider, "mode ok");
			w->now_ms += 9;
			run(w);
			assert_int_equal(child_number(&w->provider, "asked"), asked);
			w->now_ms += 1;
			run(w);
			assert_int_equal(child_number(&w->provider, "asked"), asked + 1);
			struct rd_outbox_row row = get(w, id);
			if (row.state != RD_OUTBOX_SENT)
				print_error("%s %s\n", lines[line], rows[i].mode);
			assert_int_equal(row.state, RD_OUTBOX_SENT);
			assert_true(row.provider_id[0] != '\0');
			/* Never twice, whether it had been taken or not. */
			assert_int_equal(child_number(&w->provider, "total"), total + 1);
			assert_int_equal(row.attempts, rows[i].taken ? 1 : 2);
		}
	}
	assert_int_equal(n_tasks(w, "settle"), 0);
}

static void a_provider_that_cannot_be_asked_leaves_it_to_a_person(void **state)
{
	struct world *w = *state;
	at_real_time(w);
	int64_t id = put_letter(w, "twilio-line");
	child_ask(&w->provider, "mode lost");
	child_ask(&w->provider, "list 500");
	for (int i = 0; i < 140; i++) {
		run(w);
		if (get(w, id).asked)
			break;
		assert_int_equal(n_tasks(w, "settle"), 0);
		w->now_ms += MINUTE_MS;
	}
	assert_int_equal(get(w, id).state, RD_OUTBOX_UNCERTAIN);
	assert_true(get(w, id).asked);
	assert_int_equal(n_tasks(w, "settle"), 1);
	assert_int_equal(child_number(&w->provider, "total"), 1);
}

/* Vonage's reports lag behind: asked too early they would say that nothing was taken. */
static void a_provider_whose_list_lags_is_asked_later(void **state)
{
	struct world *w = *state;
	at_real_time(w);
	int64_t id = put_letter(w, "vonage-line");
	child_ask(&w->provider, "mode lost");
	run(w);
	child_ask(&w->provider, "mode ok");
	long asked = child_number(&w->provider, "asked");
	for (int minute = 1; minute < 15; minute++) {
		w->now_ms += MINUTE_MS;
		run(w);
	}
	assert_int_equal(get(w, id).state, RD_OUTBOX_UNCERTAIN);
	assert_int_equal(child_number(&w->provider, "asked"), asked);
	w->now_ms += 2 * MINUTE_MS;
	run(w);
	assert_int_equal(get(w, id).state, RD_OUTBOX_SENT);
	assert_int_equal(child_number(&w->provider, "asked"), asked + 1);
	assert_int_equal(child_number(&w->provider, "total"), 1);
	assert_int_equal(n_tasks(w, "settle"), 0);
}

static void a_receipt_comes(struct world *w, const char *line, int64_t id, const char *status)
{
	struct rd_tx *tx = NULL;
	struct rd_err err = { 0 };
	int64_t row;
	assert_int_equal(rd_tx_begin(w->db, &tx, &err), RD_OK);
	assert_int_equal(
		rd_outbox_receipt(tx, line, get(w, id).message_id, status, w->now_ms, &row, &err),
		RD_OK);
	assert_int_equal(rd_tx_commit(&tx, &err), RD_OK);
}

/* Its receipt came although its answer did not: by our own key, so that it names the row. */
static void a_receipt_proves_that_a_text_has_gone(void **state)
{
	static const char *const lines[] = { "vonage-line", "firetext-line" };
	struct world *w = *state;
	at_real_time(w);
	child_ask(&w->provider, "list empty"); /* a list that lags says that it is not there */
	for (size_t i = 0; i < 2; i++) {
		long total = child_number(&w->provider, "total");
		long asked = child_number(&w->provider, "asked");
		int64_t id = put_letter(w, lines[i]);
		child_ask(&w->provider, "mode lost");
		run(w);
		child_ask(&w->provider, "mode ok");
		assert_int_equal(get(w, id).state, RD_OUTBOX_UNCERTAIN);
		a_receipt_comes(
			w, lines[1 - i], id, "delivered"); /* another line's proves nothing */
		w->now_ms += 1000;
		run(w);
		assert_int_equal(get(w, id).state, RD_OUTBOX_UNCERTAIN);
		a_receipt_comes(w, lines[i], id, i ? "failed" : "delivered");
		w->now_ms += 20 * MINUTE_MS;
		run(w);
		struct rd_outbox_row row = get(w, id);
		assert_int_equal(row.state, RD_OUTBOX_SENT);
		assert_string_equal(row.delivery, i ? "failed" : "delivered");
		assert_int_equal(child_number(&w->provider, "total"), total + 1);
		assert_int_equal(child_number(&w->provider, "asked"), asked);
	}
	assert_int_equal(n_tasks(w, "settle"), 0);
	assert_int_equal(n_tasks(w, "send"), 1); /* the one that failed */
}

/* FireText has nothing to ask. */
static void one_that_offers_no_way_to_ask_leaves_it_to_a_person_at_once(void **state)
{
	struct world *w = *state;
	at_real_time(w);
	int64_t id = put_letter(w, "firetext-line");
	child_ask(&w->provider, "mode 500-taken");
	run(w);
	w->now_ms += 2 * MINUTE_MS;
	run(w);
	assert_int_equal(get(w, id).state, RD_OUTBOX_UNCERTAIN);
	assert_true(get(w, id).asked);
	assert_int_equal(n_tasks(w, "settle"), 1);
	assert_int_equal(child_number(&w->provider, "total"), 1);
}

/* ---- after a crash ---- */

/* As a kill leaves it: claimed, and put on the wire or not. */
static int64_t left_sending(struct world *w, const char *outgoing, bool on_wire)
{
	struct rd_err err = { 0 };
	struct rd_outbox_row row;
	int64_t id = put_letter(w, outgoing);
	assert_int_equal(
		rd_outbox_claim(w->db, outgoing, w->now_ms, true, w->arena, &row, &err), RD_OK);
	assert_int_equal(row.id, id);
	if (on_wire) {
		RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
		assert_int_equal(rd_tx_begin(w->db, &tx, &err), RD_OK);
		assert_int_equal(rd_outbox_on_wire(tx, id, &err), RD_OK);
		assert_int_equal(rd_tx_commit(&tx, &err), RD_OK);
	}
	return id;
}

static void a_row_only_claimed_when_the_daemon_died_just_goes(void **state)
{
	struct world *w = *state;
	int64_t id = left_sending(w, "post", false);
	close_sender(w);
	open_sender(w);
	assert_int_equal(get(w, id).state, RD_OUTBOX_QUEUED);
	assert_int_equal(get(w, id).attempts, 0);
	run(w);
	assert_int_equal(get(w, id).state, RD_OUTBOX_SENT);
}

static void a_mail_on_the_wire_when_the_daemon_died_is_for_a_person(void **state)
{
	struct world *w = *state;
	long total = child_number(&w->smtp, "total");
	int64_t id = left_sending(w, "post", true);
	close_sender(w);
	open_sender(w);
	run(w);
	assert_int_equal(get(w, id).state, RD_OUTBOX_UNCERTAIN);
	assert_int_equal(n_tasks(w, "settle"), 1);
	assert_int_equal(child_number(&w->smtp, "total"), total);
}

static void files_tell_after_a_crash_whether_a_letter_had_gone(void **state)
{
	struct world *w = *state;
	w->outgoing.kind = RD_OUTGOING_MAILDIR;
	close_sender(w);
	open_sender(w);
	char path[256];
	struct stat st;
	/* Not written yet. */
	int64_t id = left_sending(w, "post", true);
	close_sender(w);
	open_sender(w);
	run(w);
	assert_int_equal(get(w, id).state, RD_OUTBOX_SENT);
	assert_int_equal(w->events[RD_SENDER_ABSENT], 1);
	snprintf(path, sizeof path, "%s/new/rd.1_example.org", w->maildir);
	assert_int_equal(stat(path, &st), 0);
	/* Written, and the daemon died before it could say so. */
	id = left_sending(w, "post", true);
	snprintf(path, sizeof path, "%s/new/rd.2_example.org", w->maildir);
	write_secret(path, "the letter");
	close_sender(w);
	open_sender(w);
	run(w);
	assert_int_equal(get(w, id).state, RD_OUTBOX_SENT);
	assert_int_equal(w->events[RD_SENDER_FOUND], 1);
	assert_int_equal(get(w, id).attempts, 1);
	/* The same for a tray. */
	id = left_sending(w, "tray-line", true);
	close_sender(w);
	open_sender(w);
	run(w);
	assert_int_equal(get(w, id).state, RD_OUTBOX_SENT);
	assert_int_equal(w->n_sent_hooks, 3);
}

/* ---- what must not go ---- */

static void the_seventh_letter_of_a_day_to_one_address_is_held_for_a_person(void **state)
{
	struct world *w = *state;
	int64_t ids[8];
	for (int i = 0; i < 8; i++)
		ids[i] = put_letter(w, "post");
	struct rd_outbox_row other = letter(w, "post");
	other.recipient = "b@example.com";
	int64_t other_id = put(w, &other);
	run(w);
	for (int i = 0; i < 8; i++)
		assert_int_equal(get(w, ids[i]).state, i < 6 ? RD_OUTBOX_SENT : RD_OUTBOX_HELD);
	assert_int_equal(get(w, other_id).state, RD_OUTBOX_SENT);
	assert_int_equal(w->events[RD_SENDER_HELD], 2);
	assert_int_equal(n_tasks(w, "send"), 2);
	/* A person may let it go. */
	struct rd_err err = { 0 };
	struct rd_tx *tx = NULL;
	assert_int_equal(rd_tx_begin(w->db, &tx, &err), RD_OK);
	assert_int_equal(rd_outbox_approve(tx, ids[7], "pat", w->now_ms, &err), RD_OK);
	assert_int_equal(rd_tx_commit(&tx, &err), RD_OK);
	run(w);
	assert_int_equal(get(w, ids[7]).state, RD_OUTBOX_SENT);
	/* A day later the address may be written to again. */
	w->now_ms += 25 * HOUR_MS;
	int64_t late = put_letter(w, "post");
	run(w);
	assert_int_equal(get(w, late).state, RD_OUTBOX_SENT);
}

static void over_the_total_all_but_emergencies_wait(void **state)
{
	struct world *w = *state;
	close_sender(w);
	w->limits.per_hour = 3;
	open_sender(w);
	int64_t ids[5];
	for (int i = 0; i < 5; i++)
		ids[i] = put_letter(w, "post");
	int64_t next_ms = run(w);
	assert_true(next_ms > w->now_ms);
	assert_int_equal(get(w, ids[2]).state, RD_OUTBOX_SENT);
	assert_int_equal(get(w, ids[3]).state, RD_OUTBOX_QUEUED);
	assert_int_equal(w->events[RD_SENDER_WAITS], 1);
	struct rd_outbox_row urgent = letter(w, "post");
	urgent.emergency = true;
	int64_t urgent_id = put(w, &urgent);
	run(w);
	assert_int_equal(get(w, urgent_id).state, RD_OUTBOX_SENT);
	assert_int_equal(get(w, ids[3]).state, RD_OUTBOX_QUEUED);
	w->now_ms += HOUR_MS + 1;
	run(w);
	assert_int_equal(get(w, ids[4]).state, RD_OUTBOX_SENT);
}

static void a_full_hour_that_keeps_nothing_waiting_is_no_trouble(void **state)
{
	struct world *w = *state;
	close_sender(w);
	w->limits.per_hour = 3;
	open_sender(w);
	for (int i = 0; i < 3; i++)
		put_letter(w, "post");
	run(w);
	assert_int_equal(w->events[RD_SENDER_WAITS], 0);
}

static void texts_keep_their_hours_and_emergencies_do_not(void **state)
{
	struct world *w = *state;
	const struct rd_date day = rd_date_of(w->now_ms);
	w->now_ms = rd_date_at_ms(day, 20, 0); /* eight in the evening is too late */
	int64_t text = put_letter(w, "tray-line");
	struct rd_outbox_row urgent = letter(w, "tray-line");
	urgent.emergency = true;
	int64_t urgent_id = put(w, &urgent);
	int64_t mail = put_letter(w, "post");
	run(w);
	assert_int_equal(get(w, text).state, RD_OUTBOX_QUEUED);
	assert_int_equal(get(w, urgent_id).state, RD_OUTBOX_SENT);
	assert_int_equal(get(w, mail).state, RD_OUTBOX_SENT);
	w->now_ms = rd_date_at_ms(rd_date_add(day, 1), 7, 59);
	run(w);
	assert_int_equal(get(w, text).state, RD_OUTBOX_QUEUED);
	w->now_ms = rd_date_at_ms(rd_date_add(day, 1), 8, 0);
	run(w);
	assert_int_equal(get(w, text).state, RD_OUTBOX_SENT);
}

static void a_letter_whose_day_has_passed_is_left_alone_unless_attempted(void **state)
{
	struct world *w = *state;
	child_ask(&w->smtp, "mode rcpt-4");
	struct rd_outbox_row attempted = letter(w, "post");
	attempted.binds_day = true;
	int64_t attempted_id = put(w, &attempted);
	run(w);
	struct rd_outbox_row late = letter(w, "tray-line");
	late.binds_day = true;
	w->now_ms = rd_date_at_ms(rd_date_of(w->now_ms), 21, 0); /* after hours */
	int64_t late_id = put(w, &late);
	run(w);
	assert_int_equal(get(w, late_id).state, RD_OUTBOX_QUEUED);
	child_ask(&w->smtp, "mode ok");
	w->now_ms = rd_date_at_ms(rd_date_add(rd_date_of(w->now_ms), 1), 9, 0);
	run(w);
	assert_int_equal(get(w, attempted_id).state, RD_OUTBOX_SENT); /* keeps its date */
	assert_int_equal(get(w, late_id).state, RD_OUTBOX_QUEUED);
	assert_int_equal(w->events[RD_SENDER_SENT], 1);
}

static void a_number_that_opted_out_gets_no_text(void **state)
{
	struct world *w = *state;
	struct rd_err err = { 0 };
	struct rd_tx *tx = NULL;
	int64_t id = put_letter(w, "tray-line");
	assert_int_equal(rd_tx_begin(w->db, &tx, &err), RD_OK);
	assert_int_equal(rd_contact_opt_out(tx, "+447700900123", w->now_ms, &err), RD_OK);
	assert_int_equal(rd_tx_commit(&tx, &err), RD_OK);
	run(w);
	assert_int_equal(get(w, id).state, RD_OUTBOX_FAILED);
	assert_int_equal(n_tasks(w, "send"), 1);
}

static void a_clock_before_the_last_act_stops_sending(void **state)
{
	struct world *w = *state;
	put_letter(w, "post");
	run(w); /* its audit row stands at this time */
	w->now_ms -= HOUR_MS;
	int64_t id = put_letter(w, "post");
	run(w);
	run(w);
	assert_int_equal(get(w, id).state, RD_OUTBOX_QUEUED);
	assert_int_equal(w->events[RD_SENDER_CLOCK_BACK], 1);
	w->now_ms += HOUR_MS;
	run(w);
	assert_int_equal(get(w, id).state, RD_OUTBOX_SENT);
}

static void a_hook_that_fails_does_not_hide_that_the_letter_has_gone(void **state)
{
	struct world *w = *state;
	long total = child_number(&w->smtp, "total");
	w->hook_rc = RD_E_STORE;
	int64_t id = put_letter(w, "post");
	run(w);
	assert_int_equal(get(w, id).state, RD_OUTBOX_SENT);
	assert_int_equal(w->events[RD_SENDER_HOOK_FAILED], 1);
	assert_int_equal(n_tasks(w, "look"), 1);
	/* In passing trouble the record waits, and nothing else is sent meanwhile. */
	w->hook_rc = RD_E_AGAIN;
	struct rd_err err = { 0 };
	bool did;
	int64_t next_ms;
	int64_t second = put_letter(w, "post");
	int64_t third = put_letter(w, "post");
	assert_int_equal(rd_sender_step(w->sender, &did, &next_ms, &err), RD_E_AGAIN);
	assert_int_equal(rd_sender_step(w->sender, &did, &next_ms, &err), RD_E_AGAIN);
	assert_int_equal(child_number(&w->smtp, "total"), total + 2);
	w->hook_rc = RD_OK;
	run(w);
	assert_int_equal(get(w, second).state, RD_OUTBOX_SENT);
	assert_int_equal(get(w, third).state, RD_OUTBOX_SENT);
	assert_int_equal(child_number(&w->smtp, "total"), total + 3);
}

static void one_run_tries_each_row_once_and_says_what_must_wait(void **state)
{
	struct world *w = *state;
	struct rd_err err = { 0 };
	bool must_wait = true;
	put_letter(w, "post");
	assert_int_equal(rd_sender_run_once(w->sender, &must_wait, &err), RD_OK);
	assert_false(must_wait);
	child_ask(&w->smtp, "mode rcpt-4");
	int64_t id = put_letter(w, "post");
	assert_int_equal(rd_sender_run_once(w->sender, &must_wait, &err), RD_OK);
	assert_true(must_wait);
	assert_int_equal(get(w, id).attempts, 1);
}

int main(void)
{
#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, before, after)
	const struct CMUnitTest tests[] = {
		IN_WORLD(a_letter_goes_and_everything_that_hangs_on_it),
		IN_WORLD(every_outcome_of_smtp_is_recorded),
		IN_WORLD(back_off_doubles_up_to_four_hours_and_ends_after_two_days),
		IN_WORLD(a_route_in_trouble_rests_and_the_others_go_on),
		IN_WORLD(a_route_that_stays_in_trouble_rests_ever_longer),
		IN_WORLD(a_text_over_each_provider_is_recorded_with_its_id),
		IN_WORLD(what_a_provider_refuses_is_recorded),
		IN_WORLD(a_provider_whose_list_lags_is_asked_later),
		IN_WORLD(a_receipt_proves_that_a_text_has_gone),
		IN_WORLD(one_that_offers_no_way_to_ask_leaves_it_to_a_person_at_once),
		IN_WORLD(after_a_lost_answer_the_provider_is_asked_before_sending_again),
		IN_WORLD(a_provider_that_cannot_be_asked_leaves_it_to_a_person),
		IN_WORLD(a_row_only_claimed_when_the_daemon_died_just_goes),
		IN_WORLD(a_mail_on_the_wire_when_the_daemon_died_is_for_a_person),
		IN_WORLD(files_tell_after_a_crash_whether_a_letter_had_gone),
		IN_WORLD(the_seventh_letter_of_a_day_to_one_address_is_held_for_a_person),
		IN_WORLD(over_the_total_all_but_emergencies_wait),
		IN_WORLD(a_full_hour_that_keeps_nothing_waiting_is_no_trouble),
		IN_WORLD(texts_keep_their_hours_and_emergencies_do_not),
		IN_WORLD(a_letter_whose_day_has_passed_is_left_alone_unless_attempted),
		IN_WORLD(a_number_that_opted_out_gets_no_text),
		IN_WORLD(a_clock_before_the_last_act_stops_sending),
		IN_WORLD(a_hook_that_fails_does_not_hide_that_the_letter_has_gone),
		IN_WORLD(one_run_tries_each_row_once_and_says_what_must_wait),
	};
	return cmocka_run_group_tests(tests, make_world, free_world);
}

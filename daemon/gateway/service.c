#include "redress/gateway/service.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "redress/base/log.h"
#include "redress/base/thread.h"
#include "redress/gateway/activate.h"
#include "redress/gateway/alarms.h"
#include "redress/gateway/correspondence.h"
#include "redress/gateway/health.h"
#include "redress/gateway/listening.h"
#include "redress/gateway/mailboxes.h"
#include "redress/gateway/numbers.h"
#include "redress/gateway/pipeline.h"
#include "redress/gateway/posting.h"
#include "redress/gateway/reloader.h"
#include "redress/gateway/sign_ins.h"
#include "redress/gateway/systems.h"
#include "redress/gateway/timekeeper.h"
#include "redress/intake/webhook.h"
#include "redress/store/queue.h"
#include "redress/store/rulesets.h"
#include "redress/wire/providers/json.h"

#define READERS		       2
#define THREAD_BEAT_MS	       20000
#define WATCH_MS	       5000 /* main looks at its threads and tells the watchdog */
#define SIGN_INS_WATCH_MS      (3600 * 1000)
#define MAILBOX_WATCH_MS       60000
#define LOOK_AGAIN_MS	       3000 /* for what another process has put into the store */
#define TROUBLE_PAUSE_MS       5000
#define ACTIVATION_ARENA_BYTES (64u << 10)

static const struct rd_actor daemon_actor = { RD_ACTOR_DAEMON, -1 };
static const struct rd_actor first_start_actor = { RD_AUTHOR_FIRST_START, -1 };

struct service {
	const struct rd_config *config;
	const struct rd_clock *clock;
	struct rd_store *store;
	struct rd_desk desk; /* main's own */
	struct rd_reader *reader;
	int64_t run;
	struct rd_thread *pipeline, *sender, *timekeeper, *reloader, *numbers, *systems;
	struct rd_spawner *spawner;
	struct rd_mailboxes *mailboxes;
	struct rd_webhook *webhook;
	struct rd_webhook_calls calls;
	struct rd_desk figures; /* the webhook's thread's, for /healthz and /metrics */
	struct rd_listening listening;
	int64_t mailboxes_watched_ms;
	int64_t sign_ins_watched_ms; /* 0: never */
};

/* --- opening and closing --- */

/* Whoever wakes another thread is stopped before it. */
static void stop_threads(struct service *service)
{
	rd_webhook_stop(service->webhook);
	rd_mailboxes_stop(service->mailboxes);
	rd_thread_join(service->numbers);
	rd_thread_join(service->systems);
	rd_thread_join(service->reloader);
	rd_thread_join(service->timekeeper);
	rd_thread_join(service->pipeline);
	rd_thread_join(service->sender);
}

static void end_run(struct service *service)
{
	struct rd_err err = { 0 };

	if (service->run != 0 && rd_queue_end_run(service->desk.db, service->run,
					 rd_now_ms(service->clock), &err) != RD_OK)
		rd_log(RD_LOG_WARNING, err.msg, NULL);
}

static void close_service(struct service *service)
{
	stop_threads(service);
	end_run(service);
	rd_reader_close(service->reader);
	rd_desk_close(&service->figures);
	rd_desk_close(&service->desk);
	rd_store_close(service->store);
}

/* An empty store's first start activates the rules folder; any other boots what is live and
 * nothing else (promise 9), be it that a landlord of the configuration is not in it. */
static enum rd_rc activate_if_first(struct service *service, struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(ACTIVATION_ARENA_BYTES);
	RD_CLEANUP(rd_db_cleanup) struct rd_db *db = NULL;
	const char *landlords[RD_LIVE_LANDLORDS_MAX];
	const size_t n = rd_config_landlords(service->config, landlords);
	struct rd_activation current;
	char sha256[RD_RULESET_NAME_MAX];
	bool changed;
	enum rd_rc rc;

	RD_TRY(rd_db_open(service->store, &db, err));
	rc = rd_rulesets_current(db, arena, &current, err);
	if (rc != RD_E_MISSING)
		return rc;
	if (access(service->config->rules, X_OK) != 0)
		return rd_fail(err, RD_E_MISSING,
			"%s: `Rules: %.300s`: %s; name the folder that holds the rule files",
			service->config->file, service->config->rules, strerror(errno));
	return rd_rules_activate(db, service->config->rules, landlords, n, &first_start_actor,
		"an empty store", rd_now_ms(service->clock), &changed, sha256, err);
}

static enum rd_rc open_service(
	struct service *service, struct rd_spawner *spawner, struct rd_err *err)
{
	const struct rd_store_options options = {
		.path = service->config->state, .create = true, .daemon = true
	};

	rd_json_wipe_freed();
	RD_TRY(rd_store_open(&options, &service->store, err));
	RD_TRY(activate_if_first(service, err));
	RD_TRY(rd_desk_open(&service->desk, service->store, service->config, service->clock,
		&daemon_actor, err));
	RD_TRY(rd_reader_open(spawner, READERS, rd_live_files(service->desk.live),
		service->desk.landlords, service->desk.n_landlords, rd_live_off(service->desk.live),
		&service->reader, err));
	return rd_queue_start_run(service->desk.db, rd_now_ms(service->clock), &service->run, err);
}

/* --- the pipeline's thread --- */

static void wake(struct rd_thread *thread)
{
	if (thread != NULL)
		rd_thread_wake(thread);
}

static void log_trouble(const char *thread, const struct rd_err *err)
{
	rd_log(RD_LOG_ERROR, err->msg, "THREAD", thread, NULL);
}

/* The rules that are live now, in the readers too. The office follows at once, for what it pointed
 * to may be gone; readers that do not take them are asked again before anything is read. */
static enum rd_rc follow_rules(struct service *service, struct rd_pipeline *pipeline,
	struct rd_desk *desk, bool *readers_behind, struct rd_err *err)
{
	bool changed = false;
	enum rd_rc rc = rd_desk_refresh(desk, &changed, err);

	pipeline->office = desk->office;
	*readers_behind = *readers_behind || changed;
	if (rc != RD_OK || !*readers_behind)
		return rc;
	RD_TRY(rd_reader_set_rules(service->reader, rd_live_files(desk->live), desk->landlords,
		desk->n_landlords, rd_live_off(desk->live), err));
	*readers_behind = false;
	rd_log(RD_LOG_NOTICE, "The readers have the rules that are live now.", "RULESET",
		rd_live_sha256(desk->live), NULL);
	return RD_OK;
}

static void run_pipeline(struct rd_thread *self, void *context)
{
	struct service *service = context;
	RD_CLEANUP(rd_desk_close) struct rd_desk desk = { 0 };
	struct rd_err err = { 0 };
	RD_CLEANUP(rd_pipeline_close)
	struct rd_pipeline pipeline = {
		.reader = service->reader, .run = service->run, .read_ahead = true, .stop_fd = -1
	};
	bool readers_behind;

	while (!rd_thread_stopping(self) && desk.db == NULL)
		if (rd_desk_open(&desk, service->store, service->config, service->clock,
			    &daemon_actor, &err) != RD_OK) {
			log_trouble("pipeline", &err);
			rd_desk_close(&desk);
			rd_thread_wait(self, TROUBLE_PAUSE_MS);
		}
	if (desk.db == NULL)
		return;
	pipeline.db = desk.db;
	pipeline.office = desk.office;
	/* What was live when the readers were opened may be old by now. */
	readers_behind = rd_live_activation(desk.live) != rd_live_activation(service->desk.live) ||
			 rd_live_off(desk.live)->n != rd_live_off(service->desk.live)->n;
	while (!rd_thread_stopping(self)) {
		struct rd_pipeline_round round = { 0 };
		enum rd_rc rc = follow_rules(service, &pipeline, &desk, &readers_behind, &err);

		rd_thread_beat(self);
		if (rc == RD_OK)
			rc = rd_pipeline_round(&pipeline, &round, &err);
		if (round.n_letters > 0)
			wake(service->sender);
		if (rc != RD_OK) {
			log_trouble("pipeline", &err);
			rd_thread_wait(self, TROUBLE_PAUSE_MS);
		} else if (round.n_done == 0) {
			rd_thread_wait(
				self, rd_sleep_ms(service->clock, round.next_ms, LOOK_AGAIN_MS));
		}
	}
}

/* --- the sender's and the timekeeper's threads --- */

static void run_sender(struct rd_thread *self, void *context)
{
	struct service *service = context;

	rd_posting_run(self, service->store, service->config, service->clock);
}

static void run_timekeeper(struct rd_thread *self, void *context)
{
	struct service *service = context;
	RD_CLEANUP(rd_desk_close) struct rd_desk desk = { 0 };
	struct rd_err err = { 0 };

	while (!rd_thread_stopping(self)) {
		struct rd_timekeeper_round round = { 0 };
		bool changed;
		enum rd_rc rc = RD_OK;

		if (desk.db == NULL)
			rc = rd_desk_open(&desk, service->store, service->config, service->clock,
				&daemon_actor, &err);
		if (rc == RD_OK)
			rc = rd_desk_refresh(&desk, &changed, &err);
		if (rc == RD_OK)
			rc = rd_timekeeper_round(desk.db, &desk.office, &round, &err);
		if (rc != RD_OK) {
			log_trouble("timekeeper", &err);
			rd_desk_close(&desk);
		}
		if (round.n_letters > 0)
			wake(service->sender);
		rd_thread_beat(self);
		if (rc != RD_OK || !round.more)
			rd_thread_wait(
				self, rc == RD_OK ? RD_TIMEKEEPER_ROUND_MS : TROUBLE_PAUSE_MS);
	}
}

/* --- the reloader's thread --- */

static void on_news(void *context)
{
	struct service *service = context;

	wake(service->pipeline);
}

static void run_reloader(struct rd_thread *self, void *context)
{
	struct service *service = context;
	const struct rd_reloader reloader = {
		.store = service->store,
		.config = service->config,
		.clock = service->clock,
		.spawner = service->spawner,
		.on_swapped = on_news,
		.context = service,
	};

	rd_reloader_run(self, &reloader);
}

/* --- the numbers' thread --- */

static void run_numbers(struct rd_thread *self, void *context)
{
	struct service *service = context;

	rd_numbers_run(self, service->store, service->config, service->clock, on_news, service);
}

/* --- the thread of the landlord's own systems --- */

static void run_hooks(struct rd_thread *self, void *context)
{
	struct service *service = context;

	rd_systems_run(self, service->store, service->config, service->clock);
}

/* --- the webhook's thread --- */

static void on_webhook(
	void *context, enum rd_webhook_event event, const char *texts, const char *detail)
{
	struct service *service = context;

	if (event == RD_WEBHOOK_TEXT)
		wake(service->pipeline);
	rd_listening_event(&service->listening, event, texts, detail);
}

static bool threads_are_well(const struct service *service)
{
	return !rd_thread_late(service->pipeline) && !rd_thread_late(service->sender) &&
	       !rd_thread_late(service->timekeeper);
}

static bool tell_health(void *context, struct rd_buf *out)
{
	struct service *service = context;
	struct rd_status_counts counts;
	struct rd_err err = { 0 };
	const bool well = threads_are_well(service) &&
			  rd_status_counts(service->figures.db, &counts, &err) == RD_OK;

	if (rd_buf_add_str(out, well ? "ok\n" : "unwell\n", &err) != RD_OK)
		return false;
	return well;
}

static void tell_metrics(void *context, struct rd_buf *out)
{
	struct service *service = context;
	struct rd_err err = { 0 };
	bool changed;

	if (rd_desk_refresh(&service->figures, &changed, &err) != RD_OK ||
		rd_listening_metrics(&service->listening, out, &err) != RD_OK ||
		rd_health_metrics(service->figures.db, &service->figures.office, out, &err) !=
			RD_OK) {
		rd_buf_clear(out);
		rd_log(RD_LOG_WARNING, err.msg, "THREAD", "http", NULL);
	}
}

/* STATE.port says where we listen, for a configuration that leaves the port to the system. */
static void write_port(const struct service *service)
{
	char path[1024], tmp[1040];
	FILE *file;

	snprintf(path, sizeof path, "%s.port", service->config->state);
	snprintf(tmp, sizeof tmp, "%s.new", path);
	file = fopen(tmp, "we");
	if (file == NULL) {
		rd_logf(RD_LOG_WARNING, "%s: %s", tmp, strerror(errno));
		return;
	}
	fprintf(file, "%d\n", rd_webhook_port(service->webhook));
	if (fclose(file) != 0 || rename(tmp, path) != 0)
		rd_logf(RD_LOG_WARNING, "%s: %s", path, strerror(errno));
}

static enum rd_rc start_webhook(struct service *service, struct rd_err *err)
{
	if (!service->config->listen)
		return RD_OK;
	RD_TRY(rd_desk_open(&service->figures, service->store, service->config, service->clock,
		&daemon_actor, err));
	rd_listening_begin(&service->listening, &service->figures);
	service->calls = (struct rd_webhook_calls){ .context = service,
		.on_event = on_webhook,
		.health = tell_health,
		.metrics = tell_metrics };
	RD_TRY(rd_webhook_start(service->config, service->store, service->clock, &service->calls,
		NULL, &service->webhook, err));
	write_port(service);
	rd_logf(RD_LOG_NOTICE, "Listening on %s port %d.", service->config->listen_host,
		rd_webhook_port(service->webhook));
	return RD_OK;
}

/* --- the main thread --- */

static enum rd_rc start_threads(struct service *service, struct rd_err *err)
{
	rd_systems_clear_gone(service->desk.db, &service->desk.office);
	RD_TRY(rd_thread_start(
		"sender", run_sender, service, THREAD_BEAT_MS, 0, &service->sender, err));
	RD_TRY(rd_thread_start(
		"pipeline", run_pipeline, service, THREAD_BEAT_MS, 0, &service->pipeline, err));
	RD_TRY(rd_thread_start("timekeeper", run_timekeeper, service, THREAD_BEAT_MS, 0,
		&service->timekeeper, err));
	/* A reload takes as long as its proofs do: nobody waits for its beats. */
	RD_TRY(rd_thread_start("reloader", run_reloader, service, 0, 0, &service->reloader, err));
	RD_TRY(start_webhook(service, err));
	/* It waits for providers: one that is slow is no reason to restart everything. */
	if (service->config->n_texts > 0)
		RD_TRY(rd_thread_start(
			"numbers", run_numbers, service, 0, 0, &service->numbers, err));
	/* So does this one, for the landlord's own systems. */
	if (rd_systems_any(service->config))
		RD_TRY(rd_thread_start(
			"hooks", run_hooks, service, THREAD_BEAT_MS, 0, &service->systems, err));
	return rd_mailboxes_start(service->store, service->config, service->clock, on_news, service,
		&service->mailboxes, err);
}

/* One that hangs is alarmed, and the rest goes on. */
static void watch_hooks(struct service *service)
{
	if (service->systems != NULL && rd_thread_late(service->systems))
		rd_alarms_raise(service->desk.db, &service->desk.office, "webhooks-hang",
			"The webhooks to the landlord's own systems hang; everything else goes on. "
			"Restart redressd: what waits for them is kept.");
	else if (rd_systems_any(service->config))
		rd_alarms_clear(service->desk.db, &service->desk.office, "webhooks-hang");
}

static void watch(struct service *service)
{
	const int64_t now = rd_monotonic_ms();

	if (threads_are_well(service))
		sd_notify(0, "WATCHDOG=1");
	else
		rd_log(RD_LOG_ALERT, "A thread hangs; the watchdog will restart redressd.", NULL);
	if (now - service->mailboxes_watched_ms < MAILBOX_WATCH_MS)
		return;
	service->mailboxes_watched_ms = now;
	rd_mailboxes_watch(service->mailboxes, &service->desk);
	watch_hooks(service);
	if (service->sign_ins_watched_ms != 0 &&
		now - service->sign_ins_watched_ms < SIGN_INS_WATCH_MS)
		return;
	service->sign_ins_watched_ms = now;
	rd_sign_ins_watch(&service->desk);
}

static void serve(struct service *service, int signals)
{
	struct pollfd poller = { .fd = signals, .events = POLLIN };
	struct signalfd_siginfo info;

	for (;;) {
		if (poll(&poller, 1, WATCH_MS) > 0 &&
			read(signals, &info, sizeof info) == (ssize_t)sizeof info) {
			if (info.ssi_signo != SIGHUP)
				return;
			wake(service->reloader);
		}
		watch(service);
	}
}

static int take_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

enum rd_rc rd_service_run(const struct rd_config *config, const struct rd_clock *clock,
	struct rd_spawner *spawner, struct rd_err *err)
{
	struct service service = { .config = config, .clock = clock, .spawner = spawner };
	const int signals = take_signals();
	enum rd_rc rc;

	if (signals < 0)
		return rd_fail(err, RD_E_AGAIN, "signalfd: %s", strerror(errno));
	rc = open_service(&service, spawner, err);
	if (rc == RD_OK)
		rc = start_threads(&service, err);
	if (rc == RD_OK) {
		sd_notify(0, "READY=1");
		rd_log(RD_LOG_NOTICE, "Redress is at work.", "RULESET",
			rd_live_sha256(service.desk.live), NULL);
		serve(&service, signals);
		sd_notify(0, "STOPPING=1");
		rd_log(RD_LOG_NOTICE, "Redress stops.", NULL);
	}
	close_service(&service);
	close(signals);
	return rc;
}

/* --- once --- */

static enum rd_rc decide_all(struct service *service, struct rd_err *err)
{
	RD_CLEANUP(rd_pipeline_close)
	struct rd_pipeline pipeline = { .db = service->desk.db,
		.reader = service->reader,
		.office = service->desk.office,
		.run = service->run,
		.ignore_text_pause = true,
		.read_ahead = true,
		.stop_fd = -1 };
	struct rd_pipeline_round round;
	bool readers_behind = false;

	do {
		RD_TRY(follow_rules(service, &pipeline, &service->desk, &readers_behind, err));
		RD_TRY(rd_pipeline_round(&pipeline, &round, err));
	} while (round.n_done + round.n_back > 0);
	return RD_OK;
}

static enum rd_rc work_once(struct service *service, bool *ret_must_wait, struct rd_err *err)
{
	struct rd_timekeeper_round round;
	int64_t waiting = 0, claimed = 0, oldest = 0;

	RD_TRY(rd_mailboxes_once(
		service->store, service->config, service->clock, ret_must_wait, err));
	RD_TRY(rd_numbers_once(&service->desk, ret_must_wait, err));
	RD_TRY(decide_all(service, err));
	RD_TRY(rd_queue_counts(service->desk.db, &waiting, &claimed, &oldest, err));
	*ret_must_wait = *ret_must_wait || waiting > 0;
	rd_sign_ins_watch(&service->desk);
	do {
		RD_TRY(rd_timekeeper_round(service->desk.db, &service->desk.office, &round, err));
	} while (round.more);
	RD_TRY(rd_posting_once(&service->desk, ret_must_wait, err));
	return rd_systems_once(&service->desk, ret_must_wait, err);
}

enum rd_rc rd_service_once(const struct rd_config *config, const struct rd_clock *clock,
	struct rd_spawner *spawner, bool *ret_must_wait, struct rd_err *err)
{
	struct service service = { .config = config, .clock = clock };
	enum rd_rc rc;

	signal(SIGPIPE, SIG_IGN);
	*ret_must_wait = false;
	rc = open_service(&service, spawner, err);
	if (rc == RD_OK)
		rc = work_once(&service, ret_must_wait, err);
	close_service(&service);
	return rc;
}

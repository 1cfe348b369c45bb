#include "redress/gateway/systems.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "redress/base/log.h"
#include "redress/deliver/hook_message.h"
#include "redress/deliver/hooks.h"
#include "redress/deliver/open311.h"
#include "redress/gateway/alarms.h"
#include "redress/store/status.h"

#define ALARMS_ARENA_BYTES (4u << 20)
#define LOOK_AGAIN_MS	   3000 /* for what another thread or process has put into the store */
#define TROUBLE_PAUSE_MS   5000
#define FAILING_ALARM_MS   (3600 * (int64_t)1000)
#define GAVE_UP_STANDS_MS  (24 * 3600 * (int64_t)1000)

static const struct rd_actor actor = { RD_ACTOR_DAEMON, -1 };

struct systems {
	struct rd_thread *self; /* NULL in --once */
	struct rd_desk *desk;
	struct rd_hooks_calls calls;
	struct rd_hooks *hooks;
	struct rd_open311_calls open311_calls;
	struct rd_open311 *open311;
	bool troubled[RD_HOOKS_MAX];	  /* an alarm may stand, perhaps from an earlier run */
	int64_t gave_up_ms[RD_HOOKS_MAX]; /* monotonic: last, or this run began */
};

static const char *cause_of(char out[static RD_ALARM_CAUSE_MAX], const char *what, const char *hook)
{
	snprintf(out, RD_ALARM_CAUSE_MAX, "%s:%s", what, hook);
	return out;
}

static void clear(
	struct rd_db *db, const struct rd_office *office, const char *what, const char *hook)
{
	char cause[RD_ALARM_CAUSE_MAX];

	rd_alarms_clear(db, office, cause_of(cause, what, hook));
}

void rd_systems_clear_hook(struct rd_db *db, const struct rd_office *office, const char *hook)
{
	clear(db, office, RD_ALARM_HOOK_DISABLED, hook);
	clear(db, office, RD_ALARM_HOOK_FAILING, hook);
	clear(db, office, RD_ALARM_HOOK_GAVE_UP, hook);
}

static bool is_configured(const struct rd_config *config, bool hook, const char *name)
{
	for (size_t i = 0; hook && i < config->n_hooks; i++)
		if (strcmp(config->hooks[i].name, name) == 0)
			return true;
	for (size_t i = 0; !hook && i < config->n_open311; i++)
		if (strcmp(config->open311[i].name, name) == 0)
			return true;
	return false;
}

void rd_systems_clear_gone(struct rd_db *db, const struct rd_office *office)
{
	static const char *const ours[] = { RD_ALARM_HOOK_DISABLED, RD_ALARM_HOOK_FAILING,
		RD_ALARM_HOOK_GAVE_UP, RD_ALARM_OPEN311 };
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(ALARMS_ARENA_BYTES);
	struct rd_alarm *alarms;
	struct rd_err err = { 0 };
	size_t n;

	if (rd_alarm_list(db, arena, &alarms, &n, &err) != RD_OK) {
		rd_log(RD_LOG_WARNING, err.msg, NULL);
		return;
	}
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < sizeof ours / sizeof ours[0]; k++) {
			const size_t len = strlen(ours[k]);

			if (strncmp(alarms[i].cause, ours[k], len) == 0 &&
				alarms[i].cause[len] == ':' &&
				!is_configured(office->config, k < 3, alarms[i].cause + len + 1))
				rd_alarms_clear(db, office, alarms[i].cause);
		}
}

RD_PRINTF(4, 5)
static void alarm_of(
	struct systems *systems, const char *what, const char *hook, const char *format, ...)
{
	char cause[RD_ALARM_CAUSE_MAX], text[RD_ERR_MAX + RD_HOOK_ANSWER_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	rd_alarms_raise(
		systems->desk->db, &systems->desk->office, cause_of(cause, what, hook), text);
}

static size_t place_of(const struct systems *systems, const char *hook)
{
	const struct rd_config *config = systems->desk->office.config;
	size_t i = 0;

	while (i + 1 < config->n_hooks && strcmp(config->hooks[i].name, hook) != 0)
		i++;
	return i;
}

static void taken(struct systems *systems, const char *hook)
{
	const size_t i = place_of(systems, hook);
	const struct rd_desk *desk = systems->desk;

	if (systems->troubled[i]) {
		clear(desk->db, &desk->office, RD_ALARM_HOOK_DISABLED, hook);
		clear(desk->db, &desk->office, RD_ALARM_HOOK_FAILING, hook);
		systems->troubled[i] = false;
	}
	if (systems->gave_up_ms[i] != 0 &&
		rd_monotonic_ms() - systems->gave_up_ms[i] > GAVE_UP_STANDS_MS) {
		clear(desk->db, &desk->office, RD_ALARM_HOOK_GAVE_UP, hook);
		systems->gave_up_ms[i] = 0;
	}
}

static void raise_alarm(struct systems *systems, enum rd_hooks_event event, const char *hook,
	const char *detail, int64_t failing_since_ms)
{
	const size_t i = place_of(systems, hook);

	if (event == RD_HOOKS_GAVE_UP) {
		systems->gave_up_ms[i] = rd_monotonic_ms();
		alarm_of(systems, RD_ALARM_HOOK_GAVE_UP, hook,
			"Webhook %s: an event was not taken in %d attempts (the last one: %.200s). "
			"See what the other system has against it, then run `redressctl hooks "
			"resend %s`; other events go on.",
			hook, RD_HOOK_ATTEMPTS, detail, hook);
	} else if (event == RD_HOOKS_DISABLED) {
		systems->troubled[i] = true;
		alarm_of(systems, RD_ALARM_HOOK_DISABLED, hook,
			"Webhook %s is switched off: %.200s. Nothing is lost: what happens is kept "
			"for it. When the other system takes events again, run `redressctl hooks "
			"enable %s`; what waits is sent then.",
			hook, detail, hook);
	} else if (event == RD_HOOKS_TROUBLE) {
		systems->troubled[i] = true;
		alarm_of(systems, RD_ALARM_HOOK_FAILING, hook,
			"Webhook %s: no event can be signed: %.300s. They wait until that is put "
			"right.",
			hook, detail);
	} else if (rd_office_now(&systems->desk->office) - failing_since_ms >= FAILING_ALARM_MS) {
		systems->troubled[i] = true;
		alarm_of(systems, RD_ALARM_HOOK_FAILING, hook,
			"Webhook %s has taken no event for more than an hour (the last answer: "
			"%.200s). They wait and are tried again; after three days it is switched "
			"off.",
			hook, detail);
	}
}

static void on_event(void *context, enum rd_hooks_event event, const char *hook, const char *detail,
	int64_t failing_since_ms)
{
	struct systems *systems = context;

	rd_log(event == RD_HOOKS_TAKEN ? RD_LOG_DEBUG : RD_LOG_NOTICE, "Webhook", "HOOK", hook,
		"EVENT", rd_hooks_event_names[event], "DETAIL", detail, NULL);
	if (event == RD_HOOKS_TAKEN)
		taken(systems, hook);
	else
		raise_alarm(systems, event, hook, detail, failing_since_ms);
}

/* --- Open311 --- */

static void on_open311(
	void *context, enum rd_open311_event event, const char *system, const char *detail)
{
	struct systems *systems = context;

	rd_log(event == RD_OPEN311_EVENT_TAKEN ? RD_LOG_INFO : RD_LOG_NOTICE, "Open311", "SYSTEM",
		system, "EVENT", rd_open311_event_names[event], "DETAIL", detail, NULL);
	if (event == RD_OPEN311_EVENT_TAKEN)
		clear(systems->desk->db, &systems->desk->office, RD_ALARM_OPEN311, system);
	else if (event == RD_OPEN311_EVENT_TROUBLE)
		alarm_of(systems, RD_ALARM_OPEN311, system,
			"Open311 %s lets no request in: %.200s. Service requests wait; see that "
			"`API "
			"key:`, `Jurisdiction:` and `URL:` are what its server wants.",
			system, detail);
}

/* --- the thread --- */

static bool stopping(void *context)
{
	struct systems *systems = context;

	if (systems->self == NULL)
		return false;
	rd_thread_beat(systems->self);
	return rd_thread_stopping(systems->self);
}

static enum rd_rc open_systems(struct systems *systems, struct rd_err *err)
{
	const struct rd_office *office = &systems->desk->office;

	for (size_t i = 0; i < RD_HOOKS_MAX; i++) {
		systems->troubled[i] = true;
		systems->gave_up_ms[i] = rd_monotonic_ms();
	}
	systems->calls = (struct rd_hooks_calls){
		.context = systems, .on_event = on_event, .stopping = stopping
	};
	systems->open311_calls = (struct rd_open311_calls){
		.context = systems, .on_event = on_open311, .stopping = stopping
	};
	RD_TRY(rd_hooks_new(office->config, rd_db_store(systems->desk->db), office->clock,
		&systems->calls, 0, &systems->hooks, err));
	return rd_open311_new(office->config, rd_db_store(systems->desk->db), office->clock,
		&systems->open311_calls, 0, &systems->open311, err);
}

static void close_systems(struct systems *systems)
{
	rd_hooks_free(systems->hooks);
	rd_open311_free(systems->open311);
}

static int64_t sooner(int64_t a_ms, int64_t b_ms)
{
	if (a_ms == 0 || b_ms == 0)
		return a_ms == 0 ? b_ms : a_ms;
	return a_ms < b_ms ? a_ms : b_ms;
}

/* One kind's trouble keeps nothing from the other. */
static bool step_both(struct systems *systems, bool *ret_did, int64_t *ret_next_ms)
{
	bool did_hooks = false, did_open311 = false;
	int64_t hooks_ms = 0, open311_ms = 0;
	struct rd_err err = { 0 };
	enum rd_rc rc = rd_hooks_step(systems->hooks, &did_hooks, &hooks_ms, &err);
	const bool well = rc == RD_OK;

	if (rc != RD_OK)
		rd_log(RD_LOG_ERROR, err.msg, "THREAD", "hooks", NULL);
	rd_thread_beat(systems->self);
	rc = rd_open311_step(systems->open311, &did_open311, &open311_ms, &err);
	if (rc != RD_OK)
		rd_log(RD_LOG_ERROR, err.msg, "THREAD", "hooks", NULL);
	*ret_did = did_hooks || did_open311;
	*ret_next_ms = sooner(hooks_ms, open311_ms);
	return well && rc == RD_OK;
}

static void tell_until_stopped(struct systems *systems)
{
	while (!rd_thread_stopping(systems->self)) {
		bool did = false;
		int64_t next_ms = 0;
		const bool well = step_both(systems, &did, &next_ms);

		rd_thread_beat(systems->self);
		if (!well)
			rd_thread_wait(systems->self, TROUBLE_PAUSE_MS);
		else if (!did)
			rd_thread_wait(systems->self,
				rd_sleep_ms(systems->desk->office.clock, next_ms, LOOK_AGAIN_MS));
	}
}

void rd_systems_run(struct rd_thread *self, struct rd_store *store, const struct rd_config *config,
	const struct rd_clock *clock)
{
	while (!rd_thread_stopping(self)) {
		RD_CLEANUP(rd_desk_close) struct rd_desk desk = { 0 };
		struct systems systems = { .self = self, .desk = &desk };
		struct rd_err err = { 0 };

		if (rd_desk_open(&desk, store, config, clock, &actor, &err) == RD_OK &&
			open_systems(&systems, &err) == RD_OK) {
			tell_until_stopped(&systems);
		} else {
			rd_log(RD_LOG_ERROR, err.msg, "THREAD", "hooks", NULL);
			rd_thread_wait(self, TROUBLE_PAUSE_MS);
		}
		close_systems(&systems);
	}
}

bool rd_systems_any(const struct rd_config *config)
{
	return config->n_hooks + config->n_open311 > 0;
}

enum rd_rc rd_systems_once(struct rd_desk *desk, bool *ret_must_wait, struct rd_err *err)
{
	struct systems systems = { .desk = desk };
	bool must_wait = false, open311_must = false;

	if (!rd_systems_any(desk->office.config))
		return RD_OK;
	enum rd_rc rc = open_systems(&systems, err);
	if (rc == RD_OK)
		rc = rd_hooks_run_once(systems.hooks, &must_wait, err);
	if (rc == RD_OK)
		rc = rd_open311_run_once(systems.open311, &open311_must, err);
	close_systems(&systems);
	*ret_must_wait = *ret_must_wait || must_wait || open311_must;
	return rc;
}

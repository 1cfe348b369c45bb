#include "redress/gateway/hooking.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "redress/base/log.h"
#include "redress/deliver/hook_message.h"
#include "redress/deliver/hooks.h"
#include "redress/gateway/alarms.h"

#define LOOK_AGAIN_MS	  3000 /* for what another thread or process has put into the store */
#define TROUBLE_PAUSE_MS  5000
#define FAILING_ALARM_MS  (3600 * (int64_t)1000)
#define GAVE_UP_STANDS_MS (24 * 3600 * (int64_t)1000)

static const struct rd_actor actor = { RD_ACTOR_DAEMON, -1 };

struct hooking {
	struct rd_thread *self; /* NULL in --once */
	struct rd_desk *desk;
	struct rd_hooks_calls calls;
	struct rd_hooks *hooks;
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

void rd_hooking_clear(struct rd_db *db, const struct rd_office *office, const char *hook)
{
	clear(db, office, RD_ALARM_HOOK_DISABLED, hook);
	clear(db, office, RD_ALARM_HOOK_FAILING, hook);
	clear(db, office, RD_ALARM_HOOK_GAVE_UP, hook);
}

RD_PRINTF(4, 5)
static void alarm_of(
	struct hooking *hooking, const char *what, const char *hook, const char *format, ...)
{
	char cause[RD_ALARM_CAUSE_MAX], text[RD_ERR_MAX + RD_HOOK_ANSWER_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	rd_alarms_raise(
		hooking->desk->db, &hooking->desk->office, cause_of(cause, what, hook), text);
}

static size_t place_of(const struct hooking *hooking, const char *hook)
{
	const struct rd_config *config = hooking->desk->office.config;
	size_t i = 0;

	while (i + 1 < config->n_hooks && strcmp(config->hooks[i].name, hook) != 0)
		i++;
	return i;
}

static void taken(struct hooking *hooking, const char *hook)
{
	const size_t i = place_of(hooking, hook);
	const struct rd_desk *desk = hooking->desk;

	if (hooking->troubled[i]) {
		clear(desk->db, &desk->office, RD_ALARM_HOOK_DISABLED, hook);
		clear(desk->db, &desk->office, RD_ALARM_HOOK_FAILING, hook);
		hooking->troubled[i] = false;
	}
	if (hooking->gave_up_ms[i] != 0 &&
		rd_monotonic_ms() - hooking->gave_up_ms[i] > GAVE_UP_STANDS_MS) {
		clear(desk->db, &desk->office, RD_ALARM_HOOK_GAVE_UP, hook);
		hooking->gave_up_ms[i] = 0;
	}
}

static void raise_alarm(struct hooking *hooking, enum rd_hooks_event event, const char *hook,
	const char *detail, int64_t failing_since_ms)
{
	const size_t i = place_of(hooking, hook);

	if (event == RD_HOOKS_GAVE_UP) {
		hooking->gave_up_ms[i] = rd_monotonic_ms();
		alarm_of(hooking, RD_ALARM_HOOK_GAVE_UP, hook,
			"Webhook %s: an event was not taken in %d attempts (the last one: %.200s). "
			"See what the other system has against it, then run `redressctl hooks "
			"resend %s`; other events go on.",
			hook, RD_HOOK_ATTEMPTS, detail, hook);
	} else if (event == RD_HOOKS_DISABLED) {
		hooking->troubled[i] = true;
		alarm_of(hooking, RD_ALARM_HOOK_DISABLED, hook,
			"Webhook %s is switched off: %.200s. Nothing is lost: what happens is kept "
			"for it. When the other system takes events again, run `redressctl hooks "
			"enable %s`; what waits is sent then.",
			hook, detail, hook);
	} else if (event == RD_HOOKS_TROUBLE) {
		hooking->troubled[i] = true;
		alarm_of(hooking, RD_ALARM_HOOK_FAILING, hook,
			"Webhook %s: no event can be signed: %.300s. They wait until that is put "
			"right.",
			hook, detail);
	} else if (rd_office_now(&hooking->desk->office) - failing_since_ms >= FAILING_ALARM_MS) {
		hooking->troubled[i] = true;
		alarm_of(hooking, RD_ALARM_HOOK_FAILING, hook,
			"Webhook %s has taken no event for more than an hour (the last answer: "
			"%.200s). They wait and are tried again; after three days it is switched "
			"off.",
			hook, detail);
	}
}

static void on_event(void *context, enum rd_hooks_event event, const char *hook, const char *detail,
	int64_t failing_since_ms)
{
	struct hooking *hooking = context;

	rd_log(event == RD_HOOKS_TAKEN ? RD_LOG_DEBUG : RD_LOG_NOTICE, "Webhook", "HOOK", hook,
		"EVENT", rd_hooks_event_names[event], "DETAIL", detail, NULL);
	if (event == RD_HOOKS_TAKEN)
		taken(hooking, hook);
	else
		raise_alarm(hooking, event, hook, detail, failing_since_ms);
}

static bool stopping(void *context)
{
	struct hooking *hooking = context;

	if (hooking->self == NULL)
		return false;
	rd_thread_beat(hooking->self);
	return rd_thread_stopping(hooking->self);
}

static enum rd_rc open_hooking(struct hooking *hooking, struct rd_err *err)
{
	const struct rd_office *office = &hooking->desk->office;

	for (size_t i = 0; i < RD_HOOKS_MAX; i++) {
		hooking->troubled[i] = true;
		hooking->gave_up_ms[i] = rd_monotonic_ms();
	}
	hooking->calls = (struct rd_hooks_calls){
		.context = hooking, .on_event = on_event, .stopping = stopping
	};
	return rd_hooks_new(office->config, rd_db_store(hooking->desk->db), office->clock,
		&hooking->calls, 0, &hooking->hooks, err);
}

static int64_t pause_until(const struct rd_clock *clock, int64_t due_ms)
{
	const int64_t left = due_ms - rd_now_ms(clock);

	if (due_ms == 0 || left > LOOK_AGAIN_MS)
		return LOOK_AGAIN_MS;
	return left > 0 ? left : 1;
}

static void tell_until_stopped(struct hooking *hooking)
{
	struct rd_err err = { 0 };

	while (!rd_thread_stopping(hooking->self)) {
		bool did = false;
		int64_t next_ms = 0;
		const enum rd_rc rc = rd_hooks_step(hooking->hooks, &did, &next_ms, &err);

		rd_thread_beat(hooking->self);
		if (rc != RD_OK) {
			rd_log(RD_LOG_ERROR, err.msg, "THREAD", "hooks", NULL);
			rd_thread_wait(hooking->self, TROUBLE_PAUSE_MS);
		} else if (!did) {
			rd_thread_wait(
				hooking->self, pause_until(hooking->desk->office.clock, next_ms));
		}
	}
}

void rd_hooking_run(struct rd_thread *self, struct rd_store *store, const struct rd_config *config,
	const struct rd_clock *clock)
{
	while (!rd_thread_stopping(self)) {
		RD_CLEANUP(rd_desk_close) struct rd_desk desk = { 0 };
		struct hooking hooking = { .self = self, .desk = &desk };
		struct rd_err err = { 0 };

		if (rd_desk_open(&desk, store, config, clock, &actor, &err) == RD_OK &&
			open_hooking(&hooking, &err) == RD_OK) {
			tell_until_stopped(&hooking);
		} else {
			rd_log(RD_LOG_ERROR, err.msg, "THREAD", "hooks", NULL);
			rd_thread_wait(self, TROUBLE_PAUSE_MS);
		}
		rd_hooks_free(hooking.hooks);
	}
}

enum rd_rc rd_hooking_once(struct rd_desk *desk, bool *ret_must_wait, struct rd_err *err)
{
	struct hooking hooking = { .desk = desk };
	bool must_wait = false;

	if (desk->office.config->n_hooks == 0)
		return RD_OK;
	enum rd_rc rc = open_hooking(&hooking, err);
	if (rc == RD_OK)
		rc = rd_hooks_run_once(hooking.hooks, &must_wait, err);
	rd_hooks_free(hooking.hooks);
	*ret_must_wait = *ret_must_wait || must_wait;
	return rc;
}

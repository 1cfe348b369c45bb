#include "redress/gateway/reloader.h"

#include <stdio.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include "redress/base/log.h"
#include "redress/gateway/activate.h"
#include "redress/gateway/alarms.h"
#include "redress/gateway/desk.h"

#define FOLDER_ARENA_BYTES (RD_RULEFILES_BYTES_MAX + (4u << 20))
#define WORDS_MAX	   (RD_ERR_MAX + 200)

static const struct rd_actor daemon_actor = { RD_ACTOR_DAEMON, -1 };

static bool go_on(void *context, int64_t n_done, int64_t n_all)
{
	(void)n_done;
	(void)n_all;
	return !rd_thread_stopping(context);
}

static enum rd_rc activate_folder(struct rd_thread *self, const struct rd_reloader *reloader,
	struct rd_desk *desk, struct rd_activation_outcome *outcome, struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(FOLDER_ARENA_BYTES);
	struct rd_rulefiles files;
	const struct rd_activation_order order = {
		.config = reloader->config,
		.files = &files,
		.dir = reloader->config->rules,
		.how = RD_RELOAD,
		.author = { RD_AUTHOR_RELOAD, -1 },
		.reason = "SIGHUP",
		.now_ms = rd_now_ms(reloader->clock),
		.spawner = reloader->spawner,
		.n_days = RD_BACKTEST_DAYS,
		.max = RD_RELOAD_MESSAGES_MAX,
		.confirmed_only = true,
		.n_children = 1,
		.go_on = go_on,
		.context = self,
	};

	RD_TRY(rd_rulefiles_read(reloader->config->rules, arena, &files, err));
	RD_TRY(rd_rules_activate_tried(desk->db, &order, outcome, err));
	rd_log(RD_LOG_NOTICE,
		outcome->changed ? "The rules folder is live now." : "The rules are live already.",
		"RULESET", files.sha256, NULL);
	return RD_OK;
}

static const char *what_next(enum rd_rc code)
{
	if (code == RD_E_AGAIN)
		return " Reload redressd once more.";
	if (code == RD_E_REFUSED) /* the reason says what to do */
		return "";
	return " Run `redressctl rules lint` and `redressctl rules test`.";
}

/* Why it was refused, for whoever may not see the journal; what a fault quotes is a rule file's. */
static void tell_refusal(struct rd_desk *desk, const struct rd_err *err)
{
	char words[WORDS_MAX];

	rd_log(RD_LOG_ERROR, "The rules folder was refused; the old rules go on.", "WHY", err->msg,
		NULL);
	snprintf(words, sizeof words, "A reload was refused and the old rules go on: %s.%s",
		err->msg, what_next(err->code));
	rd_alarms_raise(desk->db, &desk->office, RD_ALARM_RELOAD_REFUSED, words);
}

static void reload(struct rd_thread *self, const struct rd_reloader *reloader)
{
	RD_CLEANUP(rd_desk_close) struct rd_desk desk = { 0 };
	struct rd_activation_outcome outcome = { .changed = false };
	struct rd_err err = { 0 };
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld",
		(long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	if (rd_desk_open(&desk, reloader->store, reloader->config, reloader->clock, &daemon_actor,
		    &err) != RD_OK)
		rd_log(RD_LOG_ERROR, err.msg, "THREAD", "reloader", NULL);
	else if (activate_folder(self, reloader, &desk, &outcome, &err) == RD_OK)
		rd_alarms_clear(desk.db, &desk.office, RD_ALARM_RELOAD_REFUSED);
	else if (!rd_thread_stopping(self))
		tell_refusal(&desk, &err);
	if (outcome.changed)
		reloader->on_swapped(reloader->context);
	sd_notify(0, "READY=1");
}

void rd_reloader_run(struct rd_thread *self, const struct rd_reloader *reloader)
{
	while (!rd_thread_stopping(self)) {
		rd_thread_wait(self, -1);
		if (!rd_thread_stopping(self))
			reload(self, reloader);
	}
}

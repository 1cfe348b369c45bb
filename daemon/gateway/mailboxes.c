#include "redress/gateway/mailboxes.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "redress/base/log.h"
#include "redress/base/thread.h"
#include "redress/gateway/alarms.h"
#include "redress/intake/imap.h"
#include "redress/intake/maildir.h"

#define MAILBOX_BEAT_MS (120 * 1000)
#define MAILBOX_STACK	(1u << 20)

static const struct rd_actor actor = { RD_ACTOR_DAEMON, -1 };

/* One mailbox and its thread. The desk is opened by the thread itself. */
struct mailbox {
	const struct rd_mailbox_config *config;
	struct rd_store *store;
	const struct rd_config *whole;
	const struct rd_clock *clock;
	rd_mailbox_news *news;
	void *context;
	struct rd_thread *thread;
	struct rd_thread *self; /* inside the thread */
	struct rd_desk desk;
	bool has_desk;
	bool troubled; /* an alarm that passes may stand: the next success clears it */
	struct rd_intake_events events;
	struct rd_intake_source source;
};

struct rd_mailboxes {
	struct mailbox items[RD_MAILBOXES_MAX];
	size_t n;
};

static void on_warning(void *context, const char *name, const char *sentence)
{
	(void)context;
	rd_log(RD_LOG_WARNING, sentence, "MAILBOX", name, NULL);
}

static const char *cause_of(char *out, size_t size, const char *cause, const char *name)
{
	snprintf(out, size, "%s:%s", cause, name);
	return out;
}

static void on_alarm(void *context, const char *name, const char *cause, const char *sentence)
{
	struct mailbox *mailbox = context;
	char key[RD_ALARM_CAUSE_MAX];

	mailbox->troubled = true;
	if (!mailbox->has_desk) {
		rd_log(RD_LOG_ALERT, sentence, "MAILBOX", name, NULL);
		return;
	}
	rd_alarms_raise(mailbox->desk.db, &mailbox->desk.office,
		cause_of(key, sizeof key, cause, name), sentence);
}

static void on_accepted(void *context, const char *name, size_t n_messages)
{
	struct mailbox *mailbox = context;

	(void)name;
	if (n_messages > 0 && mailbox->news != NULL)
		mailbox->news(mailbox->context);
}

static void on_success(void *context, const char *name)
{
	static const char *const passing[] = { RD_ALARM_UNREACHABLE, RD_ALARM_REFUSED,
		RD_ALARM_STORAGE };
	struct mailbox *mailbox = context;
	char key[RD_ALARM_CAUSE_MAX];

	if (!mailbox->troubled || !mailbox->has_desk)
		return;
	for (size_t i = 0; i < sizeof passing / sizeof *passing; i++)
		rd_alarms_clear(mailbox->desk.db, &mailbox->desk.office,
			cause_of(key, sizeof key, passing[i], name));
	mailbox->troubled = false;
}

static void on_beat(void *context)
{
	struct mailbox *mailbox = context;

	if (mailbox->self != NULL)
		rd_thread_beat(mailbox->self);
}

static bool on_stopping(void *context)
{
	struct mailbox *mailbox = context;

	return mailbox->self != NULL && rd_thread_stopping(mailbox->self);
}

static void prepare(struct mailbox *mailbox, struct rd_store *store, const struct rd_config *config,
	size_t i, const struct rd_clock *clock)
{
	mailbox->config = &config->mailboxes[i];
	mailbox->store = store;
	mailbox->whole = config;
	mailbox->clock = clock;
	mailbox->troubled = true; /* one may stand from an earlier run */
	mailbox->events = (struct rd_intake_events){ .context = mailbox,
		.warning = on_warning,
		.alarm = on_alarm,
		.accepted = on_accepted,
		.success = on_success,
		.beat = on_beat,
		.stopping = on_stopping };
	mailbox->source = (struct rd_intake_source){ .store = store,
		.config = mailbox->config,
		.clock = clock,
		.events = &mailbox->events };
}

static void open_desk(struct mailbox *mailbox)
{
	struct rd_err err = { 0 };

	mailbox->has_desk = rd_desk_open(&mailbox->desk, mailbox->store, mailbox->whole,
				    mailbox->clock, &actor, &err) == RD_OK;
	if (!mailbox->has_desk) {
		rd_log(RD_LOG_WARNING, err.msg, "MAILBOX", mailbox->config->name, NULL);
		rd_desk_close(&mailbox->desk);
	}
}

static void run_mailbox(struct rd_thread *self, void *context)
{
	struct mailbox *mailbox = context;

	mailbox->self = self;
	open_desk(mailbox);
	if (mailbox->config->kind == RD_MAILBOX_IMAP)
		rd_imap_run(self, &mailbox->source, NULL);
	else
		rd_maildir_run(self, &mailbox->source);
	if (mailbox->has_desk)
		rd_desk_close(&mailbox->desk);
}

enum rd_rc rd_mailboxes_start(struct rd_store *store, const struct rd_config *config,
	const struct rd_clock *clock, rd_mailbox_news *news, void *context,
	struct rd_mailboxes **ret_mailboxes, struct rd_err *err)
{
	struct rd_mailboxes *mailboxes = calloc(1, sizeof *mailboxes);
	enum rd_rc rc = RD_OK;

	RD_ASSERT(mailboxes != NULL);
	for (size_t i = 0; rc == RD_OK && i < config->n_mailboxes; i++) {
		struct mailbox *mailbox = &mailboxes->items[i];
		char name[16];

		prepare(mailbox, store, config, i, clock);
		mailbox->news = news;
		mailbox->context = context;
		snprintf(name, sizeof name, "mbox/%.10s", mailbox->config->name);
		rc = rd_thread_start(name, run_mailbox, mailbox, MAILBOX_BEAT_MS, MAILBOX_STACK,
			&mailbox->thread, err);
		mailboxes->n += rc == RD_OK;
	}
	if (rc != RD_OK) {
		rd_mailboxes_stop(mailboxes);
		return rc;
	}
	*ret_mailboxes = mailboxes;
	return RD_OK;
}

void rd_mailboxes_watch(struct rd_mailboxes *mailboxes, struct rd_desk *desk)
{
	for (size_t i = 0; i < mailboxes->n; i++) {
		const struct mailbox *mailbox = &mailboxes->items[i];
		char key[RD_ALARM_CAUSE_MAX], text[200];

		cause_of(key, sizeof key, RD_ALARM_HANGS, mailbox->config->name);
		if (!rd_thread_late(mailbox->thread)) {
			rd_alarms_clear(desk->db, &desk->office, key);
			continue;
		}
		snprintf(text, sizeof text,
			"Mailbox %s hangs: nothing has been heard of its thread for minutes. The "
			"others go on; restart redressd if it stays so.",
			mailbox->config->name);
		rd_alarms_raise(desk->db, &desk->office, key, text);
	}
}

void rd_mailboxes_stop(struct rd_mailboxes *mailboxes)
{
	if (mailboxes == NULL)
		return;
	for (size_t i = 0; i < mailboxes->n; i++)
		rd_thread_stop(mailboxes->items[i].thread);
	for (size_t i = 0; i < mailboxes->n; i++)
		rd_thread_join(mailboxes->items[i].thread);
	free(mailboxes);
}

static enum rd_rc read_once(const struct mailbox *mailbox, struct rd_err *err)
{
	if (mailbox->config->kind == RD_MAILBOX_IMAP)
		return rd_imap_once(&mailbox->source, NULL, -1, err);
	return rd_maildir_once(&mailbox->source, err);
}

/* `status` must know of it when this run is over. */
static void tell_unread(struct mailbox *mailbox, const struct rd_err *why)
{
	char text[RD_ERR_MAX + 200]; /* the reason may tell at length what to do */

	snprintf(text, sizeof text,
		"Mailbox %s could not be read: %s. Nothing in it is lost; put this right, and "
		"it "
		"is read at the next try.",
		mailbox->config->name, why->msg);
	on_alarm(mailbox, mailbox->config->name, RD_ALARM_UNREACHABLE, text);
}

enum rd_rc rd_mailboxes_once(struct rd_store *store, const struct rd_config *config,
	const struct rd_clock *clock, bool *ret_must_wait, struct rd_err *err)
{
	for (size_t i = 0; i < config->n_mailboxes; i++) {
		struct mailbox mailbox = { 0 };
		enum rd_rc rc;

		prepare(&mailbox, store, config, i, clock);
		open_desk(&mailbox);
		rc = read_once(&mailbox, err);
		if (rc != RD_OK) {
			rd_log(RD_LOG_ERROR, err->msg, "MAILBOX", mailbox.config->name, NULL);
			tell_unread(&mailbox, err);
			*ret_must_wait = true;
		}
		rd_desk_close(&mailbox.desk);
	}
	return RD_OK;
}

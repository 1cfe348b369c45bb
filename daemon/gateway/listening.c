#include "redress/gateway/listening.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "redress/base/log.h"
#include "redress/gateway/alarms.h"
#include "redress/store/tasks.h"

#define MINUTE_MS 60000
#define STANDS_MS (60 * (int64_t)MINUTE_MS)
#define TEXT_MAX  500

struct sight {
	struct rd_listening *listening;
	const struct rd_texts_config *texts;
	struct rd_listening_line *line;
	int64_t now_ms; /* monotonic */
};

static const struct rd_texts_config *texts_of(
	const struct rd_config *config, const char *name, size_t *ret_place)
{
	for (size_t i = 0; i < config->n_texts; i++)
		if (strcmp(config->texts[i].name, name) == 0) {
			*ret_place = i;
			return &config->texts[i];
		}
	return NULL;
}

/* --- alarms and the task --- */

static void raise_alarm(const struct sight *s, const char *what, const char *text)
{
	const struct rd_desk *desk = s->listening->desk;
	char cause[RD_ALARM_CAUSE_MAX];

	snprintf(cause, sizeof cause, "%s:%s", what, s->texts->name);
	rd_alarms_raise(desk->db, &desk->office, cause, text);
}

static void clear_alarm(const struct sight *s, const char *what)
{
	const struct rd_desk *desk = s->listening->desk;
	char cause[RD_ALARM_CAUSE_MAX];

	snprintf(cause, sizeof cause, "%s:%s", what, s->texts->name);
	rd_alarms_clear(desk->db, &desk->office, cause);
}

static enum rd_rc put_task(const struct sight *s, struct rd_err *err)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	const struct rd_desk *desk = s->listening->desk;
	const int64_t now_ms = rd_office_now(&desk->office);
	char cause[RD_ALARM_CAUSE_MAX], text[TEXT_MAX];

	snprintf(cause, sizeof cause, "texts:%s", s->texts->name);
	snprintf(text, sizeof text,
		"One number sends more texts to %s than are taken in a minute: read the newest "
		"case by text, and if it is no emergency ask the provider to block that number.",
		s->texts->name);
	const struct rd_task task = { .kind = RD_TASK_FLOOD,
		.cause = cause,
		.text = text,
		.landlord = s->texts->landlord,
		.due = rd_date_of(now_ms),
		.n = 1 };
	RD_TRY(rd_tx_begin(desk->db, &tx, err));
	RD_TRY(rd_task_put(tx, &task, now_ms, NULL, NULL, err));
	return rd_tx_commit(&tx, err);
}

static bool is_time(const struct sight *s, int64_t *told_ms)
{
	if (*told_ms != 0 && s->now_ms - *told_ms < MINUTE_MS)
		return false;
	*told_ms = s->now_ms;
	return true;
}

static void see_flood(const struct sight *s, bool of_one_number)
{
	struct rd_err err = { 0 };
	char text[TEXT_MAX];

	s->line->flood_ms = s->now_ms;
	if (!is_time(s, &s->line->flood_told_ms))
		return;
	snprintf(text, sizeof text,
		"Texts %s: %s than are taken. Others' texts go on; what was turned down comes "
		"again "
		"from the provider, or is found in its list.",
		s->texts->name,
		of_one_number ? "one number sends more texts in a minute"
			      : "more requests come in a second");
	raise_alarm(s, RD_ALARM_TEXTS_FLOOD, text);
	if (of_one_number && put_task(s, &err) != RD_OK)
		rd_log(RD_LOG_ERROR, err.msg, "THREAD", "http", NULL);
}

static void see_unsigned(const struct sight *s)
{
	char text[TEXT_MAX];

	s->line->unsigned_ms = s->now_ms;
	if (s->now_ms - s->line->minute_ms >= MINUTE_MS) {
		s->line->minute_ms = s->now_ms;
		s->line->unsigned_requests = 0;
	}
	if (++s->line->unsigned_requests < RD_UNSIGNED_A_MINUTE ||
		!is_time(s, &s->line->unsigned_told_ms))
		return;
	snprintf(text, sizeof text,
		"Texts %s: %d requests in a minute were not signed as the provider signs. If texts "
		"are missing, the secret or `Public URL:` is not what the provider was told "
		"(`redressctl connect %s`); else somebody tries the door, and nothing came of it.",
		s->texts->name, RD_UNSIGNED_A_MINUTE, s->texts->name);
	raise_alarm(s, RD_ALARM_TEXTS_UNSIGNED, text);
}

static void forget_old(const struct sight *s)
{
	struct rd_listening_line *line = s->line;

	if (line->flood_ms != 0 && s->now_ms - line->flood_ms >= STANDS_MS) {
		clear_alarm(s, RD_ALARM_TEXTS_FLOOD);
		line->flood_ms = line->flood_told_ms = 0;
	}
	if (line->unsigned_ms != 0 && s->now_ms - line->unsigned_ms >= STANDS_MS) {
		clear_alarm(s, RD_ALARM_TEXTS_UNSIGNED);
		line->unsigned_ms = line->unsigned_told_ms = 0;
	}
}

/* --- events --- */

void rd_listening_begin(struct rd_listening *listening, struct rd_desk *desk)
{
	memset(listening, 0, sizeof *listening);
	listening->desk = desk;
	for (size_t i = 0; i < RD_TEXTS_MAX; i++)
		listening->lines[i].flood_ms = listening->lines[i].unsigned_ms = rd_monotonic_ms();
}

/* Anybody can knock: one line a second is enough to see that somebody does. */
static void log_event(struct rd_listening *listening, enum rd_webhook_event event,
	const char *texts, const char *detail, int64_t now_ms)
{
	const bool ours = event == RD_WEBHOOK_STORE_FAILED;

	if (event == RD_WEBHOOK_API)
		rd_log(RD_LOG_INFO, "The API was asked.", "TOKEN", detail, NULL);
	if (event == RD_WEBHOOK_TEXT || event == RD_WEBHOOK_DUPLICATE ||
		event == RD_WEBHOOK_RECEIPT || event == RD_WEBHOOK_API)
		return;
	if (!ours && listening->logged_ms != 0 && now_ms - listening->logged_ms < 1000)
		return;
	listening->logged_ms = now_ms;
	rd_log(ours ? RD_LOG_ERROR : RD_LOG_WARNING, "The webhook turned a request down.", "WHY",
		rd_webhook_event_names[event], "TEXTS", texts, "DETAIL", detail, NULL);
}

void rd_listening_event(struct rd_listening *listening, enum rd_webhook_event event,
	const char *texts, const char *detail)
{
	struct sight s = { .listening = listening, .now_ms = rd_monotonic_ms() };
	size_t place;

	listening->counts[event]++;
	log_event(listening, event, texts, detail, s.now_ms);
	s.texts = texts_of(listening->desk->office.config, texts, &place);
	if (s.texts == NULL)
		return;
	s.line = &listening->lines[place];
	forget_old(&s);
	if (event == RD_WEBHOOK_FLOODED || event == RD_WEBHOOK_BUSY)
		see_flood(&s, event == RD_WEBHOOK_FLOODED);
	else if (event == RD_WEBHOOK_REFUSED)
		see_unsigned(&s);
}

enum rd_rc rd_listening_metrics(
	const struct rd_listening *listening, struct rd_buf *out, struct rd_err *err)
{
	RD_TRY(rd_buf_add_str(out,
		"# TYPE redress_http_requests counter\n# HELP redress_http_requests What came to "
		"the listener, by what became of it.\n",
		err));
	for (size_t i = 0; i < RD_N_WEBHOOK_EVENTS; i++)
		RD_TRY(rd_buf_printf(out, err,
			"redress_http_requests_total{event=\"%s\"} %" PRId64 "\n",
			rd_webhook_event_names[i], listening->counts[i]));
	return RD_OK;
}

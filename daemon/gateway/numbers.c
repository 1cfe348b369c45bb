#include "redress/gateway/numbers.h"

#include <stdio.h>
#include <string.h>

#include "redress/base/log.h"
#include "redress/gateway/alarms.h"
#include "redress/intake/pictures.h"
#include "redress/intake/polling.h"
#include "redress/store/text_parts.h"

#define ARENA_BYTES	 (32u << 20) /* a page of a list, as it came and taken apart */
#define TROUBLE_PAUSE_MS 5000
#define FAILURES_ALARM	 3 /* walks in a row that the provider would not answer */
#define LOST_STANDS_MS	 (24 * 3600 * (int64_t)1000)

static const struct rd_actor actor = { RD_ACTOR_DAEMON, -1 };

/* What one number's walks came to. */
struct number {
	const struct rd_texts_config *config;
	int64_t next_ms; /* monotonic */
	int failures;	 /* in a row */
	bool troubled;	 /* an alarm may stand, perhaps from an earlier run */
	int64_t lost_ms; /* monotonic: a lost webhook was found last, or this run began */
	struct rd_poll_rest rest;
	bool pictures_wait;	 /* said already */
	struct rd_poll_ids lost; /* all that the alarm stands for, found by this run */
};

struct numbers {
	struct rd_desk *desk;
	struct rd_arena *arena;
	struct rd_http *http;
	struct rd_thread *self; /* NULL in --once */
	struct number items[RD_TEXTS_MAX];
	size_t n;
	size_t n_new;		     /* messages committed, and not told yet */
	void (*news)(void *context); /* NULL: nobody waits for them */
	void *news_context;
	bool must_wait; /* something was put off */
};

static bool stopping(void *context)
{
	struct numbers *numbers = context;

	if (numbers->self == NULL)
		return false;
	rd_thread_beat(numbers->self);
	return rd_thread_stopping(numbers->self);
}

static const char *cause_of(
	char out[static RD_ALARM_CAUSE_MAX], const char *what, const struct number *number)
{
	snprintf(out, RD_ALARM_CAUSE_MAX, "%s:%s", what, number->config->name);
	return out;
}

static void raise_alarm(struct numbers *numbers, const struct number *number, const char *what,
	const char *sentence)
{
	char cause[RD_ALARM_CAUSE_MAX];

	rd_alarms_raise(
		numbers->desk->db, &numbers->desk->office, cause_of(cause, what, number), sentence);
}

static void clear_alarm(struct numbers *numbers, const struct number *number, const char *what)
{
	char cause[RD_ALARM_CAUSE_MAX];

	rd_alarms_clear(numbers->desk->db, &numbers->desk->office, cause_of(cause, what, number));
}

/* --- walks --- */

static void tell_failed(
	struct numbers *numbers, struct number *number, enum rd_rc rc, const struct rd_err *err)
{
	const char *name = number->config->name;
	char text[RD_ERR_MAX];

	number->failures++;
	number->troubled = true;
	numbers->must_wait = true;
	rd_log(RD_LOG_WARNING, err->msg, "TEXTS", name, NULL);
	if (rc == RD_E_REFUSED)
		snprintf(text, sizeof text,
			"Texts %s: the list of received texts is refused: %.300s. Put this right, "
			"for a text whose webhook is lost is not found until then; or write "
			"`Poll every: never`.",
			name, err->msg);
	else
		snprintf(text, sizeof text,
			"Texts %s: the provider does not give its list of received texts: %.300s. "
			"It is asked again; a text whose webhook was lost is found then.",
			name, err->msg);
	if (rc == RD_E_REFUSED)
		raise_alarm(numbers, number, RD_ALARM_TEXTS_REFUSED, text);
	else if (number->failures >= FAILURES_ALARM || numbers->self == NULL)
		raise_alarm(numbers, number, RD_ALARM_TEXTS_UNREACHABLE, text);
}

static const char *more_of(char out[static 40], const struct rd_poll_ids *ids, size_t shown)
{
	out[0] = '\0';
	if (ids->n > shown)
		snprintf(out, 40, " and %zu more", ids->n - shown);
	return out;
}

static size_t n_shown(const struct rd_poll_ids *ids)
{
	size_t n = ids->text[0] != '\0';

	for (const char *at = strchr(ids->text, ','); at != NULL; at = strchr(at + 1, ','))
		n++;
	return n;
}

/* Adds those of a walk to all that the alarm stands for. Where not all of them have room the latest
 * are named: the earlier ones were. */
static void add_ids(struct rd_poll_ids *all, const struct rd_poll_ids *more)
{
	size_t len = strlen(all->text);

	all->n += more->n;
	if (len + strlen(more->text) + 3 >= sizeof all->text)
		len = 0;
	int written = snprintf(
		all->text + len, sizeof all->text - len, "%s%s", len ? ", " : "", more->text);
	RD_ASSERT(written >= 0 && (size_t)written < sizeof all->text - len);
}

static void tell_lost(
	struct numbers *numbers, struct number *number, const struct rd_polled *polled)
{
	const struct rd_poll_ids *lost = &number->lost;
	const char *name = number->config->name;
	char text[RD_ERR_MAX + 200];
	char more[40];

	if (polled->lost.n == 0)
		return;
	number->lost_ms = rd_monotonic_ms();
	add_ids(&number->lost, &polled->lost);
	snprintf(text, sizeof text,
		"Texts %s: the webhook never brought %zu text%s that the provider had received; "
		"the list did, and they are being dealt with: %s%s. Check that the provider "
		"reaches the webhook's address.",
		name, lost->n, lost->n == 1 ? "" : "s", lost->text,
		more_of(more, lost, n_shown(lost)));
	raise_alarm(numbers, number, RD_ALARM_TEXTS_LOST, text);
}

static void tell_unread(
	struct numbers *numbers, struct number *number, const struct rd_polled *polled)
{
	const char *name = number->config->name;
	char text[RD_ERR_MAX + 200];
	char more[40];

	if (polled->unread.n == 0)
		return;
	snprintf(text, sizeof text,
		"Texts %s: the provider lists %zu text%s that it does not let us read: %s%s. "
		"Nobody has seen them: read them in the provider's console. Each is a task.",
		name, polled->unread.n, polled->unread.n == 1 ? "" : "s", polled->unread.text,
		more_of(more, &polled->unread, n_shown(&polled->unread)));
	raise_alarm(numbers, number, RD_ALARM_TEXTS_UNREAD, text);
}

static void tell_too_late(
	struct numbers *numbers, struct number *number, const struct rd_polled *polled)
{
	char text[RD_ERR_MAX];

	if (!polled->too_long_ago)
		return;
	number->lost_ms = rd_monotonic_ms();
	snprintf(text, sizeof text,
		"Texts %s: the list of received texts was last read longer ago than the provider "
		"keeps it. Texts whose webhook was lost before that are gone: look in the "
		"provider's console.",
		number->config->name);
	raise_alarm(numbers, number, RD_ALARM_TEXTS_GONE, text);
}

/* After a whole walk: what no longer stands. */
static void clear_alarms(
	struct numbers *numbers, struct number *number, const struct rd_polled *polled)
{
	if (rd_monotonic_ms() - number->lost_ms > LOST_STANDS_MS) {
		clear_alarm(numbers, number, RD_ALARM_TEXTS_LOST);
		clear_alarm(numbers, number, RD_ALARM_TEXTS_GONE);
		number->lost = (struct rd_poll_ids){ .n = 0 };
	}
	if (polled->unread.n == 0)
		clear_alarm(numbers, number, RD_ALARM_TEXTS_UNREAD);
	if (number->troubled) {
		clear_alarm(numbers, number, RD_ALARM_TEXTS_REFUSED);
		clear_alarm(numbers, number, RD_ALARM_TEXTS_UNREACHABLE);
	}
	number->troubled = false;
	number->failures = 0;
}

static void walk(struct numbers *numbers, struct number *number, const struct rd_poll *poll)
{
	struct rd_polled polled;
	struct rd_err err = { 0 };
	const enum rd_rc rc = rd_poll_walk(poll, &polled, &err);

	numbers->n_new += polled.n_new;
	/* What was found is told whatever became of the walk: no later one finds it again. */
	tell_lost(numbers, number, &polled);
	tell_unread(numbers, number, &polled);
	if (rc != RD_OK) {
		if (!stopping(numbers))
			tell_failed(numbers, number, rc, &err);
		return;
	}
	if (polled.goes_on) {
		numbers->must_wait = true;
		return;
	}
	tell_too_late(numbers, number, &polled);
	clear_alarms(numbers, number, &polled);
}

/* --- a round --- */

static enum rd_rc fetch_pictures(struct numbers *numbers, struct number *number,
	const struct rd_poll *poll, struct rd_err *err)
{
	struct rd_pictures pictures;
	struct rd_err why = { 0 };
	const enum rd_rc rc = rd_pictures_fetch(poll, &pictures, &why);

	if (rc == RD_E_STORE) {
		*err = why;
		return rc;
	}
	/* One number's trouble (a secret that cannot be read) is not the others'. */
	if (rc != RD_OK && !number->pictures_wait)
		rd_log(RD_LOG_WARNING, why.msg, "TEXTS", number->config->name, NULL);
	number->pictures_wait = rc != RD_OK;
	numbers->must_wait = numbers->must_wait || rc != RD_OK;
	if (pictures.n_put_off > 0)
		numbers->must_wait = true;
	if (pictures.n_given_up > 0)
		rd_logf(RD_LOG_WARNING, "Pictures of texts that could not be fetched: %zu.",
			pictures.n_given_up);
	return RD_OK;
}

static enum rd_rc close_parts(struct numbers *numbers, struct rd_err *err)
{
	int64_t next_ms = 0;
	size_t n = 0;

	rd_arena_reset(numbers->arena);
	RD_TRY(rd_text_parts_expire(numbers->desk->db, rd_office_now(&numbers->desk->office),
		numbers->arena, &n, &next_ms, err));
	if (n > 0)
		rd_logf(RD_LOG_WARNING,
			"Of %zu long texts not all parts came in time; what came is read.", n);
	numbers->n_new += n;
	numbers->must_wait = numbers->must_wait || next_ms != 0;
	return RD_OK;
}

/* Not only at the round's end: a slow provider keeps nobody's text. */
static void tell_news(struct numbers *numbers)
{
	if (numbers->n_new > 0 && numbers->news != NULL)
		numbers->news(numbers->news_context);
	numbers->n_new = 0;
}

static enum rd_rc look_after(struct numbers *numbers, struct number *number, struct rd_err *err)
{
	const struct rd_poll poll = {
		.db = numbers->desk->db,
		.texts = number->config,
		.clock = numbers->desk->office.clock,
		.http = numbers->http,
		.arena = numbers->arena,
		.no_webhook = numbers->self == NULL,
		.rest = &number->rest,
		.stopping = stopping,
		.context = numbers,
	};

	if (number->config->poll_ms > 0 && rd_monotonic_ms() >= number->next_ms) {
		walk(numbers, number, &poll);
		number->next_ms =
			rd_monotonic_ms() + (number->rest.stands ? 0 : number->config->poll_ms);
	}
	return fetch_pictures(numbers, number, &poll, err);
}

static enum rd_rc one_round(struct numbers *numbers, struct rd_err *err)
{
	enum rd_rc rc;

	numbers->must_wait = false;
	rc = close_parts(numbers, err);
	for (size_t i = 0; i < numbers->n && rc == RD_OK && !stopping(numbers); i++) {
		tell_news(numbers);
		rc = look_after(numbers, &numbers->items[i], err);
		if (rc == RD_OK)
			rc = close_parts(numbers, err);
	}
	tell_news(numbers);
	return rc;
}

static enum rd_rc prepare(struct numbers *numbers, struct rd_desk *desk,
	const struct rd_config *config, struct rd_thread *self, struct rd_err *err)
{
	numbers->desk = desk;
	numbers->self = self;
	numbers->arena = rd_arena_new(ARENA_BYTES);
	RD_TRY(rd_http_new("", &numbers->http, err));
	rd_http_set_stop(numbers->http, stopping, numbers);
	for (size_t i = 0; i < config->n_texts && i < RD_TEXTS_MAX; i++)
		numbers->items[numbers->n++] = (struct number){
			.config = &config->texts[i], .troubled = true, .lost_ms = rd_monotonic_ms()
		};
	return RD_OK;
}

static void clean_up(struct numbers *numbers)
{
	rd_http_free(numbers->http);
	rd_arena_free(numbers->arena);
}

void rd_numbers_run(struct rd_thread *self, struct rd_store *store, const struct rd_config *config,
	const struct rd_clock *clock, void (*news)(void *context), void *context)
{
	RD_CLEANUP(rd_desk_close) struct rd_desk desk = { 0 };
	RD_CLEANUP(clean_up) struct numbers numbers = { .n = 0 };
	struct rd_err err = { 0 };

	if (prepare(&numbers, &desk, config, self, &err) != RD_OK) {
		rd_log(RD_LOG_ERROR, err.msg, "THREAD", "numbers", NULL);
		return;
	}
	numbers.news = news;
	numbers.news_context = context;
	while (!rd_thread_stopping(self)) {
		bool changed;
		enum rd_rc rc = RD_OK;

		if (desk.db == NULL)
			rc = rd_desk_open(&desk, store, config, clock, &actor, &err);
		if (rc == RD_OK)
			rc = rd_desk_refresh(&desk, &changed, &err);
		if (rc == RD_OK)
			rc = one_round(&numbers, &err);
		if (rc != RD_OK) {
			rd_log(RD_LOG_ERROR, err.msg, "THREAD", "numbers", NULL);
			rd_desk_close(&desk);
		}
		rd_thread_beat(self);
		rd_thread_wait(self, rc == RD_OK ? RD_NUMBERS_ROUND_MS : TROUBLE_PAUSE_MS);
	}
}

enum rd_rc rd_numbers_once(struct rd_desk *desk, bool *ret_must_wait, struct rd_err *err)
{
	RD_CLEANUP(clean_up) struct numbers numbers = { .n = 0 };

	if (desk->office.config->n_texts == 0)
		return RD_OK;
	RD_TRY(prepare(&numbers, desk, desk->office.config, NULL, err));
	RD_TRY(one_round(&numbers, err));
	*ret_must_wait = *ret_must_wait || numbers.must_wait;
	return RD_OK;
}

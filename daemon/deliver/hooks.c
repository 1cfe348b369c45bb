#include "redress/deliver/hooks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "redress/base/backoff.h"
#include "redress/deliver/hook_post.h"
#include "redress/wire/http.h"

#define ARENA_BYTES	   (4u << 20)
#define EVENTS_AT_ONCE	   200
#define ONCE_MAX	   1000
#define CLEAN_EVERY_MS	   (24 * 3600 * (int64_t)1000)
#define REST_FIRST_MS	   5000
#define REST_MOST_MS	   (5 * 60 * (int64_t)1000)
#define THROTTLED_FIRST_MS 30000
#define THROTTLED_MOST_MS  (10 * 60 * (int64_t)1000)
#define OWN_TROUBLE_MS	   60000

const char *const rd_hooks_event_names[RD_N_HOOKS_EVENTS + 1] = { "taken", "failed", "gave_up",
	"disabled", "trouble", NULL };

struct hook {
	const struct rd_hook_config *config;
	struct rd_http *http;
};

struct rd_hooks {
	const struct rd_config *config;
	const struct rd_clock *clock;
	const struct rd_hooks_calls *calls;
	int64_t timeout_ms;
	struct rd_db *db;
	struct rd_arena *arena;
	struct hook items[RD_HOOKS_MAX];
	size_t n;
	size_t turn; /* whose the next attempt is */
	int64_t cleaned_ms;
};

/* What one attempt came to. */
enum outcome { TAKEN, GONE, THROTTLED, RESTS, FAILED, BROKEN_OFF };
struct attempt {
	enum outcome outcome;
	char answer[RD_HOOK_ANSWER_MAX];
	int64_t retry_after_ms;
};

static bool is_stopping(void *context)
{
	struct rd_hooks *hooks = context;

	return hooks->calls->stopping != NULL && hooks->calls->stopping(hooks->calls->context);
}

static void tell(const struct rd_hooks *hooks, enum rd_hooks_event event, const char *name,
	const char *detail, int64_t failing_since_ms)
{
	hooks->calls->on_event(hooks->calls->context, event, name, detail, failing_since_ms);
}

/* --- opening --- */

static enum rd_rc open_rows(struct rd_hooks *hooks, struct rd_err *err)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	const char *names[RD_HOOKS_MAX];

	for (size_t i = 0; i < hooks->n; i++)
		names[i] = hooks->items[i].config->name;
	RD_TRY(rd_tx_begin(hooks->db, &tx, err));
	RD_TRY(rd_hook_forget_others(tx, names, hooks->n, err));
	for (size_t i = 0; i < hooks->n; i++)
		RD_TRY(rd_hook_take(tx, names[i], rd_now_ms(hooks->clock), err));
	return rd_tx_commit(&tx, err);
}

static enum rd_rc open_hooks(struct rd_hooks *hooks, struct rd_store *store, struct rd_err *err)
{
	RD_TRY(rd_db_open(store, &hooks->db, err));
	for (size_t i = 0; i < hooks->config->n_hooks; i++) {
		struct hook *hook = &hooks->items[hooks->n];

		hook->config = &hooks->config->hooks[i];
		RD_TRY(rd_http_new(hook->config->ca_file, &hook->http, err));
		rd_http_set_stop(hook->http, is_stopping, hooks);
		hooks->n++;
	}
	return open_rows(hooks, err);
}

enum rd_rc rd_hooks_new(const struct rd_config *config, struct rd_store *store,
	const struct rd_clock *clock, const struct rd_hooks_calls *calls, int64_t timeout_ms,
	struct rd_hooks **ret_hooks, struct rd_err *err)
{
	struct rd_hooks *hooks = calloc(1, sizeof *hooks);
	enum rd_rc rc;

	RD_ASSERT(hooks != NULL);
	hooks->config = config;
	hooks->clock = clock;
	hooks->calls = calls;
	hooks->timeout_ms = timeout_ms > 0 ? timeout_ms : RD_HOOK_TIMEOUT_MS;
	hooks->arena = rd_arena_new(ARENA_BYTES);
	rc = open_hooks(hooks, store, err);
	if (rc != RD_OK) {
		rd_hooks_free(hooks);
		return rc;
	}
	*ret_hooks = hooks;
	return RD_OK;
}

void rd_hooks_free(struct rd_hooks *hooks)
{
	if (hooks == NULL)
		return;
	for (size_t i = 0; i < RD_HOOKS_MAX; i++)
		rd_http_free(hooks->items[i].http);
	rd_db_close(hooks->db);
	rd_arena_free(hooks->arena);
	free(hooks);
}

/* --- new events --- */

static bool may_know(const struct rd_hook_config *hook, const struct rd_case_event *event)
{
	return hook->landlord[0] == '\0' || strcmp(hook->landlord, event->landlord) == 0;
}

static bool is_wanted(const struct rd_hook_config *hook, const struct rd_case_event *event)
{
	return hook->events[event->event] && may_know(hook, event);
}

static enum rd_rc take_up(struct rd_hooks *hooks, const struct hook *hook, int64_t seen,
	bool *ret_more, struct rd_err *err)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	int64_t wanted[EVENTS_AT_ONCE];
	struct rd_case_event *events;
	size_t n, n_wanted = 0;

	*ret_more = false;
	RD_TRY(rd_case_events_list(
		hooks->db, seen, NULL, EVENTS_AT_ONCE, hooks->arena, &events, &n, err));
	if (n == 0)
		return RD_OK;
	for (size_t i = 0; i < n; i++)
		if (is_wanted(hook->config, &events[i]))
			wanted[n_wanted++] = events[i].number;
	RD_TRY(rd_tx_begin(hooks->db, &tx, err));
	RD_TRY(rd_hook_fan(tx, hook->config->name, wanted, n_wanted, events[n - 1].number,
		rd_now_ms(hooks->clock), err));
	*ret_more = n == EVENTS_AT_ONCE;
	return rd_tx_commit(&tx, err);
}

/* --- one attempt --- */

static enum outcome outcome_of(long status)
{
	if (status >= 200 && status < 300)
		return TAKEN;
	if (status == 410)
		return GONE;
	if (status == 429 || status == 502 || status == 504)
		return THROTTLED;
	return status >= 500 || status == 408 ? RESTS : FAILED;
}

static void post(struct rd_hooks *hooks, const struct hook *hook, const struct rd_hook_keys *keys,
	const struct rd_case_event *event, struct attempt *ret_attempt)
{
	const char *body = rd_hook_body(event, hooks->config->gateway, hooks->arena);
	struct rd_http_response response = { 0 };
	struct rd_err err = { 0 };

	RD_ASSERT(body != NULL); /* the arena is new */
	const enum rd_rc rc = rd_hook_post(hook->http, hook->config, keys, event->id, body,
		rd_now_ms(hooks->clock) / 1000, hooks->timeout_ms, &response, &err);
	rd_hook_say_answer(rc, response.status, &err, ret_attempt->answer);
	if (rc != RD_OK) {
		ret_attempt->outcome = is_stopping(hooks) ? BROKEN_OFF : RESTS;
		return;
	}
	ret_attempt->outcome = outcome_of(response.status);
	ret_attempt->retry_after_ms = response.retry_after_s * 1000;
	rd_http_response_free(&response);
}

/* From the event and the attempt, so that what failed together does not come back together. */
static uint32_t chance_of(const struct rd_hooks *hooks, const struct hook *hook,
	const struct rd_case_event *event, int attempt)
{
	uint8_t hash[RD_STORE_KEY_BYTES];
	char what[160];

	const int len =
		snprintf(what, sizeof what, "%s:%s:%d", event->id, hook->config->name, attempt);
	rd_store_hash(rd_db_store(hooks->db), RD_KEY_SAMPLE, "hook-wait", what, (size_t)len, hash);
	return (uint32_t)hash[0] << 24 | (uint32_t)hash[1] << 16 | (uint32_t)hash[2] << 8 | hash[3];
}

static int64_t longer(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static struct rd_hook_failure failure_of(const struct rd_hooks *hooks, const struct hook *hook,
	const struct rd_hook_row *row, const struct rd_case_event *event, int attempt,
	const struct attempt *made)
{
	const int64_t now_ms = rd_now_ms(hooks->clock);
	const int64_t wait_ms = rd_hook_wait_ms(attempt, chance_of(hooks, hook, event, attempt));
	struct rd_hook_failure failure = { .answer = made->answer, .last = wait_ms < 0 };

	failure.next_try_ms = now_ms + longer(wait_ms, made->retry_after_ms);
	if (made->outcome == THROTTLED)
		failure.rest_ms =
			rd_backoff_next(row->rest_ms, THROTTLED_FIRST_MS, THROTTLED_MOST_MS);
	else if (made->outcome == RESTS)
		failure.rest_ms = rd_backoff_next(row->rest_ms, REST_FIRST_MS, REST_MOST_MS);
	if (failure.rest_ms > 0)
		failure.rests_until_ms = now_ms + (made->retry_after_ms > 0 ? made->retry_after_ms
									    : failure.rest_ms);
	return failure;
}

/* Has it taken nothing since this event was first tried? */
static bool is_dead(const struct rd_hook_row *row, const struct rd_hook_delivery *delivery)
{
	return row->last_success_ms == 0 || row->last_success_ms < delivery->first_try_ms;
}

static enum rd_rc record_failure(struct rd_hooks *hooks, const struct hook *hook,
	const struct rd_hook_row *row, const struct rd_case_event *event,
	const struct rd_hook_delivery *delivery, const struct attempt *made, struct rd_err *err)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	const char *name = hook->config->name;
	const int64_t now_ms = rd_now_ms(hooks->clock);
	const struct rd_hook_failure failure =
		failure_of(hooks, hook, row, event, delivery->attempts + 1, made);
	const bool disable = made->outcome == GONE || (failure.last && is_dead(row, delivery));

	RD_TRY(rd_tx_begin(hooks->db, &tx, err));
	RD_TRY(rd_hook_failed(tx, name, delivery->id, &failure, now_ms, err));
	if (disable)
		RD_TRY(rd_hook_disable(tx, name, made->answer, now_ms, err));
	RD_TRY(rd_tx_commit(&tx, err));
	tell(hooks,
		disable	       ? RD_HOOKS_DISABLED
		: failure.last ? RD_HOOKS_GAVE_UP
			       : RD_HOOKS_FAILED,
		name, made->answer, row->failing_since_ms > 0 ? row->failing_since_ms : now_ms);
	return RD_OK;
}

static enum rd_rc record(struct rd_hooks *hooks, const struct hook *hook,
	const struct rd_hook_row *row, const struct rd_case_event *event,
	const struct rd_hook_delivery *delivery, const struct attempt *made, struct rd_err *err)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;

	if (made->outcome != TAKEN && made->outcome != BROKEN_OFF)
		return record_failure(hooks, hook, row, event, delivery, made, err);
	RD_TRY(rd_tx_begin(hooks->db, &tx, err));
	if (made->outcome == BROKEN_OFF)
		RD_TRY(rd_hook_give_back(tx, delivery->id, rd_now_ms(hooks->clock), err));
	else
		RD_TRY(rd_hook_taken(tx, hook->config->name, delivery->id, made->answer,
			rd_now_ms(hooks->clock), err));
	RD_TRY(rd_tx_commit(&tx, err));
	if (made->outcome == TAKEN)
		tell(hooks, RD_HOOKS_TAKEN, hook->config->name, made->answer, 0);
	return RD_OK;
}

static enum rd_rc claim(struct rd_hooks *hooks, const struct hook *hook,
	const struct rd_case_event *event, struct rd_hook_delivery *delivery, struct rd_err *err)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	const int attempt = delivery->attempts + 1;
	const int64_t now_ms = rd_now_ms(hooks->clock);
	const int64_t wait_ms = rd_hook_wait_ms(attempt, chance_of(hooks, hook, event, attempt));

	RD_TRY(rd_tx_begin(hooks->db, &tx, err));
	RD_TRY(rd_hook_claim(tx, delivery->id, now_ms, now_ms + (wait_ms < 0 ? 0 : wait_ms), err));
	if (delivery->first_try_ms == 0)
		delivery->first_try_ms = now_ms;
	return rd_tx_commit(&tx, err);
}

/* Our own side: nothing is counted against the event. */
static enum rd_rc rest_in_trouble(
	struct rd_hooks *hooks, const struct hook *hook, const char *why, struct rd_err *err)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;

	RD_TRY(rd_tx_begin(hooks->db, &tx, err));
	RD_TRY(rd_hook_rest(tx, hook->config->name, OWN_TROUBLE_MS,
		rd_now_ms(hooks->clock) + OWN_TROUBLE_MS, why, err));
	RD_TRY(rd_tx_commit(&tx, err));
	tell(hooks, RD_HOOKS_TROUBLE, hook->config->name, why, 0);
	return RD_OK;
}

/* The stanza has got another landlord since. */
static enum rd_rc drop(
	struct rd_hooks *hooks, const struct rd_hook_delivery *delivery, struct rd_err *err)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;

	RD_TRY(rd_tx_begin(hooks->db, &tx, err));
	RD_TRY(rd_hook_drop(tx, delivery->id, err));
	return rd_tx_commit(&tx, err);
}

static enum rd_rc try_one(struct rd_hooks *hooks, const struct hook *hook,
	const struct rd_hook_row *row, struct rd_hook_delivery *delivery, bool *ret_taken,
	struct rd_err *err)
{
	RD_CLEANUP(rd_hook_keys_wipe) struct rd_hook_keys keys = { .n = 0 };
	struct attempt made = { .outcome = FAILED };
	struct rd_err why = { 0 };
	struct rd_case_event event;

	*ret_taken = false;
	RD_TRY(rd_case_event_get(hooks->db, delivery->event, hooks->arena, &event, err));
	if (!may_know(hook->config, &event))
		return drop(hooks, delivery, err);
	if (rd_hook_keys_read(hook->config, &keys, &why) != RD_OK)
		return rest_in_trouble(hooks, hook, why.msg, err);
	if (delivery->attempts >= RD_HOOK_ATTEMPTS) { /* the last one ended with the daemon */
		snprintf(made.answer, sizeof made.answer, "%s", "broken off");
		delivery->attempts = RD_HOOK_ATTEMPTS - 1;
	} else {
		RD_TRY(claim(hooks, hook, &event, delivery, err));
		post(hooks, hook, &keys, &event, &made);
	}
	*ret_taken = made.outcome == TAKEN;
	return record(hooks, hook, row, &event, delivery, &made, err);
}

/* --- steps --- */

static enum rd_rc clean(struct rd_hooks *hooks, struct rd_err *err)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	const int64_t now_ms = rd_now_ms(hooks->clock);

	if (hooks->cleaned_ms != 0 && now_ms - hooks->cleaned_ms < CLEAN_EVERY_MS)
		return RD_OK;
	RD_TRY(rd_tx_begin(hooks->db, &tx, err));
	RD_TRY(rd_hook_clean(tx, now_ms - RD_HOOK_TAKEN_KEPT_MS, err));
	hooks->cleaned_ms = now_ms;
	return rd_tx_commit(&tx, err);
}

static bool rests(const struct rd_hooks *hooks, const struct rd_hook_row *row)
{
	return row->rests_until_ms > rd_now_ms(hooks->clock);
}

static enum rd_rc step_of(struct rd_hooks *hooks, const struct hook *hook, bool *ret_did,
	int64_t *next_ms, struct rd_err *err)
{
	struct rd_hook_delivery *due;
	struct rd_hook_row row;
	int64_t at_ms = 0;
	bool taken;
	size_t n;

	RD_TRY(rd_hook_get(hooks->db, hook->config->name, hooks->arena, &row, err));
	if (!row.enabled)
		return RD_OK;
	RD_TRY(take_up(hooks, hook, row.seen, ret_did, err));
	if (!rests(hooks, &row)) {
		RD_TRY(rd_hook_due(hooks->db, row.name, rd_now_ms(hooks->clock), 1, hooks->arena,
			&due, &n, err));
		if (n > 0) {
			*ret_did = true;
			return try_one(hooks, hook, &row, &due[0], &taken, err);
		}
	}
	RD_TRY(rd_hook_next_ms(hooks->db, row.name, &at_ms, err));
	if (at_ms != 0) {
		at_ms = longer(at_ms, row.rests_until_ms);
		if (*next_ms == 0 || at_ms < *next_ms)
			*next_ms = at_ms;
	}
	return RD_OK;
}

enum rd_rc rd_hooks_step(
	struct rd_hooks *hooks, bool *ret_did, int64_t *ret_next_ms, struct rd_err *err)
{
	*ret_did = false;
	*ret_next_ms = 0;
	RD_TRY(clean(hooks, err));
	for (size_t i = 0; i < hooks->n && !*ret_did; i++) {
		const struct hook *hook = &hooks->items[hooks->turn];

		rd_arena_reset(hooks->arena);
		hooks->turn = (hooks->turn + 1) % hooks->n;
		RD_TRY(step_of(hooks, hook, ret_did, ret_next_ms, err));
	}
	return RD_OK;
}

static enum rd_rc once_for(
	struct rd_hooks *hooks, const struct hook *hook, bool *ret_must_wait, struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *list = rd_arena_new(ARENA_BYTES);
	struct rd_hook_delivery *due;
	struct rd_hook_row row;
	int64_t waits_ms = 0;
	bool more = true;
	size_t n;

	while (more) {
		rd_arena_reset(hooks->arena);
		RD_TRY(rd_hook_get(hooks->db, hook->config->name, hooks->arena, &row, err));
		if (!row.enabled)
			return RD_OK;
		RD_TRY(take_up(hooks, hook, row.seen, &more, err));
	}
	RD_TRY(rd_hook_due(hooks->db, hook->config->name, rd_now_ms(hooks->clock), ONCE_MAX, list,
		&due, &n, err));
	for (size_t i = 0; i < n; i++) {
		bool taken = false;

		rd_arena_reset(hooks->arena);
		RD_TRY(rd_hook_get(hooks->db, hook->config->name, hooks->arena, &row, err));
		if (row.enabled && !rests(hooks, &row))
			RD_TRY(try_one(hooks, hook, &row, &due[i], &taken, err));
	}
	RD_TRY(rd_hook_next_ms(hooks->db, hook->config->name, &waits_ms, err));
	*ret_must_wait = *ret_must_wait || waits_ms != 0;
	return RD_OK;
}

enum rd_rc rd_hooks_run_once(struct rd_hooks *hooks, bool *ret_must_wait, struct rd_err *err)
{
	*ret_must_wait = false;
	RD_TRY(clean(hooks, err));
	for (size_t i = 0; i < hooks->n; i++)
		RD_TRY(once_for(hooks, &hooks->items[i], ret_must_wait, err));
	return RD_OK;
}

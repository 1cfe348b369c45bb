#include "redress/deliver/hook_try.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define CLOCK_TOLERANCE_MS (5 * 60 * (int64_t)1000) /* of whoever checks a signature */

void rd_hook_new_id(char id[static RD_CASE_EVENT_ID_MAX])
{
	uint8_t bytes[16];

	RD_ASSERT(getrandom(bytes, sizeof bytes, 0) == (ssize_t)sizeof bytes);
	memcpy(id, "evt_", 4);
	for (size_t i = 0; i < sizeof bytes; i++)
		snprintf(id + 4 + 2 * i, 3, "%02x", bytes[i]);
}

/* One trial under way. */
struct trying {
	const struct rd_hook_config *hook;
	const struct rd_hook_trial *trial;
	struct rd_http *http;
	struct rd_arena *arena;
	struct rd_hook_tried *tried;
};

static bool is_taken(const struct rd_http_response *response)
{
	return response->status >= 200 && response->status < 300;
}

static enum rd_rc ping(const struct trying *t, const struct rd_hook_keys *keys, const char *id,
	struct rd_http_response *ret_response, struct rd_err *err)
{
	const char *body = rd_hook_ping(id, t->trial->gateway, t->trial->now_ms, t->arena);

	RD_ASSERT(body != NULL); /* the arena is new */
	return rd_hook_post(t->http, t->hook, keys, id, body, t->trial->now_ms / 1000,
		t->trial->timeout_ms, ret_response, err);
}

/* --- what is wrong --- */

static void fault(const struct trying *t, const char *sentence)
{
	rd_provider_find(&t->tried->faults, sentence);
}

/* Every event is turned down as stale, or as from the future, where the clocks are apart. */
static void compare_clocks(const struct trying *t, const struct rd_http_response *response)
{
	const int64_t apart_ms = t->trial->now_ms - response->date_ms;

	if (response->date_ms == 0 || llabs(apart_ms) <= CLOCK_TOLERANCE_MS)
		return;
	fault(t, rd_arena_printf(t->arena,
			 "This machine's clock is %" PRId64 " minutes %s theirs; what checks "
			 "signatures allows five. Set the clocks by NTP, here and there.",
			 (int64_t)(llabs(apart_ms) / 60000), apart_ms > 0 ? "ahead of" : "behind"));
}

static const char *status_words(const struct trying *t, const struct rd_http_response *response)
{
	switch (response->status) {
	case 400:
	case 401:
	case 403:
	case 422:
		return "It turns the event down. Most often it checks the signature with another "
		       "secret: it must have the one of `Secret:`, whole, with `whsec_`; and it "
		       "must sign the body as it came, byte for byte. Or a login or a firewall "
		       "stands before it.";
	case 404:
	case 405:
		return "There is nothing at this address that takes a POST. Check the path in "
		       "`URL:`.";
	case 410:
		return rd_arena_printf(t->arena,
			"It says that it is gone for good: redressd switches the webhook off at "
			"that answer. Ask where events go now, change `URL:`, then `redressctl "
			"hooks enable %s`.",
			t->hook->name);
	case 413:
	case 415:
		return "It does not take what we send: it must accept "
		       "application/cloudevents+json, a few kilobytes.";
	case 429:
		return "It takes no more for now. redressd waits and tries again; more often than "
		       "now and then means that its limit is too low.";
	default:
		break;
	}
	return response->status >= 500 || response->status == 408
		       ? "The other system, or the proxy before it, is in trouble; whoever runs it "
			 "must look."
		       : "It must answer 2xx to an event, also to one of a type that it does not "
			 "know.";
}

static void explain_status(const struct trying *t, const struct rd_http_response *response)
{
	const long status = response->status;

	t->tried->may_pass = status == 429 || status == 408 || status >= 500;
	if (status >= 300 && status < 400)
		fault(t, rd_arena_printf(t->arena,
				 "It answers HTTP %ld and sends us on to %.300s. A redirect is "
				 "never followed: write the address in the end into `URL:`.",
				 status,
				 response->location[0] ? response->location : "another place"));
	else
		fault(t, rd_arena_printf(
				 t->arena, "HTTP %ld. %s", status, status_words(t, response)));
	compare_clocks(t, response);
}

static void explain_silence(const struct trying *t, enum rd_rc rc, const struct rd_err *err)
{
	t->tried->may_pass = rc == RD_E_AGAIN;
	if (rc == RD_E_REFUSED)
		fault(t, rd_arena_printf(t->arena,
				 "%s: if the other system stands in your own network, say so with "
				 "`Allow internal: yes`; if not, look why its name leads there.",
				 err->msg));
	else
		fault(t, rd_arena_strdup(t->arena, err->msg));
}

/* --- what is worth knowing --- */

/* The id of another event than the one that was just taken: a repeat may be taken unread. */
static const char *another_id(const struct trying *t, const char *mark)
{
	const char *id = rd_arena_printf(t->arena, "%s%.*s", mark,
		RD_CASE_EVENT_ID_MAX - 1 - (int)strlen(mark), t->trial->id);

	RD_ASSERT(id != NULL);
	return id;
}

static bool takes(const struct trying *t, const struct rd_hook_keys *keys, const char *mark,
	bool *ret_answered)
{
	struct rd_http_response response = { 0 };
	struct rd_err err = { 0 };

	*ret_answered = ping(t, keys, another_id(t, mark), &response, &err) == RD_OK;
	if (!*ret_answered)
		return false;
	rd_http_response_free(&response);
	return is_taken(&response);
}

static void look_at_checking(const struct trying *t)
{
	const struct rd_hook_keys nobodys = { .items = { { .len = RD_HOOK_KEY_MIN } }, .n = 1 };
	bool answered;

	if (takes(t, &nobodys, "forged-", &answered))
		rd_provider_find(&t->tried->notes,
			"It took an event too whose signature is not ours: whoever knows the "
			"address can tell it anything. It should check `webhook-signature` and "
			"answer 401 to that.");
}

static void look_at_change(const struct trying *t, const struct rd_hook_keys *keys)
{
	RD_CLEANUP(rd_hook_keys_wipe) struct rd_hook_keys newest = *keys;
	bool answered;

	if (keys->n < 2)
		return;
	newest.n = 1;
	if (takes(t, &newest, "new-", &answered))
		rd_provider_find(&t->tried->notes,
			"Two secrets stand, and it knows the new one: take the old `Secret:` line "
			"out and restart redressd.");
	else if (answered)
		rd_provider_find(&t->tried->notes,
			"Two secrets stand, and it does not know the new one yet: give it to "
			"whoever runs the other system before the old line goes.");
}

enum rd_rc rd_hook_try(const struct rd_hook_config *hook, const struct rd_hook_trial *trial,
	struct rd_arena *arena, struct rd_hook_tried *ret_tried, struct rd_err *err)
{
	RD_CLEANUP(rd_hook_keys_wipe) struct rd_hook_keys keys = { .n = 0 };
	RD_CLEANUP(rd_http_cleanup) struct rd_http *http = NULL;
	struct rd_http_response response = { 0 };
	struct rd_err why = { 0 };

	*ret_tried = (struct rd_hook_tried){ .taken = false };
	RD_TRY(rd_hook_keys_read(hook, &keys, err));
	RD_TRY(rd_http_new(hook->ca_file, &http, err));
	const struct trying t = { hook, trial, http, arena, ret_tried };
	const enum rd_rc rc = ping(&t, &keys, trial->id, &response, &why);
	rd_hook_say_answer(rc, response.status, &why, ret_tried->answer);
	if (rc != RD_OK) {
		explain_silence(&t, rc, &why);
		return RD_OK;
	}
	rd_http_response_free(&response);
	ret_tried->taken = is_taken(&response);
	if (!ret_tried->taken) {
		explain_status(&t, &response);
		return RD_OK;
	}
	look_at_change(&t, &keys);
	look_at_checking(&t);
	return RD_OK;
}

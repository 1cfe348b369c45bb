#include "redress/deliver/open311.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "redress/message/message.h"
#include "redress/store/audit.h"
#include "redress/store/case_events.h"
#include "redress/store/casebook.h"
#include "redress/store/open311.h"
#include "redress/store/reading.h"
#include "redress/store/tasks.h"
#include "redress/wire/credential.h"
#include "redress/wire/http.h"
#include "redress/wire/open311.h"

#define ARENA_BYTES	(32u << 20)
#define EVENTS_AT_ONCE	200
#define FIRST_WAIT_MS	60000
#define LAST_WAIT_MS	(4 * 3600 * (int64_t)1000)
#define TOKEN_WAIT_MS	(5 * 60 * (int64_t)1000)
#define ASK_AFTER_MS	60000
#define CLOCKS_APART_MS (10 * 60 * (int64_t)1000) /* the server's and ours */
#define REST_MS		(10 * 60 * (int64_t)1000)
#define ONCE_MAX	1000

const char *const rd_open311_event_names[RD_N_OPEN311_EVENTS + 1] = { "taken", "again", "failed",
	"uncertain", "closed", "trouble", NULL };

struct server {
	const struct rd_open311_config *config;
	struct rd_http *http;
	int64_t rests_until_ms; /* its own configuration is in trouble */
};

struct rd_open311 {
	const struct rd_config *config;
	const struct rd_clock *clock;
	const struct rd_open311_calls *calls;
	int64_t timeout_ms;
	struct rd_db *db;
	struct rd_arena *arena;
	struct server items[RD_OPEN311_MAX];
	size_t n;
	size_t turn;
};

static bool is_stopping(void *context)
{
	struct rd_open311 *o = context;

	return o->calls->stopping != NULL && o->calls->stopping(o->calls->context);
}

static void tell(const struct rd_open311 *o, const struct server *server,
	enum rd_open311_event event, const char *detail)
{
	o->calls->on_event(o->calls->context, event, server->config->name, detail);
}

static int64_t now_of(const struct rd_open311 *o)
{
	return rd_now_ms(o->clock);
}

/* --- opening --- */

/* A server that is new begins at what happens from now on. */
static enum rd_rc open_rows(struct rd_open311 *o, struct rd_err *err)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	int64_t last = 0, seen = 0;

	RD_TRY(rd_tx_begin(o->db, &tx, err));
	RD_TRY(rd_open311_start_run(tx, now_of(o), err));
	RD_TRY(rd_case_events_last(o->db, &last, err));
	for (size_t i = 0; i < o->n; i++) {
		RD_TRY(rd_open311_seen(o->db, o->items[i].config->name, &seen, err));
		if (seen < 0)
			RD_TRY(rd_open311_set_seen(tx, o->items[i].config->name, last, err));
	}
	return rd_tx_commit(&tx, err);
}

static enum rd_rc open_servers(struct rd_open311 *o, struct rd_store *store, struct rd_err *err)
{
	RD_TRY(rd_db_open(store, &o->db, err));
	for (size_t i = 0; i < o->config->n_open311; i++) {
		struct server *server = &o->items[i];

		server->config = &o->config->open311[i];
		RD_TRY(rd_http_new(server->config->ca_file, &server->http, err));
		rd_http_set_stop(server->http, is_stopping, o);
		o->n++;
	}
	return open_rows(o, err);
}

enum rd_rc rd_open311_new(const struct rd_config *config, struct rd_store *store,
	const struct rd_clock *clock, const struct rd_open311_calls *calls, int64_t timeout_ms,
	struct rd_open311 **ret_open311, struct rd_err *err)
{
	struct rd_open311 *o = calloc(1, sizeof *o);
	enum rd_rc rc;

	RD_ASSERT(o != NULL);
	o->config = config;
	o->clock = clock;
	o->calls = calls;
	o->timeout_ms = timeout_ms;
	o->arena = rd_arena_new(ARENA_BYTES);
	rc = open_servers(o, store, err);
	if (rc != RD_OK) {
		rd_open311_free(o);
		return rc;
	}
	*ret_open311 = o;
	return RD_OK;
}

void rd_open311_free(struct rd_open311 *open311)
{
	if (open311 == NULL)
		return;
	for (size_t i = 0; i < RD_OPEN311_MAX; i++)
		rd_http_free(open311->items[i].http);
	rd_db_close(open311->db);
	rd_arena_free(open311->arena);
	free(open311);
}

/* --- what is written of a row --- */

static enum rd_rc audit(struct rd_tx *tx, const struct rd_open311 *o,
	const struct rd_open311_row *row, const char *what, struct rd_err *err)
{
	char detail[64];
	int64_t seq;

	snprintf(detail, sizeof detail, "{\"open311\":%lld}", (long long)row->id);
	const struct rd_audit_row audit_row = { .at_ms = now_of(o),
		.actor = "redressd",
		.actor_uid = -1,
		.what = what,
		.case_id = row->case_id,
		.detail = detail };
	return rd_audit_add(tx, &audit_row, &seq, err);
}

static enum rd_rc put_task(struct rd_tx *tx, const struct rd_open311 *o,
	const struct rd_open311_row *row, const char *text, struct rd_err *err)
{
	struct rd_case file;
	char cause[48];
	int64_t id;
	bool is_new;

	RD_TRY(rd_case_get(o->db, row->case_id, o->arena, &file, err));
	snprintf(cause, sizeof cause, "open311:%lld", (long long)row->id);
	const struct rd_task task = { .kind = RD_OPEN311_TASK,
		.case_id = row->case_id,
		.cause = cause,
		.text = text,
		.landlord = file.landlord,
		.due = rd_date_of(now_of(o)),
		.n = 1 };
	return rd_task_put(tx, &task, now_of(o), &id, &is_new, err);
}

/* The row as it is now, with its audit row and its task (NULL: none), in one transaction. */
static enum rd_rc write_row(struct rd_open311 *o, const struct rd_open311_row *row,
	const char *what, const char *task, struct rd_err *err)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;

	RD_TRY(rd_tx_begin(o->db, &tx, err));
	RD_TRY(rd_open311_set(tx, row, err));
	if (what != NULL)
		RD_TRY(audit(tx, o, row, what, err));
	if (task != NULL)
		RD_TRY(put_task(tx, o, row, task, err));
	return rd_tx_commit(&tx, err);
}

static enum rd_rc taken(struct rd_open311 *o, const struct server *server,
	struct rd_open311_row *row, const char *request_id, struct rd_err *err)
{
	row->state = RD_OPEN311_SENT;
	row->request_id = request_id;
	row->next_ms = now_of(o) + RD_OPEN311_STATUS_MS;
	row->answer = "taken";
	RD_TRY(write_row(o, row, "open311_taken", NULL, err));
	tell(o, server, RD_OPEN311_EVENT_TAKEN, "");
	return RD_OK;
}

static enum rd_rc fail_for_good(struct rd_open311 *o, const struct server *server,
	struct rd_open311_row *row, const char *why, struct rd_err *err)
{
	row->state = RD_OPEN311_FAILED;
	row->next_ms = 0;
	row->answer = why;
	const char *task = rd_arena_printf(o->arena,
		"Hand this request on by hand: %s did not take it (%s). Or try again: `redressctl "
		"open311 settle %lld --as again --why TEXT`.",
		server->config->name, why, (long long)row->id);
	RD_TRY(write_row(o, row, "open311_failed", task, err));
	tell(o, server, RD_OPEN311_EVENT_FAILED, why);
	return RD_OK;
}

/* Who is in danger may be so by what is known of them elsewhere: a person decides. */
static enum rd_rc keep_back(struct rd_open311 *o, const struct server *server,
	struct rd_open311_row *row, struct rd_err *err)
{
	row->state = RD_OPEN311_FAILED;
	row->next_ms = 0;
	row->answer = "held for safeguarding";
	const char *task = rd_arena_printf(o->arena,
		"This case is held for safeguarding, so its request was not handed on to %s: see "
		"that the repair is ordered in a way that is safe.",
		server->config->name);
	RD_TRY(write_row(o, row, "open311_held", task, err));
	tell(o, server, RD_OPEN311_EVENT_FAILED, row->answer);
	return RD_OK;
}

static enum rd_rc leave_to_person(struct rd_open311 *o, const struct server *server,
	struct rd_open311_row *row, const char *why, struct rd_err *err)
{
	row->state = RD_OPEN311_UNCERTAIN;
	row->next_ms = 0;
	row->answer = why;
	const char *task = rd_arena_printf(o->arena,
		"Nobody knows whether %s has this request: look there for our reference, then say "
		"`redressctl open311 settle %lld --as taken --id NUMBER --why TEXT`, or `--as "
		"again`.",
		server->config->name, (long long)row->id);
	RD_TRY(write_row(o, row, "open311_uncertain", task, err));
	tell(o, server, RD_OPEN311_EVENT_UNCERTAIN, why);
	return RD_OK;
}

/* A minute, doubled for each attempt before. */
static int64_t wait_ms(int attempts)
{
	int64_t ms = FIRST_WAIT_MS;

	for (int i = 1; i < attempts && ms < LAST_WAIT_MS; i++)
		ms *= 2;
	return ms < LAST_WAIT_MS ? ms : LAST_WAIT_MS;
}

static enum rd_rc put_off(struct rd_open311 *o, const struct server *server,
	struct rd_open311_row *row, int64_t retry_after_ms, const char *why, struct rd_err *err)
{
	const int64_t wait = wait_ms(row->attempts);

	if (now_of(o) - row->created_ms > RD_OPEN311_GIVE_UP_MS)
		return fail_for_good(o, server, row, why, err);
	row->state = RD_OPEN311_QUEUED;
	row->next_ms = now_of(o) + (retry_after_ms > wait ? retry_after_ms : wait);
	row->answer = why;
	RD_TRY(write_row(o, row, NULL, NULL, err));
	tell(o, server, RD_OPEN311_EVENT_AGAIN, why);
	return RD_OK;
}

/* --- asking --- */

static const char *answer_words(struct rd_open311 *o, const struct rd_http_response *response)
{
	const char *text = rd_arena_printf(o->arena, "HTTP %ld", response->status);

	return text ? text : "";
}

static enum rd_rc ask(struct rd_open311 *o, const struct server *server,
	struct rd_http_request *request, struct rd_http_response *ret_response, bool *ret_reached,
	struct rd_err *err)
{
	request->timeout_ms = o->timeout_ms;
	return rd_http_ask(server->http, request, ret_response, ret_reached, err);
}

/* The server's list, for what nobody knows. */
static enum rd_rc look_for(struct rd_open311 *o, const struct server *server,
	struct rd_open311_row *row, const char *reference, struct rd_err *err)
{
	struct rd_http_response response = { 0 };
	struct rd_http_request request;
	struct rd_err why = { 0 };
	const char *id = "";
	bool reached;

	RD_TRY(rd_open311_build_list(server->config, row->service_code,
		row->attempted_ms - CLOCKS_APART_MS, o->arena, &request, err));
	if (ask(o, server, &request, &response, &reached, &why) != RD_OK) {
		if (now_of(o) - row->attempted_ms > RD_OPEN311_GIVE_UP_MS)
			return leave_to_person(o, server, row, "no answer", err);
		row->next_ms = now_of(o) + wait_ms(row->attempts);
		return write_row(o, row, NULL, NULL, err);
	}
	const enum rd_open311_listed listed =
		rd_open311_read_list(&response, reference, o->arena, &id);
	rd_http_response_free(&response);
	if (listed == RD_LISTED_FOUND)
		return taken(o, server, row, id, err);
	if (listed == RD_LISTED_ABSENT && server->config->lists_all)
		return put_off(o, server, row, 0, "not in the list", err);
	return leave_to_person(o, server, row, "no clear answer", err);
}

static enum rd_rc ask_for_id(struct rd_open311 *o, const struct server *server,
	struct rd_open311_row *row, struct rd_err *err)
{
	struct rd_http_response response = { 0 };
	struct rd_http_request request;
	struct rd_err why = { 0 };
	const char *id = NULL;
	bool reached;

	RD_TRY(rd_open311_build_token(server->config, row->token, o->arena, &request, err));
	if (ask(o, server, &request, &response, &reached, &why) == RD_OK) {
		id = rd_open311_read_token(&response, row->token, o->arena);
		rd_http_response_free(&response);
	}
	if (id != NULL)
		return taken(o, server, row, id, err);
	if (now_of(o) - row->attempted_ms > RD_OPEN311_GIVE_UP_MS)
		return leave_to_person(o, server, row, "its token never became a number", err);
	row->next_ms = now_of(o) + TOKEN_WAIT_MS;
	return write_row(o, row, NULL, NULL, err);
}

static enum rd_rc ask_status(struct rd_open311 *o, const struct server *server,
	struct rd_open311_row *row, struct rd_err *err)
{
	enum rd_open311_status status = RD_REQUEST_UNCLEAR;
	struct rd_http_response response = { 0 };
	struct rd_http_request request;
	struct rd_err why = { 0 };
	bool reached;

	RD_TRY(rd_open311_build_status(server->config, row->request_id, o->arena, &request, err));
	if (ask(o, server, &request, &response, &reached, &why) == RD_OK) {
		status = rd_open311_read_status(&response);
		rd_http_response_free(&response);
	}
	row->status_ms = now_of(o);
	row->next_ms = now_of(o) - row->created_ms > RD_OPEN311_STATUS_END_MS
			       ? 0
			       : now_of(o) + RD_OPEN311_STATUS_MS;
	if (status != RD_REQUEST_CLOSED)
		return write_row(o, row, NULL, NULL, err);
	row->closed = true;
	row->next_ms = 0;
	const char *task = rd_arena_printf(o->arena,
		"%s has closed its request %s for this case: see that the work is done, tell the "
		"resident and close the case.",
		server->config->name, row->request_id);
	RD_TRY(write_row(o, row, "open311_closed", task, err));
	tell(o, server, RD_OPEN311_EVENT_CLOSED, "");
	return RD_OK;
}

/* --- sending --- */

/* What the resident says anew: no signature, no form's lines of name and number, nobody's earlier
 * mail. */
static const char *new_words(const struct rd_message *message, struct rd_arena *arena)
{
	char *words = rd_arena_array(arena, (size_t)message->body_len + 1, sizeof *words);
	size_t used = 0;

	for (size_t i = 0; i < message->n_spans && words != NULL; i++) {
		const struct rd_span *span = &message->spans[i];

		if (span->kind != RD_SPAN_NEW || span->to <= span->from ||
			span->to > message->body_len ||
			span->to - span->from > message->body_len - used)
			continue;
		memcpy(words + used, message->body + span->from, span->to - span->from);
		used += span->to - span->from;
	}
	if (words == NULL)
		return "";
	words[used] = '\0';
	return words;
}

/* The message that opened the case, where the configuration lets its words go. */
static const char *words_of(struct rd_open311 *o, const struct server *server, int64_t case_id)
{
	struct rd_message message = { 0 };
	struct rd_score score = { 0 };
	const char *ruleset;
	struct rd_err err = { 0 };
	int64_t message_id = 0;
	bool erased = true;

	if (!server->config->send_words ||
		rd_case_opener(o->db, case_id, &message_id, &err) != RD_OK || message_id == 0 ||
		rd_reading_get(o->db, message_id, o->arena, &message, &score, &ruleset, &erased,
			&err) != RD_OK ||
		erased)
		return "";
	return new_words(&message, o->arena);
}

static void wipe(const struct rd_http_request *request)
{
	if (request->body != NULL)
		explicit_bzero((void *)(uintptr_t)request->body, request->body_len);
}

static enum rd_rc trouble(struct rd_open311 *o, struct server *server, struct rd_open311_row *row,
	const char *why, struct rd_err *err)
{
	server->rests_until_ms = now_of(o) + REST_MS;
	row->state = RD_OPEN311_QUEUED;
	row->next_ms = server->rests_until_ms;
	row->answer = why;
	RD_TRY(write_row(o, row, NULL, NULL, err));
	tell(o, server, RD_OPEN311_EVENT_TROUBLE, why);
	return RD_OK;
}

static enum rd_rc read_posted(struct rd_open311 *o, struct server *server,
	struct rd_open311_row *row, const struct rd_http_response *response, struct rd_err *err)
{
	const struct rd_open311_answer answer = rd_open311_read_posted(response, o->arena);
	const char *words = answer_words(o, response);

	switch (answer.outcome) {
	case RD_POSTED_TAKEN:
		return taken(o, server, row, answer.text, err);
	case RD_POSTED_TOKEN:
		row->state = RD_OPEN311_TOKEN;
		row->token = answer.text;
		row->next_ms = now_of(o) + TOKEN_WAIT_MS;
		row->answer = "taken, its number follows";
		return write_row(o, row, "open311_taken", NULL, err);
	case RD_POSTED_REFUSED:
		return fail_for_good(o, server, row, words, err);
	case RD_POSTED_OURS:
		return trouble(o, server, row, words, err);
	case RD_POSTED_AGAIN:
		return put_off(o, server, row, response->retry_after_s * 1000, words, err);
	case RD_POSTED_UNCERTAIN:
		break;
	}
	row->state = RD_OPEN311_UNCERTAIN;
	row->next_ms = now_of(o) + ASK_AFTER_MS;
	row->answer = words;
	return write_row(o, row, NULL, NULL, err);
}

static enum rd_rc post(struct rd_open311 *o, struct server *server, struct rd_open311_row *row,
	const struct rd_case *file, const char *reference, const char *api_key, struct rd_err *err)
{
	struct rd_http_response response = { 0 };
	struct rd_http_request request = { 0 };
	struct rd_err why = { 0 };
	bool reached = false;
	const char **topics;
	size_t n_topics;

	RD_TRY(rd_case_rules_topics(o->db, file, o->arena, &topics, &n_topics, err));
	const char *description = rd_open311_description((const char *const *)topics, n_topics,
		reference, words_of(o, server, row->case_id), o->arena);
	RD_TRY(rd_open311_build_post(server->config, api_key, row->service_code, description,
		reference, o->arena, &request, err));
	row->state = RD_OPEN311_SENDING;
	row->attempts++;
	row->attempted_ms = now_of(o);
	RD_TRY(write_row(o, row, NULL, NULL, err));
	enum rd_rc rc = ask(o, server, &request, &response, &reached, &why);
	wipe(&request);
	if (rc == RD_OK) {
		rc = read_posted(o, server, row, &response, err);
		rd_http_response_free(&response);
		return rc;
	}
	if (rc == RD_E_REFUSED)
		return trouble(o, server, row, "an internal address; see `Allow internal:`", err);
	if (!reached)
		return put_off(o, server, row, 0, "no connection", err);
	row->state = RD_OPEN311_UNCERTAIN;
	row->next_ms = now_of(o) + ASK_AFTER_MS;
	row->answer = "no answer";
	return write_row(o, row, NULL, NULL, err);
}

static bool may_know(const struct rd_open311_config *config, const char *landlord)
{
	return config->landlord[0] == '\0' || strcmp(config->landlord, landlord) == 0;
}

/* Not sent, and never to be. */
static enum rd_rc end_row(
	struct rd_open311 *o, struct rd_open311_row *row, const char *why, struct rd_err *err)
{
	row->state = RD_OPEN311_FAILED;
	row->next_ms = 0;
	row->answer = why;
	return write_row(o, row, NULL, NULL, err);
}

static enum rd_rc send_row(struct rd_open311 *o, struct server *server, struct rd_open311_row *row,
	const struct rd_case *file, const char *reference, struct rd_err *err)
{
	RD_CLEANUP(rd_secret_wipe) struct rd_secret secret = { { 0 } };
	struct rd_err why = { 0 };

	if (file->kind != RD_SERVICE_REQUEST || file->status == RD_STATUS_CLOSED)
		return end_row(o, row, "no open service request any more", err);
	if (!may_know(server->config, file->landlord)) /* the stanza has got another since */
		return end_row(o, row, "the stanza is another landlord's now", err);
	if (file->held)
		return keep_back(o, server, row, err);
	if (rd_credential_read(&server->config->api_key, &secret, &why) != RD_OK)
		return trouble(o, server, row, "the key cannot be read", err);
	return post(o, server, row, file, reference, secret.text, err);
}

static enum rd_rc do_row(
	struct rd_open311 *o, struct server *server, struct rd_open311_row *row, struct rd_err *err)
{
	struct rd_case file;

	RD_TRY(rd_case_get(o->db, row->case_id, o->arena, &file, err));
	/* Without the four characters: see wire/open311.h. */
	const char *reference =
		rd_arena_copy(o->arena, file.reference, strcspn(file.reference, "-"));
	RD_ASSERT(reference != NULL); /* the arena is new */
	switch (row->state) {
	case RD_OPEN311_QUEUED:
		return send_row(o, server, row, &file, reference, err);
	case RD_OPEN311_UNCERTAIN:
		return look_for(o, server, row, reference, err);
	case RD_OPEN311_TOKEN:
		return ask_for_id(o, server, row, err);
	case RD_OPEN311_SENT:
		return ask_status(o, server, row, err);
	case RD_OPEN311_SENDING:
	case RD_OPEN311_FAILED:
	case RD_N_OPEN311_STATES:
		break;
	}
	return rd_fail(err, RD_E_BUG, "an Open311 request is due and has nothing to do");
}

/* --- new cases --- */

static bool is_handed_on(const struct rd_open311_config *config, const struct rd_case_event *event)
{
	return (event->event == RD_CASE_OPENED || event->event == RD_CASE_REVIEWED ||
		       event->event == RD_CASE_RECLASSIFIED) &&
	       event->kind == RD_SERVICE_REQUEST && event->status == RD_STATUS_OPEN &&
	       may_know(config, event->landlord);
}

static enum rd_rc take_case(struct rd_open311 *o, struct rd_tx *tx, const struct server *server,
	int64_t case_id, struct rd_err *err)
{
	struct rd_case file;
	int64_t id;

	RD_TRY(rd_case_get(o->db, case_id, o->arena, &file, err));
	const enum rd_rc rc = rd_open311_put(tx, server->config->name, case_id,
		rd_open311_code(server->config, file.topics, file.n_topics), now_of(o), &id, err);
	return rc == RD_E_EXISTS ? RD_OK : rc;
}

static enum rd_rc take_up(
	struct rd_open311 *o, const struct server *server, bool *ret_more, struct rd_err *err)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	struct rd_case_event *events;
	int64_t seen = 0;
	size_t n;

	*ret_more = false;
	RD_TRY(rd_open311_seen(o->db, server->config->name, &seen, err));
	RD_TRY(rd_case_events_list(o->db, seen, NULL, EVENTS_AT_ONCE, o->arena, &events, &n, err));
	if (n == 0)
		return RD_OK;
	RD_TRY(rd_tx_begin(o->db, &tx, err));
	for (size_t i = 0; i < n; i++)
		if (is_handed_on(server->config, &events[i]))
			RD_TRY(take_case(o, tx, server, events[i].case_id, err));
	RD_TRY(rd_open311_set_seen(tx, server->config->name, events[n - 1].number, err));
	*ret_more = n == EVENTS_AT_ONCE;
	return rd_tx_commit(&tx, err);
}

/* --- steps --- */

static enum rd_rc step_of(struct rd_open311 *o, struct server *server, bool *ret_did,
	int64_t *next_ms, struct rd_err *err)
{
	struct rd_open311_row row;
	struct rd_err none = { 0 };
	int64_t at_ms = 0;

	RD_TRY(take_up(o, server, ret_did, err));
	if (server->rests_until_ms <= now_of(o)) {
		const enum rd_rc rc = rd_open311_due(
			o->db, server->config->name, now_of(o), o->arena, &row, &none);
		if (rc == RD_OK) {
			*ret_did = true;
			return do_row(o, server, &row, err);
		}
		if (rc != RD_E_MISSING) {
			*err = none;
			return rc;
		}
	}
	RD_TRY(rd_open311_next_ms(o->db, server->config->name, false, &at_ms, err));
	if (at_ms != 0 && at_ms < server->rests_until_ms)
		at_ms = server->rests_until_ms;
	if (at_ms != 0 && (*next_ms == 0 || at_ms < *next_ms))
		*next_ms = at_ms;
	return RD_OK;
}

enum rd_rc rd_open311_step(
	struct rd_open311 *open311, bool *ret_did, int64_t *ret_next_ms, struct rd_err *err)
{
	*ret_did = false;
	*ret_next_ms = 0;
	for (size_t i = 0; i < open311->n && !*ret_did; i++) {
		struct server *server = &open311->items[open311->turn];

		rd_arena_reset(open311->arena);
		open311->turn = (open311->turn + 1) % open311->n;
		RD_TRY(step_of(open311, server, ret_did, ret_next_ms, err));
	}
	return RD_OK;
}

/* What is put off meanwhile is not due again in this run. */
enum rd_rc rd_open311_run_once(struct rd_open311 *open311, bool *ret_must_wait, struct rd_err *err)
{
	int64_t next_ms, at_ms;
	bool did = true;

	*ret_must_wait = false;
	for (int i = 0; i < ONCE_MAX && did; i++)
		RD_TRY(rd_open311_step(open311, &did, &next_ms, err));
	for (size_t i = 0; i < open311->n; i++) {
		RD_TRY(rd_open311_next_ms(
			open311->db, open311->items[i].config->name, true, &at_ms, err));
		*ret_must_wait = *ret_must_wait || at_ms != 0;
	}
	return RD_OK;
}

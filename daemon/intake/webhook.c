#include "redress/intake/webhook.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "redress/base/file.h"
#include "redress/base/limits.h"
#include "redress/intake/api.h"
#include "redress/intake/text_intake.h"
#include "redress/intake/webhook_peer.h"
#include "redress/wire/providers/provider.h"

#define TICK_MS		    250
#define ARENA_BYTES	    (1u << 20)
#define MEMORY_A_CONNECTION (32u << 10)
#define READ_ANYWAY_BYTES                                                                          \
	(1u << 20) /* of a body that is too large, so that it reads the answer                     \
		    */
#define FORWARDED_BYTES_MAX 4096

const char *const rd_webhook_event_names[RD_N_WEBHOOK_EVENTS + 1] = { "text", "duplicate",
	"receipt", "refused", "unreadable", "too_large", "busy", "store_failed", "cut_off",
	"turned_away", "flooded", "api", "api_refused", NULL };

const struct rd_webhook_limits rd_webhook_usual_limits = {
	.connections = 256,
	.connections_per_address = 32,
	.request_ms = 10000,
	.failed_per_minute = 20,
	.verified_per_s = 200,
	.sender_per_minute = 60,
};

struct line {
	const struct rd_texts_config *config;
	const struct rd_provider *provider;
	struct rd_provider_secrets secrets;
	struct rd_provider_account account;
	int64_t source_id;
};

struct connection {
	bool in_use;
	bool cut;
	int fd;
	struct rd_peer peer;
	int64_t since_ms;      /* opened, or the last request answered; monotonic */
	bool busy;	       /* a request that came through a proxy is under way, */
	struct rd_peer client; /* and whose */
};

struct rd_webhook {
	const struct rd_config *config;
	const struct rd_clock *clock;
	const struct rd_webhook_calls *calls;
	struct rd_webhook_limits limits;
	struct rd_db *db;
	struct rd_arena *arena;
	struct MHD_Daemon *daemon;
	struct rd_thread *thread;
	int port;
	char base_url[512]; /* what signatures are made over, without the path */
	struct line lines[RD_TEXTS_MAX];
	size_t n_lines;
	struct rd_peer_proxies proxies;
	struct rd_peer_failed failed;
	struct rd_peer_failed senders; /* texts, by number */
	struct rd_api *api;
	struct connection *connections;
	int64_t second_ms; /* start of the running second, and its checked requests */
	int verified;
};

struct request {
	char uri[RD_WEBHOOK_URI_BYTES_MAX]; /* path and query as they came */
	bool uri_too_long;
	bool started;
	bool too_large;
	size_t taken; /* bytes of body, kept or not */
	struct rd_buf body;
};

struct reply {
	unsigned status;
	const char *type;
	const char *text;
	size_t len;
	const char *header; /* one more, or NULL */
	const char *value;
	const char *cache; /* NULL: no-store */
};

static struct reply say(unsigned status, const char *text)
{
	return (struct reply){
		.status = status,
		.type = "text/plain; charset=utf-8",
		.text = text,
		.len = strlen(text),
	};
}

static struct reply say_with(
	unsigned status, const char *text, const char *header, const char *value)
{
	struct reply reply = say(status, text);
	reply.header = header;
	reply.value = value;
	return reply;
}

static void tell(const struct rd_webhook *w, enum rd_webhook_event event, const struct line *line,
	const char *detail)
{
	w->calls->on_event(w->calls->context, event, line ? line->config->name : "", detail);
}

static enum MHD_Result answer(struct MHD_Connection *connection, const struct reply *reply)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
		reply->len, (void *)(uintptr_t)reply->text, MHD_RESPMEM_MUST_COPY);
	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, "Content-Type", reply->type);
	MHD_add_response_header(
		response, "Cache-Control", reply->cache ? reply->cache : "no-store");
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	if (reply->header)
		MHD_add_response_header(response, reply->header, reply->value);
	enum MHD_Result queued = MHD_queue_response(connection, reply->status, response);
	MHD_destroy_response(response);
	return queued;
}

/* ---- who asks ---- */

struct forwarded {
	char text[FORWARDED_BYTES_MAX];
	size_t len;
	bool any; /* a header that only a proxy writes */
};

static enum MHD_Result look_at_header(
	void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
	static const char *const written_by_proxies[] = { "Forwarded", "X-Forwarded-For",
		"X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via" };
	struct forwarded *f = context;
	(void)kind;
	for (size_t i = 0; i < sizeof written_by_proxies / sizeof written_by_proxies[0]; i++)
		f->any = f->any || strcasecmp(name, written_by_proxies[i]) == 0;
	if (strcasecmp(name, "X-Forwarded-For") != 0 || !value)
		return MHD_YES;
	size_t len = strlen(value);
	if (f->len + len + 2 > sizeof f->text)
		return MHD_YES;
	if (f->len > 0)
		f->text[f->len++] = ',';
	memcpy(f->text + f->len, value, len + 1);
	f->len += len;
	return MHD_YES;
}

static struct rd_peer client_of(
	const struct rd_webhook *w, struct MHD_Connection *connection, bool *ret_own_machine)
{
	struct forwarded forwarded = { .len = 0 };
	struct rd_peer peer = { { 0 } };
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	bool known = info && rd_peer_of(info->client_addr, &peer);
	MHD_get_connection_values(connection, MHD_HEADER_KIND, look_at_header, &forwarded);
	*ret_own_machine = known && rd_peer_is_loopback(&peer) && !forwarded.any;
	return rd_peer_client(&w->proxies, &peer, forwarded.text);
}

/* ---- texts and receipts ---- */

static const char *header_of(struct MHD_Connection *connection, const char *name)
{
	const char *value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
	return value ? value : "";
}

static bool over_total(struct rd_webhook *w)
{
	int64_t now_ms = rd_monotonic_ms();
	if (now_ms - w->second_ms >= 1000) {
		w->second_ms = now_ms;
		w->verified = 0;
	}
	return ++w->verified > w->limits.verified_per_s;
}

static struct reply check_failed(struct rd_webhook *w, const struct line *line,
	struct MHD_Connection *connection, enum rd_rc rc, const struct rd_err *err)
{
	bool own_machine;
	struct rd_peer client = client_of(w, connection, &own_machine);
	bool over =
		rd_peer_fails(&w->failed, &client, rd_monotonic_ms(), w->limits.failed_per_minute);
	tell(w, RD_WEBHOOK_REFUSED, line, err->msg);
	if (over)
		return say_with(429, RD_WEBHOOK_TOO_MANY, "Retry-After", "60");
	if (rc == RD_E_AGAIN)
		return say_with(503, "This request is not signed. Send it again, signed.\n",
			"Retry-After", "5");
	return say(403, RD_WEBHOOK_NOT_SIGNED);
}

static struct reply taken(const struct line *line)
{
	struct reply reply = say(200, line->provider->answer_body);
	reply.type = line->provider->answer_type;
	return reply;
}

static struct reply stored(const struct rd_webhook *w, const struct line *line, enum rd_rc rc,
	enum rd_webhook_event event, const struct rd_err *err)
{
	if (rc != RD_OK && rc != RD_E_EXISTS) {
		tell(w, RD_WEBHOOK_STORE_FAILED, line, err->msg);
		return say_with(
			503, "It could not be stored. Send it again later.\n", "Retry-After", "30");
	}
	tell(w, rc == RD_OK ? event : RD_WEBHOOK_DUPLICATE, line, "");
	return taken(line);
}

static struct reply take(struct rd_webhook *w, struct line *line, bool receipt, const char *method,
	struct MHD_Connection *connection, const struct request *request)
{
	struct rd_err err = { 0 };
	struct rd_provider_text text = { .nothing = false };
	struct rd_provider_receipt news = { .nothing = false };
	rd_arena_reset(w->arena);
	const char *url = rd_arena_printf(w->arena, "%s%s", w->base_url, request->uri);
	const struct rd_webhook_request given = {
		.method = method,
		.url = url ? url : "",
		.content_type = header_of(connection, "Content-Type"),
		.signature = header_of(connection, "X-Twilio-Signature"),
		.authorization = header_of(connection, "Authorization"),
		.body = rd_buf_str(&request->body),
		.body_len = request->body.len,
		.now_ms = rd_now_ms(w->clock),
	};
	enum rd_rc rc =
		receipt ? line->provider->read_receipt(
				  &line->account, &given, w->arena, &news, &err)
			: line->provider->read_text(&line->account, &given, w->arena, &text, &err);
	if (rc == RD_E_REFUSED || rc == RD_E_AGAIN)
		return check_failed(w, line, connection, rc, &err);
	if (rc == RD_OK && (text.nothing || news.nothing))
		return taken(line);
	/* Before the total: what is not taken of one must not use up the others' room. */
	if (rc == RD_OK && !receipt &&
		rd_peer_sends(
			&w->senders, text.from, rd_monotonic_ms(), w->limits.sender_per_minute)) {
		tell(w, RD_WEBHOOK_FLOODED, line, "");
		return say_with(503, "Too many texts of one number. Send it again in a minute.\n",
			"Retry-After", "60");
	}
	if (over_total(w)) {
		tell(w, RD_WEBHOOK_BUSY, line, "");
		return say_with(
			503, "Too many at once. Send it again in a second.\n", "Retry-After", "1");
	}
	if (rc != RD_OK) {
		tell(w, RD_WEBHOOK_UNREADABLE, line, err.msg);
		char *why = rd_arena_printf(w->arena, "It cannot be read: %s.\n", err.msg);
		return say(400, why ? why : "It cannot be read.\n");
	}
	int64_t now_ms = rd_now_ms(w->clock);
	if (receipt) {
		rc = rd_receipt_take(w->db, line->config, &news, now_ms, w->arena, &err);
		return stored(w, line, rc, RD_WEBHOOK_RECEIPT, &err);
	}
	rc = rd_text_take(w->db, line->config, &text, now_ms, &line->source_id, w->arena, &err);
	return stored(w, line, rc, RD_WEBHOOK_TEXT, &err);
}

/* ---- routes ---- */

enum route { ROUTE_NONE = 0, ROUTE_TEXT, ROUTE_RECEIPT, ROUTE_HEALTH, ROUTE_METRICS, ROUTE_API };

static enum route find_route(struct rd_webhook *w, const char *path, struct line **ret_line)
{
	if (strcmp(path, "/healthz") == 0)
		return ROUTE_HEALTH;
	if (strcmp(path, "/metrics") == 0)
		return ROUTE_METRICS;
	if (w->config->n_api_tokens > 0 && strncmp(path, RD_API_PREFIX, strlen(RD_API_PREFIX)) == 0)
		return ROUTE_API;
	if (strncmp(path, "/sms/", 5) != 0)
		return ROUTE_NONE;
	for (size_t i = 0; i < w->n_lines; i++) {
		const char *name = w->lines[i].config->name;
		size_t len = strlen(name);
		if (strncmp(path + 5, name, len) != 0)
			continue;
		*ret_line = &w->lines[i];
		if (path[5 + len] == '\0')
			return ROUTE_TEXT;
		if (strcmp(path + 5 + len, "/status") == 0)
			return ROUTE_RECEIPT;
	}
	return ROUTE_NONE;
}

static enum MHD_Result answer_health(struct rd_webhook *w, struct MHD_Connection *connection)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf text = RD_BUF(RD_WEBHOOK_FIGURES_MAX);
	bool well = w->calls->health(w->calls->context, &text);
	struct reply reply = say(well ? 200 : 503, rd_buf_str(&text));
	return answer(connection, &reply);
}

static enum MHD_Result answer_metrics(struct rd_webhook *w, struct MHD_Connection *connection)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf text = RD_BUF(RD_WEBHOOK_FIGURES_MAX);
	bool own_machine;
	client_of(w, connection, &own_machine);
	if (!own_machine) {
		struct reply refused = say(403, "The figures are for this machine alone.\n");
		return answer(connection, &refused);
	}
	w->calls->metrics(w->calls->context, &text);
	struct reply reply = say(200, rd_buf_str(&text));
	reply.type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
	return answer(connection, &reply);
}

static enum MHD_Result answer_api(struct rd_webhook *w, struct MHD_Connection *connection,
	const struct request *request, const char *path, const char *method)
{
	static const char too_long[] = "{\"error\":\"The address is too long.\"}";
	bool own_machine;
	struct reply reply = { .status = 400,
		.type = "application/json",
		.text = too_long,
		.len = sizeof too_long - 1 };
	if (request->uri_too_long)
		return answer(connection, &reply);
	const char *query = strchr(request->uri, '?');
	const struct rd_api_request asked = {
		.method = method,
		.path = path,
		.query = query ? query + 1 : "",
		.authorization = header_of(connection, "Authorization"),
		.if_none_match = header_of(connection, "If-None-Match"),
		.client = client_of(w, connection, &own_machine),
		.now_ms = rd_monotonic_ms(),
		.failed_per_minute = w->limits.failed_per_minute,
	};
	struct rd_api_answer got;
	rd_api_ask(w->api, w->db, &asked, &got);
	tell(w, got.token[0] ? RD_WEBHOOK_API : RD_WEBHOOK_API_REFUSED, NULL, got.token);
	reply.status = got.status;
	reply.type = got.type;
	reply.text = got.text;
	reply.len = got.len;
	reply.header = got.header;
	reply.value = got.value;
	/* A proxy would hand one token's answer to another's. */
	if (got.status == 200 || got.status == 304)
		reply.cache = "private, no-cache";
	return answer(connection, &reply);
}

static enum MHD_Result answer_get(struct rd_webhook *w, struct MHD_Connection *connection,
	enum route route, const char *method)
{
	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
		struct reply reply =
			say_with(405, "Only GET is answered here.\n", "Allow", "GET, HEAD");
		return answer(connection, &reply);
	}
	return route == ROUTE_HEALTH ? answer_health(w, connection) : answer_metrics(w, connection);
}

static struct connection *connection_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	return info ? info->socket_context : NULL;
}

/* A proxy's connections are not counted; what its clients have under way is. */
static bool too_many_at_once(struct rd_webhook *w, struct MHD_Connection *connection)
{
	struct connection *here = connection_of(connection);
	bool own_machine;
	int n = 0;
	if (!here || !rd_peer_trusted(&w->proxies, &here->peer))
		return false;
	struct rd_peer client = client_of(w, connection, &own_machine);
	client = rd_peer_counted(&client);
	for (int i = 0; i < w->limits.connections; i++)
		n += w->connections[i].in_use && w->connections[i].busy &&
		     rd_peer_same(&w->connections[i].client, &client);
	here->busy = true;
	here->client = client;
	return n >= w->limits.connections_per_address;
}

/* What can be said before the body is read; status 0: read it. */
static struct reply before_body(struct MHD_Connection *connection, const struct request *request,
	enum route route, const struct line *line, const char *method)
{
	if (request->uri_too_long)
		return say(414, "The address is too long.\n");
	if (route == ROUTE_NONE)
		return say(404, "There is nothing here. Texts go to /sms/NAME.\n");
	if (line->provider->takes_get && strcmp(method, "GET") == 0)
		return (struct reply){ 0 };
	if (strcmp(method, "POST") != 0)
		return say_with(405, "Only POST is answered here.\n", "Allow", "POST");
	unsigned long long len = strtoull(header_of(connection, "Content-Length"), NULL, 10);
	if (len > READ_ANYWAY_BYTES)
		return say(413, "The request is too large.\n");
	return (struct reply){ 0 };
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
	const char *path, const char *method, const char *version, const char *upload,
	size_t *upload_size, void **request_context)
{
	struct rd_webhook *w = context;
	struct request *request = *request_context;
	struct line *line = NULL;
	struct rd_err err = { 0 };
	(void)version;
	if (!request)
		return MHD_NO;
	enum route route = find_route(w, path, &line);
	if (!request->started) {
		request->started = true;
		if (too_many_at_once(w, connection)) {
			struct reply reply = say_with(429,
				route == ROUTE_API ? "{\"error\":\"" RD_WEBHOOK_AT_ONCE "\"}"
						   : RD_WEBHOOK_AT_ONCE "\n",
				"Retry-After", "5");
			if (route == ROUTE_API)
				reply.type = "application/json";
			tell(w, RD_WEBHOOK_TURNED_AWAY, line, "");
			return answer(connection, &reply);
		}
		if (route == ROUTE_HEALTH || route == ROUTE_METRICS)
			return answer_get(w, connection, route, method);
		if (route == ROUTE_API)
			return answer_api(w, connection, request, path, method);
		struct reply early = before_body(connection, request, route, line, method);
		if (early.status == 413)
			tell(w, RD_WEBHOOK_TOO_LARGE, line, "");
		return early.status ? answer(connection, &early) : MHD_YES;
	}
	if (*upload_size > 0) {
		request->taken += *upload_size;
		if (request->taken > READ_ANYWAY_BYTES)
			return MHD_NO; /* a body without a stated length and without an end */
		if (!request->too_large &&
			rd_buf_add(&request->body, upload, *upload_size, &err) != RD_OK)
			request->too_large = true;
		*upload_size = 0;
		return MHD_YES;
	}
	struct reply reply = say(413, "The request is too large.\n");
	if (request->too_large)
		tell(w, RD_WEBHOOK_TOO_LARGE, line, "");
	else
		reply = take(w, line, route == ROUTE_RECEIPT, method, connection, request);
	return answer(connection, &reply);
}

/* ---- connections ---- */

static void *on_uri(void *context, const char *uri, struct MHD_Connection *connection)
{
	struct request *request = calloc(1, sizeof *request);
	(void)context;
	(void)connection;
	if (!request)
		return NULL;
	request->body = (struct rd_buf)RD_BUF(RD_WEBHOOK_BYTES_MAX);
	request->uri_too_long = strlen(uri) >= sizeof request->uri;
	if (!request->uri_too_long)
		memcpy(request->uri, uri, strlen(uri) + 1);
	return request;
}

static void on_completed(void *context, struct MHD_Connection *connection, void **request_context,
	enum MHD_RequestTerminationCode why)
{
	struct request *request = *request_context;
	struct connection *c = connection_of(connection);
	(void)context;
	(void)why;
	if (c) {
		c->since_ms = rd_monotonic_ms();
		c->busy = false;
	}
	if (!request)
		return;
	rd_buf_free(&request->body);
	free(request);
	*request_context = NULL;
}

static void on_connection(void *context, struct MHD_Connection *connection, void **socket_context,
	enum MHD_ConnectionNotificationCode what)
{
	struct rd_webhook *w = context;
	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		struct connection *c = *socket_context;
		if (c)
			c->in_use = false;
		*socket_context = NULL;
		return;
	}
	const union MHD_ConnectionInfo *fd =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	const union MHD_ConnectionInfo *address =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	for (int i = 0; i < w->limits.connections; i++) {
		struct connection *c = &w->connections[i];
		if (c->in_use)
			continue;
		memset(c, 0, sizeof *c);
		c->in_use = true;
		c->fd = fd ? fd->connect_fd : -1;
		c->since_ms = rd_monotonic_ms();
		if (address)
			rd_peer_of(address->client_addr, &c->peer);
		*socket_context = c;
		return;
	}
}

static enum MHD_Result may_connect(void *context, const struct sockaddr *address, socklen_t len)
{
	struct rd_webhook *w = context;
	struct rd_peer peer;
	int n = 0;
	(void)len;
	if (!rd_peer_of(address, &peer))
		return MHD_NO;
	if (rd_peer_trusted(&w->proxies, &peer))
		return MHD_YES;
	struct rd_peer counted = rd_peer_counted(&peer);
	for (int i = 0; i < w->limits.connections; i++) {
		struct rd_peer other = rd_peer_counted(&w->connections[i].peer);
		n += w->connections[i].in_use && rd_peer_same(&other, &counted);
	}
	if (n < w->limits.connections_per_address)
		return MHD_YES;
	tell(w, RD_WEBHOOK_TURNED_AWAY, NULL, "");
	return MHD_NO;
}

/* libmicrohttpd's own time-out counts from the last byte, so that a drip would hold for ever. */
static void cut_off_slow(struct rd_webhook *w)
{
	int64_t now_ms = rd_monotonic_ms();
	for (int i = 0; i < w->limits.connections; i++) {
		struct connection *c = &w->connections[i];
		if (!c->in_use || c->cut || now_ms - c->since_ms < w->limits.request_ms)
			continue;
		c->cut = true;
		tell(w, RD_WEBHOOK_CUT_OFF, NULL, "");
		shutdown(c->fd, SHUT_RDWR);
	}
}

static void body(struct rd_thread *self, void *context)
{
	struct rd_webhook *w = context;
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(w->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	struct pollfd fds[2] = {
		{ .fd = info->epoll_fd, .events = POLLIN },
		{ .fd = rd_thread_wake_fd(self), .events = POLLIN },
	};
	while (!rd_thread_stopping(self)) {
		MHD_UNSIGNED_LONG_LONG wanted;
		int timeout = TICK_MS;
		if (MHD_get_timeout(w->daemon, &wanted) == MHD_YES && wanted < TICK_MS)
			timeout = (int)wanted;
		poll(fds, 2, timeout);
		if (fds[1].revents)
			rd_thread_wait(self, 0); /* takes the wake-up off */
		rd_thread_beat(self);
		MHD_run(w->daemon);
		cut_off_slow(w);
	}
}

/* ---- start and stop ---- */

static enum rd_rc read_lines(struct rd_webhook *w, struct rd_err *err)
{
	for (size_t i = 0; i < w->config->n_texts && i < RD_TEXTS_MAX; i++) {
		struct line *line = &w->lines[i];
		line->config = &w->config->texts[i];
		line->provider = rd_provider_of(line->config->kind);
		if (rd_provider_account_read(line->config, &line->secrets, &line->account, err) !=
			RD_OK)
			return rd_fail_within(err, "Texts: %s", line->config->name);
		if (!line->account.token[0])
			return rd_fail(err, RD_E_INPUT,
				"Texts: %s: without Token: anybody could send texts; add "
				"`Token: file PATH` or `Token: credential NAME`",
				line->config->name);
		w->n_lines++;
	}
	return RD_OK;
}

static enum rd_rc read_proxies(struct rd_webhook *w, struct rd_err *err)
{
	if (w->config->n_trusted_proxies > RD_PEER_PROXIES_MAX)
		return rd_fail(err, RD_E_RANGE, "more than %d lines of Trusted proxy",
			RD_PEER_PROXIES_MAX);
	for (size_t i = 0; i < w->config->n_trusted_proxies; i++) {
		const char *text = w->config->trusted_proxies[i];
		if (!rd_peer_parse(text, strlen(text), &w->proxies.items[i]))
			return rd_fail(err, RD_E_INPUT,
				"Trusted proxy: %s is not an IP address; write one such as "
				"127.0.0.1",
				text);
		w->proxies.n++;
	}
	return RD_OK;
}

static void free_addresses(struct addrinfo **list)
{
	if (*list)
		freeaddrinfo(*list);
}

static enum rd_rc open_listener(struct rd_webhook *w, int *ret_fd, struct rd_err *err)
{
	const struct addrinfo wanted = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
		.ai_socktype = SOCK_STREAM };
	RD_CLEANUP(free_addresses) struct addrinfo *found = NULL;
	char port[8];
	const char *host = w->config->listen_host;
	snprintf(port, sizeof port, "%d", w->config->listen_port);
	if (getaddrinfo(host, port, &wanted, &found) != 0)
		return rd_fail(err, RD_E_INPUT, "Listen: %s is not an IP address", host);
	RD_CLEANUP(rd_fd_close)
	int fd = socket(
		found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, found->ai_protocol);
	int yes = 1;
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
		bind(fd, found->ai_addr, found->ai_addrlen) != 0 || listen(fd, 128) != 0)
		return rd_fail(err, RD_E_AGAIN, "Listen: %s:%s: %s", host, port, strerror(errno));
	struct sockaddr_storage bound;
	socklen_t len = sizeof bound;
	if (getsockname(fd, (struct sockaddr *)&bound, &len) != 0)
		return rd_fail(err, RD_E_AGAIN, "Listen: %s:%s: %s", host, port, strerror(errno));
	in_port_t number = bound.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&bound)->sin6_port
						       : ((struct sockaddr_in *)&bound)->sin_port;
	w->port = ntohs(number);
	*ret_fd = fd;
	fd = -1;
	return RD_OK;
}

static enum rd_rc name_base_url(struct rd_webhook *w, struct rd_err *err)
{
	const char *url = w->config->public_url ? w->config->public_url : "";
	bool v6 = strchr(w->config->listen_host, ':') != NULL;
	int len = url[0] ? snprintf(w->base_url, sizeof w->base_url, "%s", url)
			 : snprintf(w->base_url, sizeof w->base_url, "http://%s%s%s:%d",
				   v6 ? "[" : "", w->config->listen_host, v6 ? "]" : "", w->port);
	if (len >= (int)sizeof w->base_url)
		return rd_fail(err, RD_E_RANGE, "Public URL: longer than %zu bytes",
			sizeof w->base_url - 1);
	return RD_OK;
}

static void no_log(void *context, const char *format, va_list args)
{
	(void)context;
	(void)format;
	(void)args;
}

static enum rd_rc start(struct rd_webhook *w, struct rd_store *store, struct rd_err *err)
{
	RD_CLEANUP(rd_fd_close) int fd = -1;
	RD_TRY(read_lines(w, err));
	RD_TRY(read_proxies(w, err));
	RD_TRY(rd_api_new(w->config, &w->api, err));
	RD_TRY(rd_db_open(store, &w->db, err));
	RD_TRY(open_listener(w, &fd, err));
	RD_TRY(name_base_url(w, err));
	w->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_ERROR_LOG, 0, may_connect, w,
		on_request, w, MHD_OPTION_EXTERNAL_LOGGER, no_log, NULL, MHD_OPTION_LISTEN_SOCKET,
		fd, MHD_OPTION_URI_LOG_CALLBACK, on_uri, w, MHD_OPTION_NOTIFY_COMPLETED,
		on_completed, w, MHD_OPTION_NOTIFY_CONNECTION, on_connection, w,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)w->limits.connections,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_A_CONNECTION, MHD_OPTION_END);
	if (!w->daemon)
		return rd_fail(err, RD_E_AGAIN, "the HTTP listener could not be started");
	fd = -1; /* the daemon closes it */
	return rd_thread_start("webhook", body, w, RD_WEBHOOK_BEAT_MS, 0, &w->thread, err);
}

enum rd_rc rd_webhook_start(const struct rd_config *config, struct rd_store *store,
	const struct rd_clock *clock, const struct rd_webhook_calls *calls,
	const struct rd_webhook_limits *limits, struct rd_webhook **ret_webhook, struct rd_err *err)
{
	struct rd_webhook *w = calloc(1, sizeof *w);
	RD_ASSERT(w);
	w->config = config;
	w->clock = clock;
	w->calls = calls;
	w->limits = limits ? *limits : rd_webhook_usual_limits;
	w->connections = calloc((size_t)w->limits.connections, sizeof *w->connections);
	RD_ASSERT(w->connections);
	w->arena = rd_arena_new(ARENA_BYTES);
	enum rd_rc rc = start(w, store, err);
	if (rc != RD_OK) {
		rd_webhook_stop(w);
		return rc;
	}
	*ret_webhook = w;
	return RD_OK;
}

int rd_webhook_port(const struct rd_webhook *webhook)
{
	return webhook->port;
}

void rd_webhook_stop(struct rd_webhook *webhook)
{
	if (!webhook)
		return;
	rd_thread_join(webhook->thread);
	if (webhook->daemon)
		MHD_stop_daemon(webhook->daemon);
	rd_api_free(webhook->api);
	rd_db_close(webhook->db);
	for (size_t i = 0; i < webhook->n_lines; i++)
		rd_provider_secrets_wipe(&webhook->lines[i].secrets);
	rd_arena_free(webhook->arena);
	free(webhook->connections);
	free(webhook);
}

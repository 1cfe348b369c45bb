#include "redress/wire/http.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "redress/wire/address.h"
#include "redress/wire/config.h"

#define RETRY_AFTER_S_MAX 86400

struct rd_http {
	CURL *curl;
	char ca_file[4096];
	void (*beat)(void *context);
	void *beat_context;
	bool (*stopping)(void *context);
	void *stop_context;
	bool lay_inside; /* of the request that is under way: no socket was opened to it */
};

struct answer {
	struct rd_buf body;
	bool too_long;
	bool status_only;
	char location[RD_HTTP_URL_BYTES_MAX + 1];
	char content_type[RD_HTTP_TYPE_BYTES_MAX + 1];
	char date[64];
};

enum rd_rc rd_http_new(const char *ca_file, struct rd_http **ret_http, struct rd_err *err)
{
	if (strlen(ca_file) >= sizeof((struct rd_http *)NULL)->ca_file)
		return rd_fail(err, RD_E_RANGE, "the path of the CA file is too long");
	struct rd_http *http = calloc(1, sizeof *http);
	RD_ASSERT(http);
	http->curl = curl_easy_init();
	RD_ASSERT(http->curl);
	memcpy(http->ca_file, ca_file, strlen(ca_file) + 1);
	*ret_http = http;
	return RD_OK;
}

void rd_http_free(struct rd_http *http)
{
	if (!http)
		return;
	curl_easy_cleanup(http->curl);
	free(http);
}

void rd_http_cleanup(struct rd_http **http)
{
	rd_http_free(*http);
}

void rd_http_response_free(struct rd_http_response *response)
{
	rd_buf_free(&response->body);
}

void rd_http_set_beat(struct rd_http *http, void (*beat)(void *context), void *context)
{
	http->beat = beat;
	http->beat_context = context;
}

void rd_http_set_stop(struct rd_http *http, bool (*stopping)(void *context), void *context)
{
	http->stopping = stopping;
	http->stop_context = context;
}

static int progress(void *context, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	const struct rd_http *http = context;
	(void)a;
	(void)b;
	(void)c;
	(void)d;
	if (http->beat)
		http->beat(http->beat_context);
	return http->stopping && http->stopping(http->stop_context);
}

/* Asked with each address that the host's name led to, so that no name can hide one. */
static curl_socket_t open_public(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct rd_http *http = context;
	(void)purpose;
	if (!rd_address_is_public(&address->addr, address->addrlen)) {
		http->lay_inside = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t take_body(char *data, size_t size, size_t n, void *context)
{
	struct answer *answer = context;
	struct rd_err err = { 0 };
	if (answer->status_only)
		return size * n;
	if (rd_buf_add(&answer->body, data, size * n, &err) != RD_OK) {
		answer->too_long = true;
		return 0;
	}
	return size * n;
}

/* The value behind "name:", NULL where the line is another header. */
static const char *header_value(const char *line, size_t len, const char *name, size_t *ret_len)
{
	size_t name_len = strlen(name);
	if (len <= name_len || strncasecmp(line, name, name_len) != 0)
		return NULL;
	const char *value = line + name_len;
	const char *end = line + len;
	while (value < end && (*value == ' ' || *value == '\t'))
		value++;
	while (end > value && (end[-1] == '\r' || end[-1] == '\n' || end[-1] == ' '))
		end--;
	*ret_len = (size_t)(end - value);
	return value;
}

/* A part of an address would be another address, and what is no text is shown to nobody. */
static bool is_whole_text(const char *value, size_t len, size_t size)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)value[i] < ' ' || value[i] == 0x7f)
			return false;
	return len < size;
}

static void keep_header(const char *value, size_t len, char *out, size_t size)
{
	if (!is_whole_text(value, len, size))
		len = 0;
	memcpy(out, value, len);
	out[len] = '\0';
}

static size_t take_header(char *data, size_t size, size_t n, void *context)
{
	struct answer *answer = context;
	size_t len = size * n;
	size_t value_len;
	const char *value = header_value(data, len, "location:", &value_len);
	if (value)
		keep_header(value, value_len, answer->location, sizeof answer->location);
	value = header_value(data, len, "content-type:", &value_len);
	if (value)
		keep_header(value, value_len, answer->content_type, sizeof answer->content_type);
	value = header_value(data, len, "date:", &value_len);
	if (value)
		keep_header(value, value_len, answer->date, sizeof answer->date);
	return len;
}

static void free_url(CURLU **url)
{
	curl_url_cleanup(*url);
}

static void free_text(char **text)
{
	curl_free(*text);
}

static void free_headers(struct curl_slist **list)
{
	for (struct curl_slist *each = *list; each != NULL; each = each->next)
		explicit_bzero(each->data, strlen(each->data)); /* a token, or a key */
	curl_slist_free_all(*list);
}

/* Checks the address and copies its host for messages. */
static enum rd_rc check_url(const char *text, char host[static 256], struct rd_err *err)
{
	if (strlen(text) > RD_HTTP_URL_BYTES_MAX)
		return rd_fail(
			err, RD_E_RANGE, "an address of more than %d bytes", RD_HTTP_URL_BYTES_MAX);
	RD_CLEANUP(free_url) CURLU *url = curl_url();
	RD_ASSERT(url);
	RD_CLEANUP(free_text) char *scheme = NULL;
	RD_CLEANUP(free_text) char *name = NULL;
	if (curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK ||
		curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
		curl_url_get(url, CURLUPART_HOST, &name, 0) != CURLUE_OK)
		return rd_fail(err, RD_E_REFUSED,
			"an address that cannot be read; it starts with https:// and a host");
	size_t len = strlen(name);
	const char *bare = name;
	if (len > 2 && name[0] == '[') { /* an IPv6 address stands in brackets */
		bare = name + 1;
		len -= 2;
	}
	if (len >= 256)
		return rd_fail(err, RD_E_RANGE, "a host name of more than 255 bytes");
	memcpy(host, bare, len);
	host[len] = '\0';
	if (strcasecmp(scheme, "https") == 0)
		return RD_OK;
	if (strcasecmp(scheme, "http") == 0 && rd_host_is_loopback(host))
		return RD_OK;
	return rd_fail(err, RD_E_REFUSED,
		"%s: only https is used, and http for loopback alone; "
		"write https:// in the address",
		host);
}

static void add_header(struct curl_slist **list, const char *name, const char *value)
{
	size_t size = strlen(name) + strlen(value) + 3;
	char *line = malloc(size);
	RD_ASSERT(line);
	snprintf(line, size, "%s: %s", name, value);
	struct curl_slist *longer = curl_slist_append(*list, line);
	RD_ASSERT(longer);
	explicit_bzero(line, size);
	free(line);
	*list = longer;
}

static void set_up(struct rd_http *http, const struct rd_http_request *request,
	struct answer *answer, struct curl_slist *headers)
{
	CURL *curl = http->curl;
	bool post = strcmp(request->method, "POST") == 0;
	RD_ASSERT(post || strcmp(request->method, "GET") == 0);
	curl_easy_reset(curl); /* keeps the connections */
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_URL, request->url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (http->ca_file[0]) {
		curl_easy_setopt(curl, CURLOPT_CAINFO, http->ca_file);
		curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	}
	int64_t timeout_ms = request->timeout_ms > 0 ? request->timeout_ms : RD_HTTP_TIMEOUT_MS;
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
		(long)(timeout_ms < RD_HTTP_CONNECT_MS ? timeout_ms : RD_HTTP_CONNECT_MS));
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "redress/" RD_VERSION);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, answer);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, progress);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, http);
	http->lay_inside = false;
	if (request->public_only) {
		curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_public);
		curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, http);
		/* A kept connection would not be asked about. */
		curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
	}
	if (request->user) {
		curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		curl_easy_setopt(curl, CURLOPT_USERNAME, request->user);
		curl_easy_setopt(
			curl, CURLOPT_PASSWORD, request->password ? request->password : "");
	}
	if (post) {
		curl_easy_setopt(curl, CURLOPT_POST, 1L);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body ? request->body : "");
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_len);
		curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
	} else {
		curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
	}
}

/* What libcurl says, as the person can mend it who reads it. */
static const char *words_of(CURLcode rc)
{
	if (rc == CURLE_PEER_FAILED_VERIFICATION || rc == CURLE_SSL_ISSUER_ERROR)
		return "its certificate is not accepted, and nothing was sent to it; the name, the "
		       "certificate's end and its authority (`CA file:` where it is your own) must "
		       "be right";
	if (rc == CURLE_SSL_CACERT_BADFILE)
		return "`CA file:` cannot be read, or holds no certificate";
	if (rc == CURLE_COULDNT_RESOLVE_HOST)
		return "there is no such host, or the name server does not answer";
	if (rc == CURLE_COULDNT_CONNECT)
		return "no connection; is it up, and is the port right?";
	if (rc == CURLE_OPERATION_TIMEDOUT)
		return "no answer in time";
	return curl_easy_strerror(rc);
}

/* 0: none, or one that cannot be read. */
static int64_t instant_of(const char *date)
{
	const time_t seconds = date[0] != '\0' ? curl_getdate(date, NULL) : 0;

	return seconds > 0 ? (int64_t)seconds * 1000 : 0;
}

enum rd_rc rd_http_ask(struct rd_http *http, const struct rd_http_request *request,
	struct rd_http_response *ret_response, bool *ret_reached, struct rd_err *err)
{
	char host[256];
	*ret_reached = false;
	RD_TRY(check_url(request->url, host, err));
	if (request->authorization && strpbrk(request->authorization, "\r\n"))
		return rd_fail(err, RD_E_REFUSED, "%s: a secret with a line break in it", host);
	for (size_t i = 0; i < request->n_headers; i++)
		RD_ASSERT(!strpbrk(request->headers[i].value, "\r\n"));
	RD_CLEANUP(free_headers) struct curl_slist *headers = NULL;
	if (request->content_type)
		add_header(&headers, "Content-Type", request->content_type);
	if (request->authorization)
		add_header(&headers, "Authorization", request->authorization);
	add_header(&headers, "Accept", request->accept ? request->accept : "application/json");
	for (size_t i = 0; i < request->n_headers; i++)
		add_header(&headers, request->headers[i].name, request->headers[i].value);
	add_header(&headers, "Expect", ""); /* no 100-continue: it only costs a second */
	size_t max = request->answer_max ? request->answer_max : RD_HTTP_ANSWER_BYTES_MAX;
	struct answer answer = { .body = RD_BUF(max), .status_only = request->status_only };
	answer.body.wipes = request->answer_is_secret;
	set_up(http, request, &answer, headers);
	char detail[CURL_ERROR_SIZE] = "";
	curl_easy_setopt(http->curl, CURLOPT_ERRORBUFFER, detail);
	CURLcode rc = curl_easy_perform(http->curl);
	long sent_bytes = 0;
	long status = 0;
	curl_easy_getinfo(http->curl, CURLINFO_REQUEST_SIZE, &sent_bytes);
	curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &status);
	curl_off_t wait_s = 0;
	curl_easy_getinfo(http->curl, CURLINFO_RETRY_AFTER, &wait_s);
	curl_easy_reset(http->curl); /* forgets pointers to the caller's memory, and the secrets */
	*ret_reached = sent_bytes > 0;
	if (rc != CURLE_OK) {
		rd_buf_free(&answer.body);
		if (answer.too_long)
			return rd_fail(
				err, RD_E_RANGE, "%s: an answer of more than %zu bytes", host, max);
		if (http->lay_inside)
			return rd_fail(err, RD_E_REFUSED,
				"%s lies inside this network; nothing there is called", host);
		return rd_fail(err, RD_E_AGAIN, "%s: %s", host, words_of(rc));
	}
	ret_response->status = status;
	ret_response->body = answer.body;
	ret_response->retry_after_s = wait_s < 0		   ? 0
				      : wait_s > RETRY_AFTER_S_MAX ? RETRY_AFTER_S_MAX
								   : (int64_t)wait_s;
	ret_response->date_ms = instant_of(answer.date);
	memcpy(ret_response->location, answer.location, sizeof answer.location);
	memcpy(ret_response->content_type, answer.content_type, sizeof answer.content_type);
	return RD_OK;
}

enum rd_rc rd_http_follow(const char *url, const char *location,
	char ret_url[static RD_HTTP_URL_BYTES_MAX + 1], struct rd_err *err)
{
	RD_CLEANUP(free_url) CURLU *parts = curl_url();
	RD_CLEANUP(free_text) char *whole = NULL;
	RD_ASSERT(parts);
	if (!location[0] || curl_url_set(parts, CURLUPART_URL, url, 0) != CURLUE_OK ||
		curl_url_set(parts, CURLUPART_URL, location, 0) != CURLUE_OK ||
		curl_url_get(parts, CURLUPART_URL, &whole, 0) != CURLUE_OK ||
		strlen(whole) > RD_HTTP_URL_BYTES_MAX)
		return rd_fail(err, RD_E_REFUSED, "a redirect that leads nowhere");
	memcpy(ret_url, whole, strlen(whole) + 1);
	return RD_OK;
}

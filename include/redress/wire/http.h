/* http: one request over HTTPS, answered or failed within a deadline.
 *
 * A client keeps its connections and is used by one thread at a time. TLS 1.2 or later, certificate
 * and host name verified against the system's store or one CA file; there is no way to switch that
 * off. Plain http is taken for loopback alone. Redirects are never followed: where one leads is
 * told, and whoever asked decides. Proxies of the environment are never used, nothing is
 * decompressed, and an answer is read up to the request's answer_max and no further.
 *
 * A POST always opens a connection of its own: libcurl repeats a request by itself when a kept
 * connection turns out to be dead, and a text sent twice is what the outbox exists to prevent. So
 * does a request that is public_only, for a kept connection would not be asked about.
 *
 * Errors     RD_E_AGAIN    no answer: name, connection, time-out, certificate
 *            RD_E_RANGE    the answer was longer than the limit
 *            RD_E_REFUSED  an address that is neither https nor loopback, or, where public_only is
 *                          set, a host that lies inside (wire/address.h)
 * Any HTTP status is an answer (RD_OK). Messages name the host, never a query or a secret.
 */
#ifndef REDRESS_WIRE_HTTP_H
#define REDRESS_WIRE_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "redress/base/buf.h"
#include "redress/base/err.h"

#define RD_HTTP_ANSWER_BYTES_MAX (2u << 20)
#define RD_HTTP_CONNECT_MS	 10000
#define RD_HTTP_TIMEOUT_MS	 30000 /* the whole request */
#define RD_HTTP_URL_BYTES_MAX	 4096
#define RD_HTTP_TYPE_BYTES_MAX	 127

struct rd_http;

struct rd_http_header {
	const char *name, *value;
};

/* Borrowed for the call. */
struct rd_http_request {
	const char *method; /* "GET" or "POST" */
	const char *url;
	const char *content_type; /* NULL without a body */
	const char *body;
	size_t body_len;
	const char *authorization; /* the whole value of that header, or NULL */
	const char *user;	   /* Basic authentication, or NULL */
	const char *password;
	int64_t timeout_ms;    /* 0: RD_HTTP_TIMEOUT_MS */
	const char *accept;    /* NULL: application/json */
	size_t answer_max;     /* 0: RD_HTTP_ANSWER_BYTES_MAX */
	bool public_only;      /* somebody else named the address: never connect to one inside */
	bool answer_is_secret; /* its body is overwritten wherever it has been */
	bool status_only;      /* the answer's body is read and thrown away, however long */
	const struct rd_http_header *headers; /* more of them; values without line breaks */
	size_t n_headers;
};

/* Owned: rd_http_response_free. */
struct rd_http_response {
	long status;
	struct rd_buf body;
	int64_t retry_after_s; /* Retry-After, seconds or a date, a day at most; 0: none */
	int64_t date_ms;       /* Date: the other side's clock; 0: none */
	char location[RD_HTTP_URL_BYTES_MAX +
		      1]; /* Location, "" where there was none, or no text, or too long */
	char content_type[RD_HTTP_TYPE_BYTES_MAX + 1]; /* the same */
};

/* ca_file  "" for the system's store */
RD_MUST_USE enum rd_rc rd_http_new(
	const char *ca_file, struct rd_http **ret_http, struct rd_err *err);
void rd_http_free(struct rd_http *http); /* NULL is fine */
void rd_http_cleanup(struct rd_http **http);

/* Called about once a second while an answer is waited for. beat NULL: nobody is told. */
void rd_http_set_beat(struct rd_http *http, void (*beat)(void *context), void *context);

/* Asked as often: true gives the request up (RD_E_AGAIN). NULL: nobody is asked. */
void rd_http_set_stop(struct rd_http *http, bool (*stopping)(void *context), void *context);

/* ret_response  set only on RD_OK
 * ret_reached   always set: may the other side have seen the request? On failure this is the
 *               difference between "try again" and "ask before trying again". */
RD_MUST_USE enum rd_rc rd_http_ask(struct rd_http *http, const struct rd_http_request *request,
	struct rd_http_response *ret_response, bool *ret_reached, struct rd_err *err);
void rd_http_response_free(struct rd_http_response *response);

/* Where a redirect leads: location may be a whole address or a path at the one that was asked for.
 * RD_E_REFUSED: no address, or one that is too long. */
RD_MUST_USE enum rd_rc rd_http_follow(const char *url, const char *location,
	char ret_url[static RD_HTTP_URL_BYTES_MAX + 1], struct rd_err *err);

#endif

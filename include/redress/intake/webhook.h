/* webhook: the HTTP listener: texts and receipts of the providers, health and figures.
 *
 *   POST /sms/NAME          a text of the Texts stanza NAME
 *   POST /sms/NAME/status   a delivery receipt of it (both GET too where the provider takes_get)
 *   GET  /healthz           200 or 503, with one line
 *   GET  /metrics           OpenMetrics, for this machine alone
 *   GET  /api/...           the read API (api.h), where the configuration has tokens for it
 *
 * Answers: 2xx only after the commit (a repeat of what is stored too); 400 checked but unreadable;
 * 403 not signed as it must be; 404, 405 (with Allow); 413 above RD_WEBHOOK_BYTES_MAX; 429 too many
 * failed checks from one address; 503 with Retry-After when storage fails or more than
 * verified_per_s checked requests come in, or more than sender_per_minute texts of one number: so
 * many from one leave the others' room. A checked request is never stopped by failures of its
 * address.
 *
 * Signatures are checked over `Public URL` and the raw path and query, never over the Host header;
 * without a Public URL, over http://LISTEN:PORT. The client's address is the peer's; where the peer
 * is a Trusted proxy, the right-most address of X-Forwarded-For that is not one. A request that
 * came through any proxy (it says so in a header) is not this machine's and gets no metrics. Behind
 * a Trusted proxy, whose connections are everybody's, no client has more than
 * connections_per_address requests under way at once: 429.
 *
 * A request must be whole request_ms after its connection was opened or the one before it answered,
 * however it drips. One thread with its own store handle; the fair writer lock keeps its answers
 * under a second while mail is taken in. It logs nothing: it tells calls->on_event.
 *
 * Source: design section 5, promise 1; RFC 9110 15.5.
 */
#ifndef REDRESS_INTAKE_WEBHOOK_H
#define REDRESS_INTAKE_WEBHOOK_H

#include <stdbool.h>
#include "redress/base/buf.h"
#include "redress/base/clock.h"
#include "redress/base/thread.h"
#include "redress/store/db.h"
#include "redress/wire/config.h"

#define RD_WEBHOOK_BEAT_MS	 15000
#define RD_WEBHOOK_FIGURES_MAX	 (1u << 20) /* bytes of /metrics */
#define RD_WEBHOOK_URI_BYTES_MAX 2048

/* The bodies of 403 and 429: `redressctl connect` knows the daemon by them. */
#define RD_WEBHOOK_NOT_SIGNED "This request is not signed as this number's provider signs.\n"
#define RD_WEBHOOK_TOO_MANY   "Too many requests from this address failed their check.\n"
#define RD_WEBHOOK_AT_ONCE    "Too many requests from this address at once."

enum rd_webhook_event {
	RD_WEBHOOK_TEXT = 0,	 /* stored: wake the pipeline */
	RD_WEBHOOK_DUPLICATE,	 /* stored already */
	RD_WEBHOOK_RECEIPT,	 /* of a text of ours */
	RD_WEBHOOK_REFUSED,	 /* failed its check: 403 or 429 */
	RD_WEBHOOK_UNREADABLE,	 /* checked, not readable: 400; a person should look */
	RD_WEBHOOK_TOO_LARGE,	 /* 413 */
	RD_WEBHOOK_BUSY,	 /* over the total limit: 503 */
	RD_WEBHOOK_STORE_FAILED, /* 503 */
	RD_WEBHOOK_CUT_OFF,	 /* too slow */
	RD_WEBHOOK_TURNED_AWAY,	 /* too many connections, or requests under way, of one address */
	RD_WEBHOOK_FLOODED,	 /* too many texts of one number: 503 */
	RD_WEBHOOK_API,		 /* the read API was asked; detail: the name of the token */
	RD_WEBHOOK_API_REFUSED,	 /* without a right token: 401 or 429 */
	RD_N_WEBHOOK_EVENTS,
};
extern const char *const rd_webhook_event_names[RD_N_WEBHOOK_EVENTS + 1];

/* All are called in the listener's thread and must be quick. */
struct rd_webhook_calls {
	void *context;
	/* texts: the stanza's name, "" where none is concerned. detail: our words, "" for none. */
	void (*on_event)(
		void *context, enum rd_webhook_event event, const char *texts, const char *detail);
	bool (*health)(void *context, struct rd_buf *out);  /* true: well. One line */
	void (*metrics)(void *context, struct rd_buf *out); /* OpenMetrics text */
};

struct rd_webhook_limits {
	int connections;	     /* 256 */
	int connections_per_address; /* 32; a Trusted proxy has no limit of its own */
	int request_ms;		     /* 10000 */
	int failed_per_minute;	     /* 20 an address (an IPv6 /64); from then on 429 */
	int verified_per_s;	     /* 200 in all */
	int sender_per_minute;	     /* 60 texts of one number */
};
extern const struct rd_webhook_limits rd_webhook_usual_limits;

struct rd_webhook;

/* Reads the secrets, binds and starts. config, store, clock and calls are borrowed until stop.
 * limits NULL: the usual ones. RD_E_AGAIN: the address is taken; RD_E_INPUT: a secret is missing.
 */
RD_MUST_USE enum rd_rc rd_webhook_start(const struct rd_config *config, struct rd_store *store,
	const struct rd_clock *clock, const struct rd_webhook_calls *calls,
	const struct rd_webhook_limits *limits, struct rd_webhook **ret_webhook,
	struct rd_err *err);
int rd_webhook_port(const struct rd_webhook *webhook);
void rd_webhook_stop(struct rd_webhook *webhook); /* NULL is fine */

#endif

/* provider: what every provider of text messages can do, one struct of functions each.
 *
 * Pure: a provider never opens a connection, reads no clock and keeps no state. It checks what a
 * webhook got and reads it, and it builds the requests that deliver/ sends and reads their answers.
 * All strings it gives are arena (until the request or row is done with).
 *
 * Outcome of a send, read from the answer:
 *   RD_SEND_DONE       taken: the provider's own id is known
 *   RD_SEND_REFUSED    refused for good (opted out, not a mobile number): another way must be found
 *   RD_SEND_AGAIN      certainly not taken, may be later (429, wrong key, no balance)
 *   RD_SEND_UNCERTAIN  it may have been taken: ask before sending again
 *
 * A check that fails is RD_E_REFUSED (the listener answers 403); a checked request that cannot be
 * read is RD_E_INPUT (400). Messages name the field, never its value. Secrets are compared in
 * constant time; an account without a secret refuses everything.
 */
#ifndef REDRESS_WIRE_PROVIDERS_PROVIDER_H
#define REDRESS_WIRE_PROVIDERS_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "redress/base/arena.h"
#include "redress/base/err.h"
#include "redress/wire/config.h"
#include "redress/wire/credential.h"
#include "redress/wire/http.h"

#define RD_PROVIDER_ID_BYTES_MAX   128
#define RD_PROVIDER_ASK_PAGES_MAX  5
#define RD_PROVIDER_RESPONSE_BYTES 160

/* What a webhook got. Borrowed. */
struct rd_webhook_request {
	const char *url;	   /* the configured public one, with path and raw query */
	const char *content_type;  /* "" where there was none; so the next two */
	const char *signature;	   /* X-Twilio-Signature */
	const char *authorization; /* Authorization */
	const char *body;
	size_t body_len;
};

/* A resident's text. */
struct rd_provider_text {
	const char *id;	  /* the provider's own */
	const char *from; /* E.164 with its plus where it is a number; else as received */
	const char *to;
	const char *body; /* UTF-8 as the provider gave it; NUL bytes became U+FFFD */
	size_t body_len;  /* 0 for a picture alone */
	int64_t sent_ms;  /* the provider's time, 0 where it gives none */
	int n_media;	  /* pictures that came with it; they stay with the provider */
};

enum rd_delivery { RD_DELIVERY_UNDERWAY = 0, RD_DELIVERY_DONE, RD_DELIVERY_FAILED };

struct rd_provider_receipt {
	const char *id;	       /* the provider's own id of our text */
	const char *reference; /* ours, "" where the provider carries none */
	enum rd_delivery state;
	const char *detail; /* the provider's word or code for it: "undelivered 30003" */
	bool opted_out;	    /* the resident has told the provider STOP */
};

enum rd_send { RD_SEND_DONE = 0, RD_SEND_REFUSED, RD_SEND_AGAIN, RD_SEND_UNCERTAIN };

/* One text to send. Borrowed. */
struct rd_provider_send {
	const char *key; /* the row's own key; Notify's reference */
	const char *to;
	const char *body;
	const char *status_url; /* where receipts shall go, "" for nowhere */
	int64_t attempted_ms;	/* when the attempt began; asks compare against it */
	int64_t now_ms;
};

struct rd_provider_sent {
	enum rd_send outcome;
	const char *id;		 /* "" unless done */
	const char *body;	 /* as the provider says it has sent it, "" where it does not say */
	const char *template_id; /* Notify, else "" */
	int template_version;	 /* Notify, else 0 */
	char response[RD_PROVIDER_RESPONSE_BYTES]; /* status and code, never their prose */
	int64_t wait_ms; /* again: not before now plus this, 0 for the usual back-off */
	bool opted_out;	 /* refused because the number has opted out at the provider */
};

enum rd_asked { RD_ASKED_FOUND = 0, RD_ASKED_ABSENT, RD_ASKED_UNCLEAR, RD_ASKED_MORE };

struct rd_provider_asked {
	enum rd_asked answer;
	const char *id;	      /* found */
	const char *body;     /* found: as sent, "" where not said */
	const char *next_url; /* more: the page to ask for next */
};

/* The account of one Texts stanza, its secrets read. Borrowed; strings never NULL. */
struct rd_provider_account {
	const char *name;
	const char *number;
	const char *account;
	const char *template_id;
	const char *api_url; /* without a slash at its end */
	const char *path;
	const char *token;
	const char *api_key;
};

/* Fields that a stanza of this kind must have (Token: always): an example of each, NULL for those
 * that it need not have. */
struct rd_provider_needs {
	const char *account;
	const char *api_key;
	const char *template_id;
	const char *path;
	bool public_url; /* requests are signed over it */
};

struct rd_provider {
	const char *kind;    /* "twilio", "notify", "tray": the word after `Kind:` */
	const char *api_url; /* the provider's own; "" where nothing leaves over HTTP */
	struct rd_provider_needs needs;
	const char *answer_type; /* Content-Type and body of the answer to a text that was taken */
	const char *answer_body;

	enum rd_rc (*read_text)(const struct rd_provider_account *account,
		const struct rd_webhook_request *request, struct rd_arena *arena,
		struct rd_provider_text *ret_text, struct rd_err *err);
	enum rd_rc (*read_receipt)(const struct rd_provider_account *account,
		const struct rd_webhook_request *request, struct rd_arena *arena,
		struct rd_provider_receipt *ret_receipt, struct rd_err *err);

	/* The rest is NULL where texts do not leave over HTTP (tray). */
	enum rd_rc (*build_send)(const struct rd_provider_account *account,
		const struct rd_provider_send *send, struct rd_arena *arena,
		struct rd_http_request *ret_request, struct rd_err *err);
	/* Never fails: what cannot be read is uncertain. */
	void (*read_sent)(const struct rd_provider_account *account,
		const struct rd_provider_send *send, const struct rd_http_response *response,
		struct rd_arena *arena, struct rd_provider_sent *ret_sent);
	/* After a lost answer. next_url: NULL, or what read_asked gave. */
	enum rd_rc (*build_ask)(const struct rd_provider_account *account,
		const struct rd_provider_send *send, const char *next_url, struct rd_arena *arena,
		struct rd_http_request *ret_request, struct rd_err *err);
	enum rd_rc (*read_asked)(const struct rd_provider_account *account,
		const struct rd_provider_send *send, const struct rd_http_response *response,
		struct rd_arena *arena, struct rd_provider_asked *ret_asked, struct rd_err *err);
};

/* Static. */
const struct rd_provider *rd_provider_of(enum rd_texts_kind kind);

/* The secrets of a stanza, wiped with rd_provider_secrets_wipe (fit for RD_CLEANUP). */
struct rd_provider_secrets {
	struct rd_secret token;
	struct rd_secret api_key;
};
void rd_provider_secrets_wipe(struct rd_provider_secrets *secrets);

/* Reads the stanza's secrets and points *ret_account at them and at the stanza (both borrowed). A
 * secret that the stanza does not name is "". */
RD_MUST_USE enum rd_rc rd_provider_account_read(const struct rd_texts_config *texts,
	struct rd_provider_secrets *ret_secrets, struct rd_provider_account *ret_account,
	struct rd_err *err);

/* A number as we keep it: +44... for 44... and 07...; blanks out; anything else as it is. */
const char *rd_provider_number(struct rd_arena *arena, const char *text, size_t len);

#endif

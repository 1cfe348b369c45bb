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
 * A check that fails is RD_E_REFUSED (the listener answers 403), or RD_E_AGAIN where the provider
 * is known to send the same request again with a signature (503); a checked request that cannot be
 * read is RD_E_INPUT (400). Messages name the field, never its value. Secrets are compared in
 * constant time; an account without a secret refuses everything.
 */
#ifndef REDRESS_WIRE_PROVIDERS_PROVIDER_H
#define REDRESS_WIRE_PROVIDERS_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "redress/base/arena.h"
#include "redress/base/date.h"
#include "redress/base/err.h"
#include "redress/message/sms.h"
#include "redress/wire/config.h"
#include "redress/wire/credential.h"
#include "redress/wire/http.h"

#define RD_PROVIDER_ID_BYTES_MAX   128
#define RD_PROVIDER_ASK_PAGES_MAX  5
#define RD_PROVIDER_RESPONSE_BYTES 160

/* What a webhook got. Borrowed. */
struct rd_webhook_request {
	const char *method;	   /* "POST"; "GET" reaches only a provider that takes_get */
	const char *url;	   /* the configured public one, with path and raw query */
	const char *content_type;  /* "" where there was none; so the next two */
	const char *signature;	   /* X-Twilio-Signature */
	const char *authorization; /* Authorization */
	const char *body;
	size_t body_len;
	int64_t now_ms; /* for signatures that carry a time */
};

/* A picture that came with a text. */
struct rd_provider_media {
	const char *url;
	const char *type; /* as the provider says: "image/jpeg" */
};

/* Some providers act on STOP and START themselves and say so: from then on they refuse, or take
 * again, what we send to that number, whatever we think of the word. */
enum rd_opted { RD_OPTED_NOT = 0, RD_OPTED_OUT, RD_OPTED_IN };

/* A resident's text, or one part of it. */
struct rd_provider_text {
	bool nothing;	  /* a probe without a text: answer 2xx, nothing to store */
	const char *id;	  /* the provider's own */
	const char *from; /* E.164 with its plus where it is a number; else as received */
	const char *to;
	const char *body; /* UTF-8 as the provider gave it; NUL bytes became U+FFFD */
	size_t body_len;  /* 0 for a picture alone */
	int64_t sent_ms;  /* the provider's time, 0 where it gives none */
	int n_media;	  /* pictures that came with it */
	int n_unplaced;	  /* further ones, of which it is not said where they are */
	const struct rd_provider_media *media; /* where they are; NULL where that is unknown */
	const char *body_url; /* listed without its words: build_body asks there; "" or NULL */
	const char *part_ref; /* what its parts have in common; "" or NULL: it is whole */
	int part;	      /* from 1 */
	int n_parts;	      /* RD_TEXT_PARTS_MAX at most */
	enum rd_opted opted;  /* what the provider itself has done about its words */
};

enum rd_delivery { RD_DELIVERY_UNDERWAY = 0, RD_DELIVERY_DONE, RD_DELIVERY_FAILED };

struct rd_provider_receipt {
	bool nothing;	       /* a probe without a receipt: answer 2xx */
	const char *id;	       /* the provider's own id of our text */
	const char *reference; /* ours, "" where the provider carries none */
	enum rd_delivery state;
	const char *detail;	      /* the provider's word or code for it: "undelivered 30003" */
	bool opted_out;		      /* the resident has told the provider STOP */
	const char *opted_out_number; /* no receipt: this number has; NULL else */
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
	bool ours;	 /* again: our account or configuration is at fault, not the moment */
	bool opted_out;	 /* refused because the number has opted out at the provider */
};

enum rd_asked { RD_ASKED_FOUND = 0, RD_ASKED_ABSENT, RD_ASKED_UNCLEAR, RD_ASKED_MORE };

struct rd_provider_asked {
	enum rd_asked answer;
	const char *id;	      /* found */
	const char *body;     /* found: as sent, "" where not said */
	const char *next_url; /* more: the page to ask for next */
};

/* Which received texts to list: from_ms is where the last look began, and some before. */
struct rd_provider_window {
	int64_t from_ms;
	int64_t now_ms;
};

/* One that is listed and cannot be read. */
struct rd_provider_unread {
	const char *id;	 /* where it has none one of ours, the same whenever it is listed */
	int64_t sent_ms; /* 0: not known */
};

/* One page of received texts, newest first where the provider has an order. */
struct rd_provider_listed {
	struct rd_provider_text *texts;
	size_t n_texts;
	struct rd_provider_unread *unread;
	size_t n_unread;
	const char *next_url; /* the page to ask for next; NULL: the end */
};

#define RD_PROVIDER_FINDINGS_MAX 12
struct rd_provider_findings {
	const char *items[RD_PROVIDER_FINDINGS_MAX]; /* arena */
	size_t n;
};

/* The account of one Texts stanza, its secrets read. Borrowed; strings never NULL. */
struct rd_provider_account {
	const char *name;
	const char *number;
	const char *account;
	const char *user;
	const char *template_id;
	const char *api_url; /* without a slash at its end */
	const char *path;
	const char *signature; /* one of the provider's signatures */
	const char *token;
	const char *api_key;
};

/* Fields that a stanza of this kind must have (Token: always): an example of each, NULL for those
 * that it need not have. */
struct rd_provider_needs {
	const char *account;
	const char *user;
	const char *api_key;
	const char *template_id;
	const char *path;
	bool public_url; /* requests are signed over it */
};

struct rd_provider {
	const char *kind;    /* "twilio", "notify", "tray": the word after `Kind:` */
	const char *api_url; /* the provider's own; "" where nothing leaves over HTTP */
	struct rd_provider_needs needs;
	const char *const *signatures; /* ways of signing to choose from, the usual one first; NULL
					  where there is no choice */
	bool takes_get;		       /* texts may come in the query of a GET */
	/* The longest text it takes, in septets and in UTF-16 units; a longer one leaves as
	 * several, one behind the other, under the one key. 0: it takes any text of ours. */
	unsigned gsm_units_max;
	unsigned ucs2_units_max;
	int64_t ask_after_ms; /* how long its list of sent texts may lag behind; 0: not to speak of
			       */
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
	/* After a lost answer. next_url: NULL, or what read_asked gave. Both are NULL where the
	 * provider cannot be asked: then a person settles the row. */
	enum rd_rc (*build_ask)(const struct rd_provider_account *account,
		const struct rd_provider_send *send, const char *next_url, struct rd_arena *arena,
		struct rd_http_request *ret_request, struct rd_err *err);
	enum rd_rc (*read_asked)(const struct rd_provider_account *account,
		const struct rd_provider_send *send, const struct rd_http_response *response,
		struct rd_arena *arena, struct rd_provider_asked *ret_asked, struct rd_err *err);

	/* Received texts, for those whose webhook was lost: NULL where they cannot be listed. Every
	 * id is the one that the webhook brings. next_url: NULL, or what read_list gave; url: the
	 * page that was asked for. RD_E_REFUSED: our key or account; RD_E_AGAIN: anything else. */
	enum rd_rc (*build_list)(const struct rd_provider_account *account,
		const struct rd_provider_window *window, const char *next_url,
		struct rd_arena *arena, struct rd_http_request *ret_request, struct rd_err *err);
	enum rd_rc (*read_list)(const struct rd_provider_account *account,
		const struct rd_provider_window *window, const char *url,
		const struct rd_http_response *response, struct rd_arena *arena,
		struct rd_provider_listed *ret_listed, struct rd_err *err);
	/* The words of a listed text that has a body_url. NULL where lists carry them.
	 * RD_E_INPUT: never; RD_E_REFUSED, RD_E_AGAIN: not now. */
	enum rd_rc (*build_body)(const struct rd_provider_account *account,
		const struct rd_provider_text *text, struct rd_arena *arena,
		struct rd_http_request *ret_request, struct rd_err *err);
	enum rd_rc (*read_body)(const struct rd_provider_account *account,
		const struct rd_http_response *response, struct rd_arena *arena,
		struct rd_provider_text *text, struct rd_err *err);
	/* How the account is set up for sending, where the provider tells it: what is wrong is
	 * added to findings, a sentence each, with what to do. NULL where there is nothing to ask.
	 */
	enum rd_rc (*build_setup)(const struct rd_provider_account *account, int64_t now_ms,
		struct rd_arena *arena, struct rd_http_request *ret_request, struct rd_err *err);
	enum rd_rc (*read_setup)(const struct rd_provider_account *account,
		const struct rd_http_response *response, struct rd_arena *arena,
		struct rd_provider_findings *findings, struct rd_err *err);

	int64_t keeps_ms; /* how long received texts stay in the list */

	/* A picture, or a list of pictures, at its url or where an answer sent us on to. Refuses
	 * every place that is not the provider's. NULL where pictures cannot be fetched. */
	enum rd_rc (*build_media)(const struct rd_provider_account *account, const char *url,
		struct rd_arena *arena, struct rd_http_request *ret_request, struct rd_err *err);
	/* Not a picture but a list of them: *ret_n of them; 0: it is a picture. */
	enum rd_rc (*read_media_list)(const struct rd_provider_account *account, const char *url,
		const struct rd_http_response *response, struct rd_arena *arena,
		const struct rd_provider_media **ret_media, size_t *ret_n, struct rd_err *err);
};

/* Static. */
const struct rd_provider *rd_provider_of(enum rd_texts_kind kind);

/* The secrets of a stanza, wiped with rd_provider_secrets_wipe (fit for RD_CLEANUP). */
struct rd_provider_secrets {
	struct rd_secret token;
	struct rd_secret api_key;
	char number[RD_PHONE_MAX]; /* no secret: the stanza's, as providers name it */
};
void rd_provider_secrets_wipe(struct rd_provider_secrets *secrets);

/* Reads the stanza's secrets and points *ret_account at them and at the stanza (both borrowed). A
 * secret that the stanza does not name is "". A national number (07700 900000) is put in E.164: as
 * it stands no provider's list would hold it. */
RD_MUST_USE enum rd_rc rd_provider_account_read(const struct rd_texts_config *texts,
	struct rd_provider_secrets *ret_secrets, struct rd_provider_account *ret_account,
	struct rd_err *err);

/* The words as they were given, NUL bytes as U+FFFD: a NUL would end them early wherever they are
 * read as a C string. NULL when the arena is full. */
const char *rd_provider_words(
	struct rd_arena *arena, const char *text, size_t len, size_t *ret_len);

/* Are they the same but for blanks, quotes and dashes? Providers trim, and put plain ones for
 * typographic ones. Our texts name a case and a day, so that two of ours never read alike. */
bool rd_provider_same_words(const char *a, const char *b);

/* The type of a picture as somebody gives it, fit to be kept and shown: "" where it is longer than
 * RD_HTTP_TYPE_BYTES_MAX or holds anything but printable ASCII. Else the text itself. */
const char *rd_provider_media_type(const char *text);

/* Letters, digits, - _ and . alone, RD_PROVIDER_ID_BYTES_MAX at most, not empty. */
bool rd_provider_id_good(const char *id);

/* A number without its plus, as some providers write them. Borrowed. */
const char *rd_provider_bare(const char *number);

/* Adds a sentence; NULL, or one too many, is left out. */
void rd_provider_find(struct rd_provider_findings *findings, const char *sentence);

/* The instant in UTC, RFC 3339 with Z, whole seconds. */
const char *rd_provider_utc(int64_t ms, char out[static RD_INSTANT_MAX]);
/* RFC 3339, and what providers make of it: a blank, no zone (UTC), an offset without its colon. 0
 * where it cannot be read. */
int64_t rd_provider_instant(const char *text);

/* Adds one that cannot be read: by its id, or where that is none by what was listed of it. There
 * must be room in listed. RD_E_RANGE when the arena is full. */
RD_MUST_USE enum rd_rc rd_provider_unread(struct rd_provider_listed *listed, const char *id,
	const char *record, size_t len, int64_t sent_ms, struct rd_arena *arena,
	struct rd_err *err);

/* How a list that was not given is told: RD_E_REFUSED for 401, 403 and 404, else RD_E_AGAIN. */
enum rd_rc rd_provider_list_failed(long status, struct rd_err *err);

/* A number as we keep it: +44... for 44... and 07...; blanks out; anything else as it is. */
const char *rd_provider_number(struct rd_arena *arena, const char *text, size_t len);
/* The same for a provider that writes every number without its plus: +1... for 1... too. */
const char *rd_provider_msisdn(struct rd_arena *arena, const char *text, size_t len);

#endif

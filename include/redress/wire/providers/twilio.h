/* twilio: Twilio's Programmable Messaging.
 *
 * Webhook     X-Twilio-Signature = base64(HMAC-SHA1(auth token, URL + each name and value, by name
 * in byte order, equal pairs once)), over decoded, untrimmed fields, empty ones too, known or not.
 * The URL is the configured public one with its raw query; with and without the scheme's default
 * port is accepted, and without any port. JSON: no fields; the query's bodySHA256 must be the
 * body's SHA-256 in hex, and a body without it is refused. AccountSid must be the configured
 * account. Send        POST /2010-04-01/Accounts/SID/Messages.json. There is no idempotency key, so
 * after a lost answer the account's list is asked for the same words to the same number. Ask by To
 * alone, newest first. Not by DateSent: a message still queued has none, would not be listed, and
 * would be sent twice.
 *
 * Received texts are listed by number and day, and pictures fetched: providers/twilio_list.h.
 *
 * Source      twilio.com/docs/usage/security, .../messaging/guides/webhook-request
 */
#ifndef REDRESS_WIRE_PROVIDERS_TWILIO_H
#define REDRESS_WIRE_PROVIDERS_TWILIO_H

#include "redress/wire/providers/encode.h"
#include "redress/wire/providers/provider.h"

#define RD_TWILIO_BODY_CHARS_MAX 1600
#define RD_TWILIO_ANSWER	 "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response></Response>"

/* Static. */
extern const struct rd_provider rd_twilio;

/* base64, arena; NULL when the arena is full. The URL is taken as it is. */
const char *rd_twilio_sign(
	struct rd_arena *arena, const char *token, const char *url, const struct rd_form *form);

/* RD_E_REFUSED unless the signature fits one of the URL's forms. ret_form: the decoded fields of a
 * form, or the string members of a JSON object. Shared by twilio and tray. */
RD_MUST_USE enum rd_rc rd_twilio_check(const char *token, const struct rd_webhook_request *request,
	struct rd_arena *arena, struct rd_form *ret_form, struct rd_err *err);

/* What a checked form says. account: "" takes any AccountSid. */
RD_MUST_USE enum rd_rc rd_twilio_text(const struct rd_form *form, const char *account,
	struct rd_arena *arena, struct rd_provider_text *ret_text, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_twilio_receipt(const struct rd_form *form, const char *account,
	struct rd_arena *arena, struct rd_provider_receipt *ret_receipt, struct rd_err *err);

#endif

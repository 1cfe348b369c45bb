/* notify: GOV.UK Notify.
 *
 * Webhook     Authorization: Bearer and the configured token; JSON, duplicate keys refused. Notify
 *             gives an answer five seconds, and repeats only after 429 and 5xx.
 * Send        POST /v2/notifications/sms. There is no free text: the body goes through a template
 * with the one placeholder ((body)). `reference` is our row's key; it is not idempotent, so after a
 * lost answer the reference is asked for. A row's payload is rd_notify_payload's JSON: what is
 * stored is template id, version and values, and what its answer says was sent is kept beside it.
 * Plain words are taken too and go through the account's template. A 400 is a ValidationError where
 * the number is at fault, refused for good, and a BadRequestError where our template, key or
 * service is, tried again until a person mends it.
 *
 * JWT         HS256 of the API key's last 36 characters, issuer the 36 before; good for 30 s, so
 * one is made for each request.
 *
 * Received texts are listed newest first and kept for seven days. Notify pages by time alone, so
 * that a page goes on before those of its last instant. The template is looked at before it is
 * relied on: ((body)) alone, for every letter carries the Housing Ombudsman's details in it.
 *
 * Source      docs.notifications.service.gov.uk/rest-api.html
 */
#ifndef REDRESS_WIRE_PROVIDERS_NOTIFY_H
#define REDRESS_WIRE_PROVIDERS_NOTIFY_H

#include "redress/wire/providers/provider.h"

/* Static. */
extern const struct rd_provider rd_notify;

/* The stored form of one text: {"template_id":...,"template_version":null,"values":{"body":...}};
 * the version is known when Notify has answered. Arena; RD_E_INPUT for what is not UTF-8. */
RD_MUST_USE enum rd_rc rd_notify_payload(const char *template_id, const char *body,
	struct rd_arena *arena, const char **ret_payload, struct rd_err *err);

/* Arena. RD_E_REFUSED where the key is too short to hold its two ids. */
RD_MUST_USE enum rd_rc rd_notify_jwt(const char *api_key, int64_t now_ms, struct rd_arena *arena,
	const char **ret_jwt, struct rd_err *err);

#endif

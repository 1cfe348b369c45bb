/* vonage: Vonage (formerly Nexmo), the SMS API, and webhooks of the Messages API.
 *
 * Webhook     Two ways of signing, both with the account's signature secret (`Token:`):
 *   sig       of the SMS API: GET query, POST form or POST JSON. Without `sig`, sorted by name, &
 * and = in values as _, S = &name=value&name=value...; `Signature: md5hash` is the MD5 of S and the
 * secret, the others HMACs of S. Hex in any case. A name given twice is refused: what was signed
 * would not be certain. JWT       of the Messages API: Authorization: Bearer, HS256; api_key must
 * be the account, payload_hash the body's SHA-256. Such a callback comes unsigned now and then; it
 * is answered 503, and Vonage sends it again with a signature. Both carry a time, which may be five
 * minutes ahead and a day and an hour behind: Vonage sends again for 24 hours. Within that a replay
 * is the same message id, stored once. An empty request is a probe. Parts       A long text of the
 * SMS API comes in parts (concat-ref, -total, -part), in any order. Send        POST /sms/json,
 * HTTP 200 with a status for each part. `client-ref` is our row's key, which its receipts carry:
 * one of several parts speaks for the row too. Ask         The Reports API, by number and time, for
 * our client-ref; it may lag behind, so that it is asked a quarter of an hour later. What cannot be
 * found by then is for a person.
 *
 * Source      developer.vonage.com/messaging/sms, .../messages, .../reports
 */
#ifndef REDRESS_WIRE_PROVIDERS_VONAGE_H
#define REDRESS_WIRE_PROVIDERS_VONAGE_H

#include "redress/wire/providers/encode.h"
#include "redress/wire/providers/provider.h"

#define RD_VONAGE_AHEAD_MS  (5 * 60 * (int64_t)1000)
#define RD_VONAGE_BEHIND_MS (25 * 3600 * (int64_t)1000)
#define RD_VONAGE_LAG_MS    (15 * 60 * (int64_t)1000)

/* Static. */
extern const struct rd_provider rd_vonage;

/* `sig` as it should be, lower-case hex, arena. NULL: a name twice, an unknown method, no room. */
const char *rd_vonage_sign(
	struct rd_arena *arena, const char *method, const char *secret, const struct rd_form *form);

#endif

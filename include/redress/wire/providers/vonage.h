/* vonage: Vonage (formerly Nexmo): its SMS API, and webhooks of its Messages API.
 *
 * Webhooks are signed in two ways, both with the account's signature secret (`Token:`).
 *
 * `sig`, of the SMS API, in a GET query, a POST form or POST JSON: the fields without it, sorted by
 * name, & and = in values as _, make S = &name=value&name=value. `Signature: md5hash` is the MD5 of
 * S and the secret, the others are HMACs of S, in hex of any case. A name given twice, or
 * with & or = in it, is refused: what was signed would not be certain.
 *
 * A JWT, of the Messages API, in Authorization: Bearer, by HS256: api_key must be the account and
 * payload_hash the body's SHA-256. Such a callback comes unsigned now and then; it is answered 503,
 * and Vonage sends it again with a signature.
 *
 * Both carry a time, which may be five minutes ahead and a day and an hour behind: Vonage sends
 * again for 24 hours. Within that a replay is the same message id, stored once. An empty request is
 * a probe. A long text of the SMS API comes in parts (concat-ref, -total, -part), in any order.
 *
 * Sending is POST /sms/json, HTTP 200 with a status for each part. `client-ref` is our row's key,
 * which its receipts carry: one of several parts speaks for the row too. After a lost answer the
 * Reports API is asked, by number and time, for that client-ref. It may lag behind, so that it is
 * asked a quarter of an hour later; a record without a client-ref is unclear. The same API lists
 * received texts, a day at most in one question.
 *
 * Source: developer.vonage.com/messaging/sms, .../messages, .../reports. Unverified: that every
 * account may have the words of received texts (include_message); one listed without is told.
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

/* `sig` as it should be, lower-case hex, arena. NULL: a name twice or with & or =, an unknown
 * method, no room. */
const char *rd_vonage_sign(
	struct rd_arena *arena, const char *method, const char *secret, const struct rd_form *form);

#endif

/* hook_message: what a webhook of ours says, how it is signed, and when it is tried again. Pure.
 *
 * The body is a CloudEvents 1.0 event in structured JSON, told thin: which case, what happened,
 * what it is now, and days; whoever may see more asks the read API. Signed as Standard Webhooks
 * have it: HMAC-SHA256 of "ID.TIMESTAMP.BODY" under each secret, `whsec_` and the base64 of 24 to
 * 64 random bytes. The id is the event's in every attempt, the timestamp the attempt's.
 *
 * Source: CloudEvents 1.0.2; Standard Webhooks 1.0.
 */
#ifndef REDRESS_DELIVER_HOOK_MESSAGE_H
#define REDRESS_DELIVER_HOOK_MESSAGE_H

#include "redress/store/case_events.h"

#define RD_HOOK_CONTENT_TYPE  "application/cloudevents+json; charset=utf-8"
#define RD_HOOK_TYPE_PREFIX   "redress.case."
#define RD_HOOK_KEY_MIN	      24
#define RD_HOOK_KEY_MAX	      64
#define RD_HOOK_SIGNATURE_MAX 256 /* of two keys */
#define RD_HOOK_ATTEMPTS      10

struct rd_hook_key {
	uint8_t bytes[RD_HOOK_KEY_MAX];
	size_t len;
};

/* RD_E_INPUT: it is no such secret. */
RD_MUST_USE enum rd_rc rd_hook_key_read(
	const char *secret, struct rd_hook_key *ret_key, struct rd_err *err);
void rd_hook_key_wipe(struct rd_hook_key *key); /* fit for RD_CLEANUP */

/* "v1,BASE64", one for each key, a blank between two. */
void rd_hook_sign(const struct rd_hook_key *keys, size_t n_keys, const char *id,
	int64_t timestamp_s, const char *body, size_t len, char out[static RD_HOOK_SIGNATURE_MAX]);

/* The event as JSON, in the arena; NULL when that is full. gateway: its name, the source. */
char *rd_hook_body(const struct rd_case_event *event, const char *gateway, struct rd_arena *arena);
/* The same of no case, to try the way. */
char *rd_hook_ping(const char *id, const char *gateway, int64_t now_ms, struct rd_arena *arena);

/* How long to wait after the attempt of that number (from 1), up to a fifth longer as chance has
 * it; -1 after the last one. */
int64_t rd_hook_wait_ms(int attempt, uint32_t chance);

#endif

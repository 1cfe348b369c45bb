#include "redress/deliver/hook_message.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "redress/store/case_json.h"

#define SECRET_PREFIX "whsec_"
#define HASH_BYTES    32
#define SECOND_MS     ((int64_t)1000)
#define MINUTE_MS     (60 * SECOND_MS)
#define HOUR_MS	      (60 * MINUTE_MS)

/* --- signing --- */

enum rd_rc rd_hook_key_read(const char *secret, struct rd_hook_key *ret_key, struct rd_err *err)
{
	const size_t prefix = strlen(SECRET_PREFIX);
	gnutls_datum_t text, bytes = { NULL, 0 };
	enum rd_rc rc = RD_OK;

	if (strncmp(secret, SECRET_PREFIX, prefix) != 0)
		return rd_fail(err, RD_E_INPUT,
			"the secret does not begin with `" SECRET_PREFIX
			"`; `redressctl hooks rotate NAME` makes one");
	text.data = (unsigned char *)(uintptr_t)(secret + prefix);
	text.size = (unsigned)strlen(secret + prefix);
	if (gnutls_base64_decode2(&text, &bytes) != 0)
		return rd_fail(err, RD_E_INPUT,
			"behind `" SECRET_PREFIX "` the secret is not base64; `redressctl hooks "
			"rotate NAME` makes one");
	if (bytes.size < RD_HOOK_KEY_MIN || bytes.size > RD_HOOK_KEY_MAX) {
		rc = rd_fail(err, RD_E_INPUT, "the secret holds %u bytes; it must be %d to %d",
			bytes.size, RD_HOOK_KEY_MIN, RD_HOOK_KEY_MAX);
	} else {
		memcpy(ret_key->bytes, bytes.data, bytes.size);
		ret_key->len = bytes.size;
	}
	explicit_bzero(bytes.data, bytes.size);
	gnutls_free(bytes.data);
	return rc;
}

void rd_hook_key_wipe(struct rd_hook_key *key)
{
	explicit_bzero(key, sizeof *key);
}

static void sign_with(const struct rd_hook_key *key, const char *head, const char *body, size_t len,
	uint8_t out[static HASH_BYTES])
{
	gnutls_hmac_hd_t sum;

	RD_ASSERT(gnutls_hmac_init(&sum, GNUTLS_MAC_SHA256, key->bytes, key->len) == 0);
	RD_ASSERT(gnutls_hmac(sum, head, strlen(head)) == 0);
	RD_ASSERT(gnutls_hmac(sum, body, len) == 0);
	gnutls_hmac_deinit(sum, out);
}

void rd_hook_sign(const struct rd_hook_key *keys, size_t n_keys, const char *id,
	int64_t timestamp_s, const char *body, size_t len, char out[static RD_HOOK_SIGNATURE_MAX])
{
	char head[RD_CASE_EVENT_ID_MAX + 32];
	size_t at = 0;

	const int head_len = snprintf(head, sizeof head, "%s.%lld.", id, (long long)timestamp_s);
	RD_ASSERT(head_len > 0 && (size_t)head_len < sizeof head);
	out[0] = '\0';
	for (size_t i = 0; i < n_keys; i++) {
		uint8_t hash[HASH_BYTES];
		gnutls_datum_t raw = { hash, sizeof hash }, text = { NULL, 0 };

		sign_with(&keys[i], head, body, len, hash);
		RD_ASSERT(gnutls_base64_encode2(&raw, &text) == 0);
		RD_ASSERT(at + text.size + 5 < RD_HOOK_SIGNATURE_MAX);
		at += (size_t)snprintf(out + at, RD_HOOK_SIGNATURE_MAX - at, "%sv1,%.*s",
			i > 0 ? " " : "", (int)text.size, (const char *)text.data);
		gnutls_free(text.data);
	}
}

/* --- the event --- */

/* subject NULL: it is about none. data is given up. */
static char *envelope(const char *id, const char *gateway, const char *type, const char *subject,
	int64_t at_ms, json_t *data, struct rd_arena *arena)
{
	char time[RD_INSTANT_MAX], source[96];

	rd_instant_format(at_ms, time);
	snprintf(source, sizeof source, "/redress/%s", gateway);
	json_t *json = json_pack("{s:s,s:s,s:s,s:s,s:s*,s:s,s:s,s:s,s:o}", "specversion", "1.0",
		"id", id, "source", source, "type", type, "subject", subject, "time", time,
		"timestamp", time, "datacontenttype", "application/json", "data", data);
	char *text = json_dumps(json, JSON_COMPACT | JSON_ENSURE_ASCII);
	json_decref(json);
	RD_ASSERT(text != NULL);
	char *copy = rd_arena_strdup(arena, text);
	free(text);
	return copy;
}

char *rd_hook_body(const struct rd_case_event *event, const char *gateway, struct rd_arena *arena)
{
	char type[64];

	snprintf(type, sizeof type, RD_HOOK_TYPE_PREFIX "%s", rd_case_event_names[event->event]);
	return envelope(event->id, gateway, type, event->reference, event->at_ms,
		rd_case_event_json(event), arena);
}

char *rd_hook_ping(const char *id, const char *gateway, int64_t now_ms, struct rd_arena *arena)
{
	return envelope(id, gateway, "redress.ping", NULL, now_ms, json_object(), arena);
}

/* --- again --- */

int64_t rd_hook_wait_ms(int attempt, uint32_t chance)
{
	/* Before the second attempt, the third, ... */
	static const int64_t waits_ms[RD_HOOK_ATTEMPTS - 1] = { 5 * SECOND_MS, 5 * MINUTE_MS,
		30 * MINUTE_MS, 2 * HOUR_MS, 5 * HOUR_MS, 10 * HOUR_MS, 14 * HOUR_MS, 20 * HOUR_MS,
		24 * HOUR_MS };

	RD_ASSERT(attempt > 0);
	if (attempt >= RD_HOOK_ATTEMPTS)
		return -1;
	const int64_t wait_ms = waits_ms[attempt - 1];
	return wait_ms + (wait_ms / 5) * (int64_t)(chance >> 16) / 65536;
}

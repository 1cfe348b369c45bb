/* hook_post: one event on its way to one `Webhook:`, signed with the secrets of its stanza.
 *
 * For whoever sends events (hooks.h) and whoever tries the way (hook_try.h).
 */
#ifndef REDRESS_DELIVER_HOOK_POST_H
#define REDRESS_DELIVER_HOOK_POST_H

#include "redress/deliver/hook_message.h"
#include "redress/store/hooks.h"
#include "redress/wire/config.h"
#include "redress/wire/http.h"

#define RD_HOOK_TIMEOUT_MS 20000

struct rd_hook_keys {
	struct rd_hook_key items[RD_HOOK_SECRETS_MAX]; /* the newest first */
	size_t n;
};
/* RD_E_INPUT and what credential.h has: one cannot be read; err says which and why. */
RD_MUST_USE enum rd_rc rd_hook_keys_read(
	const struct rd_hook_config *hook, struct rd_hook_keys *ret_keys, struct rd_err *err);
void rd_hook_keys_wipe(struct rd_hook_keys *keys); /* fit for RD_CLEANUP */

/* Any status is an answer (RD_OK), its body is thrown away: rd_http_response_free all the same. */
RD_MUST_USE enum rd_rc rd_hook_post(struct rd_http *http, const struct rd_hook_config *hook,
	const struct rd_hook_keys *keys, const char *id, const char *body, int64_t now_s,
	int64_t timeout_ms, struct rd_http_response *ret_response, struct rd_err *err);

/* What came of it, in a few words: rd_hook_post's rc and, where there was none, its err. */
void rd_hook_say_answer(
	enum rd_rc rc, long status, const struct rd_err *err, char out[static RD_HOOK_ANSWER_MAX]);

#endif

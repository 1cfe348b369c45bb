#include "redress/deliver/hook_post.h"

#include <stdio.h>
#include <string.h>

#include "redress/wire/credential.h"

void rd_hook_keys_wipe(struct rd_hook_keys *keys)
{
	explicit_bzero(keys, sizeof *keys);
}

enum rd_rc rd_hook_keys_read(
	const struct rd_hook_config *hook, struct rd_hook_keys *ret_keys, struct rd_err *err)
{
	for (size_t i = 0; i < hook->n_secrets; i++) {
		RD_CLEANUP(rd_secret_wipe) struct rd_secret secret = { { 0 } };

		RD_TRY(rd_credential_read(&hook->secrets[i], &secret, err));
		if (rd_hook_key_read(secret.text, &ret_keys->items[i], err) != RD_OK)
			return rd_fail_within(err, "%s", hook->secrets[i].name);
	}
	ret_keys->n = hook->n_secrets;
	return RD_OK;
}

enum rd_rc rd_hook_post(struct rd_http *http, const struct rd_hook_config *hook,
	const struct rd_hook_keys *keys, const char *id, const char *body, int64_t now_s,
	int64_t timeout_ms, struct rd_http_response *ret_response, struct rd_err *err)
{
	char signature[RD_HOOK_SIGNATURE_MAX], timestamp[24];
	bool reached;

	rd_hook_sign(keys->items, keys->n, id, now_s, body, strlen(body), signature);
	snprintf(timestamp, sizeof timestamp, "%lld", (long long)now_s);
	const struct rd_http_header headers[] = { { "webhook-id", id },
		{ "webhook-timestamp", timestamp }, { "webhook-signature", signature } };
	const struct rd_http_request request = { .method = "POST",
		.url = hook->url,
		.content_type = RD_HOOK_CONTENT_TYPE,
		.body = body,
		.body_len = strlen(body),
		.timeout_ms = timeout_ms,
		.accept = "*/*",
		.public_only = !hook->allow_internal,
		.status_only = true,
		.headers = headers,
		.n_headers = sizeof headers / sizeof headers[0] };
	return rd_http_ask(http, &request, ret_response, &reached, err);
}

void rd_hook_say_answer(
	enum rd_rc rc, long status, const struct rd_err *err, char out[static RD_HOOK_ANSWER_MAX])
{
	if (rc != RD_OK)
		snprintf(out, RD_HOOK_ANSWER_MAX, "%.*s%s", RD_HOOK_ANSWER_MAX - 40, err->msg,
			rc == RD_E_REFUSED ? " (see `Allow internal:`)" : "");
	else
		snprintf(out, RD_HOOK_ANSWER_MAX, "HTTP %ld%s", status,
			status >= 300 && status < 400 ? ", a redirect: never followed" : "");
}

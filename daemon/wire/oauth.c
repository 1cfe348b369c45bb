#include "redress/wire/oauth.h"

#include <gnutls/crypto.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "redress/wire/credential.h"
#include "redress/wire/http.h"
#include "redress/wire/jwt.h"
#include "redress/wire/oauth_files.h"
#include "redress/wire/providers/encode.h"
#include "redress/wire/refresh_token.h"
#include "redress/wire/sasl.h"

#define ARENA_BYTES    (256u << 10)
#define FORM_BYTES_MAX (64u << 10)
#define ASSERTION_S    600  /* how long what we sign is good for; Microsoft wants it short */
#define GOOGLE_S       3600 /* Google's longest */
#define NONCE_BYTES    16
#define ASSERTION_OF   "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
#define GRANT_CLIENT   "client_credentials"
#define GRANT_REFRESH  "refresh_token"
#define GRANT_JWT      "urn:ietf:params:oauth:grant-type:jwt-bearer"

/* One request being made. */
struct request {
	const struct rd_oauth_config *oauth;
	const char *user;
	int64_t now_ms;
	const struct rd_token_stop *stop;
	struct rd_arena *arena;
	struct rd_buf form;   /* holds secrets: wiped */
	bool asks_to_refresh; /* the refresh token is ours alone until the answer is read */
};

bool rd_oauth_is_personal(const struct rd_oauth_config *oauth)
{
	return oauth->service_account.from != RD_SECRET_NONE;
}

/* --- the form --- */

static enum rd_rc add(struct request *r, const char *name, const char *value, struct rd_err *err)
{
	return rd_form_add(&r->form, name, value, err);
}

static enum rd_rc add_secret(struct request *r, const char *name,
	const struct rd_secret_place *place, struct rd_err *err)
{
	RD_CLEANUP(rd_secret_wipe) struct rd_secret secret = { { 0 } };

	RD_TRY(rd_credential_read(place, &secret, err));
	return add(r, name, secret.text, err);
}

static enum rd_rc claims_of(
	struct request *r, json_t *claims, const char **ret_text, struct rd_err *err)
{
	char *text = json_dumps(claims, JSON_COMPACT);

	json_decref(claims);
	if (text == NULL)
		return rd_fail(err, RD_E_INPUT, "a name of the stanza is no UTF-8");
	*ret_text = rd_arena_strdup(r->arena, text);
	free(text);
	return rd_arena_overflowed(r->arena) ? rd_fail(err, RD_E_RANGE, "no room to sign") : RD_OK;
}

/* Microsoft: who we are is proved by the key of the certificate. */
static enum rd_rc add_assertion(struct request *r, struct rd_err *err)
{
	RD_CLEANUP(rd_long_secret_wipe) struct rd_long_secret key = { { 0 } };
	uint8_t nonce[NONCE_BYTES];
	char id[2 * NONCE_BYTES + 1];
	const char *thumbprint, *claims, *token;
	const json_int_t now_s = r->now_ms / 1000;

	RD_TRY(rd_oauth_thumbprint(r->oauth->certificate, r->arena, &thumbprint, err));
	RD_TRY(rd_credential_read_lines(&r->oauth->key, &key, err));
	RD_ASSERT(gnutls_rnd(GNUTLS_RND_NONCE, nonce, sizeof nonce) >= 0);
	for (size_t i = 0; i < sizeof nonce; i++)
		snprintf(id + 2 * i, 3, "%02x", nonce[i]);
	RD_TRY(claims_of(r,
		json_pack("{s:s,s:s,s:s,s:s,s:I,s:I,s:I}", "aud", r->oauth->token_url, "iss",
			r->oauth->client, "sub", r->oauth->client, "jti", id, "iat", now_s, "nbf",
			now_s, "exp", now_s + ASSERTION_S),
		&claims, err));
	if (rd_jwt_sign(r->arena, RD_JWT_PS256, key.text, thumbprint, claims, &token, err) != RD_OK)
		return rd_fail_within(err, "`Key:`");
	RD_TRY(add(r, "client_assertion_type", ASSERTION_OF, err));
	return add(r, "client_assertion", token, err);
}

/* Google: a service account acts for the mailbox. */
static enum rd_rc add_service_account(struct request *r, struct rd_err *err)
{
	RD_CLEANUP(rd_oauth_account_wipe) struct rd_oauth_account account = { .email = "" };
	const json_int_t now_s = r->now_ms / 1000;
	const char *claims, *token;

	RD_TRY(rd_oauth_account_read(&r->oauth->service_account, &account, err));
	RD_TRY(claims_of(r,
		json_pack("{s:s,s:s,s:s,s:s,s:I,s:I}", "iss", account.email, "sub", r->user,
			"scope", r->oauth->scope, "aud", r->oauth->token_url, "iat", now_s, "exp",
			now_s + GOOGLE_S),
		&claims, err));
	if (rd_jwt_sign(r->arena, RD_JWT_RS256, account.key.text, "", claims, &token, err) != RD_OK)
		return rd_fail_within(err, "`Service account:`");
	RD_TRY(add(r, "grant_type", GRANT_JWT, err));
	return add(r, "assertion", token, err);
}

static bool has_refresh(const struct rd_oauth_config *oauth)
{
	return oauth->refresh_token.from != RD_SECRET_NONE;
}

static enum rd_rc add_refresh(struct request *r, struct rd_err *err)
{
	RD_CLEANUP(rd_secret_wipe) struct rd_secret token = { { 0 } };
	const struct rd_oauth_config *oauth = r->oauth;

	RD_TRY(add(r, "grant_type", GRANT_REFRESH, err));
	if (oauth->refresh == NULL)
		return add_secret(r, "refresh_token", &oauth->refresh_token, err);
	RD_TRY(rd_refresh_begin(oauth->refresh, &oauth->refresh_token, r->stop, &token, err));
	r->asks_to_refresh = true;
	return add(r, "refresh_token", token.text, err);
}

static enum rd_rc make_form(struct request *r, struct rd_err *err)
{
	const struct rd_oauth_config *oauth = r->oauth;

	if (oauth->service_account.from != RD_SECRET_NONE)
		return add_service_account(r, err);
	RD_TRY(add(r, "client_id", oauth->client, err));
	if (oauth->secret.from != RD_SECRET_NONE)
		RD_TRY(add_secret(r, "client_secret", &oauth->secret, err));
	else
		RD_TRY(add_assertion(r, err));
	if (has_refresh(oauth))
		return add_refresh(r, err);
	RD_TRY(add(r, "grant_type", GRANT_CLIENT, err));
	return oauth->scope[0] != '\0' ? add(r, "scope", oauth->scope, err) : RD_OK;
}

/* --- the answer --- */

/* RFC 6750 2.1, a little wider: it goes onto a command line behind `Bearer `. */
static bool is_token(const char *text, size_t len)
{
	if (len == 0 || len > RD_TOKEN_BYTES_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	return true;
}

/* RFC 6749 has a number; some write it as a string. */
static int64_t life_of(const json_t *life)
{
	int64_t seconds = RD_OAUTH_LIFE_S;

	if (json_is_integer(life))
		seconds = json_integer_value(life);
	else if (json_is_string(life))
		seconds = strtoll(json_string_value(life), NULL, 10);
	if (seconds < 1)
		return 1;
	return seconds > RD_OAUTH_LIFE_MAX_S ? RD_OAUTH_LIFE_MAX_S : seconds;
}

/* One that is given in the place of ours. */
static enum rd_rc take_refresh(
	const struct rd_oauth_config *oauth, const json_t *answer, struct rd_err *err)
{
	const json_t *given = json_object_get(answer, "refresh_token");

	if (oauth->refresh == NULL || !json_is_string(given) || json_string_length(given) == 0)
		return RD_OK;
	if (!is_token(json_string_value(given), json_string_length(given)))
		return rd_fail(err, RD_E_REFUSED,
			"the OAuth server gives a refresh token that cannot be used");
	return rd_refresh_keep(oauth->refresh, json_string_value(given), err);
}

static enum rd_rc take_token(
	const json_t *answer, struct rd_oauth_grant *ret_grant, struct rd_err *err)
{
	const json_t *token = json_object_get(answer, "access_token");
	const char *type = json_string_value(json_object_get(answer, "token_type"));

	if (!json_is_string(token) ||
		!is_token(json_string_value(token), json_string_length(token)))
		return rd_fail(err, RD_E_REFUSED,
			"what answers at `Token URL:` gives no token that can be used; is it the "
			"address of the OAuth server's tokens?");
	if (type != NULL && strcasecmp(type, "bearer") != 0)
		return rd_fail(err, RD_E_REFUSED,
			"the OAuth server gives a token of another type than Bearer");
	memcpy(ret_grant->token.text, json_string_value(token), json_string_length(token) + 1);
	ret_grant->life_s = life_of(json_object_get(answer, "expires_in"));
	return RD_OK;
}

static enum rd_rc read_answer(const struct request *r, const struct rd_http_response *response,
	struct rd_oauth_grant *ret_grant, struct rd_err *err)
{
	json_error_t why;
	json_t *answer;
	enum rd_rc rc;

	if (response->status != 200)
		return rd_oauth_explain(r->oauth, r->user, response->status,
			rd_buf_str(&response->body), response->body.len, err);
	answer = json_loadb(
		rd_buf_str(&response->body), response->body.len, JSON_REJECT_DUPLICATES, &why);
	/* First: ours is dead already, whatever the rest of the answer is worth. */
	rc = take_refresh(r->oauth, answer, err);
	if (rc == RD_OK)
		rc = take_token(answer, ret_grant, err);
	json_decref(answer);
	return rc;
}

static enum rd_rc ask(struct request *r, struct rd_oauth_grant *ret_grant, struct rd_err *err)
{
	RD_CLEANUP(rd_http_cleanup) struct rd_http *http = NULL;
	RD_CLEANUP(rd_http_response_free) struct rd_http_response response = { 0 };
	const struct rd_http_request request = {
		.method = "POST",
		.url = r->oauth->token_url,
		.content_type = "application/x-www-form-urlencoded",
		.body = rd_buf_str(&r->form),
		.body_len = r->form.len,
		.timeout_ms = RD_OAUTH_TIMEOUT_MS,
		.answer_max = RD_OAUTH_ANSWER_BYTES_MAX,
		.answer_is_secret = true,
	};
	bool reached = false;

	RD_TRY(rd_http_new(r->oauth->ca_file, &http, err));
	if (r->stop != NULL)
		rd_http_set_stop(http, r->stop->stopping, r->stop->context);
	if (rd_http_ask(http, &request, &response, &reached, err) != RD_OK)
		return rd_fail_within(err, "no answer from the OAuth server");
	ret_grant->retry_after_s = response.retry_after_s;
	return read_answer(r, &response, ret_grant, err);
}

enum rd_rc rd_oauth_fetch(const struct rd_oauth_config *oauth, const char *user, int64_t now_ms,
	const struct rd_token_stop *stop, struct rd_oauth_grant *ret_grant, struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(ARENA_BYTES);
	struct request r = { oauth, user, now_ms, stop, arena, RD_BUF_SECRET(FORM_BYTES_MAX),
		false };
	enum rd_rc rc;

	ret_grant->retry_after_s = 0;
	rc = make_form(&r, err);
	if (rc == RD_OK)
		rc = ask(&r, ret_grant, err);
	if (r.asks_to_refresh)
		rd_refresh_end(oauth->refresh);
	rd_buf_free(&r.form);
	return rc == RD_OK ? RD_OK : rd_fail_within(err, "OAuth %s", oauth->name);
}

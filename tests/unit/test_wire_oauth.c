#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <gnutls/abstract.h>
#include <cmocka.h>

#include "redress/wire/config.h"
#include "redress/wire/jwt.h"
#include "redress/wire/oauth.h"
#include "redress/wire/providers/encode.h"
#include "redress/wire/sasl.h"
#include "support/folder.h"
#include "support/rsa_pair.h"

#define DAY_S 86400

/* --- what is said to log in --- */

/* Microsoft's and Google's own, of their documents; RFC 7628 4.1; curl's tests of its own. */
static const struct {
	const char *user, *token, *host;
	int port; /* 0: XOAUTH2 */
	const char *wire;
} vectors[] = {
	{ "test@contoso.onmicrosoft.com", "EwBAAl3BAAUFFpUAo7J3Ve0bjLBWZWCclRC3EoAA", "", 0,
		"dXNlcj10ZXN0QGNvbnRvc28ub25taWNyb3NvZnQuY29tAWF1dGg9QmVhcmVyIEV3QkFBbDNCQUFVRkZw"
		"VUFvN0ozVmUwYmpMQldaV0NjbFJDM0VvQUEBAQ==" },
	{ "someuser@example.com", "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg", "", 0,
		"dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNS"
		"bGNrQmhkSFJoZG1semRHRXVZMjl0Q2cBAQ==" },
	{ "user", "mF_9.B5f-4.1JqM", "", 0,
		"dXNlcj11c2VyAWF1dGg9QmVhcmVyIG1GXzkuQjVmLTQuMUpxTQEB" },
	{ "user", "mF_9.B5f-4.1JqM", "127.0.0.1", 9003,
		"bixhPXVzZXIsAWhvc3Q9MTI3LjAuMC4xAXBvcnQ9OTAwMwFhdXRoPUJlYXJlciBtRl85LkI1Zi00LjFK"
		"cU0BAQ==" },
	{ "user@example.com", "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==", "server.example.com",
		143,
		"bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9"
		"QmVhcmVyIHZGOWRmdDRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB" },
};

static enum rd_rc say(size_t i, const char *user, const char *token, struct rd_buf *out)
{
	struct rd_err err = { 0 };
	return vectors[i].port ? rd_sasl_oauthbearer(
					 user, vectors[i].host, vectors[i].port, token, out, &err)
			       : rd_sasl_xoauth2(user, token, out, &err);
}

static void the_vectors_of_the_providers_hold(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
		RD_CLEANUP(rd_buf_free) struct rd_buf out = RD_BUF_SECRET(16384);
		assert_int_equal(say(i, vectors[i].user, vectors[i].token, &out), RD_OK);
		assert_string_equal(rd_buf_str(&out), vectors[i].wire);
	}
}

static void a_flipped_byte_makes_another_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
		char user[64], token[64];
		size_t n_user = strlen(vectors[i].user), n = n_user + strlen(vectors[i].token);
		for (size_t at = 0; at < n; at++) {
			RD_CLEANUP(rd_buf_free) struct rd_buf out = RD_BUF_SECRET(16384);
			snprintf(user, sizeof user, "%s", vectors[i].user);
			snprintf(token, sizeof token, "%s", vectors[i].token);
			*(at < n_user ? &user[at] : &token[at - n_user]) ^= 1;
			assert_int_equal(say(i, user, token, &out), RD_OK);
			assert_string_not_equal(rd_buf_str(&out), vectors[i].wire);
		}
	}
}

static void a_user_cannot_end_its_field(void **state)
{
	static const char *const rows[] = { "a\001auth=Bearer x", "a\r\nA1 LOGOUT", "a\n", "\177" };
	struct rd_err err = { 0 };
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		RD_CLEANUP(rd_buf_free) struct rd_buf out = RD_BUF_SECRET(16384);
		assert_int_equal(rd_sasl_xoauth2(rows[i], "t", &out, &err), RD_E_INPUT);
		assert_int_equal(rd_sasl_xoauth2("u", rows[i], &out, &err), RD_E_INPUT);
		assert_int_equal(rd_sasl_oauthbearer(rows[i], "h", 1, "t", &out, &err), RD_E_INPUT);
	}
	RD_CLEANUP(rd_buf_free) struct rd_buf out = RD_BUF_SECRET(16384);
	assert_int_equal(rd_sasl_oauthbearer("a,b=c", "h", 1, "t", &out, &err), RD_OK);
	/* n,a=a=2Cb=3Dc,^Ahost=h^Aport=1^Aauth=Bearer t^A^A */
	assert_string_equal(
		rd_buf_str(&out), "bixhPWE9MkNiPTNEYywBaG9zdD1oAXBvcnQ9MQFhdXRoPUJlYXJlciB0AQE=");
}

static void what_a_server_says_back_is_hidden(void **state)
{
	static const struct {
		const char *said, *told;
	} rows[] = {
		{ "BAD unknown: AUTHENTICATE dXNlcj10ZXN0QGNvbnRvc28ub25t",
			"BAD unknown: AUTHENTICATE ****************************" },
		{ "500 AHVzZXJAZXhhbXBsZS5vcmcAc2VjcmV0 what",
			"500 ******************************** what" },
		{ "535 5.7.139 SmtpClientAuthentication is disabled [LO2P265CA0123.GBRP265.PROD]",
			"535 5.7.139 SmtpClientAuthentication is disabled "
			"[LO2P265CA0123.GBRP265.PROD]" },
		/* quoted, and the token itself: its parts are short */
		{ "500 \"AHVzZXJAZXhhbXBsZS5vcmcAc2VjcmV0\" what",
			"500 ********************************** what" },
		{ "BAD Bearer:eyJ0eXAiOiJKV1QiLCJhbGciOi.eyJhdWQiOiJodHRwczov.L29-dXRs_29rLm9mZm",
			"BAD "
			"************************************************************************"
			"*" },
		{ "535 see https://support.example.com/mail/?p=BadCredentials a-b.c_d",
			"535 see https://support.example.com/mail/?p=BadCredentials a-b.c_d" },
		{ "", "" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char text[200];
		snprintf(text, sizeof text, "%s", rows[i].said);
		rd_sasl_hide(text);
		assert_string_equal(text, rows[i].told);
	}
}

/* --- files --- */

struct files {
	char dir[FOLDER_MAX];
	char key[128], other_key[128], short_key[128], certificate[128], bad[128];
	char *pem, *short_pem;
	gnutls_x509_privkey_t private;
};

static char *text_of(const char *path)
{
	char *text = calloc(1, 16384);
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	size_t n = fread(text, 1, 16383, file);
	assert_in_range(n, 1, 16382);
	fclose(file);
	return text;
}

static int make(void **state)
{
	struct files *f = calloc(1, sizeof *f);
	folder_make(f->dir, "oauth-files");
	snprintf(f->key, sizeof f->key, "%s/key", f->dir);
	snprintf(f->other_key, sizeof f->other_key, "%s/other", f->dir);
	snprintf(f->short_key, sizeof f->short_key, "%s/short", f->dir);
	snprintf(f->certificate, sizeof f->certificate, "%s/pem", f->dir);
	snprintf(f->bad, sizeof f->bad, "%s/bad", f->dir);
	f->private = pair_key(f->key, 2048);
	gnutls_x509_privkey_deinit(pair_key(f->other_key, 2048));
	gnutls_x509_privkey_deinit(pair_key(f->short_key, 1024));
	pair_certificate(f->certificate, f->private, time(NULL) + 100 * DAY_S);
	pair_write(f->bad, "not a key\n", 10);
	f->pem = text_of(f->key);
	f->short_pem = text_of(f->short_key);
	*state = f;
	return 0;
}

static int drop(void **state)
{
	struct files *f = *state;
	gnutls_x509_privkey_deinit(f->private);
	free(f->pem);
	free(f->short_pem);
	folder_remove(f->dir);
	free(f);
	return 0;
}

/* Does the signature of head.body.signature fit our key? */
static bool fits(const struct files *f, struct rd_arena *arena, const char *token, bool pss)
{
	const char *dot = strrchr(token, '.');
	const gnutls_datum_t text = { (unsigned char *)(uintptr_t)token, (unsigned)(dot - token) };
	gnutls_pubkey_t public;
	gnutls_privkey_t private;
	size_t n = 0;
	const char *raw = rd_base64_url_decode(arena, dot + 1, strlen(dot + 1), &n);
	if (!raw)
		return false;
	const gnutls_datum_t signature = { (unsigned char *)(uintptr_t)raw, (unsigned)n };
	gnutls_pubkey_init(&public);
	gnutls_privkey_init(&private);
	gnutls_privkey_import_x509(private, f->private, 0);
	gnutls_pubkey_import_privkey(public, private, 0, 0);
	int r = gnutls_pubkey_verify_data2(public,
		pss ? GNUTLS_SIGN_RSA_PSS_SHA256 : GNUTLS_SIGN_RSA_SHA256, 0, &text, &signature);
	gnutls_privkey_deinit(private);
	gnutls_pubkey_deinit(public);
	return r >= 0;
}

static void what_we_sign_fits_and_with_a_flipped_byte_does_not(void **state)
{
	const struct files *f = *state;
	for (int pss = 0; pss < 2; pss++) {
		RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(1u << 20);
		struct rd_err err = { 0 };
		const char *token;
		assert_int_equal(rd_jwt_sign(arena, pss ? RD_JWT_PS256 : RD_JWT_RS256, f->pem,
					 pss ? "thumb" : "", "{\"iss\":\"a\"}", &token, &err),
			RD_OK);
		assert_true(fits(f, arena, token, pss));
		char *flipped = strdup(token);
		size_t len = strlen(token);
		for (size_t at = 0; at + 1 < len; at += 7) {
			if (token[at] == '.' || (token[at] ^ 1) == '.')
				continue;
			flipped[at] ^= 1;
			assert_false(fits(f, arena, flipped, pss));
			flipped[at] ^= 1;
		}
		free(flipped);
	}
}

static void headers_name_algorithm_and_certificate(void **state)
{
	const struct files *f = *state;
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(1u << 20);
	struct rd_err err = { 0 };
	const char *token, *thumb;
	size_t n;
	assert_int_equal(rd_oauth_thumbprint(f->certificate, arena, &thumb, &err), RD_OK);
	assert_int_equal(strlen(thumb), 43); /* 32 bytes, no padding */
	assert_int_equal(
		rd_jwt_sign(arena, RD_JWT_PS256, f->pem, "abc", "{}", &token, &err), RD_OK);
	assert_string_equal(rd_base64_url_decode(arena, token, strcspn(token, "."), &n),
		"{\"alg\":\"PS256\",\"typ\":\"JWT\",\"x5t#S256\":\"abc\"}");
	assert_int_equal(rd_jwt_sign(arena, RD_JWT_RS256, f->pem, "", "{}", &token, &err), RD_OK);
	assert_string_equal(rd_base64_url_decode(arena, token, strcspn(token, "."), &n),
		"{\"alg\":\"RS256\",\"typ\":\"JWT\"}");
}

static void a_key_that_will_not_do_is_refused_without_being_told(void **state)
{
	const struct files *f = *state;
	const struct {
		const char *pem, *says;
	} rows[] = {
		{ "not a key", "no private key" },
		{ "", "no private key" },
		{ f->short_pem, "at least 2048 bits" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(1u << 20);
		struct rd_err err = { 0 };
		const char *token;
		assert_int_equal(
			rd_jwt_sign(arena, RD_JWT_RS256, rows[i].pem, "", "{}", &token, &err),
			RD_E_INPUT);
		assert_non_null(strstr(err.msg, rows[i].says));
	}
}

static void what_lies_in_the_files_is_checked(void **state)
{
	const struct files *f = *state;
	char missing[140], json[128], half[128];
	snprintf(missing, sizeof missing, "%s/missing", f->dir);
	snprintf(json, sizeof json, "%s/json", f->dir);
	snprintf(half, sizeof half, "%s/half", f->dir);
	pair_write(json, "{\"client_email\":\"a@example.org\",\"private_key\":\"x\"}", 50);
	pair_write(half, "{\"client_email\":\"a@example.org\"}", 32);
	const struct {
		const char *secret, *certificate, *key, *account, *field, *says;
	} rows[] = {
		{ f->bad, "", NULL, NULL, NULL, NULL },
		{ NULL, f->certificate, f->key, NULL, NULL, NULL },
		{ missing, "", NULL, NULL, "Secret", "missing" },
		{ NULL, f->bad, f->key, NULL, "Certificate", "no certificate" },
		{ NULL, missing, f->key, NULL, "Certificate", "missing" },
		{ NULL, f->certificate, f->bad, NULL, "Key", "no private key" },
		{ NULL, f->certificate, f->short_key, NULL, "Key", "2048" },
		{ NULL, f->certificate, f->other_key, NULL, "Key", "does not belong" },
		{ NULL, "", NULL, f->bad, "Service account", "key file of a service account" },
		{ NULL, "", NULL, half, "Service account", "key file of a service account" },
		{ NULL, "", NULL, json, "Service account", "no private key" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_oauth_config oauth = { .name = "m", .certificate = rows[i].certificate };
		struct rd_err err = { 0 };
		const char *field = NULL;
		if (rows[i].secret)
			oauth.secret = (struct rd_secret_place){ RD_SECRET_FILE, rows[i].secret };
		if (rows[i].key)
			oauth.key = (struct rd_secret_place){ RD_SECRET_FILE, rows[i].key };
		if (rows[i].account)
			oauth.service_account =
				(struct rd_secret_place){ RD_SECRET_FILE, rows[i].account };
		enum rd_rc rc = rd_oauth_check(&oauth, &field, &err);
		if (!rows[i].says) {
			if (rc != RD_OK)
				fail_msg("row %zu: %s", i, err.msg);
			continue;
		}
		assert_int_not_equal(rc, RD_OK);
		assert_string_equal(field, rows[i].field);
		if (!strstr(err.msg, rows[i].says))
			fail_msg("row %zu: %s", i, err.msg);
	}
}

static void the_last_day_is_the_certificates_own(void **state)
{
	const struct files *f = *state;
	struct rd_oauth_config oauth = { .name = "m", .certificate = f->certificate };
	struct rd_date day = { 0 };
	struct rd_err err = { 0 };
	/* 2027-06-30 23:30 UTC is the first of July in London. */
	pair_certificate(f->certificate, f->private, 1814398200);
	assert_int_equal(rd_oauth_expires(&oauth, &day, &err), RD_OK);
	assert_int_equal(rd_date_compare(day, (struct rd_date){ 2027, 7, 1 }), 0);
	oauth.certificate = "";
	oauth.secret_expires = (struct rd_date){ 2028, 2, 29 };
	assert_int_equal(rd_oauth_expires(&oauth, &day, &err), RD_OK);
	assert_int_equal(day.day, 29);
	oauth.certificate = f->bad;
	assert_int_equal(rd_oauth_expires(&oauth, &day, &err), RD_E_INPUT);
}

/* --- refusals in plain words --- */

static void each_code_has_its_remedy(void **state)
{
	static const struct {
		enum rd_oauth_kind kind;
		bool account;
		long status;
		const char *body;
		enum rd_rc rc;
		const char *says;
	} rows[] = {
#define MS(code, rc, says)                                                                         \
	{ RD_OAUTH_MICROSOFT, false, 400,                                                          \
		"{\"error\":\"invalid_client\",\"error_description\":\"AADSTS" code                \
		": words with an id. Trace ID: 1\",\"error_codes\":[" code "]}",                   \
		rc, says }
		MS("7000215", RD_E_REFUSED, "not its Secret ID"),
		MS("7000222", RD_E_REFUSED, "expired"),
		MS("700016", RD_E_REFUSED, "`Client:`"),
		MS("90002", RD_E_REFUSED, "`Tenant:`"),
		MS("900023", RD_E_REFUSED, "`Tenant:`"),
		MS("65001", RD_E_REFUSED, "Grant admin consent"),
		MS("501051", RD_E_REFUSED, "IMAP.AccessAsApp"),
		MS("50034", RD_E_REFUSED, "`User:`"),
		MS("700027", RD_E_REFUSED, "Upload the very file"),
		MS("700024", RD_E_REFUSED, "clock"),
		MS("53003", RD_E_REFUSED, "Conditional Access"),
		MS("7000112", RD_E_REFUSED, "switched off"),
		MS("1002012", RD_E_REFUSED, "/.default"),
		MS("500011", RD_E_REFUSED, "Exchange Online"),
		MS("90033", RD_E_AGAIN, "passing"),
		MS("1234567", RD_E_REFUSED, "error?code=1234567"),
		{ RD_OAUTH_MICROSOFT, false, 400, "{\"error\":\"x\",\"error_codes\":[7000222]}",
			RD_E_REFUSED, "expired" },
		{ RD_OAUTH_MICROSOFT, false, 503, "{\"error_description\":\"AADSTS7000222: x\"}",
			RD_E_AGAIN, "HTTP 503" },
		{ RD_OAUTH_MICROSOFT, false, 404, "<html>", RD_E_REFUSED, "`Tenant:`" },
#define GOOGLE(error, description, says)                                                           \
	{ RD_OAUTH_GOOGLE, true, 400,                                                              \
		"{\"error\":\"" error "\",\"error_description\":\"" description "\"}",             \
		RD_E_REFUSED, says }
		GOOGLE("invalid_grant", "Invalid JWT Signature.", "Make a new key"),
		GOOGLE("invalid_grant", "Invalid email or User ID", "no such mailbox"),
		GOOGLE("invalid_grant", "Invalid grant: account not found", "not there any more"),
		GOOGLE("invalid_grant",
			"Invalid JWT: Token must be a short-lived token (60 minutes) and in a "
			"reasonable timeframe.",
			"clock"),
		GOOGLE("invalid_grant", "Token has been expired or revoked.", "refresh token"),
		GOOGLE("invalid_grant", "Bad Request", "does not take the proof"),
		GOOGLE("unauthorized_client", "Client is unauthorized to retrieve access tokens",
			"Domain-wide delegation"),
		GOOGLE("access_denied", "Requested client not authorized.", "Client ID the scope"),
		GOOGLE("invalid_client", "The OAuth client was not found.", "`Client:`"),
		GOOGLE("invalid_scope", "x", "`Scope:`"),
		{ RD_OAUTH_OTHER, false, 401, "{\"error\":\"invalid_client\"}", RD_E_REFUSED,
			"`Secret:`" },
		{ RD_OAUTH_OTHER, false, 400, "{\"error\":\"invalid_grant\"}", RD_E_REFUSED,
			"refresh token" },
		{ RD_OAUTH_OTHER, false, 400, "{\"error\":\"unsupported_grant_type\"}",
			RD_E_REFUSED, "`Refresh token:`" },
		{ RD_OAUTH_OTHER, false, 400, "{\"error\":\"temporarily_unavailable\"}", RD_E_AGAIN,
			"asked again" },
		{ RD_OAUTH_OTHER, false, 429, "", RD_E_AGAIN, "HTTP 429" },
		{ RD_OAUTH_OTHER, false, 400, "{\"error\":\"Trace SECRET\"}", RD_E_REFUSED,
			"HTTP 400" },
		{ RD_OAUTH_OTHER, false, 400, "[1]", RD_E_REFUSED, "`Token URL:`" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_oauth_config oauth = { .name = "m", .kind = rows[i].kind };
		struct rd_err err = { 0 };
		oauth.service_account.from = rows[i].account ? RD_SECRET_FILE : RD_SECRET_NONE;
		enum rd_rc rc = rd_oauth_explain(&oauth, "box@example.org", rows[i].status,
			rows[i].body, strlen(rows[i].body), &err);
		if (rc != rows[i].rc || !strstr(err.msg, rows[i].says))
			fail_msg("%s: %d: %s", rows[i].body, rc, err.msg);
		/* What the server wrote may hold anything: it is not told on. */
		assert_null(strstr(err.msg, "Trace"));
		if (strlen(err.msg) > 420) /* a server's name still goes before it */
			fail_msg("too long: %s", err.msg);
	}
}

/* --- the configuration --- */

#define HEAD                                                                                       \
	"Gateway: north\nState: /tmp/x.db\nLandlord: code-2024\n\nOutgoing: smtp\nHost: "          \
	"smtp.example.org\nFrom: Team <c@example.org>\n\nMailbox: m\nHost: imap.example.org\n"     \
	"User: u@example.org\n"
#define MICROSOFT "OAuth: m365\n\nOAuth: m365\nKind: microsoft\nTenant: t.example.org\nClient: c\n"
#define GOOGLE_	  "OAuth: g\n\nOAuth: g\nKind: google\n"
#define OTHER	  "OAuth: o\n\nOAuth: o\nKind: other\n"

static enum rd_rc parse(const char *text, struct rd_config **config, struct rd_err *err)
{
	return rd_config_parse("redress.conf", text, strlen(text), config, err);
}

static void stanzas_are_read_with_their_defaults(void **state)
{
	RD_CLEANUP(rd_config_cleanup) struct rd_config *config = NULL;
	struct rd_err err = { 0 };
	(void)state;
	if (parse(HEAD MICROSOFT "Secret: credential m\nSecret expires: 2028-11-30\n", &config,
		    &err) != RD_OK)
		fail_msg("%s", err.msg);
	const struct rd_oauth_config *oauth = config->mailboxes[0].oauth;
	assert_ptr_equal(oauth, &config->oauths[0]);
	assert_string_equal(oauth->token_url,
		"https://login.microsoftonline.com/t.example.org/oauth2/v2.0/token");
	assert_string_equal(oauth->scope, "https://outlook.office365.com/.default");
	assert_int_equal(oauth->secret_expires.year, 2028);
	assert_null(config->outgoing->oauth);
	rd_config_free(config);
	config = NULL;
	assert_int_equal(
		parse(HEAD GOOGLE_ "Service account: credential g\n", &config, &err), RD_OK);
	assert_string_equal(config->oauths[0].token_url, "https://oauth2.googleapis.com/token");
	assert_string_equal(config->oauths[0].scope, "https://mail.google.com/");
}

static void a_stanza_may_stand_before_or_behind_what_names_it(void **state)
{
	RD_CLEANUP(rd_config_cleanup) struct rd_config *config = NULL;
	struct rd_err err = { 0 };
	(void)state;
	if (parse("OAuth: o\nKind: other\nToken URL: http://[::1]:1/t\nClient: c\nSecret: "
		  "credential s\n\n" HEAD "OAuth: o\n",
		    &config, &err) != RD_OK)
		fail_msg("%s", err.msg);
	assert_string_equal(config->mailboxes[0].oauth->name, "o");
}

static void each_mistake_is_told(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ HEAD "OAuth: nobody\n", "no stanza `OAuth: nobody`" },
		{ HEAD "Password: credential p\n" MICROSOFT "Secret: credential s\n", "not both" },
		{ HEAD "\n", "`Password:`" },
		{ HEAD MICROSOFT, "`Secret:`" },
		{ HEAD MICROSOFT "Secret: hunter2\n", "never written here" },
		{ HEAD MICROSOFT "Secret: credential s\nKey: credential k\n", "not both" },
		{ HEAD MICROSOFT "Key: credential k\n", "`Certificate:`" },
		{ HEAD MICROSOFT "Certificate: /x.pem\n", "`Key:`" },
		{ HEAD MICROSOFT "Certificate: x.pem\nKey: credential k\n", "absolute path" },
		{ HEAD MICROSOFT "Certificate: /x.pem\nKey: credential k\nSecret expires: "
				 "2028-01-01\n",
			"says itself" },
		{ HEAD MICROSOFT "Secret: credential s\nSecret expires: soon\n", "2027-11-30" },
		{ HEAD MICROSOFT "Secret: credential s\nService account: credential g\n",
			"no use for `Service account:`" },
		{ HEAD MICROSOFT "Secret: credential s\nToken URL: http://login.example.org/\n",
			"https://" },
		{ HEAD MICROSOFT "Secret: credential s\nToken URL: http://127.0.0.1.example.org/\n",
			"https://" },
		{ HEAD "OAuth: m\n\nOAuth: m\nKind: microsoft\nClient: c\nSecret: credential s\n",
			"`Tenant:`" },
		{ HEAD "OAuth: m\n\nOAuth: m\nKind: microsoft\nTenant: a/b\nClient: c\nSecret: "
		       "credential s\n",
			"no tenant" },
		{ HEAD "OAuth: m\n\nOAuth: m\nKind: microsoft\nTenant: t\nSecret: credential s\n",
			"`Client:`" },
		{ HEAD GOOGLE_, "`Service account:`" },
		{ HEAD GOOGLE_ "Refresh token: credential r\nClient: c\n", "`Secret:`" },
		{ HEAD GOOGLE_ "Service account: credential g\nClient: c\n", "needs no `Client:`" },
		{ HEAD GOOGLE_ "Service account: credential g\nTenant: t\n", "no use for" },
		{ HEAD OTHER "Client: c\nSecret: credential s\n", "`Token URL:`" },
		{ HEAD OTHER "Token URL: https://h/t\nSecret: credential s\n", "`Client:`" },
		{ HEAD OTHER "Token URL: https://h/t\nClient: c\n", "`Secret:`" },
		{ HEAD "OAuth: o\n\nOAuth: o\nClient: c\n", "`Kind:`" },
		{ HEAD "OAuth: o\n\nOAuth: o\nKind: yahoo\n", "yahoo" },
		{ HEAD MICROSOFT "Secret: credential s\n\nOAuth: m365\nKind: google\n",
			"a second `OAuth: m365`" },
		{ HEAD "Tenant: t\n", "belongs in the `OAuth:` stanza" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		RD_CLEANUP(rd_config_cleanup) struct rd_config *config = NULL;
		struct rd_err err = { 0 };
		if (parse(rows[i].text, &config, &err) == RD_OK)
			fail_msg("row %zu is taken: %s", i, rows[i].says);
		if (!strstr(err.msg, rows[i].says) || !strstr(err.msg, "redress.conf:"))
			fail_msg("row %zu: %s", i, err.msg);
		assert_null(strstr(err.msg, "hunter2"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_vectors_of_the_providers_hold),
		cmocka_unit_test(a_flipped_byte_makes_another_line),
		cmocka_unit_test(a_user_cannot_end_its_field),
		cmocka_unit_test(what_a_server_says_back_is_hidden),
		cmocka_unit_test(what_we_sign_fits_and_with_a_flipped_byte_does_not),
		cmocka_unit_test(headers_name_algorithm_and_certificate),
		cmocka_unit_test(a_key_that_will_not_do_is_refused_without_being_told),
		cmocka_unit_test(what_lies_in_the_files_is_checked),
		cmocka_unit_test(the_last_day_is_the_certificates_own),
		cmocka_unit_test(each_code_has_its_remedy),
		cmocka_unit_test(stanzas_are_read_with_their_defaults),
		cmocka_unit_test(a_stanza_may_stand_before_or_behind_what_names_it),
		cmocka_unit_test(each_mistake_is_told),
	};
	return cmocka_run_group_tests(tests, make, drop);
}

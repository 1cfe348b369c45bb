#include "redress/wire/oauth_files.h"

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <jansson.h>
#include <string.h>

#include "redress/base/stanza.h"
#include "redress/wire/jwt.h"
#include "redress/wire/oauth.h"
#include "redress/wire/providers/encode.h"

#define CERTIFICATE_BYTES_MAX (64u << 10)
#define FILE_ARENA_BYTES      (256u << 10)
#define SHA256_BYTES	      32

/* --- Google's key file --- */

static bool take(const json_t *root, const char *name, char *out, size_t size)
{
	const json_t *member = json_object_get(root, name);
	const size_t len = json_string_length(member);

	if (!json_is_string(member) || len == 0 || len >= size)
		return false;
	memcpy(out, json_string_value(member), len + 1);
	return strlen(out) == len;
}

enum rd_rc rd_oauth_account_read(const struct rd_secret_place *place,
	struct rd_oauth_account *ret_account, struct rd_err *err)
{
	RD_CLEANUP(rd_long_secret_wipe) struct rd_long_secret file = { { 0 } };
	json_error_t why;
	json_t *root;
	bool whole;

	RD_TRY(rd_credential_read_lines(place, &file, err));
	root = json_loads(file.text, JSON_REJECT_DUPLICATES, &why);
	whole = take(root, "client_email", ret_account->email, sizeof ret_account->email) &&
		take(root, "private_key", ret_account->key.text, sizeof ret_account->key.text);
	json_decref(root);
	return whole ? RD_OK
		     : rd_fail(err, RD_E_INPUT,
			       "`Service account:` is not the key file of a service account; put "
			       "the JSON file there that Google gave you, whole (it holds "
			       "\"client_email\" and \"private_key\")");
}

void rd_oauth_account_wipe(struct rd_oauth_account *account)
{
	explicit_bzero(account, sizeof *account);
}

/* --- the certificate --- */

static void free_certificate(gnutls_x509_crt_t *certificate)
{
	if (*certificate)
		gnutls_x509_crt_deinit(*certificate);
}

static void free_private(gnutls_privkey_t *key)
{
	if (*key)
		gnutls_privkey_deinit(*key);
}

static void free_public(gnutls_pubkey_t *key)
{
	if (*key)
		gnutls_pubkey_deinit(*key);
}

/* The first of the file. */
static enum rd_rc read_certificate(
	const char *path, gnutls_x509_crt_t *ret_certificate, struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(FILE_ARENA_BYTES);
	RD_CLEANUP(free_certificate) gnutls_x509_crt_t certificate = NULL;
	const char *text;
	gnutls_datum_t pem;
	size_t len;

	RD_TRY(rd_file_read(path, CERTIFICATE_BYTES_MAX, arena, &text, &len, err));
	pem = (gnutls_datum_t){ (unsigned char *)(uintptr_t)text, (unsigned)len };
	RD_ASSERT(gnutls_x509_crt_init(&certificate) >= 0);
	if (gnutls_x509_crt_import(certificate, &pem, GNUTLS_X509_FMT_PEM) < 0)
		return rd_fail(err, RD_E_INPUT,
			"%s: no certificate can be read from it; it must be in PEM (-----BEGIN "
			"CERTIFICATE-----), the one that the app registration has",
			path);
	*ret_certificate = RD_STEAL(certificate);
	return RD_OK;
}

enum rd_rc rd_oauth_thumbprint(
	const char *path, struct rd_arena *arena, const char **ret_thumbprint, struct rd_err *err)
{
	RD_CLEANUP(free_certificate) gnutls_x509_crt_t certificate = NULL;
	unsigned char hash[SHA256_BYTES];
	size_t len = sizeof hash;

	RD_TRY(read_certificate(path, &certificate, err));
	if (gnutls_x509_crt_get_fingerprint(certificate, GNUTLS_DIG_SHA256, hash, &len) < 0)
		return rd_fail(err, RD_E_INPUT, "%s: it cannot be hashed", path);
	*ret_thumbprint = rd_base64_url(arena, hash, len);
	return *ret_thumbprint ? RD_OK : rd_fail(err, RD_E_RANGE, "no room for a thumbprint");
}

enum rd_rc rd_oauth_expires(
	const struct rd_oauth_config *oauth, struct rd_date *ret_day, struct rd_err *err)
{
	RD_CLEANUP(free_certificate) gnutls_x509_crt_t certificate = NULL;
	time_t end;

	if (oauth->certificate[0] == '\0') {
		*ret_day = oauth->secret_expires;
		return RD_OK;
	}
	RD_TRY(read_certificate(oauth->certificate, &certificate, err));
	end = gnutls_x509_crt_get_expiration_time(certificate);
	if (end == (time_t)-1 || rd_date_of((int64_t)end * 1000).year > 2199)
		return rd_fail(
			err, RD_E_INPUT, "%s: it does not say when it expires", oauth->certificate);
	*ret_day = rd_date_of((int64_t)end * 1000);
	return RD_OK;
}

/* --- do they belong together? --- */

static enum rd_rc id_of_certificate(
	const char *path, unsigned char *ret_id, size_t size, struct rd_err *err)
{
	RD_CLEANUP(free_certificate) gnutls_x509_crt_t certificate = NULL;
	RD_CLEANUP(free_public) gnutls_pubkey_t key = NULL;

	RD_TRY(read_certificate(path, &certificate, err));
	RD_ASSERT(gnutls_pubkey_init(&key) >= 0);
	if (gnutls_pubkey_import_x509(key, certificate, 0) < 0 ||
		gnutls_pubkey_get_key_id(key, GNUTLS_KEYID_USE_SHA256, ret_id, &size) < 0)
		return rd_fail(err, RD_E_INPUT, "%s: its key cannot be read", path);
	return RD_OK;
}

static bool id_of_key(const char *pem_text, unsigned char *ret_id, size_t size)
{
	RD_CLEANUP(free_private) gnutls_privkey_t key = NULL;
	RD_CLEANUP(free_public) gnutls_pubkey_t public = NULL;
	const gnutls_datum_t pem = { (unsigned char *)(uintptr_t)pem_text,
		(unsigned)strlen(pem_text) };

	RD_ASSERT(gnutls_privkey_init(&key) >= 0 && gnutls_pubkey_init(&public) >= 0);
	return gnutls_privkey_import_x509_raw(key, &pem, GNUTLS_X509_FMT_PEM, NULL, 0) >= 0 &&
	       gnutls_pubkey_import_privkey(public, key, 0, 0) >= 0 &&
	       gnutls_pubkey_get_key_id(public, GNUTLS_KEYID_USE_SHA256, ret_id, &size) >= 0;
}

/* Signing something is the shortest way to know that a key will do. */
static enum rd_rc try_key(const char *pem, enum rd_jwt_algorithm algorithm, struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(FILE_ARENA_BYTES);
	const char *token;

	return rd_jwt_sign(arena, algorithm, pem, "", "{}", &token, err);
}

static enum rd_rc check_pair(
	const struct rd_oauth_config *oauth, const char **ret_field, struct rd_err *err)
{
	RD_CLEANUP(rd_long_secret_wipe) struct rd_long_secret key = { { 0 } };
	unsigned char ours[SHA256_BYTES], theirs[SHA256_BYTES];

	*ret_field = "Certificate";
	RD_TRY(id_of_certificate(oauth->certificate, theirs, sizeof theirs, err));
	*ret_field = "Key";
	RD_TRY(rd_credential_read_lines(&oauth->key, &key, err));
	if (try_key(key.text, RD_JWT_PS256, err) != RD_OK)
		return rd_fail_within(err, "%s", oauth->key.name);
	if (!id_of_key(key.text, ours, sizeof ours) || memcmp(ours, theirs, sizeof ours) != 0)
		return rd_fail(err, RD_E_INPUT,
			"the key does not belong to the certificate %.200s; put the two of one "
			"pair there",
			oauth->certificate);
	return RD_OK;
}

static enum rd_rc check_account(
	const struct rd_oauth_config *oauth, const char **ret_field, struct rd_err *err)
{
	RD_CLEANUP(rd_oauth_account_wipe) struct rd_oauth_account account = { .email = "" };

	*ret_field = "Service account";
	RD_TRY(rd_oauth_account_read(&oauth->service_account, &account, err));
	if (try_key(account.key.text, RD_JWT_RS256, err) != RD_OK)
		return rd_fail_within(err, "%s", oauth->service_account.name);
	return RD_OK;
}

static enum rd_rc check_secret(const struct rd_secret_place *place, struct rd_err *err)
{
	RD_CLEANUP(rd_secret_wipe) struct rd_secret secret = { { 0 } };

	return place->from == RD_SECRET_NONE ? RD_OK : rd_credential_read(place, &secret, err);
}

enum rd_rc rd_oauth_check(
	const struct rd_oauth_config *oauth, const char **ret_field, struct rd_err *err)
{
	*ret_field = "Secret";
	RD_TRY(check_secret(&oauth->secret, err));
	*ret_field = "Refresh token";
	RD_TRY(check_secret(&oauth->refresh_token, err));
	if (oauth->certificate[0] != '\0')
		RD_TRY(check_pair(oauth, ret_field, err));
	if (oauth->service_account.from != RD_SECRET_NONE)
		RD_TRY(check_account(oauth, ret_field, err));
	return RD_OK;
}

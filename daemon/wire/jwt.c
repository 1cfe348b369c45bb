#include "redress/wire/jwt.h"

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "redress/wire/providers/encode.h"

static const char *signature_of(
	struct rd_arena *arena, const char *secret, const char *text, size_t len)
{
	uint8_t mac[RD_HMAC_SHA256_BYTES];
	rd_hmac_sha256(secret, text, len, mac);
	return rd_base64_url(arena, mac, sizeof mac);
}

enum rd_rc rd_jwt_make(struct rd_arena *arena, const char *secret, const char *claims,
	const char **ret_token, struct rd_err *err)
{
	static const char header[] = "{\"typ\":\"JWT\",\"alg\":\"HS256\"}";
	const char *head = rd_base64_url(arena, header, sizeof header - 1);
	const char *body = rd_base64_url(arena, claims, strlen(claims));
	const char *text = rd_arena_printf(arena, "%s.%s", head ? head : "", body ? body : "");
	const char *signature = text ? signature_of(arena, secret, text, strlen(text)) : NULL;
	const char *token =
		rd_arena_printf(arena, "%s.%s", text ? text : "", signature ? signature : "");
	if (!token || rd_arena_overflowed(arena))
		return rd_fail(err, RD_E_RANGE, "no room for a token");
	*ret_token = token;
	return RD_OK;
}

/* The header is a stranger's: only what it may say is looked for. */
static bool is_hs256(struct rd_arena *arena, const char *text, size_t len)
{
	json_error_t why;
	size_t n;
	const char *header = rd_base64_url_decode(arena, text, len, &n);
	json_t *root = header ? json_loadb(header, n, JSON_REJECT_DUPLICATES, &why) : NULL;
	const char *algorithm = json_string_value(json_object_get(root, "alg"));
	bool right = algorithm && strcmp(algorithm, "HS256") == 0;
	json_decref(root);
	return right;
}

enum rd_rc rd_jwt_check(struct rd_arena *arena, const char *secret, const char *token,
	const char **ret_claims, size_t *ret_len, struct rd_err *err)
{
	const char *first = strchr(token, '.');
	const char *second = first ? strchr(first + 1, '.') : NULL;
	if (!secret[0])
		return rd_fail(err, RD_E_REFUSED, "no token is configured");
	if (!second || strchr(second + 1, '.') || strlen(token) > RD_JWT_BYTES_MAX)
		return rd_fail(err, RD_E_REFUSED, "the bearer token is not a JSON Web Token");
	const char *ours = signature_of(arena, secret, token, (size_t)(second - token));
	if (!ours || !rd_same_secret(ours, second + 1))
		return rd_fail(err, RD_E_REFUSED,
			"the signature of the JSON Web Token does not fit; check the token");
	if (!is_hs256(arena, token, (size_t)(first - token)))
		return rd_fail(err, RD_E_REFUSED, "the JSON Web Token is not signed by HS256");
	const char *claims =
		rd_base64_url_decode(arena, first + 1, (size_t)(second - first - 1), ret_len);
	if (!claims)
		return rd_fail(err, RD_E_REFUSED, "the JSON Web Token's claims cannot be read");
	*ret_claims = claims;
	return RD_OK;
}

static void free_key(gnutls_privkey_t *key)
{
	if (*key)
		gnutls_privkey_deinit(*key);
}

static void free_datum(gnutls_datum_t *datum)
{
	gnutls_free(datum->data);
}

static enum rd_rc read_key(const char *key_pem, gnutls_privkey_t *ret_key, struct rd_err *err)
{
	RD_CLEANUP(free_key) gnutls_privkey_t key = NULL;
	const gnutls_datum_t pem = { (unsigned char *)(uintptr_t)key_pem,
		(unsigned)strlen(key_pem) };
	unsigned bits = 0;
	int algorithm;

	RD_ASSERT(gnutls_privkey_init(&key) >= 0);
	if (gnutls_privkey_import_x509_raw(key, &pem, GNUTLS_X509_FMT_PEM, NULL, 0) < 0)
		return rd_fail(err, RD_E_INPUT,
			"it holds no private key that can be read; it must be an RSA key in PEM "
			"(-----BEGIN PRIVATE KEY-----) without a passphrase");
	algorithm = gnutls_privkey_get_pk_algorithm(key, &bits);
	if (algorithm != GNUTLS_PK_RSA || bits < RD_JWT_KEY_BITS_MIN)
		return rd_fail(err, RD_E_INPUT, "it must be an RSA key of at least %d bits",
			RD_JWT_KEY_BITS_MIN);
	*ret_key = RD_STEAL(key);
	return RD_OK;
}

enum rd_rc rd_jwt_sign(struct rd_arena *arena, enum rd_jwt_algorithm algorithm, const char *key_pem,
	const char *thumbprint, const char *claims, const char **ret_token, struct rd_err *err)
{
	RD_CLEANUP(free_key) gnutls_privkey_t key = NULL;
	RD_CLEANUP(free_datum) gnutls_datum_t signature = { NULL, 0 };
	const bool pss = algorithm == RD_JWT_PS256;
	const char *header = rd_arena_printf(arena, "{\"alg\":\"%s\",\"typ\":\"JWT\"%s%s%s}",
		pss ? "PS256" : "RS256", thumbprint[0] ? ",\"x5t#S256\":\"" : "", thumbprint,
		thumbprint[0] ? "\"" : "");
	const char *head = header ? rd_base64_url(arena, header, strlen(header)) : NULL;
	const char *body = rd_base64_url(arena, claims, strlen(claims));
	const char *text = rd_arena_printf(arena, "%s.%s", head ? head : "", body ? body : "");
	const char *end, *token;

	RD_TRY(read_key(key_pem, &key, err));
	if (!text || rd_arena_overflowed(arena))
		return rd_fail(err, RD_E_RANGE, "no room for a token");
	const gnutls_datum_t data = { (unsigned char *)(uintptr_t)text, (unsigned)strlen(text) };
	if (gnutls_privkey_sign_data2(key,
		    pss ? GNUTLS_SIGN_RSA_PSS_SHA256 : GNUTLS_SIGN_RSA_SHA256, 0, &data,
		    &signature) < 0)
		return rd_fail(err, RD_E_INPUT, "nothing can be signed with this key");
	end = rd_base64_url(arena, signature.data, signature.size);
	token = rd_arena_printf(arena, "%s.%s", text, end ? end : "");
	if (!token || rd_arena_overflowed(arena))
		return rd_fail(err, RD_E_RANGE, "no room for a token");
	*ret_token = token;
	return RD_OK;
}

/* rsa_pair: an RSA key and its own certificate, as files, for what signs in by them. */
#ifndef REDRESS_SUPPORT_RSA_PAIR_H
#define REDRESS_SUPPORT_RSA_PAIR_H

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#define PAIR_CHECK(call)                                                                           \
	do {                                                                                       \
		if ((call) < 0)                                                                    \
			abort();                                                                   \
	} while (0)

static inline void pair_write(const char *path, const void *data, size_t len)
{
	FILE *file = fopen(path, "we");
	if (!file || fwrite(data, 1, len, file) != len || fclose(file) != 0 ||
		chmod(path, 0600) != 0)
		abort();
}

static inline gnutls_x509_privkey_t pair_key(const char *path, unsigned bits)
{
	gnutls_x509_privkey_t key;
	gnutls_datum_t pem;
	PAIR_CHECK(gnutls_x509_privkey_init(&key));
	PAIR_CHECK(gnutls_x509_privkey_generate(key, GNUTLS_PK_RSA, bits, 0));
	PAIR_CHECK(gnutls_x509_privkey_export2_pkcs8(
		key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &pem));
	pair_write(path, pem.data, pem.size);
	gnutls_free(pem.data);
	return key;
}

/* A certificate of that key that ends at an instant. */
static inline void pair_certificate(const char *path, gnutls_x509_privkey_t key, time_t ends)
{
	gnutls_x509_crt_t crt;
	gnutls_datum_t pem;
	PAIR_CHECK(gnutls_x509_crt_init(&crt));
	PAIR_CHECK(gnutls_x509_crt_set_version(crt, 3));
	PAIR_CHECK(gnutls_x509_crt_set_serial(crt, "\x01", 1));
	PAIR_CHECK(gnutls_x509_crt_set_dn(crt, "CN=redress", NULL));
	PAIR_CHECK(gnutls_x509_crt_set_activation_time(crt, ends - 86400 * 365));
	PAIR_CHECK(gnutls_x509_crt_set_expiration_time(crt, ends));
	PAIR_CHECK(gnutls_x509_crt_set_key(crt, key));
	PAIR_CHECK(gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0));
	PAIR_CHECK(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &pem));
	pair_write(path, pem.data, pem.size);
	gnutls_free(pem.data);
	gnutls_x509_crt_deinit(crt);
}

#endif

/* oauth_files: what an `OAuth:` stanza's proof is read from: a certificate, a service account.
 *
 * Private to wire/oauth*.c.
 */
#ifndef REDRESS_WIRE_OAUTH_FILES_H
#define REDRESS_WIRE_OAUTH_FILES_H

#include "redress/base/limits.h"
#include "redress/wire/credential.h"

/* Google's key file: {"type":"service_account","client_email":...,"private_key":...}. */
struct rd_oauth_account {
	char email[RD_ADDRESS_BYTES_MAX + 1];
	struct rd_long_secret key; /* PEM */
};
RD_MUST_USE enum rd_rc rd_oauth_account_read(const struct rd_secret_place *place,
	struct rd_oauth_account *ret_account, struct rd_err *err);
void rd_oauth_account_wipe(struct rd_oauth_account *account);

#endif

/* credential: a secret, read when it is needed and forgotten after.
 *
 * `credential NAME` is $CREDENTIALS_DIRECTORY/NAME or, as the unit hands the whole folder over,
 * $CREDENTIALS_DIRECTORY/redress_NAME (systemd.exec(5), LoadCredential=); at a shell, where nothing
 * was handed over, RD_CREDENTIALS_DIR/NAME. `file PATH` must belong to us or root and be readable
 * by nobody else. A trailing newline is not part of it. A secret with CR, LF or NUL inside is
 * refused: it would be a command injection in IMAP and SMTP. Errors name the place, never the
 * secret.
 *
 * A key or a service account's file is a secret of several lines: rd_credential_read_lines.
 */
#ifndef REDRESS_WIRE_CREDENTIAL_H
#define REDRESS_WIRE_CREDENTIAL_H

#include "redress/wire/config.h"

#define RD_SECRET_MAX	   4096
#define RD_LONG_SECRET_MAX 16384
#define RD_CREDENTIALS_DIR "/etc/redress/credentials"

struct rd_secret {
	char text[RD_SECRET_MAX]; /* NUL-ended */
};

RD_MUST_USE enum rd_rc rd_credential_read(
	const struct rd_secret_place *place, struct rd_secret *ret_secret, struct rd_err *err);
/* Wipes it; fit for RD_CLEANUP. */
void rd_secret_wipe(struct rd_secret *secret);

/* A private key in PEM, a file in JSON: several lines, no NUL. */
struct rd_long_secret {
	char text[RD_LONG_SECRET_MAX]; /* NUL-ended */
};

RD_MUST_USE enum rd_rc rd_credential_read_lines(
	const struct rd_secret_place *place, struct rd_long_secret *ret_secret, struct rd_err *err);
void rd_long_secret_wipe(struct rd_long_secret *secret);

#endif

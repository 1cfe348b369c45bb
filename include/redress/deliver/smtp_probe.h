/* smtp_probe: looks at a mail server by hand, up to what it offers, for `redressctl connect`.
 *
 * libcurl sends letters, and tells of a certificate it does not take no more than that; our own
 * stream (wire/stream.h) says why. Greeting, EHLO, STARTTLS, EHLO, QUIT: no secret leaves.
 * RD_E_REFUSED: the certificate, no STARTTLS, nothing that greets as a mail server.
 */
#ifndef REDRESS_DELIVER_SMTP_PROBE_H
#define REDRESS_DELIVER_SMTP_PROBE_H

#include <stdbool.h>
#include "redress/base/err.h"
#include "redress/wire/config.h"

struct rd_smtp_offer {
	bool starttls;
	bool password; /* PLAIN or LOGIN */
	bool token;    /* XOAUTH2 or OAUTHBEARER */
};

RD_MUST_USE enum rd_rc rd_smtp_probe(const struct rd_outgoing_config *config, int timeout_ms,
	struct rd_smtp_offer *ret_offer, struct rd_err *err);

#endif

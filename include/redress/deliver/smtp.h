/* smtp: one letter to one recipient a transaction, over libcurl, the connection kept between
 * letters.
 *
 * TLS 1.2 or later with certificate and host name verified (`tls`: from the first byte; `starttls`:
 * refused where the server does not offer it); `plain` for loopback alone. LOGIN or PLAIN only
 * where a user is configured; with an `OAuth:` OAUTHBEARER or XOAUTH2 and nothing else, the token
 * from the daemon's cache (wire/tokens.h), fetched anew once a letter where the server refuses it.
 * The envelope sender is the configured one, or the null sender. No DSN parameters: libcurl cannot,
 * and the null sender wants no report.
 *
 * Outcome by where the transaction ended:
 *   before the mail was given whole    4xx, lost connection, time-out: again
 *                                      5xx to RCPT, 552 anywhere: refused for good
 *                                      5xx to anything else (greeting, AUTH, MAIL): again, ours
 *   anywhere                           5xx that denies the sender's address: again, ours
 *   after its last line                250: done   4xx: again   5xx: refused
 *                                      nothing (lost, time-out): uncertain
 * A kept connection that turns out to be dead before DATA is replaced at once, silently.
 *
 * Source: RFC 5321 4.2.1, 4.5.3.2, 6.1.
 */
#ifndef REDRESS_DELIVER_SMTP_H
#define REDRESS_DELIVER_SMTP_H

#include <stddef.h>
#include "redress/deliver/result.h"
#include "redress/wire/config.h"

#define RD_SMTP_CONNECT_MS 30000
#define RD_SMTP_TIMEOUT_MS 120000 /* the whole transaction */

struct rd_smtp;

/* config is borrowed for the life of the object. The password is read at each transaction. */
RD_MUST_USE enum rd_rc rd_smtp_new(
	const struct rd_outgoing_config *config, struct rd_smtp **ret_smtp, struct rd_err *err);
void rd_smtp_free(struct rd_smtp *smtp);			    /* says QUIT; NULL is fine */
void rd_smtp_set_timeout(struct rd_smtp *smtp, int64_t timeout_ms); /* for tests */

/* mail  the whole message, CRLF at each line's end */
void rd_smtp_send(struct rd_smtp *smtp, const char *recipient, const char *mail, size_t len,
	const struct rd_deliver_calls *calls, struct rd_deliver_result *ret_result);

/* Looks at the server (deliver/smtp_probe.h), authenticates, and sends nothing: `redressctl
 * connect`. */
RD_MUST_USE enum rd_rc rd_smtp_try(struct rd_smtp *smtp, struct rd_err *err);

#endif

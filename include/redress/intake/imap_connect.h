/* imap_connect: from a mailbox's configuration to a logged-in connection, by password or by token.
 *
 * A token comes from the daemon's cache (wire/tokens.h) before the connection is opened. Where the
 * server refuses it, it is forgotten, and one more is fetched and tried on a new connection; when
 * that is refused too, the error says what is missing at Microsoft, Google or the like.
 */
#ifndef REDRESS_INTAKE_IMAP_CONNECT_H
#define REDRESS_INTAKE_IMAP_CONNECT_H

#include "redress/intake/imap_login.h"
#include "redress/wire/tokens.h"

struct rd_imap_way {
	const struct rd_mailbox_config *config;
	const struct rd_trust *trust; /* NULL with Security: plain */
	int wake_fd;
	int connect_ms, read_ms;	  /* as of struct rd_stream_options */
	const struct rd_token_stop *stop; /* NULL will do */
};

/* ret_stream is owned. Errors name the server. */
RD_MUST_USE enum rd_rc rd_imap_connect(const struct rd_imap_way *way, struct rd_stream **ret_stream,
	struct rd_imap_abilities *ret_abilities, struct rd_err *err);

#endif

/* connect: what the halves of `redressctl connect` share. */
#ifndef REDRESS_REDRESSCTL_CONNECT_H
#define REDRESS_REDRESSCTL_CONNECT_H

#include "command.h"
#include <jansson.h>

#include "redress/base/arena.h"
#include "redress/wire/config.h"
#include "redress/wire/providers/provider.h"

#define RD_CONNECT_TIMEOUT_MS 20000

struct rd_trying {
	const struct rd_config *config;
	struct rd_arena *arena;
	const char *send_to; /* NULL: no test mail */
	bool try_key;	     /* an Open311 server's, with a request that asks for nothing */
	json_t *list;	     /* NULL where people read */
	enum rd_exit exit;
	size_t n; /* things of that name */
};

/* One thing was tried: rc and err where it came to an end, what was found, and what is worth
 * knowing though nothing is wrong. */
void rd_connect_tell(struct rd_trying *t, const char *what, const char *name, enum rd_rc rc,
	const struct rd_err *err, const struct rd_provider_findings *faults,
	const struct rd_provider_findings *notes);

/* connect_mail.c */
void rd_connect_mailbox(struct rd_trying *t, const struct rd_mailbox_config *mailbox);
void rd_connect_outgoing(struct rd_trying *t, const struct rd_outgoing_config *outgoing);

/* connect_systems.c */
void rd_connect_hook(struct rd_trying *t, const struct rd_hook_config *hook);
void rd_connect_open311(struct rd_trying *t, const struct rd_open311_config *open311);

#endif

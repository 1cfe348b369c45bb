/* open311_try: one `Open311:` tried end to end, for a person: its address, whether it offers the
 * services that the stanza names, and what each of them wants beside what we tell. That only asks.
 *
 * Its key is another matter: it is shown to nobody but with a request, so one is sent that names no
 * service and says nothing. A server that checks little may take that for one, so a person must
 * want it.
 */
#ifndef REDRESS_DELIVER_OPEN311_TRY_H
#define REDRESS_DELIVER_OPEN311_TRY_H

#include "redress/base/arena.h"
#include "redress/wire/config.h"
#include "redress/wire/providers/provider.h"

struct rd_open311_tried {
	bool may_pass; /* it does not answer, or not now: that may pass by itself */
	struct rd_provider_findings faults; /* arena: sentences, with what to do */
	struct rd_provider_findings notes;  /* worth knowing though nothing is wrong */
};

/* What credential.h has: the key cannot be read, nothing was asked. RD_E_RANGE: the arena. */
RD_MUST_USE enum rd_rc rd_open311_try(const struct rd_open311_config *config, int64_t timeout_ms,
	struct rd_arena *arena, struct rd_open311_tried *ret_tried, struct rd_err *err);
/* The key alone; only where there is a list of services: what has none is not shown it. */
RD_MUST_USE enum rd_rc rd_open311_try_key(const struct rd_open311_config *config,
	int64_t timeout_ms, struct rd_arena *arena, struct rd_open311_tried *ret_tried,
	struct rd_err *err);

#endif

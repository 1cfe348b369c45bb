/* imap_try: tries a mailbox for `redressctl connect`: connects, logs in, opens the folder, and
 * looks whether what `Afterwards:` wants can be done. Changes nothing.
 *
 * Not RD_OK where it came to an end before the folder was open. Else faults is what would not work,
 * notes what is worth knowing; sentences in the arena.
 */
#ifndef REDRESS_INTAKE_IMAP_TRY_H
#define REDRESS_INTAKE_IMAP_TRY_H

#include "redress/base/arena.h"
#include "redress/wire/config.h"
#include "redress/wire/providers/provider.h"

RD_MUST_USE enum rd_rc rd_imap_try(const struct rd_mailbox_config *config, struct rd_arena *arena,
	struct rd_provider_findings *faults, struct rd_provider_findings *notes,
	struct rd_err *err);

#endif

/* consent: may letters of a case go to whoever wrote first?
 *
 * Whoever wrote first may be the one whom the resident has not agreed to (yet, or at all). No
 * letter goes to that one, and nothing that they write is done by itself, until a person says that
 * the resident agrees, or where the resident gets letters.
 */
#ifndef REDRESS_GATEWAY_CONSENT_H
#define REDRESS_GATEWAY_CONSENT_H

#include <stdbool.h>
#include <stdint.h>
#include "redress/base/arena.h"
#include "redress/base/err.h"
#include "redress/policy/letter.h"
#include "redress/store/casebook.h"

/* Letters of the case go to the resident, as a person said, and not to whoever wrote first. */
RD_MUST_USE enum rd_rc rd_consent_writes_to_resident(struct rd_db *db, int64_t case_id,
	struct rd_arena *arena, bool *ret_is, struct rd_err *err);
/* They do, or nobody recorded that the resident has not agreed. */
RD_MUST_USE enum rd_rc rd_consent_lets_write(struct rd_db *db, int64_t case_id,
	struct rd_arena *arena, bool *ret_lets, struct rd_err *err);
/* RD_E_REFUSED with what to do where they do not. A receipt may go to another than the main
 * contact: to whoever sent what it is for. */
RD_MUST_USE enum rd_rc rd_consent_check(struct rd_db *db, const struct rd_case *matter,
	const char *recipient, enum rd_letter_kind letter, struct rd_arena *arena,
	struct rd_err *err);

#endif

/* warnings: who hears that a date of a case comes near, ends today or has passed; and the digests.
 *
 * A clock's warnings (policy/warning.h) go, each once:
 *   before the day   to the owner of the case (`case assign`), where a role of the configuration is
 *                    called so or held by that person; else to the role in charge (`Warnings to:`)
 *   on the day       to the owner and the role in charge
 *   after it         to both, and to whoever comes next above each (`Then up:`)
 * and never to one whom the case is about (notices.h). What is due for one role goes in one mail,
 * at most one an hour, so that an outage ends in one list and no avalanche; hours are the role's
 * own. A clock that counts hours is warned of at once.
 *
 * A digest is a role's mail of the day (`Digest:`): overdue, due today, due within a week, owned by
 * nobody. A day missed is not made up for.
 */
#ifndef REDRESS_GATEWAY_WARNINGS_H
#define REDRESS_GATEWAY_WARNINGS_H

#include "redress/gateway/office.h"

#define RD_WARNINGS_FROM_MIN 420 /* of the London day: no warning of a day leaves before */
#define RD_WARNING_LINES_MAX 200 /* of one mail; the rest is counted */
#define RD_DIGEST_DAYS	     7	 /* "due within a week" */
#define RD_LISTS_KEEP_DAYS   90	 /* the words of warnings and digests that have left */

/* *ret_n: notices put in the outbox. */
RD_MUST_USE enum rd_rc rd_warnings_round(
	struct rd_db *db, const struct rd_office *office, size_t *ret_n, struct rd_err *err);

#endif

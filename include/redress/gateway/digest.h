/* digest: the mail of the day to each role that asks for it (`Digest:`): what is overdue, due
 * today, due within a week, and which cases nobody owns. By reference, kind and date alone; a case
 * that may be about the one who reads it is left out. Once a day, on working days, from the time
 * that the role names; a day missed is not made up for.
 */
#ifndef REDRESS_GATEWAY_DIGEST_H
#define REDRESS_GATEWAY_DIGEST_H

#include "redress/gateway/office.h"

RD_MUST_USE enum rd_rc rd_digests_round(struct rd_db *db, const struct rd_office *office,
	struct rd_arena *arena, size_t *ret_n, struct rd_err *err);

#endif

/* closing: answered cases end when the days that the policy gives after the answer (case.close) are
 * over, where nothing is left to do: no task, no clock, no review, no hold. The letter `closing`
 * says so, and that the resident can have it opened again. A policy without such days closes
 * nothing by itself.
 *
 * Before that the resident is asked whether all that was agreed is done (the letter
 * `closing_check`), RD_CLOSING_CHECK_DAYS before the days are over, and the case is not closed
 * until as many days after it; where there is no way to ask, the days alone count.
 */
#ifndef REDRESS_GATEWAY_CLOSING_H
#define REDRESS_GATEWAY_CLOSING_H

#include "redress/gateway/office.h"

#define RD_CLOSING_CHECK_DAYS 7 /* calendar days; a choice: the policies give none */

/* Each case is a transaction of its own. *ret_n: how many were closed. */
RD_MUST_USE enum rd_rc rd_closing_round(
	struct rd_db *db, const struct rd_office *office, size_t *ret_n, struct rd_err *err);

#endif

/* contact: what is kept about a sender: opt-outs, wrong reference codes. Keyed hashes alone.
 *
 * An address is an e-mail address or a number (+44...). These rows outlive erasure: a number that
 * opted out stays opted out. A number does so by a word or at its provider, an address by calling a
 * letter spam (gateway/returns.h).
 */
#ifndef REDRESS_STORE_CONTACT_H
#define REDRESS_STORE_CONTACT_H

#include "redress/base/date.h"
#include "redress/store/db.h"

#define RD_WRONG_CODES_MAX 5 /* a day and sender; from then on codes stop working for that day */

RD_MUST_USE enum rd_rc rd_contact_opt_out(
	struct rd_tx *tx, const char *address, int64_t now_ms, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_contact_opt_in(
	struct rd_tx *tx, const char *address, int64_t now_ms, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_contact_opted_out(
	struct rd_db *db, const char *address, bool *ret_out, struct rd_err *err);

/* Counts one more wrong code today; *ret_count the new number. */
RD_MUST_USE enum rd_rc rd_contact_wrong_code(struct rd_tx *tx, const char *address,
	struct rd_date today, int *ret_count, struct rd_err *err);
/* Do codes still work for this sender today? */
RD_MUST_USE enum rd_rc rd_contact_codes_work(struct rd_db *db, const char *address,
	struct rd_date today, bool *ret_work, struct rd_err *err);

#endif

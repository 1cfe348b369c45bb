/* letter_days: the days that a letter of a case names, as the clocks of the case run and as letters
 * before it have named them. Private to correspondence.
 */
#ifndef REDRESS_GATEWAY_LETTER_DAYS_H
#define REDRESS_GATEWAY_LETTER_DAYS_H

#include "redress/policy/letter.h"
#include "redress/policy/workday.h"
#include "redress/store/casebook.h"

/* Borrowed for the call. */
struct rd_letter_days_ask {
	struct rd_db *db;
	const struct rd_case *matter;
	enum rd_letter_kind letter;
	const struct rd_landlord *kept; /* by whose clocks the case runs */
	const struct rd_calendar *calendar;
	struct rd_date written; /* for which the letter is */
	struct rd_arena *arena;
};

/* Sets every day of the values; one that the letter cannot name stays unset. RD_E_RANGE past the
 * calendar. */
RD_MUST_USE enum rd_rc rd_letter_days(
	const struct rd_letter_days_ask *ask, struct rd_letter_values *values, struct rd_err *err);

#endif

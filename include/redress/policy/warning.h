/* warning: how near a date is, and what a clock asks for in a person's words. Pure. */
#ifndef REDRESS_POLICY_WARNING_H
#define REDRESS_POLICY_WARNING_H

#include <stddef.h>
#include <stdint.h>
#include "redress/base/date.h"
#include "redress/policy/landlord.h"
#include "redress/policy/workday.h"

#define RD_WARNING_NONE	 1000 /* it is not near yet */
#define RD_WARNING_TODAY 0
#define RD_WARNING_PAST	 (-1)
#define RD_WARNING_HOURS 6 /* before an instant, where a clock counts hours */

/* The step that has been reached: so many working days before it (the least of `before` that
 * holds), RD_WARNING_TODAY, RD_WARNING_PAST; RD_WARNING_NONE. A clock that ends at an instant
 * (due_ms not 0) knows 1 (RD_WARNING_HOURS before it) and RD_WARNING_PAST alone. Steps go down as
 * time goes on. */
int rd_warning_step(const struct rd_calendar *calendar, const int *before, size_t n_before,
	struct rd_date due, int64_t due_ms, int64_t now_ms);

/* What is owed, to begin a line with: "acknowledge the complaint"; "" for what nobody owes. */
const char *rd_clock_words(enum rd_clock_id clock);
/* The same of a case whose answer is recorded: while its clock runs it has not reached the
 * resident.
 */
const char *rd_clock_words_answered(enum rd_clock_id clock);

#endif

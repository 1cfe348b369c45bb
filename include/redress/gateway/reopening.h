/* reopening: a closed case is open again and owes what it owed, whoever opened it: a person
 * (`case reopen`), or a resident's mail that a person must decide on. */
#ifndef REDRESS_GATEWAY_REOPENING_H
#define REDRESS_GATEWAY_REOPENING_H

#include "redress/gateway/office.h"
#include "redress/store/casebook.h"

/* was: the closed case. The clocks that its closing cancelled run on with their own dates; their
 * letters and tasks ended with it, so what they were for is owed by a person; that the resident is
 * told of the end is not owed any longer. cause: of those tasks. */
RD_MUST_USE enum rd_rc rd_reopening_apply(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_case *was, const char *cause, struct rd_arena *arena, struct rd_err *err);

#endif

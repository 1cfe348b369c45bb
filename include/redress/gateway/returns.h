/* returns: what comes back to our letters: bounces and delivery reports, complaints of abuse,
 * answers of a machine that is out of office. None of them is a message of a resident: each is
 * guarded (promise 12), and what it says is kept with the letter and on the case.
 *
 * A report speaks of a letter where it names the letter's Message-ID (which nobody can guess, and
 * only who got the letter or carried it knows), or, failing that, a right reference of a case and
 * the address that the case's letter went to. Both of these can be known to others than who carried
 * the letter, and anybody can write a report: what is found by them alone is recorded and is a
 * person's task, but opens no duty again and sends no letter. A wrong code counts against its
 * sender as any (promise 10). Else a report is kept and counted, and changes nothing.
 *
 * A letter that came back has told nobody anything: the clock that it met runs again, and it goes
 * by the way that the contacts file prefers for that resident; where there is none it is a person's
 * task by the next working day. One that is only late is recorded. Promise 5.
 *
 * A complaint of abuse, by Message-ID alone, ends automatic letters to that address; a person gets
 * the task. An absence
 * is recorded on the case; it opens nothing again, acknowledges nothing and meets no clock.
 */
#ifndef REDRESS_GATEWAY_RETURNS_H
#define REDRESS_GATEWAY_RETURNS_H

#include "redress/gateway/guards.h"
#include "redress/store/outbox.h"

/* Finds the letter (ret->letter_id) and the case (ret->about_case) that a guarded message is about;
 * both 0 where it speaks of none. guarded->facts.guard is set. */
RD_MUST_USE enum rd_rc rd_returns_find(struct rd_tx *tx, const struct rd_message *message,
	const char *landlord, struct rd_arena *arena, struct rd_guarded *ret_guarded,
	struct rd_err *err);

/* Writes down what follows, in the transaction that gives the message its fate. Nothing for a
 * message that is about no letter and no case of ours. */
RD_MUST_USE enum rd_rc rd_returns_apply(struct rd_tx *tx, const struct rd_office *office,
	int64_t message_id, const struct rd_message *message, const struct rd_guarded *guarded,
	struct rd_arena *arena, struct rd_err *err);

/* A mail of ours that the next mail server would not take for good: the same other way. In the
 * transaction that records it as failed. *ret_elsewhere false: it is a person's. */
RD_MUST_USE enum rd_rc rd_returns_refused(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_outbox_row *row, struct rd_arena *arena, bool *ret_elsewhere,
	struct rd_err *err);

#endif

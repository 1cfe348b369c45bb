/* staff: mail that the landlord's own people pass on (`Staff:`), and whom they speak for.
 *
 * A colleague is never the resident of a case and gets no letter. Where she forwards a mail, its
 * author is the proposed resident: the case's letters are written and held until a person says who
 * it is (`outbox approve`, `case contact`). Anybody can write a colleague's address, and any author
 * into a forward: so nothing goes out by itself, and the task tells what the mail server found.
 */
#ifndef REDRESS_GATEWAY_STAFF_H
#define REDRESS_GATEWAY_STAFF_H

#include "redress/gateway/office.h"
#include "redress/message/message.h"
#include "redress/policy/decision.h"
#include "redress/store/casebook.h"

#define RD_HOLD_STAFF "passed on by a colleague: a person says first who the resident is"

struct rd_passed_on {
	bool by_staff;
	const char *address, *name; /* the proposed resident; "" where none is named */
	bool doubtful;		    /* the mail server says that the sender failed its checks */
	bool by_form;		    /* a web form says so, into which anybody can write it */
};

/* Borrowed from the message. A colleague's address in a form counts too, for no letter may go
 * there; the task says that it proves nothing. Proposed is the outermost author who is neither a
 * colleague nor us nor a machine. */
void rd_staff_look(const struct rd_office *office, const struct rd_message *message,
	struct rd_passed_on *ret_passed);

/* What the task says to do; no names or addresses. */
const char *rd_staff_task_words(
	const struct rd_passed_on *passed, bool linked, struct rd_arena *arena);

/* A person said that the case's contact is right: its held letters go, its task is done. */
RD_MUST_USE enum rd_rc rd_staff_confirm(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_case *matter, struct rd_arena *arena, struct rd_err *err);

#endif

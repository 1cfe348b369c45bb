/* guards: what must be known of a message before anything is decided: is it a duplicate, automatic,
 * a bounce, an opt-out, our own; does it belong to an open case; may it be answered.
 *
 * Looks up, and keeps what looking up brings to light (a wrong code counted, an opt-out noted) in
 * the caller's transaction. Decides nothing: policy/decision.h does. Promises 3, 5, 10, 11, 12.
 */
#ifndef REDRESS_GATEWAY_GUARDS_H
#define REDRESS_GATEWAY_GUARDS_H

#include "redress/gateway/office.h"
#include "redress/gateway/staff.h"
#include "redress/policy/decision.h"
#include "redress/reader/reader.h"
#include "redress/store/queue.h"

#define RD_ANSWER_DAYS	  14 /* CANCEL, END, QUIT so long after a question are answers */
#define RD_TEXT_JOIN_DAYS 28 /* a later text joins the number's only open case of these days */

struct rd_guarded {
	struct rd_facts facts;
	int64_t duplicate_of;
	int64_t joined_case;
	int64_t related_case;
	int64_t letter_id;	    /* what came back (returns.h): the letter, 0: none of ours */
	int64_t about_case;	    /* ... and the case; 0: none */
	bool by_reference;	    /* ... found by a reference, which others may know */
	struct rd_passed_on passed; /* all unset but where a colleague wrote */
	const char *name; /* the sender's by the contacts file; "" nobody, or nobody alone */
	const char *way;  /* an e-mail address to answer a text at, for its number takes no answer
			     and  the contacts file prefers this; "" for all others */
	int64_t now_ms;
};

/* Whose wrong codes a message's are: all who name no sender share one count, else leaving out From
 * would allow any number of tries; who fills in a form could have as many senders as they like, so
 * they are the form's. */
const char *rd_guards_who_tries(const struct rd_message *message);

/* message and score NULL: it could not be read (quarantined). */
RD_MUST_USE enum rd_rc rd_guards_look(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_claimed *claimed, const struct rd_message *message,
	const struct rd_score *score, struct rd_arena *arena, struct rd_guarded *ret_guarded,
	struct rd_err *err);

/* The same questions for a letter to a case that is there already: facts are filled with what
 * stands against writing to this address by itself: caps, opt-out, a restored store, and of the
 * message that opened the case (0: none) its age and its automatic marks. received_ms and now_ms
 * are given. */
RD_MUST_USE enum rd_rc rd_guards_may_answer(struct rd_db *db, const struct rd_office *office,
	const char *address, int64_t message_id, struct rd_arena *arena, struct rd_facts *facts,
	struct rd_err *err);

/* The same for the address that letters of a case go to, where somebody else wrote: fills
 * case_apart and case_withheld. The marks of the message that opened the case count. received_ms
 * and now_ms are given. */
RD_MUST_USE enum rd_rc rd_guards_case_contact(struct rd_db *db, const struct rd_office *office,
	int64_t case_id, struct rd_arena *arena, struct rd_facts *facts, struct rd_err *err);

/* Has the case's number had its first answer (sent, or on its way)? */
RD_MUST_USE enum rd_rc rd_guards_text_answered(struct rd_db *db, int64_t case_id,
	struct rd_arena *arena, bool *ret_answered, struct rd_err *err);

#endif

/* correspondence: a letter from the decision that asks for it to the outbox row that will leave.
 *
 * Renders the landlord's letter with the case's own values, composes the mail (RFC 3834: one
 * recipient, Auto-Submitted, In-Reply-To, References, a fixed Message-ID, X-Loop) or the text,
 * works out when it may leave (policy/letter_plan.h) and puts it, all in the caller's transaction.
 *
 * A row that prints a date binds the London day it is written for. One that was not attempted on
 * that day is cancelled and written anew by rd_correspondence_rewrite.
 *
 * A letter quotes no resident: its topics are the rules' words, the rest a person's of the
 * landlord.
 */
#ifndef REDRESS_GATEWAY_CORRESPONDENCE_H
#define REDRESS_GATEWAY_CORRESPONDENCE_H

#include <stdbool.h>
#include "redress/gateway/office.h"
#include "redress/message/message.h"
#include "redress/policy/letter.h"
#include "redress/store/casebook.h"
#include "redress/store/outbox.h"

#define RD_CAUSE_MAX 64

/* The hold of a letter that names example numbers, or lacks an emergency block, on its way to a
 * real resident: it is written anew, without the hold, once the landlord's profile is mended. */
#define RD_HOLD_UNFIT "the landlord's numbers are not real ones yet"

struct rd_letter_order {
	int64_t case_id;
	enum rd_letter_kind letter;
	enum rd_channel channel;
	const char *recipient;	 /* address or number */
	const char *cause;	 /* "message:17", "act:review:4"; part of the row's key */
	int64_t answers_message; /* the mail that it answers: In-Reply-To; 0: what opened the case
				  */
	int64_t replaces;	 /* the outbox row that it is written instead of; 0: none */
	const struct rd_message
		*answered;    /* that mail, where it is at hand; NULL: as it is stored */
	const char *outgoing; /* a text: the Texts stanza to leave by; NULL: the one that the
				 answered message came by, else the landlord's first */
	bool meets_clock;     /* once it leaves: that of its kind, as far as it may */
	bool emergency_health, emergency_heat;
	struct rd_date day_zero; /* receipt, or the day of the act */
	struct rd_date due;	 /* the clock that it is to meet; unset: none */
	const char *hold_reason; /* "": it goes by itself when its time comes */
	bool approved;		 /* a person asked for this very letter */
};

/* RD_E_EXISTS without harm: that letter is there already. RD_E_RANGE: it cannot be dated or brought
 * under its cap; the caller makes it a person's task. */
RD_MUST_USE enum rd_rc rd_correspondence_put(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_letter_order *order, struct rd_arena *arena, int64_t *ret_outbox_id,
	struct rd_err *err);

/* A stale row of the outbox (rd_outbox_stale) is cancelled and written for the day it can leave; it
 * waits for no approval any more. One that cannot be written becomes a person's task; one that was
 * cancelled or attempted meanwhile is left as it is. */
RD_MUST_USE enum rd_rc rd_correspondence_rewrite(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_outbox_row *stale, struct rd_arena *arena, struct rd_err *err);

/* The same of a row that is not stale: what stands on its case has changed, and it says so. What
 * waits for approval waits on; what cannot be written anew leaves as it is. */
RD_MUST_USE enum rd_rc rd_correspondence_renew(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_outbox_row *row, struct rd_arena *arena, struct rd_err *err);

/* The stage that a letter, by its name, is the full answer of, wherever the case stands by now;
 * RD_STAGE_NONE: it is no answer. At another stage it meets nothing and is not owed any longer. */
enum rd_stage rd_correspondence_answers(const char *letter);

/* What follows from a letter's having gone, in the transaction that says so: the acknowledgement
 * meets stage1.acknowledge, and stage1.respond starts on the day it was written for; that of stage
 * 2 likewise, as far as the policy starts its answer's days from it. A full answer meets the clock
 * of the answer, and what the policy starts from an answer starts. */
RD_MUST_USE enum rd_rc rd_correspondence_gone(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_outbox_row *row, int64_t at_ms, struct rd_arena *arena, struct rd_err *err);

/* A mail of ours to the people who run the gateway. cause keys it. */
RD_MUST_USE enum rd_rc rd_correspondence_alarm(struct rd_tx *tx, const struct rd_office *office,
	const char *cause, const char *subject, const char *body, struct rd_arena *arena,
	struct rd_err *err);

#endif

/* letter_plan: which letter goes, when it may leave, and for which day it is written.
 *
 * Which (rd_letter_for): by the kind a message or case was given, its review and flags, its channel
 * and whether the number that wrote has had its first answer.
 *
 * When (rd_letter_when): at once; under `Letters: approved` an unapproved one at 09:00 London on
 * the last working day before its due date, or, without a clock, at 09:00 on working day 4. The
 * letters `received` and `choice` and every letter with an emergency block never wait for approval.
 * Texts keep to `Text hours`, but with an emergency block they do not wait; one that could only
 * leave after 16:00 on its due date leaves then (or now, where that has passed) and is a person's
 * task too.
 *
 * The letter is written for the London day of leave_ms: the date it prints binds. One not attempted
 * on that day is cancelled and written anew.
 */
#ifndef REDRESS_POLICY_LETTER_PLAN_H
#define REDRESS_POLICY_LETTER_PLAN_H

#include <stdbool.h>
#include <stdint.h>
#include "redress/base/date.h"
#include "redress/base/err.h"
#include "redress/message/message.h"
#include "redress/policy/letter.h"
#include "redress/policy/workday.h"
#include "redress/rules/kind.h"
#include "redress/rules/score.h"

#define RD_TEXT_DUE_MINUTE  (16 * 60) /* of the due date: later no text waits */
#define RD_APPROVAL_HOUR    9	      /* of the last working day before the due date */
#define RD_APPROVAL_WORKDAY 4	      /* without a clock */

/* Minutes of the London day; to > from; 0..1440. `Text hours: 08:00-20:00` is 480 and 1200. */
struct rd_text_hours {
	int from_minute;
	int to_minute;
};

/* The first instant from now_ms on at which a text may leave: now, or the next opening. London wall
 * time, so right across both clock changes. */
int64_t rd_text_hours_next(int64_t now_ms, struct rd_text_hours hours);

/* The topics of a message, strongest first, so that a letter which has room for two names those
 * that matter most: the first that a flag named (danger has no points), then by the points of all
 * that hit, equal ones in the order of the message. Returns how many; 0 where the arena is full. */
size_t rd_letter_topics(
	const struct rd_score *score, struct rd_arena *arena, const char *const **ret_topics);

struct rd_letter_choice {
	enum rd_letter_kind letter; /* RD_LETTER_NONE for `other` */
	bool meets_acknowledge; /* once it leaves: stage1.acknowledge is met, stage1.respond starts
				 */
	bool person_acknowledges; /* a complaint whose letter meets no clock: a person owes it */
};

/* kind, review, flags: what was decided. n_topics: that the letter may name. later_text: a text,
 * and the number has had its first answer on this case: then the text says nothing of the matter.
 */
struct rd_letter_choice rd_letter_for(enum rd_kind kind, bool review,
	const bool flags[static RD_N_FLAGS], size_t n_topics, enum rd_channel channel,
	bool later_text);

/* The form in which a letter goes: an acknowledgement to somebody who speaks for the resident is
 * THIRD_PARTY, that to a member of parliament or a council, and the letter `enquiry` to one,
 * MP_COUNCILLOR. The flag alone says only that a member is spoken of: the address must be a
 * member's. Where the set lacks the form, the letter itself goes. */
enum rd_letter_kind rd_letter_form(
	enum rd_letter_kind letter, const bool flags[static RD_N_FLAGS], const char *address);
/* Of a parliament, or a councillor's at a council: "jo.member@parliament.uk". */
bool rd_address_of_member(const char *address);

/* A case that began by mail may go on by text, and the other way round: each channel has its own
 * words for "it is with your case now". */
enum rd_letter_kind rd_letter_by_channel(enum rd_letter_kind letter, enum rd_channel channel);
/* No duty hangs on these: what they say is that something has come. */
bool rd_letter_is_receipt(enum rd_letter_kind letter);

/* What a resident needs of a letter. */
struct rd_letter_wishes {
	bool welsh;	  /* wrote in Welsh, or asked for it */
	bool large_print; /* asked for it */
};
/* marks: of the case. language: "cy", "en" ...; adjustments: in words; "" where nothing is known.
 */
struct rd_letter_wishes rd_letter_wishes_of(
	const char *const *marks, size_t n_marks, const char *language, const char *adjustments);

struct rd_letter_ask {
	enum rd_letter_kind letter;
	enum rd_channel channel;
	bool emergency;	      /* it begins with an emergency block */
	bool approval_wanted; /* the landlord's `Letters: approved` */
	bool approved;	      /* a person let it go */
	int64_t now_ms;
	struct rd_date day_zero; /* receipt, or the act that asks for it */
	struct rd_date due;	 /* the clock that it is to meet; unset: none */
	struct rd_text_hours hours;
};

struct rd_letter_time {
	int64_t leave_ms;	    /* not before this */
	struct rd_date written_for; /* the London day of leave_ms */
	bool waits_for_approval;    /* a person may let it go sooner */
	bool person_too;	    /* left out of hours on its due date: open a task as well */
};

/* RD_E_RANGE past the calendar: then the letter waits for a person. */
RD_MUST_USE enum rd_rc rd_letter_when(const struct rd_letter_ask *ask,
	const struct rd_calendar *calendar, struct rd_letter_time *ret_time, struct rd_err *err);

/* The dates that a letter written on `written` prints: read_by, acknowledge_by, and respond_by by
 * the kind: of a complaint stage1.respond counted from `written` (it starts when the
 * acknowledgement leaves), of an answer to a survey survey.contact, counted from receipt, where the
 * policy has it; unset for the rest. Sets also written and received. A definition prints the date
 * of the running stage1.respond, an enquiry that of enquiry.respond where it runs: set them
 * afterwards. RD_E_RANGE past the calendar: the letter waits for a person. */
RD_MUST_USE enum rd_rc rd_letter_dates(const struct rd_landlord *landlord,
	const struct rd_calendar *calendar, enum rd_kind kind, struct rd_date received,
	struct rd_date written, struct rd_letter_values *values, struct rd_err *err);

#endif

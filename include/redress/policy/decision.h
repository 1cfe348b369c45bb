/* decision: what becomes of a message: its one fate, its letter, the clocks and what a person owes.
 *
 * Pure. The reader scored the message, the gateway looked up the facts (guards, the case it joins,
 * caps), and this module applies the landlord's policy. It looks nothing up and writes nothing; the
 * gateway writes the whole verdict in one transaction. Days are worked out here, with the calendar;
 * past its last full year the case opens all the same, calendar_ended is set, no clock carries a
 * date, the letter waits and a person has the task today.
 *
 * Order: the guards; quarantine; the case it joins; else a new case. One fate each:
 *   RD_FATE_OPENED     a case of its own (or a linked one: linked)
 *   RD_FATE_JOINED     an open case's message
 *   RD_FATE_OTHER      sure to be nothing for the landlord: kept, listed, never answered
 *   RD_FATE_GUARDED    bounce, delivery report, read receipt, out-of-office, lone opt-out word, our
 * own RD_FATE_DUPLICATE  the same message again
 *
 * What a colleague writes opens its case like any mail, but no letter of it goes by itself: one to
 * a resident whom it names is held, else there is none.
 *
 * A letter that must not go by itself leaves the duty: a task for a person, by the date the letter
 * was due. `other` that is sure but carries a flag of danger (safeguarding, health_safety,
 * heat_loss, personal_injury) is a review case: silence must not meet danger.
 */
#ifndef REDRESS_POLICY_DECISION_H
#define REDRESS_POLICY_DECISION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "redress/base/date.h"
#include "redress/message/message.h"
#include "redress/message/reply.h"
#include "redress/policy/case_words.h"
#include "redress/policy/landlord.h"
#include "redress/policy/letter.h"
#include "redress/policy/workday.h"
#include "redress/rules/kind.h"
#include "redress/rules/score.h"

#define RD_VERDICT_TASKS_MAX   12
#define RD_VERDICT_CLOCKS_MAX  8
#define RD_VERDICT_ALARMS_MAX  4
#define RD_VERDICT_REASONS_MAX 8
/* Why a message waits for a person, where it may ask for stage 2. */
#define RD_REASON_STAGE2  "it asks for stage 2"
#define RD_REASON_UNHAPPY "unhappy after the answer: it may ask for stage 2"
/* Old: mail received more working days than this before it was first seen. */
#define RD_OLD_WORKDAYS 5

enum rd_guard {
	RD_GUARD_NONE = 0,
	RD_GUARD_DUPLICATE,
	RD_GUARD_BOUNCE, /* a bounce or delivery report */
	RD_GUARD_READ_RECEIPT,
	RD_GUARD_OUT_OF_OFFICE,
	RD_GUARD_OPT_OUT, /* a lone opt-out or opt-in word by text */
	RD_GUARD_OWN_MESSAGE,
	RD_GUARD_ERASED,       /* it was here, was erased, and came again */
	RD_GUARD_ABUSE_REPORT, /* a mail provider passes on that a letter of ours was called spam */
	RD_N_GUARDS,
};
extern const char *const rd_guard_names[RD_N_GUARDS + 1];

/* The case that the message joins, as far as the decision needs it. */
struct rd_joined_case {
	bool present;
	enum rd_kind kind;
	enum rd_stage stage;
	enum rd_case_status status;
	bool flags[RD_N_FLAGS];	  /* of the case so far */
	size_t n_topics;	  /* topics known of the case */
	struct rd_date received;  /* its day zero */
	bool safeguarding_hold;	  /* on it or on any case linked to it, not lifted by a person */
	bool by_text;		  /* its letters go to a number, whichever way the message came */
	bool first_text_answered; /* this number has had its first answer on this case */
	bool added_sent_today;	  /* what joined it had its letter (`added`, a later text, `choice`)
				     on the day on which the next would leave */
	bool choice_sent_today;	  /* a letter `choice` went to it on that day */
	bool has_open_linked_complaint; /* a complaint case linked to it is open already */
	bool may_escalate;		/* its stage 1 is answered, and stage 2 can be asked for */
	bool definition_open; /* we asked whether we have understood; nobody has said yes */
};

/* Why no letter goes by itself, the gravest first. */
enum rd_withheld {
	RD_WITHHELD_NO = 0,    /* it goes */
	RD_WITHHELD_NO_LETTER, /* this fate has none (other, guarded, duplicate) */
	RD_WITHHELD_SAFEGUARDING,
	RD_WITHHELD_QUARANTINED,
	RD_WITHHELD_OLD,
	RD_WITHHELD_AFTER_BACKUP,
	RD_WITHHELD_STAFF,     /* a colleague wrote: whether and whom to answer is a person's */
	RD_WITHHELD_AUTOMATIC, /* loop headers, list, bulk, an asked silence, null return path */
	RD_WITHHELD_NO_REPLY,  /* a no-reply address */
	RD_WITHHELD_NO_ADDRESS,
	RD_WITHHELD_UNAUTHENTICATED,
	RD_WITHHELD_OPTED_OUT,
	RD_WITHHELD_RATE_CAP,
	RD_WITHHELD_SECOND_BODY, /* the first arrival was answered already */
	RD_WITHHELD_ONCE_A_DAY,	 /* `added` went today; no duty is left */
	RD_WITHHELD_CALENDAR,	 /* the calendar ends: no date can be printed */
	RD_N_WITHHELD,
};
extern const char *const rd_withheld_names[RD_N_WITHHELD + 1]; /* "no", "safeguarding", ... */
const char *rd_withheld_words(enum rd_withheld withheld);      /* a sentence for a person */

/* Start with `= { 0 }`. */
struct rd_facts {
	enum rd_channel channel;
	enum rd_guard guard;
	bool second_body; /* same Message-ID, From and Date as a stored one, another body;
			     joined is then the case of the first, if it has one */
	struct rd_automatic
		automatic;   /* as the reader found it; a case opens, the reply is withheld */
	bool troubled;	     /* rd_message_troubled */
	bool pictures;	     /* it came with pictures, which nothing here looks into */
	bool nothing_new;    /* stripping left nothing and the whole was scored */
	bool quarantined;    /* it killed the parser three times: there is no score (NULL) */
	bool score_failed;   /* the rules reported an error: there is no score (NULL) */
	bool says_complaint; /* rd_message_word gave RD_WORD_COMPLAINT: the answer to our offer */
	bool flood;	     /* one more than its sender may set going: no letter, and what joins
				nothing is together on one case under review, without a task of
				its own; what joins another case is read there by a person */
	bool flood_together; /* joined is the case on which the flood is together */
	bool lone_answer;    /* CANCEL, END, QUIT soon after a question of ours: joined is its case,
				nothing is sent, a person reads it */
	enum rd_reply reply; /* the whole message is one of a few things; NONE unless it joins a
				complaint */
	struct rd_joined_case joined;
	bool asks_stage2;      /* rd_message_asks_stage2, so far as reply is looked at */
	bool sender_known;     /* the sender's address or number stands on the joined case */
	bool possibly_related; /* does not join, but has something to do with an open case */
	bool related_held;     /* ... whose safeguarding hold stands; or the case grows from a held
				  one */
	bool codes_locked_now; /* this message made the sender's fifth wrong code of the day */
	bool no_address;       /* there is nowhere to send an answer to */
	bool rate_capped;      /* the cap for this address or in total is reached */
	bool opted_out;	       /* this number or address asked for no messages */
	bool case_apart;       /* letters of the joined case go to another address than the
				  sender's; what stands against writing to that one: */
	enum rd_withheld case_withheld;
	bool by_staff;	       /* a colleague wrote it */
	bool names_resident;   /* ... and passes on the mail of one whom it names */
	bool unauthenticated;  /* the sender's address failed its checks */
	bool after_backup;     /* received since the backup that the store was restored from */
	int64_t received_ms;   /* the server's time of receipt */
	int64_t first_seen_ms; /* when we first saw it */
	int64_t now_ms;
};

enum rd_task_kind {
	RD_TASK_ACKNOWLEDGE = 0, /* a person acknowledges: no letter could, or none may go */
	RD_TASK_DEFINE,		 /* confirm or correct the complaint definition (stage1.define) */
	RD_TASK_REVIEW,		 /* decide what it is */
	RD_TASK_READ,		 /* read what joined a case, or what could not be read */
	RD_TASK_SAFEGUARDING,	 /* the same day */
	RD_TASK_URGENT,		 /* danger or injury: read it the same day */
	RD_TASK_STAGE2,		 /* asks for stage 2 */
	RD_TASK_ANSWER_OLD,	 /* old mail: answer by hand, overdue at once */
	RD_TASK_WRONG_CODES,	 /* somebody tries case codes */
	RD_TASK_OTHER_CHANNEL,	 /* our letter came back: reach the resident another way */
	RD_TASK_CALENDAR,	 /* the calendar ends: work the dates out, update the calendar */
	RD_TASK_TEXT_LATE,	 /* a text left out of hours on its due date */
	RD_TASK_CONTACT,	 /* get in touch (survey.contact) */
	RD_TASK_RESIDENT,	 /* say who the resident is: a colleague passed it on */
	RD_N_TASKS,
};
extern const char *const rd_task_names[RD_N_TASKS + 1]; /* "acknowledge", "define", ... */
const char *rd_task_words(enum rd_task_kind task);	/* what to do, for a person */

struct rd_verdict_task {
	enum rd_task_kind kind;
	struct rd_date day; /* by the end of which it is owed; may lie in the past for old mail */
	bool shared; /* old mail that is neither complaint, unsure nor flagged: one row for all */
};

struct rd_verdict_clock {
	enum rd_clock_id clock;
	struct rd_date starts, due; /* due unset: the calendar ends before it */
	bool when_letter_leaves;    /* starts on the London day the acknowledgement is written for;
				       starts and due are then unset */
};

enum rd_alarm_cause {
	RD_ALARM_CALENDAR_ENDED = 0,
	RD_ALARM_QUARANTINED,
	RD_ALARM_WRONG_CODES,
	RD_ALARM_DANGER_UNTOLD, /* no role of the landlord could be told (routes.h) */
	RD_N_ALARMS,
};
extern const char *const rd_alarm_names[RD_N_ALARMS + 1];

enum rd_letter_to { RD_LETTER_TO_SENDER = 0, RD_LETTER_TO_CASE }; /* never to a new address */

struct rd_verdict {
	enum rd_fate_kind fate;
	enum rd_kind kind; /* of the message; of the case it opens, where it opens one */
	bool review;	   /* a case opened is under review; a joined message is listed */
	const char *reasons[RD_VERDICT_REASONS_MAX]; /* for review, besides the score's; static */
	size_t n_reasons;
	enum rd_stage stage;	    /* of the case opened */
	enum rd_case_status status; /* of the case opened, or the joined case afterwards */
	bool linked;		    /* the case opened is linked to facts.joined */
	bool begin_stage1;	    /* the joined case (under review, the choice was hers) becomes a
				       complaint at stage 1; its clocks run from its receipt, or from
				       this message where it had asked for nothing formal */
	bool escalates;		    /* the joined complaint: stage 2 is asked for */
	bool agrees;		    /* ... its definition is agreed */
	bool only_thanks;	    /* ... nobody has to read it */
	bool possibly_related;
	bool flags[RD_N_FLAGS];		   /* to set on the case */
	bool safeguarding_hold;		   /* set it on the case */
	enum rd_letter_kind letter;	   /* RD_LETTER_NONE: none is wanted, or see withheld */
	enum rd_letter_kind letter_wanted; /* what would have gone, where it is withheld */
	enum rd_withheld withheld;
	enum rd_letter_to letter_to;
	bool letter_waits; /* it is held: a colleague passed the message on */
	bool letter_meets_acknowledge;
	bool emergency_health, emergency_heat; /* the letter begins with these blocks, at once */
	struct rd_date
		letter_due; /* the clock that the letter meets or the duty's date; may be unset */
	struct rd_verdict_task tasks[RD_VERDICT_TASKS_MAX]; /* none of a kind twice */
	size_t n_tasks;
	struct rd_verdict_clock clocks[RD_VERDICT_CLOCKS_MAX];
	size_t n_clocks;
	enum rd_alarm_cause alarms[RD_VERDICT_ALARMS_MAX];
	size_t n_alarms;
	bool old; /* received more than RD_OLD_WORKDAYS working days before seen */
	bool calendar_ended;
};

/* score may be NULL where facts say why there is none. */
void rd_decide(const struct rd_score *score, const struct rd_facts *facts,
	const struct rd_landlord *landlord, const struct rd_calendar *calendar,
	struct rd_verdict *ret_verdict);

/* Does the score alone, of a message that joins nothing, send it to a person? NULL (there is none):
 * yes. What a change of rules costs staff is counted with this. */
bool rd_score_needs_person(const struct rd_score *score);

/* Which marks of a message withhold the reply: RD_WITHHELD_NO, _AUTOMATIC or _NO_REPLY. */
enum rd_withheld rd_automatic_withholds(const struct rd_automatic *automatic);
/* What stands against writing to the address that the facts are about, whatever the letter. */
enum rd_withheld rd_address_withholds(const struct rd_facts *facts);

/* A review case that nobody decided: at this instant (09:00 London on the last working day before
 * stage1.acknowledge is due) it becomes a complaint by default, or alarms. */
RD_MUST_USE enum rd_rc rd_undecided_at(const struct rd_landlord *landlord,
	const struct rd_calendar *calendar, struct rd_date received, int64_t *ret_at_ms,
	struct rd_err *err);
/* True: a complaint by default, to be acknowledged. False: alarm. */
bool rd_undecided_is_complaint(
	double complaint_total, double request_below, const bool flags[static RD_N_FLAGS]);

/* What a person's decision asks for (review decide, reclassify, the default above): the letter and
 * the clocks of the kind that the case has now. facts->received_ms: day zero of the case;
 * first_seen_ms, automatic and the caps hold this letter back as they held the first one. */
void rd_decide_settled(enum rd_kind kind, const struct rd_facts *facts,
	const bool flags[static RD_N_FLAGS], size_t n_topics, const struct rd_landlord *landlord,
	const struct rd_calendar *calendar, struct rd_verdict *ret_verdict);

#endif

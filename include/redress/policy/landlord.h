/* landlord: a landlord's complaints policy as a file, landlords/NAME.landlord of the rule folder.
 *
 * Stanza format (base/stanza.h). The first stanza is the head:
 *
 *   Landlord: code-2024            the file's own name
 *   Full name: ...                 as letters print it
 *   Version: 2024-04-01            of the policy; recorded with every decision
 *   Nation: england                england | wales | scotland | northern-ireland
 *   Letters: at once               at once (default) | approved: a person lets each letter go
 *   Handled by: our complaints team   "... handles your complaint"; a team, never a name
 *   Help number: 01632 960123      where a resident can speak to a person
 *   Help address: one line         where she can write to
 *   Help email: address            optional
 *   Help: ...                      adjustments, someone to speak for you; may stand more than once
 *   Responsible for: ...           what the landlord answers for, as far as known (Code 5.7)
 *   Not responsible for: ...       what it does not
 *   Large print: with every mail   with every mail (default) | where asked: the HTML form of mails
 *   Third party: copies, refute    optional: what the policy wants where somebody speaks for the
 *                                  resident: copies to both; the resident may refute it
 *   Letters in: english, welsh     optional: Welsh too, for whoever writes in Welsh; then also:
 *   Responsible for in Welsh: ...  ... and `Not responsible for in Welsh:`
 *   Made from: ...                 optional: the published policy, where this is not its own file
 *   Closed on: 2026-12-29          optional, repeatable: a day on which the office is shut
 *   Closures lengthen: own clocks  own clocks (default) | all clocks, those of the Code and the
 *                                  law too
 *   Note: ...                      for whoever reads the file; shown by `landlord show`; repeatable
 *
 * One `Ombudsman:` stanza, what every letter prints (facts checked on its date):
 *
 *   Ombudsman: Housing Ombudsman Service
 *   Phone: 0300 111 3000
 *   Post: PO Box 1484, Unit D, Preston PR2 0ET
 *   Web: www.housing-ombudsman.org.uk/residents/make-a-complaint/
 *   Welsh name: ...                optional: in letters in Welsh
 *   Checked on: 2026-11-22
 *
 * or its name alone: then the rest stands in letters/ombudsman.block, one dated file for every
 * landlord of the folder.
 *
 * A stanza a clock, in any order, each at most once:
 *
 *   Clock: stage1.acknowledge      one of rd_clock_names
 *   Due: 5 working days            N working days | N days | N months | N hours
 *   From: received                 an event of rd_event_names, or a clock: from that clock's due
 *                                  date
 *   Source: Code 6.2 ...           the clause, as `landlord show` and `timeline` print it
 *   Choice: ...                    optional, repeatable: where the policy contradicts itself or is
 *                                  silent, how that was resolved
 *   Note: ...                      optional: for whoever reads the file
 *   Extended by: ...               of stage1.extended and stage2.extended: the role that may extend
 *   Approved by: ...               of the same: the role without which it is never made longer
 *
 * Everything else that the policy promises: policy/provision.h. Where `Hazard phase:` stanzas stand
 * and none of them is switched on, the hazard clocks are not held.
 *
 * `stage1.acknowledge`, `stage1.define` and `stage1.respond` must be there; `stage1.define` has the
 * same due date as `stage1.acknowledge`. `hazard.emergency` alone counts hours; `age_limit` alone
 * counts months, back from receipt.
 *
 * At most one `Emergency:` stanza for each of health_safety and heat_loss, with which letters of
 * such cases begin:
 *
 *   Emergency: health_safety
 *   Text: ...                      for mail; may stand more than once, a line each
 *   Short text: ...                for texts: GSM-7 characters, one part (RD_EMERGENCY_SHORT_MAX)
 *   Number: 0800 111 999           every number that the texts name; may stand more than once
 *   Checked on: 2026-11-22
 *
 * A second landlord is a copy of a file with other values. Unknown fields are errors with
 * file:line:column. Strings lie in the arena given to the parser, never NULL.
 */
#ifndef REDRESS_POLICY_LANDLORD_H
#define REDRESS_POLICY_LANDLORD_H

#include <stdbool.h>
#include <stddef.h>
#include "redress/base/arena.h"
#include "redress/base/date.h"
#include "redress/base/err.h"
#include "redress/policy/provision.h"
#include "redress/policy/workday.h"
#include "redress/rules/kind.h"

#define RD_LANDLORD_NAME_MAX   64  /* a-z, 0-9 and hyphens */
#define RD_EMERGENCY_SHORT_MAX 152 /* septets; with its line end one part of a long text (153) */

/* The clocks by the names that the public interface uses, in the order that it prints them. */
enum rd_clock_id {
	RD_CLOCK_STAGE1_ACKNOWLEDGE = 0,
	RD_CLOCK_STAGE1_DEFINE,
	RD_CLOCK_STAGE1_CONTACT,
	RD_CLOCK_STAGE1_RESPOND,
	RD_CLOCK_STAGE1_EXTENDED,
	RD_CLOCK_STAGE2_REQUEST,
	RD_CLOCK_STAGE2_ACCEPT,
	RD_CLOCK_STAGE2_ACKNOWLEDGE,
	RD_CLOCK_STAGE2_CONTACT,
	RD_CLOCK_STAGE2_RESPOND,
	RD_CLOCK_STAGE2_EXTENDED,
	RD_CLOCK_CASE_CLOSE,
	RD_CLOCK_ENQUIRY_RESPOND,
	RD_CLOCK_SURVEY_CONTACT,
	RD_CLOCK_CONDUCT_RESPOND,
	RD_CLOCK_AGE_LIMIT,
	RD_CLOCK_HAZARD_EMERGENCY,
	RD_CLOCK_HAZARD_INVESTIGATE,
	RD_CLOCK_HAZARD_SUMMARY,
	RD_CLOCK_HAZARD_MAKE_SAFE,
	RD_CLOCK_FEEDBACK_RESPOND,
	RD_N_CLOCKS,
};

extern const char
	*const rd_clock_names[RD_N_CLOCKS + 1]; /* "stage1.acknowledge", ...; NULL-ended */
bool rd_clock_parse(const char *name, enum rd_clock_id *ret_clock);

/* What a clock can start from; `timeline` takes each but the first as --NAME. */
enum rd_event {
	RD_EVENT_RECEIVED = 0,
	RD_EVENT_ACKNOWLEDGED,
	RD_EVENT_ASSIGNED,
	RD_EVENT_EXTENDED, /* the day the resident was told of an extension */
	RD_EVENT_RESPONDED,
	RD_EVENT_STAGE2_REQUESTED,
	RD_EVENT_STAGE2_ACKNOWLEDGED,
	RD_EVENT_STAGE2_ASSIGNED,
	RD_EVENT_STAGE2_EXTENDED,
	RD_EVENT_STAGE2_RESPONDED,
	RD_EVENT_HAZARD_KNOWN, /* a day or an instant */
	RD_EVENT_INVESTIGATED,
	RD_EVENT_ENQUIRED,
	RD_EVENT_SURVEYED,
	RD_N_EVENTS,
};

extern const char *const rd_event_names[RD_N_EVENTS + 1]; /* "received", "stage2-requested", ... */

enum rd_clock_unit {
	RD_UNIT_WORKING_DAYS = 0,
	RD_UNIT_DAYS,
	RD_UNIT_MONTHS,
	RD_UNIT_HOURS,
};

struct rd_clock_rule {
	bool held;	   /* false: the policy has no such clock, nothing else is set, but: */
	bool switched_off; /* of a hazard, and no phase is on: not held, the rest is set */
	int length;
	enum rd_clock_unit unit;
	bool from_clock;    /* it starts on the due date of from_clock_id */
	enum rd_event from; /* else on this event */
	enum rd_clock_id from_clock_id;
	const char *length_words; /* "5 working days" */
	const char *from_words;	  /* "received", as the file has it */
	const char *source;
	const char *note; /* "" where there is none, as the next two */
	const char *extended_by, *approved_by;
	const char *const *choices;
	size_t n_choices;
};

enum rd_emergency_kind {
	RD_EMERGENCY_HEALTH_SAFETY = 0,
	RD_EMERGENCY_HEAT_LOSS,
	RD_N_EMERGENCIES,
};

extern const char *const rd_emergency_names[RD_N_EMERGENCIES + 1];

struct rd_emergency {
	bool held;
	const char *text; /* lines joined by "\n" */
	const char *short_text;
	const char *const *numbers;
	size_t n_numbers;
	struct rd_date checked_on;
};

struct rd_ombudsman {
	const char *name, *phone, *post, *web;
	const char *welsh_name; /* "" for none */
	const char *file;	/* where the details stand */
	struct rd_date checked_on;
};

struct rd_landlord {
	const char *name;
	const char *full_name;
	const char *version;
	enum rd_nation nation;
	bool letters_approved; /* `Letters: approved` */
	const char *handled_by;
	const char *help_number, *help_address, *help_email;
	const char *help; /* lines joined by a blank */
	const char *responsible, *not_responsible;
	bool large_print_asked;	  /* `Large print: where asked` */
	bool third_party_copies;  /* `Third party: copies` */
	bool third_party_refutes; /* `Third party: refute` */
	bool welsh_letters;	  /* `Letters in: english, welsh` */
	const char *welsh_responsible, *welsh_not_responsible;
	const char *made_from; /* "" for a landlord's own */
	const struct rd_date *closures;
	size_t n_closures;
	bool closures_lengthen_all; /* `Closures lengthen: all clocks` */
	const char *const *notes;
	size_t n_notes;
	struct rd_ombudsman ombudsman;
	struct rd_clock_rule clocks[RD_N_CLOCKS];
	struct rd_emergency emergency[RD_N_EMERGENCIES];
	const struct rd_provision *provisions;
	size_t n_provisions;
};

/* name: what the file must call itself (NULL: anything). Everything is arena. */
RD_MUST_USE enum rd_rc rd_landlord_parse(const char *file, const char *text, size_t len,
	const char *name, struct rd_arena *arena, struct rd_landlord *ret_landlord,
	struct rd_err *err);

/* An `Ombudsman:` stanza with its details. */
RD_MUST_USE enum rd_rc rd_ombudsman_parse(
	const struct rd_stanza *stanza, struct rd_ombudsman *ombudsman, struct rd_err *err);

/* Is the clock set by the Code or by Awaab's Law, rather than by the landlord alone? */
bool rd_clock_is_hazard(enum rd_clock_id clock); /* one of hazard.* */
bool rd_clock_is_statutory(enum rd_clock_id clock);
/* Does a hazard clock run for a case that carries this flag? Every emergency hazard counts from the
 * first phase on; the other clocks run where a phase that is switched on names the flag, or where
 * the profile names no phase at all. False for any other clock and for one that is not held. */
bool rd_hazard_clock_runs(
	const struct rd_landlord *landlord, enum rd_clock_id clock, enum rd_flag flag);
/* The provision of that kind and name, or NULL. */
const struct rd_provision *rd_landlord_provision(
	const struct rd_landlord *landlord, enum rd_provision_kind kind, const char *name);

#endif

/* letter: the letters and texts that a resident gets, from files letters/KIND.CHANNEL.letter.
 *
 * A file is one head stanza, a line `---`, and the body:
 *
 *   Letter: acknowledgement        one of rd_letter_names
 *   Channel: email                 email | sms
 *   Language: welsh                optional: english (default) | welsh
 *   Version: 1                     recorded with every letter
 *   Subject: Your complaint {{reference}}      email only
 *   Max segments: 5                sms only: 1 to 6; the emergency block comes on top
 *   ---
 *   We have logged what you told us about {{topics}} as a complaint.
 *   {{?respond_by}}You will have our answer by {{respond_by}}.
 *
 * A line of the body is a paragraph; mail is wrapped at 72 columns. Placeholders are the names of
 * rd_placeholder_names; an unknown one fails at load with file:line:column. A line may begin with
 * any of, in this order: `{{?name}}` kept only where name has a value, `{{!name}}` only where it
 * has none, `{{drop N}}` (sms) left out while the text is longer than its cap, the lowest N first.
 * When no line is left to drop, topics are left out from the last ("a delay and other matters"),
 * then the letter fails with RD_E_RANGE: nothing is ever cut within a word.
 *
 * Added by the code, so that no edit of a file can lose it: in a mail the first line
 * `Our reference: RD123456-K7QF` and the last line `End of letter RD123456-K7QF`; in both channels
 * the landlord's emergency block before everything else of a letter with emergency_health or
 * emergency_heat. What each letter must say is checked at load (rd_letters_parse names the missing
 * placeholder and the clause that wants it).
 *
 * A mail also has an HTML form for large print (policy/letter_html.h), made of the same words: a
 * line of the file that ends in a colon is a heading there.
 *
 * A letter in Welsh is KIND.CHANNEL.welsh.letter and may name only what has no words of English in
 * it (dates, numbers, topics by letters/welsh.words, what the profile says in Welsh). A mail holds
 * it and the English one behind it, under one reference; a text is Welsh alone.
 *
 * No letter repeats a resident's words: topics are the rules' own, outcome and understood come from
 * a person of the landlord. Texts hold GSM-7 characters only in their templates; a value with
 * others turns the text to UCS-2, whose parts are counted too; where that breaks the cap,
 * typographic marks and accents give way first ("dwr" for a Welsh word with a circumflex).
 */
#ifndef REDRESS_POLICY_LETTER_H
#define REDRESS_POLICY_LETTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "redress/base/arena.h"
#include "redress/base/date.h"
#include "redress/base/err.h"
#include "redress/message/message.h"
#include "redress/policy/answer.h"
#include "redress/policy/case_words.h"
#include "redress/policy/landlord.h"
#include "redress/rules/kind.h"
#include "redress/rules/ruleset.h"

#define RD_LETTER_FILE_MAX     (64u << 10)
#define RD_LETTER_TEXT_MAX     (32u << 10) /* a rendered letter */
#define RD_LETTER_LINES_MAX    200
#define RD_LETTER_SEGMENTS_MAX 6 /* of a text, its emergency block too (918 units) */
#define RD_LETTER_TOPICS_MAX                                                                       \
	2		     /* the strongest; of more the letter says that all is in the case     \
			      */
#define RD_LETTER_COLUMNS 72 /* mail is wrapped here */

/* What {{name}} may be; each an empty string where the value is not known. */
enum rd_placeholder {
	RD_VALUE_REFERENCE = 0,
	RD_VALUE_LANDLORD,
	RD_VALUE_KIND,	 /* "a complaint", "a request for service" ... */
	RD_VALUE_STAGE,	 /* "stage 1" */
	RD_VALUE_TOPICS, /* "a delay, a missed visit and how our staff behaved" */
	RD_VALUE_OUTCOME,
	RD_VALUE_UNDERSTOOD,
	RD_VALUE_REASONS, /* why the answer needs longer, or why something is refused */
	RD_VALUE_DATE,	  /* the day that the letter is written for */
	RD_VALUE_RECEIVED_ON,
	RD_VALUE_RESPOND_BY,
	RD_VALUE_READ_BY,
	RD_VALUE_ACKNOWLEDGE_BY,
	RD_VALUE_HANDLER,
	RD_VALUE_RESPONSIBLE,
	RD_VALUE_NOT_RESPONSIBLE,
	RD_VALUE_HELP,
	RD_VALUE_HELP_NUMBER,
	RD_VALUE_HELP_ADDRESS,
	RD_VALUE_HELP_EMAIL,
	RD_VALUE_OMBUDSMAN,
	RD_VALUE_OMBUDSMAN_PHONE,
	RD_VALUE_OMBUDSMAN_POST,
	RD_VALUE_OMBUDSMAN_WEB,
	RD_VALUE_OTHER_MATTERS, /* has a value where topics are left out */
	RD_VALUE_TERMS,		/* of a restriction, as a person wrote them */
	RD_VALUE_REVIEW_ON,	/* the day on which a restriction is looked at again */
	RD_VALUE_CLOSE_ON,	/* the day on which the case is closed if nothing is left */
	RD_VALUE_ESCALATE_BY,	/* until when the policy wants stage 2 to be asked for */
	RD_VALUE_THIRD_PARTY,	/* has a value where somebody spoke for the resident */
	RD_VALUE_SPOKEN_FOR, /* ... by word of mouth, and the policy lets the resident refute it */
	RD_VALUE_COPIES,     /* ... and the policy sends copies to both */
	/* The parts of a full answer (policy/answer.h). */
	RD_VALUE_DECISION,
	RD_VALUE_POINTS,
	RD_VALUE_LAW,
	RD_VALUE_APOLOGY,
	RD_VALUE_REMEDY,
	RD_VALUE_MONEY,
	RD_VALUE_RECORDS,
	RD_VALUE_ACTIONS,
	RD_VALUE_PREVENTION,
	RD_VALUE_RECONSIDERED,
	RD_N_PLACEHOLDERS,
};
extern const char *const rd_placeholder_names[RD_N_PLACEHOLDERS + 1]; /* "reference", ... */

enum rd_letter_kind {
	RD_LETTER_NONE = 0,
	RD_LETTER_ACKNOWLEDGEMENT, /* a complaint's: meets stage1.acknowledge where it names a topic
				    */
	RD_LETTER_RECEIVED, /* unsure, or no topic known: a person reads it; meets no clock. Has a
			     * form for each: {{stage}} is there for a complaint alone */
	RD_LETTER_ADDED,    /* joined a case (email) */
	RD_LETTER_SERVICE_REQUEST, /* says that it is one and offers the choice: reply COMPLAINT */
	RD_LETTER_COMPLIMENT,
	RD_LETTER_ASB_REPORT,
	RD_LETTER_SURVEY_FEEDBACK,
	RD_LETTER_ENQUIRY,
	RD_LETTER_DEFINITION, /* sent by `case define`; by text nothing of the matter, and LATER
				 where the folder has none by sms */
	RD_LETTER_CHOICE,     /* asked for nothing formal: logged, and the choice is hers */
	RD_LETTER_LATER,      /* sms only: every text after the first; nothing of the matter */
	/* A rule set may lack these: then a person tells the resident. By text nothing of the
	   matter. */
	RD_LETTER_EXTENSION,		  /* the answer needs longer: reasons and the new date */
	RD_LETTER_STAGE2_ACKNOWLEDGEMENT, /* meets stage2.acknowledge */
	RD_LETTER_REFUSAL,		  /* of stage 2: reasons */
	RD_LETTER_EXCLUSION,		  /* no complaint under the policy: reasons */
	RD_LETTER_CLOSING,		  /* the days after the answer are over */
	RD_LETTER_AGREE,		  /* the definition is agreed */
	RD_LETTER_CLOSING_CHECK,	  /* before those days are over: is all done? */
	RD_LETTER_RESTRICTION,		  /* of contact: terms, reasons, when it is looked at */
	RD_LETTER_STAGE1_RESPONSE,	  /* the full answer (policy/answer.h) */
	RD_LETTER_STAGE2_RESPONSE,	  /* ... and the end of the process */
	/* An acknowledgement in another form, where the case is of that kind and the set has it
	   (rd_letter_form); else ACKNOWLEDGEMENT goes. */
	RD_LETTER_THIRD_PARTY,	 /* somebody speaks for the resident: consent, copies */
	RD_LETTER_MP_COUNCILLOR, /* to a member's office */
	RD_N_LETTERS,
};

enum rd_language { RD_ENGLISH = 0, RD_WELSH, RD_N_LANGUAGES };
extern const char *const rd_language_names[RD_N_LANGUAGES + 1]; /* "english", "welsh" */

extern const char *const rd_letter_names[RD_N_LETTERS + 1]; /* "none", "acknowledgement", ... */
bool rd_letter_parse_kind(const char *name, enum rd_letter_kind *ret_kind);

struct rd_letters; /* all letters of one rule folder; arena, immutable */
struct rd_letter;

/* Reads the letters of the set; fails where one of the needed letters is missing (every kind up to
 * CHOICE by email, up to LATER by sms, but ADDED and DEFINITION by sms). Everything is arena; the
 * files may go afterwards. */
RD_MUST_USE enum rd_rc rd_letters_parse(const struct rd_rulefiles *files, struct rd_arena *arena,
	struct rd_letters **ret_letters, struct rd_err *err);
/* One file; for tests and for a check of one letter. */
RD_MUST_USE enum rd_rc rd_letter_parse(const char *file, const char *text, size_t len,
	struct rd_arena *arena, const struct rd_letter **ret_letter, struct rd_err *err);
/* NULL where there is none of that kind for that channel. */
const struct rd_letter *rd_letters_find(
	const struct rd_letters *letters, enum rd_letter_kind kind, enum rd_channel channel);
const struct rd_letter *rd_letters_find_in(const struct rd_letters *letters,
	enum rd_letter_kind kind, enum rd_channel channel, enum rd_language language);
/* The topics and their Welsh, from letters/welsh.words; NULL where there is none. Its words are
 * rd_letter_values.welsh. */
struct rd_welsh_words;
const struct rd_welsh_words *rd_letters_welsh(const struct rd_letters *letters);
enum rd_letter_kind rd_letter_kind_of(const struct rd_letter *letter);
const char *rd_letter_version(const struct rd_letter *letter); /* "acknowledgement.email 1" */

/* Borrowed for the call. Strings may be NULL for "not known". Start with `= { 0 }`. */
struct rd_letter_values {
	const char *reference; /* RD123456-K7QF */
	const struct rd_landlord *landlord;
	enum rd_kind kind;
	enum rd_stage stage;
	const char *const *topics; /* the rules' own words */
	size_t n_topics;
	const char *outcome;	 /* wanted, as a person recorded it; NULL: the letter asks */
	const char *understood;	 /* the complaint definition, as a person wrote it */
	const char *reasons;	 /* as a person wrote them; for the letters that give reasons */
	const char *handler;	 /* NULL: the landlord's `Handled by:` */
	const char *responsible; /* NULL: the landlord's `Responsible for:` */
	const char *not_responsible;
	struct rd_date written;	       /* the London day the letter is written for; it binds */
	struct rd_date received;       /* day zero */
	struct rd_date respond_by;     /* stage1.respond counted from `written`; unset: not said */
	struct rd_date read_by;	       /* the next working day: by then a person reads it */
	struct rd_date acknowledge_by; /* stage1.acknowledge's due date; unset: not said */
	const char *terms;	       /* of a restriction */
	struct rd_date review_on;      /* of it; unset: not said, and so the next two */
	struct rd_date close_on, escalate_by;
	bool third_party; /* somebody wrote for the resident */
	bool spoken_for;  /* somebody spoke for the resident, by telephone or in person */
	bool copy;	  /* for whoever speaks for the resident; a mail */
	const struct rd_answer *answer; /* NULL: none */
	const struct rd_welsh_words *welsh;
	bool emergency_health; /* begin with the landlord's health_safety block */
	bool emergency_heat;   /* ... with its heat_loss block */
};

enum rd_part_kind {
	RD_PART_MARK = 0, /* "Our reference: ...", "End of letter ..." */
	RD_PART_EMERGENCY,
	RD_PART_HEADING,
	RD_PART_PARAGRAPH,
};

/* A mail piece by piece, for its HTML form. */
struct rd_letter_part {
	enum rd_part_kind kind;
	enum rd_language language;
	const char *text; /* a paragraph may have lines of its own ("\n") */
};

struct rd_rendered {
	const char *subject; /* "" for a text */
	const char *text;    /* UTF-8, lines end in "\n"; a text has none at its end */
	const char *version; /* "acknowledgement.email 1" */
	bool names_topic;    /* it may meet stage1.acknowledge (an acknowledgement only) */
	bool has_emergency;
	const struct rd_letter_part *parts; /* of a mail */
	size_t n_parts;
	int segments;	   /* of a text; 0 for mail */
	int dropped_lines; /* optional lines left out to keep the cap */
	int dropped_topics;
};

/* Everything in ret_rendered is arena. RD_E_INPUT where a needed value is missing; RD_E_RANGE where
 * a text cannot be brought under its cap. */
RD_MUST_USE enum rd_rc rd_letter_render(const struct rd_letter *letter,
	const struct rd_letter_values *values, struct rd_arena *arena,
	struct rd_rendered *ret_rendered, struct rd_err *err);

/* A Welsh mail with the English one of the same letter behind it. */
RD_MUST_USE enum rd_rc rd_letter_render_both(const struct rd_letter *welsh,
	const struct rd_letter *english, const struct rd_letter_values *values,
	struct rd_arena *arena, struct rd_rendered *ret_rendered, struct rd_err *err);

/* Renders every text with the longest values that this landlord can give (and topics of 60
 * characters): fails where one cannot keep its cap. Called by rd_policy_load. */
RD_MUST_USE enum rd_rc rd_letters_check(
	const struct rd_letters *letters, const struct rd_landlord *landlord, struct rd_err *err);

#endif

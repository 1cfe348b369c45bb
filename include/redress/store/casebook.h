/* casebook: cases, who is on them, their messages, notes, links and clocks. No policy in here: the
 * caller decides, these functions keep and refuse what cannot be (a transition that is not
 * allowed).
 *
 * A case's id is its number, from 100001, with a gap after a restore (backup.h); its reference is
 * made of it by message/reference.h under the store's key. Names, addresses, words and notes lie in
 * tables that erasure can empty.
 */
#ifndef REDRESS_STORE_CASEBOOK_H
#define REDRESS_STORE_CASEBOOK_H

#include "redress/base/date.h"
#include "redress/message/reference.h"
#include "redress/policy/case_words.h"
#include "redress/rules/kind.h"
#include "redress/store/db.h"

#define RD_CASE_FIRST	  100001
#define RD_CASE_NOTE_MAX  (64u << 10)
#define RD_CASE_TAGS_MAX  200 /* topics, or marks, of one case */
#define RD_CLOCK_NAME_MAX 40

enum rd_case_channel {
	RD_BY_EMAIL = 0,
	RD_BY_SMS,
	RD_BY_PHONE,
	RD_BY_LETTER,
	RD_BY_IN_PERSON,
	RD_BY_OTHER,
};
extern const char *const rd_case_channel_names[7]; /* email sms phone letter in_person other */

struct rd_case_new {
	const char *landlord;
	enum rd_kind kind;
	enum rd_stage stage;
	enum rd_case_status status; /* review or open */
	enum rd_case_channel channel;
	const char *address; /* of the resident: e-mail address or number; "" for none */
	const char *name;    /* display name, "" for none */
	bool proposed;	     /* see rd_case_contact */
	int64_t received_ms, opened_ms;
	const bool *flags; /* [RD_N_FLAGS], or NULL */
	const char *const *topics;
	size_t n_topics;
	const char *const *marks;
	size_t n_marks;
	double complaint_total; /* for the default decision of an undecided review */
	const char *outcome;	/* outcome wanted, in words; "" unknown */
	const char *subject;	/* a line for staff's lists; personal, erasable; "" none */
};
RD_MUST_USE enum rd_rc rd_case_open(struct rd_tx *tx, const struct rd_case_new *new_case,
	int64_t *ret_case_id, struct rd_err *err);

struct rd_case {
	int64_t id;
	char reference[RD_REFERENCE_MAX];
	const char *landlord;
	enum rd_kind kind;
	enum rd_stage stage;
	enum rd_case_status status;
	enum rd_case_channel channel;
	const char *contact; /* address or number; "" none or erased */
	const char *contact_name;
	bool contact_proposed; /* see rd_case_contact: nobody has said yet that it is so */
	int64_t received_ms, opened_ms, answered_ms, closed_ms;
	int64_t acknowledged_ms; /* when an acknowledgement met the duty; 0: not yet */
	const char *closed_why;
	bool flags[RD_N_FLAGS];
	const char **topics;
	size_t n_topics;
	const char **marks;
	size_t n_marks;
	double complaint_total;
	const char *outcome, *subject,
		*definition; /* definition: as a person confirmed it, "" not yet */
	const char *handler; /* who handles it, "" nobody yet */
	bool held;	     /* safeguarding: no automatic letter until a person lifts it */
	const char *hold_lifted_why, *hold_lifted_by;
	int64_t n_messages;
};

RD_MUST_USE enum rd_rc rd_case_get(struct rd_db *db, int64_t case_id, struct rd_arena *arena,
	struct rd_case *ret_case, struct rd_err *err);
/* "RD123456-K7QF" in any case, with or without hyphen; a wrong code is RD_E_INPUT, an unknown case
 * RD_E_MISSING. For staff a bare number will do where bare_ok. */
RD_MUST_USE enum rd_rc rd_case_by_reference(struct rd_db *db, const char *reference, bool bare_ok,
	int64_t *ret_case_id, struct rd_err *err);

struct rd_case_filter {
	const char *landlord; /* NULL: any, and so below */
	const enum rd_kind *kind;
	const enum rd_stage *stage;
	const enum rd_case_status *status;
	bool not_closed;
	const char *address;
	int64_t opened_from_ms, opened_before_ms; /* 0: open */
	int64_t after_id;			  /* those with a higher number */
	size_t max;				  /* 0: RD_STORE_ROWS_MAX */
};
/* filter NULL: all. By number. */
RD_MUST_USE enum rd_rc rd_case_list(struct rd_db *db, const struct rd_case_filter *filter,
	struct rd_arena *arena, struct rd_case **ret_cases, size_t *ret_n, struct rd_err *err);

/* The number's only open (not closed) case of this landlord with a message or opening since
 * since_ms; 0 where there is none or more than one (*ret_n says how many). */
RD_MUST_USE enum rd_rc rd_case_find_only_open(struct rd_db *db, const char *landlord,
	const char *address, int64_t since_ms, int64_t *ret_case_id, size_t *ret_n,
	struct rd_err *err);

/* --- changes; each refuses with RD_E_REFUSED and plain words what cannot be --- */

/* review -> open, closed; open -> review, answered, closed; answered -> open, review, closed;
 * closed -> open. why: for closed; "" else. */
RD_MUST_USE enum rd_rc rd_case_set_status(struct rd_tx *tx, int64_t case_id,
	enum rd_case_status status, const char *why, int64_t now_ms, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_case_set_kind(struct rd_tx *tx, int64_t case_id, enum rd_kind kind,
	enum rd_stage stage, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_case_set_acknowledged(
	struct rd_tx *tx, int64_t case_id, int64_t at_ms, struct rd_err *err);
/* Of an answered case: its answer left at that time. Nothing where it is not answered. */
RD_MUST_USE enum rd_rc rd_case_set_answered(
	struct rd_tx *tx, int64_t case_id, int64_t at_ms, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_case_set_definition(
	struct rd_tx *tx, int64_t case_id, const char *definition, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_case_set_outcome(
	struct rd_tx *tx, int64_t case_id, const char *outcome, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_case_set_handler(
	struct rd_tx *tx, int64_t case_id, const char *handler, struct rd_err *err);
/* Adds; what is there stays. */
RD_MUST_USE enum rd_rc rd_case_add_flags(
	struct rd_tx *tx, int64_t case_id, const bool flags[static RD_N_FLAGS], struct rd_err *err);
RD_MUST_USE enum rd_rc rd_case_add_topics(
	struct rd_tx *tx, int64_t case_id, const char *const *topics, size_t n, struct rd_err *err);
/* Of the case's topics those that a rule set calls so, in their order: for whoever is told nothing
 * of the resident. What staff called it may say anything. */
RD_MUST_USE enum rd_rc rd_case_rules_topics(struct rd_db *db, const struct rd_case *file,
	struct rd_arena *arena, const char ***ret_topics, size_t *ret_n, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_case_add_marks(
	struct rd_tx *tx, int64_t case_id, const char *const *marks, size_t n, struct rd_err *err);
/* The safeguarding hold of this case and every case linked to it, however far; holds their unsent
 * letters too (outbox.h, reason "safeguarding"). It is for a new flag: a lift is taken back. The
 * ids (arena) are those of the cases that were not held before, by number: a person must be told of
 * each. */
RD_MUST_USE enum rd_rc rd_case_hold(struct rd_tx *tx, int64_t case_id, int64_t now_ms,
	struct rd_arena *arena, int64_t **ret_case_ids, size_t *ret_n, struct rd_err *err);
/* Holds the queued letters of all held cases; what makes a case held does this itself. */
RD_MUST_USE enum rd_rc rd_case_hold_letters(struct rd_tx *tx, struct rd_err *err);
/* A person lifts it, for this case alone; a reason is a must. Held letters stay held: they are
 * approved one by one. */
RD_MUST_USE enum rd_rc rd_case_lift_hold(struct rd_tx *tx, int64_t case_id, const char *by,
	const char *why, int64_t now_ms, struct rd_err *err);

enum rd_link { RD_LINK_RELATED = 0 /* possibly related */, RD_LINK_GREW /* other grew from it */ };
extern const char *const rd_link_names[3];
/* Was the case, or any that is linked to it however far, ever held or flagged safeguarding? Lifting
 * the hold does not undo that. */
RD_MUST_USE enum rd_rc rd_case_near_safeguarding(
	struct rd_db *db, int64_t case_id, bool *ret_near, struct rd_err *err);
/* Both ways. A link to a held case holds the other one too, unless a person has lifted its hold:
 * who shares a phone or a flat is not known, so "possibly" is enough. Twice does no harm. */
RD_MUST_USE enum rd_rc rd_case_link(struct rd_tx *tx, int64_t case_id, int64_t other_id,
	enum rd_link how, int64_t now_ms, struct rd_err *err);
struct rd_case_linked {
	int64_t id;
	enum rd_link how;
	bool from_here; /* the other grew from this one */
};
RD_MUST_USE enum rd_rc rd_case_links(struct rd_db *db, int64_t case_id, struct rd_arena *arena,
	struct rd_case_linked **ret_links, size_t *ret_n, struct rd_err *err);

/* --- who is known on a case --- */

struct rd_case_contact {
	enum rd_case_channel channel;
	const char *address, *name;
	bool main;     /* the one that letters go to */
	bool proposed; /* a colleague's forward names them; no person has said yet that it is so */
};
/* One that is there already is never made a proposed one again. */
RD_MUST_USE enum rd_rc rd_case_add_contact(struct rd_tx *tx, int64_t case_id,
	const struct rd_case_contact *contact, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_case_contacts(struct rd_db *db, int64_t case_id, struct rd_arena *arena,
	struct rd_case_contact **ret_contacts, size_t *ret_n, struct rd_err *err);
/* A proposed one is not known: whoever forged the forward would be. */
RD_MUST_USE enum rd_rc rd_case_knows(struct rd_db *db, int64_t case_id, const char *address,
	bool *ret_known, struct rd_err *err);

/* --- messages and notes --- */

RD_MUST_USE enum rd_rc rd_case_add_message(
	struct rd_tx *tx, int64_t case_id, int64_t message_id, int64_t now_ms, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_case_messages(struct rd_db *db, int64_t case_id, struct rd_arena *arena,
	int64_t **ret_message_ids, size_t *ret_n, struct rd_err *err);
/* The message that opened the case; 0: staff did, and what is on it joined. */
RD_MUST_USE enum rd_rc rd_case_opener(
	struct rd_db *db, int64_t case_id, int64_t *ret_message_id, struct rd_err *err);

struct rd_note {
	int64_t id, at_ms;
	const char *by, *text;
};
RD_MUST_USE enum rd_rc rd_case_add_note(struct rd_tx *tx, int64_t case_id, const char *by,
	const char *text, int64_t now_ms, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_case_notes(struct rd_db *db, int64_t case_id, struct rd_arena *arena,
	struct rd_note **ret_notes, size_t *ret_n, struct rd_err *err);

/* --- clocks --- */

struct rd_case_clock {
	int64_t case_id;
	const char *name;      /* "stage1.acknowledge" */
	struct rd_date starts; /* day zero */
	struct rd_date due;    /* the last day; not set: past the calendar, a person's task */
	int64_t due_ms;	       /* for clocks that end at an instant; 0: end of the due day */
	int64_t met_ms;	       /* 0: not yet */
	int64_t cancelled_ms;  /* 0: runs */
	const char *source;    /* the policy's clause */
};
/* One running clock of a name a case: RD_E_EXISTS. */
RD_MUST_USE enum rd_rc rd_case_start_clock(
	struct rd_tx *tx, const struct rd_case_clock *clock, struct rd_err *err);
/* The earliest met stands: met again does no harm. RD_E_MISSING: no such clock runs. */
RD_MUST_USE enum rd_rc rd_case_meet_clock(
	struct rd_tx *tx, int64_t case_id, const char *name, int64_t at_ms, struct rd_err *err);
/* name NULL: every unmet clock of the case. */
RD_MUST_USE enum rd_rc rd_case_cancel_clock(
	struct rd_tx *tx, int64_t case_id, const char *name, int64_t now_ms, struct rd_err *err);
/* One that was met makes room for another of its name. */
RD_MUST_USE enum rd_rc rd_case_retire_clock(
	struct rd_tx *tx, int64_t case_id, const char *name, int64_t now_ms, struct rd_err *err);
/* What was cancelled at that instant (the case was closed then) and never met runs on, with its own
 * dates. A clock that runs again already, and case.close, stay as they are. */
RD_MUST_USE enum rd_rc rd_case_restart_clocks(
	struct rd_tx *tx, int64_t case_id, int64_t cancelled_ms, struct rd_err *err);
/* Those not cancelled, in order of start. */
RD_MUST_USE enum rd_rc rd_case_clocks(struct rd_db *db, int64_t case_id, struct rd_arena *arena,
	struct rd_case_clock **ret_clocks, size_t *ret_n, struct rd_err *err);
/* The cancelled ones too, in order of start. */
RD_MUST_USE enum rd_rc rd_case_clocks_all(struct rd_db *db, int64_t case_id, struct rd_arena *arena,
	struct rd_case_clock **ret_clocks, size_t *ret_n, struct rd_err *err);
/* Running and unmet of cases not closed, due on or before the day, soonest first; name NULL: any.
 */
RD_MUST_USE enum rd_rc rd_case_clocks_due(struct rd_db *db, const char *name, struct rd_date by,
	struct rd_arena *arena, struct rd_case_clock **ret_clocks, size_t *ret_n,
	struct rd_err *err);

#endif

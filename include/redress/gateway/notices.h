/* notices: what the landlord's own people are told: a mail or a text to a role of the configuration
 * (`Role:`, redressd.conf(5)).
 *
 * A notice stands in the outbox like a letter, under a key, but on no case: it is no letter to the
 * resident, no hold of the case keeps it back and closing the case takes it not away. It never
 * carries a resident's words, name or address: the reference, the kind, the topics in the rules'
 * words, flags and dates.
 */
#ifndef REDRESS_GATEWAY_NOTICES_H
#define REDRESS_GATEWAY_NOTICES_H

#include "redress/gateway/office.h"

#define RD_NOTICE_LETTER "notice"
#define RD_NOTICE_UP_MAX 8 /* roles that are gone round, one above the other */
/* People and roles that a case is about: every role that words may name, and as many by hand. */
#define RD_NOTICE_ABOUT_MAX (2 * RD_ROLES_MAX)
#define RD_NOTICE_ABOUT	    "about: " /* a mark of a case: whom the complaint is about */

/* "Friday 11 December 2026", and " at 09:30" of what is owed within hours (due_ms not 0). */
#define RD_NOTICE_WHEN_MAX (RD_LONG_DATE_MAX + 32)
const char *rd_notice_when(struct rd_date due, int64_t due_ms, char out[static RD_NOTICE_WHEN_MAX]);

/* Whom a case is about: none of them is told of it. Borrowed. */
struct rd_about {
	const char *who[RD_NOTICE_ABOUT_MAX]; /* names, or what roles are called */
	size_t n;
};

/* Out of the case's marks. */
void rd_about_of_marks(const char *const *marks, size_t n_marks, struct rd_about *ret_about);
bool rd_about_names(const struct rd_about *about, const struct rd_role_config *role);
/* Is the role one of them, or is its mail read by one of them under another role? */
bool rd_about_reads(const struct rd_config *config, const struct rd_about *about,
	const struct rd_role_config *role);

/* The role, or the first above it (`Then up:`) that nobody reads whom the case is about; NULL:
 * there is none. */
const struct rd_role_config *rd_notice_round(const struct rd_config *config, const char *landlord,
	const struct rd_role_config *role, const struct rd_about *about);

struct rd_notice {
	const struct rd_role_config *role;
	const char
		*landlord; /* by whose number a text leaves, by whose calendar hours are counted */
	const char *cause; /* its key: told once */
	const char *subject;
	const char *body;
	const char *short_text;	      /* by telephone; "": it goes by mail alone */
	const struct rd_about *about; /* an out-of-hours address of theirs is passed over; NULL */
	bool at_once; /* does not wait for the role's hours: to the out-of-hours address, if any */
};

/* RD_E_EXISTS without harm: it was put before. RD_E_MISSING: there is no way to send it (no
 * `Outgoing:` or `Texts:` stanza); the task that goes with it stands. */
RD_MUST_USE enum rd_rc rd_notice_put(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_notice *notice, struct rd_arena *arena, int64_t *ret_outbox_id,
	struct rd_err *err);

#endif

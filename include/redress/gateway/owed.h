/* owed: everything that the landlord's people owe at the moment, soonest first: tasks, clocks that
 * run, reviews, letters that wait for a person. What `redressctl tasks` shows and a digest is made
 * of.
 *
 * What two rows would say is said once: a clock is left out where a task of its case serves it and
 * is due no later; a review or a letter, where it has a task. By reference, kind and date: no words
 * of a resident are in it.
 */
#ifndef REDRESS_GATEWAY_OWED_H
#define REDRESS_GATEWAY_OWED_H

#include "redress/gateway/notices.h"
#include "redress/store/casebook.h"

enum rd_owed_what {
	RD_OWED_TASK = 0,
	RD_OWED_CLOCK,
	RD_OWED_REVIEW,
	RD_OWED_LETTER,	  /* its fate is uncertain, it failed, or it is held */
	RD_OWED_APPROVAL, /* it goes once a person says so, or by itself on that day */
	RD_N_OWED,
};
extern const char *const rd_owed_names[RD_N_OWED + 1]; /* "task", "clock", ... */

struct rd_owed {
	enum rd_owed_what what;
	const char *kind; /* of the task; the clock's name; "review"; the letter */
	const char *text; /* what to do */
	struct rd_date due;
	int64_t due_ms; /* where it ends at an instant; 0 */
	int64_t row;	/* of the task, review or letter; 0: a clock */
	int64_t case_id;
	const struct rd_case *matter; /* NULL: it is about no case */
	const char *landlord, *owner; /* "" where there is none */
	int64_t n;		      /* messages that share a task */
};

struct rd_owed_filter {
	struct rd_date due_by; /* unset: all */
	const char *landlord;  /* NULL: any */
	const char *owner;     /* NULL: anybody; a person or a role; RD_OWNER_NOBODY: unassigned */
	const struct rd_role_config *reader; /* who is going to read it: cases about them, or about
						another role of the same address, are left
						out; NULL: nobody */
};
#define RD_OWNER_NOBODY "nobody"

/* Everything is arena. */
RD_MUST_USE enum rd_rc rd_owed_list(struct rd_db *db, const struct rd_office *office,
	const struct rd_owed_filter *filter, struct rd_arena *arena, struct rd_owed **ret_owed,
	size_t *ret_n, struct rd_err *err);

/* Open cases that are assigned to nobody, as the filter has it. */
RD_MUST_USE enum rd_rc rd_owed_unassigned(struct rd_db *db, const struct rd_office *office,
	const struct rd_owed_filter *filter, struct rd_arena *arena,
	const struct rd_case **ret_cases, size_t *ret_n, struct rd_err *err);

#endif

/* report_cases: the cases of a period as reports count them: what each is, when it came, how its
 * clocks went, what it is about. Numbers, days and names of rules; no resident's words or address
 * is read.
 */
#ifndef REDRESS_STORE_REPORT_CASES_H
#define REDRESS_STORE_REPORT_CASES_H

#include "redress/base/date.h"
#include "redress/policy/case_words.h"
#include "redress/policy/tenure.h"
#include "redress/rules/kind.h"
#include "redress/store/casebook.h"
#include "redress/store/db.h"

#define RD_REPORT_CASES_MAX 500000 /* of one period; more is RD_E_RANGE */

enum rd_report_clock_id {
	RD_REPORT_ACKNOWLEDGE = 0,
	RD_REPORT_DEFINE,
	RD_REPORT_RESPOND,
	RD_REPORT_EXTENDED,
	RD_REPORT_ACCEPT_2,
	RD_REPORT_ACKNOWLEDGE_2,
	RD_REPORT_RESPOND_2,
	RD_REPORT_EXTENDED_2,
	RD_N_REPORT_CLOCKS,
};

/* The one that runs or was met; where there is none, the last that was cancelled. */
struct rd_report_clock {
	bool ran;
	struct rd_date starts, due; /* due not set: past the calendar */
	int64_t met_ms, cancelled_ms;
};

/* What was done with a case, as far as a report counts it. */
struct rd_report_ends {
	enum rd_found found[2]; /* by the last answer of stage 1 and of stage 2 */
	bool extended[2];
	const char *excluded_for; /* the policy's name of the reason; "": it was not excluded */
	bool refused;		  /* stage 2 was not taken on */
	int withdrawn_at;	  /* stage 1 or 2; 0: it was not */
	bool referred;		  /* to the Ombudsman */
	int64_t offered_pence, accepted_pence; /* compensation; 0: none */
};

struct rd_report_case {
	int64_t id;
	enum rd_kind kind;
	enum rd_stage stage;
	enum rd_case_status status;
	enum rd_case_channel channel;
	int64_t received_ms, answered_ms, closed_ms, acknowledged_ms;
	bool grew; /* a complaint that grew out of a service request */
	/* As the contacts file tells it now of whoever gets the letters; unknown where it does not
	 * know them, or several share the address and differ. */
	enum rd_tenure tenure;
	bool flags[RD_N_FLAGS];
	const char **topics;
	size_t n_topics;
	struct rd_report_clock clocks[RD_N_REPORT_CLOCKS];
	struct rd_report_ends ends;
};

/* Of one landlord, received on one of the days or with its second stage asked for on one of them,
 * by number. */
RD_MUST_USE enum rd_rc rd_report_cases(struct rd_db *db, const char *landlord, struct rd_date from,
	struct rd_date to, struct rd_arena *arena, struct rd_report_case **ret_cases, size_t *ret_n,
	struct rd_err *err);

/* What the store has ever kept: of what it never kept, a report says "not known" and not 0. */
struct rd_report_known {
	struct rd_date since; /* cases are kept from that day on; not set: there is none */
	bool answers;	      /* an answer at stage 1 was recorded at least once */
	bool extensions;      /* so was an extension */
	bool stage2;	      /* so was a request for stage 2 */
	bool found;	      /* so was what an answer found */
	bool ended;	      /* so was an exclusion, a refusal or a withdrawal */
	bool referred;	      /* so was a case that went to the Ombudsman */
	bool compensation;    /* so was an offer of compensation */
	bool tenure;	      /* the contacts file tells a tenure of anybody */
};
RD_MUST_USE enum rd_rc rd_report_known(struct rd_db *db, const char *landlord,
	struct rd_report_known *ret_known, struct rd_err *err);

#endif

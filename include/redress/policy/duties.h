/* duties: the clocks that run beside the stages of a complaint, started by what is known of a case.
 *
 *   feedback.respond   what the profile's `Category:` stanzas of feedback say that it is (their
 *                      `Kind:`; a complaint, where the profile has none): from receipt
 *   conduct.respond    a complaint about the conduct of staff (route.h): from receipt
 *   hazard.emergency   danger to health or safety, or no heating: 24 hours from awareness
 *   hazard.investigate damp or mould, and what else a phase that is switched on names
 *
 * survey.contact and enquiry.respond are started by the decision itself (decision.h).
 * hazard.summary and hazard.make_safe start where a person records that it was investigated. The
 * kinds are known once nobody doubts them; hazards count from the message that tells of them, in
 * doubt or not, for a landlord is aware then. Pure.
 */
#ifndef REDRESS_POLICY_DUTIES_H
#define REDRESS_POLICY_DUTIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "redress/policy/landlord.h"
#include "redress/policy/route.h"
#include "redress/policy/workday.h"

#define RD_DUTIES_MAX 4

struct rd_duty {
	enum rd_clock_id clock;
	struct rd_date starts, due; /* due unset: past the calendar */
	int64_t due_ms;		    /* of one that ends at an instant; 0 */
};

/* signs: what the case is known by; flags of what came, for the hazards. known_ms: when it was
 * received. decided: a person or the rules are sure what kind it is. Returns how many. */
size_t rd_duties_of(const struct rd_landlord *landlord, const struct rd_calendar *calendar,
	enum rd_kind kind, bool decided, const struct rd_signs *signs, int64_t known_ms,
	struct rd_duty out[static RD_DUTIES_MAX]);

/* One of them from that instant, whether or not anything asks for it: a person heard of a hazard.
 * False: the profile does not hold it. */
bool rd_duty_from(const struct rd_landlord *landlord, const struct rd_calendar *calendar,
	enum rd_clock_id clock, int64_t from_ms, struct rd_duty *ret_duty);

/* Does it go on when the case turns out to be of another kind? The hazards do. */
bool rd_duty_outlives_kind(const char *clock);

#endif

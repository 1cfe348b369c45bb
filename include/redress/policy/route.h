/* route: to which role of the landlord a case goes, and when that role can be told.
 *
 * Pure. A landlord's profile says with `Route:` stanzas (provision.h) where a case goes; this
 * module says which of them what is known of a case raises, and what a person must do there. The
 * gateway finds the roles in the configuration and tells them.
 *
 * What raises a route:
 *   - one that is called after a flag: that flag;
 *   - any other: a mark of its name ("theft", "building safety"; a hyphen is a blank), and what its
 *     own `Mark:` and `Topic:` lines name;
 *   - one with `About:` lines (whom a complaint is about): see rd_route_about. It takes the place
 *     of staff-conduct, and nothing else raises it.
 * A flag of danger (safeguarding, health_safety, personal_injury, heat_loss) that no stanza routes
 * is raised all the same, with no stanza: silence must not meet danger.
 */
#ifndef REDRESS_POLICY_ROUTE_H
#define REDRESS_POLICY_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "redress/policy/landlord.h"
#include "redress/policy/workday.h"

#define RD_ROUTE_CONDUCT       "staff-conduct"
#define RD_ROUTE_CONDUCT_TOPIC "how staff behaved" /* the shipped rules' topic of conduct */
#define RD_ROUTE_CONDUCT_MARK  "staff conduct"
#define RD_ROUTES_MAX	       32 /* as many as there are names, and some */

/* What is known of a case, or of a message on it. Borrowed. */
struct rd_signs {
	const bool *flags; /* [RD_N_FLAGS], or NULL for none */
	const char *const *marks;
	size_t n_marks;
	const char *const *topics;
	size_t n_topics;
};

struct rd_raised {
	const char *name;		      /* of rd_route_names */
	const struct rd_provision *provision; /* NULL: a danger that the profile routes nowhere */
	bool at_once;			      /* does not wait for a role's hours */
	bool is_danger;
};

/* Those that `now` raises and `before` did not (NULL: nothing was known). In the profile's order,
 * each once; returns how many. */
size_t rd_routes_raised(const struct rd_landlord *landlord, const struct rd_signs *before,
	const struct rd_signs *now, struct rd_raised out[static RD_ROUTES_MAX]);
/* A person sends the case there. False: the profile has no such route. */
bool rd_route_by_name(
	const struct rd_landlord *landlord, const char *name, struct rd_raised *ret_raised);
/* Is it about the conduct of staff? */
bool rd_signs_of_conduct(const struct rd_landlord *landlord, const struct rd_signs *signs);
/* The route for conduct of that role (one of its `About:` lines calls it so), or NULL. called:
 * every name of the role. */
const struct rd_provision *rd_route_about(
	const struct rd_landlord *landlord, const char *const *called, size_t n_called);

/* What a notice calls it ("a danger to health or safety") and what is to be done, in a sentence. */
const char *rd_route_words(const char *name);
const char *rd_route_task(const char *name);

/* Does the phrase of a profile ("the Customer Focus Manager", "the Corporate Complaints Team, never
 * the person complained about") mean the role of that name? Case, blanks and a leading article do
 * not count, and what stands behind a comma need not. */
bool rd_role_is_called(const char *phrase, const char *name);
/* Do the words hold that name, as words of its own? A surname of four letters or more is enough. */
bool rd_words_name(const char *words, size_t len, const char *name, bool surname_too);

/* When a role can be told. All day every day where from_min and to_min are 0. */
struct rd_hours {
	int from_min, to_min; /* minutes of the London day */
	bool every_day;	      /* else on working days */
};

/* Now where now lies within them, else when they next begin. Past the calendar, and without one
 * (NULL), every day counts. */
int64_t rd_hours_next(
	const struct rd_hours *hours, const struct rd_calendar *calendar, int64_t now_ms);

#endif

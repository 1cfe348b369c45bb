/* routes: a case goes to the roles that the landlord's profile names for what is known of it.
 *
 * For each route that is raised (policy/route.h): a notice to each of its roles (notices.h), once
 * for each cause; a task with a date for a person, whether or not anybody could be told; a row of
 * the audit. All in the caller's transaction.
 *
 *   - What joins a case and says something new routes too; danger that is told of again is told on,
 *     once a day.
 *   - Nobody is told of a case that is about themselves. Where it is about the conduct of staff,
 *     the words are looked through for the roles of the configuration and the people who hold them
 *     (`Held by:`); whoever is found is marked on the case ("about: ROLE"), and every notice goes
 *     round them, up by `Then up:`, else to nobody: then the task says so.
 *   - Of old mail (decision.h) nobody is told by itself, for there may be very much of it: the
 *     tasks stand.
 */
#ifndef REDRESS_GATEWAY_ROUTES_H
#define REDRESS_GATEWAY_ROUTES_H

#include "redress/gateway/notices.h"
#include "redress/policy/route.h"
#include "redress/store/casebook.h"

#define RD_ROUTE_TASK "route"

/* What came to a case. Borrowed. */
struct rd_routing {
	const struct rd_case *matter; /* as it stands now */
	int64_t message_id;	      /* 0: no message */
	const struct rd_policy *policy;
	const struct rd_case *before;	/* the case as it stood; NULL: it is new */
	const bool *flags;		/* [RD_N_FLAGS]: of what came */
	const struct rd_message *words; /* NULL: none, or not read */
	bool old;
	const char *cause; /* "message:17", "act:open" */
};
RD_MUST_USE enum rd_rc rd_routes_follow(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_routing *routing, struct rd_arena *arena, struct rd_err *err);

/* A person sends the case there. with_task false: the caller has put one of its own.
 * RD_E_MISSING: the profile has no such route. */
RD_MUST_USE enum rd_rc rd_routes_send(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_policy *policy, int64_t case_id, const char *name, const char *cause,
	bool with_task, struct rd_arena *arena, struct rd_err *err);

#endif

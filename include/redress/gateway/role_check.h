/* role_check: whom the landlords' profiles would tell, and whether the configuration knows them:
 * what `redressd --check` says about roles. None of it is refused: a task for a person stands for
 * every route, whether anybody can be told or not.
 */
#ifndef REDRESS_GATEWAY_ROLE_CHECK_H
#define REDRESS_GATEWAY_ROLE_CHECK_H

#include "redress/policy/landlord.h"
#include "redress/wire/config.h"

#define RD_ROLE_FINDING_MAX 700

typedef void rd_role_say(void *context, const char *text);

/* Of the configuration itself: no roles, nobody above all owners, addresses that come back to us.
 */
void rd_role_check_config(const struct rd_config *config, rd_role_say *say, void *context);
/* Of one landlord: routes to roles that nobody is called, danger that is routed nowhere. */
void rd_role_check_landlord(const struct rd_config *config, const struct rd_landlord *landlord,
	rd_role_say *say, void *context);

#endif

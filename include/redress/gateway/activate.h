/* activate: a rule folder on its way to being live: read, parsed, linted, tested, stored, switched.
 *
 * All or nothing (promise 9): a fault anywhere keeps the old set and names file:line:column. The
 * daemon does this at an empty store's first start (author "first start") and on SIGHUP ("reload"),
 * `redressctl rules activate` with a person's name and reason. Nothing changes where the folder is
 * what is live already.
 */
#ifndef REDRESS_GATEWAY_ACTIVATE_H
#define REDRESS_GATEWAY_ACTIVATE_H

#include <stdbool.h>
#include "redress/gateway/office.h"

#define RD_AUTHOR_FIRST_START "first start"
#define RD_AUTHOR_RELOAD      "reload"

/* dir: the folder. landlords: those in use; each must have its profile. ret_changed false: it was
 * live already. */
RD_MUST_USE enum rd_rc rd_rules_activate(struct rd_db *db, const char *dir,
	const char *const *landlords, size_t n_landlords, const struct rd_actor *author,
	const char *reason, int64_t now_ms, bool *ret_changed, char ret_sha256[RD_RULESET_NAME_MAX],
	struct rd_err *err);

/* The same for the landlords of a configuration; and where that has a real provider, a set with an
 * example number or without an emergency block, which the live one had not, is refused as `redressd
 * --check` would refuse it. (The first start takes what there is: nothing that comes in may be
 * lost; letters to residents wait then, see posting.h.) */
RD_MUST_USE enum rd_rc rd_rules_activate_fit(struct rd_db *db, const struct rd_config *config,
	const char *dir, const struct rd_actor *author, const char *reason, int64_t now_ms,
	bool *ret_changed, char ret_sha256[RD_RULESET_NAME_MAX], struct rd_err *err);

/* Does the folder differ from what is live? A folder that cannot be read differs. */
bool rd_rules_differ(const struct rd_live *live, const char *dir);

#endif

/* case_policy: the landlord's policy that a case opened under. A case keeps it: what was promised
 * when it came in holds, whatever goes live later. The profile itself lies with the stored rule
 * set.
 */
#ifndef REDRESS_STORE_CASE_POLICY_H
#define REDRESS_STORE_CASE_POLICY_H

#include "redress/store/db.h"

struct rd_case_policy {
	const char *version; /* `Version:` of the profile */
	const char *ruleset; /* "sha256:..." */
	const char *profile; /* landlords/NAME.landlord of that set; NULL: the set is not stored */
	size_t len;
};

/* Once a case, when it opens. */
RD_MUST_USE enum rd_rc rd_case_policy_keep(struct rd_tx *tx, int64_t case_id, const char *version,
	const char *ruleset, struct rd_err *err);
/* RD_E_MISSING: a case from before versions were kept. Everything is arena. */
RD_MUST_USE enum rd_rc rd_case_policy_get(struct rd_db *db, int64_t case_id, struct rd_arena *arena,
	struct rd_case_policy *ret_policy, struct rd_err *err);

#endif

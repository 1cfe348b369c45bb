/* decided: the audit's row of a decision: everything that it can be re-derived from (promise 7), as
 * ids, offsets, numbers and a salted hash of the words. Private to casework.
 */
#ifndef REDRESS_GATEWAY_DECIDED_H
#define REDRESS_GATEWAY_DECIDED_H

#include "redress/gateway/casework.h"

struct rd_decided {
	const struct rd_matter *matter;
	const struct rd_verdict *verdict;
	const char *policy_version;
	int64_t case_id; /* 0: it has none */
};

RD_MUST_USE enum rd_rc rd_decided_audit(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_decided *what, struct rd_err *err);

#endif

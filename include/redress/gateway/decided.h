/* decided: the audit's row of a decision. Private to casework.
 *
 * It holds what the decision can be derived from again, years later (promise 7): fate and kind,
 * rule set, hits and suppressed hits with offsets and points, thresholds, rules that were switched
 * off, the policy's version, which letter, or why none. As ids, offsets and numbers, and a hash of
 * the words under the message's salt, which erasure empties; never words, addresses or numbers, for
 * the audit is not erased. (The letter's version stands in the row of the letter.)
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

/* In the transaction of the decision. what: borrowed. */
RD_MUST_USE enum rd_rc rd_decided_audit(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_decided *what, struct rd_err *err);

#endif

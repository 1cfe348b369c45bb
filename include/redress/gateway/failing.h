/* failing: rules that cannot be tried to the end on what residents write.
 *
 * A rule that fails on a message (score.h: failed_rules) sends it to a person and is counted, in
 * the transaction of the decision, for the activation that is live. At the third message the rule
 * is switched off for that landlord: an audit row `rule_switched_off`, an alarm for whoever tunes
 * the rules, and from the next batch on the readers do not try it (office.h: rd_live_off); what its
 * literal pass selects goes to a person, and each such decision names the audit row.
 *
 * The next activation switches everything on again and ends the alarms. Only the pipeline counts:
 * classify, test and backtest switch nothing off and know of nothing that is. Not counted: a
 * duplicate (one mail that came twice says nothing new of the rule), a message read by rules that
 * are not live any longer, a name that no rule of the live set has (a child may have been taken
 * over).
 */
#ifndef REDRESS_GATEWAY_FAILING_H
#define REDRESS_GATEWAY_FAILING_H

#include "redress/gateway/office.h"
#include "redress/reader/reader.h"

#define RD_ALARM_RULE_OFF "rule-switched-off:" /* then LANDLORD:RULE */

RD_MUST_USE enum rd_rc rd_failing_count(struct rd_tx *tx, const struct rd_office *office,
	const char *landlord, int64_t message_id, const struct rd_reading *reading,
	struct rd_err *err);

/* In the transaction of an activation: ends its alarms. */
RD_MUST_USE enum rd_rc rd_failing_forgive(
	struct rd_tx *tx, int64_t now_ms, struct rd_arena *arena, struct rd_err *err);

#endif

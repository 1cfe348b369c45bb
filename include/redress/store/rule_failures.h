/* rule_failures: how often each rule could not be tried to the end, since the rules went live.
 *
 * Counted for an activation, a landlord and a rule, once a message, in the transaction of the
 * message's decision. Another activation, be it of the same set, begins at nought; earlier rows
 * stay as history. Names of rules and numbers of messages, nothing of a resident.
 */
#ifndef REDRESS_STORE_RULE_FAILURES_H
#define REDRESS_STORE_RULE_FAILURES_H

#include "redress/rules/ruleset.h"
#include "redress/store/db.h"

#define RD_RULE_FAILURES_OFF 3 /* failing messages by which a rule is switched off */

struct rd_rule_failure {
	int64_t activation_id;
	const char *landlord, *rule;
	int64_t times, first_ms, last_ms;
	const char *messages; /* numbers of the first RD_RULE_FAILURES_OFF, a blank between two */
	int64_t off_ms;	      /* 0: not switched off */
	int64_t audit_seq;    /* the row that tells of it */
};

/* One message more. *ret_failure, in the arena, as it stands now; times 0: another activation went
 * live meanwhile, and nothing was counted. */
RD_MUST_USE enum rd_rc rd_rule_failures_count(struct rd_tx *tx, int64_t activation_id,
	const char *landlord, const char *rule, int64_t message_id, int64_t now_ms,
	struct rd_arena *arena, struct rd_rule_failure *ret_failure, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_rule_failures_switch_off(struct rd_tx *tx,
	const struct rd_rule_failure *failure, int64_t audit_seq, int64_t now_ms,
	struct rd_err *err);

/* All of the activation that is live, by landlord and rule. */
RD_MUST_USE enum rd_rc rd_rule_failures_list(struct rd_db *db, struct rd_arena *arena,
	struct rd_rule_failure **ret_failures, size_t *ret_n, struct rd_err *err);
/* Those switched off under an activation, the first RD_OFF_RULES_MAX, in order of time. */
RD_MUST_USE enum rd_rc rd_rule_failures_off(struct rd_db *db, int64_t activation_id,
	struct rd_arena *arena, struct rd_off_rules *ret_off, struct rd_err *err);
/* The audit row of the last time that a rule was switched off; 0: it never was. */
RD_MUST_USE enum rd_rc rd_rule_failures_audit(struct rd_db *db, const char *landlord,
	const char *rule, int64_t *ret_seq, struct rd_err *err);

#endif

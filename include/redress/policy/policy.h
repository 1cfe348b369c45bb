/* policy: one landlord's whole policy from one rule folder: profile, calendar and letters.
 *
 * Immutable once loaded and free of the files that it came from, so that a gateway can swap it at
 * once with the rule set (promise: a bad file never goes live; a failure names file:line:column).
 */
#ifndef REDRESS_POLICY_POLICY_H
#define REDRESS_POLICY_POLICY_H

#include <stdbool.h>
#include "redress/base/err.h"
#include "redress/policy/landlord.h"
#include "redress/policy/landlord_check.h"
#include "redress/policy/letter.h"
#include "redress/policy/workday.h"
#include "redress/rules/ruleset.h"

#define RD_POLICY_CALENDAR_FILE	 "calendars/bank-holidays.json"
#define RD_POLICY_OMBUDSMAN_FILE "letters/ombudsman.block"
#define RD_POLICY_BYTES_MAX	 (16u << 20)

struct rd_policy {
	struct rd_arena *arena;
	struct rd_landlord landlord;
	struct rd_calendar *calendar; /* of the landlord's nation, with its closure days */
	struct rd_letters *letters;
};

/* Owned: rd_policy_free. RD_E_MISSING where the folder has no such landlord (did-you-mean). */
RD_MUST_USE enum rd_rc rd_policy_load(const struct rd_rulefiles *files, const char *landlord,
	struct rd_policy **ret_policy, struct rd_err *err);
void rd_policy_free(struct rd_policy *policy); /* NULL is fine */
void rd_policy_cleanup(struct rd_policy **policy);

/* Is a file of the rule folder a landlord's profile? Then its name: "code-2024". */
bool rd_landlord_name_of(const char *file, char out[static RD_LANDLORD_NAME_MAX]);

/* Like rd_policy_load without letters: all that `timeline` and `landlord` need. letters is NULL. */
RD_MUST_USE enum rd_rc rd_policy_load_clocks(const struct rd_rulefiles *files, const char *landlord,
	struct rd_policy **ret_policy, struct rd_err *err);

/* Every landlord of the folder, with the calendar and the letters: what must hold before a rule set
 * may go live. Fails at the first fault, with file:line:column where it has one; RD_E_MISSING where
 * the folder has no landlord at all. */
RD_MUST_USE enum rd_rc rd_policies_check(const struct rd_rulefiles *files, struct rd_err *err);

#endif

/* office: what case work needs besides a transaction: the configuration, the time, the live rule
 * set with its policies, and who is acting.
 *
 * The daemon has one for its pipeline, one for its timekeeper; redressctl makes its own. Everything
 * in it is borrowed. An office is one thread's; what it points to is immutable or thread-safe.
 *
 * Live is the activated set in the store (promise 9): an office never reads the rules folder. A
 * struct rd_live is loaded once, shared by counting, and swapped as a whole.
 */
#ifndef REDRESS_GATEWAY_OFFICE_H
#define REDRESS_GATEWAY_OFFICE_H

#include "redress/base/clock.h"
#include "redress/policy/policy.h"
#include "redress/rules/ruleset.h"
#include "redress/store/db.h"
#include "redress/wire/config.h"

#define RD_LIVE_LANDLORDS_MAX (RD_MAILBOXES_MAX + RD_TEXTS_MAX + 1)
#define RD_ACTOR_DAEMON	      "redressd"

struct rd_actor {
	const char *name; /* RD_ACTOR_DAEMON, or the name of a member of staff */
	int64_t uid;	  /* -1: the daemon */
};

/* The activated rule set with the policies of every landlord in use. Immutable, counted. */
struct rd_live;

struct rd_office {
	const struct rd_config *config;
	const struct rd_clock *clock;
	const struct rd_live *live;
	struct rd_actor actor;
};

/* The landlords that a configuration names, none twice; returns how many. Borrowed from it. */
size_t rd_config_landlords(
	const struct rd_config *config, const char *landlords[static RD_LIVE_LANDLORDS_MAX]);

/* The set that is live in the store. RD_E_MISSING: none was ever activated. RD_E_REFUSED: it lacks
 * a landlord or the calendar; the message says what to do. */
RD_MUST_USE enum rd_rc rd_live_load(struct rd_db *db, const char *const *landlords,
	size_t n_landlords, struct rd_live **ret_live, struct rd_err *err);
/* The same from files in hand: fails where the set may not go live for these landlords. */
RD_MUST_USE enum rd_rc rd_live_make(const struct rd_rulefiles *files, const char *const *landlords,
	size_t n_landlords, struct rd_live **ret_live, struct rd_err *err);
void rd_live_drop(struct rd_live *live); /* NULL is fine */
void rd_live_cleanup(struct rd_live **live);

const char *rd_live_sha256(const struct rd_live *live);
const struct rd_rulefiles *rd_live_files(const struct rd_live *live);
/* Its number in the history of activations; 0 where it was made of files in hand. */
int64_t rd_live_activation(const struct rd_live *live);
/* Rules that failed too often since then (failing.h), as the readers take them. */
const struct rd_off_rules *rd_live_off(const struct rd_live *live);
/* NULL where the landlord is not one of those that it was loaded for. */
const struct rd_policy *rd_live_policy(const struct rd_live *live, const char *landlord);
/* The policy of a case's landlord; RD_E_MISSING names what to do. */
RD_MUST_USE enum rd_rc rd_office_policy(const struct rd_office *office, const char *landlord,
	const struct rd_policy **ret_policy, struct rd_err *err);

/* The landlord of a case as the case keeps it: live's profile with the clocks of the version that
 * the case opened under. Dates are counted by it; names, numbers, letters and bank holidays are the
 * live ones. A case from before versions were kept, or whose version can be read no longer, has the
 * live clocks. What is not live's own is arena. */
RD_MUST_USE enum rd_rc rd_office_case_landlord(const struct rd_office *office, struct rd_db *db,
	int64_t case_id, const struct rd_policy *live, struct rd_arena *arena,
	struct rd_landlord *ret_landlord, struct rd_err *err);

/* Is it the address that our letters come from? Mail that claims to come from it is never answered:
 * it would come back. */
bool rd_office_is_us(const struct rd_office *office, const char *address);

int64_t rd_office_now(const struct rd_office *office);

#endif

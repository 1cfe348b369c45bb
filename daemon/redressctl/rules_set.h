/* rules_set: a rule set as an officer names it:
 *
 *	live		what is live in the store
 *	7		the set that number 7 of the history made live
 *	2d1d05		the stored set whose SHA-256 begins so: RD_RULESET_DIGITS_MIN digits
 *			or more, `sha256:` before them or not
 *	anything else	a folder; one whose name could be taken for a number is written ./7
 */
#ifndef REDRESS_REDRESSCTL_RULES_SET_H
#define REDRESS_REDRESSCTL_RULES_SET_H

#include "desk.h"
#include "redress/rules/ruleset.h"
#include "redress/store/rulesets.h"

#define RD_CTL_SET_ARENA_BYTES (RD_RULEFILES_BYTES_MAX + (4u << 20)) /* of one set */

struct rd_ctl_set {
	struct rd_rulefiles files;
	const char *dir;   /* NULL where it comes from the store */
	const char *words; /* "the live rules", "number 7 of the history", "the folder DIR" */
};

/* Does the word name a set of the store? */
bool rd_ctl_set_is_stored(const char *word);

/* db may be NULL for a folder. Everything in the arena. */
RD_MUST_USE enum rd_rc rd_ctl_set_read(struct rd_db *db, const char *word, struct rd_arena *arena,
	struct rd_ctl_set *ret_set, struct rd_err *err);
/* Of a stored set its whole name alone. */
RD_MUST_USE enum rd_rc rd_ctl_set_name(struct rd_db *db, const char *word, struct rd_arena *arena,
	char ret_sha256[RD_RULESET_NAME_MAX], struct rd_err *err);

/* The first digits of a set's name, enough for people: "2d1d05a9". */
#define RD_SHORT_SHA_MAX 16
const char *rd_ctl_short_sha(const char *sha256, char out[static RD_SHORT_SHA_MAX]);

#endif

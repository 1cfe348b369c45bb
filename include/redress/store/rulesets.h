/* rulesets: rule sets stored whole under their SHA-256, and which one is live since when.
 *
 * What is live is the last activation, never the files of the folder (promise 9): a start takes it
 * from here, and a decision of years ago can be tried again with the very rules that made it. A set
 * is the whole folder, calendars and letters too. Sets and activations are only ever added; going
 * back is another activation of an older set.
 */
#ifndef REDRESS_STORE_RULESETS_H
#define REDRESS_STORE_RULESETS_H

#include "redress/rules/ruleset.h"
#include "redress/store/db.h"

/* There already: RD_OK. Does not check the files: the caller has linted and tested them. */
RD_MUST_USE enum rd_rc rd_rulesets_put(
	struct rd_tx *tx, const struct rd_rulefiles *files, int64_t now_ms, struct rd_err *err);
/* The files as they were, their hash checked again; RD_E_MISSING. */
RD_MUST_USE enum rd_rc rd_rulesets_get(struct rd_db *db, const char *sha256, struct rd_arena *arena,
	struct rd_rulefiles *ret_files, struct rd_err *err);

/* The name of the one set whose SHA-256 begins with those digits ("sha256:" before them or not).
 * RD_E_MISSING: none does; RD_E_INPUT: several do, or they are no digits of a SHA-256. */
#define RD_RULESET_DIGITS_MIN 4
RD_MUST_USE enum rd_rc rd_rulesets_find(struct rd_db *db, const char *digits,
	char ret_sha256[RD_RULESET_NAME_MAX], struct rd_err *err);

enum rd_activation_how {
	RD_ACTIVATION = 0,
	RD_ROLLBACK,
	RD_RELOAD,
	RD_FIRST_START,
	RD_N_ACTIVATIONS,
};
extern const char *const rd_activation_names[RD_N_ACTIVATIONS + 1]; /* "activation", ... */

#define RD_ACTIVATION_LOST_MAX 1000 /* messages that a row names; n_lost counts them all */

struct rd_activation {
	int64_t id; /* the number that people see, from 1 up */
	int64_t at_ms;
	char sha256[RD_RULESET_NAME_MAX];
	enum rd_activation_how how;
	const char *author; /* "first start", "reload", or a person */
	int64_t author_uid; /* -1: the daemon */
	const char *reason;
	/* What was tried before: messages replayed, those that stand elsewhere now, and confirmed
	 * complaints that are lost and were accepted as that. */
	int64_t n_replayed, n_flips, n_lost;
	const char *lost; /* their messages' numbers, newest first, a blank between two */
};
/* A set that is stored (RD_E_MISSING else). Appends to the history, its id given; the last one is
 * live. */
RD_MUST_USE enum rd_rc rd_rulesets_activate(
	struct rd_tx *tx, const struct rd_activation *activation, struct rd_err *err);
/* RD_E_MISSING: none was ever activated (an empty store). */
RD_MUST_USE enum rd_rc rd_rulesets_current(struct rd_db *db, struct rd_arena *arena,
	struct rd_activation *ret_activation, struct rd_err *err);
/* One by its number; RD_E_MISSING. */
RD_MUST_USE enum rd_rc rd_rulesets_activation(struct rd_db *db, int64_t id, struct rd_arena *arena,
	struct rd_activation *ret_activation, struct rd_err *err);
/* Newest first. */
RD_MUST_USE enum rd_rc rd_rulesets_history(struct rd_db *db, struct rd_arena *arena,
	struct rd_activation **ret_items, size_t *ret_n, struct rd_err *err);

#endif

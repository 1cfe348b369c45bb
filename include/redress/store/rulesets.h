/* rulesets: rule sets stored whole under their SHA-256, and which one is live since when.
 * Promise 9. */
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

struct rd_activation {
	int64_t id, at_ms;
	char sha256[RD_RULESET_NAME_MAX];
	const char *author; /* "first start", "reload", or a person */
	int64_t author_uid; /* -1: the daemon */
	const char *reason;
};
/* A set that is stored (RD_E_MISSING else). Appends to the history; the last one is live. */
RD_MUST_USE enum rd_rc rd_rulesets_activate(struct rd_tx *tx, const char *sha256,
	const char *author, int64_t author_uid, const char *reason, int64_t now_ms,
	struct rd_err *err);
/* RD_E_MISSING: none was ever activated (an empty store). */
RD_MUST_USE enum rd_rc rd_rulesets_current(struct rd_db *db, struct rd_arena *arena,
	struct rd_activation *ret_activation, struct rd_err *err);
/* Newest first. */
RD_MUST_USE enum rd_rc rd_rulesets_history(struct rd_db *db, struct rd_arena *arena,
	struct rd_activation **ret_items, size_t *ret_n, struct rd_err *err);

#endif

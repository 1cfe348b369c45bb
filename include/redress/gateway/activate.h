/* activate: a rule set on its way to being live: parsed, linted, tested, tried on the messages of
 * the last weeks, stored, switched.
 *
 * All or nothing (promise 9): a fault anywhere keeps the old set and names file:line:column; so
 * does a complaint that a person confirmed and that the new set would lose, unless that is
 * accepted. The daemon does this at an empty store's first start (author "first start", nothing to
 * try it on) and on SIGHUP ("reload"), `redressctl rules activate` and `rules rollback` with a
 * person's name and reason. Nothing changes where the set is what is live already.
 *
 * The switch is one row in the store. Whoever works with rules looks there before the next message
 * (desk.h), and finishes what is in hand with the set that it was begun with.
 */
#ifndef REDRESS_GATEWAY_ACTIVATE_H
#define REDRESS_GATEWAY_ACTIVATE_H

#include <stdbool.h>
#include "redress/gateway/backtest.h"
#include "redress/gateway/office.h"
#include "redress/store/rulesets.h"

#define RD_AUTHOR_FIRST_START	 "first start"
#define RD_AUTHOR_RELOAD	 "reload"
#define RD_ACTIVATION_REASON_MAX 4000 /* bytes */
/* A reload asks nobody and prints nothing: it looks at confirmed complaints alone, the newest. */
#define RD_RELOAD_MESSAGES_MAX 2000

/* The first start: a folder goes live untried. landlords: those in use; each must have its profile.
 * ret_changed false: it was live already. */
RD_MUST_USE enum rd_rc rd_rules_activate(struct rd_db *db, const char *dir,
	const char *const *landlords, size_t n_landlords, const struct rd_actor *author,
	const char *reason, int64_t now_ms, bool *ret_changed, char ret_sha256[RD_RULESET_NAME_MAX],
	struct rd_err *err);

struct rd_activation_order {
	const struct rd_config *config; /* whose landlords must be in the set */
	const struct rd_rulefiles *files;
	const char *dir; /* where they were read, for messages; NULL: they come from the store */
	enum rd_activation_how how;
	struct rd_actor author;
	const char *reason;
	int64_t now_ms;
	bool accept; /* let confirmed complaints be lost; they stand in history and audit */
	bool proved; /* the caller has linted and tested these files himself, and they hold */
	/* How it is tried; each and go_on as in backtest.h. */
	struct rd_spawner *spawner;
	int n_days;
	int64_t max;
	bool confirmed_only;
	int n_children;
	rd_rehearsed_taker *each;
	bool (*go_on)(void *context, int64_t n_done, int64_t n_all);
	void *context;
};

struct rd_activation_outcome {
	bool changed; /* false: it was live already, and was not tried */
	bool tried;   /* against what was live; false in a store where nothing was */
	struct rd_backtest_outcome trial;
};

/* Where the configuration has a real provider, a set with an example number or without an emergency
 * block, which the live one had not, is refused as `redressd --check` would refuse it. (The first
 * start takes what there is: nothing that comes in may be lost; letters to residents wait then, see
 * posting.h.)
 * RD_E_INPUT, RD_E_REFUSED, RD_E_MISSING: the set may not go live; the outcome tells of the trial,
 * where it came that far. RD_E_AGAIN also where another set went live meanwhile. */
RD_MUST_USE enum rd_rc rd_rules_activate_tried(struct rd_db *db,
	const struct rd_activation_order *order, struct rd_activation_outcome *ret_outcome,
	struct rd_err *err);

/* "2 complaints ... would be lost: messages 12, 45", without what to do about it. */
#define RD_LOST_WORDS_MAX 200
void rd_lost_words(const struct rd_backtest_outcome *trial, char out[static RD_LOST_WORDS_MAX]);

/* What a folder holds, beside what is live. */
enum rd_folder {
	RD_FOLDER_LIVE = 0, /* the files that are live */
	RD_FOLDER_OLDER, /* those of an older number of the history: somebody forgot them there */
	RD_FOLDER_OTHER, /* files that never were live */
	RD_FOLDER_UNREADABLE,
};
/* ret_number: of the history, where it is older; 0 else. */
RD_MUST_USE enum rd_rc rd_rules_look(struct rd_db *db, const struct rd_live *live, const char *dir,
	enum rd_folder *ret_folder, int64_t *ret_number, struct rd_err *err);

#endif

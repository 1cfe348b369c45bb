/* replay: which stored messages can be tried under other rules, and what people said they are.
 *
 * Rules decide what a message opens, joins or is put aside as; what a guard stopped (a bounce, our
 * own letter, the same mail twice) was never theirs and is left out. What is replayed is the
 * reading as it was stored (rd_reading_get), so that a change of rules is all that differs.
 *
 * A person confirms what a message is by a label (labels.h; the last one counts), or by defining
 * the complaint that it opened. What the clock decided by default confirms nothing.
 */
#ifndef REDRESS_STORE_REPLAY_H
#define REDRESS_STORE_REPLAY_H

#include <stdbool.h>
#include "redress/message/message.h"
#include "redress/rules/backtest.h"
#include "redress/store/db.h"

struct rd_replay_range {
	int64_t from_ms, to_ms; /* received from, and before; to_ms 0: no end */
	const char *landlord;	/* NULL: of any */
	bool confirmed_only;	/* confirmed complaints alone */
};

/* Everything received in the range, each message once. */
struct rd_replay_counts {
	int64_t replayable;
	int64_t together; /* texts that were read as one with the text before them */
	int64_t erased;	  /* their words are gone */
	int64_t unread;	  /* never read: they ended the parser, and a person did */
	int64_t waiting;  /* not decided yet */
	int64_t guarded, duplicate;
};
RD_MUST_USE enum rd_rc rd_replay_count(struct rd_db *db, const struct rd_replay_range *range,
	struct rd_replay_counts *ret_counts, struct rd_err *err);

/* When the oldest message was received that is known; 0: there is none. landlord: NULL, or whose.
 */
RD_MUST_USE enum rd_rc rd_replay_oldest(
	struct rd_db *db, const char *landlord, int64_t *ret_received_ms, struct rd_err *err);

struct rd_replay_row {
	int64_t message_id;
	int64_t case_id; /* 0: none */
	int64_t received_ms;
	enum rd_channel channel;
	const char *landlord;
	int confirmed; /* enum rd_kind, or RD_KIND_NONE */
};
/* Replayable ones, newest first, at most max; after: the last row of the page before, NULL for the
 * first page. */
RD_MUST_USE enum rd_rc rd_replay_page(struct rd_db *db, const struct rd_replay_range *range,
	const struct rd_replay_row *after, size_t max, struct rd_arena *arena,
	struct rd_replay_row **ret_rows, size_t *ret_n, struct rd_err *err);

#endif

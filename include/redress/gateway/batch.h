/* batch: some messages claimed from the queue, and what the sealed children read in them.
 *
 * The first half of a message's road: claim (the attempt is committed) and read (parse, normalise,
 * score). Writes nothing else. It needs a handle of the store and the readers for itself while it
 * works, so the next batch can be taken in a thread of its own while this one is decided.
 *
 * A group of texts is one reading: its first text leads, the rest follow.
 */
#ifndef REDRESS_GATEWAY_BATCH_H
#define REDRESS_GATEWAY_BATCH_H

#include "redress/base/arena.h"
#include "redress/base/err.h"
#include "redress/reader/reader.h"
#include "redress/store/queue.h"

/* Borrowed until the batch is taken. */
struct rd_batch_order {
	struct rd_db *db;
	struct rd_reader *reader;
	int64_t run;
	int64_t now_ms;
	int64_t text_pause_ms; /* as rd_queue_claim has it */
	size_t max;
	int stop_fd;
};

struct rd_batch {
	struct rd_batch_order order;
	struct rd_arena *arena; /* of all that follows; what decides may use it too */
	struct rd_claimed *claimed;
	size_t n_claimed;
	int64_t next_ms; /* nothing claimed: when the next message is due; 0: none waits */
	struct rd_reading_request *requests; /* one a leader */
	struct rd_reading *readings;
	size_t *leader; /* requests[i] is of claimed[leader[i]] */
	size_t n_requests;
};

struct rd_batch *rd_batch_new(const struct rd_batch_order *order);
/* On a failure some may have been claimed. */
RD_MUST_USE enum rd_rc rd_batch_take(struct rd_batch *batch, struct rd_err *err);
/* NULL: exhausted, nobody read it. */
const struct rd_reading *rd_batch_reading(const struct rd_batch *batch, size_t claimed);
/* The texts [first, end) share one fate; a mail stands alone. */
size_t rd_batch_group_end(const struct rd_batch *batch, size_t first);
void rd_batch_free(struct rd_batch *batch);
void rd_batch_cleanup(struct rd_batch **batch);

#endif

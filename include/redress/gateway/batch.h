/* batch: some messages claimed from the queue, and what the sealed children read in them.
 *
 * The first half of a message's road: claim (the attempt is committed) and read (parse, normalise,
 * score). Writes nothing else. Reading needs a handle of the store and the readers for itself, so
 * that it can go on in a thread of its own while the batch before is decided; claiming is quick,
 * and done before that decision begins, so that reading waits for no transaction of it.
 *
 * A group of texts is one reading: its first text leads, the rest follow.
 */
#ifndef REDRESS_GATEWAY_BATCH_H
#define REDRESS_GATEWAY_BATCH_H

#include "redress/base/arena.h"
#include "redress/base/err.h"
#include "redress/reader/reader.h"
#include "redress/store/queue.h"
#include "redress/wire/config.h"

/* Borrowed until the batch is read. */
struct rd_batch_order {
	struct rd_db *db; /* to read with */
	struct rd_reader *reader;
	const struct rd_config *config; /* what is known of each mailbox */
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
/* db: to claim with. On a failure some may have been claimed. */
RD_MUST_USE enum rd_rc rd_batch_claim(struct rd_batch *batch, struct rd_db *db, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_batch_read(struct rd_batch *batch, struct rd_err *err);
/* NULL: exhausted, nobody read it. */
const struct rd_reading *rd_batch_reading(const struct rd_batch *batch, size_t claimed);
/* The texts [first, end) share one fate; a mail stands alone. */
size_t rd_batch_group_end(const struct rd_batch *batch, size_t first);
void rd_batch_free(struct rd_batch *batch);
void rd_batch_cleanup(struct rd_batch **batch);

#endif

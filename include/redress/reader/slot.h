/* slot: the daemon's end of one parse child: start it, speak with it, end it.
 *
 * What is said stands in out until the socket takes it, what is heard in `in` until it is a whole
 * frame; nothing here blocks. Which message goes where is reader.c's business.
 */
#ifndef REDRESS_READER_SLOT_H
#define REDRESS_READER_SLOT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "redress/base/buf.h"
#include "redress/base/date.h"
#include "redress/base/err.h"
#include "redress/reader/frame.h"
#include "redress/reader/spawner.h"
#include "redress/rules/ruleset.h"

#define RD_SLOT_DEPTH	   2 /* messages a child holds: the one it is at and the next */
#define RD_SLOT_NONE	   SIZE_MAX
#define RD_SLOT_DETAIL_MAX 128

enum rd_slot_state { RD_SLOT_EMPTY = 0, RD_SLOT_STARTING, RD_SLOT_READY };

/* A place for one child. */
struct rd_slot {
	enum rd_slot_state state;
	_Atomic int pid; /* 0: none; rd_reader_children looks from other threads */
	int fd;
	uint64_t generation; /* of its rule set */
	struct rd_date day;  /* its rules were compiled on */
	char ruleset[RD_RULESET_NAME_MAX];
	struct rd_buf out, in;
	size_t out_sent;
	size_t flight[RD_SLOT_DEPTH]; /* requests it holds, the one it is at first */
	size_t n_flight;
	size_t sending;	     /* request whose pieces are still going out, or RD_SLOT_NONE */
	uint64_t sent_bytes; /* of that request */
	uint64_t n_asked;    /* messages it was ever given */
	bool big;	     /* read more than RD_READER_BIG_BYTES: replaced when idle */
	bool exclusive;	     /* holds a message that must be alone */
	int64_t since_ms;    /* it is at its first message, or starting */
};

/* Starts a child in an empty slot and has the set-up (codec.h) and today on their way to it. It is
 * ready when its READY came. */
RD_MUST_USE enum rd_rc rd_slot_start(struct rd_slot *slot, struct rd_spawner *spawner,
	const struct rd_buf *setup, struct rd_err *err);
/* Ends the child, living or dead, and empties the slot. ret_detail: how it ended, "" where the
 * spawner is gone and nobody knows, or NULL. */
void rd_slot_clear(
	struct rd_slot *slot, struct rd_spawner *spawner, char ret_detail[RD_SLOT_DETAIL_MAX]);
/* Did an idle child end by itself? */
bool rd_slot_is_gone(const struct rd_slot *slot);

RD_MUST_USE enum rd_rc rd_slot_say(struct rd_slot *slot, enum rd_frame_type type, const void *bytes,
	size_t len, struct rd_err *err);
/* As much as the socket takes. RD_E_AGAIN: the child is gone (it may have said something yet). */
RD_MUST_USE enum rd_rc rd_slot_write(struct rd_slot *slot, struct rd_err *err);
/* What is there, into `in`. RD_E_AGAIN: the child is gone; what it said before stands in `in`. */
RD_MUST_USE enum rd_rc rd_slot_read(struct rd_slot *slot, struct rd_err *err);

/* The frame at the start of `in`, borrowed until the next read or drop.
 * RD_E_INPUT: what stands there is none. */
struct rd_slot_frame {
	bool whole; /* else it is still coming, and the rest is not set */
	enum rd_frame_type type;
	const uint8_t *bytes;
	size_t len;
};
RD_MUST_USE enum rd_rc rd_slot_frame(
	const struct rd_slot *slot, struct rd_slot_frame *ret_frame, struct rd_err *err);
void rd_slot_frame_drop(struct rd_slot *slot, size_t len);

#endif

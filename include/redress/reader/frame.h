/* frame: the protocol between the daemon and a parse child, over a stream socketpair.
 *
 * Every frame is 8 bytes of head (magic 'R', version, type, 0, length in 32 bits little-endian) and
 * that many bytes behind it. The daemon sends TODAY and SETUP once; the child compiles, seals
 * itself and answers READY or UNFIT. Then, a message: BEGIN, any number of PIECE, and END (answered
 * by ANSWER, in the order asked) or ABORT (not answered). The next message may be sent before the
 * answer to the last came.
 *
 *   TODAY   instant_ms u64
 *   SETUP   rule files and landlords (codec.h)
 *   READY   nothing
 *   UNFIT   why, in words: the rule set does not compile
 *   BEGIN   enum rd_begin u8, received_ms u64, landlord text, from text, origin (codec.h)
 *   PIECE   raw bytes, or those of a message taken apart (codec.h), at most RD_RAW_PIECE_BYTES
 *   END     cut u8
 *   ANSWER  enum rd_rc u8, and where that is RD_OK a reading (codec.h)
 */
#ifndef REDRESS_READER_FRAME_H
#define REDRESS_READER_FRAME_H

#include <stddef.h>
#include <stdint.h>
#include "redress/base/limits.h"
#include "redress/rules/ruleset.h"

#define RD_FRAME_HEAD_BYTES 8
#define RD_FRAME_VERSION    1

enum rd_frame_type {
	RD_FRAME_TODAY = 1,
	RD_FRAME_SETUP,
	RD_FRAME_READY,
	RD_FRAME_UNFIT,
	RD_FRAME_BEGIN,
	RD_FRAME_PIECE,
	RD_FRAME_END,
	RD_FRAME_ABORT,
	RD_FRAME_ANSWER,
};

/* What the pieces hold. */
enum rd_begin { RD_BEGIN_MAIL = 0, RD_BEGIN_TEXT, RD_BEGIN_TAKEN_APART, RD_N_BEGINS };

/* The longest frame of each direction. */
#define RD_SETUP_BYTES_MAX  (RD_RULEFILES_BYTES_MAX + (1u << 20))
#define RD_ANSWER_BYTES_MAX (12u << 20)
#define RD_UNFIT_BYTES_MAX  512
#define RD_BEGIN_BYTES_MAX  (32u << 10)

/* How a child says by its exit status what ended it. */
enum rd_child_exit {
	RD_CHILD_DONE = 0,	/* the daemon closed the socket */
	RD_CHILD_CPU = 70,	/* RD_READER_CPU_MS were spent on one message */
	RD_CHILD_PROTOCOL = 71, /* a frame was not as it must be */
	RD_CHILD_UNSEALED = 72, /* it could not seal itself */
};

void rd_frame_head(uint8_t out[static RD_FRAME_HEAD_BYTES], enum rd_frame_type type, size_t len);
/* Returns 0, or -1 where the head is none of ours or announces more than max bytes. */
int rd_frame_head_read(const uint8_t head[static RD_FRAME_HEAD_BYTES], size_t max,
	enum rd_frame_type *ret_type, size_t *ret_len);

#endif

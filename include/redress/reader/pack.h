/* pack: numbers and texts in a row of bytes, and back, trusting nothing on the way back.
 *
 * Little-endian, no padding; a text is its length (32 bits), its bytes and a NUL. Packing beyond
 * the buffer's maximum sets `full`; unpacking what is not there, or not as it must be, sets `bad`.
 * Both stay set, so that a reader checks once at the end; what is unpacked after that is 0 or "".
 */
#ifndef REDRESS_READER_PACK_H
#define REDRESS_READER_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "redress/base/arena.h"
#include "redress/base/buf.h"

struct rd_packer {
	struct rd_buf *buf; /* borrowed */
	bool full;
};

void rd_pack_bytes(
	struct rd_packer *packer, const void *bytes, size_t len); /* no length before it */
void rd_pack_u8(struct rd_packer *packer, uint8_t value);
void rd_pack_u32(struct rd_packer *packer, uint32_t value);
void rd_pack_u64(struct rd_packer *packer, uint64_t value);
void rd_pack_bool(struct rd_packer *packer, bool value);
void rd_pack_double(struct rd_packer *packer, double value);
void rd_pack_text(struct rd_packer *packer, const char *text, size_t len);
void rd_pack_str(struct rd_packer *packer, const char *text);

struct rd_unpacker {
	const uint8_t *at, *end;
	struct rd_arena *arena; /* what is unpacked is copied into it */
	bool bad;
};

void rd_unpack_bytes(struct rd_unpacker *unpacker, void *out, size_t len);
uint8_t rd_unpack_u8(struct rd_unpacker *unpacker);
uint32_t rd_unpack_u32(struct rd_unpacker *unpacker);
uint64_t rd_unpack_u64(struct rd_unpacker *unpacker);
bool rd_unpack_bool(struct rd_unpacker *unpacker);     /* 0 or 1 */
double rd_unpack_double(struct rd_unpacker *unpacker); /* finite, within a million either way */
/* A count up to max, of things that each need at least bytes_each more bytes of input. */
uint32_t rd_unpack_count(struct rd_unpacker *unpacker, uint32_t max, size_t bytes_each);
/* Valid UTF-8 without NUL, at most max bytes. Never NULL. */
const char *rd_unpack_text(struct rd_unpacker *unpacker, uint32_t max, uint32_t *ret_len);
const char *rd_unpack_str(struct rd_unpacker *unpacker, uint32_t max);
/* Any bytes, at most max. Never NULL. */
const char *rd_unpack_raw(struct rd_unpacker *unpacker, uint32_t max, size_t *ret_len);
/* Arena memory for an array; sets bad and returns NULL where there is no room, or count is 0. */
void *rd_unpack_array(struct rd_unpacker *unpacker, uint32_t count, size_t bytes_each);

#endif

/* arena: the memory of one message (or one file being parsed), freed in one go.
 *
 * Made with a maximum. An allocation beyond it returns NULL and the arena remembers that it
 * overflowed, so that a caller may check once at the end; nothing is ever silently shortened.
 * Memory is zeroed and aligned for any type. Not for sharing between threads.
 */
#ifndef REDRESS_BASE_ARENA_H
#define REDRESS_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "redress/base/err.h"

struct rd_arena;
struct rd_arena_block;

/* max_bytes: at most this much in all, from 1 up. Aborts when the machine has no memory. */
struct rd_arena *rd_arena_new(size_t max_bytes);

/* NULL once the maximum is reached, and from then on for every call until reset. */
void *rd_arena_alloc(struct rd_arena *arena, size_t bytes);
void *rd_arena_array(struct rd_arena *arena, size_t count, size_t bytes_each);
char *rd_arena_copy(struct rd_arena *arena, const void *data, size_t len); /* adds a NUL */
char *rd_arena_strdup(struct rd_arena *arena, const char *text);
RD_PRINTF(2, 3)
char *rd_arena_printf(struct rd_arena *arena, const char *format, ...);

bool rd_arena_overflowed(const struct rd_arena *arena);
size_t rd_arena_used(const struct rd_arena *arena);
size_t rd_arena_room(const struct rd_arena *arena); /* what is left of the maximum; 0 overflowed */

/* A place to go back to: what was handed out since becomes invalid, and an overflow since is
 * forgotten. A mark is good until the arena is reset or taken back to an earlier one. */
struct rd_arena_mark {
	struct rd_arena_block *block;
	size_t used_of_block, used;
	bool overflowed;
};
struct rd_arena_mark rd_arena_mark(const struct rd_arena *arena);
void rd_arena_back_to(struct rd_arena *arena, struct rd_arena_mark mark);

/* Everything handed out becomes invalid; a block is kept for the next message, as large as the
 * largest one so far needed, but for very large ones. */
void rd_arena_reset(struct rd_arena *arena);
void rd_arena_free(struct rd_arena *arena);	/* NULL is fine */
void rd_arena_cleanup(struct rd_arena **arena); /* for RD_CLEANUP */

#endif

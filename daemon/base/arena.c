#include "redress/base/arena.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_ALIGN	  _Alignof(max_align_t)
#define ARENA_FIRST_BYTES ((size_t)16 << 10)
#define ARENA_BLOCK_BYTES                                                                          \
	((size_t)256 << 10) /* blocks grow up to this; larger wishes get their own */

struct rd_arena_block {
	struct rd_arena_block *next;
	size_t size, used; /* of bytes[] */
	_Alignas(max_align_t) unsigned char bytes[];
};

struct rd_arena {
	struct rd_arena_block *first;	/* kept over resets */
	struct rd_arena_block *current; /* the one filled at present; the last of the list */
	size_t max, used;
	bool overflowed;
};

static struct rd_arena_block *block_new(size_t size)
{
	struct rd_arena_block *block = calloc(1, sizeof *block + size);

	RD_ASSERT(block != NULL);
	block->size = size;
	return block;
}

struct rd_arena *rd_arena_new(size_t max_bytes)
{
	RD_ASSERT(max_bytes > 0);
	struct rd_arena *arena = calloc(1, sizeof *arena);
	RD_ASSERT(arena != NULL);
	arena->max = max_bytes;
	arena->first = block_new(ARENA_FIRST_BYTES);
	arena->current = arena->first;
	return arena;
}

void *rd_arena_alloc(struct rd_arena *arena, size_t bytes)
{
	if (arena->overflowed || bytes > arena->max || arena->used > arena->max - bytes) {
		arena->overflowed = true;
		return NULL;
	}
	size_t rounded = (bytes + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
	if (rounded == 0)
		rounded = ARENA_ALIGN; /* every allocation has an address of its own */
	struct rd_arena_block *block = arena->current;
	if (rounded > block->size - block->used) {
		size_t size = block->size * 2;
		if (size > ARENA_BLOCK_BYTES)
			size = ARENA_BLOCK_BYTES;
		if (size < rounded)
			size = rounded;
		block->next = block_new(size);
		block = block->next;
		arena->current = block;
	}
	void *memory = block->bytes + block->used;
	block->used += rounded;
	arena->used += rounded;
	return memory;
}

void *rd_arena_array(struct rd_arena *arena, size_t count, size_t bytes_each)
{
	if (bytes_each != 0 && count > SIZE_MAX / bytes_each) {
		arena->overflowed = true;
		return NULL;
	}
	return rd_arena_alloc(arena, count * bytes_each);
}

char *rd_arena_copy(struct rd_arena *arena, const void *data, size_t len)
{
	char *copy = len < SIZE_MAX ? rd_arena_alloc(arena, len + 1) : NULL;

	if (copy != NULL && len > 0)
		memcpy(copy, data, len);
	return copy;
}

char *rd_arena_strdup(struct rd_arena *arena, const char *text)
{
	return rd_arena_copy(arena, text, strlen(text));
}

char *rd_arena_printf(struct rd_arena *arena, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	RD_ASSERT(n >= 0);
	char *text = rd_arena_alloc(arena, (size_t)n + 1);
	if (text == NULL)
		return NULL;
	va_start(args, format);
	vsnprintf(text, (size_t)n + 1, format, args);
	va_end(args);
	return text;
}

bool rd_arena_overflowed(const struct rd_arena *arena)
{
	return arena->overflowed;
}

size_t rd_arena_used(const struct rd_arena *arena)
{
	return arena->used;
}

size_t rd_arena_room(const struct rd_arena *arena)
{
	return arena->overflowed || arena->used > arena->max ? 0 : arena->max - arena->used;
}

static void blocks_free(struct rd_arena_block *block)
{
	while (block != NULL) {
		struct rd_arena_block *next = block->next;
		free(block);
		block = next;
	}
}

struct rd_arena_mark rd_arena_mark(const struct rd_arena *arena)
{
	return (struct rd_arena_mark){
		.block = arena->current,
		.used_of_block = arena->current->used,
		.used = arena->used,
		.overflowed = arena->overflowed,
	};
}

void rd_arena_back_to(struct rd_arena *arena, struct rd_arena_mark mark)
{
	struct rd_arena_block *block = mark.block;

	blocks_free(block->next);
	block->next = NULL;
	memset(block->bytes + mark.used_of_block, 0, block->used - mark.used_of_block);
	block->used = mark.used_of_block;
	arena->current = block;
	arena->used = mark.used;
	arena->overflowed = mark.overflowed;
}

void rd_arena_reset(struct rd_arena *arena)
{
	if (arena->first->next != NULL && arena->first->size < ARENA_BLOCK_BYTES) {
		/* One block for all of it, so that the next message needs no second one. */
		size_t size = arena->used < ARENA_BLOCK_BYTES ? arena->used : ARENA_BLOCK_BYTES;
		blocks_free(arena->first);
		arena->first = block_new(size);
	} else {
		blocks_free(arena->first->next);
		arena->first->next = NULL;
		memset(arena->first->bytes, 0, arena->first->used);
		arena->first->used = 0;
	}
	arena->current = arena->first;
	arena->used = 0;
	arena->overflowed = false;
}

void rd_arena_free(struct rd_arena *arena)
{
	if (arena == NULL)
		return;
	blocks_free(arena->first);
	free(arena);
}

void rd_arena_cleanup(struct rd_arena **arena)
{
	rd_arena_free(*arena);
	*arena = NULL;
}

/* A field of any bytes, in spans of any shape, normalises to valid text with a map that never
 * falls. */
#include <string.h>

#include "fuzz.h"
#include "redress/base/arena.h"
#include "redress/message/charset.h"
#include "redress/message/normal.h"

#define N_SPANS 8

/* The first bytes say how large a result may be and where the spans end. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd_arena *arena;
	struct rd_span spans[N_SPANS];
	struct rd_normal normal = { 0 };
	struct rd_err err = { 0 };
	uint32_t from = 0, len, origin_from, origin_to, max;
	const char *field;
	bool valid;
	size_t n = 0;

	if (size < N_SPANS + 1 || size > 1u << 16)
		return 0;
	arena = rd_arena_new(8u << 20);
	max = data[N_SPANS] == 0 ? 1u << 16 : data[N_SPANS];
	field = (const char *)data + N_SPANS + 1;
	len = (uint32_t)(size - N_SPANS - 1);
	valid = rd_utf8_valid(field, len) == len;
	for (; n < N_SPANS && from < len; n++) {
		uint32_t to = from + 1 + (data[n] >> 1);

		to = to > len || n == N_SPANS - 1 ? len : to;
		if (valid) /* spans never cut a character */
			while (to < len && ((unsigned char)field[to] & 0xC0) == 0x80)
				to++;
		spans[n] = (struct rd_span){ data[n] & 1 ? RD_SPAN_QUOTED : RD_SPAN_NEW, from, to };
		from = to;
	}
	RD_ASSERT(rd_normalise(field, len, data[0] == 0 ? NULL : spans, n, max, arena, &normal,
			  &err) == RD_OK);
	RD_ASSERT(normal.len <= max && normal.text[normal.len] == '\0');
	RD_ASSERT(!valid || rd_utf8_valid(normal.text, normal.len) == normal.len);
	for (uint32_t i = 0; i < normal.len && normal.origin; i++)
		RD_ASSERT(normal.origin[i] <= normal.origin[i + 1]);
	for (uint32_t i = 0; i <= normal.len; i++) {
		rd_normal_origin(&normal, i, normal.len, &origin_from, &origin_to);
		RD_ASSERT(origin_from <= origin_to && origin_to <= len);
	}
	rd_arena_free(arena);
	return 0;
}

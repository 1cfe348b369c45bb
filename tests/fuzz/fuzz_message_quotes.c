/* A body of any bytes, with given spans of any shape, is marked whole, once and in order. */
#include <string.h>

#include "fuzz.h"
#include "redress/base/arena.h"
#include "redress/base/err.h"
#include "redress/message/quotes.h"

#define N_GIVEN 3

/* The first byte says what the subject is, the next where the given spans end and what they are. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const subjects[] = { "", "FW: leak", "RE: leak", NULL };
	struct rd_span given[N_GIVEN];
	struct rd_unmarked mail = { .given = given };
	struct rd_marked marked = { 0 };
	struct rd_err err = { 0 };
	struct rd_arena *arena;
	uint32_t at = 0;
	char *body;

	if (size < 1 + N_GIVEN || size > 1u << 16)
		return 0;
	arena = rd_arena_new(4u << 20);
	mail.subject = subjects[data[0] % 4];
	mail.len = (uint32_t)(size - 1 - N_GIVEN);
	body = rd_arena_copy(arena, data + 1 + N_GIVEN, mail.len);
	RD_ASSERT(body != NULL);
	mail.body = body;
	for (size_t i = 0; i < N_GIVEN && data[0] >= 128; i++) {
		uint32_t to = at + 1 + data[1 + i] / 4;

		if (to > mail.len)
			break;
		given[mail.n_given++] =
			(struct rd_span){ (enum rd_span_kind)(1 + data[1 + i] % 3), at, to };
		at = to;
	}
	RD_ASSERT(rd_quotes_mark(&mail, arena, &marked, &err) == RD_OK);
	at = 0;
	for (size_t i = 0; i < marked.n_spans; i++) {
		RD_ASSERT(marked.spans[i].from == at && marked.spans[i].to > at);
		RD_ASSERT(marked.spans[i].kind <= RD_SPAN_OWN_LETTER);
		at = marked.spans[i].to;
	}
	RD_ASSERT(at == mail.len && marked.n_spans <= RD_SPANS_MAX);
	RD_ASSERT(marked.n_forwarded <= RD_FORWARDED_MAX);
	for (size_t i = 0; i < marked.n_forwarded; i++)
		RD_ASSERT(strlen(marked.forwarded[i].address) <= 320);
	rd_arena_free(arena);
	return 0;
}

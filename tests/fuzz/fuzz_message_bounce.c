/* A mail server's report of any bytes: as the fields of a status, as its words, as a complaint. */
#include <string.h>

#include "fuzz.h"
#include "redress/base/arena.h"
#include "redress/base/limits.h"
#include "redress/message/bounce.h"
#include "redress/message/charset.h"

static void is_sound(const struct rd_bounce *bounce)
{
	RD_ASSERT(bounce->kind < RD_N_BOUNCES);
	RD_ASSERT(bounce->n_recipients <= RD_BOUNCE_RECIPIENTS_MAX);
	RD_ASSERT(strlen(bounce->code) < RD_BOUNCE_CODE_MAX);
	RD_ASSERT(strlen(bounce->why) <= RD_BOUNCE_WHY_MAX);
	RD_ASSERT(rd_utf8_valid(bounce->why, strlen(bounce->why)) == strlen(bounce->why));
	RD_ASSERT(strpbrk(bounce->why, "\r\n\t\x7f") == NULL);
	for (size_t i = 0; i < bounce->n_recipients; i++)
		RD_ASSERT(strchr(bounce->recipients[i], '@') != NULL &&
			  strlen(bounce->recipients[i]) <= RD_ADDRESS_BYTES_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd_arena *arena = rd_arena_new(16u << 20);
	const char *text = (const char *)data;
	const char *line = rd_arena_copy(arena, data, size < 4096 ? size : 4096);
	const struct rd_bounce_source all = { .status = text,
		.status_len = size,
		.text = text,
		.text_len = size,
		.failed = line,
		.returned = line };
	const struct rd_bounce_source prose = { .text = text, .text_len = size };
	struct rd_bounce bounce = { .kind = RD_BOUNCE_NONE };
	struct rd_err err = { 0 };
	bool complains;

	RD_ASSERT(rd_bounce_read(&all, arena, &bounce, &err) == RD_OK);
	is_sound(&bounce);
	RD_ASSERT(rd_bounce_read(&prose, arena, &bounce, &err) == RD_OK);
	RD_ASSERT(bounce.kind != RD_BOUNCE_NONE);
	is_sound(&bounce);
	RD_ASSERT(rd_abuse_read(text, size, line, arena, &bounce, &complains, &err) == RD_OK);
	is_sound(&bounce);
	RD_ASSERT(rd_bounce_own_words(text, size) <= size);
	(void)rd_bounce_prose(text, size);
	rd_arena_free(arena);
	return 0;
}

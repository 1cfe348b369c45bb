/* A mail of any bytes is read into a sound message, and normalises. */
#include <string.h>

#include "fuzz.h"
#include "redress/base/arena.h"
#include "redress/base/limits.h"
#include "redress/message/charset.h"
#include "redress/message/mime.h"
#include "redress/message/normal.h"
#include "redress/message/reference.h"
#include "redress/message/sms.h"

static void check(const struct rd_message *m)
{
	uint32_t at = 0;

	RD_ASSERT(rd_utf8_valid(m->body, m->body_len) == m->body_len);
	RD_ASSERT(strlen(m->body) == m->body_len && m->body_len <= RD_TEXT_BYTES_MAX);
	RD_ASSERT(rd_utf8_valid(m->subject, m->subject_len) == m->subject_len);
	RD_ASSERT(strlen(m->subject) == m->subject_len && m->subject_len <= RD_SUBJECT_BYTES_MAX);
	for (size_t i = 0; i < m->n_spans; i++) {
		RD_ASSERT(m->spans[i].from == at && m->spans[i].to > at);
		at = m->spans[i].to;
	}
	RD_ASSERT(at == m->body_len);
	RD_ASSERT(strlen(m->from.address) <= RD_ADDRESS_BYTES_MAX);
	RD_ASSERT(rd_utf8_valid(m->from.name, strlen(m->from.name)) == strlen(m->from.name));
	for (size_t i = 0; i < m->n_references; i++)
		RD_ASSERT(m->references[i][0] != '\0');
	for (size_t i = 0; i < m->n_parts; i++)
		RD_ASSERT(m->parts[i].name && m->parts[i].type[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd_found_reference found[RD_REFERENCES_FOUND_MAX];
	struct rd_arena *arena;
	struct rd_message message = { 0 };
	struct rd_normal normal = { 0 };
	struct rd_err err = { 0 };

	rd_mime_init();
	arena = rd_arena_new(RD_MIME_ARENA_BYTES);
	RD_ASSERT(rd_mime_parse(data, size, false, arena, &message, &err) == RD_OK);
	check(&message);
	RD_ASSERT(rd_normalise(message.body, message.body_len,
			  message.nothing_new ? NULL : message.spans, message.n_spans,
			  RD_SCORED_BYTES_MAX, arena, &normal, &err) == RD_OK);
	RD_ASSERT(rd_utf8_valid(normal.text, normal.len) == normal.len);
	(void)rd_references_find(message.body, message.body_len, found);
	(void)rd_message_word(&message);
	rd_arena_free(arena);
	return 0;
}

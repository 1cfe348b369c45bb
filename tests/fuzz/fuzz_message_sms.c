/* A text of any bytes: number, body, size, words, references; and as the subject of a letter. */
#include <string.h>

#include "fuzz.h"
#include "redress/base/arena.h"
#include "redress/base/buf.h"
#include "redress/base/limits.h"
#include "redress/message/charset.h"
#include "redress/message/compose.h"
#include "redress/message/plain.h"
#include "redress/message/reference.h"
#include "redress/message/sms.h"

static void compose(const char *text)
{
	struct rd_buf out = RD_BUF(RD_COMPOSED_BYTES_MAX);
	struct rd_outgoing_mail mail = { .from = { text, "home@example.org" },
		.to = "jo@example.com",
		.subject = text,
		.message_id = "1@example.org",
		.in_reply_to = text,
		.auto_submitted = "auto-replied",
		.body = text };
	struct rd_err err = { 0 };

	if (rd_compose_mail(&mail, &out, &err) == RD_OK)
		for (size_t i = 0, line = 0; i < out.len; i++) {
			RD_ASSERT((unsigned char)out.data[i] < 0x80);
			RD_ASSERT(out.data[i] != '\n' || (i > 0 && out.data[i - 1] == '\r'));
			RD_ASSERT(i - line < 998);
			line = out.data[i] == '\n' ? i + 1 : line;
		}
	rd_buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd_found_reference found[RD_REFERENCES_FOUND_MAX];
	struct rd_arena *arena = rd_arena_new(4u << 20);
	struct rd_message message = { 0 };
	struct rd_plain plain = { .channel = RD_CHANNEL_EMAIL,
		.body = (const char *)data,
		.body_len = size,
		.subject = (const char *)data,
		.subject_len = size };
	struct rd_err err = { 0 };
	struct rd_sms_size measure;
	char number[RD_PHONE_MAX];
	const char *from = rd_arena_copy(arena, data, size < 100 ? size : 100);

	RD_ASSERT(rd_sms_message(from, (const char *)data, size, arena, &message, &err) == RD_OK);
	RD_ASSERT(rd_utf8_valid(message.body, message.body_len) == message.body_len);
	RD_ASSERT(message.body_len <= RD_SMS_BYTES_MAX);
	measure = rd_sms_size(message.body, message.body_len);
	RD_ASSERT(measure.parts <= measure.units);
	(void)rd_phone_canonical(from, number);
	RD_ASSERT(strlen(number) < RD_PHONE_MAX);
	(void)rd_message_word(&message);
	(void)rd_references_find((const char *)data, size, found);
	compose(message.body);
	if (size < 1u << 16)
		RD_ASSERT(rd_plain_message(&plain, arena, &message, &err) == RD_OK);
	rd_arena_free(arena);
	return 0;
}

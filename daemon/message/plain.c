#include "redress/message/plain.h"

#include <string.h>
#include "redress/base/limits.h"
#include "redress/message/charset.h"
#include "redress/message/quotes.h"

static enum rd_rc no_memory(struct rd_err *err)
{
	return rd_fail(err, RD_E_RANGE, "the message is too large for its memory");
}

/* Valid UTF-8 is kept byte by byte; anything else is repaired and reported. */
static enum rd_rc take(const char *data, size_t len, size_t max, struct rd_arena *arena,
	const char **ret_text, uint32_t *ret_len, struct rd_trouble *trouble, struct rd_err *err)
{
	struct rd_decoded decoded = { 0 };

	if (!data)
		len = 0;
	if (rd_utf8_valid(data ? data : "", len) == len) {
		size_t keep = rd_utf8_cut(data ? data : "", len, max);
		char *copy = rd_arena_copy(arena, data ? data : "", keep);

		if (!copy)
			return no_memory(err);
		trouble->text_truncated = trouble->text_truncated || keep < len;
		*ret_text = copy;
		*ret_len = (uint32_t)keep;
		return RD_OK;
	}
	RD_TRY(rd_charset_decode(data, len, "utf-8", max, arena, &decoded, err));
	trouble->bad_charset = true;
	trouble->text_truncated = trouble->text_truncated || decoded.truncated;
	*ret_text = decoded.text;
	*ret_len = (uint32_t)decoded.len;
	return RD_OK;
}

static void set_empty(struct rd_message *message)
{
	message->subject = message->body = "";
	message->from = (struct rd_address){ .name = "", .address = "" };
	message->return_path = message->message_id = message->date_header = "";
	message->automatic.own_loop = "";
	message->bounce.code = message->bounce.why = message->bounce.subject = "";
}

/* One NEW span over the whole body; none over an empty one. */
static enum rd_rc all_new(struct rd_message *message, struct rd_arena *arena, struct rd_err *err)
{
	struct rd_span *span;

	if (message->body_len == 0)
		return RD_OK;
	span = rd_arena_array(arena, 1, sizeof *span);
	if (!span)
		return no_memory(err);
	*span = (struct rd_span){ RD_SPAN_NEW, 0, message->body_len };
	message->spans = span;
	message->n_spans = 1;
	return RD_OK;
}

enum rd_rc rd_plain_message(const struct rd_plain *plain, struct rd_arena *arena,
	struct rd_message *ret_message, struct rd_err *err)
{
	struct rd_message message = { .channel = plain->channel };
	size_t max = plain->channel == RD_CHANNEL_SMS ? RD_SMS_BYTES_MAX : RD_TEXT_BYTES_MAX;
	uint32_t from_len = 0;

	set_empty(&message);
	RD_TRY(take(plain->subject, plain->subject_len, RD_SUBJECT_BYTES_MAX, arena,
		&message.subject, &message.subject_len, &message.trouble, err));
	RD_TRY(take(plain->body, plain->body_len, max, arena, &message.body, &message.body_len,
		&message.trouble, err));
	if (plain->from) {
		struct rd_trouble ignored = { 0 };

		RD_TRY(take(plain->from, strlen(plain->from), RD_ADDRESS_BYTES_MAX, arena,
			&message.from.address, &from_len, &ignored, err));
	}
	if (plain->channel == RD_CHANNEL_SMS) {
		RD_TRY(all_new(&message, arena, err));
	} else {
		const struct rd_unmarked mail = {
			.subject = message.subject, .body = message.body, .len = message.body_len
		};
		struct rd_marked marked = { 0 };

		RD_TRY(rd_quotes_mark(&mail, arena, &marked, err));
		message.spans = marked.spans;
		message.n_spans = marked.n_spans;
		message.nothing_new = marked.nothing_new;
		message.forwarded = marked.forwarded;
		message.n_forwarded = marked.n_forwarded;
	}
	*ret_message = message;
	return RD_OK;
}

/* HTML of any bytes becomes valid text with spans in order. */
#include <string.h>

#include "fuzz.h"
#include "redress/base/arena.h"
#include "redress/message/charset.h"
#include "redress/message/html.h"
#include "redress/message/quotes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd_arena *arena = rd_arena_new(32u << 20);
	struct rd_decoded decoded = { 0 };
	struct rd_html_text text = { 0 };
	struct rd_marked marked = { 0 };
	struct rd_err err = { 0 };
	char charset[41];
	uint32_t at = 0;

	rd_html_meta_charset((const char *)data, size, charset);
	RD_ASSERT(rd_charset_decode(data, size, charset, 1u << 20, arena, &decoded, &err) == RD_OK);
	RD_ASSERT(rd_utf8_valid(decoded.text, decoded.len) == decoded.len);
	RD_ASSERT(
		rd_html_to_text(decoded.text, decoded.len, 1u << 16, arena, &text, &err) == RD_OK);
	RD_ASSERT(rd_utf8_valid(text.text, text.len) == text.len && text.len <= 1u << 16);
	for (size_t i = 0; i < text.n_spans; i++) {
		RD_ASSERT(text.spans[i].from >= at && text.spans[i].to > text.spans[i].from);
		at = text.spans[i].to;
	}
	RD_ASSERT(at <= text.len);
	const struct rd_unmarked mail = { .subject = size % 2 == 0 ? "FW: a" : "",
		.body = text.text,
		.len = text.len,
		.given = text.spans,
		.n_given = text.n_spans };
	RD_ASSERT(rd_quotes_mark(&mail, arena, &marked, &err) == RD_OK);
	at = 0;
	for (size_t i = 0; i < marked.n_spans; i++) {
		RD_ASSERT(marked.spans[i].from == at && marked.spans[i].to > at);
		at = marked.spans[i].to;
	}
	RD_ASSERT(at == text.len);
	rd_arena_free(arena);
	return 0;
}

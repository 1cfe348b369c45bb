#include "redress/message/flowed.h"

#include <string.h>
#include "redress/base/buf.h"
#include "redress/message/charset.h"

struct out {
	struct rd_buf buf;
	bool truncated;
};

static void add(struct out *out, const char *text, size_t len)
{
	struct rd_err ignored = { 0 };
	size_t room = out->buf.max - out->buf.len;

	if (out->truncated || len == 0)
		return;
	if (len > room) {
		len = rd_utf8_cut(text, len, room);
		out->truncated = true;
	}
	if (len > 0 && rd_buf_add(&out->buf, text, len, &ignored) != RD_OK)
		out->truncated = true;
}

enum rd_rc rd_unflow(const char *text, size_t len, bool del_sp, size_t max, struct rd_arena *arena,
	const char **ret_text, size_t *ret_len, bool *ret_truncated, struct rd_err *err)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf buf = RD_BUF(1);
	struct out out = { .buf = RD_BUF(max > 0 ? max : 1) };
	size_t open_depth = 0;
	bool open = false; /* the line before ended softly */
	const char *copy;

	for (size_t at = 0; at < len && !out.truncated;) {
		const char *line = text + at;
		const char *end = memchr(line, '\n', len - at);
		size_t n = end ? (size_t)(end - line) : len - at;
		size_t depth = 0;
		bool soft, signature;

		at += n + (end ? 1 : 0);
		while (depth < n && line[depth] == '>')
			depth++;
		line += depth;
		n -= depth;
		if (n > 0 && line[0] == ' ') {
			line++;
			n--;
		}
		signature = n == 3 && memcmp(line, "-- ", 3) == 0;
		soft = n > 0 && line[n - 1] == ' ' && !signature;
		if (soft && del_sp)
			n--;
		/* a paragraph ends where the depth changes, whatever its last line says */
		if (open && (depth != open_depth || signature)) {
			add(&out, "\n", 1);
			open = false;
		}
		if (!open)
			for (size_t i = 0; i < depth && i < RD_FLOWED_DEPTH_MAX; i++)
				add(&out, "> ", 2);
		add(&out, line, n);
		if (!soft)
			add(&out, "\n", end ? 1 : 0);
		open = soft;
		open_depth = depth;
	}
	if (open)
		add(&out, "\n", 1);
	buf = out.buf;
	copy = rd_arena_copy(arena, rd_buf_str(&buf), buf.len);
	if (!copy)
		return rd_fail(err, RD_E_RANGE, "the message is too large for its memory");
	*ret_text = copy;
	*ret_len = buf.len;
	*ret_truncated = out.truncated;
	return RD_OK;
}

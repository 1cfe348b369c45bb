#include "redress/message/mime_scan.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "redress/base/err.h"
#include "redress/message/mime.h"

struct scan {
	const char *raw;
	size_t len;
	char *copy;    /* NULL until something has to go */
	size_t copied; /* bytes in copy */
	bool capped;
	bool multipart; /* a header said so: boundary-like lines matter from here on */
	bool in_headers;
	bool message; /* this header block announced a message: another block follows */
	size_t block_bytes, block_headers, total_headers, boundaries, nested;
};

/* The end of the line that begins at `at`, behind its "\n". */
static size_t line_end(const struct scan *s, size_t at)
{
	const char *end = memchr(s->raw + at, '\n', s->len - at);

	return end ? (size_t)(end - s->raw) + 1 : s->len;
}

static bool is_blank_line(const char *line, size_t len)
{
	return len == 0 || line[0] == '\n' || (len == 2 && line[0] == '\r' && line[1] == '\n') ||
	       (len == 1 && line[0] == '\r');
}

/* "--" and a character that is no blank (RFC 2046 section 5.1.1). */
static bool is_boundary_like(const char *line, size_t len)
{
	return len > 3 && line[0] == '-' && line[1] == '-' && line[2] != ' ' && line[2] != '\r' &&
	       line[2] != '\n';
}

static bool is_address_header(const char *line, size_t len)
{
	static const char *const names[] = { "from:", "to:", "cc:", "bcc:", "sender:", "reply-to:",
		"resent-", "disposition-notification-to:", "return-receipt-to:", "errors-to:",
		"return-path:", "mail-" };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		size_t n = strlen(names[i]);

		if (len > n && strncasecmp(line, names[i], n) == 0)
			return true;
		/* "To : x" is read as "To:" */
		if (len > n && strncasecmp(line, names[i], n - 1) == 0 &&
			(line[n - 1] == ' ' || line[n - 1] == '\t'))
			return true;
	}
	return false;
}

static bool contains(const char *text, size_t len, const char *what)
{
	size_t n = strlen(what);
	const char *at = text;
	const char *end = text + len;

	while ((size_t)(end - at) >= n) {
		at = memchr(at, what[n - 1], (size_t)(end - at));
		if (!at)
			return false;
		if ((size_t)(at - text) >= n - 1 && strncasecmp(at - (n - 1), what, n) == 0)
			return true;
		at++;
	}
	return false;
}

/* From here on the copy is what counts. */
static void leave_out(struct scan *s, size_t at)
{
	s->capped = true;
	if (s->copy)
		return;
	s->copy = malloc(s->len + 1);
	RD_ASSERT(s->copy != NULL);
	memcpy(s->copy, s->raw, at);
	s->copied = at;
}

static void keep(struct scan *s, size_t at, size_t len)
{
	if (s->copy) {
		memcpy(s->copy + s->copied, s->raw + at, len);
		s->copied += len;
	}
}

static void begin_block(struct scan *s)
{
	s->in_headers = true;
	s->message = false;
	s->block_bytes = s->block_headers = 0;
}

/* One header with its folded lines; returns where the next line begins. */
static size_t take_header(struct scan *s, size_t at, size_t end)
{
	size_t len;
	size_t colons = 0;
	bool fits;

	while (end < s->len && (s->raw[end] == ' ' || s->raw[end] == '\t'))
		end = line_end(s, end);
	len = end - at;
	s->block_headers++;
	s->total_headers++;
	fits = len <= RD_MIME_HEADER_BYTES_MAX && s->block_headers <= RD_MIME_HEADERS_MAX &&
	       s->total_headers <= RD_SCAN_HEADERS_TOTAL_MAX &&
	       s->block_bytes + len <= RD_MIME_HEAD_BYTES_MAX;
	if (fits && is_address_header(s->raw + at, len)) {
		for (size_t i = at; i < end; i++)
			colons += s->raw[i] == ':';
		fits = colons <= RD_SCAN_COLONS_MAX;
	}
	if (!fits) {
		leave_out(s, at);
		return end;
	}
	s->block_bytes += len;
	if (len > 12 && strncasecmp(s->raw + at, "content-type", 12) == 0) {
		s->multipart = s->multipart || contains(s->raw + at, len, "multipart/");
		s->message = s->message || contains(s->raw + at, len, "message/");
	}
	keep(s, at, len);
	return end;
}

void rd_mime_scan(const char *raw, size_t len, struct rd_scanned *ret_scanned)
{
	struct scan s = { .raw = raw, .len = len };
	bool stopped = false;

	begin_block(&s);
	for (size_t at = 0; at < len && !stopped;) {
		size_t end = line_end(&s, at);

		if (s.multipart && is_boundary_like(raw + at, end - at)) {
			/* what stands behind it is another part's header block */
			s.boundaries++;
			s.nested = 0;
			stopped = s.boundaries > RD_MIME_BOUNDARIES_MAX;
			if (!stopped) {
				begin_block(&s);
				keep(&s, at, end - at);
			}
		} else if (!s.in_headers) {
			keep(&s, at, end - at);
		} else if (is_blank_line(raw + at, end - at)) {
			if (s.message) {
				s.nested++;
				stopped = s.nested > RD_SCAN_NESTED_MAX;
				begin_block(&s);
			} else {
				s.in_headers = false;
			}
			if (!stopped)
				keep(&s, at, end - at);
		} else if (s.total_headers > 0 && s.nested > 0 &&
			   !memchr(raw + at, ':', end - at)) {
			/* an attached message in base64, or none at all: no headers to guard
			 * against */
			s.in_headers = false;
			keep(&s, at, end - at);
		} else {
			end = take_header(&s, at, end);
		}
		if (stopped)
			leave_out(&s, at);
		at = end;
	}
	*ret_scanned = (struct rd_scanned){ .data = s.copy ? s.copy : raw,
		.len = s.copy ? s.copied : len,
		.copy = s.copy,
		.capped = s.capped };
}

void rd_scanned_free(struct rd_scanned *scanned)
{
	free(scanned->copy);
	scanned->copy = NULL;
}

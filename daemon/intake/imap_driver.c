#include "redress/intake/imap_private.h"

#include <stdlib.h>
#include <string.h>

/* All that libetpan sees of a greeting: a hostile one crashes its parser. */
static const char GREETING[] = "* OK ready\r\n";

static ssize_t fail(struct rd_imap *imap)
{
	imap->broken = true;
	return -1;
}

static ssize_t driver_read(mailstream_low *low, void *data, size_t size)
{
	struct rd_imap *imap = low->data;
	size_t left = sizeof GREETING - 1 - imap->greeting_given;
	if (left > 0) {
		if (left > size)
			left = size;
		memcpy(data, GREETING + imap->greeting_given, left);
		imap->greeting_given += left;
		return (ssize_t)left;
	}
	if (imap->broken)
		return -1;
	size_t len = 0;
	if (rd_stream_read(imap->stream, data, size, &len, &imap->err) != RD_OK)
		return fail(imap);
	if (rd_imap_scan_feed(&imap->scan, data, len, &imap->err) != RD_OK) {
		(void)rd_fail_within(&imap->err, "%s", imap->server);
		return fail(imap);
	}
	return (ssize_t)len;
}

static ssize_t driver_write(mailstream_low *low, const void *data, size_t len)
{
	struct rd_imap *imap = low->data;
	if (imap->broken)
		return -1;
	if (rd_stream_write(imap->stream, data, len, &imap->err) != RD_OK)
		return fail(imap);
	return (ssize_t)len;
}

static int driver_close(mailstream_low *low)
{
	struct rd_imap *imap = low->data;
	imap->broken = true;
	return 0;
}

static int driver_get_fd(mailstream_low *low)
{
	struct rd_imap *imap = low->data;
	return rd_stream_fd(imap->stream);
}

/* The stream is rd_imap's own. */
static void driver_free(mailstream_low *low)
{
	free(low);
}

/* libetpan wants it writable and never writes. */
mailstream_low_driver rd_imap_driver = {
	.mailstream_read = driver_read,
	.mailstream_write = driver_write,
	.mailstream_close = driver_close,
	.mailstream_get_fd = driver_get_fd,
	.mailstream_free = driver_free,
};

void rd_imap_begin(struct rd_imap *imap, int64_t deadline_ms, uint64_t max_bytes)
{
	if (imap->most_ms > 0 && deadline_ms > imap->most_ms)
		deadline_ms = imap->most_ms;
	imap->err = (struct rd_err){ 0 };
	rd_stream_begin(imap->stream, deadline_ms, max_bytes);
}

/* The codes by which libetpan says that the server answered NO. */
static bool is_no(int code)
{
	switch (code) {
	case MAILIMAP_ERROR_SELECT:
	case MAILIMAP_ERROR_UID_FETCH:
	case MAILIMAP_ERROR_UID_STORE:
	case MAILIMAP_ERROR_UID_COPY:
	case MAILIMAP_ERROR_UID_MOVE:
	case MAILIMAP_ERROR_CREATE:
	case MAILIMAP_ERROR_EXPUNGE:
	case MAILIMAP_ERROR_NOOP:
		return true;
	default:
		return false;
	}
}

enum rd_rc rd_imap_outcome(struct rd_imap *imap, int code, const char *doing, struct rd_err *err)
{
	if (code == MAILIMAP_NO_ERROR)
		return RD_OK;
	char words[200] = "";
	if (imap->session->imap_response)
		rd_imap_words(imap->session->imap_response, words, sizeof words);
	if (is_no(code) && !imap->broken)
		return rd_fail(err, RD_E_REFUSED, "%s: the server refuses to %s: %s", imap->server,
			doing, words);
	imap->broken = true;
	if (imap->err.code != RD_OK) {
		*err = imap->err;
		return err->code;
	}
	if (code == MAILIMAP_ERROR_PROTOCOL)
		return rd_fail(err, RD_E_AGAIN,
			"%s: the server did not understand us, or answered out of turn, when asked "
			"to %s: %s",
			imap->server, doing, words);
	return rd_fail(err, RD_E_AGAIN,
		"%s: the server's answer makes no sense when asked to %s (code %d)", imap->server,
		doing, code);
}

/* --- folder names --- */

static const char BASE64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

/* One code point of UTF-8; 0 where it is not UTF-8. */
static uint32_t next_point(const unsigned char **at)
{
	const unsigned char *p = *at;
	unsigned n = p[0] < 0x80		   ? 0
		     : p[0] >= 0xc2 && p[0] < 0xe0 ? 1
		     : p[0] >= 0xe0 && p[0] < 0xf0 ? 2
		     : p[0] >= 0xf0 && p[0] < 0xf5 ? 3
						   : 9;
	if (n == 9)
		return 0;
	uint32_t point = n == 0 ? p[0] : p[0] & (0x3fu >> n);
	for (unsigned i = 1; i <= n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (p[i] & 0x3fu);
	}
	*at = p + n + 1;
	return point > 0x10ffff ? 0 : point;
}

struct encoder {
	char *out;
	size_t len;
	size_t size;
	bool shifted;
	uint32_t bits;
	unsigned n_bits;
};

static void put(struct encoder *e, char c)
{
	if (e->len + 1 < e->size)
		e->out[e->len] = c;
	e->len++;
}

static void put_unit(struct encoder *e, uint32_t unit)
{
	e->bits = e->bits << 16 | unit;
	e->n_bits += 16;
	while (e->n_bits >= 6) {
		e->n_bits -= 6;
		put(e, BASE64[e->bits >> e->n_bits & 0x3f]);
	}
	e->bits &= (1u << e->n_bits) - 1;
}

static void unshift(struct encoder *e)
{
	if (!e->shifted)
		return;
	if (e->n_bits > 0)
		put(e, BASE64[e->bits << (6 - e->n_bits) & 0x3f]);
	put(e, '-');
	e->shifted = false;
	e->bits = 0;
	e->n_bits = 0;
}

enum rd_rc rd_imap_encode_folder(const char *folder, char *out, size_t size, struct rd_err *err)
{
	struct encoder e = { .out = out, .size = size };
	const unsigned char *at = (const unsigned char *)folder;
	if (!*at || !rd_imap_is_clean(folder))
		return rd_fail(err, RD_E_INPUT,
			"the name of a folder is empty or holds a control "
			"character");
	while (*at) {
		uint32_t point = next_point(&at);
		if (!point)
			return rd_fail(err, RD_E_INPUT, "the name of a folder is not UTF-8");
		if (point < 0x80) {
			unshift(&e);
			put(&e, (char)point);
			if (point == '&')
				put(&e, '-');
			continue;
		}
		if (!e.shifted)
			put(&e, '&');
		e.shifted = true;
		if (point >= 0x10000) {
			put_unit(&e, 0xd800 + ((point - 0x10000) >> 10));
			put_unit(&e, 0xdc00 + ((point - 0x10000) & 0x3ff));
		} else {
			put_unit(&e, point);
		}
	}
	unshift(&e);
	if (e.len >= size)
		return rd_fail(err, RD_E_RANGE, "the name of a folder is too long");
	out[e.len] = '\0';
	return RD_OK;
}

#include "redress/message/charset.h"

#include <errno.h>
#include <iconv.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistr.h>
#include "redress/base/buf.h"

#define REPLACEMENT   "\xEF\xBF\xBD" /* U+FFFD */
#define LABEL_MAX     40
#define CONVERT_PIECE 4096
#define BAD_BYTES_SHARE                                                                            \
	10 /* one bad byte in this many: the declared charset is not the true one                  \
	    */

/* Charsets in use in mail; glibc keeps their modules loaded as long as one converter is open. */
static const char *const charsets_in_use[] = { "ISO-8859-1", "ISO-8859-2", "ISO-8859-3",
	"ISO-8859-4", "ISO-8859-5", "ISO-8859-6", "ISO-8859-7", "ISO-8859-8", "ISO-8859-9",
	"ISO-8859-10", "ISO-8859-13", "ISO-8859-14", "ISO-8859-15", "ISO-8859-16", "CP1250",
	"CP1251", "CP1252", "CP1253", "CP1254", "CP1255", "CP1256", "CP1257", "CP1258", "CP437",
	"CP850", "CP852", "CP866", "CP874", "KOI8-R", "KOI8-U", "MACINTOSH", "TIS-620", "VISCII",
	"GB2312", "GBK", "GB18030", "BIG5", "BIG5-HKSCS", "CP950", "SHIFT_JIS", "CP932", "EUC-JP",
	"ISO-2022-JP", "ISO-2022-JP-2", "EUC-KR", "UHC", "ISO-2022-KR", "UTF-7", "UTF-16",
	"UTF-16LE", "UTF-16BE", "UTF-32" };
#define N_CHARSETS (sizeof charsets_in_use / sizeof charsets_in_use[0])

/* Labels that stand for something else than they say (WHATWG Encoding section 4.2). "" : no label.
 */
static const struct {
	const char *label, *means;
} labels[] = {
	{ "us-ascii", "windows-1252" },
	{ "ascii", "windows-1252" },
	{ "ansi_x3.4-1968", "windows-1252" },
	{ "iso-8859-1", "windows-1252" },
	{ "iso8859-1", "windows-1252" },
	{ "iso_8859-1", "windows-1252" },
	{ "latin1", "windows-1252" },
	{ "latin-1", "windows-1252" },
	{ "l1", "windows-1252" },
	{ "cp1252", "windows-1252" },
	{ "cp-1252", "windows-1252" },
	{ "x-cp1252", "windows-1252" },
	{ "ansi", "windows-1252" },
	{ "utf8", "utf-8" },
	{ "utf-8-sig", "utf-8" },
	{ "unicode-1-1-utf-8", "utf-8" },
	{ "x-utf-8", "utf-8" },
	{ "gb2312", "GB18030" },
	{ "gb_2312-80", "GB18030" },
	{ "gbk", "GB18030" },
	{ "x-gbk", "GB18030" },
	{ "shift_jis", "CP932" },
	{ "shift-jis", "CP932" },
	{ "x-sjis", "CP932" },
	{ "big5", "BIG5-HKSCS" },
	{ "ks_c_5601-1987", "UHC" },
	{ "ks_c_5601", "UHC" },
	{ "euc-kr", "UHC" },
	{ "iso-8859-8-i", "ISO-8859-8" },
	{ "iso-8859-9", "CP1254" },
	{ "iso-8859-11", "TIS-620" },
	{ "windows-874", "CP874" },
	{ "x-mac-roman", "MACINTOSH" },
	{ "unicode-1-1-utf-7", "UTF-7" },
	{ "unknown", "" },
	{ "unknown-8bit", "" },
	{ "x-unknown", "" },
	{ "8bit", "" },
	{ "7bit", "" },
	{ "binary", "" },
	{ "default", "" },
	{ "default_charset", "" },
	{ "x-user-defined", "" },
	{ "none", "" },
	{ "charset", "" },
};

/* 0x80 to 0x9F of windows-1252; 0 where it holds nothing. */
static const unsigned short windows_1252[32] = { 0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020,
	0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017D, 0, 0, 0x2018, 0x2019, 0x201C,
	0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0, 0x017E, 0x0178 };

static void open_converters(void)
{
	/* Process-wide on purpose: glibc's loaded modules are, and only an open converter keeps
	 * them. */
	static iconv_t kept_open[N_CHARSETS] __attribute__((used));

	for (size_t i = 0; i < N_CHARSETS; i++)
		kept_open[i] = iconv_open("UTF-8", charsets_in_use[i]);
}

void rd_charset_init(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, open_converters);
}

size_t rd_utf8_valid(const char *text, size_t len)
{
	size_t good = 0;

	while (good < len) {
		const uint8_t *bad;
		const char *nul = memchr(text + good, 0, len - good);
		size_t until = nul ? (size_t)(nul - text) : len;

		bad = u8_check((const uint8_t *)text + good, until - good);
		return bad ? (size_t)((const char *)bad - text) : until;
	}
	return good;
}

size_t rd_utf8_cut(const char *text, size_t len, size_t max)
{
	if (len <= max)
		return len;
	while (max > 0 && ((unsigned char)text[max] & 0xC0) == 0x80)
		max--;
	return max;
}

static bool is_ascii(const unsigned char *data, size_t len)
{
	size_t i = 0;

	for (; i + 8 <= len; i += 8) {
		uint64_t word;

		memcpy(&word, data + i, 8);
		/* any high bit, or any zero byte (the usual trick; a false alarm only costs time)
		 */
		if ((word & 0x8080808080808080u) != 0 ||
			((word - 0x0101010101010101u) & ~word & 0x8080808080808080u) != 0)
			return false;
	}
	for (; i < len; i++)
		if (data[i] == 0 || data[i] >= 0x80)
			return false;
	return true;
}

/* "" where there is no label to go by. */
static void canonical_label(const char *charset, char out[static LABEL_MAX + 1])
{
	size_t n = 0;

	out[0] = '\0';
	if (!charset)
		return;
	for (const char *p = charset; *p != '\0'; p++) {
		char c = *p;

		if (c == '"' || c == '\'' || c == ' ' || c == '\t')
			continue;
		/* "//" starts options for iconv, and no charset has anything else in its name */
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			    c == '-' || c == '_' || c == '.' || c == ':' || c == '+'))
			break;
		if (n == LABEL_MAX) {
			n = 0;
			break;
		}
		out[n++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	out[n] = '\0';
	for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++)
		if (strcmp(out, labels[i].label) == 0) {
			memcpy(out, labels[i].means, strlen(labels[i].means) + 1);
			return;
		}
}

/* Adds as much as max allows; what does not fit sets truncated. Never fails but for max. */
static bool add(struct rd_buf *out, const void *data, size_t len, bool *truncated)
{
	struct rd_err ignored = { 0 };

	if (rd_buf_add(out, data, len, &ignored) == RD_OK)
		return true;
	*truncated = true;
	return false;
}

/* Keeps what is valid UTF-8, drops NUL, puts U+FFFD for the rest; counts the bytes lost. */
static size_t repair_utf8(const char *data, size_t len, struct rd_buf *out, bool *truncated)
{
	size_t lost = 0;
	size_t at = 0;

	while (at < len && !*truncated) {
		size_t good = rd_utf8_valid(data + at, len - at);
		size_t room = out->max - out->len;

		if (good > room) {
			good = rd_utf8_cut(data + at, good, room);
			*truncated = true;
		}
		if (good > 0 && !add(out, data + at, good, truncated))
			break;
		at += good;
		if (at >= len || *truncated)
			break;
		if (data[at] != '\0' && !add(out, REPLACEMENT, 3, truncated))
			break;
		lost++;
		at++;
	}
	return lost;
}

static size_t from_windows_1252(
	const unsigned char *data, size_t len, struct rd_buf *out, bool *truncated)
{
	size_t lost = 0;

	for (size_t i = 0; i < len && !*truncated;) {
		uint8_t utf8[6];
		unsigned c = data[i];
		size_t run = i;
		int n;

		while (run < len && data[run] != 0 && data[run] < 0x80)
			run++;
		if (run > i) {
			size_t room = out->max - out->len;
			size_t take = run - i < room ? run - i : room;

			(void)add(out, data + i, take, truncated);
			if (take < run - i)
				*truncated = true;
			i = run;
			continue;
		}
		i++;
		if (c == 0) {
			lost++;
			continue;
		}
		if (c < 0xA0) {
			c = windows_1252[c - 0x80];
			if (c == 0) {
				c = 0xFFFD;
				lost++;
			}
		}
		n = u8_uctomb(utf8, c, (int)sizeof utf8);
		(void)add(out, utf8, n > 0 ? (size_t)n : 0, truncated);
	}
	return lost;
}

static void close_converter(iconv_t *converter)
{
	if (*converter != (iconv_t)-1)
		(void)iconv_close(*converter);
}

/* Returns false where the charset is unknown, or plainly not what the bytes are in. */
static bool from_other(const char *charset, const unsigned char *data, size_t len,
	struct rd_buf *out, size_t *lost, bool *truncated)
{
	RD_CLEANUP(close_converter) iconv_t converter = iconv_open("UTF-8", charset);
	char *in = (char *)(uintptr_t)data; /* iconv takes no const, and writes nothing there */
	size_t left = len;
	size_t bad = 0;

	if (converter == (iconv_t)-1)
		return false;
	while (left > 0 && !*truncated) {
		char piece[CONVERT_PIECE];
		char *to = piece;
		size_t room = sizeof piece;
		size_t rc = iconv(converter, &in, &left, &to, &room);
		int why = errno;
		size_t got = sizeof piece - room;
		size_t fits = out->max - out->len;

		if (got > fits) {
			got = rd_utf8_cut(piece, got, fits);
			*truncated = true;
		}
		/* A charset of the system is no reason to trust it with what we promise: repaired
		 * again. */
		*lost += repair_utf8(piece, got, out, truncated);
		if (rc != (size_t)-1 || why == E2BIG)
			continue;
		/* EILSEQ, or EINVAL: the text ends within a character */
		(void)add(out, REPLACEMENT, 3, truncated);
		in++;
		left--;
		bad++;
	}
	*lost += bad;
	return bad == 0 || bad < len / BAD_BYTES_SHARE;
}

static void guess(const char *data, size_t len, struct rd_buf *out, size_t *lost, bool *truncated)
{
	bool shortened = false;

	*lost = repair_utf8(data, len, out, &shortened);
	/* Fewer wrong bytes than right characters beyond ASCII: UTF-8 with damage, as when cut. */
	if (*lost > 0) {
		size_t right = 0;

		for (size_t i = 0; i < out->len; i++)
			right += ((unsigned char)out->data[i] & 0xC0) == 0xC0;
		right = right > *lost ? right - *lost : 0; /* the U+FFFD put in */
		if (right < *lost) {
			rd_buf_clear(out);
			shortened = false;
			*lost = from_windows_1252(
				(const unsigned char *)data, len, out, &shortened);
		}
	}
	*truncated = shortened;
}

static size_t beyond_ascii(const unsigned char *data, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += data[i] >= 0x80;
	return n;
}

enum rd_rc rd_charset_decode(const void *data, size_t len, const char *charset, size_t max,
	struct rd_arena *arena, struct rd_decoded *ret_decoded, struct rd_err *err)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf out = RD_BUF(max > 0 ? max : 1);
	struct rd_decoded decoded = { .text = "" };
	char label[LABEL_MAX + 1];
	const unsigned char *bytes = data;
	const char *text = data;
	bool western, read = false;
	size_t lost = 0;

	canonical_label(charset, label);
	western = label[0] == '\0' || strcmp(label, "windows-1252") == 0 ||
		  strcmp(label, "utf-8") == 0;
	if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) { /* a byte order mark says it all */
		bytes += 3;
		text += 3;
		len -= 3;
		western = true;
		label[0] = '\0';
	}
	if (len == 0) {
		*ret_decoded = decoded;
		return RD_OK;
	}
	if (western && is_ascii(bytes, len)) {
		decoded.len = len < max ? len : max;
		decoded.truncated = len > max;
		decoded.text = rd_arena_copy(arena, text, decoded.len);
		if (!decoded.text)
			return rd_fail(err, RD_E_RANGE, "the message is too large for its memory");
		*ret_decoded = decoded;
		return RD_OK;
	}
	if (!western) {
		read = from_other(label, bytes, len, &out, &lost, &decoded.truncated);
		if (!read) {
			rd_buf_clear(&out);
			decoded.truncated = false;
			decoded.doubtful = true;
		}
	} else if (strcmp(label, "windows-1252") == 0 && rd_utf8_valid(text, len) < len) {
		/* Bytes that are valid UTF-8 are that, whatever they are called: in western prose
		 * no other text comes out so by chance. */
		lost = from_windows_1252(bytes, len, &out, &decoded.truncated);
		read = true;
	}
	if (!read) {
		bool utf8 = rd_utf8_valid(text, len) == len;

		guess(text, len, &out, &lost, &decoded.truncated);
		/* named so and is not; or so much beyond ASCII that it may be another script */
		if (!utf8 && (strcmp(label, "utf-8") == 0 || beyond_ascii(bytes, len) > len / 3))
			decoded.doubtful = true;
	}
	decoded.doubtful = decoded.doubtful || lost > 0;
	decoded.len = out.len;
	decoded.text = rd_arena_copy(arena, rd_buf_str(&out), out.len);
	if (!decoded.text)
		return rd_fail(err, RD_E_RANGE, "the message is too large for its memory");
	*ret_decoded = decoded;
	return RD_OK;
}

#include "redress/wire/providers/xml.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistr.h>

#include "redress/base/buf.h"

#define TEXT_BYTES_MAX (4u << 20)
#define REPLACEMENT    "\xEF\xBF\xBD"

struct reader {
	const char *at, *end;
	struct rd_arena *arena;
	struct rd_err *err;
	char path[RD_XML_PATH_MAX];
	size_t ends[RD_XML_DEPTH_MAX]; /* length of the path before each open element */
	struct rd_buf texts[RD_XML_DEPTH_MAX];
	size_t depth;
	bool had_root;
	struct rd_xml_item *items;
	size_t n_items, size;
};

static enum rd_rc broken(const struct reader *r)
{
	return rd_fail(r->err, RD_E_INPUT, "the body is not the XML that was expected");
}

static bool looks_at(const struct reader *r, const char *word)
{
	size_t len = strlen(word);
	return (size_t)(r->end - r->at) >= len && memcmp(r->at, word, len) == 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_blanks(struct reader *r)
{
	while (r->at < r->end && is_blank(*r->at))
		r->at++;
}

/* Goes behind the next occurrence of word. */
static bool skip_past(struct reader *r, const char *word)
{
	for (; r->at < r->end; r->at++)
		if (looks_at(r, word)) {
			r->at += strlen(word);
			return true;
		}
	return false;
}

static enum rd_rc add_item(struct reader *r, const char *path, const char *value, size_t len)
{
	while (len > 0 && is_blank(*value)) {
		value++;
		len--;
	}
	while (len > 0 && is_blank(value[len - 1]))
		len--;
	if (r->n_items == r->size) {
		size_t size = r->size ? 2 * r->size : 64;
		struct rd_xml_item *items = rd_arena_array(r->arena, size, sizeof *items);
		if (!items || r->n_items >= RD_XML_ITEMS_MAX)
			return rd_fail(r->err, RD_E_RANGE, "the XML is too large");
		if (r->n_items)
			memcpy(items, r->items, r->n_items * sizeof *items);
		r->items = items;
		r->size = size;
	}
	struct rd_xml_item *item = &r->items[r->n_items++];
	item->path = rd_arena_strdup(r->arena, path);
	item->value = rd_arena_copy(r->arena, value, len);
	item->len = len;
	if (!item->path || !item->value)
		return rd_fail(r->err, RD_E_RANGE, "the XML is too large");
	return RD_OK;
}

/* ---- characters ---- */

/* "&#163;" or "&#xA3;" at that place; false: there is none, or none that any character has. */
static bool read_code(const struct reader *r, const char *at, uint32_t *ret_code, size_t *ret_len)
{
	size_t left = (size_t)(r->end - at);
	bool hex = left > 2 && memcmp(at, "&#x", 3) == 0;
	uint32_t code = 0;
	size_t from = hex ? 3 : 2;
	size_t n = from;
	if (left < 3 || memcmp(at, "&#", 2) != 0)
		return false;
	for (; n < left && n < from + 8; n++) {
		char c = at[n];
		uint32_t digit = c >= '0' && c <= '9'	       ? (uint32_t)(c - '0')
				 : hex && c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
				 : hex && c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A' + 10)
							       : 16;
		if (digit == 16)
			break;
		code = code * (hex ? 16 : 10) + digit;
	}
	if (n == from || n >= left || at[n] != ';' || code > 0x10FFFF)
		return false;
	*ret_code = code;
	*ret_len = n + 1;
	return true;
}

static bool is_high(uint32_t code)
{
	return code >= 0xD800 && code <= 0xDBFF;
}

static enum rd_rc add_reference(struct reader *r, struct rd_buf *out)
{
	static const struct {
		const char *name;
		const char *text;
	} known[] = { { "&amp;", "&" }, { "&lt;", "<" }, { "&gt;", ">" }, { "&quot;", "\"" },
		{ "&apos;", "'" } };
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (looks_at(r, known[i].name)) {
			r->at += strlen(known[i].name);
			return rd_buf_add_str(out, known[i].text, r->err);
		}
	size_t len;
	uint32_t code;
	uint8_t bytes[6];
	if (!read_code(r, r->at, &code, &len))
		return broken(r);
	r->at += len;
	/* Some write a pair of code units where one character is meant (XML 1.0 4.1). */
	uint32_t low;
	if (is_high(code) && read_code(r, r->at, &low, &len) && low >= 0xDC00 && low <= 0xDFFF) {
		code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
		r->at += len;
	}
	int n = code ? u8_uctomb(bytes, code, sizeof bytes) : -1;
	if (n <= 0) /* what a phone sent must not make the rest of the page unreadable */
		return rd_buf_add_str(out, REPLACEMENT, r->err);
	return rd_buf_add(out, bytes, (size_t)n, r->err);
}

/* Up to one of the stops, references resolved. */
static enum rd_rc add_text(struct reader *r, char stop, struct rd_buf *out)
{
	while (r->at < r->end && *r->at != stop) {
		if (*r->at == '&') {
			RD_TRY(add_reference(r, out));
			continue;
		}
		if (*r->at == '\0') {
			r->at++;
			RD_TRY(rd_buf_add_str(out, REPLACEMENT, r->err));
			continue;
		}
		if (*r->at == '<' && stop != '<')
			return broken(r);
		RD_TRY(rd_buf_add(out, r->at++, 1, r->err));
	}
	return RD_OK;
}

/* ---- tags ---- */

/* A name without its prefix; len 0: none. */
static const char *read_name(struct reader *r, size_t *ret_len)
{
	const char *name = r->at;
	while (r->at < r->end && !is_blank(*r->at) && !strchr("/>=<\"'", *r->at)) {
		if (*r->at == ':')
			name = r->at + 1;
		r->at++;
	}
	*ret_len = (size_t)(r->at - name);
	return name;
}

static enum rd_rc read_attribute(struct reader *r)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf value = RD_BUF(TEXT_BYTES_MAX);
	char path[2 * RD_XML_PATH_MAX];
	size_t len;
	const char *name = read_name(r, &len);
	skip_blanks(r);
	if (len == 0 || len > RD_XML_PATH_MAX / 2 || r->at >= r->end || *r->at != '=')
		return broken(r);
	r->at++;
	skip_blanks(r);
	if (r->at >= r->end || (*r->at != '"' && *r->at != '\''))
		return broken(r);
	char quote = *r->at++;
	RD_TRY(add_text(r, quote, &value));
	if (r->at >= r->end)
		return broken(r);
	r->at++;
	size_t path_len = strlen(r->path);
	memcpy(path, r->path, path_len);
	path[path_len] = '@';
	memcpy(path + path_len + 1, name, len);
	path[path_len + 1 + len] = '\0';
	return add_item(r, path, rd_buf_str(&value), value.len);
}

static enum rd_rc close_element(struct reader *r)
{
	struct rd_buf *text = &r->texts[--r->depth];
	enum rd_rc rc = add_item(r, r->path, rd_buf_str(text), text->len);
	rd_buf_free(text);
	r->path[r->ends[r->depth]] = '\0';
	return rc;
}

static enum rd_rc open_element(struct reader *r)
{
	size_t len;
	r->at++;
	const char *name = read_name(r, &len);
	size_t before = strlen(r->path);
	if (len == 0 || (r->depth == 0 && r->had_root))
		return broken(r);
	if (r->depth == RD_XML_DEPTH_MAX || before + len + 2 > sizeof r->path)
		return rd_fail(r->err, RD_E_RANGE, "the XML is nested too deeply");
	r->had_root = true;
	r->ends[r->depth] = before;
	r->texts[r->depth] = (struct rd_buf)RD_BUF(TEXT_BYTES_MAX);
	r->depth++;
	if (before > 0)
		r->path[before++] = '/';
	memcpy(r->path + before, name, len);
	r->path[before + len] = '\0';
	for (;;) {
		skip_blanks(r);
		if (r->at >= r->end)
			return broken(r);
		if (*r->at == '>') {
			r->at++;
			return RD_OK;
		}
		if (looks_at(r, "/>")) {
			r->at += 2;
			return close_element(r);
		}
		RD_TRY(read_attribute(r));
	}
}

static enum rd_rc end_element(struct reader *r)
{
	size_t len;
	r->at += 2;
	const char *name = read_name(r, &len);
	skip_blanks(r);
	if (r->depth == 0 || r->at >= r->end || *r->at != '>')
		return broken(r);
	size_t from = r->ends[r->depth - 1];
	const char *open = r->path + from + (from > 0);
	if (strlen(open) != len || memcmp(open, name, len) != 0)
		return broken(r);
	r->at++;
	return close_element(r);
}

static enum rd_rc read_step(struct reader *r)
{
	if (looks_at(r, "<?"))
		return skip_past(r, "?>") ? RD_OK : broken(r);
	if (looks_at(r, "<!--"))
		return skip_past(r, "-->") ? RD_OK : broken(r);
	if (looks_at(r, "<![CDATA[")) {
		const char *from = r->at + 9;
		if (r->depth == 0 || !skip_past(r, "]]>"))
			return broken(r);
		return rd_buf_add(
			&r->texts[r->depth - 1], from, (size_t)(r->at - 3 - from), r->err);
	}
	if (looks_at(r, "<!"))
		return broken(r);
	if (looks_at(r, "</"))
		return end_element(r);
	if (*r->at == '<')
		return open_element(r);
	if (r->depth > 0)
		return add_text(r, '<', &r->texts[r->depth - 1]);
	if (!is_blank(*r->at))
		return broken(r);
	r->at++;
	return RD_OK;
}

enum rd_rc rd_xml_read(const char *text, size_t len, struct rd_arena *arena, struct rd_xml *ret_xml,
	struct rd_err *err)
{
	struct reader reader = { .at = text, .end = text + len, .arena = arena, .err = err };
	enum rd_rc rc = RD_OK;
	if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
		reader.at += 3;
	while (rc == RD_OK && reader.at < reader.end)
		rc = read_step(&reader);
	if (rc == RD_OK && (reader.depth > 0 || !reader.had_root))
		rc = broken(&reader);
	for (size_t i = 0; i < reader.depth; i++)
		rd_buf_free(&reader.texts[i]);
	if (rc == RD_OK)
		*ret_xml = (struct rd_xml){ .items = reader.items, .n_items = reader.n_items };
	return rc;
}

const char *rd_xml_value(const struct rd_xml *xml, const char *path)
{
	for (size_t i = 0; i < xml->n_items; i++)
		if (strcmp(xml->items[i].path, path) == 0)
			return xml->items[i].value;
	return "";
}

const char *rd_xml_escape(struct rd_arena *arena, const char *text)
{
	char *out = rd_arena_alloc(arena, 6 * strlen(text) + 1);
	size_t n = 0;
	for (; out && *text; text++) {
		unsigned char c = (unsigned char)*text;
		const char *as = c == '&'    ? "&amp;"
				 : c == '<'  ? "&lt;"
				 : c == '>'  ? "&gt;"
				 : c == '"'  ? "&quot;"
				 : c == '\'' ? "&apos;"
					     : NULL;
		if (as) {
			memcpy(out + n, as, strlen(as));
			n += strlen(as);
		} else if (c >= 0x20 || c == '\n' || c == '\t' || c == '\r') {
			out[n++] = (char)c;
		}
	}
	return out;
}

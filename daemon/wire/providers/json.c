#include "redress/wire/providers/json.h"

#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistr.h>

#define FLAGS	    (JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL)
#define ESCAPE_LEN  6 /* \uD83D */
#define REPLACEMENT "\xEF\xBF\xBD"

static void wipe_and_free(void *memory)
{
	if (memory != NULL)
		explicit_bzero(memory, malloc_usable_size(memory));
	free(memory);
}

void rd_json_wipe_freed(void)
{
	json_set_alloc_funcs(malloc, wipe_and_free);
}

/* The code unit of the escape at text; -1: there is none. */
static int32_t unit_at(const char *text, size_t left)
{
	int32_t unit = 0;
	if (left < ESCAPE_LEN || text[0] != '\\' || text[1] != 'u')
		return -1;
	for (size_t i = 2; i < ESCAPE_LEN; i++) {
		char c = text[i];
		int32_t digit = c >= '0' && c <= '9'   ? c - '0'
				: c >= 'a' && c <= 'f' ? c - 'a' + 10
				: c >= 'A' && c <= 'F' ? c - 'A' + 10
						       : -1;
		if (digit < 0)
			return -1;
		unit = unit * 16 + digit;
	}
	return unit;
}

static bool is_high(int32_t unit)
{
	return unit >= 0xD800 && unit <= 0xDBFF;
}

static bool is_low(int32_t unit)
{
	return unit >= 0xDC00 && unit <= 0xDFFF;
}

/* What stands at text and must stay together: its length, and what to write for it where it is
 * broken, else NULL. */
static size_t piece_at(const char *text, size_t left, const char **ret_instead)
{
	int32_t unit = unit_at(text, left);
	ucs4_t c;
	*ret_instead = NULL;
	if (is_high(unit) && is_low(unit_at(text + ESCAPE_LEN, left - ESCAPE_LEN)))
		return 2 * (size_t)ESCAPE_LEN;
	if (is_high(unit) || is_low(unit))
		*ret_instead = "\\uFFFD";
	if (unit >= 0)
		return ESCAPE_LEN;
	if (text[0] == '\\' && left > 1 && (unsigned char)text[1] < 0x80)
		return 2; /* an escaped backslash does not begin an escape */
	int len = u8_mbtoucr(&c, (const uint8_t *)text, left);
	if (len > 0)
		return (size_t)len;
	*ret_instead = REPLACEMENT;
	return 1;
}

/* Owned. */
static char *mended(const char *text, size_t len, size_t *ret_len)
{
	char *out = malloc(len * (sizeof REPLACEMENT - 1) + 1);
	RD_ASSERT(out);
	size_t n = 0;
	for (size_t at = 0; at < len;) {
		const char *instead;
		size_t piece = piece_at(text + at, len - at, &instead);
		const char *from = instead ? instead : text + at;
		size_t from_len = instead ? strlen(instead) : piece;
		memcpy(out + n, from, from_len);
		n += from_len;
		at += piece;
	}
	*ret_len = n;
	return out;
}

json_t *rd_json_read(const char *text, size_t len, json_error_t *why)
{
	json_error_t again;
	json_t *root = json_loadb(text, len, FLAGS, why);
	if (root)
		return root;
	size_t mended_len;
	char *other = mended(text, len, &mended_len);
	root = json_loadb(other, mended_len, FLAGS, &again);
	free(other);
	return root;
}

json_t *rd_json_answer(const struct rd_http_response *response)
{
	json_error_t why;
	return rd_json_read(rd_buf_str(&response->body), response->body.len, &why);
}

void rd_json_free(json_t **json)
{
	json_decref(*json);
}

const char *rd_json_word(const json_t *object, const char *name)
{
	const json_t *member = json_object_get(object, name);
	const char *text = json_string_value(member);
	return text && strlen(text) == json_string_length(member) ? text : "";
}

enum rd_rc rd_json_unread(struct rd_provider_listed *listed, const char *id, const json_t *record,
	int64_t sent_ms, struct rd_arena *arena, struct rd_err *err)
{
	char *text = json_dumps(record, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
	RD_ASSERT(text);
	enum rd_rc rc = rd_provider_unread(listed, id, text, strlen(text), sent_ms, arena, err);
	free(text);
	return rc;
}

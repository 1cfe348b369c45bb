/* json: the JSON that providers speak.
 *
 * Duplicate keys are refused. Whatever a phone can send must not make the rest unreadable: \u0000
 * is taken (rd_provider_words puts U+FFFD for it), and a half of a surrogate pair or bytes that are
 * no UTF-8, which strict readers refuse with all that stands beside them, are read as U+FFFD.
 */
#ifndef REDRESS_WIRE_PROVIDERS_JSON_H
#define REDRESS_WIRE_PROVIDERS_JSON_H

#include <stddef.h>
#include <jansson.h>
#include "redress/wire/providers/provider.h"

/* Owned (rd_json_free); NULL where it cannot be read, and why then says where. */
json_t *rd_json_read(const char *text, size_t len, json_error_t *why);
json_t *rd_json_answer(const struct rd_http_response *response); /* of any status */
void rd_json_free(json_t **json);				 /* fit for RD_CLEANUP */

/* From now on, in the whole process, what jansson frees is overwritten first: answers hold tokens,
 * and its reader copies each string as it goes. Once, before there is a second thread. */
void rd_json_wipe_freed(void);

/* The string member of that name. "" where it is missing, no string, or holds a NUL: what is read
 * up to there would be another id. Borrowed from the object. */
const char *rd_json_word(const json_t *object, const char *name);

/* rd_provider_unread of an entry of a list. */
RD_MUST_USE enum rd_rc rd_json_unread(struct rd_provider_listed *listed, const char *id,
	const json_t *record, int64_t sent_ms, struct rd_arena *arena, struct rd_err *err);

#endif

/* config_fields: what the readers of single stanzas share. Private to wire/config*.c.
 *
 * A stanza's fields are checked against its form before a reader sees it. Strings point into the
 * stanza or the arena; both live as long as the configuration.
 */
#ifndef REDRESS_WIRE_CONFIG_FIELDS_H
#define REDRESS_WIRE_CONFIG_FIELDS_H

#include "redress/base/arena.h"
#include "redress/base/stanza.h"
#include "redress/wire/config.h"

/* One stanza being read, and where its strings go. */
struct rd_reading {
	struct rd_arena *arena;
	const struct rd_stanza *stanza;
	struct rd_err *err;
};

const char *rd_reading_text(const struct rd_reading *r, const char *field, const char *otherwise);
/* Fails: the stanza has no such field, and what a line of it looks like. */
enum rd_rc rd_reading_missing(const struct rd_reading *r, const char *field, const char *example);
RD_MUST_USE enum rd_rc rd_reading_required(
	const struct rd_reading *r, const char *field, const char *example, const char **ret_text);
RD_MUST_USE enum rd_rc rd_reading_path(
	const struct rd_reading *r, const char *field, const char *example, const char **ret_path);
/* One of a NULL-ended list; *ret_index stays as it is where the field is not given. */
RD_MUST_USE enum rd_rc rd_reading_choice(
	const struct rd_reading *r, const char *field, const char *const *choices, int *ret_index);
/* "credential NAME" or "file PATH"; nothing where the field is not given. */
RD_MUST_USE enum rd_rc rd_reading_secret(
	const struct rd_reading *r, const char *field, struct rd_secret_place *ret_place);
/* The same of a field in hand, where it may stand more than once. */
RD_MUST_USE enum rd_rc rd_reading_secret_in(const struct rd_reading *r,
	const struct rd_field *found, struct rd_secret_place *ret_place);
/* The stanza's own name, its first field. */
RD_MUST_USE enum rd_rc rd_reading_name(const struct rd_reading *r);
bool rd_plain_name(const char *name);

/* config_keep.c: the `Keep:` lines. */
RD_MUST_USE enum rd_rc rd_config_keep(const struct rd_reading *r, struct rd_keep *keep);

/* config_systems.c: the stanzas for the landlord's own systems. */
RD_MUST_USE enum rd_rc rd_config_hook(const struct rd_reading *r, struct rd_hook_config *hook);
RD_MUST_USE enum rd_rc rd_config_open311(
	const struct rd_reading *r, struct rd_open311_config *open311);
RD_MUST_USE enum rd_rc rd_config_api_token(
	const struct rd_reading *r, struct rd_api_token_config *token);

/* config_texts.c. public_url: "" where the gateway has none. */
RD_MUST_USE enum rd_rc rd_config_texts(
	const struct rd_reading *r, const char *public_url, struct rd_texts_config *texts);

#endif

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
/* "08:00", as minutes of the day; the text behind it, NULL where it is none. */
const char *rd_reading_minute(const char *text, int *ret_minute);

/* Is the value of the field an e-mail address, with or without a name before it? */
RD_MUST_USE enum rd_rc rd_reading_email(
	const struct rd_reading *r, const char *field, const char *value);

/* config_gateway.c: the `Gateway:` stanza. */
RD_MUST_USE enum rd_rc rd_config_gateway(const struct rd_reading *r, struct rd_config *config);
/* config_mail.c. config: for the `OAuth:` stanzas, which are read before. */
RD_MUST_USE enum rd_rc rd_config_mailbox(const struct rd_reading *r, const struct rd_config *config,
	struct rd_mailbox_config *mailbox);
RD_MUST_USE enum rd_rc rd_config_outgoing(const struct rd_reading *r,
	const struct rd_config *config, struct rd_outgoing_config *outgoing);

/* config_keep.c: the `Keep:` lines. */
RD_MUST_USE enum rd_rc rd_config_keep(const struct rd_reading *r, struct rd_keep *keep);

/* config_origin.c: whose word a mailbox takes for a sender, and its web forms. host: "" for none.
 */
RD_MUST_USE enum rd_rc rd_config_origin(
	const struct rd_reading *r, const char *host, struct rd_origin *origin);
/* config_caps.c */
RD_MUST_USE enum rd_rc rd_config_caps(const struct rd_reading *r, struct rd_caps *caps);
/* config_roles.c: a `Role:` stanza; `Warn before:` and `Warnings to:` of the gateway's; and what
 * must hold of all of them. */
RD_MUST_USE enum rd_rc rd_config_role_stanza(
	const struct rd_reading *r, struct rd_role_config *roles, size_t *n_roles);
RD_MUST_USE enum rd_rc rd_config_warnings(const struct rd_reading *r, struct rd_config *config);
RD_MUST_USE enum rd_rc rd_config_check_roles(
	const struct rd_config *config, const char *file, struct rd_err *err);
/* config_systems.c: the stanzas for the landlord's own systems. */
RD_MUST_USE enum rd_rc rd_config_hook(const struct rd_reading *r, struct rd_hook_config *hook);
RD_MUST_USE enum rd_rc rd_config_open311(
	const struct rd_reading *r, struct rd_open311_config *open311);
RD_MUST_USE enum rd_rc rd_config_api_token(
	const struct rd_reading *r, struct rd_api_token_config *token);

/* config_texts.c. public_url: "" where the gateway has none. */
RD_MUST_USE enum rd_rc rd_config_texts(
	const struct rd_reading *r, const char *public_url, struct rd_texts_config *texts);

/* config_oauth.c: the `OAuth:` stanza, and the line of a mailbox or a server that names one. */
extern const char *const rd_oauth_kind_names[];
RD_MUST_USE enum rd_rc rd_config_oauth(const struct rd_reading *r, struct rd_oauth_config *oauth);
/* Where new refresh tokens are kept: beside the state, which must be known. */
void rd_config_keep_refreshed(struct rd_config *config);
/* Reads `Password:` or `OAuth:`, which must not stand side by side; neither is fine where the
 * stanza has no `User:`. password_example: what a line of it looks like. */
RD_MUST_USE enum rd_rc rd_config_sign_in(const struct rd_reading *r, const struct rd_config *config,
	const char *password_example, struct rd_secret_place *ret_password,
	const struct rd_oauth_config **ret_oauth);

#endif

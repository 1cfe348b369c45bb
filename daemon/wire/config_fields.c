#include "redress/wire/config_fields.h"

#include <string.h>

#include "redress/base/limits.h"

const char *rd_reading_text(const struct rd_reading *r, const char *field, const char *otherwise)
{
	return rd_stanza_value(r->stanza, field, otherwise);
}

enum rd_rc rd_reading_missing(const struct rd_reading *r, const char *field, const char *example)
{
	return rd_stanza_fail(r->stanza, &r->stanza->fields[0], r->err,
		"the stanza has no `%s:`; add a line such as `%s: %s`", field, field, example);
}

enum rd_rc rd_reading_required(
	const struct rd_reading *r, const char *field, const char *example, const char **ret_text)
{
	const struct rd_field *found = rd_stanza_field(r->stanza, field);

	if (found == NULL || found->value[0] == '\0')
		return rd_reading_missing(r, field, example);
	*ret_text = found->value;
	return RD_OK;
}

enum rd_rc rd_reading_path(
	const struct rd_reading *r, const char *field, const char *example, const char **ret_path)
{
	RD_TRY(rd_reading_required(r, field, example, ret_path));
	if ((*ret_path)[0] != '/')
		return rd_stanza_fail(r->stanza, rd_stanza_field(r->stanza, field), r->err,
			"`%s` is not an absolute path; begin it with `/`", *ret_path);
	return RD_OK;
}

enum rd_rc rd_reading_choice(
	const struct rd_reading *r, const char *field, const char *const *choices, int *ret_index)
{
	const struct rd_field *found = rd_stanza_field(r->stanza, field);

	if (found == NULL)
		return RD_OK;
	return rd_field_choice(r->stanza, found, choices, ret_index, r->err);
}

/* "credential NAME" or "file PATH". */
enum rd_rc rd_reading_secret(
	const struct rd_reading *r, const char *field, struct rd_secret_place *ret_place)
{
	const struct rd_field *found = rd_stanza_field(r->stanza, field);

	return found != NULL ? rd_reading_secret_in(r, found, ret_place) : RD_OK;
}

enum rd_rc rd_reading_secret_in(
	const struct rd_reading *r, const struct rd_field *found, struct rd_secret_place *ret_place)
{
	const char *name;

	if (strncmp(found->value, "credential ", 11) == 0) {
		ret_place->from = RD_SECRET_CREDENTIAL;
		name = found->value + 11;
	} else if (strncmp(found->value, "file ", 5) == 0) {
		ret_place->from = RD_SECRET_FILE;
		name = found->value + 5;
	} else {
		return rd_stanza_fail(r->stanza, found, r->err,
			"a secret is never written here; write `credential NAME` or `file /PATH`");
	}
	name += strspn(name, " ");
	if (ret_place->from == RD_SECRET_FILE && name[0] != '/')
		return rd_stanza_fail(r->stanza, found, r->err,
			"the secret's file needs an absolute path: `file /etc/redress/NAME`");
	if (ret_place->from == RD_SECRET_CREDENTIAL &&
		(name[0] == '\0' || name[0] == '.' || strchr(name, '/') != NULL))
		return rd_stanza_fail(r->stanza, found, r->err,
			"a credential has a plain name, as in the unit's LoadCredential=");
	ret_place->name = name;
	return RD_OK;
}

bool rd_plain_name(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len <= 64 &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") ==
		       len;
}

enum rd_rc rd_reading_name(const struct rd_reading *r)
{
	if (rd_plain_name(r->stanza->fields[0].value))
		return RD_OK;
	return rd_stanza_fail(r->stanza, &r->stanza->fields[0], r->err,
		"`%s` is not a name; use up to 64 letters, digits, `-`, `_` and `.`",
		r->stanza->fields[0].value);
}

const char *rd_reading_minute(const char *text, int *ret_minute)
{
	int hour, minute;

	for (int i = 0; i < 5; i++)
		if (i == 2 ? text[i] != ':' : text[i] < '0' || text[i] > '9')
			return NULL;
	hour = (text[0] - '0') * 10 + text[1] - '0';
	minute = (text[3] - '0') * 10 + text[4] - '0';
	if (hour > 24 || minute > 59 || hour * 60 + minute > 1440)
		return NULL;
	*ret_minute = hour * 60 + minute;
	return text + 5;
}

enum rd_rc rd_reading_email(const struct rd_reading *r, const char *field, const char *value)
{
	const char *at = strchr(value, '@');

	if (at != NULL && at != value && at[1] != '\0' && strlen(value) <= RD_ADDRESS_BYTES_MAX)
		return RD_OK;
	return rd_stanza_fail(r->stanza, rd_stanza_field(r->stanza, field), r->err,
		"`%s` is not an e-mail address; write for example `complaints@landlord.example`",
		value);
}

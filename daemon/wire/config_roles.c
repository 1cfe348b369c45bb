/* The landlord's roles: `Role:` stanzas, and whom the gateway's own stanza warns, and when. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "redress/base/limits.h"
#include "redress/message/compose.h"
#include "redress/message/sms.h"
#include "redress/wire/config_fields.h"

#define WARN_BEFORE_FIRST  2 /* working days, where nothing is said */
#define WARN_BEFORE_SECOND 1

static bool is_of_landlord(const struct rd_role_config *role, const char *landlord)
{
	return role->landlord[0] == '\0' || strcmp(role->landlord, landlord) == 0;
}

static bool is_called(const struct rd_role_config *role, const char *phrase)
{
	if (rd_role_is_called(phrase, role->name))
		return true;
	for (size_t i = 0; i < role->n_also_called; i++)
		if (strcasecmp(phrase, role->also_called[i]) == 0 ||
			rd_role_is_called(phrase, role->also_called[i]))
			return true;
	for (size_t i = 0; i < role->n_held_by; i++)
		if (rd_role_is_called(phrase, role->held_by[i]))
			return true;
	return false;
}

const struct rd_role_config *rd_config_role(
	const struct rd_config *config, const char *landlord, const char *phrase)
{
	const struct rd_role_config *found = NULL;

	for (size_t i = 0; i < config->n_roles; i++) {
		const struct rd_role_config *role = &config->roles[i];

		if (!is_of_landlord(role, landlord) || !is_called(role, phrase))
			continue;
		if (role->landlord[0] != '\0')
			return role;
		if (found == NULL)
			found = role;
	}
	return found;
}

/* --- one stanza --- */

static enum rd_rc check_name(const struct rd_reading *r, const struct rd_field *field)
{
	const size_t len = strlen(field->value);

	if (len > 0 && len <= RD_ROLE_NAME_MAX)
		return RD_OK;
	return rd_stanza_fail(r->stanza, field, r->err,
		"a role or a person has a name of at most %d bytes, such as `complaints manager`",
		RD_ROLE_NAME_MAX);
}

static enum rd_rc read_names(
	const struct rd_reading *r, const char *name, const char *const **ret_list, size_t *ret_n)
{
	const char **list = rd_arena_array(r->arena, r->stanza->n_fields, sizeof *list);
	const struct rd_field *field = NULL;
	size_t n = 0;

	while ((field = rd_stanza_next(r->stanza, name, field)) != NULL) {
		RD_TRY(check_name(r, field));
		list[n++] = field->value;
	}
	*ret_list = list;
	*ret_n = n;
	return RD_OK;
}

static enum rd_rc read_address(const struct rd_reading *r, const char *name, const char **ret_to)
{
	const struct rd_field *field = rd_stanza_field(r->stanza, name);
	char number[RD_PHONE_MAX];

	if (field == NULL)
		return RD_OK;
	if (strchr(field->value, '@') == NULL && rd_phone_canonical(field->value, number)) {
		*ret_to = rd_arena_strdup(r->arena, number);
		return RD_OK;
	}
	*ret_to = field->value;
	if (rd_address_fit(field->value))
		return RD_OK;
	return rd_stanza_fail(r->stanza, field, r->err,
		"`%s` is neither a mail address nor a mobile number; write for example "
		"`manager@landlord.example` or `+447700900123`",
		field->value);
}

static enum rd_rc read_hours(const struct rd_reading *r, struct rd_hours *hours)
{
	static const char *const days[] = { "working days", "every day", NULL };
	const struct rd_field *field = rd_stanza_field(r->stanza, "Hours");
	const char *rest;
	int every = 0;

	RD_TRY(rd_reading_choice(r, "Days", days, &every));
	hours->every_day = every == 1;
	if (field == NULL)
		return RD_OK;
	rest = rd_reading_minute(field->value, &hours->from_min);
	if (rest != NULL) {
		rest += strspn(rest, " -");
		rest = rd_reading_minute(rest, &hours->to_min);
	}
	if (rest == NULL || *rest != '\0' || hours->from_min >= hours->to_min)
		return rd_stanza_fail(r->stanza, field, r->err,
			"`%s` is not a stretch of the day; write for example `09:00-17:00`",
			field->value);
	return RD_OK;
}

static enum rd_rc read_digest(const struct rd_reading *r, struct rd_role_config *role)
{
	const struct rd_field *field = rd_stanza_field(r->stanza, "Digest");
	const char *rest;

	if (field == NULL)
		return RD_OK;
	rest = rd_reading_minute(field->value, &role->digest_minute);
	if (rest == NULL || *rest != '\0' || role->digest_minute >= 24 * 60)
		return rd_stanza_fail(r->stanza, field, r->err,
			"`%s` is not a time of the day; write for example `08:00`", field->value);
	if (strchr(role->to, '@') == NULL)
		return rd_stanza_fail(r->stanza, field, r->err,
			"a digest goes by mail; this role has a telephone number");
	role->wants_digest = true;
	return RD_OK;
}

enum rd_rc rd_config_role_stanza(
	const struct rd_reading *r, struct rd_role_config *roles, size_t *n_roles)
{
	struct rd_role_config *role = &roles[*n_roles];
	const char *unused;

	if (*n_roles == RD_ROLES_MAX)
		return rd_stanza_fail(r->stanza, &r->stanza->fields[0], r->err,
			"more than %d roles", RD_ROLES_MAX);
	RD_TRY(check_name(r, &r->stanza->fields[0]));
	*role = (struct rd_role_config){ .name = r->stanza->fields[0].value, .to = "" };
	role->landlord = rd_reading_text(r, "Landlord", "");
	role->then_up = rd_reading_text(r, "Then up", "");
	role->out_of_hours = "";
	RD_TRY(rd_reading_required(r, "To", "manager@landlord.example", &unused));
	RD_TRY(read_address(r, "To", &role->to));
	RD_TRY(read_address(r, "Out of hours to", &role->out_of_hours));
	RD_TRY(read_names(r, "Also called", &role->also_called, &role->n_also_called));
	RD_TRY(read_names(r, "Held by", &role->held_by, &role->n_held_by));
	RD_TRY(read_hours(r, &role->hours));
	RD_TRY(read_digest(r, role));
	if (role->out_of_hours[0] != '\0' && role->hours.to_min == 0)
		return rd_stanza_fail(r->stanza, rd_stanza_field(r->stanza, "Out of hours to"),
			r->err, "say which hours it is out of: add `Hours: 09:00-17:00`");
	(*n_roles)++;
	return RD_OK;
}

/* --- warnings --- */

static int by_days_descending(const void *a, const void *b)
{
	return *(const int *)b - *(const int *)a;
}

static enum rd_rc no_days(const struct rd_reading *r, const struct rd_field *field)
{
	return rd_stanza_fail(r->stanza, field, r->err,
		"`%s` is no list of working days before a date; write at most %d of 1 to %d, such "
		"as `2, 1`, or `never`",
		field->value, RD_WARN_BEFORE_MAX, RD_WARN_WORKDAYS_MAX);
}

enum rd_rc rd_config_warnings(const struct rd_reading *r, struct rd_config *config)
{
	const struct rd_field *field = rd_stanza_field(r->stanza, "Warn before");
	const char *at;

	config->warnings_to = rd_reading_text(r, "Warnings to", "");
	config->warn_before[0] = WARN_BEFORE_FIRST;
	config->warn_before[1] = WARN_BEFORE_SECOND;
	config->n_warn_before = 2;
	if (field == NULL)
		return RD_OK;
	config->n_warn_before = 0;
	if (strcmp(field->value, "never") == 0)
		return RD_OK;
	for (at = field->value;; at++) {
		char *end = NULL;
		const long n = strtol(at, &end, 10);

		if (end == at || n < 1 || n > RD_WARN_WORKDAYS_MAX ||
			config->n_warn_before == RD_WARN_BEFORE_MAX)
			return no_days(r, field);
		config->warn_before[config->n_warn_before++] = (int)n;
		at = end + strspn(end, " ");
		if (*at == '\0')
			break;
		if (*at != ',')
			return no_days(r, field);
	}
	qsort(config->warn_before, config->n_warn_before, sizeof config->warn_before[0],
		by_days_descending);
	return RD_OK;
}

/* --- all of them --- */

static bool are_one_role(const struct rd_role_config *a, const struct rd_role_config *b)
{
	return strcasecmp(a->name, b->name) == 0 && strcmp(a->landlord, b->landlord) == 0;
}

static bool stands_anywhere(const struct rd_config *config, const char *name)
{
	for (size_t i = 0; i < config->n_roles; i++)
		if (is_called(&config->roles[i], name))
			return true;
	return false;
}

enum rd_rc rd_config_check_roles(
	const struct rd_config *config, const char *file, struct rd_err *err)
{
	for (size_t i = 0; i < config->n_roles; i++) {
		const struct rd_role_config *role = &config->roles[i];

		for (size_t k = 0; k < i; k++)
			if (are_one_role(role, &config->roles[k]))
				return rd_fail(err, RD_E_INPUT,
					"%s: two roles are called `%s`; give each a name of its "
					"own, or a `Landlord:`",
					file, role->name);
		if (role->then_up[0] != '\0' && !stands_anywhere(config, role->then_up))
			return rd_fail(err, RD_E_INPUT,
				"%s: role `%s` says `Then up: %s`, and no role is called that",
				file, role->name, role->then_up);
	}
	if (config->warnings_to[0] != '\0' && !stands_anywhere(config, config->warnings_to))
		return rd_fail(err, RD_E_INPUT,
			"%s: `Warnings to: %s`, and no role is called that; add a `Role:` stanza",
			file, config->warnings_to);
	return RD_OK;
}

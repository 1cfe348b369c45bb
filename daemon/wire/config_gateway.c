/* The `Gateway:` stanza: where the state is, what is listened on, whose mail is a colleague's. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "redress/base/limits.h"
#include "redress/wire/config_fields.h"

#define HOMES_MAX 10000000 /* of one landlord */

static enum rd_rc read_address(
	const struct rd_reading *r, const char *field, const char **ret_host, int *ret_port)
{
	const struct rd_field *found = rd_stanza_field(r->stanza, field);
	const char *colon = strrchr(found->value, ':');
	char *end = NULL;
	long port;
	size_t len;

	if (colon == NULL || colon == found->value)
		return rd_stanza_fail(r->stanza, found, r->err,
			"write an address and a port, such as `127.0.0.1:8425` or `[::1]:8425`");
	port = strtol(colon + 1, &end, 10);
	if (end == colon + 1 || *end != '\0' || port < 0 || port > 65535)
		return rd_stanza_fail(r->stanza, found, r->err,
			"`%s` is not a port; write a number from 0 to 65535", colon + 1);
	len = (size_t)(colon - found->value);
	if (found->value[0] == '[' && colon[-1] == ']')
		*ret_host = rd_arena_copy(r->arena, found->value + 1, len - 2);
	else
		*ret_host = rd_arena_copy(r->arena, found->value, len);
	*ret_port = (int)port;
	return RD_OK;
}

static enum rd_rc read_text_hours(const struct rd_reading *r, struct rd_config *config)
{
	const struct rd_field *found = rd_stanza_field(r->stanza, "Text hours");
	const char *rest;

	if (found == NULL)
		return RD_OK;
	rest = rd_reading_minute(found->value, &config->text_hours_from_min);
	if (rest != NULL) {
		rest += strspn(rest, " -");
		rest = rd_reading_minute(rest, &config->text_hours_to_min);
	}
	if (rest == NULL || *rest != '\0' ||
		config->text_hours_from_min >= config->text_hours_to_min)
		return rd_stanza_fail(r->stanza, found, r->err,
			"`%s` is not a stretch of the day; write for example `08:00-20:00`",
			found->value);
	return RD_OK;
}

static enum rd_rc read_text_pause(const struct rd_reading *r, struct rd_config *config)
{
	const struct rd_field *found = rd_stanza_field(r->stanza, "Text pause");
	char *unit = NULL;
	long seconds;

	if (found == NULL)
		return RD_OK;
	seconds = strtol(found->value, &unit, 10);
	if (unit != found->value)
		unit += strspn(unit, " ");
	if (unit == found->value || (*unit != '\0' && strcmp(unit, "s") != 0) || seconds < 0 ||
		seconds > 3600)
		return rd_stanza_fail(r->stanza, found, r->err,
			"`%s` is not a pause from 0 s to 3600 s; write for example `90 s`",
			found->value);
	config->text_pause_s = (int)seconds;
	return RD_OK;
}

static enum rd_rc read_trusted_proxies(const struct rd_reading *r, struct rd_config *config)
{
	const struct rd_field *proxy = NULL;
	const char **list = rd_arena_array(r->arena, r->stanza->n_fields, sizeof *list);
	struct in6_addr address;

	while ((proxy = rd_stanza_next(r->stanza, "Trusted proxy", proxy)) != NULL) {
		if (inet_pton(AF_INET, proxy->value, &address) != 1 &&
			inet_pton(AF_INET6, proxy->value, &address) != 1)
			return rd_stanza_fail(r->stanza, proxy, r->err,
				"`%s` is not an IP address; name the proxy's own, such as "
				"127.0.0.1",
				proxy->value);
		list[config->n_trusted_proxies++] = proxy->value;
	}
	config->trusted_proxies = list;
	return RD_OK;
}

/* "@landlord.example" is everybody there, "pat@agency.example" one person. */
static enum rd_rc take_staff(const struct rd_reading *r, const struct rd_field *field,
	const char *word, size_t len, struct rd_config *config, const char **list)
{
	const char *at = memchr(word, '@', len);
	const char *text = rd_arena_copy(r->arena, word, len);

	if (at == NULL || at + 1 == word + len || len > RD_ADDRESS_BYTES_MAX ||
		memchr(at + 1, '@', len - (size_t)(at + 1 - word)) != NULL ||
		strcspn(text, " \t<>;\"") != len)
		return rd_stanza_fail(r->stanza, field, r->err,
			"`%s` is neither a domain nor an address; write `@landlord.example` for "
			"everybody there, or `pat@agency.example`",
			text);
	if (config->n_staff == RD_STAFF_MAX)
		return rd_stanza_fail(
			r->stanza, field, r->err, "more than %d entries", RD_STAFF_MAX);
	list[config->n_staff++] = text;
	return RD_OK;
}

static enum rd_rc read_staff(const struct rd_reading *r, struct rd_config *config)
{
	const struct rd_field *field = NULL;
	const char **list = rd_arena_array(r->arena, RD_STAFF_MAX, sizeof *list);

	while ((field = rd_stanza_next(r->stanza, "Staff", field)) != NULL)
		for (const char *word = field->value;;) {
			size_t len;

			word += strspn(word, " \t");
			len = strcspn(word, ",");
			while (len > 0 && (word[len - 1] == ' ' || word[len - 1] == '\t'))
				len--;
			RD_TRY(take_staff(r, field, word, len, config, list));
			word = strchr(word, ',');
			if (word == NULL)
				break;
			word++;
		}
	config->staff = list;
	return RD_OK;
}

/* "12400" is the gateway's own landlord's, "one-housing 9000" another's. */
static enum rd_rc read_homes(const struct rd_reading *r, struct rd_config *config)
{
	const struct rd_field *field = NULL;
	struct rd_homes *list = rd_arena_array(r->arena, RD_HOMES_MAX, sizeof *list);

	config->homes = list;
	while ((field = rd_stanza_next(r->stanza, "Homes", field)) != NULL) {
		const char *number = field->value + strspn(field->value, " ");
		const size_t word = strcspn(number, " ");
		const char *landlord = config->landlord;
		char *end = NULL;
		long long n;

		if (number[word] != '\0') {
			landlord = rd_arena_copy(r->arena, number, word);
			number += word + strspn(number + word, " ");
		}
		errno = 0;
		n = strtoll(number, &end, 10);
		if (errno != 0 || end == number || *end != '\0' || n < 1 || n > HOMES_MAX)
			return rd_stanza_fail(r->stanza, field, r->err,
				"`%s` is not a number of homes; write for example `12400`, or "
				"`one-housing 9000` for another landlord than the gateway's",
				field->value);
		if (rd_config_homes(config, landlord) != 0)
			return rd_stanza_fail(r->stanza, field, r->err,
				"a second number of homes for %s", landlord);
		if (config->n_homes == RD_HOMES_MAX)
			return rd_stanza_fail(
				r->stanza, field, r->err, "more than %d entries", RD_HOMES_MAX);
		list[config->n_homes++] = (struct rd_homes){ landlord, n };
	}
	return RD_OK;
}

static enum rd_rc read_public_url(const struct rd_reading *r, struct rd_config *config)
{
	const struct rd_field *found = rd_stanza_field(r->stanza, "Public URL");
	size_t len;

	if (found == NULL)
		return RD_OK;
	len = strlen(found->value);
	if (strncmp(found->value, "https://", 8) != 0 && strncmp(found->value, "http://", 7) != 0)
		return rd_stanza_fail(r->stanza, found, r->err,
			"the public URL begins with https://, as the provider was told it");
	while (len > 0 && found->value[len - 1] == '/')
		len--;
	config->public_url = rd_arena_copy(r->arena, found->value, len);
	return RD_OK;
}

enum rd_rc rd_config_gateway(const struct rd_reading *r, struct rd_config *config)
{
	if (config->gateway != NULL)
		return rd_stanza_fail(r->stanza, &r->stanza->fields[0], r->err,
			"a second `Gateway:` stanza; there is one a file");
	RD_TRY(rd_reading_name(r));
	config->gateway = r->stanza->fields[0].value;
	RD_TRY(rd_reading_path(r, "State", "/var/lib/redress/redress.db", &config->state));
	config->rules = rd_reading_text(r, "Rules", RD_DATADIR "/rules");
	RD_TRY(rd_reading_required(r, "Landlord", "code-2024", &config->landlord));
	if (rd_stanza_field(r->stanza, "Listen") != NULL) {
		RD_TRY(read_address(r, "Listen", &config->listen_host, &config->listen_port));
		config->listen = true;
	}
	RD_TRY(read_trusted_proxies(r, config));
	RD_TRY(read_public_url(r, config));
	RD_TRY(read_staff(r, config));
	RD_TRY(read_homes(r, config));
	RD_TRY(rd_config_keep(r, &config->keep));
	RD_TRY(rd_config_caps(r, &config->caps));
	config->alarms_to = rd_reading_text(r, "Alarms to", "");
	if (config->alarms_to[0] != '\0')
		RD_TRY(rd_reading_email(r, "Alarms to", config->alarms_to));
	RD_TRY(rd_config_warnings(r, config));
	RD_TRY(read_text_hours(r, config));
	return read_text_pause(r, config);
}

/* What one correspondent may set going by itself: the caps of the gateway's stanza. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "redress/base/limits.h"
#include "redress/wire/config_fields.h"

#define CAP_MAX 100000

static enum rd_rc read_cap(const struct rd_reading *r, const char *name, int usual, int *ret_cap)
{
	const struct rd_field *found = rd_stanza_field(r->stanza, name);
	char *end = NULL;
	long n;

	*ret_cap = usual;
	if (found == NULL)
		return RD_OK;
	errno = 0;
	n = strtol(found->value, &end, 10);
	if (errno != 0 || end == found->value || *end != '\0' || n < 1 || n > CAP_MAX)
		return rd_stanza_fail(r->stanza, found, r->err,
			"`%s` is not a number from 1 to %d; write for example `%d`", found->value,
			CAP_MAX, usual);
	*ret_cap = (int)n;
	return RD_OK;
}

/* "@forms.example" is every address there, "surveys@agency.example" one. */
static enum rd_rc read_many(const struct rd_reading *r, struct rd_caps *caps)
{
	const struct rd_field *field = NULL;
	const char **list = rd_arena_array(r->arena, RD_MANY_MAX, sizeof *list);

	while ((field = rd_stanza_next(r->stanza, "Many messages from", field)) != NULL) {
		const char *at = strchr(field->value, '@');

		if (at == NULL || at[1] == '\0' || strchr(at + 1, '@') != NULL ||
			strpbrk(field->value, " \t<>;,\"") != NULL ||
			strlen(field->value) > RD_ADDRESS_BYTES_MAX)
			return rd_stanza_fail(r->stanza, field, r->err,
				"`%s` is neither a domain nor an address; write `@forms.example` "
				"or `surveys@agency.example`, one a line",
				field->value);
		if (caps->n_many == RD_MANY_MAX)
			return rd_stanza_fail(
				r->stanza, field, r->err, "more than %d entries", RD_MANY_MAX);
		list[caps->n_many++] = field->value;
	}
	caps->many = list;
	return RD_OK;
}

enum rd_rc rd_config_caps(const struct rd_reading *r, struct rd_caps *caps)
{
	RD_TRY(read_cap(r, "Letters per hour", RD_LETTERS_AN_HOUR_MAX, &caps->letters_hour));
	RD_TRY(read_cap(r, "Letters per day", RD_LETTERS_A_DAY_MAX, &caps->letters_day));
	RD_TRY(read_cap(r, "Messages per hour", RD_MESSAGES_AN_HOUR_MAX, &caps->messages_hour));
	RD_TRY(read_cap(r, "Messages per day", RD_MESSAGES_A_DAY_MAX, &caps->messages_day));
	return read_many(r, caps);
}

bool rd_config_writes_many(const struct rd_config *config, const char *address)
{
	const char *domain = strrchr(address, '@');

	for (size_t i = 0; domain != NULL && domain != address && i < config->caps.n_many; i++) {
		const char *entry = config->caps.many[i];

		if (strcasecmp(entry, entry[0] == '@' ? domain : address) == 0)
			return true;
	}
	return false;
}

/* How long the words of cases and messages are kept: the `Keep:` lines of the gateway's stanza. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "redress/wire/config_fields.h"

#define NO_CASE	 "no_case"
#define CONTACTS "contacts"

/* "6 years", "18 months", "for ever". */
static bool read_time(const char *text, int *ret_months)
{
	char *unit = NULL;
	long n;
	int scale = 0;

	if (strcmp(text, "for ever") == 0) {
		*ret_months = 0;
		return true;
	}
	errno = 0;
	n = strtol(text, &unit, 10);
	if (errno != 0 || unit == text || n < 1 || n > RD_KEEP_MONTHS_MAX)
		return false;
	unit += strspn(unit, " ");
	if (strcmp(unit, "months") == 0 || strcmp(unit, "month") == 0)
		scale = 1;
	else if (strcmp(unit, "years") == 0 || strcmp(unit, "year") == 0)
		scale = 12;
	*ret_months = (int)n * scale;
	return scale != 0 && *ret_months <= RD_KEEP_MONTHS_MAX;
}

static enum rd_rc no_time(const struct rd_reading *r, const struct rd_field *field)
{
	return rd_stanza_fail(r->stanza, field, r->err,
		"`%s` says no time; write for example `6 years` for everything, `compliment 12 "
		"months` for one kind, `no_case 1 year`, `contacts 1 year`, or `complaint for "
		"ever`",
		field->value);
}

/* One line that names a kind, the messages that stand on no case, or the contacts file. */
static enum rd_rc take_one(
	const struct rd_reading *r, const struct rd_field *field, struct rd_keep *keep)
{
	const size_t len = strcspn(field->value, " ");
	const char *word = rd_arena_copy(r->arena, field->value, len);
	const char *time = field->value + len + strspn(field->value + len, " ");
	enum rd_kind kind;
	int months = 0;

	if (word == NULL || !read_time(time, &months))
		return no_time(r, field);
	if (strcmp(word, NO_CASE) == 0)
		keep->no_case_months = months;
	else if (strcmp(word, CONTACTS) == 0)
		keep->contacts_months = months;
	else if (rd_kind_parse(word, &kind))
		keep->months[kind] = months;
	else
		return no_time(r, field);
	return RD_OK;
}

enum rd_rc rd_config_keep(const struct rd_reading *r, struct rd_keep *keep)
{
	const struct rd_field *field = NULL;
	int everything = RD_KEEP_MONTHS, months = 0;

	/* What is said of everything counts first, wherever it stands. */
	while ((field = rd_stanza_next(r->stanza, "Keep", field)) != NULL)
		if (read_time(field->value, &months))
			everything = months;
	for (int kind = 0; kind < RD_N_KINDS; kind++)
		keep->months[kind] = everything;
	keep->no_case_months = everything;
	keep->contacts_months = everything;
	while ((field = rd_stanza_next(r->stanza, "Keep", field)) != NULL)
		if (!read_time(field->value, &months))
			RD_TRY(take_one(r, field, keep));
	return RD_OK;
}

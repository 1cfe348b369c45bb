#include "redress/gateway/role_check.h"

#include <stdio.h>
#include <string.h>

#define ROUTES_NAMED_MAX 300 /* bytes of a list of routes */

static bool is_number(const char *to)
{
	return to[0] != '\0' && strchr(to, '@') == NULL;
}

/* What we send there would come in again. */
static bool is_our_own(const struct rd_config *config, const char *to)
{
	return config->outgoing != NULL && to[0] != '\0' &&
	       strcasestr(config->outgoing->from, to) != NULL;
}

void rd_role_check_config(const struct rd_config *config, rd_role_say *say, void *context)
{
	char text[RD_ROLE_FINDING_MAX];

	if (config->n_roles == 0) {
		snprintf(text, sizeof text,
			"%s: no `Role:` stanza: nobody is told of danger, of safeguarding or of a "
			"date that comes near; the tasks alone stand (`redressctl tasks`). Add the "
			"landlord's roles, and `Warnings to:`",
			config->file);
		say(context, text);
		return;
	}
	if (config->warnings_to[0] == '\0') {
		snprintf(text, sizeof text,
			"%s: no `Warnings to:`: of a date that comes near or has passed nobody is "
			"told but whoever a case is assigned to. Name the role that is in charge "
			"of complaints",
			config->file);
		say(context, text);
	}
	for (size_t i = 0; i < config->n_roles; i++) {
		const struct rd_role_config *role = &config->roles[i];

		if (is_our_own(config, role->to) || is_our_own(config, role->out_of_hours)) {
			snprintf(text, sizeof text,
				"%s: role `%s` is told at the address that our letters come from, "
				"where people may take it for their own mail; give it another",
				config->file, role->name);
			say(context, text);
		}
		if ((is_number(role->to) || is_number(role->out_of_hours)) &&
			config->n_texts == 0) {
			snprintf(text, sizeof text,
				"%s: role `%s` is told by text, and there is no `Texts:` stanza to "
				"text from; give it a mail address",
				config->file, role->name);
			say(context, text);
		}
	}
}

static bool told_before(const struct rd_landlord *landlord, size_t route, const char *phrase)
{
	for (size_t i = 0; i < route; i++)
		if (landlord->provisions[i].kind == RD_PROVISION_ROUTE &&
			rd_provision_has(&landlord->provisions[i], "To", phrase))
			return true;
	return false;
}

/* One line for each phrase, however many routes go there. */
static void check_phrase(const struct rd_config *config, const struct rd_landlord *landlord,
	size_t first, const char *phrase, rd_role_say *say, void *context)
{
	char text[RD_ROLE_FINDING_MAX], routes[ROUTES_NAMED_MAX] = "";
	size_t len = 0;

	if (rd_config_role(config, landlord->name, phrase) != NULL ||
		told_before(landlord, first, phrase))
		return;
	for (size_t i = first; i < landlord->n_provisions; i++) {
		const struct rd_provision *route = &landlord->provisions[i];

		if (route->kind == RD_PROVISION_ROUTE && rd_provision_has(route, "To", phrase) &&
			len < sizeof routes - 1)
			len += (size_t)snprintf(routes + len, sizeof routes - len, "%s%s",
				len > 0 ? ", " : "", route->name);
	}
	snprintf(text, sizeof text,
		"landlord %s: `Route:` %s goes to `%.120s`, and no `Role:` of %s is called that: "
		"nobody is told, the task alone stands. Add such a role, or that name as `Also "
		"called:` of one",
		landlord->name, routes, phrase, config->file);
	say(context, text);
}

void rd_role_check_landlord(const struct rd_config *config, const struct rd_landlord *landlord,
	rd_role_say *say, void *context)
{
	if (config->n_roles == 0)
		return; /* said once, of all */
	for (size_t i = 0; i < landlord->n_provisions; i++) {
		const struct rd_provision *route = &landlord->provisions[i];
		const struct rd_field *field = NULL;

		if (route->kind != RD_PROVISION_ROUTE)
			continue;
		while ((field = rd_stanza_next(route->stanza, "To", field)) != NULL)
			check_phrase(config, landlord, i, field->value, say, context);
	}
}

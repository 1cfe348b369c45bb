#include "redress/policy/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "redress/base/arena.h"
#include "redress/base/stanza.h"

#define NAMES_MAX 100 /* landlords looked at for a did-you-mean */

static const char folder[] = "landlords/";
static const char ending[] = ".landlord";

bool rd_landlord_name_of(const char *file, char out[static RD_LANDLORD_NAME_MAX])
{
	size_t len = strlen(file);
	size_t around = sizeof folder - 1 + sizeof ending - 1;

	if (strncmp(file, folder, sizeof folder - 1) != 0 || len <= around ||
		len - around >= RD_LANDLORD_NAME_MAX ||
		strcmp(file + len - (sizeof ending - 1), ending) != 0)
		return false;
	memcpy(out, file + sizeof folder - 1, len - around);
	out[len - around] = '\0';
	return strchr(out, '/') == NULL;
}

static enum rd_rc no_such_landlord(
	const struct rd_rulefiles *files, const char *landlord, struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup)
	struct rd_arena *arena = rd_arena_new(RD_LANDLORD_NAME_MAX * (NAMES_MAX + 2));
	const char *names[NAMES_MAX + 1] = { NULL };
	char name[RD_LANDLORD_NAME_MAX];
	size_t n = 0;

	for (size_t i = 0; i < files->n_items && n < NAMES_MAX; i++)
		if (rd_landlord_name_of(files->items[i].name, name))
			names[n++] = rd_arena_strdup(arena, name);
	const char *near = rd_did_you_mean(landlord, names);
	if (near != NULL)
		return rd_fail(err, RD_E_MISSING,
			"there is no landlord \"%.60s\" in the rule folder; did you mean \"%s\"?",
			landlord, near);
	return rd_fail(err, RD_E_MISSING,
		"there is no landlord \"%.60s\" in the rule folder; `redressctl landlord list` "
		"names "
		"those that are",
		landlord);
}

/* The fault lies in a letter's file, but shows with this landlord's values. */
static enum rd_rc check_letters(const struct rd_policy *policy, struct rd_err *err)
{
	struct rd_err fault = { 0 };

	if (rd_letters_check(policy->letters, &policy->landlord, &fault) == RD_OK)
		return RD_OK;
	return rd_fail(
		err, fault.code, "%.400s (for landlord %s)", fault.msg, policy->landlord.name);
}

/* Where the profile names its Ombudsman alone: the details of the one dated file. */
static enum rd_rc find_ombudsman(
	const struct rd_rulefiles *files, struct rd_policy *policy, struct rd_err *err)
{
	struct rd_ombudsman *ombudsman = &policy->landlord.ombudsman;
	const struct rd_rulefile *file = rd_rulefiles_find(files, RD_POLICY_OMBUDSMAN_FILE);
	struct rd_stanzas stanzas;

	if (ombudsman->phone[0] != '\0')
		return RD_OK;
	if (file == NULL)
		return rd_fail(err, RD_E_MISSING,
			"landlords/%s.landlord names the %.100s alone, and %s, where the details "
			"stand, is missing; take the shipped one",
			policy->landlord.name, ombudsman->name, RD_POLICY_OMBUDSMAN_FILE);
	RD_TRY(rd_stanzas_parse(file->name, file->bytes, file->len, policy->arena, &stanzas, err));
	for (size_t i = 0; i < stanzas.n_items; i++) {
		struct rd_ombudsman found = { 0 };

		RD_TRY(rd_ombudsman_parse(&stanzas.items[i], &found, err));
		if (strcmp(found.name, ombudsman->name) != 0)
			continue;
		*ombudsman = found;
		return RD_OK;
	}
	return rd_fail(err, RD_E_INPUT,
		"%s:1:1: no `Ombudsman: %.100s` stands here, which landlords/%s.landlord names",
		RD_POLICY_OMBUDSMAN_FILE, ombudsman->name, policy->landlord.name);
}

static enum rd_rc load(const struct rd_rulefiles *files, const char *landlord, bool letters,
	struct rd_policy **ret_policy, struct rd_err *err)
{
	RD_CLEANUP(rd_policy_cleanup) struct rd_policy *policy = calloc(1, sizeof *policy);
	char name[sizeof folder + RD_LANDLORD_NAME_MAX + sizeof ending];

	RD_ASSERT(policy != NULL);
	policy->arena = rd_arena_new(RD_POLICY_BYTES_MAX);
	(void)snprintf(
		name, sizeof name, "%s%.*s%s", folder, RD_LANDLORD_NAME_MAX - 1, landlord, ending);
	const struct rd_rulefile *file = rd_rulefiles_find(files, name);
	if (file == NULL)
		return no_such_landlord(files, landlord, err);
	RD_TRY(rd_landlord_parse(
		name, file->bytes, file->len, landlord, policy->arena, &policy->landlord, err));
	RD_TRY(find_ombudsman(files, policy, err));
	file = rd_rulefiles_find(files, RD_POLICY_CALENDAR_FILE);
	if (file == NULL)
		return rd_fail(err, RD_E_MISSING,
			"%s is missing; take it from https://www.gov.uk/bank-holidays.json",
			RD_POLICY_CALENDAR_FILE);
	RD_TRY(rd_calendar_parse(RD_POLICY_CALENDAR_FILE, file->bytes, file->len,
		policy->landlord.nation, policy->landlord.closures, policy->landlord.n_closures,
		&policy->calendar, err));
	if (letters) {
		RD_TRY(rd_letters_parse(files, policy->arena, &policy->letters, err));
		RD_TRY(check_letters(policy, err));
	}
	*ret_policy = RD_STEAL(policy);
	return RD_OK;
}

enum rd_rc rd_policy_load(const struct rd_rulefiles *files, const char *landlord,
	struct rd_policy **ret_policy, struct rd_err *err)
{
	return load(files, landlord, true, ret_policy, err);
}

enum rd_rc rd_policy_load_clocks(const struct rd_rulefiles *files, const char *landlord,
	struct rd_policy **ret_policy, struct rd_err *err)
{
	return load(files, landlord, false, ret_policy, err);
}

void rd_policy_free(struct rd_policy *policy)
{
	if (policy == NULL)
		return;
	rd_calendar_free(policy->calendar);
	rd_arena_free(policy->arena);
	free(policy);
}

void rd_policy_cleanup(struct rd_policy **policy)
{
	rd_policy_free(*policy);
	*policy = NULL;
}

enum rd_rc rd_policies_check(const struct rd_rulefiles *files, struct rd_err *err)
{
	char name[RD_LANDLORD_NAME_MAX];
	bool any = false;

	for (size_t i = 0; i < files->n_items; i++) {
		RD_CLEANUP(rd_policy_cleanup) struct rd_policy *policy = NULL;
		if (!rd_landlord_name_of(files->items[i].name, name))
			continue;
		RD_TRY(rd_policy_load(files, name, &policy, err));
		any = true;
	}
	if (!any)
		return rd_fail(err, RD_E_MISSING,
			"there is no file landlords/NAME.landlord; take a shipped one and change "
			"it");
	return RD_OK;
}

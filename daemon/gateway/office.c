#include "redress/gateway/office.h"

#include <stdlib.h>
#include <string.h>

#include "redress/store/case_policy.h"
#include "redress/store/rule_failures.h"
#include "redress/store/rulesets.h"

#define LIVE_ARENA_BYTES (RD_RULEFILES_BYTES_MAX + (4u << 20))

struct rd_live {
	struct rd_arena *arena;
	struct rd_rulefiles files;
	int64_t activation;
	struct rd_off_rules off;
	struct rd_policy *policies[RD_LIVE_LANDLORDS_MAX];
	size_t n_policies;
};

static void add_landlord(const char **landlords, size_t *n, const char *landlord)
{
	for (size_t i = 0; i < *n; i++)
		if (strcmp(landlords[i], landlord) == 0)
			return;
	landlords[(*n)++] = landlord;
}

size_t rd_config_landlords(
	const struct rd_config *config, const char *landlords[static RD_LIVE_LANDLORDS_MAX])
{
	size_t n = 0;

	add_landlord(landlords, &n, config->landlord);
	for (size_t i = 0; i < config->n_mailboxes; i++)
		add_landlord(landlords, &n, config->mailboxes[i].landlord);
	for (size_t i = 0; i < config->n_texts; i++)
		add_landlord(landlords, &n, config->texts[i].landlord);
	return n;
}

static struct rd_live *new_live(void)
{
	struct rd_live *live = calloc(1, sizeof *live);

	RD_ASSERT(live != NULL);
	live->arena = rd_arena_new(LIVE_ARENA_BYTES);
	return live;
}

static enum rd_rc load_policies(
	struct rd_live *live, const char *const *landlords, size_t n_landlords, struct rd_err *err)
{
	for (size_t i = 0; i < n_landlords; i++) {
		RD_TRY(rd_policy_load(
			&live->files, landlords[i], &live->policies[live->n_policies], err));
		live->n_policies++;
	}
	return RD_OK;
}

/* The live set outlives the files that it is made from, so it keeps bytes of its own. */
static enum rd_rc copy_files(
	struct rd_live *live, const struct rd_rulefiles *files, struct rd_err *err)
{
	struct rd_rulefile *items = rd_arena_array(live->arena, files->n_items, sizeof *items);

	for (size_t i = 0; items != NULL && i < files->n_items; i++) {
		items[i].name = rd_arena_strdup(live->arena, files->items[i].name);
		items[i].bytes =
			rd_arena_copy(live->arena, files->items[i].bytes, files->items[i].len);
		items[i].len = files->items[i].len;
	}
	if (rd_arena_overflowed(live->arena))
		return rd_fail(err, RD_E_RANGE, "the rule set is larger than %u MB",
			RD_RULEFILES_BYTES_MAX >> 20);
	return rd_rulefiles_take(items, files->n_items, &live->files, err);
}

enum rd_rc rd_live_make(const struct rd_rulefiles *files, const char *const *landlords,
	size_t n_landlords, struct rd_live **ret_live, struct rd_err *err)
{
	RD_CLEANUP(rd_live_cleanup) struct rd_live *live = new_live();

	RD_ASSERT(n_landlords <= RD_LIVE_LANDLORDS_MAX);
	RD_TRY(copy_files(live, files, err));
	RD_TRY(load_policies(live, landlords, n_landlords, err));
	*ret_live = RD_STEAL(live);
	return RD_OK;
}

enum rd_rc rd_live_load(struct rd_db *db, const char *const *landlords, size_t n_landlords,
	struct rd_live **ret_live, struct rd_err *err)
{
	RD_CLEANUP(rd_live_cleanup) struct rd_live *live = new_live();
	struct rd_activation current;
	struct rd_err why = { 0 };

	RD_ASSERT(n_landlords <= RD_LIVE_LANDLORDS_MAX);
	RD_TRY(rd_rulesets_current(db, live->arena, &current, err));
	live->activation = current.id;
	RD_TRY(rd_rulesets_get(db, current.sha256, live->arena, &live->files, err));
	RD_TRY(rd_rule_failures_off(db, current.id, live->arena, &live->off, err));
	if (load_policies(live, landlords, n_landlords, &why) != RD_OK)
		return rd_fail(err, why.code == RD_E_MISSING ? RD_E_REFUSED : why.code,
			"the rules that are live do not fit this configuration: %.300s (put it "
			"into "
			"the rules folder and run `redressctl rules activate`)",
			why.msg);
	*ret_live = RD_STEAL(live);
	return RD_OK;
}

void rd_live_drop(struct rd_live *live)
{
	if (live == NULL)
		return;
	for (size_t i = 0; i < live->n_policies; i++)
		rd_policy_free(live->policies[i]);
	rd_arena_free(live->arena);
	free(live);
}

void rd_live_cleanup(struct rd_live **live)
{
	rd_live_drop(*live);
}

const char *rd_live_sha256(const struct rd_live *live)
{
	return live->files.sha256;
}

int64_t rd_live_activation(const struct rd_live *live)
{
	return live->activation;
}

const struct rd_off_rules *rd_live_off(const struct rd_live *live)
{
	return &live->off;
}

const struct rd_rulefiles *rd_live_files(const struct rd_live *live)
{
	return &live->files;
}

const struct rd_policy *rd_live_policy(const struct rd_live *live, const char *landlord)
{
	for (size_t i = 0; i < live->n_policies; i++)
		if (strcmp(live->policies[i]->landlord.name, landlord) == 0)
			return live->policies[i];
	return NULL;
}

enum rd_rc rd_office_policy(const struct rd_office *office, const char *landlord,
	const struct rd_policy **ret_policy, struct rd_err *err)
{
	const struct rd_policy *policy = rd_live_policy(office->live, landlord);

	if (policy == NULL)
		return rd_fail(err, RD_E_MISSING,
			"landlord %s: no stanza of the configuration names it any longer; add "
			"`Landlord: %s` to one so that its cases can go on",
			landlord, landlord);
	*ret_policy = policy;
	return RD_OK;
}

enum rd_rc rd_office_case_landlord(const struct rd_office *office, struct rd_db *db,
	int64_t case_id, const struct rd_policy *live, struct rd_arena *arena,
	struct rd_landlord *ret_landlord, struct rd_err *err)
{
	struct rd_case_policy kept;
	struct rd_landlord then;
	struct rd_err unused = { 0 };
	enum rd_rc rc = rd_case_policy_get(db, case_id, arena, &kept, err);

	if (rc != RD_OK && rc != RD_E_MISSING)
		return rc;
	*ret_landlord = live->landlord;
	if (rc == RD_E_MISSING || kept.profile == NULL ||
		strcmp(kept.ruleset, rd_live_sha256(office->live)) == 0)
		return RD_OK;
	rc = rd_landlord_parse("the kept profile", kept.profile, kept.len, live->landlord.name,
		arena, &then, &unused);
	if (rc == RD_E_RANGE)
		return rd_fail(err, rc, "%s", unused.msg);
	if (rc != RD_OK)
		return RD_OK; /* read by an older redressd, and no longer by this one */
	ret_landlord->version = then.version;
	memcpy(ret_landlord->clocks, then.clocks, sizeof ret_landlord->clocks);
	ret_landlord->closures_lengthen_all = then.closures_lengthen_all;
	return RD_OK;
}

bool rd_office_is_us(const struct rd_office *office, const char *address)
{
	const struct rd_outgoing_config *outgoing = office->config->outgoing;
	const char *at;
	size_t len = strlen(address);

	if (outgoing == NULL || len == 0)
		return false;
	at = strcasestr(outgoing->from, address);
	return at != NULL && (at == outgoing->from || at[-1] == '<') &&
	       (at[len] == '\0' || at[len] == '>');
}

int64_t rd_office_now(const struct rd_office *office)
{
	return rd_now_ms(office->clock);
}

#include "redress/gateway/activate.h"

#include <stdio.h>
#include <string.h>

#include "redress/rules/lint.h"
#include "redress/store/audit.h"
#include "redress/store/rulesets.h"

#define FOLDER_ARENA_BYTES (RD_RULEFILES_BYTES_MAX + (4u << 20))

static enum rd_rc is_live(struct rd_db *db, const char *sha256, struct rd_arena *arena,
	bool *ret_live, struct rd_err *err)
{
	struct rd_activation current;
	enum rd_rc rc = rd_rulesets_current(db, arena, &current, err);

	*ret_live = rc == RD_OK && strcmp(current.sha256, sha256) == 0;
	return rc == RD_E_MISSING ? RD_OK : rc;
}

/* Everything that could make the set unfit: faults, failing examples, a landlord without profile,
 * a letter that lacks what the Code wants of it. */
static enum rd_rc prove(const struct rd_rulefiles *files, const char *const *landlords,
	size_t n_landlords, int64_t now_ms, struct rd_err *err)
{
	RD_CLEANUP(rd_live_cleanup) struct rd_live *live = NULL;

	RD_TRY(rd_rules_prove(files, now_ms, err));
	RD_TRY(rd_policies_check(files, err));
	return rd_live_make(files, landlords, n_landlords, &live, err);
}

static bool is_among(const struct rd_finding *finding, const struct rd_finding *findings, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (findings[i].refuse && strcmp(findings[i].text, finding->text) == 0)
			return true;
	return false;
}

/* What `--check` refuses does not go live where residents are written to; but a fault that is live
 * already (the first start takes what there is, and the letters wait) must not keep a rule from
 * being mended. live: NULL for none. */
static enum rd_rc check_no_worse(const struct rd_landlord *landlord, const struct rd_landlord *live,
	int64_t now_ms, struct rd_err *err)
{
	struct rd_finding is[RD_FINDINGS_MAX], was[RD_FINDINGS_MAX];
	const size_t n = rd_landlord_check(landlord, rd_date_of(now_ms), true, is);
	size_t n_was = 0;

	if (live != NULL)
		n_was = rd_landlord_check(live, rd_date_of(now_ms), true, was);
	for (size_t i = 0; i < n; i++)
		if (is[i].refuse && !is_among(&is[i], was, n_was))
			return rd_fail(err, RD_E_REFUSED, "%s", is[i].text);
	return RD_OK;
}

static enum rd_rc check_fit(struct rd_db *db, const struct rd_rulefiles *files,
	const char *const *landlords, size_t n_landlords, int64_t now_ms, struct rd_err *err)
{
	RD_CLEANUP(rd_live_cleanup) struct rd_live *next = NULL;
	RD_CLEANUP(rd_live_cleanup) struct rd_live *live = NULL;
	struct rd_err ignored = { 0 };

	RD_TRY(rd_live_make(files, landlords, n_landlords, &next, err));
	if (rd_live_load(db, landlords, n_landlords, &live, &ignored) != RD_OK)
		live = NULL; /* none yet, or one that lacks a landlord of ours */
	for (size_t i = 0; i < n_landlords; i++)
		RD_TRY(check_no_worse(&rd_live_policy(next, landlords[i])->landlord,
			live != NULL ? &rd_live_policy(live, landlords[i])->landlord : NULL, now_ms,
			err));
	return RD_OK;
}

static enum rd_rc switch_to(struct rd_db *db, const struct rd_rulefiles *files,
	const struct rd_actor *author, const char *reason, int64_t now_ms, struct rd_err *err)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	char detail[RD_RULESET_NAME_MAX + 32];
	const struct rd_audit_row row = {
		.at_ms = now_ms,
		.actor = author->name,
		.actor_uid = author->uid,
		.what = "rules_activated",
		.detail = detail,
	};
	int64_t seq;

	snprintf(detail, sizeof detail, "{\"ruleset\":\"%s\"}", files->sha256);
	RD_TRY(rd_tx_begin(db, &tx, err));
	RD_TRY(rd_rulesets_put(tx, files, now_ms, err));
	RD_TRY(rd_rulesets_activate(
		tx, files->sha256, author->name, author->uid, reason, now_ms, err));
	RD_TRY(rd_audit_add(tx, &row, &seq, err));
	return rd_tx_commit(&tx, err);
}

static enum rd_rc activate(struct rd_db *db, const char *dir, const char *const *landlords,
	size_t n_landlords, bool must_fit, const struct rd_actor *author, const char *reason,
	int64_t now_ms, bool *ret_changed, char ret_sha256[RD_RULESET_NAME_MAX], struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(FOLDER_ARENA_BYTES);
	struct rd_rulefiles files;
	bool live = false;

	RD_TRY(rd_rulefiles_read(dir, arena, &files, err));
	RD_TRY(is_live(db, files.sha256, arena, &live, err));
	if (!live) {
		if (prove(&files, landlords, n_landlords, now_ms, err) != RD_OK)
			return rd_rulefiles_fail_in(&files, dir, err);
		if (must_fit)
			RD_TRY(check_fit(db, &files, landlords, n_landlords, now_ms, err));
		RD_TRY(switch_to(db, &files, author, reason, now_ms, err));
	}
	*ret_changed = !live;
	memcpy(ret_sha256, files.sha256, RD_RULESET_NAME_MAX);
	return RD_OK;
}

enum rd_rc rd_rules_activate(struct rd_db *db, const char *dir, const char *const *landlords,
	size_t n_landlords, const struct rd_actor *author, const char *reason, int64_t now_ms,
	bool *ret_changed, char ret_sha256[RD_RULESET_NAME_MAX], struct rd_err *err)
{
	return activate(db, dir, landlords, n_landlords, false, author, reason, now_ms, ret_changed,
		ret_sha256, err);
}

enum rd_rc rd_rules_activate_fit(struct rd_db *db, const struct rd_config *config, const char *dir,
	const struct rd_actor *author, const char *reason, int64_t now_ms, bool *ret_changed,
	char ret_sha256[RD_RULESET_NAME_MAX], struct rd_err *err)
{
	const char *landlords[RD_LIVE_LANDLORDS_MAX];
	const size_t n = rd_config_landlords(config, landlords);

	return activate(db, dir, landlords, n, rd_config_is_real(config), author, reason, now_ms,
		ret_changed, ret_sha256, err);
}

bool rd_rules_differ(const struct rd_live *live, const char *dir)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(FOLDER_ARENA_BYTES);
	struct rd_rulefiles files;
	struct rd_err ignored = { 0 };

	return rd_rulefiles_read(dir, arena, &files, &ignored) != RD_OK ||
	       strcmp(files.sha256, rd_live_sha256(live)) != 0;
}

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

enum rd_rc rd_rules_activate(struct rd_db *db, const char *dir, const char *const *landlords,
	size_t n_landlords, const struct rd_actor *author, const char *reason, int64_t now_ms,
	bool *ret_changed, char ret_sha256[RD_RULESET_NAME_MAX], struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(FOLDER_ARENA_BYTES);
	struct rd_rulefiles files;
	bool live = false;

	RD_TRY(rd_rulefiles_read(dir, arena, &files, err));
	RD_TRY(is_live(db, files.sha256, arena, &live, err));
	if (!live) {
		if (prove(&files, landlords, n_landlords, now_ms, err) != RD_OK)
			return rd_rulefiles_fail_in(&files, dir, err);
		RD_TRY(switch_to(db, &files, author, reason, now_ms, err));
	}
	*ret_changed = !live;
	memcpy(ret_sha256, files.sha256, RD_RULESET_NAME_MAX);
	return RD_OK;
}

bool rd_rules_differ(const struct rd_live *live, const char *dir)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(FOLDER_ARENA_BYTES);
	struct rd_rulefiles files;
	struct rd_err ignored = { 0 };

	return rd_rulefiles_read(dir, arena, &files, &ignored) != RD_OK ||
	       strcmp(files.sha256, rd_live_sha256(live)) != 0;
}

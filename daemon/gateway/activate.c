#include "redress/gateway/activate.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "redress/base/buf.h"
#include "redress/gateway/failing.h"
#include "redress/rules/lint.h"
#include "redress/store/audit.h"
#include "redress/store/rule_failures.h"

#define FOLDER_ARENA_BYTES (RD_RULEFILES_BYTES_MAX + (4u << 20))
#define DETAIL_BYTES_MAX   (64u << 10) /* RD_ACTIVATION_LOST_MAX numbers and some words */
#define LOST_NAMED_MAX	   5	       /* messages that a refusal names */

/* The name of the set that is live, "" where none is. */
static enum rd_rc live_name(struct rd_db *db, struct rd_arena *arena,
	char ret_sha256[RD_RULESET_NAME_MAX], struct rd_err *err)
{
	struct rd_activation current = { .sha256 = "" };
	const enum rd_rc rc = rd_rulesets_current(db, arena, &current, err);

	if (rc != RD_OK && rc != RD_E_MISSING)
		return rc;
	memcpy(ret_sha256, current.sha256, RD_RULESET_NAME_MAX);
	return RD_OK;
}

/* Everything that could make the set unfit: faults, failing examples, a landlord without profile,
 * a letter that lacks what the Code wants of it. */
static enum rd_rc prove(const struct rd_rulefiles *files, bool proved, const char *const *landlords,
	size_t n_landlords, int64_t now_ms, struct rd_err *err)
{
	RD_CLEANUP(rd_live_cleanup) struct rd_live *live = NULL;

	if (!proved)
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

/* Ids alone: they stand in the audit, which outlives erasure. At most RD_ACTIVATION_LOST_MAX. */
static enum rd_rc list_lost(const struct rd_backtest_outcome *trial, const char *between,
	struct rd_buf *out, struct rd_err *err)
{
	for (size_t i = 0; i < trial->sums.n_lost && i < RD_ACTIVATION_LOST_MAX; i++)
		RD_TRY(rd_buf_printf(out, err, "%s%" PRId64, i > 0 ? between : "", trial->lost[i]));
	return RD_OK;
}

static enum rd_rc audit_detail(const struct rd_activation *row, bool accepted,
	const struct rd_backtest_outcome *trial, struct rd_buf *out, struct rd_err *err)
{
	RD_TRY(rd_buf_printf(out, err, "{\"ruleset\":\"%s\",\"how\":\"%s\"", row->sha256,
		rd_activation_names[row->how]));
	if (trial != NULL)
		RD_TRY(rd_buf_printf(out, err,
			",\"replayed\":%" PRId64 ",\"flips\":%" PRId64 ",\"lost\":%" PRId64
			",\"accepted\":%s,\"lost_messages\":[",
			row->n_replayed, row->n_flips, row->n_lost, accepted ? "true" : "false"));
	if (trial != NULL) {
		RD_TRY(list_lost(trial, ",", out, err));
		RD_TRY(rd_buf_add_str(out, "]", err));
	}
	return rd_buf_add_str(out, "}", err);
}

/* was: the set that must still be live. trial: NULL where it was tried on nothing. */
static enum rd_rc switch_to(struct rd_db *db, const struct rd_rulefiles *files, const char *was,
	struct rd_activation row, const struct rd_backtest_outcome *trial, struct rd_arena *arena,
	struct rd_err *err)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	RD_CLEANUP(rd_buf_free) struct rd_buf lost = RD_BUF(DETAIL_BYTES_MAX);
	RD_CLEANUP(rd_buf_free) struct rd_buf detail = RD_BUF(DETAIL_BYTES_MAX);
	struct rd_audit_row audit = {
		.at_ms = row.at_ms,
		.actor = row.author,
		.actor_uid = row.author_uid,
		.what = row.how == RD_ROLLBACK ? "rules_rolled_back" : "rules_activated",
	};
	char live[RD_RULESET_NAME_MAX];

	memcpy(row.sha256, files->sha256, sizeof row.sha256);
	if (trial != NULL) {
		row.n_replayed = (int64_t)trial->sums.n;
		row.n_flips = (int64_t)trial->sums.n_flips;
		row.n_lost = (int64_t)trial->sums.n_lost;
		RD_TRY(list_lost(trial, " ", &lost, err));
	}
	row.lost = rd_buf_str(&lost);
	RD_TRY(audit_detail(&row, row.n_lost > 0, trial, &detail, err));
	audit.detail = rd_buf_str(&detail);
	RD_TRY(rd_tx_begin(db, &tx, err));
	RD_TRY(live_name(rd_tx_db(tx), arena, live, err));
	if (strcmp(live, was) != 0)
		return rd_fail(err, RD_E_AGAIN,
			"another rule set went live meanwhile; nothing was changed, try again");
	RD_TRY(rd_rulesets_put(tx, files, row.at_ms, err));
	RD_TRY(rd_rulesets_activate(tx, &row, err));
	RD_TRY(rd_failing_forgive(tx, row.at_ms, arena, err));
	RD_TRY(rd_audit_add(tx, &audit, NULL, err));
	return rd_tx_commit(&tx, err);
}

enum rd_rc rd_rules_activate(struct rd_db *db, const char *dir, const char *const *landlords,
	size_t n_landlords, const struct rd_actor *author, const char *reason, int64_t now_ms,
	bool *ret_changed, char ret_sha256[RD_RULESET_NAME_MAX], struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(FOLDER_ARENA_BYTES);
	const struct rd_activation row = {
		.at_ms = now_ms,
		.how = RD_FIRST_START,
		.author = author->name,
		.author_uid = author->uid,
		.reason = reason,
	};
	char was[RD_RULESET_NAME_MAX];
	struct rd_rulefiles files;

	RD_TRY(rd_rulefiles_read(dir, arena, &files, err));
	RD_TRY(live_name(db, arena, was, err));
	*ret_changed = strcmp(was, files.sha256) != 0;
	memcpy(ret_sha256, files.sha256, RD_RULESET_NAME_MAX);
	if (!*ret_changed)
		return RD_OK;
	if (prove(&files, false, landlords, n_landlords, now_ms, err) != RD_OK)
		return rd_rulefiles_fail_in(&files, dir, err);
	return switch_to(db, &files, was, row, NULL, arena, err);
}

/* ---- tried ---- */

static enum rd_rc try_on_messages(struct rd_db *db, const struct rd_activation_order *order,
	const char *was, const char *const *landlords, size_t n_landlords, struct rd_arena *arena,
	struct rd_backtest_outcome *trial, struct rd_err *err)
{
	struct rd_rulefiles live;
	struct rd_backtest_order wanted = {
		.db = db,
		.spawner = order->spawner,
		.was = &live,
		.is = order->files,
		.landlords = landlords,
		.n_landlords = n_landlords,
		.range = rd_backtest_last_days(order->now_ms, order->n_days),
		.max = order->max,
		.n_children = order->n_children,
		.each = order->each,
		.go_on = order->go_on,
		.context = order->context,
	};

	wanted.range.confirmed_only = order->confirmed_only;
	RD_TRY(rd_rulesets_get(db, was, arena, &live, err));
	return rd_backtest_run(&wanted, trial, err);
}

void rd_lost_words(const struct rd_backtest_outcome *trial, char out[static RD_LOST_WORDS_MAX])
{
	const size_t n = trial->sums.n_lost;
	int len = snprintf(out, RD_LOST_WORDS_MAX,
		"%zu complaint%s that a person confirmed would be lost: message%s", n,
		n == 1 ? "" : "s", n == 1 ? "" : "s");

	for (size_t i = 0; i < n && i < LOST_NAMED_MAX; i++)
		len += snprintf(out + len, RD_LOST_WORDS_MAX - (size_t)len, "%s %" PRId64,
			i > 0 ? "," : "", trial->lost[i]);
	if (n > LOST_NAMED_MAX)
		snprintf(out + len, RD_LOST_WORDS_MAX - (size_t)len, " and more");
}

static enum rd_rc refuse_losses(const struct rd_activation_order *order,
	const struct rd_backtest_outcome *trial, struct rd_err *err)
{
	char words[RD_LOST_WORDS_MAX];

	if (trial->sums.n_lost == 0 || order->accept)
		return RD_OK;
	rd_lost_words(trial, words);
	return rd_fail(err, RD_E_REFUSED,
		"%s; `redressctl rules backtest --days %d %s` tells why, and `redressctl rules %s "
		"--accept --reason` goes on all the same",
		words, order->n_days, order->dir != NULL ? order->dir : order->files->sha256,
		order->how == RD_ROLLBACK ? "rollback" : "activate");
}

static enum rd_rc check_reason(const char *reason, struct rd_err *err)
{
	if (reason[strspn(reason, " \t\r\n")] == '\0')
		return rd_fail(err, RD_E_INPUT,
			"say with --reason why the rules change; it stands in the history");
	if (strlen(reason) > RD_ACTIVATION_REASON_MAX)
		return rd_fail(err, RD_E_INPUT, "the reason is longer than %d bytes",
			RD_ACTIVATION_REASON_MAX);
	return RD_OK;
}

/* A person who activates the live set once more switches on what was switched off. A reload does
 * not: it may come with any upgrade of the package. */
static enum rd_rc worth_again(struct rd_db *db, enum rd_activation_how how, struct rd_arena *arena,
	bool *ret_again, struct rd_err *err)
{
	struct rd_activation current;
	struct rd_off_rules off;

	RD_TRY(rd_rulesets_current(db, arena, &current, err));
	RD_TRY(rd_rule_failures_off(db, current.id, arena, &off, err));
	*ret_again = off.n > 0 && how != RD_RELOAD;
	return RD_OK;
}

enum rd_rc rd_rules_activate_tried(struct rd_db *db, const struct rd_activation_order *order,
	struct rd_activation_outcome *ret_outcome, struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(FOLDER_ARENA_BYTES);
	const struct rd_rulefiles *files = order->files;
	const struct rd_activation row = {
		.at_ms = order->now_ms,
		.how = order->how,
		.author = order->author.name,
		.author_uid = order->author.uid,
		.reason = order->reason,
	};
	const char *landlords[RD_LIVE_LANDLORDS_MAX];
	const size_t n = rd_config_landlords(order->config, landlords);
	char was[RD_RULESET_NAME_MAX];
	bool again;

	memset(ret_outcome, 0, sizeof *ret_outcome);
	RD_TRY(check_reason(order->reason, err));
	RD_TRY(live_name(db, arena, was, err));
	if (strcmp(was, files->sha256) == 0) {
		RD_TRY(worth_again(db, order->how, arena, &again, err));
		if (!again)
			return RD_OK;
	}
	if (prove(files, order->proved, landlords, n, order->now_ms, err) != RD_OK)
		return order->dir != NULL ? rd_rulefiles_fail_in(files, order->dir, err)
					  : err->code;
	if (rd_config_is_real(order->config))
		RD_TRY(check_fit(db, files, landlords, n, order->now_ms, err));
	if (*was != '\0') {
		RD_TRY(try_on_messages(
			db, order, was, landlords, n, arena, &ret_outcome->trial, err));
		ret_outcome->tried = true;
		RD_TRY(refuse_losses(order, &ret_outcome->trial, err));
	}
	RD_TRY(switch_to(
		db, files, was, row, ret_outcome->tried ? &ret_outcome->trial : NULL, arena, err));
	ret_outcome->changed = true;
	return RD_OK;
}

enum rd_rc rd_rules_look(struct rd_db *db, const struct rd_live *live, const char *dir,
	enum rd_folder *ret_folder, int64_t *ret_number, struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(FOLDER_ARENA_BYTES);
	struct rd_activation *history;
	struct rd_rulefiles files;
	struct rd_err ignored = { 0 };
	size_t n;

	*ret_number = 0;
	*ret_folder = RD_FOLDER_UNREADABLE;
	if (rd_rulefiles_read(dir, arena, &files, &ignored) != RD_OK)
		return RD_OK;
	*ret_folder = RD_FOLDER_LIVE;
	if (strcmp(files.sha256, rd_live_sha256(live)) == 0)
		return RD_OK;
	*ret_folder = RD_FOLDER_OTHER;
	RD_TRY(rd_rulesets_history(db, arena, &history, &n, err));
	for (size_t i = 0; i < n && *ret_number == 0; i++)
		if (strcmp(history[i].sha256, files.sha256) == 0) {
			*ret_folder = RD_FOLDER_OLDER;
			*ret_number = history[i].id;
		}
	return RD_OK;
}

/* rules activate, audit verify and ledger, backup, restore: what an administrator does to the
 * store. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "desk.h"
#include "print.h"
#include "redress/gateway/activate.h"
#include "redress/store/audit.h"
#include "redress/store/backup.h"
#include "redress/store/status.h"

#define LEDGER_ARENA_BYTES (8u << 20)

static bool one_word(struct rd_ctl *ctl, int argc, char **argv, int n_words)
{
	static const struct option options[] = { RD_CTL_OPTIONS, { NULL, 0, NULL, 0 } };
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (!rd_ctl_option(ctl, option))
			return false;
	return optind + n_words == argc;
}

static enum rd_rc activate(const struct rd_ctl *ctl, struct rd_ctl_desk *desk, const char *dir,
	const char *reason, bool *ret_changed, char *ret_sha256, struct rd_err *err)
{
	RD_CLEANUP(rd_db_cleanup) struct rd_db *db = NULL;
	const char *landlords[RD_LIVE_LANDLORDS_MAX];
	struct rd_actor actor;
	size_t n;

	RD_TRY(rd_ctl_actor(ctl, &actor, err));
	RD_TRY(rd_ctl_open_store(ctl, true, desk, err));
	RD_TRY(rd_db_open(desk->store, &db, err));
	n = rd_config_landlords(desk->config, landlords);
	if (dir == NULL)
		dir = ctl->rules != NULL ? ctl->rules : desk->config->rules;
	return rd_rules_activate(db, dir, landlords, n, &actor, reason, rd_now_ms(&rd_system_clock),
		ret_changed, ret_sha256, err);
}

enum rd_exit rd_ctl_rules_activate(struct rd_ctl *ctl, int argc, char **argv)
{
	static const struct option options[] = { { "reason", required_argument, NULL, 'r' },
		RD_CTL_OPTIONS, { NULL, 0, NULL, 0 } };
	RD_CLEANUP(rd_ctl_close) struct rd_ctl_desk desk = { 0 };
	char sha256[RD_RULESET_NAME_MAX];
	const char *reason = NULL;
	struct rd_err err = { 0 };
	bool changed = false;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'r')
			reason = optarg;
		else if (!rd_ctl_option(ctl, option))
			return rd_ctl_usage(ctl);
	}
	if (optind + 1 < argc)
		return rd_ctl_usage(ctl);
	if (reason == NULL)
		return rd_ctl_complain(
			"say with --reason why the rules change; it stands in the history");
	if (activate(ctl, &desk, optind < argc ? argv[optind] : NULL, reason, &changed, sha256,
		    &err) != RD_OK)
		return rd_ctl_fail(&err);
	if (ctl->json)
		rd_json_print(json_pack("{s:s,s:b}", "ruleset", sha256, "changed", changed));
	else
		printf("%s %s\n", sha256, changed ? "is live now" : "was live already");
	return RD_EXIT_DONE;
}

enum rd_exit rd_ctl_audit_verify(struct rd_ctl *ctl, int argc, char **argv)
{
	RD_CLEANUP(rd_ctl_close) struct rd_ctl_desk desk = { 0 };
	RD_CLEANUP(rd_db_cleanup) struct rd_db *db = NULL;
	struct rd_err err = { 0 };
	int64_t rows = 0;
	enum rd_rc rc;

	if (!one_word(ctl, argc, argv, 0))
		return rd_ctl_usage(ctl);
	if (rd_ctl_open_store(ctl, false, &desk, &err) != RD_OK ||
		rd_db_open(desk.store, &db, &err) != RD_OK)
		return rd_ctl_fail(&err);
	rc = rd_audit_verify(db, &rows, &err);
	if (rc != RD_OK && rc != RD_E_REFUSED)
		return rd_ctl_fail(&err);
	if (ctl->json)
		rd_json_print(
			json_pack("{s:b,s:I,s:o}", "whole", rc == RD_OK, "rows", (json_int_t)rows,
				"problem", rc == RD_OK ? json_null() : json_string(err.msg)));
	else if (rc == RD_OK)
		printf("The audit is whole: %" PRId64 " rows.\n", rows);
	else
		printf("The audit is broken: %s\n", err.msg);
	return rc == RD_OK ? RD_EXIT_DONE : RD_EXIT_FOUND;
}

/* What must hold of the rows at any moment, and with --idle also that nothing is under way. */
enum rd_exit rd_ctl_audit_ledger(struct rd_ctl *ctl, int argc, char **argv)
{
	static const struct option options[] = { { "idle", no_argument, NULL, 'i' }, RD_CTL_OPTIONS,
		{ NULL, 0, NULL, 0 } };
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(LEDGER_ARENA_BYTES);
	RD_CLEANUP(rd_ctl_close) struct rd_ctl_desk desk = { 0 };
	RD_CLEANUP(rd_db_cleanup) struct rd_db *db = NULL;
	const char **problems;
	struct rd_err err = { 0 };
	bool idle = false;
	size_t n = 0;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'i')
			idle = true;
		else if (!rd_ctl_option(ctl, option))
			return rd_ctl_usage(ctl);
	}
	if (optind != argc)
		return rd_ctl_usage(ctl);
	if (rd_ctl_open_store(ctl, false, &desk, &err) != RD_OK ||
		rd_db_open(desk.store, &db, &err) != RD_OK ||
		rd_ledger_check(db, idle, arena, &problems, &n, &err) != RD_OK)
		return rd_ctl_fail(&err);
	json_t *list = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_string(problems[i]));
	if (ctl->json) {
		rd_json_print(json_pack("{s:b,s:o}", "whole", n == 0, "problems", list));
	} else {
		for (size_t i = 0; i < n; i++)
			puts(problems[i]);
		if (n == 0)
			puts("The ledger is whole: every message has its one fate.");
		json_decref(list);
	}
	return n == 0 ? RD_EXIT_DONE : RD_EXIT_FOUND;
}

enum rd_exit rd_ctl_backup(struct rd_ctl *ctl, int argc, char **argv)
{
	RD_CLEANUP(rd_ctl_close) struct rd_ctl_desk desk = { 0 };
	RD_CLEANUP(rd_db_cleanup) struct rd_db *db = NULL;
	struct rd_err err = { 0 };

	if (!one_word(ctl, argc, argv, 1))
		return rd_ctl_usage(ctl);
	if (rd_ctl_open_store(ctl, false, &desk, &err) != RD_OK ||
		rd_db_open(desk.store, &db, &err) != RD_OK ||
		rd_backup_write(db, argv[optind], rd_now_ms(&rd_system_clock), &err) != RD_OK)
		return rd_ctl_fail(&err);
	if (ctl->json)
		rd_json_print(json_pack("{s:s}", "file", argv[optind]));
	else
		printf("%s holds everything that is known now; keep it where only you can read "
		       "it.\n",
			argv[optind]);
	return RD_EXIT_DONE;
}

enum rd_exit rd_ctl_restore(struct rd_ctl *ctl, int argc, char **argv)
{
	RD_CLEANUP(rd_config_cleanup) struct rd_config *config = NULL;
	struct rd_err err = { 0 };

	if (!one_word(ctl, argc, argv, 1))
		return rd_ctl_usage(ctl);
	if (rd_config_read(ctl->config != NULL ? ctl->config : RD_CTL_CONFIG, &config, &err) !=
			RD_OK ||
		rd_backup_restore(argv[optind], config->state, rd_now_ms(&rd_system_clock), &err) !=
			RD_OK)
		return rd_ctl_fail(&err);
	if (ctl->json)
		rd_json_print(json_pack("{s:s}", "state", config->state));
	else
		printf("%s is restored. Letters that had not gone are uncertain now: see "
		       "`redressctl "
		       "outbox list --state uncertain` before you start redressd.\n",
			config->state);
	return RD_EXIT_DONE;
}

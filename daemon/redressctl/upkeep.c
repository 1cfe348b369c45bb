/* audit verify and ledger, backup, restore: what an administrator does to the store. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "desk.h"
#include "print.h"
#include "redress/base/file.h"
#include "redress/store/audit.h"
#include "redress/store/backup.h"
#include "redress/store/status.h"

#define LEDGER_ARENA_BYTES (8u << 20)

static bool one_word(struct rd_ctl *ctl, int argc, char **argv, int n_words)
{
	static const struct option options[] = { RD_CTL_OPTIONS, { NULL, 0, NULL, 0 } };
	int option;

	while ((option = rd_ctl_next_option(argc, argv, options)) != -1)
		if (!rd_ctl_option(ctl, option))
			return false;
	return optind + n_words == argc;
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
		printf("The audit is whole: %" PRId64 " row%s.\n", rows, rows == 1 ? "" : "s");
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

	while ((option = rd_ctl_next_option(argc, argv, options)) != -1) {
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

/* A backup that no second try will make better: the folder is not there, or not ours to write in.
 */
static bool folder_takes_files(const char *file)
{
	char folder[RD_PATH_BYTES_MAX];
	const char *slash = strrchr(file, '/');
	size_t len = slash != NULL ? (size_t)(slash - file) : 0;

	if (len >= sizeof folder)
		return true; /* told where it is opened */
	snprintf(folder, sizeof folder, "%.*s", (int)len, file);
	if (slash == NULL || len == 0)
		snprintf(folder, sizeof folder, "%s", slash == NULL ? "." : "/");
	if (access(folder, W_OK | X_OK) == 0)
		return true;
	rd_ctl_complain("%s: %s; name a file in a folder that is there and may be written to",
		folder, strerror(errno));
	return false;
}

enum rd_exit rd_ctl_backup(struct rd_ctl *ctl, int argc, char **argv)
{
	RD_CLEANUP(rd_ctl_close) struct rd_ctl_desk desk = { 0 };
	RD_CLEANUP(rd_db_cleanup) struct rd_db *db = NULL;
	struct rd_err err = { 0 };

	if (!one_word(ctl, argc, argv, 1))
		return rd_ctl_usage(ctl);
	if (!folder_takes_files(argv[optind]))
		return RD_EXIT_USAGE;
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
	char before[RD_PATH_BYTES_MAX];
	struct rd_err err = { 0 };
	struct stat about;
	bool has_list = false;

	if (!one_word(ctl, argc, argv, 1))
		return rd_ctl_usage(ctl);
	if (stat(argv[optind], &about) == 0 && !S_ISREG(about.st_mode))
		return rd_ctl_complain(
			"%s: not a file; name one that `redressctl backup` made", argv[optind]);
	if (rd_config_read(ctl->config != NULL ? ctl->config : RD_CTL_CONFIG, &config, &err) !=
			RD_OK ||
		rd_backup_has_list(argv[optind], config->state, &has_list, &err) != RD_OK ||
		rd_backup_restore(argv[optind], config->state, rd_now_ms(&rd_system_clock), &err) !=
			RD_OK)
		return rd_ctl_fail(&err);
	snprintf(before, sizeof before, "%s.before-restore", config->state);
	if (lstat(before, &about) != 0)
		before[0] = '\0'; /* there was no store */
	if (ctl->json) {
		rd_json_print(json_pack("{s:s,s:o,s:b}", "state", config->state, "kept",
			rd_json_text(before), "erased_again", has_list));
		return RD_EXIT_DONE;
	}
	printf("%s is restored.\n", config->state);
	if (before[0] != '\0')
		printf("What was there is kept as %s; remove it once you no longer need it.\n",
			before);
	if (!has_list)
		printf("No list of what was erased was found (%s.erased, %s.erased). If anybody's "
		       "data was erased since the backup, it is back: put the list of the old "
		       "machine or of a later backup there and restore again, or erase them "
		       "again.\n",
			config->state, argv[optind]);
	puts("Letters that had not gone are uncertain now: see `redressctl outbox list --state "
	     "uncertain` before you start redressd.");
	return RD_EXIT_DONE;
}

/* redressctl rules history, export: which rules were live, since when and why, and their files. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "print.h"
#include "redress/base/file.h"
#include "rules_set.h"

/* ---- history ---- */

static json_t *lost_json(const char *lost)
{
	json_t *list = json_array();

	for (char *end = NULL; *lost != '\0'; lost = end) {
		const long long id = strtoll(lost, &end, 10);
		if (end == lost)
			break;
		json_array_append_new(list, json_integer(id));
	}
	return list;
}

static json_t *activation_json(const struct rd_activation *a, bool is_live)
{
	return json_pack("{s:I,s:s,s:b,s:o,s:s,s:s,s:o,s:s,s:I,s:I,s:I,s:o}", "number",
		(json_int_t)a->id, "ruleset", a->sha256, "live", is_live, "at",
		rd_json_instant(a->at_ms), "how", rd_activation_names[a->how], "by", a->author,
		"uid", a->author_uid >= 0 ? json_integer(a->author_uid) : json_null(), "reason",
		a->reason, "replayed", (json_int_t)a->n_replayed, "flipped", (json_int_t)a->n_flips,
		"lost", (json_int_t)a->n_lost, "lost_messages", lost_json(a->lost));
}

static const char *who(const struct rd_activation *a, struct rd_arena *arena)
{
	if (a->author_uid < 0)
		return "redressd";
	return rd_arena_printf(arena, "%s (%" PRId64 ")", a->author, a->author_uid);
}

/* "reload", "activation; accepted: 2 complaints lost (messages 12 45)". */
static const char *what(const struct rd_activation *a, struct rd_arena *arena)
{
	if (a->n_lost == 0)
		return rd_activation_names[a->how];
	return rd_arena_printf(arena,
		"%s; accepted: %" PRId64 " confirmed complaint%s lost (message%s %s)",
		rd_activation_names[a->how], a->n_lost, a->n_lost == 1 ? "" : "s",
		a->n_lost == 1 ? "" : "s", a->lost);
}

static enum rd_rc list_history(
	const struct rd_ctl *ctl, struct rd_db *db, struct rd_arena *arena, struct rd_err *err)
{
	static const char *const heads[] = { "no.", "when", "who", "rules", "what", "reason",
		NULL };
	RD_CLEANUP(rd_listing_free) struct rd_listing listing = { 0 };
	struct rd_activation *items;
	size_t n;

	RD_TRY(rd_rulesets_history(db, arena, &items, &n, err));
	rd_listing_begin(&listing, ctl->json, heads);
	for (size_t i = 0; i < n; i++) {
		char number[24], when[24], digits[RD_SHORT_SHA_MAX];

		snprintf(
			number, sizeof number, "%" PRId64 "%s", items[i].id, i == 0 ? " live" : "");
		if (listing.json != NULL)
			json_array_append_new(listing.json, activation_json(&items[i], i == 0));
		rd_table_row(&listing.table,
			(const char *const[]){ number, rd_short_instant(items[i].at_ms, when),
				who(&items[i], arena), rd_ctl_short_sha(items[i].sha256, digits),
				what(&items[i], arena), items[i].reason });
	}
	rd_listing_show(&listing, "No rules have been live yet.");
	return rd_arena_overflowed(arena) ? rd_fail(err, RD_E_RANGE, "the history is too long")
					  : RD_OK;
}

enum rd_exit rd_ctl_rules_history(struct rd_ctl *ctl, int argc, char **argv)
{
	static const struct option options[] = { RD_CTL_OPTIONS, { NULL, 0, NULL, 0 } };
	RD_CLEANUP(rd_ctl_close) struct rd_ctl_desk desk = { 0 };
	RD_CLEANUP(rd_db_cleanup) struct rd_db *db = NULL;
	struct rd_err err = { 0 };
	int option;

	while ((option = rd_ctl_next_option(argc, argv, options)) != -1)
		if (!rd_ctl_option(ctl, option))
			return rd_ctl_usage(ctl);
	if (!rd_ctl_at_most(ctl, argc, argv, 0, "argument"))
		return RD_EXIT_USAGE;
	if (rd_ctl_open_store(ctl, false, &desk, &err) != RD_OK ||
		rd_db_open(desk.store, &db, &err) != RD_OK ||
		list_history(ctl, db, desk.arena, &err) != RD_OK)
		return rd_ctl_fail(&err);
	return RD_EXIT_DONE;
}

/* ---- export ---- */

static bool is_empty(const char *dir)
{
	DIR *folder = opendir(dir);
	size_t n = 0;

	if (folder == NULL)
		return false;
	while (readdir(folder) != NULL)
		n++;
	closedir(folder);
	return n == 2; /* itself and its parent */
}

/* Makes the folder, or takes one that is empty: nothing is ever written over. */
static enum rd_rc make_folder(const char *dir, struct rd_err *err)
{
	if (mkdir(dir, 0755) == 0)
		return RD_OK;
	if (errno != EEXIST)
		return rd_fail(err, RD_E_INPUT, "%s: %s", dir, strerror(errno));
	if (is_empty(dir))
		return RD_OK;
	return rd_fail(err, RD_E_INPUT,
		"%s is there already; name a folder that is not, and put it in the place of the "
		"old one afterwards",
		dir);
}

/* The folders above a file, within dir. */
static enum rd_rc make_parents(char *path, size_t dir_len, struct rd_err *err)
{
	for (char *slash = strchr(path + dir_len + 1, '/'); slash != NULL;
		slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		const bool made = mkdir(path, 0755) == 0 || errno == EEXIST;
		if (!made)
			return rd_fail(err, RD_E_AGAIN, "%s: %s", path, strerror(errno));
		*slash = '/';
	}
	return RD_OK;
}

static enum rd_rc write_file(const char *dir, const struct rd_rulefile *file, struct rd_err *err)
{
	char path[RD_PATH_BYTES_MAX];
	const int len = snprintf(path, sizeof path, "%s/%s", dir, file->name);

	if (len < 0 || (size_t)len >= sizeof path)
		return rd_fail(err, RD_E_INPUT, "%.200s/...: the path is too long", dir);
	RD_TRY(make_parents(path, strlen(dir), err));
	const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
	FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (out == NULL)
		return rd_fail(err, RD_E_AGAIN, "%s: %s", path, strerror(errno));
	const bool written = fwrite(file->bytes, 1, file->len, out) == file->len &&
			     fflush(out) == 0 && fsync(fd) == 0;
	const int why = errno;
	if (fclose(out) != 0 || !written)
		return rd_fail(err, RD_E_AGAIN, "%s: %s", path, strerror(why));
	return RD_OK;
}

static enum rd_rc export_set(struct rd_db *db, const char *word, const char *dir,
	struct rd_arena *arena, struct rd_ctl_set *ret_set, struct rd_err *err)
{
	if (!rd_ctl_set_is_stored(word))
		return rd_fail(err, RD_E_INPUT,
			"`%.80s` is neither `live` nor a number of `redressctl rules history` nor "
			"the beginning of a SHA-256",
			word);
	RD_TRY(rd_ctl_set_read(db, word, arena, ret_set, err));
	RD_TRY(make_folder(dir, err));
	for (size_t i = 0; i < ret_set->files.n_items; i++)
		RD_TRY(write_file(dir, &ret_set->files.items[i], err));
	return RD_OK;
}

enum rd_exit rd_ctl_rules_export(struct rd_ctl *ctl, int argc, char **argv)
{
	static const struct option options[] = { RD_CTL_OPTIONS, { NULL, 0, NULL, 0 } };
	RD_CLEANUP(rd_arena_cleanup)
	struct rd_arena *arena = rd_arena_new(RD_CTL_SET_ARENA_BYTES);
	RD_CLEANUP(rd_ctl_close) struct rd_ctl_desk desk = { 0 };
	RD_CLEANUP(rd_db_cleanup) struct rd_db *db = NULL;
	struct rd_ctl_set set;
	struct rd_err err = { 0 };
	int option;

	while ((option = rd_ctl_next_option(argc, argv, options)) != -1)
		if (!rd_ctl_option(ctl, option))
			return rd_ctl_usage(ctl);
	if (!rd_ctl_at_most(ctl, argc, argv, 2, "argument"))
		return RD_EXIT_USAGE;
	if (optind + 2 != argc)
		return rd_ctl_usage(ctl);
	const char *dir = argv[optind + 1];
	if (rd_ctl_open_store(ctl, false, &desk, &err) != RD_OK ||
		rd_db_open(desk.store, &db, &err) != RD_OK ||
		export_set(db, argv[optind], dir, arena, &set, &err) != RD_OK)
		return rd_ctl_fail(&err);
	if (ctl->json)
		rd_json_print(json_pack("{s:s,s:s,s:i}", "ruleset", set.files.sha256, "dir", dir,
			"files", (int)set.files.n_items));
	else
		printf("%s holds the %zu files of %s\n", dir, set.files.n_items, set.words);
	return RD_EXIT_DONE;
}

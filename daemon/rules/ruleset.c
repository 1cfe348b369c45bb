/* The rule folder as bytes, its name, and the compiling that fails at the first fault. */
#include "redress/rules/ruleset.h"

#include <dirent.h>
#include <errno.h>
#include <gnutls/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "redress/base/stanza.h"
#include "redress/rules/compiled.h"

#define FOLDER_DEPTH_MAX 4
#define LANDLORDS_MAX	 200
#define LIST_MAX	 200 /* bytes of the landlords that a fault names */

static int by_name(const void *a, const void *b)
{
	const struct rd_rulefile *left = a, *right = b;

	return strcmp(left->name, right->name);
}

static bool good_name(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n < 200 && name[0] != '/' && strstr(name, "..") == NULL &&
	       strchr(name, '\n') == NULL;
}

static enum rd_rc hash_files(const struct rd_rulefile *items, size_t n,
	char out[RD_RULESET_NAME_MAX], struct rd_err *err)
{
	gnutls_hash_hd_t hash;
	uint8_t digest[32];

	if (gnutls_hash_init(&hash, GNUTLS_DIG_SHA256) < 0)
		return rd_fail(err, RD_E_BUG, "SHA-256 cannot be started");
	for (size_t i = 0; i < n; i++) {
		char head[32];
		/* The length in front and the NUL behind: no two folders hash the same bytes. */
		int len = snprintf(head, sizeof head, "%zu ", items[i].len);
		gnutls_hash(hash, items[i].name, strlen(items[i].name) + 1);
		gnutls_hash(hash, head, (size_t)len);
		gnutls_hash(hash, items[i].bytes, items[i].len);
	}
	gnutls_hash_deinit(hash, digest);
	memcpy(out, "sha256:", 7);
	for (size_t i = 0; i < sizeof digest; i++)
		snprintf(out + 7 + 2 * i, 3, "%02x", digest[i]);
	return RD_OK;
}

enum rd_rc rd_rulefiles_take(struct rd_rulefile *items, size_t n_items,
	struct rd_rulefiles *ret_files, struct rd_err *err)
{
	struct rd_rulefiles files = { .items = items, .n_items = n_items };
	size_t total = 0;

	if (n_items > RD_RULEFILES_MAX)
		return rd_fail(
			err, RD_E_RANGE, "more than %d files in the rule folder", RD_RULEFILES_MAX);
	if (n_items > 0)
		qsort(items, n_items, sizeof *items, by_name);
	for (size_t i = 0; i < n_items; i++) {
		if (!good_name(items[i].name))
			return rd_fail(err, RD_E_INPUT,
				"`%s` is no name for a file of the rule folder", items[i].name);
		if (i > 0 && strcmp(items[i - 1].name, items[i].name) == 0)
			return rd_fail(
				err, RD_E_INPUT, "%s stands twice in the rule set", items[i].name);
		total += items[i].len;
		if (total > RD_RULEFILES_BYTES_MAX)
			return rd_fail(err, RD_E_RANGE, "the rule folder holds more than 16 MiB");
	}
	RD_TRY(hash_files(items, n_items, files.sha256, err));
	*ret_files = files;
	return RD_OK;
}

struct folder_reader {
	const char *dir;
	struct rd_arena *arena;
	struct rd_rulefile *items;
	size_t n;
	char (*folders)[200]; /* still to be read, relative; "" is the root */
	size_t n_folders, next;
};

static void close_dir(DIR **dir)
{
	if (*dir != NULL)
		closedir(*dir);
}

static enum rd_rc take_entry(
	struct folder_reader *r, const char *folder, const char *entry, struct rd_err *err)
{
	char name[200], path[4096];
	struct stat info;
	size_t depth = 0, n = strlen(entry);

	if (entry[0] == '.' || (n > 0 && entry[n - 1] == '~'))
		return RD_OK;
	int len =
		snprintf(name, sizeof name, "%s%s%s", folder, folder[0] != '\0' ? "/" : "", entry);
	int path_len = snprintf(path, sizeof path, "%s/%s", r->dir, name);
	if (len < 0 || (size_t)len >= sizeof name || path_len < 0 ||
		(size_t)path_len >= sizeof path)
		return rd_fail(err, RD_E_RANGE, "%s/%s: this name is too long", r->dir, folder);
	if (stat(path, &info) != 0)
		return rd_fail(err, RD_E_AGAIN, "%s: %s", path, strerror(errno));
	for (const char *p = name; *p != '\0'; p++)
		depth += *p == '/';
	if (S_ISDIR(info.st_mode)) {
		if (depth + 1 >= FOLDER_DEPTH_MAX || r->n_folders == RD_RULEFILES_MAX)
			return rd_fail(err, RD_E_RANGE, "%s: too many folders", path);
		memcpy(r->folders[r->n_folders++], name, (size_t)len + 1);
		return RD_OK;
	}
	if (!S_ISREG(info.st_mode))
		return RD_OK;
	if (r->n == RD_RULEFILES_MAX)
		return rd_fail(err, RD_E_RANGE, "%s: more than %d files", r->dir, RD_RULEFILES_MAX);
	struct rd_rulefile *file = &r->items[r->n++];
	file->name = rd_arena_strdup(r->arena, name);
	if (file->name == NULL)
		return rd_fail(err, RD_E_RANGE, "%s: the folder is too large", r->dir);
	return rd_file_read(path, RD_RULEFILES_BYTES_MAX, r->arena, &file->bytes, &file->len, err);
}

/* Somebody named a file of the folder. */
static enum rd_rc fail_one_file(const char *path, struct rd_err *err)
{
	const char *slash = strrchr(path, '/');

	return rd_fail(err, RD_E_MISSING, "%s is one file; name its folder: %.*s", path,
		slash == NULL ? 1 : (int)(slash - path), slash == NULL ? "." : path);
}

static enum rd_rc read_folder(struct folder_reader *r, const char *folder, struct rd_err *err)
{
	char path[4096];

	snprintf(path, sizeof path, "%s%s%s", r->dir, folder[0] != '\0' ? "/" : "", folder);
	RD_CLEANUP(close_dir) DIR *dir = opendir(path);
	if (dir == NULL && errno == ENOTDIR && folder[0] == '\0' && access(path, F_OK) == 0)
		return fail_one_file(path, err);
	if (dir == NULL)
		return rd_fail(err,
			errno == ENOENT || errno == ENOTDIR ? RD_E_MISSING : RD_E_REFUSED,
			"%s: %s; name the rules folder with --rules DIR, or in the configuration",
			path, strerror(errno));
	for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir))
		RD_TRY(take_entry(r, folder, entry->d_name, err));
	return RD_OK;
}

enum rd_rc rd_rulefiles_read(
	const char *dir, struct rd_arena *arena, struct rd_rulefiles *ret_files, struct rd_err *err)
{
	struct folder_reader r = { .dir = dir, .arena = arena };

	r.items = rd_arena_array(arena, RD_RULEFILES_MAX, sizeof *r.items);
	r.folders = rd_arena_array(arena, RD_RULEFILES_MAX, sizeof *r.folders);
	if (r.items == NULL || r.folders == NULL)
		return rd_fail(err, RD_E_RANGE, "%s: no room left for this folder", dir);
	r.n_folders = 1;
	while (r.next < r.n_folders)
		RD_TRY(read_folder(&r, r.folders[r.next++], err));
	return rd_rulefiles_take(r.items, r.n, ret_files, err);
}

const struct rd_rulefile *rd_rulefiles_find(const struct rd_rulefiles *files, const char *name)
{
	for (size_t i = 0; i < files->n_items; i++)
		if (strcmp(files->items[i].name, name) == 0)
			return &files->items[i];
	return NULL;
}

enum rd_rc rd_rulefiles_fail_in(
	const struct rd_rulefiles *files, const char *dir, struct rd_err *err)
{
	char told[RD_ERR_MAX];

	for (size_t i = 0; i < files->n_items; i++) {
		size_t len = strlen(files->items[i].name);
		if (strncmp(err->msg, files->items[i].name, len) != 0 || err->msg[len] != ':')
			continue;
		memcpy(told, err->msg, sizeof told);
		return rd_fail(err, err->code, "%s/%s", dir, told);
	}
	return err->code;
}

/* "landlords/NAME.landlord" or ".rules": the name; false for any other file. */
static bool landlord_of(const char *file, char out[static 128])
{
	static const char folder[] = "landlords/";
	const char *base = file + sizeof folder - 1;

	if (strncmp(file, folder, sizeof folder - 1) != 0 || strchr(base, '/') != NULL)
		return false;
	const char *dot = strrchr(base, '.');
	if (dot == NULL || (strcmp(dot, ".landlord") != 0 && strcmp(dot, ".rules") != 0))
		return false;
	snprintf(out, 128, "%.*s", (int)(dot - base), base);
	return true;
}

/* "a, b, c and more"; a landlord may have a profile and a layer, and is named once. */
static const char *list_names(const char *const *names, size_t n, char out[static LIST_MAX])
{
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && strcmp(names[i], names[i - 1]) == 0)
			continue;
		if (len + strlen(names[i]) + sizeof ", and more" > LIST_MAX) {
			snprintf(out + len, LIST_MAX - len, " and more");
			break;
		}
		len += (size_t)snprintf(
			out + len, LIST_MAX - len, "%s%s", len > 0 ? ", " : "", names[i]);
	}
	return out;
}

enum rd_rc rd_rulefiles_check_landlord(
	const struct rd_rulefiles *files, const char *landlord, struct rd_err *err)
{
	char names[LANDLORDS_MAX][128], list[LIST_MAX];
	const char *known[LANDLORDS_MAX + 1];
	size_t n = 0;

	for (size_t i = 0; i < files->n_items && n < LANDLORDS_MAX; i++) {
		if (!landlord_of(files->items[i].name, names[n]))
			continue;
		if (strcmp(names[n], landlord) == 0)
			return RD_OK;
		known[n] = names[n];
		n++;
	}
	known[n] = NULL;
	if (n == 0)
		return rd_fail(err, RD_E_MISSING,
			"There is no landlord `%.60s`, nor any other: a landlord is a file "
			"landlords/NAME.landlord in the rules folder; is this the rules folder?",
			landlord);
	const char *near = rd_did_you_mean(landlord, known);
	return rd_fail(err, RD_E_MISSING, "There is no landlord `%.60s`.%s%s%s There are: %s",
		landlord, near != NULL ? " Did you mean `" : "", near != NULL ? near : "",
		near != NULL ? "`?" : "", list_names(known, n, list));
}

enum rd_rc rd_ruleset_compile(const struct rd_rulefiles *files, const char *landlord,
	int64_t today_ms, struct rd_ruleset **ret_rules, struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(4u << 20);
	RD_CLEANUP(rd_ruleset_cleanup) struct rd_ruleset *rules = NULL;
	struct rd_problems problems;

	rd_problems_begin(&problems, arena);
	RD_TRY(rd_rulefiles_check_landlord(files, landlord, err));
	RD_TRY(rd_ruleset_build(files, landlord, today_ms, &problems, &rules, err));
	RD_TRY(rd_problems_rc(&problems, err));
	*ret_rules = RD_STEAL(rules);
	return RD_OK;
}

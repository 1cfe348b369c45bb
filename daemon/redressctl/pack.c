#include "pack.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <gnutls/crypto.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "redress/base/buf.h"
#include "redress/base/file.h"

#define SUMS_NAME      "SHA256SUMS"
#define SUMS_BYTES_MAX (8u << 20)
#define SHA256_BYTES   32

static enum rd_rc path_in(const struct rd_pack *pack, const char *path,
	char out[static RD_PATH_BYTES_MAX], struct rd_err *err)
{
	const int n = snprintf(out, RD_PATH_BYTES_MAX, "%s/%s", pack->dir, path);

	if (n < 0 || n >= RD_PATH_BYTES_MAX)
		return rd_fail(
			err, RD_E_INPUT, "a path is longer than %d bytes", RD_PATH_BYTES_MAX);
	return RD_OK;
}

static enum rd_rc make_folder(const char *path, bool must_be_new, struct rd_err *err)
{
	const struct dirent *entry;
	DIR *folder;
	struct stat about;
	bool empty = true;

	if (mkdir(path, 0700) == 0)
		return RD_OK;
	if (errno != EEXIST || must_be_new)
		return rd_fail(err, RD_E_INPUT, "%s: %s", path, strerror(errno));
	folder = opendir(path);
	if (folder == NULL)
		return rd_fail(err, RD_E_INPUT, "%s: %s", path, strerror(errno));
	/* Its owner could put a link in the place of what is made there, and root follows it. */
	if (geteuid() == 0 &&
		(lstat(path, &about) != 0 || about.st_uid != 0 || !S_ISDIR(about.st_mode))) {
		closedir(folder);
		return rd_fail(err, RD_E_INPUT,
			"%s is another user's folder, or a link; name a new folder, or give the "
			"command as that user",
			path);
	}
	while ((entry = readdir(folder)) != NULL)
		empty = empty &&
			(strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0);
	closedir(folder);
	return empty ? RD_OK
		     : rd_fail(err, RD_E_EXISTS,
			       "%s is there already and holds files; name a new folder", path);
}

enum rd_rc rd_pack_begin(
	struct rd_pack *pack, const char *dir, struct rd_arena *arena, struct rd_err *err)
{
	*pack = (struct rd_pack){ .dir = dir, .arena = arena, .fd = -1 };
	return make_folder(dir, false, err);
}

enum rd_rc rd_pack_folder(struct rd_pack *pack, const char *name, struct rd_err *err)
{
	char path[RD_PATH_BYTES_MAX];

	RD_TRY(path_in(pack, name, path, err));
	return make_folder(path, true, err);
}

static enum rd_rc new_entry(
	struct rd_pack *pack, struct rd_pack_file **ret_file, struct rd_err *err)
{
	if (pack->n_files == pack->size) {
		const size_t size = pack->size != 0 ? pack->size * 2 : 64;
		struct rd_pack_file *files = rd_arena_array(pack->arena, size, sizeof *files);

		if (files == NULL || size > RD_PACK_FILES_MAX)
			return rd_fail(err, RD_E_RANGE, "there are too many files for one folder");
		if (pack->n_files != 0)
			memcpy(files, pack->files, pack->n_files * sizeof *files);
		pack->files = files;
		pack->size = size;
	}
	*ret_file = &pack->files[pack->n_files++];
	return RD_OK;
}

enum rd_rc rd_pack_start(
	struct rd_pack *pack, const char *path, const char *what, struct rd_err *err)
{
	char whole[RD_PATH_BYTES_MAX];
	struct rd_pack_file *file = NULL;
	gnutls_hash_hd_t sum;

	RD_ASSERT(!pack->open);
	RD_TRY(path_in(pack, path, whole, err));
	RD_TRY(new_entry(pack, &file, err));
	file->path = path;
	file->what = what;
	pack->fd = open(whole, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (pack->fd < 0)
		return rd_fail(err, RD_E_AGAIN, "%s: %s", whole, strerror(errno));
	RD_ASSERT(gnutls_hash_init(&sum, GNUTLS_DIG_SHA256) == 0);
	pack->sum = sum;
	pack->open = true;
	return RD_OK;
}

enum rd_rc rd_pack_add(struct rd_pack *pack, const void *data, size_t len, struct rd_err *err)
{
	struct rd_pack_file *file = &pack->files[pack->n_files - 1];
	const char *bytes = data;

	RD_ASSERT(len == 0 || gnutls_hash(pack->sum, data, len) == 0);
	for (size_t at = 0; at < len;) {
		const ssize_t put = write(pack->fd, bytes + at, len - at);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return rd_fail(err, RD_E_AGAIN, "%s/%s: %s", pack->dir, file->path,
				strerror(errno));
		at += (size_t)put;
	}
	file->bytes += len;
	return RD_OK;
}

enum rd_rc rd_pack_done(
	struct rd_pack *pack, const struct rd_pack_file **ret_file, struct rd_err *err)
{
	static const char digits[] = "0123456789abcdef";
	struct rd_pack_file *file = &pack->files[pack->n_files - 1];
	uint8_t sum[SHA256_BYTES];
	const int synced = fsync(pack->fd);

	gnutls_hash_deinit(pack->sum, sum);
	pack->sum = NULL;
	pack->open = false;
	for (size_t i = 0; i < sizeof sum; i++) {
		file->sha256[i * 2] = digits[sum[i] >> 4];
		file->sha256[i * 2 + 1] = digits[sum[i] & 15];
	}
	const int closed = close(pack->fd);
	pack->fd = -1;
	if (synced != 0 || closed != 0)
		return rd_fail(
			err, RD_E_AGAIN, "%s/%s: %s", pack->dir, file->path, strerror(errno));
	if (ret_file != NULL)
		*ret_file = file;
	return RD_OK;
}

enum rd_rc rd_pack_put(struct rd_pack *pack, const char *path, const char *what, const void *data,
	size_t len, const struct rd_pack_file **ret_file, struct rd_err *err)
{
	RD_TRY(rd_pack_start(pack, path, what, err));
	RD_TRY(rd_pack_add(pack, data, len, err));
	return rd_pack_done(pack, ret_file, err);
}

enum rd_rc rd_pack_finish(struct rd_pack *pack, struct rd_err *err)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf sums = RD_BUF(SUMS_BYTES_MAX);

	for (size_t i = 0; i < pack->n_files; i++)
		RD_TRY(rd_buf_printf(
			&sums, err, "%s  %s\n", pack->files[i].sha256, pack->files[i].path));
	return rd_pack_put(
		pack, SUMS_NAME, "hashes of the files", rd_buf_str(&sums), sums.len, NULL, err);
}

void rd_pack_end(struct rd_pack *pack)
{
	if (!pack->open)
		return;
	gnutls_hash_deinit(pack->sum, NULL);
	close(pack->fd);
	pack->open = false;
}

#include "redress/wire/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "redress/base/file.h"

static void close_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

bool rd_spool_name_good(const char *name)
{
	size_t len = strlen(name);
	if (len == 0 || len > RD_SPOOL_NAME_BYTES_MAX || name[0] == '.')
		return false;
	return strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_") ==
	       len;
}

static enum rd_rc write_whole(
	int fd, const char *data, size_t len, const char *path, struct rd_err *err)
{
	RD_TRY(rd_fd_write(fd, data, len, path, err));
	if (fsync(fd) != 0)
		return rd_fail(err, RD_E_AGAIN, "%s: %s", path, strerror(errno));
	return RD_OK;
}

enum rd_rc rd_spool_put(const char *dir, const char *tmp, const char *name, const void *data,
	size_t len, struct rd_err *err)
{
	char path[RD_SPOOL_PATH_BYTES_MAX];
	char first[RD_SPOOL_PATH_BYTES_MAX];
	if (!rd_spool_name_good(name))
		return rd_fail(err, RD_E_INPUT, "%s: a file cannot have that name", dir);
	int path_len = snprintf(path, sizeof path, "%s/%s", dir, name);
	int first_len = tmp ? snprintf(first, sizeof first, "%s/%s", tmp, name)
			    : snprintf(first, sizeof first, "%s/.%s", dir, name);
	if (path_len >= (int)sizeof path || first_len >= (int)sizeof first)
		return rd_fail(err, RD_E_RANGE, "%s: the path is too long", dir);
	if (access(path, F_OK) == 0)
		return rd_fail(err, RD_E_EXISTS, "%s stands there already", path);
	/* A half-written one of before a crash goes, or a link that somebody laid in the way;
	 * nothing that stands there is ever opened. */
	if (unlink(first) != 0 && errno != ENOENT)
		return rd_fail(err, RD_E_AGAIN, "%s: %s", first, strerror(errno));
	RD_CLEANUP(rd_fd_close) int fd = open(first, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return rd_fail(err, RD_E_AGAIN, "%s: %s", first, strerror(errno));
	enum rd_rc rc = write_whole(fd, data, len, first, err);
	if (rc != RD_OK) {
		unlink(first);
		return rc;
	}
	if (link(first, path) != 0) {
		int why = errno;
		unlink(first);
		if (why == EEXIST)
			return rd_fail(err, RD_E_EXISTS, "%s stands there already", path);
		return rd_fail(err, RD_E_AGAIN, "%s: %s", path, strerror(why));
	}
	unlink(first);
	RD_CLEANUP(rd_fd_close) int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0 || fsync(dir_fd) != 0)
		return rd_fail(err, RD_E_AGAIN, "%s: %s", dir, strerror(errno));
	return RD_OK;
}

enum rd_rc rd_spool_has(const char *dir, const char *name, bool *ret_has, struct rd_err *err)
{
	RD_CLEANUP(close_dir) DIR *folder = opendir(dir);
	if (!folder)
		return rd_fail(err, RD_E_AGAIN, "%s: %s", dir, strerror(errno));
	size_t len = strlen(name);
	for (;;) {
		errno = 0;
		const struct dirent *entry = readdir(folder);
		if (!entry) {
			if (errno)
				return rd_fail(err, RD_E_AGAIN, "%s: %s", dir, strerror(errno));
			*ret_has = false;
			return RD_OK;
		}
		if (strncmp(entry->d_name, name, len) == 0 &&
			(entry->d_name[len] == '\0' || entry->d_name[len] == ':')) {
			*ret_has = true;
			return RD_OK;
		}
	}
}

enum rd_rc rd_spool_make_dir(const char *dir, struct rd_err *err)
{
	char parent[RD_SPOOL_PATH_BYTES_MAX];
	int len = snprintf(parent, sizeof parent, "%s", dir);
	if (len >= (int)sizeof parent)
		return rd_fail(err, RD_E_RANGE, "%s: the path is too long", dir);
	if (mkdir(dir, 0700) == 0 || errno == EEXIST)
		return RD_OK;
	char *slash = strrchr(parent, '/');
	if (errno == ENOENT && slash && slash != parent) {
		*slash = '\0';
		if (mkdir(parent, 0700) == 0 && mkdir(dir, 0700) == 0)
			return RD_OK;
	}
	return rd_fail(err, RD_E_AGAIN, "%s: %s; make the folder and let the daemon write in it",
		dir, strerror(errno));
}

#include "redress/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void rd_fd_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* A file that cannot be opened for want of descriptors or memory may open later. */
static enum rd_rc rc_of_errno(int number)
{
	switch (number) {
	case ENOENT:
	case ENOTDIR:
		return RD_E_MISSING;
	case EACCES:
	case EPERM:
		return RD_E_REFUSED;
	default:
		return RD_E_AGAIN;
	}
}

enum rd_rc rd_file_read(const char *path, size_t max, struct rd_arena *arena, const char **ret_text,
	size_t *ret_len, struct rd_err *err)
{
	RD_CLEANUP(rd_fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat info;
	size_t len = 0;

	if (fd < 0 || fstat(fd, &info) != 0)
		return rd_fail(err, rc_of_errno(errno), "%s: %s", path, strerror(errno));
	if (!S_ISREG(info.st_mode))
		return rd_fail(err, RD_E_INPUT, "%s: not a file", path);
	if (info.st_size < 0 || (uint64_t)info.st_size > max)
		return rd_fail(err, RD_E_RANGE, "%s: larger than the %zu bytes allowed", path, max);
	size_t size = (size_t)info.st_size;
	char *text = rd_arena_alloc(arena, size + 1);
	if (text == NULL)
		return rd_fail(err, RD_E_RANGE, "%s: no room left for this file", path);
	while (len < size) {
		ssize_t n = read(fd, text + len, size - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return rd_fail(err, RD_E_AGAIN, "%s: %s", path, strerror(errno));
		if (n == 0)
			break; /* it was shortened meanwhile */
		len += (size_t)n;
	}
	text[len] = '\0';
	*ret_text = text;
	*ret_len = len;
	return RD_OK;
}

enum rd_rc rd_fd_write(int fd, const void *bytes, size_t len, const char *path, struct rd_err *err)
{
	for (size_t done = 0; done < len;) {
		const ssize_t put = write(fd, (const char *)bytes + done, len - done);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return rd_fail(err, RD_E_AGAIN, "%s: %s", path, strerror(errno));
		done += (size_t)put;
	}
	return RD_OK;
}

enum rd_rc rd_file_sync_folder(const char *path, struct rd_err *err)
{
	char copy[RD_PATH_BYTES_MAX]; /* dirname writes into it */

	if (snprintf(copy, sizeof copy, "%s", path) >= (int)sizeof copy)
		return rd_fail(
			err, RD_E_INPUT, "a path is longer than %d bytes", RD_PATH_BYTES_MAX);
	RD_CLEANUP(rd_fd_close) int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0)
		return rd_fail(err, RD_E_AGAIN, "the folder of %s: %s", path, strerror(errno));
	return RD_OK;
}

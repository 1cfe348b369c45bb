#include "redress/intake/maildir_file.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <gnutls/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "redress/base/file.h"
#include "redress/base/clock.h"
#include "redress/base/limits.h"

static const char *const DIR_NAMES[RD_MAILDIR_N_DIRS] = { "new", "cur" };

void rd_maildir_init(struct rd_maildir_dirs *dirs)
{
	dirs->path = NULL;
	dirs->root = -1;
	for (int i = 0; i < RD_MAILDIR_N_DIRS; i++)
		dirs->fd[i] = -1;
}

bool rd_maildir_is_open(const struct rd_maildir_dirs *dirs)
{
	return dirs->root >= 0;
}

void rd_maildir_close(struct rd_maildir_dirs *dirs)
{
	if (dirs->root >= 0)
		close(dirs->root);
	for (int i = 0; i < RD_MAILDIR_N_DIRS; i++)
		if (dirs->fd[i] >= 0)
			close(dirs->fd[i]);
	free(dirs->path);
	rd_maildir_init(dirs);
}

static enum rd_rc open_dir(
	int at, const char *path, const char *name, int *ret_fd, struct rd_err *err)
{
	*ret_fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*ret_fd >= 0)
		return RD_OK;
	enum rd_rc code = errno == ENOENT || errno == ENOTDIR ? RD_E_MISSING : RD_E_REFUSED;
	return rd_fail(err, code, "%s/%s: %s; a Maildir has the folders new, cur and tmp", path,
		at == AT_FDCWD ? "" : name, strerror(errno));
}

enum rd_rc rd_maildir_open(struct rd_maildir_dirs *dirs, const char *path, struct rd_err *err)
{
	enum rd_rc rc = open_dir(AT_FDCWD, path, path, &dirs->root, err);
	for (int i = 0; rc == RD_OK && i < RD_MAILDIR_N_DIRS; i++)
		rc = open_dir(dirs->root, path, DIR_NAMES[i], &dirs->fd[i], err);
	if (rc != RD_OK) {
		rd_maildir_close(dirs);
		return rc;
	}
	dirs->path = strdup(path);
	RD_ASSERT(dirs->path);
	return RD_OK;
}

enum rd_rc rd_maildir_list(const struct rd_maildir_dirs *dirs, enum rd_maildir_dir dir,
	DIR **ret_list, struct rd_err *err)
{
	int fd = openat(dirs->fd[dir], ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
	if (!list) {
		enum rd_rc rc = rd_fail(
			err, RD_E_AGAIN, "%s/%s: %s", dirs->path, DIR_NAMES[dir], strerror(errno));
		if (fd >= 0)
			close(fd);
		return rc;
	}
	*ret_list = list;
	return RD_OK;
}

bool rd_maildir_identify(enum rd_maildir_dir dir, const char *name, struct rd_maildir_mail *mail)
{
	size_t len = strlen(name), base = strcspn(name, ":");
	if (name[0] == '.' || base == 0 || len >= sizeof mail->name || base > RD_MAILDIR_NAME_MAX)
		return false;
	mail->dir = dir;
	memcpy(mail->name, name, len + 1);
	memcpy(mail->base, name, base);
	mail->base[base] = '\0';
	return true;
}

static int64_t mtime_ms(const struct stat *st)
{
	return st->st_mtim.tv_sec * 1000LL + st->st_mtim.tv_nsec / 1000000;
}

bool rd_maildir_mtime(const struct rd_maildir_dirs *dirs, enum rd_maildir_dir dir, const char *name,
	int64_t *ret_ms)
{
	struct stat st;
	if (fstatat(dirs->fd[dir], name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
		return false;
	*ret_ms = mtime_ms(&st);
	return true;
}

static bool is_settled(const struct stat *st)
{
	int64_t age_ms = rd_now_ms(&rd_system_clock) - mtime_ms(st);
	return age_ms < 0 || age_ms >= RD_MAILDIR_SETTLED_MS;
}

static enum rd_rc file_error(
	const struct rd_maildir_dirs *dirs, const struct rd_maildir_mail *mail, struct rd_err *err)
{
	/* ELOOP: a symbolic link. ENXIO: a socket. */
	enum rd_rc code = errno == ENOENT || errno == ELOOP || errno == ENXIO ? RD_E_MISSING
			  : errno == EACCES || errno == EPERM		      ? RD_E_REFUSED
									      : RD_E_AGAIN;
	return rd_fail(err, code, "%s/%s: a file cannot be read: %s", dirs->path,
		DIR_NAMES[mail->dir], strerror(errno));
}

/* At most size bytes from where the file stands. */
static enum rd_rc fill(const struct rd_maildir_dirs *dirs, struct rd_maildir_mail *mail, int fd,
	uint64_t size, struct rd_err *err)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf raw = RD_BUF(size ? size : 1);
	char piece[65536];
	while (raw.len < size) {
		size_t want = size - raw.len < sizeof piece ? size - raw.len : sizeof piece;
		ssize_t n = read(fd, piece, want);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return file_error(dirs, mail, err);
		if (n == 0)
			break;
		RD_TRY(rd_buf_add(&raw, piece, (size_t)n, err));
	}
	mail->raw = raw;
	raw = (struct rd_buf)RD_BUF(0);
	return RD_OK;
}

enum rd_rc rd_maildir_read(const struct rd_maildir_dirs *dirs, struct rd_maildir_mail *mail,
	uint64_t limit_bytes, struct rd_err *err)
{
	struct stat before, after;
	uint64_t limit = limit_bytes == 0 || limit_bytes > RD_MAIL_BYTES_MAX ? RD_MAIL_BYTES_MAX
									     : limit_bytes;
	RD_CLEANUP(rd_fd_close)
	int fd = openat(dirs->fd[mail->dir], mail->name,
		O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &before) < 0)
		return file_error(dirs, mail, err);
	if (!S_ISREG(before.st_mode))
		return rd_fail(err, RD_E_MISSING, "%s: not a regular file", dirs->path);
	if (!is_settled(&before))
		return rd_fail(err, RD_E_AGAIN, "%s: a file is still being written", dirs->path);
	uint64_t size = (uint64_t)before.st_size;
	RD_TRY(fill(dirs, mail, fd, size < limit ? size : limit, err));
	if (fstat(fd, &after) < 0 || after.st_size != before.st_size ||
		mtime_ms(&after) != mtime_ms(&before)) {
		rd_maildir_mail_free(mail);
		return rd_fail(err, RD_E_AGAIN, "%s: a file is still being written", dirs->path);
	}
	mail->mtime_ms = mtime_ms(&before);
	mail->file_bytes = size;
	mail->cut = size > limit;
	return RD_OK;
}

void rd_maildir_mail_free(struct rd_maildir_mail *mail)
{
	rd_buf_free(&mail->raw);
}

/* .FOLDER/cur, made with its sisters where it is missing. */
static enum rd_rc open_folder(
	const struct rd_maildir_dirs *dirs, const char *folder, int *ret_fd, struct rd_err *err)
{
	char path[300];
	static const char *const parts[] = { "", "/tmp", "/new", "/cur" };
	if (!*folder || folder[0] == '.' || strpbrk(folder, "/\n") || strlen(folder) > 200)
		return rd_fail(err, RD_E_INPUT,
			"`%.64s` cannot be a Maildir folder: a name without `/` that does not "
			"begin "
			"with a dot",
			folder);
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		snprintf(path, sizeof path, ".%s%s", folder, parts[i]);
		if (mkdirat(dirs->root, path, 0700) < 0 && errno != EEXIST)
			return rd_fail(
				err, RD_E_AGAIN, "%s/%s: %s", dirs->path, path, strerror(errno));
	}
	return open_dir(dirs->root, dirs->path, path, ret_fd, err);
}

enum rd_rc rd_maildir_move(const struct rd_maildir_dirs *dirs, enum rd_maildir_dir dir,
	const char *name, const char *folder, struct rd_err *err)
{
	RD_CLEANUP(rd_fd_close) int to = -1;
	char target[300];
	RD_TRY(open_folder(dirs, folder, &to, err));
	snprintf(target, sizeof target, "%s%s", name, strchr(name, ':') ? "" : ":2,");
	if (renameat(dirs->fd[dir], name, to, target) < 0 && errno != ENOENT)
		return rd_fail(err, RD_E_AGAIN, "%s/.%s/cur: a mail cannot be moved there: %s",
			dirs->path, folder, strerror(errno));
	return RD_OK;
}

void rd_maildir_skip_name(int64_t source_id, const char *base, char out[static RD_MAILDIR_SKIP_MAX])
{
	unsigned char digest[32];
	int len = snprintf(out, RD_MAILDIR_SKIP_MAX, "maildir-skip.%lld.", (long long)source_id);
	int failed = gnutls_hash_fast(GNUTLS_DIG_SHA256, base, strlen(base), digest);
	RD_ASSERT(failed == 0 && len > 0);
	for (size_t i = 0; i < 16; i++)
		snprintf(out + len + 2 * i, 3, "%02x", digest[i]);
}

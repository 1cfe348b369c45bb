#include "redress/wire/refresh_token.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "redress/base/clock.h"
#include "redress/base/file.h"
#include "redress/wire/providers/encode.h"

#define PATH_BYTES_MAX 1024
#define FILE_BYTES_MAX (RD_SHA256_HEX_SIZE + RD_SECRET_MAX + 2)
#define MARK	       8 /* digits of a configured token's hash in the name of its file */
#define LOCK_PAUSE_MS  100

struct rd_refresh {
	pthread_mutex_t lock; /* held from begin to end */
	int64_t wait_ms;
	char base[PATH_BYTES_MAX]; /* the path without the mark */
	char folder[PATH_BYTES_MAX];
	char path[PATH_BYTES_MAX + MARK + 2];
	const char *name;	     /* of path, in the folder */
	int folder_fd;		     /* from begin to end; -1: not open */
	int lock_fd;		     /* and locked */
	struct rd_secret now;	     /* "" : not read yet */
	char of[RD_SHA256_HEX_SIZE]; /* of the configured token that it descends from */
	bool unwritten;
};

struct rd_refresh *rd_refresh_new(const char *path)
{
	struct rd_refresh *refresh = calloc(1, sizeof *refresh);
	char *slash;

	RD_ASSERT(refresh != NULL);
	RD_ASSERT(pthread_mutex_init(&refresh->lock, NULL) == 0);
	refresh->wait_ms = RD_REFRESH_WAIT_MS;
	refresh->folder_fd = -1;
	refresh->lock_fd = -1;
	/* A path that is cut leads to no folder: begin says so. */
	snprintf(refresh->base, sizeof refresh->base, "%s", path);
	snprintf(refresh->folder, sizeof refresh->folder, "%s", path);
	slash = strrchr(refresh->folder, '/');
	refresh->name = refresh->path;
	if (slash != NULL) {
		refresh->name = refresh->path + (slash + 1 - refresh->folder);
		slash[slash == refresh->folder ? 1 : 0] = '\0';
	}
	return refresh;
}

void rd_refresh_set_wait(struct rd_refresh *refresh, int64_t ms)
{
	refresh->wait_ms = ms;
}

void rd_refresh_free(struct rd_refresh *refresh)
{
	if (refresh == NULL)
		return;
	pthread_mutex_destroy(&refresh->lock);
	explicit_bzero(refresh, sizeof *refresh);
	free(refresh);
}

/* --- the file --- */

/* Root may read what is the gateway's. */
static bool is_private(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	       (st.st_mode & (S_IRWXG | S_IRWXO)) == 0 &&
	       (st.st_uid == geteuid() || st.st_uid == 0 || geteuid() == 0);
}

/* "HASH\nTOKEN\n"; false: it is none of ours, or of another configured token. */
static bool take_file(struct rd_refresh *refresh, const char *text)
{
	const size_t hash = RD_SHA256_HEX_SIZE - 1;
	const size_t len = strlen(text);

	if (len < hash + 3 || memcmp(text, refresh->of, hash) != 0 || text[hash] != '\n')
		return false;
	const char *token = text + hash + 1;
	const size_t token_len = strcspn(token, "\n");
	if (token_len == 0 || token_len >= RD_SECRET_MAX || strcmp(token + token_len, "\n") != 0)
		return false;
	memcpy(refresh->now.text, token, token_len);
	refresh->now.text[token_len] = '\0';
	return true;
}

/* Nothing is kept, and nothing read, where there is no file. */
static enum rd_rc read_file(struct rd_refresh *refresh, struct rd_err *err)
{
	RD_CLEANUP(rd_fd_close)
	int fd = openat(
		refresh->folder_fd, refresh->name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW);
	char text[FILE_BYTES_MAX];
	size_t len = 0;
	ssize_t n = 0;
	bool good;

	rd_secret_wipe(&refresh->now);
	if (fd < 0 && errno == ENOENT)
		return RD_OK;
	if (fd < 0)
		return rd_fail(err, RD_E_INPUT, "%.300s: %s", refresh->path, strerror(errno));
	while (len < sizeof text - 1 && (n = read(fd, text + len, sizeof text - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	good = n >= 0 && is_private(fd) && take_file(refresh, text);
	explicit_bzero(text, sizeof text);
	if (good)
		return RD_OK;
	return rd_fail(err, RD_E_INPUT,
		"%.300s: the refresh token that was kept there cannot be used (others may read the "
		"file, or it is damaged); remove the file and put a new token into `Refresh "
		"token:`",
		refresh->path);
}

/* To whom the state is, whoever runs this. */
static bool give_to_gateway(const struct rd_refresh *refresh, int fd)
{
	struct stat st;

	if (geteuid() != 0)
		return true;
	return fstat(refresh->folder_fd, &st) == 0 && fchown(fd, st.st_uid, st.st_gid) == 0;
}

static bool put_file(const struct rd_refresh *refresh, const char *part)
{
	RD_CLEANUP(rd_fd_close)
	int fd = openat(refresh->folder_fd, part,
		O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct rd_err why; /* errno, which is told, says it too */
	char text[FILE_BYTES_MAX];
	bool done;

	if (fd < 0)
		return false;
	const int len = snprintf(text, sizeof text, "%s\n%s\n", refresh->of, refresh->now.text);
	done = give_to_gateway(refresh, fd) &&
	       rd_fd_write(fd, text, (size_t)len, part, &why) == RD_OK && fsync(fd) == 0;
	explicit_bzero(text, sizeof text);
	return done && renameat(refresh->folder_fd, part, refresh->folder_fd, refresh->name) == 0;
}

/* One that was kept for another configured token. */
struct other {
	char name[NAME_MAX + 1];
	struct timespec written;
};

static bool is_older(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec < b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

/* Our name but for the mark. */
static bool is_other(const struct rd_refresh *refresh, const char *name)
{
	const size_t stem = strlen(refresh->name) - MARK;

	return strlen(name) == stem + MARK && memcmp(name, refresh->name, stem) == 0 &&
	       strspn(name + stem, "0123456789abcdef") == MARK && strcmp(name, refresh->name) != 0;
}

static size_t oldest_of(const struct other *others, size_t n)
{
	size_t oldest = 0;

	for (size_t i = 1; i < n; i++)
		if (is_older(&others[i].written, &others[oldest].written))
			oldest = i;
	return oldest;
}

/* The newest are left: the daemon may have a credential that was replaced until it is started
 * anew, and goes on with its own. */
static void remove_old_of(const struct rd_refresh *refresh, DIR *folder)
{
	struct other others[RD_REFRESH_OTHERS_MAX + 1];
	const int fd = dirfd(folder);
	const struct dirent *entry;
	struct stat ours, st;
	size_t n = 0;

	if (fstatat(fd, refresh->name, &ours, AT_SYMLINK_NOFOLLOW) != 0)
		return;
	while ((entry = readdir(folder)) != NULL) {
		if (!is_other(refresh, entry->d_name) ||
			fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
			!is_older(&st.st_mtim, &ours.st_mtim))
			continue;
		snprintf(others[n].name, sizeof others[n].name, "%s", entry->d_name);
		others[n++].written = st.st_mtim;
		if (n > RD_REFRESH_OTHERS_MAX) {
			const size_t oldest = oldest_of(others, n);
			unlinkat(fd, others[oldest].name, 0);
			others[oldest] = others[--n];
		}
	}
}

/* What cannot be removed is found again when the next one is written. */
static void remove_old(const struct rd_refresh *refresh)
{
	int fd = openat(refresh->folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;

	if (folder == NULL) {
		rd_fd_close(&fd);
		return;
	}
	remove_old_of(refresh, folder);
	closedir(folder);
}

static enum rd_rc write_file(struct rd_refresh *refresh, struct rd_err *err)
{
	char part[sizeof refresh->path + 8];

	snprintf(part, sizeof part, "%s.part", refresh->name);
	unlinkat(refresh->folder_fd, part, 0); /* of a crash; only one of us is here */
	refresh->unwritten = !put_file(refresh, part) || fsync(refresh->folder_fd) != 0;
	if (!refresh->unwritten) {
		remove_old(refresh);
		return RD_OK;
	}
	const int why = errno;
	unlinkat(refresh->folder_fd, part, 0);
	return rd_fail(err, RD_E_AGAIN,
		"%.300s: the server gave a new refresh token and it cannot be written there (%s); "
		"mend that before redressd is restarted, or the token is lost",
		refresh->path, strerror(why));
}

/* --- who asks --- */

static enum rd_rc open_folder(struct rd_refresh *refresh, struct rd_err *err)
{
	refresh->folder_fd = open(refresh->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (refresh->folder_fd < 0)
		return rd_fail(err, RD_E_INPUT, "%.300s: %s; new refresh tokens are kept there",
			refresh->folder, strerror(errno));
	if (faccessat(refresh->folder_fd, ".", W_OK, AT_EACCESS) != 0)
		return rd_fail(err, RD_E_INPUT,
			"%.300s: %s; new refresh tokens are kept there, so run this as the user "
			"that "
			"redressd has",
			refresh->folder, strerror(errno));
	return RD_OK;
}

/* Whatever stands there under that name, only an empty file of our making is given away. */
static enum rd_rc open_lock(struct rd_refresh *refresh, struct rd_err *err)
{
	char path[PATH_BYTES_MAX + 8];
	struct stat st;

	snprintf(path, sizeof path, "%s.lock", refresh->base);
	refresh->lock_fd = openat(refresh->folder_fd, path + (refresh->name - refresh->path),
		O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK, 0600);
	if (refresh->lock_fd < 0)
		return rd_fail(err, RD_E_INPUT, "%.300s: %s", path, strerror(errno));
	if (fstat(refresh->lock_fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_nlink != 1 ||
		st.st_size != 0)
		return rd_fail(
			err, RD_E_INPUT, "%.300s: not the empty file that it should be", path);
	if (st.st_uid == geteuid() && !give_to_gateway(refresh, refresh->lock_fd))
		return rd_fail(err, RD_E_INPUT, "%.300s: %s", path, strerror(errno));
	return RD_OK;
}

/* A wait that ends: one that hangs, or an answer that is slow, holds up nobody for good. */
struct wait {
	const struct rd_token_stop *stop;
	int64_t until_ms;
};

static enum rd_rc wait_on(
	const struct rd_refresh *refresh, const struct wait *wait, struct rd_err *err)
{
	if (wait->stop != NULL && wait->stop->stopping(wait->stop->context))
		return rd_fail(err, RD_E_AGAIN, "stopped");
	if (rd_monotonic_ms() >= wait->until_ms)
		return rd_fail(err, RD_E_AGAIN,
			"%.300s.lock: another asks with this refresh token and does not come to an "
			"end",
			refresh->base);
	poll(NULL, 0, LOCK_PAUSE_MS);
	return RD_OK;
}

static enum rd_rc lock_file(struct rd_refresh *refresh, const struct wait *wait, struct rd_err *err)
{
	RD_TRY(open_folder(refresh, err));
	RD_TRY(open_lock(refresh, err));
	while (flock(refresh->lock_fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno == EWOULDBLOCK)
			RD_TRY(wait_on(refresh, wait, err));
		else if (errno != EINTR)
			return rd_fail(
				err, RD_E_AGAIN, "%.300s.lock: %s", refresh->base, strerror(errno));
	}
	return RD_OK;
}

/* What another configured token has led to stays where it is: which of them counts here says only
 * what is configured here, and the daemon has what stood there when it was started. */
static enum rd_rc turn_to(
	struct rd_refresh *refresh, const struct rd_secret *configured, struct rd_err *err)
{
	char of[RD_SHA256_HEX_SIZE];

	rd_sha256_hex(configured->text, strlen(configured->text), of);
	if (refresh->unwritten)
		RD_TRY(write_file(refresh, err));
	memcpy(refresh->of, of, sizeof of);
	snprintf(refresh->path, sizeof refresh->path, "%s-%.*s", refresh->base, MARK, of);
	RD_TRY(read_file(refresh, err));
	if (refresh->now.text[0] == '\0')
		memcpy(&refresh->now, configured, sizeof *configured);
	return RD_OK;
}

static enum rd_rc begin(struct rd_refresh *refresh, const struct rd_secret_place *configured,
	const struct wait *wait, struct rd_secret *ret_token, struct rd_err *err)
{
	RD_CLEANUP(rd_secret_wipe) struct rd_secret first = { { 0 } };

	RD_TRY(rd_credential_read(configured, &first, err));
	RD_TRY(lock_file(refresh, wait, err));
	RD_TRY(turn_to(refresh, &first, err));
	memcpy(ret_token, &refresh->now, sizeof *ret_token);
	return RD_OK;
}

enum rd_rc rd_refresh_begin(struct rd_refresh *refresh, const struct rd_secret_place *configured,
	const struct rd_token_stop *stop, struct rd_secret *ret_token, struct rd_err *err)
{
	const struct wait wait = { stop, rd_monotonic_ms() + refresh->wait_ms };

	while (pthread_mutex_trylock(&refresh->lock) != 0)
		RD_TRY(wait_on(refresh, &wait, err));
	const enum rd_rc rc = begin(refresh, configured, &wait, ret_token, err);
	if (rc != RD_OK)
		rd_refresh_end(refresh);
	return rc;
}

enum rd_rc rd_refresh_keep(struct rd_refresh *refresh, const char *token, struct rd_err *err)
{
	if (strcmp(token, refresh->now.text) == 0)
		return RD_OK;
	if (strlen(token) >= RD_SECRET_MAX)
		return rd_fail(err, RD_E_REFUSED,
			"the OAuth server gave a refresh token of more than %d bytes",
			RD_SECRET_MAX - 1);
	rd_secret_wipe(&refresh->now);
	memcpy(refresh->now.text, token, strlen(token));
	return write_file(refresh, err);
}

void rd_refresh_end(struct rd_refresh *refresh)
{
	rd_fd_close(&refresh->lock_fd); /* and its lock */
	rd_fd_close(&refresh->folder_fd);
	pthread_mutex_unlock(&refresh->lock);
}

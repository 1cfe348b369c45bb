#include "redress/wire/refresh_token.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "redress/base/file.h"
#include "redress/wire/providers/encode.h"

#define PATH_BYTES_MAX 1024
#define FILE_BYTES_MAX (RD_SHA256_HEX_SIZE + RD_SECRET_MAX + 2)

struct rd_refresh {
	pthread_mutex_t lock; /* held from begin to end */
	char path[PATH_BYTES_MAX];
	char folder[PATH_BYTES_MAX];
	const char *name;	     /* in the folder */
	int folder_fd;		     /* locked from begin to end; -1: neither */
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
	refresh->folder_fd = -1;
	/* A path that is cut leads to no folder: begin says so. */
	snprintf(refresh->path, sizeof refresh->path, "%s", path);
	snprintf(refresh->folder, sizeof refresh->folder, "%s", path);
	slash = strrchr(refresh->folder, '/');
	refresh->name = refresh->path;
	if (slash != NULL) {
		refresh->name = refresh->path + (slash + 1 - refresh->folder);
		slash[slash == refresh->folder ? 1 : 0] = '\0';
	}
	return refresh;
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

/* "HASH\nTOKEN\n"; false: it is none of ours. */
static bool take_file(struct rd_refresh *refresh, const char *text)
{
	const size_t hash = RD_SHA256_HEX_SIZE - 1;
	const size_t len = strlen(text);

	if (len < hash + 3 || strspn(text, "0123456789abcdef") != hash || text[hash] != '\n')
		return false;
	const char *token = text + hash + 1;
	const size_t token_len = strcspn(token, "\n");
	if (token_len == 0 || token_len >= RD_SECRET_MAX || strcmp(token + token_len, "\n") != 0)
		return false;
	memcpy(refresh->of, text, hash);
	refresh->of[hash] = '\0';
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

static enum rd_rc write_file(struct rd_refresh *refresh, struct rd_err *err)
{
	char part[PATH_BYTES_MAX + 8];

	snprintf(part, sizeof part, "%s.part", refresh->name);
	unlinkat(refresh->folder_fd, part, 0); /* of a crash; only one of us is here */
	refresh->unwritten = !put_file(refresh, part) || fsync(refresh->folder_fd) != 0;
	if (!refresh->unwritten)
		return RD_OK;
	const int why = errno;
	unlinkat(refresh->folder_fd, part, 0);
	return rd_fail(err, RD_E_AGAIN,
		"%.300s: the server gave a new refresh token and it cannot be written there (%s); "
		"mend that before redressd is restarted, or the token is lost",
		refresh->path, strerror(why));
}

/* --- who asks --- */

static enum rd_rc lock_folder(struct rd_refresh *refresh, struct rd_err *err)
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
	while (flock(refresh->folder_fd, LOCK_EX) != 0)
		if (errno != EINTR)
			return rd_fail(
				err, RD_E_AGAIN, "%.300s: %s", refresh->folder, strerror(errno));
	return RD_OK;
}

static enum rd_rc begin(struct rd_refresh *refresh, const struct rd_secret_place *configured,
	struct rd_secret *ret_token, struct rd_err *err)
{
	RD_CLEANUP(rd_secret_wipe) struct rd_secret first = { { 0 } };
	char of[RD_SHA256_HEX_SIZE];

	RD_TRY(rd_credential_read(configured, &first, err));
	rd_sha256_hex(first.text, strlen(first.text), of);
	RD_TRY(lock_folder(refresh, err));
	if (!refresh->unwritten)
		RD_TRY(read_file(refresh, err));
	if (refresh->now.text[0] == '\0' || strcmp(refresh->of, of) != 0) {
		unlinkat(refresh->folder_fd, refresh->name, 0);
		refresh->unwritten = false;
		memcpy(refresh->of, of, sizeof of);
		memcpy(&refresh->now, &first, sizeof first);
	}
	if (refresh->unwritten)
		RD_TRY(write_file(refresh, err));
	memcpy(ret_token, &refresh->now, sizeof *ret_token);
	return RD_OK;
}

enum rd_rc rd_refresh_begin(struct rd_refresh *refresh, const struct rd_secret_place *configured,
	struct rd_secret *ret_token, struct rd_err *err)
{
	pthread_mutex_lock(&refresh->lock);
	return begin(refresh, configured, ret_token, err);
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
	rd_fd_close(&refresh->folder_fd); /* and its lock */
	pthread_mutex_unlock(&refresh->lock);
}

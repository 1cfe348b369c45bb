#include "redress/wire/credential.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "redress/base/file.h"

#define PATH_BYTES_MAX 1024

static enum rd_rc write_path(char *ret_path, size_t size, const char *directory, const char *prefix,
	const char *name, struct rd_err *err)
{
	int n = snprintf(ret_path, size, "%s%s%s%s", directory, directory[0] != '\0' ? "/" : "",
		prefix, name);

	if (n < 0 || (size_t)n >= size)
		return rd_fail(err, RD_E_RANGE, "the secret's path is too long: %.80s...", name);
	return RD_OK;
}

/* systemd names a credential of a whole directory after both (systemd.exec(5), LoadCredential=);
 * an administrator at a shell, with no credentials handed over, has the directory itself. */
static enum rd_rc place_path(
	const struct rd_secret_place *place, char *ret_path, size_t size, struct rd_err *err)
{
	const char *directory = getenv("CREDENTIALS_DIRECTORY");

	if (place->from == RD_SECRET_FILE)
		return write_path(ret_path, size, "", "", place->name, err);
	if (directory == NULL)
		return write_path(ret_path, size, RD_CREDENTIALS_DIR, "", place->name, err);
	RD_TRY(write_path(ret_path, size, directory, "", place->name, err));
	if (access(ret_path, F_OK) == 0)
		return RD_OK;
	return write_path(ret_path, size, directory, "redress_", place->name, err);
}

/* A secret that others can read is none. Credentials are systemd's own affair. */
static enum rd_rc check_private(
	int fd, const struct rd_secret_place *place, const char *path, struct rd_err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return rd_fail(err, RD_E_INPUT, "%s: not a plain file", path);
	if (place->from == RD_SECRET_CREDENTIAL)
		return RD_OK;
	if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return rd_fail(err, RD_E_INPUT,
			"%s: others can read this secret; run `chmod 600 %s`", path, path);
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return rd_fail(err, RD_E_INPUT,
			"%s: this secret belongs to another user; make it the gateway's own", path);
	return RD_OK;
}

static enum rd_rc check_text(const char *text, size_t len, const char *path, struct rd_err *err)
{
	if (len == 0)
		return rd_fail(err, RD_E_INPUT, "%s: the secret is empty", path);
	if (memchr(text, '\0', len) != NULL || memchr(text, '\n', len) != NULL ||
		memchr(text, '\r', len) != NULL)
		return rd_fail(err, RD_E_INPUT,
			"%s: the secret has a line break or a NUL inside; it must be one line",
			path);
	return RD_OK;
}

/* At most size - 1 bytes; ret_text is NUL-ended, and holds nothing where this fails. */
static enum rd_rc read_whole(const struct rd_secret_place *place, char *ret_text, size_t size,
	size_t *ret_len, char ret_path[static PATH_BYTES_MAX], struct rd_err *err)
{
	RD_CLEANUP(rd_fd_close) int fd = -1;
	size_t len = 0;
	ssize_t n;

	if (place->from == RD_SECRET_NONE)
		return rd_fail(err, RD_E_MISSING, "no secret is configured");
	RD_TRY(place_path(place, ret_path, PATH_BYTES_MAX, err));
	fd = open(ret_path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return rd_fail(err, RD_E_INPUT, "%s: cannot read the secret: %s", ret_path,
			strerror(errno));
	RD_TRY(check_private(fd, place, ret_path, err));
	while ((n = read(fd, ret_text + len, size - len)) > 0) {
		len += (size_t)n;
		if (len == size) {
			explicit_bzero(ret_text, size);
			return rd_fail(
				err, RD_E_RANGE, "%s: longer than %zu bytes", ret_path, size - 1);
		}
	}
	if (n < 0)
		return rd_fail(err, RD_E_AGAIN, "%s: %s", ret_path, strerror(errno));
	ret_text[len] = '\0';
	*ret_len = len;
	return RD_OK;
}

enum rd_rc rd_credential_read(
	const struct rd_secret_place *place, struct rd_secret *ret_secret, struct rd_err *err)
{
	RD_CLEANUP(rd_secret_wipe) struct rd_secret secret = { { 0 } };
	char path[PATH_BYTES_MAX];
	size_t len = 0;

	RD_TRY(read_whole(place, secret.text, sizeof secret.text, &len, path, err));
	if (len > 0 && secret.text[len - 1] == '\n')
		len--;
	if (len > 0 && secret.text[len - 1] == '\r')
		len--;
	RD_TRY(check_text(secret.text, len, path, err));
	secret.text[len] = '\0';
	memcpy(ret_secret, &secret, sizeof secret);
	memset(ret_secret->text + len, 0, sizeof ret_secret->text - len);
	return RD_OK;
}

void rd_secret_wipe(struct rd_secret *secret)
{
	explicit_bzero(secret, sizeof *secret);
}

enum rd_rc rd_credential_read_lines(
	const struct rd_secret_place *place, struct rd_long_secret *ret_secret, struct rd_err *err)
{
	RD_CLEANUP(rd_long_secret_wipe) struct rd_long_secret secret = { { 0 } };
	char path[PATH_BYTES_MAX];
	size_t len = 0;

	RD_TRY(read_whole(place, secret.text, sizeof secret.text, &len, path, err));
	if (len == 0 || strlen(secret.text) != len)
		return rd_fail(err, RD_E_INPUT, "%s: %s", path,
			len == 0 ? "the secret is empty" : "the secret has a NUL inside");
	memcpy(ret_secret, &secret, sizeof secret);
	return RD_OK;
}

void rd_long_secret_wipe(struct rd_long_secret *secret)
{
	explicit_bzero(secret, sizeof *secret);
}

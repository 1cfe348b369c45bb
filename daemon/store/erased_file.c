/* The file beside the store, by which a backup that is put back brings nothing back. */
#include "redress/store/erasure.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "redress/base/file.h"
#include "redress/store/residents.h"
#include "redress/store/sql.h"

#define LINE_MAX_BYTES 128

static void close_file(FILE **file)
{
	if (*file != NULL)
		fclose(*file);
}

static enum rd_rc path_of(const char *state, char out[static RD_PATH_BYTES_MAX], struct rd_err *err)
{
	const int n = snprintf(out, RD_PATH_BYTES_MAX, "%s" RD_ERASED_ENDING, state);

	if (n < 0 || n >= RD_PATH_BYTES_MAX)
		return rd_fail(
			err, RD_E_INPUT, "a path is longer than %d bytes", RD_PATH_BYTES_MAX);
	return RD_OK;
}

enum rd_rc rd_erasure_keep(struct rd_erasure *erasure, struct rd_err *err)
{
	const struct rd_store *store = rd_db_store(rd_tx_db(erasure->tx));
	const char *lines = rd_buf_str(&erasure->lines);
	char path[RD_PATH_BYTES_MAX];

	if (erasure->lines.len == 0)
		return RD_OK;
	RD_TRY(path_of(rd_store_path(store), path, err));
	RD_CLEANUP(rd_fd_close)
	int fd = rd_store_open_own(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC);
	if (fd < 0)
		return rd_fail(err, RD_E_AGAIN, "%s: %s", path, strerror(errno));
	/* Writers of the store are one after another, so nobody writes between. A line that a
	 * crash cut short is ended by the newline that begins the next. */
	if (write(fd, "\n", 1) != 1)
		return rd_fail(err, RD_E_AGAIN, "%s: %s", path, strerror(errno));
	RD_TRY(rd_fd_write(fd, lines, erasure->lines.len, path, err));
	if (fsync(fd) != 0)
		return rd_fail(err, RD_E_AGAIN, "%s: %s", path, strerror(errno));
	return rd_file_sync_folder(path, err);
}

/* --- applying it --- */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool key_of_hex(const char *hex, uint8_t out[static RD_STORE_KEY_BYTES])
{
	if (strlen(hex) != RD_STORE_KEY_BYTES * 2)
		return false;
	for (size_t i = 0; i < RD_STORE_KEY_BYTES; i++) {
		const int high = hex_digit(hex[2 * i]), low = hex_digit(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static enum rd_rc apply_case(
	struct rd_erasure *erasure, const char *number, int64_t *n, struct rd_err *err)
{
	const int64_t id = strtoll(number, NULL, 10);
	int64_t there = 0;
	bool erased = false;

	RD_TRY(rd_sql_int(rd_tx_db(erasure->tx), "SELECT 1 FROM case_file WHERE id = ?1",
		RD_ARGS(rd_int(id)), 0, &there, err));
	RD_TRY(rd_case_is_erased(rd_tx_db(erasure->tx), id, &erased, err));
	if (there == 0 || erased)
		return RD_OK;
	++*n;
	return rd_erase_case(erasure, id, RD_ERASED_RESTORED, err);
}

/* rest: the case's number, a space, the key of who was erased from it. */
static bool contact_of_line(
	const char *rest, int64_t *ret_id, uint8_t key[static RD_STORE_KEY_BYTES])
{
	const size_t digits = strspn(rest, "0123456789");

	*ret_id = strtoll(rest, NULL, 10);
	return digits > 0 && rest[digits] == ' ' && key_of_hex(rest + digits + 1, key);
}

static enum rd_rc apply_line(struct rd_erasure *erasure, char *line, const char *path, int number,
	int64_t *n, struct rd_err *err)
{
	uint8_t key[RD_STORE_KEY_BYTES];
	int64_t id = 0;

	char *end = line + strlen(line);

	/* A line ends with a full stop: one that lacks it was cut short by a crash, and what it was
	 * for was not committed. */
	if (end == line || end[-1] != '.')
		return RD_OK;
	end[-1] = '\0';
	if (strncmp(line, "case ", 5) == 0 && line[5 + strspn(line + 5, "0123456789")] == '\0')
		return apply_case(erasure, line + 5, n, err);
	if (strncmp(line, "contact ", 8) == 0 && contact_of_line(line + 8, &id, key))
		return rd_erase_from_case_again(erasure, id, key, err);
	if ((strncmp(line, "message ", 8) == 0 && key_of_hex(line + 8, key)) ||
		(strncmp(line, "resident ", 9) == 0 && key_of_hex(line + 9, key)))
		return rd_sql_change(erasure->tx,
			"INSERT INTO erased_key (key, at_ms) VALUES (?1, ?2)"
			" ON CONFLICT (key) DO NOTHING",
			RD_ARGS(rd_blob(key, sizeof key), rd_int(erasure->now_ms)), NULL, err);
	return rd_fail(err, RD_E_REFUSED,
		"%s:%d: this line says neither `case NUMBER.` nor `contact NUMBER KEY.`, `message "
		"KEY.` or `resident KEY.`; put the file right or away before a restore",
		path, number);
}

static enum rd_rc apply_lines(
	struct rd_erasure *erasure, FILE *file, const char *path, int64_t *n, struct rd_err *err)
{
	char line[LINE_MAX_BYTES];

	for (int number = 1; fgets(line, sizeof line, file) != NULL; number++) {
		if (number > RD_ERASED_LINES_MAX)
			return rd_fail(err, RD_E_RANGE, "%s: more than %d lines", path,
				RD_ERASED_LINES_MAX);
		line[strcspn(line, "\n")] = '\0';
		RD_TRY(apply_line(erasure, line, path, number, n, err));
	}
	return ferror(file) ? rd_fail(err, RD_E_AGAIN, "%s: cannot be read", path) : RD_OK;
}

/* Every message whose arrival or words are known as erased. */
static enum rd_rc apply_keys(struct rd_erasure *erasure, int64_t *n, struct rd_err *err)
{
	struct rd_db *db = rd_tx_db(erasure->tx);
	int64_t last = 0, most = 0;

	RD_TRY(rd_sql_int(db, "SELECT max(id) FROM message", RD_NO_ARGS, 0, &most, err));
	while (last < most) {
		bool knows = false, erased = false;
		int64_t id = 0;

		RD_TRY(rd_sql_int(db,
			"SELECT min(id) FROM message WHERE id > ?1 AND state = 'done'",
			RD_ARGS(rd_int(last)), 0, &id, err));
		if (id == 0)
			return RD_OK;
		last = id;
		RD_TRY(rd_message_is_erased(db, id, &erased, err));
		if (erased)
			continue;
		RD_TRY(rd_erasure_knows(db, id, NULL, &knows, err));
		if (knows) {
			++*n;
			RD_TRY(rd_erase_message(erasure, id, RD_ERASED_RESTORED, err));
		}
	}
	return RD_OK;
}

enum rd_rc rd_erasure_apply(
	struct rd_db *db, const char *state, int64_t now_ms, int64_t *ret_n, struct rd_err *err)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	char path[RD_PATH_BYTES_MAX];
	int64_t n = 0;

	*ret_n = 0;
	RD_TRY(path_of(state, path, err));
	RD_CLEANUP(close_file) FILE *file = fopen(path, "re");
	if (file == NULL && errno == ENOENT)
		return RD_OK;
	if (file == NULL)
		return rd_fail(err, RD_E_AGAIN, "%s: %s", path, strerror(errno));
	RD_TRY(rd_tx_begin(db, &tx, err));
	RD_CLEANUP(rd_erasure_end) struct rd_erasure erasure = RD_ERASURE(tx, now_ms);
	RD_TRY(apply_lines(&erasure, file, path, &n, err));
	RD_TRY(apply_keys(&erasure, &n, err));
	RD_TRY(rd_erase_residents_again(&erasure, &n, err));
	RD_TRY(rd_tx_commit(&tx, err));
	*ret_n = n;
	return RD_OK;
}

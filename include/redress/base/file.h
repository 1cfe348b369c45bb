/* file: files read whole, written whole, and still there after a power cut.
 *
 * Descriptors are owned by whoever opened them; RD_CLEANUP(rd_fd_close) ends them with the scope.
 * Messages name the path that is given, which is not looked at otherwise where a descriptor is.
 */
#ifndef REDRESS_BASE_FILE_H
#define REDRESS_BASE_FILE_H

#include <stddef.h>
#include "redress/base/arena.h"
#include "redress/base/err.h"

#define RD_PATH_BYTES_MAX 4096

/* For RD_CLEANUP. Below 0 (never opened, given away) is fine; it is -1 afterwards. */
void rd_fd_close(int *fd);

/* A whole regular file, a NUL behind it, into the arena. What shortens meanwhile is read as far as
 * it goes.
 *   RD_E_MISSING  not there          RD_E_REFUSED  may not be read
 *   RD_E_INPUT    no regular file    RD_E_RANGE    more than max bytes, or than the arena holds
 *   RD_E_AGAIN    anything else */
RD_MUST_USE enum rd_rc rd_file_read(const char *path, size_t max, struct rd_arena *arena,
	const char **ret_text, size_t *ret_len, struct rd_err *err);

/* All of the bytes, or RD_E_AGAIN: some of them may be written then. */
RD_MUST_USE enum rd_rc rd_fd_write(
	int fd, const void *bytes, size_t len, const char *path, struct rd_err *err);

/* The entry of a file in its folder, too, must survive a power cut: made, renamed or removed, it
 * does once its folder is synced. path is the file's. RD_E_AGAIN; RD_E_INPUT for a path longer than
 * RD_PATH_BYTES_MAX. */
RD_MUST_USE enum rd_rc rd_file_sync_folder(const char *path, struct rd_err *err);

#endif

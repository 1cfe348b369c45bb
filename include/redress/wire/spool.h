/* spool: a file put into a folder whole, or not at all, and never twice under one name.
 *
 * Written in another folder of the same file system (or the same folder, with a dot before the
 * name), synced, linked to its name, and the folder synced: after RD_OK a power cut loses nothing.
 */
#ifndef REDRESS_WIRE_SPOOL_H
#define REDRESS_WIRE_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include "redress/base/err.h"

#define RD_SPOOL_NAME_BYTES_MAX 200
#define RD_SPOOL_PATH_BYTES_MAX 4096

/* A name that can stand in a folder: letters, digits, dot, hyphen, underscore; no dot at first. */
bool rd_spool_name_good(const char *name);

/* tmp   the folder to write in first, or NULL for dir itself
 * Errors  RD_E_EXISTS   a file of that name stands in dir; nothing was changed
 *         RD_E_AGAIN    full, not writable, missing folder: message with the path
 *         RD_E_INPUT    a bad name */
RD_MUST_USE enum rd_rc rd_spool_put(const char *dir, const char *tmp, const char *name,
	const void *data, size_t len, struct rd_err *err);

/* Does a file stand in dir whose name is `name`, or `name` followed by ':' (a Maildir's flags)? */
RD_MUST_USE enum rd_rc rd_spool_has(
	const char *dir, const char *name, bool *ret_has, struct rd_err *err);

/* Makes the folder (and the one it stands in) where it is missing, for us alone. */
RD_MUST_USE enum rd_rc rd_spool_make_dir(const char *dir, struct rd_err *err);

#endif

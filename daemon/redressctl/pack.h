/* pack: a folder of files that prove something: each is written once, with its SHA-256 kept, and at
 * the end SHA256SUMS names them all (`sha256sum -c SHA256SUMS` checks them).
 *
 *	RD_CLEANUP(rd_pack_end) struct rd_pack pack = { 0 };
 *	RD_TRY(rd_pack_begin(&pack, dir, arena, err));
 *	RD_TRY(rd_pack_put(&pack, "letters/0001.eml", "the letter", bytes, len, NULL, err));
 *	return rd_pack_finish(&pack, err);
 *
 * The folder must be new or empty; it and the files are for their owner alone. What was written
 * stays where something fails half-way: without SHA256SUMS it is not whole.
 */
#ifndef REDRESS_REDRESSCTL_PACK_H
#define REDRESS_REDRESSCTL_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "redress/base/arena.h"
#include "redress/base/err.h"

#define RD_PACK_FILES_MAX 20000

struct rd_pack_file {
	const char *path; /* in the folder: "letters/0001.eml" */
	const char *what;
	char sha256[65];
	uint64_t bytes;
};

struct rd_pack {
	const char *dir;
	struct rd_arena *arena;
	struct rd_pack_file *files;
	size_t n_files, size;
	int fd; /* the one being written; as the sum */
	bool open;
	void *sum;
};

RD_MUST_USE enum rd_rc rd_pack_begin(
	struct rd_pack *pack, const char *dir, struct rd_arena *arena, struct rd_err *err);
/* A folder in it. */
RD_MUST_USE enum rd_rc rd_pack_folder(struct rd_pack *pack, const char *name, struct rd_err *err);
/* One file at once; path and what are borrowed. ret_file may be NULL; good until the next one. */
RD_MUST_USE enum rd_rc rd_pack_put(struct rd_pack *pack, const char *path, const char *what,
	const void *data, size_t len, const struct rd_pack_file **ret_file, struct rd_err *err);
/* The same in pieces: start, add, done. */
RD_MUST_USE enum rd_rc rd_pack_start(
	struct rd_pack *pack, const char *path, const char *what, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_pack_add(
	struct rd_pack *pack, const void *data, size_t len, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_pack_done(
	struct rd_pack *pack, const struct rd_pack_file **ret_file, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_pack_finish(struct rd_pack *pack, struct rd_err *err);
void rd_pack_end(struct rd_pack *pack); /* for RD_CLEANUP */

#endif

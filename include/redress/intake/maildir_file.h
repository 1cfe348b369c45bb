/* maildir_file: the files of one Maildir, reached through directory handles that were opened once.
 *
 * No name is ever followed out of new/ and cur/: openat with O_NOFOLLOW, regular files only, opened
 * so that a FIFO cannot block. Used by daemon/intake/maildir.c.
 */
#ifndef REDRESS_INTAKE_MAILDIR_FILE_H
#define REDRESS_INTAKE_MAILDIR_FILE_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "redress/base/buf.h"
#include "redress/base/err.h"
#include "redress/store/intake.h"

enum rd_maildir_dir { RD_MAILDIR_NEW = 0, RD_MAILDIR_CUR, RD_MAILDIR_N_DIRS };

#define RD_MAILDIR_SETTLED_MS 100 /* a file written more lately may still be growing */
#define RD_MAILDIR_SKIP_MAX   96

struct rd_maildir_dirs {
	char *path;
	int root;
	int fd[RD_MAILDIR_N_DIRS];
};

struct rd_maildir_mail {
	enum rd_maildir_dir dir;
	char name[256];			    /* the file's */
	char base[RD_MAILDIR_NAME_MAX + 1]; /* what stands before `:` */
	int64_t mtime_ms;
	uint64_t file_bytes;
	bool cut; /* longer than the limit: raw holds its beginning */
	struct rd_buf raw;
};

void rd_maildir_init(struct rd_maildir_dirs *dirs); /* closed */
RD_MUST_USE enum rd_rc rd_maildir_open(
	struct rd_maildir_dirs *dirs, const char *path, struct rd_err *err);
bool rd_maildir_is_open(const struct rd_maildir_dirs *dirs);
void rd_maildir_close(struct rd_maildir_dirs *dirs);

/* A fresh list of names; closedir. */
RD_MUST_USE enum rd_rc rd_maildir_list(const struct rd_maildir_dirs *dirs, enum rd_maildir_dir dir,
	DIR **ret_list, struct rd_err *err);
/* Fills dir, name and base; false for a name that is no mail's (dotfile, too long). */
bool rd_maildir_identify(enum rd_maildir_dir dir, const char *name, struct rd_maildir_mail *mail);
/* false where it is gone or no regular file. */
bool rd_maildir_mtime(const struct rd_maildir_dirs *dirs, enum rd_maildir_dir dir, const char *name,
	int64_t *ret_ms);
/* Reads what rd_maildir_identify filled in. RD_E_MISSING: gone, or no regular file. RD_E_AGAIN: it
 * is being written. RD_E_REFUSED: we may not read it. */
RD_MUST_USE enum rd_rc rd_maildir_read(const struct rd_maildir_dirs *dirs,
	struct rd_maildir_mail *mail, uint64_t limit_bytes, struct rd_err *err);
void rd_maildir_mail_free(struct rd_maildir_mail *mail);

/* To the Maildir++ folder .FOLDER, into its cur/; one that is gone is no error. */
RD_MUST_USE enum rd_rc rd_maildir_move(const struct rd_maildir_dirs *dirs, enum rd_maildir_dir dir,
	const char *name, const char *folder, struct rd_err *err);

/* Under which name the store remembers that a mail is not ours. */
void rd_maildir_skip_name(
	int64_t source_id, const char *base, char out[static RD_MAILDIR_SKIP_MAX]);

#endif

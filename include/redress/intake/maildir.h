/* maildir: a Maildir as mailbox: every regular file of new/ and cur/ that is not in the store yet.
 *
 * A mail is known by its base name, what stands before `:` in its file name, so that a reader who
 * moves it from new/ to cur/ or sets flags does not make it another. Its mtime is the time of
 * receipt. Symbolic links, dotfiles and what is no regular file are passed over; a file that
 * changes while it is read is read again at the next look. inotify wakes us; where it cannot (a
 * network file system), both directories are looked at every few seconds, and all is looked at
 * again each hour.
 *
 * Start from: what lies there at the first look and is not to be taken in (`now`: all of it; DAY:
 * what is older) is remembered by name, so that a mail put in later with an old mtime is not
 * missed.
 *
 * Afterwards: `nothing` (the default) leaves every file where it is. `move FOLDER` moves a stored
 * mail to the Maildir++ folder .FOLDER beside new/, made where it is missing. A Maildir keeps no
 * keywords: `keyword` does nothing, with one warning.
 *
 * The directories must exist: a mistyped path would otherwise look like an empty mailbox.
 */
#ifndef REDRESS_INTAKE_MAILDIR_H
#define REDRESS_INTAKE_MAILDIR_H

#include "redress/base/err.h"
#include "redress/base/thread.h"
#include "redress/intake/source.h"

/* The body of the mailbox's thread. */
void rd_maildir_run(struct rd_thread *self, const struct rd_intake_source *source);

/* Takes in what lies there. */
RD_MUST_USE enum rd_rc rd_maildir_once(const struct rd_intake_source *source, struct rd_err *err);

#endif
